package store

import (
	"slices"
	"strings"
	"time"

	"roomward/policy"
)

// The naive evaluator of the delegation game: plain sets of what was asked for, a room at a time. It knows neither cells nor views nor Casbin,
// and nothing of package policy but its words: the rule of design 5, who may grant what, is written down here a second time.

// gamePermissions are in the order of the catalogue.
var gamePermissions = []policy.Permission{policy.RoomsView, policy.RoomsResetKey, policy.GroupsView, policy.GroupsCreate, policy.GroupsModify,
	policy.TicketsView, policy.RolesView, policy.RolesModify}

// builtInPermissions are those of the built-in role, of the permissions in the game.
var builtInPermissions = []policy.Permission{policy.RoomsView, policy.GroupsView, policy.TicketsView, policy.RolesView, policy.RolesModify}

// gameCustomer is replaced part by part: roles, assignments and groups never change in place, so that a copy of the lists is the customer of before.
type gameCustomer struct {
	id          ID
	name        string
	ceiling     []policy.Permission
	roles       []*gameRole
	assignments []*gameAssignment
	groups      []*gameGroup
	rooms       []*gameRoom
	closed      bool   // nobody is left who can act as primary admin
	strongAuth  string // what it demands of a session
}

type gameRole struct {
	id          ID
	name        string
	builtIn     bool
	permissions []policy.Permission
}

type gameAssignment struct {
	id, role    ID
	name        string
	members     []policy.Principal
	scopes      []policy.Scope
	from, until time.Time
}

type gameGroup struct {
	id    ID
	name  string
	kind  GroupKind
	rules []GroupRule
	rooms map[ID]bool // of a fixed group
}

type gameRoom struct {
	id             ID
	name           string
	city, building string
	hidden         bool
	incidents      int
}

func (c *gameCustomer) copied() *gameCustomer {
	before := *c
	before.roles, before.assignments, before.groups = slices.Clone(c.roles), slices.Clone(c.assignments), slices.Clone(c.groups)
	return &before
}

func (c *gameCustomer) role(id ID) *gameRole {
	return byID(c.roles, func(r *gameRole) ID { return r.id }, id)
}

func (c *gameCustomer) assignment(id ID) *gameAssignment {
	return byID(c.assignments, func(a *gameAssignment) ID { return a.id }, id)
}

func (c *gameCustomer) group(id ID) *gameGroup {
	return byID(c.groups, func(g *gameGroup) ID { return g.id }, id)
}

func byID[T any](list []*T, of func(*T) ID, id ID) *T {
	for _, one := range list {
		if of(one) == id {
			return one
		}
	}
	return nil
}

func (g *gameGroup) has(r *gameRoom) bool {
	if g.kind == GroupFixed {
		return g.rooms[r.id]
	}
	return slices.ContainsFunc(g.rules, func(rule GroupRule) bool {
		return (len(rule.City) == 0 || slices.Contains(rule.City, r.city)) && (len(rule.Building) == 0 || slices.Contains(rule.Building, r.building))
	})
}

// within are the rooms of a scope that are there.
func (c *gameCustomer) within(scope policy.Scope) (rooms []*gameRoom) {
	for _, r := range c.rooms {
		group := c.group(scope.Group())
		if !r.hidden && (scope == policy.ScopeAll || scope.Room() == r.id || group != nil && group.has(r)) {
			rooms = append(rooms, r)
		}
	}
	return rooms
}

// scoped tells whether an assignment names a group.
func (c *gameCustomer) scoped(group ID) bool {
	return slices.ContainsFunc(c.assignments, func(a *gameAssignment) bool { return slices.Contains(a.scopes, policy.ScopeGroup(group)) })
}

func (a *gameAssignment) holdsAt(at time.Time) bool {
	return !at.Before(a.from) && (a.until.IsZero() || at.Before(a.until))
}

func (a *gameAssignment) names(who policy.Actor) bool {
	return slices.ContainsFunc(a.members, func(m policy.Principal) bool { return m == who.User || slices.Contains(who.Groups, m) })
}

// everywhere tells whether somebody holds a permission over all granted rooms.
func (c *gameCustomer) everywhere(who policy.Actor, p policy.Permission, at time.Time) bool {
	return c.held(who, p, nil, at)
}

