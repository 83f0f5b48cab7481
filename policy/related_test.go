package policy

import (
	"context"
	"errors"
	"testing"
	"time"
)

func related(t *testing.T, d *Decider, actor Actor) string {
	t.Helper()
	v, err := d.Related(context.Background(), actor)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range v.Parts() {
		if part.All || len(part.Cells) > 0 || v.Sees(part.Customer, int64(part.Customer)*1000+1) {
			t.Errorf("a view of names shows rooms: %+v", part)
		}
	}
	if v.CellsJSON() != "[]" || !v.Everywhere().Empty() || v.Kind() != KindMember {
		t.Errorf("a view of names has cells %s, kind %d", v.CellsJSON(), v.Kind())
	}
	return v.CustomersJSON()
}

// A customer that is closed for the moment still has a name for those who would work for it, and for nobody else.
func TestRelatedKnowsClosedCustomers(t *testing.T) {
	t.Parallel()
	w := openWorld(4)
	store := newFakeStore(w)
	d := NewDecider(store, store.now, Limits{})
	eve := Actor{User: User("eve"), Groups: []Principal{Group("other")}}
	if got := related(t, d, ann); got != "[1,2,3,4]" {
		t.Errorf("all open: %s", got)
	}
	store.change(1, func(c *worldCustomer) { c.Rules.Closed = true })
	store.change(2, func(c *worldCustomer) { c.Rules.Closed, c.Rules.Ceiling = true, nil }) // nothing would come back either
	store.change(3, func(c *worldCustomer) { c.Rules.Assignments[0].Until = worldStart })   // over
	mustRefresh(t, d, ann)
	if got := related(t, d, ann); got != "[1,2]" {
		t.Errorf("some closed: %s", got)
	}
	if got := mustView(t, d, ann, TicketsView).CustomersJSON(); got != "[1]" {
		t.Errorf("a closed customer is in view: %s", got)
	}
	holdings, err := d.Holdings(context.Background(), ann)
	if err != nil || len(holdings) != 1 || holdings[0].Customer != 1 {
		t.Errorf("holdings %v, %v", holdings, err)
	}
	if got := related(t, d, eve); got != "[]" {
		t.Errorf("eve has to do with %s", got)
	}
	store.change(1, func(c *worldCustomer) { c.Rules.Closed = false })
	mustRefresh(t, d, ann)
	if related(t, d, ann) != "[1,2]" || mustView(t, d, ann, TicketsView).CustomersJSON() != "[1,2]" {
		t.Error("the customer did not come back")
	}
}

// Starts and ends count while the relation is closed, too.
func TestRelatedFollowsTheClock(t *testing.T) {
	t.Parallel()
	w := openWorld(1)
	from, until := worldStart.Add(time.Hour), worldStart.Add(2*time.Hour)
	w.Customers[0].Rules.Closed = true
	w.Customers[0].Rules.Assignments[0].From, w.Customers[0].Rules.Assignments[0].Until = from, until
	d := decide(w)
	for _, step := range []struct {
		now  time.Time
		want string
	}{{worldStart, "[]"}, {from.Add(-1), "[]"}, {from, "[1]"}, {until.Add(-1), "[1]"}, {until, "[]"}} {
		w.Now = step.now
		if got := related(t, d, ann); got != step.want {
			t.Errorf("at %v: %s, want %s", step.now, got, step.want)
		}
	}
}

func TestRelatedFailsClosed(t *testing.T) {
	t.Parallel()
	store := newFakeStore(openWorld(1))
	store.failReach = errors.New("the disk is gone")
	d := NewDecider(store, store.now, Limits{})
	for _, actor := range []Actor{ann, {}, {User: Group("desk")}} {
		if v, err := d.Related(context.Background(), actor); err == nil || v != (View{}) {
			t.Errorf("%v: %v, %v", actor, v.Parts(), err)
		}
	}
}

// A relation that is closed waits only for those who would hold something.
func TestStandingWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil         func(*Rules)
		waits, pieces bool
	}{
		"open":          {func(*Rules) {}, false, true},
		"closed":        {func(r *Rules) { r.Closed = true }, true, false},
		"no ceiling":    {func(r *Rules) { r.Closed, r.Ceiling = true, nil }, false, false},
		"no role":       {func(r *Rules) { r.Closed, r.Roles = true, nil }, false, false},
		"no assignment": {func(r *Rules) { r.Closed, r.Assignments = true, nil }, false, false},
		"no room":       {func(r *Rules) { r.Closed, r.Cells = true, nil }, true, false}, // all granted rooms, even while there are none
		"no room in the group": {func(r *Rules) {
			r.Closed, r.Assignments[0].Scopes = true, []Scope{ScopeGroup(7)}
		}, false, false},
	} {
		rules := openWorld(1).Customers[0].Rules
		c.spoil(&rules)
		compiled, err := compile(modelConf, rules)
		if err != nil {
			t.Fatal(err)
		}
		s, err := compiled.stand(ann.principals(), worldStart)
		if err != nil || s.waits != c.waits || (len(s.pieces) > 0) != c.pieces {
			t.Errorf("%s: waits %t, %d pieces, %v", name, s.waits, len(s.pieces), err)
		}
	}
}

// A relation that has a date ends at that very moment, for names as for rooms, without anybody telling; a date that is moved holds like any change.
func TestARelationEndsAtItsMoment(t *testing.T) {
	t.Parallel()
	w := openWorld(2)
	store := newFakeStore(w)
	d := NewDecider(store, store.now, Limits{})
	ends, cell := worldStart.Add(36*time.Hour), w.Customers[0].Rooms[0].Cell
	store.change(0, func(c *worldCustomer) { c.Rules.EndsAt = ends })
	seen := func() string {
		t.Helper()
		a, err := d.Authority(context.Background(), ann, 1)
		if err != nil {
			t.Fatal(err)
		}
		e, err := d.Explain(context.Background(), ann, TicketsView, 1, cell)
		if err != nil {
			t.Fatal(err)
		}
		holds := !a.View(TicketsView).Empty()
		if e.Allowed != holds || (e.Broken == BreakClosed) == holds {
			t.Errorf("the explanation says %t, %s", e.Allowed, e.Broken)
		}
		v := mustView(t, d, ann, TicketsView)
		if holds != v.Sees(1, cell) || holds != (related(t, d, ann) == "[1,2]") {
			t.Error("names, rooms and rules do not end together")
		}
		return v.CustomersJSON()
	}
	store.setClock(ends.Add(-time.Nanosecond))
	mustRefresh(t, d, ann)
	last := mustView(t, d, ann, TicketsView)
	if seen() != "[1,2]" || !last.Until().Equal(ends) || !last.Valid(ends.Add(-time.Nanosecond)) || last.Valid(ends) {
		t.Errorf("before the end: %s until %v", last.CustomersJSON(), last.Until())
	}
	store.setClock(ends)
	if got := seen(); got != "[2]" {
		t.Errorf("at the end: %s", got)
	}
	store.change(0, func(c *worldCustomer) { c.Rules.EndsAt = ends.Add(time.Hour) })
	mustRefresh(t, d, ann)
	if got := seen(); got != "[1,2]" {
		t.Errorf("moved: %s", got)
	}
}
