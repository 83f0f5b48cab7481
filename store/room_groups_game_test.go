package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"roomward/policy"
)

// The naive evaluator: plain sets, and rules read by loops.
type naiveGroup struct {
	id    ID
	kind  GroupKind
	rules []GroupRule
	rooms map[string]bool // names; of a fixed group
}

type naiveRoom struct {
	found  PlaceFound
	kind   string // of its one device; "" for none
	maker  string
	hidden time.Time // zero while it is there
	misses int
}

func (g naiveGroup) holds(r *naiveRoom) bool {
	if g.kind == GroupFixed {
		return g.rooms[r.found.Name]
	}
	among := func(wanted []string, value string) bool {
		return len(wanted) == 0 || value != "" && slices.Contains(wanted, value)
	}
	for _, rule := range g.rules {
		if among(rule.City, r.found.City) && among(rule.Building, r.found.Building) && among(rule.Maker, r.maker) && among(rule.DeviceKind, r.kind) &&
			(rule.CapacityMin == 0 || r.found.Capacity >= rule.CapacityMin) {
			return true
		}
	}
	return false
}

// drawRules draws rules that name at least one fact.
func drawRules(t *rapid.T) (rules []GroupRule) {
	for range rapid.IntRange(1, 2).Draw(t, "rules") {
		var r GroupRule
		switch rapid.IntRange(0, 4).Draw(t, "fact") {
		case 0:
			r.City = []string{rapid.SampledFrom([]string{"London", "Paris"}).Draw(t, "city")}
		case 1:
			r.Building = []string{"One"}
			r.City = []string{"London", "Rome"}
		case 2:
			r.Maker = []string{rapid.SampledFrom([]string{"Logi", "Poly"}).Draw(t, "maker")}
		case 3:
			r.DeviceKind = []string{"panel"}
		case 4:
			r.CapacityMin = rapid.IntRange(1, 9).Draw(t, "seats")
		}
		rules = append(rules, r)
	}
	return rules
}

// groupGame plays random changes on a world and on the naive one.
type groupGame struct {
	*groupWorld
	rooms       map[string]*naiveRoom
	groups      []*naiveGroup
	assignments map[ID]policy.Scope // each of a member of its own, who is named as the assignment
	names       int
}

var groupGameRooms = []string{"A", "B", "C", "D", "E"}

func TestGroupsCellsAndViewsAgainstNaiveSets(t *testing.T) {
	w := newGroupWorld(t)
	_, err := w.writer.Exec(`PRAGMA synchronous = OFF`) // thousands of small changes
	require.NoError(t, err)
	games := 0
	rapid.Check(t, func(rt *rapid.T) {
		games++
		w.begin(fmt.Sprint("game-", games))
		g := &groupGame{groupWorld: w, rooms: map[string]*naiveRoom{}, assignments: map[ID]policy.Scope{}}
		rt.Repeat(map[string]func(*rapid.T){
			"places":   g.collectPlaces,
			"devices":  g.collectDevices,
			"create":   g.createGroup,
			"change":   g.changeGroup,
			"delete":   g.deleteGroup,
			"assign":   g.assignGroup,
			"unassign": g.unassignGroup,
			"":         g.check,
		})
	})
}

func (g *groupGame) collectPlaces(rt *rapid.T) {
	var found []PlaceFound
	listed := map[string]bool{}
	for _, name := range groupGameRooms {
		if rapid.IntRange(0, 3).Draw(rt, "there") == 0 {
			continue
		}
		p := place(name, rapid.SampledFrom([]string{"London", "Paris", ""}).Draw(rt, "city"))
		p.Building, p.Capacity = rapid.SampledFrom([]string{"One", "Two"}).Draw(rt, "building"), rapid.IntRange(0, 10).Draw(rt, "capacity")
		found, listed[name] = append(found, p), true
	}
	g.advance(rapid.SampledFrom([]time.Duration{0, 25 * time.Hour}).Draw(rt, "passed"))
	g.places(g.id, found...)
	for _, p := range found {
		if g.rooms[p.Name] == nil {
			g.rooms[p.Name] = &naiveRoom{}
		}
		r := g.rooms[p.Name]
		r.found, r.hidden, r.misses = p, time.Time{}, 0
	}
	for name, r := range g.rooms {
		switch {
		case listed[name]:
		case r.hidden.IsZero():
			r.hidden, r.misses = g.time(), 1
		case g.time().Sub(r.hidden) >= 24*time.Hour:
			delete(g.rooms, name)
			for _, group := range g.groups {
				delete(group.rooms, name)
			}
		}
	}
}

