package cloudsim_test

import (
	"testing"
	"time"

	"roomward/app/cloudsim"
	"roomward/app/graph"
)

// client is the product's own client, pointed at the simulated cloud.
func client(t *testing.T, c *cloud, secret string) *graph.Client {
	t.Helper()
	return c.product(graph.Credential{ClientID: clientID, Secret: secret})
}

// product is the product's own client with another credential.
func (c *cloud) product(credential graph.Credential) *graph.Client {
	c.t.Helper()
	g, err := graph.New(graph.Config{
		Cloud:      graph.Cloud{Login: c.URL() + "/login", Graph: c.URL() + "/graph"},
		Credential: credential,
		Budget:     graph.Budget{PerTenant: 5000, Overall: 5000},
		Now:        c.clock.Now, MaxRetryWait: -1,
	})
	noError(c.t, err)
	return g
}

// TestTheProductsClientReadsTheDemo: all that Roomward collects, as its own client decodes it.
func TestTheProductsClientReadsTheDemo(t *testing.T) {
	c := start(t, demoWorld(t))
	g := client(t, c, secret)
	for _, tenant := range c.world.Tenants {
		if !tenant.Consented {
			_, err := g.Rooms(t.Context(), tenant.ID)
			equal(t, graph.NotConsented, graph.KindOf(err), tenant.Name)
			continue
		}
		rooms, err := g.Rooms(t.Context(), tenant.ID)
		noError(t, err, tenant.Name)
		equal(t, len(tenant.Rooms), len(rooms), tenant.Name)
		devices, err := g.Devices(t.Context(), tenant.ID)
		noError(t, err, tenant.Name)
		want := 0
		for _, r := range tenant.Rooms {
			want += len(r.Devices)
		}
		equal(t, want, len(devices), tenant.Name)
	}

	northwind := c.world.FindTenant("northwind.example")
	org, err := g.Organization(t.Context(), northwind.ID)
	noError(t, err)
	equal(t, "Northwind Traders", org.DisplayName)
	health, err := g.Health(t.Context(), northwind.ID, northwind.FindRoom("Harbour 4.05").Devices[0].ID)
	noError(t, err)
	equal(t, graph.Disconnected, health.Logins.Exchange.State)
	equal(t, graph.Connected, health.Logins.Teams.State)

	partner := c.world.Partner
	people, err := g.SearchUsers(t.Context(), partner.ID, "kim", 10)
	noError(t, err)
	equal(t, 2, len(people))
	groups, err := g.SearchGroups(t.Context(), partner.ID, "équipe", 10)
	noError(t, err)
	equal(t, 1, len(groups))
	equal(t, partner.FindGroup("Équipe Lyon").ID, groups[0].ID)
	member, err := g.MemberGroups(t.Context(), partner.ID, partner.FindPerson("technician@partner.example").OID)
	noError(t, err)
	equal(t, 3, len(member))

	d, err := g.Discover(t.Context(), "proseware.example")
	noError(t, err)
	equal(t, "GCC High", d.Government())
	d, err = g.Discover(t.Context(), "woodgrove.example")
	noError(t, err)
	equal(t, "", d.Government())
	_, err = g.Discover(t.Context(), "nobody.example")
	equal(t, graph.TenantUnknown, graph.KindOf(err))
}

