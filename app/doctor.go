package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
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
	err := s.examine(ctx, func(ctx context.Context, name string) ([]byte, bool, error) {
		return store.SecretOf(ctx, s.Data, s.keySource(), name)
	}, setup.Checks{Cloud: s.cloud(), SameDisk: sameDisk}, func(_, _ int, more ...setup.Outcome) { found = append(found, more...) })
	if err != nil {
		return err
	}
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

// examine runs every check and tells what each found, one after the other, with how many of how many are done. An error says that ctx has ended.
func (s Settings) examine(ctx context.Context, secret secretReader, checks setup.Checks, tell func(done, of int, found ...setup.Outcome)) error {
	wrong := s.Check()
	subject, err := s.subject(ctx, secret)
	missing := subject.Settings()
	looks := []func() []setup.Outcome{
		func() []setup.Outcome {
			if wrong == nil || onlyUnset(wrong) {
				return missing
			}
			return append([]setup.Outcome{setup.Found("settings", setup.Broken, "settings-wrong", "said", strings.ReplaceAll(wrong.Error(), "\n", "; "))}, missing...)
		},
		s.machine,
		func() []setup.Outcome {
			if err == nil {
				return nil
			}
			return []setup.Outcome{setup.Found("data", setup.Broken, "data-broken", "data", s.Data, "said", err.Error())}
		},
		func() []setup.Outcome {
			if s.BackupDir == "" {
				return []setup.Outcome{s.lastBackup()}
			}
			return append(checks.Backups(subject), s.lastBackup())
		},
		func() []setup.Outcome { return []setup.Outcome{checks.Address(ctx, subject)} },
	}
	if subject.PartnerTenant != "" {
		looks = append(looks, func() []setup.Outcome { return []setup.Outcome{checks.Clock(ctx, subject)} }, func() []setup.Outcome {
			_, found := checks.Partner(ctx, subject)
			return found
		})
	}
	if len(missing) == 0 {
		looks = append(looks, func() []setup.Outcome { return checks.Registration(ctx, subject) },
			func() []setup.Outcome { return checks.ActingRegistration(ctx, subject) }, func() []setup.Outcome { return checks.Managers(ctx, subject) })
	}
	looks = append(looks, func() []setup.Outcome { return []setup.Outcome{checks.Mail(ctx, subject, "")} })
	for i, look := range looks {
		found := look()
		if ctx.Err() != nil {
			return fmt.Errorf("check the installation: %w", ctx.Err())
		}
		tell(i+1, len(looks), found...)
	}
	return nil
}

// examine checks the installation as it serves, for who looks at it in the portal.
func (a *App) examine(ctx context.Context, tell func(done, of int, found ...setup.Outcome)) error {
	return a.cfg.examine(ctx, a.Store.Secret, setup.Checks{Cloud: a.cfg.cloud(), Now: a.cfg.Now, Log: a.cfg.Log, SameDisk: sameDisk}, tell)
}

// lastBackup looks at the newest backup of the schedule.
func (s *Settings) lastBackup() setup.Outcome {
	var last time.Time
	if s.BackupDir != "" {
		if all, err := store.Backups(s.BackupDir, 0); err == nil {
			for _, b := range all {
				if !b.MadeAt.After(time.Now()) { // by a clock that was wrong
					last = b.MadeAt
				}
			}
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
	free, known := diskFree(s.Data)
	if !known {
		return out
	}
	said := fmt.Sprintf("%d MB", free>>20)
	if free < lowDisk {
		return append(out, setup.Found("disk", setup.Warning, "disk-low", "free", said))
	}
	return append(out, setup.Found("disk", setup.OK, "disk-ok", "free", said))
}
