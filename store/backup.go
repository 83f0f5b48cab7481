package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A backup is a directory: the database as it was at one moment, what else a restored installation needs, and a manifest. It is written under
// another name, checked, and given its own name last, so that what is called a backup is whole.
const (
	// BackupSuffix ends the name of a backup.
	BackupSuffix = ".backup"
	partMark     = BackupSuffix + ".part-"
	manifestName = "manifest.json"
	databaseName = "roomward.db"
	settingsName = "settings.conf"
	backupFormat = 1
	// BackupLife is how long a backup is kept at most, for it has customers in it that may leave (design 15).
	BackupLife = 30 * 24 * time.Hour
	// deadAfter is after how long an unfinished backup is one that was killed.
	deadAfter = 24 * time.Hour
)

var (
	// ErrBackupThere says that something of that name is there already.
	ErrBackupThere = errors.New("is there already: name another one, or a directory to make it in")
	// ErrNoDatabase says that a directory is no data directory.
	ErrNoDatabase = errors.New("holds no database of Roomward")
	// ErrNoSpace says that the disk is full.
	ErrNoSpace = errors.New("the disk is full: a backup needs as much space as the database")
)

// Manifest says what is in a backup.
type Manifest struct {
	Format  int       `json:"format"`
	Version string    `json:"version"` // of the Roomward that made it
	MadeAt  time.Time `json:"madeAt"`  // the moment that it is of
	Mode    Mode      `json:"mode"`
	// Installation is whose it is; 0 in those of versions that did not know it.
	Installation ID               `json:"installation,omitzero"`
	Migration    int              `json:"migration"` // how far the schema is
	Schema       string           `json:"schema"`    // name of that migration
	Customers    []BackedCustomer `json:"customers"` // whose relation was in force, by id: no name
	Files        []BackupFile     `json:"files"`
	// Findings is how many there were in the record of who did what: a copy of a record that was changed is better than none, and says so.
	Findings int `json:"findings"`
}

// BackedCustomer is a customer in a backup.
type BackedCustomer struct {
	ID     string `json:"id"`
	Tenant string `json:"tenant"`
}

// BackupFile is a file of a backup.
type BackupFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Size is that of all files, in bytes.
func (m Manifest) Size() int64 {
	var n int64
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// BackupOptions say what is copied and where to.
type BackupOptions struct {
	// Data is the data directory; a server may run on it.
	Data string
	// To is the directory to make the backup in, or its own name when there is nothing of it.
	To string
	// Version of the running Roomward.
	Version string
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	alone bool // nobody else is there who could erase
}

// MakeBackup copies a data directory, checks the copy and answers its path. It only reads, in a transaction of its own, and makes room for an erasure
// that wants to empty the write-ahead log meanwhile: then it begins again. A failure leaves nothing. Errors: ErrNoDatabase, ErrBackupThere,
// ErrNoSpace, ErrBackupBroken when the copy does not pass.
func MakeBackup(ctx context.Context, o BackupOptions) (string, Manifest, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if _, err := os.Stat(filepath.Join(o.Data, databaseName)); errors.Is(err, fs.ErrNotExist) {
		return "", Manifest{}, fmt.Errorf("%s %w", o.Data, ErrNoDatabase)
	} else if err != nil {
		return "", Manifest{}, fmt.Errorf("look for the database: %w", err)
	}
	path, err := backupPath(o.To, o.Now())
	if err != nil {
		return "", Manifest{}, err
	}
	own, err := o.installation(ctx)
	if err != nil {
		return "", Manifest{}, err
	}
	parent := filepath.Dir(path)
	if err := dropDead(parent, own, time.Now()); err != nil { // by the clock of the file system
		return "", Manifest{}, err
	}
	part, err := os.MkdirTemp(parent, strings.TrimSuffix(filepath.Base(path), BackupSuffix)+partMark+own.String()+"-*")
	if err != nil {
		return "", Manifest{}, fmt.Errorf("begin a backup: %w", err)
	}
	m, err := fillBackup(ctx, o, part)
	if err == nil {
		err = nameBackup(part, path)
	}
	if err != nil {
		return "", Manifest{}, errors.Join(full(err), os.RemoveAll(part))
	}
	return path, m, nil
}

// installation is whose data directory it is; 0 when its database does not know yet.
func (o BackupOptions) installation(ctx context.Context) (ID, error) {
	db, err := openReadOnly(filepath.Join(o.Data, databaseName))
	if err != nil {
		return 0, err
	}
	own, err := installationIn(ctx, db)
	return own, errors.Join(err, db.Close())
}

// backupPath is the name of a backup: to itself, or one by the time in it.
func backupPath(to string, now time.Time) (string, error) {
	to = filepath.Clean(to)
	info, err := os.Stat(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(to)); err != nil {
			return "", fmt.Errorf("look for the directory of the backup: %w", err)
		}
		return to, nil
	case err != nil:
		return "", fmt.Errorf("look for the directory of the backup: %w", err)
	case !info.IsDir():
		return "", fmt.Errorf("%s %w", to, ErrBackupThere)
	}
	if _, err := os.Stat(filepath.Join(to, manifestName)); err == nil {
		return "", fmt.Errorf("%s %w", to, ErrBackupThere)
	}
	path := filepath.Join(to, "roomward-"+now.UTC().Format("20060102T150405Z")+BackupSuffix)
	if _, err := os.Stat(path); err == nil {
		return "", fmt.Errorf("%s %w", path, ErrBackupThere)
	}
	return path, nil
}

