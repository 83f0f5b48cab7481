// Package setup gets Roomward from an empty data directory to a partner that can take customers: the guide that `serve` opens while needed
// settings are missing, and the checks behind it, which `roomward doctor` runs as well. Nothing of the guide answers without the one-time token.
package setup

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Names of settings that the guide keeps; they are those of the flags of `serve`.
const (
	setPublicURL      = "public-url"
	setPartnerTenant  = "partner-tenant"
	setPartnerName    = "partner-name"
	setPartnerDomains = "partner-domains"
	setClientID       = "client-id"
	setManagerGroup   = "manager-group"
	setSMTPHost       = "smtp-host"
	setSMTPPort       = "smtp-port"
	setSMTPUser       = "smtp-user"
	setSMTPTLS        = "smtp-tls"
	setMailFrom       = "mail-from"
	setNoticeMail     = "notice-mail"
	setBackupDir      = "backup-dir"
	setBackupKeep     = "backup-keep"
	setBackupAt       = "backup-at"
)

// Names of secrets that the guide keeps, sealed, in the database; those of the registration that acts begin with act-.
const (
	SecretClient       = "client-secret"
	SecretCertificate  = "certificate" // PEM: the certificate and its key
	SecretMailPassword = "smtp-password"
	// SecretNextCertificate is a certificate that waits beside the proof in use.
	SecretNextCertificate = "certificate-next"
)

// Config is what the guide needs from its surroundings.
type Config struct {
	Data    string // data directory
	Version string
	Trial   bool // a simulated cloud stands for Microsoft's
	Checks  Checks
	// Subject reads the settings in force, anew each time.
	Subject func(ctx context.Context) (Subject, error)
	// Given says of settings that a flag, the environment or a file sets where that is: the guide cannot change them.
	Given map[string]string
	// Keep keeps settings by name; an empty value takes the setting back.
	Keep func(ctx context.Context, settings map[string]string) error
	// KeepSecrets keeps secrets by name, all or none; an empty value takes one back.
	KeepSecrets func(ctx context.Context, secrets map[string]string) error
	// TakeNext puts the certificate that waits in the place of the proof in use. prefix begins the names of its secrets.
	TakeNext func(ctx context.Context, prefix string) error
	// Trials makes a sign-in of a member of the partner that is only looked at; nil offers none.
	Trials func(s Subject) (Trial, error)
	// Start builds what serves, by the settings in force. After it the guide is over.
	Start func(ctx context.Context) error
	Now   func() time.Time
	Log   *slog.Logger
}

// Trial is a sign-in that is looked at and makes no session.
type Trial interface {
	// Begin gives the address of Microsoft's page to go to.
	Begin(ctx context.Context) (address string, err error)
	// Mine tells whether what came back in the query of the redirect address belongs to this sign-in, End reads it.
	Mine(query map[string][]string) bool
	End(ctx context.Context, query map[string][]string) (Visitor, error)
}

// Visitor is whom a trial let in.
type Visitor struct {
	Name    string
	Manager bool
	// Missing are optional claims that the token did not have.
	Missing []string
}

// Steps of the guide, in their order. Each is checked by its name.
const (
	StepAddress      = "address"
	StepPartner      = "partner"
	StepRegistration = "registration"
	StepActing       = "acting"
	StepManagers     = "managers"
	StepMail         = "mail"
	StepBackups      = "backups"
)

// Guide is the set-up of one start of Roomward. Safe for concurrent use.
type Guide struct {
	cfg  Config
	door *door
	done chan struct{}

	mu       sync.Mutex // one change at a time
	findings map[string][]Outcome
	trial    Trial
	over     bool
}

// Open makes the one-time token of this start, and the guide behind it. The token is returned for the terminal; a file has it too.
func Open(cfg Config) (g *Guide, token string, err error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Checks.Now = cfg.Now
	d, token, err := openDoor(cfg.Data, cfg.Now)
	if err != nil {
		return nil, "", err
	}
	return &Guide{cfg: cfg, door: d, done: make(chan struct{}), findings: map[string][]Outcome{}}, token, nil
}

// Close ends the guide without an end of the set-up: its token is worth nothing any more.
func (g *Guide) Close() error { return g.door.forget() }

// Done is closed when the set-up has ended and what serves is built.
func (g *Guide) Done() <-chan struct{} { return g.done }

// Claim changes the one-time token for the session of a browser: ErrWrongToken, ErrTokenUsed.
func (g *Guide) Claim(token string) (session string, err error) { return g.door.claim(token) }

// Holds tells whether a session is the one that the token was changed for.
func (g *Guide) Holds(session string) bool { return g.door.holds(session) }

// check runs the checks of a step and keeps what they found.
func (g *Guide) check(ctx context.Context, step string, s Subject) []Outcome {
	var out []Outcome
	switch step {
	case StepAddress:
		out = []Outcome{g.cfg.Checks.Address(ctx, s)}
	case StepPartner:
		_, out = g.cfg.Checks.Partner(ctx, s)
	case StepRegistration:
		out = g.cfg.Checks.Registration(ctx, g.takeNext(ctx, reading, s))
	case StepActing:
		out = g.cfg.Checks.ActingRegistration(ctx, g.takeNext(ctx, acting, s))
	case StepManagers:
		out = g.cfg.Checks.Managers(ctx, s)
	case StepMail:
		out = []Outcome{g.cfg.Checks.Mail(ctx, s, "")}
	case StepBackups:
		out = g.cfg.Checks.Backups(s)
	}
	for _, f := range g.findings[step] {
		if f.Check == "signin" { // what a sign-in showed stays
			out = append(out, f)
		}
	}
	g.findings[step] = out
	return out
}

// Arrive is the end of a trial sign-in: Microsoft sent the browser back with the query.
func (g *Guide) Arrive(ctx context.Context, query map[string][]string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.trial == nil || !g.trial.Mine(query) {
		return
	}
	who, err := g.trial.End(ctx, query)
	g.trial = nil
	kept := g.findings[StepManagers][:0:0]
	for _, f := range g.findings[StepManagers] {
		if f.Check != "signin" {
			kept = append(kept, f)
		}
	}
	g.findings[StepManagers] = append(kept, visited(who, err)...)
}

// visited is what a trial sign-in tells.
func visited(who Visitor, err error) []Outcome {
	if err != nil {
		f := found("signin", Broken, "signin-refused")
		f.Said = err.Error()
		return []Outcome{f}
	}
	var out []Outcome
	for _, claim := range who.Missing {
		out = append(out, found("signin", Warning, "signin-no-claim", "claim", claim))
	}
	if !who.Manager {
		return append(out, found("signin", Warning, "signin-no-manager", "name", who.Name))
	}
	return append(out, found("signin", OK, "signin-ok", "name", who.Name))
}
