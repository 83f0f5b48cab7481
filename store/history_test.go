package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// TestRetention: of each customer goes what is older than the days it agreed to, in steps, and nothing else.
func TestRetention(t *testing.T) {
	h := openHouse(t)
	id, other := h.customer(northwind), h.customer(tailspin)
	work := policy.ForWork(id, "test")
	for _, c := range []ID{id, other} {
		for _, name := range []string{"Alder", "Birch", "Cedar"} {
			h.room(c, name)
		}
	}
	const days = 40
	cutoff := h.clock().Add(-days * 24 * time.Hour)
	old, young := millis(cutoff)-1, millis(cutoff)
	// Alder: closed long ago. Birch: closed just within. Cedar: open since before, with an opening and events before that one.
	h.run(`UPDATE incidents SET state = 'closed', open = 0, opened_at = 1, closed_at = CASE (SELECT name FROM rooms r WHERE r.id = room_id) WHEN 'Alder' THEN $1 ELSE $2 END
		WHERE room_id IN (SELECT id FROM rooms WHERE name <> 'Cedar')`, old, young)
	h.run(`UPDATE incidents SET opened_at = $1 WHERE open = 1`, old-1_000)
	h.run(`INSERT INTO incident_openings (incident_id, opened_at, resolved_at) SELECT i.id, n.value, CASE WHEN n.value = $1 THEN NULL ELSE n.value END
		FROM incidents i JOIN json_each(json_array($1, $2, $3)) n WHERE i.open = 1`, old-1_000, old-2_000, old-3_000)
	h.run(`INSERT INTO incident_events (incident_id, at, kind) SELECT i.id, n.value, 'opened' FROM incidents i JOIN json_each(json_array($1, $2, $3)) n WHERE i.open = 1`,
		old-1_000, old-2_000, young)
	h.run(`INSERT INTO signal_spans (device_id, signal, state, severity, from_at, until_at) SELECT d.id, 'camera', 'bad', 'warning', 1, n.value
		FROM devices d JOIN json_each(json_array($1, $2, NULL)) n`, old, young)
	for i, at := range []int64{old, young} {
		for j, c := range []ID{id, other} {
			h.run(`INSERT INTO collect_runs (id, customer_id, kind, started_at, ended_at, result, requests, waited_ms, changed) VALUES ($1, $2, 'places', $3, 1, 'ok', 1, 1, 1)`,
				10*i+j+1, c, at)
		}
	}
	all := func(c ID) []int64 {
		var out []int64
		for _, q := range []string{`SELECT count(*) FROM incidents WHERE customer_id = $1`, `SELECT count(*) FROM collect_runs WHERE customer_id = $1`,
			`SELECT count(*) FROM signal_spans s JOIN devices d ON d.id = s.device_id WHERE d.customer_id = $1`,
			`SELECT count(*) FROM incident_openings o JOIN incidents i ON i.id = o.incident_id WHERE i.customer_id = $1`,
			`SELECT count(*) FROM incident_events e JOIN incidents i ON i.id = e.incident_id WHERE i.customer_id = $1`} {
			out = append(out, h.number(q, c))
		}
		return out
	}
	require.Equal(t, []int64{3, 2, 9, 3, 3}, all(id))

	// As long as it is agreed for longer nothing goes; then, by steps, what is too old.
	gone, err := h.PruneHistory(t.Context(), work, 100)
	require.NoError(t, err)
	require.Zero(t, gone)
	require.NoError(t, h.SetRetention(t.Context(), adminOf(northwind), policy.Own(northwind), 0, days, 30))
	version := h.number(`SELECT data_version FROM customers WHERE id = $1`, id)
	steps, total := 0, 0
	for n := -1; n != 0; steps++ {
		n, err = h.PruneHistory(t.Context(), work, 1)
		require.NoError(t, err)
		total += n
	}
	require.Equal(t, 1+1+3+2+1, total)
	require.Equal(t, 4, steps, "the longest kind has three rows, and the last step finds nothing")
	require.Equal(t, []int64{2, 1, 6, 1, 2}, all(id))
	require.Zero(t, h.number(`SELECT count(*) FROM incidents i JOIN rooms r ON r.id = i.room_id WHERE r.name = 'Alder' AND i.customer_id = $1`, id))
	require.Equal(t, []int64{3, 2, 9, 3, 3}, all(other), "another customer agreed to more days")
	require.Greater(t, h.number(`SELECT data_version FROM customers WHERE id = $1`, id), version)
	require.Zero(t, h.number(`SELECT count(*) FROM incident_counts k WHERE k.n <> (SELECT count(*) FROM incidents i
		WHERE i.cell_id = k.cell_id AND i.open = k.open AND i.state = k.state AND i.severity = k.severity)`))

	_, err = h.PruneHistory(t.Context(), policy.Own(northwind), 1)
	require.Error(t, err, "background work only")
	ids, err := h.Retained(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, []ID{id, other}, ids)
	due, err := h.HistoryDue(t.Context(), 24*time.Hour)
	require.NoError(t, err)
	require.True(t, due)
	require.NoError(t, h.NoteHistory(t.Context()))
	due, err = h.HistoryDue(t.Context(), 24*time.Hour)
	require.NoError(t, err)
	require.False(t, due)
	h.pass(24 * time.Hour)
	due, err = h.HistoryDue(t.Context(), 24*time.Hour)
	require.NoError(t, err)
	require.True(t, due)
}
