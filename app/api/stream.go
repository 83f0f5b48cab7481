package api

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"roomward/policy"
	"roomward/store"
)

// Stream is an answer that is written piece by piece, in bounded memory, as a file to keep.
type Stream struct {
	Type string // media type
	Name string // of the file
	// About are the customers of which it tells, where the request names none: the record of each says that it was read.
	About []policy.ID
	// Write writes all of it. Again makes the call anew, so that each piece is authorised when it is read; a right that ends cuts the answer
	// off, and nobody takes half a file for a whole one.
	Write func(ctx context.Context, w io.Writer, again func(context.Context) (*Call, error)) error
}

// OpStream states an operation that answers a stream; see Op. What fn refuses before it returns is answered like any other problem.
func OpStream[I any](method, path string, access Access, summary, mediaType string, fn func(context.Context, *Call, *I) (Stream, error)) Route {
	r := Route{Method: method, Path: path, Access: access, Summary: summary}
	do := func(ctx context.Context, c *Call, in any) (any, error) { return fn(ctx, c, in.(*I)) }
	r.register = func(h huma.API, d *Desk, op huma.Operation) {
		op.Responses = map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK),
			Content: map[string]*huma.MediaType{mediaType: {Schema: &huma.Schema{Type: huma.TypeString}}}}}
		huma.Register(h, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
			a, err := run(ctx, d, r.key(), access, in, do)
			if err != nil {
				return nil, err
			}
			s := a.Body.(Stream)
			return &huma.StreamResponse{Body: func(out huma.Context) { d.stream(out, access, s) }}, nil
		})
	}
	return r
}

func (d *Desk) stream(out huma.Context, access Access, s Stream) {
	ctx := out.Context()
	out.SetHeader("Content-Type", s.Type)
	out.SetHeader("Content-Disposition", `attachment; filename="`+s.Name+`"`)
	out.SetHeader("Cache-Control", "no-store")
	out.SetStatus(http.StatusOK)
	err := s.Write(ctx, out.BodyWriter(), func(ctx context.Context) (*Call, error) {
		call, _, err := d.call(context.WithValue(ctx, anewKey{}, true), access)
		if err != nil {
			return nil, err
		}
		if call.Person.Side != store.SidePartner {
			return call, nil // what a customer sees of itself goes by no view that could be old
		}
		return call, d.Decider.Refresh(ctx, call.Actor)
	})
	if err == nil {
		return
	}
	var ended *Problem // of who has signed out meanwhile
	if ctx.Err() == nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrNotPrimaryAdmin) && !errors.Is(err, store.ErrStrongAuth) && !errors.As(err, &ended) {
		d.Log.ErrorContext(ctx, "an answer was cut off", "error", err, "request", RequestID(ctx))
	}
	panic(http.ErrAbortHandler)
}

type anewKey struct{}

// Anew tells the gate that a call goes on after its person was looked up: whether the session still stands is to be read again.
func Anew(ctx context.Context) bool {
	anew, _ := ctx.Value(anewKey{}).(bool)
	return anew
}
