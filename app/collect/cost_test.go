package collect

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/store"
)

// estateSize is what the cost of a customer depends on.
type estateSize struct {
	rooms   int // of the tenant, granted or not: the list has them all
	devices int // of the tenant
	untold  int // rooms whose account no device tells by its sign-in name
}

// span is what happens to a customer in some time.
type span struct {
	places, polls int // runs of either kind
	first         bool
	bad           int // devices read as bad or just changed, summed over the runs
	daily         int // good devices whose minute of the day came
	tokens        int // lives of a token that were begun: Microsoft gives an hour, we renew five minutes earlier
	checks        int // of what the customer allows, each with a token of its own
	instead       int // polls in which devices could not be read and Teams was asked about the rooms
	managed       int // of these, those in which Intune was asked
	refused       int // polls in which the devices API said that it cannot be read
}

// minimum is the least that collecting can ask of Microsoft, by kind of request: Microsoft lists rooms by 100 and devices by 50 and nothing
// else tells of changes, takes 15 addresses in a filter, and gives the health of one device at a time (graph.md 1, 2, 5). $batch saves nothing:
// each request in it counts.
//
//	tokens + places·⌈rooms/100⌉ + polls·⌈devices/50⌉ + [first]·⌈untold/15⌉ + [first]·devices + bad + daily
//
// A check asks once for each of six things. While devices cannot be read Microsoft takes 650 accounts in one request for presences, and Intune 15
// alternatives, of which each room has one and each device one:
//
//	7·checks + refused + instead·⌈rooms/650⌉ + managed·⌈(rooms + devices)/15⌉
func minimum(e estateSize, s span) map[string]int {
	out := map[string]int{
		"token":          s.tokens + s.checks,
		"rooms":          s.places*pages(e.rooms, 100) + s.checks,
		"devices":        s.polls*pages(e.devices, 50) + s.checks + s.refused,
		"health":         s.bad + s.daily + s.checks,
		"users":          s.checks,
		"presence":       s.instead*pages(e.rooms, 650) + s.checks,
		"managedDevices": s.managed*pages(e.rooms+e.devices, 15) + s.checks,
	}
	if s.first {
		out["users"] += (e.untold + 14) / 15
		out["health"] += e.devices
	}
	maps.DeleteFunc(out, func(_ string, n int) bool { return n == 0 })
	return out
}

// pages are the pages of a list: an empty one has one too.
func pages(items, size int) int { return max(1, (items+size-1)/size) }

func total(requests map[string]int) int {
	n := 0
	for kind, count := range requests {
		if kind != "throttled" { // these are in their own kind too
			n += count
		}
	}
	return n
}

// spent are the requests of a tenant since before.
func (w *world) spent(tenant string, before map[string]int) map[string]int {
	out := w.cloud.Requests(tenant)
	for kind, n := range before {
		out[kind] -= n
	}
	maps.DeleteFunc(out, func(_ string, n int) bool { return n == 0 })
	return out
}

// requireCost holds what was asked to the minimum: nothing of it was left out, and in all it is at most a tenth above (design 14).
func requireCost(t *testing.T, least, asked map[string]int) {
	t.Helper()
	for kind, n := range least {
		require.GreaterOrEqual(t, asked[kind], n, "%s: asked %v, the minimum is %v", kind, asked, least)
	}
	require.LessOrEqual(t, float64(total(asked)), 1.1*float64(total(least)), "asked %v, the minimum is %v", asked, least)
}

// size counts a tenant as the minimum sees it, by Microsoft's own answers.
func (w *world) size(tenant *cloudsim.Tenant) estateSize {
	w.t.Helper()
	listed, err := w.graph.Devices(w.t.Context(), tenant.ID)
	require.NoError(w.t, err)
	told := map[string]bool{}
	for _, d := range listed {
		if d.UserPrincipalName != "" {
			told[d.UserID] = true
		}
	}
	e := estateSize{rooms: len(tenant.Rooms), devices: len(listed)}
	for _, r := range tenant.Rooms {
		if !told[r.AccountID] {
			e.untold++
		}
	}
	return e
}

func TestFirstCollectionCostsTheMinimum(t *testing.T) {
	small, middle, large := fleet(1, 12, 1)[0], fleet(2, 100, 0)[1], fleet(3, 230, 20)[2]
	tenants := []*cloudsim.Tenant{small, middle, large}
	w := newWorld(t, tenants...)
	w.acceptAll(tenants)
	w.collect()
	for _, tenant := range tenants {
		asked := w.spent(tenant.ID, nil)
		e := w.size(tenant)
		require.Positive(t, e.untold)
		requireCost(t, minimum(e, span{places: 1, polls: 1, first: true, tokens: 1}), asked)
	}
}

