package collect

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/policy"
	"roomward/store"
)

// What an unchanged customer costs at least: the pages of its lists, and the health of what is bad and of the devices whose minute of the
// day has come. A token lives for an hour and is not asked for again within it.
func TestUnchangedCustomerCostsTheMinimum(t *testing.T) {
	const rooms, bad = 230, 4
	tenant := estate(northwind, "Northwind", rooms)
	for i := range bad {
		tenant.Rooms[i*7].Devices[0].Faults = []cloudsim.Episode{{Signal: cloudsim.RoomCamera, Since: 48 * time.Hour}}
	}
	w := newWorld(t, tenant)
	w.accept(northwind, "Northwind", all())
	w.collect()
	w.due(northwind, store.CollectDevices) // the second bad poll in a row is news
	w.due(northwind, store.CollectDevices)
	written := w.watchWrites()

	for range 3 {
		last := w.job(northwind, store.CollectDevices)
		before := w.cloud.Requests(northwind)
		w.due(northwind, store.CollectDevices)
		after := w.cloud.Requests(northwind)
		spent := map[string]int{}
		for kind, n := range after {
			if n > before[kind] {
				spent[kind] = n - before[kind]
			}
		}
		health := bad
		for i, r := range tenant.Rooms {
			if d := r.Devices[0].ID; (i%7 != 0 || i >= bad*7) && daily(d, last.LastGoodAt, w.clock.Now()) {
				health++
			}
		}
		minimum := (rooms+49)/50 + health
		run := w.lastRun(northwind, store.CollectDevices)
		require.Equal(t, StateOK, run.State)
		require.Zero(t, run.Changed)
		require.Equal(t, minimum, run.Requests, "%v", spent)
		require.Equal(t, map[string]int{"devices": (rooms + 49) / 50, "health": health}, spent)
	}
	require.Zero(t, written(), "an unchanged customer was written")

	w.due(northwind, store.CollectPlaces)
	run := w.lastRun(northwind, store.CollectPlaces)
	require.Equal(t, (rooms+99)/100+1, run.Requests, "and a token: the last one has ended")
	require.Zero(t, run.Changed)
	require.Zero(t, written())
}

func TestEachDeviceIsReadOnceADay(t *testing.T) {
	tenant := estate(northwind, "Northwind", 40)
	w := newWorld(t, tenant)
	w.collector.cfg.Devices = 20 * time.Minute
	w.accept(northwind, "Northwind", all())
	w.collect()
	before := w.cloud.Requests(northwind)["health"]
	begun := w.job(northwind, store.CollectDevices).LastGoodAt
	for w.job(northwind, store.CollectDevices).DueAt.Sub(begun) < 24*time.Hour {
		w.due(northwind, store.CollectDevices)
	}
	w.clock.set(begun.Add(24 * time.Hour))
	w.collect()
	require.Equal(t, 40, w.cloud.Requests(northwind)["health"]-before)
}

// Accounts of granted rooms are found out once, of other rooms never.
func TestAccountsAreLookedUpOnce(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", london())
	w.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/graph/v1.0/users" {
			asked, _ := strings.CutPrefix(r.URL.Query().Get("$filter"), "mail in (")
			for address := range strings.SplitSeq(strings.TrimSuffix(asked, ")"), ",") {
				require.Contains(t, []string{"'br12@northwind.example'", "'harbour402@northwind.example'", "'quiet@northwind.example'"}, address)
			}
		}
		return false
	})
	w.collect()
	const first = 1 // all at once
	require.Equal(t, first, w.cloud.Requests(northwind)["users"])
	for range 3 {
		w.due(northwind, store.CollectDevices)
	}
	require.Equal(t, first, w.cloud.Requests(northwind)["users"])

	// A new process knows them from the store.
	w.collector = New(w.collector.cfg)
	w.due(northwind, store.CollectDevices)
	require.Equal(t, first, w.cloud.Requests(northwind)["users"])
	require.Len(t, w.dump("devices"), 3)
}

// An address that Microsoft does not take keeps no other room's account from being found.
func TestOneStrangeAddress(t *testing.T) {
	w := newWorld(t, estate(northwind, "Northwind", 20))
	w.accept(northwind, "Northwind", all())
	w.answerWith(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/graph/v1.0/users" || !strings.Contains(r.URL.Query().Get("$filter"), "salle007@") {
			return false
		}
		http.Error(rw, `{"error":{"code":"BadRequest","message":"Invalid filter clause"}}`, http.StatusBadRequest)
		return true
	})
	w.collect()
	require.Equal(t, StateOK, w.job(northwind, store.CollectDevices).State)
	require.GreaterOrEqual(t, len(w.dump("devices")), 19)
}

