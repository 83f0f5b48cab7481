package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"roomward/policy"
)

// MaxAdmins is how many members the partner may propose at a time.
const MaxAdmins = 50

// Absence says why somebody is no good as a primary admin; "" for who is.
type Absence string

// What the partner's directory says of who is absent.
const (
	AbsentGone     Absence = "gone"     // the account or group does not exist, or the group is not for security
	AbsentDisabled Absence = "disabled" // the account may not sign in
	AbsentEmpty    Absence = "empty"    // the group has no member
)

// AdminProposal is whom the partner proposes for a relation without admin.
type AdminProposal struct {
	ID         ID // a new one with each change
	Members    []Member
	ProposedAt time.Time
	ProposedBy string
}

// OwnAdmins is what a customer reads of its relation's primary admins.
type OwnAdmins struct {
	Members      []OwnAdmin
	WithoutSince time.Time // zero while there is an effective one
	Proposal     *AdminProposal
}

// OwnAdmin is one primary admin, and why it cannot act where it cannot.
type OwnAdmin struct {
	Member
	Absent Absence
}

// AdminPrincipals lists who is a primary admin of any customer, without telling of which: for the question to the directory.
func (s *Store) AdminPrincipals(ctx context.Context) ([]policy.Principal, error) {
	var out []policy.Principal
	err := s.read(ctx, func(t *tx) (err error) {
		out, err = readAll(ctx, t, "list all primary admins", statement{`SELECT DISTINCT m.principal FROM roles r
			JOIN assignments a ON a.role_id = r.id JOIN assignment_members m ON m.assignment_id = a.id WHERE r.built_in = 1
			ORDER BY 1 LIMIT 10000`, nil}, func(rows *sql.Rows, p *policy.Principal) error { return rows.Scan(p) })
		return err
	})
	return out, err
}

// NoteAbsences keeps what the directory said, and closes or opens the relations that lose or regain their last effective primary admin by it,
// in one transaction. Who is not in found stays as it was.
func (s *Store) NoteAbsences(ctx context.Context, found map[policy.Principal]Absence) error {
	return s.write(ctx, func(t *tx) error {
		known, err := absences(ctx, t)
		if err != nil {
			return err
		}
		for _, p := range slices.Sorted(maps.Keys(found)) {
			if known[p] == found[p] {
				continue
			}
			if err := noteAbsence(ctx, t, p, found[p]); err != nil {
				return err
			}
		}
		_, err = t.exec(ctx, `INSERT INTO facts (name, value) VALUES ('admins-checked', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, fmt.Sprint(t.now))
		if err != nil {
			return fmt.Errorf("note when primary admins were checked: %w", err)
		}
		return followAdmins(ctx, t)
	})
}

func absences(ctx context.Context, t *tx) (map[policy.Principal]Absence, error) {
	type row struct {
		principal policy.Principal
		reason    Absence
	}
	rows, err := readAll(ctx, t, "read who is absent", statement{`SELECT principal, reason FROM absent_principals`, nil},
		func(rows *sql.Rows, r *row) error { return rows.Scan(&r.principal, &r.reason) })
	known := map[policy.Principal]Absence{}
	for _, r := range rows {
		known[r.principal] = r.reason
	}
	return known, err
}

func noteAbsence(ctx context.Context, t *tx, p policy.Principal, reason Absence) error {
	var err error
	if reason == "" {
		_, err = t.exec(ctx, `DELETE FROM absent_principals WHERE principal = $1`, p)
	} else {
		_, err = t.exec(ctx, `INSERT INTO absent_principals (principal, reason, since) VALUES ($1, $2, $3)
			ON CONFLICT (principal) DO UPDATE SET reason = excluded.reason`, p, reason, t.now)
	}
	if err != nil {
		return fmt.Errorf("note who is absent: %w", err)
	}
	return nil
}

// differing are the customers c whose note about having an effective primary admin is not true at $1.
const differing = `(c.without_admin_since IS NULL) <> EXISTS (SELECT 1 ` + effectiveAdmins + ` AND r.customer_id = c.id)`

// FollowAdmins closes and opens relations whose primary admins changed by the passing of time or by a change of their assignments. Mostly it
// only reads.
func (s *Store) FollowAdmins(ctx context.Context) error {
	var any bool
	err := s.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM customers c WHERE `+differing+`)`, t.now).Scan(&any)
	})
	if err != nil {
		return fmt.Errorf("look for relations without admin: %w", err)
	}
	if !any {
		return nil
	}
	return s.write(ctx, func(t *tx) error { return followAdmins(ctx, t) })
}

