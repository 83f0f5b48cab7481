package cloudsim

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// portal.go plays the pages of the Entra portal on which an application is registered: the same words in the same order, for the partner's tenant.
// Nobody signs in to it. What it takes it also takes from scripts: a form that is posted with "Accept: application/json" is answered with the state
// as JSON, and so is the page itself.

// portalRoutes are the page and the forms on it.
func (s *Server) portalRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/portal", http.StatusFound) })
	mux.HandleFunc("GET /portal", func(w http.ResponseWriter, r *http.Request) { s.showPortal(w, r, http.StatusOK, "", "") })
	for action, do := range map[string]func(*http.Request) (made string, err error){
		"register": s.postRegister,
		"redirects": quiet(func(r *http.Request) error {
			return s.setRedirects(appOf(r), strings.Fields(r.PostForm.Get("addresses")))
		}),
		"access": quiet(func(r *http.Request) error {
			return s.setAccess(appOf(r), r.PostForm.Get("accounts") == "many", r.PostForm.Get("enabled") != "on")
		}),
		"secrets":      s.postSecret,
		"certificates": quiet(s.postCertificate),
		"claims":       quiet(func(r *http.Request) error { return s.setClaims(r.PostForm["claim"]) }),
		"permissions":  quiet(func(r *http.Request) error { return s.setPermissions(appOf(r), r.PostForm["permission"]) }),
		"consent":      quiet(s.postConsent),
		"troubles":     quiet(s.postTrouble),
		"role":         quiet(func(*http.Request) error { return s.makeRole() }),
		"assign": quiet(func(r *http.Request) error {
			return s.assign(r.PostForm.Get("person"), r.PostForm.Get("assigned") == "true")
		}),
		"membership": quiet(func(r *http.Request) error {
			return s.SetMembership(r.PostForm.Get("group"), r.PostForm.Get("person"), r.PostForm.Get("member") == "true")
		}),
	} {
		mux.HandleFunc("POST /portal/"+action, func(w http.ResponseWriter, r *http.Request) { s.takeForm(w, r, do) })
	}
}

// quiet is for forms that make nothing to show.
func quiet(do func(*http.Request) error) func(*http.Request) (string, error) {
	return func(r *http.Request) (string, error) { return "", do(r) }
}

// takeForm does what a form asks for. A browser is led back to the page, or shown it with the secret that was made or with what is wrong.
func (s *Server) takeForm(w http.ResponseWriter, r *http.Request, do func(*http.Request) (string, error)) {
	if err := r.ParseMultipartForm(1 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		s.showPortal(w, r, http.StatusBadRequest, "", "the form could not be read")
		return
	}
	made, err := do(r)
	switch {
	case err != nil:
		s.showPortal(w, r, http.StatusBadRequest, "", err.Error())
	case made == "" && !wantsJSON(r):
		http.Redirect(w, r, "/portal?app="+appNames[appOf(r)]+"#"+r.PostForm.Get("section"), http.StatusSeeOther)
	default:
		s.showPortal(w, r, http.StatusOK, made, "")
	}
}

// appNames name the applications in the addresses of the portal.
var appNames = [...]string{Reading: "reading", Acting: "acting"}

// appOf is the application that a request to the portal is about; the first one where it does not say.
func appOf(r *http.Request) App {
	if r.URL.Query().Get("app") == appNames[Acting] {
		return Acting
	}
	return Reading
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

func (s *Server) postRegister(r *http.Request) (string, error) {
	return "", s.register(appOf(r), r.PostForm.Get("name"), r.PostForm.Get("accounts") == "many", strings.Fields(r.PostForm.Get("addresses")))
}

// lives are how long a secret may live that is made here; the last one shows what an expired one does.
var lives = map[string]time.Duration{"180": 180 * 24 * time.Hour, "730": 730 * 24 * time.Hour, "0": -time.Minute}

func (s *Server) postSecret(r *http.Request) (string, error) {
	if id := r.PostForm.Get("remove"); id != "" {
		return "", s.removeSecret(appOf(r), id)
	}
	life, known := lives[r.PostForm.Get("days")]
	if !known {
		return "", errors.New("choose how long the secret lives")
	}
	return s.addSecret(appOf(r), r.PostForm.Get("name"), life)
}

func (s *Server) postCertificate(r *http.Request) error {
	if thumbprint := r.PostForm.Get("remove"); thumbprint != "" {
		return s.removeCertificate(appOf(r), thumbprint)
	}
	if text := strings.TrimSpace(r.PostForm.Get("text")); text != "" {
		return s.uploadCertificate(appOf(r), []byte(text))
	}
	f, _, err := r.FormFile("file")
	if err != nil {
		return errors.New("choose the file of a certificate, or paste its text")
	}
	defer func() { _ = f.Close() }()
	file, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	return s.uploadCertificate(appOf(r), file)
}

// postConsent gives or takes back the consent of the partner's own tenant, or takes back that of a customer. A customer gives its own on the consent page.
func (s *Server) postConsent(r *http.Request) error {
	which := appOf(r)
	if id := r.PostForm.Get("withdraw"); id != "" {
		if which == Acting {
			return s.SetActing(id, false)
		}
		return s.SetConsent(id, false)
	}
	if s.application(which).clientID == "" {
		return errNoApplication
	}
	return s.consent(which, s.world.Partner.ID)
}

// portalView is what the page shows, and the JSON of it.
type portalView struct {
	App          string         `json:"app"`
	Cloud        string         `json:"cloud"`
	Tenant       string         `json:"tenant"`
	TenantID     string         `json:"tenantId"`
	Domain       string         `json:"domain"`
	Problem      string         `json:"problem,omitempty"`
	Registered   bool           `json:"registered"`
	Name         string         `json:"name"`
	ClientID     string         `json:"clientId"`
	Multitenant  bool           `json:"multitenant"`
	Enabled      bool           `json:"enabled"`
	Redirects    []string       `json:"redirects"`
	Made         string         `json:"secret,omitempty"` // the value of a secret that was made just now
	Secrets      []portalSecret `json:"secrets"`
	Certificates []portalCert   `json:"certificates"`
	Claims       []portalTick   `json:"claims"`
	Permissions  []portalTick   `json:"permissions"`
	Consented    bool           `json:"consented"`
	HasRole      bool           `json:"hasRole"`
	People       []portalPerson `json:"people"`
	Groups       []portalGroup  `json:"groups"`
	Customers    []portalTenant `json:"customers"`
	Troubles     portalTroubles `json:"troubles"`
}

type portalSecret struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Hint    string `json:"hint"`
	Expires string `json:"expires"`
	Expired bool   `json:"expired"`
}

