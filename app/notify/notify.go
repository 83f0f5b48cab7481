// Package notify tells both sides what happened: in Roomward, and by mail where the operator has set it up.
package notify

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Config is what the feature needs from its surroundings.
type Config struct {
	Store       *store.Store
	Server      Server
	Partner     []string // addresses of the partner that its notices are mailed to
	PartnerName string
	PublicURL   string
	// Work makes the view of background work on one customer; Overview is that of what has no customer yet.
	Work     func(customer policy.ID, reason string) policy.View
	Overview policy.View
	Now      func() time.Time
	Log      *slog.Logger
	// Mailed is told of each attempt to hand over a mail: ok, put-off, refused, server-failed or stopped; nil tells nobody.
	Mailed func(result string)
}

// Notify answers what people are told, and sends letters about it.
type Notify struct {
	cfg Config

	mu      sync.Mutex
	trouble trouble // with the mail server
}

// New makes the feature.
func New(cfg Config) *Notify {
	if cfg.Mailed == nil {
		cfg.Mailed = func(string) {}
	}
	return &Notify{cfg: cfg}
}

// Notice is something that happened.
type Notice struct {
	ID         string    `json:"id"`
	At         time.Time `json:"at"`
	Kind       string    `json:"kind" doc:"What happened: the subject, a dot, and what became of it, such as change.approved."`
	CustomerID string    `json:"customerId,omitempty" doc:"Absent where there is no relation, or none any more."`
	Customer   string    `json:"customer,omitempty" doc:"The customer's name; absent when the relation has ended."`
	TenantID   string    `json:"tenantId" doc:"Of the customer."`
	About      About     `json:"about"`
	Read       bool      `json:"read" doc:"Whether you have read it."`
	Mail       string    `json:"mail" enum:"none,waiting,sent,failed" doc:"What became of the mails about it."`
	MailReason string    `json:"mailReason,omitempty" enum:"unreachable,tls,sign-in,time,sender,recipient,letter,old" doc:"Why the last try failed."`
}

// About is what a notice says beside its kind. Everything that its kind does not have is absent.
type About struct {
	By           string          `json:"by,omitempty" doc:"Name of who did it."`
	Object       string          `json:"object,omitempty" doc:"What a change request is about."`
	Operation    string          `json:"operation,omitempty" doc:"What a change request would do."`
	Event        string          `json:"event,omitempty"`
	RequestID    string          `json:"requestId,omitempty"`
	InvitationID string          `json:"invitationId,omitempty"`
	Name         string          `json:"name,omitempty" doc:"Name of the role or member that was removed."`
	Reason       string          `json:"reason,omitempty"`
	Failure      string          `json:"failure,omitempty" doc:"Code of why an approved request could not be done."`
	Days         int             `json:"days,omitempty" doc:"Days that are left."`
	Rooms        int             `json:"rooms,omitempty"`
	Lost         int             `json:"lost,omitempty" doc:"Rooms that the partner does not see any more."`
	Cut          int             `json:"cut,omitempty" doc:"Roles that shrank."`
	Retention    int             `json:"retentionDays,omitempty"`
	ExpiresAt    *time.Time      `json:"expiresAt,omitempty"`
	EndsAt       *time.Time      `json:"endsAt,omitempty"`
	PurgeAt      *time.Time      `json:"purgeAt,omitempty" doc:"When what was collected is removed."`
	RecordLost   bool            `json:"recordLost,omitempty" doc:"The relation has ended and its audit record could not be kept."`
	Line         json.RawMessage `json:"line,omitempty" doc:"A checkpoint of the audit record, as a file of checkpoints has it."`
}

// Notices are the newest ones.
type Notices struct {
	Items   []Notice `json:"items" nullable:"false" doc:"Newest first."`
	Unread  int      `json:"unread" doc:"How many of the newest 200 you have not read."`
	Waiting int      `json:"waiting" doc:"How many change requests wait for the customer, of those that you see in their list; at most 200."`
	Mail    *Mail    `json:"mail,omitempty" doc:"Only for the partner's managers and tenant managers."`
}

