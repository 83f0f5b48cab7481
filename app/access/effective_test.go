package access_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
	"roomward/store"
)

// TestEffectiveAccess asks why and why not, and holds each answer against Explain and against what the person's own requests get.
func TestEffectiveAccess(t *testing.T) {
	h := open(t)
	id, rooms := h.relation(northwind, "Northwind Traders", policy.DefaultCeiling())
	other, foreign := h.relation(tailspin, "Tailspin Toys", policy.DefaultCeiling())
	base := "/api/customers/" + id.String() + "/effective-access?"
	ask := func(who string, q ...string) map[string]any {
		values := url.Values{}
		for i := 0; i < len(q); i += 2 {
			values.Set(q[i], q[i+1])
		}
		return h.must(who, "GET", base+values.Encode(), nil)
	}
	user := func(upn string) string { return "user:" + h.person(upn).OID }
	group := policy.Group(h.group("Desk leads")) // Nora is in it, and Tess through Desk Paris
	desk, err := h.store.AddRole(t.Context(), h.act(pia), id, store.Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView, policy.TicketsView, policy.SettingsView}})
	require.NoError(t, err)
	for _, a := range []store.Assignment{
		{Name: "Today", Scopes: []policy.Scope{policy.ScopeRoom(rooms[0])}},
		{Name: "Long ago", Scopes: []policy.Scope{policy.ScopeAll}, EndsAt: time.Now().Add(-time.Hour)},
		{Name: "Some day", Scopes: []policy.Scope{policy.ScopeAll}, StartsAt: time.Now().Add(time.Hour)},
	} {
		a.Role, a.Members = desk, []store.Member{{Principal: group, Name: "Desk leads"}}
		_, err = h.store.AddAssignment(t.Context(), h.act(pia), id, a)
		require.NoError(t, err)
	}

	yes := ask(pia, "member", user(tess), "permission", "tickets.view", "room", rooms[0].String())
	require.Equal(t, true, yes["allowed"])
	chains := yes["chains"].([]any)
	require.Len(t, chains, 3)
	first := chains[0].(map[string]any)
	require.Equal(t, []any{"Today", "Desk", nil, map[string]any{"kind": "group", "id": group.OID(), "name": "Desk leads"}},
		[]any{first["assignmentName"], first["roleName"], first["broken"], first["via"]})
	require.Equal(t, "room", first["scope"].(map[string]any)["kind"])
	require.Len(t, yes["permissions"], 21)
	require.Equal(t, map[string]any{"all": 1.0, "allowed": 1.0}, yes["rooms"])

	for name, tc := range map[string]struct{ permission, room, broken string }{
		"another room":        {"tickets.view", rooms[1].String(), "scope"},
		"not in the role":     {"tickets.update", rooms[0].String(), "role"},
		"above the ceiling":   {"settings.view", rooms[0].String(), "ceiling"},
		"anywhere, ceiling":   {"settings.view", "", "ceiling"},
		"anywhere, no such":   {"rooms.act", "", "role"},
		"nobody names a user": {"rooms.view", rooms[0].String(), "no-assignment"},
	} {
		t.Run(name, func(t *testing.T) {
			who := user(tess)
			if tc.broken == "no-assignment" {
				who = user("manager@partner.example")
			}
			q := []string{"member", who, "permission", tc.permission}
			if tc.room != "" {
				q = append(q, "room", tc.room)
			}
			no := ask(pia, q...)
			require.Equal(t, []any{false, tc.broken}, []any{no["allowed"], no["broken"]})
		})
	}
	anywhere := ask(pia, "member", user(nora), "permission", "rooms.view")
	require.Equal(t, []any{true, map[string]any{"all": 2.0, "allowed": 1.0}}, []any{anywhere["allowed"], anywhere["rooms"]})
	require.Len(t, h.must(nora, "GET", "/api/rooms", nil)["items"], 1, "as many as its own list has")

	// The answer is that of Explain, for each permission and room.
	d := policy.NewDecider(h.store, time.Now, policy.Limits{})
	agreed := 0
	for _, upn := range []string{pia, tess, nora, "manager@partner.example"} {
		p := h.person(upn)
		actor := policy.Actor{User: policy.User(p.OID)}
		for _, g := range p.Groups {
			actor.Groups = append(actor.Groups, policy.Group(g))
		}
		if upn == tess {
			actor.Groups = append(actor.Groups, group) // the directory knows groups in groups, the session of this test does not
		}
		require.NoError(t, d.Refresh(t.Context(), actor))
		for _, room := range rooms {
			cell := h.cell(room)
			answer := ask(pia, "member", user(upn), "room", room.String())
			for i, permission := range policy.Permissions() {
				e, err := d.Explain(t.Context(), actor, permission, id, cell)
				require.NoError(t, err)
				allowed, err := d.Allowed(t.Context(), actor, permission, id, cell)
				require.NoError(t, err)
				check := answer["permissions"].([]any)[i].(map[string]any)
				broken, _ := check["broken"].(string)
				require.Equal(t, []any{string(permission), e.Allowed, allowed, string(e.Broken)}, []any{check["permission"], check["allowed"], check["allowed"], broken}, upn)
				agreed++
			}
		}
	}
	require.Equal(t, 4*2*21, agreed)

	people := ask(pia, "room", rooms[0].String())["people"].([]any)
	require.Len(t, people, 2)
	require.Equal(t, "Desk leads", people[0].(map[string]any)["member"].(map[string]any)["name"])
	require.Equal(t, []any{"rooms.view", "tickets.view"}, people[0].(map[string]any)["permissions"])
	require.Len(t, ask(pia, "room", rooms[1].String())["people"], 1)
	require.Len(t, ask(pia, "room", rooms[0].String(), "permission", "roles.view")["people"], 1)

	for name, q := range map[string]struct {
		query  string
		status int
	}{
		"nothing asked":          {"", 422},
		"no such permission":     {"permission=rooms.fly&room=" + rooms[0].String(), 422},
		"no such person":         {"member=user:11111111-2222-4333-8444-555555555555", 422},
		"a person of a customer": {"member=" + user("admin@northwind.example"), 422},
		"no principal":           {"member=everybody", 422},
		"another customer's":     {"room=" + foreign[0].String(), 404},
		"no room":                {"room=" + policy.NewID().String(), 404},
	} {
		status, _, text := h.do(pia, "GET", base+q.query, "")
		require.Equal(t, q.status, status, "%s: %s", name, text)
	}
	for _, who := range []string{tess, nora, "manager@partner.example"} {
		for _, customer := range []policy.ID{id, other, policy.NewID()} {
			status, _, _ := h.do(who, "GET", fmt.Sprintf("/api/customers/%s/effective-access?member=%s", customer, user(nora)), "")
			require.Equal(t, http.StatusNotFound, status)
		}
	}
}

