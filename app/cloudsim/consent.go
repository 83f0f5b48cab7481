package cloudsim

import (
	"net/http"
	"net/url"
)

// permissionWords are the lines of the consent page, in Microsoft's words as far as they are known.
var permissionWords = map[string]string{
	"Organization.Read.All":                "Read organization information",
	"Place.Read.All":                       "Read all company places",
	"User.Read.All":                        "Read all users' full profiles",
	"GroupMember.Read.All":                 "Read all group memberships",
	"TeamworkDevice.Read.All":              "Read Teams devices",
	"TeamworkDevice.ReadWrite.All":         "Read and write Teams devices",
	"CrossTenantInformation.ReadBasic.All": "Read cross-tenant basic information",
	readPresence:                           "Read presence information of all users in your organization",
	readManaged:                            "Read Microsoft Intune devices",
}

// adminConsent is the page on which a tenant's administrator lets the application in (graph.md 6). Without a known
// login_hint it asks first who one is.
func (s *Server) adminConsent(w http.ResponseWriter, r *http.Request) {
	a, bad := s.authority(r)
	if bad != nil {
		s.failurePage(w, r, bad)
		return
	}
	if err := r.ParseForm(); err != nil {
		s.failurePage(w, r, &entraError{"invalid_request", 900144, "The request body could not be read."})
		return
	}
	if bad := s.checkApplication(a, r.Form); bad != nil {
		s.failurePage(w, r, bad)
		return
	}
	t, p := s.chosen(a, r)
	if p == nil {
		s.pickerPage(w, r, a, "Sign in to give consent", "Only an administrator of an organisation can give consent for it.")
		return
	}
	if r.Method != http.MethodPost || r.PostForm.Get("decision") == "" {
		s.consentPage(w, r, t, p)
		return
	}
	back := returnAddress{r.Form.Get("redirect_uri"), r.Form.Get("state")}
	if r.PostForm.Get("decision") != "accept" || !p.IsAdmin() {
		back.success(w, r, url.Values{
			"admin_consent": {"True"}, "error": {"consent_required"},
			"error_description": {"AADSTS65004: The resource owner or authorization server denied the request."},
		})
		return
	}
	if err := s.consent(s.applicationOf(r.Form.Get("client_id")).which, t.ID); err != nil {
		s.failurePage(w, r, &entraError{"server_error", 90033, "A transient error has occurred. Please try again."})
		return
	}
	back.success(w, r, url.Values{
		"admin_consent": {"True"}, "tenant": {t.ID}, "scope": {graphID + "/.default"},
	})
}
