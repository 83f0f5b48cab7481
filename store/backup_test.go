package store

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// backedUp makes a backup of the open house.
func (h *house) backedUp() string {
	h.t.Helper()
	path, _, err := MakeBackup(h.t.Context(), BackupOptions{Data: h.dir, To: filepath.Join(h.t.TempDir(), "b"+BackupSuffix), Version: "test", Now: h.clock})
	require.NoError(h.t, err)
	return path
}

// restored makes another house of a backup, with the departed file of this one as it is now.
func (h *house) restored(backup string) *house {
	h.t.Helper()
	other := &house{t: h.t, dir: filepath.Join(h.t.TempDir(), "elsewhere"), at: h.clock()}
	m, err := ReadManifest(backup)
	require.NoError(h.t, err)
	var old []byte
	if slices.ContainsFunc(m.Files, func(f BackupFile) bool { return f.Name == departedName }) {
		old, err = os.ReadFile(filepath.Join(backup, departedName))
		require.NoError(h.t, err)
	}
	nothing := tellsNothing([]byte(h.fileText(departedName))[len(old):]) // ended since
	_, err = Restore(h.t.Context(), RestoreOptions{From: backup, Data: other.dir, Departed: filepath.Join(h.dir, departedName), WithoutDeparted: nothing, Now: h.clock})
	require.NoError(h.t, err)
	other.reopen()
	h.t.Cleanup(func() { _ = other.Close() })
	return other
}

