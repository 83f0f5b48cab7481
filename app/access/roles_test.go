package access_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

const (
	pia  = "primary.admin@partner.example"
	tess = "technician@partner.example"
	nora = "nobody@partner.example"

	tailspin = "c2d3e4f5-2222-4b3c-9d4e-123456789abc"
)

// The role table of product.md 1.1, with the labels of its three shifted rows put right: manager, site lead, site technician, primary admins.
var ticks = map[string]string{
	"rooms.view": "xxxx", "rooms.modify": "xxxx", "rooms.act": "xx.x", "rooms.create": "xx..", "rooms.resetKey": "x...", "rooms.downloadKey": "xxx.",
	"rooms.unenroll": "xxx.", "groups.view": "xx.x", "groups.create": "xx..", "groups.modify": "xx..", "rings.view": "xx.x", "rings.create": "xx..",
	"rings.modify": "xx.x", "reports.view": "xx.x", "tickets.view": "xxxx", "tickets.update": "xxxx", "tickets.create": "xxxx",
	"settings.view": "x...", "settings.modify": "x...", "roles.view": "x..x", "roles.modify": "x..x",
}

// ticked lists what a column of the table has, in the order of the catalogue, as far as within contains it.
func ticked(column int, within []policy.Permission) []any {
	out := []any{}
	for _, p := range policy.Permissions() {
		if ticks[string(p)][column] == 'x' && slices.Contains(within, p) {
			out = append(out, string(p))
		}
	}
	return out
}

func (h *house) rolesOf(id policy.ID) string { return "/api/customers/" + id.String() + "/roles" }

func (h *house) assignmentsOf(id policy.ID) string {
	return "/api/customers/" + id.String() + "/assignments"
}

// assignment is the body of a new assignment for users of the partner.
func (h *house) assignment(role string, scope any, users ...string) map[string]any {
	members := []any{}
	for _, upn := range users {
		members = append(members, map[string]any{"kind": "user", "id": h.person(upn).OID})
	}
	return map[string]any{"role": role, "name": "Made by the test", "members": members, "scopes": []any{scope}}
}

func inRoom(id policy.ID) map[string]any {
	return map[string]any{"kind": "room", "id": id.String()}
}

