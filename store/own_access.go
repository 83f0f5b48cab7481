package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"roomward/policy"
)

// OwnAccess is who of the partner may do what in a customer's own relation.
type OwnAccess struct {
	Customer    ID
	Ceiling     []policy.Permission
	Roles       []Role // the built-in one first
	Assignments []Assignment
	Places      map[policy.Scope]string // the names of the rooms and room groups that are scopes
	Absent      map[policy.Principal]Absence
	Seen        map[policy.Principal]time.Time // when a person was last active, to the hour
	// Through are the groups of the relation that a person was in when last active; People the people of a group, who was last active first.
	Through map[policy.Principal][]policy.Principal
	People  map[policy.Principal][]SeenPerson
}

// SeenPerson is a person of the partner and when it last used Roomward.
type SeenPerson struct {
	Member
	At time.Time
}

// mostPeople is how many people of a group are named.
const mostPeople = 20

// OwnAccess reads who of the partner has access to a customer's own relation. ErrNotFound without a relation.
func (s *Store) OwnAccess(ctx context.Context, v policy.View) (OwnAccess, error) {
	out := OwnAccess{Places: map[policy.Scope]string{}, Absent: map[policy.Principal]Absence{}, Seen: map[policy.Principal]time.Time{},
		Through: map[policy.Principal][]policy.Principal{}, People: map[policy.Principal][]SeenPerson{}}
	if v.Kind() != policy.KindOwn {
		return out, ErrNotFound
	}
	err := s.read(ctx, func(t *tx) error {
		customer, _, err := ownRelation(ctx, t, v)
		if err != nil {
			return err
		}
		out.Customer = customer
		var ceiling string
		if err := t.QueryRowContext(ctx, `SELECT ceiling_json FROM customers WHERE id = $1`, customer).Scan(&ceiling); err != nil {
			return fmt.Errorf("read a ceiling: %w", err)
		}
		if err := fromJSON(ceiling, &out.Ceiling); err != nil {
			return err
		}
		if out.Roles, err = roleRows(ctx, t, customer); err != nil {
			return err
		}
		if out.Assignments, err = assignmentRows(ctx, t, customer); err != nil {
			return err
		}
		if err := out.readPlaces(ctx, t, customer); err != nil {
			return err
		}
		if out.Absent, err = absences(ctx, t); err != nil {
			return err
		}
		return out.readSeen(ctx, t)
	})
	return out, err
}

func (o *OwnAccess) readPlaces(ctx context.Context, t *tx, customer ID) error {
	for _, kind := range []struct {
		text  string
		scope func(ID) policy.Scope
	}{
		{`SELECT id, name FROM room_groups WHERE customer_id = $1 AND id `, policy.ScopeGroup},
		{`SELECT id, name FROM rooms WHERE customer_id = $1 AND id `, policy.ScopeRoom},
	} {
		var wanted []ID
		for _, a := range o.Assignments {
			for _, scope := range a.Scopes {
				if id := max(scope.Group(), scope.Room()); id.Valid() && kind.scope(id) == scope {
					wanted = append(wanted, id)
				}
			}
		}
		list, err := toJSON(numbers(wanted))
		if err != nil {
			return err
		}
		type place struct {
			id   ID
			name string
		}
		found, err := readAll(ctx, t, "read the names of scopes", statement{kind.text + inSet(2), []any{customer, list}},
			func(rows *sql.Rows, p *place) error { return rows.Scan(&p.id, &p.name) })
		if err != nil {
			return err
		}
		for _, p := range found {
			o.Places[kind.scope(p.id)] = p.name
		}
	}
	return nil
}

// readSeen finds the people who were active lately among the members, and in the groups that are members.
func (o *OwnAccess) readSeen(ctx context.Context, t *tx) error {
	members := map[policy.Principal]bool{}
	for _, a := range o.Assignments {
		for _, m := range a.Members {
			members[m.Principal] = true
		}
	}
	type seen struct {
		oid, name, groups string
		at                int64
	}
	list, err := readAll(ctx, t, "read who was active", statement{`SELECT oid, name, groups_json, seen_at FROM people_seen ORDER BY seen_at DESC, name, oid LIMIT 10000`, nil},
		func(rows *sql.Rows, s *seen) error { return rows.Scan(&s.oid, &s.name, &s.groups, &s.at) })
	if err != nil {
		return err
	}
	for _, s := range list {
		person := policy.User(s.oid)
		var groups []string
		if err := fromJSON(s.groups, &groups); err != nil {
			return err
		}
		if members[person] {
			o.Seen[person] = when(s.at)
		}
		for _, id := range groups {
			group := policy.Group(id)
			if !members[group] {
				continue
			}
			if members[person] {
				o.Through[person] = append(o.Through[person], group)
			}
			if len(o.People[group]) < mostPeople {
				o.People[group] = append(o.People[group], SeenPerson{Member{person, s.name}, when(s.at)})
			}
		}
	}
	return nil
}
