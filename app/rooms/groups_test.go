package rooms_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/api"
	"roomward/app/rooms"
	"roomward/policy"
	"roomward/store"
)

func TestWhoSeesWhichGroups(t *testing.T) {
	h := buildGroups(t)
	boss := h.groups(t, "boss")
	require.Equal(t, map[string]int{"Site": 2, "Mixed": 2, "Ferngruppe": 2, "By rules": 6, "Empty": 0}, counts(boss), "a hidden room counts nowhere")
	require.Equal(t, 1, *boss["Site"].UsedBy)
	require.Equal(t, 0, *boss["Mixed"].UsedBy)
	require.Equal(t, []rooms.GroupRule{{Building: []string{"Fernturm"}}, {Floor: []string{"3"}}}, boss["By rules"].Rules)
	require.True(t, boss["By rules"].Editable)

	lead := h.groups(t, "lead")
	require.Equal(t, map[string]int{"Site": 2, "Mixed": 1, "By rules": 2}, counts(lead), "rooms outside the view are not counted")
	require.Nil(t, lead["Site"].UsedBy, "without roles.view")
	require.Empty(t, lead["By rules"].Rules, "rules name places elsewhere")
	require.Equal(t, []any{false, true, false}, []any{lead["Site"].Editable, lead["Mixed"].Editable, lead["By rules"].Editable})
	require.Equal(t, "may-not-change-group", lead["Site"].Why)
	require.Equal(t, map[string]int{"Site": 1, "Mixed": 1, "By rules": 1}, counts(h.groups(t, "reader")))

	_, missing := h.get(t, "ann", "/api/customers/"+policy.NewID().String()+"/groups")
	for _, user := range []string{"ann", "bob", "eve", "nobody"} {
		for _, tail := range []string{"", "/facts", "/" + h.site.String(), "/" + h.site.String() + "/rooms", "/" + policy.NewID().String()} {
			status, body := h.get(t, user, "/api/customers/"+h.northwind.String()+"/groups"+tail)
			require.Equal(t, 404, status, "%s %s", user, tail)
			require.Equal(t, missing, body)
		}
		status, body, _ := h.send(t, user, "POST", "", m{"name": "N", "kind": "fixed"}, "")
		require.Equal(t, 404, status, user)
		require.Equal(t, missing, body)
		status, body, _ = h.send(t, user, "POST", "/preview", m{"kind": "rules", "rules": []m{{"capacityMin": 1}}}, "")
		require.Equal(t, 404, status, user)
		require.Equal(t, missing, body)
	}
	for _, id := range append(ids(h.far, h.empty, h.foreignGroup, h.rooms[0], policy.NewID()), "x") {
		for _, user := range []string{"lead", "reader"} {
			for _, call := range []struct {
				method, tail string
				body         any
			}{{"GET", "", nil}, {"GET", "/rooms", nil}, {"PUT", "", m{"name": "N", "kind": "fixed"}}, {"DELETE", "", nil}} {
				status, body, _ := h.send(t, user, call.method, "/"+id+call.tail, call.body, "")
				require.Equal(t, 404, status, "%s %s %s", user, call.method, id)
				require.Equal(t, missing, body)
			}
			status, body, _ := h.send(t, user, "POST", "/preview", m{"group": id, "kind": "fixed"}, "")
			require.Equal(t, 404, status)
			require.Equal(t, missing, body)
		}
	}
}

