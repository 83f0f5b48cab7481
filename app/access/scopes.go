package access

import (
	"context"
	"strings"

	"roomward/app/api"
	"roomward/policy"
)

// ScopeChoices is what an assignment's scope can be for the caller.
type ScopeChoices struct {
	All    AllChoice     `json:"all"`
	Groups []GroupChoice `json:"groups" nullable:"false" doc:"Room groups in all of whose rooms you may change roles, by name."`
	Rooms  []RoomChoice  `json:"rooms" nullable:"false" doc:"Rooms in which you may change roles, by name, at most 50."`
}

// AllChoice is the scope of all granted rooms.
type AllChoice struct {
	Allowed bool `json:"allowed"`
	Rooms   int  `json:"rooms" doc:"0 when not allowed."`
}

// GroupChoice is a room group.
type GroupChoice struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Rooms int    `json:"rooms"`
}

// RoomChoice is a single room.
type RoomChoice struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Building string `json:"building"`
	City     string `json:"city"`
}

// Scopes finds what an assignment's scope can be.
func (a *Access) Scopes(ctx context.Context, call *api.Call, in *struct {
	CustomerIn
	Q string `query:"q" maxLength:"100" doc:"Part of the name of a group or room, of its building or city."`
}) (ScopeChoices, error) {
	out := ScopeChoices{Groups: []GroupChoice{}, Rooms: []RoomChoice{}}
	by, err := authority(ctx, call, in.ID)
	if err != nil {
		return out, err
	}
	found, err := a.Store.ScopeChoices(ctx, by, strings.TrimSpace(in.Q))
	if err != nil {
		return out, err
	}
	if out.All.Allowed = by.Everywhere(policy.RolesModify); out.All.Allowed {
		out.All.Rooms = found.All
	}
	for _, g := range found.Groups {
		out.Groups = append(out.Groups, GroupChoice{g.ID.String(), g.Name, g.Rooms})
	}
	for _, r := range found.Rooms {
		out.Rooms = append(out.Rooms, RoomChoice{r.ID.String(), r.Name, r.Building, r.City})
	}
	return out, nil
}
