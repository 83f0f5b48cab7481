package change

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Request is something that the partner wants to do and the customer decides about.
type Request struct {
	ID            string            `json:"id"`
	CustomerID    string            `json:"customerId"`
	CustomerName  string            `json:"customerName"`
	Event         string            `json:"event" enum:"role,assignment,group,action,export"`
	Operation     string            `json:"operation" doc:"What would be done, such as role.update."`
	Object        string            `json:"object" doc:"The name of what it is done to."`
	State         string            `json:"state" enum:"waiting,approved,done,failed,rejected,withdrawn,expired"`
	Reason        string            `json:"reason,omitempty" doc:"Why, in the words of who asks."`
	AskedAt       time.Time         `json:"askedAt"`
	AskedBy       string            `json:"askedBy"`
	Mine          bool              `json:"mine" doc:"Whether you asked."`
	ExpiresAt     time.Time         `json:"expiresAt"`
	DecidedAt     *time.Time        `json:"decidedAt,omitempty"`
	DecidedBy     string            `json:"decidedBy,omitempty"`
	DecidedReason string            `json:"decidedReason,omitempty"`
	EndedAt       *time.Time        `json:"endedAt,omitempty"`
	Failure       string            `json:"failure,omitempty" doc:"The code of why an approved request could not be done."`
	Detail        map[string]any    `json:"detail" doc:"The thing before and after, as the audit record will have it."`
	Names         map[string]string `json:"names,omitempty" doc:"Names of rooms, groups and roles in the detail, by id and by scope; only for the customer."`
}

func requestOf(q store.ChangeRequest, oid string) (Request, error) {
	out := Request{ID: q.ID.String(), CustomerID: q.Customer.String(), CustomerName: q.CustomerName, Event: string(q.Event), Operation: q.Operation,
		Object: q.Object, State: string(q.State), Reason: q.Reason, AskedAt: q.AskedAt, AskedBy: q.AskedBy, Mine: q.AskedByOID == oid,
		ExpiresAt: q.ExpiresAt, DecidedAt: api.TimeOrNil(q.DecidedAt), DecidedBy: q.DecidedBy, DecidedReason: q.DecidedReason,
		EndedAt: api.TimeOrNil(q.EndedAt), Failure: q.Failure, Detail: map[string]any{}, Names: q.Names}
	if err := json.Unmarshal([]byte(q.Detail), &out.Detail); err != nil {
		return Request{}, fmt.Errorf("read the detail of a change request: %w", err)
	}
	if out.Detail == nil { // what changes nothing, as an export, keeps no detail
		out.Detail = map[string]any{}
	}
	return out, nil
}

// Filter narrows a list of change requests.
type Filter struct {
	api.Paging
	State string `query:"state" enum:"waiting,approved,done,failed,rejected,withdrawn,expired" doc:"Only those in this state."`
}

// Requests lists change requests of the partner: all of the customers whose roles one sees everywhere, and one's own.
func (c *Change) Requests(ctx context.Context, call *api.Call, in *struct {
	Filter
	Customer string `query:"customer" maxLength:"64" doc:"Only those of this customer."`
}) (api.Page[Request], error) {
	related, err := call.Decider.Related(ctx, call.Actor)
	if err != nil {
		return api.Page[Request]{}, err
	}
	var customer policy.ID
	if in.Customer != "" {
		if customer, err = policy.ParseID(in.Customer); err != nil {
			return api.Page[Request]{Items: []Request{}}, nil
		}
	}
	return c.list(ctx, call, call.View, related, customer, in.Filter)
}

// OwnRequests lists the change requests that the customer of the person decides about.
func (c *Change) OwnRequests(ctx context.Context, call *api.Call, in *Filter) (api.Page[Request], error) {
	return c.list(ctx, call, call.Own, policy.View{}, 0, *in)
}