// TestTheRoleTable walks the table tick by tick over HTTP: what a person holds in the room of its assignment, in another granted room, and with another
// customer, under the default ceiling and a full one.
func TestTheRoleTable(t *testing.T) {
	require.Len(t, ticks, len(policy.Permissions()))
	for name, ceiling := range map[string][]policy.Permission{"default": policy.DefaultCeiling(), "full": policy.Permissions()} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			id, granted := h.relation(northwind, "Northwind Traders", ceiling)
			other, foreign := h.relation(tailspin, "Tailspin Toys", ceiling)
			checked := 0
			for column, template := range []string{policy.Manager, policy.SiteLead, policy.SiteTechnician, policy.PrimaryAdmins} {
				all, want := ticked(column, policy.Permissions()), ticked(column, ceiling)
				body, err := json.Marshal(map[string]any{"name": template, "permissions": all})
				require.NoError(t, err)
				status, problem, text := h.do(pia, "POST", h.rolesOf(id), string(body))
				if len(all) > len(want) {
					require.Equal(t, http.StatusUnprocessableEntity, status, text)
					require.Equal(t, "above-ceiling", problem["code"])
					require.Len(t, problem["errors"], len(all)-len(want), "each of them is named")
				} else {
					require.Equal(t, http.StatusCreated, status, text)
					h.must(pia, "DELETE", h.rolesOf(id)+"/"+problem["id"].(string), nil)
				}
				role := h.must(pia, "POST", h.rolesOf(id), map[string]any{"name": template, "permissions": want})["id"].(string)
				h.must(pia, "POST", h.assignmentsOf(id), h.assignment(role, inRoom(granted[0]), nora))

				holding := h.must(nora, "GET", "/api/me", nil)["holdings"].([]any)
				require.Len(t, holding, 1)
				require.Equal(t, want, holding[0].(map[string]any)["permissions"], template)
				require.Empty(t, holding[0].(map[string]any)["everywhere"])
				for place, room := range map[string]policy.ID{"granted": granted[0], "another": granted[1]} {
					answer := h.must(pia, "GET", fmt.Sprintf("/api/customers/%s/effective-access?member=user:%s&room=%s", id, h.person(nora).OID, room), nil)
					for _, item := range answer["permissions"].([]any) {
						check := item.(map[string]any)
						yes := place == "granted" && slices.Contains(want, check["permission"])
						require.Equal(t, yes, check["allowed"], "%s: %s in the %s room", template, check["permission"], place)
						checked++
					}
				}
				status, _, _ = h.do(pia, "GET", fmt.Sprintf("/api/customers/%s/effective-access?member=user:%s&room=%s", id, h.person(nora).OID, foreign[0]), "")
				require.Equal(t, http.StatusNotFound, status, "a room of another customer")

				rooms := h.must(nora, "GET", "/api/rooms", nil)["items"].([]any)
				require.Len(t, rooms, 1, "only the room of the assignment")
				require.Equal(t, granted[0].String(), rooms[0].(map[string]any)["id"])
				for path, permission := range map[string]string{"/roles": "roles.view", "/scopes": "roles.view", "/groups": "groups.view"} {
					status, _, text := h.do(nora, "GET", "/api/customers/"+id.String()+path, "")
					if slices.Contains(want, any(permission)) || path == "/groups" && status == http.StatusOK {
						require.Equal(t, http.StatusOK, status, text)
					} else {
						require.Equal(t, http.StatusNotFound, status, "%s without %s", path, permission)
					}
					status, _, _ = h.do(nora, "GET", "/api/customers/"+other.String()+path, "")
					if path != "/groups" {
						require.Equal(t, http.StatusNotFound, status, "another customer")
					}
				}
				h.must(pia, "DELETE", h.rolesOf(id)+"/"+role, nil)
				require.Empty(t, h.must(nora, "GET", "/api/me", nil)["holdings"], "gone with the next request")
			}
			require.Equal(t, 4*2*21, checked)
		})
	}
}

