package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"roomward/policy"
)

// ActionKind is what is done to a device.
type ActionKind string

// ActionRestart restarts a device: a call that runs on it ends.
const ActionRestart ActionKind = "restart"

// ActionState is how far an action is.
type ActionState string

// The states. Only succeeded says that it was done.
const (
	ActionQueued      ActionState = "queued"      // Microsoft was not asked, or certainly did not take it
	ActionSent        ActionState = "sent"        // Microsoft is asked, and whether it took it is not known
	ActionRunning     ActionState = "running"     // Microsoft took it, and has not said that it is done
	ActionSucceeded   ActionState = "succeeded"   // Microsoft said that it is done
	ActionFailed      ActionState = "failed"      // it was certainly not done
	ActionCancelled   ActionState = "cancelled"   // on Microsoft's side
	ActionUnconfirmed ActionState = "unconfirmed" // Microsoft did not say in time what became of it
)

// Over tells whether an action has ended.
func (s ActionState) Over() bool { return s != ActionQueued && s != ActionSent && s != ActionRunning }

// RoomAction is something done to a device of a room, as people see it.
type RoomAction struct {
	ID       ID
	Room     ID
	Device   ID     // 0 when the device is not there any more
	Name     string // of the device, as it was then
	Kind     ActionKind
	State    ActionState
	AskedAt  time.Time
	AskedBy  string
	SentAt   time.Time // when Microsoft was asked first; zero before
	EndedAt  time.Time // zero while it is open
	Failure  string    // the code of why it failed, or of what is in the way now
	Said     string    // Microsoft's words on a failure
	Attempts int
}

// NewAction asks for an action.
type NewAction struct {
	Kind     ActionKind
	Room     ID
	Device   ID       // 0 is the room's main device
	Contexts []string // authentication contexts that the person's sign-in has met
}

// ActionKey says where in the list of a room's actions one stands.
type ActionKey struct {
	AskedAt int64 // milliseconds
	ID      ID
}

// Key is where the action stands.
func (a RoomAction) Key() ActionKey { return ActionKey{millis(a.AskedAt), a.ID} }

// actionColumns are what scanAction reads, of room_actions a.
const actionColumns = `a.id, a.room_id, coalesce(a.device_id, 0), a.device_name, a.kind, a.state, a.asked_at, a.asked_by_name, a.first_sent_at, a.ended_at,
	a.failure, a.said, a.attempts FROM room_actions a`

func scanAction(rows *sql.Rows, a *RoomAction) error {
	var asked int64
	var sent, ended sql.NullInt64
	err := rows.Scan(&a.ID, &a.Room, &a.Device, &a.Name, &a.Kind, &a.State, &asked, &a.AskedBy, &sent, &ended, &a.Failure, &a.Said, &a.Attempts)
	a.AskedAt, a.SentAt, a.EndedAt = when(asked), whenOr0(sent), whenOr0(ended)
	return err
}

// RoomActions reads a page of what was done in a room of a view, newest first, and whether there is more. after is the last one of the page
// before. Errors: ErrNotFound for a room that the view does not show, ErrStaleView.
func (s *Store) RoomActions(ctx context.Context, v policy.View, room ID, after *ActionKey, limit int) (list []RoomAction, more bool, err error) {
	from := ActionKey{1 << 62, 1 << 62}
	if after != nil {
		from = *after
	}
	err = s.readView(ctx, v, func(t *tx) error {
		if err := seeRoom(ctx, t, v, room); err != nil {
			return err
		}
		list, err = readAll(ctx, t, "list the actions of a room", statement{`SELECT ` + actionColumns + `
			WHERE a.room_id = $1 AND (a.asked_at, a.id) < ($2, $3) ORDER BY a.asked_at DESC, a.id DESC LIMIT $4`,
			[]any{room, from.AskedAt, from.ID, pageSize(limit) + 1}}, scanAction)
		return err
	})
	if len(list) > pageSize(limit) {
		return list[:pageSize(limit)], true, err
	}
	return list, false, err
}

// ActionTerms say what stands in the way of an action in a room.
type ActionTerms struct {
	May   bool // the person holds rooms.act there
	Waits bool // the customer approves each first
	// Consent is what the last check found of the customer's consent to actions in Entra: given, missing or unknown.
	Consent string
}

// ActionTerms reads them for a room of the view sees; acts is the view of rooms.act. Errors as in RoomActions.
func (s *Store) ActionTerms(ctx context.Context, sees, acts policy.View, room ID) (ActionTerms, error) {
	var out ActionTerms
	err := s.readViews(ctx, []policy.View{sees, acts}, func(t *tx) error {
		at, err := placeOfRoom(ctx, t, sees, room)
		if err != nil {
			return err
		}
		control, err := controlOf(ctx, t, at.customer)
		if err != nil {
			return err
		}
		out = ActionTerms{May: acts.Sees(at.customer, at.cell), Waits: control[EventAction] == Manual}
		out.Consent, err = actingConsent(ctx, t, at.customer)
		return err
	})
	return out, err
}