// TestTheProductsClientMeetsFaults: each switch leads to the failure that it stands for, or to none.
func TestTheProductsClientMeetsFaults(t *testing.T) {
	c := start(t, demoWorld(t))
	contoso := c.world.FindTenant("contoso.example")
	devices := 0
	for _, r := range contoso.Rooms {
		devices += len(r.Devices)
	}
	for _, tc := range []struct {
		name   string
		faults cloudsim.Faults
		kind   graph.Kind // "" where the client copes
	}{
		{"none", cloudsim.Faults{}, ""},
		{"throttled", cloudsim.Faults{Throttle: 99, RetryAfter: time.Minute}, graph.Throttled},
		{"broken", cloudsim.Faults{ServerErrors: 99}, graph.Unavailable},
		{"gone", cloudsim.Faults{DevicesGone: true}, graph.Gone},
		{"forbidden", cloudsim.Faults{DevicesForbidden: true}, graph.Forbidden},
		{"no permission", cloudsim.Faults{NoRoles: true}, graph.PermissionMissing},
		{"not consented", cloudsim.Faults{NotConsented: true}, graph.NotConsented},
		{"PascalCase", cloudsim.Faults{PascalCase: true}, ""},
		{"relative next links", cloudsim.Faults{RelativeNextLinks: true}, ""},
		{"foreign next links", cloudsim.Faults{ForeignNextLinks: true}, graph.BadAnswer},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c.SetFaults(contoso.ID, tc.faults)
			list, err := client(t, c, secret).Devices(t.Context(), contoso.ID)
			if tc.kind == "" {
				noError(t, err)
				equal(t, devices, len(list))
				return
			}
			equal(t, tc.kind, graph.KindOf(err), err)
		})
	}
	c.SetFaults(contoso.ID, cloudsim.Faults{Wrapped: true, PascalCase: true})
	health, err := client(t, c, secret).Health(t.Context(), contoso.ID, contoso.FindRoom("Huddle 7").Devices[0].ID)
	noError(t, err)
	equal(t, graph.Disconnected, health.Logins.Exchange.State)

	trey := c.world.FindTenant("trey.example")
	for what, kind := range map[graph.Capability]graph.Kind{graph.CanPlaces: "", graph.CanDevices: "", graph.CanPresence: graph.PermissionMissing, graph.CanIntune: graph.PermissionMissing} {
		err := client(t, c, secret).Probe(t.Context(), trey.ID, what, trey.Rooms[0].AccountID)
		equal(t, kind, graph.KindOf(err), what)
	}

	_, err = client(t, c, "guess").Rooms(t.Context(), contoso.ID)
	equal(t, graph.SecretInvalid, graph.KindOf(err))
}

// What Teams and Intune say of rooms whose devices cannot be read: whether something is signed in, and what stands there.
func TestTheProductsClientReadsPresencesAndManagedDevices(t *testing.T) {
	c := start(t, demoWorld(t))
	alpine := c.world.FindTenant("alpine.example")
	g := client(t, c, secret)
	var accounts, emails, serials []string
	for _, r := range alpine.Rooms {
		accounts, emails = append(accounts, r.AccountID), append(emails, r.Email)
		for _, d := range r.Devices {
			serials = append(serials, d.Serial)
		}
	}
	noError(t, c.Break(alpine.ID, emails[0], cloudsim.Offline))
	found, err := g.Presences(t.Context(), alpine.ID, accounts)
	noError(t, err)
	equal(t, len(alpine.Rooms), len(found))
	equal(t, graph.AccountOffline, found[0].Availability)
	for _, p := range found[1:] {
		isTrue(t, p.Availability != graph.AvailabilityUnknown, p)
	}

	managed, err := g.ManagedDevices(t.Context(), alpine.ID, graph.ManagedBy{UPNs: emails, Serials: serials})
	noError(t, err)
	isTrue(t, len(managed) > 10, len(managed))
	for _, d := range managed {
		isTrue(t, d.Compliance != graph.ComplianceUnknown && !d.LastSync.IsZero(), d)
		isTrue(t, d.Maker != "Dell", "nobody asked for laptops")
	}

	for _, tc := range []struct {
		faults     cloudsim.Faults
		what       graph.Capability
		kind       graph.Kind
		unlicensed bool
	}{
		{cloudsim.Faults{NoPresence: true}, graph.CanPresence, graph.Forbidden, false},
		{cloudsim.Faults{NoIntune: true}, graph.CanIntune, graph.BadRequest, true},
		{cloudsim.Faults{DevicesGone: true}, graph.CanDevices, graph.Gone, false},
		{cloudsim.Faults{DevicesGone: true}, graph.CanPresence, "", false},
	} {
		c.SetFaults(alpine.ID, tc.faults)
		err := g.Probe(t.Context(), alpine.ID, tc.what, accounts[0])
		equal(t, tc.kind, graph.KindOf(err), tc.what)
		equal(t, tc.unlicensed, graph.Unlicensed(err), tc.what)
	}
	c.SetFaults(alpine.ID, cloudsim.Faults{EmptyPresences: true})
	found, err = g.Presences(t.Context(), alpine.ID, accounts)
	noError(t, err)
	equal(t, 0, len(found))
}
