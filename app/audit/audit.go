// Package audit is the record of who did what: search, export, checkpoints, and the proof that nobody changed it. What is recorded stands beside
// each change in the store; who sees what of it stands in store.AuditReader.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Audit answers questions about the record.
type Audit struct {
	store *store.Store
	now   func() time.Time
	one   chan struct{} // one verification at a time: it reads the whole record
}

// New makes it.
func New(s *store.Store, now func() time.Time) *Audit {
	return &Audit{store: s, now: now, one: make(chan struct{}, 1)}
}

// own is the part of an entry's id that stands for the record of the partner alone.
const own = "partner"

// entryID names an entry by its record and its place in it: no number that other records have a part in.
func entryID(r store.AuditRow) string {
	if r.Chain == "" {
		return own + ":" + strconv.FormatInt(r.Seq, 10)
	}
	return r.Chain + ":" + strconv.FormatInt(r.Seq, 10)
}

func parseID(text string) (store.AuditPlace, error) {
	chain, number, ok := strings.Cut(text, ":")
	seq, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || seq < 1 || chain == "" {
		return store.AuditPlace{}, store.ErrNotFound
	}
	if chain == own {
		chain = ""
	}
	return store.AuditPlace{Chain: chain, Seq: seq}, nil
}

// RecordEntry is one entry in a list.
type RecordEntry struct {
	ID           string     `json:"id" doc:"The record and the place in it."`
	Number       int64      `json:"number" doc:"The place in the record, from 1."`
	At           time.Time  `json:"at"`
	CustomerID   string     `json:"customerId,omitempty" doc:"Of the relation that it is about."`
	CustomerName string     `json:"customerName,omitempty"`
	Side         store.Side `json:"side" enum:"partner,customer,system"`
	ActorID      string     `json:"actorId,omitempty" doc:"Object id of who did it, in the tenant of its side."`
	ActorName    string     `json:"actorName,omitempty"`
	Operation    string     `json:"operation" doc:"The word of the feature, then the verb." example:"role.update"`
	Object       string     `json:"object,omitempty" doc:"The name of what it was done to, as it was then."`
	ObjectID     string     `json:"objectId,omitempty"`
	RoomID       string     `json:"roomId,omitempty" doc:"Of an entry about a room, of which the record keeps no name: object is its present name, for who sees it."`
	Result       string     `json:"result" enum:"successful,waits,refused,denied,failed"`
}

func entryOf(r store.AuditRow) RecordEntry {
	e := RecordEntry{ID: entryID(r), Number: r.Seq, At: r.At, CustomerName: r.CustomerName, Side: r.Side, ActorID: r.ActorOID, ActorName: r.ActorName,
		Operation: r.Operation, Object: r.Object, ObjectID: r.ObjectID, Result: r.Result}
	if r.Customer != 0 {
		e.CustomerID = r.Customer.String()
	}
	if room := r.AboutRoom(); room != 0 {
		e.Object, e.RoomID = r.RoomName, room.String()
	}
	return e
}

// RecordDetail is one entry with all that is known of it.
type RecordDetail struct {
	RecordEntry
	Reduced   bool              `json:"reduced" doc:"The relation has ended: only time, tenant, actor's id and operation are left."`
	Detail    any               `json:"detail" doc:"What else was recorded; before and after where something was changed."`
	Names     map[string]string `json:"names,omitempty" doc:"Present names of roles, groups and rooms in the detail that you see, by id and by scope."`
	RequestID string            `json:"requestId,omitempty"`
	Address   string            `json:"address,omitempty" doc:"From where it was asked for."`
	Hash      string            `json:"hash" doc:"SHA-256, hexadecimal."`
	Before    string            `json:"before" doc:"The hash of the entry before it."`
}

// Filter is by what the record can be searched.
type Filter struct {
	Q         string    `query:"q" maxLength:"100" doc:"Part of the name of who did it, or of what it was done to. Of a room that you see, its present name; at most 500 rooms are looked for."`
	From      time.Time `query:"from" doc:"Entries of this moment or later."`
	To        time.Time `query:"to" doc:"Entries before this moment."`
	Actor     string    `query:"actor" maxLength:"100" doc:"Part of the name of who did it, or the whole object id."`
	Operation string    `query:"operation" maxLength:"60" doc:"An operation, or its first word." example:"role.update"`
	Object    string    `query:"object" maxLength:"100" doc:"Part of the name of what it was done to, as in q, or the whole id."`
	Result    string    `query:"result" enum:"successful,waits,refused,denied,failed"`
	Side      string    `query:"side" enum:"partner,customer,system"`
}

func (f Filter) filter(customer policy.ID) store.AuditFilter {
	return store.AuditFilter{Text: strings.TrimSpace(f.Q), From: f.From, To: f.To, Actor: strings.TrimSpace(f.Actor), Operation: f.Operation, Object: strings.TrimSpace(f.Object),
		Result: f.Result, Side: store.Side(f.Side), Customer: customer}
}

