package signin_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/signin"
	"roomward/policy"
	"roomward/store"
)

// oidOf is the object id of somebody of the partner.
func (h *house) oidOf(upn string) string {
	h.t.Helper()
	for _, p := range h.world.Partner.People {
		if p.UPN == upn {
			return p.OID
		}
	}
	h.t.Fatalf("no %s", upn)
	return ""
}

func TestGroupsBeyondTheTokensMeasure(t *testing.T) {
	h := open(t)
	olga, tom := h.browser(), h.browser()
	require.Equal(t, "/", olga.come("overage@partner.example"))
	require.EqualValues(t, 1, h.asked.Load(), "the token only says where to ask")
	got := olga.me()
	require.Len(t, got.Person.Groups, 211)
	require.Contains(t, got.Person.Groups, gManagers)
	require.True(t, got.Powers.Manager, "the operator's group of managers counts")

	require.Equal(t, "/", tom.come("technician@partner.example"))
	require.EqualValues(t, 1, h.asked.Load(), "a token with groups needs no question")
	require.False(t, tom.me().Powers.Manager)

	h.graphDown.Store(true)
	late := h.browser()
	require.Equal(t, "/", late.come("overage@partner.example"), "Graph's trouble stops no sign-in")
	require.Empty(t, late.me().Person.Groups, "but without an answer nobody is in any group")
	require.False(t, late.me().Powers.Manager)
	h.graphDown.Store(false)
	h.pass(16 * time.Second)
	require.Len(t, late.me().Person.Groups, 211, "the next request asks again")
}

func TestMembershipIsFresh(t *testing.T) {
	h := open(t)
	b := h.browser()
	b.come("technician@partner.example")
	require.NoError(t, h.cloud.SetMembership(gLyon, h.oidOf("technician@partner.example"), false))
	h.pass(5*time.Minute - time.Second)
	require.ElementsMatch(t, []string{gLyon, gField}, b.me().Person.Groups, "younger answers are believed")
	require.Zero(t, h.asked.Load())
	h.pass(time.Second)
	require.Empty(t, b.me().Person.Groups, "after five minutes what was taken away is gone")
	require.EqualValues(t, 1, h.asked.Load())

	require.NoError(t, h.cloud.SetMembership(gManagers, h.oidOf("technician@partner.example"), true))
	require.False(t, b.me().Powers.Manager)
	h.pass(5 * time.Minute)
	require.True(t, b.me().Powers.Manager, "and what was given is there")
	require.EqualValues(t, 2, h.asked.Load())
	b.me()
	require.EqualValues(t, 2, h.asked.Load(), "once per five minutes, not per request")
}

func TestMembershipFailsClosed(t *testing.T) {
	h := open(t)
	b := h.browser()
	b.come("technician@partner.example")
	h.graphDown.Store(true)
	h.pass(15*time.Minute - time.Second)
	require.ElementsMatch(t, []string{gLyon, gField}, b.me().Person.Groups, "for a while the last answer holds")
	require.EqualValues(t, 1, h.asked.Load())
	b.me()
	require.EqualValues(t, 1, h.asked.Load(), "a Graph in trouble is not asked by each request")
	h.pass(time.Second)
	got := b.me()
	require.NotNil(t, got.Person, "the person stays signed in")
	require.Empty(t, got.Person.Groups, "but is in no group any more")
	h.pass(16 * time.Second)
	require.Empty(t, b.me().Person.Groups)
	h.graphDown.Store(false)
	h.pass(16 * time.Second)
	require.ElementsMatch(t, []string{gLyon, gField}, b.me().Person.Groups, "until Graph answers again")
}

func TestADeletedAccountIsOut(t *testing.T) {
	h := open(t)
	one, two, other := h.browser(), h.browser(), h.browser()
	one.come("technician@partner.example")
	two.come("technician@partner.example")
	other.come("admin@northwind.example")
	h.gone.Store(true)
	h.pass(5 * time.Minute)
	require.Nil(t, one.me().Person)
	h.gone.Store(false)
	require.Nil(t, two.me().Person, "all sessions of the account end")
	require.NotNil(t, other.me().Person)
}