func TestRolesAreEdited(t *testing.T) {
	h := open(t)
	id, rooms := h.relation(northwind, "Northwind Traders", policy.DefaultCeiling())
	path := h.rolesOf(id)
	list := h.must(pia, "GET", path, nil)
	require.Len(t, list["items"], 1)
	primary := list["items"].([]any)[0].(map[string]any)
	require.Equal(t, []any{"Primary admins", true, float64(1), float64(1), false, "role-built-in"},
		[]any{primary["name"], primary["builtIn"], primary["assignments"], primary["members"], primary["editable"], primary["why"]})
	require.Equal(t, list["ceiling"], list["grantable"])
	require.Equal(t, true, list["everywhere"])

	status, role, text, tag := h.send(pia, "POST", path, `{"name":" Help desk ","description":"Incidents","permissions":["tickets.view","rooms.view"]}`, "")
	require.Equal(t, http.StatusCreated, status, text)
	require.Equal(t, `"1"`, tag)
	require.Equal(t, []any{"Help desk", []any{"rooms.view", "tickets.view"}, true, "Pia Primary"}, []any{role["name"], role["permissions"], role["editable"], role["changedBy"]})
	one := path + "/" + role["id"].(string)
	h.must(pia, "POST", h.assignmentsOf(id), h.assignment(role["id"].(string), inRoom(rooms[0]), tess))

	preview := h.must(pia, "POST", one+"/preview", map[string]any{"permissions": []any{"rooms.view", "tickets.update", "rooms.resetKey"}})
	require.Equal(t, []any{[]any{"rooms.resetKey", "tickets.update"}, []any{"tickets.view"}, []any{"rooms.resetKey"}, float64(1)},
		[]any{preview["added"], preview["removed"], preview["aboveCeiling"], preview["people"]})
	affected := preview["assignments"].([]any)[0].(map[string]any)
	require.Equal(t, []any{true, true}, []any{affected["gains"], affected["loses"]})

	for name, tc := range map[string]struct {
		method, path, body, code string
		status                   int
	}{
		"a name twice":         {"POST", path, `{"name":"Help desk","permissions":[]}`, "role-name-taken", 409},
		"the built-in name":    {"POST", path, `{"name":"Primary admins","permissions":[]}`, "role-name-taken", 409},
		"no name":              {"POST", path, `{"name":"  ","permissions":[]}`, "invalid", 422},
		"no such permission":   {"POST", path, `{"name":"x","permissions":["rooms.fly"]}`, "invalid", 422},
		"above the ceiling":    {"PUT", one, `{"name":"x","permissions":["settings.view"]}`, "above-ceiling", 422},
		"the built-in role":    {"PUT", path + "/" + primary["id"].(string), `{"name":"x","permissions":[]}`, "role-built-in", 409},
		"removing it":          {"DELETE", path + "/" + primary["id"].(string), ``, "role-built-in", 409},
		"copying it":           {"POST", path + "/" + primary["id"].(string) + "/copy", `{"customers":["x"]}`, "role-built-in", 409},
		"a role that is not":   {"PUT", path + "/" + policy.NewID().String(), `{"name":"x","permissions":[]}`, "not-found", 404},
		"a field that is not":  {"PUT", one, `{"name":"x","permissions":[],"builtIn":true}`, "invalid", 422},
		"removing what is not": {"DELETE", path + "/nothing", ``, "not-found", 404},
	} {
		t.Run(name, func(t *testing.T) {
			before := h.everything()
			status, problem, text := h.do(pia, tc.method, tc.path, tc.body)
			require.Equal(t, []any{tc.status, tc.code}, []any{status, problem["code"]}, text)
			require.Equal(t, before, h.everything(), "a refused change changes nothing")
		})
	}

	status, changed, text, tag := h.send(pia, "PUT", one, `{"name":"Desk","permissions":["rooms.view"]}`, `"1"`)
	require.Equal(t, []any{http.StatusOK, `"2"`}, []any{status, tag}, text)
	require.Equal(t, []any{"Desk", "", float64(1), float64(1)}, []any{changed["name"], changed["description"], changed["assignments"], changed["members"]})
	read := h.must(pia, "GET", one, nil)
	delete(read, "changedAt") // the answer tells the moment of the decision, the store that of the write
	delete(changed, "changedAt")
	require.Equal(t, changed, read)
	require.Equal(t, []any{"rooms.view"}, h.must(tess, "GET", "/api/me", nil)["holdings"].([]any)[0].(map[string]any)["permissions"], "with the next request")

	status, problem, _, _ := h.send(pia, "PUT", one, `{"name":"Desk 2","permissions":[]}`, `"1"`)
	require.Equal(t, []any{http.StatusPreconditionFailed, "changed-meanwhile"}, []any{status, problem["code"]})
	for _, tag := range []string{`W/"2"`, `2`, `"x"`, `"0"`} {
		status, _, _, _ = h.send(pia, "DELETE", one, "", tag)
		require.Equal(t, http.StatusPreconditionFailed, status, tag)
	}
	status, _, text, _ = h.send(pia, "DELETE", one, "", `"2"`)
	require.Equal(t, http.StatusNoContent, status, text)
	require.Empty(t, h.must(tess, "GET", "/api/me", nil)["holdings"], "its assignments went with it")
	require.Equal(t, []string{"role.create", "assignment.create", "role.update", "role.delete"}, h.operations())
}

