package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"roomward/app/api"
)

// Backstage is what a listener of the operator's own answers: metrics, and readiness with all that is known. It knows no session and no data. Where
// there is a token, it is asked for here, too.
func (s *Server) Backstage() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", s.alive)
	m.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		s.answerReady(w, r, s.cfg.MetricsToken == "" || s.operator(r))
	})
	m.HandleFunc("GET /metrics", s.metrics)
	return m
}

// operator tells whether a request carries the token of who watches.
func (s *Server) operator(r *http.Request) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || s.cfg.MetricsToken == "" {
		return false
	}
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(s.cfg.MetricsToken))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// openMetrics is GET /metrics of the public address, which has them for who has the token only, and without a token not at all.
func (s *Server) openMetrics(w http.ResponseWriter, r *http.Request) {
	if s.cfg.MetricsToken == "" {
		api.Answer(w, r, api.NotFound())
		return
	}
	s.metrics(w, r)
}

// metrics is GET /metrics.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.cfg.Metrics == nil:
		api.Answer(w, r, api.Fail(http.StatusNotFound, api.CodeOf(http.StatusNotFound), "There are no metrics here.", ""))
	case s.cfg.MetricsToken != "" && !s.operator(r):
		w.Header().Set("WWW-Authenticate", "Bearer")
		api.Answer(w, r, api.Fail(http.StatusUnauthorized, "needs-token", "Metrics are for who has the token of --metrics-token-file.",
			"Send it as Authorization: Bearer."))
	default:
		s.cfg.Metrics.ServeHTTP(w, r)
	}
}
