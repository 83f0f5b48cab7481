package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"roomward/app/api"
	"roomward/store"
)

// refusal is a sign-in that did not work. The code goes to the welcome page, the cause to the log only.
// Codes: guest, personal-account, wrong-tenant, state, denied, unavailable, registration-refused, clock-skew, consent-needed, government-cloud, invalid;
// and those of refuseStepUp.
type refusal struct {
	code  string
	cause error
}

func refuse(code string, cause error) *refusal { return &refusal{code, cause} }

func refuseText(code, cause string) *refusal { return &refusal{code, errors.New(cause)} }

func (s *Service) refuse(w http.ResponseWriter, r *http.Request, why *refusal) {
	id := api.RequestID(r.Context())
	s.log.WarnContext(r.Context(), "sign-in refused", "code", why.code, "cause", why.cause, "request", id)
	q := url.Values{"error": {why.code}}
	if id != "" {
		q.Set("request", id)
	}
	http.SetCookie(w, s.cookie(cookieChoose, "1", store.SigninLife))
	redirect(w, pageWelcome+"?"+q.Encode())
}

// refuseSignin explains a sign-in that came back, or could not begin.
func (s *Service) refuseSignin(w http.ResponseWriter, r *http.Request, in store.Signin, why *refusal) {
	if in.StepUp != "" {
		s.refuseStepUp(w, r, in, why)
		return
	}
	s.refuse(w, r, why)
}

// Callback is GET /signin/callback, where Entra sends the browser back to.
func (s *Service) Callback(w http.ResponseWriter, r *http.Request) {
	in, refused := s.take(r)
	if refused != nil {
		s.done(in, refused)
		s.refuse(w, r, refused)
		return
	}
	secret, refused := s.arrive(r, in)
	s.done(in, refused)
	if refused != nil {
		s.refuseSignin(w, r, in, refused)
		return
	}
	http.SetCookie(w, s.cookie("", secret, 0)) // gone with the browser; the limits are the server's matter
	if s.readCookie(r, cookieChoose) != "" {
		http.SetCookie(w, s.cookie(cookieChoose, "", -time.Second))
	}
	redirect(w, in.ReturnTo)
}

// done tells who counts what became of a sign-in.
func (s *Service) done(in store.Signin, refused *refusal) {
	switch {
	case s.cfg.Done == nil:
	case refused == nil:
		s.cfg.Done(string(in.Side), "ok")
	default:
		s.cfg.Done(string(in.Side), refused.code)
	}
}

// arrive makes a session of what Entra sent back, and returns its secret. Until then the session that was there stays.
func (s *Service) arrive(r *http.Request, in store.Signin) (secret string, refused *refusal) {
	ctx, q := r.Context(), r.URL.Query()
	if code := q.Get("error"); code != "" && in.StepUp != "" {
		return "", stepUpRefusal(code, q.Get("error_description"))
	} else if code != "" {
		return "", refusalOf(code, q.Get("error_description"))
	}
	c, refused := s.redeem(ctx, in, q.Get("code"))
	if refused != nil {
		s.recordRefused(ctx, in.Side, c, refused.code)
		return "", refused
	}
	var present *api.Person // of whom more was asked
	var err error
	if in.StepUp != "" {
		if present, err = s.Person(ctx); err != nil {
			return "", refuse("unavailable", err)
		}
	}
	if refused := checkStepUp(in, present, c); refused != nil {
		s.recordRefused(ctx, in.Side, c, refused.code)
		return "", refused
	}
	if secret, err = s.start(r, in, present, c); err != nil {
		return "", refuse("unavailable", err)
	}
	return secret, nil
}

// take finds the sign-in that this browser began. It can be taken once.
func (s *Service) take(r *http.Request) (store.Signin, *refusal) {
	state, browser := r.URL.Query().Get("state"), s.readCookie(r, cookieSignin)
	if state == "" || browser == "" {
		return store.Signin{}, refuseText("state", "no state, or no cookie of a sign-in")
	}
	in, err := s.store.TakeSignin(r.Context(), hashOf("signin", state, browser))
	if errors.Is(err, store.ErrNotFound) {
		return store.Signin{}, refuseText("state", "this browser began no such sign-in, or it is used up")
	}
	if err != nil {
		return store.Signin{}, refuse("unavailable", err)
	}
	return in, nil
}

