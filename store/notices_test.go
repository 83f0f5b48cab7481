package store

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// telling keeps a notice as a feature would.
func (h *house) telling(n notice) ID {
	h.t.Helper()
	before, err := readAllIDs(h, `SELECT id FROM notices`)
	require.NoError(h.t, err)
	require.NoError(h.t, h.write(h.t.Context(), func(t *tx) error { return tell(h.t.Context(), t, n) }))
	after, err := readAllIDs(h, `SELECT id FROM notices`)
	require.NoError(h.t, err)
	after = slices.DeleteFunc(after, func(id ID) bool { return slices.Contains(before, id) })
	require.Len(h.t, after, 1)
	return after[0]
}

// reads is a member of the partner as it reads notices.
func (h *house) reads(actor policy.Actor, powers policy.Powers) NoticeReader {
	h.t.Helper()
	decider := policy.NewDecider(h.Store, h.clock, policy.Limits{})
	view, err := decider.View(h.t.Context(), actor, policy.RolesView)
	require.NoError(h.t, err)
	related, err := decider.Related(h.t.Context(), actor)
	require.NoError(h.t, err)
	return NoticeReader{TenantID: litware, OID: actor.User.OID(), View: view, Related: related, Overview: policy.Overview(powers)}
}

func ofTenant(tenant string) NoticeReader {
	return NoticeReader{TenantID: tenant, OID: "ann", Own: policy.Own(tenant)}
}

// kinds are the kinds of a reader's notices, newest first.
func (h *house) kinds(r NoticeReader) []string {
	h.t.Helper()
	list, _, err := h.Notices(h.t.Context(), r, MaxNotices)
	require.NoError(h.t, err)
	out := []string{}
	for _, n := range list {
		out = append(out, n.Kind)
	}
	return out
}

func (h *house) unread(r NoticeReader) int {
	h.t.Helper()
	_, unread, err := h.Notices(h.t.Context(), r, 1)
	require.NoError(h.t, err)
	return unread
}

func TestWhoIsToldWhat(t *testing.T) {
	h := openHouse(t)
	north, tail := h.customer(northwind), h.customer(tailspin)
	room := h.room(north, "Boardroom 12")
	role, err := h.AddRole(t.Context(), maya, north, Role{Name: "Lead", Permissions: []policy.Permission{policy.RoomsView, policy.RolesView}})
	require.NoError(t, err)
	_, err = h.AddAssignment(t.Context(), maya, north, Assignment{Name: "A", Role: role, Members: []Member{{Principal: policy.User("lea"), Name: "Lea"}},
		Scopes: []policy.Scope{policy.ScopeRoom(room)}})
	require.NoError(t, err)
	h.run(`DELETE FROM assignment_members WHERE customer_id = $1 AND principal = $2`, tail, pia.Principal)
	h.run(`DELETE FROM notices`)

	for _, n := range []notice{
		{to: SidePartner, tenant: northwind, customer: north, kind: "change.approved", person: "lea"},
		{to: SidePartner, tenant: northwind, customer: north, kind: "ceiling.changed"},
		{to: SidePartner, tenant: northwind, customer: north, kind: "consent.withdrawn"},
		{to: SidePartner, tenant: northwind, customer: north, kind: "admins.refused"},
		{to: SidePartner, tenant: tailspin, customer: tail, kind: "change.rejected", person: "nora"},
		{to: SidePartner, tenant: tailspin, customer: tail, kind: "relation.ending"},
		{to: SidePartner, tenant: tailspin, kind: "invitation.sent"},
		{to: SideCustomer, tenant: northwind, customer: north, kind: "change.asked"},
		{to: SideCustomer, tenant: northwind, kind: "invitation.declined"},
		{to: SideCustomer, tenant: tailspin, customer: tail, kind: "audit.checkpoint"},
	} {
		h.pass(time.Second)
		h.telling(n)
	}
	user := func(oid string, groups ...string) policy.Actor {
		a := policy.Actor{User: policy.User(oid)}
		for _, g := range groups {
			a.Groups = append(a.Groups, policy.Group(g))
		}
		return a
	}
	overview := []string{"invitation.sent", "relation.ending", "admins.refused", "consent.withdrawn"}
	for name, tc := range map[string]struct {
		reader NoticeReader
		want   []string
	}{
		"sees roles everywhere in one":       {h.reads(user("pia"), policy.Powers{}), []string{"admins.refused", "consent.withdrawn", "ceiling.changed", "change.approved"}},
		"in both, by a group":                {h.reads(user("x", "desk"), policy.Powers{}), []string{"relation.ending", "change.rejected", "admins.refused", "consent.withdrawn", "ceiling.changed", "change.approved"}},
		"sees roles in one room, and asked":  {h.reads(user("lea"), policy.Powers{}), []string{"consent.withdrawn", "change.approved"}},
		"asked, and has no part in it now":   {h.reads(user("nora"), policy.Powers{}), nil},
		"nobody":                             {h.reads(user("nobody"), policy.Powers{}), nil},
		"a manager":                          {h.reads(user("maya"), policy.Powers{Manager: true}), overview},
		"a tenant manager":                   {h.reads(user("tim"), policy.Powers{TenantManager: true}), overview},
		"a manager with a role somewhere":    {h.reads(user("pia"), policy.Powers{Manager: true}), []string{"invitation.sent", "relation.ending", "admins.refused", "consent.withdrawn", "ceiling.changed", "change.approved"}},
		"an administrator":                   {ofTenant(northwind), []string{"invitation.declined", "change.asked"}},
		"of the other":                       {ofTenant(tailspin), []string{"audit.checkpoint"}},
		"of a third":                         {ofTenant("d3e4f5a6-3333-4c4d-8e5f-23456789abcd"), nil},
		"no view at all":                     {NoticeReader{TenantID: litware, OID: "lea"}, nil},
		"the partner's tenant as a customer": {ofTenant(litware), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := h.kinds(tc.reader)
			require.Equal(t, append([]string{}, tc.want...), got)
			require.Equal(t, len(tc.want), h.unread(tc.reader))
			// Only what is read can be marked.
			ids, err := readAllIDs(h, `SELECT id FROM notices ORDER BY at DESC`)
			require.NoError(t, err)
			list, _, err := h.Notices(t.Context(), tc.reader, MaxNotices)
			require.NoError(t, err)
			for _, id := range append(ids, policy.NewID()) {
				err := h.ReadNotices(t.Context(), tc.reader, id)
				if slices.ContainsFunc(list, func(n Notice) bool { return n.ID == id }) {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, ErrNotFound)
				}
			}
			h.run(`DELETE FROM notice_marks`)
		})
	}

	stale := h.reads(user("pia"), policy.Powers{})
	h.run(`DELETE FROM assignment_members WHERE principal = $1`, pia.Principal)
	require.NoError(t, h.write(t.Context(), func(tx *tx) error { return raiseRules(t.Context(), tx, north) }))
	_, _, err = h.Notices(t.Context(), stale, 10)
	require.ErrorIs(t, err, ErrStaleView, "a right that was taken away is gone with the next request")
	require.ErrorIs(t, h.ReadNotices(t.Context(), stale, policy.NewID()), ErrStaleView)
	require.Empty(t, h.kinds(h.reads(user("pia"), policy.Powers{})))
}

