package policy

import (
	"context"
	"errors"
	"testing"
)

// TestAllRoomsOfTodayAreNotAllRooms: who holds something in every room that there is, by groups or one by one, does not hold it in those that come later.
func TestAllRoomsOfTodayAreNotAllRooms(t *testing.T) {
	t.Parallel()
	w := authorityWorld()
	c := &w.Customers[0]
	c.Rules.Assignments[1].Scopes = []Scope{ScopeGroup(1), ScopeGroup(2), ScopeRoom(4)}
	c.placeRooms()
	sam, err := decide(w).Authority(context.Background(), Actor{User: User("sam")}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range c.Rooms {
		if !sam.CoversCells(RolesModify, []int64{room.Cell}) {
			t.Fatalf("sam changes no roles in room %d", room.ID)
		}
	}
	var r *Refusal
	if err := sam.MayAssign(2, []Scope{ScopeAll}, c.ground()); !errors.As(err, &r) || r.Code != RefuseChange {
		t.Errorf("sam gives a role over all rooms, later ones too: %v", err)
	}
	if sam.Covers(RolesView, ScopeAll, c.ground()) || sam.Everywhere(RolesView) {
		t.Error("all rooms of today are taken for all rooms")
	}
}
