package store

import (
	"context"
	"fmt"
	"time"

	"roomward/policy"
)

// RoleTemplate is a set of permissions of the partner from which roles of customers are made. It is no row of a customer.
type RoleTemplate struct {
	ID          ID
	Name        string
	Description string
	Permissions []policy.Permission
	Version     int64
	ChangedAt   time.Time
	ChangedBy   string
}

// maxTemplates is how many templates a partner may have.
const maxTemplates = 200

// mayTemplate proves that a view of this moment belongs to somebody who makes roles: a manager, or who holds roles.modify somewhere.
func mayTemplate(ctx context.Context, t *tx, v policy.View) error {
	if err := checkView(ctx, t, v); err != nil {
		return err
	}
	powers := v.Powers()
	if v.Empty() && !powers.Manager && !powers.GlobalAdmin {
		return ErrNotFound
	}
	return nil
}

// RoleTemplates lists the templates by name. The view is that of roles.modify, or of a manager's powers; ErrNotFound for others.
func (s *Store) RoleTemplates(ctx context.Context, v policy.View) ([]RoleTemplate, error) {
	var out []RoleTemplate
	err := s.read(ctx, func(t *tx) error {
		if err := mayTemplate(ctx, t, v); err != nil {
			return err
		}
		rows, err := t.QueryContext(ctx, `SELECT id, name, description, permissions_json, version, changed_at, changed_by FROM role_templates
			ORDER BY name, id LIMIT $1`, maxTemplates)
		if err != nil {
			return fmt.Errorf("list the templates: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			m, err := scanTemplate(rows)
			if err != nil {
				return err
			}
			out = append(out, m)
		}
		return rows.Err()
	})
	return out, err
}

func scanTemplate(row interface{ Scan(...any) error }) (RoleTemplate, error) {
	var m RoleTemplate
	var permissions string
	var changed int64
	err := row.Scan(&m.ID, &m.Name, &m.Description, &permissions, &m.Version, &changed, &m.ChangedBy)
	if err != nil {
		return m, notFound(err, "read a template")
	}
	m.ChangedAt = when(changed)
	return m, fromJSON(permissions, &m.Permissions)
}

// CreateRoleTemplate makes a template. Errors: ErrStaleView, ErrNotFound as in RoleTemplates. Conflicts: template-name-taken, too-many-templates.
func (s *Store) CreateRoleTemplate(ctx context.Context, act Act, v policy.View, m RoleTemplate) (RoleTemplate, error) {
	m.ID, m.Version, m.ChangedBy = policy.NewID(), 1, act.Name
	err := s.write(ctx, func(t *tx) error {
		if err := mayTemplate(ctx, t, v); err != nil {
			return err
		}
		var n int
		if err := t.QueryRowContext(ctx, `SELECT count(*) FROM role_templates`).Scan(&n); err != nil {
			return fmt.Errorf("count the templates: %w", err)
		}
		if n >= maxTemplates {
			return Conflict{"too-many-templates"}
		}
		permissions, err := toJSON(nonNil(m.Permissions))
		if err != nil {
			return err
		}
		m.ChangedAt = when(t.now)
		_, err = t.exec(ctx, `INSERT INTO role_templates (id, name, description, permissions_json, created_at, changed_at, changed_by)
			VALUES ($1, $2, $3, $4, $5, $5, $6)`, m.ID, m.Name, m.Description, permissions, t.now, m.ChangedBy)
		if isUnique(err) {
			return Conflict{"template-name-taken"}
		}
		if err != nil {
			return fmt.Errorf("make a template: %w", err)
		}
		return act.record(ctx, t, entry{operation: "template.create", object: m.Name, objectID: m.ID.String(), detail: noted{after: templateNote(m)}.detail()})
	})
	return m, err
}

// ChangeRoleTemplate gives the template of its ID another name, description and permissions; roles made from it stay as they are. version is the
// one that was read, or 0 for whichever is there. Errors as in CreateRoleTemplate, ErrNotFound also when it is not there; conflict
// changed-meanwhile.
func (s *Store) ChangeRoleTemplate(ctx context.Context, act Act, v policy.View, m RoleTemplate, version int64) (RoleTemplate, error) {
	m.ChangedBy = act.Name
	err := s.write(ctx, func(t *tx) error {
		old, err := templateToChange(ctx, t, v, m.ID, version)
		if err != nil {
			return err
		}
		permissions, err := toJSON(nonNil(m.Permissions))
		if err != nil {
			return err
		}
		m.Version, m.ChangedAt = old.Version+1, when(t.now)
		_, err = t.exec(ctx, `UPDATE role_templates SET name = $1, description = $2, permissions_json = $3, version = $4, changed_at = $5, changed_by = $6
			WHERE id = $7`, m.Name, m.Description, permissions, m.Version, t.now, m.ChangedBy, m.ID)
		if isUnique(err) {
			return Conflict{"template-name-taken"}
		}
		if err != nil {
			return fmt.Errorf("change a template: %w", err)
		}
		return act.record(ctx, t, entry{operation: "template.update", object: m.Name, objectID: m.ID.String(),
			detail: noted{before: templateNote(old), after: templateNote(m)}.detail()})
	})
	return m, err
}

// DeleteRoleTemplate removes a template; roles made from it stay. Errors as in ChangeRoleTemplate.
func (s *Store) DeleteRoleTemplate(ctx context.Context, act Act, v policy.View, id ID, version int64) error {
	return s.write(ctx, func(t *tx) error {
		old, err := templateToChange(ctx, t, v, id, version)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM role_templates WHERE id = $1`, id); err != nil {
			return fmt.Errorf("remove a template: %w", err)
		}
		return act.record(ctx, t, entry{operation: "template.delete", object: old.Name, objectID: id.String(), detail: noted{before: templateNote(old)}.detail()})
	})
}

func templateToChange(ctx context.Context, t *tx, v policy.View, id ID, version int64) (RoleTemplate, error) {
	if err := mayTemplate(ctx, t, v); err != nil {
		return RoleTemplate{}, err
	}
	old, err := scanTemplate(t.QueryRowContext(ctx, `SELECT id, name, description, permissions_json, version, changed_at, changed_by
		FROM role_templates WHERE id = $1`, id))
	if err != nil {
		return old, err
	}
	if version != 0 && version != old.Version {
		return old, Conflict{"changed-meanwhile"}
	}
	return old, nil
}

func templateNote(m RoleTemplate) map[string]any {
	return map[string]any{"name": m.Name, "description": m.Description, "permissions": nonNil(m.Permissions)}
}
