package collect

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/api"
	"roomward/app/cloudsim"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

const (
	clientID = "0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b"
	secret   = "the-secret-of-the-application"

	northwind = "b1c2d3e4-1111-4a2b-8c3d-0123456789ab"
	adatum    = "c2d3e4f5-2222-4b3c-9d4e-123456789abc"
)

// clock is a time that only the test moves; while it is zero it is that of the bubble that the test runs in.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.IsZero() {
		return time.Now()
	}
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func (c *clock) advance(d time.Duration) { c.set(c.Now().Add(d)) }

// world is a real store and a real simulated cloud over HTTP, with one clock.
type world struct {
	t         testing.TB
	clock     *clock
	cloud     *cloudsim.Server
	at        graph.Cloud
	store     *store.Store
	graph     *graph.Client
	decider   *policy.Decider
	collector *Collector
	dir       string
	log       *safeBuffer
	customers map[string]policy.ID // by tenant
	ledger    *ledger

	mu   sync.Mutex
	hook func(w http.ResponseWriter, r *http.Request) bool // true: answered
}

// safeBuffer takes log lines of many goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) Bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.b.Bytes())
}

func newWorld(t *testing.T, tenants ...*cloudsim.Tenant) *world {
	t.Helper()
	return newWorldWith(t, cloudsim.Options{}, tenants...)
}

func newWorldWith(t *testing.T, o cloudsim.Options, tenants ...*cloudsim.Tenant) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}}
	o.ClientID, o.ClientSecret, o.Now, o.Secret = clientID, secret, w.clock.Now, heard.Learn
	w.cloud = cloudsim.New(&cloudsim.World{Tenants: tenants}, o)
	server := httptest.NewServer(w.front())
	t.Cleanup(server.Close)
	w.at = graph.Cloud{Login: server.URL + "/login", Graph: server.URL + "/graph"}
	w.build(graph.Config{Cloud: w.at,
		Budget: graph.Budget{PerTenant: 1e6, Overall: 1e6}, MaxRetryWait: -1})
	w.collector.cfg.Tick = 10 * time.Millisecond
	return w
}

// front is the simulated cloud behind the hook.
func (w *world) front() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		hook := w.hook
		w.mu.Unlock()
		if hook == nil || !hook(rw, r) {
			w.cloud.ServeHTTP(rw, r)
		}
	})
}

// build makes everything of ours that stands before the cloud.
func (w *world) build(cfg graph.Config) {
	w.t.Helper()
	w.dir, w.log, w.customers = w.t.TempDir(), &safeBuffer{}, map[string]policy.ID{}
	w.ledger = keepLedger(w.dir)
	log := slog.New(slog.NewJSONHandler(io.MultiWriter(w.log, heard), &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	w.store, err = store.Open(w.t.Context(), store.Options{Dir: w.dir, Now: w.clock.Now, Log: log})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = w.store.Close() })
	cfg.Credential, cfg.Now, cfg.Log = graph.Credential{ClientID: clientID, Secret: secret}, w.clock.Now, log
	w.graph, err = graph.New(cfg)
	require.NoError(w.t, err)
	w.decider = policy.NewDecider(w.store, w.clock.Now, policy.Limits{})
	w.collector = New(Config{Store: w.store, Graph: w.graph, Work: policy.ForWork, Now: w.clock.Now, Log: log})
}

