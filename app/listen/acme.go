package listen

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// ACMEConfig says which certificate is had from which authority.
type ACMEConfig struct {
	// Host is the one name that a certificate is asked for.
	Host string
	// Email is told to the authority; may be empty.
	Email string
	// Directory is the authority's address; "" is Let's Encrypt.
	Directory string
	// Cache is the folder for the account's key and the certificate with its key; made 0700, its files 0600.
	Cache string
	Now   func() time.Time
	Log   *slog.Logger
}

// Waits after failed attempts: an authority counts failures (Let's Encrypt takes 5 an hour for a name) and then refuses good attempts too.
const (
	acmeWait     = 2 * time.Minute
	acmeLongest  = time.Hour
	acmeLook     = time.Minute
	acmeAtSuites = tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
)

// ACME has its certificate from an authority and renews it a month before its end. The challenges are answered on the server's own port
// (TLS-ALPN-01) and, where it is reachable, on port 80 (HTTP-01). Safe for concurrent use.
type ACME struct {
	cfg     ACMEConfig
	manager *autocert.Manager

	mu      sync.Mutex
	until   time.Time
	trouble string
	failed  int
	next    time.Time // before which no attempt is made
}

// NewACME asks for nothing yet. The terms of the authority are accepted by whoever sets --acme.
func NewACME(cfg ACMEConfig) *ACME {
	m := &autocert.Manager{Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(cfg.Cache), HostPolicy: autocert.HostWhitelist(cfg.Host), Email: cfg.Email}
	if cfg.Directory != "" {
		m.Client = &acme.Client{DirectoryURL: cfg.Directory}
	}
	return &ACME{cfg: cfg, manager: m}
}

// Handler answers HTTP-01 challenges, and gives everything else to next.
func (a *ACME) Handler(next http.Handler) http.Handler { return a.manager.HTTPHandler(next) }

// TLS serves the certificate, and the challenges.
func (a *ACME) TLS() *tls.Config {
	return modern(&tls.Config{NextProtos: []string{"h2", "http/1.1", acme.ALPNProto}, GetCertificate: a.certificate})
}

// certificate answers a handshake. Visitors never cause an attempt while one has just failed.
func (a *ACME) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if challenge(hello) {
		return a.manager.GetCertificate(hello)
	}
	a.mu.Lock()
	waits := a.until.IsZero() && a.cfg.Now().Before(a.next)
	a.mu.Unlock()
	if waits {
		return nil, errNotYet
	}
	pair, err := a.manager.GetCertificate(hello)
	if hello.ServerName == a.cfg.Host { // what is asked under other names says nothing of ours
		a.note(pair, err)
	}
	return pair, err
}

func challenge(hello *tls.ClientHelloInfo) bool {
	return len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == acme.ALPNProto
}

func (a *ACME) note(pair *tls.Certificate, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		if a.until.IsZero() && a.cfg.Now().Before(a.next) {
			return // one of those that waited for the same try
		}
		a.failed++
		wait := min(acmeWait<<min(a.failed-1, 10), acmeLongest)
		a.next = a.cfg.Now().Add(wait)
		a.trouble = err.Error()
		a.cfg.Log.Error("no certificate was had from the authority", "host", a.cfg.Host, "again_in", wait, "error", err)
		return
	}
	if until := pair.Leaf.NotAfter; !until.Equal(a.until) {
		a.until = until
		a.cfg.Log.Info("serving a certificate of the authority", "host", a.cfg.Host, "until", until)
	}
	a.failed, a.trouble = 0, ""
}

// Run has the certificate at the start, before the first visitor, and again after failures, until the context ends.
func (a *ACME) Run(ctx context.Context) {
	tick := time.NewTicker(acmeLook)
	defer tick.Stop()
	for {
		tried := make(chan struct{})
		go func() { // it can take minutes, and the end does not wait for it
			defer close(tried)
			a.Reload()
		}()
		select {
		case <-ctx.Done():
			return
		case <-tried:
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Reload asks for the certificate as a visitor would.
func (a *ACME) Reload() {
	_, _ = a.certificate(&tls.ClientHelloInfo{ServerName: a.cfg.Host, CipherSuites: []uint16{acmeAtSuites},
		SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}, SupportedCurves: []tls.CurveID{tls.CurveP256}}) // note has it
}

// State is that of the certificate that was served last.
func (a *ACME) State() (time.Time, string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.until, a.trouble
}

var _ Certificate = (*ACME)(nil)

// ToHTTPS leads readers of plain http to the public address, whatever name they came by, and tells others to go there themselves.
func ToHTTPS(origin string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead || len(r.URL.Path) == 0 || r.URL.Path[0] != '/' {
			w.Header().Set("Connection", "close")
			http.Error(w, fmt.Sprintf("Roomward answers under %s only.", origin), http.StatusForbidden)
			return
		}
		w.Header().Set("Location", origin+r.URL.RequestURI())
		w.WriteHeader(http.StatusPermanentRedirect)
	})
}
