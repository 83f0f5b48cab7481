package store

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// A partial list hides what it has outside the grant, at once; what it leaves out stays, and nothing is purged by it.
func TestPartialListHidesOnlyWhatItHasOutside(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept("t-1", inLondon())
	require.Equal(t, 3, w.places(id, place("A", "London"), place("B", "London"), place("C", "London")))
	partly := func() {
		t.Helper()
		w.advance(48 * time.Hour)
		o := w.outcome(w.lease(id, CollectPlaces))
		o.Partial, o.Outside = true, []string{"PLACE-b", "place-of-nobody"}
		_, err := w.ApplyPlaces(t.Context(), collectWork(id), o, []PlaceFound{place("A", "London")})
		require.NoError(t, err)
	}
	for range 4 {
		partly()
		require.Equal(t, []string{"A", "C"}, w.texts(`SELECT name FROM rooms WHERE hidden_at IS NULL ORDER BY name`))
		require.Equal(t, []string{"B"}, w.texts(`SELECT name FROM rooms WHERE hidden_at IS NOT NULL AND misses = 0 AND cell_id IS NULL`))
	}
	require.Empty(t, w.texts(`SELECT place_id FROM rooms WHERE place_id = 'place-of-nobody'`))
	w.places(id, place("A", "London"), place("B", "London"), place("C", "London"))
	require.Len(t, w.texts(`SELECT name FROM rooms WHERE hidden_at IS NULL`), 3)
}

// What was read instead of devices goes when its room goes out of sight, when the room's account is another one, and when no room is left to ask for.
func TestInsteadGoesWithItsRoom(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept("t-1", inLondon())
	instead := func() []string {
		return append(w.texts(`SELECT r.name FROM room_presences p JOIN rooms r ON r.id = p.room_id ORDER BY r.name`),
			w.texts(`SELECT r.name FROM managed_devices m JOIN rooms r ON r.id = m.room_id ORDER BY r.name`)...)
	}
	require.Equal(t, 3, w.places(id, place("A", "London"), place("B", "London"), place("C", "London")))
	require.NoError(t, w.write(t.Context(), func(x *tx) error {
		if _, err := x.exec(t.Context(), `INSERT INTO room_presences (room_id, customer_id, state, since) SELECT id, customer_id, 'offline', 1 FROM rooms`); err != nil {
			return err
		}
		_, err := x.exec(t.Context(), `INSERT INTO managed_devices (customer_id, intune_id, room_id, found_by, name, maker, model, serial, os, os_version, compliance)
			SELECT customer_id, name, id, 'account', '', '', '', '', '', '', '' FROM rooms`)
		return err
	}))
	require.Len(t, instead(), 6)

	moved := place("B", "London")
	moved.Email = "another@customer.example"
	w.places(id, place("A", "London"), moved, place("C", "London"))
	require.Equal(t, []string{"A", "C", "A", "C"}, instead(), "the account of B is another one")
	w.places(id, place("A", "London"), moved)
	require.Equal(t, []string{"A", "A"}, instead(), "C is out of sight")

	w.advance(time.Minute)
	require.NoError(t, w.FinishCollect(t.Context(), collectWork(id), w.outcome(w.lease(id, CollectDevices))))
	require.Empty(t, instead())
}

// A check by the old choice of rooms loses its lease, so that it does not stand in the way of the next, and another is due at once.
func TestAnotherChoiceEndsTheRunningCheck(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept(northwind, policy.Grant{All: true})
	w.places(id, place("A", "London"))
	leases, err := w.ClaimChecks(t.Context(), 10, time.Hour)
	require.NoError(t, err)
	require.Len(t, leases, 1)
	_, err = w.SetGrant(t.Context(), Act{Side: SideCustomer, TenantID: northwind}, policy.Own(northwind), 0, inLondon())
	require.NoError(t, err)
	require.ErrorIs(t, w.FinishCheck(t.Context(), collectWork(id), CheckOutcome{Lease: leases[0]}), ErrLeaseLost)
	due, err := w.ChecksDue(t.Context())
	require.NoError(t, err)
	require.True(t, due)
}

