package store

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"

	"roomward/policy"
)

// Verification is what checking one chain found.
type Verification struct {
	Chain    string
	Upto     int64 // the place of the last entry
	Entries  int64 // how many there are
	Findings []Finding
}

// VerifyAudit checks the chains that a reader sees: its own one; or those of the customers where roles.view is held over all rooms, of one or of
// all, and the partner's own chain for who has partner-wide powers. Errors: ErrNotFound, ErrStaleView.
// Each chain is read by itself, so that an erasure waits for one chain only, and by the rules that its customer has then.
func (s *Store) VerifyAudit(ctx context.Context, by AuditReader, customer ID) ([]Verification, error) {
	var chains []ownedChain
	err := s.readRecord(ctx, by, func(t *tx) (err error) {
		chains, err = chainsOf(ctx, t, by, customer)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []Verification
	for _, c := range chains {
		err := s.read(ctx, func(t *tx) error {
			if !by.Rules.Valid(when(t.now)) {
				return ErrStaleView
			}
			if err := checkParts(ctx, t, by.Rules.One(c.customer)); err != nil {
				return err
			}
			v, err := verifyChain(ctx, t, c.chain, s.key.Public().(ed25519.PublicKey))
			out = append(out, v)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ownedChain is a chain with the customer by whose rules the partner reads it; 0 for who reads its own.
type ownedChain struct {
	chain    string
	customer ID
}

// chainsOf are the chains that a reader may check as a whole.
func chainsOf(ctx context.Context, t *tx, by AuditReader, customer ID) ([]ownedChain, error) {
	if by.Own.Kind() == policy.KindOwn {
		return []ownedChain{{chain: by.Own.TenantID()}}, nil
	}
	if by.Rules.Kind() != policy.KindMember {
		return nil, ErrNotFound
	}
	customers := by.Rules.Everywhere().Customers()
	var chains []ownedChain
	switch {
	case customer != 0 && !slices.Contains(customers, customer):
		return nil, ErrNotFound
	case customer != 0:
		customers = []ID{customer}
	case by.Overview.Kind() == policy.KindOverview:
		chains = append(chains, ownedChain{})
	}
	list, err := toJSON(numbers(customers))
	if err != nil {
		return nil, err
	}
	theirs, err := readAll(ctx, t, "read the chains of customers", statement{`SELECT tenant_id, id FROM customers WHERE id ` + inSet(1) + ` ORDER BY name, id`, []any{list}},
		func(rows *sql.Rows, c *ownedChain) error { return rows.Scan(&c.chain, &c.customer) })
	return append(chains, theirs...), err
}

// verifyChain checks one chain with its head and its checkpoints.
func verifyChain(ctx context.Context, t *tx, chain string, key ed25519.PublicKey) (Verification, error) {
	v := Verification{Chain: chain}
	head, err := headOf(ctx, t, chain)
	if err != nil {
		return v, err
	}
	points, err := checkpointsOf(ctx, t, chain)
	if err != nil {
		return v, err
	}
	check := &ChainCheck{Chain: chain}
	if head != nil {
		check.Begin(*head)
	}
	seen := newPoints(chain, points, key)
	rows, err := t.QueryContext(ctx, `SELECT `+auditColumns+` FROM audit WHERE chain = $1 ORDER BY seq, id`, chain)
	if err != nil {
		return v, fmt.Errorf("read a record to check it: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r AuditRow
		if err := scanAudit(rows, &r); err != nil {
			return v, err
		}
		v.Entries++
		check.Add(r)
		seen.add(r)
	}
	if err := rows.Err(); err != nil {
		return v, fmt.Errorf("read a record to check it: %w", err)
	}
	v.Findings = check.End(head)
	if head == nil && v.Entries > 0 {
		v.Findings = append(v.Findings, Finding{chain, check.Upto(), FoundHead, "The head of the record is missing."})
	}
	v.Findings = append(v.Findings, seen.end(head, check.Upto())...)
	v.Upto = check.Upto()
	if head != nil && head.First > 1 && !seen.pruned(head) {
		v.Findings = append(v.Findings, Finding{chain, head.First, FoundBegin, fmt.Sprintf("%s No retention took them.", missing(1, head.First-1))})
	}
	return v, nil
}

// headOf reads the head of a chain; nil when there is none.
func headOf(ctx context.Context, t *tx, chain string) (*AuditHead, error) {
	found, err := readAll(ctx, t, "read the head of a record", statement{`SELECT chain, seq, hash, first, before FROM audit_heads WHERE chain = $1`, []any{chain}},
		func(rows *sql.Rows, h *AuditHead) error {
			return rows.Scan(&h.Chain, &h.Seq, &h.Hash, &h.First, &h.Before)
		})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// points are checkpoints of a chain on their way along it.
type points struct {
	chain    string
	waiting  map[int64][]Checkpoint
	findings []Finding
	prunes   map[int64][]byte // seq of the first kept entry, by what the record says of its pruning
	reduced  bool             // of such an entry
}

func newPoints(chain string, list []Checkpoint, key ed25519.PublicKey) *points {
	p := &points{chain: chain, waiting: map[int64][]Checkpoint{}, prunes: map[int64][]byte{}}
	for _, c := range list {
		switch {
		case !c.Signed():
			p.find(c.Seq, FoundSignature, "A checkpoint is not what was signed.")
			continue
		case key != nil && !bytes.Equal(c.PublicKey, key):
			p.find(c.Seq, FoundKey, "A checkpoint is signed with another key than that of this installation.")
		}
		p.waiting[c.Seq] = append(p.waiting[c.Seq], c)
	}
	return p
}

func (p *points) find(seq int64, kind FindingKind, text string) {
	p.findings = append(p.findings, Finding{p.chain, seq, kind, text})
}

func (p *points) add(r AuditRow) {
	if r.Operation == pruneOperation {
		p.reduced = p.reduced || r.Reduced()
		var note pruned
		if fromJSON(r.Detail, &note) == nil {
			p.prunes[note.First] = note.Before
		}
	}
	p.compare(r.Seq, r.Hash)
}

func (p *points) compare(seq int64, hash []byte) {
	for _, c := range p.waiting[seq] {
		if !bytes.Equal(c.Hash, hash) {
			p.find(seq, FoundRewritten, fmt.Sprintf("The entry is another one than the checkpoint of %s says: the record was written anew.", c.At.Format("2006-01-02 15:04 UTC")))
		}
	}
	delete(p.waiting, seq)
}

// end finds the checkpoints that no entry answers. Those of entries that the retention took are past.
func (p *points) end(head *AuditHead, upto int64) []Finding {
	first := int64(1)
	if head != nil {
		first = head.First
		p.compare(first-1, head.Before)
	}
	for seq, list := range p.waiting {
		switch {
		case seq > upto:
			p.find(seq, FoundCut, fmt.Sprintf("The checkpoint of %s knows entry %d, and the record ends at %d: it was cut off.",
				list[0].At.Format("2006-01-02 15:04 UTC"), seq, upto))
		case seq >= first:
			p.find(seq, FoundDeleted, fmt.Sprintf("The entry of the checkpoint of %s is missing.", list[0].At.Format("2006-01-02 15:04 UTC")))
		}
	}
	slices.SortFunc(p.findings, func(a, b Finding) int { return int(a.Seq - b.Seq) })
	return p.findings
}

// pruned tells whether the record itself says that the retention took what is before its first entry.
func (p *points) pruned(head *AuditHead) bool {
	before, noted := p.prunes[head.First]
	return noted && bytes.Equal(before, head.Before) || p.reduced
}

// VerifyDir checks the whole record of a data directory, which may be in use. against are checkpoints from outside. Errors of reading are errors;
// what is wrong with the record is in the answers.
func VerifyDir(ctx context.Context, dir string, against []Checkpoint) ([]Verification, error) {
	path := filepath.Join(dir, "roomward.db")
	q := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(" + busyTimeout + ")", "query_only(ON)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the database to check it: %w", err)
	}
	defer func() { _ = db.Close() }()
	key, err := readKey(dir)
	if err != nil {
		return nil, err
	}
	begun, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("open %s to check it: %w", path, err)
	}
	defer func() { _ = begun.Rollback() }()
	t := &tx{Tx: begun, read: ctx}
	chains, err := readAll(ctx, t, "read the chains of "+path, statement{`SELECT chain FROM audit_heads UNION SELECT chain FROM audit
			UNION SELECT chain FROM audit_checkpoints ORDER BY chain`, nil}, func(rows *sql.Rows, chain *string) error { return rows.Scan(chain) })
	if err != nil {
		return nil, err
	}
	for _, c := range against {
		if !slices.Contains(chains, c.Chain) {
			chains = append(chains, c.Chain)
		}
	}
	out := make([]Verification, 0, len(chains))
	for _, chain := range chains {
		v, err := verifyChain(ctx, t, chain, key.Public().(ed25519.PublicKey))
		if err != nil {
			return nil, err
		}
		outside, err := verifyAgainst(ctx, t, chain, against)
		if err != nil {
			return nil, err
		}
		v.Findings = append(v.Findings, outside...)
		out = append(out, v)
	}
	return out, nil
}

// verifyAgainst compares a chain with checkpoints from outside, each of which is trusted when its own signature holds.
func verifyAgainst(ctx context.Context, t *tx, chain string, against []Checkpoint) ([]Finding, error) {
	list := slices.DeleteFunc(slices.Clone(against), func(c Checkpoint) bool { return c.Chain != chain })
	if len(list) == 0 {
		return nil, nil
	}
	head, err := headOf(ctx, t, chain)
	if err != nil {
		return nil, err
	}
	p := newPoints(chain, list, nil)
	places := make([]int64, 0, len(p.waiting))
	for seq := range p.waiting {
		places = append(places, seq)
	}
	set, err := toJSON(places)
	if err != nil {
		return nil, err
	}
	rows, err := readAll(ctx, t, "read the entries of checkpoints", statement{`SELECT ` + auditColumns + ` FROM audit WHERE chain = $1 AND seq ` + inSet(2),
		[]any{chain, set}}, scanAudit)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		p.compare(r.Seq, r.Hash)
	}
	var upto int64
	if err := t.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) FROM audit WHERE chain = $1`, chain).Scan(&upto); err != nil {
		return nil, fmt.Errorf("read the end of a record: %w", err)
	}
	return p.end(head, upto), nil
}