// followAdmins brings all relations in line with who their effective primary admins are: without one the views are closed (design 5). A
// proposal lapses when there is one again. Whatever may take or give an effective primary admin calls it in its transaction.
func followAdmins(ctx context.Context, t *tx) error {
	type relation struct {
		id     ID
		tenant string
		closed bool
	}
	list, err := readAll(ctx, t, "look for relations without admin", statement{`SELECT c.id, c.tenant_id, c.without_admin_since IS NOT NULL
		FROM customers c WHERE ` + differing, []any{t.now}},
		func(rows *sql.Rows, r *relation) error { return rows.Scan(&r.id, &r.tenant, &r.closed) })
	if err != nil {
		return err
	}
	for _, r := range list {
		operation, kind, since := "admins.missing", "relation.without-admin", any(t.now)
		if r.closed {
			operation, kind, since = "admins.restored", "relation.with-admin", nil
			if _, err := t.exec(ctx, `DELETE FROM admin_proposals WHERE customer_id = $1`, r.id); err != nil {
				return fmt.Errorf("drop a proposal: %w", err)
			}
		}
		if _, err := t.exec(ctx, `UPDATE customers SET without_admin_since = $1 WHERE id = $2`, since, r.id); err != nil {
			return fmt.Errorf("note a relation without admin: %w", err)
		}
		if err := raiseRules(ctx, t, r.id); err != nil {
			return err
		}
		if err := tellBoth(ctx, t, notice{tenant: r.tenant, customer: r.id, kind: kind}); err != nil {
			return err
		}
		err := System("admins").record(ctx, t, entry{customer: r.id, tenant: r.tenant, operation: operation, object: PrimaryAdmins, objectID: r.id.String()})
		if err != nil {
			return err
		}
	}
	return nil
}

