package collect

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// One device of the list that nobody can read does not make the customer one that fails; and nothing follows from what is not in such a list.
func TestOneOddDeviceIsPassedOver(t *testing.T) {
	w := settled(t)
	before := w.dump("incidents")
	bar := w.graphID("collaborationBar")
	w.answerWith(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/teamwork/devices") {
			return false
		}
		return graphSays("/teamwork/devices", 200, `{"value":[{"id":"`+bar+`","deviceType":"collaborationBar","healthStatus":"healthy"},{"deviceType":"teamsRoom","currentUser":"x"}]}`)(rw, r)
	})
	for range 3 {
		w.due(northwind, store.CollectDevices)
		job := w.job(northwind, store.CollectDevices)
		require.Equal(t, StatePartial, job.State)
		require.Equal(t, "1 device could not be read, some without any id: nothing counts as gone", job.Detail)
		require.Zero(t, job.Failures)
		require.Equal(t, w.clock.Now(), job.LastGoodAt)
	}
	require.Zero(t, w.number(`SELECT count(*) FROM devices WHERE misses > 0`))
	require.Equal(t, before, w.dump("incidents"))
}

func TestListsThatLackALotAreNotGood(t *testing.T) {
	for _, tc := range []struct {
		lost, read int
		good       bool
	}{{1, 1, true}, {2, 20, true}, {2, 19, false}, {50, 50, false}, {1, 0, false}} {
		v := lacking("room", tc.lost, tc.read, false)
		require.Equal(t, tc.good, v.good, "%d of %d", tc.lost, tc.read)
		require.Equal(t, StatePartial, v.state)
	}
	require.Equal(t, "2 rooms could not be read", lacking("room", 2, 20, false).detail)
	require.Equal(t, "1 room could not be read, some without any id: nothing counts as gone", lacking("room", 1, 20, true).detail)
}

// What Intune refused is left alone for an hour, although the rooms are read as often as ever.
func TestAFailingFallbackIsLeftAlone(t *testing.T) {
	w := deviceless(t)
	asked := 0
	w.answerWith(func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/managedDevices") {
			asked++
		}
		return graphSays("/managedDevices", 403, `{}`)(rw, r)
	})
	w.clock.advance(7 * time.Hour)
	w.collect()
	first := asked
	require.Positive(t, first)
	for range 3 {
		w.due(northwind, store.CollectDevices)
		require.Equal(t, w.clock.Now(), w.rooms()["Boardroom 12"].PresenceAt)
	}
	require.Equal(t, first, asked)
	w.clock.advance(2 * time.Hour)
	w.collect()
	require.Greater(t, asked, first)

	m, now, what := newMemory(), w.clock.Now(), wait{1, graph.CanPresence}
	m.failed(what, &graph.Error{Kind: graph.Throttled, RetryAfter: 3 * time.Hour}, now)
	require.True(t, m.waiting(what, now.Add(2*time.Hour)), "Microsoft asked for more")
	require.False(t, m.waiting(what, now.Add(3*time.Hour)))
}

// Where no room is granted a collection of devices asks for nothing: that is not "works".
func TestNothingIsSaidToWorkThatWasNotTried(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", policy.Grant{Rules: []policy.GrantRule{{City: "Nowhere"}}})
	w.collect()
	require.Equal(t, StateOK, w.job(northwind, store.CollectDevices).State)
	require.Equal(t, CanNeverTried, w.table(northwind)["devices"].State)
	w.checkAll()
	health := w.table(northwind)["device-health"]
	require.Equal(t, CanUnknown, health.State)
	require.Equal(t, "rooms", health.Mend)
	require.Nil(t, health.TriedAt)
}

func TestAWrongClockIsNamed(t *testing.T) {
	w := settled(t)
	w.checkAll()
	require.Equal(t, CanBlocked, stateOf(&graph.Error{Kind: graph.ClockSkew}))
	_, err := w.open().ExecContext(t.Context(), `UPDATE capabilities SET state = $1, detail = $2 WHERE capability = 'presence'`, CanBlocked, skewed("HTTP 401"))
	require.NoError(t, err)
	require.Equal(t, "clock", w.table(northwind)["presence"].Mend)
	require.Equal(t, "nothing", w.table(northwind)["intune"].Mend)
}

// A fault of ours in one try is said of that one, and the server lives.
func TestABrokenTryIsSaid(t *testing.T) {
	c := &Collector{cfg: Config{Log: slog.New(slog.DiscardHandler)}} // without a client every try breaks
	err := c.probe(t.Context(), graph.CanDevices, store.CheckTarget{TenantID: northwind})
	require.ErrorIs(t, err, errBroke)
	require.Equal(t, CanFailing, stateOf(err))
}

func TestStopEndsARunningCheck(t *testing.T) {
	w := settled(t)
	held, release := w.holdTokens(northwind)
	defer release()
	require.NoError(t, w.collector.startChecks(t.Context()))
	require.Eventually(t, func() bool { return held.Load() > 0 }, patient, time.Millisecond)
	w.collector.Stop(w.customers[northwind])
	w.collector.checks.runs.Wait() // although Entra has not answered
	require.Zero(t, w.number(`SELECT count(*) FROM capability_checks WHERE leased_until > 0`))
}
