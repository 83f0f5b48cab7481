package store

import (
	"context"
	"fmt"
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

// tell keeps a notice in the transaction of what happened: nobody is told of what did not happen, and nobody is not told of what did.
func tell(ctx context.Context, t *tx, n notice) error {
	if n.detail == nil {
		n.detail = map[string]any{}
	}
	detail, err := toJSON(n.detail)
	if err != nil {
		return err
	}
	var customer any
	if n.customer != 0 {
		customer = n.customer
	}
	_, err = t.exec(ctx, `INSERT INTO notices (at, side, tenant_id, customer_id, kind, oid, detail_json) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.now, n.to, n.tenant, customer, n.kind, n.person, detail)
	if err != nil {
		return fmt.Errorf("keep a notice of %s: %w", n.kind, err)
	}
	return nil
}
