package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

var (
	// ErrDataThere refuses to restore over what is there.
	ErrDataThere = errors.New("a backup is restored into a directory without a database")
	// ErrNoDeparted says that nothing tells what ended after the backup was made.
	ErrNoDeparted = errors.New("nothing tells what ended after the backup was made")
	// ErrOtherDeparted says that a departed file does not go on from the one in the backup.
	ErrOtherDeparted = errors.New("this departed file is older than the backup, or of another installation")
)

// RestoreOptions say which backup comes to life, and where.
type RestoreOptions struct {
	From string // the backup
	Data string // the data directory; made when missing
	// Departed is the departed file of the former data directory, where it does not lie in Data already.
	Departed string
	// WithoutDeparted takes the risk that what ended after the backup was made lives again, where there is no departed file that tells of anything later.
	WithoutDeparted bool
	Now             func() time.Time
}

// Restored is what a restore did.
type Restored struct {
	Manifest
	// Missing are the keys that are not beside the database and open something in it, by the names of their files.
	Missing []string
	// Warnings are sentences about the departed file.
	Warnings []string
}

// Restore makes a data directory out of a backup, after checking it. What was done since the backup is lost, but for what the departed file tells:
// that is done again at the next start, before anybody is served, and so is the rest of coming to life; see settleRestored. Errors: ErrBackupBroken,
// ErrNewerSchema, ErrDataThere, ErrNoDeparted, ErrOtherDeparted, ErrNoSpace.
func Restore(ctx context.Context, o RestoreOptions) (Restored, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	m, found, err := VerifyBackup(ctx, o.From, nil)
	if err != nil {
		return Restored{}, err
	}
	findings := 0
	for _, v := range found {
		findings += len(v.Findings)
	}
	if findings > m.Findings {
		return Restored{}, fmt.Errorf("%w: its record of who did what was changed, see verify --backup", ErrBackupBroken)
	}
	if err := o.refuseFilled(); err != nil {
		return Restored{}, err
	}
	departed, warnings, err := o.departed(m)
	if err != nil {
		return Restored{}, err
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return Restored{}, fmt.Errorf("make the data directory: %w", err)
	}
	alone, err := Occupy(o.Data) // two at a time, or a server that begins meanwhile
	if err != nil {
		return Restored{}, err
	}
	defer func() { _ = alone.Close() }()
	if err := o.refuseFilled(); err != nil { // by whoever was quicker
		return Restored{}, err
	}
	if err := o.fill(ctx, m, departed); err != nil {
		return Restored{}, full(err)
	}
	m.Findings = findings
	out := Restored{Manifest: m, Warnings: warnings}
	out.Missing, err = o.missingKeys(ctx)
	return out, err
}

