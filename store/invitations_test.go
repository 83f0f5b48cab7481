package store

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// verbs are what can be done to an invitation.
func (h *house) verbs(inv Invitation) map[string]func() error {
	ctx := h.t.Context()
	return map[string]func() error{
		"accept":  func() error { _, err := h.AcceptInvitation(ctx, maya, managing, inv.ID, 0, []Member{pia}); return err },
		"decline": func() error { return h.DeclineInvitation(ctx, maya, managing, inv.ID) },
		"withdraw": func() error {
			return h.WithdrawInvitation(ctx, adminOf(inv.TenantID), policy.Own(inv.TenantID), inv.ID)
		},
	}
}

func TestInvitationStates(t *testing.T) {
	for from, refusal := range map[string]string{
		"pending": "", "accept": "invitation-not-pending", "decline": "invitation-not-pending", "withdraw": "invitation-not-pending",
		"time is over": "invitation-expired", "time is over and marked": "invitation-expired",
	} {
		for _, verb := range []string{"accept", "decline", "withdraw"} {
			t.Run(from+" then "+verb, func(t *testing.T) {
				h := openHouse(t)
				inv := h.invited(northwind)
				switch from {
				case "pending":
				case "time is over":
					h.setClock(inv.ExpiresAt)
				case "time is over and marked":
					h.setClock(inv.ExpiresAt)
					require.NoError(t, h.ExpireInvitations(t.Context()))
				default:
					require.NoError(t, h.verbs(inv)[from]())
				}
				before := h.dump()
				err := h.verbs(inv)[verb]()
				if refusal == "" {
					require.NoError(t, err)
					now, err := h.InvitationByID(t.Context(), policy.Own(northwind), inv.ID)
					require.NoError(t, err)
					require.Equal(t, map[string]InvitationState{"accept": InvitationAccepted, "decline": InvitationDeclined, "withdraw": InvitationWithdrawn}[verb], now.State)
					require.Equal(t, h.clock(), now.DecidedAt)
					require.Equal(t, map[string]string{"accept": maya.Name, "decline": maya.Name, "withdraw": "Ann Admin"}[verb], now.DecidedBy)
					return
				}
				requireConflict(t, err, refusal)
				require.Equal(t, before, h.dump(), "a refused change must leave everything as it was")
			})
		}
	}
}

func TestInvitationExpiresAtTheExactMoment(t *testing.T) {
	for _, tc := range []struct {
		name  string
		after time.Duration
		state InvitationState
	}{{"a millisecond before", -time.Millisecond, InvitationPending}, {"at the moment", 0, InvitationExpired}, {"later", time.Hour, InvitationExpired}} {
		t.Run(tc.name, func(t *testing.T) {
			h := openHouse(t)
			inv := h.invited(northwind)
			h.setClock(inv.ExpiresAt.Add(tc.after))
			look := func() {
				for _, v := range []policy.View{policy.Own(northwind), managing} {
					got, err := h.InvitationByID(t.Context(), v, inv.ID)
					require.NoError(t, err)
					require.Equal(t, tc.state, got.State)
					list, err := h.Invitations(t.Context(), v)
					require.NoError(t, err)
					require.Len(t, list, 1)
					require.Equal(t, tc.state, list[0].State)
				}
			}
			look()
			require.NoError(t, h.ExpireInvitations(t.Context()))
			look()
			stored := h.number(`SELECT count(*) FROM invitations WHERE state = 'expired' AND decided_at = expires_at`)
			require.Equal(t, tc.state == InvitationExpired, stored == 1)
			entries := h.entries()
			require.NoError(t, h.ExpireInvitations(t.Context()))
			require.Equal(t, entries, h.entries(), "expired once, recorded once")
			_, err := h.SendInvitation(t.Context(), adminOf(northwind), h.offer(), "", false)
			if tc.state == InvitationPending {
				requireConflict(t, err, "invitation-pending")
				return
			}
			require.NoError(t, err, "an expired one does not stand in the way")
		})
	}
}

