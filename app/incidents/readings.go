package incidents

import (
	"strconv"

	"roomward/app/graph"
)

// Readings turns one device of the list and its health into readings of signals (graph.md 3).
//
// A peripheral that Microsoft calls optional is good even when it is away. While the device is offline, or nothing at all is heard of it, only that
// is a reading: everything else it reports is old news, and so unknown. When Microsoft calls a device critical or non-urgent and no detail
// says why, a generic signal is bad.
func Readings(device graph.Device, h graph.Health) []Reading {
	if silent(device, h) {
		return []Reading{{Signal: NoTelemetry, State: "bad", Value: "silent", At: h.Modified}, {Signal: Offline, State: "unknown"}}
	}
	heard := Reading{Signal: NoTelemetry, State: "good", Value: "heard"}
	if isOffline(device, h) {
		return []Reading{heard, {Signal: Offline, State: "bad", Value: "disconnected", At: h.Connection.Since}}
	}
	list := []Reading{heard, {Signal: Offline, State: "good", Value: "connected", At: h.Connection.Since}}
	for _, p := range []struct {
		signal string
		part   graph.Part
	}{
		{SignInTeams, h.Logins.Teams}, {SignInExchange, h.Logins.Exchange},
		{RoomCamera, h.RoomCamera}, {ContentCamera, h.ContentCamera},
		{Speaker, h.Speaker}, {CommunicationSpeaker, h.CommunicationSpeaker}, {Microphone, h.Microphone},
		{HDMIIngest, h.HDMI}, {Compute, h.Compute},
	} {
		list = appendPart(list, p.signal, p.part)
	}
	for n, display := range h.Displays {
		list = appendPart(list, DisplayPrefix+strconv.Itoa(n), display)
	}
	faulty := hasBad(list)
	list = appendSoftware(list, AppVersion, h.TeamsClient)
	list = appendSoftware(list, OSVersion, h.OperatingSystem)
	list = appendSoftware(list, Firmware, h.Firmware)
	list = appendSoftware(list, AgentVersion, agent(h))
	return append(list,
		generic(HealthCritical, device.HealthStatus, graph.Critical, faulty),
		generic(HealthNonUrgent, device.HealthStatus, graph.NonUrgent, hasBad(list) || hasAway(list)))
}

// silent tells whether nothing is heard of a device: Microsoft does not know its health, nor whether any part of it is connected.
func silent(device graph.Device, h graph.Health) bool {
	if device.HealthStatus != graph.HealthUnknown {
		return false
	}
	parts := append([]graph.Part{h.Connection, h.Logins.Teams, h.Logins.Exchange, h.RoomCamera, h.ContentCamera, h.Speaker,
		h.CommunicationSpeaker, h.Microphone, h.HDMI, h.Compute}, h.Displays...)
	for _, p := range parts {
		if p.Present && p.State != graph.StateUnknown {
			return false
		}
	}
	return true
}

// isOffline believes the health before the list, because it was read later.
func isOffline(device graph.Device, h graph.Health) bool {
	if h.Connection.Present && h.Connection.State != graph.StateUnknown {
		return h.Connection.State == graph.Disconnected
	}
	return device.HealthStatus == graph.Offline
}

func appendPart(list []Reading, signal string, p graph.Part) []Reading {
	if !p.Present {
		return list
	}
	r := Reading{Signal: signal, State: "unknown", At: p.Since}
	switch {
	case p.State == graph.Connected:
		r.State, r.Value = "good", "connected"
	case p.State == graph.Disconnected && p.Optional:
		r.State, r.Value = "good", "optional"
	case p.State == graph.Disconnected:
		r.State, r.Value = "bad", "disconnected"
	}
	return append(list, r)
}

func appendSoftware(list []Reading, signal string, s graph.Software) []Reading {
	if !s.Present {
		return list
	}
	r := Reading{Signal: signal, State: "unknown"}
	switch s.Freshness {
	case graph.Latest:
		r.State, r.Value = "good", s.Current
	case graph.UpdateAvailable:
		r.State, r.Value = "bad", s.Current
		if s.Available != "" {
			r.Value = s.Current + " < " + s.Available
		}
	}
	return append(list, r)
}

// agent joins the agents that manage a device: the first that is out of date, else the first that reports.
func agent(h graph.Health) graph.Software {
	var first graph.Software
	for _, s := range []graph.Software{h.AdminAgent, h.PartnerAgent, h.CompanyPortal} {
		if s.Present && s.Freshness == graph.UpdateAvailable {
			return s
		}
		if s.Present && (!first.Present || first.Freshness == graph.FreshnessUnknown) {
			first = s
		}
	}
	return first
}

func generic(signal string, reported, which graph.HealthStatus, explained bool) Reading {
	switch {
	case reported == graph.HealthUnknown || reported == graph.Offline:
		return Reading{Signal: signal, State: "unknown"}
	case reported == which && !explained:
		return Reading{Signal: signal, State: "bad", Value: string(reported)}
	}
	return Reading{Signal: signal, State: "good"}
}

// hasAway tells whether an optional peripheral is away: reason enough for Microsoft to call a device non-urgent, and none for us.
func hasAway(list []Reading) bool {
	for _, r := range list {
		if r.Value == "optional" {
			return true
		}
	}
	return false
}

func hasBad(list []Reading) bool {
	for _, r := range list {
		if r.State == "bad" {
			return true
		}
	}
	return false
}
