package signin

import (
	"errors"
	"net/http"
	"strings"

	"roomward/app/api"
	"roomward/store"
)

// asking is the way to the consent to one of the applications, and back.
type asking struct {
	Consent
	word     string // keeps the states of the two apart
	callback string
	back     string // the page, with the name of the outcome to come
}

// Consent is GET /consent: it sends a customer's administrator to the consent page of the own tenant, never of another.
func (s *Service) Consent(w http.ResponseWriter, r *http.Request) { s.ask(w, r, s.reading()) }

// ConsentCallback is GET /consent/callback.
func (s *Service) ConsentCallback(w http.ResponseWriter, r *http.Request) {
	s.consented(w, r, s.reading())
}

// ActingConsent is GET /consent/acting: the same for the second application, which acts on devices.
func (s *Service) ActingConsent(w http.ResponseWriter, r *http.Request) { s.ask(w, r, s.acting()) }

// ActingConsentCallback is GET /consent/acting/callback.
func (s *Service) ActingConsentCallback(w http.ResponseWriter, r *http.Request) {
	s.consented(w, r, s.acting())
}

func (s *Service) reading() asking {
	return asking{s.cfg.Reading, "consent", pathConsentCallback, pagePortal + "?consent="}
}

func (s *Service) acting() asking {
	return asking{s.cfg.Acting, "consent to actions", pathActingCallback, pagePortal + "?acting="}
}

func (s *Service) ask(w http.ResponseWriter, r *http.Request, to asking) {
	ctx := r.Context()
	p, err := s.Person(ctx)
	if err != nil {
		s.broken(w, r, err)
		return
	}
	if p == nil {
		redirect(w, "/signin?side=customer")
		return
	}
	if problem := s.mayConsent(*p); problem != nil {
		answer(w, r, problem)
		return
	}
	if to.URL == nil {
		answer(w, r, api.Fail(http.StatusNotFound, "acting-not-apart", "Actions need no consent of their own here.", "The consent to the application covers them."))
		return
	}
	state := newSecret()
	if err := s.store.BeginSignin(ctx, hashOf(to.word, state, p.Session), store.Signin{Side: store.SideCustomer, ReturnTo: pagePortal}); err != nil {
		s.broken(w, r, err)
		return
	}
	redirect(w, to.URL(p.TenantID, s.public+to.callback, state))
}

// consented takes who comes back. What Entra's redirect says is the visitor's word only (graph.md 6): the state must be one of this session, and Prove
// proves the consent by a token of the tenant.
func (s *Service) consented(w http.ResponseWriter, r *http.Request, to asking) {
	ctx, q := r.Context(), r.URL.Query()
	p, err := s.Person(ctx)
	if err != nil {
		s.broken(w, r, err)
		return
	}
	if p == nil || q.Get("state") == "" {
		s.refuse(w, r, refuseText("state", "consent came back without a session or a state"))
		return
	}
	if problem := s.mayConsent(*p); problem != nil {
		answer(w, r, problem)
		return
	}
	_, err = s.store.TakeSignin(ctx, hashOf(to.word, q.Get("state"), p.Session))
	if errors.Is(err, store.ErrNotFound) {
		s.refuse(w, r, refuseText("state", "this session asked for no such consent, or it is used up"))
		return
	}
	if err != nil {
		s.broken(w, r, err)
		return
	}
	outcome := "ok"
	switch {
	case q.Get("error") != "":
		outcome = "refused"
	case !strings.EqualFold(q.Get("tenant"), p.TenantID):
		outcome = "wrong-tenant"
	default:
		if err := to.Prove(ctx, act(ctx, *p), p.TenantID); err != nil {
			s.log.ErrorContext(ctx, "consent could not be proven", "tenant", p.TenantID, "error", err, "request", api.RequestID(ctx))
			outcome = "failed"
		}
	}
	redirect(w, to.back+outcome)
}

func (s *Service) mayConsent(p api.Person) *api.Problem {
	if p.Side != store.SideCustomer {
		return api.Forbidden("other-side", "This belongs to the other portal.", "")
	}
	if !s.IsAdmin(p) {
		return api.Forbidden("needs-administrator", "Only an administrator of your organisation may do this.",
			"Ask a Global Administrator or Teams Administrator.")
	}
	return nil
}

func (s *Service) broken(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	s.log.ErrorContext(ctx, "request failed", "error", err, "request", api.RequestID(ctx))
	p := api.Fail(http.StatusServiceUnavailable, "unavailable", "Roomward cannot answer just now.", "Try again in a moment.")
	p.RequestID = api.RequestID(ctx)
	answer(w, r, p)
}
