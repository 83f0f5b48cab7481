package change_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/web"
	"roomward/policy"
	"roomward/store"
)

const everything = `{"role": "manual", "assignment": "manual", "group": "manual", "action": "manual", "export": "manual"}`

// TestEveryControlledRouteWaitsAndIsDone: each route that changes something under control changes nothing at first, and does the same once it is
// approved. A controlled route that is missing here fails the test, or has a test of its own, named here.
func TestEveryControlledRouteWaitsAndIsDone(t *testing.T) {
	h := open(t)
	id, rooms := h.relation(northwind, "Northwind Traders", `{}`)
	base := "/api/customers/" + id.String()
	member := func(who string) map[string]any { return map[string]any{"kind": "user", "id": h.people[who].OID} }
	role := func(name string) map[string]any {
		return map[string]any{"name": name, "permissions": []string{"rooms.view", "tickets.view"}}
	}
	assignment := func(roleID, name string) map[string]any {
		return map[string]any{"role": roleID, "name": name, "members": []any{member(tess)}, "scopes": []any{map[string]any{"kind": "room", "id": rooms[0].String()}}}
	}
	group := func(name string, in ...policy.ID) map[string]any {
		return map[string]any{"name": name, "kind": "fixed", "rooms": in}
	}
	desk := h.must(pia, "POST", base+"/roles", role("Desk"))["id"].(string)
	gone := h.must(pia, "POST", base+"/roles", role("Gone"))["id"].(string)
	held := h.must(pia, "POST", base+"/assignments", assignment(desk, "Held"))["id"].(string)
	lost := h.must(pia, "POST", base+"/assignments", assignment(desk, "Lost"))["id"].(string)
	paris := h.must(pia, "POST", base+"/groups", group("Paris", rooms[0]))["id"].(string)
	empty := h.must(pia, "POST", base+"/groups", group("Empty", rooms[1]))["id"].(string)
	own := h.must(pia, "POST", "/api/role-templates", role("Templated"))["id"].(string)
	second, _ := h.relation(tailspin, "Tailspin Toys", `{}`)
	copied := h.must(pia, "POST", "/api/customers/"+second.String()+"/roles", role("Copied"))["id"].(string)
	h.control(id, everything)

	changedAssignment := assignment(desk, "Held longer")
	delete(changedAssignment, "role")
	did := map[string]bool{"POST /api/rooms/{id}/actions": true, "POST /api/customers/{id}/audit-exports": true} // have tests of their own
	for _, tc := range []struct {
		route, path string
		body        any
		done        string // a count that is 0 before and 1 after
	}{
		{"POST /api/customers/{id}/roles", base + "/roles", role("Made"), `SELECT count(*) FROM roles WHERE name = 'Made'`},
		{"PUT /api/customers/{id}/roles/{role}", base + "/roles/" + desk, role("Desk two"), `SELECT count(*) FROM roles WHERE name = 'Desk two'`},
		{"DELETE /api/customers/{id}/roles/{role}", base + "/roles/" + gone, nil, `SELECT 1 - count(*) FROM roles WHERE name = 'Gone'`},
		{"POST /api/customers/{id}/assignments", base + "/assignments", assignment(desk, "Made"), `SELECT count(*) FROM assignments WHERE name = 'Made'`},
		{"PUT /api/customers/{id}/assignments/{assignment}", base + "/assignments/" + held, changedAssignment,
			`SELECT count(*) FROM assignments WHERE name = 'Held longer'`},
		{"DELETE /api/customers/{id}/assignments/{assignment}", base + "/assignments/" + lost, nil, `SELECT 1 - count(*) FROM assignments WHERE name = 'Lost'`},
		{"POST /api/customers/{id}/primary-admins", base + "/primary-admins", member(tess),
			`SELECT count(*) FROM assignment_members m JOIN assignments a ON a.id = m.assignment_id WHERE m.name = 'tess' AND a.name = 'Assigned admins'`},
		{"DELETE /api/customers/{id}/primary-admins/{member}", base + "/primary-admins/user:" + h.people[paul].OID, nil,
			`SELECT 2 - count(*) FROM assignment_members WHERE name = 'paul'`},
		{"POST /api/customers/{id}/groups", base + "/groups", group("Made", rooms...), `SELECT count(*) FROM room_groups WHERE name = 'Made'`},
		{"PUT /api/customers/{id}/groups/{group}", base + "/groups/" + paris, group("Paris", rooms...),
			`SELECT count(*) - 1 FROM room_group_rooms r JOIN room_groups g ON g.id = r.group_id WHERE g.name = 'Paris'`},
		{"DELETE /api/customers/{id}/groups/{group}", base + "/groups/" + empty, nil, `SELECT 1 - count(*) FROM room_groups WHERE name = 'Empty'`},
		{"POST /api/role-templates/{id}/apply", "/api/role-templates/" + own + "/apply", map[string]any{"customers": []string{id.String()}},
			`SELECT count(*) FROM roles WHERE name = 'Templated'`},
		{"POST /api/customers/{id}/roles/{role}/copy", "/api/customers/" + second.String() + "/roles/" + copied + "/copy",
			map[string]any{"customers": []string{id.String()}}, `SELECT count(*) - 1 FROM roles WHERE name = 'Copied'`},
	} {
		did[tc.route] = true
		method, _, _ := strings.Cut(tc.route, " ")
		require.Equal(t, 0, h.number(tc.done), "%s, before", tc.route)
		versions := h.number(`SELECT rule_version FROM customers WHERE id = $1`, id)
		var request string
		if status, out, text := h.call(pia, method, tc.path, tc.body); status == http.StatusOK { // the answers customer by customer
			require.Contains(t, text, `"outcome":"waits"`)
			list := h.must(ann, "GET", "/api/partnership/change-requests?state=waiting", nil)["items"].([]any)
			require.Len(t, list, 1, tc.route)
			request = list[0].(map[string]any)["id"].(string)
		} else {
			require.Equal(t, http.StatusAccepted, status, "%s: %s", tc.route, text)
			request = out["changeRequest"].(map[string]any)["id"].(string)
		}
		require.Equal(t, 0, h.number(tc.done), "%s was done without approval", tc.route)
		require.Equal(t, versions, h.number(`SELECT rule_version FROM customers WHERE id = $1`, id), "%s raised the rules", tc.route)
		require.Equal(t, request, h.again(tc.route, method, tc.path, tc.body), "%s: asked twice", tc.route)
		h.approve(request)
		state, failure := h.state(request)
		require.Equal(t, []string{"done", ""}, []string{state, failure}, tc.route)
		require.Equal(t, 1, h.number(tc.done), "%s was not done", tc.route)
		require.Equal(t, 1, h.number(`SELECT count(*) FROM audit WHERE actor_name = 'pia' AND detail_json LIKE $1 AND detail_json LIKE '%"approvedBy":"ann"%'`,
			`%"changeRequest":"`+request+`"%`), "%s: the record", tc.route)
	}
	for _, r := range web.Routes(web.Features{}) {
		if r.Controls() {
			require.True(t, did[r.Method+" "+r.Path], "%s %s waits for approval and is not tried here", r.Method, r.Path)
		}
	}
}

