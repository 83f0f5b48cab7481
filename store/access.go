package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"roomward/policy"
)

// Role is a named set of permissions for one customer.
type Role struct {
	ID          ID
	Name        string
	Description string
	BuiltIn     bool
	Permissions []policy.Permission
}

// Assignment gives a role to members over scopes; zero times are no bounds.
type Assignment struct {
	ID       ID
	Role     ID
	Name     string
	Members  []Member
	Scopes   []policy.Scope
	StartsAt time.Time
	EndsAt   time.Time
}

// RoomGroup is a named set of granted rooms of one customer.
type RoomGroup struct {
	ID    ID
	Name  string
	Rooms []ID
}

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
		var state CustomerState
		var ceiling string
		err := t.QueryRowContext(ctx, `SELECT rule_version, state, ceiling_json FROM customers WHERE id = $1`, customer).
			Scan(&rules.Version, &state, &ceiling)
		if err == sql.ErrNoRows {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the rules of a customer: %w", err)
		}
		rules.Closed = state != CustomerActive
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
	rows, err := t.QueryContext(ctx, `SELECT r.id, r.name, p.permission FROM roles r JOIN role_permissions p ON p.role_id = r.id
		WHERE r.customer_id = $1 ORDER BY r.id, p.permission`, customer)
	if err != nil {
		return nil, fmt.Errorf("read the roles of a customer: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []policy.Role
	for rows.Next() {
		var r policy.Role
		var p policy.Permission
		if err := rows.Scan(&r.ID, &r.Name, &p); err != nil {
			return nil, fmt.Errorf("read the roles of a customer: %w", err)
		}
		if len(out) == 0 || out[len(out)-1].ID != r.ID {
			out = append(out, r)
		}
		last := &out[len(out)-1]
		last.Permissions = append(last.Permissions, p)
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

// AddRole makes a role of a customer. Conflict: role-name-taken.
func (s *Store) AddRole(ctx context.Context, act Act, customer ID, role Role) (ID, error) {
	role.ID = policy.NewID()
	err := s.changeRules(ctx, act, customer, "role.create", role.Name, role.ID, func(t *tx) error {
		return insertRole(ctx, t, customer, role)
	})
	return role.ID, err
}

// AddAssignment gives a role of a customer to members over scopes. ErrNotFound for a role, room or group that is not the customer's.
// Conflict: scope-too-many-rooms.
func (s *Store) AddAssignment(ctx context.Context, act Act, customer ID, a Assignment) (ID, error) {
	a.ID = policy.NewID()
	err := s.changeRules(ctx, act, customer, "assignment.create", a.Name, a.ID, func(t *tx) error {
		if err := insertAssignment(ctx, t, customer, a); err != nil {
			return err
		}
		var single int
		err := t.QueryRowContext(ctx, `SELECT count(DISTINCT scope) FROM assignment_scopes WHERE customer_id = $1 AND scope LIKE 'room:%'`,
			customer).Scan(&single)
		if err != nil {
			return fmt.Errorf("count the single rooms in scopes: %w", err)
		}
		if single > policy.MaxSingleRooms {
			return Conflict{"scope-too-many-rooms"}
		}
		return recell(ctx, t, customer, nil)
	})
	return a.ID, err
}

// AddRoomGroup makes a room group of a customer out of rooms of that customer; others are left out. Conflict: group-name-taken.
func (s *Store) AddRoomGroup(ctx context.Context, act Act, customer ID, g RoomGroup) (ID, error) {
	g.ID = policy.NewID()
	rooms, err := toJSON(numbers(g.Rooms))
	if err != nil {
		return 0, err
	}
	err = s.changeRules(ctx, act, customer, "group.create", g.Name, g.ID, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO room_groups (id, customer_id, name, created_at) VALUES ($1, $2, $3, $4)`, g.ID, customer, g.Name, t.now)
		if isUnique(err) {
			return Conflict{"group-name-taken"}
		}
		if err != nil {
			return fmt.Errorf("make a room group: %w", err)
		}
		_, err = t.exec(ctx, `INSERT INTO room_group_rooms (group_id, room_id)
			SELECT $1, id FROM rooms WHERE customer_id = $2 AND id `+inSet(3), g.ID, customer, rooms)
		if err != nil {
			return fmt.Errorf("fill a room group: %w", err)
		}
		return recell(ctx, t, customer, nil)
	})
	return g.ID, err
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

func insertRole(ctx context.Context, t *tx, customer ID, role Role) error {
	_, err := t.exec(ctx, `INSERT INTO roles (id, customer_id, name, description, built_in, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		role.ID, customer, role.Name, role.Description, role.BuiltIn, t.now)
	if isUnique(err) {
		return Conflict{"role-name-taken"}
	}
	if err != nil {
		return fmt.Errorf("make a role: %w", err)
	}
	for _, p := range role.Permissions {
		if _, err := t.exec(ctx, `INSERT INTO role_permissions (role_id, permission) VALUES ($1, $2)`, role.ID, p); err != nil {
			return fmt.Errorf("give a role its permissions: %w", err)
		}
	}
	return nil
}

// insertAssignment answers ErrNotFound for a role, room or group that is not the customer's: those of others do not exist for it.
func insertAssignment(ctx context.Context, t *tx, customer ID, a Assignment) error {
	n, err := t.exec(ctx, `INSERT INTO assignments (id, customer_id, role_id, name, starts_at, ends_at, created_at)
		SELECT $1, $2, id, $3, $4, $5, $6 FROM roles WHERE id = $7 AND customer_id = $2`,
		a.ID, customer, a.Name, orNull(a.StartsAt), orNull(a.EndsAt), t.now, a.Role)
	if err != nil {
		return fmt.Errorf("make an assignment: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	for _, m := range a.Members {
		if !m.Principal.Valid() {
			return fmt.Errorf("give an assignment its members: %q is neither a user nor a group", string(m.Principal))
		}
		_, err := t.exec(ctx, `INSERT INTO assignment_members (assignment_id, customer_id, principal, name) VALUES ($1, $2, $3, $4)
			ON CONFLICT DO NOTHING`, a.ID, customer, m.Principal, m.Name)
		if err != nil {
			return fmt.Errorf("give an assignment its members: %w", err)
		}
	}
	for _, scope := range a.Scopes {
		if err := scopeExists(ctx, t, customer, scope); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO assignment_scopes (assignment_id, customer_id, scope) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			a.ID, customer, scope)
		if err != nil {
			return fmt.Errorf("give an assignment its scope: %w", err)
		}
	}
	return nil
}

func scopeExists(ctx context.Context, t *tx, customer ID, scope policy.Scope) error {
	if _, err := policy.ParseScope(string(scope)); err != nil {
		return fmt.Errorf("give an assignment its scope: %w", err)
	}
	if scope == policy.ScopeAll {
		return nil
	}
	var there bool
	err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM room_groups WHERE id = $1 AND customer_id = $3)
		OR EXISTS (SELECT 1 FROM rooms WHERE id = $2 AND customer_id = $3 AND hidden_at IS NULL)`,
		scope.Group(), scope.Room(), customer).Scan(&there)
	if err != nil {
		return fmt.Errorf("look for the scope of an assignment: %w", err)
	}
	if !there {
		return ErrNotFound
	}
	return nil
}

// PrimaryAdminsOf lists the members of the built-in role of each customer of the view.
func (s *Store) PrimaryAdminsOf(ctx context.Context, v policy.View) (map[ID][]Member, error) {
	out := map[ID][]Member{}
	if v.Kind() != policy.KindMember {
		return out, nil
	}
	err := s.readView(ctx, v, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `SELECT DISTINCT r.customer_id, m.principal, m.name FROM roles r
			JOIN assignments a ON a.role_id = r.id JOIN assignment_members m ON m.assignment_id = a.id
			WHERE r.built_in = 1 AND r.customer_id `+inSet(1)+` ORDER BY r.customer_id, m.name, m.principal`, v.CustomersJSON())
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
