package customers

import (
	"slices"

	"roomward/app/api"
)

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
