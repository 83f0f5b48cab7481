package customers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"roomward/app/access"
	"roomward/app/api"
	"roomward/app/audit"
	"roomward/app/cloudsim"
	"roomward/app/customers"
	"roomward/app/graph"
	"roomward/app/web"
	"roomward/policy"
	"roomward/store"
)

const (
	litware   = "7d1f4c1e-0a3b-4c59-9a1c-5f0c2b6e1a00"
	northwind = "b1c2d3e4-1111-4a2b-8c3d-0123456789ab"
	tailspin  = "c2d3e4f5-2222-4b3c-9d4e-123456789abc"
	woodgrove = "d3e4f5a6-3333-4c4d-8e5f-23456789abcd"
	agency    = "e4f5a6b7-4444-4d5e-8f60-3456789abcde"
	impostor  = "f5a6b7c8-5555-4e6f-8071-456789abcdef"

	maya = "manager@partner.example"
	tim  = "tenant.manager@partner.example"
	pia  = "primary.admin@partner.example"
	nora = "nobody@partner.example"
	lea  = "lea@partner.example"
	kai  = "kai@partner.example"
	ann  = "admin@northwind.example"
	emil = "employee@northwind.example"
	tara = "admin@tailspin.example"
)

// tenant is tenant.json of a customer with an administrator and an employee.
func tenant(id, name, domain, more string) []byte {
	return []byte(`{"tenantId": "` + id + `", "displayName": "` + name + `", "domains": ["` + domain + `"], "country": "GB", "regionScope": "EU",
		"people": [{"displayName": "Admin of ` + domain + `", "upn": "admin@` + domain + `", "wids": ["` + cloudsim.TeamsAdministrator + `"]},
			{"displayName": "Employee of ` + domain + `", "upn": "employee@` + domain + `"}]` + more + `}`)
}

const roomsHead = "name,email,country,city,building,floor,capacity,kind\n"

// northwindRooms have names that occur nowhere else, so that a test can look for them.
const northwindRooms = roomsHead + `Zephyr Boardroom,zephyr@northwind.example,GB,London,London Bridge,12,16,
Quokka Huddle,quokka@northwind.example,GB,London,London Bridge,11,4,
Marmot Suite,marmot@northwind.example,GB,London,Harbour Tower,4,8,
Tamarin Hall,tamarin@northwind.example,NL,Amsterdam,Zuid,G,30,
`

var secretNames = []string{"Zephyr", "Quokka", "Marmot", "Tamarin", "zephyr@", "quokka@", "marmot@", "tamarin@"}

func world() fstest.MapFS {
	return fstest.MapFS{
		"partner/tenant.json": {Data: []byte(`{"tenantId": "` + litware + `", "displayName": "Litware", "domains": ["partner.example"], "country": "FR",
			"regionScope": "EU", "consented": true, "groups": [{"name": "Desk leads"}, {"name": "Newsletter", "mailOnly": true}, {"name": "On call"}],
			"people": [{"displayName": "Maya Manager", "upn": "` + maya + `"}, {"displayName": "Tim Tenant", "upn": "` + tim + `"},
				{"displayName": "Pia Primary", "upn": "` + pia + `"}, {"displayName": "Nora Nobody", "upn": "` + nora + `"},
				{"displayName": "Lea Lead", "upn": "` + lea + `", "groups": ["On call"]}, {"displayName": "Kai Night", "upn": "` + kai + `", "groups": ["On call"]}]}`)},
		"northwind/tenant.json": {Data: tenant(northwind, "Northwind Traders", "northwind.example", `, "consented": true`)},
		"northwind/rooms.csv":   {Data: []byte(northwindRooms)},
		"tailspin/tenant.json":  {Data: tenant(tailspin, "Tailspin Toys", "tailspin.example", `, "consented": true`)},
		"tailspin/rooms.csv":    {Data: []byte(roomsHead + "Workshop,workshop@tailspin.example,FR,Lyon,Atelier,1,6,\n")},
		"woodgrove/tenant.json": {Data: tenant(woodgrove, "Woodgrove Bank", "woodgrove.example", "")},
		"agency/tenant.json":    {Data: tenant(agency, "Agency", "agency.example", `, "consented": true, "regionSubScope": "GCC"`)},
		"agency/rooms.csv":      {Data: []byte(roomsHead + "Vault,vault@agency.example,US,Reston,HQ,1,6,\n")},
		"impostor/tenant.json":  {Data: tenant(impostor, "Nоrthwind Тraders", "elsewhere.example", `, "consented": true`)}, // two Cyrillic letters
		"impostor/rooms.csv":    {Data: []byte(roomsHead + "Trap,trap@elsewhere.example,US,Reno,HQ,1,6,\n")},
	}
}

