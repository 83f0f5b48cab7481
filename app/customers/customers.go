// Package customers is the relation between the partner and each customer: invitations, granted rooms, ceiling, states.
package customers

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"roomward/app/api"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// InviteMode says from whom invitations are taken (design 7).
type InviteMode string

const (
	// InviteByCode takes an invitation only with a one-time code that the partner handed out. The default.
	InviteByCode InviteMode = "code"
	// InviteListed takes invitations from tenants that the operator has listed.
	InviteListed InviteMode = "listed"
	// InviteOpen takes invitations from every tenant.
	InviteOpen InviteMode = "open"
)

// TermsVersion names the text of the terms that a customer agrees to. It changes with the text.
const TermsVersion = "2027-03"

// RetentionDays is how long the working copy of a customer's history is kept, unless the customer says otherwise.
const RetentionDays = 180

// Config is what the feature needs from its surroundings.
type Config struct {
	Store         *store.Store
	Graph         *graph.Client
	Acting        *graph.Client // acts on devices: Graph, unless a second registration does
	PartnerTenant string
	PartnerName   string
	Domains       []string // of the partner, the first is the one shown
	Mode          InviteMode
	Listed        []string          // tenant ids for InviteListed
	Contexts      []api.AuthContext // of the partner's tenant, that a customer may demand
	Now           func() time.Time
	// Member finds a user or group in the partner's directory; access stands behind it.
	Member func(ctx context.Context, p policy.Principal) (store.Member, error)
	// Started is told of a new customer, so that its first collection starts at once.
	Started func(customer policy.ID)
	// Regranted is told of a customer that changed its choice of rooms, so that what runs by the old one stops, what is new in it is collected at once,
	// and the last bytes of what is not go.
	Regranted func(customer policy.ID)
	// Left is told of a customer whose relation has ended, so that its running work stops and its last bytes go.
	Left func(customer policy.ID)
	// Progress tells how far the running collection of a customer is; nil when none runs.
	Progress func(customer policy.ID) *Progress
}

// Progress is a running collection, for people who wait for it.
type Progress struct {
	Step  string `json:"step" enum:"places,devices,health" doc:"What is being read."`
	Done  int    `json:"done"`
	Total int    `json:"total" doc:"0 while it is not known."`
}

// Customers answers the operations of the feature.
type Customers struct {
	Config
	live   liveRooms
	crowds crowds
}

// New makes the feature.
func New(cfg Config) *Customers {
	return &Customers{Config: cfg, live: liveRooms{byTenant: map[string]*liveEntry{}}, crowds: crowds{byCustomer: map[policy.ID]*crowd{}}}
}

// Consented proves the consent of a tenant by a token for it and its own organisation object, and keeps it.
func (c *Customers) Consented(ctx context.Context, act store.Act, tenant string) error {
	c.Graph.ForgetToken(tenant)
	org, err := c.Graph.Organization(ctx, tenant)
	if err != nil {
		return err
	}
	t := store.Tenant{ID: tenant, Name: org.DisplayName, Country: org.Country}
	for _, d := range org.Domains {
		if d.Default {
			t.Domains = append([]string{d.Name}, t.Domains...)
			continue
		}
		t.Domains = append(t.Domains, d.Name)
	}
	return c.Store.Consented(ctx, act, t)
}

// ActingConsented proves the consent of a tenant to the application that acts, by a token of that application with its permission, and keeps it.
func (c *Customers) ActingConsented(ctx context.Context, act store.Act, tenant string) error {
	c.Acting.ForgetToken(tenant)
	roles, err := c.Acting.Roles(ctx, tenant)
	if graph.KindOf(err) == graph.BadAnswer { // there is a token, into which nobody can look
		return c.Store.ActingAllowed(ctx, act, tenant)
	}
	if err != nil {
		return err
	}
	for _, n := range graph.Needs() {
		if n.Capability == graph.CanRestart && !n.Given(roles) {
			return fmt.Errorf("the consent leaves out %s", n.Permissions[0])
		}
	}
	return c.Store.ActingAllowed(ctx, act, tenant)
}

// actsApart tells whether actions take a consent of their own.
func (c *Customers) actsApart() bool { return c.Acting != nil && c.Acting != c.Graph }

// partnerDomain is the partner's domain that somebody typed, as the operator wrote it. Only ASCII letters fold: a letter that merely looks
// like one, or that Unicode folds to one, is another domain.
func (c *Customers) partnerDomain(typed string) (string, bool) {
	typed = strings.TrimSpace(typed)
	for _, d := range c.Domains {
		if lowerASCII(typed) == lowerASCII(d) {
			return lowerASCII(d), true
		}
	}
	return "", false
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// liveRooms keeps what a customer sees while it picks its grant: in memory only, a few minutes, a few tenants (design 15).
type liveRooms struct {
	mu       sync.Mutex
	byTenant map[string]*liveEntry
}

type liveEntry struct {
	rooms []OwnRoom
	at    time.Time
}

const (
	liveFor     = 5 * time.Minute
	liveTenants = 16
)

func (l *liveRooms) get(tenant string, now time.Time) ([]OwnRoom, time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for t, e := range l.byTenant {
		if now.Sub(e.at) > liveFor {
			delete(l.byTenant, t)
		}
	}
	e := l.byTenant[tenant]
	if e == nil {
		return nil, time.Time{}, false
	}
	return e.rooms, e.at, true
}

// drop forgets the rooms of a tenant: it has chosen.
func (l *liveRooms) drop(tenant string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.byTenant, tenant)
}

func (l *liveRooms) put(tenant string, rooms []OwnRoom, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for t := range l.byTenant {
		if len(l.byTenant) < liveTenants {
			break
		}
		delete(l.byTenant, t)
	}
	l.byTenant[tenant] = &liveEntry{rooms, now}
}
