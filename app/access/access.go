// Package access is who may do what across customers: the signed-in person, the partner's directory and tenant managers.
package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"roomward/app/api"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// Config is what the feature needs from its surroundings.
type Config struct {
	Store         *store.Store
	Graph         *graph.Client
	PartnerTenant string
	PartnerName   string
	PartnerDomain string
	Contexts      []api.AuthContext // that customers may demand
	Version       string
	Demo          bool
}

// Access answers the operations of the feature.
type Access struct{ Config }

// New makes the feature.
func New(cfg Config) *Access { return &Access{cfg} }

// Me is the signed-in person.
type Me struct {
	Session      string     `json:"session" doc:"Id of the session; no secret."`
	Side         string     `json:"side" enum:"partner,customer"`
	Person       PersonRef  `json:"person"`
	Organisation OrgRef     `json:"organisation"`
	Partner      PartnerRef `json:"partner"`
	Powers       Powers     `json:"powers"`
	Holdings     []Holding  `json:"holdings" nullable:"false" doc:"Where the person has a role, by name of the customer."`
	Contacts     []string   `json:"contacts,omitempty" doc:"Names of tenant managers to ask, at most 20; only for a member of the partner that has no role anywhere."`
	Permissions  []string   `json:"permissions" nullable:"false" doc:"All permissions there are, in order."`
	Version      string     `json:"version"`
	Demo         bool       `json:"demo" doc:"Whether this is the demo with its simulated cloud."`
}

// PersonRef is a person of an Entra tenant.
type PersonRef struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	UPN      string `json:"userPrincipalName"`
	TenantID string `json:"tenantId"`
}

// OrgRef is the person's own organisation.
type OrgRef struct {
	Name     string `json:"name"`
	TenantID string `json:"tenantId"`
	Domain   string `json:"domain"`
}

// PartnerRef is the partner that runs this Roomward.
type PartnerRef struct {
	Name   string `json:"name"`
	Domain string `json:"domain"`
}

// Powers are partner-wide, or those of a customer's administrator.
type Powers struct {
	GlobalAdmin   bool `json:"globalAdmin" doc:"For emergencies."`
	Manager       bool `json:"manager"`
	TenantManager bool `json:"tenantManager"`
	CustomerAdmin bool `json:"customerAdmin"`
}

// Holding is what the person may do for one customer.
type Holding struct {
	CustomerID   string               `json:"customerId"`
	CustomerName string               `json:"customerName"`
	State        string               `json:"state" enum:"active,consent-withdrawn,without-admin,strong-auth"`
	StepUp       *api.DemandedContext `json:"stepUp,omitempty" doc:"In state strong-auth: the sign-in that the customer demands. Until then nothing of it is seen."`
	Rooms        *int                 `json:"rooms,omitempty" doc:"Granted rooms; only when the person sees all of them."`
	Permissions  []string             `json:"permissions" nullable:"false" doc:"Held in at least one room."`
	Everywhere   []string             `json:"everywhere" nullable:"false" doc:"Held over all granted rooms."`
	Approves     []string             `json:"approves" nullable:"false" enum:"role,assignment,group,action,export" doc:"What the customer approves before it is done."`
}

// contacts is how many tenant managers somebody without a role is told.
const contacts = 20

// Me answers who is signed in, and what it may do where.
func (a *Access) Me(ctx context.Context, call *api.Call, _ *struct{}) (Me, error) {
	p := call.Person
	_, domain, _ := strings.Cut(p.UPN, "@")
	me := Me{Session: p.Session, Side: string(p.Side), Person: PersonRef{p.OID, p.Name, p.UPN, p.TenantID},
		Organisation: OrgRef{Name: domain, TenantID: p.TenantID, Domain: domain}, Partner: PartnerRef{a.PartnerName, a.PartnerDomain},
		Powers:      Powers{call.Powers.GlobalAdmin, call.Powers.Manager, call.Powers.TenantManager, call.Administers},
		Permissions: names(policy.Permissions()), Holdings: []Holding{}, Version: a.Version, Demo: a.Demo}
	if p.Side == store.SideCustomer {
		tenant, err := a.Store.TenantByID(ctx, p.TenantID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return Me{}, err
		}
		me.Organisation.Name = cmp.Or(tenant.Name, domain)
		return me, nil
	}
	me.Organisation.Name = a.PartnerName
	var err error
	if me.Holdings, err = a.holdings(ctx, call); err != nil || len(me.Holdings) > 0 {
		return me, err
	}
	me.Contacts, err = a.Store.TenantManagerNames(ctx, contacts)
	return me, err
}

