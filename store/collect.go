package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"roomward/policy"
)

// CollectKind is a kind of collecting work: one line of the due table per customer and kind.
type CollectKind string

const (
	// CollectPlaces fetches which rooms there are.
	CollectPlaces CollectKind = "places"
	// CollectDevices fetches the devices of the rooms and their health.
	CollectDevices CollectKind = "devices"
)

// The states of a collecting job that the store itself acts on; app/collect knows the others.
const (
	// CollectNew says that the job has never run.
	CollectNew = "new"
	// CollectOK says that the last run read everything.
	CollectOK = "ok"
	// CollectWithdrawn says that the customer took its consent back in Entra: its own kill switch (design 9).
	CollectWithdrawn = "consent-withdrawn"
)

// CollectQueue tells apart who waits for a worker: a customer that does not answer keeps its worker for long, and must not stand in the way of
// those that do.
type CollectQueue string

const (
	// QueueAll are all jobs of a kind.
	QueueAll CollectQueue = ""
	// QueueSound are the jobs whose last run went well, or that have not run yet.
	QueueSound CollectQueue = "sound"
	// QueueFailing are the jobs whose last run failed.
	QueueFailing CollectQueue = "failing"
)

// ErrLeaseLost says that a run took longer than its lease: what it found out about the job is not written.
var ErrLeaseLost = errors.New("the lease of this collection has ended")

// CollectLease is the right to run one job until a moment. It names no more than the customer: everything else needs a view of work.
type CollectLease struct {
	Customer ID
	Kind     CollectKind
	Until    time.Time
}

// CollectOutcome is how a run ended.
type CollectOutcome struct {
	Lease     CollectLease
	StartedAt time.Time
	State     string // of the job from now on
	Detail    string
	Good      bool // everything was read: the data are of StartedAt
	Partial   bool // of a list of rooms: it holds items that could be any room, so that nothing follows from what is not in it
	// Unsure are the keys of stored rooms that may be among items of the list which could not be read: these do not count as missing.
	Unsure []string
	// Outside are the keys of listed rooms that the grant does not cover: what says so is the list itself, also where it is partial. None is stored.
	Outside []string
	NextDue time.Time
	// APIDue is until when devices are not asked for, because what Teams says of the rooms is read instead; zero for not at all.
	APIDue time.Time
	// Held tells that they were not asked for in this run: the failures stay as many.
	Held bool
	// Presence tells that what Teams says of the rooms is of StartedAt.
	Presence bool
	Requests int
	Waited   time.Duration
	Changed  int    // rows of the customer that were written
	AskedBy  string // who asked for it; "" when it was due
}

// startJobs makes the jobs of a new relation, due at once. The transaction that accepts an invitation calls it.
func startJobs(ctx context.Context, t *tx, customer ID) error {
	for _, kind := range []CollectKind{CollectPlaces, CollectDevices} {
		_, err := t.exec(ctx, `INSERT INTO collect_jobs (customer_id, kind, due_at, state, state_since) VALUES ($1, $2, $3, $4, $3)`,
			customer, kind, t.now, CollectNew)
		if err != nil {
			return fmt.Errorf("start collecting %s: %w", kind, err)
		}
	}
	if _, err := t.exec(ctx, `INSERT INTO capability_checks (customer_id, due_at) VALUES ($1, $2)`, customer, t.now); err != nil {
		return fmt.Errorf("start checking what a customer allows: %w", err)
	}
	return nil
}

// claimable is the condition of a job j of kind $1 that may run at $2 and stands in queue $3. Two jobs of one customer never run at once, and devices wait until the
// rooms they stand in are known.
const claimable = `j.kind = $1 AND j.due_at <= $2 AND ($3 = '' OR ($3 = 'failing') = (j.failures > 0))
	AND NOT EXISTS (SELECT 1 FROM collect_jobs o WHERE o.customer_id = j.customer_id AND o.leased_until > $2)
	AND (j.kind = 'places' OR EXISTS (SELECT 1 FROM collect_jobs p
		WHERE p.customer_id = j.customer_id AND p.kind = 'places' AND p.last_good_at IS NOT NULL))`

