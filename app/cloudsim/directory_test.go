package cloudsim_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"roomward/app/cloudsim"
)

const (
	level    = "ConsistencyLevel"
	eventual = "eventual"
)

func names(all []map[string]any) []string {
	out := []string{}
	for _, row := range all {
		out = append(out, row["displayName"].(string))
	}
	slices.Sort(out)
	return out
}

func TestSearch(t *testing.T) {
	c := start(t, demoWorld(t))
	partner := c.world.Partner.ID
	for _, tc := range []struct {
		set, search string
		want        []string
	}{
		{"users", `"displayName:kim" OR "mail:kim"`, []string{"Kim Larsen", "Kim Okafor"}},
		{"users", `"displayName:oka"`, []string{"Kim Okafor"}},
		{"users", `"displayName:kim okafor"`, []string{"Kim Okafor"}},
		{"users", `"displayName:kafor"`, []string{}},
		{"users", `"displayName:étienne"`, []string{"Étienne Lefèvre"}},
		{"users", `"displayName:o'connor"`, []string{"Siobhán O'Connor"}},
		{"users", `"mail:francois.n" OR "userPrincipalName:nobody"`, []string{"François Noël", "Noa Bloom"}},
		{"users", `"displayName:kim" AND "mail:kim.l"`, []string{"Kim Larsen"}},
		{"groups", `"displayName:equipe"`, []string{}},
		{"groups", `"displayName:équipe"`, []string{"Équipe Lyon"}},
		{"groups", `"displayName:lyon"`, []string{"Équipe Lyon"}},
		{"groups", `"displayName:tech"`, []string{"Technicians EMEA"}},
	} {
		t.Run(tc.search, func(t *testing.T) {
			found, _ := c.walk(partner, "/v1.0/"+tc.set+"?$count=true&$top=25&$search="+url.QueryEscape(tc.search), level, eventual)
			equal(t, tc.want, names(found))
		})
	}
	letter := "/v1.0/groups?$search=" + url.QueryEscape(`"displayName:rooms"`)
	found, _ := c.walk(partner, letter, level, eventual)
	equal(t, []string{"Rooms newsletter"}, names(found))
	found, _ = c.walk(partner, letter+"&$filter="+url.QueryEscape("securityEnabled eq true"), level, eventual)
	equal(t, []string{}, names(found), "both conditions hold")

	status, _, _ := c.graph(partner, "/v1.0/users?$search="+url.QueryEscape("displayName:kim"), level, eventual)
	equal(t, http.StatusBadRequest, status, "clauses stand in quotes")
	found, _ = c.walk(partner, "/v1.0/groups?$top=2&$filter="+url.QueryEscape("startswith(displayName,'Project 00')"))
	equal(t, 9, len(found))
}

// TestMembership asks the same in every way that Graph offers.
func TestMembership(t *testing.T) {
	c := start(t, demoWorld(t))
	p := c.world.Partner
	id := func(group string) string { return p.FindGroup(group).ID }
	for _, tc := range []struct {
		who                string
		direct, transitive []string
	}{
		{"technician", []string{"Technicians EMEA"}, []string{"All staff", "Field engineers", "Technicians EMEA"}},
		{"kim.larsen", []string{"Desk leads", "On call", "Rooms newsletter"}, []string{"All staff", "Desk leads", "On call", "Rooms newsletter"}},
		{"nobody", []string{}, []string{}},
	} {
		t.Run(tc.who, func(t *testing.T) {
			user := "/v1.0/users/" + p.FindPerson(tc.who+"@partner.example").OID
			direct, _ := c.walk(p.ID, user+"/memberOf?$top=1")
			equal(t, tc.direct, names(direct))
			all, _ := c.walk(p.ID, user+"/transitiveMemberOf/microsoft.graph.group?$count=true&$select=id,displayName", level, eventual)
			equal(t, tc.transitive, names(all))

			var ids, security []string
			for _, g := range tc.transitive {
				ids = append(ids, id(g))
				if g != "Rooms newsletter" {
					security = append(security, id(g))
				}
			}
			equal(t, sorted(ids), c.ids(user+"/getMemberObjects", `{"securityEnabledOnly": false}`))
			equal(t, sorted(security), c.ids(user+"/getMemberObjects", `{"securityEnabledOnly": true}`))
			asked, err := json.Marshal(map[string]any{"groupIds": []string{id("Field engineers"), id("On call")}})
			noError(t, err)
			var inside []string
			for _, g := range []string{"Field engineers", "On call"} {
				if slices.Contains(tc.transitive, g) {
					inside = append(inside, id(g))
				}
			}
			equal(t, sorted(inside), c.ids(user+"/checkMemberGroups", string(asked)))
		})
	}
	status, _, _ := c.graph(p.ID, "/v1.0/users/00000000-0000-4000-8000-00000000dead/memberOf")
	equal(t, http.StatusNotFound, status, "an account that is gone")
	status, _, body := c.ask(http.MethodPost, p.ID, "/v1.0/users/"+p.People[0].OID+"/checkMemberGroups", `{"groupIds": []}`)
	equal(t, http.StatusBadRequest, status, body)

	// A changed membership is seen at once.
	technician := p.FindPerson("technician@partner.example").OID
	noError(t, c.SetMembership(id("On call"), technician, true))
	contains(t, strings.Join(c.ids("/v1.0/users/"+technician+"/getMemberObjects", `{}`), " "), id("On call"))
	noError(t, c.SetMembership(id("On call"), technician, false))
	notContains(t, strings.Join(c.ids("/v1.0/users/"+technician+"/getMemberObjects", `{}`), " "), id("On call"))
	isTrue(t, c.SetMembership("g-none", technician, true) != nil)
}

