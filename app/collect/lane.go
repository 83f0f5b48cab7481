package collect

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"roomward/store"
)

// lane is one kind of work for one queue with its own workers, so that a crowd of one kind never keeps the other waiting, and customers whose
// tenant does not answer never keep those waiting whose tenant does.
type lane struct {
	kind  store.CollectKind
	queue store.CollectQueue
	most  time.Duration // how long one run may take
	free  chan struct{} // one for each idle worker
	wake  chan struct{}
	runs  sync.WaitGroup
}

func newLane(kind store.CollectKind, queue store.CollectQueue, most time.Duration, workers int) *lane {
	l := &lane{kind: kind, queue: queue, most: most, free: make(chan struct{}, workers), wake: make(chan struct{}, 1)}
	for range workers {
		l.free <- struct{}{}
	}
	return l
}

// Busy tells each lane how many of its workers collect, of how many.
func (c *Collector) Busy(each func(kind, queue string, busy, of int)) {
	for _, l := range c.lanes {
		each(string(l.kind), string(l.queue), cap(l.free)-len(l.free), cap(l.free))
	}
}

// kick makes the lane look for due work; several kicks before it looks are one.
func (l *lane) kick() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// every is a schedule by a fixed period. cron.Every knows whole seconds only.
type every time.Duration

// Next is one period later.
func (e every) Next(t time.Time) time.Time { return t.Add(time.Duration(e)) }

// Run collects until the context ends and every run has stopped. One tick per kind of work looks into the due table; there is no entry per
// customer (design 9).
func (c *Collector) Run(ctx context.Context) {
	if err := c.cfg.Store.ReleaseCollect(ctx); err != nil && ctx.Err() == nil {
		c.cfg.Log.Error("collect: release old leases", "error", err)
	}
	ticks := cron.New(cron.WithLocation(time.UTC), cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger), cron.Recover(cron.DiscardLogger)))
	var lanes sync.WaitGroup
	for _, l := range c.lanes {
		ticks.Schedule(every(c.cfg.Tick), cron.FuncJob(l.kick))
		lanes.Go(func() { c.drive(ctx, l) })
		l.kick()
	}
	ticks.Schedule(every(c.cfg.Tick), cron.FuncJob(c.checks.kick))
	lanes.Go(func() { c.driveChecks(ctx) })
	c.checks.kick()
	ticks.Schedule(every(pruneEvery), cron.FuncJob(func() { c.prune(ctx) }))
	ticks.Start()
	<-ctx.Done()
	<-ticks.Stop().Done()
	lanes.Wait()
}

// drive starts due work of one lane whenever it is woken, and waits for what runs when the context ends.
func (c *Collector) drive(ctx context.Context, l *lane) {
	defer l.runs.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		if err := c.start(ctx, l); err != nil && ctx.Err() == nil {
			c.cfg.Log.Error("collect: look for due work", "kind", l.kind, "queue", l.queue, "error", err)
		}
	}
}

// start gives due jobs to idle workers. Each worker that ends wakes the lane again, so that a backlog never waits for a tick.
func (c *Collector) start(ctx context.Context, l *lane) error {
	due, err := c.cfg.Store.CollectDue(ctx, l.kind, l.queue)
	if err != nil || !due {
		return err
	}
	idle := 0
	for range cap(l.free) {
		select {
		case <-l.free:
			idle++
			continue
		default:
		}
		break
	}
	if idle == 0 {
		return nil
	}
	leases, err := c.cfg.Store.ClaimCollect(ctx, l.kind, l.queue, idle, leaseFor)
	for range idle - len(leases) {
		l.free <- struct{}{}
	}
	for _, lease := range leases {
		l.runs.Go(func() {
			c.attend(ctx, lease, l.most)
			l.free <- struct{}{}
			c.Kick()
		})
	}
	return err
}

// attend does one leased job, in most at most. When it was stopped, the lease goes back: the job is due again at once.
func (c *Collector) attend(ctx context.Context, lease store.CollectLease, most time.Duration) {
	defer c.report(lease.Customer, nil)
	ctx, end := c.begin(ctx, c.running, lease.Customer)
	defer end()
	defer func() {
		if cause := recover(); cause != nil { // its lease ends by itself, so that it is not tried over and over
			c.cfg.Log.ErrorContext(ctx, "collect: a run broke", "customer", lease.Customer, "kind", lease.Kind, "cause", cause)
		}
	}()
	err := c.collect(ctx, lease, most)
	switch {
	case err == nil:
	case errors.Is(err, store.ErrNotFound): // the relation ended meanwhile
		c.askedBy(lease.Customer, lease.Kind)
	case ctx.Err() != nil:
		c.giveBack(ctx, lease)
	default:
		c.cfg.Log.Error("collect", "customer", lease.Customer, "kind", lease.Kind, "error", err)
	}
}

// giveBack ends the lease of a run that was stopped, also when the context has ended.
func (c *Collector) giveBack(ctx context.Context, lease store.CollectLease) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := c.cfg.Store.GiveBackCollect(ctx, lease); err != nil {
		c.cfg.Log.Error("collect: give a lease back", "customer", lease.Customer, "kind", lease.Kind, "error", err)
	}
}

// prune forgets old runs, in batches that let other changes in between.
func (c *Collector) prune(ctx context.Context) {
	for {
		gone, err := c.cfg.Store.PruneCollectRuns(ctx, pruneBatch)
		if err != nil && ctx.Err() == nil {
			c.cfg.Log.Error("collect: forget old runs", "error", err)
		}
		if err != nil || gone < pruneBatch {
			return
		}
	}
}
