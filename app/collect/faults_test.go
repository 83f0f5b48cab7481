package collect

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/policy"
	"roomward/store"
)

// settled is a customer with an active and a resolved incident, collected and quiet.
func settled(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", london())
	require.NoError(t, w.cloud.Break(northwind, "br12@northwind.example", cloudsim.RoomCamera))
	require.NoError(t, w.cloud.Break(northwind, "harbour402@northwind.example", cloudsim.Speaker))
	w.clock.advance(10 * time.Minute)
	w.collect()
	require.NoError(t, w.cloud.Mend(northwind, "harbour402@northwind.example", cloudsim.Speaker))
	w.due(northwind, store.CollectDevices)
	w.due(northwind, store.CollectDevices)
	require.Equal(t, "active", w.incident("room-camera").State)
	require.Equal(t, "resolved", w.incident("speaker").State)
	return w
}

// never answers every request to Entra's token endpoint with an error body.
func never(status int, aadsts int, code string) func(http.ResponseWriter, *http.Request) bool {
	return func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/token") {
			return false
		}
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		_ = json.NewEncoder(rw).Encode(map[string]any{"error": code, "error_codes": []int{aadsts}, "error_description": "words of northwind about Vault Amstel"})
		return true
	}
}

// graphSays answers every request below a path of Graph.
func graphSays(path string, status int, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, path) {
			return false
		}
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		_, _ = rw.Write([]byte(body))
		return true
	}
}

// secondPage lets the first page of a list through with a next link, and answers the second one with 500.
func secondPage(path string) func(http.ResponseWriter, *http.Request) bool {
	return func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, path) {
			return false
		}
		if r.URL.Query().Has("$half") {
			http.Error(rw, `{}`, http.StatusInternalServerError)
			return true
		}
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(map[string]any{"value": []any{}, "@odata.nextLink": "http://" + r.Host + r.URL.Path + "?$half=1"})
		return true
	}
}

// Every trouble is a state that people can read, and none of them deletes, hides or closes anything. What each looks like for an hour is in
// hour_test.go; these are some of them from their first moment to the end, and those that a page or a health alone has.
func TestTroubleIsAStateAndTouchesNothing(t *testing.T) {
	const places, devices = store.CollectPlaces, store.CollectDevices
	for name, tc := range map[string]struct {
		faults cloudsim.Faults
		hook   func(http.ResponseWriter, *http.Request) bool
		kind   store.CollectKind
		state  string
		detail string
		blind  bool // rooms show as unmonitored meanwhile
	}{
		"throttled with a wait":       {faults: cloudsim.Faults{Throttle: 1, RetryAfter: 20 * time.Minute}, kind: devices, state: StateThrottled, detail: "HTTP 429, TooManyRequests"},
		"devices are gone":            {faults: cloudsim.Faults{DevicesGone: true}, kind: devices, state: StateDevicesGone, detail: "HTTP 404, ResourceNotFound", blind: true},
		"no devices at all":           {hook: graphSays("/teamwork/devices", 200, `{"value":[]}`), kind: devices, state: StateEmptyAnswer},
		"a list that is none":         {hook: graphSays("/places/", 200, `{"value":null}`), kind: places, state: StateBadAnswer},
		"half a list of rooms":        {hook: secondPage("/microsoft.graph.room"), kind: places, state: StateUnreachable},
		"only health is throttled":    {hook: graphSays("/health", 429, `{}`), kind: devices, state: StateThrottled},
		"the tenant is gone":          {hook: never(400, 90002, "invalid_request"), kind: devices, state: StateTenantUnknown},
		"the words of an error leak?": {hook: graphSays("/places/", 400, `{"error":{"code":"BadRequest","message":"Vault Amstel"}}`), kind: places, state: StateBadAnswer, detail: "HTTP 400, BadRequest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := settled(t)
			require.NoError(t, w.cloud.SetWithheld(northwind, "Presence.Read.All")) // or what Teams says would be read instead: instead_test.go
			before := w.dump("devices", "signals", "incidents", "incident_openings", "incident_events", "signal_spans", "cells", "customers")
			rooms := w.dump("rooms")
			good := w.job(northwind, tc.kind)
			w.graph.ForgetToken(northwind)
			w.cloud.SetFaults(northwind, tc.faults)
			w.answerWith(tc.hook)
			w.due(northwind, tc.kind)

			job := w.job(northwind, tc.kind)
			require.Equal(t, tc.state, job.State)
			require.Contains(t, job.Detail, tc.detail)
			require.NotContains(t, job.Detail, "Amstel")
			require.Equal(t, w.clock.Now(), job.StateSince)
			require.Equal(t, good.LastGoodAt, job.LastGoodAt, "the data are as old as before")
			require.Equal(t, 1, job.Failures)
			require.True(t, job.DueAt.After(w.clock.Now()))
			require.False(t, job.Running)
			if tc.faults.RetryAfter > 0 {
				require.GreaterOrEqual(t, job.DueAt.Sub(w.clock.Now()), tc.faults.RetryAfter, "Microsoft's wish counts")
			}
			require.Equal(t, tc.state, w.lastRun(northwind, tc.kind).State)

			after := w.dump("devices", "signals", "incidents", "incident_openings", "incident_events", "signal_spans", "cells", "customers")
			require.Equal(t, rooms, w.dump("rooms"))
			require.Equal(t, before, after)

			// The second time the wait is longer, and the state as old as it is.
			wait := job.DueAt.Sub(w.clock.Now())
			w.cloud.SetFaults(northwind, tc.faults)
			w.due(northwind, tc.kind)
			again := w.job(northwind, tc.kind)
			require.Equal(t, tc.state, again.State)
			require.Equal(t, job.StateSince, again.StateSince)
			require.Equal(t, 2, again.Failures)
			after = w.dump("devices", "signals", "incidents", "incident_openings", "incident_events", "signal_spans", "cells", "customers")
			require.Equal(t, withoutLine(before, "customers"), withoutLine(after, "customers"))
			if tc.blind { // said twice: what is shown is marked as old
				for name, r := range w.rooms() {
					require.Equal(t, "unmonitored", r.Health, name)
				}
				require.Len(t, w.rooms(), 3)
				out, err := w.collector.Customers(t.Context(), w.call("admin", policy.Powers{}), &CustomersIn{Paging: paging(50)})
				require.NoError(t, err)
				require.Equal(t, "last-known", out.Items[0].Kinds[0].Fallback)
			} else {
				require.Equal(t, rooms, w.dump("rooms"))
			}
			if tc.faults.RetryAfter == 0 {
				require.Greater(t, again.DueAt.Sub(w.clock.Now()), wait)
			}

			// And when it is over, it is over.
			w.cloud.SetFaults(northwind, cloudsim.Faults{})
			w.answerWith(nil)
			w.graph.ForgetToken(northwind)
			w.due(northwind, tc.kind)
			require.Equal(t, StateOK, w.job(northwind, tc.kind).State)
			require.Zero(t, w.job(northwind, tc.kind).Failures)
			require.Equal(t, "active", w.incident("room-camera").State)
			require.Equal(t, "unhealthy", w.rooms()["Boardroom 12"].Health)
			require.Equal(t, "healthy", w.rooms()["Harbour 4.02"].Health)
			w.requireNowhere("Vault Amstel")
		})
	}
}

