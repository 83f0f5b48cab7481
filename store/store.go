// Package store is Roomward's one database. One file per feature, in the words of app/; SQL stands as plain text beside the function
// that runs it. Only this package begins, commits or rolls back a transaction: an exported method is one transaction, and a change
// carries its audit entry inside it (Act). No row of a customer leaves without a policy.View.
package store

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"roomward/policy"
)

// ID is the identity of everything that the store gives a number to; see policy.ID.
type ID = policy.ID

// Mode is what a data directory is for. It is written once, at the first start, and never changes.
type Mode string

const (
	// ModeReal is a data directory that meets Microsoft's cloud.
	ModeReal Mode = "real"
	// ModeTrial meets a simulated cloud of a `serve --cloud`, never the real one.
	ModeTrial Mode = "trial"
	// ModeDemo belongs to `roomward demo`.
	ModeDemo Mode = "demo"
	// ModeAny opens a data directory as what it was made for, and makes none: for commands that go to work on one.
	ModeAny Mode = "any"
)

// Options say which database to open and how.
type Options struct {
	// Dir is the data directory; made with mode 0700 when missing. It must be on a local disk.
	Dir string
	// Mode must equal the mode the directory was made with.
	Mode Mode
	// Key is where the master key comes from, which seals secrets; nil means the file SecretKeyName in Dir, made when there is none yet.
	Key KeySource
	// Now is the clock of every written time; nil means time.Now.
	Now func() time.Time
	// Version of the running Roomward, for the backup that is made before an upgrade.
	Version string
	// NoUpgradeBackup lets migrations run though no backup could be made before them.
	NoUpgradeBackup bool
	// Committed is told of each commit: how many changes shared it, and how long it took from its begin; nil tells nobody.
	Committed func(changes int, took time.Duration)
	// Log receives what an operator should know; nil is silent.
	Log *slog.Logger
}

// Store is an open database: one writer connection and as many readers as cores. Safe for concurrent use.
type Store struct {
	writer *sql.DB
	reader *sql.DB
	group  *group   // every change goes through it
	file   *os.File // of the database; closed last, for closing it gives up the process's locks on it
	now    func() time.Time
	log    *slog.Logger
	key    ed25519.PrivateKey // of the checkpoints of the audit record
	vault  *vault
	dir    string

	departed *departedFile
	// installation is the id of this one.
	installation ID
	opened       sync.Map // tenants whose sealed record is being read

	reads    reads
	erasing  sync.Mutex    // one erasure at a time
	cutAfter time.Duration // how long a read may stand in the way of an erasure
}

// Open opens or makes the database of a data directory, brings its schema up to date and proves that it is the expected one.
// Errors: ErrOtherMode for a directory of another mode, ErrNewerSchema for one written by a newer version.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Mode == ModeAny {
		if _, err := os.Stat(filepath.Join(o.Dir, "roomward.db")); err != nil {
			return nil, fmt.Errorf("look for a database: %w", err)
		}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	key, err := openKey(o.Dir)
	if err != nil {
		return nil, err
	}
	writer, reader, err := openSQLite(filepath.Join(o.Dir, "roomward.db"))
	if err != nil {
		return nil, err
	}
	s := &Store{writer: writer, reader: reader, now: o.Now, log: o.Log, key: key, vault: newVault(o), dir: o.Dir, cutAfter: cutReadsAfter}
	s.group = &group{writer: writer, now: o.Now, log: o.Log, longest: groupTime, committed: o.Committed}
	if err := s.prepare(ctx, o); err != nil {
		_ = s.Close()
		return nil, err
	}
	if s.file, err = os.Open(filepath.Join(o.Dir, "roomward.db")); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("open the file of the database: %w", err)
	}
	if err := s.openVault(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	if err := s.meet(ctx, o.Dir); err != nil {
		_ = s.Close()
		return nil, err
	}
	restored, err := s.settleRestored(ctx)
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	if err := s.settleDeparted(ctx, o.Dir, restored); err != nil {
		_ = s.Close()
		return nil, err
	}
	if err := s.Erase(ctx); err != nil { // of a process that died before it had done so
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context, o Options) error {
	mode := o.Mode
	if mode == "" {
		mode = ModeReal
	}
	// The mode comes before everything else: not even a migration may touch a directory that is meant for another one.
	if err := s.refuseOtherMode(ctx, mode); err != nil {
		return err
	}
	if err := s.backUpBefore(ctx, o); err != nil {
		return err
	}
	if err := migrate(ctx, s.writer); err != nil {
		return err
	}
	if mode == ModeAny {
		return s.chainAudit(ctx)
	}
	if _, err := s.writer.ExecContext(ctx, `INSERT INTO facts (name, value) VALUES ('mode', $1) ON CONFLICT DO NOTHING`, mode); err != nil {
		return fmt.Errorf("mark the data directory with its mode: %w", err)
	}
	if err := s.refuseOtherMode(ctx, mode); err != nil { // another process may have been quicker
		return err
	}
	return s.chainAudit(ctx)
}

// refuseOtherMode compares the mark of a data directory, where there is one, with the mode asked for.
func (s *Store) refuseOtherMode(ctx context.Context, mode Mode) error {
	var marked bool
	err := s.writer.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'facts')`).Scan(&marked)
	if err != nil {
		return fmt.Errorf("look for the mode of the data directory: %w", err)
	}
	switch {
	case !marked && mode == ModeAny:
		return errors.New("it holds no data of Roomward")
	case !marked, mode == ModeAny:
		return nil
	}
	var found Mode
	err = s.writer.QueryRowContext(ctx, `SELECT value FROM facts WHERE name = 'mode'`).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the mode of the data directory: %w", err)
	}
	if found != mode {
		return fmt.Errorf("%w: made for %q, asked to open as %q", ErrOtherMode, found, mode)
	}
	return nil
}

// Close closes the database. Work in progress ends first.
func (s *Store) Close() error {
	err := errors.Join(s.reader.Close(), s.writer.Close())
	if s.departed != nil {
		err = errors.Join(err, s.departed.file.Close())
	}
	if s.file == nil {
		return err
	}
	return errors.Join(err, s.file.Close())
}

// Ping proves that the database answers and can be written.
func (s *Store) Ping(ctx context.Context) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE counters SET value = value WHERE name = 'rules'`)
		return err
	})
}

