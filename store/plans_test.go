package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

var update = flag.Bool("update", false, "write testdata/plans anew")

// The plans are those that the driver itself makes for the statements that the reads really run: a recorder between database/sql and the
// driver sees them. (The sqlite3 shell plans differently.)

type recorder struct {
	driver driver.Driver
	dsn    string
	seen   []statement
}

func (r *recorder) Driver() driver.Driver { return r.driver }

func (r *recorder) Connect(context.Context) (driver.Conn, error) {
	c, err := r.driver.Open(r.dsn)
	if err != nil {
		return nil, err
	}
	return &recordedConn{c, r}, nil
}

type recordedConn struct {
	driver.Conn
	to *recorder
}

func (c *recordedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

func (c *recordedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s := statement{text: query}
	for _, a := range args {
		s.args = append(s.args, a.Value)
	}
	c.to.seen = append(c.to.seen, s)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

// worldL are the statistics of World L (design 14) as ANALYZE writes them: rows, then rows per value of each leading set of columns.
var worldL = map[string]string{
	"rooms.rooms_by_health":                           "200000 33334 2 1 1 1",
	"rooms.rooms_by_name":                             "200000 2 1 1 1",
	"rooms.rooms_by_seen":                             "200000 100 2 1 1",
	"rooms.rooms_by_incidents":                        "200000 1000 2 1 1",
	"rooms.rooms_by_cell":                             "200000 50 10 2 1 1 1 1 1 1 1 1",
	"rooms.sqlite_autoindex_rooms_1":                  "200000 200 1",
	"devices.devices_by_room":                         "250000 2",
	"devices.sqlite_autoindex_devices_1":              "250000 250 1",
	"incidents.incidents_open_by_time":                "100000 2 1 1 1 1",
	"incidents.incidents_past_by_time":                "900000 2 1 1 1 1",
	"incidents.incidents_open_by_severity":            "100000 25000 2 1 1 1 1",
	"incidents.incidents_past_by_severity":            "900000 225000 2 1 1 1 1",
	"incidents.incidents_by_cell":                     "1000000 250 125 50 1 1 1 1 1 1 1 1",
	"incidents.incidents_by_room":                     "1000000 5 2 2",
	"incidents.incidents_to_close":                    "50000 1",
	"incidents.sqlite_autoindex_incidents_1":          "1000000 4 1",
	"incident_events.incident_events_by_incident":     "5000000 5 1 1",
	"incident_openings.incident_openings_by_incident": "2000000 2 1 1",
	"incident_counts.incident_counts":                 "60000 15 8 3 1",
	"cell_counts.":                                    "5000",
	"room_counts.room_counts":                         "12000 3 1",
	"room_groups.room_groups_by_customer":             "3000 3 1 1",
	"room_group_rooms.room_group_rooms":               "60000 20 1",
	"room_group_rooms.room_group_rooms_by_room":       "60000 2 1",
	"signals.signals_by_room":                         "2000000 10",
	"signal_spans.signal_spans_by_device":             "3000000 12 2 1",
	"customers.customers_by_name":                     "1000 1 1",
	"cells.sqlite_autoindex_cells_1":                  "4000 4 1 1",
}

// planWorld holds so many rooms and incidents that a person who sees all of them walks by order, and one who sees a single room does not.
func planWorld(t *testing.T) (w *listWorld, room *listRoom, incident ID) {
	t.Helper()
	w, room, _ = oneRoomWorld(t, Room{Name: "Board", Building: "Haus 1", City: "Berlin", Country: "DE"})
	w.addGrant(t, room.customer, listGrant{permissions: listPermissions, members: []policy.Principal{policy.User("bob")}, scopes: []policy.Scope{policy.ScopeRoom(room.ID)}})
	w.insert(t, `WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 3400)
		INSERT INTO rooms (id, customer_id, place_id, name, email, country, city, building, floor, label, capacity, created_at, updated_at)
		SELECT n, $1, 'p' || n, 'Room ' || n, '', 'DE', 'Berlin', 'Haus 1', '', '', 4, 1, 1 FROM n`, room.customer.id)
	w.insert(t, `INSERT INTO devices (id, customer_id, room_id, graph_id, kind, maker, model, serial, asset_tag, health, activity, created_at, updated_at)
		SELECT id, customer_id, id, 'g' || id, 'teamsRoom', '', '', '', '', '', '', 1, 1 FROM rooms WHERE id < 4000`)
	w.insert(t, `INSERT INTO incidents (id, customer_id, room_id, device_id, signal, category, severity, severity_rank, state, open, opened_at, openings, updated_at)
		SELECT id, customer_id, room_id, id, 'room-camera', 'hardware', 'critical', 10, 'active', 1, id, 2, 1 FROM devices`)
	for _, state := range []string{IncidentResolved, IncidentClosed} {
		w.insert(t, `INSERT INTO incidents (id, customer_id, room_id, device_id, signal, category, severity, severity_rank, state, open, opened_at, openings, updated_at)
			SELECT CASE $1 WHEN 'closed' THEN 10000 ELSE 20000 END + id, customer_id, room_id, id, $1, 'hardware', 'critical', 10, $1, 0, id, 2, 1 FROM devices`, state)
	}
	_, err := w.store.AddRoomGroup(context.Background(), listAct, room.customer.id, RoomGroup{Name: "Some", Rooms: []ID{room.ID}})
	require.NoError(t, err)
	w.do(t, func(t *tx) error { return recell(context.Background(), t, room.customer.id, nil) })
	i := &listIncident{room: room, Incident: Incident{ID: policy.NewID(), Signal: "room-camera", Category: "hardware", Severity: "critical",
		SeverityRank: 10, State: IncidentActive, OpenedAt: listStart}}
	w.insert(t, `DELETE FROM incidents WHERE room_id = $1`, room.ID)
	w.addIncident(t, i)
	return w, room, i.ID
}

// pin puts statistics into the database; connections that open later plan by them.
func (w *listWorld) pin(t *testing.T) {
	t.Helper()
	w.do(t, func(t *tx) error {
		if _, err := t.exec(context.Background(), `ANALYZE sqlite_schema`); err != nil {
			return err
		}
		if _, err := t.exec(context.Background(), `DELETE FROM sqlite_stat1`); err != nil {
			return err
		}
		for name, stat := range worldL {
			table, index, _ := strings.Cut(name, ".")
			if _, err := t.exec(context.Background(), `INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ($1, nullif($2, ''), $3)`, table, index, stat); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *listWorld) record(t *testing.T) *recorder {
	t.Helper()
	var path string
	require.NoError(t, w.store.reader.QueryRow(`SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&path))
	r := &recorder{driver: w.store.reader.Driver(), dsn: "file:" + path + "?_pragma=query_only(ON)&_pragma=busy_timeout(10000)"}
	require.NoError(t, w.store.reader.Close())
	w.store.reader = sql.OpenDB(r)
	return r
}

// plansOf are the plans of what fn reads, the checks of views left out: they are the same everywhere.
func (r *recorder) plansOf(t *testing.T, db *sql.DB, fn func() error) (statements, plans []string) {
	t.Helper()
	r.seen = nil
	require.NoError(t, fn())
	seen := r.seen
	for _, s := range seen {
		if strings.Contains(s.text, "FROM counters") {
			continue
		}
		statements = append(statements, strings.Join(strings.Fields(s.text), " "))
		plans = append(plans, explain(t, db, s))
	}
	require.NotEmpty(t, plans)
	return statements, plans
}

func explain(t *testing.T, db *sql.DB, s statement) string {
	t.Helper()
	rows, err := db.Query(`EXPLAIN QUERY PLAN `+s.text, s.args...)
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	depth := map[int]int{}
	var out strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		depth[id] = depth[parent] + 1
		fmt.Fprintf(&out, "%s%s\n", strings.Repeat("  ", depth[id]), detail)
	}
	require.NoError(t, rows.Err())
	return out.String()
}

type planned struct {
	name   string
	sorted bool // the order comes from an index
	read   func() error
}

func (w *listWorld) planned(t *testing.T, room, incident ID) []planned {
	t.Helper()
	ctx := context.Background()
	ann, bob := policy.Actor{User: policy.User("ann")}, policy.Actor{User: policy.User("bob")}
	var group ID
	require.NoError(t, w.store.reader.QueryRow(`SELECT id FROM room_groups`).Scan(&group))
	wide, wideTickets := w.freshView(t, ann, policy.RoomsView), w.view(t, ann, policy.TicketsView)
	narrow, narrowTickets := w.freshView(t, bob, policy.RoomsView), w.view(t, bob, policy.TicketsView)
	rooms := func(name string, sorted bool, v, i policy.View, q RoomQuery) planned {
		return planned{"rooms, " + name, sorted, func() error { _, err := w.store.Rooms(ctx, v, i, q); return err }}
	}
	incidents := func(name string, sorted bool, v policy.View, q IncidentQuery) planned {
		return planned{"incidents, " + name, sorted, func() error { _, err := w.store.Incidents(ctx, v, q); return err }}
	}
	roomKey, incidentKey := &RoomKey{Value: 50, Name: "Room 7", ID: 7}, &IncidentKey{Rank: 10, Opened: listStart, ID: 7}
	past, worst := []string{IncidentResolved, IncidentClosed}, []string{"critical"}
	var all []planned
	for _, sort := range []RoomSort{RoomsByHealth, RoomsByHealthDown, RoomsByName, RoomsByNameDown, RoomsBySeen, RoomsBySeenDown, RoomsByIncidents, RoomsByIncidentsDown} {
		all = append(all,
			rooms("wide, "+string(sort), true, wide, wideTickets, RoomQuery{Limit: 50, Sort: sort}),
			rooms("wide, "+string(sort)+", deep", true, wide, wideTickets, RoomQuery{Limit: 50, Sort: sort, After: roomKey}),
			rooms("narrow, "+string(sort)+", deep", false, narrow, narrowTickets, RoomQuery{Limit: 50, Sort: sort, After: roomKey}))
	}
	for _, sort := range []IncidentSort{IncidentsNewest, IncidentsOldest, IncidentsBySeverity, IncidentsBySeverityDown} {
		for name, f := range orderedStates() {
			all = append(all,
				incidents("wide, "+string(sort)+name, true, wideTickets, IncidentQuery{Limit: 50, Sort: sort, Filter: f}),
				incidents("wide, "+string(sort)+name+", deep", true, wideTickets, IncidentQuery{Limit: 50, Sort: sort, Filter: f, After: incidentKey}),
				incidents("narrow, "+string(sort)+name+", deep", false, narrowTickets, IncidentQuery{Limit: 50, Sort: sort, Filter: f, After: incidentKey}))
		}
	}
	return append(all, []planned{
		rooms("wide, by health", true, wide, wideTickets, RoomQuery{Limit: 50, Filter: RoomFilter{Health: []string{"unhealthy", "onboarding"}}}),
		rooms("wide, by a rare health", false, wide, wideTickets, RoomQuery{Limit: 50, Filter: RoomFilter{Health: []string{"unhealthy"}}}),
		rooms("wide, by name, total", true, wide, wideTickets, RoomQuery{Limit: 50, Sort: RoomsByName, Total: true}),
		rooms("search", false, wide, wideTickets, RoomQuery{Limit: 50, Filter: RoomFilter{Query: "board"}}),
		rooms("of a group", false, wide, wideTickets, RoomQuery{Limit: 50, Total: true, Filter: RoomFilter{Groups: []ID{7}, Grouped: wide}}),
		rooms("of a group, narrow, deep", false, narrow, narrowTickets, RoomQuery{Limit: 50, After: roomKey, Filter: RoomFilter{Groups: []ID{7}, Grouped: narrow}}),
		{"rooms, counts of a group", false, func() error {
			_, err := w.store.RoomCounts(ctx, wide, RoomFilter{Groups: []ID{7}, Grouped: wide})
			return err
		}},
		{"rooms, facets of a customer", false, func() error {
			_, err := w.store.RoomFacets(ctx, wide, RoomFilter{Customer: wide.Customers()[0], Grouped: wide})
			return err
		}},
		{"group, rooms", false, func() error {
			_, _, err := w.store.GroupMembers(ctx, wide, wide.Customers()[0], group, &RoomKey{Name: "Room 7", ID: 7}, 50)
			return err
		}},
		{"group, facts", false, func() error { _, err := w.store.GroupFacts(ctx, wide, wide.Customers()[0]); return err }},
		{"rooms, counts", true, func() error { _, err := w.store.RoomCounts(ctx, wide, RoomFilter{}); return err }},
		{"rooms, counts in a building", true, func() error {
			_, err := w.store.RoomCounts(ctx, wide, RoomFilter{Building: []string{"Haus 1"}})
			return err
		}},
		{"rooms, facets", false, func() error { _, err := w.store.RoomFacets(ctx, wide, RoomFilter{}); return err }},
		{"room", false, func() error { _, err := w.store.Room(ctx, wide, wideTickets, wide, room); return err }},
		{"room, devices", false, func() error { _, err := w.store.RoomDevices(ctx, wide, room); return err }},
		{"room, signals", false, func() error { _, err := w.store.RoomSignals(ctx, wide, wideTickets, room); return err }},

		incidents("wide, by state and severity", true, wideTickets, IncidentQuery{Limit: 50, Filter: IncidentFilter{States: []string{IncidentActive}, Severity: worst}}),
		incidents("wide, total", true, wideTickets, IncidentQuery{Limit: 50, Total: true}),
		incidents("wide, past, worst, total", true, wideTickets, IncidentQuery{Limit: 50, Total: true, Filter: IncidentFilter{States: past, Severity: worst}}),
		incidents("wide, of a category, total", false, wideTickets, IncidentQuery{Limit: 50, Total: true, Filter: IncidentFilter{States: past, Category: []string{"hardware"}}}),
		incidents("of a room", false, wideTickets, IncidentQuery{Limit: 50, Filter: IncidentFilter{Room: room, States: everyState()}}),
		incidents("by number", false, wideTickets, IncidentQuery{Limit: 50, Filter: IncidentFilter{Query: Incident{ID: incident}.Number()}}),
		incidents("in a building", false, wideTickets, IncidentQuery{Limit: 50, Filter: IncidentFilter{Building: []string{"Haus 1"}}}),
		{"incidents, counts", true, func() error { _, err := w.store.IncidentCounts(ctx, wideTickets, IncidentFilter{}); return err }},
		{"incidents, facets", false, func() error { _, err := w.store.IncidentFacets(ctx, wideTickets, IncidentFilter{}); return err }},
		{"incident", true, func() error { _, err := w.store.Incident(ctx, wideTickets, wide, incident); return err }},
		{"incident, history", true, func() error {
			_, _, err := w.store.IncidentHistory(ctx, wideTickets, incident, &IncidentEvent{At: listStart, ID: 3}, 50)
			return err
		}},
	}...)
}

// orderedStates are the lists of incidents by their states, each of which is walked by order where much of it is seen.
func orderedStates() iter.Seq2[string, IncidentFilter] {
	return func(yield func(string, IncidentFilter) bool) {
		_ = yield("", IncidentFilter{}) &&
			yield(", closed", IncidentFilter{States: []string{IncidentClosed}}) &&
			yield(", past", IncidentFilter{States: []string{IncidentResolved, IncidentClosed}}) &&
			yield(", all", IncidentFilter{States: everyState()})
	}
}

// scan is a walk over a whole table: fine for the parameters of a statement and for what a subquery has bounded, and for an index that gives
// the order of a page.
var (
	scanned  = regexp.MustCompile(`(?m)^\s*SCAN (\S+)(.*)$`)
	computed = regexp.MustCompile(`USING INDEX rooms_by_(seen|incidents)`)
	noTables = map[string]bool{"json_each": true}
)

func TestPlans(t *testing.T) {
	w, room, incident := planWorld(t)
	w.pin(t)
	r := w.record(t)
	plans := w.explainAll(t, r, w.planned(t, room.ID, incident))
	golden := filepath.Join("..", "testdata", "plans", "lists.txt")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(golden), 0o755))
		require.NoError(t, os.WriteFile(golden, []byte(plans), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), plans, "plans changed; if that is meant: go test ./store -run TestPlans -update")
}

// A young database has no statistics: the plans must not hang on them.
func TestPlansWithoutStatistics(t *testing.T) {
	w, room, incident := planWorld(t)
	w.explainAll(t, w.record(t), w.planned(t, room.ID, incident))
}

// explainAll returns all plans, and refuses those that walk over a big table or sort what an index should.
func (w *listWorld) explainAll(t *testing.T, r *recorder, reads []planned) string {
	t.Helper()
	var out strings.Builder
	first := map[string]string{}
	for _, p := range reads {
		statements, plans := r.plansOf(t, w.store.reader, p.read)
		fmt.Fprintf(&out, "== %s\n", p.name)
		for n, plan := range plans {
			if where, known := first[statements[n]+plan]; known {
				fmt.Fprintf(&out, "-- as in %s: %.60s...\n", where, statements[n])
			} else {
				fmt.Fprintf(&out, "-- %s\n%s", statements[n], plan)
				first[statements[n]+plan] = p.name
			}
			for _, m := range scanned.FindAllStringSubmatch(plan, -1) {
				// A deep page must begin where it does, not at the first row.
				// (SQLite calls no index covering that has a computed column; it still reads the index only.)
				walks := (strings.Contains(m[2], "USING COVERING INDEX") || computed.MatchString(m[2])) && !strings.Contains(p.name, "deep")
				bounded := noTables[m[1]] || strings.Contains(plan, "CO-ROUTINE "+m[1])
				require.True(t, bounded || p.sorted && walks && strings.Contains(statements[n], "ORDER BY"), "%s walks over a table:\n%s\n%s", p.name, statements[n], plan)
			}
			if p.sorted && strings.Contains(statements[n], "ORDER BY") && !strings.Contains(statements[n], "FROM incidents o") {
				merges := strings.Count(statements[n], "UNION ALL") // and sorts the few rows that it merges
				require.Equal(t, merges, strings.Count(plan, "TEMP B-TREE FOR ORDER BY"), "%s sorts:\n%s\n%s", p.name, statements[n], plan)
			}
		}
	}
	return out.String()
}
