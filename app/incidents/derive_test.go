package incidents

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/store"
)

var t0 = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// device plays polls against Derive as the store would: what follows from one is what the next begins with.
type device struct {
	store.DeviceBefore
	now    time.Time
	events []string
	spans  []string
}

func newDevice(kind string) *device {
	return &device{DeviceBefore: store.DeviceBefore{GraphID: "d-1", Kind: kind}, now: t0}
}

func (d *device) take(after store.DeviceAfter) {
	d.Signals, d.Incidents = after.Signals, after.Incidents
	for _, e := range after.Events {
		d.events = append(d.events, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Signal, e.Kind, e.Detail)))
	}
	for _, s := range after.Spans {
		d.spans = append(d.spans, s.Signal+" "+s.State)
	}
}

// poll reads signals "name=state" after some minutes.
func (d *device) poll(minutes int, readings ...string) {
	d.now = d.now.Add(time.Duration(minutes) * time.Minute)
	var list []Reading
	for _, r := range readings {
		name, state, _ := strings.Cut(r, "=")
		list = append(list, Reading{Signal: name, State: state, Value: state})
	}
	d.take(Derive(d.DeviceBefore, list, d.now))
	d.LastPoll = d.now
}

func (d *device) state(signal string) string {
	i, _ := findIncident(d.Incidents, signal)
	return i.State
}

func TestLifeOfAnIncident(t *testing.T) {
	type step struct {
		minutes int
		reading string
		want    string // the incident's state, "" for none
	}
	for name, tc := range map[string]struct {
		kind   string
		signal string
		steps  []step
		events []string
	}{
		"good is no news": {"teamsRoom", RoomCamera, []step{{0, "good", ""}, {5, "good", ""}}, nil},
		"two bad polls and the watching period": {"teamsRoom", RoomCamera,
			[]step{{0, "good", ""}, {5, "bad", "watching"}, {4, "bad", "watching"}, {1, "bad", "active"}, {5, "bad", "active"}}, []string{"opened", "activated"}},
		"the watching period alone is not enough": {"teamsRoom", RoomCamera, []step{{0, "good", ""}, {60, "bad", "watching"}, {60, "bad", "active"}}, []string{"opened", "activated"}},
		"a flutter leaves no incident to work on": {"teamsRoom", RoomCamera,
			[]step{{0, "good", ""}, {5, "bad", "watching"}, {5, "good", "closed"}}, []string{"opened", "closed never-active"}},
		"a nightly restart wakes nobody": {"teamsRoom", SignInTeams,
			[]step{{0, "good", ""}, {5, "bad", "watching"}, {5, "bad", "watching"}, {15, "bad", "watching"}, {4, "good", "closed"}}, []string{"opened", "closed never-active"}},
		"sign-in after 30 minutes": {"teamsRoom", SignInTeams,
			[]step{{0, "good", ""}, {5, "bad", "watching"}, {25, "bad", "watching"}, {5, "bad", "active"}}, []string{"opened", "activated"}},
		"versions are not watched, but must be bad twice": {"teamsRoom", AppVersion,
			[]step{{0, "good", ""}, {5, "bad", "watching"}, {5, "bad", "active"}}, []string{"opened", "activated"}},
		"resolved, then closed after 7 days": {"teamsRoom", RoomCamera,
			[]step{{0, "good", ""}, {5, "bad", "watching"}, {5, "bad", "active"}, {5, "good", "resolved"}, {7*24*60 - 1, "good", "resolved"}, {1, "good", "closed"}, {5, "good", "closed"}},
			[]string{"opened", "activated", "resolved", "closed"}},
		"reactivated within 7 days": {"teamsRoom", RoomCamera,
			[]step{{0, "good", ""}, {5, "bad", "watching"}, {5, "bad", "active"}, {5, "good", "resolved"}, {6 * 24 * 60, "bad", "watching"}, {5, "bad", "active"}},
			[]string{"opened", "activated", "resolved", "reactivated", "activated"}},
		"unknown neither opens nor closes": {"teamsRoom", RoomCamera,
			[]step{{0, "good", ""}, {5, "unknown", ""}, {5, "bad", "watching"}, {5, "bad", "active"}, {5, "unknown", "active"}, {600, "unknown", "active"}, {5, "bad", "active"}, {5, "good", "resolved"}},
			[]string{"opened", "activated", "resolved"}},
		"unknown between breaks the row of bad polls": {"teamsRoom", RoomCamera,
			[]step{{0, "good", ""}, {5, "bad", "watching"}, {5, "unknown", "watching"}, {5, "bad", "watching"}, {5, "bad", "active"}}, []string{"opened", "activated"}},
		"offline on Windows: 1 minute":   {"teamsRoom", Offline, []step{{0, "good", ""}, {5, "bad", "watching"}, {5, "bad", "active"}}, []string{"opened", "activated"}},
		"offline on Android: 10 minutes": {"collaborationBar", Offline, []step{{0, "good", ""}, {5, "bad", "watching"}, {5, "bad", "watching"}, {5, "bad", "active"}}, []string{"opened", "activated"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDevice(tc.kind)
			for n, s := range tc.steps {
				d.poll(s.minutes, tc.signal+"="+s.reading)
				require.Equal(t, s.want, d.state(tc.signal), "step %d", n+1)
			}
			var want []string
			for _, e := range tc.events {
				want = append(want, tc.signal+" "+e)
			}
			require.Equal(t, want, d.events)
		})
	}
}

