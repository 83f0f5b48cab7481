package rooms

import (
	"time"

	"roomward/app/api"
	"roomward/store"
)

// Room is a granted room. Its health and the counts that decide about it come from rooms.view; openIncidents from tickets.view.
type Room struct {
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	CustomerID    string        `json:"customerId"`
	CustomerName  string        `json:"customerName"`
	Health        string        `json:"health" enum:"unhealthy,offline,unmonitored,suppressed,onboarding,healthy"`
	Incidents     RoomIncidents `json:"incidents" doc:"Active incidents by severity, as the room's health counts them."`
	OpenIncidents int           `json:"openIncidents" doc:"Open incidents that you may read; 0 without tickets.view in this room."`
	Country       string        `json:"country" doc:"As Microsoft reports it; empty where unknown, as are all facts of place."`
	City          string        `json:"city"`
	Building      string        `json:"building"`
	Floor         string        `json:"floor"`
	Label         string        `json:"label"`
	Capacity      int           `json:"capacity" doc:"Seats; 0 where unknown."`
	Email         string        `json:"email" doc:"Address of the room's resource account."`
	Maker         string        `json:"maker"`
	Model         string        `json:"model"`
	LastSeenAt    *time.Time    `json:"lastSeenAt,omitempty" doc:"The last good moment of a room that is offline or unmonitored."`
	DataAt        *time.Time    `json:"dataAt,omitempty" doc:"The last good collection of this customer's devices; absent before the first."`
	Presence      *RoomPresence `json:"presence,omitempty" doc:"What Teams says of the room's account, while its devices cannot be read: then the room is unmonitored, and this is no health."`
}

// RoomPresence is what Teams says of a room's account. It tells of the account, not of the device.
type RoomPresence struct {
	State string    `json:"state" enum:"reachable,in-call,offline,unknown" doc:"reachable: something is signed in with the account. unknown: Teams does not say."`
	Since time.Time `json:"since" doc:"Since when it was found so."`
	AsOf  time.Time `json:"asOf" doc:"When it was asked last."`
}

// RoomIncidents are active incidents by severity.
type RoomIncidents struct {
	Critical  int `json:"critical"`
	Important int `json:"important"`
	Warning   int `json:"warning"`
}

// RoomDetail is one room with what only its details show.
type RoomDetail struct {
	Room
	Devices      int       `json:"devices" doc:"How many devices are known."`
	WatchedSince time.Time `json:"watchedSince" doc:"When Roomward first collected the room."`
	Groups       []InGroup `json:"groups,omitzero" required:"false" nullable:"false" doc:"The room groups that it is in; absent without groups.view in this room."`
	Acting       Acting    `json:"acting"`
}

// InGroup is a room group that a room is in.
type InGroup struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// RoomCounts are the visible rooms by health, with all filters but that of health.
type RoomCounts struct {
	Total       int `json:"total"`
	Unhealthy   int `json:"unhealthy"`
	Offline     int `json:"offline"`
	Unmonitored int `json:"unmonitored"`
	Suppressed  int `json:"suppressed"`
	Onboarding  int `json:"onboarding"`
	Healthy     int `json:"healthy"`
}

// RoomFacets are the values that occur among the visible rooms, most frequent first, at most 200 of each; each list has all filters applied but
// its own.
type RoomFacets struct {
	Customers []store.Facet `json:"customers" nullable:"false"`
	Countries []store.Facet `json:"countries" nullable:"false"`
	Cities    []store.Facet `json:"cities" nullable:"false"`
	Buildings []store.Facet `json:"buildings" nullable:"false"`
	Makers    []store.Facet `json:"makers" nullable:"false"`
	Models    []store.Facet `json:"models" nullable:"false"`
	Groups    []store.Facet `json:"groups" nullable:"false" doc:"Room groups, only with the filter customer and where you hold groups.view."`
}

// RoomDevices are the devices of a room, all in one answer.
type RoomDevices struct {
	Items     []RoomDevice    `json:"items" nullable:"false"`
	Managed   []ManagedDevice `json:"managed" nullable:"false" doc:"What Intune says of the room's devices, while they cannot be read themselves; empty else."`
	ManagedAt *time.Time      `json:"managedAt,omitempty" doc:"When Intune was asked last."`
}

// ManagedDevice is a device of the room as Intune knows it. Facts that it does not report are empty.
type ManagedDevice struct {
	Name       string     `json:"name"`
	Maker      string     `json:"maker"`
	Model      string     `json:"model"`
	Serial     string     `json:"serial"`
	OS         string     `json:"os" example:"Windows"`
	OSVersion  string     `json:"osVersion"`
	Compliance string     `json:"compliance" enum:"unknown,compliant,noncompliant,conflict,error,inGracePeriod,configManager" doc:"By the customer's own policies."`
	LastSyncAt *time.Time `json:"lastSyncAt,omitempty" doc:"When it spoke to Intune last."`
	FoundBy    string     `json:"foundBy" enum:"account,serial" doc:"It is enrolled for the room's account, or has the number of a known device."`
}

