package setup

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"roomward/app/api"
	"roomward/app/notify"
)

// Situation is how far the set-up is.
type Situation struct {
	Version      string               `json:"version"`
	Trial        bool                 `json:"trial" doc:"A simulated cloud stands for Microsoft's."`
	PublicURL    string               `json:"publicUrl"`
	Tenant       string               `json:"tenant"`
	Name         string               `json:"name"`
	Domains      []string             `json:"domains" nullable:"false"`
	Registration RegistrationState    `json:"registration" doc:"The one that signs people in and reads."`
	Acting       RegistrationState    `json:"acting" doc:"The one that acts, where that is wanted apart; without a client id there is none."`
	Group        string               `json:"managerGroup"`
	Mail         MailServer           `json:"mail"`
	Backups      BackupPlan           `json:"backups"`
	Proposed     BackupPlan           `json:"proposedBackups" doc:"Where and when, unless somebody knows better."`
	Given        map[string]string    `json:"given" doc:"Settings that cannot be changed here, and where they are set."`
	SigninTest   bool                 `json:"signinTest" doc:"Whether a sign-in can be tried."`
	Findings     map[string][]Outcome `json:"findings" doc:"What the last check of each step found in this start."`
	Missing      []string             `json:"missing" nullable:"false" doc:"Settings that are still needed."`
}

// MailServer are the mail server without its password.
type MailServer struct {
	Host     string   `json:"host" maxLength:"253"`
	Port     int      `json:"port" minimum:"0" maximum:"65535" doc:"0 for the usual one."`
	User     string   `json:"user" maxLength:"320"`
	Password bool     `json:"passwordSet"`
	TLS      string   `json:"tls" enum:"starttls,tls,none"`
	From     string   `json:"from" maxLength:"320"`
	Notice   []string `json:"noticeMail" nullable:"false" maxItems:"20"`
}

// Situation answers GET /api/setup.
func (g *Guide) Situation(ctx context.Context, _ *api.Call, _ *struct{}) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.situation(ctx)
}

func (g *Guide) situation(ctx context.Context) (Situation, error) {
	if !g.Holds(sessionOf(ctx)) { // the server asked already: this is for whoever wires it otherwise
		return Situation{}, notIn()
	}
	s, err := g.cfg.Subject(ctx)
	if err != nil {
		return Situation{}, wrap("read the settings", err)
	}
	out := Situation{
		Version: g.cfg.Version, Trial: g.cfg.Trial, PublicURL: s.PublicURL, Tenant: s.PartnerTenant, Name: s.PartnerName,
		Domains: append([]string{}, s.PartnerDomains...), Registration: g.stateOf(reading, s), Acting: g.stateOf(acting, s), Group: s.ManagerGroup,
		Mail: MailServer{Host: s.Mail.Host, Port: s.Mail.Port, User: s.Mail.User, Password: s.Mail.Password != "",
			TLS: cmp.Or(s.Mail.TLS, notify.TLSStart), From: s.Mail.From, Notice: append([]string{}, s.NoticeMail...)},
		Backups: s.Backups, Proposed: g.usualPlan(), Given: g.cfg.Given, SigninTest: g.cfg.Trials != nil,
		Findings: maps.Clone(g.findings), Missing: append([]string{}, s.missing()...),
	}
	return out, nil
}

func notIn() *api.Problem {
	return api.Fail(http.StatusUnauthorized, "setup-locked", "The set-up guide is open for the browser that brought the one-time token.",
		"Restart Roomward for a new token: it is printed, and stands in the file setup-token of the data directory.")
}

// change keeps settings, checks a step with them, and answers how things are then. Settings that are given elsewhere are refused when they would differ.
func (g *Guide) change(ctx context.Context, step string, now map[string]string, set map[string]string) (Situation, error) {
	if p := g.given(now, set); p != nil {
		return Situation{}, p
	}
	for name := range set {
		if g.cfg.Given[name] != "" {
			delete(set, name)
		}
	}
	if err := g.cfg.Keep(ctx, set); err != nil {
		return Situation{}, wrap("keep the settings", err)
	}
	s, err := g.cfg.Subject(ctx)
	if err != nil {
		return Situation{}, wrap("read the settings", err)
	}
	g.check(ctx, step, s)
	return g.situation(ctx)
}

