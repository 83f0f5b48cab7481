package web

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"
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
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	reasons := []string{}
	if s.stopping.Load() {
		reasons = append(reasons, "Roomward is stopping")
	}
	if !s.databaseReady(r.Context()) {
		reasons = append(reasons, "the database does not answer or cannot be written")
	}
	if len(reasons) > 0 {
		answerJSON(w, http.StatusServiceUnavailable, map[string]any{"status": "not ready", "reasons": reasons})
		return
	}
	answerJSON(w, http.StatusOK, map[string]any{"status": "ready", "reasons": reasons})
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
