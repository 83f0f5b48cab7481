package store

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"roomward/policy"
)

// AuditLine is an entry as a JSON export carries it, with all that is needed to check it: hashes in hexadecimal, the detail as its very text.
type AuditLine struct {
	Chain       string    `json:"chain"`
	Seq         int64     `json:"seq"`
	At          time.Time `json:"at"`
	CustomerID  int64     `json:"customerId,string"`
	TenantID    string    `json:"tenantId"`
	Side        Side      `json:"side"`
	ActorTenant string    `json:"actorTenant"`
	ActorOID    string    `json:"actorId"`
	ActorName   string    `json:"actorName"`
	Operation   string    `json:"operation"`
	Object      string    `json:"object"`
	ObjectID    string    `json:"objectId"`
	Result      string    `json:"result"`
	Detail      string    `json:"detail"`
	RequestID   string    `json:"requestId"`
	Address     string    `json:"address"`
	Salt        string    `json:"salt"`
	ContentHash string    `json:"contentHash"`
	Before      string    `json:"before"`
	Hash        string    `json:"hash"`
}

// Line is the entry for an export; Before must have been read.
func (r AuditRow) Line() AuditLine {
	return AuditLine{r.Chain, r.Seq, r.At, int64(r.Customer), r.TenantID, r.Side, r.ActorTenant, r.ActorOID, r.ActorName, r.Operation, r.Object, r.ObjectID, r.Result,
		r.Detail, r.RequestID, r.Address, hex.EncodeToString(r.Salt), hex.EncodeToString(r.ContentHash), hex.EncodeToString(r.Before), hex.EncodeToString(r.Hash)}
}

func (l AuditLine) row() (AuditRow, error) {
	r := AuditRow{Chain: l.Chain, Seq: l.Seq, At: l.At, Customer: ID(l.CustomerID), TenantID: l.TenantID, Side: l.Side, ActorTenant: l.ActorTenant,
		ActorOID: l.ActorOID, ActorName: l.ActorName, Operation: l.Operation, Object: l.Object, ObjectID: l.ObjectID, Result: l.Result, Detail: l.Detail,
		RequestID: l.RequestID, Address: l.Address}
	var errs [4]error
	r.Salt, errs[0] = hex.DecodeString(l.Salt)
	r.ContentHash, errs[1] = hex.DecodeString(l.ContentHash)
	r.Before, errs[2] = hex.DecodeString(l.Before)
	r.Hash, errs[3] = hex.DecodeString(l.Hash)
	return r, errors.Join(errs[:]...)
}

// CheckpointLine is a checkpoint as a file carries it.
type CheckpointLine struct {
	Chain     string    `json:"chain" doc:"The customer's tenant."`
	Seq       int64     `json:"seq" doc:"The place of the last entry at that moment."`
	Hash      string    `json:"hash" doc:"Its hash, in hexadecimal."`
	At        time.Time `json:"at"`
	PublicKey []byte    `json:"publicKey" doc:"Ed25519, base64."`
	Signature []byte    `json:"signature" doc:"Over chain, seq, hash and time; base64."`
}

// Line is the checkpoint for a file.
func (c Checkpoint) Line() CheckpointLine {
	return CheckpointLine{c.Chain, c.Seq, hex.EncodeToString(c.Hash), c.At, c.PublicKey, c.Signature}
}

func (l CheckpointLine) checkpoint() (Checkpoint, error) {
	hash, err := hex.DecodeString(l.Hash)
	return Checkpoint{l.Chain, l.Seq, hash, l.At.UTC(), l.PublicKey, l.Signature}, err
}

// CheckpointFile is what a customer keeps outside, and `verify --against` reads.
type CheckpointFile struct {
	Checkpoints []CheckpointLine `json:"checkpoints" nullable:"false" doc:"Newest first."`
}

