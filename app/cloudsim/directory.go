package cloudsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func directoryOperations() []operation {
	user := []string{"User.Read.All"}
	group := []string{"GroupMember.Read.All"}
	org := []string{"Organization.Read.All"}
	cross := []string{"CrossTenantInformation.ReadBasic.All"}
	ops := []operation{
		{"GET /organization", "organization", org, getOrganization},
		{"GET /subscribedSkus", "subscribedSkus", org, listSkus},
		{"GET /tenantRelationships/{function}", "tenantInformation", cross, findTenant},
		{"GET /users", "users", user, listUsers},
		{"GET /users/{id}", "user", user, getUser},
		{"GET /groups", "groups", group, listGroups},
		{"GET /groups/{id}", "group", group, getGroup},
		{"POST /users/{id}/getMemberObjects", "getMemberObjects", group, memberObjects},
		{"POST /users/{id}/getMemberGroups", "getMemberObjects", group, memberObjects},
		{"POST /users/{id}/checkMemberGroups", "checkMemberGroups", group, checkMemberGroups},
	}
	for _, cast := range []string{"", "/microsoft.graph.group"} {
		ops = append(ops,
			operation{"GET /users/{id}/memberOf" + cast, "memberOf", group, func(c *call) answer { return memberOf(c, false) }},
			operation{"GET /users/{id}/transitiveMemberOf" + cast, "transitiveMemberOf", group, func(c *call) answer { return memberOf(c, true) }},
		)
	}
	for _, cast := range []string{"", "/microsoft.graph.user"} {
		users := cast != ""
		ops = append(ops,
			operation{"GET /groups/{id}/members" + cast, "members", group, func(c *call) answer { return members(c, false, users) }},
			operation{"GET /groups/{id}/transitiveMembers" + cast, "transitiveMembers", group, func(c *call) answer { return members(c, true, users) }},
			operation{"GET /groups/{id}/members" + cast + "/$count", "memberCount", group, func(c *call) answer { return countMembers(c, false, users) }},
			operation{"GET /groups/{id}/transitiveMembers" + cast + "/$count", "memberCount", group, func(c *call) answer { return countMembers(c, true, users) }},
		)
	}
	return ops
}

// directoryUser is a user with every property that can be selected; a plain list shows userDefaults only.
type directoryUser struct {
	Type              string   `json:"@odata.type,omitempty"`
	BusinessPhones    []string `json:"businessPhones"`
	DisplayName       string   `json:"displayName"`
	GivenName         *string  `json:"givenName"`
	JobTitle          *string  `json:"jobTitle"`
	Mail              *string  `json:"mail"`
	MobilePhone       *string  `json:"mobilePhone"`
	OfficeLocation    *string  `json:"officeLocation"`
	PreferredLanguage *string  `json:"preferredLanguage"`
	Surname           *string  `json:"surname"`
	UserPrincipalName string   `json:"userPrincipalName"`
	ID                string   `json:"id"`
	UserType          string   `json:"userType"`
	AccountEnabled    bool     `json:"accountEnabled"`
}

var userDefaults = []string{"businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone",
	"officeLocation", "preferredLanguage", "surname", "userPrincipalName", "id"}

func (p *Person) directoryUser() directoryUser {
	u := directoryUser{
		BusinessPhones: []string{}, DisplayName: p.Name, Mail: orNull(p.Mail), JobTitle: orNull(p.JobTitle),
		UserPrincipalName: p.UPN, ID: p.OID, UserType: "Member", AccountEnabled: !p.Disabled,
	}
	if p.Guest {
		u.UserType = "Guest"
	}
	if given, family, two := strings.Cut(p.Name, " "); two {
		u.GivenName, u.Surname = &given, &family
	}
	return u
}

