package store

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// word reads one text.
func (h *house) word(query string, args ...any) string {
	h.t.Helper()
	var out string
	require.NoError(h.t, h.writer.QueryRowContext(h.t.Context(), query, args...).Scan(&out))
	return out
}

// piasAuthority is what a primary admin may do at this moment.
func (h *house) piasAuthority(customer ID) policy.Authority {
	h.t.Helper()
	by, err := policy.NewDecider(h.Store, h.clock, policy.Limits{}).Authority(h.t.Context(), policy.Actor{User: pia.Principal}, customer)
	require.NoError(h.t, err)
	return by
}

// TestNarrowedStaysNarrow: what either side took back after a backup is not given again by restoring it.
func TestNarrowedStaysNarrow(t *testing.T) {
	h := openHouse(t)
	customer, other := h.customer(northwind), h.customer(tailspin)
	own, ann := policy.Own(northwind), adminOf(northwind)
	var rooms []ID
	for _, name := range []string{"One", "Two", "Three"} {
		rooms = append(rooms, h.room(customer, name))
	}
	h.withContacts(customer, "stays@northwind.example", "goes@northwind.example")
	role, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView, policy.TicketsView}})
	require.NoError(t, err)
	gone, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Gone", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	assign := func(role ID, members []Member, scopes ...policy.Scope) ID {
		id, err := h.AddAssignment(t.Context(), maya, customer, Assignment{Name: "A", Role: role, Members: members, Scopes: scopes})
		require.NoError(t, err)
		return id
	}
	shrinks := assign(role, []Member{pia, desk}, policy.ScopeRoom(rooms[0]), policy.ScopeRoom(rooms[1]))
	deleted, ofGone := assign(role, []Member{desk}, policy.ScopeAll), assign(gone, []Member{desk}, policy.ScopeAll)
	emptied := assign(role, []Member{desk}, policy.ScopeAll)
	manager, err := h.AddTenantManager(t.Context(), maya, TenantManager{Principal: policy.User("tom"), Name: "Tom"})
	require.NoError(t, err)
	third := h.invited("d3e4f5a6-3333-4c4d-8e5f-23456789abcd")
	fourth := h.invited("e4f5a6b7-4444-4d5e-8f6a-3456789abcde")
	backup := h.backedUp()
	wide := h.restored(backup)
	require.NotZero(t, wide.number(`SELECT count(*) FROM assignments WHERE id = $1`, deleted), "the backup has it")

	by := func() policy.Authority { return h.piasAuthority(customer) }
	require.NoError(t, h.ChangeAssignment(t.Context(), maya, by(), Assignment{ID: shrinks, Role: role, Name: "A", Members: []Member{desk},
		Scopes: []policy.Scope{policy.ScopeRoom(rooms[0])}, EndsAt: h.clock().Add(time.Hour)}, 0))
	require.NoError(t, h.ChangeAssignment(t.Context(), maya, by(), Assignment{ID: emptied, Role: role, Name: "A", Members: []Member{pia},
		Scopes: []policy.Scope{policy.ScopeAll}}, 0))
	require.NoError(t, h.DeleteAssignment(t.Context(), maya, by(), deleted, 0))
	require.NoError(t, h.ChangeRole(t.Context(), maya, by(), Role{ID: role, Name: "Desk", Permissions: []policy.Permission{policy.RoomsView}}, 0))
	require.NoError(t, h.DeleteRole(t.Context(), maya, by(), gone, 0))
	require.NoError(t, h.RemoveTenantManager(t.Context(), maya, manager.ID))
	require.NoError(t, h.WithdrawInvitation(t.Context(), adminOf(third.TenantID), policy.Own(third.TenantID), third.ID))
	require.NoError(t, h.DeclineInvitation(t.Context(), maya, managing, fourth.ID))
	c, err := h.CustomerByID(t.Context(), own, customer)
	require.NoError(t, err)
	less := slices.DeleteFunc(slices.Clone(c.Ceiling), func(p policy.Permission) bool { return p == policy.TicketsView })
	_, err = h.SetCeiling(t.Context(), ann, own, 0, less)
	require.NoError(t, err)
	_, err = h.SetGrant(t.Context(), ann, own, 0, policy.Grant{Rules: []policy.GrantRule{{Building: "Two"}}, Rooms: []string{h.word(`SELECT place_id FROM rooms WHERE id = $1`, rooms[0])}})
	require.NoError(t, err)
	require.NoError(t, h.SetStrongAuth(t.Context(), ann, own, 0, "c1"))
	require.NoError(t, h.SetChangeControl(t.Context(), ann, own, 0, map[string]string{"role": Manual, "action": "auto"}))
	ends := h.clock().Add(90 * 24 * time.Hour)
	require.NoError(t, h.SetEndDate(t.Context(), ann, own, 0, ends))
	require.NoError(t, h.SetRetention(t.Context(), ann, own, 0, 30, 7))
	require.NoError(t, h.SetContacts(t.Context(), ann, own, 0, []string{"stays@northwind.example", "new@northwind.example"}))
	for _, name := range []string{"Desk", "Pia", "Tom", "One", "Two", "stays@", "new@", h.word(`SELECT place_id FROM rooms WHERE id = $1`, rooms[0])} {
		require.NotContains(t, h.fileText(departedName), name, "ids, words and marks")
	}

	o := h.restored(backup)
	require.Equal(t, int64(1), o.number(`SELECT count(*) FROM assignment_members WHERE assignment_id = $1`, shrinks))
	require.Equal(t, int64(1), o.number(`SELECT count(*) FROM assignment_scopes WHERE assignment_id = $1`, shrinks))
	require.Equal(t, millis(h.clock().Add(time.Hour)), o.number(`SELECT ends_at FROM assignments WHERE id = $1`, shrinks))
	for _, id := range []ID{deleted, ofGone, emptied} {
		require.Zero(t, o.number(`SELECT count(*) FROM assignments WHERE id = $1`, id), "%s of %s %s %s: %s", id, deleted, ofGone, emptied, h.fileText(departedName))
	}
	require.Zero(t, o.number(`SELECT count(*) FROM roles WHERE id = $1`, gone))
	require.Zero(t, o.number(`SELECT count(*) FROM role_permissions WHERE role_id = $1 AND permission = 'tickets.view'`, role))
	require.Equal(t, int64(1), o.number(`SELECT count(*) FROM role_permissions WHERE role_id = $1`, role))
	require.Zero(t, o.number(`SELECT count(*) FROM tenant_managers`), h.fileText(departedName))
	require.Equal(t, int64(2), o.number(`SELECT count(*) FROM invitations WHERE id IN ($1, $2) AND state IN ('withdrawn', 'declined')`, third.ID, fourth.ID))
	n, err := o.CustomerByID(t.Context(), own, customer)
	require.NoError(t, err)
	require.Equal(t, less, n.Ceiling)
	require.Equal(t, policy.Grant{Rooms: []string{h.word(`SELECT place_id FROM rooms WHERE id = $1`, rooms[0])}}, n.Grant, "the rooms that had stayed")
	require.Equal(t, int64(1), o.number(`SELECT count(*) FROM rooms WHERE customer_id = $1`, customer))
	require.Equal(t, "c1", n.StrongAuth)
	require.Equal(t, Manual, n.ChangeControl["role"])
	require.Equal(t, ends, n.EndsAt)
	require.Equal(t, []int{30, 7}, []int{n.RetentionDays, n.SealDays})
	require.Equal(t, []string{"stays@northwind.example"}, n.Contacts)
	require.NotZero(t, o.number(`SELECT count(*) FROM notices WHERE kind = 'relation.narrowed' AND customer_id = $1 AND side = 'customer'`, customer))
	require.Zero(t, o.number(`SELECT count(*) FROM notices WHERE kind = 'relation.narrowed' AND customer_id = $1`, other), "nothing of others")
	require.Zero(t, o.number(`SELECT count(*) FROM notices WHERE kind IN ('role.removed', 'assignment.removed')`), "the customer removed nothing")
	require.NoError(t, o.Close())
	found, err := VerifyDir(t.Context(), o.dir, nil)
	require.NoError(t, err)
	for _, v := range found {
		require.Empty(t, v.Findings)
	}
	o.reopen()
	again, err := o.CustomerByID(t.Context(), own, customer)
	require.NoError(t, err)
	require.Equal(t, n.Version, again.Version, "once")
}

