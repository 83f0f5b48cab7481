package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
	"sync"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate applies the migrations that the database lacks, each in one transaction, in the order of their numbers, and then proves that
// the schema is the one a fresh database gets. A released migration is never edited: its hash is kept and compared.
func migrate(ctx context.Context, db *sql.DB) error {
	steps, err := readMigrations()
	if err != nil {
		return err
	}
	if err := refuseForeign(ctx, db); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migrations (
		number INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied_at INTEGER NOT NULL DEFAULT (unixepoch() * 1000)) STRICT`)
	if err != nil {
		return fmt.Errorf("make the table of migrations: %w", err)
	}
	var have int
	if err := db.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) FROM migrations`).Scan(&have); err != nil {
		return fmt.Errorf("read the applied migrations: %w", err)
	}
	if have > len(steps) {
		return fmt.Errorf("%w: it has migration %d, this version knows %d", ErrNewerSchema, have, len(steps))
	}
	for i, m := range steps {
		if i < have {
			var hash string
			if err := db.QueryRowContext(ctx, `SELECT hash FROM migrations WHERE number = $1`, i+1).Scan(&hash); err != nil {
				return fmt.Errorf("read migration %d: %w", i+1, err)
			}
			if hash != m.hash {
				return fmt.Errorf("migration %s was applied with another content: %w", m.name, ErrSchema)
			}
			continue
		}
		if err := m.apply(ctx, db, i+1); err != nil {
			return err
		}
	}
	return proveSchema(ctx, db)
}

// refuseForeign refuses a database that holds something else than Roomward's, before anything is written into it.
func refuseForeign(ctx context.Context, db *sql.DB) error {
	var ours, tables int
	err := db.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE name = 'migrations'), count(*) FROM sqlite_schema`).Scan(&ours, &tables)
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	if ours == 0 && tables > 0 {
		return fmt.Errorf("the database has tables that are not Roomward's: %w", ErrSchema)
	}
	return nil
}

type migration struct{ name, text, hash string }

func readMigrations() ([]migration, error) {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	var steps []migration
	for _, e := range entries {
		b, err := migrations.ReadFile("migrations/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", e.Name(), err)
		}
		sum := sha256.Sum256(b)
		steps = append(steps, migration{e.Name(), string(b), hex.EncodeToString(sum[:])})
	}
	sort.Slice(steps, func(i, j int) bool { return steps[i].name < steps[j].name })
	return steps, nil
}

func (m migration) apply(ctx context.Context, db *sql.DB, number int) error {
	t, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin migration %s: %w", m.name, err)
	}
	defer func() { _ = t.Rollback() }()
	if _, err := t.ExecContext(ctx, m.text); err != nil {
		return fmt.Errorf("apply migration %s: %w", m.name, err)
	}
	if _, err := t.ExecContext(ctx, `INSERT INTO migrations (number, name, hash) VALUES ($1, $2, $3)`, number, m.name, m.hash); err != nil {
		return fmt.Errorf("record migration %s: %w", m.name, err)
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit migration %s: %w", m.name, err)
	}
	return nil
}

// wantedSchema is the schema of a fresh in-memory database that got all migrations. It is the program's, not a database's: made once.
var wantedSchema = sync.OnceValues(func() (map[string]string, error) {
	steps, err := readMigrations()
	if err != nil {
		return nil, err
	}
	fresh, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		return nil, fmt.Errorf("open the database to compare with: %w", err)
	}
	defer func() { _ = fresh.Close() }()
	fresh.SetMaxOpenConns(1)
	ctx := context.Background()
	for _, m := range steps {
		if _, err := fresh.ExecContext(ctx, m.text); err != nil {
			return nil, fmt.Errorf("apply %s to the database to compare with: %w", m.name, err)
		}
	}
	return schemaText(ctx, fresh)
})

// proveSchema compares the schema of a database with the one that is wanted.
func proveSchema(ctx context.Context, db *sql.DB) error {
	want, err := wantedSchema()
	if err != nil {
		return err
	}
	got, err := schemaText(ctx, db)
	if err != nil {
		return err
	}
	for name, text := range want {
		if got[name] != text {
			return fmt.Errorf("%s is not as expected: %w", name, ErrSchema)
		}
	}
	for name := range got {
		if _, known := want[name]; !known {
			return fmt.Errorf("%s is unknown: %w", name, ErrSchema)
		}
	}
	return nil
}

func schemaText(ctx context.Context, db *sql.DB) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema
		WHERE name NOT LIKE 'sqlite_%' AND name <> 'migrations'`)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
		out[name] = strings.Join(strings.Fields(text), " ")
	}
	return out, rows.Err()
}
