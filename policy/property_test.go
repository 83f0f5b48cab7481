package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// compare asks the Decider everything about every actor of the world and returns the first answer that is not that of
// the naive evaluator.
func compare(w *world, d *Decider) error {
	for _, actor := range worldActors {
		for _, p := range append([]Permission{SettingsView}, worldPermissions...) {
			if err := compareView(w, d, actor, p); err != nil {
				return fmt.Errorf("%v %s: %w", actor, p, err)
			}
		}
		if err := compareHoldings(w, d, actor); err != nil {
			return fmt.Errorf("%v: %w", actor, err)
		}
		if err := compareRelated(w, d, actor); err != nil {
			return fmt.Errorf("%v: %w", actor, err)
		}
		if err := compareStepUps(w, d, actor); err != nil {
			return fmt.Errorf("%v: %w", actor, err)
		}
	}
	return nil
}

// compareRelated wants the customers where the actor holds something, or would if the relation were not closed; and no cell.
func compareRelated(w *world, d *Decider, actor Actor) error {
	v, err := d.Related(context.Background(), actor)
	if err != nil {
		return err
	}
	named, err := d.Named(context.Background(), actor)
	if err != nil {
		return err
	}
	for _, c := range w.Customers {
		rules := c.Rules
		rules.Closed, rules.StrongAuth = false, ""
		want := slices.ContainsFunc(Permissions(), func(p Permission) bool {
			return mayUseEverywhere(rules, actor, p, w.Now) ||
				slices.ContainsFunc(c.Rooms, func(r worldRoom) bool { return mayUse(rules, actor, p, r, w.Now) })
		})
		if got := slices.Contains(named.Customers(), c.Rules.Customer); got != want {
			return fmt.Errorf("customer %d has a name: %t, want %t", c.Rules.Customer, got, want)
		}
		want = want && (c.Rules.Closed || c.Rules.StrongAuth == "" || slices.Contains(actor.Contexts, c.Rules.StrongAuth))
		if got := slices.Contains(v.Customers(), c.Rules.Customer); got != want {
			return fmt.Errorf("customer %d is related: %t, want %t", c.Rules.Customer, got, want)
		}
		for _, room := range c.Rooms {
			if v.Sees(c.Rules.Customer, room.Cell) {
				return fmt.Errorf("room %d of customer %d is in a view of names", room.ID, c.Rules.Customer)
			}
		}
	}
	if named.CellsJSON() != "[]" || v.CellsJSON() != "[]" || !v.Everywhere().Empty() || v.Version() != w.Version {
		return fmt.Errorf("related: cells %s, everywhere %v, version %d", v.CellsJSON(), v.Everywhere().Parts(), v.Version())
	}
	return nil
}

