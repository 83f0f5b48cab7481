package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roomward/policy"
)

// agreed is one change of what a customer agreed with the partner.
type agreed struct {
	operation string // for the record: "ceiling.update"
	kind      string // of the notice to the partner: "ceiling.changed"
	note      noted
	told      map[string]any // by the notice
	rights    bool           // it touches who may do or see what
	update    statement
}

// changeRelation lets a customer change what it agreed with the partner: the change, the version of the agreement and of the rules, the notice and
// the audit entry in one transaction. version is the one that was read, or 0 for whichever is there. ErrNotFound without a relation and for any
// view that is not a customer's own. Conflict: changed-meanwhile.
// What it takes back is in the departed file.
func (s *Store) changeRelation(ctx context.Context, act Act, v policy.View, version int64, fn func(*tx, Customer) (agreed, error)) error {
	return s.departing(ctx, s.writeAlone, func(t *tx) ([]Departure, error) {
		was, err := ownAgreement(ctx, t, v)
		if err != nil {
			return nil, err
		}
		if version != 0 && version != was.Version {
			return nil, Conflict{"changed-meanwhile"}
		}
		change, err := fn(t, was)
		if err != nil {
			return nil, err
		}
		if err := change.make(ctx, t, act, was); err != nil {
			return nil, err
		}
		is, err := scanCustomer(t.QueryRowContext(ctx, `SELECT `+customerColumns+` WHERE c.id = $1`, was.ID))
		if err != nil {
			return nil, err
		}
		d, lost, err := lostAgreement(ctx, t, act, was, is)
		if err != nil || !lost {
			return nil, err
		}
		return []Departure{d}, nil
	})
}

// make writes the change with its notice and its entry.
func (change agreed) make(ctx context.Context, t *tx, act Act, c Customer) error {
	if _, err := t.exec(ctx, change.update.text, change.update.args...); err != nil {
		return fmt.Errorf("change what was agreed: %w", err)
	}
	if _, err := t.exec(ctx, `UPDATE customers SET version = version + 1 WHERE id = $1`, c.ID); err != nil {
		return fmt.Errorf("raise the version of what was agreed: %w", err)
	}
	if change.rights {
		if err := raiseRules(ctx, t, c.ID); err != nil {
			return err
		}
	}
	if err := tell(ctx, t, notice{to: SidePartner, tenant: c.TenantID, customer: c.ID, kind: change.kind, detail: change.told}); err != nil {
		return err
	}
	return act.record(ctx, t, entry{customer: c.ID, tenant: c.TenantID, operation: change.operation, object: c.Name, objectID: c.ID.String(),
		detail: change.note.detail()})
}

// RoleShift is a role of the partner of which another ceiling leaves more or less in effect.
type RoleShift struct {
	ID      ID
	Name    string
	BuiltIn bool
	Keeps   int // permissions in effect afterwards
	Loses   []policy.Permission
	Gains   []policy.Permission
	Members int // users and groups that hold it by an assignment that has not ended
}

// PreviewCeiling tells what SetCeiling would do to the partner's roles; those that stay as they are are left out. Errors as there.
func (s *Store) PreviewCeiling(ctx context.Context, v policy.View, ceiling []policy.Permission) ([]RoleShift, error) {
	var out []RoleShift
	err := s.read(ctx, func(t *tx) error {
		c, err := ownAgreement(ctx, t, v)
		if err != nil {
			return err
		}
		out, err = shiftRoles(ctx, t, c, ceiling)
		return err
	})
	return out, err
}

// SetCeiling gives the partner another ceiling, by the customer: with the commit nobody holds what is above it. It tells which roles changed in
// effect. Errors as in changeRelation.
func (s *Store) SetCeiling(ctx context.Context, act Act, v policy.View, version int64, ceiling []policy.Permission) ([]RoleShift, error) {
	var out []RoleShift
	err := s.changeRelation(ctx, act, v, version, func(t *tx, c Customer) (agreed, error) {
		var err error
		if out, err = shiftRoles(ctx, t, c, ceiling); err != nil {
			return agreed{}, err
		}
		cut := 0
		for _, r := range out {
			if len(r.Loses) > 0 {
				cut++
			}
		}
		text, err := toJSON(nonNil(ceiling))
		return agreed{operation: "ceiling.update", kind: "ceiling.changed", rights: true,
			note:   noted{map[string]any{"ceiling": nonNil(c.Ceiling)}, map[string]any{"ceiling": nonNil(ceiling)}},
			told:   map[string]any{"permissions": len(ceiling), "roles": len(out), "cut": cut},
			update: statement{`UPDATE customers SET ceiling_json = $1 WHERE id = $2`, []any{text, c.ID}}}, err
	})
	return out, err
}

func ownAgreement(ctx context.Context, t *tx, v policy.View) (Customer, error) {
	if v.Kind() != policy.KindOwn {
		return Customer{}, ErrNotFound
	}
	c, err := scanCustomer(t.QueryRowContext(ctx, `SELECT `+customerColumns+` WHERE c.tenant_id = $1`, v.TenantID()))
	if err != nil || c.EndsAt.IsZero() || millis(c.EndsAt) > t.now {
		return c, err
	}
	// Its date has come: nobody renews what has ended, but for a date that is older than what the customer said.
	if lately, err := restoredLately(ctx, t); err != nil || lately {
		return c, err
	}
	return Customer{}, ErrNotFound
}

