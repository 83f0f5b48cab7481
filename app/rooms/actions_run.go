package rooms

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"roomward/app/api"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// ErrPersonGone says of a person that the account was deleted or disabled.
var ErrPersonGone = errors.New("the account is gone or disabled")

const (
	actionTick    = 2 * time.Second // how often due steps are looked for; asking wakes the runner at once
	actionWorkers = 16              // steps at the same time; a tenant that does not answer keeps one for half a minute
	actionStep    = 90 * time.Second
	actionLease   = 2 * time.Minute // a step never outlives its lease
	pruneEvery    = time.Hour
	pruneBatch    = 1_000
)

// ActionsConfig is what carrying out actions needs from its surroundings.
type ActionsConfig struct {
	Store *store.Store
	Graph *graph.Client // of the registration that acts
	// Former are further client ids by which Microsoft may name us: another registration acted before the one that does now.
	Former  []string
	Decider *policy.Decider
	// Person is who asked, as it is at this moment, with its groups, and with the authentication contexts that its sign-in had met. ErrPersonGone for
	// who is not there any more.
	Person func(ctx context.Context, oid string, contexts []string) (policy.Actor, error)
	// Work makes the view of background work for one customer; app.go hands policy.ForWork over (law 4).
	Work func(customer policy.ID, reason string) policy.View
	Now  func() time.Time
	// Log receives what an operator should know. Nothing of a customer but ids goes there.
	Log *slog.Logger
}

// Actions carries out what was asked of the devices of rooms, step by step: each step is one question to Microsoft and one change of the store, so that a
// crash at any moment loses nothing and repeats nothing.
type Actions struct {
	cfg   ActionsConfig
	wake  chan struct{}
	free  chan struct{}
	steps sync.WaitGroup

	mu      sync.Mutex
	running map[policy.ID]map[policy.ID]context.CancelFunc // by customer and action
}

// NewActions makes the runner; Run starts it.
func NewActions(cfg ActionsConfig) *Actions {
	return &Actions{cfg: cfg, wake: make(chan struct{}, 1), free: make(chan struct{}, actionWorkers), running: map[policy.ID]map[policy.ID]context.CancelFunc{}}
}

// Kick makes the runner look for due steps now.
func (a *Actions) Kick() {
	select {
	case a.wake <- struct{}{}:
	default: // it looks already
	}
}

// Stop ends the running steps of a customer: its relation has ended, and the store takes nothing of it any more.
func (a *Actions) Stop(customer policy.ID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, stop := range a.running[customer] {
		stop()
	}
}

// Run carries out actions until the context ends and every step has stopped.
func (a *Actions) Run(ctx context.Context) {
	defer a.steps.Wait()
	if err := a.cfg.Store.ReleaseActions(ctx); err != nil && ctx.Err() == nil {
		a.cfg.Log.Error("actions: release old leases", "error", err)
	}
	tick, prune := time.NewTicker(actionTick), time.NewTicker(pruneEvery)
	defer tick.Stop()
	defer prune.Stop()
	for {
		if err := a.start(ctx); err != nil && ctx.Err() == nil {
			a.cfg.Log.Error("actions: look for due steps", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		case <-tick.C:
		case <-prune.C:
			if _, err := a.cfg.Store.PruneActions(ctx, pruneBatch); err != nil && ctx.Err() == nil {
				a.cfg.Log.Error("actions: forget old ones", "error", err)
			}
		}
	}
}

// start gives due steps to idle workers. Each that ends wakes the runner, so that a backlog never waits for a tick.
func (a *Actions) start(ctx context.Context) error {
	idle := cap(a.free) - len(a.free)
	if idle == 0 {
		return nil
	}
	due, err := a.cfg.Store.ActionsDue(ctx)
	if err != nil || !due {
		return err
	}
	leases, err := a.cfg.Store.ClaimActions(ctx, idle, actionLease)
	if err != nil {
		return err
	}
	for _, lease := range leases {
		a.free <- struct{}{}
		a.steps.Go(func() {
			a.attend(ctx, lease)
			<-a.free
			a.Kick()
		})
	}
	return nil
}

// attend does one leased step. One that was stopped leaves its lease behind: what it may have sent is looked for when that has ended.
func (a *Actions) attend(ctx context.Context, lease store.ActionLease) {
	ctx, end := a.begin(api.WithCustomer(ctx, lease.Customer), lease)
	defer end()
	work := a.cfg.Work(lease.Customer, "room action")
	err := a.step(ctx, work, lease)
	switch {
	case err == nil, ctx.Err() != nil, errors.Is(err, store.ErrNotFound): // the relation, or the room, has gone meanwhile
	default:
		a.cfg.Log.ErrorContext(ctx, "action", "customer", lease.Customer, "action", lease.ID, "error", err)
	}
}

// begin makes a step that Stop can end.
func (a *Actions) begin(ctx context.Context, lease store.ActionLease) (_ context.Context, end func()) {
	ctx, stop := context.WithTimeout(ctx, actionStep)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running[lease.Customer] == nil {
		a.running[lease.Customer] = map[policy.ID]context.CancelFunc{}
	}
	a.running[lease.Customer][lease.ID] = stop
	return ctx, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.running[lease.Customer], lease.ID)
		if len(a.running[lease.Customer]) == 0 {
			delete(a.running, lease.Customer)
		}
		stop()
	}
}
