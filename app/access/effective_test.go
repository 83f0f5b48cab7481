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

// TestEffectiveAccessSaysWhere asks without a room: over which scopes, by which assignments, and in which rooms.
func TestEffectiveAccessSaysWhere(t *testing.T) {
	h := open(t)
	id, rooms := h.relation(northwind, "Northwind Traders", policy.DefaultCeiling())
	_, foreign := h.relation(tailspin, "Tailspin Toys", policy.DefaultCeiling())
	london, err := h.store.AddRoomGroup(t.Context(), h.act(pia), id, store.RoomGroup{Name: "London", Rooms: []policy.ID{rooms[0]}})
	require.NoError(t, err)
	base := "/api/customers/" + id.String() + "/effective-access?member=user:"
	ask := func(who, about, permission string) (map[string]any, string) {
		status, answer, text := h.do(who, "GET", base+h.person(about).OID+"&permission="+permission, "")
		require.Equal(t, http.StatusOK, status, text)
		for _, room := range foreign {
			require.NotContains(t, text, room.String())
		}
		return answer, text
	}
	check := func(answer map[string]any, permission string) map[string]any {
		for _, one := range answer["permissions"].([]any) {
			if one.(map[string]any)["permission"] == permission {
				return one.(map[string]any)
			}
		}
		require.Fail(t, permission)
		return nil
	}
	give := func(who, name string, permissions []policy.Permission, scopes ...policy.Scope) policy.ID {
		role, err := h.store.AddRole(t.Context(), h.act(pia), id, store.Role{Name: "Role of " + name, Permissions: permissions})
		require.NoError(t, err)
		a, err := h.store.AddAssignment(t.Context(), h.act(pia), id, store.Assignment{Role: role, Name: name, Scopes: scopes,
			Members: []store.Member{{Principal: policy.User(h.person(who).OID), Name: who}}})
		require.NoError(t, err)
		return a
	}
	group := policy.ScopeGroup(london)
	site := give(tess, "Site", []policy.Permission{policy.RoomsView, policy.TicketsView}, group)
	both := give(tess, "Both", []policy.Permission{policy.TicketsView}, policy.ScopeRoom(rooms[0]), policy.ScopeRoom(rooms[1]))

	answer, text := ask(pia, tess, "rooms.view")
	one := check(answer, "rooms.view")
	require.Equal(t, []any{1.0, 0.0}, []any{one["rooms"], one["moreWhere"]})
	require.Equal(t, []any{map[string]any{"assignment": site.String(), "assignmentName": "Site",
		"scope": map[string]any{"kind": "group", "id": london.String(), "name": "London", "rooms": 1.0}}}, one["where"])
	places := answer["places"].(map[string]any)
	require.Equal(t, []any{1.0, rooms[0].String()}, []any{places["total"], places["items"].([]any)[0].(map[string]any)["id"]})
	require.NotContains(t, places["items"], rooms[1].String())
	tickets := check(answer, "tickets.view")
	require.Equal(t, 2.0, tickets["rooms"], "a room that two assignments give counts once")
	require.Len(t, tickets["where"], 3)
	require.Equal(t, both.String(), tickets["where"].([]any)[2].(map[string]any)["assignment"], "groups before single rooms")
	require.Empty(t, check(answer, "roles.view")["where"])
	require.NotContains(t, text, "Assigned admins")

	answer, _ = ask(pia, pia, "rooms.view")
	require.Equal(t, "all", check(answer, "rooms.view")["where"].([]any)[0].(map[string]any)["scope"].(map[string]any)["kind"])
	require.Equal(t, true, answer["chains"].([]any)[0].(map[string]any)["builtIn"])
	require.Equal(t, 2.0, answer["places"].(map[string]any)["total"])
	answer, _ = ask(pia, tess, "roles.view")
	require.Nil(t, answer["places"], "held nowhere")
	answer = h.must(pia, "GET", base+h.person(tess).OID+"&permission=rooms.view&room="+rooms[0].String(), nil)
	require.Nil(t, answer["places"], "the room was named")
	require.Empty(t, check(answer, "rooms.view")["where"])
	answer = h.must(pia, "GET", base+h.person(tess).OID, nil)
	require.Nil(t, answer["places"], "no permission was named")

	// Nora sees the roles in one room, and no room: she reads how many rooms, and neither which nor by what.
	give(nora, "Onlooker", []policy.Permission{policy.RolesView}, group)
	answer, text = ask(nora, pia, "rooms.view")
	require.Equal(t, []any{1.0, []any{}}, []any{check(answer, "rooms.view")["rooms"], check(answer, "rooms.view")["where"]})
	require.Equal(t, map[string]any{"items": []any{}, "total": 0.0}, answer["places"])
	require.NotContains(t, text, "Assigned admins")
	answer, text = ask(nora, tess, "tickets.view")
	require.Equal(t, 1.0, check(answer, "tickets.view")["rooms"])
	require.Len(t, check(answer, "tickets.view")["where"], 1, "the assignment that reaches beyond what she sees is not there")
	require.NotContains(t, text, both.String())
	require.NotContains(t, text, rooms[0].String())
	require.NotContains(t, text, rooms[1].String())

	// With rooms.view in the other room only, still nothing: both rights have to meet.
	give(nora, "Elsewhere", []policy.Permission{policy.RoomsView}, policy.ScopeRoom(rooms[1]))
	answer, text = ask(nora, tess, "tickets.view")
	require.Equal(t, map[string]any{"items": []any{}, "total": 0.0}, answer["places"])
	require.NotContains(t, text, rooms[1].String())
	give(nora, "Here", []policy.Permission{policy.RoomsView}, policy.ScopeRoom(rooms[0]))
	answer, text = ask(nora, tess, "tickets.view")
	require.Equal(t, 1.0, answer["places"].(map[string]any)["total"])
	require.Contains(t, text, rooms[0].String())
	require.NotContains(t, text, rooms[1].String())
}

