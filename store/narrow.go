package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"time"

	"roomward/policy"
)

// Narrowed is what a change took away, for an older database to lose it as well. It has ids, words of the catalogue and marks, and no name.
type Narrowed struct {
	Members     []policy.Principal  `json:"members,omitempty"`     // out of an assignment
	Scopes      []policy.Scope      `json:"scopes,omitempty"`      // of an assignment
	From        int64               `json:"from,omitzero"`         // when the assignment begins now, where that is later
	Until       int64               `json:"until,omitzero"`        // when it ends now, where that is earlier
	Permissions []policy.Permission `json:"permissions,omitempty"` // out of a role, or the ceiling
	Rooms       []ID                `json:"rooms,omitempty"`       // out of a room group
	Frozen      bool                `json:"frozen,omitzero"`       // its rules are others now: it keeps what it has, and takes in nothing
	Grant       *Kept               `json:"grant,omitempty"`       // the granted rooms that stayed
	StrongAuth  string              `json:"strongAuth,omitempty"`  // demanded now
	Manual      []string            `json:"manual,omitempty"`      // events that wait for approval now
	Ends        int64               `json:"ends,omitzero"`         // when the relation ends now, where that is earlier
	Days        *int                `json:"days,omitempty"`        // of history now, fewer or more: the last word holds
	SealDays    *int                `json:"sealDays,omitempty"`    // of the record after the end, likewise
	Contacts    *Kept               `json:"contacts,omitempty"`    // the addresses that stayed
}

// Kept are things that stayed, each by a mark from which it cannot be told.
type Kept struct {
	Marks []string `json:"marks"`
}

