// Package incidents turns what Microsoft reports about devices into incidents with a severity and a life cycle (design 10), and lets people
// read them.
package incidents

import (
	"strconv"
	"strings"
	"time"
)

// The severities of product.md 9. Critical and important make a room unhealthy; a warning does not.
const (
	Critical    = "critical"
	Important   = "important"
	Warning     = "warning"
	Recommended = "recommended"
)

// The categories of product.md 4, as far as a signal of ours falls into one.
const (
	Account      = "account"
	Connectivity = "connectivity"
	Display      = "display"
	Hardware     = "hardware"
	Software     = "software"
)

// The ids of the signals. Displays have one signal each: DisplayPrefix and Microsoft's number, counted from 0.
const (
	Offline              = "offline"
	NoTelemetry          = "no-telemetry"
	SignInTeams          = "signin-teams"
	SignInExchange       = "signin-exchange"
	RoomCamera           = "room-camera"
	ContentCamera        = "content-camera"
	Speaker              = "speaker"
	CommunicationSpeaker = "communication-speaker"
	Microphone           = "microphone"
	DisplayPrefix        = "display-"
	HDMIIngest           = "hdmi-ingest"
	Compute              = "compute"
	AppVersion           = "app-version"
	OSVersion            = "os-version"
	Firmware             = "firmware"
	AgentVersion         = "agent-version"
	HealthCritical       = "health-critical"
	HealthNonUrgent      = "health-nonurgent"
)

// Signal is one monitored property of a device. Its texts are keys: "signals.<Text>.title", ".means" and ".todo" in the languages of the UI.
type Signal struct {
	ID       string
	Text     string // ID, but one for all displays
	Category string
	Severity string
	// Watch is the watching period: how long the signal must be bad before its incident becomes active.
	Watch time.Duration
}

// class groups the kinds of devices that product.md 9 rates alike.
type class int

const (
	windows class = iota // teamsRoom, surfaceHub
	android              // collaborationBar, teamsDisplay, and kinds that Microsoft may add
	console              // touchConsole
	panel                // teamsPanel, phones and SIP devices: beside the door or on the desk, no meeting fails without them
)

func classOf(kind string) class {
	switch kind {
	case "teamsRoom", "surfaceHub":
		return windows
	case "touchConsole":
		return console
	case "teamsPanel", "ipPhone", "lowCostPhone", "sip", "sipAnalog":
		return panel
	}
	return android
}

// runsMeetings tells whether the device carries the room's meetings, so that the room is offline when it is.
func runsMeetings(kind string) bool {
	c := classOf(kind)
	return c == windows || c == android
}

// rating is a line of the catalogue: severity and watching period on Windows, and where Android differs.
//
// The figures are those of product.md 9, with these choices of ours. Offline on Android watches 10 minutes instead of 60, because we poll every
// 5 minutes and the vendor every 3 hours. Sign-in is critical after 30 minutes on both: a nightly restart must not wake anybody. Exchange
// sign-in is only important on Android, where the vendor does not rate it. A second display is a warning on Android. The generic signals
// follow graph.md 3: a cause that nobody names must not count as critical. No telemetry is a warning: the room shows as unmonitored,
// which is not a fault of the room.
type rating struct {
	id       string
	category string
	severity string
	watch    time.Duration

	androidSeverity string        // "" means the same
	androidWatch    time.Duration // counts when androidSeverity is set
}

func ratings() []rating {
	const m = time.Minute
	return []rating{
		{Offline, Connectivity, Important, 1 * m, Critical, 10 * m},
		{NoTelemetry, Connectivity, Warning, 60 * m, "", 0},
		{SignInTeams, Account, Critical, 30 * m, "", 0},
		{SignInExchange, Account, Critical, 30 * m, Important, 30 * m},
		{RoomCamera, Hardware, Important, 5 * m, "", 0},
		{ContentCamera, Hardware, Important, 5 * m, "", 0},
		{Speaker, Hardware, Important, 5 * m, "", 0},
		{CommunicationSpeaker, Hardware, Important, 5 * m, "", 0},
		{Microphone, Hardware, Important, 5 * m, "", 0},
		{DisplayPrefix + "0", Display, Important, 5 * m, "", 0},
		{DisplayPrefix + "1", Display, Important, 5 * m, Warning, 20 * m},
		{HDMIIngest, Hardware, Important, 10 * m, "", 0},
		{Compute, Hardware, Important, 5 * m, "", 0},
		{AppVersion, Software, Warning, 0, "", 0},
		{OSVersion, Software, Warning, 0, "", 0},
		{Firmware, Software, Warning, 0, "", 0},
		{AgentVersion, Software, Warning, 0, "", 0},
		{HealthCritical, Hardware, Important, 5 * m, "", 0},
		{HealthNonUrgent, Hardware, Warning, 5 * m, "", 0},
	}
}

// SignalOf is the signal of an id on a kind of device (Graph's deviceType). An id that the catalogue does not know, of an older version
// for example, is a warning of the hardware category, so that what is stored can always be shown.
func SignalOf(id, kind string) Signal {
	line, text := id, id
	if number, isDisplay := displayNumber(id); isDisplay {
		text = "display"
		if number > 1 {
			line = DisplayPrefix + "1"
		}
	}
	for _, r := range ratings() {
		if r.id == line {
			return r.on(id, text, classOf(kind))
		}
	}
	return Signal{ID: id, Text: id, Category: Hardware, Severity: Warning}
}

func (r rating) on(id, text string, c class) Signal {
	s := Signal{ID: id, Text: text, Category: r.category, Severity: r.severity, Watch: r.watch}
	if (c == android || c == panel) && r.androidSeverity != "" {
		s.Severity, s.Watch = r.androidSeverity, r.androidWatch
	}
	switch {
	case c == panel:
		s.Severity = Warning
	case c == console && s.Severity == Critical:
		s.Severity = Important // the room can still meet
	}
	return s
}

func displayNumber(id string) (int, bool) {
	digits, isDisplay := strings.CutPrefix(id, DisplayPrefix)
	if !isDisplay {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n >= 0
}