// ClaimCollect takes up to limit due jobs of a kind and queue, the longest due first, and leases them.
func (s *Store) ClaimCollect(ctx context.Context, kind CollectKind, queue CollectQueue, limit int, lease time.Duration) ([]CollectLease, error) {
	var out []CollectLease
	err := s.write(ctx, func(t *tx) error {
		until := t.now + lease.Milliseconds()
		rows, err := t.QueryContext(ctx, `UPDATE collect_jobs SET leased_until = $4, last_run_at = $2
			WHERE kind = $1 AND customer_id IN (
				SELECT j.customer_id FROM collect_jobs j WHERE `+claimable+` ORDER BY j.due_at, j.customer_id LIMIT $5)
			RETURNING customer_id`, kind, t.now, queue, until, limit)
		if err != nil {
			return fmt.Errorf("claim due collections: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			l := CollectLease{Kind: kind, Until: when(until)}
			if err := rows.Scan(&l.Customer); err != nil {
				return fmt.Errorf("claim due collections: %w", err)
			}
			out = append(out, l)
		}
		return rows.Err()
	})
	return out, err
}

// CollectDue tells whether ClaimCollect would find something, without writing.
func (s *Store) CollectDue(ctx context.Context, kind CollectKind, queue CollectQueue) (bool, error) {
	var due bool
	err := s.read(ctx, func(t *tx) error {
		err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM collect_jobs j WHERE `+claimable+`)`, kind, t.now, queue).Scan(&due)
		if err != nil {
			return fmt.Errorf("look for due collections: %w", err)
		}
		return nil
	})
	return due, err
}

// ReleaseCollect ends all leases. A starting process calls it: with SQLite there is one process, and a lease it finds is of one that died.
func (s *Store) ReleaseCollect(ctx context.Context) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(ctx, `UPDATE collect_jobs SET leased_until = 0 WHERE leased_until > 0`); err != nil {
			return fmt.Errorf("release the leases of collecting: %w", err)
		}
		if _, err := t.exec(ctx, `UPDATE capability_checks SET leased_until = 0 WHERE leased_until > 0`); err != nil {
			return fmt.Errorf("release the leases of checks: %w", err)
		}
		return nil
	})
}

// GiveBackCollect ends a lease without a result: the run was stopped, and the job is due again at once.
func (s *Store) GiveBackCollect(ctx context.Context, l CollectLease) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE collect_jobs SET leased_until = 0 WHERE customer_id = $1 AND kind = $2 AND leased_until = $3`,
			l.Customer, l.Kind, millis(l.Until))
		if err != nil {
			return fmt.Errorf("give back the lease of a collection: %w", err)
		}
		return nil
	})
}

// FinishCollect writes how a run ended: the job, the run, and, where consent was withdrawn or given again, the state of the customer with
// its rule version, so that the views close or open with the same commit. Errors: ErrLeaseLost, ErrNotFound when the relation has ended.
func (s *Store) FinishCollect(ctx context.Context, work policy.View, o CollectOutcome) error {
	customer, err := workOn(work)
	if err != nil {
		return err
	}
	return s.departing(ctx, s.write, func(t *tx) ([]Departure, error) {
		if o.Good && o.Lease.Kind == CollectDevices { // no room is granted: nothing is shown instead of devices
			if _, err := forgetInstead(ctx, t, customer); err != nil {
				return nil, err
			}
		}
		return finish(ctx, t, customer, o)
	})
}

// finish is the end of a run inside the transaction that writes what it found. It answers what is to be in the departed file.
func finish(ctx context.Context, t *tx, customer ID, o CollectOutcome) ([]Departure, error) {
	if o.Lease.Customer != customer {
		return nil, errors.New("the lease is of another customer")
	}
	if err := finishJob(ctx, t, customer, o); err != nil {
		return nil, err
	}
	_, err := t.exec(ctx, `INSERT INTO collect_runs (id, customer_id, kind, started_at, ended_at, result, detail, requests, waited_ms, changed, asked_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, policy.NewID(), customer, o.Lease.Kind, millis(o.StartedAt), t.now,
		o.State, o.Detail, o.Requests, o.Waited.Milliseconds(), o.Changed, o.AskedBy)
	if err != nil {
		return nil, fmt.Errorf("record a collection: %w", err)
	}
	return followConsent(ctx, t, customer, o)
}

func finishJob(ctx context.Context, t *tx, customer ID, o CollectOutcome) error {
	var good, presence any
	if o.Good {
		good = millis(o.StartedAt)
	}
	if o.Presence {
		presence = millis(o.StartedAt)
	}
	n, err := t.exec(ctx, `UPDATE collect_jobs SET
			state_since = CASE WHEN state = $3 THEN state_since ELSE $4 END,
			state = $3, detail = $5, due_at = $6, leased_until = 0,
			last_good_at = coalesce($7, last_good_at),
			failures = CASE WHEN $8 THEN 0 WHEN $10 THEN failures ELSE failures + 1 END,
			api_due_at = $11,
			presence_at = CASE WHEN $8 THEN NULL ELSE coalesce($12, presence_at) END,
			managed_at = CASE WHEN $8 THEN NULL ELSE managed_at END
		WHERE customer_id = $1 AND kind = $2 AND leased_until = $9`,
		customer, o.Lease.Kind, o.State, t.now, o.Detail, millis(o.NextDue), good, o.Good, millis(o.Lease.Until), o.Held, orNull(o.APIDue), presence)
	if err != nil {
		return fmt.Errorf("finish a collection: %w", err)
	}
	if n > 0 {
		return nil
	}
	var there bool
	err = t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM collect_jobs WHERE customer_id = $1)`, customer).Scan(&there)
	if err != nil {
		return fmt.Errorf("look for a collection: %w", err)
	}
	if !there {
		return ErrNotFound
	}
	return ErrLeaseLost
}

