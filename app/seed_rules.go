package app

import (
	"roomward/policy"
	"roomward/store"
)

// The groups of rooms of each customer: one per building, and two that cross them.
const (
	seedLarge    = 4 // after the four buildings
	seedVisitors = 5
	largeRoom    = 12 // seats
)

// rules makes roles, groups and assignments. Who sees what of a customer depends on its number only:
//
//   - all: the primary admins (Desk leads and one more), every customer; On call as analysts, every fourth
//   - the first two buildings: the wide member, with each third customer
//   - the third building of one customer: the narrow member
//   - the last two buildings, two cells: the middle member, with some customers
//   - one building: technicians of every customer
//   - the large rooms, across buildings, and single rooms: technicians of some customers, never of the middle member's
func (c *seedCustomer) rules() {
	c.Admins = []store.Member{c.person(seedAdmin), c.group("Desk leads"), c.colleague(c.number)}
	lead := c.role("Site lead", policy.SiteLead)
	technician := c.role("Site technician", policy.SiteTechnician)
	c.groups()
	rooms := c.rooms / 4
	building := func(n int) policy.Scope { return policy.ScopeGroup(c.Groups[n].ID) }

	c.assign("Technicians on site", technician, []store.Member{c.group("Technicians EMEA"), c.colleague(c.number*3 + 1), c.colleague(c.number*3 + 2)},
		building([]int{0, 1, 3}[c.number%3]))
	if c.seesWide(c.number) {
		c.assign("Operations of the main site", lead, []store.Member{c.person(seedWide), c.colleague(c.number*7 + 3)}, building(0), building(1))
	}
	if c.number == narrowCustomer {
		c.assign("Local support", technician, []store.Member{c.person(seedNarrow)}, building(2))
	}
	middle := c.seesMiddle(c.number)
	if middle {
		c.assign("Regional support", technician, []store.Member{c.person(seedMiddle), c.colleague(c.number*11 + 5)}, building(2), building(3))
	}
	if c.number%4 == 0 && !middle {
		c.assign("Large rooms", technician, []store.Member{c.group("Équipe Lyon"), c.colleague(c.number*13 + 7)}, building(seedLarge))
	}
	if c.number%4 == 3 {
		analyst := c.NewID()
		c.Roles = append(c.Roles, store.Role{ID: analyst, Name: "Analyst", Description: "Looks on, changes nothing.",
			Permissions: []policy.Permission{policy.RoomsView, policy.ReportsView, policy.TicketsView}})
		c.assign("Analysts", analyst, []store.Member{c.group("On call")}, policy.ScopeAll)
	}
	single := 0
	switch {
	case middle:
	case c.number%100 == 20:
		single = min(4*rooms, policy.MaxSingleRooms)
	case c.number%10 == 6:
		single = 8
	}
	if single > 0 {
		var scopes []policy.Scope
		for _, n := range c.rand.Perm(4 * rooms)[:single] {
			scopes = append(scopes, policy.ScopeRoom(c.Rooms[n].ID))
		}
		c.assign("Chosen rooms", technician, []store.Member{c.colleague(c.number*17 + 11)}, scopes...)
	}
	if c.number%6 == 1 {
		c.cover(lead)
	}
}

// cover is an assignment for a time: with some customers it is over, with others it still holds.
func (c *seedCustomer) cover(role policy.ID) {
	c.assign("Holiday cover", role, []store.Member{c.colleague(c.number*19 + 2)}, policy.ScopeAll)
	a := &c.Assignments[len(c.Assignments)-1]
	a.StartsAt, a.EndsAt = c.now.AddDate(0, 0, -60), c.now.AddDate(0, 0, 90)
	if c.number%12 == 1 {
		a.EndsAt = c.now.AddDate(0, 0, -10)
	}
}

func (c *seedCustomer) role(name, template string) policy.ID {
	permissions, _ := policy.Template(template)
	id := c.NewID()
	c.Roles = append(c.Roles, store.Role{ID: id, Name: name, Permissions: permissions})
	return id
}

func (c *seedCustomer) groups() {
	for n := range 4 {
		first := c.Rooms[n*c.rooms/4]
		c.Groups = append(c.Groups, store.RoomGroup{ID: c.NewID(), Name: first.City + ", " + first.Building})
	}
	c.Groups = append(c.Groups, store.RoomGroup{ID: c.NewID(), Name: "Large rooms"}, store.RoomGroup{ID: c.NewID(), Name: "Visitor floors"})
	for i, r := range c.Rooms {
		in := []int{i / (c.rooms / 4)}
		if r.Capacity >= largeRoom {
			in = append(in, seedLarge)
		}
		if r.Floor == "1" {
			in = append(in, seedVisitors)
		}
		for _, n := range in {
			c.Groups[n].Rooms = append(c.Groups[n].Rooms, r.ID)
		}
	}
}

func (c *seedCustomer) assign(name string, role policy.ID, members []store.Member, scopes ...policy.Scope) {
	c.Assignments = append(c.Assignments, store.Assignment{ID: c.NewID(), Role: role, Name: name, Members: members, Scopes: scopes})
}
