package audit

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/store"
)

// exportColumns are the head of an export: the names that the vendor's portal gives to the first eight (product.md 8), then ours.
func exportColumns() []string {
	return []string{"activity.category", "activity.objectName", "activity.operation", "activity.resultStatus", "activity.tenantId", "creationTime",
		"user.userId", "user.userTenantId", "entry.id", "entry.operation", "entry.objectId", "entry.side", "user.userName", "entry.detail",
		"entry.requestId", "entry.address", "entry.result", "entry.hash"}
}

func exportValues(r store.AuditRow) []string {
	category, verb := activity(r.Operation)
	result := "Failed"
	if r.Result == store.ResultSuccessful {
		result = "Successful"
	}
	return []string{category, r.Object, verb, result, r.TenantID, r.At.Format(time.RFC3339Nano), r.ActorOID, r.ActorTenant, entryID(r),
		r.Operation, r.ObjectID, string(r.Side), r.ActorName, r.Detail, r.RequestID, r.Address, r.Result, r.Line().Hash}
}

// activity puts our operation into the vendor's words: its four categories where ours fit them, and Create, Update or Delete.
func activity(operation string) (category, verb string) {
	subject, what, _ := strings.Cut(operation, ".")
	switch subject {
	case "invitation":
		category = "PartnerInvitation"
	case "assignment", "admins", "primary-admin":
		category = "Assignment"
	case "session", "tenant-manager":
		category = "User"
	default: // "role" is Role
		category = strings.ToUpper(subject[:min(1, len(subject))]) + subject[min(1, len(subject)):]
	}
	switch what {
	case "create", "send", "give", "add", "propose", "copy", "seen", "start", "ask":
		return category, "Create"
	case "delete", "remove", "leave", "withdraw", "decline", "expire", "revoke", "end", "refuse", "prune":
		return category, "Delete"
	}
	return category, "Update"
}

const (
	// exportAtOnce is how many entries one piece of an export has.
	exportAtOnce = 500

	csvType, linesType = "text/csv; charset=utf-8", "application/jsonl"
)

// ExportIn is what an export of the partner takes: the filters of the list.
type ExportIn struct {
	Filter
	OfCustomer
}

// OwnExportIn is what an export of a customer takes.
type OwnExportIn struct{ Filter }

// CSV exports what a member of the partner sees of the record, but for customers that want to approve exports.
func (a *Audit) CSV(ctx context.Context, call *api.Call, in *ExportIn) (api.Stream, error) {
	return a.search(ctx, call, csvFormat(), in)
}

// Lines exports as CSV does, one JSON object a line, with what is needed to verify each entry.
func (a *Audit) Lines(ctx context.Context, call *api.Call, in *ExportIn) (api.Stream, error) {
	return a.search(ctx, call, linesFormat(), in)
}

// search streams what a member of the partner sees; each customer that has a part in it learns of it.
func (a *Audit) search(ctx context.Context, call *api.Call, f format, in *ExportIn) (api.Stream, error) {
	q, err := exportQuery(in.Filter, in.OfCustomer, a.now())
	if err != nil {
		return api.Stream{}, err
	}
	out, err := a.stream(ctx, call, f, a.searched(q))
	if err != nil {
		return out, err
	}
	by, err := reader(ctx, call)
	if err != nil {
		return out, err
	}
	out.About, err = a.store.AuditCustomers(ctx, by, q)
	return out, err
}

// OwnCSV exports the customer's own record.
func (a *Audit) OwnCSV(ctx context.Context, call *api.Call, in *OwnExportIn) (api.Stream, error) {
	return a.streamOwn(ctx, call, csvFormat(), in)
}

// OwnLines exports the customer's own record as JSON lines.
func (a *Audit) OwnLines(ctx context.Context, call *api.Call, in *OwnExportIn) (api.Stream, error) {
	return a.streamOwn(ctx, call, linesFormat(), in)
}

func (a *Audit) streamOwn(ctx context.Context, call *api.Call, f format, in *OwnExportIn) (api.Stream, error) {
	q, err := exportQuery(in.Filter, OfCustomer{}, a.now())
	if err != nil {
		return api.Stream{}, err
	}
	return a.stream(ctx, call, f, a.searched(q))
}

// WholeIn names the customer whose whole record is exported.
type WholeIn struct {
	ID string `path:"id" maxLength:"64"`
}

// WholeCSV exports all of the relation with a customer, for its primary admins: what they keep before they leave.
func (a *Audit) WholeCSV(ctx context.Context, call *api.Call, in *WholeIn) (api.Stream, error) {
	return a.stream(ctx, call, csvFormat(), a.whole(in.ID))
}

// WholeLines exports as WholeCSV does, one JSON object a line.
func (a *Audit) WholeLines(ctx context.Context, call *api.Call, in *WholeIn) (api.Stream, error) {
	return a.stream(ctx, call, linesFormat(), a.whole(in.ID))
}

