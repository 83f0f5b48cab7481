package collect

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/graph"
	"roomward/store"
)

// runFor lets the collector of the app work for a while and stops it.
func (w *world) runFor(d time.Duration) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.t.Context(), d)
	defer stop()
	w.collector.Run(ctx)
}

// polls counts the good runs of devices since a moment, by tenant.
func (w *world) polls(since time.Time) map[string]int {
	w.t.Helper()
	rows, err := w.open().QueryContext(w.t.Context(), `SELECT c.tenant_id, count(r.id) FROM customers c
		LEFT JOIN collect_runs r ON r.customer_id = c.id AND r.kind = 'devices' AND r.result = 'ok' AND r.started_at >= $1
		GROUP BY 1`, since.UnixMilli())
	require.NoError(w.t, err)
	defer func() { _ = rows.Close() }()
	out := map[string]int{}
	for rows.Next() {
		var tenant string
		var n int
		require.NoError(w.t, rows.Scan(&tenant, &n))
		out[tenant] = n
	}
	require.NoError(w.t, rows.Err())
	return out
}

// perMinute is how many device jobs become due in each minute of a period.
func (w *world) perMinute(period time.Duration) []int {
	out := make([]int, period/time.Minute)
	for _, jobs := range w.jobs() {
		out[time.Duration(jobs[store.CollectDevices].DueAt.UnixNano())%period/time.Minute]++
	}
	return out
}

// Customers that were accepted in the same moment do not stay together, and a restart after which all are overdue is limited by the budget:
// Microsoft refuses nothing, and afterwards everybody has its own moment again.
func TestNoHerd(t *testing.T) {
	tenants := fleet(40, 4, 1)
	inOwnTime(t, tenants, cloudsim.Limits{TeamsPerTenant: 30, TeamsOverall: 17, PlacesAtOnce: 4}, graph.Budget{Overall: 15}, func(t *testing.T, w *world) {
		w.acceptAll(tenants)
		w.runFor(10 * time.Minute)
		spread := func() {
			t.Helper()
			due := w.perMinute(5 * time.Minute)
			require.LessOrEqual(t, slices.Max(due), 20, "of 40 customers in one of five minutes: %v", due) // ids are random: it is about 8
		}
		spread()
		begun := time.Now()
		w.runFor(20 * time.Minute)
		for tenant, n := range w.polls(begun) {
			require.InDelta(t, 4, n, 1, tenant)
		}

		pass(3 * time.Hour) // nothing runs: everybody is overdue
		restarted := time.Now()
		w.collector = New(w.collector.cfg)
		before := total(w.cloud.AllRequests())
		w.runFor(5 * time.Second)
		require.LessOrEqual(t, total(w.cloud.AllRequests())-before, 5*15+2, "requests in the first five seconds")
		require.Positive(t, w.number(`SELECT count(*) FROM collect_jobs WHERE due_at <= $1`, time.Now().UnixMilli()), "and so it is not done yet")
		w.runFor(10 * time.Minute)
		for tenant, n := range w.polls(restarted) {
			require.GreaterOrEqual(t, n, 2, tenant)
		}
		spread()
		require.Zero(t, w.cloud.AllRequests()["throttled"])
	})
}

// The budget that we have by default keeps every limit of Microsoft's, in the worst case too: everything is new, and the largest customer is one
// of them.
func TestDefaultBudgetKeepsMicrosoftsLimits(t *testing.T) {
	tenants := append(fleet(20, 8, 1), fleet(21, 300, 30)[20])
	inOwnTime(t, tenants, cloudsim.MicrosoftLimits(), graph.Budget{}, func(t *testing.T, w *world) {
		w.acceptAll(tenants)
		w.runFor(6 * time.Minute)
		for tenant, jobs := range w.jobs() {
			require.Equal(t, StateOK, jobs[store.CollectDevices].State, tenant)
		}
		require.Zero(t, w.cloud.AllRequests()["throttled"])
	})
}

// Without a budget the same fleet is refused by the same limits: the test above proves something.
func TestSimulatedLimitsBite(t *testing.T) {
	tenants := fleet(1, 60, 1)
	inOwnTime(t, tenants, cloudsim.MicrosoftLimits(), graph.Budget{PerTenant: 1e6, Overall: 1e6}, func(t *testing.T, w *world) {
		w.acceptAll(tenants)
		w.runFor(time.Minute)
		require.Positive(t, w.cloud.AllRequests()["throttled"])
	})
}

// A tenant that does not answer costs its own customer a collection, and nobody else more than the 30 seconds that its first silence keeps a
// worker: not even when there are far more of them than workers.
func TestSilentTenantsDelayNobody(t *testing.T) {
	const sound, silent = 5, 60
	tenants := fleet(sound+silent, 2, 0)
	inOwnTime(t, tenants, cloudsim.Limits{}, graph.Budget{}, func(t *testing.T, w *world) {
		w.acceptAll(tenants)
		w.runFor(10 * time.Minute)
		w.collector.lanes = []*lane{ // a thirty-second of the workers
			newLane(store.CollectPlaces, store.QueueSound, soundRun, 1),
			newLane(store.CollectPlaces, store.QueueFailing, longestRun, 1),
			newLane(store.CollectDevices, store.QueueSound, soundRun, devicesWorkers/32),
			newLane(store.CollectDevices, store.QueueFailing, longestRun, devicesWorkersFailing/32),
		}
		asked := w.hang(tenants[sound:])
		pass(2 * time.Hour) // tokens end while nothing runs
		w.runFor(17 * time.Minute)
		require.Len(t, asked(), silent, "two workers get through sixty silences of 30 seconds in 15 minutes")
		begun := time.Now()
		w.runFor(40 * time.Minute)
		for tenant, n := range w.polls(begun) {
			if asked()[tenant] > 0 {
				require.Zero(t, n, tenant)
				continue
			}
			require.GreaterOrEqual(t, n, 7, "%s answers, and is read every 5 minutes", tenant)
		}
		w.answerWith(nil)
		begun = time.Now()
		w.runFor(50 * time.Minute)
		for tenant, n := range w.polls(begun) {
			require.Positive(t, n, tenant)
		}
	})
}

