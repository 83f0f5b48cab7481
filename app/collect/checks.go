package collect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"roomward/app/graph"
	"roomward/store"
)

const (
	// checkWorkers are few: a check is half a dozen requests, once a day for each customer.
	checkWorkers = 4
	checkFor     = 2 * time.Minute // how long one may take
	checkLease   = checkFor + time.Minute
	checkEvery   = 24 * time.Hour
)

// The states of a capability, as people read them. They are stable: the store keeps them, the UI has their texts.
const (
	CanWorks      = "works"           // the last request was answered
	CanAllowed    = "allowed"         // the permission is there; it is tried only when somebody asks for it
	CanNoConsent  = "not-consented"   // the consent, or the registration, leaves the permission out
	CanForbidden  = "forbidden"       // refused although the permission is there
	CanUnlicensed = "licence-missing" // refused for want of a licence or subscription
	CanGone       = "gone"            // Microsoft does not offer it there any more
	CanThrottled  = "throttled"       // Microsoft asks to wait
	CanFailing    = "failing"         // no answer, or none that can be used: what is known is stale
	CanBlocked    = "blocked"         // no token at all: our own registration, a policy of the tenant, or the tenant itself
	CanUnknown    = "unknown"         // there is nothing yet to try it on
	CanNeverTried = "never-tried"     // no check has run
	CanNotUsed    = "not-used"        // this version does not use it, so it is not asked for and not tried
)

// checks runs what tries the capabilities of customers, a few at a time.
type checks struct {
	free chan struct{} // one for each idle worker
	wake chan struct{}
	runs sync.WaitGroup
}

func newChecks() *checks {
	c := &checks{free: make(chan struct{}, checkWorkers), wake: make(chan struct{}, 1)}
	for range checkWorkers {
		c.free <- struct{}{}
	}
	return c
}

func (k *checks) kick() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// driveChecks starts due checks whenever it is woken, and waits for what runs when the context ends.
func (c *Collector) driveChecks(ctx context.Context) {
	defer c.checks.runs.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.checks.wake:
		}
		if err := c.startChecks(ctx); err != nil && ctx.Err() == nil {
			c.cfg.Log.Error("collect: look for due checks", "error", err)
		}
	}
}

// startChecks gives due checks to idle workers. Each worker that ends wakes the others.
func (c *Collector) startChecks(ctx context.Context) error {
	due, err := c.cfg.Store.ChecksDue(ctx)
	if err != nil || !due {
		return err
	}
	idle := 0
	for range checkWorkers {
		select {
		case <-c.checks.free:
			idle++
			continue
		default:
		}
		break
	}
	if idle == 0 {
		return nil
	}
	leases, err := c.cfg.Store.ClaimChecks(ctx, idle, checkLease)
	for range idle - len(leases) {
		c.checks.free <- struct{}{}
	}
	for _, l := range leases {
		c.checks.runs.Go(func() {
			c.attendCheck(ctx, l)
			c.checks.free <- struct{}{}
			c.Kick() // what it said of devices may have made a collection due
		})
	}
	return err
}

func (c *Collector) attendCheck(ctx context.Context, l store.CheckLease) {
	ctx, end := c.begin(ctx, c.checking, l.Customer)
	defer end()
	defer func() {
		if cause := recover(); cause != nil { // its lease ends by itself
			c.cfg.Log.ErrorContext(ctx, "collect: a check broke", "customer", l.Customer, "cause", cause)
		}
	}()
	err := c.check(ctx, l)
	switch {
	case err == nil, errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrLeaseLost):
		return
	case ctx.Err() == nil: // a fault of ours: its lease ends by itself, and it is not tried over and over
		c.cfg.Log.Error("collect: try what a customer allows", "customer", l.Customer, "error", err)
		return
	}
	stopped, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := c.cfg.Store.GiveBackCheck(stopped, l); err != nil {
		c.cfg.Log.Error("collect: give a check back", "customer", l.Customer, "error", err)
	}
}

