package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"roomward/policy"
)

// sealKeyName is the file beside the database with the key of sealed records.
const sealKeyName = "seal.key"

// gatherAtOnce is how many entries one read of a record takes.
const gatherAtOnce = 2_000

var (
	// ErrSealKeyMissing says that the key file of sealed records is not there. It is no part of the database: put it back from where it is kept.
	ErrSealKeyMissing = errors.New("the key file " + sealKeyName + " beside the database is missing: put it back, or sealed records cannot be read")
	// ErrSealKeyWrong says that the key file is not the one with which the record was sealed.
	ErrSealKeyWrong = errors.New("the key file " + sealKeyName + " is not the one with which the record was sealed: put the right one back")
)

// gathered is the audit record of a customer as it is kept after the end: compressed lines, read before the transaction of the end, which adds what
// came since.
type gathered struct {
	tenant  string
	days    int
	key     []byte
	keyID   string
	buffer  bytes.Buffer
	zip     *gzip.Writer
	last    int64 // seq of the last entry
	seal    func(context.Context, *tx) (seal, error)
	entries int
	lost    bool // it cannot be kept: there is no key to seal it with
}

// gather reads the record of a customer for its end, in pieces that hold nobody up. Nil when the customer wants nothing to be kept. ErrNotFound when
// it is gone.
func (s *Store) gather(ctx context.Context, customer ID) (*gathered, error) {
	g := &gathered{}
	g.zip = gzip.NewWriter(&g.buffer)
	g.seal = func(ctx context.Context, t *tx) (seal, error) { return s.sealOf(ctx, t, g.tenant) }
	err := s.read(ctx, func(t *tx) error {
		err := t.QueryRowContext(ctx, `SELECT tenant_id, seal_days FROM customers WHERE id = $1`, customer).Scan(&g.tenant, &g.days)
		if err != nil {
			return notFound(err, "read what is kept after the end")
		}
		return nil
	})
	if err != nil || g.days == 0 {
		return nil, err
	}
	if g.key, err = s.sealKey(true); err != nil { // no end depends on that file
		s.log.ErrorContext(ctx, "a relation ends and its record is not kept: the key of sealed records cannot be used", "customer", customer, "error", err)
		g.lost = true
		return g, nil
	}
	g.keyID = keyID(g.key)
	for more := true; more && err == nil; {
		err = s.read(ctx, func(t *tx) (err error) {
			more, err = g.next(ctx, t)
			return err
		})
	}
	return g, err
}

// next reads on; more tells whether there may be further entries.
func (g *gathered) next(ctx context.Context, t *tx) (more bool, err error) {
	rows, err := readAll(ctx, t, "gather the record of a relation", statement{`SELECT ` + auditColumns + `, ` + hashBefore + `
		FROM audit WHERE chain = $1 AND chain <> '' AND seq > $2 ORDER BY seq LIMIT $3`, []any{g.tenant, g.last, gatherAtOnce}}, scanLinked)
	if err != nil {
		return false, err
	}
	out := lineWriter(g.zip)
	for _, r := range rows {
		if err := out.Encode(map[string]any{"entry": r.Line()}); err != nil {
			return false, fmt.Errorf("gather the record of a relation: %w", err)
		}
		g.last = r.Seq
	}
	g.entries += len(rows)
	return len(rows) == gatherAtOnce, nil
}