func TestOneIncidentPerSignalForEver(t *testing.T) {
	d := newDevice("teamsRoom")
	for range 5 {
		d.poll(5, "room-camera=good", "speaker=good")
		d.poll(5, "room-camera=bad", "speaker=good")
		d.poll(5, "room-camera=bad", "speaker=bad")
		d.poll(5, "room-camera=bad", "speaker=bad")
	}
	require.Len(t, d.Incidents, 2)
	require.Equal(t, 5, d.Incidents[0].Openings)
	d.poll(0, "room-camera=good")
	d.poll(20*24*60, "room-camera=good", "speaker=good")
	require.Equal(t, "closed", d.state(RoomCamera))
	d.poll(5, "room-camera=bad", "speaker=good")
	require.Len(t, d.Incidents, 2, "after it was closed too")
	require.Equal(t, 6, d.Incidents[0].Openings)
}

func TestDeriveChangesNothingWithoutNews(t *testing.T) {
	d := newDevice("teamsRoom")
	readings := []string{"offline=good", "room-camera=bad", "speaker=good", "app-version=unknown"}
	for range 3 {
		d.poll(5, readings...)
	}
	before, events, spans := d.DeviceBefore, len(d.events), len(d.spans)
	before.LastPoll = time.Time{}
	d.poll(5, readings...)
	d.LastPoll = time.Time{}
	require.Equal(t, before, d.DeviceBefore)
	require.Len(t, d.events, events)
	require.Len(t, d.spans, spans)
}

func TestMomentsAreMicrosoftsWhereTheyCanBeTrue(t *testing.T) {
	for name, tc := range map[string]struct {
		reported time.Duration // before the second poll, which is 10 minutes after the first
		want     time.Duration
	}{
		"between the polls":              {3 * time.Minute, 3 * time.Minute},
		"in the future":                  {-time.Hour, 0},
		"before a poll that saw it good": {30 * time.Minute, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDevice("teamsRoom")
			d.poll(0, "room-camera=good")
			now := d.now.Add(10 * time.Minute)
			d.take(Derive(d.DeviceBefore, []Reading{{Signal: RoomCamera, State: "bad", At: now.Add(-tc.reported)}}, now))
			require.Equal(t, now.Add(-tc.want), d.Incidents[0].OpenedAt)
			require.Equal(t, "watching", d.Incidents[0].State)
		})
	}
	// The very first reading may be of something old: then it is active at once.
	d := newDevice("teamsRoom")
	d.take(Derive(d.DeviceBefore, []Reading{{Signal: RoomCamera, State: "bad", At: t0.Add(-48 * time.Hour)}}, t0))
	require.Equal(t, "active", d.state(RoomCamera))
	require.Equal(t, t0.Add(-48*time.Hour), d.Incidents[0].OpenedAt)
	require.Equal(t, t0, d.Incidents[0].ActivatedAt)
}

