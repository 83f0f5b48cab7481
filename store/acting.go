package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"roomward/policy"
)

// acting.go is the consent of a customer to actions on its devices, where a second registration acts. It is kept as what is known of the capability
// to restart: Microsoft is asked each day, and each action asks for itself.

// actingAppFact names the client ids of the applications that acted, the present one last, with spaces between.
const actingAppFact = "acting-apps"

// mostActingApps bounds how many are remembered: an action is over within a day.
const mostActingApps = 5

// ActsBy notes which application acts from now on, and answers which acted before. Where it is another one, nothing is known any more of what
// customers consented to for it: a consent to one application is none to another.
func (s *Store) ActsBy(ctx context.Context, clientID string) (former []string, err error) {
	known := func(t *tx) ([]string, error) {
		var text string
		err := t.QueryRowContext(ctx, `SELECT value FROM facts WHERE name = $1`, actingAppFact).Scan(&text)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("read which application acted: %w", err)
		}
		return strings.Fields(text), nil
	}
	var apps []string
	err = s.read(ctx, func(t *tx) (err error) {
		apps, err = known(t)
		return err
	})
	if n := len(apps); err != nil || n > 0 && apps[n-1] == clientID {
		return apps[:max(n-1, 0)], err
	}
	err = s.write(ctx, func(t *tx) error {
		if apps, err = known(t); err != nil {
			return err
		}
		former = slices.DeleteFunc(apps, func(id string) bool { return id == clientID })
		former = former[max(0, len(former)-mostActingApps):]
		_, err := t.exec(ctx, `INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
			actingAppFact, strings.Join(append(slices.Clone(former), clientID), " "))
		if err != nil {
			return fmt.Errorf("note which application acts: %w", err)
		}
		if _, err := t.exec(ctx, `DELETE FROM capabilities WHERE capability = 'restart'`); err != nil {
			return fmt.Errorf("forget what customers allowed another application: %w", err)
		}
		if _, err := t.exec(ctx, `UPDATE capability_checks SET due_at = $1 WHERE due_at > $1`, t.now); err != nil {
			return fmt.Errorf("make the checks due: %w", err)
		}
		return nil
	})
	return former, err
}

// ActingAllowed notes that a customer was just proven to have given its consent to actions. A proof that is asked for again changes nothing, nor does
// one without a relation: there is nothing yet to act on.
func (s *Store) ActingAllowed(ctx context.Context, act Act, tenant string) error {
	return s.write(ctx, func(t *tx) error {
		customer, state, err := restartOf(ctx, t, tenant)
		if err != nil || customer == 0 || state == "allowed" {
			return err
		}
		given := true
		if err := writeCapability(ctx, t, customer, Capability{Name: "restart", State: "allowed", Given: &given, Tried: when(t.now)}); err != nil {
			return err
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
	var given sql.NullBool
	err := t.QueryRowContext(ctx, `SELECT state, given FROM capabilities WHERE customer_id = $1 AND capability = 'restart'`, customer).Scan(&state, &given)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "unknown", nil
	case err != nil:
		return "", fmt.Errorf("read whether a customer allows actions: %w", err)
	}
	switch {
	case state == "allowed", given.Bool: // whatever else is in the way of restarting
		return "given", nil
	case state == "not-consented":
		return "missing", nil
	}
	return "unknown", nil
}
