package rooms

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/policy"
	"roomward/store"
)

func TestRestartIsDoneWhenMicrosoftSaysSo(t *testing.T) {
	w := openWorkshop(t)
	require.NoError(t, w.ask("ann"))
	require.Equal(t, "queued, 0 restarts", w.last())
	require.Equal(t, store.Conflict{Code: "action-running"}, w.ask("ann"))
	w.turn()
	require.Equal(t, "running, 1 restarts", w.last())
	w.run(time.Minute)
	require.Equal(t, "succeeded, 1 restarts", w.last())

	require.NoError(t, w.ask("ann"), "another one")
	w.run(time.Minute)
	require.Equal(t, "succeeded, 2 restarts", w.last())
}

func TestRestartIsNotForWhoOnlySees(t *testing.T) {
	w := openWorkshop(t)
	var refusal *policy.Refusal
	require.ErrorAs(t, w.ask("bob"), &refusal)
	require.Equal(t, policy.RefuseAct, refusal.Code)
	require.ErrorIs(t, w.ask("stranger"), store.ErrNotFound)
	w.run(time.Minute)
	require.Zero(t, w.cloud.Restarts(workshopTenant, workshopRoom))
}

// TestRestartEndsAsMicrosoftSays: every ending, and every obstacle before it.
func TestRestartEndsAsMicrosoftSays(t *testing.T) {
	for _, tc := range []struct {
		name    string
		trouble func(w *workshop)
		want    string // after a minute
		later   string // after a day
	}{
		{"failed on the device", faults(cloudsim.Faults{RestartsFail: true}), "failed device-failed, 1 restarts", ""},
		{"never idle", faults(cloudsim.Faults{HeldRestarts: true}), "running, 1 restarts", "unconfirmed, 1 restarts"},
		{"permission left out", func(w *workshop) { require.NoError(w.t, w.cloud.SetReadOnly(workshopTenant, true)) }, "failed permission-missing, 0 restarts", ""},
		{"no permission at all", faults(cloudsim.Faults{NoRoles: true}), "failed permission-missing, 0 restarts", ""},
		{"not consented", faults(cloudsim.Faults{NotConsented: true}), "failed consent-missing, 0 restarts", ""},
		{"no devices API", faults(cloudsim.Faults{DevicesGone: true}), "failed devices-api-gone, 0 restarts", ""},
		{"refused", faults(cloudsim.Faults{DevicesForbidden: true}), "failed refused, 0 restarts", ""},
		{"device unknown", func(w *workshop) { require.NoError(w.t, w.cloud.RemoveRoom(workshopTenant, workshopRoom)) }, "failed device-unknown, 0 restarts", ""},
		{"throttled once", faults(cloudsim.Faults{Throttle: 1, RetryAfter: 20 * time.Second}), "succeeded, 1 restarts", ""},
		{"throttled for ever", faults(cloudsim.Faults{Throttle: 1 << 30, RetryAfter: 5 * time.Minute}), "queued throttled, 0 restarts", "failed throttled, 0 restarts"},
		{"Entra not reached", func(w *workshop) { w.wire.unreachable = true }, "queued unavailable, 0 restarts", "failed unavailable, 0 restarts"},
		{"broken for ever", faults(cloudsim.Faults{ServerErrors: 1 << 30}), "sent unavailable, 0 restarts", "unconfirmed unavailable, 0 restarts"},
		{"answer lost", faults(cloudsim.Faults{LostAnswers: 1}), "succeeded, 1 restarts", ""},
		{"all answers lost", faults(cloudsim.Faults{LostAnswers: 9}), "succeeded, 1 restarts", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := openWorkshop(t)
			tc.trouble(w)
			require.NoError(t, w.ask("ann"))
			w.run(time.Minute)
			require.Equal(t, tc.want, w.last())
			if tc.later == "" {
				require.NoError(t, w.ask("ann"), "it has ended: the next may begin")
				return
			}
			w.run(25 * time.Hour)
			require.Equal(t, tc.later, w.last())
		})
	}
}

func faults(f cloudsim.Faults) func(*workshop) {
	return func(w *workshop) { w.cloud.SetFaults(workshopTenant, f) }
}

