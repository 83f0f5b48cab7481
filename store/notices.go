package store

import (
	"context"
	"fmt"

	"roomward/policy"
)

// notice is what somebody is to be told.
type notice struct {
	to       Side   // the people of which side
	tenant   string // of the customer that it is about, also where there is no relation
	customer ID     // 0 where there is none: the notice outlives relations, so that its detail holds no name
	kind     string // "change.asked": the word of the feature, then what happened to it
	person   string // object id of the one member of the partner whom it concerns beside those who see the customer
	detail   map[string]any
}

// tell keeps a notice in the transaction of what happened: nobody is told of what did not happen, and nobody is not told of what did. Of what is
// done to a room it keeps no name: a notice is not looked for when the room leaves the grant (law 7).
func tell(ctx context.Context, t *tx, n notice) error {
	about := map[string]any{}
	for name, value := range n.detail {
		if name != "object" || n.detail["event"] != EventAction {
			about[name] = value
		}
	}
	detail, err := toJSON(about)
	if err != nil {
		return err
	}
	var customer any
	if n.customer != 0 {
		customer = n.customer
	}
	id := policy.NewID()
	_, err = t.exec(ctx, `INSERT INTO notices (id, at, side, tenant_id, customer_id, kind, oid, detail_json) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, t.now, n.to, n.tenant, customer, n.kind, n.person, detail)
	if err != nil {
		return fmt.Errorf("keep a notice of %s: %w", n.kind, err)
	}
	if n.to == SidePartner { // to the addresses in the settings, which the store does not know
		return nil
	}
	return writeToContacts(ctx, t, id)
}
