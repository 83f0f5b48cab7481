package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"roomward/policy"
)

// acting.go is the consent of a customer to actions on its devices, where a second registration acts. It is kept as what is known of the capability
// to restart: Microsoft is asked each day, and each action asks for itself.

// ActingAllowed notes that a customer was just proven to have given its consent to actions. A proof that is asked for again changes nothing.
func (s *Store) ActingAllowed(ctx context.Context, act Act, tenant string) error {
	return s.write(ctx, func(t *tx) error {
		customer, state, err := restartOf(ctx, t, tenant)
		if err != nil || state == "allowed" {
			return err
		}
		if customer != 0 {
			given := true
			if err := writeCapability(ctx, t, customer, Capability{Name: "restart", State: "allowed", Given: &given, Tried: when(t.now)}); err != nil {
				return err
			}
		}
		if err := checkAgain(ctx, t, tenant); err != nil {
			return err
		}
		return act.record(ctx, t, entry{customer: customer, tenant: tenant, operation: "acting.allow", object: "customer", objectID: tenant})
	})
}

// ActingRefused notes that Microsoft refused an action, or a try of one, for want of the customer's consent to it. Nothing else of the relation changes.
func (s *Store) ActingRefused(ctx context.Context, tenant string) error {
	known := func(ctx context.Context, t *tx) (ID, bool, error) {
		customer, state, err := restartOf(ctx, t, tenant)
		return customer, customer != 0 && state == "allowed", err
	}
	var allowed bool
	err := s.read(ctx, func(t *tx) (err error) {
		_, allowed, err = known(ctx, t)
		return err
	})
	if err != nil || !allowed {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		customer, allowed, err := known(ctx, t)
		if err != nil || !allowed {
			return err
		}
		given := false
		if err := writeCapability(ctx, t, customer, Capability{Name: "restart", State: "not-consented", Given: &given, Tried: when(t.now)}); err != nil {
			return err
		}
		return System("consent").record(ctx, t, entry{customer: customer, tenant: tenant, operation: "acting.withdrawn", object: "customer", objectID: tenant})
	})
}

// ActingConsent is what the last check found of the own organisation's consent to actions: given, missing or unknown. ErrNotFound without a relation.
func (s *Store) ActingConsent(ctx context.Context, v policy.View) (string, error) {
	var out string
	err := s.readView(ctx, v, func(t *tx) error {
		customer, _, err := ownRelation(ctx, t, v)
		if err != nil {
			return err
		}
		out, err = actingConsent(ctx, t, customer)
		return err
	})
	return out, err
}

// restartOf is what is known of a tenant's leave to restart devices; zero and "" for a tenant without a relation.
func restartOf(ctx context.Context, t *tx, tenant string) (customer ID, state string, err error) {
	err = t.QueryRowContext(ctx, `SELECT c.id, coalesce(k.state, '') FROM customers c
		LEFT JOIN capabilities k ON k.customer_id = c.id AND k.capability = 'restart' WHERE c.tenant_id = $1`, tenant).Scan(&customer, &state)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("read whether a customer allows actions: %w", err)
	}
	return customer, state, nil
}

// actingConsent is what the last check found of a customer's consent to actions: given, missing or unknown.
func actingConsent(ctx context.Context, t *tx, customer ID) (string, error) {
	var state string
	err := t.QueryRowContext(ctx, `SELECT state FROM capabilities WHERE customer_id = $1 AND capability = 'restart'`, customer).Scan(&state)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "unknown", nil
	case err != nil:
		return "", fmt.Errorf("read whether a customer allows actions: %w", err)
	}
	switch state {
	case "allowed":
		return "given", nil
	case "not-consented":
		return "missing", nil
	}
	return "unknown", nil
}
