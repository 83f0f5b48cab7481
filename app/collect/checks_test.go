package collect

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/api"
	"roomward/app/cloudsim"
	"roomward/policy"
	"roomward/store"
)

// checkAll does every check that is due.
func (w *world) checkAll() {
	w.t.Helper()
	require.NoError(w.t, w.collector.startChecks(w.t.Context()))
	w.collector.checks.runs.Wait()
}

// table is what the primary admin reads of a customer: state, detail and what mends it, by capability.
func (w *world) table(tenant string) map[string]Capability {
	w.t.Helper()
	out := map[string]Capability{}
	for _, c := range w.answer(tenant).Items {
		out[c.Capability] = c
	}
	return out
}

func (w *world) answer(tenant string) Capabilities {
	w.t.Helper()
	got, err := w.collector.Capabilities(w.t.Context(), w.call("admin", policy.Powers{}), idOf(w.customers[tenant]))
	require.NoError(w.t, err)
	require.Len(w.t, got.Items, 9)
	return got
}

func idOf(id policy.ID) *struct {
	ID string `path:"id" maxLength:"64"`
} {
	return &struct {
		ID string `path:"id" maxLength:"64"`
	}{id.String()}
}

func states(table map[string]Capability) map[string]string {
	out := map[string]string{}
	for name, c := range table {
		out[name] = c.State
	}
	return out
}

// with is what a healthy customer shows, but for these.
func with(changes map[string]string) map[string]string {
	out := map[string]string{"directory": CanWorks, "places": CanWorks, "devices": CanWorks, "device-health": CanWorks, "restart": CanAllowed, "presence": CanWorks,
		"intune": CanWorks, "call-records": CanNotUsed, "service-health": CanNotUsed}
	for name, state := range changes {
		out[name] = state
	}
	return out
}

// The table says what each trouble allows, by real requests, and what mends it.
func TestChecksSayWhatWorks(t *testing.T) {
	for name, tc := range map[string]struct {
		faults   cloudsim.Faults
		readOnly bool
		withheld []string
		hook     func(http.ResponseWriter, *http.Request) bool
		want     map[string]string
		of       string // the capability of which the rest is
		detail   string
		mend     string
	}{
		"all is well":           {of: "presence", mend: "nothing"},
		"no restarts":           {readOnly: true, want: map[string]string{"restart": CanNoConsent}, of: "restart", detail: "TeamworkDevice.ReadWrite.All", mend: "consent"},
		"no presence":           {withheld: []string{"Presence.Read.All"}, want: map[string]string{"presence": CanNoConsent}, of: "presence", detail: "Presence.Read.All", mend: "consent"},
		"presence is refused":   {faults: cloudsim.Faults{NoPresence: true}, want: map[string]string{"presence": CanForbidden}, of: "presence", detail: "HTTP 403, UnknownError, request ", mend: "support"},
		"Intune is not bought":  {faults: cloudsim.Faults{NoIntune: true}, want: map[string]string{"intune": CanUnlicensed}, of: "intune", detail: "HTTP 400, BadRequest, request ", mend: "licence"},
		"devices are gone":      {faults: cloudsim.Faults{DevicesGone: true}, want: map[string]string{"devices": CanGone, "device-health": CanGone, "restart": CanGone}, of: "devices", detail: "HTTP 404, ResourceNotFound, request ", mend: "nothing"},
		"devices are forbidden": {faults: cloudsim.Faults{DevicesForbidden: true}, want: map[string]string{"devices": CanForbidden, "device-health": CanForbidden, "restart": CanForbidden}, of: "devices", detail: "HTTP 403, UnknownError", mend: "support"},
		"one is throttled":      {hook: graphSays("/managedDevices", 429, `{}`), want: map[string]string{"intune": CanThrottled}, of: "intune", detail: "HTTP 429", mend: "wait"},
		"one is broken":         {hook: graphSays("/managedDevices", 503, `{}`), want: map[string]string{"intune": CanFailing}, of: "intune", detail: "HTTP 503", mend: "wait"},
		"one says nonsense":     {hook: graphSays("/getPresencesByUserId", 200, `<html>Vault Amstel`), want: map[string]string{"presence": CanFailing}, of: "presence", detail: "HTTP 200", mend: "wait"},
		"the secret has expired": {hook: never(401, 7000222, "invalid_client"), want: map[string]string{"directory": CanBlocked, "places": CanBlocked, "devices": CanBlocked,
			"device-health": CanBlocked, "restart": CanBlocked, "presence": CanBlocked, "intune": CanBlocked}, of: "intune", detail: "AADSTS7000222, invalid_client", mend: "operator"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, traders())
			w.accept(northwind, "Northwind", london())
			w.collect()
			require.NoError(t, w.cloud.SetReadOnly(northwind, tc.readOnly))
			require.NoError(t, w.cloud.SetWithheld(northwind, tc.withheld...))
			w.cloud.SetFaults(northwind, tc.faults)
			w.answerWith(tc.hook)
			w.clock.advance(time.Minute)
			before := w.dump()
			w.checkAll()
			require.Equal(t, before, w.dump(), "a check writes nothing of rooms and devices")
			table := w.table(northwind)
			require.Equal(t, with(tc.want), states(table))
			require.Contains(t, table[tc.of].Detail, tc.detail)
			require.Equal(t, tc.mend, table[tc.of].Mend)
			require.Equal(t, "nothing", table["call-records"].Mend)
			require.Equal(t, w.clock.Now(), *w.answer(northwind).CheckedAt)
			require.Nil(t, table["call-records"].TriedAt)
			w.requireNowhere("Vault Amstel")
		})
	}
}

