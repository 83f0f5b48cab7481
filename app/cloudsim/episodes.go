package cloudsim

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Signal names one property of a device that can be good or bad. The words are those of graph.md 3.
type Signal string

// The signals that can go bad. Which of them a device has, Device.Has tells.
const (
	Offline              Signal = "offline"
	TelemetryStale       Signal = "telemetry-stale" // nothing was heard of the device: everything is unknown
	TeamsSignIn          Signal = "signin-teams"
	ExchangeSignIn       Signal = "signin-exchange"
	RoomCamera           Signal = "room-camera"
	ContentCamera        Signal = "content-camera"
	Speaker              Signal = "speaker"
	CommunicationSpeaker Signal = "communication-speaker"
	Microphone           Signal = "microphone"
	Display0             Signal = "display-0"
	Display1             Signal = "display-1"
	HDMIIngest           Signal = "hdmi-ingest"
	Compute              Signal = "compute"
	AppUpdate            Signal = "app-update"
	OSUpdate             Signal = "os-update"
	FirmwareUpdate       Signal = "firmware-update"
)

// Episode is a fault of one signal over time. Either it lasts (Since), or it comes and goes (Cycle).
type Episode struct {
	Signal Signal
	// Since is how long before the cloud's start a lasting fault began; negative for one that begins later.
	Since time.Duration
	// Cycle, when it is not zero, makes the fault come again: the signal is bad for Bad out of each Cycle, for the
	// first time Phase after the cloud's start.
	Cycle, Bad, Phase time.Duration

	from, until time.Time // set by Server.Break and Server.Mend; they win over the shape
}

// at tells whether the signal is bad at now and when that state began; zero for "has been good for ever".
func (e *Episode) at(start, now time.Time) (bad bool, since time.Time) {
	if !e.until.IsZero() && !now.Before(e.until) {
		return false, e.until
	}
	if !e.from.IsZero() {
		return !now.Before(e.from), e.from
	}
	if e.Cycle > 0 {
		return e.inCycle(start, now)
	}
	begin := start.Add(-e.Since)
	if now.Before(begin) {
		return false, time.Time{}
	}
	return true, begin
}

func (e *Episode) inCycle(start, now time.Time) (bool, time.Time) {
	sinceBad := now.Sub(start.Add(e.Phase)) % e.Cycle
	if sinceBad < 0 {
		sinceBad += e.Cycle
	}
	if sinceBad < e.Bad {
		return true, now.Add(-sinceBad)
	}
	return false, now.Add(e.Bad - sinceBad)
}

// state joins the episodes of one signal: bad when one of them is, since the first of these began; otherwise good
// since the last one ended.
func (d *Device) state(sig Signal, start, now time.Time) (bad bool, since time.Time) {
	for i := range d.Faults {
		if d.Faults[i].Signal != sig {
			continue
		}
		b, s := d.Faults[i].at(start, now)
		if last := d.restartedAfter(s, now); b && restartable(sig) && !last.IsZero() {
			b, s = false, last
		}
		switch {
		case b && !bad:
			bad, since = true, s
		case b && s.Before(since), !b && !bad && s.After(since):
			since = s
		}
	}
	return bad, since
}

// ParseShape reads the time shape of a fault as faults.csv writes it: "since=3d" for a lasting one,
// "cycle=90s/45s phase=20s" for one that is bad for 45 s of each 90 s, first 20 s after the start.
func ParseShape(sig Signal, text string) (Episode, error) {
	e := Episode{Signal: sig}
	for _, field := range strings.Fields(text) {
		key, value, _ := strings.Cut(field, "=")
		var err error
		switch key {
		case "since":
			e.Since, err = parseSpan(value)
		case "phase":
			e.Phase, err = parseSpan(value)
		case "cycle":
			whole, part, _ := strings.Cut(value, "/")
			if e.Cycle, err = parseSpan(whole); err == nil {
				e.Bad, err = parseSpan(part)
			}
		default:
			err = fmt.Errorf("unknown word %q", key)
		}
		if err != nil {
			return Episode{}, fmt.Errorf("shape %q: %w", text, err)
		}
	}
	if (e.Cycle == 0) == (e.Since == 0) {
		return Episode{}, fmt.Errorf("shape %q: needs either since= or cycle=", text)
	}
	if e.Bad < 0 || e.Bad > e.Cycle {
		return Episode{}, fmt.Errorf("shape %q: cannot be bad for longer than its cycle", text)
	}
	return e, nil
}

// parseSpan is time.ParseDuration with whole days, because nobody reads 336h as a fortnight.
func parseSpan(text string) (time.Duration, error) {
	days, isDays := strings.CutSuffix(text, "d")
	if !isDays {
		return time.ParseDuration(text)
	}
	n, err := strconv.Atoi(days)
	if err != nil {
		return 0, fmt.Errorf("%q is no number of days", text)
	}
	return time.Duration(n) * 24 * time.Hour, nil
}
