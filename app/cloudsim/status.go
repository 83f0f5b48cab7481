package cloudsim

import (
	"strconv"
	"strings"
	"time"
)

// heartbeat is how often a device that is well reports anyway. It keeps lastModifiedDateTime younger than what counts
// as stale, and is long, so that in between nothing changes where nothing happened.
const heartbeat = 6 * time.Hour

// reading is one signal at one moment: good or bad, and since when.
type reading struct {
	bad   bool
	since time.Time
}

// status is a device at one moment.
type status struct {
	readings map[Signal]reading
	health   string // healthy, nonUrgent, critical, offline, unknown
	activity string
	modified time.Time
}

// status works the device's state out of its episodes; started is when the cloud's faults began to count.
func (d *Device) status(started, now time.Time) status {
	st := status{readings: map[Signal]reading{}, health: "healthy", activity: "idle", modified: d.created()}
	for _, sig := range []Signal{
		Offline, TelemetryStale, TeamsSignIn, ExchangeSignIn, RoomCamera, ContentCamera, Speaker, CommunicationSpeaker,
		Microphone, Display0, Display1, HDMIIngest, Compute, AppUpdate, OSUpdate, FirmwareUpdate,
	} {
		if !d.Has(sig) {
			continue
		}
		bad, since := d.state(sig, started, now)
		if since.IsZero() {
			since = d.created()
		}
		st.readings[sig] = reading{bad, since}
		if since.After(st.modified) {
			st.modified = since
		}
		switch {
		case !bad || st.health == "critical":
		case d.mild(sig):
			st.health = "nonUrgent"
		default:
			st.health = "critical"
		}
	}
	if spread(10, "busy", d.ID) == 0 {
		st.activity = "busy"
	}
	switch {
	case st.readings[TelemetryStale].bad:
		st.health, st.activity, st.modified = "unknown", "unknown", st.readings[TelemetryStale].since
	case st.readings[Offline].bad:
		st.health, st.activity, st.modified = "offline", "unavailable", st.readings[Offline].since
	default:
		beat := started.Add(now.Sub(started).Truncate(heartbeat)).Add(-time.Duration(spread(180, "beat", d.ID)) * time.Second)
		if beat.After(st.modified) {
			st.modified = beat
		}
	}
	return st
}

// mild tells whether a bad signal leaves the room usable: versions, and a display that may be unplugged.
func (d *Device) mild(sig Signal) bool {
	switch sig {
	case AppUpdate, OSUpdate, FirmwareUpdate:
		return true
	case Display0:
		return d.optionalDisplay(0)
	case Display1:
		return d.optionalDisplay(1)
	}
	return false
}

func (d *Device) optionalDisplay(n int) bool { return n >= d.Displays-d.OptionalDisplays }

// created is when the device was enrolled: some day between June 2024 and June 2025.
func (d *Device) created() time.Time {
	return time.Date(2024, 6, 1, 8, 11, 4, 185e6, time.UTC).Add(time.Duration(spread(365*24, "created", d.ID)) * time.Hour)
}

// newer is the version that an update would bring: the last but one number one higher.
func newer(version string) string {
	parts := strings.Split(version, ".")
	at := max(0, len(parts)-2)
	n, err := strconv.Atoi(parts[at])
	if err != nil {
		return version + ".1"
	}
	parts[at] = strconv.Itoa(n + 1)
	return strings.Join(parts, ".")
}
