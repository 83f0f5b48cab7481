package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"roomward/policy"
)

// AuditRow is one entry of the record of who did what.
type AuditRow struct {
	ID          int64
	At          time.Time
	TenantID    string // of the customer
	Side        Side
	ActorTenant string
	ActorOID    string
	ActorName   string
	Operation   string
	Object      string
	ObjectID    string
	Result      string
	Detail      string // JSON
	RequestID   string
	Address     string
}

// AuditPage asks for the next entries of an export, oldest first.
type AuditPage struct {
	After *AuditRow // the last one of the page before
	Until time.Time // entries after it are not part of the export
	Limit int
}

// AuditExport reads one page of the entries of a customer, for its primary admins; each page asks for the right anew. An export is read in pages
// so that it holds neither memory nor a reader. Errors: ErrNotFound, ErrNotPrimaryAdmin, ErrStrongAuth, ErrStaleView; conflict: views-closed.
func (s *Store) AuditExport(ctx context.Context, by AskingAdmin, customer ID, q AuditPage) ([]AuditRow, error) {
	after := AuditRow{At: time.UnixMilli(-1)}
	if q.After != nil {
		after = *q.After
	}
	var out []AuditRow
	err := s.read(ctx, func(t *tx) error {
		if err := by.check(ctx, t, customer); err != nil {
			return err
		}
		if err := showsData(ctx, t, by.Related, customer); err != nil {
			return err
		}
		var err error
		out, err = readAll(ctx, t, "export the audit record", statement{`SELECT id, at, tenant_id, side, actor_tenant, actor_oid, actor_name, operation,
				object, object_id, result, detail_json, request_id, address
			FROM audit WHERE customer_id = $1 AND (at, id) > ($2, $3) AND at <= $4 ORDER BY at, id LIMIT $5`,
			[]any{customer, millis(after.At), after.ID, millis(q.Until), q.Limit}}, scanAudit)
		return err
	})
	return out, err
}

// showsData answers a conflict when the views of a customer are closed: then nobody of the partner reads anything of it.
func showsData(ctx context.Context, t *tx, related policy.View, customer ID) error {
	var closed bool
	err := t.QueryRowContext(ctx, `SELECT state <> 'active' OR without_admin_since IS NOT NULL FROM customers WHERE id = $1`, customer).Scan(&closed)
	if err != nil {
		return notFound(err, "read whether the views are closed")
	}
	if closed || related.One(customer).Empty() {
		return Conflict{"views-closed"}
	}
	return nil
}

func scanAudit(rows *sql.Rows, r *AuditRow) error {
	var at int64
	err := rows.Scan(&r.ID, &at, &r.TenantID, &r.Side, &r.ActorTenant, &r.ActorOID, &r.ActorName, &r.Operation, &r.Object, &r.ObjectID, &r.Result,
		&r.Detail, &r.RequestID, &r.Address)
	if err != nil {
		return fmt.Errorf("read an audit entry: %w", err)
	}
	r.At = when(at)
	return nil
}
