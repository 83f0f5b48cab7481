package setup

import (
	"context"
	"crypto/tls"
	"strings"

	"roomward/app/api"
	"roomward/app/graph"
)

// Registration is an application in Entra and its proof, as the settings in force have them.
type Registration struct {
	ClientID    string
	Secret      string           `json:"-"`
	Certificate *tls.Certificate `json:"-"`
	Next        *tls.Certificate `json:"-"` // waits until Entra knows it
	Closed      error            `json:"-"` // why there is a proof that cannot be used
}

// proven tells whether there is a proof of the application in use.
func (r Registration) proven() bool { return r.Certificate != nil || r.Secret != "" }

// part is one of the two registrations, by what the names of its settings and secrets begin with.
type part string

const (
	reading part = ""     // signs people in and reads
	acting  part = "act-" // acts on devices, where a partner wants that apart
)

// of is the registration of a part.
func (p part) of(s Subject) Registration {
	if p == acting {
		return s.Acting
	}
	return s.Registration
}

// with puts another registration in the place of the part's.
func (p part) with(s Subject, r Registration) Subject {
	if p == acting {
		s.Acting = r
		return s
	}
	s.Registration = r
	return s
}

// step is the step of the guide in which the part is set.
func (p part) step() string {
	if p == acting {
		return StepActing
	}
	return StepRegistration
}

func (p part) named(setting string) string { return string(p) + setting }

// redirects are the redirect addresses of the part's registration; the last one is where a consent comes back.
func (p part) redirects(public string) []string {
	if p == acting {
		return []string{public + "/consent/acting/callback"}
	}
	return []string{public + "/signin/callback", public + "/consent/callback"}
}

// RegistrationState is a registration as far as the guide knows it, and what it has to be in Entra.
type RegistrationState struct {
	ClientID    string            `json:"clientId"`
	Credential  string            `json:"credential" enum:"none,certificate,secret"`
	Certificate *AppCertificate   `json:"certificate,omitempty" doc:"The one in use."`
	Next        *AppCertificate   `json:"nextCertificate,omitempty" doc:"One that waits until Entra knows it; the check of the registration takes it into use then."`
	Redirects   []string          `json:"redirects" nullable:"false" doc:"The redirect addresses of the registration."`
	Permissions []GraphPermission `json:"permissions" nullable:"false"`
	Manifest    string            `json:"manifest" doc:"JSON to paste into the registration's manifest."`
	ConsentURL  string            `json:"consentUrl,omitempty" doc:"Where the consent of the own tenant is given; absent before the client id is known."`
}

func (g *Guide) stateOf(p part, s Subject) RegistrationState {
	r := p.of(s)
	out := RegistrationState{ClientID: r.ClientID, Credential: "none", Certificate: publicOf(r.Certificate), Next: publicOf(r.Next),
		Redirects: p.redirects(s.PublicURL), Permissions: p.permissions(s), Manifest: p.manifest(s)}
	switch {
	case r.Certificate != nil:
		out.Credential = "certificate"
	case r.Secret != "":
		out.Credential = "secret"
	}
	if client, err := g.cfg.Checks.client(r); err == nil && r.ClientID != "" && out.Credential != "none" && s.PartnerTenant != "" {
		out.ConsentURL = client.AdminConsentURL(s.PartnerTenant, out.Redirects[len(out.Redirects)-1], "setup")
	}
	return out
}

// RegistrationInput is the body of PUT /api/setup/registration and /api/setup/acting.
type RegistrationInput struct {
	Body struct {
		ClientID string `json:"clientId" maxLength:"36" doc:"Application (client) id. Empty for the registration that acts: there is none, and the first one acts."`
		Secret   string `json:"secret,omitempty" maxLength:"2000" doc:"A client secret, instead of a certificate; absent to keep what is there."`
		PEM      string `json:"pem,omitempty" maxLength:"20000" doc:"A certificate with its private key, instead of one that Roomward made."`
	}
}

// SetRegistration keeps the client id, and a proof where one is given, and asks Microsoft for a token with them.
func (g *Guide) SetRegistration(ctx context.Context, _ *api.Call, in *RegistrationInput) (Situation, error) {
	return g.setRegistration(ctx, reading, in)
}