// OfCustomer switches to one customer.
type OfCustomer struct {
	Customer string `query:"customer" maxLength:"64" doc:"Only entries about this customer."`
}

func (c OfCustomer) id() (policy.ID, error) {
	if c.Customer == "" {
		return 0, nil
	}
	id, err := policy.ParseID(c.Customer)
	if err != nil {
		return 0, store.ErrNotFound
	}
	return id, nil
}

// RecordPage is a page of entries.
type RecordPage struct {
	api.Page[RecordEntry]
	ExportLeavesOut int `json:"exportLeavesOut" doc:"How many customers of this question an export leaves out, because they want to approve it first."`
}

// ListIn is what a search of the partner takes.
type ListIn struct {
	api.Paging
	Filter
	OfCustomer
	Total bool `query:"total" doc:"Also count how many there are in all."`
}

// OwnListIn is what a search of a customer takes.
type OwnListIn struct {
	api.Paging
	Filter
	Total bool `query:"total" doc:"Also count how many there are in all."`
}

// List searches the record, newest first: what a member of the partner may see of it.
func (a *Audit) List(ctx context.Context, call *api.Call, in *ListIn) (RecordPage, error) {
	customer, err := in.id()
	if err != nil {
		return RecordPage{}, err
	}
	return a.list(ctx, call, in.Paging, in.Filter, customer, in.Total)
}

// OwnList searches the customer's own record, newest first.
func (a *Audit) OwnList(ctx context.Context, call *api.Call, in *OwnListIn) (RecordPage, error) {
	return a.list(ctx, call, in.Paging, in.Filter, 0, in.Total)
}

func (a *Audit) list(ctx context.Context, call *api.Call, paging api.Paging, f Filter, customer policy.ID, total bool) (RecordPage, error) {
	var out RecordPage
	by, err := reader(ctx, call)
	if err != nil {
		return out, err
	}
	q := store.AuditQuery{AuditFilter: f.filter(customer), Limit: paging.Limit + 1, Total: total}
	fingerprint := fmt.Sprintf("audit|%+v", q.AuditFilter)
	var past store.AuditPlace
	switch on, err := api.DecodeCursor(paging.Cursor, fingerprint, &past.Chain, &past.Seq); {
	case err != nil:
		return out, err
	case on:
		q.Past = &past
	}
	rows, found, err := a.store.Audit(ctx, by, q)
	if err != nil {
		return out, err
	}
	if len(rows) > paging.Limit {
		rows = rows[:paging.Limit]
		last := rows[len(rows)-1]
		out.Next = api.EncodeCursor(fingerprint, last.Chain, last.Seq)
	}
	out.ExportLeavesOut = found.LeftOut
	out.Items = make([]RecordEntry, len(rows))
	for i, r := range rows {
		out.Items[i] = entryOf(r)
	}
	if total {
		out.Total = &found.Total
	}
	return out, nil
}

// EntryIn names an entry.
type EntryIn struct {
	ID string `path:"id" maxLength:"64"`
}

// Entry is one entry with what was before and after.
func (a *Audit) Entry(ctx context.Context, call *api.Call, in *EntryIn) (RecordDetail, error) {
	at, err := parseID(in.ID)
	if err != nil {
		return RecordDetail{}, err
	}
	by, err := reader(ctx, call)
	if err != nil {
		return RecordDetail{}, err
	}
	r, err := a.store.AuditEntry(ctx, by, at)
	if err != nil {
		return RecordDetail{}, err
	}
	line := r.Line()
	out := RecordDetail{RecordEntry: entryOf(r), Reduced: r.Reduced(), Names: r.Names, RequestID: r.RequestID, Address: r.Address, Hash: line.Hash, Before: line.Before}
	if err := json.Unmarshal([]byte(r.Detail), &out.Detail); err != nil {
		return RecordDetail{}, fmt.Errorf("decode the detail of an audit entry: %w", err)
	}
	return out, nil
}

// reader is who reads the record.
func reader(ctx context.Context, call *api.Call) (store.AuditReader, error) {
	if call.Person.Side == store.SideCustomer {
		return store.AuditReader{Own: call.Own}, nil
	}
	related, err := call.Decider.Related(ctx, call.Actor)
	if err != nil {
		return store.AuditReader{}, err
	}
	rooms, err := call.Decider.View(ctx, call.Actor, policy.RoomsView)
	return store.AuditReader{Rules: call.View, Related: related, Overview: call.Overview, Rooms: rooms, OID: call.Person.OID}, err
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

// refused says in the words of the API what an export was refused for.
func refused(err error) error {
	var conflict store.Conflict
	switch {
	case errors.Is(err, store.ErrNotPrimaryAdmin):
		return api.Forbidden("needs-primary-admin", "Only a primary admin of this customer may do this.", "Ask one of its primary admins.")
	case errors.As(err, &conflict) && conflict.Code == "needs-approval":
		return api.Forbidden("needs-approval", "The customer approves exports of its record first.",
			"A primary admin asks for it with POST /api/customers/{id}/audit-exports; the export then works for a day.")
	}
	return err
}