// given refuses a change of a setting that is set elsewhere; nil when there is none.
func (g *Guide) given(now, set map[string]string) error {
	for name, value := range set {
		if where := g.cfg.Given[name]; where != "" && value != now[name] {
			return api.ConflictWith("setting-given", "The setting "+name+" is set by the "+where+".", "Change it there and restart Roomward.")
		}
	}
	return nil
}

// begin takes the turn of a change, and the settings of now.
func (g *Guide) begin(ctx context.Context) (Subject, error) {
	if !g.Holds(sessionOf(ctx)) {
		return Subject{}, notIn()
	}
	if g.over {
		return Subject{}, api.ConflictWith("setup-over", "The set-up has ended.", "Open Roomward at its public address.")
	}
	s, err := g.cfg.Subject(ctx)
	return s, wrap("read the settings", err)
}

// AddressInput is the body of PUT /api/setup/address.
type AddressInput struct {
	Body struct {
		PublicURL string `json:"publicUrl" maxLength:"300"`
	}
}

// SetAddress keeps the public address.
func (g *Guide) SetAddress(ctx context.Context, _ *api.Call, in *AddressInput) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.begin(ctx)
	if err != nil {
		return Situation{}, err
	}
	address, err := readAddress(in.Body.PublicURL)
	if err != nil {
		return Situation{}, api.Invalid("body.publicUrl", err.Error())
	}
	return g.change(ctx, StepAddress, map[string]string{setPublicURL: s.PublicURL}, map[string]string{setPublicURL: address})
}

// PartnerInput is the body of PUT /api/setup/partner.
type PartnerInput struct {
	Body struct {
		Tenant  string   `json:"tenant" maxLength:"253" doc:"Tenant id, or a domain of the tenant."`
		Name    string   `json:"name" maxLength:"120"`
		Domains []string `json:"domains" nullable:"false" maxItems:"20" doc:"That customers may invite; the first is shown."`
	}
}

// SetPartner looks the tenant up and keeps it with its name and domains. A tenant that is not to be had is not kept.
func (g *Guide) SetPartner(ctx context.Context, _ *api.Call, in *PartnerInput) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.begin(ctx)
	if err != nil {
		return Situation{}, err
	}
	now := map[string]string{setPartnerTenant: s.PartnerTenant, setPartnerName: s.PartnerName, setPartnerDomains: strings.Join(s.PartnerDomains, ",")}
	s.PartnerTenant, s.PartnerName, s.PartnerDomains = strings.ToLower(strings.TrimSpace(in.Body.Tenant)), oneLine(in.Body.Name), names(in.Body.Domains)
	switch {
	case s.PartnerTenant == "":
		return Situation{}, api.Invalid("body.tenant", "the tenant is missing")
	case s.PartnerName == "":
		return Situation{}, api.Invalid("body.name", "customers read the name: it is needed")
	case len(s.PartnerDomains) == 0:
		return Situation{}, api.Invalid("body.domains", "at least one domain is needed")
	}
	for i, d := range s.PartnerDomains {
		if !domainName.MatchString(d) {
			return Situation{}, api.Invalid("body.domains["+strconv.Itoa(i)+"]", "this is no domain")
		}
	}
	tenant, findings := g.cfg.Checks.Partner(ctx, s)
	if tenant == "" {
		g.findings[StepPartner] = findings
		return g.situation(ctx)
	}
	return g.change(ctx, StepPartner, now, map[string]string{setPartnerTenant: tenant, setPartnerName: s.PartnerName, setPartnerDomains: strings.Join(s.PartnerDomains, ",")})
}

var (
	domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$`)
	guid       = regexp.MustCompile(`^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)
)

