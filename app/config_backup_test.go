package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBackupsAreDue by their age, or at a time of day that comes once a day whenever the server was started.
func TestBackupsAreDue(t *testing.T) {
	day := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) }
	byAge := BackupSchedule{BackupEvery: 24 * time.Hour}
	require.False(t, byAge.due(day(28, 10, 0), day(29, 9, 59)))
	require.True(t, byAge.due(day(28, 10, 0), day(29, 10, 0)))
	daily := BackupSchedule{BackupEvery: 24 * time.Hour, BackupAt: "02:30"}
	for _, tc := range []struct {
		last, now time.Time
		due       bool
	}{
		{day(28, 2, 31), day(29, 2, 29), false},
		{day(28, 2, 31), day(29, 2, 30), true},
		{day(28, 23, 0), day(29, 2, 30), true}, // another one was made by age before the time was set
		{day(29, 2, 30), day(29, 2, 40), false},
		{day(25, 2, 30), day(29, 1, 0), true}, // it was switched off meanwhile
		{day(28, 2, 30), day(29, 0, 10), false},
	} {
		require.Equal(t, tc.due, daily.due(tc.last, tc.now), "%s after %s", tc.now, tc.last)
	}
	daily.BackupDir, daily.BackupKeep = t.TempDir(), 30
	require.NoError(t, daily.check())
	for _, wrong := range []string{"2:30", "24:00", "half past two"} {
		daily.BackupAt = wrong
		require.ErrorContains(t, daily.check(), "no time of day")
	}
	daily.BackupAt, daily.BackupEvery = "02:30", time.Hour
	require.ErrorContains(t, daily.check(), "either --backup-at or --backup-every")
}
