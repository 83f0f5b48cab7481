package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roomward/policy"
)

// PrimaryMember is a member of the built-in role over all granted rooms.
type PrimaryMember struct {
	Member
	Since time.Time
}

// PrimaryAdmins lists the primary admins of one customer, for who holds roles.view over all its rooms, and says whether there is one who can act
// now. The partner-wide powers learn only that. ErrNotFound for others, ErrStaleView.
func (s *Store) PrimaryAdmins(ctx context.Context, by policy.Authority, overview policy.View, customer ID) (list []PrimaryMember, effective bool, err error) {
	err = s.read(ctx, func(t *tx) error {
		v := by.View(policy.RolesView)
		if err := checkView(ctx, t, v); err != nil {
			return err
		}
		sees := by.Everywhere(policy.RolesView)
		if !sees && overview.Kind() != policy.KindOverview {
			return ErrNotFound
		}
		if err := customerExists(ctx, t, customer); err != nil {
			return err
		}
		err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 `+effectiveAdmins+` AND r.customer_id = $2)`, t.now, customer).Scan(&effective)
		if err != nil {
			return fmt.Errorf("look for an effective primary admin: %w", err)
		}
		if !sees {
			return nil
		}
		rows, err := t.QueryContext(ctx, `SELECT m.principal, min(m.name), min(m.added_at)
			FROM roles r JOIN assignments a ON a.role_id = r.id JOIN assignment_members m ON m.assignment_id = a.id
				JOIN assignment_scopes s ON s.assignment_id = a.id AND s.scope = 'all'
			WHERE r.built_in = 1 AND r.customer_id = $1 AND (a.ends_at IS NULL OR a.ends_at > $2)
			GROUP BY m.principal ORDER BY min(m.name), m.principal`, customer, t.now)
		if err != nil {
			return fmt.Errorf("list the primary admins: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var p PrimaryMember
			var since int64
			if err := rows.Scan(&p.Principal, &p.Name, &since); err != nil {
				return fmt.Errorf("list the primary admins: %w", err)
			}
			p.Since = when(since)
			list = append(list, p)
		}
		return rows.Err()
	})
	return list, effective, err
}

func customerExists(ctx context.Context, t *tx, id ID) error {
	var there bool
	if err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM customers WHERE id = $1)`, id).Scan(&there); err != nil {
		return fmt.Errorf("look for a customer: %w", err)
	}
	if !there {
		return ErrNotFound
	}
	return nil
}

// AddPrimaryAdmin adds a member to the built-in role's assignment over all rooms, by the rights of a person, and makes that assignment when there
// is none that lasts. Errors: ErrStaleView, ErrNotFound, *policy.Refusal. Conflict: already-primary-admin.
func (s *Store) AddPrimaryAdmin(ctx context.Context, act Act, by policy.Authority, m Member) error {
	return s.changeAs(ctx, act, by, func(t *tx) (entry, error) {
		list, role, err := primaryAssignments(ctx, t, by)
		if err != nil {
			return entry{}, err
		}
		for _, a := range list {
			if !a.EndsAt.IsZero() || a.StartsAt.After(when(t.now)) {
				continue
			}
			if slices.ContainsFunc(a.Members, func(other Member) bool { return other.Principal == m.Principal }) {
				return entry{}, Conflict{"already-primary-admin"}
			}
			return changeAssignment(ctx, t, by, a.ID, 0, func(a Assignment) Assignment {
				a.Members, a.ChangedBy = append(slices.Clone(a.Members), m), act.Name
				return a
			})
		}
		a := Assignment{ID: policy.NewID(), Role: role, Name: AssignedAdmins, Members: []Member{m}, Scopes: []policy.Scope{policy.ScopeAll}, ChangedBy: act.Name}
		if err := by.MayAssign(role, a.Scopes, nil); err != nil {
			return entry{}, err
		}
		if err := assign(ctx, t, by.Customer(), a); err != nil {
			return entry{}, err
		}
		return entry{operation: "assignment.create", object: a.Name, objectID: a.ID.String(), detail: noted{after: assignmentNote(a)}.detail()}, nil
	})
}

