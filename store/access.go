package store

import (
	"context"
	"database/sql"
	"fmt"

	"roomward/policy"
)

// Reach returns the customers whose assignments name one of the principals, and the version of all rules: both of one moment.
func (s *Store) Reach(ctx context.Context, principals []policy.Principal) (version int64, reach []policy.Reach, err error) {
	list, err := toJSON(nonNil(principals))
	if err != nil {
		return 0, nil, err
	}
	err = s.read(ctx, func(t *tx) error {
		if err := t.QueryRowContext(ctx, `SELECT value FROM counters WHERE name = 'rules'`).Scan(&version); err != nil {
			return fmt.Errorf("read the rule version: %w", err)
		}
		rows, err := t.QueryContext(ctx, `SELECT c.id, c.rule_version FROM customers c
			WHERE c.id IN (SELECT customer_id FROM assignment_members WHERE principal `+inSet(1)+`)`, list)
		if err != nil {
			return fmt.Errorf("read which customers name a person: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var r policy.Reach
			if err := rows.Scan(&r.Customer, &r.Version); err != nil {
				return fmt.Errorf("read which customers name a person: %w", err)
			}
			reach = append(reach, r)
		}
		return rows.Err()
	})
	return version, reach, err
}

// Rules returns everything that decides about one customer, of one moment. A customer that is gone has closed rules.
func (s *Store) Rules(ctx context.Context, customer ID) (policy.Rules, error) {
	rules := policy.Rules{Customer: customer, Closed: true}
	err := s.read(ctx, func(t *tx) error {
		var open bool
		var ceiling string
		var ends sql.NullInt64
		err := t.QueryRowContext(ctx, `SELECT rule_version, state = 'active' AND without_admin_since IS NULL, ceiling_json, strong_auth, ends_at
			FROM customers WHERE id = $1`, customer).Scan(&rules.Version, &open, &ceiling, &rules.StrongAuth, &ends)
		if err == sql.ErrNoRows {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the rules of a customer: %w", err)
		}
		rules.Closed, rules.EndsAt = !open, whenOr0(ends)
		if err := fromJSON(ceiling, &rules.Ceiling); err != nil {
			return err
		}
		if rules.Roles, err = rolesOf(ctx, t, customer); err != nil {
			return err
		}
		if rules.Assignments, err = assignmentsOf(ctx, t, customer); err != nil {
			return err
		}
		rules.Cells, err = cellsOf(ctx, t, customer)
		return err
	})
	return rules, err
}

func rolesOf(ctx context.Context, t *tx, customer ID) ([]policy.Role, error) {
	rows, err := t.QueryContext(ctx, `SELECT r.id, r.name, r.built_in, p.permission FROM roles r LEFT JOIN role_permissions p ON p.role_id = r.id
		WHERE r.customer_id = $1 ORDER BY r.id, p.permission`, customer)
	if err != nil {
		return nil, fmt.Errorf("read the roles of a customer: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []policy.Role
	for rows.Next() {
		var r policy.Role
		var p sql.NullString
		if err := rows.Scan(&r.ID, &r.Name, &r.BuiltIn, &p); err != nil {
			return nil, fmt.Errorf("read the roles of a customer: %w", err)
		}
		if len(out) == 0 || out[len(out)-1].ID != r.ID {
			out = append(out, r)
		}
		last := &out[len(out)-1]
		if p.Valid {
			last.Permissions = append(last.Permissions, policy.Permission(p.String))
		}
	}
	return out, rows.Err()
}

func assignmentsOf(ctx context.Context, t *tx, customer ID) ([]policy.Assignment, error) {
	rows, err := t.QueryContext(ctx, `SELECT id, role_id, name, starts_at, ends_at FROM assignments WHERE customer_id = $1 ORDER BY id`, customer)
	if err != nil {
		return nil, fmt.Errorf("read the assignments of a customer: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []policy.Assignment
	at := map[ID]int{}
	for rows.Next() {
		var a policy.Assignment
		var from, until sql.NullInt64
		if err := rows.Scan(&a.ID, &a.Role, &a.Name, &from, &until); err != nil {
			return nil, fmt.Errorf("read the assignments of a customer: %w", err)
		}
		a.From, a.Until = whenOr0(from), whenOr0(until)
		at[a.ID] = len(out)
		out = append(out, a)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	err = eachPair(ctx, t, `SELECT assignment_id, principal FROM assignment_members WHERE customer_id = $1 ORDER BY principal`, customer,
		func(id ID, text string) { out[at[id]].Members = append(out[at[id]].Members, policy.Principal(text)) })
	if err != nil {
		return nil, err
	}
	err = eachPair(ctx, t, `SELECT assignment_id, scope FROM assignment_scopes WHERE customer_id = $1 ORDER BY scope`, customer,
		func(id ID, text string) { out[at[id]].Scopes = append(out[at[id]].Scopes, policy.Scope(text)) })
	return out, err
}

func eachPair(ctx context.Context, t *tx, query string, customer ID, fn func(ID, string)) error {
	rows, err := t.QueryContext(ctx, query, customer)
	if err != nil {
		return fmt.Errorf("read the assignments of a customer: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id ID
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return fmt.Errorf("read the assignments of a customer: %w", err)
		}
		fn(id, text)
	}
	return rows.Err()
}

// changeRules is one change of a customer's rules: the change, the raised version and the audit entry in one transaction.
func (s *Store) changeRules(ctx context.Context, act Act, customer ID, operation, object string, id ID, fn func(*tx) error) error {
	return s.write(ctx, func(t *tx) error {
		var tenant string
		err := t.QueryRowContext(ctx, `SELECT tenant_id FROM customers WHERE id = $1`, customer).Scan(&tenant)
		if err == sql.ErrNoRows {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("read the customer of a change: %w", err)
		}
		if err := fn(t); err != nil {
			return err
		}
		if err := raiseRules(ctx, t, customer); err != nil {
			return err
		}
		return act.record(ctx, t, entry{customer: customer, tenant: tenant, operation: operation, object: object, objectID: id.String()})
	})
}

// PrimaryAdminsOf lists the members of the built-in role of each customer where the view, that of roles.view, is held everywhere: their assignment
// is over all granted rooms.
func (s *Store) PrimaryAdminsOf(ctx context.Context, v policy.View) (map[ID][]Member, error) {
	out := map[ID][]Member{}
	if v.Kind() != policy.KindMember {
		return out, nil
	}
	err := s.readView(ctx, v, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `SELECT DISTINCT r.customer_id, m.principal, m.name FROM roles r
			JOIN assignments a ON a.role_id = r.id JOIN assignment_members m ON m.assignment_id = a.id
			WHERE r.built_in = 1 AND r.customer_id `+inSet(1)+` ORDER BY r.customer_id, m.name, m.principal`, v.Everywhere().CustomersJSON())
		if err != nil {
			return fmt.Errorf("list the primary admins: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id ID
			var m Member
			if err := rows.Scan(&id, &m.Principal, &m.Name); err != nil {
				return fmt.Errorf("list the primary admins: %w", err)
			}
			out[id] = append(out[id], m)
		}
		return rows.Err()
	})
	return out, err
}
