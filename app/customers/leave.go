package customers

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Leave ends the relation with a customer and removes everything of it (law 7). Only an effective primary admin may, also while the views are
// closed.
func (c *Customers) Leave(ctx context.Context, call *api.Call, in *struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Confirm string `json:"confirm" minLength:"1" maxLength:"256" doc:"The customer's name, typed to confirm."`
	}
}) (api.None, error) {
	id, by, err := asAdmin(ctx, call, in.ID)
	if err != nil {
		return api.None{}, err
	}
	tenant, err := c.Store.LeaveCustomer(ctx, call.Act, by, id, norm.NFC.String(strings.TrimSpace(in.Body.Confirm)))
	switch {
	case errors.Is(err, store.ErrOtherName):
		return api.None{}, api.Invalid("body.confirm", "This is not the name of the customer.")
	case err != nil:
		return api.None{}, needsPrimaryAdmin(err)
	}
	c.ended(store.EndedNow{Customer: id, Tenant: tenant})
	return api.None{}, nil
}

// asAdmin is the person as one who asks for what only a primary admin may.
func asAdmin(ctx context.Context, call *api.Call, text string) (policy.ID, store.AskingAdmin, error) {
	id, err := policy.ParseID(text)
	if err != nil {
		return 0, store.AskingAdmin{}, store.ErrNotFound
	}
	related, err := call.Decider.Related(ctx, call.Actor)
	return id, store.AskingAdmin{Actor: call.Actor, Related: related, Overview: call.Overview}, err
}

func needsPrimaryAdmin(err error) error {
	if errors.Is(err, store.ErrNotPrimaryAdmin) {
		return api.Forbidden("needs-primary-admin", "Only a primary admin of this customer may do this.", "Ask one of its primary admins.")
	}
	return err
}

// exportColumns are the head of an export: the names that the vendor's portal gives to the first eight (product.md 8), then ours.
func exportColumns() []string {
	return []string{"activity.category", "activity.objectName", "activity.operation", "activity.resultStatus", "activity.tenantId", "creationTime",
		"user.userId", "user.userTenantId", "entry.id", "entry.operation", "entry.objectId", "entry.side", "user.userName", "entry.detail",
		"entry.requestId", "entry.address"}
}

func exportValues(r store.AuditRow) []string {
	category, verb := activity(r.Operation)
	result := "Failed"
	if r.Result == "successful" {
		result = "Successful"
	}
	return []string{category, r.Object, verb, result, r.TenantID, r.At.Format(time.RFC3339Nano), r.ActorOID, r.ActorTenant, fmt.Sprint(r.ID),
		r.Operation, r.ObjectID, string(r.Side), r.ActorName, r.Detail, r.RequestID, r.Address}
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
	case "delete", "remove", "leave", "withdraw", "decline", "expire", "revoke", "end", "refuse":
		return category, "Delete"
	}
	return category, "Update"
}

// exportAtOnce is how many entries one piece of an export has.
const exportAtOnce = 500

// ExportIn names the customer whose record is exported.
type ExportIn struct {
	ID string `path:"id" maxLength:"64"`
}

// AuditCSV exports the audit record of a customer as CSV, for its primary admins: what they keep before they leave.
func (c *Customers) AuditCSV(ctx context.Context, call *api.Call, in *ExportIn) (api.Stream, error) {
	return c.auditStream(ctx, call, in.ID, "text/csv; charset=utf-8", "csv", func(w io.Writer) pieces {
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
	})
}

// AuditLines exports the audit record of a customer as one JSON object a line; see AuditCSV.
func (c *Customers) AuditLines(ctx context.Context, call *api.Call, in *ExportIn) (api.Stream, error) {
	return c.auditStream(ctx, call, in.ID, "application/jsonl", "jsonl", func(w io.Writer) pieces {
		out := json.NewEncoder(w)
		out.SetEscapeHTML(false)
		columns := exportColumns()
		return pieces{begin: func() error { return nil }, flush: func() error { return nil }, row: func(r store.AuditRow) error {
			line := make(map[string]any, len(columns))
			for i, v := range exportValues(r) {
				line[columns[i]] = v
			}
			line["entry.detail"] = json.RawMessage(r.Detail)
			return out.Encode(line)
		}}
	})
}

// pieces write an export in one format.
type pieces struct {
	begin func() error
	row   func(store.AuditRow) error
	flush func() error
}

func (c *Customers) auditStream(ctx context.Context, call *api.Call, text, media, ending string, format func(io.Writer) pieces) (api.Stream, error) {
	id, by, err := asAdmin(ctx, call, text)
	if err != nil {
		return api.Stream{}, err
	}
	page := store.AuditPage{Until: c.Now(), Limit: exportAtOnce}
	first, err := c.Store.AuditExport(ctx, by, id, page) // before the answer begins, so that a refusal is a plain one
	if err != nil {
		return api.Stream{}, needsPrimaryAdmin(err)
	}
	write := func(ctx context.Context, w io.Writer, again func(context.Context) (*api.Call, error)) error {
		out, rows := format(w), first
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
			page.After = &last
			if rows, err = c.nextPage(ctx, again, text, page); err != nil {
				return fmt.Errorf("export the audit record: %w", err)
			}
		}
		return out.flush()
	}
	return api.Stream{Type: media, Name: "audit-" + c.Now().UTC().Format("2006-01-02") + "." + ending, Write: write}, nil
}

// nextPage reads on with the rights of this moment.
func (c *Customers) nextPage(ctx context.Context, again func(context.Context) (*api.Call, error), text string, page store.AuditPage) ([]store.AuditRow, error) {
	call, err := again(ctx)
	if err != nil {
		return nil, err
	}
	id, by, err := asAdmin(ctx, call, text)
	if err != nil {
		return nil, err
	}
	return c.Store.AuditExport(ctx, by, id, page)
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(s[0])) {
		return "'" + s
	}
	return s
}
