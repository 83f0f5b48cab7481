package access_test

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
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"roomward/app/access"
	"roomward/app/api"
	"roomward/app/cloudsim"
	"roomward/app/graph"
	"roomward/app/incidents"
	"roomward/app/rooms"
	"roomward/app/web"
	"roomward/policy"
	"roomward/store"
)

const (
	litware   = "7d1f4c1e-0a3b-4c59-9a1c-5f0c2b6e1a00"
	northwind = "b1c2d3e4-1111-4a2b-8c3d-0123456789ab"
)

// world is the cloud in which the tests take place: the partner's directory, and a customer's with somebody of nearly the same name.
func world() fstest.MapFS {
	return fstest.MapFS{
		"partner/tenant.json": {Data: []byte(`{"tenantId": "` + litware + `", "displayName": "Litware", "domains": ["partner.example"], "country": "FR",
			"regionScope": "EU", "consented": true,
			"groups": [{"name": "Desk leads"}, {"name": "Desk Paris", "in": ["Desk leads"]}, {"name": "Desk newsletter", "mailOnly": true}],
			"people": [
				{"displayName": "Maya Desmond", "upn": "manager@partner.example"},
				{"displayName": "Tim Desai", "upn": "tenant.manager@partner.example"},
				{"displayName": "Pia Primary", "upn": "primary.admin@partner.example"},
				{"displayName": "Tess Technician", "upn": "technician@partner.example", "groups": ["Desk Paris"]},
				{"displayName": "Nora Nobody", "upn": "nobody@partner.example", "groups": ["Desk leads"]}]}`)},
		"northwind/tenant.json": {Data: []byte(`{"tenantId": "` + northwind + `", "displayName": "Northwind Traders", "domains": ["northwind.example"],
			"country": "GB", "regionScope": "EU", "consented": true, "groups": [{"name": "Desk of Northwind"}],
			"people": [{"displayName": "Ann Desmond", "upn": "admin@northwind.example", "wids": ["` + cloudsim.TeamsAdministrator + `"]},
				{"displayName": "Emil Employee", "upn": "employee@northwind.example"}]}`)},
	}
}

// house is the feature behind real HTTP, with a real store, decider and Graph client, and a gate that believes a header.
type house struct {
	t     *testing.T
	store *store.Store
	cloud *cloudsim.Server
	world *cloudsim.World
	url   string
	db    string
}

type gate struct{ store *store.Store }

type personKey struct{}

func (g gate) Person(ctx context.Context) (*api.Person, error) {
	p, _ := ctx.Value(personKey{}).(*api.Person)
	return p, nil
}

func (g gate) Powers(ctx context.Context, p api.Person) (policy.Powers, error) {
	principals := []policy.Principal{policy.User(p.OID)}
	for _, id := range p.Groups {
		principals = append(principals, policy.Group(id))
	}
	tenantManager, err := g.store.IsTenantManager(ctx, principals)
	return policy.Powers{GlobalAdmin: slices.Contains(p.Wids, cloudsim.GlobalAdministrator), Manager: slices.Contains(p.AppRoles, "Manager"),
		TenantManager: tenantManager}, err
}

