package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// pair is a permission in a room, or everywhere (room 0), at a moment.
type pair struct {
	actor int
	p     Permission
	room  ID
	at    time.Time
}

// held lists everything that anybody holds now and at any later moment of the world, by the naive evaluator.
func held(c worldCustomer, now time.Time) map[pair]bool {
	out := map[pair]bool{}
	for i, actor := range worldActors {
		for _, p := range worldPermissions {
			for hour := range 8 {
				at := worldStart.Add(time.Duration(hour) * time.Hour)
				if at.Before(now) {
					continue
				}
				if mayUseEverywhere(c.Rules, actor, p, at) {
					out[pair{i, p, 0, at}] = true
				}
				for _, room := range c.Rooms {
					if mayUse(c.Rules, actor, p, room, at) {
						out[pair{i, p, room.ID, at}] = true
					}
				}
			}
		}
	}
	return out
}

// mayGive is the granting rule of the design, a room at a time: roles.modify there, and the permission there, or roles.modify everywhere and
// the ceiling contains it.
func mayGive(c worldCustomer, actor Actor, p Permission, room worldRoom, now time.Time) bool {
	return mayUse(c.Rules, actor, RolesModify, room, now) && (mayUse(c.Rules, actor, p, room, now) ||
		mayUseEverywhere(c.Rules, actor, RolesModify, now) && slices.Contains(c.Rules.Ceiling, p))
}

func mayGiveEverywhere(c worldCustomer, actor Actor, p Permission, now time.Time) bool {
	return mayUseEverywhere(c.Rules, actor, RolesModify, now) && slices.Contains(c.Rules.Ceiling, p)
}

// ground is what the store would read.
func (c worldCustomer) ground() Ground {
	g := Ground{}
	for _, room := range c.Rooms {
		scopes := []Scope{ScopeAll, ScopeRoom(room.ID)}
		for _, group := range room.Groups {
			scopes = append(scopes, ScopeGroup(group))
		}
		for _, scope := range scopes {
			if !slices.Contains(g[scope], room.Cell) {
				g[scope] = append(g[scope], room.Cell)
			}
		}
	}
	return g
}

// attempt is a change that somebody asks for: what the authority says, and what would become of the rules.
type attempt struct {
	name string
	ask  func(Authority, Ground) error
	do   func(*Rules)
}

func drawAttempt(t *rapid.T, c worldCustomer) attempt {
	scopes := []Scope{ScopeAll, ScopeGroup(1), ScopeGroup(2), ScopeGroup(3), ScopeRoom(1), ScopeRoom(2), ScopeRoom(4)}
	permissions := drawSubset(t, worldPermissions, "permissions")
	pickRole := func() ID {
		if len(c.Rules.Roles) == 0 {
			return 99
		}
		return rapid.SampledFrom(c.Rules.Roles).Draw(t, "role").ID
	}
	pickAssignment := func() Assignment {
		if len(c.Rules.Assignments) == 0 {
			return Assignment{ID: 99, Role: pickRole()}
		}
		return rapid.SampledFrom(c.Rules.Assignments).Draw(t, "assignment")
	}
	drawAssignment := func(id, role ID) Assignment {
		return Assignment{ID: id, Role: role, Members: drawSubset(t, worldMembers, "members"), Scopes: []Scope{rapid.SampledFrom(scopes).Draw(t, "scope")},
			From: drawTime(t, "from"), Until: drawTime(t, "until")}
	}
	fresh := ID(1000 + c.Rules.Version)
	switch rapid.IntRange(0, 5).Draw(t, "what") {
	case 0:
		return attempt{"create role", func(a Authority, _ Ground) error { return a.MayCreateRole(permissions) },
			func(r *Rules) { r.Roles = append(slices.Clone(r.Roles), Role{ID: fresh, Permissions: permissions}) }}
	case 1:
		id := pickRole()
		return attempt{"change role", func(a Authority, g Ground) error { return a.MayChangeRole(id, permissions, g) }, func(r *Rules) {
			r.Roles = slices.Clone(r.Roles)
			for i := range r.Roles {
				if r.Roles[i].ID == id {
					r.Roles[i].Permissions = permissions
				}
			}
		}}
	case 2:
		id := pickRole()
		return attempt{"delete role", func(a Authority, g Ground) error { return a.MayDeleteRole(id, g) }, func(r *Rules) {
			r.Roles = slices.DeleteFunc(slices.Clone(r.Roles), func(other Role) bool { return other.ID == id })
			r.Assignments = slices.DeleteFunc(slices.Clone(r.Assignments), func(other Assignment) bool { return other.Role == id })
		}}
	case 3:
		made := drawAssignment(fresh, pickRole())
		return attempt{"create assignment", func(a Authority, g Ground) error { return a.MayAssign(made.Role, made.Scopes, g) },
			func(r *Rules) { r.Assignments = append(slices.Clone(r.Assignments), made) }}
	case 4:
		old := pickAssignment()
		next := drawAssignment(old.ID, old.Role)
		return attempt{"change assignment", func(a Authority, g Ground) error { return a.MayChangeAssignment(next, g) }, func(r *Rules) {
			r.Assignments = slices.Clone(r.Assignments)
			for i := range r.Assignments {
				if r.Assignments[i].ID == next.ID {
					r.Assignments[i] = next
				}
			}
		}}
	}
	id := pickAssignment().ID
	return attempt{"delete assignment", func(a Authority, g Ground) error { return a.MayDeleteAssignment(id, g) }, func(r *Rules) {
		r.Assignments = slices.DeleteFunc(slices.Clone(r.Assignments), func(other Assignment) bool { return other.ID == id })
	}}
}

