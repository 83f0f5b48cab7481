package customers

import (
	"context"
	"slices"

	"roomward/app/api"
	"roomward/policy"
)

// lacking are the customers that wait for a stronger sign-in of the person, with the authentication context that each demands.
func lacking(ctx context.Context, call *api.Call) (map[policy.ID]string, error) {
	list, err := call.Decider.StepUps(ctx, call.Actor)
	lacks := map[policy.ID]string{}
	for _, s := range list {
		lacks[s.Customer] = s.Context
	}
	return lacks, err
}

// demands marks an entry of a customer that waits for a sign-in with the context, and tells whether there is one: then only its name and state show.
func (c *Customers) demands(e *Entry, context string) bool {
	if context == "" {
		return false
	}
	e.State, e.StepUp = "strong-auth", api.Demanded(c.Contexts, context)
	return true
}

// checkContext refuses to demand an authentication context that the partner does not offer. "" demands none. where is the field, such as
// "body.strongAuth".
func (c *Customers) checkContext(where, id string) error {
	switch {
	case id == "" || slices.ContainsFunc(c.Contexts, func(offered api.AuthContext) bool { return offered.ID == id }):
		return nil
	case len(c.Contexts) == 0:
		return api.Invalid(where, "The partner offers no stronger sign-in. Ask it to name authentication contexts of its tenant.")
	}
	return api.Invalid(where, "The partner does not offer this sign-in. Choose one of authContexts.")
}
