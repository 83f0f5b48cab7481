package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"roomward/policy"
)

// RequestState is where a change request stands.
type RequestState string

// The states. Only a waiting one can be decided; an approved one is about to be carried out.
const (
	RequestWaiting   RequestState = "waiting"
	RequestApproved  RequestState = "approved"
	RequestDone      RequestState = "done"
	RequestFailed    RequestState = "failed"
	RequestRejected  RequestState = "rejected"
	RequestWithdrawn RequestState = "withdrawn"
	RequestExpired   RequestState = "expired"
)

// ChangeRequest is something that the partner wants to do and the customer decides about.
type ChangeRequest struct {
	ID            ID
	Customer      ID
	CustomerName  string
	Event         Event
	Route         string
	Input         string // JSON, as the route's function takes it
	Operation     string
	Object        string
	ObjectID      string
	Detail        string // JSON: before and after
	Reason        string // why, in the words of who asks
	AskedAt       time.Time
	AskedByOID    string
	AskedBy       string
	Contexts      []string
	ExpiresAt     time.Time
	State         RequestState
	DecidedAt     time.Time
	DecidedBy     string
	DecidedReason string
	Tries         int
	EndedAt       time.Time
	Failure       string            // the code of why an approved one could not be done
	Names         map[string]string // of the customer's rooms and groups in the detail, by scope; only for its own side
}

// ChangeRequestPage asks for change requests, newest first.
type ChangeRequestPage struct {
	State    RequestState // "" for all
	Customer ID           // 0 for all of the view
	Before   time.Time    // of the last one of the page before, with its ID; zero for the first page
	BeforeID ID
	Limit    int
}

// requestColumns name a waiting request whose time is over as expired, whatever housekeeping has done: $1 is now.
const requestColumns = `q.id, q.customer_id, c.name, q.event, q.route, q.input_json, q.operation, q.object, q.object_id, q.detail_json, q.reason, q.asked_at,
	q.asked_by_oid, q.asked_by_name, q.contexts_json, q.expires_at,
	CASE WHEN q.state = 'waiting' AND q.expires_at <= $1 THEN 'expired' ELSE q.state END,
	q.decided_at, q.decided_by_name, q.decided_reason, q.tries, q.ended_at, q.failure
	FROM change_requests q JOIN customers c ON c.id = q.customer_id`

func scanRequest(rows *sql.Rows, q *ChangeRequest) error {
	var asked, expires int64
	var decided, ended sql.NullInt64
	var contexts string
	err := rows.Scan(&q.ID, &q.Customer, &q.CustomerName, &q.Event, &q.Route, &q.Input, &q.Operation, &q.Object, &q.ObjectID, &q.Detail, &q.Reason, &asked,
		&q.AskedByOID, &q.AskedBy, &contexts, &expires, &q.State, &decided, &q.DecidedBy, &q.DecidedReason, &q.Tries, &ended, &q.Failure)
	if err != nil {
		return err
	}
	q.AskedAt, q.ExpiresAt, q.DecidedAt, q.EndedAt = when(asked), when(expires), whenOr0(decided), whenOr0(ended)
	return fromJSON(contexts, &q.Contexts)
}

// inRequests is the condition on which change requests a view shows, from $2 on: of its own tenant for a customer's administrators; for a member
// of the partner, all of the customers where roles.view is held over all rooms, and its own of every customer where it holds anything.
func inRequests(v, related policy.View, oid string) (condition string, args []any) {
	switch v.Kind() {
	case policy.KindOwn:
		return `c.tenant_id = $2 AND $3 = $3 AND $4 = $4`, []any{v.TenantID(), "", ""}
	case policy.KindMember:
		return `(q.customer_id ` + inSet(2) + ` OR q.asked_by_oid = $4 AND q.customer_id ` + inSet(3) + `)`,
			[]any{v.Everywhere().CustomersJSON(), related.CustomersJSON(), oid}
	}
	return `$2 <> $2 AND $3 = $3 AND $4 = $4`, []any{"", "", ""}
}

// ChangeRequests lists change requests of a view: a customer's own one, or that of roles.view of a member of the partner, whose own requests show
// in the customers that related has. Errors: ErrStaleView.
func (s *Store) ChangeRequests(ctx context.Context, v, related policy.View, oid string, page ChangeRequestPage) ([]ChangeRequest, error) {
	condition, args := inRequests(v, related, oid)
	var out []ChangeRequest
	err := s.readRequests(ctx, v, related, func(t *tx) error {
		args := append([]any{t.now}, args...)
		before, beforeID := int64(1)<<62, ID(1)<<62
		if !page.Before.IsZero() {
			before, beforeID = millis(page.Before), page.BeforeID
		}
		var err error
		out, err = readAll(ctx, t, "list change requests", statement{`SELECT ` + requestColumns + ` WHERE ` + condition + `
				AND ($5 = 0 OR q.customer_id = $5) AND (q.asked_at, q.id) < ($7, $8)
				AND ($6 = '' OR CASE WHEN q.state = 'waiting' AND q.expires_at <= $1 THEN 'expired' ELSE q.state END = $6)
			ORDER BY q.asked_at DESC, q.id DESC LIMIT $9`,
			append(args, page.Customer, page.State, before, beforeID, page.Limit)}, scanRequest)
		if err != nil || v.Kind() != policy.KindOwn {
			return err
		}
		return nameParts(ctx, t, out)
	})
	return out, err
}