func (a *Access) holdings(ctx context.Context, call *api.Call) ([]Holding, error) {
	named, err := call.Decider.Named(ctx, call.Actor)
	if err != nil {
		return nil, err
	}
	customers, err := a.Store.Customers(ctx, named)
	if err != nil {
		return nil, err
	}
	held, err := call.Decider.Holdings(ctx, call.Actor)
	if err != nil {
		return nil, err
	}
	stepUps, err := call.Decider.StepUps(ctx, call.Actor)
	if err != nil {
		return nil, err
	}
	lacks := map[policy.ID]string{}
	for _, s := range stepUps {
		lacks[s.Customer] = s.Context
	}
	byID := map[policy.ID]policy.Holding{}
	for _, h := range held {
		byID[h.Customer] = h
	}
	out := []Holding{}
	for _, c := range customers {
		h := Holding{CustomerID: c.ID.String(), CustomerName: c.Name, State: "active", Permissions: names(byID[c.ID].Permissions),
			Everywhere: names(byID[c.ID].Everywhere), Approves: []string{}}
		for _, event := range store.Events() {
			if c.ChangeControl[string(event)] == store.Manual && lacks[c.ID] == "" {
				h.Approves = append(h.Approves, string(event))
			}
		}
		switch {
		case c.State == store.CustomerWithdrawn:
			h.State = "consent-withdrawn"
		case !c.WithoutAdminSince.IsZero():
			h.State = "without-admin"
		case lacks[c.ID] != "":
			h.State, h.StepUp = "strong-auth", api.Demanded(a.Contexts, lacks[c.ID])
		}
		for _, p := range byID[c.ID].Everywhere {
			if p == policy.RoomsView {
				rooms := c.Rooms
				h.Rooms = &rooms
			}
		}
		out = append(out, h)
	}
	return out, nil
}

// Found is a user or a security group of the partner's directory.
type Found struct {
	Kind   string `json:"kind" enum:"user,group"`
	ID     string `json:"id"`
	Name   string `json:"name"`
	Detail string `json:"detail,omitempty" doc:"The user principal name of a user."`
	Size   *int   `json:"size,omitempty" doc:"How many people a group has, where Microsoft told."`
}

// most of each kind that a search answers.
const most = 8

// Directory finds users and security groups of the partner, for who may name somebody somewhere.
func (a *Access) Directory(ctx context.Context, call *api.Call, in *struct {
	Q string `query:"q" required:"true" minLength:"2" maxLength:"80" doc:"Part of a name."`
}) (api.Page[Found], error) {
	page := api.Page[Found]{Items: []Found{}}
	may, err := a.maySearch(ctx, call)
	if err != nil {
		return page, err
	}
	if !may {
		return page, api.Forbidden("needs-roles", "You cannot name anybody anywhere.", "Ask a primary admin or a manager.")
	}
	var users []graph.User
	var groups []graph.Group
	both, bctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) { users, err = a.Graph.SearchUsers(bctx, a.PartnerTenant, in.Q, most); return err })
	both.Go(func() (err error) { groups, err = a.Graph.SearchGroups(bctx, a.PartnerTenant, in.Q, most); return err })
	if err := both.Wait(); err != nil {
		return page, directoryFails(err)
	}
	sizes := make([]*int, len(groups))
	sized, sctx := errgroup.WithContext(ctx)
	for i, g := range groups {
		sized.Go(func() error {
			if n, err := a.Graph.GroupSize(sctx, a.PartnerTenant, g.ID); err == nil {
				sizes[i] = &n
			}
			return nil // a size is a comfort: without it the group is still shown
		})
	}
	_ = sized.Wait()
	for i, g := range groups {
		page.Items = append(page.Items, Found{Kind: "group", ID: strings.ToLower(g.ID), Name: g.DisplayName, Size: sizes[i]})
	}
	for _, u := range users {
		page.Items = append(page.Items, Found{Kind: "user", ID: strings.ToLower(u.ID), Name: u.DisplayName, Detail: u.UserPrincipalName})
	}
	return page, nil
}

