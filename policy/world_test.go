package policy

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"pgregory.net/rapid"
)

// A world is customers with rooms and rules, drawn at random and then answered for in two ways: by a Decider, which
// knows cells and Casbin, and by mayUse below, which knows neither. Identities are few and the same for customers,
// roles, assignments, groups and rooms, so that whatever mixes them up is found.

type world struct {
	Now       time.Time
	Version   int64
	Customers []worldCustomer
}

type worldCustomer struct {
	Rules Rules // Cells are derived from Rooms
	Rooms []worldRoom
}

type worldRoom struct {
	ID     ID
	Groups []ID
	Cell   int64
}

var (
	worldStart = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

	// One role permission is never in a ceiling of the default kind, one is in no role.
	worldPermissions = []Permission{RoomsView, RoomsModify, TicketsView, TicketsUpdate, RoomsResetKey, RolesModify}

	worldMembers = []Principal{
		User("ann"), User("bob"), Group("desk"), Group("field"), Group("night"),
		User("desk"), Group("ann"), // the same object id as another kind
		User(assignmentName(1)), Group(assignmentName(2)), User("role:" + ID(1).String()), // other names as object ids
	}
	worldActors = []Actor{
		{User: User("ann")},
		{User: User("ann"), Groups: []Principal{Group("desk"), Group("field")}},
		{User: User("ann"), Groups: []Principal{Group("desk"), Group("field")}, Contexts: []string{"c1"}}, // the same in another session
		{User: User("ann"), Groups: []Principal{Group("desk"), Group("field")}, Contexts: []string{"c1", "c2"}},
		{User: User("bob"), Groups: []Principal{Group("night"), Group("desk"), Group("unknown")}, Contexts: []string{"c2", "c11"}},
		{User: User("desk"), Groups: []Principal{Group("ann")}},
		{User: User(assignmentName(1)), Groups: []Principal{Group(assignmentName(2))}},
		{User: User("eve"), Groups: []Principal{User("ann"), Principal(assignmentName(1)), "", "ceiling", "group:"}},
		{User: User("eve"), Groups: []Principal{Principal("role:" + ID(1).String()), Principal(ScopeAll)}},
	}
)

func drawTime(t *rapid.T, label string) time.Time {
	switch step := rapid.IntRange(-2, 6).Draw(t, label); {
	case step < 0:
		return time.Time{}
	default:
		at := worldStart.Add(time.Duration(step) * time.Hour)
		if rapid.Bool().Draw(t, label+" in another zone") {
			at = at.In(time.FixedZone("far", -7*3600))
		}
		return at
	}
}

func drawSubset[T any](t *rapid.T, of []T, label string) []T {
	var chosen []T
	for i, v := range of {
		if rapid.Bool().Draw(t, fmt.Sprint(label, i)) {
			chosen = append(chosen, v)
		}
	}
	return chosen
}

func drawOften[T any](t *rapid.T, of []T, label string) []T {
	if rapid.IntRange(0, 3).Draw(t, label+" all") > 0 {
		return slices.Clone(of)
	}
	return drawSubset(t, of, label)
}

