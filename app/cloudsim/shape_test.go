package cloudsim_test

import (
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"roomward/app/cloudsim"
)

// shape lists the paths of all properties of a JSON value, with their kinds. Elements of a list share one path; null has
// every kind, so it is left out.
func shape(value any, at string, into map[string]string) map[string]string {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			shape(inner, at+"/"+key, into)
		}
	case []any:
		for _, inner := range v {
			shape(inner, at+"[]", into)
		}
	case string:
		into[at] = "text"
	case float64:
		into[at] = "number"
	case bool:
		into[at] = "bool"
	}
	return into
}

func example(t *testing.T, name string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "graph", filepath.FromSlash(name)))
	noError(t, err)
	return decode(t, string(data))
}

// TestShapesOfTheExamples compares what is simulated with the recorded examples of Microsoft's answers: no property that
// they do not have, none of another kind, and none missing but those that the table names with a reason.
func TestShapesOfTheExamples(t *testing.T) {
	c := start(t, demoWorld(t))
	n := c.world.FindTenant("northwind.example")
	device := func(room string) string {
		return "/beta/teamwork/devices/" + n.FindRoom(room).Devices[0].ID
	}
	user := "/v1.0/users/" + c.world.Partner.FindPerson("kim.larsen@partner.example").OID
	search := "$count=true&$search=" + url.QueryEscape(`"displayName:kim"`)
	for _, tc := range []struct {
		example, tenant, path string
		missing               []string // in the example only
		extra                 []string // in the simulation only
	}{
		{"places/rooms.page1.json", n.ID, "/v1.0/places/microsoft.graph.room?$top=100", nil, []string{"/value[]/tags[]"}},
		{"teamwork/devices.page1.json", n.ID, "/beta/teamwork/devices?$top=50", nil, []string{"/value[]/currentUser/userPrincipalName"}}, // on some devices only
		{"teamwork/health.healthy.json", n.ID, device("Boardroom 13"), nil, nil},
		{"teamwork/health.camera-and-display-disconnected.json", n.ID, device("Boardroom 13"), nil, nil},
		{"directory/organization.json", n.ID, "/v1.0/organization", []string{"/value[]/preferredLanguage"}, nil},
		{"directory/subscribedSkus.json", n.ID, "/v1.0/subscribedSkus", nil, nil},
		{"directory/users.search.json", c.world.Partner.ID, "/v1.0/users?$select=id,displayName,userPrincipalName,mail,jobTitle&" + search, nil, nil},
		{"directory/transitiveMemberOf.groups.json", c.world.Partner.ID, user + "/transitiveMemberOf/microsoft.graph.group?$count=true&$select=id,displayName", nil, nil},
		{"directory/tenantInformation.json", c.world.Partner.ID, "/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='northwind.example')", nil, nil},
	} {
		t.Run(tc.example, func(t *testing.T) {
			path := tc.path
			if strings.HasPrefix(tc.example, "teamwork/health") {
				path += "/health"
			}
			status, _, body := c.graph(tc.tenant, path, level, eventual)
			equal(t, http.StatusOK, status, body)
			want, got := shape(example(t, tc.example), "", map[string]string{}), shape(body, "", map[string]string{})
			for _, at := range slices.Sorted(maps.Keys(want)) {
				if slices.Contains(tc.missing, at) || strings.HasSuffix(at, "@odata.nextLink") {
					continue
				}
				equal(t, want[at], got[at], at)
			}
			for _, at := range slices.Sorted(maps.Keys(got)) {
				if !slices.Contains(tc.extra, at) && !strings.HasSuffix(at, "@odata.nextLink") && want[at] == "" {
					t.Errorf("%s is not in the example", at)
				}
			}
		})
	}
}

// TestShapesOfEntra: discovery, tokens and errors have the members of the recorded ones that Roomward may read.
func TestShapesOfEntra(t *testing.T) {
	c := start(t, smallWorld())
	fields := func(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
	within := func(what string, got, want map[string]any) {
		t.Helper()
		for key := range got {
			isTrue(t, has(t, want, key), what, "has no", key, fields(want))
		}
	}
	_, _, body := c.get("/login/" + northwind + "/v2.0/.well-known/openid-configuration")
	within("discovery", decode(t, body), example(t, "entra/openid-configuration.tenant.commercial.json"))
	_, token := c.appToken(northwind)
	within("token", token, example(t, "entra/token.client_credentials.ok.json"))
	_, refused := c.appToken(woodgrove)
	equal(t, fields(example(t, "entra/token.error.700016.json")), fields(refused))
	_, _, throttled := func() (int, http.Header, map[string]any) {
		c.SetFaults(northwind, cloudsim.Faults{Throttle: 1})
		return c.graph(northwind, "/v1.0/organization")
	}()
	want := example(t, "errors/429.TooManyRequests.json")["error"].(map[string]any)
	equal(t, fields(want), fields(throttled["error"].(map[string]any)))
	equal(t, want["code"], throttled["error"].(map[string]any)["code"])
}

// TestPagesAreSelfContained: pages load nothing from elsewhere, run no script, and are worked by buttons alone, which the
// keyboard reaches.
func TestPagesAreSelfContained(t *testing.T) {
	c := start(t, demoWorld(t))
	consent := consentRequest()
	consent.Set("login_hint", "admin@woodgrove.example")
	for name, path := range map[string]string{
		"picker":  "/login/organizations/oauth2/v2.0/authorize?" + request().Encode(),
		"consent": "/login/organizations/v2.0/adminconsent?" + consent.Encode(),
		"notice":  "/login/organizations/oauth2/v2.0/logout",
	} {
		t.Run(name, func(t *testing.T) {
			_, h, body := c.get(path)
			contains(t, h.Get("Content-Type"), "text/html")
			contains(t, h.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'")
			equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			for _, address := range regexp.MustCompile(`(?:src|href|action)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
				isTrue(t, strings.HasPrefix(address[1], "/login/"), "leads elsewhere:", address[1])
			}
			for _, never := range []string{"<script", "onclick", "<img", "tabindex", " style=", "<a "} {
				notContains(t, body, never)
			}
			for _, always := range []string{`<html lang="en">`, "<title>", "<main>", "<h1>", `name="viewport"`, "Simulated Microsoft sign-in: demo only"} {
				contains(t, body, always)
			}
		})
	}
	_, _, picker := c.get("/login/partner.example/oauth2/v2.0/authorize?" + request().Encode())
	equal(t, len(c.world.Partner.People), strings.Count(picker, "<button "), "one button a person")
	equal(t, 0, strings.Count(picker, "<div"))
	status, h, style := c.get("/login/style.css")
	equal(t, http.StatusOK, status)
	contains(t, h.Get("Content-Type"), "text/css")
	contains(t, style, "prefers-color-scheme: dark")
	contains(t, style, ":focus-visible")
	notContains(t, style, "url(")
	notContains(t, style, "@import")
}