func TestSignalToIncidentAndBack(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", london())
	w.collect()
	const room = "br12@northwind.example"
	require.NoError(t, w.cloud.Break(northwind, room, cloudsim.RoomCamera))
	broken := w.clock.Now()

	w.due(northwind, store.CollectDevices)
	i := w.incident("room-camera")
	require.Equal(t, "watching", i.State, "one bad poll may be a restart")
	require.Equal(t, "important", i.Severity)
	require.Equal(t, broken, i.OpenedAt, "by Microsoft's word")
	require.Equal(t, "healthy", w.rooms()["Boardroom 12"].Health)

	for w.clock.Now().Sub(broken) < 5*time.Minute || i.State == "watching" && w.clock.Now().Sub(broken) < 15*time.Minute {
		w.due(northwind, store.CollectDevices)
		i = w.incident("room-camera")
	}
	require.Equal(t, "active", i.State)
	number, id := i.Number(), i.ID
	r := w.rooms()["Boardroom 12"]
	require.Equal(t, "unhealthy", r.Health)
	require.Equal(t, 1, r.Important)
	require.Equal(t, 1, r.OpenIncidents)

	require.NoError(t, w.cloud.Mend(northwind, room, cloudsim.RoomCamera))
	w.due(northwind, store.CollectDevices)
	i = w.incident("room-camera")
	require.Equal(t, "resolved", i.State)
	require.Equal(t, "healthy", w.rooms()["Boardroom 12"].Health)

	// Bad again within 7 days: the same incident with the same number.
	w.clock.advance(3 * 24 * time.Hour)
	w.collect()
	require.NoError(t, w.cloud.Break(northwind, room, cloudsim.RoomCamera))
	for range 3 {
		w.due(northwind, store.CollectDevices)
	}
	i = w.incident("room-camera")
	require.Equal(t, "active", i.State)
	require.Equal(t, id, i.ID)
	require.Equal(t, number, i.Number())
	require.Equal(t, 2, i.Openings)
	events, _, err := w.store.IncidentHistory(t.Context(), w.view("admin", policy.TicketsView), id, nil, 50)
	require.NoError(t, err)
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	require.Equal(t, []string{"activated", "reactivated", "resolved", "activated", "opened"}, kinds)

	// Good for 7 days: closed, though nobody asks for the health of a good device more than once a day.
	require.NoError(t, w.cloud.Mend(northwind, room, cloudsim.RoomCamera))
	w.due(northwind, store.CollectDevices)
	require.Equal(t, "resolved", w.incident("room-camera").State)
	w.clock.advance(7*24*time.Hour - 10*time.Minute)
	w.collect()
	require.Equal(t, "resolved", w.incident("room-camera").State)
	w.clock.advance(15 * time.Minute)
	w.collect()
	require.Equal(t, "closed", w.incident("room-camera").State)
}

func TestOfflineKeepsWhatWasKnown(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", london())
	const room = "harbour402@northwind.example"
	require.NoError(t, w.cloud.Break(northwind, room, cloudsim.Microphone))
	w.clock.advance(10 * time.Minute)
	w.collect()
	require.Equal(t, "active", w.incident("microphone").State, "the reported moment is old enough")
	require.NoError(t, w.cloud.Break(northwind, room, cloudsim.Offline))
	off := w.clock.Now()
	for range 4 {
		w.due(northwind, store.CollectDevices)
	}
	require.Equal(t, "active", w.incident("offline").State)
	require.Equal(t, "critical", w.incident("offline").Severity, "an Android room")
	require.Equal(t, "active", w.incident("microphone").State, "unknown closes nothing")
	r := w.rooms()["Harbour 4.02"]
	require.Equal(t, "offline", r.Health)
	require.Equal(t, off, r.LastSeenAt)

	require.NoError(t, w.cloud.Mend(northwind, room, cloudsim.Offline))
	w.due(northwind, store.CollectDevices)
	require.Equal(t, "resolved", w.incident("offline").State)
	require.Equal(t, "active", w.incident("microphone").State)
	require.Equal(t, "unhealthy", w.rooms()["Harbour 4.02"].Health)
}

