package cloudsim_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"roomward/app/cloudsim"
)

const (
	clientID = "0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b"
	secret   = "the-secret-of-the-application"
	callback = "http://127.0.0.1:8080/signin/callback"

	litware   = "7d1f4c1e-0a3b-4c59-9a1c-5f0c2b6e1a00"
	northwind = "b1c2d3e4-1111-4a2b-8c3d-0123456789ab"
	woodgrove = "c2d3e4f5-2222-4b3c-9d4e-123456789abc"
)

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// smallWorld is a partner, a customer with three rooms, and one that never consented, in a government cloud.
func smallWorld() *cloudsim.World {
	bar := cloudsim.Device{
		Kind: "collaborationBar", Manufacturer: "Poly", Model: "Studio X52", AppVersion: "1.0.96.2026081502",
		Firmware: "4.5.0.446204", Displays: 2, OptionalDisplays: 1,
	}
	hub := cloudsim.Device{
		Kind: "teamsRoom", Manufacturer: "Lenovo", Model: "ThinkSmart Hub", AppVersion: "5.4.152.0",
		OSVersion: "10.0.22631.6060", Displays: 1,
	}
	panel := cloudsim.Device{
		Kind: "teamsPanel", Manufacturer: "Crestron", Model: "TSS-1070", AppVersion: "1.0.97.2026081502", Firmware: "2.006.0098",
	}
	return &cloudsim.World{
		Partner: &cloudsim.Tenant{
			ID: litware, Name: "Litware", Domains: []string{"partner.example"}, Country: "FR", RegionScope: "EU", Consented: true,
			Groups: []cloudsim.Group{
				{ID: "g-lyon", Name: "Équipe Lyon", In: []string{"g-field"}}, {ID: "g-field", Name: "Field engineers"},
				{ID: "g-list", Name: "Newsletter", MailOnly: true},
			},
			People: []cloudsim.Person{
				{Name: "Maya Manager", UPN: "manager@partner.example", AppRoles: []string{"Manager"}, Note: "Rooms Pro Manager"},
				{Name: "Tom Berg", UPN: "technician@partner.example", Groups: []string{"g-lyon", "g-list"}, JobTitle: "Field engineer"},
				{Name: "Alex Guest", UPN: "guest@partner.example", Guest: true, HomeTenant: northwind, Mail: "alex@northwind.example"},
			},
		},
		Tenants: []*cloudsim.Tenant{
			{
				ID: northwind, Name: "Northwind Traders", Domains: []string{"northwind.example", "northwind.onmicrosoft.example"},
				Country: "GB", RegionScope: "EU", Consented: true,
				People: []cloudsim.Person{
					{Name: "Ann Admin", UPN: "admin@northwind.example", Wids: []string{cloudsim.TeamsAdministrator}},
					{Name: "Emil Employee", UPN: "employee@northwind.example"},
				},
				Rooms: []cloudsim.Room{
					{Name: "Boardroom 12", Email: "br12@northwind.example", Country: "GB", City: "London", Building: "London Bridge", Floor: "12", Capacity: 16, Devices: []cloudsim.Device{hub, panel}},
					{Name: "Harbour 4.02", Email: "harbour402@northwind.example", Country: "GB", City: "London", Building: "Harbour Tower", Floor: "4", Capacity: 6, Devices: []cloudsim.Device{bar}},
					{Name: "Store", Email: "store@northwind.example", Country: "NL", City: "Amsterdam", Building: "Zuid", Floor: "G", Capacity: 2},
				},
			},
			{
				ID: woodgrove, Name: "Woodgrove Bank", Domains: []string{"woodgrove.example"}, Country: "US", RegionScope: "NA", RegionSubScope: "GCC",
				People: []cloudsim.Person{
					{Name: "Rita Admin", UPN: "admin@woodgrove.example", Wids: []string{cloudsim.GlobalAdministrator}},
					{Name: "Emma Employee", UPN: "employee@woodgrove.example"},
				},
			},
		},
	}
}

// cloud is a listening simulator with a clock, and the few client calls that the tests share.
type cloud struct {
	*cloudsim.Server
	t     *testing.T
	clock *clock
	world *cloudsim.World
	// app and secret are those that the test's client names.
	app, secret string
}

func start(t *testing.T, world *cloudsim.World) *cloud {
	t.Helper()
	return startWith(t, world, cloudsim.Options{ClientID: clientID, ClientSecret: secret})
}

func startWith(t *testing.T, world *cloudsim.World, opts cloudsim.Options) *cloud {
	t.Helper()
	c := &cloud{t: t, clock: &clock{now: time.Now().UTC().Truncate(time.Millisecond)}, world: world, app: clientID, secret: secret}
	opts.Now = c.clock.Now
	c.Server = cloudsim.New(world, opts)
	noError(t, c.Listen(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// browser follows no redirects, so that tests see each one.
var browser = &http.Client{
	Timeout:       10 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (c *cloud) do(r *http.Request) (int, http.Header, string) {
	c.t.Helper()
	res, err := browser.Do(r)
	noError(c.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	noError(c.t, err)
	return res.StatusCode, res.Header, string(body)
}

func (c *cloud) get(path string) (int, http.Header, string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.URL()+path, nil)
	noError(c.t, err)
	return c.do(r)
}

func (c *cloud) post(path string, form url.Values) (int, http.Header, string) {
	c.t.Helper()
	return c.postContext(c.t.Context(), path, form)
}

func (c *cloud) postContext(ctx context.Context, path string, form url.Values) (int, http.Header, string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL()+path, strings.NewReader(form.Encode()))
	noError(c.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.do(r)
}

// appToken asks for the application's token of a tenant.
func (c *cloud) appToken(tenant string) (int, map[string]any) {
	c.t.Helper()
	status, _, body := c.post("/login/"+tenant+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret},
		"scope": {"https://graph.microsoft.com/.default"},
	})
	return status, decode(c.t, body)
}

// graph asks Graph with a fresh token of the tenant; path begins with the version or is a whole next link.
func (c *cloud) graph(tenant, path string, headers ...string) (int, http.Header, map[string]any) {
	c.t.Helper()
	code, h, body := c.ask(http.MethodGet, tenant, path, "", headers...)
	return code, h, decode(c.t, body)
}

// ask is graph with a method, a body, and the answer as text.
func (c *cloud) ask(method, tenant, path, body string, headers ...string) (int, http.Header, string) {
	c.t.Helper()
	status, token := c.appToken(tenant)
	equal(c.t, http.StatusOK, status, "token:", token)
	address := path
	if !strings.HasPrefix(path, "http") {
		address = c.URL() + "/graph" + path
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, address, strings.NewReader(body))
	noError(c.t, err)
	r.Header.Set("Authorization", "Bearer "+token["access_token"].(string))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return c.do(r)
}

// graphWith asks Graph with a token that the test holds; an empty one sends no header.
func (c *cloud) graphWith(token, path string) (int, map[string]any) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.URL()+"/graph"+path, nil)
	noError(c.t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	status, _, body := c.do(r)
	return status, decode(c.t, body)
}

func decode(t *testing.T, body string) map[string]any {
	t.Helper()
	var out map[string]any
	noError(t, json.Unmarshal([]byte(body), &out), "body: %s", body)
	return out
}

// rows are the objects of a page.
func rows(page map[string]any) []map[string]any {
	var out []map[string]any
	for _, v := range page["value"].([]any) {
		out = append(out, v.(map[string]any))
	}
	return out
}