// ChangeRequestByID reads one; ErrNotFound for what is not there and for what the view does not show.
func (s *Store) ChangeRequestByID(ctx context.Context, v, related policy.View, oid string, id ID) (ChangeRequest, error) {
	condition, args := inRequests(v, related, oid)
	var out ChangeRequest
	err := s.readRequests(ctx, v, related, func(t *tx) error {
		list, err := readAll(ctx, t, "read a change request", statement{`SELECT ` + requestColumns + ` WHERE ` + condition + ` AND q.id = $5`,
			append(append([]any{t.now}, args...), id)}, scanRequest)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrNotFound
		}
		if v.Kind() == policy.KindOwn {
			err = nameParts(ctx, t, list)
		}
		out = list[0]
		return err
	})
	return out, err
}

// readRequests checks both views in the transaction of the read.
func (s *Store) readRequests(ctx context.Context, v, related policy.View, fn func(*tx) error) error {
	return s.readView(ctx, v, func(t *tx) error {
		if err := checkView(ctx, t, related); err != nil {
			return err
		}
		return fn(t)
	})
}

// nameParts finds the names of the rooms, groups and roles that stand in the requests by their ids, for their customer.
func nameParts(ctx context.Context, t *tx, list []ChangeRequest) error {
	for i, q := range list {
		var err error
		if list[i].Names, err = namesIn(ctx, t, q.Customer, q.Detail, func(int) (string, any) { return `r.hidden_at IS NULL AND $3 = $3`, 0 }); err != nil {
			return err
		}
	}
	return nil
}

// namesIn finds the present names of the roles, groups and rooms of a customer that stand in a detail by their ids, by id and by scope. shows is the
// condition on which the name of a room r is told.
func namesIn(ctx context.Context, t *tx, customer ID, text string, shows func(n int) (condition string, arg any)) (map[string]string, error) {
	var detail any
	if err := fromJSON(text, &detail); err != nil {
		return nil, err
	}
	ids := map[ID]bool{}
	idsIn(detail, ids)
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	set, err := toJSON(numbers(slices.Collect(maps.Keys(ids))))
	if err != nil {
		return nil, err
	}
	condition, arg := shows(3)
	type named struct {
		kind string
		id   ID
		name string
	}
	found, err := readAll(ctx, t, "name what is in a change", statement{`SELECT 'room', r.id, r.name FROM rooms r JOIN customers c ON c.id = r.customer_id
			WHERE r.customer_id = $1 AND r.id ` + inSet(2) + ` AND ` + condition + `
		UNION ALL SELECT 'group', id, name FROM room_groups WHERE customer_id = $1 AND id ` + inSet(2) + `
		UNION ALL SELECT 'role', id, name FROM roles WHERE customer_id = $1 AND id ` + inSet(2), []any{customer, set, arg}},
		func(rows *sql.Rows, n *named) error { return rows.Scan(&n.kind, &n.id, &n.name) })
	if err != nil {
		return nil, err
	}
	for _, n := range found {
		names[n.id.String()], names[n.kind+":"+n.id.String()] = n.name, n.name
	}
	return names, nil
}

// idsIn collects what may be an id in a decoded JSON value, alone or behind the kind of a scope.
func idsIn(v any, into map[ID]bool) {
	switch v := v.(type) {
	case map[string]any:
		for _, part := range v {
			idsIn(part, into)
		}
	case []any:
		for _, part := range v {
			idsIn(part, into)
		}
	case string:
		if id, err := policy.ParseID(v[strings.LastIndexByte(v, ':')+1:]); err == nil {
			into[id] = true
		}
	}
}

// ApproveRequest lets a waiting request be carried out. Errors: ErrNotFound; conflict: request-decided for one that does not wait any more.
func (s *Store) ApproveRequest(ctx context.Context, act Act, v policy.View, id ID) error {
	return s.decideRequest(ctx, act, v, id, RequestApproved, "")
}

// RejectRequest ends a waiting request with a reason that the partner reads. Errors as in ApproveRequest.
func (s *Store) RejectRequest(ctx context.Context, act Act, v policy.View, id ID, reason string) error {
	return s.decideRequest(ctx, act, v, id, RequestRejected, reason)
}

