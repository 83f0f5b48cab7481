package store

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// readers are who reads the record in these tests.
func (h *house) auditReader(oid string, powers policy.Powers) AuditReader {
	h.t.Helper()
	actor := policy.Actor{User: policy.User(oid)}
	decider := policy.NewDecider(h.Store, h.clock, policy.Limits{})
	rules, err := decider.View(h.t.Context(), actor, policy.RolesView)
	require.NoError(h.t, err)
	related, err := decider.Related(h.t.Context(), actor)
	require.NoError(h.t, err)
	return AuditReader{Rules: rules, Related: related, Overview: policy.Overview(powers), OID: oid}
}

// TestWhoSeesWhatOfTheRecord compares, for each reader, what a plain rule says of every entry with lists, totals, exports and single entries.
func TestWhoSeesWhatOfTheRecord(t *testing.T) {
	h := openHouse(t)
	ctx := t.Context()
	north, tail := h.customer(northwind), h.customer(tailspin)
	for customer, name := range map[ID]string{north: "North role", tail: "Tail role"} {
		room := h.room(customer, "Room of "+name)
		role, err := h.AddRole(ctx, maya, customer, Role{Name: name, Permissions: []policy.Permission{policy.RolesView, policy.RoomsView}})
		require.NoError(t, err)
		member, scope := Member{Principal: policy.User("tom")}, policy.ScopeRoom(room) // tom sees one room of Northwind only
		if customer == tail {
			member, scope = Member{Principal: policy.User("tess")}, policy.ScopeAll // tess sees the roles of Tailspin everywhere
		}
		_, err = h.AddAssignment(ctx, maya, customer, Assignment{Name: "A " + name, Role: role, Members: []Member{member}, Scopes: []policy.Scope{scope}})
		require.NoError(t, err)
	}
	tom := Act{Side: SidePartner, TenantID: litware, OID: "tom", Name: "Tom"}
	for _, a := range []Asked{{Operation: "group.create", Customer: north, Result: ResultRefused}, {Operation: "group.create", Customer: tail, Result: ResultRefused},
		{Operation: "template.create", Result: ResultRefused}} {
		require.NoError(t, h.RecordAsked(ctx, tom, a))
	}
	require.NoError(t, h.StartSession(ctx, maya, "hash", "", h.session("s-1")))
	require.NoError(t, h.StartSession(ctx, adminOf(northwind), "hash2", "", Session{ID: "s-2", Side: SideCustomer, TenantID: northwind, OID: "ann", UPN: "ann", ExpiresAt: h.clock().Add(time.Hour)}))

	rows, err := readAllAudit(h)
	require.NoError(t, err)
	overview := []string{"admins", "invitation", "invitation-code", "tenant-manager"}
	subject := func(r AuditRow) string { return r.Operation[:slices.Index([]byte(r.Operation), '.')] }
	for name, tc := range map[string]struct {
		by   AuditReader
		sees func(AuditRow) bool
	}{
		"a primary admin of both":                   {h.auditReader("pia", policy.Powers{}), func(r AuditRow) bool { return r.Customer != 0 }},
		"who sees roles of one customer everywhere": {h.auditReader("tess", policy.Powers{}), func(r AuditRow) bool { return r.Customer == tail }},
		"who sees roles of one room: its own acts there": {h.auditReader("tom", policy.Powers{}), func(r AuditRow) bool {
			return r.ActorOID == "tom" && (r.Customer == 0 || r.Customer == north)
		}},
		"who has no role": {h.auditReader("nobody", policy.Powers{}), func(AuditRow) bool { return false }},
		"a manager": {h.auditReader("maya", policy.Powers{Manager: true}), func(r AuditRow) bool {
			return slices.Contains(overview, subject(r)) || subject(r) == "session" && r.Chain == "" || r.ActorOID == "maya" && r.Customer == 0
		}},
		"a customer's administrator":  {AuditReader{Own: policy.Own(northwind)}, func(r AuditRow) bool { return r.Chain == northwind }},
		"another customer's":          {AuditReader{Own: policy.Own(tailspin)}, func(r AuditRow) bool { return r.Chain == tailspin }},
		"of a tenant without record":  {AuditReader{Own: policy.Own("c0000000-0000-4000-8000-000000000000")}, func(AuditRow) bool { return false }},
		"of the partner's own tenant": {AuditReader{Own: policy.Own(litware)}, func(AuditRow) bool { return false }},
	} {
		t.Run(name, func(t *testing.T) {
			want := []int64{}
			for _, r := range rows {
				_, err := h.AuditEntry(ctx, tc.by, AuditPlace{r.Chain, r.Seq})
				if tc.sees(r) {
					want = append(want, r.ID)
					require.NoError(t, err, "%+v", r)
					continue
				}
				require.ErrorIs(t, err, ErrNotFound, "%+v", r)
			}
			for _, oldest := range []bool{true, false} {
				got, past := []int64{}, (*AuditPlace)(nil)
				for {
					page, found, err := h.Audit(ctx, tc.by, AuditQuery{Oldest: oldest, Past: past, Limit: 3, Total: true, Export: oldest})
					require.NoError(t, err)
					require.Equal(t, len(want), found.Total)
					for _, r := range page {
						got = append(got, r.ID)
						past = &AuditPlace{r.Chain, r.Seq}
					}
					if len(page) < 3 {
						break
					}
				}
				if !oldest {
					slices.Reverse(got)
				}
				require.Equal(t, want, got)
			}
			if len(want) == 0 {
				return
			}
			hidden := slices.IndexFunc(rows, func(r AuditRow) bool { return !tc.sees(r) })
			page, _, err := h.Audit(ctx, tc.by, AuditQuery{Past: &AuditPlace{rows[hidden].Chain, rows[hidden].Seq}, Limit: 10})
			require.NoError(t, err)
			require.Empty(t, page, "a cursor of what is not seen leads nowhere")
		})
	}

	for _, foreign := range []ID{north, policy.NewID()} {
		_, _, err := h.Audit(ctx, h.auditReader("tess", policy.Powers{}), AuditQuery{AuditFilter: AuditFilter{Customer: foreign}, Limit: 5})
		require.ErrorIs(t, err, ErrNotFound)
		_, err = h.VerifyAudit(ctx, h.auditReader("tess", policy.Powers{}), foreign)
		require.ErrorIs(t, err, ErrNotFound)
	}
	whole, err := h.VerifyAudit(ctx, h.auditReader("tess", policy.Powers{}), 0)
	require.NoError(t, err)
	require.Len(t, whole, 1)
	require.Equal(t, tailspin, whole[0].Chain)

	// A customer that approves exports is left out of them, until somebody is permitted, and that one only.
	h.run(`UPDATE customers SET change_control_json = '{"export":"manual"}' WHERE id = $1`, north)
	admin := h.auditReader("pia", policy.Powers{})
	count := func(by AuditReader, q AuditQuery) int {
		q.Limit = 500
		page, _, err := h.Audit(ctx, by, q)
		require.NoError(t, err)
		return len(page)
	}
	all, some := count(admin, AuditQuery{}), count(admin, AuditQuery{Export: true})
	require.Greater(t, all, some)
	_, found, err := h.Audit(ctx, admin, AuditQuery{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, 1, found.LeftOut)
	_, _, err = h.Audit(ctx, admin, AuditQuery{AuditFilter: AuditFilter{Customer: north}, Limit: 5, Export: true})
	require.Equal(t, Conflict{"needs-approval"}, err)
	h.run(`INSERT INTO audit_permits (id, customer_id, oid, made_at, expires_at) VALUES (1, $1, 'pia', 1, $2)`, north, millis(h.clock().Add(time.Hour)))
	require.Equal(t, all, count(admin, AuditQuery{Export: true}))
	require.Equal(t, all-some, count(admin, AuditQuery{AuditFilter: AuditFilter{Customer: north}, Export: true}))
	h.pass(time.Hour)
	_, _, err = h.Audit(ctx, h.auditReader("pia", policy.Powers{}), AuditQuery{AuditFilter: AuditFilter{Customer: north}, Limit: 5, Export: true})
	require.Equal(t, Conflict{"needs-approval"}, err)
}

func readAllAudit(h *house) ([]AuditRow, error) {
	var out []AuditRow
	err := h.read(h.t.Context(), func(t *tx) error {
		var err error
		out, err = readAll(h.t.Context(), t, "read", statement{`SELECT ` + auditColumns + ` FROM audit ORDER BY at, id`, nil}, scanAudit)
		return err
	})
	return out, err
}

func TestSearchingTheRecord(t *testing.T) {
	h := openHouse(t)
	north := h.customer(northwind)
	for _, name := range []string{"Help desk", "100% desk", "Help_desk"} {
		h.pass(time.Hour)
		_, err := h.AddRole(t.Context(), maya, north, Role{Name: name, Permissions: []policy.Permission{policy.RoomsView}})
		require.NoError(t, err)
	}
	by := AuditReader{Own: policy.Own(northwind)}
	for name, tc := range map[string]struct {
		f    AuditFilter
		want int
	}{
		"all": {AuditFilter{}, 6}, "subject": {AuditFilter{Operation: "role"}, 3}, "operation": {AuditFilter{Operation: "role.create"}, 3}, "part of a word": {AuditFilter{Operation: "rol"}, 0},
		"object": {AuditFilter{Object: "desk"}, 3}, "no wildcard": {AuditFilter{Object: "%"}, 1}, "nor this": {AuditFilter{Object: "_"}, 1},
		"name": {AuditFilter{Actor: "maya"}, 4}, "object id": {AuditFilter{Actor: "admin-" + northwind[:4]}, 2}, "either": {AuditFilter{Text: "help"}, 2},
		"side": {AuditFilter{Side: SideCustomer}, 2}, "result": {AuditFilter{Result: ResultRefused}, 0}, "from": {AuditFilter{From: morning.Add(2 * time.Hour)}, 2},
		"to": {AuditFilter{To: morning.Add(2 * time.Hour)}, 4}, "several": {AuditFilter{Operation: "role", Text: "help", From: morning.Add(2 * time.Hour)}, 1},
	} {
		rows, found, err := h.Audit(t.Context(), by, AuditQuery{AuditFilter: tc.f, Limit: 500, Total: true})
		require.NoError(t, err, name)
		require.Len(t, rows, tc.want, name)
		require.Equal(t, tc.want, found.Total, name)
	}
}

func TestAskingIsRecordedOnceAMinute(t *testing.T) {
	h := openHouse(t)
	north := h.customer(northwind)
	ask := func(a Asked) {
		require.NoError(t, h.RecordAsked(t.Context(), maya, a))
	}
	before := h.entries()
	refused := Asked{Operation: "role.update", Customer: north, ObjectID: "r", Result: ResultRefused, Detail: map[string]string{"reason": "change"}}
	ask(refused)
	ask(refused)
	require.Equal(t, before+1, h.entries())
	last := h.lastEntry()
	require.Equal(t, []string{"role.update", "", "r", north.String(), northwind}, []string{last[0], last[1], last[2], ID(h.number(`SELECT customer_id FROM audit ORDER BY id DESC LIMIT 1`)).String(), last[4]})
	require.Equal(t, "refused", last[7])
	h.pass(time.Minute)
	ask(refused)
	require.Equal(t, before+2, h.entries())
	ask(Asked{Operation: "audit.export", Customer: north, Result: ResultSuccessful, Each: true})
	ask(Asked{Operation: "audit.export", Customer: north, Result: ResultSuccessful, Each: true})
	require.Equal(t, before+4, h.entries(), "each export")
	ask(Asked{Operation: "role.update", Customer: policy.NewID(), ObjectID: "typed", Result: ResultRefused})
	require.Equal(t, []string{"", "0", ""}, []string{h.lastEntry()[2], h.lastEntry()[3], h.lastEntry()[4]}, "of a customer that is not there nothing is kept, and no id that was typed")
	for n := range 2 * mostAsked {
		refused.ObjectID = policy.NewID().String()
		_ = n
		ask(refused)
	}
	require.Less(t, h.entries(), before+mostAsked+5, "nobody fills the record")
	stranger := Act{Side: SideCustomer, TenantID: "d0000000-0000-4000-8000-000000000000", OID: "x", Name: "X"}
	require.NoError(t, h.RecordAsked(t.Context(), stranger, Asked{Operation: "session.start", Result: ResultRefused}))
	require.Zero(t, h.number(`SELECT count(*) FROM audit_heads WHERE chain = $1`, stranger.TenantID), "who is not known has no record of its own")
}

// TestPlansOfTheRecord: no question of the record walks over its table, whoever asks and whatever for.
func TestPlansOfTheRecord(t *testing.T) {
	h := openHouse(t)
	north := h.customer(northwind)
	h.customer(tailspin)
	by := map[string]AuditReader{"member": h.auditReader("pia", policy.Powers{}), "manager": h.auditReader("maya", policy.Powers{Manager: true}), "customer": {Own: policy.Own(northwind)}}
	w := &listWorld{store: h.Store}
	r := w.record(t)
	walks := regexp.MustCompile(`(?m)^\s*SCAN (audit|x|e|p|h)\b.*$`)
	require.True(t, walks.MatchString("  SCAN audit"), "the search must find what it looks for")
	for name, reader := range by {
		for what, q := range map[string]AuditQuery{
			"first page": {Limit: 50}, "total": {Limit: 50, Total: true}, "oldest first": {Limit: 50, Oldest: true, Export: true},
			"next page": {Limit: 50, Past: &AuditPlace{northwind, 1}}, "from": {Limit: 50, AuditFilter: AuditFilter{From: morning, Text: "x"}},
			"operation": {Limit: 50, AuditFilter: AuditFilter{Operation: "role"}}, "customer": {Limit: 50, AuditFilter: AuditFilter{Customer: north}},
		} {
			statements, plans := r.plansOf(t, w.store.reader, func() error {
				_, _, err := h.Audit(t.Context(), reader, q)
				return err
			})
			for n, plan := range plans {
				require.False(t, walks.MatchString(plan), "%s, %s walks over the record:\n%s\n%s", name, what, statements[n], plan)
			}
		}
	}
}

// TestNoNameComesIntoAReducedRecord: who stays signed in after the end is recorded by its id alone, what it asked for before it had a record is
// reduced as well, and both records are sound after each end.
func TestNoNameComesIntoAReducedRecord(t *testing.T) {
	h := openHouse(t)
	ctx, ann, own := t.Context(), adminOf(northwind), policy.Own(northwind)
	names := func() int64 {
		return h.number(`SELECT count(*) FROM audit WHERE actor_oid = $1 AND actor_name || object || address || request_id <> ''
			OR operation = 'session.end' AND chain = $2 AND object <> ''`, ann.OID, northwind)
	}
	sound := func() {
		own, others := h.findings(nil)
		require.Empty(t, own)
		require.Zero(t, others)
	}
	require.NoError(t, h.RecordAsked(ctx, ann, Asked{Operation: "session.start", Result: ResultRefused}))
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM audit WHERE chain = '' AND tenant_id = $1`, northwind))
	for n := range 2 {
		customer := h.customer(northwind)
		id := fmt.Sprint("s-", n)
		require.NoError(t, h.StartSession(ctx, ann, id, "", Session{ID: id, Side: SideCustomer, TenantID: northwind, OID: ann.OID, Name: ann.Name,
			UPN: "ann@northwind.example", ExpiresAt: h.clock().Add(time.Hour)}))
		require.NoError(t, h.RecordAsked(ctx, ann, Asked{Operation: "audit.view", Result: ResultSuccessful}))
		require.Positive(t, names())
		_, err := h.EndOwn(ctx, ann, own)
		require.NoError(t, err)
		require.Zero(t, names())
		sound()

		h.pass(2 * askedAgain)
		before := h.entries()
		require.NoError(t, h.RecordAsked(ctx, ann, Asked{Operation: "audit.view", Result: ResultSuccessful}))
		require.NoError(t, h.RecordAsked(ctx, ann, Asked{Operation: "rooms.view", Customer: customer, Result: ResultRefused}))
		require.NoError(t, h.EndSession(ctx, ann, id))
		require.Equal(t, before+3, h.entries())
		require.Equal(t, before+3, h.number(`SELECT count(*) FROM audit WHERE chain = $1 OR chain = ''`, northwind))
		require.Zero(t, h.number(`SELECT count(*) FROM audit WHERE chain = '' AND tenant_id = $1 AND operation <> 'session.start'`, northwind), "in its own record")
		require.Zero(t, names())
		sound()
	}
}

// TestAnExportOfAllIsInEachRecord: each customer that has a part in it learns of it, with the partner's own record, in one go or not at all.
func TestAnExportOfAllIsInEachRecord(t *testing.T) {
	h := openHouse(t)
	north, tail := h.customer(northwind), h.customer(tailspin)
	by := h.auditReader("pia", policy.Powers{})
	parts := func(q AuditQuery) []ID {
		list, err := h.AuditCustomers(t.Context(), by, q)
		require.NoError(t, err)
		return list
	}
	require.ElementsMatch(t, []ID{north, tail}, parts(AuditQuery{Export: true}))
	require.Empty(t, parts(AuditQuery{Export: true, AuditFilter: AuditFilter{Operation: "group"}}), "nothing of theirs is in it")
	h.run(`UPDATE customers SET change_control_json = '{"export":"manual"}' WHERE id = $1`, tail)
	require.Equal(t, []ID{north}, parts(AuditQuery{Export: true}), "who is left out has no part")

	export := Asked{Operation: "audit.export", Result: ResultSuccessful, Each: true, About: []ID{north, policy.NewID()}}
	before := h.entries()
	require.NoError(t, h.RecordAsked(t.Context(), maya, export))
	require.Equal(t, before+2, h.entries())
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM audit WHERE operation = 'audit.export' AND chain = $1 AND customer_id = $2`, northwind, north))
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM audit WHERE operation = 'audit.export' AND chain = ''`))
	h.run(`CREATE TRIGGER full BEFORE INSERT ON audit WHEN NEW.customer_id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
	require.ErrorContains(t, h.RecordAsked(t.Context(), maya, export), "the disk is full")
	require.Equal(t, before+2, h.entries())
}

