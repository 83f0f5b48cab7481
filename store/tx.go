package store

import (
	"context"
	"database/sql"
)

// tx is one transaction, or one change's part of it, with one fixed time.
type tx struct {
	*sql.Tx
	now    int64
	shared bool            // with other changes; see group
	broken error           // of a statement after which no other may run
	opened []*sql.Rows     // while shared: none may outlive the change
	read   context.Context // of a read, whose statements it ends
}

func (t *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	r, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// ExecContext is that of sql.Tx; see calm and note.
func (t *tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if t.broken != nil {
		return nil, t.broken
	}
	r, err := t.Tx.ExecContext(t.calm(ctx), query, args...)
	return r, t.note(err)
}

// QueryContext is that of sql.Tx; see calm and note.
func (t *tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if t.broken != nil {
		return nil, t.broken
	}
	r, err := t.Tx.QueryContext(t.calm(ctx), query, args...)
	if t.shared && err == nil {
		t.opened = append(t.opened, r)
	}
	return r, t.note(err)
}

// QueryRowContext is that of sql.Tx; see calm and note.
func (t *tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if t.broken != nil { // only an ended context makes a row that is an error
		ended, end := context.WithCancel(ctx)
		end()
		return t.Tx.QueryRowContext(ended, query, args...)
	}
	r := t.Tx.QueryRowContext(t.calm(ctx), query, args...)
	_ = t.note(r.Err())
	return r
}

// calm lets a statement of a shared transaction run to its end, because SQLite answers the interruption of a writing statement by rolling back
// the whole transaction. A context that has ended stays: database/sql then refuses before SQLite hears of it.
func (t *tx) calm(ctx context.Context) context.Context {
	if t.read != nil {
		return t.read
	}
	if !t.shared || ctx.Err() != nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// note remembers an error after which the transaction may be gone: a further statement would then commit by itself.
func (t *tx) note(err error) error {
	if t.shared && mayEnd(err) {
		t.broken = err
	}
	return err
}
