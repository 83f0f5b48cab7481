package access_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

func TestAssignmentsAreEdited(t *testing.T) {
	h := open(t)
	id, rooms := h.relation(northwind, "Northwind Traders", policy.DefaultCeiling())
	other, foreign := h.relation(tailspin, "Tailspin Toys", policy.DefaultCeiling())
	role := h.must(pia, "POST", h.rolesOf(id), map[string]any{"name": "Desk", "permissions": []any{"rooms.view", "tickets.view"}})["id"].(string)
	theirs := h.must(pia, "POST", h.rolesOf(other), map[string]any{"name": "Desk", "permissions": []any{"rooms.view"}})["id"].(string)
	soon := time.Now().Add(5 * 24 * time.Hour).UTC().Truncate(time.Second)

	body := h.assignment(role, inRoom(rooms[0]), nora)
	body["members"] = append(body["members"].([]any), map[string]any{"kind": "group", "id": h.group("Desk Paris")})
	body["mail"], body["description"], body["endsAt"] = true, "For a while", soon
	made := h.must(pia, "POST", h.assignmentsOf(id), body)
	one := h.assignmentsOf(id) + "/" + made["id"].(string)
	require.Equal(t, []any{"Desk", "active", true, true, soon.Format(time.RFC3339), 1.0, "Pia Primary"},
		[]any{made["roleName"], made["state"], made["mail"], made["editable"], made["endsAt"], made["version"], made["changedBy"]})
	require.Len(t, made["members"], 2)
	require.Contains(t, made["members"], map[string]any{"kind": "user", "id": h.person(nora).OID, "name": "Nora Nobody"}, "the names are those of the directory")
	require.Equal(t, []any{map[string]any{"kind": "room", "id": rooms[0].String(), "name": rooms[0].String(), "rooms": 1.0}}, made["scopes"])
	reminders := h.must(pia, "GET", h.rolesOf(id), nil)["reminders"].([]any)
	require.Len(t, reminders, 1)
	require.Equal(t, []any{made["id"], "Desk"}, []any{reminders[0].(map[string]any)["assignment"], reminders[0].(map[string]any)["role"]})
	require.Len(t, h.must(nora, "GET", "/api/rooms", nil)["items"], 1)
	require.Len(t, h.must(tess, "GET", "/api/rooms", nil)["items"], 1, "through the group")

	with := func(change func(map[string]any)) string {
		b := h.assignment(role, inRoom(rooms[0]), nora)
		change(b)
		text, err := json.Marshal(b)
		require.NoError(t, err)
		return string(text)
	}
	for name, tc := range map[string]struct {
		change   func(map[string]any)
		mentions string
	}{
		"no such role":         {func(b map[string]any) { b["role"] = policy.NewID().String() }, "body.role"},
		"a role of another":    {func(b map[string]any) { b["role"] = theirs }, "body.role"},
		"a room of another":    {func(b map[string]any) { b["scopes"] = []any{inRoom(foreign[0])} }, "body.scopes"},
		"no room":              {func(b map[string]any) { b["scopes"] = []any{inRoom(policy.NewID())} }, "body.scopes"},
		"no group":             {func(b map[string]any) { b["scopes"] = []any{map[string]any{"kind": "group", "id": policy.NewID()}} }, "body.scopes"},
		"a scope that is none": {func(b map[string]any) { b["scopes"] = []any{map[string]any{"kind": "all", "id": "x"}} }, "body.scopes[0]"},
		"no scope":             {func(b map[string]any) { b["scopes"] = []any{} }, "body.scopes"},
		"no member":            {func(b map[string]any) { b["members"] = []any{} }, "body.members"},
		"a member twice":       {func(b map[string]any) { b["members"] = append(b["members"].([]any), b["members"].([]any)[0]) }, "body.members[1]"},
		"a customer's person": {func(b map[string]any) {
			b["members"] = []any{map[string]any{"kind": "user", "id": h.person("admin@northwind.example").OID}}
		}, "body.members[0].id"},
		"a list for mail": {func(b map[string]any) {
			b["members"] = []any{map[string]any{"kind": "group", "id": h.group("Desk newsletter")}}
		}, "body.members[0].id"},
		"an end that has passed": {func(b map[string]any) { b["endsAt"] = time.Now().Add(-time.Hour).UTC() }, "body.endsAt"},
		"an end before the start": {func(b map[string]any) {
			b["startsAt"], b["endsAt"] = time.Now().Add(2*time.Hour).UTC(), time.Now().Add(time.Hour).UTC()
		}, "body.endsAt"},
		"a name of spaces": {func(b map[string]any) { b["name"] = "  " }, "body.name"},
	} {
		t.Run(name, func(t *testing.T) {
			before := h.everything()
			status, _, text := h.do(pia, "POST", h.assignmentsOf(id), with(tc.change))
			require.Equal(t, http.StatusUnprocessableEntity, status, text)
			require.Contains(t, text, tc.mentions)
			require.Equal(t, before, h.everything())
		})
	}

	next := h.assignment("", map[string]any{"kind": "all"}, nora)
	delete(next, "role")
	text, err := json.Marshal(next)
	require.NoError(t, err)
	status, changed, answer, tag := h.send(pia, "PUT", one, string(text), `"1"`)
	require.Equal(t, []any{http.StatusOK, `"2"`}, []any{status, tag}, answer)
	require.Nil(t, changed["endsAt"])
	require.Equal(t, []any{map[string]any{"kind": "all", "rooms": 2.0}}, changed["scopes"])
	require.Len(t, h.must(nora, "GET", "/api/rooms", nil)["items"], 2, "with the next request")
	require.Empty(t, h.must(tess, "GET", "/api/rooms", nil)["items"], "no member any more")
	status, _, _, _ = h.send(pia, "PUT", one, string(text), `"1"`)
	require.Equal(t, http.StatusPreconditionFailed, status)
	status, _, _, _ = h.send(pia, "DELETE", one, "", `"1"`)
	require.Equal(t, http.StatusPreconditionFailed, status)
	h.must(pia, "DELETE", one, nil)
	require.Empty(t, h.must(nora, "GET", "/api/rooms", nil)["items"])
	status, _, _ = h.do(pia, "GET", one, "")
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, []string{"role.create", "role.create", "assignment.create", "assignment.update", "assignment.delete"}, h.operations())
	require.Contains(t, h.text(`SELECT detail_json FROM audit WHERE operation = 'assignment.update'`), `"before":`)
}

