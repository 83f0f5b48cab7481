package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"roomward/store"
)

// SeedSettings are the settings of `roomward seed`.
type SeedSettings struct {
	World    string    // S, M or L
	Data     string    // data directory to fill; it must have no customers yet
	Now      time.Time // the moment that every time in the world is relative to; zero is this hour
	Progress io.Writer // where the lines about the progress go
}

// Seed fills a data directory of the demo with one of the worlds of design 14: always the same one for the same moment.
func Seed(ctx context.Context, s SeedSettings) (err error) {
	if s.Data == "" {
		return errors.New("--data: say which directory to fill")
	}
	if s.Now.IsZero() {
		s.Now = time.Now()
	}
	world, err := newSeedWorld(s.World, s.Now)
	if err != nil {
		return fmt.Errorf("--world: %w", err)
	}
	alone, err := store.Occupy(s.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, alone.Close()) }()
	began := time.Now()
	st, err := store.Open(ctx, store.Options{Dir: s.Data, Mode: store.ModeDemo, Now: func() time.Time { return world.now }})
	if err != nil {
		return fmt.Errorf("open the data directory %s: %w", s.Data, err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	told := began
	counts, err := st.Seed(ctx, store.System("seed"), world.name, world.stream(ctx), func(c store.SeedCounts) {
		if now := time.Now(); now.Sub(told) >= 2*time.Second {
			told = now
			fmt.Fprintf(s.Progress, "World %s: %d of %d customers, %d rooms, %d incidents\n", world.name, c.Customers, world.customers, c.Rooms, c.Incidents)
		}
	})
	if err != nil {
		return fmt.Errorf("seed World %s into %s: %w", world.name, s.Data, err)
	}
	file, err := os.Stat(filepath.Join(s.Data, "roomward.db"))
	if err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	fmt.Fprintf(s.Progress, "World %s is ready: %d customers, %d rooms, %d devices, %d incidents of which %d open; %d MB in %.0f s. See it: roomward demo --data %s\n",
		world.name, counts.Customers, counts.Rooms, counts.Devices, counts.Incidents, counts.Open, file.Size()>>20, time.Since(began).Seconds(), s.Data)
	return nil
}

// stream makes the customers one after the other, a few ahead of who writes them.
func (w *seedWorld) stream(ctx context.Context) iter.Seq2[store.SeedCustomer, error] {
	return func(yield func(store.SeedCustomer, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		made := make(chan store.SeedCustomer, 4)
		go func() {
			defer close(made)
			for n := range w.customers {
				select {
				case made <- w.customer(n):
				case <-ctx.Done():
					return
				}
			}
		}()
		for c := range made {
			if !yield(c, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(store.SeedCustomer{}, err)
		}
	}
}
