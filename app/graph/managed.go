package graph

import (
	"context"
	"strings"
	"time"
)

var managedPermissions = []string{"DeviceManagementManagedDevices.Read.All", "DeviceManagementManagedDevices.ReadWrite.All"}

// Compliance is what Intune says of a device's compliance with the tenant's own policies.
type Compliance string

// The compliance states of Graph.
const (
	ComplianceUnknown Compliance = "unknown"
	Compliant         Compliance = "compliant"
	Noncompliant      Compliance = "noncompliant"
	ComplianceClash   Compliance = "conflict"
	ComplianceError   Compliance = "error"
	InGracePeriod     Compliance = "inGracePeriod"
	ByConfigManager   Compliance = "configManager"
)

// ManagedDevice is a device that Intune manages: facts, and nothing of how a meeting would go.
type ManagedDevice struct {
	ID         string
	Name       string
	Serial     string
	Maker      string
	Model      string
	OS         string // "Windows", "AndroidAOSP", ...
	OSVersion  string
	Compliance Compliance
	LastSync   time.Time // when it last spoke to Intune, UTC; zero when unknown
	UPN        string    // of the account that it is enrolled for
}

const managedFields = "$select=id,deviceName,serialNumber,manufacturer,model,operatingSystem,osVersion,complianceState,lastSyncDateTime,userPrincipalName"

// ManagedBy says by what managed devices are looked for: sign-in names of room accounts and serial numbers of devices in rooms.
type ManagedBy struct{ UPNs, Serials []string }

// MaxManaged is how many of them one request asks for.
const MaxManaged = 15

// ManagedDevices asks Intune for the devices of the given accounts and serial numbers (DeviceManagementManagedDevices.Read.All), 15 in one request.
// It never lists the tenant: everybody's laptops are there too. What comes back without having been asked for is left out.
func (c *Client) ManagedDevices(ctx context.Context, tenant string, by ManagedBy) ([]ManagedDevice, error) {
	const doing = "get managed devices"
	var wanted []clause
	asked := map[clause]bool{}
	for _, list := range []struct {
		property string
		values   []string
	}{{"userPrincipalName", by.UPNs}, {"serialNumber", by.Serials}} {
		for _, v := range list.values {
			key := clause{list.property, strings.ToLower(v)}
			if v == "" || asked[key] {
				continue
			}
			asked[key] = true
			wanted = append(wanted, clause{list.property, v})
		}
	}
	found, seen := []ManagedDevice{}, map[string]bool{}
	for from := 0; from < len(wanted); from += MaxManaged {
		some := wanted[from:min(from+MaxManaged, len(wanted))]
		rq := c.managedRequest(doing, tenant, option("$filter", filterOf(some)), managedFields)
		rq.collection = true
		err := c.list(ctx, rq, func(item []byte) bool {
			d, ok := decodeManaged(item)
			mine := asked[clause{"userPrincipalName", strings.ToLower(d.UPN)}] || asked[clause{"serialNumber", strings.ToLower(d.Serial)}]
			if key := strings.ToLower(d.ID); ok && mine && !seen[key] {
				seen[key] = true
				found = append(found, d)
			}
			return ok
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (c *Client) managedRequest(doing, tenant string, query ...string) request {
	return request{doing: doing, tenant: tenant, lane: intune, version: "v1.0", needs: managedPermissions,
		url: c.address("v1.0", "/deviceManagement/managedDevices", query...)}
}

func decodeManaged(raw []byte) (ManagedDevice, bool) {
	var w struct {
		ID         text   `json:"id"`
		Name       text   `json:"deviceName"`
		Serial     text   `json:"serialNumber"`
		Maker      text   `json:"manufacturer"`
		Model      text   `json:"model"`
		OS         text   `json:"operatingSystem"`
		OSVersion  text   `json:"osVersion"`
		Compliance text   `json:"complianceState"`
		LastSync   moment `json:"lastSyncDateTime"`
		UPN        text   `json:"userPrincipalName"`
	}
	if loose(bare(raw), &w) != nil {
		return ManagedDevice{}, false
	}
	return ManagedDevice{
		ID: string(w.ID), Name: string(w.Name), Serial: string(w.Serial), Maker: string(w.Maker), Model: string(w.Model), OS: string(w.OS),
		OSVersion: string(w.OSVersion), LastSync: w.LastSync.Time, UPN: string(w.UPN),
		Compliance: oneOf(w.Compliance, Compliant, Noncompliant, ComplianceClash, ComplianceError, InGracePeriod, ByConfigManager),
	}, w.ID != ""
}