// compareStepUps wants the customers in which the actor would hold something if it signed in as they demand, and none that is closed anyway.
func compareStepUps(w *world, d *Decider, actor Actor) error {
	got, err := d.StepUps(context.Background(), actor)
	if err != nil {
		return err
	}
	var want []StepUp
	for _, c := range w.Customers {
		rules := c.Rules
		rules.StrongAuth = ""
		would := slices.ContainsFunc(Permissions(), func(p Permission) bool {
			return mayUseEverywhere(rules, actor, p, w.Now) ||
				slices.ContainsFunc(c.Rooms, func(r worldRoom) bool { return mayUse(rules, actor, p, r, w.Now) })
		})
		if would && c.Rules.StrongAuth != "" && !slices.Contains(actor.Contexts, c.Rules.StrongAuth) {
			want = append(want, StepUp{c.Rules.Customer, c.Rules.StrongAuth})
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("waits for %v, want %v", got, want)
	}
	return nil
}

func compareView(w *world, d *Decider, actor Actor, p Permission) error {
	ctx := context.Background()
	v, err := d.View(ctx, actor, p)
	if err != nil {
		return err
	}
	if v.Version() != w.Version || !v.Valid(w.Now) {
		return fmt.Errorf("the view is of version %d until %v", v.Version(), v.Until())
	}
	var cells []int64
	if err := json.Unmarshal([]byte(v.CellsJSON()), &cells); err != nil {
		return err
	}
	var customers []ID
	for _, c := range w.Customers {
		all := mayUseEverywhere(c.Rules, actor, p, w.Now)
		some := all
		for _, room := range c.Rooms {
			want := mayUse(c.Rules, actor, p, room, w.Now)
			some = some || want
			allowed, err := d.Allowed(ctx, actor, p, c.Rules.Customer, room.Cell)
			if err != nil {
				return err
			}
			explained, err := d.Explain(ctx, actor, p, c.Rules.Customer, room.Cell)
			if err != nil {
				return err
			}
			listed := slices.Contains(cells, room.Cell)
			if allowed != want || listed != want || explained.Allowed != want || v.Sees(c.Rules.Customer, room.Cell) != want {
				return fmt.Errorf("room %d of customer %d: allowed %t, in the list %t, explained %t, want %t",
					room.ID, c.Rules.Customer, allowed, listed, explained.Allowed, want)
			}
		}
		if some {
			customers = append(customers, c.Rules.Customer)
		}
		one, err := d.ViewOne(ctx, actor, p, c.Rules.Customer)
		if err != nil {
			return err
		}
		if one.Empty() == some || one.Version() != w.Version {
			return fmt.Errorf("customer %d narrowed: empty %t, version %d", c.Rules.Customer, one.Empty(), one.Version())
		}
		if everywhere := !v.Everywhere().One(c.Rules.Customer).Empty(); everywhere != all {
			return fmt.Errorf("customer %d: everywhere %t, want %t", c.Rules.Customer, everywhere, all)
		}
	}
	if !slices.Equal(v.Customers(), customers) && len(v.Customers())+len(customers) > 0 {
		return fmt.Errorf("customers %v, want %v", v.Customers(), customers)
	}
	return compareUntil(w, actor, p, v)
}

// compareUntil proves that nothing changes by itself before the view's end.
func compareUntil(w *world, actor Actor, p Permission, v View) error {
	for hour := range 8 {
		at := worldStart.Add(time.Duration(hour) * time.Hour)
		if !at.After(w.Now) || !v.Valid(at) {
			continue
		}
		for _, c := range w.Customers {
			for _, room := range c.Rooms {
				if mayUse(c.Rules, actor, p, room, at) != v.Sees(c.Rules.Customer, room.Cell) {
					return fmt.Errorf("room %d of customer %d changes at %v, but the view is valid until %v",
						room.ID, c.Rules.Customer, at, v.Until())
				}
			}
		}
	}
	return nil
}

func compareHoldings(w *world, d *Decider, actor Actor) error {
	holdings, err := d.Holdings(context.Background(), actor)
	if err != nil {
		return err
	}
	var want []Holding
	for _, c := range w.Customers {
		h := Holding{Customer: c.Rules.Customer, Version: c.Rules.Version, Permissions: []Permission{}, Everywhere: []Permission{}}
		for _, p := range Permissions() {
			all := mayUseEverywhere(c.Rules, actor, p, w.Now)
			if all {
				h.Everywhere = append(h.Everywhere, p)
			}
			if all || slices.ContainsFunc(c.Rooms, func(r worldRoom) bool { return mayUse(c.Rules, actor, p, r, w.Now) }) {
				h.Permissions = append(h.Permissions, p)
			}
		}
		if len(h.Permissions) > 0 {
			want = append(want, h)
		}
	}
	if fmt.Sprint(holdings) != fmt.Sprint(want) {
		return fmt.Errorf("holdings %v, want %v", holdings, want)
	}
	return nil
}

// fixedWorlds are the same in every run.
func fixedWorlds(n int) []*world {
	list := make([]*world, n)
	for seed := range list {
		list[seed] = worlds.Example(seed + 1)
	}
	return list
}

func decide(w *world) *Decider {
	store := newFakeStore(w)
	return NewDecider(store, store.now, Limits{})
}

func TestDeciderAgreesOnFixedWorlds(t *testing.T) {
	t.Parallel()
	var seen, denied int
	for seed, w := range fixedWorlds(60) {
		if err := compare(w, decide(w)); err != nil {
			t.Errorf("world %d: %v", seed+1, err)
		}
		for _, c := range w.Customers {
			for _, room := range c.Rooms {
				for _, actor := range worldActors {
					if mayUse(c.Rules, actor, TicketsView, room, w.Now) {
						seen++
					} else {
						denied++
					}
				}
			}
		}
	}
	if seen < 100 || denied < 100 {
		t.Fatalf("the worlds prove little: %d allowed, %d denied", seen, denied)
	}
}

func TestDeciderAgreesOnRandomWorlds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		if err := compare(w, decide(w)); err != nil {
			t.Fatal(err)
		}
	})
}