// nameBackup gives a finished backup its name. An empty directory of that name would be replaced, and nothing else.
func nameBackup(part, path string) error {
	if err := syncDir(part); err != nil {
		return err
	}
	if err := os.Rename(part, path); errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENOTEMPTY) {
		return fmt.Errorf("%s %w", path, ErrBackupThere)
	} else if err != nil {
		return fmt.Errorf("give a backup its name: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// full says plainly that the disk is.
func full(err error) error {
	var e *sqlite.Error
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_FULL {
		return fmt.Errorf("%w (%w)", ErrNoSpace, err)
	}
	return err
}

// beside are the files that a backup takes along. audit.key is one: it opens nothing, and with another key every checkpoint that a customer keeps would
// be a finding. secret.key and seal.key open what is encrypted in the database, and never lie with it.
func beside() []string { return []string{departedName, keyFile, settingsName} }

func fillBackup(ctx context.Context, o BackupOptions, part string) (Manifest, error) {
	m := Manifest{Format: backupFormat, Version: o.Version, MadeAt: o.Now().UTC().Truncate(time.Second)}
	into := filepath.Join(part, databaseName)
	if err := o.copyDatabase(ctx, filepath.Join(o.Data, databaseName), into); err != nil {
		return m, err
	}
	names := []string{databaseName}
	for _, name := range beside() { // departed after the database: what ended meanwhile must end again
		there, err := copyFile(filepath.Join(o.Data, name), filepath.Join(part, name))
		if err != nil {
			return m, err
		}
		if there {
			names = append(names, name)
		}
	}
	for _, name := range names {
		f, err := fileOf(part, name)
		if err != nil {
			return m, err
		}
		m.Files = append(m.Files, f)
	}
	if err := m.describe(ctx, into); err != nil {
		return m, err
	}
	if err := checkDatabase(ctx, part); err != nil {
		return m, err
	}
	found, err := verifyRecord(ctx, part, m, nil)
	if err != nil {
		return m, err
	}
	for _, v := range found {
		m.Findings += len(v.Findings)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, fmt.Errorf("encode the manifest: %w", err)
	}
	return m, writeNew(filepath.Join(part, manifestName), append(text, '\n'))
}

// eraseLook is how often a copy looks whether it stands in the way of an erasure, eraseWait how long it waits for one that was there before: of a
// server that is gone the note stays until the next start. copyTries bounds how often it begins again.
const (
	eraseLook = 500 * time.Millisecond
	eraseWait = time.Minute
	copyTries = 20
)

// errErasing ends a copy that an erasure waits for.
var errErasing = errors.New("an erasure needs the write-ahead log")

// copyDatabase writes the database as it is at one moment into a new file, without the free space in it.
func (o BackupOptions) copyDatabase(ctx context.Context, from, into string) error {
	db, err := openReadOnly(from)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for try := 1; ; try++ {
		err := o.copyOnce(ctx, db, into)
		if !errors.Is(err, errErasing) || try == copyTries {
			if err != nil {
				return fmt.Errorf("copy the database: %w", err)
			}
			break
		}
		for _, leftover := range []string{into, into + "-journal"} {
			if err := os.Remove(leftover); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("begin the copy again: %w", err)
			}
		}
	}
	if err := os.Chmod(into, 0o600); err != nil {
		return fmt.Errorf("keep the copy to its owner: %w", err)
	}
	return syncFile(into)
}

func (o BackupOptions) copyOnce(ctx context.Context, db *sql.DB, into string) error {
	wait := eraseWait
	if o.alone {
		wait = 0
	}
	before, err := waitErased(ctx, db, wait)
	if err != nil {
		return err
	}
	run, done := standAside(ctx, db, before)
	defer done()
	if _, err := db.ExecContext(run, `VACUUM INTO $1`, into); err != nil {
		if errors.Is(context.Cause(run), errErasing) {
			return errErasing
		}
		return err
	}
	return nil
}

// standAside makes a context that ends with errErasing as soon as an erasure is noted that was not before.
func standAside(ctx context.Context, db *sql.DB, before string) (run context.Context, done func()) {
	run, stop := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		look := time.NewTicker(eraseLook)
		defer look.Stop()
		for {
			select {
			case <-run.Done():
				return
			case <-look.C:
			}
			if note, err := erasing(run, db); err == nil && note != "" && note != before {
				stop(errErasing)
			}
		}
	}()
	return run, func() {
		stop(nil)
		<-watched
	}
}

