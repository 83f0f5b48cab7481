package cloudsim

import (
	"net/http"
	"strings"
	"time"
)

// managedOperations are Intune's managed devices: the systems of the rooms, and the laptops of everybody.
func managedOperations() []operation {
	return []operation{{"GET /deviceManagement/managedDevices", "managedDevices", []string{readManaged}, listManaged}}
}

// managedDevice has the properties that Roomward may select.
type managedDevice struct {
	ID                string  `json:"id"`
	DeviceName        string  `json:"deviceName"`
	SerialNumber      string  `json:"serialNumber"`
	Manufacturer      string  `json:"manufacturer"`
	Model             string  `json:"model"`
	OperatingSystem   string  `json:"operatingSystem"`
	OSVersion         string  `json:"osVersion"`
	ComplianceState   string  `json:"complianceState"`
	LastSyncDateTime  string  `json:"lastSyncDateTime"`
	UserPrincipalName *string `json:"userPrincipalName"`
}

// syncEvery is how often a managed device speaks to Intune.
const syncEvery = 8 * time.Hour

// noIntune are Microsoft's words where the tenant has not bought it.
const noIntune = `{"_version":3,"Message":"Request not applicable to target tenant. - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000","CustomApiErrorPhrase":""}`

func listManaged(c *call) answer {
	if c.faults.NoIntune {
		return graphError(http.StatusBadRequest, "BadRequest", noIntune)
	}
	var clauses []clause
	var all bool
	if f := c.query.Get("$filter"); f != "" {
		var err error
		if clauses, all, err = parseFilter(f); err != nil {
			return badRequest("%v", err)
		}
	}
	rows := []any{}
	for _, d := range c.managed() {
		property := map[string]string{"userPrincipalName": *d.UserPrincipalName, "serialNumber": d.SerialNumber, "deviceName": d.DeviceName, "operatingSystem": d.OperatingSystem}
		if clauses == nil || matches(clauses, all, func(p string) string { return property[p] }) {
			rows = append(rows, d)
		}
	}
	return c.page(rows, listing{context: "deviceManagement/managedDevices", size: 1000, limit: 1000, tokens: true, pageCount: true})
}

func (c *call) managed() []managedDevice {
	var out []managedDevice
	for i := range c.t.People {
		p := &c.t.People[i]
		out = append(out, managedDevice{guid("managed", p.OID), "LAPTOP-" + serial("laptop", p.OID)[:6], serial("laptop", p.OID), "Dell", "Latitude 7450", "Windows",
			"10.0.26100.4061", "compliant", stamp(c.synced(p.OID)), &p.UPN})
	}
	for i := range c.t.Rooms {
		r := &c.t.Rooms[i]
		for j := range r.Devices {
			d := &r.Devices[j]
			if !d.Main() {
				continue
			}
			st := d.status(c.s.started, c.now)
			m := managedDevice{guid("managed", d.ID), "MTR-" + d.Serial[:8], d.Serial, d.Manufacturer, d.Model, "Windows", d.OSVersion, "compliant",
				stamp(c.synced(d.ID)), &r.Email}
			if !d.Windows() {
				m.OperatingSystem, m.OSVersion = "AndroidAOSP", "10"
			}
			if spread(12, "compliance", d.ID) == 0 {
				m.ComplianceState = "noncompliant"
			}
			if off := st.readings[Offline]; off.bad {
				m.LastSyncDateTime = stamp(off.since.Add(-time.Hour))
			}
			m.ComplianceState = c.enum(m.ComplianceState)
			out = append(out, m)
		}
	}
	return out
}

// synced is the last of a device's own moments that has passed.
func (c *call) synced(id string) time.Time {
	phase := time.Duration(spread(int(syncEvery/time.Second), "sync", strings.ToLower(id))) * time.Second
	return c.now.Add(-phase).Truncate(syncEvery).Add(phase)
}
