package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"roomward/app/api"
	"roomward/app/graph"
	"roomward/app/listen"
	"roomward/app/setup"
	"roomward/app/signin"
	"roomward/app/web"
	"roomward/store"
	"roomward/ui"
)

// ServeOptions are what `serve` is asked for beside its settings.
type ServeOptions struct {
	// Again reads the settings anew, as a restart would: the guide keeps some.
	Again func() (Settings, error)
	// Given says of settings that a flag, the environment or a file sets where that is.
	Given map[string]string
	// Guide opens the set-up guide though nothing is missing.
	Guide bool
	// Out is where the guide's address goes; with Terminal it carries the one-time token, because nobody but who started this reads it.
	Out      io.Writer
	Terminal bool
	// Log is the log; nil means that of the settings, on standard error.
	Log *slog.Logger
}

// needsGuide tells whether the set-up guide has to be opened, or that settings are wrong, which no guide mends.
func needsGuide(s *Settings, asked bool) (bool, error) {
	err := s.Check()
	if err == nil {
		return asked, nil
	}
	if !onlyUnset(err) {
		return false, err
	}
	return true, nil
}

// onlyUnset tells whether an error of Check says nothing but that settings are missing.
func onlyUnset(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			if !onlyUnset(one) {
				return false
			}
		}
		return true
	}
	var unset *unsetError
	return errors.As(err, &unset)
}

// guided runs the set-up guide until it has built what serves, or the context ends. Settings are read anew each time, so that what serves is what a
// restart would give.
func (f *front) guided(ctx context.Context, a *App, o ServeOptions) error {
	s, log, version, st := a.cfg.Settings, a.cfg.Log, a.cfg.Version, a.Store
	passing := newPassage(f.main)
	f.main = passing
	subject := func(ctx context.Context) (setup.Subject, error) {
		now, err := o.Again()
		if err != nil {
			return setup.Subject{}, err
		}
		return now.subject(ctx, st.Secret)
	}
	dist, err := fs.Sub(ui.Dist, "dist")
	if err != nil {
		return fmt.Errorf("find the user interface: %w", err)
	}
	act := store.System("set-up")
	guide, token, err := setup.Open(setup.Config{
		Data: s.Data, Version: version, Trial: s.Cloud != "", Checks: setup.Checks{Cloud: s.cloud(), Log: log, SameDisk: sameDisk}, Subject: subject, Given: o.Given,
		Keep: func(_ context.Context, changes map[string]string) error { return keepGood(s, o.Again, changes) },
		KeepSecrets: func(ctx context.Context, secrets map[string]string) error {
			values := map[string][]byte{}
			for name, value := range secrets {
				values[name] = []byte(value)
			}
			return st.ChangeSecrets(ctx, act, values)
		},
		TakeNext: func(ctx context.Context, prefix string) error { return st.TakeNextCertificate(ctx, act, prefix) },
		Trials:   func(on setup.Subject) (setup.Trial, error) { return newTrial(s.cloud(), on, log) },
		Start: func(ctx context.Context) error {
			now, err := o.Again()
			if err != nil {
				return err
			}
			now.handed = s.handed
			if err := now.Check(); err != nil {
				return err
			}
			if err := f.secure(now); err != nil {
				return err
			}
			a.cfg.Settings, a.cfg.certificate = now, f.certificate()
			return a.assemble(ctx)
		},
		Log: log,
	})
	if err != nil {
		return err
	}
	defer func() { _ = guide.Close() }()
	server, err := web.NewGuide(web.GuideConfig{TrustedProxies: s.TrustedProxies, ProxyHeaders: s.ProxyHeaders, Version: version, Dist: dist, Log: log}, guide)
	if err != nil {
		return err
	}
	f.shows(web.GuideBackstage())
	sayGuide(o, s, passing.Addr().String(), token)
	log.Info("not set up: the set-up guide is open", "token file", filepath.Join(s.Data, setup.TokenFile))
	over, end := context.WithCancel(ctx)
	defer end()
	go func() {
		select {
		case <-guide.Done():
			end()
		case <-over.Done():
		}
	}()
	f.tell(f.service.Tell(listen.Ready)) // the service manager waits for an answer, and the guide is one
	var side sync.WaitGroup
	side.Go(func() { f.service.Beat(over, func(context.Context) {}) })
	defer side.Wait()
	defer end()
	return server.Serve(over, passing.lent())
}

// sayGuide prints where the guide is.
func sayGuide(o ServeOptions, s Settings, listening, token string) {
	base := "http://" + listening
	if strings.HasPrefix(s.PublicURL, "https://") {
		base = s.PublicURL
	}
	file := filepath.Join(s.Data, setup.TokenFile)
	fmt.Fprintf(o.Out, "\nRoomward is not set up yet. Open its set-up guide:\n\n")
	if o.Terminal {
		fmt.Fprintf(o.Out, "  %s/setup#%s\n\n  The token after the # works once, for one browser, within a day. It stands in %s, too.\n", base, token, file)
	} else {
		fmt.Fprintf(o.Out, "  %s/setup\n\n  The one-time token stands in %s.\n", base, file)
	}
	if host, port, err := net.SplitHostPort(listening); err == nil {
		fmt.Fprintf(o.Out, "  From another machine, over https or through a tunnel: ssh -L %s:%s this-machine\n", port, net.JoinHostPort(tunnelHost(host), port))
	}
	fmt.Fprintln(o.Out)
}

