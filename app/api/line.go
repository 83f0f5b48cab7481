package api

import (
	"context"
	"log/slog"
	"sync"

	"roomward/policy"
)

// line is what every line of the log says that is written on behalf of one request or one piece of background work. Who asks, and about which
// customer, is found out on the way.
type line struct {
	mu              sync.Mutex
	actor, customer string
}

type lineKey struct{}

// WithLine begins to keep what the log says of a request or of background work.
func WithLine(ctx context.Context) context.Context {
	return context.WithValue(ctx, lineKey{}, &line{})
}

// WithCustomer is the context of background work for one customer: each line of its log names the customer's id.
func WithCustomer(ctx context.Context, customer policy.ID) context.Context {
	return context.WithValue(ctx, lineKey{}, &line{customer: customer.String()})
}

// NoteActor keeps who asks: tenant and object id, which are no names.
func NoteActor(ctx context.Context, p Person) {
	if l, ok := ctx.Value(lineKey{}).(*line); ok {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.actor = p.TenantID + "/" + p.OID
	}
}

// NoteCustomer keeps about which customer a request is, as its path says: a text that is no id is left out.
func NoteCustomer(ctx context.Context, id string) {
	known, err := policy.ParseID(id)
	if l, ok := ctx.Value(lineKey{}).(*line); ok && err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.customer = known.String()
	}
}

// LogHandler adds to each line the request, the actor and the customer of its context, where the line does not say them itself.
func LogHandler(next slog.Handler) slog.Handler { return logHandler{next} }

type logHandler struct{ slog.Handler }

// Handle writes one line.
func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	own := map[string]string{"request": RequestID(ctx)}
	if l, ok := ctx.Value(lineKey{}).(*line); ok {
		l.mu.Lock()
		own["actor"], own["customer"] = l.actor, l.customer
		l.mu.Unlock()
	}
	r.Attrs(func(a slog.Attr) bool {
		delete(own, a.Key)
		return true
	})
	for _, key := range []string{"request", "actor", "customer"} {
		if value := own[key]; value != "" {
			r.AddAttrs(slog.String(key, value))
		}
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the handler around.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the handler around.
func (h logHandler) WithGroup(name string) slog.Handler { return logHandler{h.Handler.WithGroup(name)} }
