package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// house is a store on a real database in a directory of its own, with a clock that only the test moves.
type house struct {
	*Store
	t   *testing.T
	dir string

	mu  sync.Mutex
	at  time.Time
	seq int
}

const (
	northwind = "b1c2d3e4-1111-4a2b-8c3d-0123456789ab"
	tailspin  = "c2d3e4f5-2222-4b3c-9d4e-123456789abc"
	litware   = "7d1f4c1e-0a3b-4c59-9a1c-5f0c2b6e1a00"
)

var (
	morning  = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	managing = policy.Overview(policy.Powers{Manager: true})
	maya     = Act{Side: SidePartner, TenantID: litware, OID: "maya", Name: "Maya Manager", RequestID: "r-1", Address: "192.0.2.7"}
	pia      = Member{Principal: policy.User("pia"), Name: "Pia Primary"}
	desk     = Member{Principal: policy.Group("desk"), Name: "Desk leads"}
)

func openHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), at: morning}
	startEmpty(t, h.dir)
	var err error
	h.Store, err = Open(t.Context(), Options{Dir: h.dir, Mode: ModeReal, Now: h.clock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *house) setClock(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = at
}

func (h *house) pass(d time.Duration) { h.setClock(h.clock().Add(d)) }

// adminOf is the act of an administrator of a customer's tenant.
func adminOf(tenant string) Act {
	return Act{Side: SideCustomer, TenantID: tenant, OID: "admin-" + tenant[:4], Name: "Ann Admin", RequestID: "r-2", Address: "192.0.2.8"}
}

func (h *house) consent(tenant, name string) {
	h.t.Helper()
	require.NoError(h.t, h.Consented(h.t.Context(), adminOf(tenant), Tenant{ID: tenant, Name: name, Domains: []string{strings.ToLower(name) + ".example"}, Country: "GB"}))
}

func (h *house) offer() Invitation {
	return Invitation{PartnerDomain: "partner.example", Grant: policy.Grant{Rules: []policy.GrantRule{{Building: "London Bridge"}}, Rooms: []string{"place-boardroom"}},
		RoomsOffered: 7, Ceiling: policy.DefaultCeiling(), ChangeControl: map[string]string{"restart": "manual"},
		RelationEnds: h.clock().AddDate(1, 0, 0), RetentionDays: 180, SealDays: 60, Contacts: []string{"ann@northwind.example"}, TermsVersion: "t-1",
		ExpiresAt: h.clock().Add(14 * 24 * time.Hour)}
}

// invited is a pending invitation of a tenant that has consented.
func (h *house) invited(tenant string) Invitation {
	h.t.Helper()
	h.consent(tenant, "T"+tenant[:4])
	inv, err := h.SendInvitation(h.t.Context(), adminOf(tenant), h.offer(), "", false)
	require.NoError(h.t, err)
	return inv
}

// customer is a relation in force with Pia and the desk leads as primary admins.
func (h *house) customer(tenant string) ID {
	h.t.Helper()
	id, err := h.AcceptInvitation(h.t.Context(), maya, managing, h.invited(tenant).ID, 0, []Member{pia, desk})
	require.NoError(h.t, err)
	return id
}

// customers makes n relations with tenants of their own.
func (h *house) customers(n int) []ID {
	h.t.Helper()
	out := make([]ID, n)
	for i := range out {
		h.seq++
		out[i] = h.customer(fmt.Sprintf("%08x-0000-4000-8000-000000000000", h.seq))
	}
	return out
}

// run executes one statement behind the store's back, to bring about what no method does.
func (h *house) run(query string, args ...any) {
	h.t.Helper()
	_, err := h.writer.ExecContext(context.Background(), query, args...)
	require.NoError(h.t, err, query)
}

func (h *house) number(query string, args ...any) int64 {
	h.t.Helper()
	var n int64
	require.NoError(h.t, h.writer.QueryRowContext(context.Background(), query, args...).Scan(&n), query)
	return n
}

// dump is every row of every table as text.
func (h *house) dump() string {
	h.t.Helper()
	var tables []string
	rows, err := h.writer.QueryContext(context.Background(), `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
	require.NoError(h.t, err)
	for rows.Next() {
		var name string
		require.NoError(h.t, rows.Scan(&name))
		tables = append(tables, name)
	}
	require.NoError(h.t, errors.Join(rows.Err(), rows.Close()))
	require.Contains(h.t, tables, "audit")
	var out strings.Builder
	for _, table := range tables {
		rows, err := h.writer.QueryContext(context.Background(), `SELECT * FROM `+table+` ORDER BY 1, 2`)
		require.NoError(h.t, err)
		columns, err := rows.Columns()
		require.NoError(h.t, err)
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			require.NoError(h.t, rows.Scan(values...))
			for i := range values {
				fmt.Fprintf(&out, "%s.%s=%v|", table, columns[i], *values[i].(*any))
			}
			out.WriteByte('\n')
		}
		require.NoError(h.t, errors.Join(rows.Err(), rows.Close()))
	}
	return out.String()
}

// bytesOnDisk are all bytes of the database's files, the write-ahead log and its index too.
func (h *house) bytesOnDisk() []byte {
	h.t.Helper()
	var all []byte
	require.NoError(h.t, filepath.WalkDir(h.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		all = append(all, b...)
		return err
	}))
	return all
}

func requireConflict(t *testing.T, err error, code string) {
	t.Helper()
	var c Conflict
	require.ErrorAs(t, err, &c)
	require.Equal(t, code, c.Code)
}

func TestModesNeverMeet(t *testing.T) {
	for _, made := range []Mode{ModeReal, ModeTrial, ModeDemo, ""} {
		for _, asked := range []Mode{ModeReal, ModeTrial, ModeDemo, ""} {
			t.Run(fmt.Sprintf("%s as %s", made, asked), func(t *testing.T) {
				dir := t.TempDir()
				s, err := Open(t.Context(), Options{Dir: dir, Mode: made})
				require.NoError(t, err)
				require.NoError(t, s.Close())
				s, err = Open(t.Context(), Options{Dir: dir, Mode: asked})
				real := func(m Mode) bool { return m == "" || m == ModeReal }
				if made == asked || real(made) && real(asked) {
					require.NoError(t, err)
					require.NoError(t, s.Close())
					return
				}
				require.ErrorIs(t, err, ErrOtherMode)
			})
		}
	}
}

func TestOtherModeIsRefusedBeforeAnyMigration(t *testing.T) {
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, "roomward.db"))
	require.NoError(t, err)
	// A demo directory of an older version, whose schema this version would change.
	_, err = db.Exec(`CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT;
		CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT; INSERT INTO facts VALUES ('mode', 'demo')`)
	require.NoError(t, err)
	_, err = Open(t.Context(), Options{Dir: dir, Mode: ModeReal})
	require.ErrorIs(t, err, ErrOtherMode)
	var tables int
	require.NoError(t, db.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE type = 'table'`).Scan(&tables))
	require.Equal(t, 2, tables, "the refused directory must stay as it was")
	require.NoError(t, db.Close())
}

