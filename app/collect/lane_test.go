package collect

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/policy"
	"roomward/store"
)

const patient = 20 * time.Second // how long a test waits for what goes on beside it; never the expected time

// holdTokens makes Entra's answers for a tenant wait until release is called. held tells how many wait.
func (w *world) holdTokens(tenant string) (held *atomic.Int32, release func()) {
	held = &atomic.Int32{}
	gate := make(chan struct{})
	w.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/login/"+tenant+"/") {
			held.Add(1)
			select {
			case <-gate:
			case <-r.Context().Done():
			}
		}
		return false
	})
	release = sync.OnceFunc(func() { close(gate) })
	w.t.Cleanup(release)
	return held, release
}

func TestFirstCollectionStartsAtOnceAndShowsItsProgress(t *testing.T) {
	w := newWorld(t, estate(northwind, "Northwind", 12))
	w.collector = New(func() Config { c := w.collector.cfg; c.Tick = time.Hour; return c }()) // no tick comes in time: the kick must do it
	w.running()
	require.Eventually(t, func() bool { return len(w.lane(store.CollectPlaces).wake) == 0 }, patient, time.Millisecond)
	seen := make(chan Progress, 100)
	var id policy.ID
	var mu sync.Mutex
	w.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if p := w.collector.Progress(id); p != nil {
			select {
			case seen <- *p:
			default:
			}
		}
		return false
	})
	mu.Lock()
	id = w.accept(northwind, "Northwind", all())
	mu.Unlock()
	require.Nil(t, w.collector.Progress(id))
	w.collector.Kick()
	require.Eventually(t, func() bool { return w.job(northwind, store.CollectDevices).State == StateOK }, patient, 5*time.Millisecond)
	require.Len(t, w.rooms(), 12)
	require.Eventually(t, func() bool { return w.collector.Progress(id) == nil }, patient, time.Millisecond)
	w.answerWith(nil)
	close(seen)
	steps := map[string]bool{}
	for p := range seen {
		steps[p.Step] = true
		if p.Step == "health" {
			require.Equal(t, 12, p.Total)
			require.Less(t, p.Done, 12)
		}
	}
	require.Equal(t, map[string]bool{"places": true, "devices": true, "health": true}, steps)
}

func TestStoppedInTheMiddleNothingIsHalfWritten(t *testing.T) {
	w := newWorld(t, estate(northwind, "Northwind", 30))
	w.accept(northwind, "Northwind", all())
	w.collect()
	for i := range 30 {
		require.NoError(t, w.cloud.Break(northwind, estate(northwind, "Northwind", 30).Rooms[i].Email, cloudsim.Speaker))
	}
	before := w.dump()
	w.clock.set(w.job(northwind, store.CollectDevices).DueAt)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var health atomic.Int32
	w.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/health") && health.Add(1) == 10 {
			stop()
		}
		return false
	})
	l := w.lane(store.CollectDevices)
	require.NoError(t, w.collector.start(ctx, l))
	l.runs.Wait()
	require.GreaterOrEqual(t, health.Load(), int32(10), "it was in the middle")
	require.Equal(t, before, w.dump())
	job := w.job(northwind, store.CollectDevices)
	require.False(t, job.Running, "the lease went back")
	require.False(t, job.DueAt.After(w.clock.Now()), "and the job is due")
	require.Equal(t, StateOK, job.State)

	w.answerWith(nil)
	w.collect()
	require.Len(t, w.incidents("speaker"), 30)
}

// What a killed process has leased is free again when the next one starts.
func TestLeasesOfADeadProcessAreReleased(t *testing.T) {
	w := newWorld(t, estate(northwind, "Northwind", 2))
	w.accept(northwind, "Northwind", all())
	leases, err := w.store.ClaimCollect(t.Context(), store.CollectPlaces, store.QueueAll, 10, time.Hour)
	require.NoError(t, err)
	require.Len(t, leases, 1)
	due, err := w.store.CollectDue(t.Context(), store.CollectPlaces, store.QueueAll)
	require.NoError(t, err)
	require.False(t, due)
	w.running()
	require.Eventually(t, func() bool { return w.job(northwind, store.CollectDevices).State == StateOK }, patient, 5*time.Millisecond)
}

func TestSlowCustomerDelaysNobody(t *testing.T) {
	w := newWorld(t, estate(northwind, "Northwind", 3), estate(adatum, "Adatum", 3))
	w.accept(northwind, "Northwind", all())
	w.accept(adatum, "Adatum", all())
	held, release := w.holdTokens(northwind)
	w.running()
	require.Eventually(t, func() bool { return held.Load() > 0 }, patient, time.Millisecond)
	require.Eventually(t, func() bool { return w.job(adatum, store.CollectDevices).State == StateOK }, patient, 5*time.Millisecond)
	require.True(t, w.job(northwind, store.CollectPlaces).Running)
	require.Equal(t, StateNew, w.job(northwind, store.CollectPlaces).State)
	release()
	require.Eventually(t, func() bool { return w.job(northwind, store.CollectDevices).State == StateOK }, patient, 5*time.Millisecond)
}

