package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"roomward/policy"
)

// CheckLease is the right to try until a moment what one customer allows.
type CheckLease struct {
	Customer ID
	Until    time.Time
}

// Capability is what is known of one thing that a customer's consent and Microsoft's API allow or not. The words are those of app/graph and
// app/collect.
type Capability struct {
	Name   string
	State  string
	Detail string    // Microsoft's words by their codes
	Given  *bool     // whether its permission was in the token; nil where that could not be read
	Since  time.Time // of the state
	Tried  time.Time // zero while it was never tried
}

// checkable is the condition of a check k that may run at $1: rooms were asked for once, for without a room there is little to try.
const checkable = `k.due_at <= $1 AND k.leased_until <= $1
	AND EXISTS (SELECT 1 FROM collect_jobs p WHERE p.customer_id = k.customer_id AND p.kind = 'places' AND p.state <> 'new')`

// ClaimChecks takes up to limit due checks, the longest due first, and leases them.
func (s *Store) ClaimChecks(ctx context.Context, limit int, lease time.Duration) ([]CheckLease, error) {
	var out []CheckLease
	err := s.write(ctx, func(t *tx) error {
		until := t.now + lease.Milliseconds()
		var err error
		out, err = readAll(ctx, t, "claim due checks", statement{`UPDATE capability_checks SET leased_until = $2
			WHERE customer_id IN (SELECT k.customer_id FROM capability_checks k WHERE ` + checkable + ` ORDER BY k.due_at, k.customer_id LIMIT $3)
			RETURNING customer_id`, []any{t.now, until, limit}},
			func(rows *sql.Rows, l *CheckLease) error {
				l.Until = when(until)
				return rows.Scan(&l.Customer)
			})
		return err
	})
	return out, err
}

// ChecksDue tells whether ClaimChecks would find something, without writing.
func (s *Store) ChecksDue(ctx context.Context) (bool, error) {
	var due bool
	err := s.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM capability_checks k WHERE `+checkable+`)`, t.now).Scan(&due)
	})
	if err != nil {
		return false, fmt.Errorf("look for due checks: %w", err)
	}
	return due, nil
}

// GiveBackCheck ends a lease without a result: the check was stopped and is due again at once.
func (s *Store) GiveBackCheck(ctx context.Context, l CheckLease) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE capability_checks SET leased_until = 0 WHERE customer_id = $1 AND leased_until = $2`, l.Customer, millis(l.Until))
		if err != nil {
			return fmt.Errorf("give back the lease of a check: %w", err)
		}
		return nil
	})
}

// CheckTarget is what a check tries things on.
type CheckTarget struct {
	TenantID string
	Device   string // Microsoft's id of a device in a granted room; "" when none is known
	Account  string // object id of a granted room's account; "" when none is known
	Email    string // address of a granted room; "" when there is none
}

// CheckTarget reads where a check goes. ErrNotFound when the relation has ended.
func (s *Store) CheckTarget(ctx context.Context, work policy.View) (CheckTarget, error) {
	var out CheckTarget
	customer, err := workOn(work)
	if err != nil {
		return out, err
	}
	err = s.read(ctx, func(t *tx) error {
		err := t.QueryRowContext(ctx, `SELECT c.tenant_id,
				coalesce((SELECT d.graph_id FROM devices d JOIN rooms r ON r.id = d.room_id
					WHERE d.customer_id = c.id AND d.misses = 0 AND r.hidden_at IS NULL LIMIT 1), ''),
				coalesce((SELECT r.account_id FROM rooms r WHERE r.customer_id = c.id AND r.hidden_at IS NULL AND r.account_id <> '' LIMIT 1), ''),
				coalesce((SELECT r.email FROM rooms r WHERE r.customer_id = c.id AND r.hidden_at IS NULL AND r.email <> '' LIMIT 1), '')
			FROM customers c WHERE c.id = $1`, customer).Scan(&out.TenantID, &out.Device, &out.Account, &out.Email)
		if err != nil {
			return notFound(err, "read the target of a check")
		}
		return nil
	})
	return out, err
}

