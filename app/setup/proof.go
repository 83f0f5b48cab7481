package setup

import (
	"cmp"
	"context"

	"roomward/app/api"
)

// keepProof keeps a proof of the application. A certificate waits beside a proof that is in use until Entra knows it; a secret is known there by whoever
// has it, and takes the place of all others at once.
func (g *Guide) keepProof(ctx context.Context, s Subject, secret, pem string) error {
	for _, name := range []string{"client-secret", "client-secret-file", "certificate"} {
		if where := g.cfg.Given[name]; where != "" {
			return api.ConflictWith("setting-given", "The setting "+name+" is set by the "+where+".", "Change it there and restart Roomward.")
		}
	}
	kept := map[string]string{SecretClient: secret, SecretCertificate: pem, SecretNextCertificate: ""}
	if pem != "" && s.proven() {
		kept = map[string]string{SecretNextCertificate: pem}
	}
	return wrap("keep the proof of the application", g.cfg.KeepSecrets(ctx, kept))
}

// proven tells whether there is a proof of the application in use.
func (s Subject) proven() bool { return s.Certificate != nil || s.Secret != "" }

// MakeCertificate makes a certificate of the application. Its key stays here; the public part is in the answer, to be uploaded to the registration. Until
// that is done, what is in use goes on.
func (g *Guide) MakeCertificate(ctx context.Context, _ *api.Call, _ *struct{}) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.begin(ctx)
	if err != nil {
		return Situation{}, err
	}
	pem, err := NewCertificate("Roomward of "+cmp.Or(s.PartnerName, "a partner"), g.cfg.Now())
	if err != nil {
		return Situation{}, err
	}
	if err := g.keepProof(ctx, s, "", pem); err != nil {
		return Situation{}, err
	}
	delete(g.findings, StepRegistration) // they are of another proof
	return g.situation(ctx)
}

// DropCertificate forgets the certificate that waits.
func (g *Guide) DropCertificate(ctx context.Context, _ *api.Call, _ *struct{}) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := g.begin(ctx); err != nil {
		return Situation{}, err
	}
	if err := g.cfg.KeepSecrets(ctx, map[string]string{SecretNextCertificate: ""}); err != nil {
		return Situation{}, wrap("forget the certificate that waits", err)
	}
	delete(g.findings, StepRegistration)
	return g.situation(ctx)
}

// takeNext takes the certificate that waits into use, if Entra knows it, and gives the settings as they are then.
func (g *Guide) takeNext(ctx context.Context, s Subject) Subject {
	if s.Next == nil || g.cfg.Checks.Next(ctx, s).Verdict != OK {
		return s
	}
	if err := g.cfg.TakeNext(ctx); err != nil {
		g.cfg.Log.ErrorContext(ctx, "take the next certificate", "error", err)
		return s
	}
	s.Certificate, s.Secret, s.Next = s.Next, "", nil
	return s
}

// Next asks Entra for a token with the certificate that waits beside the one in use.
func (c Checks) Next(ctx context.Context, s Subject) Outcome {
	name := publicOf(s.Next).Thumbprint
	s.Certificate, s.Secret = s.Next, ""
	client, err := c.client(s)
	if err == nil {
		_, err = client.Roles(ctx, s.PartnerTenant)
	}
	if err != nil {
		f := refused("next", err)
		return Outcome{Check: "next", Verdict: Warning, Code: "certificate-waits", Values: map[string]string{"thumbprint": name}, Number: f.Number, Said: f.Said}
	}
	return found("next", OK, "certificate-known", "thumbprint", name)
}
