package cloudsim

import (
	"net/http"
	"regexp"
	"strings"
)

type verifiedDomain struct {
	Capabilities string `json:"capabilities"`
	IsDefault    bool   `json:"isDefault"`
	IsInitial    bool   `json:"isInitial"`
	Name         string `json:"name"`
	Type         string `json:"type"`
}

// getOrganization proves to a client which tenant its token is for.
func getOrganization(c *call) answer {
	domains := []verifiedDomain{}
	for i, name := range c.t.Domains {
		domains = append(domains, verifiedDomain{
			Capabilities: "Email, OfficeCommunicationsOnline", IsDefault: i == 0, IsInitial: i == len(c.t.Domains)-1,
			Name: name, Type: "Managed",
		})
	}
	return c.page([]any{struct {
		ID                string           `json:"id"`
		DisplayName       string           `json:"displayName"`
		TenantType        string           `json:"tenantType"`
		CountryLetterCode string           `json:"countryLetterCode"`
		PreferredLanguage *string          `json:"preferredLanguage"`
		VerifiedDomains   []verifiedDomain `json:"verifiedDomains"`
	}{c.t.ID, c.t.Name, "AAD", c.t.Country, nil, domains}}, listing{context: "organization", size: 100, limit: 999})
}

// Ids of Microsoft's products and plans (graph.md 1).
const (
	skuRoomsPro   = "4cde982a-ede4-4409-9ae6-b003453c8ea6"
	skuRoomsBasic = "6af4b3d6-14bb-4a2a-960c-6c902aad34f3"
	planProMgmt   = "ecc74eae-eeb7-4ad5-9c88-e8b2bfca75b8"
	planTeams     = "57ff2da0-773e-42df-b2af-ffb7a2317929"
	planBasic     = "c8529366-cffd-4415-ab8f-be0144a33ab1"
)

type servicePlan struct {
	ID        string `json:"servicePlanId"`
	Name      string `json:"servicePlanName"`
	AppliesTo string `json:"appliesTo"`
	Status    string `json:"provisioningStatus"`
}

type prepaidUnits struct {
	Enabled   int `json:"enabled"`
	Suspended int `json:"suspended"`
	Warning   int `json:"warning"`
	LockedOut int `json:"lockedOut"`
}

type subscribedSku struct {
	ID       string        `json:"skuId"`
	Part     string        `json:"skuPartNumber"`
	Status   string        `json:"capabilityStatus"`
	Consumed int           `json:"consumedUnits"`
	Prepaid  prepaidUnits  `json:"prepaidUnits"`
	Plans    []servicePlan `json:"servicePlans"`
}

// listSkus gives every room with a device a Pro licence and the tenant some spare ones.
func listSkus(c *call) answer {
	pro := 0
	for i := range c.t.Rooms {
		if len(c.t.Rooms[i].Devices) > 0 {
			pro++
		}
	}
	rows := []any{
		subscribedSku{skuRoomsPro, "Microsoft_Teams_Rooms_Pro", "Enabled", pro, prepaidUnits{Enabled: pro + 5}, []servicePlan{
			{planProMgmt, "MTRProManagement", "User", "Success"}, {planTeams, "TEAMS1", "User", "Success"},
		}},
		subscribedSku{skuRoomsBasic, "Microsoft_Teams_Rooms_Basic", "Enabled", 1, prepaidUnits{Enabled: 25}, []servicePlan{
			{planBasic, "Teams_Rooms_Basic", "User", "Success"},
		}},
	}
	return c.page(rows, listing{context: "subscribedSkus", size: 100, limit: 999})
}

var tenantFunction = regexp.MustCompile(`^(?:microsoft\.graph\.)?findTenantInformationBy(DomainName\(domainName|TenantId\(tenantId)='([^']*)'\)$`)

// findTenant tells any tenant's name to any other, as Microsoft does.
func findTenant(c *call) answer {
	m := tenantFunction.FindStringSubmatch(c.r.PathValue("function"))
	if m == nil {
		return unknownSegment(c)
	}
	t := c.s.byKey[strings.ToLower(m[2])]
	byID := strings.HasPrefix(m[1], "TenantId")
	if t == nil || byID != strings.EqualFold(t.ID, m[2]) {
		return noResource(m[2])
	}
	return answer{status: http.StatusOK, body: struct {
		Context       string  `json:"@odata.context"`
		TenantID      string  `json:"tenantId"`
		Brand         *string `json:"federationBrandName"`
		DisplayName   string  `json:"displayName"`
		DefaultDomain string  `json:"defaultDomainName"`
	}{c.at + "/$metadata#microsoft.graph.tenantInformation", t.ID, nil, t.Name, t.Domains[0]}}
}