func (a *Access) maySearch(ctx context.Context, call *api.Call) (bool, error) {
	if call.Powers.Any() {
		return true, nil
	}
	// The store is asked, because only it knows whether the right still stands: the answer reads no row of it.
	if err := a.Store.StillHolds(ctx, call.View); err != nil {
		return false, err
	}
	return !call.View.Empty(), nil
}

func directoryFails(err error) error {
	switch graph.KindOf(err) {
	case graph.Canceled:
		return err
	case "":
		return err
	case graph.SecretInvalid, graph.SecretExpired, graph.AssertionInvalid, graph.AppDisabled, graph.ClockSkew:
		return api.Fail(502, "registration-refused", "Microsoft does not accept the application of this Roomward.",
			"Tell whoever operates Roomward: the partner's page Collection says why.")
	}
	return api.Fail(502, "directory-unavailable", "Your directory did not answer as expected.", "Try again in a minute.")
}

// Member finds a user or security group of the partner by its principal; store.ErrNotFound when the directory has none. A group that is
// not for security gives no rights in Entra, and none here.
func (a *Access) Member(ctx context.Context, p policy.Principal) (store.Member, error) {
	name, _, err := a.lookUp(ctx, p)
	return store.Member{Principal: p, Name: name}, err
}

func (a *Access) lookUp(ctx context.Context, p policy.Principal) (name, detail string, err error) {
	if p.Kind() == policy.KindGroup {
		var g graph.Group
		if g, err = a.Graph.Group(ctx, a.PartnerTenant, p.OID()); err == nil {
			if !g.SecurityEnabled {
				return "", "", store.ErrNotFound
			}
			name = g.DisplayName
		}
	} else {
		var u graph.User
		if u, err = a.Graph.User(ctx, a.PartnerTenant, p.OID()); err == nil {
			name, detail = u.DisplayName, u.UserPrincipalName
		}
	}
	if graph.KindOf(err) == graph.NotFound {
		return "", "", store.ErrNotFound
	}
	if err != nil {
		return "", "", directoryFails(fmt.Errorf("look somebody up in the directory: %w", err))
	}
	return name, detail, nil
}

// TenantManager is a partner member who sees and accepts invitations, and no customer data.
type TenantManager struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind" enum:"user,group"`
	OID     string    `json:"principalId" doc:"Object id in the partner's directory."`
	Name    string    `json:"name"`
	Detail  string    `json:"detail,omitempty"`
	AddedAt time.Time `json:"addedAt"`
	AddedBy string    `json:"addedBy"`
}

func managerOf(m store.TenantManager) TenantManager {
	return TenantManager{m.ID.String(), m.Principal.Kind(), m.Principal.OID(), m.Name, m.Detail, m.AddedAt, m.AddedBy}
}

// TenantManagers lists the tenant managers.
func (a *Access) TenantManagers(ctx context.Context, call *api.Call, _ *struct{}) (api.Page[TenantManager], error) {
	found, err := a.Store.TenantManagers(ctx, call.Overview)
	page := api.Page[TenantManager]{Items: []TenantManager{}}
	for _, m := range found {
		page.Items = append(page.Items, managerOf(m))
	}
	return page, err
}

// AddTenantManager names a tenant manager.
func (a *Access) AddTenantManager(ctx context.Context, call *api.Call, in *struct {
	Body struct {
		Kind string `json:"kind" enum:"user,group"`
		ID   string `json:"id" format:"uuid" doc:"Object id in the partner's directory."`
	}
}) (TenantManager, error) {
	p := policy.User(strings.ToLower(in.Body.ID))
	if in.Body.Kind == "group" {
		p = policy.Group(strings.ToLower(in.Body.ID))
	}
	name, detail, err := a.lookUp(ctx, p)
	if errors.Is(err, store.ErrNotFound) {
		return TenantManager{}, api.Invalid("body.id", "No user and no security group with this id is in your directory.")
	}
	if err != nil {
		return TenantManager{}, err
	}
	m, err := a.Store.AddTenantManager(ctx, call.Act, store.TenantManager{Principal: p, Name: name, Detail: detail})
	return managerOf(m), err
}

// RemoveTenantManager takes the power of a tenant manager away.
func (a *Access) RemoveTenantManager(ctx context.Context, call *api.Call, in *struct {
	ID string `path:"id" maxLength:"64"`
}) (api.None, error) {
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return api.None{}, store.ErrNotFound
	}
	return api.None{}, a.Store.RemoveTenantManager(ctx, call.Act, id)
}

func names(list []policy.Permission) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = string(p)
	}
	return out
}
