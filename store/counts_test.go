package store

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"roomward/policy"
)

// wrongCounts are the cells whose kept counts are not what a count of the rows themselves says.
func wrongCounts(t require.TestingT, s *Store) []string {
	var wrong []string
	require.NoError(t, s.read(context.Background(), func(tx *tx) error {
		var err error
		wrong, err = readAll(context.Background(), tx, "compare counts", statement{`
			WITH kept (what, cell, a, b, c, n) AS (
				SELECT 'room', cell_id, '', '', health, n FROM room_counts WHERE n <> 0
				UNION ALL SELECT 'incident', cell_id, open, state, severity, n FROM incident_counts WHERE n <> 0
				UNION ALL SELECT 'rooms', cell_id, '', '', '', rooms FROM cell_counts WHERE rooms <> 0
				UNION ALL SELECT 'open', cell_id, '', '', '', open FROM cell_counts WHERE open <> 0),
			counted (what, cell, a, b, c, n) AS (
				SELECT 'room', cell_id, '', '', health, count(*) FROM rooms WHERE cell_id IS NOT NULL GROUP BY cell_id, health
				UNION ALL SELECT 'incident', cell_id, open, state, severity, count(*) FROM incidents WHERE cell_id IS NOT NULL
				GROUP BY cell_id, open, state, severity
				UNION ALL SELECT 'rooms', cell_id, '', '', '', count(*) FROM rooms WHERE cell_id IS NOT NULL GROUP BY cell_id
				UNION ALL SELECT 'open', cell_id, '', '', '', count(*) FROM incidents WHERE cell_id IS NOT NULL AND open = 1 GROUP BY cell_id)
			SELECT 'kept ' || k.what || ' ' || k.cell || ' ' || k.a || k.b || k.c || ' ' || k.n FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted) k
			UNION ALL
			SELECT 'counted ' || k.what || ' ' || k.cell || ' ' || k.a || k.b || k.c || ' ' || k.n FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept) k`, nil},
			func(rows *sql.Rows, s *string) error { return rows.Scan(s) })
		return err
	}))
	return wrong
}

// The counts of cells are those of their rows after whatever happened: rooms that come, leave, return and are purged, incidents that open, change,
// end and move with their device, rules that put rooms into other cells, and relations that end.
func TestCountsAreThoseOfTheRows(t *testing.T) {
	w := newCollectWorld(t)
	_, err := w.writer.Exec(`PRAGMA synchronous = OFF`)
	require.NoError(t, err)
	seen := 0
	number := 0
	rapid.Check(t, func(rt *rapid.T) {
		number++
		id := w.accept(fmt.Sprint("t-", number), policy.Grant{All: true})
		role, err := w.AddRole(t.Context(), Act{}, id, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView}})
		require.NoError(rt, err)
		names, groups := []string{"A", "B", "C", "D", "E"}, 0
		rooms := func() []ID {
			var out []ID
			for _, s := range w.texts(`SELECT id FROM rooms WHERE customer_id = $1 AND hidden_at IS NULL ORDER BY name`, id) {
				var n int64
				_, err := fmt.Sscan(s, &n)
				require.NoError(rt, err)
				out = append(out, ID(n))
			}
			return out
		}
		rt.Repeat(map[string]func(*rapid.T){
			"": func(rt *rapid.T) {
				require.Empty(rt, wrongCounts(rt, w.Store))
				seen = max(seen, len(w.texts(`SELECT 1 FROM incident_counts WHERE n > 0 AND cell_id IN (SELECT id FROM cells WHERE customer_id = $1)`, id)))
			},
			"places": func(rt *rapid.T) {
				w.advance(time.Duration(rapid.IntRange(1, 20).Draw(rt, "hours")) * time.Hour)
				var found []PlaceFound
				for _, name := range drawSome(rt, names, "there") {
					found = append(found, place(name, "London"))
				}
				w.places(id, found...)
			},
			"devices": func(rt *rapid.T) {
				there := rooms()
				if len(there) == 0 {
					rt.Skip("no rooms")
				}
				rules := quietRules()
				rules.Device = func(DeviceBefore, time.Time) DeviceAfter { return drawDevice(rt, w.time()) }
				health := rapid.IntRange(0, len(listHealths)-1).Draw(rt, "health")
				rules.Room = func(RoomBefore) RoomAfter { return RoomAfter{Health: listHealths[health], Rank: (health + 1) * 10} }
				found := DevicesFound{Listed: true, Rules: rules}
				for n := range rapid.IntRange(0, 4).Draw(rt, "devices") {
					found.Devices = append(found.Devices, DeviceFound{GraphID: fmt.Sprint("d-", id, n), Room: pick(rt, there, "room"), Kind: "teamsRoom", Read: true})
				}
				w.devices(id, found)
			},
			"rules": func(rt *rapid.T) {
				there := rooms()
				if len(there) == 0 || groups > 3 {
					rt.Skip("no rooms or enough groups")
				}
				groups++
				group, err := w.AddRoomGroup(t.Context(), Act{}, id, RoomGroup{Name: fmt.Sprint("g", groups), Rooms: drawSome(rt, there, "in group")})
				require.NoError(rt, err)
				_, err = w.AddAssignment(t.Context(), Act{}, id, Assignment{Role: role, Name: "desk",
					Scopes: []policy.Scope{policy.ScopeGroup(group), policy.ScopeRoom(pick(rt, there, "single"))}})
				require.NoError(rt, err)
			},
		})
		if rapid.Bool().Draw(rt, "ends") {
			require.NoError(rt, w.write(t.Context(), func(tx *tx) error {
				_, err := tx.exec(t.Context(), `DELETE FROM customers WHERE id = $1`, id)
				return err
			}))
			require.Empty(rt, wrongCounts(rt, w.Store))
			require.Empty(rt, w.texts(`SELECT cell_id FROM incident_counts WHERE cell_id NOT IN (SELECT id FROM cells) UNION ALL
				SELECT cell_id FROM room_counts WHERE cell_id NOT IN (SELECT id FROM cells) UNION ALL
				SELECT cell_id FROM cell_counts WHERE cell_id NOT IN (SELECT id FROM cells)`))
		}
	})
	require.Positive(t, seen, "no incident was counted at all")
}

func drawDevice(t *rapid.T, now time.Time) DeviceAfter {
	var after DeviceAfter
	for _, signal := range drawSome(t, listSignals, "signals") {
		after.Incidents = append(after.Incidents, IncidentState{Signal: signal, Category: "hardware", Severity: pick(t, listSeverity, "severity"),
			State: pick(t, everyState(), "state"), OpenedAt: now, Openings: 1})
	}
	return after
}

// A count that is wrong must be seen by the comparison.
func TestWrongCountsAreSeen(t *testing.T) {
	w, r, _ := oneRoomWorld(t, Room{Name: "Board", Health: "healthy", HealthRank: 60})
	require.Empty(t, wrongCounts(t, w.store))
	w.insert(t, `UPDATE room_counts SET n = n + 1 WHERE cell_id = (SELECT cell_id FROM rooms WHERE id = $1)`, r.ID)
	require.Len(t, wrongCounts(t, w.store), 4, "the count of the health and the sum, each as kept and as counted")
}
