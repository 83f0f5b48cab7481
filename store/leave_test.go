package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// badge is what stands in every string of one customer of leavers, and in no other.
func badge(n int) string { return fmt.Sprintf("badge%02dx", n) }

// leavers is a seeded world of some customers whose strings can be told apart, and which has lived: rows were changed and moved.
func leavers(t *testing.T, customers int) (*house, []ID) {
	t.Helper()
	return marked(t, customers, func(n int, c *SeedCustomer) { mark(c, badge(n)) })
}

// marked is leavers with other badges.
func marked(t *testing.T, customers int, mark func(int, *SeedCustomer)) (*house, []ID) {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), at: morning}
	var err error
	h.Store, err = Open(t.Context(), Options{Dir: h.dir, Mode: ModeReal, Now: h.clock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.Close() })
	var ids []ID
	_, err = h.Seed(t.Context(), maya, "leavers", func(yield func(SeedCustomer, error) bool) {
		for n := range customers {
			c := benchCustomer(n, false, h.clock())
			mark(n, &c)
			ids = append(ids, c.ID)
			if !yield(c, nil) {
				return
			}
		}
	}, func(SeedCounts) {})
	require.NoError(t, err)
	for _, column := range []string{"name", "label", "building"} { // one room in three each time, so that rows and index entries change places
		h.run(`UPDATE rooms SET ` + column + ` = hex(randomblob(12)) || ` + column + `, search = search || ` + column + ` WHERE abs(random()) % 3 = 0`)
	}
	return h, ids
}

// mark writes the badge into every string of a customer.
func mark(c *SeedCustomer, badge string) {
	inv := &c.Invitation
	inv.TenantID = "tenant-" + badge // stays: the lasting key of a tombstone
	inv.Name, inv.Domains, inv.SentBy = "Company "+badge, []string{badge + ".example"}, "Sender "+badge
	inv.Grant = policy.Grant{All: true, Except: []policy.GrantRule{{Building: "Except " + badge}}}
	for i := range c.Rooms {
		r := &c.Rooms[i].PlaceFound
		for _, text := range []*string{&r.PlaceID, &r.Name, &r.Email, &r.City, &r.Building, &r.Floor, &r.Label} {
			*text = badge + " " + *text
		}
		c.Rooms[i].Account = badge + c.Rooms[i].Account
	}
	for i := range c.Devices {
		d := &c.Devices[i]
		for _, text := range []*string{&d.GraphID, &d.Serial, &d.AssetTag, &d.Model} {
			*text = badge + " " + *text
		}
	}
	for i := range c.Roles {
		c.Roles[i].Name, c.Roles[i].Description = badge+" role", badge
	}
	for i := range c.Groups {
		c.Groups[i].Name = fmt.Sprint(badge, " group ", i)
	}
	for i := range c.Assignments {
		c.Assignments[i].Name = badge + c.Assignments[i].Name
	}
}

// files are the bytes of the database and its log; the index of the log holds no data.
func (h *house) files() []byte {
	h.t.Helper()
	var all []byte
	for _, name := range []string{"roomward.db", "roomward.db-wal"} {
		b, err := os.ReadFile(filepath.Join(h.dir, name))
		require.NoError(h.t, err)
		all = append(all, b...)
	}
	return all
}

// traces counts the strings of a customer in the files. The tenant's id stays in the tombstone and in the reduced audit entries.
func (h *house) traces(badge string) int {
	h.t.Helper()
	all := h.files()
	return bytes.Count(all, []byte(badge)) - bytes.Count(all, []byte("tenant-"+badge))
}

// primary is who leaves: the user that benchCustomer makes primary admin everywhere.
func (h *house) primary(customer ID) AskingAdmin {
	h.t.Helper()
	actor := policy.Actor{User: policy.User("admin")}
	related, err := policy.NewDecider(h.Store, h.clock, policy.Limits{}).Related(h.t.Context(), actor)
	require.NoError(h.t, err)
	return AskingAdmin{Actor: actor, Related: related}
}

func (h *house) leave(customer ID, name string) error {
	h.t.Helper()
	for {
		_, err := h.LeaveCustomer(h.t.Context(), maya, h.primary(customer), customer, name)
		if !errors.Is(err, ErrStaleView) {
			return err
		}
	}
}