func (r *Room) directoryUser() directoryUser {
	return directoryUser{
		BusinessPhones: []string{}, DisplayName: r.Name, Mail: orNull(r.Email), OfficeLocation: orNull(r.Building),
		UserPrincipalName: r.Email, ID: r.AccountID, UserType: "Member", AccountEnabled: true,
	}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (u *directoryUser) property(name string) string {
	switch name {
	case "id":
		return u.ID
	case "displayName":
		return u.DisplayName
	case "userPrincipalName":
		return u.UserPrincipalName
	case "mail":
		if u.Mail != nil {
			return *u.Mail
		}
	}
	return ""
}

func listUsers(c *call) answer {
	find, bad := c.finder("User", []string{"id", "displayName", "userPrincipalName", "mail"})
	if bad != nil {
		return *bad
	}
	rows := []any{}
	add := func(u directoryUser) {
		if find(u.property) {
			rows = append(rows, u)
		}
	}
	for i := range c.t.People {
		add(c.t.People[i].directoryUser())
	}
	for i := range c.t.Rooms {
		add(c.t.Rooms[i].directoryUser())
	}
	return c.page(rows, listing{context: "users", size: 100, limit: 999, tokens: true, defaults: userDefaults})
}

// finder makes the condition of $search and $filter, both of which must hold, or the refusal of one that Graph would not take.
func (c *call) finder(resource string, properties []string) (func(func(string) string) bool, *answer) {
	refuse := func(format string, args ...any) *answer {
		a := unsupported(format, args...)
		return &a
	}
	always := func(func(string) string) bool { return true }
	searched, filtered := always, always
	if search := c.query.Get("$search"); search != "" {
		if !strings.EqualFold(c.r.Header.Get("ConsistencyLevel"), "eventual") {
			return nil, refuse("Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")
		}
		alternatives, err := parseSearch(search)
		if err != nil {
			return nil, refuse("%v", err)
		}
		searched = func(p func(string) string) bool { return found(alternatives, p) }
	}
	if filter := c.query.Get("$filter"); filter != "" {
		clauses, all, err := parseFilter(filter)
		if err != nil {
			return nil, refuse("%v", err)
		}
		values := 0
		for _, cl := range clauses {
			values += len(cl.values)
			if !slices.Contains(properties, cl.property) {
				return nil, refuse("Unsupported or invalid query filter clause specified for property '%s' of resource '%s'.", cl.property, resource)
			}
		}
		if values > maxClauses {
			return nil, refuse("Too many child clauses specified in search filter expression containing 'OR' operators: %d. Max allowed: %d.", values, maxClauses)
		}
		filtered = func(p func(string) string) bool { return matches(clauses, all, p) }
	}
	return func(p func(string) string) bool { return searched(p) && filtered(p) }, nil
}

func getUser(c *call) answer {
	id := c.r.PathValue("id")
	for i := range c.t.People {
		if p := &c.t.People[i]; p.OID == id || strings.EqualFold(p.UPN, id) {
			return c.entity(p.directoryUser(), "users", userDefaults)
		}
	}
	for i := range c.t.Rooms {
		if r := &c.t.Rooms[i]; r.AccountID == id || strings.EqualFold(r.Email, id) {
			return c.entity(r.directoryUser(), "users", userDefaults)
		}
	}
	return noResource(id)
}

// entity is one directory object with the selected properties.
func (c *call) entity(row any, set string, defaults []string) answer {
	props := defaults
	if sel := c.query.Get("$select"); sel != "" {
		props = strings.Split(sel, ",")
		set += "(" + sel + ")"
	}
	body, err := project(row, props)
	if err != nil {
		return badRequest("%v", err)
	}
	if object, isMap := body.(map[string]json.RawMessage); isMap {
		object["@odata.context"] = fmt.Appendf(nil, "%q", c.at+"/$metadata#"+set+"/$entity")
	}
	return answer{status: http.StatusOK, body: body}
}

// directoryGroup is a group with the properties that can be selected.
type directoryGroup struct {
	Type            string   `json:"@odata.type,omitempty"`
	ID              string   `json:"id"`
	DisplayName     string   `json:"displayName"`
	Description     *string  `json:"description"`
	GroupTypes      []string `json:"groupTypes"`
	Mail            *string  `json:"mail"`
	MailEnabled     bool     `json:"mailEnabled"`
	SecurityEnabled bool     `json:"securityEnabled"`
}

var groupDefaults = []string{"id", "displayName", "description", "groupTypes", "mail", "mailEnabled", "securityEnabled"}

func (g *Group) directoryGroup() directoryGroup {
	return directoryGroup{
		ID: g.ID, DisplayName: g.Name, GroupTypes: []string{}, MailEnabled: g.MailOnly, SecurityEnabled: !g.MailOnly,
	}
}

func (g *directoryGroup) property(name string) string {
	switch name {
	case "id":
		return g.ID
	case "displayName":
		return g.DisplayName
	case "securityEnabled":
		return strconv.FormatBool(g.SecurityEnabled)
	}
	return ""
}

func listGroups(c *call) answer {
	find, bad := c.finder("Group", []string{"id", "displayName", "securityEnabled"})
	if bad != nil {
		return *bad
	}
	rows := []any{}
	for i := range c.t.Groups {
		if g := c.t.Groups[i].directoryGroup(); find(g.property) {
			rows = append(rows, g)
		}
	}
	return c.page(rows, listing{context: "groups", size: 100, limit: 999, tokens: true, defaults: groupDefaults})
}

func getGroup(c *call) answer {
	g := c.t.group(c.r.PathValue("id"))
	if g == nil {
		return noResource(c.r.PathValue("id"))
	}
	return c.entity(g.directoryGroup(), "groups", groupDefaults)
}
