package policy

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

// A crowd whose views went stale at once reads the rules once more, not once each. What was read, or begun to be read, before
// somebody noticed the change does not serve: it may be from before the change.
func TestCrowdRefreshesOnce(t *testing.T) {
	t.Parallel()
	store := newFakeStore(openWorld(2))
	d := NewDecider(store, store.now, Limits{})
	other := Actor{User: ann.User, Groups: []Principal{Group("desk"), Group("field")}}
	mustView(t, d, ann, TicketsView)
	p := d.person(ann)
	refresh := func(actor Actor, noticed int64, reads int) {
		t.Helper()
		if err := d.refresh(context.Background(), p, actor, noticed); err != nil {
			t.Fatal(err)
		}
		if store.reachAsked != reads {
			t.Fatalf("%d reads, want %d", store.reachAsked, reads)
		}
	}

	store.change(0, func(c *worldCustomer) { c.Rules.Closed = true })
	noticed := p.begun.Load() // by all of the crowd, who then wait for their turn
	refresh(ann, noticed, 2)
	for range 10 {
		refresh(ann, noticed, 2)
	}
	if v := mustView(t, d, ann, TicketsView); v.CustomersJSON() != "[2]" || v.Version() != 2 {
		t.Errorf("customers %s of version %d", v.CustomersJSON(), v.Version())
	}
	refresh(other, noticed, 3) // another set of groups is another actor
	refresh(other, noticed, 3)

	store.change(0, func(c *worldCustomer) { c.Rules.Closed = false })
	refresh(ann, p.begun.Load(), 4) // who notices later than that reads again
	if v := mustView(t, d, ann, TicketsView); v.CustomersJSON() != "[1,2]" {
		t.Errorf("customers %s", v.CustomersJSON())
	}

	// A read that failed serves nobody.
	noticed = p.begun.Load()
	store.failReach = errors.New("the disk is gone")
	if err := d.refresh(context.Background(), p, ann, noticed); err == nil {
		t.Error("no error")
	}
	store.failReach = nil
	refresh(ann, noticed, 6)

	// Nor does one whose time is over: an assignment began or ended since.
	until := worldStart.Add(time.Hour)
	store.change(1, func(c *worldCustomer) { c.Rules.Assignments[0].Until = until })
	noticed = p.begun.Load()
	refresh(ann, noticed, 7)
	store.world.Now = until
	refresh(ann, noticed, 8)
	if v := mustView(t, d, ann, TicketsView); v.CustomersJSON() != "[1]" {
		t.Errorf("customers %s", v.CustomersJSON())
	}
}

func TestEverybodyGetsTheSamePerson(t *testing.T) {
	t.Parallel()
	c := newLRU[int, *int](2)
	got := make([]*int, 50)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() { got[i] = c.getOrPut(7, func() *int { return new(int) }) })
	}
	all.Wait()
	for _, p := range got {
		if p != got[0] {
			t.Fatal("two values for one key")
		}
	}
	c.put(8, nil)
	c.getOrPut(7, nil) // used again
	c.put(9, nil)
	if _, found := c.get(8); found || c.order.Len() != 2 {
		t.Error("what was used last was dropped")
	}
}