func (c *Change) list(ctx context.Context, call *api.Call, v, related policy.View, customer policy.ID, in Filter) (api.Page[Request], error) {
	page := api.Page[Request]{Items: []Request{}}
	fingerprint := "change-requests|" + in.State + "|" + customer.String()
	q := store.ChangeRequestPage{State: store.RequestState(in.State), Customer: customer, Limit: in.Limit + 1}
	var at int64
	more, err := api.DecodeCursor(in.Cursor, fingerprint, &at, &q.BeforeID)
	if err != nil {
		return page, err
	}
	if more {
		q.Before = time.UnixMilli(at)
	}
	found, err := c.cfg.Store.ChangeRequests(ctx, v, related, call.Person.OID, q)
	if err != nil {
		return page, err
	}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		last := found[in.Limit-1]
		page.Next = api.EncodeCursor(fingerprint, last.AskedAt.UnixMilli(), last.ID)
	}
	for _, r := range found {
		item, err := requestOf(r, call.Person.OID)
		if err != nil {
			return page, err
		}
		page.Items = append(page.Items, item)
	}
	return page, nil
}

// RequestIn names a change request.
type RequestIn struct {
	ID string `path:"id" maxLength:"64"`
}

// Request answers one change request of the partner.
func (c *Change) Request(ctx context.Context, call *api.Call, in *RequestIn) (Request, error) {
	related, err := call.Decider.Related(ctx, call.Actor)
	if err != nil {
		return Request{}, err
	}
	return c.one(ctx, call, call.View, related, in.ID)
}

// OwnRequest answers one change request that the customer of the person decides about.
func (c *Change) OwnRequest(ctx context.Context, call *api.Call, in *RequestIn) (Request, error) {
	return c.one(ctx, call, call.Own, policy.View{}, in.ID)
}

func (c *Change) one(ctx context.Context, call *api.Call, v, related policy.View, text string) (Request, error) {
	id, err := policy.ParseID(text)
	if err != nil {
		return Request{}, store.ErrNotFound
	}
	q, err := c.cfg.Store.ChangeRequestByID(ctx, v, related, call.Person.OID, id)
	if err != nil {
		return Request{}, err
	}
	return requestOf(q, call.Person.OID)
}

// Withdraw takes back one's own waiting request.
func (c *Change) Withdraw(ctx context.Context, call *api.Call, in *RequestIn) (api.None, error) {
	id, related, err := own(ctx, call, in.ID)
	if err != nil {
		return api.None{}, err
	}
	return api.None{}, c.cfg.Store.WithdrawRequest(ctx, call.Act, related, id)
}

// Reason says in a few words why.
type Reason struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"In a few words."`
}

func (r Reason) text() (string, error) {
	text := strings.TrimSpace(r.Reason)
	if text == "" {
		return "", api.Invalid("body.reason", "A reason is needed.")
	}
	return text, nil
}

// ReasonIn gives a change request a reason.
type ReasonIn struct {
	RequestIn
	Body Reason
}

// Explain tells the customer why one asks.
func (c *Change) Explain(ctx context.Context, call *api.Call, in *ReasonIn) (api.None, error) {
	reason, err := in.Body.text()
	if err != nil {
		return api.None{}, err
	}
	id, related, err := own(ctx, call, in.ID)
	if err != nil {
		return api.None{}, err
	}
	return api.None{}, c.cfg.Store.ExplainRequest(ctx, call.Act, related, id, reason)
}

func own(ctx context.Context, call *api.Call, text string) (policy.ID, policy.View, error) {
	id, err := policy.ParseID(text)
	if err != nil {
		return 0, policy.View{}, store.ErrNotFound
	}
	related, err := call.Decider.Related(ctx, call.Actor)
	return id, related, err
}

// Approve lets a request be carried out: as the person who asked, if it still may.
func (c *Change) Approve(ctx context.Context, call *api.Call, in *RequestIn) (api.None, error) {
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return api.None{}, store.ErrNotFound
	}
	err = c.cfg.Store.ApproveRequest(ctx, call.Act, call.Own, id)
	if err == nil {
		c.wake()
	}
	return api.None{}, err
}

// Reject ends a request with a reason that the partner reads.
func (c *Change) Reject(ctx context.Context, call *api.Call, in *ReasonIn) (api.None, error) {
	reason, err := in.Body.text()
	if err != nil {
		return api.None{}, err
	}
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return api.None{}, store.ErrNotFound
	}
	return api.None{}, c.cfg.Store.RejectRequest(ctx, call.Act, call.Own, id, reason)
}
