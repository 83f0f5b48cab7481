package rooms

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

const (
	workshopTenant = "b1c2d3e4-1111-4a2b-8c3d-0123456789ab"
	workshopRoom   = "lab@northwind.example"
	workshopApp    = "0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b"
)

// workshop is one customer with one room, whose device stands in a simulated cloud, and the runner of actions over both. ann may act there, bob sees
// the room. Nothing moves but by the test: neither the clock nor the runner.
type workshop struct {
	t        *testing.T
	dir      string
	world    *cloudsim.World
	cloud    *cloudsim.Server
	client   *graph.Client
	wire     *wire
	store    *store.Store
	decider  *policy.Decider
	actions  *Actions
	customer policy.ID
	room     policy.ID
	role     policy.ID // of ann
	gone     map[string]bool

	mu  sync.Mutex
	now time.Time
}

func (w *workshop) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *workshop) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// wire is the network between Roomward and the cloud. It can kill the process that asks for a restart, before it has sent or after.
type wire struct {
	crash       context.CancelFunc // of the running process; nil: nobody dies
	before      bool
	unreachable bool
	held        chan error // a restart that is never answered: tells when it is on its way, and why it was given up
}

// RoundTrip sends what the test lets through.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.unreachable {
		return nil, errors.New("no route to host")
	}
	restart := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/restart")
	if w.held != nil && restart {
		w.held <- nil
		<-r.Context().Done()
		w.held <- r.Context().Err()
		return nil, r.Context().Err()
	}
	if w.crash == nil || !restart {
		return http.DefaultTransport.RoundTrip(r)
	}
	if !w.before {
		if res, err := http.DefaultTransport.RoundTrip(r); err == nil {
			_ = res.Body.Close()
		}
	}
	w.crash()
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func openWorkshop(t *testing.T) *workshop {
	t.Helper()
	return workshopWith(t, cloudsim.Options{ClientID: workshopApp, ClientSecret: "secret"})
}

func workshopWith(t *testing.T, o cloudsim.Options) *workshop {
	t.Helper()
	w := &workshop{t: t, dir: t.TempDir(), wire: &wire{}, customer: policy.NewID(), room: policy.NewID(), gone: map[string]bool{},
		now: time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)}
	bar := cloudsim.Device{Kind: "collaborationBar", Manufacturer: "Poly", Model: "Studio X52", AppVersion: "1.0", Firmware: "4.5", Displays: 1}
	w.world = &cloudsim.World{Tenants: []*cloudsim.Tenant{{ID: workshopTenant, Name: "Northwind", Domains: []string{"northwind.example"}, Country: "GB", RegionScope: "EU",
		Consented: true, Rooms: []cloudsim.Room{{Name: "Lab", Email: workshopRoom, Country: "GB", Capacity: 4, Devices: []cloudsim.Device{bar}}}}}}
	w.startCloud(o)
	w.start()
	t.Cleanup(func() { require.NoError(t, w.store.Close()) })
	w.furnish(w.world.Tenants[0].Rooms[0].Devices[0].ID)
	w.role = w.give("ann", policy.RoomsView, policy.RoomsAct)
	w.give("bob", policy.RoomsView)
	return w
}

func (w *workshop) startCloud(o cloudsim.Options) {
	w.t.Helper()
	o.Now = w.clock
	w.cloud = cloudsim.New(w.world, o)
	require.NoError(w.t, w.cloud.Listen(w.t.Context(), "127.0.0.1:0"))
	w.t.Cleanup(func() { require.NoError(w.t, w.cloud.Close()) })
}

// start begins a process over the data directory.
func (w *workshop) start() {
	w.t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	var err error
	w.store, err = store.Open(w.t.Context(), store.Options{Dir: w.dir, Now: w.clock, Log: log})
	require.NoError(w.t, err)
	client, err := graph.New(graph.Config{Cloud: graph.Cloud{Login: w.cloud.URL() + "/login", Graph: w.cloud.URL() + "/graph"},
		Credential: graph.Credential{ClientID: workshopApp, Secret: "secret"}, Budget: graph.Budget{PerTenant: 5000, Overall: 5000},
		HTTP: &http.Client{Transport: w.wire}, Now: w.clock, MaxRetryWait: -1})
	require.NoError(w.t, err)
	w.client = client
	w.decider = policy.NewDecider(w.store, w.clock, policy.Limits{})
	w.actions = NewActions(ActionsConfig{Store: w.store, Graph: client, Decider: w.decider, Person: w.person, Work: policy.ForWork, Now: w.clock, Log: log})
	require.NoError(w.t, w.store.ReleaseActions(w.t.Context()))
}

func (w *workshop) person(_ context.Context, oid string, _ []string) (policy.Actor, error) {
	if w.gone[oid] {
		return policy.Actor{}, ErrPersonGone
	}
	return policy.Actor{User: policy.User(oid)}, nil
}