// TestEffectiveAccessIsBounded: an answer tells the first rooms and scopes, and how many there are.
func TestEffectiveAccessIsBounded(t *testing.T) {
	h := open(t)
	id, rooms := h.relation(northwind, "Northwind Traders", policy.DefaultCeiling())
	all := rooms[:]
	for range 29 {
		more := h.addRooms(id)
		all = append(all, more[:]...)
	}
	role, err := h.store.AddRole(t.Context(), h.act(pia), id, store.Role{Name: "Desk", Permissions: []policy.Permission{policy.TicketsView}})
	require.NoError(t, err)
	var scopes []policy.Scope
	for _, room := range all {
		scopes = append(scopes, policy.ScopeRoom(room))
	}
	_, err = h.store.AddAssignment(t.Context(), h.act(pia), id, store.Assignment{Role: role, Name: "Many", Scopes: scopes,
		Members: []store.Member{{Principal: policy.User(h.person(tess).OID), Name: "Tess"}}})
	require.NoError(t, err)
	answer := h.must(pia, "GET", "/api/customers/"+id.String()+"/effective-access?permission=tickets.view&member=user:"+h.person(tess).OID, nil)
	require.Len(t, answer["places"].(map[string]any)["items"], 50)
	require.Equal(t, 60.0, answer["places"].(map[string]any)["total"])
	for _, one := range answer["permissions"].([]any) {
		if check := one.(map[string]any); check["permission"] == "tickets.view" {
			require.Len(t, check["where"], 20)
			require.Equal(t, []any{60.0, 40.0}, []any{check["rooms"], check["moreWhere"]})
		}
	}
}

// cell reads in which cell a room stands.
func (h *house) cell(room policy.ID) int64 {
	h.t.Helper()
	var cell int64
	_, err := fmt.Sscan(h.text(`SELECT cast(cell_id AS TEXT) FROM rooms WHERE id = $1`, int64(room)), &cell)
	require.NoError(h.t, err)
	return cell
}