func drawCustomer(t *rapid.T, id ID) worldCustomer {
	c := worldCustomer{Rules: Rules{
		Customer: id,
		Version:  1,
		Closed:   rapid.IntRange(0, 5).Draw(t, "closed") == 0,
		Ceiling:  drawOften(t, worldPermissions, "ceiling"),
	}}
	if rapid.IntRange(0, 3).Draw(t, "ends by date") == 0 {
		c.Rules.EndsAt = drawTime(t, "ends")
	}
	ids := []ID{1, 2, 3, 4}
	for _, role := range drawOften(t, ids[:3], "roles") {
		c.Rules.Roles = append(c.Rules.Roles, Role{
			ID: role, Name: "a role", Permissions: drawSubset(t, worldPermissions, "permissions"),
		})
	}
	scopes := []Scope{ScopeAll, ScopeGroup(1), ScopeGroup(2), ScopeGroup(3), ScopeRoom(1), ScopeRoom(2), ScopeRoom(4)}
	for _, assignment := range drawOften(t, ids, "assignments") {
		a := Assignment{
			ID:      assignment,
			Name:    "an assignment",
			Role:    rapid.SampledFrom(ids[:3]).Draw(t, "role"),
			Members: drawSubset(t, worldMembers, "members"),
			Scopes:  drawSubset(t, scopes[1:], "scopes"),
			From:    drawTime(t, "from"),
			Until:   drawTime(t, "until"),
		}
		if rapid.IntRange(0, 5).Draw(t, "everywhere") == 0 {
			a.Scopes = append(a.Scopes, ScopeAll)
		}
		c.Rules.Assignments = append(c.Rules.Assignments, a)
	}
	spoil(t, &c.Rules)
	for i := range rapid.IntRange(0, 7).Draw(t, "rooms") {
		c.Rooms = append(c.Rooms, worldRoom{ID: ID(i + 1), Groups: drawSubset(t, ids[:3], "groups of room")})
	}
	c.placeRooms()
	c.Rules.StrongAuth = rapid.SampledFrom([]string{"", "", "", "", "c1", "c2"}).Draw(t, "strong authentication")
	return c
}

// spoil adds a row that makes no sense.
func spoil(t *rapid.T, r *Rules) {
	everyone := Assignment{ID: 9, Role: 1, Members: worldMembers, Scopes: []Scope{ScopeAll}}
	switch rapid.IntRange(0, 12).Draw(t, "spoil") {
	case 0:
		r.Roles = append(r.Roles, Role{ID: 9, Permissions: []Permission{"rooms.everything", "", "ceiling"}})
	case 1:
		r.Ceiling = append(r.Ceiling, "rooms.everything", "", "*")
	case 2:
		everyone.Role = 77
		r.Assignments = append(r.Assignments, everyone)
	case 3:
		everyone.ID = 0
		r.Assignments = append(r.Assignments, everyone)
	case 4:
		everyone.ID = 1 // likely there
		r.Assignments = append(r.Assignments, everyone)
	case 5:
		r.Roles = append(r.Roles, Role{ID: 1, Permissions: worldPermissions})
	case 6:
		everyone.Scopes = []Scope{"", "All", "everything", "group:", "room:x", "group:0000000000000"}
		r.Assignments = append(r.Assignments, everyone)
	case 7:
		everyone.Members = []Principal{"", "user:", "group:", "ann", Principal(assignmentName(9)), "User:ann", "user"}
		r.Assignments = append(r.Assignments, everyone)
	case 8:
		everyone.Until = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
		r.Assignments = append(r.Assignments, everyone)
	}
}

// placeRooms puts each room into its cell, as the store does.
func (c *worldCustomer) placeRooms() {
	named := map[Scope]bool{}
	for _, a := range c.Rules.Assignments {
		for _, scope := range a.Scopes {
			named[scope] = true
		}
	}
	c.Rules.Cells = nil
	byKey := map[string]int64{}
	for i, room := range c.Rooms {
		cell := Cell{ID: int64(c.Rules.Customer)*1000 + int64(len(c.Rules.Cells)) + 1}
		for _, group := range room.Groups {
			if named[ScopeGroup(group)] {
				cell.Groups = append(cell.Groups, group)
			}
		}
		if named[ScopeRoom(room.ID)] {
			cell.Room = room.ID
		}
		key := fmt.Sprint(cell.Groups, cell.Room)
		if byKey[key] == 0 {
			byKey[key] = cell.ID
			c.Rules.Cells = append(c.Rules.Cells, cell)
		}
		c.Rooms[i].Cell = byKey[key]
	}
}

var worlds = rapid.Custom(func(t *rapid.T) *world {
	w := &world{
		Version: 1,
		Now:     worldStart.Add(time.Duration(rapid.IntRange(-1, 7).Draw(t, "now")) * time.Hour),
	}
	for id := range rapid.IntRange(1, 3).Draw(t, "customers") {
		w.Customers = append(w.Customers, drawCustomer(t, ID(id+1)))
	}
	return w
})

