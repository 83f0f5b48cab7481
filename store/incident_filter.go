package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"roomward/policy"
)

// IncidentFilter narrows a list of incidents; fields that are zero do not. Several values of one field are alternatives.
type IncidentFilter struct {
	Customer ID
	Room     ID
	States   []string // none is the open ones
	Severity []string
	Category []string
	Signal   []string
	Country  []string // of the room, as are City and Building
	City     []string
	Building []string
	Query    string // an incident's number, or contained in the signal or in what searching finds the room by; see searchable
}

// narrow leaves of a view what the filter by customer leaves. A customer that the view does not show leaves nothing.
func (f IncidentFilter) narrow(v policy.View) policy.View {
	if f.Customer == 0 {
		return v
	}
	return v.One(f.Customer)
}

func everyState() []string {
	return []string{IncidentWatching, IncidentActive, IncidentInvestigating, IncidentResolved, IncidentClosed}
}

// The two parts of a list of incidents. Each has its indexes.
const (
	openPart = "i.open = 1"
	pastPart = "i.open = 0"
)

// parts are the parts that have the states of the filter.
func (f IncidentFilter) parts() []string {
	open := len(f.States) == 0 || slices.ContainsFunc(f.States, isOpen)
	past := slices.ContainsFunc(f.States, func(state string) bool { return !isOpen(state) })
	switch {
	case open && past:
		return []string{openPart, pastPart}
	case past:
		return []string{pastPart}
	}
	return []string{openPart}
}

func isOpen(state string) bool {
	return state == IncidentWatching || state == IncidentActive || state == IncidentInvestigating
}

// someStates are the states to look for within the parts; none where every state of them will do.
func (f IncidentFilter) someStates() []string {
	parts := f.parts()
	for _, state := range everyState() {
		part := pastPart
		if isOpen(state) {
			part = openPart
		}
		if slices.Contains(parts, part) && !slices.Contains(f.States, state) {
			return f.States
		}
	}
	return nil
}

// counted tells whether incident_counts knows how many incidents have what the filter asks for.
func (f IncidentFilter) counted() bool {
	return f.Room == 0 && f.Query == "" && len(f.Category)+len(f.Signal)+len(f.Country)+len(f.City)+len(f.Building) == 0
}

// where is the condition of every list of incidents, but for the part. The cells come first: what they do not name does not exist.
func (f IncidentFilter) where(v policy.View, w walk) (*conditions, error) {
	c := &conditions{}
	low, high, rest, isNumber := parseIncidentNumber(f.Query)
	if f.Room != 0 || isNumber {
		w = byOrder // a room and a number have few incidents, and indexes of their own
	}
	c.shown("i.cell_id", v, w)
	if f.Room != 0 {
		c.add("i.room_id = " + c.param(f.Room))
	}
	for _, list := range []struct {
		column  string
		values  []string
		counted bool
	}{{"i.state", f.someStates(), true}, {"i.severity", f.Severity, true}, {"i.category", f.Category, false}, {"i.signal", f.Signal, false}} {
		if err := c.among(list.column, list.values); err != nil {
			return nil, err
		}
		if list.counted {
			c.known = len(c.pieces)
		}
	}
	place := &conditions{args: c.args}
	for _, list := range []struct {
		column string
		values []string
	}{{"p.country", f.Country}, {"p.city", f.City}, {"p.building", f.Building}} {
		if err := place.among(list.column, list.values); err != nil {
			return nil, err
		}
	}
	c.args = place.args
	if len(place.pieces) > 0 {
		c.add("EXISTS (SELECT 1 FROM rooms p WHERE p.id = i.room_id AND " + place.String() + ")")
	}
	if isNumber {
		c.add("i.id >= " + c.param(low) + " AND i.id <= " + c.param(high) + " AND i.id % " + strconv.Itoa(numberLetters) + " = " + c.param(rest))
	} else if f.Query != "" {
		c.add("(" + c.contains("i.signal", f.Query) + " OR EXISTS (SELECT 1 FROM rooms n WHERE n.id = i.room_id AND " + c.contains("n.search", f.Query) + "))")
	}
	return c, nil
}

