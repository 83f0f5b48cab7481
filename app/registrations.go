package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/time/rate"

	"roomward/app/graph"
	"roomward/app/setup"
	"roomward/store"
)

// registration is one of the two Entra registrations as the settings describe it.
type registration struct {
	prefix                      string // of the names of its settings and secrets
	clientID                    string
	secret                      Secret
	certificate, certificateKey string
	kept                        keptProof
}

// reading is the registration that signs people in and reads; it acts, too, where there is no other.
func (s *Settings) reading() registration {
	return registration{"", s.ClientID, s.ClientSecret, s.Certificate, s.CertificateKey, s.kept.reading}
}

// acting is the registration that acts on devices; it has no client id where the first one does that.
func (s *Settings) acting() registration {
	return registration{store.ActingPrefix, s.ActClientID, s.ActClientSecret, s.ActCertificate, s.ActCertificateKey, s.kept.acting}
}

// proven tells whether a setting names the proof of the registration, so that what is kept is not used.
func (r registration) proven() bool { return r.certificate != "" || r.secret != "" }

// Format shows no secret of it; see that of Settings.
func (r registration) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "registration "+r.clientID)
}

// noCredentialError says that a registration has nothing to prove itself with.
type noCredentialError struct{ prefix string }

// Error names the flags.
func (e noCredentialError) Error() string {
	return fmt.Sprintf("either --%[1]sclient-secret-file or --%[1]scertificate is needed, or one that set-up keeps", e.prefix)
}

// credential is the proof of the application towards Entra: the certificate or the secret of the settings, else what set-up kept, a certificate first.
func (r registration) credential() (graph.Credential, error) {
	c := graph.Credential{ClientID: r.clientID, Secret: string(cmp.Or(r.secret, r.kept.clientSecret))}
	var pair tls.Certificate
	var err error
	switch {
	case r.certificate != "":
		pair, err = tls.LoadX509KeyPair(r.certificate, r.certificateKey)
	case r.secret != "":
		return c, nil
	case r.kept.certificate != "":
		pair, err = tls.X509KeyPair([]byte(r.kept.certificate), []byte(r.kept.certificate))
	case r.kept.clientSecret != "":
		return c, nil
	case r.kept.closed != nil:
		c.Closed = r.kept.closed
		return c, nil
	default:
		return c, noCredentialError{r.prefix}
	}
	if err != nil {
		return c, fmt.Errorf("read the certificate: %w", err)
	}
	c.Secret, c.Certificate = "", &pair
	return c, nil
}

// subject is the registration as the checks look at it.
func (r registration) subject(ctx context.Context, secret secretReader) (setup.Registration, error) {
	out := setup.Registration{ClientID: r.clientID}
	c, err := r.credential()
	var none noCredentialError
	if errors.As(err, &none) {
		return out, nil
	}
	if err == nil {
		err = c.Closed
	}
	if err != nil && r.prefix == store.ActingPrefix { // the guide can make it anew, or do without
		out.Closed = err
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Secret, out.Certificate = c.Secret, c.Certificate
	if r.proven() { // what is kept is not used
		return out, nil
	}
	next, _, err := secret(ctx, r.prefix+store.SecretNextCertificate)
	if err != nil && !errors.Is(err, store.ErrSecretClosed) { // one that no key opens can be made anew
		return out, err
	}
	if pair, err := setup.ReadCertificate(string(next)); err == nil {
		out.Next = pair
	}
	return out, nil
}

// clients makes those of Microsoft's cloud, one for each registration. Microsoft counts requests by application, so that each has a budget of its own.
func (a *App) clients() error {
	credential, err := a.cfg.reading().credential()
	if err != nil {
		return err
	}
	if a.Graph, err = a.client(credential, a.consentRefused); err != nil {
		return err
	}
	a.Acting = a.Graph
	if !a.cfg.actsApart() {
		return nil
	}
	credential, err = a.cfg.acting().credential()
	if err == nil {
		a.Acting, err = a.client(credential, a.actingRefused)
	}
	if err != nil { // what only acting needs keeps nothing else from working
		a.cfg.Log.Warn("the second registration cannot act", "error", err)
		a.Acting, err = a.client(graph.Credential{ClientID: a.cfg.ActClientID, Closed: err}, a.actingRefused)
	}
	return err
}

// actsApart tells whether a second registration acts.
func (s *Settings) actsApart() bool { return s.ActClientID != "" }

func (a *App) client(credential graph.Credential, refused func(ctx context.Context, tenant string)) (*graph.Client, error) {
	if c := credential.Certificate; c != nil && c.Leaf != nil && (a.keyUntil.IsZero() || c.Leaf.NotAfter.Before(a.keyUntil)) {
		a.keyUntil = c.Leaf.NotAfter
	}
	client, err := graph.New(graph.Config{Cloud: a.cfg.cloud(), Credential: credential, Now: a.cfg.Now, Log: a.cfg.Log,
		Refused: refused, Asked: func(kind string, status int, took time.Duration) { a.watch.Asked(kind, status, took) },
		Budget: graph.Budget{Overall: rate.Limit(a.cfg.CollectRate), PerTenant: rate.Limit(a.cfg.CollectTenantRate)}})
	if err != nil {
		return nil, fmt.Errorf("make the client of Microsoft's cloud: %w", err)
	}
	return client, nil
}

// actingRefused notes that a customer's consent to actions is not there, by whichever call. Nothing else of the relation changes.
func (a *App) actingRefused(ctx context.Context, tenant string) {
	if err := a.Store.ActingRefused(ctx, tenant); err != nil {
		a.cfg.Log.ErrorContext(ctx, "note that a consent to actions was withdrawn", "error", err)
	}
}
