package policy

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

var ann = Actor{User: User("ann"), Groups: []Principal{Group("desk")}}

func mustView(t testing.TB, d *Decider, actor Actor, p Permission) View {
	t.Helper()
	v, err := d.View(context.Background(), actor, p)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func mustRefresh(t testing.TB, d *Decider, actor Actor) {
	t.Helper()
	if err := d.Refresh(context.Background(), actor); err != nil {
		t.Fatal(err)
	}
}

func TestRefreshReadsOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	store := newFakeStore(openWorld(3))
	d := NewDecider(store, store.now, Limits{})
	before := mustView(t, d, ann, TicketsView)
	if before.CustomersJSON() != "[1,2,3]" || before.Version() != 1 {
		t.Fatalf("customers %s of version %d", before.CustomersJSON(), before.Version())
	}

	store.change(1, func(c *worldCustomer) { c.Rules.Ceiling = []Permission{RoomsView} })
	if known := mustView(t, d, ann, TicketsView); known != before {
		t.Error("without a refresh, another view")
	}
	mustRefresh(t, d, ann)
	after := mustView(t, d, ann, TicketsView)
	if after.CustomersJSON() != "[1,3]" || after.Version() != 2 || mustView(t, d, ann, RoomsView).CustomersJSON() != "[1,2,3]" {
		t.Errorf("customers %s of version %d", after.CustomersJSON(), after.Version())
	}
	if store.rulesAsked[1] != 1 || store.rulesAsked[2] != 2 || store.rulesAsked[3] != 1 {
		t.Errorf("rules read %v", store.rulesAsked)
	}

	// A change that is none of ann's business: only the global version moves.
	store.change(2, func(*worldCustomer) {})
	store.world.Customers[2].Rules.Version--
	mustRefresh(t, d, ann)
	moved := mustView(t, d, ann, TicketsView)
	if moved.Version() != 3 || moved.CustomersJSON() != "[1,3]" || moved.One(1).Version() != 3 || store.rulesAsked[3] != 1 {
		t.Errorf("version %d, customers %s, rules read %v", moved.Version(), moved.CustomersJSON(), store.rulesAsked)
	}
}

func TestRefreshFindsNewAndLostCustomers(t *testing.T) {
	t.Parallel()
	store := newFakeStore(openWorld(2))
	d := NewDecider(store, store.now, Limits{})
	eve := Actor{User: User("eve")}
	if v := mustView(t, d, eve, TicketsView); !v.Empty() || v.Version() != 1 {
		t.Fatalf("eve sees %v of version %d", v.Parts(), v.Version())
	}
	store.change(1, func(c *worldCustomer) {
		members := append(slices.Clone(c.Rules.Assignments[0].Members), eve.User)
		c.Rules.Assignments = slices.Clone(c.Rules.Assignments)
		c.Rules.Assignments[0].Members = members
	})
	mustRefresh(t, d, eve)
	if v := mustView(t, d, eve, TicketsView); v.CustomersJSON() != "[2]" {
		t.Errorf("eve sees %s", v.CustomersJSON())
	}
	store.change(1, func(c *worldCustomer) { c.Rules.Closed = true })
	mustRefresh(t, d, eve)
	if v := mustView(t, d, eve, TicketsView); !v.Empty() || v.Version() != 3 {
		t.Errorf("eve sees %s of version %d", v.CustomersJSON(), v.Version())
	}
	if v := mustView(t, d, ann, TicketsView); v.CustomersJSON() != "[1]" {
		t.Errorf("ann sees %s", v.CustomersJSON())
	}
}

// The customer ends between the two reads: the rules are closed, and the other customers stay in view.
func TestCustomerGoneMeanwhile(t *testing.T) {
	t.Parallel()
	store := newFakeStore(openWorld(2))
	d := NewDecider(&goneStore{store, 1}, store.now, Limits{})
	if v := mustView(t, d, ann, TicketsView); v.CustomersJSON() != "[2]" {
		t.Errorf("ann sees %s", v.CustomersJSON())
	}
}

type goneStore struct {
	*fakeStore
	gone ID
}

func (g *goneStore) Rules(ctx context.Context, customer ID) (Rules, error) {
	if customer == g.gone {
		return Rules{Customer: customer, Closed: true}, nil
	}
	return g.fakeStore.Rules(ctx, customer)
}

