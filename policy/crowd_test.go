package policy

import (
	"context"
	"errors"
	"sync"
	"testing"
)

// slowStore lets a test hold the Source while it reads.
type slowStore struct {
	*fakeStore
	asked chan struct{}
	held  chan error
}

func (s *slowStore) Reach(ctx context.Context, principals []Principal) (int64, []Reach, error) {
	version, reach, err := s.fakeStore.Reach(ctx, principals)
	s.asked <- struct{}{}
	if failure := <-s.held; failure != nil {
		return 0, nil, failure
	}
	return version, reach, err
}

// A crowd whose views went stale at once reads the rules once more, not once each. What was read before somebody noticed the change does
// not serve: it may be from before the change.
func TestCrowdRefreshesOnce(t *testing.T) {
	t.Parallel()
	store := &slowStore{newFakeStore(openWorld(2)), make(chan struct{}), make(chan error)}
	d := NewDecider(store, store.now, Limits{})
	ctx := context.Background()
	refreshed := make(chan error)
	refresh := func(actor Actor) { refreshed <- d.Refresh(ctx, actor) }

	go refresh(ann)
	<-store.asked // it has read the first version
	store.change(0, func(c *worldCustomer) { c.Rules.Closed = true })
	const crowd = 10
	p := d.person(ann)
	called := p.begun.Load()
	for range crowd {
		go refresh(ann)
	}
	store.held <- nil
	if err := <-refreshed; err != nil {
		t.Fatal(err)
	}
	<-store.asked // one of the crowd: what the first one read is not good enough
	if v := (View{p.find(ann.Groups).view(0)}); v.CustomersJSON() != "[1,2]" || p.begun.Load() != called+1 {
		t.Errorf("customers %s after %d builds", v.CustomersJSON(), p.begun.Load())
	}
	store.held <- nil
	// Whoever was late to call while that ran may read once more; nobody else does.
	extra := 0
	for done := 0; done < crowd; {
		select {
		case err := <-refreshed:
			if done++; err != nil {
				t.Error(err)
			}
		case <-store.asked:
			extra++
			store.held <- nil
		}
	}
	if extra > 1 {
		t.Errorf("%d more reads for a crowd of %d", extra, crowd)
	}
	if v := (View{p.find(ann.Groups).view(0)}); v.CustomersJSON() != "[2]" || v.Version() != 2 {
		t.Errorf("customers %s of version %d", v.CustomersJSON(), v.Version())
	}

	// A read that failed serves nobody.
	go refresh(ann)
	<-store.asked
	go refresh(ann)
	store.held <- errors.New("the disk is gone")
	if err := <-refreshed; err == nil {
		t.Error("no error")
	}
	<-store.asked
	store.held <- nil
	if err := <-refreshed; err != nil {
		t.Error(err)
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
	if _, found := c.get(8); found || c.len() != 2 {
		t.Error("what was used last was dropped")
	}
}
