package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"roomward/policy"
)

// check compares what everybody may and sees with plain sets, after every step. One room at a time, and what one sees of the rules, is asked by one
// person after each step.
func (g *delegationGame) check(rt *rapid.T) {
	cells := map[ID]int64{}
	for _, c := range g.customers {
		for _, r := range c.rooms {
			if !r.hidden {
				cells[r.id] = int64(g.id(`SELECT cell_id FROM rooms WHERE id = $1`, r.id))
			}
		}
		require.Empty(rt, g.texts(`SELECT i.id FROM incidents i JOIN rooms r ON r.id = i.room_id WHERE r.customer_id = $1 AND i.cell_id IS NOT r.cell_id`, c.id))
		require.Empty(rt, g.texts(`SELECT d.id FROM devices d JOIN rooms r ON r.id = d.room_id WHERE r.customer_id = $1 AND d.cell_id IS NOT r.cell_id`, c.id))
	}
	g.checked++
	for n, who := range g.people {
		g.checkLists(rt, who) // refreshes what is known of the person, as a request does
		if n == g.checked%len(g.people) {
			g.checkRooms(rt, who)
			for _, c := range g.customers {
				g.checkRules(rt, who, c)
			}
		}
		g.checkDecisions(rt, who, cells)
	}
}

// same counts one compared decision.
func (g *delegationGame) same(rt *rapid.T, want, got bool, what string, args ...any) {
	if g.count.decisions++; want {
		g.count.allowed++
	}
	if want != got {
		rt.Fatalf("%s: %t, want %t", fmt.Sprintf(what, args...), got, want)
	}
}

func (g *delegationGame) view(rt *rapid.T, who policy.Actor, p policy.Permission) policy.View {
	v, err := g.decider.View(g.t.Context(), who, p)
	require.NoError(rt, err)
	return v
}

// again runs a read, and once more with new views when the store says that they are stale: never a third time.
func (g *delegationGame) again(rt *rapid.T, who policy.Actor, read func() error) error {
	err := read()
	if errors.Is(err, ErrStaleView) {
		require.NoError(rt, g.decider.Refresh(g.t.Context(), who))
		err = read()
	}
	require.NotErrorIs(rt, err, ErrStaleView)
	return err
}

// checkDecisions compares every permission in every room, and over all granted rooms.
func (g *delegationGame) checkDecisions(rt *rapid.T, who policy.Actor, cells map[ID]int64) {
	ctx, now := g.t.Context(), g.time()
	holdings, err := g.decider.Holdings(ctx, who)
	require.NoError(rt, err)
	for _, c := range g.customers {
		var somewhere, everywhere []policy.Permission
		for _, p := range gamePermissions {
			for _, r := range c.rooms {
				if r.hidden {
					continue
				}
				allowed, err := g.decider.Allowed(ctx, who, p, c.id, cells[r.id])
				require.NoError(rt, err)
				g.same(rt, c.held(who, p, r, now), allowed, "%v, %s in %s", who, p, r.name)
			}
			all := c.everywhere(who, p, now)
			g.same(rt, all, !g.view(rt, who, p).Everywhere().One(c.id).Empty(), "%v, %s everywhere in %s", who, p, c.name)
			if all {
				everywhere = append(everywhere, p)
			}
			if c.somewhere(who, p, now) {
				somewhere = append(somewhere, p)
			}
		}
		var got policy.Holding
		if i := slices.IndexFunc(holdings, func(h policy.Holding) bool { return h.Customer == c.id }); i >= 0 {
			got = holdings[i]
		}
		require.Equal(rt, [][]policy.Permission{nonNil(somewhere), nonNil(everywhere)},
			[][]policy.Permission{nonNil(got.Permissions), nonNil(got.Everywhere)}, "%v holds in %s", who, c.name)
	}
}

