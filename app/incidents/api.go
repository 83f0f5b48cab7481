package incidents

import (
	"context"
	"fmt"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Incidents answers the operations of the feature.
type Incidents struct {
	store *store.Store
	now   func() time.Time
}

// New makes the feature.
func New(s *store.Store, now func() time.Time) *Incidents { return &Incidents{store: s, now: now} }

// nobody is an id that nothing has. An id that cannot be read names nothing: it goes the same way as one that was never given out.
const nobody policy.ID = -1

func parseID(text string) policy.ID {
	id, err := policy.ParseID(text)
	if err != nil {
		return nobody
	}
	return id
}

// IncidentFilters are what every list and count of incidents can be narrowed by. A customer or room that is not the person's to see leaves
// nothing, as one that does not exist.
type IncidentFilters struct {
	Customer string   `query:"customer" maxLength:"64" doc:"Only the incidents of this customer; without it those of all that you see."`
	Room     string   `query:"room" maxLength:"64" doc:"Only the incidents of this room."`
	State    []string `query:"state,explode" enum:"watching,active,investigating,resolved,closed" maxItems:"5" doc:"Without it the open ones: watching, active, investigating."`
	Severity []string `query:"severity,explode" enum:"critical,important,warning,recommended" maxItems:"4"`
	Category []string `query:"category,explode" enum:"account,connectivity,display,hardware,software" maxItems:"5"`
	Signal   []string `query:"signal,explode" maxItems:"50"`
	Country  []string `query:"country,explode" maxItems:"50"`
	City     []string `query:"city,explode" maxItems:"50"`
	Building []string `query:"building,explode" maxItems:"50"`
	Q        string   `query:"q" maxLength:"100" doc:"An incident's number, or part of the signal or of the room's name, e-mail address, building, city or label; capital letters and accents do not matter; no wildcards."`
}

func (f IncidentFilters) filter() store.IncidentFilter {
	out := store.IncidentFilter{States: f.State, Severity: f.Severity, Category: f.Category, Signal: f.Signal,
		Country: f.Country, City: f.City, Building: f.Building, Query: f.Q}
	if f.Customer != "" {
		out.Customer = parseID(f.Customer)
	}
	if f.Room != "" {
		out.Room = parseID(f.Room)
	}
	return out
}

// IncidentsIn asks for a page of incidents.
type IncidentsIn struct {
	api.Paging
	IncidentFilters
	Total bool   `query:"total" doc:"Answer how many there are in all."`
	Sort  string `query:"sort" default:"-opened" enum:"opened,-opened,severity,-severity" doc:"-opened is newest first; severity is worst first, then oldest first; a minus turns the order round."`
}

// List answers a page of the incidents that the person sees.
func (n *Incidents) List(ctx context.Context, call *api.Call, in *IncidentsIn) (api.Page[Incident], error) {
	page := api.Page[Incident]{Items: []Incident{}}
	q := store.IncidentQuery{Filter: in.filter(), Sort: store.IncidentSort(in.Sort), Limit: in.Limit, Total: in.Total}
	list := fmt.Sprintf("incidents|%s|%#v", in.Sort, in.IncidentFilters)
	var after store.IncidentKey
	var opened int64
	more, err := api.DecodeCursor(in.Cursor, list, &after.Rank, &opened, &after.ID)
	if err != nil {
		return page, err
	}
	if more {
		after.Opened = time.UnixMilli(opened)
		q.After = &after
	}
	found, err := n.store.Incidents(ctx, call.View, q)
	if err != nil {
		return page, err
	}
	page.Items = incidentsOf(found.Incidents)
	if found.More {
		last := q.Sort.Key(found.Incidents[len(found.Incidents)-1])
		page.Next = api.EncodeCursor(list, last.Rank, last.Opened.UnixMilli(), last.ID)
	}
	if in.Total {
		page.Total = &found.Total
	}
	return page, nil
}

// Counts answers how many incidents the person sees by state and by severity.
func (n *Incidents) Counts(ctx context.Context, call *api.Call, in *IncidentFilters) (IncidentCounts, error) {
	c, err := n.store.IncidentCounts(ctx, call.View, in.filter())
	if err != nil {
		return IncidentCounts{}, err
	}
	out := IncidentCounts{
		States: IncidentStates{Watching: c.States[store.IncidentWatching], Active: c.States[store.IncidentActive],
			Investigating: c.States[store.IncidentInvestigating], Resolved: c.States[store.IncidentResolved], Closed: c.States[store.IncidentClosed]},
		Severities: IncidentSeverities{Critical: c.Severities[Critical], Important: c.Severities[Important],
			Warning: c.Severities[Warning], Recommended: c.Severities[Recommended]},
	}
	out.Open = out.States.Watching + out.States.Active + out.States.Investigating
	return out, nil
}

// Facets answers what the incidents that the person sees can be filtered by.
func (n *Incidents) Facets(ctx context.Context, call *api.Call, in *IncidentFilters) (IncidentFacets, error) {
	f, err := n.store.IncidentFacets(ctx, call.View, in.filter())
	if err != nil {
		return IncidentFacets{}, err
	}
	return IncidentFacets{Customers: f.Customers, Countries: f.Countries, Cities: f.Cities, Buildings: f.Buildings,
		Categories: f.Categories, Signals: f.Signals}, nil
}

// Get answers one incident with what stands around it.
func (n *Incidents) Get(ctx context.Context, call *api.Call, in *struct {
	ID string `path:"id" maxLength:"64"`
}) (IncidentDetail, error) {
	rooms, err := call.Decider.View(ctx, call.Actor, policy.RoomsView)
	if err != nil {
		return IncidentDetail{}, err
	}
	now := n.now().UTC()
	found, err := n.store.Incident(ctx, call.View, rooms, parseID(in.ID))
	if err != nil {
		return IncidentDetail{}, err
	}
	return detailOf(found, now), nil
}

// History answers what happened to an incident, newest first.
func (n *Incidents) History(ctx context.Context, call *api.Call, in *struct {
	ID string `path:"id" maxLength:"64"`
	api.Paging
}) (api.Page[IncidentEvent], error) {
	page := api.Page[IncidentEvent]{Items: []IncidentEvent{}}
	list := "history|" + in.ID
	var at, id int64
	more, err := api.DecodeCursor(in.Cursor, list, &at, &id)
	if err != nil {
		return page, err
	}
	var after *store.IncidentEvent
	if more {
		after = &store.IncidentEvent{ID: id, At: time.UnixMilli(at)}
	}
	events, rest, err := n.store.IncidentHistory(ctx, call.View, parseID(in.ID), after, in.Limit)
	if err != nil {
		return page, err
	}
	page.Items = eventsOf(events)
	if rest {
		last := events[len(events)-1]
		page.Next = api.EncodeCursor(list, last.At.UnixMilli(), last.ID)
	}
	return page, nil
}
