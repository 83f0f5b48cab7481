package cloudsim

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
)

//go:embed pages
var pageFiles embed.FS

// page is what all pages have: where their forms go, and what the forms send back.
type page struct {
	Title, Lead string
	Action      string
	Fields      []field
	// Tenants are the people of the picker, by organisation.
	Tenants []pageTenant
	// Tenant, Person, Permissions and Allowed are those of the consent page; that of the second factor has the person, too.
	Tenant, Person string
	Permissions    []field
	Allowed        bool
}

type field struct{ Name, Value string }

type pageTenant struct {
	Name, Domain, Note string
	People             []pagePerson
}

type pagePerson struct{ OID, Name, UPN, Note string }

func (s *Server) pickerPage(w http.ResponseWriter, r *http.Request, a authority, title, lead string) {
	p := page{Title: title, Lead: lead, Action: r.URL.Path, Fields: carried(r.Form)}
	s.mu.RLock()
	for _, t := range s.tenantsOf(a) {
		pt := pageTenant{Name: t.Name, Domain: t.Domains[0], Note: t.Note}
		for _, one := range t.People {
			note := one.Note
			if note == "" {
				note = one.JobTitle
			}
			pt.People = append(pt.People, pagePerson{one.OID, one.Name, one.UPN, note})
		}
		if len(pt.People) > 0 {
			p.Tenants = append(p.Tenants, pt)
		}
	}
	s.mu.RUnlock()
	s.render(w, r, http.StatusOK, "picker.html", p)
}

func (s *Server) consentPage(w http.ResponseWriter, r *http.Request, t *Tenant, person *Person) {
	p := page{
		Title: "Permissions requested", Action: r.URL.Path, Allowed: person.IsAdmin(),
		Fields: append(carried(r.Form), field{"person", person.OID}), Tenant: t.Name, Person: person.UPN,
	}
	if !p.Allowed {
		p.Title = "Need admin approval"
	}
	for _, name := range s.applicationOf(r.Form.Get("client_id")).permissions {
		p.Permissions = append(p.Permissions, field{name, permissionWords[name]})
	}
	s.render(w, r, http.StatusOK, "consent.html", p)
}

// failurePage is for refusals that must not be sent to an address of which nothing is known.
func (s *Server) failurePage(w http.ResponseWriter, r *http.Request, e *entraError) {
	s.noticePage(w, r, http.StatusBadRequest, "Sorry, but we're having trouble signing you in", e.description())
}

func (s *Server) noticePage(w http.ResponseWriter, r *http.Request, status int, title, lead string) {
	s.render(w, r, status, "notice.html", page{Title: title, Lead: lead})
}

// carried are the parameters that a page's form has to send back, without what its buttons send.
func carried(form url.Values) []field {
	var fields []field
	for name, values := range form {
		if name != "person" && name != "decision" && name != "factor" {
			fields = append(fields, field{name, values[0]})
		}
	}
	slices.SortFunc(fields, func(a, b field) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return fields
}

func (s *Server) render(w http.ResponseWriter, _ *http.Request, status int, name string, p page) {
	t, err := template.ParseFS(pageFiles, "pages/frame.html", "pages/"+name)
	var out bytes.Buffer
	if err == nil {
		err = t.ExecuteTemplate(&out, "frame.html", p)
	}
	if err != nil {
		s.log.Error("simulated cloud: page", "page", name, "error", err)
		http.Error(w, "page", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "pages/style.css")
}
