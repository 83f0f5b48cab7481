package customers

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/text/unicode/norm"

	"roomward/app/api"
	"roomward/store"
)

// ended stops what runs for a relation that has ended, and forgets what is known of it.
func (c *Customers) ended(e store.EndedNow) {
	c.live.drop(e.Tenant)
	c.crowds.forget(e.Customer)
	c.Graph.ForgetToken(e.Tenant)
	c.Left(e.Customer)
}

// FollowEnds ends the relations whose date has come or whose consent was withdrawn too long ago, reminds of those that come, and deletes the
// records that were kept long enough.
func (c *Customers) FollowEnds(ctx context.Context) error {
	ended, err := c.Store.EndDue(ctx)
	for _, e := range ended {
		c.ended(e)
	}
	_, pruned := c.Store.PruneRecords(ctx)
	return errors.Join(err, c.Store.RemindEnds(ctx), pruned)
}

// EndOwn ends the relation by the customer itself, at once, and removes everything of it from the partner's machine (law 7).
func (c *Customers) EndOwn(ctx context.Context, call *api.Call, in *struct {
	Body struct {
		Confirm string `json:"confirm" minLength:"1" maxLength:"256" doc:"The partner's name, typed to confirm."`
	}
}) (api.None, error) {
	if norm.NFC.String(strings.TrimSpace(in.Body.Confirm)) != norm.NFC.String(c.PartnerName) {
		return api.None{}, api.Invalid("body.confirm", "This is not the name of the partner.")
	}
	ended, err := c.Store.EndOwn(ctx, call.Act, call.Own)
	if err != nil {
		return api.None{}, err
	}
	c.ended(ended)
	return api.None{}, nil
}
