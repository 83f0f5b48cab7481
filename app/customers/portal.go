package customers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// Partnership is the customer's side of the relation at a glance.
type Partnership struct {
	Organisation Organisation      `json:"organisation"`
	Partner      InvitedPartner    `json:"partner"`
	Refusal      string            `json:"refusal,omitempty" enum:"government-cloud" doc:"Why this organisation cannot be served."`
	NeedsCode    bool              `json:"needsCode" doc:"Whether an invitation needs a code of the partner."`
	TermsVersion string            `json:"termsVersion" doc:"The terms to agree to."`
	Retention    int               `json:"retentionDays" doc:"How long history is kept unless the offer says otherwise."`
	Seal         int               `json:"sealDays" doc:"For how long the audit record is kept sealed for you after the end unless the offer says otherwise."`
	Events       []string          `json:"events" nullable:"false" doc:"What change control decides about, in order."`
	Permissions  []string          `json:"permissions" nullable:"false" doc:"All permissions there are, in order."`
	Ceiling      []string          `json:"defaultCeiling" nullable:"false" doc:"What a partner usually gets at most."`
	AuthContexts []api.AuthContext `json:"authContexts" nullable:"false" doc:"How the partner's people can be asked to sign in: one of these can be demanded. Empty when the partner offers none."`
	ActsApart    bool              `json:"actsApart" doc:"Whether actions on devices need a consent of their own, beside that to read."`
	ActingGiven  string            `json:"actingConsent" enum:"given,missing,unknown" doc:"Whether the consent covers actions, by the last check; unknown without a relation, and to who does not administer."`
	Administers  bool              `json:"administers" doc:"Whether the person may invite and change things."`
	Invitation   *SentInvitation   `json:"invitation,omitempty" doc:"The latest one; only for administrators."`
	Relation     *Relation         `json:"relation,omitempty" doc:"The relation in force; only for administrators."`
	Ended        *EndedRelation    `json:"ended,omitempty" doc:"The last relation that has ended; only for administrators, and not while there is one."`
}

// EndedRelation is all that is left of a relation.
type EndedRelation struct {
	BeganAt time.Time `json:"beganAt"`
	EndedAt time.Time `json:"endedAt"`
	EndedBy string    `json:"endedBy" enum:"partner,customer,system"`
	Reason  string    `json:"reason,omitempty" enum:"date,consent" doc:"Why the system ended it: its date came, or the consent stayed withdrawn."`
	// RecordLost says that what was agreed to be kept is not there.
	RecordLost bool `json:"recordLost" doc:"Its audit record was to be kept for you and could not be: there was no key to seal it with."`
	// Record is the newest that is kept for the customer, which may be that of an end before this one; absent when nothing is.
	Record *KeptRecord `json:"record,omitempty" doc:"The newest audit record that is kept sealed for you, by its own endedAt: of this relation or of one before it. Absent when nothing is kept."`
}

// Organisation is the customer's own tenant.
type Organisation struct {
	TenantID  string     `json:"tenantId"`
	Name      string     `json:"name"`
	Domains   []string   `json:"domains" nullable:"false"`
	Consent   string     `json:"consent" enum:"none,given,withdrawn"`
	ConsentAt *time.Time `json:"consentAt,omitempty"`
}

// InvitedPartner is the partner that runs this Roomward.
type InvitedPartner struct {
	Name   string `json:"name"`
	Domain string `json:"domain"`
}

// Partnership answers the own relation of a customer at a glance.
func (c *Customers) Partnership(ctx context.Context, call *api.Call, _ *struct{}) (Partnership, error) {
	tenant, err := c.Store.TenantByID(ctx, call.Person.TenantID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Partnership{}, err
	}
	out := Partnership{
		Organisation: Organisation{TenantID: call.Person.TenantID, Name: cmp.Or(tenant.Name, domainOf(call.Person.UPN)), Domains: list(tenant.Domains),
			Consent: cmp.Or(string(tenant.Consent), "none"), ConsentAt: api.TimeOrNil(tenant.ConsentAt)},
		Partner: InvitedPartner{c.PartnerName, c.Domains[0]}, NeedsCode: c.Mode == InviteByCode, TermsVersion: TermsVersion, Retention: RetentionDays, Seal: SealDays, Events: eventNames(),
		Permissions: permissionNames(policy.Permissions()), Ceiling: permissionNames(policy.DefaultCeiling()), AuthContexts: list(c.Contexts), ActsApart: c.actsApart(), ActingGiven: "unknown", Administers: call.Administers,
	}
	if out.Refusal, err = c.refusal(ctx, call.Person.TenantID); err != nil {
		return Partnership{}, microsoftSays(err)
	}
	if !call.Administers {
		return out, nil // what was offered and agreed is the matter of those who answer for it
	}
	invitations, err := c.Store.Invitations(ctx, call.Own)
	if err != nil {
		return Partnership{}, err
	}
	if len(invitations) > 0 {
		latest := sentOf(invitations[0])
		out.Invitation = &latest
	}
	customer, err := c.Store.OwnCustomer(ctx, call.Own)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return out, c.addEnded(ctx, call, &out)
	case err != nil:
		return Partnership{}, err
	}
	relation := relationOf(customer)
	out.Relation = &relation
	out.ActingGiven, err = c.Store.ActingConsent(ctx, call.Own)
	return out, err
}

