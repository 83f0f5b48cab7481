package collect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// run is one leased job in work.
type run struct {
	lease   store.CollectLease
	work    policy.View
	target  store.CollectTarget
	started time.Time
}

// result is what a run found out. places and devices are nil where there is nothing to compare with.
type result struct {
	verdict
	places  *placesResult
	devices *store.DevicesFound
	// instead tells that something else was read because devices cannot be.
	instead bool
}

type placesResult struct {
	found   []store.PlaceFound
	outside []string // keys of listed rooms that the grant does not cover
	unsure  []string // keys of stored rooms that may be there
	partial bool     // any stored room may be there
}

// collect does one leased job: fetch, which may take most, compare, write, and say how it went. An error means that nothing at all was written.
func (c *Collector) collect(ctx context.Context, lease store.CollectLease, most time.Duration) error {
	r := run{lease: lease, work: c.cfg.Work(lease.Customer, "collect "+string(lease.Kind)), started: c.cfg.Now()}
	var err error
	if r.target, err = c.cfg.Store.CollectTarget(ctx, r.work, lease.Kind); err != nil {
		return fmt.Errorf("read what to collect: %w", err)
	}
	counted, usage := graph.Count(ctx)
	timed, cancel := context.WithTimeout(counted, most)
	defer cancel()
	found := c.fetch(timed, r)
	if err := ctx.Err(); err != nil {
		return err // stopped from outside: what was fetched may be half of it
	}
	now := c.cfg.Now()
	outcome := store.CollectOutcome{
		Lease: lease, StartedAt: r.started, State: found.state, Detail: found.detail, Good: found.good,
		NextDue:  c.next(lease.Customer, lease.Kind, found.verdict, r.target.Job.Failures, r.started, now),
		Requests: usage.Requests(), Waited: usage.Waited(), AskedBy: c.askedBy(lease.Customer, lease.Kind), Held: found.held, Presence: found.instead,
	}
	if found.instead { // which is read as often as devices are; these are asked for when a failing customer would be
		outcome.APIDue = outcome.NextDue
		if found.held {
			outcome.APIDue = r.target.Job.APIDue
		}
		outcome.NextDue = c.next(lease.Customer, lease.Kind, verdict{good: true}, 0, r.started, now)
	}
	changed, err := c.write(ctx, r, outcome, found)
	if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrLeaseLost) && ctx.Err() == nil {
		c.cfg.Log.ErrorContext(ctx, "collect: write", "customer", lease.Customer, "kind", lease.Kind, "error", err)
		outcome.State, outcome.Detail, outcome.Good, outcome.Held, outcome.Presence, outcome.APIDue = StateInternal, "", false, false, false, time.Time{}
		outcome.NextDue = c.next(lease.Customer, lease.Kind, verdict{state: StateInternal}, r.target.Job.Failures, r.started, now)
		c.cfg.Collected(string(lease.Kind), outcome.State, c.cfg.Now().Sub(r.started))
		return c.cfg.Store.FinishCollect(ctx, r.work, outcome)
	}
	c.cfg.Collected(string(lease.Kind), outcome.State, c.cfg.Now().Sub(r.started))
	c.cfg.Log.DebugContext(ctx, "collect", "customer", lease.Customer, "kind", lease.Kind, "state", outcome.State, "detail", outcome.Detail,
		"requests", outcome.Requests, "changed", changed, "took", c.cfg.Now().Sub(r.started))
	return err
}

// fetch asks Microsoft. It turns every failure into a verdict, a panic too.
func (c *Collector) fetch(ctx context.Context, r run) (out result) {
	defer func() {
		if cause := recover(); cause != nil {
			c.cfg.Log.ErrorContext(ctx, "collect: a run broke", "customer", r.lease.Customer, "kind", r.lease.Kind, "cause", cause)
			out = result{verdict: verdict{state: StateInternal}}
		}
	}()
	c.report(r.lease.Customer, &Progress{Step: string(r.lease.Kind)})
	if r.lease.Kind == store.CollectPlaces {
		return c.fetchPlaces(ctx, r)
	}
	return c.fetchDevices(ctx, r)
}

// write gives the store what was found. A panic of the rules is an error: nothing of the transaction stays.
func (c *Collector) write(ctx context.Context, r run, o store.CollectOutcome, found result) (changed int, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			c.cfg.Log.ErrorContext(ctx, "collect: writing broke", "customer", r.lease.Customer, "kind", r.lease.Kind, "cause", cause)
			changed, err = 0, errBroke
		}
	}()
	switch {
	case found.places != nil:
		o.Partial, o.Unsure, o.Outside = found.places.partial, found.places.unsure, found.places.outside
		return c.cfg.Store.ApplyPlaces(ctx, r.work, o, found.places.found)
	case found.devices != nil:
		return c.cfg.Store.ApplyDevices(ctx, r.work, o, *found.devices)
	}
	return 0, c.cfg.Store.FinishCollect(ctx, r.work, o)
}
