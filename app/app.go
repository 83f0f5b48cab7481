// Package app builds every part of Roomward once, starts the parts and stops them in order.
package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"roomward/app/access"
	"roomward/app/api"
	"roomward/app/audit"
	"roomward/app/change"
	"roomward/app/collect"
	"roomward/app/customers"
	"roomward/app/graph"
	"roomward/app/incidents"
	"roomward/app/listen"
	"roomward/app/notify"
	"roomward/app/rooms"
	"roomward/app/setup"
	"roomward/app/signin"
	"roomward/app/watch"
	"roomward/app/web"
	"roomward/policy"
	"roomward/store"
	"roomward/ui"
)

// Config is everything that a running Roomward is made of, after settings were read and checked.
type Config struct {
	Settings
	Mode    store.Mode
	Version string
	Log     *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Tick is how often collecting looks for what is due; zero takes collect's own default.
	Tick time.Duration
	// Eager lifts the limits on requests per person and address, for tests and benchmarks.
	Eager bool

	certificate listen.Certificate // of the front, for who watches; nil: it has none
}

// App is one running Roomward.
type App struct {
	cfg          Config
	Store        *store.Store
	Graph        *graph.Client
	Acting       *graph.Client // acts on devices: Graph, unless a second registration does
	Decider      *policy.Decider
	Customers    *customers.Customers
	Collect      *collect.Collector
	actions      *rooms.Actions
	change       *change.Change
	notify       *notify.Notify
	installation *setup.Installation
	web          *web.Server
	watch        *watch.Watch
	keyUntil     time.Time     // end of the first certificate of a registration in Entra to end; zero: there is none
	erase        chan struct{} // tells that bytes are to be erased
	backups      struct {
		sync.Mutex
		status BackupStatus
	}
}

