package rooms

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

const (
	// actionLife is how long an action is tried, and how long Microsoft has to say what became of it. Restarts wait until the device is idle, which
	// takes hours (graph.md 2), not days.
	actionLife = 24 * time.Hour
	// A request whose answer was lost is looked for among the device's operations, which may be late, before it counts as not taken.
	lookFor   = time.Minute
	lookEvery = 10 * time.Second
	clockSkew = 2 * time.Minute // between Microsoft's clock and ours
	maxSends  = 3
	// Between questions: a fifth of the time that has passed, so that a quick restart is noticed quickly and a long one costs little.
	paceLeast, paceMost = 3 * time.Second, 5 * time.Minute
	// Between tries while something is in the way.
	retryLeast, retryMost = 15 * time.Second, 10 * time.Minute
	refreshes             = 4 // how often rights may change under a step
)

// step does what comes next of an action, and writes what it came to.
func (a *Actions) step(ctx context.Context, work policy.View, lease store.ActionLease) error {
	job, err := a.cfg.Store.LeasedAction(ctx, work, lease)
	if err != nil {
		return err
	}
	next, err := a.next(ctx, work, lease, job)
	if err != nil {
		return err
	}
	return a.cfg.Store.StepAction(ctx, work, lease, next)
}

func (a *Actions) next(ctx context.Context, work policy.View, lease store.ActionLease, job store.LeasedAction) (store.ActionStep, error) {
	switch job.State {
	case store.ActionQueued:
		return a.send(ctx, work, lease, job)
	case store.ActionSent:
		return a.search(ctx, job)
	}
	o, err := a.cfg.Graph.Operation(ctx, job.Tenant, job.DeviceGraph, job.Operation)
	if err != nil {
		return a.later(ctx, job, err)
	}
	return a.judge(job, o), nil
}

// send asks Microsoft, as the person who asked for the action and with its rights of this moment.
func (a *Actions) send(ctx context.Context, work policy.View, lease store.ActionLease, job store.LeasedAction) (store.ActionStep, error) {
	if a.cfg.Now().Sub(job.AskedAt) >= actionLife {
		return failed(cmp.Or(job.Failure, "unavailable"), job.Said), nil
	}
	actor, err := a.cfg.Person(ctx, job.OID, job.Contexts)
	if errors.Is(err, ErrPersonGone) {
		return failed("account-gone", ""), nil
	}
	if err != nil {
		if ctx.Err() != nil {
			return store.ActionStep{}, ctx.Err()
		}
		a.cfg.Log.Warn("the person of an action could not be found out", "action", job.ID, "error", err)
		return a.wait(job, store.ActionQueued, "unavailable", 0), nil
	}
	refused, err := a.authorise(ctx, work, actor, lease)
	if err != nil {
		return store.ActionStep{}, err
	}
	if refused != "" {
		return failed(refused, ""), nil
	}
	id, err := a.cfg.Graph.Restart(ctx, job.Tenant, job.DeviceGraph)
	if err == nil {
		return store.ActionStep{State: store.ActionRunning, Operation: id, Due: a.cfg.Now().Add(paceLeast)}, nil
	}
	return a.unsent(ctx, job, err)
}

// authorise marks the action as sent if the person may do it, and answers why not otherwise.
func (a *Actions) authorise(ctx context.Context, work policy.View, actor policy.Actor, lease store.ActionLease) (refused string, err error) {
	for n := 1; ; n++ {
		acts, err := a.cfg.Decider.View(ctx, actor, policy.RoomsAct)
		if err != nil {
			return "", err
		}
		refused, err := a.cfg.Store.SendAction(ctx, work, acts, lease)
		if !errors.Is(err, store.ErrStaleView) || n == refreshes {
			return refused, err
		}
		if err := a.cfg.Decider.Refresh(ctx, actor); err != nil {
			return "", err
		}
	}
}

// unsent says what a request that Microsoft did not accept comes to.
func (a *Actions) unsent(ctx context.Context, job store.LeasedAction, err error) (store.ActionStep, error) {
	var e *graph.Error
	if ctx.Err() != nil || !errors.As(err, &e) {
		return store.ActionStep{}, fmt.Errorf("ask for an action: %w", err) // it stays marked as sent, and is looked for
	}
	switch {
	case e.Uncertain:
		return store.ActionStep{State: store.ActionSent, Due: a.cfg.Now().Add(lookEvery), Failure: "unavailable", Said: e.Message}, nil
	case e.Kind == graph.Conflict && job.Attempts > 0: // perhaps by the request whose answer was lost
		return store.ActionStep{State: store.ActionSent, Due: a.cfg.Now()}, nil
	case e.Kind == graph.Throttled || e.Kind == graph.Unavailable:
		step := a.wait(job, store.ActionQueued, obstacle(e), e.RetryAfter)
		step.Untaken = true
		return step, nil
	}
	return failed(obstacle(e), saidOf(e)), nil
}

