package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/api"
	"roomward/app/cloudsim"
	"roomward/app/signin"
	"roomward/app/web"
	"roomward/store"
)

const (
	litware   = "7d1f4c1e-0a3b-4c59-9a1c-5f0c2b6e1a00"
	clientID  = "0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b"
	secret    = "the-secret-of-the-application"
	panicking = "the cause that nobody outside may read"
)

// face is a whole server on a loopback port, in front of a few operations of its own.
type face struct {
	t     *testing.T
	base  string // http://127.0.0.1:port
	cloud *cloudsim.Server
	*web.Server
	cfg     web.Config
	log     *record
	entered chan struct{} // a request is in GET /api/slow
	leave   chan struct{} // lets it go on
	stop    context.CancelFunc
	ended   chan error
}

// record collects the log.
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

// script is long enough to be compressed.
var script = strings.Repeat("export const room = 'Harbour 4.02';\n", 200)

func dist() fstest.MapFS {
	return fstest.MapFS{
		"index.html":            {Data: []byte(`<!doctype html><meta property="csp-nonce" nonce="{{nonce}}"><script type="module" src="/assets/app-1.js"></script>`)},
		"assets/app-1.js":       {Data: []byte(script)},
		"assets/style-2.css":    {Data: []byte(strings.Repeat(".room{color:#14728f}\n", 100))},
		"assets/mark-3.svg":     {Data: []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")},
		"favicon.ico":           {Data: []byte{0, 0, 1, 0}},
		"assets/picture-4.png":  {Data: bytes.Repeat([]byte{1, 2, 3}, 1000)},
		"assets/_chunk-5.js":    {Data: []byte("1")},
		"assets/deep/down-6.js": {Data: []byte("2")},
	}
}

type thing struct {
	Name string `json:"name" minLength:"1" maxLength:"2000000"`
	Note string `json:"note,omitempty"`
}

type listing struct {
	api.Paging
	Kind string `query:"kind" enum:"large,small"`
}

type creating struct{ Body thing }

func (f *face) routes() []api.Route {
	return []api.Route{
		api.Op("GET", "/api/things", api.Anyone(), "Things", func(context.Context, *api.Call, *listing) (api.Page[thing], error) {
			return api.Page[thing]{Items: []thing{{Name: "a"}}}, nil
		}),
		api.Op("POST", "/api/things", api.Anyone(), "Make a thing", func(_ context.Context, _ *api.Call, in *creating) (thing, error) {
			return in.Body, nil
		}).Creates(),
		api.Op("GET", "/api/named/{name}", api.Anyone(), "What the path says", func(_ context.Context, _ *api.Call, in *struct {
			Name string `path:"name" maxLength:"64"`
		}) (string, error) {
			return in.Name, nil
		}),
		api.Op("GET", "/api/address", api.Anyone(), "The caller's address", func(ctx context.Context, _ *api.Call, _ *struct{}) (string, error) {
			return api.Address(ctx), nil
		}),
		api.Op("GET", "/api/slow", api.Anyone(), "Waits", func(ctx context.Context, _ *api.Call, _ *struct{}) (string, error) {
			f.entered <- struct{}{}
			select {
			case <-f.leave:
				return "done", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}),
		api.Op("GET", "/api/panic", api.Anyone(), "Panics", func(context.Context, *api.Call, *struct{}) (string, error) {
			panic(panicking)
		}),
		api.Op("GET", "/api/me", api.SignedIn(), "Who", func(_ context.Context, c *api.Call, _ *struct{}) (string, error) {
			return c.Person.UPN, nil
		}),
		api.Op("POST", "/api/mine", api.SignedIn(), "A change", func(context.Context, *api.Call, *struct{}) (api.None, error) {
			return api.None{}, nil
		}),
	}
}

// start serves until the test ends. spoil changes the configuration before.
func start(t *testing.T, spoil ...func(*web.Config)) *face {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := build(t, "http://"+l.Addr().String(), spoil...)
	ctx, stop := context.WithCancel(t.Context())
	f.stop, f.ended = stop, make(chan error, 1)
	go func() { f.ended <- f.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-f.ended:
			require.NoError(t, err)
		case <-time.After(12 * time.Second):
			t.Error("the server did not end")
		}
	})
	return f
}

