package collect

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

func paging(limit int) api.Paging { return api.Paging{Limit: limit} }

func now(customer, kind string) *NowIn {
	in := &NowIn{}
	in.Body.CustomerID, in.Body.Kind = customer, kind
	return in
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// narrow gives a member one room of a customer.
func (w *world) narrow(tenant, member, room string) {
	w.t.Helper()
	id := w.customers[tenant]
	role, err := w.store.AddRole(w.t.Context(), store.Act{}, id, store.Role{Name: "Help desk of " + member, Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(w.t, err)
	_, err = w.store.AddAssignment(w.t.Context(), store.Act{}, id, store.Assignment{Role: role, Name: "one room",
		Scopes: []policy.Scope{policy.ScopeRoom(w.rooms()[room].ID)}, Members: []store.Member{{Principal: policy.User(member), Name: member}}})
	require.NoError(w.t, err)
}

func TestCustomersAndRunsByView(t *testing.T) {
	w := newWorld(t, traders(), estate(adatum, "Adatum", 5))
	first := w.accept(northwind, "Northwind", london())
	second := w.accept(adatum, "Adatum", all())
	w.collect()
	w.narrow(northwind, "narrow", "Quiet corner")
	w.due(northwind, store.CollectDevices)
	require.NoError(t, w.cloud.SetConsent(adatum, true))
	ctx := t.Context()

	wide, err := w.collector.Customers(ctx, w.call("admin", policy.Powers{}), &CustomersIn{Paging: paging(50), Total: true})
	require.NoError(t, err)
	require.Equal(t, 2, wide.Customers)
	require.Equal(t, 2, wide.UpToDate)
	require.Equal(t, 2, *wide.Total)
	require.Equal(t, []string{"Adatum", "Northwind"}, []string{wide.Items[0].Name, wide.Items[1].Name})
	item := wide.Items[1]
	require.Equal(t, first.String(), item.ID)
	require.Equal(t, StateOK, item.State)
	require.Equal(t, w.job(northwind, store.CollectDevices).LastGoodAt, *item.DataAt)
	require.Len(t, item.Kinds, 2)
	require.Equal(t, "devices", item.Kinds[0].Kind)
	require.NotNil(t, item.Kinds[0].NextDue)
	require.False(t, item.Kinds[0].Running)
	require.Len(t, item.Strip, store.StripHalfHours)
	require.Equal(t, "good", item.Strip[47])
	require.Equal(t, "none", item.Strip[0])

	// Page by page it is the same.
	one, err := w.collector.Customers(ctx, w.call("admin", policy.Powers{}), &CustomersIn{Paging: paging(1)})
	require.NoError(t, err)
	require.Len(t, one.Items, 1)
	two, err := w.collector.Customers(ctx, w.call("admin", policy.Powers{}), &CustomersIn{Paging: api.Paging{Limit: 1, Cursor: one.Next}})
	require.NoError(t, err)
	require.Equal(t, "Northwind", two.Items[0].Name)
	require.Empty(t, two.Next)
	_, err = w.collector.Customers(ctx, w.call("admin", policy.Powers{}), &CustomersIn{Paging: api.Paging{Limit: 1, Cursor: one.Next}, State: []string{"ok"}})
	requireProblem(t, err, http.StatusBadRequest, "bad-cursor")

	// Who sees one room sees its customer and no number that counts other rooms.
	narrow, err := w.collector.Customers(ctx, w.call("narrow", policy.Powers{}), &CustomersIn{Paging: paging(50)})
	require.NoError(t, err)
	require.Equal(t, 1, narrow.Customers)
	require.Equal(t, "Northwind", narrow.Items[0].Name)
	runs, err := w.collector.Runs(ctx, w.call("narrow", policy.Powers{}), &RunsIn{Paging: paging(50)})
	require.NoError(t, err)
	require.NotEmpty(t, runs.Items)
	for _, r := range runs.Items {
		require.Equal(t, first.String(), r.CustomerID)
		require.Nil(t, r.Requests)
		require.Nil(t, r.Changed)
		require.Nil(t, r.WaitedMS)
	}
	foreign, err := w.collector.Runs(ctx, w.call("narrow", policy.Powers{}), &RunsIn{Paging: paging(50), Customer: second.String()})
	require.NoError(t, err)
	missing, err := w.collector.Runs(ctx, w.call("narrow", policy.Powers{}), &RunsIn{Paging: paging(50), Customer: policy.NewID().String()})
	require.NoError(t, err)
	require.Equal(t, missing, foreign)
	require.Empty(t, foreign.Items)

	// Runs, newest first, filtered and paged.
	var seen []CollectionRun
	cursor := ""
	for {
		page, err := w.collector.Runs(ctx, w.call("admin", policy.Powers{}), &RunsIn{Paging: api.Paging{Limit: 2, Cursor: cursor}})
		require.NoError(t, err)
		seen = append(seen, page.Items...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	require.GreaterOrEqual(t, len(seen), 5)
	require.True(t, slices.IsSortedFunc(seen, func(a, b CollectionRun) int { return b.StartedAt.Compare(a.StartedAt) }))
	require.NotNil(t, seen[0].Requests)
	ids := map[string]bool{}
	for _, r := range seen {
		require.False(t, ids[r.ID], "a run came twice")
		ids[r.ID] = true
	}
	places, err := w.collector.Runs(ctx, w.call("admin", policy.Powers{}), &RunsIn{Paging: paging(50), Kind: "places", Customer: second.String()})
	require.NoError(t, err)
	require.Len(t, places.Items, 1)
	failed, err := w.collector.Runs(ctx, w.call("admin", policy.Powers{}), &RunsIn{Paging: paging(50), State: []string{StateThrottled}})
	require.NoError(t, err)
	require.Empty(t, failed.Items)

	// A manager without any role sees names and states, nothing else.
	manager, err := w.collector.Customers(ctx, w.call("manager", policy.Powers{Manager: true}), &CustomersIn{Paging: paging(50)})
	require.NoError(t, err)
	require.Len(t, manager.Items, 2)
	require.Empty(t, manager.Items[0].Strip)
	none, err := w.collector.Runs(ctx, w.call("manager", policy.Powers{Manager: true}), &RunsIn{Paging: paging(50)})
	require.NoError(t, err)
	require.Empty(t, none.Items)
	b, err := json.Marshal(none)
	require.NoError(t, err)
	require.JSONEq(t, `{"items":[]}`, string(b))
}

func requireProblem(t *testing.T, err error, status int, code string) {
	t.Helper()
	var p *api.Problem
	require.ErrorAs(t, err, &p)
	require.Equal(t, status, p.Status)
	require.Equal(t, code, p.Code)
}

func TestAskingForACollection(t *testing.T) {
	w := newWorld(t, traders(), estate(adatum, "Adatum", 2))
	id := w.accept(northwind, "Northwind", london())
	w.accept(adatum, "Adatum", all())
	w.collect()
	w.narrow(northwind, "narrow", "Quiet corner")
	ctx := t.Context()
	w.clock.advance(time.Second)
	audits := len(w.dump("audit"))

	// Not there and not to be seen are the same.
	_, foreign := w.collector.Now(ctx, w.call("narrow", policy.Powers{}), now(w.customers[adatum].String(), ""))
	require.ErrorIs(t, foreign, store.ErrNotFound)
	for _, missing := range []string{policy.NewID().String(), "nonsense", "0000000000000"} {
		_, err := w.collector.Now(ctx, w.call("narrow", policy.Powers{}), now(missing, ""))
		require.Equal(t, foreign, err)
	}
	_, err := w.collector.Now(ctx, w.call("manager", policy.Powers{Manager: true}), now(id.String(), ""))
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Len(t, w.dump("audit"), audits, "nothing happened, nothing is recorded")

	out, err := w.collector.Now(ctx, w.call("admin", policy.Powers{}), now(id.String(), "devices"))
	require.NoError(t, err)
	require.Equal(t, Asked{CustomerID: id.String(), Kinds: []string{"devices"}}, out)
	require.Len(t, w.dump("audit"), audits+1)
	_, err = w.collector.Now(ctx, w.call("admin", policy.Powers{}), now(id.String(), "devices"))
	requireProblem(t, err, http.StatusConflict, "collection-queued")
	states, err := w.collector.Customers(ctx, w.call("admin", policy.Powers{}), &CustomersIn{Paging: paging(5), Customer: id.String()})
	require.NoError(t, err)
	require.Len(t, states.Items, 1)
	require.True(t, states.Items[0].Kinds[0].Queued)
	require.False(t, states.Items[0].Kinds[1].Queued)

	leases, err := w.store.ClaimCollect(ctx, store.CollectDevices, store.QueueAll, 5, time.Minute)
	require.NoError(t, err)
	require.Len(t, leases, 1)
	_, err = w.collector.Now(ctx, w.call("admin", policy.Powers{}), now(id.String(), ""))
	require.ErrorIs(t, err, store.Conflict{Code: "collection-running"})
	require.NoError(t, w.store.GiveBackCollect(ctx, leases[0]))

	w.collect()
	run := w.lastRun(northwind, store.CollectDevices)
	require.Equal(t, "admin", run.AskedBy)
	require.Equal(t, w.clock.Now(), run.StartedAt)
	_, err = w.collector.Now(ctx, w.call("narrow", policy.Powers{}), now(id.String(), ""))
	requireProblem(t, err, http.StatusTooManyRequests, "collection-asked-just-now")
	w.clock.advance(61 * time.Second)
	out, err = w.collector.Now(ctx, w.call("narrow", policy.Powers{}), now(id.String(), ""))
	require.NoError(t, err)
	require.Equal(t, []string{"places", "devices"}, out.Kinds)
	w.collect()
	require.Equal(t, w.clock.Now(), w.lastRun(northwind, store.CollectPlaces).StartedAt)
	require.Equal(t, "narrow", w.lastRun(northwind, store.CollectPlaces).AskedBy)
	require.NotEqual(t, w.clock.Now(), w.lastRun(adatum, store.CollectPlaces).StartedAt)
}

// The route table is written down before anything is built, and the document is made of it.
func TestOperationsCanBeStatedWithoutACollector(t *testing.T) {
	var c *Collector
	doc, err := api.Document("test", []api.Route{
		api.Op("GET", "/api/collect/customers", api.Holding(policy.RoomsView), "", c.Customers),
		api.Op("GET", "/api/collect/runs", api.Holding(policy.RoomsView), "", c.Runs),
		api.Op("POST", "/api/collect/runs", api.Holding(policy.RoomsView), "", c.Now).Accepted(),
	})
	require.NoError(t, err)
	for _, word := range []string{`"upToDate"`, `"items"`, `"next"`, `"strip"`, `"askedBy"`, `"customerId"`, `"202"`} {
		require.Contains(t, string(doc), word)
	}
}
