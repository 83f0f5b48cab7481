package graph

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What somebody types can neither leave the quotes nor add a clause.
func TestSearchClause(t *testing.T) {
	for typed, want := range map[string]string{
		"kim":                         `"displayName:kim" OR "mail:kim"`,
		"  kim   larsen ":             `"displayName:kim larsen" OR "mail:kim larsen"`,
		"kim@contoso.com":             `"displayName:kim@contoso.com" OR "mail:kim@contoso.com"`,
		"o'neil-smith_2+x#ext":        `"displayName:o'neil-smith_2+x#ext" OR "mail:o'neil-smith_2+x#ext"`,
		"R&D":                         `"displayName:R D" OR "mail:R D"`,
		`kim" OR "mail:a`:             `"displayName:kim OR mail a" OR "mail:kim OR mail a"`,
		`k\"im`:                       `"displayName:k im" OR "mail:k im"`,
		"Zoë 東京":                      `"displayName:Zoë 東京" OR "mail:Zoë 東京"`,
		"a\x00b\nc":                   `"displayName:a b c" OR "mail:a b c"`,
		"":                            "",
		" \t":                         "",
		`"`:                           "",
		"@.-'":                        "",
		"&&&":                         "",
		strings.Repeat("é", 100):      `"displayName:` + strings.Repeat("é", 60) + `" OR "mail:` + strings.Repeat("é", 60) + `"`,
		"a" + strings.Repeat("é", 99): `"displayName:a` + strings.Repeat("é", 59) + `" OR "mail:a` + strings.Repeat("é", 59) + `"`,
	} {
		if got := searchClause(typed, "displayName", "mail"); got != want {
			t.Errorf("%q: %s, want %s", typed, got, want)
		}
	}
}

func TestSearch(t *testing.T) {
	f := newFake(t, nil)
	f.graph = func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("ConsistencyLevel") != "eventual" {
			t.Errorf("headers %v", r.Header)
		}
		name := map[string]string{"/v1.0/users": "directory/users.search.json", "/v1.0/groups": "directory/groups.search.json"}[r.URL.Path]
		w.Write(example(t, name))
	}
	c := f.client()
	users, err := c.SearchUsers(t.Context(), tenantA, "R&D kim", 25)
	if err != nil || len(users) != 2 || users[0].DisplayName != "Kim Larsen" || !users[0].AccountEnabled {
		t.Errorf("%+v %v", users, err)
	}
	groups, err := c.SearchGroups(t.Context(), tenantA, "MTR", 1000)
	if err != nil || len(groups) != 1 || !groups[0].SecurityEnabled {
		t.Errorf("%+v %v", groups, err)
	}
	want := []string{
		"GET https://graph.example/v1.0/users?$search=%22displayName%3AR%20D%20kim%22%20OR%20%22mail%3AR%20D%20kim%22%20OR%20%22userPrincipalName%3AR%20D%20kim%22" +
			"&$select=id,displayName,userPrincipalName,mail,accountEnabled&$count=true&$top=25",
		"GET https://graph.example/v1.0/groups?$search=%22displayName%3AMTR%22&$filter=securityEnabled%20eq%20true&$select=id,displayName,securityEnabled,mailEnabled&$count=true&$top=100",
	}
	if got := f.requests(); !reflect.DeepEqual(got, want) {
		t.Errorf("requests %q", got)
	}
	if strings.Contains(f.log.String(), "kim") {
		t.Errorf("what was searched for is in the log: %s", f.log.String())
	}
	if users, err := c.SearchUsers(t.Context(), tenantA, "1", -1); err != nil || len(users) != 1 {
		t.Errorf("limit: %v %v", users, err)
	}
	if users, err := c.SearchUsers(t.Context(), tenantA, `"`, 5); err != nil || users == nil || len(users) != 0 {
		t.Errorf("nothing typed: %v %v", users, err)
	}
	if groups, err := c.SearchGroups(t.Context(), tenantA, " ", 5); err != nil || groups == nil || len(groups) != 0 || len(f.requests()) != 3 {
		t.Errorf("nothing typed: %v %v %q", groups, err, f.requests())
	}
	// Mail groups give no access, even if the filter did not work.
	f = newFake(t, always(200, string(example(t, "directory/transitiveMemberOf.groups.json"))))
	if groups, err := f.client().SearchGroups(t.Context(), tenantA, "MTR", 5); err != nil || len(groups) != 0 {
		t.Errorf("%v %v", groups, err)
	}
}

