package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/time/rate"
)

const (
	entraTimeout  = 10 * time.Second
	entraAnswer   = 1 << 20         // bytes
	retryAfter    = 2 * time.Second // between attempts to reach an Entra that is down
	expiryLeeway  = time.Minute
	tenantInTempl = "{tenantid}"
)

// authority is one of Entra's: that of the partner's tenant, or "organizations". What it says of itself is read when it is first needed.
type authority struct {
	clientID string
	login    string
	name     string // GUID or "organizations"
	now      func() time.Time
	client   *http.Client
	keys     *keyFetches

	mu       sync.Mutex
	known    *known
	failedAt time.Time
	failure  error
}

// known is an authority's discovery document in use.
type known struct {
	endpoint oauth2.Endpoint
	logout   string
	verifier *oidc.IDTokenVerifier
}

func newAuthority(cfg Config, name string) *authority {
	keys := &keyFetches{next: bounded{http.DefaultTransport}, limit: rate.NewLimiter(rate.Every(10*time.Second), 5)}
	return &authority{
		clientID: cfg.ClientID, login: cfg.Login, name: name, now: cfg.Now, keys: keys,
		client: &http.Client{
			Timeout: entraTimeout, Transport: keys,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return errors.New("a redirect of Entra, where it never redirects")
			},
		},
	}
}

// issuer is the exact issuer of a tenant's tokens.
func (a *authority) issuer(tenant string) string { return a.login + "/" + tenant + "/v2.0" }

// ready reads the discovery document, once. While Entra is down every caller gets the same error for a short time, and then one tries again.
func (a *authority) ready() (*known, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known != nil {
		return a.known, nil
	}
	if a.failure != nil && a.now().Sub(a.failedAt) < retryAfter {
		return nil, a.failure
	}
	k, err := a.discover()
	if err != nil {
		a.failedAt, a.failure = a.now(), err
		return nil, err
	}
	a.known, a.failure = k, nil
	return k, nil
}

// discover uses a context of its own, because the key set that comes out keeps it.
func (a *authority) discover() (*known, error) {
	ctx := oidc.ClientContext(context.Background(), a.client)
	want := a.issuer(a.name)
	if a.name == "organizations" {
		// The document of "organizations" names a template as its issuer (graph.md 7). The issuer of each token is checked in full later.
		want = a.issuer(tenantInTempl)
		ctx = oidc.InsecureIssuerURLContext(ctx, want)
	}
	p, err := oidc.NewProvider(ctx, a.issuer(a.name))
	if err != nil {
		return nil, fmt.Errorf("read the sign-in service's document: %w", err)
	}
	var doc struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
		Logout string `json:"end_session_endpoint"`
	}
	if err := p.Claims(&doc); err != nil {
		return nil, fmt.Errorf("read the sign-in service's document: %w", err)
	}
	if doc.Issuer != want {
		return nil, fmt.Errorf("the sign-in service calls itself %q, expected %q", doc.Issuer, want)
	}
	endpoint := p.Endpoint()
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL, doc.Keys, doc.Logout} {
		if !strings.HasPrefix(address, a.login+"/") {
			return nil, fmt.Errorf("the sign-in service names the foreign address %q", address)
		}
	}
	a.keys.address.Store(&doc.Keys)
	endpoint.AuthStyle = oauth2.AuthStyleInParams // Entra's way; the library would try another first
	return &known{endpoint: endpoint, logout: doc.Logout, verifier: p.Verifier(&oidc.Config{
		ClientID:             a.clientID,
		SupportedSigningAlgs: []string{oidc.RS256},
		SkipIssuerCheck:      a.name == "organizations",
		Now:                  func() time.Time { return a.now().Add(-expiryLeeway) },
	})}, nil
}

// keyFetches limits how often the keys are fetched: every token with an unknown key asks for that. It also remembers whether the
// last fetch failed, since go-oidc's error does not tell a bad signature from an Entra that is down.
type keyFetches struct {
	next    http.RoundTripper
	limit   *rate.Limiter
	address atomic.Pointer[string]
	failing atomic.Bool
}

func (k *keyFetches) RoundTrip(r *http.Request) (*http.Response, error) {
	if address := k.address.Load(); address == nil || r.URL.String() != *address {
		return k.next.RoundTrip(r)
	}
	if !k.limit.Allow() {
		return nil, errors.New("the keys were fetched too often")
	}
	answer, err := k.next.RoundTrip(r)
	if err == nil {
		err = holdsKeys(answer)
	}
	k.failing.Store(err != nil)
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// holdsKeys reads an answer to its end and puts it back. A page of some proxy in place of the keys is no reason to call a token false.
func holdsKeys(answer *http.Response) error {
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the keys are refused with status %d", answer.StatusCode)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("read the keys: %w", err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil || len(set.Keys) == 0 {
		return errors.New("the answer holds no keys")
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// bounded cuts answers that are larger than any true one.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, entraAnswer), answer.Body}
	return answer, nil
}
