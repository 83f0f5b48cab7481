package cloudsim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// requestedContexts reads the authentication contexts out of the claims parameter (graph.md 7).
func requestedContexts(claims string) []string {
	var asked struct {
		IDToken struct {
			Acrs struct {
				Value  string   `json:"value"`
				Values []string `json:"values"`
			} `json:"acrs"`
		} `json:"id_token"`
	}
	if claims == "" || json.Unmarshal([]byte(claims), &asked) != nil {
		return nil
	}
	if asked.IDToken.Acrs.Value != "" {
		return []string{asked.IDToken.Acrs.Value}
	}
	return asked.IDToken.Acrs.Values
}

// satisfied are the contexts that a token tells of, of those that were asked for.
func (t *Tenant) satisfied(asked []string) []string {
	var out []string
	for _, context := range asked {
		if !slices.Contains(t.SilentContexts, context) {
			out = append(out, context)
		}
	}
	return out
}

// secondFactor asks for a second factor where the request wants an authentication context, and tells whether the sign-in goes on. It is asked for
// each time, with a login_hint too: what satisfied another context, or an hour ago, does not count here.
func (s *Server) secondFactor(w http.ResponseWriter, r *http.Request, back returnAddress, p *Person) bool {
	asked := requestedContexts(r.Form.Get("claims"))
	switch {
	case len(asked) == 0:
		return true
	case p.NoSecondFactor:
		back.failure(w, r, &entraError{"interaction_required", 50079, "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access this application."})
	case r.Form.Get("prompt") == "none":
		back.failure(w, r, &entraError{"interaction_required", 50076, "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access this application."})
	case r.Method == http.MethodPost && r.PostForm.Get("factor") == "confirm":
		return true
	case r.Method == http.MethodPost && r.PostForm.Get("factor") == "cancel":
		back.success(w, r, url.Values{"error": {"access_denied"}, "error_subcode": {"cancel"}})
	default:
		s.factorPage(w, r, p, asked)
	}
	return false
}

func (s *Server) factorPage(w http.ResponseWriter, r *http.Request, p *Person, asked []string) {
	s.render(w, r, http.StatusOK, "factor.html", page{
		Title: "Confirm that it is you", Lead: "The application asks for the authentication context " + strings.Join(asked, ", ") +
			". In this demo your second factor is a button.",
		Action: r.URL.Path, Fields: append(carried(r.Form), field{"person", p.OID}), Person: p.UPN,
	})
}
