package listen

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// States that the service manager is told (sd_notify(3)).
const (
	// Ready says that requests are answered.
	Ready = "READY=1"
	// Stopping says that no new requests are taken and running ones end.
	Stopping = "STOPPING=1"
	// alive is one beat for the watchdog.
	alive = "WATCHDOG=1"
)

// Service tells the service manager how the process is. Without one (NOTIFY_SOCKET is not set) it does nothing.
type Service struct {
	address  string
	watchdog time.Duration // within which it wants to hear a beat; zero: not at all
}

// ServiceOf reads what the service manager asks for, and takes it out of the environment.
func ServiceOf() (*Service, error) {
	s := &Service{address: os.Getenv("NOTIFY_SOCKET")}
	usec, pid := os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID")
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		if err := os.Unsetenv(name); err != nil {
			return nil, fmt.Errorf("take %s out of the environment: %w", name, err)
		}
	}
	if usec == "" || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return s, nil
	}
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 {
		return nil, fmt.Errorf("WATCHDOG_USEC=%q is no number of microseconds", usec)
	}
	s.watchdog = time.Duration(n) * time.Microsecond
	return s, nil
}

// Tell sends states, each of the form NAME=value.
func (s *Service) Tell(states ...string) error {
	if s.address == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.address, Net: "unixgram"}) // "@" stands for an abstract name, as here so there
	if err != nil {
		return fmt.Errorf("reach the service manager: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte(strings.Join(states, "\n"))); err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	return nil
}

// Reloading tells that settings are being read anew; Ready ends it.
func (s *Service) Reloading() error {
	return s.Tell("RELOADING=1", "MONOTONIC_USEC="+strconv.FormatInt(monotonic(), 10))
}

// Beat tells the watchdog that the process lives, twice in its time, as long as sign answers at all: an error is a sign of life, silence is not. It
// returns at once when there is no watchdog, else when the context ends.
func (s *Service) Beat(ctx context.Context, sign func(context.Context)) {
	if s.watchdog == 0 {
		return
	}
	tick := time.NewTicker(s.watchdog / 2)
	defer tick.Stop()
	for {
		sign(ctx)
		if ctx.Err() == nil {
			_ = s.Tell(alive) // silence is what the watchdog is for
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
