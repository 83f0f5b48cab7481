package access

import (
	"context"
	"errors"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// PrimaryAdmin is a member of the built-in role over all granted rooms.
type PrimaryAdmin struct {
	AssignmentMember
	Since time.Time `json:"since"`
}

// PrimaryAdmins is who runs the rooms of a customer.
type PrimaryAdmins struct {
	Items     []PrimaryAdmin `json:"items" nullable:"false" doc:"By name; empty for who may not see roles there."`
	Effective bool           `json:"effective" doc:"Whether there is one now, over all rooms and without end. Without, nobody sees data."`
}

// PrimaryAdmins lists the primary admins of a customer.
func (a *Access) PrimaryAdmins(ctx context.Context, call *api.Call, in *CustomerIn) (PrimaryAdmins, error) {
	by, err := authority(ctx, call, in.ID)
	if err != nil {
		return PrimaryAdmins{}, err
	}
	return a.primaryAdmins(ctx, call, by, in.ID)
}

func (a *Access) primaryAdmins(ctx context.Context, call *api.Call, by policy.Authority, id string) (PrimaryAdmins, error) {
	out := PrimaryAdmins{Items: []PrimaryAdmin{}}
	customer, err := policy.ParseID(id)
	if err != nil {
		return out, store.ErrNotFound
	}
	list, effective, err := a.Store.PrimaryAdmins(ctx, by, call.Overview, customer)
	if err != nil {
		return out, err
	}
	out.Effective = effective
	for _, p := range list {
		out.Items = append(out.Items, PrimaryAdmin{memberOf(p.Principal, p.Name), p.Since})
	}
	return out, nil
}

// AddPrimaryAdmin adds a primary admin, for who holds roles.modify over all rooms. For a relation without any, managers propose some instead.
func (a *Access) AddPrimaryAdmin(ctx context.Context, call *api.Call, in *struct {
	CustomerIn
	Body MemberKey
}) (PrimaryAdmins, error) {
	by, err := authority(ctx, call, in.ID)
	if err != nil {
		return PrimaryAdmins{}, err
	}
	before, err := a.primaryAdmins(ctx, call, by, in.ID)
	if err != nil {
		return before, err
	}
	if !by.Everywhere(policy.RolesModify) {
		return before, &policy.Refusal{Code: policy.RefuseChange}
	}
	m, err := a.Member(ctx, in.Body.principal())
	if errors.Is(err, store.ErrNotFound) {
		return before, api.Invalid("body.id", "No user and no security group with this id is in your directory.")
	}
	if err != nil {
		return before, err
	}
	if err := a.Store.AddPrimaryAdmin(ctx, call.Act, by, m); err != nil {
		return before, err
	}
	before.Items = append(before.Items, PrimaryAdmin{memberOf(m.Principal, m.Name), by.Now()})
	before.Effective = true
	return before, nil
}

// RemovePrimaryAdmin takes a member out of the primary admins; the last one stays.
func (a *Access) RemovePrimaryAdmin(ctx context.Context, call *api.Call, in *struct {
	CustomerIn
	Member string `path:"member" maxLength:"64" doc:"user:ID or group:ID"`
}) (api.None, error) {
	by, err := authority(ctx, call, in.ID)
	if err != nil {
		return api.None{}, err
	}
	return api.None{}, a.Store.RemovePrimaryAdmin(ctx, call.Act, by, policy.Principal(strings.ToLower(in.Member)))
}
