package signin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/oauth2"

	"roomward/app/api"
	"roomward/store"
)

const (
	longestReturn = 2000
	longestHint   = 320 // an e-mail address is not longer
)

// Begin is GET /signin: it sends the browser to Entra. Query: side (partner or customer), login_hint, return (a local path), step_up (see
// beginStepUp). Without a side the domain of the hint decides; without either the person chooses on the welcome page.
func (s *Service) Begin(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	hint := q.Get("login_hint")
	if len(hint) > longestHint || strings.ContainsFunc(hint, unicode.IsControl) {
		answer(w, r, api.Invalid("query.login_hint", "is not a sign-in name"))
		return
	}
	if q.Has("step_up") {
		s.beginStepUp(w, r, hint)
		return
	}
	side, problem := s.side(q.Get("side"), hint)
	if problem != nil {
		answer(w, r, problem)
		return
	}
	if side == "" {
		redirect(w, pageWelcome)
		return
	}
	back := localPath(q.Get("return"))
	if back == "" {
		back = home(side)
	}
	s.leaveFor(w, r, store.Signin{Side: side, ReturnTo: back}, hint)
}

// leaveFor sends the browser to Entra. What a refused step-up says is said where the session stays.
func (s *Service) leaveFor(w http.ResponseWriter, r *http.Request, in store.Signin, hint string) {
	to, browser, refused := s.begin(r, in, hint)
	if refused != nil {
		s.done(in, refused)
		s.refuseSignin(w, r, in, refused)
		return
	}
	http.SetCookie(w, s.cookie(cookieSignin, browser, store.SigninLife))
	redirect(w, to)
}

func (s *Service) side(side, hint string) (store.Side, *api.Problem) {
	switch {
	case side == string(store.SidePartner), side == string(store.SideCustomer):
		return store.Side(side), nil
	case side != "":
		return "", api.Invalid("query.side", `is "partner" or "customer"`)
	case hint == "":
		return "", nil
	}
	domain := strings.ToLower(domainOf(hint))
	if slices.ContainsFunc(s.cfg.PartnerDomains, func(d string) bool { return strings.EqualFold(d, domain) }) {
		return store.SidePartner, nil
	}
	return store.SideCustomer, nil
}

// begin keeps the sign-in and returns Entra's address and the value of the cookie that binds it to this browser. The cookie's value stays the same
// while one sign-in is under way, so that two tabs do not disturb each other.
func (s *Service) begin(r *http.Request, in store.Signin, hint string) (to, browser string, refused *refusal) {
	k, err := s.authority(in.Side).ready()
	if err != nil {
		return "", "", refuse("unavailable", err)
	}
	browser = s.readCookie(r, cookieSignin)
	if len(browser) != len(newSecret()) {
		browser = newSecret()
	}
	state := newSecret()
	in.Nonce, in.Verifier = newSecret(), oauth2.GenerateVerifier()
	if err := s.store.BeginSignin(r.Context(), hashOf("signin", state, browser), in); err != nil {
		return "", "", refuse("unavailable", err)
	}
	options := []oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(in.Verifier),
		oauth2.SetAuthURLParam("nonce", in.Nonce),
		oauth2.SetAuthURLParam("response_mode", "query"), // a form post would come without our Lax cookie
	}
	if in.StepUp != "" {
		options = append(options, oauth2.SetAuthURLParam("claims", claimsOf(in.StepUp)))
	}
	switch {
	case hint != "":
		options = append(options, oauth2.SetAuthURLParam("login_hint", hint))
	case in.Side == store.SideCustomer, s.readCookie(r, cookieChoose) != "":
		// Entra would go on with whoever is signed in, so somebody refused once could never choose another account.
		options = append(options, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	return s.oauth(k).AuthCodeURL(state, options...), browser, nil
}

func (s *Service) oauth(k *known) *oauth2.Config {
	return &oauth2.Config{
		ClientID: s.cfg.ClientID, Endpoint: k.endpoint, RedirectURL: s.public + pathCallback,
		Scopes: []string{"openid", "profile", "email"},
	}
}

// localPath returns the path if a browser stays at this host with it, else "".
func localPath(path string) string {
	if len(path) > longestReturn || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.Contains(path, `\`) || strings.ContainsFunc(path, unicode.IsControl) {
		return ""
	}
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil {
		return ""
	}
	for _, own := range []string{"/api", "/signin", "/signout", "/consent"} { // not pages; some would go round in circles
		if u.Path == own || strings.HasPrefix(u.Path, own+"/") {
			return ""
		}
	}
	return u.String()
}

func home(side store.Side) string {
	if side == store.SideCustomer {
		return pagePortal
	}
	return pageHome
}

// domainOf is what follows the last @, or "".
func domainOf(address string) string {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return ""
	}
	return address[i+1:]
}
