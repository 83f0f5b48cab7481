package store

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"roomward/policy"
)

// ChangeInvitation puts another offer in the place of the pending one of its ID, by the customer; its expiry, and whom it is for, stay. The partner
// accepts the version that it has read. version is the one that was read here, or 0 for whichever is there. ErrNotFound for another tenant's and
// for any view that is not a customer's own. Conflicts: invitation-not-pending, invitation-expired, changed-meanwhile,
// end-not-ahead.
func (s *Store) ChangeInvitation(ctx context.Context, act Act, v policy.View, offer Invitation, version int64) error {
	if v.Kind() != policy.KindOwn {
		return ErrNotFound
	}
	return s.depart(ctx, func(t *tx) (Departure, error) { // an older database has the former offer, which is none any more
		d := Departure{Kind: DepartInvitation, Invitation: offer.ID, By: act.Side}
		old, err := pendingInvitation(ctx, t, v, offer.ID)
		if err != nil {
			return d, err
		}
		if version != 0 && version != old.Version {
			return d, Conflict{"changed-meanwhile"}
		}
		offer.TenantID, offer.PartnerDomain, offer.ExpiresAt = old.TenantID, old.PartnerDomain, old.ExpiresAt
		if offer.endsTooSoon() {
			return d, Conflict{"end-not-ahead"}
		}
		values, err := offered(offer)
		if err != nil {
			return d, err
		}
		_, err = t.exec(ctx, `UPDATE invitations SET (`+offerColumns+`) = ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12), version = version + 1, changed_at = $1
			WHERE id = $2`, append([]any{t.now, offer.ID}, values...)...)
		if err != nil {
			return d, fmt.Errorf("change an invitation: %w", err)
		}
		if err := tellOffer(ctx, t, "invitation.changed", offer); err != nil {
			return d, err
		}
		detail := noted{before: offerNote(old), after: offerNote(offer)}.detail()
		detail["changed"] = changedParts(old, offer)
		return d, act.record(ctx, t, entry{tenant: old.TenantID, operation: "invitation.update", object: old.Name, objectID: old.ID.String(), detail: detail})
	})
}

// changedParts names what of an offer is another, beside what its note tells: not how, because the offer goes when it is declined.
func changedParts(old, offer Invitation) []string {
	parts := []string{}
	for _, part := range []struct {
		name    string
		changed bool
	}{
		{"grant", !reflect.DeepEqual(old.Grant, offer.Grant)},
		{"changeControl", !maps.Equal(old.ChangeControl, offer.ChangeControl)},
		{"strongAuth", old.StrongAuth != offer.StrongAuth},
		{"contacts", !slices.Equal(old.Contacts, offer.Contacts)},
	} {
		if part.changed {
			parts = append(parts, part.name)
		}
	}
	return parts
}

// ResendInvitation gives a pending invitation another expiry and tells the partner once more. Errors as in ChangeInvitation, and the conflicts
// expiry-out-of-range and too-many-invitations.
func (s *Store) ResendInvitation(ctx context.Context, act Act, v policy.View, id ID, expires time.Time) error {
	if v.Kind() != policy.KindOwn {
		return ErrNotFound
	}
	return s.write(ctx, func(t *tx) error {
		inv, err := pendingInvitation(ctx, t, v, id)
		if err != nil {
			return err
		}
		if life := millis(expires) - t.now; life <= 0 || life > MaxInvitationLife.Milliseconds() {
			return Conflict{"expiry-out-of-range"}
		}
		before := inv.ExpiresAt
		if inv.ExpiresAt = expires; inv.endsTooSoon() {
			return Conflict{"end-not-ahead"}
		}
		if err := withinQuota(ctx, t, inv.TenantID); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE invitations SET expires_at = $1 WHERE id = $2`, millis(expires), id); err != nil {
			return fmt.Errorf("send an invitation again: %w", err)
		}
		if err := tellOffer(ctx, t, "invitation.sent", inv); err != nil {
			return err
		}
		return act.record(ctx, t, entry{tenant: inv.TenantID, operation: "invitation.resend", object: inv.Name, objectID: id.String(),
			detail: noted{before: map[string]any{"expiresAt": before}, after: map[string]any{"expiresAt": expires}}.detail()})
	})
}