// New builds every part, in the order of the arrows: store, policy, plumbing, features, face. Nothing runs yet.
func New(ctx context.Context, cfg Config) (*App, error) {
	a, err := openApp(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := a.assemble(ctx); err != nil {
		return nil, errors.Join(err, a.Store.Close())
	}
	return a, nil
}

// openApp opens the data directory. The set-up guide needs no more.
func openApp(ctx context.Context, cfg Config) (*App, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	a := &App{cfg: cfg, erase: make(chan struct{}, 1)}
	var err error
	if a.Store, err = store.Open(ctx, store.Options{Dir: cfg.Data, Mode: cfg.Mode, Key: cfg.keySource(), Version: cfg.Version,
		NoUpgradeBackup: cfg.UpgradeWithoutBackup, Now: cfg.Now, Log: cfg.Log,
		Committed: a.committed}); err != nil {
		return nil, fmt.Errorf("open the data directory %s: %w", cfg.Data, err)
	}
	return a, nil
}

// assemble builds every part on the open store.
func (a *App) assemble(ctx context.Context) error {
	if err := a.cfg.takeKept(ctx, a.Store.Secret); err != nil {
		return err
	}
	return a.build(ctx)
}

func (a *App) build(ctx context.Context) error {
	cfg := a.cfg
	if err := a.clients(); err != nil {
		return err
	}
	former, err := a.Store.ActsBy(ctx, a.Acting.ClientID())
	if err != nil {
		return err
	}
	a.Decider = policy.NewDecider(a.Store, cfg.Now, policy.Limits{})

	contexts, err := cfg.contexts()
	if err != nil {
		return err
	}
	people := access.New(access.Config{Store: a.Store, Graph: a.Graph, PartnerTenant: cfg.PartnerTenant, PartnerName: cfg.PartnerName,
		PartnerDomain: cfg.PartnerDomains[0], Contexts: contexts, Version: cfg.Version, Demo: cfg.Mode == store.ModeDemo})
	a.Collect = collect.New(collect.Config{Store: a.Store, Graph: a.Graph, Acting: a.Acting, Work: policy.ForWork, Places: cfg.CollectPlaces,
		Devices: cfg.CollectDevices, Tick: cfg.Tick, Now: cfg.Now, Log: cfg.Log,
		Collected: func(kind, result string, took time.Duration) { a.watch.Collected(kind, result, took) }})
	a.watch = a.newWatch()
	a.Customers = customers.New(customers.Config{Store: a.Store, Graph: a.Graph, Acting: a.Acting, PartnerTenant: cfg.PartnerTenant, PartnerName: cfg.PartnerName,
		Domains: cfg.PartnerDomains, Mode: cfg.inviteMode(), Listed: cfg.ListedTenants, Contexts: contexts, Now: cfg.Now, Member: people.Member,
		Started: func(policy.ID) { a.Collect.Kick() }, Regranted: a.regranted, Left: a.left, Progress: a.progress})
	signins, err := a.signins(contexts)
	if err != nil {
		return err
	}
	a.notify = notify.New(notify.Config{Store: a.Store, Server: cfg.mailServer(), Partner: cfg.NoticeMail, PartnerName: cfg.PartnerName,
		PublicURL: cfg.PublicURL, Work: policy.ForWork, Overview: policy.Overview(policy.Powers{TenantManager: true}), Now: cfg.Now, Log: cfg.Log,
		Mailed: a.watch.Mailed})
	a.change = change.New(change.Config{Store: a.Store, Person: a.person, Log: cfg.Log})
	desk := &api.Desk{Gate: signins, Decider: a.Decider, Log: cfg.Log, Record: a.Store, Stale: a.watch.Stale}
	a.actions = rooms.NewActions(rooms.ActionsConfig{Store: a.Store, Graph: a.Acting, Former: append(former, a.Graph.ClientID()), Decider: a.Decider, Person: a.actor, Work: policy.ForWork,
		Now: cfg.Now, Log: cfg.Log})
	spaces := rooms.New(a.Store, cfg.Now)
	spaces.Wakes(a.actions)
	a.installation = setup.NewInstallation(a.examine, cfg.Now, cfg.Log)
	routes := web.Routes(web.Features{Setup: a.installation, Access: people, Customers: a.Customers, Rooms: spaces,
		Incidents: incidents.New(a.Store, cfg.Now), Collect: a.Collect, Change: a.change, Notify: a.notify, Audit: audit.New(a.Store, cfg.Now)})
	a.change.Use(api.Replays(desk, routes))
	dist, err := fs.Sub(ui.Dist, "dist")
	if err != nil {
		return fmt.Errorf("find the user interface: %w", err)
	}
	face := web.Config{PublicURL: cfg.PublicURL, TrustedProxies: cfg.TrustedProxies, ProxyHeaders: cfg.ProxyHeaders, Version: cfg.Version, Dist: dist,
		Ready: a.Store.Ping, Reasons: a.reasons, Signin: signins, Log: cfg.Log,
		Served: a.watch.Served, Metrics: a.watch.Handler(), MetricsToken: string(cfg.metricsToken)}
	if cfg.Eager {
		face.SigninRate, face.WriteRate = rate.Inf, rate.Inf
	}
	a.web, err = web.New(face, desk, routes)
	return err
}

func (a *App) signins(offered []api.AuthContext) (*signin.Service, error) {
	cfg := a.cfg
	var contexts []string
	for _, c := range offered {
		contexts = append(contexts, c.ID)
	}
	var acting signin.Consent
	if cfg.actsApart() {
		acting = signin.Consent{URL: a.Acting.AdminConsentURL, Prove: a.Customers.ActingConsented}
	}
	s, err := signin.New(signin.Config{
		Login: cfg.cloud().Login, PartnerTenant: cfg.PartnerTenant, PartnerDomains: cfg.PartnerDomains, ClientID: cfg.ClientID,
		Contexts: contexts, Secret: string(cmp.Or(cfg.ClientSecret, cfg.kept.reading.clientSecret)), Assertion: a.Graph.Assertion(), PublicURL: cfg.PublicURL, ManagerGroup: cfg.ManagerGroup,
		MemberGroups: a.memberGroups, Government: a.government, Reading: signin.Consent{URL: a.Graph.AdminConsentURL, Prove: a.Customers.Consented},
		Acting: acting, Done: a.watch.SignedIn, Now: cfg.Now,
	}, a.Store, cfg.Log)
	if err != nil {
		return nil, fmt.Errorf("make the sign-in: %w", err)
	}
	return s, nil
}

// memberGroups asks for the groups of a user and says in signin's words that the account is gone.
func (a *App) memberGroups(ctx context.Context, tenant, oid string) ([]string, error) {
	groups, err := a.Graph.MemberGroups(ctx, tenant, oid)
	if graph.KindOf(err) == graph.NotFound {
		return nil, fmt.Errorf("%w: %w", signin.ErrAccountGone, err)
	}
	return groups, err
}

// person finds a member of the partner as it is now, for what it asked for earlier: with the groups of this moment.
func (a *App) person(ctx context.Context, oid string, contexts []string) (api.Person, error) {
	tenant := a.cfg.PartnerTenant
	u, err := a.Graph.User(ctx, tenant, oid)
	if graph.KindOf(err) == graph.NotFound || err == nil && !u.AccountEnabled {
		return api.Person{}, change.ErrGone
	}
	if err != nil {
		return api.Person{}, fmt.Errorf("find a person of the partner: %w", err)
	}
	groups, err := a.memberGroups(ctx, tenant, oid)
	if errors.Is(err, signin.ErrAccountGone) {
		return api.Person{}, change.ErrGone
	}
	if err != nil {
		return api.Person{}, fmt.Errorf("find the groups of a person of the partner: %w", err)
	}
	return api.Person{Side: store.SidePartner, TenantID: tenant, OID: oid, Name: u.DisplayName, UPN: u.UserPrincipalName, Groups: groups, Contexts: contexts}, nil
}

// actor is a member of the partner as policy decides about it at this moment, for an action that it asked for earlier.
func (a *App) actor(ctx context.Context, oid string, contexts []string) (policy.Actor, error) {
	p, err := a.person(ctx, oid, contexts)
	if errors.Is(err, change.ErrGone) {
		return policy.Actor{}, rooms.ErrPersonGone
	}
	return p.Actor(), err
}

func (a *App) government(ctx context.Context, tenant string) (string, error) {
	d, err := a.Graph.Discover(ctx, tenant)
	return d.Government(), err
}

func (a *App) progress(customer policy.ID) *customers.Progress {
	p := a.Collect.Progress(customer)
	if p == nil {
		return nil
	}
	return &customers.Progress{Step: p.Step, Done: p.Done, Total: p.Total}
}

// consentRefused closes the views of a customer whose consent was found to be withdrawn, by whichever call.
func (a *App) consentRefused(ctx context.Context, tenant string) {
	if err := a.Store.ConsentRefused(ctx, tenant); err != nil {
		a.cfg.Log.ErrorContext(ctx, "note that a consent was withdrawn", "error", err)
	}
}

// regranted stops what collects a customer by its former choice of rooms, begins by the new one, and lets the bytes of what it left out go.
func (a *App) regranted(customer policy.ID) {
	a.left(customer)
	a.Collect.Kick()
}

// left stops what runs for a customer whose relation has ended, and lets its last bytes go.
func (a *App) left(customer policy.ID) {
	a.Collect.Stop(customer)
	a.actions.Stop(customer)
	select {
	case a.erase <- struct{}{}:
	default: // it is told already
	}
}

// Run serves until the context ends, then drains: the server first, then collecting, then the database.
func (a *App) Run(ctx context.Context, l net.Listener) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var jobs sync.WaitGroup
	jobs.Go(func() { a.Collect.Run(work) })
	jobs.Go(func() { a.actions.Run(work) })
	jobs.Go(func() { a.change.Run(work) })
	jobs.Go(func() { a.notify.Run(work) })
	jobs.Go(func() { a.housekeep(work) })
	jobs.Go(func() { a.forget(work) })
	jobs.Go(func() { a.sweep(work) })
	jobs.Go(func() { a.retain(work) })
	jobs.Go(func() { a.keepRecord(work) })
	jobs.Go(func() { a.backUp(work) })
	jobs.Go(func() { a.followReasons(work) })
	jobs.Go(func() { a.installation.Run(work) })
	err := a.web.Serve(ctx, l)
	stop()
	jobs.Wait()
	return errors.Join(err, a.Store.Close())
}