// ProposeAdmins keeps whom the partner proposes as primary admins of a relation that has no effective one; members that are proposed already stay.
// Only the partner-wide powers propose: any other view answers ErrNotFound. Conflicts: admins-present, too-many-admins, primary-admin-missing.
func (s *Store) ProposeAdmins(ctx context.Context, act Act, v policy.View, customer ID, members []Member) (AdminProposal, error) {
	var out AdminProposal
	if v.Kind() != policy.KindOverview {
		return out, ErrNotFound
	}
	if len(members) == 0 {
		return out, Conflict{"primary-admin-missing"}
	}
	err := s.write(ctx, func(t *tx) error {
		var tenant string
		var closed bool
		err := t.QueryRowContext(ctx, `SELECT tenant_id, without_admin_since IS NOT NULL FROM customers WHERE id = $1`, customer).Scan(&tenant, &closed)
		if err != nil {
			return notFound(err, "read the customer of a proposal")
		}
		if !closed {
			return Conflict{"admins-present"}
		}
		known, err := proposalOf(ctx, t, customer)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		out = AdminProposal{policy.NewID(), known.Members, when(t.now), act.Name}
		for _, m := range members {
			if !slices.ContainsFunc(out.Members, func(k Member) bool { return k.Principal == m.Principal }) {
				out.Members = append(out.Members, m)
			}
		}
		if len(out.Members) > MaxAdmins {
			return Conflict{"too-many-admins"}
		}
		list, err := toJSON(out.Members)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO admin_proposals (customer_id, id, members_json, proposed_at, proposed_by) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (customer_id) DO UPDATE SET id = excluded.id, members_json = excluded.members_json, proposed_at = excluded.proposed_at,
				proposed_by = excluded.proposed_by`, customer, out.ID, list, t.now, act.Name)
		if err != nil {
			return fmt.Errorf("keep a proposal: %w", err)
		}
		err = tell(ctx, t, notice{to: SideCustomer, tenant: tenant, customer: customer, kind: "admins.proposed", detail: map[string]any{"by": act.Name}})
		if err != nil {
			return err
		}
		return act.record(ctx, t, entry{customer: customer, tenant: tenant, operation: "admins.propose", object: PrimaryAdmins,
			objectID: out.ID.String(), detail: map[string]any{"before": nonNil(known.Members), "after": out.Members}})
	})
	return out, err
}

func proposalOf(ctx context.Context, t *tx, customer ID) (AdminProposal, error) {
	var p AdminProposal
	var members string
	var at int64
	err := t.QueryRowContext(ctx, `SELECT id, members_json, proposed_at, proposed_by FROM admin_proposals WHERE customer_id = $1`, customer).
		Scan(&p.ID, &members, &at, &p.ProposedBy)
	if err != nil {
		return p, notFound(err, "read a proposal")
	}
	p.ProposedAt = when(at)
	return p, fromJSON(members, &p.Members)
}

// AdminProposal reads the proposal for a customer, for who may make one; ErrNotFound when there is none.
func (s *Store) AdminProposal(ctx context.Context, v policy.View, customer ID) (AdminProposal, error) {
	var out AdminProposal
	if v.Kind() != policy.KindOverview {
		return out, ErrNotFound
	}
	err := s.read(ctx, func(t *tx) (err error) {
		out, err = proposalOf(ctx, t, customer)
		return err
	})
	return out, err
}

// OwnAdmins reads who the primary admins of a customer's own relation are, and whom the partner proposes. ErrNotFound without a relation.
func (s *Store) OwnAdmins(ctx context.Context, v policy.View) (OwnAdmins, error) {
	var out OwnAdmins
	if v.Kind() != policy.KindOwn {
		return out, ErrNotFound
	}
	err := s.read(ctx, func(t *tx) error {
		customer, since, err := ownRelation(ctx, t, v)
		if err != nil {
			return err
		}
		out.WithoutSince = whenOr0(since)
		out.Members, err = readAll(ctx, t, "list the primary admins", statement{`SELECT DISTINCT m.principal, m.name, coalesce(p.reason, '')
			FROM roles r JOIN assignments a ON a.role_id = r.id JOIN assignment_members m ON m.assignment_id = a.id
			LEFT JOIN absent_principals p ON p.principal = m.principal
			WHERE r.built_in = 1 AND r.customer_id = $1 ORDER BY m.name, m.principal LIMIT 1000`, []any{customer}},
			func(rows *sql.Rows, m *OwnAdmin) error { return rows.Scan(&m.Principal, &m.Name, &m.Absent) })
		if err != nil {
			return err
		}
		p, err := proposalOf(ctx, t, customer)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		out.Proposal = &p
		return err
	})
	return out, err
}

func ownRelation(ctx context.Context, t *tx, v policy.View) (customer ID, withoutSince sql.NullInt64, err error) {
	err = t.QueryRowContext(ctx, `SELECT id, without_admin_since FROM customers WHERE tenant_id = $1`, v.TenantID()).Scan(&customer, &withoutSince)
	if err != nil {
		return 0, withoutSince, notFound(err, "read the own relation")
	}
	return customer, withoutSince, nil
}

// ConfirmAdmins makes the proposed members primary admins, by the customer; the views open with it. The caller has asked the directory about
// them just now. ErrNotFound when nothing is proposed. Conflict: proposal-changed when the proposal is not the one that was read.
func (s *Store) ConfirmAdmins(ctx context.Context, act Act, v policy.View, proposal ID) error {
	return s.decideAdmins(ctx, act, v, proposal, "admins.confirm", "admins.confirmed", func(t *tx, customer ID, p AdminProposal) error {
		if err := addAdmins(ctx, t, act, customer, p.Members); err != nil {
			return err
		}
		for _, m := range p.Members {
			if err := noteAbsence(ctx, t, m.Principal, ""); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, `UPDATE customers SET without_admin_since = NULL WHERE id = $1`, customer); err != nil {
			return fmt.Errorf("end the time without admin: %w", err)
		}
		if err := raiseRules(ctx, t, customer); err != nil {
			return err
		}
		return followAdmins(ctx, t) // the same people may be needed elsewhere
	})
}

// RefuseAdmins drops a proposal, by the customer; the relation stays without admin. Errors as ConfirmAdmins.
func (s *Store) RefuseAdmins(ctx context.Context, act Act, v policy.View, proposal ID) error {
	return s.decideAdmins(ctx, act, v, proposal, "admins.refuse", "admins.refused", func(*tx, ID, AdminProposal) error { return nil })
}

func (s *Store) decideAdmins(ctx context.Context, act Act, v policy.View, proposal ID, operation, kind string, fn func(*tx, ID, AdminProposal) error) error {
	if v.Kind() != policy.KindOwn {
		return ErrNotFound
	}
	return s.write(ctx, func(t *tx) error {
		customer, _, err := ownRelation(ctx, t, v)
		if err != nil {
			return err
		}
		p, err := proposalOf(ctx, t, customer)
		if err != nil {
			return err
		}
		if p.ID != proposal {
			return Conflict{"proposal-changed"}
		}
		if _, err := t.exec(ctx, `DELETE FROM admin_proposals WHERE customer_id = $1`, customer); err != nil {
			return fmt.Errorf("end a proposal: %w", err)
		}
		if err := fn(t, customer, p); err != nil {
			return err
		}
		err = tell(ctx, t, notice{to: SidePartner, tenant: v.TenantID(), customer: customer, kind: kind, detail: map[string]any{"by": act.Name}})
		if err != nil {
			return err
		}
		return act.record(ctx, t, entry{customer: customer, tenant: v.TenantID(), operation: operation, object: PrimaryAdmins,
			objectID: p.ID.String(), detail: map[string]any{"members": p.Members}})
	})
}

// addAdmins adds members to the assignment of the built-in role over all granted rooms that has no end, and makes it where it is not there.
func addAdmins(ctx context.Context, t *tx, act Act, customer ID, members []Member) error {
	var role, assignment ID
	err := t.QueryRowContext(ctx, `SELECT id FROM roles WHERE customer_id = $1 AND built_in = 1`, customer).Scan(&role)
	if errors.Is(err, sql.ErrNoRows) {
		return startPrimaryAdmins(ctx, t, customer, members)
	}
	if err != nil {
		return fmt.Errorf("find the role of the primary admins: %w", err)
	}
	err = t.QueryRowContext(ctx, `SELECT a.id FROM assignments a JOIN assignment_scopes s ON s.assignment_id = a.id AND s.scope = 'all'
		WHERE a.role_id = $1 AND (a.starts_at IS NULL OR a.starts_at <= $2) AND a.ends_at IS NULL ORDER BY a.created_at, a.id LIMIT 1`, role, t.now).Scan(&assignment)
	if errors.Is(err, sql.ErrNoRows) {
		return insertAssignment(ctx, t, customer, Assignment{ID: policy.NewID(), Role: role, Name: AssignedAdmins, Members: members,
			Scopes: []policy.Scope{policy.ScopeAll}})
	}
	if err != nil {
		return fmt.Errorf("find the assignment of the primary admins: %w", err)
	}
	for _, m := range members {
		_, err := t.exec(ctx, `INSERT INTO assignment_members (assignment_id, customer_id, principal, name, added_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT DO NOTHING`, assignment, customer, m.Principal, m.Name, t.now)
		if err != nil {
			return fmt.Errorf("add a primary admin: %w", err)
		}
	}
	_, err = t.exec(ctx, `UPDATE assignments SET version = version + 1, changed_at = $1, changed_by = $2 WHERE id = $3`, t.now, act.Name, assignment)
	if err != nil {
		return fmt.Errorf("add a primary admin: %w", err)
	}
	return nil
}

// AdminsDue tells whether the directory is to be asked about the primary admins: the last time was that long ago, or never.
func (s *Store) AdminsDue(ctx context.Context, every time.Duration) (bool, error) {
	var due bool
	err := s.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM facts WHERE name = 'admins-checked' AND CAST(value AS INTEGER) > $1)`,
			t.now-every.Milliseconds()).Scan(&due)
	})
	if err != nil {
		return false, fmt.Errorf("look when primary admins were checked: %w", err)
	}
	return due, nil
}
