package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"roomward/policy"
)

// AuditRow is one entry of the record of who did what.
type AuditRow struct {
	ID          int64 // its place in the file; no statement of the record
	At          time.Time
	Customer    ID     // of the relation; 0 for none
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

	Chain       string // the customer's tenant, or "" for what concerns the partner alone
	Seq         int64  // 1 for the first entry of the chain
	Salt        []byte
	ContentHash []byte
	Hash        []byte

	Before       []byte            // hash of the entry before it; where lists and exports read it
	CustomerName string            // of the relation; where lists and exports read it
	RoomName     string            // of an entry about a room, where lists read it: "" for one that the reader does not see, or that is not there any more
	Names        map[string]string // where one entry is read: the present names of roles, groups and rooms in the detail, by id and by scope
}

// AuditPage asks for the next entries of an export, oldest first.
type AuditPage struct {
	After *AuditRow // the last one of the page before
	Until time.Time // entries after it are not part of the export
	Limit int
}

// AuditExport reads one page of the entries of a customer, for its primary admins; each page asks for the right anew. An export is read in pages
// so that it holds neither memory nor a reader. Errors: ErrNotFound, ErrNotPrimaryAdmin, ErrStrongAuth, ErrStaleView; conflict: views-closed,
// needs-approval.
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
		closed, err := closedExports(ctx, t, by.Actor.User.OID())
		if err != nil {
			return err
		}
		if slices.Contains(closed, customer) {
			return Conflict{"needs-approval"}
		}
		out, err = readAll(ctx, t, "export the audit record", statement{`SELECT ` + auditColumns + `, ` + hashBefore + `
			FROM audit WHERE customer_id = $1 AND (at, id) > ($2, $3) AND at <= $4 ORDER BY at, id LIMIT $5`,
			[]any{customer, millis(after.At), after.ID, millis(q.Until), q.Limit}}, scanLinked)
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

// auditColumns are what scanAudit reads.
const auditColumns = `audit.id, audit.at, coalesce(audit.customer_id, 0), audit.tenant_id, audit.side, audit.actor_tenant, audit.actor_oid, audit.actor_name,
	audit.operation, audit.object, audit.object_id, audit.result, audit.detail_json, audit.request_id, audit.address,
	audit.chain, audit.seq, audit.salt, audit.content_hash, audit.hash`

// hashBefore is the hash of the entry before it in its chain, so that an exported entry can be checked alone, and the name of the customer.
const hashBefore = `coalesce((SELECT p.hash FROM audit p WHERE p.chain = audit.chain AND p.seq = audit.seq - 1 AND p.seq > 0),
	(SELECT h.before FROM audit_heads h WHERE h.chain = audit.chain AND h.first = audit.seq), x''),
	coalesce((SELECT c.name FROM customers c WHERE c.id = audit.customer_id), '')`

func (r *AuditRow) into(at *int64) []any {
	return []any{&r.ID, at, &r.Customer, &r.TenantID, &r.Side, &r.ActorTenant, &r.ActorOID, &r.ActorName, &r.Operation, &r.Object, &r.ObjectID, &r.Result,
		&r.Detail, &r.RequestID, &r.Address, &r.Chain, &r.Seq, &r.Salt, &r.ContentHash, &r.Hash}
}

func scanAudit(rows *sql.Rows, r *AuditRow) error {
	var at int64
	if err := rows.Scan(r.into(&at)...); err != nil {
		return fmt.Errorf("read an audit entry: %w", err)
	}
	r.At = when(at)
	return nil
}

// scanLinked reads hashBefore after the columns.
func scanLinked(rows *sql.Rows, r *AuditRow) error {
	var at int64
	if err := rows.Scan(append(r.into(&at), &r.Before, &r.CustomerName)...); err != nil {
		return fmt.Errorf("read an audit entry: %w", err)
	}
	r.At = when(at)
	return nil
}
