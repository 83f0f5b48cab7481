package collect

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/policy"
	"roomward/store"
)

// deviceless is a customer whose devices API is found gone, twice.
func deviceless(t *testing.T) *world {
	t.Helper()
	w := settled(t)
	w.cloud.SetFaults(northwind, cloudsim.Faults{DevicesGone: true})
	w.due(northwind, store.CollectDevices)
	w.due(northwind, store.CollectDevices)
	require.Equal(t, StateDevicesGone, w.job(northwind, store.CollectDevices).State)
	return w
}

// Without the devices API the rooms show what Teams says of their accounts: marked as that, of a moment, never as healthy, and without an incident.
func TestPresenceStandsInForDevices(t *testing.T) {
	w := deviceless(t)
	incidents := w.dump("incidents", "incident_events", "signals")
	rooms := w.rooms()
	require.Len(t, rooms, 3)
	require.Equal(t, store.PresenceInCall, rooms["Boardroom 12"].Presence)
	require.Equal(t, store.PresenceReachable, rooms["Harbour 4.02"].Presence)
	require.Equal(t, store.PresenceOffline, rooms["Quiet corner"].Presence, "nothing is signed in there")
	for name, r := range rooms {
		require.Equal(t, "unmonitored", r.Health, name)
		require.Equal(t, w.clock.Now(), r.PresenceAt, name)
		require.Zero(t, r.Critical+r.Important-settledIncidents[name], name)
	}
	out, err := w.collector.Customers(t.Context(), w.call("admin", policy.Powers{}), &CustomersIn{Paging: paging(50)})
	require.NoError(t, err)
	require.Equal(t, "presence", out.Items[0].Kinds[0].Fallback)
	require.Equal(t, w.clock.Now(), *out.Items[0].Kinds[0].PresenceAt)

	// It is read as often as devices are; those are asked for seldom.
	job := w.job(northwind, store.CollectDevices)
	require.LessOrEqual(t, job.DueAt.Sub(w.clock.Now()), 8*time.Minute)
	require.Greater(t, job.APIDue.Sub(w.clock.Now()), 15*time.Minute)
	before := w.cloud.Requests(northwind)
	writes := w.watchWrites()
	w.due(northwind, store.CollectDevices)
	require.Equal(t, minimum(estateSize{rooms: 3, devices: 3}, span{instead: 1}), w.spent(northwind, before))
	require.Zero(t, writes(), "nothing is new")
	require.Equal(t, w.clock.Now(), w.rooms()["Boardroom 12"].PresenceAt, "and yet it is of now")
	require.Equal(t, 2, w.job(northwind, store.CollectDevices).Failures, "the devices were not asked for")

	// What changes is seen, with its moment; and no incident is opened, closed or changed by it.
	require.NoError(t, w.cloud.Break(northwind, "br12@northwind.example", cloudsim.Offline))
	w.due(northwind, store.CollectDevices)
	require.Equal(t, store.PresenceOffline, w.rooms()["Boardroom 12"].Presence)
	require.Equal(t, w.clock.Now(), w.rooms()["Boardroom 12"].PresenceSince)
	require.Equal(t, "unmonitored", w.rooms()["Boardroom 12"].Health)
	require.Equal(t, incidents, w.dump("incidents", "incident_events", "signals"))
	w.requireNotStored("Vault Amstel", "vault@northwind.example")

	// The devices come back: at the next try all of it is theirs again.
	require.NoError(t, w.cloud.Mend(northwind, "br12@northwind.example", cloudsim.Offline))
	w.cloud.SetFaults(northwind, cloudsim.Faults{})
	w.clock.set(w.job(northwind, store.CollectDevices).APIDue)
	w.collect()
	require.Equal(t, StateOK, w.job(northwind, store.CollectDevices).State)
	require.Empty(t, w.rooms()["Boardroom 12"].Presence)
	require.Zero(t, w.number(`SELECT count(*) FROM room_presences`)+w.number(`SELECT count(*) FROM managed_devices`))
	require.Zero(t, w.number(`SELECT count(*) FROM collect_jobs WHERE presence_at IS NOT NULL OR managed_at IS NOT NULL OR api_due_at IS NOT NULL`))
}

// settledIncidents are the active incidents of settled rooms, which stay as they were last known.
var settledIncidents = map[string]int{"Boardroom 12": 1}

