// Package signin signs people of both kinds of organisation in by OpenID Connect, keeps their sessions, and answers app/api who calls.
// It is the only package that imports go-oidc. A person is (tenant id, object id), never an e-mail address (design.md 6).
package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"roomward/app/api"
	"roomward/store"
)

// Config says where people sign in and what of a token counts.
type Config struct {
	// Login is the base address of Entra: https, or http on loopback for the simulated one.
	Login string
	// PartnerTenant is the tenant id (GUID) of the partner.
	PartnerTenant string
	// PartnerDomains decide the side of a sign-in that comes with a login_hint only.
	PartnerDomains []string
	ClientID       string
	// Contexts are the ids of the authentication contexts that a step-up may ask for, such as "c1" (--auth-contexts).
	Contexts []string
	// Secret authenticates the application at the token endpoint, unless Assertion does.
	Secret string
	// Assertion signs a client assertion for a token endpoint (graph.md 6); nil to use Secret.
	Assertion func(ctx context.Context, tokenEndpoint string) (string, error)
	// PublicURL is where people reach Roomward, without a path: "https://rooms.partner.example".
	PublicURL string

	// ManagerGroup is the object id of the partner's group of managers; empty for none.
	ManagerGroup string
	// ManagerRole and CustomerAdminRole are values of app roles; by default "Manager" and "CustomerAdmin".
	ManagerRole, CustomerAdminRole string

	// Idle ends a session that nobody uses, Absolute one in any case; by default 8 and 12 hours: a working day without a second sign-in.
	Idle, Absolute time.Duration

	// MemberGroups asks Microsoft for the groups of a user. ErrAccountGone (wrapped) ends the person's sessions.
	MemberGroups func(ctx context.Context, tenantID, oid string) ([]string, error)
	// Government names the government cloud of a tenant, "" for none; nil leaves the check to the invitation.
	Government func(ctx context.Context, tenantID string) (string, error)
	// Reading is the consent of customers to the application. Acting is that to a second one, which acts on devices; its zero value where the first
	// one does that.
	Reading, Acting Consent

	// Done is told of each sign-in that came back or could not begin: the side (empty while it is not known), and ok or the code of the refusal; nil
	// tells nobody.
	Done func(side, result string)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Consent is how the administrator of a tenant consents to an application.
type Consent struct {
	// URL is Microsoft's page for it.
	URL func(tenantID, redirect, state string) string
	// Prove proves the consent of a tenant and keeps it.
	Prove func(ctx context.Context, act store.Act, tenantID string) error
}

// Format names the application and never shows its secret, whatever prints the configuration.
func (c Config) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "sign-in of application %s", c.ClientID) }

// ErrAccountGone says that Entra does not know the user any more.
var ErrAccountGone = errors.New("the account is gone")

// Pages of the UI to which people come back.
const (
	pageHome    = "/"
	pagePortal  = "/portal"
	pageWelcome = "/welcome"
)

// Addresses registered with Entra.
const (
	pathCallback        = "/signin/callback"
	pathConsentCallback = "/consent/callback"
	pathActingCallback  = "/consent/acting/callback"
)

// Service is everything about signing in. Its handlers are plain ones; safe for concurrent use.
type Service struct {
	cfg    Config
	store  *store.Store
	log    *slog.Logger
	public string // origin
	secure bool   // public is https

	partner, others *authority
	refresh         singleflight.Group
	failures        failures
}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)

