package store

import (
	"context"
	"fmt"
	"math"
	"strings"

	"roomward/policy"
)

// RoomFilter narrows a list of rooms; fields that are zero do not. Several values of one field are alternatives.
type RoomFilter struct {
	Customer    ID
	Health      []string
	Severity    []string // of open incidents that decide about health: critical, important, warning
	Country     []string
	City        []string
	Building    []string
	Maker       []string
	Model       []string
	CapacityMin int
	CapacityMax int
	Query       string // contained in name, e-mail address, building, city or label; see searchable
	Groups      []ID   // in one of these room groups
	// Grouped is the view of groups.view: a room that it does not show is in no group.
	Grouped policy.View
}

// HealthRanks are the ranks (RoomAfter.Rank) that a room of a health can have, worst first over all. Lists count and find rooms by rank, because
// that is what the indexes know; who works out the health keeps to it.
func HealthRanks(health string) (low, high int) {
	switch health {
	case "unhealthy":
		return 10, 19
	case "offline":
		return 20, 29
	case "unmonitored":
		return 30, 39
	case "suppressed":
		return 40, 49
	case "onboarding":
		return 50, 59
	}
	return 60, 69
}

// narrow leaves of a view what the filter by customer leaves. A customer that the view does not show leaves nothing.
func (f RoomFilter) narrow(v policy.View) policy.View {
	if f.Customer == 0 {
		return v
	}
	return v.One(f.Customer)
}

// where is the condition of every list of rooms. The cells come first: what they do not name does not exist.
func (f RoomFilter) where(v policy.View, w walk) (*conditions, error) {
	c := &conditions{}
	if len(f.Groups) > 0 {
		w = byOrder // the groups find the rooms
	}
	c.shown("r.cell_id", v, w)
	if err := c.among("r.health", f.Health); err != nil {
		return nil, err
	}
	if len(f.Health) > 0 {
		worst, best := math.MaxInt, 0
		for _, health := range f.Health {
			low, high := HealthRanks(health)
			worst, best = min(worst, low), max(best, high)
		}
		c.add("r.health_rank >= " + c.param(worst) + " AND r.health_rank <= " + c.param(best))
	}
	c.known = len(c.pieces)
	if len(f.Groups) > 0 {
		list, err := toJSON(numbers(f.Groups))
		if err != nil {
			return nil, err
		}
		c.add("r.id IN (SELECT room_id FROM room_group_rooms WHERE group_id " + c.set(list) + ")")
		c.shown("r.cell_id", f.Grouped, byOrder)
	}
	for _, list := range []struct {
		column string
		values []string
	}{{"r.country", f.Country}, {"r.city", f.City}, {"r.building", f.Building}, {"r.maker", f.Maker}, {"r.model", f.Model}} {
		if err := c.among(list.column, list.values); err != nil {
			return nil, err
		}
	}
	if len(f.Severity) > 0 {
		list, err := toJSON(f.Severity)
		if err != nil {
			return nil, err
		}
		p := c.set(list)
		c.add("(r.critical > 0 AND 'critical' " + p + " OR r.important > 0 AND 'important' " + p + " OR r.warning > 0 AND 'warning' " + p + ")")
	}
	if f.CapacityMin > 0 {
		c.add("r.capacity >= " + c.param(f.CapacityMin))
	}
	if f.CapacityMax > 0 {
		c.add("r.capacity <= " + c.param(f.CapacityMax))
	}
	if f.Query != "" {
		c.add(c.contains("r.search", f.Query))
	}
	return c, nil
}

// What the columns seen_order and incident_order hold (migration 0003): seenNow stands for the moment at which a room was last seen that is
// not missing, and incidents weigh by severity.
const (
	seenNow        = math.MaxInt64
	weighCritical  = 1_000_000
	weighImportant = 1_000
)

// value is what the order is by, where that is a number, as a column and of a room. The order by name has none.
func (s RoomSort) value() (column string, of func(Room) int64) {
	switch s {
	case RoomsByName, RoomsByNameDown:
		return "", nil
	case RoomsBySeen, RoomsBySeenDown:
		return "r.seen_order", func(r Room) int64 {
			if r.LastSeenAt.IsZero() {
				return seenNow
			}
			return millis(r.LastSeenAt)
		}
	case RoomsByIncidents, RoomsByIncidentsDown:
		return "r.incident_order", func(r Room) int64 {
			return int64(r.Critical*weighCritical + r.Important*weighImportant + r.Warning)
		}
	}
	return "r.health_rank", func(r Room) int64 { return int64(r.HealthRank) }
}

func (s RoomSort) order() order {
	o := order{columns: []string{"r.name", "r.id"}, down: s != "" && s[0] == '-'}
	if column, _ := s.value(); column != "" {
		o.columns = append([]string{column}, o.columns...)
	}
	return o
}

// Key is where a room stands in the order: the page after it begins there.
func (s RoomSort) Key(r Room) RoomKey {
	k := RoomKey{Name: r.Name, ID: r.ID}
	if _, of := s.value(); of != nil {
		k.Value = of(r)
	}
	return k
}

