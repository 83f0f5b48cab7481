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

// sealAtOnce is how many entries one page of a signed export has.
const sealAtOnce = 500

// ErrRecordChanged says that the retention or the end of a relation took entries that an export had still to read: it can be begun anew.
var ErrRecordChanged = errors.New("entries of the record were taken while it was exported: export it again")

// SealedAudit is a signed export of the whole record of one customer, up to the entry that was the last when it began. It is read in pages so that it
// holds neither memory nor a reader.
type SealedAudit struct {
	store    *Store
	chain    string
	seal     seal
	relation ID // 0 when there is none
	last     int64
	before   []byte
}

// SealAudit begins a signed export. The view is that of the customer's administrators or that of work for the customer. ErrNotFound without a record.
func (s *Store) SealAudit(ctx context.Context, v policy.View) (*SealedAudit, error) {
	a := &SealedAudit{store: s, chain: v.TenantID()}
	err := s.read(ctx, func(t *tx) (err error) {
		if v.Kind() == policy.KindWork && len(v.Customers()) == 1 {
			if a.chain, err = chainOf(ctx, t, v.Customers()[0]); err != nil {
				return err
			}
		}
		if a.chain == "" {
			return ErrNotFound
		}
		if a.seal, err = s.sealOf(ctx, t, a.chain); err != nil {
			return err
		}
		head, err := headOf(ctx, t, a.chain)
		if err != nil {
			return err
		}
		a.last, a.before = head.First-1, head.Before
		a.relation, err = relationOf(ctx, t, a.chain)
		return err
	})
	return a, err
}

func relationOf(ctx context.Context, t *tx, chain string) (ID, error) {
	var relation ID
	if err := t.QueryRowContext(ctx, `SELECT coalesce((SELECT id FROM customers WHERE tenant_id = $1), 0)`, chain).Scan(&relation); err != nil {
		return 0, fmt.Errorf("read the relation of a record: %w", err)
	}
	return relation, nil
}

// WritePage writes the next entries, each on a line, and after the last ones the seal; more tells whether there are further pages. Nothing is
// read while it writes. Errors: ErrRecordChanged.
func (a *SealedAudit) WritePage(ctx context.Context, w io.Writer) (more bool, err error) {
	rows, err := a.page(ctx)
	if err != nil {
		return false, err
	}
	out := lineWriter(w)
	for _, r := range rows {
		r.Before, a.before, a.last = a.before, r.Hash, r.Seq
		if err := out.Encode(map[string]any{"entry": r.Line()}); err != nil {
			return false, fmt.Errorf("write an entry of an export: %w", err)
		}
	}
	if len(rows) == sealAtOnce {
		return true, nil
	}
	if err := out.Encode(map[string]any{"seal": a.seal}); err != nil {
		return false, fmt.Errorf("write the seal of an export: %w", err)
	}
	return false, nil
}

func (a *SealedAudit) page(ctx context.Context) (rows []AuditRow, err error) {
	err = a.store.read(ctx, func(t *tx) error {
		head, err := headOf(ctx, t, a.chain)
		if err != nil {
			return err
		}
		relation, err := relationOf(ctx, t, a.chain)
		if err != nil {
			return err
		}
		if head == nil || relation != a.relation || head.First > max(a.seal.First, a.last+1) {
			return ErrRecordChanged
		}
		rows, err = readAll(ctx, t, "read a record to export it", statement{`SELECT ` + auditColumns + `
			FROM audit WHERE chain = $1 AND seq > 0 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4`, []any{a.chain, a.last, a.seal.Head.Seq, sealAtOnce}}, scanAudit)
		return err
	})
	return rows, err
}

func chainOf(ctx context.Context, t *tx, customer ID) (string, error) {
	var chain string
	if err := t.QueryRowContext(ctx, `SELECT tenant_id FROM customers WHERE id = $1`, customer).Scan(&chain); err != nil {
		return "", notFound(err, "read the record of a customer")
	}
	return chain, nil
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