func readAllIDs(h *house, query string) ([]ID, error) {
	rows, err := h.writer.Query(query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []ID
	for rows.Next() {
		var id ID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// TestManyCustomersWalkByTime reads as a member of more customers than are looked at one by one.
func TestManyCustomersWalkByTime(t *testing.T) {
	h := openHouse(t)
	var want []string
	for _, c := range h.customers(fewCustomers + 3) {
		h.pass(time.Second)
		var tenant string
		require.NoError(t, h.writer.QueryRow(`SELECT tenant_id FROM customers WHERE id = $1`, c).Scan(&tenant))
		h.telling(notice{to: SidePartner, tenant: tenant, customer: c, kind: "grant.changed"})
		want = append(want, "grant.changed")
	}
	r := h.reads(policy.Actor{User: pia.Principal}, policy.Powers{})
	require.Len(t, r.Related.Parts(), fewCustomers+3)
	got := slices.DeleteFunc(h.kinds(r), func(k string) bool { return k != "grant.changed" })
	require.Equal(t, want, got)
}

func TestReadMarksAreEachPersons(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.run(`DELETE FROM notices`)
	var ids []ID
	for range 3 {
		h.pass(time.Second)
		ids = append(ids, h.telling(notice{to: SideCustomer, tenant: northwind, customer: customer, kind: "change.asked"}))
	}
	ann, bob := ofTenant(northwind), ofTenant(northwind)
	bob.OID = "bob"
	require.Equal(t, 3, h.unread(ann))
	require.NoError(t, h.ReadNotices(t.Context(), ann, ids[1]))
	require.Equal(t, 1, h.unread(ann))
	require.Equal(t, 3, h.unread(bob), "somebody else has not read them")
	list, _, err := h.Notices(t.Context(), ann, 2)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.False(t, list[0].Read)
	require.True(t, list[1].Read)
	require.NoError(t, h.ReadNotices(t.Context(), ann, ids[0]))
	require.Equal(t, 1, h.unread(ann), "a mark does not move back")
	require.NoError(t, h.ReadNotices(t.Context(), ann, ids[2]))
	require.Zero(t, h.unread(ann))
	h.telling(notice{to: SideCustomer, tenant: northwind, customer: customer, kind: "change.asked"})
	require.LessOrEqual(t, h.unread(ann), 1, "of the same moment: by its id")
	h.pass(time.Second)
	h.telling(notice{to: SideCustomer, tenant: northwind, customer: customer, kind: "change.asked"})
	require.GreaterOrEqual(t, h.unread(ann), 1)
	namesake := ofTenant(northwind)
	namesake.TenantID = tailspin
	require.Equal(t, 5, h.unread(namesake), "the same object id in another tenant is another person")
}

func TestNoticesAreBoundedAndForgotten(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.run(`DELETE FROM notices`)
	for range MaxNotices + 5 {
		h.pass(time.Second)
		h.telling(notice{to: SideCustomer, tenant: northwind, customer: customer, kind: "change.asked"})
	}
	require.Len(t, h.kinds(ofTenant(northwind)), MaxNotices)
	require.Equal(t, MaxNotices, h.unread(ofTenant(northwind)))
	newest, _, err := h.Notices(t.Context(), ofTenant(northwind), 1)
	require.NoError(t, err)
	require.NoError(t, h.ReadNotices(t.Context(), ofTenant(northwind), newest[0].ID))

	h.pass(keepNotices - time.Minute)
	h.telling(notice{to: SidePartner, tenant: northwind, customer: customer, kind: "ceiling.changed"})
	require.NoError(t, h.PruneNotices(t.Context()))
	require.Positive(t, h.number(`SELECT count(*) FROM notices WHERE side = 'customer'`))
	h.pass(time.Hour)
	require.Empty(t, h.kinds(ofTenant(northwind)), "not shown even before they go")
	require.NoError(t, h.PruneNotices(t.Context()))
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM notices`), "the new one stays")
	require.Zero(t, h.number(`SELECT count(*) FROM notice_marks`))
}

// TestNoticesKeepNoNames ends a relation: what is left is that it has ended; no other notice, no letter, nobody's mark.
func TestNoticesKeepNoNames(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.withContacts(customer, "contact-badge@northwind.example")
	other := h.customer(tailspin)
	h.run(`DELETE FROM notices`)
	about := map[string]any{"by": "Badge Person", "object": "Badge Role", "reason": "because of badge"}
	h.telling(notice{to: SidePartner, tenant: northwind, customer: customer, kind: "change.rejected", person: "lea-badge", detail: about})
	h.telling(notice{to: SideCustomer, tenant: northwind, customer: customer, kind: "change.asked", detail: about})
	h.telling(notice{to: SidePartner, tenant: northwind, kind: "invitation.sent", person: "lea-badge", detail: about})
	h.telling(notice{to: SideCustomer, tenant: northwind, kind: "invitation.accepted", detail: about})
	stays := h.telling(notice{to: SideCustomer, tenant: tailspin, customer: other, kind: "change.asked", detail: map[string]any{"by": "Other Person"}})
	_, err := h.WriteLetters(t.Context(), []string{"desk@partner.example"})
	require.NoError(t, err)
	require.Positive(t, h.number(`SELECT count(*) FROM letters l JOIN notices n ON n.id = l.notice_id WHERE n.tenant_id = $1`, northwind))
	newest, _, err := h.Notices(t.Context(), ofTenant(northwind), 1)
	require.NoError(t, err)
	require.NoError(t, h.ReadNotices(t.Context(), ofTenant(northwind), newest[0].ID))

	var name string
	require.NoError(t, h.writer.QueryRow(`SELECT name FROM customers WHERE id = $1`, customer).Scan(&name))
	_, err = h.LeaveCustomer(t.Context(), maya, AskingAdmin{Actor: policy.Actor{User: pia.Principal}}, customer, name)
	require.NoError(t, err)
	require.Zero(t, h.number(`SELECT count(*) FROM notice_marks`))
	require.Zero(t, h.number(`SELECT count(*) FROM letters l LEFT JOIN notices n ON n.id = l.notice_id WHERE n.id IS NULL OR n.tenant_id = $1`, northwind))
	require.Zero(t, h.number(`SELECT count(*) FROM notices WHERE tenant_id = $1 AND (customer_id IS NOT NULL OR detail_json <> '{}' OR oid <> '')`, northwind))
	require.Equal(t, []string{"relation.ended"}, h.kinds(ofTenant(northwind)))
	list, _, err := h.Notices(t.Context(), h.reads(policy.Actor{User: policy.User("maya")}, policy.Powers{Manager: true}), 50)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	for _, n := range list {
		require.Empty(t, n.CustomerName)
		require.Equal(t, About{}, n.About)
	}
	more, err := h.WriteLetters(t.Context(), []string{"desk@partner.example"})
	require.NoError(t, err)
	require.False(t, more)
	kept, _, err := h.Notices(t.Context(), ofTenant(tailspin), 5)
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.Equal(t, stays, kept[0].ID)
	require.Equal(t, "Other Person", kept[0].About.By)
	require.NoError(t, h.Erase(t.Context()))
	require.False(t, bytes.Contains(bytes.ToLower(h.bytesOnDisk()), []byte("badge")), "law 7: not a byte of it")
}

func TestNoRoomIsNamedInANotice(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.pass(time.Second)
	h.telling(notice{to: SideCustomer, tenant: northwind, customer: customer, kind: "change.asked",
		detail: map[string]any{"event": EventAction, "operation": "action.restart", "object": "Quokka Huddle", "by": "Pia"}})
	require.NotContains(t, h.dump(), "Quokka")
	list, _, err := h.Notices(t.Context(), ofTenant(northwind), 1)
	require.NoError(t, err)
	require.Equal(t, About{By: "Pia", Event: EventAction, Operation: "action.restart"}, list[0].About)
}

// TestStrangeDetailsAreNoError reads what a feature wrote in another form than expected.
func TestStrangeDetailsAreNoError(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.pass(time.Second)
	h.telling(notice{to: SideCustomer, tenant: northwind, customer: customer, kind: "new.kind",
		detail: map[string]any{"days": "many", "by": "Pia", "contacts": 3, "endsAt": nil, "request": "not an id", "reason": []int{1}}})
	list, _, err := h.Notices(t.Context(), ofTenant(northwind), 1)
	require.NoError(t, err)
	require.Equal(t, "new.kind", list[0].Kind)
	require.Equal(t, "Pia", list[0].About.By)
}

func TestWhatIsTakenBackTellsNobody(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	before := h.number(`SELECT count(*) FROM notices`)
	err := h.write(t.Context(), func(tx *tx) error {
		if err := tell(t.Context(), tx, notice{to: SideCustomer, tenant: northwind, customer: customer, kind: "change.asked"}); err != nil {
			return err
		}
		return Conflict{"taken-back"}
	})
	requireConflict(t, err, "taken-back")
	require.Equal(t, before, h.number(`SELECT count(*) FROM notices`))
}

// TestAdminsAreTold walks a relation that loses its last primary admin.
func TestAdminsAreTold(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	manager := func() NoticeReader { // anew: each change of rules makes the views stale
		return h.reads(policy.Actor{User: policy.User("maya")}, policy.Powers{Manager: true})
	}
	primary := policy.Actor{User: pia.Principal}
	h.run(`DELETE FROM notices`)
	require.NoError(t, h.NoteAbsences(t.Context(), map[policy.Principal]Absence{pia.Principal: AbsentDisabled, desk.Principal: AbsentEmpty}))
	require.Equal(t, []string{"relation.without-admin"}, h.kinds(ofTenant(northwind)))
	require.Equal(t, []string{"relation.without-admin"}, h.kinds(manager()))
	require.Equal(t, []string{"relation.without-admin"}, h.kinds(h.reads(primary, policy.Powers{})), "whose views have closed is told why")

	h.run(`DELETE FROM notices`)
	p, err := h.ProposeAdmins(t.Context(), maya, managing, customer, []Member{{Principal: policy.User("nora"), Name: "Nora"}})
	require.NoError(t, err)
	require.Equal(t, []string{"admins.proposed"}, h.kinds(ofTenant(northwind)))
	require.NoError(t, h.RefuseAdmins(t.Context(), adminOf(northwind), policy.Own(northwind), p.ID))
	require.Equal(t, []string{"admins.refused"}, h.kinds(manager()))
	h.pass(time.Second)
	p, err = h.ProposeAdmins(t.Context(), maya, managing, customer, []Member{{Principal: policy.User("nora"), Name: "Nora"}})
	require.NoError(t, err)
	require.NoError(t, h.ConfirmAdmins(t.Context(), adminOf(northwind), policy.Own(northwind), p.ID))
	require.Equal(t, []string{"admins.confirmed", "admins.refused"}, h.kinds(manager()))
	list, _, err := h.Notices(t.Context(), manager(), 1)
	require.NoError(t, err)
	require.Equal(t, "Ann Admin", list[0].About.By)

	h.run(`DELETE FROM notices`)
	require.NoError(t, h.NoteAbsences(t.Context(), map[policy.Principal]Absence{policy.User("nora"): AbsentGone}))
	h.pass(time.Second)
	require.NoError(t, h.NoteAbsences(t.Context(), map[policy.Principal]Absence{policy.User("nora"): ""}))
	require.Equal(t, []string{"relation.with-admin", "relation.without-admin"}, h.kinds(ofTenant(northwind)))
}
