package customers

import (
	"context"
	"slices"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// SentInvitation is an invitation as its sender sees it.
type SentInvitation struct {
	ID            string            `json:"id"`
	State         string            `json:"state" enum:"pending,accepted,declined,expired,withdrawn"`
	Partner       string            `json:"partnerDomain"`
	Grant         policy.Grant      `json:"grant"`
	RoomsOffered  int               `json:"roomsOffered"`
	Ceiling       []string          `json:"ceiling" nullable:"false"`
	ChangeControl map[string]string `json:"changeControl" doc:"By event: auto or manual."`
	StrongAuth    string            `json:"strongAuth,omitempty" doc:"The authentication context that is demanded; absent for none."`
	EndsAt        *time.Time        `json:"endsAt,omitempty" doc:"When the relation would end by itself."`
	RetentionDays int               `json:"retentionDays"`
	SealDays      int               `json:"sealDays"`
	Contacts      []string          `json:"contacts" nullable:"false"`
	TermsVersion  string            `json:"termsVersion"`
	Version       int64             `json:"version" doc:"Of the offer, for If-Match; raised by each change of it."`
	ChangedAt     *time.Time        `json:"changedAt,omitempty" doc:"When the offer was changed last."`
	SentAt        time.Time         `json:"sentAt"`
	SentBy        string            `json:"sentBy"`
	ExpiresAt     time.Time         `json:"expiresAt"`
	DecidedAt     *time.Time        `json:"decidedAt,omitempty"`
}

// EditVersion is that of the offer.
func (i SentInvitation) EditVersion() int64 { return i.Version }

func sentOf(inv store.Invitation) SentInvitation {
	return SentInvitation{ID: inv.ID.String(), State: string(inv.State), Partner: inv.PartnerDomain, Grant: inv.Grant, RoomsOffered: inv.RoomsOffered,
		Ceiling: permissionNames(inv.Ceiling), ChangeControl: inv.ChangeControl, StrongAuth: inv.StrongAuth, EndsAt: api.TimeOrNil(inv.RelationEnds),
		RetentionDays: inv.RetentionDays, SealDays: inv.SealDays, Contacts: list(inv.Contacts), TermsVersion: inv.TermsVersion, Version: inv.Version,
		ChangedAt: api.TimeOrNil(inv.ChangedAt), SentAt: inv.SentAt, SentBy: inv.SentBy, ExpiresAt: inv.ExpiresAt, DecidedAt: api.TimeOrNil(inv.DecidedAt)}
}

// Sent lists the invitations that the organisation sent.
func (c *Customers) Sent(ctx context.Context, call *api.Call, _ *struct{}) (api.Page[SentInvitation], error) {
	found, err := c.Store.Invitations(ctx, call.Own)
	items := []SentInvitation{}
	for _, inv := range found {
		items = append(items, sentOf(inv))
	}
	return api.Page[SentInvitation]{Items: items}, err
}

// SentOne answers one of them with the whole offer.
func (c *Customers) SentOne(ctx context.Context, call *api.Call, in *byID) (SentInvitation, error) {
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return SentInvitation{}, store.ErrNotFound
	}
	inv, err := c.Store.InvitationByID(ctx, call.Own, id)
	return sentOf(inv), err
}

// NewInvitation is what a customer sends.
type NewInvitation struct {
	PartnerDomain string `json:"partnerDomain" minLength:"1" maxLength:"253" doc:"The domain that the partner told you."`
	Code          string `json:"code,omitempty" maxLength:"40" doc:"The one-time code of the partner, where it asks for one."`
	ExpiresInDays int    `json:"expiresInDays" minimum:"1" maximum:"30"`
	Offer
}

// Send sends an invitation (design 7 lists what is refused).
func (c *Customers) Send(ctx context.Context, call *api.Call, in *struct{ Body NewInvitation }) (SentInvitation, error) {
	return c.Invite(ctx, call.Act, in.Body, call.Person.UPN)
}

