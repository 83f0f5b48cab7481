// Package collect fetches what Microsoft knows of the customers' rooms, compares it with what is stored and writes what changed
// (design 9). One tick per kind of work looks into the due table of the store; bounded workers do one customer each.
package collect

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"roomward/app/api"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// The defaults of Config.
const (
	defaultPlaces  = 6 * time.Hour
	defaultDevices = 5 * time.Minute
	defaultTick    = 5 * time.Second
)

// The bounds of the work: places are few and slow on Microsoft's side, devices are many. The budget of app/graph is what really limits: with
// half a second for an answer 64 workers bring some 320 requests a second on their way, and cost only their memory while they wait.
const (
	placesWorkers         = 8
	placesWorkersFailing  = 4
	devicesWorkers        = 64
	devicesWorkersFailing = 32
	// soundRun is how long a run of a customer may take whose last run went well, or that has not run yet. Who needs more goes on where it stopped
	// among the failing ones, who may take longestRun.
	soundRun   = 5 * time.Minute
	longestRun = leaseFor - 30*time.Second // a run never outlives its lease
	leaseFor   = 15 * time.Minute
	// pruneEvery is how often old runs are forgotten.
	pruneEvery = 10 * time.Minute
	pruneBatch = 5_000
)

// Config is what collecting needs from its surroundings.
type Config struct {
	Store *store.Store
	Graph *graph.Client
	// Acting acts on devices: nil, or Graph itself, unless a second registration does.
	Acting *graph.Client
	// Work makes the view of background work for one customer; app.go hands policy.ForWork over (law 4).
	Work func(customer policy.ID, reason string) policy.View
	// Places and Devices are how often each kind of work is due; zero means 6 hours and 5 minutes.
	Places, Devices time.Duration
	// Tick is how often the due table is looked into; zero means 5 seconds.
	Tick time.Duration
	// Collected is told of each run that ended: its kind, the state it left, and how long it took; nil tells nobody.
	Collected func(kind, result string, took time.Duration)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log receives what an operator should know; nil means silence. Nothing of a customer but its id goes there.
	Log *slog.Logger
}

// Collector collects all customers.
type Collector struct {
	cfg    Config
	lanes  []*lane
	checks *checks
	memory *memory

	mu       sync.Mutex
	progress map[policy.ID]*Progress
	asked    map[jobKey]string // who asked for the next run
	running  map[policy.ID]*context.CancelFunc
	checking map[policy.ID]*context.CancelFunc
}

// Progress is a running collection, for people who wait for it.
type Progress struct {
	Step  string // "places", "devices", "health"
	Done  int
	Total int // 0 while it is not known
}

// New makes a collector; Run starts it.
func New(cfg Config) *Collector {
	if cfg.Places <= 0 {
		cfg.Places = defaultPlaces
	}
	if cfg.Devices <= 0 {
		cfg.Devices = defaultDevices
	}
	if cfg.Tick <= 0 {
		cfg.Tick = defaultTick
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Collected == nil {
		cfg.Collected = func(string, string, time.Duration) {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Collector{
		cfg: cfg,
		lanes: []*lane{
			newLane(store.CollectPlaces, store.QueueSound, soundRun, placesWorkers),
			newLane(store.CollectPlaces, store.QueueFailing, longestRun, placesWorkersFailing),
			newLane(store.CollectDevices, store.QueueSound, soundRun, devicesWorkers),
			newLane(store.CollectDevices, store.QueueFailing, longestRun, devicesWorkersFailing),
		},
		checks:   newChecks(),
		memory:   newMemory(),
		progress: map[policy.ID]*Progress{},
		asked:    map[jobKey]string{},
		running:  map[policy.ID]*context.CancelFunc{},
		checking: map[policy.ID]*context.CancelFunc{},
	}
}

// Kick makes the collector look for due work now instead of at the next tick.
func (c *Collector) Kick() {
	for _, l := range c.lanes {
		l.kick()
	}
	c.checks.kick()
}

// Stop ends the running collection and the running check of a customer, if there are any: its relation has ended or its choice of rooms is another one, and the store takes
// nothing of it any more.
func (c *Collector) Stop(customer policy.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, at := range []map[policy.ID]*context.CancelFunc{c.running, c.checking} {
		if stop := at[customer]; stop != nil {
			(*stop)()
		}
	}
}

// begin makes a run, or a check, that Stop can end while it stands in at. Two of one customer never run at once, but one that was stopped may end while the next has begun.
func (c *Collector) begin(ctx context.Context, at map[policy.ID]*context.CancelFunc, customer policy.ID) (_ context.Context, end func()) {
	ctx, stop := context.WithCancel(api.WithCustomer(ctx, customer))
	c.mu.Lock()
	defer c.mu.Unlock()
	at[customer] = &stop
	return ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if at[customer] == &stop {
			delete(at, customer)
		}
		stop()
	}
}

// Progress tells how far the running collection of a customer is; nil when none runs.
func (c *Collector) Progress(customer policy.ID) *Progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.progress[customer]
	if p == nil {
		return nil
	}
	copied := *p
	return &copied
}

func (c *Collector) report(customer policy.ID, p *Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p == nil {
		delete(c.progress, customer)
		return
	}
	c.progress[customer] = p
}

type jobKey struct {
	customer policy.ID
	kind     store.CollectKind
}

// askedBy takes the name of who asked for the run that begins.
func (c *Collector) askedBy(customer policy.ID, kind store.CollectKind) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	who := c.asked[jobKey{customer, kind}]
	delete(c.asked, jobKey{customer, kind})
	return who
}

func (c *Collector) noteAsked(customer policy.ID, kind store.CollectKind, who string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[jobKey{customer, kind}] = who
}