// TestLostRequestsAreSentAgain: what Microsoft certainly has not taken is asked for again, not for ever, and only once it was looked for.
func TestLostRequestsAreSentAgain(t *testing.T) {
	w := openWorkshop(t)
	w.cloud.SetFaults(workshopTenant, cloudsim.Faults{LostRestarts: 1})
	require.NoError(t, w.ask("ann"))
	w.run(50 * time.Second)
	require.Equal(t, "sent unavailable, 0 restarts", w.last(), "it may be in the list a little later")
	w.run(2 * time.Minute)
	require.Equal(t, "succeeded, 1 restarts", w.last())

	w.cloud.SetFaults(workshopTenant, cloudsim.Faults{LostRestarts: 99})
	require.NoError(t, w.ask("ann"))
	w.run(10 * time.Minute)
	require.Equal(t, "failed not-taken, 1 restarts", w.last())
	require.Equal(t, 4+1, w.cloud.Requests(workshopTenant)["restart"], "two, then three")
}

func TestRestartsOfOthersAreNotTakenForOurs(t *testing.T) {
	w := openWorkshop(t)
	w.cloud.SetFaults(workshopTenant, cloudsim.Faults{HeldRestarts: true})
	elsewhere(w)
	require.NoError(t, w.ask("ann"))
	w.turn()
	require.Equal(t, "failed queued-elsewhere, 1 restarts", w.last())

	// Not even when our own request was lost: theirs is older.
	w = openWorkshop(t)
	elsewhere(w)
	w.pass(time.Hour)
	w.cloud.SetFaults(workshopTenant, cloudsim.Faults{LostRestarts: 99})
	require.NoError(t, w.ask("ann"))
	w.run(10 * time.Minute)
	require.Equal(t, "failed not-taken, 1 restarts", w.last())
}

// elsewhere restarts the device by another way than Roomward's actions.
func elsewhere(w *workshop) {
	w.t.Helper()
	job := store.LeasedAction{}
	require.NoError(w.t, w.ask("ann"))
	leases, err := w.store.ClaimActions(w.t.Context(), 1, time.Minute)
	require.NoError(w.t, err)
	job, err = w.store.LeasedAction(w.t.Context(), policy.ForWork(w.customer, "test"), leases[0])
	require.NoError(w.t, err)
	_, err = w.actions.cfg.Graph.Restart(w.t.Context(), workshopTenant, job.DeviceGraph)
	require.NoError(w.t, err)
	w.change(`DELETE FROM room_actions`)
}

func TestRestartIsCancelledOnMicrosoftsSide(t *testing.T) {
	w := openWorkshop(t)
	w.cloud.SetFaults(workshopTenant, cloudsim.Faults{HeldRestarts: true})
	require.NoError(t, w.ask("ann"))
	w.run(time.Hour)
	require.NoError(t, w.cloud.ReleaseRestarts(workshopTenant, true))
	w.run(10 * time.Minute)
	require.Equal(t, "cancelled, 1 restarts", w.last())
}

// TestRestartNeedsTheRightWhenItIsSent: between asking and sending everything may change.
func TestRestartNeedsTheRightWhenItIsSent(t *testing.T) {
	for _, tc := range []struct {
		name    string
		between func(w *workshop)
		want    string
	}{
		{"role taken away", func(w *workshop) { w.change(`DELETE FROM roles WHERE id = $1`, int64(w.role)) }, "failed not-allowed, 0 restarts"},
		{"permission taken out of the role", func(w *workshop) { w.change(`DELETE FROM role_permissions WHERE permission = 'rooms.act'`) }, "failed not-allowed, 0 restarts"},
		{"ceiling narrowed", func(w *workshop) { w.change(`UPDATE customers SET ceiling_json = '["rooms.view"]'`) }, "failed not-allowed, 0 restarts"},
		{"assignment ended", func(w *workshop) { w.change(`UPDATE assignments SET ends_at = $1`, w.clock().UnixMilli()) }, "failed not-allowed, 0 restarts"},
		{"account gone", func(w *workshop) { w.gone["ann"] = true }, "failed account-gone, 0 restarts"},
		{"consent withdrawn", func(w *workshop) { w.change(`UPDATE customers SET state = 'withdrawn'`) }, "failed views-closed, 0 restarts"},
		{"without admin", func(w *workshop) { w.change(`UPDATE customers SET without_admin_since = 1`) }, "failed views-closed, 0 restarts"},
		{"device in another room", func(w *workshop) {
			w.change(`INSERT INTO rooms (id, customer_id, cell_id, place_id, name, email, country, city, building, floor, label, capacity, created_at, updated_at)
				SELECT 7, customer_id, cell_id, 'elsewhere', 'Elsewhere', '', country, city, building, floor, label, capacity, 1, 1 FROM rooms`)
			w.change(`UPDATE devices SET room_id = 7`)
		}, "failed device-moved, 0 restarts"},
		{"nothing", func(*workshop) {}, "succeeded, 1 restarts"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := openWorkshop(t)
			require.NoError(t, w.ask("ann"))
			tc.between(w)
			w.run(time.Minute)
			w.change(`UPDATE customers SET state = 'active', without_admin_since = NULL, ceiling_json = '["rooms.view"]'`)
			w.change(`UPDATE assignments SET ends_at = NULL`)
			require.Equal(t, tc.want, w.last())
		})
	}
}

