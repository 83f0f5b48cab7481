package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Answers proves that reading works; it waits for no change that is being made.
func (s *Store) Answers(ctx context.Context) error {
	return s.read(ctx, func(t *tx) error {
		var one int
		return t.QueryRowContext(ctx, `SELECT 1`).Scan(&one)
	})
}

// Watched are counts and ages for who watches the machine: of all customers together, so that nothing of any one leaves by them.
type Watched struct {
	Jobs     []JobsWatched
	Actions  map[string]int // room actions that have not ended, by state
	Requests int            // change requests that wait for a customer
	Letters  map[string]int // by state
	Sessions map[string]int // that have not expired, by side
	// Customers counts the relations, by state.
	Customers map[string]int
	// OldestLetter is the age of the notice that has waited longest for its mail; zero when none waits.
	OldestLetter time.Duration
	// Erasing is for how long removed rows have waited to leave the files; zero when none do (law 7 gives 60 s).
	Erasing time.Duration
	// Bytes of the database and of its write-ahead log, and how many of the former are free pages.
	Database, Log, Free int64
}

// JobsWatched are the collecting jobs of one kind in one state, of the customers whose views are open.
type JobsWatched struct {
	Kind, State string
	Jobs        int
	Due         int           // that are due and not being done
	Overdue     time.Duration // since the longest of those is due
	Age         time.Duration // of the oldest last good data; from the acceptance on where there never was any
}

// Watched reads them, of one moment.
func (s *Store) Watched(ctx context.Context) (Watched, error) {
	w := Watched{Actions: map[string]int{}, Letters: map[string]int{}, Sessions: map[string]int{}, Customers: map[string]int{}}
	err := s.read(ctx, func(t *tx) error {
		if err := w.readJobs(ctx, t); err != nil {
			return fmt.Errorf("count the collecting jobs: %w", err)
		}
		for _, q := range []struct {
			what  string
			into  map[string]int
			query string
			args  []any
		}{
			{"room actions", w.Actions, `SELECT state, count(*) FROM room_actions WHERE state IN ('queued', 'sent', 'running') GROUP BY state`, nil},
			{"letters", w.Letters, `SELECT state, count(*) FROM letters GROUP BY state`, nil},
			{"sessions", w.Sessions, `SELECT side, count(*) FROM sessions WHERE expires_at > $1 GROUP BY side`, []any{t.now}},
			{"customers", w.Customers, `SELECT state, count(*) FROM customers GROUP BY state`, nil},
		} {
			if err := countInto(ctx, t, q.into, q.query, q.args...); err != nil {
				return fmt.Errorf("count the %s: %w", q.what, err)
			}
		}
		return w.readRest(ctx, t)
	})
	if err != nil {
		return Watched{}, err
	}
	if w.Log, err = sizeOf(filepath.Join(s.dir, "roomward.db-wal")); err != nil {
		return Watched{}, fmt.Errorf("measure the write-ahead log: %w", err)
	}
	return w, nil
}

func (w *Watched) readJobs(ctx context.Context, t *tx) error {
	rows, err := t.QueryContext(ctx, `SELECT j.kind, j.state, count(*),
			count(*) FILTER (WHERE j.due_at <= $1 AND j.leased_until <= $1), min(j.due_at) FILTER (WHERE j.due_at <= $1 AND j.leased_until <= $1),
			min(coalesce(j.last_good_at, c.accepted_at))
		FROM collect_jobs j JOIN customers c ON c.id = j.customer_id
		WHERE c.state = 'active' GROUP BY j.kind, j.state ORDER BY j.kind, j.state`, t.now)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var j JobsWatched
		var due sql.NullInt64
		var good int64
		if err := rows.Scan(&j.Kind, &j.State, &j.Jobs, &j.Due, &due, &good); err != nil {
			return err
		}
		if due.Valid {
			j.Overdue = since(t.now, due.Int64)
		}
		j.Age = since(t.now, good)
		w.Jobs = append(w.Jobs, j)
	}
	return rows.Err()
}

func (w *Watched) readRest(ctx context.Context, t *tx) error {
	var letter sql.NullInt64
	var erase string
	var page, pages, free int64
	for _, q := range []struct {
		what, query string
		into        any
		args        []any
	}{
		{"the change requests", `SELECT count(*) FROM change_requests WHERE state = 'waiting' AND expires_at > $1`, &w.Requests, []any{t.now}},
		{"the oldest letter", `SELECT min(n.at) FROM letters l JOIN notices n ON n.id = l.notice_id WHERE l.state = 'waiting'`, &letter, nil},
		{"what is to be erased", `SELECT coalesce((SELECT value FROM facts WHERE name = 'erase'), '')`, &erase, nil},
		{"the size of a page", `PRAGMA page_size`, &page, nil},
		{"the pages", `PRAGMA page_count`, &pages, nil},
		{"the free pages", `PRAGMA freelist_count`, &free, nil},
	} {
		if err := t.QueryRowContext(ctx, q.query, q.args...).Scan(q.into); err != nil {
			return fmt.Errorf("read %s: %w", q.what, err)
		}
	}
	if letter.Valid {
		w.OldestLetter = since(t.now, letter.Int64)
	}
	if at, err := strconv.ParseInt(strings.TrimRight(erase, "+"), 10, 64); err == nil {
		w.Erasing = since(t.now, at)
	}
	w.Database, w.Free = page*pages, page*free
	return nil
}

func countInto(ctx context.Context, t *tx, into map[string]int, query string, args ...any) error {
	rows, err := t.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return err
		}
		into[name] = n
	}
	return rows.Err()
}

// since is the time between two stored moments; never less than nothing.
func since(now, then int64) time.Duration { return time.Duration(max(0, now-then)) * time.Millisecond }

func sizeOf(path string) (int64, error) {
	info, err := os.Stat(path) // which opens nothing: closing a file of the database would give up its locks
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// PoolWaits are those for a connection of the database since the start, and how many connections are in use now.
type PoolWaits struct {
	Busy  int
	Times int64
	Took  time.Duration
}

// Waits says how often and how long reads and changes have waited for a connection. Changes that wait in the group do not count.
func (s *Store) Waits() (reads, changes PoolWaits) {
	of := func(db *sql.DB) PoolWaits {
		stats := db.Stats()
		return PoolWaits{Busy: stats.InUse, Times: stats.WaitCount, Took: stats.WaitDuration}
	}
	return of(s.reader), of(s.writer)
}
