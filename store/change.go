package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"roomward/policy"
)

// Event is something that the partner does about which a customer decides whether it runs at once or waits for its approval (design 7).
type Event string

// The events. What the partner does that is none of them runs at once.
const (
	EventRole       Event = "role"       // roles and their permissions
	EventAssignment Event = "assignment" // who holds a role, and where
	EventGroup      Event = "group"      // room groups
	EventAction     Event = "action"     // what is done to a room's devices
	EventExport     Event = "export"     // taking the audit record away
)

// Events are all of them, in the order in which people read them.
func Events() []Event {
	return []Event{EventRole, EventAssignment, EventGroup, EventAction, EventExport}
}

// eventOf is the event of an operation, by its first word: a feature whose changes a customer may approve adds its line here.
func eventOf(operation string) Event {
	subject, _, _ := strings.Cut(operation, ".")
	return map[string]Event{
		"role":          EventRole,
		"assignment":    EventAssignment,
		"primary-admin": EventAssignment,
		"group":         EventGroup,
		"action":        EventAction,
		"export":        EventExport,
	}[subject]
}

// Manual is the word by which a customer's change control says that an event waits for approval; every other means that it runs at once.
const Manual = "manual"

// Request is what a person asked for, kept so that the same can be done when the customer has approved it.
type Request struct {
	Route    string   // "PUT /api/customers/{id}/roles/{role}"
	Input    any      // what the route's function takes, as JSON
	Contexts []string // the authentication contexts that the person's session had
}

// Waits says that a change was not made: it waits for the customer's approval.
type Waits struct {
	ID        ID // of the change request
	Customer  ID
	Event     Event
	ExpiresAt time.Time
}

// Error returns the code.
func (w *Waits) Error() string { return "waits for approval: " + w.ID.String() }

const (
	// RequestLife is for how long a change request waits.
	RequestLife = 14 * 24 * time.Hour
	// maxWaiting is how many requests of one customer may wait: a list that its administrators read.
	maxWaiting = 200
)

// underControl makes a change of the partner, or keeps it as a change request when the customer wants to approve its event: then fn has run to
// find out what it would do, and is taken back. The caller records the entry, unless waits says that nothing happened. A change that cannot be done
// later (no Request) is refused: Conflict needs-approval. What was approved is done only as it was read: Conflict changed-meanwhile; and only
// once: Conflict request-decided.
func underControl(ctx context.Context, t *tx, act Act, customer ID, fn func(*tx) (entry, error)) (e entry, waits *Waits, err error) {
	control, err := controlOf(ctx, t, customer)
	if err != nil {
		return entry{}, nil, err
	}
	waiting := act.Side == SidePartner && act.Approved == 0 && slices.Contains(slices.Collect(maps.Values(control)), Manual)
	if waiting {
		if _, err := t.exec(ctx, `SAVEPOINT proposed`); err != nil {
			return entry{}, nil, fmt.Errorf("begin what may have to wait: %w", err)
		}
	}
	if e, err = fn(t); err != nil {
		return entry{}, nil, err // the whole change is taken back
	}
	event := eventOf(e.operation)
	switch {
	case act.Approved != 0:
		err = finishRequest(ctx, t, act.Approved, &e)
	case waiting && control[event] == Manual:
		if _, err := t.exec(ctx, `ROLLBACK TO proposed`); err != nil {
			return entry{}, nil, fmt.Errorf("take back what has to wait: %w", err)
		}
		waits, err = keepRequest(ctx, t, act, customer, event, e)
	}
	if err != nil {
		return entry{}, nil, err
	}
	if waiting {
		if _, err := t.exec(ctx, `RELEASE proposed`); err != nil {
			return entry{}, nil, fmt.Errorf("end what may have to wait: %w", err)
		}
	}
	return e, waits, nil
}

func controlOf(ctx context.Context, t *tx, customer ID) (map[Event]string, error) {
	var text string
	if err := t.QueryRowContext(ctx, `SELECT change_control_json FROM customers WHERE id = $1`, customer).Scan(&text); err != nil {
		return nil, notFound(err, "read the change control of a customer")
	}
	control := map[Event]string{}
	return control, fromJSON(text, &control)
}