// leavingOut leaves the rows of some tables out of a dump.
func leavingOut(dump string, tables ...string) string {
	var out []string
	for _, line := range strings.Split(dump, "\n") {
		table, _, _ := strings.Cut(line, ".")
		skip := false
		for _, t := range tables {
			skip = skip || t == table
		}
		if !skip {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// TestBackupUnderLoad: what a backup has is of one moment while others write, and a restore has what the backup has.
func TestBackupUnderLoad(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	writing, stop := context.WithCancel(t.Context())
	defer stop()
	failed := make(chan error, 1)
	begun := make(chan struct{})
	go func() { // each change raises two counters that must never differ
		var err error
		for n := 0; writing.Err() == nil; n++ {
			err = h.write(t.Context(), func(x *tx) error {
				_, err := x.exec(t.Context(), `UPDATE customers SET rooms = rooms + 1 WHERE id = $1`, customer)
				if err == nil {
					_, err = x.exec(t.Context(), `INSERT INTO facts (name, value) VALUES ('load', '1') ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)`)
				}
				if err != nil {
					return err
				}
				return maya.record(t.Context(), x, entry{customer: customer, tenant: northwind, operation: "role.update"})
			})
			if err != nil {
				break
			}
			if n == 20 {
				close(begun)
			}
		}
		failed <- err
	}()
	<-begun
	backup := h.backedUp()
	stop()
	require.NoError(t, <-failed)

	m, found, err := VerifyBackup(t.Context(), backup, nil)
	require.NoError(t, err)
	require.Zero(t, m.Findings)
	require.NotEmpty(t, found)
	for _, v := range found {
		require.Empty(t, v.Findings)
	}
	require.Equal(t, []BackedCustomer{{customer.String(), northwind}}, m.Customers)
	text, err := os.ReadFile(filepath.Join(backup, manifestName))
	require.NoError(t, err)
	require.NotContains(t, string(text), "Tb1c2", "ids, no names")
	err = filepath.WalkDir(backup, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, path)
		require.NotContains(t, []string{SecretKeyName, sealKeyName}, d.Name())
		return nil
	})
	require.NoError(t, err)

	other := h.restored(backup)
	require.Equal(t, other.number(`SELECT CAST(value AS INTEGER) FROM facts WHERE name = 'load'`), other.number(`SELECT rooms FROM customers`), "of one moment")
	require.GreaterOrEqual(t, other.number(`SELECT rooms FROM customers`), int64(20))
}

// TestRestoreElsewhere: the same content, but for sessions, codes and what was under way; the record goes on and says that it was restored.
func TestRestoreElsewhere(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	room := h.room(customer, "One")
	h.acted(customer, room, "Device")
	h.withContacts(customer, "ann@northwind.example")
	require.NoError(t, h.StartSession(t.Context(), Act{Side: SideCustomer, TenantID: northwind, OID: "x"}, "s", "", Session{ID: "s", Side: SideCustomer,
		TenantID: northwind, OID: "x", ExpiresAt: h.clock().Add(time.Hour)}))
	h.code()
	h.telling(notice{to: SideCustomer, tenant: northwind, customer: customer, kind: "grant.changed"})
	require.NotZero(t, h.number(`SELECT count(*) FROM letters WHERE state = 'waiting'`))
	backup := h.backedUp()
	before := h.dump()
	other := h.restored(backup)

	changed := []string{"facts", "sessions", "invitation_codes", "letters", "notices", "audit", "audit_heads", "counters", "collect_jobs", "room_actions"}
	require.Equal(t, leavingOut(before, changed...), leavingOut(other.dump(), changed...))
	require.Zero(t, other.number(`SELECT count(*) FROM sessions`), "nobody is signed in")
	require.Zero(t, other.number(`SELECT count(*) FROM invitation_codes WHERE used_at IS NULL`), "a code may have been used")
	require.Zero(t, other.number(`SELECT count(*) FROM room_actions WHERE ended_at IS NULL`), "nothing is asked of Microsoft twice")
	require.Zero(t, other.number(`SELECT count(*) FROM letters l JOIN notices n ON n.id = l.notice_id WHERE n.kind = 'grant.changed' AND l.state = 'waiting'`), "no mail twice")
	require.Equal(t, int64(2), other.number(`SELECT count(*) FROM notices WHERE kind = 'relation.restored' AND customer_id = $1`, customer), "both sides are told")
	require.Equal(t, int64(2), other.number(`SELECT count(*) FROM audit WHERE operation = 'backup.restore'`), "in the partner's record and the customer's")
	require.NoError(t, other.Close())
	found, err := VerifyDir(t.Context(), other.dir, nil)
	require.NoError(t, err)
	for _, v := range found {
		require.Empty(t, v.Findings)
	}
	again := other.fileText(departedName)
	other.reopen()
	require.Equal(t, again, other.fileText(departedName))
	require.Equal(t, int64(2), other.number(`SELECT count(*) FROM audit WHERE operation = 'backup.restore'`), "once")
}

// TestRestoreWithoutKeys: neither key is in a backup; without them everything else works, and what is closed is named.
func TestRestoreWithoutKeys(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind)
	h.customer(tailspin)
	require.NoError(t, h.KeepSecret(t.Context(), maya, SecretMailPassword, []byte("correct horse")))
	_, err := h.EndOwn(t.Context(), adminOf(tailspin), policy.Own(tailspin))
	require.NoError(t, err)
	require.NoError(t, h.Erase(t.Context()))
	backup := h.backedUp()
	o := &house{t: t, dir: filepath.Join(t.TempDir(), "elsewhere"), at: h.clock()}
	done, err := Restore(t.Context(), RestoreOptions{From: backup, Data: o.dir, Departed: filepath.Join(h.dir, departedName), WithoutDeparted: true})
	require.NoError(t, err)
	require.Equal(t, []string{SecretKeyName, sealKeyName}, done.Missing)
	o.reopen()
	closed, err := o.ClosedSecrets(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{SecretMailPassword}, closed)
	list, err := o.Customers(t.Context(), managing)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoError(t, o.Close())

	// With the keys of the former machine everything is there.
	for _, name := range []string{SecretKeyName, sealKeyName} {
		text, err := os.ReadFile(filepath.Join(h.dir, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(o.dir, name), text, 0o600))
	}
	o.reopen()
	defer func() { _ = o.Close() }()
	secret, found, err := o.Secret(t.Context(), SecretMailPassword)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "correct horse", string(secret))
	_, err = o.opened(tailspin)
	require.NoError(t, err)
}

