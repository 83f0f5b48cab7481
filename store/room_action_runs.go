package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"roomward/policy"
)

// ActionLease is the right to carry out the next step of one action until a moment. It names no more than the customer: everything else needs a view
// of work.
type ActionLease struct {
	ID       ID
	Customer ID
	Until    time.Time
}

// dueAction is the condition of an action that wants a step at $1.
const dueAction = `state IN ('queued', 'sent', 'running') AND due_at <= $1 AND leased_until <= $1`

// ActionsDue tells whether ClaimActions would find something, without writing.
func (s *Store) ActionsDue(ctx context.Context) (bool, error) {
	var due bool
	err := s.read(ctx, func(t *tx) error {
		if err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM room_actions WHERE `+dueAction+`)`, t.now).Scan(&due); err != nil {
			return fmt.Errorf("look for due actions: %w", err)
		}
		return nil
	})
	return due, err
}

// ClaimActions takes up to limit due actions, the longest due first, and leases them.
func (s *Store) ClaimActions(ctx context.Context, limit int, lease time.Duration) ([]ActionLease, error) {
	var out []ActionLease
	err := s.write(ctx, func(t *tx) error {
		until := t.now + lease.Milliseconds()
		var err error
		out, err = readAll(ctx, t, "claim due actions", statement{`UPDATE room_actions SET leased_until = $2
			WHERE id IN (SELECT id FROM room_actions WHERE ` + dueAction + ` ORDER BY due_at, id LIMIT $3) RETURNING id, customer_id`,
			[]any{t.now, until, limit}}, func(rows *sql.Rows, l *ActionLease) error {
			l.Until = when(until)
			return rows.Scan(&l.ID, &l.Customer)
		})
		return err
	})
	return out, err
}

// ReleaseActions ends all leases. A starting process calls it: with SQLite there is one process, and a lease it finds is of one that died.
func (s *Store) ReleaseActions(ctx context.Context) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(ctx, `UPDATE room_actions SET leased_until = 0 WHERE leased_until > 0`); err != nil {
			return fmt.Errorf("release the leases of actions: %w", err)
		}
		return nil
	})
}

// LeasedAction is what carrying out an action needs to know.
type LeasedAction struct {
	RoomAction
	Tenant      string
	DeviceGraph string // the device's id at Microsoft
	OID         string // of who asked
	Contexts    []string
	LastSentAt  time.Time // when Microsoft was asked last; zero before
	Operation   string    // Microsoft's name of it, once that is known
	Others      []string  // operations of the same device that other actions are about
}

// LeasedAction reads the action of a lease. ErrNotFound when it has gone with its room or its customer.
func (s *Store) LeasedAction(ctx context.Context, work policy.View, l ActionLease) (LeasedAction, error) {
	var out LeasedAction
	customer, err := workOn(work)
	if err != nil {
		return out, err
	}
	err = s.read(ctx, func(t *tx) error {
		found, err := readAll(ctx, t, "read an action", statement{`SELECT ` + actionColumns + ` WHERE a.id = $1 AND a.customer_id = $2`,
			[]any{l.ID, customer}}, scanAction)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return ErrNotFound
		}
		out.RoomAction = found[0]
		var contexts string
		var sent sql.NullInt64
		err = t.QueryRowContext(ctx, `SELECT c.tenant_id, a.device_graph_id, a.asked_by_oid, a.contexts_json, a.sent_at, a.operation_id
			FROM room_actions a JOIN customers c ON c.id = a.customer_id WHERE a.id = $1`, l.ID).
			Scan(&out.Tenant, &out.DeviceGraph, &out.OID, &contexts, &sent, &out.Operation)
		if err != nil {
			return notFound(err, "read an action")
		}
		out.LastSentAt = whenOr0(sent)
		out.Others, err = readAll(ctx, t, "read the operations of a device", statement{`SELECT operation_id FROM room_actions
			WHERE room_id = $1 AND device_graph_id = $2 AND id <> $3 AND operation_id <> ''`, []any{out.Room, out.DeviceGraph, l.ID}},
			func(rows *sql.Rows, id *string) error { return rows.Scan(id) })
		if err != nil {
			return err
		}
		return fromJSON(contexts, &out.Contexts)
	})
	return out, err
}

// The codes of why an action is not sent.
const (
	// ActionNotAllowed says that who asked does not hold rooms.act in the room any more.
	ActionNotAllowed = "not-allowed"
	// ActionViewsClosed says that nobody of the partner may reach the customer's data now.
	ActionViewsClosed = "views-closed"
	// ActionDeviceMoved says that the device is not in the room any more in which it was asked for.
	ActionDeviceMoved = "device-moved"
)

// SendAction marks a queued action as sent, just before Microsoft is asked, if who asked for it may do so at this very moment: acts is their view of
// rooms.act. Otherwise it answers the code of why not, and nothing is changed. Errors: ErrStaleView, ErrLeaseLost, ErrNotFound.
func (s *Store) SendAction(ctx context.Context, work, acts policy.View, l ActionLease) (refused string, err error) {
	customer, err := workOn(work)
	if err != nil {
		return "", err
	}
	err = s.write(ctx, func(t *tx) error {
		if err := checkView(ctx, t, acts); err != nil {
			return err
		}
		var open, there bool
		var cell int64
		err := t.QueryRowContext(ctx, `SELECT c.state = 'active' AND c.without_admin_since IS NULL, coalesce(r.cell_id, 0),
				EXISTS (SELECT 1 FROM devices d WHERE d.id = a.device_id AND d.room_id = a.room_id)
			FROM room_actions a JOIN rooms r ON r.id = a.room_id JOIN customers c ON c.id = a.customer_id WHERE a.id = $1 AND a.customer_id = $2`,
			l.ID, customer).Scan(&open, &cell, &there)
		switch {
		case err != nil:
			return notFound(err, "read where an action is done")
		case !open:
			refused = ActionViewsClosed
			return nil
		case !acts.Sees(customer, cell):
			refused = ActionNotAllowed
			return nil
		case !there:
			refused = ActionDeviceMoved
			return nil
		}
		refused = ""
		n, err := t.exec(ctx, `UPDATE room_actions SET state = 'sent', attempts = attempts + 1, sent_at = $1, first_sent_at = coalesce(first_sent_at, $1)
			WHERE id = $2 AND state = 'queued' AND leased_until = $3`, t.now, l.ID, millis(l.Until))
		if err != nil {
			return fmt.Errorf("mark an action as sent: %w", err)
		}
		if n == 0 {
			return ErrLeaseLost
		}
		return nil
	})
	return refused, err
}

// ActionStep is what a step of an action came to.
type ActionStep struct {
	State     ActionState
	Untaken   bool      // the request that was just sent was certainly not taken: it does not count
	Operation string    // Microsoft's name of it, once that is known
	Due       time.Time // of the next step; without meaning at the end
	Failure   string    // a code: why it failed, or what is in the way now
	Said      string    // Microsoft's words on a failure
}

// StepAction writes a step and gives the lease back; the end goes into the audit record. Errors: ErrLeaseLost, ErrNotFound when the action has gone.
func (s *Store) StepAction(ctx context.Context, work policy.View, l ActionLease, step ActionStep) error {
	customer, err := workOn(work)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		var ended any
		if step.State.Over() {
			ended = t.now
		}
		var kind ActionKind
		var room ID
		var device ID
		err := t.QueryRowContext(ctx, `UPDATE room_actions SET state = $1, operation_id = CASE WHEN $2 = '' THEN operation_id ELSE $2 END, due_at = $3,
				leased_until = 0, failure = $4, said = $5, ended_at = $6,
				attempts = attempts - $7,
				sent_at = CASE WHEN $7 = 1 THEN NULL ELSE sent_at END,
				first_sent_at = CASE WHEN $7 = 1 AND attempts = 1 THEN NULL ELSE first_sent_at END
			WHERE id = $8 AND customer_id = $9 AND leased_until = $10 RETURNING kind, room_id, coalesce(device_id, 0)`,
			step.State, step.Operation, millis(step.Due), step.Failure, step.Said, ended, step.Untaken, l.ID, customer, millis(l.Until)).Scan(&kind, &room, &device)
		if errors.Is(err, sql.ErrNoRows) {
			return lostAction(ctx, t, l.ID)
		}
		if err != nil {
			return fmt.Errorf("write the step of an action: %w", err)
		}
		if ended == nil {
			return nil
		}
		return recordEnd(ctx, t, customer, room, map[string]any{"kind": kind, "deviceId": device, "after": map[string]any{"state": step.State, "failure": step.Failure}})
	})
}

func lostAction(ctx context.Context, t *tx, id ID) error {
	var there bool
	if err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM room_actions WHERE id = $1)`, id).Scan(&there); err != nil {
		return fmt.Errorf("look for an action: %w", err)
	}
	if there {
		return ErrLeaseLost
	}
	return ErrNotFound
}

// recordEnd says in the audit record what became of an action.
func recordEnd(ctx context.Context, t *tx, customer, room ID, detail map[string]any) error {
	tenant, err := tenantOf(ctx, t, customer)
	if err != nil {
		return err
	}
	return System("room actions").record(ctx, t, entry{customer: customer, tenant: tenant, operation: "action.end", objectID: room.String(), detail: detail})
}

// keepActions is how long an action that has ended stays to be read; the audit record keeps what was done.
const keepActions = 180 * 24 * time.Hour

// PruneActions forgets actions that ended long ago, at most limit at a time; it tells how many went.
func (s *Store) PruneActions(ctx context.Context, limit int) (int, error) {
	var gone int64
	err := s.write(ctx, func(t *tx) error {
		var err error
		gone, err = t.exec(ctx, `DELETE FROM room_actions WHERE id IN (SELECT id FROM room_actions WHERE ended_at IS NOT NULL AND ended_at < $1 LIMIT $2)`,
			t.now-keepActions.Milliseconds(), limit)
		if err != nil {
			return fmt.Errorf("forget old actions: %w", err)
		}
		return nil
	})
	return int(gone), err
}