// A room that an item of the list may be does not count as gone, the others do; a room that the list has outside the grant is hidden all the same.
func TestUnsureRoomsAreNotMissed(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept("t-1", inLondon())
	require.Equal(t, 3, w.places(id, place("A", "London"), place("B", "London"), place("C", "London")))
	read := func(unsure, outside []string) {
		t.Helper()
		w.advance(48 * time.Hour)
		o := w.outcome(w.lease(id, CollectPlaces))
		o.Unsure, o.Outside = unsure, outside
		_, err := w.ApplyPlaces(t.Context(), collectWork(id), o, []PlaceFound{place("A", "London")})
		require.NoError(t, err)
	}
	for range 3 {
		read([]string{"PLACE-b"}, nil)
	}
	require.Equal(t, []string{"A", "B"}, w.texts(`SELECT name FROM rooms WHERE hidden_at IS NULL ORDER BY name`))
	require.Equal(t, []string{"A", "B"}, w.texts(`SELECT name FROM rooms ORDER BY name`))
	for range 3 {
		read([]string{"place-B"}, []string{"place-B"})
	}
	require.Equal(t, []string{"B"}, w.texts(`SELECT name FROM rooms WHERE hidden_at IS NOT NULL AND misses = 0 AND cell_id IS NULL`))
	read(nil, nil)
	read(nil, nil)
	require.Equal(t, []string{"A"}, w.texts(`SELECT name FROM rooms`))
}

// The same of devices, by their ids.
func TestUnsureDevicesAreNotMissed(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept("t-1", inLondon())
	w.places(id, place("A", "London"))
	room := w.id(`SELECT id FROM rooms`)
	one, two := DeviceFound{GraphID: "d-1", Room: room, Kind: "teamsRoom"}, DeviceFound{GraphID: "d-2", Room: room, Kind: "teamsPanel"}
	w.devices(id, DevicesFound{Listed: true, Devices: []DeviceFound{one, two}})
	w.devices(id, DevicesFound{Listed: true, Unsure: []string{"D-1", "of-nobody"}})
	require.Equal(t, []string{"d-2"}, w.texts(`SELECT graph_id FROM devices WHERE misses > 0`))
	w.devices(id, DevicesFound{Listed: true})
	require.Equal(t, []string{"d-1", "d-2"}, w.texts(`SELECT graph_id FROM devices WHERE misses > 0 ORDER BY 1`))
}

// A customer may choose a room while Microsoft gives no id of it: then the choice has its address, and the stored room is the one that is meant.
func TestAChoiceByAddressKeepsTheStoredRoom(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept(northwind, policy.Grant{All: true})
	w.places(id, place("A", "London"), place("B", "London"))
	_, err := w.SetGrant(t.Context(), Act{Side: SideCustomer, TenantID: northwind}, policy.Own(northwind), 0, policy.Grant{Rooms: []string{"a@customer.example"}})
	require.NoError(t, err)
	require.Equal(t, []string{"A"}, w.texts(`SELECT name FROM rooms`))
	w.devices(id, DevicesFound{Listed: true, Devices: []DeviceFound{{GraphID: "d-1", Room: w.id(`SELECT id FROM rooms`), Kind: "teamsRoom"}}})
	require.Equal(t, []string{"d-1"}, w.texts(`SELECT graph_id FROM devices`))
	w.places(id, place("A", "London"), place("B", "London"))
	require.Equal(t, []string{"A"}, w.texts(`SELECT name FROM rooms WHERE hidden_at IS NULL`))
}