// One Decider lives through changes, refreshed when the version says so, as the API does it, with
// caches that are large enough or too small.
func TestDeciderAgreesWhileWorldsChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t, "world")
		store := newFakeStore(w)
		d := NewDecider(store, store.now, Limits{
			Customers: rapid.IntRange(1, 4).Draw(t, "customers kept"),
			Actors:    rapid.IntRange(1, 8).Draw(t, "actors kept"),
		})
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "time passes") {
				w.Now = w.Now.Add(time.Hour)
			} else {
				i := rapid.IntRange(0, len(w.Customers)-1).Draw(t, "who changes")
				store.change(i, func(c *worldCustomer) {
					version := c.Rules.Version
					*c = drawCustomer(t, c.Rules.Customer)
					c.Rules.Version = version
				})
			}
			for _, actor := range worldActors {
				v, err := d.View(context.Background(), actor, RoomsView)
				if err != nil {
					t.Fatal(err)
				}
				if v.Version() == w.Version {
					continue
				}
				if err := d.Refresh(context.Background(), actor); err != nil {
					t.Fatal(err)
				}
			}
			if err := compare(w, d); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestDeciderFailsClosed(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	ann := worldActors[1]
	tests := []struct {
		name  string
		spoil func(*fakeStore, *Decider)
		actor Actor
		ask   Permission
	}{
		{"reach fails", func(f *fakeStore, _ *Decider) { f.failReach = broken }, ann, TicketsView},
		{"rules fail", func(f *fakeStore, _ *Decider) { f.failRules = broken }, ann, TicketsView},
		{"rules of another customer", func(f *fakeStore, _ *Decider) { f.rulesOfOther = true }, ann, TicketsView},
		{"model broken", func(_ *fakeStore, d *Decider) { d.model = "[matchers]" }, ann, TicketsView},
		{"unknown permission", func(*fakeStore, *Decider) {}, ann, "rooms.everything"},
		{"empty permission", func(*fakeStore, *Decider) {}, ann, ""},
		{"nobody", func(*fakeStore, *Decider) {}, Actor{}, TicketsView},
		{"a group as user", func(*fakeStore, *Decider) {}, Actor{User: Group("desk")}, TicketsView},
		{"an assignment as user", func(*fakeStore, *Decider) {}, Actor{User: Principal(assignmentName(1))}, TicketsView},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store := newFakeStore(openWorld(2))
			d := NewDecider(store, store.now, Limits{})
			test.spoil(store, d)
			v, err := d.View(context.Background(), test.actor, test.ask)
			if err == nil {
				t.Error("no error")
			}
			if !v.Empty() || v.CellsJSON() != "[]" || v.Kind() != KindNone {
				t.Errorf("a view in spite of the error: %v", v.Parts())
			}
			if allowed, _ := d.Allowed(context.Background(), test.actor, test.ask, 1, 1001); allowed {
				t.Error("allowed in spite of the error")
			}
		})
	}
}

// openWorld has customers in each of which everybody of the desk is primary admin of two rooms.
func openWorld(customers int) *world {
	w := &world{Now: worldStart, Version: 1}
	for i := range customers {
		c := worldCustomer{
			Rules: Rules{
				Customer: ID(i + 1), Version: 1, Ceiling: DefaultCeiling(),
				Roles:       []Role{{ID: 1, Name: "Primary admins", Permissions: DefaultCeiling()}},
				Assignments: []Assignment{{ID: 1, Name: "Assigned admins", Role: 1, Members: []Principal{Group("desk")}, Scopes: []Scope{ScopeAll}}},
			},
			Rooms: []worldRoom{{ID: 1}, {ID: 2}},
		}
		c.placeRooms()
		w.Customers = append(w.Customers, c)
	}
	return w
}
