package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// ErrBackupBroken says that a backup is not what was made: take another one.
var ErrBackupBroken = errors.New("this is no whole backup")

// ReadManifest reads what a backup says of itself. ErrBackupBroken for what is none.
func ReadManifest(path string) (Manifest, error) {
	var m Manifest
	text, err := os.ReadFile(filepath.Join(path, manifestName))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return m, fmt.Errorf("%w: %s has no %s", ErrBackupBroken, path, manifestName)
	}
	if err != nil {
		return m, fmt.Errorf("read the manifest of a backup: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%w: its manifest cannot be read: %w", ErrBackupBroken, err)
	}
	switch {
	case m.Format > backupFormat:
		return m, fmt.Errorf("%w: the backup has the form %d, this version knows %d", ErrNewerSchema, m.Format, backupFormat)
	case m.Format < 1 || !slices.ContainsFunc(m.Files, func(f BackupFile) bool { return f.Name == databaseName }):
		return m, fmt.Errorf("%w: its manifest names no database", ErrBackupBroken)
	}
	return m, nil
}

// VerifyBackup checks a backup: its files against the manifest, the database with its references and the record of who did what, also against
// checkpoints from outside. What is wrong with the record is in the answers. Errors: ErrBackupBroken, ErrNewerSchema.
func VerifyBackup(ctx context.Context, path string, against []Checkpoint) (Manifest, []Verification, error) {
	m, err := ReadManifest(path)
	if err != nil {
		return m, nil, err
	}
	if err := m.refuseNewer(); err != nil {
		return m, nil, err
	}
	for _, want := range m.Files {
		if want.Name != databaseName && !slices.Contains(beside(), want.Name) {
			return m, nil, fmt.Errorf("%w: its manifest names %q", ErrBackupBroken, want.Name)
		}
		got, err := fileOf(path, want.Name)
		if errors.Is(err, fs.ErrNotExist) {
			return m, nil, fmt.Errorf("%w: %s is missing", ErrBackupBroken, want.Name)
		}
		if err != nil {
			return m, nil, err
		}
		if got != want {
			return m, nil, fmt.Errorf("%w: %s is not what was written", ErrBackupBroken, want.Name)
		}
	}
	if err := checkDatabase(ctx, path); err != nil {
		return m, nil, err
	}
	said := m
	if err := m.describe(ctx, filepath.Join(path, databaseName)); err != nil {
		return m, nil, fmt.Errorf("%w: %w", ErrBackupBroken, err)
	}
	if err := m.refuseOther(said); err != nil {
		return m, nil, err
	}
	if err := m.refuseNewer(); err != nil {
		return m, nil, err
	}
	found, err := verifyRecord(ctx, path, m, against)
	return m, found, err
}

// refuseOther refuses a manifest that says something else than the database beside it: which checks are made, and whom it concerns, goes by that.
func (m Manifest) refuseOther(said Manifest) error {
	for _, one := range []struct{ what, said, is string }{
		{"the migration", fmt.Sprint(said.Migration, " ", said.Schema), fmt.Sprint(m.Migration, " ", m.Schema)},
		{"the mode", string(said.Mode), string(m.Mode)},
		{"the installation", said.Installation.String(), m.Installation.String()},
		{"the customers", fmt.Sprint(said.Customers), fmt.Sprint(m.Customers)},
	} {
		if one.said != one.is {
			return fmt.Errorf("%w: its manifest was changed: %s is %q in it and %q in the database", ErrBackupBroken, one.what, one.said, one.is)
		}
	}
	return nil
}

func (m Manifest) refuseNewer() error {
	steps, err := readMigrations()
	if err != nil {
		return err
	}
	if m.Migration > len(steps) {
		return fmt.Errorf("%w: the backup is of version %s and has migration %d, this version knows %d", ErrNewerSchema, m.Version, m.Migration, len(steps))
	}
	return nil
}

