package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// lived is a record in which something happened: Northwind's chain has at least 12 entries, and others stand beside it.
func lived(t *testing.T) *house {
	t.Helper()
	h := openHouse(t)
	customer := h.customer(northwind)
	h.customer(tailspin)
	for n := range 13 {
		h.pass(time.Minute)
		_, err := h.AddRole(t.Context(), maya, customer, Role{Name: fmt.Sprint("Role ", n), Permissions: []policy.Permission{policy.RoomsView}})
		require.NoError(t, err)
	}
	require.NoError(t, h.StartSession(t.Context(), maya, "hash", "", h.session("s-1")))
	return h
}

// tamper closes the store and edits the file as somebody would who has the machine: nothing in the database stands in the way.
func (h *house) tamper(edit func(db *sql.DB)) {
	h.t.Helper()
	if h.Store != nil {
		require.NoError(h.t, h.Close())
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.dir, "roomward.db"))
	require.NoError(h.t, err)
	db.SetMaxOpenConns(1)
	for _, name := range []string{"audit_no_update", "audit_no_delete", "audit_heads_only_rise", "audit_heads_stay", "audit_checkpoints_stay", "audit_checkpoints_last",
		"audit_no_replace", "audit_heads_no_replace", "audit_checkpoints_no_replace"} {
		_, err := db.Exec(`DROP TRIGGER ` + name)
		require.NoError(h.t, err)
	}
	_, err = db.Exec(`DROP INDEX audit_by_seq`)
	require.NoError(h.t, err)
	edit(db)
	require.NoError(h.t, db.Close())
}

// findings are those of Northwind's chain, as "kind@entry", and the number of all others.
func (h *house) findings(against []Checkpoint) (own []string, others int) {
	h.t.Helper()
	all, err := VerifyDir(h.t.Context(), h.dir, against)
	require.NoError(h.t, err)
	require.GreaterOrEqual(h.t, len(all), 2)
	for _, v := range all {
		for _, f := range v.Findings {
			require.Equal(h.t, v.Chain, f.Chain)
			require.NotEmpty(h.t, f.Text)
			if v.Chain == northwind {
				own = append(own, fmt.Sprintf("%s@%d", f.Kind, f.Seq))
				continue
			}
			others++
		}
	}
	return own, others
}

func do(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	r, err := db.Exec(query, args...)
	require.NoError(t, err)
	n, err := r.RowsAffected()
	require.NoError(t, err)
	require.Positive(t, n, "an edit that edits nothing proves nothing")
}

// entriesOf reads the chain of Northwind as an attacker would.
func entriesOf(t *testing.T, db *sql.DB) []AuditRow {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), `SELECT `+auditColumns+` FROM audit WHERE chain = $1 ORDER BY seq`, northwind)
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	var out []AuditRow
	for rows.Next() {
		var r AuditRow
		require.NoError(t, scanAudit(rows, &r))
		out = append(out, r)
	}
	require.NoError(t, rows.Err())
	return out
}

// rehash makes the chain anew from an entry on, with salts, hashes and head: what somebody does who knows all of this.
func rehash(t *testing.T, db *sql.DB, change func(*AuditRow)) {
	t.Helper()
	var before []byte
	rows := entriesOf(t, db)
	for _, r := range rows {
		change(&r)
		r.ContentHash = r.Content()
		r.Hash = r.Link(before)
		before = r.Hash
		do(t, db, `UPDATE audit SET actor_name = $1, content_hash = $2, hash = $3 WHERE id = $4`, r.ActorName, r.ContentHash, r.Hash, r.ID)
	}
	do(t, db, `UPDATE audit_heads SET hash = $1 WHERE chain = $2`, before, northwind)
}