// RemovePrimaryAdmin takes a member out of every assignment of the built-in role over all rooms, by the rights of a person; one that it leaves empty
// goes. Errors: ErrStaleView, ErrNotFound, also for who is none, *policy.Refusal.
func (s *Store) RemovePrimaryAdmin(ctx context.Context, act Act, by policy.Authority, p policy.Principal) error {
	return s.changeAs(ctx, act, by, func(t *tx) (entry, error) {
		list, _, err := primaryAssignments(ctx, t, by)
		if err != nil {
			return entry{}, err
		}
		ground, err := groundOf(ctx, t, by.Rules())
		if err != nil {
			return entry{}, err
		}
		var was Member
		before := []any{}
		after := by.Rules()
		after.Assignments = slices.Clone(after.Assignments)
		for _, a := range list {
			i := slices.IndexFunc(a.Members, func(m Member) bool { return m.Principal == p })
			if i < 0 {
				continue
			}
			was = a.Members[i]
			before = append(before, assignmentNote(a))
			if err := by.MayAssign(a.Role, a.Scopes, ground); err != nil {
				return entry{}, err
			}
			for j, rule := range after.Assignments {
				if rule.ID == a.ID {
					after.Assignments[j].Members = slices.DeleteFunc(slices.Clone(rule.Members), func(m policy.Principal) bool { return m == p })
				}
			}
			if err := takeMember(ctx, t, act, a.ID, p); err != nil {
				return entry{}, err
			}
		}
		if was.Principal == "" {
			return entry{}, ErrNotFound
		}
		if !after.HasPrimaryAdmin(by.Now()) {
			return entry{}, &policy.Refusal{Code: policy.RefuseLastPrimary}
		}
		if err := followAdmins(ctx, t); err != nil {
			return entry{}, err
		}
		return entry{operation: "primary-admin.remove", object: was.Name, objectID: string(p), detail: map[string]any{"before": before}}, nil
	})
}

// takeMember takes a member out of an assignment, and the assignment away when nobody is left in it.
func takeMember(ctx context.Context, t *tx, act Act, assignment ID, p policy.Principal) error {
	if _, err := t.exec(ctx, `DELETE FROM assignment_members WHERE assignment_id = $1 AND principal = $2`, assignment, p); err != nil {
		return fmt.Errorf("take a member out of an assignment: %w", err)
	}
	_, err := t.exec(ctx, `UPDATE assignments SET version = version + 1, changed_at = $1, changed_by = $2 WHERE id = $3`, t.now, act.Name, assignment)
	if err != nil {
		return fmt.Errorf("note who changed an assignment: %w", err)
	}
	_, err = t.exec(ctx, `DELETE FROM assignments WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM assignment_members WHERE assignment_id = $1)`, assignment)
	if err != nil {
		return fmt.Errorf("remove an empty assignment: %w", err)
	}
	return nil
}

// primaryAssignments reads the built-in role's assignments over all rooms, as far as the person sees them.
func primaryAssignments(ctx context.Context, t *tx, by policy.Authority) ([]Assignment, ID, error) {
	sheet, err := sheetOf(ctx, t, by)
	if err != nil {
		return nil, 0, err
	}
	if !by.Everywhere(policy.RolesView) {
		return nil, 0, ErrNotFound
	}
	i := slices.IndexFunc(sheet.Roles, func(r Role) bool { return r.BuiltIn })
	if i < 0 {
		return nil, 0, ErrNotFound
	}
	role := sheet.Roles[i].ID
	list := slices.DeleteFunc(sheet.Assignments, func(a Assignment) bool {
		return a.Role != role || !slices.Contains(a.Scopes, policy.ScopeAll)
	})
	return list, role, nil
}
