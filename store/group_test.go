package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"
)

// onWriter hands out the hooks of the writer's one connection.
func onWriter(t testing.TB, s *Store, fn func(sqlite.HookRegisterer)) {
	t.Helper()
	c, err := s.writer.Conn(t.Context())
	require.NoError(t, err)
	require.NoError(t, c.Raw(func(dc any) error {
		fn(dc.(interface {
			driver.Conn
			sqlite.HookRegisterer
		}))
		return nil
	}))
	require.NoError(t, c.Close())
}

// countCommits counts the transactions that the writer commits from now on.
func countCommits(t testing.TB, s *Store) *atomic.Int64 {
	t.Helper()
	var n atomic.Int64
	onWriter(t, s, func(c sqlite.HookRegisterer) {
		c.RegisterCommitHook(func() int32 { n.Add(1); return 0 })
	})
	return &n
}

// panicked is what a call panicked with.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprint("panicked: ", p.value) }

func caught(call func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked{v}
		}
	}()
	return call()
}

func (g *group) queue() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// hold keeps the writer busy until release is called, with a change that writes nothing.
func (h *house) hold() (release func()) {
	entered, end := make(chan struct{}), make(chan struct{})
	var held sync.WaitGroup
	held.Go(func() {
		_ = h.writeAlone(context.Background(), func(*tx) error {
			close(entered)
			<-end
			return nil
		})
	})
	<-entered
	return sync.OnceFunc(func() { close(end); held.Wait() })
}

// together makes calls whose changes wait in this order before the first of them is made, and gives the answer of each.
func (h *house) together(calls ...func() error) []error {
	h.t.Helper()
	h.group.longest = time.Hour // a slow machine must not split what belongs together
	release := h.hold()
	defer release()
	answers := make([]error, len(calls))
	var all sync.WaitGroup
	for i, call := range calls {
		all.Go(func() { answers[i] = caught(call) })
		require.Eventually(h.t, func() bool { return h.group.queue() == i+1 }, 10*time.Second, 100*time.Microsecond)
	}
	release()
	all.Wait()
	return answers
}

// keep is a change that writes one fact.
func keep(name string) func(*tx) error {
	return func(t *tx) error {
		_, err := t.exec(context.Background(), `INSERT INTO facts (name, value) VALUES ($1, 'kept')`, name)
		return err
	}
}

func (h *house) keeping(name string) func() error {
	return func() error { return h.write(context.Background(), keep(name)) }
}

// kept are the facts that begin with the word, in the order of their names.
func (h *house) kept(word string) string {
	h.t.Helper()
	var out sql.NullString
	require.NoError(h.t, h.reader.QueryRow(`SELECT group_concat(name, ' ') FROM (SELECT name FROM facts WHERE name LIKE $1 ORDER BY name)`, word+"%").Scan(&out))
	return out.String
}

func TestWritersShareCommits(t *testing.T) {
	h := openHouse(t)
	commits := countCommits(t, h.Store)
	const writers = 200
	codes := make([]InvitationCode, writers)
	calls := make([]func() error, writers)
	for i := range calls {
		calls[i] = func() (err error) {
			codes[i], err = h.AddInvitationCode(t.Context(), maya, fmt.Sprintf("CODE-%d", i), fmt.Sprintf("note %d", i), morning.Add(time.Hour))
			return err
		}
	}
	for _, err := range h.together(calls...) {
		require.NoError(t, err)
	}
	require.EqualValues(t, 1+4, commits.Load(), "that of hold, and 200 changes by %d", groupMost)
	for i, c := range codes {
		require.EqualValues(t, 1, h.number(`SELECT count(*) FROM invitation_codes WHERE id = $1 AND note = $2`, c.ID, fmt.Sprintf("note %d", i)))
		require.EqualValues(t, 1, h.number(`SELECT count(*) FROM audit WHERE operation = 'invitation-code.create' AND object_id = $1 AND object = $2`,
			c.ID.String(), fmt.Sprintf("note %d", i)))
	}
	require.EqualValues(t, writers, h.number(`SELECT count(*) FROM audit`))
}