// TestTheRecordNamesWhatADetailNames: an id in before or after is told by its present name, to who sees what it names.
func TestTheRecordNamesWhatADetailNames(t *testing.T) {
	h := openHouse(t)
	ctx, customer := t.Context(), h.customer(northwind)
	room := h.room(customer, "Alder")
	role, err := h.AddRole(ctx, maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	after := map[string]any{"role": role, "scopes": []policy.Scope{policy.ScopeRoom(room)}}
	require.NoError(t, h.write(ctx, func(tx *tx) error {
		return maya.record(ctx, tx, entry{customer: customer, tenant: northwind, operation: "assignment.update", object: "A", detail: map[string]any{"after": after}})
	}))
	pia, blind := h.auditReader("pia", policy.Powers{}), h.auditReader("pia", policy.Powers{})
	pia.Rooms, err = policy.NewDecider(h.Store, h.clock, policy.Limits{}).View(ctx, policy.Actor{User: policy.User("pia")}, policy.RoomsView)
	require.NoError(t, err)
	whole := map[string]string{role.String(): "Desk", "role:" + role.String(): "Desk", room.String(): "Alder", "room:" + room.String(): "Alder"}
	for who, tc := range map[string]struct {
		by   AuditReader
		want map[string]string
	}{
		"the customer":      {AuditReader{Own: policy.Own(northwind)}, whole},
		"a primary admin":   {pia, whole},
		"who sees no rooms": {blind, map[string]string{role.String(): "Desk", "role:" + role.String(): "Desk"}},
	} {
		rows, _, err := h.Audit(ctx, tc.by, AuditQuery{AuditFilter: AuditFilter{Operation: "assignment.update"}, Limit: 1})
		require.NoError(t, err)
		require.Len(t, rows, 1, who)
		one, err := h.AuditEntry(ctx, tc.by, AuditPlace{rows[0].Chain, rows[0].Seq})
		require.NoError(t, err)
		require.Equal(t, tc.want, one.Names, who)
	}
}
