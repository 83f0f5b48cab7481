package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
	"roomward/store"
)

// TestBackupsBySchedule: one a day, those of 30 days go, and a failure is told once, until it is over.
func TestBackupsBySchedule(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	data, dir := t.TempDir(), t.TempDir()
	s, err := store.Open(t.Context(), store.Options{Dir: data, Now: clock})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	a := &App{Store: s, cfg: Config{Version: "test", Now: clock, Log: slog.New(slog.DiscardHandler),
		Settings: Settings{Data: data, BackupSchedule: BackupSchedule{BackupDir: dir, BackupEvery: 24 * time.Hour, BackupKeep: 30}}}}
	count := func() int {
		made, err := store.Backups(dir, 0)
		require.NoError(t, err)
		return len(made)
	}
	told := func() (kinds []string) {
		n, _, err := s.Notices(t.Context(), store.NoticeReader{OID: "maya", Overview: policy.Overview(policy.Powers{Manager: true})}, 100)
		require.NoError(t, err)
		for _, one := range n {
			kinds = append(kinds, one.Kind)
		}
		return kinds
	}
	a.backUpOnce(t.Context())
	a.backUpOnce(t.Context())
	require.Equal(t, 1, count(), "only when it is due")
	require.Equal(t, BackupStatus{On: true, Last: now, Size: a.BackupStatus().Size}, a.BackupStatus())
	for range 40 {
		now = now.Add(24 * time.Hour)
		a.backUpOnce(t.Context())
	}
	require.Equal(t, 30, count(), "none is older than 30 days")
	require.Empty(t, told())

	// A manifest that speaks of findings that there are not is said to.
	made, err := store.Backups(dir, 0)
	require.NoError(t, err)
	manifest := filepath.Join(made[0].Path, "manifest.json")
	text, err := os.ReadFile(manifest)
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, Verify(t.Context(), VerifySettings{Backup: made[0].Path, Out: &out}))
	require.NotContains(t, out.String(), "its manifest")
	require.NoError(t, os.WriteFile(manifest, []byte(strings.Replace(string(text), `"findings": 0`, `"findings": 7`, 1)), 0o600))
	require.NoError(t, Verify(t.Context(), VerifySettings{Backup: made[0].Path, Out: &out}))
	require.Contains(t, out.String(), "its manifest speaks of 7 findings in the record, and there are 0")

	// One that a wrong clock made does not stop the schedule.
	_, _, err = store.MakeBackup(t.Context(), store.BackupOptions{Data: data, To: dir, Now: func() time.Time { return now.Add(90 * 24 * time.Hour) }})
	require.NoError(t, err)
	now = now.Add(24 * time.Hour)
	a.backUpOnce(t.Context())
	require.Equal(t, now, a.BackupStatus().Last)

	away := dir + "-away"
	require.NoError(t, os.Rename(dir, away))
	since := now
	for range 3 {
		a.backUpOnce(t.Context())
		now = now.Add(time.Hour)
	}
	status := a.BackupStatus()
	require.Contains(t, status.Failed, filepath.Base(dir))
	require.Equal(t, since, status.Since)
	require.Equal(t, []string{"backup.failed"}, told(), "once")
	require.NoError(t, os.Rename(away, dir))
	a.backUpOnce(t.Context())
	require.Empty(t, a.BackupStatus().Failed)
	require.ElementsMatch(t, []string{"backup.failed", "backup.made"}, told())
}

func TestBackupSettings(t *testing.T) {
	dir := t.TempDir()
	good := BackupSchedule{BackupDir: dir, BackupEvery: time.Hour, BackupKeep: 30}
	require.NoError(t, good.check())
	for says, spoil := range map[string]func(*BackupSchedule){
		"1 to 30 days":     func(s *BackupSchedule) { s.BackupKeep = 31 },
		"--backup-keep":    func(s *BackupSchedule) { s.BackupKeep = 0 },
		"--backup-every":   func(s *BackupSchedule) { s.BackupEvery = time.Second },
		"is no directory:": func(s *BackupSchedule) { s.BackupDir = filepath.Join(dir, "none") },
	} {
		s := good
		spoil(&s)
		require.ErrorContains(t, s.check(), says)
	}
}
