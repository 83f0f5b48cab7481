package customers

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/text/unicode/norm"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Leave ends the relation with a customer and removes everything of it (law 7). Only an effective primary admin may, also while the views are
// closed.
func (c *Customers) Leave(ctx context.Context, call *api.Call, in *struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Confirm string `json:"confirm" minLength:"1" maxLength:"256" doc:"The customer's name, typed to confirm."`
	}
}) (api.None, error) {
	id, by, err := asAdmin(ctx, call, in.ID)
	if err != nil {
		return api.None{}, err
	}
	tenant, err := c.Store.LeaveCustomer(ctx, call.Act, by, id, norm.NFC.String(strings.TrimSpace(in.Body.Confirm)))
	switch {
	case errors.Is(err, store.ErrOtherName):
		return api.None{}, api.Invalid("body.confirm", "This is not the name of the customer.")
	case err != nil:
		return api.None{}, needsPrimaryAdmin(err)
	}
	c.ended(store.EndedNow{Customer: id, Tenant: tenant})
	return api.None{}, nil
}

// asAdmin is the person as one who asks for what only a primary admin may.
func asAdmin(ctx context.Context, call *api.Call, text string) (policy.ID, store.AskingAdmin, error) {
	id, err := policy.ParseID(text)
	if err != nil {
		return 0, store.AskingAdmin{}, store.ErrNotFound
	}
	related, err := call.Decider.Related(ctx, call.Actor)
	return id, store.AskingAdmin{Actor: call.Actor, Related: related, Overview: call.Overview}, err
}

func needsPrimaryAdmin(err error) error {
	if errors.Is(err, store.ErrNotPrimaryAdmin) {
		return api.Forbidden("needs-primary-admin", "Only a primary admin of this customer may do this.", "Ask one of its primary admins.")
	}
	return err
}