func (g gate) IsAdmin(p api.Person) bool {
	return p.Side == store.SideCustomer && slices.Contains(p.Wids, cloudsim.TeamsAdministrator)
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t}
	dir := t.TempDir()
	h.db = filepath.Join(dir, "roomward.db")
	var err error
	h.store, err = store.Open(t.Context(), store.Options{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.store.Close() })
	h.world, err = cloudsim.LoadWorld(world())
	require.NoError(t, err)
	h.cloud = cloudsim.New(h.world, cloudsim.Options{ClientID: "the-app", ClientSecret: "the-secret"})
	require.NoError(t, h.cloud.Listen(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { _ = h.cloud.Close() })
	client, err := graph.New(graph.Config{Cloud: graph.Cloud{Login: h.cloud.URL() + "/login", Graph: h.cloud.URL() + "/graph"},
		Credential: graph.Credential{ClientID: "the-app", Secret: "the-secret"}, MaxRetryWait: -1, Budget: graph.Budget{PerTenant: 5000, Overall: 5000}})
	require.NoError(t, err)

	a := access.New(access.Config{Store: h.store, Graph: client, PartnerTenant: litware, PartnerName: "Litware", PartnerDomain: "partner.example", Version: "1.2.3"})
	desk := &api.Desk{Gate: gate{h.store}, Decider: policy.NewDecider(h.store, time.Now, policy.Limits{}), Log: slog.New(slog.DiscardHandler)}
	e := echo.New()
	_, err = api.Register(e, desk, "test", web.Routes(web.Features{Access: a, Rooms: rooms.New(h.store, time.Now), Incidents: incidents.New(h.store, time.Now)}))
	require.NoError(t, err)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if upn := r.Header.Get("X-Person"); upn != "" {
			r = r.WithContext(context.WithValue(r.Context(), personKey{}, h.person(upn)))
		}
		e.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	h.url = srv.URL
	return h
}

// person is who signs in with this name, with the facts that their token would carry. The first word before "+" of a name may add a
// directory role: "global+nobody@…" is Nora with the Entra role of a global administrator.
func (h *house) person(name string) *api.Person {
	role, upn, marked := strings.Cut(name, "+")
	if !marked {
		upn = name
	}
	for _, t := range append([]*cloudsim.Tenant{h.world.Partner}, h.world.Tenants...) {
		for _, p := range t.People {
			if p.UPN != upn {
				continue
			}
			out := &api.Person{Session: "s-1", Side: store.SideCustomer, TenantID: t.ID, OID: p.OID, Name: p.Name, UPN: p.UPN, Wids: p.Wids}
			if t == h.world.Partner {
				out.Side, out.Groups = store.SidePartner, p.Groups
				if p.UPN == "manager@partner.example" {
					out.AppRoles = []string{"Manager"}
				}
			}
			if marked && role == "global" {
				out.Wids = append(slices.Clone(p.Wids), cloudsim.GlobalAdministrator)
			}
			return out
		}
	}
	return &api.Person{Session: "s-2", Side: store.SideCustomer, TenantID: "aaaaaaaa-0000-4000-8000-000000000000", OID: "x", Name: "Stranger", UPN: upn}
}

func (h *house) act(upn string) store.Act {
	p := h.person(upn)
	return store.Act{Side: p.Side, TenantID: p.TenantID, OID: p.OID, Name: p.Name}
}

func (h *house) group(name string) string {
	for _, t := range append([]*cloudsim.Tenant{h.world.Partner}, h.world.Tenants...) {
		for _, g := range t.Groups {
			if g.Name == name {
				return g.ID
			}
		}
	}
	require.Fail(h.t, "no group "+name)
	return ""
}

// do calls the API as somebody and answers the status and the body.
func (h *house) do(who, method, path, body string) (int, map[string]any, string) {
	h.t.Helper()
	status, out, text, _ := h.send(who, method, path, body, "")
	return status, out, text
}

