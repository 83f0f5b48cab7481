package cloudsim

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// groupLimit is the number of groups beyond which a token only says where to ask for them (graph.md 5).
const groupLimit = 200

// idClaims are Entra's v2.0 ID token claims (fixtures entra/id_token.claims.*.json).
type idClaims struct {
	Aud               string                       `json:"aud"`
	Iss               string                       `json:"iss"`
	Iat               int64                        `json:"iat"`
	Nbf               int64                        `json:"nbf"`
	Exp               int64                        `json:"exp"`
	Aio               string                       `json:"aio"`
	Name              string                       `json:"name"`
	Nonce             string                       `json:"nonce"`
	OID               string                       `json:"oid"`
	PreferredUsername string                       `json:"preferred_username"`
	RH                string                       `json:"rh"`
	SID               string                       `json:"sid"`
	Sub               string                       `json:"sub"`
	TID               string                       `json:"tid"`
	UTI               string                       `json:"uti"`
	Ver               string                       `json:"ver"`
	IDP               string                       `json:"idp,omitempty"`
	Email             string                       `json:"email,omitempty"`
	Groups            []string                     `json:"groups,omitempty"`
	ClaimNames        map[string]string            `json:"_claim_names,omitempty"`
	ClaimSources      map[string]map[string]string `json:"_claim_sources,omitempty"`
	Roles             []string                     `json:"roles,omitempty"`
	Wids              []string                     `json:"wids,omitempty"`
	LoginHint         string                       `json:"login_hint,omitempty"`
	Acrs              []string                     `json:"acrs,omitempty"`
}

func (s *Server) idToken(r *http.Request, t *Tenant, g grant) (string, error) {
	k, err := s.signing()
	if err != nil {
		return "", err
	}
	claims, err := s.claims(t, g)
	if err != nil {
		return "", err
	}
	claims.Iss = s.issuer(r, t.ID)
	claims.overage(s.base(r) + "/graph")
	opts := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", k.kid)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: k.private}, opts)
	if err != nil {
		return "", fmt.Errorf("sign an ID token: %w", err)
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

func (s *Server) claims(t *Tenant, g grant) (*idClaims, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p := t.person(g.oid)
	if p == nil {
		return nil, fmt.Errorf("no person %s", g.oid)
	}
	now := s.opts.Now().Add(s.faults[t.ID].Skew).Unix()
	asked := func(claim string) bool { return slices.Contains(s.apps[Reading].claims, claim) }
	pair := sha256.Sum256([]byte(p.OID + s.apps[Reading].clientID))
	c := &idClaims{
		Aud: s.apps[Reading].clientID, Iat: now, Nbf: now, Exp: now + int64((65 * time.Minute).Seconds()),
		Aio: "AXQAi/8TAAAA", Name: p.Name, Nonce: g.nonce, OID: p.OID, PreferredUsername: p.UPN, RH: "0.AX",
		SID: randomGUID(), Sub: base64.RawURLEncoding.EncodeToString(pair[:]), TID: t.ID, UTI: rand.Text()[:22], Ver: "2.0",
		Roles: p.AppRoles, Acrs: g.acrs,
	}
	if asked(claimLoginHint) {
		c.LoginHint = loginHint(t, p)
	}
	if asked(claimWids) {
		c.Wids = p.Wids
		if len(c.Wids) == 0 && !p.Guest {
			c.Wids = []string{memberRole}
		}
	}
	if slices.Contains(strings.Fields(g.scope), "email") {
		c.Email = p.Mail
	}
	if p.Guest {
		c.IDP = "https://sts.windows.net/" + p.HomeTenant + "/"
	}
	for _, group := range t.groupsOf(p) {
		if asked(claimGroups) && !group.MailOnly {
			c.Groups = append(c.Groups, group.ID)
		}
	}
	return c, nil
}

// overage moves too many groups out of the token, behind an address that has to be asked with another token.
func (c *idClaims) overage(graphBase string) {
	if len(c.Groups) <= groupLimit {
		return
	}
	c.Groups = nil
	c.ClaimNames = map[string]string{"groups": "src1"}
	c.ClaimSources = map[string]map[string]string{
		"src1": {"endpoint": graphBase + "/v1.0/users/" + c.OID + "/getMemberObjects"},
	}
}
