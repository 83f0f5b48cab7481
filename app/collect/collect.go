// Package collect fetches what Microsoft knows of the customers' rooms, compares it with what is stored and writes what changed
// (design 9). One tick per kind of work looks into the due table of the store; bounded workers do one customer each.
package collect

import (
	"log/slog"
	"sync"
	"time"

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

// The bounds of the work: places are few and slow on Microsoft's side, devices are many. The budget of app/graph is what really limits.
const (
	placesWorkers  = 8
	devicesWorkers = 32
	// leaseFor is how long one run may take; it is stopped a little earlier, so that it never outlives its lease.
	leaseFor    = 15 * time.Minute
	leaseMargin = 30 * time.Second
	// pruneEvery is how often old runs are forgotten.
	pruneEvery = 10 * time.Minute
	pruneBatch = 5_000
)

// Config is what collecting needs from its surroundings.
type Config struct {
	Store *store.Store
	Graph *graph.Client
	// Work makes the view of background work for one customer; app.go hands policy.ForWork over (law 4).
	Work func(customer policy.ID, reason string) policy.View
	// Places and Devices are how often each kind of work is due; zero means 6 hours and 5 minutes.
	Places, Devices time.Duration
	// Tick is how often the due table is looked into; zero means 5 seconds.
	Tick time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log receives what an operator should know; nil means silence. Nothing of a customer but its id goes there.
	Log *slog.Logger
}

// Collector collects all customers.
type Collector struct {
	cfg    Config
	lanes  map[store.CollectKind]*lane
	memory *memory

	mu       sync.Mutex
	progress map[policy.ID]*Progress
	asked    map[jobKey]string // who asked for the next run
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
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Collector{
		cfg: cfg,
		lanes: map[store.CollectKind]*lane{
			store.CollectPlaces:  newLane(store.CollectPlaces, placesWorkers),
			store.CollectDevices: newLane(store.CollectDevices, devicesWorkers),
		},
		memory:   newMemory(),
		progress: map[policy.ID]*Progress{},
		asked:    map[jobKey]string{},
	}
}

// Kick makes the collector look for due work now instead of at the next tick.
func (c *Collector) Kick() {
	for _, l := range c.lanes {
		l.kick()
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
