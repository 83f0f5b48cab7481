// Package graph is a thin client of Microsoft Graph and of the Entra token endpoint.
//
// It reads leniently (reference graph.md, section 2), it is bounded in bytes, pages and time, it keeps within a budget
// per tenant and overall (section 8), and it gives every failure a Kind that a person can act on. It knows nothing of
// Roomward's own words: callers decide what an answer means for a customer.
package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Cloud names the two endpoints of a Microsoft cloud, without a trailing slash. The client appends /v1.0 and /beta to
// Graph. https is required, except for a simulator on a loopback address.
type Cloud struct {
	Login string // for example https://login.microsoftonline.com
	Graph string // for example https://graph.microsoft.com
}

// Microsoft is the worldwide commercial cloud.
func Microsoft() Cloud {
	return Cloud{Login: "https://login.microsoftonline.com", Graph: "https://graph.microsoft.com"}
}

// Config says how a Client works. Cloud and Credential are needed, the rest has defaults.
type Config struct {
	Cloud      Cloud
	Credential Credential
	Budget     Budget
	// HTTP sends the requests; nil means a client of our own. Redirects and cookies are switched off in a copy of it.
	HTTP *http.Client
	// Now is the clock for lifetimes and waits; nil means time.Now.
	Now func() time.Time
	// Log takes one debug line per request; nil means silence. No token, secret, query or body is logged.
	Log *slog.Logger
	// Refused is told of a tenant that has not consented, or no more, at each call that is refused for it; nil tells nobody.
	Refused func(ctx context.Context, tenant string)
	// Asked is told of each request: what it was for, the status of the answer (0: none), and how long that took; nil tells nobody.
	Asked func(kind string, status int, took time.Duration)
	// MaxRetryWait is the longest wait that a call spends inside the client before it tries again. A longer Retry-After
	// ends the call, so that the caller reschedules the tenant instead of blocking a worker. Zero means 10 s, a negative
	// value means that no call waits at all.
	MaxRetryWait time.Duration
}

const (
	defaultRetryWait = 10 * time.Second // shorter than most Retry-After of a real overload: those are rescheduled
	requestTimeout   = 30 * time.Second // one request with its body; Graph itself gives up earlier
	maxBody          = 8 << 20          // one page of a list; one of 50 devices is about 50 KB
	maxObject        = 1 << 20          // any other answer; the health of a device is about 5 KB, and many are asked for at once
	maxErrorBody     = 64 << 10
	maxPages         = 500
	maxItems         = 50_000   // in one list
	maxListBytes     = 64 << 20 // in all pages of one list
	maxListTime      = 15 * time.Minute
	userAgent        = "Roomward"
)

// Client calls Microsoft Graph for many tenants. It is safe for concurrent use.
type Client struct {
	clientID     string
	prove        prover
	sign         signer // nil: the proof is a secret
	login, graph *url.URL
	hide         func(string) string
	http         *http.Client
	now          func() time.Time
	log          *slog.Logger
	maxWait      time.Duration
	gates        *gates
	refused      func(ctx context.Context, tenant string)
	asked        func(kind string, status int, took time.Duration)
}

// New checks the configuration and builds a Client. It makes no request.
func New(cfg Config) (*Client, error) {
	login, err := endpoint(cfg.Cloud.Login)
	if err != nil {
		return nil, fmt.Errorf("graph: login address: %w", err)
	}
	base, err := endpoint(cfg.Cloud.Graph)
	if err != nil {
		return nil, fmt.Errorf("graph: Graph address: %w", err)
	}
	sign, err := cfg.Credential.signer()
	if err != nil {
		return nil, fmt.Errorf("graph: credential: %w", err)
	}
	budget, err := cfg.Budget.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("graph: budget: %w", err)
	}
	c := &Client{
		clientID: cfg.Credential.ClientID,
		prove:    cfg.Credential.prover(sign),
		sign:     sign,
		login:    login,
		graph:    base,
		hide:     cfg.Credential.hider(),
		http:     sender(cfg.HTTP),
		now:      cfg.Now,
		log:      cfg.Log,
		maxWait:  cfg.MaxRetryWait,
		refused:  cfg.Refused,
		asked:    cfg.Asked,
	}
	if c.refused == nil {
		c.refused = func(context.Context, string) {}
	}
	if c.asked == nil {
		c.asked = func(string, int, time.Duration) {}
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.maxWait == 0 {
		c.maxWait = defaultRetryWait
	}
	c.gates = newGates(budget, c.now)
	return c, nil
}

// endpoint reads a base address and refuses what could carry a token in clear text over a network.
func endpoint(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil {
		return nil, errors.New("not an address")
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not a plain http(s) address", u.Redacted())
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return u, nil
	}
	return nil, fmt.Errorf("%q: https is required, http only for a loopback address", u.Redacted())
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// sender copies the given client and switches off redirects and cookies: Graph's JSON needs neither, a 307 would send a
// secret in the token form on to another host, and a cookie would be shared by tenants.
func sender(given *http.Client) *http.Client {
	copied := http.Client{}
	if given != nil {
		copied = *given
	}
	if copied.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 512, 512 // where a proxy speaks HTTP/1.1: as many as collecting has requests in flight
		transport.MaxResponseHeaderBytes = 64 << 10
		copied.Transport = transport
	}
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	copied.Jar = nil
	return &copied
}

// String names the client by its application id only.
func (c *Client) String() string { return "graph client of application " + c.clientID }

// GoString is String, so that %#v shows no more than %v.
func (c *Client) GoString() string { return c.String() }

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
