package app

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/customers"
	"roomward/app/web"
	"roomward/policy"
)

// actor is a kind of person, with what it may be told, written down here and not derived from the product.
type actor struct {
	login     string
	side      string
	manager   bool // may name tenant managers
	accepts   bool // may see and accept invitations
	admin     bool // administers its organisation
	rooms     func(domain, building, floor string) bool
	customers []string // domains whose name and ids it may read
}

// relations are the customers whose data the primary admins see: those that accepted, have not withdrawn, and demand no sign-in that nobody has here.
var relations = []string{"northwind.example", "contoso.example", "adatum.example", "alpine.example",
	"lucerne.example", "trey.example", "wingtip.example"}

func actors() []actor {
	none := func(string, string, string) bool { return false }
	everybody := append(slices.Clone(relations), demanding, "fabrikam.example", "tailspin.example")
	own := func(domain string, rooms bool) func(string, string, string) bool {
		return func(d, _, _ string) bool { return rooms && d == domain }
	}
	return []actor{
		{login: "", side: "nobody", rooms: none},
		{login: "manager@partner.example", side: "partner", manager: true, accepts: true, rooms: none, customers: everybody},
		{login: "ga@partner.example", side: "partner", manager: true, accepts: true, rooms: none, customers: everybody},
		{login: "tenant.manager@partner.example", side: "partner", accepts: true, rooms: none, customers: everybody},
		{login: "primary.admin@partner.example", side: "partner", customers: append(slices.Clone(relations), demanding, "fabrikam.example"),
			rooms: func(domain, building, _ string) bool {
				return slices.Contains(relations, domain) && building != "Quayside Annex"
			}},
		{login: "technician@partner.example", side: "partner", customers: []string{"northwind.example", "contoso.example"},
			rooms: func(domain, building, floor string) bool {
				return domain == "northwind.example" && building == "Waverley House" ||
					domain == "contoso.example" && building == "Meridian" && floor == "5"
			}},
		{login: "nobody@partner.example", side: "partner", rooms: none},
		{login: "overage@partner.example", side: "partner", rooms: none},
		{login: "admin@northwind.example", side: "customer", admin: true, rooms: own("northwind.example", true), customers: []string{"northwind.example"}},
		{login: "admin@contoso.example", side: "customer", admin: true, rooms: own("contoso.example", true), customers: []string{"contoso.example"}},
		{login: "employee@northwind.example", side: "customer", rooms: none, customers: []string{"northwind.example"}},
		{login: "admin@tailspin.example", side: "customer", admin: true, rooms: own("tailspin.example", true), customers: []string{"tailspin.example"}},
		{login: "admin@woodgrove.example", side: "customer", admin: true, rooms: own("woodgrove.example", true), customers: []string{"woodgrove.example"}},
	}
}