// keep seals the record in the transaction that ends the relation, before the entries are reduced.
func (g *gathered) keep(ctx context.Context, t *tx, relation ID, endedAt int64) error {
	until := endedAt + int64(g.days)*day.Milliseconds()
	if until <= t.now { // the end of an older database that is done again
		return nil
	}
	for more := true; more; {
		var err error
		if more, err = g.next(ctx, t); err != nil {
			return err
		}
	}
	if g.entries == 0 { // of a world that was seeded: nobody did anything yet
		return nil
	}
	last, err := g.seal(ctx, t)
	if err != nil {
		return err
	}
	if err := lineWriter(g.zip).Encode(map[string]any{"seal": last}); err != nil {
		return fmt.Errorf("write the seal of a record: %w", err)
	}
	if err := g.zip.Close(); err != nil {
		return fmt.Errorf("compress a record: %w", err)
	}
	sealed, err := sealWith(g.key, relation, g.buffer.Bytes())
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO sealed_records (id, tenant_id, ended_at, until_at, entries, key_id, record) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		relation, g.tenant, endedAt, until, g.entries, g.keyID, sealed)
	if err != nil {
		return fmt.Errorf("keep a sealed record: %w", err)
	}
	return nil
}

// sealWith encrypts with AES-256-GCM; the id of the relation is bound to it, so that one record does not pass for another.
func sealWith(key []byte, relation ID, text []byte) ([]byte, error) {
	box, err := boxOf(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	return box.Seal(nonce, nonce, text, binary.BigEndian.AppendUint64(nil, uint64(relation))), nil
}

func boxOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make the cipher of sealed records: %w", err)
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make the cipher of sealed records: %w", err)
	}
	return box, nil
}

// keyID tells keys apart without telling the key.
func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("roomward seal key\n"), key...))
	return hex.EncodeToString(sum[:8])
}

// sealKey reads the key file; made when it is missing and may be.
func (s *Store) sealKey(may bool) ([]byte, error) {
	name := filepath.Join(s.dir, sealKeyName)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if !may {
			return nil, ErrSealKeyMissing
		}
		return s.makeSealKey(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of sealed records: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%w: it holds no key", ErrSealKeyWrong)
	}
	return key, nil
}

func (s *Store) makeSealKey(name string) ([]byte, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return s.sealKey(false) // another end was quicker
	}
	if err != nil {
		return nil, fmt.Errorf("make the key of sealed records: %w", err)
	}
	_, err = io.WriteString(f, hex.EncodeToString(key)+"\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write the key of sealed records: %w", err)
	}
	return key, syncDir(s.dir)
}

// SealedRecord is what is kept of a relation that has ended, for its customer.
type SealedRecord struct {
	EndedAt time.Time
	Until   time.Time // when it is deleted
	Entries int
}

// SealedRecord tells of the last sealed record of a customer's own side; ErrNotFound when none is kept.
func (s *Store) SealedRecord(ctx context.Context, v policy.View) (SealedRecord, error) {
	out, _, err := s.sealed(ctx, v, false)
	return out, err
}

// OpenRecord decrypts the last sealed record of a customer's own side: JSON lines. The whole of it is in memory until
// it is closed, so that a tenant opens one at a time. Errors: ErrNotFound, ErrSealKeyMissing, ErrSealKeyWrong; conflict: record-download-running.
func (s *Store) OpenRecord(ctx context.Context, v policy.View) (SealedRecord, io.ReadCloser, error) {
	if v.Kind() != policy.KindOwn {
		return SealedRecord{}, nil, ErrNotFound
	}
	if _, running := s.opened.LoadOrStore(v.TenantID(), true); running {
		return SealedRecord{}, nil, Conflict{"record-download-running"}
	}
	done := sync.OnceFunc(func() { s.opened.Delete(v.TenantID()) })
	out, lines, err := s.openRecord(ctx, v)
	if err != nil {
		done()
		return out, nil, err
	}
	return out, openedRecord{lines, done}, nil
}

// openedRecord is a record that is being read; closing it twice is closing it once.
type openedRecord struct {
	io.Reader
	done func()
}

// Close lets the tenant open its record again.
func (r openedRecord) Close() error {
	r.done()
	return nil
}