func TestAnUntouchedRecordIsWhole(t *testing.T) {
	h := lived(t)
	made, err := h.CheckpointAudit(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 3, made)
	own, others := h.findings(nil) // while the store is open
	require.Empty(t, own)
	require.Zero(t, others)
	points, err := h.Checkpoints(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Len(t, points, 1)
	own, others = h.findings(points)
	require.Empty(t, own)
	require.Zero(t, others)
	_, err = h.LeaveCustomer(t.Context(), maya, AskingAdmin{Actor: policy.Actor{User: pia.Principal}}, ID(h.number(`SELECT id FROM customers WHERE tenant_id = $1`, northwind)), "Tb1c2")
	require.NoError(t, err)
	require.Positive(t, h.number(`SELECT count(*) FROM audit WHERE chain = $1 AND salt = x''`, northwind))
	own, others = h.findings(points)
	require.Empty(t, own, "the end of a relation takes the content and leaves the proof")
	require.Zero(t, others)
	h.tamper(func(db *sql.DB) {
		do(t, db, `UPDATE audit SET actor_oid = 'x' WHERE chain = $1 AND seq = 5`, northwind)
	})
	own, _ = h.findings(nil)
	require.Equal(t, []string{"edited-entry@5"}, own, "of a reduced entry, too")
}

// TestEachTampering edits the rows of the record in the file in every way that we could think of: each is found, and named.
func TestEachTampering(t *testing.T) {
	column := func(name, value string) func(*testing.T, *sql.DB) {
		return func(t *testing.T, db *sql.DB) {
			do(t, db, `UPDATE audit SET `+name+` = `+value+` WHERE chain = $1 AND seq = 5`, northwind)
		}
	}
	swap := func(a, b int64) func(*testing.T, *sql.DB) {
		return func(t *testing.T, db *sql.DB) {
			do(t, db, `UPDATE audit SET seq = CASE seq WHEN $1 THEN $2 ELSE $1 END WHERE chain = $3 AND seq IN ($1, $2)`, a, b, northwind)
		}
	}
	base := lived(t)
	require.EqualValues(t, 16, base.number(`SELECT seq FROM audit_heads WHERE chain = $1`, northwind))
	require.NoError(t, base.Close())
	for name, tc := range map[string]struct {
		edit func(*testing.T, *sql.DB)
		want []string
	}{
		"customer":           {column("customer_id", "1"), []string{"edited-content@5"}},
		"actor's name":       {column("actor_name", "'Nobody'"), []string{"edited-content@5"}},
		"object":             {column("object", "'Else'"), []string{"edited-content@5"}},
		"object's id":        {column("object_id", "'9'"), []string{"edited-content@5"}},
		"detail":             {column("detail_json", `'{"x":1}'`), []string{"edited-content@5"}},
		"request":            {column("request_id", "'r-9'"), []string{"edited-content@5"}},
		"address":            {column("address", "'203.0.113.9'"), []string{"edited-content@5"}},
		"salt":               {column("salt", "x'0102'"), []string{"edited-content@5"}},
		"time":               {column("at", "at - 1"), []string{"edited-entry@5"}},
		"tenant":             {column("tenant_id", "'"+tailspin+"'"), []string{"edited-entry@5"}},
		"side":               {column("side", "'system'"), []string{"edited-entry@5"}},
		"actor's tenant":     {column("actor_tenant", "'t'"), []string{"edited-entry@5"}},
		"actor":              {column("actor_oid", "'pia'"), []string{"edited-entry@5"}},
		"operation":          {column("operation", "'role.delete'"), []string{"edited-entry@5"}},
		"result":             {column("result", "'failed'"), []string{"edited-entry@5"}},
		"content hash":       {column("content_hash", "x'00'"), []string{"edited-content@5", "edited-entry@5"}},
		"hash":               {column("hash", "x'00'"), []string{"edited-hash@5"}},
		"order in the file":  {column("id", "1000000"), []string{"moved@6"}},
		"chain":              {column("chain", "''"), []string{"deleted@5"}},
		"place":              {column("seq", "500"), []string{"deleted@5", "head@16", "deleted@17", "moved@500"}},
		"content taken away": {column("salt = x'', customer_id = NULL, actor_name = '', object = '', object_id = '', detail_json = '{}', request_id = '', address", "''"), []string{"reduced@5"}},
		"two neighbours":     {swap(5, 6), []string{"moved@5", "moved@6"}},
		"two that are apart": {swap(5, 9), []string{"moved@5", "moved@9"}},
		"one in the middle":  {func(t *testing.T, db *sql.DB) { do(t, db, `DELETE FROM audit WHERE chain = $1 AND seq = 5`, northwind) }, []string{"deleted@5"}},
		"three in the middle": {func(t *testing.T, db *sql.DB) {
			do(t, db, `DELETE FROM audit WHERE chain = $1 AND seq IN (5, 6, 8)`, northwind)
		}, []string{"deleted@5", "deleted@8"}},
		"one, and renumbered": {func(t *testing.T, db *sql.DB) {
			do(t, db, `DELETE FROM audit WHERE chain = $1 AND seq = 5`, northwind)
			do(t, db, `UPDATE audit SET seq = seq - 1 WHERE chain = $1 AND seq > 5`, northwind)
			do(t, db, `UPDATE audit_heads SET seq = seq - 1 WHERE chain = $1`, northwind)
		}, []string{"deleted@5"}},
		"the last": {func(t *testing.T, db *sql.DB) {
			do(t, db, `DELETE FROM audit WHERE chain = $1 AND seq > 13`, northwind)
		}, []string{"cut@14"}},
		"the first": {func(t *testing.T, db *sql.DB) { do(t, db, `DELETE FROM audit WHERE chain = $1 AND seq < 4`, northwind) }, []string{"deleted@1"}},
		"the first, as by the retention": {func(t *testing.T, db *sql.DB) {
			do(t, db, `UPDATE audit_heads SET first = 4, before = (SELECT hash FROM audit WHERE chain = $1 AND seq = 3) WHERE chain = $1`, northwind)
			do(t, db, `DELETE FROM audit WHERE chain = $1 AND seq < 4`, northwind)
		}, []string{"begin@4"}},
		"all but the head": {func(t *testing.T, db *sql.DB) { do(t, db, `DELETE FROM audit WHERE chain = $1`, northwind) }, []string{"cut@1"}},
		"the head":         {func(t *testing.T, db *sql.DB) { do(t, db, `DELETE FROM audit_heads WHERE chain = $1`, northwind) }, []string{"head@16"}},
		"the head's hash": {func(t *testing.T, db *sql.DB) {
			do(t, db, `UPDATE audit_heads SET hash = x'00' WHERE chain = $1`, northwind)
		}, []string{"head@16"}},
		"one put in without a place": {func(t *testing.T, db *sql.DB) {
			do(t, db, `INSERT INTO audit (at, tenant_id, side, actor_tenant, actor_oid, actor_name, operation, object, object_id, result, request_id, address, chain)
				VALUES (1, $1, 'partner', '', '', '', 'role.create', '', '', 'successful', '', '', $1)`, northwind)
		}, []string{"inserted@0"}},
		"one put in at a place that is taken": {func(t *testing.T, db *sql.DB) {
			do(t, db, `INSERT INTO audit (at, tenant_id, side, actor_tenant, actor_oid, actor_name, operation, object, object_id, result, request_id, address, chain, seq)
				SELECT at, tenant_id, side, actor_tenant, actor_oid, actor_name, operation, object, object_id, result, request_id, address, chain, seq FROM audit
				WHERE chain = $1 AND seq = 5`, northwind)
		}, []string{"inserted@5"}},
		"one put in, well made, and the later ones renumbered": {func(t *testing.T, db *sql.DB) {
			rows := entriesOf(t, db)
			do(t, db, `UPDATE audit SET seq = seq + 1 WHERE chain = $1 AND seq > 5`, northwind)
			do(t, db, `UPDATE audit_heads SET seq = seq + 1 WHERE chain = $1`, northwind)
			forged := rows[4]
			forged.Object = "Forged"
			forged.seal(rows[4].Hash)
			do(t, db, `INSERT INTO audit (at, customer_id, tenant_id, side, actor_tenant, actor_oid, actor_name, operation, object, object_id, result, detail_json,
					request_id, address, chain, seq, salt, content_hash, hash)
				SELECT at, customer_id, tenant_id, side, actor_tenant, actor_oid, actor_name, operation, $2, object_id, result, detail_json, request_id, address,
					chain, $3, $4, $5, $6 FROM audit WHERE chain = $1 AND seq = 5`, northwind, forged.Object, forged.Seq, forged.Salt, forged.ContentHash, forged.Hash)
		}, []string{"inserted@6"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := &house{t: t, dir: t.TempDir()}
			require.NoError(t, os.CopyFS(h.dir, os.DirFS(base.dir)))
			h.tamper(func(db *sql.DB) { tc.edit(t, db) })
			own, others := h.findings(nil)
			require.Equal(t, tc.want, own)
			if name == "chain" {
				require.Positive(t, others, "where it went it is found as well")
				return
			}
			require.Zero(t, others)
		})
	}
}

// TestWhatOnlyACheckpointFinds: who holds the machine can make a whole new chain. A checkpoint in the file finds it, and when those are gone too,
// one that the customer has.
func TestWhatOnlyACheckpointFinds(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*testing.T, *sql.DB)
		want []string
	}{
		"a cut tail, with the head": {func(t *testing.T, db *sql.DB) {
			do(t, db, `DELETE FROM audit WHERE chain = $1 AND seq > 13`, northwind)
			do(t, db, `UPDATE audit_heads SET seq = 13, hash = (SELECT hash FROM audit WHERE chain = $1 AND seq = 13) WHERE chain = $1`, northwind)
		}, []string{"cut@16"}},
		"a chain that is made anew": {func(t *testing.T, db *sql.DB) {
			rehash(t, db, func(r *AuditRow) {
				if r.Seq == 5 {
					r.ActorName = "Nobody"
				}
			})
		}, []string{"other-than-signed@16"}},
		"no record at all": {func(t *testing.T, db *sql.DB) {
			do(t, db, `DELETE FROM audit WHERE chain = $1`, northwind)
			do(t, db, `DELETE FROM audit_heads WHERE chain = $1`, northwind)
		}, []string{"cut@16"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := lived(t)
			_, err := h.CheckpointAudit(t.Context(), 0)
			require.NoError(t, err)
			outside, err := h.Checkpoints(t.Context(), policy.Own(northwind))
			require.NoError(t, err)
			h.tamper(func(db *sql.DB) { tc.edit(t, db) })
			own, others := h.findings(nil)
			require.Equal(t, tc.want, own, "by the checkpoint in the file")
			require.Zero(t, others)

			db, err := sql.Open("sqlite", "file:"+filepath.Join(h.dir, "roomward.db"))
			require.NoError(t, err)
			do(t, db, `DELETE FROM audit_checkpoints`)
			require.NoError(t, db.Close())
			all, err := VerifyDir(t.Context(), h.dir, nil)
			require.NoError(t, err)
			for _, v := range all {
				require.Empty(t, v.Findings, "nothing inside tells")
			}
			all, err = VerifyDir(t.Context(), h.dir, outside)
			require.NoError(t, err)
			var found []string
			for _, v := range all {
				for _, f := range v.Findings {
					require.Equal(t, northwind, f.Chain)
					found = append(found, fmt.Sprintf("%s@%d", f.Kind, f.Seq))
				}
			}
			require.Equal(t, tc.want, found, "the customer's own copy does")
		})
	}
}

