package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"roomward/policy"
)

// Assignment gives a role to members over scopes; zero times are no bounds.
type Assignment struct {
	ID          ID
	Role        ID
	Name        string
	Description string
	Members     []Member
	Scopes      []policy.Scope
	Mail        bool // its members get mail about the rooms of its scopes
	StartsAt    time.Time
	EndsAt      time.Time
	Version     int64 // raised by each change
	ChangedAt   time.Time
	ChangedBy   string // a name
}

// The bounds of assignments: of the members and scopes of one, and of all of a customer.
const (
	MaxMembers     = 500
	MaxScopes      = 200
	maxAssignments = 500
)

// AddAssignment gives a role of a customer to members over scopes without asking for anybody's rights: what the demo and the tests begin
// with. People use CreateAssignment. ErrNotFound for a role, room or group that is not the customer's. Conflict: scope-too-many-rooms.
func (s *Store) AddAssignment(ctx context.Context, act Act, customer ID, a Assignment) (ID, error) {
	a.ID, a.ChangedBy = policy.NewID(), act.Name
	err := s.changeRules(ctx, act, customer, "assignment.create", a.Name, a.ID, func(t *tx) error {
		return assign(ctx, t, customer, a)
	})
	return a.ID, err
}

// CreateAssignment gives a role to members over scopes by the rights of a person. Errors: ErrStaleView, *policy.Refusal, ErrNotFound, also for a
// role, room or group that is not the customer's. Conflicts: scope-too-many-rooms, too-many-assignments.
func (s *Store) CreateAssignment(ctx context.Context, act Act, by policy.Authority, a Assignment) (ID, error) {
	a.ID, a.ChangedBy = policy.NewID(), act.Name
	return a.ID, s.changeAs(ctx, act, by, func(t *tx) (entry, error) {
		if len(by.Rules().Assignments) >= maxAssignments {
			return entry{}, Conflict{"too-many-assignments"}
		}
		if err := knownScopes(ctx, t, by, a.Scopes); err != nil {
			return entry{}, err
		}
		ground, err := groundOf(ctx, t, by.Rules(), a.Scopes...)
		if err != nil {
			return entry{}, err
		}
		if err := by.MayAssign(a.Role, a.Scopes, ground); err != nil {
			return entry{}, err
		}
		if err := assign(ctx, t, by.Customer(), a); err != nil {
			return entry{}, err
		}
		return entry{operation: "assignment.create", object: a.Name, objectID: a.ID.String(), detail: noted{after: assignmentNote(a)}.detail()}, nil
	})
}

// ChangeAssignment puts another assignment in the place of the one of its ID, by the rights of a person; the role stays. version is as in
// ChangeRole. Errors as in CreateAssignment, and the conflict changed-meanwhile.
func (s *Store) ChangeAssignment(ctx context.Context, act Act, by policy.Authority, a Assignment, version int64) error {
	a.ChangedBy = act.Name
	return s.changeAs(ctx, act, by, func(t *tx) (entry, error) {
		return changeAssignment(ctx, t, by, a.ID, version, func(Assignment) Assignment { return a })
	})
}

