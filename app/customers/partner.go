package customers

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Entry is one row of the partner's list: a relation, or an invitation that is pending or has expired. What the person's roles or powers
// do not show is absent.
type Entry struct {
	ID            string               `json:"id"`
	Kind          string               `json:"kind" enum:"customer,invitation"`
	Name          string               `json:"name" doc:"As the organisation calls itself."`
	TenantID      string               `json:"tenantId" doc:"The Entra tenant, the lasting key of the organisation."`
	Domains       []string             `json:"domains" nullable:"false" doc:"Verified domains of the tenant."`
	LooksLike     string               `json:"looksLike,omitempty" doc:"Another organisation whose name or domain is nearly the same: check the tenant id."`
	State         string               `json:"state" enum:"active,consent-withdrawn,without-admin,strong-auth,pending,expired"`
	StepUp        *api.DemandedContext `json:"stepUp,omitempty" doc:"In state strong-auth: the sign-in that the customer demands of you. Until then nothing of it is seen."`
	WithoutSince  *time.Time           `json:"withoutAdminSince,omitempty" doc:"Since when nobody is an effective primary admin: nobody sees data."`
	RoomsOffered  *int                 `json:"roomsOffered,omitempty" doc:"Rooms that the invitation covered when it was sent."`
	Rooms         *int                 `json:"rooms,omitempty" doc:"Granted rooms; only for who sees all of them."`
	PrimaryAdmins []MemberRef          `json:"primaryAdmins,omitempty" doc:"Only for who may see roles there."`
	Mine          bool                 `json:"mine" doc:"Whether the person has a role there."`
	SentAt        *time.Time           `json:"sentAt,omitempty"`
	ExpiresAt     *time.Time           `json:"expiresAt,omitempty" doc:"Of an invitation."`
	EndsAt        *time.Time           `json:"endsAt,omitempty" doc:"Of the relation, when the customer set an end."`
	WithdrawnAt   *time.Time           `json:"withdrawnAt,omitempty" doc:"Since when the consent is withdrawn."`
	PurgeAt       *time.Time           `json:"purgeAt,omitempty" doc:"When the relation ends because the consent is withdrawn; the customer keeps it by giving consent again before."`
	AcceptedAt    *time.Time           `json:"acceptedAt,omitempty"`
	DataAt        *time.Time           `json:"dataAt,omitempty" doc:"End of the last good collection; only for who has a role there."`
	CollectState  string               `json:"collectState,omitempty" doc:"What the collection says; only for who has a role there."`
	Progress      *Progress            `json:"progress,omitempty" doc:"The running collection; only for who sees all granted rooms."`
}

// MemberRef is a user or a security group of the partner.
type MemberRef struct {
	Kind string `json:"kind" enum:"user,group"`
	ID   string `json:"id" doc:"Object id in the partner's directory."`
	Name string `json:"name"`
}

// Detail is one customer or invitation with what was agreed.
type Detail struct {
	Entry
	Ceiling    []string             `json:"ceiling" nullable:"false" doc:"The permissions that the customer lets the partner have at most."`
	Catalogue  []string             `json:"catalogue" nullable:"false" doc:"All permissions there are."`
	Grant      *policy.Grant        `json:"grant,omitempty" doc:"Of an invitation without its single rooms; of a customer only for who sees all granted rooms."`
	SentBy     string               `json:"sentBy,omitempty"`
	AcceptedBy string               `json:"acceptedBy,omitempty"`
	Retention  int                  `json:"retentionDays"`
	Terms      string               `json:"termsVersion,omitempty"`
	StrongAuth *api.DemandedContext `json:"strongAuth,omitempty" doc:"The sign-in that the customer demands of the partner's people."`

	ChangeControl map[string]string `json:"changeControl" doc:"By event: auto runs at once, manual waits for the customer's approval."`
	SealDays      int               `json:"sealDays" doc:"For how long the audit record is kept sealed for the customer after the end."`
	Contacts      []string          `json:"contacts,omitempty" nullable:"false" doc:"Of an invitation: the customer's addresses to which notices go."`
	Version       int64             `json:"version,omitempty" doc:"Of an invitation: of its offer. Accepting names it."`
	ChangedAt     *time.Time        `json:"changedAt,omitempty" doc:"Of an invitation: when the customer changed its offer last."`

	PrimaryAdmin  bool           `json:"primaryAdmin" doc:"Whether you are a primary admin there who can act: only such a one removes the customer or exports its audit."`
	AdminProposal *AdminProposal `json:"adminProposal,omitempty" doc:"Whom the partner proposes as primary admins; the customer has not answered yet. Only for who may propose."`
}

