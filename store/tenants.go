package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Consent is what is known of an organisation's consent to Roomward's application.
type Consent string

const (
	// ConsentNone means that nobody has given consent.
	ConsentNone Consent = "none"
	// ConsentGiven means that a token of that tenant has read its organisation.
	ConsentGiven Consent = "given"
	// ConsentWithdrawn means that Microsoft refused a token after consent had been given.
	ConsentWithdrawn Consent = "withdrawn"
)

// Tenant is an Entra tenant of which an administrator has signed in.
type Tenant struct {
	ID        string // lower-case GUID
	Name      string // as the tenant claims; until consent, the domain of who signed in
	Domains   []string
	Country   string // ISO 3166 two letters, as reported
	Consent   Consent
	ConsentAt time.Time
}

// TenantByID reads what is known of a tenant. It holds nothing of the relation. ErrNotFound when nobody of it has signed in.
func (s *Store) TenantByID(ctx context.Context, id string) (Tenant, error) {
	var out Tenant
	err := s.read(ctx, func(t *tx) error {
		var err error
		out, err = readTenant(ctx, t, id)
		return err
	})
	return out, err
}

func readTenant(ctx context.Context, t *tx, id string) (Tenant, error) {
	var out Tenant
	var domains string
	var at sql.NullInt64
	err := t.QueryRowContext(ctx, `SELECT tenant_id, name, domains_json, country, consent, consent_at FROM tenants WHERE tenant_id = $1`, id).
		Scan(&out.ID, &out.Name, &domains, &out.Country, &out.Consent, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return Tenant{}, ErrNotFound
	}
	if err != nil {
		return Tenant{}, fmt.Errorf("read a tenant: %w", err)
	}
	out.ConsentAt = whenOr0(at)
	return out, fromJSON(domains, &out.Domains)
}

// Consented keeps that a tenant gave consent, with the name and domains that its own organisation object reports. When all of that is
// known already nothing is written: a proof that is asked for again is no change. A relation that had lost its consent goes on.
func (s *Store) Consented(ctx context.Context, act Act, tenant Tenant) error {
	domains, err := toJSON(nonNil(tenant.Domains))
	if err != nil {
		return err
	}
	return s.departing(ctx, s.write, func(t *tx) ([]Departure, error) {
		known, err := readTenant(ctx, t, tenant.ID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if err := checkAgain(ctx, t, tenant.ID); err != nil {
			return nil, err
		}
		operation := "consent.give"
		if known.Consent == ConsentGiven {
			if known.Name == tenant.Name && known.Country == tenant.Country && slices.Equal(known.Domains, tenant.Domains) {
				return nil, nil
			}
			operation = "organisation.update"
		}
		_, err = t.exec(ctx, `INSERT INTO tenants (tenant_id, name, domains_json, country, consent, consent_at, created_at)
			VALUES ($1, $2, $3, $4, 'given', $5, $5)
			ON CONFLICT (tenant_id) DO UPDATE SET name = excluded.name, domains_json = excluded.domains_json,
				country = excluded.country, consent = 'given',
				consent_at = CASE WHEN tenants.consent = 'given' THEN tenants.consent_at ELSE excluded.consent_at END`,
			tenant.ID, tenant.Name, domains, tenant.Country, t.now)
		if err != nil {
			return nil, fmt.Errorf("keep the consent of a tenant: %w", err)
		}
		if reopened, err := consentAgain(ctx, t, act, tenant.ID); err != nil || len(reopened) > 0 {
			return reopened, err
		}
		return nil, act.record(ctx, t, entry{tenant: tenant.ID, operation: operation, object: tenant.Name, objectID: tenant.ID})
	})
}