// TestWideningLeavesNoLine: what only gives more is lost with the database, and nothing is to be taken back.
func TestWideningLeavesNoLine(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	own, ann := policy.Own(northwind), adminOf(northwind)
	before := h.fileText(departedName)
	_, err := h.SetGrant(t.Context(), ann, own, 0, policy.Grant{All: true})
	require.NoError(t, err)
	_, err = h.SetCeiling(t.Context(), ann, own, 0, policy.Permissions())
	require.NoError(t, err)
	_, err = h.CreateRole(t.Context(), maya, h.piasAuthority(customer), Role{Name: "New", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	require.Equal(t, before, h.fileText(departedName))
}

// TestARelationThatCameAndWentAfterTheBackup: its offer is in the backup, and nobody can accept it again.
func TestARelationThatCameAndWentAfterTheBackup(t *testing.T) {
	h := openHouse(t)
	inv := h.invited(northwind)
	backup := h.backedUp()
	_, err := h.AcceptInvitation(t.Context(), maya, managing, inv.ID, inv.Version, []Member{pia})
	require.NoError(t, err)
	_, err = h.EndOwn(t.Context(), adminOf(northwind), policy.Own(northwind))
	require.NoError(t, err)
	o := h.restored(backup)
	require.Zero(t, o.number(`SELECT count(*) FROM invitations`))
	require.Zero(t, o.number(`SELECT count(*) FROM tenants`))
	require.NotContains(t, string(o.bytesOnDisk()), "Tb1c2", "nor its name")
	require.NoError(t, o.Close())
	found, err := VerifyDir(t.Context(), o.dir, nil)
	require.NoError(t, err)
	for _, v := range found {
		require.Empty(t, v.Findings, "the end explains what was reduced")
	}
}

// TestARestoredRelationOutlivesItsFormerEnd: the customer has moved its date after the backup; the date of before removes nothing for a week.
func TestARestoredRelationOutlivesItsFormerEnd(t *testing.T) {
	h := openHouse(t)
	customer, at := h.ending(day)
	backup := h.backedUp()
	h.setEnd(at.Add(300 * day))
	h.setClock(at.Add(day))
	old := h.restored(backup)
	require.Empty(t, old.endDue())
	require.Equal(t, int64(1), old.number(`SELECT count(*) FROM customers WHERE id = $1`, customer))
	_, err := old.CustomerByID(t.Context(), managing, customer)
	require.ErrorIs(t, err, ErrNotFound, "and nobody sees it meanwhile")
	again := h.restored(backup)
	again.setEnd(again.clock().Add(300 * day))
	again.pass(afterRestore + time.Minute)
	require.Empty(t, again.endDue(), "the customer says so again")
	old.pass(afterRestore + time.Minute)
	require.Len(t, old.endDue(), 1, "nobody moved it")
}

// TestAScopeThatWasWideForAWhile: rooms, then all, then another room: the first one does not come back.
func TestAScopeThatWasWideForAWhile(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	one, two := h.room(customer, "One"), h.room(customer, "Two")
	role, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	id, err := h.AddAssignment(t.Context(), maya, customer, Assignment{Name: "A", Role: role, Members: []Member{desk}, Scopes: []policy.Scope{policy.ScopeRoom(one)}})
	require.NoError(t, err)
	backup := h.backedUp()
	for _, scope := range []policy.Scope{policy.ScopeAll, policy.ScopeRoom(two)} {
		require.NoError(t, h.ChangeAssignment(t.Context(), maya, h.piasAuthority(customer), Assignment{ID: id, Role: role, Name: "A", Members: []Member{desk},
			Scopes: []policy.Scope{scope}}, 0))
	}
	old := h.restored(backup)
	require.Zero(t, old.number(`SELECT count(*) FROM assignment_scopes WHERE assignment_id = $1 AND scope = $2`, id, policy.ScopeRoom(one)))
}

// TestALineThatWasTorn: what a full disk left of a line does not spoil the next one.
func TestALineThatWasTorn(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	_, err := h.departed.file.WriteString(`{"id":"half of a`)
	require.NoError(t, err)
	h.departed.torn = true
	require.NoError(t, h.depart(t.Context(), func(tx *tx) (Departure, error) {
		_, err := tx.exec(t.Context(), `UPDATE customers SET rooms = 7`)
		return Departure{Kind: DepartRelation, Customer: customer, By: SideSystem}, err
	}))
	committed, open, err := Departed(h.dir)
	require.NoError(t, err)
	require.Len(t, committed, 1)
	require.Empty(t, open)
}
