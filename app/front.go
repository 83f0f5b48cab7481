package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"roomward/app/listen"
)

// front is how a serving Roomward stands at the network and under the service manager.
type front struct {
	log         *slog.Logger
	service     *listen.Service
	main        net.Listener
	plain       net.Listener // nil: plain http is not led to https
	watch       net.Listener // nil: no listener of its own for metrics
	certificate listen.Certificate
	toHTTPS     http.Handler
}

// openFront opens the sockets, or takes those that systemd hands over, and reads the certificate. Nothing is answered yet.
func openFront(s Settings, log *slog.Logger) (f *front, err error) {
	f = &front{log: log}
	signal.Ignore(syscall.SIGHUP) // until there is something to reload: by default it would end the process
	if f.service, err = listen.ServiceOf(); err != nil {
		return nil, err
	}
	sockets, err := listen.Handed()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, sockets.Close(), f.close())
		}
	}()
	if err := f.secure(s); err != nil {
		return nil, err
	}
	for _, l := range []struct {
		name, address string
		into          *net.Listener
	}{{listen.Main, s.Listen, &f.main}, {listen.Plain, s.HTTPListen, &f.plain}, {listen.Watch, s.MetricsListen, &f.watch}} {
		if l.address == "" && !sockets.Has(l.name) {
			continue
		}
		if *l.into, err = sockets.Open(l.name, l.address); err != nil {
			return nil, err
		}
	}
	if err := f.exposed(s); err != nil {
		return nil, err
	}
	if f.plain != nil && f.toHTTPS == nil {
		return nil, errors.New("a socket for plain http was handed over, but --listen has no TLS")
	}
	if f.certificate != nil {
		f.main = tls.NewListener(f.main, f.certificate.TLS())
	}
	return f, nil
}

// exposed refuses sockets that systemd handed over and that would take from the network what Check refuses of addresses.
func (f *front) exposed(s Settings) error {
	open := func(l net.Listener) bool {
		a, ok := l.Addr().(*net.TCPAddr)
		return ok && !a.IP.IsLoopback()
	}
	if f.watch != nil && s.MetricsTokenFile == "" && open(f.watch) {
		return errors.New("the socket for metrics is open to the network: it needs --metrics-token-file")
	}
	if !s.tls() && len(s.TrustedProxies) == 0 && open(f.main) {
		return errors.New("the main socket takes plain http from the network: give --tls-cert and --tls-key, or --acme, or name the proxy that has the TLS with --trusted-proxies")
	}
	return nil
}

// secure prepares TLS by files or by ACME; without either there is none.
func (f *front) secure(s Settings) error {
	if !s.tls() {
		return nil
	}
	public, err := url.Parse(s.PublicURL)
	if err != nil {
		return fmt.Errorf("read the public address: %w", err)
	}
	f.toHTTPS = listen.ToHTTPS(s.PublicURL)
	if !s.ACME {
		f.certificate, err = listen.NewFiles(s.TLSCert, s.TLSKey, public.Hostname(), time.Now, f.log)
		return err
	}
	acme := listen.NewACME(listen.ACMEConfig{Host: public.Hostname(), Email: s.ACMEEmail, Directory: s.ACMEDirectory,
		Cache: filepath.Join(s.Data, "acme"), Now: time.Now, Log: f.log})
	f.certificate = acme
	if s.HTTPListen != "" {
		f.toHTTPS = acme.Handler(f.toHTTPS)
	}
	return nil
}

// close closes the sockets of a front that never served.
func (f *front) close() error {
	var errs []error
	for _, l := range []net.Listener{f.main, f.plain, f.watch} {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	return errors.Join(errs...)
}

// serve runs the application until the context ends, and what stands around it a little longer: the end of it is watched, too.
func (f *front) serve(ctx context.Context, a *App) error {
	around, stop := context.WithCancel(context.WithoutCancel(ctx))
	var side sync.WaitGroup
	defer side.Wait()
	defer stop()
	if f.certificate != nil {
		side.Go(func() { f.certificate.Run(around) })
	}
	if f.plain != nil {
		side.Go(func() { f.aside(around, f.plain, f.toHTTPS) })
	}
	if f.watch != nil {
		side.Go(func() { f.aside(around, f.watch, a.web.Backstage()) })
	}
	side.Go(func() { f.service.Beat(around, func(ctx context.Context) { _ = a.Store.Answers(ctx) }) }) // an error is a sign of life
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	side.Go(func() {
		for ending := ctx.Done(); ; {
			select {
			case <-around.Done():
				return
			case <-ending:
				f.tell(f.service.Tell(listen.Stopping))
				ending = nil
			case <-hup:
				go f.reload() // by ACME it can take minutes
			}
		}
	})
	return a.Run(ctx, listen.Answering(f.main, func() { f.tell(f.service.Tell(listen.Ready)) }))
}

// aside serves beside the main server. When that fails, the main one goes on.
func (f *front) aside(ctx context.Context, l net.Listener, h http.Handler) {
	if err := listen.Side(ctx, l, h, f.log); err != nil {
		f.log.Error("a listener beside the main one failed", "address", l.Addr().String(), "error", err)
	}
}

// reload is what SIGHUP asks for: the certificate, as it is now.
func (f *front) reload() {
	f.tell(f.service.Reloading())
	if f.certificate != nil {
		f.certificate.Reload()
	}
	f.tell(f.service.Tell(listen.Ready))
}

func (f *front) tell(err error) {
	if err != nil {
		f.log.Warn("the service manager was not told", "error", err)
	}
}
