package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/graph"
	"roomward/store"
)

func part(state graph.State) graph.Part { return graph.Part{Present: true, State: state} }

func soft(freshness graph.Freshness) graph.Software {
	return graph.Software{Present: true, Freshness: freshness, Current: "1.0", Available: "2.0"}
}

// well is a device in good health that reports everything.
func well() (graph.Device, graph.Health) {
	ok := part(graph.Connected)
	h := graph.Health{Connection: ok, RoomCamera: ok, ContentCamera: ok, Speaker: ok, CommunicationSpeaker: ok, Microphone: ok,
		Displays: []graph.Part{ok, ok}, Compute: ok, HDMI: ok, TeamsClient: soft(graph.Latest), OperatingSystem: soft(graph.Latest),
		Firmware: soft(graph.Latest), AdminAgent: soft(graph.Latest)}
	h.Logins.Teams, h.Logins.Exchange, h.Logins.Skype = ok, ok, ok
	return graph.Device{ID: "d-1", Type: graph.TeamsRoom, HealthStatus: graph.Healthy}, h
}

// The table of graph.md 3: one source field gone bad is one bad signal, and no other.
func TestEachFieldIsOneSignal(t *testing.T) {
	away := part(graph.Disconnected)
	for signal, spoil := range map[string]func(*graph.Device, *graph.Health){
		SignInTeams:          func(_ *graph.Device, h *graph.Health) { h.Logins.Teams = away },
		SignInExchange:       func(_ *graph.Device, h *graph.Health) { h.Logins.Exchange = away },
		RoomCamera:           func(_ *graph.Device, h *graph.Health) { h.RoomCamera = away },
		ContentCamera:        func(_ *graph.Device, h *graph.Health) { h.ContentCamera = away },
		Speaker:              func(_ *graph.Device, h *graph.Health) { h.Speaker = away },
		CommunicationSpeaker: func(_ *graph.Device, h *graph.Health) { h.CommunicationSpeaker = away },
		Microphone:           func(_ *graph.Device, h *graph.Health) { h.Microphone = away },
		"display-0":          func(_ *graph.Device, h *graph.Health) { h.Displays[0] = away },
		"display-1":          func(_ *graph.Device, h *graph.Health) { h.Displays[1] = away },
		HDMIIngest:           func(_ *graph.Device, h *graph.Health) { h.HDMI = away },
		Compute:              func(_ *graph.Device, h *graph.Health) { h.Compute = away },
		AppVersion:           func(_ *graph.Device, h *graph.Health) { h.TeamsClient = soft(graph.UpdateAvailable) },
		OSVersion:            func(_ *graph.Device, h *graph.Health) { h.OperatingSystem = soft(graph.UpdateAvailable) },
		Firmware:             func(_ *graph.Device, h *graph.Health) { h.Firmware = soft(graph.UpdateAvailable) },
		AgentVersion:         func(_ *graph.Device, h *graph.Health) { h.PartnerAgent = soft(graph.UpdateAvailable) },
		HealthCritical:       func(d *graph.Device, _ *graph.Health) { d.HealthStatus = graph.Critical },
		HealthNonUrgent:      func(d *graph.Device, _ *graph.Health) { d.HealthStatus = graph.NonUrgent },
		Offline:              func(_ *graph.Device, h *graph.Health) { h.Connection = away },
		"":                   func(*graph.Device, *graph.Health) {},
	} {
		t.Run("bad "+signal, func(t *testing.T) {
			device, health := well()
			spoil(&device, &health)
			bad := ""
			for _, r := range Readings(device, health) {
				if r.State == "bad" {
					bad += r.Signal
				}
			}
			require.Equal(t, signal, bad)
		})
	}
}

