package app

import (
	"context"
	"errors"
	"time"

	"roomward/policy"
	"roomward/store"
)

const (
	// retainEvery is how often each customer's old history is forgotten, and retainLook how often it is looked whether that is due.
	retainEvery = 24 * time.Hour
	retainLook  = 10 * time.Minute
	// retainAtOnce is how many rows of a kind one change removes, so that others need not wait.
	retainAtOnce = 500
)

// retain forgets the history that is older than what each customer agreed to.
func (a *App) retain(ctx context.Context) {
	tick := time.NewTicker(retainLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		due, err := a.Store.HistoryDue(ctx, retainEvery)
		if err == nil && due {
			err = a.pruneHistory(ctx)
		}
		if err != nil && ctx.Err() == nil {
			a.cfg.Log.Error("forget old history", "error", err)
		}
	}
}

// pruneHistory forgets the old history of all customers, in small steps.
func (a *App) pruneHistory(ctx context.Context) error {
	customers, err := a.Store.Retained(ctx)
	if err != nil {
		return err
	}
	for _, id := range customers {
		for {
			n, err := a.Store.PruneHistory(ctx, policy.ForWork(id, "forget old history"), retainAtOnce)
			if errors.Is(err, store.ErrNotFound) { // its relation has ended meanwhile
				break
			}
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
	}
	return a.Store.NoteHistory(ctx)
}
