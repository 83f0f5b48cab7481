package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"roomward/app/audit"
	"roomward/store"
)

// BackupSettings say what the command `backup` copies, and where to.
type BackupSettings struct {
	Data, To string
	Out      io.Writer
}

// Backup copies a data directory while a server may run on it, and says what is in the copy.
func Backup(ctx context.Context, s BackupSettings, version string) error {
	path, m, err := store.MakeBackup(ctx, store.BackupOptions{Data: s.Data, To: s.To, Version: version})
	if err != nil {
		return fmt.Errorf("back up %s: %w", s.Data, err)
	}
	if _, err := fmt.Fprintf(s.Out, "Backup made: %s\n%sIt has neither secret.key nor seal.key: keep a copy of them elsewhere. Delete it within %d days.\n",
		path, about(m), int(store.BackupLife/(24*time.Hour))); err != nil {
		return err
	}
	if m.Findings > 0 {
		return fmt.Errorf("the backup was made, and the record of who did what in it was changed at %d places: %w", m.Findings, audit.ErrChanged)
	}
	return nil
}

// about says what is in a backup.
func about(m store.Manifest) string {
	var names []string
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	return fmt.Sprintf("Of %s, by version %s, schema %s, %d customers, %.1f MB: %s\n", m.MadeAt.Format(time.RFC3339), m.Version, strings.TrimSuffix(m.Schema, ".sql"),
		len(m.Customers), float64(m.Size())/1e6, strings.Join(names, ", "))
}

// RestoreSettings say which backup the command `restore` brings to life, and where.
type RestoreSettings struct {
	From, Data, Departed string
	WithoutDeparted      bool
	Out                  io.Writer
}

// Restore makes a data directory out of a backup and says what is left to do.
func Restore(ctx context.Context, s RestoreSettings) error {
	done, err := store.Restore(ctx, store.RestoreOptions{From: s.From, Data: s.Data, Departed: s.Departed, WithoutDeparted: s.WithoutDeparted})
	if err != nil {
		return fmt.Errorf("restore %s: %w", s.From, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Restored into %s\n%s", s.Data, about(done.Manifest))
	b.WriteString("What was changed since that moment is lost. At the next start what had ended ends again, everybody signs in anew, and both sides of each relation are told.\n")
	if s.WithoutDeparted {
		b.WriteString("No departed file told of anything later: if customers left since then, or rights were taken back, they are back. Tell your customers.\n")
	}
	for _, sentence := range done.Warnings {
		b.WriteString(sentence + "\n")
	}
	if done.Findings > 0 {
		fmt.Fprintf(&b, "The record of who did what in it was changed at %d places: see roomward verify --data.\n", done.Findings)
	}
	for _, name := range done.Missing {
		b.WriteString(missingKey(name))
	}
	_, err = io.WriteString(s.Out, b.String())
	return err
}

func missingKey(name string) string {
	if name == "seal.key" {
		return "seal.key is not there: put its copy in place before the next start, or the records that are kept for customers that have left stay closed.\n"
	}
	return name + " is not there: put its copy in place, or name it with --secret-key-file, before the next start, or give the client secret, the certificate and the mail password anew.\n"
}

// backupLook is how often it is looked whether a backup is due, and which ones are over.
const backupLook = 10 * time.Minute

// BackupStatus is how backups by schedule stand.
type BackupStatus struct {
	On     bool      // there is a directory for them
	Last   time.Time // of the last one that was made; zero for none
	Size   int64     // of the last one, in bytes
	Failed string    // why the last try failed; "" when it did not
	Since  time.Time // since when they fail
}

// BackupStatus tells how backups by schedule stand, for those who watch.
func (a *App) BackupStatus() BackupStatus {
	a.backups.Lock()
	defer a.backups.Unlock()
	return a.backups.status
}

// backUp makes backups by schedule, and removes those that are over, also the ones from before upgrades.
func (a *App) backUp(ctx context.Context) {
	tick := time.NewTicker(backupLook)
	defer tick.Stop()
	for {
		a.backUpOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// backUpOnce does what is due. A failure is told once, and again when it has another reason.
func (a *App) backUpOnce(ctx context.Context) {
	err := a.Store.ExpireBackups(ctx, a.cfg.Data, store.BackupLife)
	if a.cfg.BackupDir != "" {
		err = errors.Join(err, a.backUpDue(ctx))
	}
	if ctx.Err() != nil {
		return
	}
	a.backups.Lock()
	status := &a.backups.status
	status.On = a.cfg.BackupDir != ""
	said := ""
	if err != nil {
		said = err.Error()
		if status.Failed == "" {
			status.Since = a.cfg.Now()
		}
	} else {
		status.Since = time.Time{}
	}
	news := said != status.Failed
	status.Failed = said
	a.backups.Unlock()
	if !news {
		return
	}
	if err != nil {
		a.cfg.Log.Error("a backup could not be made, or an old one not removed", "error", err)
	}
	if err := a.Store.NoteBackups(ctx, said); err != nil && ctx.Err() == nil {
		a.cfg.Log.Error("tell that backups fail", "error", err)
	}
}

// backUpDue makes a backup when the last one is old enough, and removes those that are over once there is a newer one.
func (a *App) backUpDue(ctx context.Context) error {
	made, err := a.Store.Backups(a.cfg.BackupDir)
	if err != nil {
		return err
	}
	now := a.cfg.Now()
	// What is of a time to come was made by a wrong clock, and does not say when the next is due.
	made = slices.DeleteFunc(made, func(b store.Backup) bool { return b.MadeAt.After(now) })
	if len(made) == 0 || a.cfg.BackupSchedule.due(made[len(made)-1].MadeAt, now) {
		b, err := a.Store.BackUp(ctx, a.cfg.BackupDir, a.cfg.Version)
		if err != nil {
			// Without a newer one the last goes only when customers were promised that it would.
			return errors.Join(fmt.Errorf("back up into %s: %w", a.cfg.BackupDir, err), a.Store.ExpireBackups(ctx, a.cfg.BackupDir, store.BackupLife))
		}
		made = append(made, b)
	}
	last := made[len(made)-1]
	a.backups.Lock()
	a.backups.status.Last, a.backups.status.Size = last.MadeAt, last.Size()
	a.backups.Unlock()
	return a.Store.ExpireBackups(ctx, a.cfg.BackupDir, a.keepBackups())
}

func (a *App) keepBackups() time.Duration { return time.Duration(a.cfg.BackupKeep) * 24 * time.Hour }