func TestCheckpointsAreSigned(t *testing.T) {
	h := lived(t)
	_, err := h.CheckpointAudit(t.Context(), 0)
	require.NoError(t, err)
	made, err := h.CheckpointAudit(t.Context(), 0)
	require.NoError(t, err)
	require.Zero(t, made, "nothing new, nothing to sign")
	info, err := os.Stat(filepath.Join(h.dir, keyFile))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	points, err := h.Checkpoints(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.True(t, points[0].Signed())
	for name, edit := range map[string]func(*Checkpoint){
		"chain": func(c *Checkpoint) { c.Chain = tailspin }, "seq": func(c *Checkpoint) { c.Seq-- }, "hash": func(c *Checkpoint) { c.Hash = []byte("x") },
		"time": func(c *Checkpoint) { c.At = c.At.Add(time.Second) }, "key": func(c *Checkpoint) { c.PublicKey = make([]byte, 32) },
	} {
		c := points[0]
		edit(&c)
		require.False(t, c.Signed(), name)
	}
	other, err := h.Checkpoints(t.Context(), managing)
	require.ErrorIs(t, err, ErrNotFound)
	require.Empty(t, other)
	h.tamper(func(db *sql.DB) { do(t, db, `UPDATE audit_checkpoints SET at = at + 1 WHERE chain = $1`, northwind) })
	own, _ := h.findings(nil)
	require.Equal(t, []string{"bad-signature@16"}, own)
	require.NoError(t, os.Remove(filepath.Join(h.dir, keyFile)))
	_, err = VerifyDir(t.Context(), h.dir, nil)
	require.ErrorContains(t, err, "key of the checkpoints")
	_, err = openKey(h.dir)
	require.NoError(t, err)
	own, _ = h.findings(points)
	require.Contains(t, own, "bad-signature@16")
	found := 0
	all, err := VerifyDir(t.Context(), h.dir, nil)
	require.NoError(t, err)
	for _, v := range all {
		for _, f := range v.Findings {
			if f.Kind == FoundKey {
				found++
			}
		}
	}
	require.Equal(t, 2, found, "those that another key signed")
}

// TestNoPathEditsTheRecord: what a statement of ours could do by mistake, the database itself refuses.
func TestNoPathEditsTheRecord(t *testing.T) {
	h := lived(t)
	_, err := h.CheckpointAudit(t.Context(), 0)
	require.NoError(t, err)
	before := h.dump()
	for _, statement := range []string{
		`UPDATE audit SET actor_name = 'x' WHERE seq = 3`, `UPDATE audit SET at = 1`, `UPDATE audit SET seq = seq + 1000`, `UPDATE audit SET hash = x'00'`,
		`UPDATE audit SET chain = 'x'`, `UPDATE audit SET content_hash = x''`, `UPDATE audit SET salt = x'00'`, `UPDATE audit SET salt = x''`,
		`UPDATE audit SET id = id + 1000`, `UPDATE audit SET detail_json = '{}'`,
		`DELETE FROM audit`, `DELETE FROM audit WHERE seq = 16`, `DELETE FROM audit WHERE seq = 1`,
		`UPDATE audit_heads SET seq = seq - 1`, `UPDATE audit_heads SET first = 0`, `UPDATE audit_heads SET chain = 'x'`, `DELETE FROM audit_heads`,
		`UPDATE audit_checkpoints SET hash = x'00'`, `DELETE FROM audit_checkpoints`,
		`REPLACE INTO audit (id, at, side, actor_tenant, actor_oid, actor_name, operation, object, object_id, result, request_id, address)
			SELECT id, 1, '', '', '', '', '', '', '', '', '', '' FROM audit`,
		`REPLACE INTO audit (chain, seq, at, side, actor_tenant, actor_oid, actor_name, operation, object, object_id, result, request_id, address)
			SELECT chain, seq, 1, '', '', '', '', '', '', '', '', '', '' FROM audit`,
		`REPLACE INTO audit_heads (chain, seq, hash) SELECT chain, seq - 1, hash FROM audit_heads`,
		`REPLACE INTO audit_checkpoints SELECT * FROM audit_checkpoints`,
	} {
		_, err := h.writer.Exec(statement)
		require.Error(t, err, statement)
		require.Equal(t, before, h.dump(), statement)
	}
}

// exported is a signed export, read to its end.
func (h *house) exported(v policy.View) string {
	h.t.Helper()
	a, err := h.SealAudit(h.t.Context(), v)
	require.NoError(h.t, err)
	var out bytes.Buffer
	for more := true; more; {
		more, err = a.WritePage(h.t.Context(), &out)
		require.NoError(h.t, err)
	}
	return out.String()
}

func TestSignedExportProvesItself(t *testing.T) {
	h := lived(t)
	_, err := h.CheckpointAudit(t.Context(), 0)
	require.NoError(t, err)
	customer := ID(h.number(`SELECT id FROM customers WHERE tenant_id = $1`, northwind))
	file := h.exported(policy.ForWork(customer, "test"))
	require.Equal(t, file, h.exported(policy.Own(northwind)))
	require.NotContains(t, file, tailspin)
	for _, v := range []policy.View{{}, managing, policy.Own(litware)} {
		_, err := h.SealAudit(t.Context(), v)
		require.ErrorIs(t, err, ErrNotFound)
	}
	lines := strings.SplitAfter(strings.TrimSpace(file), "\n")
	require.Len(t, lines, 17)
	kinds := func(text string, against []Checkpoint) []string {
		found, err := VerifyExport(strings.NewReader(text), against)
		require.NoError(t, err)
		var out []string
		for _, v := range found {
			for _, f := range v.Findings {
				out = append(out, fmt.Sprintf("%s@%d", f.Kind, f.Seq))
			}
		}
		return out
	}
	require.Empty(t, kinds(file, nil))
	require.Equal(t, []string{"edited-content@4"}, kinds(strings.Replace(file, `"object":"Role 0"`, `"object":"Role X"`, 1), nil))
	require.Equal(t, []string{"deleted@5"}, kinds(strings.Join(append(append([]string{}, lines[:4]...), lines[5:]...), ""), nil))
	require.Equal(t, []string{"cut@16"}, kinds(strings.Join(append(append([]string{}, lines[:15]...), lines[16]), ""), nil)[:1])
	require.Contains(t, kinds(strings.Join(append(append([]string{}, lines[:15]...), strings.Replace(lines[16], `"seq":16`, `"seq":15`, 1)), ""), nil), "bad-signature@15")

	points, err := ReadCheckpoints(strings.NewReader(file))
	require.NoError(t, err)
	require.Len(t, points, 2, "the seal is one, and the kept ones are in it")
	mailed, err := ReadCheckpoints(strings.NewReader(mustJSON(t, points[0].Line())))
	require.NoError(t, err)
	require.Equal(t, points[:1], mailed, "one alone, as a mail has it")
	require.Empty(t, kinds(strings.Join(lines[3:9], ""), points), "a part is checked as far as it goes")
	require.Equal(t, []string{"edited-entry@6"}, kinds(strings.Join(lines[3:5], "")+strings.Replace(lines[5], `"operation":"role.create"`, `"operation":"role.delete"`, 1), nil))
	h.pass(time.Hour)
	_, err = h.AddRole(t.Context(), maya, customer, Role{Name: "Later"})
	require.NoError(t, err)
	require.Empty(t, kinds(h.exported(policy.Own(northwind)), points), "what came later goes on from what was signed")
	var line struct{ Entry map[string]any }
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &line))
	require.Len(t, line.Entry, 20)
}

