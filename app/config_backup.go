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
	BackupKeep  int           `help:"For how many days backups are kept; at most 30, as customers are promised." default:"30" placeholder:"DAYS"`

	UpgradeWithoutBackup bool `help:"Bring an older database up to date though no backup could be made before."`
}

// leastBackupEvery keeps the machine from doing nothing but backups.
const leastBackupEvery = 10 * time.Minute

func (s *BackupSchedule) check() error {
	if s.BackupDir == "" {
		return nil
	}
	var errs []error
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
