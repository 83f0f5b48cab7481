package access_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
	"roomward/store"
)

var errStale = store.ErrStaleView

func storeRole(name string) store.Role { return store.Role{Name: name} }

func TestTemplatesAreEdited(t *testing.T) {
	h := open(t)
	h.customer()
	const path = "/api/role-templates"
	for who, want := range map[string]int{"manager@partner.example": 200, "global+nobody@partner.example": 200, pia: 200, tess: 403, nora: 403,
		"tenant.manager@partner.example": 403, "admin@northwind.example": 403} {
		status, page, text := h.do(who, "GET", path, "")
		require.Equal(t, want, status, "%s: %s", who, text)
		if status == 200 {
			require.Len(t, page["items"], 3)
		}
	}
	status, made, text, tag := h.send(pia, "POST", path, `{"name":"Night shift","description":"At night","permissions":["tickets.view","settings.view"]}`, "")
	require.Equal(t, []any{http.StatusCreated, `"1"`}, []any{status, tag}, text)
	require.Equal(t, []any{"tickets.view", "settings.view"}, made["permissions"], "no ceiling holds for a template")
	one := path + "/" + made["id"].(string)
	for name, tc := range map[string]struct {
		who, method, path, body, match, code string
		status                               int
	}{
		"a name twice":           {pia, "POST", path, `{"name":"Night shift","permissions":[]}`, "", "template-name-taken", 409},
		"a name of the product":  {pia, "POST", path, `{"name":"site LEAD","permissions":[]}`, "", "template-name-taken", 409},
		"one of the product":     {pia, "PUT", path + "/site-lead", `{"name":"x","permissions":[]}`, "", "template-built-in", 409},
		"removing it":            {pia, "DELETE", path + "/help-desk", ``, "", "template-built-in", 409},
		"none":                   {pia, "DELETE", path + "/" + policy.NewID().String(), ``, "", "not-found", 404},
		"of another version":     {pia, "PUT", one, `{"name":"x","permissions":[]}`, `"7"`, "changed-meanwhile", 412},
		"by who changes nothing": {tess, "PUT", one, `{"name":"x","permissions":[]}`, "", "needs-roles", 403},
	} {
		t.Run(name, func(t *testing.T) {
			before := h.everything()
			status, problem, text, _ := h.send(tc.who, tc.method, tc.path, tc.body, tc.match)
			require.Equal(t, []any{tc.status, tc.code}, []any{status, problem["code"]}, text)
			require.Equal(t, before, h.everything())
		})
	}
	status, made, text, tag = h.send("manager@partner.example", "PUT", one, `{"name":"Nights","permissions":["tickets.view"]}`, `"1"`)
	require.Equal(t, []any{http.StatusOK, `"2"`, "Nights"}, []any{status, tag, made["name"]}, text)
	h.must(pia, "DELETE", one, nil)
	require.Len(t, h.must(pia, "GET", path, nil)["items"], 3)
	require.Equal(t, []string{"template.create", "template.update", "template.delete"}, h.operations()[2:])
}