// What was still under way when the relation ended is refused, also where it waits for nobody: a check, a collection of devices, and what they give back.
func TestNothingIsWrittenOfACustomerThatLeft(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept(northwind, inLondon())
	w.places(id, place("A", "London"))
	room := w.id(`SELECT id FROM rooms`)
	checks, err := w.ClaimChecks(t.Context(), 10, time.Hour)
	require.NoError(t, err)
	require.Len(t, checks, 1)
	w.advance(time.Minute)
	lease := w.lease(id, CollectDevices)
	_, err = w.LeaveCustomer(t.Context(), Act{Side: SidePartner, OID: "admin"}, AskingAdmin{Actor: policy.Actor{User: policy.User("admin")}}, id, "Customer "+northwind)
	require.NoError(t, err)
	again := w.accept(northwind, inLondon()) // the same tenant, another relation

	written := func() []string {
		return append(w.texts(`SELECT capability FROM capabilities UNION ALL SELECT graph_id FROM devices UNION ALL SELECT name FROM rooms
			UNION ALL SELECT kind FROM collect_runs UNION ALL SELECT state FROM room_presences UNION ALL SELECT name FROM managed_devices`),
			w.texts(`SELECT customer_id || kind || due_at || leased_until || state FROM collect_jobs UNION ALL SELECT customer_id || due_at || leased_until FROM capability_checks`)...)
	}
	before := written()
	require.Len(t, before, 3, "what is due of the other relation")
	given := true
	require.ErrorIs(t, w.FinishCheck(t.Context(), collectWork(id), CheckOutcome{Lease: checks[0], StartedAt: w.time(), NextDue: w.time(), Devices: DevicesRead,
		Found: []Capability{{Name: "devices", State: "works", Given: &given, Tried: w.time()}}}), ErrNotFound)
	require.NoError(t, w.GiveBackCheck(t.Context(), checks[0]))
	_, err = w.ApplyDevices(t.Context(), collectWork(id), w.outcome(lease), DevicesFound{Listed: true, Rules: quietRules(), Accounts: map[ID]string{room: "a-1"},
		Devices: []DeviceFound{{GraphID: "d-1", Room: room}}, Instead: Instead{Presences: map[ID]string{room: PresenceOffline}, Asked: true}})
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorIs(t, w.FinishCollect(t.Context(), collectWork(id), w.outcome(lease)), ErrNotFound)
	require.NoError(t, w.GiveBackCollect(t.Context(), lease))
	for _, of := range []func() error{
		func() error { _, err := w.CollectTarget(t.Context(), collectWork(id), CollectDevices); return err },
		func() error { _, err := w.CheckTarget(t.Context(), collectWork(id)); return err },
	} {
		require.ErrorIs(t, of(), ErrNotFound)
	}
	require.Equal(t, before, written())
	require.NotEqual(t, id, again)
	require.ErrorContains(t, w.FinishCheck(t.Context(), collectWork(again), CheckOutcome{Lease: checks[0]}), "another customer")
}

// A room that was chosen by its address, because it had no id, is chosen by its id as soon as it gets one: the address is that of another room one day.
func TestARoomChosenByItsAddressIsChosenByItsIDLater(t *testing.T) {
	const id, address = "080ed1a0-7b54-4995-85a5-000000000301", "a@customer.example"
	known := place("A", "London")
	known.PlaceID = id
	for name, tc := range map[string]struct {
		chosen []string
		before bool // it is stored by its address first
		after  []string
	}{
		"stored by its address":  {[]string{"place-B", "A@Customer.example", "place-C"}, true, []string{"place-B", id, "place-C"}},
		"never stored without":   {[]string{address, "place-B"}, false, []string{id, "place-B"}},
		"chosen by both already": {[]string{strings.ToUpper(id), address, "place-B"}, true, []string{strings.ToUpper(id), "place-B"}},
		"chosen by its id":       {[]string{id, "place-B"}, false, []string{id, "place-B"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newCollectWorld(t)
			customer := w.accept("t-1", policy.Grant{Rooms: tc.chosen, Except: []policy.GrantRule{{City: "Paris"}}})
			grant := func() policy.Grant {
				var out policy.Grant
				require.NoError(t, fromJSON(w.texts(`SELECT grant_json FROM customers`)[0], &out))
				return out
			}
			if tc.before {
				old := known
				old.PlaceID = address
				w.places(customer, old, place("B", "London"))
				require.Equal(t, tc.chosen, grant().Rooms, "it has no id yet")
			} else {
				w.places(customer, place("B", "London"))
			}
			agreed := w.texts(`SELECT version FROM customers`)
			w.places(customer, known, place("B", "London"))
			require.Equal(t, policy.Grant{Rooms: tc.after, Except: []policy.GrantRule{{City: "Paris"}}}, grant())
			require.Equal(t, agreed, w.texts(`SELECT version FROM customers`), "nothing else is agreed now")
			require.Zero(t, w.places(customer, known, place("B", "London")))

			moved, other := known, place("Other", "London")
			moved.Email, other.Email = "new@customer.example", address
			w.places(customer, other, moved, place("B", "London"))
			require.Equal(t, []string{id, "place-B"}, w.texts(`SELECT place_id FROM rooms ORDER BY place_id`), "nobody chose the other room")
		})
	}
}

// Where the choice by address leaves a room out for another reason, it stays as it was made.
func TestAChoiceByAddressThatCoversNothingStays(t *testing.T) {
	w := newCollectWorld(t)
	customer := w.accept("t-1", policy.Grant{Rooms: []string{"a@customer.example"}, Except: []policy.GrantRule{{City: "London"}}})
	w.places(customer, place("A", "London"))
	require.Empty(t, w.texts(`SELECT name FROM rooms`))
	require.Equal(t, []string{`{"all":false,"rooms":["a@customer.example"],"except":[{"city":"London"}]}`}, w.texts(`SELECT grant_json FROM customers`))
}