// Nothing that the lead may read, by whatever question, names a room, a place or a group outside its view.
func TestGroupsNameNothingElse(t *testing.T) {
	h := buildGroups(t)
	secrets := []string{"Fern", "Salle 2", "Salle 4", "Salle 5", "Salle 6", "Geheim", "Verborgen", "Empty", "Work of", "Name of", "Contoso", `"99"`}
	secrets = append(secrets, ids(h.rooms[2:]...)...)
	secrets = append(secrets, ids(h.far, h.empty, h.foreignGroup, h.foreign)...)
	everything := []m{{"capacityMin": 1}, {"building": []string{"Fernturm"}}}
	for _, q := range []struct {
		method, path string
		body         any
	}{
		{"GET", "", nil}, {"GET", "/facts", nil}, {"GET", "/" + h.site.String(), nil}, {"GET", "/" + h.mixed.String() + "/rooms", nil},
		{"GET", "/" + h.ruled.String() + "/rooms", nil}, {"GET", "/" + h.ruled.String(), nil},
		{"POST", "/preview", m{"kind": "rules", "rules": everything}},
		{"POST", "/preview", m{"kind": "rules", "rules": everything, "group": h.site.String()}},
		{"POST", "/preview", m{"kind": "fixed", "rooms": []string{}, "group": h.ruled.String()}},
		{"POST", "/preview", m{"kind": "fixed", "rooms": []string{}, "group": h.mixed.String()}},
		{"PUT", "/" + h.site.String(), m{"name": "Site", "kind": "fixed", "rooms": []string{}}},
		{"DELETE", "/" + h.mixed.String(), nil},
	} {
		status, body, _ := h.send(t, "lead", q.method, q.path, q.body, "")
		require.Less(t, status, 500)
		for _, secret := range secrets {
			require.NotContains(t, body, secret, "%s %s", q.method, q.path)
		}
	}
	var facts rooms.GroupFacts
	h.read(t, "lead", "/api/customers/"+h.northwind.String()+"/groups/facts", &facts)
	require.Equal(t, []store.Facet{{Value: "Tour Élysée", Label: "Tour Élysée", Count: 2}}, facts.Buildings)
	require.Equal(t, []store.Facet{{Value: "teamsRoom", Label: "teamsRoom", Count: 1}}, facts.Kinds)
	h.read(t, "boss", "/api/customers/"+h.northwind.String()+"/groups/facts", &facts)
	require.Equal(t, []store.Facet{{Value: "3", Label: "3", Count: 4}, {Value: "99", Label: "99", Count: 2}}, facts.Floors)
	require.Equal(t, []store.Facet{{Value: "Logi", Label: "Logi", Count: 4}, {Value: "Fernwerk", Label: "Fernwerk", Count: 2}}, facts.Makers)
}