func (s *Store) decideRequest(ctx context.Context, act Act, v policy.View, id ID, to RequestState, reason string) error {
	if v.Kind() != policy.KindOwn {
		return ErrNotFound
	}
	return s.write(ctx, func(t *tx) error {
		q, tenant, err := waitingRequest(ctx, t, id, `c.tenant_id = $3`, v.TenantID())
		if err != nil {
			return err
		}
		operation, ended := "change.approve", any(nil)
		if to == RequestRejected {
			operation, ended = "change.reject", t.now
		}
		_, err = t.exec(ctx, `UPDATE change_requests SET state = $1, decided_at = $2, decided_by_name = $3, decided_reason = $4, ended_at = $5
			WHERE id = $6`, to, t.now, act.Name, reason, ended, id)
		if err != nil {
			return fmt.Errorf("decide a change request: %w", err)
		}
		about := q.about()
		about["by"], about["reason"] = act.Name, reason
		err = tell(ctx, t, notice{to: SidePartner, tenant: tenant, customer: q.Customer, kind: "change." + string(to), person: q.AskedByOID, detail: about})
		if err != nil {
			return err
		}
		return act.record(ctx, t, q.entry(tenant, operation, map[string]any{"operation": q.Operation, "askedBy": q.AskedBy, "reason": reason}))
	})
}

// entry is what the record says of a request. Of one about a room it keeps the room's id, and no name: the name goes with the room, as the request
// does.
func (q ChangeRequest) entry(tenant, operation string, detail map[string]any) entry {
	e := entry{customer: q.Customer, tenant: tenant, operation: operation, object: q.Object, objectID: q.ID.String(), detail: detail}
	if q.Event == EventAction {
		e.object, e.objectID, detail["changeRequest"] = "", q.ObjectID, q.ID
	}
	return e
}

// about is what a notice says of a request.
func (q ChangeRequest) about() map[string]any {
	return map[string]any{"request": q.ID, "event": q.Event, "operation": q.Operation, "object": q.Object}
}

// waitingRequest reads a request to decide; condition says whose, by $3.
func waitingRequest(ctx context.Context, t *tx, id ID, condition string, arg any) (q ChangeRequest, tenant string, err error) {
	list, err := readAll(ctx, t, "read a change request", statement{`SELECT ` + requestColumns + ` WHERE q.id = $2 AND ` + condition,
		[]any{t.now, id, arg}}, scanRequest)
	if err != nil {
		return q, "", err
	}
	if len(list) == 0 {
		return q, "", ErrNotFound
	}
	if list[0].State != RequestWaiting {
		return q, "", Conflict{"request-decided"}
	}
	tenant, err = tenantOf(ctx, t, list[0].Customer)
	return list[0], tenant, err
}

// WithdrawRequest takes back a waiting request of the acting person, in the customers of related. Errors: ErrNotFound, ErrStaleView; conflict: request-decided.
func (s *Store) WithdrawRequest(ctx context.Context, act Act, related policy.View, id ID) error {
	return s.write(ctx, func(t *tx) error {
		q, tenant, err := ownRequest(ctx, t, act, related, id)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE change_requests SET state = 'withdrawn', ended_at = $1 WHERE id = $2`, t.now, id)
		if err != nil {
			return fmt.Errorf("withdraw a change request: %w", err)
		}
		err = tell(ctx, t, notice{to: SideCustomer, tenant: tenant, customer: q.Customer, kind: "change.withdrawn", detail: q.about()})
		if err != nil {
			return err
		}
		return act.record(ctx, t, q.entry(tenant, "change.withdraw", map[string]any{}))
	})
}

// ExplainRequest puts a reason to a waiting request of the acting person. Errors as in WithdrawRequest.
func (s *Store) ExplainRequest(ctx context.Context, act Act, related policy.View, id ID, reason string) error {
	return s.write(ctx, func(t *tx) error {
		q, tenant, err := ownRequest(ctx, t, act, related, id)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE change_requests SET reason = $1 WHERE id = $2`, reason, id); err != nil {
			return fmt.Errorf("explain a change request: %w", err)
		}
		return act.record(ctx, t, q.entry(tenant, "change.explain", map[string]any{"reason": reason}))
	})
}

func ownRequest(ctx context.Context, t *tx, act Act, related policy.View, id ID) (ChangeRequest, string, error) {
	if err := checkView(ctx, t, related); err != nil {
		return ChangeRequest{}, "", err
	}
	q, tenant, err := waitingRequest(ctx, t, id, `q.asked_by_oid = $3`, act.OID)
	if !slices.Contains(related.Customers(), q.Customer) && err == nil {
		err = ErrNotFound
	}
	return q, tenant, err
}