// counted tells whether room_counts knows how many rooms have what the filter asks for.
func (f RoomFilter) counted() bool {
	return f.Query == "" && f.CapacityMin == 0 && f.CapacityMax == 0 &&
		len(f.Severity)+len(f.Country)+len(f.City)+len(f.Building)+len(f.Maker)+len(f.Model)+len(f.Groups) == 0
}

// findRooms finds the ids of a page and of one room more.
func findRooms(ctx context.Context, t *tx, v policy.View, q RoomQuery) ([]ID, error) {
	const doing = "find a page of rooms"
	w := byCell
	if len(q.Filter.Groups) == 0 {
		many := manyRooms
		if !q.Filter.counted() {
			many *= probeFactor
		}
		var err error
		if w, err = choose(v, many, func(cells string) (int, error) { return sumRooms(ctx, t, cells, q.Filter) }); err != nil {
			return nil, err
		}
	}
	if w == byOrder && !q.Filter.counted() {
		w = byCell
		probing, err := roomsProbe(v, q)
		if err != nil {
			return nil, err
		}
		ids, found, err := probe(ctx, t, doing, probing, pageSize(q.Limit)+1)
		if err != nil || found {
			return ids, err
		}
	}
	page, err := roomsPage(v, q, w)
	if err != nil {
		return nil, err
	}
	return readAll(ctx, t, doing, page, scanID)
}

// roomsProbe walks by order over what the counted part of the filter leaves, and tells of each room whether all of the filter does.
func roomsProbe(v policy.View, q RoomQuery) (statement, error) {
	c, err := q.Filter.where(v, byOrder)
	if err != nil {
		return statement{}, err
	}
	o := q.Sort.order()
	text := `SELECT r.id, ` + strings.Join(c.pieces[c.known:], " AND ") + ` FROM rooms r WHERE ` + strings.Join(c.pieces[:c.known], " AND ")
	if q.After != nil {
		text += ` AND ` + o.after(c, q.after()...)
	}
	return statement{text + ` ORDER BY ` + o.String() + ` LIMIT ` + c.param(probeMost), c.args}, nil
}

// after are the values that the order's columns have in the last room of the page before.
func (q RoomQuery) after() []any {
	values := []any{q.After.Value, q.After.Name, q.After.ID}
	return values[len(values)-len(q.Sort.order().columns):]
}

// roomsPage finds the ids of a page and of one room more.
func roomsPage(v policy.View, q RoomQuery, w walk) (statement, error) {
	c, err := q.Filter.where(v, w)
	if err != nil {
		return statement{}, err
	}
	o := q.Sort.order()
	if q.After != nil {
		c.add(o.after(c, q.after()...))
	}
	by := o.String()
	if w == byCell {
		by = "+" + by
	}
	text := `SELECT r.id FROM rooms r WHERE ` + c.String() + ` ORDER BY ` + by + ` LIMIT ` + c.param(pageSize(q.Limit)+1)
	return statement{text, c.args}, nil
}

// countRooms counts what a filter leaves of a view.
func countRooms(ctx context.Context, t *tx, v policy.View, f RoomFilter) (int, error) {
	if f.counted() {
		return sumRooms(ctx, t, v.CellsJSON(), f)
	}
	c, err := f.where(v, byCell)
	if err != nil {
		return 0, err
	}
	var n int
	if err := t.QueryRowContext(ctx, `SELECT count(*) FROM rooms r WHERE `+c.String(), c.args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count rooms: %w", err)
	}
	return n, nil
}

// countedWhere is the counted part of the filter as a condition for room_counts.
func (f RoomFilter) countedWhere(cells string) (*conditions, error) {
	c := &conditions{}
	c.add("r.cell_id " + c.set(cells))
	return c, c.among("+r.health", f.Health)
}

// sumRooms counts what the counted part of a filter leaves of cells.
func sumRooms(ctx context.Context, t *tx, cells string, f RoomFilter) (int, error) {
	if len(f.Health) == 0 {
		return sumCells(ctx, t, "rooms", cells)
	}
	c, err := f.countedWhere(cells)
	if err != nil {
		return 0, err
	}
	var n int
	err = t.QueryRowContext(ctx, `SELECT coalesce(sum(r.n), 0) FROM room_counts r WHERE `+c.String(), c.args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("sum the counts of rooms: %w", err)
	}
	return n, nil
}

// countRoomsByHealth counts what a filter leaves of a view by health.
func countRoomsByHealth(ctx context.Context, t *tx, v policy.View, f RoomFilter) (map[string]int, error) {
	const doing = "count rooms by health"
	if f.counted() {
		return readCounts(ctx, t, doing, statement{`SELECT r.health, sum(r.n) FROM room_counts r
			WHERE r.cell_id ` + inSet(1) + ` GROUP BY r.health HAVING sum(r.n) > 0`, []any{v.CellsJSON()}})
	}
	c, err := f.where(v, byCell)
	if err != nil {
		return nil, err
	}
	return readCounts(ctx, t, doing, statement{`SELECT r.health, count(*) FROM rooms r WHERE ` + c.String() + ` GROUP BY r.health`, c.args})
}
