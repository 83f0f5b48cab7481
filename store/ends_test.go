package store

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// ending gives a relation of Northwind an end after some time.
func (h *house) ending(after time.Duration) (customer ID, at time.Time) {
	h.t.Helper()
	customer, at = h.customer(northwind), h.clock().Add(after)
	h.setEnd(at)
	return customer, at
}

// setEnd sets the date of Northwind's relation.
func (h *house) setEnd(at time.Time) {
	h.t.Helper()
	require.NoError(h.t, h.SetEndDate(h.t.Context(), adminOf(northwind), policy.Own(northwind), 0, at))
}

// told lists the notices of a kind as "side detail", in order.
func (h *house) told(kind string) []string {
	h.t.Helper()
	rows, err := h.writer.Query(`SELECT side || ' ' || detail_json FROM notices WHERE kind = $1 ORDER BY at, side`, kind)
	require.NoError(h.t, err)
	defer func() { _ = rows.Close() }()
	list := []string{}
	for rows.Next() {
		var line string
		require.NoError(h.t, rows.Scan(&line))
		list = append(list, line)
	}
	require.NoError(h.t, rows.Err())
	return list
}

func (h *house) endDue() []EndedNow {
	h.t.Helper()
	ended, err := h.EndDue(h.t.Context())
	require.NoError(h.t, err)
	return ended
}

