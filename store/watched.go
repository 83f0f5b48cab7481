package store

import "context"

// Answers proves that reading works; it waits for no change that is being made.
func (s *Store) Answers(ctx context.Context) error {
	return s.read(ctx, func(t *tx) error {
		var one int
		return t.QueryRowContext(ctx, `SELECT 1`).Scan(&one)
	})
}
