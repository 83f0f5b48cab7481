package store

import (
	"context"
	"fmt"
	"maps"
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

// plain is the act without what the end of a relation takes away: name, request and address.
func (a Act) plain() Act { return Act{Side: a.Side, TenantID: a.TenantID, OID: a.OID} }

// System is the act of Roomward itself; name says which work.
func System(name string) Act { return Act{Side: SideSystem, Name: name} }

// entry is what an audit row says beside who acted.
type entry struct {
	customer  ID     // 0 when no relation exists
	tenant    string // the customer's tenant, where it is known
	own       bool   // concerns the partner alone, though a tenant is named: its own
	operation string // "invitation.accept": the word of the feature, then the verb
	object    string
	objectID  string
	detail    any
	result    string // "" for what outcome finds
}

// nameless is an entry of an action as the record keeps it: with the ids of room and device, and without their names, which must not stay when the
// room leaves the grant. Who sees the room reads its name with the entry; see nameRooms.
func (e entry) nameless() entry {
	e.object = ""
	if detail, ok := e.detail.(map[string]any); ok {
		e.detail = maps.Clone(detail)
		delete(e.detail.(map[string]any), "after")
	}
	return e
}

// outcome is the result of an operation that was recorded: what it says of itself, or what its verb says.
func (e entry) outcome() string {
	if e.result != "" {
		return e.result
	}
	switch e.operation {
	case "change.ask":
		return ResultWaits
	case "change.reject":
		return ResultDenied
	case "change.fail":
		return ResultFailed
	}
	return ResultSuccessful
}

// The results of an audit entry.
const (
	ResultSuccessful = "successful" // done
	ResultWaits      = "waits"      // the customer is to approve it first
	ResultRefused    = "refused"    // by the rules: nothing was done
	ResultDenied     = "denied"     // by the customer
	ResultFailed     = "failed"     // it was approved, and could not be done
)

// record writes an audit entry at the end of its chain, in the transaction of what it is about.
func (a Act) record(ctx context.Context, t *tx, e entry) error {
	r := AuditRow{At: when(t.now), Chain: e.tenant, Customer: e.customer, TenantID: e.tenant, Side: a.Side, ActorTenant: a.TenantID, ActorOID: a.OID,
		ActorName: a.Name, Operation: e.operation, Object: e.object, ObjectID: e.objectID, Result: e.outcome(), Detail: "{}", RequestID: a.RequestID,
		Address: a.Address}
	if e.own {
		r.Chain = ""
	}
	if e.detail != nil {
		var err error
		if r.Detail, err = toJSON(e.detail); err != nil {
			return err
		}
	}
	if err := r.follow(ctx, t); err != nil {
		return err
	}
	var customer any
	if r.Customer != 0 {
		customer = r.Customer
	}
	_, err := t.exec(ctx, `INSERT INTO audit (at, customer_id, tenant_id, side, actor_tenant, actor_oid, actor_name, operation, object, object_id,
			result, detail_json, request_id, address, chain, seq, salt, content_hash, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		t.now, customer, r.TenantID, r.Side, r.ActorTenant, r.ActorOID, r.ActorName, r.Operation, r.Object, r.ObjectID, r.Result, r.Detail, r.RequestID,
		r.Address, r.Chain, r.Seq, r.Salt, r.ContentHash, r.Hash)
	if err != nil {
		return fmt.Errorf("write the audit entry of %s: %w", e.operation, err)
	}
	return nil
}
