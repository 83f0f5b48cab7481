package collect

import (
	"cmp"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/graph"
)

// estateLoad is one customer as the model sees it.
type estateLoad struct {
	rooms, devices int
	bad            int // devices that are bad at any time: their health is read in each run
}

// typical is a customer of the benchmark: one room in ten is broken.
func typical() estateLoad { return estateLoad{rooms: 200, devices: 250, bad: 20} }

// means are what collecting has: settings, limits, and the measured cost of one unit of work.
type means struct {
	every, placesEvery time.Duration // the period of either kind of work
	budget             float64       // requests a second in all
	pace               float64       // requests a second to one tenant
	inFlight           float64       // requests at once to one tenant
	workers            float64       // runs of devices at once
	tenants            float64       // tokens in memory
	microsoft          float64       // requests a second to teamwork/devices that Microsoft takes from one application
	cores              float64       // that collecting may use
	line               float64       // bytes a second of the line

	answer                time.Duration // until Microsoft has answered a request
	cpuRequest, cpuRun    time.Duration // of ours, for a request and for the rest of a run that finds nothing new
	writing               time.Duration // of the one writer, for a run that finds nothing new
	pageBytes, healthSize float64       // of an answer
}

// ours are the defaults, Microsoft's limits (graph.md 8), and what BenchmarkCollect measured with 1000x200 on a small virtual machine whose two
// cores were busy with other work too: 104 ms of processor for a run that finds nothing new. The half second of an answer is an assumption:
// nobody has measured teamwork/devices.
func ours() means {
	return means{
		every: defaultDevices, placesEvery: defaultPlaces, budget: 200, pace: 10, inFlight: 4, workers: devicesWorkers, tenants: 20_000,
		microsoft: float64(cloudsim.MicrosoftLimits().TeamsOverall), cores: 1, line: 100e6 / 8,
		answer: 500 * time.Millisecond, cpuRequest: 1500 * time.Microsecond, cpuRun: 65 * time.Millisecond, writing: 15 * time.Millisecond,
		pageBytes: 32_000, healthSize: 2_200,
	}
}

// perRun are the requests of one run of devices that finds nothing new: the minimum of cost_test.go, with the daily readings spread evenly.
func (m means) perRun(e estateLoad) (listed, read float64) {
	return float64(pages(e.devices, 50)), float64(e.bad) + float64(e.devices-e.bad)*m.every.Hours()/24
}

// perSecond are the requests for one customer a second, tokens and rooms included. TestDayCostsTheMinimum holds it to a simulated day.
func (m means) perSecond(e estateLoad) float64 {
	const tokenLife = 55 * time.Minute
	listed, read := m.perRun(e)
	return (listed+read)/m.every.Seconds() + float64(pages(e.rooms, 100))/m.placesEvery.Seconds() + 1/tokenLife.Seconds()
}

// runTime is how long a run keeps a worker: pages come one after the other, readings a few at once, and neither faster than the pace.
func (m means) runTime(e estateLoad) time.Duration {
	listed, read := m.perRun(e)
	ask := max(m.answer.Seconds(), 1/m.pace)
	return time.Duration((listed*ask + read*max(m.answer.Seconds()/m.inFlight, 1/m.pace)) * float64(time.Second))
}

// bound is something that runs out with the number of customers.
type bound struct {
	what string
	at   float64 // customers that it is enough for
}

// bounds are all that runs out, what breaks first at the head. What then happens is written beside.
func (m means) bounds(e estateLoad) []bound {
	listed, read := m.perRun(e)
	runs := 1 / m.every.Seconds() // of one customer a second
	out := []bound{
		{"the budget", m.budget / m.perSecond(e)},                                                  // the data of all gets older, evenly
		{"the workers", m.workers / (runs * m.runTime(e).Seconds())},                               // the same
		{"Microsoft's limit", m.microsoft / (runs * (listed + read))},                              // refusals; the budget should be below it
		{"the cores", m.cores / (runs*m.cpuRun.Seconds() + m.perSecond(e)*m.cpuRequest.Seconds())}, // people wait
		{"the writer", 1 / (runs * m.writing.Seconds())},                                           // people's changes wait
		{"the tokens in memory", m.tenants},                                                        // a token request more in each run
		{"the line", m.line / (runs * (listed*m.pageBytes + read*m.healthSize))},
	}
	slices.SortFunc(out, func(a, b bound) int { return cmp.Compare(a.at, b.at) })
	return out
}

// TestModelAgreesWithTheClock holds the model's time of a run to that of real lanes before a cloud that takes its time.
func TestModelAgreesWithTheClock(t *testing.T) {
	tenant := fleet(1, 200, 20)[0]
	inOwnTime(t, []*cloudsim.Tenant{tenant}, cloudsim.MicrosoftLimits(), graph.Budget{}, func(t *testing.T, w *world) {
		w.accept(tenant.ID, tenant.Name, all())
		m := ours()
		w.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
			select {
			case <-time.After(m.answer):
			case <-r.Context().Done():
			}
			return false
		})
		w.runFor(40 * time.Minute)
		took := time.Duration(w.number(`SELECT avg(ended_at - started_at) FROM (SELECT * FROM collect_runs
			WHERE kind = 'devices' AND changed = 0 ORDER BY started_at DESC LIMIT 4)`)) * time.Millisecond
		require.InEpsilon(t, m.runTime(typical()).Seconds(), took.Seconds(), 0.15)
		require.Zero(t, w.cloud.Requests(tenant.ID)["throttled"])
		require.Positive(t, w.polls(time.Time{})[tenant.ID])
	})
}

// TestTenThousandCustomers says what breaks first when there are more and more customers of 200 rooms, and what 10,000 of them would need. It is
// a model, not a run: see the README.
func TestTenThousandCustomers(t *testing.T) {
	m := ours()
	for _, b := range m.bounds(typical()) {
		t.Logf("%s: enough for %.0f customers", b.what, b.at)
	}
	first := m.bounds(typical())[0]
	require.Equal(t, "the budget", first.what)
	require.Greater(t, first.at, 2_000.0, "the defaults carry World L twice")

	m.budget = 1_000
	second := m.bounds(typical())[0]
	require.Equal(t, "the cores", second.what)
	require.InDelta(t, 2_850, second.at, 100)

	m.cores = 4
	third := m.bounds(typical())[0]
	require.Equal(t, "the workers", third.what)
	require.InDelta(t, 3_750, third.at, 100)

	m.workers = 200
	require.Greater(t, m.bounds(typical())[0].at, 10_000.0, "so much is needed for 10,000: --collect-rate=1000, 4 cores, 200 workers")

	// What is bad costs most: with 100 of 250 devices bad, as in World L, the same budget is enough for fewer.
	worst := typical()
	worst.bad = 100
	m = ours()
	require.Less(t, m.bounds(worst)[0].at, 1_000.0)
	m.budget = 400
	require.Greater(t, m.bounds(worst)[0].at, 1_000.0)
}
