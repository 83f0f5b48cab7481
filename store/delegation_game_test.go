package store

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"roomward/policy"
)

// gameLife is how long the delegation game is played with new seeds, such as ROOMWARD_RANDOM=10m. Without it a few games are played that are
// always the same.
const gameLife = "ROOMWARD_RANDOM"

// TestDelegationGame lets people of a partner change roles, assignments, room groups and primary admins of two customers, each by its own rights and
// through the methods that the API uses, while rooms move, time passes, ceilings and demanded sign-ins change and accounts come and go. After each step plain sets say
// whether it was to be done, who sees what, and that nobody gained what the asking person could not give.
func TestDelegationGame(t *testing.T) {
	set := func(name, value string) {
		old := flag.Lookup(name).Value.String()
		require.NoError(t, flag.Set(name, value))
		t.Cleanup(func() { require.NoError(t, flag.Set(name, old)) })
	}
	set("rapid.checks", "12")
	set("rapid.steps", "60")
	count := &gameCount{outcomes: map[string]int{}}
	if text := os.Getenv(gameLife); text != "" {
		life, err := time.ParseDuration(text)
		require.NoError(t, err)
		for end := time.Now().Add(life); time.Now().Before(end); {
			set("rapid.seed", fmt.Sprint(time.Now().UnixNano()))
			playDelegation(t, count)
		}
	} else {
		set("rapid.seed", "20261120")
		playDelegation(t, count)
	}
	t.Logf("%d games, %d decisions compared, %d of them allowed; steps %v; %d pairs gained by steps", count.games, count.decisions, count.allowed, count.outcomes, count.gained)
	require.Greater(t, count.decisions, 50_000)
	require.Greater(t, count.allowed, count.decisions/20)
	require.Greater(t, count.gained, 100)
	for _, outcome := range []string{"", gameNotFound, "may-not-change", "may-not-grant", "above-ceiling"} {
		require.NotZero(t, count.outcomes[outcome], "the games prove too little: %q", outcome)
	}
}

// gameCount says what the games came across.
type gameCount struct {
	games, decisions, allowed, gained int
	outcomes                          map[string]int
}

func playDelegation(t *testing.T, count *gameCount) {
	w := newCollectWorld(t)
	_, err := w.writer.Exec(`PRAGMA synchronous = OFF`) // thousands of small changes
	require.NoError(t, err)
	decider := policy.NewDecider(w.Store, w.time, policy.Limits{Actors: 4}) // fewer than there are people
	rapid.Check(t, func(rt *rapid.T) {
		count.games++
		g := &delegationGame{collectWorld: w, decider: decider, count: count, number: count.games, absent: map[policy.Principal]bool{}}
		g.begin()
		g.check(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"create role":          g.createRole,
			"change role":          g.changeRole,
			"delete role":          g.deleteRole,
			"create assignment":    g.createAssignment,
			"change assignment":    g.changeAssignment,
			"delete assignment":    g.deleteAssignment,
			"add primary admin":    g.addPrimaryAdmin,
			"remove primary admin": g.removePrimaryAdmin,
			"create group":         g.createGroup,
			"change group":         g.changeGroup,
			"delete group":         g.deleteGroup,
			"facts":                g.moveRooms,
			"ceiling":              g.changeCeiling,
			"strong sign-in":       g.changeStrongAuth,
			"time":                 g.passTime,
			"absence":              g.changeAbsence,
			"":                     g.check,
		})
	})
}

// delegationGame plays on a real store and on plain sets. Every game has customers and people of its own.
type delegationGame struct {
	*collectWorld
	decider   *policy.Decider
	count     *gameCount
	number    int // of the game
	names     int // given to things
	checked   int // times
	people    []policy.Actor
	members   []policy.Principal
	customers []*gameCustomer
	absent    map[policy.Principal]bool
}