// SetActing does the same for the registration that acts. Without a client id its proof goes, too, and the first registration acts.
func (g *Guide) SetActing(ctx context.Context, _ *api.Call, in *RegistrationInput) (Situation, error) {
	return g.setRegistration(ctx, acting, in)
}

func (g *Guide) setRegistration(ctx context.Context, p part, in *RegistrationInput) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.begin(ctx)
	if err != nil {
		return Situation{}, err
	}
	r, id := p.of(s), strings.ToLower(strings.TrimSpace(in.Body.ClientID))
	now, set := map[string]string{p.named(setClientID): r.ClientID}, map[string]string{p.named(setClientID): id}
	secret, pem := strings.TrimSpace(in.Body.Secret), in.Body.PEM
	switch {
	case p == acting && id == "":
		return g.dropActing(ctx, now, set)
	case !guid.MatchString(id):
		return Situation{}, api.Invalid("body.clientId", "the client id is a GUID: copy it from the registration's overview")
	case p == acting && id == s.ClientID, p == reading && id == s.Acting.ClientID:
		return Situation{}, api.Invalid("body.clientId", "this is the client id of the other registration")
	case secret != "" && pem != "":
		return Situation{}, api.Invalid("body.secret", "a secret or a certificate, not both")
	case secret != "" && guid.MatchString(strings.ToLower(secret)):
		return Situation{}, api.Invalid("body.secret", "this looks like the Secret ID: copy the Value")
	}
	if pem != "" {
		if _, err := ReadCertificate(pem); err != nil {
			return Situation{}, api.Invalid("body.pem", err.Error())
		}
	}
	if err := g.given(now, set); err != nil { // before a proof is exchanged
		return Situation{}, err
	}
	if secret != "" && r.proven() && id == r.ClientID {
		if wrong := g.cfg.Checks.newSecret(ctx, s.PartnerTenant, r, secret); len(wrong) > 0 {
			g.findings[p.step()] = wrong
			return g.situation(ctx)
		}
	}
	if secret != "" || pem != "" {
		if err := g.keepProof(ctx, p, r, secret, pem); err != nil {
			return Situation{}, err
		}
	}
	if p == acting {
		return g.changeActing(ctx, now, set)
	}
	return g.change(ctx, p.step(), now, set)
}

// changeActing keeps whether, and which, second registration there is. What the first one needs depends on it: what was found of that is looked at again.
func (g *Guide) changeActing(ctx context.Context, now, set map[string]string) (Situation, error) {
	situation, err := g.change(ctx, StepActing, now, set)
	if err != nil || g.findings[StepRegistration] == nil {
		return situation, err
	}
	s, err := g.cfg.Subject(ctx)
	if err != nil {
		return Situation{}, wrap("read the settings", err)
	}
	g.check(ctx, StepRegistration, s)
	return g.situation(ctx)
}

// dropActing forgets the registration that acts.
func (g *Guide) dropActing(ctx context.Context, now, set map[string]string) (Situation, error) {
	if err := g.given(now, set); err != nil {
		return Situation{}, err
	}
	gone := map[string]string{}
	for _, name := range []string{SecretClient, SecretCertificate, SecretNextCertificate} {
		gone[acting.named(name)] = ""
	}
	if _, err := g.changeActing(ctx, now, set); err != nil { // first: nothing asks for the proof then
		return Situation{}, err
	}
	if err := g.cfg.KeepSecrets(ctx, gone); err != nil {
		return Situation{}, wrap("forget the proof of the registration that acts", err)
	}
	return g.situation(ctx)
}

// newSecret tries a secret before it takes the place of a proof that works: nothing where Microsoft does not refuse it.
func (c Checks) newSecret(ctx context.Context, tenant string, r Registration, secret string) []Outcome {
	client, err := c.client(Registration{ClientID: r.ClientID, Secret: secret})
	if err == nil {
		_, err = client.Roles(ctx, tenant)
	}
	switch graph.KindOf(err) {
	case graph.SecretInvalid, graph.SecretExpired, graph.Unavailable, graph.Throttled:
		return []Outcome{refused("credential", err), found("credential", Broken, "secret-not-kept")}
	}
	return nil
}