// checkLists compares the lists of rooms and incidents, their counts and totals.
func (g *delegationGame) checkLists(rt *rapid.T, who policy.Actor) {
	ctx, now := g.t.Context(), g.time()
	var rooms, incidents []string
	for _, c := range g.customers {
		for _, r := range c.rooms {
			tickets := 0
			if c.held(who, policy.TicketsView, r, now) {
				tickets = r.incidents
			}
			if c.held(who, policy.RoomsView, r, now) {
				rooms = append(rooms, fmt.Sprint(c.name, " ", r.name, " ", tickets))
			}
			for range tickets {
				incidents = append(incidents, r.name)
			}
		}
	}
	var list RoomList
	var health map[string]int
	var bad IncidentList
	require.NoError(rt, g.again(rt, who, func() (err error) {
		v := g.view(rt, who, policy.RoomsView)
		if list, err = g.Rooms(ctx, v, g.view(rt, who, policy.TicketsView), RoomQuery{Sort: RoomsByName, Limit: MaxPage, Total: true}); err != nil {
			return err
		}
		if health, err = g.RoomCounts(ctx, v, RoomFilter{}); err != nil {
			return err
		}
		bad, err = g.Incidents(ctx, g.view(rt, who, policy.TicketsView), IncidentQuery{Limit: MaxPage, Total: true})
		return err
	}))
	var gotRooms, gotIncidents []string
	for _, r := range list.Rooms {
		gotRooms = append(gotRooms, fmt.Sprint(r.CustomerName, " ", r.Name, " ", r.OpenIncidents))
	}
	for _, i := range bad.Incidents {
		gotIncidents = append(gotIncidents, i.RoomName)
	}
	slices.Sort(gotRooms)
	slices.Sort(gotIncidents)
	require.Equal(rt, rooms, gotRooms, "%v", who)
	require.Equal(rt, incidents, gotIncidents, "%v", who)
	counted := 0
	for n := range maps.Values(health) {
		counted += n
	}
	require.Equal(rt, []int{len(rooms), len(rooms), len(incidents)}, []int{list.Total, counted, bad.Total}, "%v", who)
	g.count.decisions += 2 * 12
	g.count.allowed += len(rooms) + len(incidents)
}

// checkRooms asks for every single room by its id.
func (g *delegationGame) checkRooms(rt *rapid.T, who policy.Actor) {
	ctx, now := g.t.Context(), g.time()
	for _, c := range g.customers {
		for _, r := range c.rooms {
			var detail RoomDetail
			err := g.again(rt, who, func() (err error) {
				detail, err = g.Room(ctx, g.view(rt, who, policy.RoomsView), g.view(rt, who, policy.TicketsView), g.view(rt, who, policy.GroupsView), r.id)
				return err
			})
			if err != nil {
				require.ErrorIs(rt, err, ErrNotFound)
			}
			sees := c.held(who, policy.RoomsView, r, now)
			g.same(rt, sees, err == nil, "%v, %s by id", who, r.name)
			groups := 0
			for _, group := range c.groups {
				if sees && c.held(who, policy.GroupsView, r, now) && group.has(r) {
					groups++
				}
			}
			require.Len(rt, detail.Groups, groups, "%v, groups of %s", who, r.name)
		}
	}
}

// checkRules compares which assignments and groups of a customer somebody sees, and who exports its audit record.
func (g *delegationGame) checkRules(rt *rapid.T, who policy.Actor, c *gameCustomer) {
	ctx, now := g.t.Context(), g.time()
	by, err := g.decider.Authority(ctx, who, c.id)
	require.NoError(rt, err)

	sheet, err := g.Sheet(ctx, by)
	g.same(rt, c.somewhere(who, policy.RolesView, now), err == nil, "%v, roles of %s", who, c.name)
	var want, got []string
	for _, a := range c.assignments {
		if err == nil && c.seesAssignment(who, a, now) {
			want = append(want, a.name)
		}
	}
	for _, a := range sheet.Assignments {
		got = append(got, a.Name)
	}
	slices.Sort(want)
	require.Equal(rt, want, got, "%v sees assignments of %s", who, c.name)

	groups, err := g.RoomGroups(ctx, by)
	g.same(rt, c.somewhere(who, policy.GroupsView, now), err == nil, "%v, groups of %s", who, c.name)
	want, got = nil, nil
	for _, group := range c.groups {
		if err != nil || !c.seesGroup(who, group, now) {
			continue
		}
		n := 0
		for _, r := range c.rooms {
			if group.has(r) && c.held(who, policy.GroupsView, r, now) {
				n++
			}
		}
		want = append(want, fmt.Sprint(group.name, " ", n))
	}
	for _, group := range groups {
		got = append(got, fmt.Sprint(group.Name, " ", group.Count))
	}
	slices.Sort(want)
	require.Equal(rt, want, got, "%v sees groups of %s", who, c.name)

	related, err := g.decider.Related(ctx, who)
	require.NoError(rt, err)
	_, err = g.AuditExport(ctx, AskingAdmin{Actor: who, Related: related}, c.id, AuditPage{Until: now, Limit: 1})
	admin := slices.ContainsFunc(c.primary(), func(a *gameAssignment) bool {
		return a.holdsAt(now) && slices.ContainsFunc(a.members, func(m policy.Principal) bool {
			return !g.absent[m] && (m == who.User || slices.Contains(who.Groups, m))
		})
	})
	some := slices.ContainsFunc(gamePermissions, func(p policy.Permission) bool { return c.somewhere(who, p, now) })
	g.same(rt, admin && some, err == nil, "%v exports the audit record of %s: %v", who, c.name, err)
}
