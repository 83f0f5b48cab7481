package graph

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPagesAreFollowedToTheEnd(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		name := "teamwork/devices.page1.json"
		if r.URL.Query().Has("$skiptoken") {
			name = "teamwork/devices.page2.json"
		}
		body := strings.ReplaceAll(string(example(t, name)), "https://graph.microsoft.com", "https://graph.example")
		fmt.Fprint(w, body)
	})
	got, err := f.client().Devices(t.Context(), tenantA)
	if err != nil || len(got) != 6 {
		t.Fatalf("%d devices, %v", len(got), err)
	}
	want := []string{
		"GET https://graph.example/beta/teamwork/devices?$top=50",
		"GET https://graph.example/beta/teamwork/devices?$top=4&$skiptoken=%2bRID%3a~z9snAP1BE88Zlz0AAAAADg%3d%3d%23RT%3a1%23TRC%3a4",
	}
	if got := f.requests(); !reflect.DeepEqual(got, want) {
		t.Errorf("requests %q", got)
	}
}

func trapRelativeNextLinks(t *testing.T) {
	for link, want := range map[string]string{
		"/teamwork/devices?$skiptoken=a b":                 "https://graph.example/beta/teamwork/devices?$skiptoken=a%20b",
		"teamwork/devices?$skiptoken=a":                    "https://graph.example/beta/teamwork/devices?$skiptoken=a",
		"/beta/teamwork/devices?$skiptoken=a":              "https://graph.example/beta/teamwork/devices?$skiptoken=a",
		"?$skiptoken=a":                                    "https://graph.example/beta/teamwork/devices?$skiptoken=a",
		"https://graph.example/beta/teamwork/devices?x=1":  "https://graph.example/beta/teamwork/devices?x=1",
		"https://GRAPH.example:443/beta/teamwork/devices?": "https://graph.example/beta/teamwork/devices",
	} {
		f := newFake(t, inTurn(always(200, fmt.Sprintf(`{"value":[{"id":"d1"}],"@odata.nextLink":%q}`, link)), always(200, `{"value":[{"id":"d2"}]}`)))
		got, err := f.client().Devices(t.Context(), tenantA)
		if err != nil || len(got) != 2 || f.requests()[1] != "GET "+want {
			t.Errorf("%q: %v %v %q", link, got, err, f.requests())
		}
	}
}

func TestRelativeNextLinksBelowABasePath(t *testing.T) {
	c := newFake(t, nil).client(func(cfg *Config) { cfg.Cloud.Graph = "http://127.0.0.1:8081/sim/graph/" })
	rq := request{version: "v1.0", url: c.address("v1.0", "/users")}
	for link, want := range map[string]string{
		"/users?a=1":                "http://127.0.0.1:8081/sim/graph/v1.0/users?a=1",
		"/v1.0/users?a=1":           "http://127.0.0.1:8081/sim/graph/v1.0/users?a=1",
		"/sim/graph/v1.0/users?a=1": "http://127.0.0.1:8081/sim/graph/v1.0/users?a=1",
		"?a=1":                      "http://127.0.0.1:8081/sim/graph/v1.0/users?a=1",
		"http://127.0.0.1:8081/sim/graph/v1.0/users?a=1": "http://127.0.0.1:8081/sim/graph/v1.0/users?a=1",
		"http://127.0.0.1:8081/other/users":              "",
		"http://127.0.0.1:8082/sim/graph/v1.0/users":     "",
	} {
		got, err := c.nextPage(rq, link)
		if want == "" {
			if err == nil {
				t.Errorf("%q leads to %s", link, got)
			}
			continue
		}
		if err != nil || got.String() != want {
			t.Errorf("%q leads to %v (%v), want %s", link, got, err, want)
		}
	}
}

// The token must not follow a link to any other place.
func TestForeignNextLinksAreRefused(t *testing.T) {
	for _, link := range []string{
		"https://evil.example/beta/teamwork/devices?$skiptoken=a",
		"https://graph.example.evil.example/beta/teamwork/devices",
		"https://graph.example:8443/beta/teamwork/devices",
		"http://graph.example/beta/teamwork/devices",
		"//evil.example/beta/teamwork/devices",
		"//graph.example/beta/teamwork/devices",
		"https://graph.example@evil.example/beta",
		"https://user:pass@graph.example/beta/teamwork/devices",
		"ftp://graph.example/beta",
		"https:graph.example/beta",
		"javascript:alert(1)",
		"/../../login",
		"/beta/%2e%2e/%2e%2e/x",
		`/\evil.example/x`,
		"https://graph.example",
		"https://[::1/beta",
		"\x00",
		"/teamwork/devices?" + strings.Repeat("x", 20_000),
	} {
		f := newFake(t, always(200, fmt.Sprintf(`{"value":[{"id":"d1"}],"@odata.nextLink":%q}`, link), "request-id", "r-1"))
		got, err := f.client().Devices(t.Context(), tenantA)
		e := wantKind(t, err, BadAnswer)
		if got != nil || len(f.requests()) != 1 || e.RequestID != "r-1" {
			t.Errorf("%.60q: %v %q %+v", link, got, f.requests(), e)
		}
	}
	f := newFake(t, always(200, `{"value":[],"@odata.nextLink":{"href":"/x"}}`))
	_, err := f.client().Devices(t.Context(), tenantA)
	wantKind(t, err, BadAnswer)
}

