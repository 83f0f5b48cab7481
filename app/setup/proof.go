package setup

import (
	"cmp"
	"context"

	"roomward/app/api"
)

// keepProof keeps a proof of the application. A certificate waits beside a proof that is in use until Entra knows it; a secret is known there by whoever
// has it, and takes the place of all others at once.
func (g *Guide) keepProof(ctx context.Context, p part, r Registration, secret, pem string) error {
	for _, setting := range []string{"client-secret", "client-secret-file", "certificate"} {
		name := p.named(setting)
		if where := g.cfg.Given[name]; where != "" {
			return api.ConflictWith("setting-given", "The setting "+name+" is set by the "+where+".", "Change it there and restart Roomward.")
		}
	}
	kept := map[string]string{p.named(SecretClient): secret, p.named(SecretCertificate): pem, p.named(SecretNextCertificate): ""}
	if pem != "" && r.proven() {
		kept = map[string]string{p.named(SecretNextCertificate): pem}
	}
	return wrap("keep the proof of the application", g.cfg.KeepSecrets(ctx, kept))
}

// MakeCertificate makes a certificate of the application. Its key stays here; the public part is in the answer, to be uploaded to the registration. Until
// that is done, what is in use goes on.
func (g *Guide) MakeCertificate(ctx context.Context, _ *api.Call, _ *struct{}) (Situation, error) {
	return g.makeCertificate(ctx, reading, "Roomward of ")
}

// MakeActingCertificate does the same for the registration that acts.
func (g *Guide) MakeActingCertificate(ctx context.Context, _ *api.Call, _ *struct{}) (Situation, error) {
	return g.makeCertificate(ctx, acting, "Roomward actions of ")
}

func (g *Guide) makeCertificate(ctx context.Context, p part, name string) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.begin(ctx)
	if err != nil {
		return Situation{}, err
	}
	pem, err := NewCertificate(name+cmp.Or(s.PartnerName, "a partner"), g.cfg.Now())
	if err != nil {
		return Situation{}, err
	}
	if err := g.keepProof(ctx, p, p.of(s), "", pem); err != nil {
		return Situation{}, err
	}
	delete(g.findings, p.step()) // they are of another proof
	return g.situation(ctx)
}

// DropCertificate forgets the certificate that waits.
func (g *Guide) DropCertificate(ctx context.Context, _ *api.Call, _ *struct{}) (Situation, error) {
	return g.dropCertificate(ctx, reading)
}

// DropActingCertificate forgets the one of the registration that acts.
func (g *Guide) DropActingCertificate(ctx context.Context, _ *api.Call, _ *struct{}) (Situation, error) {
	return g.dropCertificate(ctx, acting)
}

func (g *Guide) dropCertificate(ctx context.Context, p part) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, err := g.begin(ctx); err != nil {
		return Situation{}, err
	}
	if err := g.cfg.KeepSecrets(ctx, map[string]string{p.named(SecretNextCertificate): ""}); err != nil {
		return Situation{}, wrap("forget the certificate that waits", err)
	}
	delete(g.findings, p.step())
	return g.situation(ctx)
}

// takeNext takes the certificate that waits into use, if Entra knows it, and gives the settings as they are then.
func (g *Guide) takeNext(ctx context.Context, p part, s Subject) Subject {
	r := p.of(s)
	if r.Next == nil || g.cfg.Checks.Next(ctx, s.PartnerTenant, r).Verdict != OK {
		return s
	}
	if err := g.cfg.TakeNext(ctx, string(p)); err != nil {
		g.cfg.Log.ErrorContext(ctx, "take the next certificate", "error", err)
		return s
	}
	return p.with(s, Registration{ClientID: r.ClientID, Certificate: r.Next})
}

// Next asks Entra for a token with the certificate that waits beside the one in use.
func (c Checks) Next(ctx context.Context, tenant string, r Registration) Outcome {
	name := publicOf(r.Next).Thumbprint
	client, err := c.client(Registration{ClientID: r.ClientID, Certificate: r.Next})
	if err == nil {
		_, err = client.Roles(ctx, tenant)
	}
	if err != nil {
		f := refused("next", err)
		return Outcome{Check: "next", Verdict: Warning, Code: "certificate-waits", Values: map[string]string{"thumbprint": name}, Number: f.Number, Said: f.Said}
	}
	return found("next", OK, "certificate-known", "thumbprint", name)
}
