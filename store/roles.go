package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
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
	Version     int64 // raised by each change
	ChangedAt   time.Time
	ChangedBy   string // a name
}

// maxRoles is how many roles a customer may have: a list that people read.
const maxRoles = 200

// AddRole makes a role of a customer without asking for anybody's rights: what the demo and the tests begin with. People use CreateRole.
// Conflict: role-name-taken.
func (s *Store) AddRole(ctx context.Context, act Act, customer ID, role Role) (ID, error) {
	role.ID, role.ChangedBy = policy.NewID(), act.Name
	err := s.changeRules(ctx, act, customer, "role.create", role.Name, role.ID, func(t *tx) error {
		return insertRole(ctx, t, customer, role)
	})
	return role.ID, err
}

// CreateRole makes a role by the rights of a person. Errors: ErrStaleView, ErrNotFound, *policy.Refusal. Conflicts: role-name-taken, too-many-roles.
func (s *Store) CreateRole(ctx context.Context, act Act, by policy.Authority, role Role) (ID, error) {
	role.ID, role.ChangedBy = policy.NewID(), act.Name
	return role.ID, s.changeAs(ctx, act, by, func(t *tx) (entry, error) { return createRole(ctx, t, by, role, "role.create") })
}

func createRole(ctx context.Context, t *tx, by policy.Authority, role Role, operation string) (entry, error) {
	if err := by.MayCreateRole(role.Permissions); err != nil {
		return entry{}, err
	}
	if len(by.Rules().Roles) >= maxRoles {
		return entry{}, Conflict{"too-many-roles"}
	}
	if err := insertRole(ctx, t, by.Customer(), role); err != nil {
		return entry{}, err
	}
	return entry{operation: operation, object: role.Name, objectID: role.ID.String(), detail: noted{after: roleNote(role)}.detail()}, nil
}

// ChangeRole gives the role of its ID another name, description and permissions by the rights of a person. version is the one that was read, or 0
// for whichever is there. Errors: ErrStaleView, ErrNotFound, *policy.Refusal. Conflicts: changed-meanwhile, role-name-taken.
func (s *Store) ChangeRole(ctx context.Context, act Act, by policy.Authority, role Role, version int64) error {
	role.ChangedBy = act.Name
	return s.changeAs(ctx, act, by, func(t *tx) (entry, error) {
		old, err := roleToChange(ctx, t, by, role.ID, version)
		if err != nil {
			return entry{}, err
		}
		return changeRole(ctx, t, by, old, role, "role.update")
	})
}

func changeRole(ctx context.Context, t *tx, by policy.Authority, old, role Role, operation string) (entry, error) {
	ground, err := groundOf(ctx, t, by.Rules())
	if err != nil {
		return entry{}, err
	}
	if err := by.MayChangeRole(role.ID, role.Permissions, ground); err != nil {
		return entry{}, err
	}
	_, err = t.exec(ctx, `UPDATE roles SET name = $1, description = $2, version = version + 1, changed_at = $3, changed_by = $4 WHERE id = $5`,
		role.Name, role.Description, t.now, role.ChangedBy, role.ID)
	if isUnique(err) {
		return entry{}, Conflict{"role-name-taken"}
	}
	if err != nil {
		return entry{}, fmt.Errorf("change a role: %w", err)
	}
	if _, err := t.exec(ctx, `DELETE FROM role_permissions WHERE role_id = $1`, role.ID); err != nil {
		return entry{}, fmt.Errorf("change the permissions of a role: %w", err)
	}
	if err := insertPermissions(ctx, t, role); err != nil {
		return entry{}, err
	}
	return entry{operation: operation, object: role.Name, objectID: role.ID.String(),
		detail: noted{before: roleNote(old), after: roleNote(role)}.detail()}, nil
}

// DeleteRole removes a role and its assignments by the rights of a person. version is as in ChangeRole. Errors: ErrStaleView, ErrNotFound,
// *policy.Refusal. Conflict: changed-meanwhile.
func (s *Store) DeleteRole(ctx context.Context, act Act, by policy.Authority, id ID, version int64) error {
	return s.changeAs(ctx, act, by, func(t *tx) (entry, error) {
		old, err := roleToChange(ctx, t, by, id, version)
		if err != nil {
			return entry{}, err
		}
		ground, err := groundOf(ctx, t, by.Rules())
		if err != nil {
			return entry{}, err
		}
		if err := by.MayDeleteRole(id, ground); err != nil {
			return entry{}, err
		}
		before := roleNote(old)
		list, err := assignmentRows(ctx, t, by.Customer())
		if err != nil {
			return entry{}, err
		}
		gone := []any{}
		for _, a := range list {
			if a.Role == id {
				gone = append(gone, assignmentNote(a))
			}
		}
		before["assignments"] = gone
		if _, err := t.exec(ctx, `DELETE FROM roles WHERE id = $1`, id); err != nil { // and what refers to it
			return entry{}, fmt.Errorf("remove a role: %w", err)
		}
		if err := recell(ctx, t, by.Customer(), nil); err != nil {
			return entry{}, err
		}
		return entry{operation: "role.delete", object: old.Name, objectID: id.String(), detail: noted{before: before}.detail()}, nil
	})
}

