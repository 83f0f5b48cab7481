package cloudsim

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// deviceOperations are teamwork/devices, in beta only, deprecated, and closed by Faults.DevicesGone (graph.md 2).
func deviceOperations() []operation {
	needs := []string{"TeamworkDevice.Read.All", "TeamworkDevice.ReadWrite.All"}
	return []operation{
		{"GET /teamwork/devices", "devices", needs, listDevices},
		{"GET /teamwork/devices/{id}", "device", needs, getDevice},
		{"GET /teamwork/devices/{id}/health", "health", needs, getHealth},
		{"GET /teamwork/devices/{id}/operations", "operations", needs, listOperations},
		{"GET /teamwork/devices/{id}/operations/{operation}", "operation", needs, getOperation},
		{"POST /teamwork/devices/{id}/restart", "restart", needs[1:], restartDevice},
	}
}

type hardwareDetail struct {
	SerialNumber string   `json:"serialNumber"`
	UniqueID     string   `json:"uniqueId"`
	MacAddresses []string `json:"macAddresses"`
	Manufacturer string   `json:"manufacturer"`
	Model        string   `json:"model"`
}

type currentUser struct {
	ID                string `json:"id"`
	DisplayName       string `json:"displayName"`
	UserPrincipalName string `json:"userPrincipalName,omitempty"`
	UserIdentityType  string `json:"userIdentityType"`
}

// teamworkDevice is a device as fixtures/graph/teamwork/devices.page1.json shows it.
type teamworkDevice struct {
	Context              string         `json:"@odata.context,omitempty"`
	Type                 string         `json:"@odata.type"`
	ID                   string         `json:"id"`
	DeviceType           string         `json:"deviceType"`
	HardwareDetail       hardwareDetail `json:"hardwareDetail"`
	Notes                *string        `json:"notes"`
	CompanyAssetTag      string         `json:"companyAssetTag"`
	HealthStatus         string         `json:"healthStatus"`
	ActivityState        string         `json:"activityState"`
	CreatedDateTime      string         `json:"createdDateTime"`
	CreatedBy            *string        `json:"createdBy"`
	LastModifiedDateTime string         `json:"lastModifiedDateTime"`
	LastModifiedBy       *string        `json:"lastModifiedBy"`
	CurrentUser          currentUser    `json:"currentUser"`
}

func listDevices(c *call) answer {
	var clauses []clause
	var all bool
	if f := c.query.Get("$filter"); f != "" {
		var err error
		if clauses, all, err = parseFilter(f); err != nil {
			return badRequest("%v", err)
		}
	}
	for _, cl := range clauses {
		switch cl.property {
		case "deviceType", "hardwareDetail/uniqueId", "currentUser/id":
		default:
			return badRequest("Invalid filter clause: Could not find a property named '%s' on type 'microsoft.graph.teamworkDevice'.", cl.property)
		}
	}
	rows := []any{}
	for i := range c.t.Rooms {
		r := &c.t.Rooms[i]
		for j := range r.Devices {
			if clauses == nil { // only those on the page are worked out: that is most of the work
				rows = append(rows, func() any { return c.teamworkDevice(r, &r.Devices[j]) })
				continue
			}
			d := c.teamworkDevice(r, &r.Devices[j])
			property := map[string]string{
				"deviceType": d.DeviceType, "hardwareDetail/uniqueId": d.HardwareDetail.UniqueID, "currentUser/id": d.CurrentUser.ID,
			}
			if matches(clauses, all, func(p string) string { return property[p] }) {
				rows = append(rows, d)
			}
		}
	}
	return c.page(rows, listing{context: "teamwork/devices", size: 20, limit: 50, tokens: true, pageCount: true})
}

func (c *call) teamworkDevice(r *Room, d *Device) teamworkDevice {
	st := d.status(c.s.started, c.now)
	domain, _, _ := strings.Cut(c.t.Domains[0], ".")
	tw := teamworkDevice{
		Type: "#microsoft.graph.teamworkDevice", ID: d.ID, DeviceType: c.enum(d.Kind),
		HardwareDetail: hardwareDetail{
			SerialNumber: d.Serial, UniqueID: strings.ReplaceAll(d.ID, "-", "")[:10], MacAddresses: []string{mac(d.ID)},
			Manufacturer: d.Manufacturer, Model: d.Model,
		},
		CompanyAssetTag: fmt.Sprintf("%s-%04d", strings.ToUpper(domain[:min(4, len(domain))]), spread(10000, "asset", d.ID)),
		HealthStatus:    c.enum(st.health), ActivityState: c.enum(st.activity),
		CreatedDateTime: stamp(d.created()), LastModifiedDateTime: stamp(st.modified),
		CurrentUser: currentUser{ID: r.AccountID, DisplayName: r.Name, UserIdentityType: c.enum("aadUser")},
	}
	if spread(3, "upn", d.ID) == 0 { // it is there on some devices only
		tw.CurrentUser.UserPrincipalName = r.Email
	}
	return tw
}

// enum writes an enum value as the schema does, or as the documentation does.
func (c *call) enum(value string) string {
	if !c.faults.PascalCase || value == "" {
		return value
	}
	return strings.ToUpper(value[:1]) + value[1:]
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (c *call) device(id string) (*Room, *Device) {
	for i := range c.t.Rooms {
		r := &c.t.Rooms[i]
		for j := range r.Devices {
			if r.Devices[j].ID == id {
				return r, &r.Devices[j]
			}
		}
	}
	return nil, nil
}

func getDevice(c *call) answer {
	r, d := c.device(c.r.PathValue("id"))
	if d == nil {
		return graphError(http.StatusNotFound, "UnknownError", "")
	}
	tw := c.teamworkDevice(r, d)
	tw.Context = c.at + "/$metadata#teamwork/devices/$entity"
	return c.single(tw)
}

// single answers with one object, bare as in the schema or wrapped as in the documentation.
func (c *call) single(body any) answer {
	if c.faults.Wrapped {
		body = struct {
			Value any `json:"value"`
		}{body}
	}
	return answer{status: http.StatusOK, body: body}
}
