package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/api"
	"roomward/app/watch"
	"roomward/app/web"
)

func TestUnknownFieldsAndParametersAreNamed(t *testing.T) {
	f := start(t)
	for _, tc := range []struct {
		name, path, body string
		location         string
	}{
		{"a parameter", "/api/things?colour=red", "", "query.colour"},
		{"a parameter beside a good one", "/api/things?limit=3&Limit=4", "", "query.Limit"},
		{"a value outside the list", "/api/things?kind=huge", "", "query.kind"},
		{"a limit too high", "/api/things?limit=501", "", "query.limit"},
		{"no number", "/api/things?limit=many", "", "query.limit"},
		{"a field", "/api/things", `{"name":"n","colour":"red"}`, "body.colour"},
		{"a missing field", "/api/things", `{"note":"x"}`, "body"},
		{"an empty field", "/api/things", `{"name":""}`, "body.name"},
		{"another type", "/api/things", `{"name":7}`, "body.name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := f.get(tc.path)
			if tc.body != "" {
				a = f.post(tc.path, tc.body)
			}
			require.Equal(t, 422, a.StatusCode, a.body)
			p := a.problem(t)
			require.Equal(t, "invalid", p.Code)
			var at []string
			for _, e := range p.Errors {
				at = append(at, e.Location)
			}
			require.Contains(t, at, tc.location, a.body)
		})
	}
	require.Equal(t, 200, f.get("/api/things?limit=3&kind=small").StatusCode)
	a := f.post("/api/things", `{"name":"n","note":"x"}`)
	require.Equal(t, 201, a.StatusCode)
	require.JSONEq(t, `{"name":"n","note":"x"}`, a.body)
	for _, broken := range []string{`{"name":`, `[]`, `"n"`, ``, `{"name":"n"}{"name":"m"}`} {
		a := f.post("/api/things", broken)
		require.GreaterOrEqual(t, a.StatusCode, 400, broken)
		require.Less(t, a.StatusCode, 500, broken)
		a.problem(t)
	}
}

// chunked hides its length.
type chunked struct{ io.Reader }

// upload posts until an answer is read: a server that refuses early may close before the client has sent everything, and then the client's own
// system throws the answer away.
func (f *face) upload(body func() io.Reader) answer {
	f.t.Helper()
	for range 50 {
		r, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.base+"/api/things", body())
		require.NoError(f.t, err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Roomward-Request", "1")
		resp, err := plain().Do(r)
		if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
			continue
		}
		require.NoError(f.t, err)
		b, err := io.ReadAll(resp.Body)
		require.NoError(f.t, err)
		require.NoError(f.t, resp.Body.Close())
		return answer{resp, string(b)}
	}
	f.t.Fatal("no answer was ever read")
	return answer{}
}

func TestLargeBodiesAreRefused(t *testing.T) {
	f := start(t)
	body := func(n int) string { return `{"name":"` + strings.Repeat("x", n-len(`{"name":""}`)) + `"}` }
	require.Equal(t, 201, f.post("/api/things", body(1<<20-1)).StatusCode)
	require.Equal(t, 413, f.upload(func() io.Reader { return strings.NewReader(body(1<<20 + 1)) }).StatusCode)
	a := f.upload(func() io.Reader { return chunked{strings.NewReader(body(1<<20 + 1))} })
	require.Equal(t, 413, a.StatusCode)
	require.Equal(t, "too-large", a.problem(t).Code)
	require.Equal(t, 431, f.get("/", "X-Long", strings.Repeat("x", 80<<10)).StatusCode)
}

