package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// followConsent closes or opens the views of a customer when a collection found that its consent went or came back. It answers what is to be in the
// departed file.
func followConsent(ctx context.Context, t *tx, customer ID, o CollectOutcome) ([]Departure, error) {
	switch {
	case o.State == CollectWithdrawn:
		return turnConsent(ctx, t, System("collect"), turn{customer: customer, finder: o.Lease.Kind})
	case o.Good:
		// What was read before the consent went says nothing about now.
		var before bool
		err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM customers WHERE id = $1 AND withdrawn_at > $2)`, customer, millis(o.StartedAt)).Scan(&before)
		if err != nil || before {
			return nil, err
		}
		return turnConsent(ctx, t, System("collect"), turn{customer: customer, given: true, finder: o.Lease.Kind})
	}
	return nil, nil
}

// turn is how the consent of a customer turns.
type turn struct {
	customer ID
	given    bool
	finder   CollectKind // the collection that found out; "" for none
	at       int64       // when it went; zero for now
}

// turnConsent closes the views of a customer whose consent went, and begins the time to its end, or opens them when it came back; the collections
// other than the one that found out are due at once, for they would say the opposite until their next turn. It answers what is to be in the departed
// file, nothing when all of it is so already: an older database would open the views again until its first collection.
func turnConsent(ctx context.Context, t *tx, act Act, c turn) ([]Departure, error) {
	at := cmp.Or(c.at, t.now)
	from, to, operation, since := CustomerActive, CustomerWithdrawn, "consent.withdrawn", any(at)
	consent := ConsentWithdrawn
	if c.given {
		from, to, operation, since, consent = CustomerWithdrawn, CustomerActive, "consent.restored", nil, ConsentGiven
	}
	var tenant string
	err := t.QueryRowContext(ctx, `UPDATE customers SET state = $1, withdrawn_at = $2 WHERE id = $3 AND state = $4 RETURNING tenant_id`, to, since, c.customer, from).
		Scan(&tenant)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("change the state of a customer: %w", err)
	}
	if err := setConsent(ctx, t, tenant, consent); err != nil {
		return nil, err
	}
	_, err = t.exec(ctx, `UPDATE collect_jobs SET due_at = $1 WHERE customer_id = $2 AND kind <> $3 AND due_at > $1`, t.now, c.customer, c.finder)
	if err != nil {
		return nil, fmt.Errorf("make the other collections due: %w", err)
	}
	if err := checkAgain(ctx, t, tenant); err != nil {
		return nil, err
	}
	if err := raiseRules(ctx, t, c.customer); err != nil {
		return nil, err
	}
	told := notice{tenant: tenant, customer: c.customer, kind: "consent.withdrawn", detail: map[string]any{"purgeAt": when(at).Add(PurgeAfter)}}
	if c.given {
		told.kind, told.detail = "consent.given", nil
	}
	if err := tellBoth(ctx, t, told); err != nil {
		return nil, err
	}
	return []Departure{{Kind: DepartConsent, Customer: c.customer, By: SideCustomer, Given: c.given}},
		act.record(ctx, t, entry{customer: c.customer, tenant: tenant, operation: operation, object: "customer", objectID: c.customer.String()})
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
	return s.departing(ctx, s.write, func(t *tx) ([]Departure, error) {
		var customer ID
		err := t.QueryRowContext(ctx, `SELECT id FROM customers WHERE tenant_id = $1`, tenant).Scan(&customer)
		if err == nil {
			return turnConsent(ctx, t, System("consent"), turn{customer: customer})
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("look for the relation of a tenant: %w", err)
		}
		known, err := readTenant(ctx, t, tenant)
		if err != nil || known.Consent != ConsentGiven {
			return nil, err
		}
		if err := setConsent(ctx, t, tenant, ConsentWithdrawn); err != nil {
			return nil, err
		}
		return nil, System("consent").record(ctx, t, entry{tenant: tenant, operation: "consent.withdrawn", object: known.Name, objectID: tenant})
	})
}

// consentAgain opens the relation of a tenant that had withdrawn its consent and gave it again; nothing when there is no such relation.
func consentAgain(ctx context.Context, t *tx, act Act, tenant string) ([]Departure, error) {
	var customer ID
	err := t.QueryRowContext(ctx, `SELECT id FROM customers WHERE tenant_id = $1 AND state = 'withdrawn'`, tenant).Scan(&customer)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for the relation of a tenant: %w", err)
	}
	return turnConsent(ctx, t, act, turn{customer: customer, given: true})
}
