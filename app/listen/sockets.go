// Package listen is how Roomward stands at the network and under systemd: the sockets it opens or is handed, TLS by files or by ACME, the address
// that leads plain http to https, and the words that the service manager is told. It knows nothing of what is served.
package listen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
)

// Names of the sockets, as FileDescriptorName= of a socket unit gives them. A first socket without any of these names is Main.
const (
	// Main is where people come.
	Main = "roomward"
	// Plain leads plain http to https and answers the challenges of ACME.
	Plain = "http"
	// Watch is where metrics are read.
	Watch = "metrics"
)

// firstSocket is the number of the first descriptor that systemd hands over (sd_listen_fds(3)).
const firstSocket = 3

// Sockets are those that the service manager handed to this process. A socket of its own outlives the process: connections wait in it while one
// process ends and the next begins.
type Sockets struct{ handed map[string]net.Listener }

// Handed takes the sockets that are for this process, and takes their marks out of the environment. None is no error.
func Handed() (*Sockets, error) {
	s := &Sockets{handed: map[string]net.Listener{}}
	pid, fds, names := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS"), os.Getenv("LISTEN_FDNAMES")
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		if err := os.Unsetenv(name); err != nil {
			return nil, fmt.Errorf("take %s out of the environment: %w", name, err)
		}
	}
	if fds == "" || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return s, nil
	}
	n, err := strconv.Atoi(fds)
	if err != nil || n < 0 || n > 3 {
		return nil, fmt.Errorf("LISTEN_FDS=%q: up to three sockets can be handed over: %s, %s and %s", fds, Main, Plain, Watch)
	}
	named := strings.Split(names, ":")
	for i := range n {
		name := Main
		if i < len(named) && (named[i] == Plain || named[i] == Watch) {
			name = named[i]
		}
		if s.handed[name] != nil {
			return nil, errors.Join(fmt.Errorf("two sockets were handed over as %q: name them with FileDescriptorName=", name), s.Close())
		}
		f := os.NewFile(uintptr(firstSocket+i), name)
		l, err := net.FileListener(f)
		if err := errors.Join(err, f.Close()); err != nil { // the listener has its own copy
			return nil, errors.Join(fmt.Errorf("use the socket %q that was handed over: %w", name, err), s.Close())
		}
		s.handed[name] = l
	}
	return s, nil
}

// Has tells whether a socket of that name was handed over.
func (s *Sockets) Has(name string) bool { return s.handed[name] != nil }

// Open is the socket that was handed over under the name, or else a new one at the address.
func (s *Sockets) Open(name, address string) (net.Listener, error) {
	if l := s.handed[name]; l != nil {
		delete(s.handed, name)
		return l, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}

// Close closes the sockets that nobody took.
func (s *Sockets) Close() error {
	var errs []error
	for name, l := range s.handed {
		delete(s.handed, name)
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// Answering calls begun once, when the server asks for its first connection: from then on it answers.
func Answering(l net.Listener, begun func()) net.Listener {
	return &answering{Listener: l, begun: sync.OnceFunc(begun)}
}

type answering struct {
	net.Listener
	begun func()
}

// Accept waits for the next connection.
func (a *answering) Accept() (net.Conn, error) {
	a.begun()
	return a.Listener.Accept()
}