// takenWhile is a signed export of Northwind's record in two pages, with something that happens when the first is written.
func takenWhile(t *testing.T, happens func(h *house, customer ID)) (*house, string, error) {
	t.Helper()
	h := lived(t)
	customer := ID(h.number(`SELECT id FROM customers WHERE tenant_id = $1`, northwind))
	require.NoError(t, h.write(t.Context(), func(tx *tx) error {
		for range sealAtOnce {
			if err := maya.record(t.Context(), tx, entry{customer: customer, tenant: northwind, operation: "role.update"}); err != nil {
				return err
			}
		}
		return nil
	}))
	a, err := h.SealAudit(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	var out bytes.Buffer
	more, err := a.WritePage(t.Context(), writing(func(b []byte) (int, error) {
		require.Zero(t, h.reader.Stats().InUse, "nothing is read while it writes")
		return out.Write(b)
	}))
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, sealAtOnce, strings.Count(out.String(), "\n"))
	happens(h, customer)
	more, err = a.WritePage(t.Context(), &out)
	require.False(t, more)
	return h, out.String(), err
}

type writing func([]byte) (int, error)

func (w writing) Write(b []byte) (int, error) { return w(b) }

func TestASignedExportIsOfOneMoment(t *testing.T) {
	var n int64
	_, file, err := takenWhile(t, func(h *house, customer ID) {
		n = h.number(`SELECT seq FROM audit_heads WHERE chain = $1`, northwind)
		_, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Later"})
		require.NoError(t, err)
		_, err = h.CheckpointAudit(t.Context(), 0)
		require.NoError(t, err)
	})
	require.NoError(t, err)
	require.NotContains(t, file, "Later")
	proven, err := VerifyExport(strings.NewReader(file), nil)
	require.NoError(t, err)
	require.Equal(t, []Verification{{Chain: northwind, Upto: n, Entries: n}}, proven)

	_, _, err = takenWhile(t, func(h *house, _ ID) {
		_, err := h.EndOwn(t.Context(), adminOf(northwind), policy.Own(northwind))
		require.NoError(t, err)
	})
	require.ErrorIs(t, err, ErrRecordChanged, "the rest is reduced")
	_, _, err = takenWhile(t, func(h *house, _ ID) {
		h.pass(200 * day)
		_, err := h.PruneAudit(t.Context(), 180*day)
		require.NoError(t, err)
	})
	require.ErrorIs(t, err, ErrRecordChanged, "the rest is gone")
}

