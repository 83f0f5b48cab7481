package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

func TestRulesAreWhatWasWritten(t *testing.T) {
	h := openHouse(t)
	ctx, customer, other := t.Context(), h.customer(northwind), h.customer(tailspin)
	room, second := h.room(customer, "One"), h.room(customer, "Two")
	foreign := h.room(other, "Theirs")
	group, err := h.AddRoomGroup(ctx, maya, customer, RoomGroup{Name: "G", Rooms: []ID{second, foreign, policy.NewID()}})
	require.NoError(t, err)
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM room_group_rooms`), "rooms of others are left out")
	role, err := h.AddRole(ctx, maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.TicketsView, policy.RoomsView}})
	require.NoError(t, err)
	from, until := h.clock().Add(time.Hour), h.clock().Add(2*time.Hour)
	id, err := h.AddAssignment(ctx, maya, customer, Assignment{Role: role, Name: "Shift", Members: []Member{desk, pia, desk},
		Scopes: []policy.Scope{policy.ScopeRoom(room), policy.ScopeGroup(group)}, StartsAt: from, EndsAt: until})
	require.NoError(t, err)

	rules, err := h.Rules(ctx, customer)
	require.NoError(t, err)
	require.Empty(t, rules.Faults())
	require.False(t, rules.Closed)
	require.Equal(t, h.number(`SELECT rule_version FROM customers WHERE id = $1`, customer), rules.Version)
	require.Equal(t, policy.DefaultCeiling(), rules.Ceiling)
	require.Contains(t, rules.Roles, policy.Role{ID: role, Name: "Desk", Permissions: []policy.Permission{policy.RoomsView, policy.TicketsView}})
	require.Len(t, rules.Roles, 2)
	require.Len(t, rules.Assignments, 2)
	for _, a := range rules.Assignments {
		if a.ID == id {
			require.ElementsMatch(t, []policy.Scope{policy.ScopeRoom(room), policy.ScopeGroup(group)}, a.Scopes)
			require.Equal(t, []policy.Principal{desk.Principal, pia.Principal}, a.Members)
			require.Equal(t, []any{role, "Shift", from, until}, []any{a.Role, a.Name, a.From, a.Until})
		}
	}
	gone, err := h.Rules(ctx, policy.NewID())
	require.NoError(t, err)
	require.True(t, gone.Closed)
	h.run(`UPDATE customers SET state = 'withdrawn' WHERE id = $1`, customer)
	rules, err = h.Rules(ctx, customer)
	require.NoError(t, err)
	require.True(t, rules.Closed, "the customer's kill switch")

	version, reach, err := h.Reach(ctx, []policy.Principal{desk.Principal, pia.Principal})
	require.NoError(t, err)
	require.Equal(t, h.number(`SELECT value FROM counters`), version)
	require.Len(t, reach, 2, "each customer once")
	_, reach, err = h.Reach(ctx, []policy.Principal{policy.User("desk"), "user:nobody"})
	require.NoError(t, err)
	require.Empty(t, reach)
}

func TestAccessRefusals(t *testing.T) {
	h := openHouse(t)
	ctx, customer, other := t.Context(), h.customer(northwind), h.customer(tailspin)
	role, err := h.AddRole(ctx, maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	theirRole, err := h.AddRole(ctx, maya, other, Role{Name: "Desk"})
	require.NoError(t, err, "a name is taken for one customer only")
	theirRoom := h.room(other, "Theirs")
	theirGroup, err := h.AddRoomGroup(ctx, maya, other, RoomGroup{Name: "G", Rooms: []ID{theirRoom}})
	require.NoError(t, err)
	hidden := h.room(customer, "Hidden")
	h.run(`UPDATE rooms SET hidden_at = 1 WHERE id = $1`, hidden)
	_, err = h.AddRoomGroup(ctx, maya, customer, RoomGroup{Name: "G"})
	require.NoError(t, err)

	assign := func(role ID, member Member, scopes ...policy.Scope) func() error {
		return func() error {
			_, err := h.AddAssignment(ctx, maya, customer, Assignment{Role: role, Name: "a", Members: []Member{member}, Scopes: scopes})
			return err
		}
	}
	for _, tc := range []struct {
		name string
		do   func() error
		want any // an error, a conflict's code, or nil for any error
	}{
		{"a role of nobody", assign(policy.NewID(), pia, policy.ScopeAll), ErrNotFound},
		{"a role of another customer", assign(theirRole, pia, policy.ScopeAll), ErrNotFound},
		{"a group of another customer", assign(role, pia, policy.ScopeGroup(theirGroup)), ErrNotFound},
		{"a room of another customer", assign(role, pia, policy.ScopeAll, policy.ScopeRoom(theirRoom)), ErrNotFound},
		{"a hidden room", assign(role, pia, policy.ScopeRoom(hidden)), ErrNotFound},
		{"a room as a group", assign(role, pia, policy.ScopeRoom(theirGroup)), ErrNotFound},
		{"no scope", assign(role, pia, "everything"), nil},
		{"no member", assign(role, Member{Principal: "assignment:1"}, policy.ScopeAll), nil},
		{"a role name twice", func() error { _, err := h.AddRole(ctx, maya, customer, Role{Name: "Desk"}); return err }, "role-name-taken"},
		{"the name of the built-in role", func() error { _, err := h.AddRole(ctx, maya, customer, Role{Name: PrimaryAdmins}); return err }, "role-name-taken"},
		{"a group name twice", func() error { _, err := h.AddRoomGroup(ctx, maya, customer, RoomGroup{Name: "G"}); return err }, "group-name-taken"},
		{"a role for nobody's customer", func() error { _, err := h.AddRole(ctx, maya, policy.NewID(), Role{Name: "x"}); return err }, ErrNotFound},
		{"a group for nobody's customer", func() error { _, err := h.AddRoomGroup(ctx, maya, policy.NewID(), RoomGroup{Name: "x"}); return err }, ErrNotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := h.dump()
			err := tc.do()
			switch want := tc.want.(type) {
			case error:
				require.ErrorIs(t, err, want)
			case string:
				requireConflict(t, err, want)
			default:
				require.Error(t, err)
			}
			require.Equal(t, before, h.dump())
		})
	}
}

func TestAtMost200SingleRooms(t *testing.T) {
	h := openHouse(t)
	h.run(`PRAGMA synchronous = OFF`)
	customer := h.customer(northwind)
	role, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	var scopes []policy.Scope
	for i := range policy.MaxSingleRooms + 1 {
		scopes = append(scopes, policy.ScopeRoom(h.room(customer, fmt.Sprintf("Room %03d", i))))
	}
	add := func(scopes []policy.Scope) error {
		_, err := h.AddAssignment(t.Context(), maya, customer, Assignment{Role: role, Name: "a", Members: []Member{pia}, Scopes: scopes})
		return err
	}
	require.NoError(t, add(scopes[:policy.MaxSingleRooms]))
	require.NoError(t, add(scopes[:1]), "the same room twice counts once")
	before := h.dump()
	requireConflict(t, add(scopes[policy.MaxSingleRooms:]), "scope-too-many-rooms")
	require.Equal(t, before, h.dump())
}

// TestRightsMakeViewsStale asks for each change whether a view that was made before it still opens anything.
func TestRightsMakeViewsStale(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	pending := h.invited(tailspin)
	room := h.room(customer, "Boardroom 12")
	role, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.TicketsView}})
	require.NoError(t, err)
	decider := policy.NewDecider(h.Store, h.clock, policy.Limits{})
	actor := policy.Actor{User: pia.Principal}
	for _, tc := range []struct {
		name   string
		rights bool
		change func() error
	}{
		{"a role", true, func() error { _, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Other"}); return err }},
		{"a group", true, func() error {
			_, err := h.AddRoomGroup(t.Context(), maya, customer, RoomGroup{Name: "All", Rooms: []ID{room}})
			return err
		}},
		{"an assignment", true, func() error {
			_, err := h.AddAssignment(t.Context(), maya, customer, Assignment{Role: role, Name: "a", Members: []Member{desk}, Scopes: []policy.Scope{policy.ScopeRoom(room)}})
			return err
		}},
		{"another relation", true, func() error {
			_, err := h.AcceptInvitation(t.Context(), maya, managing, pending.ID, 0, []Member{pia})
			return err
		}},
		{"consent withdrawn in Entra", true, h.finishing(customer, CollectWithdrawn)},
		{"consent given again", true, func() error { return h.finishing(customer, CollectOK)() }},
		{"a collection", false, func() error { return h.finishing(customer, CollectOK)() }},
		{"consent", false, func() error { return h.Consented(t.Context(), maya, Tenant{ID: litware, Name: "L"}) }},
		{"a tenant manager", false, func() error {
			_, err := h.AddTenantManager(t.Context(), maya, TenantManager{Principal: pia.Principal, Name: "Pia"})
			return err
		}},
		{"a refused role", false, func() error {
			_, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Desk"})
			requireConflict(t, err, "role-name-taken")
			return nil
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.NoError(t, decider.Refresh(t.Context(), actor))
			view, err := decider.View(t.Context(), actor, policy.RoomsView)
			require.NoError(t, err)
			require.NoError(t, h.StillHolds(t.Context(), view))
			require.NoError(t, tc.change())
			list := func() error { _, err := h.Customers(t.Context(), view); return err }
			if !tc.rights {
				require.NoError(t, h.StillHolds(t.Context(), view))
				require.NoError(t, list())
				return
			}
			require.ErrorIs(t, h.StillHolds(t.Context(), view), ErrStaleView)
			require.ErrorIs(t, list(), ErrStaleView)
		})
	}
}

func TestViewEndsWithItsAssignment(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	role, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.TicketsView}})
	require.NoError(t, err)
	ends := h.clock().Add(time.Hour)
	tess := policy.User("tess")
	_, err = h.AddAssignment(t.Context(), maya, customer, Assignment{Role: role, Name: "a", Members: []Member{{tess, "Tess"}},
		Scopes: []policy.Scope{policy.ScopeAll}, EndsAt: ends})
	require.NoError(t, err)
	view, err := policy.NewDecider(h.Store, h.clock, policy.Limits{}).View(t.Context(), policy.Actor{User: tess}, policy.TicketsView)
	require.NoError(t, err)
	h.setClock(ends.Add(-time.Millisecond))
	_, err = h.CustomerByID(t.Context(), view, customer)
	require.NoError(t, err)
	h.setClock(ends)
	_, err = h.CustomerByID(t.Context(), view, customer)
	require.ErrorIs(t, err, ErrStaleView, "at the very moment")
}
