package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"time"
)

// State says whether something is connected.
type State string

// The connection states.
const (
	StateUnknown State = "unknown"
	Connected    State = "connected"
	Disconnected State = "disconnected"
)

// Freshness says whether software is up to date.
type Freshness string

// The states of software.
const (
	FreshnessUnknown Freshness = "unknown"
	Latest           Freshness = "latest"
	UpdateAvailable  Freshness = "updateAvailable"
)

// Part is the state of one thing that a device reports on.
type Part struct {
	Present  bool // Microsoft reports on it at all
	Optional bool // its loss does not matter for the room
	State    State
	Since    time.Time // last change of the state, UTC; zero when unknown
}

// Software is the state of one software component.
type Software struct {
	Present            bool
	Freshness          Freshness
	Current, Available string // versions; empty when unknown
}

// Health is what a device says about itself. While Connection is Disconnected the rest is old news (graph.md 3).
type Health struct {
	Connection Part
	Logins     struct{ Exchange, Teams, Skype Part }

	RoomCamera, ContentCamera                  Part
	Speaker, CommunicationSpeaker              Part
	Microphone                                 Part
	Displays                                   []Part // in Microsoft's order, which names them display 1, 2, ...
	Compute, HDMI                              Part
	AdminAgent, CompanyPortal, Firmware        Software
	OperatingSystem, PartnerAgent, TeamsClient Software

	Modified time.Time // UTC; zero when unknown
}

type connectionWire struct {
	present bool
	Status  text   `json:"connectionStatus"`
	Since   moment `json:"lastModifiedDateTime"`
}

type partWire struct {
	present    bool
	Optional   flag           `json:"isOptional"`
	Connection connectionWire `json:"connection"`
}

type softwareWire struct {
	present   bool
	Freshness text `json:"softwareFreshness"`
	Current   text `json:"currentVersion"`
	Available text `json:"availableVersion"`
}

// The three wire types note that an object was there: null and a missing one mean "not reported".

func (w *connectionWire) UnmarshalJSON(raw []byte) error {
	type plain connectionWire
	*w = connectionWire{present: isObject(raw)}
	return loose(raw, (*plain)(w))
}

func (w *partWire) UnmarshalJSON(raw []byte) error {
	type plain partWire
	*w = partWire{present: isObject(raw)}
	return loose(raw, (*plain)(w))
}

func (w *softwareWire) UnmarshalJSON(raw []byte) error {
	type plain softwareWire
	*w = softwareWire{present: isObject(raw)}
	return loose(raw, (*plain)(w))
}

func isObject(raw []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) }

// isOdd tells that something is there and not the object that is due.
func isOdd(raw []byte) bool { return !isObject(raw) && string(bytes.TrimSpace(raw)) != "null" }

// partList reads a list of parts; a single object counts as a list of one. A null keeps its place, or the numbers of
// the displays would shift.
type partList []partWire

func (l *partList) UnmarshalJSON(raw []byte) error {
	*l = nil
	if isObject(raw) {
		*l = make(partList, 1)
		return json.Unmarshal(raw, &(*l)[0])
	}
	var many []partWire
	err := loose(raw, &many)
	*l = many
	return err
}

type healthWire struct {
	Connection connectionWire `json:"connection"`
	Logins     struct {
		Exchange connectionWire `json:"exchangeConnection"`
		Teams    connectionWire `json:"teamsConnection"`
		Skype    connectionWire `json:"skypeConnection"`
	} `json:"loginStatus"`
	Peripherals struct {
		RoomCamera           partWire `json:"roomCameraHealth"`
		ContentCamera        partWire `json:"contentCameraHealth"`
		Speaker              partWire `json:"speakerHealth"`
		CommunicationSpeaker partWire `json:"communicationSpeakerHealth"`
		Microphone           partWire `json:"microphoneHealth"`
		Displays             partList `json:"displayHealthCollection"`
	} `json:"peripheralsHealth"`
	Software struct {
		AdminAgent      softwareWire `json:"adminAgentSoftwareUpdateStatus"`
		CompanyPortal   softwareWire `json:"companyPortalSoftwareUpdateStatus"`
		Firmware        softwareWire `json:"firmwareSoftwareUpdateStatus"`
		OperatingSystem softwareWire `json:"operatingSystemSoftwareUpdateStatus"`
		PartnerAgent    softwareWire `json:"partnerAgentSoftwareUpdateStatus"`
		TeamsClient     softwareWire `json:"teamsClientSoftwareUpdateStatus"`
	} `json:"softwareUpdateHealth"`
	Hardware struct {
		Compute partWire `json:"computeHealth"`
		HDMI    partWire `json:"hdmiIngestHealth"`
	} `json:"hardwareHealth"`
	Modified moment `json:"lastModifiedDateTime"`
}