// Outcome is what applying a wanted role did, or would do.
type Outcome string

// The outcomes. What was refused is an error.
const (
	OutcomeCreate    Outcome = "create"
	OutcomeUpdate    Outcome = "update"
	OutcomeUnchanged Outcome = "unchanged"
)

// Applied is the result of ApplyRole.
type Applied struct {
	Outcome        Outcome
	Role           ID                  // zero for one that a preview would make
	Permissions    []policy.Permission // of the role afterwards
	Cut            []policy.Permission // wanted, and not in the ceiling
	Added, Removed []policy.Permission
	Sheet          Sheet // before the change
}

// errPreview takes a change back that only shows what would happen.
var errPreview = errors.New("a preview")

// ApplyRole makes a role of this name, or changes the one that is there, by the rights of a person: a role of a template or of another customer.
// What the ceiling does not contain is left out unless the role has it already. A preview runs the change and takes it back. Errors as in
// CreateRole and ChangeRole.
func (s *Store) ApplyRole(ctx context.Context, act Act, by policy.Authority, wanted Role, operation string, preview bool) (Applied, error) {
	var out Applied
	err := s.changeAs(ctx, act, by, func(t *tx) (entry, error) {
		var err error
		if out.Sheet, err = sheetOf(ctx, t, by); err != nil {
			return entry{}, err
		}
		e, err := applyRole(ctx, t, act, by, wanted, operation, &out)
		if err != nil {
			return entry{}, err
		}
		if preview || out.Outcome == OutcomeUnchanged {
			return entry{}, errPreview
		}
		return e, nil
	})
	if errors.Is(err, errPreview) {
		err = nil
	}
	if preview && out.Outcome == OutcomeCreate {
		out.Role = 0
	}
	return out, err
}

func applyRole(ctx context.Context, t *tx, act Act, by policy.Authority, wanted Role, operation string, out *Applied) (entry, error) {
	var old Role
	for _, r := range out.Sheet.Roles {
		if r.Name == wanted.Name {
			old = r
		}
	}
	for _, p := range wanted.Permissions {
		if by.Capped(p) || slices.Contains(old.Permissions, p) {
			out.Permissions = append(out.Permissions, p)
		} else {
			out.Cut = append(out.Cut, p)
		}
	}
	for _, p := range policy.Permissions() {
		was, is := slices.Contains(old.Permissions, p), slices.Contains(out.Permissions, p)
		switch {
		case is && !was:
			out.Added = append(out.Added, p)
		case was && !is:
			out.Removed = append(out.Removed, p)
		}
	}
	role := Role{ID: old.ID, Name: wanted.Name, Description: wanted.Description, Permissions: out.Permissions, ChangedBy: act.Name}
	switch {
	case old.ID == 0:
		role.ID = policy.NewID()
		out.Outcome, out.Role = OutcomeCreate, role.ID
		return createRole(ctx, t, by, role, operation)
	case old.BuiltIn:
		return entry{}, &policy.Refusal{Code: policy.RefuseBuiltIn}
	case len(out.Added)+len(out.Removed) == 0 && old.Description == role.Description:
		out.Outcome, out.Role = OutcomeUnchanged, old.ID
		return entry{}, nil
	}
	out.Outcome, out.Role = OutcomeUpdate, old.ID
	return changeRole(ctx, t, by, old, role, operation)
}

// roleToChange reads a role of the customer for a change, and refuses another version than the one that was read.
func roleToChange(ctx context.Context, t *tx, by policy.Authority, id ID, version int64) (Role, error) {
	list, err := roleRows(ctx, t, by.Customer())
	if err != nil {
		return Role{}, err
	}
	i := slices.IndexFunc(list, func(r Role) bool { return r.ID == id })
	if i < 0 {
		return Role{}, ErrNotFound
	}
	if version != 0 && version != list[i].Version {
		return Role{}, Conflict{"changed-meanwhile"}
	}
	return list[i], nil
}

