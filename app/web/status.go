package web

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"roomward/app/watch"
)

const (
	readyFresh   = time.Second     // probes may come often, and each check is a write
	readyTimeout = 3 * time.Second // a check that takes longer is a failure
)

// readiness keeps the last answer of Ready for a moment.
type readiness struct {
	mu sync.Mutex
	at time.Time
	ok bool
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// alive is GET /healthz: the process answers.
func (s *Server) alive(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready is GET /readyz: requests can be answered, or why not. The cause in full is in the log.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) { s.answerReady(w, r, s.operator(r)) }

// readyAnswer is what /readyz says: "ready" (200); "degraded" (200): everything is answered, and somebody should look; "not ready" (503).
type readyAnswer struct {
	Status  string         `json:"status"`
	Reasons []watch.Reason `json:"reasons"`
}

// answerReady tells everybody why Roomward cannot answer, and the operator also what is not well, with details.
func (s *Server) answerReady(w http.ResponseWriter, r *http.Request, operator bool) {
	out, status := readyAnswer{"ready", []watch.Reason{}}, http.StatusOK
	for _, reason := range s.reasons(r.Context()) {
		switch {
		case reason.Down:
			out.Status, status = "not ready", http.StatusServiceUnavailable
		case status == http.StatusOK:
			out.Status = "degraded"
		}
		if !operator {
			reason.Detail = ""
		}
		if operator || reason.Down {
			out.Reasons = append(out.Reasons, reason)
		}
	}
	answerJSON(w, status, out)
}

func (s *Server) reasons(ctx context.Context) []watch.Reason {
	var out []watch.Reason
	if s.stopping.Load() {
		out = append(out, watch.Reason{Code: "stopping", Text: "Roomward is stopping.", Down: true})
	}
	if !s.databaseReady(ctx) {
		out = append(out, watch.Reason{Code: "database", Text: "the database does not answer or cannot be written", Down: true})
	}
	if s.cfg.Reasons != nil {
		out = append(out, s.cfg.Reasons(ctx)...)
	}
	return out
}

func (s *Server) databaseReady(ctx context.Context) bool {
	h := &s.health
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.at) < readyFresh {
		return h.ok
	}
	// A probe that gives up must not make the others believe in a failure.
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer done()
	err := s.cfg.Ready(ctx)
	if err != nil {
		s.cfg.Log.ErrorContext(ctx, "not ready", "error", err)
	}
	h.at, h.ok = time.Now(), err == nil
	return h.ok
}

// version is GET /version.
func (s *Server) version(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, http.StatusOK, map[string]string{"version": s.cfg.Version})
}

// openAPI is GET /api/openapi.json.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/openapi+json")
	_, _ = w.Write(s.document)
}

// apiDocs is GET /api/docs.
func (s *Server) apiDocs(w http.ResponseWriter, r *http.Request) { s.show(w, r, s.docs) }
