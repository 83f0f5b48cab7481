package store

import (
	"context"
	"fmt"
	"slices"

	"roomward/policy"
)

// Sheet is what one person may see of the roles and assignments of a customer, all of one moment.
type Sheet struct {
	Roles []Role // the built-in one first, then by name
	// Assignments are those whose every scope the person sees, by name.
	Assignments []Assignment
	// Ground is of all scopes that assignments name, also of those that are not shown: for questions to the authority only.
	Ground policy.Ground
	// Rooms and Names are of the scopes of the assignments shown.
	Rooms map[policy.Scope]int
	Names map[policy.Scope]string
}

// Sheet reads what a person may see of a customer's roles and assignments. Errors: ErrNotFound without roles.view there, ErrStaleView.
// more are scopes to describe beyond those of the assignments shown.
func (s *Store) Sheet(ctx context.Context, by policy.Authority, more ...policy.Scope) (Sheet, error) {
	var out Sheet
	err := s.read(ctx, func(t *tx) error {
		if err := checkRoles(ctx, t, by); err != nil {
			return err
		}
		var err error
		out, err = sheetOf(ctx, t, by, more...)
		return err
	})
	return out, err
}

func sheetOf(ctx context.Context, t *tx, by policy.Authority, more ...policy.Scope) (Sheet, error) {
	out := Sheet{Rooms: map[policy.Scope]int{}, Names: map[policy.Scope]string{}}
	var err error
	if out.Roles, err = roleRows(ctx, t, by.Customer()); err != nil {
		return out, err
	}
	if out.Ground, err = groundOf(ctx, t, by.Rules(), more...); err != nil {
		return out, err
	}
	list, err := assignmentRows(ctx, t, by.Customer())
	if err != nil {
		return out, err
	}
	shown := slices.Clone(more)
	for _, a := range list {
		if !by.Sees(policy.Assignment{Scopes: a.Scopes}, out.Ground) {
			continue
		}
		out.Assignments = append(out.Assignments, a)
		shown = append(shown, a.Scopes...)
	}
	return out, describeScopes(ctx, t, by.Customer(), shown, &out)
}

// describeScopes reads the names of groups and rooms, and how many rooms each scope has.
func describeScopes(ctx context.Context, t *tx, customer ID, scopes []policy.Scope, out *Sheet) error {
	wanted := map[policy.Scope]bool{}
	var rooms []ID
	for _, scope := range scopes {
		wanted[scope] = true
		if room := scope.Room(); room != 0 {
			rooms = append(rooms, room)
		}
	}
	var all int
	err := t.QueryRowContext(ctx, `SELECT count(*) FROM rooms WHERE customer_id = $1 AND hidden_at IS NULL`, customer).Scan(&all)
	if err != nil {
		return fmt.Errorf("count the rooms of a customer: %w", err)
	}
	out.Rooms[policy.ScopeAll] = all
	groups, err := t.QueryContext(ctx, `SELECT g.id, g.name, count(r.id) FROM room_groups g LEFT JOIN room_group_rooms m ON m.group_id = g.id
		LEFT JOIN rooms r ON r.id = m.room_id AND r.hidden_at IS NULL WHERE g.customer_id = $1 GROUP BY g.id`, customer)
	if err != nil {
		return fmt.Errorf("count the rooms of groups: %w", err)
	}
	defer func() { _ = groups.Close() }()
	for groups.Next() {
		var id ID
		var name string
		var n int
		if err := groups.Scan(&id, &name, &n); err != nil {
			return fmt.Errorf("count the rooms of groups: %w", err)
		}
		if scope := policy.ScopeGroup(id); wanted[scope] {
			out.Names[scope], out.Rooms[scope] = name, n
		}
	}
	if err := groups.Err(); err != nil {
		return err
	}
	list, err := toJSON(numbers(rooms))
	if err != nil {
		return err
	}
	found, err := t.QueryContext(ctx, `SELECT id, name FROM rooms WHERE hidden_at IS NULL AND customer_id = $1 AND id `+inSet(2), customer, list)
	if err != nil {
		return fmt.Errorf("read the names of rooms: %w", err)
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var id ID
		var name string
		if err := found.Scan(&id, &name); err != nil {
			return fmt.Errorf("read the names of rooms: %w", err)
		}
		out.Names[policy.ScopeRoom(id)], out.Rooms[policy.ScopeRoom(id)] = name, 1
	}
	return found.Err()
}

// groundOf reads in which cells the rooms of scopes stand: of all that the rules name, and of more.
func groundOf(ctx context.Context, t *tx, rules policy.Rules, more ...policy.Scope) (policy.Ground, error) {
	ground := policy.Ground{}
	var rooms []ID
	for _, scope := range more {
		rooms = append(rooms, scope.Room())
	}
	for _, a := range rules.Assignments {
		for _, scope := range a.Scopes {
			rooms = append(rooms, scope.Room())
		}
	}
	list, err := toJSON(numbers(rooms))
	if err != nil {
		return nil, err
	}
	rows, err := t.QueryContext(ctx, `SELECT 0, cell_id, 0 FROM rooms WHERE customer_id = $1 AND cell_id IS NOT NULL GROUP BY cell_id
		UNION ALL SELECT id, cell_id, 1 FROM rooms WHERE customer_id = $1 AND cell_id IS NOT NULL AND id `+inSet(2)+`
		UNION ALL SELECT DISTINCT g.group_id, r.cell_id, 2 FROM rooms r JOIN room_group_rooms g ON g.room_id = r.id
			WHERE r.customer_id = $1 AND r.cell_id IS NOT NULL`, rules.Customer, list)
	if err != nil {
		return nil, fmt.Errorf("read where scopes stand: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id ID
		var cell int64
		var kind int
		if err := rows.Scan(&id, &cell, &kind); err != nil {
			return nil, fmt.Errorf("read where scopes stand: %w", err)
		}
		scope := []policy.Scope{policy.ScopeAll, policy.ScopeRoom(id), policy.ScopeGroup(id)}[kind]
		if !slices.Contains(ground[scope], cell) {
			ground[scope] = append(ground[scope], cell)
		}
	}
	return ground, rows.Err()
}