// CheckOutcome is what a check found out.
type CheckOutcome struct {
	Lease     CheckLease
	StartedAt time.Time
	Found     []Capability
	NextDue   time.Time
	// Devices says that the check is a second word about the devices: a collection that failed once is due at once to say the same, or one that
	// goes without the devices to read them again.
	Devices DevicesWord
}

// DevicesWord is what a check says of reading devices.
type DevicesWord string

// The words about devices; "" says nothing.
const (
	DevicesRead    DevicesWord = "read"
	DevicesRefused DevicesWord = "refused"
)

// FinishCheck writes what a check found. Errors: ErrLeaseLost, ErrNotFound when the relation has ended.
func (s *Store) FinishCheck(ctx context.Context, work policy.View, o CheckOutcome) error {
	customer, err := workOn(work)
	if err != nil {
		return err
	}
	if o.Lease.Customer != customer {
		return errors.New("the lease is of another customer")
	}
	return s.write(ctx, func(t *tx) error {
		var until int64
		err := t.QueryRowContext(ctx, `SELECT leased_until FROM capability_checks WHERE customer_id = $1`, customer).Scan(&until)
		if err != nil {
			return notFound(err, "look for a check")
		}
		if until != millis(o.Lease.Until) {
			return ErrLeaseLost
		}
		// Who asked meanwhile, or consented anew, wants another one.
		_, err = t.exec(ctx, `UPDATE capability_checks SET leased_until = 0, checked_at = $1, due_at = CASE WHEN due_at > $1 THEN due_at ELSE $2 END
			WHERE customer_id = $3`, millis(o.StartedAt), millis(o.NextDue), customer)
		if err != nil {
			return fmt.Errorf("finish a check: %w", err)
		}
		for _, c := range o.Found {
			if err := writeCapability(ctx, t, customer, c); err != nil {
				return err
			}
		}
		return nudgeDevices(ctx, t, customer, o.Devices)
	})
}

func writeCapability(ctx context.Context, t *tx, customer ID, c Capability) error {
	_, err := t.exec(ctx, `INSERT INTO capabilities (customer_id, capability, state, detail, given, since, tried_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (customer_id, capability) DO UPDATE SET
			since = CASE WHEN capabilities.state = excluded.state THEN capabilities.since ELSE excluded.since END,
			state = excluded.state, detail = excluded.detail, given = excluded.given, tried_at = coalesce(excluded.tried_at, capabilities.tried_at)`,
		customer, c.Name, c.State, c.Detail, c.Given, t.now, orNull(c.Tried))
	if err != nil {
		return fmt.Errorf("write what a customer allows: %w", err)
	}
	return nil
}

// nudgeDevices makes the collection of devices due at once where a check says more than it knows.
func nudgeDevices(ctx context.Context, t *tx, customer ID, word DevicesWord) error {
	if word == "" {
		return nil
	}
	_, err := t.exec(ctx, `UPDATE collect_jobs SET due_at = $1, api_due_at = NULL WHERE customer_id = $2 AND kind = 'devices' AND due_at > $1
		AND state IN ('devices-gone', 'forbidden', 'permission-missing') AND ($3 = 'read' OR failures = 1)`, t.now, customer, word)
	if err != nil {
		return fmt.Errorf("make a collection of devices due: %w", err)
	}
	return nil
}

// checkAgain makes the check of a tenant's relation due at once, where there is one: its consent is another one now.
func checkAgain(ctx context.Context, t *tx, tenant string) error {
	_, err := t.exec(ctx, `UPDATE capability_checks SET due_at = $1 WHERE customer_id = (SELECT id FROM customers WHERE tenant_id = $2)`, t.now, tenant)
	if err != nil {
		return fmt.Errorf("make a check due: %w", err)
	}
	return nil
}

