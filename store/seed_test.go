package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// The equality of Seed with the store's other functions is shown on a whole world in app (TestSeedEqualsTheStoresOwnFunctions). Here is what
// that world cannot show: failures, and the database afterwards.

// seedOne is a customer of two rooms, one of them in a scope, with one device that has one open incident.
func seedOne(name string) SeedCustomer {
	accepted := morning.AddDate(0, -1, 0)
	board, small, device, group, role := policy.NewID(), policy.NewID(), policy.NewID(), policy.NewID(), policy.NewID()
	opened := morning.Add(-time.Hour)
	return SeedCustomer{
		ID: policy.NewID(), NewID: policy.NewID, Country: "FR",
		Invitation: Invitation{ID: policy.NewID(), TenantID: name, Name: name, Grant: policy.Grant{All: true}, Ceiling: policy.DefaultCeiling(),
			RetentionDays: 180, SentAt: accepted.Add(-time.Hour), ExpiresAt: accepted.Add(time.Hour), DecidedAt: accepted, DecidedBy: "Maya"},
		Admins:      []Member{{"user:admin", "Admin"}},
		Roles:       []Role{{ID: role, Name: "Looks on", Permissions: []policy.Permission{policy.RoomsView, policy.TicketsView}}},
		Groups:      []RoomGroup{{ID: group, Name: "Ground floor", Rooms: []ID{board}}},
		Assignments: []Assignment{{ID: policy.NewID(), Role: role, Name: "Lookers-on", Members: []Member{{"user:bob", "Bob"}}, Scopes: []policy.Scope{policy.ScopeGroup(group)}}},
		Rooms: []SeedRoom{
			{ID: board, PlaceFound: PlaceFound{PlaceID: "p1", Name: "Board"}, Health: RoomAfter{Health: "unhealthy", Rank: 15, Important: 1}},
			{ID: small, PlaceFound: PlaceFound{PlaceID: "p2", Name: "Small"}, Health: RoomAfter{Health: "onboarding", Rank: 50}},
		},
		Devices: []SeedDevice{{ID: device, DeviceFound: DeviceFound{GraphID: "g1", Room: board, Kind: "teamsRoom"}, After: DeviceAfter{
			Signals:   []SignalState{{Signal: "room-camera", State: "bad", Severity: "important", Polls: 2, Since: opened}},
			Incidents: []IncidentState{{Signal: "room-camera", Category: "hardware", Severity: "important", State: IncidentActive, OpenedAt: opened, ActivatedAt: opened, Openings: 1}},
			Spans:     []SpanChange{{Signal: "room-camera", State: "bad", Severity: "important", At: opened}},
			Openings:  []OpeningChange{{Signal: "room-camera", OpenedAt: opened}},
			Events:    []EventAdded{{Signal: "room-camera", At: opened, Kind: "opened"}},
		}}},
		Runs: []SeedRun{
			{CollectOutcome{Lease: CollectLease{Kind: CollectPlaces}, StartedAt: morning, State: CollectOK, Good: true, NextDue: NeverDue()}, morning},
			{CollectOutcome{Lease: CollectLease{Kind: CollectDevices}, StartedAt: morning, State: CollectOK, Good: true, NextDue: NeverDue()}, morning},
		},
	}
}