var rank = map[string]int{"consent-withdrawn": 10, "without-admin": 15, "strong-auth": 18, "pending": 20, "active": 50, "expired": 80}

// List lists the customers and open invitations that the person may see, those that need somebody first.
func (c *Customers) List(ctx context.Context, call *api.Call, in *struct {
	api.Paging
	Total bool     `query:"total" doc:"Answer how many there are in all."`
	Q     string   `query:"q" maxLength:"100" doc:"Part of a name or domain."`
	State []string `query:"state,explode" enum:"active,consent-withdrawn,without-admin,strong-auth,pending,expired" maxItems:"6"`
}) (api.Page[Entry], error) {
	var page api.Page[Entry]
	all, err := c.entries(ctx, call)
	if err != nil {
		return page, err
	}
	q := strings.ToLower(strings.TrimSpace(in.Q))
	all = slices.DeleteFunc(all, func(e Entry) bool {
		if len(in.State) > 0 && !slices.Contains(in.State, e.State) {
			return true
		}
		return q != "" && !strings.Contains(strings.ToLower(e.Name+" "+strings.Join(e.Domains, " ")), q)
	})
	if in.Total {
		n := len(all)
		page.Total = &n
	}
	mark := q + "|" + strings.Join(in.State, ",")
	var after Entry
	var afterRank int
	more, err := api.DecodeCursor(in.Cursor, mark, &afterRank, &after.Name, &after.ID)
	if err != nil {
		return page, err
	}
	if more {
		all = slices.DeleteFunc(all, func(e Entry) bool {
			return cmp.Or(cmp.Compare(rank[e.State], afterRank), cmp.Compare(e.Name, after.Name), cmp.Compare(e.ID, after.ID)) <= 0
		})
	}
	if len(all) > in.Limit {
		last := all[in.Limit-1]
		page.Next = api.EncodeCursor(mark, rank[last.State], last.Name, last.ID)
		all = all[:in.Limit]
	}
	page.Items = slices.Clip(all)
	return page, nil
}

// entries are all rows that the person may see, those that need somebody first.
func (c *Customers) entries(ctx context.Context, call *api.Call) ([]Entry, error) {
	mine, err := call.Decider.Named(ctx, call.Actor)
	if err != nil {
		return nil, err
	}
	full, roles, err := c.insights(ctx, call)
	if err != nil {
		return nil, err
	}
	lacks, err := lacking(ctx, call)
	if err != nil {
		return nil, err
	}
	found, err := c.Store.Customers(ctx, mine)
	if err != nil {
		return nil, err
	}
	entries := []Entry{}
	seen := map[policy.ID]bool{}
	for _, customer := range found {
		seen[customer.ID] = true
		e := entryOf(customer)
		e.Mine = true
		if !c.demands(&e, lacks[customer.ID]) {
			c.addInsight(&e, customer, full, roles)
		}
		entries = append(entries, e)
	}
	if call.Powers.Any() {
		others, err := c.Store.Customers(ctx, call.Overview)
		if err != nil {
			return nil, err
		}
		for _, customer := range others {
			if !seen[customer.ID] {
				entries = append(entries, entryOf(customer))
			}
		}
		invitations, err := c.openInvitations(ctx, call)
		if err != nil {
			return nil, err
		}
		entries = append(entries, invitations...)
	}
	c.flagLookAlikes(entries)
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(rank[a.State], rank[b.State]), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return entries, nil
}

// insights tell for which customers the person sees all granted rooms, and who the primary admins are where it may see roles.
func (c *Customers) insights(ctx context.Context, call *api.Call) (policy.View, map[policy.ID][]store.Member, error) {
	rooms, err := call.Decider.View(ctx, call.Actor, policy.RoomsView)
	if err != nil {
		return policy.View{}, nil, err
	}
	see, err := call.Decider.View(ctx, call.Actor, policy.RolesView)
	if err != nil {
		return policy.View{}, nil, err
	}
	admins, err := c.Store.PrimaryAdminsOf(ctx, see)
	return rooms.Everywhere(), admins, err
}

