package store

import (
	"context"
	"fmt"
)

// DemandStrongAuth lets a customer demand an authentication context of the partner's people, or none where it is "", without asking for anybody's
// rights: what the demo and the tests begin with. ErrNotFound when there is no such customer.
func (s *Store) DemandStrongAuth(ctx context.Context, act Act, customer ID, context string) error {
	return s.changeRules(ctx, act, customer, "strong-auth.update", context, customer, func(t *tx) error {
		if _, err := t.exec(ctx, `UPDATE customers SET strong_auth = $1 WHERE id = $2`, context, customer); err != nil {
			return fmt.Errorf("demand strong authentication: %w", err)
		}
		return nil
	})
}