// TestRightsThatGoAfterSendingChangeNothing: what Microsoft took is followed to its end.
func TestRightsThatGoAfterSendingChangeNothing(t *testing.T) {
	w := openWorkshop(t)
	require.NoError(t, w.ask("ann"))
	w.turn()
	w.change(`DELETE FROM roles WHERE id = $1`, int64(w.role))
	w.run(time.Minute)
	require.Equal(t, "succeeded, 1 restarts", w.last())
}

func TestRestartStopsWithTheRelation(t *testing.T) {
	for name, started := range map[string]bool{"before it is sent": false, "while it runs": true} {
		t.Run(name, func(t *testing.T) {
			w := openWorkshop(t)
			require.NoError(t, w.ask("ann"))
			if started {
				w.turn()
			}
			asked := w.cloud.AllRequests()
			w.change(`DELETE FROM customers`)
			w.actions.Stop(w.customer)
			w.run(10 * time.Minute)
			require.Equal(t, asked, w.cloud.AllRequests(), "nobody asks Microsoft about a customer that left")
			due, err := w.store.ActionsDue(t.Context())
			require.NoError(t, err)
			require.False(t, due)
		})
	}
}

// TestStopEndsARequestOnItsWay: whoever leaves is not waited for.
func TestStopEndsARequestOnItsWay(t *testing.T) {
	w := openWorkshop(t)
	w.wire.held = make(chan error)
	require.NoError(t, w.ask("ann"))
	require.NoError(t, w.actions.start(t.Context()))
	require.NoError(t, <-w.wire.held)
	w.actions.Stop(policy.NewID())
	w.actions.Stop(w.customer)
	require.ErrorIs(t, <-w.wire.held, context.Canceled, "stopped, and not timed out")
	w.actions.steps.Wait()
	require.Empty(t, w.actions.running)
}

// TestCrashesRestartOnce kills the process at every moment around the request. Whatever is lost, the device restarts once, and people are told the truth.
func TestCrashesRestartOnce(t *testing.T) {
	for _, tc := range []struct {
		name  string
		crash func(w *workshop)
	}{
		{"after asking", func(*workshop) {}},
		{"while leased", func(w *workshop) {
			_, err := w.store.ClaimActions(w.t.Context(), 1, time.Hour)
			require.NoError(w.t, err)
		}},
		{"marked as sent, not sent", func(w *workshop) { w.die(true) }},
		{"sent, not answered", func(w *workshop) { w.die(false) }},
		{"answered, and running", func(w *workshop) { w.turn() }},
		{"running, while leased", func(w *workshop) {
			w.turn()
			w.pass(10 * time.Second)
			_, err := w.store.ClaimActions(w.t.Context(), 1, time.Hour)
			require.NoError(w.t, err)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := openWorkshop(t)
			require.NoError(t, w.ask("ann"))
			tc.crash(w)
			require.NoError(t, w.store.Close())
			w.start()
			w.run(5 * time.Minute)
			require.Equal(t, "succeeded, 1 restarts", w.last())
		})
	}
}

// die carries out what is due in a process that dies around its request.
func (w *workshop) die(before bool) {
	w.t.Helper()
	ctx, crash := context.WithCancel(w.t.Context())
	w.wire.crash, w.wire.before = crash, before
	require.NoError(w.t, w.actions.start(ctx))
	w.actions.steps.Wait()
	w.wire.crash = nil
	require.Error(w.t, ctx.Err(), "it did not die")
}