// decodeHealth gives false for an answer that reports on nothing: it must not pass for a device without faults.
func decodeHealth(raw []byte) (Health, bool) {
	var w healthWire
	if loose(bare(raw), &w) != nil {
		return Health{}, false
	}
	h := Health{
		Connection:           w.Connection.part(),
		RoomCamera:           w.Peripherals.RoomCamera.part(),
		ContentCamera:        w.Peripherals.ContentCamera.part(),
		Speaker:              w.Peripherals.Speaker.part(),
		CommunicationSpeaker: w.Peripherals.CommunicationSpeaker.part(),
		Microphone:           w.Peripherals.Microphone.part(),
		Compute:              w.Hardware.Compute.part(),
		HDMI:                 w.Hardware.HDMI.part(),
		AdminAgent:           w.Software.AdminAgent.software(),
		CompanyPortal:        w.Software.CompanyPortal.software(),
		Firmware:             w.Software.Firmware.software(),
		OperatingSystem:      w.Software.OperatingSystem.software(),
		PartnerAgent:         w.Software.PartnerAgent.software(),
		TeamsClient:          w.Software.TeamsClient.software(),
		Modified:             w.Modified.Time,
	}
	h.Logins.Exchange = w.Logins.Exchange.part()
	h.Logins.Teams = w.Logins.Teams.part()
	h.Logins.Skype = w.Logins.Skype.part()
	for _, display := range w.Peripherals.Displays {
		h.Displays = append(h.Displays, display.part())
	}
	return h, h.reports()
}

func (h Health) reports() bool {
	for _, p := range append([]Part{h.Connection, h.Logins.Exchange, h.Logins.Teams, h.Logins.Skype, h.RoomCamera, h.ContentCamera,
		h.Speaker, h.CommunicationSpeaker, h.Microphone, h.Compute, h.HDMI}, h.Displays...) {
		if p.Present {
			return true
		}
	}
	for _, s := range []Software{h.AdminAgent, h.CompanyPortal, h.Firmware, h.OperatingSystem, h.PartnerAgent, h.TeamsClient} {
		if s.Present {
			return true
		}
	}
	return false
}

func (w connectionWire) part() Part {
	return Part{Present: w.present, State: oneOf(w.Status, Connected, Disconnected), Since: w.Since.Time}
}

func (w partWire) part() Part {
	p := w.Connection.part()
	p.Present, p.Optional = w.present, w.Optional.value
	return p
}

func (w softwareWire) software() Software {
	return Software{
		Present:   w.present,
		Freshness: oneOf(w.Freshness, Latest, UpdateAvailable),
		Current:   string(w.Current),
		Available: string(w.Available),
	}
}

// Health gives the detailed health of one device (TeamworkDevice.Read.All).
func (c *Client) Health(ctx context.Context, tenant, device string) (Health, error) {
	const doing = "get the health of a device"
	if !usableID(device) {
		return Health{}, noSuch(doing)
	}
	got, err := c.fetch(ctx, c.devicesRequest(doing, tenant, "/"+url.PathEscape(device)+"/health"))
	if err != nil {
		return Health{}, err
	}
	health, ok := decodeHealth(got.body)
	if !ok {
		return Health{}, got.bad("the answer reports on nothing")
	}
	return health, nil
}