func TestDataDirectory(t *testing.T) {
	for _, name := range []string{"plain", "with space", "100% über?x=1#y&z", "a:b"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "deeper", name)
			s, err := Open(t.Context(), Options{Dir: dir})
			require.NoError(t, err)
			require.NoError(t, s.Ping(t.Context()))
			require.NoError(t, s.Close())
			_, err = os.Stat(filepath.Join(dir, "roomward.db"))
			require.NoError(t, err, "the database must be where it was asked for")
			info, err := os.Stat(dir)
			require.NoError(t, err)
			require.Equal(t, fs.FileMode(0o700), info.Mode().Perm(), "others on the machine must not read it")
		})
	}
}

func TestPragmasHoldOnEveryConnection(t *testing.T) {
	h := openHouse(t)
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "busy_timeout": "10000"}
	ask := func(pool *sql.DB, connections int, want map[string]string) {
		for range connections { // held, so that each is another connection
			c, err := pool.Conn(t.Context())
			require.NoError(t, err)
			defer func() { require.NoError(t, c.Close()) }()
			for name, value := range want {
				var got string
				require.NoError(t, c.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&got))
				require.Equal(t, value, got, name)
			}
		}
	}
	ask(h.writer, 1, want)
	require.Equal(t, 1, h.writer.Stats().MaxOpenConnections, "one writer")
	readers := h.reader.Stats().MaxOpenConnections
	require.GreaterOrEqual(t, readers, 2)
	want["query_only"] = "1"
	ask(h.reader, readers, want)
	_, err := h.reader.ExecContext(t.Context(), `UPDATE counters SET value = 0`)
	require.Error(t, err, "a reader must not write")
}