// AskCheck makes the check of a customer due at once because a person asked. customer is 0 for the customer's own people. It answers which customer it
// is. One that is running runs again after that. Errors: ErrNotFound when the view does not show it, ErrAskedJustNow, ErrStaleView.
func (s *Store) AskCheck(ctx context.Context, act Act, v policy.View, customer ID) (ID, error) {
	err := s.write(ctx, func(t *tx) error {
		if err := checkView(ctx, t, v); err != nil {
			return err
		}
		var err error
		if customer, err = seenCustomer(ctx, t, v, customer); err != nil {
			return err
		}
		var tenant string
		var asked bool
		err = t.QueryRowContext(ctx, `SELECT c.tenant_id, EXISTS (SELECT 1 FROM audit a WHERE a.customer_id = c.id AND a.at > $2 AND a.operation = 'collect.check')
			FROM customers c WHERE c.id = $1`, customer, t.now-AskPause.Milliseconds()).Scan(&tenant, &asked)
		switch {
		case err != nil:
			return notFound(err, "look for a customer to check")
		case asked:
			return ErrAskedJustNow
		}
		if err := checkAgain(ctx, t, tenant); err != nil {
			return err
		}
		return act.record(ctx, t, entry{customer: customer, tenant: tenant, operation: "collect.check", object: "customer", objectID: customer.String()})
	})
	return customer, err
}

// seenCustomer is the customer that a view shows: that of the customer's own side, or the given one.
func seenCustomer(ctx context.Context, t *tx, v policy.View, customer ID) (ID, error) {
	if v.Kind() == policy.KindOwn {
		own, _, err := ownRelation(ctx, t, v)
		return own, err
	}
	if v.One(customer).Empty() {
		return 0, ErrNotFound
	}
	return customer, nil
}

// CustomerCapabilities is what is known of what one customer allows.
type CustomerCapabilities struct {
	Customer ID
	Checked  time.Time // start of the last check; zero before the first
	Due      time.Time
	Running  bool
	Roomless bool // no room of it is granted, or known yet
	Found    []Capability
	Jobs     []CollectJob // what collecting's own calls say
}

// Capabilities reads what is known of what a customer allows; customer is 0 for the customer's own people. Errors: ErrNotFound, ErrStaleView.
func (s *Store) Capabilities(ctx context.Context, v policy.View, customer ID) (CustomerCapabilities, error) {
	var out CustomerCapabilities
	err := s.readView(ctx, v, func(t *tx) error {
		var err error
		if out.Customer, err = seenCustomer(ctx, t, v, customer); err != nil {
			return err
		}
		var due, leased int64
		var checked sql.NullInt64
		err = t.QueryRowContext(ctx, `SELECT due_at, leased_until, checked_at,
				NOT EXISTS (SELECT 1 FROM rooms r WHERE r.customer_id = $1 AND r.hidden_at IS NULL)
			FROM capability_checks WHERE customer_id = $1`, out.Customer).Scan(&due, &leased, &checked, &out.Roomless)
		if err != nil {
			return notFound(err, "read the check of a customer")
		}
		out.Due, out.Running, out.Checked = when(due), leased > t.now, whenOr0(checked)
		out.Found, err = readAll(ctx, t, "read what a customer allows", statement{`SELECT capability, state, detail, given, since, tried_at
			FROM capabilities WHERE customer_id = $1 ORDER BY capability`, []any{out.Customer}}, scanCapability)
		if err != nil {
			return err
		}
		out.Jobs, err = readAll(ctx, t, "read the collections of a customer", statement{`SELECT ` + jobColumns + ` FROM collect_jobs j
			WHERE j.customer_id = $1 ORDER BY j.kind`, []any{out.Customer}}, func(rows *sql.Rows, j *CollectJob) error {
			var row jobRow
			err := rows.Scan(row.places()...)
			*j = row.job(t.now)
			return err
		})
		return err
	})
	return out, err
}

func scanCapability(rows *sql.Rows, c *Capability) error {
	var given sql.NullBool
	var since int64
	var tried sql.NullInt64
	err := rows.Scan(&c.Name, &c.State, &c.Detail, &given, &since, &tried)
	c.Since, c.Tried = when(since), whenOr0(tried)
	if given.Valid {
		c.Given = &given.Bool
	}
	return err
}