func TestManyRequestsAskOnce(t *testing.T) {
	h := open(t)
	b := h.browser()
	b.come("technician@partner.example")
	h.pass(5 * time.Minute)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			resp, err := b.Get(h.base + "/me")
			if err == nil {
				err = resp.Body.Close()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Less(t, h.asked.Load(), int64(16), "requests that wait share one answer")
	require.ElementsMatch(t, []string{gLyon, gField}, b.me().Person.Groups)
}

func TestTenantManagersOfThisMoment(t *testing.T) {
	h := open(t)
	b := h.browser()
	b.come("technician@partner.example")
	require.False(t, b.me().Powers.TenantManager)
	by := store.Act{Side: store.SidePartner, TenantID: litware, OID: "maya", Name: "Maya"}
	added, err := h.store.AddTenantManager(t.Context(), by, store.TenantManager{Principal: policy.Group(gField), Name: "Field"})
	require.NoError(t, err)
	require.True(t, b.me().Powers.TenantManager, "with the next request, by a group in a group")
	require.NoError(t, h.store.RemoveTenantManager(t.Context(), by, added.ID))
	require.False(t, b.me().Powers.TenantManager)
	customer := h.browser()
	customer.come("admin@northwind.example")
	require.Equal(t, policy.Powers{}, customer.me().Powers, "a customer's people have none, whatever their directory roles")
}

func TestConsent(t *testing.T) {
	h := open(t)
	rita := h.browser()
	rita.come("admin@woodgrove.example")
	accept := func(b *browser, decision string) string {
		_, to := b.step("/consent")
		require.Equal(t, "/login/"+woodgrove+"/v2.0/adminconsent", to.Path, "consent of the own organisation, of no other")
		require.Equal(t, h.base+"/consent/callback", to.Query().Get("redirect_uri"))
		form := to.Query()
		form.Set("login_hint", "admin@woodgrove.example")
		form.Set("decision", decision)
		resp, err := b.PostForm(to.Scheme+"://"+to.Host+to.Path, form)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return answer{resp, ""}.at(h)
	}
	require.Equal(t, "/portal?consent=refused", accept(rita, "cancel"))
	_, to := rita.step("/consent")
	state := to.Query().Get("state")
	claim := "/consent/callback?admin_consent=True&tenant=" + woodgrove + "&state="
	require.Equal(t, "/portal?consent=failed", rita.get(claim+state).at(h), "the redirect's word proves nothing")
	require.Equal(t, "/welcome?error=state&request=request-1", rita.get(claim+state).at(h), "a state is good once")
	_, to = rita.step("/consent")
	require.Equal(t, "/portal?consent=wrong-tenant", rita.get("/consent/callback?tenant="+northwind+"&state="+to.Query().Get("state")).at(h))
	tenant, err := h.store.TenantByID(t.Context(), woodgrove)
	require.NoError(t, err)
	require.Equal(t, store.ConsentNone, tenant.Consent, "so far nobody consented")

	require.Equal(t, "/portal?consent=ok", accept(rita, "accept"))
	tenant, err = h.store.TenantByID(t.Context(), woodgrove)
	require.NoError(t, err)
	require.Equal(t, store.ConsentGiven, tenant.Consent)
	require.Equal(t, "Woodgrove Bank", tenant.Name)

	_, to = rita.step("/consent")
	ann := h.browser()
	ann.come("admin@northwind.example")
	require.Equal(t, "/welcome?error=state&request=request-1", ann.get("/consent/callback?tenant="+northwind+"&state="+to.Query().Get("state")).at(h), "of another session")

	for login, code := range map[string]string{"employee@northwind.example": "needs-administrator", "manager@partner.example": "other-side"} {
		b := h.browser()
		b.come(login)
		for _, path := range []string{"/consent", "/consent/callback?state=x"} {
			a := b.get(path)
			require.Equal(t, http.StatusForbidden, a.StatusCode)
			require.Contains(t, a.body, `"code":"`+code+`"`)
		}
	}
	_, to = h.browser().step("/consent")
	require.Equal(t, h.base+"/signin?side=customer", to.String())
}

func TestPagesSpeakEnglishAndFrench(t *testing.T) {
	h := open(t)
	emil := h.browser()
	emil.come("employee@northwind.example")
	for _, tc := range []struct{ accept, language, word string }{
		{"", "en", "An administrator is needed"},
		{"fr-CA, en;q=0.8", "fr", "Un administrateur est nécessaire"},
		{"de, fr;q=0.7, en;q=0.3", "fr", "Un administrateur est nécessaire"},
		{"en-GB, fr;q=0.9", "en", "An administrator is needed"},
		{"fr;q=0, en;q=0.1", "en", "An administrator is needed"},
		{"de-DE", "en", "An administrator is needed"},
		{"frq;q=x, <script>", "en", "An administrator is needed"},
	} {
		a := emil.get("/consent", "Accept", "text/html", "Accept-Language", tc.accept)
		require.Equal(t, http.StatusForbidden, a.StatusCode)
		require.Equal(t, "text/html; charset=utf-8", a.Header.Get("Content-Type"))
		require.Equal(t, tc.language, a.Header.Get("Content-Language"))
		require.Contains(t, a.body, `<html lang="`+tc.language+`">`)
		require.Contains(t, a.body, tc.word)
		require.Contains(t, a.body, `href="/welcome"`)
		require.NotContains(t, a.body, "<script")
	}
	for _, query := range []string{"side=owner", "side=partner&login_hint=" + url.QueryEscape("a\nb"), "login_hint=" + url.QueryEscape(string(make([]byte, 400)))} {
		a := h.browser().get("/signin?" + query)
		require.Equal(t, http.StatusUnprocessableEntity, a.StatusCode, query)
		require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
		require.Contains(t, a.body, `"location":"query.`)
		page := h.browser().get("/signin?"+query, "Accept", "text/html", "Accept-Language", "fr")
		require.Contains(t, page.body, "Ce lien ne fonctionne pas")
	}
}

func TestGroupsOfCustomersAreNotAskedFor(t *testing.T) {
	h := open(t, func(c *signin.Config) { c.Idle = 10 * time.Hour })
	b := h.browser()
	b.come("admin@northwind.example")
	h.graphDown.Store(true)
	h.pass(9 * time.Hour)
	require.NotNil(t, b.me().Person)
	require.Zero(t, h.asked.Load())
}
