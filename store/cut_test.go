package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// TestCutsOfTheCustomer: each holds with its commit, writes what was before, tells the partner and leaves other relations alone.
func TestCutsOfTheCustomer(t *testing.T) {
	h := openHouse(t)
	customer, other := h.customer(northwind), h.customer(tailspin)
	ann, own := adminOf(northwind), policy.Own(northwind)
	given := func(customer ID, name string) (role, assignment ID) {
		t.Helper()
		role, err := h.AddRole(t.Context(), maya, customer, Role{Name: name, Permissions: []policy.Permission{policy.RoomsView}})
		require.NoError(t, err)
		assignment, err = h.AddAssignment(t.Context(), maya, customer, Assignment{Name: "Given " + name, Role: role, Members: []Member{pia, {policy.User("tom"), "Tom"}},
			Scopes: []policy.Scope{policy.ScopeRoom(h.room(customer, "Boardroom of "+name))}})
		require.NoError(t, err)
		return role, assignment
	}
	first, _ := given(customer, "First")
	_, second := given(customer, "Second")
	foreignRole, foreignAssignment := given(other, "Foreign")
	var builtIn ID
	require.NoError(t, h.writer.QueryRow(`SELECT id FROM roles WHERE customer_id = $1 AND built_in = 1`, customer).Scan(&builtIn))

	before := h.dump()
	for _, v := range []policy.View{{}, managing, policy.Own(litware), policy.ForWork(customer, "test")} {
		require.ErrorIs(t, h.RemoveOwnRole(t.Context(), ann, v, first), ErrNotFound)
		require.ErrorIs(t, h.RemoveOwnAssignment(t.Context(), ann, v, second), ErrNotFound)
		require.ErrorIs(t, h.RemoveOwnMember(t.Context(), ann, v, pia.Principal), ErrNotFound)
	}
	for _, id := range []ID{foreignRole, policy.NewID(), second} {
		require.ErrorIs(t, h.RemoveOwnRole(t.Context(), ann, own, id), ErrNotFound)
	}
	for _, id := range []ID{foreignAssignment, policy.NewID(), first} {
		require.ErrorIs(t, h.RemoveOwnAssignment(t.Context(), ann, own, id), ErrNotFound)
	}
	for _, p := range []policy.Principal{policy.User("nobody"), policy.Group("pia"), "pia", ""} {
		require.ErrorIs(t, h.RemoveOwnMember(t.Context(), ann, own, p), ErrNotFound)
	}
	var refusal *policy.Refusal
	require.ErrorAs(t, h.RemoveOwnRole(t.Context(), ann, own, builtIn), &refusal)
	require.Equal(t, policy.RefuseBuiltIn, refusal.Code)
	require.Equal(t, before, h.dump(), "nothing happened")

	decider := policy.NewDecider(h.Store, h.clock, policy.Limits{})
	view, err := decider.View(t.Context(), policy.Actor{User: policy.User("tom")}, policy.RoomsView)
	require.NoError(t, err)
	require.NoError(t, h.RemoveOwnRole(t.Context(), ann, own, first))
	require.ErrorIs(t, h.StillHolds(t.Context(), view), ErrStaleView)
	last := h.lastEntry()
	require.Equal(t, []string{"role.delete", "First"}, last[:2])
	require.Contains(t, h.lastDetail(), `"before":{"assignments":[{`)
	require.Equal(t, []string{`partner {"by":"Ann Admin","name":"First"}`}, h.told("role.removed"))

	require.NoError(t, h.RemoveOwnAssignment(t.Context(), ann, own, second))
	require.Equal(t, "assignment.delete", h.lastEntry()[0])
	require.Contains(t, h.lastDetail(), `"name":"Given Second"`)
	require.Len(t, h.told("assignment.removed"), 1)
	require.NoError(t, decider.Refresh(t.Context(), policy.Actor{User: policy.User("tom")}))
	view, err = decider.View(t.Context(), policy.Actor{User: policy.User("tom")}, policy.RoomsView)
	require.NoError(t, err)
	require.Equal(t, []ID{other}, view.Customers())

	require.NoError(t, h.RemoveOwnMember(t.Context(), ann, own, pia.Principal))
	require.Equal(t, []string{"member.remove", "Pia Primary"}, h.lastEntry()[:2])
	require.False(t, h.closed(customer), "the desk leads are there")
	require.NoError(t, h.RemoveOwnMember(t.Context(), ann, own, desk.Principal))
	require.True(t, h.closed(customer), "the last primary admin went: without admin")
	require.Equal(t, "missing", h.operations(customer))
	require.False(t, h.closed(other))
	require.Len(t, h.told("member.removed"), 2)
	require.Zero(t, h.number(`SELECT count(*) FROM assignments WHERE customer_id = $1`, customer), "an assignment of nobody goes")
	require.NotZero(t, h.number(`SELECT count(*) FROM assignment_members WHERE customer_id = $1 AND principal = $2`, other, pia.Principal))
	_, err = h.ProposeAdmins(t.Context(), maya, managing, customer, []Member{pia})
	require.NoError(t, err, "the partner proposes others")
}