func TestPagesInACircle(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		next := map[string]string{"": "a", "a": "b", "b": "a"}[r.URL.Query().Get("$skiptoken")]
		fmt.Fprintf(w, `{"value":[{"id":"before %s"}],"@odata.nextLink":"/teamwork/devices?$skiptoken=%s"}`, next, next)
	})
	_, err := f.client().Devices(t.Context(), tenantA)
	if e := wantKind(t, err, BadAnswer); len(f.requests()) != 3 || !strings.Contains(e.Message, "circle") {
		t.Errorf("%q %v", f.requests(), e)
	}
}

func TestTheSamePageTwice(t *testing.T) {
	n := 0
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		fmt.Fprintf(w, `{"value":[{"id":"d1"},{"id":"d2"}],"@odata.nextLink":"/teamwork/devices?$skiptoken=%d"}`, n)
	})
	_, err := f.client().Devices(t.Context(), tenantA)
	if e := wantKind(t, err, BadAnswer); n != 2 || !strings.Contains(e.Message, "twice") {
		t.Errorf("%d pages: %v", n, e)
	}
}

func TestPagesWithoutEnd(t *testing.T) {
	n := 0
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		fmt.Fprintf(w, `{"value":[],"@odata.nextLink":"/teamwork/devices?$skiptoken=%d"}`, n)
	})
	c := f.client(func(cfg *Config) { cfg.Budget = Budget{PerTenant: 1e9, Overall: 1e9} })
	_, err := c.Devices(t.Context(), tenantA)
	if wantKind(t, err, BadAnswer); n != maxPages {
		t.Errorf("%d pages", n)
	}
}

func TestListWithTooManyItems(t *testing.T) {
	n := 0
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		fmt.Fprintf(w, `{"value":[%s%d],"@odata.nextLink":"/users?p=%d"}`, strings.Repeat("0,", maxItems/4), n, n)
	})
	_, err := f.client().MemberGroups(t.Context(), tenantA, "u1")
	if wantKind(t, err, BadAnswer); n != 4 {
		t.Errorf("%d pages", n)
	}
}

// A failure on a later page gives nothing at all: half a list would look as if rooms had gone.
func TestHalfAListIsNoList(t *testing.T) {
	first := always(200, `{"value":[{"id":"d1"}],"@odata.nextLink":"/teamwork/devices?$skiptoken=2"}`)
	for _, c := range []struct {
		second func(http.ResponseWriter, *http.Request)
		want   Kind
	}{
		{always(403, string(example(t, "errors/403.UnknownError.json"))), Forbidden},
		{always(404, string(example(t, "errors/404.UnknownError.json"))), NotFound}, // an old skip token, not the end of the API
		{always(200, `{}`), BadAnswer},
	} {
		f := newFake(t, inTurn(first, c.second))
		got, err := f.client().Devices(t.Context(), tenantA)
		if wantKind(t, err, c.want); got != nil {
			t.Errorf("half a list: %v", got)
		}
	}
}

func TestLaterPagesAskTheSameWay(t *testing.T) {
	f := newFake(t, nil)
	var methods, bodies []string
	f.graph = func(w http.ResponseWriter, r *http.Request) {
		methods = append(methods, r.Method)
		if len(methods) == 1 {
			fmt.Fprint(w, `{"value":["g1"],"@odata.nextLink":"https://graph.example/v1.0/users/u1/getMemberObjects?$skiptoken=2"}`)
			return
		}
		fmt.Fprint(w, `{"value":["g2"]}`)
	}
	got, err := f.client().MemberGroups(t.Context(), tenantA, "u1")
	bodies = f.bodies
	if err != nil || !reflect.DeepEqual(got, []string{"g1", "g2"}) || !reflect.DeepEqual(methods, []string{"POST", "GET"}) ||
		!reflect.DeepEqual(bodies, []string{`{"securityEnabledOnly":true}`, ""}) {
		t.Errorf("%v %v %q %q", got, err, methods, bodies)
	}
}

func TestHostPort(t *testing.T) {
	for address, want := range map[string]string{
		"https://Graph.Example":    "graph.example:443",
		"https://graph.example:81": "graph.example:81",
		"http://[::1]":             "::1:80",
	} {
		u, err := url.Parse(address)
		if err != nil || hostPort(u) != want {
			t.Errorf("%s: %s %v", address, hostPort(u), err)
		}
	}
}

// Pages that drip in just below the time limit of a request do not hold a worker for hours.
func TestListWithoutEndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
			n++
			time.Sleep(requestTimeout - time.Second) // simulated
			fmt.Fprintf(w, `{"value":[],"@odata.nextLink":"/teamwork/devices?$skiptoken=%d"}`, n)
		})
		begun := time.Now()
		_, err := f.client().Devices(t.Context(), tenantA)
		wantKind(t, err, BadAnswer)
		if took := time.Since(begun); took < maxListTime || took > maxListTime+requestTimeout {
			t.Errorf("took %v", took)
		}
	})
}

func TestListWithTooManyBytes(t *testing.T) {
	n := 0
	page := `"` + strings.Repeat("x", maxBody-200) + `"`
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		fmt.Fprintf(w, `{"value":[%s,%d],"@odata.nextLink":"/users?p=%d"}`, page, n, n)
	})
	_, err := f.client().MemberGroups(t.Context(), tenantA, "u1")
	if wantKind(t, err, BadAnswer); n != maxListBytes/maxBody+1 {
		t.Errorf("%d pages", n)
	}
}
