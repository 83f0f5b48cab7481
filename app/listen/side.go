package listen

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Limits of the small servers beside the main one.
const (
	sideTime    = 10 * time.Second // for a request and its answer
	sideIdle    = 30 * time.Second
	sideHeader  = 16 << 10
	sideClosing = 2 * time.Second
)

// Side serves a handler beside the main server until the context ends.
func Side(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	srv := &http.Server{Handler: http.MaxBytesHandler(h, 0), ReadHeaderTimeout: sideTime, ReadTimeout: sideTime, WriteTimeout: sideTime,
		IdleTimeout: sideIdle, MaxHeaderBytes: sideHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	closing, done := context.WithTimeout(context.WithoutCancel(ctx), sideClosing)
	defer done()
	if err := srv.Shutdown(closing); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("close the server on %s: %w", l.Addr(), err)
	}
	return nil
}