// A start and an end take effect at their very moment, without anybody saying so.
func TestStartsAndEnds(t *testing.T) {
	t.Parallel()
	w := openWorld(1)
	from, until := worldStart.Add(time.Hour), worldStart.Add(2*time.Hour)
	w.Customers[0].Rules.Assignments[0].From, w.Customers[0].Rules.Assignments[0].Until = from, until
	store := newFakeStore(w)
	d := NewDecider(store, store.now, Limits{})
	for _, step := range []struct {
		now   time.Time
		sees  bool
		until time.Time
	}{
		{worldStart, false, from},
		{from.Add(-time.Nanosecond), false, from},
		{from, true, until},
		{from.In(time.FixedZone("west", -9*3600)), true, until},
		{until.Add(-time.Nanosecond), true, until},
		{until, false, time.Time{}},
		{until.Add(1000 * time.Hour), false, time.Time{}},
	} {
		w.Now = step.now
		v := mustView(t, d, ann, TicketsView)
		if v.Empty() == step.sees || !v.Until().Equal(step.until) || !v.Valid(step.now) {
			t.Errorf("at %v: empty %t until %v, want until %v", step.now, v.Empty(), v.Until(), step.until)
		}
	}
}

func TestUnionIsOfPairs(t *testing.T) {
	t.Parallel()
	w := openWorld(1)
	c := &w.Customers[0]
	c.Rules.Roles = []Role{{ID: 1, Permissions: []Permission{TicketsView}}, {ID: 2, Permissions: []Permission{RoomsView}}}
	c.Rules.Assignments = []Assignment{
		{ID: 1, Role: 1, Members: []Principal{ann.User}, Scopes: []Scope{ScopeRoom(1)}},
		{ID: 2, Role: 2, Members: ann.Groups, Scopes: []Scope{ScopeRoom(2)}},
	}
	c.placeRooms()
	d := decide(w)
	for _, want := range []struct {
		p    Permission
		room int
		sees bool
	}{{TicketsView, 0, true}, {RoomsView, 1, true}, {TicketsView, 1, false}, {RoomsView, 0, false}} {
		if got := mustView(t, d, ann, want.p).Sees(1, c.Rooms[want.room].Cell); got != want.sees {
			t.Errorf("%s in room %d: %t, want %t", want.p, want.room+1, got, want.sees)
		}
	}
}

// The same user with other groups is another actor; the views of one session never serve the other.
func TestGroupsOfASessionCount(t *testing.T) {
	t.Parallel()
	store := newFakeStore(openWorld(1))
	d := NewDecider(store, store.now, Limits{})
	for range 3 {
		for i := range 2 * variantsPerUser {
			other := Actor{User: ann.User, Groups: []Principal{Group(fmt.Sprint("other", i))}}
			if v := mustView(t, d, other, TicketsView); !v.Empty() {
				t.Fatalf("without the group: %s", v.CustomersJSON())
			}
			if v := mustView(t, d, ann, TicketsView); v.CustomersJSON() != "[1]" {
				t.Fatalf("with the group: %s", v.CustomersJSON())
			}
		}
	}
	if n := len(*d.person(ann).states.Load()); n > variantsPerUser {
		t.Errorf("%d sets of groups are kept", n)
	}
	// A session that changes its slice later changes nothing that is known.
	mine := Actor{User: User("bob"), Groups: []Principal{Group("desk")}}
	mustView(t, d, mine, TicketsView)
	mine.Groups[0] = Group("none")
	if v := mustView(t, d, mine, TicketsView); !v.Empty() {
		t.Error("bob has left the group and sees a customer")
	}
}

func TestCachesAreBounded(t *testing.T) {
	t.Parallel()
	store := newFakeStore(openWorld(8))
	d := NewDecider(store, store.now, Limits{Customers: 3, Actors: 2})
	for i := range 10 {
		actor := Actor{User: User(fmt.Sprint("user", i)), Groups: []Principal{Group("desk")}}
		if v := mustView(t, d, actor, TicketsView); len(v.Customers()) != 8 {
			t.Fatalf("user %d sees %s", i, v.CustomersJSON())
		}
	}
	if d.customers.order.Len() != 3 || d.people.order.Len() != 2 || len(d.customers.byKey) != 3 || len(d.people.byKey) != 2 {
		t.Errorf("%d customers and %d people are kept", d.customers.order.Len(), d.people.order.Len())
	}
	if d := NewDecider(store, store.now, Limits{Customers: -1}); d.customers.bound != defaultCustomers || d.people.bound != defaultActors {
		t.Errorf("bounds %d and %d", d.customers.bound, d.people.bound)
	}
}

