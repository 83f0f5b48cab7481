package app

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the tests look into the file itself

	"roomward/app/incidents"
	"roomward/policy"
	"roomward/store"
)

var seedMorning = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// seeded is a fresh directory with World S.
func seeded(t *testing.T) (dir string, w *seedWorld) {
	t.Helper()
	dir = t.TempDir()
	require.NoError(t, Seed(t.Context(), SeedSettings{World: "S", Data: dir, Now: seedMorning.Add(59 * time.Minute), Progress: io.Discard}))
	w, err := newSeedWorld("S", seedMorning)
	require.NoError(t, err)
	return dir, w
}

// rows reads every row of a statement as one line of text each.
func rows(t *testing.T, dir, query string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+dir+"/roomward.db?mode=ro")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	found, err := db.Query(query)
	require.NoError(t, err, query)
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	require.NoError(t, err)
	var out []string
	for found.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		require.NoError(t, found.Scan(places...))
		out = append(out, strings.TrimSpace(fmt.Sprintln(values...)))
	}
	require.NoError(t, found.Err())
	return out
}

func TestSeedIsWhatItSays(t *testing.T) {
	dir, _ := seeded(t)
	for query, want := range map[string]string{
		`SELECT count(*), count(DISTINCT name), count(DISTINCT tenant_id), sum(rooms), min(rooms), max(rooms) FROM customers WHERE state = 'active'`: "10 10 10 400 40 40",
		`SELECT count(*), count(DISTINCT email), count(DISTINCT customer_id || name) FROM rooms WHERE hidden_at IS NULL AND cell_id IS NOT NULL`:     "400 400 400",
		`SELECT count(*), count(DISTINCT graph_id), count(DISTINCT serial), count(DISTINCT room_id) FROM devices`:                                    "500 500 500 390",
		`SELECT count(*), sum(open) FROM incidents`:                                                                                                                                      "2000 200",
		`SELECT count(*) FROM incidents WHERE open <> (state IN ('watching', 'active', 'investigating'))`:                                                                                "0",
		`SELECT count(*) FROM incidents i WHERE openings <> (SELECT count(*) FROM incident_openings o WHERE o.incident_id = i.id)`:                                                       "0",
		`SELECT count(*) FROM incidents i WHERE open <> (SELECT count(*) FROM incident_openings o WHERE o.incident_id = i.id AND o.resolved_at IS NULL)`:                                 "0",
		`SELECT count(*) FROM incidents i WHERE NOT EXISTS (SELECT 1 FROM incident_events e WHERE e.incident_id = i.id AND e.kind = 'opened')`:                                           "0",
		`SELECT count(*) FROM incidents i JOIN signals s USING (device_id, signal) WHERE open = 1 AND s.state = 'good' OR open = 0 AND s.state = 'bad'`:                                  "0",
		`SELECT count(*) FROM signals s WHERE (state <> 'good') <> (SELECT count(*) FROM signal_spans p WHERE p.device_id = s.device_id AND p.signal = s.signal AND p.until_at IS NULL)`: "0",
		`SELECT count(DISTINCT principal) FROM assignment_members WHERE principal LIKE 'user:%'`:                                                                                         "12",
		`SELECT count(*) FROM collect_jobs WHERE due_at < 253000000000000 OR last_good_at IS NULL`:                                                                                       "0",
		`SELECT value FROM facts WHERE name = 'mode'`:                                                                                                                                    "demo",
		`SELECT count(*) FROM audit WHERE operation = 'customer.seed' AND side = 'system'`:                                                                                               "10",
		`PRAGMA integrity_check`: "ok",
	} {
		require.Equal(t, []string{want}, rows(t, dir, query), query)
	}
	require.Empty(t, rows(t, dir, `PRAGMA foreign_key_check`))
	require.Len(t, rows(t, dir, `SELECT DISTINCT severity FROM incidents WHERE open = 1`), 3)
	require.Len(t, rows(t, dir, `SELECT DISTINCT state FROM incidents`), 4)
	require.GreaterOrEqual(t, len(rows(t, dir, `SELECT DISTINCT health FROM rooms`)), 4)
	require.NotEmpty(t, rows(t, dir, `SELECT room_id FROM room_group_rooms GROUP BY room_id HAVING count(*) = 3`), "rooms in several groups")
	require.NotEmpty(t, rows(t, dir, `SELECT id FROM cells WHERE room_id <> 0`), "single rooms in scopes")
}

