package signin

import (
	"encoding/json"
	"strings"

	"roomward/store"
)

// claims are the members of Entra's ID token that count (graph.md 7).
type claims struct {
	Issuer     string            `json:"iss"`
	TenantID   string            `json:"tid"`
	OID        string            `json:"oid"`
	Name       string            `json:"name"`
	UPN        string            `json:"preferred_username"`
	Provider   string            `json:"idp"`
	Account    json.RawMessage   `json:"acct"` // 0 member, 1 guest; a number or a text
	Groups     []string          `json:"groups"`
	ClaimNames map[string]string `json:"_claim_names"`
	Roles      []string          `json:"roles"`
	Wids       []string          `json:"wids"`
	Contexts   json.RawMessage   `json:"acrs"` // see contexts
	LoginHint  string            `json:"login_hint"`
}

// personalTenant is the tenant of all personal Microsoft accounts.
const personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

// check decides whether the person may come in on this side, and brings the claims into the form that is kept.
func (c *claims) check(side store.Side, a *authority, partnerTenant string) *refusal {
	if !guid.MatchString(c.TenantID) || !guid.MatchString(c.OID) {
		return refuseText("invalid", "the token names no tenant or no person")
	}
	if c.Issuer != a.issuer(c.TenantID) && (side == store.SideCustomer || c.Issuer != a.issuer(partnerTenant)) {
		return refuseText("invalid", "the token is of another issuer than its tenant's")
	}
	c.TenantID = strings.ToLower(c.TenantID)
	switch {
	case c.TenantID == personalTenant:
		return refuseText("personal-account", "a personal account")
	case c.guest():
		return refuseText("guest", "a guest in tenant "+c.TenantID)
	case side == store.SidePartner && c.TenantID != partnerTenant:
		return refuseText("wrong-tenant", "tenant "+c.TenantID+" on the partner's side")
	case side == store.SideCustomer && c.TenantID == partnerTenant:
		return refuseText("wrong-tenant", "the partner's tenant on the customers' side")
	}
	c.UPN = clip(c.UPN, 320)
	c.Name = clip(c.Name, 256)
	if c.Name == "" {
		c.Name = c.UPN
	}
	return nil
}

// guest tells whether the account lives elsewhere than in the tenant that issued the token. idp is absent, or the issuer, for a member.
func (c *claims) guest() bool {
	switch strings.Trim(string(c.Account), `"`) {
	case "", "0", "null":
	default:
		return true
	}
	if c.Provider == "" || c.Provider == c.Issuer {
		return false
	}
	return c.Provider != "https://sts.windows.net/"+c.TenantID+"/"
}
