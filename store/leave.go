package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"roomward/policy"
)

var (
	// ErrNotPrimaryAdmin says that the person sees the customer and is none of its effective primary admins.
	ErrNotPrimaryAdmin = errors.New("not a primary admin of this customer")
	// ErrStrongAuth says that the person is one, and has not signed in as the customer demands (design 6).
	ErrStrongAuth = errors.New("the customer demands a stronger sign-in")
	// ErrOtherName says that the name that was typed to confirm is not the customer's.
	ErrOtherName = errors.New("the name is not that of the customer")
)

// AskingAdmin is who asks for what only a primary admin may. Related and Overview tell whether it may know of the customer at all; the right
// itself goes by membership in the built-in role and by no view: it must hold while the views are closed, too.
type AskingAdmin struct {
	Actor    policy.Actor
	Related  policy.View
	Overview policy.View
}

// principals are the user and the groups as a set of a statement.
func (p AskingAdmin) principals() (string, error) {
	list := []policy.Principal{p.Actor.User}
	for _, g := range p.Actor.Groups {
		if g.Kind() == policy.KindGroup {
			list = append(list, g)
		}
	}
	return toJSON(list)
}

// effectiveAdmins are the members of the built-in role, as m, who can act at $1: over all granted rooms, begun, not ended, and not absent in
// the partner's directory.
const effectiveAdmins = `FROM roles r JOIN assignments a ON a.role_id = r.id
	JOIN assignment_scopes s ON s.assignment_id = a.id AND s.scope = 'all'
	JOIN assignment_members m ON m.assignment_id = a.id
	WHERE r.built_in = 1 AND (a.starts_at IS NULL OR a.starts_at <= $1) AND (a.ends_at IS NULL OR a.ends_at > $1)
		AND m.principal NOT IN (SELECT principal FROM absent_principals)`