func (g *delegationGame) begin() {
	user := func(name string) policy.Principal { return policy.User(fmt.Sprint(name, "-", g.number)) }
	group := func(name string) policy.Principal { return policy.Group(fmt.Sprint(name, "-", g.number)) }
	g.people = []policy.Actor{
		{User: user("ada"), Contexts: []string{"c1", "c2"}},
		{User: user("ann"), Groups: []policy.Principal{group("desk")}},
		{User: user("ann"), Groups: []policy.Principal{group("desk")}, Contexts: []string{"c1"}}, // in another session
		{User: user("bob"), Groups: []policy.Principal{group("desk"), group("field")}, Contexts: []string{"c2"}},
		{User: user("cat"), Contexts: []string{"c1"}},
		{User: user("dan"), Groups: []policy.Principal{group("field")}},
		{User: user("desk")}, // the object id of a group
	}
	g.members = []policy.Principal{user("ada"), user("ann"), user("cat"), user("dan"), user("desk"), group("desk"), group("field")}
	g.run(`UPDATE collect_jobs SET due_at = $1`, int64(1)<<60) // those of the games before are done with
	for n := range 2 {
		tenant := fmt.Sprintf("game-%d-%d", g.number, n)
		c := &gameCustomer{id: g.accept(tenant, policy.Grant{All: true}), name: "Customer " + tenant, ceiling: gamePermissions}
		g.customers = append(g.customers, c)
		if n == 1 {
			c.ceiling = slices.DeleteFunc(slices.Clone(gamePermissions), func(p policy.Permission) bool { return p == policy.RoomsResetKey })
		}
		g.run(`UPDATE customers SET ceiling_json = $1 WHERE id = $2`, mustJSON(g.t, c.ceiling), c.id)
		g.run(`UPDATE assignment_members SET principal = $1 WHERE customer_id = $2`, user("ada"), c.id)
		role, first := g.id(`SELECT id FROM roles WHERE customer_id = $1`, c.id), g.id(`SELECT id FROM assignments WHERE customer_id = $1`, c.id)
		c.roles = []*gameRole{{id: role, name: PrimaryAdmins, builtIn: true, permissions: builtInPermissions}}
		c.assignments = []*gameAssignment{{id: first, role: role, name: AssignedAdmins, members: []policy.Principal{user("ada")}, scopes: []policy.Scope{policy.ScopeAll}}}
		var found []PlaceFound
		for i := range 6 {
			r := &gameRoom{name: fmt.Sprint("Room ", n, i), city: []string{"London", "Paris", "Rome"}[i%3], building: []string{"One", "Two"}[i%2], incidents: i % 3}
			c.rooms = append(c.rooms, r)
			found = append(found, r.found())
		}
		g.places(c.id, found...)
		for _, r := range c.rooms {
			r.id = g.id(`SELECT id FROM rooms WHERE customer_id = $1 AND name = $2`, c.id, r.name)
			g.run(`INSERT INTO devices (id, customer_id, room_id, cell_id, graph_id, kind, maker, model, serial, asset_tag, health, activity, created_at, updated_at)
				SELECT $1, customer_id, id, cell_id, $2, 'teamsRoom', '', '', '', '', 'healthy', 'idle', 1, 1 FROM rooms WHERE id = $3`, policy.NewID(), r.id.String(), r.id)
			for k := range r.incidents {
				g.run(`INSERT INTO incidents (id, customer_id, room_id, cell_id, device_id, signal, category, severity, severity_rank, state, open, opened_at, updated_at)
					SELECT $1, r.customer_id, r.id, r.cell_id, d.id, $2, 'hardware', 'critical', 10, 'active', 1, 1, 1
					FROM rooms r JOIN devices d ON d.room_id = r.id WHERE r.id = $3`, policy.NewID(), fmt.Sprint("signal-", k), r.id)
			}
		}
		g.starters(c)
	}
}