func (s IncidentSort) order() order {
	switch s {
	case IncidentsOldest:
		return order{columns: []string{"i.opened_at", "i.id"}}
	case IncidentsBySeverity:
		return order{columns: []string{"i.severity_rank", "i.opened_at", "i.id"}}
	case IncidentsBySeverityDown:
		return order{columns: []string{"i.severity_rank", "i.opened_at", "i.id"}, down: true}
	}
	return order{columns: []string{"i.opened_at", "i.id"}, down: true}
}

// Key is where an incident stands in the order: the page after it begins there.
func (s IncidentSort) Key(i Incident) IncidentKey {
	return IncidentKey{Rank: i.SeverityRank, Opened: i.OpenedAt, ID: i.ID}
}

// many is sqrt(50 x 100,000 / 4.5) where only open ones are asked for, else sqrt(50 x 1,000,000 / 4.5); see choose.
func (f IncidentFilter) many() int {
	if slices.Contains(f.parts(), pastPart) {
		return 3_300
	}
	return 1_000
}

// findIncidents finds the ids of a page and of one incident more.
func findIncidents(ctx context.Context, t *tx, v policy.View, q IncidentQuery) ([]ID, error) {
	const doing = "find a page of incidents"
	f := q.Filter
	many := f.many()
	if !f.counted() {
		many *= probeFactor
	}
	w, err := choose(v, many, func(cells string) (int, error) { return sumIncidents(ctx, t, cells, f) })
	if err != nil {
		return nil, err
	}
	if w == byOrder && !f.counted() {
		w = byCell
		if f.mayProbe() {
			probing, err := incidentsProbe(v, q)
			if err != nil {
				return nil, err
			}
			ids, found, err := probe(ctx, t, doing, probing, pageSize(q.Limit)+1)
			if err != nil || found {
				return ids, err
			}
		}
	}
	page, err := incidentsPage(v, q, w)
	if err != nil {
		return nil, err
	}
	return readAll(ctx, t, doing, page, scanID)
}

// mayProbe tells whether a walk by order is a way to find what the filter asks for: a room and a number have indexes of their own, and open
// and past incidents together have none.
func (f IncidentFilter) mayProbe() bool {
	_, _, _, isNumber := parseIncidentNumber(f.Query)
	return f.Room == 0 && !isNumber && len(f.parts()) == 1
}

// incidentsProbe walks by order over what the counted part of the filter leaves, and tells of each incident whether all of the filter does.
func incidentsProbe(v policy.View, q IncidentQuery) (statement, error) {
	c, err := q.Filter.where(v, byOrder)
	if err != nil {
		return statement{}, err
	}
	part, o := q.Filter.parts()[0], q.Sort.order()
	text := `SELECT i.id, ` + strings.Join(c.pieces[c.known:], " AND ") + ` FROM incidents i INDEXED BY ` + q.Sort.index(part) + `
		WHERE ` + part + ` AND ` + strings.Join(c.pieces[:c.known], " AND ")
	if q.After != nil {
		text += ` AND ` + o.after(c, q.after()...)
	}
	return statement{text + ` ORDER BY ` + o.String() + ` LIMIT ` + c.param(probeMost), c.args}, nil
}

// after are the values that the order's columns have in the last incident of the page before.
func (q IncidentQuery) after() []any {
	values := []any{q.After.Rank, millis(q.After.Opened), q.After.ID}
	return values[len(values)-len(q.Sort.order().columns):]
}

// incidentsPage finds the ids of a page and of one incident more.
func incidentsPage(v policy.View, q IncidentQuery, w walk) (statement, error) {
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
	limit := c.param(pageSize(q.Limit) + 1)
	parts := q.Filter.parts()
	if w == byCell {
		return statement{`SELECT i.id FROM incidents i WHERE ` + c.within(parts) + ` ORDER BY ` + by + ` LIMIT ` + limit, c.args}, nil
	}
	columns := "i.id"
	if len(parts) > 1 {
		columns = strings.Join(o.columns, ", ")
	}
	walks := make([]string, len(parts))
	for n, part := range parts {
		walks[n] = `SELECT ` + columns + ` FROM incidents i INDEXED BY ` + q.Sort.index(part) + `
			WHERE ` + c.within([]string{part}) + ` ORDER BY ` + by + ` LIMIT ` + limit
	}
	if len(walks) == 1 {
		return statement{walks[0], c.args}, nil
	}
	// The first of each part, and of those the first: each part has an index in this order, both together have none.
	return statement{`SELECT i.id FROM (SELECT * FROM (` + walks[0] + `) UNION ALL SELECT * FROM (` + walks[1] + `)) i
		ORDER BY ` + by + ` LIMIT ` + limit, c.args}, nil
}

