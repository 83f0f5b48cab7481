package cloudsim

import (
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The optional claims of an ID token that the registration may ask for, as Entra's page "Token configuration" names them.
const (
	claimLoginHint = "login_hint"
	claimWids      = "wids"
	claimGroups    = "groups"
)

// managerRole is the value of the one app role that Roomward knows.
const managerRole = "Manager"

// Refusals of the page that plays the portal.
var (
	errNoApplication = errors.New("register the application first")
	errNoEntry       = errors.New("there is no such entry")
)

// App names one of the two applications that a partner may register.
type App int

// The first application signs people in and reads. The second one acts on devices, where a partner wants that apart.
const (
	Reading App = iota
	Acting
)

// registration is an application as the portal of its own tenant shows it. It is never changed: a change puts another in its place. One without
// a client id stands for none at all.
type registration struct {
	which          App
	clientID, name string
	// multitenant says that other organisations may use the application.
	multitenant bool
	// redirects are the reply and logout addresses, compared exactly; anyLoopback takes every http address on loopback besides.
	redirects   []string
	anyLoopback bool
	secrets     []appSecret
	certs       []certificate
	// permissions are those that consent pages name, claims the optional claims of ID tokens.
	permissions, claims []string
	// hasRole tells that the app role Manager was made; disabled that the application may not sign in.
	hasRole, disabled bool
}

// appSecret is one client secret. Its value is shown once, when it is made.
type appSecret struct {
	ID, Name string
	Hint     string // its first characters, which the portal keeps showing
	Expires  time.Time
	value    string
}

// complete is a registration in which nothing is left to do, as tests and the demo want it.
func complete(opts Options) *registration {
	r := &registration{
		which: Reading, clientID: opts.ClientID, name: "Roomward", multitenant: true, redirects: opts.RedirectURIs, anyLoopback: len(opts.RedirectURIs) == 0,
		permissions: Permissions(), claims: []string{claimLoginHint, claimWids, claimGroups}, hasRole: true,
	}
	if opts.ActClientID != "" { // the other one has it
		r.permissions = slices.DeleteFunc(r.permissions, func(p string) bool { return p == writeDevices })
	}
	if opts.ClientSecret != "" {
		r.secrets = []appSecret{{ID: randomGUID(), Name: "given", Hint: hint(opts.ClientSecret), value: opts.ClientSecret}}
	}
	return r
}

// completeActing is the second application in which nothing is left to do; none without a client id.
func completeActing(opts Options) *registration {
	if opts.ActClientID == "" {
		return &registration{which: Acting}
	}
	r := complete(Options{ClientID: opts.ActClientID, ClientSecret: opts.ActClientSecret, RedirectURIs: opts.RedirectURIs})
	r.which, r.name, r.permissions, r.claims, r.hasRole = Acting, "Roomward actions", []string{writeDevices}, nil, false
	return r
}

// application is the registration of this moment.
func (s *Server) application(which App) *registration {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.apps[which]
}

// applicationOf is the registration with the client id; one without a client id where there is none.
func (s *Server) applicationOf(clientID string) *registration {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.registered(clientID)
}

// registered is applicationOf for who holds the lock.
func (s *Server) registered(clientID string) *registration {
	for _, app := range s.apps {
		if app.clientID != "" && app.clientID == clientID {
			return app
		}
	}
	return &registration{}
}

// edit changes a registration.
func (s *Server) edit(which App, change func(*registration) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.apps[which].clientID == "" {
		return errNoApplication
	}
	next := *s.apps[which]
	if err := change(&next); err != nil {
		return err
	}
	s.apps[which] = &next
	return nil
}

// register makes the registration as the portal's first page does: with a name and, if one likes, addresses. Whatever was registered before is gone,
// with its consents.
func (s *Server) register(which App, name string, multitenant bool, redirects []string) error {
	name = strings.TrimSpace(name)
	if name == "" {
		return errors.New("the application needs a name")
	}
	if err := checkRedirects(redirects); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apps[which] = &registration{which: which, clientID: randomGUID(), name: name, multitenant: multitenant, redirects: redirects}
	s.world.unknowApplication(which)
	return nil
}

// unknowApplication takes from all tenants what they gave to an application.
func (w *World) unknowApplication(which App) {
	for _, t := range w.all() {
		if which == Acting {
			t.ActConsented, t.actGranted = false, nil
			continue
		}
		t.Consented, t.Withdrawn, t.granted = false, 0, nil
		for i := range t.People {
			t.People[i].AppRoles = nil
		}
	}
}

func (s *Server) setRedirects(which App, addresses []string) error {
	if err := checkRedirects(addresses); err != nil {
		return err
	}
	return s.edit(which, func(r *registration) error {
		r.redirects = addresses
		return nil
	})
}

// checkRedirects refuses what Entra refuses of web redirect addresses: no https, except on loopback, and fragments.
func checkRedirects(addresses []string) error {
	for _, a := range addresses {
		u, err := url.Parse(a)
		if err != nil || u.Host == "" || u.Fragment != "" || strings.Contains(a, "*") || len(a) > 256 {
			return fmt.Errorf("%q is no redirect address", a)
		}
		if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
			return fmt.Errorf("%q: a redirect address begins with https, or with http on localhost", a)
		}
	}
	return nil
}

