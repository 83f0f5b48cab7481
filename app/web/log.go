package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/app/signin"
)

const longestLoggedPath = 300

// identify gives the request its id, the caller's address and its time limit.
func (s *Server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		w.Header().Set("X-Request-Id", id)
		ctx, done := context.WithTimeout(api.WithLine(api.WithRequestID(r.Context(), id)), answerTimeout)
		defer done()
		if ip := s.address(r); ip.IsValid() {
			ctx = api.WithAddress(ctx, ip.String())
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// outcome watches an answer go out.
type outcome struct {
	http.ResponseWriter
	status  int
	bytes   int64
	session string
	route   string // its pattern; "" where no route was reached
}

func (o *outcome) WriteHeader(status int) {
	if o.status == 0 && status >= 200 { // 1xx are not the answer
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *outcome) Write(b []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := o.ResponseWriter.Write(b)
	o.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach deadlines and flushing.
func (o *outcome) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// logRequests writes one line per request: never the query, which may hold codes and states, and no header or body.
func (s *Server) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		o := &outcome{ResponseWriter: w}
		ctx := r.Context()
		defer func() {
			level := slog.LevelInfo
			if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || strings.HasPrefix(r.URL.Path, assets) {
				level = slog.LevelDebug
			}
			if s.cfg.Served != nil {
				s.cfg.Served(cmp.Or(o.route, "other"), methodOf(r), o.status, time.Since(begun))
			}
			path := r.URL.Path
			if len(path) > longestLoggedPath {
				path = path[:longestLoggedPath]
			}
			s.cfg.Log.Log(ctx, level, "request", "method", r.Method, "path", path, "status", o.status, "bytes", o.bytes,
				"ms", time.Since(begun).Milliseconds(), "address", api.Address(ctx), "session", o.session, "request", api.RequestID(ctx))
		}()
		next.ServeHTTP(o, r)
		if o.status == 0 {
			o.status = http.StatusOK // net/http sends it for a handler that writes nothing
		}
	})
}

// methodOf is the method of a request as a label: whatever else somebody sends is one.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// recoverPanics turns a panic into a problem without its cause, which goes to the log with the stack. An answer that has begun is cut.
func (s *Server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler)
			}
			o, ok := w.(*outcome)
			if ok && o.status != 0 {
				s.cfg.Log.ErrorContext(r.Context(), "panic in the middle of an answer", "cause", fmt.Sprint(cause),
					"stack", string(debug.Stack()), "request", api.RequestID(r.Context()))
				panic(http.ErrAbortHandler)
			}
			s.broken(w, r, "panic", "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
		}()
		next.ServeHTTP(w, r)
	})
}

// noteSession puts the session that answered into the log's line.
func noteSession(w http.ResponseWriter, r *http.Request) {
	if o, ok := w.(*outcome); ok {
		o.session = signin.SessionID(r.Context())
	}
}

// noteRoute puts the pattern of the route that answers into the count.
func noteRoute(w http.ResponseWriter, pattern string) {
	if o, ok := w.(*outcome); ok {
		o.route = pattern
	}
}