// ReadCheckpoints reads a file of checkpoints, single ones line by line, or the last line of a signed export.
func ReadCheckpoints(r io.Reader) ([]Checkpoint, error) {
	var out []Checkpoint
	err := eachLine(r, func(line []byte) error {
		var file struct {
			CheckpointFile
			CheckpointLine
			Seal *seal `json:"seal"`
		}
		if err := json.Unmarshal(line, &file); err != nil {
			return fmt.Errorf("read the checkpoints: %w", err)
		}
		if file.Signature != nil { // one alone, as a mail has it
			file.Checkpoints = append(file.Checkpoints, file.CheckpointLine)
		}
		if file.Seal != nil {
			file.Checkpoints = append(file.Checkpoints, append(file.Seal.Checkpoints, file.Seal.Head)...)
		}
		for _, l := range file.Checkpoints {
			c, err := l.checkpoint()
			if err != nil {
				return fmt.Errorf("read a checkpoint: %w", err)
			}
			out = append(out, c)
		}
		return nil
	})
	if err == nil && len(out) == 0 {
		err = errors.New("there is no checkpoint in the file")
	}
	return out, err
}

// eachLine reads JSON values one after the other, whether or not each stands on a line of its own.
func eachLine(r io.Reader, fn func([]byte) error) error {
	values := json.NewDecoder(bufio.NewReaderSize(r, 1<<16))
	for {
		var line json.RawMessage
		switch err := values.Decode(&line); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the file: %w", err)
		}
		if err := fn(line); err != nil {
			return err
		}
	}
}

// seal is the last line of a signed export: with it the file can be checked by itself.
type seal struct {
	First       int64            `json:"first"`
	Before      string           `json:"before"`
	Head        CheckpointLine   `json:"head"`
	Checkpoints []CheckpointLine `json:"checkpoints"`
}

// SealAudit writes the whole record of one customer as a signed export: an entry a line, and a seal. The view is that of the customer's
// administrators or that of work for the customer.
func (s *Store) SealAudit(ctx context.Context, v policy.View, w io.Writer) error {
	return s.read(ctx, func(t *tx) error {
		chain := v.TenantID()
		if v.Kind() == policy.KindWork && len(v.Customers()) == 1 {
			var err error
			if chain, err = chainOf(ctx, t, v.Customers()[0]); err != nil {
				return err
			}
		}
		if chain == "" {
			return ErrNotFound
		}
		return s.sealChain(ctx, t, chain, w)
	})
}

func chainOf(ctx context.Context, t *tx, customer ID) (string, error) {
	var chain string
	if err := t.QueryRowContext(ctx, `SELECT tenant_id FROM customers WHERE id = $1`, customer).Scan(&chain); err != nil {
		return "", notFound(err, "read the record of a customer")
	}
	return chain, nil
}