// A tenant that refuses for being asked too much is left alone as long as it wants, and the others go on.
func TestThrottledTenantDelaysNobody(t *testing.T) {
	tenants := fleet(6, 8, 2)
	inOwnTime(t, tenants, cloudsim.Limits{}, graph.Budget{}, func(t *testing.T, w *world) {
		w.acceptAll(tenants)
		w.runFor(10 * time.Minute)
		w.cloud.SetFaults(tenants[0].ID, cloudsim.Faults{Throttle: 1, RetryAfter: 20 * time.Minute})
		begun, before := time.Now(), w.cloud.Requests(tenants[0].ID)
		w.runFor(20 * time.Minute)
		require.Equal(t, map[string]int{"devices": 1, "throttled": 1}, w.spent(tenants[0].ID, before))
		for tenant, n := range w.polls(begun) {
			if tenant != tenants[0].ID {
				require.InDelta(t, 4, n, 1, tenant)
			}
		}
		w.runFor(15 * time.Minute)
		require.Positive(t, w.polls(begun)[tenants[0].ID])
	})
}

// Slow answers that come in time must not keep a worker for ever: a run ends, what was read is kept, and the next goes on where it stopped.
func TestSlowTenantGoesOnWhereItStopped(t *testing.T) {
	tenants := fleet(1, 60, 0)
	inOwnTime(t, tenants, cloudsim.Limits{}, graph.Budget{}, func(t *testing.T, w *world) {
		w.acceptAll(tenants)
		w.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
			select {
			case <-time.After(25 * time.Second):
			case <-r.Context().Done():
			}
			return false
		})
		w.runFor(16 * time.Minute) // 75 devices by four at 25 seconds each take 8 minutes
		require.Equal(t, 1, w.number(`SELECT count(*) FROM collect_runs WHERE result = 'partial' AND detail = $1`, outOfTime))
		require.Positive(t, w.polls(time.Time{})[tenants[0].ID])
		// Each once, but for up to 4 that were on their way when it stopped, and those whose minute of the day came meanwhile. From the start it
		// would be more than 110.
		require.InDelta(t, 80, w.cloud.Requests(tenants[0].ID)["health"], 5)
	})
}

// Nothing grows with the number of rounds, and nothing of a customer is kept that has left.
func TestMemoryIsSteady(t *testing.T) {
	tenants := fleet(4, 4, 1)
	tenants[0].Rooms = append(tenants[0].Rooms, cloudsim.Room{Name: "Empty", Email: "empty@c00000.example", Country: "FR", City: "Lyon"})
	inOwnTime(t, tenants, cloudsim.Limits{}, graph.Budget{}, func(t *testing.T, w *world) {
		w.acceptAll(tenants)
		w.collector.cfg.Tick = time.Minute
		held := func() (running, tried int) {
			c := w.collector
			c.mu.Lock()
			defer c.mu.Unlock()
			return len(c.progress) + len(c.asked), len(c.memory.tried)
		}
		w.runFor(30 * time.Minute)
		running, tried := held()
		require.Zero(t, running)
		require.LessOrEqual(t, tried, len(tenants[0].Rooms)*len(tenants), "one note for each room at most")
		goroutines := runtime.NumGoroutine()
		w.runFor(25 * time.Hour)
		running, tried = held()
		require.Zero(t, running)
		require.LessOrEqual(t, tried, 1, "only where there is nothing to be found")
		require.LessOrEqual(t, runtime.NumGoroutine(), goroutines+20, "idle connections come and go")

		// Somebody asks, and the relation ends before the run begins.
		gone := w.customers[tenants[3].ID]
		w.collector.noteAsked(gone, store.CollectDevices, "Maya")
		_, err := w.open().ExecContext(w.t.Context(), `DELETE FROM collect_jobs WHERE customer_id = $1`, int64(gone))
		require.NoError(t, err)
		w.collector.attend(w.t.Context(), store.CollectLease{Customer: gone, Kind: store.CollectDevices}, soundRun)
		running, _ = held()
		require.Zero(t, running)
	})
}

// Quiet runs of many customers are forgotten as fast as they come: 1,000 customers make 288,000 a day.
func TestForgettingKeepsUp(t *testing.T) {
	w := newWorld(t, estate(northwind, "Northwind", 1))
	id := w.accept(northwind, "Northwind", all())
	w.collect()
	_, err := w.open().ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO collect_runs (id, customer_id, kind, started_at, ended_at, result, requests, waited_ms, changed)
		SELECT i, $2, 'devices', 0, 0, 'ok', 1, 0, 0 FROM n`, 2*pruneBatch+1, int64(id))
	require.NoError(t, err)
	w.collector.prune(t.Context())
	require.Equal(t, 2, w.number(`SELECT count(*) FROM collect_runs`))
}