func TestPathsThatAreNotThere(t *testing.T) {
	f := start(t)
	for _, tc := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api", 404}, {"GET", "/api/", 404}, {"GET", "/api/none", 404}, {"GET", "/api/things/1", 404}, {"POST", "/api/none", 404},
		{"GET", "/api%2Fthings", 404}, {"GET", "/api/things/../things", 404},
		{"GET", "/assets/none.js", 404}, {"GET", "/assets/", 404}, {"GET", "/assets/none", 404}, {"GET", "/none.js", 404}, {"GET", "/index.html", 404},
		{"GET", "/.env", 404}, {"GET", "/rooms/%2e%2e/%2e%2e/etc/passwd.txt", 404}, {"POST", "/rooms", 404},
		{"DELETE", "/api/things", 405}, {"HEAD", "/api/things", 405}, {"PUT", "/api/openapi.json", 405},
		{"POST", "/healthz", 405}, {"POST", "/signin", 405}, {"GET", "/signout", 405},
	} {
		t.Run(tc.method+" "+tc.path, func(t *testing.T) {
			a := f.ask(tc.method, tc.path, nil, "X-Roomward-Request", "1")
			require.Equal(t, tc.status, a.StatusCode, a.body)
			require.Equal(t, tc.status == 405, a.Header.Get("Allow") != "", a.Header.Get("Allow"))
			if tc.method == "HEAD" {
				return
			}
			want := map[int]string{404: "not-found", 405: "method-not-allowed"}
			require.Equal(t, want[tc.status], a.problem(t).Code)
			require.NotContains(t, a.body, "module")
		})
	}
	options := f.ask(http.MethodOptions, "/api/things", nil, "Origin", "https://attacker.example", "Access-Control-Request-Method", "POST")
	require.Empty(t, options.body)
	require.NotEmpty(t, options.Header.Get("Allow"))
	require.Empty(t, options.Header.Get("Access-Control-Allow-Methods"), "no other site is let in")
	page := f.get("/assets/none.js", "Accept", "text/html")
	require.Equal(t, 404, page.StatusCode)
	require.Contains(t, page.Header.Get("Content-Type"), "text/html")
	require.NotContains(t, page.body, "/assets/app-1.js", "not the UI")
	api404 := f.get("/api/none", "Accept", "text/html")
	require.Equal(t, "application/problem+json", api404.Header.Get("Content-Type"), "below /api always JSON")
}

// TestParametersMayBeEscaped asks for the same thing in every way that a client may write it.
func TestParametersMayBeEscaped(t *testing.T) {
	f := start(t)
	for path, want := range map[string]string{
		"/api/named/user:1": "user:1", "/api/named/user%3A1": "user:1", "/api/named/us%65r%3a1": "user:1", "/api/named/a%20b": "a b", "/api/named/a%2Fb": "a/b",
	} {
		a := f.get(path)
		require.Equal(t, 200, a.StatusCode, path)
		require.JSONEq(t, `"`+want+`"`, a.body, path)
	}
}

func TestPanicsStayInside(t *testing.T) {
	f := start(t)
	a := f.get("/api/panic")
	require.Equal(t, 500, a.StatusCode)
	p := a.problem(t)
	require.Equal(t, "internal", p.Code)
	require.Equal(t, a.Header.Get("X-Request-Id"), p.RequestID)
	for _, inside := range []string{panicking, "goroutine", ".go:", "panic"} {
		require.NotContains(t, a.body, inside)
	}
	require.Equal(t, 200, f.get("/api/things").StatusCode, "the server goes on")
	var line map[string]any
	for one := range strings.SplitSeq(f.log.String(), "\n") {
		if strings.Contains(one, panicking) {
			require.NoError(t, json.Unmarshal([]byte(one), &line))
		}
	}
	require.Equal(t, p.RequestID, line["request"], "the log has the cause under the id that the answer names")
	require.Contains(t, line["stack"], "face_test.go")
}

func TestTheLogHoldsNoSecrets(t *testing.T) {
	f := start(t)
	maya := f.signedIn("manager@partner.example")
	f.get("/rooms?q=geheim-1", "Cookie", "roomward=geheim-2", "Authorization", "Bearer geheim-3")
	f.post("/api/things", `{"name":"geheim-4"}`)
	f.get("/signin/callback?code=geheim-5&state=geheim-6")
	f.get("/signin?side=partner&login_hint=geheim-7@partner.example")
	f.askBy(maya, http.MethodGet, "/api/me", nil)
	f.get("/a%0Ab" + strings.Repeat("c", 1000))
	log := func() string { return f.log.String() }
	require.Eventually(t, func() bool { return strings.Contains(log(), "ccc") }, 5*time.Second, 5*time.Millisecond)
	require.NotContains(t, log(), "geheim")
	require.NotContains(t, log(), secret)
	for _, c := range maya.Jar.Cookies(mustURL(t, f.base)) {
		require.NotContains(t, log(), c.Value, c.Name)
	}
	require.NotContains(t, log(), strings.Repeat("c", 400), "paths are cut")
	found := 0
	for one := range strings.SplitSeq(strings.TrimSpace(log()), "\n") {
		var line map[string]any
		require.NoError(t, json.Unmarshal([]byte(one), &line), "one event, one line: %q", one)
		if line["msg"] != "request" {
			continue
		}
		found++
		require.Equal(t, "127.0.0.1", line["address"])
		require.NotZero(t, line["status"])
		require.Equal(t, line["path"] == "/api/me", line["session"] != "", "the session's public name: %v", line)
		require.NotEmpty(t, line["request"])
		if line["session"] != "" {
			require.Regexp(t, "^"+litware+"/[0-9a-f-]{36}$", line["actor"], "who asked, by ids")
		} else {
			require.NotContains(t, line, "actor")
		}
	}
	require.Greater(t, found, 6)
}

