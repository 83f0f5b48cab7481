package app

import (
	"context"
	"io"
	"time"

	"roomward/app/audit"
)

// recordEvery is how often it is looked for records that need a checkpoint, or have entries past the retention: each gets one a day.
const recordEvery = time.Hour

// keepRecord signs the heads of the audit record once a day, and takes the entries that are past the retention.
func (a *App) keepRecord(ctx context.Context) {
	tick := time.NewTicker(recordEvery)
	defer tick.Stop()
	for {
		if err := a.recordOnce(ctx); err != nil && ctx.Err() == nil {
			a.cfg.Log.Error("keep the audit record", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *App) recordOnce(ctx context.Context) error {
	if _, err := a.Store.PruneAudit(ctx, time.Duration(a.cfg.AuditDays)*24*time.Hour); err != nil {
		return err
	}
	_, err := a.Store.CheckpointAudit(ctx, audit.CheckpointEvery)
	return err
}

// VerifySettings say what `verify` checks: a data directory, an exported file or a backup, and against which checkpoints.
type VerifySettings struct {
	Data, Export, Backup, Against string
	Out                           io.Writer
}

// Verify checks an audit record and writes what it found; audit.ErrChanged says that something is wrong.
func Verify(ctx context.Context, s VerifySettings) error {
	return audit.Check(ctx, audit.Checking{Data: s.Data, Export: s.Export, Backup: s.Backup, Against: s.Against}, s.Out)
}