// tally says what a sequence came across, so that a test which proves nothing is noticed.
type tally struct{ allowed, refused, gained int }

// nobodyGains lets random people change the rules of a customer, and the customer its ceiling, and fails at the first pair that somebody gains against
// the granting rule.
func nobodyGains(t *rapid.T, n *tally) error {
	w := &world{Version: 1, Now: worldStart.Add(2 * time.Hour)}
	c := drawCustomer(t, 1)
	c.Rules.Closed, c.Rules.EndsAt = false, time.Time{}
	roles, assignments := map[ID]bool{}, map[ID]bool{} // a store has each id once: removing one of two would wake the other
	c.Rules.Roles = slices.DeleteFunc(c.Rules.Roles, func(r Role) bool { twice := roles[r.ID]; roles[r.ID] = true; return twice })
	c.Rules.Assignments = slices.DeleteFunc(c.Rules.Assignments, func(a Assignment) bool { twice := assignments[a.ID]; assignments[a.ID] = true; return twice })
	c.Rules.Roles = append(c.Rules.Roles, Role{ID: 50, BuiltIn: true, Permissions: worldPermissions})
	c.Rules.Assignments = append(c.Rules.Assignments,
		Assignment{ID: 51, Role: 50, Members: []Principal{User("ann")}, Scopes: []Scope{ScopeAll}})
	for len(c.Rooms) < 3 {
		c.Rooms = append(c.Rooms, worldRoom{ID: ID(len(c.Rooms) + 1)})
	}
	c.placeRooms()
	w.Customers = []worldCustomer{c}
	store := newFakeStore(w)
	d := NewDecider(store, store.now, Limits{})
	for range 14 {
		if rapid.IntRange(0, 9).Draw(t, "customer acts") == 0 {
			ceiling := drawOften(t, worldPermissions, "new ceiling")
			store.change(0, func(c *worldCustomer) { c.Rules.Ceiling = ceiling })
			continue
		}
		actor := rapid.SampledFrom(worldActors).Draw(t, "actor")
		if err := d.Refresh(context.Background(), actor); err != nil { // as api does after "stale view"
			return err
		}
		by, err := d.Authority(context.Background(), actor, 1)
		if err != nil {
			return err
		}
		before := w.Customers[0]
		try := drawAttempt(t, before)
		err = try.ask(by, before.ground())
		var refusal *Refusal
		if err != nil {
			if !errors.As(err, &refusal) {
				return fmt.Errorf("%s by %v: %w", try.name, actor, err)
			}
			n.refused++
			continue
		}
		n.allowed++
		was := held(before, w.Now)
		store.change(0, func(c *worldCustomer) {
			try.do(&c.Rules)
			c.placeRooms()
		})
		after := w.Customers[0]
		for gain := range held(after, w.Now) {
			if was[gain] {
				continue
			}
			n.gained++
			right := gain.room == 0 && mayGiveEverywhere(before, actor, gain.p, w.Now)
			for _, room := range before.Rooms {
				right = right || room.ID == gain.room && mayGive(before, actor, gain.p, room, w.Now)
			}
			if !right {
				return fmt.Errorf("%s by %v: %v gains %s in room %d at %v", try.name, actor, worldActors[gain.actor], gain.p, gain.room, gain.at)
			}
		}
		if !after.Rules.HasPrimaryAdmin(w.Now) {
			return fmt.Errorf("%s by %v: nobody is left who may do everything", try.name, actor)
		}
	}
	return nil
}

