package customers

import (
	"context"
	"errors"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// namedRooms is how many rooms a preview names of each direction.
const namedRooms = 200

// GrantPreview is what another choice of rooms gives to the partner and takes from it.
type GrantPreview struct {
	Covered       *int               `json:"covered,omitempty" doc:"Rooms that the choice covers, as Microsoft lists them now; absent when Microsoft does not answer."`
	Total         *int               `json:"total,omitempty" doc:"All rooms of the organisation, likewise."`
	Gained        *RoomNames         `json:"gained,omitempty" doc:"Rooms that come into the choice; absent when Microsoft does not answer."`
	Unread        string             `json:"unread,omitempty" doc:"The code of why Microsoft does not answer. What the partner loses is known nevertheless."`
	Lost          RoomNames          `json:"lost" doc:"Rooms that the partner has now and loses, with all that is known of them."`
	Keeps         int                `json:"keeps" doc:"Rooms that the partner has now and keeps."`
	Devices       int                `json:"devices" doc:"Of the lost rooms."`
	Incidents     int                `json:"incidents" doc:"Of the lost rooms, with their history."`
	OpenIncidents int                `json:"openIncidents" doc:"Of these, those that are open."`
	Assignments   []AssignmentShrink `json:"assignments" nullable:"false" doc:"Assignments of the partner that reach fewer rooms."`
	Groups        []GroupShrink      `json:"groups" nullable:"false" doc:"Room groups that lose rooms. They stay."`
	Version       int64              `json:"version" doc:"Of what was agreed, with which the choice was compared, for If-Match."`
}

// RoomNames are rooms by name.
type RoomNames struct {
	Count int        `json:"count"`
	Rooms []RoomName `json:"rooms" nullable:"false" doc:"The first 200."`
}

// RoomName is a room and where it is.
type RoomName struct {
	Name     string `json:"name"`
	Building string `json:"building"`
	City     string `json:"city"`
}

// AssignmentShrink is an assignment of the partner that reaches fewer rooms.
type AssignmentShrink struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Role    string   `json:"role" doc:"The name of its role."`
	Members []string `json:"members" nullable:"false" doc:"Names."`
	Before  int      `json:"before" doc:"Rooms."`
	After   int      `json:"after" doc:"Rooms."`
	Removed bool     `json:"removed" doc:"It named nothing but single rooms that are lost, and is removed with them."`
}

// GroupShrink is a room group that loses rooms.
type GroupShrink struct {
	Name   string `json:"name"`
	Before int    `json:"before"`
	After  int    `json:"after"`
}

// GrantIn is a choice of rooms.
type GrantIn struct {
	Grant policy.Grant `json:"grant" doc:"The rooms that the partner may reach."`
}

// PreviewGrant tells what another choice of rooms would give to the partner and take from it. Nothing of it is kept.
func (c *Customers) PreviewGrant(ctx context.Context, call *api.Call, in *struct{ Body GrantIn }) (GrantPreview, error) {
	if err := checkGrant(in.Body.Grant); err != nil {
		return GrantPreview{}, err
	}
	customer, err := c.Store.OwnCustomer(ctx, call.Own)
	if err != nil {
		return GrantPreview{}, err
	}
	change, err := c.Store.PreviewGrant(ctx, call.Own, in.Body.Grant)
	if err != nil {
		return GrantPreview{}, err
	}
	out := previewOf(change)
	rooms, _, err := c.roomsOf(ctx, call.Person.TenantID)
	var why *api.Problem
	if errors.As(err, &why) { // a customer narrows its choice also while Microsoft does not answer
		out.Unread = why.Code
		return out, nil
	}
	if err != nil {
		return GrantPreview{}, err
	}
	covered, total, gained := 0, len(rooms), RoomNames{Rooms: []RoomName{}}
	for _, r := range rooms {
		if !in.Body.Grant.Covers(r.place()) {
			continue
		}
		covered++
		if !customer.Grant.Covers(r.place()) {
			gained.add(RoomName{r.Name, r.Building, r.City})
		}
	}
	out.Covered, out.Total, out.Gained = &covered, &total, &gained
	return out, nil
}

func (n *RoomNames) add(r RoomName) {
	n.Count++
	if len(n.Rooms) < namedRooms {
		n.Rooms = append(n.Rooms, r)
	}
}

func previewOf(g store.GrantChange) GrantPreview {
	out := GrantPreview{Lost: RoomNames{Rooms: []RoomName{}}, Keeps: g.Rooms, Devices: g.Devices, Incidents: g.Incidents, OpenIncidents: g.Open,
		Assignments: []AssignmentShrink{}, Groups: []GroupShrink{}, Version: g.Version}
	for _, r := range g.Lost {
		out.Lost.add(RoomName{r.Name, r.Building, r.City})
	}
	for _, a := range g.Assignments {
		out.Assignments = append(out.Assignments, AssignmentShrink{ID: a.ID.String(), Name: a.Name, Role: a.Role, Members: list(a.Members), Before: a.Before,
			After: a.After, Removed: a.Removed})
	}
	for _, group := range g.Groups {
		out.Groups = append(out.Groups, GroupShrink{group.Name, group.Before, group.After})
	}
	return out
}

// ChangeGrant gives the partner another choice of rooms. What it loses is removed with the answer, and within a minute no byte of it is left (law 7);
// what it gains is collected at once.
func (c *Customers) ChangeGrant(ctx context.Context, call *api.Call, in *struct {
	api.IfMatch
	Body GrantIn
}) (Relation, error) {
	if err := checkGrant(in.Body.Grant); err != nil {
		return Relation{}, err
	}
	return c.agree(ctx, call, in.IfMatch, func(version int64) error {
		if err := c.coversSome(ctx, call, in.Body.Grant); err != nil {
			return err
		}
		change, err := c.Store.SetGrant(ctx, call.Act, call.Own, version, in.Body.Grant)
		if err != nil {
			return err
		}
		c.live.drop(call.Person.TenantID)
		c.Regranted(change.Customer)
		return nil
	})
}

// coversSome refuses a choice that leaves nothing, as far as that is known: while Microsoft does not answer, the customer's word counts.
func (c *Customers) coversSome(ctx context.Context, call *api.Call, g policy.Grant) error {
	change, err := c.Store.PreviewGrant(ctx, call.Own, g)
	if err != nil || change.Rooms > 0 {
		return err
	}
	covered, err := c.cover(ctx, call.Person.TenantID, g)
	var why *api.Problem
	if errors.As(err, &why) {
		return nil
	}
	if err == nil && covered.Covered == 0 {
		return api.Invalid("body.grant", "This choice covers no room. To let the partner see nothing at all, end the relation.")
	}
	return err
}
