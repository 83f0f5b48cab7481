// Package change is change control: what the partner asked for and the customer decides about. What was approved it does as the person who asked,
// with the rights of that moment (design 7).
package change

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// ErrGone says of a person that the account was deleted or disabled.
var ErrGone = errors.New("the account is gone or disabled")

const (
	// tickEvery is how often the runner looks for work that nobody told it of.
	tickEvery = 15 * time.Second
	atOnce    = 20
	// timeout of one request, and how often it is tried while something is in the way that passes: half an hour in all.
	timeout  = 30 * time.Second
	maxTries = 120
)

// Config is what change control is made of.
type Config struct {
	Store *store.Store
	// Person finds the member of the partner who asked, as it is now, with the groups of this moment and the authentication contexts that its
	// session had then. ErrGone for who is not there any more.
	Person func(ctx context.Context, oid string, contexts []string) (api.Person, error)
	Log    *slog.Logger
}

// Change answers about change requests and carries out those that were approved.
type Change struct {
	cfg     Config
	replays map[string]api.Replay
	kick    chan struct{}
}

// New makes change control. The routes come by Use, because its own are among them.
func New(cfg Config) *Change { return &Change{cfg: cfg, kick: make(chan struct{}, 1)} }

// Use gives the routes by which approved requests are carried out; before Run.
func (c *Change) Use(replays map[string]api.Replay) { c.replays = replays }

// Run carries out approved requests until the context ends.
func (c *Change) Run(ctx context.Context) {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		if err := c.work(ctx); err != nil && ctx.Err() == nil {
			c.cfg.Log.Error("carry out approved requests", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-c.kick:
		case <-tick.C:
		}
	}
}

func (c *Change) wake() {
	select {
	case c.kick <- struct{}{}:
	default: // it looks already
	}
}

func (c *Change) work(ctx context.Context) error {
	if err := c.cfg.Store.ExpireRequests(ctx); err != nil {
		return err
	}
	list, err := c.cfg.Store.ApprovedRequests(ctx, atOnce)
	if err != nil {
		return err
	}
	ended := 0
	for _, q := range list {
		stays, err := c.carryOut(ctx, q)
		if err != nil {
			return err
		}
		if !stays {
			ended++
		}
	}
	if len(list) == atOnce && ended > 0 { // else the same would come again: they have their next try with the next tick
		c.wake()
	}
	return nil
}

// carryOut does one approved request, and tells whether it stays to be tried again. The store ends it in the transaction of the change itself, so that
// it is done once whatever happens here.
func (c *Change) carryOut(ctx context.Context, q store.ChangeRequest) (stays bool, err error) {
	code, passes := c.attempt(ctx, q)
	if ctx.Err() != nil {
		return true, ctx.Err() // the next start tries again
	}
	if passes && q.Tries < maxTries {
		return true, c.cfg.Store.RetryRequest(ctx, q.ID)
	}
	// One that was done is not there to fail any more; one that changed nothing is.
	return false, c.cfg.Store.FailRequest(ctx, store.System("change control"), q.ID, code)
}

// attempt answers the code of why a request could not be done, and whether that passes.
func (c *Change) attempt(ctx context.Context, q store.ChangeRequest) (code string, passes bool) {
	ctx, done := context.WithTimeout(ctx, timeout)
	defer done()
	replay := c.replays[q.Route]
	if replay == nil {
		return "not-offered", false
	}
	p, err := c.cfg.Person(ctx, q.AskedByOID, q.Contexts)
	switch {
	case errors.Is(err, ErrGone):
		return "account-gone", false
	case err != nil:
		c.cfg.Log.Warn("the person of an approved request could not be found out", "change", q.ID, "error", err)
		return "unavailable", true
	}
	err = replay(ctx, api.Original{Person: p, Approved: q.ID}, []byte(q.Input))
	if err == nil {
		return "nothing-to-do", false
	}
	code, passes = failureOf(err)
	if passes {
		c.cfg.Log.Warn("an approved request could not be carried out", "change", q.ID, "error", err)
	}
	return code, passes
}

func failureOf(err error) (code string, passes bool) {
	var refusal *policy.Refusal
	var conflict store.Conflict
	var problem *api.Problem
	switch {
	case errors.As(err, &refusal):
		return refusal.Code, false
	case errors.As(err, &conflict):
		return conflict.Code, false
	case errors.Is(err, store.ErrNotFound):
		return "not-found", false
	case errors.As(err, &problem):
		return problem.Code, problem.Status >= http.StatusInternalServerError
	}
	return "internal", true
}
