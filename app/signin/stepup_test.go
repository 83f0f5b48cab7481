package signin_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/signin"
	"roomward/store"
)

const (
	tom  = "technician@partner.example"
	maya = "manager@partner.example"
)

func openStrong(t *testing.T) *house {
	h := open(t, func(c *signin.Config) { c.Contexts = []string{"c1", "c2", "c7"} })
	h.world.Partner.SilentContexts = []string{"c7"}
	return h
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// press sends the form of the simulated Entra's page of the second factor and returns where the browser ends.
func (b *browser) press(page answer, button string) answer {
	b.h.t.Helper()
	require.Contains(b.h.t, page.body, "Confirm that it is you", page.at(b.h))
	form := url.Values{"factor": {button}}
	for _, m := range hidden.FindAllStringSubmatch(page.body, -1) {
		form.Set(m[1], strings.NewReplacer("&#34;", `"`, "&#43;", "+", "&amp;", "&").Replace(m[2]))
	}
	to := *page.Request.URL
	to.RawQuery = ""
	resp, err := b.PostForm(to.String(), form)
	require.NoError(b.h.t, err)
	require.NoError(b.h.t, resp.Body.Close())
	return answer{resp, ""}
}

// stepUp asks for more and confirms, and returns where the browser ends.
func (b *browser) stepUp(context, back string) string {
	b.h.t.Helper()
	page := b.get("/signin?" + url.Values{"step_up": {context}, "return": {back}}.Encode())
	return b.press(page, "confirm").at(b.h)
}

func TestStepUp(t *testing.T) {
	h := openStrong(t)
	b := h.browser()
	b.come(tom)
	before, secret := b.me().Person, b.cookies()["roomward"]
	require.Empty(t, before.Contexts, "an ordinary sign-in has none")
	other := h.browser()
	other.come(tom)

	require.Equal(t, "/rooms?open=7", b.stepUp("c1", "/rooms?open=7"))
	after := b.me().Person
	require.Equal(t, []string{"c1"}, after.Contexts)
	require.Equal(t, []any{before.Side, before.TenantID, before.OID, before.UPN, before.Groups}, []any{after.Side, after.TenantID, after.OID, after.UPN, after.Groups})
	require.NotEqual(t, before.Session, after.Session)
	require.NotEqual(t, secret, b.cookies()["roomward"], "the secret is a new one")
	b.setCookie("roomward", secret)
	require.Nil(t, b.me().Person, "the old one is over")
	require.Empty(t, other.me().Person.Contexts, "the same person in another browser")

	other.come(tom)
	require.Equal(t, "/", other.stepUp("c1", "//attacker.example"))
	require.Equal(t, []string{"c1"}, other.me().Person.Contexts)
	other.come(tom)
	require.Empty(t, other.me().Person.Contexts, "a sign-in without it loses it")
}

// What two customers demand adds up within one session, and does not outlive it.
func TestStepUpsAddUp(t *testing.T) {
	h := openStrong(t)
	b := h.browser()
	b.come(tom)
	b.stepUp("c2", "/")
	end := b.me().Person.Expires
	h.pass(time.Hour)
	b.stepUp("c1", "/")
	got := b.me().Person
	require.Equal(t, []string{"c1", "c2"}, got.Contexts)
	require.Equal(t, end, got.Expires, "c2 was confirmed an hour ago: it ends when it would have ended")
	h.pass(11 * time.Hour)
	require.Nil(t, b.me().Person)
}

// A step-up ends where an ordinary sign-in does when nothing is carried on.
func TestStepUpHasAWholeSession(t *testing.T) {
	h := openStrong(t)
	b := h.browser()
	b.come(tom)
	h.pass(time.Hour)
	b.stepUp("c1", "/")
	require.Equal(t, h.now().Add(12*time.Hour), b.me().Person.Expires)
}

func TestStepUpAsksEntra(t *testing.T) {
	h := openStrong(t)
	b := h.browser()
	b.come(tom)
	_, to := b.step("/signin?step_up=c1&login_hint=" + maya)
	q := to.Query()
	require.JSONEq(t, `{"id_token":{"acrs":{"essential":true,"value":"c1"}}}`, q.Get("claims"))
	require.Equal(t, tom, q.Get("login_hint"), "the person who is here, whatever the link says")
	require.Equal(t, h.cloud.URL()+"/login/"+litware+"/oauth2/v2.0/authorize", to.Scheme+"://"+to.Host+to.Path)
	_, to = b.step("/signin?login_hint=" + tom)
	require.Empty(t, to.Query().Get("claims"), "who is not asked for more")

	nobody := h.browser()
	_, to = nobody.step("/signin?step_up=c1&login_hint=" + maya)
	require.Equal(t, maya, to.Query().Get("login_hint"))
	require.Equal(t, "/", nobody.press(nobody.get(to.String()), "confirm").at(h))
	require.Equal(t, []string{"c1"}, nobody.me().Person.Contexts, "an ordinary sign-in that asks for more at once")
}

func TestStepUpRefusesWhatIsNotOffered(t *testing.T) {
	h := openStrong(t)
	b := h.browser()
	b.come(tom)
	for _, query := range []string{"step_up=", "step_up=c3", "step_up=C1", "step_up=c1%22%7D", "step_up=c1&side=customer", "step_up=c1&side=x"} {
		a := b.get("/signin?"+query, "Accept", "application/json")
		require.Equal(t, http.StatusUnprocessableEntity, a.StatusCode, query)
		require.Empty(t, b.me().Person.Contexts, query)
	}
	customer := h.browser()
	customer.come("admin@northwind.example")
	require.Equal(t, http.StatusUnprocessableEntity, customer.get("/signin?step_up=c1", "Accept", "application/json").StatusCode)
	require.Equal(t, store.SideCustomer, customer.me().Person.Side, "who is signed in for a customer stays that")
	without := open(t)
	require.Equal(t, http.StatusUnprocessableEntity, without.browser().get("/signin?step_up=c1", "Accept", "application/json").StatusCode, "nothing is offered")
}

// Whatever goes wrong, the person is told what to do and stays signed in as before.
func TestStepUpThatFails(t *testing.T) {
	h := openStrong(t)
	h.world.Partner.People[0].NoSecondFactor = true
	for name, tc := range map[string]struct {
		login, context string
		way            func(*browser) string
		code           string
	}{
		"given up": {tom, "c1", func(b *browser) string {
			return b.press(b.get("/signin?step_up=c1&return=/rooms"), "cancel").at(h)
		}, "step-up-cancelled"},
		"no method": {maya, "c1", func(b *browser) string { return b.get("/signin?step_up=c1&return=/rooms").at(h) }, "step-up-refused"},
		"no acrs in the token": {tom, "c7", func(b *browser) string {
			return b.stepUp("c7", "/rooms")
		}, "step-up-missing"},
		"no second factor enough": {tom, "c1", func(b *browser) string {
			return b.backWith("c1", "interaction_required", "AADSTS50076: Due to a configuration change")
		}, "step-up-refused"},
		"blocked by a policy": {tom, "c1", func(b *browser) string {
			return b.backWith("c1", "access_denied", "AADSTS53003: Access has been blocked by Conditional Access policies.")
		}, "step-up-refused"},
		"declined": {tom, "c1", func(b *browser) string {
			return b.backWith("c1", "access_denied", "AADSTS65004: User declined")
		}, "step-up-cancelled"},
		"Entra is busy": {tom, "c1", func(b *browser) string { return b.backWith("c1", "temporarily_unavailable", "") }, "unavailable"},
		"nonsense":      {tom, "c1", func(b *browser) string { return b.backWith("c1", "strange", "") }, "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			b := h.browser()
			b.come(tc.login)
			before := b.me().Person
			at, err := url.Parse(tc.way(b))
			require.NoError(t, err)
			require.Equal(t, "/welcome", at.Path)
			require.Equal(t, url.Values{"error": {tc.code}, "step_up": {tc.context}, "return": {"/rooms"}, "request": {"request-1"}}, at.Query())
			require.Equal(t, before, b.me().Person, "the old session is as it was")
			require.NotContains(t, b.cookies(), "roomward-choose")
		})
	}
	require.Contains(t, h.log.String(), `"msg":"step-up refused"`)
}

