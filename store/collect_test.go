package store

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// A collectWorld is a store with customers that were accepted, and a clock that only the test moves.
type collectWorld struct {
	*Store
	t     *testing.T
	clock atomic.Int64
}

func newCollectWorld(t *testing.T) *collectWorld {
	t.Helper()
	w := &collectWorld{t: t}
	w.clock.Store(millis(time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)))
	var err error
	w.Store, err = Open(t.Context(), Options{Dir: t.TempDir(), Now: w.time})
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func (w *collectWorld) time() time.Time { return time.UnixMilli(w.clock.Load()).UTC() }

func (w *collectWorld) advance(d time.Duration) { w.clock.Add(d.Milliseconds()) }

// accept makes a customer of a tenant through the same steps as people.
func (w *collectWorld) accept(tenant string, grant policy.Grant) ID {
	w.t.Helper()
	ctx := w.t.Context()
	act := Act{Side: SideCustomer, TenantID: tenant, OID: "o-1", Name: "Ann"}
	require.NoError(w.t, w.Consented(ctx, act, Tenant{ID: tenant, Name: "Customer " + tenant}))
	inv, err := w.SendInvitation(ctx, act, Invitation{Grant: grant, Ceiling: policy.DefaultCeiling(), RetentionDays: 180, ExpiresAt: w.time().Add(time.Hour)}, "", false)
	require.NoError(w.t, err)
	id, err := w.AcceptInvitation(ctx, Act{Side: SidePartner, Name: "Maya"}, policy.Overview(policy.Powers{Manager: true}), inv.ID, 0,
		[]Member{{Principal: policy.User("admin"), Name: "Admin"}})
	require.NoError(w.t, err)
	return id
}

func collectWork(id ID) policy.View { return policy.ForWork(id, "test") }

// lease claims the job of one customer.
func (w *collectWorld) lease(id ID, kind CollectKind) CollectLease {
	w.t.Helper()
	leases, err := w.ClaimCollect(w.t.Context(), kind, QueueAll, 100, time.Minute)
	require.NoError(w.t, err)
	i := slices.IndexFunc(leases, func(l CollectLease) bool { return l.Customer == id })
	require.GreaterOrEqual(w.t, i, 0, "no lease of %s", kind)
	return leases[i]
}

func (w *collectWorld) outcome(l CollectLease) CollectOutcome {
	return CollectOutcome{Lease: l, StartedAt: w.time(), State: CollectOK, Good: true, NextDue: w.time()}
}

// places does one run of places that found these.
func (w *collectWorld) places(id ID, found ...PlaceFound) int {
	w.t.Helper()
	w.advance(time.Minute)
	changed, err := w.ApplyPlaces(w.t.Context(), collectWork(id), w.outcome(w.lease(id, CollectPlaces)), found)
	require.NoError(w.t, err)
	return changed
}

func (w *collectWorld) devices(id ID, found DevicesFound) int {
	w.t.Helper()
	w.advance(time.Minute)
	if found.Rules.Room == nil {
		found.Rules = quietRules()
	}
	changed, err := w.ApplyDevices(w.t.Context(), collectWork(id), w.outcome(w.lease(id, CollectDevices)), found)
	require.NoError(w.t, err)
	return changed
}

// quietRules find every device without signals, and every room healthy.
func quietRules() DeviceRules {
	return DeviceRules{
		Device: func(DeviceBefore, time.Time) DeviceAfter { return DeviceAfter{} },
		Missing: func(b DeviceBefore, _ int, _, _ time.Time) DeviceAfter {
			return DeviceAfter{b.Signals, b.Incidents, nil, nil, nil}
		},
		Room: func(RoomBefore) RoomAfter { return RoomAfter{Health: "healthy", Rank: 60} },
	}
}

func (w *collectWorld) texts(query string, args ...any) []string {
	w.t.Helper()
	var out []string
	require.NoError(w.t, w.read(w.t.Context(), func(t *tx) error {
		rows, err := t.QueryContext(context.Background(), query, args...)
		require.NoError(w.t, err)
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var s string
			require.NoError(w.t, rows.Scan(&s))
			out = append(out, s)
		}
		return rows.Err()
	}))
	return out
}