func TestPruningLeavesAProof(t *testing.T) {
	h := lived(t)
	n, err := h.PruneAudit(t.Context(), 180*24*time.Hour)
	require.NoError(t, err)
	require.Zero(t, n)
	h.pass(5 * time.Minute)
	older := h.clock()
	h.pass(100 * 24 * time.Hour)
	customer := ID(h.number(`SELECT id FROM customers WHERE tenant_id = $1`, northwind))
	_, err = h.AddRole(t.Context(), maya, customer, Role{Name: "Young"})
	require.NoError(t, err)
	_, err = h.CheckpointAudit(t.Context(), 0)
	require.NoError(t, err)
	h.pass(100 * 24 * time.Hour)
	n, err = h.PruneAudit(t.Context(), 180*24*time.Hour)
	require.NoError(t, err)
	require.Greater(t, n, 16)
	require.Zero(t, h.number(`SELECT count(*) FROM audit WHERE at < $1`, millis(older)))
	require.EqualValues(t, 2, h.number(`SELECT count(*) FROM audit WHERE chain = $1`, northwind), "the young one, and a note about the old ones")
	own, others := h.findings(nil)
	require.Empty(t, own)
	require.Zero(t, others)
	again, err := h.PruneAudit(t.Context(), 180*24*time.Hour)
	require.NoError(t, err)
	require.Zero(t, again)
	h.pass(400 * 24 * time.Hour)
	_, err = h.PruneAudit(t.Context(), 180*24*time.Hour)
	require.NoError(t, err)
	h.pass(400 * 24 * time.Hour)
	again, err = h.PruneAudit(t.Context(), 180*24*time.Hour)
	require.NoError(t, err)
	require.Zero(t, again, "a note about nothing but notes is not made")
	own, others = h.findings(nil)
	require.Empty(t, own)
	require.Zero(t, others)
	h.tamper(func(db *sql.DB) {
		do(t, db, `UPDATE audit_heads SET before = x'00' WHERE chain = $1`, northwind)
	})
	own, _ = h.findings(nil)
	require.NotEmpty(t, own)
}

