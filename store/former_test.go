package store

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// former is where the databases of former versions are, each named after its last migration.
const former = "../testdata/former"

// TestMakeFormer keeps a small database of this version for later ones to open: ROOMWARD_FORMER=1 go test ./store -run MakeFormer. Run it before the first
// migration of a new version is added. 0015 was made so with commit 0b49526.
func TestMakeFormer(t *testing.T) {
	if os.Getenv("ROOMWARD_FORMER") == "" {
		t.Skip("makes a file of testdata")
	}
	h := openHouse(t)
	customer := h.customer(northwind)
	h.customer(tailspin)
	h.invited("d3e4f5a6-3333-4c4d-8e5f-23456789abcd")
	room := h.room(customer, "Boardroom 12")
	h.acted(customer, room, "Console")
	role, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView, policy.TicketsView}})
	require.NoError(t, err)
	_, err = h.AddAssignment(t.Context(), maya, customer, Assignment{Name: "Night desk", Role: role, Members: []Member{desk}, Scopes: []policy.Scope{policy.ScopeRoom(room)}})
	require.NoError(t, err)
	_, err = h.AddTenantManager(t.Context(), maya, TenantManager{Principal: policy.User("tom"), Name: "Tom"})
	require.NoError(t, err)
	require.NoError(t, h.StartSession(t.Context(), Act{Side: SideCustomer, TenantID: northwind, OID: "x"}, "s", "", Session{ID: "s", Side: SideCustomer,
		TenantID: northwind, OID: "x", ExpiresAt: h.clock().AddDate(10, 0, 0)}))
	require.NoError(t, h.SetStrongAuth(t.Context(), adminOf(northwind), policy.Own(northwind), 0, "c1"))
	_, err = h.EndOwn(t.Context(), adminOf(tailspin), policy.Own(tailspin))
	require.NoError(t, err)
	require.NoError(t, h.Erase(t.Context()))
	_, err = h.CheckpointAudit(t.Context(), 0)
	require.NoError(t, err)
	var last int
	require.NoError(t, h.writer.QueryRow(`SELECT max(number) FROM migrations`).Scan(&last))
	into := filepath.Join(former, fmt.Sprintf("%04d", last))
	require.NoError(t, os.MkdirAll(into, 0o755))
	for _, name := range []string{"audit.key", "departed"} {
		text, err := os.ReadFile(filepath.Join(h.dir, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(into, name), text, 0o644))
	}
	copied := filepath.Join(t.TempDir(), "copy")
	_, err = h.writer.Exec(`VACUUM INTO $1`, copied)
	require.NoError(t, err)
	text, err := os.ReadFile(copied)
	require.NoError(t, err)
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, os.WriteFile(filepath.Join(into, "roomward.db.gz"), packed.Bytes(), 0o644))
}

// unpackFormer makes a data directory of a former version.
func unpackFormer(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"audit.key", "departed"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	f, err := os.Open(filepath.Join(from, "roomward.db.gz"))
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	unpacked, err := gzip.NewReader(f)
	require.NoError(t, err)
	var text bytes.Buffer
	_, err = text.ReadFrom(unpacked)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, databaseName), text.Bytes(), 0o600))
	return dir
}

// requireFormer looks for what TestMakeFormer put into a database.
func (h *house) requireFormer() {
	h.t.Helper()
	list, err := h.Customers(h.t.Context(), managing)
	require.NoError(h.t, err)
	require.Len(h.t, list, 1)
	require.Equal(h.t, "Tb1c2", list[0].Name)
	require.Equal(h.t, "c1", list[0].StrongAuth)
	require.Equal(h.t, "Boardroom 12", h.word(`SELECT name FROM rooms`))
	require.Equal(h.t, "Night desk", h.word(`SELECT name FROM assignments WHERE name <> $1`, AssignedAdmins))
	require.Equal(h.t, int64(2), h.number(`SELECT count(*) FROM role_permissions p JOIN roles r ON r.id = p.role_id WHERE r.name = 'Desk'`))
	require.Equal(h.t, "Tom", h.word(`SELECT name FROM tenant_managers`))
	require.Equal(h.t, int64(1), h.number(`SELECT count(*) FROM invitations WHERE state = 'pending'`))
	ended, err := h.EndedRelation(h.t.Context(), policy.Own(tailspin))
	require.NoError(h.t, err)
	require.Equal(h.t, SideCustomer, ended.EndedBy)
	require.Zero(h.t, h.number(`SELECT count(*) FROM pragma_foreign_key_check`))
	found, err := VerifyDir(h.t.Context(), h.dir, nil)
	require.NoError(h.t, err)
	require.Len(h.t, found, 4)
	for _, v := range found {
		require.Empty(h.t, v.Findings)
	}
}

// TestFormerVersionsOpen: the data of each former version is brought up to date, with a backup before, from which it comes to life again.
func TestFormerVersionsOpen(t *testing.T) {
	list, err := os.ReadDir(former)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	for _, e := range list {
		t.Run(e.Name(), func(t *testing.T) {
			h := &house{t: t, dir: unpackFormer(t, filepath.Join(former, e.Name())), at: morning}
			h.reopen()
			t.Cleanup(func() { _ = h.Close() })
			h.requireFormer()
			require.Equal(t, int64(1), h.number(`SELECT count(*) FROM sessions`), "who is signed in stays so")
			made, err := Backups(h.dir, 0)
			require.NoError(t, err)
			require.Len(t, made, 1)
			require.Equal(t, e.Name(), fmt.Sprintf("%04d", made[0].Migration))
			_, _, err = VerifyBackup(t.Context(), made[0].Path, nil)
			require.NoError(t, err)

			o := h.restored(made[0].Path)
			o.requireFormer()
			require.NoError(t, h.Close())
			h.reopen()
			again, err := Backups(h.dir, 0)
			require.NoError(t, err)
			require.Equal(t, made, again, "none before a start that changes nothing")
			h.pass(BackupLife)
			require.NoError(t, h.ExpireBackups(t.Context(), h.dir, BackupLife))
			again, err = Backups(h.dir, 0)
			require.NoError(t, err)
			require.Empty(t, again)
		})
	}
}

// TestNoUpgradeWithoutBackup: nothing is changed before there is a backup, unless the operator wants it so.
func TestNoUpgradeWithoutBackup(t *testing.T) {
	dir := unpackFormer(t, filepath.Join(former, "0015"))
	inTheWay := filepath.Join(dir, "before-0016"+BackupSuffix)
	require.NoError(t, os.WriteFile(inTheWay, nil, 0o600))
	_, err := Open(t.Context(), Options{Dir: dir, Mode: ModeReal})
	require.ErrorIs(t, err, ErrUpgradeBackup)
	require.ErrorContains(t, err, "--upgrade-without-backup")
	db, err := openReadOnly(filepath.Join(dir, databaseName))
	require.NoError(t, err)
	var last int
	require.NoError(t, db.QueryRow(`SELECT max(number) FROM migrations`).Scan(&last))
	require.NoError(t, db.Close())
	require.Equal(t, 15, last)
	s, err := Open(t.Context(), Options{Dir: dir, Mode: ModeReal, NoUpgradeBackup: true})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}