// send is do with an If-Match, and answers the ETag too.
func (h *house) send(who, method, path, body, ifMatch string) (status int, out map[string]any, text, tag string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, bytes.NewReader([]byte(body)))
	require.NoError(h.t, err)
	if who != "" {
		r.Header.Set("X-Person", who)
	}
	if ifMatch != "" {
		r.Header.Set("If-Match", ifMatch)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	require.NoError(h.t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(h.t, err)
	if len(b) > 0 {
		require.NoError(h.t, json.Unmarshal(b, &out), string(b))
	}
	return res.StatusCode, out, string(b), res.Header.Get("ETag")
}

// must is do for what has to succeed; body is anything that JSON takes.
func (h *house) must(who, method, path string, body any) map[string]any {
	h.t.Helper()
	text := ""
	if body != nil {
		b, err := json.Marshal(body)
		require.NoError(h.t, err)
		text = string(b)
	}
	status, out, answer := h.do(who, method, path, text)
	require.Contains(h.t, []int{http.StatusOK, http.StatusCreated, http.StatusNoContent}, status, "%s %s %s: %s", who, method, path, answer)
	return out
}

var managing = policy.Overview(policy.Powers{Manager: true})

// customer makes a relation with Northwind that has two rooms, and gives the group Desk Paris a role in one of them.
func (h *house) customer() (id, room policy.ID) {
	h.t.Helper()
	id, rooms := h.relation(northwind, "Northwind Traders", policy.DefaultCeiling())
	ctx, maya := h.t.Context(), h.act("manager@partner.example")
	role, err := h.store.AddRole(ctx, maya, id, store.Role{Name: "Site", Permissions: []policy.Permission{policy.RoomsView, policy.TicketsView}})
	require.NoError(h.t, err)
	_, err = h.store.AddAssignment(ctx, maya, id, store.Assignment{Role: role, Name: "Paris",
		Members: []store.Member{{Principal: policy.Group(h.group("Desk Paris")), Name: "Desk Paris"}}, Scopes: []policy.Scope{policy.ScopeRoom(rooms[0])}})
	require.NoError(h.t, err)
	return id, rooms[0]
}

// relation makes a relation that has two rooms, with Pia as primary admin.
func (h *house) relation(tenant, name string, ceiling []policy.Permission) (id policy.ID, rooms [2]policy.ID) {
	h.t.Helper()
	ctx, maya := h.t.Context(), h.act("manager@partner.example")
	admin := store.Act{Side: store.SideCustomer, TenantID: tenant, OID: "admin", Name: "Ann"}
	require.NoError(h.t, h.store.Consented(ctx, admin, store.Tenant{ID: tenant, Name: name, Domains: []string{strings.ToLower(name[:5]) + ".example"}}))
	inv, err := h.store.SendInvitation(ctx, admin, store.Invitation{PartnerDomain: "partner.example", Grant: policy.Grant{All: true}, RoomsOffered: 2,
		Ceiling: ceiling, ExpiresAt: time.Now().Add(time.Hour)}, "", false)
	require.NoError(h.t, err)
	pia := h.person("primary.admin@partner.example")
	id, err = h.store.AcceptInvitation(ctx, maya, managing, inv.ID, 0, []store.Member{{Principal: policy.User(pia.OID), Name: pia.Name}})
	require.NoError(h.t, err)
	return id, h.addRooms(id)
}

// text reads one value behind the store's back.
func (h *house) text(query string, args ...any) string {
	h.t.Helper()
	db, err := sql.Open("sqlite", "file:"+h.db+"?_pragma=busy_timeout(5000)")
	require.NoError(h.t, err)
	defer func() { _ = db.Close() }()
	var out string
	require.NoError(h.t, db.QueryRow(query, args...).Scan(&out))
	return out
}

// addRooms puts two rooms behind the store's back, as collecting would.
func (h *house) addRooms(customer policy.ID) [2]policy.ID {
	h.t.Helper()
	db, err := sql.Open("sqlite", "file:"+h.db+"?_pragma=busy_timeout(5000)")
	require.NoError(h.t, err)
	defer func() { _ = db.Close() }()
	rooms := [2]policy.ID{policy.NewID(), policy.NewID()}
	for _, room := range rooms {
		_, err = db.Exec(`INSERT INTO rooms (id, customer_id, cell_id, place_id, name, email, country, city, building, floor, label, capacity, created_at, updated_at)
			SELECT $1, $2, min(c.id), $3, $3, $3, 'GB', 'London', 'B', '1', '', 4, 1, 1 FROM cells c WHERE c.customer_id = $2`, room, customer, room.String())
		require.NoError(h.t, err)
	}
	_, err = db.Exec(`UPDATE customers SET rooms = 2 WHERE id = $1`, customer)
	require.NoError(h.t, err)
	return rooms
}