// keepRequest keeps what was asked for. The same asked again by the same person is the same request.
func keepRequest(ctx context.Context, t *tx, act Act, customer ID, event Event, e entry) (*Waits, error) {
	if act.Request == nil {
		return nil, Conflict{"needs-approval"}
	}
	input, err := toJSON(act.Request.Input)
	if err != nil {
		return nil, err
	}
	detail, err := toJSON(e.detail)
	if err != nil {
		return nil, err
	}
	contexts, err := toJSON(nonNil(act.Request.Contexts))
	if err != nil {
		return nil, err
	}
	waits := &Waits{Customer: customer, Event: event}
	var until int64
	err = t.QueryRowContext(ctx, `SELECT id, expires_at FROM change_requests WHERE customer_id = $1 AND state = 'waiting' AND expires_at > $2
		AND asked_by_oid = $3 AND route = $4 AND input_json = $5`, customer, t.now, act.OID, act.Request.Route, input).Scan(&waits.ID, &until)
	if err == nil {
		waits.ExpiresAt = when(until)
		return waits, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("look for the same change request: %w", err)
	}
	var n int
	err = t.QueryRowContext(ctx, `SELECT count(*) FROM change_requests WHERE customer_id = $1 AND state = 'waiting' AND expires_at > $2`, customer, t.now).Scan(&n)
	if err != nil {
		return nil, fmt.Errorf("count the change requests that wait: %w", err)
	}
	if n >= maxWaiting {
		return nil, Conflict{"too-many-requests-waiting"}
	}
	waits.ID, waits.ExpiresAt = policy.NewID(), when(t.now).Add(RequestLife)
	_, err = t.exec(ctx, `INSERT INTO change_requests (id, customer_id, event, route, input_json, operation, object, object_id, detail_json,
			asked_at, asked_by_oid, asked_by_name, contexts_json, expires_at, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'waiting')`, waits.ID, customer, event, act.Request.Route, input,
		e.operation, e.object, e.objectID, detail, t.now, act.OID, act.Name, contexts, millis(waits.ExpiresAt))
	if err != nil {
		return nil, fmt.Errorf("keep a change request: %w", err)
	}
	tenant, err := tenantOf(ctx, t, customer)
	if err != nil {
		return nil, err
	}
	about := map[string]any{"request": waits.ID, "event": event, "operation": e.operation, "object": e.object, "by": act.Name}
	if err := tell(ctx, t, notice{to: SideCustomer, tenant: tenant, customer: customer, kind: "change.asked", detail: about}); err != nil {
		return nil, err
	}
	q := ChangeRequest{ID: waits.ID, Customer: customer, Event: event, Object: e.object, ObjectID: e.objectID}
	if event == EventAction {
		e = e.nameless()
	}
	return waits, act.record(ctx, t, q.entry(tenant, "change.ask", map[string]any{"operation": e.operation, "change": e.detail}))
}

// finishRequest proves that a change is the one that was approved, and ends its request in the transaction that makes it.
func finishRequest(ctx context.Context, t *tx, id ID, e *entry) error {
	var approved, by string
	err := t.QueryRowContext(ctx, `UPDATE change_requests SET state = 'done', ended_at = $1 WHERE id = $2 AND state = 'approved'
		RETURNING detail_json, decided_by_name`, t.now, id).Scan(&approved, &by)
	if errors.Is(err, sql.ErrNoRows) {
		return Conflict{"request-decided"}
	}
	if err != nil {
		return fmt.Errorf("end a change request: %w", err)
	}
	now, err := toJSON(e.detail)
	if err != nil {
		return err
	}
	same, err := sameChange(approved, now)
	if err != nil {
		return err
	}
	if !same {
		return Conflict{"changed-meanwhile"}
	}
	detail := map[string]any{}
	if err := fromJSON(now, &detail); err != nil {
		return err
	}
	if detail == nil { // an operation that says no more than its name
		detail = map[string]any{}
	}
	detail["changeRequest"], detail["approvedBy"] = id, by
	e.detail = detail
	return nil
}

// sameChange compares what was approved with what would be done now, but for which rooms a group moves: rooms come and go by themselves, and rules
// and chosen rooms are compared.
func sameChange(approved, now string) (bool, error) {
	var sides [2]map[string]any
	for i, text := range []string{approved, now} {
		if err := json.Unmarshal([]byte(text), &sides[i]); err != nil {
			return false, fmt.Errorf("compare a change with what was approved: %w", err)
		}
		for _, part := range []string{"before", "after"} {
			if note, ok := sides[i][part].(map[string]any); ok {
				for _, moving := range []string{"rooms", "entered", "left"} {
					delete(note, moving)
				}
			}
		}
	}
	return reflect.DeepEqual(sides[0], sides[1]), nil
}

func tenantOf(ctx context.Context, t *tx, customer ID) (string, error) {
	var tenant string
	if err := t.QueryRowContext(ctx, `SELECT tenant_id FROM customers WHERE id = $1`, customer).Scan(&tenant); err != nil {
		return "", notFound(err, "read the tenant of a customer")
	}
	return tenant, nil
}
