package store

import (
	"context"
	"fmt"
	"time"

	"roomward/policy"
)

// Retained lists the customers by id, for the work that forgets their old history. It tells nothing of them.
func (s *Store) Retained(ctx context.Context) ([]ID, error) {
	var out []ID
	err := s.read(ctx, func(t *tx) (err error) {
		out, err = readAll(ctx, t, "list the customers", statement{`SELECT id FROM customers ORDER BY id LIMIT 10000`, nil}, scanID)
		return err
	})
	return out, err
}

// PruneHistory forgets of one customer what is older than the days that it agreed to: closed incidents, runs of collecting, and of what is kept the
// spans, openings and events that ended before. At most limit rows of each kind go at a time; it tells how many went in all, 0 when nothing is left
// to do.
func (s *Store) PruneHistory(ctx context.Context, work policy.View, limit int) (int, error) {
	customer, err := workOn(work)
	if err != nil {
		return 0, err
	}
	var gone int64
	err = s.write(ctx, func(t *tx) error {
		gone = 0
		var days int64
		if err := t.QueryRowContext(ctx, `SELECT retention_days FROM customers WHERE id = $1`, customer).Scan(&days); err != nil {
			return notFound(err, "read how long history is kept")
		}
		before := t.now - days*(24*time.Hour).Milliseconds()
		for _, text := range []string{
			`DELETE FROM incidents WHERE id IN (SELECT id FROM incidents WHERE customer_id = $1 AND state = 'closed' AND closed_at < $2 LIMIT $3)`,
			`DELETE FROM collect_runs WHERE id IN (SELECT id FROM collect_runs WHERE customer_id = $1 AND started_at < $2 LIMIT $3)`,
			`DELETE FROM signal_spans WHERE id IN (SELECT s.id FROM devices d JOIN signal_spans s ON s.device_id = d.id
				WHERE d.customer_id = $1 AND s.until_at < $2 LIMIT $3)`,
			`DELETE FROM incident_openings WHERE id IN (SELECT o.id FROM incidents i JOIN incident_openings o ON o.incident_id = i.id
				WHERE i.customer_id = $1 AND o.resolved_at < $2 LIMIT $3)`,
			`DELETE FROM incident_events WHERE id IN (SELECT e.id FROM incidents i JOIN incident_events e ON e.incident_id = i.id
				WHERE i.customer_id = $1 AND e.at < $2 AND e.at < i.opened_at LIMIT $3)`,
		} {
			n, err := t.exec(ctx, text, customer, before, limit)
			if err != nil {
				return fmt.Errorf("forget old history: %w", err)
			}
			gone += n
		}
		if gone == 0 {
			return nil
		}
		if _, err := t.exec(ctx, `UPDATE customers SET data_version = data_version + 1 WHERE id = $1`, customer); err != nil {
			return fmt.Errorf("raise the data version of a customer: %w", err)
		}
		return nil
	})
	return int(gone), err
}

// HistoryDue tells whether old history is to be forgotten: the last time was that long ago, or never. NoteHistory notes that it was done.
func (s *Store) HistoryDue(ctx context.Context, every time.Duration) (bool, error) {
	var due bool
	err := s.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM facts WHERE name = 'history-pruned' AND CAST(value AS INTEGER) > $1)`,
			t.now-every.Milliseconds()).Scan(&due)
	})
	if err != nil {
		return false, fmt.Errorf("look when old history was forgotten: %w", err)
	}
	return due, nil
}

// NoteHistory notes that the old history of all customers was forgotten now.
func (s *Store) NoteHistory(ctx context.Context) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO facts (name, value) VALUES ('history-pruned', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, fmt.Sprint(t.now))
		if err != nil {
			return fmt.Errorf("note that old history was forgotten: %w", err)
		}
		return nil
	})
}