// mark is what stands for a thing in the line of a departure.
func (d Departure) mark(text string) string {
	sum := sha256.Sum256(fields([]byte("roomward departed\n"), d.ID.String(), text))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// keeping are the marks of things that stayed.
func (d Departure) keeping(things []string) *Kept {
	k := &Kept{Marks: []string{}}
	for _, thing := range things {
		k.Marks = append(k.Marks, d.mark(thing))
	}
	return k
}

// kept are the things of a list that had stayed.
func (d Departure) kept(k *Kept, things []string) []string {
	return slices.DeleteFunc(slices.Clone(things), func(thing string) bool { return !slices.Contains(k.Marks, d.mark(thing)) })
}

// lostRights compares the rules of a customer before and after a change of the partner: each role, assignment, member, scope and permission that went.
func lostRights(before, after policy.Rules) []Departure {
	var out []Departure
	gone := map[ID]bool{}
	for _, was := range before.Roles {
		i := slices.IndexFunc(after.Roles, func(r policy.Role) bool { return r.ID == was.ID })
		if i < 0 {
			gone[was.ID] = true
			out = append(out, Departure{Kind: DepartRole, Role: was.ID})
			continue
		}
		if lost := missingFrom(after.Roles[i].Permissions, was.Permissions); len(lost) > 0 {
			out = append(out, Departure{Kind: DepartRights, Role: was.ID, Lost: &Narrowed{Permissions: lost}})
		}
	}
	for _, was := range before.Assignments {
		i := slices.IndexFunc(after.Assignments, func(a policy.Assignment) bool { return a.ID == was.ID })
		switch {
		case i >= 0:
			if lost := lostBy(was, after.Assignments[i]); lost != nil {
				out = append(out, Departure{Kind: DepartRights, Assignment: was.ID, Lost: lost})
			}
		case !gone[was.Role]:
			out = append(out, Departure{Kind: DepartAssignment, Assignment: was.ID})
		}
	}
	return out
}

// lostBy is what an assignment lost; nil for nothing.
func lostBy(was, is policy.Assignment) *Narrowed {
	n := Narrowed{Members: missingFrom(is.Members, was.Members), Scopes: missingFrom(is.Scopes, was.Scopes)}
	if is.From.After(was.From) {
		n.From = millis(is.From)
	}
	n.Until = sooner(was.Until, is.Until)
	if len(n.Members)+len(n.Scopes) == 0 && n.From == 0 && n.Until == 0 {
		return nil
	}
	return &n
}

// sooner is the later end where it is earlier than the former one, or where there was none; 0 else.
func sooner(was, is time.Time) int64 {
	if is.IsZero() || !was.IsZero() && !is.Before(was) {
		return 0
	}
	return millis(is)
}

// missingFrom lists what of a list is not in another.
func missingFrom[T comparable](list, of []T) []T {
	return slices.DeleteFunc(slices.Clone(of), func(one T) bool { return slices.Contains(list, one) })
}

// groupState is a room group as far as scopes go by it.
type groupState struct {
	rules string
	rooms []ID
}

// scopeGroups reads the room groups of a customer of which assignments name some; with all also when they name none.
func scopeGroups(ctx context.Context, t *tx, customer ID, all bool) (map[ID]groupState, error) {
	type row struct {
		group ID
		rules string
		room  ID
	}
	rows, err := readAll(ctx, t, "read the room groups of scopes", statement{`SELECT g.id, g.kind || g.rules_json, coalesce(m.room_id, 0) FROM room_groups g
		LEFT JOIN room_group_rooms m ON m.group_id = g.id
		WHERE g.customer_id = $1 AND ($2 OR EXISTS (SELECT 1 FROM assignment_scopes s WHERE s.customer_id = $1 AND s.scope LIKE 'group:%'))`, []any{customer, all}},
		func(rows *sql.Rows, r *row) error { return rows.Scan(&r.group, &r.rules, &r.room) })
	out := map[ID]groupState{}
	for _, r := range rows {
		g := out[r.group]
		g.rules = r.rules
		if r.room != 0 {
			g.rooms = append(g.rooms, r.room)
		}
		out[r.group] = g
	}
	return out, err
}

// lostRooms compares room groups before and after a change of the partner.
func lostRooms(before, after map[ID]groupState) []Departure {
	var out []Departure
	for _, id := range slices.Sorted(maps.Keys(before)) {
		was := before[id]
		is, there := after[id]
		if !there {
			continue // it went with its scopes
		}
		lost := missingFrom(is.rooms, was.rooms)
		if len(lost) > 0 || was.rules != is.rules {
			out = append(out, Departure{Kind: DepartRights, Group: id, Lost: &Narrowed{Rooms: lost, Frozen: was.rules != is.rules}})
		}
	}
	return out
}

// lostByPartner runs a change of the partner's people and finds what it took from whom. What only adds is not looked at.
func lostByPartner(ctx context.Context, t *tx, act Act, before policy.Rules, fn func() (entry, error)) (entry, []Departure, error) {
	groups, err := scopeGroups(ctx, t, before.Customer, false)
	if err != nil {
		return entry{}, nil, err
	}
	e, err := fn()
	if err != nil {
		return e, nil, err
	}
	after := policy.Rules{Customer: before.Customer}
	if after.Roles, err = rolesOf(ctx, t, before.Customer); err != nil {
		return e, nil, err
	}
	if after.Assignments, err = assignmentsOf(ctx, t, before.Customer); err != nil {
		return e, nil, err
	}
	now, err := scopeGroups(ctx, t, before.Customer, true)
	if err != nil {
		return e, nil, err
	}
	lost := append(lostRights(before, after), lostRooms(groups, now)...)
	for i := range lost {
		lost[i].Customer, lost[i].By = before.Customer, act.Side
	}
	return e, lost, nil
}

// lostAgreement is what a customer took back of what it had agreed; false for nothing.
func lostAgreement(ctx context.Context, t *tx, act Act, was, is Customer) (Departure, bool, error) {
	d := Departure{ID: policy.NewID(), Kind: DepartAgreed, Customer: is.ID, By: act.Side}
	n := Narrowed{Permissions: missingFrom(is.Ceiling, was.Ceiling), Ends: sooner(was.EndsAt, is.EndsAt)}
	if is.StrongAuth != was.StrongAuth {
		n.StrongAuth = is.StrongAuth
	}
	for _, event := range slices.Sorted(maps.Keys(is.ChangeControl)) {
		if is.ChangeControl[event] == Manual && was.ChangeControl[event] != Manual {
			n.Manual = append(n.Manual, event)
		}
	}
	if is.RetentionDays != was.RetentionDays {
		n.Days = &is.RetentionDays
	}
	if is.SealDays != was.SealDays {
		n.SealDays = &is.SealDays
	}
	if len(missingFrom(is.Contacts, was.Contacts)) > 0 {
		n.Contacts = d.keeping(is.Contacts)
	}
	if !is.Grant.Contains(was.Grant) {
		places, err := placesOf(ctx, t, is.ID)
		if err != nil {
			return d, false, err
		}
		n.Grant = d.keeping(places)
	}
	d.Lost = &n
	return d, len(n.Permissions)+len(n.Manual) > 0 || n.Ends != 0 || n.StrongAuth != "" || n.Days != nil || n.SealDays != nil || n.Contacts != nil || n.Grant != nil, nil
}

// placesOf are the places of the rooms that are stored of a customer.
func placesOf(ctx context.Context, t *tx, customer ID) ([]string, error) {
	return readAll(ctx, t, "read the places of rooms", statement{`SELECT place_id FROM rooms WHERE customer_id = $1 ORDER BY place_id`, []any{customer}},
		func(rows *sql.Rows, place *string) error { return rows.Scan(place) })
}

// narrowAgain takes back from an older database what a departure took: rights that the partner's people gave, or what the customer had agreed.
func narrowAgain(ctx context.Context, t *tx, act Act, d Departure) error {
	if d.Lost == nil {
		return nil
	}
	do := loseRights
	if d.Kind == DepartAgreed {
		do = loseAgreement
	}
	if err := do(ctx, t, d); err != nil {
		return err
	}
	if err := recell(ctx, t, d.Customer, nil); err != nil {
		return err
	}
	if err := raiseRules(ctx, t, d.Customer); err != nil {
		return err
	}
	if err := followAdmins(ctx, t); err != nil {
		return err
	}
	tenant, err := tenantOf(ctx, t, d.Customer)
	if err != nil {
		return err
	}
	if d.Kind == DepartAgreed {
		if err := tellBoth(ctx, t, notice{tenant: tenant, customer: d.Customer, kind: "relation.narrowed"}); err != nil {
			return err
		}
	}
	return act.record(ctx, t, entry{customer: d.Customer, tenant: tenant, operation: "backup.narrow", detail: map[string]any{"kind": d.Kind, "at": when(d.At)}})
}

// loseRights takes members, scopes, times, permissions or rooms away. An assignment without members or scopes is none.
func loseRights(ctx context.Context, t *tx, d Departure) error {
	n := d.Lost
	members, err := toJSON(nonNil(n.Members))
	if err != nil {
		return err
	}
	scopes, err := toJSON(nonNil(n.Scopes))
	if err != nil {
		return err
	}
	permissions, err := toJSON(nonNil(n.Permissions))
	if err != nil {
		return err
	}
	rooms, err := toJSON(numbers(n.Rooms))
	if err != nil {
		return err
	}
	for _, step := range []statement{
		{`DELETE FROM assignment_members WHERE customer_id = $1 AND assignment_id = $2 AND principal ` + inSet(3), []any{d.Customer, d.Assignment, members}},
		{`DELETE FROM assignment_scopes WHERE customer_id = $1 AND assignment_id = $2 AND scope ` + inSet(3), []any{d.Customer, d.Assignment, scopes}},
		{`UPDATE assignments SET starts_at = CASE WHEN $3 > coalesce(starts_at, 0) THEN $3 ELSE starts_at END,
			ends_at = CASE WHEN $4 > 0 AND $4 < coalesce(ends_at, $4 + 1) THEN $4 ELSE ends_at END, version = version + 1
			WHERE customer_id = $1 AND id = $2`, []any{d.Customer, d.Assignment, n.From, n.Until}},
		{`DELETE FROM assignments WHERE customer_id = $1 AND id = $2 AND (NOT EXISTS (SELECT 1 FROM assignment_members WHERE assignment_id = $2)
			OR NOT EXISTS (SELECT 1 FROM assignment_scopes WHERE assignment_id = $2))`, []any{d.Customer, d.Assignment}},
		{`DELETE FROM role_permissions WHERE role_id = (SELECT id FROM roles WHERE customer_id = $1 AND id = $2) AND permission ` + inSet(3),
			[]any{d.Customer, d.Role, permissions}},
		{`DELETE FROM room_group_rooms WHERE group_id = (SELECT id FROM room_groups WHERE customer_id = $1 AND id = $2) AND room_id ` + inSet(3),
			[]any{d.Customer, d.Group, rooms}},
		// By rules it would take the rooms in again.
		{`UPDATE room_groups SET kind = 'fixed', rules_json = '[]', version = version + 1 WHERE customer_id = $1 AND id = $2 AND kind = 'rules'`, []any{d.Customer, d.Group}},
	} {
		if _, err := t.exec(ctx, step.text, step.args...); err != nil {
			return fmt.Errorf("take rights away again: %w", err)
		}
	}
	return nil
}

// loseAgreement narrows what was agreed. A choice of rooms becomes the list of those that had stayed: what the rules were is not known any more.
func loseAgreement(ctx context.Context, t *tx, d Departure) error {
	n := d.Lost
	c, err := scanCustomer(t.QueryRowContext(ctx, `SELECT `+customerColumns+` WHERE c.id = $1`, d.Customer))
	if err != nil {
		return err
	}
	if n.Grant != nil {
		places, err := placesOf(ctx, t, c.ID)
		if err != nil {
			return err
		}
		list := policy.Grant{Rooms: d.kept(n.Grant, places)}
		plan, err := planGrant(ctx, t, c, list)
		if err != nil {
			return err
		}
		if err := plan.removeLost(ctx, t, c); err != nil {
			return err
		}
		c.Grant = list
	}
	if c.ChangeControl == nil {
		c.ChangeControl = map[string]string{}
	}
	for _, event := range n.Manual {
		c.ChangeControl[event] = Manual
	}
	if n.Contacts != nil {
		c.Contacts = d.kept(n.Contacts, c.Contacts)
	}
	if n.StrongAuth != "" {
		c.StrongAuth = n.StrongAuth
	}
	if n.Ends != 0 && (c.EndsAt.IsZero() || n.Ends < millis(c.EndsAt)) {
		c.EndsAt = when(n.Ends)
	}
	if n.Days != nil {
		c.RetentionDays = *n.Days
	}
	if n.SealDays != nil {
		c.SealDays = *n.SealDays
	}
	texts := make([]string, 4)
	for i, part := range []any{c.Grant, nonNil(missingFrom(n.Permissions, c.Ceiling)), c.ChangeControl, nonNil(c.Contacts)} {
		if texts[i], err = toJSON(part); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, `UPDATE customers SET grant_json = $1, ceiling_json = $2, change_control_json = $3, contacts_json = $4, strong_auth = $5, ends_at = $6,
		retention_days = $7, seal_days = $8, version = version + 1 WHERE id = $9`, texts[0], texts[1], texts[2], texts[3], c.StrongAuth, orNull(c.EndsAt),
		c.RetentionDays, c.SealDays, c.ID)
	if err != nil {
		return fmt.Errorf("narrow again what was agreed: %w", err)
	}
	return nil
}