// The rights of design 5 as a table: who may make, change and remove which groups.
func TestWhoMayDoWhatWithGroups(t *testing.T) {
	rules := m{"name": "New", "kind": "rules", "rules": []m{{"floor": []string{"3"}}}}
	fixed := func(name string, list ...string) m {
		return m{"name": name, "kind": "fixed", "rooms": append([]string{}, list...)}
	}
	for _, tc := range []struct {
		name, user, method string
		path               func(*groupHouse) policy.ID
		body               func(*groupHouse) any
		status             int
		code               string
	}{
		{"boss makes rules", "boss", "POST", nil, func(*groupHouse) any { return rules }, 201, ""},
		{"boss makes an empty group", "boss", "POST", nil, func(*groupHouse) any { return fixed("New") }, 201, ""},
		{"a name twice", "boss", "POST", nil, func(*groupHouse) any { return fixed("Mixed") }, 409, "group-name-taken"},
		{"a name that is taken out of sight", "lead", "POST", nil, func(h *groupHouse) any { return fixed("Ferngruppe", ids(h.rooms[0])...) }, 201, ""},
		{"lead makes a group of its rooms", "lead", "POST", nil, func(h *groupHouse) any { return fixed("New", ids(h.rooms[0], h.rooms[1])...) }, 201, ""},
		{"lead makes rules", "lead", "POST", nil, func(*groupHouse) any { return rules }, 403, "may-not-create-group"},
		{"lead makes an empty group", "lead", "POST", nil, func(*groupHouse) any { return fixed("New") }, 403, "may-not-create-group"},
		{"with a room out of sight", "lead", "POST", nil, func(h *groupHouse) any { return fixed("New", ids(h.rooms[0], h.rooms[4])...) }, 422, "room-unknown"},
		{"with a room that is not there", "lead", "POST", nil, func(h *groupHouse) any { return fixed("New", ids(h.rooms[0], policy.NewID())...) }, 422, "room-unknown"},
		{"with a hidden room", "boss", "POST", nil, func(h *groupHouse) any { return fixed("New", ids(h.rooms[6])...) }, 422, "room-unknown"},
		{"with a foreign room", "boss", "POST", nil, func(h *groupHouse) any { return fixed("New", ids(h.foreign)...) }, 422, "room-unknown"},
		{"reader makes a group", "reader", "POST", nil, func(h *groupHouse) any { return fixed("New", ids(h.rooms[0])...) }, 403, "may-not-create-group"},
		{"no fact", "boss", "POST", nil, func(*groupHouse) any { return m{"name": "N", "kind": "rules", "rules": []m{{}}} }, 422, "invalid"},
		{"no rule", "boss", "POST", nil, func(*groupHouse) any { return m{"name": "N", "kind": "rules"} }, 422, "invalid"},
		{"an empty fact", "boss", "POST", nil, func(*groupHouse) any { return m{"name": "N", "kind": "rules", "rules": []m{{"city": []string{" "}}}} }, 422, "invalid"},
		{"bounds the wrong way", "boss", "POST", nil, func(*groupHouse) any {
			return m{"name": "N", "kind": "rules", "rules": []m{{"capacityMin": 9, "capacityMax": 8}}}
		}, 422, "invalid"},
		{"rules and rooms", "boss", "POST", nil, func(h *groupHouse) any {
			return m{"name": "N", "kind": "rules", "rules": []m{{"capacityMin": 9}}, "rooms": ids(h.rooms[0])}
		}, 422, "invalid"},
		{"a fixed group with rules", "boss", "POST", nil, func(*groupHouse) any { return m{"name": "N", "kind": "fixed", "rules": []m{{"capacityMin": 9}}} }, 422, "invalid"},
		{"no name", "boss", "POST", nil, func(*groupHouse) any { return fixed(" ") }, 422, "invalid"},

		{"boss changes a scope", "boss", "PUT", site, func(h *groupHouse) any { return fixed("Site", ids(h.rooms[0])...) }, 200, ""},
		{"lead changes a scope", "lead", "PUT", site, func(h *groupHouse) any { return fixed("Site", ids(h.rooms[0])...) }, 403, "may-not-change-group"},
		{"lead takes out its room", "lead", "PUT", mixed, func(*groupHouse) any { return fixed("Mixed") }, 200, ""},
		{"lead takes in its room", "lead", "PUT", mixed, func(h *groupHouse) any { return fixed("Mixed", ids(h.rooms[0], h.rooms[1])...) }, 200, ""},
		{"lead renames a group with rooms elsewhere", "lead", "PUT", mixed, func(*groupHouse) any { return m{"name": "Mine", "kind": "fixed"} }, 403, "may-not-change-group"},
		{"lead makes it keep itself", "lead", "PUT", mixed, func(*groupHouse) any { return rules }, 403, "may-not-change-group"},
		{"lead changes rules", "lead", "PUT", ruled, func(*groupHouse) any { return rules }, 403, "may-not-change-group"},
		{"lead fixes rules", "lead", "PUT", ruled, func(h *groupHouse) any { return fixed("By rules", ids(h.rooms[0])...) }, 403, "may-not-change-group"},
		{"boss changes rules", "boss", "PUT", ruled, func(*groupHouse) any { return rules }, 200, ""},
		{"boss takes a name", "boss", "PUT", mixed, func(*groupHouse) any { return m{"name": "Site", "kind": "fixed"} }, 409, "group-name-taken"},
		{"reader changes a group", "reader", "PUT", mixed, func(*groupHouse) any { return fixed("Mixed") }, 403, "may-not-change-group"},
		{"reader changes nothing", "reader", "PUT", mixed, func(h *groupHouse) any { return m{"name": "Mixed", "kind": "fixed"} }, 403, "may-not-change-group"},

		{"boss removes a scope", "boss", "DELETE", site, nil, 409, "group-in-use"},
		{"lead removes a scope", "lead", "DELETE", site, nil, 403, "may-not-change-group"},
		{"boss removes a group", "boss", "DELETE", mixed, nil, 204, ""},
		{"lead removes a group with rooms elsewhere", "lead", "DELETE", mixed, nil, 403, "may-not-change-group"},
		{"boss removes rules", "boss", "DELETE", ruled, nil, 204, ""},
		{"lead removes rules", "lead", "DELETE", ruled, nil, 403, "may-not-change-group"},
		{"reader removes a group", "reader", "DELETE", mixed, nil, 403, "may-not-change-group"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := buildGroups(t)
			path := ""
			if tc.path != nil {
				path = "/" + tc.path(h).String()
			}
			var body any
			if tc.body != nil {
				body = tc.body(h)
			}
			before := h.list(t, "boss")
			status, answer, tag := h.send(t, tc.user, tc.method, path, body, "")
			require.Equal(t, tc.status, status, answer)
			if tc.code != "" {
				require.Contains(t, answer, `"code":"`+tc.code+`"`)
				require.Equal(t, before, h.list(t, "boss"), "nothing changed")
				return
			}
			require.NotEqual(t, before, h.list(t, "boss"))
			if tc.status != 204 {
				var g rooms.Group
				require.NoError(t, json.Unmarshal([]byte(answer), &g))
				require.Equal(t, fmt.Sprintf(`"%d"`, g.Version), tag)
				var again rooms.Group
				status, body := h.get(t, tc.user, "/api/customers/"+h.northwind.String()+"/groups/"+g.ID)
				if status == 404 { // the last of its rooms that the lead sees went
					require.Equal(t, "lead takes out its room", tc.name)
					return
				}
				require.NoError(t, json.Unmarshal([]byte(body), &again))
				require.Equal(t, g, again, "what a change answers is what is read")
			}
		})
	}
}