// again asks for the same a second time and answers the id of the request that waits.
func (h *house) again(route, method, path string, body any) string {
	status, out, text := h.call(pia, method, path, body)
	if status == http.StatusAccepted {
		return out["changeRequest"].(map[string]any)["id"].(string)
	}
	require.Contains(h.t, text, `"outcome":"waits"`, route)
	list := h.must(ann, "GET", "/api/partnership/change-requests?state=waiting", nil)["items"].([]any)
	require.Len(h.t, list, 1, route)
	return list[0].(map[string]any)["id"].(string)
}

// TestOnlyWhatIsManualWaits: another event runs at once, a preview never waits, and who may not do a thing is refused and asks for nothing.
func TestOnlyWhatIsManualWaits(t *testing.T) {
	h := open(t)
	id, rooms := h.relation(northwind, "Northwind Traders", `{"role": "manual", "assignment": "auto"}`)
	base := "/api/customers/" + id.String()
	h.must(pia, "POST", base+"/groups", map[string]any{"name": "Now", "kind": "fixed", "rooms": rooms})
	h.must(pia, "POST", base+"/primary-admins", map[string]any{"kind": "user", "id": h.people[tess].OID})
	status, _, text := h.call(pia, "POST", "/api/role-templates/site-lead/apply", map[string]any{"customers": []string{id.String()}, "preview": true})
	require.Equal(t, http.StatusOK, status, text)
	require.Contains(t, text, `"outcome":"create"`)
	status, _, text = h.call(pia, "POST", base+"/roles", map[string]any{"name": store.PrimaryAdmins, "permissions": []string{}})
	require.Equal(t, http.StatusConflict, status, text) // it would be refused, so nobody is asked
	h.control(id, everything)
	status, _, text = h.call(tess, "DELETE", base+"/primary-admins/user:"+h.people[paul].OID, nil)
	require.Equal(t, http.StatusAccepted, status, text) // she is a primary admin by now
	require.Equal(t, 1, h.number(`SELECT count(*) FROM change_requests`))
	status, _, text = h.call(tess, "DELETE", base+"/primary-admins/user:"+policy.NewID().String(), nil)
	require.Equal(t, http.StatusNotFound, status, text)
	require.Equal(t, 1, h.number(`SELECT count(*) FROM change_requests`))
}