// AskPause is how long after somebody asked for a collection of a customer nobody may ask again: each costs requests to Microsoft.
const AskPause = time.Minute

// ErrAskedJustNow says that a collection of this customer was asked for less than AskPause ago.
var ErrAskedJustNow = errors.New("a collection was asked for just now")

// AskCollect makes the jobs of a customer due at once because a person asked; kind "" means all of them. ErrNotFound when the view does not
// show the customer. Errors: Conflict "collection-running" and "collection-queued", ErrAskedJustNow, ErrStaleView.
func (s *Store) AskCollect(ctx context.Context, act Act, v policy.View, customer ID, kind CollectKind) error {
	return s.write(ctx, func(t *tx) error {
		if err := checkView(ctx, t, v); err != nil {
			return err
		}
		if v.One(customer).Empty() {
			return ErrNotFound
		}
		tenant, err := mayAsk(ctx, t, customer, kind)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE collect_jobs SET due_at = $1, api_due_at = NULL WHERE customer_id = $2 AND ($3 = '' OR kind = $3) AND due_at > $1`,
			t.now, customer, kind)
		if err != nil {
			return fmt.Errorf("make collections due: %w", err)
		}
		return act.record(ctx, t, entry{customer: customer, tenant: tenant, operation: "collect.ask", object: "customer",
			objectID: customer.String(), detail: map[string]any{"kind": kind}})
	})
}

// mayAsk gives the tenant of a customer whose collection may be asked for now.
func mayAsk(ctx context.Context, t *tx, customer ID, kind CollectKind) (tenant string, err error) {
	var running, queued, asked bool
	err = t.QueryRowContext(ctx, `SELECT c.tenant_id,
			EXISTS (SELECT 1 FROM collect_jobs j WHERE j.customer_id = c.id AND j.leased_until > $2),
			EXISTS (SELECT 1 FROM collect_jobs j WHERE j.customer_id = c.id AND j.due_at <= $2 AND ($3 = '' OR j.kind = $3)
				AND (j.kind = 'places' OR EXISTS (SELECT 1 FROM collect_jobs p
					WHERE p.customer_id = c.id AND p.kind = 'places' AND p.last_good_at IS NOT NULL))),
			EXISTS (SELECT 1 FROM audit a WHERE a.customer_id = c.id AND a.at > $4 AND a.operation = 'collect.ask')
		FROM customers c WHERE c.id = $1`, customer, t.now, kind, t.now-AskPause.Milliseconds()).Scan(&tenant, &running, &queued, &asked)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", ErrNotFound
	case err != nil:
		return "", fmt.Errorf("look for running collections: %w", err)
	case running:
		return "", Conflict{"collection-running"}
	case queued:
		return "", Conflict{"collection-queued"}
	case asked:
		return "", ErrAskedJustNow
	}
	return tenant, nil
}

// PruneCollectRuns forgets runs: those older than 30 days, and quiet ones (nothing wrong, nothing changed) already after two days, because
// 1,000 customers make 288,000 of them a day. At most limit rows go at a time; it tells how many went.
func (s *Store) PruneCollectRuns(ctx context.Context, limit int) (int, error) {
	const day = 24 * time.Hour
	var gone int64
	err := s.write(ctx, func(t *tx) error {
		var err error
		gone, err = t.exec(ctx, `DELETE FROM collect_runs WHERE id IN (
			SELECT id FROM collect_runs WHERE started_at < $1
			  AND (started_at < $2 OR result = 'ok' AND changed = 0 AND asked_by = '')
			ORDER BY started_at LIMIT $3)`,
			t.now-(2*day).Milliseconds(), t.now-(30*day).Milliseconds(), limit)
		if err != nil {
			return fmt.Errorf("forget old collections: %w", err)
		}
		return nil
	})
	return int(gone), err
}

// workOn is the customer of a view of background work. Collecting takes no other view.
func workOn(v policy.View) (ID, error) {
	customers := v.Customers()
	if v.Kind() != policy.KindWork || len(customers) != 1 {
		return 0, errors.New("this needs a view of background work for one customer")
	}
	return customers[0], nil
}