// tunnelHost is where the far end of a tunnel connects to.
func tunnelHost(host string) string {
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		return "127.0.0.1"
	}
	return host
}

// subject is what the checks look at: the settings as they are in force, with the secrets of the database where no setting names one.
func (s Settings) subject(ctx context.Context, secret secretReader) (setup.Subject, error) {
	_ = s.Check() // it completes them; what is missing is the guide's matter
	if err := s.takeKept(ctx, secret); err != nil {
		return setup.Subject{}, err
	}
	out := setup.Subject{Listen: s.Listen, PublicURL: s.PublicURL, PartnerTenant: s.PartnerTenant, PartnerName: s.PartnerName, PartnerDomains: s.PartnerDomains,
		ManagerGroup: s.ManagerGroup, NoticeMail: s.NoticeMail,
		Data: s.Data, Backups: setup.BackupPlan{Dir: s.BackupDir, Keep: s.BackupKeep, At: s.BackupAt}}
	if s.SMTPHost != "" {
		out.Mail = s.mailServer()
	}
	reading, err := s.reading().subject(ctx, secret)
	out.Registration = reading
	if err != nil {
		return out, err
	}
	out.Acting, err = s.acting().subject(ctx, secret)
	return out, err
}

// trial hands a trial sign-in of app/signin to the guide.
type trial struct{ t *signin.Trial }

func newTrial(cloud graph.Cloud, s setup.Subject, log *slog.Logger) (setup.Trial, error) {
	client, err := graph.New(graph.Config{Cloud: cloud, Credential: graph.Credential{ClientID: s.ClientID, Secret: s.Secret, Certificate: s.Certificate}, Log: log, MaxRetryWait: -1})
	if err != nil {
		return nil, fmt.Errorf("make the client of a trial sign-in: %w", err)
	}
	t, err := signin.NewTrial(signin.Config{Login: cloud.Login, PartnerTenant: s.PartnerTenant, PartnerDomains: s.PartnerDomains, ClientID: s.ClientID,
		Secret: s.Secret, Assertion: client.Assertion(), PublicURL: s.PublicURL, ManagerGroup: s.ManagerGroup, MemberGroups: client.MemberGroups}, log)
	if err != nil {
		return nil, err
	}
	return trial{t}, nil
}

// Begin gives the address of Microsoft's page.
func (t trial) Begin(context.Context) (string, error) { return t.t.Begin() }

// Mine tells whether what came back belongs to this sign-in.
func (t trial) Mine(query map[string][]string) bool { return t.t.Mine(url.Values(query)) }

// End reads what came back.
func (t trial) End(ctx context.Context, query map[string][]string) (setup.Visitor, error) {
	who, err := t.t.End(ctx, url.Values(query))
	return setup.Visitor{Name: who.Name, Manager: who.Manager, Missing: who.Missing}, err
}

// keepGood keeps settings with which a start would not fail: one that did could not even open the guide again.
func keepGood(s Settings, again func() (Settings, error), changes map[string]string) error {
	before, err := KeptSettings(s.Data)
	if err != nil {
		return err
	}
	if err := KeepSettings(s.Data, changes); err != nil {
		return err
	}
	now, err := again()
	if err == nil {
		now.handed = s.handed
		err = now.Check()
	}
	if err == nil || onlyUnset(err) {
		return nil
	}
	former := map[string]string{}
	for name := range changes {
		former[name] = before[name]
	}
	if undo := KeepSettings(s.Data, former); undo != nil {
		return errors.Join(err, undo)
	}
	return api.Invalid("body", err.Error())
}

// passage is a listener that serves one server after the other: its connections go to whoever listens now.
type passage struct {
	net.Listener
	conns chan net.Conn
	shut  chan struct{} // the listener below is closed
	err   error
}

// newPassage begins to take connections.
func newPassage(l net.Listener) *passage {
	p := &passage{Listener: l, conns: make(chan net.Conn), shut: make(chan struct{})}
	go func() {
		for {
			c, err := l.Accept()
			var passing interface{ Temporary() bool }
			if errors.As(err, &passing) && passing.Temporary() { // such as no file left for one more connection
				<-time.After(acceptPause)
				continue
			}
			if err != nil {
				p.err = err
				close(p.shut)
				return
			}
			select {
			case p.conns <- c:
			case <-time.After(passageTime): // nobody listens: one server has ended, and the next one is slow to begin
				_ = c.Close()
			}
		}
	}()
	return p
}

// acceptPause is how long no connection is taken after one could not be.
const acceptPause = 50 * time.Millisecond

// passageTime is how long a connection waits for the next server.
const passageTime = 10 * time.Second

// Accept gives the next connection.
func (p *passage) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.shut:
		return nil, p.err
	}
}

// lent is the listener for a server that is not the last: closing it leaves the one below open.
func (p *passage) lent() net.Listener { return &lent{passage: p, closed: make(chan struct{})} }

type lent struct {
	*passage
	closed chan struct{}
}

// Accept gives the next connection, until Close.
func (l *lent) Accept() (net.Conn, error) {
	select {
	case <-l.closed:
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-l.shut:
		return nil, l.err
	}
}

// Close ends this view only.
func (l *lent) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}
