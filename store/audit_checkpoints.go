package store

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"roomward/policy"
)

// Checkpoint says, signed, what the last entry of a chain was at a moment. It proves something against who holds the machine once it has left it.
type Checkpoint struct {
	Chain     string
	Seq       int64
	Hash      []byte
	At        time.Time
	PublicKey []byte // Ed25519
	Signature []byte
}

// signable is what the signature is over.
func (c Checkpoint) signable() []byte {
	return fields([]byte("roomward audit checkpoint 1\n"), c.Chain, strconv.FormatInt(c.Seq, 10), string(c.Hash), strconv.FormatInt(millis(c.At), 10))
}

// Signed tells whether the signature is that of the public key over what the checkpoint says.
func (c Checkpoint) Signed() bool {
	return len(c.PublicKey) == ed25519.PublicKeySize && ed25519.Verify(c.PublicKey, c.signable(), c.Signature)
}

// sign makes the checkpoint of a head.
func (s *Store) sign(h AuditHead, at time.Time) Checkpoint {
	c := Checkpoint{Chain: h.Chain, Seq: h.Seq, Hash: h.Hash, At: at.UTC().Truncate(time.Millisecond), PublicKey: s.key.Public().(ed25519.PublicKey)}
	c.Signature = ed25519.Sign(s.key, c.signable())
	return c
}

// SignHead makes a checkpoint that is not kept, for an export.
func (s *Store) SignHead(h AuditHead) Checkpoint { return s.sign(h, s.now()) }

// keyFile holds the key of the checkpoints, beside the database.
const keyFile = "audit.key"

// openKey reads the key of a data directory, or makes it.
func openKey(dir string) (ed25519.PrivateKey, error) {
	key, err := readKey(dir)
	if !errors.Is(err, os.ErrNotExist) {
		return key, err
	}
	_, key, err = ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the key of the checkpoints: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode the key of the checkpoints: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, keyFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) { // another process was quicker
		return readKey(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("keep the key of the checkpoints: %w", err)
	}
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("keep the key of the checkpoints: %w", err)
	}
	return key, nil
}

func readKey(dir string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, fmt.Errorf("read the key of the checkpoints: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no key: put back the one from a backup", keyFile)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("decode the key of the checkpoints: %w", err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds no Ed25519 key", keyFile)
	}
	return key, nil
}

// checkpointsAtOnce bounds how many chains one transaction signs.
const checkpointsAtOnce = 100

// CheckpointAudit keeps a signed checkpoint of every chain that has new entries since its last one, if that is older than that, and tells the
// customer. Zero signs all that have new entries. It does not record anything: that would be a new entry.
func (s *Store) CheckpointAudit(ctx context.Context, older time.Duration) (made int, err error) {
	for {
		var n int
		err := s.write(ctx, func(t *tx) error {
			due, err := readAll(ctx, t, "read which records need a checkpoint", statement{`SELECT h.chain, h.seq, h.hash, h.first, h.before FROM audit_heads h
				WHERE NOT EXISTS (SELECT 1 FROM audit_checkpoints c WHERE c.chain = h.chain AND (c.seq = h.seq OR c.at > $1)) AND h.seq >= h.first
				ORDER BY h.chain LIMIT $2`, []any{t.now - older.Milliseconds(), checkpointsAtOnce}},
				func(rows *sql.Rows, h *AuditHead) error {
					return rows.Scan(&h.Chain, &h.Seq, &h.Hash, &h.First, &h.Before)
				})
			if err != nil {
				return err
			}
			n = len(due)
			for _, h := range due {
				c, err := s.checkpoint(ctx, t, h)
				if err != nil {
					return err
				}
				if err := c.send(ctx, t); err != nil {
					return err
				}
			}
			return nil
		})
		if made += n; err != nil || n < checkpointsAtOnce {
			return made, err
		}
	}
}

func (s *Store) checkpoint(ctx context.Context, t *tx, h AuditHead) (Checkpoint, error) {
	c := s.sign(h, when(t.now))
	_, err := t.exec(ctx, `INSERT INTO audit_checkpoints (chain, seq, hash, at, public_key, signature) SELECT $1, $2, $3, $4, $5, $6
		WHERE NOT EXISTS (SELECT 1 FROM audit_checkpoints WHERE chain = $1 AND seq = $2)`, c.Chain, c.Seq, c.Hash, millis(c.At), c.PublicKey, c.Signature)
	if err != nil {
		return c, fmt.Errorf("keep a checkpoint: %w", err)
	}
	return c, nil
}

// send tells a customer of a checkpoint with all that it says: by mail it leaves the machine.
func (c Checkpoint) send(ctx context.Context, t *tx) error {
	var customer ID
	err := t.QueryRowContext(ctx, `SELECT id FROM customers WHERE tenant_id = $1`, c.Chain).Scan(&customer)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the customer of a checkpoint: %w", err)
	}
	return tell(ctx, t, notice{to: SideCustomer, tenant: c.Chain, customer: customer, kind: "audit.checkpoint",
		detail: map[string]any{"line": CheckpointFile{[]CheckpointLine{c.Line()}}}})
}

// CheckpointNow keeps a checkpoint of a reader's own chain, if it has entries that none covers.
func (s *Store) CheckpointNow(ctx context.Context, own policy.View) error {
	if own.Kind() != policy.KindOwn {
		return ErrNotFound
	}
	return s.write(ctx, func(t *tx) error {
		h, err := headOf(ctx, t, own.TenantID())
		if err != nil || h == nil || h.Seq < h.First {
			return err
		}
		_, err = s.checkpoint(ctx, t, *h)
		return err
	})
}

// mostCheckpoints bounds a list of checkpoints: that is three years of days.
const mostCheckpoints = 1100

// Checkpoints lists the checkpoints of a customer's own record, newest first.
func (s *Store) Checkpoints(ctx context.Context, own policy.View) ([]Checkpoint, error) {
	if own.Kind() != policy.KindOwn {
		return nil, ErrNotFound
	}
	var out []Checkpoint
	err := s.read(ctx, func(t *tx) error {
		var err error
		out, err = checkpointsOf(ctx, t, own.TenantID())
		return err
	})
	return out, err
}

func checkpointsOf(ctx context.Context, t *tx, chain string) ([]Checkpoint, error) {
	return readAll(ctx, t, "read the checkpoints of a record", statement{`SELECT chain, seq, hash, at, public_key, signature FROM audit_checkpoints
		WHERE chain = $1 ORDER BY seq DESC LIMIT $2`, []any{chain, mostCheckpoints}}, func(rows *sql.Rows, c *Checkpoint) error {
		var at int64
		err := rows.Scan(&c.Chain, &c.Seq, &c.Hash, &at, &c.PublicKey, &c.Signature)
		c.At = when(at)
		return err
	})
}
