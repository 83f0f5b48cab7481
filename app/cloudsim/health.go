package cloudsim

import (
	"fmt"
	"net/http"
	"time"
)

type connection struct {
	ConnectionStatus     string `json:"connectionStatus"`
	LastModifiedDateTime string `json:"lastModifiedDateTime"`
}

type part struct {
	IsOptional bool       `json:"isOptional"`
	Connection connection `json:"connection"`
}

type update struct {
	SoftwareFreshness string  `json:"softwareFreshness"`
	CurrentVersion    string  `json:"currentVersion"`
	AvailableVersion  *string `json:"availableVersion"`
}

type loginStatus struct {
	Exchange connection `json:"exchangeConnection"`
	Teams    connection `json:"teamsConnection"`
	Skype    connection `json:"skypeConnection"`
}

type peripherals struct {
	RoomCamera           part   `json:"roomCameraHealth"`
	ContentCamera        part   `json:"contentCameraHealth"`
	Speaker              part   `json:"speakerHealth"`
	CommunicationSpeaker part   `json:"communicationSpeakerHealth"`
	Displays             []part `json:"displayHealthCollection"`
	Microphone           part   `json:"microphoneHealth"`
}

type software struct {
	CompanyPortal   *update `json:"companyPortalSoftwareUpdateStatus"`
	Firmware        *update `json:"firmwareSoftwareUpdateStatus"`
	PartnerAgent    *update `json:"partnerAgentSoftwareUpdateStatus"`
	AdminAgent      *update `json:"adminAgentSoftwareUpdateStatus"`
	TeamsClient     *update `json:"teamsClientSoftwareUpdateStatus"`
	OperatingSystem *update `json:"operatingSystemSoftwareUpdateStatus"`
}

type hardware struct {
	Compute    part `json:"computeHealth"`
	HDMIIngest part `json:"hdmiIngestHealth"`
}

// deviceHealth is the body of .../health (fixtures/graph/teamwork/health.*.json). Consoles and panels report no
// peripherals and no hardware.
type deviceHealth struct {
	Context              string       `json:"@odata.context"`
	ID                   string       `json:"id"`
	Connection           connection   `json:"connection"`
	LoginStatus          loginStatus  `json:"loginStatus"`
	Peripherals          *peripherals `json:"peripheralsHealth"`
	SoftwareUpdate       software     `json:"softwareUpdateHealth"`
	Hardware             *hardware    `json:"hardwareHealth"`
	CreatedDateTime      string       `json:"createdDateTime"`
	LastModifiedDateTime string       `json:"lastModifiedDateTime"`
	CreatedBy            *string      `json:"createdBy"`
	LastModifiedBy       *string      `json:"lastModifiedBy"`
}

func getHealth(c *call) answer {
	_, d := c.device(c.r.PathValue("id"))
	if d == nil {
		return graphError(http.StatusNotFound, "UnknownError", "")
	}
	x := examination{c: c, d: d, st: d.status(c.s.started, c.now)}
	h := deviceHealth{
		Context: fmt.Sprintf("%s/$metadata#teamwork/devices('%s')/health/$entity", c.at, d.ID), ID: d.ID,
		Connection: x.connection(Offline),
		LoginStatus: loginStatus{
			Exchange: x.connection(ExchangeSignIn), Teams: x.connection(TeamsSignIn), Skype: x.unknown(d.created()),
		},
		SoftwareUpdate:  x.software(),
		CreatedDateTime: stamp(d.created()), LastModifiedDateTime: stamp(x.st.modified),
	}
	if d.Main() {
		h.Peripherals, h.Hardware = x.peripherals(), x.hardware()
	}
	return c.single(h)
}

// examination writes one device's state in Graph's words.
type examination struct {
	c  *call
	d  *Device
	st status
}

func (x *examination) unknown(since time.Time) connection {
	return connection{x.c.enum("unknown"), stamp(since)}
}

// connection is one signal. Of a device that is silent or offline most signals are unknown since then; speaker and
// compute keep saying connected when it is only offline, as Microsoft's example does.
func (x *examination) connection(sig Signal) connection {
	silent, offline := x.st.readings[TelemetryStale], x.st.readings[Offline]
	own, has := x.st.readings[sig]
	switch {
	case !has:
		return x.unknown(x.d.created())
	case silent.bad:
		return x.unknown(silent.since)
	case offline.bad && sig != Offline && (own.bad || sig != Speaker && sig != Compute):
		return x.unknown(offline.since)
	case own.bad:
		return connection{x.c.enum("disconnected"), stamp(own.since)}
	}
	return connection{x.c.enum("connected"), stamp(own.since)}
}

func (x *examination) peripherals() *peripherals {
	p := &peripherals{
		RoomCamera:           part{false, x.connection(RoomCamera)},
		ContentCamera:        part{!x.d.ContentCamera, x.connection(ContentCamera)},
		Speaker:              part{false, x.connection(Speaker)},
		CommunicationSpeaker: part{false, x.connection(CommunicationSpeaker)},
		Displays:             []part{},
		Microphone:           part{false, x.connection(Microphone)},
	}
	for n, sig := range []Signal{Display0, Display1} {
		if n < x.d.Displays {
			p.Displays = append(p.Displays, part{x.d.optionalDisplay(n), x.connection(sig)})
		}
	}
	return p
}

func (x *examination) hardware() *hardware {
	return &hardware{Compute: part{false, x.connection(Compute)}, HDMIIngest: part{false, x.connection(HDMIIngest)}}
}

// software lists what the device can update: Windows has an operating system, Android firmware and company portal.
func (x *examination) software() software {
	if x.d.Windows() {
		return software{
			AdminAgent:      x.current("1.0.0.202610092255"),
			TeamsClient:     x.update(AppUpdate, x.d.AppVersion),
			OperatingSystem: x.update(OSUpdate, x.d.OSVersion),
		}
	}
	return software{
		AdminAgent:    x.current("1.0.0.202609030720"),
		CompanyPortal: x.current("5.0.6539.0"),
		TeamsClient:   x.update(AppUpdate, x.d.AppVersion),
		Firmware:      x.update(FirmwareUpdate, x.d.Firmware),
	}
}

func (x *examination) current(version string) *update {
	return &update{SoftwareFreshness: x.c.enum("latest"), CurrentVersion: version}
}

func (x *examination) update(sig Signal, version string) *update {
	u := x.current(version)
	if x.st.readings[TelemetryStale].bad {
		u.SoftwareFreshness = x.c.enum("unknown")
		return u
	}
	if x.st.readings[sig].bad {
		available := newer(version)
		u.SoftwareFreshness, u.AvailableVersion = x.c.enum("updateAvailable"), &available
	}
	return u
}
