package policy

import (
	"context"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	w := openWorld(1)
	c := &w.Customers[0]
	c.Rules.Roles = append(c.Rules.Roles, Role{ID: 2, Name: "Keys", Permissions: []Permission{RoomsResetKey, ReportsView}})
	c.Rules.Assignments = []Assignment{
		{ID: 1, Name: "reset", Role: 2, Members: []Principal{User("a")}, Scopes: []Scope{ScopeAll}},
		{ID: 2, Name: "later", Role: 1, Members: []Principal{User("b")}, Scopes: []Scope{ScopeAll}, From: worldStart.Add(1)},
		{ID: 3, Name: "past", Role: 1, Members: []Principal{User("c")}, Scopes: []Scope{ScopeAll}, Until: worldStart},
		{ID: 4, Name: "room 2", Role: 1, Members: []Principal{User("d"), Group("night")}, Scopes: []Scope{ScopeGroup(5), ScopeRoom(2)}},
		{ID: 5, Name: "room 1", Role: 1, Members: []Principal{Group("desk")}, Scopes: []Scope{ScopeRoom(1)}},
		{ID: 6, Name: "broken", Role: 9, Members: []Principal{User("e")}, Scopes: []Scope{ScopeAll}},
	}
	c.placeRooms()
	cell := c.Rooms[0].Cell
	tests := []struct {
		name   string
		actor  Actor
		p      Permission
		cell   int64
		broken Break
		first  string // the assignment that stands first
		via    Principal
	}{
		{"by a group", Actor{User: User("d"), Groups: []Principal{Group("desk"), Group("night")}}, ReportsView, cell, BreakNone, "room 1", Group("desk")},
		{"no assignment", Actor{User: User("x")}, ReportsView, cell, BreakNoAssignment, "", ""},
		{"broken assignment", Actor{User: User("e")}, ReportsView, cell, BreakNoAssignment, "", ""},
		{"role", Actor{User: User("a")}, TicketsView, cell, BreakRole, "reset", User("a")},
		{"ceiling", Actor{User: User("a")}, RoomsResetKey, cell, BreakCeiling, "reset", User("a")},
		{"not begun", Actor{User: User("b")}, ReportsView, cell, BreakNotBegun, "later", User("b")},
		{"ended", Actor{User: User("c")}, ReportsView, cell, BreakEnded, "past", User("c")},
		{"scope", Actor{User: User("d")}, ReportsView, cell, BreakScope, "room 2", User("d")},
		{"the one that came furthest", Actor{User: User("c"), Groups: []Principal{Group("night")}}, ReportsView, cell, BreakScope, "room 2", Group("night")},
		{"no such cell", Actor{User: User("a")}, ReportsView, 77, BreakScope, "reset", User("a")},
		{"no cell", Actor{User: User("a")}, ReportsView, 0, BreakScope, "reset", User("a")},
	}
	d := decide(w)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e, err := d.Explain(context.Background(), test.actor, test.p, 1, test.cell)
			if err != nil {
				t.Fatal(err)
			}
			if e.Allowed != (test.broken == BreakNone) || e.Broken != test.broken || e.Version != 1 {
				t.Errorf("allowed %t, broken %q, want %q", e.Allowed, e.Broken, test.broken)
			}
			if len(e.Faults) != 1 || !strings.Contains(e.Faults[0], ID(6).String()) {
				t.Errorf("faults %q", e.Faults)
			}
			if test.first == "" {
				if len(e.Candidates) > 0 {
					t.Errorf("candidates %v", e.Candidates)
				}
				return
			}
			first := e.Candidates[0]
			if first.AssignmentName != test.first || first.Via != test.via || first.Broken != test.broken || first.RoleName == "" {
				t.Errorf("first %+v", first)
			}
			if test.broken == BreakNone && (first.Scope != ScopeRoom(1) || len(e.Candidates) != 3) {
				t.Errorf("candidates %+v", e.Candidates)
			}
		})
	}
}

func TestExplainClosedAndUnknownCustomers(t *testing.T) {
	t.Parallel()
	w := openWorld(1)
	w.Customers[0].Rules.Closed = true
	d := decide(w)
	for _, customer := range []ID{1, 2, 0} {
		e, err := d.Explain(context.Background(), ann, TicketsView, customer, 1001)
		if err != nil || e.Allowed || e.Broken != BreakClosed || len(e.Candidates) > 0 {
			t.Errorf("customer %d: %+v, %v", customer, e, err)
		}
	}
	if _, err := d.Explain(context.Background(), Actor{}, TicketsView, 1, 1001); err == nil {
		t.Error("nobody's access was explained")
	}
	if _, err := d.Explain(context.Background(), ann, "rooms.everything", 1, 1001); err == nil {
		t.Error("an unknown permission was explained")
	}
}

// An explanation that does not agree with the decision is an error, never an answer.
func TestExplainDisagreeing(t *testing.T) {
	t.Parallel()
	w := openWorld(1)
	w.Customers[0].Rules.Ceiling = []Permission{RoomsView}
	d := decide(w)
	d.model = strings.Replace(modelConf, ` && g3(r.permission, "ceiling")`, "", 1)
	if e, err := d.Explain(context.Background(), ann, TicketsView, 1, 1001); err == nil || e.Allowed {
		t.Errorf("explained %+v", e)
	}
}