func (c *Customers) addEnded(ctx context.Context, call *api.Call, out *Partnership) error {
	ended, err := c.Store.EndedRelation(ctx, call.Own)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	out.Ended = &EndedRelation{BeganAt: ended.BeganAt, EndedAt: ended.EndedAt, EndedBy: string(ended.EndedBy), Reason: string(ended.Reason),
		RecordLost: ended.RecordLost}
	kept, err := c.Store.SealedRecord(ctx, call.Own)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	out.Ended.Record = &KeptRecord{kept.EndedAt, kept.Until, kept.Entries}
	return err
}

// refusal tells why an organisation cannot be served at all: government clouds are not (design 7).
func (c *Customers) refusal(ctx context.Context, tenant string) (string, error) {
	d, err := c.Graph.Discover(ctx, tenant)
	if err != nil {
		return "", fmt.Errorf("find the cloud of a tenant: %w", err)
	}
	if d.Government() != "" {
		return "government-cloud", nil
	}
	return "", nil
}

// CheckPartner tells whether a domain is one of the partner.
func (c *Customers) CheckPartner(_ context.Context, _ *api.Call, in *struct {
	Domain string `query:"domain" required:"true" minLength:"1" maxLength:"253" doc:"The domain that the partner told you."`
}) (InvitedPartner, error) {
	domain, ok := c.partnerDomain(in.Domain)
	if !ok {
		return InvitedPartner{}, unknownPartner("query.domain")
	}
	return InvitedPartner{c.PartnerName, domain}, nil
}

func unknownPartner(where string) *api.Problem {
	p := api.Invalid(where, "No partner here uses this domain.")
	p.Code, p.Detail, p.Hint = "partner-unknown", "No partner here uses this domain.", "Ask the partner for its domain."
	return p
}

// OwnRoom is a room of the customer while it picks what to grant.
type OwnRoom struct {
	PlaceID  string `json:"placeId"`
	Name     string `json:"name"`
	Country  string `json:"country"`
	City     string `json:"city"`
	Building string `json:"building"`
	Floor    string `json:"floor"`
	Capacity int    `json:"capacity"`

	email string
}

func (r OwnRoom) place() policy.Place {
	return policy.Place{ID: r.PlaceID, Email: r.email, Country: r.Country, City: r.City, Building: r.Building}
}

// OwnRooms reads the rooms of the customer live; they are kept in memory for minutes and never stored.
func (c *Customers) OwnRooms(ctx context.Context, call *api.Call, _ *struct{}) (struct {
	Items []OwnRoom `json:"items" nullable:"false"`
	AsOf  time.Time `json:"asOf"`
}, error) {
	var out struct {
		Items []OwnRoom `json:"items" nullable:"false"`
		AsOf  time.Time `json:"asOf"`
	}
	var err error
	out.Items, out.AsOf, err = c.roomsOf(ctx, call.Person.TenantID)
	return out, err
}

func (c *Customers) roomsOf(ctx context.Context, tenant string) ([]OwnRoom, time.Time, error) {
	now := c.Now()
	if rooms, at, ok := c.live.get(tenant, now); ok {
		return rooms, at, nil
	}
	found, err := c.Graph.Rooms(ctx, tenant)
	if err != nil && !graph.Incomplete(err) {
		return nil, now, microsoftSays(err)
	}
	rooms := []OwnRoom{}
	for _, r := range found {
		place := placeOf(r)
		rooms = append(rooms, OwnRoom{PlaceID: place.ID, Name: r.Name, Country: place.Country, City: place.City, Building: place.Building,
			Floor: r.FloorLabel, Capacity: r.Capacity, email: place.Email})
	}
	slices.SortFunc(rooms, func(a, b OwnRoom) int {
		return cmp.Or(cmp.Compare(a.Country, b.Country), cmp.Compare(a.City, b.City), cmp.Compare(a.Building, b.Building), cmp.Compare(a.Name, b.Name))
	})
	c.live.put(tenant, rooms, now)
	return rooms, now, nil
}

