package cloudsim_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"roomward/app/cloudsim"
)

// signIn walks the way of a browser and of go-oidc: authorize, code, token, verified ID token. It returns the claims.
func (c *cloud) signIn(authority, person string, opts ...oauth2.AuthCodeOption) map[string]any {
	c.t.Helper()
	ctx := context.WithValue(c.t.Context(), oauth2.HTTPClient, browser)
	issuer := c.URL() + "/login/" + authority + "/v2.0"
	conf := &oidc.Config{ClientID: c.app, Now: c.clock.Now, SupportedSigningAlgs: []string{oidc.RS256}}
	if authority == "organizations" { // the recipe of graph.md 7
		ctx = oidc.InsecureIssuerURLContext(ctx, c.URL()+"/login/{tenantid}/v2.0")
		conf.SkipIssuerCheck = true
	}
	provider, err := oidc.NewProvider(ctx, issuer)
	noError(c.t, err)
	client := oauth2.Config{
		ClientID: c.app, ClientSecret: c.secret, Endpoint: provider.Endpoint(), RedirectURL: callback,
		Scopes: []string{"openid", "profile", "email"},
	}
	client.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	verifier := oauth2.GenerateVerifier()
	address := client.AuthCodeURL("the-state", append(opts, oauth2.S256ChallengeOption(verifier),
		oidc.Nonce("the-nonce"), oauth2.SetAuthURLParam("login_hint", person))...)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	noError(c.t, err)
	status, h, body := c.do(r)
	if strings.Contains(body, `name="factor"`) {
		status, h, body = c.press(r, body, "confirm")
		equal(c.t, http.StatusSeeOther, status, body)
	} else {
		equal(c.t, http.StatusFound, status, body)
	}
	back, err := url.Parse(h.Get("Location"))
	noError(c.t, err)
	equal(c.t, "the-state", back.Query().Get("state"))
	equal(c.t, "", back.Query().Get("error"), back.Query().Get("error_description"))

	token, err := client.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	noError(c.t, err)
	idToken, err := provider.Verifier(conf).Verify(ctx, token.Extra("id_token").(string))
	noError(c.t, err)
	equal(c.t, "the-nonce", idToken.Nonce)
	claims := map[string]any{}
	noError(c.t, idToken.Claims(&claims))
	equal(c.t, c.URL()+"/login/"+claims["tid"].(string)+"/v2.0", idToken.Issuer)
	return claims
}

func TestSignInAtOneTenant(t *testing.T) {
	c := start(t, smallWorld())

	manager := c.signIn(litware, "manager@partner.example")
	equal(t, litware, manager["tid"])
	equal(t, "Maya Manager", manager["name"])
	equal(t, "manager@partner.example", manager["preferred_username"])
	equal(t, c.world.Partner.People[0].OID, manager["oid"])
	equal(t, "2.0", manager["ver"])
	equal(t, []any{"Manager"}, manager["roles"])
	notContains(t, manager, "groups")
	notContains(t, manager, "idp")
	notContains(t, manager, "acrs")

	technician := c.signIn(litware, "Technician@Partner.example",
		oauth2.SetAuthURLParam("claims", `{"id_token":{"acrs":{"essential":true,"value":"c1"}}}`))
	equal(t, []any{"g-lyon", "g-field"}, technician["groups"], "through other groups too, without mail lists")
	equal(t, []any{"c1"}, technician["acrs"])
	notContains(t, technician, "roles")

	guest := c.signIn(litware, "guest@partner.example")
	equal(t, "https://sts.windows.net/"+northwind+"/", guest["idp"])
	equal(t, litware, guest["tid"])

	again := c.signIn(litware, technician["login_hint"].(string))
	equal(t, technician["oid"], again["oid"], "the login_hint claim is a login_hint parameter")
	equal(t, technician["sub"], again["sub"])
}