// TestConcurrentEdits lets several people change one role at once: with If-Match one of them wins and the others are told; without it the last one wins, and
// never half of each.
func TestConcurrentEdits(t *testing.T) {
	h := open(t)
	id, _ := h.relation(northwind, "Northwind Traders", policy.DefaultCeiling())
	role := h.must(pia, "POST", h.rolesOf(id), map[string]any{"name": "Desk", "permissions": []any{}})["id"].(string)
	one := h.rolesOf(id) + "/" + role
	sets := map[string][]any{"One": {"rooms.view", "tickets.view"}, "Two": {"groups.view", "rings.view", "reports.view"}}
	edit := func(ifMatch string) []int {
		var all sync.WaitGroup
		results := make([]int, 8)
		for i := range results {
			name := []string{"One", "Two"}[i%2]
			body, err := json.Marshal(map[string]any{"name": name, "description": name, "permissions": sets[name]})
			require.NoError(t, err)
			all.Go(func() { results[i], _, _, _ = h.send(pia, "PUT", one, string(body), ifMatch) })
		}
		all.Wait()
		slices.Sort(results)
		return results
	}
	whole := func(version int) {
		t.Helper()
		got := h.must(pia, "GET", one, nil)
		require.Equal(t, []any{sets[got["name"].(string)], got["name"], float64(version)}, []any{got["permissions"], got["description"], got["version"]})
	}
	require.Equal(t, []int{200, 412, 412, 412, 412, 412, 412, 412}, edit(`"1"`))
	whole(2)
	results := edit("")
	won := 0
	for _, status := range results {
		require.Contains(t, []int{200, 503}, status, "rights that keep changing are tried four times")
		if status == 200 {
			won++
		}
	}
	require.Positive(t, won)
	whole(2 + won)
}

// TestWhoSeesWhichRoles gives somebody roles.view and roles.modify in one of two rooms.
func TestWhoSeesWhichRoles(t *testing.T) {
	h := open(t)
	id, rooms := h.relation(northwind, "Northwind Traders", policy.DefaultCeiling())
	site := h.must(pia, "POST", h.rolesOf(id), map[string]any{"name": "Site", "permissions": []any{"rooms.view", "roles.view", "roles.modify"}})["id"].(string)
	desk := h.must(pia, "POST", h.rolesOf(id), map[string]any{"name": "Desk", "permissions": []any{"tickets.view"}})["id"].(string)
	h.must(pia, "POST", h.assignmentsOf(id), h.assignment(site, inRoom(rooms[0]), tess))
	secret := h.must(pia, "POST", h.assignmentsOf(id), h.assignment(desk, inRoom(rooms[1]), nora))["id"].(string)

	list := h.must(tess, "GET", h.rolesOf(id), nil)
	require.Len(t, list["items"], 3, "every definition")
	require.Equal(t, []any{"rooms.view", "roles.view", "roles.modify"}, list["grantable"])
	require.Equal(t, false, list["everywhere"])
	for _, item := range list["items"].([]any) {
		role := item.(map[string]any)
		want := map[string][]any{"Primary admins": {0.0, false, "role-built-in"}, "Desk": {0.0, false, "may-not-change"}, "Site": {1.0, true, nil}}[role["name"].(string)]
		require.Equal(t, want, []any{role["assignments"], role["editable"], role["why"]}, role["name"])
	}
	_, page, text := h.do(tess, "GET", h.assignmentsOf(id), "")
	require.Len(t, page["items"], 1)
	require.NotContains(t, text, "Nora")
	require.NotContains(t, text, secret)
	scopes := h.must(tess, "GET", "/api/customers/"+id.String()+"/scopes", nil)
	require.Equal(t, map[string]any{"allowed": false, "rooms": 0.0}, scopes["all"])
	require.Len(t, scopes["rooms"], 1)

	assign := func(role string, scope any) string {
		b, err := json.Marshal(h.assignment(role, scope, nora))
		require.NoError(t, err)
		return string(b)
	}
	plain := `{"name":"x","members":[{"kind":"user","id":"` + h.person(nora).OID + `"}],"scopes":[{"kind":"all"}]}`
	for name, tc := range map[string]struct {
		method, path, body, code string
		status                   int
	}{
		"an assignment that is not shown": {"GET", h.assignmentsOf(id) + "/" + secret, "", "not-found", 404},
		"changing it":                     {"PUT", h.assignmentsOf(id) + "/" + secret, plain, "not-found", 404},
		"removing it":                     {"DELETE", h.assignmentsOf(id) + "/" + secret, "", "not-found", 404},
		"granting elsewhere":              {"POST", h.assignmentsOf(id), assign(site, inRoom(rooms[1])), "invalid", 422},
		"granting in no room":             {"POST", h.assignmentsOf(id), assign(site, inRoom(policy.NewID())), "invalid", 422},
		"granting everywhere":             {"POST", h.assignmentsOf(id), assign(site, map[string]any{"kind": "all"}), "may-not-change", 403},
		"granting what it lacks":          {"POST", h.assignmentsOf(id), assign(desk, inRoom(rooms[0])), "may-not-grant", 403},
		"a role used elsewhere":           {"PUT", h.rolesOf(id) + "/" + desk, `{"name":"x","permissions":[]}`, "may-not-change", 403},
		"adding what it lacks":            {"PUT", h.rolesOf(id) + "/" + site, `{"name":"Site","permissions":["tickets.view"]}`, "may-not-grant", 403},
		"primary admins":                  {"GET", "/api/customers/" + id.String() + "/primary-admins", "", "not-found", 404},
	} {
		t.Run(name, func(t *testing.T) {
			before := h.everything()
			status, problem, text := h.do(tess, tc.method, tc.path, tc.body)
			require.Equal(t, []any{tc.status, tc.code}, []any{status, problem["code"]}, text)
			require.NotContains(t, text, secret)
			require.Equal(t, before, h.everything())
		})
	}
	_, _, foreign := h.do(tess, "POST", h.assignmentsOf(id), assign(site, inRoom(rooms[1])))
	_, _, missing := h.do(tess, "POST", h.assignmentsOf(id), assign(site, inRoom(policy.NewID())))
	require.Equal(t, missing, foreign, "a room that it does not see is not there")
	h.must(tess, "POST", h.assignmentsOf(id), h.assignment(site, inRoom(rooms[0]), nora))
	require.Len(t, h.must(nora, "GET", h.rolesOf(id), nil)["items"], 3)

	// A right that is taken away is gone for the very next request, also the one that was just used.
	site1 := h.rolesOf(id) + "/" + site
	h.must(pia, "PUT", site1, map[string]any{"name": "Site", "permissions": []any{"rooms.view"}})
	for _, path := range []string{h.rolesOf(id), site1, h.assignmentsOf(id)} {
		status, _, text := h.do(tess, "GET", path, "")
		require.Equal(t, http.StatusNotFound, status, text)
	}
	status, _, gone := h.do(tess, "PUT", site1, `{"name":"Site","permissions":["rooms.view","roles.view","roles.modify"]}`)
	require.Equal(t, http.StatusNotFound, status, "nobody gives itself back what was taken")
	_, _, never := h.do(tess, "PUT", h.rolesOf(policy.NewID())+"/"+site, `{"name":"Site","permissions":[]}`)
	require.Equal(t, never, gone)
}

