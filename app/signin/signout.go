package signin

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"roomward/app/api"
	"roomward/store"
)

// SignOut is POST /signout: the session ends at once, and the answer tells where Entra's own sign-out is. A browser without a session gets the
// same kind of answer. Requests from other sites are stopped before (app/web).
func (s *Service) SignOut(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		answer(w, r, api.Fail(http.StatusMethodNotAllowed, "method-not-allowed", "Signing out takes a POST.", "Use the button."))
		return
	}
	ctx := r.Context()
	to := pageWelcome
	p, err := s.Person(ctx)
	if err == nil && p != nil {
		to = s.leave(*p)
		err = s.store.EndSession(ctx, act(ctx, *p), p.Session)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		s.log.ErrorContext(ctx, "sign-out failed", "error", err, "request", api.RequestID(ctx))
		p := api.Fail(http.StatusServiceUnavailable, "unavailable", "You are not signed out.", "Try again in a moment.")
		p.RequestID = api.RequestID(ctx)
		answer(w, r, p)
		return
	}
	s.forget(w)
	h := w.Header()
	h.Set("Clear-Site-Data", `"cache", "storage"`)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"url": to})
}

// forget takes the cookies back.
func (s *Service) forget(w http.ResponseWriter) {
	for _, suffix := range []string{"", cookieSignin, cookieChoose} {
		http.SetCookie(w, s.cookie(suffix, "", -time.Second))
	}
}

// leave is Entra's sign-out. While Entra cannot be reached our own welcome page has to do.
func (s *Service) leave(p api.Person) string {
	k, err := s.authority(p.Side).ready()
	if err != nil {
		return pageWelcome
	}
	return k.logout + "?" + url.Values{
		"post_logout_redirect_uri": {s.public + pageWelcome},
		"logout_hint":              {p.UPN},
	}.Encode()
}
