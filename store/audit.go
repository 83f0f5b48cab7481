package store

import (
	"context"
	"fmt"
)

// Side says from which organisation somebody acts.
type Side string

const (
	// SidePartner is a member of the partner's tenant.
	SidePartner Side = "partner"
	// SideCustomer is a member of a customer's tenant.
	SideCustomer Side = "customer"
	// SideSystem is Roomward itself, or its operator at the command line.
	SideSystem Side = "system"
)

// Act is who makes a change, and in which request. Every change asks for one: a change without an audit entry does not compile (law 5).
type Act struct {
	Side      Side
	TenantID  string
	OID       string
	Name      string
	RequestID string
	Address   string
	// Request is what was asked for, where it can be done later; see underControl.
	Request *Request
	// Approved is the change request that this act carries out; 0 for what a person does itself.
	Approved ID
}

// System is the act of Roomward itself; name says which work.
func System(name string) Act { return Act{Side: SideSystem, Name: name} }

// entry is what an audit row says beside who acted.
type entry struct {
	customer  ID     // 0 when no relation exists
	tenant    string // the customer's tenant, where it is known
	operation string // "invitation.accept": the word of the feature, then the verb
	object    string
	objectID  string
	detail    any
}

func (a Act) record(ctx context.Context, t *tx, e entry) error {
	detail := "{}"
	if e.detail != nil {
		text, err := toJSON(e.detail)
		if err != nil {
			return err
		}
		detail = text
	}
	var customer any
	if e.customer != 0 {
		customer = e.customer
	}
	_, err := t.exec(ctx, `INSERT INTO audit (at, customer_id, tenant_id, side, actor_tenant, actor_oid, actor_name,
			operation, object, object_id, result, detail_json, request_id, address)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'successful', $11, $12, $13)`,
		t.now, customer, e.tenant, a.Side, a.TenantID, a.OID, a.Name, e.operation, e.object, e.objectID, detail, a.RequestID, a.Address)
	if err != nil {
		return fmt.Errorf("write the audit entry of %s: %w", e.operation, err)
	}
	return nil
}