func placeOf(r graph.Room) policy.Place {
	return policy.Place{ID: cmp.Or(r.PlaceID, strings.ToLower(r.Email)), Email: r.Email, Country: r.Country, City: r.City, Building: r.Building}
}

// microsoftSays turns a failure of Microsoft's side into an answer that says what to do.
func microsoftSays(err error) error {
	switch graph.KindOf(err) {
	case graph.NotConsented, graph.PermissionMissing:
		return api.ConflictWith("consent-missing", "Microsoft says that consent for this organisation is missing.", "Give consent again.")
	case graph.Throttled:
		return api.Fail(http.StatusServiceUnavailable, "throttled", "Microsoft asks to wait before reading more.", "Try again in a minute.")
	case graph.Unavailable, graph.BadAnswer, graph.Forbidden, graph.ConditionalAccess:
		return api.Fail(http.StatusBadGateway, "microsoft-unavailable", "Microsoft did not answer as expected.", "Try again in a few minutes.")
	case graph.SecretInvalid, graph.SecretExpired, graph.AssertionInvalid, graph.AppDisabled, graph.ClockSkew:
		return api.Fail(http.StatusBadGateway, "registration-refused", "Microsoft does not accept the application of this Roomward.",
			"Tell whoever operates Roomward: the partner's page Collection says why.")
	}
	return err
}

// Covered is how many rooms a choice covers now.
type Covered struct {
	Covered   int               `json:"covered"`
	Total     int               `json:"total"`
	Buildings []CoveredBuilding `json:"buildings" nullable:"false" doc:"The same by building, those with most rooms first, at most 100."`
}

// CoveredBuilding is how many rooms of a building a choice covers now.
type CoveredBuilding struct {
	Building string `json:"building"`
	City     string `json:"city"`
	Covered  int    `json:"covered"`
	Total    int    `json:"total"`
}

// shownBuildings is how many of them an answer has.
const shownBuildings = 100

// Preview counts the rooms that a choice covers.
func (c *Customers) Preview(ctx context.Context, call *api.Call, in *struct {
	Body struct {
		Grant policy.Grant `json:"grant"`
	}
}) (Covered, error) {
	if err := checkGrant(in.Body.Grant); err != nil {
		return Covered{}, err
	}
	return c.cover(ctx, call.Person.TenantID, in.Body.Grant)
}

func (c *Customers) cover(ctx context.Context, tenant string, g policy.Grant) (Covered, error) {
	rooms, _, err := c.roomsOf(ctx, tenant)
	if err != nil {
		return Covered{}, err
	}
	out := Covered{Total: len(rooms), Buildings: []CoveredBuilding{}}
	for _, r := range rooms { // by building
		last := len(out.Buildings) - 1
		if last < 0 || out.Buildings[last].Building != r.Building || out.Buildings[last].City != r.City {
			out.Buildings, last = append(out.Buildings, CoveredBuilding{Building: r.Building, City: r.City}), last+1
		}
		out.Buildings[last].Total++
		if g.Covers(r.place()) {
			out.Covered++
			out.Buildings[last].Covered++
		}
	}
	slices.SortStableFunc(out.Buildings, func(a, b CoveredBuilding) int { return cmp.Compare(b.Total, a.Total) })
	out.Buildings = out.Buildings[:min(len(out.Buildings), shownBuildings)]
	return out, nil
}

func checkGrant(g policy.Grant) error {
	err := g.Validate()
	var field *policy.GrantError
	if errors.As(err, &field) {
		return api.Invalid("body.grant."+field.Field, field.Reason)
	}
	return err
}

func location(list string, i int, field string) string {
	return strings.TrimSuffix(fmt.Sprintf("%s[%d].%s", list, i, field), ".")
}

func permissionNames(list []policy.Permission) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = string(p)
	}
	return out
}

func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

func domainOf(upn string) string {
	_, domain, _ := strings.Cut(upn, "@")
	return domain
}