func TestEveryChangeHasItsOwnTime(t *testing.T) {
	h := openHouse(t)
	var times [3]int64
	var calls []func() error
	for i := range times {
		calls = append(calls, func() error {
			return h.write(t.Context(), func(tx *tx) error { times[i] = tx.now; h.pass(time.Minute); return nil })
		})
	}
	for _, err := range h.together(calls...) {
		require.NoError(t, err)
	}
	require.Equal(t, [3]int64{millis(morning), millis(morning.Add(time.Minute)), millis(morning.Add(2 * time.Minute))}, times)
}

// TestOneFailsInAGroup: what happens to one change must not touch those that share its commit.
func TestOneFailsInAGroup(t *testing.T) {
	broken := errors.New("broken")
	const long = `INSERT INTO facts (name, value) WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i+1 FROM n WHERE i < 20000) SELECT 'x bad ' || i, '' FROM n`
	cases := map[string]struct {
		ctx func(context.Context) context.Context
		bad func(context.Context, context.CancelFunc, *tx) error
		err error
	}{
		"an error": {err: broken, bad: func(_ context.Context, _ context.CancelFunc, t *tx) error {
			return errors.Join(keep("x bad")(t), broken)
		}},
		"a panic": {err: panicked{broken}, bad: func(_ context.Context, _ context.CancelFunc, t *tx) error {
			_ = keep("x bad")(t)
			panic(broken)
		}},
		"a broken rule": {err: Conflict{"taken"}, bad: func(_ context.Context, _ context.CancelFunc, t *tx) error {
			if err := keep("x bad")(t); err != nil {
				return err
			}
			if err := keep("x 1")(t); !isUnique(err) {
				return fmt.Errorf("must see what came before it: %w", err)
			}
			return Conflict{"taken"}
		}},
		"a context that ends after the last statement": {err: context.Canceled, bad: func(_ context.Context, cancel context.CancelFunc, t *tx) error {
			defer cancel()
			return keep("x bad")(t)
		}},
		"a context that ends between statements": {err: context.Canceled, bad: func(ctx context.Context, cancel context.CancelFunc, t *tx) error {
			if err := keep("x bad")(t); err != nil {
				return err
			}
			cancel()
			_, err := t.exec(ctx, `UPDATE facts SET value = 'bad'`)
			return err
		}},
		"a context that ends in a statement": {err: context.Canceled, bad: func(ctx context.Context, cancel context.CancelFunc, t *tx) error {
			go cancel()
			_, err := t.exec(ctx, long)
			return err
		}},
		"a context that ends in a statement that returns": {err: context.Canceled, bad: func(ctx context.Context, cancel context.CancelFunc, t *tx) error {
			go cancel()
			var name string
			return t.QueryRowContext(ctx, long+` RETURNING name`).Scan(&name)
		}},
		"a statement left open": {err: broken, bad: func(ctx context.Context, _ context.CancelFunc, t *tx) error {
			if _, err := t.QueryContext(ctx, long+` RETURNING name`); err != nil {
				return err
			}
			return broken
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t)
			commits := countCommits(t, h.Store)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			got := h.together(h.keeping("x 1"), func() error {
				return h.write(ctx, func(tx *tx) error { return c.bad(ctx, cancel, tx) })
			}, h.keeping("x 2"))
			require.NoError(t, got[0])
			require.ErrorIs(t, got[1], c.err)
			require.NoError(t, got[2])
			require.Equal(t, "x 1 x 2", h.kept("x"))
			require.EqualValues(t, 1+1, commits.Load(), "they must have shared the commit")
			require.EqualValues(t, 0, h.number(`SELECT count(*) FROM facts WHERE value = 'bad'`))
		})
	}
}

func TestWhoWaitsCanLeave(t *testing.T) {
	h := openHouse(t)
	release := h.hold()
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	left, stayed := make(chan error), make(chan error)
	go func() { left <- h.write(ctx, func(*tx) error { panic("must not run") }) }()
	go func() { stayed <- h.keeping("x")() }()
	require.Eventually(t, func() bool { return h.group.queue() == 2 }, 10*time.Second, 100*time.Microsecond)
	cancel()
	require.ErrorIs(t, <-left, context.Canceled, "at once, while the writer is still busy")
	release()
	require.NoError(t, <-stayed)
	require.Equal(t, "x", h.kept("x"))
}