// TestARelationEndsByItsDate: the views end at the very millisecond by themselves, and the rows go with the next housekeeping.
func TestARelationEndsByItsDate(t *testing.T) {
	h := openHouse(t)
	customer, at := h.ending(40 * day)
	h.customer(tailspin)
	h.room(customer, "Boardroom 12")
	decider := policy.NewDecider(h.Store, h.clock, policy.Limits{})
	actor := policy.Actor{User: pia.Principal}
	seen := func() (rooms, names int) {
		t.Helper()
		v, err := decider.View(t.Context(), actor, policy.RoomsView)
		require.NoError(t, err)
		found, err := h.Rooms(t.Context(), v, v, RoomQuery{Limit: 10})
		require.NoError(t, err)
		related, err := decider.Related(t.Context(), actor)
		require.NoError(t, err)
		list, err := h.Customers(t.Context(), related)
		require.NoError(t, err)
		all, err := h.Customers(t.Context(), managing)
		require.NoError(t, err)
		require.Len(t, all, len(list), "managers see no name either")
		return len(found.Rooms), len(list)
	}
	h.setClock(at.Add(-time.Millisecond))
	rooms, names := seen()
	require.Equal(t, []int{1, 2}, []int{rooms, names})
	before, err := decider.View(t.Context(), actor, policy.RoomsView)
	require.NoError(t, err)
	require.Empty(t, h.endDue(), "not before its time")

	h.setClock(at)
	_, err = h.Rooms(t.Context(), before, before, RoomQuery{Limit: 10})
	require.ErrorIs(t, err, ErrStaleView, "nor by a view from before")
	rooms, names = seen()
	require.Equal(t, []int{0, 1}, []int{rooms, names}, "before any housekeeping")
	_, err = h.CustomerByID(t.Context(), managing, customer)
	require.ErrorIs(t, err, ErrNotFound)
	err = h.SetEndDate(t.Context(), adminOf(northwind), policy.Own(northwind), 0, at.Add(time.Hour))
	require.ErrorIs(t, err, ErrNotFound, "nobody renews what has ended")
	require.Equal(t, []EndedNow{{customer, northwind}}, h.endDue())
	require.Empty(t, h.endDue(), "once")
	require.Zero(t, h.number(`SELECT count(*) FROM customers WHERE tenant_id = $1`, northwind))
	require.Zero(t, h.number(`SELECT count(*) FROM rooms`))
	require.Equal(t, []string{"relation.end"}, h.lastEntry()[:1])
	ended, err := h.EndedRelation(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Equal(t, []any{SideSystem, EndByDate, at}, []any{ended.EndedBy, ended.Reason, ended.EndedAt})
	require.Equal(t, []string{"customer {}", "partner {}"}, h.told("relation.ended"))
	require.NotContains(t, strings.ReplaceAll(h.dump(), northwind, ""), "Boardroom")
}

// TestAnEndThatIsMovedEndsNothing: the date was put off between the look and the end.
func TestAnEndThatIsMovedEndsNothing(t *testing.T) {
	h := openHouse(t)
	customer, at := h.ending(day)
	h.setClock(at.Add(-time.Millisecond))
	h.setEnd(at.Add(time.Millisecond))
	h.setClock(at)
	require.Empty(t, h.endDue())
	_, err := h.end(t.Context(), System("ends"), customer, EndByDate, func(tx *tx) error { return stillDue(t.Context(), tx, customer) })
	require.ErrorIs(t, err, ErrNotFound)
	h.setEnd(time.Time{})
	h.pass(1000 * day)
	require.Empty(t, h.endDue())
	_, err = h.CustomerByID(t.Context(), managing, customer)
	require.NoError(t, err)
}

func TestReminders(t *testing.T) {
	h := openHouse(t)
	_, at := h.ending(40 * day)
	remind := func() []string {
		t.Helper()
		h.run(`DELETE FROM notices`)
		require.NoError(t, h.RemindEnds(t.Context()))
		require.NoError(t, h.RemindEnds(t.Context()), "a second time tells nothing more")
		return h.told("relation.ending")
	}
	both := func(days int, at time.Time) []string {
		text, err := json.Marshal(map[string]any{"days": days, "endsAt": at})
		require.NoError(t, err)
		return []string{"customer " + string(text), "partner " + string(text)}
	}
	require.Empty(t, remind())
	h.setClock(at.Add(-30*day - time.Millisecond))
	require.Empty(t, remind())
	for _, days := range []int{30, 7, 1} {
		h.setClock(at.Add(-time.Duration(days) * day))
		require.Equal(t, both(days, at), remind(), days)
		h.pass(20 * time.Hour)
		require.Empty(t, remind(), days)
	}
	moved := at.Add(5 * day)
	h.setEnd(moved)
	require.Equal(t, both(6, moved), remind(), "a date that was moved begins anew, with what is near, and tells the days that are left")
	h.setEnd(at.Add(100 * day))
	require.Empty(t, remind())
	h.setEnd(moved)
	require.Empty(t, remind(), "it was told of this date") // nothing came in between
	h.setEnd(time.Time{})
	require.Empty(t, remind())
}

// TestConsentWithdrawnPurges: after 30 days, not after 29, and not when the consent came back.
func TestConsentWithdrawnPurges(t *testing.T) {
	h := openHouse(t)
	customer, other := h.customer(northwind), h.customer(tailspin)
	begun := h.clock()
	require.NoError(t, h.ConsentRefused(t.Context(), northwind))
	require.NoError(t, h.ConsentRefused(t.Context(), tailspin))
	entries := h.entries()
	require.NoError(t, h.ConsentRefused(t.Context(), tailspin), "known")
	require.NoError(t, h.ConsentRefused(t.Context(), litware), "never consented")
	require.Equal(t, entries, h.entries())
	require.True(t, h.closed(customer))
	require.True(t, h.closed(other))
	c, err := h.OwnCustomer(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Equal(t, []any{CustomerWithdrawn, begun, begun.Add(30 * day)}, []any{c.State, c.WithdrawnAt, c.PurgeAt()})
	require.Len(t, h.told("consent.withdrawn"), 4, "both sides of both, at once")

	require.NoError(t, h.RemindEnds(t.Context()))
	require.Len(t, h.told("relation.ending"), 4, "30 days before")
	require.Contains(t, h.told("relation.ending")[0], `"days":30,"purgeAt":"`+begun.Add(30*day).Format(time.RFC3339))

	h.setClock(begun.Add(29 * day))
	require.NoError(t, h.RemindEnds(t.Context()))
	require.Len(t, h.told("relation.ending"), 8, "one day before")
	require.Empty(t, h.endDue())
	h.consent(tailspin, "T"+tailspin[:4])
	require.False(t, h.closed(other), "the consent came back")
	require.Equal(t, "consent.restored", h.lastEntry()[0])
	require.Len(t, h.told("consent.given"), 2)

	h.setClock(begun.Add(30*day - time.Millisecond))
	require.Empty(t, h.endDue())
	h.setClock(begun.Add(30 * day))
	require.Equal(t, []EndedNow{{customer, northwind}}, h.endDue())
	ended, err := h.EndedRelation(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Equal(t, []any{SideSystem, EndByConsent}, []any{ended.EndedBy, ended.Reason})

	require.NoError(t, h.ConsentRefused(t.Context(), tailspin))
	h.pass(29 * day)
	require.Empty(t, h.endDue(), "the time begins anew with each withdrawal")
	_, err = h.CustomerByID(t.Context(), managing, other)
	require.NoError(t, err)
}

// TestWhatWasReadBeforeSaysNothing: a collection that began before the consent went does not open the views again; one that began later does.
func TestWhatWasReadBeforeSaysNothing(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	began := h.clock()
	h.pass(time.Second)
	require.NoError(t, h.ConsentRefused(t.Context(), northwind))
	end := func(started time.Time) {
		require.NoError(t, h.write(t.Context(), func(x *tx) error {
			_, err := followConsent(t.Context(), x, customer, CollectOutcome{Lease: CollectLease{Customer: customer, Kind: CollectDevices}, StartedAt: started, Good: true})
			return err
		}))
	}
	end(began)
	require.True(t, h.closed(customer))
	h.pass(time.Second)
	end(h.clock())
	require.False(t, h.closed(customer))
}

// TestWithdrawnBeforeARelation: of an organisation without one there is nothing to close, but it is shown.
func TestWithdrawnBeforeARelation(t *testing.T) {
	h := openHouse(t)
	h.consent(northwind, "N")
	require.NoError(t, h.ConsentRefused(t.Context(), northwind))
	known, err := h.TenantByID(t.Context(), northwind)
	require.NoError(t, err)
	require.Equal(t, ConsentWithdrawn, known.Consent)
	require.Equal(t, "consent.withdrawn", h.lastEntry()[0])
	require.Empty(t, h.told("consent.withdrawn"))
}

func TestTheCustomerEnds(t *testing.T) {
	h := openHouse(t)
	customer, other := h.customer(northwind), h.customer(tailspin)
	ann := adminOf(northwind)
	for _, who := range []struct{ id, tenant, oid string }{{"acting", northwind, ann.OID}, {"colleague", northwind, "else"}, {"foreign", tailspin, "x"}} {
		require.NoError(t, h.StartSession(t.Context(), Act{Side: SideCustomer, TenantID: who.tenant, OID: who.oid}, who.id, "", Session{ID: who.id,
			Side: SideCustomer, TenantID: who.tenant, OID: who.oid, ExpiresAt: h.clock().Add(time.Hour)}))
	}
	for _, v := range []policy.View{{}, managing, policy.Own(litware), policy.ForWork(customer, "test")} {
		_, err := h.EndOwn(t.Context(), ann, v)
		require.ErrorIs(t, err, ErrNotFound)
	}
	ended, err := h.EndOwn(t.Context(), ann, policy.Own(northwind))
	require.NoError(t, err)
	require.Equal(t, EndedNow{customer, northwind}, ended)
	_, err = h.EndOwn(t.Context(), ann, policy.Own(northwind))
	require.ErrorIs(t, err, ErrNotFound)
	_, err = h.CustomerByID(t.Context(), managing, other)
	require.NoError(t, err)
	require.Equal(t, []string{"relation.end", "", "", "0", northwind, "", "customer", "successful", "", ""}, h.lastEntry(), "as the others are left")
	relation, err := h.EndedRelation(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Equal(t, SideCustomer, relation.EndedBy)
	require.Equal(t, int64(2), h.number(`SELECT count(*) FROM sessions WHERE id IN ('acting', 'foreign')`), "who ended it stays signed in")
	require.Zero(t, h.number(`SELECT count(*) FROM sessions WHERE id = 'colleague'`))
}

// TestDepartures: the file knows of an end before the database does, and an older database hears of it.
func TestDepartures(t *testing.T) {
	h := openHouse(t)
	customer, other, third := h.customer(northwind), h.customer(tailspin), h.customers(1)[0]
	own := policy.Own(northwind)
	role, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Desk of Ann", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	assign := func() ID {
		id, err := h.AddAssignment(t.Context(), maya, customer, Assignment{Name: "A", Role: role, Members: []Member{desk}, Scopes: []policy.Scope{policy.ScopeAll}})
		require.NoError(t, err)
		return id
	}
	first, _ := assign(), assign()
	require.NoError(t, h.Close())
	older := h.copyDir(t.TempDir())
	h.reopen()

	require.NoError(t, h.RemoveOwnAssignment(t.Context(), adminOf(northwind), own, first))
	require.NoError(t, h.RemoveOwnMember(t.Context(), adminOf(northwind), own, pia.Principal))
	require.NoError(t, h.RemoveOwnRole(t.Context(), adminOf(northwind), own, role))
	_, err = h.EndOwn(t.Context(), adminOf(tailspin), policy.Own(tailspin))
	require.NoError(t, err)
	committed, open, err := Departed(h.dir)
	require.NoError(t, err)
	require.Empty(t, open)
	require.Len(t, committed, 4)
	var kinds []DepartureKind
	for _, d := range committed {
		kinds = append(kinds, d.Kind)
	}
	require.Equal(t, []DepartureKind{DepartAssignment, DepartMember, DepartRole, DepartRelation}, kinds)
	text, err := os.ReadFile(filepath.Join(h.dir, departedName))
	require.NoError(t, err)
	for _, name := range []string{"Desk", "Pia", "Ann", "Tb1c2", "Tc2d3"} {
		require.NotContains(t, string(text), name, "ids and times, no names")
	}
	info, err := os.Stat(filepath.Join(h.dir, departedName))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	// Somebody puts yesterday's database back, and the file stays.
	require.NoError(t, h.Close())
	require.NoError(t, os.WriteFile(filepath.Join(older, departedName), text, 0o600))
	h.dir = older
	h.pass(time.Hour)
	h.reopen()
	require.Zero(t, h.number(`SELECT count(*) FROM customers WHERE id = $1`, other), "ended again before anybody is served")
	require.Zero(t, h.number(`SELECT count(*) FROM roles WHERE id = $1`, role))
	require.Zero(t, h.number(`SELECT count(*) FROM assignment_members WHERE customer_id = $1 AND principal = $2`, customer, pia.Principal))
	require.NotZero(t, h.number(`SELECT count(*) FROM assignment_members WHERE customer_id = $1 AND principal = $2`, customer, desk.Principal))
	require.NotZero(t, h.number(`SELECT count(*) FROM assignment_members WHERE customer_id = $1 AND principal = $2`, third, pia.Principal), "only there")
	ended, err := h.EndedRelation(t.Context(), policy.Own(tailspin))
	require.NoError(t, err)
	require.Equal(t, []any{SideCustomer, when(committed[3].At)}, []any{ended.EndedBy, ended.EndedAt}, "by whom and when it was")
	require.NoError(t, h.Close())
	before := h.fileText(departedName)
	h.reopen()
	require.Equal(t, before, h.fileText(departedName), "once")
}

func (h *house) fileText(name string) string {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.dir, name))
	require.NoError(h.t, err)
	return string(text)
}

func (h *house) reopen() {
	h.t.Helper()
	var err error
	h.Store, err = Open(h.t.Context(), Options{Dir: h.dir, Mode: ModeReal, Now: h.clock})
	require.NoError(h.t, err)
}

// copyDir copies the closed database to another directory.
func (h *house) copyDir(to string) string {
	h.t.Helper()
	require.NoError(h.t, os.CopyFS(filepath.Join(to, "copy"), os.DirFS(h.dir)))
	require.NoError(h.t, os.Chmod(filepath.Join(to, "copy", SecretKeyName), 0o600)) // the copy lets all read
	return filepath.Join(to, "copy")
}

// TestACrashBetweenFileAndCommit: a line without its change is settled by the database, and harms nobody.
func TestACrashBetweenFileAndCommit(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	never := Departure{ID: policy.NewID(), At: millis(h.clock()), Kind: DepartRelation, Customer: customer, By: SideCustomer}
	done := never
	done.ID = policy.NewID()
	require.NoError(t, writeLines(h.departed, []Departure{never, done}))
	h.run(`INSERT INTO departures (id, at) VALUES ($1, 1)`, done.ID)
	require.NoError(t, h.departed.append([]byte(`{"id":"half of a li`)))
	require.NoError(t, h.Close())
	h.reopen()
	committed, open, err := Departed(h.dir)
	require.NoError(t, err)
	require.Equal(t, []Departure{done}, committed)
	require.Empty(t, open)
	_, err = h.CustomerByID(t.Context(), managing, customer)
	require.NoError(t, err, "what was not committed did not happen")

	// A change that is refused after its line was written is void at once.
	err = h.depart(t.Context(), func(tx *tx) (Departure, error) {
		_, err := tx.exec(t.Context(), `UPDATE customers SET rooms = 7`)
		return Departure{Kind: DepartRelation, Customer: customer, By: SideSystem}, err
	})
	require.NoError(t, err)
	require.NoError(t, h.departed.file.Close())
	require.Error(t, h.depart(t.Context(), func(tx *tx) (Departure, error) {
		_, err := tx.exec(t.Context(), `UPDATE customers SET rooms = 8`)
		return Departure{Kind: DepartRelation, Customer: customer, By: SideSystem}, err
	}), "no line, no change")
	require.Equal(t, int64(7), h.number(`SELECT rooms FROM customers`))
	_ = h.Close()
	h.reopen()
	_, open, err = Departed(h.dir)
	require.NoError(t, err)
	require.Empty(t, open)
}
