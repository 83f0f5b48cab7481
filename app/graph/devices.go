package graph

import (
	"context"
	"net/url"
	"strings"
	"time"
)

// DeviceType is the kind of a Teams device, by the names of Graph's schema.
type DeviceType string

// The device types of the beta schema (graph.md 2).
const (
	DeviceUnknown    DeviceType = "unknown"
	IPPhone          DeviceType = "ipPhone"
	TeamsRoom        DeviceType = "teamsRoom" // a Teams Room on Windows
	SurfaceHub       DeviceType = "surfaceHub"
	CollaborationBar DeviceType = "collaborationBar" // a Teams Room on Android
	TeamsDisplay     DeviceType = "teamsDisplay"
	TouchConsole     DeviceType = "touchConsole"
	LowCostPhone     DeviceType = "lowCostPhone"
	TeamsPanel       DeviceType = "teamsPanel"
	SIP              DeviceType = "sip"
	SIPAnalog        DeviceType = "sipAnalog"
)

// HealthStatus is Microsoft's summary of a device's health.
type HealthStatus string

// The health states.
const (
	HealthUnknown HealthStatus = "unknown"
	Offline       HealthStatus = "offline"
	Critical      HealthStatus = "critical"
	NonUrgent     HealthStatus = "nonUrgent"
	Healthy       HealthStatus = "healthy"
)

// ActivityState says whether a device is in use.
type ActivityState string

// The activity states.
const (
	ActivityUnknown ActivityState = "unknown"
	Busy            ActivityState = "busy"
	Idle            ActivityState = "idle"
	NotAvailable    ActivityState = "unavailable"
)

// Device is a Teams device of /beta/teamwork/devices. The API is deprecated and may end at any time (graph.md 0).
type Device struct {
	ID            string
	Type          DeviceType
	HealthStatus  HealthStatus
	ActivityState ActivityState

	UserID            string // object id of the account that is signed in: the room's resource account
	UserName          string
	UserPrincipalName string // Microsoft often leaves it out

	Serial   string
	UniqueID string
	MACs     []string // as Microsoft writes them, for example "ETHERNET:00-1A-7D-DA-71-10"
	Maker    string
	Model    string
	AssetTag string
	Notes    string
	Created  time.Time // UTC; zero when unknown
	Modified time.Time // UTC; zero when unknown
}

var (
	devicePermissions  = []string{"TeamworkDevice.Read.All", "TeamworkDevice.ReadWrite.All"}
	restartPermissions = devicePermissions[1:]
)

type deviceWire struct {
	ID       text `json:"id"`
	Type     text `json:"deviceType"`
	Health   text `json:"healthStatus"`
	Activity text `json:"activityState"`
	Hardware struct {
		Serial   text     `json:"serialNumber"`
		UniqueID text     `json:"uniqueId"`
		MACs     textList `json:"macAddresses"`
		Maker    text     `json:"manufacturer"`
		Model    text     `json:"model"`
	} `json:"hardwareDetail"`
	User     userOfDevice `json:"currentUser"`
	AssetTag text         `json:"companyAssetTag"`
	Notes    text         `json:"notes"`
	Created  moment       `json:"createdDateTime"`
	Modified moment       `json:"lastModifiedDateTime"`
}

type userOfDevice struct {
	odd  bool // it is there and no object: nobody can say whose device it is
	ID   text `json:"id"`
	Name text `json:"displayName"`
	UPN  text `json:"userPrincipalName"`
}

func (w *userOfDevice) UnmarshalJSON(raw []byte) error {
	type plain userOfDevice
	*w = userOfDevice{odd: isOdd(raw)}
	return loose(raw, (*plain)(w))
}

// decodeDevice gives false for an item without an id, or of which the account cannot be read, and what else could be read of it.
func decodeDevice(raw []byte) (Device, bool) {
	var w deviceWire
	if loose(bare(raw), &w) != nil {
		return Device{}, false
	}
	return Device{
		ID: string(w.ID),
		Type: oneOf(w.Type, IPPhone, TeamsRoom, SurfaceHub, CollaborationBar, TeamsDisplay, TouchConsole, LowCostPhone,
			TeamsPanel, SIP, SIPAnalog),
		HealthStatus:      oneOf(w.Health, Offline, Critical, NonUrgent, Healthy),
		ActivityState:     oneOf(w.Activity, Busy, Idle, NotAvailable),
		UserID:            string(w.User.ID),
		UserName:          string(w.User.Name),
		UserPrincipalName: string(w.User.UPN),
		Serial:            string(w.Hardware.Serial),
		UniqueID:          string(w.Hardware.UniqueID),
		MACs:              w.Hardware.MACs,
		Maker:             string(w.Hardware.Maker),
		Model:             string(w.Hardware.Model),
		AssetTag:          string(w.AssetTag),
		Notes:             string(w.Notes),
		Created:           w.Created.Time,
		Modified:          w.Modified.Time,
	}, w.ID != "" && !w.User.odd
}

func (c *Client) devicesRequest(doing, tenant, path string, query ...string) request {
	return request{
		doing:   doing,
		tenant:  tenant,
		lane:    devices,
		version: "beta",
		url:     c.address("beta", "/teamwork/devices"+path, query...),
		needs:   devicePermissions,
	}
}

// Devices lists all Teams devices of the tenant (TeamworkDevice.Read.All). Kind Gone means that Microsoft does not offer the
// API there any more; Unavailable means that what is known is stale, not that devices are offline. See Incomplete for a list that comes with an error.
func (c *Client) Devices(ctx context.Context, tenant string) ([]Device, error) {
	rq := c.devicesRequest("list devices", tenant, "", "$top=50") // 50 is the most that the API gives at once
	rq.collection = true
	found, seen, lost := []Device{}, map[string]bool{}, []Remnant(nil)
	err := c.list(ctx, rq, func(item []byte) bool {
		device, ok := decodeDevice(item)
		if !ok {
			lost = append(lost, Remnant{ID: device.ID})
			return false
		}
		if key := strings.ToLower(device.ID); !seen[key] {
			seen[key] = true
			found = append(found, device)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	return found, rq.lacking(lost)
}

// Device gives one device (TeamworkDevice.Read.All).
func (c *Client) Device(ctx context.Context, tenant, id string) (Device, error) {
	const doing = "get a device"
	if !usableID(id) {
		return Device{}, noSuch(doing)
	}
	got, err := c.fetch(ctx, c.devicesRequest(doing, tenant, "/"+url.PathEscape(id)))
	if err != nil {
		return Device{}, err
	}
	device, ok := decodeDevice(got.body)
	if !ok {
		return Device{}, got.bad("the answer holds no device")
	}
	return device, nil
}

// usableID keeps out of a path what would change its meaning. Ids are GUIDs or sign-in names.
func usableID(id string) bool {
	return id != "" && id != "." && id != ".." && len(id) <= 256 && !strings.ContainsAny(id, "/\\")
}

func noSuch(doing string) *Error {
	return &Error{Kind: NotFound, Message: "no such id can exist", doing: doing}
}