func (g *groupGame) collectDevices(rt *rapid.T) {
	if len(g.rooms) == 0 {
		rt.Skip("devices wait for the rooms")
	}
	rules := quietRules()
	rules.Room = func(b RoomBefore) RoomAfter {
		after := RoomAfter{Health: "healthy", Rank: 60}
		if len(b.Devices) > 0 {
			after.Maker = b.Devices[0].Maker
		}
		return after
	}
	found := DevicesFound{Rules: rules}
	for _, name := range slices.Sorted(maps.Keys(g.rooms)) {
		r := g.rooms[name]
		if !r.hidden.IsZero() || rapid.Bool().Draw(rt, "not listed") {
			continue
		}
		r.kind, r.maker = rapid.SampledFrom([]string{"teamsRoom", "panel"}).Draw(rt, "kind"), rapid.SampledFrom([]string{"Logi", "Poly"}).Draw(rt, "maker")
		found.Devices = append(found.Devices, DeviceFound{GraphID: "device-" + name + g.id.String(), Room: g.room(name), Kind: r.kind, Maker: r.maker, Read: true})
	}
	g.groupWorld.devices(g.id, found)
}

func (g *groupGame) room(name string) ID {
	list := g.texts(`SELECT id FROM rooms WHERE customer_id = $1 AND name = $2`, g.id, name)
	require.Len(g.t, list, 1)
	var id ID
	_, err := fmt.Sscan(list[0], (*int64)(&id))
	require.NoError(g.t, err)
	return id
}

// draw draws what a group is to be, and what the naive one makes of it: hidden rooms stay in a fixed group.
func (g *groupGame) draw(rt *rapid.T, old *naiveGroup) (RoomGroup, *naiveGroup) {
	g.names++
	group := RoomGroup{Name: fmt.Sprint("Group ", g.names), Kind: rapid.SampledFrom([]GroupKind{GroupFixed, GroupByRules}).Draw(rt, "group kind")}
	next := &naiveGroup{id: old.id, kind: group.Kind, rooms: map[string]bool{}}
	if group.Kind == GroupByRules {
		group.Rules = drawRules(rt)
		next.rules = group.Rules
		return group, next
	}
	group.Rooms = []ID{}
	for _, name := range slices.Sorted(maps.Keys(g.rooms)) {
		r := g.rooms[name]
		switch {
		case !r.hidden.IsZero():
			next.rooms[name] = old.kind == GroupFixed && old.rooms[name]
		case rapid.Bool().Draw(rt, "member"):
			group.Rooms, next.rooms[name] = append(group.Rooms, g.room(name)), true
		}
	}
	return group, next
}

func (g *groupGame) createGroup(rt *rapid.T) {
	if len(g.groups) >= 4 {
		rt.Skip("enough groups")
	}
	group, next := g.draw(rt, &naiveGroup{})
	next.id = g.create(group).ID
	g.groups = append(g.groups, next)
}

func (g *groupGame) changeGroup(rt *rapid.T) {
	if len(g.groups) == 0 {
		rt.Skip("none")
	}
	i := rapid.IntRange(0, len(g.groups)-1).Draw(rt, "group")
	group, next := g.draw(rt, g.groups[i])
	group.ID = next.id
	preview, err := g.PreviewRoomGroup(g.t.Context(), g.by(groupAdmin), group)
	require.NoError(rt, err)
	before := g.naiveMembers(g.groups[i])
	seen, err := g.ChangeRoomGroup(g.t.Context(), Act{Name: "Boss"}, g.by(groupAdmin), group, 0)
	require.NoError(rt, err)
	g.groups[i] = next
	after := g.naiveMembers(next)
	require.Equal(rt, len(after), seen.Count)
	require.Equal(rt, []any{len(after), without(after, before), without(before, after)}, []any{preview.Rooms, memberNames(preview.Entering), memberNames(preview.Leaving)})
}

