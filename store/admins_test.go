package store

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

func (h *house) closed(customer ID) bool {
	h.t.Helper()
	rules, err := h.Rules(h.t.Context(), customer)
	require.NoError(h.t, err)
	return rules.Closed
}

func (h *house) operations(customer ID) string {
	h.t.Helper()
	rows, err := h.writer.Query(`SELECT operation FROM audit WHERE customer_id = $1 AND operation LIKE 'admins.%' ORDER BY id`, customer)
	require.NoError(h.t, err)
	defer func() { _ = rows.Close() }()
	var list []string
	for rows.Next() {
		var o string
		require.NoError(h.t, rows.Scan(&o))
		list = append(list, strings.TrimPrefix(o, "admins."))
	}
	require.NoError(h.t, rows.Err())
	return strings.Join(list, " ")
}

func TestAbsencesCloseAndOpen(t *testing.T) {
	h := openHouse(t)
	customer, other := h.customer(northwind), h.customer(tailspin) // Pia and the desk leads each
	h.run(`DELETE FROM assignment_members WHERE customer_id = $1 AND principal = $2`, other, desk.Principal)
	list, err := h.AdminPrincipals(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, []policy.Principal{pia.Principal, desk.Principal}, list)
	note := func(found map[policy.Principal]Absence) {
		t.Helper()
		require.NoError(t, h.NoteAbsences(t.Context(), found))
	}
	version := h.number(`SELECT value FROM counters WHERE name = 'rules'`)
	note(map[policy.Principal]Absence{pia.Principal: "", desk.Principal: ""})
	require.Equal(t, version, h.number(`SELECT value FROM counters WHERE name = 'rules'`), "no news")
	note(map[policy.Principal]Absence{desk.Principal: AbsentEmpty})
	require.False(t, h.closed(customer), "Pia is there")
	note(map[policy.Principal]Absence{pia.Principal: AbsentDisabled})
	require.True(t, h.closed(customer))
	require.True(t, h.closed(other))
	require.Greater(t, h.number(`SELECT value FROM counters WHERE name = 'rules'`), version, "views are stale with the same commit")
	note(map[policy.Principal]Absence{})
	require.True(t, h.closed(customer), "who could not be asked about stays as it was")
	note(map[policy.Principal]Absence{desk.Principal: ""})
	require.False(t, h.closed(customer))
	require.True(t, h.closed(other))
	require.Equal(t, "missing restored", h.operations(customer))
	require.Equal(t, "missing", h.operations(other))
}

func TestAnAssignmentThatEndsCloses(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.run(`UPDATE assignments SET ends_at = $1`, millis(h.clock().Add(time.Hour)))
	require.NoError(t, h.FollowAdmins(t.Context()))
	require.False(t, h.closed(customer))
	h.pass(time.Hour)
	require.NoError(t, h.FollowAdmins(t.Context()))
	require.True(t, h.closed(customer))
}

func TestDirectoryIsAskedEachHour(t *testing.T) {
	h := openHouse(t)
	due := func() bool {
		d, err := h.AdminsDue(t.Context(), time.Hour)
		require.NoError(t, err)
		return d
	}
	require.True(t, due())
	require.NoError(t, h.NoteAbsences(t.Context(), nil))
	require.False(t, due())
	h.pass(time.Hour - time.Millisecond)
	require.False(t, due())
	h.pass(time.Millisecond)
	require.True(t, due())
}

func TestProposals(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	own, foreign := policy.Own(northwind), policy.Own(tailspin)
	nora := Member{Principal: policy.User("nora"), Name: "Nora"}
	propose := func(m ...Member) (AdminProposal, error) {
		return h.ProposeAdmins(t.Context(), maya, managing, customer, m)
	}
	_, err := propose(nora)
	requireConflict(t, err, "admins-present")
	require.NoError(t, h.NoteAbsences(t.Context(), map[policy.Principal]Absence{pia.Principal: AbsentGone, desk.Principal: AbsentEmpty}))
	_, err = h.ProposeAdmins(t.Context(), maya, own, customer, []Member{nora})
	require.ErrorIs(t, err, ErrNotFound, "the partner proposes")
	_, err = h.ProposeAdmins(t.Context(), maya, managing, policy.NewID(), []Member{nora})
	require.ErrorIs(t, err, ErrNotFound)
	_, err = propose()
	requireConflict(t, err, "primary-admin-missing")
	first, err := propose(nora)
	require.NoError(t, err)
	second, err := propose(nora, desk)
	require.NoError(t, err)
	require.Equal(t, []Member{nora, desk}, second.Members)
	require.NotEqual(t, first.ID, second.ID)

	requireConflict(t, h.ConfirmAdmins(t.Context(), adminOf(northwind), own, first.ID), "proposal-changed")
	requireConflict(t, h.RefuseAdmins(t.Context(), adminOf(northwind), own, first.ID), "proposal-changed")
	require.ErrorIs(t, h.ConfirmAdmins(t.Context(), adminOf(tailspin), foreign, second.ID), ErrNotFound)
	require.ErrorIs(t, h.ConfirmAdmins(t.Context(), maya, managing, second.ID), ErrNotFound, "the partner cannot confirm itself")
	require.True(t, h.closed(customer))
	require.NoError(t, h.RefuseAdmins(t.Context(), adminOf(northwind), own, second.ID))
	require.True(t, h.closed(customer))
	require.ErrorIs(t, h.ConfirmAdmins(t.Context(), adminOf(northwind), own, second.ID), ErrNotFound)

	third, err := propose(nora)
	require.NoError(t, err)
	got, err := h.OwnAdmins(t.Context(), own)
	require.NoError(t, err)
	require.Equal(t, []OwnAdmin{{desk, AbsentEmpty}, {pia, AbsentGone}}, got.Members)
	require.Equal(t, third, *got.Proposal)
	require.Equal(t, h.clock(), got.WithoutSince)
	require.NoError(t, h.ConfirmAdmins(t.Context(), adminOf(northwind), own, third.ID))
	require.False(t, h.closed(customer))
	got, err = h.OwnAdmins(t.Context(), own)
	require.NoError(t, err)
	require.Nil(t, got.Proposal)
	require.Len(t, got.Members, 3)
	require.Equal(t, "missing propose propose refuse propose confirm", h.operations(customer))
}

func TestAProposalLapsesWhenAnAdminIsBack(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	require.NoError(t, h.NoteAbsences(t.Context(), map[policy.Principal]Absence{pia.Principal: AbsentGone, desk.Principal: AbsentEmpty}))
	p, err := h.ProposeAdmins(t.Context(), maya, managing, customer, []Member{{Principal: policy.User("nora"), Name: "Nora"}})
	require.NoError(t, err)
	require.NoError(t, h.NoteAbsences(t.Context(), map[policy.Principal]Absence{pia.Principal: ""}))
	require.ErrorIs(t, h.ConfirmAdmins(t.Context(), adminOf(northwind), policy.Own(northwind), p.ID), ErrNotFound)
}