// furnish writes the rows that collecting would write.
func (w *workshop) furnish(device string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.dir, "roomward.db")+"?_pragma=foreign_keys(ON)&_pragma=busy_timeout(5000)")
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, db.Close()) }()
	do := func(text string, args ...any) {
		_, err := db.Exec(text, args...)
		require.NoError(w.t, err)
	}
	do(`INSERT INTO tenants (tenant_id, name, created_at) VALUES ($1, 'Northwind', 0)`, workshopTenant)
	do(`INSERT INTO invitations (id, tenant_id, name, partner_domain, state, grant_json, rooms_offered, ceiling_json, change_control_json,
		retention_days, terms_version, sent_at, sent_by_oid, sent_by_name, expires_at)
		VALUES ($1, $2, 'Northwind', 'partner.example', 'accepted', '{}', 0, '[]', '{}', 180, '1', 0, 'o', 'n', 0)`, int64(w.customer), workshopTenant)
	do(`INSERT INTO customers (id, tenant_id, name, state, rule_version, grant_json, ceiling_json, change_control_json, retention_days, invitation_id,
		accepted_at, accepted_by_name) VALUES ($1, $2, 'Northwind', 'active', 1, '{}', '["rooms.view","rooms.act","roles.modify"]', '{}', 180, $1, 0, 'n')`,
		int64(w.customer), workshopTenant)
	do(`INSERT INTO rooms (id, customer_id, place_id, name, email, country, city, building, floor, label, capacity, maker, model, health, health_rank,
		critical, search, created_at, updated_at) VALUES ($1, $2, 'p', 'Lab', $3, 'GB', '', '', '', '', 4, 'Poly', 'Studio X52', 'healthy', 60, 0, 'lab', 1, 1)`,
		int64(w.room), int64(w.customer), workshopRoom)
	do(`INSERT INTO devices (id, customer_id, room_id, graph_id, kind, maker, model, serial, asset_tag, health, activity, app_version, created_at, updated_at)
		VALUES (7, $1, $2, $3, 'collaborationBar', 'Poly', 'Studio X52', 'SN', '', 'healthy', 'idle', '1.0', 1, 1)`, int64(w.customer), int64(w.room), device)
}

func (w *workshop) give(user string, permissions ...policy.Permission) policy.ID {
	w.t.Helper()
	role, err := w.store.AddRole(w.t.Context(), store.System("test"), w.customer, store.Role{Name: "role of " + user, Permissions: permissions})
	require.NoError(w.t, err)
	_, err = w.store.AddAssignment(w.t.Context(), store.System("test"), w.customer, store.Assignment{Role: role, Name: user,
		Scopes: []policy.Scope{policy.ScopeAll}, Members: []store.Member{{Principal: policy.User(user), Name: user}}})
	require.NoError(w.t, err)
	return role
}

// change writes what nobody but the database would do.
func (w *workshop) change(text string, args ...any) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.dir, "roomward.db")+"?_pragma=foreign_keys(ON)&_pragma=busy_timeout(5000)")
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, db.Close()) }()
	_, err = db.Exec(text, args...)
	require.NoError(w.t, err)
	_, err = db.Exec(`UPDATE counters SET value = value + 1 WHERE name = 'rules'`)
	require.NoError(w.t, err)
	_, err = db.Exec(`UPDATE customers SET rule_version = (SELECT value FROM counters WHERE name = 'rules')`)
	require.NoError(w.t, err)
}

func (w *workshop) view(user string, p policy.Permission) policy.View {
	w.t.Helper()
	actor := policy.Actor{User: policy.User(user)}
	require.NoError(w.t, w.decider.Refresh(w.t.Context(), actor))
	v, err := w.decider.View(w.t.Context(), actor, p)
	require.NoError(w.t, err)
	return v
}

// ask asks for a restart as somebody of the partner.
func (w *workshop) ask(user string) error {
	w.t.Helper()
	act := store.Act{Side: store.SidePartner, TenantID: "p", OID: user, Name: "Name of " + user}
	_, err := w.store.AskAction(w.t.Context(), act, w.view(user, policy.RoomsView), w.view(user, policy.RoomsAct),
		store.NewAction{Kind: store.ActionRestart, Room: w.room})
	return err
}

// turn carries out what is due now.
func (w *workshop) turn() {
	w.t.Helper()
	require.NoError(w.t, w.actions.start(w.t.Context()))
	w.actions.steps.Wait()
}

// run lets time pass in small steps, with all that is due in each, for so long.
func (w *workshop) run(d time.Duration) {
	w.t.Helper()
	for end := w.clock().Add(d); w.clock().Before(end); w.pass(max(d/40, time.Second)) {
		w.turn()
	}
	w.turn()
}

// last is the action that was asked for last, and how often the device restarted, in a line.
func (w *workshop) last() string {
	w.t.Helper()
	list, _, err := w.store.RoomActions(w.t.Context(), w.view("bob", policy.RoomsView), w.room, nil, 10)
	require.NoError(w.t, err)
	require.NotEmpty(w.t, list)
	out := string(list[0].State)
	if list[0].Failure != "" {
		out += " " + list[0].Failure
	}
	return fmt.Sprintf("%s, %d restarts", out, w.cloud.Restarts(workshopTenant, workshopRoom))
}