func TestSpansDrawWhatWasNotGood(t *testing.T) {
	d := newDevice("teamsRoom")
	d.poll(0, "room-camera=good")
	d.poll(5, "room-camera=bad")
	d.poll(5, "room-camera=bad")
	d.poll(5, "room-camera=unknown")
	d.poll(5, "room-camera=good")
	require.Equal(t, []string{"room-camera bad", "room-camera unknown", "room-camera good"}, d.spans)
}

func TestSeverityFollowsTheKindOfDevice(t *testing.T) {
	d := newDevice("teamsRoom")
	d.poll(0, "offline=good")
	d.poll(5, "offline=bad")
	d.poll(5, "offline=bad")
	require.Equal(t, Important, d.Incidents[0].Severity)
	d.Kind = "collaborationBar"
	d.poll(5, "offline=bad")
	require.Equal(t, Critical, d.Incidents[0].Severity)
	require.Contains(t, d.events, "offline severity important>critical")
}

func TestMissing(t *testing.T) {
	d := newDevice("teamsRoom")
	d.poll(0, "no-telemetry=good", "room-camera=good", "speaker=bad")
	d.poll(5, "no-telemetry=good", "room-camera=good", "speaker=bad")
	require.Equal(t, "active", d.state(Speaker))
	since := d.now.Add(5 * time.Minute)
	miss := func(misses int, at time.Time) {
		d.now = at
		d.take(Missing(d.DeviceBefore, misses, since, at))
	}
	miss(1, since)
	require.Empty(t, d.state(NoTelemetry), "one list may leave it out by chance")
	miss(2, since.Add(5*time.Minute))
	require.Equal(t, "watching", d.state(NoTelemetry))
	require.Equal(t, "active", d.state(Speaker), "unknown closes nothing")
	camera, _ := find(d.Signals, RoomCamera)
	require.Equal(t, "unknown", camera.State)
	require.Equal(t, "good", camera.Value, "the last known value stays")
	miss(2, since.Add(61*time.Minute))
	require.Equal(t, "active", d.state(NoTelemetry))
	miss(2, since.Add(7*24*time.Hour-time.Minute))
	require.Equal(t, "active", d.state(Speaker))
	miss(2, since.Add(7*24*time.Hour))
	require.Equal(t, "closed", d.state(Speaker))
	require.Equal(t, "closed", d.state(NoTelemetry))
	require.Empty(t, d.Signals, "it no longer counts for the room")
	require.Contains(t, d.events, "speaker closed device-gone")
	events := len(d.events)
	miss(2, since.Add(8*24*time.Hour))
	require.Len(t, d.events, events, "once is enough")
}

func TestWantsReading(t *testing.T) {
	for name, tc := range map[string]struct {
		device store.KnownDevice
		want   bool
	}{
		"never read":      {store.KnownDevice{}, true},
		"all good":        {store.KnownDevice{Read: true}, false},
		"something bad":   {store.KnownDevice{Read: true, Bad: true}, true},
		"resolved lately": {store.KnownDevice{Read: true, Resolved: t0.Add(-6 * 24 * time.Hour)}, false},
		"about to close":  {store.KnownDevice{Read: true, Resolved: t0.Add(-7 * 24 * time.Hour)}, true},
	} {
		require.Equal(t, tc.want, WantsReading(tc.device, t0), name)
	}
}
