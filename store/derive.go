package store

import "time"

// The types in which stored facts go to the rules of app/incidents and come back. The rules are pure functions; the store runs them on the
// rows that it reads inside its transaction, so that what is written follows from what is stored, whatever happened since the fetch.

// SignalState is what is known of one signal of a device.
type SignalState struct {
	Signal   string
	State    string // "good", "bad", "unknown"
	Severity string
	Value    string // as last read; it stays while the state is unknown
	Polls    int    // bad polls in a row, counted up to 2
	Since    time.Time
}

// IncidentState is the incident of one signal of a device.
type IncidentState struct {
	Signal      string
	Category    string
	Severity    string
	State       string // "watching", "active", "investigating", "resolved", "closed"
	Value       string
	OpenedAt    time.Time
	ActivatedAt time.Time // of the last time it was active; zero when it never was
	ResolvedAt  time.Time
	ClosedAt    time.Time
	Openings    int
}

// Open tells whether the incident is in one of the states watching, active and investigating.
func (i IncidentState) Open() bool { return i.Active() || i.State == "watching" }

// Active tells whether the incident counts for the health of its room.
func (i IncidentState) Active() bool { return i.State == "active" || i.State == "investigating" }

// DeviceBefore is what is stored of a device before a run; of a new one only the kind and the graph id.
type DeviceBefore struct {
	GraphID   string
	Kind      string
	LastPoll  time.Time       // when the last complete run began; zero before the first
	Signals   []SignalState   // by Signal
	Incidents []IncidentState // by Signal
}

// DeviceAfter is what follows for a device from a run. Signals and Incidents are complete; the rest are additions.
type DeviceAfter struct {
	Signals   []SignalState
	Incidents []IncidentState
	Spans     []SpanChange
	Openings  []OpeningChange
	Events    []EventAdded
}

// SpanChange ends the running span of a signal, if there is one, and begins the next unless State is "good".
type SpanChange struct {
	Signal   string
	State    string
	Severity string
	At       time.Time
}

// OpeningChange begins an opening of an incident, or ends the running one when ResolvedAt is set.
type OpeningChange struct {
	Signal     string
	OpenedAt   time.Time
	ResolvedAt time.Time
}

// EventAdded is one line of an incident's history.
type EventAdded struct {
	Signal string
	At     time.Time
	Kind   string // "opened", "activated", "resolved", "reactivated", "closed", "severity"
	Detail string
}

// RoomBefore is what decides about the health of a room.
type RoomBefore struct {
	Health   string // as stored
	LastSeen time.Time
	LastPoll time.Time
	Blind    bool // the devices of the customer cannot be read at all
	Devices  []RoomDevice
}

// RoomDevice is a device of a room after a run.
type RoomDevice struct {
	Kind         string
	Maker        string
	Model        string
	Misses       int // complete runs in a row that did not list it, counted up to 2
	MissingSince time.Time
	Signals      []SignalState
	Incidents    []IncidentState
}

// RoomAfter is the health of a room.
type RoomAfter struct {
	Health    string
	Rank      int
	Critical  int // active incidents by severity
	Important int
	Warning   int
	LastSeen  time.Time // last good moment of a room that is offline or unmonitored; zero while it is fine
	Maker     string
	Model     string
}

// DeviceRules are the pure functions of app/incidents. They must not change what they are given.
type DeviceRules struct {
	// Device is asked for every device whose health was read in this run.
	Device func(before DeviceBefore, now time.Time) DeviceAfter
	// Missing is asked for every stored device that a complete list leaves out; misses counts the runs in a row, up to 2.
	Missing func(before DeviceBefore, misses int, since, now time.Time) DeviceAfter
	// Room is asked for every room that is not hidden and may have changed.
	Room func(RoomBefore) RoomAfter
}
