package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	tokenMargin  = 5 * time.Minute // a token is renewed so long before it ends
	tokenUnknown = 5 * time.Minute // life of a token whose answer names none
	maxToken     = 64 << 10        // bytes; it goes out with every request
)

// token is an application token for one tenant.
type token struct {
	value    string
	roles    []string // application permissions in it
	readable bool     // its claims could be read; tokens are opaque by contract, so this may end one day
	issued   time.Time
	renewAt  time.Time
}

func (t token) usable(now time.Time) bool { return t.value != "" && now.Before(t.renewAt) }

// renewal is a token request in progress, which any number of calls wait for.
type renewal struct {
	done  chan struct{}
	token token
	err   error
}

// tokenFor gives the cached token of the tenant or waits for the one request that fetches it. That request does not end with the
// context of the call that began it, because others wait for it too.
func (c *Client) tokenFor(ctx context.Context, t *tenant) (token, error) {
	t.mu.Lock()
	if t.token.usable(c.now()) {
		defer t.mu.Unlock()
		return t.token, nil
	}
	r := t.renewing
	if r == nil {
		r = &renewal{done: make(chan struct{})}
		t.renewing = r
		go c.renew(context.WithoutCancel(ctx), t, r)
	}
	t.mu.Unlock()
	select {
	case <-r.done:
		return r.token, r.err
	case <-ctx.Done():
		return token{}, c.broken(ctx, "get a token", ctx.Err())
	}
}

func (c *Client) renew(ctx context.Context, t *tenant, r *renewal) {
	r.token, r.err = c.newToken(ctx, t)
	if KindOf(r.err) == NotConsented {
		c.refused(ctx, t.id)
	}
	t.mu.Lock()
	if t.renewing == r { // else ForgetToken came in between, and this token may lack what was consented
		t.renewing = nil
		if r.err == nil {
			t.token = r.token
		}
	}
	t.mu.Unlock()
	close(r.done)
}

// dropToken forgets the token unless a newer one has taken its place.
func (t *tenant) dropToken(value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token.value == value {
		t.token = token{}
	}
}

// newToken asks Entra, with the same patience as every other request.
func (c *Client) newToken(ctx context.Context, t *tenant) (token, error) {
	const doing = "get a token"
	to := *c.login
	to.Path += "/" + t.id + "/oauth2/v2.0/token"
	var fresh token
	err := c.patiently(ctx, t, login, doing, func() error {
		form := url.Values{
			"grant_type": {"client_credentials"},
			"client_id":  {c.clientID},
			"scope":      {c.graph.String() + "/.default"},
		}
		if err := c.prove(form, to.String(), c.now()); err != nil {
			return &Error{Kind: AssertionInvalid, Message: c.say(err.Error()), doing: doing, final: true}
		}
		if _, err := c.gates.admit(ctx, t, login); err != nil {
			return c.broken(ctx, doing, err)
		}
		header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		asked := c.now()
		got, err := c.send(ctx, doing, t.id, http.MethodPost, &to, header, []byte(form.Encode()), maxObject)
		if err != nil {
			return err
		}
		if !got.ok() {
			return c.loginError(got)
		}
		fresh, err = readToken(got, t.id, asked)
		return err
	})
	return fresh, err
}

// readToken reads Entra's answer to a token request made at the given time.
func readToken(got answer, tenant string, asked time.Time) (token, error) {
	var wire struct {
		AccessToken string `json:"access_token"`
		TokenType   text   `json:"token_type"`
		ExpiresIn   number `json:"expires_in"`
	}
	if err := loose(got.body, &wire); err != nil {
		return token{}, got.bad("the answer is not JSON")
	}
	if wire.AccessToken == "" || len(wire.AccessToken) > maxToken || strings.ContainsFunc(wire.AccessToken, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return token{}, got.bad("the answer holds no token")
	}
	if wire.TokenType != "" && !strings.EqualFold(string(wire.TokenType), "Bearer") {
		return token{}, got.bad("the token is not a bearer token")
	}
	life := tokenUnknown
	if seconds, ok := wire.ExpiresIn.integer(); ok && seconds > 0 {
		life = min(time.Duration(seconds)*time.Second, 24*time.Hour)
		life = max(life-tokenMargin, life/2)
	}
	fresh := token{value: wire.AccessToken, issued: asked, renewAt: asked.Add(life)}
	claims, ok := readClaims(wire.AccessToken)
	if ok && claims.TenantID != "" && !strings.EqualFold(string(claims.TenantID), tenant) {
		return token{}, got.bad("the token is for another tenant")
	}
	fresh.readable, fresh.roles = ok, claims.Roles
	return fresh, nil
}

type claims struct {
	TenantID text     `json:"tid"`
	Roles    textList `json:"roles"`
}

// readClaims looks into a token of ours without verifying it: Entra sent it over TLS, and it decides nothing but messages.
func readClaims(jwt string) (claims, bool) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return claims{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return claims{}, false
	}
	var found claims
	if !json.Valid(payload) || loose(payload, &found) != nil {
		return claims{}, false
	}
	return found, true
}

// Roles gives the application permissions in our token for the tenant, sorted: what was really consented. After a consent call
// ForgetToken first.
func (c *Client) Roles(ctx context.Context, tenant string) ([]string, error) {
	const doing = "read the consented permissions"
	if !isGUID(tenant) {
		return nil, &Error{Kind: TenantUnknown, Message: "the tenant must be given by its id, a GUID", doing: doing}
	}
	t, leave := c.gates.enter(strings.ToLower(tenant))
	defer leave()
	tok, err := c.tokenFor(ctx, t)
	if err != nil {
		return nil, err
	}
	if !tok.readable {
		return nil, &Error{Kind: BadAnswer, Message: "the token cannot be read", doing: doing}
	}
	roles := slices.Clone(tok.roles)
	slices.Sort(roles)
	return slices.Compact(roles), nil
}

// ForgetToken makes the next call for the tenant fetch a new token, which the roles of a new consent are in.
func (c *Client) ForgetToken(tenant string) {
	if !isGUID(tenant) {
		return
	}
	t, leave := c.gates.enter(strings.ToLower(tenant))
	defer leave()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token, t.renewing = token{}, nil
}