func TestSignInAtOrganizations(t *testing.T) {
	c := start(t, smallWorld())
	admin := c.signIn("organizations", "admin@northwind.example")
	equal(t, northwind, admin["tid"])
	equal(t, []any{cloudsim.TeamsAdministrator}, admin["wids"])
	employee := c.signIn("organizations", "employee@woodgrove.example")
	equal(t, woodgrove, employee["tid"])
	notContains(t, employee["wids"], cloudsim.GlobalAdministrator)
}

func TestGroupsOverage(t *testing.T) {
	w := smallWorld()
	p := &w.Partner.People[1]
	for i := range 201 {
		id := "g-project-" + string(rune('a'+i%26)) + strings.Repeat("x", i/26)
		w.Partner.Groups = append(w.Partner.Groups, cloudsim.Group{ID: id, Name: id})
		p.Groups = append(p.Groups, id)
	}
	c := start(t, w)
	claims := c.signIn(litware, p.UPN)
	notContains(t, claims, "groups")
	equal(t, map[string]any{"groups": "src1"}, claims["_claim_names"])
	endpoint := claims["_claim_sources"].(map[string]any)["src1"].(map[string]any)["endpoint"]
	equal(t, c.URL()+"/graph/v1.0/users/"+p.OID+"/getMemberObjects", endpoint)
}

// request is a good authorize request for tests to spoil.
func request() url.Values {
	return url.Values{
		"client_id": {clientID}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid profile"},
		"state": {"s"}, "nonce": {"n"}, "code_challenge": {oauth2.S256ChallengeFromVerifier("v")}, "code_challenge_method": {"S256"},
	}
}

func TestAuthorizeRefusals(t *testing.T) {
	c := start(t, smallWorld())
	for _, tc := range []struct {
		name, param, value string
		page               string // the code on our own page: the address must not be used
		back               string // the OAuth error sent back
	}{
		{"unknown application", "client_id", "other", "AADSTS700016", ""},
		{"address elsewhere", "redirect_uri", "https://attacker.example/callback", "AADSTS50011", ""},
		{"no PKCE", "code_challenge", "", "", "invalid_request"},
		{"plain PKCE", "code_challenge_method", "plain", "", "invalid_request"},
		{"no nonce", "nonce", "", "", "invalid_request"},
		{"implicit flow", "response_type", "id_token", "", "unsupported_response_type"},
		{"no openid", "scope", "profile", "", "invalid_scope"},
		{"silent, nobody known", "prompt", "none", "", "login_required"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			q := request()
			q.Set(tc.param, tc.value)
			status, h, body := c.get("/login/" + litware + "/oauth2/v2.0/authorize?" + q.Encode())
			if tc.page != "" {
				equal(t, http.StatusBadRequest, status)
				contains(t, body, tc.page)
				equal(t, "", h.Get("Location"))
				return
			}
			equal(t, http.StatusFound, status)
			back, err := url.Parse(h.Get("Location"))
			noError(t, err)
			isTrue(t, strings.HasPrefix(back.String(), callback))
			equal(t, tc.back, back.Query().Get("error"))
			equal(t, "s", back.Query().Get("state"))
			equal(t, "", back.Query().Get("code"))
		})
	}
}

func TestOnlyRegisteredAddresses(t *testing.T) {
	s := cloudsim.New(smallWorld(), cloudsim.Options{ClientID: clientID, RedirectURIs: []string{callback}})
	noError(t, s.Listen(t.Context(), "127.0.0.1:0"))
	defer s.Close()
	c := &cloud{Server: s, t: t}
	q := request()
	q.Set("redirect_uri", "http://127.0.0.1:9/other")
	status, _, body := c.get("/login/organizations/oauth2/v2.0/authorize?" + q.Encode())
	equal(t, http.StatusBadRequest, status)
	contains(t, body, "AADSTS50011")
}

