package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// demanding makes Northwind demand a sign-in, or none.
func (h *house) demanding(context string) {
	h.t.Helper()
	require.NoError(h.t, h.SetStrongAuth(h.t.Context(), adminOf(northwind), policy.Own(northwind), 0, context))
}

// What the invitation demands is what the relation demands, and decides.
func TestStrongAuthIsAgreed(t *testing.T) {
	h := openHouse(t)
	h.consent(northwind, "Northwind")
	offer := h.offer()
	offer.StrongAuth = "c1"
	inv, err := h.SendInvitation(t.Context(), adminOf(northwind), offer, "", false)
	require.NoError(t, err)
	require.Equal(t, "c1", inv.StrongAuth)
	id, err := h.AcceptInvitation(t.Context(), maya, managing, inv.ID, 0, []Member{pia})
	require.NoError(t, err)
	got, err := h.OwnCustomer(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Equal(t, "c1", got.StrongAuth)
	rules, err := h.Rules(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "c1", rules.StrongAuth)
	require.False(t, rules.Closed, "it is closed for some sessions only")
}

// A view made before the customer demanded something is stale afterwards, for sessions that have it too.
func TestStrongAuthMakesViewsStale(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind)
	d := policy.NewDecider(h.Store, h.clock, policy.Limits{})
	weak, strong := policy.Actor{User: pia.Principal}, policy.Actor{User: pia.Principal, Contexts: []string{"c1"}}
	read := func(who policy.Actor) (int, error) {
		v, err := d.View(t.Context(), who, policy.RoomsView)
		require.NoError(t, err)
		list, err := h.Customers(t.Context(), v)
		return len(list), err
	}
	for _, who := range []policy.Actor{weak, strong} {
		n, err := read(who)
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}
	h.demanding("c1")
	for _, c := range []struct {
		who  policy.Actor
		want int
	}{{weak, 0}, {strong, 1}} {
		_, err := read(c.who)
		require.ErrorIs(t, err, ErrStaleView)
		require.NoError(t, d.Refresh(t.Context(), c.who))
		n, err := read(c.who)
		require.NoError(t, err)
		require.Equal(t, c.want, n)
	}
}

// What only a primary admin may waits for the sign-in as well: it goes by no view.
func TestStrongAuthBindsPrimaryAdmins(t *testing.T) {
	h := openHouse(t)
	id := h.customer(northwind)
	name := "T" + northwind[:4]
	h.demanding("c2")
	asking := func(who policy.Actor) AskingAdmin {
		related, err := policy.NewDecider(h.Store, h.clock, policy.Limits{}).Related(t.Context(), who)
		require.NoError(t, err)
		return AskingAdmin{Actor: who, Related: related}
	}
	for _, contexts := range [][]string{nil, {"c1"}, {""}, {"c22"}} {
		by := asking(policy.Actor{User: pia.Principal, Contexts: contexts})
		_, err := h.AuditExport(t.Context(), by, id, AuditPage{Until: h.clock(), Limit: 10})
		require.ErrorIs(t, err, ErrStrongAuth)
		_, err = h.LeaveCustomer(t.Context(), maya, by, id, name)
		require.ErrorIs(t, err, ErrStrongAuth)
		is, err := h.IsPrimaryAdmin(t.Context(), by, id)
		require.NoError(t, err)
		require.False(t, is)
	}
	_, err := h.AuditExport(t.Context(), asking(policy.Actor{User: policy.User("eve")}), id, AuditPage{Until: h.clock(), Limit: 10})
	require.ErrorIs(t, err, ErrNotFound, "who has no part there learns nothing of it")

	by := asking(policy.Actor{User: pia.Principal, Contexts: []string{"c1", "c2"}})
	list, err := h.AuditExport(t.Context(), by, id, AuditPage{Until: h.clock(), Limit: 10})
	require.NoError(t, err)
	require.NotEmpty(t, list)
	_, err = h.LeaveCustomer(t.Context(), maya, by, id, name)
	require.NoError(t, err)
}