func TestRestoreIsRefused(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind)
	backup := h.backedUp()
	departed := filepath.Join(h.dir, departedName)
	spoiled := func(edit func(dir string)) string {
		dir := filepath.Join(t.TempDir(), "spoiled"+BackupSuffix)
		require.NoError(t, os.CopyFS(dir, os.DirFS(backup)))
		edit(dir)
		return dir
	}
	manifest := func(dir string, edit func(*Manifest)) {
		m, err := ReadManifest(dir)
		require.NoError(t, err)
		edit(&m)
		text, err := json.Marshal(m)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, manifestName), text, 0o600))
	}
	filled := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(filled, "holiday.jpg"), nil, 0o600))
	foreign := filepath.Join(t.TempDir(), "departed")
	require.NoError(t, os.WriteFile(foreign, nil, 0o600))
	h.write1()
	_, err := h.EndOwn(t.Context(), adminOf(northwind), policy.Own(northwind))
	require.NoError(t, err)
	require.NoError(t, h.Erase(t.Context()))
	later := h.backedUp()
	for name, c := range map[string]struct {
		o    RestoreOptions
		want error
		says string
	}{
		"over a database":            {RestoreOptions{From: backup, Data: h.dir}, ErrDataThere, "Stop the server"},
		"over something else":        {RestoreOptions{From: backup, Data: filled, Departed: departed}, ErrDataThere, "holiday.jpg"},
		"without a departed file":    {RestoreOptions{From: backup}, ErrNoDeparted, "--without-departed"},
		"with an older one":          {RestoreOptions{From: later, Departed: foreign}, ErrOtherDeparted, foreign},
		"no backup":                  {RestoreOptions{From: t.TempDir(), Departed: departed}, ErrBackupBroken, manifestName},
		"a missing file":             {RestoreOptions{From: spoiled(func(d string) { require.NoError(t, os.Remove(filepath.Join(d, databaseName))) }), Departed: departed}, ErrBackupBroken, databaseName},
		"a changed file":             {RestoreOptions{From: spoiled(func(d string) { require.NoError(t, os.WriteFile(filepath.Join(d, keyFile), []byte("x"), 0o600)) }), Departed: departed}, ErrBackupBroken, keyFile},
		"a manifest that is no JSON": {RestoreOptions{From: spoiled(func(d string) { require.NoError(t, os.WriteFile(filepath.Join(d, manifestName), []byte("{"), 0o600)) }), Departed: departed}, ErrBackupBroken, "manifest"},
		"a file outside":             {RestoreOptions{From: spoiled(func(d string) { manifest(d, func(m *Manifest) { m.Files = append(m.Files, BackupFile{Name: "../x"}) }) }), Departed: departed}, ErrBackupBroken, "../x"},
		"a newer version":            {RestoreOptions{From: spoiled(func(d string) { manifest(d, func(m *Manifest) { m.Migration, m.Version = 9999, "9.0" }) }), Departed: departed}, ErrNewerSchema, "9.0"},
		"a newer form":               {RestoreOptions{From: spoiled(func(d string) { manifest(d, func(m *Manifest) { m.Format = 99 }) }), Departed: departed}, ErrNewerSchema, "99"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.o.Data == "" {
				c.o.Data = filepath.Join(t.TempDir(), "new")
			}
			_, err := Restore(t.Context(), c.o)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
			_, err = os.Stat(filepath.Join(c.o.Data, databaseName+".part"))
			require.ErrorIs(t, err, fs.ErrNotExist)
		})
	}
	_, err = Restore(t.Context(), RestoreOptions{From: backup, Data: filepath.Join(t.TempDir(), "new"), WithoutDeparted: true})
	require.NoError(t, err, "who takes the risk")
	aside := filepath.Join(t.TempDir(), "aside")
	require.NoError(t, os.Mkdir(aside, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(aside, departedName), []byte(h.fileText(departedName)), 0o600))
	_, err = Restore(t.Context(), RestoreOptions{From: backup, Data: aside})
	require.NoError(t, err, "found beside")
}