// check tries every capability of a customer by one cheap request each, and notes what came of it.
func (c *Collector) check(ctx context.Context, l store.CheckLease) error {
	work, started := c.cfg.Work(l.Customer, "try what the consent allows"), c.cfg.Now()
	target, err := c.cfg.Store.CheckTarget(ctx, work)
	if err != nil {
		return fmt.Errorf("read what to try: %w", err)
	}
	counted, usage := graph.Count(ctx)
	timed, cancel := context.WithTimeout(counted, checkFor)
	defer cancel()
	found := c.try(timed, target)
	if err := ctx.Err(); err != nil {
		return err
	}
	out := store.CheckOutcome{Lease: l, StartedAt: started, Found: found, Devices: wordOfDevices(found),
		NextDue: slotAfter(started.Add(checkEvery/2), checkEvery, spread(l.Customer, "check"))}
	c.cfg.Log.Debug("collect: tried what a customer allows", "customer", l.Customer, "requests", usage.Requests(), "took", c.cfg.Now().Sub(started))
	return c.cfg.Store.FinishCheck(ctx, work, out)
}

// try asks for a new token first, so that what was consented meanwhile is in it. A panic outside of the single tries is a failure of all of them: it
// would be the same minutes later.
func (c *Collector) try(ctx context.Context, target store.CheckTarget) (out []store.Capability) {
	defer func() {
		if cause := recover(); cause != nil {
			c.cfg.Log.ErrorContext(ctx, "collect: a check broke", "tenant", target.TenantID, "cause", cause)
			out = allBroken(c.cfg.Now())
		}
	}()
	reading := c.leaveOf(ctx, c.cfg.Graph, target.TenantID)
	acting := reading // that a customer lets itself be read and nobody act is no fault of either
	if c.actsApart() {
		acting = c.leaveOf(ctx, c.cfg.Acting, target.TenantID)
	}
	for _, n := range graph.Needs() {
		found, leave := store.Capability{Name: string(n.Capability)}, reading
		if n.Capability == graph.CanRestart {
			leave = acting
		}
		if leave.denied == nil && !leave.unreadable {
			given := n.Given(leave.roles)
			found.Given = &given
		}
		switch {
		case !n.Used:
			found.State = CanNotUsed
		case leave.denied != nil:
			found.State, found.Detail, found.Tried = stateOf(leave.denied), graph.Words(leave.denied), c.cfg.Now()
			if graph.KindOf(leave.denied) == graph.ClockSkew {
				found.Detail = skewed(found.Detail)
			}
		case n.Capability == graph.CanRestart:
			if found.State = restartState(found.Given, out); found.State == CanNoConsent && (found.Given == nil || !*found.Given) {
				found.Detail = n.Permissions[0]
			}
		default:
			err := c.probe(ctx, n.Capability, target)
			found.State, found.Detail = stateOf(err), graph.Words(err)
			if errors.Is(err, errBroke) {
				found.Detail = errBroke.Error()
			} else if graph.KindOf(err) == graph.ClockSkew {
				found.Detail = skewed(found.Detail)
			}
			if !errors.Is(err, graph.ErrNothingToTry) {
				found.Tried = c.cfg.Now()
			} else if closed := closedDevices(out); n.Capability == graph.CanHealth && closed != "" {
				found.State = closed
			}
		}
		out = append(out, found)
	}
	return out
}

// actsApart tells whether a second registration acts.
func (c *Collector) actsApart() bool { return c.cfg.Acting != nil && c.cfg.Acting != c.cfg.Graph }

// leave is what a token of ours says that a tenant allows an application.
type leave struct {
	roles      []string
	unreadable bool  // nobody can look into the token, which may work all the same
	denied     error // why there is no token
}

func (c *Collector) leaveOf(ctx context.Context, client *graph.Client, tenant string) leave {
	client.ForgetToken(tenant)
	roles, err := client.Roles(ctx, tenant)
	if graph.KindOf(err) == graph.BadAnswer {
		return leave{unreadable: true}
	}
	return leave{roles: roles, denied: err}
}

