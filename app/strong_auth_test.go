package app

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// stepUp signs the visitor in again with an authentication context: over the simulated Entra's page of the second factor, and back.
func (v *visitor) stepUp(context string) {
	v.t.Helper()
	resp, err := v.client.Get(v.base + "/signin?" + url.Values{"step_up": {context}, "return": {"/rooms"}}.Encode())
	require.NoError(v.t, err)
	page, err := io.ReadAll(resp.Body)
	require.NoError(v.t, err)
	require.NoError(v.t, resp.Body.Close())
	form := url.Values{"factor": {"confirm"}}
	for _, m := range hiddenField.FindAllStringSubmatch(string(page), -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	to := *resp.Request.URL
	to.RawQuery = ""
	resp, err = v.client.PostForm(to.String(), form)
	require.NoError(v.t, err)
	require.NoError(v.t, resp.Body.Close())
	require.Equal(v.t, v.base+"/rooms", resp.Request.URL.String(), "back at the address")
}

// demand is what /api/me says of a customer.
type demand struct {
	CustomerID, CustomerName, State string
	Rooms                           *int
	Permissions                     []string
	StepUp                          *struct {
		ID, Name string
		Offered  bool
	}
}

func (v *visitor) demands(customer string) demand {
	v.t.Helper()
	for _, h := range get[struct{ Holdings []demand }](v, "/api/me").Holdings {
		if h.CustomerName == customer {
			return h
		}
	}
	return demand{}
}

// TestStrongAuth goes from a customer that demands a sign-in to one that sees it, over HTTP: TestEveryRouteForEverybody has its people without it.
func TestStrongAuth(t *testing.T) {
	d := startDemo(t)
	const name, free = "Fourth Coffee", "Alpine Ski House"
	weak, wrong, strong := d.signIn(t, "primary.admin@partner.example"), d.signIn(t, "primary.admin@partner.example"), d.signIn(t, "primary.admin@partner.example")
	wrong.stepUp("c2")
	strong.stepUp("c1")
	holding := strong.demands(name)
	require.Equal(t, "active", holding.State)
	require.NotEmpty(t, holding.Permissions)
	require.NotNil(t, holding.Rooms)
	customer := holding.CustomerID
	rooms := all[struct{ ID, CustomerID string }](strong, "/api/rooms?customer="+customer)
	require.NotEmpty(t, rooms)

	total := func(v *visitor) int { return *get[struct{ Total *int }](v, "/api/rooms?limit=1&total=true").Total }
	missing := policy.NewID().String()
	for who, v := range map[string]*visitor{"no context": weak, "another context": wrong} {
		h := v.demands(name)
		require.Equal(t, "strong-auth", h.State, who)
		require.Equal(t, []any{"c1", "Phishing-resistant MFA", true}, []any{h.StepUp.ID, h.StepUp.Name, h.StepUp.Offered}, who)
		require.Empty(t, h.Permissions, who)
		require.Nil(t, h.Rooms, who)
		require.Equal(t, "active", v.demands(free).State, "%s: other customers are as before", who)
		require.Equal(t, total(strong)-len(rooms), total(v), who)
		for _, path := range []string{"/api/rooms", "/api/incidents", "/api/collect/runs", "/api/customers/" + customer + "/roles"} {
			if strings.HasSuffix(path, "/roles") {
				status, _ := v.call("GET", path, nil)
				require.Equal(t, http.StatusNotFound, status, who)
				continue
			}
			status, body := v.call("GET", path+"?customer="+customer, nil)
			require.Equal(t, http.StatusOK, status, "%s %s", who, path)
			require.NotContains(t, body, customer, "%s %s", who, path)
		}
		_, none := v.call("GET", "/api/rooms/"+missing, nil)
		for _, what := range []string{"", "/devices", "/signals"} {
			status, body := v.call("GET", "/api/rooms/"+rooms[0].ID+what, nil)
			require.Equal(t, http.StatusNotFound, status, who)
			require.Equal(t, withoutRequest(strings.ReplaceAll(none, missing, "")), withoutRequest(strings.ReplaceAll(strings.ReplaceAll(body, rooms[0].ID, ""), what, "")),
				"%s: as an id that was never given out", who)
		}
		status, body := v.call("GET", "/api/customers/"+customer, nil)
		require.Equal(t, http.StatusOK, status, "its name and state")
		require.Contains(t, body, `"state":"strong-auth"`)
		for _, hidden := range []string{`"rooms"`, `"dataAt"`, `"primaryAdmins"`, `"collectState":"`, `"grant"`, `"primaryAdmin":true`} {
			require.NotContains(t, body, hidden, who)
		}
		for _, way := range []struct{ method, path string }{{"GET", "/audit.csv"}, {"GET", "/audit.jsonl"}, {"DELETE", ""}} {
			status, body := v.call(way.method, "/api/customers/"+customer+way.path, map[string]string{"confirm": name})
			require.Equal(t, http.StatusForbidden, status, body)
			require.Contains(t, body, `"strong-auth"`, who)
		}
	}
	refused := all[struct{ ID, Operation string }](strong, "/api/audit?operation=customer.delete&result=refused&customer="+customer)
	require.Len(t, refused, 1, "in the record of the customer, once a minute")
	_, entry := strong.call("GET", "/api/audit/"+refused[0].ID, nil)
	require.Contains(t, entry, `"reason":"strong-auth"`)
	nobody := d.signIn(t, "nobody@partner.example")
	nobody.stepUp("c1")
	require.Empty(t, nobody.demands(name).CustomerID, "a context is no role")

	status, body := strong.call("GET", "/api/customers/"+customer+"/effective-access?member=user:"+d.person("primary.admin@partner.example").OID, nil)
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, `"strongAuth":{"id":"c1"`, "asked about somebody, the customer's demand is told")

	// Switched on while people are at work: the next request of a running session shows nothing, and off again, everything.
	before := total(strong)
	alpine := strong.demands(free)
	theirs := d.signIn(t, "admin@alpine.example")
	demand := func(context string) {
		status, body := theirs.call("PUT", "/api/partnership/strong-auth", map[string]string{"strongAuth": context})
		require.Equal(t, http.StatusOK, status, body)
	}
	demand("c2")
	require.Equal(t, before-*alpine.Rooms, total(strong), "c1 is not c2")
	require.Equal(t, "strong-auth", strong.demands(free).State)
	require.Equal(t, "active", wrong.demands(free).State)
	strong.stepUp("c2")
	require.Equal(t, before, total(strong), "contexts of one session add up")
	demand("")
	require.Equal(t, "active", weak.demands(free).State)

	// An ordinary sign-in loses what the session had.
	again := d.signIn(t, "primary.admin@partner.example")
	require.Equal(t, "strong-auth", again.demands(name).State)
}
