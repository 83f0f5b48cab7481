package listen

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// lookEvery is how often the files of a certificate are looked at: who renews it need not tell us.
const lookEvery = 15 * time.Second

// Certificate is where the server's TLS certificate comes from.
type Certificate interface {
	// TLS is the configuration that serves it.
	TLS() *tls.Config
	// Run keeps it fresh until the context ends.
	Run(ctx context.Context)
	// Reload looks at it anew now.
	Reload()
	// State says until when it is good (zero while there is none) and what is wrong with it, if anything.
	State() (until time.Time, trouble string)
}

// modern is what every TLS connection keeps to: TLS 1.2 with forward secrecy and authenticated encryption only, or 1.3.
func modern(c *tls.Config) *tls.Config {
	c.MinVersion = tls.VersionTLS12
	c.CipherSuites = []uint16{ // of TLS 1.2; those of 1.3 are not to be chosen
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
	return c
}

// Files is a certificate of two PEM files. When they change, the new pair is checked before it is taken; until it is good the former one stays.
// Safe for concurrent use.
type Files struct {
	cert, key, host string
	now             func() time.Time
	log             *slog.Logger

	pair atomic.Pointer[tls.Certificate]

	mu      sync.Mutex
	seen    [sha256.Size]byte // of the files as they were looked at last
	trouble string
}

// NewFiles reads the pair for a host. A pair that cannot be read or does not belong together is an error; one that is over, or for other names, is
// taken at the start, because a server that says so is more use than none.
func NewFiles(cert, key, host string, now func() time.Time, log *slog.Logger) (*Files, error) {
	f := &Files{cert: cert, key: key, host: host, now: now, log: log}
	pair, seen, err := f.read()
	if err != nil {
		return nil, err
	}
	f.pair.Store(pair)
	f.seen = seen
	if err := f.check(pair.Leaf); err != nil {
		f.trouble = err.Error()
		log.Error("the TLS certificate is not good", "file", cert, "error", err)
	}
	return f, nil
}

func (f *Files) read() (*tls.Certificate, [sha256.Size]byte, error) {
	var none [sha256.Size]byte
	certs, err := os.ReadFile(f.cert)
	if err != nil {
		return nil, none, fmt.Errorf("read the TLS certificate: %w", err)
	}
	key, err := os.ReadFile(f.key)
	if err != nil {
		return nil, none, fmt.Errorf("read the key of the TLS certificate: %w", err)
	}
	seen := sha256.Sum256(append(append(certs[:len(certs):len(certs)], 0), key...))
	pair, err := tls.X509KeyPair(certs, key)
	if err != nil {
		return nil, seen, fmt.Errorf("use the TLS certificate %s with its key %s: %w", f.cert, f.key, err)
	}
	return &pair, seen, nil
}

// check says why browsers would refuse the certificate, as far as the certificate itself tells.
func (f *Files) check(leaf *x509.Certificate) error {
	now := f.now()
	switch {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("it was good until %s", leaf.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("it is good from %s only", leaf.NotBefore.UTC().Format(time.RFC3339))
	}
	if err := leaf.VerifyHostname(f.host); err != nil {
		return fmt.Errorf("it is not for %s: %w", f.host, err)
	}
	return nil
}

// TLS serves the pair that was taken last.
func (f *Files) TLS() *tls.Config {
	return modern(&tls.Config{
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.pair.Load(), nil },
	})
}

// Run looks at the files now and then until the context ends.
func (f *Files) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.look(false)
		}
	}
}

// Reload takes the pair as it is now, if it is good, and says in the log what became of it.
func (f *Files) Reload() { f.look(true) }

// look takes the pair if it changed and is good. Two files are never replaced at the same moment: what does not fit together is looked at again.
func (f *Files) look(asked bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	pair, seen, err := f.read()
	if err == nil && seen == f.seen && f.trouble == "" {
		if asked {
			f.log.Info("the TLS certificate has not changed", "file", f.cert)
		}
		return
	}
	if err == nil {
		err = f.check(pair.Leaf)
	}
	if err == nil {
		f.pair.Store(pair)
		f.seen, f.trouble = seen, ""
		f.log.Info("took a new TLS certificate", "file", f.cert, "until", pair.Leaf.NotAfter)
		return
	}
	if trouble := err.Error(); asked || trouble != f.trouble {
		f.trouble = trouble
		f.log.Error("did not take the TLS certificate; the former one stays", "file", f.cert, "error", err)
	}
}

// State is that of the pair that is served.
func (f *Files) State() (time.Time, string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pair.Load().Leaf.NotAfter, f.trouble
}

var _ Certificate = (*Files)(nil)

// errNotYet is what visitors get while the first certificate is being had.
var errNotYet = errors.New("there is no certificate yet")