func TestSeedIsAlwaysTheSame(t *testing.T) {
	one, _ := seeded(t)
	two, _ := seeded(t)
	tables := rows(t, one, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migrations' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
	require.Greater(t, len(tables), 20)
	for _, table := range tables {
		columns := "*"
		switch table { // hashes are salted by chance
		case "audit":
			columns = "id, at, customer_id, tenant_id, side, actor_name, operation, object, object_id, result, detail_json, chain, seq"
		case "audit_heads":
			columns = "chain, seq"
		case "facts": // each directory has a master key and an id of its own
			columns = "name, CASE WHEN name IN ('secret-key', 'installation') THEN '' ELSE value END"
		}
		query := `SELECT ` + columns + ` FROM ` + table + ` ORDER BY 1, 2`
		require.Equal(t, rows(t, one, query), rows(t, two, query), table)
	}
	later := t.TempDir()
	require.NoError(t, Seed(t.Context(), SeedSettings{World: "S", Data: later, Now: seedMorning.Add(48 * time.Hour), Progress: io.Discard}))
	const opened = `SELECT id, state, $ - opened_at FROM incidents ORDER BY id`
	ago := func(now time.Time) string { return strings.Replace(opened, "$", fmt.Sprint(now.UnixMilli()), 1) }
	require.Equal(t, rows(t, one, ago(seedMorning)), rows(t, later, ago(seedMorning.Add(48*time.Hour))), "two days later it is the same world, two days younger")
}

func TestSeedRefuses(t *testing.T) {
	dir, _ := seeded(t)
	before := rows(t, dir, `SELECT count(*), max(at) FROM audit`)
	fresh := t.TempDir()
	for name, c := range map[string]struct {
		SeedSettings
		says string
	}{
		"customers are there": {SeedSettings{World: "S", Data: dir}, "has customers already"},
		"no such world":       {SeedSettings{World: "XL", Data: fresh}, `no world "XL"`},
		"no directory":        {SeedSettings{World: "S"}, "--data"},
	} {
		c.Progress = io.Discard
		require.ErrorContains(t, Seed(t.Context(), c.SeedSettings), c.says, name)
	}
	require.Equal(t, before, rows(t, dir, `SELECT count(*), max(at) FROM audit`))
	_, err := store.Open(t.Context(), store.Options{Dir: dir, Mode: store.ModeReal})
	require.ErrorIs(t, err, store.ErrOtherMode, "serve must refuse it")
	real := t.TempDir()
	st, err := store.Open(t.Context(), store.Options{Dir: real, Mode: store.ModeReal})
	require.NoError(t, err)
	require.NoError(t, st.Close())
	require.ErrorIs(t, Seed(t.Context(), SeedSettings{World: "S", Data: real, Progress: io.Discard}), store.ErrOtherMode)
	ended, end := context.WithCancel(t.Context())
	end()
	require.ErrorIs(t, Seed(ended, SeedSettings{World: "S", Data: t.TempDir(), Progress: io.Discard}), context.Canceled)
}

// seen is what somebody must see of a world, worked out from its description alone: rooms and open incidents.
type seen struct{ customers, rooms, open int }

func (w *seedWorld) sees(who ...policy.Principal) seen {
	var out seen
	for n := range w.customers {
		c := w.customer(n)
		shown := map[policy.ID]bool{}
		assignments := append([]store.Assignment{{Members: c.Admins, Scopes: []policy.Scope{policy.ScopeAll}}}, c.Assignments...)
		for _, a := range assignments {
			named := slices.ContainsFunc(a.Members, func(m store.Member) bool { return slices.Contains(who, m.Principal) })
			if !named || !a.StartsAt.IsZero() && w.now.Before(a.StartsAt) || !a.EndsAt.IsZero() && !w.now.Before(a.EndsAt) {
				continue
			}
			for _, scope := range a.Scopes {
				for _, r := range c.Rooms {
					inGroup := slices.ContainsFunc(c.Groups, func(g store.RoomGroup) bool { return g.ID == scope.Group() && slices.Contains(g.Rooms, r.ID) })
					if scope == policy.ScopeAll || scope.Room() == r.ID || inGroup {
						shown[r.ID] = true
					}
				}
			}
		}
		if len(shown) > 0 {
			out.customers++
		}
		out.rooms += len(shown)
		for _, d := range c.Devices {
			for _, i := range d.After.Incidents {
				if shown[d.Room] && i.Open() {
					out.open++
				}
			}
		}
	}
	return out
}

func TestSeededPeopleSeeWhatTheyShould(t *testing.T) {
	dir, w := seeded(t)
	st, err := store.Open(t.Context(), store.Options{Dir: dir, Mode: store.ModeDemo, Now: func() time.Time { return seedMorning }})
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	decider := policy.NewDecider(st, func() time.Time { return seedMorning }, policy.Limits{})
	people := map[string]policy.Actor{"on call": {User: "user:stranger", Groups: []policy.Principal{w.group("On call").Principal}}}
	for _, upn := range []string{seedWide, seedNarrow, seedMiddle, seedAdmin} {
		people[upn] = policy.Actor{User: w.person(upn).Principal}
	}
	for i, m := range w.staff {
		people[fmt.Sprintf("%d %s", i, m.Name)] = policy.Actor{User: m.Principal}
	}
	for name, actor := range people {
		require.NoError(t, decider.Refresh(t.Context(), actor))
		view, err := decider.View(t.Context(), actor, policy.RoomsView)
		require.NoError(t, err)
		tickets, err := decider.View(t.Context(), actor, policy.TicketsView)
		require.NoError(t, err)
		rooms, err := st.Rooms(t.Context(), view, tickets, store.RoomQuery{Limit: 1, Total: true})
		require.NoError(t, err)
		open, err := st.Incidents(t.Context(), tickets, store.IncidentQuery{Limit: 1, Total: true})
		require.NoError(t, err)
		got := seen{len(view.Customers()), rooms.Total, open.Total}
		require.Equal(t, w.sees(append(actor.Groups, actor.User)...), got, name)
		require.NotZero(t, got.open, name)
	}
	wide, narrow, middle := w.sees(w.person(seedWide).Principal), w.sees(w.person(seedNarrow).Principal), w.sees(w.person(seedMiddle).Principal)
	require.Equal(t, []int{3, 60, 1, 10, 5, 100}, []int{wide.customers, wide.rooms, narrow.customers, narrow.rooms, middle.customers, middle.rooms})
	require.Equal(t, seen{10, 400, 200}, w.sees(w.person(seedAdmin).Principal))
}

// TestWorldL checks the description of World L against design 14 without writing it; every twentieth customer is made.
func TestWorldL(t *testing.T) {
	w, err := newSeedWorld("L", seedMorning)
	require.NoError(t, err)
	require.Equal(t, seedSize{"L", 1000, 200, 200, 333, 45}, w.seedSize)
	wide, middle := 0, 0
	for n := range w.customers {
		if w.seesWide(n) {
			wide++
		}
		if w.seesMiddle(n) {
			middle++
		}
	}
	require.Equal(t, []int{333, 45}, []int{wide, middle})
	require.Len(t, w.staff, 196)
	names := map[string]bool{}
	for _, m := range w.staff {
		require.False(t, names[m.Name], "%s is there twice", m.Name)
		names[m.Name] = true
	}
	first, second := seedFirst(), seedSecond()
	require.Equal(t, 1280, len(first)*len(second))
	require.Len(t, first, len(slices.Compact(slices.Sorted(slices.Values(first)))))
	require.Len(t, second, len(slices.Compact(slices.Sorted(slices.Values(second)))))
	open := 0
	for _, n := range []int{0, 1, 22, 23, 120, 121, 998, 999} { // neighbours make up for each other
		c := w.customer(n)
		require.False(t, names[c.Invitation.Name])
		names[c.Invitation.Name] = true
		require.Len(t, c.Rooms, 200)
		require.Len(t, c.Devices, 250)
		incidents := 0
		for _, d := range c.Devices {
			incidents += len(d.After.Incidents)
			for _, i := range d.After.Incidents {
				if i.Open() {
					open++
				}
			}
		}
		require.Equal(t, 1000, incidents)
		emails := map[string]bool{}
		for _, r := range c.Rooms {
			require.False(t, emails[r.Email], r.Email)
			emails[r.Email] = true
		}
		for _, g := range c.Groups {
			require.NotEmpty(t, g.Rooms, "%s of %s", g.Name, c.Invitation.Name)
		}
	}
	require.Equal(t, 800, open)
}

// TestSeededLivesAreAtRest: the next poll with the same readings must change nothing but what is still being watched, or a quiet world would
// begin to move once it is collected.
func TestSeededLivesAreAtRest(t *testing.T) {
	w, err := newSeedWorld("S", seedMorning)
	require.NoError(t, err)
	checked := 0
	for n := range w.customers {
		c := w.customer(n)
		polled := c.Runs[1].StartedAt
		require.Equal(t, store.CollectDevices, c.Runs[1].Lease.Kind)
		for _, d := range c.Devices {
			before := store.DeviceBefore{GraphID: d.GraphID, Kind: d.Kind, LastPoll: polled, Signals: d.After.Signals, Incidents: d.After.Incidents}
			var readings []incidents.Reading
			watching := false
			for _, s := range d.After.Signals {
				readings = append(readings, incidents.Reading{Signal: s.Signal, State: s.State, Value: s.Value})
				watching = watching || s.State == "bad" && s.Polls < 2
			}
			for _, i := range d.After.Incidents {
				watching = watching || i.State == "watching"
				good := slices.ContainsFunc(d.After.Signals, func(s store.SignalState) bool { return s.Signal == i.Signal && s.State == "good" })
				require.False(t, good && i.State == "resolved" && polled.Sub(i.ResolvedAt) >= 7*24*time.Hour+seedPoll, "%s should be closed", i.Signal)
			}
			if watching {
				continue
			}
			checked++
			after := incidents.Derive(before, readings, polled.Add(time.Second))
			require.Equal(t, before.Signals, after.Signals)
			require.Equal(t, before.Incidents, after.Incidents)
			require.Empty(t, after.Events)
		}
	}
	require.Greater(t, checked, 400)
}

// TestDemoOpensASeededWorld: it starts without a story and without collecting, and its people sign in and list.
func TestDemoOpensASeededWorld(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, Seed(t.Context(), SeedSettings{World: "S", Data: dir, Progress: io.Discard}))
	var welcome strings.Builder
	d, err := newDemo(t.Context(), DemoSettings{Listen: "127.0.0.1:0", Data: dir, Out: &welcome}, "test")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, d.listener) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
		require.NoError(t, d.cloud.Close())
		require.Equal(t, []string{"30"}, rows(t, dir, `SELECT count(*) + 9 FROM collect_runs`), "nothing was collected")
	})
	require.NoError(t, d.tell(t.Context()))
	known, err := d.known(t.Context(), policy.Overview(policy.Powers{Manager: true}))
	require.NoError(t, err)
	require.True(t, known)
	w, err := newSeedWorld("S", time.Now())
	require.NoError(t, err)
	for _, upn := range []string{seedWide, seedNarrow, seedMiddle} {
		require.Contains(t, welcome.String(), upn)
		v := d.signIn(t, upn)
		type page struct {
			Total int
			Items []struct{ CustomerName string }
		}
		rooms := get[page](v, "/api/rooms?limit=1&total=true")
		open := get[page](v, "/api/incidents?"+url.Values{"limit": {"1"}, "total": {"true"}}.Encode())
		want := w.sees(w.person(upn).Principal)
		require.Equal(t, want, seen{len(get[struct{ Items []any }](v, "/api/customers").Items), rooms.Total, open.Total}, upn)
	}
	manager := d.signIn(t, "manager@partner.example")
	require.Len(t, get[struct{ Items []any }](manager, "/api/customers").Items, 10, "no customer of the story")
}