// oneByOne makes the cloud give one device a page, so that there is a next link.
func oneByOne(_ http.ResponseWriter, r *http.Request) bool {
	if strings.HasSuffix(r.URL.Path, "/teamwork/devices") {
		q := r.URL.Query()
		q.Set("$top", "1")
		r.URL.RawQuery = q.Encode()
	}
	return false
}

func withoutLine(lines []string, table string) []string {
	var out []string
	for _, l := range lines {
		if !strings.HasPrefix(l, table+" ") {
			out = append(out, l)
		}
	}
	return out
}

// The documentation's spellings and the schema's lead to the same rows.
func TestQuirksLeadToTheSameRows(t *testing.T) {
	facts := func(f cloudsim.Faults) string {
		tenant := traders()
		tenant.Rooms[0].Devices[0].Faults = []cloudsim.Episode{{Signal: cloudsim.RoomCamera, Since: time.Hour}}
		w := newWorld(t, tenant)
		w.cloud.SetFaults(northwind, f)
		w.answerWith(oneByOne)
		w.accept(northwind, "Northwind", london())
		w.collect()
		require.Equal(t, "active", w.incident("room-camera").State)
		var out []string
		for name, r := range w.rooms() {
			devices, err := w.store.RoomDevices(t.Context(), w.view("admin", policy.RoomsView), r.ID)
			require.NoError(t, err)
			line := name + " " + r.Health + " " + r.Model
			for _, d := range devices {
				line += " " + d.Kind + " " + d.Health + " " + d.Activity + " " + d.AppVersion
			}
			out = append(out, line)
		}
		require.Len(t, out, 3)
		require.Len(t, w.dump("devices"), 3)
		return strings.Join(sorted(out), "\n")
	}
	plain := facts(cloudsim.Faults{})
	require.Equal(t, plain, facts(cloudsim.Faults{PascalCase: true, Wrapped: true}))
	require.Equal(t, plain, facts(cloudsim.Faults{RelativeNextLinks: true}))
}

// Each device is judged by its own answer: one that cannot be read stays as it is, the others go on.
func TestPartialPollClosesNothingOfWhatItCouldNotRead(t *testing.T) {
	w := settled(t)
	require.NoError(t, w.cloud.Break(northwind, "harbour402@northwind.example", cloudsim.Speaker))
	w.due(northwind, store.CollectDevices)
	w.due(northwind, store.CollectDevices)
	w.due(northwind, store.CollectDevices)
	require.Equal(t, "active", w.incident("speaker").State)
	good := w.job(northwind, store.CollectDevices).LastGoodAt

	bar := w.graphID("collaborationBar")
	require.NoError(t, w.cloud.Mend(northwind, "harbour402@northwind.example", cloudsim.Speaker))
	require.NoError(t, w.cloud.Mend(northwind, "br12@northwind.example", cloudsim.RoomCamera))
	w.answerWith(graphSays("/teamwork/devices/"+bar+"/health", 500, `{}`))
	w.due(northwind, store.CollectDevices)
	job := w.job(northwind, store.CollectDevices)
	require.Equal(t, StatePartial, job.State)
	require.Equal(t, good, job.LastGoodAt, "not everything was read")
	require.Equal(t, "active", w.incident("speaker").State, "its device was not read")
	require.Equal(t, "resolved", w.incident("room-camera").State)

	w.answerWith(nil)
	w.due(northwind, store.CollectDevices)
	require.Equal(t, "resolved", w.incident("speaker").State)
}