func sorted(ids []string) []string {
	out := append([]string{}, ids...)
	slices.Sort(out)
	return out
}

// ids posts to the partner's Graph and returns the ids of the answer, sorted.
func (c *cloud) ids(path, body string) []string {
	c.t.Helper()
	status, _, text := c.ask(http.MethodPost, c.world.Partner.ID, path, body, "Content-Type", "application/json")
	equal(c.t, http.StatusOK, status, text)
	out := []string{}
	for _, id := range decode(c.t, text)["value"].([]any) {
		out = append(out, id.(string))
	}
	return sorted(out)
}

func TestGroupMembers(t *testing.T) {
	c := start(t, demoWorld(t))
	p := c.world.Partner
	group := "/v1.0/groups/" + p.FindGroup("Field engineers").ID
	direct, _ := c.walk(p.ID, group+"/members")
	equal(t, []string{"Katarzyna Wójcik", "Technicians EMEA", "Yusuf Demir", "Équipe Lyon"}, names(direct))
	all, _ := c.walk(p.ID, group+"/transitiveMembers/microsoft.graph.user?$top=3")
	isTrue(t, slices.Contains(names(all), "Tomasz Berg"), names(all))
	notContains(t, strings.Join(names(all), " "), "Technicians EMEA")
	status, _, text := c.ask(http.MethodGet, p.ID, group+"/transitiveMembers/microsoft.graph.user/$count", "", level, eventual)
	equal(t, http.StatusOK, status)
	equal(t, len(all), len(names(all)))
	var n int
	noError(t, json.Unmarshal([]byte(text), &n))
	equal(t, len(all), n)
}

// TestDemoPeopleSignIn: what the product relies on about the people of the demo, through go-oidc.
func TestDemoPeopleSignIn(t *testing.T) {
	c := start(t, demoWorld(t))
	p := c.world.Partner
	claims := func(who string) map[string]any { return c.signIn(p.ID, who+"@partner.example") }

	equal(t, []any{"Manager"}, claims("manager")["roles"])
	equal(t, []any{cloudsim.GlobalAdministrator}, claims("ga")["wids"])
	lead := claims("primary.admin")
	contains(t, lead["groups"], p.FindGroup("Desk leads").ID)
	notContains(t, lead, "roles")
	notContains(t, claims("nobody"), "groups")
	contains(t, claims("guest")["idp"].(string), c.world.FindTenant("northwind.example").ID)

	// Too many groups: the token only says where to ask, and there they are.
	overage := claims("overage")
	notContains(t, overage, "groups")
	endpoint := overage["_claim_sources"].(map[string]any)["src1"].(map[string]any)["endpoint"].(string)
	equal(t, 211, len(c.ids(strings.TrimPrefix(endpoint, c.URL()+"/graph"), `{"securityEnabledOnly": true}`)))

	for _, customer := range c.world.Tenants {
		domain := customer.Domains[0]
		isTrue(t, c.signIn("organizations", "admin@"+domain)["tid"] == customer.ID, domain)
		notContains(t, c.signIn("organizations", "employee@"+domain)["wids"], cloudsim.GlobalAdministrator, domain)
	}
}
