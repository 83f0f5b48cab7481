package cloudsim_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

const wantsC1 = `{"id_token":{"acrs":{"essential":true,"value":"c1"}}}`

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// press sends the form of the second factor's page with one of its buttons.
func (c *cloud) press(page *http.Request, body, button string) (int, http.Header, string) {
	c.t.Helper()
	form := url.Values{"factor": {button}}
	for _, m := range hiddenField.FindAllStringSubmatch(body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	to := *page.URL
	to.RawQuery = ""
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, to.String(), strings.NewReader(form.Encode()))
	noError(c.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.do(r)
}

// TestSecondFactor asks for an authentication context: whoever has a method confirms on a page, whatever the login_hint.
func TestSecondFactor(t *testing.T) {
	w := smallWorld()
	w.Partner.SilentContexts = []string{"c7"}
	w.Partner.People[0].NoSecondFactor = true
	c := start(t, w)
	manager, technician := w.Partner.People[0].UPN, w.Partner.People[1].UPN

	equal(t, []any{"c1"}, c.signIn(litware, technician, oauth2.SetAuthURLParam("claims", wantsC1))["acrs"])
	equal(t, []any{"c2", "c3"}, c.signIn(litware, technician, oauth2.SetAuthURLParam("claims", `{"id_token":{"acrs":{"values":["c2","c7","c3"]}}}`))["acrs"])
	notContains(t, c.signIn(litware, technician, oauth2.SetAuthURLParam("claims", strings.Replace(wantsC1, "c1", "c7", 1))), "acrs")
	notContains(t, c.signIn(litware, technician, oauth2.SetAuthURLParam("claims", "rubbish")), "acrs")
	notContains(t, c.signIn(litware, manager), "acrs")

	ask := func(who, more string) (*http.Request, int, http.Header, string) {
		q := url.Values{"client_id": {clientID}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"}, "nonce": {"n"},
			"code_challenge": {"x"}, "code_challenge_method": {"S256"}, "claims": {wantsC1}, "login_hint": {who}, "prompt": {more}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL()+"/login/"+litware+"/oauth2/v2.0/authorize?"+q.Encode(), nil)
		noError(t, err)
		status, h, body := c.do(r)
		return r, status, h, body
	}
	told := func(h http.Header) url.Values {
		to, err := url.Parse(h.Get("Location"))
		noError(t, err)
		return to.Query()
	}
	_, _, h, _ := ask(manager, "")
	equal(t, "interaction_required", told(h).Get("error"))
	contains(t, told(h).Get("error_description"), "AADSTS50079")
	_, _, h, _ = ask(technician, "none")
	contains(t, told(h).Get("error_description"), "AADSTS50076")
	r, status, _, body := ask(technician, "")
	equal(t, http.StatusOK, status)
	contains(t, body, "c1")
	_, h, _ = c.press(r, body, "cancel")
	equal(t, "access_denied", told(h).Get("error"))
	equal(t, "", told(h).Get("code"))
	status, _, again := c.press(r, body, "something")
	equal(t, http.StatusOK, status, "the page again")
	contains(t, again, `name="factor"`)
}
