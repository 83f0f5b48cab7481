package setup

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"roomward/app/graph"
	"roomward/app/notify"
)

// Subject is what is checked: the settings as they are in force.
type Subject struct {
	Listen         string
	PublicURL      string
	PartnerTenant  string // tenant id, or a domain before it was looked up
	PartnerName    string
	PartnerDomains []string
	Registration                // signs people in and reads
	Acting         Registration // acts on devices; without a client id the other one does
	ManagerGroup   string
	Mail           notify.Server `json:"-"` // without a host nothing is mailed
	NoticeMail     []string
	Data           string // data directory
	Backups        BackupPlan
}

// Checks ask for real whether settings are right. The zero Now and Log have defaults.
type Checks struct {
	Cloud graph.Cloud
	Now   func() time.Time
	Log   *slog.Logger
	// Own asks whether an address leads to this Roomward; nil asks by HTTP.
	Own func(ctx context.Context, address string) Outcome
	// SameDisk tells whether two directories are on one disk; nil: nobody knows.
	SameDisk func(a, b string) bool
}

func (c Checks) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// client is a client of Microsoft's cloud that does not wait: who asks looks on.
func (c Checks) client(r Registration) (*graph.Client, error) {
	credential := graph.Credential{ClientID: r.ClientID, Secret: r.Secret, Certificate: r.Certificate}
	if r.ClientID == "" || !r.proven() {
		credential = graph.Anonymous()
	}
	return graph.New(graph.Config{Cloud: c.Cloud, Credential: credential, Now: c.Now, Log: c.Log, MaxRetryWait: -1})
}

// Partner checks the tenant and its domains by what Entra tells anybody. It gives the tenant's id, "" where it found none.
func (c Checks) Partner(ctx context.Context, s Subject) (tenant string, findings []Outcome) {
	client, err := c.client(Registration{})
	if err != nil {
		return "", []Outcome{refused("tenant", err)}
	}
	d, err := client.Discover(ctx, s.PartnerTenant)
	if err != nil {
		return "", []Outcome{refused("tenant", err)}
	}
	if cloud := d.Government(); cloud != "" {
		return "", []Outcome{found("tenant", Broken, "tenant-government", "cloud", cloud)}
	}
	findings = append(findings, found("tenant", OK, "tenant-ok", "tenant", d.TenantID))
	for _, domain := range s.PartnerDomains {
		of, err := client.Discover(ctx, domain)
		switch {
		case graph.KindOf(err) == graph.TenantUnknown:
			findings = append(findings, found("domain", Broken, "domain-unknown", "domain", domain))
		case err != nil:
			findings = append(findings, refused("domain", err))
		case of.TenantID != d.TenantID:
			findings = append(findings, found("domain", Broken, "domain-foreign", "domain", domain))
		default:
			findings = append(findings, found("domain", OK, "domain-ok", "domain", domain))
		}
	}
	return d.TenantID, findings
}

// certificateSoon is how long before its end a certificate is pointed out.
const certificateSoon = 30 * 24 * time.Hour

// Credential checks the proof of the application as far as it can be read here.
func (c Checks) Credential(r Registration) Outcome {
	if r.Certificate == nil {
		if r.Secret == "" {
			return found("credential", Broken, "credential-missing")
		}
		return found("credential", Warning, "secret-used")
	}
	leaf, err := x509.ParseCertificate(r.Certificate.Certificate[0])
	if err != nil {
		return found("credential", Broken, "credential-missing")
	}
	until := leaf.NotAfter.UTC().Format(time.DateOnly)
	switch left := leaf.NotAfter.Sub(c.now()); {
	case left <= 0:
		return found("credential", Broken, "certificate-expired", "until", until)
	case left < certificateSoon:
		return found("credential", Warning, "certificate-soon", "until", until)
	}
	return found("credential", OK, "certificate-ok", "until", until)
}

// Registration checks the application: its proof, a token for the partner's tenant, the permissions in it, and the domains that the tenant says
// it has verified.
func (c Checks) Registration(ctx context.Context, s Subject) []Outcome {
	findings := []Outcome{c.Credential(s.Registration)}
	if s.Next != nil {
		findings = append(findings, c.Next(ctx, s.PartnerTenant, s.Registration))
	}
	if Worst(findings) == Broken {
		return findings
	}
	client, err := c.client(s.Registration)
	if err != nil {
		return append(findings, found("token", Broken, "settings-wrong", "said", err.Error()))
	}
	roles, err := client.Roles(ctx, s.PartnerTenant)
	if err != nil {
		return append(findings, refused("token", err))
	}
	findings = append(findings, found("token", OK, "token-ok"))
	findings = append(findings, s.permissions(roles)...)
	o, err := client.Organization(ctx, s.PartnerTenant)
	if graph.KindOf(err) == graph.PermissionMissing {
		return findings // said already
	}
	if err != nil {
		return append(findings, refused("organization", err))
	}
	verified := true
	for _, domain := range s.PartnerDomains {
		if !slices.ContainsFunc(o.Domains, func(d graph.Domain) bool { return strings.EqualFold(d.Name, domain) }) {
			verified = false
			findings = append(findings, found("organization", Broken, "domain-unverified", "domain", domain))
		}
	}
	if verified {
		findings = append(findings, found("organization", OK, "organization-ok", "name", o.DisplayName))
	}
	return findings
}