func TestLongChangeIsAlone(t *testing.T) {
	h := openHouse(t)
	commits := countCommits(t, h.Store)
	before := make(chan struct{})
	got := h.together(
		func() error { defer close(before); return h.keeping("x 1")() },
		func() error {
			return h.writeAlone(t.Context(), func(tx *tx) error {
				select {
				case <-before:
					return keep("x 2")(tx)
				case <-time.After(10 * time.Second):
					return errors.New("who came before must be answered meanwhile")
				}
			})
		},
		h.keeping("x 3"), h.keeping("x 4"))
	require.NoError(t, errors.Join(got...))
	require.Equal(t, "x 1 x 2 x 3 x 4", h.kept("x"))
	require.EqualValues(t, 1+3, commits.Load())
}

func TestGroupEndsAfterAWhile(t *testing.T) {
	h := openHouse(t)
	commits := countCommits(t, h.Store)
	slow := func() error {
		return h.write(t.Context(), func(tx *tx) error { h.group.longest = 0; return keep("x 1")(tx) })
	}
	require.NoError(t, errors.Join(h.together(slow, h.keeping("x 2"), h.keeping("x 3"))...))
	require.Equal(t, "x 1 x 2 x 3", h.kept("x"))
	require.EqualValues(t, 1+3, commits.Load(), "the first took too long for the second to join")
}

// TestFailedCommit: a commit that fails fails for all, also for a change that failed because of another in the group.
func TestFailedCommit(t *testing.T) {
	h := openHouse(t)
	onWriter(t, h.Store, func(c sqlite.HookRegisterer) { c.RegisterCommitHook(func() int32 { return 1 }) })
	misled := func() error {
		return h.write(t.Context(), func(tx *tx) error {
			if isUnique(keep("x 1")(tx)) {
				return Conflict{"taken"}
			}
			return nil
		})
	}
	for _, err := range h.together(h.keeping("x 1"), misled, h.keeping("x 2")) {
		require.ErrorContains(t, err, "commit a change")
		require.False(t, errors.As(err, &Conflict{}), "what it ran into is not there")
	}
	require.Empty(t, h.kept("x"))
	onWriter(t, h.Store, func(c sqlite.HookRegisterer) { c.RegisterCommitHook(nil) })
	require.NoError(t, h.keeping("x 3")())
	require.Equal(t, "x 3", h.kept("x"))
}

func TestCutOffInTheMiddle(t *testing.T) {
	h := openHouse(t)
	cut := func() error {
		return h.write(t.Context(), func(tx *tx) error { _ = keep("x 2")(tx); runtime.Goexit(); return nil })
	}
	got := h.together(h.keeping("x 1"), cut, h.keeping("x 3"))
	require.ErrorIs(t, got[0], errCutOff)
	require.ErrorIs(t, got[1], errCutOff)
	require.NoError(t, got[2], "it had not begun")
	require.Equal(t, "x 3", h.kept("x"))
}

func TestLockedByAnotherProcess(t *testing.T) {
	h := openHouse(t)
	h.run(`PRAGMA busy_timeout = 50`)
	other, err := sql.Open("sqlite", "file:"+filepath.Join(h.dir, "roomward.db")+"?_txlock=immediate")
	require.NoError(t, err)
	defer func() { _ = other.Close() }()
	lock, err := other.Begin()
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			err := h.keeping(fmt.Sprintf("x %d", i))()
			if !IsUnavailable(err) {
				t.Errorf("locked, and the answer is %v", err)
			}
		})
	}
	all.Wait()
	require.NoError(t, lock.Rollback())
	require.Empty(t, h.kept("x"))
	require.NoError(t, h.keeping("x")())
}

func TestAcknowledgedIsVisible(t *testing.T) {
	h := openHouse(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for k := range 20 {
				name := fmt.Sprintf("x %d %d", i, k)
				err := h.keeping(name)()
				sees := func(tx *tx) error {
					var there bool
					err := tx.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT 1 FROM facts WHERE name = $1)`, name).Scan(&there)
					if err == nil && !there {
						return errors.New("acknowledged and not visible")
					}
					return err
				}
				if err := errors.Join(err, h.write(t.Context(), sees), h.read(t.Context(), sees)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	all.Wait()
	require.Len(t, strings.Split(h.kept("x"), " x "), 400)
}