func TestWriterTakesTheLockAtBegin(t *testing.T) {
	h := openHouse(t)
	other, err := sql.Open("sqlite", "file:"+filepath.Join(h.dir, "roomward.db")+"?_pragma=busy_timeout(0)")
	require.NoError(t, err)
	defer func() { _ = other.Close() }()
	require.NoError(t, h.write(t.Context(), func(*tx) error { // has written nothing yet
		_, err := other.Exec(`UPDATE counters SET value = value`)
		require.True(t, IsUnavailable(err), "%v", err)
		return nil
	}))
	_, err = other.Exec(`UPDATE counters SET value = value`)
	require.NoError(t, err)
}

func TestDeletedBytesAreGone(t *testing.T) {
	h := openHouse(t)
	const secret = "Zanzibar-secret-room-name"
	h.run(`INSERT INTO facts (name, value) VALUES ('marker', $1)`, strings.Repeat(secret+" ", 400))
	require.True(t, bytes.Contains(h.bytesOnDisk(), []byte(secret)), "the test must be able to see what is there")
	h.run(`DELETE FROM facts WHERE name = 'marker'`)
	h.run(`PRAGMA wal_checkpoint(TRUNCATE)`)
	require.False(t, bytes.Contains(h.bytesOnDisk(), []byte(secret)))
}

func TestFailedChangeLeavesNothing(t *testing.T) {
	broken := errors.New("broken")
	half := func(t *tx) error {
		_, err := t.exec(context.Background(), `INSERT INTO facts (name, value) VALUES ('half', 'done')`)
		return err
	}
	for name, change := range map[string]func(*house) error{
		"an error": func(h *house) error {
			return h.write(t.Context(), func(t *tx) error { return errors.Join(half(t), broken) })
		},
		"a panic": func(h *house) (err error) {
			defer func() { err, _ = recover().(error) }()
			return h.write(t.Context(), func(t *tx) error { _ = half(t); panic(broken) })
		},
		"a context that ends": func(h *house) error {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := h.write(ctx, func(t *tx) error { defer cancel(); return half(t) })
			if errors.Is(err, context.Canceled) {
				return broken
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t)
			before := h.dump()
			require.ErrorIs(t, change(h), broken)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			require.NoError(t, h.Ping(ctx), "the one writer must be free again")
			require.Equal(t, before, h.dump())
		})
	}
}

func TestReadersSeeOneMoment(t *testing.T) {
	h := openHouse(t)
	count := func(t *tx) (n int) {
		require.NoError(h.t, t.QueryRow(`SELECT count(*) FROM tenants`).Scan(&n))
		return n
	}
	require.NoError(t, h.read(t.Context(), func(tx *tx) error {
		require.Equal(t, 0, count(tx))
		h.consent(northwind, "Northwind") // by the writer, meanwhile
		require.Equal(t, 0, count(tx), "a read must not see what was committed after it began")
		return nil
	}))
	require.NoError(t, h.read(t.Context(), func(tx *tx) error {
		require.Equal(t, 1, count(tx))
		return nil
	}))
}

// TestPurgedRoomLeavesNoByte is law 7 for a room that left the customer's grant by what Microsoft reports.
func TestPurgedRoomLeavesNoByte(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.run(`UPDATE customers SET grant_json = '{"all":true}'`)
	const secret = "Zephyr Boardroom of the nineteenth floor"
	collected := func(names ...string) {
		var found []PlaceFound
		for _, name := range names {
			found = append(found, PlaceFound{PlaceID: name, Name: name, Email: name + "@northwind.example"})
		}
		_, err := h.ApplyPlaces(t.Context(), policy.ForWork(customer, "test"), h.leased(customer, CollectOK), found)
		require.NoError(t, err)
	}
	collected(secret, "Marmot")
	collected("Marmot")
	h.pass(24*time.Hour - time.Millisecond)
	collected("Marmot")
	require.EqualValues(t, 2, h.number(`SELECT count(*) FROM rooms`))
	require.True(t, bytes.Contains(h.bytesOnDisk(), []byte(secret)), "hidden, and kept for a day")
	h.pass(time.Millisecond)
	collected("Marmot")
	require.EqualValues(t, 1, h.number(`SELECT count(*) FROM rooms`))
	require.False(t, bytes.Contains(h.bytesOnDisk(), []byte(secret)))
}