// allBroken is what is said when Roomward itself broke before anything was found out.
func allBroken(now time.Time) []store.Capability {
	var out []store.Capability
	for _, n := range graph.Needs() {
		found := store.Capability{Name: string(n.Capability), State: CanNotUsed}
		if n.Used {
			found.State, found.Detail, found.Tried = CanFailing, errBroke.Error(), now
		}
		out = append(out, found)
	}
	return out
}

// clockSkew begins the detail of what is blocked because the clock of this machine is not Microsoft's.
const clockSkew = "clock-skew"

func skewed(detail string) string {
	if detail == "" {
		return clockSkew
	}
	return clockSkew + ", " + detail
}

// errBroke is what is said of a capability on which Roomward itself broke.
var errBroke = errors.New("a fault of Roomward: its log says more")

// probe tries one capability. A panic in it is a failure of this one: the others are tried all the same.
func (c *Collector) probe(ctx context.Context, what graph.Capability, target store.CheckTarget) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			c.cfg.Log.ErrorContext(ctx, "collect: a try broke", "tenant", target.TenantID, "capability", what, "cause", cause)
			err = errBroke
		}
	}()
	return c.cfg.Graph.Probe(ctx, target.TenantID, what, c.subject(ctx, what, target))
}

// subject is what a capability is tried on: a device or an account of a granted room. The account is looked up where none is known yet.
func (c *Collector) subject(ctx context.Context, what graph.Capability, target store.CheckTarget) string {
	switch {
	case what == graph.CanHealth:
		return target.Device
	case what != graph.CanPresence || target.Account != "" || target.Email == "":
		return target.Account
	}
	users, err := c.cfg.Graph.UsersByMail(ctx, target.TenantID, []string{target.Email})
	if err != nil || len(users) == 0 {
		return ""
	}
	return users[0].ID
}

// restartState is never tried by itself. Where devices cannot even be read, restarting one is what they are.
func restartState(given *bool, before []store.Capability) string {
	if given != nil && !*given {
		return CanNoConsent
	}
	if closed := closedDevices(before); closed != "" {
		return closed
	}
	if given == nil {
		return CanUnknown
	}
	return CanAllowed
}

// closedDevices is the state of devices that cannot be read at all; "" where they can, or where that may pass.
func closedDevices(before []store.Capability) string {
	for _, b := range before {
		if b.Name == string(graph.CanDevices) && (b.State == CanGone || b.State == CanForbidden || b.State == CanUnlicensed || b.State == CanNoConsent) {
			return b.State
		}
	}
	return ""
}

// stateOf is what a try says of a capability.
func stateOf(err error) string {
	switch {
	case err == nil:
		return CanWorks
	case errors.Is(err, graph.ErrNothingToTry):
		return CanUnknown
	case graph.Unlicensed(err):
		return CanUnlicensed
	}
	switch graph.KindOf(err) {
	case graph.NotConsented, graph.PermissionMissing:
		return CanNoConsent
	case graph.Forbidden:
		return CanForbidden
	case graph.Gone:
		return CanGone
	case graph.Throttled:
		return CanThrottled
	case graph.SecretExpired, graph.SecretInvalid, graph.AssertionInvalid, graph.AppDisabled, graph.ConditionalAccess, graph.TenantUnknown, graph.WrongCloud,
		graph.ClockSkew:
		return CanBlocked
	}
	return CanFailing
}

// wordOfDevices is what the check says to the collection of devices.
func wordOfDevices(found []store.Capability) store.DevicesWord {
	for _, f := range found {
		if f.Name != string(graph.CanDevices) {
			continue
		}
		switch f.State {
		case CanWorks:
			return store.DevicesRead
		case CanGone, CanForbidden, CanUnlicensed, CanNoConsent:
			return store.DevicesRefused
		}
	}
	return ""
}
