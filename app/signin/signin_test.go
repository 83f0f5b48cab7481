package signin_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/signin"
	"roomward/policy"
	"roomward/store"
)

func TestBothSidesComeIn(t *testing.T) {
	h := open(t)
	for _, tc := range []struct {
		login, home string
		side        store.Side
		tenant      string
		powers      policy.Powers
		admin       bool
		groups      []string
	}{
		{"manager@partner.example", "/", store.SidePartner, litware, policy.Powers{Manager: true}, false, nil},
		{"Technician@Partner.Example", "/", store.SidePartner, litware, policy.Powers{}, false, []string{gLyon, gField}},
		{"ga@partner.example", "/", store.SidePartner, litware, policy.Powers{GlobalAdmin: true}, false, nil},
		{"admin@northwind.example", "/portal", store.SideCustomer, northwind, policy.Powers{}, true, nil},
		{"role@northwind.example", "/portal", store.SideCustomer, northwind, policy.Powers{}, true, nil},
		{"employee@northwind.example", "/portal", store.SideCustomer, northwind, policy.Powers{}, false, nil},
		{"admin@woodgrove.example", "/portal", store.SideCustomer, woodgrove, policy.Powers{}, true, nil},
	} {
		t.Run(tc.login, func(t *testing.T) {
			b := h.browser()
			require.Nil(t, b.me().Person)
			require.Equal(t, tc.home, b.come(tc.login))
			got := b.me()
			require.NotNil(t, got.Person)
			require.Equal(t, tc.side, got.Person.Side)
			require.Equal(t, tc.tenant, got.Person.TenantID)
			require.True(t, strings.EqualFold(tc.login, got.Person.UPN))
			require.Regexp(t, `^[0-9a-f-]{36}$`, got.Person.OID)
			require.Equal(t, tc.powers, got.Powers)
			require.Equal(t, tc.admin, got.Admin)
			require.ElementsMatch(t, tc.groups, got.Person.Groups)
		})
	}
	tenant, err := h.store.TenantByID(t.Context(), woodgrove)
	require.NoError(t, err, "an unknown organisation is known after its first sign-in")
	require.Equal(t, store.ConsentNone, tenant.Consent)
	require.Equal(t, "woodgrove.example", tenant.Name, "until consent only the domain is known")
	_, err = h.store.TenantByID(t.Context(), litware)
	require.ErrorIs(t, err, store.ErrNotFound, "the partner is no customer")
}

func TestWhereASigninGoes(t *testing.T) {
	h := open(t)
	for _, tc := range []struct{ query, authority, hint, prompt string }{
		{"side=partner", litware, "", ""},
		{"side=customer", "organizations", "", "select_account"},
		{"login_hint=kim@partner.example", litware, "kim@partner.example", ""},
		{"login_hint=kim@PARTNER.example", litware, "kim@PARTNER.example", ""},
		{"login_hint=kim@northwind.example", "organizations", "kim@northwind.example", ""},
		{"login_hint=kim@partner.example@northwind.example", "organizations", "kim@partner.example@northwind.example", ""},
		{"login_hint=O.opaque", "organizations", "O.opaque", ""},
		{"side=partner&login_hint=kim@northwind.example", litware, "kim@northwind.example", ""},
	} {
		t.Run(tc.query, func(t *testing.T) {
			a, to := h.browser().step("/signin?" + tc.query)
			require.Equal(t, http.StatusFound, a.StatusCode)
			require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
			require.Equal(t, h.cloud.URL()+"/login/"+tc.authority+"/oauth2/v2.0/authorize", to.Scheme+"://"+to.Host+to.Path)
			q := to.Query()
			require.Equal(t, tc.hint, q.Get("login_hint"))
			require.Equal(t, tc.prompt, q.Get("prompt"))
			require.Equal(t, "code", q.Get("response_type"))
			require.Equal(t, "query", q.Get("response_mode"))
			require.Equal(t, "S256", q.Get("code_challenge_method"))
			require.Equal(t, h.base+"/signin/callback", q.Get("redirect_uri"))
			require.Equal(t, "openid profile email", q.Get("scope"), "nothing more is asked of people")
			for _, fresh := range []string{"state", "nonce", "code_challenge"} {
				require.GreaterOrEqual(t, len(q.Get(fresh)), 26, fresh)
			}
			require.NotContains(t, to.RawQuery, secret)
		})
	}
	_, to := h.browser().step("/signin")
	require.Equal(t, h.base+"/welcome", to.String(), "who comes without a side chooses one")
	first, second := map[string]string{}, map[string]string{}
	for _, into := range []map[string]string{first, second} {
		_, to := h.browser().step("/signin?side=partner")
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			into[name] = to.Query().Get(name)
		}
	}
	for name, value := range first {
		require.NotEqual(t, value, second[name], name)
	}
}

