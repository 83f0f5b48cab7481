package store

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// spoiled closes the house, changes its database from outside and opens it again.
func (h *house) spoiled(statement string) error {
	h.t.Helper()
	require.NoError(h.t, h.Close())
	db, err := sql.Open("sqlite", filepath.Join(h.dir, "roomward.db"))
	require.NoError(h.t, err)
	_, err = db.Exec(statement)
	require.NoError(h.t, err)
	require.NoError(h.t, db.Close())
	s, err := Open(h.t.Context(), Options{Dir: h.dir, Mode: ModeReal})
	if err == nil {
		require.NoError(h.t, s.Close())
	}
	return err
}

func TestSchemaIsProven(t *testing.T) {
	for _, tc := range []struct {
		name, statement string
		want            error
	}{
		{"as it was", `SELECT 1`, nil},
		{"statistics", `ANALYZE`, nil},
		{"a newer version wrote it", `INSERT INTO migrations (number, name, hash) VALUES (9999, '9999_later.sql', 'x')`, ErrNewerSchema},
		{"a released migration was edited", `UPDATE migrations SET hash = 'other' WHERE number = 1`, ErrSchema},
		{"an index was dropped", `DROP INDEX invitations_one_pending`, ErrSchema},
		{"an index has other columns", `DROP INDEX customers_by_name; CREATE INDEX customers_by_name ON customers (name)`, ErrSchema},
		{"the guard of the audit was dropped", `DROP TRIGGER audit_no_update`, ErrSchema},
		{"a table was dropped", `DROP TABLE signins`, ErrSchema},
		{"a column was added", `ALTER TABLE facts ADD COLUMN extra TEXT`, ErrSchema},
		{"a table of somebody else", `CREATE TABLE guests (name TEXT)`, ErrSchema},
		{"a trigger of somebody else", `CREATE TRIGGER spy AFTER INSERT ON audit BEGIN SELECT 1; END`, ErrSchema},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := openHouse(t).spoiled(tc.statement)
			if tc.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, tc.want)
		})
	}
}

func TestForeignDatabaseIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, "roomward.db"))
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	_, err = db.Exec(`CREATE TABLE theirs (x TEXT)`)
	require.NoError(t, err)
	_, err = Open(t.Context(), Options{Dir: dir})
	require.ErrorIs(t, err, ErrSchema)
	var objects int
	require.NoError(t, db.QueryRow(`SELECT count(*) FROM sqlite_schema`).Scan(&objects))
	require.Equal(t, 1, objects)
}

func TestReopenKeepsEverything(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind)
	before := h.dump()
	require.NoError(t, h.Close())
	var err error
	h.Store, err = Open(t.Context(), Options{Dir: h.dir, Mode: ModeReal, Now: h.clock})
	require.NoError(t, err)
	require.Equal(t, before, h.dump())
}

func TestBrokenMigrationLeavesNothing(t *testing.T) {
	h := openHouse(t)
	before := h.dump()
	for name, text := range map[string]string{
		"broken in the middle": `CREATE TABLE half (x TEXT) STRICT; INSERT INTO half VALUES ('y'); CREATE TABEL oops (x)`,
		"its number is taken":  `CREATE TABLE half (x TEXT) STRICT`,
	} {
		t.Run(name, func(t *testing.T) {
			number := 2
			if name == "its number is taken" {
				number = 1
			}
			require.Error(t, migration{name: "test.sql", text: text, hash: "h"}.apply(t.Context(), h.writer, number))
			require.Equal(t, before, h.dump())
			require.Zero(t, h.number(`SELECT count(*) FROM sqlite_schema WHERE name = 'half'`))
		})
	}
}