// What the lead does not see stays in a group that it changes.
func TestRoomsOutOfSightStayInTheirGroup(t *testing.T) {
	h := buildGroups(t)
	status, body, _ := h.send(t, "lead", "PUT", "/"+h.mixed.String(), m{"name": "Mixed", "kind": "fixed", "rooms": ids(h.rooms[1])}, "")
	require.Equal(t, 200, status, body)
	var page api.Page[rooms.GroupRoom]
	h.read(t, "lead", "/api/customers/"+h.northwind.String()+"/groups/"+h.mixed.String()+"/rooms", &page)
	require.Equal(t, []rooms.GroupRoom{{ID: h.rooms[1].String(), Name: "Salle 1", Building: "Tour Élysée", City: "Paris"}}, page.Items)
	h.read(t, "boss", "/api/customers/"+h.northwind.String()+"/groups/"+h.mixed.String()+"/rooms?limit=1", &page)
	require.Equal(t, "Salle 1", page.Items[0].Name)
	require.NotEmpty(t, page.Next)
	path := "/api/customers/" + h.northwind.String() + "/groups/" + h.mixed.String() + "/rooms?cursor=" + page.Next
	page = api.Page[rooms.GroupRoom]{}
	h.read(t, "boss", path, &page)
	require.Equal(t, "Salle 4", page.Items[0].Name)
	require.Empty(t, page.Next)
	status, body = h.get(t, "boss", strings.Replace(path, h.mixed.String(), h.site.String(), 1))
	require.Equal(t, 400, status, "a cursor of another group: %s", body)
}

func TestGroupPreview(t *testing.T) {
	h := buildGroups(t)
	h.give(t, h.northwind, "tess", policy.ScopeGroup(h.site), policy.RoomsView)
	_, err := h.store.AddAssignment(t.Context(), store.System("test"), h.northwind, store.Assignment{Role: h.role(t), Name: "Covered", Members: []store.Member{{Principal: policy.User("tom"), Name: "Tom"}},
		Scopes: []policy.Scope{policy.ScopeGroup(h.site), policy.ScopeGroup(h.far), policy.ScopeRoom(h.rooms[1])}})
	require.NoError(t, err)
	preview := func(user string, body m) (p rooms.GroupPreview) {
		t.Helper()
		status, text, _ := h.send(t, user, "POST", "/preview", body, "")
		require.Equal(t, 200, status, text)
		require.NoError(t, json.Unmarshal([]byte(text), &p))
		return p
	}
	p := preview("boss", m{"group": h.site.String(), "kind": "fixed", "rooms": ids(h.rooms[0], h.rooms[2], h.rooms[4])})
	require.Equal(t, []int{3, 2, 1}, []int{p.Rooms, p.Enters, p.Leaves})
	require.Equal(t, []string{"Salle 2", "Salle 4"}, []string{p.Entering[0].Name, p.Entering[1].Name})
	require.Equal(t, "Salle 1", p.Leaving[0].Name)
	moves := map[string][]any{}
	for _, a := range p.Access {
		moves[a.AssignmentName] = []any{a.Members, a.Gains, a.Loses}
	}
	require.Equal(t, map[string][]any{"Work of lead": {[]string{"Name of lead"}, 2, 1}, "Work of tess": {[]string{"Name of tess"}, 2, 1},
		"Covered": {[]string{"Tom"}, 1, 0}}, moves, "what another scope covers is neither gained nor lost")
	require.Equal(t, "role of ann", p.Access[0].RoleName)

	p = preview("boss", m{"kind": "rules", "rules": []m{{"building": []string{"fernturm"}}, {"capacityMin": 8, "capacityMax": 8, "floor": []string{"3"}}}})
	require.Equal(t, []int{6, 6, 0}, []int{p.Rooms, p.Enters, p.Leaves})
	require.Empty(t, p.Access)
	p = preview("lead", m{"group": h.site.String(), "kind": "rules", "rules": []m{{"capacityMin": 1}}})
	require.Equal(t, []int{2, 0, 0}, []int{p.Rooms, p.Enters, p.Leaves}, "as far as it sees")
	require.Empty(t, p.Access, "without roles.view")
	require.Equal(t, 2, h.groups(t, "boss")["Site"].Rooms, "a preview changes nothing")
}

