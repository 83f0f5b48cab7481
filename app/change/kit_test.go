package change_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"roomward/app/access"
	"roomward/app/api"
	"roomward/app/change"
	"roomward/app/cloudsim"
	"roomward/app/graph"
	"roomward/app/notify"
	"roomward/app/rooms"
	"roomward/app/web"
	"roomward/policy"
	"roomward/store"
)

const (
	litware   = "7d1f4c1e-0a3b-4c59-9a1c-5f0c2b6e1a00"
	northwind = "b1c2d3e4-1111-4a2b-8c3d-0123456789ab"
	tailspin  = "c2d3e4f5-2222-4b3c-9d4e-123456789abc"

	pia   = "pia"   // primary admin of both customers
	paul  = "paul"  // the same
	tess  = "tess"  // somebody of the partner without a role
	ann   = "ann"   // administers Northwind
	emil  = "emil"  // works there
	other = "other" // administers Tailspin
)

// house is change control with what it controls behind real HTTP. The clock is the test's.
type house struct {
	t      *testing.T
	store  *store.Store
	change *change.Change
	url    string
	dir    string
	ids    map[string]string // object ids by the names above
	people map[string]*api.Person

	mu    sync.Mutex
	at    time.Time
	gone  map[string]bool // accounts that are no more
	stuck bool            // nobody can be found out
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

type gate struct{}

type personKey struct{}

func (gate) Person(ctx context.Context) (*api.Person, error) {
	p, _ := ctx.Value(personKey{}).(*api.Person)
	return p, nil
}
func (gate) Powers(context.Context, api.Person) (policy.Powers, error) { return policy.Powers{}, nil }
func (gate) IsAdmin(p api.Person) bool                                 { return p.Name == ann || p.Name == other }

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), at: time.Now().UTC().Truncate(time.Millisecond), ids: map[string]string{}, people: map[string]*api.Person{}, gone: map[string]bool{}}
	world, err := cloudsim.LoadWorld(fstest.MapFS{"partner/tenant.json": {Data: []byte(`{"tenantId": "` + litware + `", "displayName": "Litware",
		"domains": ["partner.example"], "country": "FR", "regionScope": "EU", "consented": true, "people": [
			{"displayName": "pia", "upn": "pia@partner.example"}, {"displayName": "paul", "upn": "paul@partner.example"},
			{"displayName": "tess", "upn": "tess@partner.example"}]}`)}})
	require.NoError(t, err)
	cloud := cloudsim.New(world, cloudsim.Options{ClientID: "the-app", ClientSecret: "the-secret"})
	require.NoError(t, cloud.Listen(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { _ = cloud.Close() })
	client, err := graph.New(graph.Config{Cloud: graph.Cloud{Login: cloud.URL() + "/login", Graph: cloud.URL() + "/graph"},
		Credential: graph.Credential{ClientID: "the-app", Secret: "the-secret"}, MaxRetryWait: -1, Budget: graph.Budget{PerTenant: 5000, Overall: 5000}})
	require.NoError(t, err)
	for _, p := range world.Partner.People {
		h.people[p.Name] = &api.Person{Session: "s", Side: store.SidePartner, TenantID: litware, OID: p.OID, Name: p.Name, Contexts: []string{"c1"}}
	}
	for name, tenant := range map[string]string{ann: northwind, emil: northwind, other: tailspin} {
		h.people[name] = &api.Person{Session: "s", Side: store.SideCustomer, TenantID: tenant, OID: name, Name: name}
	}
	h.store, err = store.Open(t.Context(), store.Options{Dir: h.dir, Now: h.now})
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.store.Close() })

	h.change = change.New(change.Config{Store: h.store, Person: h.person, Log: slog.New(slog.DiscardHandler)})
	people := access.New(access.Config{Store: h.store, Graph: client, PartnerTenant: litware, PartnerName: "Litware", PartnerDomain: "partner.example"})
	desk := &api.Desk{Gate: gate{}, Decider: policy.NewDecider(h.store, h.now, policy.Limits{}), Log: slog.New(slog.DiscardHandler)}
	routes := web.Routes(web.Features{Access: people, Rooms: rooms.New(h.store, h.now), Change: h.change,
		Notify: notify.New(notify.Config{Store: h.store, Now: h.now, Log: slog.New(slog.DiscardHandler)})})
	h.change.Use(api.Replays(desk, routes))
	e := echo.New()
	_, err = api.Register(e, desk, "test", routes)
	require.NoError(t, err)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), personKey{}, h.people[r.Header.Get("X-Person")])))
	}))
	t.Cleanup(srv.Close)
	h.url = srv.URL
	return h
}

// person is what app.go hands over: the account as it is now.
func (h *house) person(_ context.Context, oid string, contexts []string) (api.Person, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stuck {
		return api.Person{}, context.DeadlineExceeded
	}
	for _, p := range h.people {
		if p.OID == oid && !h.gone[p.Name] {
			now := *p
			now.Session, now.Contexts = "", contexts
			return now, nil
		}
	}
	return api.Person{}, change.ErrGone
}