// house is the feature behind real HTTP, with a real store, decider and Graph client, and a gate that believes a header.
type house struct {
	t     *testing.T
	store *store.Store
	cloud *cloudsim.Server
	world *cloudsim.World
	parts *customers.Customers
	url   string
	dir   string

	mu      sync.Mutex
	at      time.Time
	started []policy.ID
	left    []policy.ID
	granted []policy.ID
}

type gate struct{ store *store.Store }

type personKey struct{}

func (g gate) Person(ctx context.Context) (*api.Person, error) {
	p, _ := ctx.Value(personKey{}).(*api.Person)
	return p, nil
}

func (g gate) Powers(ctx context.Context, p api.Person) (policy.Powers, error) {
	tenantManager, err := g.store.IsTenantManager(ctx, []policy.Principal{policy.User(p.OID)})
	return policy.Powers{Manager: slices.Contains(p.AppRoles, "Manager"), TenantManager: tenantManager}, err
}

func (g gate) IsAdmin(p api.Person) bool {
	return p.Side == store.SideCustomer && slices.Contains(p.Wids, cloudsim.TeamsAdministrator)
}

// open makes a house in which everybody may invite; change alters the configuration.
func open(t *testing.T, change ...func(*customers.Config)) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), at: time.Now().UTC().Truncate(time.Millisecond)}
	var err error
	h.store, err = store.Open(t.Context(), store.Options{Dir: h.dir, Now: h.now})
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.store.Close() })
	h.world, err = cloudsim.LoadWorld(world())
	require.NoError(t, err)
	h.cloud = cloudsim.New(h.world, cloudsim.Options{ClientID: "the-app", ClientSecret: "the-secret"})
	require.NoError(t, h.cloud.Listen(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { _ = h.cloud.Close() })
	client, err := graph.New(graph.Config{Cloud: graph.Cloud{Login: h.cloud.URL() + "/login", Graph: h.cloud.URL() + "/graph"},
		Credential: graph.Credential{ClientID: "the-app", Secret: "the-secret"}, MaxRetryWait: -1, Budget: graph.Budget{PerTenant: 5000, Overall: 5000},
		Refused: func(ctx context.Context, tenant string) { _ = h.store.ConsentRefused(ctx, tenant) }})
	require.NoError(t, err)

	people := access.New(access.Config{Store: h.store, Graph: client, PartnerTenant: litware})
	cfg := customers.Config{Store: h.store, Graph: client, PartnerTenant: litware, PartnerName: "Litware", Domains: []string{"partner.example", "desk.partner.example"},
		Contexts: []api.AuthContext{{ID: "c1", Name: "Phishing-resistant MFA"}}, Mode: customers.InviteOpen, Now: h.now, Member: people.Member,
		Started:   func(id policy.ID) { h.mu.Lock(); defer h.mu.Unlock(); h.started = append(h.started, id) },
		Regranted: func(id policy.ID) { h.mu.Lock(); defer h.mu.Unlock(); h.granted = append(h.granted, id) },
		Left:      func(id policy.ID) { h.mu.Lock(); defer h.mu.Unlock(); h.left = append(h.left, id) },
		Progress:  func(policy.ID) *customers.Progress { return &customers.Progress{Step: "places", Done: 1, Total: 3} }}
	for _, c := range change {
		c(&cfg)
	}
	h.parts = customers.New(cfg)
	h.serve()
	return h
}

