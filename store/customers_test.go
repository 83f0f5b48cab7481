package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

func TestAcceptMakesTheRelation(t *testing.T) {
	h := openHouse(t)
	inv := h.invited(northwind)
	rules := h.number(`SELECT value FROM counters WHERE name = 'rules'`)
	id, err := h.AcceptInvitation(t.Context(), maya, managing, inv.ID, 0, []Member{pia, desk})
	require.NoError(t, err)

	got, err := h.OwnCustomer(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Equal(t, Customer{ID: id, TenantID: northwind, Name: inv.Name, Domains: inv.Domains, State: CustomerActive, Grant: inv.Grant, Ceiling: inv.Ceiling,
		ChangeControl: inv.ChangeControl, StrongAuth: inv.StrongAuth, EndsAt: inv.RelationEnds, RetentionDays: inv.RetentionDays,
		SealDays: inv.SealDays, Contacts: inv.Contacts, Version: 1, AcceptedAt: h.clock(),
		AcceptedBy: maya.Name, CollectState: CollectNew}, got, "what was offered is what is agreed")
	require.Equal(t, int64(2), h.number(`SELECT count(*) FROM collect_jobs WHERE customer_id = $1 AND due_at <= $2`, id, millis(h.clock())))
	require.Greater(t, h.number(`SELECT value FROM counters WHERE name = 'rules'`), rules)
	require.Equal(t, h.number(`SELECT value FROM counters WHERE name = 'rules'`), h.number(`SELECT rule_version FROM customers`))

	primary, _ := policy.Template(policy.PrimaryAdmins)
	for name, tc := range map[string]struct {
		actor policy.Actor
		holds []policy.Permission
	}{
		"a named user":                 {policy.Actor{User: pia.Principal}, primary},
		"somebody in a named group":    {policy.Actor{User: policy.User("x"), Groups: []policy.Principal{desk.Principal}}, primary},
		"who accepted":                 {policy.Actor{User: policy.User(maya.OID)}, nil},
		"a user called like the group": {policy.Actor{User: policy.User("desk")}, nil},
		"a group called like the user": {policy.Actor{User: policy.User("y"), Groups: []policy.Principal{policy.Group("pia")}}, nil},
		"the customer's own sender":    {policy.Actor{User: policy.User(inv.SentByOID)}, nil},
		"somebody else of the partner": {policy.Actor{User: policy.User("z")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			decider := policy.NewDecider(h.Store, h.clock, policy.Limits{})
			held, err := decider.Holdings(t.Context(), tc.actor)
			require.NoError(t, err)
			related, err := decider.Related(t.Context(), tc.actor)
			require.NoError(t, err)
			list, err := h.Customers(t.Context(), related)
			require.NoError(t, err)
			if tc.holds == nil {
				require.Empty(t, held)
				require.Empty(t, list)
				_, err := h.CustomerByID(t.Context(), related, id)
				require.ErrorIs(t, err, ErrNotFound)
				return
			}
			require.Len(t, held, 1)
			require.Equal(t, tc.holds, held[0].Permissions)
			require.Equal(t, tc.holds, held[0].Everywhere)
			require.Equal(t, []Customer{got}, list)
			roles, err := decider.View(t.Context(), tc.actor, policy.RolesView)
			require.NoError(t, err)
			admins, err := h.PrimaryAdminsOf(t.Context(), roles)
			require.NoError(t, err)
			require.Equal(t, map[ID][]Member{id: {desk, pia}}, admins)
		})
	}
}

func TestAcceptRefusals(t *testing.T) {
	for _, tc := range []struct {
		name     string
		admins   []Member
		conflict string
	}{
		{"nobody", nil, "primary-admin-missing"},
		{"an empty list", []Member{}, "primary-admin-missing"},
		{"no principal", []Member{{Name: "Nobody"}}, ""},
		{"a room as principal", []Member{pia, {Principal: "room:1", Name: "Room"}}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := openHouse(t)
			inv := h.invited(northwind)
			before := h.dump()
			id, err := h.AcceptInvitation(t.Context(), maya, managing, inv.ID, 0, tc.admins)
			require.Error(t, err)
			require.Zero(t, id)
			if tc.conflict != "" {
				requireConflict(t, err, tc.conflict)
			}
			require.Equal(t, before, h.dump(), "the invitation is still pending, and there is no half relation")
		})
	}
}

func TestOverviewShowsNamesAndStatesOnly(t *testing.T) {
	h := openHouse(t)
	id := h.customer(northwind)
	h.run(`UPDATE customers SET rooms = 58`)
	h.run(`UPDATE collect_jobs SET state = 'throttled', last_good_at = 1`)
	own, err := h.OwnCustomer(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Equal(t, 58, own.Rooms)
	require.NotEmpty(t, own.Grant.Rules)
	list, err := h.Customers(t.Context(), managing)
	require.NoError(t, err)
	one, err := h.CustomerByID(t.Context(), managing, id)
	require.NoError(t, err)
	require.Equal(t, []Customer{one}, list)
	require.Equal(t, own.Name, one.Name)
	require.Equal(t, CustomerActive, one.State)
	require.Zero(t, one.Rooms)
	require.Zero(t, one.Grant)
	require.Empty(t, one.CollectState)
}

func TestCustomersOutsideTheView(t *testing.T) {
	h := openHouse(t)
	mine, theirs := h.customer(northwind), h.customer(tailspin)
	decider := policy.NewDecider(h.Store, h.clock, policy.Limits{})
	nobody, err := decider.Related(t.Context(), policy.Actor{User: policy.User("nobody")})
	require.NoError(t, err)
	for name, v := range map[string]policy.View{"zero": {}, "nobody": nobody, "no powers": policy.Overview(policy.Powers{}), "no tenant": policy.Own("")} {
		list, err := h.Customers(t.Context(), v)
		require.NoError(t, err, name)
		require.Empty(t, list, name)
		for _, id := range []ID{mine, theirs, policy.NewID()} {
			_, err = h.CustomerByID(t.Context(), v, id)
			require.ErrorIs(t, err, ErrNotFound, name)
		}
		_, err = h.OwnCustomer(t.Context(), v)
		require.ErrorIs(t, err, ErrNotFound, name)
	}
	list, err := h.Customers(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, mine, list[0].ID)
	_, err = h.CustomerByID(t.Context(), policy.Own(northwind), theirs)
	require.ErrorIs(t, err, ErrNotFound)
}