// addSecret makes a client secret and gives its value, which is never shown again.
func (s *Server) addSecret(which App, name string, life time.Duration) (string, error) {
	value := "sim~" + rand.Text() + rand.Text()[:10]
	return value, s.edit(which, func(r *registration) error {
		r.secrets = append(slices.Clone(r.secrets), appSecret{
			ID: randomGUID(), Name: strings.TrimSpace(name), Hint: hint(value), Expires: s.opts.Now().Add(life), value: value,
		})
		return nil
	})
}

func hint(secret string) string { return secret[:min(len(secret), 7)] + "…" }

func (s *Server) removeSecret(which App, id string) error {
	return s.edit(which, func(r *registration) error {
		kept := slices.DeleteFunc(slices.Clone(r.secrets), func(one appSecret) bool { return one.ID == id })
		if len(kept) == len(r.secrets) {
			return errNoEntry
		}
		r.secrets = kept
		return nil
	})
}

// RegisterCertificate adds a certificate (DER) to an application, as one uploads it in the Entra portal.
func (s *Server) RegisterCertificate(which App, der []byte) error {
	cert, err := newCertificate(der)
	if err != nil {
		return err
	}
	return s.edit(which, func(r *registration) error {
		if slices.ContainsFunc(r.certs, func(c certificate) bool { return c.sha256 == cert.sha256 }) {
			return errors.New("this certificate is there already")
		}
		r.certs = append(slices.Clone(r.certs), cert)
		return nil
	})
}

// uploadCertificate takes the file that one uploads: PEM or DER, and only the public part.
func (s *Server) uploadCertificate(which App, file []byte) error {
	if block, _ := pem.Decode(file); block != nil {
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("this is a %s: upload the certificate only, and keep the key to yourself", strings.ToLower(block.Type))
		}
		file = block.Bytes
	}
	return s.RegisterCertificate(which, file)
}

func (s *Server) removeCertificate(which App, thumbprint string) error {
	return s.edit(which, func(r *registration) error {
		kept := slices.DeleteFunc(slices.Clone(r.certs), func(c certificate) bool { return c.sha256 == thumbprint })
		if len(kept) == len(r.certs) {
			return errNoEntry
		}
		r.certs = kept
		return nil
	})
}

func (s *Server) setPermissions(which App, names []string) error {
	return s.edit(which, func(r *registration) (err error) {
		r.permissions, err = knownOf(names, Permissions())
		return err
	})
}

func (s *Server) setClaims(names []string) error {
	return s.edit(Reading, func(r *registration) (err error) {
		r.claims, err = knownOf(names, []string{claimLoginHint, claimWids, claimGroups})
		return err
	})
}

// knownOf are the names in the order of those that there are.
func knownOf(names, all []string) ([]string, error) {
	for _, n := range names {
		if !slices.Contains(all, n) {
			return nil, fmt.Errorf("there is no %q here", n)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(n string) bool { return !slices.Contains(names, n) }), nil
}

// setAccess says whether other organisations may use the application, and whether it may sign in at all.
func (s *Server) setAccess(which App, multitenant, disabled bool) error {
	return s.edit(which, func(r *registration) error {
		r.multitenant, r.disabled = multitenant, disabled
		return nil
	})
}

// makeRole makes the app role Manager. Until it exists nobody can be assigned to it.
func (s *Server) makeRole() error {
	return s.edit(Reading, func(r *registration) error {
		r.hasRole = true
		return nil
	})
}

// assign gives the app role to a person of the partner's tenant or takes it away.
func (s *Server) assign(oid string, assigned bool) error {
	if !s.application(Reading).hasRole {
		return errors.New("make the app role Manager first")
	}
	return s.change(s.world.Partner.ID, func(t *Tenant) error {
		p := t.person(oid)
		if p == nil {
			return errNoEntry
		}
		p.AppRoles = nil
		if assigned {
			p.AppRoles = []string{managerRole}
		}
		return nil
	})
}

// consent is what an administrator's acceptance does: the tenant gives what the registration names at this moment, no more and no less.
func (s *Server) consent(which App, tenantID string) error {
	permissions := append([]string{}, s.application(which).permissions...)
	return s.change(tenantID, func(t *Tenant) error {
		if which == Acting {
			t.ActConsented, t.ReadOnly, t.actGranted = true, false, permissions
			return nil
		}
		t.Consented, t.Withdrawn, t.ReadOnly, t.Withheld, t.granted = true, 0, false, nil, permissions
		return nil
	})
}

// gave tells whether the tenant has given its consent to an application, and to which permissions; nil means all that the application names.
func (t *Tenant) gave(which App) (consented bool, permissions []string) {
	if which == Acting {
		return t.ActConsented, t.actGranted
	}
	return t.Consented, t.granted
}
