package cloudsim_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"roomward/app/cloudsim"
)

func TestListensOnLoopbackOnly(t *testing.T) {
	for _, tc := range []struct {
		addr string
		ok   bool
	}{
		{"127.0.0.1:0", true},
		{"localhost:0", true},
		{":0", false},
		{"0.0.0.0:0", false},
		{"[::]:0", false},
		{"192.0.2.7:0", false},
		{"cloud.example:0", false},
		{"127.0.0.1.example:0", false},
		{"no address", false},
	} {
		t.Run(tc.addr, func(t *testing.T) {
			s := cloudsim.New(smallWorld(), cloudsim.Options{ClientID: clientID})
			defer s.Close()
			err := s.Listen(t.Context(), tc.addr)
			if tc.ok {
				noError(t, err)
				isTrue(t, strings.HasPrefix(s.URL(), "http://127.0.0.1:") || strings.HasPrefix(s.URL(), "http://[::1]:"), s.URL())
				return
			}
			isTrue(t, err != nil)
			equal(t, "", s.URL())
		})
	}
}

func TestRefusesForeignHosts(t *testing.T) {
	c := start(t, smallWorld())
	port := c.URL()[len("http://127.0.0.1"):]
	handler := cloudsim.New(smallWorld(), cloudsim.Options{ClientID: clientID})
	for _, tc := range []struct {
		name   string
		server http.Handler
		host   string
		want   int
	}{
		{"own address", c, "127.0.0.1" + port, http.StatusOK},
		{"its other name", c, "localhost" + port, http.StatusOK},
		{"another port", c, "127.0.0.1:1", http.StatusMisdirectedRequest},
		{"a name that was pointed here", c, "attacker.example" + port, http.StatusMisdirectedRequest},
		{"no host", c, "", http.StatusMisdirectedRequest},
		{"a handler takes any loopback port", handler, "127.0.0.1:41234", http.StatusOK},
		{"a handler refuses other names", handler, "login.microsoftonline.com", http.StatusMisdirectedRequest},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/login/organizations/v2.0/.well-known/openid-configuration", nil)
			r.Host = tc.host
			w := httptest.NewRecorder()
			tc.server.ServeHTTP(w, r)
			equal(t, tc.want, w.Code)
		})
	}
}

func TestRefusesFormsOfOtherPages(t *testing.T) {
	c := start(t, smallWorld())
	r := httptest.NewRequest(http.MethodPost, "/login/"+woodgrove+"/v2.0/adminconsent", nil)
	r.Host = c.URL()[len("http://"):]
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	equal(t, http.StatusForbidden, w.Code)
}

func TestPanicsOverAWorldThatContradictsItself(t *testing.T) {
	for name, spoil := range map[string]func(*cloudsim.World){
		"one address twice": func(w *cloudsim.World) { w.Tenants[0].Rooms[1].Email = "BR12@northwind.example" },
		"one domain twice":  func(w *cloudsim.World) { w.Tenants[1].Domains[0] = "northwind.example" },
		"a signal that the device lacks": func(w *cloudsim.World) {
			w.Tenants[0].Rooms[0].Devices[0].Faults = []cloudsim.Episode{{Signal: cloudsim.FirmwareUpdate}}
		},
		"a group that is not there": func(w *cloudsim.World) { w.Partner.People[0].Groups = []string{"g-none"} },
	} {
		t.Run(name, func(t *testing.T) {
			w := smallWorld()
			spoil(w)
			defer func() { isTrue(t, recover() != nil, "no panic") }()
			cloudsim.New(w, cloudsim.Options{})
		})
	}
}