type portalCert struct {
	Thumbprint string `json:"thumbprint"`
	Subject    string `json:"subject"`
	Expires    string `json:"expires"`
}

// portalTick is something that may be chosen: Granted tells of a permission that the partner's tenant gave it.
type portalTick struct {
	Name    string `json:"name"`
	Words   string `json:"words,omitempty"`
	Chosen  bool   `json:"chosen"`
	Granted bool   `json:"granted,omitempty"`
}

type portalPerson struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	UPN      string   `json:"upn"`
	Note     string   `json:"note,omitempty"`
	Assigned bool     `json:"assigned"`
	Groups   []string `json:"groups,omitempty"` // names of those that the person is directly in
}

type portalGroup struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Security bool   `json:"security"`
}

type portalTenant struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Domain    string   `json:"domain"`
	Admins    []string `json:"admins"`
	Consented bool     `json:"consented"`
}

// projectGroups are the many groups of one person of the demo, which would drown the others.
const projectGroups = "Project "

func (s *Server) portalView(r *http.Request) portalView {
	base := s.base(r)
	s.mu.RLock()
	defer s.mu.RUnlock()
	which, t, now := appOf(r), s.world.Partner, s.opts.Now()
	app := s.apps[which]
	consented, granted := t.gave(which)
	v := portalView{
		App: appNames[which], Cloud: base, Tenant: t.Name, TenantID: t.ID, Domain: t.Domains[0],
		Registered: app.clientID != "", Name: app.name, ClientID: app.clientID, Multitenant: app.multitenant, Enabled: !app.disabled,
		Redirects: app.redirects, Consented: consented, HasRole: app.hasRole, Troubles: s.troubles(),
	}
	for _, one := range app.secrets {
		v.Secrets = append(v.Secrets, portalSecret{one.ID, one.Name, one.Hint, one.Expires.Format(time.DateOnly), !one.Expires.IsZero() && now.After(one.Expires)})
	}
	for _, c := range app.certs {
		v.Certificates = append(v.Certificates, portalCert{c.sha256, c.subject, c.expires.Format(time.DateOnly)})
	}
	for _, name := range []string{claimLoginHint, claimWids, claimGroups} {
		v.Claims = append(v.Claims, portalTick{Name: name, Chosen: slices.Contains(app.claims, name)})
	}
	for _, name := range Permissions() {
		v.Permissions = append(v.Permissions, portalTick{
			name, permissionWords[name], slices.Contains(app.permissions, name),
			consented && (granted == nil || slices.Contains(granted, name)),
		})
	}
	for _, g := range t.Groups {
		if !strings.HasPrefix(g.Name, projectGroups) {
			v.Groups = append(v.Groups, portalGroup{g.ID, g.Name, !g.MailOnly})
		}
	}
	for _, p := range t.People {
		one := portalPerson{ID: p.OID, Name: p.Name, UPN: p.UPN, Note: p.Note, Assigned: slices.Contains(p.AppRoles, managerRole)}
		for _, id := range p.Groups {
			if g := t.group(id); g != nil && !strings.HasPrefix(g.Name, projectGroups) {
				one.Groups = append(one.Groups, g.Name)
			}
		}
		v.People = append(v.People, one)
	}
	for _, c := range s.world.Tenants {
		one := portalTenant{ID: c.ID, Name: c.Name, Domain: c.Domains[0]}
		one.Consented, _ = c.gave(which)
		for _, p := range c.People {
			if p.IsAdmin() {
				one.Admins = append(one.Admins, p.UPN)
			}
		}
		v.Customers = append(v.Customers, one)
	}
	return v
}

func (s *Server) showPortal(w http.ResponseWriter, r *http.Request, status int, made, problem string) {
	v := s.portalView(r)
	v.Made, v.Problem = made, problem
	if wantsJSON(r) {
		writeJSON(w, status, v)
		return
	}
	t, err := template.ParseFS(pageFiles, "pages/portal.html")
	var out bytes.Buffer
	if err == nil {
		err = t.Execute(&out, v)
	}
	if err != nil {
		s.log.Error("simulated cloud: portal", "error", err)
		http.Error(w, "page", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}