func TestRoomsByGroup(t *testing.T) {
	h := buildGroups(t)
	listed := func(user, query string) []string {
		t.Helper()
		var page api.Page[rooms.Room]
		h.read(t, user, "/api/rooms?sort=name&total=true&"+query, &page)
		require.Equal(t, *page.Total, len(page.Items))
		var n rooms.RoomCounts
		h.read(t, user, "/api/rooms/counts?"+query, &n)
		require.Equal(t, len(page.Items), n.Total)
		names := []string{}
		for _, r := range page.Items {
			names = append(names, r.Name)
		}
		return names
	}
	mixed, far, foreign := "group="+h.mixed.String(), "group="+h.far.String(), "group="+h.foreignGroup.String()
	require.Equal(t, []string{"Salle 0", "Salle 4"}, listed("boss", mixed))
	require.Equal(t, []string{"Salle 0", "Salle 4", "Salle 5"}, listed("boss", mixed+"&"+far))
	require.Equal(t, []string{"Salle 4"}, listed("boss", mixed+"&building=Fernturm"))
	require.Equal(t, []string{"Salle 0"}, listed("lead", mixed))
	require.Equal(t, []string{"Salle 0"}, listed("reader", mixed), "sees all rooms, and groups in one")
	require.Empty(t, listed("reader", far))
	require.Empty(t, listed("ann", mixed), "without groups.view no room is in a group")
	require.Empty(t, listed("boss", foreign))
	require.Empty(t, listed("boss", "group="+policy.NewID().String()))
	require.Empty(t, listed("boss", "group=x"))

	facets := func(user, query string) []store.Facet {
		t.Helper()
		var f rooms.RoomFacets
		h.read(t, user, "/api/rooms/facets?"+query, &f)
		return f.Groups
	}
	facet := func(id policy.ID, name string, n int) store.Facet {
		return store.Facet{Value: id.String(), Label: name, Count: n}
	}
	customer := "customer=" + h.northwind.String()
	require.Equal(t, []store.Facet{facet(h.ruled, "By rules", 6), facet(h.far, "Ferngruppe", 2), facet(h.mixed, "Mixed", 2), facet(h.site, "Site", 2)}, facets("boss", customer))
	require.Equal(t, []store.Facet{facet(h.ruled, "By rules", 2), facet(h.far, "Ferngruppe", 2), facet(h.mixed, "Mixed", 1)}, facets("boss", customer+"&building=Fernturm&"+mixed))
	require.Equal(t, []store.Facet{facet(h.ruled, "By rules", 1), facet(h.mixed, "Mixed", 1), facet(h.site, "Site", 1)}, facets("reader", customer))
	require.Empty(t, facets("boss", ""), "groups belong to one customer")
	require.Empty(t, facets("ann", customer))

	var detail rooms.RoomDetail
	h.read(t, "reader", "/api/rooms/"+h.rooms[0].String(), &detail)
	require.Equal(t, []rooms.InGroup{{ID: h.ruled.String(), Name: "By rules"}, {ID: h.mixed.String(), Name: "Mixed"}, {ID: h.site.String(), Name: "Site"}}, detail.Groups)
	for user, room := range map[string]policy.ID{"reader": h.rooms[4], "ann": h.rooms[0]} {
		status, body := h.get(t, user, "/api/rooms/"+room.String())
		require.Equal(t, 200, status)
		require.NotContains(t, body, "groups")
		require.NotContains(t, body, "Mixed")
	}
	_, body := h.get(t, "eve", "/api/rooms/"+h.foreign.String())
	require.Contains(t, body, "Geheimgruppe")
}