// who says who may call each route at all. A route that is missing here fails the test: its expectations must be written down.
var who = map[string]func(actor) bool{
	"GET /api/me":                      func(a actor) bool { return true },
	"GET /api/directory":               mayName,
	"GET /api/tenant-managers":         accepts,
	"POST /api/tenant-managers":        manages,
	"DELETE /api/tenant-managers/{id}": manages,
	"GET /api/installation":            manages,
	"POST /api/installation/checks":    manages,

	"GET /api/customers":                 isPartner,
	"GET /api/customers/{id}":            isPartner,
	"GET /api/invitations":               accepts,
	"GET /api/invitations/{id}":          accepts,
	"POST /api/invitations/{id}/accept":  accepts,
	"POST /api/invitations/{id}/decline": accepts,
	"GET /api/invitation-codes":          accepts,
	"POST /api/invitation-codes":         accepts,
	"DELETE /api/invitation-codes/{id}":  accepts,

	"GET /api/customers/{id}/roles":                       isPartner,
	"POST /api/customers/{id}/roles":                      isPartner,
	"GET /api/customers/{id}/roles/{role}":                isPartner,
	"PUT /api/customers/{id}/roles/{role}":                isPartner,
	"DELETE /api/customers/{id}/roles/{role}":             isPartner,
	"POST /api/customers/{id}/roles/{role}/preview":       isPartner,
	"POST /api/customers/{id}/roles/{role}/copy":          isPartner,
	"GET /api/customers/{id}/assignments":                 isPartner,
	"POST /api/customers/{id}/assignments":                isPartner,
	"GET /api/customers/{id}/assignments/{assignment}":    isPartner,
	"PUT /api/customers/{id}/assignments/{assignment}":    isPartner,
	"DELETE /api/customers/{id}/assignments/{assignment}": isPartner,
	"GET /api/customers/{id}/scopes":                      isPartner,
	"GET /api/customers/{id}/effective-access":            isPartner,
	"GET /api/customers/{id}/primary-admins":              isPartner,
	"POST /api/customers/{id}/primary-admins":             isPartner,
	"DELETE /api/customers/{id}/primary-admins/{member}":  isPartner,
	"GET /api/role-templates":                             makesRoles,
	"POST /api/role-templates":                            makesRoles,
	"PUT /api/role-templates/{id}":                        makesRoles,
	"DELETE /api/role-templates/{id}":                     makesRoles,
	"POST /api/role-templates/{id}/apply":                 makesRoles,

	"GET /api/customers/{id}/groups":               isPartner,
	"POST /api/customers/{id}/groups":              isPartner,
	"POST /api/customers/{id}/groups/preview":      isPartner,
	"GET /api/customers/{id}/groups/facts":         isPartner,
	"GET /api/customers/{id}/groups/{group}":       isPartner,
	"PUT /api/customers/{id}/groups/{group}":       isPartner,
	"DELETE /api/customers/{id}/groups/{group}":    isPartner,
	"GET /api/customers/{id}/groups/{group}/rooms": isPartner,

	"GET /api/rooms":               isPartner,
	"GET /api/rooms/counts":        isPartner,
	"GET /api/rooms/facets":        isPartner,
	"GET /api/rooms/{id}":          isPartner,
	"GET /api/rooms/{id}/devices":  isPartner,
	"GET /api/rooms/{id}/signals":  isPartner,
	"GET /api/rooms/{id}/actions":  isPartner,
	"POST /api/rooms/{id}/actions": isPartner,

	"GET /api/incidents":              isPartner,
	"GET /api/incidents/counts":       isPartner,
	"GET /api/incidents/facets":       isPartner,
	"GET /api/incidents/{id}":         isPartner,
	"GET /api/incidents/{id}/history": isPartner,

	"GET /api/customers/{id}/capabilities":        isPartner,
	"POST /api/customers/{id}/capabilities/check": isPartner,
	"GET /api/partnership/capabilities":           administers,
	"POST /api/partnership/capabilities/check":    administers,

	"GET /api/collect/customers": isPartner,
	"GET /api/collect/runs":      isPartner,
	"POST /api/collect/runs":     isPartner,

	"DELETE /api/customers/{id}":               isPartner,
	"GET /api/customers/{id}/audit.csv":        isPartner,
	"GET /api/customers/{id}/audit.jsonl":      isPartner,
	"POST /api/customers/{id}/admin-proposals": accepts,

	"GET /api/audit":                         isPartner,
	"GET /api/audit.csv":                     isPartner,
	"GET /api/audit.jsonl":                   isPartner,
	"GET /api/audit/verification":            isPartner,
	"GET /api/audit/{id}":                    isPartner,
	"POST /api/customers/{id}/audit-exports": isPartner,

	"GET /api/partnership/audit":              administers,
	"GET /api/partnership/audit.csv":          administers,
	"GET /api/partnership/audit.jsonl":        administers,
	"GET /api/partnership/audit/sealed.jsonl": administers,
	"GET /api/partnership/audit/verification": administers,
	"GET /api/partnership/audit/checkpoints":  administers,
	"GET /api/partnership/audit/{id}":         administers,

	"GET /api/change-requests":                isPartner,
	"GET /api/change-requests/{id}":           isPartner,
	"POST /api/change-requests/{id}/withdraw": isPartner,
	"PUT /api/change-requests/{id}/reason":    isPartner,

	"GET /api/partnership/change-requests":               administers,
	"GET /api/partnership/change-requests/{id}":          administers,
	"POST /api/partnership/change-requests/{id}/approve": administers,
	"POST /api/partnership/change-requests/{id}/reject":  administers,

	"DELETE /api/partnership":                  administers,
	"GET /api/partnership/record":              administers,
	"DELETE /api/partnership/record":           administers,
	"GET /api/partnership/access":              administers,
	"DELETE /api/partnership/roles/{id}":       administers,
	"DELETE /api/partnership/assignments/{id}": administers,
	"DELETE /api/partnership/members/{id}":     administers,
	"GET /api/notices":                         isPartner,
	"POST /api/notices/read":                   isPartner,
	"GET /api/partnership/notices":             administers,
	"POST /api/partnership/notices/read":       administers,

	"GET /api/partnership/admins":                     administers,
	"POST /api/partnership/admins/confirm":            administers,
	"POST /api/partnership/admins/refuse":             administers,
	"GET /api/partnership":                            isCustomer,
	"GET /api/partnership/partner":                    administers,
	"GET /api/partnership/rooms":                      administers,
	"POST /api/partnership/rooms/preview":             administers,
	"GET /api/partnership/invitations":                administers,
	"POST /api/partnership/invitations":               administers,
	"POST /api/partnership/invitations/{id}/withdraw": administers,
	"GET /api/partnership/invitations/{id}":           administers,
	"PUT /api/partnership/invitations/{id}":           administers,
	"POST /api/partnership/invitations/{id}/resend":   administers,
	"POST /api/partnership/grant/preview":             administers,
	"PUT /api/partnership/grant":                      administers,
	"POST /api/partnership/ceiling/preview":           administers,
	"PUT /api/partnership/ceiling":                    administers,
	"GET /api/partnership/change-control":             administers,
	"PUT /api/partnership/change-control":             administers,
	"PUT /api/partnership/strong-auth":                administers,
	"PUT /api/partnership/end-date":                   administers,
	"PUT /api/partnership/retention":                  administers,
	"PUT /api/partnership/contacts":                   administers,
}