func (s *Store) openRecord(ctx context.Context, v policy.View) (SealedRecord, io.Reader, error) {
	out, box, err := s.sealed(ctx, v, true)
	if err != nil {
		return out, nil, err
	}
	key, err := s.sealKey(false)
	if err != nil {
		return out, nil, err
	}
	if keyID(key) != box.keyID {
		return out, nil, ErrSealKeyWrong
	}
	aead, err := boxOf(key)
	if err != nil {
		return out, nil, err
	}
	size := aead.NonceSize()
	if len(box.record) < size {
		return out, nil, errors.New("open a sealed record: it is not whole")
	}
	text, err := aead.Open(nil, box.record[:size], box.record[size:], binary.BigEndian.AppendUint64(nil, uint64(box.id)))
	if err != nil {
		return out, nil, fmt.Errorf("open a sealed record: %w", err)
	}
	lines, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return out, nil, fmt.Errorf("open a sealed record: %w", err)
	}
	return out, lines, nil
}

// sealedBox is a record that nobody has opened.
type sealedBox struct {
	id     ID
	keyID  string
	record []byte
}

func (s *Store) sealed(ctx context.Context, v policy.View, whole bool) (SealedRecord, sealedBox, error) {
	var out SealedRecord
	var box sealedBox
	if v.Kind() != policy.KindOwn {
		return out, box, ErrNotFound
	}
	err := s.read(ctx, func(t *tx) error {
		var ended, until int64
		err := t.QueryRowContext(ctx, `SELECT id, ended_at, until_at, entries, key_id, CASE WHEN $3 THEN record END FROM sealed_records
			WHERE tenant_id = $1 AND until_at > $2 ORDER BY ended_at DESC LIMIT 1`, v.TenantID(), t.now, whole).
			Scan(&box.id, &ended, &until, &out.Entries, &box.keyID, &box.record)
		if err != nil {
			return notFound(err, "read a sealed record")
		}
		out.EndedAt, out.Until = when(ended), when(until)
		return nil
	})
	return out, box, err
}

// DropRecord deletes the sealed records of a customer's own side before their time. ErrNotFound when none is kept.
func (s *Store) DropRecord(ctx context.Context, act Act, v policy.View) error {
	if v.Kind() != policy.KindOwn {
		return ErrNotFound
	}
	return s.departing(ctx, s.write, func(t *tx) ([]Departure, error) {
		gone, err := readAll(ctx, t, "delete a sealed record", statement{`DELETE FROM sealed_records WHERE tenant_id = $1 RETURNING id`, []any{v.TenantID()}},
			func(rows *sql.Rows, d *Departure) error {
				d.Kind, d.By = DepartRecord, act.Side
				return rows.Scan(&d.Customer)
			})
		if err != nil {
			return nil, err
		}
		if len(gone) == 0 {
			return nil, ErrNotFound
		}
		if err := eraseLater(ctx, t); err != nil {
			return nil, err
		}
		return gone, act.plain().record(ctx, t, entry{tenant: v.TenantID(), operation: "record.delete"})
	})
}

// PruneRecords deletes the sealed records whose days are over; it tells how many.
func (s *Store) PruneRecords(ctx context.Context) (int, error) {
	var over []string
	err := s.read(ctx, func(t *tx) (err error) {
		over, err = readAll(ctx, t, "look for records to delete", statement{`SELECT tenant_id FROM sealed_records WHERE until_at <= $1 LIMIT 1000`, []any{t.now}},
			func(rows *sql.Rows, tenant *string) error { return rows.Scan(tenant) })
		return err
	})
	if err != nil || len(over) == 0 {
		return 0, err
	}
	return len(over), s.write(ctx, func(t *tx) error {
		gone, err := readAll(ctx, t, "delete records", statement{`DELETE FROM sealed_records WHERE until_at <= $1 RETURNING tenant_id`, []any{t.now}},
			func(rows *sql.Rows, tenant *string) error { return rows.Scan(tenant) })
		if err != nil {
			return err
		}
		for _, tenant := range gone {
			if err := System("records").record(ctx, t, entry{tenant: tenant, operation: "record.expire"}); err != nil {
				return err
			}
		}
		return eraseLater(ctx, t)
	})
}