func TestPickerPage(t *testing.T) {
	c := start(t, smallWorld())
	path := "/login/organizations/oauth2/v2.0/authorize?"
	q := request()
	q.Set("prompt", "select_account")
	q.Set("login_hint", "admin@northwind.example")
	status, h, body := c.get(path + q.Encode())
	equal(t, http.StatusOK, status, "select_account shows the page whatever the hint")
	contains(t, h.Get("Content-Security-Policy"), "default-src 'none'")
	for _, shown := range []string{
		"Simulated Microsoft sign-in: demo only", "Northwind Traders", "Ann Admin", "admin@northwind.example", "Woodgrove Bank",
		"Litware", "Rooms Pro Manager", "Field engineer",
	} {
		contains(t, body, shown)
	}
	notContains(t, body, "<script")
	notContains(t, body, "br12@northwind.example", "room accounts do not sign in here")

	_, _, body = c.get("/login/" + litware + "/oauth2/v2.0/authorize?" + request().Encode())
	contains(t, body, "guest@partner.example")
	notContains(t, body, "Northwind Traders", "a tenant's own page shows that tenant only")

	// Pressing a button of the page signs that person in.
	form := request()
	form.Set("person", c.world.Partner.People[1].OID)
	status, h, _ = c.post("/login/"+litware+"/oauth2/v2.0/authorize", form)
	equal(t, http.StatusSeeOther, status)
	contains(t, h.Get("Location"), "code=")

	// A button of another tenant does not.
	form.Set("person", c.world.Tenants[0].People[0].OID)
	status, _, _ = c.post("/login/"+litware+"/oauth2/v2.0/authorize", form)
	equal(t, http.StatusOK, status)
}

func TestCodesAreGoodOnce(t *testing.T) {
	c := start(t, smallWorld())
	code := func() string {
		q := request()
		q.Set("login_hint", "manager@partner.example")
		_, h, _ := c.get("/login/" + litware + "/oauth2/v2.0/authorize?" + q.Encode())
		back, err := url.Parse(h.Get("Location"))
		noError(t, err)
		return back.Query().Get("code")
	}
	redeem := func(code string, spoil func(url.Values)) (int, map[string]any) {
		form := url.Values{
			"grant_type": {"authorization_code"}, "client_id": {clientID}, "client_secret": {secret}, "code": {code},
			"redirect_uri": {callback}, "code_verifier": {"v"},
		}
		spoil(form)
		status, _, body := c.post("/login/"+litware+"/oauth2/v2.0/token", form)
		return status, decode(t, body)
	}
	asIs := func(url.Values) {}

	first := code()
	status, body := redeem(first, asIs)
	equal(t, http.StatusOK, status, body)
	contains(t, body, "id_token")
	status, body = redeem(first, asIs)
	equal(t, http.StatusBadRequest, status)
	equal(t, "invalid_grant", body["error"])

	for name, spoil := range map[string]func(url.Values){
		"wrong verifier": func(f url.Values) { f.Set("code_verifier", "guess") },
		"no verifier":    func(f url.Values) { f.Del("code_verifier") },
		"other address":  func(f url.Values) { f.Set("redirect_uri", "http://127.0.0.1:1/") },
		"wrong secret":   func(f url.Values) { f.Set("client_secret", "guess") },
		"no secret":      func(f url.Values) { f.Del("client_secret") },
	} {
		t.Run(name, func(t *testing.T) {
			status, body := redeem(code(), spoil)
			isTrue(t, status >= 400, status)
			notContains(t, body, "id_token")
		})
	}

	late := code()
	c.clock.Advance(10*time.Minute + time.Second)
	status, body = redeem(late, asIs)
	equal(t, http.StatusBadRequest, status)
	notContains(t, body, "id_token")
}

func TestLogout(t *testing.T) {
	c := start(t, smallWorld())
	status, h, _ := c.get("/login/organizations/oauth2/v2.0/logout?post_logout_redirect_uri=" + url.QueryEscape("http://127.0.0.1:8080/"))
	equal(t, http.StatusFound, status)
	equal(t, "http://127.0.0.1:8080/", h.Get("Location"))
	status, _, body := c.get("/login/organizations/oauth2/v2.0/logout?post_logout_redirect_uri=" + url.QueryEscape("https://attacker.example/"))
	equal(t, http.StatusOK, status)
	contains(t, body, "You signed out")
	notContains(t, body, "attacker")
}
