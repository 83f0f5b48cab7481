package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"roomward/policy"
	"roomward/store"
)

// Pending is the answer (202) to a change that waits for the customer's approval: nothing has been done.
type Pending struct {
	ChangeRequest PendingRequest `json:"changeRequest"`
}

// PendingRequest names a change request that waits.
type PendingRequest struct {
	ID         string    `json:"id"`
	Event      string    `json:"event" enum:"role,assignment,group,action,export"`
	CustomerID string    `json:"customerId"`
	ExpiresAt  time.Time `json:"expiresAt"`
}

func pendingOf(w *store.Waits) *Pending {
	return &Pending{PendingRequest{w.ID.String(), string(w.Event), w.Customer.String(), w.ExpiresAt}}
}

// Error makes it what an operation ends with instead of its own answer.
func (p *Pending) Error() string { return "waits for approval: " + p.ChangeRequest.ID }

// GetStatus is 202.
func (p *Pending) GetStatus() int { return http.StatusAccepted }

func pendingResponse(h huma.API) map[string]*huma.Response {
	schema := h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Pending](), true, "")
	return map[string]*huma.Response{"202": {Description: "Waits for the customer's approval; nothing has been done.",
		Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}}
}

// Original is who asked for something that is done later, and the change request by which it is done.
type Original struct {
	Person   Person
	Approved policy.ID
}

// Replay does what was asked for earlier, as the person who asked and with the rights of this moment. Input is that of store.Request. It answers what
// the operation ended with, unlike a request without turning it into a problem.
type Replay func(ctx context.Context, o Original, input []byte) error

// Replays are the controlled routes by their names in store.Request.
func Replays(d *Desk, routes []Route) map[string]Replay {
	out := map[string]Replay{}
	for _, r := range routes {
		if r.controlled && r.replay != nil {
			out[r.key()] = func(ctx context.Context, o Original, input []byte) error { return r.replay(ctx, d, o, input) }
		}
	}
	return out
}

func again(ctx context.Context, d *Desk, access Access, o Original, in any, input []byte, do operation) error {
	if err := json.Unmarshal(input, in); err != nil {
		return fmt.Errorf("read what was asked for: %w", err)
	}
	_, err := try(ctx, d, in, do, func(ctx context.Context) (*Call, error) {
		call, err := d.callAs(ctx, access, o.Person)
		if err == nil {
			call.Act.Approved = o.Approved
		}
		return call, err
	})
	return err
}