// TestEffectiveAccessKeepsWhatIsNotSeen lets somebody with roles.view in one room ask about people whose assignments reach further.
func TestEffectiveAccessKeepsWhatIsNotSeen(t *testing.T) {
	h := open(t)
	id, rooms := h.relation(northwind, "Northwind Traders", policy.DefaultCeiling())
	role := h.must(pia, "POST", h.rolesOf(id), map[string]any{"name": "Site", "permissions": []any{"roles.view"}})["id"].(string)
	h.must(pia, "POST", h.assignmentsOf(id), h.assignment(role, inRoom(rooms[0]), tess))
	base := "/api/customers/" + id.String() + "/effective-access?"
	assigned := h.must(pia, "GET", h.assignmentsOf(id)+"", nil)["items"].([]any)[0].(map[string]any)
	require.Equal(t, "Assigned admins", assigned["name"])

	status, answer, text := h.do(tess, "GET", base+"member=user:"+h.person(pia).OID+"&permission=rooms.view&room="+rooms[0].String(), "")
	require.Equal(t, http.StatusOK, status, text)
	require.Equal(t, []any{true, true}, []any{answer["allowed"], answer["hidden"]}, "the answer is true, the way is not told")
	require.NotContains(t, text, "Assigned admins")
	require.NotContains(t, text, assigned["id"])
	require.NotContains(t, text, `"scope"`)
	status, _, text = h.do(tess, "GET", base+"room="+rooms[1].String(), "")
	require.Equal(t, http.StatusNotFound, status, text)
	status, answer, text = h.do(tess, "GET", base+"room="+rooms[0].String(), "")
	require.Equal(t, http.StatusOK, status)
	require.Len(t, answer["people"], 1)
	require.Equal(t, true, answer["hidden"])
	require.NotContains(t, text, "Pia")
	status, answer, text = h.do(tess, "GET", base+"permission=rooms.view&member=user:"+h.person(pia).OID, "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, map[string]any{"all": 1.0, "allowed": 1.0}, answer["rooms"], "of the rooms that the asking person sees")
	require.NotContains(t, text, "Assigned admins")
}

// cell reads in which cell a room stands.
func (h *house) cell(room policy.ID) int64 {
	h.t.Helper()
	var cell int64
	_, err := fmt.Sscan(h.text(`SELECT cast(cell_id AS TEXT) FROM rooms WHERE id = $1`, int64(room)), &cell)
	require.NoError(h.t, err)
	return cell
}