func isPartner(a actor) bool  { return a.side == "partner" }
func isCustomer(a actor) bool { return a.side == "customer" }
func accepts(a actor) bool    { return a.side == "partner" && a.accepts }
func manages(a actor) bool    { return a.side == "partner" && a.manager }

// mayName tells who names people somewhere: as a primary admin while accepting, or in a role.
func mayName(a actor) bool {
	return a.side == "partner" && (a.accepts || a.login == "primary.admin@partner.example")
}

// makesRoles tells who makes templates of roles: managers, and who changes roles somewhere.
func makesRoles(a actor) bool {
	return a.side == "partner" && (a.manager || a.login == "primary.admin@partner.example")
}

func administers(a actor) bool { return a.side == "customer" && a.admin }

// bodies are what the changing routes are sent: right in form, so that only rights decide.
func bodies(d *demo, a actor) map[string]any {
	named := "kim.larsen@partner.example"
	if a.login == "ga@partner.example" {
		named = "kim.okafor@partner.example" // the same one twice would be a conflict
	}
	admin := []map[string]string{{"kind": "user", "id": d.person(named).OID}}
	role := map[string]any{"name": "Role of " + a.login, "permissions": []string{"rooms.view"}}
	assignment := map[string]any{"name": "For the matrix", "members": admin, "scopes": []map[string]string{{"kind": "all"}}}
	group := map[string]any{"name": "For the matrix", "kind": "fixed"}
	copied := map[string]any{"customers": []string{policy.NewID().String()}}
	// What Northwind agreed stays as it is, or its rooms would not be those that the matrix counts.
	grant := map[string]any{"all": true}
	if a.login == "admin@northwind.example" {
		grant["except"] = []map[string]string{{"building": "Quayside Annex"}}
	}
	ceiling := []string{}
	for _, p := range policy.DefaultCeiling() {
		ceiling = append(ceiling, string(p))
	}
	offer := map[string]any{"grant": map[string]any{"all": true}, "agreedTerms": customers.TermsVersion}
	return map[string]any{
		"PUT /api/partnership/invitations/{id}":            offer,
		"POST /api/partnership/invitations/{id}/resend":    map[string]any{"expiresInDays": 3},
		"POST /api/partnership/grant/preview":              map[string]any{"grant": grant},
		"PUT /api/partnership/grant":                       map[string]any{"grant": grant},
		"POST /api/partnership/ceiling/preview":            map[string]any{"ceiling": ceiling},
		"PUT /api/partnership/ceiling":                     map[string]any{"ceiling": ceiling},
		"PUT /api/partnership/change-control":              map[string]any{"events": map[string]string{}},
		"PUT /api/partnership/strong-auth":                 map[string]any{"strongAuth": ""},
		"PUT /api/partnership/end-date":                    map[string]any{},
		"PUT /api/partnership/retention":                   map[string]any{"retentionDays": 180, "sealDays": 30},
		"PUT /api/partnership/contacts":                    map[string]any{"contacts": []string{"rooms@" + strings.TrimPrefix(a.login, "admin@")}},
		"DELETE /api/customers/{id}":                       map[string]string{"confirm": "No customer's name"},
		"POST /api/customers/{id}/admin-proposals":         map[string]any{"members": admin},
		"DELETE /api/partnership":                          map[string]string{"confirm": "No partner's name"},
		"POST /api/partnership/admins/confirm":             map[string]string{"proposal": policy.NewID().String()},
		"POST /api/partnership/admins/refuse":              map[string]string{"proposal": policy.NewID().String()},
		"POST /api/customers/{id}/roles":                   role,
		"PUT /api/customers/{id}/roles/{role}":             role,
		"POST /api/customers/{id}/roles/{role}/preview":    map[string]any{"permissions": []string{"rooms.view"}},
		"POST /api/customers/{id}/roles/{role}/copy":       copied,
		"PUT /api/customers/{id}/assignments/{assignment}": assignment,
		"POST /api/customers/{id}/assignments": map[string]any{"name": "For the matrix", "members": admin, "role": policy.NewID().String(),
			"scopes": []map[string]string{{"kind": "all"}}},
		"POST /api/customers/{id}/primary-admins": admin[0],
		"POST /api/customers/{id}/groups":         group,
		"PUT /api/customers/{id}/groups/{group}":  group,
		"POST /api/customers/{id}/groups/preview": map[string]any{"kind": "fixed"},
		"POST /api/role-templates":                role,
		"PUT /api/role-templates/{id}":            role,
		"POST /api/role-templates/{id}/apply":     copied,
		"POST /api/rooms/{id}/actions":            map[string]string{"kind": "restart"},

		"POST /api/tenant-managers":           map[string]string{"kind": "user", "id": d.person(named).OID},
		"POST /api/invitations/{id}/accept":   map[string]any{"version": 1, "primaryAdmins": admin},
		"POST /api/invitation-codes":          map[string]any{"note": "for the matrix", "expiresInDays": 3},
		"POST /api/partnership/rooms/preview": map[string]any{"grant": map[string]any{"all": true}},
		"POST /api/partnership/invitations": map[string]any{"partnerDomain": "partner.example", "code": "NOT-A-CODE", "expiresInDays": 3,
			"grant": map[string]any{"all": true}, "agreedTerms": customers.TermsVersion},
		"PUT /api/change-requests/{id}/reason":              map[string]string{"reason": "for the matrix"},
		"POST /api/partnership/change-requests/{id}/reject": map[string]string{"reason": "for the matrix"},
		"POST /api/notices/read":                            map[string]string{"upTo": policy.NewID().String()},
		"POST /api/partnership/notices/read":                map[string]string{"upTo": policy.NewID().String()},
		"POST /api/collect/runs":                            map[string]any{"customerId": policy.NewID().String()},
	}
}