func TestNobodyGainsWhatTheRuleForbids(t *testing.T) {
	t.Parallel()
	var n tally
	sequences := rapid.Custom(func(t *rapid.T) error { return nobodyGains(t, &n) })
	for seed := range 80 {
		if err := sequences.Example(seed + 1); err != nil {
			t.Fatalf("sequence %d: %v", seed, err)
		}
	}
	if n.allowed < 200 || n.refused < 400 || n.gained < 1000 {
		t.Fatalf("the sequences prove too little: %+v", n)
	}
	t.Logf("%+v", n)
}

// authorityWorld has one customer with rooms 1 and 2 in group 1, room 3 in group 2, and room 4 in none.
func authorityWorld() *world {
	c := worldCustomer{Rules: Rules{Customer: 1, Version: 1, Ceiling: []Permission{RoomsView, TicketsView, TicketsUpdate, RolesView, RolesModify}}}
	c.Rooms = []worldRoom{{ID: 1, Groups: []ID{1}}, {ID: 2, Groups: []ID{1, 3}}, {ID: 3, Groups: []ID{2}}, {ID: 4}}
	site := []Permission{RoomsView, TicketsView, RolesView, RolesModify}
	c.Rules.Roles = []Role{{ID: 1, Name: "Primary admins", BuiltIn: true, Permissions: []Permission{RoomsView, TicketsView, RolesView, RolesModify, RoomsResetKey}},
		{ID: 2, Name: "Site", Permissions: site}, {ID: 3, Name: "Desk", Permissions: []Permission{TicketsView, TicketsUpdate, RoomsResetKey}},
		{ID: 4, Name: "Idle"}}
	c.Rules.Assignments = []Assignment{
		{ID: 11, Role: 1, Members: []Principal{User("pia")}, Scopes: []Scope{ScopeAll}},
		{ID: 12, Role: 2, Members: []Principal{User("sam")}, Scopes: []Scope{ScopeGroup(1)}},
		{ID: 13, Role: 3, Members: []Principal{User("tess")}, Scopes: []Scope{ScopeGroup(2)}},
		{ID: 14, Role: 3, Members: []Principal{User("tom")}, Scopes: []Scope{ScopeRoom(1)}},
	}
	c.placeRooms()
	return &world{Version: 1, Now: worldStart, Customers: []worldCustomer{c}}
}

