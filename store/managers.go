package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"roomward/policy"
)

// TenantManager is a partner member who sees and accepts invitations, and no customer data (product.md S1 1.2).
type TenantManager struct {
	ID        ID
	Principal policy.Principal
	Name      string
	Detail    string // the user principal name of a user, empty for a group
	AddedAt   time.Time
	AddedBy   string
}

// TenantManagers lists them by name, for who has a partner-wide power; at most 1,000.
func (s *Store) TenantManagers(ctx context.Context, v policy.View) ([]TenantManager, error) {
	if v.Kind() != policy.KindOverview {
		return nil, nil
	}
	var out []TenantManager
	err := s.read(ctx, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `SELECT id, principal, name, detail, added_at, added_by FROM tenant_managers ORDER BY name, id LIMIT 1000`)
		if err != nil {
			return fmt.Errorf("list the tenant managers: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var m TenantManager
			var added int64
			if err := rows.Scan(&m.ID, &m.Principal, &m.Name, &m.Detail, &added, &m.AddedBy); err != nil {
				return fmt.Errorf("list the tenant managers: %w", err)
			}
			m.AddedAt = when(added)
			out = append(out, m)
		}
		return rows.Err()
	})
	return out, err
}

// AddTenantManager names a user or group. Conflict: already-tenant-manager.
func (s *Store) AddTenantManager(ctx context.Context, act Act, m TenantManager) (TenantManager, error) {
	m.ID, m.AddedBy = policy.NewID(), act.Name
	err := s.write(ctx, func(t *tx) error {
		m.AddedAt = when(t.now)
		_, err := t.exec(ctx, `INSERT INTO tenant_managers (id, principal, name, detail, added_at, added_by) VALUES ($1, $2, $3, $4, $5, $6)`,
			m.ID, m.Principal, m.Name, m.Detail, t.now, m.AddedBy)
		if isUnique(err) {
			return Conflict{"already-tenant-manager"}
		}
		if err != nil {
			return fmt.Errorf("add a tenant manager: %w", err)
		}
		return act.record(ctx, t, entry{operation: "tenant-manager.add", object: m.Name, objectID: string(m.Principal)})
	})
	return m, err
}

// RemoveTenantManager takes the power away: it is gone with the next request. ErrNotFound when there is none of this id.
func (s *Store) RemoveTenantManager(ctx context.Context, act Act, id ID) error {
	return s.depart(ctx, func(t *tx) (Departure, error) {
		var m TenantManager
		err := t.QueryRowContext(ctx, `DELETE FROM tenant_managers WHERE id = $1 RETURNING principal, name`, id).Scan(&m.Principal, &m.Name)
		if err != nil {
			return Departure{}, notFound(err, "remove a tenant manager")
		}
		return Departure{Kind: DepartManager, Principal: m.Principal, By: act.Side}, act.record(ctx, t, entry{operation: "tenant-manager.remove", object: m.Name, objectID: string(m.Principal)})
	})
}

// TenantManagerNames lists some names by whom a member of the partner may ask for a role. They are the partner's own, and no customer's.
func (s *Store) TenantManagerNames(ctx context.Context, most int) ([]string, error) {
	var out []string
	err := s.read(ctx, func(t *tx) (err error) {
		out, err = readAll(ctx, t, "list the names of the tenant managers", statement{`SELECT name FROM tenant_managers ORDER BY name, id LIMIT $1`, []any{most}},
			func(rows *sql.Rows, name *string) error { return rows.Scan(name) })
		return err
	})
	return out, err
}

// dropManager takes the power away in an older database.
func dropManager(ctx context.Context, t *tx, p policy.Principal) error {
	var name string
	err := t.QueryRowContext(ctx, `DELETE FROM tenant_managers WHERE principal = $1 RETURNING name`, p).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove a tenant manager again: %w", err)
	}
	return System("departed").record(ctx, t, entry{operation: "tenant-manager.remove", object: name, objectID: string(p)})
}
