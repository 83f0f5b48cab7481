package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"roomward/policy"
	"roomward/store"
)

// ask leaves two requests for a customer that approves first: to make a role, and to restart the device of a room.
func (d *demo) ask(ctx context.Context, c store.Customer) (done bool, err error) {
	rooms, err := d.roomsOf(ctx, c.ID, func(_, floor string) bool { return floor == "G" })
	if err != nil {
		return false, err
	}
	lead := policy.Actor{User: policy.User(d.person("primary.admin@partner.example").OID)}
	related, err := d.Decider.Related(ctx, lead)
	if err != nil {
		return false, err
	}
	rights, err := d.Decider.Authority(ctx, lead, c.ID)
	if err != nil {
		return false, err
	}
	views := map[policy.Permission]policy.View{}
	for _, p := range []policy.Permission{policy.RolesView, policy.RoomsView, policy.RoomsAct} {
		if views[p], err = d.Decider.View(ctx, lead, p); err != nil {
			return false, err
		}
	}
	asked, err := d.Store.ChangeRequests(ctx, views[policy.RolesView], related, lead.User.OID(), store.ChangeRequestPage{Customer: c.ID, Limit: 2})
	told := slices.DeleteFunc(asked, func(q store.ChangeRequest) bool { return q.Reason == "" }) // rights that changed under it left one without
	if err != nil || len(told) == 2 {                                                            // a kept data directory knows the story already
		return len(told) == 2, err
	}
	role := store.Role{Name: "Evening desk", Permissions: []policy.Permission{policy.RoomsView, policy.TicketsView, policy.TicketsUpdate}}
	for _, one := range []struct {
		route, id, reason string
		body              map[string]any
		change            func(store.Act) error
	}{
		{"POST /api/customers/{id}/roles", c.ID.String(), "From December the evening desk answers your incidents.", map[string]any{"name": role.Name, "permissions": role.Permissions},
			func(act store.Act) error {
				_, err := d.Store.CreateRole(ctx, act, rights, role)
				return err
			}},
		{"POST /api/rooms/{id}/actions", rooms[0].String(), "No picture from the lectern, and the console has hung itself up.", map[string]any{"kind": store.ActionRestart},
			func(act store.Act) error {
				_, err := d.Store.AskAction(ctx, act, views[policy.RoomsView], views[policy.RoomsAct], store.NewAction{Kind: store.ActionRestart, Room: rooms[0]})
				return err
			}},
	} {
		act := d.actOf("primary.admin@partner.example")
		act.Request = &store.Request{Route: one.route, Input: map[string]any{"ID": one.id, "Body": one.body}} // as the API keeps it
		var waits *store.Waits
		switch err := one.change(act); {
		case err == nil:
			return false, fmt.Errorf("%s was to wait for approval", one.route)
		case !errors.As(err, &waits):
			return false, err
		}
		act.Request = nil
		if err := d.Store.ExplainRequest(ctx, act, related, waits.ID, one.reason); err != nil {
			return false, err
		}
	}
	return true, nil
}
