package rooms

import (
	"time"

	"roomward/store"
)

// Groups are the room groups of a customer that the person sees: those with one of its rooms, or all for who holds groups.view everywhere.
type Groups struct {
	Items          []Group `json:"items" nullable:"false"`
	MayCreate      bool    `json:"mayCreate" doc:"You may make a fixed group, of rooms in which you hold groups.create."`
	MayCreateRules bool    `json:"mayCreateRules" doc:"You may make a group by rules: you hold groups.create over all granted rooms."`
}

// Group is a room group.
type Group struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Kind        string      `json:"kind" enum:"fixed,rules" doc:"fixed: its rooms were chosen. rules: it takes its rooms in by itself."`
	Rules       []GroupRule `json:"rules" nullable:"false" doc:"Alternatives. Empty in a fixed group, and for who does not hold groups.view over all granted rooms."`
	Rooms       int         `json:"rooms" doc:"How many of its rooms you see."`
	UsedBy      *int        `json:"usedBy,omitempty" doc:"How many assignments that you see name it as a scope; absent without roles.view."`
	Version     int64       `json:"version" doc:"Raised by each change that a person makes; it is the ETag too."`
	ChangedAt   time.Time   `json:"changedAt"`
	ChangedBy   string      `json:"changedBy" doc:"The name of who changed it last; empty where unknown."`
	Editable    bool        `json:"editable" doc:"You may change something of it."`
	Why         string      `json:"why,omitempty" enum:"may-not-change-group" doc:"Why it is not editable."`
}

// EditVersion is its version, for the ETag.
func (g Group) EditVersion() int64 { return g.Version }

// GroupRule takes in the rooms that have all the facts it names, as Microsoft reports them. Several values of one fact are alternatives; case,
// surrounding space and the way an accent is written do not count. A fact that is not known fits nothing.
type GroupRule struct {
	Country     []string `json:"country,omitempty" nullable:"false" maxItems:"50"`
	City        []string `json:"city,omitempty" nullable:"false" maxItems:"50"`
	Building    []string `json:"building,omitempty" nullable:"false" maxItems:"50"`
	Floor       []string `json:"floor,omitempty" nullable:"false" maxItems:"50"`
	Maker       []string `json:"maker,omitempty" nullable:"false" maxItems:"50" doc:"Of the room, as lists show it."`
	Model       []string `json:"model,omitempty" nullable:"false" maxItems:"50" doc:"Of the room, as lists show it."`
	DeviceKind  []string `json:"deviceKind,omitempty" nullable:"false" maxItems:"50" doc:"Of any device of the room, in Microsoft's words."`
	CapacityMin int      `json:"capacityMin,omitempty" minimum:"0" maximum:"1000000" doc:"Seats at least."`
	CapacityMax int      `json:"capacityMax,omitempty" minimum:"0" maximum:"1000000" doc:"Seats at most; 0 is any number."`
}

// GroupRoom is a room of a group, or one that comes or goes.
type GroupRoom struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Building string `json:"building"`
	City     string `json:"city"`
}

// GroupPreview is what a change would move, as far as you see it.
type GroupPreview struct {
	Rooms    int           `json:"rooms" doc:"How many rooms the group would have."`
	Enters   int           `json:"enters" doc:"How many rooms would come."`
	Entering []GroupRoom   `json:"entering" nullable:"false" doc:"The first 100 of them by name."`
	Leaves   int           `json:"leaves" doc:"How many rooms would go."`
	Leaving  []GroupRoom   `json:"leaving" nullable:"false" doc:"The first 100 of them by name."`
	Access   []GroupAccess `json:"access" nullable:"false" doc:"The assignments that would gain or lose rooms, of those that you see."`
}

// GroupAccess is an assignment whose rooms would change. A room that another scope of it covers is neither gained nor lost.
type GroupAccess struct {
	Assignment     string   `json:"assignment"`
	AssignmentName string   `json:"assignmentName"`
	Role           string   `json:"role"`
	RoleName       string   `json:"roleName"`
	Members        []string `json:"members" nullable:"false" doc:"The names of its users and security groups."`
	Gains          int      `json:"gains"`
	Loses          int      `json:"loses"`
}

// GroupFacts are the values that rules can ask for, most frequent first, at most 200 of each, with how many rooms that you see have them.
type GroupFacts struct {
	Countries []store.Facet `json:"countries" nullable:"false"`
	Cities    []store.Facet `json:"cities" nullable:"false"`
	Buildings []store.Facet `json:"buildings" nullable:"false"`
	Floors    []store.Facet `json:"floors" nullable:"false"`
	Makers    []store.Facet `json:"makers" nullable:"false"`
	Models    []store.Facet `json:"models" nullable:"false"`
	Kinds     []store.Facet `json:"kinds" nullable:"false"`
}

func groupOf(g store.SeenGroup) Group {
	out := Group{ID: g.ID.String(), Name: g.Name, Description: g.Description, Kind: string(g.Kind), Rules: []GroupRule{}, Rooms: g.Count,
		Version: g.Version, ChangedAt: g.ChangedAt, ChangedBy: g.ChangedBy, Editable: g.Editable}
	for _, r := range g.Rules {
		out.Rules = append(out.Rules, GroupRule(r))
	}
	if g.ShowsUse {
		out.UsedBy = &g.UsedBy
	}
	if !g.Editable {
		out.Why = "may-not-change-group"
	}
	return out
}

func groupRoomsOf(list []store.GroupMember) []GroupRoom {
	out := []GroupRoom{}
	for _, r := range list {
		out = append(out, GroupRoom{ID: r.ID.String(), Name: r.Name, Building: r.Building, City: r.City})
	}
	return out
}

func groupPreviewOf(p store.GroupPreview) GroupPreview {
	out := GroupPreview{Rooms: p.Rooms, Enters: p.Enters, Entering: groupRoomsOf(p.Entering), Leaves: p.Leaves, Leaving: groupRoomsOf(p.Leaving),
		Access: []GroupAccess{}}
	for _, a := range p.Access {
		out.Access = append(out.Access, GroupAccess{Assignment: a.Assignment.String(), AssignmentName: a.Name, Role: a.Role.String(), RoleName: a.RoleName,
			Members: a.Members, Gains: a.Gains, Loses: a.Loses})
	}
	return out
}
