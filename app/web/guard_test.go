package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/web"
)

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	f := start(t)
	login := f.cloud.URL()
	for _, tc := range []struct {
		path, cache string
		status      int
	}{
		{"/", "no-store", 200},
		{"/customers/17/rooms", "no-store", 200},
		{"/healthz", "no-store", 200},
		{"/version", "no-store", 200},
		{"/api/things", "no-store", 200},
		{"/api/me", "no-store", 401},
		{"/api/none", "no-store", 404},
		{"/api/panic", "no-store", 500},
		{"/api/docs", "no-store", 200},
		{"/api/openapi.json", "no-store", 200},
		{"/signin?side=wrong", "no-store", 422},
		{"/signin?side=partner", "no-store", 302},
		{"/signout", "no-store", 405},
		{"/assets/none.js", "no-store", 404},
		{"/assets/app-1.js", "public, max-age=31536000, immutable", 200},
		{"/favicon.ico", "no-cache", 200},
	} {
		t.Run(tc.path, func(t *testing.T) {
			a := f.get(tc.path)
			require.Equal(t, tc.status, a.StatusCode, a.body)
			h := a.Header
			require.Equal(t, tc.cache, h.Get("Cache-Control"))
			require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			require.Equal(t, "same-origin", h.Get("Referrer-Policy"))
			require.Equal(t, "same-origin", h.Get("Cross-Origin-Opener-Policy"))
			require.Equal(t, "same-origin", h.Get("Cross-Origin-Resource-Policy"))
			require.Contains(t, h.Get("Permissions-Policy"), "camera=()")
			require.Len(t, h.Values("Content-Security-Policy"), 1)
			policy := strings.Split(h.Get("Content-Security-Policy"), "; ")
			for _, directive := range []string{
				"default-src 'none'", "script-src 'self'", "img-src 'self' data:", "connect-src 'self'", "font-src 'self'", "base-uri 'none'",
				"form-action 'self' " + login, "frame-ancestors 'none'",
			} {
				require.Contains(t, policy, directive)
			}
			for _, hole := range []string{"unsafe", "*", "https:", "%"} {
				require.NotContains(t, h.Get("Content-Security-Policy"), hole)
			}
			require.GreaterOrEqual(t, len(h.Get("X-Request-Id")), 20)
			require.Empty(t, h.Get("Strict-Transport-Security"), "meaningless without TLS")
			require.Empty(t, h.Get("Access-Control-Allow-Origin"))
			require.Empty(t, h.Get("Server"))
		})
	}
}

func TestHTTPSIsLasting(t *testing.T) {
	f := build(t, "https://rooms.partner.example")
	r := httptest.NewRequest(http.MethodGet, "https://rooms.partner.example/api/things", nil)
	w := httptest.NewRecorder()
	f.Handler().ServeHTTP(w, r)
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Header().Get("Strict-Transport-Security"), "max-age=31536000")
}

func TestAnswersToItsOwnNameOnly(t *testing.T) {
	f := start(t)
	port := f.base[strings.LastIndex(f.base, ":"):]
	const get, head, post = http.MethodGet, http.MethodHead, http.MethodPost
	for _, tc := range []struct {
		name, method, path, host string
		status                   int
		location                 string
	}{
		{"own", get, "/api/things", "127.0.0.1" + port, 200, ""},
		{"localhost is sent on", get, "/rooms?q=a%20b", "localhost" + port, 307, f.base + "/rooms?q=a%20b"},
		{"IPv6 is sent on", get, "/", "[::1]" + port, 307, f.base + "/"},
		{"and the check of it", head, "/", "LOCALHOST" + port, 307, f.base + "/"},
		{"a path like a host stays here", get, "//attacker.example/x", "localhost" + port, 307, f.base + "//attacker.example/x"},
		{"changes are not sent on", post, "/api/things", "localhost" + port, 421, ""},
		{"another port", get, "/", "localhost:1", 421, ""},
		{"no port", get, "/", "127.0.0.1", 421, ""},
		{"a name that points here", get, "/", "attacker.example" + port, 421, ""},
		{"also for the API", get, "/api/things", "attacker.example" + port, 421, ""},
		{"and for files", get, "/assets/app-1.js", "attacker.example" + port, 421, ""},
		{"a longer name", get, "/", "127.0.0.1.attacker.example" + port, 421, ""},
		{"health by any name", get, "/healthz", "10.1.2.3:8080", 200, ""},
		{"readiness by any name", get, "/readyz", "10.1.2.3:8080", 200, ""},
		{"nothing else", get, "/version", "10.1.2.3:8080", 421, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := f.ask(tc.method, tc.path, nil, "Host", tc.host)
			require.Equal(t, tc.status, a.StatusCode, a.body)
			require.Equal(t, tc.location, a.Header.Get("Location"))
			if tc.status == 421 {
				require.Equal(t, "other-host", a.problem(t).Code)
			}
		})
	}
}

