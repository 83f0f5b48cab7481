package incidents

import (
	"strconv"
	"time"

	"roomward/app/api"
	"roomward/store"
)

// Incident is a signal gone bad: one per device and signal, reused when it comes back.
type Incident struct {
	ID           string         `json:"id"`
	Number       string         `json:"number" doc:"What people call it; q finds it." example:"7B7365-EPDOLF"`
	Signal       string         `json:"signal" doc:"Id of the signal." example:"room-camera"`
	Category     string         `json:"category" enum:"account,connectivity,display,hardware,software"`
	Severity     string         `json:"severity" enum:"critical,important,warning,recommended"`
	State        string         `json:"state" enum:"watching,active,investigating,resolved,closed"`
	Value        string         `json:"value" doc:"What was read when the signal was bad; empty where Microsoft says no more."`
	CustomerID   string         `json:"customerId"`
	CustomerName string         `json:"customerName"`
	RoomID       string         `json:"roomId"`
	RoomName     string         `json:"roomName"`
	Country      string         `json:"country"`
	City         string         `json:"city"`
	Building     string         `json:"building"`
	DeviceID     string         `json:"deviceId"`
	Device       IncidentDevice `json:"device"`
	OpenedAt     time.Time      `json:"openedAt" doc:"When the signal went bad; of the latest opening."`
	ActivatedAt  *time.Time     `json:"activatedAt,omitempty" doc:"When the watching period was over."`
	ResolvedAt   *time.Time     `json:"resolvedAt,omitempty" doc:"When the signal was well again."`
	ClosedAt     *time.Time     `json:"closedAt,omitempty" doc:"After seven days without coming back."`
	Openings     int            `json:"openings" doc:"How often it was opened."`
	Days30       []bool         `json:"days30" nullable:"false" minItems:"30" maxItems:"30" doc:"Whether it was open on each of the last 30 days in UTC, oldest first; the last is today."`
	DataAt       *time.Time     `json:"dataAt,omitempty" doc:"The last good collection of this customer's devices."`
}

// IncidentDevice is the device whose signal went bad.
type IncidentDevice struct {
	Kind  string `json:"kind" doc:"The device type in Microsoft's words." example:"teamsRoom"`
	Maker string `json:"maker"`
	Model string `json:"model"`
}

// IncidentDetail is one incident with what stands around it.
type IncidentDetail struct {
	Incident
	AsOf     time.Time       `json:"asOf" doc:"The moment of this answer."`
	SameSite IncidentSite    `json:"sameSite"`
	Latest   []IncidentEvent `json:"latest" nullable:"false" doc:"The latest five events, newest first; history has all."`
}

// IncidentSite answers "only this room, or all?": rooms and other open incidents of the same building of the same customer, as far as you see
// them. Where the building is not known there are none.
type IncidentSite struct {
	Rooms          int        `json:"rooms" doc:"Needs rooms.view."`
	UnhealthyRooms int        `json:"unhealthyRooms" doc:"Of those, the unhealthy and offline ones."`
	OpenIncidents  int        `json:"openIncidents" doc:"Other open incidents, counted up to 1,000."`
	Incidents      []Incident `json:"incidents" nullable:"false" doc:"The first 20 of those, worst first."`
}

// IncidentEvent is something that happened to an incident.
type IncidentEvent struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Kind   string    `json:"kind" enum:"opened,activated,resolved,reactivated,closed,severity"`
	Detail string    `json:"detail"`
	By     string    `json:"by" doc:"Who did it; empty for Roomward itself."`
}

// IncidentCounts are the visible incidents: by state with all filters but that of states, by severity with all but that of severities.
type IncidentCounts struct {
	Open       int                `json:"open" doc:"Watching, active and investigating."`
	States     IncidentStates     `json:"states"`
	Severities IncidentSeverities `json:"severities"`
}

// IncidentStates are numbers of incidents by state.
type IncidentStates struct {
	Watching      int `json:"watching"`
	Active        int `json:"active"`
	Investigating int `json:"investigating"`
	Resolved      int `json:"resolved"`
	Closed        int `json:"closed"`
}

// IncidentSeverities are numbers of incidents by severity.
type IncidentSeverities struct {
	Critical    int `json:"critical"`
	Important   int `json:"important"`
	Warning     int `json:"warning"`
	Recommended int `json:"recommended"`
}

// IncidentFacets are the values that occur among the visible incidents, most frequent first, at most 200 of each; each list has all filters
// applied but its own.
type IncidentFacets struct {
	Customers  []store.Facet `json:"customers" nullable:"false"`
	Countries  []store.Facet `json:"countries" nullable:"false"`
	Cities     []store.Facet `json:"cities" nullable:"false"`
	Buildings  []store.Facet `json:"buildings" nullable:"false"`
	Categories []store.Facet `json:"categories" nullable:"false"`
	Signals    []store.Facet `json:"signals" nullable:"false"`
}

func incidentOf(i store.Incident) Incident {
	return Incident{ID: i.ID.String(), Number: i.Number(), Signal: i.Signal, Category: i.Category, Severity: i.Severity, State: i.State, Value: i.Value,
		CustomerID: i.Customer.String(), CustomerName: i.CustomerName, RoomID: i.Room.String(), RoomName: i.RoomName,
		Country: i.Country, City: i.City, Building: i.Building, DeviceID: i.Device.String(),
		Device:   IncidentDevice{i.DeviceKind, i.DeviceMaker, i.DeviceModel},
		OpenedAt: i.OpenedAt, ActivatedAt: api.TimeOrNil(i.ActivatedAt), ResolvedAt: api.TimeOrNil(i.ResolvedAt), ClosedAt: api.TimeOrNil(i.ClosedAt),
		Openings: i.Openings, Days30: i.Days[:], DataAt: api.TimeOrNil(i.DataAt)}
}

func incidentsOf(list []store.Incident) []Incident {
	out := make([]Incident, 0, len(list))
	for _, i := range list {
		out = append(out, incidentOf(i))
	}
	return out
}

func detailOf(d store.IncidentDetail, now time.Time) IncidentDetail {
	return IncidentDetail{Incident: incidentOf(d.Incident), AsOf: now, Latest: eventsOf(d.Events),
		SameSite: IncidentSite{Rooms: d.Site.Rooms, UnhealthyRooms: d.Site.Unhealthy, OpenIncidents: d.Site.Open, Incidents: incidentsOf(d.Site.Worst)}}
}

func eventOf(e store.IncidentEvent) IncidentEvent {
	return IncidentEvent{ID: strconv.FormatInt(e.ID, 10), At: e.At, Kind: e.Kind, Detail: e.Detail, By: e.By}
}

func eventsOf(list []store.IncidentEvent) []IncidentEvent {
	out := make([]IncidentEvent, 0, len(list))
	for _, e := range list {
		out = append(out, eventOf(e))
	}
	return out
}
