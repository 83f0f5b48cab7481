package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// departAgain does a departure of the file to an older database. What is not there has nothing to end.
func (s *Store) departAgain(ctx context.Context, d Departure) error {
	var record *gathered
	if d.Kind == DepartRelation {
		var err error
		if record, err = s.gather(ctx, d.Customer); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return s.writeAlone(ctx, func(t *tx) error {
		if err := noteDeparture(ctx, t, d); err != nil {
			return err
		}
		switch d.Kind {
		case DepartInvitation:
			return withdrawAgain(ctx, t, d)
		case DepartManager:
			return dropManager(ctx, t, d.Principal)
		case DepartRecord:
			return dropRecordAgain(ctx, t, d)
		}
		var there bool
		if err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM customers WHERE id = $1)`, d.Customer).Scan(&there); err != nil {
			return fmt.Errorf("look for the customer of a departure: %w", err)
		}
		if !there {
			return forgetOffer(ctx, t, d)
		}
		act := System("departed")
		var err error
		switch d.Kind {
		case DepartRelation:
			_, err = endRelation(ctx, t, act, d.Customer, end{at: d.At, by: d.By, reason: d.Reason, record: record})
		case DepartRole:
			err = cut(ctx, t, act, d.Customer, cutRole(ctx, t, d.Customer, d.Role).by(d.By))
		case DepartAssignment:
			err = cut(ctx, t, act, d.Customer, cutAssignment(ctx, t, d.Customer, d.Assignment).by(d.By))
		case DepartMember:
			err = cut(ctx, t, act, d.Customer, cutMember(ctx, t, act, d.Customer, d.Principal))
		case DepartConsent:
			_, err = turnConsent(ctx, t, act, turn{customer: d.Customer, given: d.Given, at: d.At})
		case DepartRights, DepartAgreed:
			err = narrowAgain(ctx, t, act, d)
		default:
			err = fmt.Errorf("what is %q? The departed file was written by a newer version", d.Kind)
		}
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
}

// withdrawAgain takes an offer of an older database back.
func withdrawAgain(ctx context.Context, t *tx, d Departure) error {
	state := InvitationWithdrawn
	if d.By == SidePartner {
		state = InvitationDeclined
	}
	var tenant string
	err := t.QueryRowContext(ctx, `UPDATE invitations SET state = $1, decided_at = $2 WHERE id = $3 AND state = 'pending' RETURNING tenant_id`, state, d.At, d.Invitation).
		Scan(&tenant)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take an invitation back again: %w", err)
	}
	operation := "invitation.withdraw"
	if state == InvitationDeclined {
		operation = "invitation.decline"
		if err := emptyInvitation(ctx, t, d.Invitation); err != nil {
			return err
		}
	}
	return System("departed").record(ctx, t, entry{tenant: tenant, operation: operation, object: "invitation", objectID: d.Invitation.String()})
}

// dropRecordAgain deletes the record of an older database that its customer had deleted.
func dropRecordAgain(ctx context.Context, t *tx, d Departure) error {
	var tenant string
	err := t.QueryRowContext(ctx, `DELETE FROM sealed_records WHERE id = $1 RETURNING tenant_id`, d.Customer).Scan(&tenant)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete a sealed record again: %w", err)
	}
	if err := eraseLater(ctx, t); err != nil {
		return err
	}
	return System("departed").record(ctx, t, entry{tenant: tenant, operation: "record.delete"})
}

// forgetOffer removes what an older database still has of a relation that began, and ended, after it: the offer, which nobody may accept any more.
func forgetOffer(ctx context.Context, t *tx, d Departure) error {
	if d.Kind != DepartRelation || !d.Invitation.Valid() {
		return nil
	}
	var tenant string
	err := t.QueryRowContext(ctx, `SELECT tenant_id FROM invitations i WHERE id = $1
		AND NOT EXISTS (SELECT 1 FROM customers c WHERE c.tenant_id = i.tenant_id)`, d.Invitation).Scan(&tenant)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the offer of a relation that ended: %w", err)
	}
	_, err = t.exec(ctx, `INSERT INTO ended_relations (id, tenant_id, began_at, ended_at, ended_by, reason) VALUES ($1, $2, $3, $3, $4, $5)`,
		d.Customer, tenant, d.At, d.By, d.Reason)
	if err != nil {
		return fmt.Errorf("note the end of a relation: %w", err)
	}
	if err := forgetTenant(ctx, t, d.Customer, tenant, ""); err != nil {
		return err
	}
	if err := eraseLater(ctx, t); err != nil {
		return err
	}
	// The entry is what explains, to whoever verifies the record, that others were reduced.
	return System("departed").plain().record(ctx, t, entry{tenant: tenant, operation: end{by: d.By}.operation()})
}
