package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// reads are all reads of rooms and incidents, each by the given views.
func (w *listWorld) reads(room, incident ID) map[string]func(rooms, tickets policy.View) error {
	ctx := context.Background()
	return map[string]func(rooms, tickets policy.View) error{
		"rooms":   func(v, i policy.View) error { _, err := w.store.Rooms(ctx, v, i, RoomQuery{Limit: 5}); return err },
		"room":    func(v, i policy.View) error { _, err := w.store.Room(ctx, v, i, policy.View{}, room); return err },
		"devices": func(v, _ policy.View) error { _, err := w.store.RoomDevices(ctx, v, room); return err },
		"signals": func(v, i policy.View) error { _, err := w.store.RoomSignals(ctx, v, i, room); return err },
		"counts":  func(v, _ policy.View) error { _, err := w.store.RoomCounts(ctx, v, RoomFilter{}); return err },
		"facets":  func(v, _ policy.View) error { _, err := w.store.RoomFacets(ctx, v, RoomFilter{}); return err },
		"foreign": func(v, i policy.View) error {
			_, err := w.store.Rooms(ctx, v, i, RoomQuery{Filter: RoomFilter{Customer: 1}})
			return err
		},
		"incidents": func(_, v policy.View) error { _, err := w.store.Incidents(ctx, v, IncidentQuery{Limit: 5}); return err },
		"incident":  func(r, v policy.View) error { _, err := w.store.Incident(ctx, v, r, incident); return err },
		"history": func(_, v policy.View) error {
			_, _, err := w.store.IncidentHistory(ctx, v, incident, nil, 5)
			return err
		},
		"incident counts": func(_, v policy.View) error {
			_, err := w.store.IncidentCounts(ctx, v, IncidentFilter{})
			return err
		},
		"incident facets": func(_, v policy.View) error {
			_, err := w.store.IncidentFacets(ctx, v, IncidentFilter{})
			return err
		},
	}
}

func TestEveryReadRefusesAStaleView(t *testing.T) {
	w, r, ann := oneRoomWorld(t, Room{Name: "Board"})
	i := &listIncident{room: r, Incident: Incident{ID: policy.NewID(), Signal: "room-camera", Category: "hardware", Severity: "critical",
		SeverityRank: 10, State: IncidentActive, OpenedAt: listStart}}
	w.addIncident(t, i)
	reads := w.reads(r.ID, i.ID)
	nobody := policy.Actor{User: policy.User("nobody")}
	rooms, tickets := w.view(t, ann, policy.RoomsView), w.view(t, ann, policy.TicketsView)
	noRooms, noTickets := w.view(t, nobody, policy.RoomsView), w.view(t, nobody, policy.TicketsView)
	for name, read := range reads {
		require.NoError(t, read(rooms, tickets), name)
	}
	w.addGrant(t, r.customer, listGrant{permissions: []policy.Permission{policy.RoomsView}, members: []policy.Principal{policy.User("bob")},
		scopes: []policy.Scope{policy.ScopeRoom(r.ID)}})
	for name, read := range reads {
		require.ErrorIs(t, read(rooms, tickets), ErrStaleView, name)
		require.ErrorIs(t, read(noRooms, noTickets), ErrStaleView, "%s: only the store knows whether nothing is still nothing", name)
	}
	rooms, tickets = w.freshView(t, ann, policy.RoomsView), w.view(t, ann, policy.TicketsView)
	for name, read := range reads {
		require.NoError(t, read(rooms, tickets), name)
	}
}

func TestEveryReadRefusesAViewPastItsTime(t *testing.T) {
	w, r, _ := oneRoomWorld(t, Room{Name: "Board"})
	w.addGrant(t, r.customer, listGrant{permissions: listPermissions, members: []policy.Principal{policy.User("bob")}, scopes: []policy.Scope{policy.ScopeAll},
		until: listStart.Add(time.Minute)})
	bob := policy.Actor{User: policy.User("bob")}
	i := &listIncident{room: r, Incident: Incident{ID: policy.NewID(), Signal: "room-camera", Category: "hardware", Severity: "critical",
		SeverityRank: 10, State: IncidentActive, OpenedAt: listStart}}
	w.addIncident(t, i)
	rooms, tickets := w.freshView(t, bob, policy.RoomsView), w.view(t, bob, policy.TicketsView)
	for name, read := range w.reads(r.ID, i.ID) {
		require.NoError(t, read(rooms, tickets), name)
	}
	w.clock.Add(time.Minute.Milliseconds())
	for name, read := range w.reads(r.ID, i.ID) {
		require.ErrorIs(t, read(rooms, tickets), ErrStaleView, name)
	}
}

// A second view of the same read must be as fresh as the first: rights on incidents may go while those on rooms stay.
func TestTheSecondViewMustBeFreshToo(t *testing.T) {
	w, r, ann := oneRoomWorld(t, Room{Name: "Board"})
	old := w.view(t, ann, policy.TicketsView)
	w.addGrant(t, r.customer, listGrant{permissions: listPermissions, members: []policy.Principal{policy.User("bob")}, scopes: []policy.Scope{policy.ScopeAll}})
	fresh := w.freshView(t, ann, policy.RoomsView)
	_, err := w.store.Rooms(context.Background(), fresh, old, RoomQuery{})
	require.ErrorIs(t, err, ErrStaleView)
	_, err = w.store.Room(context.Background(), fresh, old, policy.View{}, r.ID)
	require.ErrorIs(t, err, ErrStaleView)
	_, err = w.store.RoomSignals(context.Background(), fresh, old, r.ID)
	require.ErrorIs(t, err, ErrStaleView)
}

