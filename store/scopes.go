package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"roomward/policy"
)

// ScopeChoices are the scopes that a person may give roles over.
type ScopeChoices struct {
	All    int // granted rooms
	Groups []GroupChoice
	Rooms  []RoomSpot
}

// GroupChoice is a room group with how many rooms it has.
type GroupChoice struct {
	ID    ID
	Name  string
	Rooms int
}

// RoomSpot is a room and the cell that it stands in.
type RoomSpot struct {
	ID             ID
	Name           string
	Building, City string
	Cell           int64
}

// scopeRooms is how many single rooms a search for scopes answers.
const scopeRooms = 50

// ScopeChoices finds room groups in all of whose rooms a person holds roles.modify, and rooms in which it does, by a part of a name. Errors:
// ErrNotFound without roles.view, ErrStaleView.
func (s *Store) ScopeChoices(ctx context.Context, by policy.Authority, q string) (ScopeChoices, error) {
	var out ScopeChoices
	err := s.read(ctx, func(t *tx) error {
		if err := checkRoles(ctx, t, by); err != nil {
			return err
		}
		err := t.QueryRowContext(ctx, `SELECT count(*) FROM rooms WHERE customer_id = $1 AND hidden_at IS NULL`, by.Customer()).Scan(&out.All)
		if err != nil {
			return fmt.Errorf("count the rooms of a customer: %w", err)
		}
		if out.Groups, err = groupChoices(ctx, t, by, q); err != nil {
			return err
		}
		out.Rooms, err = roomSpots(ctx, t, by.View(policy.RolesModify), q, scopeRooms)
		return err
	})
	return out, err
}

func groupChoices(ctx context.Context, t *tx, by policy.Authority, q string) ([]GroupChoice, error) {
	ground, err := groundOf(ctx, t, by.Rules())
	if err != nil {
		return nil, err
	}
	rows, err := t.QueryContext(ctx, `SELECT g.id, g.name, count(r.id) FROM room_groups g LEFT JOIN room_group_rooms m ON m.group_id = g.id
		LEFT JOIN rooms r ON r.id = m.room_id AND r.hidden_at IS NULL WHERE g.customer_id = $1 GROUP BY g.id ORDER BY g.name, g.id`, by.Customer())
	if err != nil {
		return nil, fmt.Errorf("list the groups for scopes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []GroupChoice
	for rows.Next() {
		var g GroupChoice
		if err := rows.Scan(&g.ID, &g.Name, &g.Rooms); err != nil {
			return nil, fmt.Errorf("list the groups for scopes: %w", err)
		}
		if by.Covers(policy.RolesModify, policy.ScopeGroup(g.ID), ground) && strings.Contains(searchable(g.Name), searchable(q)) {
			out = append(out, g)
		}
	}
	return out, rows.Err()
}

// roomSpots finds rooms of a view by a part of what searching looks for.
func roomSpots(ctx context.Context, t *tx, v policy.View, q string, limit int) ([]RoomSpot, error) {
	var c conditions
	cells := c.param(v.CellsJSON())
	like := c.contains("search", q)
	rows, err := t.QueryContext(ctx, `SELECT id, name, building, city, cell_id FROM rooms WHERE cell_id IN (SELECT value FROM json_each(`+cells+`)) AND `+
		like+` ORDER BY name, id LIMIT `+c.param(limit), c.args...)
	if err != nil {
		return nil, fmt.Errorf("find rooms: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []RoomSpot
	for rows.Next() {
		var r RoomSpot
		if err := rows.Scan(&r.ID, &r.Name, &r.Building, &r.City, &r.Cell); err != nil {
			return nil, fmt.Errorf("find rooms: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// RoomSpot reads one room of a customer in which a person holds roles.view. ErrNotFound for all others, ErrStaleView.
func (s *Store) RoomSpot(ctx context.Context, by policy.Authority, id ID) (RoomSpot, error) {
	out := RoomSpot{ID: id}
	err := s.read(ctx, func(t *tx) error {
		if err := checkRoles(ctx, t, by); err != nil {
			return err
		}
		err := t.QueryRowContext(ctx, `SELECT name, building, city, cell_id FROM rooms WHERE id = $1 AND customer_id = $2 AND cell_id `+inSet(3),
			id, by.Customer(), by.View(policy.RolesView).CellsJSON()).Scan(&out.Name, &out.Building, &out.City, &out.Cell)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("read where a room stands: %w", err)
		}
		return nil
	})
	return out, err
}

// RoomSpotsIn lists rooms of cells by name, those in which a person holds roles.view and rooms.view. Errors as in RoomSpot.
func (s *Store) RoomSpotsIn(ctx context.Context, by policy.Authority, cells []int64, limit int) ([]RoomSpot, error) {
	list, err := toJSON(cells)
	if err != nil {
		return nil, err
	}
	var out []RoomSpot
	err = s.read(ctx, func(t *tx) error {
		if err := checkRoles(ctx, t, by); err != nil {
			return err
		}
		out, err = readAll(ctx, t, "list the rooms of cells", statement{`SELECT id, name, building, city, cell_id FROM rooms
			WHERE cell_id ` + inSet(1) + ` AND cell_id ` + inSet(2) + ` AND cell_id ` + inSet(3) + ` ORDER BY name, id LIMIT $4`,
			[]any{list, by.View(policy.RolesView).CellsJSON(), by.View(policy.RoomsView).CellsJSON(), limit}},
			func(rows *sql.Rows, r *RoomSpot) error {
				return rows.Scan(&r.ID, &r.Name, &r.Building, &r.City, &r.Cell)
			})
		return err
	})
	return out, err
}

// CountByCell counts the rooms in which a person holds roles.view, by cell. Errors as in RoomSpot.
func (s *Store) CountByCell(ctx context.Context, by policy.Authority) (map[int64]int, error) {
	out := map[int64]int{}
	err := s.read(ctx, func(t *tx) error {
		if err := checkRoles(ctx, t, by); err != nil {
			return err
		}
		rows, err := t.QueryContext(ctx, `SELECT cell_id, count(*) FROM rooms WHERE cell_id `+inSet(1)+` GROUP BY cell_id`,
			by.View(policy.RolesView).CellsJSON())
		if err != nil {
			return fmt.Errorf("count rooms by cell: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var cell int64
			var n int
			if err := rows.Scan(&cell, &n); err != nil {
				return fmt.Errorf("count rooms by cell: %w", err)
			}
			out[cell] = n
		}
		return rows.Err()
	})
	return out, err
}
