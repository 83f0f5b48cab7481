package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// TestChangingAnOffer: the partner accepts what it has read, and nothing that the customer has changed since.
func TestChangingAnOffer(t *testing.T) {
	h := openHouse(t)
	inv := h.invited(northwind)
	own, ann := policy.Own(northwind), adminOf(northwind)
	next := h.offer()
	next.ID, next.Grant, next.RoomsOffered, next.Ceiling = inv.ID, policy.Grant{All: true}, 9, []policy.Permission{policy.RoomsView}
	next.ChangeControl, next.StrongAuth, next.RelationEnds = map[string]string{"role": Manual}, "c1", time.Time{}
	next.RetentionDays, next.SealDays, next.Contacts, next.TermsVersion = 60, 0, []string{"b@x.example"}, "t-2"
	next.PartnerDomain, next.ExpiresAt = "other.example", h.clock().Add(time.Minute) // these two stay as they were
	still := h.dump()
	for _, v := range []policy.View{policy.Own(tailspin), managing, {}} {
		require.ErrorIs(t, h.ChangeInvitation(t.Context(), ann, v, next, 0), ErrNotFound)
	}
	requireConflict(t, h.ChangeInvitation(t.Context(), ann, own, next, 2), "changed-meanwhile")
	late := next
	late.RelationEnds = inv.ExpiresAt
	requireConflict(t, h.ChangeInvitation(t.Context(), ann, own, late, 1), "end-not-ahead")
	require.Equal(t, still, h.dump())

	h.pass(time.Hour)
	require.NoError(t, h.ChangeInvitation(t.Context(), ann, own, next, 1))
	got, err := h.InvitationByID(t.Context(), managing, inv.ID)
	require.NoError(t, err)
	want := next
	want.TenantID, want.Name, want.Domains, want.State, want.PartnerDomain = inv.TenantID, inv.Name, inv.Domains, InvitationPending, inv.PartnerDomain
	want.SentAt, want.SentBy, want.SentByOID, want.ExpiresAt, want.Version, want.ChangedAt = inv.SentAt, inv.SentBy, inv.SentByOID, inv.ExpiresAt, 2, h.clock()
	require.Equal(t, want, got, "the partner sees it at once")
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM notices WHERE kind = 'invitation.changed' AND side = 'partner' AND tenant_id = $1`, northwind))
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM audit WHERE operation = 'invitation.update' AND json_extract(detail_json, '$.before.rooms') = 7
		AND json_extract(detail_json, '$.after.rooms') = 9`))
	requireConflict(t, h.ChangeInvitation(t.Context(), ann, own, next, 1), "changed-meanwhile")

	before := h.dump()
	_, err = h.AcceptInvitation(t.Context(), maya, managing, inv.ID, 1, []Member{pia})
	requireConflict(t, err, "invitation-changed")
	require.Equal(t, before, h.dump())
	_, err = h.AcceptInvitation(t.Context(), maya, managing, inv.ID, 2, []Member{pia})
	require.NoError(t, err)
	c, err := h.OwnCustomer(t.Context(), own)
	require.NoError(t, err)
	require.Equal(t, []any{next.Grant, next.Ceiling, next.ChangeControl, "c1", time.Time{}, 60, 0, next.Contacts},
		[]any{c.Grant, c.Ceiling, c.ChangeControl, c.StrongAuth, c.EndsAt, c.RetentionDays, c.SealDays, c.Contacts})
	requireConflict(t, h.ChangeInvitation(t.Context(), ann, own, next, 0), "invitation-not-pending")
	requireConflict(t, h.ResendInvitation(t.Context(), ann, own, inv.ID, h.clock().Add(time.Hour)), "invitation-not-pending")
}

func TestSendingAgain(t *testing.T) {
	h := openHouse(t)
	inv := h.invited(northwind)
	own, ann := policy.Own(northwind), adminOf(northwind)
	again := func(v policy.View, after time.Duration) error {
		return h.ResendInvitation(t.Context(), ann, v, inv.ID, h.clock().Add(after))
	}
	still := h.dump()
	for _, v := range []policy.View{policy.Own(tailspin), managing, {}} {
		require.ErrorIs(t, again(v, time.Hour), ErrNotFound)
	}
	requireConflict(t, again(own, 0), "expiry-out-of-range")
	requireConflict(t, again(own, MaxInvitationLife+time.Millisecond), "expiry-out-of-range")
	require.Equal(t, still, h.dump())
	h.pass(time.Hour)
	require.NoError(t, again(own, 20*24*time.Hour))
	got, err := h.InvitationByID(t.Context(), own, inv.ID)
	require.NoError(t, err)
	require.Equal(t, []any{h.clock().Add(20 * 24 * time.Hour), inv.SentAt, int64(1)}, []any{got.ExpiresAt, got.SentAt, got.Version})
	require.Equal(t, int64(2), h.number(`SELECT count(*) FROM notices WHERE kind = 'invitation.sent' AND tenant_id = $1`, northwind), "told once more")
	for range quota - 2 {
		require.NoError(t, again(own, time.Hour))
	}
	requireConflict(t, again(own, time.Hour), "too-many-invitations")
	require.NoError(t, h.WithdrawInvitation(t.Context(), ann, own, inv.ID))
	_, err = h.SendInvitation(t.Context(), ann, h.offer(), "", false)
	requireConflict(t, err, "too-many-invitations")
	h.pass(24 * time.Hour)
	_, err = h.SendInvitation(t.Context(), ann, h.offer(), "", false)
	require.NoError(t, err)
}

// TestWhoIsToldOfAnInvitation: the partner of what the customer does, the customer of what became of it.
func TestWhoIsToldOfAnInvitation(t *testing.T) {
	for verb, want := range map[string]string{"accept": "customer invitation.accepted", "decline": "customer invitation.declined", "withdraw": "partner invitation.withdrawn",
		"expire": "customer invitation.expired"} {
		t.Run(verb, func(t *testing.T) {
			h := openHouse(t)
			inv := h.invited(northwind)
			if verb == "expire" {
				h.setClock(inv.ExpiresAt)
				require.NoError(t, h.ExpireInvitations(t.Context()))
			} else {
				require.NoError(t, h.verbs(inv)[verb]())
			}
			var kinds string
			require.NoError(t, h.writer.QueryRow(`SELECT group_concat(side || ' ' || kind, ', ') FROM (SELECT side, kind FROM notices WHERE tenant_id = $1 ORDER BY kind <> 'invitation.sent', kind)`,
				northwind).Scan(&kinds))
			require.Equal(t, "partner invitation.sent, "+want, kinds)
			require.Zero(t, h.number(`SELECT count(*) FROM notices WHERE detail_json LIKE '%' || $1 || '%'`, inv.Name), "no name in what outlives a relation")
		})
	}
}