// write makes one change: it runs fn in an immediate transaction and returns after the commit. nil says that what fn wrote is durable, an error
// or a panic that nothing of it remains. Changes that wait at the same time share the commit and nothing else; see group. A context that ends
// while fn runs takes the change back when the statement is done; one that ends later changes nothing. fn runs in a goroutine of its own. It
// must return the error of a statement, but for a broken rule of the schema that it understands, and must not call the store again: there is
// one writer.
func (s *Store) write(ctx context.Context, fn func(*tx) error) error {
	return s.group.do(&change{ctx: ctx, fn: fn})
}

// writeAlone is write for a change that takes long: no other waits for it to end before its own commit.
func (s *Store) writeAlone(ctx context.Context, fn func(*tx) error) error {
	return s.group.do(&change{ctx: ctx, fn: fn, alone: true})
}

// read runs fn in one read transaction: everything it reads is of one moment.
func (s *Store) read(ctx context.Context, fn func(*tx) error) error {
	ctx, done := s.reads.begin(ctx)
	defer done()
	t, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin a read: %w", err)
	}
	defer func() { _ = t.Rollback() }()
	if err := fn(&tx{Tx: t, now: millis(s.now()), read: ctx}); err != nil {
		if errors.Is(context.Cause(ctx), ErrReadCut) {
			return ErrReadCut
		}
		return err
	}
	return nil
}

// readView is read for rows of customers: it refuses a view that is not of this very moment (ErrStaleView), so that a right
// that was taken away is gone with the next request whatever the caches believe (design 5, "versions instead of hope").
func (s *Store) readView(ctx context.Context, v policy.View, fn func(*tx) error) error {
	return s.read(ctx, func(t *tx) error {
		if err := checkView(ctx, t, v); err != nil {
			return err
		}
		return fn(t)
	})
}

func checkView(ctx context.Context, t *tx, v policy.View) error {
	if v.Kind() != policy.KindMember {
		return nil
	}
	if !v.Valid(time.UnixMilli(t.now)) {
		return ErrStaleView
	}
	if v.Version() == policy.ByParts {
		return checkParts(ctx, t, v)
	}
	var version int64
	if err := t.QueryRowContext(ctx, `SELECT value FROM counters WHERE name = 'rules'`).Scan(&version); err != nil {
		return fmt.Errorf("read the rule version: %w", err)
	}
	if version != v.Version() {
		return ErrStaleView
	}
	return nil
}

// checkParts compares a view that goes by the versions of its customers' rules: changes of other customers leave it true.
func checkParts(ctx context.Context, t *tx, v policy.View) error {
	for _, part := range v.Parts() {
		var version int64
		err := t.QueryRowContext(ctx, `SELECT rule_version FROM customers WHERE id = $1`, part.Customer).Scan(&version)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read the rule version of a customer: %w", err)
		}
		if version != part.Version {
			return ErrStaleView
		}
	}
	return nil
}

// StillHolds tells whether a view is of this very moment, for an answer that goes by the view and reads no row: ErrStaleView else.
func (s *Store) StillHolds(ctx context.Context, v policy.View) error {
	return s.readView(ctx, v, func(*tx) error { return nil })
}

// raiseRules marks that the rules of a customer changed: every view made before is stale from the commit on.
func raiseRules(ctx context.Context, t *tx, customer ID) error {
	var version int64
	err := t.QueryRowContext(ctx, `UPDATE counters SET value = value + 1 WHERE name = 'rules' RETURNING value`).Scan(&version)
	if err != nil {
		return fmt.Errorf("raise the rule version: %w", err)
	}
	if customer == 0 {
		return nil
	}
	if _, err := t.exec(ctx, `UPDATE customers SET rule_version = $1 WHERE id = $2`, version, customer); err != nil {
		return fmt.Errorf("raise the rule version of a customer: %w", err)
	}
	return nil
}

func millis(t time.Time) int64 { return t.UnixMilli() }

// when turns stored milliseconds into a time in UTC.
func when(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// whenOr0 turns stored milliseconds that may be NULL into a time; NULL is the zero time.
func whenOr0(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return when(ms.Int64)
}

// orNull turns a time into a parameter; the zero time is NULL.
func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return millis(t)
}

func toJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode %T: %w", v, err)
	}
	return string(b), nil
}

func fromJSON(text string, into any) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("decode %T: %w", into, err)
	}
	return nil
}