// answerWith puts a function before the simulated cloud; it tells whether it has answered.
func (w *world) answerWith(hook func(rw http.ResponseWriter, r *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hook = hook
}

// accept makes a customer of a tenant, with "admin" as its primary admin.
func (w *world) accept(tenant, name string, grant policy.Grant) policy.ID {
	w.t.Helper()
	act := store.Act{Side: store.SideCustomer, TenantID: tenant, OID: "o-1", Name: "Ann Admin"}
	require.NoError(w.t, w.store.Consented(w.t.Context(), act, store.Tenant{ID: tenant, Name: name, Domains: []string{strings.ToLower(name) + ".example"}}))
	inv, err := w.store.SendInvitation(w.t.Context(), act, store.Invitation{PartnerDomain: "partner.example", Grant: grant,
		Ceiling: policy.DefaultCeiling(), ChangeControl: map[string]string{}, RetentionDays: 180, TermsVersion: "1",
		ExpiresAt: w.clock.Now().Add(24 * time.Hour)}, "", false)
	require.NoError(w.t, err)
	id, err := w.store.AcceptInvitation(w.t.Context(), store.Act{Side: store.SidePartner, Name: "Maya"}, policy.Overview(policy.Powers{Manager: true}), inv.ID, 0,
		[]store.Member{{Principal: policy.User("admin"), Name: "Admin"}})
	require.NoError(w.t, err)
	w.customers[tenant] = id
	return id
}

// collect does everything that is due, until nothing is, and gives the runs that this made, by kind.
func (w *world) collect() {
	w.t.Helper()
	for range 20 {
		busy := false
		for _, l := range w.collector.lanes {
			due, err := w.store.CollectDue(w.t.Context(), l.kind, l.queue)
			require.NoError(w.t, err)
			busy = busy || due
			require.NoError(w.t, w.collector.start(w.t.Context(), l))
			l.runs.Wait()
		}
		if !busy {
			return
		}
	}
	w.t.Fatal("there is always something due")
}

// lane is the lane of those whose last run went well.
func (w *world) lane(kind store.CollectKind) *lane {
	i := slices.IndexFunc(w.collector.lanes, func(l *lane) bool { return l.kind == kind && l.queue == store.QueueSound })
	return w.collector.lanes[i]
}

// due moves the clock to when a job is due next and does what is due then.
func (w *world) due(tenant string, kind store.CollectKind) {
	w.t.Helper()
	w.clock.set(w.job(tenant, kind).DueAt)
	w.collect()
}

func (w *world) job(tenant string, kind store.CollectKind) store.CollectJob {
	w.t.Helper()
	all, err := w.store.CollectStates(w.t.Context(), policy.Overview(policy.Powers{Manager: true}))
	require.NoError(w.t, err)
	for _, s := range all {
		if s.Customer != w.customers[tenant] {
			continue
		}
		for _, j := range s.Jobs {
			if j.Kind == kind {
				return j
			}
		}
	}
	w.t.Fatalf("no %s job of %s", kind, tenant)
	return store.CollectJob{}
}

// lastRun is the newest run of a kind.
func (w *world) lastRun(tenant string, kind store.CollectKind) store.CollectRun {
	w.t.Helper()
	runs, _, err := w.store.CollectRuns(w.t.Context(), policy.ForWork(w.customers[tenant], "test"), store.CollectRunQuery{Kind: kind, Limit: 1})
	require.NoError(w.t, err)
	require.NotEmpty(w.t, runs)
	return runs[0]
}

func (w *world) view(actor string, p policy.Permission) policy.View {
	w.t.Helper()
	a := policy.Actor{User: policy.User(actor)}
	require.NoError(w.t, w.decider.Refresh(w.t.Context(), a))
	v, err := w.decider.View(w.t.Context(), a, p)
	require.NoError(w.t, err)
	return v
}

// rooms are the rooms that the primary admin sees, by name.
func (w *world) rooms() map[string]store.Room {
	w.t.Helper()
	list, err := w.store.Rooms(w.t.Context(), w.view("admin", policy.RoomsView), w.view("admin", policy.TicketsView), store.RoomQuery{Limit: 500})
	require.NoError(w.t, err)
	out := map[string]store.Room{}
	for _, r := range list.Rooms {
		out[r.Name] = r
	}
	return out
}

// incident is the one incident of a signal, of any state, that the primary admin sees.
func (w *world) incident(signal string) store.Incident {
	w.t.Helper()
	found := w.incidents(signal)
	require.Len(w.t, found, 1, "incidents of %s", signal)
	return found[0]
}

func (w *world) incidents(signal string) []store.Incident {
	w.t.Helper()
	list, err := w.store.Incidents(w.t.Context(), w.view("admin", policy.TicketsView), store.IncidentQuery{Limit: 500, Filter: store.IncidentFilter{
		Signal: []string{signal}, States: []string{"watching", "active", "investigating", "resolved", "closed"}}})
	require.NoError(w.t, err)
	return list.Incidents
}

// call is what api hands to an operation of a person.
func (w *world) call(actor string, powers policy.Powers) *api.Call {
	w.t.Helper()
	return &api.Call{Actor: policy.Actor{User: policy.User(actor)}, View: w.view(actor, policy.RoomsView), Powers: powers,
		Overview: policy.Overview(powers), Decider: w.decider, Act: store.Act{Side: store.SidePartner, OID: actor, Name: actor}}
}

// customerTables are the tables whose rows come from Microsoft.
var customerTables = []string{"customers", "rooms", "room_presences", "managed_devices", "devices", "signals", "signal_spans", "incidents", "incident_openings", "incident_events",
	"room_groups", "room_group_rooms", "cells", "assignment_scopes", "counters"}

// open opens the database beside the store, as an operator could.
func (w *world) open() *sql.DB {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.dir, "roomward.db")+"?_pragma=busy_timeout(5000)")
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = db.Close() })
	return db
}

// watchWrites counts every row of a customer that is written from now on, also when it is written with the same values.
func (w *world) watchWrites() (count func() int) {
	before := w.ledger.read()
	return func() int { return w.ledger.read().rows - before.rows }
}