func (c *Customers) addInsight(e *Entry, customer store.Customer, full policy.View, admins map[policy.ID][]store.Member) {
	e.DataAt, e.CollectState = api.TimeOrNil(customer.LastGoodAt), customer.CollectState
	for _, m := range admins[customer.ID] {
		e.PrimaryAdmins = append(e.PrimaryAdmins, MemberRef{m.Principal.Kind(), m.Principal.OID(), m.Name})
	}
	if full.One(customer.ID).Empty() {
		return
	}
	rooms := customer.Rooms
	e.Rooms = &rooms
	e.Progress = c.Progress(customer.ID)
}

func entryOf(c store.Customer) Entry {
	e := Entry{ID: c.ID.String(), Kind: "customer", Name: c.Name, TenantID: c.TenantID, Domains: list(c.Domains), State: "active",
		EndsAt: api.TimeOrNil(c.EndsAt), AcceptedAt: api.TimeOrNil(c.AcceptedAt)}
	e.WithoutSince = api.TimeOrNil(c.WithoutAdminSince)
	e.WithdrawnAt, e.PurgeAt = api.TimeOrNil(c.WithdrawnAt), api.TimeOrNil(c.PurgeAt())
	switch {
	case c.State == store.CustomerWithdrawn:
		e.State = "consent-withdrawn"
	case !c.WithoutAdminSince.IsZero():
		e.State = "without-admin"
	}
	return e
}

func (c *Customers) openInvitations(ctx context.Context, call *api.Call) ([]Entry, error) {
	invitations, err := c.Store.Invitations(ctx, call.Overview)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, inv := range invitations {
		out = append(out, invitationEntry(inv))
	}
	return out, nil
}

func invitationEntry(inv store.Invitation) Entry {
	offered := inv.RoomsOffered
	return Entry{ID: inv.ID.String(), Kind: "invitation", Name: inv.Name, TenantID: inv.TenantID, Domains: list(inv.Domains),
		State: string(inv.State), RoomsOffered: &offered, SentAt: api.TimeOrNil(inv.SentAt), ExpiresAt: api.TimeOrNil(inv.ExpiresAt),
		EndsAt: api.TimeOrNil(inv.RelationEnds)}
}

type byID struct {
	ID string `path:"id" maxLength:"64"`
}

// Get answers one customer.
func (c *Customers) Get(ctx context.Context, call *api.Call, in *byID) (Detail, error) {
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return Detail{}, store.ErrNotFound
	}
	mine, err := call.Decider.Named(ctx, call.Actor)
	if err != nil {
		return Detail{}, err
	}
	customer, err := c.Store.CustomerByID(ctx, mine, id)
	isMine := err == nil
	if errors.Is(err, store.ErrNotFound) && call.Powers.Any() {
		customer, err = c.Store.CustomerByID(ctx, call.Overview, id)
	}
	if err != nil {
		return Detail{}, err
	}
	lacks, err := lacking(ctx, call)
	if err != nil {
		return Detail{}, err
	}
	if lacks[id] != "" && !call.Powers.Any() { // the name, and what opens it
		d := Detail{Entry: entryOf(customer), Ceiling: []string{}, Catalogue: permissionNames(policy.Permissions()), ChangeControl: map[string]string{},
			StrongAuth: api.Demanded(c.Contexts, customer.StrongAuth)}
		d.Mine = c.demands(&d.Entry, lacks[id])
		return d, nil
	}
	d := Detail{Entry: entryOf(customer), Ceiling: permissionNames(customer.Ceiling), Catalogue: permissionNames(policy.Permissions()),
		AcceptedBy: customer.AcceptedBy, Retention: customer.RetentionDays, StrongAuth: api.Demanded(c.Contexts, customer.StrongAuth),
		ChangeControl: relationOf(customer).ChangeControl, SealDays: customer.SealDays}
	proposal, err := c.Store.AdminProposal(ctx, call.Overview, id)
	switch {
	case err == nil:
		d.AdminProposal = proposalOf(proposal)
	case !errors.Is(err, store.ErrNotFound):
		return Detail{}, err
	}
	if !isMine {
		return d, nil
	}
	d.Mine = true
	if d.PrimaryAdmin, err = c.Store.IsPrimaryAdmin(ctx, store.AskingAdmin{Actor: call.Actor, Related: mine, Overview: call.Overview}, id); err != nil {
		return Detail{}, err
	}
	if c.demands(&d.Entry, lacks[id]) {
		return d, nil
	}
	full, admins, err := c.insights(ctx, call)
	if err != nil {
		return Detail{}, err
	}
	c.addInsight(&d.Entry, customer, full, admins)
	if !full.One(id).Empty() {
		d.Grant = &customer.Grant
	}
	return d, nil
}

