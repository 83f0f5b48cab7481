package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// pruneOperation is recorded where the retention took the oldest entries of a chain; its detail proves that nobody else did.
const pruneOperation = "audit.prune"

// pruned is the detail: which entry is the first now, and the hash of the one before it.
type pruned struct {
	First  int64  `json:"first"`
	Before []byte `json:"before"`
}

// pruneEntriesAtOnce bounds what one transaction takes of a chain.
const pruneEntriesAtOnce = 5_000

// PruneAudit takes the entries that are older than the retention, of each chain the first ones, and says how many they were. The head keeps the hash
// of the last one that goes, so that the rest can still be checked.
func (s *Store) PruneAudit(ctx context.Context, keep time.Duration) (int, error) {
	cutoff := millis(s.now()) - keep.Milliseconds()
	var chains []string
	err := s.read(ctx, func(t *tx) error {
		var err error
		chains, err = readAll(ctx, t, "read which records have entries past the retention", statement{`SELECT h.chain FROM audit_heads h
			JOIN audit a ON a.chain = h.chain AND a.seq = h.first AND a.seq > 0 WHERE a.at < $1 ORDER BY h.chain`, []any{cutoff}},
			func(rows *sql.Rows, chain *string) error { return rows.Scan(chain) })
		return err
	})
	if err != nil {
		return 0, err
	}
	all := 0
	for _, chain := range chains {
		for {
			n := 0
			err := s.writeAlone(ctx, func(t *tx) error {
				var err error
				n, err = pruneChain(ctx, t, chain, cutoff)
				return err
			})
			if err != nil {
				return all, err
			}
			if all += n; n < pruneEntriesAtOnce {
				break
			}
		}
	}
	return all, nil
}

func pruneChain(ctx context.Context, t *tx, chain string, cutoff int64) (int, error) {
	type old struct {
		seq, at   int64
		hash      []byte
		operation string
	}
	oldest, err := readAll(ctx, t, "read the oldest entries of a record", statement{`SELECT a.seq, a.at, a.hash, a.operation FROM audit_heads h
			JOIN audit a ON a.chain = h.chain AND a.seq >= h.first AND a.seq > 0 WHERE h.chain = $1 ORDER BY a.seq LIMIT $2`,
		[]any{chain, pruneEntriesAtOnce}}, func(rows *sql.Rows, o *old) error { return rows.Scan(&o.seq, &o.at, &o.hash, &o.operation) })
	if err != nil {
		return 0, err
	}
	n, others := 0, false
	for n < len(oldest) && oldest[n].at < cutoff {
		others = others || oldest[n].operation != pruneOperation
		n++
	}
	if !others { // a note about pruning alone would only make way for another
		return 0, nil
	}
	note := pruned{First: oldest[n-1].seq + 1, Before: oldest[n-1].hash}
	_, err = t.exec(ctx, `UPDATE audit_heads SET first = $1, before = $2, pruned_before = $3 WHERE chain = $4`, note.First, note.Before, cutoff, chain)
	if err != nil {
		return 0, fmt.Errorf("move the beginning of a record: %w", err)
	}
	if _, err := t.exec(ctx, `DELETE FROM audit WHERE chain = $1 AND seq > 0 AND seq < $2`, chain, note.First); err != nil {
		return 0, fmt.Errorf("take the oldest entries of a record: %w", err)
	}
	e := entry{tenant: chain, operation: pruneOperation, object: fmt.Sprint(note.First - 1), detail: note}
	err = t.QueryRowContext(ctx, `SELECT coalesce((SELECT id FROM customers WHERE tenant_id = $1), 0)`, chain).Scan(&e.customer)
	if err != nil {
		return 0, fmt.Errorf("read the customer of a record: %w", err)
	}
	return n, System("retention").record(ctx, t, e)
}