// Intune's facts stand with the rooms of their accounts and serial numbers; nobody's laptop is asked for.
func TestIntuneTellsOfTheRoomsDevices(t *testing.T) {
	tenant := traders()
	tenant.People = []cloudsim.Person{{Name: "Lena Laptop", UPN: "lena@northwind.example"}}
	w := newWorld(t, tenant)
	w.accept(northwind, "Northwind", london())
	w.collect()
	w.cloud.SetFaults(northwind, cloudsim.Faults{DevicesGone: true})
	w.due(northwind, store.CollectDevices)
	before := w.cloud.Requests(northwind)
	w.due(northwind, store.CollectDevices)
	require.Equal(t, minimum(estateSize{rooms: 3, devices: 3}, span{instead: 1, managed: 1, refused: 1, first: false}), without(w.spent(northwind, before), "users", "token"))

	list, at, err := w.store.RoomManaged(t.Context(), w.view("admin", policy.RoomsView), w.rooms()["Boardroom 12"].ID)
	require.NoError(t, err)
	require.Equal(t, w.clock.Now(), at)
	require.Len(t, list, 1)
	require.Equal(t, "ThinkSmart Hub", list[0].Model)
	require.Equal(t, "account", list[0].FoundBy)
	require.NotZero(t, list[0].LastSync)
	require.Equal(t, 2, w.number(`SELECT count(*) FROM managed_devices`))
	w.requireNowhere("LAPTOP", "Latitude", "lena@northwind.example", "Vault Amstel")

	// An empty answer takes nothing away, nor does a refusal; and it is asked every six hours only.
	w.answerWith(graphSays("/managedDevices", 200, `{"value":[]}`))
	w.clock.advance(7 * time.Hour)
	w.collect()
	require.Equal(t, 2, w.number(`SELECT count(*) FROM managed_devices`))
	w.answerWith(graphSays("/managedDevices", 403, `{}`))
	w.clock.advance(7 * time.Hour)
	w.collect()
	require.Equal(t, 2, w.number(`SELECT count(*) FROM managed_devices`))
	require.NotEmpty(t, w.rooms()["Boardroom 12"].Presence, "presence does not suffer from it")

	_, _, err = w.store.RoomManaged(t.Context(), w.view("somebody", policy.RoomsView), w.rooms()["Boardroom 12"].ID)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func without(counts map[string]int, kinds ...string) map[string]int {
	for _, k := range kinds {
		delete(counts, k)
	}
	return counts
}

// Whatever Microsoft answers for presences takes nothing away, and is not taken for an answer of now.
func TestTroubleWithPresencesTouchesNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		faults cloudsim.Faults
		hook   func(http.ResponseWriter, *http.Request) bool
	}{
		"refused":     {faults: cloudsim.Faults{DevicesGone: true, NoPresence: true}},
		"empty":       {faults: cloudsim.Faults{DevicesGone: true, EmptyPresences: true}},
		"throttled":   {hook: graphSays("/getPresencesByUserId", 429, `{}`)},
		"broken":      {hook: graphSays("/getPresencesByUserId", 500, `{}`)},
		"no JSON":     {hook: graphSays("/getPresencesByUserId", 200, `<html>`)},
		"no list":     {hook: graphSays("/getPresencesByUserId", 200, `{"value":{}}`)},
		"all strange": {hook: graphSays("/getPresencesByUserId", 200, `{"value":[{"id":"11111111-1111-4111-8111-111111111111","availability":"Offline"},{},7]}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := deviceless(t)
			asked := w.rooms()["Boardroom 12"].PresenceAt
			before := w.dump()
			if tc.hook == nil {
				w.cloud.SetFaults(northwind, tc.faults)
			}
			w.answerWith(tc.hook)
			w.due(northwind, store.CollectDevices)
			require.Equal(t, before, w.dump())
			require.Equal(t, asked, w.rooms()["Boardroom 12"].PresenceAt)
			require.Equal(t, StateDevicesGone, w.job(northwind, store.CollectDevices).State)
			require.Equal(t, "unmonitored", w.rooms()["Boardroom 12"].Health)
		})
	}
}

// A word that we do not know, and an account that the answer leaves out, say nothing of a room.
func TestPresencesThatSayNothing(t *testing.T) {
	w := deviceless(t)
	w.answerWith(func(rw http.ResponseWriter, r *http.Request) bool {
		account := w.number(`SELECT count(*) FROM rooms WHERE account_id <> ''`)
		require.Equal(t, 3, account)
		var id string
		require.NoError(t, w.open().QueryRowContext(t.Context(), `SELECT account_id FROM rooms WHERE name = 'Boardroom 12'`).Scan(&id))
		return graphSays("/getPresencesByUserId", 200, `{"value":[{"id":"`+id+`","availability":"Teleported","activity":null}]}`)(rw, r)
	})
	w.due(northwind, store.CollectDevices)
	for name, r := range w.rooms() {
		require.Equal(t, store.PresenceUnknown, r.Presence, name)
	}
}

// Where the last check said that presence is not allowed, nothing is asked, and the customer is collected as seldom as one that fails.
func TestNoPresenceWhereItIsNotAllowed(t *testing.T) {
	w := settled(t)
	require.NoError(t, w.cloud.SetWithheld(northwind, "Presence.Read.All"))
	w.checkAll()
	w.cloud.SetFaults(northwind, cloudsim.Faults{DevicesForbidden: true})
	w.due(northwind, store.CollectDevices)
	before := w.cloud.Requests(northwind)
	w.due(northwind, store.CollectDevices)
	require.Equal(t, map[string]int{"devices": 1}, w.spent(northwind, before))
	require.Empty(t, w.rooms()["Boardroom 12"].Presence)
	job := w.job(northwind, store.CollectDevices)
	require.Zero(t, job.APIDue)
	require.Greater(t, job.DueAt.Sub(w.clock.Now()), 9*time.Minute)
}