func TestAuthority(t *testing.T) {
	t.Parallel()
	w := authorityWorld()
	d, g := decide(w), w.Customers[0].ground()
	by := func(name string) Authority {
		a, err := d.Authority(context.Background(), Actor{User: User(name)}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	pia, sam, tess := by("pia"), by("sam"), by("tess")
	for _, tc := range []struct {
		name string
		got  error
		code string
		of   []Permission
		at   Scope
	}{
		{"a role under the ceiling", sam.MayCreateRole([]Permission{TicketsUpdate}), "", nil, ""},
		{"a role above the ceiling", pia.MayCreateRole([]Permission{RoomsResetKey, RoomsView}), RefuseCeiling, []Permission{RoomsResetKey}, ""},
		{"a role by who changes none", tess.MayCreateRole(nil), RefuseChange, nil, ""},
		{"a role by a stranger", by("eve").MayCreateRole(nil), RefuseChange, nil, ""},
		{"held here", sam.MayAssign(2, []Scope{ScopeGroup(1), ScopeRoom(2), ScopeGroup(3)}, g), "", nil, ""},
		{"partly outside", sam.MayAssign(2, []Scope{ScopeGroup(1), ScopeRoom(3)}, g), RefuseChange, nil, ""},
		{"everywhere", sam.MayAssign(2, []Scope{ScopeAll}, g), RefuseChange, nil, ""},
		{"an empty group", sam.MayAssign(2, []Scope{ScopeGroup(9)}, g), RefuseChange, nil, ""},
		{"an empty group by who holds all", pia.MayAssign(2, []Scope{ScopeGroup(9)}, g), "", nil, ""},
		{"not held", sam.MayAssign(3, []Scope{ScopeRoom(1)}, g), RefuseGrant, []Permission{TicketsUpdate, RoomsResetKey}, ScopeRoom(1)},
		{"not held, but everywhere", pia.MayAssign(3, []Scope{ScopeRoom(4)}, g), "", nil, ""},
		{"an unknown role", pia.MayAssign(8, []Scope{ScopeAll}, g), RefuseUnknownRole, nil, ""},
		{"the built-in role", pia.MayChangeRole(1, nil, g), RefuseBuiltIn, nil, ""},
		{"removing the built-in role", pia.MayDeleteRole(1, g), RefuseBuiltIn, nil, ""},
		{"a role used elsewhere", sam.MayChangeRole(3, []Permission{TicketsView}, g), RefuseChange, nil, ""},
		{"removing it", sam.MayDeleteRole(3, g), RefuseChange, nil, ""},
		{"a role used here", sam.MayChangeRole(2, []Permission{TicketsView}, g), "", nil, ""},
		{"adding what is not held", sam.MayChangeRole(2, []Permission{TicketsUpdate}, g), RefuseGrant, []Permission{TicketsUpdate}, ScopeGroup(1)},
		{"adding what is above", pia.MayChangeRole(2, []Permission{RoomsResetKey}, g), RefuseCeiling, []Permission{RoomsResetKey}, ""},
		{"what is above stays", pia.MayChangeRole(3, []Permission{RoomsResetKey}, g), "", nil, ""},
		{"a role without assignments", sam.MayChangeRole(4, []Permission{TicketsUpdate}, g), "", nil, ""},
		{"an assignment elsewhere", sam.MayDeleteAssignment(13, g), RefuseChange, nil, ""},
		{"an assignment here", sam.MayDeleteAssignment(14, g), "", nil, ""},
		{"from here to elsewhere", sam.MayChangeAssignment(Assignment{ID: 12, Scopes: []Scope{ScopeGroup(2)}, Members: []Principal{User("x")}}, g), RefuseChange, nil, ""},
		{"from elsewhere to here", sam.MayChangeAssignment(Assignment{ID: 13, Scopes: []Scope{ScopeGroup(1)}}, g), RefuseChange, nil, ""},
		{"the last primary admin", pia.MayDeleteAssignment(11, g), RefuseLastPrimary, nil, ""},
		{"without members", pia.MayChangeAssignment(Assignment{ID: 11, Scopes: []Scope{ScopeAll}}, g), RefuseLastPrimary, nil, ""},
		{"with an end", pia.MayChangeAssignment(Assignment{ID: 11, Scopes: []Scope{ScopeAll}, Members: []Principal{User("x")}, Until: w.Now.Add(time.Hour)}, g), RefuseLastPrimary, nil, ""},
		{"not begun", pia.MayChangeAssignment(Assignment{ID: 11, Scopes: []Scope{ScopeAll}, Members: []Principal{User("x")}, From: w.Now.Add(1)}, g), RefuseLastPrimary, nil, ""},
		{"not all rooms", pia.MayChangeAssignment(Assignment{ID: 11, Scopes: []Scope{ScopeGroup(1)}, Members: []Principal{User("x")}}, g), RefuseLastPrimary, nil, ""},
		{"handed over", pia.MayChangeAssignment(Assignment{ID: 11, Scopes: []Scope{ScopeAll}, Members: []Principal{User("x")}}, g), "", nil, ""},
	} {
		var r *Refusal
		if !errors.As(tc.got, &r) {
			if tc.got != nil || tc.code != "" {
				t.Errorf("%s: %v, want %q", tc.name, tc.got, tc.code)
			}
			continue
		}
		if r.Code != tc.code || !slices.Equal(r.Permissions, tc.of) || r.Scope != tc.at {
			t.Errorf("%s: %+v, want %s %v %q", tc.name, *r, tc.code, tc.of, tc.at)
		}
	}

	sees := func(a Authority) (ids []ID) {
		for _, assignment := range a.Rules().Assignments {
			if a.Sees(assignment, g) {
				ids = append(ids, assignment.ID)
			}
		}
		return ids
	}
	if got := sees(sam); !slices.Equal(got, []ID{12, 14}) {
		t.Errorf("sam sees the assignments %v", got)
	}
	if got := sees(pia); len(got) != 4 {
		t.Errorf("pia sees the assignments %v", got)
	}
	if got := sees(tess); len(got) != 0 {
		t.Errorf("tess sees the assignments %v", got)
	}
	if got := sam.Grantable(); !slices.Equal(got, []Permission{RoomsView, TicketsView, RolesView, RolesModify}) {
		t.Errorf("sam can grant %v", got)
	}
	if got := pia.Grantable(); !slices.Equal(got, []Permission{RoomsView, TicketsView, TicketsUpdate, RolesView, RolesModify}) {
		t.Errorf("pia can grant %v", got)
	}
}

// TestAuthorityOfStrangersReadsNoRules proves that a foreign customer costs what a missing one costs: nothing of it is read.
func TestAuthorityOfStrangersReadsNoRules(t *testing.T) {
	t.Parallel()
	store := newFakeStore(authorityWorld())
	d := NewDecider(store, store.now, Limits{})
	for _, id := range []ID{1, 77} {
		a, err := d.Authority(context.Background(), Actor{User: User("eve")}, id)
		if err != nil {
			t.Fatal(err)
		}
		if v := a.View(RolesView); !v.Empty() || v.Version() != 1 || v.Kind() != KindMember || a.Customer() != 0 {
			t.Errorf("customer %d: %v of version %d", id, v.Parts(), v.Version())
		}
		if store.rulesAsked[id] != 0 {
			t.Errorf("the rules of customer %d were read", id)
		}
	}
	if _, err := d.Authority(context.Background(), Actor{User: Group("desk")}, 1); err == nil {
		t.Error("a group acted")
	}
}

// TestAuthorityIsOfTheRulesRead proves that an authority goes by the rules as they are now, whatever was known of the actor.
func TestAuthorityIsOfTheRulesRead(t *testing.T) {
	t.Parallel()
	store := newFakeStore(authorityWorld())
	d := NewDecider(store, store.now, Limits{})
	actor := Actor{User: User("sam")}
	if a, err := d.Authority(context.Background(), actor, 1); err != nil || !a.Holds(RolesModify) {
		t.Fatal("sam changes no roles", err)
	}
	store.change(0, func(c *worldCustomer) {
		c.Rules.Assignments = slices.Clone(c.Rules.Assignments)
		c.Rules.Assignments[1].Members = []Principal{User("somebody else")}
	})
	a, err := d.Authority(context.Background(), actor, 1)
	if err != nil {
		t.Fatal(err)
	}
	if a.Holds(RolesModify) || !a.View(RolesModify).Empty() || a.Rules().Version != 2 {
		t.Error("a right that was taken away is still held")
	}
}

// TestShifts compares who gains and who loses by a change of a role.
func TestShifts(t *testing.T) {
	t.Parallel()
	w := authorityWorld()
	a, err := decide(w).Authority(context.Background(), Actor{User: User("pia")}, 1)
	if err != nil {
		t.Fatal(err)
	}
	after := a.Rules()
	after.Roles = slices.Clone(after.Roles)
	after.Roles[2].Permissions = []Permission{TicketsView, RoomsView, RoomsResetKey}
	members := []Principal{User("tess"), User("tom"), User("pia"), User("sam")}
	shifts, err := a.Shifts(after, members)
	if err != nil {
		t.Fatal(err)
	}
	want := map[Principal]Shift{User("tess"): {true, true}, User("tom"): {true, true}, User("pia"): {}, User("sam"): {}}
	if fmt.Sprint(shifts) != fmt.Sprint(want) {
		t.Errorf("shifts %v, want %v", shifts, want)
	}
}

// TestExplainAnywhereAgrees compares what is explained for all rooms together with the naive evaluator, for an asking person who sees all.
func TestExplainAnywhereAgrees(t *testing.T) {
	t.Parallel()
	asked := 0
	for seed, w := range fixedWorlds(25) {
		c := &w.Customers[0]
		c.Rules.Ceiling = append(c.Rules.Ceiling, RolesView)
		c.Rules.Roles = append(c.Rules.Roles, Role{ID: 60, Permissions: []Permission{RolesView}})
		c.Rules.Assignments = append(c.Rules.Assignments, Assignment{ID: 61, Role: 60, Members: []Principal{User("asker")}, Scopes: []Scope{ScopeAll}})
		a, err := decide(w).Authority(context.Background(), Actor{User: User("asker"), Contexts: []string{"c1", "c2"}}, c.Rules.Customer)
		if err != nil {
			t.Fatal(err)
		}
		rules := c.Rules
		rules.StrongAuth = "" // no session is asked about
		for _, actor := range worldActors {
			for _, p := range worldPermissions {
				e, cells, err := a.ExplainAnywhere(actor.principals(), p)
				if err != nil {
					t.Fatalf("world %d, %v, %s: %v", seed, actor, p, err)
				}
				some := mayUseEverywhere(rules, actor, p, w.Now)
				for _, room := range c.Rooms {
					want := mayUse(rules, actor, p, room, w.Now)
					some = some || want
					if got := slices.Contains(cells, room.Cell); got != want && !c.Rules.Closed {
						t.Fatalf("world %d, %v, %s, room %d: %t, want %t", seed, actor, p, room.ID, got, want)
					}
				}
				if e.Allowed != some {
					t.Fatalf("world %d, %v, %s: %+v, want %t", seed, actor, p, e, some)
				}
				asked++
			}
		}
	}
	if asked < 1000 {
		t.Fatalf("only %d questions", asked)
	}
}
