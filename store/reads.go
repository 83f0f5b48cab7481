package store

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrReadCut ends a read that stood in the way of an erasure for too long: begin it again.
var ErrReadCut = errors.New("the read was cut off: removed rows have to leave the files")

// reads are the read transactions that are open.
type reads struct {
	mu   sync.Mutex
	next uint64
	open map[uint64]openRead
}

type openRead struct {
	began time.Time
	cut   context.CancelCauseFunc
}

// begin notes a read. Its statements go by the context that it answers, and done must be called at its end.
func (r *reads) begin(ctx context.Context) (_ context.Context, done func()) {
	ctx, cut := context.WithCancelCause(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		r.open = map[uint64]openRead{}
	}
	r.next++
	id := r.next
	r.open[id] = openRead{time.Now(), cut}
	return ctx, func() {
		r.mu.Lock()
		delete(r.open, id)
		r.mu.Unlock()
		cut(nil)
	}
}

// cut ends the reads that have been open for longer than that.
func (r *reads) cut(longer time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.open {
		if time.Since(o.began) > longer {
			o.cut(ErrReadCut)
		}
	}
}
