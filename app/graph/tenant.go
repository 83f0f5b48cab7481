package graph

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Organization is what a tenant says about itself.
type Organization struct {
	ID          string
	DisplayName string // chosen by the tenant, so it proves nothing
	Country     string // two letters, empty when unknown
	Domains     []Domain
}

// Domain is a domain that the tenant has verified.
type Domain struct {
	Name    string
	Default bool
	Initial bool // the onmicrosoft.com one
}

// Organization asks the tenant who it is (Organization.Read.All). It is the proof of a consent: the answer comes by a token
// for that tenant and names the same id, or the call fails.
func (c *Client) Organization(ctx context.Context, tenant string) (Organization, error) {
	rq := c.directoryRequest("get the organization", tenant,
		[]string{"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}, "/organization")
	var found Organization
	err := c.list(ctx, rq, func(item []byte) bool {
		o, ok := decodeOrganization(item)
		if ok && strings.EqualFold(o.ID, tenant) {
			found = o
		}
		return ok
	})
	if err != nil {
		return Organization{}, err
	}
	if found.ID == "" {
		return Organization{}, &Error{Kind: BadAnswer, Message: "the answer is not about this tenant", doing: rq.doing}
	}
	return found, nil
}

func decodeOrganization(raw []byte) (Organization, bool) {
	var w struct {
		ID      text `json:"id"`
		Name    text `json:"displayName"`
		Country text `json:"countryLetterCode"`
		Domains []struct {
			Name    text `json:"name"`
			Default flag `json:"isDefault"`
			Initial flag `json:"isInitial"`
		} `json:"verifiedDomains"`
	}
	if loose(bare(raw), &w) != nil {
		return Organization{}, false
	}
	o := Organization{ID: string(w.ID), DisplayName: string(w.Name), Country: string(w.Country)}
	for _, d := range w.Domains {
		if d.Name != "" {
			o.Domains = append(o.Domains, Domain{Name: string(d.Name), Default: d.Default.value, Initial: d.Initial.value})
		}
	}
	return o, o.ID != ""
}

// Discovery is what Entra tells anybody about a tenant.
type Discovery struct {
	TenantID      string
	Region        string // tenant_region_scope: NA, EU, AS, WW, USGov, ...
	SubScope      string // tenant_region_sub_scope: empty for a commercial tenant
	CloudInstance string // microsoftonline.com, microsoftonline.us or partner.microsoftonline.cn
	// Answered is when Microsoft answered, by its own clock and to the second; zero when it did not say.
	Answered time.Time
}

// Government names the government cloud of the tenant: "GCC", "GCC High", "DoD", or "" for none. GCC lives in the worldwide
// cloud, where only the sub-scope tells (graph.md 6).
func (d Discovery) Government() string {
	switch strings.ToUpper(d.SubScope) {
	case "GCC":
		return "GCC"
	case "DODCON":
		return "GCC High"
	case "DOD":
		return "DoD"
	}
	region := strings.ToUpper(d.Region)
	if strings.EqualFold(d.CloudInstance, "microsoftonline.us") || region == "USG" || region == "USGOV" {
		return "GCC High"
	}
	return ""
}

var domainOrID = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)

// Discover finds the tenant of a domain or a tenant id. It needs no consent. Kind TenantUnknown means that Entra knows none.
func (c *Client) Discover(ctx context.Context, domainOrTenant string) (Discovery, error) {
	const doing = "find a tenant"
	name := strings.ToLower(strings.TrimSpace(domainOrTenant))
	if !domainOrID.MatchString(name) || strings.Contains(name, "..") || !strings.Contains(name, ".") && !isGUID(name) {
		// This also keeps out "common", "organizations" and "consumers", which are no tenants.
		return Discovery{}, &Error{Kind: TenantUnknown, Message: "neither a domain nor a tenant id", doing: doing}
	}
	t, leave := c.gates.enter("") // one for all: Entra throttles these by our address
	defer leave()
	to := *c.login
	to.Path += "/" + name + "/v2.0/.well-known/openid-configuration"
	var found Discovery
	err := c.patiently(ctx, t, login, doing, func() error {
		if _, err := c.gates.admit(ctx, t, login); err != nil {
			return c.broken(ctx, doing, err)
		}
		got, err := c.send(ctx, doing, name, http.MethodGet, &to, http.Header{}, nil, maxObject)
		if err != nil {
			return err
		}
		if !got.ok() {
			return c.loginError(got)
		}
		found, err = decodeDiscovery(got)
		return err
	})
	return found, err
}

func decodeDiscovery(got answer) (Discovery, error) {
	var w struct {
		Issuer   text `json:"issuer"`
		Region   text `json:"tenant_region_scope"`
		SubScope text `json:"tenant_region_sub_scope"`
		Cloud    text `json:"cloud_instance_name"`
	}
	if loose(got.body, &w) != nil {
		return Discovery{}, got.bad("the answer is not JSON")
	}
	issuer := strings.TrimSuffix(strings.TrimRight(string(w.Issuer), "/"), "/v2.0")
	id := issuer[strings.LastIndexByte(issuer, '/')+1:]
	if !isGUID(id) { // the template of "organizations" among others
		return Discovery{}, got.bad("the issuer names no tenant")
	}
	d := Discovery{TenantID: strings.ToLower(id), Region: string(w.Region), SubScope: string(w.SubScope), CloudInstance: string(w.Cloud)}
	if at, err := http.ParseTime(got.header.Get("Date")); err == nil {
		d.Answered = at
	}
	return d, nil
}

// AdminConsentURL is the page where an administrator of the tenant consents to the application. The tenant that comes back
// in the redirect is the visitor's word only (graph.md 6): bind it by state, then ask Organization.
func (c *Client) AdminConsentURL(tenantOrOrganizations, redirect, state string) string {
	query := strings.Join([]string{
		option("client_id", c.clientID),
		option("scope", c.graph.String()+"/.default"),
		option("redirect_uri", redirect),
		option("state", state),
	}, "&")
	return c.login.String() + "/" + url.PathEscape(tenantOrOrganizations) + "/v2.0/adminconsent?" + query
}
