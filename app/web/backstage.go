package web

import "net/http"

// Backstage is what a listener of the operator's own answers: metrics, and readiness with all that is known. It knows no session and no data.
func (s *Server) Backstage() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", s.alive)
	m.HandleFunc("GET /readyz", s.ready)
	return m
}