// recordRefused takes an entry of a person whom Entra vouched for and whom the rules keep out; c is nil for who is not known. Codes that tell of
// Microsoft's or our own trouble are no refusal.
func (s *Service) recordRefused(ctx context.Context, side store.Side, c *claims, code string) {
	if c == nil || slices.Contains([]string{"unavailable", "registration-refused", "clock-skew", "invalid"}, code) {
		return
	}
	by := act(ctx, api.Person{Side: side, TenantID: c.TenantID, OID: c.OID, Name: clip(c.Name, 256), UPN: clip(c.UPN, 320)})
	err := s.store.RecordAsked(ctx, by, store.Asked{Operation: "session.start", Result: store.ResultRefused, Detail: map[string]string{"reason": code}})
	if err != nil {
		s.log.ErrorContext(ctx, "a refused sign-in could not be recorded", "error", err, "request", api.RequestID(ctx))
	}
}

// redeem changes the code for an ID token and checks all of it. The claims of who is refused come too, once Entra vouched for them.
func (s *Service) redeem(ctx context.Context, in store.Signin, code string) (*claims, *refusal) {
	if code == "" {
		return nil, refuseText("invalid", "no code came back")
	}
	a := s.authority(in.Side)
	k, err := a.ready()
	if err != nil {
		return nil, refuse("unavailable", err)
	}
	raw, refused := s.exchange(ctx, a, k, code, in.Verifier)
	if refused != nil {
		return nil, refused
	}
	token, err := k.verifier.Verify(oidc.ClientContext(ctx, a.client), raw)
	if err != nil && a.keys.failing.Load() {
		return nil, refuse("unavailable", err)
	}
	if err != nil && wrongTime(err) {
		return nil, refuse("clock-skew", err)
	}
	if err != nil {
		return nil, refuse("invalid", err)
	}
	c := &claims{}
	if err := token.Claims(c); err != nil {
		return nil, refuse("invalid", fmt.Errorf("read the claims: %w", err))
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(in.Nonce)) != 1 {
		return nil, refuseText("invalid", "the nonce is not the one of this sign-in")
	}
	if refused := c.check(in.Side, a, s.cfg.PartnerTenant); refused != nil {
		return c, refused
	}
	return c, s.checkGovernment(ctx, in.Side, c.TenantID)
}

// wrongTime tells a token that is refused for our time from any other. Entra has made it this very moment, so one clock of the two is wrong, and it is
// hardly Microsoft's.
func wrongTime(err error) bool {
	var expired *oidc.TokenExpiredError
	return errors.As(err, &expired) || strings.Contains(err.Error(), "before the nbf")
}

