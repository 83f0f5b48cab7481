package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"roomward/policy"
)

// incidentsByID reads incidents whose ids a view has let through in this transaction, in the order of the ids.
func incidentsByID(ctx context.Context, t *tx, ids []ID) ([]Incident, error) {
	list, err := toJSON(numbers(ids))
	if err != nil {
		return nil, err
	}
	incidents, err := readAll(ctx, t, "read incidents", statement{`SELECT i.id, i.customer_id, c.name, i.room_id, r.name, r.building, r.city, r.country,
			i.device_id, d.kind, d.maker, d.model, i.signal, i.category, i.severity, i.severity_rank, i.state, i.value,
			i.opened_at, i.activated_at, i.resolved_at, i.closed_at, i.openings, j.last_good_at
		FROM incidents i JOIN customers c ON c.id = i.customer_id JOIN rooms r ON r.id = i.room_id JOIN devices d ON d.id = i.device_id
		LEFT JOIN collect_jobs j ON j.customer_id = i.customer_id AND j.kind = 'devices'
		WHERE i.id ` + inSet(1), []any{list}}, scanIncident)
	if err != nil {
		return nil, err
	}
	at := make(map[ID]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	ordered := make([]Incident, len(incidents))
	for _, i := range incidents {
		ordered[at[i.ID]] = i
	}
	return ordered, addDays(ctx, t, ordered)
}

func scanIncident(rows *sql.Rows, i *Incident) error {
	var n struct { // in one: see scanRoom
		opened, rank, openings            int64
		activated, resolved, closed, good sql.NullInt64
	}
	err := rows.Scan(integer(&i.ID), integer(&i.Customer), &i.CustomerName, integer(&i.Room), &i.RoomName, &i.Building, &i.City, &i.Country,
		integer(&i.Device), &i.DeviceKind, &i.DeviceMaker, &i.DeviceModel, &i.Signal, &i.Category, &i.Severity, &n.rank, &i.State, &i.Value,
		&n.opened, &n.activated, &n.resolved, &n.closed, &n.openings, &n.good)
	i.SeverityRank, i.Openings, i.DataAt = int(n.rank), int(n.openings), whenOr0(n.good)
	i.OpenedAt, i.ActivatedAt, i.ResolvedAt, i.ClosedAt = when(n.opened), whenOr0(n.activated), whenOr0(n.resolved), whenOr0(n.closed)
	return err
}

const dayMillis = int64(24 * time.Hour / time.Millisecond)

// opening is a time in which an incident was open, in whole days since 1970, both included.
type opening struct {
	incident  ID
	from, end int64
}

// addDays draws the strips of a whole page. An incident that opened once says itself when; those of the others are read with one query: the
// database tells first and last day of each opening, each pair once, so that a flapping signal costs no more than a calm one.
func addDays(ctx context.Context, t *tx, incidents []Incident) error {
	today := t.now / dayMillis
	first := today - StripDays + 1
	draw := func(i *Incident, o opening) {
		for day := max(o.from, first); day <= min(o.end, today); day++ {
			i.Days[day-first] = true
		}
	}
	often := map[ID]*Incident{}
	for n := range incidents {
		i := &incidents[n]
		if i.Openings > 1 {
			often[i.ID] = i
			continue
		}
		o := opening{from: i.OpenedAt.UnixMilli() / dayMillis, end: today}
		if !i.ResolvedAt.IsZero() {
			o.end = max(o.from, (i.ResolvedAt.UnixMilli()-1)/dayMillis)
		}
		draw(i, o)
	}
	if len(often) == 0 {
		return nil
	}
	list, err := toJSON(numbers(slices.Sorted(maps.Keys(often))))
	if err != nil {
		return err
	}
	openings, err := readAll(ctx, t, "read the openings of incidents", statement{`SELECT DISTINCT incident_id, opened_at / 86400000,
			CASE WHEN resolved_at IS NULL THEN $2 WHEN resolved_at > opened_at THEN (resolved_at - 1) / 86400000 ELSE opened_at / 86400000 END
		FROM incident_openings WHERE incident_id ` + inSet(1) + ` AND (resolved_at IS NULL OR resolved_at > $3)`,
		[]any{list, today, first * dayMillis}},
		func(rows *sql.Rows, o *opening) error { return rows.Scan(integer(&o.incident), &o.from, &o.end) })
	if err != nil {
		return err
	}
	for _, o := range openings {
		draw(often[o.incident], o)
	}
	return nil
}

// readSite reads what else is wrong in the building of an incident: rooms as the view of rooms shows them, incidents as v does.
func readSite(ctx context.Context, t *tx, v, rooms policy.View, i Incident) (Site, error) {
	var site Site
	if i.Building == "" {
		return site, nil
	}
	place := []any{i.Customer, i.Building, i.City, i.Country}
	err := t.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(CASE WHEN r.health IN ('unhealthy', 'offline') THEN 1 ELSE 0 END), 0)
		FROM rooms r WHERE r.customer_id = $1 AND r.building = $2 AND r.city = $3 AND r.country = $4 AND r.cell_id `+inSet(5),
		append(place, rooms.One(i.Customer).CellsJSON())...).Scan(&site.Rooms, &site.Unhealthy)
	if err != nil {
		return site, fmt.Errorf("count the rooms of a site: %w", err)
	}
	others, err := readAll(ctx, t, "read the incidents of a site", statement{`SELECT o.id
		FROM incidents o JOIN rooms r ON r.id = o.room_id
		WHERE o.open = 1 AND o.id <> $6 AND r.customer_id = $1 AND r.building = $2 AND r.city = $3 AND r.country = $4 AND o.cell_id ` + inSet(5) + `
		ORDER BY o.severity_rank, o.opened_at, o.id LIMIT $7`, append(place, v.One(i.Customer).CellsJSON(), i.ID, maxSiteCount)}, scanID)
	if err != nil {
		return site, err
	}
	site.Open = len(others)
	site.Worst, err = incidentsByID(ctx, t, others[:min(len(others), maxSite)])
	return site, err
}

func readEvents(ctx context.Context, t *tx, id ID, after *IncidentEvent, limit int) ([]IncidentEvent, error) {
	c := &conditions{}
	c.add("incident_id = " + c.param(id))
	o := order{columns: []string{"at", "id"}, down: true}
	if after != nil {
		c.add(o.after(c, millis(after.At), after.ID))
	}
	text := `SELECT id, at, kind, detail, by_name FROM incident_events WHERE ` + c.String() + ` ORDER BY ` + o.String() + ` LIMIT ` + c.param(limit)
	return readAll(ctx, t, "read the history of an incident", statement{text, c.args}, func(rows *sql.Rows, e *IncidentEvent) error {
		var at int64
		err := rows.Scan(&e.ID, &at, &e.Kind, &e.Detail, &e.By)
		e.At = when(at)
		return err
	})
}

// numberLetters is how many different halves of six letters there are.
const numberLetters = 26 * 26 * 26 * 26 * 26 * 26

// Number is what people call the incident, in the vendor's pattern (product.md 4): six hexadecimal digits of the id's upper end and six letters
// of its lower. It is for reading and searching; two incidents share one about once in a quadrillion pairs.
func (i Incident) Number() string {
	var letters [6]byte
	rest := int64(i.ID) % numberLetters
	for n := len(letters) - 1; n >= 0; n-- {
		letters[n] = byte('A' + rest%26)
		rest /= 26
	}
	return fmt.Sprintf("%06X-%s", int64(i.ID)>>39, letters[:])
}

var incidentNumber = regexp.MustCompile(`^[0-9A-F]{6}-[A-Z]{6}$`)

// parseIncidentNumber tells which ids may have a number: those from low to high whose rest by numberLetters is rest.
func parseIncidentNumber(text string) (low, high, rest int64, ok bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	if !incidentNumber.MatchString(text) {
		return 0, 0, 0, false
	}
	var upper int64
	if _, err := fmt.Sscanf(text[:6], "%X", &upper); err != nil {
		return 0, 0, 0, false
	}
	for _, letter := range text[7:] {
		rest = rest*26 + int64(letter-'A')
	}
	return upper << 39, (upper+1)<<39 - 1, rest, true
}
