package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"roomward/policy"
)

// InvitationState is where an invitation stands.
type InvitationState string

// The states of an invitation (design 7). Only a pending one can change.
const (
	InvitationPending   InvitationState = "pending"
	InvitationAccepted  InvitationState = "accepted"
	InvitationDeclined  InvitationState = "declined"
	InvitationExpired   InvitationState = "expired"
	InvitationWithdrawn InvitationState = "withdrawn"
)

// Invitation is a customer's offer to the partner.
type Invitation struct {
	ID            ID
	TenantID      string
	Name          string // of the customer, as claimed by its tenant
	Domains       []string
	PartnerDomain string
	State         InvitationState
	Grant         policy.Grant
	RoomsOffered  int // rooms that the grant covered when it was sent
	Ceiling       []policy.Permission
	ChangeControl map[string]string // event -> "auto" or "manual"
	StrongAuth    string            // id of the demanded authentication context, such as "c1"; "" for none
	RelationEnds  time.Time
	RetentionDays int
	SealDays      int      // for how long the audit record is kept sealed for the customer after the end
	Contacts      []string // mail addresses of the customer to which notices go
	TermsVersion  string
	Version       int64     // raised by each change of the offer while it waits
	ChangedAt     time.Time // zero when it never was
	SentAt        time.Time
	SentBy        string
	SentByOID     string
	ExpiresAt     time.Time
	DecidedAt     time.Time
	DecidedBy     string
}

const (
	// quota is how many invitations a tenant may send in a day: enough for mistakes, too few for pestering.
	quota = 10
	// MaxInvitationLife is the longest time for which an invitation can be open (product.md 2).
	MaxInvitationLife = 30 * 24 * time.Hour
	// shownExpired is how long the partner sees an expired invitation, so that somebody can ask for a new one.
	shownExpired = 30 * 24 * time.Hour
)

// SendInvitation keeps a new pending invitation. code is the partner's one-time code, "" where none is asked for.
// Conflicts: consent-missing, relation-exists, invitation-pending, too-many-invitations, code-unknown, expiry-out-of-range, end-not-ahead. The audit
// entry tells how much was offered and not what: the offer itself goes when the invitation is declined, and the record stays.
func (s *Store) SendInvitation(ctx context.Context, act Act, inv Invitation, code string, needCode bool) (Invitation, error) {
	inv.ID, inv.State, inv.SentBy, inv.SentByOID, inv.TenantID, inv.Version = policy.NewID(), InvitationPending, act.Name, act.OID, act.TenantID, 1
	err := s.write(ctx, func(t *tx) error {
		tenant, err := readTenant(ctx, t, act.TenantID)
		if errors.Is(err, ErrNotFound) || err == nil && tenant.Consent != ConsentGiven {
			return Conflict{"consent-missing"}
		}
		if err != nil {
			return err
		}
		inv.Name, inv.Domains, inv.SentAt = tenant.Name, tenant.Domains, when(t.now)
		if life := inv.ExpiresAt.Sub(inv.SentAt); life <= 0 || life > MaxInvitationLife {
			return Conflict{"expiry-out-of-range"}
		}
		if inv.endsTooSoon() {
			return Conflict{"end-not-ahead"}
		}
		if err := mayInvite(ctx, t, act.TenantID); err != nil {
			return err
		}
		if needCode {
			if err := useCode(ctx, t, code, act.TenantID); err != nil {
				return err
			}
		}
		if err := insertInvitation(ctx, t, inv); err != nil {
			return err
		}
		if err := tellOffer(ctx, t, "invitation.sent", inv); err != nil {
			return err
		}
		return act.record(ctx, t, entry{tenant: act.TenantID, operation: "invitation.send", object: inv.Name, objectID: inv.ID.String(),
			detail: offerNote(inv)})
	})
	return inv, err
}

// endsTooSoon tells that the relation could be over before it is accepted.
func (inv Invitation) endsTooSoon() bool {
	return !inv.RelationEnds.IsZero() && !inv.RelationEnds.After(inv.ExpiresAt)
}