// A device costs one request when it goes bad, one a poll while it is, and one when it is good again.
func TestChangedDevicesCostThemselves(t *testing.T) {
	const changed = 7
	tenant := fleet(1, 60, 3)[0]
	w := newWorld(t, tenant)
	w.acceptAll([]*cloudsim.Tenant{tenant})
	w.collect()
	w.round()
	e := w.size(tenant)
	poll := func(bad int) {
		t.Helper()
		last, before := w.job(tenant.ID, store.CollectDevices).LastGoodAt, w.cloud.Requests(tenant.ID)
		w.due(tenant.ID, store.CollectDevices)
		s := span{polls: 1, bad: bad}
		for i, r := range tenant.Rooms {
			for n, d := range r.Devices {
				isBad := n == 0 && (i < 3 || bad > 3 && i >= 10 && i < 10+changed)
				if !isBad && daily(d.ID, last, w.clock.Now()) {
					s.daily++
				}
			}
		}
		require.Equal(t, minimum(e, s), w.spent(tenant.ID, before))
	}
	poll(3)
	for i := range changed {
		require.NoError(t, w.cloud.Break(tenant.ID, tenant.Rooms[10+i].Email, cloudsim.Speaker))
	}
	for range 4 {
		poll(3 + changed)
	}
	for i := range changed {
		require.NoError(t, w.cloud.Mend(tenant.ID, tenant.Rooms[10+i].Email, cloudsim.Speaker))
	}
	poll(3 + changed)
	poll(3)
}

// A whole day of one customer after its first collection: every run of both kinds, each token, each device's daily minute.
func TestDayCostsTheMinimum(t *testing.T) {
	const broken = 3
	tenant := fleet(1, 60, broken)[0]
	w := newWorld(t, tenant)
	w.acceptAll([]*cloudsim.Tenant{tenant})
	w.collect()
	before, runs := w.cloud.Requests(tenant.ID), w.runs()
	w.day()
	asked, ran := w.spent(tenant.ID, before), w.runs()
	polls, places := ran[store.CollectDevices]-runs[store.CollectDevices], ran[store.CollectPlaces]-runs[store.CollectPlaces]
	require.InDelta(t, 288, polls, 1)
	require.InDelta(t, 4, places, 1)
	e := w.size(tenant)
	requireCost(t, minimum(e, span{polls: polls, places: places, bad: broken * polls, daily: e.devices - broken - 1,
		tokens: int(24 * time.Hour / (55 * time.Minute))}), asked)
	model := ours().perSecond(estateLoad{rooms: 60, devices: 75, bad: broken}) * (24 * time.Hour).Seconds()
	require.InEpsilon(t, model, float64(total(asked)), 0.02, "the model of scale_test.go")
}

// The figures of CI: 40 customers of 20 rooms. It fails when a request, a row, or a transaction more is spent.
func TestFortyCustomers(t *testing.T) {
	const customers, rooms, broken = 40, 20, 2
	tenants := fleet(customers, rooms, broken)
	w := newWorld(t, tenants...)
	w.acceptAll(tenants)
	start := w.ledger.read()
	w.collect()
	first := w.ledger.read()
	require.Equal(t, map[store.CollectKind]int{store.CollectPlaces: customers, store.CollectDevices: customers}, w.runs())
	require.Equal(t, 2*customers, first.commits-start.commits, "one transaction for each customer's rooms, one for its devices")
	for _, tenant := range tenants {
		asked := w.spent(tenant.ID, nil)
		for kind, n := range minimum(w.size(tenant), span{places: 1, polls: 1, first: true, tokens: 1}) {
			require.Equal(t, n, asked[kind], "%s of %s", kind, tenant.Name)
		}
	}

	w.round()
	w.round() // the second bad poll in a row is news, the third is not
	quiet, before := w.ledger.read(), map[string]map[string]int{}
	last := map[string]time.Time{}
	for tenant, jobs := range w.jobs() {
		before[tenant], last[tenant] = w.cloud.Requests(tenant), jobs[store.CollectDevices].LastGoodAt
	}
	w.round()
	require.Equal(t, quiet.rows, w.ledger.read().rows, "an unchanged customer was written")
	require.LessOrEqual(t, w.ledger.read().all-quiet.all, customers+20, "a run ends in one transaction, and leases are taken by the dozen")
	for _, tenant := range tenants {
		s := span{polls: 1, bad: broken}
		for i, r := range tenant.Rooms {
			for n, d := range r.Devices {
				if (n > 0 || i >= broken) && daily(d.ID, last[tenant.ID], w.clock.Now()) {
					s.daily++
				}
			}
		}
		e := estateSize{rooms: rooms, devices: rooms + rooms/4}
		require.Equal(t, minimum(e, s), w.spent(tenant.ID, before[tenant.ID]), tenant.Name)
	}

	for _, tenant := range tenants[:5] {
		for i := range 3 {
			require.NoError(t, w.cloud.Break(tenant.ID, tenant.Rooms[10+i].Email, cloudsim.Speaker))
		}
	}
	w.round()
	commits := w.ledger.read().commits - quiet.commits
	require.Positive(t, commits)
	require.LessOrEqual(t, commits, 5, "one transaction for each changed customer, which those share that write at the same time; none for the others")
	require.Equal(t, 5, w.number(`SELECT count(*) FROM collect_runs WHERE changed > 0 AND started_at = $1`, w.clock.Now().UnixMilli()))
}