func shiftRoles(ctx context.Context, t *tx, c Customer, ceiling []policy.Permission) ([]RoleShift, error) {
	roles, err := rolesOf(ctx, t, c.ID)
	if err != nil {
		return nil, err
	}
	assignments, err := assignmentsOf(ctx, t, c.ID)
	if err != nil {
		return nil, err
	}
	var out []RoleShift
	for _, r := range roles {
		shift := RoleShift{ID: r.ID, Name: r.Name, BuiltIn: r.BuiltIn}
		for _, p := range r.Permissions {
			had, has := slices.Contains(c.Ceiling, p), slices.Contains(ceiling, p)
			switch {
			case had && !has:
				shift.Loses = append(shift.Loses, p)
			case has && !had:
				shift.Gains = append(shift.Gains, p)
			}
			if has {
				shift.Keeps++
			}
		}
		if len(shift.Loses)+len(shift.Gains) == 0 {
			continue
		}
		members := map[policy.Principal]bool{}
		for _, a := range assignments {
			if a.Role != r.ID || !a.Until.IsZero() && millis(a.Until) <= t.now {
				continue
			}
			for _, m := range a.Members {
				members[m] = true
			}
		}
		shift.Members = len(members)
		out = append(out, shift)
	}
	return out, nil
}

// SetChangeControl says which events wait for approval from now on, by the customer. Requests that wait already go on waiting. Errors as in
// changeRelation.
func (s *Store) SetChangeControl(ctx context.Context, act Act, v policy.View, version int64, control map[string]string) error {
	return s.changeRelation(ctx, act, v, version, func(t *tx, c Customer) (agreed, error) {
		if control[string(EventExport)] == Manual && c.ChangeControl[string(EventExport)] != Manual {
			// What nobody approved opens nothing any more.
			if _, err := t.exec(ctx, `DELETE FROM audit_permits WHERE customer_id = $1`, c.ID); err != nil {
				return agreed{}, fmt.Errorf("take permits of exports back: %w", err)
			}
		}
		text, err := toJSON(control)
		return agreed{operation: "change-control.update", kind: "change-control.changed",
			note:   noted{map[string]any{"changeControl": c.ChangeControl}, map[string]any{"changeControl": control}},
			told:   map[string]any{"changeControl": control},
			update: statement{`UPDATE customers SET change_control_json = $1 WHERE id = $2`, []any{text, c.ID}}}, err
	})
}

// SetStrongAuth demands an authentication context of the partner's people, or none where id is "", by the customer. Errors as in changeRelation.
func (s *Store) SetStrongAuth(ctx context.Context, act Act, v policy.View, version int64, id string) error {
	return s.changeRelation(ctx, act, v, version, func(_ *tx, c Customer) (agreed, error) {
		return agreed{operation: "strong-auth.update", kind: "strong-auth.changed", rights: true,
			note:   noted{map[string]any{"strongAuth": c.StrongAuth}, map[string]any{"strongAuth": id}},
			told:   map[string]any{"strongAuth": id},
			update: statement{`UPDATE customers SET strong_auth = $1 WHERE id = $2`, []any{id, c.ID}}}, nil
	})
}

// SetEndDate lets the relation end at a moment, or without one where it is zero, by the customer. Conflict: end-not-ahead for one that is not in the
// future; else errors as in changeRelation.
func (s *Store) SetEndDate(ctx context.Context, act Act, v policy.View, version int64, ends time.Time) error {
	return s.changeRelation(ctx, act, v, version, func(t *tx, c Customer) (agreed, error) {
		if !ends.IsZero() && millis(ends) <= t.now {
			return agreed{}, Conflict{"end-not-ahead"}
		}
		return agreed{operation: "end-date.update", kind: "end-date.changed", rights: true,
			note:   noted{dated("endsAt", c.EndsAt), dated("endsAt", ends)},
			told:   dated("endsAt", ends),
			update: statement{`UPDATE customers SET ends_at = $1 WHERE id = $2`, []any{orNull(ends), c.ID}}}, nil
	})
}

// dated is a note of a moment that may be none.
func dated(name string, at time.Time) map[string]any {
	if at.IsZero() {
		return map[string]any{name: nil}
	}
	return map[string]any{name: at}
}

// SetRetention says for how long history is kept, and the record after the end, by the customer; what is older goes with the next PruneHistory.
// Errors as in changeRelation.
func (s *Store) SetRetention(ctx context.Context, act Act, v policy.View, version int64, days, sealDays int) error {
	return s.changeRelation(ctx, act, v, version, func(t *tx, c Customer) (agreed, error) {
		after := map[string]any{"retentionDays": days, "sealDays": sealDays}
		return agreed{operation: "retention.update", kind: "retention.changed", told: after,
			note:   noted{map[string]any{"retentionDays": c.RetentionDays, "sealDays": c.SealDays}, after},
			update: statement{`UPDATE customers SET retention_days = $1, seal_days = $2 WHERE id = $3`, []any{days, sealDays, c.ID}}}, nil
	})
}

// SetContacts says to which addresses of the customer notices go, by the customer. The partner, which reads the record too, learns how many there
// are and whether they changed. Errors as in changeRelation.
func (s *Store) SetContacts(ctx context.Context, act Act, v policy.View, version int64, contacts []string) error {
	return s.changeRelation(ctx, act, v, version, func(t *tx, c Customer) (agreed, error) {
		text, err := toJSON(nonNil(contacts))
		return agreed{operation: "contacts.update", kind: "contacts.changed",
			note: noted{map[string]any{"contacts": len(c.Contacts)},
				map[string]any{"contacts": len(contacts), "changed": !slices.Equal(c.Contacts, contacts)}},
			told:   map[string]any{"contacts": len(contacts)},
			update: statement{`UPDATE customers SET contacts_json = $1 WHERE id = $2`, []any{text, c.ID}}}, err
	})
}