func TestPublicNameWithDefaultPort(t *testing.T) {
	f := build(t, "https://Rooms.partner.example")
	for host, status := range map[string]int{
		"rooms.partner.example": 200, "rooms.partner.example:443": 200, "ROOMS.PARTNER.EXAMPLE": 200,
		"rooms.partner.example:80": 421, "localhost": 421, "127.0.0.1": 421, "": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/things", nil)
		r.Host = host
		w := httptest.NewRecorder()
		f.Handler().ServeHTTP(w, r)
		require.Equal(t, status, w.Code, "host %q", host)
	}
}

func TestChangesComeFromOwnPagesOnly(t *testing.T) {
	f := start(t)
	const header, origin, site = "X-Roomward-Request", "Origin", "Sec-Fetch-Site"
	for _, tc := range []struct {
		name    string
		headers []string
		allowed bool
	}{
		{"as the UI does", []string{header, "1", origin, f.base, site, "same-origin"}, true},
		{"a program", []string{header, "1"}, true},
		{"a form of another site", []string{origin, "https://attacker.example", site, "cross-site"}, false},
		{"without the header", []string{origin, f.base, site, "same-origin"}, false},
		{"another value", []string{header, "0"}, false},
		{"nothing at all", nil, false},
		{"the header, from elsewhere", []string{header, "1", origin, "https://attacker.example"}, false},
		{"a sandboxed page", []string{header, "1", origin, "null"}, false},
		{"another port of the same host", []string{header, "1", origin, "http://127.0.0.1:1"}, false},
		{"another scheme", []string{header, "1", origin, "https" + strings.TrimPrefix(f.base, "http")}, false},
		{"a sister site", []string{header, "1", site, "same-site"}, false},
		{"cross-site without an origin", []string{header, "1", site, "cross-site"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, target := range []struct{ method, path string }{
				{http.MethodPost, "/api/things"}, {http.MethodPost, "/signout"}, {http.MethodDelete, "/api/none"}, {http.MethodPut, "/x"},
			} {
				a := f.ask(target.method, target.path, strings.NewReader(`{"name":"n"}`), append([]string{"Content-Type", "application/json"}, tc.headers...)...)
				if tc.allowed {
					require.NotEqual(t, http.StatusForbidden, a.StatusCode, a.body)
					continue
				}
				require.Equal(t, http.StatusForbidden, a.StatusCode, target.path)
				require.Equal(t, "cross-site", a.problem(t).Code)
			}
		})
	}
	require.Equal(t, 200, f.get("/api/things", "Origin", "https://attacker.example").StatusCode, "reading is left to the browser's own rules")
	require.Empty(t, f.get("/api/things", "Origin", "https://attacker.example").Header.Get("Access-Control-Allow-Origin"))
	a := f.post("/api/things", "name=n", "Content-Type", "text/plain")
	require.NotEqual(t, 201, a.StatusCode)
}