func TestInvitationRefusals(t *testing.T) {
	for _, tc := range []struct {
		name, conflict string
		prepare        func(h *house, inv *Invitation)
		code           string
		needCode       bool
	}{
		{"all is well", "", func(h *house, _ *Invitation) { h.consent(northwind, "N") }, "", false},
		{"nobody of the tenant has signed in", "consent-missing", func(*house, *Invitation) {}, "", false},
		{"consent was withdrawn", "consent-missing", func(h *house, _ *Invitation) {
			h.consent(northwind, "N")
			h.run(`UPDATE tenants SET consent = 'withdrawn'`)
		}, "", false},
		{"consent was never given", "consent-missing", func(h *house, _ *Invitation) {
			h.consent(northwind, "N")
			h.run(`UPDATE tenants SET consent = 'none'`)
		}, "", false},
		{"only another tenant consented", "consent-missing", func(h *house, _ *Invitation) { h.consent(tailspin, "T") }, "", false},
		{"a second pending one", "invitation-pending", func(h *house, _ *Invitation) { h.invited(northwind) }, "", false},
		{"a pending one of another tenant", "", func(h *house, _ *Invitation) { h.invited(tailspin); h.consent(northwind, "N") }, "", false},
		{"a customer already", "relation-exists", func(h *house, _ *Invitation) { h.customer(northwind) }, "", false},
		{"expires now", "expiry-out-of-range", func(h *house, inv *Invitation) { h.consent(northwind, "N"); inv.ExpiresAt = h.clock() }, "", false},
		{"expires after 30 days", "", func(h *house, inv *Invitation) {
			h.consent(northwind, "N")
			inv.ExpiresAt = h.clock().Add(30 * 24 * time.Hour)
		}, "", false},
		{"expires after more", "expiry-out-of-range", func(h *house, inv *Invitation) {
			h.consent(northwind, "N")
			inv.ExpiresAt = h.clock().Add(30*24*time.Hour + time.Millisecond)
		}, "", false},
		{"the tenth in a day", "", func(h *house, _ *Invitation) { h.withdrawn(9) }, "", false},
		{"the eleventh in a day", "too-many-invitations", func(h *house, _ *Invitation) { h.withdrawn(10) }, "", false},
		{"the eleventh a day later", "", func(h *house, _ *Invitation) { h.withdrawn(10); h.pass(24 * time.Hour) }, "", false},
		{"the eleventh just before", "too-many-invitations", func(h *house, _ *Invitation) { h.withdrawn(10); h.pass(24*time.Hour - time.Millisecond) }, "", false},
		{"no code", "code-unknown", func(h *house, _ *Invitation) { h.consent(northwind, "N"); h.code() }, "", true},
		{"a wrong code", "code-unknown", func(h *house, _ *Invitation) { h.consent(northwind, "N"); h.code() }, "AB0D-EF12-3457", true},
		{"the code", "", func(h *house, _ *Invitation) { h.consent(northwind, "N"); h.code() }, theCode, true},
		{"the code as people type it", "", func(h *house, _ *Invitation) { h.consent(northwind, "N"); h.code() }, " aboD eFI2-345 6", true},
		{"the code a millisecond before its end", "", func(h *house, inv *Invitation) {
			h.consent(northwind, "N")
			h.code()
			h.pass(time.Hour - time.Millisecond)
		}, theCode, true},
		{"the code at its end", "code-unknown", func(h *house, inv *Invitation) {
			h.consent(northwind, "N")
			h.code()
			h.pass(time.Hour)
		}, theCode, true},
		{"a code that was revoked", "code-unknown", func(h *house, _ *Invitation) {
			h.consent(northwind, "N")
			require.NoError(h.t, h.RevokeInvitationCode(h.t.Context(), maya, managing, h.code().ID))
		}, theCode, true},
		{"a code that another tenant used", "code-unknown", func(h *house, _ *Invitation) {
			h.consent(northwind, "N")
			h.consent(tailspin, "T")
			h.code()
			_, err := h.SendInvitation(h.t.Context(), adminOf(tailspin), h.offer(), theCode, true)
			require.NoError(h.t, err)
		}, theCode, true},
		{"a code that this tenant used", "code-unknown", func(h *house, _ *Invitation) {
			h.consent(northwind, "N")
			h.code()
			inv, err := h.SendInvitation(h.t.Context(), adminOf(northwind), h.offer(), theCode, true)
			require.NoError(h.t, err)
			require.NoError(h.t, h.verbs(inv)["withdraw"]())
		}, theCode, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := openHouse(t)
			inv := h.offer()
			tc.prepare(h, &inv)
			before := h.dump()
			sent, err := h.SendInvitation(t.Context(), adminOf(northwind), inv, tc.code, tc.needCode)
			if tc.conflict == "" {
				require.NoError(t, err)
				kept, err := h.InvitationByID(t.Context(), policy.Own(northwind), sent.ID)
				require.NoError(t, err)
				require.Equal(t, sent, kept)
				require.Equal(t, h.clock(), kept.SentAt)
				return
			}
			requireConflict(t, err, tc.conflict)
			require.Equal(t, before, h.dump(), "a refusal must not use up a code or leave a row")
		})
	}
}