// ManagersInput is the body of PUT /api/setup/managers.
type ManagersInput struct {
	Body struct {
		Group string `json:"managerGroup" maxLength:"36" doc:"Object id of the group; empty for the app role alone."`
	}
}

// SetManagers keeps who names tenant managers.
func (g *Guide) SetManagers(ctx context.Context, _ *api.Call, in *ManagersInput) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.begin(ctx)
	if err != nil {
		return Situation{}, err
	}
	group := strings.ToLower(strings.TrimSpace(in.Body.Group))
	if group != "" && !guid.MatchString(group) {
		return Situation{}, api.Invalid("body.managerGroup", "the object id of a group is a GUID")
	}
	return g.change(ctx, StepManagers, map[string]string{setManagerGroup: s.ManagerGroup}, map[string]string{setManagerGroup: group})
}

// SigninAddress is where a trial sign-in begins.
type SigninAddress struct {
	Address string `json:"address"`
}

// TrySignin begins a sign-in that is only looked at. What it showed is in the situation afterwards.
func (g *Guide) TrySignin(ctx context.Context, _ *api.Call, _ *struct{}) (SigninAddress, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.begin(ctx)
	if err != nil {
		return SigninAddress{}, err
	}
	if g.cfg.Trials == nil || len(s.missing()) > 0 {
		return SigninAddress{}, api.ConflictWith("registration-missing", "The registration is not known yet.", "Finish the steps before this one.")
	}
	trial, err := g.cfg.Trials(s)
	if err != nil {
		return SigninAddress{}, wrap("prepare a trial sign-in", err)
	}
	address, err := trial.Begin(ctx)
	if err != nil {
		return SigninAddress{}, api.Fail(http.StatusServiceUnavailable, "unavailable", "Microsoft's sign-in cannot be reached.", "Check the network of this machine.")
	}
	g.trial = trial
	return SigninAddress{address}, nil
}

// CheckInput is the address of POST /api/setup/checks/{step}.
type CheckInput struct {
	Step string `path:"step" enum:"address,partner,registration,acting,managers,mail,backups"`
}

// Check runs the checks of a step again.
func (g *Guide) Check(ctx context.Context, _ *api.Call, in *CheckInput) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.begin(ctx)
	if err != nil {
		return Situation{}, err
	}
	g.check(ctx, in.Step, s)
	return g.situation(ctx)
}

// Started is the answer of the end of the set-up.
type Started struct {
	PublicURL string `json:"publicUrl" doc:"Where Roomward answers in a moment."`
}

// Finish checks everything once more and starts Roomward in the place of the guide. What is broken is in the situation, and keeps it from starting.
func (g *Guide) Finish(ctx context.Context, _ *api.Call, _ *struct{}) (Started, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.begin(ctx)
	if err != nil {
		return Started{}, err
	}
	if missing := s.missing(); len(missing) > 0 {
		return Started{}, api.ConflictWith("setup-incomplete", "Needed settings are missing: "+strings.Join(missing, ", ")+".", "Finish the steps that name them.")
	}
	for _, step := range []string{StepPartner, StepRegistration} {
		if Worst(g.check(ctx, step, s)) == Broken {
			return Started{}, api.ConflictWith("setup-broken", "A check of the step "+step+" found something broken.", "Mend it, then start again.")
		}
	}
	if err := g.cfg.Start(ctx); err != nil {
		g.cfg.Log.ErrorContext(ctx, "start after the set-up", "error", err)
		return Started{}, api.ConflictWith("start-failed", "Roomward cannot start: "+err.Error(), "Correct what it names; the log of this process has it too.")
	}
	g.over = true
	close(g.done)
	return Started{s.PublicURL}, wrap("end the set-up", g.door.forget())
}

// oneLine is a name as it goes into a file of lines.
func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, `"`, " ")), " ")
}

// names trims the items of a list and leaves out empty and repeated ones; domains and mail addresses are compared in lower case.
func names(list []string) []string {
	var out []string
	for _, item := range list {
		item = strings.ToLower(strings.TrimSpace(item))
		if item != "" && !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out
}
