package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"modernc.org/sqlite"
)

const (
	// groupMost is how many changes share a commit at most: beyond it the disk is no longer what costs.
	groupMost = 64
	// groupTime is after how long a group takes in no further change, so that the first does not wait for the commit for ever.
	groupTime = 20 * time.Millisecond
)

// errCutOff is the answer when the goroutine of a group ended in the middle, as a failing test does it.
var errCutOff = errors.New("the change was cut off before its commit")

// group lets changes that wait at the same time share one transaction and so one flush of the disk (design 8, 14). Each has a savepoint of
// its own: an error, a panic or an ended context takes back that change alone. Nobody is answered before the commit, and when the commit
// fails, or SQLite gives up the whole transaction, all of the group are told so: a change may have seen another that is now gone. (Should the
// disk fail in the very flush of a commit, and the machine stop before the next change, the refused group can be there after all.)
type group struct {
	writer  *sql.DB
	now     func() time.Time
	log     *slog.Logger
	longest time.Duration
	// committed is told of each commit; nil tells nobody.
	committed func(changes int, took time.Duration)

	mu      sync.Mutex
	waiting []*change
	running bool
}

// change is one call of write. Only the group touches it until done is closed.
type change struct {
	ctx      context.Context
	fn       func(*tx) error
	alone    bool
	done     chan struct{}
	err      error
	panicked any
}

// do hands a change to the group and waits for its answer.
func (g *group) do(c *change) error {
	c.done = make(chan struct{})
	g.mu.Lock()
	g.waiting = append(g.waiting, c)
	if !g.running {
		g.running = true
		go g.run()
	}
	g.mu.Unlock()
	select {
	case <-c.done:
	case <-c.ctx.Done():
		if g.leave(c) {
			return fmt.Errorf("wait to make a change: %w", c.ctx.Err())
		}
		<-c.done // it is being made: only the commit tells what became of it
	}
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c.err
}

// leave takes a change out of the queue; false when a group has taken it.
func (g *group) leave(c *change) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, c)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	return true
}

// run makes one group, and the next as long as somebody waits: there is no goroutine while nobody does.
func (g *group) run() {
	defer func() { // also when a change ended the goroutine
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.running = len(g.waiting) > 0; g.running {
			go g.run()
		}
	}()
	g.commit()
}

// commit makes the changes that wait, in the order in which they came, and commits them together.
func (g *group) commit() {
	// The transaction belongs to nobody's context: database/sql would roll back everybody's change when it ends.
	t, err := g.writer.BeginTx(context.Background(), nil)
	if err != nil {
		g.refuse(fmt.Errorf("begin a change: %w", err))
		return
	}
	var taken []*change
	failed := errCutOff
	defer func() {
		_ = t.Rollback() // after the commit it does nothing
		for _, c := range taken {
			if failed != nil { // even for one that had failed alone: it may have done so because of another's change
				c.err = failed
			}
			close(c.done)
		}
	}()
	began := time.Now()
	for c := g.take(nil, began); c != nil; c = g.take(taken, began) {
		taken = append(taken, c)
		if lost := g.change(t, c); lost != nil {
			failed = lost
			return
		}
		if c.alone && c.err != nil {
			failed = nil // it is told its own error, and the whole transaction is taken back
			return
		}
	}
	if len(taken) == 0 {
		return
	}
	failed = nil
	if err := t.Commit(); err != nil {
		failed = fmt.Errorf("commit a change: %w", err)
		return
	}
	if g.committed != nil {
		g.committed(len(taken), time.Since(began))
	}
}

// take takes the next change for a group that has taken some since it began; nil when the group is complete.
func (g *group) take(taken []*change, began time.Time) *change {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		return nil
	}
	c := g.waiting[0]
	if len(taken) > 0 && (c.alone || taken[0].alone || len(taken) == groupMost || time.Since(began) > g.longest) {
		return nil
	}
	g.waiting = slices.Delete(g.waiting, 0, 1)
	return c
}

// refuse answers everybody who waits: who came first has waited for the lock as long as is allowed, and the others would in turn.
func (g *group) refuse(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.waiting {
		c.err = err
		close(c.done)
	}
	g.waiting = nil
}

// change makes one change inside the transaction, or takes it back. An error means that the transaction is lost, for all of the group. A change
// that is alone needs no savepoint, and with thousands of rows could not afford one: SQLite keeps a copy of every page for it, and walks along
// all of them after every statement.
func (g *group) change(t *sql.Tx, c *change) error {
	if c.err = c.ctx.Err(); c.err != nil {
		return nil
	}
	if !c.alone {
		if _, err := t.Exec(`SAVEPOINT change`); err != nil {
			return fmt.Errorf("begin a change: %w", err)
		}
	}
	own := &tx{Tx: t, now: millis(g.now()), shared: true}
	c.err = g.call(c, own)
	for _, r := range own.opened {
		_ = r.Close() // a panic may have left it open, and a savepoint does not end under a statement
	}
	switch {
	case own.broken != nil && !errors.Is(c.err, own.broken):
		c.err = own.broken // which fn did not pass on
	case c.err == nil:
		c.err = c.ctx.Err()
	}
	if c.alone {
		return nil
	}
	if c.err == nil {
		if _, c.err = t.Exec(`RELEASE change`); c.err == nil {
			return nil
		}
	}
	_, err := t.Exec(`ROLLBACK TO change; RELEASE change`)
	if err == nil {
		return nil
	}
	// There is no savepoint any more: SQLite has rolled back everything. The others learn why, and nothing of what this one was about.
	var cause *sqlite.Error
	if errors.As(c.err, &cause) {
		err = cause
	}
	return fmt.Errorf("the transaction of this change was lost: %w", err)
}

// call runs fn and keeps its panic for the caller, in whose goroutine it belongs. The stack is only to be had here.
func (g *group) call(c *change, t *tx) (err error) {
	defer func() {
		if c.panicked = recover(); c.panicked != nil {
			err = errCutOff
			g.log.ErrorContext(c.ctx, "a change panicked", "stack", string(debug.Stack()))
		}
	}()
	return c.fn(t)
}