// held tells whether somebody holds a permission in a room; nil is all granted rooms, those that come later included.
func (c *gameCustomer) held(who policy.Actor, p policy.Permission, room *gameRoom, at time.Time) bool {
	if c.strongAuth != "" && !slices.Contains(who.Contexts, c.strongAuth) {
		return false
	}
	if c.closed || !slices.Contains(c.ceiling, p) || room != nil && room.hidden {
		return false
	}
	return slices.ContainsFunc(c.assignments, func(a *gameAssignment) bool {
		return slices.Contains(c.role(a.role).permissions, p) && a.holdsAt(at) && a.names(who) &&
			slices.ContainsFunc(a.scopes, func(s policy.Scope) bool {
				return s == policy.ScopeAll || room != nil && slices.Contains(c.within(s), room)
			})
	})
}

func (c *gameCustomer) somewhere(who policy.Actor, p policy.Permission, at time.Time) bool {
	return c.everywhere(who, p, at) || slices.ContainsFunc(c.rooms, func(r *gameRoom) bool { return c.held(who, p, r, at) })
}

// inEach tells whether somebody holds a permission in each of these rooms, and there is one; or everywhere.
func (c *gameCustomer) inEach(who policy.Actor, p policy.Permission, rooms []*gameRoom, at time.Time) bool {
	return c.everywhere(who, p, at) ||
		len(rooms) > 0 && !slices.ContainsFunc(rooms, func(r *gameRoom) bool { return !c.held(who, p, r, at) })
}

// covers is inEach for a scope. All granted rooms are also those that come later: only who holds the permission everywhere covers them.
func (c *gameCustomer) covers(who policy.Actor, p policy.Permission, scope policy.Scope, at time.Time) bool {
	return c.everywhere(who, p, at) || scope != policy.ScopeAll && c.inEach(who, p, c.within(scope), at)
}

func (c *gameCustomer) inAny(who policy.Actor, p policy.Permission, rooms []*gameRoom, at time.Time) bool {
	return c.everywhere(who, p, at) || slices.ContainsFunc(rooms, func(r *gameRoom) bool { return c.held(who, p, r, at) })
}

// mayGive is design 5: a person gives a pair when it holds roles.modify there and either the permission there, or roles.modify over all granted
// rooms, and the ceiling contains the permission. room nil is over all granted rooms.
func (c *gameCustomer) mayGive(who policy.Actor, p policy.Permission, room *gameRoom, at time.Time) bool {
	return c.held(who, policy.RolesModify, room, at) &&
		(c.held(who, p, room, at) || c.everywhere(who, policy.RolesModify, at) && slices.Contains(c.ceiling, p))
}

// The outcomes of a step, as the API names them. "" is done.

const gameNotFound = "not-found"

func (c *gameCustomer) mayCreateRole(who policy.Actor, permissions []policy.Permission, at time.Time) string {
	switch {
	case !c.somewhere(who, policy.RolesView, at):
		return gameNotFound
	case !c.somewhere(who, policy.RolesModify, at):
		return "may-not-change"
	case !subset(permissions, c.ceiling):
		return "above-ceiling"
	}
	return ""
}

func subset(these, of []policy.Permission) bool {
	return !slices.ContainsFunc(these, func(p policy.Permission) bool { return !slices.Contains(of, p) })
}

// mayTouchRole is what changing and deleting a role have in common: roles.modify over all that its assignments reach.
func (c *gameCustomer) mayTouchRole(who policy.Actor, id ID, at time.Time) string {
	switch role := c.role(id); {
	case !c.somewhere(who, policy.RolesView, at) || role == nil:
		return gameNotFound
	case role.builtIn:
		return "role-built-in"
	}
	return c.mayModify(who, c.scopesOf(id), at)
}

func (c *gameCustomer) scopesOf(role ID) (scopes []policy.Scope) {
	for _, a := range c.assignments {
		if a.role == role {
			scopes = append(scopes, a.scopes...)
		}
	}
	return scopes
}

func (c *gameCustomer) mayChangeRole(who policy.Actor, id ID, permissions []policy.Permission, at time.Time) string {
	if no := c.mayTouchRole(who, id, at); no != "" {
		return no
	}
	var added []policy.Permission
	for _, p := range permissions {
		if !slices.Contains(c.role(id).permissions, p) {
			added = append(added, p)
		}
	}
	if !subset(added, c.ceiling) {
		return "above-ceiling"
	}
	return c.mayGiveAll(who, added, c.scopesOf(id), at)
}

