package store

import (
	"context"
	"time"

	"roomward/policy"
)

// Incident is a signal gone bad, as people see it.
type Incident struct {
	ID           ID
	Customer     ID
	CustomerName string
	Room         ID
	RoomName     string
	Building     string
	City         string
	Country      string
	Device       ID
	DeviceKind   string
	DeviceMaker  string
	DeviceModel  string
	Signal       string
	Category     string
	Severity     string
	SeverityRank int // part of the order by severity
	State        string
	Value        string
	OpenedAt     time.Time
	ActivatedAt  time.Time // zero: never
	ResolvedAt   time.Time // zero: not
	ClosedAt     time.Time // zero: not
	Openings     int
	DataAt       time.Time // the last good collection of this customer's devices; zero before the first
	// Days says of each of the last StripDays days, in UTC and oldest first, whether the incident was open on it. The last is today.
	Days [StripDays]bool
}

// StripDays is the length of an incident's strip of days.
const StripDays = 30

// IncidentEvent is something that happened to an incident.
type IncidentEvent struct {
	ID     int64
	At     time.Time
	Kind   string // opened, activated, resolved, reactivated, closed, severity
	Detail string
	By     string // who did it; "" for Roomward itself
}

// IncidentSort is an order of incidents.
type IncidentSort string

const (
	// IncidentsNewest is by the time of opening, newest first: the default.
	IncidentsNewest IncidentSort = "-opened"
	// IncidentsOldest is oldest first.
	IncidentsOldest IncidentSort = "opened"
	// IncidentsBySeverity is worst first, then oldest first.
	IncidentsBySeverity IncidentSort = "severity"
	// IncidentsBySeverityDown is the other way round.
	IncidentsBySeverityDown IncidentSort = "-severity"
)

// The states of an incident. Open ones are watching, active and investigating.
const (
	IncidentWatching      = "watching"
	IncidentActive        = "active"
	IncidentInvestigating = "investigating"
	IncidentResolved      = "resolved"
	IncidentClosed        = "closed"
)

// IncidentKey says where in an order an incident stands.
type IncidentKey struct {
	Rank   int
	Opened time.Time
	ID     ID
}

// IncidentQuery asks for one page of incidents.
type IncidentQuery struct {
	Filter IncidentFilter
	Sort   IncidentSort // "" is IncidentsNewest
	After  *IncidentKey // the last incident of the page before; nil is the beginning
	Limit  int
	Total  bool // count all that match, in the page's own moment
}

// IncidentList is one page of incidents. Total is set when it was asked for.
type IncidentList struct {
	Incidents []Incident
	More      bool
	Total     int
}

// IncidentCounts count the visible incidents: by state with all filters but that of states, by severity with all but that of severity.
type IncidentCounts struct {
	States     map[string]int
	Severities map[string]int
}

// IncidentFacets are the values that occur among the visible incidents, most frequent first, each list with all filters but its own.
type IncidentFacets struct {
	Customers, Countries, Cities, Buildings, Categories, Signals []Facet
}

// Site is where an incident happened, as far as the reader sees its rooms and incidents: only this room, or all?
type Site struct {
	Rooms     int
	Unhealthy int
	Open      int        // other open incidents, counted up to maxSiteCount
	Worst     []Incident // the first of those, worst first
}

// The bounds of a site's incidents: those that are shown and those that are counted.
const (
	maxSite      = 20
	maxSiteCount = 1_000
)

// IncidentDetail is one incident with what stands around it.
type IncidentDetail struct {
	Incident
	Site   Site            // the same customer, country, city and building; empty where the building is not known
	Events []IncidentEvent // the latest, newest first
}

// latestEvents is how many events stand in the details themselves.
const latestEvents = 5

// Incidents reads one page of the incidents that a view shows.
func (s *Store) Incidents(ctx context.Context, v policy.View, q IncidentQuery) (IncidentList, error) {
	var out IncidentList
	v = q.Filter.narrow(v)
	err := s.readView(ctx, v, func(t *tx) error {
		ids, err := findIncidents(ctx, t, v, q)
		if err != nil {
			return err
		}
		if out.More = len(ids) > pageSize(q.Limit); out.More {
			ids = ids[:pageSize(q.Limit)]
		}
		if out.Incidents, err = incidentsByID(ctx, t, ids); err != nil {
			return err
		}
		if q.Total {
			out.Total, err = countIncidents(ctx, t, v, q.Filter)
		}
		return err
	})
	return out, err
}

// Incident reads one incident. rooms is the view of rooms.view, for the rooms of the same site. ErrNotFound when it is not there or
// not in the view.
func (s *Store) Incident(ctx context.Context, v, rooms policy.View, id ID) (IncidentDetail, error) {
	var out IncidentDetail
	err := s.readViews(ctx, []policy.View{v, rooms}, func(t *tx) error {
		if err := seeIncident(ctx, t, v, id); err != nil {
			return err
		}
		list, err := incidentsByID(ctx, t, []ID{id})
		if err != nil {
			return err
		}
		out.Incident = list[0]
		if out.Site, err = readSite(ctx, t, v, rooms, out.Incident); err != nil {
			return err
		}
		out.Events, err = readEvents(ctx, t, id, nil, latestEvents)
		return err
	})
	return out, err
}

