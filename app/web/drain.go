package web

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// running knows the connections from which a request was taken that is not answered yet, or comes at any moment. http.Server.Shutdown is not enough:
// a request whose header it reads when the end has begun, it throws away unanswered, and from a client's side that is a lost request.
type running struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
	none  chan struct{} // closed when there is none any more; nil until somebody waits
}

func newRunning() *running { return &running{conns: map[net.Conn]struct{}{}} }

// note follows the states of connections: http.Server.ConnState.
func (r *running) note(c net.Conn, state http.ConnState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if state == http.StateNew || state == http.StateActive {
		r.conns[c] = struct{}{}
		return
	}
	delete(r.conns, c)
	if r.none != nil && len(r.conns) == 0 {
		close(r.none)
		r.none = nil
	}
}

// end waits until every request that was taken has its answer, or the context ends. It is called once, when no connection comes any more.
func (r *running) end(ctx context.Context) {
	r.mu.Lock()
	if len(r.conns) == 0 {
		r.mu.Unlock()
		return
	}
	none := make(chan struct{})
	r.none = none
	r.mu.Unlock()
	select {
	case <-none:
	case <-ctx.Done():
	}
}
