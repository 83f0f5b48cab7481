package app

import (
	"errors"
	"fmt"
	"os"
	"time"

	"roomward/store"
)

// BackupSchedule is where and how often `serve` makes backups.
type BackupSchedule struct {
	BackupDir   string        `help:"Directory for backups by schedule, best on another disk; none are made without it." placeholder:"DIR"`
	BackupEvery time.Duration `help:"How old the last backup is when the next one is made." default:"24h"`
	BackupAt    string        `help:"Time of day at which it is made instead, by the clock of this machine, such as 02:30." placeholder:"HH:MM"`
	BackupKeep  int           `help:"For how many days backups are kept; at most 30, as customers are promised." default:"30" placeholder:"DAYS"`

	UpgradeWithoutBackup bool `help:"Bring an older database up to date though no backup could be made before."`
}

// leastBackupEvery keeps the machine from doing nothing but backups.
const leastBackupEvery = 10 * time.Minute

// usualBackupEvery is the default, which is also what a time of day means.
const usualBackupEvery = 24 * time.Hour

// clockTime is how a time of day is written.
const clockTime = "15:04"

func (s *BackupSchedule) check() error {
	if s.BackupDir == "" {
		return nil
	}
	var errs []error
	if s.BackupAt != "" {
		if _, err := time.Parse(clockTime, s.BackupAt); err != nil || len(s.BackupAt) != len(clockTime) {
			errs = append(errs, fmt.Errorf("--backup-at %q is no time of day, such as 02:30", s.BackupAt))
		}
		if s.BackupEvery != usualBackupEvery {
			errs = append(errs, errors.New("either --backup-at or --backup-every"))
		}
	}
	if most := int(store.BackupLife / (24 * time.Hour)); s.BackupKeep < 1 || s.BackupKeep > most {
		errs = append(errs, fmt.Errorf("--backup-keep is 1 to %d days: whoever leaves is promised that it is in no backup after that", most))
	}
	if s.BackupEvery < leastBackupEvery {
		errs = append(errs, fmt.Errorf("--backup-every is at least %s", leastBackupEvery))
	}
	if info, err := os.Stat(s.BackupDir); err != nil || !info.IsDir() {
		errs = append(errs, fmt.Errorf("--backup-dir %s is no directory: make it, writable for Roomward alone", s.BackupDir))
	}
	return errors.Join(errs...)
}

// due tells whether it is time for a backup, when the last one is of last.
func (s *BackupSchedule) due(last, now time.Time) bool {
	at, err := time.Parse(clockTime, s.BackupAt)
	if s.BackupAt == "" || err != nil {
		return now.Sub(last) >= s.BackupEvery
	}
	year, month, day := now.Date()
	slot := time.Date(year, month, day, at.Hour(), at.Minute(), 0, 0, now.Location())
	if slot.After(now) {
		slot = time.Date(year, month, day-1, at.Hour(), at.Minute(), 0, 0, now.Location())
	}
	return last.Before(slot)
}