// Invitations lists the pending and lately expired invitations.
func (c *Customers) Invitations(ctx context.Context, call *api.Call, _ *struct{}) (api.Page[Entry], error) {
	items, err := c.entries(ctx, call) // all of them, because a look-alike may be a customer
	items = slices.DeleteFunc(items, func(e Entry) bool { return e.Kind != "invitation" })
	return api.Page[Entry]{Items: list(items)}, err
}

// Invitation answers one invitation, with high-level facts only.
func (c *Customers) Invitation(ctx context.Context, call *api.Call, in *byID) (Detail, error) {
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return Detail{}, store.ErrNotFound
	}
	inv, err := c.Store.InvitationByID(ctx, call.Overview, id)
	if err != nil {
		return Detail{}, err
	}
	if inv.State != store.InvitationPending && inv.State != store.InvitationExpired {
		return Detail{}, store.ErrNotFound // declined ones are deleted for the partner; accepted ones are customers
	}
	entries, err := c.entries(ctx, call)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Entry: invitationEntry(inv), Ceiling: permissionNames(inv.Ceiling), Catalogue: permissionNames(policy.Permissions()),
		Grant: highLevel(inv.Grant), SentBy: inv.SentBy, Retention: inv.RetentionDays, Terms: inv.TermsVersion,
		StrongAuth: api.Demanded(c.Contexts, inv.StrongAuth), ChangeControl: inv.ChangeControl, SealDays: inv.SealDays, Contacts: inv.Contacts,
		Version: inv.Version, ChangedAt: api.TimeOrNil(inv.ChangedAt)}
	for _, e := range entries {
		if e.ID == d.ID {
			d.LooksLike = e.LooksLike
		}
	}
	return d, nil
}

// highLevel leaves out the ids of single rooms: before acceptance the partner learns how many, not which.
func highLevel(g policy.Grant) *policy.Grant {
	g.Rooms = nil
	return &g
}

// Accept accepts a pending invitation: the relation begins, with its primary admins, and so does the first collection.
func (c *Customers) Accept(ctx context.Context, call *api.Call, in *struct {
	ID   string `path:"id" maxLength:"64"` // spelled out: huma does not look into an embedded byID
	Body struct {
		Version       int64         `json:"version" minimum:"1" doc:"Of the offer that was read: one that the customer has changed since is not accepted."`
		PrimaryAdmins []NamedMember `json:"primaryAdmins" minItems:"1" maxItems:"50" doc:"Who becomes primary admin: users or security groups."`
	}
}) (struct {
	CustomerID string `json:"customerId"`
}, error) {
	var out struct {
		CustomerID string `json:"customerId"`
	}
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return out, store.ErrNotFound
	}
	admins, err := c.lookUp(ctx, "body.primaryAdmins", in.Body.PrimaryAdmins)
	if err != nil {
		return out, err
	}
	customer, err := c.Store.AcceptInvitation(ctx, call.Act, call.Overview, id, in.Body.Version, admins)
	if err != nil {
		return out, err
	}
	c.Started(customer)
	out.CustomerID = customer.String()
	return out, nil
}

// Decline declines a pending invitation; for the partner it is gone.
func (c *Customers) Decline(ctx context.Context, call *api.Call, in *byID) (api.None, error) {
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return api.None{}, store.ErrNotFound
	}
	return api.None{}, c.Store.DeclineInvitation(ctx, call.Act, call.Overview, id)
}