// roleRows reads the roles of a customer, the built-in one first, then by name.
func roleRows(ctx context.Context, t *tx, customer ID) ([]Role, error) {
	rows, err := t.QueryContext(ctx, `SELECT r.id, r.name, r.description, r.built_in, r.version, r.changed_at, r.changed_by, p.permission
		FROM roles r LEFT JOIN role_permissions p ON p.role_id = r.id WHERE r.customer_id = $1 ORDER BY r.built_in DESC, r.name, r.id`, customer)
	if err != nil {
		return nil, fmt.Errorf("list the roles of a customer: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Role
	held := map[policy.Permission]bool{}
	for rows.Next() {
		var r Role
		var changed int64
		var p sql.NullString
		err := rows.Scan(&r.ID, &r.Name, &r.Description, &r.BuiltIn, &r.Version, &changed, &r.ChangedBy, &p)
		if err != nil {
			return nil, fmt.Errorf("list the roles of a customer: %w", err)
		}
		if len(out) == 0 || out[len(out)-1].ID != r.ID {
			r.ChangedAt, r.Permissions = when(changed), []policy.Permission{}
			out = append(out, r)
			clear(held)
		}
		if p.Valid {
			held[policy.Permission(p.String)] = true
			out[len(out)-1].Permissions = inOrder(held)
		}
	}
	return out, rows.Err()
}

// inOrder lists permissions as the catalogue does.
func inOrder(set map[policy.Permission]bool) []policy.Permission {
	out := []policy.Permission{}
	for _, p := range policy.Permissions() {
		if set[p] {
			out = append(out, p)
		}
	}
	return out
}

func insertRole(ctx context.Context, t *tx, customer ID, role Role) error {
	_, err := t.exec(ctx, `INSERT INTO roles (id, customer_id, name, description, built_in, created_at, changed_at, changed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $7)`, role.ID, customer, role.Name, role.Description, role.BuiltIn, t.now, role.ChangedBy)
	if isUnique(err) {
		return Conflict{"role-name-taken"}
	}
	if err != nil {
		return fmt.Errorf("make a role: %w", err)
	}
	return insertPermissions(ctx, t, role)
}

func insertPermissions(ctx context.Context, t *tx, role Role) error {
	for _, p := range role.Permissions {
		_, err := t.exec(ctx, `INSERT INTO role_permissions (role_id, permission) VALUES ($1, $2) ON CONFLICT DO NOTHING`, role.ID, p)
		if err != nil {
			return fmt.Errorf("give a role its permissions: %w", err)
		}
	}
	return nil
}

// changeAs is one change of a customer's rules by the rights of a person: checked, done, versioned and recorded in one transaction. Who may not see
// the customer's roles gets ErrNotFound; rights of another moment get ErrStaleView; what the customer wants to approve first gets *Waits.
func (s *Store) changeAs(ctx context.Context, act Act, by policy.Authority, fn func(*tx) (entry, error)) error {
	return s.changeHolding(ctx, act, by, policy.RolesView, fn)
}

// changeHolding is changeAs for what another permission shows.
func (s *Store) changeHolding(ctx context.Context, act Act, by policy.Authority, shows policy.Permission, fn func(*tx) (entry, error)) error {
	var waits *Waits
	err := s.departing(ctx, s.write, func(t *tx) ([]Departure, error) {
		if err := checkHolding(ctx, t, by, shows); err != nil {
			return nil, err
		}
		e, lost, err := lostByPartner(ctx, t, act, by.Rules(), func() (e entry, err error) {
			e, waits, err = underControl(ctx, t, act, by.Customer(), fn)
			return e, err
		})
		if err != nil || waits != nil {
			return nil, err
		}
		if err := raiseRules(ctx, t, by.Customer()); err != nil {
			return nil, err
		}
		e.customer = by.Customer()
		if e.tenant, err = tenantOf(ctx, t, e.customer); err != nil {
			return nil, err
		}
		return lost, act.record(ctx, t, e)
	})
	if err == nil && waits != nil {
		return waits
	}
	return err
}

// checkRoles proves that an authority is of this moment and sees roles at all.
func checkRoles(ctx context.Context, t *tx, by policy.Authority) error {
	return checkHolding(ctx, t, by, policy.RolesView)
}

func checkHolding(ctx context.Context, t *tx, by policy.Authority, shows policy.Permission) error {
	v := by.View(shows)
	if err := checkView(ctx, t, v); err != nil {
		return err
	}
	if v.Empty() {
		return ErrNotFound
	}
	return nil
}

// noted is what an audit entry says of a change: a thing before and after it.
type noted struct{ before, after map[string]any }

func (n noted) detail() map[string]any {
	out := map[string]any{}
	if n.before != nil {
		out["before"] = n.before
	}
	if n.after != nil {
		out["after"] = n.after
	}
	return out
}

func roleNote(r Role) map[string]any {
	return map[string]any{"name": r.Name, "description": r.Description, "permissions": nonNil(r.Permissions)}
}