// check answers ErrNotFound for who may not know of the customer, ErrNotPrimaryAdmin for who may and is none, and ErrStrongAuth for one whose
// session lacks what the customer demands.
func (p AskingAdmin) check(ctx context.Context, t *tx, customer ID) error {
	if err := checkView(ctx, t, p.Related); err != nil {
		return err
	}
	principals, err := p.principals()
	if err != nil {
		return err
	}
	contexts, err := toJSON(nonNil(p.Actor.Contexts))
	if err != nil {
		return err
	}
	var there, admin, weak bool
	err = t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM customers WHERE id = $2),
		EXISTS (SELECT 1 `+effectiveAdmins+` AND r.customer_id = $2 AND m.principal `+inSet(3)+`),
		EXISTS (SELECT 1 FROM customers WHERE id = $2 AND strong_auth <> '' AND NOT strong_auth `+inSet(4)+`)`,
		t.now, customer, principals, contexts).Scan(&there, &admin, &weak)
	switch {
	case err != nil:
		return fmt.Errorf("look for a primary admin: %w", err)
	case admin && weak:
		return ErrStrongAuth
	case admin:
		return nil
	case there && (p.Overview.Kind() == policy.KindOverview || !p.Related.One(customer).Empty()):
		return ErrNotPrimaryAdmin
	}
	return ErrNotFound
}

// IsPrimaryAdmin tells who may know of the customer whether it is one of its effective primary admins, signed in as the customer demands. Errors: ErrNotFound, ErrStaleView.
func (s *Store) IsPrimaryAdmin(ctx context.Context, by AskingAdmin, customer ID) (bool, error) {
	err := s.read(ctx, func(t *tx) error { return by.check(ctx, t, customer) })
	if errors.Is(err, ErrNotPrimaryAdmin) || errors.Is(err, ErrStrongAuth) {
		return false, nil
	}
	return err == nil, err
}

// LeaveCustomer ends a relation by the partner and removes everything of the customer in one transaction; what is left is in ended_relations
// and in reduced audit entries. Erase then takes the last bytes out of the files. confirm must be the customer's name. It answers the tenant.
// Errors: ErrNotFound, ErrNotPrimaryAdmin, ErrStrongAuth, ErrOtherName, ErrStaleView.
func (s *Store) LeaveCustomer(ctx context.Context, act Act, by AskingAdmin, customer ID, confirm string) (tenant string, err error) {
	return s.end(ctx, act, customer, "", func(t *tx) error {
		if err := by.check(ctx, t, customer); err != nil {
			return err
		}
		var name string
		if err := t.QueryRowContext(ctx, `SELECT name FROM customers WHERE id = $1`, customer).Scan(&name); err != nil {
			return notFound(err, "read the customer to leave")
		}
		if confirm != name {
			return ErrOtherName
		}
		return nil
	})
}

// end is how a relation ends.
type end struct {
	at     int64 // zero for now
	by     Side
	reason EndReason
	record *gathered // kept for the customer; nil for nothing
}

// operation is the word of the audit entry.
func (e end) operation() string {
	if e.by == SidePartner {
		return "customer.leave"
	}
	return "relation.end"
}

// endRelation removes a relation with all that refers to it (law 7). Its own audit entry is written as the others are left: without a name, and so
// are the notices: the notices of the relation go with it. Sessions hold the names and addresses of the organisation's people, so that they go,
// too, whoever ends the relation: who signs in again comes to the page of the ended relation, with what is kept. The one exception is the person
// of the customer who ends it itself: it has to read what became of it. Nobody of the customer is there when the partner or a date ends it.
func endRelation(ctx context.Context, t *tx, act Act, customer ID, e end) (string, error) {
	e.at = cmp.Or(e.at, t.now)
	lost := e.record != nil && e.record.lost
	var tenant string
	err := t.QueryRowContext(ctx, `INSERT INTO ended_relations (id, tenant_id, began_at, ended_at, ended_by, reason, record_lost)
		SELECT id, tenant_id, accepted_at, $1, $2, $3, $4 FROM customers WHERE id = $5 RETURNING tenant_id`, e.at, e.by, e.reason, lost, customer).Scan(&tenant)
	if err != nil {
		return "", notFound(err, "note the end of a relation")
	}
	var said map[string]any
	switch {
	case lost:
		said = map[string]any{"record": "not kept"}
	case e.record != nil:
		if err := e.record.keep(ctx, t, customer, e.at); err != nil {
			return "", err
		}
	}
	staying := ""
	if act.Side == SideCustomer {
		staying = act.OID
	}
	if err := forgetTenant(ctx, t, customer, tenant, staying); err != nil {
		return "", err
	}
	if err := raiseRules(ctx, t, 0); err != nil {
		return "", err
	}
	if err := eraseLater(ctx, t); err != nil {
		return "", err
	}
	if err := tellBoth(ctx, t, notice{tenant: tenant, kind: "relation.ended", detail: said}); err != nil {
		return "", err
	}
	done := entry{tenant: tenant, operation: e.operation()}
	if said != nil {
		done.detail = said
	}
	return tenant, act.plain().record(ctx, t, done)
}

// forgetTenant removes what belongs to a relation, and the names of its organisation. staying is the one person who stays signed in.
func forgetTenant(ctx context.Context, t *tx, customer ID, tenant, staying string) error {
	if err := reduceAudit(ctx, t, customer, tenant); err != nil {
		return err
	}
	for _, step := range []struct {
		text string
		args []any
	}{
		{`DELETE FROM customers WHERE id = $1`, []any{customer}}, // rooms, incidents, roles and collections go with it
		{`DELETE FROM invitations WHERE tenant_id = $1`, []any{tenant}},
		{`DELETE FROM invitation_codes WHERE used_by_tenant = $1`, []any{tenant}},
		{`DELETE FROM notices WHERE side IN ('partner', 'customer') AND tenant_id = $1`, []any{tenant}}, // with their letters
		{`DELETE FROM notice_marks WHERE tenant_id = $1`, []any{tenant}},
		{`DELETE FROM sessions WHERE tenant_id = $1 AND oid <> $2`, []any{tenant, staying}},
		{`DELETE FROM tenants WHERE tenant_id = $1`, []any{tenant}},
	} {
		if _, err := t.exec(ctx, step.text, step.args...); err != nil {
			return fmt.Errorf("remove what belongs to a relation: %w", err)
		}
	}
	return nil
}

// reduceAudit leaves tenant, time, actor and operation of what was recorded about a relation (design 15), and the hashes: the chain still holds. The notes on invitation codes that
// the tenant used name it as well.
func reduceAudit(ctx context.Context, t *tx, customer ID, tenant string) error {
	const reduce = `UPDATE audit SET customer_id = NULL, actor_name = '', object = '', object_id = '', detail_json = '{}', request_id = '', address = '',
		salt = x''
		WHERE `
	if _, err := t.exec(ctx, reduce+`customer_id = $1 OR tenant_id = $2`, customer, tenant); err != nil {
		return fmt.Errorf("reduce the audit entries of a relation: %w", err)
	}
	codes, err := readAll(ctx, t, "read the invitation codes of a tenant", statement{`SELECT id FROM invitation_codes WHERE used_by_tenant = $1`, []any{tenant}},
		func(rows *sql.Rows, id *ID) error { return rows.Scan(id) })
	if err != nil {
		return err
	}
	list, err := toJSON(nonNil(codes)) // in the text form, which stands in the entries
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, reduce+`operation LIKE 'invitation-code.%' AND object_id `+inSet(1), list); err != nil {
		return fmt.Errorf("reduce the audit entries of invitation codes: %w", err)
	}
	return nil
}

// relationOver tells whether the relation of a tenant has ended and no other has begun: its record was reduced, and no name comes into it any more.
func relationOver(ctx context.Context, t *tx, tenant string) (bool, error) {
	var over bool
	err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM ended_relations WHERE tenant_id = $1)
		AND NOT EXISTS (SELECT 1 FROM customers WHERE tenant_id = $1)`, tenant).Scan(&over)
	if err != nil {
		return false, fmt.Errorf("look whether a relation has ended: %w", err)
	}
	return over, nil
}

// EndedRelation is what a customer may still read of a relation that has ended.
type EndedRelation struct {
	BeganAt, EndedAt time.Time
	EndedBy          Side
	Reason           EndReason
	RecordLost       bool // its audit record was to be kept and could not be sealed
}

// EndedRelation reads the last one of a customer's own side; ErrNotFound when none has ended.
func (s *Store) EndedRelation(ctx context.Context, v policy.View) (EndedRelation, error) {
	var out EndedRelation
	if v.Kind() != policy.KindOwn {
		return out, ErrNotFound
	}
	err := s.read(ctx, func(t *tx) error {
		var began, ended int64
		err := t.QueryRowContext(ctx, `SELECT began_at, ended_at, ended_by, reason, record_lost FROM ended_relations WHERE tenant_id = $1
			ORDER BY ended_at DESC LIMIT 1`, v.TenantID()).Scan(&began, &ended, &out.EndedBy, &out.Reason, &out.RecordLost)
		if err != nil {
			return notFound(err, "read a relation that has ended")
		}
		out.BeganAt, out.EndedAt = when(began), when(ended)
		return nil
	})
	return out, err
}