func TestReturnsToOwnPagesOnly(t *testing.T) {
	h := open(t)
	for _, tc := range []struct{ back, want string }{
		{"/incidents?state=active&customer=5", "/incidents?state=active&customer=5"},
		{"/rooms/17", "/rooms/17"},
		{"https://attacker.example/", "/"}, {"//attacker.example/", "/"}, {`/\attacker.example/`, "/"}, {`\\attacker.example`, "/"},
		{"/\t/attacker.example", "/"}, {"/\n/attacker.example", "/"}, {"http:attacker.example", "/"}, {"javascript:alert(1)", "/"},
		{"attacker.example", "/"}, {"///attacker.example", "/"}, {"", "/"}, {"/%zz", "/"},
		{"/api/me", "/"}, {"/%61pi/me", "/"}, {"/signin?side=partner", "/"}, {"/signout", "/"}, {"/consent", "/"},
		{"/" + strings.Repeat("x", 3000), "/"},
	} {
		b := h.browser()
		a := b.get("/signin?login_hint=manager@partner.example&return=" + url.QueryEscape(tc.back))
		require.Equal(t, http.StatusOK, a.StatusCode)
		require.Equal(t, tc.want, a.at(h), "return=%q", tc.back)
		require.NotNil(t, b.me().Person, "it signs in all the same")
	}
}

func TestEachSigninIsGoodOnce(t *testing.T) {
	h := open(t)
	// begin walks to the point where Entra sends the browser back.
	begin := func(b *browser, spoil func(url.Values)) *url.URL {
		_, to := b.step("/signin?login_hint=manager@partner.example")
		q := to.Query()
		spoil(q)
		to.RawQuery = q.Encode()
		_, back := b.step(to.String())
		require.Equal(t, "/signin/callback", back.Path)
		require.NotEmpty(t, back.Query().Get("code"))
		return back
	}
	asIs := func(url.Values) {}

	t.Run("replayed", func(t *testing.T) {
		b := h.browser()
		back := begin(b, asIs)
		require.Equal(t, "/", b.get(back.String()).at(h))
		session := b.cookies()["roomward"]
		require.Equal(t, "/welcome?error=state&request=request-1", b.get(back.String()).at(h))
		require.Equal(t, session, b.cookies()["roomward"], "the session that is there stays")
		other := h.browser()
		other.refused(other.get(back.String()).at(h), "state")
	})
	t.Run("in another browser", func(t *testing.T) {
		victim, attacker := h.browser(), h.browser()
		back := begin(attacker, asIs) // signing somebody in as the attacker
		victim.refused(victim.get(back.String()).at(h), "state")
		begin(victim, asIs) // also while the victim's own sign-in is under way
		victim.refused(victim.get(back.String()).at(h), "state")
		require.Equal(t, "/", attacker.get(back.String()).at(h), "and it is not used up by that")
	})
	t.Run("two tabs", func(t *testing.T) {
		b := h.browser()
		one, two := begin(b, asIs), begin(b, asIs)
		require.Equal(t, "/", b.get(one.String()).at(h))
		require.Equal(t, "/", b.get(two.String()).at(h), "tabs do not disturb each other")
	})
	for name, tc := range map[string]struct {
		before func(url.Values) // on the way to Entra
		after  func(url.Values) // on the way back
		code   string
	}{
		"another state":     {asIs, func(q url.Values) { q.Set("state", strings.Repeat("A", 26)) }, "state"},
		"no state":          {asIs, func(q url.Values) { q.Del("state") }, "state"},
		"no code":           {asIs, func(q url.Values) { q.Del("code") }, "invalid"},
		"another code":      {asIs, func(q url.Values) { q.Set("code", "0.guess") }, "invalid"},
		"another nonce":     {func(q url.Values) { q.Set("nonce", "of-the-attacker") }, asIs, "invalid"},
		"another challenge": {func(q url.Values) { q.Set("code_challenge", "of-the-attacker-0123456789-0123456789-0123456") }, asIs, "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			b := h.browser()
			back := begin(b, tc.before)
			q := back.Query()
			tc.after(q)
			back.RawQuery = q.Encode()
			b.refused(b.get(back.String()).at(h), tc.code)
		})
	}
	t.Run("codes swapped between two sign-ins", func(t *testing.T) {
		b := h.browser()
		one, two := begin(b, asIs), begin(b, asIs)
		q := one.Query()
		q.Set("code", two.Query().Get("code"))
		one.RawQuery = q.Encode()
		b.refused(b.get(one.String()).at(h), "invalid")
	})
	t.Run("too late", func(t *testing.T) {
		b := h.browser()
		_, to := b.step("/signin?login_hint=manager@partner.example")
		h.pass(store.SigninLife)
		_, back := b.step(to.String())
		b.refused(b.get(back.String()).at(h), "state")
	})
}