// answers are the successes and refusals of routes without an id, for who may call them.
var answers = map[string]int{
	"POST /api/tenant-managers":                http.StatusCreated,
	"POST /api/installation/checks":            http.StatusAccepted,
	"POST /api/role-templates":                 http.StatusCreated,
	"POST /api/invitation-codes":               http.StatusCreated,
	"POST /api/collect/runs":                   http.StatusNotFound, // a customer that is not there
	"POST /api/partnership/capabilities/check": http.StatusAccepted,
	"POST /api/partnership/invitations":        http.StatusConflict, // no such code, or why not

	"DELETE /api/partnership":        http.StatusUnprocessableEntity, // another name
	"GET /api/partnership/record":    http.StatusNotFound,            // nothing is kept
	"DELETE /api/partnership/record": http.StatusNotFound,

	"POST /api/notices/read":               http.StatusNotFound, // a notice that is not there
	"POST /api/partnership/notices/read":   http.StatusNotFound,
	"POST /api/partnership/admins/confirm": http.StatusNotFound, // nothing is proposed
	"POST /api/partnership/admins/refuse":  http.StatusNotFound,
}

var query = map[string]string{"GET /api/directory": "?q=kim", "GET /api/partnership/partner": "?domain=partner.example"}

func TestEveryRouteForEverybody(t *testing.T) {
	d := startDemo(t)
	w := leakable(t, d)
	visitors := map[string]*visitor{}
	for _, a := range actors() {
		if a.login == "" {
			visitors[""] = d.visitor(t, "")
			continue
		}
		visitors[a.login] = d.signIn(t, a.login)
	}
	routes := web.Routes(web.Features{})
	require.Len(t, who, len(routes), "expectations for routes that are not there")
	for _, r := range routes {
		name := r.Method + " " + r.Path
		may, known := who[name]
		require.True(t, known, "write down who may call %s", name)
		for _, a := range actors() {
			v, payloads := visitors[a.login], bodies(d, a)
			allowed := a.side != "nobody" && may(a)
			if !strings.Contains(r.Path, "{id}") {
				status, body := v.call(r.Method, r.Path+query[name], payloads[name])
				require.Equal(t, expected(a, allowed, answers[name], name), status, "%s %s: %s", a.login, name, body)
				w.leaks(t, a, name, body)
				w.isRead(t, d, a, name, status, body)
				continue
			}
			// Foreign and missing ids are answered alike, byte for byte.
			var first string
			foreign := w.foreign(a, r.Path)
			if !allowed { // and is refused before anybody looks for it
				foreign = foreign[:3]
			}
			for _, id := range append(w.missing(a, kindOf(r.Path)), foreign...) {
				status, body := v.call(r.Method, strings.Replace(r.Path, "{id}", id, 1), payloads[name])
				require.Equal(t, expected(a, allowed, http.StatusNotFound, name), status, "%s %s %s: %s", a.login, name, id, body)
				body = withoutRequest(body)
				first = cmp.Or(first, body)
				require.Equal(t, first, body, "%s %s %s tells a foreign id from a missing one", a.login, name, id)
			}
			for _, id := range []string{"x", "..%2f..%2fetc", "%00", strings.Repeat("9", 64), "'%20OR%201=1"} {
				status, body := v.call(r.Method, strings.Replace(r.Path, "{id}", id, 1), payloads[name])
				require.Contains(t, []int{expected(a, allowed, http.StatusNotFound, name), http.StatusUnprocessableEntity, http.StatusBadRequest, http.StatusNotFound}, status,
					"%s %s %s: %s", a.login, name, id, body)
				w.leaks(t, a, name, body)
			}
			if r.Method != "GET" || !allowed {
				continue
			}
			for _, id := range w.own(a, r.Path) {
				status, body := v.call(r.Method, strings.Replace(r.Path, "{id}", id, 1), nil)
				require.Equal(t, w.ofOwn(a, name, id), status, "%s %s %s: %s", a.login, name, id, body)
				w.leaks(t, a, name, body)
				w.isRead(t, d, a, name, status, body)
			}
		}
	}
	foreignParts(t, d, w, visitors)
	foreignNotices(t, w, visitors)
	countsAgree(t, d, visitors)
}

