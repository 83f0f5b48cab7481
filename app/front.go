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
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"roomward/app/listen"
)

// front is how a serving Roomward stands at the network and under the service manager.
type front struct {
	log       *slog.Logger
	service   *listen.Service
	main      net.Listener
	plain     net.Listener // nil: plain http is not led to https
	watch     net.Listener // nil: no listener of its own for metrics
	secured   atomic.Pointer[secured]
	backstage atomic.Pointer[http.Handler] // what the listener for metrics answers; nil: nothing is ready yet
	renewed   chan struct{}                // tells that there is another certificate to keep fresh
}

// secured is TLS as it is for one public address. The guide can change that address while the sockets are open.
type secured struct {
	host        string
	certificate listen.Certificate
	config      *tls.Config
	toHTTPS     http.Handler
	former      *secured // by whose name the browser came that has changed it
}

// openFront opens the sockets, or takes those that systemd hands over, and reads the certificate. Nothing is answered yet.
func openFront(s Settings, log *slog.Logger) (f *front, err error) {
	f = &front{log: log, renewed: make(chan struct{}, 1)}
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
	if f.plain != nil && f.secured.Load() == nil {
		return nil, errors.New("a socket for plain http was handed over, but --listen has no TLS")
	}
	if f.secured.Load() != nil {
		f.main = tls.NewListener(f.main, &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: f.tls})
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

// secure prepares TLS by files or by ACME, for the public address of the settings; without either there is none. It can be done again for another address.
func (f *front) secure(s Settings) error {
	if !s.tls() {
		return nil
	}
	public, err := url.Parse(s.PublicURL)
	if err != nil {
		return fmt.Errorf("read the public address: %w", err)
	}
	now, former := &secured{host: public.Hostname(), toHTTPS: listen.ToHTTPS(s.PublicURL)}, f.secured.Load()
	if former != nil && former.host == now.host {
		return nil
	}
	if s.ACME {
		acme := listen.NewACME(listen.ACMEConfig{Host: now.host, Email: s.ACMEEmail, Directory: s.ACMEDirectory,
			Cache: filepath.Join(s.Data, "acme"), Now: time.Now, Log: f.log})
		now.certificate = acme
		if s.HTTPListen != "" {
			now.toHTTPS = acme.Handler(now.toHTTPS)
		}
	} else if now.certificate, err = listen.NewFiles(s.TLSCert, s.TLSKey, now.host, time.Now, f.log); err != nil {
		return err
	}
	if former != nil && former.former != nil { // a start between them failed
		former = former.former
	}
	now.config, now.former = now.certificate.TLS(), former
	f.secured.Store(now)
	if former != nil {
		select {
		case f.renewed <- struct{}{}:
		default: // it is told already
		}
	}
	return nil
}

// tls chooses what a handshake is answered with: the present name's, but for who still comes by the former one.
func (f *front) tls(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	now := f.secured.Load()
	if former := now.former; former != nil && strings.EqualFold(hello.ServerName, former.host) {
		return former.config, nil
	}
	return now.config, nil
}

// certificate is that of the present public address; nil without TLS.
func (f *front) certificate() listen.Certificate {
	if now := f.secured.Load(); now != nil {
		return now.certificate
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

// stand keeps up what stands around the main server, the guide's and the next one's, until it is ended: it is there a little longer than they are.
func (f *front) stand(ctx context.Context) (end func()) {
	around, stop := context.WithCancel(context.WithoutCancel(ctx))
	var side sync.WaitGroup
	side.Go(func() { f.keepFresh(around) })
	if f.plain != nil {
		side.Go(func() {
			f.aside(around, f.plain, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.secured.Load().toHTTPS.ServeHTTP(w, r) }))
		})
	}
	if f.watch != nil {
		side.Go(func() {
			f.aside(around, f.watch, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if h := f.backstage.Load(); h != nil {
					(*h).ServeHTTP(w, r)
					return
				}
				w.WriteHeader(http.StatusServiceUnavailable) // it begins
			}))
		})
	}
	return func() {
		stop()
		side.Wait()
	}
}

// keepFresh keeps the certificate of the present public address fresh.
func (f *front) keepFresh(ctx context.Context) {
	for ctx.Err() == nil {
		one, next := context.WithCancel(ctx)
		var run sync.WaitGroup
		if c := f.certificate(); c != nil {
			run.Go(func() { c.Run(one) })
		}
		select {
		case <-ctx.Done():
		case <-f.renewed:
		}
		next()
		run.Wait()
	}
}

// shows lets a handler answer at the listener for metrics.
func (f *front) shows(h http.Handler) { f.backstage.Store(&h) }

// serve runs the application until the context ends.
func (f *front) serve(ctx context.Context, a *App) error {
	around, stop := context.WithCancel(context.WithoutCancel(ctx))
	var side sync.WaitGroup
	defer side.Wait()
	defer stop()
	f.shows(a.web.Backstage())
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
	if c := f.certificate(); c != nil {
		c.Reload()
	}
	f.tell(f.service.Tell(listen.Ready))
}

func (f *front) tell(err error) {
	if err != nil {
		f.log.Warn("the service manager was not told", "error", err)
	}
}
