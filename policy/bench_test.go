package policy

import (
	"context"
	"fmt"
	"testing"
)

// The decision about a known actor must not grow with the customers (design.md 14).
func BenchmarkDecisionKnown(b *testing.B) {
	for _, customers := range []int{1, 1000, 10000} {
		b.Run(fmt.Sprint(customers), func(b *testing.B) {
			d := decide(openWorld(customers))
			ctx := context.Background()
			last := ID(customers)
			cell := int64(last)*1000 + 1
			mustView(b, d, ann, TicketsView)
			b.ReportAllocs()
			for b.Loop() {
				if allowed, err := d.Allowed(ctx, ann, TicketsView, last, cell); err != nil || !allowed {
					b.Fatal(allowed, err)
				}
			}
		})
	}
}

// One of many customers has changed, and the actor's view is made anew.
func BenchmarkRefreshOneOf1000(b *testing.B) {
	store := newFakeStore(openWorld(1000))
	d := NewDecider(store, store.now, Limits{})
	mustView(b, d, ann, TicketsView)
	b.ReportAllocs()
	for b.Loop() {
		store.change(500, func(*worldCustomer) {})
		mustRefresh(b, d, ann)
		if v := mustView(b, d, ann, TicketsView); len(v.Parts()) != 1000 {
			b.Fatal(len(v.Parts()))
		}
	}
}

// typicalRules are of a customer with primary admins and some custom roles over groups and single rooms.
func typicalRules(singleRooms int) Rules {
	c := worldCustomer{Rules: Rules{Customer: 1, Version: 1, Ceiling: DefaultCeiling()}}
	for i, name := range []string{PrimaryAdmins, SiteLead, SiteTechnician} {
		permissions, _ := Template(name)
		c.Rules.Roles = append(c.Rules.Roles, Role{ID: ID(i + 1), Permissions: permissions})
	}
	c.Rules.Assignments = []Assignment{{ID: 1, Role: 1, Members: []Principal{User("boss"), Group("desk")}, Scopes: []Scope{ScopeAll}}}
	for i := range 9 {
		c.Rules.Assignments = append(c.Rules.Assignments, Assignment{
			ID: ID(i + 2), Role: ID(i%2 + 2), Members: []Principal{Group(fmt.Sprint("team", i)), User(fmt.Sprint("user", i))},
			Scopes: []Scope{ScopeGroup(ID(i + 1))},
		})
	}
	single := &c.Rules.Assignments[9]
	for i := range singleRooms {
		single.Scopes = append(single.Scopes, ScopeRoom(ID(i+1)))
	}
	for i := range 200 {
		c.Rooms = append(c.Rooms, worldRoom{ID: ID(i + 1), Groups: []ID{ID(i%9 + 1)}})
	}
	c.placeRooms()
	return c.Rules
}

func BenchmarkCompile(b *testing.B) {
	rules := typicalRules(5)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := compile(modelConf, rules); err != nil {
			b.Fatal(err)
		}
	}
}

// All permissions of one actor in one customer, with few and with the most single rooms.
func BenchmarkStand(b *testing.B) {
	for _, singleRooms := range []int{5, MaxSingleRooms} {
		b.Run(fmt.Sprint(singleRooms), func(b *testing.B) {
			c, err := compile(modelConf, typicalRules(singleRooms))
			if err != nil {
				b.Fatal(err)
			}
			principals := []Principal{User("user8"), Group("team8"), Group("other")}
			b.ReportAllocs()
			for b.Loop() {
				if s, err := c.stand(principals, worldStart); err != nil || len(s.pieces) == 0 {
					b.Fatal(s, err)
				}
			}
		})
	}
}