// roomPlace is where a room stands.
type roomPlace struct {
	customer ID
	cell     int64
	name     string
	tenant   string
}

// placeOfRoom is ErrNotFound for a room that the view does not show.
func placeOfRoom(ctx context.Context, t *tx, v policy.View, room ID) (roomPlace, error) {
	var at roomPlace
	if err := seeRoom(ctx, t, v, room); err != nil {
		return at, err
	}
	err := t.QueryRowContext(ctx, `SELECT r.customer_id, r.cell_id, r.name, c.tenant_id FROM rooms r JOIN customers c ON c.id = r.customer_id WHERE r.id = $1`,
		room).Scan(&at.customer, &at.cell, &at.name, &at.tenant)
	if err != nil {
		return at, notFound(err, "read where a room stands")
	}
	return at, nil
}

// AskAction queues an action on a device of a room, for whoever sees the room (the view sees) and holds rooms.act there (the view acts). Errors:
// ErrNotFound for a room, or a device of it, that is not there or not to be seen; the refusal policy.RefuseAct; conflicts: no-device,
// action-running while one of the device is open; *Waits where the customer approves actions first; ErrStaleView.
func (s *Store) AskAction(ctx context.Context, act Act, sees, acts policy.View, a NewAction) (RoomAction, error) {
	var out RoomAction
	var waits *Waits
	err := s.write(ctx, func(t *tx) error {
		for _, v := range []policy.View{sees, acts} {
			if err := checkView(ctx, t, v); err != nil {
				return err
			}
		}
		at, err := placeOfRoom(ctx, t, sees, a.Room)
		if err != nil {
			return err
		}
		if !acts.Sees(at.customer, at.cell) {
			return &policy.Refusal{Code: policy.RefuseAct}
		}
		var e entry
		e, waits, err = underControl(ctx, t, act, at.customer, func(t *tx) (entry, error) {
			out, err = queueAction(ctx, t, act, at, a)
			return entry{operation: "action." + string(a.Kind), object: at.name, objectID: a.Room.String(),
				detail: map[string]any{"after": map[string]any{"device": out.Name}, "deviceId": out.Device}}, err
		})
		if err != nil || waits != nil {
			return err
		}
		e.customer, e.tenant = at.customer, at.tenant
		return act.record(ctx, t, e.nameless())
	})
	if err == nil && waits != nil {
		return RoomAction{}, waits
	}
	return out, err
}

func queueAction(ctx context.Context, t *tx, act Act, at roomPlace, a NewAction) (RoomAction, error) {
	device, err := deviceToActOn(ctx, t, a.Room, a.Device)
	if err != nil {
		return RoomAction{}, err
	}
	contexts, err := toJSON(nonNil(a.Contexts))
	if err != nil {
		return RoomAction{}, err
	}
	out := RoomAction{ID: policy.NewID(), Room: a.Room, Device: device.id, Name: device.name, Kind: a.Kind, State: ActionQueued, AskedAt: when(t.now), AskedBy: act.Name}
	n, err := t.exec(ctx, `INSERT INTO room_actions (id, customer_id, room_id, device_id, device_graph_id, device_name, kind, state, asked_at, asked_by_oid,
			asked_by_name, contexts_json, due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8, $9, $10, $11, $8) ON CONFLICT DO NOTHING`,
		out.ID, at.customer, a.Room, device.id, device.graphID, device.name, a.Kind, t.now, act.OID, act.Name, contexts)
	if err != nil {
		return RoomAction{}, fmt.Errorf("queue an action: %w", err)
	}
	if n == 0 {
		return RoomAction{}, Conflict{"action-running"}
	}
	return out, nil
}

type actedDevice struct {
	id            ID
	graphID, name string
}

// deviceToActOn finds a device of a room: the one that is named, or the one that runs its meetings.
func deviceToActOn(ctx context.Context, t *tx, room, device ID) (actedDevice, error) {
	var d actedDevice
	var kind, maker, model string
	err := t.QueryRowContext(ctx, `SELECT id, graph_id, kind, maker, model FROM devices WHERE room_id = $1 AND ($2 = 0 OR id = $2)
		ORDER BY kind NOT IN ('teamsRoom', 'surfaceHub', 'collaborationBar'), id LIMIT 1`, room, device).Scan(&d.id, &d.graphID, &kind, &maker, &model)
	switch {
	case errors.Is(err, sql.ErrNoRows) && device == 0:
		return d, Conflict{"no-device"}
	case err != nil:
		return d, notFound(err, "find the device to act on")
	}
	if d.name = strings.TrimSpace(maker + " " + model); d.name == "" {
		d.name = kind
	}
	return d, nil
}