func TestBackupLeavesNothingHalfDone(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind)
	to := t.TempDir()
	make1 := func(ctx context.Context, data, to string) error {
		_, _, err := MakeBackup(ctx, BackupOptions{Data: data, To: to, Now: h.clock})
		return err
	}
	listed := func() (names []string) {
		entries, err := os.ReadDir(to)
		require.NoError(t, err)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	ended, end := context.WithCancel(t.Context())
	end()
	require.ErrorIs(t, make1(ended, h.dir, to), context.Canceled)
	require.ErrorIs(t, make1(t.Context(), t.TempDir(), to), ErrNoDatabase)
	require.ErrorIs(t, make1(t.Context(), h.dir, filepath.Join(to, "not", "there")), fs.ErrNotExist)
	require.Empty(t, listed())
	broken := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(broken, databaseName), []byte(strings.Repeat("no database ", 500)), 0o600))
	require.Error(t, make1(t.Context(), broken, to))
	require.Empty(t, listed())

	require.NoError(t, make1(t.Context(), h.dir, to))
	require.ErrorIs(t, make1(t.Context(), h.dir, to), ErrBackupThere, "of the same second")
	name := listed()[0]
	require.ErrorIs(t, make1(t.Context(), h.dir, filepath.Join(to, name)), ErrBackupThere)
	dead := filepath.Join(to, "killed"+partMark+h.installation.String()+"-1")
	require.NoError(t, os.Mkdir(dead, 0o700))
	old := time.Now().Add(-2 * deadAfter)
	require.NoError(t, os.Chtimes(dead, old, old))
	h.pass(time.Hour)
	require.NoError(t, make1(t.Context(), h.dir, to))
	require.Len(t, listed(), 2, "what was killed goes with the next one")

	// A foreign directory of such a name, and one that is not old enough, stay.
	require.NoError(t, os.Mkdir(filepath.Join(to, "holiday"+BackupSuffix), 0o700))
	h.pass(BackupLife - time.Hour)
	require.NoError(t, h.ExpireBackups(t.Context(), to, BackupLife))
	require.Len(t, listed(), 2)
	require.NotContains(t, listed(), name)
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM audit WHERE operation = 'backup.expire' AND object = $1`, name))
}

// TestAnErasureDoesNotWaitForABackup: a copy that stands in the way of an erasure begins again.
func TestAnErasureDoesNotWaitForABackup(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind)
	stays := h.customer(tailspin)
	db, err := openReadOnly(filepath.Join(h.dir, databaseName))
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	reading, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	var n int
	require.NoError(t, reading.QueryRow(`SELECT count(*) FROM customers`).Scan(&n))
	_, err = h.EndOwn(t.Context(), adminOf(northwind), policy.Own(northwind))
	require.NoError(t, err)
	require.NoError(t, reading.Rollback())

	// The note is there, and goes while the copy waits for it: the customer is in no copy that is made afterwards.
	done := make(chan error, 1)
	go func() { done <- h.Erase(t.Context()) }()
	backup := h.backedUp()
	require.NoError(t, <-done)
	m, err := ReadManifest(backup)
	require.NoError(t, err)
	require.Equal(t, []BackedCustomer{{stays.String(), tailspin}}, m.Customers)
	text, err := os.ReadFile(filepath.Join(backup, databaseName))
	require.NoError(t, err)
	require.NotContains(t, string(text), "Tb1c2")

	// One that is noted meanwhile ends the copy; one that stays from before does not.
	h.run(`INSERT INTO facts (name, value) VALUES ('erase', '1')`)
	run, stop := standAside(t.Context(), db, "1")
	defer stop()
	h.run(`UPDATE facts SET value = '1+' WHERE name = 'erase'`)
	<-run.Done()
	require.ErrorIs(t, context.Cause(run), errErasing)
}