// A check costs one request for each thing and a token, once a day at the customer's own time, and at once after a consent or when somebody asks.
func TestChecksAreRareAndCheap(t *testing.T) {
	w := newWorld(t, traders())
	id := w.accept(northwind, "Northwind", london())
	w.checkAll()
	require.Nil(t, w.answer(northwind).CheckedAt, "without rooms there is little to try")
	require.Equal(t, CanNeverTried, w.table(northwind)["presence"].State)
	w.collect()
	before := w.cloud.Requests(northwind)
	w.checkAll()
	cost := minimum(estateSize{}, span{checks: 1})
	require.Equal(t, 7, total(cost))
	require.Equal(t, cost, w.spent(northwind, before))

	next := *w.answer(northwind).NextCheck
	require.GreaterOrEqual(t, next.Sub(w.clock.Now()), 12*time.Hour)
	require.LessOrEqual(t, next.Sub(w.clock.Now()), 36*time.Hour)
	w.clock.set(next.Add(-time.Second))
	before = w.cloud.Requests(northwind)
	w.checkAll()
	require.Empty(t, w.spent(northwind, before))
	w.clock.set(next)
	w.checkAll()
	require.Equal(t, cost, w.spent(northwind, before))
	require.Equal(t, 24*time.Hour, w.answer(northwind).NextCheck.Sub(next))

	// Somebody asks: once a minute.
	call := w.call("admin", policy.Powers{})
	asked, err := w.collector.CheckNow(t.Context(), call, idOf(id))
	require.NoError(t, err)
	require.Equal(t, id.String(), asked.CustomerID)
	_, err = w.collector.CheckNow(t.Context(), call, idOf(id))
	var problem *api.Problem
	require.ErrorAs(t, err, &problem)
	require.Equal(t, "check-asked-just-now", problem.Code)
	require.NoError(t, w.cloud.SetWithheld(northwind, "Presence.Read.All"))
	w.checkAll()
	require.Equal(t, CanNoConsent, w.table(northwind)["presence"].State)

	// The administrator consents again: at once, and the old token does not count.
	require.NoError(t, w.cloud.SetWithheld(northwind))
	act := store.Act{Side: store.SideCustomer, TenantID: northwind, OID: "o-1", Name: "Ann Admin"}
	require.NoError(t, w.store.Consented(t.Context(), act, store.Tenant{ID: northwind, Name: "Northwind", Domains: []string{"northwind.example"}}))
	w.checkAll()
	require.Equal(t, CanWorks, w.table(northwind)["presence"].State)
	require.True(t, *w.table(northwind)["presence"].Given)
}

