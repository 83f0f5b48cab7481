package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"roomward/policy"
)

// recell puts rooms of one customer into the cells that the customer's scopes ask for, and copies the cell to their devices and
// incidents. rooms nil means all that are not hidden. Only rooms whose cell really changes are written. When a first room comes into
// a cell, or the last one leaves it, the customer's rule version rises, because views are sets of the cells that have rooms.
func recell(ctx context.Context, t *tx, customer ID, rooms []ID) error {
	groups, marks, err := scopeTargets(ctx, t, customer)
	if err != nil {
		return err
	}
	placed, err := roomsToPlace(ctx, t, customer, rooms, groups)
	if err != nil {
		return err
	}
	cells := map[string]int64{}
	moving := map[int64][]ID{}
	for _, p := range placed {
		slices.Sort(p.groups)
		list, err := toJSON(nonNil(p.groups))
		if err != nil {
			return err
		}
		mark := ID(0)
		if marks[p.room] {
			mark = p.room
		}
		key := list + mark.String()
		cell, known := cells[key]
		if !known {
			if cell, err = cellOf(ctx, t, customer, list, mark); err != nil {
				return err
			}
			cells[key] = cell
		}
		if cell != p.cell {
			moving[cell] = append(moving[cell], p.room)
		}
	}
	if len(moving) == 0 {
		return nil
	}
	before, err := cellsOf(ctx, t, customer)
	if err != nil {
		return err
	}
	for cell, rooms := range moving {
		for part := range slices.Chunk(rooms, movedAtOnce) {
			if err := moveToCell(ctx, t, part, cell); err != nil {
				return err
			}
		}
	}
	after, err := cellsOf(ctx, t, customer)
	if err != nil {
		return err
	}
	if slices.EqualFunc(before, after, func(a, b policy.Cell) bool { return a.ID == b.ID }) {
		return nil
	}
	return raiseRules(ctx, t, customer)
}

// scopeTargets reads which groups and which single rooms the scopes of a customer's assignments name.
func scopeTargets(ctx context.Context, t *tx, customer ID) (groups map[ID]bool, marks map[ID]bool, err error) {
	rows, err := t.QueryContext(ctx, `SELECT DISTINCT scope FROM assignment_scopes WHERE customer_id = $1`, customer)
	if err != nil {
		return nil, nil, fmt.Errorf("read the scopes in use: %w", err)
	}
	defer func() { _ = rows.Close() }()
	groups, marks = map[ID]bool{}, map[ID]bool{}
	for rows.Next() {
		var scope string
		if err := rows.Scan(&scope); err != nil {
			return nil, nil, fmt.Errorf("read the scopes in use: %w", err)
		}
		kind, name, _ := strings.Cut(scope, ":")
		id, err := policy.ParseID(name)
		if err != nil {
			continue
		}
		switch kind {
		case "group":
			groups[id] = true
		case "room":
			marks[id] = true
		}
	}
	return groups, marks, rows.Err()
}

type placing struct {
	room   ID
	cell   int64
	groups []ID
}

func roomsToPlace(ctx context.Context, t *tx, customer ID, rooms []ID, groups map[ID]bool) ([]placing, error) {
	query := `SELECT r.id, coalesce(r.cell_id, 0), coalesce(g.group_id, 0)
		FROM rooms r LEFT JOIN room_group_rooms g ON g.room_id = r.id
		WHERE r.customer_id = $1 AND r.hidden_at IS NULL`
	args := []any{customer}
	if rooms != nil {
		list, err := toJSON(numbers(rooms))
		if err != nil {
			return nil, err
		}
		query += ` AND r.id ` + inSet(2)
		args = append(args, list)
	}
	found, err := t.QueryContext(ctx, query+` ORDER BY r.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read the rooms to place: %w", err)
	}
	defer func() { _ = found.Close() }()
	var out []placing
	for found.Next() {
		var room, group ID
		var cell int64
		if err := found.Scan(&room, &cell, &group); err != nil {
			return nil, fmt.Errorf("read the rooms to place: %w", err)
		}
		if len(out) == 0 || out[len(out)-1].room != room {
			out = append(out, placing{room: room, cell: cell})
		}
		if groups[group] {
			last := &out[len(out)-1]
			last.groups = append(last.groups, group)
		}
	}
	return out, found.Err()
}

func cellOf(ctx context.Context, t *tx, customer ID, groups string, mark ID) (cell int64, err error) {
	_, err = t.exec(ctx, `INSERT INTO cells (customer_id, groups_json, room_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		customer, groups, mark)
	if err != nil {
		return 0, fmt.Errorf("make a cell: %w", err)
	}
	err = t.QueryRowContext(ctx, `SELECT id FROM cells WHERE customer_id = $1 AND groups_json = $2 AND room_id = $3`,
		customer, groups, mark).Scan(&cell)
	if err != nil {
		return 0, fmt.Errorf("read a cell: %w", err)
	}
	return cell, nil
}

// movedAtOnce is how many rooms one statement moves to another cell.
const movedAtOnce = 1_000

// moveToCell writes a cell, or nil for none, to rooms and all that is in them.
func moveToCell(ctx context.Context, t *tx, rooms []ID, cell any) error {
	list, err := toJSON(numbers(rooms))
	if err != nil {
		return err
	}
	for _, statement := range []string{
		`UPDATE rooms SET cell_id = $1 WHERE id ` + inSet(2),
		`UPDATE devices SET cell_id = $1 WHERE room_id ` + inSet(2),
		`UPDATE incidents SET cell_id = $1 WHERE room_id ` + inSet(2),
	} {
		if _, err := t.exec(ctx, statement, cell, list); err != nil {
			return fmt.Errorf("move rooms to their cell: %w", err)
		}
	}
	return nil
}

// cellsOf reads the cells of a customer for its rules. One that its rooms have left is none: who had a role there alone holds nothing now.
func cellsOf(ctx context.Context, t *tx, customer ID) ([]policy.Cell, error) {
	rows, err := t.QueryContext(ctx, `SELECT id, groups_json, room_id FROM cells c WHERE customer_id = $1
		AND EXISTS (SELECT 1 FROM rooms r WHERE r.cell_id = c.id) ORDER BY id`, customer)
	if err != nil {
		return nil, fmt.Errorf("read the cells: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []policy.Cell
	for rows.Next() {
		var c policy.Cell
		var groups string
		if err := rows.Scan(&c.ID, &groups, &c.Room); err != nil {
			return nil, fmt.Errorf("read the cells: %w", err)
		}
		if err := fromJSON(groups, &c.Groups); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// numbers are ids as the JSON set of inSet wants them: integers, not their text form.
func numbers(ids []ID) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
