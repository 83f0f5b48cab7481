package signin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/api"
	"roomward/app/cloudsim"
	"roomward/app/graph"
	"roomward/app/signin"
	"roomward/policy"
	"roomward/store"
)

const (
	clientID  = "0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b"
	secret    = "the-secret-of-the-application"
	litware   = "7d1f4c1e-0a3b-4c59-9a1c-5f0c2b6e1a00"
	northwind = "b1c2d3e4-1111-4a2b-8c3d-0123456789ab"
	woodgrove = "c2d3e4f5-2222-4b3c-9d4e-123456789abc"
	gccCity   = "d3e4f5a6-3333-4c4d-8e5f-23456789abcd"
	gLyon     = "aaaaaaaa-0000-4000-8000-000000000001"
	gField    = "aaaaaaaa-0000-4000-8000-000000000002"
	gManagers = "aaaaaaaa-0000-4000-8000-000000000003"
)

func world() *cloudsim.World {
	w := &cloudsim.World{
		Partner: &cloudsim.Tenant{
			ID: litware, Name: "Litware", Domains: []string{"partner.example"}, Country: "FR", RegionScope: "EU", Consented: true,
			Groups: []cloudsim.Group{{ID: gLyon, Name: "Équipe Lyon", In: []string{gField}}, {ID: gField, Name: "Field"}, {ID: gManagers, Name: "Managers"}},
			People: []cloudsim.Person{
				{Name: "Maya Manager", UPN: "manager@partner.example", AppRoles: []string{"Manager"}},
				{Name: "Tom Berg", UPN: "technician@partner.example", Groups: []string{gLyon}, AppRoles: []string{"CustomerAdmin"}}, // no power on this side
				{Name: "Olga Overage", UPN: "overage@partner.example", Groups: []string{gManagers}},
				{Name: "Greta Global", UPN: "ga@partner.example", Wids: []string{cloudsim.GlobalAdministrator}},
				{Name: "Alex Guest", UPN: "guest@partner.example", Guest: true, HomeTenant: northwind},
			},
		},
		Tenants: []*cloudsim.Tenant{
			{
				ID: northwind, Name: "Northwind Traders", Domains: []string{"northwind.example"}, Country: "GB", RegionScope: "EU", Consented: true,
				People: []cloudsim.Person{
					{Name: "Ann Admin", UPN: "admin@northwind.example", Wids: []string{cloudsim.TeamsAdministrator}},
					{Name: "Emil Employee", UPN: "employee@northwind.example", AppRoles: []string{"Manager"}}, // nor this one here
					{Name: "Rhea Role", UPN: "role@northwind.example", AppRoles: []string{"CustomerAdmin"}},
				},
			},
			{
				ID: woodgrove, Name: "Woodgrove Bank", Domains: []string{"woodgrove.example"}, Country: "US", RegionScope: "NA",
				People: []cloudsim.Person{{Name: "Rita Admin", UPN: "admin@woodgrove.example", Wids: []string{cloudsim.GlobalAdministrator}}},
			},
			{
				ID: gccCity, Name: "City", Domains: []string{"city.example"}, Country: "US", RegionScope: "NA", RegionSubScope: "GCC",
				People: []cloudsim.Person{{Name: "Gil Admin", UPN: "admin@city.example", Wids: []string{cloudsim.GlobalAdministrator}}},
			},
		},
	}
	olga := &w.Partner.People[2]
	for i := range 210 {
		id := fmt.Sprintf("bbbbbbbb-0000-4000-8000-%012d", i)
		w.Partner.Groups = append(w.Partner.Groups, cloudsim.Group{ID: id, Name: fmt.Sprintf("Project %03d", i)})
		olga.Groups = append(olga.Groups, id)
	}
	return w
}

// house is the sign-in behind a real HTTP server, in front of the simulated cloud, with a clock that only the test moves.
type house struct {
	*signin.Service
	t     *testing.T
	world *cloudsim.World
	cloud *cloudsim.Server
	store *store.Store
	dir   string
	base  string
	log   *record

	graphDown, gone atomic.Bool
	asked           atomic.Int64 // how often groups were asked for

	mu sync.Mutex
	at time.Time
}

type record struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.String()
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

