package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

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
	Query    string // an incident's number, or contained in the signal or in the room's name, building or city; see contains
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

// openOnly tells whether the filter asks for open incidents only: those have indexes of their own.
func (f IncidentFilter) openOnly() bool {
	for _, state := range f.States {
		if state != IncidentWatching && state != IncidentActive && state != IncidentInvestigating {
			return false
		}
	}
	return true
}

// someStates are the states to look for; none where every state will do.
func (f IncidentFilter) someStates() []string {
	for _, state := range everyState() {
		if !slices.Contains(f.States, state) {
			return f.States
		}
	}
	return nil
}

// where is the condition of every list of incidents. The cells come first: what they do not name does not exist.
func (f IncidentFilter) where(v policy.View, w walk) (*conditions, error) {
	c := &conditions{}
	low, high, rest, isNumber := parseIncidentNumber(f.Query)
	cell := "i.cell_id "
	if w == byOrder || f.Room != 0 || isNumber {
		cell = "+i.cell_id " // a room and a number have few incidents, and indexes of their own
	}
	c.add(cell + c.set(v.CellsJSON()))
	if f.openOnly() {
		c.add("i.open = 1")
	}
	if f.Room != 0 {
		c.add("i.room_id = " + c.param(f.Room))
	}
	for _, list := range []struct {
		column string
		values []string
	}{{"i.state", f.someStates()}, {"i.severity", f.Severity}, {"i.category", f.Category}, {"i.signal", f.Signal}} {
		if err := c.among(list.column, list.values); err != nil {
			return nil, err
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
		c.add("EXISTS (SELECT 1 FROM rooms n WHERE n.id = i.room_id AND " + c.contains(f.Query, "i.signal", "n.name", "n.building", "n.city") + ")")
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

func (s IncidentSort) bySeverity() bool {
	return s == IncidentsBySeverity || s == IncidentsBySeverityDown
}

// chooseForIncidents walks by order only where an index has that order, and where the filters leave so much that the walk soon has its page.
func chooseForIncidents(ctx context.Context, t *tx, v policy.View, q IncidentQuery) (walk, error) {
	f := q.Filter
	narrow := f.Room != 0 || f.Query != "" || len(f.Signal)+len(f.Country)+len(f.City)+len(f.Building) > 0
	if narrow || !f.openOnly() || q.Sort.bySeverity() {
		return byCell, nil
	}
	return choose(ctx, t, "incidents WHERE open = 1 AND", v, manyIncidents)
}

// incidentsPage finds the ids of a page and of one incident more.
func incidentsPage(v policy.View, q IncidentQuery, w walk) (statement, error) {
	c, err := q.Filter.where(v, w)
	if err != nil {
		return statement{}, err
	}
	o := q.Sort.order()
	if q.After != nil {
		values := []any{q.After.Rank, millis(q.After.Opened), q.After.ID}
		o.after(c, values[len(values)-len(o.columns):]...)
	}
	by := o.String()
	if w == byCell {
		by = "+" + by
	}
	text := `SELECT i.id FROM incidents i WHERE ` + c.String() + ` ORDER BY ` + by + ` LIMIT ` + c.param(pageSize(q.Limit)+1)
	return statement{text, c.args}, nil
}

func countIncidents(ctx context.Context, t *tx, v policy.View, f IncidentFilter) (int, error) {
	c, err := f.where(v, byCell)
	if err != nil {
		return 0, err
	}
	var n int
	if err := t.QueryRowContext(ctx, `SELECT count(*) FROM incidents i WHERE `+c.String(), c.args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count incidents: %w", err)
	}
	return n, nil
}