// changeAssignment rewrites an assignment that the person sees.
func changeAssignment(ctx context.Context, t *tx, by policy.Authority, id ID, version int64, next func(Assignment) Assignment) (entry, error) {
	old, err := assignmentToChange(ctx, t, by, id, version)
	if err != nil {
		return entry{}, err
	}
	a := next(old)
	if err := knownScopes(ctx, t, by, a.Scopes); err != nil {
		return entry{}, err
	}
	ground, err := groundOf(ctx, t, by.Rules(), a.Scopes...)
	if err != nil {
		return entry{}, err
	}
	rule := policy.Assignment{ID: a.ID, Scopes: a.Scopes, From: a.StartsAt, Until: a.EndsAt}
	for _, m := range a.Members {
		rule.Members = append(rule.Members, m.Principal)
	}
	if err := by.MayChangeAssignment(rule, ground); err != nil {
		return entry{}, err
	}
	_, err = t.exec(ctx, `UPDATE assignments SET name = $1, description = $2, mail = $3, starts_at = $4, ends_at = $5, version = version + 1,
		changed_at = $6, changed_by = $7 WHERE id = $8`, a.Name, a.Description, a.Mail, orNull(a.StartsAt), orNull(a.EndsAt), t.now, a.ChangedBy, a.ID)
	if err != nil {
		return entry{}, fmt.Errorf("change an assignment: %w", err)
	}
	var stay []string
	for _, m := range a.Members {
		stay = append(stay, string(m.Principal))
	}
	list, err := toJSON(nonNil(stay))
	if err != nil {
		return entry{}, err
	}
	_, err = t.exec(ctx, `DELETE FROM assignment_members WHERE assignment_id = $1 AND NOT principal `+inSet(2), a.ID, list)
	if err != nil {
		return entry{}, fmt.Errorf("take members out of an assignment: %w", err)
	}
	if _, err := t.exec(ctx, `DELETE FROM assignment_scopes WHERE assignment_id = $1`, a.ID); err != nil {
		return entry{}, fmt.Errorf("change the scopes of an assignment: %w", err)
	}
	if err := fillAssignment(ctx, t, by.Customer(), a); err != nil {
		return entry{}, err
	}
	if err := followAdmins(ctx, t); err != nil {
		return entry{}, err
	}
	return entry{operation: "assignment.update", object: a.Name, objectID: a.ID.String(),
		detail: noted{before: assignmentNote(old), after: assignmentNote(a)}.detail()}, nil
}

// DeleteAssignment removes an assignment by the rights of a person. version is as in ChangeRole. Errors: ErrStaleView, ErrNotFound,
// *policy.Refusal. Conflict: changed-meanwhile.
func (s *Store) DeleteAssignment(ctx context.Context, act Act, by policy.Authority, id ID, version int64) error {
	return s.changeAs(ctx, act, by, func(t *tx) (entry, error) {
		old, err := assignmentToChange(ctx, t, by, id, version)
		if err != nil {
			return entry{}, err
		}
		ground, err := groundOf(ctx, t, by.Rules())
		if err != nil {
			return entry{}, err
		}
		if err := by.MayDeleteAssignment(id, ground); err != nil {
			return entry{}, err
		}
		if _, err := t.exec(ctx, `DELETE FROM assignments WHERE id = $1`, id); err != nil {
			return entry{}, fmt.Errorf("remove an assignment: %w", err)
		}
		if err := followAdmins(ctx, t); err != nil {
			return entry{}, err
		}
		if err := recell(ctx, t, by.Customer(), nil); err != nil {
			return entry{}, err
		}
		return entry{operation: "assignment.delete", object: old.Name, objectID: id.String(), detail: noted{before: assignmentNote(old)}.detail()}, nil
	})
}

// assignmentToChange reads an assignment that the person sees, for a change. One that it does not see is not there.
func assignmentToChange(ctx context.Context, t *tx, by policy.Authority, id ID, version int64) (Assignment, error) {
	sheet, err := sheetOf(ctx, t, by)
	if err != nil {
		return Assignment{}, err
	}
	i := slices.IndexFunc(sheet.Assignments, func(a Assignment) bool { return a.ID == id })
	if i < 0 {
		return Assignment{}, ErrNotFound
	}
	if version != 0 && version != sheet.Assignments[i].Version {
		return Assignment{}, Conflict{"changed-meanwhile"}
	}
	return sheet.Assignments[i], nil
}

// knownScopes answers ErrNotFound for a scope that is not the customer's, or not in the person's view: the two are the same.
func knownScopes(ctx context.Context, t *tx, by policy.Authority, scopes []policy.Scope) error {
	ground, err := groundOf(ctx, t, by.Rules(), scopes...)
	if err != nil {
		return err
	}
	for _, scope := range scopes {
		if err := scopeExists(ctx, t, by.Customer(), scope); err != nil {
			return err
		}
		if scope != policy.ScopeAll && !by.Touches(policy.RolesView, scope, ground) {
			return ErrNotFound
		}
	}
	return nil
}

// assign writes an assignment and puts the rooms into the cells that its scopes ask for.
func assign(ctx context.Context, t *tx, customer ID, a Assignment) error {
	if err := insertAssignment(ctx, t, customer, a); err != nil {
		return err
	}
	return placeScopes(ctx, t, customer)
}