// sealChain is SealAudit within a transaction, such as that which ends the relation.
func (s *Store) sealChain(ctx context.Context, t *tx, chain string, w io.Writer) error {
	last, err := s.sealOf(ctx, t, chain)
	if err != nil {
		return err
	}
	head, err := headOf(ctx, t, chain)
	if err != nil {
		return err
	}
	out := lineWriter(w)
	rows, err := t.QueryContext(ctx, `SELECT `+auditColumns+` FROM audit WHERE chain = $1 AND seq > 0 ORDER BY seq`, chain)
	if err != nil {
		return fmt.Errorf("read a record to export it: %w", err)
	}
	defer func() { _ = rows.Close() }()
	before := head.Before
	for rows.Next() {
		var r AuditRow
		if err := scanAudit(rows, &r); err != nil {
			return err
		}
		r.Before, before = before, r.Hash
		if err := out.Encode(map[string]any{"entry": r.Line()}); err != nil {
			return fmt.Errorf("write an entry of an export: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read a record to export it: %w", err)
	}
	if err := out.Encode(map[string]any{"seal": last}); err != nil {
		return fmt.Errorf("write the seal of an export: %w", err)
	}
	return nil
}

// lineWriter writes JSON lines as they are.
func lineWriter(w io.Writer) *json.Encoder {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return out
}

// sealOf is the seal of a chain at this moment. ErrNotFound when there is no such chain.
func (s *Store) sealOf(ctx context.Context, t *tx, chain string) (seal, error) {
	head, err := headOf(ctx, t, chain)
	if err != nil {
		return seal{}, err
	}
	if head == nil {
		return seal{}, ErrNotFound
	}
	points, err := checkpointsOf(ctx, t, chain)
	if err != nil {
		return seal{}, err
	}
	out := seal{First: head.First, Before: hex.EncodeToString(head.Before), Head: s.sign(*head, when(t.now)).Line(), Checkpoints: []CheckpointLine{}}
	for _, p := range points {
		out.Checkpoints = append(out.Checkpoints, p.Line())
	}
	return out, nil
}

// VerifyExport checks an export in JSON lines by itself, and against checkpoints from outside. A signed export must be whole; of any other each
// entry is checked, and what follows what.
func VerifyExport(r io.Reader, against []Checkpoint) ([]Verification, error) {
	chains, seals := map[string][]AuditRow{}, map[string]*seal{}
	err := eachLine(r, func(text []byte) error {
		var line struct {
			Entry *AuditLine `json:"entry"`
			Seal  *seal      `json:"seal"`
		}
		if err := json.Unmarshal(text, &line); err != nil {
			return fmt.Errorf("read a line of the export: %w", err)
		}
		switch {
		case line.Seal != nil:
			seals[line.Seal.Head.Chain] = line.Seal
			chains[line.Seal.Head.Chain] = append([]AuditRow{}, chains[line.Seal.Head.Chain]...) // also when it has no entry
		case line.Entry == nil:
			return errors.New("a line of the export has neither an entry nor a seal: was it written by an older version?")
		default:
			row, err := line.Entry.row()
			if err != nil {
				return fmt.Errorf("read a line of the export: %w", err)
			}
			chains[row.Chain] = append(chains[row.Chain], row)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []Verification
	for _, chain := range slices.Sorted(maps.Keys(chains)) {
		rows := chains[chain]
		slices.SortStableFunc(rows, func(a, b AuditRow) int { return int(a.Seq - b.Seq) })
		v, err := verifyRows(chain, rows, seals[chain], slices.DeleteFunc(slices.Clone(against), func(c Checkpoint) bool { return c.Chain != chain }))
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func verifyRows(chain string, rows []AuditRow, sealed *seal, against []Checkpoint) (Verification, error) {
	v := Verification{Chain: chain, Entries: int64(len(rows))}
	check := &ChainCheck{Chain: chain}
	var head *AuditHead
	if sealed != nil {
		signed, err := sealed.Head.checkpoint()
		if err != nil {
			return v, fmt.Errorf("read the seal: %w", err)
		}
		head = &AuditHead{Chain: chain, Seq: signed.Seq, Hash: signed.Hash, First: sealed.First}
		if head.Before, err = hex.DecodeString(sealed.Before); err != nil {
			return v, fmt.Errorf("read the seal: %w", err)
		}
		check.Begin(*head)
		against = append(against, signed)
		for _, l := range sealed.Checkpoints {
			c, err := l.checkpoint()
			if err != nil {
				return v, fmt.Errorf("read the seal: %w", err)
			}
			against = append(against, c)
		}
	}
	seen := newPoints(chain, against, nil)
	for i, r := range rows {
		if sealed != nil {
			check.Add(r)
		} else {
			check.alone(r, rows[:i])
		}
		seen.add(r)
		v.Upto = max(v.Upto, r.Seq)
	}
	v.Findings = check.End(head)
	if sealed != nil || len(against) > 0 {
		found := seen.end(head, v.Upto)
		if sealed == nil { // entries that a filter left out are not missing
			found = slices.DeleteFunc(found, func(f Finding) bool { return f.Kind == FoundDeleted || f.Kind == FoundCut })
		}
		v.Findings = append(v.Findings, found...)
	}
	return v, nil
}

// alone checks an entry of an export that need not be whole: by what it says of the entry before it, and by that entry where it is there.
func (c *ChainCheck) alone(r AuditRow, earlier []AuditRow) {
	c.content(r)
	c.reduced = nil
	if !bytes.Equal(r.Link(r.Before), r.Hash) {
		c.name(r.Seq, FoundEntry)
	}
	if len(earlier) == 0 {
		return
	}
	switch last := earlier[len(earlier)-1]; {
	case last.Seq == r.Seq:
		c.found(r.Seq, FoundInserted, "The entry is there twice.")
	case last.Seq == r.Seq-1 && !bytes.Equal(last.Hash, r.Before):
		c.found(r.Seq, FoundEntry, "The entry does not follow the one before it.")
	}
}
