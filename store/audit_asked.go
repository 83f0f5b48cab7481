package store

import (
	"context"
	"fmt"
	"time"
)

// Asked is something that a person asked for and that changed nothing: it was refused, or it is a look at what is worth to be told.
type Asked struct {
	Operation string // "role.update"
	ObjectID  string
	Customer  ID // 0 when the request named none; one that is not there counts as none
	Result    string
	Detail    any
	Each      bool // every time, and not at most once a minute
	About     []ID // customers that are concerned though the request named none: an entry for each, beside the one of the request
}

const (
	// askedAgain is how long the same of the same person is not recorded once more.
	askedAgain = time.Minute
	// mostAsked bounds what one person can put into the record by asking, in that time.
	mostAsked = 60
)

// RecordAsked takes an entry about something that changed nothing. The same that a person asks again within a minute is not recorded again, nor
// what somebody asks who asks for very much: a record that anybody could fill would hide what happened. What was asked of no customer that
// the request named is kept without the id that was typed: it may be that of anything. Nor is the name of a person kept whose relation is over.
func (s *Store) RecordAsked(ctx context.Context, act Act, a Asked) error {
	var e entry
	known := false
	err := s.read(ctx, func(t *tx) error {
		var err error
		if e, err = askedEntry(ctx, t, act, a); err != nil {
			return err
		}
		known, err = askedLately(ctx, t, act, e, a.Each)
		return err
	})
	if err != nil || known {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		var err error
		if e, err = askedEntry(ctx, t, act, a); err != nil {
			return err
		}
		if known, err := askedLately(ctx, t, act, e, a.Each); err != nil || known {
			return err
		}
		by := act
		if act.Side == SideCustomer {
			over, err := relationOver(ctx, t, act.TenantID)
			if err != nil {
				return err
			}
			if over {
				by = act.plain()
			}
		}
		if err := by.record(ctx, t, e); err != nil {
			return err
		}
		return recordAbout(ctx, t, act, a)
	})
}

// recordAbout takes the entries of the customers that a request was about without naming them, but for those that are gone meanwhile.
func recordAbout(ctx context.Context, t *tx, act Act, a Asked) error {
	for _, id := range a.About {
		a.Customer, a.ObjectID = id, ""
		e, err := askedEntry(ctx, t, act, a)
		if err != nil {
			return err
		}
		if e.customer != id {
			continue
		}
		if err := act.record(ctx, t, e); err != nil {
			return err
		}
	}
	return nil
}

func askedEntry(ctx context.Context, t *tx, act Act, a Asked) (entry, error) {
	e := entry{operation: a.Operation, objectID: a.ObjectID, result: a.Result, detail: a.Detail}
	if act.Side == SideCustomer {
		e.tenant = act.TenantID
	}
	var known bool // an organisation of which nobody has come in has no record of its own; one whose relation is over has
	err := t.QueryRowContext(ctx, `SELECT coalesce(max(id), 0), coalesce(max(tenant_id), $1), EXISTS (SELECT 1 FROM tenants WHERE tenant_id = $1)
			OR EXISTS (SELECT 1 FROM ended_relations WHERE tenant_id = $1)
		FROM customers WHERE id = $2 AND $3 = 'partner' OR tenant_id = $1`, e.tenant, a.Customer, act.Side).Scan(&e.customer, &e.tenant, &known)
	if err != nil {
		return e, fmt.Errorf("read the customer of a request: %w", err)
	}
	e.own = e.customer == 0 && !known
	if e.customer == 0 || e.customer != a.Customer {
		e.objectID = ""
	}
	return e, nil
}

func askedLately(ctx context.Context, t *tx, act Act, e entry, each bool) (bool, error) {
	var same, all int
	err := t.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE operation = $3 AND object_id = $4 AND result = $5 AND coalesce(customer_id, 0) = $6),
			count(*) FILTER (WHERE result = 'refused') FROM audit WHERE actor_oid = $1 AND at > $2`,
		act.OID, t.now-askedAgain.Milliseconds(), e.operation, e.objectID, e.outcome(), e.customer).Scan(&same, &all)
	if err != nil {
		return false, fmt.Errorf("look for what was asked before: %w", err)
	}
	return same > 0 && !each || all >= mostAsked && e.outcome() == ResultRefused, nil
}
