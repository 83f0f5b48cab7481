package store

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"roomward/policy"
)

// The steps that people ask for, each drawn, judged by plain sets, asked of the store, and repeated on the sets.

func (g *delegationGame) name(kind string) string {
	g.names++
	return fmt.Sprintf("%s %03d", kind, g.names)
}

func (g *delegationGame) drawAsk(rt *rapid.T) (policy.Actor, *gameCustomer) {
	c := g.drawCustomer(rt)
	var able []policy.Actor
	for _, who := range g.people {
		if c.somewhere(who, policy.RolesModify, g.time()) || c.somewhere(who, policy.GroupsModify, g.time()) {
			able = append(able, who)
		}
	}
	if len(able) > 0 && !seldom(rt, "anybody") { // or nearly every answer would be a no
		return pick(rt, able, "who asks"), c
	}
	return pick(rt, g.people, "who asks"), c
}

func (g *delegationGame) drawCustomer(rt *rapid.T) *gameCustomer {
	return g.customers[rapid.IntRange(0, len(g.customers)-1).Draw(rt, "customer")]
}

// strange is now and then the id of something in the other customer, or of nothing.
func strange[T any](rt *rapid.T, g *delegationGame, c *gameCustomer, list func(*gameCustomer) []*T, of func(*T) ID) ID {
	var ids []ID
	for _, other := range g.customers {
		if other == c || seldom(rt, "of the other customer") {
			for _, one := range list(other) {
				ids = append(ids, of(one))
			}
		}
	}
	if len(ids) == 0 {
		return policy.NewID()
	}
	return pick(rt, ids, "which")
}

func (g *delegationGame) drawRole(rt *rapid.T, c *gameCustomer) ID {
	return strange(rt, g, c, func(c *gameCustomer) []*gameRole { return c.roles }, func(r *gameRole) ID { return r.id })
}

func (g *delegationGame) drawAssignment(rt *rapid.T, c *gameCustomer) ID {
	return strange(rt, g, c, func(c *gameCustomer) []*gameAssignment { return c.assignments }, func(a *gameAssignment) ID { return a.id })
}

func (g *delegationGame) drawGroup(rt *rapid.T, c *gameCustomer) ID {
	return strange(rt, g, c, func(c *gameCustomer) []*gameGroup { return c.groups }, func(r *gameGroup) ID { return r.id })
}

func (g *delegationGame) createRole(rt *rapid.T) {
	who, c := g.drawAsk(rt)
	if len(c.roles) >= 8 {
		rt.Skip("enough roles")
	}
	role := &gameRole{name: g.name("Role"), permissions: drawSome(rt, gamePermissions, "permission")}
	g.ask(rt, who, c, c.mayCreateRole(who, role.permissions, g.time()), func(by policy.Authority) (err error) {
		role.id, err = g.CreateRole(g.t.Context(), Act{}, by, Role{Name: role.name, Permissions: role.permissions})
		return err
	}, func() { c.roles = append(c.roles, role) }, g.byRole(who))
}

func (g *delegationGame) changeRole(rt *rapid.T) {
	who, c := g.drawAsk(rt)
	next := &gameRole{id: g.drawRole(rt, c), name: g.name("Role"), permissions: drawSome(rt, gamePermissions, "permission")}
	if old := c.role(next.id); old != nil && rapid.Bool().Draw(rt, "adds only") {
		for _, p := range old.permissions {
			if !slices.Contains(next.permissions, p) {
				next.permissions = append(next.permissions, p)
			}
		}
	}
	g.ask(rt, who, c, c.mayChangeRole(who, next.id, next.permissions, g.time()), func(by policy.Authority) error {
		return g.ChangeRole(g.t.Context(), Act{}, by, Role{ID: next.id, Name: next.name, Permissions: next.permissions}, 0)
	}, func() { c.roles[slices.Index(c.roles, c.role(next.id))] = next }, g.byRole(who))
}

func (g *delegationGame) deleteRole(rt *rapid.T) {
	who, c := g.drawAsk(rt)
	id := g.drawRole(rt, c)
	g.ask(rt, who, c, c.mayTouchRole(who, id, g.time()), func(by policy.Authority) error {
		return g.DeleteRole(g.t.Context(), Act{}, by, id, 0)
	}, func() {
		c.roles = slices.DeleteFunc(c.roles, func(r *gameRole) bool { return r.id == id })
		c.assignments = slices.DeleteFunc(c.assignments, func(a *gameAssignment) bool { return a.role == id })
	}, g.byRole(who))
}