func memberNames(list []GroupMember) []string {
	out := []string{}
	for _, m := range list {
		out = append(out, m.Name)
	}
	return out
}

func without(list, others []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return slices.Contains(others, name) })
}

func (g *groupGame) deleteGroup(rt *rapid.T) {
	if len(g.groups) == 0 {
		rt.Skip("none")
	}
	i := rapid.IntRange(0, len(g.groups)-1).Draw(rt, "group")
	err := g.DeleteRoomGroup(g.t.Context(), Act{}, g.by(groupAdmin), g.groups[i].id, 0)
	for _, scope := range g.assignments {
		if scope.Group() == g.groups[i].id {
			require.Equal(rt, Conflict{"group-in-use"}, err)
			return
		}
	}
	require.NoError(rt, err)
	g.groups = slices.Delete(g.groups, i, i+1)
}

func (g *groupGame) assignGroup(rt *rapid.T) {
	if len(g.groups) == 0 || len(g.assignments) >= 3 {
		rt.Skip("none, or enough")
	}
	scope := policy.ScopeGroup(rapid.SampledFrom(g.groups).Draw(rt, "group").id)
	g.names++
	g.assignments[g.give(policy.Actor{User: policy.User(fmt.Sprint("member-", g.names))}, scope, policy.RoomsView)] = scope
}

func (g *groupGame) unassignGroup(rt *rapid.T) {
	if len(g.assignments) == 0 {
		rt.Skip("none")
	}
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(g.assignments))).Draw(rt, "assignment")
	require.NoError(rt, g.DeleteAssignment(g.t.Context(), Act{}, g.by(groupAdmin), id, 0))
	delete(g.assignments, id)
}

// naiveMembers are the names of the rooms that are there and in the group.
func (g *groupGame) naiveMembers(group *naiveGroup) []string {
	out := []string{}
	for _, name := range slices.Sorted(maps.Keys(g.rooms)) {
		if r := g.rooms[name]; r.hidden.IsZero() && group.holds(r) {
			out = append(out, name)
		}
	}
	return out
}

func (g *groupGame) check(rt *rapid.T) {
	cells := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(g.rooms)) {
		if !g.rooms[name].hidden.IsZero() {
			continue
		}
		in := []ID{}
		for _, group := range g.groups {
			if group.holds(g.rooms[name]) && slices.Contains(slices.Collect(maps.Values(g.assignments)), policy.ScopeGroup(group.id)) {
				in = append(in, group.id)
			}
		}
		slices.Sort(in)
		cells[name] = mustJSON(rt, in)
	}
	got := map[string]string{}
	for _, row := range g.texts(`SELECT r.name || ' ' || c.groups_json FROM rooms r JOIN cells c ON c.id = r.cell_id WHERE r.customer_id = $1`, g.id) {
		name, groups, _ := strings.Cut(row, " ")
		got[name] = groups
	}
	require.Equal(rt, cells, got)
	require.Empty(rt, g.texts(`SELECT d.id FROM devices d JOIN rooms r ON r.id = d.room_id WHERE d.cell_id IS NOT r.cell_id`))
	known, err := g.RoomGroups(context.Background(), g.by(groupAdmin))
	require.NoError(rt, err)
	require.Len(rt, known, len(g.groups))
	for _, group := range g.groups {
		want := g.naiveMembers(group)
		require.Equal(rt, want, append([]string{}, g.texts(`SELECT r.name FROM room_group_rooms m JOIN rooms r ON r.id = m.room_id
			WHERE m.group_id = $1 AND r.hidden_at IS NULL ORDER BY r.name`, group.id)...))
		for _, seen := range known {
			if seen.ID == group.id {
				require.Equal(rt, len(want), seen.Count)
			}
		}
	}
	for id, scope := range g.assignments {
		want := []string{}
		for _, group := range g.groups {
			if scope == policy.ScopeGroup(group.id) {
				want = g.naiveMembers(group)
			}
		}
		member := g.texts(`SELECT principal FROM assignment_members WHERE assignment_id = $1`, id)[0]
		require.Equal(rt, want, g.sees(policy.Actor{User: policy.Principal(member)}))
	}
}