func (h *house) lastDetail() string {
	h.t.Helper()
	var detail string
	require.NoError(h.t, h.writer.QueryRow(`SELECT detail_json FROM audit ORDER BY id DESC LIMIT 1`).Scan(&detail))
	return detail
}

func TestOwnAccess(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	other := h.customer(tailspin)
	room := h.room(customer, "Boardroom 12")
	group, err := h.AddRoomGroup(t.Context(), maya, customer, RoomGroup{Name: "Upstairs", Rooms: []ID{room}})
	require.NoError(t, err)
	role, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Night", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	_, err = h.AddAssignment(t.Context(), maya, customer, Assignment{Name: "N", Role: role, Members: []Member{desk},
		Scopes: []policy.Scope{policy.ScopeRoom(room), policy.ScopeGroup(group)}})
	require.NoError(t, err)
	_, err = h.AddRole(t.Context(), maya, other, Role{Name: "Only of Tailspin"})
	require.NoError(t, err)
	signIn := func(oid string, groups ...string) {
		t.Helper()
		require.NoError(t, h.StartSession(t.Context(), maya, "secret of "+oid, "", Session{ID: "s-" + oid, Side: SidePartner, TenantID: litware, OID: oid,
			Name: "Name of " + oid, Groups: groups, ExpiresAt: h.clock().Add(90 * day)}))
	}
	use := func(oid string) {
		t.Helper()
		_, err := h.FindSession(t.Context(), "secret of "+oid, day)
		require.NoError(t, err)
	}
	read := func() OwnAccess {
		t.Helper()
		found, err := h.OwnAccess(t.Context(), policy.Own(northwind))
		require.NoError(t, err)
		return found
	}
	require.Empty(t, read().Seen)
	h.setClock(morning.Add(17 * time.Minute))
	signIn("pia", "desk", "elsewhere")
	signIn("stranger", "elsewhere")
	h.pass(2 * time.Hour)
	signIn("dan", "desk")
	require.NoError(t, h.StartSession(t.Context(), adminOf(northwind), "secret of ann", "", Session{ID: "s-ann", Side: SideCustomer, TenantID: northwind, OID: "pia-of-northwind",
		Name: "Ann", ExpiresAt: h.clock().Add(day)}))

	found := read()
	require.Equal(t, map[policy.Principal]time.Time{pia.Principal: morning}, found.Seen, "to the hour; nobody who has no role here")
	require.Equal(t, map[policy.Principal][]policy.Principal{pia.Principal: {desk.Principal}}, found.Through)
	require.Equal(t, map[policy.Principal][]SeenPerson{desk.Principal: {{Member{policy.User("dan"), "Name of dan"}, morning.Add(2 * time.Hour)},
		{Member{pia.Principal, "Name of pia"}, morning}}}, found.People, "the last one first")
	require.Equal(t, map[policy.Scope]string{policy.ScopeRoom(room): "Boardroom 12", policy.ScopeGroup(group): "Upstairs"}, found.Places)
	var names []string
	for _, r := range found.Roles {
		names = append(names, r.Name)
	}
	require.Equal(t, []string{PrimaryAdmins, "Night"}, names)
	require.Len(t, found.Assignments, 2)

	h.pass(3 * time.Hour)
	use("pia")
	require.Equal(t, morning.Add(5*time.Hour), read().Seen[pia.Principal], "use of the session is activity")
	require.NoError(t, h.SetSessionGroups(t.Context(), "s-pia", []string{"elsewhere"}, h.clock()))
	require.Empty(t, read().Through)
	require.Len(t, read().People[desk.Principal], 1)
	for n := range mostPeople + 5 {
		h.run(`INSERT INTO people_seen VALUES ('more-' || $1, 'More', '["desk"]', $1)`, n)
	}
	require.Len(t, read().People[desk.Principal], mostPeople)
	h.pass(181 * day)
	_, err = h.PruneSessions(t.Context(), 0)
	require.NoError(t, err)
	require.Zero(t, h.number(`SELECT count(*) FROM people_seen`))
	for _, v := range []policy.View{{}, managing, policy.Own(litware), policy.ForWork(customer, "test")} {
		_, err := h.OwnAccess(t.Context(), v)
		require.ErrorIs(t, err, ErrNotFound)
	}
}
