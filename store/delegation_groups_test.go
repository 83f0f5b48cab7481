package store

import (
	"maps"
	"slices"
	"time"

	"roomward/policy"
)

// Who may change room groups, by plain sets.

// seesGroup: groups.view in one of its rooms, or everywhere.
func (c *gameCustomer) seesGroup(who policy.Actor, g *gameGroup, at time.Time) bool {
	return g != nil && c.inAny(who, policy.GroupsView, c.within(policy.ScopeGroup(g.id)), at)
}

// members are the rooms of a group, hidden ones too where people chose them.
func (c *gameCustomer) members(g *gameGroup) map[*gameRoom]bool {
	rooms := map[*gameRoom]bool{}
	for _, r := range c.rooms {
		if g != nil && g.has(r) && (g.kind == GroupFixed || !r.hidden) {
			rooms[r] = true
		}
	}
	return rooms
}

// mayPutGroup is creating (old nil) and changing a group. The rooms that the person named are those that next would have, but for what it does not see.
func (c *gameCustomer) mayPutGroup(who policy.Actor, old, next *gameGroup, named []*gameRoom, at time.Time) string {
	if !c.somewhere(who, policy.GroupsView, at) || old != nil && !c.seesGroup(who, old, at) {
		return gameNotFound
	}
	for _, r := range named {
		if !c.held(who, policy.GroupsView, r, at) {
			return "room-unknown"
		}
	}
	before, after := c.members(old), c.members(next)
	if old == nil {
		entering := slices.Collect(maps.Keys(after))
		if c.everywhere(who, policy.GroupsCreate, at) || next.kind == GroupFixed && c.inEach(who, policy.GroupsCreate, entering, at) {
			return ""
		}
		return "may-not-create-group"
	}
	var touched []*gameRoom
	for _, r := range c.rooms {
		if before[r] != after[r] {
			touched = append(touched, r)
		}
	}
	if len(touched) == 0 || old.name != next.name {
		touched = append(touched, slices.Collect(maps.Keys(before))...)
	}
	return c.mayMoveGroup(who, c.scoped(old.id) || old.kind == GroupByRules || next.kind == GroupByRules, touched, at)
}

// mayMoveGroup: a group that is a scope, or fills itself, is only for who holds groups.modify everywhere.
func (c *gameCustomer) mayMoveGroup(who policy.Actor, bound bool, touched []*gameRoom, at time.Time) string {
	if c.everywhere(who, policy.GroupsModify, at) || !bound && c.inEach(who, policy.GroupsModify, touched, at) {
		return ""
	}
	return "may-not-change-group"
}

func (c *gameCustomer) mayDeleteGroup(who policy.Actor, id ID, at time.Time) string {
	old := c.group(id)
	if !c.somewhere(who, policy.GroupsView, at) || !c.seesGroup(who, old, at) {
		return gameNotFound
	}
	if no := c.mayMoveGroup(who, c.scoped(id) || old.kind == GroupByRules, slices.Collect(maps.Keys(c.members(old))), at); no != "" {
		return no
	}
	if c.scoped(id) {
		return "group-in-use"
	}
	return ""
}