// TestLastPrimaryAdmin tries every way to leave a relation without somebody who may do everything.
func TestLastPrimaryAdmin(t *testing.T) {
	h := open(t)
	id, rooms := h.relation(northwind, "Northwind Traders", policy.DefaultCeiling())
	admins := "/api/customers/" + id.String() + "/primary-admins"
	list := h.must(pia, "GET", admins, nil)
	require.Equal(t, true, list["effective"])
	require.Equal(t, "Pia Primary", list["items"].([]any)[0].(map[string]any)["name"])
	assigned := h.must(pia, "GET", h.assignmentsOf(id), nil)["items"].([]any)[0].(map[string]any)
	one := h.assignmentsOf(id) + "/" + assigned["id"].(string)
	member := func(upn string) map[string]any { return map[string]any{"kind": "user", "id": h.person(upn).OID} }
	all := map[string]any{"kind": "all"}
	put := func(members, scopes []any, more map[string]any) string {
		body := map[string]any{"name": "Assigned admins", "members": members, "scopes": scopes}
		for k, v := range more {
			body[k] = v
		}
		b, err := json.Marshal(body)
		require.NoError(t, err)
		return string(b)
	}
	tomorrow := time.Now().Add(24 * time.Hour).UTC()
	for name, tc := range map[string]struct{ method, path, body string }{
		"removing the member":     {"DELETE", admins + "/user:" + h.person(pia).OID, ""},
		"removing the assignment": {"DELETE", one, ""},
		"an end":                  {"PUT", one, put([]any{member(pia)}, []any{all}, map[string]any{"endsAt": tomorrow})},
		"a later start":           {"PUT", one, put([]any{member(pia)}, []any{all}, map[string]any{"startsAt": tomorrow})},
		"fewer rooms":             {"PUT", one, put([]any{member(pia)}, []any{inRoom(rooms[0])}, nil)},
	} {
		t.Run(name, func(t *testing.T) {
			before := h.everything()
			status, problem, text := h.do(pia, tc.method, tc.path, tc.body)
			require.Equal(t, []any{http.StatusConflict, "last-primary-admin"}, []any{status, problem["code"]}, text)
			require.Equal(t, before, h.everything())
		})
	}

	// Two assignments, each with the same single member, are one admin and not two.
	builtIn := assigned["role"].(string)
	h.must(pia, "POST", h.assignmentsOf(id), h.assignment(builtIn, all, pia))
	status, problem, text := h.do(pia, "DELETE", admins+"/user:"+h.person(pia).OID, "")
	require.Equal(t, []any{http.StatusConflict, "last-primary-admin"}, []any{status, problem["code"]}, text)

	b, err := json.Marshal(member(nora))
	require.NoError(t, err)
	status, after, text := h.do(pia, "POST", admins, string(b))
	require.Equal(t, http.StatusCreated, status, text)
	require.Len(t, after["items"], 2)
	status, problem, _ = h.do(pia, "POST", admins, string(b))
	require.Equal(t, []any{http.StatusConflict, "already-primary-admin"}, []any{status, problem["code"]})
	for who, want := range map[string]int{tess: http.StatusNotFound, "manager@partner.example": http.StatusForbidden} {
		status, _, text := h.do(who, "POST", admins, string(b))
		require.Equal(t, want, status, "%s: %s", who, text)
	}
	status, _, text = h.do("manager@partner.example", "GET", admins, "")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"items":[],"effective":true}`, text, "a manager learns that there is one, and no name")

	h.must(nora, "DELETE", admins+"/user:"+h.person(pia).OID, nil)
	status, _, _ = h.do(pia, "GET", admins, "")
	require.Equal(t, http.StatusNotFound, status, "gone with the next request")
	require.Len(t, h.must(nora, "GET", h.assignmentsOf(id), nil)["items"], 1, "the assignment that it left empty went")
	status, _, _ = h.do(nora, "DELETE", admins+"/user:"+h.person(pia).OID, "")
	require.Equal(t, http.StatusNotFound, status)
}

// TestRightsOfAnotherMomentAreTriedAgain changes the rules between what a request was decided by and its transaction: the store refuses, and the request is
// decided anew.
func TestRightsOfAnotherMomentAreTriedAgain(t *testing.T) {
	h := open(t)
	id, _ := h.relation(northwind, "Northwind Traders", policy.DefaultCeiling())
	actor := policy.Actor{User: policy.User(h.person(pia).OID)}
	d := policy.NewDecider(h.store, time.Now, policy.Limits{})
	by, err := d.Authority(t.Context(), actor, id)
	require.NoError(t, err)
	require.True(t, by.Everywhere(policy.RolesModify))
	h.must(pia, "POST", h.rolesOf(id), map[string]any{"name": "Another", "permissions": []any{}})
	before := h.everything()
	_, err = h.store.CreateRole(t.Context(), h.act(pia), by, storeRole("Late"))
	require.ErrorIs(t, err, errStale)
	_, err = h.store.Sheet(t.Context(), by)
	require.ErrorIs(t, err, errStale)
	require.Equal(t, before, h.everything())

	// A stranger of a moment ago who has become somebody is not told "nothing here".
	stranger := policy.Actor{User: policy.User(h.person(nora).OID)}
	late, err := d.Authority(t.Context(), stranger, id)
	require.NoError(t, err)
	h.must(pia, "POST", "/api/customers/"+id.String()+"/primary-admins", map[string]any{"kind": "user", "id": h.person(nora).OID})
	_, err = h.store.Sheet(t.Context(), late)
	require.ErrorIs(t, err, errStale)
	require.Len(t, h.must(nora, "GET", h.rolesOf(id), nil)["items"], 2)
}