func TestReadingsOfSpecialDevices(t *testing.T) {
	state := func(device graph.Device, h graph.Health, signal string) string {
		for _, r := range Readings(device, h) {
			if r.Signal == signal {
				return r.State
			}
		}
		return "none"
	}
	t.Run("an optional part that is away is no fault, and explains a non-urgent device", func(t *testing.T) {
		device, h := well()
		h.ContentCamera = graph.Part{Present: true, Optional: true, State: graph.Disconnected}
		device.HealthStatus = graph.NonUrgent
		require.Equal(t, "good", state(device, h, ContentCamera))
		require.Equal(t, "good", state(device, h, HealthNonUrgent))
	})
	t.Run("a named cause needs no generic signal", func(t *testing.T) {
		device, h := well()
		h.RoomCamera, device.HealthStatus = part(graph.Disconnected), graph.Critical
		require.Equal(t, "bad", state(device, h, RoomCamera))
		require.Equal(t, "good", state(device, h, HealthCritical))
	})
	t.Run("offline: everything else is old news", func(t *testing.T) {
		device, h := well()
		h.Connection, h.RoomCamera = part(graph.Disconnected), part(graph.Disconnected)
		require.Equal(t, "bad", state(device, h, Offline))
		require.Equal(t, "good", state(device, h, NoTelemetry))
		require.Equal(t, "none", state(device, h, RoomCamera), "not read, so unknown")
	})
	t.Run("offline by the list only", func(t *testing.T) {
		device, h := well()
		device.HealthStatus, h.Connection = graph.Offline, graph.Part{}
		require.Equal(t, "bad", state(device, h, Offline))
	})
	t.Run("the health was read after the list", func(t *testing.T) {
		device, h := well()
		device.HealthStatus = graph.Offline
		require.Equal(t, "good", state(device, h, Offline))
	})
	t.Run("nothing is heard", func(t *testing.T) {
		device := graph.Device{HealthStatus: graph.HealthUnknown}
		h := graph.Health{Connection: part(graph.StateUnknown), TeamsClient: soft(graph.UpdateAvailable)}
		require.Equal(t, "bad", state(device, h, NoTelemetry))
		require.Equal(t, "unknown", state(device, h, Offline))
		require.Equal(t, "none", state(device, h, AppVersion))
	})
	t.Run("a part that is not reported has no signal", func(t *testing.T) {
		device, h := well()
		h.Microphone = graph.Part{}
		require.Equal(t, "none", state(device, h, Microphone))
	})
}

func TestCatalogueFollowsTheVendor(t *testing.T) {
	for _, tc := range []struct {
		signal, kind, severity string
		watch                  time.Duration
	}{
		{SignInTeams, "teamsRoom", Critical, 30 * time.Minute},
		{SignInExchange, "teamsRoom", Critical, 30 * time.Minute},
		{RoomCamera, "teamsRoom", Important, 5 * time.Minute},
		{ContentCamera, "teamsRoom", Important, 5 * time.Minute},
		{HDMIIngest, "teamsRoom", Important, 10 * time.Minute},
		{Microphone, "surfaceHub", Important, 5 * time.Minute},
		{"display-0", "teamsRoom", Important, 5 * time.Minute},
		{"display-1", "collaborationBar", Warning, 20 * time.Minute},
		{"display-7", "collaborationBar", Warning, 20 * time.Minute},
		{AppVersion, "teamsRoom", Warning, 0},
		{OSVersion, "teamsRoom", Warning, 0},
		{Offline, "teamsRoom", Important, time.Minute},
		{Offline, "collaborationBar", Critical, 10 * time.Minute},
		{SignInTeams, "touchConsole", Important, 30 * time.Minute},
		{Offline, "teamsPanel", Warning, 10 * time.Minute},
		{SignInTeams, "teamsPanel", Warning, 30 * time.Minute},
		{"of-an-older-version", "teamsRoom", Warning, 0},
	} {
		s := SignalOf(tc.signal, tc.kind)
		require.Equal(t, tc.severity, s.Severity, "%s on %s", tc.signal, tc.kind)
		require.Equal(t, tc.watch, s.Watch, "%s on %s", tc.signal, tc.kind)
		require.NotEmpty(t, s.Category)
		require.NotEmpty(t, s.Text)
	}
	seen := map[string]bool{}
	for _, r := range ratings() {
		require.False(t, seen[r.id], r.id)
		seen[r.id] = true
	}
	require.Len(t, seen, 19)
}

func roomDevice(kind string, signals map[string]string, incidents ...store.IncidentState) store.RoomDevice {
	d := store.RoomDevice{Kind: kind, Maker: "Maker of " + kind, Model: "Model of " + kind, Incidents: incidents}
	for _, id := range signalsOf(store.DeviceBefore{}, func() (list []Reading) {
		for id := range signals {
			list = append(list, Reading{Signal: id})
		}
		return list
	}()) {
		d.Signals = append(d.Signals, store.SignalState{Signal: id, State: signals[id], Since: t0})
	}
	return d
}