// Views that are not a member's show nothing here: an overview is no right to data, and background work reads by other ways.
func TestOtherViewsShowNothing(t *testing.T) {
	w, r, _ := oneRoomWorld(t, Room{Name: "Board"})
	i := &listIncident{room: r, Incident: Incident{ID: policy.NewID(), Signal: "room-camera", Category: "hardware", Severity: "critical",
		SeverityRank: 10, State: IncidentActive, OpenedAt: listStart}}
	w.addIncident(t, i)
	ctx := context.Background()
	for _, v := range []policy.View{{}, policy.Overview(policy.Powers{GlobalAdmin: true}), policy.Own("tenant-0"), policy.ForWork(r.customer.id, "test")} {
		name := fmt.Sprint(v.Kind())
		rooms, err := w.store.Rooms(ctx, v, v, RoomQuery{Total: true})
		require.NoError(t, err, name)
		require.Empty(t, rooms.Rooms, name)
		require.Zero(t, rooms.Total, name)
		_, err = w.store.Room(ctx, v, v, policy.View{}, r.ID)
		require.ErrorIs(t, err, ErrNotFound, name)
		incidents, err := w.store.Incidents(ctx, v, IncidentQuery{Total: true})
		require.NoError(t, err, name)
		require.Empty(t, incidents.Incidents, name)
		require.Zero(t, incidents.Total, name)
		_, err = w.store.Incident(ctx, v, v, i.ID)
		require.ErrorIs(t, err, ErrNotFound, name)
		facets, err := w.store.IncidentFacets(ctx, v, IncidentFilter{})
		require.NoError(t, err, name)
		require.Empty(t, facets.Customers, name)
	}
}

func TestPagesAreBounded(t *testing.T) {
	require.Equal(t, []int{1, 1, 7, MaxPage, MaxPage}, []int{pageSize(-3), pageSize(0), pageSize(7), pageSize(MaxPage), pageSize(1_000_000)})
}

func TestAWriteBetweenPagesNeitherRepeatsNorSkipsOthers(t *testing.T) {
	w, r, ann := oneRoomWorld(t, Room{Name: "Board"})
	ctx := context.Background()
	var incidents []*listIncident
	for n := range 6 {
		i := &listIncident{room: r, Incident: Incident{ID: policy.NewID(), Signal: fmt.Sprint("display-", n), Category: "display", Severity: "critical",
			SeverityRank: 10, State: IncidentActive, OpenedAt: listStart.Add(-time.Duration(n) * time.Minute)}}
		w.addIncident(t, i)
		incidents = append(incidents, i)
	}
	v := w.view(t, ann, policy.TicketsView)
	first, err := w.store.Incidents(ctx, v, IncidentQuery{Limit: 3})
	require.NoError(t, err)
	w.insert(t, `UPDATE incidents SET state = 'resolved', open = 0 WHERE id = $1`, incidents[2].ID) // the last of the page
	w.insert(t, `UPDATE incidents SET opened_at = $1 WHERE id = $2`, millis(listStart)+1, incidents[5].ID)
	newer := &listIncident{room: r, Incident: incidents[0].Incident}
	newer.ID, newer.Signal, newer.OpenedAt = policy.NewID(), "speaker", listStart.Add(time.Second)
	w.addIncident(t, newer)
	after := IncidentsNewest.Key(first.Incidents[2])
	second, err := w.store.Incidents(ctx, v, IncidentQuery{Limit: 3, After: &after})
	require.NoError(t, err)
	var got []ID
	for _, i := range second.Incidents {
		got = append(got, i.ID)
	}
	require.Equal(t, []ID{incidents[3].ID, incidents[4].ID}, got)
	require.False(t, second.More)
}

// Allocations are what a page costs beside its plan, and unlike time they are the same everywhere. A list of 50 rows with some 20 columns each
// needs one for each text and a few for the statement; a page that grows beyond that works harder than it did.
func TestPagesAllocateLittle(t *testing.T) {
	w, _, _ := planWorld(t)
	ann := policy.Actor{User: policy.User("ann")}
	rooms, tickets := w.freshView(t, ann, policy.RoomsView), w.view(t, ann, policy.TicketsView)
	ctx := context.Background()
	for name, c := range map[string]struct {
		most float64
		read func() (int, error)
	}{
		"rooms": {1_300, func() (int, error) {
			list, err := w.store.Rooms(ctx, rooms, tickets, RoomQuery{Limit: 50, Total: true})
			return len(list.Rooms), err
		}},
		"incidents": {1_900, func() (int, error) {
			list, err := w.store.Incidents(ctx, tickets, IncidentQuery{Limit: 50, Total: true})
			return len(list.Incidents), err
		}},
	} {
		var n int
		var err error
		allocated := testing.AllocsPerRun(20, func() { n, err = c.read() })
		require.NoError(t, err)
		require.Equal(t, 50, n)
		require.LessOrEqual(t, allocated, c.most, name)
	}
}