// waitErased waits until no erasure is under way, and not for ever; it answers the note that stays.
func waitErased(ctx context.Context, db *sql.DB, wait time.Duration) (string, error) {
	until := time.NewTimer(wait)
	defer until.Stop()
	look := time.NewTicker(eraseLook)
	defer look.Stop()
	for {
		note, err := erasing(ctx, db)
		if err != nil || note == "" {
			return "", err
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-until.C:
			return note, nil
		case <-look.C:
		}
	}
}

func erasing(ctx context.Context, db *sql.DB) (string, error) {
	var note string
	err := db.QueryRowContext(ctx, `SELECT value FROM facts WHERE name = 'erase'`).Scan(&note)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look whether bytes are being erased: %w", err)
	}
	return note, nil
}

// describe reads from the copy what the manifest says of it.
func (m *Manifest) describe(ctx context.Context, path string) error {
	db, err := openReadOnly(path)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	err = db.QueryRowContext(ctx, `SELECT number, name, (SELECT value FROM facts WHERE name = 'mode') FROM migrations ORDER BY number DESC LIMIT 1`).
		Scan(&m.Migration, &m.Schema, &m.Mode)
	if err != nil {
		return fmt.Errorf("read what a backup is of: %w", err)
	}
	if m.Installation, err = installationIn(ctx, db); err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, `SELECT id, tenant_id FROM customers ORDER BY id`)
	if err != nil {
		return fmt.Errorf("list the customers of a backup: %w", err)
	}
	defer func() { _ = rows.Close() }()
	m.Customers = []BackedCustomer{}
	for rows.Next() {
		var id ID
		var c BackedCustomer
		if err := rows.Scan(&id, &c.Tenant); err != nil {
			return fmt.Errorf("list the customers of a backup: %w", err)
		}
		c.ID = id.String()
		m.Customers = append(m.Customers, c)
	}
	return rows.Err()
}