// missingKeys looks for the keys of what is encrypted in the database.
func (o RestoreOptions) missingKeys(ctx context.Context) (missing []string, err error) {
	db, err := openReadOnly(filepath.Join(o.From, databaseName))
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	for _, key := range []struct{ file, table string }{{SecretKeyName, "secrets"}, {sealKeyName, "sealed_records"}} {
		if _, err := os.Stat(filepath.Join(o.Data, key.file)); err == nil {
			continue
		}
		var there, used bool
		err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1)`, key.table).Scan(&there)
		if err == nil && there {
			err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+key.table+`)`).Scan(&used)
		}
		if err != nil {
			return nil, fmt.Errorf("look what is encrypted: %w", err)
		}
		if used {
			missing = append(missing, key.file)
		}
	}
	return missing, nil
}

// refuseFilled refuses a directory with a database, or with anything that is not one of the files that belong beside it.
func (o RestoreOptions) refuseFilled() error {
	entries, err := os.ReadDir(o.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into the data directory: %w", err)
	}
	known := append(beside(), sealKeyName, SecretKeyName, "lost+found")
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasPrefix(name, databaseName):
			return fmt.Errorf("%w: %s has one. Stop the server and move %s* away; leave %s and the keys, they are needed", ErrDataThere, o.Data, databaseName, departedName)
		case !slices.Contains(known, name) && !strings.HasPrefix(name, SecretKeyName) && !strings.Contains(name, BackupSuffix):
			return fmt.Errorf("%w, and without anything that is not Roomward's: %s has %s. Name an empty directory", ErrDataThere, o.Data, name)
		}
	}
	return nil
}

// departed reads the departed file that the data directory is to have: the newer one of the former directory, which must be of the same installation and go
// on from that of the backup, or that of the backup alone.
func (o RestoreOptions) departed(m Manifest) (text []byte, warnings []string, err error) {
	var old []byte
	if slices.ContainsFunc(m.Files, func(f BackupFile) bool { return f.Name == departedName }) {
		if old, err = os.ReadFile(filepath.Join(o.From, departedName)); err != nil {
			return nil, nil, fmt.Errorf("read the departed file of the backup: %w", err)
		}
	}
	beside := filepath.Join(o.Data, departedName)
	_, err = os.Stat(beside)
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("look for the departed file: %w", err)
	}
	from := o.Departed
	switch {
	case there && o.Departed != "":
		return nil, nil, fmt.Errorf("%w: %s has a file %s already. Leave --departed, or move that file away", ErrDataThere, o.Data, departedName)
	case there:
		from = beside
	case from == "" && o.WithoutDeparted:
		return old, nil, nil
	case from == "":
		return nil, nil, fmt.Errorf("%w. Put the file %s of the former data directory into %s, or name it with --departed. Without it customers that left since %s, "+
			"and rights that were taken back since, come to life again: if that file is lost, say so with --without-departed", ErrNoDeparted, departedName, o.Data,
			m.MadeAt.Format(time.RFC3339))
	}
	if text, err = os.ReadFile(from); err != nil {
		return nil, nil, fmt.Errorf("read the departed file: %w", err)
	}
	its, own := installationOf(text), cmp.Or(m.Installation, installationOf(old))
	switch {
	case its.Valid() && own.Valid() && its != own:
		return nil, nil, fmt.Errorf("%s is of another installation than the backup: %w", from, ErrOtherDeparted)
	case !bytes.HasPrefix(text, old):
		return nil, nil, fmt.Errorf("%s: %w", from, ErrOtherDeparted)
	case tellsNothing(text[len(old):]) && !o.WithoutDeparted:
		return nil, nil, fmt.Errorf("%w: %s has nothing that is not in the backup. If nothing ended, and no right was taken back, since %s, that is right: then say "+
			"--without-departed. If it is a copy from then, or was made anew, look for the newest one", ErrNoDeparted, from, m.MadeAt.Format(time.RFC3339))
	case !tellsNothing(text[len(old):]) && o.WithoutDeparted:
		return nil, nil, fmt.Errorf("%w: %s tells what ended since the backup, and would be left out. Leave --without-departed", ErrDataThere, from)
	case !its.Valid() && !o.WithoutDeparted:
		warnings = []string{from + " does not say of which installation it is, as an older version wrote it: see that it is the right one."}
	}
	return text, warnings, nil
}

// fill writes the files, the database last and under its own name only when it is whole. What it made goes when it fails.
func (o RestoreOptions) fill(ctx context.Context, m Manifest, departed []byte) (err error) {
	var made []string
	defer func() {
		if err != nil {
			for _, path := range made {
				err = errors.Join(err, os.Remove(path))
			}
		}
	}()
	for _, name := range []string{keyFile, settingsName, departedName} {
		if !slices.ContainsFunc(m.Files, func(f BackupFile) bool { return f.Name == name }) && (name != departedName || departed == nil) {
			continue
		}
		text := departed
		if name != departedName {
			if text, err = os.ReadFile(filepath.Join(o.From, name)); err != nil {
				return fmt.Errorf("read %s of the backup: %w", name, err)
			}
		}
		path := filepath.Join(o.Data, name)
		there, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if err := writeNew(path, text); err != nil {
				return err
			}
			made = append(made, path)
		case err != nil:
			return fmt.Errorf("read %s: %w", path, err)
		case name == keyFile && !bytes.Equal(there, text):
			return fmt.Errorf("%w: %s has another %s than the backup. Move it away: with it every checkpoint that customers keep would be a finding", ErrDataThere, o.Data, keyFile)
		}
	}
	path := filepath.Join(o.Data, databaseName)
	part := path + ".part"
	if err := copyBig(filepath.Join(o.From, databaseName), part); err != nil {
		if !errors.Is(err, fs.ErrExist) { // which somebody else makes
			made = append(made, part)
		}
		return err
	}
	made = append(made, part)
	if err := forgetUnusedKey(ctx, part); err != nil {
		return err
	}
	if err := noteRestored(ctx, part, restoring{MadeAt: m.MadeAt, At: o.Now()}); err != nil {
		return err
	}
	if err := syncFile(part); err != nil {
		return err
	}
	if err := takeName(part, path); err != nil {
		return err
	}
	made = nil
	return syncDir(o.Data)
}

// takeName gives the finished database its name, unless another has it meanwhile: where a file system has no locks a server may have begun.
func takeName(part, path string) error {
	if err := os.Link(part, path); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s was made meanwhile", ErrDataThere, path)
	} else if err != nil {
		return fmt.Errorf("put the database in its place: %w", err)
	}
	if err := os.Remove(part); err != nil {
		return fmt.Errorf("put the database in its place: %w", err)
	}
	return nil
}

// copyBig copies a file of any size to a name that nothing has.
func copyBig(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("read the database of the backup: %w", err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the database: %w", err)
	}
	_, err = out.ReadFrom(in)
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write the database: %w", err)
	}
	return nil
}

// restoredFact notes in a database that it was restored, until the next start has settled that.
const restoredFact = "restored"

// restoring is what that note says.
type restoring struct {
	MadeAt time.Time `json:"madeAt"` // of the backup
	At     time.Time `json:"at"`
}

// forgetUnusedKey lets a new master key be made where nothing is sealed with the former one.
func forgetUnusedKey(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return fmt.Errorf("open the restored database: %w", err)
	}
	var there bool
	err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'secrets')`).Scan(&there)
	if err == nil && there {
		_, err = db.ExecContext(ctx, `DELETE FROM facts WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM secrets)`, keyFact)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("look whether something is sealed: %w", err)
	}
	return nil
}