const theCode = "AB0D-EF12-3456"

func (h *house) code() InvitationCode {
	h.t.Helper()
	c, err := h.AddInvitationCode(h.t.Context(), maya, theCode, "for Northwind", h.clock().Add(time.Hour))
	require.NoError(h.t, err)
	return c
}

// withdrawn sends and withdraws n invitations of Northwind.
func (h *house) withdrawn(n int) {
	h.t.Helper()
	for range n {
		require.NoError(h.t, h.verbs(h.invited(northwind))["withdraw"]())
	}
}

// atOnce does all of them at the same time and tells how many went well; the others must be conflicts.
func atOnce(t *testing.T, all ...func() error) (won int) {
	t.Helper()
	errs := make([]error, len(all))
	var start, done sync.WaitGroup
	start.Add(1)
	for i, do := range all {
		done.Go(func() { start.Wait(); errs[i] = do() })
	}
	start.Done()
	done.Wait()
	for _, err := range errs {
		var c Conflict
		if err == nil {
			won++
			continue
		}
		require.True(t, errors.As(err, &c), "%v", err)
	}
	return won
}

func TestOnlyOneWins(t *testing.T) {
	for round := range 5 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			h := openHouse(t)
			verbs := h.verbs(h.invited(northwind))
			require.Equal(t, 1, atOnce(t, verbs["accept"], verbs["accept"], verbs["accept"], verbs["decline"], verbs["withdraw"]))
			require.Equal(t, int64(1), h.number(`SELECT count(*) FROM audit WHERE operation IN ('invitation.accept', 'invitation.decline', 'invitation.withdraw')`))
			accepted := h.number(`SELECT count(*) FROM invitations WHERE state = 'accepted'`)
			require.Equal(t, accepted, h.number(`SELECT count(*) FROM customers`))

			h.consent(tailspin, "T")
			h.consent(litware, "L")
			h.code()
			send := func(tenant string, code bool) func() error {
				return func() error {
					_, err := h.SendInvitation(t.Context(), adminOf(tenant), h.offer(), theCode, code)
					return err
				}
			}
			require.Equal(t, 1, atOnce(t, send(tailspin, true), send(litware, true)), "one code, one invitation")
			var winner string
			require.NoError(t, h.writer.QueryRow(`SELECT tenant_id FROM invitations WHERE state = 'pending'`).Scan(&winner))
			loser := map[string]string{tailspin: litware, litware: tailspin}[winner]
			require.Equal(t, 1, atOnce(t, send(loser, false), send(loser, false), send(loser, false)), "one pending one for each tenant")
			require.Equal(t, int64(2), h.number(`SELECT count(*) FROM invitations WHERE state = 'pending'`))
		})
	}
}

