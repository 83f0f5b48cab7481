package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// leavePages lets the database file grow by no more than this many pages; -1 lifts the limit.
func (h *house) leavePages(n int64) {
	h.t.Helper()
	limit := int64(1 << 30)
	if n >= 0 {
		limit = h.number(`PRAGMA page_count`) + n
	}
	require.Equal(h.t, limit, h.number(fmt.Sprintf(`PRAGMA max_page_count = %d`, limit)))
}

// TestFullDiskTellsTheGroup: SQLite answers a full disk by giving up the transaction or, where it keeps a journal of the statement as for
// RETURNING, only the statement. Both ways the answers must be the truth.
func TestFullDiskTellsTheGroup(t *testing.T) {
	const big = `INSERT INTO facts (name, value) VALUES ('x big', hex(zeroblob(200000)))`
	for name, c := range map[string]struct {
		statementOnly bool
		fill          func(context.Context, *tx) error
	}{
		"passed on": {fill: func(ctx context.Context, t *tx) error {
			_, err := t.exec(ctx, big)
			return err
		}},
		"by a row": {statementOnly: true, fill: func(ctx context.Context, t *tx) error {
			var name string
			return t.QueryRowContext(ctx, big+` RETURNING name`).Scan(&name)
		}},
		"swallowed, then another statement": {fill: func(ctx context.Context, t *tx) error {
			_, _ = t.exec(ctx, big)
			_ = keep("x small")(t)
			return nil
		}},
		"swallowed, then a query": {fill: func(ctx context.Context, t *tx) error {
			_, _ = t.exec(ctx, big)
			rows, err := t.QueryContext(ctx, `INSERT INTO facts (name, value) VALUES ('x small', '') RETURNING name`)
			if err == nil {
				return rows.Close()
			}
			return nil
		}},
		"of a row swallowed, then another row": {statementOnly: true, fill: func(ctx context.Context, t *tx) error {
			var name string
			_ = t.QueryRowContext(ctx, big+` RETURNING name`).Scan(&name)
			_ = t.QueryRowContext(ctx, `INSERT INTO facts (name, value) VALUES ('x small', '') RETURNING name`).Scan(&name)
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t)
			h.leavePages(2)
			got := h.together(h.keeping("x 1"), func() error {
				return h.write(t.Context(), func(tx *tx) error { return c.fill(t.Context(), tx) })
			}, h.keeping("x 3"))
			require.True(t, IsUnavailable(got[1]), "%v", got[1])
			require.NoError(t, got[2], "it came after and needs little")
			there := "x 3"
			if c.statementOnly {
				require.NoError(t, got[0])
				there = "x 1 x 3"
			} else {
				require.True(t, IsUnavailable(got[0]), "it shared the transaction that SQLite gave up: %v", got[0])
			}
			require.Equal(t, there, h.kept("x"))
			h.leavePages(-1)
			require.NoError(t, errors.Join(h.together(h.keeping("x 4"), func() error {
				return h.write(t.Context(), func(tx *tx) error { _, err := tx.exec(t.Context(), big); return err })
			})...))
			require.Equal(t, there+" x 4 x big", h.kept("x"))
		})
	}
}

// TestDiskFillsUp: whatever falls together, an answer is the truth about its change.
func TestDiskFillsUp(t *testing.T) {
	h := openHouse(t)
	h.leavePages(60)
	var mu sync.Mutex
	var given []string
	refused := 0
	padding := strings.Repeat(" long", 200)
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			for k := range 20 {
				note := fmt.Sprintf("%d of %d", k, i) + padding
				_, err := h.AddInvitationCode(context.Background(), maya, policy.NewID().String(), note, morning.Add(time.Hour))
				mu.Lock()
				switch {
				case err == nil:
					given = append(given, note)
				case IsUnavailable(err):
					refused++
				default:
					t.Errorf("a full disk says %v", err)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	require.NotEmpty(t, given)
	require.NotZero(t, refused, "the disk must have filled up")
	h.requireThere(given)
	require.EqualValues(t, len(given), h.number(`SELECT count(*) FROM invitation_codes`), "what was refused must not be there")
	h.leavePages(-1)
	_, err := h.AddInvitationCode(t.Context(), maya, "C-after", "after", morning.Add(time.Hour))
	require.NoError(t, err)
	h.requireThere(append(given, "after"))
}

// requireThere checks that the codes of these notes are there with their audit entries, and that none is there by half.
func (h *house) requireThere(notes []string) {
	h.t.Helper()
	list, err := toJSON(notes)
	require.NoError(h.t, err)
	require.EqualValues(h.t, len(notes), h.number(`SELECT count(*) FROM json_each($1) g
		WHERE g.value IN (SELECT note FROM invitation_codes) AND g.value IN (SELECT object FROM audit)`, list),
		"what was acknowledged must be there")
	require.Equal(h.t, h.number(`SELECT count(*) FROM invitation_codes`), h.number(`SELECT count(*) FROM audit`), "nothing may be there by half")
}

// killedDir names the data directory to the child process of TestKilledWriter.
const killedDir = "ROOMWARD_TEST_KILLED_DIR"

// TestKilledWriter kills a process that writes, over and over on the same data. What a kill cannot show, the loss of what the operating system
// still holds, is the business of synchronous=FULL (TestPragmasHoldOnEveryConnection).
func TestKilledWriter(t *testing.T) {
	if dir := os.Getenv(killedDir); dir != "" {
		writeUntilKilled(t, dir)
		return
	}
	dir := t.TempDir()
	var given []string
	for range 20 {
		fresh := runAndKill(t, dir, 1+rand.IntN(300))
		require.NotEmpty(t, fresh)
		given = append(given, fresh...)
		s, err := Open(t.Context(), Options{Dir: dir})
		require.NoError(t, err)
		h := &house{Store: s, t: t, dir: dir, at: morning}
		h.requireThere(given)
		var health string
		require.NoError(t, s.writer.QueryRow(`PRAGMA integrity_check`).Scan(&health))
		require.Equal(t, "ok", health)
		require.NoError(t, s.Close())
	}
}

// runAndKill starts a process that writes, kills it when it has acknowledged some changes, and gives all that it acknowledged.
func runAndKill(t *testing.T, dir string, after int) []string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledWriter$", "-test.count=1")
	child.Env = append(os.Environ(), killedDir+"="+dir)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var given []string
	lines := bufio.NewScanner(out)
	for lines.Scan() { // to the end: what stood in the pipe at the kill was acknowledged too
		name, ok := strings.CutPrefix(lines.Text(), "acknowledged ")
		require.True(t, ok, "the child says %q", lines.Text())
		if given = append(given, name); len(given) == after {
			require.NoError(t, child.Process.Kill())
		}
	}
	require.NoError(t, lines.Err())
	require.ErrorContains(t, child.Wait(), "killed")
	return given
}

func writeUntilKilled(t *testing.T, dir string) {
	s, err := Open(t.Context(), Options{Dir: dir})
	require.NoError(t, err)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for {
				name := policy.NewID().String()
				if _, err := s.AddInvitationCode(context.Background(), maya, name, name, time.Now().Add(time.Hour)); err != nil {
					t.Errorf("write: %v", err)
					return
				}
				_, _ = os.Stdout.WriteString("acknowledged " + name + "\n")
			}
		})
	}
	all.Wait()
}