func TestWhoIsTurnedAway(t *testing.T) {
	h := open(t)
	for _, tc := range []struct{ name, query, code string }{
		{"a guest of the partner", "login_hint=guest@partner.example", "guest"},
		{"the partner on the customers' side", "side=customer&login_hint=manager@partner.example", "wrong-tenant"},
		{"a government cloud", "login_hint=admin@city.example", "government-cloud"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := h.browser()
			b.refused(b.get("/signin?"+tc.query).at(h), tc.code)
			_, to := b.step("/signin?side=partner")
			require.Equal(t, "select_account", to.Query().Get("prompt"), "who was refused may choose another account")
			require.Equal(t, "/", b.come("manager@partner.example"))
			_, to = b.step("/signin?side=partner")
			require.Empty(t, to.Query().Get("prompt"), "and is not asked for ever")
		})
	}
	_, err := h.store.TenantByID(t.Context(), gccCity)
	require.ErrorIs(t, err, store.ErrNotFound, "who is turned away leaves nothing behind")

	for _, tc := range []struct{ code, description, want string }{
		{"access_denied", "AADSTS65004: User declined.", "denied"},
		{"access_denied", "AADSTS50020: User account from identity provider does not exist in tenant.", "wrong-tenant"},
		{"invalid_request", "AADSTS900382: Confidential Client is not supported in Cross Cloud request.", "government-cloud"},
		{"invalid_request", "AADSTS500200: User account is a personal Microsoft account.", "personal-account"},
		{"temporarily_unavailable", "AADSTS90033: A transient error has occurred.", "unavailable"},
		{"server_error", "<script>alert(1)</script>", "unavailable"},
		{"something_new", "", "invalid"},
	} {
		b := h.browser()
		_, to := b.step("/signin?side=partner")
		q := url.Values{"state": {to.Query().Get("state")}, "error": {tc.code}, "error_description": {tc.description}}
		b.refused(b.get("/signin/callback?"+q.Encode()).at(h), tc.want)
	}
	b := h.browser()
	b.refused(b.get("/signin/callback?error=access_denied&error_description=AADSTS65004&state=none").at(h), "state")
}

func TestASigninGivesANewSession(t *testing.T) {
	h := open(t)
	b := h.browser()
	b.setCookie("roomward", "planted-by-somebody")
	require.Equal(t, "/", b.come("manager@partner.example"))
	first := b.cookies()["roomward"]
	require.NotEqual(t, "planted-by-somebody", first)
	session := b.me().Person.Session
	require.NotEqual(t, first, session, "the public name is not the secret")

	require.Equal(t, "/", b.come("technician@partner.example"))
	second := b.cookies()["roomward"]
	require.NotEqual(t, first, second)
	require.Equal(t, "technician@partner.example", b.me().Person.UPN)
	old := h.browser()
	old.setCookie("roomward", first)
	require.Nil(t, old.me().Person, "the session before is over, not only replaced in the browser")

	require.Equal(t, "/portal", b.come("admin@northwind.example"))
	require.Equal(t, store.SideCustomer, b.me().Person.Side, "one session, one side")
}