func open(t *testing.T, spoil ...func(*signin.Config)) *house {
	t.Helper()
	h := &house{t: t, world: world(), dir: t.TempDir(), log: &record{}, at: time.Now().UTC().Truncate(time.Second)}
	log := slog.New(slog.NewJSONHandler(io.MultiWriter(h.log, heard), &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.cloud = cloudsim.New(h.world, cloudsim.Options{ClientID: clientID, ClientSecret: secret, Now: h.now, Secret: heard.Learn})
	require.NoError(t, h.cloud.Listen(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { _ = h.cloud.Close() })
	var err error
	h.store, err = store.Open(t.Context(), store.Options{Dir: h.dir, Mode: store.ModeTrial, Now: h.now, Log: log})
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.store.Close() })
	client, err := graph.New(graph.Config{
		Cloud:      graph.Cloud{Login: h.cloud.URL() + "/login", Graph: h.cloud.URL() + "/graph"},
		Credential: graph.Credential{ClientID: clientID, Secret: secret}, Now: h.now, Log: log, MaxRetryWait: -1,
		Budget: graph.Budget{PerTenant: 5000, Overall: 5000}, // the clock stands still
	})
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	h.base = "http://" + l.Addr().String()
	cfg := signin.Config{
		Login: h.cloud.URL() + "/login", PartnerTenant: strings.ToUpper(litware), PartnerDomains: []string{"Partner.example"},
		ClientID: clientID, Secret: secret, PublicURL: h.base, ManagerGroup: gManagers, Now: h.now,
		MemberGroups: func(ctx context.Context, tenant, oid string) ([]string, error) {
			h.asked.Add(1)
			switch {
			case h.gone.Load():
				return nil, fmt.Errorf("%w: no such user", signin.ErrAccountGone)
			case h.graphDown.Load():
				return nil, errors.New("Graph does not answer")
			}
			return client.MemberGroups(ctx, tenant, oid)
		},
		Government: func(ctx context.Context, tenant string) (string, error) {
			d, err := client.Discover(ctx, tenant)
			return d.Government(), err
		},
		Reading: signin.Consent{URL: client.AdminConsentURL, Prove: func(ctx context.Context, act store.Act, tenant string) error {
			o, err := client.Organization(ctx, tenant)
			if err != nil {
				return err
			}
			return h.store.Consented(ctx, act, store.Tenant{ID: tenant, Name: o.DisplayName})
		}},
	}
	for _, s := range spoil {
		s(&cfg)
	}
	h.Service, err = signin.New(cfg, h.store, log)
	require.NoError(t, err)
	srv := &http.Server{Handler: h.handler(), ReadHeaderTimeout: time.Second}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return h
}

// me is what a page of Roomward knows of its visitor.
type me struct {
	Person *api.Person
	Powers policy.Powers
	Admin  bool
}

// handler is the face as far as signing in goes: the addresses, the session, and a page that tells who is there.
func (h *house) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/signin", h.Begin)
	mux.HandleFunc("/signin/callback", h.Callback)
	mux.HandleFunc("/signout", h.SignOut)
	mux.HandleFunc("/consent", h.Consent)
	mux.HandleFunc("/consent/callback", h.ConsentCallback)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p, err := h.Person(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		out := me{Person: p}
		if p != nil {
			out.Admin = h.IsAdmin(*p)
			if out.Powers, err = h.Powers(r.Context(), *p); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
		}
		_ = json.NewEncoder(w).Encode(out)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := api.WithAddress(api.WithRequestID(r.Context(), "request-1"), "192.0.2.7")
		mux.ServeHTTP(w, h.Attach(r.WithContext(ctx)))
	})
}

// browser keeps cookies. Its steps can be taken one by one.
type browser struct {
	h *house
	*http.Client
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	return &browser{h, &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

type answer struct {
	*http.Response
	body string
}

// at is the address where the browser stands after all redirects, without the host when it is ours.
func (a answer) at(h *house) string { return strings.TrimPrefix(a.Request.URL.String(), h.base) }

// send asks our server, or the whole address given. headers are name, value, ...
func (b *browser) send(method, address string, headers ...string) answer {
	b.h.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.h.base + address
	}
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, address, nil)
	require.NoError(b.h.t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := b.Do(r)
	require.NoError(b.h.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(b.h.t, err)
	require.NoError(b.h.t, resp.Body.Close())
	return answer{resp, string(body)}
}

func (b *browser) get(address string, headers ...string) answer {
	b.h.t.Helper()
	return b.send(http.MethodGet, address, headers...)
}

// step asks without following a redirect, and returns the answer with where it leads.
func (b *browser) step(address string) (answer, *url.URL) {
	b.h.t.Helper()
	one := &browser{b.h, &http.Client{Jar: b.Jar, Timeout: b.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	a := one.get(address)
	to, err := a.Location()
	if errors.Is(err, http.ErrNoLocation) {
		return a, nil
	}
	require.NoError(b.h.t, err)
	return a, to
}

// come signs somebody in and returns where the browser ends.
func (b *browser) come(login string) string {
	b.h.t.Helper()
	return b.get("/signin?login_hint=" + url.QueryEscape(login)).at(b.h)
}

// me asks who one is.
func (b *browser) me() me {
	b.h.t.Helper()
	a := b.get("/me")
	require.Equal(b.h.t, http.StatusOK, a.StatusCode, a.body)
	var out me
	require.NoError(b.h.t, json.Unmarshal([]byte(a.body), &out))
	return out
}

func (b *browser) cookies() map[string]string {
	out := map[string]string{}
	at, err := url.Parse(b.h.base)
	require.NoError(b.h.t, err)
	for _, c := range b.Jar.Cookies(at) {
		out[c.Name] = c.Value
	}
	return out
}

func (b *browser) setCookie(name, value string) {
	at, err := url.Parse(b.h.base)
	require.NoError(b.h.t, err)
	b.Jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// refused proves that the browser came to the page that explains why, and that nobody is signed in.
func (b *browser) refused(at, code string) {
	b.h.t.Helper()
	require.Equal(b.h.t, "/welcome?error="+code+"&request=request-1", at)
	require.Nil(b.h.t, b.me().Person, "nobody is signed in after a refusal")
	require.NotContains(b.h.t, b.cookies(), "roomward")
}
