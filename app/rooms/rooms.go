// Package rooms is the rooms, their devices and their signals, as people read them.
package rooms

import (
	"context"
	"fmt"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Rooms answers the operations of the feature.
type Rooms struct {
	store *store.Store
	now   func() time.Time
	asked func() // tells that an action waits to be carried out
}

// New makes the feature.
func New(s *store.Store, now func() time.Time) *Rooms {
	return &Rooms{store: s, now: now, asked: func() {}}
}

// Wakes makes asking for an action wake its runner, which finds it by itself a little later.
func (r *Rooms) Wakes(runner *Actions) { r.asked = runner.Kick }

// nobody is an id that nothing has. An id that cannot be read names nothing: it goes the same way as one that was never given out.
const nobody policy.ID = -1

func parseID(text string) policy.ID {
	id, err := policy.ParseID(text)
	if err != nil {
		return nobody
	}
	return id
}

// RoomFilters are what every list and count of rooms can be narrowed by. A customer that is not the person's to see leaves nothing, as one
// that does not exist.
type RoomFilters struct {
	Customer    string   `query:"customer" maxLength:"64" doc:"Only the rooms of this customer; without it those of all that you see."`
	Health      []string `query:"health,explode" enum:"unhealthy,offline,unmonitored,suppressed,onboarding,healthy" maxItems:"6"`
	Severity    []string `query:"severity,explode" enum:"critical,important,warning" maxItems:"3" doc:"Rooms with an active incident of such a severity."`
	Country     []string `query:"country,explode" maxItems:"50"`
	City        []string `query:"city,explode" maxItems:"50"`
	Building    []string `query:"building,explode" maxItems:"50"`
	Maker       []string `query:"maker,explode" maxItems:"50"`
	Model       []string `query:"model,explode" maxItems:"50"`
	Group       []string `query:"group,explode" maxItems:"50" doc:"Rooms of one of these room groups. Where you do not hold groups.view a room is in no group."`
	CapacityMin int      `query:"capacityMin" minimum:"0" doc:"Seats at least."`
	CapacityMax int      `query:"capacityMax" minimum:"0" doc:"Seats at most; 0 is any number."`
	Q           string   `query:"q" maxLength:"100" doc:"Part of the room's name, e-mail address, building, city or label, whatever its capital letters and accents; no wildcards."`
}

// filter reads the filters. groups.view is asked for only where there may be a group in the answer.
func (f RoomFilters) filter(ctx context.Context, call *api.Call) (store.RoomFilter, error) {
	out := store.RoomFilter{Health: f.Health, Severity: f.Severity, Country: f.Country, City: f.City, Building: f.Building,
		Maker: f.Maker, Model: f.Model, CapacityMin: f.CapacityMin, CapacityMax: f.CapacityMax, Query: f.Q}
	if f.Customer != "" {
		out.Customer = parseID(f.Customer)
	}
	if len(f.Group) == 0 && f.Customer == "" {
		return out, nil
	}
	for _, id := range f.Group {
		out.Groups = append(out.Groups, parseID(id))
	}
	var err error
	out.Grouped, err = call.Decider.View(ctx, call.Actor, policy.GroupsView)
	return out, err
}

// RoomsIn asks for a page of rooms.
type RoomsIn struct {
	api.Paging
	RoomFilters
	Total bool   `query:"total" doc:"Answer how many there are in all."`
	Sort  string `query:"sort" default:"health" enum:"health,-health,name,-name,lastSeen,-lastSeen,incidents,-incidents" doc:"health is worst first; lastSeen the longest unseen first, rooms that are seen now last; incidents the fewest first, critical ones weigh most; a minus turns the order round."`
}

// List answers a page of the rooms that the person sees.
func (r *Rooms) List(ctx context.Context, call *api.Call, in *RoomsIn) (api.Page[Room], error) {
	page := api.Page[Room]{Items: []Room{}}
	filter, err := in.filter(ctx, call)
	if err != nil {
		return page, err
	}
	q := store.RoomQuery{Filter: filter, Sort: store.RoomSort(in.Sort), Limit: in.Limit, Total: in.Total}
	list := fmt.Sprintf("rooms|%s|%#v", in.Sort, in.RoomFilters)
	var after store.RoomKey
	more, err := api.DecodeCursor(in.Cursor, list, &after.Value, &after.Name, &after.ID)
	if err != nil {
		return page, err
	}
	if more {
		q.After = &after
	}
	tickets, err := call.Decider.View(ctx, call.Actor, policy.TicketsView)
	if err != nil {
		return page, err
	}
	found, err := r.store.Rooms(ctx, call.View, tickets, q)
	if err != nil {
		return page, err
	}
	for _, room := range found.Rooms {
		page.Items = append(page.Items, roomOf(room))
	}
	if found.More {
		last := q.Sort.Key(found.Rooms[len(found.Rooms)-1])
		page.Next = api.EncodeCursor(list, last.Value, last.Name, last.ID)
	}
	if in.Total {
		page.Total = &found.Total
	}
	return page, nil
}

// Counts answers how many rooms the person sees in each state of health.
func (r *Rooms) Counts(ctx context.Context, call *api.Call, in *RoomFilters) (RoomCounts, error) {
	filter, err := in.filter(ctx, call)
	if err != nil {
		return RoomCounts{}, err
	}
	n, err := r.store.RoomCounts(ctx, call.View, filter)
	if err != nil {
		return RoomCounts{}, err
	}
	out := RoomCounts{Unhealthy: n["unhealthy"], Offline: n["offline"], Unmonitored: n["unmonitored"], Suppressed: n["suppressed"],
		Onboarding: n["onboarding"], Healthy: n["healthy"]}
	out.Total = out.Unhealthy + out.Offline + out.Unmonitored + out.Suppressed + out.Onboarding + out.Healthy
	return out, nil
}

// Facets answers what the rooms that the person sees can be filtered by.
func (r *Rooms) Facets(ctx context.Context, call *api.Call, in *RoomFilters) (RoomFacets, error) {
	filter, err := in.filter(ctx, call)
	if err != nil {
		return RoomFacets{}, err
	}
	f, err := r.store.RoomFacets(ctx, call.View, filter)
	if err != nil {
		return RoomFacets{}, err
	}
	return RoomFacets{Customers: f.Customers, Countries: f.Countries, Cities: f.Cities, Buildings: f.Buildings, Makers: f.Makers, Models: f.Models,
		Groups: f.Groups}, nil
}

// RoomIn names one room.
type RoomIn struct {
	ID string `path:"id" maxLength:"64"`
}

// Get answers one room.
func (r *Rooms) Get(ctx context.Context, call *api.Call, in *RoomIn) (RoomDetail, error) {
	tickets, err := call.Decider.View(ctx, call.Actor, policy.TicketsView)
	if err != nil {
		return RoomDetail{}, err
	}
	groups, err := call.Decider.View(ctx, call.Actor, policy.GroupsView)
	if err != nil {
		return RoomDetail{}, err
	}
	room, err := r.store.Room(ctx, call.View, tickets, groups, parseID(in.ID))
	if err != nil {
		return RoomDetail{}, err
	}
	out := detailOf(room)
	out.Acting, err = r.acting(ctx, call, room.ID)
	return out, err
}

// Devices answers the devices of a room.
func (r *Rooms) Devices(ctx context.Context, call *api.Call, in *RoomIn) (RoomDevices, error) {
	devices, err := r.store.RoomDevices(ctx, call.View, parseID(in.ID))
	if err != nil {
		return RoomDevices{}, err
	}
	managed, at, err := r.store.RoomManaged(ctx, call.View, parseID(in.ID))
	if err != nil {
		return RoomDevices{}, err
	}
	out := RoomDevices{Items: []RoomDevice{}, Managed: []ManagedDevice{}, ManagedAt: api.TimeOrNil(at)}
	for _, d := range devices {
		out.Items = append(out.Items, deviceOf(d))
	}
	for _, m := range managed {
		out.Managed = append(out.Managed, ManagedDevice{Name: m.Name, Maker: m.Maker, Model: m.Model, Serial: m.Serial, OS: m.OS, OSVersion: m.OSVersion,
			Compliance: m.Compliance, LastSyncAt: api.TimeOrNil(m.LastSync), FoundBy: m.FoundBy})
	}
	return out, nil
}

// Signals answers the signals of a room with their last seven days.
func (r *Rooms) Signals(ctx context.Context, call *api.Call, in *RoomIn) (RoomSignals, error) {
	tickets, err := call.Decider.View(ctx, call.Actor, policy.TicketsView)
	if err != nil {
		return RoomSignals{}, err
	}
	now := r.now().UTC()
	found, err := r.store.RoomSignals(ctx, call.View, tickets, parseID(in.ID))
	if err != nil {
		return RoomSignals{}, err
	}
	out := RoomSignals{Health: found.Health, LastKnownAt: api.TimeOrNil(found.LastKnownAt), From: now.AddDate(0, 0, -store.LaneDays), To: now,
		Items: []RoomSignal{}}
	for _, s := range found.Signals {
		out.Items = append(out.Items, signalOf(s))
	}
	return out, nil
}