func TestViewsOfInvitations(t *testing.T) {
	h := openHouse(t)
	inv, other := h.invited(northwind), h.invited(tailspin)
	ctx := t.Context()
	for name, v := range map[string]policy.View{"nobody": {}, "another tenant": policy.Own(tailspin), "no powers": policy.Overview(policy.Powers{}),
		"background work": policy.ForWork(inv.ID, "test")} {
		t.Run(name, func(t *testing.T) {
			before := h.dump()
			_, err := h.InvitationByID(ctx, v, inv.ID)
			require.ErrorIs(t, err, ErrNotFound)
			_, err = h.AcceptInvitation(ctx, maya, v, inv.ID, 0, []Member{pia})
			require.ErrorIs(t, err, ErrNotFound)
			require.ErrorIs(t, h.DeclineInvitation(ctx, maya, v, inv.ID), ErrNotFound)
			require.ErrorIs(t, h.WithdrawInvitation(ctx, maya, v, inv.ID), ErrNotFound)
			list, err := h.Invitations(ctx, v)
			require.NoError(t, err)
			for _, seen := range list {
				require.Equal(t, v.TenantID(), seen.TenantID)
			}
			codes, err := h.InvitationCodes(ctx, v)
			require.NoError(t, err)
			require.Empty(t, codes)
			require.Equal(t, before, h.dump())
		})
	}
	require.ErrorIs(t, h.WithdrawInvitation(ctx, maya, managing, inv.ID), ErrNotFound, "the partner does not withdraw")
	require.ErrorIs(t, h.DeclineInvitation(ctx, adminOf(northwind), policy.Own(northwind), inv.ID), ErrNotFound, "the customer does not decline")
	_, err := h.AcceptInvitation(ctx, adminOf(northwind), policy.Own(northwind), inv.ID, 0, []Member{pia})
	require.ErrorIs(t, err, ErrNotFound, "the customer does not accept for the partner")
	for _, missing := range []ID{policy.NewID(), 0, -1} {
		require.ErrorIs(t, h.DeclineInvitation(ctx, maya, managing, missing), ErrNotFound)
	}
	list, err := h.Invitations(ctx, policy.Own(tailspin))
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, other.ID, list[0].ID)
}

func TestWhatThePartnerSeesOfInvitations(t *testing.T) {
	h := openHouse(t)
	seen := func(v policy.View) (out []string) {
		list, err := h.Invitations(t.Context(), v)
		require.NoError(t, err)
		for _, inv := range list {
			out = append(out, string(inv.State))
		}
		return out
	}
	inv := h.invited(northwind)
	require.Equal(t, []string{"pending"}, seen(managing))
	require.NoError(t, h.verbs(inv)["decline"]())
	require.Empty(t, seen(managing), "a declined one is gone for the partner")
	require.Equal(t, []string{"declined"}, seen(policy.Own(northwind)), "and the customer knows")
	h.pass(time.Minute)
	inv = h.invited(northwind)
	require.NoError(t, h.verbs(inv)["withdraw"]())
	require.Empty(t, seen(managing))
	h.pass(time.Minute)
	inv = h.invited(northwind)
	h.setClock(inv.ExpiresAt)
	require.Equal(t, []string{"expired"}, seen(managing), "so that somebody asks for another")
	require.NoError(t, h.ExpireInvitations(t.Context()))
	require.Equal(t, []string{"expired"}, seen(managing))
	h.setClock(inv.ExpiresAt.Add(shownExpired - time.Millisecond))
	require.Equal(t, []string{"expired"}, seen(managing))
	h.setClock(inv.ExpiresAt.Add(shownExpired))
	require.Empty(t, seen(managing))
	h.setClock(inv.ExpiresAt.Add(time.Hour))
	inv = h.invited(northwind)
	require.Equal(t, []string{"pending"}, seen(managing), "the older one was followed by another")
	require.NoError(t, h.verbs(inv)["accept"]())
	require.Empty(t, seen(managing), "it is a customer now")
	require.Equal(t, []string{"accepted", "expired", "withdrawn", "declined"}, seen(policy.Own(northwind)))
}