func seedAll(list ...SeedCustomer) iter.Seq2[SeedCustomer, error] {
	return func(yield func(SeedCustomer, error) bool) {
		for _, c := range list {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func quiet(SeedCounts) {}

func TestSeedMakesADatabaseLikeAnyOther(t *testing.T) {
	h := openHouse(t)
	there, err := h.HasCustomers(t.Context())
	require.NoError(t, err)
	require.False(t, there)
	name, err := h.World(t.Context())
	require.NoError(t, err)
	require.Empty(t, name)

	one := seedOne("one")
	var told []SeedCounts
	counts, err := h.Seed(t.Context(), maya, "XS", seedAll(one, seedOne("two")), func(c SeedCounts) { told = append(told, c) })
	require.NoError(t, err)
	require.Equal(t, SeedCounts{Customers: 2, Rooms: 4, Devices: 2, Incidents: 2, Open: 2}, counts)
	require.Equal(t, []SeedCounts{{1, 2, 1, 1, 1}, counts}, told)
	require.EqualValues(t, 2, h.number(`SELECT count(*) FROM audit WHERE operation = 'customer.seed' AND actor_name = $1`, maya.Name))
	name, err = h.World(t.Context())
	require.NoError(t, err)
	require.Equal(t, "XS", name)
	there, err = h.HasCustomers(t.Context())
	require.NoError(t, err)
	require.True(t, there)

	// Nothing is left to do for what the rules of the house do by themselves.
	before := h.number(`SELECT sum(cell_id * 31 + health_rank) FROM rooms`)
	require.NoError(t, h.write(t.Context(), func(tx *tx) error { return recell(t.Context(), tx, one.ID, nil) }))
	require.Equal(t, before, h.number(`SELECT sum(cell_id * 31 + health_rank) FROM rooms`), "recell finds every room in its place")
	require.EqualValues(t, 2, h.number(`SELECT count(DISTINCT cell_id) FROM rooms WHERE customer_id = $1`, one.ID))
	for _, kind := range []CollectKind{CollectPlaces, CollectDevices} {
		due, err := h.CollectDue(t.Context(), kind, QueueAll)
		require.NoError(t, err)
		require.False(t, due, "nobody collects a seeded customer")
	}
	require.EqualValues(t, 1, h.number(`PRAGMA foreign_keys`), "as always")
	require.EqualValues(t, -16000, h.number(`PRAGMA cache_size`), "as always")
	require.EqualValues(t, 0, h.number(`PRAGMA ignore_check_constraints`), "as always")
	require.EqualValues(t, 1, h.number(`SELECT journal_mode = 'wal' FROM pragma_journal_mode`), "as always")
	rows, err := h.reader.Query(`PRAGMA foreign_key_check`)
	require.NoError(t, err)
	require.False(t, rows.Next(), "a row without its parent")
	require.NoError(t, rows.Close())

	decider := policy.NewDecider(h.Store, h.now, policy.Limits{})
	view, err := decider.View(t.Context(), policy.Actor{User: "user:bob"}, policy.TicketsView)
	require.NoError(t, err)
	list, err := h.Incidents(t.Context(), view, IncidentQuery{Limit: 10, Total: true})
	require.NoError(t, err)
	require.Equal(t, 2, list.Total)
	require.Equal(t, "Board", list.Incidents[0].RoomName)
}

func TestSeedIsAllOrNothing(t *testing.T) {
	stop := errors.New("stop")
	bad := seedOne("bad")
	bad.Devices[0].Room = policy.NewID()
	twice := seedOne("one")
	foreign := seedOne("foreign")
	foreign.Assignments[0].Scopes = []policy.Scope{policy.ScopeRoom(policy.NewID())}
	for name, c := range map[string]struct {
		customers func(context.CancelFunc) iter.Seq2[SeedCustomer, error]
		is        error
		says      string
	}{
		"the world breaks off": {func(context.CancelFunc) iter.Seq2[SeedCustomer, error] {
			return func(yield func(SeedCustomer, error) bool) {
				if yield(seedOne("one"), nil) {
					yield(SeedCustomer{}, stop)
				}
			}
		}, stop, ""},
		"a device in no room": {func(context.CancelFunc) iter.Seq2[SeedCustomer, error] { return seedAll(seedOne("one"), bad) }, nil, "in no room"},
		"a tenant twice":      {func(context.CancelFunc) iter.Seq2[SeedCustomer, error] { return seedAll(seedOne("one"), twice) }, nil, "UNIQUE"},
		"a foreign scope":     {func(context.CancelFunc) iter.Seq2[SeedCustomer, error] { return seedAll(foreign) }, ErrNotFound, ""},
		"somebody stops it": {func(cancel context.CancelFunc) iter.Seq2[SeedCustomer, error] {
			return func(yield func(SeedCustomer, error) bool) {
				for i := range 3 {
					if !yield(seedOne(fmt.Sprint(i)), nil) {
						return
					}
					cancel()
				}
			}
		}, context.Canceled, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := h.Seed(ctx, maya, "XS", c.customers(cancel), quiet)
			require.Error(t, err)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			require.ErrorContains(t, err, c.says)
			for _, table := range []string{"customers", "tenants", "rooms", "incidents", "audit", "cells"} {
				require.Zero(t, h.number(`SELECT count(*) FROM `+table), table)
			}
			require.EqualValues(t, 1, h.number(`PRAGMA foreign_keys`))
			require.EqualValues(t, 1, h.number(`SELECT journal_mode = 'wal' FROM pragma_journal_mode`))
			_, err = h.Seed(t.Context(), maya, "XS", seedAll(seedOne("one")), quiet)
			require.NoError(t, err, "it can begin again")
			_, err = h.Seed(t.Context(), maya, "XS", seedAll(seedOne("three")), quiet)
			require.ErrorIs(t, err, ErrHasCustomers)
			require.EqualValues(t, 1, h.number(`SELECT count(*) FROM customers`))
		})
	}
}
