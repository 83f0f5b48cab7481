package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"roomward/app/cloudsim"
	"roomward/store"
)

// DemoSettings are the settings of `roomward demo`.
type DemoSettings struct {
	Listen string    // host:port, loopback only
	Data   string    // data directory to keep; "" is a temporary one that is removed at the end
	Out    io.Writer // where the welcome goes
	// Eager lifts the limits on requests and collects every few seconds, for tests.
	Eager bool
	// Secret is told of each secret that the simulated cloud is shown or hands out, for tests.
	Secret func(kind, value string)
	// Log is the log; nil means warnings on standard error.
	Log *slog.Logger
}

// The demo reads more often than a real Roomward, so that one can watch signals go bad and recover.
const (
	demoDevices   = 15 * time.Second
	demoPlaces    = 2 * time.Minute
	demoTick      = time.Second
	demoRate      = 2000 // requests a second: the simulated cloud is on the same machine
	demoAuditDays = 730
)

// The application ids in the simulated Entra: of the registration that reads, and of that which acts. They mean nothing elsewhere.
const (
	demoClientID    = "5f0c8b52-7d1e-4a36-9b43-1f6f2a0e7d11"
	demoActClientID = "b2a4f6c8-31d5-4e79-8c0b-6d2f7e9a1b53"
)

// demoContexts are authentication contexts of the simulated tenant. The second factor that it asks for is a button.
func demoContexts() []string { return []string{"c1=Phishing-resistant MFA", "c2=Compliant device"} }

// Demo serves the demo partner against its own simulated cloud until the context ends. Both listen on loopback only, because the
// simulated cloud signs in anybody as anybody.
func Demo(ctx context.Context, d DemoSettings, version string) (err error) {
	if host, _, err := net.SplitHostPort(d.Listen); err != nil || !loopback(host) {
		return fmt.Errorf("--listen %s: the demo listens on loopback only, because anybody can sign in as anybody", d.Listen)
	}
	if d.Data == "" {
		if d.Data, err = os.MkdirTemp("", "roomward-demo-"); err != nil {
			return fmt.Errorf("make a temporary data directory: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(d.Data)) }()
	}
	alone, err := store.Occupy(d.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, alone.Close()) }()
	demo, err := newDemo(ctx, d, version)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, demo.cloud.Close()) }()

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	tales := make(chan struct{})
	go func() {
		defer close(tales)
		if err := demo.tell(ctx); err != nil && ctx.Err() == nil {
			stop(fmt.Errorf("fill the demo: %w", err))
		}
	}()
	err = demo.Run(ctx, demo.listener)
	stop(nil)
	<-tales
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return errors.Join(err, cause)
	}
	return err
}

// demo is a running demo: the product, and the world around it.
type demo struct {
	*App
	world    *cloudsim.World
	cloud    *cloudsim.Server
	listener net.Listener
	out      io.Writer
}

func newDemo(ctx context.Context, d DemoSettings, version string) (*demo, error) {
	world, err := cloudsim.DemoWorld()
	if err != nil {
		return nil, err
	}
	secret, actSecret := rand.Text(), rand.Text()
	cloud := cloudsim.New(world, cloudsim.Options{ClientID: demoClientID, ClientSecret: secret, ActClientID: demoActClientID, ActClientSecret: actSecret,
		QuickRestarts: d.Eager, Secret: d.Secret})
	if err := cloud.Listen(ctx, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", d.Listen)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %s: %w", d.Listen, err), cloud.Close())
	}
	// One customer has no devices API any more: its rooms show what Teams says of their accounts.
	cloud.SetFaults(world.FindTenant(deviceless).ID, cloudsim.Faults{DevicesGone: true})
	s := Settings{
		Listen: l.Addr().String(), Data: d.Data, Cloud: cloud.URL(),
		PartnerTenant: world.Partner.ID, PartnerName: world.Partner.Name, PartnerDomains: world.Partner.Domains,
		ClientID: demoClientID, ClientSecret: Secret(secret), ActingSettings: ActingSettings{ActClientID: demoActClientID, ActClientSecret: Secret(actSecret)}, Invitations: "code", AuthContexts: demoContexts(),
		CollectDevices: demoDevices, CollectPlaces: demoPlaces, CollectRate: demoRate, CollectTenantRate: demoRate, AuditDays: demoAuditDays, LogFormat: "text", LogLevel: "warn",
	}
	if d.Eager {
		s.CollectDevices = 3 * time.Second
	}
	if err := s.Check(); err != nil {
		return nil, errors.Join(err, l.Close(), cloud.Close())
	}
	if d.Log == nil {
		d.Log = newLog(s)
	}
	a, err := New(ctx, Config{Settings: s, Mode: store.ModeDemo, Version: version, Log: d.Log, Tick: demoTick, Eager: d.Eager})
	if err != nil {
		return nil, errors.Join(err, l.Close(), cloud.Close())
	}
	return &demo{App: a, world: world, cloud: cloud, listener: l, out: d.Out}, nil
}

// tell fills an empty demo by the ways that people take, then says what there is to see. A seeded world (roomward seed) is full already.
func (d *demo) tell(ctx context.Context) error {
	start := time.Now()
	world, err := d.Store.World(ctx)
	if err != nil {
		return err
	}
	if world != "" {
		d.welcomeTo(world)
		return nil
	}
	if err := d.seed(ctx); err != nil {
		return err
	}
	d.welcome()
	if err := d.await(ctx); err != nil {
		return err
	}
	d.cfg.Log.Log(ctx, slog.LevelDebug, "the demo is filled", "after", time.Since(start))
	return nil
}

func (d *demo) welcome() {
	d.invite("Nothing here is real", []guest{
		{"primary.admin@partner.example", "runs the rooms of several customers"},
		{"technician@partner.example", "works on some of their rooms"},
		{"tenant.manager@partner.example", "accepts invitations, sees no rooms"},
		{"manager@partner.example", "names tenant managers, accepts invitations"},
		{"nobody@partner.example", "has no role yet"},
		{"admin@northwind.example", "administers a customer"},
		{"admin@wingtip.example", "administers one that approves changes first"},
		{"admin@tailspin.example", "has sent an invitation that waits"},
		{"admin@woodgrove.example", "can invite the partner, with the code " + demoCode},
	})
}

// welcomeTo is the welcome to a seeded world.
func (d *demo) welcomeTo(world string) {
	d.invite("This is World "+world+": nothing in it is real or collected", []guest{
		{seedWide, "sees half the rooms of a third of the customers"},
		{seedMiddle, "sees two groups of rooms of some customers"},
		{seedNarrow, "sees a quarter of the rooms of one customer"},
		{seedAdmin, "runs the rooms of all customers"},
		{"manager@partner.example", "names tenant managers, accepts invitations"},
		{"nobody@partner.example", "has no role"},
	})
}

// guest is somebody as whom one can sign in.
type guest struct{ login, what string }

func (d *demo) invite(what string, guests []guest) {
	base := d.cfg.PublicURL
	fmt.Fprintf(d.out, "\nRoomward demo: %s\n\n  %s, and nothing leaves this machine. Sign in as one of these:\n\n", base, what)
	for _, g := range guests {
		fmt.Fprintf(d.out, "  %-31s %s\n    %s/signin?login_hint=%s\n", g.login, g.what, base, g.login)
	}
	fmt.Fprintf(d.out, "\n  Stop with Ctrl+C.\n\n")
}
