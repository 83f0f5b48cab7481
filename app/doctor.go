package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"roomward/app/setup"
	"roomward/store"
)

// errUnwell says that the doctor found something broken; what, it has printed.
var errUnwell = errors.New("something is broken: see above what to do")

// lowDisk is the free space below which the doctor warns.
const lowDisk = 500 << 20

// Doctor runs the checks of the set-up guide and those of a machine that serves, and prints what they found: an error when something is broken.
// It reads only, also while a server runs on the same data.
func Doctor(ctx context.Context, s Settings, out io.Writer) error {
	var found []setup.Outcome
	if err := s.Check(); err != nil && !onlyUnset(err) {
		found = append(found, setup.Found("settings", setup.Broken, "settings-wrong", "said", strings.ReplaceAll(err.Error(), "\n", "; ")))
	}
	found = append(found, s.machine()...)
	subject, err := s.subject(ctx, func(ctx context.Context, name string) ([]byte, bool, error) {
		return store.SecretOf(ctx, s.Data, s.keySource(), name)
	})
	if err != nil {
		found = append(found, setup.Found("data", setup.Broken, "data-broken", "data", s.Data, "said", err.Error()))
	}
	found = append(found, s.lastBackup())
	checks := setup.Checks{Cloud: s.cloud()}
	missing := subject.Settings()
	found = append(found, missing...)
	found = append(found, checks.Address(ctx, subject))
	if subject.PartnerTenant != "" {
		_, partner := checks.Partner(ctx, subject)
		found = append(append(found, checks.Clock(ctx, subject)), partner...)
	}
	if len(missing) == 0 {
		found = append(append(found, checks.Registration(ctx, subject)...), checks.Managers(ctx, subject)...)
	}
	found = append(found, checks.Mail(ctx, subject, ""))
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, f := range found {
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.Verdict, f.Check, f.Text())
		if todo := f.Todo(); todo != "" && f.Verdict != setup.OK {
			fmt.Fprintf(table, "\t\t-> %s\n", todo)
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print what was found: %w", err)
	}
	if setup.Worst(found) == setup.Broken {
		return errUnwell
	}
	return nil
}

// lastBackup looks at the newest backup of the schedule.
func (s *Settings) lastBackup() setup.Outcome {
	var last time.Time
	if s.BackupDir != "" {
		if all, err := store.Backups(s.BackupDir); err == nil && len(all) > 0 {
			last = all[len(all)-1].MadeAt
		}
	}
	at := last.UTC().Format("2006-01-02 15:04 UTC")
	switch {
	case last.IsZero():
		return setup.Found("backup", setup.Warning, "backup-none")
	case time.Since(last) > 2*s.BackupEvery:
		return setup.Found("backup", setup.Broken, "backup-old", "at", at)
	}
	return setup.Found("backup", setup.OK, "backup-ok", "at", at)
}

// machine looks at the data directory and its disk.
func (s *Settings) machine() []setup.Outcome {
	info, err := os.Stat(s.Data)
	if err != nil {
		return []setup.Outcome{setup.Found("data", setup.Broken, "data-absent", "data", s.Data)}
	}
	out := []setup.Outcome{setup.Found("data", setup.OK, "data-ok", "data", s.Data)}
	if info.Mode().Perm()&0o077 != 0 {
		out[0] = setup.Found("data", setup.Broken, "data-open", "data", s.Data)
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(s.Data, &fs); err != nil {
		return out
	}
	free := fs.Bavail * uint64(fs.Bsize)
	said := fmt.Sprintf("%d MB", free>>20)
	if free < lowDisk {
		return append(out, setup.Found("disk", setup.Warning, "disk-low", "free", said))
	}
	return append(out, setup.Found("disk", setup.OK, "disk-ok", "free", said))
}