// offerNote is what the record says of an offer: how many rooms and not which.
func offerNote(inv Invitation) map[string]any {
	note := map[string]any{"partnerDomain": inv.PartnerDomain, "rooms": inv.RoomsOffered, "allRooms": inv.Grant.All, "ceiling": nonNil(inv.Ceiling),
		"expiresAt": inv.ExpiresAt, "retentionDays": inv.RetentionDays, "sealDays": inv.SealDays, "termsVersion": inv.TermsVersion}
	if !inv.RelationEnds.IsZero() {
		note["endsAt"] = inv.RelationEnds
	}
	return note
}

// tellOffer tells those of the partner who answer invitations what became of one.
func tellOffer(ctx context.Context, t *tx, kind string, inv Invitation) error {
	return tell(ctx, t, notice{to: SidePartner, tenant: inv.TenantID, kind: kind, detail: map[string]any{"invitation": inv.ID, "rooms": inv.RoomsOffered,
		"expiresAt": inv.ExpiresAt}})
}

func mayInvite(ctx context.Context, t *tx, tenant string) error {
	if err := expire(ctx, t); err != nil {
		return err
	}
	var relations, pending int
	err := t.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM customers WHERE tenant_id = $1),
		(SELECT count(*) FROM invitations WHERE tenant_id = $1 AND state = 'pending')`, tenant).Scan(&relations, &pending)
	switch {
	case err != nil:
		return fmt.Errorf("count the invitations of a tenant: %w", err)
	case relations > 0:
		return Conflict{"relation-exists"}
	case pending > 0:
		return Conflict{"invitation-pending"}
	}
	return withinQuota(ctx, t, tenant)
}

// withinQuota refuses to bother the partner once more in a day in which the tenant has sent, or sent again, too often.
func withinQuota(ctx context.Context, t *tx, tenant string) error {
	var recent int
	err := t.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM invitations WHERE tenant_id = $1 AND sent_at > $2)
		+ (SELECT count(*) FROM audit WHERE tenant_id = $1 AND operation = 'invitation.resend' AND at > $2)`,
		tenant, t.now-24*time.Hour.Milliseconds()).Scan(&recent)
	if err != nil {
		return fmt.Errorf("count what a tenant has sent lately: %w", err)
	}
	if recent >= quota {
		return Conflict{"too-many-invitations"}
	}
	return nil
}

// offerColumns are the parts of an offer as they are stored, in the order of offered.
const offerColumns = `grant_json, rooms_offered, ceiling_json, change_control_json, strong_auth, relation_ends_at, retention_days, seal_days, contacts_json,
	terms_version`

// offered are the values of offerColumns.
func offered(inv Invitation) ([]any, error) {
	texts := make([]string, 4)
	for i, part := range []any{inv.Grant, nonNil(inv.Ceiling), inv.ChangeControl, nonNil(inv.Contacts)} {
		var err error
		if texts[i], err = toJSON(part); err != nil {
			return nil, err
		}
	}
	return []any{texts[0], inv.RoomsOffered, texts[1], texts[2], inv.StrongAuth, orNull(inv.RelationEnds), inv.RetentionDays, inv.SealDays, texts[3],
		inv.TermsVersion}, nil
}

func insertInvitation(ctx context.Context, t *tx, inv Invitation) error {
	offer, err := offered(inv)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO invitations (id, tenant_id, name, partner_domain, state, sent_at, sent_by_oid, sent_by_name, expires_at, `+offerColumns+`)
		VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		append([]any{inv.ID, inv.TenantID, inv.Name, inv.PartnerDomain, t.now, inv.SentByOID, inv.SentBy, millis(inv.ExpiresAt)}, offer...)...)
	if isUnique(err) {
		return Conflict{"invitation-pending"}
	}
	if err != nil {
		return fmt.Errorf("keep an invitation: %w", err)
	}
	return nil
}

const invitationColumns = `i.id, i.tenant_id, i.name, t.domains_json, i.partner_domain,
	CASE WHEN i.state = 'pending' AND i.expires_at <= $1 THEN 'expired' ELSE i.state END,
	i.grant_json, i.rooms_offered, i.ceiling_json, i.change_control_json, i.strong_auth, i.relation_ends_at, i.retention_days,
	i.seal_days, i.contacts_json, i.terms_version, i.version, i.changed_at, i.sent_at, i.sent_by_name, i.sent_by_oid, i.expires_at, i.decided_at, i.decided_by_name
	FROM invitations i JOIN tenants t ON t.tenant_id = i.tenant_id`