func (w *collectWorld) id(query string, args ...any) ID {
	w.t.Helper()
	var id ID
	require.NoError(w.t, w.read(w.t.Context(), func(t *tx) error { return t.QueryRowContext(context.Background(), query, args...).Scan(&id) }))
	return id
}

func place(name, city string) PlaceFound {
	return PlaceFound{PlaceID: "place-" + name, Name: name, Email: strings.ToLower(name) + "@customer.example", City: city, Country: "GB", Building: "One", Capacity: 4}
}

func inLondon() policy.Grant { return policy.Grant{Rules: []policy.GrantRule{{City: "London"}}} }

// The grant that counts is the one of the writing transaction, whatever a run believed when it fetched.
func TestApplyFiltersByTheGrantOfItsMoment(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept("t-1", inLondon())
	require.Equal(t, 1, w.places(id, place("Mine", "London"), place("Yours", "Paris"), PlaceFound{Name: "No id", City: "London"}))
	require.Equal(t, []string{"Mine"}, w.texts(`SELECT name FROM rooms`))

	room := w.id(`SELECT id FROM rooms`)
	require.NoError(t, w.write(t.Context(), func(tx *tx) error {
		_, err := tx.exec(t.Context(), `UPDATE customers SET grant_json = '{"all":false,"rules":[{"city":"Rome"}]}' WHERE id = $1`, id)
		return err
	}))
	w.devices(id, DevicesFound{Listed: true, Devices: []DeviceFound{{GraphID: "d-1", Room: room, Kind: "teamsRoom"}}, Accounts: map[ID]string{room: "a-1"}})
	require.Empty(t, w.texts(`SELECT graph_id FROM devices`))
	require.Equal(t, []string{""}, w.texts(`SELECT account_id FROM rooms`))
	w.places(id, place("Mine", "London"))
	require.Equal(t, []string{"Mine"}, w.texts(`SELECT name FROM rooms WHERE hidden_at IS NOT NULL AND cell_id IS NULL`))
}

// A device of one customer never lands in a room of another.
func TestApplyKeepsToItsCustomer(t *testing.T) {
	w := newCollectWorld(t)
	one, two := w.accept("t-1", inLondon()), w.accept("t-2", inLondon())
	w.places(one, place("A", "London"))
	w.advance(time.Minute)
	w.places(two, place("A", "London"))
	foreign := w.id(`SELECT id FROM rooms WHERE customer_id = $1`, two)
	w.devices(one, DevicesFound{Listed: true, Devices: []DeviceFound{{GraphID: "d-1", Room: foreign}}, Accounts: map[ID]string{foreign: "a-1"}})
	require.Empty(t, w.texts(`SELECT graph_id FROM devices`))
	require.Equal(t, []string{"", ""}, w.texts(`SELECT account_id FROM rooms`))
	w.advance(time.Hour)
	lease := w.lease(two, CollectPlaces)
	_, err := w.ApplyPlaces(t.Context(), collectWork(one), w.outcome(lease), []PlaceFound{place("B", "London")})
	require.Error(t, err)
	require.Len(t, w.texts(`SELECT name FROM rooms`), 2)
}