// starters are what the partner begins with, so that random steps meet people who hold something.
func (g *delegationGame) starters(c *gameCustomer) {
	ctx := g.t.Context()
	group := &gameGroup{name: "Group of London", kind: GroupByRules, rules: []GroupRule{{City: []string{"London"}}}}
	if c == g.customers[0] { // all rooms that there are, and yet not all
		group.rules[0].City = []string{"London", "Paris", "Rome"}
	}
	var err error
	group.id, err = g.AddRoomGroup(ctx, Act{}, c.id, RoomGroup{Name: group.name, Kind: group.kind, Rules: group.rules})
	require.NoError(g.t, err)
	c.groups = append(c.groups, group)
	site := []policy.Permission{policy.RoomsView, policy.GroupsView, policy.GroupsCreate, policy.GroupsModify, policy.RolesView, policy.RolesModify}
	for _, start := range []struct {
		name        string
		permissions []policy.Permission
		member      int
		scope       policy.Scope
	}{
		{"Site", site, 5, policy.ScopeGroup(group.id)},
		{"Lead", []policy.Permission{policy.RoomsView, policy.RolesView, policy.RolesModify}, 6, policy.ScopeRoom(c.rooms[2].id)},
		{"Desk", []policy.Permission{policy.RoomsView, policy.TicketsView}, 2, policy.ScopeRoom(c.rooms[1].id)},
		{"Everything", gamePermissions, 3, policy.ScopeAll},
	} {
		role := &gameRole{name: start.name, permissions: start.permissions}
		role.id, err = g.AddRole(ctx, Act{}, c.id, Role{Name: role.name, Permissions: role.permissions})
		require.NoError(g.t, err)
		a := &gameAssignment{role: role.id, name: "Assignment of " + start.name, members: g.members[start.member : start.member+1], scopes: []policy.Scope{start.scope}}
		a.id, err = g.AddAssignment(ctx, Act{}, c.id, a.row())
		require.NoError(g.t, err)
		c.roles, c.assignments = append(c.roles, role), append(c.assignments, a)
	}
}

func (g *delegationGame) run(statement string, args ...any) {
	g.t.Helper()
	require.NoError(g.t, g.write(g.t.Context(), func(t *tx) error { _, err := t.exec(g.t.Context(), statement, args...); return err }))
}

func (r *gameRoom) found() PlaceFound {
	p := place(r.name, r.city)
	p.Building = r.building
	return p
}

func (a *gameAssignment) row() Assignment {
	row := Assignment{ID: a.id, Role: a.role, Name: a.name, Scopes: a.scopes, StartsAt: a.from, EndsAt: a.until}
	for _, m := range a.members {
		row.Members = append(row.Members, Member{Principal: m, Name: string(m)})
	}
	return row
}

// ask makes a step as a person: the store must answer what plain sets answered, and when it is done nobody may have gained what the person could not
// give. do gets the authority that the API would get; done repeats the change on the sets.
func (g *delegationGame) ask(rt *rapid.T, who policy.Actor, c *gameCustomer, want string, do func(policy.Authority) error, done func(),
	mayGive func(before *gameCustomer, p policy.Permission, room *gameRoom) bool) {
	var err error
	for try := 0; ; try++ {
		by, wrong := g.decider.Authority(g.t.Context(), who, c.id)
		require.NoError(rt, wrong)
		if err = do(by); !errors.Is(err, ErrStaleView) {
			break
		}
		require.Less(rt, try, 1, "stale after a refresh")
		require.NoError(rt, g.decider.Refresh(g.t.Context(), who))
	}
	require.Equal(rt, want, gameOutcome(err), "%v asks, and gets %v", who, err)
	g.count.outcomes[want]++
	if want != "" {
		return
	}
	before := c.copied()
	done()
	g.follow()
	for _, at := range append(c.moments(g.time()), g.time()) {
		for _, other := range g.people {
			for _, p := range gamePermissions {
				for _, room := range append([]*gameRoom{nil}, c.rooms...) {
					if c.held(other, p, room, at) && !before.held(other, p, room, at) {
						g.count.gained++
						require.True(rt, mayGive(before, p, room), "%v gains %s in %+v at %v by %v", other, p, room, at, who)
					}
				}
			}
		}
	}
}

// byRole is what a person may give by roles and assignments.
func (g *delegationGame) byRole(who policy.Actor) func(*gameCustomer, policy.Permission, *gameRoom) bool {
	at := g.time()
	return func(before *gameCustomer, p policy.Permission, room *gameRoom) bool {
		return before.mayGive(who, p, room, at)
	}
}

// byGroup is what moves with a group that is a scope: all or nothing of it is for who holds groups.modify over all granted rooms.
func (g *delegationGame) byGroup(who policy.Actor) func(*gameCustomer, policy.Permission, *gameRoom) bool {
	at := g.time()
	return func(before *gameCustomer, _ policy.Permission, room *gameRoom) bool {
		return room != nil && before.everywhere(who, policy.GroupsModify, at)
	}
}

