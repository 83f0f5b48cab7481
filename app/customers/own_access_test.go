package customers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
	"roomward/store"
)

// TestPeopleWithAccess: who is named and also in a group counts once, and not at all who is blocked or gone. What the directory said is believed
// for ten minutes, and no longer than the relation.
func TestPeopleWithAccess(t *testing.T) {
	h := open(t)
	onCall := h.world.Partner.FindGroup("On call").ID
	h.must(maya, "POST", "/api/invitations/"+h.send(ann, nil)+"/accept",
		fields{"version": 1, "primaryAdmins": []fields{user(h, pia), user(h, lea), {"kind": "group", "id": onCall}}})
	people := func() []any {
		t.Helper()
		got := h.must(ann, "GET", "/api/partnership/access", nil)
		return []any{got["people"], got["unread"]}
	}
	is := func(n, unread float64) []any { return []any{n, unread} }
	require.Equal(t, is(3, 0), people(), "Pia, Lea and Kai")

	asked := h.cloud.Requests(litware)
	require.NoError(t, h.cloud.SetDisabled(litware, h.person(kai).OID, true))
	require.NoError(t, h.cloud.SetDisabled(litware, h.person(pia).OID, true))
	h.pass(9 * time.Minute)
	require.Equal(t, is(3, 0), people())
	require.Equal(t, asked, h.cloud.Requests(litware), "nobody is asked again so soon")
	h.pass(time.Minute)
	require.Equal(t, is(1, 0), people(), "Lea: Kai of the group is blocked, and so is Pia, who is named")

	require.NoError(t, h.cloud.RemoveGroup(litware, onCall))
	h.pass(10 * time.Minute)
	require.Equal(t, is(1, 1), people(), "Lea is named; the group is gone")
	h.must(ann, "DELETE", "/api/partnership/members/user:"+h.person(lea).OID, nil)
	require.NoError(t, h.cloud.RemovePerson(litware, h.person(pia).OID))
	h.pass(10 * time.Minute)
	require.Equal(t, []any{nil, 1.0}, people(), "nobody but the group")
	h.must(ann, "DELETE", "/api/partnership/members/group:"+onCall, nil)
	require.Equal(t, is(0, 0), people())
}

// TestPeopleOfNoPermission: who holds nothing but a role to which the ceiling leaves nothing has no access.
func TestPeopleOfNoPermission(t *testing.T) {
	h := open(t)
	customer := h.accept(h.send(ann, fields{"grant": fields{"all": true}}))
	role, err := h.store.AddRole(t.Context(), store.System("test"), h.id(customer), store.Role{Name: "Reader", Permissions: []policy.Permission{"reports.view"}})
	require.NoError(t, err)
	_, err = h.store.AddAssignment(t.Context(), store.System("test"), h.id(customer), store.Assignment{Name: "A", Role: role,
		Members: []store.Member{{Principal: policy.User(h.person(nora).OID), Name: "Nora"}}, Scopes: []policy.Scope{policy.ScopeAll}})
	require.NoError(t, err)
	people := func() any { return h.must(ann, "GET", "/api/partnership/access", nil)["people"] }
	require.EqualValues(t, 2, people(), "Pia and Nora")
	h.must(ann, "PUT", portal+"/ceiling", fields{"ceiling": []string{"rooms.view"}})
	require.EqualValues(t, 1, people(), "nothing is left of Nora's role")
}

// TestCrowdsEnd: what the directory said is forgotten with the relation, and one customer's answers are not another's.
func TestCrowdsEnd(t *testing.T) {
	h := open(t)
	h.accept(h.send(ann, nil))
	h.accept(h.send(tara, fields{"grant": fields{"all": true}}))
	people := func(who string) any { return h.must(who, "GET", "/api/partnership/access", nil)["people"] }
	require.EqualValues(t, 1, people(ann))
	require.NoError(t, h.cloud.SetDisabled(litware, h.person(pia).OID, true))
	require.EqualValues(t, 0, people(tara), "asked for itself")
	require.EqualValues(t, 1, people(ann), "asked a moment ago")
	require.Equal(t, 2, h.parts.Crowds())
	h.must(ann, "DELETE", portal, fields{"confirm": "Litware"})
	require.Equal(t, 1, h.parts.Crowds(), "those of the other customer are left")
}