// TestNoByteOfALeftCustomerRemains is law 7 under load: lists are read, other customers' rows change, and a reader holds its moment open.
func TestNoByteOfALeftCustomerRemains(t *testing.T) {
	const customers, left = 8, 3
	h, ids := leavers(t, customers)
	h.cutAfter = 100 * time.Millisecond
	gone := badge(left)
	h.strings(ids[left], gone)
	require.Greater(t, h.traces(gone), 5_000)

	stop, load := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	defer busy.Wait()
	defer load()
	for n := range 3 {
		busy.Go(func() { h.readLists(stop, n) })
	}
	busy.Go(func() { h.changeOthers(stop, gone) })
	held, cut := make(chan struct{}), make(chan error, 1)
	go func() {
		cut <- h.read(t.Context(), func(tx *tx) error {
			rows, err := tx.QueryContext(t.Context(), `SELECT name FROM rooms`)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			require.True(t, rows.Next())
			close(held)
			<-tx.read.Done() // it would go on for ever
			return tx.read.Err()
		})
	}()
	<-held

	require.NoError(t, h.leave(ids[left], "Company "+gone))
	require.NoError(t, h.Erase(t.Context()))
	require.Zero(t, h.traces(gone), "while all goes on")
	require.ErrorIs(t, <-cut, ErrReadCut)
	load()
	busy.Wait()
	require.Zero(t, h.traces(gone), "and when all have stopped")
	for n := range customers {
		if n != left {
			require.Greater(t, h.traces(badge(n)), 5_000, "the others stay")
		}
	}
	require.Zero(t, h.number(`SELECT count(*) FROM pragma_foreign_key_check`))
	require.NotContains(t, strings.ReplaceAll(h.dump(), "tenant-"+gone, ""), gone)
	require.Zero(t, h.number(`SELECT count(*) FROM facts WHERE name = 'erase'`))
	var sound string
	require.NoError(t, h.writer.QueryRow(`PRAGMA integrity_check`).Scan(&sound))
	require.Equal(t, "ok", sound)
}

// strings writes the customer's strings into the tables that a seed leaves empty.
func (h *house) strings(customer ID, badge string) {
	h.t.Helper()
	ctx, tenant := h.t.Context(), "tenant-"+badge
	code, err := h.AddInvitationCode(ctx, maya, "CODE-"+badge, "for "+badge, h.clock().Add(time.Hour))
	require.NoError(h.t, err)
	h.run(`UPDATE invitation_codes SET used_at = 1, used_by_tenant = $1 WHERE id = $2`, tenant, code.ID)
	require.NoError(h.t, h.StartSession(ctx, Act{Side: SideCustomer, TenantID: tenant, OID: "o", Name: "Ann " + badge}, "hash", "", Session{ID: "s-" + badge,
		Side: SideCustomer, TenantID: tenant, OID: "o", Name: "Ann " + badge, UPN: "ann@" + badge + ".example", ExpiresAt: h.clock().Add(time.Hour)}))
	require.NoError(h.t, h.write(ctx, func(t *tx) error {
		return Act{Side: SidePartner, TenantID: litware, OID: "pia", Name: "Pia who works for " + badge, RequestID: badge, Address: badge}.record(ctx, t,
			entry{customer: customer, tenant: tenant, operation: "role.update", object: "Role of " + badge, objectID: badge, detail: []string{badge}})
	}))
	h.run(`UPDATE customers SET without_admin_since = 1 WHERE id = $1`, customer)
	_, err = h.ProposeAdmins(ctx, maya, managing, customer, []Member{{Principal: policy.User("new"), Name: "New of " + badge}})
	require.NoError(h.t, err)
	h.run(`UPDATE customers SET without_admin_since = NULL WHERE id = $1`, customer)
	h.run(`INSERT INTO collect_runs (id, customer_id, kind, started_at, ended_at, result, detail, requests, waited_ms, changed)
		VALUES (1, $1, 'places', 1, 1, 'ok', $2, 1, 1, 1)`, customer, badge)
}