// Mail is how the mail server does.
type Mail struct {
	State  string     `json:"state" enum:"off,on,failing" doc:"off: no mail server is set."`
	Since  *time.Time `json:"since,omitempty" doc:"Since when it takes no letters."`
	Reason string     `json:"reason,omitempty" enum:"unreachable,tls,sign-in,time,sender"`
}

type listing struct {
	Limit int `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many at most."`
}

type marking struct {
	Body struct {
		UpTo string `json:"upTo" maxLength:"64" doc:"Id of the newest notice that was read; all before it count as read, too."`
	}
}

// List answers what a person of the partner is told.
func (n *Notify) List(ctx context.Context, call *api.Call, in *listing) (Notices, error) {
	r, err := partnerReader(ctx, call)
	if err != nil {
		return Notices{}, err
	}
	out, err := n.list(ctx, r, in.Limit)
	if err == nil && call.Powers.Any() {
		out.Mail = n.mail()
	}
	return out, err
}

// Read notes up to where a person of the partner has read.
func (n *Notify) Read(ctx context.Context, call *api.Call, in *marking) (api.None, error) {
	r, err := partnerReader(ctx, call)
	if err != nil {
		return api.None{}, err
	}
	return n.read(ctx, r, in.Body.UpTo)
}

// OwnList answers what the administrators of a customer are told.
func (n *Notify) OwnList(ctx context.Context, call *api.Call, in *listing) (Notices, error) {
	return n.list(ctx, ownReader(call), in.Limit)
}

// OwnRead notes up to where an administrator of a customer has read.
func (n *Notify) OwnRead(ctx context.Context, call *api.Call, in *marking) (api.None, error) {
	return n.read(ctx, ownReader(call), in.Body.UpTo)
}

func partnerReader(ctx context.Context, call *api.Call) (store.NoticeReader, error) {
	related, err := call.Decider.Related(ctx, call.Actor)
	return store.NoticeReader{TenantID: call.Person.TenantID, OID: call.Person.OID, View: call.View, Related: related, Overview: call.Overview}, err
}

func ownReader(call *api.Call) store.NoticeReader {
	return store.NoticeReader{TenantID: call.Person.TenantID, OID: call.Person.OID, Own: call.Own}
}

func (n *Notify) list(ctx context.Context, r store.NoticeReader, limit int) (Notices, error) {
	list, unread, err := n.cfg.Store.Notices(ctx, r, limit)
	if err != nil {
		return Notices{}, err
	}
	out := Notices{Items: make([]Notice, len(list)), Unread: unread}
	for i, one := range list {
		out.Items[i] = shown(one)
	}
	out.Waiting, err = n.cfg.Store.WaitingFor(ctx, r)
	return out, err
}

func (n *Notify) read(ctx context.Context, r store.NoticeReader, text string) (api.None, error) {
	id, err := policy.ParseID(text)
	if err != nil {
		return api.None{}, store.ErrNotFound
	}
	return api.None{}, n.cfg.Store.ReadNotices(ctx, r, id)
}

func shown(n store.Notice) Notice {
	a := n.About
	out := Notice{ID: n.ID.String(), At: n.At, Kind: n.Kind, Customer: n.CustomerName, TenantID: n.TenantID, Read: n.Read, Mail: string(n.Mail),
		MailReason: n.MailReason, CustomerID: idOr(n.Customer),
		About: About{By: a.By, Object: a.Object, Operation: a.Operation, Event: string(a.Event), RequestID: idOr(a.Request), InvitationID: idOr(a.Invitation),
			Name: a.Name, Reason: a.Reason, Failure: a.Failure, Days: a.Days, Rooms: a.Rooms, Lost: a.Lost, Cut: a.Cut, Retention: a.RetentionDays,
			ExpiresAt: timeOr(a.ExpiresAt), EndsAt: timeOr(a.EndsAt), PurgeAt: timeOr(a.PurgeAt), RecordLost: a.Record != "", Line: a.Line}}
	return out
}

func idOr(id policy.ID) string {
	if id == 0 {
		return ""
	}
	return id.String()
}

func timeOr(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
