package signin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"roomward/app/api"
	"roomward/store"
)

// A customer may demand an authentication context of the partner's people (design 6). Whoever lacks it signs in again and asks Entra for it: a
// step-up. The session that was there stays until the new one is, and is what a step-up that fails leaves.

// beginStepUp is GET /signin?step_up=c1: it sends somebody of the partner to Entra for one of the configured authentication contexts, as the
// person that is signed in here. hint is who comes where nobody is.
func (s *Service) beginStepUp(w http.ResponseWriter, r *http.Request, hint string) {
	q := r.URL.Query()
	in := store.Signin{Side: store.SidePartner, StepUp: q.Get("step_up"), ReturnTo: localPath(q.Get("return"))}
	if in.ReturnTo == "" {
		in.ReturnTo = home(in.Side)
	}
	if !slices.Contains(s.cfg.Contexts, in.StepUp) {
		answer(w, r, api.Invalid("query.step_up", "is none of the authentication contexts that the partner offers"))
		return
	}
	if side := q.Get("side"); side != "" && side != string(in.Side) {
		answer(w, r, api.Invalid("query.side", "only the partner's people are asked for more"))
		return
	}
	p, err := s.Person(r.Context())
	if err != nil {
		s.refuse(w, r, refuse("unavailable", err))
		return
	}
	if p != nil && p.Side != in.Side {
		answer(w, r, api.Invalid("query.step_up", "only the partner's people are asked for more, and you are signed in for a customer"))
		return
	}
	if p != nil {
		hint = p.UPN
	}
	s.leaveFor(w, r, in, hint)
}

// claimsOf is the claims parameter that asks Entra for an authentication context (graph.md 7).
func claimsOf(context string) string {
	return fmt.Sprintf(`{"id_token":{"acrs":{"essential":true,"value":%q}}}`, context)
}

// contextID is what Entra calls an authentication context.
var contextID = regexp.MustCompile(`^c[1-9][0-9]?$`)

// contexts are the authentication contexts that the token says were satisfied, sorted. Entra writes a list; one alone is understood, too.
func (c *claims) contexts() []string {
	var list []string
	if json.Unmarshal(c.Contexts, &list) != nil {
		var one string
		if json.Unmarshal(c.Contexts, &one) == nil {
			list = []string{one}
		}
	}
	list = slices.DeleteFunc(list, func(id string) bool { return !contextID.MatchString(id) })
	slices.Sort(list)
	return slices.Compact(list)
}

// sameAs tells whether the token is of the person who is signed in already.
func (c *claims) sameAs(p *api.Person, side store.Side) bool {
	return p != nil && p.Side == side && p.TenantID == c.TenantID && p.OID == c.OID
}

// checkStepUp refuses a step-up after which the person would have no more than before. Another account that came back is a sign-in like any other.
func checkStepUp(in store.Signin, present *api.Person, c *claims) *refusal {
	if in.StepUp == "" || !c.sameAs(present, in.Side) || slices.Contains(c.contexts(), in.StepUp) {
		return nil
	}
	return refuseText("step-up-missing", "the token does not say that "+in.StepUp+" was satisfied")
}

// gained are the authentication contexts of the new session and its end. They hold for one session; a step-up goes on with the session that the
// same person has, so what that one has stays, until the end that it has.
func gained(in store.Signin, present *api.Person, c *claims, end time.Time) ([]string, time.Time) {
	if in.Side != store.SidePartner {
		return nil, end
	}
	contexts := c.contexts()
	if in.StepUp == "" || !c.sameAs(present, in.Side) {
		return contexts, end
	}
	for _, old := range present.Contexts {
		if !slices.Contains(contexts, old) {
			contexts = append(contexts, old)
			if present.Expires.Before(end) {
				end = present.Expires
			}
		}
	}
	slices.Sort(contexts)
	return contexts, end
}

// refuseStepUp explains a step-up that did not work on the welcome page, which leads back to where the person was and to another try. The session
// is as it was. Codes beside those of every sign-in: step-up-cancelled, step-up-refused, step-up-missing.
func (s *Service) refuseStepUp(w http.ResponseWriter, r *http.Request, in store.Signin, why *refusal) {
	id := api.RequestID(r.Context())
	s.log.WarnContext(r.Context(), "step-up refused", "code", why.code, "context", in.StepUp, "cause", why.cause, "request", id)
	q := url.Values{"error": {why.code}, "step_up": {in.StepUp}, "return": {in.ReturnTo}}
	if id != "" {
		q.Set("request", id)
	}
	redirect(w, pageWelcome+"?"+q.Encode())
}

// stepUpRefusal reads an error with which Entra sends the browser back from a step-up: the person gave up, or Entra did not let it.
func stepUpRefusal(code, description string) *refusal {
	why := refusalOf(code, description)
	number := aadsts.FindStringSubmatch(description)
	switch {
	case why.code != "denied":
	case number == nil, number[1] == "65004":
		why.code = "step-up-cancelled"
	default:
		why.code = "step-up-refused"
	}
	return why
}
