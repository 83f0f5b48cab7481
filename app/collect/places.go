package collect

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// fetchPlaces lists the rooms of a tenant and lets go of those outside the grant before anything else sees them. An empty list where rooms are
// in sight is not believed: Microsoft reports new and hidden rooms missing for a while (graph.md 1). Where all are hidden already it counts as any other,
// or they would never be purged.
func (c *Collector) fetchPlaces(ctx context.Context, r run) result {
	listed, err := c.cfg.Graph.Rooms(ctx, r.target.TenantID)
	if err != nil && !graph.Incomplete(err) {
		return result{verdict: c.judge(ctx, r.target, err)}
	}
	lost := graph.Lost(err)
	known, err := c.cfg.Store.KnownPlaces(ctx, r.work)
	if err != nil {
		return c.broke(r, err)
	}
	if len(listed) == 0 && slices.ContainsFunc(known, func(k store.KnownPlace) bool { return !k.Hidden }) {
		return result{verdict: verdict{state: StateEmptyAnswer}}
	}
	v, told := good(), identify(listed, lost, known)
	if told.odd > 0 {
		v = lacking("room", told.odd, len(told.rooms), told.any)
	}
	granted, outside := []store.PlaceFound{}, []string{}
	for _, room := range told.rooms {
		if place := placeOf(room); r.target.Grant.Covers(place) {
			granted = append(granted, store.PlaceFound{PlaceID: place.ID, Name: room.Name, Email: room.Email, Country: room.Country, City: room.City,
				Building: room.Building, Floor: floorOf(room), Label: room.Label, Capacity: room.Capacity})
		} else if told.odd > 0 {
			outside = append(outside, place.ID, place.Email) // a room that had no id yet is stored by its address
		}
	}
	return result{verdict: v, places: &placesResult{granted, outside, sortedKeys(told.unsure), told.any}}
}

// broke is the result of a fault of ours.
func (c *Collector) broke(r run, err error) result {
	c.cfg.Log.Error("collect", "customer", r.lease.Customer, "kind", r.lease.Kind, "error", err)
	return result{verdict: verdict{state: StateInternal}}
}

func placeOf(r graph.Room) policy.Place {
	return policy.Place{ID: cmp.Or(r.PlaceID, strings.ToLower(r.Email)), Email: r.Email, Country: r.Country, City: r.City, Building: r.Building}
}

func floorOf(r graph.Room) string {
	if r.FloorLabel == "" && r.FloorNumber != nil {
		return strconv.Itoa(*r.FloorNumber)
	}
	return r.FloorLabel
}