// run carries out what is approved, until there is nothing left to do.
func (h *house) run() { require.NoError(h.t, h.change.Work(h.t.Context())) }

// relation makes a relation with two rooms, whose primary admins are Pia and Paul and which approves these events first.
func (h *house) relation(tenant, name, control string) (id policy.ID, rooms []policy.ID) {
	h.t.Helper()
	ctx, admin := h.t.Context(), store.Act{Side: store.SideCustomer, TenantID: tenant, OID: "admin", Name: "Ann"}
	require.NoError(h.t, h.store.Consented(ctx, admin, store.Tenant{ID: tenant, Name: name}))
	inv, err := h.store.SendInvitation(ctx, admin, store.Invitation{PartnerDomain: "partner.example", Grant: policy.Grant{All: true}, RoomsOffered: 2,
		Ceiling: policy.Permissions(), ExpiresAt: h.now().Add(time.Hour)}, "", false)
	require.NoError(h.t, err)
	var admins []store.Member
	for _, who := range []string{pia, paul} {
		admins = append(admins, store.Member{Principal: policy.User(h.people[who].OID), Name: who})
	}
	id, err = h.store.AcceptInvitation(ctx, store.System("test"), policy.Overview(policy.Powers{Manager: true}), inv.ID, 0, admins)
	require.NoError(h.t, err)
	all, err := h.store.AddRole(ctx, store.System("test"), id, store.Role{Name: "Everything", Permissions: policy.Permissions()})
	require.NoError(h.t, err)
	_, err = h.store.AddAssignment(ctx, store.System("test"), id, store.Assignment{Role: all, Name: "Pia", Members: admins[:1], Scopes: []policy.Scope{policy.ScopeAll}})
	require.NoError(h.t, err)
	h.control(id, control)
	db := h.db()
	defer func() { _ = db.Close() }()
	var cell int64
	require.NoError(h.t, db.QueryRow(`SELECT id FROM cells WHERE customer_id = $1`, id).Scan(&cell))
	for _, room := range []string{"Boardroom 12", "Boardroom 14"} {
		r := policy.NewID()
		_, err := db.Exec(`INSERT INTO rooms (id, customer_id, cell_id, place_id, name, email, country, city, building, floor, label, capacity, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $4, '', 'FR', 'Paris', 'Tour', '1', '', 4, 1, 1)`, r, id, cell, room)
		require.NoError(h.t, err)
		rooms = append(rooms, r)
	}
	return id, rooms
}

func (h *house) db() *sql.DB {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(h.dir, "roomward.db")+"?_pragma=busy_timeout(10000)")
	require.NoError(h.t, err)
	return db
}

func (h *house) control(id policy.ID, control string) {
	h.t.Helper()
	db := h.db()
	defer func() { _ = db.Close() }()
	_, err := db.Exec(`UPDATE customers SET change_control_json = $1 WHERE id = $2`, control, id)
	require.NoError(h.t, err)
}

// number reads one number behind the store's back.
func (h *house) number(query string, args ...any) (n int) {
	h.t.Helper()
	db := h.db()
	defer func() { _ = db.Close() }()
	require.NoError(h.t, db.QueryRow(query, args...).Scan(&n))
	return n
}

// call is one operation of somebody: its status, its decoded body and its text.
func (h *house) call(who, method, path string, body any) (int, map[string]any, string) {
	h.t.Helper()
	var payload io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body)
		require.NoError(h.t, err)
		payload = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, payload)
	require.NoError(h.t, err)
	r.Header.Set("X-Person", who)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	require.NoError(h.t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(h.t, err)
	var out map[string]any
	if len(b) > 0 {
		require.NoError(h.t, json.Unmarshal(b, &out), string(b))
	}
	return res.StatusCode, out, string(b)
}

// asks is call for what has to wait, and answers the id of the change request.
func (h *house) asks(who, method, path string, body any) string {
	h.t.Helper()
	status, out, text := h.call(who, method, path, body)
	require.Equal(h.t, http.StatusAccepted, status, "%s %s: %s", method, path, text)
	request, ok := out["changeRequest"].(map[string]any)
	require.True(h.t, ok, text)
	return request["id"].(string)
}

// must is call for what has to succeed.
func (h *house) must(who, method, path string, body any) map[string]any {
	h.t.Helper()
	status, out, text := h.call(who, method, path, body)
	require.Contains(h.t, []int{http.StatusOK, http.StatusCreated, http.StatusNoContent}, status, "%s %s: %s", method, path, text)
	return out
}

// approve lets the customer approve, and does what it approved.
func (h *house) approve(id string) {
	h.t.Helper()
	h.must(ann, "POST", "/api/partnership/change-requests/"+id+"/approve", nil)
	h.run()
}

// state is where a request stands, as its customer reads it, and why it failed.
func (h *house) state(id string) (state, failure string) {
	h.t.Helper()
	out := h.must(ann, "GET", "/api/partnership/change-requests/"+id, nil)
	failure, _ = out["failure"].(string)
	return out["state"].(string), failure
}