func active(signal, severity string) store.IncidentState {
	return store.IncidentState{Signal: signal, Severity: severity, State: "active", OpenedAt: t0}
}

func TestHealthOfARoom(t *testing.T) {
	good := map[string]string{NoTelemetry: "good", Offline: "good", RoomCamera: "good"}
	bad := map[string]string{NoTelemetry: "good", Offline: "good", RoomCamera: "bad"}
	off := map[string]string{NoTelemetry: "good", Offline: "bad", RoomCamera: "unknown"}
	silent := map[string]string{NoTelemetry: "bad", Offline: "unknown"}
	missing := roomDevice("teamsRoom", good)
	missing.Misses, missing.MissingSince = 2, t0.Add(time.Minute)
	for name, tc := range map[string]struct {
		devices []store.RoomDevice
		blind   bool
		before  string
		seen    time.Time
		want    string
		rank    int
	}{
		"no device yet":              {want: "onboarding", rank: 50},
		"a device that was not read": {devices: []store.RoomDevice{{Kind: "teamsRoom"}}, want: "onboarding", rank: 50},
		"well":                       {devices: []store.RoomDevice{roomDevice("teamsRoom", good)}, want: "healthy", rank: 60},
		"important":                  {devices: []store.RoomDevice{roomDevice("teamsRoom", bad, active(RoomCamera, Important))}, want: "unhealthy", rank: 15},
		"critical":                   {devices: []store.RoomDevice{roomDevice("teamsRoom", bad, active(RoomCamera, Critical))}, want: "unhealthy", rank: 10},
		"a warning decorates only":   {devices: []store.RoomDevice{roomDevice("teamsRoom", bad, active(RoomCamera, Warning))}, want: "healthy", rank: 60},
		"watching does not count": {devices: []store.RoomDevice{roomDevice("teamsRoom", bad, store.IncidentState{Signal: RoomCamera, Severity: Critical, State: "watching"})},
			want: "healthy", rank: 60},
		"offline": {devices: []store.RoomDevice{roomDevice("teamsRoom", off, active(Offline, Important))}, want: "offline", rank: 20, seen: t0},
		"offline wins over what was known": {devices: []store.RoomDevice{roomDevice("teamsRoom", off, active(Offline, Important), active(RoomCamera, Critical))},
			want: "offline", rank: 20, seen: t0},
		"silent":  {devices: []store.RoomDevice{roomDevice("teamsRoom", silent)}, want: "unmonitored", rank: 30, seen: t0},
		"missing": {devices: []store.RoomDevice{missing}, want: "unmonitored", rank: 30, seen: t0.Add(time.Minute)},
		"a panel alone does not take the room down": {devices: []store.RoomDevice{roomDevice("teamsRoom", good), roomDevice("teamsPanel", off, active(Offline, Warning))},
			want: "healthy", rank: 60},
		"one of two bars is offline": {devices: []store.RoomDevice{roomDevice("collaborationBar", good), roomDevice("collaborationBar", off, active(Offline, Critical))},
			want: "unhealthy", rank: 10},
		"nothing can be read at all": {devices: []store.RoomDevice{roomDevice("teamsRoom", good)}, blind: true, want: "unmonitored", rank: 30, seen: t0.Add(-time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			after := RoomHealth(store.RoomBefore{Health: tc.before, LastPoll: t0.Add(-time.Minute), Blind: tc.blind, Devices: tc.devices})
			require.Equal(t, tc.want, after.Health)
			require.Equal(t, tc.rank, after.Rank)
			require.Equal(t, tc.seen, after.LastSeen)
		})
	}
}

func TestRoomShowsTheDeviceThatRunsItsMeetings(t *testing.T) {
	good := map[string]string{NoTelemetry: "good"}
	after := RoomHealth(store.RoomBefore{Devices: []store.RoomDevice{roomDevice("teamsPanel", good), roomDevice("collaborationBar", good)}})
	require.Equal(t, "Model of collaborationBar", after.Model)
	after = RoomHealth(store.RoomBefore{Devices: []store.RoomDevice{roomDevice("teamsPanel", good)}})
	require.Equal(t, "Model of teamsPanel", after.Model)
}