func (h *house) readLists(ctx context.Context, n int) {
	actor := policy.Actor{User: policy.User([]string{"admin", "wide", "tech-5"}[n])}
	decider := policy.NewDecider(h.Store, h.clock, policy.Limits{})
	for ctx.Err() == nil {
		v, err := decider.View(ctx, actor, policy.RoomsView)
		if err != nil {
			continue
		}
		_, err = h.Rooms(ctx, v, v, RoomQuery{Limit: 200, Total: true})
		if errors.Is(err, ErrStaleView) {
			_ = decider.Refresh(ctx, actor)
		}
	}
}

// changeOthers goes on collecting the customers that stay.
func (h *house) changeOthers(ctx context.Context, gone string) {
	for n := 0; ctx.Err() == nil; n++ {
		_ = h.write(ctx, func(t *tx) error {
			_, err := t.exec(ctx, `UPDATE rooms SET name = $1 || ' ' || name, updated_at = updated_at + 1 WHERE id IN
				(SELECT id FROM rooms WHERE name NOT LIKE '%' || $2 || '%' AND length(name) < 300 ORDER BY updated_at, id LIMIT 20)`, fmt.Sprint("n", n), gone)
			return err
		})
	}
}

// TestErasingCleansFreeSpace: copies of rows that SQLite left in the free space of pages would outlive the rows.
func TestErasingCleansFreeSpace(t *testing.T) {
	h, ids := leavers(t, 2)
	dirty := func() int {
		_, err := h.tryEmptyLog(t.Context()) // what is looked at is the file
		require.NoError(t, err)
		found, err := h.dirtyPages(t.Context(), 1, h.number(`PRAGMA page_count`), h.number(`PRAGMA page_size`))
		require.NoError(t, err)
		return len(found)
	}
	require.Greater(t, dirty(), 20, "nothing to clean proves nothing")
	require.NoError(t, h.Erase(t.Context()))
	require.Greater(t, dirty(), 20, "without a removal there is nothing to do")
	require.NoError(t, h.Sweep(t.Context(), time.Hour))
	require.LessOrEqual(t, dirty(), 2, "the note of the sweep itself")
	before := h.dump()
	h.run(`UPDATE rooms SET name = hex(randomblob(12)) || name`)
	h.run(`UPDATE rooms SET name = substr(name, 25)`)
	require.Greater(t, dirty(), 20)
	require.NoError(t, h.Sweep(t.Context(), time.Hour))
	require.Greater(t, dirty(), 20, "it is not due")
	require.NoError(t, h.cleanPages(t.Context(), 0))
	require.Zero(t, dirty())
	require.Equal(t, before, h.dump(), "no row changed")
	require.NoError(t, h.leave(ids[0], "Company "+badge(0)))
	require.Greater(t, dirty(), 0)
	require.NoError(t, h.cleanPages(t.Context(), 0))
	require.Zero(t, dirty())
	require.Zero(t, h.number(`SELECT count(*) FROM rooms WHERE customer_id = $1`, ids[0]))
}

// TestErasingGoesOnAfterACrash: the process died after the transaction and before the bytes were gone.
func TestErasingGoesOnAfterACrash(t *testing.T) {
	h, ids := leavers(t, 2)
	require.NoError(t, h.leave(ids[0], "Company "+badge(0)))
	require.Greater(t, h.traces(badge(0)), 0, "they are in the log")
	require.NoError(t, h.Close())
	var err error
	h.Store, err = Open(t.Context(), Options{Dir: h.dir, Mode: ModeReal, Now: h.clock})
	require.NoError(t, err)
	require.Zero(t, h.traces(badge(0)), "before anybody is served")
	require.Zero(t, h.number(`SELECT count(*) FROM facts WHERE name = 'erase'`))
}