// backWith begins a step-up and comes back from Entra with an error.
func (b *browser) backWith(context, code, description string) string {
	b.h.t.Helper()
	_, to := b.step("/signin?step_up=" + context + "&return=/rooms")
	return b.get("/signin/callback?" + url.Values{"state": {to.Query().Get("state")}, "error": {code}, "error_description": {description}}.Encode()).at(b.h)
}

// When another account comes back it is signed in like any other, with what it confirmed and nothing of the person before.
func TestStepUpOfAnotherAccount(t *testing.T) {
	h := openStrong(t)
	for context, want := range map[string][]string{"c1": {"c1"}, "c7": {}} {
		b := h.browser()
		b.come(tom)
		b.stepUp("c2", "/")
		_, to := b.step("/signin?step_up=" + context + "&return=/rooms")
		q := to.Query()
		q.Set("login_hint", "ga@partner.example")
		to.RawQuery = q.Encode()
		require.Equal(t, "/rooms", b.press(b.get(to.String()), "confirm").at(h))
		got := b.me().Person
		require.Equal(t, "ga@partner.example", got.UPN)
		require.Equal(t, want, got.Contexts, "c2 was somebody else's")
	}
	b := h.browser() // over before Entra answers: an ordinary sign-in
	b.come(tom)
	page := b.get("/signin?step_up=c1&return=/rooms")
	h.pass(9 * time.Hour)
	require.Nil(t, b.me().Person)
	require.Contains(t, b.press(page, "confirm").at(h), "/welcome?error=state", "nobody stays nine hours at Entra's")
}

// The tokens of customers' people give no context, whatever they say.
func TestContextsAreOfThePartnersSideOnly(t *testing.T) {
	h := openStrong(t)
	b := h.browser()
	_, to := b.step("/signin?login_hint=admin@northwind.example")
	q := to.Query()
	q.Set("claims", `{"id_token":{"acrs":{"value":"c1"}}}`)
	to.RawQuery = q.Encode()
	require.Equal(t, "/portal", b.press(b.get(to.String()), "confirm").at(h))
	require.Empty(t, b.me().Person.Contexts)
}
