package store

import (
	"context"
	"fmt"
	"slices"

	"roomward/policy"
)

// cutting is a cut of the customer that is found and not made yet: its audit entry, what the partner is told, and what is done.
type cutting struct {
	entry entry
	kind  string // of the notice
	name  string // of what is removed
	do    func() error
	err   error
}

// RemoveOwnRole removes a role of the partner with its assignments, by the customer itself. The built-in role stays, its members need not: *policy.Refusal.
// ErrNotFound for a role that is not of the own relation.
func (s *Store) RemoveOwnRole(ctx context.Context, act Act, v policy.View, id ID) error {
	return s.cutOwn(ctx, act, v, func(t *tx, customer ID) (cutting, Departure) {
		return cutRole(ctx, t, customer, id), Departure{Kind: DepartRole, Role: id}
	})
}

// RemoveOwnAssignment removes an assignment of the partner, by the customer itself. ErrNotFound as in RemoveOwnRole.
func (s *Store) RemoveOwnAssignment(ctx context.Context, act Act, v policy.View, id ID) error {
	return s.cutOwn(ctx, act, v, func(t *tx, customer ID) (cutting, Departure) {
		return cutAssignment(ctx, t, customer, id), Departure{Kind: DepartAssignment, Assignment: id}
	})
}

// RemoveOwnMember takes a person or group of the partner out of all assignments of the relation, by the customer itself, the last primary admin too.
// ErrNotFound for who is in none.
func (s *Store) RemoveOwnMember(ctx context.Context, act Act, v policy.View, p policy.Principal) error {
	return s.cutOwn(ctx, act, v, func(t *tx, customer ID) (cutting, Departure) {
		return cutMember(ctx, t, act, customer, p), Departure{Kind: DepartMember, Principal: p}
	})
}

// by leaves the notice out of a cut that the partner made: it speaks of the customer.
func (c cutting) by(side Side) cutting {
	if side == SidePartner {
		c.kind = ""
	}
	return c
}

func (s *Store) cutOwn(ctx context.Context, act Act, v policy.View, find func(*tx, ID) (cutting, Departure)) error {
	if v.Kind() != policy.KindOwn {
		return ErrNotFound
	}
	return s.depart(ctx, func(t *tx) (Departure, error) {
		customer, _, err := ownRelation(ctx, t, v)
		if err != nil {
			return Departure{}, err
		}
		c, d := find(t, customer)
		d.Customer, d.By = customer, act.Side
		return d, cut(ctx, t, act, customer, c)
	})
}

// cut makes a cut: a relation that loses its last primary admin by it is without admin from then on.
func cut(ctx context.Context, t *tx, act Act, customer ID, c cutting) error {
	if c.err != nil {
		return c.err
	}
	if err := c.do(); err != nil {
		return err
	}
	if err := recell(ctx, t, customer, nil); err != nil {
		return err
	}
	if err := raiseRules(ctx, t, customer); err != nil {
		return err
	}
	if err := followAdmins(ctx, t); err != nil {
		return err
	}
	c.entry.customer = customer
	if err := t.QueryRowContext(ctx, `SELECT tenant_id FROM customers WHERE id = $1`, customer).Scan(&c.entry.tenant); err != nil {
		return fmt.Errorf("read the customer of a cut: %w", err)
	}
	if c.kind != "" {
		err := tell(ctx, t, notice{to: SidePartner, tenant: c.entry.tenant, customer: customer, kind: c.kind,
			detail: map[string]any{"name": c.name, "by": act.Name}})
		if err != nil {
			return err
		}
	}
	return act.record(ctx, t, c.entry)
}

func cutRole(ctx context.Context, t *tx, customer, id ID) cutting {
	roles, err := roleRows(ctx, t, customer)
	if err != nil {
		return cutting{err: err}
	}
	i := slices.IndexFunc(roles, func(r Role) bool { return r.ID == id })
	if i < 0 {
		return cutting{err: ErrNotFound}
	}
	if roles[i].BuiltIn {
		return cutting{err: &policy.Refusal{Code: policy.RefuseBuiltIn}}
	}
	list, err := assignmentRows(ctx, t, customer)
	before, gone := roleNote(roles[i]), []any{}
	for _, a := range list {
		if a.Role == id {
			gone = append(gone, assignmentNote(a))
		}
	}
	before["assignments"] = gone
	return cutting{kind: "role.removed", name: roles[i].Name, err: err,
		entry: entry{operation: "role.delete", object: roles[i].Name, objectID: id.String(), detail: noted{before: before}.detail()},
		do: func() error {
			if _, err := t.exec(ctx, `DELETE FROM roles WHERE id = $1`, id); err != nil { // and what refers to it
				return fmt.Errorf("remove a role: %w", err)
			}
			return nil
		}}
}

func cutAssignment(ctx context.Context, t *tx, customer, id ID) cutting {
	list, err := assignmentRows(ctx, t, customer)
	if err != nil {
		return cutting{err: err}
	}
	i := slices.IndexFunc(list, func(a Assignment) bool { return a.ID == id })
	if i < 0 {
		return cutting{err: ErrNotFound}
	}
	return cutting{kind: "assignment.removed", name: list[i].Name,
		entry: entry{operation: "assignment.delete", object: list[i].Name, objectID: id.String(), detail: noted{before: assignmentNote(list[i])}.detail()},
		do: func() error {
			if _, err := t.exec(ctx, `DELETE FROM assignments WHERE id = $1`, id); err != nil {
				return fmt.Errorf("remove an assignment: %w", err)
			}
			return nil
		}}
}

func cutMember(ctx context.Context, t *tx, act Act, customer ID, p policy.Principal) cutting {
	list, err := assignmentRows(ctx, t, customer)
	if err != nil {
		return cutting{err: err}
	}
	var was Member
	var from []ID
	before := []any{}
	for _, a := range list {
		if i := slices.IndexFunc(a.Members, func(m Member) bool { return m.Principal == p }); i >= 0 {
			was = a.Members[i]
			from, before = append(from, a.ID), append(before, assignmentNote(a))
		}
	}
	if len(from) == 0 {
		return cutting{err: ErrNotFound}
	}
	return cutting{kind: "member.removed", name: was.Name,
		entry: entry{operation: "member.remove", object: was.Name, objectID: string(p), detail: map[string]any{"before": before}},
		do: func() error {
			for _, assignment := range from {
				if err := takeMember(ctx, t, act, assignment, p); err != nil {
					return err
				}
			}
			return nil
		}}
}