// housekeep does the small work of time passing: invitations and sessions that are over.
func (a *App) housekeep(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		if err := a.Store.ExpireInvitations(ctx); err != nil && ctx.Err() == nil {
			a.cfg.Log.Error("expire invitations", "error", err)
		}
		if _, err := a.Store.PruneSessions(ctx, 0); err != nil && ctx.Err() == nil {
			a.cfg.Log.Error("prune sessions", "error", err)
		}
		if err := a.Customers.FollowEnds(ctx); err != nil && ctx.Err() == nil {
			a.cfg.Log.Error("follow the ends of relations", "error", err)
		}
		if err := a.followAdmins(ctx); err != nil && ctx.Err() == nil {
			a.cfg.Log.Error("follow the primary admins", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// followAdmins closes relations whose last primary admin is gone, and opens those that have one again: by the passing of time each minute, by
// the directory each hour.
func (a *App) followAdmins(ctx context.Context) error {
	due, err := a.Store.AdminsDue(ctx, customers.CheckEvery)
	if err != nil {
		return err
	}
	if due {
		return a.Customers.CheckAdmins(ctx)
	}
	return a.Store.FollowAdmins(ctx)
}

// forgetEvery is how often bytes to erase are looked for that nobody told of, or whose erasure failed.
const forgetEvery = 10 * time.Second

// forget erases the bytes of what was removed, as soon as something was (law 7).
func (a *App) forget(ctx context.Context) {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		if err := a.Store.Erase(ctx); err != nil && ctx.Err() == nil {
			a.cfg.Log.Error("erase what was removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-a.erase:
		case <-tick.C:
		}
	}
}

// sweepEvery is how often the pages of the database are swept; a process that has just started has better things to do.
const (
	sweepEvery = 24 * time.Hour
	sweepFirst = 10 * time.Minute
)

// sweep keeps the free space of the database clean, so that erasing is quick when somebody leaves.
func (a *App) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepFirst)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := a.Store.Sweep(ctx, sweepEvery); err != nil && ctx.Err() == nil {
			a.cfg.Log.Error("sweep the database", "error", err)
		}
	}
}

// OpenAPI is the document of the API and of the set-up guide, which is served before it, without running anything.
func OpenAPI(version string) ([]byte, error) {
	routes := slices.Concat(web.Routes(web.Features{}), web.GuideRoutes(&setup.Guide{}))
	doc, err := api.Document(version, routes)
	if err != nil {
		return nil, fmt.Errorf("make the OpenAPI document: %w", err)
	}
	var pretty strings.Builder
	e := json.NewEncoder(&pretty)
	e.SetIndent("", "  ")
	if err := e.Encode(json.RawMessage(doc)); err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	return []byte(pretty.String()), nil
}
