package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// saltBytes make the content of an entry impossible to guess from its hash once the end of a relation has taken both away.
const saltBytes = 16

// fields writes texts so that no two lists of them come to the same bytes: each with its length before it.
func fields(to []byte, texts ...string) []byte {
	for _, text := range texts {
		to = binary.AppendUvarint(to, uint64(len(text)))
		to = append(to, text...)
	}
	return to
}

// Content is the hash of what the end of a relation takes away: customer, actor's name, object, detail, request and address, with the salt.
func (r AuditRow) Content() []byte {
	b := append(make([]byte, 0, 256+len(r.Detail)), "roomward audit content 1\n"...)
	b = fields(append(b, r.Salt...), strconv.FormatInt(int64(r.Customer), 10), r.ActorName, r.Object, r.ObjectID, r.Detail, r.RequestID, r.Address)
	sum := sha256.Sum256(b)
	return sum[:]
}

// Link is the hash by which an entry follows the one whose hash is before; nothing is before the first.
func (r AuditRow) Link(before []byte) []byte {
	b := append(make([]byte, 0, 512), "roomward audit entry 1\n"...)
	b = fields(b, string(before), r.Chain, strconv.FormatInt(r.Seq, 10), strconv.FormatInt(millis(r.At), 10), r.TenantID, string(r.Side), r.ActorTenant,
		r.ActorOID, r.Operation, r.Result, string(r.ContentHash))
	sum := sha256.Sum256(b)
	return sum[:]
}

// Reduced tells whether the end of a relation has taken the content.
func (r AuditRow) Reduced() bool { return len(r.Salt) == 0 }

// empty tells whether there is no content, as of a reduced entry.
func (r AuditRow) empty() bool {
	return r.Customer == 0 && r.ActorName+r.Object+r.ObjectID+r.RequestID+r.Address == "" && r.Detail == "{}"
}

// follow gives an entry its place at the end of its chain and moves the head. The caller writes the entry.
func (r *AuditRow) follow(ctx context.Context, t *tx) error {
	var before []byte
	err := t.QueryRowContext(ctx, `SELECT seq, hash FROM audit_heads WHERE chain = $1`, r.Chain).Scan(&r.Seq, &before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the head of the record: %w", err)
	}
	r.seal(before)
	_, err = t.exec(ctx, `INSERT INTO audit_heads (chain, seq, hash) VALUES ($1, $2, $3)
		ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`, r.Chain, r.Seq, r.Hash)
	if err != nil {
		return fmt.Errorf("move the head of the record: %w", err)
	}
	return nil
}

// seal makes the entry the next after one with the present Seq and a hash.
func (r *AuditRow) seal(before []byte) {
	r.Seq++
	r.Salt = make([]byte, saltBytes)
	_, _ = rand.Read(r.Salt) // it never fails
	r.ContentHash = r.Content()
	r.Hash = r.Link(before)
}

// chainedFact notes that the entries from before there were chains have been chained: later ones without a place were put there by somebody else.
const chainedFact = "audit-chained"

// chainAudit chains the entries from before there were chains, once. Those of the partner's own sessions, which name its tenant, concern no customer.
func (s *Store) chainAudit(ctx context.Context) error {
	return s.writeAlone(ctx, func(t *tx) error {
		var done bool
		err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM facts WHERE name = $1)`, chainedFact).Scan(&done)
		if err != nil {
			return fmt.Errorf("look whether the record is chained: %w", err)
		}
		if done {
			return nil
		}
		rows, err := readAll(ctx, t, "read the record to chain", statement{`SELECT ` + auditColumns + ` FROM audit ORDER BY id`, nil}, scanAudit)
		if err != nil {
			return err
		}
		partner := map[string]bool{"": true}
		for _, r := range rows {
			if r.Side == SidePartner {
				partner[r.ActorTenant] = true
			}
		}
		type end struct {
			seq  int64
			hash []byte
		}
		heads := map[string]end{}
		for _, r := range rows {
			if r.Chain = r.TenantID; partner[r.TenantID] {
				r.Chain = ""
			}
			head := heads[r.Chain]
			r.Seq = head.seq
			r.seal(head.hash)
			if r.empty() { // of a relation that had ended
				r.Salt = nil
			}
			_, err := t.exec(ctx, `UPDATE audit SET chain = $1, seq = $2, salt = $3, content_hash = $4, hash = $5 WHERE id = $6`,
				r.Chain, r.Seq, nonNil(r.Salt), r.ContentHash, r.Hash, r.ID)
			if err != nil {
				return fmt.Errorf("chain an entry of the record: %w", err)
			}
			heads[r.Chain] = end{r.Seq, r.Hash}
		}
		for chain, head := range heads {
			if _, err := t.exec(ctx, `INSERT INTO audit_heads (chain, seq, hash) VALUES ($1, $2, $3)`, chain, head.seq, head.hash); err != nil {
				return fmt.Errorf("keep the head of a record: %w", err)
			}
		}
		if _, err := t.exec(ctx, `INSERT INTO facts (name, value) VALUES ($1, 'yes')`, chainedFact); err != nil {
			return fmt.Errorf("note that the record is chained: %w", err)
		}
		return nil
	})
}
