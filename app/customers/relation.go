package customers

import (
	"context"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Relation is a relation in force as the customer sees it, with everything that was agreed.
type Relation struct {
	AcceptedAt    time.Time         `json:"acceptedAt"`
	AcceptedBy    string            `json:"acceptedBy"`
	State         string            `json:"state" enum:"active,consent-withdrawn,without-admin"`
	Rooms         int               `json:"rooms" doc:"Rooms that the partner can see."`
	Grant         policy.Grant      `json:"grant"`
	Ceiling       []string          `json:"ceiling" nullable:"false"`
	ChangeControl map[string]string `json:"changeControl" doc:"By event: auto or manual."`
	StrongAuth    string            `json:"strongAuth,omitempty" doc:"The authentication context that is demanded; absent for none."`
	EndsAt        *time.Time        `json:"endsAt,omitempty" doc:"When the relation ends by itself; absent for never."`
	RetentionDays int               `json:"retentionDays" doc:"How long history is kept."`
	SealDays      int               `json:"sealDays" doc:"For how long the audit record is kept sealed for you after the end."`
	Contacts      []string          `json:"contacts" nullable:"false" doc:"Mail addresses to which notices go."`
	DataAt        *time.Time        `json:"dataAt,omitempty"`
	Withdrawn     *time.Time        `json:"withdrawnAt,omitempty" doc:"Since when the consent is withdrawn."`
	PurgeAt       *time.Time        `json:"purgeAt,omitempty" doc:"When the relation ends because the consent is withdrawn; giving it again before keeps it."`
	Version       int64             `json:"version" doc:"Of what was agreed, for If-Match; raised by each change of it."`
}

// EditVersion is that of what was agreed.
func (r Relation) EditVersion() int64 { return r.Version }

func relationOf(c store.Customer) Relation {
	control := map[string]string{}
	for _, event := range eventNames() {
		if control[event] = Auto; c.ChangeControl[event] == store.Manual {
			control[event] = store.Manual
		}
	}
	return Relation{AcceptedAt: c.AcceptedAt, AcceptedBy: c.AcceptedBy, State: entryOf(c).State, Rooms: c.Rooms, Grant: c.Grant,
		Ceiling: permissionNames(c.Ceiling), ChangeControl: control, StrongAuth: c.StrongAuth, EndsAt: api.TimeOrNil(c.EndsAt), RetentionDays: c.RetentionDays,
		SealDays: c.SealDays, Contacts: list(c.Contacts), DataAt: api.TimeOrNil(c.LastGoodAt), Withdrawn: api.TimeOrNil(c.WithdrawnAt), PurgeAt: api.TimeOrNil(c.PurgeAt()),
		Version: c.Version}
}

// relation reads the relation of the caller as it is now.
func (c *Customers) relation(ctx context.Context, call *api.Call) (Relation, error) {
	customer, err := c.Store.OwnCustomer(ctx, call.Own)
	if err != nil {
		return Relation{}, err
	}
	return relationOf(customer), nil
}

// agree makes one change of what was agreed, where the version is still that which was read, and answers the relation after it.
func (c *Customers) agree(ctx context.Context, call *api.Call, match api.IfMatch, change func(version int64) error) (Relation, error) {
	version, err := match.Expected()
	if err != nil {
		return Relation{}, err
	}
	if err := change(version); err != nil {
		return Relation{}, err
	}
	return c.relation(ctx, call)
}

// RoleShift is a role of the partner that another ceiling leaves with more or less in effect.
type RoleShift struct {
	Role    string   `json:"role" doc:"Id of the role."`
	Name    string   `json:"name"`
	BuiltIn bool     `json:"builtIn"`
	Members int      `json:"members" doc:"Users and groups that hold it."`
	Keeps   int      `json:"keeps" doc:"Permissions in effect afterwards."`
	Loses   []string `json:"loses" nullable:"false"`
	Gains   []string `json:"gains" nullable:"false"`
}

// CeilingPreview is what another ceiling does to the partner's roles.
type CeilingPreview struct {
	Roles []RoleShift `json:"roles" nullable:"false" doc:"Those that hold more or less in effect; the others stay as they are."`
}

// PreviewCeiling tells which of the partner's roles another ceiling would change in effect.
func (c *Customers) PreviewCeiling(ctx context.Context, call *api.Call, in *struct {
	Body struct {
		Ceiling []string `json:"ceiling" maxItems:"21" nullable:"false"`
	}
}) (CeilingPreview, error) {
	ceiling, err := ceilingOf(list(in.Body.Ceiling))
	if err != nil {
		return CeilingPreview{}, err
	}
	shifts, err := c.Store.PreviewCeiling(ctx, call.Own, ceiling)
	out := CeilingPreview{Roles: []RoleShift{}}
	for _, s := range shifts {
		out.Roles = append(out.Roles, RoleShift{Role: s.ID.String(), Name: s.Name, BuiltIn: s.BuiltIn, Members: s.Members, Keeps: s.Keeps,
			Loses: permissionNames(s.Loses), Gains: permissionNames(s.Gains)})
	}
	return out, err
}

// ChangeCeiling gives the partner another ceiling. Roles above it are cut in effect with the answer.
func (c *Customers) ChangeCeiling(ctx context.Context, call *api.Call, in *struct {
	api.IfMatch
	Body struct {
		Ceiling []string `json:"ceiling" maxItems:"21" nullable:"false" doc:"The permissions that the partner may have at most."`
	}
}) (Relation, error) {
	ceiling, err := ceilingOf(list(in.Body.Ceiling))
	if err != nil {
		return Relation{}, err
	}
	return c.agree(ctx, call, in.IfMatch, func(version int64) error {
		_, err := c.Store.SetCeiling(ctx, call.Act, call.Own, version, ceiling)
		return err
	})
}

// ChangeControl says by event what runs at once and what waits.
type ChangeControl struct {
	Events  map[string]string `json:"events" doc:"By event: auto for what runs at once, manual for what waits for your approval."`
	Waiting map[string]int    `json:"waiting" doc:"By event, how many requests wait for you now. They go on waiting when their event becomes auto."`
	Version int64             `json:"version" doc:"Of what was agreed, for If-Match."`
}

// EditVersion is that of what was agreed.
func (c ChangeControl) EditVersion() int64 { return c.Version }

// ChangeControl answers what waits for approval in the own relation.
func (c *Customers) ChangeControl(ctx context.Context, call *api.Call, _ *struct{}) (ChangeControl, error) {
	r, err := c.relation(ctx, call)
	if err != nil {
		return ChangeControl{}, err
	}
	out := ChangeControl{Events: r.ChangeControl, Waiting: map[string]int{}, Version: r.Version}
	const most = 500 // more than can wait
	waiting, err := c.Store.ChangeRequests(ctx, call.Own, policy.View{}, "", store.ChangeRequestPage{State: store.RequestWaiting, Limit: most})
	for _, q := range waiting {
		out.Waiting[string(q.Event)]++
	}
	return out, err
}

// SetChangeControl says which events wait for approval from now on; those that are left out run at once.
func (c *Customers) SetChangeControl(ctx context.Context, call *api.Call, in *struct {
	api.IfMatch
	Body struct {
		Events map[string]string `json:"events" doc:"By event: auto or manual. Those that are left out run at once."`
	}
}) (Relation, error) {
	control, err := controlOf("body.events", in.Body.Events)
	if err != nil {
		return Relation{}, err
	}
	return c.agree(ctx, call, in.IfMatch, func(version int64) error {
		return c.Store.SetChangeControl(ctx, call.Act, call.Own, version, control)
	})
}

// SetStrongAuth demands an authentication context of the partner's people, or none.
func (c *Customers) SetStrongAuth(ctx context.Context, call *api.Call, in *struct {
	api.IfMatch
	Body struct {
		StrongAuth string `json:"strongAuth" maxLength:"20" doc:"One of authContexts, or empty for none."`
	}
}) (Relation, error) {
	if err := c.checkContext("body.strongAuth", in.Body.StrongAuth); err != nil {
		return Relation{}, err
	}
	return c.agree(ctx, call, in.IfMatch, func(version int64) error {
		return c.Store.SetStrongAuth(ctx, call.Act, call.Own, version, in.Body.StrongAuth)
	})
}

// SetEndDate lets the relation end by itself at a moment, moves that, or takes it away: the only renewal there is.
func (c *Customers) SetEndDate(ctx context.Context, call *api.Call, in *struct {
	api.IfMatch
	Body struct {
		EndsAt *time.Time `json:"endsAt,omitempty" doc:"In the future, at most 10 years ahead; absent for no end."`
	}
}) (Relation, error) {
	ends, err := c.endOf("body.endsAt", in.Body.EndsAt)
	if err != nil {
		return Relation{}, err
	}
	return c.agree(ctx, call, in.IfMatch, func(version int64) error {
		return c.Store.SetEndDate(ctx, call.Act, call.Own, version, ends)
	})
}

// SetRetention says for how long history is kept, and the record after the end. What is older goes within a day.
func (c *Customers) SetRetention(ctx context.Context, call *api.Call, in *struct {
	api.IfMatch
	Body struct {
		RetentionDays int `json:"retentionDays" minimum:"30" maximum:"1095"`
		SealDays      int `json:"sealDays" minimum:"0" maximum:"365" doc:"0 to have the record reduced at the end."`
	}
}) (Relation, error) {
	if err := checkRetention(in.Body.RetentionDays, in.Body.SealDays); err != nil {
		return Relation{}, err
	}
	return c.agree(ctx, call, in.IfMatch, func(version int64) error {
		return c.Store.SetRetention(ctx, call.Act, call.Own, version, in.Body.RetentionDays, in.Body.SealDays)
	})
}

// SetContacts says to which addresses of the organisation notices go.
func (c *Customers) SetContacts(ctx context.Context, call *api.Call, in *struct {
	api.IfMatch
	Body struct {
		Contacts []string `json:"contacts" minItems:"1" maxItems:"5" nullable:"false"`
	}
}) (Relation, error) {
	contacts, err := contactsOf("body.contacts", in.Body.Contacts)
	if err != nil {
		return Relation{}, err
	}
	return c.agree(ctx, call, in.IfMatch, func(version int64) error {
		return c.Store.SetContacts(ctx, call.Act, call.Own, version, contacts)
	})
}