// Invite sends an invitation for the tenant of the act; me is the address of who sends it. Refusals: the partner's own tenant, an unknown partner
// domain, an expiry out of 1 to 30 days, what offerOf refuses, a tenant that is not listed, a government cloud, missing consent, a choice of rooms
// that covers none, and those of store.SendInvitation.
func (c *Customers) Invite(ctx context.Context, act store.Act, body NewInvitation, me string) (SentInvitation, error) {
	tenant := act.TenantID
	if tenant == c.PartnerTenant {
		return SentInvitation{}, api.ConflictWith("own-tenant", "A partner cannot invite itself.", "")
	}
	domain, ok := c.partnerDomain(body.PartnerDomain)
	if !ok {
		return SentInvitation{}, unknownPartner("body.partnerDomain")
	}
	expires, err := c.expiry(body.ExpiresInDays)
	if err != nil {
		return SentInvitation{}, err
	}
	offer, err := c.offerOf(body.Offer, me)
	if err != nil {
		return SentInvitation{}, err
	}
	if c.Mode == InviteListed && !slices.ContainsFunc(c.Listed, func(id string) bool { return strings.EqualFold(id, tenant) }) {
		return SentInvitation{}, api.Forbidden("tenant-not-listed", c.PartnerName+" does not take invitations from this organisation.", "Talk to the partner first.")
	}
	refusal, err := c.refusal(ctx, tenant)
	if err != nil {
		return SentInvitation{}, microsoftSays(err)
	}
	if refusal != "" {
		return SentInvitation{}, api.ConflictWith(refusal, "Your organisation is in a government cloud. Roomward cannot serve it.", "")
	}
	if err := c.Consented(ctx, act, tenant); err != nil {
		return SentInvitation{}, microsoftSays(err)
	}
	if offer.RoomsOffered, err = c.offered(ctx, tenant, offer.Grant); err != nil {
		return SentInvitation{}, err
	}
	offer.PartnerDomain, offer.ExpiresAt = domain, expires
	inv, err := c.Store.SendInvitation(ctx, act, offer, body.Code, c.Mode == InviteByCode && act.Side == store.SideCustomer)
	if err != nil {
		return SentInvitation{}, err
	}
	c.live.drop(tenant)
	return sentOf(inv), nil
}

func (c *Customers) expiry(days int) (time.Time, error) {
	if days < 1 || days > 30 {
		return time.Time{}, api.Invalid("body.expiresInDays", "An invitation is open for 1 to 30 days.")
	}
	return c.Now().Add(time.Duration(days) * 24 * time.Hour), nil
}

// offered is how many rooms a choice covers now; none is refused.
func (c *Customers) offered(ctx context.Context, tenant string, g policy.Grant) (int, error) {
	covered, err := c.cover(ctx, tenant, g)
	if err != nil {
		return 0, err
	}
	if covered.Covered == 0 {
		return 0, api.Invalid("body.grant", "This choice covers no room.")
	}
	return covered.Covered, nil
}

// ChangeOffer puts another offer in the place of a pending one; the partner sees it at once and accepts only what it has read. The partner's domain
// and the expiry stay.
func (c *Customers) ChangeOffer(ctx context.Context, call *api.Call, in *struct {
	ID string `path:"id" maxLength:"64"`
	api.IfMatch
	Body Offer
}) (SentInvitation, error) {
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return SentInvitation{}, store.ErrNotFound
	}
	if _, err := c.Store.InvitationByID(ctx, call.Own, id); err != nil {
		return SentInvitation{}, err // before anything is asked of Microsoft
	}
	version, err := in.Expected()
	if err != nil {
		return SentInvitation{}, err
	}
	offer, err := c.offerOf(in.Body, call.Person.UPN)
	if err != nil {
		return SentInvitation{}, err
	}
	if offer.RoomsOffered, err = c.offered(ctx, call.Person.TenantID, offer.Grant); err != nil {
		return SentInvitation{}, err
	}
	offer.ID = id
	if err := c.Store.ChangeInvitation(ctx, call.Act, call.Own, offer, version); err != nil {
		return SentInvitation{}, err
	}
	return c.SentOne(ctx, call, &byID{in.ID})
}

// Resend gives a pending invitation another expiry and tells the partner of it once more. It counts like a new invitation.
func (c *Customers) Resend(ctx context.Context, call *api.Call, in *struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		ExpiresInDays int `json:"expiresInDays" minimum:"1" maximum:"30"`
	}
}) (SentInvitation, error) {
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return SentInvitation{}, store.ErrNotFound
	}
	expires, err := c.expiry(in.Body.ExpiresInDays)
	if err != nil {
		return SentInvitation{}, err
	}
	if err := c.Store.ResendInvitation(ctx, call.Act, call.Own, id, expires); err != nil {
		return SentInvitation{}, err
	}
	return c.SentOne(ctx, call, &byID{in.ID})
}

// Withdraw withdraws a pending invitation.
func (c *Customers) Withdraw(ctx context.Context, call *api.Call, in *byID) (api.None, error) {
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return api.None{}, store.ErrNotFound
	}
	return api.None{}, c.Store.WithdrawInvitation(ctx, call.Act, call.Own, id)
}