func gameOutcome(err error) string {
	var refusal *policy.Refusal
	var conflict Conflict
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrNotFound):
		return gameNotFound
	case errors.As(err, &refusal):
		return refusal.Code
	case errors.As(err, &conflict):
		return conflict.Code
	}
	return err.Error()
}

// moments are when assignments of a customer are yet to begin.
func (c *gameCustomer) moments(now time.Time) (list []time.Time) {
	for _, a := range c.assignments {
		if a.from.After(now) {
			list = append(list, a.from)
		}
	}
	return list
}

// follow closes relations in which nobody can act as primary admin, and opens them again.
func (g *delegationGame) follow() {
	for _, c := range g.customers {
		c.closed = !slices.ContainsFunc(c.primary(), func(a *gameAssignment) bool {
			return a.holdsAt(g.time()) && slices.ContainsFunc(a.members, func(m policy.Principal) bool { return !g.absent[m] })
		})
	}
}

// The steps that nobody of the partner asks for.

func (g *delegationGame) moveRooms(rt *rapid.T) {
	c := g.drawCustomer(rt)
	var found []PlaceFound
	for _, r := range c.rooms {
		if r.hidden = !r.hidden && seldom(rt, "hidden"); r.hidden { // never twice in a row, or it would be purged
			continue
		}
		if rapid.Bool().Draw(rt, "moves") {
			r.city, r.building = pick(rt, []string{"London", "Paris", "Rome"}, "city"), pick(rt, []string{"One", "Two"}, "building")
		}
		found = append(found, r.found())
	}
	g.places(c.id, found...)
	require.NoError(rt, g.FollowAdmins(g.t.Context()))
	g.follow()
}

func (g *delegationGame) changeCeiling(rt *rapid.T) {
	c := g.drawCustomer(rt)
	c.ceiling = gamePermissions
	if rapid.Bool().Draw(rt, "narrow") {
		c.ceiling = nil
		for _, p := range gamePermissions {
			if !seldom(rt, "without") {
				c.ceiling = append(c.ceiling, p)
			}
		}
	}
	// The customer's own way to its ceiling is yet to come: what it will do is this.
	require.NoError(rt, g.changeRules(g.t.Context(), Act{Side: SideCustomer}, c.id, "ceiling.update", c.name, c.id, func(t *tx) error {
		_, err := t.exec(g.t.Context(), `UPDATE customers SET ceiling_json = $1 WHERE id = $2`, mustJSON(rt, nonNil(c.ceiling)), c.id)
		return err
	}))
}

func (g *delegationGame) changeStrongAuth(rt *rapid.T) {
	c := g.drawCustomer(rt)
	c.strongAuth = pick(rt, []string{"", "", "c1", "c2"}, "demanded")
	require.NoError(rt, g.changeRules(g.t.Context(), Act{Side: SideCustomer}, c.id, "strong-auth.update", c.name, c.id, func(t *tx) error {
		_, err := t.exec(g.t.Context(), `UPDATE customers SET strong_auth = $1 WHERE id = $2`, c.strongAuth, c.id)
		return err
	}))
}

func (g *delegationGame) passTime(rt *rapid.T) {
	ahead := []time.Duration{time.Minute, time.Hour, 3 * time.Hour}
	for _, c := range g.customers { // also to the very millisecond of a start or an end
		for _, a := range c.assignments {
			for _, at := range []time.Time{a.from, a.until} {
				if at.After(g.time()) {
					ahead = append(ahead, at.Sub(g.time()), at.Sub(g.time())-time.Millisecond)
				}
			}
		}
	}
	g.advance(max(pick(rt, ahead, "ahead"), time.Millisecond))
	require.NoError(rt, g.FollowAdmins(g.t.Context()))
	g.follow()
}

func (g *delegationGame) changeAbsence(rt *rapid.T) {
	found := map[policy.Principal]Absence{}
	one := rapid.IntRange(0, 2*len(g.members)).Draw(rt, "absent") // mostly nobody
	for n, m := range g.members {
		if found[m] = ""; n == one {
			found[m] = AbsentGone
		}
		g.absent[m] = found[m] != ""
	}
	require.NoError(rt, g.NoteAbsences(g.t.Context(), maps.Clone(found)))
	g.follow()
}