// IncidentHistory reads a page of what happened to an incident, newest first, after an event or from the beginning. ErrNotFound when the
// incident is not there or not in the view.
func (s *Store) IncidentHistory(ctx context.Context, v policy.View, id ID, after *IncidentEvent, limit int) (events []IncidentEvent, more bool, err error) {
	err = s.readView(ctx, v, func(t *tx) error {
		if err := seeIncident(ctx, t, v, id); err != nil {
			return err
		}
		var err error
		events, err = readEvents(ctx, t, id, after, pageSize(limit)+1)
		return err
	})
	if more = len(events) > pageSize(limit); more {
		events = events[:pageSize(limit)]
	}
	return events, more, err
}

// IncidentCounts counts the incidents that a view shows.
func (s *Store) IncidentCounts(ctx context.Context, v policy.View, f IncidentFilter) (IncidentCounts, error) {
	var out IncidentCounts
	v = f.narrow(v)
	err := s.readView(ctx, v, func(t *tx) error {
		var err error
		if f.counted() {
			out, err = sumIncidentCounts(ctx, t, v, f)
			return err
		}
		byState := f
		byState.States = everyState()
		if out.States, err = countIncidentsBy(ctx, t, v, byState, "i.state"); err != nil {
			return err
		}
		bySeverity := f
		bySeverity.Severity = nil
		out.Severities, err = countIncidentsBy(ctx, t, v, bySeverity, "i.severity")
		return err
	})
	return out, err
}

// IncidentFacets reads the values that the filters of the visible incidents can take. Lists whose filter is empty are read together.
func (s *Store) IncidentFacets(ctx context.Context, v policy.View, f IncidentFilter) (IncidentFacets, error) {
	var out IncidentFacets
	err := s.readView(ctx, v, func(t *tx) error {
		var err error
		if out.Customers, err = incidentCustomers(ctx, t, v, f); err != nil {
			return err
		}
		var together []tally
		for _, facet := range []struct {
			mine *[]string
			tally
		}{
			{&f.Country, tally{column: "r.country", into: &out.Countries}},
			{&f.City, tally{column: "r.city", into: &out.Cities}},
			{&f.Building, tally{column: "r.building", into: &out.Buildings}},
			{&f.Category, tally{column: "i.category", into: &out.Categories}},
			{&f.Signal, tally{column: "i.signal", into: &out.Signals}},
		} {
			if len(*facet.mine) == 0 {
				together = append(together, facet.tally)
				continue
			}
			kept := *facet.mine
			*facet.mine = nil
			err := tallyIncidents(ctx, t, v, f, []tally{facet.tally})
			*facet.mine = kept
			if err != nil {
				return err
			}
		}
		return tallyIncidents(ctx, t, v, f, together)
	})
	return out, err
}

func tallyIncidents(ctx context.Context, t *tx, v policy.View, f IncidentFilter, tallies []tally) error {
	c, err := f.where(f.narrow(v), byCell)
	if err != nil {
		return err
	}
	return readTallies(ctx, t, `FROM incidents i JOIN rooms r ON r.id = i.room_id WHERE `+c.within(f.parts()), c.args, tallies)
}

// incidentCustomers are the customers of what a filter, but for its customer, leaves of a view.
func incidentCustomers(ctx context.Context, t *tx, v policy.View, f IncidentFilter) ([]Facet, error) {
	f.Customer = 0
	const doing = "read the customers of incidents"
	if f.counted() {
		c, err := f.countedWhere(v.CellsJSON())
		if err != nil {
			return nil, err
		}
		return readAll(ctx, t, doing, customerFacet("sum(i.n)", `FROM incident_counts i JOIN cells k ON k.id = i.cell_id
			JOIN customers c ON c.id = k.customer_id WHERE `+c.String(), c.args), scanCustomerFacet)
	}
	c, err := f.where(v, byCell)
	if err != nil {
		return nil, err
	}
	return readAll(ctx, t, doing, customerFacet("count(*)", `FROM incidents i JOIN customers c ON c.id = i.customer_id
		WHERE `+c.within(f.parts()), c.args), scanCustomerFacet)
}

// seeIncident is ErrNotFound for an incident that the view does not show.
func seeIncident(ctx context.Context, t *tx, v policy.View, id ID) error {
	var one int
	condition, cells := seen("i.cell_id", 2, v)
	err := t.QueryRowContext(ctx, `SELECT 1 FROM incidents i WHERE i.id = $1 AND `+condition, id, cells).Scan(&one)
	if err != nil {
		return notFound(err, "look for an incident")
	}
	return nil
}
