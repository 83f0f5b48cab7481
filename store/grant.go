package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"roomward/policy"
)

// GrantChange is what another choice of rooms does to the copy that the partner has, and to who reaches what. What it gains is not in here: rooms
// outside of the grant are not stored.
type GrantChange struct {
	Customer    ID
	Version     int64       // of what was agreed, with which it was compared
	Rooms       int         // that stay
	Lost        []GrantRoom // by place, hidden ones too
	Devices     int         // of the lost rooms
	Incidents   int         // of the lost rooms, closed ones too
	Open        int         // of these, those that are open
	Assignments []GrantAssignment
	Groups      []GrantGroup
}

// GrantRoom is a room that the partner loses.
type GrantRoom struct {
	ID                   ID
	Name, Building, City string
	hidden               bool
}

// GrantAssignment is an assignment of the partner that reaches fewer rooms. One that named nothing but lost rooms is removed: it would reach nothing
// for ever, for a room that comes back is another one.
type GrantAssignment struct {
	ID            ID
	Name, Role    string
	Members       []string // names
	Before, After int      // rooms
	Removed       bool
}

// GrantGroup is a room group that loses rooms. It stays, also without a room: its rules, or somebody, may fill it again.
type GrantGroup struct {
	ID            ID
	Name          string
	Before, After int
}

// PreviewGrant tells a customer what SetGrant would do. Errors as there.
func (s *Store) PreviewGrant(ctx context.Context, v policy.View, grant policy.Grant) (GrantChange, error) {
	var out GrantChange
	err := s.read(ctx, func(t *tx) error {
		c, err := ownAgreement(ctx, t, v)
		if err != nil {
			return err
		}
		out, err = planGrant(ctx, t, c, grant)
		return err
	})
	return out, err
}

// SetGrant gives the partner another choice of rooms, by the customer. Rooms that are no longer in it go with all that hangs on them, in this
// transaction; Erase then takes their last bytes out of the files (law 7). Rooms that are new in it come with the next collection, which is due at
// once. It tells what was done. Errors as in changeRelation.
func (s *Store) SetGrant(ctx context.Context, act Act, v policy.View, version int64, grant policy.Grant) (GrantChange, error) {
	var out GrantChange
	err := s.changeRelation(ctx, act, v, version, func(t *tx, c Customer) (agreed, error) {
		var err error
		if out, err = planGrant(ctx, t, c, grant); err != nil {
			return agreed{}, err
		}
		if err := out.removeLost(ctx, t, c); err != nil {
			return agreed{}, err
		}
		// What runs just now asked by the old choice: it loses its lease, so that it writes nothing, and another is due at once.
		if _, err := t.exec(ctx, `UPDATE collect_jobs SET leased_until = 0, due_at = min(due_at, $1) WHERE customer_id = $2`, t.now, c.ID); err != nil {
			return agreed{}, fmt.Errorf("make a collection due: %w", err)
		}
		if _, err := t.exec(ctx, `UPDATE capability_checks SET leased_until = 0, due_at = CASE WHEN leased_until > $1 THEN $1 ELSE due_at END
			WHERE customer_id = $2`, t.now, c.ID); err != nil {
			return agreed{}, fmt.Errorf("end a check by the old choice: %w", err)
		}
		text, err := toJSON(grant)
		after := grantNote(grant, out.Rooms)
		after["lost"], after["assignmentsRemoved"] = len(out.Lost), out.removed()
		return agreed{operation: "grant.update", kind: "grant.changed", rights: true, note: noted{grantNote(c.Grant, c.Rooms), after},
			told:   map[string]any{"rooms": out.Rooms, "lost": len(out.Lost), "assignmentsRemoved": len(out.removed())},
			update: statement{`UPDATE customers SET grant_json = $1 WHERE id = $2`, []any{text, c.ID}}}, err
	})
	return out, err
}

// grantNote is what the record says of a choice: how much and not which, for the record stays when the rooms go.
func grantNote(g policy.Grant, rooms int) map[string]any {
	return map[string]any{"all": g.All, "rules": len(g.Rules), "singleRooms": len(g.Rooms), "exceptions": len(g.Except), "rooms": rooms}
}