func TestStopWaitsForTheRuns(t *testing.T) {
	w := newWorld(t, estate(northwind, "Northwind", 3))
	w.accept(northwind, "Northwind", all())
	held, _ := w.holdTokens(northwind)
	stop := w.running()
	require.Eventually(t, func() bool { return held.Load() > 0 }, patient, time.Millisecond)
	stop()
	require.False(t, w.job(northwind, store.CollectPlaces).Running)
	require.Empty(t, w.dump("rooms"))
	require.Empty(t, w.dump("collect_runs"), "a run that was stopped has not failed")
}

// Many collectors over one store: a customer is never in two hands, and its two kinds of work never at once.
func TestNeverTwoRunsOfOneCustomer(t *testing.T) {
	tenants := []*cloudsim.Tenant{estate(northwind, "Northwind", 8), estate(adatum, "Adatum", 8)}
	w := newWorld(t, tenants...)
	var mu sync.Mutex
	working, worst := map[policy.ID]int{}, 0
	cfg := w.collector.cfg
	cfg.Places, cfg.Devices = 3*time.Second, time.Second
	cfg.Work = func(customer policy.ID, reason string) policy.View {
		mu.Lock()
		defer mu.Unlock()
		working[customer]++
		worst = max(worst, working[customer])
		return policy.ForWork(customer, reason)
	}
	w.answerWith(func(http.ResponseWriter, *http.Request) bool { return false })
	w.accept(northwind, "Northwind", all())
	w.accept(adatum, "Adatum", all())
	var collectors []*Collector
	for range 3 {
		collectors = append(collectors, New(cfg))
	}
	for range 30 {
		var together sync.WaitGroup
		for _, c := range collectors {
			for _, l := range c.lanes {
				together.Go(func() {
					leases, err := w.store.ClaimCollect(t.Context(), l.kind, store.QueueAll, 4, time.Minute)
					require.NoError(t, err)
					for _, lease := range leases {
						c.attend(t.Context(), lease, longestRun)
						mu.Lock()
						working[lease.Customer]--
						mu.Unlock()
					}
				})
			}
		}
		together.Wait()
		w.clock.advance(time.Second)
	}
	require.Equal(t, 1, worst)
	require.Equal(t, StateOK, w.job(northwind, store.CollectDevices).State)
	require.Greater(t, len(w.dump("collect_runs")), 40)
	require.Len(t, w.dump("rooms"), 16)
}

// A run that outlives its lease writes nothing: another may have taken over.
func TestLostLeaseWritesNothing(t *testing.T) {
	w := newWorld(t, traders())
	id := w.accept(northwind, "Northwind", all())
	leases, err := w.store.ClaimCollect(t.Context(), store.CollectPlaces, store.QueueAll, 1, time.Minute)
	require.NoError(t, err)
	w.clock.advance(2 * time.Minute)
	again, err := w.store.ClaimCollect(t.Context(), store.CollectPlaces, store.QueueAll, 1, time.Minute)
	require.NoError(t, err)
	require.Len(t, again, 1)
	require.ErrorIs(t, w.collector.collect(t.Context(), leases[0], longestRun), store.ErrLeaseLost)
	require.Empty(t, w.dump("rooms"))
	require.NoError(t, w.collector.collect(t.Context(), again[0], longestRun))
	require.Len(t, w.dump("rooms"), 5)
	_, err = w.store.ApplyPlaces(t.Context(), policy.ForWork(id, "test"), store.CollectOutcome{Lease: store.CollectLease{Customer: policy.NewID()}}, nil)
	require.Error(t, err)
}

func TestBrokenRunIsAStateAndNotTheEnd(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", all())
	cfg := w.collector.cfg
	w.collector.cfg.Graph = nil // the first use panics
	w.collect()
	job := w.job(northwind, store.CollectPlaces)
	require.Equal(t, StateInternal, job.State)
	require.True(t, job.DueAt.After(w.clock.Now()))
	w.collector.cfg = cfg
	w.due(northwind, store.CollectPlaces)
	require.Equal(t, StateOK, w.job(northwind, store.CollectPlaces).State)
}

func TestNextMoment(t *testing.T) {
	c := New(Config{})
	started := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	minutes := map[int]int{}
	for range 2000 {
		id := policy.NewID()
		at := c.next(id, store.CollectDevices, good(), 0, started, started.Add(time.Second))
		require.True(t, at.After(started.Add(2*time.Minute)) && at.Before(started.Add(8*time.Minute)), at)
		minutes[at.Minute()]++
		for range 3 { // from then on exactly one period after the other, however long a run takes
			following := c.next(id, store.CollectDevices, good(), 0, at.Add(100*time.Millisecond), at.Add(time.Minute))
			require.Equal(t, 5*time.Minute, following.Sub(at))
			at = following
		}
	}
	for m := range 5 {
		require.InDelta(t, 400, minutes[m+3]+minutes[m+8]+minutes[m-2], 120, "minute %d: %v", m, minutes)
	}

	id := policy.NewID()
	last := time.Duration(0)
	for failures := range 12 {
		wait := c.next(id, store.CollectDevices, verdict{state: StateUnreachable}, failures, started, started).Sub(started)
		require.GreaterOrEqual(t, wait, min(time.Minute<<failures, 30*time.Minute))
		require.LessOrEqual(t, wait, 36*time.Minute)
		if failures < 5 {
			require.Greater(t, wait, last)
		}
		last = wait
	}
	wait := c.next(id, store.CollectPlaces, verdict{state: StateThrottled, wait: 2 * time.Hour}, 50, started, started).Sub(started)
	require.GreaterOrEqual(t, wait, 2*time.Hour)
}