// Managers checks the group of managers: that it is there, gives access, and has somebody in it. Whom the app role is assigned to no permission of
// ours reads: a sign-in shows it (Guide.Seen).
func (c Checks) Managers(ctx context.Context, s Subject) []Outcome {
	if s.ManagerGroup == "" {
		return []Outcome{found("managers", OK, "managers-role")}
	}
	client, err := c.client(s.Registration)
	if err != nil {
		return []Outcome{refused("managers", err)}
	}
	g, err := client.Group(ctx, s.PartnerTenant, s.ManagerGroup)
	if kind := graph.KindOf(err); kind == graph.NotFound || kind == graph.BadRequest {
		return []Outcome{found("managers", Broken, "managers-missing")}
	}
	if err != nil {
		return []Outcome{refused("managers", err)}
	}
	if !g.SecurityEnabled {
		return []Outcome{found("managers", Broken, "managers-mail-group", "group", g.DisplayName)}
	}
	n, err := client.GroupSize(ctx, s.PartnerTenant, s.ManagerGroup)
	if err != nil {
		return []Outcome{refused("managers", err)}
	}
	if n == 0 {
		return []Outcome{found("managers", Broken, "managers-empty", "group", g.DisplayName)}
	}
	return []Outcome{found("managers", OK, "managers-ok", "group", g.DisplayName, "count", strconv.Itoa(n))}
}

// Mail checks that the mail server takes letters of the sender; with an address, by sending one there.
func (c Checks) Mail(ctx context.Context, s Subject, to string) Outcome {
	m := s.Mail
	if m.Host == "" {
		return found("mail", OK, "mail-off")
	}
	reason, err := m.Try(ctx, to, c.now())
	if err != nil {
		return found("mail", Broken, "mail-time", "host", m.Host)
	}
	if reason != "" {
		return found("mail", Broken, "mail-"+reason, "host", m.Host, "from", m.From, "to", to)
	}
	if to == "" {
		return found("mail", OK, "mail-reached", "host", m.Host, "from", m.From)
	}
	return found("mail", OK, "mail-ok", "host", m.Host, "to", to)
}

// clockLimit is from where on Microsoft refuses what is signed here, with some room: tokens are good for 5 minutes more.
const clockLimit = time.Minute

// Clock compares the clock of this machine with Microsoft's.
func (c Checks) Clock(ctx context.Context, s Subject) Outcome {
	client, err := c.client(Registration{})
	if err != nil {
		return refused("clock", err)
	}
	begun := c.now()
	d, err := client.Discover(ctx, s.PartnerTenant)
	if err != nil {
		return refused("clock", err)
	}
	if d.Answered.IsZero() {
		return found("clock", Warning, "cloud-refused", "said", "the answer names no time")
	}
	took := c.now().Sub(begun)
	off := d.Answered.Sub(begun.Add(took / 2)).Abs()
	seconds := strconv.Itoa(int(off / time.Second))
	if off > clockLimit {
		return found("clock", Broken, "clock-off", "seconds", seconds)
	}
	return found("clock", OK, "clock-ok", "seconds", seconds)
}

var errNoAddress = errors.New("an address is https://NAME without a path; http only on this machine")

// missing names the settings without which Roomward cannot serve.
func (s Subject) missing() []string {
	var out []string
	for _, need := range []struct {
		name  string
		there bool
	}{
		{"partner-tenant", s.PartnerTenant != ""}, {"partner-name", s.PartnerName != ""}, {"partner-domains", len(s.PartnerDomains) > 0},
		{"client-id", s.ClientID != ""}, {"certificate", s.proven()},
	} {
		if !need.there {
			out = append(out, need.name)
		}
	}
	return out
}

// Settings says which settings are missing.
func (s Subject) Settings() []Outcome {
	var out []Outcome
	for _, name := range s.missing() {
		out = append(out, found("settings", Broken, "settings-missing", "name", name))
	}
	return out
}

func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