func (g GrantChange) removed() []ID {
	ids := []ID{}
	for _, a := range g.Assignments {
		if a.Removed {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// planGrant finds out which stored rooms another choice leaves out, and what hangs on them.
func planGrant(ctx context.Context, t *tx, c Customer, grant policy.Grant) (GrantChange, error) {
	out := GrantChange{Customer: c.ID, Version: c.Version}
	type stored struct {
		GrantRoom
		place policy.Place
	}
	rooms, err := readAll(ctx, t, "read the rooms of a customer", statement{`SELECT id, name, building, city, country, place_id, email, hidden_at IS NOT NULL FROM rooms
		WHERE customer_id = $1 ORDER BY country, city, building, name, id`, []any{c.ID}}, func(rows *sql.Rows, r *stored) error {
		err := rows.Scan(&r.ID, &r.Name, &r.Building, &r.City, &r.place.Country, &r.place.ID, &r.place.Email, &r.hidden)
		r.place.City, r.place.Building = r.City, r.Building
		return err
	})
	if err != nil {
		return out, err
	}
	reach := reach{all: map[ID]bool{}, groups: map[ID][]ID{}, lost: map[ID]bool{}}
	for _, r := range rooms {
		if !r.hidden {
			reach.all[r.ID] = true
		}
		if !grant.Covers(r.place) {
			out.Lost, reach.lost[r.ID] = append(out.Lost, r.GrantRoom), true
		} else if !r.hidden {
			out.Rooms++
		}
	}
	if len(out.Lost) == 0 {
		return out, nil
	}
	if err := out.count(ctx, t); err != nil {
		return out, err
	}
	if err := out.planGroups(ctx, t, c.ID, &reach); err != nil {
		return out, err
	}
	return out, out.planAssignments(ctx, t, c.ID, reach)
}

// lost are the lost rooms as a set of a statement.
func (g GrantChange) lost() (string, error) {
	ids := make([]ID, len(g.Lost))
	for i, r := range g.Lost {
		ids[i] = r.ID
	}
	return toJSON(numbers(ids))
}

// lostScopes are the scopes that name lost rooms, as lost.
func (g GrantChange) lostScopes() (string, error) {
	scopes := make([]policy.Scope, len(g.Lost))
	for i, r := range g.Lost {
		scopes[i] = policy.ScopeRoom(r.ID)
	}
	return toJSON(scopes)
}

func (g *GrantChange) count(ctx context.Context, t *tx) error {
	list, err := g.lost()
	if err != nil {
		return err
	}
	err = t.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM devices WHERE room_id `+inSet(1)+`), count(*), coalesce(sum(open), 0)
		FROM incidents WHERE room_id `+inSet(1), list).Scan(&g.Devices, &g.Incidents, &g.Open)
	if err != nil {
		return fmt.Errorf("count what hangs on rooms: %w", err)
	}
	return nil
}

// reach is which rooms that are shown each scope has, and which rooms are lost.
type reach struct {
	all    map[ID]bool
	groups map[ID][]ID
	lost   map[ID]bool
}

// of counts the rooms of scopes before and after.
func (r reach) of(scopes []policy.Scope) (before, after int) {
	rooms := map[ID]bool{}
	for _, s := range scopes {
		for _, id := range r.groups[s.Group()] {
			rooms[id] = true
		}
		if id := s.Room(); r.all[id] {
			rooms[id] = true
		}
	}
	if slices.Contains(scopes, policy.ScopeAll) {
		rooms = r.all
	}
	for id := range rooms {
		if !r.lost[id] {
			after++
		}
	}
	return len(rooms), after
}

func (g *GrantChange) planGroups(ctx context.Context, t *tx, customer ID, r *reach) error {
	type member struct {
		group, room ID
		name        string
	}
	members, err := readAll(ctx, t, "read the rooms of groups", statement{`SELECT g.id, g.name, m.room_id FROM room_groups g
		JOIN room_group_rooms m ON m.group_id = g.id WHERE g.customer_id = $1 ORDER BY g.name, g.id`, []any{customer}},
		func(rows *sql.Rows, m *member) error { return rows.Scan(&m.group, &m.name, &m.room) })
	if err != nil {
		return err
	}
	for _, m := range members {
		if !r.all[m.room] {
			continue
		}
		r.groups[m.group] = append(r.groups[m.group], m.room)
		last := len(g.Groups) - 1
		if last < 0 || g.Groups[last].ID != m.group {
			g.Groups, last = append(g.Groups, GrantGroup{ID: m.group, Name: m.name}), last+1
		}
		g.Groups[last].Before++
		if !r.lost[m.room] {
			g.Groups[last].After++
		}
	}
	g.Groups = slices.DeleteFunc(g.Groups, func(one GrantGroup) bool { return one.Before == one.After })
	return nil
}

func (g *GrantChange) planAssignments(ctx context.Context, t *tx, customer ID, r reach) error {
	roles, err := rolesOf(ctx, t, customer)
	if err != nil {
		return err
	}
	names := map[ID]string{}
	for _, role := range roles {
		names[role.ID] = role.Name
	}
	list, err := assignmentRows(ctx, t, customer)
	if err != nil {
		return err
	}
	for _, a := range list {
		one := GrantAssignment{ID: a.ID, Name: a.Name, Role: names[a.Role]}
		one.Before, one.After = r.of(a.Scopes)
		one.Removed = len(a.Scopes) > 0 && !slices.ContainsFunc(a.Scopes, func(s policy.Scope) bool { return !r.lost[s.Room()] })
		if one.Before == one.After && !one.Removed {
			continue
		}
		for _, m := range a.Members {
			one.Members = append(one.Members, m.Name)
		}
		g.Assignments = append(g.Assignments, one)
	}
	slices.SortStableFunc(g.Assignments, func(a, b GrantAssignment) int { return cmp.Compare(b.Before-b.After, a.Before-a.After) })
	return nil
}

// removeLost removes the lost rooms with all that hangs on them, the scopes that name them, the assignments that are left without any, and what old
// offers said of them.
func (g GrantChange) removeLost(ctx context.Context, t *tx, c Customer) error {
	if len(g.Lost) == 0 {
		return nil
	}
	rooms, err := g.lost()
	if err != nil {
		return err
	}
	scopes, err := g.lostScopes()
	if err != nil {
		return err
	}
	assignments, err := toJSON(numbers(g.removed()))
	if err != nil {
		return err
	}
	for _, step := range []statement{
		{`DELETE FROM rooms WHERE customer_id = $1 AND id ` + inSet(2), []any{c.ID, rooms}}, // devices, signals and incidents go with them
		{`DELETE FROM cells WHERE customer_id = $1 AND room_id ` + inSet(2), []any{c.ID, rooms}},
		{`DELETE FROM assignment_scopes WHERE customer_id = $1 AND scope ` + inSet(2), []any{c.ID, scopes}},
		{`DELETE FROM assignments WHERE customer_id = $1 AND id ` + inSet(2), []any{c.ID, assignments}},
		{`DELETE FROM change_requests WHERE customer_id = $1 AND event = 'action' AND 'room:' || object_id ` + inSet(2), []any{c.ID, scopes}},
		{`UPDATE invitations SET grant_json = '{"all":false}' WHERE tenant_id = $1 AND state <> 'pending'`, []any{c.TenantID}},
		{`UPDATE customers SET data_version = data_version + 1,
			rooms = (SELECT count(*) FROM rooms WHERE customer_id = $1 AND hidden_at IS NULL) WHERE id = $1`, []any{c.ID}},
	} {
		if _, err := t.exec(ctx, step.text, step.args...); err != nil {
			return fmt.Errorf("remove what left the grant: %w", err)
		}
	}
	if err := recell(ctx, t, c.ID, nil); err != nil {
		return err
	}
	if err := followAdmins(ctx, t); err != nil {
		return err
	}
	return eraseLater(ctx, t)
}