func TestManyInvitationsDoNotHideAPendingOne(t *testing.T) {
	h := openHouse(t)
	inv := h.invited(northwind)
	h.consent(tailspin, "T")
	h.run(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
		INSERT INTO invitations (id, tenant_id, name, partner_domain, state, grant_json, rooms_offered, ceiling_json, change_control_json, retention_days,
			terms_version, sent_at, sent_by_oid, sent_by_name, expires_at)
		SELECT i, $1, 'T', 'partner.example', 'withdrawn', '{"all":true}', 1, '[]', '{}', 1, '', $2 + i, '', '', $2 + i FROM n`, tailspin, millis(h.clock()))
	list, err := h.Invitations(t.Context(), managing)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, inv.ID, list[0].ID)
	list, err = h.Invitations(t.Context(), policy.Own(tailspin))
	require.NoError(t, err)
	require.Len(t, list, 500, "every list is bounded")
}

// TestDeclineDeletes looks for what was offered, row by row and in the bytes of the database.
func TestDeclineDeletes(t *testing.T) {
	h := openHouse(t)
	inv := h.invited(northwind)
	offered := []string{"London Bridge", "place-boardroom", "restart"}
	before := h.dump()
	for _, text := range offered {
		require.Contains(t, before, text, "the test must be able to see what is there")
	}
	require.NoError(t, h.verbs(inv)["decline"]())
	h.run(`PRAGMA wal_checkpoint(TRUNCATE)`)
	for _, text := range offered {
		require.NotContains(t, h.dump(), text)
		require.False(t, bytes.Contains(h.bytesOnDisk(), []byte(text)), text)
	}
	got, err := h.InvitationByID(t.Context(), policy.Own(northwind), inv.ID)
	require.NoError(t, err)
	require.Equal(t, Invitation{ID: inv.ID, TenantID: northwind, Name: inv.Name, Domains: inv.Domains, PartnerDomain: inv.PartnerDomain, State: InvitationDeclined,
		Ceiling: []policy.Permission{}, ChangeControl: map[string]string{}, RetentionDays: 180, SealDays: 60, Contacts: []string{}, TermsVersion: "t-1",
		Version: 1, SentAt: inv.SentAt, SentBy: inv.SentBy,
		SentByOID: inv.SentByOID, ExpiresAt: inv.ExpiresAt, DecidedAt: h.clock(), DecidedBy: maya.Name}, got)
}

func TestInvitationCodes(t *testing.T) {
	h := openHouse(t)
	made := h.code()
	for _, form := range []string{theCode, strings.ReplaceAll(theCode, "-", ""), strings.ToLower(theCode)} {
		require.False(t, bytes.Contains(h.bytesOnDisk(), []byte(form)), "a code is never kept")
	}
	list, err := h.InvitationCodes(t.Context(), managing)
	require.NoError(t, err)
	require.Equal(t, []InvitationCode{made}, list)
	h.consent(northwind, "N")
	_, err = h.SendInvitation(t.Context(), adminOf(northwind), h.offer(), theCode, true)
	require.NoError(t, err)
	list, err = h.InvitationCodes(t.Context(), managing)
	require.NoError(t, err)
	require.Equal(t, h.clock(), list[0].UsedAt)
	require.ErrorIs(t, h.RevokeInvitationCode(t.Context(), maya, managing, made.ID), ErrNotFound, "a used one stays as the record of its use")
	require.ErrorIs(t, h.RevokeInvitationCode(t.Context(), maya, managing, policy.NewID()), ErrNotFound)
	require.ErrorIs(t, h.RevokeInvitationCode(t.Context(), maya, policy.Own(northwind), made.ID), ErrNotFound)
	h.pass(60 * 24 * time.Hour)
	list, err = h.InvitationCodes(t.Context(), managing)
	require.NoError(t, err)
	require.Empty(t, list)
}