func TestForwardedAddressesAreTheProxysOnly(t *testing.T) {
	for _, tc := range []struct {
		name    string
		proxies []string
		peer    string
		header  []string
		want    string
	}{
		{"nobody is trusted", nil, "192.0.2.7:1", []string{"203.0.113.9"}, "192.0.2.7"},
		{"the peer is no proxy", []string{"10.0.0.0/8"}, "192.0.2.7:1", []string{"203.0.113.9"}, "192.0.2.7"},
		{"a proxy", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"one address as proxy", []string{"10.0.0.1"}, "10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"the client's own entries come first", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		{"in several headers too", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"198.51.100.1", "203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		{"a client that plays proxy", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"198.51.100.1, 10.9.9.9, 203.0.113.9"}, "203.0.113.9"},
		{"rubbish", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"203.0.113.9, <script>"}, "10.0.0.1"},
		{"no header", []string{"10.0.0.0/8"}, "10.0.0.1:1", nil, "10.0.0.1"},
		{"IPv4 written as IPv6", []string{"10.0.0.0/8"}, "[::ffff:10.0.0.1]:1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"IPv6", []string{"fd00::/8"}, "[fd00::1]:1", []string{"2001:db8::5"}, "2001:db8::5"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := build(t, "http://127.0.0.1:8080", func(c *web.Config) { c.TrustedProxies = tc.proxies })
			r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/api/address", nil)
			r.RemoteAddr = tc.peer
			for _, h := range tc.header {
				r.Header.Add("X-Forwarded-For", h)
			}
			r.Header.Set("X-Real-Ip", "198.51.100.66")
			w := httptest.NewRecorder()
			f.Handler().ServeHTTP(w, r)
			require.Equal(t, `"`+tc.want+`"`, strings.TrimSpace(w.Body.String()))
		})
	}
}

func TestTooManySigninsFromOneAddress(t *testing.T) {
	f := start(t, func(c *web.Config) { c.SigninRate, c.SigninBurst = 0.01, 3 })
	for range 3 {
		require.Equal(t, 302, f.get("/signin?side=partner").StatusCode)
	}
	for _, path := range []string{"/signin?side=partner", "/signin/callback?state=x", "/consent"} {
		a := f.get(path, "X-Forwarded-For", "203.0.113.9")
		require.Equal(t, 429, a.StatusCode, "a forged header is not another address: %s", path)
		require.Equal(t, "too-many-requests", a.problem(t).Code)
		require.Regexp(t, `^[1-9][0-9]*$`, a.Header.Get("Retry-After"))
	}
	require.Equal(t, 200, f.get("/api/things").StatusCode, "the rest goes on")
}

func TestTooManyChangesOfOneSession(t *testing.T) {
	f := start(t, func(c *web.Config) { c.WriteRate, c.WriteBurst = 0.01, 2 })
	maya, tom := f.signedIn("manager@partner.example"), f.signedIn("tom@partner.example")
	change := func(c *http.Client) int {
		return f.askBy(c, http.MethodPost, "/api/mine", nil, "X-Roomward-Request", "1").StatusCode
	}
	require.Equal(t, []int{204, 204, 429, 429}, []int{change(maya), change(maya), change(maya), change(maya)})
	require.Equal(t, []int{204, 204, 429}, []int{change(tom), change(tom), change(tom)}, "each session has its own measure")
	require.Equal(t, 200, f.askBy(maya, http.MethodGet, "/api/me", nil).StatusCode, "reading goes on")
}

func TestSignOutThroughTheServer(t *testing.T) {
	f := start(t)
	maya := f.signedIn("manager@partner.example")
	at, err := url.Parse(f.base)
	require.NoError(t, err)
	stolen := maya.Jar.Cookies(at)
	require.NotEmpty(t, stolen)
	require.Equal(t, 403, f.askBy(maya, http.MethodPost, "/signout", nil).StatusCode, "another site cannot sign people out")
	require.Equal(t, 200, f.askBy(maya, http.MethodGet, "/api/me", nil).StatusCode)
	a := f.askBy(maya, http.MethodPost, "/signout", nil, "X-Roomward-Request", "1")
	require.Equal(t, 200, a.StatusCode)
	require.Contains(t, a.body, f.cloud.URL())
	maya.Jar.SetCookies(at, stolen)
	require.Equal(t, 401, f.askBy(maya, http.MethodGet, "/api/me", nil).StatusCode, "the session is over, not only forgotten")
}