// TestWhatIsLeftOfARelation: a tombstone, and audit entries of tenant, time, actor and operation.
func TestWhatIsLeftOfARelation(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	other := h.customer(tailspin)
	began := h.clock()
	h.pass(time.Hour)
	actor := AskingAdmin{Actor: policy.Actor{User: policy.User("pia")}, Overview: managing}
	tenant, err := h.LeaveCustomer(t.Context(), maya, actor, customer, "Tb1c2")
	require.NoError(t, err)
	require.Equal(t, northwind, tenant)
	_, err = h.LeaveCustomer(t.Context(), maya, actor, customer, "Tb1c2")
	require.ErrorIs(t, err, ErrNotFound, "it is gone")

	ended, err := h.EndedRelation(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Equal(t, EndedRelation{BeganAt: began, EndedAt: h.clock(), EndedBy: SidePartner}, ended)
	_, err = h.EndedRelation(t.Context(), policy.Own(tailspin))
	require.ErrorIs(t, err, ErrNotFound)
	_, err = h.EndedRelation(t.Context(), managing)
	require.ErrorIs(t, err, ErrNotFound, "for the customer only")
	_, err = h.CustomerByID(t.Context(), managing, other)
	require.NoError(t, err)
	for _, line := range strings.Split(h.dump(), "\n") {
		if strings.Contains(line, northwind) {
			table, _, _ := strings.Cut(line, ".")
			require.Contains(t, []string{"audit", "audit_heads", "audit_checkpoints", "ended_relations", "sealed_records", "notices"}, table, line)
			require.NotContains(t, line, "Ann Admin")
			require.NotContains(t, line, "192.0.2")
		}
	}
	require.Positive(t, h.number(`SELECT count(*) FROM audit WHERE tenant_id = $1 AND operation = 'invitation.accept' AND actor_oid = 'maya'`, northwind))
	require.Zero(t, h.number(`SELECT count(*) FROM audit WHERE tenant_id = $1 AND actor_name || object || object_id || request_id || address <> ''`, northwind))
	require.Positive(t, h.number(`SELECT count(*) FROM audit WHERE tenant_id = $1 AND actor_name <> '' AND object <> ''`, tailspin), "those of others stay whole")
	_, err = h.writer.Exec(`UPDATE audit SET actor_oid = 'somebody'`)
	require.ErrorContains(t, err, "never edited")
	_, err = h.writer.Exec(`UPDATE audit SET object = 'else'`)
	require.ErrorContains(t, err, "never edited")

	h.pass(time.Minute)
	again := h.customer(northwind)
	require.NotEqual(t, customer, again, "who was left may invite anew")
}

// TestEveryTableOfACustomerGoesWithIt: a table that names a customer must fall with it, or leaving would forget it.
func TestEveryTableOfACustomerGoesWithIt(t *testing.T) {
	h := openHouse(t)
	rows, err := h.writer.Query(`SELECT m.name, coalesce((SELECT max(f.on_delete) FROM pragma_foreign_key_list(m.name) f
			WHERE f."from" = 'customer_id' AND f."table" = 'customers'), '')
		FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'customer_id' WHERE m.type = 'table'`)
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	found := 0
	for rows.Next() {
		var table, onDelete string
		require.NoError(t, rows.Scan(&table, &onDelete))
		if table == "audit" { // reduced
			continue
		}
		found++
		require.Equal(t, "CASCADE", onDelete, table)
	}
	require.NoError(t, rows.Err())
	require.Greater(t, found, 10)
}

// TestACollectionOfALeftCustomerWritesNothing: its run began before and ends after.
func TestACollectionOfALeftCustomerWritesNothing(t *testing.T) {
	h := openHouse(t)
	customer, other := h.customer(northwind), h.customer(tailspin)
	leases, err := h.ClaimCollect(t.Context(), CollectPlaces, QueueAll, 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, leases, 2)
	_, err = h.LeaveCustomer(t.Context(), maya, AskingAdmin{Actor: policy.Actor{User: policy.User("nobody"), Groups: []policy.Principal{desk.Principal}}}, customer, "Tb1c2")
	require.NoError(t, err, "by a group")
	before := h.dump()
	for _, l := range leases {
		o := CollectOutcome{Lease: l, StartedAt: h.clock(), State: CollectOK, Good: true, NextDue: h.clock().Add(time.Hour)}
		_, err := h.ApplyPlaces(t.Context(), policy.ForWork(l.Customer, "test"), o, []PlaceFound{{PlaceID: "place-boardroom", Name: "Boardroom", Email: "b@x.example"}})
		if l.Customer == other {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, ErrNotFound)
		require.ErrorIs(t, h.FinishCollect(t.Context(), policy.ForWork(l.Customer, "test"), o), ErrNotFound)
		require.NoError(t, h.GiveBackCollect(t.Context(), l))
		if leases[0] == l {
			require.Equal(t, before, h.dump())
		}
	}
	require.Zero(t, h.number(`SELECT count(*) FROM rooms WHERE customer_id = $1`, customer))
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM rooms WHERE customer_id = $1`, other))
}
