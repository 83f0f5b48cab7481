package collect

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// A fault of ours while what was found is written is a state of its customer: the server lives, it waits longer each time, and it passes.
func TestAFaultWhileWritingIsAState(t *testing.T) {
	w := settled(t)
	before := w.dump("rooms", "devices", "signals", "incidents")
	c := w.collector
	r := run{lease: store.CollectLease{Customer: w.customers[northwind], Kind: store.CollectDevices}, work: policy.ForWork(w.customers[northwind], "test"), started: w.clock.Now()}
	broken := store.DeviceRules{Room: func(store.RoomBefore) store.RoomAfter { panic("a fault of ours") },
		Missing: func(store.DeviceBefore, int, time.Time, time.Time) store.DeviceAfter { panic("a fault of ours") }}
	_, err := c.write(t.Context(), r, store.CollectOutcome{Lease: r.lease, StartedAt: r.started}, result{devices: &store.DevicesFound{Listed: true, Rules: broken}})
	require.ErrorIs(t, err, errBroke)
	require.Equal(t, before, w.dump("rooms", "devices", "signals", "incidents"))
	w.due(northwind, store.CollectDevices)
	require.Equal(t, StateOK, w.job(northwind, store.CollectDevices).State)
}

// A fault outside of all that has a state leaves the lease to end by itself.
func TestAFaultOfARunEndsNothingElse(t *testing.T) {
	w := settled(t)
	broken := true
	w.collector.cfg.Work = func(customer policy.ID, reason string) policy.View {
		if broken {
			panic("a fault of ours")
		}
		return policy.ForWork(customer, reason)
	}
	w.due(northwind, store.CollectDevices)
	require.True(t, w.job(northwind, store.CollectDevices).Running)
	require.Nil(t, w.collector.Progress(w.customers[northwind]))
	require.Contains(t, string(w.log.Bytes()), "a run broke")
	broken = false
	w.clock.advance(leaseFor + time.Second)
	w.collect()
	require.Equal(t, StateOK, w.job(northwind, store.CollectDevices).State)
}

// What breaks in one of several requests at once breaks in the goroutine of the run, where it becomes a state.
func TestAFaultInTurnsIsOneOfTheRun(t *testing.T) {
	calls := make(chan int, 100)
	require.PanicsWithValue(t, "a fault of ours", func() {
		_ = inTurns(t.Context(), 50, func(i, _ int) error {
			calls <- i
			if i == 3 {
				panic("a fault of ours")
			}
			return nil
		}, errEnough)
	})
	require.Less(t, len(calls), 51)
}

// A check that breaks outside of the single tries is said of all of them, and waits for its day as any other.
func TestABrokenCheckIsSaid(t *testing.T) {
	c := &Collector{cfg: Config{Log: slog.New(slog.DiscardHandler), Now: time.Now}} // without a client even the token breaks
	found := c.try(t.Context(), store.CheckTarget{TenantID: northwind})
	require.Len(t, found, len(graph.Needs()))
	for i, n := range graph.Needs() {
		require.Equal(t, string(n.Capability), found[i].Name)
		if !n.Used {
			require.Equal(t, CanNotUsed, found[i].State)
			continue
		}
		require.Equal(t, CanFailing, found[i].State)
		require.Equal(t, errBroke.Error(), found[i].Detail)
	}
	require.Empty(t, wordOfDevices(found), "nothing follows from it for the devices")
}
