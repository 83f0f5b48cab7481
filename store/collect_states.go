package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"roomward/policy"
)

// CollectJob is what is known of one job.
type CollectJob struct {
	Kind       CollectKind
	State      string
	Detail     string
	StateSince time.Time
	DueAt      time.Time
	LastGoodAt time.Time // zero while it was never good
	LastRunAt  time.Time
	Failures   int
	Running    bool
	APIDue     time.Time // until when devices are not asked for; zero when they are
	PresenceAt time.Time // of when is what Teams says of the rooms; zero while devices can be read
	ManagedAt  time.Time // when Intune answered last; zero while devices can be read
}

// CollectTarget is what a run needs to know before it asks Microsoft.
type CollectTarget struct {
	TenantID string
	Grant    policy.Grant
	// Consented tells that the tenant has given consent once, so that a refusal means that it was taken back.
	Consented bool
	Job       CollectJob
	// Allowed are the states of what the customer allows by the last check, by capability.
	Allowed map[string]string
}

// CollectTarget reads where a run goes. ErrNotFound when the relation has ended.
func (s *Store) CollectTarget(ctx context.Context, work policy.View, kind CollectKind) (CollectTarget, error) {
	var out CollectTarget
	customer, err := workOn(work)
	if err != nil {
		return out, err
	}
	err = s.read(ctx, func(t *tx) error {
		var grant string
		var consent Consent
		var job jobRow
		err := t.QueryRowContext(ctx, `SELECT c.tenant_id, c.grant_json, n.consent, `+jobColumns+`
			FROM customers c JOIN tenants n ON n.tenant_id = c.tenant_id
			JOIN collect_jobs j ON j.customer_id = c.id AND j.kind = $2 WHERE c.id = $1`, customer, kind).
			Scan(append([]any{&out.TenantID, &grant, &consent}, job.places()...)...)
		if err != nil {
			return notFound(err, "read the target of a collection")
		}
		out.Consented, out.Job = consent != ConsentNone, job.job(t.now)
		found, err := readAll(ctx, t, "read what a customer allows", statement{`SELECT capability, state, detail, given, since, tried_at
			FROM capabilities WHERE customer_id = $1`, []any{customer}}, scanCapability)
		if err != nil {
			return err
		}
		out.Allowed = make(map[string]string, len(found))
		for _, c := range found {
			out.Allowed[c.Name] = c.State
		}
		return fromJSON(grant, &out.Grant)
	})
	return out, err
}

const jobColumns = `j.kind, j.state, j.detail, j.state_since, j.due_at, j.leased_until, j.last_good_at, j.last_run_at, j.failures,
	j.api_due_at, j.presence_at, j.managed_at`

// jobRow is a row of jobColumns.
type jobRow struct {
	kind, state, detail sql.NullString
	since, due, leased  sql.NullInt64
	good, run, failures sql.NullInt64
	api, seen, managed  sql.NullInt64
}

func (r *jobRow) places() []any {
	return []any{&r.kind, &r.state, &r.detail, &r.since, &r.due, &r.leased, &r.good, &r.run, &r.failures, &r.api, &r.seen, &r.managed}
}

func (r *jobRow) job(now int64) CollectJob {
	return CollectJob{Kind: CollectKind(r.kind.String), State: r.state.String, Detail: r.detail.String, StateSince: whenOr0(r.since),
		DueAt: whenOr0(r.due), LastGoodAt: whenOr0(r.good), LastRunAt: whenOr0(r.run), Failures: int(r.failures.Int64),
		Running: r.leased.Int64 > now, APIDue: whenOr0(r.api), PresenceAt: whenOr0(r.seen), ManagedAt: whenOr0(r.managed)}
}

// CustomerCollect is what collecting says of one customer.
type CustomerCollect struct {
	Customer ID
	Name     string
	State    CustomerState
	Jobs     []CollectJob // by kind
}

// CollectStates reads what collecting says of each customer of the view, by name; like Customers, at most 10,000 customers.
func (s *Store) CollectStates(ctx context.Context, v policy.View) ([]CustomerCollect, error) {
	var out []CustomerCollect
	condition, set, tenant := inCustomers(v)
	err := s.readView(ctx, v, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `SELECT c.id, c.name, c.state, `+jobColumns+`
			FROM customers c LEFT JOIN collect_jobs j ON j.customer_id = c.id
			WHERE `+condition+` ORDER BY c.name, c.id, j.kind LIMIT 20000`, set, tenant)
		if err != nil {
			return fmt.Errorf("read the states of collecting: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var c CustomerCollect
			var job jobRow
			if err := rows.Scan(append([]any{&c.Customer, &c.Name, &c.State}, job.places()...)...); err != nil {
				return fmt.Errorf("read the states of collecting: %w", err)
			}
			if len(out) == 0 || out[len(out)-1].Customer != c.Customer {
				out = append(out, c)
			}
			if job.kind.Valid {
				last := &out[len(out)-1]
				last.Jobs = append(last.Jobs, job.job(t.now))
			}
		}
		return rows.Err()
	})
	return out, err
}