func scanInvitation(row interface{ Scan(...any) error }) (Invitation, error) {
	var inv Invitation
	var domains, grant, ceiling, control, contacts string
	var ends, changed, decided sql.NullInt64
	var sent, expires int64
	err := row.Scan(&inv.ID, &inv.TenantID, &inv.Name, &domains, &inv.PartnerDomain, &inv.State, &grant, &inv.RoomsOffered, &ceiling,
		&control, &inv.StrongAuth, &ends, &inv.RetentionDays, &inv.SealDays, &contacts, &inv.TermsVersion, &inv.Version, &changed, &sent, &inv.SentBy,
		&inv.SentByOID, &expires, &decided, &inv.DecidedBy)
	if errors.Is(err, sql.ErrNoRows) {
		return inv, ErrNotFound
	}
	if err != nil {
		return inv, fmt.Errorf("read an invitation: %w", err)
	}
	inv.RelationEnds, inv.DecidedAt, inv.SentAt, inv.ExpiresAt, inv.ChangedAt = whenOr0(ends), whenOr0(decided), when(sent), when(expires), whenOr0(changed)
	return inv, errors.Join(fromJSON(domains, &inv.Domains), fromJSON(grant, &inv.Grant), fromJSON(ceiling, &inv.Ceiling),
		fromJSON(control, &inv.ChangeControl), fromJSON(contacts, &inv.Contacts))
}

// Invitations lists what the view may see, newest first, at most 500. A tenant's administrators see all of its own. The partner's managers
// see what concerns them: the pending ones, and those that expired in the last 30 days and were not followed by another.
func (s *Store) Invitations(ctx context.Context, v policy.View) ([]Invitation, error) {
	var where string
	var arg any
	switch v.Kind() {
	case policy.KindOwn:
		where, arg = `i.tenant_id = $2`, v.TenantID()
	case policy.KindOverview:
		where = `i.state = 'pending' AND i.expires_at > $1 OR i.state IN ('pending', 'expired') AND i.expires_at <= $1 AND i.expires_at > $2
			AND NOT EXISTS (SELECT 1 FROM invitations n WHERE n.tenant_id = i.tenant_id AND n.sent_at > i.sent_at)`
		arg = millis(s.now().Add(-shownExpired))
	default:
		return nil, nil
	}
	var out []Invitation
	err := s.read(ctx, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `SELECT `+invitationColumns+` WHERE `+where+` ORDER BY i.sent_at DESC, i.id DESC LIMIT 500`, t.now, arg)
		if err != nil {
			return fmt.Errorf("list the invitations: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			inv, err := scanInvitation(rows)
			if err != nil {
				return err
			}
			out = append(out, inv)
		}
		return rows.Err()
	})
	return out, err
}

// InvitationByID reads one invitation within the view; ErrNotFound otherwise.
func (s *Store) InvitationByID(ctx context.Context, v policy.View, id ID) (Invitation, error) {
	var inv Invitation
	err := s.read(ctx, func(t *tx) error {
		var err error
		inv, err = invitationIn(ctx, t, v, id)
		return err
	})
	return inv, err
}

func invitationIn(ctx context.Context, t *tx, v policy.View, id ID) (Invitation, error) {
	inv, err := scanInvitation(t.QueryRowContext(ctx, `SELECT `+invitationColumns+` WHERE i.id = $2`, t.now, id))
	if err != nil {
		return inv, err
	}
	if v.Kind() == policy.KindOverview || v.Kind() == policy.KindOwn && v.TenantID() == inv.TenantID {
		return inv, nil
	}
	return Invitation{}, ErrNotFound
}

// DeclineInvitation ends a pending invitation by the partner. What it offered is deleted; the customer keeps "declined on" (design 15).
// Only the partner declines: any other view answers ErrNotFound. Conflicts: invitation-not-pending, invitation-expired.
func (s *Store) DeclineInvitation(ctx context.Context, act Act, v policy.View, id ID) error {
	if v.Kind() != policy.KindOverview {
		return ErrNotFound
	}
	return s.decide(ctx, act, v, id, InvitationDeclined, "invitation.decline")
}

