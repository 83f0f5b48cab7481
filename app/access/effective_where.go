package access

import (
	"cmp"
	"context"
	"slices"

	"roomward/policy"
)

// RoomPlaces are rooms in which a permission is held, as far as the asking person sees the rooms themselves.
type RoomPlaces struct {
	Items []RoomChoice `json:"items" nullable:"false" doc:"By name, at most 50."`
	Total int          `json:"total"`
}

// HeldScope is a scope over which a permission is held, and the assignment that gives it there.
type HeldScope struct {
	Scope          AssignmentScope `json:"scope"`
	Assignment     string          `json:"assignment"`
	AssignmentName string          `json:"assignmentName"`
}

// How much an answer without a room tells.
const (
	mostPlaces = 50 // rooms
	mostWhere  = 20 // scopes of a permission
)

// places lists the rooms of cells that the caller sees as rooms, too: who sees only the roles there learns how many they are, not which.
func (a *Access) places(ctx context.Context, by policy.Authority, cells []int64, counts map[int64]int) (*RoomPlaces, error) {
	found, err := a.Store.RoomSpotsIn(ctx, by, cells, mostPlaces)
	out := &RoomPlaces{Items: []RoomChoice{}}
	for _, r := range found {
		out.Items = append(out.Items, RoomChoice{r.ID.String(), r.Name, r.Building, r.City})
	}
	rooms := by.View(policy.RoomsView)
	for _, cell := range cells {
		if rooms.Sees(by.Customer(), cell) {
			out.Total += counts[cell]
		}
	}
	return out, err
}

// roomsIn counts the rooms of cells.
func roomsIn(cells []int64, counts map[int64]int) (n int) {
	for _, cell := range cells {
		n += counts[cell]
	}
	return n
}

// where lists the scopes of the assignments that hold, the widest first, as far as the caller sees them. A member may reach one assignment twice, by
// itself and by a group.
func (q *inquiry) where(e policy.Explanation) (out []HeldScope, more int) {
	out = []HeldScope{}
	done := map[policy.ID]bool{}
	for _, c := range e.Candidates {
		assignment, sees := q.shown[c.Assignment]
		if !sees || c.Broken != policy.BreakNone || done[c.Assignment] {
			continue
		}
		done[c.Assignment] = true
		for _, scope := range scopesOf(q.sheet, assignment.Scopes) {
			out = append(out, HeldScope{scope, assignment.ID.String(), assignment.Name})
		}
	}
	kinds := []string{"all", "group", "room"}
	slices.SortStableFunc(out, func(a, b HeldScope) int {
		return cmp.Or(slices.Index(kinds, a.Scope.Kind)-slices.Index(kinds, b.Scope.Kind), cmp.Compare(b.Scope.Rooms, a.Scope.Rooms),
			cmp.Compare(a.Scope.Name, b.Scope.Name), cmp.Compare(a.AssignmentName, b.AssignmentName))
	})
	if len(out) > mostWhere {
		return out[:mostWhere], len(out) - mostWhere
	}
	return out, 0
}
