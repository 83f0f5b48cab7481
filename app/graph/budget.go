package graph

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Budget bounds what the client sends (graph.md 8). Zero values mean the defaults, which stay well under Microsoft's
// limits (30 requests a second per tenant, 1,500 overall, 4 at once on places), because other software of the customer
// uses the same limits.
type Budget struct {
	PerTenant         rate.Limit // requests a second to one tenant; default 10
	PerTenantInFlight int        // requests at the same time to one tenant; default 4
	PlacesInFlight    int        // of these at most so many to places, which count as Outlook; default 2
	Overall           rate.Limit // requests a second to all tenants and to Entra; default 200
}

func (b Budget) withDefaults() (Budget, error) {
	if b.PerTenant < 0 || b.PerTenantInFlight < 0 || b.PlacesInFlight < 0 || b.Overall < 0 {
		return b, errors.New("a limit is negative")
	}
	if b.PerTenant == 0 {
		b.PerTenant = 10
	}
	if b.PerTenantInFlight == 0 {
		b.PerTenantInFlight = 4
	}
	if b.PlacesInFlight == 0 {
		b.PlacesInFlight = 2
	}
	if b.Overall == 0 {
		b.Overall = 200
	}
	return b, nil
}

// Usage counts what the calls of one context cost.
type Usage struct {
	requests, waited atomic.Int64
}

// Requests is the number of HTTP requests sent, those for tokens and the repeated ones included.
func (u *Usage) Requests() int { return int(u.requests.Load()) }

// Waited is the time spent waiting for the budget or for Microsoft, summed over concurrent calls.
func (u *Usage) Waited() time.Duration { return time.Duration(u.waited.Load()) }

type usageKey struct{}

// Count returns a context whose calls are counted in the Usage, so that a collection run can say what it cost.
func Count(ctx context.Context) (context.Context, *Usage) {
	u := new(Usage)
	return context.WithValue(ctx, usageKey{}, u), u
}

// usageOf is the counter of ctx, or one that nobody reads.
func usageOf(ctx context.Context) *Usage {
	if u, ok := ctx.Value(usageKey{}).(*Usage); ok {
		return u
	}
	return new(Usage)
}

// lane is a workload that Microsoft throttles apart from the others.
type lane int

const (
	directory lane = iota
	places
	devices
	communications // presence
	intune
	login
	lanes
)

const (
	idleAfter  = 10 * time.Minute // by then every limiter is full again, so forgetting it changes nothing
	maxTenants = 20_000           // in memory at once, idle ones included; each forgotten one costs a token request when it is due
)

// gates holds the limits of all tenants in use, and forgets idle tenants.
type gates struct {
	budget  Budget
	now     func() time.Time
	overall *rate.Limiter

	mu      sync.Mutex
	tenants map[string]*tenant
	swept   time.Time
}

// tenant is what the client keeps for one tenant: its limits, its waits and its token.
type tenant struct {
	id          string
	slots       chan struct{}
	placesSlots chan struct{}
	pace        *rate.Limiter

	mu       sync.Mutex
	cool     [lanes]time.Time // Microsoft asked not to be asked before
	token    token
	renewing *renewal

	users int       // calls in progress; guarded by gates.mu
	used  time.Time // end of the last one; guarded by gates.mu
}

func newGates(b Budget, now func() time.Time) *gates {
	return &gates{
		budget:  b,
		now:     now,
		overall: rate.NewLimiter(b.Overall, max(1, int(min(b.Overall, 1000)/10))),
		tenants: map[string]*tenant{},
		swept:   now(),
	}
}

// enter gives the state of a tenant and a function that must be called when the call has ended.
func (g *gates) enter(id string) (*tenant, func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if now.Sub(g.swept) >= time.Minute {
		g.sweep(now)
	}
	t := g.tenants[id]
	if t == nil {
		if len(g.tenants) >= maxTenants {
			g.dropOldest()
		}
		t = &tenant{
			id:          id,
			slots:       make(chan struct{}, g.budget.PerTenantInFlight),
			placesSlots: make(chan struct{}, g.budget.PlacesInFlight),
			pace:        rate.NewLimiter(g.budget.PerTenant, g.budget.PerTenantInFlight),
		}
		g.tenants[id] = t
	}
	t.users++
	return t, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		t.users--
		t.used = g.now()
	}
}

// sweep forgets the tenants that are idle and hold neither a living token nor a wait.
func (g *gates) sweep(now time.Time) {
	g.swept = now
	for id, t := range g.tenants {
		if t.users == 0 && now.Sub(t.used) >= idleAfter && !t.remembers(now) {
			delete(g.tenants, id)
		}
	}
}

// dropOldest makes room when very many tenants are in use: only an idle one may go.
func (g *gates) dropOldest() {
	var oldest *tenant
	for _, t := range g.tenants {
		if t.users == 0 && (oldest == nil || t.used.Before(oldest.used)) {
			oldest = t
		}
	}
	if oldest != nil {
		delete(g.tenants, oldest.id)
	}
}

func (t *tenant) remembers(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, until := range t.cool {
		if until.After(now) {
			return true
		}
	}
	return t.token.usable(now)
}

// coolUntil keeps the tenant's lane quiet until then.
func (t *tenant) coolUntil(l lane, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if until.After(t.cool[l]) {
		t.cool[l] = until
	}
}

// cooling is the time that the lane still has to be quiet.
func (t *tenant) cooling(l lane, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(0, t.cool[l].Sub(now))
}

// admit waits until a request to the tenant fits into the budget. The returned function frees its place.
// The overall budget comes last, so that a tenant that waits for itself takes nothing from the others.
func (g *gates) admit(ctx context.Context, t *tenant, l lane) (func(), error) {
	begun := g.now()
	defer func() { usageOf(ctx).waited.Add(int64(g.now().Sub(begun))) }()
	if l == login {
		return func() {}, g.wait(ctx, g.overall)
	}
	taken := []chan struct{}{}
	free := func() {
		for _, slots := range taken {
			<-slots
		}
	}
	wanted := []chan struct{}{t.slots}
	if l == places {
		wanted = []chan struct{}{t.placesSlots, t.slots}
	}
	for _, slots := range wanted {
		select {
		case slots <- struct{}{}:
			taken = append(taken, slots)
		case <-ctx.Done():
			free()
			return nil, ctx.Err()
		}
	}
	for _, limiter := range []*rate.Limiter{t.pace, g.overall} {
		if err := g.wait(ctx, limiter); err != nil {
			free()
			return nil, err
		}
	}
	return free, nil
}

// wait takes one event from the limiter. It goes by the client's clock, which limiter.Wait does not.
func (g *gates) wait(ctx context.Context, limiter *rate.Limiter) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := g.now()
	reserved := limiter.ReserveN(now, 1)
	if err := pause(ctx, reserved.DelayFrom(now)); err != nil {
		reserved.CancelAt(g.now())
		return err
	}
	return nil
}
