package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// followConsent closes or opens the views of a customer when a collection found that its consent went or came back.
func followConsent(ctx context.Context, t *tx, customer ID, o CollectOutcome) error {
	switch {
	case o.State == CollectWithdrawn:
		_, err := turnConsent(ctx, t, System("collect"), customer, false, o.Lease.Kind)
		return err
	case o.Good:
		// What was read before the consent went says nothing about now.
		var before bool
		err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM customers WHERE id = $1 AND withdrawn_at > $2)`, customer, millis(o.StartedAt)).Scan(&before)
		if err != nil || before {
			return err
		}
		_, err = turnConsent(ctx, t, System("collect"), customer, true, o.Lease.Kind)
		return err
	}
	return nil
}

// turnConsent closes the views of a customer whose consent went, and begins the time to its end, or opens them when it came back; the collections
// other than the one that found out are due at once, for they would say the opposite until their next turn. False when all of it is so already.
func turnConsent(ctx context.Context, t *tx, act Act, customer ID, given bool, finder CollectKind) (turned bool, err error) {
	from, to, operation, since := CustomerActive, CustomerWithdrawn, "consent.withdrawn", any(t.now)
	consent := ConsentWithdrawn
	if given {
		from, to, operation, since, consent = CustomerWithdrawn, CustomerActive, "consent.restored", nil, ConsentGiven
	}
	var tenant string
	err = t.QueryRowContext(ctx, `UPDATE customers SET state = $1, withdrawn_at = $2 WHERE id = $3 AND state = $4 RETURNING tenant_id`, to, since, customer, from).
		Scan(&tenant)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("change the state of a customer: %w", err)
	}
	if err := setConsent(ctx, t, tenant, consent); err != nil {
		return false, err
	}
	_, err = t.exec(ctx, `UPDATE collect_jobs SET due_at = $1 WHERE customer_id = $2 AND kind <> $3 AND due_at > $1`, t.now, customer, finder)
	if err != nil {
		return false, fmt.Errorf("make the other collections due: %w", err)
	}
	if err := checkAgain(ctx, t, tenant); err != nil {
		return false, err
	}
	if err := raiseRules(ctx, t, customer); err != nil {
		return false, err
	}
	told := notice{tenant: tenant, customer: customer, kind: "consent.withdrawn", detail: map[string]any{"purgeAt": when(t.now).Add(PurgeAfter)}}
	if given {
		told.kind, told.detail = "consent.given", nil
	}
	if err := tellBoth(ctx, t, told); err != nil {
		return false, err
	}
	return true, act.record(ctx, t, entry{customer: customer, tenant: tenant, operation: operation, object: "customer", objectID: customer.String()})
}

func setConsent(ctx context.Context, t *tx, tenant string, consent Consent) error {
	if _, err := t.exec(ctx, `UPDATE tenants SET consent = $1, consent_at = $2 WHERE tenant_id = $3`, consent, t.now, tenant); err != nil {
		return fmt.Errorf("note the consent of a tenant: %w", err)
	}
	return nil
}

// ConsentRefused notes that Microsoft refused a call for want of the tenant's consent, whichever call it was: the customer's own kill switch
// (design 9). The views close with the commit. A tenant that has not consented, or of which it is known, stays as it is.
func (s *Store) ConsentRefused(ctx context.Context, tenant string) error {
	var given bool
	err := s.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM tenants WHERE tenant_id = $1 AND consent = 'given')`, tenant).Scan(&given)
	})
	if err != nil {
		return fmt.Errorf("look for the consent of a tenant: %w", err)
	}
	if !given {
		return nil
	}
	return s.write(ctx, func(t *tx) error {
		var customer ID
		err := t.QueryRowContext(ctx, `SELECT id FROM customers WHERE tenant_id = $1`, tenant).Scan(&customer)
		if err == nil {
			_, err = turnConsent(ctx, t, System("consent"), customer, false, "")
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("look for the relation of a tenant: %w", err)
		}
		known, err := readTenant(ctx, t, tenant)
		if err != nil || known.Consent != ConsentGiven {
			return err
		}
		if err := setConsent(ctx, t, tenant, ConsentWithdrawn); err != nil {
			return err
		}
		return System("consent").record(ctx, t, entry{tenant: tenant, operation: "consent.withdrawn", object: known.Name, objectID: tenant})
	})
}

// consentAgain opens the relation of a tenant that had withdrawn its consent and gave it again; false when there is no such relation.
func consentAgain(ctx context.Context, t *tx, act Act, tenant string) (bool, error) {
	var customer ID
	err := t.QueryRowContext(ctx, `SELECT id FROM customers WHERE tenant_id = $1 AND state = 'withdrawn'`, tenant).Scan(&customer)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for the relation of a tenant: %w", err)
	}
	return turnConsent(ctx, t, act, customer, true, "")
}
