package cloudsim

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// codeLife is how long an authorization code may be redeemed; Entra says about ten minutes.
const codeLife = 10 * time.Minute

// grant is what an authorization code stands for until it is redeemed, once.
type grant struct {
	tenantID, oid string
	redirect      string
	challenge     string
	nonce         string
	scope         string
	acrs          []string
	expires       time.Time
}

// authorize is the sign-in: a page with the people of the demo, or none at all where login_hint names one of them; and a second page where an
// authentication context is asked for.
// The page's buttons post the same parameters back, with the chosen person's object id.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	a, bad := s.authority(r)
	if bad != nil {
		s.failurePage(w, r, bad)
		return
	}
	if err := r.ParseForm(); err != nil {
		s.failurePage(w, r, &entraError{"invalid_request", 900144, "The request body could not be read."})
		return
	}
	q := r.Form
	if bad := s.checkApplication(a, q); bad != nil {
		s.failurePage(w, r, bad)
		return
	}
	back := returnAddress{q.Get("redirect_uri"), q.Get("state")}
	if bad := checkAuthorize(q); bad != nil {
		back.failure(w, r, bad)
		return
	}
	t, p := s.chosen(a, r)
	if p == nil && q.Get("prompt") == "none" {
		back.failure(w, r, &entraError{"login_required", 50058, "A silent sign-in request was sent but no user is signed in."})
		return
	}
	if p == nil {
		s.pickerPage(w, r, a, "Sign in", "Choose who you are in this demo.")
		return
	}
	if s.secondFactor(w, r, back, p) {
		back.success(w, r, url.Values{"code": {s.newCode(t, p, q)}})
	}
}

// checkApplication refuses what must not lead to a redirect: an unknown application or reply address.
func (s *Server) checkApplication(a authority, q url.Values) *entraError {
	app := s.applicationOf(q.Get("client_id"))
	if app.clientID == "" {
		return notInstalled(q.Get("client_id"), a)
	}
	if !app.multitenant && a.tenant != s.world.Partner {
		return app.oneTenantOnly()
	}
	if !app.registered(q.Get("redirect_uri")) {
		return &entraError{"invalid_request", 50011, "The redirect URI '" + q.Get("redirect_uri") + "' specified in the request does not match the redirect URIs configured for the application '" + app.clientID + "'."}
	}
	return nil
}

// registered tells whether an address is one of the application's reply addresses.
func (r *registration) registered(address string) bool {
	if slices.Contains(r.redirects, address) {
		return true
	}
	u, err := url.Parse(address)
	return r.anyLoopback && err == nil && u.Scheme == "http" && isLoopback(u.Hostname()) && u.Fragment == ""
}

func checkAuthorize(q url.Values) *entraError {
	switch {
	case q.Get("response_type") != "code":
		return &entraError{"unsupported_response_type", 700054, "response_type '" + q.Get("response_type") + "' is not enabled for the application."}
	case q.Get("response_mode") != "" && q.Get("response_mode") != "query":
		return &entraError{"invalid_request", 70007, "'" + q.Get("response_mode") + "' is not a supported value of 'response_mode' when requesting a code here."}
	case !slices.Contains(strings.Fields(q.Get("scope")), "openid"):
		return &entraError{"invalid_scope", 70011, "The provided request must include a 'scope' input parameter with 'openid'."}
	case q.Get("code_challenge") == "" || q.Get("code_challenge_method") != "S256":
		return &entraError{"invalid_request", 9002325, "Proof Key for Code Exchange with S256 is required for authorization code redemption."}
	case q.Get("nonce") == "":
		return &entraError{"invalid_request", 90014, "The required field 'nonce' is missing."}
	case q.Get("state") == "":
		return &entraError{"invalid_request", 90014, "The required field 'state' is missing."}
	}
	return nil
}

// chosen is the person whom the request signs in: the one whose button was pressed, or the one whom login_hint
// names unless the picker is asked for. Nil when neither is there or the authority does not hold the person.
func (s *Server) chosen(a authority, r *http.Request) (*Tenant, *Person) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	oid, hint := "", r.Form.Get("login_hint")
	if r.Method == http.MethodPost {
		oid = r.PostForm.Get("person")
	}
	if oid == "" && (hint == "" || r.Form.Get("prompt") == "select_account") {
		return nil, nil
	}
	for _, t := range s.tenantsOf(a) {
		for i := range t.People {
			p := &t.People[i]
			if oid != "" && p.OID == oid || oid == "" && (strings.EqualFold(p.UPN, hint) || loginHint(t, p) == hint) {
				found := *p
				return t, &found
			}
		}
	}
	return nil, nil
}

func (s *Server) tenantsOf(a authority) []*Tenant {
	if a.tenant != nil {
		return []*Tenant{a.tenant}
	}
	return s.world.all()
}

func (s *Server) newCode(t *Tenant, p *Person, q url.Values) string {
	now := s.opts.Now()
	code := "0." + rand.Text() + rand.Text()
	for kind, value := range map[string]string{"code": code, "state": q.Get("state"), "nonce": q.Get("nonce")} {
		s.opts.Secret(kind, value)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, g := range s.codes {
		if now.After(g.expires) {
			delete(s.codes, c)
		}
	}
	s.codes[code] = grant{
		tenantID: t.ID, oid: p.OID, redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"),
		nonce: q.Get("nonce"), scope: q.Get("scope"), acrs: t.satisfied(requestedContexts(q.Get("claims"))), expires: now.Add(codeLife),
	}
	return code
}

// loginHint is the opaque value of the login_hint claim, which also works as login_hint parameter.
func loginHint(t *Tenant, p *Person) string {
	return "O." + base64.RawURLEncoding.EncodeToString([]byte(p.OID+t.ID))
}

// returnAddress is where the browser goes when the sign-in page is done. It is checked before it is made.
type returnAddress struct{ redirect, state string }

func (b returnAddress) success(w http.ResponseWriter, r *http.Request, values url.Values) {
	u, err := url.Parse(b.redirect)
	if err != nil {
		http.Error(w, "unreadable redirect_uri", http.StatusBadRequest)
		return
	}
	q := u.Query()
	for k, v := range values {
		q[k] = v
	}
	if b.state != "" {
		q.Set("state", b.state)
	}
	u.RawQuery = q.Encode()
	status := http.StatusFound
	if r.Method == http.MethodPost {
		status = http.StatusSeeOther
	}
	http.Redirect(w, r, u.String(), status)
}

func (b returnAddress) failure(w http.ResponseWriter, r *http.Request, e *entraError) {
	b.success(w, r, url.Values{"error": {e.code}, "error_description": {e.description()}})
}

// logout forgets nothing, as there are no sessions here: it sends the browser on to the registered address.
func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	if _, bad := s.authority(r); bad != nil {
		s.failurePage(w, r, bad)
		return
	}
	if to := r.URL.Query().Get("post_logout_redirect_uri"); to != "" && s.application(Reading).registered(to) {
		returnAddress{to, r.URL.Query().Get("state")}.success(w, r, nil)
		return
	}
	s.noticePage(w, r, http.StatusOK, "You signed out of your account", "It is a good idea to close all browser windows.")
}