func (h *house) serve() {
	desk := &api.Desk{Gate: gate{h.store}, Decider: policy.NewDecider(h.store, h.now, policy.Limits{}), Log: slog.New(slog.DiscardHandler)}
	e := echo.New()
	_, err := api.Register(e, desk, "test", web.Routes(web.Features{Customers: h.parts, Audit: audit.New(h.store, h.now)}))
	require.NoError(h.t, err)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if upn := r.Header.Get("X-Person"); upn != "" {
			r = r.WithContext(context.WithValue(r.Context(), personKey{}, h.person(upn)))
		}
		e.ServeHTTP(w, r)
	}))
	h.t.Cleanup(srv.Close)
	h.url = srv.URL
	h.tenantManager(tim)
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

func (h *house) tenantManager(upn string) {
	h.t.Helper()
	p := h.person(upn)
	_, err := h.store.AddTenantManager(h.t.Context(), store.System("test"), store.TenantManager{Principal: policy.User(p.OID), Name: p.Name})
	require.NoError(h.t, err)
}

// person is who signs in with this name, with the facts that their token would carry.
func (h *house) person(upn string) *api.Person {
	for _, t := range append([]*cloudsim.Tenant{h.world.Partner}, h.world.Tenants...) {
		for _, p := range t.People {
			if p.UPN != upn {
				continue
			}
			out := &api.Person{Session: "s-1", Side: store.SideCustomer, TenantID: t.ID, OID: p.OID, Name: p.Name, UPN: p.UPN, Wids: p.Wids}
			if t == h.world.Partner {
				out.Side = store.SidePartner
				if upn == maya {
					out.AppRoles = []string{"Manager"}
				}
			}
			return out
		}
	}
	panic("nobody is called " + upn)
}

// do calls the API as somebody and answers the status and the body.
func (h *house) do(who, method, path string, body any) (int, map[string]any, string) {
	h.t.Helper()
	return h.doIf(who, "", method, path, body)
}

// doIf is do with the tag that must still hold.
func (h *house) doIf(who, tag, method, path string, body any) (int, map[string]any, string) {
	h.t.Helper()
	sent, ok := body.(string)
	if !ok && body != nil {
		b, err := json.Marshal(body)
		require.NoError(h.t, err)
		sent = string(b)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, h.url+path, strings.NewReader(sent))
	require.NoError(h.t, err)
	r.Header.Set("X-Person", who)
	if tag != "" {
		r.Header.Set("If-Match", tag)
	}
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

// must is do for what has to go well.
func (h *house) must(who, method, path string, body any) map[string]any {
	h.t.Helper()
	status, out, text := h.do(who, method, path, body)
	require.Contains(h.t, []int{200, 201, 204}, status, text)
	return out
}

type fields map[string]any

// offer is what the wizard sends.
func offer(change fields) fields {
	out := fields{"partnerDomain": "partner.example", "expiresInDays": 14, "grant": fields{"all": false, "rules": []fields{{"country": "GB"}}},
		"agreedTerms": customers.TermsVersion}
	for k, v := range change {
		if out[k] = v; v == nil {
			delete(out, k)
		}
	}
	return out
}

// send sends an invitation and answers its id.
func (h *house) send(who string, change fields) string {
	h.t.Helper()
	return h.must(who, "POST", "/api/partnership/invitations", offer(change))["id"].(string)
}

func user(h *house, upn string) fields { return fields{"kind": "user", "id": h.person(upn).OID} }

// accept accepts with Pia as primary admin and answers the customer's id.
func (h *house) accept(id string) string {
	h.t.Helper()
	return h.must(maya, "POST", "/api/invitations/"+id+"/accept", fields{"version": 1, "primaryAdmins": []fields{user(h, pia)}})["customerId"].(string)
}

func items(page map[string]any) []map[string]any {
	out := []map[string]any{}
	for _, i := range page["items"].([]any) {
		out = append(out, i.(map[string]any))
	}
	return out
}

// requireNoSecrets looks for the names of Northwind's rooms in an answer.
func requireNoSecrets(t *testing.T, text, where string) {
	t.Helper()
	for _, name := range secretNames {
		require.NotContains(t, text, name, where)
	}
}

func (h *house) bytesOnDisk() []byte {
	h.t.Helper()
	var all []byte
	require.NoError(h.t, filepath.WalkDir(h.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		all = append(all, b...)
		return err
	}))
	require.True(h.t, bytes.Contains(all, []byte("SQLite format 3")))
	return all
}