// Fifteen addresses cost one request, and none of them can leave its quotes.
func TestUsersByMail(t *testing.T) {
	f := newFake(t, always(200, `{"value":[{"id":"u1","mail":"o'hara@contoso.com","displayName":"Kim"},{"id":"u2","mail":"b&c@contoso.com"}]}`))
	c := f.client()
	users, err := c.UsersByMail(t.Context(), tenantA, []string{"o'hara@contoso.com", "b&c@contoso.com"})
	if err != nil || len(users) != 2 || users[0].ID != "u1" || users[1].Mail != "b&c@contoso.com" {
		t.Errorf("%+v %v", users, err)
	}
	want := []string{"GET https://graph.example/v1.0/users?$filter=mail%20in%20%28%27o%27%27hara%40contoso.com%27%2C%27b%26c%40contoso.com%27%29" +
		"&$select=id,displayName,userPrincipalName,mail,accountEnabled"}
	if got := f.requests(); !reflect.DeepEqual(got, want) {
		t.Errorf("requests %q", got)
	}
	if users, err := c.UsersByMail(t.Context(), tenantA, nil); err != nil || len(users) != 0 || len(f.requests()) != 1 {
		t.Errorf("nobody: %v %v", users, err)
	}
	if users, err = c.UsersByID(t.Context(), tenantA, []string{"u1"}); err != nil || len(users) != 2 ||
		!strings.Contains(f.requests()[1], "?$filter=id%20in%20%28%27u1%27%29&") {
		t.Errorf("by id: %v %v %q", users, err, f.requests())
	}
	_, err = c.UsersByMail(t.Context(), tenantA, make([]string, MaxAddresses+1))
	if wantKind(t, err, BadRequest); len(f.requests()) != 2 {
		t.Errorf("too many: %v", err)
	}
}

func TestOneOfTheDirectory(t *testing.T) {
	f := newFake(t, always(200, `{"value":{"id":"u1","userPrincipalName":"kim@contoso.com","accountEnabled":false,"securityEnabled":true,"mailEnabled":true,"displayName":null}}`))
	c := f.client()
	user, err := c.User(t.Context(), tenantA, "kim_fabrikam.com#EXT#@contoso.com")
	if want := (User{ID: "u1", DisplayName: "kim@contoso.com", UserPrincipalName: "kim@contoso.com"}); err != nil || user != want {
		t.Errorf("%+v %v", user, err)
	}
	group, err := c.Group(t.Context(), tenantA, "g?1")
	if want := (Group{ID: "u1", SecurityEnabled: true, MailEnabled: true}); err != nil || group != want {
		t.Errorf("%+v %v", group, err)
	}
	device, err := c.Device(t.Context(), tenantA, "d%2f1")
	if err != nil || device.ID != "u1" {
		t.Errorf("%+v %v", device, err)
	}
	want := []string{
		"GET https://graph.example/v1.0/users/kim_fabrikam.com%23EXT%23@contoso.com?$select=id,displayName,userPrincipalName,mail,accountEnabled",
		"GET https://graph.example/v1.0/groups/g%3F1?$select=id,displayName,securityEnabled,mailEnabled",
		"GET https://graph.example/beta/teamwork/devices/d%252f1",
	}
	if got := f.requests(); !reflect.DeepEqual(got, want) {
		t.Errorf("requests %q", got)
	}
	f = newFake(t, always(200, `{"displayName":"no id"}`))
	c = f.client()
	_, err = c.User(t.Context(), tenantA, "u1")
	wantKind(t, err, BadAnswer)
	_, err = c.Group(t.Context(), tenantA, "g1")
	wantKind(t, err, BadAnswer)
	_, err = c.Device(t.Context(), tenantA, "d1")
	wantKind(t, err, BadAnswer)
}

// An id that would lead to another path is no id.
func TestIDsStayInTheirPlace(t *testing.T) {
	f := newFake(t, always(200, `{"id":"x"}`))
	c := f.client()
	for _, id := range []string{"", ".", "..", "a/b", "../users", `a\b`, "/", strings.Repeat("x", 257)} {
		for name, call := range map[string]func() error{
			"user":   func() error { _, err := c.User(t.Context(), tenantA, id); return err },
			"group":  func() error { _, err := c.Group(t.Context(), tenantA, id); return err },
			"device": func() error { _, err := c.Device(t.Context(), tenantA, id); return err },
			"health": func() error { _, err := c.Health(t.Context(), tenantA, id); return err },
			"size":   func() error { _, err := c.GroupSize(t.Context(), tenantA, id); return err },
			"groups": func() error { _, err := c.MemberGroups(t.Context(), tenantA, id); return err },
		} {
			if err := call(); KindOf(err) != NotFound {
				t.Errorf("%s %q: %v", name, id, err)
			}
		}
	}
	if f.tokens != 0 || len(f.requests()) != 0 {
		t.Errorf("%d tokens, requests %q", f.tokens, f.requests())
	}
}

func TestGroupSize(t *testing.T) {
	for body, want := range map[string]int{"17": 17, "\ufeff3\r\n": 3, "0": 0, "-1": -1, "many": -1, "": -1, `{"value":1}`: -1, "99999999999999999999": -1} {
		f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept") != "text/plain" || r.Header.Get("ConsistencyLevel") != "eventual" || r.URL.Path != "/v1.0/groups/g1/transitiveMembers/$count" {
				t.Errorf("%s %v", r.URL, r.Header)
			}
			w.Write([]byte(body))
		})
		got, err := f.client().GroupSize(t.Context(), tenantA, "g1")
		if want < 0 {
			wantKind(t, err, BadAnswer)
			continue
		}
		if err != nil || got != want {
			t.Errorf("%q: %d %v", body, got, err)
		}
	}
}