// fill draws members, scopes and bounds of an assignment.
func (g *delegationGame) fill(rt *rapid.T, c *gameCustomer, a *gameAssignment) {
	a.name = g.name("Assignment")
	a.members = []policy.Principal{pick(rt, g.members, "member")}
	if other := pick(rt, g.members, "another member"); other != a.members[0] {
		a.members = append(a.members, other)
	}
	scopes := []policy.Scope{policy.ScopeAll}
	for _, group := range c.groups {
		scopes = append(scopes, policy.ScopeGroup(group.id), policy.ScopeGroup(group.id)) // groups oftener
	}
	for _, r := range c.rooms {
		scopes = append(scopes, policy.ScopeRoom(r.id))
	}
	if seldom(rt, "a scope of the other customer") {
		for _, other := range g.customers {
			scopes = append(scopes, policy.ScopeRoom(other.rooms[0].id))
		}
	}
	a.scopes = []policy.Scope{pick(rt, scopes, "scope")}
	if more := pick(rt, scopes, "another scope"); more != a.scopes[0] && rapid.Bool().Draw(rt, "two scopes") {
		a.scopes = append(a.scopes, more)
	}
	a.from = pick(rt, []time.Time{{}, {}, {}, g.time(), g.time().Add(time.Hour)}, "from")
	a.until = pick(rt, []time.Time{{}, {}, {}, g.time().Add(2 * time.Hour), g.time().Add(time.Hour + time.Minute)}, "until")
}

func (g *delegationGame) createAssignment(rt *rapid.T) {
	who, c := g.drawAsk(rt)
	if len(c.assignments) >= 9 {
		rt.Skip("enough assignments")
	}
	a := &gameAssignment{role: g.drawRole(rt, c)}
	g.fill(rt, c, a)
	g.ask(rt, who, c, c.mayAssign(who, a.role, a.scopes, g.time()), func(by policy.Authority) (err error) {
		a.id, err = g.CreateAssignment(g.t.Context(), Act{}, by, a.row())
		return err
	}, func() { c.assignments = append(c.assignments, a) }, g.byRole(who))
}

func (g *delegationGame) changeAssignment(rt *rapid.T) {
	who, c := g.drawAsk(rt)
	a := &gameAssignment{id: g.drawAssignment(rt, c)}
	g.fill(rt, c, a)
	old := c.assignment(a.id)
	if old != nil {
		a.role = old.role
		if rapid.Bool().Draw(rt, "the same scopes") {
			a.scopes = old.scopes
		}
	}
	g.ask(rt, who, c, c.mayChangeAssignment(who, *a, g.time()), func(by policy.Authority) error {
		return g.ChangeAssignment(g.t.Context(), Act{}, by, a.row(), 0)
	}, func() { c.assignments[slices.Index(c.assignments, old)] = a }, g.byRole(who))
}

func (g *delegationGame) deleteAssignment(rt *rapid.T) {
	who, c := g.drawAsk(rt)
	id := g.drawAssignment(rt, c)
	g.ask(rt, who, c, c.mayDeleteAssignment(who, id, g.time()), func(by policy.Authority) error {
		return g.DeleteAssignment(g.t.Context(), Act{}, by, id, 0)
	}, func() {
		c.assignments = slices.DeleteFunc(c.assignments, func(a *gameAssignment) bool { return a.id == id })
	}, g.byRole(who))
}

func (g *delegationGame) addPrimaryAdmin(rt *rapid.T) {
	who, c := g.drawAsk(rt)
	m := pick(rt, g.members, "member")
	want := gameNotFound
	var next gameAssignment
	if c.everywhere(who, policy.RolesView, g.time()) { // then the relation is open, and an assignment lasts
		list := c.primary()
		first := list[slices.IndexFunc(list, func(a *gameAssignment) bool { return !a.from.After(g.time()) && a.until.IsZero() })]
		next = *first
		next.members = append(slices.Clone(first.members), m)
		if want = c.mayChangeAssignment(who, next, g.time()); slices.Contains(first.members, m) {
			want = "already-primary-admin"
		}
	}
	g.ask(rt, who, c, want, func(by policy.Authority) error {
		return g.AddPrimaryAdmin(g.t.Context(), Act{}, by, Member{Principal: m, Name: string(m)})
	}, func() { c.assignments[slices.Index(c.assignments, c.assignment(next.id))] = &next }, g.byRole(who))
}

