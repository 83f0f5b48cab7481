package store

import (
	"context"
	"fmt"
	"time"

	"roomward/policy"
)

// PermitLife is how long a person may export a record after it was allowed.
const PermitLife = 24 * time.Hour

// Permit lets one person take the record of a customer away.
type Permit struct {
	ID        ID
	ExpiresAt time.Time
}

// PermitExport lets a primary admin export the record of a customer for a day: at once, or when the customer has approved it. Errors: ErrNotFound,
// ErrNotPrimaryAdmin, ErrStaleView, *Waits; conflict: views-closed.
func (s *Store) PermitExport(ctx context.Context, act Act, by AskingAdmin, customer ID) (Permit, error) {
	var out Permit
	var waits *Waits
	err := s.write(ctx, func(t *tx) error {
		if err := by.check(ctx, t, customer); err != nil {
			return err
		}
		if err := showsData(ctx, t, by.Related, customer); err != nil {
			return err
		}
		var e entry
		var err error
		e, waits, err = underControl(ctx, t, act, customer, func(t *tx) (entry, error) {
			out = Permit{ID: policy.NewID(), ExpiresAt: when(t.now).Add(PermitLife)}
			_, err := t.exec(ctx, `INSERT INTO audit_permits (id, customer_id, oid, made_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
				out.ID, customer, act.OID, t.now, millis(out.ExpiresAt))
			if err != nil {
				return entry{}, fmt.Errorf("permit an export: %w", err)
			}
			return entry{operation: "export.create", objectID: out.ID.String()}, nil
		})
		if err != nil || waits != nil {
			return err
		}
		e.customer = customer
		if e.tenant, err = tenantOf(ctx, t, customer); err != nil {
			return err
		}
		return act.record(ctx, t, e)
	})
	if err == nil && waits != nil {
		return Permit{}, waits
	}
	return out, err
}