// everything is all that the database holds of access, as text.
func (h *house) everything() string {
	h.t.Helper()
	var out strings.Builder
	for _, query := range []string{`SELECT json_group_array(json_array(id, name, description, version, changed_at)) FROM roles`,
		`SELECT json_group_array(json_array(role_id, permission)) FROM role_permissions`,
		`SELECT json_group_array(json_array(id, role_id, name, starts_at, ends_at, version)) FROM assignments`,
		`SELECT json_group_array(json_array(assignment_id, principal, name)) FROM assignment_members`,
		`SELECT json_group_array(json_array(assignment_id, scope)) FROM assignment_scopes`,
		`SELECT json_group_array(json_array(id, name, permissions_json, version)) FROM role_templates`,
		`SELECT json_group_array(json_array(id, rule_version)) FROM customers`, `SELECT json_array(value) FROM counters`,
		`SELECT json_array(count(*)) FROM audit`, `SELECT json_group_array(json_array(id, cell_id)) FROM rooms`} {
		out.WriteString(h.text(query) + "\n")
	}
	return out.String()
}

// operations are what the audit record says was done about access, in order.
func (h *house) operations() []string {
	h.t.Helper()
	var out []string
	require.NoError(h.t, json.Unmarshal([]byte(h.text(`SELECT json_group_array(operation) FROM (SELECT operation FROM audit
		WHERE operation LIKE 'role.%' OR operation LIKE 'assignment.%' OR operation LIKE 'template.%' OR operation LIKE 'primary-admin.%' ORDER BY id)`)), &out))
	return out
}
