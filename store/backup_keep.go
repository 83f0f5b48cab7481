package store

import (
	"context"
	"path/filepath"
	"time"
)

// BackUp makes a backup into a directory while the store is in use, and records it. Errors as in MakeBackup.
func (s *Store) BackUp(ctx context.Context, dir, version string) (Backup, error) {
	path, m, err := MakeBackup(ctx, BackupOptions{Data: s.dir, To: dir, Version: version, Now: s.now})
	if err != nil {
		return Backup{}, err
	}
	return Backup{path, m}, s.noteBackup(ctx, "backup.make", path, map[string]any{"madeAt": m.MadeAt, "customers": len(m.Customers), "bytes": m.Size(), "findings": m.Findings})
}

// Backups lists the backups of this installation in a directory, the oldest first.
func (s *Store) Backups(dir string) ([]Backup, error) { return Backups(dir, s.installation) }

// ExpireBackups removes the backups of this installation in a directory that are older than that, and records each.
func (s *Store) ExpireBackups(ctx context.Context, dir string, older time.Duration) error {
	gone, err := ExpireBackups(dir, s.installation, older, s.now())
	for _, path := range gone {
		if err := s.noteBackup(ctx, "backup.expire", path, nil); err != nil {
			return err
		}
	}
	return err
}

// NoteBackups records that backups fail, and tells those who run the partner's side; "" says that they succeed again.
func (s *Store) NoteBackups(ctx context.Context, failure string) error {
	return s.write(ctx, func(t *tx) error {
		e, kind := entry{operation: "backup.recover"}, "backup.made"
		if failure != "" {
			e, kind = entry{operation: "backup.fail", detail: map[string]any{"failure": failure}, result: ResultFailed}, "backup.failed"
		}
		if err := tell(ctx, t, notice{to: SidePartner, kind: kind}); err != nil {
			return err
		}
		return System("backup").record(ctx, t, e)
	})
}

func (s *Store) noteBackup(ctx context.Context, operation, path string, detail map[string]any) error {
	return s.write(ctx, func(t *tx) error {
		e := entry{operation: operation, object: filepath.Base(path)}
		if detail != nil {
			e.detail = detail
		}
		return System("backup").record(ctx, t, e)
	})
}