// New checks the configuration. It asks Entra for nothing: that happens when somebody signs in, so that Roomward starts while Entra is down.
func New(cfg Config, st *store.Store, log *slog.Logger) (*Service, error) {
	cfg.Login = strings.TrimRight(cfg.Login, "/")
	cfg.PartnerTenant = strings.ToLower(cfg.PartnerTenant)
	if cfg.ManagerRole == "" {
		cfg.ManagerRole = "Manager"
	}
	if cfg.CustomerAdminRole == "" {
		cfg.CustomerAdminRole = "CustomerAdmin"
	}
	if cfg.Idle == 0 {
		cfg.Idle = 8 * time.Hour
	}
	if cfg.Absolute == 0 {
		cfg.Absolute = 12 * time.Hour
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("set up signing in: %w", err)
	}
	public, err := safeURL(cfg.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("set up signing in: public URL: %w", err)
	}
	if public.Path != "" && public.Path != "/" {
		return nil, errors.New("set up signing in: the public URL must have no path")
	}
	return &Service{
		cfg: cfg, store: st, log: log, public: public.Scheme + "://" + public.Host, secure: public.Scheme == "https",
		partner: newAuthority(cfg, cfg.PartnerTenant), others: newAuthority(cfg, "organizations"),
	}, nil
}

func (c Config) check() error {
	if _, err := safeURL(c.Login); err != nil {
		return fmt.Errorf("sign-in service: %w", err)
	}
	switch {
	case !guid.MatchString(c.PartnerTenant):
		return errors.New("the partner's tenant id must be a GUID")
	case c.ClientID == "":
		return errors.New("no client id")
	case c.Secret == "" && c.Assertion == nil:
		return errors.New("neither a client secret nor a certificate")
	case c.MemberGroups == nil || c.Reading.URL == nil || c.Reading.Prove == nil:
		return errors.New("MemberGroups and Reading are needed")
	case c.Idle < 0 || c.Absolute < 0:
		return errors.New("the limits of a session cannot be negative")
	}
	return nil
}

// safeURL takes https addresses, and http ones on loopback.
func safeURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("not a URL")
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not a plain address", u.Redacted())
	}
	if u.Scheme == "https" {
		return u, nil
	}
	ip, err := netip.ParseAddr(u.Hostname())
	loopback := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	if u.Scheme != "http" || !loopback {
		return nil, fmt.Errorf("%q must be https", u.Redacted())
	}
	return u, nil
}

// LoginOrigin is the origin of Entra's pages, to which forms may lead ("https://login.microsoftonline.com").
func (s *Service) LoginOrigin() string {
	u, err := url.Parse(s.cfg.Login)
	if err != nil { // New has read it
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// authority is where people of a side sign in.
func (s *Service) authority(side store.Side) *authority {
	if side == store.SidePartner {
		return s.partner
	}
	return s.others
}

// newSecret is a value that nobody guesses: 130 random bits.
func newSecret() string { return rand.Text() }

// hashOf is how a secret is kept. word keeps the hashes of one purpose apart from those of another.
func hashOf(word string, parts ...string) string {
	sum := sha256.Sum256([]byte(word + "\n" + strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:])
}

// Cookies are named cookieName and one of these; the session's has none. Under https the prefix __Host- stands before.
const (
	cookieName   = "roomward"
	cookieSignin = "-signin" // binds a sign-in to the browser that began it
	cookieChoose = "-choose" // this browser was refused: the next sign-in asks for the account
)

// cookie makes a cookie that only this host gets back, and no script reads. Lax: the browser sends it when Entra sends the person back.
func (s *Service) cookie(suffix, value string, life time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: s.cookieName(suffix), Value: value, Path: "/", MaxAge: int(life / time.Second), // below 0: take it back
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	}
}

func (s *Service) cookieName(suffix string) string {
	if s.secure {
		return "__Host-" + cookieName + suffix
	}
	return cookieName + suffix
}

// readCookie returns the value of one of our cookies, or "".
func (s *Service) readCookie(r *http.Request, suffix string) string {
	c, err := r.Cookie(s.cookieName(suffix))
	if err != nil || len(c.Value) > 200 {
		return ""
	}
	return c.Value
}

func act(ctx context.Context, p api.Person) store.Act {
	return store.Act{
		Side: p.Side, TenantID: p.TenantID, OID: p.OID, Name: p.Name,
		RequestID: api.RequestID(ctx), Address: api.Address(ctx),
	}
}

func redirect(w http.ResponseWriter, to string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Location", to)
	w.WriteHeader(http.StatusFound)
}