// A single device without a usable health, as phones have it, does not make the customer's data old.
func TestOneUnusableHealthIsPassedOver(t *testing.T) {
	w := settled(t)
	for _, answer := range []func(http.ResponseWriter, *http.Request) bool{
		graphSays("/teamwork/devices/"+w.graphID("teamsRoom")+"/health", 200, `{}`),
		graphSays("/teamwork/devices/"+w.graphID("teamsRoom")+"/health", 404, `{}`),
	} {
		w.answerWith(answer)
		w.due(northwind, store.CollectDevices)
		job := w.job(northwind, store.CollectDevices)
		require.Equal(t, StateOK, job.State)
		require.Equal(t, w.clock.Now(), job.LastGoodAt)
		require.Equal(t, "active", w.incident("room-camera").State)
	}
}

func TestConsentWithdrawnClosesTheViewsAtOnce(t *testing.T) {
	for name, withdraw := range map[string]func(*world){
		"the application was removed": func(w *world) { require.NoError(t, w.cloud.SetConsent(northwind, false)) },
		"every permission was taken away": func(w *world) {
			w.cloud.SetFaults(northwind, cloudsim.Faults{NoRoles: true})
			w.graph.ForgetToken(northwind) // the old token keeps its permissions for an hour
		},
		"Entra says that there is no such": func(w *world) { w.cloud.SetFaults(northwind, cloudsim.Faults{NotConsented: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := settled(t)
			before := w.dump("rooms", "devices", "signals", "incidents")
			old := w.view("admin", policy.RoomsView)
			withdraw(w)
			w.due(northwind, store.CollectDevices)

			require.Equal(t, StateConsentWithdrawn, w.job(northwind, store.CollectDevices).State)
			require.Empty(t, w.rooms())
			require.Empty(t, w.incidents("room-camera"))
			_, err := w.store.Rooms(t.Context(), old, old, store.RoomQuery{Limit: 10})
			require.ErrorIs(t, err, store.ErrStaleView, "a view of before is of no use")
			customer, err := w.store.CustomerByID(t.Context(), policy.Overview(policy.Powers{Manager: true}), w.customers[northwind])
			require.NoError(t, err)
			require.Equal(t, store.CustomerWithdrawn, customer.State)
			require.Equal(t, before, w.dump("rooms", "devices", "signals", "incidents"), "nothing is deleted or closed")

			// The people who have to do with the customer see why, and no number; others see nothing.
			out, err := w.collector.Customers(t.Context(), w.call("admin", policy.Powers{}), &CustomersIn{Paging: paging(50)})
			require.NoError(t, err)
			require.Len(t, out.Items, 1)
			require.Equal(t, StateConsentWithdrawn, out.Items[0].State)
			runs, err := w.collector.Runs(t.Context(), w.call("admin", policy.Powers{}), &RunsIn{Paging: paging(50)})
			require.NoError(t, err)
			require.Empty(t, runs.Items)
			out, err = w.collector.Customers(t.Context(), w.call("somebody", policy.Powers{}), &CustomersIn{Paging: paging(50)})
			require.NoError(t, err)
			require.Empty(t, out.Items)

			// Consent comes back: somebody tries again, and the views open.
			require.NoError(t, w.cloud.SetConsent(northwind, true))
			w.cloud.SetFaults(northwind, cloudsim.Faults{})
			w.clock.advance(time.Minute)
			_, err = w.collector.Now(t.Context(), w.call("admin", policy.Powers{}), now(w.customers[northwind].String(), ""))
			require.NoError(t, err)
			w.collect()
			require.Equal(t, StateOK, w.job(northwind, store.CollectDevices).State)
			require.Len(t, w.rooms(), 3)
			require.Equal(t, "active", w.incident("room-camera").State)
		})
	}
}

func TestNeverConsentedIsSaidSo(t *testing.T) {
	w := newWorld(t, traders())
	id := w.accept(northwind, "Northwind", london())
	db := w.open()
	_, err := db.ExecContext(t.Context(), `UPDATE tenants SET consent = 'none'`)
	require.NoError(t, err)
	require.NoError(t, w.cloud.SetConsent(northwind, false))
	w.collect()
	require.Equal(t, StateNeverConsented, w.job(northwind, store.CollectPlaces).State)
	require.Equal(t, StateNew, w.job(northwind, store.CollectDevices).State, "devices wait for the rooms")
	c, err := w.store.CustomerByID(t.Context(), policy.ForWork(id, "test"), id)
	require.NoError(t, err)
	require.Equal(t, store.CustomerActive, c.State)
}
