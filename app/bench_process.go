package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// benchEnd is how long the server may take to stop.
const benchEnd = 15 * time.Second

// benchServer is the server's process, as the bench sees it: HTTP, and orders on its standard input.
type benchServer struct {
	process *exec.Cmd
	in      io.WriteCloser
	orders  *json.Encoder
	replies *json.Decoder
	host    string
}

// startBenchServer starts the server and waits until it says where it listens. It ends with the context, with stop, or with this process.
func startBenchServer(ctx context.Context, command []string) (*benchServer, error) {
	s := &benchServer{process: exec.CommandContext(ctx, command[0], command[1:]...)}
	s.process.Stderr = os.Stderr
	var err error
	if s.in, err = s.process.StdinPipe(); err != nil {
		return nil, fmt.Errorf("make the way to the server: %w", err)
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("make the way from the server: %w", err)
	}
	s.process.Cancel = s.in.Close
	s.process.WaitDelay = benchEnd
	s.orders, s.replies = json.NewEncoder(s.in), json.NewDecoder(out)
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	hello, err := s.reply()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("wait for the server to listen: %w", err), s.stop())
	}
	at, err := url.Parse(hello.URL)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the server's address: %w", err), s.stop())
	}
	s.host = at.Host
	return s, nil
}

// stop ends the server and waits for it.
func (s *benchServer) stop() error {
	_ = s.in.Close() // it may be closed already, because the context has ended
	late := time.AfterFunc(benchEnd, func() { _ = s.process.Process.Kill() })
	defer late.Stop()
	if err := s.process.Wait(); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	return nil
}

// order lets the server do something, and waits until it is done.
func (s *benchServer) order(o benchOrder) (benchReply, error) {
	if err := s.orders.Encode(o); err != nil {
		return benchReply{}, fmt.Errorf("tell the server to %s: %w", o.Do, err)
	}
	r, err := s.reply()
	if err != nil {
		return r, fmt.Errorf("wait for the server to %s: %w", o.Do, err)
	}
	return r, nil
}

func (s *benchServer) reply() (benchReply, error) {
	var r benchReply
	if err := s.replies.Decode(&r); err != nil {
		return r, err
	}
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

// benchFigures are what the server has spent since its start, and what it holds now. What the system does not tell is zero.
type benchFigures struct {
	mallocs, allocated uint64 // of Go, ever
	heap               uint64 // bytes of Go's heap in use
	cpu                time.Duration
	rss, peak          uint64 // bytes of memory
}

// figures asks the server about Go, and the system about the process. swept lets Go collect its garbage before.
func (s *benchServer) figures(swept bool) (benchFigures, error) {
	r, err := s.order(benchOrder{Do: orderMemory, Swept: swept})
	if err != nil {
		return benchFigures{}, err
	}
	f := benchFigures{mallocs: r.Mallocs, allocated: r.Allocated, heap: r.Heap}
	return f, f.addProcess(fmt.Sprintf("/proc/%d", s.process.Process.Pid))
}

// addProcess reads what Linux tells of a process. Other systems have no such files.
func (f *benchFigures) addProcess(dir string) error {
	stat, err := os.ReadFile(dir + "/stat")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the time of the server: %w", err)
	}
	const tick = time.Second / 100              // of every Linux that Go runs on
	const user, system = 11, 12                 // counted from the field after the name, see proc_pid_stat(5)
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // our own name has no bracket
	fields := bytes.Fields(rest)
	if len(fields) <= system {
		return fmt.Errorf("read the time of the server: %.200q", stat)
	}
	for _, field := range [][]byte{fields[user], fields[system]} {
		ticks, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return fmt.Errorf("read the time of the server: %w", err)
		}
		f.cpu += time.Duration(ticks) * tick
	}
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return fmt.Errorf("read the memory of the server: %w", err)
	}
	for line := range bytes.Lines(status) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		into := map[string]*uint64{"VmHWM": &f.peak, "VmRSS": &f.rss}[string(name)]
		if into == nil {
			continue
		}
		kilobytes, err := strconv.ParseUint(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(value), []byte("kB")))), 10, 64)
		if err != nil {
			return fmt.Errorf("read the memory of the server: %w", err)
		}
		*into = kilobytes << 10
	}
	return nil
}