func TestRunningRequestsEndFirst(t *testing.T) {
	f := start(t)
	got := make(chan answer, 1)
	go func() { got <- f.get("/api/slow") }()
	<-f.entered
	f.stop()
	require.Eventually(t, func() bool {
		resp, err := plain().Get(f.base + "/healthz")
		if err == nil {
			_ = resp.Body.Close()
		}
		return err != nil
	}, 5*time.Second, 5*time.Millisecond, "no new requests are taken")
	select {
	case err := <-f.ended:
		t.Fatalf("ended over a running request: %v", err)
	default:
	}
	close(f.leave)
	a := <-got
	require.Equal(t, 200, a.StatusCode)
	require.Contains(t, a.body, "done")
	require.NoError(t, <-f.ended)
	f.ended <- nil
}

func TestStuckRequestsAreCut(t *testing.T) {
	f := start(t)
	over := make(chan error, 1)
	go func() {
		resp, err := plain().Get(f.base + "/api/slow")
		if err == nil {
			err = resp.Body.Close()
		}
		over <- err
	}()
	<-f.entered
	begun := time.Now()
	f.stop()
	select {
	case err := <-f.ended:
		require.NoError(t, err)
		f.ended <- nil
	case <-time.After(15 * time.Second):
		t.Fatal("a stuck request holds the server")
	}
	require.Less(t, time.Since(begun), 10*time.Second)
	<-over // whatever it got, it is not waiting any more
}

func TestReadiness(t *testing.T) {
	var broken atomic.Bool
	f := start(t, func(c *web.Config) {
		c.Ready = func(context.Context) error {
			if broken.Load() {
				return errors.New("disk I/O error in /secret/path/roomward.db")
			}
			return nil
		}
	})
	require.Equal(t, 200, f.get("/readyz").StatusCode)
	broken.Store(true)
	var a answer
	require.Eventually(t, func() bool { a = f.get("/readyz"); return a.StatusCode == 503 }, 5*time.Second, 50*time.Millisecond)
	require.Contains(t, a.body, "the database does not answer")
	require.NotContains(t, a.body, "/secret/path", "the cause is for the log")
	require.Contains(t, f.log.String(), "/secret/path")
	require.Equal(t, 200, f.get("/healthz").StatusCode, "alive all the same")
	broken.Store(false)
	require.Eventually(t, func() bool { return f.get("/readyz").StatusCode == 200 }, 5*time.Second, 50*time.Millisecond)
	require.JSONEq(t, `{"version":"1.2.3"}`, f.get("/version").body)
}

func TestWhatDoesNotStart(t *testing.T) {
	good := build(t, "http://127.0.0.1:8080")
	for name, tc := range map[string]struct {
		spoil  func(*web.Config)
		routes []api.Route
	}{
		"no address":              {spoil: func(c *web.Config) { c.PublicURL = "rooms" }},
		"another scheme":          {spoil: func(c *web.Config) { c.PublicURL = "ftp://rooms.example" }},
		"a proxy that is nothing": {spoil: func(c *web.Config) { c.TrustedProxies = []string{"the proxy"} }},
		"no user interface":       {spoil: func(c *web.Config) { c.Dist = fstest.MapFS{"assets/a.js": {}} }},
		"no sign-in":              {spoil: func(c *web.Config) { c.Signin = nil }},
		"a route without access": {spoil: func(*web.Config) {}, routes: []api.Route{
			api.Op("GET", "/api/open", api.Access{}, "Open", func(context.Context, *api.Call, *struct{}) (string, error) { return "", nil }),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good.cfg
			tc.spoil(&cfg)
			_, err := web.New(cfg, &api.Desk{}, tc.routes)
			require.Error(t, err)
		})
	}
}