// Who has no part in the customer, and who sees none of its rooms, finds nothing; the customer sees its own.
func TestWhoReadsAndAsksForChecks(t *testing.T) {
	w := newWorld(t, traders(), estate(adatum, "Adatum", 2))
	id := w.accept(northwind, "Northwind", london())
	w.accept(adatum, "Adatum", all())
	w.collect()
	w.checkAll()
	for _, foreign := range []policy.ID{id, policy.NewID()} {
		_, err := w.collector.Capabilities(t.Context(), w.call("somebody", policy.Powers{Manager: true}), idOf(foreign))
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = w.collector.CheckNow(t.Context(), w.call("somebody", policy.Powers{Manager: true}), idOf(foreign))
		require.ErrorIs(t, err, store.ErrNotFound)
	}
	own := &api.Call{Own: policy.Own(adatum), Act: store.Act{Side: store.SideCustomer, TenantID: adatum, OID: "a", Name: "Ada"}}
	got, err := w.collector.OwnCapabilities(t.Context(), own, nil)
	require.NoError(t, err)
	require.Len(t, got.Items, 9)
	asked, err := w.collector.OwnCheckNow(t.Context(), own, nil)
	require.NoError(t, err)
	require.Equal(t, w.customers[adatum].String(), asked.CustomerID)
	_, err = w.collector.OwnCapabilities(t.Context(), &api.Call{Own: policy.Own("11111111-1111-4111-8111-111111111111")}, nil)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Equal(t, 1, w.number(`SELECT count(*) FROM audit WHERE operation = 'collect.check' AND actor_name = 'Ada'`))
}

// A refused consent closes the views, whichever request found it; the table still says why, to who has a role there.
func TestCheckFindsAWithdrawnConsent(t *testing.T) {
	w := settled(t)
	require.NoError(t, w.cloud.SetConsent(northwind, false))
	w.graph.ForgetToken(northwind)
	w.checkAll()
	w.due(northwind, store.CollectDevices)
	require.Empty(t, w.rooms())
	table := w.table(northwind)
	require.Equal(t, CanNoConsent, table["presence"].State)
	require.Equal(t, CanNoConsent, table["places"].State)
	require.Contains(t, table["places"].Detail, "AADSTS700016")
}

// What collecting learns after a check counts, and a check is the second word that collecting waits for.
func TestChecksAndCollectingLearnFromEachOther(t *testing.T) {
	w := settled(t)
	w.checkAll()
	w.cloud.SetFaults(northwind, cloudsim.Faults{DevicesGone: true})
	w.due(northwind, store.CollectDevices)
	require.Equal(t, StateDevicesGone, w.job(northwind, store.CollectDevices).State)
	table := w.table(northwind)
	require.Equal(t, CanGone, table["devices"].State, "collecting has learned it")
	require.Equal(t, CanWorks, table["device-health"].State, "of this the last check counts")
	require.True(t, strings.HasPrefix(table["devices"].Detail, "HTTP 404"))
	require.Equal(t, "unhealthy", w.rooms()["Boardroom 12"].Health, "said once")

	w.clock.advance(time.Minute)
	_, err := w.collector.CheckNow(t.Context(), w.call("admin", policy.Powers{}), idOf(w.customers[northwind]))
	require.NoError(t, err)
	w.checkAll()
	w.collect()
	require.Equal(t, "unmonitored", w.rooms()["Boardroom 12"].Health, "said twice, by the check")

	w.cloud.SetFaults(northwind, cloudsim.Faults{})
	w.clock.advance(time.Minute)
	_, err = w.collector.CheckNow(t.Context(), w.call("admin", policy.Powers{}), idOf(w.customers[northwind]))
	require.NoError(t, err)
	w.checkAll()
	w.collect()
	require.Equal(t, StateOK, w.job(northwind, store.CollectDevices).State, "the devices are back, and read at once")
	require.Equal(t, "unhealthy", w.rooms()["Boardroom 12"].Health)
}

// The relation ends, and nothing of the table stays.
func TestCapabilitiesGoWithTheRelation(t *testing.T) {
	w := settled(t)
	w.checkAll()
	require.Equal(t, 9, w.number(`SELECT count(*) FROM capabilities`))
	_, err := w.store.LeaveCustomer(t.Context(), store.Act{Side: store.SidePartner, OID: "admin"},
		store.AskingAdmin{Actor: policy.Actor{User: policy.User("admin")}}, w.customers[northwind], "Northwind")
	require.NoError(t, err)
	require.Zero(t, w.number(`SELECT count(*) FROM capabilities`)+w.number(`SELECT count(*) FROM capability_checks`))
}