func (g *delegationGame) removePrimaryAdmin(rt *rapid.T) {
	who, c := g.drawAsk(rt)
	m := pick(rt, g.members, "member")
	want := gameNotFound
	after := c.copied()
	if c.everywhere(who, policy.RolesView, g.time()) {
		for _, a := range c.primary() {
			if !slices.Contains(a.members, m) {
				continue
			}
			if want = c.mayModify(who, a.scopes, g.time()); want != "" {
				break
			}
			left := *a
			left.members = slices.DeleteFunc(slices.Clone(a.members), func(other policy.Principal) bool { return other == m })
			at := slices.Index(after.assignments, a)
			after.assignments[at] = &left
		}
		if want == "" && !slices.ContainsFunc(after.primary(), func(a *gameAssignment) bool { return a.lasting(g.time()) }) {
			want = "last-primary-admin"
		}
		after.assignments = slices.DeleteFunc(after.assignments, func(a *gameAssignment) bool { return len(a.members) == 0 })
	}
	g.ask(rt, who, c, want, func(by policy.Authority) error {
		return g.RemovePrimaryAdmin(g.t.Context(), Act{}, by, m)
	}, func() { c.assignments = after.assignments }, g.byRole(who))
}

// putGroup draws what a group is to be, asks for it, and changes the sets. old nil makes a new one.
func (g *delegationGame) putGroup(rt *rapid.T, who policy.Actor, c *gameCustomer, id ID) {
	old := c.group(id)
	next := &gameGroup{id: id, name: g.name("Group"), kind: pick(rt, []GroupKind{GroupFixed, GroupFixed, GroupByRules}, "kind"), rooms: map[ID]bool{}}
	if old != nil && rapid.Bool().Draw(rt, "the same name") {
		next.name = old.name
	}
	row := RoomGroup{ID: id, Name: next.name, Kind: next.kind}
	var named []*gameRoom
	if next.kind == GroupByRules {
		next.rules = []GroupRule{{City: []string{pick(rt, []string{"London", "Paris"}, "city")}}}
		if rapid.Bool().Draw(rt, "by building too") {
			next.rules = append(next.rules, GroupRule{Building: []string{"One"}, City: []string{"Rome", "Paris"}})
		}
		row.Rules = next.rules
	} else {
		row.Rooms = []ID{}
		members := c.members(old)
		for _, r := range c.rooms {
			sees := c.held(who, policy.GroupsView, r, g.time())
			if sees && rapid.Bool().Draw(rt, "member") || !sees && seldom(rt, "an unseen one") {
				named, row.Rooms = append(named, r), append(row.Rooms, r.id)
				next.rooms[r.id] = true
			}
			if !sees && members[r] { // stays
				next.rooms[r.id] = true
			}
		}
	}
	g.ask(rt, who, c, c.mayPutGroup(who, old, next, named, g.time()), func(by policy.Authority) error {
		if old == nil && id == 0 {
			made, err := g.CreateRoomGroup(g.t.Context(), Act{}, by, row)
			next.id = made.ID
			return err
		}
		_, err := g.ChangeRoomGroup(g.t.Context(), Act{}, by, row, 0)
		return err
	}, func() {
		if old == nil {
			c.groups = append(c.groups, next)
		} else {
			c.groups[slices.Index(c.groups, old)] = next
		}
	}, g.byGroup(who))
}

func (g *delegationGame) createGroup(rt *rapid.T) {
	who, c := g.drawAsk(rt)
	if len(c.groups) >= 4 {
		rt.Skip("enough groups")
	}
	g.putGroup(rt, who, c, 0)
}

func (g *delegationGame) changeGroup(rt *rapid.T) {
	who, c := g.drawAsk(rt)
	id := g.drawGroup(rt, c)
	if c.group(id) == nil { // of the other customer, or of none
		g.ask(rt, who, c, gameNotFound, func(by policy.Authority) error {
			_, err := g.ChangeRoomGroup(g.t.Context(), Act{}, by, RoomGroup{ID: id, Name: g.name("Group"), Kind: GroupFixed}, 0)
			return err
		}, nil, nil)
		return
	}
	g.putGroup(rt, who, c, id)
}

func (g *delegationGame) deleteGroup(rt *rapid.T) {
	who, c := g.drawAsk(rt)
	id := g.drawGroup(rt, c)
	g.ask(rt, who, c, c.mayDeleteGroup(who, id, g.time()), func(by policy.Authority) error {
		return g.DeleteRoomGroup(g.t.Context(), Act{}, by, id, 0)
	}, func() {
		c.groups = slices.DeleteFunc(c.groups, func(other *gameGroup) bool { return other.id == id })
	}, g.byGroup(who))
}
