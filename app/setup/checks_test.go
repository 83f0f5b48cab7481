package setup

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/graph"
)

// tenantToTry is a simulated cloud in which nothing is registered, with its Entra portal.
type tenantToTry struct {
	t     *testing.T
	cloud *cloudsim.Server
	world *cloudsim.World
}

func freshTenant(t *testing.T) *tenantToTry {
	t.Helper()
	world, err := cloudsim.DemoWorld()
	require.NoError(t, err)
	c := cloudsim.New(world, cloudsim.Options{Portal: true, Secret: heard.Learn})
	require.NoError(t, c.Listen(context.WithoutCancel(t.Context()), "127.0.0.1:0"))
	t.Cleanup(func() { _ = c.Close() })
	return &tenantToTry{t, c, world}
}

// does posts a form of the portal and gives what is shown then.
func (e *tenantToTry) does(form string, values url.Values) (shown struct{ ClientID, Secret string }) {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, e.cloud.URL()+"/portal/"+form, strings.NewReader(values.Encode()))
	require.NoError(e.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(e.t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(e.t, http.StatusOK, resp.StatusCode)
	require.NoError(e.t, json.NewDecoder(resp.Body).Decode(&shown))
	return shown
}

func (e *tenantToTry) checks(now func() time.Time) Checks {
	return Checks{Cloud: graph.Cloud{Login: e.cloud.URL() + "/login", Graph: e.cloud.URL() + "/graph"}, Now: now, Log: heard.Log()}
}

func codes(findings []Outcome) []string {
	out := []string{}
	for _, f := range findings {
		out = append(out, f.Code)
	}
	return out
}

// TestTheRegistrationStepByStep goes the way of a new partner through the Entra portal, and reads at each step what the guide says while it is not
// done: that, and nothing worse.
func TestTheRegistrationStepByStep(t *testing.T) {
	e := freshTenant(t)
	checks := e.checks(time.Now)
	s := Subject{PartnerTenant: e.world.Partner.ID, PartnerDomains: []string{e.world.Partner.Domains[0]}}
	says := func(want ...string) {
		t.Helper()
		require.Equal(t, want, codes(checks.Registration(t.Context(), s)))
	}
	says("credential-missing")
	s.ClientID, s.Secret = "11111111-2222-4333-8444-555555555555", "a guess"
	says("secret-used", "app-unknown")
	s.ClientID = e.does("register", url.Values{"name": {"Roomward"}, "accounts": {"many"}}).ClientID
	says("secret-used", "secret-wrong")
	s.Secret = e.does("secrets", url.Values{"days": {"0"}}).Secret
	says("secret-used", "secret-expired")
	s.Secret = e.does("secrets", url.Values{"days": {"180"}}).Secret
	require.Contains(t, []string{"not-consented", "app-unknown"}, codes(checks.Registration(t.Context(), s))[1], "nobody has consented yet")

	// A permission that is needed is named, as one without which something else does not work.
	e.does("permissions", url.Values{"permission": {"Organization.Read.All", "Place.Read.All", "User.Read.All", "GroupMember.Read.All"}})
	e.does("consent", nil)
	findings := checks.Registration(t.Context(), s)
	missing := map[string]Verdict{}
	for _, f := range findings {
		if f.Check == "permissions" {
			missing[f.Values["permission"]] = f.Verdict
		}
	}
	require.Equal(t, map[string]Verdict{"TeamworkDevice.Read.All": Broken, "TeamworkDevice.ReadWrite.All": Warning, "Presence.Read.All": Warning,
		"DeviceManagementManagedDevices.Read.All": Warning}, missing)
	require.Equal(t, Broken, Worst(findings))

	all := url.Values{}
	for _, p := range Permissions() {
		all.Add("permission", p.Name)
	}
	e.does("permissions", all)
	e.does("consent", nil)
	says("secret-used", "token-ok", "permissions-ok", "organization-ok")

	s.PartnerDomains = []string{e.world.Partner.Domains[0], "northwind.example"}
	says("secret-used", "token-ok", "permissions-ok", "domain-unverified")
	s.PartnerDomains = s.PartnerDomains[:1]

	e.does("access", url.Values{"accounts": {"many"}}) // not enabled
	says("secret-used", "app-disabled")
	e.does("access", url.Values{"accounts": {"many"}, "enabled": {"on"}})

	s.PartnerTenant = "99999999-2222-4333-8444-555555555555"
	says("secret-used", "tenant-unknown")
}

// TestTheCertificateOfTheRegistration: one that Entra does not know, one that was uploaded, and one near and past its end.
func TestTheCertificateOfTheRegistration(t *testing.T) {
	e := freshTenant(t)
	var ahead time.Duration
	checks := e.checks(func() time.Time { return time.Now().Add(ahead) })
	made, err := NewCertificate("Roomward of Litware", time.Now())
	require.NoError(t, err)
	pair, err := ReadCertificate(made)
	require.NoError(t, err)
	s := Subject{PartnerTenant: e.world.Partner.ID, PartnerDomains: []string{e.world.Partner.Domains[0]}, Registration: Registration{Certificate: pair}}
	s.ClientID = e.does("register", url.Values{"name": {"Roomward"}, "accounts": {"many"}}).ClientID
	require.Equal(t, []string{"certificate-ok", "certificate-unknown"}, codes(checks.Registration(t.Context(), s)))

	require.NoError(t, e.cloud.RegisterCertificate(cloudsim.Reading, pair.Certificate[0]))
	e.does("permissions", url.Values{"permission": {"Organization.Read.All"}})
	e.does("consent", nil)
	found := codes(checks.Registration(t.Context(), s))
	require.Equal(t, []string{"certificate-ok", "token-ok"}, found[:2])
	require.True(t, slices.Contains(found, "organization-ok"), found)

	leaf := checks.Credential(s.Registration)
	until, err := time.Parse(time.DateOnly, leaf.Values["until"])
	require.NoError(t, err)
	ahead = time.Until(until) - 10*24*time.Hour
	require.Equal(t, "certificate-soon", checks.Credential(s.Registration).Code)
	ahead = time.Until(until) + 25*time.Hour
	require.Equal(t, []string{"certificate-expired"}, codes(checks.Registration(t.Context(), s)), "Entra is not asked with it")
}

// TestThePartnerIsLookedUp: the tenant and its domains by what Entra tells anybody.
func TestThePartnerIsLookedUp(t *testing.T) {
	e := freshTenant(t)
	checks := e.checks(time.Now)
	domain := e.world.Partner.Domains[0]
	for _, tc := range []struct {
		name, tenant string
		domains      []string
		want         []string
		id           string
	}{
		{"by its domain", domain, []string{domain}, []string{"tenant-ok", "domain-ok"}, e.world.Partner.ID},
		{"by its id", e.world.Partner.ID, []string{domain}, []string{"tenant-ok", "domain-ok"}, e.world.Partner.ID},
		{"another's domain", domain, []string{"northwind.example"}, []string{"tenant-ok", "domain-foreign"}, e.world.Partner.ID},
		{"nobody's domain", domain, []string{"nobody-at-all.example"}, []string{"tenant-ok", "domain-unknown"}, e.world.Partner.ID},
		{"no such tenant", "nobody-at-all.example", nil, []string{"tenant-unknown"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id, findings := checks.Partner(t.Context(), Subject{PartnerTenant: tc.tenant, PartnerDomains: tc.domains})
			require.Equal(t, tc.want, codes(findings))
			require.Equal(t, tc.id, id)
		})
	}
}
