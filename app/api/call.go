// Package api is one HTTP operation: who calls, what they may, problem+json, pages, typed registration. Features state their operations
// with Op; app/web joins them into the one route table.
package api

import (
	"context"
	"time"

	"roomward/policy"
	"roomward/store"
)

// Person is somebody signed in, as the session knows them. A person is (TenantID, OID), never an e-mail address.
type Person struct {
	Session  string
	Side     store.Side
	TenantID string
	OID      string
	Name     string
	UPN      string
	Groups   []string // object ids of security groups, from the token or Graph
	AppRoles []string
	Wids     []string // directory role templates
	Contexts []string // authentication contexts that the sign-in satisfied, sorted; only of the partner's people
	Expires  time.Time
}

// Actor is the person as policy decides about it; only for people of the partner.
func (p Person) Actor() policy.Actor {
	a := policy.Actor{User: policy.User(p.OID), Contexts: p.Contexts}
	for _, g := range p.Groups {
		a.Groups = append(a.Groups, policy.Group(g))
	}
	return a
}

// Call is one request on its way to a feature: who calls and what they see.
type Call struct {
	Person Person
	// Actor is the partner member that policy decides about; zero for a customer's people.
	Actor policy.Actor
	// Powers are the partner-wide ones.
	Powers policy.Powers
	// View is what the person sees with the route's permission. Zero where the route names none.
	View policy.View
	// Own is the view of a customer's administrators on their own relation.
	Own policy.View
	// Overview is what the partner-wide powers see: names and states, never data.
	Overview policy.View
	// Act goes to every change.
	Act store.Act
	// Administers tells that a customer's person may change things for its organisation.
	Administers bool
	// Decider answers further questions about the actor.
	Decider *policy.Decider
}

type requestIDKey struct{}

// WithRequestID keeps the id of a request in its context.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID is the id of the request, or "" outside one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// Page is one page of a list. Next is the cursor of the following one, empty at the end.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last."`
	Total *int   `json:"total,omitempty" doc:"How many there are in all; only with total=true."`
}

// Paging is what every list takes.
type Paging struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"600" doc:"The next of the page before."`
}

// None is the body of an operation that answers nothing (204).
type None struct{}

// TimeOrNil is a moment for an answer that leaves out the zero time.
func TimeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