// search looks for the operation of a request whose answer was lost. Nothing is sent while it may be there.
func (a *Actions) search(ctx context.Context, job store.LeasedAction) (store.ActionStep, error) {
	list, err := a.cfg.Graph.Operations(ctx, job.Tenant, job.DeviceGraph)
	if err != nil {
		return a.later(ctx, job, err)
	}
	for _, o := range list {
		if a.isOf(o, job) {
			return a.judge(job, o), nil
		}
	}
	now := a.cfg.Now()
	switch {
	case now.Sub(job.LastSentAt) < lookFor:
		return store.ActionStep{State: store.ActionSent, Due: now.Add(lookEvery), Failure: job.Failure, Said: job.Said}, nil
	case job.Attempts >= maxSends:
		return failed("not-taken", job.Said), nil
	}
	return store.ActionStep{State: store.ActionQueued, Due: now, Failure: job.Failure, Said: job.Said}, nil
}

// isOf tells whether an operation is what was asked for: a restart by an application of ours, or by nobody who is named, not before it was asked for, and of
// no other action.
func (a *Actions) isOf(o graph.Operation, job store.LeasedAction) bool {
	return strings.EqualFold(o.Kind, graph.DeviceRestart) &&
		(o.AppID == "" && o.UserID == "" || a.isOurs(o.AppID)) &&
		!o.Created.Before(job.SentAt.Add(-clockSkew)) && !slices.Contains(job.Others, o.ID)
}

// isOurs tells whether a client id is that of an application of ours.
func (a *Actions) isOurs(app string) bool {
	return slices.ContainsFunc(append([]string{a.cfg.Graph.ClientID()}, a.cfg.Former...), func(ours string) bool { return strings.EqualFold(app, ours) })
}

// judge says what Microsoft's word on an operation means.
func (a *Actions) judge(job store.LeasedAction, o graph.Operation) store.ActionStep {
	now := a.cfg.Now()
	step := store.ActionStep{State: store.ActionRunning, Operation: o.ID, Due: now.Add(between(now.Sub(job.SentAt)/5, paceLeast, paceMost))}
	switch {
	case o.State == graph.OperationSucceeded:
		step.State = store.ActionSucceeded
	case o.State == graph.OperationCancelled:
		step.State = store.ActionCancelled
	case o.State == graph.OperationFailed:
		step.State, step.Failure, step.Said = store.ActionFailed, "device-failed", strings.Trim(o.Code+": "+o.Message, ": ")
	case now.Sub(job.SentAt) >= actionLife:
		step.State = store.ActionUnconfirmed
	}
	return step
}

// later puts off a question about a request that may have been taken. It never ends in a failure: what is not known is unconfirmed.
func (a *Actions) later(ctx context.Context, job store.LeasedAction, err error) (store.ActionStep, error) {
	var e *graph.Error
	if ctx.Err() != nil || !errors.As(err, &e) {
		return store.ActionStep{}, fmt.Errorf("ask what became of an action: %w", err)
	}
	if a.cfg.Now().Sub(job.SentAt) >= actionLife {
		return store.ActionStep{State: store.ActionUnconfirmed, Failure: obstacle(e), Said: saidOf(e)}, nil
	}
	return a.wait(job, job.State, obstacle(e), e.RetryAfter), nil
}

// wait puts a step off because something is in the way: the longer, the longer it has been.
func (a *Actions) wait(job store.LeasedAction, state store.ActionState, failure string, least time.Duration) store.ActionStep {
	now := a.cfg.Now()
	return store.ActionStep{State: state, Failure: failure, Due: now.Add(max(least, between(now.Sub(job.AskedAt)/2, retryLeast, retryMost)))}
}

func failed(code, said string) store.ActionStep {
	return store.ActionStep{State: store.ActionFailed, Failure: code, Said: said}
}

func between(d, least, most time.Duration) time.Duration { return min(max(d, least), most) }

// obstacle names a failure of Microsoft's side in the words of RoomAction.Failure.
func obstacle(e *graph.Error) string {
	switch e.Kind {
	case graph.PermissionMissing:
		return "permission-missing"
	case graph.NotConsented:
		return "consent-missing"
	case graph.Gone:
		return "devices-api-gone"
	case graph.NotFound:
		return "device-unknown"
	case graph.Conflict:
		return "queued-elsewhere"
	case graph.Throttled:
		return "throttled"
	case graph.SecretInvalid, graph.SecretExpired, graph.AssertionInvalid, graph.AppDisabled, graph.ClockSkew, graph.ConditionalAccess, graph.TenantUnknown,
		graph.WrongCloud:
		return "application-refused"
	case graph.Forbidden, graph.BadRequest:
		return "refused"
	}
	return "unavailable"
}

// saidOf are Microsoft's words, or the permission that is missing.
func saidOf(e *graph.Error) string {
	if e.Permission != "" {
		return e.Permission
	}
	return e.Message
}