// WithdrawInvitation ends a pending invitation by the customer itself, like DeclineInvitation by the partner.
func (s *Store) WithdrawInvitation(ctx context.Context, act Act, v policy.View, id ID) error {
	if v.Kind() != policy.KindOwn {
		return ErrNotFound
	}
	return s.decide(ctx, act, v, id, InvitationWithdrawn, "invitation.withdraw")
}

func (s *Store) decide(ctx context.Context, act Act, v policy.View, id ID, state InvitationState, operation string) error {
	return s.depart(ctx, func(t *tx) (Departure, error) {
		d := Departure{Kind: DepartInvitation, Invitation: id, By: act.Side}
		inv, err := pendingInvitation(ctx, t, v, id)
		if err != nil {
			return d, err
		}
		if err := setInvitation(ctx, t, id, state, act.Name); err != nil {
			return d, err
		}
		if state == InvitationDeclined {
			if err := tellSender(ctx, t, "invitation.declined", inv); err != nil { // before its contacts go
				return d, err
			}
			if err := emptyInvitation(ctx, t, id); err != nil {
				return d, err
			}
		}
		if state == InvitationWithdrawn {
			if err := tellOffer(ctx, t, "invitation.withdrawn", inv); err != nil {
				return d, err
			}
		}
		return d, act.record(ctx, t, entry{tenant: inv.TenantID, operation: operation, object: inv.Name, objectID: id.String()})
	})
}

// tellSender tells the customer what became of its invitation.
func tellSender(ctx context.Context, t *tx, kind string, inv Invitation) error {
	return tell(ctx, t, notice{to: SideCustomer, tenant: inv.TenantID, kind: kind, detail: map[string]any{"invitation": inv.ID}})
}

// emptyInvitation deletes what an invitation offered and leaves that there was one.
func emptyInvitation(ctx context.Context, t *tx, id ID) error {
	_, err := t.exec(ctx, `UPDATE invitations SET grant_json = '{"all":false}', rooms_offered = 0, ceiling_json = '[]', change_control_json = '{}',
		strong_auth = '', relation_ends_at = NULL, contacts_json = '[]' WHERE id = $1`, id)
	if err != nil {
		return fmt.Errorf("delete what an invitation offered: %w", err)
	}
	return nil
}

func pendingInvitation(ctx context.Context, t *tx, v policy.View, id ID) (Invitation, error) {
	inv, err := invitationIn(ctx, t, v, id)
	if err != nil {
		return inv, err
	}
	switch inv.State {
	case InvitationPending:
		return inv, nil
	case InvitationExpired:
		return inv, Conflict{"invitation-expired"}
	}
	return inv, Conflict{"invitation-not-pending"}
}

func setInvitation(ctx context.Context, t *tx, id ID, state InvitationState, by string) error {
	_, err := t.exec(ctx, `UPDATE invitations SET state = $1, decided_at = $2, decided_by_name = $3 WHERE id = $4`, state, t.now, by, id)
	if err != nil {
		return fmt.Errorf("change an invitation: %w", err)
	}
	return nil
}

// ExpireInvitations marks the pending invitations whose time is over. Reading shows them as expired before this runs.
func (s *Store) ExpireInvitations(ctx context.Context) error {
	return s.write(ctx, func(t *tx) error { return expire(ctx, t) })
}

func expire(ctx context.Context, t *tx) error {
	rows, err := t.QueryContext(ctx, `UPDATE invitations SET state = 'expired', decided_at = expires_at
		WHERE state = 'pending' AND expires_at <= $1 RETURNING id, tenant_id, name`, t.now)
	if err != nil {
		return fmt.Errorf("expire invitations: %w", err)
	}
	var gone []Invitation
	for rows.Next() {
		var inv Invitation
		if err := rows.Scan(&inv.ID, &inv.TenantID, &inv.Name); err != nil {
			return errors.Join(fmt.Errorf("expire invitations: %w", err), rows.Close())
		}
		gone = append(gone, inv)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("expire invitations: %w", err)
	}
	for _, inv := range gone {
		if err := System("expiry").record(ctx, t, entry{tenant: inv.TenantID, operation: "invitation.expire", object: inv.Name,
			objectID: inv.ID.String()}); err != nil {
			return err
		}
		if err := tellSender(ctx, t, "invitation.expired", inv); err != nil {
			return err
		}
	}
	return nil
}