// checkDatabase checks the database of a backup: its pages, indexes and references.
func checkDatabase(ctx context.Context, path string) error {
	db, err := openReadOnly(filepath.Join(path, databaseName))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var said string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return fmt.Errorf("%w: the database cannot be checked: %w", ErrBackupBroken, err)
	}
	if said != "ok" {
		return fmt.Errorf("%w: the database is damaged: %s", ErrBackupBroken, said)
	}
	var lost int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM pragma_foreign_key_check`).Scan(&lost); err != nil {
		return fmt.Errorf("check the references of the database: %w", err)
	}
	if lost > 0 {
		return fmt.Errorf("%w: %d rows refer to what is not there", ErrBackupBroken, lost)
	}
	return nil
}

// chainedSince is the migration from which on the record is chained.
const chainedSince = 10

// verifyRecord checks the chains in a backup. One from before there were chains has none.
func verifyRecord(ctx context.Context, path string, m Manifest, against []Checkpoint) ([]Verification, error) {
	if m.Migration < chainedSince {
		return nil, nil
	}
	return VerifyDir(ctx, path, against)
}

// openReadOnly opens a database for reading only, also one that a server has open.
func openReadOnly(path string) (*sql.DB, error) {
	q := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(" + busyTimeout + ")", "temp_store(MEMORY)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return db, nil
}

// Backups lists the backups in a directory by their manifests, the oldest first; those of one installation, or all for 0. What cannot be read as one is none
// of them. One that does not say whose it is is of an older version, and anybody's.
func Backups(dir string, own ID) ([]Backup, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the backups: %w", err)
	}
	var out []Backup
	for _, e := range entries {
		if !e.IsDir() || !strings.HasSuffix(e.Name(), BackupSuffix) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if m, err := ReadManifest(path); err == nil && (!own.Valid() || !m.Installation.Valid() || m.Installation == own) {
			out = append(out, Backup{path, m})
		}
	}
	slices.SortFunc(out, func(a, b Backup) int { return a.MadeAt.Compare(b.MadeAt) })
	return out, nil
}

// Backup is one with its place.
type Backup struct {
	Path string
	Manifest
}

// ExpireBackups removes the backups of an installation in a directory that are older than that, and what is left of those that were killed. Only what
// Roomward made is touched: a manifest says so. It answers what it removed.
func ExpireBackups(dir string, own ID, older time.Duration, now time.Time) ([]string, error) {
	if err := dropDead(dir, own, now); err != nil {
		return nil, err
	}
	list, err := Backups(dir, own)
	if err != nil {
		return nil, err
	}
	var gone []string
	for _, b := range list {
		if now.Sub(b.MadeAt) < older {
			continue
		}
		// Under the name of an unfinished one first: a removal that is cut off leaves no half backup.
		part := strings.TrimSuffix(b.Path, BackupSuffix) + partMark + own.String() + "-old"
		if err := errors.Join(os.Rename(b.Path, part), os.RemoveAll(part)); err != nil {
			return gone, fmt.Errorf("remove an old backup: %w", err)
		}
		gone = append(gone, b.Path)
	}
	return gone, nil
}

// dropDead removes what is left of backups of an installation that were killed. What another has begun, or one that does not say, it leaves alone for as long
// as customers were promised: no backup takes so long.
func dropDead(dir string, own ID, now time.Time) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look for unfinished backups: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.Contains(e.Name(), partMark) {
			continue
		}
		after := BackupLife
		if own.Valid() && strings.Contains(e.Name(), partMark+own.String()+"-") {
			after = deadAfter
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && now.Sub(info.ModTime()) < after {
			continue
		}
		if err != nil {
			return fmt.Errorf("look for unfinished backups: %w", err)
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("remove an unfinished backup: %w", err)
		}
	}
	return nil
}

// fileOf describes a file of a backup.
func fileOf(dir, name string) (BackupFile, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return BackupFile{}, fmt.Errorf("read %s of a backup: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return BackupFile{}, fmt.Errorf("read %s of a backup: %w", name, err)
	}
	return BackupFile{Name: name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// copyFile copies a file, for its owner only, and tells whether there was one.
func copyFile(from, to string) (bool, error) {
	text, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read %s: %w", from, err)
	}
	if filepath.Base(from) == departedName { // a line that is being written is none yet
		text = text[:bytes.LastIndexByte(text, '\n')+1]
	}
	return true, writeNew(to, text)
}

// writeNew writes a new file for its owner only, to the disk.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("flush %s: %w", path, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("flush %s: %w", path, err)
	}
	return nil
}