// index is the index of a part in this order. A walk names it, because with statistics the planner would skip through all cells and sort.
func (s IncidentSort) index(part string) string {
	bySeverity := s == IncidentsBySeverity || s == IncidentsBySeverityDown
	switch {
	case part == openPart && bySeverity:
		return "incidents_open_by_severity"
	case part == openPart:
		return "incidents_open_by_time"
	case bySeverity:
		return "incidents_past_by_severity"
	}
	return "incidents_past_by_time"
}

// within is the condition for the incidents of these parts.
func (c *conditions) within(parts []string) string {
	if len(parts) != 1 {
		return c.String()
	}
	return c.String() + " AND " + parts[0]
}

// countIncidents counts what a filter leaves of a view.
func countIncidents(ctx context.Context, t *tx, v policy.View, f IncidentFilter) (int, error) {
	if f.counted() {
		return sumIncidents(ctx, t, v.CellsJSON(), f)
	}
	c, err := f.where(v, byCell)
	if err != nil {
		return 0, err
	}
	var n int
	if err := t.QueryRowContext(ctx, `SELECT count(*) FROM incidents i WHERE `+c.within(f.parts()), c.args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count incidents: %w", err)
	}
	return n, nil
}

// countedWhere is the counted part of the filter as a condition for incident_counts.
func (f IncidentFilter) countedWhere(cells string) (*conditions, error) {
	c := &conditions{}
	c.add("i.cell_id " + c.set(cells))
	if parts := f.parts(); len(parts) == 1 {
		c.add(parts[0])
	}
	if err := c.among("+i.state", f.someStates()); err != nil {
		return nil, err
	}
	return c, c.among("+i.severity", f.Severity)
}

// sumIncidents counts what the counted part of a filter leaves of cells.
func sumIncidents(ctx context.Context, t *tx, cells string, f IncidentFilter) (int, error) {
	if len(f.States)+len(f.Severity) == 0 {
		return sumCells(ctx, t, "open", cells)
	}
	c, err := f.countedWhere(cells)
	if err != nil {
		return 0, err
	}
	var n int
	err = t.QueryRowContext(ctx, `SELECT coalesce(sum(i.n), 0) FROM incident_counts i WHERE `+c.String(), c.args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("sum the counts of incidents: %w", err)
	}
	return n, nil
}

// sumIncidentCounts sums both counts of a counted filter in one go.
func sumIncidentCounts(ctx context.Context, t *tx, v policy.View, f IncidentFilter) (IncidentCounts, error) {
	type count struct {
		state, severity string
		n               int64
	}
	out := IncidentCounts{States: map[string]int{}, Severities: map[string]int{}}
	counts, err := readAll(ctx, t, "sum the counts of incidents", statement{`SELECT i.state, i.severity, sum(i.n) FROM incident_counts i
		WHERE i.cell_id ` + inSet(1) + ` GROUP BY i.open, i.state, i.severity HAVING sum(i.n) > 0`, []any{v.CellsJSON()}},
		func(rows *sql.Rows, c *count) error { return rows.Scan(&c.state, &c.severity, &c.n) })
	for _, c := range counts {
		if len(f.Severity) == 0 || slices.Contains(f.Severity, c.severity) {
			out.States[c.state] += int(c.n)
		}
		if len(f.States) == 0 && isOpen(c.state) || slices.Contains(f.States, c.state) {
			out.Severities[c.severity] += int(c.n)
		}
	}
	return out, err
}

// countIncidentsBy counts the incidents of a view themselves by their states or severities.
func countIncidentsBy(ctx context.Context, t *tx, v policy.View, f IncidentFilter, column string) (map[string]int, error) {
	c, err := f.where(v, byCell)
	if err != nil {
		return nil, err
	}
	return readCounts(ctx, t, "count incidents by "+column,
		statement{`SELECT ` + column + `, count(*) FROM incidents i WHERE ` + c.within(f.parts()) + ` GROUP BY ` + column, c.args})
}
