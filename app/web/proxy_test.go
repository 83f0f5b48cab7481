package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/web"
)

// TestForwardedIsTheProxysOnly is TestForwardedAddressesAreTheProxysOnly for the header of RFC 7239. Whichever headers the proxy sets, the others are
// the visitor's own word.
func TestForwardedIsTheProxysOnly(t *testing.T) {
	f := build(t, "https://rooms.partner.example", func(c *web.Config) {
		c.TrustedProxies, c.ProxyHeaders = []string{"10.0.0.0/8", "fd00::/8"}, web.HeadersForwarded
	})
	for _, tc := range []struct {
		name, peer string
		header     []string
		want       string
	}{
		{"the peer is no proxy", "192.0.2.7:1", []string{"for=203.0.113.9"}, "192.0.2.7"},
		{"a proxy", "10.0.0.1:1", []string{"for=203.0.113.9;proto=https;by=10.0.0.1"}, "203.0.113.9"},
		{"the client's own entries come first", "10.0.0.1:1", []string{"for=198.51.100.1, For=203.0.113.9"}, "203.0.113.9"},
		{"in several headers too", "10.0.0.1:1", []string{"for=198.51.100.1", "for=203.0.113.9, for=10.0.0.2"}, "203.0.113.9"},
		{"IPv6 with a port", "10.0.0.1:1", []string{`for="[2001:db8::5]:4711"`}, "2001:db8::5"},
		{"IPv4 with a port", "10.0.0.1:1", []string{`for="203.0.113.9:4711"`}, "203.0.113.9"},
		{"a hidden one", "10.0.0.1:1", []string{"for=198.51.100.1, for=_hidden"}, "10.0.0.1"},
		{"rubbish", "10.0.0.1:1", []string{`for="203.0.113.9, for=198.51.100.1;;;=`}, "198.51.100.1"},
		{"nothing", "10.0.0.1:1", nil, "10.0.0.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "https://rooms.partner.example/api/address", nil)
			r.RemoteAddr = tc.peer
			for _, h := range tc.header {
				r.Header.Add("Forwarded", h)
			}
			r.Header.Set("X-Forwarded-For", "198.51.100.66")
			w := httptest.NewRecorder()
			f.Handler().ServeHTTP(w, r)
			require.Equal(t, `"`+tc.want+`"`, strings.TrimSpace(w.Body.String()))
		})
	}
}

func TestSchemeAndNameAreTheProxysOnly(t *testing.T) {
	const public = "https://rooms.partner.example"
	f := build(t, public, func(c *web.Config) { c.TrustedProxies = []string{"10.0.0.1"} })
	for _, tc := range []struct {
		name, method, peer, host, proto, said string
		status                                int
		location                              string
	}{
		{"https", "GET", "10.0.0.1:1", "rooms.partner.example", "https", "", 200, ""},
		{"nothing is said", "GET", "10.0.0.1:1", "rooms.partner.example", "", "", 200, ""},
		{"plain http is sent on", "GET", "10.0.0.1:1", "rooms.partner.example", "http", "", 308, public + "/api/things?limit=3"},
		{"and refused for changes", "POST", "10.0.0.1:1", "rooms.partner.example", "http", "", 403, ""},
		{"the nearest proxy's word counts", "GET", "10.0.0.1:1", "rooms.partner.example", "https, http", "", 308, public + "/api/things?limit=3"},
		{"anybody can say http", "GET", "192.0.2.7:1", "rooms.partner.example", "http", "", 200, ""},
		{"a proxy that asks by an address", "GET", "10.0.0.1:1", "127.0.0.1:8080", "https", "rooms.partner.example", 200, ""},
		{"and says another name", "GET", "10.0.0.1:1", "rooms.partner.example", "https", "attacker.example", 421, ""},
		{"the visitor's own name before the proxy's", "GET", "10.0.0.1:1", "127.0.0.1:8080", "https", "rooms.partner.example, attacker.example", 421, ""},
		{"anybody can say a name", "GET", "192.0.2.7:1", "attacker.example", "https", "rooms.partner.example", 421, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(tc.method, public+"/api/things?limit=3", nil)
			r.RemoteAddr, r.Host = tc.peer, tc.host
			r.Header.Set("X-Roomward-Request", "1")
			if tc.proto != "" {
				r.Header.Set("X-Forwarded-Proto", tc.proto)
			}
			if tc.said != "" {
				r.Header.Set("X-Forwarded-Host", tc.said)
			}
			r.Header.Set("Forwarded", "for=198.51.100.1;proto=http;host=attacker.example")
			w := httptest.NewRecorder()
			f.Handler().ServeHTTP(w, r)
			require.Equal(t, tc.status, w.Code, w.Body.String())
			require.Equal(t, tc.location, w.Header().Get("Location"))
			require.NotEmpty(t, w.Header().Get("Strict-Transport-Security"))
		})
	}
}