func TestUnseenDeviceMeansNoTelemetry(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", london())
	w.collect()
	hide := withoutDevices("harbour402@northwind.example")
	w.answerWith(hide)
	w.due(northwind, store.CollectDevices)
	require.Empty(t, w.incidents("no-telemetry"), "once may be chance")
	require.Equal(t, "healthy", w.rooms()["Harbour 4.02"].Health)
	w.due(northwind, store.CollectDevices)
	require.Equal(t, "watching", w.incident("no-telemetry").State)
	require.Equal(t, "unmonitored", w.rooms()["Harbour 4.02"].Health)
	require.False(t, w.rooms()["Harbour 4.02"].LastSeenAt.IsZero())
	w.clock.advance(time.Hour)
	w.collect()
	require.Equal(t, "active", w.incident("no-telemetry").State)
	require.Equal(t, "warning", w.incident("no-telemetry").Severity)
	w.due(northwind, store.CollectDevices)
	require.Zero(t, w.lastRun(northwind, store.CollectDevices).Changed, "a device that stays away is no news")

	w.answerWith(nil)
	w.due(northwind, store.CollectDevices)
	require.Equal(t, "resolved", w.incident("no-telemetry").State)
	require.Equal(t, "healthy", w.rooms()["Harbour 4.02"].Health)

	// Taken away for good: nothing stays open.
	w.answerWith(hide)
	w.due(northwind, store.CollectDevices)
	w.due(northwind, store.CollectDevices)
	w.clock.advance(6 * 24 * time.Hour)
	w.collect()
	require.Equal(t, "active", w.incident("no-telemetry").State)
	w.clock.advance(25 * time.Hour)
	w.collect()
	require.Equal(t, "closed", w.incident("no-telemetry").State)
}

// withoutDevices is a cloud whose device list leaves a room's devices out.
func withoutDevices(email string) func(http.ResponseWriter, *http.Request) bool {
	return func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/graph/v1.0/users" && strings.Contains(r.URL.Query().Get("$filter"), email) {
			_, _ = rw.Write([]byte(`{"value":[]}`))
			return true
		}
		if r.URL.Path != "/graph/beta/teamwork/devices" {
			return false
		}
		q := r.URL.Query()
		q.Set("$filter", "deviceType eq 'teamsRoom' or deviceType eq 'teamsPanel'") // the room's is a bar
		r.URL.RawQuery = q.Encode()
		return false
	}
}

func TestDeviceThatMovesTakesItsIncidentsAlong(t *testing.T) {
	w := newWorld(t, traders())
	id := w.accept(northwind, "Northwind", london())
	require.NoError(t, w.cloud.Break(northwind, "harbour402@northwind.example", cloudsim.Speaker))
	w.clock.advance(10 * time.Minute)
	w.collect()
	rooms := w.rooms()
	var found []store.DeviceFound
	for _, d := range []struct{ id, room string }{{w.graphID("collaborationBar"), "Quiet corner"}, {w.graphID("teamsRoom"), "Boardroom 12"}} {
		found = append(found, store.DeviceFound{GraphID: d.id, Room: rooms[d.room].ID, Kind: "collaborationBar", Health: "critical"})
	}
	w.clock.advance(time.Hour)
	leases, err := w.store.ClaimCollect(t.Context(), store.CollectDevices, store.QueueAll, 1, time.Minute)
	require.NoError(t, err)
	require.Len(t, leases, 1)
	_, err = w.store.ApplyDevices(t.Context(), policy.ForWork(id, "test"), store.CollectOutcome{Lease: leases[0], StartedAt: w.clock.Now(), State: StateOK,
		Good: true, NextDue: w.clock.Now().Add(time.Hour)}, store.DevicesFound{Listed: true, Devices: found, Rules: rules(nil)})
	require.NoError(t, err)
	require.Equal(t, "Quiet corner", w.incident("speaker").RoomName)
	require.Equal(t, "unhealthy", w.rooms()["Quiet corner"].Health)
}

func (w *world) graphID(kind string) string {
	w.t.Helper()
	var id string
	require.NoError(w.t, w.open().QueryRowContext(w.t.Context(), `SELECT graph_id FROM devices WHERE kind = $1`, kind).Scan(&id))
	return id
}

func TestDailyMinutesSpreadOverTheDay(t *testing.T) {
	from := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	hours := map[int]int{}
	for i := range 2400 {
		id := fmt.Sprintf("device-%d", i)
		n := 0
		for h := range 24 {
			if daily(id, from.Add(time.Duration(h)*time.Hour), from.Add(time.Duration(h+1)*time.Hour)) {
				hours[h]++
				n++
			}
		}
		require.Equal(t, 1, n, "%s is read once a day", id)
	}
	for h, n := range maps.All(hours) {
		require.InDelta(t, 100, n, 50, "hour %d", h)
	}
	require.False(t, daily("any", time.Time{}, from), "who was never read is new")
}