// build builds the server of a public address without listening.
func build(t *testing.T, public string, spoil ...func(*web.Config)) *face {
	t.Helper()
	f := &face{t: t, base: public, log: &record{}, entered: make(chan struct{}, 8), leave: make(chan struct{})}
	log := slog.New(api.LogHandler(slog.NewJSONHandler(io.MultiWriter(f.log, heard), &slog.HandlerOptions{Level: slog.LevelDebug})))
	f.cloud = cloudsim.New(world(), cloudsim.Options{ClientID: clientID, ClientSecret: secret, Secret: heard.Learn})
	require.NoError(t, f.cloud.Listen(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { _ = f.cloud.Close() })
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Mode: store.ModeTrial, Log: log})
	require.NoError(t, err)
	t.Cleanup(func() { _ = st.Close() })
	signins, err := signin.New(signin.Config{
		Login: f.cloud.URL() + "/login", PartnerTenant: litware, PartnerDomains: []string{"partner.example"}, ClientID: clientID, Secret: secret,
		PublicURL:    public,
		MemberGroups: func(context.Context, string, string) ([]string, error) { return nil, nil },
		Reading: signin.Consent{URL: func(string, string, string) string { return "" },
			Prove: func(context.Context, store.Act, string) error { return errors.New("not here") }},
	}, st, log)
	require.NoError(t, err)
	cfg := web.Config{PublicURL: public, Version: "1.2.3", Dist: dist(), Ready: st.Ping, Signin: signins, Log: log}
	for _, s := range spoil {
		s(&cfg)
	}
	f.cfg = cfg
	f.Server, err = web.New(cfg, &api.Desk{Gate: signins, Log: log}, f.routes())
	require.NoError(t, err)
	return f
}

func world() *cloudsim.World {
	return &cloudsim.World{Partner: &cloudsim.Tenant{
		ID: litware, Name: "Litware", Domains: []string{"partner.example"}, Country: "FR",
		People: []cloudsim.Person{{Name: "Maya Manager", UPN: "manager@partner.example", AppRoles: []string{"Manager"}}, {Name: "Tom", UPN: "tom@partner.example"}},
	}}
}

// answer is one answer with its body read.
type answer struct {
	*http.Response
	body string
}

// problem reads the body as a problem.
func (a answer) problem(t *testing.T) api.Problem {
	t.Helper()
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"), a.body)
	var p api.Problem
	require.NoError(t, json.Unmarshal([]byte(a.body), &p), a.body)
	require.Equal(t, a.StatusCode, p.Status)
	require.NotEmpty(t, p.Code)
	return p
}

// plain is a client that follows no redirects, keeps no cookies and unpacks nothing.
func plain() *http.Client {
	return &http.Client{
		Timeout:       20 * time.Second,
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask sends one request. headers are name, value, ...; "Host" is the Host.
func (f *face) ask(method, path string, body io.Reader, headers ...string) answer {
	f.t.Helper()
	return f.askBy(plain(), method, path, body, headers...)
}

func (f *face) askBy(c *http.Client, method, path string, body io.Reader, headers ...string) answer {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), method, f.base+path, body)
	require.NoError(f.t, err)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	resp, err := c.Do(r)
	require.NoError(f.t, err)
	b, err := io.ReadAll(resp.Body)
	require.NoError(f.t, err)
	require.NoError(f.t, resp.Body.Close())
	return answer{resp, string(b)}
}

func (f *face) get(path string, headers ...string) answer {
	f.t.Helper()
	return f.ask(http.MethodGet, path, nil, headers...)
}

// post sends a change as the UI does.
func (f *face) post(path, body string, headers ...string) answer {
	f.t.Helper()
	return f.ask(http.MethodPost, path, strings.NewReader(body), append([]string{"Content-Type", "application/json", "X-Roomward-Request", "1"}, headers...)...)
}

// signedIn is a browser of somebody who came in over the simulated Entra.
func (f *face) signedIn(login string) *http.Client {
	f.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(f.t, err)
	c := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	a := f.askBy(c, http.MethodGet, "/signin?login_hint="+login, nil)
	require.Equal(f.t, http.StatusOK, a.StatusCode, a.body)
	require.Equal(f.t, "/", a.Request.URL.Path)
	me := f.askBy(c, http.MethodGet, "/api/me", nil)
	require.Equal(f.t, "\""+login+"\"", strings.TrimSpace(me.body))
	return c
}