func TestOnlyBackgroundWorkMayWriteWhatWasCollected(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept("t-1", inLondon())
	lease := w.lease(id, CollectPlaces)
	for name, v := range map[string]policy.View{
		"no view": {}, "partner-wide powers": policy.Overview(policy.Powers{Manager: true}), "the customer's own": policy.Own("t-1"),
	} {
		_, err := w.ApplyPlaces(t.Context(), v, w.outcome(lease), []PlaceFound{place("A", "London")})
		require.Error(t, err, name)
		_, err = w.ApplyDevices(t.Context(), v, w.outcome(lease), DevicesFound{})
		require.Error(t, err, name)
		_, err = w.CollectTarget(t.Context(), v, CollectPlaces)
		require.Error(t, err, name)
		_, err = w.CollectKnown(t.Context(), v)
		require.Error(t, err, name)
		require.Error(t, w.FinishCollect(t.Context(), v, w.outcome(lease)), name)
	}
	require.Empty(t, w.texts(`SELECT name FROM rooms`))
	runs, _, err := w.CollectRuns(t.Context(), policy.Overview(policy.Powers{Manager: true}), CollectRunQuery{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, runs)
}

func TestVersionsFollowTheSetOfRooms(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept("t-1", inLondon())
	versions := func() [2]ID {
		return [2]ID{w.id(`SELECT value FROM counters WHERE name = 'rules'`), w.id(`SELECT data_version FROM customers`)}
	}
	before := versions()
	w.places(id, place("A", "London"), place("B", "London"))
	added := versions()
	require.Greater(t, added[0], before[0])
	require.Greater(t, added[1], before[1])
	require.Equal(t, []string{"2"}, w.texts(`SELECT rooms FROM customers`))

	require.Zero(t, w.places(id, place("A", "London"), place("B", "London")))
	require.Equal(t, added, versions(), "nothing new")
	b := place("B", "London")
	b.Name = "B renamed"
	require.Equal(t, 1, w.places(id, place("A", "London"), b))
	renamed := versions()
	require.Equal(t, added[0], renamed[0], "a name is no right")
	require.Greater(t, renamed[1], added[1])
	w.places(id, b)
	require.Greater(t, versions()[0], renamed[0])
	require.Equal(t, []string{"1"}, w.texts(`SELECT rooms FROM customers`))
}

// A room that comes back is in its group again, and its devices and incidents with it.
func TestRoomComesBackIntoItsCell(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept("t-1", inLondon())
	w.places(id, place("A", "London"), place("B", "London"))
	room := w.id(`SELECT id FROM rooms WHERE name = 'A'`)
	group, err := w.AddRoomGroup(t.Context(), Act{}, id, RoomGroup{Name: "Floor one", Rooms: []ID{room}})
	require.NoError(t, err)
	role, err := w.AddRole(t.Context(), Act{}, id, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	_, err = w.AddAssignment(t.Context(), Act{}, id, Assignment{Role: role, Name: "desk", Scopes: []policy.Scope{policy.ScopeGroup(group)}})
	require.NoError(t, err)
	bad := quietRules()
	bad.Device = func(DeviceBefore, time.Time) DeviceAfter {
		return DeviceAfter{Signals: []SignalState{{Signal: "room-camera", State: "bad", Severity: "important", Since: w.time()}},
			Incidents: []IncidentState{{Signal: "room-camera", Category: "hardware", Severity: "important", State: "active", OpenedAt: w.time(), Openings: 1}}}
	}
	w.devices(id, DevicesFound{Listed: true, Rules: bad, Devices: []DeviceFound{{GraphID: "d-1", Room: room, Kind: "teamsRoom", Read: true}}})
	cells := func() []string {
		return w.texts(`SELECT coalesce(r.cell_id, 'none') || ' ' || coalesce(d.cell_id, 'none') || ' ' || coalesce(i.cell_id, 'none')
			FROM rooms r JOIN devices d ON d.room_id = r.id JOIN incidents i ON i.room_id = r.id`)
	}
	before := cells()
	require.Len(t, before, 1)
	require.NotEqual(t, w.texts(`SELECT cell_id FROM rooms WHERE name = 'B'`), w.texts(`SELECT cell_id FROM rooms WHERE name = 'A'`))
	w.places(id, place("B", "London"))
	require.Equal(t, []string{"none none none"}, cells())
	w.devices(id, DevicesFound{Listed: true, Rules: bad, Devices: []DeviceFound{{GraphID: "d-1", Room: room, Kind: "teamsRoom", Health: "critical", Read: true}}})
	require.Equal(t, []string{"none none none"}, cells(), "a hidden room takes no devices")
	require.Equal(t, []string{""}, w.texts(`SELECT health FROM devices`))
	w.places(id, place("A", "London"), place("B", "London"))
	require.Equal(t, before, cells())
}

// Microsoft may begin to give a lasting id to a room that was known by its address only.
func TestRoomKnownByAddressGetsItsLastingID(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept("t-1", inLondon())
	old := place("A", "London")
	old.PlaceID = old.Email
	require.Equal(t, 1, w.places(id, old, old), "twice in one list is once")
	room := w.id(`SELECT id FROM rooms`)
	w.places(id, place("A", "London"), place("A", "London"))
	require.Equal(t, room, w.id(`SELECT id FROM rooms`))
	require.Equal(t, []string{"place-A"}, w.texts(`SELECT place_id FROM rooms`))
}

func TestClaims(t *testing.T) {
	w := newCollectWorld(t)
	var ids []ID
	for _, tenant := range []string{"t-1", "t-2", "t-3"} {
		ids = append(ids, w.accept(tenant, inLondon()))
		w.advance(time.Second)
	}
	ctx := t.Context()
	first, err := w.ClaimCollect(ctx, CollectPlaces, QueueAll, 2, time.Minute)
	require.NoError(t, err)
	require.ElementsMatch(t, ids[:2], []ID{first[0].Customer, first[1].Customer}, "the longest due first")
	rest, err := w.ClaimCollect(ctx, CollectPlaces, QueueAll, 2, time.Minute)
	require.NoError(t, err)
	require.Len(t, rest, 1)
	none, err := w.ClaimCollect(ctx, CollectDevices, QueueAll, 10, time.Minute)
	require.NoError(t, err)
	require.Empty(t, none, "devices wait for the rooms")

	require.NoError(t, w.GiveBackCollect(ctx, rest[0]))
	again, err := w.ClaimCollect(ctx, CollectPlaces, QueueAll, 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, again, 1)
	require.ErrorIs(t, w.FinishCollect(ctx, collectWork(ids[2]), w.outcome(CollectLease{Customer: ids[2], Kind: CollectPlaces, Until: w.time()})), ErrLeaseLost)
	gone := policy.NewID()
	require.ErrorIs(t, w.FinishCollect(ctx, collectWork(gone), w.outcome(CollectLease{Customer: gone, Kind: CollectPlaces, Until: w.time()})), ErrNotFound)

	o := w.outcome(again[0])
	o.NextDue = w.time().Add(time.Hour)
	require.NoError(t, w.FinishCollect(ctx, collectWork(ids[2]), o))
	devices, err := w.ClaimCollect(ctx, CollectDevices, QueueAll, 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, devices, 1)
	w.advance(2 * time.Hour)
	two, err := w.ClaimCollect(ctx, CollectDevices, QueueAll, 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, two, 1, "the lease has ended")
	places, err := w.ClaimCollect(ctx, CollectPlaces, QueueAll, 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, places, 2, "not of the customer whose devices are being read")
}

// Whose last run failed stands in a queue of its own, until one goes well.
func TestClaimsByQueue(t *testing.T) {
	w := newCollectWorld(t)
	sound, failing := w.accept("t-1", inLondon()), w.accept("t-2", inLondon())
	o := w.outcome(w.lease(failing, CollectPlaces))
	o.State, o.Good = "unreachable", false
	require.NoError(t, w.FinishCollect(t.Context(), collectWork(failing), o))
	w.advance(time.Hour)
	for _, c := range []struct {
		queue CollectQueue
		want  ID
	}{{QueueSound, sound}, {QueueFailing, failing}} {
		due, err := w.CollectDue(t.Context(), CollectPlaces, c.queue)
		require.NoError(t, err)
		require.True(t, due, c.queue)
		leases, err := w.ClaimCollect(t.Context(), CollectPlaces, c.queue, 10, time.Minute)
		require.NoError(t, err)
		require.Len(t, leases, 1, c.queue)
		require.Equal(t, c.want, leases[0].Customer, c.queue)
		due, err = w.CollectDue(t.Context(), CollectPlaces, c.queue)
		require.NoError(t, err)
		require.False(t, due, c.queue)
		require.NoError(t, w.FinishCollect(t.Context(), collectWork(c.want), w.outcome(leases[0])))
	}
	w.advance(time.Hour)
	leases, err := w.ClaimCollect(t.Context(), CollectPlaces, QueueSound, 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, leases, 2)
}

func TestQuietRunsAreForgottenSooner(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept("t-1", inLondon())
	w.places(id, place("A", "London")) // changed something
	w.places(id, place("A", "London")) // quiet
	require.Len(t, w.texts(`SELECT kind FROM collect_runs`), 2)
	w.advance(3 * 24 * time.Hour)
	n, err := w.PruneCollectRuns(t.Context(), 100)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"1"}, w.texts(`SELECT changed FROM collect_runs`))
	w.advance(28 * 24 * time.Hour)
	n, err = w.PruneCollectRuns(t.Context(), 100)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}
