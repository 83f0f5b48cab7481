package store

import (
	"context"
	"database/sql"

	"roomward/policy"
)

// RoomGroups reads the room groups that a person sees of a customer, by name: those with a room of its view, and for who holds groups.view everywhere
// all. Errors: ErrNotFound without groups.view there, ErrStaleView.
func (s *Store) RoomGroups(ctx context.Context, by policy.Authority) ([]SeenGroup, error) {
	var out []SeenGroup
	err := s.read(ctx, func(t *tx) error {
		if err := checkHolding(ctx, t, by, policy.GroupsView); err != nil {
			return err
		}
		var err error
		out, err = seenGroups(ctx, t, by)
		return err
	})
	return out, err
}

// RoomGroup reads one of RoomGroups. ErrNotFound also for one that the person does not see.
func (s *Store) RoomGroup(ctx context.Context, by policy.Authority, id ID) (SeenGroup, error) {
	known, err := s.RoomGroups(ctx, by)
	if err != nil {
		return SeenGroup{}, err
	}
	return groupAmong(known, id)
}

func seenGroups(ctx context.Context, t *tx, by policy.Authority) ([]SeenGroup, error) {
	scopes, _, err := scopeTargets(ctx, t, by.Customer())
	if err != nil {
		return nil, err
	}
	uses, err := groupUses(ctx, t, by)
	if err != nil {
		return nil, err
	}
	view := by.View(policy.GroupsView)
	type row struct {
		SeenGroup
		rules string
	}
	rows, err := readAll(ctx, t, "list the room groups", statement{`SELECT g.id, g.name, g.description, g.kind, g.rules_json, g.version, g.changed_at, g.changed_by,
			(SELECT count(*) FROM room_group_rooms m JOIN rooms r ON r.id = m.room_id WHERE m.group_id = g.id AND r.cell_id ` + inSet(2) + `)
		FROM room_groups g WHERE g.customer_id = $1 ORDER BY g.name, g.id`, []any{by.Customer(), view.CellsJSON()}},
		func(rows *sql.Rows, g *row) error {
			var changed int64
			err := rows.Scan(&g.ID, &g.Name, &g.Description, &g.Kind, &g.rules, &g.Version, &changed, &g.ChangedBy, &g.Count)
			g.ChangedAt = when(changed)
			return err
		})
	if err != nil {
		return nil, err
	}
	out := []SeenGroup{}
	for _, g := range rows {
		everywhere := by.Everywhere(policy.GroupsView)
		if g.Count == 0 && !everywhere {
			continue
		}
		if everywhere {
			if err := fromJSON(g.rules, &g.Rules); err != nil {
				return nil, err
			}
		}
		g.scoped, g.UsedBy, g.ShowsUse = scopes[g.ID], uses[g.ID], by.Holds(policy.RolesView)
		g.Editable = g.editableBy(by)
		out = append(out, g.SeenGroup)
	}
	return out, nil
}

// groupUses counts the assignments that the person sees, by the groups that they name.
func groupUses(ctx context.Context, t *tx, by policy.Authority) (map[ID]int, error) {
	uses := map[ID]int{}
	if !by.Holds(policy.RolesView) {
		return uses, nil
	}
	ground, err := groundOf(ctx, t, by.Rules())
	if err != nil {
		return nil, err
	}
	for _, a := range by.Rules().Assignments {
		if !by.Sees(a, ground) {
			continue
		}
		for _, scope := range a.Scopes {
			if group := scope.Group(); group != 0 {
				uses[group]++
			}
		}
	}
	return uses, nil
}

// GroupMember is a room of a group, or one that comes or goes.
type GroupMember struct {
	ID       ID
	Name     string
	Building string
	City     string
}