// mayUse is the naive evaluator: plain loops over the rows, a room at a time.
func mayUse(rules Rules, actor Actor, p Permission, room worldRoom, now time.Time) bool {
	for _, a := range rules.Assignments {
		if holds(rules, a, actor, p, now) && slices.ContainsFunc(a.Scopes, func(s Scope) bool {
			return s == "all" || s == ScopeRoom(room.ID) ||
				slices.ContainsFunc(room.Groups, func(g ID) bool { return s == ScopeGroup(g) })
		}) {
			return true
		}
	}
	return false
}

// mayUseEverywhere is the naive answer to "over all granted rooms".
func mayUseEverywhere(rules Rules, actor Actor, p Permission, now time.Time) bool {
	return slices.ContainsFunc(rules.Assignments, func(a Assignment) bool {
		return holds(rules, a, actor, p, now) && slices.Contains(a.Scopes, "all")
	})
}

func holds(rules Rules, a Assignment, actor Actor, p Permission, now time.Time) bool {
	if rules.StrongAuth != "" && !slices.Contains(actor.Contexts, rules.StrongAuth) {
		return false
	}
	if !rules.EndsAt.IsZero() && !now.Before(rules.EndsAt) {
		return false
	}
	if rules.Closed || !slices.Contains(rules.Ceiling, p) || !slices.Contains(worldPermissions, p) {
		return false
	}
	var sameID, roleRows int
	var role Role
	for _, other := range rules.Assignments {
		if other.ID == a.ID {
			sameID++
		}
	}
	for _, r := range rules.Roles {
		if r.ID == a.Role {
			roleRows++
			role = r
		}
	}
	if a.ID == 0 || sameID != 1 || roleRows != 1 || !slices.Contains(role.Permissions, p) {
		return false
	}
	if now.Before(a.From) || (!a.Until.IsZero() && !now.Before(a.Until)) || a.Until.Year() > 9999 {
		return false
	}
	for _, member := range a.Members {
		if member == actor.User || (slices.Contains(actor.Groups, member) && len(member) > 6 && member[:6] == "group:") {
			return true
		}
	}
	return false
}

// fakeStore is a Source over a world, and counts what it is asked.
type fakeStore struct {
	mu           sync.Mutex
	world        *world
	reachAsked   int
	rulesAsked   map[ID]int
	failReach    error
	failRules    error
	undemanding  bool // tells of no demand for strong authentication: for the Decider, as if it did not look at it
	rulesOfOther bool
}

func newFakeStore(w *world) *fakeStore { return &fakeStore{world: w, rulesAsked: map[ID]int{}} }

func (f *fakeStore) Reach(_ context.Context, principals []Principal) (int64, []Reach, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reachAsked++
	var reach []Reach
	for _, c := range slices.Backward(f.world.Customers) { // in no order
		if slices.ContainsFunc(c.Rules.Assignments, func(a Assignment) bool {
			return slices.ContainsFunc(a.Members, func(m Principal) bool { return slices.Contains(principals, m) })
		}) {
			reach = append(reach, Reach{c.Rules.Customer, c.Rules.Version})
		}
	}
	return f.world.Version, reach, f.failReach
}

func (f *fakeStore) Rules(_ context.Context, customer ID) (Rules, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rulesAsked[customer]++
	if f.failRules != nil {
		return Rules{}, f.failRules
	}
	for _, c := range f.world.Customers {
		if (c.Rules.Customer == customer) != f.rulesOfOther {
			rules := c.Rules
			if f.undemanding {
				rules.StrongAuth = ""
			}
			return rules, nil
		}
	}
	return Rules{Customer: customer, Closed: true}, nil
}

func (f *fakeStore) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.world.Now
}

func (f *fakeStore) setClock(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.world.Now = at
}

// change runs a transaction that changes the rules of one customer.
func (f *fakeStore) change(customer int, do func(*worldCustomer)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := &f.world.Customers[customer]
	do(c)
	c.Rules.Version++
	f.world.Version++
}