func (c *gameCustomer) mayModify(who policy.Actor, scopes []policy.Scope, at time.Time) string {
	if !c.somewhere(who, policy.RolesModify, at) {
		return "may-not-change"
	}
	for _, s := range scopes {
		if !c.covers(who, policy.RolesModify, s, at) {
			return "may-not-change"
		}
	}
	return ""
}

// mayGiveAll goes pair by pair. What is above the ceiling is given to nobody, so who holds roles.modify everywhere may name it.
func (c *gameCustomer) mayGiveAll(who policy.Actor, permissions []policy.Permission, scopes []policy.Scope, at time.Time) string {
	if c.everywhere(who, policy.RolesModify, at) {
		return ""
	}
	for _, s := range scopes {
		for _, p := range permissions {
			if !c.covers(who, p, s, at) {
				return "may-not-grant"
			}
		}
	}
	return ""
}

// mayAssign: scopes of which the person sees no room do not exist for it.
func (c *gameCustomer) mayAssign(who policy.Actor, role ID, scopes []policy.Scope, at time.Time) string {
	if !c.somewhere(who, policy.RolesView, at) {
		return gameNotFound
	}
	for _, s := range scopes {
		there := s == policy.ScopeAll || c.group(s.Group()) != nil || s.Room() != 0 && len(c.within(s)) == 1
		if !there || s != policy.ScopeAll && !c.inAny(who, policy.RolesView, c.within(s), at) {
			return gameNotFound
		}
	}
	if c.role(role) == nil {
		return "role-unknown"
	}
	if no := c.mayModify(who, scopes, at); no != "" {
		return no
	}
	return c.mayGiveAll(who, c.role(role).permissions, scopes, at)
}

// seesAssignment: roles.view in each room of each of its scopes.
func (c *gameCustomer) seesAssignment(who policy.Actor, a *gameAssignment, at time.Time) bool {
	return a != nil && !slices.ContainsFunc(a.scopes, func(s policy.Scope) bool { return !c.covers(who, policy.RolesView, s, at) }) &&
		(len(a.scopes) > 0 || c.everywhere(who, policy.RolesView, at))
}

func (c *gameCustomer) mayChangeAssignment(who policy.Actor, next gameAssignment, at time.Time) string {
	old := c.assignment(next.id)
	if !c.somewhere(who, policy.RolesView, at) || !c.seesAssignment(who, old, at) {
		return gameNotFound
	}
	if no := c.mayAssign(who, old.role, next.scopes, at); no == gameNotFound {
		return no
	}
	if no := c.mayModify(who, old.scopes, at); no != "" {
		return no
	}
	if no := c.mayAssign(who, old.role, next.scopes, at); no != "" {
		return no
	}
	return c.keepsPrimary(old.role, at, func(a gameAssignment) gameAssignment {
		if a.id == next.id {
			return next
		}
		return a
	})
}

func (c *gameCustomer) mayDeleteAssignment(who policy.Actor, id ID, at time.Time) string {
	old := c.assignment(id)
	if !c.somewhere(who, policy.RolesView, at) || !c.seesAssignment(who, old, at) {
		return gameNotFound
	}
	if no := c.mayModify(who, old.scopes, at); no != "" {
		return no
	}
	return c.keepsPrimary(old.role, at, func(a gameAssignment) gameAssignment {
		if a.id == id {
			a.members = nil
		}
		return a
	})
}

// lasting: an assignment over all granted rooms that holds now, for somebody and for good.
func (a *gameAssignment) lasting(at time.Time) bool {
	return slices.Contains(a.scopes, policy.ScopeAll) && len(a.members) > 0 && !at.Before(a.from) && a.until.IsZero()
}

// keepsPrimary refuses what leaves nobody who may do everything for good.
func (c *gameCustomer) keepsPrimary(role ID, at time.Time, next func(gameAssignment) gameAssignment) string {
	if !c.role(role).builtIn {
		return ""
	}
	for _, a := range c.assignments {
		if after := next(*a); a.role == role && after.lasting(at) {
			return ""
		}
	}
	return "last-primary-admin"
}

// primary are the built-in role's assignments over all granted rooms, by name.
func (c *gameCustomer) primary() (list []*gameAssignment) {
	for _, a := range c.assignments {
		if c.role(a.role).builtIn && slices.Contains(a.scopes, policy.ScopeAll) {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b *gameAssignment) int { return strings.Compare(a.name, b.name) })
	return list
}