// TestTemplatesAreApplied makes a template's role for several customers: one without it, one that has it, one with a narrow ceiling, one that is not the
// person's, one that is nobody's.
func TestTemplatesAreApplied(t *testing.T) {
	h := open(t)
	plain, _ := h.relation(northwind, "Northwind Traders", policy.Permissions())
	narrow, rooms := h.relation(tailspin, "Tailspin Toys", []policy.Permission{policy.RoomsView, policy.TicketsView, policy.RolesView, policy.RolesModify, policy.GroupsView})
	foreign, _ := h.relation("d3e4f5a6-3333-4c4d-9e4e-23456789abcd", "Foreign Affairs", policy.DefaultCeiling())
	h.must(pia, "POST", "/api/customers/"+foreign.String()+"/primary-admins", map[string]any{"kind": "user", "id": h.person(tess).OID})
	h.must(tess, "DELETE", "/api/customers/"+foreign.String()+"/primary-admins/user:"+h.person(pia).OID, nil)
	mine := h.must(pia, "POST", h.rolesOf(narrow), map[string]any{"name": "Site technician", "permissions": []any{"rooms.view", "groups.view"}})["id"].(string)
	h.must(pia, "POST", h.assignmentsOf(narrow), h.assignment(mine, inRoom(rooms[0]), nora))

	missing := policy.NewID()
	apply := func(preview bool) ([]any, string) {
		b, err := json.Marshal(map[string]any{"customers": []any{plain, narrow, foreign, missing, "nonsense", plain}, "preview": preview})
		require.NoError(t, err)
		status, page, text := h.do(pia, "POST", "/api/role-templates/site-technician/apply", string(b))
		require.Equal(t, http.StatusOK, status, text)
		return page["items"].([]any), text
	}
	before := h.everything()
	items, text := apply(true)
	require.Equal(t, before, h.everything(), "a preview changes nothing")
	require.NotContains(t, text, "Foreign Affairs")
	require.Len(t, items, 5, "each customer once")
	result := func(i int) map[string]any { return items[i].(map[string]any) }
	require.Equal(t, []any{"create", "Northwind Traders", 7.0, 0.0}, []any{result(0)["outcome"], result(0)["customerName"], float64(len(result(0)["permissions"].([]any))), float64(len(result(0)["cut"].([]any)))})
	require.Equal(t, []any{"update", mine, []any{"rooms.view", "tickets.view"}, []any{"tickets.view"}, []any{"groups.view"}, 1.0, 1.0},
		[]any{result(1)["outcome"], result(1)["role"], result(1)["permissions"], result(1)["added"], result(1)["removed"], result(1)["assignments"], result(1)["people"]})
	require.Equal(t, []any{"rooms.modify", "rooms.downloadKey", "rooms.unenroll", "tickets.update", "tickets.create"}, result(1)["cut"])
	for i := 2; i < 5; i++ {
		one := without(items[i], "customer")
		require.Equal(t, map[string]any{"customerName": "", "outcome": "refused", "why": "not-found", "permissions": []any{}, "cut": []any{}, "added": []any{},
			"removed": []any{}, "assignments": 0.0, "people": 0.0}, one, "a foreign customer is as one that is not there")
	}

	items, _ = apply(false)
	require.Equal(t, []any{"created", "updated", "refused", "refused", "refused"}, []any{result(0)["outcome"], result(1)["outcome"], result(2)["outcome"], result(3)["outcome"], result(4)["outcome"]})
	require.Equal(t, []any{"rooms.view", "tickets.view"}, h.must(nora, "GET", "/api/me", nil)["holdings"].([]any)[0].(map[string]any)["permissions"], "with the next request")
	before = h.everything()
	items, _ = apply(false)
	require.Equal(t, []any{"unchanged", "unchanged"}, []any{result(0)["outcome"], result(1)["outcome"]})
	require.Equal(t, before, h.everything())
	require.Len(t, h.must(tess, "GET", h.rolesOf(foreign), nil)["items"], 1, "nothing was made there")

	// A copy goes the same way; who sees a customer and changes no roles there is told so.
	role := h.must(pia, "POST", h.rolesOf(plain), map[string]any{"name": "Mine", "permissions": []any{"settings.view", "rooms.view"}})["id"].(string)
	copied := h.must(pia, "POST", h.rolesOf(plain)+"/"+role+"/copy", map[string]any{"customers": []any{narrow}})["items"].([]any)[0].(map[string]any)
	require.Equal(t, []any{"created", []any{"rooms.view"}, []any{"settings.view"}}, []any{copied["outcome"], copied["permissions"], copied["cut"]})
	h.must(pia, "POST", h.assignmentsOf(narrow), h.assignment(h.must(pia, "POST", h.rolesOf(narrow), map[string]any{"name": "Looks on",
		"permissions": []any{"rooms.view"}})["id"].(string), inRoom(rooms[0]), tess))
	copied = h.must(tess, "POST", "/api/role-templates/help-desk/apply", map[string]any{"customers": []any{narrow}})["items"].([]any)[0].(map[string]any)
	require.Equal(t, []any{"refused", "may-not-change", "Tailspin Toys"}, []any{copied["outcome"], copied["why"], copied["customerName"]})
}