func TestKnownActorCostsNothing(t *testing.T) {
	store := newFakeStore(openWorld(50))
	d := NewDecider(store, store.now, Limits{})
	actor := Actor{User: User("ann")}
	for i := range 40 {
		actor.Groups = append(actor.Groups, Group(fmt.Sprint("group", i)))
	}
	actor.Groups = append(actor.Groups, Group("desk"))
	ctx := context.Background()
	mustView(t, d, actor, TicketsView).One(7)
	asked, read := store.reachAsked, len(store.rulesAsked)

	for name, ask := range map[string]func() bool{
		"view": func() bool {
			v, err := d.View(ctx, actor, TicketsView)
			return err == nil && !v.Empty() && v.CellsJSON() != "" && v.Valid(worldStart)
		},
		"view of one": func() bool {
			v, err := d.ViewOne(ctx, actor, TicketsView, 7)
			return err == nil && v.Sees(7, 7001)
		},
		"allowed": func() bool {
			allowed, err := d.Allowed(ctx, actor, TicketsView, 7, 7001)
			return err == nil && allowed
		},
		"refused": func() bool {
			allowed, err := d.Allowed(ctx, actor, SettingsView, 7, 7001)
			return err == nil && !allowed
		},
	} {
		if !ask() {
			t.Errorf("%s: wrong answer", name)
		}
		if n := testing.AllocsPerRun(100, func() { ask() }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	if store.reachAsked != asked || len(store.rulesAsked) != read {
		t.Error("the store was asked about a known actor")
	}
}

func TestPermissionsOfTheSameRoomsShareAView(t *testing.T) {
	t.Parallel()
	d := decide(openWorld(3))
	if mustView(t, d, ann, TicketsView) != mustView(t, d, ann, RoomsView) {
		t.Error("two permissions with the same rooms have two views")
	}
	if v := mustView(t, d, ann, SettingsView); !v.Empty() || v == mustView(t, d, ann, RoomsView) {
		t.Error("a permission that is not held has a view")
	}
}

// Many people at once, caches too small, rules that change: each answer is that of some version that was true.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	w := openWorld(4)
	store := newFakeStore(w)
	d := NewDecider(store, store.now, Limits{Customers: 2, Actors: 2})
	ctx := context.Background()
	var people, changes sync.WaitGroup
	done := make(chan struct{})
	changes.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				// Odd versions of the first customer are open, even ones are closed.
				store.change(0, func(c *worldCustomer) { c.Rules.Closed = c.Rules.Version%2 == 1 })
			}
		}
	})
	for i := range 6 {
		people.Go(func() {
			actor := Actor{User: User(fmt.Sprint("user", i%3)), Groups: []Principal{Group("desk")}}
			for range 150 {
				if err := d.Refresh(ctx, actor); err != nil {
					t.Error(err)
					return
				}
				v, err := d.View(ctx, actor, TicketsView)
				if err != nil {
					t.Error(err)
					return
				}
				for _, part := range v.Parts() {
					if part.Customer == 1 && part.Version%2 == 0 {
						t.Errorf("version %d is closed, but in view", part.Version)
					}
				}
				if !v.Sees(4, 4001) || v.Sees(4, 3001) || v.Sees(5, 5001) || !v.One(2).Sees(2, 2001) {
					t.Error("the other customers are not as they should be")
				}
				if holdings, err := d.Holdings(ctx, actor); err != nil || len(holdings) < 3 {
					t.Errorf("holdings %v, %v", holdings, err)
				}
				if e, err := d.Explain(ctx, actor, TicketsView, 3, 3001); err != nil || !e.Allowed {
					t.Errorf("explained %v, %v", e, err)
				}
			}
		})
	}
	people.Wait()
	close(done)
	changes.Wait()
}

func TestSourceThatAnswersTwice(t *testing.T) {
	t.Parallel()
	w := openWorld(1)
	w.Customers = append(w.Customers, w.Customers[0])
	if v, err := decide(w).View(context.Background(), ann, TicketsView); err == nil || !v.Empty() {
		t.Errorf("customers %s, %v", v.CustomersJSON(), err)
	}
}
