package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// overlapWorld is one customer whose person bob sees 200 rooms one by one, and a group that overlaps them.
func overlapWorld(t *testing.T) (w *listWorld, c *listCustomer, bob policy.Actor) {
	t.Helper()
	w = newListWorld(t, t.TempDir())
	t.Cleanup(func() { _ = w.store.Close() })
	c = &listCustomer{id: policy.NewID(), name: "Overlap", ceiling: listPermissions}
	for n := range 260 {
		c.rooms = append(c.rooms, &listRoom{customer: c, device: policy.NewID(), Room: Room{ID: policy.NewID(), Name: fmt.Sprintf("Room %03d", n),
			Health: "healthy", HealthRank: 60}})
	}
	for g := range 3 { // each overlaps the next, and the rooms that are named alone
		group := RoomGroup{Name: fmt.Sprint("group ", g)}
		for _, r := range c.rooms[150+g*20 : 200+g*20] {
			group.Rooms = append(group.Rooms, r.ID)
		}
		c.groups = append(c.groups, group)
	}
	w.addCustomer(t, c)
	bob = policy.Actor{User: policy.User("bob")}
	g := listGrant{permissions: listPermissions, members: []policy.Principal{bob.User}}
	for _, r := range c.rooms[:policy.MaxSingleRooms] {
		g.scopes = append(g.scopes, policy.ScopeRoom(r.ID))
	}
	w.addGrant(t, c, g)
	w.addGrant(t, c, listGrant{permissions: listPermissions, members: []policy.Principal{bob.User}, scopes: []policy.Scope{policy.ScopeGroup(c.groups[1].ID)}})
	w.addGrant(t, c, listGrant{permissions: listPermissions, members: []policy.Principal{policy.User("eve")},
		scopes: []policy.Scope{policy.ScopeGroup(c.groups[0].ID), policy.ScopeGroup(c.groups[2].ID)}})
	for _, r := range c.rooms {
		w.addIncident(t, &listIncident{room: r, Incident: Incident{ID: policy.NewID(), Signal: "room-camera", Category: "hardware", Severity: "critical",
			SeverityRank: 10, State: IncidentActive, OpenedAt: listStart}})
	}
	return w, c, bob
}

func TestManySingleRoomsAndOverlappingGroups(t *testing.T) {
	w, c, bob := overlapWorld(t)
	for _, actor := range []policy.Actor{bob, {User: policy.User("eve")}, {User: policy.User("ann")}} {
		v := w.freshView(t, actor, policy.TicketsView)
		var want, got []string
		for _, r := range c.rooms {
			if w.sees(actor, policy.TicketsView, r) {
				want = append(want, r.Name)
			}
		}
		list, err := w.store.Incidents(t.Context(), v, IncidentQuery{Limit: MaxPage, Total: true})
		require.NoError(t, err)
		for _, i := range list.Incidents {
			got = append(got, i.RoomName)
		}
		slices.Sort(got)
		require.Equal(t, want, got, "each once, whatever shows it")
		require.Equal(t, len(want), list.Total)
	}
	require.Empty(t, wrongCounts(t, w.store))
}

// A group that changes while lists are read: each list is that of before or that of after, with its total, never a mixture.
func TestGroupsChangeWhileListsAreRead(t *testing.T) {
	w, c, bob := overlapWorld(t)
	group := c.groups[1].ID
	members := [][]*listRoom{c.rooms[170:220], c.rooms[230:260]}
	wanted := map[string]bool{}
	for _, rooms := range members {
		names := []string{}
		for n, r := range c.rooms {
			if n < policy.MaxSingleRooms || slices.Contains(rooms, r) {
				names = append(names, r.Name)
			}
		}
		wanted[fmt.Sprint(names)] = true
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range 30 {
			if err := w.store.write(context.Background(), func(t *tx) error { return regroup(t, c.id, group, members[n%2]) }); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	found := map[string]int{}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		v := w.view(t, bob, policy.RoomsView)
		list, err := w.store.Rooms(t.Context(), v, v, RoomQuery{Limit: MaxPage, Sort: RoomsByName, Total: true})
		if errors.Is(err, ErrStaleView) {
			require.NoError(t, w.decider.Refresh(t.Context(), bob))
			running = true
			continue
		}
		require.NoError(t, err)
		names := []string{}
		for _, r := range list.Rooms {
			names = append(names, r.Name)
		}
		require.True(t, wanted[fmt.Sprint(names)], "neither before nor after: %v", names)
		require.Equal(t, len(names), list.Total)
		found[fmt.Sprint(names)]++
	}
	require.NotEmpty(t, found)
	require.Empty(t, wrongCounts(t, w.store))
}

// regroup gives a group other rooms, as one change of rules.
func regroup(t *tx, customer, group ID, rooms []*listRoom) error {
	ctx := context.Background()
	if _, err := t.exec(ctx, `DELETE FROM room_group_rooms WHERE group_id = $1`, group); err != nil {
		return err
	}
	for _, r := range rooms {
		if _, err := t.exec(ctx, `INSERT INTO room_group_rooms (group_id, room_id) VALUES ($1, $2)`, group, r.ID); err != nil {
			return err
		}
	}
	if err := recell(ctx, t, customer, nil); err != nil {
		return err
	}
	return raiseRules(ctx, t, customer)
}