// The users of a group are counted each by its account: no groups in it, and nobody who is blocked.
func TestGroupUsers(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1.0/groups/g1/transitiveMembers" || r.URL.Query().Get("$select") != "id,accountEnabled" {
			t.Errorf("%s", r.URL)
		}
		w.Write([]byte(`{"value":[{"@odata.type":"#microsoft.graph.user","id":"u1","accountEnabled":true},{"@odata.type":"#microsoft.graph.group","id":"g2"},
			{"@odata.type":"#microsoft.graph.user","id":"u2","accountEnabled":false},{"@odata.type":"#microsoft.graph.user","id":"u3"}]}`))
	})
	got, err := f.client().GroupUsers(t.Context(), tenantA, "g1")
	if err != nil || !slices.Equal(got, []string{"u1", "u3"}) {
		t.Errorf("%v %v", got, err)
	}
	if _, err := f.client().GroupUsers(t.Context(), tenantA, "../users"); err == nil {
		t.Error("a path is no id")
	}
}

// The organization proves a consent, so it must be the one of the token.
func TestOrganization(t *testing.T) {
	body := string(example(t, "directory/organization.json"))
	o, err := newFake(t, always(200, body)).client().Organization(t.Context(), strings.ToUpper(tenantA))
	if err != nil || !strings.EqualFold(o.ID, tenantA) || len(o.Domains) != 2 || !o.Domains[0].Default || !o.Domains[1].Initial {
		t.Errorf("%+v %v", o, err)
	}
	for name, body := range map[string]string{
		"another tenant": `{"value":[{"id":"` + tenantB + `","displayName":"Contoso"}]}`,
		"nobody":         `{"value":[]}`,
		"no id":          `{"value":[{"displayName":"Contoso"}]}`,
		"a page":         `<html>`,
	} {
		o, err := newFake(t, always(200, body)).client().Organization(t.Context(), tenantA)
		if wantKind(t, err, BadAnswer); !reflect.DeepEqual(o, Organization{}) {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

func TestDiscover(t *testing.T) {
	f := newFake(t, nil)
	asked := ""
	f.login = func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.String()
		if r.Header.Get("Authorization") != "" {
			t.Error("a token went to the login service")
		}
		w.Write(example(t, "entra/openid-configuration.tenant.gcc.json"))
	}
	c := f.client()
	d, err := c.Discover(t.Context(), " Contoso.COM ")
	if err != nil || d.TenantID != tenantB || d.Government() != "GCC" || asked != "GET https://login.example/contoso.com/v2.0/.well-known/openid-configuration" {
		t.Errorf("%+v %v, asked %s", d, err, asked)
	}
	asked = ""
	for _, name := range []string{"", "common", "organizations", "consumers", "contoso", "a/b.com", "a..b", ".com", "x.com/", "x.com?y", "x.com#", "x@y.com", "exa mple.com", "é.com", strings.Repeat("a", 260) + ".com"} {
		_, err := c.Discover(t.Context(), name)
		if wantKind(t, err, TenantUnknown); asked != "" {
			t.Errorf("%q: asked %s", name, asked)
		}
	}
	f.login = always(400, string(example(t, "entra/token.error.90002.json")))
	_, err = c.Discover(t.Context(), "unknown.example")
	wantKind(t, err, TenantUnknown)
	f.login = always(200, string(example(t, "entra/openid-configuration.organizations.json")))
	_, err = c.Discover(t.Context(), "unknown.example")
	wantKind(t, err, BadAnswer)
}

func TestGovernment(t *testing.T) {
	for d, want := range map[Discovery]string{
		{}: "", {Region: "EU"}: "", {SubScope: "gcc"}: "GCC", {SubScope: "DODCON"}: "GCC High", {SubScope: "DOD", CloudInstance: "microsoftonline.us"}: "DoD",
		{Region: "USG"}: "GCC High", {Region: "USGov"}: "GCC High", {CloudInstance: "microsoftonline.us"}: "GCC High", {SubScope: "other", Region: "NA"}: "",
	} {
		if got := d.Government(); got != want {
			t.Errorf("%+v is %q, want %q", d, got, want)
		}
	}
}

func TestAdminConsentURL(t *testing.T) {
	c := newFake(t, nil).client()
	got, err := url.Parse(c.AdminConsentURL("../x?y", "https://rooms.example/consent/callback?a=1&b=2", "s&t=1"))
	if err != nil || got.Host != "login.example" || got.EscapedPath() != "/..%2Fx%3Fy/v2.0/adminconsent" {
		t.Fatalf("%v %v", got, err)
	}
	want := url.Values{"client_id": {"app-1"}, "scope": {"https://graph.example/.default"}, "redirect_uri": {"https://rooms.example/consent/callback?a=1&b=2"}, "state": {"s&t=1"}}
	if !reflect.DeepEqual(got.Query(), want) {
		t.Errorf("query %v", got.Query())
	}
}
