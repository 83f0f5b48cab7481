package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrUpgradeBackup says that no backup could be made before an upgrade: nothing was changed.
var ErrUpgradeBackup = errors.New("no backup could be made before the upgrade, so nothing was changed. Make room, or take a backup yourself and start once with --upgrade-without-backup")

// backUpBefore makes a backup beside a database that migrations are about to change: going back is restoring it. It is named after the first of them.
func (s *Store) backUpBefore(ctx context.Context, o Options) error {
	have, want, err := s.pendingMigrations(ctx)
	if err != nil || have == 0 || have >= want || o.NoUpgradeBackup {
		return err
	}
	path := filepath.Join(o.Dir, fmt.Sprintf("before-%04d%s", have+1, BackupSuffix))
	old := ""
	if _, err := ReadManifest(path); err == nil { // of a start that did not come through, or from before somebody went back
		old = filepath.Join(o.Dir, fmt.Sprintf("before-%04d%sold", have+1, partMark))
		if err := errors.Join(os.RemoveAll(old), os.Rename(path, old)); err != nil {
			return fmt.Errorf("%w: %w", ErrUpgradeBackup, err)
		}
	}
	s.log.InfoContext(ctx, "the database is of an older version: a backup is made before it is brought up to date", "backup", path)
	if _, _, err := MakeBackup(ctx, BackupOptions{Data: o.Dir, To: path, Version: "before " + o.Version, Now: o.Now, alone: true}); err != nil {
		if old != "" {
			err = errors.Join(err, os.Rename(old, path)) // better the former one than none
		}
		return fmt.Errorf("%w: %w", ErrUpgradeBackup, err)
	}
	if old != "" {
		return os.RemoveAll(old)
	}
	return nil
}

// pendingMigrations tells how far the schema is, and how far this version brings it; have is 0 for a new database.
func (s *Store) pendingMigrations(ctx context.Context) (have, want int, err error) {
	steps, err := readMigrations()
	if err != nil {
		return 0, 0, err
	}
	var there bool
	if err := s.writer.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'migrations')`).Scan(&there); err != nil {
		return 0, 0, fmt.Errorf("look for the applied migrations: %w", err)
	}
	if !there {
		return 0, len(steps), nil
	}
	if err := s.writer.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) FROM migrations`).Scan(&have); err != nil {
		return 0, 0, fmt.Errorf("read the applied migrations: %w", err)
	}
	return have, len(steps), nil
}
