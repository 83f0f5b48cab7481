package app

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"roomward/app/watch"
)

// What is too little or too soon for /readyz.
const (
	leastDisk      = 1 << 30             // bytes free beside the database: a backup and a write-ahead log of a large world
	certificateEnd = 10 * 24 * time.Hour // a certificate that renews itself is renewed a month before its end
	keyEnd         = 30 * 24 * time.Hour // of the certificate of the registration in Entra, which a person has to renew
	lookAtReasons  = time.Minute
)

func (a *App) newWatch() *watch.Watch {
	return watch.New(watch.Config{
		Version: a.cfg.Version, Now: a.cfg.Now, Watched: a.Store.Watched, Waits: a.Store.Waits, Views: a.Decider.Work,
		Reasons: a.reasons,
		Lanes: func() []watch.Lane {
			var out []watch.Lane
			a.Collect.Busy(func(kind, queue string, busy, of int) {
				out = append(out, watch.Lane{Kind: kind, Queue: queue, Busy: busy, Of: of})
			})
			return out
		},
	})
}

// reasons are why Roomward is not well, beside what the server itself knows.
func (a *App) reasons(ctx context.Context) []watch.Reason {
	out := a.watch.Reasons(ctx)
	now := a.cfg.Now()
	if free, known := diskFree(a.cfg.Data); known && free < leastDisk {
		out = append(out, watch.Reason{Code: "disk-low", Text: "The disk of the data directory is nearly full.", Detail: fmt.Sprintf("%d MiB are free.", free>>20)})
	}
	if c := a.cfg.certificate; c != nil {
		until, trouble := c.State()
		switch {
		case until.IsZero():
			out = append(out, watch.Reason{Code: "certificate-missing", Text: "There is no TLS certificate yet.", Detail: trouble})
		case now.After(until):
			out = append(out, watch.Reason{Code: "certificate-over", Text: "The TLS certificate is over.", Detail: "It was good until " + stamp(until) + ". " + trouble})
		case until.Sub(now) < certificateEnd:
			out = append(out, watch.Reason{Code: "certificate-ends", Text: "The TLS certificate ends soon.", Detail: "It is good until " + stamp(until) + ". " + trouble})
		case trouble != "":
			out = append(out, watch.Reason{Code: "certificate-not-taken", Text: "A new TLS certificate was not taken.", Detail: trouble})
		}
	}
	if until := a.keyUntil; !until.IsZero() && until.Sub(now) < keyEnd {
		out = append(out, watch.Reason{Code: "app-certificate-ends", Text: "A certificate of the registrations in Entra ends soon.",
			Detail: "It is good until " + stamp(until) + "."})
	}
	return append(out, a.backupReasons(now)...)
}

// backupReasons are what ails the backups by schedule. Who makes none by schedule is not reminded: it may have its own.
func (a *App) backupReasons(now time.Time) []watch.Reason {
	b := a.BackupStatus()
	switch {
	case b.Failed != "":
		return []watch.Reason{{Code: "backup-failed", Text: "Backups fail.", Detail: "Since " + stamp(b.Since) + ": " + b.Failed}}
	case b.On && !b.Last.IsZero() && now.Sub(b.Last) > 2*a.cfg.BackupEvery:
		return []watch.Reason{{Code: "backup-overdue", Text: "A backup is overdue.", Detail: "The last is of " + stamp(b.Last) + "."}}
	}
	return nil
}

// committed counts a commit of the store, which begins before there is anybody to count.
func (a *App) committed(changes int, took time.Duration) {
	if a.watch != nil {
		a.watch.Committed(changes, took)
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// followReasons says in the log when a reason comes and when it goes, for who has nothing else to look at.
func (a *App) followReasons(ctx context.Context) {
	tick := time.NewTicker(lookAtReasons)
	defer tick.Stop()
	var known []watch.Reason
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		known = a.noteReasons(ctx, known)
	}
}

// noteReasons compares the reasons with those known before, and returns them.
func (a *App) noteReasons(ctx context.Context, known []watch.Reason) []watch.Reason {
	found := a.reasons(ctx)
	has := func(list []watch.Reason, code string) bool {
		return slices.ContainsFunc(list, func(r watch.Reason) bool { return r.Code == code })
	}
	for _, r := range found {
		if !has(known, r.Code) {
			a.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "not well", slog.String("code", r.Code), slog.String("reason", r.Text), slog.String("detail", r.Detail))
		}
	}
	for _, r := range known {
		if !has(found, r.Code) {
			a.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "well again", slog.String("code", r.Code))
		}
	}
	return found
}