func (s *Service) exchange(ctx context.Context, a *authority, k *known, code, verifier string) (string, *refusal) {
	conf := s.oauth(k)
	options := []oauth2.AuthCodeOption{oauth2.VerifierOption(verifier)}
	if s.cfg.Assertion == nil {
		conf.ClientSecret = s.cfg.Secret
	} else {
		signed, err := s.cfg.Assertion(ctx, k.endpoint.TokenURL)
		if err != nil {
			return "", refuse("unavailable", fmt.Errorf("sign the client assertion: %w", err))
		}
		options = append(options, oauth2.SetAuthURLParam("client_assertion", signed),
			oauth2.SetAuthURLParam("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
	}
	token, err := conf.Exchange(context.WithValue(ctx, oauth2.HTTPClient, a.client), code, options...)
	if err != nil {
		return "", exchangeRefusal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return "", refuseText("invalid", "the token answer has no ID token")
	}
	return raw, nil
}

// exchangeRefusal keeps what Entra answered out of the log but for its codes: a body may echo the request.
func exchangeRefusal(err error) *refusal {
	var answered *oauth2.RetrieveError
	if !errors.As(err, &answered) {
		return refuse("unavailable", fmt.Errorf("redeem the code: %w", err))
	}
	if answered.Response.StatusCode >= 500 || answered.Response.StatusCode == http.StatusTooManyRequests {
		return refuse("unavailable", fmt.Errorf("redeem the code: status %d", answered.Response.StatusCode))
	}
	return refusalOf(answered.ErrorCode, answered.ErrorDescription)
}

var aadsts = regexp.MustCompile(`AADSTS(\d{4,9})`)

// refusalOf reads an error of Entra. Microsoft says to act on the OAuth code, but only the number tells apart what a person must do
// (graph.md 6).
func refusalOf(code, description string) *refusal {
	number := ""
	if m := aadsts.FindStringSubmatch(description); m != nil {
		number = m[1]
	}
	cause := fmt.Errorf("answer of Entra: %q, AADSTS %q", clip(code, 60), number)
	switch number {
	case "900382", "900439", "900432":
		return refuse("government-cloud", cause)
	case "500200", "500201", "500202":
		return refuse("personal-account", cause)
	case "50020", "500208":
		return refuse("wrong-tenant", cause)
	case "65001", "90094", "90008", "700016", "650052":
		return refuse("consent-needed", cause)
	case "65004", "50105", "53000", "53001", "53003", "50097", "50158", "50072", "50074", "50076", "50079", "500121":
		return refuse("denied", cause)
	case "7000215", "7000222", "7000218", "7000112", "700021", "700022", "700023", "700027", "700030", "50194", "50011", "500112": // the operator's matter; the cause tells which
		return refuse("registration-refused", cause)
	case "700024":
		return refuse("clock-skew", cause)
	}
	switch code {
	case "access_denied":
		return refuse("denied", cause)
	case "consent_required":
		return refuse("consent-needed", cause)
	case "server_error", "temporarily_unavailable":
		return refuse("unavailable", cause)
	case "invalid_client", "unauthorized_client":
		return refuse("registration-refused", cause)
	}
	return refuse("invalid", cause)
}

// checkGovernment turns people of government clouds away at the door: nothing that follows works there (design.md 7).
func (s *Service) checkGovernment(ctx context.Context, side store.Side, tenant string) *refusal {
	if side != store.SideCustomer || s.cfg.Government == nil {
		return nil
	}
	cloud, err := s.cfg.Government(ctx, tenant)
	if err != nil {
		return refuse("unavailable", fmt.Errorf("find out the tenant's cloud: %w", err))
	}
	if cloud != "" {
		return refuseText("government-cloud", "the tenant is in "+cloud)
	}
	return nil
}

// start makes the session and returns its secret. Whatever session this browser had before ends: the secret is always a new one.
func (s *Service) start(r *http.Request, in store.Signin, present *api.Person, c *claims) (string, error) {
	ctx, now, side := r.Context(), s.cfg.Now(), in.Side
	p := api.Person{Side: side, TenantID: c.TenantID, OID: c.OID, Name: c.Name, UPN: c.UPN}
	if side == store.SideCustomer {
		name := domainOf(c.UPN)
		if name == "" {
			name = c.TenantID
		}
		if err := s.store.SeenTenant(ctx, act(ctx, p), c.TenantID, name); err != nil {
			return "", err
		}
	}
	groups, at := s.groupsAtSignin(ctx, side, c, now)
	contexts, end := gained(in, present, c, now.Add(s.cfg.Absolute))
	secret, replaced := newSecret(), ""
	if old := s.readCookie(r, ""); old != "" {
		replaced = hashOf("session", old)
	}
	err := s.store.StartSession(ctx, act(ctx, p), hashOf("session", secret), replaced, store.Session{
		ID: newSecret(), Side: side, TenantID: c.TenantID, OID: c.OID, Name: c.Name, UPN: c.UPN,
		Groups: groups, AppRoles: c.Roles, Wids: c.Wids, Contexts: contexts,
		Address: api.Address(ctx), Agent: clip(r.UserAgent(), 200), GroupsAt: at, ExpiresAt: end,
	})
	return secret, err
}

// groupsAtSignin takes the groups of a partner's person from the token, or asks where the token has none: with more than 200 it only says so
// (overage), and an application may be registered not to get them. When Microsoft does not answer the person has no groups yet, and the next request
// asks again. The groups of a customer's people decide nothing here.
func (s *Service) groupsAtSignin(ctx context.Context, side store.Side, c *claims, now time.Time) ([]string, time.Time) {
	if side == store.SideCustomer {
		return nil, now
	}
	_, overage := c.ClaimNames["groups"]
	if c.Groups != nil && !overage {
		return c.Groups, now
	}
	ctx, cancel := context.WithTimeout(ctx, groupsTimeout)
	defer cancel()
	groups, err := s.cfg.MemberGroups(ctx, c.TenantID, c.OID)
	if err != nil {
		s.log.WarnContext(ctx, "the groups of somebody who signs in could not be read", "oid", c.OID, "error", err, "request", api.RequestID(ctx))
		return nil, time.Time{}
	}
	return groups, now
}

// clip bounds text that comes from outside and drops what could break a line of a log.
func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, s)
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