// noteRestored writes the note without touching anything else: the schema can be an older one.
func noteRestored(ctx context.Context, path string, r restoring) error {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return fmt.Errorf("open the restored database: %w", err)
	}
	text, err := toJSON(r)
	if err == nil {
		_, err = db.ExecContext(ctx, `INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, restoredFact, text)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("note that the database was restored: %w", err)
	}
	return nil
}

// settleRestored lets a restored database come to life, before anybody is served. Nobody is signed in by a session of then, or comes in with a code that
// may have been used; no mail goes out twice, and nothing is asked of Microsoft twice: what was under way has an unknown end. What waited for approval is
// asked for again by whoever still wants it. Both sides of each relation are told, and their records say it.
func (s *Store) settleRestored(ctx context.Context) (restored bool, err error) {
	var text string
	err = s.read(ctx, func(t *tx) error {
		err := t.QueryRowContext(ctx, `SELECT value FROM facts WHERE name = $1`, restoredFact).Scan(&text)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look whether the database was restored: %w", err)
	}
	if text == "" {
		return false, nil
	}
	var r restoring
	if err := fromJSON(text, &r); err != nil {
		return false, err
	}
	return true, s.comeToLife(ctx, map[string]any{"madeAt": r.MadeAt})
}

// comeToLife does what settleRestored says; about is for the records.
func (s *Store) comeToLife(ctx context.Context, about map[string]any) error {
	return s.writeAlone(ctx, func(t *tx) error {
		for _, step := range []statement{
			{`DELETE FROM sessions`, nil},
			{`DELETE FROM signins`, nil},
			{`DELETE FROM invitation_codes WHERE used_at IS NULL`, nil},
			{`DELETE FROM audit_permits`, nil},
			{`UPDATE letters SET state = 'failed', address = NULL, reason = 'restored' WHERE state = 'waiting'`, nil},
			{`UPDATE notices SET mail = 'none' WHERE mail = 'new'`, nil},
			{`UPDATE room_actions SET state = 'unconfirmed', failure = 'restored', ended_at = $1, leased_until = 0 WHERE state IN ('queued', 'sent', 'running')`, []any{t.now}},
			{`UPDATE change_requests SET state = 'failed', failure = 'restored', ended_at = $1 WHERE state = 'approved'`, []any{t.now}},
			{`UPDATE change_requests SET state = 'expired', ended_at = $1 WHERE state = 'waiting'`, []any{t.now}},
			{`UPDATE collect_jobs SET leased_until = 0, due_at = min(due_at, $1)`, []any{t.now}},
			{`DELETE FROM facts WHERE name = $1`, []any{restoredFact}},
			{`INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, []any{restoredAtFact, fmt.Sprint(t.now)}},
		} {
			if _, err := t.exec(ctx, step.text, step.args...); err != nil {
				return fmt.Errorf("let a restored database come to life: %w", err)
			}
		}
		act := System("restore")
		if err := raiseRules(ctx, t, 0); err != nil {
			return err
		}
		if err := act.record(ctx, t, entry{operation: "backup.restore", detail: about}); err != nil {
			return err
		}
		type one struct {
			id     ID
			tenant string
		}
		list, err := readAll(ctx, t, "list the restored customers", statement{`SELECT id, tenant_id FROM customers ORDER BY id`, nil},
			func(rows *sql.Rows, c *one) error { return rows.Scan(&c.id, &c.tenant) })
		if err != nil {
			return err
		}
		for _, c := range list {
			if err := tellBoth(ctx, t, notice{tenant: c.tenant, customer: c.id, kind: "relation.restored"}); err != nil {
				return err
			}
			if err := act.record(ctx, t, entry{customer: c.id, tenant: c.tenant, operation: "backup.restore", detail: about}); err != nil {
				return err
			}
		}
		return nil
	})
}