// Permit lets a primary admin export the record of a customer for a day; a customer that wants to approves it first.
func (a *Audit) Permit(ctx context.Context, call *api.Call, in *WholeIn) (PermitOut, error) {
	id, by, err := asAdmin(ctx, call, in.ID)
	if err != nil {
		return PermitOut{}, err
	}
	p, err := a.store.PermitExport(ctx, call.Act, by, id)
	if err != nil {
		return PermitOut{}, refused(err)
	}
	return PermitOut{p.ID.String(), p.ExpiresAt}, nil
}

// PermitOut says until when the person may export.
type PermitOut struct {
	ID        string    `json:"id"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// pieces write an export in one format.
type pieces struct {
	begin func() error
	row   func(store.AuditRow) error
	flush func() error
}

type format struct {
	media, ending string
	pieces        func(io.Writer) pieces
}

func csvFormat() format {
	return format{csvType, "csv", func(w io.Writer) pieces {
		out := csv.NewWriter(w)
		write := func(values []string) error {
			for i, v := range values {
				values[i] = harmless(v)
			}
			return out.Write(values)
		}
		return pieces{begin: func() error { return write(exportColumns()) },
			row:   func(r store.AuditRow) error { return write(exportValues(r)) },
			flush: func() error { out.Flush(); return out.Error() }}
	}}
}

func linesFormat() format {
	return format{linesType, "jsonl", func(w io.Writer) pieces {
		out := json.NewEncoder(w)
		out.SetEscapeHTML(false)
		columns := exportColumns()
		return pieces{begin: func() error { return nil }, flush: func() error { return nil }, row: func(r store.AuditRow) error {
			line := make(map[string]any, len(columns)+1)
			for i, v := range exportValues(r) {
				line[columns[i]] = v
			}
			line["entry.detail"] = json.RawMessage(r.Detail)
			line["entry"] = r.Line()
			return out.Encode(line)
		}}
	}}
}

// nextPage reads on after an entry, nil for the first page, with the rights that the call has.
type nextPage func(ctx context.Context, call *api.Call, past *store.AuditRow) ([]store.AuditRow, error)

// exportQuery asks for what was recorded until now: what is recorded while an export runs is no part of it.
func exportQuery(f Filter, of OfCustomer, now time.Time) (store.AuditQuery, error) {
	customer, err := of.id()
	q := store.AuditQuery{AuditFilter: f.filter(customer), Oldest: true, Limit: exportAtOnce, Export: true}
	if q.To.IsZero() || q.To.After(now) {
		q.To = now
	}
	return q, err
}

func (a *Audit) searched(q store.AuditQuery) nextPage {
	return func(ctx context.Context, call *api.Call, past *store.AuditRow) ([]store.AuditRow, error) {
		by, err := reader(ctx, call)
		if err != nil {
			return nil, err
		}
		if past != nil {
			q.Past = &store.AuditPlace{Chain: past.Chain, Seq: past.Seq}
		}
		rows, _, err := a.store.Audit(ctx, by, q)
		return rows, err
	}
}

func (a *Audit) whole(customer string) nextPage {
	until := a.now()
	return func(ctx context.Context, call *api.Call, past *store.AuditRow) ([]store.AuditRow, error) {
		id, by, err := asAdmin(ctx, call, customer)
		if err != nil {
			return nil, err
		}
		return a.store.AuditExport(ctx, by, id, store.AuditPage{After: past, Until: until, Limit: exportAtOnce})
	}
}

func (a *Audit) stream(ctx context.Context, call *api.Call, f format, next nextPage) (api.Stream, error) {
	first, err := next(ctx, call, nil) // before the answer begins, so that a refusal is a plain one
	if err != nil {
		return api.Stream{}, refused(err)
	}
	write := func(ctx context.Context, w io.Writer, again func(context.Context) (*api.Call, error)) error {
		out, rows := f.pieces(w), first
		if err := out.begin(); err != nil {
			return err
		}
		for len(rows) > 0 {
			for _, r := range rows {
				if err := out.row(r); err != nil {
					return err
				}
			}
			if err := out.flush(); err != nil {
				return err
			}
			if len(rows) < exportAtOnce {
				return nil
			}
			last := rows[len(rows)-1]
			call, err := again(ctx)
			if err != nil {
				return err
			}
			if rows, err = next(ctx, call, &last); err != nil {
				return fmt.Errorf("export the audit record: %w", err)
			}
		}
		return out.flush()
	}
	return api.Stream{Type: f.media, Name: "audit-" + a.now().UTC().Format("2006-01-02") + "." + f.ending, Write: write}, nil
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(s[0])) {
		return "'" + s
	}
	return s
}