// StripHalfHours is the length of a customer's strip of runs: 24 hours.
const StripHalfHours = 48

// CollectStrips tells of the customers of a view how their runs of the last 24 hours went, by half hour, oldest first and the current one
// last: "none", "good", or "failed" when a run in it did not read everything.
func (s *Store) CollectStrips(ctx context.Context, v policy.View, customers []ID) (map[ID][]string, error) {
	const half = int64(30 * time.Minute / time.Millisecond)
	wanted, err := toJSON(numbers(customers))
	if err != nil {
		return nil, err
	}
	out := map[ID][]string{}
	condition, set, tenant := inCustomers(v)
	err = s.readView(ctx, v, func(t *tx) error {
		first := t.now/half - StripHalfHours + 1
		type slot struct {
			customer ID
			half     int64
			failed   bool
		}
		slots, err := readAll(ctx, t, "read the runs of a day", statement{`SELECT r.customer_id, r.started_at / 1800000, max(r.result <> 'ok')
			FROM customers c JOIN collect_runs r ON r.customer_id = c.id
			WHERE ` + condition + ` AND c.id ` + inSet(3) + ` AND r.started_at >= $4 GROUP BY 1, 2`, []any{set, tenant, wanted, first * half}},
			func(rows *sql.Rows, s *slot) error { return rows.Scan(&s.customer, &s.half, &s.failed) })
		if err != nil {
			return err
		}
		for _, s := range slots {
			strip := out[s.customer]
			if strip == nil {
				strip = make([]string, StripHalfHours)
				for i := range strip {
					strip[i] = "none"
				}
				out[s.customer] = strip
			}
			if n := s.half - first; n >= 0 && n < StripHalfHours {
				strip[n] = map[bool]string{true: "failed", false: "good"}[s.failed]
			}
		}
		return nil
	})
	return out, err
}

// CollectRun is one run that has ended.
type CollectRun struct {
	ID           ID
	Customer     ID
	CustomerName string
	Kind         CollectKind
	StartedAt    time.Time
	EndedAt      time.Time
	State        string
	Detail       string
	Requests     int
	Waited       time.Duration
	Changed      int
	AskedBy      string
}

// CollectRunQuery asks for one page of runs, newest first. Fields that are zero do not narrow.
type CollectRunQuery struct {
	Customer ID
	Kind     CollectKind
	States   []string
	After    *CollectRun // the last one of the page before
	Limit    int
}

// CollectRuns reads one page of the runs of the customers of a view; more tells whether there is another.
func (s *Store) CollectRuns(ctx context.Context, v policy.View, q CollectRunQuery) (runs []CollectRun, more bool, err error) {
	c := &conditions{}
	if q.Customer != 0 {
		v = v.One(q.Customer)
		c.add("r.customer_id " + c.set(v.CustomersJSON()))
	} else {
		c.add("+r.customer_id " + c.set(v.CustomersJSON()))
	}
	if q.Kind != "" {
		c.add("r.kind = " + c.param(q.Kind))
	}
	if err := c.among("r.result", q.States); err != nil {
		return nil, false, err
	}
	o := order{columns: []string{"r.started_at", "r.id"}, down: true}
	if q.After != nil {
		c.add(o.after(c, millis(q.After.StartedAt), q.After.ID))
	}
	text := `SELECT r.id, r.customer_id, c.name, r.kind, r.started_at, r.ended_at, r.result, r.detail, r.requests, r.waited_ms, r.changed, r.asked_by
		FROM collect_runs r JOIN customers c ON c.id = r.customer_id
		WHERE ` + c.String() + ` ORDER BY ` + o.String() + ` LIMIT ` + c.param(pageSize(q.Limit)+1)
	err = s.readView(ctx, v, func(t *tx) error {
		runs, err = readAll(ctx, t, "read collection runs", statement{text, c.args}, scanRun)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if more = len(runs) > pageSize(q.Limit); more {
		runs = runs[:pageSize(q.Limit)]
	}
	return runs, more, nil
}

func scanRun(rows *sql.Rows, r *CollectRun) error {
	var started, ended, waited int64
	err := rows.Scan(&r.ID, &r.Customer, &r.CustomerName, &r.Kind, &started, &ended, &r.State, &r.Detail, &r.Requests, &waited, &r.Changed, &r.AskedBy)
	r.StartedAt, r.EndedAt, r.Waited = when(started), when(ended), time.Duration(waited)*time.Millisecond
	return err
}