// Of two changes of one version the second is told.
func TestConcurrentChangesOfAGroup(t *testing.T) {
	h := buildGroups(t)
	path := "/" + h.mixed.String()
	_, _, tag := h.send(t, "boss", "GET", path, nil, "")
	require.Equal(t, `"1"`, tag)
	statuses := make([]int, 6)
	var together sync.WaitGroup
	for i := range statuses {
		together.Go(func() {
			body := bytes.NewReader([]byte(fmt.Sprintf(`{"name": "Change %d", "kind": "fixed"}`, i)))
			req, err := http.NewRequestWithContext(context.Background(), "PUT", h.url+"/api/customers/"+h.northwind.String()+"/groups"+path, body)
			if err != nil {
				return
			}
			req.Header.Set("X-User", "boss")
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("If-Match", tag)
			if res, err := http.DefaultClient.Do(req); err == nil {
				statuses[i] = res.StatusCode
				_ = res.Body.Close()
			}
		})
	}
	together.Wait()
	seen := map[int]int{}
	for _, status := range statuses {
		seen[status]++
	}
	require.Equal(t, map[int]int{200: 1, 412: 5}, seen)
	for _, stale := range []string{tag, `"x"`, `W/"2"`, `2`} {
		for method, body := range map[string]any{"PUT": m{"name": "Late", "kind": "fixed"}, "DELETE": nil} {
			status, text, _ := h.send(t, "boss", method, path, body, stale)
			require.Equal(t, 412, status, "%s %s", method, stale)
			require.Contains(t, text, `"code":"changed-meanwhile"`)
		}
	}
	status, _, tag := h.send(t, "boss", "PUT", path, m{"name": "Second", "kind": "fixed"}, `"2"`)
	require.Equal(t, []any{200, `"3"`}, []any{status, tag})
	status, _, _ = h.send(t, "boss", "DELETE", path, nil, tag)
	require.Equal(t, 204, status)
}

// Every change leaves its trace, with what was and what is.
func TestGroupChangesAreRecorded(t *testing.T) {
	h := buildGroups(t)
	_, body, _ := h.send(t, "boss", "POST", "", m{"name": "New", "kind": "rules", "rules": []m{{"floor": []string{"99"}}}}, "")
	var g rooms.Group
	require.NoError(t, json.Unmarshal([]byte(body), &g))
	h.send(t, "boss", "PUT", "/"+g.ID, m{"name": "Newer", "kind": "fixed", "rooms": ids(h.rooms[0])}, "")
	h.send(t, "boss", "DELETE", "/"+g.ID, nil, "")
	db, err := sql.Open("sqlite", "file:"+h.db+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	rows, err := db.Query(`SELECT operation, object, actor_name, detail_json FROM audit WHERE object_id = $1 ORDER BY id`, g.ID)
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	var entries [][]string
	for rows.Next() {
		e := make([]string, 4)
		require.NoError(t, rows.Scan(&e[0], &e[1], &e[2], &e[3]))
		entries = append(entries, e)
	}
	require.NoError(t, rows.Err())
	require.Len(t, entries, 3)
	r4, r5, r0 := h.rooms[4].String(), h.rooms[5].String(), h.rooms[0].String()
	rules := `"rules": [{"floor": ["99"]}]`
	require.Equal(t, []string{"group.create", "New", "boss"}, entries[0][:3])
	require.JSONEq(t, `{"after": {"name": "New", "description": "", "kind": "rules", `+rules+`, "rooms": 2, "entered": ["`+r4+`", "`+r5+`"], "left": []}}`, entries[0][3])
	require.Equal(t, []string{"group.update", "Newer", "boss"}, entries[1][:3])
	var detail map[string]map[string]any
	require.NoError(t, json.Unmarshal([]byte(entries[1][3]), &detail))
	require.Equal(t, []any{"New", "Newer", 2.0, 1.0, []any{r0}}, []any{detail["before"]["name"], detail["after"]["name"], detail["before"]["rooms"], detail["after"]["rooms"], detail["after"]["entered"]})
	require.ElementsMatch(t, []any{r4, r5}, detail["after"]["left"])
	require.Equal(t, []string{"group.delete", "Newer", "boss"}, entries[2][:3])
	require.JSONEq(t, `{"before": {"name": "Newer", "description": "", "kind": "fixed", "rules": [], "rooms": 1}}`, entries[2][3])
}
