package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Verified says what checking a record found.
type Verified struct {
	Complete bool          `json:"complete" doc:"Nothing was changed, left out or put in."`
	Records  []RecordCheck `json:"records" nullable:"false" doc:"One for each customer; the record of the partner alone has no tenant."`
}

// RecordCheck is what checking one record found.
type RecordCheck struct {
	TenantID string    `json:"tenantId,omitempty"`
	Upto     int64     `json:"upto" doc:"The number of the last entry."`
	Entries  int64     `json:"entries" doc:"How many are kept."`
	Findings []Finding `json:"findings" nullable:"false" doc:"What is wrong, by entry; empty when nothing is."`
}

// Finding is one thing that is wrong with a record.
type Finding struct {
	Number int64             `json:"number" doc:"Of the entry."`
	Kind   store.FindingKind `json:"kind" doc:"What was done to it." example:"edited-content"`
	Text   string            `json:"text" doc:"What exactly, in a sentence."`
}

// Verify checks the records that a member of the partner sees.
func (a *Audit) Verify(ctx context.Context, call *api.Call, in *OfCustomer) (Verified, error) {
	customer, err := in.id()
	if err != nil {
		return Verified{}, err
	}
	return a.verify(ctx, call, customer)
}

// OwnVerify checks the customer's own record.
func (a *Audit) OwnVerify(ctx context.Context, call *api.Call, _ *struct{}) (Verified, error) {
	return a.verify(ctx, call, 0)
}

func (a *Audit) verify(ctx context.Context, call *api.Call, customer policy.ID) (Verified, error) {
	by, err := reader(ctx, call)
	if err != nil {
		return Verified{}, err
	}
	select {
	case a.one <- struct{}{}:
		defer func() { <-a.one }()
	case <-ctx.Done():
		return Verified{}, ctx.Err()
	}
	found, err := a.store.VerifyAudit(ctx, by, customer)
	if err != nil {
		return Verified{}, err
	}
	out := Verified{Complete: true, Records: []RecordCheck{}}
	for _, v := range found {
		r := RecordCheck{TenantID: v.Chain, Upto: v.Upto, Entries: v.Entries, Findings: []Finding{}}
		for _, f := range v.Findings {
			out.Complete = false
			r.Findings = append(r.Findings, Finding{f.Seq, f.Kind, f.Text})
		}
		out.Records = append(out.Records, r)
	}
	return out, nil
}

// Checkpoints are the signed heads of the customer's own record: kept elsewhere they prove what the record was.
func (a *Audit) Checkpoints(ctx context.Context, call *api.Call, _ *struct{}) (store.CheckpointFile, error) {
	if err := a.store.CheckpointNow(ctx, call.Own); err != nil {
		return store.CheckpointFile{}, err
	}
	list, err := a.store.Checkpoints(ctx, call.Own)
	if err != nil {
		return store.CheckpointFile{}, err
	}
	out := store.CheckpointFile{Checkpoints: make([]store.CheckpointLine, len(list))}
	for i, c := range list {
		out.Checkpoints[i] = c.Line()
	}
	return out, nil
}

// Sealed is the customer's whole record as a signed file that can be verified by itself: what the customer keeps when a relation ends.
func (a *Audit) Sealed(ctx context.Context, call *api.Call, _ *struct{}) (api.Stream, error) {
	record, err := a.store.SealAudit(ctx, call.Own)
	if err != nil {
		return api.Stream{}, err
	}
	write := func(ctx context.Context, w io.Writer, again func(context.Context) (*api.Call, error)) error {
		for {
			more, err := record.WritePage(ctx, w)
			if err != nil {
				return fmt.Errorf("export the record of a customer: %w", err)
			}
			if !more {
				return nil
			}
			if _, err := again(ctx); err != nil {
				return err
			}
		}
	}
	return api.Stream{Type: linesType, Name: "record-" + a.now().UTC().Format("2006-01-02") + ".jsonl", Write: write}, nil
}

// Checking is what Check checks: a data directory, an exported file or a backup, against a file of checkpoints where one is named.
type Checking struct{ Data, Export, Backup, Against string }

// Check is the command `verify`: it checks a record, of a backup everything else, too, and writes what it found. ErrChanged says that something is
// wrong with the record, store.ErrBackupBroken with the backup.
func Check(ctx context.Context, c Checking, out io.Writer) error {
	var points []store.Checkpoint
	if c.Against != "" {
		f, err := os.Open(c.Against)
		if err != nil {
			return fmt.Errorf("open the checkpoints: %w", err)
		}
		defer func() { _ = f.Close() }()
		if points, err = store.ReadCheckpoints(f); err != nil {
			return err
		}
	}
	found, err := c.check(ctx, points, out)
	if err != nil {
		return err
	}
	return report(out, found)
}

func (c Checking) check(ctx context.Context, points []store.Checkpoint, out io.Writer) ([]store.Verification, error) {
	if c.Backup != "" {
		m, found, err := store.VerifyBackup(ctx, c.Backup, points)
		if err != nil {
			return nil, fmt.Errorf("verify %s: %w", c.Backup, err)
		}
		n := 0
		for _, v := range found {
			n += len(v.Findings)
		}
		if n < m.Findings || n > m.Findings && len(points) == 0 {
			if _, err := fmt.Fprintf(out, "its manifest speaks of %d findings in the record, and there are %d: it was changed\n", m.Findings, n); err != nil {
				return nil, err
			}
		}
		_, err = fmt.Fprintf(out, "backup of %s: whole, %d customers; its database is sound\n", m.MadeAt.Format(time.RFC3339), len(m.Customers))
		return found, err
	}
	if c.Export == "" {
		return store.VerifyDir(ctx, c.Data, points)
	}
	f, err := os.Open(c.Export)
	if err != nil {
		return nil, fmt.Errorf("open the export: %w", err)
	}
	defer func() { _ = f.Close() }()
	return store.VerifyExport(f, points)
}

// ErrChanged says that a record is not what was recorded.
var ErrChanged = errors.New("the record is not complete and unchanged")

func report(out io.Writer, found []store.Verification) error {
	wrong := false
	for _, v := range found {
		name := "customer " + v.Chain
		if v.Chain == "" {
			name = "partner"
		}
		for _, f := range v.Findings {
			wrong = true
			if _, err := fmt.Fprintf(out, "%s, entry %d: %s: %s\n", name, f.Seq, f.Kind, f.Text); err != nil {
				return err
			}
		}
		if len(v.Findings) == 0 {
			if _, err := fmt.Fprintf(out, "%s: complete and unchanged up to entry %d (%d entries)\n", name, v.Upto, v.Entries); err != nil {
				return err
			}
		}
	}
	if wrong {
		return ErrChanged
	}
	return nil
}

// CheckpointEvery is how often a record that has new entries gets a checkpoint.
const CheckpointEvery = 24 * time.Hour