// GroupMembers reads one page of the rooms of a group that a view of groups.view shows, by name. ErrNotFound for a group of another customer, and for
// one of which the view shows no room, unless it is held everywhere.
func (s *Store) GroupMembers(ctx context.Context, v policy.View, customer, group ID, after *RoomKey, limit int) (list []GroupMember, more bool, err error) {
	v = v.One(customer)
	err = s.readView(ctx, v, func(t *tx) error {
		var one int
		err := t.QueryRowContext(ctx, `SELECT 1 FROM room_groups g WHERE g.id = $1 AND g.customer_id = $2 AND ($3 OR EXISTS (
			SELECT 1 FROM room_group_rooms m JOIN rooms r ON r.id = m.room_id WHERE m.group_id = g.id AND r.cell_id `+inSet(4)+`))`,
			group, customer, !v.Everywhere().Empty(), v.CellsJSON()).Scan(&one)
		if err != nil {
			return notFound(err, "look for a room group")
		}
		c := &conditions{}
		c.add("m.group_id = " + c.param(group))
		c.shown("r.cell_id", v, byOrder) // the group finds the rooms
		if after != nil {
			c.add(order{columns: []string{"r.name", "r.id"}}.after(c, after.Name, after.ID))
		}
		list, err = readAll(ctx, t, "read the rooms of a group", statement{`SELECT r.id, r.name, r.building, r.city FROM room_group_rooms m
			CROSS JOIN rooms r ON r.id = m.room_id WHERE ` + c.String() + ` ORDER BY +r.name, r.id LIMIT ` + c.param(pageSize(limit)+1), c.args},
			func(rows *sql.Rows, m *GroupMember) error {
				return rows.Scan(integer(&m.ID), &m.Name, &m.Building, &m.City)
			})
		if more = len(list) > pageSize(limit); more {
			list = list[:pageSize(limit)]
		}
		return err
	})
	return list, more, err
}

// GroupFacts are the values that rules can ask for, with how many rooms that a view of groups.view shows have them.
type GroupFacts struct {
	Countries, Cities, Buildings, Floors, Makers, Models, Kinds []Facet
}

// GroupFacts reads them for a customer. ErrNotFound for one that the view does not show.
func (s *Store) GroupFacts(ctx context.Context, v policy.View, customer ID) (GroupFacts, error) {
	var out GroupFacts
	v = v.One(customer)
	err := s.readView(ctx, v, func(t *tx) error {
		if v.Empty() {
			return ErrNotFound
		}
		where := ` FROM rooms r WHERE r.cell_id ` + inSet(1)
		err := readTallies(ctx, t, where, []any{v.CellsJSON()}, []tally{
			{column: "r.country", into: &out.Countries}, {column: "r.city", into: &out.Cities}, {column: "r.building", into: &out.Buildings},
			{column: "r.floor", into: &out.Floors}, {column: "r.maker", into: &out.Makers}, {column: "r.model", into: &out.Models}})
		if err != nil {
			return err
		}
		kinds, err := readCounts(ctx, t, "count the rooms by device kind", statement{`SELECT d.kind, count(DISTINCT d.room_id) FROM rooms r
			JOIN devices d ON d.room_id = r.id WHERE r.cell_id ` + inSet(1) + ` AND d.kind <> '' GROUP BY d.kind`, []any{v.CellsJSON()}})
		out.Kinds = facetsOf(kinds)
		return err
	})
	return out, err
}

// Named is something that only its name is told of.
type Named struct {
	ID   ID
	Name string
}

func groupsOfRoom(ctx context.Context, t *tx, room ID) ([]Named, error) {
	return readAll(ctx, t, "read the groups of a room", statement{`SELECT g.id, g.name FROM room_group_rooms m JOIN room_groups g ON g.id = m.group_id
		WHERE m.room_id = $1 ORDER BY g.name, g.id`, []any{room}},
		func(rows *sql.Rows, g *Named) error { return rows.Scan(integer(&g.ID), &g.Name) })
}

// roomGroupFacet are the room groups of one customer among what a filter, but for its groups, leaves of a view.
func roomGroupFacet(ctx context.Context, t *tx, v policy.View, f RoomFilter) ([]Facet, error) {
	f.Groups = nil
	if f.Customer == 0 {
		return []Facet{}, nil
	}
	c, err := f.where(f.narrow(v), byCell)
	if err != nil {
		return nil, err
	}
	c.shown("r.cell_id", f.narrow(f.Grouped), byOrder)
	return readAll(ctx, t, "read the groups of rooms", statement{`SELECT g.id, g.name, count(*) FROM rooms r
		JOIN room_group_rooms m ON m.room_id = r.id JOIN room_groups g ON g.id = m.group_id
		WHERE ` + c.String() + ` GROUP BY g.id ORDER BY count(*) DESC, g.name, g.id LIMIT ` + c.param(maxFacets), c.args}, scanCustomerFacet)
}