func TestSecretsAreKeptAsHashesOnly(t *testing.T) {
	h := open(t)
	b := h.browser()
	_, to := b.step("/signin?side=partner") // one that is under way
	state := to.Query().Get("state")
	require.Equal(t, "/", b.come("manager@partner.example"))
	session, cookies := b.me().Person.Session, b.cookies()
	require.Contains(t, cookies, "roomward")
	require.Contains(t, cookies, "roomward-signin")
	require.NoError(t, h.store.Close())
	files, err := filepath.Glob(filepath.Join(h.dir, "*"))
	require.NoError(t, err)
	var all strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		all.Write(data)
	}
	require.Contains(t, all.String(), session, "the search would find what is there")
	for name, value := range cookies {
		require.NotContains(t, all.String(), value, name)
		require.NotContains(t, h.log.String(), value, name)
	}
	for _, word := range []string{state, secret} {
		require.NotContains(t, all.String(), word)
		require.NotContains(t, h.log.String(), word)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Run("unused", func(t *testing.T) {
		h := open(t)
		b := h.browser()
		b.come("admin@northwind.example")
		h.pass(8*time.Hour - time.Second)
		require.NotNil(t, b.me().Person, "used just in time")
		h.pass(7 * time.Hour / 2)
		require.NotNil(t, b.me().Person, "the use counted")
	})
	t.Run("unused too long", func(t *testing.T) {
		h := open(t)
		b := h.browser()
		b.come("admin@northwind.example")
		h.pass(8 * time.Hour)
		require.Nil(t, b.me().Person)
	})
	t.Run("in any case", func(t *testing.T) {
		h := open(t)
		b := h.browser()
		b.come("admin@northwind.example")
		for range 11 {
			h.pass(time.Hour)
			require.NotNil(t, b.me().Person)
		}
		h.pass(time.Hour)
		require.Nil(t, b.me().Person)
	})
	t.Run("by signing out", func(t *testing.T) {
		h := open(t)
		b, elsewhere := h.browser(), h.browser()
		b.come("manager@partner.example")
		elsewhere.come("manager@partner.example")
		stolen := h.browser()
		stolen.setCookie("roomward", b.cookies()["roomward"])
		require.NotNil(t, stolen.me().Person)
		require.Equal(t, http.StatusMethodNotAllowed, b.get("/signout").StatusCode, "a link signs nobody out")
		require.NotNil(t, b.me().Person)
		a := b.send(http.MethodPost, "/signout")
		require.Equal(t, http.StatusOK, a.StatusCode)
		require.Contains(t, a.body, h.cloud.URL()+"/login/"+litware+"/oauth2/v2.0/logout?")
		require.Contains(t, a.body, url.QueryEscape(h.base+"/welcome"))
		require.Empty(t, b.cookies())
		require.Nil(t, stolen.me().Person, "it ends on the server")
		require.NotNil(t, elsewhere.me().Person, "other sessions go on")
		require.Equal(t, http.StatusOK, b.send(http.MethodPost, "/signout").StatusCode, "twice is no error")
	})
}

func TestCookies(t *testing.T) {
	for _, tc := range []struct {
		public, prefix string
		secure         bool
	}{{"https://rooms.partner.example", "__Host-", true}, {"http://localhost:8080", "", false}} {
		h := open(t, func(c *signin.Config) { c.PublicURL = tc.public })
		w := httptest.NewRecorder()
		h.Begin(w, httptest.NewRequest(http.MethodGet, tc.public+"/signin?login_hint=manager@partner.example", nil))
		require.Equal(t, http.StatusFound, w.Code)
		begun := w.Result().Cookies()
		require.Len(t, begun, 1)
		require.Equal(t, tc.prefix+"roomward-signin", begun[0].Name)
		require.Equal(t, 600, begun[0].MaxAge)

		// By hand over Entra and back, as a browser at that address would. The simulated Entra sends nobody to other hosts than loopback.
		to, err := url.Parse(w.Header().Get("Location"))
		require.NoError(t, err)
		back := &url.URL{Path: "/signin/callback", RawQuery: url.Values{"state": {to.Query().Get("state")}, "error": {"access_denied"}}.Encode()}
		if !tc.secure {
			_, back = h.browser().step(to.String())
		}
		r := httptest.NewRequest(http.MethodGet, back.String(), nil)
		r.AddCookie(begun[0])
		w = httptest.NewRecorder()
		h.Callback(w, h.Attach(r))
		set := append(begun, w.Result().Cookies()...)
		require.GreaterOrEqual(t, len(set), 2)
		for _, c := range set {
			require.True(t, strings.HasPrefix(c.Name, tc.prefix+"roomward"), c.Name)
			require.True(t, c.HttpOnly)
			require.Equal(t, tc.secure, c.Secure)
			require.Equal(t, http.SameSiteLaxMode, c.SameSite)
			require.Equal(t, "/", c.Path)
			require.Empty(t, c.Domain, "no other host of the domain gets it")
		}
		if !tc.secure {
			last := set[len(set)-1]
			require.Equal(t, "roomward", last.Name)
			require.Zero(t, last.MaxAge, "gone with the browser")
			require.GreaterOrEqual(t, len(last.Value), 26)
		}
	}
}

func TestEntraIsDown(t *testing.T) {
	h := open(t)
	require.NoError(t, h.cloud.Close())
	b := h.browser()
	b.refused(b.come("manager@partner.example"), "unavailable")
	b.refused(b.come("admin@northwind.example"), "unavailable")
	for _, login := range []string{"http://login.example", "https://", "ftp://login.example", "http://127.0.0.1:1/x?y=1"} {
		_, err := signin.New(signin.Config{Login: login, PartnerTenant: litware, ClientID: clientID, Secret: secret, PublicURL: h.base}, h.store, nil)
		require.ErrorContains(t, err, "sign-in service", login)
	}
}