// ofRelations are the customer's own routes that answer for a relation in force only.
var ofRelations = []string{"grant", "grant/preview", "ceiling", "ceiling/preview", "change-control", "strong-auth", "end-date", "retention", "contacts",
	"capabilities", "capabilities/check"}

func expected(a actor, allowed bool, answer int, name string) int {
	switch {
	case a.side == "nobody":
		return http.StatusUnauthorized
	case !allowed:
		return http.StatusForbidden
	case a.login == "admin@woodgrove.example" && strings.Contains(name, "/partnership/rooms"):
		return http.StatusConflict // no consent yet
	case !slices.Contains(relations, strings.TrimPrefix(a.login, "admin@")) && (name == "GET /api/partnership/admins" || name == "GET /api/partnership/access" ||
		slices.ContainsFunc(ofRelations, func(part string) bool { return strings.HasSuffix(name, " /api/partnership/"+part) })):
		return http.StatusNotFound // no relation
	}
	return cmp.Or(answer, http.StatusOK)
}

var requestID = regexp.MustCompile(`"(requestId|instance)":"[^"]*"`)

func withoutRequest(body string) string { return requestID.ReplaceAllString(body, "") }

// ofOwn is what a read of an own id answers: for roles and room groups, only who sees them there; and nothing has the name "{role}".
func (w world) ofOwn(a actor, name, id string) int {
	sees := a.login == "primary.admin@partner.example" && slices.Contains(relations, w.ids["customers"][id].domain)
	switch name {
	case "GET /api/customers/{id}/roles/{role}", "GET /api/customers/{id}/assignments/{assignment}",
		"GET /api/customers/{id}/groups/{group}", "GET /api/customers/{id}/groups/{group}/rooms":
		return http.StatusNotFound
	case "GET /api/customers/{id}/groups", "GET /api/customers/{id}/groups/facts", "GET /api/customers/{id}/roles", "GET /api/customers/{id}/assignments", "GET /api/customers/{id}/scopes":
		if !sees {
			return http.StatusNotFound
		}
	case "GET /api/customers/{id}/capabilities": // who has a role there, also where the consent was withdrawn: it says why
		domain := w.ids["customers"][id].domain
		if !sees && !(a.login == "primary.admin@partner.example" && domain == "fabrikam.example") &&
			!(a.login == "technician@partner.example" && (domain == "northwind.example" || domain == "contoso.example")) {
			return http.StatusNotFound
		}
	case "GET /api/customers/{id}/primary-admins": // partner-wide powers learn whether there is one
		if !sees && !a.accepts {
			return http.StatusNotFound
		}
	case "GET /api/customers/{id}/audit.csv", "GET /api/customers/{id}/audit.jsonl":
		switch {
		case a.login != "primary.admin@partner.example":
			return http.StatusForbidden // knows the customer, and is no primary admin
		case w.ids["customers"][id].domain == demanding:
			return http.StatusForbidden // has not signed in as it demands
		case !sees:
			return http.StatusConflict // the customer withdrew its consent
		}
	case "GET /api/customers/{id}/effective-access": // nothing was asked
		if !sees {
			return http.StatusNotFound
		}
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// countsAgree compares every number that the API tells with the number of rooms and incidents that the person may see.
func countsAgree(t *testing.T, d *demo, visitors map[string]*visitor) {
	for _, a := range actors() {
		if a.side != "partner" {
			continue
		}
		v := visitors[a.login]
		want := 0
		eachRoom(d.world, func(domain string, r cloudsim.Room) {
			if a.rooms(domain, r.Building, r.Floor) {
				want++
			}
		})
		listed := all[struct{ Email string }](v, "/api/rooms")
		require.Len(t, listed, want, a.login)
		total := get[struct{ Total *int }](v, "/api/rooms?limit=1&total=true").Total
		require.NotNil(t, total)
		require.Equal(t, want, *total, a.login)
		var facets map[string][]struct {
			Value string
			Count int
		}
		status, body := v.call("GET", "/api/rooms/facets", nil)
		require.Equal(t, http.StatusOK, status)
		require.NoError(t, json.Unmarshal([]byte(body), &facets), body)
		for name, values := range facets {
			sum := 0
			for _, f := range values {
				sum += f.Count
			}
			require.LessOrEqual(t, sum, want, "%s: facet %s", a.login, name)
		}
	}
}