// dump is every row of the tables as text, without the columns that move by themselves.
func (w *world) dump(tables ...string) []string {
	w.t.Helper()
	if len(tables) == 0 {
		tables = customerTables
	}
	db := w.open()
	var out []string
	for _, table := range tables {
		rows, err := db.QueryContext(w.t.Context(), `SELECT * FROM `+table)
		require.NoError(w.t, err)
		columns, err := rows.Columns()
		require.NoError(w.t, err)
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			require.NoError(w.t, rows.Scan(values...))
			line := table
			for i, c := range columns {
				line += fmt.Sprintf(" %s=%v", c, *values[i].(*any))
			}
			out = append(out, line)
		}
		require.NoError(w.t, rows.Err())
		require.NoError(w.t, rows.Close())
	}
	slices.Sort(out)
	return out
}

// requireNowhere proves that no byte of the database, its log, or what was logged holds one of the words.
func (w *world) requireNowhere(words ...string) {
	w.t.Helper()
	w.requireNotStored(words...)
	for _, word := range words {
		require.False(w.t, bytes.Contains(bytes.ToLower(w.log.Bytes()), []byte(strings.ToLower(word))), "%q was logged", word)
	}
}

// requireNotStored is requireNowhere for the database alone: what was granted once may stand in a log.
func (w *world) requireNotStored(words ...string) {
	w.t.Helper()
	places := map[string][]byte{}
	for _, name := range []string{"roomward.db", "roomward.db-wal"} {
		b, err := os.ReadFile(filepath.Join(w.dir, name))
		if !os.IsNotExist(err) {
			require.NoError(w.t, err)
		}
		places[name] = b
	}
	require.NotEmpty(w.t, places["roomward.db"])
	for place, b := range places {
		for _, word := range words {
			require.NotEmpty(w.t, word)
			require.False(w.t, bytes.Contains(bytes.ToLower(b), []byte(strings.ToLower(word))), "%q stands in %s", word, place)
		}
	}
}

func bar(faults ...cloudsim.Episode) cloudsim.Device {
	return cloudsim.Device{Kind: "collaborationBar", Manufacturer: "Poly", Model: "Studio X52", AppVersion: "1.0.96.2026081502",
		Firmware: "4.5.0.446204", Displays: 2, OptionalDisplays: 1, Faults: faults}
}

func hub() cloudsim.Device {
	return cloudsim.Device{Kind: "teamsRoom", Manufacturer: "Lenovo", Model: "ThinkSmart Hub", AppVersion: "5.4.152.0",
		OSVersion: "10.0.22631.6060", Displays: 1}
}

func panel() cloudsim.Device {
	return cloudsim.Device{Kind: "teamsPanel", Manufacturer: "Crestron", Model: "TSS-1070", AppVersion: "1.0.97.2026081502", Firmware: "2.006.0098"}
}

// traders has three rooms in London and two elsewhere.
func traders() *cloudsim.Tenant {
	return &cloudsim.Tenant{ID: northwind, Name: "Northwind", Domains: []string{"northwind.example"}, Country: "GB", Consented: true,
		Rooms: []cloudsim.Room{
			{Name: "Boardroom 12", Email: "br12@northwind.example", Country: "GB", City: "London", Building: "London Bridge", Floor: "12", Capacity: 16,
				Devices: []cloudsim.Device{hub(), panel()}},
			{Name: "Harbour 4.02", Email: "harbour402@northwind.example", Country: "GB", City: "London", Building: "Harbour Tower", Floor: "4", Capacity: 6,
				Devices: []cloudsim.Device{bar()}},
			{Name: "Quiet corner", Email: "quiet@northwind.example", Country: "GB", City: "London", Building: "Harbour Tower", Floor: "5", Capacity: 2},
			{Name: "Vault Amstel", Email: "vault@northwind.example", Country: "NL", City: "Amsterdam", Building: "Zuidas One", Floor: "2", Capacity: 10,
				Devices: []cloudsim.Device{{Kind: "teamsRoom", Manufacturer: "Yealink", Model: "MVC860", AppVersion: "5.4.153.0", OSVersion: "10.0.22631.1", Displays: 1}}},
			{Name: "Board Secret", Email: "secret@northwind.example", Country: "NL", City: "Amsterdam", Building: "Zuidas One", Floor: "9", Capacity: 4,
				Devices: []cloudsim.Device{panel()}},
		}}
}

func london() policy.Grant { return policy.Grant{Rules: []policy.GrantRule{{City: "London"}}} }

func all() policy.Grant { return policy.Grant{All: true} }

// running starts the collector as the app does, and stops it at the end.
func (w *world) running() (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	go func() {
		w.collector.Run(ctx)
		close(ended)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			w.t.Error("the collector does not stop")
		}
	})
	w.t.Cleanup(stop)
	return stop
}