// TestAnOlderRecordIsChainedOnce: what was recorded before there were chains is chained at the first start, and nothing later.
func TestAnOlderRecordIsChainedOnce(t *testing.T) {
	h := lived(t)
	insert := func(db *sql.DB) {
		do(t, db, `INSERT INTO audit (at, tenant_id, side, actor_tenant, actor_oid, actor_name, operation, object, object_id, result, request_id, address)
			VALUES (1, $1, 'partner', $2, 'maya', 'Maya', 'invitation.accept', 'N', '1', 'successful', '', ''),
				(2, $2, 'partner', $2, 'maya', 'Maya', 'session.start', 'maya', '1', 'successful', '', ''),
				(3, $1, 'customer', $1, 'ann', 'Ann', 'consent.give', '', '', 'successful', '', '')`, northwind, litware)
	}
	require.NoError(t, h.Close())
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.dir, "roomward.db"))
	require.NoError(t, err)
	for _, text := range []string{`DROP TRIGGER audit_no_delete`, `DROP TRIGGER audit_heads_stay`, `DELETE FROM audit`, `DELETE FROM audit_heads`,
		`DELETE FROM facts WHERE name = '` + chainedFact + `'`} {
		_, err := db.Exec(text)
		require.NoError(t, err)
	}
	insert(db)
	var triggers []string
	for _, name := range []string{"audit_no_delete", "audit_heads_stay"} { // as the migration makes them
		steps, err := readMigrations()
		require.NoError(t, err)
		for _, m := range steps {
			if from := strings.Index(m.text, "CREATE TRIGGER "+name); from >= 0 {
				triggers = append(triggers, m.text[from:from+strings.Index(m.text[from:], "END;")+4])
			}
		}
	}
	require.Len(t, triggers, 2)
	for _, text := range triggers {
		_, err := db.Exec(text)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
	h.Store, err = Open(t.Context(), Options{Dir: h.dir, Mode: ModeReal, Now: h.clock})
	require.NoError(t, err)
	require.EqualValues(t, 2, h.number(`SELECT seq FROM audit_heads WHERE chain = $1`, northwind))
	require.EqualValues(t, 1, h.number(`SELECT seq FROM audit_heads WHERE chain = ''`), "the partner's own sign-in")
	require.Zero(t, h.number(`SELECT count(*) FROM audit WHERE seq = 0`))
	insert(h.writer)
	require.NoError(t, h.Close())
	h.Store, err = Open(t.Context(), Options{Dir: h.dir, Mode: ModeReal, Now: h.clock})
	require.NoError(t, err)
	require.EqualValues(t, 3, h.number(`SELECT count(*) FROM audit WHERE seq = 0`), "who puts entries in is found, and not helped")
	found := 0
	all, err := VerifyDir(t.Context(), h.dir, nil)
	require.NoError(t, err)
	for _, v := range all {
		for _, f := range v.Findings {
			require.Equal(t, FoundInserted, f.Kind, "%+v", f)
			found++
		}
	}
	require.Equal(t, 3, found)
}