// insertAssignment answers ErrNotFound for a role, room or group that is not the customer's: those of others do not exist for it.
func insertAssignment(ctx context.Context, t *tx, customer ID, a Assignment) error {
	n, err := t.exec(ctx, `INSERT INTO assignments (id, customer_id, role_id, name, description, mail, starts_at, ends_at, created_at, changed_at, changed_by)
		SELECT $1, $2, id, $3, $4, $5, $6, $7, $8, $8, $9 FROM roles WHERE id = $10 AND customer_id = $2`,
		a.ID, customer, a.Name, a.Description, a.Mail, orNull(a.StartsAt), orNull(a.EndsAt), t.now, a.ChangedBy, a.Role)
	if err != nil {
		return fmt.Errorf("make an assignment: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	return insertMembersAndScopes(ctx, t, customer, a)
}

// fillAssignment writes members and scopes of an assignment that is there, and places the rooms.
func fillAssignment(ctx context.Context, t *tx, customer ID, a Assignment) error {
	if err := insertMembersAndScopes(ctx, t, customer, a); err != nil {
		return err
	}
	return placeScopes(ctx, t, customer)
}

func insertMembersAndScopes(ctx context.Context, t *tx, customer ID, a Assignment) error {
	for _, m := range a.Members {
		if !m.Principal.Valid() {
			return fmt.Errorf("give an assignment its members: %q is neither a user nor a group", string(m.Principal))
		}
		_, err := t.exec(ctx, `INSERT INTO assignment_members (assignment_id, customer_id, principal, name, added_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (assignment_id, principal) DO UPDATE SET name = excluded.name`, a.ID, customer, m.Principal, m.Name, t.now)
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

// placeScopes refuses too many single rooms as scopes of a customer, and puts its rooms into their cells.
func placeScopes(ctx context.Context, t *tx, customer ID) error {
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

// assignmentRows reads the assignments of a customer by name.
func assignmentRows(ctx context.Context, t *tx, customer ID) ([]Assignment, error) {
	rows, err := t.QueryContext(ctx, `SELECT id, role_id, name, description, mail, starts_at, ends_at, version, changed_at, changed_by
		FROM assignments WHERE customer_id = $1 ORDER BY name, id`, customer)
	if err != nil {
		return nil, fmt.Errorf("list the assignments of a customer: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Assignment
	at := map[ID]int{}
	for rows.Next() {
		var a Assignment
		var from, until sql.NullInt64
		var changed int64
		err := rows.Scan(&a.ID, &a.Role, &a.Name, &a.Description, &a.Mail, &from, &until, &a.Version, &changed, &a.ChangedBy)
		if err != nil {
			return nil, fmt.Errorf("list the assignments of a customer: %w", err)
		}
		a.StartsAt, a.EndsAt, a.ChangedAt = whenOr0(from), whenOr0(until), when(changed)
		at[a.ID] = len(out)
		out = append(out, a)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	err = eachPair(ctx, t, `SELECT assignment_id, principal || char(10) || name FROM assignment_members WHERE customer_id = $1 ORDER BY name, principal`,
		customer, func(id ID, text string) {
			principal, name, _ := strings.Cut(text, "\n")
			out[at[id]].Members = append(out[at[id]].Members, Member{policy.Principal(principal), name})
		})
	if err != nil {
		return nil, err
	}
	err = eachPair(ctx, t, `SELECT assignment_id, scope FROM assignment_scopes WHERE customer_id = $1 ORDER BY scope`, customer,
		func(id ID, text string) { out[at[id]].Scopes = append(out[at[id]].Scopes, policy.Scope(text)) })
	return out, err
}

func assignmentNote(a Assignment) map[string]any {
	members := []map[string]string{}
	for _, m := range a.Members {
		members = append(members, map[string]string{"id": string(m.Principal), "name": m.Name})
	}
	note := map[string]any{"name": a.Name, "description": a.Description, "role": a.Role, "members": members, "scopes": nonNil(a.Scopes), "mail": a.Mail}
	if !a.StartsAt.IsZero() {
		note["startsAt"] = a.StartsAt
	}
	if !a.EndsAt.IsZero() {
		note["endsAt"] = a.EndsAt
	}
	return note
}