func TestReasonsAndMetricsAreTheOperators(t *testing.T) {
	const token = "a-token-that-nobody-guesses"
	var down atomic.Bool
	f := start(t, func(c *web.Config) {
		c.MetricsToken = token
		c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the metrics") })
		c.Reasons = func(context.Context) []watch.Reason {
			return []watch.Reason{{Code: "disk-low", Text: "The disk is nearly full.", Detail: "17 MiB are free.", Down: down.Load()}}
		}
	})
	type ready struct {
		Status  string
		Reasons []watch.Reason
	}
	read := func(status int, headers ...string) ready {
		t.Helper()
		a := f.get("/readyz", headers...)
		require.Equal(t, status, a.StatusCode)
		var out ready
		require.NoError(t, json.Unmarshal([]byte(a.body), &out), a.body)
		return out
	}
	require.Equal(t, ready{"degraded", []watch.Reason{}}, read(200), "it works: what ails it is for the operator")
	require.Equal(t, ready{"degraded", []watch.Reason{{Code: "disk-low", Text: "The disk is nearly full.", Detail: "17 MiB are free."}}},
		read(200, "Authorization", "Bearer "+token))
	down.Store(true)
	require.Equal(t, ready{"not ready", []watch.Reason{{Code: "disk-low", Text: "The disk is nearly full."}}}, read(503), "why nobody is answered, without details")

	for _, wrong := range []string{"", "Bearer ", "Bearer " + token + "x", "Basic " + token, token, "Bearer " + token[1:]} {
		a := f.get("/metrics", "Authorization", wrong)
		require.Equal(t, 401, a.StatusCode, wrong)
		require.Equal(t, "Bearer", a.Header.Get("WWW-Authenticate"))
		require.NotContains(t, a.body, "the metrics")
	}
	require.Equal(t, "the metrics", f.get("/metrics", "Authorization", "Bearer "+token).body)
	require.Equal(t, 401, backstage(f.Server, "").Code, "the listener of its own asks for the token, too")
	require.Equal(t, "the metrics", backstage(f.Server, "Bearer "+token).Body.String())

	open := build(t, "http://127.0.0.1:8080", func(c *web.Config) { c.Metrics = f.cfg.Metrics })
	w := httptest.NewRecorder()
	open.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/metrics", nil))
	require.Equal(t, 404, w.Code, "without a token the public address has none")
	require.Equal(t, "the metrics", backstage(open.Server, "").Body.String(), "and a listener on loopback asks for none")
}

func backstage(s *web.Server, authorization string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Authorization", authorization)
	w := httptest.NewRecorder()
	s.Backstage().ServeHTTP(w, r)
	return w
}

func TestAnswersAreCountedByPattern(t *testing.T) {
	var mu sync.Mutex
	counted := map[string]int{}
	f := start(t, func(c *web.Config) {
		c.Served = func(route, method string, status int, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			counted[fmt.Sprintf("%s %s %d", method, route, status)]++
		}
	})
	for _, path := range []string{"/api/named/northwind", "/api/named/contoso", "/api/none/contoso", "/rooms/contoso", "/api/panic"} {
		f.get(path)
	}
	f.ask("CONTOSO", "/api/things", nil, "X-Roomward-Request", "1")
	f.get("/api/things", "Host", "contoso.example")
	want := map[string]int{"GET /api/named/:name 200": 2, "GET other 404": 1, "GET other 200": 1, "GET /api/panic 500": 1, "other /api/things 405": 1, "GET other 421": 1}
	all := func() int {
		mu.Lock()
		defer mu.Unlock()
		n := 0
		for _, times := range counted {
			n += times
		}
		return n
	}
	require.Eventually(t, func() bool { return all() == 7 }, 5*time.Second, 5*time.Millisecond)
	require.Equal(t, want, counted)
}