// RoomDevice is a device of a room. Facts that Microsoft does not report are empty.
type RoomDevice struct {
	ID         string    `json:"id"`
	Kind       string    `json:"kind" doc:"The device type in Microsoft's words." example:"teamsRoom"`
	Maker      string    `json:"maker"`
	Model      string    `json:"model"`
	Serial     string    `json:"serial"`
	AssetTag   string    `json:"assetTag"`
	Health     string    `json:"health" doc:"The health status in Microsoft's words." example:"nonUrgent"`
	Activity   string    `json:"activity" doc:"The activity state in Microsoft's words." example:"idle"`
	AppVersion string    `json:"appVersion" doc:"Version of the Teams client."`
	OSVersion  string    `json:"osVersion"`
	Firmware   string    `json:"firmware"`
	ChangedAt  time.Time `json:"changedAt" doc:"When something of this changed last."`
}

// RoomSignals are the signals of a room, worst first, all in one answer.
type RoomSignals struct {
	Health      string       `json:"health" enum:"unhealthy,offline,unmonitored,suppressed,onboarding,healthy"`
	LastKnownAt *time.Time   `json:"lastKnownAt,omitempty" doc:"Of when the states are, where the room is offline or unmonitored: the last known ones stay."`
	From        time.Time    `json:"from" doc:"Where the lanes begin, seven days before to. Spans may have begun earlier."`
	To          time.Time    `json:"to" doc:"Where the lanes end: now."`
	Items       []RoomSignal `json:"items" nullable:"false"`
}

// RoomSignal is one monitored property of a device of the room.
type RoomSignal struct {
	DeviceID      string     `json:"deviceId"`
	DeviceKind    string     `json:"deviceKind"`
	Signal        string     `json:"signal" doc:"Id of the signal." example:"room-camera"`
	State         string     `json:"state" enum:"good,bad,unknown"`
	Severity      string     `json:"severity" enum:"critical,important,warning,recommended" doc:"How bad it is when it is bad."`
	Value         string     `json:"value" doc:"As last read; it stays while the state is unknown."`
	Since         time.Time  `json:"since" doc:"Since when the state lasts."`
	IncidentID    string     `json:"incidentId,omitempty" doc:"The incident that is not closed, if you may read it."`
	IncidentState string     `json:"incidentState,omitempty" enum:"watching,active,investigating,resolved"`
	Spans         []RoomSpan `json:"spans" nullable:"false" doc:"The times of the last seven days in which it was not good, oldest first."`
}

// RoomSpan is a time in which a signal was not good.
type RoomSpan struct {
	State    string     `json:"state" enum:"bad,unknown"`
	Severity string     `json:"severity" enum:"critical,important,warning,recommended"`
	From     time.Time  `json:"from"`
	Until    *time.Time `json:"until,omitempty" doc:"Absent while it lasts."`
}

func roomOf(r store.Room) Room {
	out := Room{ID: r.ID.String(), Name: r.Name, CustomerID: r.Customer.String(), CustomerName: r.CustomerName, Health: r.Health,
		Incidents: RoomIncidents{r.Critical, r.Important, r.Warning}, OpenIncidents: r.OpenIncidents,
		Country: r.Country, City: r.City, Building: r.Building, Floor: r.Floor, Label: r.Label, Capacity: r.Capacity, Email: r.Email,
		Maker: r.Maker, Model: r.Model, LastSeenAt: api.TimeOrNil(r.LastSeenAt), DataAt: api.TimeOrNil(r.DataAt)}
	if r.Presence != "" {
		out.Presence = &RoomPresence{State: r.Presence, Since: r.PresenceSince, AsOf: r.PresenceAt}
	}
	return out
}

func detailOf(d store.RoomDetail) RoomDetail {
	out := RoomDetail{Room: roomOf(d.Room), Devices: d.Devices, WatchedSince: d.CreatedAt}
	if d.Groups != nil {
		out.Groups = []InGroup{}
	}
	for _, g := range d.Groups {
		out.Groups = append(out.Groups, InGroup{g.ID.String(), g.Name})
	}
	return out
}

func deviceOf(d store.Device) RoomDevice {
	return RoomDevice{ID: d.ID.String(), Kind: d.Kind, Maker: d.Maker, Model: d.Model, Serial: d.Serial, AssetTag: d.AssetTag,
		Health: d.Health, Activity: d.Activity, AppVersion: d.AppVersion, OSVersion: d.OSVersion, Firmware: d.Firmware, ChangedAt: d.UpdatedAt}
}

func signalOf(s store.RoomSignal) RoomSignal {
	out := RoomSignal{DeviceID: s.Device.String(), DeviceKind: s.DeviceKind, Signal: s.Signal, State: s.State, Severity: s.Severity,
		Value: s.Value, Since: s.Since, IncidentID: s.Incident.String(), IncidentState: s.IncidentState, Spans: []RoomSpan{}}
	for _, p := range s.Spans {
		out.Spans = append(out.Spans, RoomSpan{State: p.State, Severity: p.Severity, From: p.From, Until: api.TimeOrNil(p.Until)})
	}
	return out
}
