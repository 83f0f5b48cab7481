package rooms_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/rooms"
	"roomward/policy"
	"roomward/store"
)

// groupHouse adds people and room groups to the house. Northwind's rooms are Salle 0 to 5, and Salle 6 is hidden.
//
//	boss    holds everything about groups everywhere, and sees roles
//	lead    holds everything about groups in Salle 0 and 1 (the group Site)
//	reader  sees groups in Salle 0 only, and all rooms
//	ann     sees all rooms and no group
//	eve     holds everything about groups in Contoso
type groupHouse struct {
	*house
	site, mixed, far, ruled, empty, foreignGroup policy.ID
}

func buildGroups(t *testing.T) *groupHouse {
	t.Helper()
	h := &groupHouse{house: build(t)}
	db, err := sql.Open("sqlite", "file:"+h.db+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE rooms SET building = 'Fernturm', floor = '99', maker = 'Fernwerk', model = 'F', capacity = 30 WHERE id IN ($1, $2)`,
		int64(h.rooms[4]), int64(h.rooms[5]))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	add := func(customer policy.ID, g store.RoomGroup) policy.ID {
		id, err := h.store.AddRoomGroup(t.Context(), store.System("test"), customer, g)
		require.NoError(t, err)
		return id
	}
	h.site = add(h.northwind, store.RoomGroup{Name: "Site", Rooms: h.rooms[:2]})
	h.mixed = add(h.northwind, store.RoomGroup{Name: "Mixed", Rooms: []policy.ID{h.rooms[0], h.rooms[4]}})
	h.far = add(h.northwind, store.RoomGroup{Name: "Ferngruppe", Rooms: h.rooms[4:]})
	h.ruled = add(h.northwind, store.RoomGroup{Name: "By rules", Kind: store.GroupByRules, Rules: []store.GroupRule{{Building: []string{"Fernturm"}}, {Floor: []string{"3"}}}})
	h.empty = add(h.northwind, store.RoomGroup{Name: "Empty"})
	h.foreignGroup = add(h.contoso, store.RoomGroup{Name: "Geheimgruppe", Rooms: []policy.ID{h.foreign}})
	groups := []policy.Permission{policy.GroupsView, policy.GroupsCreate, policy.GroupsModify}
	h.give(t, h.northwind, "boss", policy.ScopeAll, append(groups, policy.RoomsView, policy.RolesView)...)
	h.give(t, h.northwind, "lead", policy.ScopeGroup(h.site), append(groups, policy.RoomsView)...)
	h.give(t, h.northwind, "reader", policy.ScopeRoom(h.rooms[0]), policy.GroupsView)
	h.give(t, h.northwind, "reader", policy.ScopeAll, policy.RoomsView)
	h.give(t, h.contoso, "eve", policy.ScopeAll, append(groups, policy.RoomsView)...)
	return h
}

func (h *groupHouse) give(t *testing.T, customer policy.ID, user string, scope policy.Scope, permissions ...policy.Permission) {
	t.Helper()
	act := store.System("test")
	role, err := h.store.AddRole(t.Context(), act, customer, store.Role{Name: policy.NewID().String(), Permissions: permissions})
	require.NoError(t, err)
	_, err = h.store.AddAssignment(t.Context(), act, customer, store.Assignment{Role: role, Name: "Work of " + user, Scopes: []policy.Scope{scope},
		Members: []store.Member{{Principal: policy.User(user), Name: "Name of " + user}}})
	require.NoError(t, err)
}

// send calls the API; path begins behind the groups of Northwind.
func (h *groupHouse) send(t *testing.T, user, method, path string, body any, ifMatch string) (status int, text, tag string) {
	t.Helper()
	payload := []byte{}
	if body != nil {
		var err error
		payload, err = json.Marshal(body)
		require.NoError(t, err)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, h.url+"/api/customers/"+h.northwind.String()+"/groups"+path, bytes.NewReader(payload))
	require.NoError(t, err)
	req.Header.Set("X-User", user)
	req.Header.Set("Content-Type", "application/json")
	if ifMatch != "" {
		req.Header.Set("If-Match", ifMatch)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(b), res.Header.Get("ETag")
}

func (h *groupHouse) list(t *testing.T, user string) []rooms.Group {
	t.Helper()
	var list rooms.Groups
	h.read(t, user, "/api/customers/"+h.northwind.String()+"/groups", &list)
	return list.Items
}

func (h *groupHouse) groups(t *testing.T, user string) map[string]rooms.Group {
	t.Helper()
	out := map[string]rooms.Group{}
	for _, g := range h.list(t, user) {
		out[g.Name] = g
	}
	return out
}

func counts(groups map[string]rooms.Group) map[string]int {
	out := map[string]int{}
	for name, g := range groups {
		out[name] = g.Rooms
	}
	return out
}

type m = map[string]any

func ids(list ...policy.ID) []string {
	out := []string{}
	for _, id := range list {
		out = append(out, id.String())
	}
	return out
}

func site(h *groupHouse) policy.ID  { return h.site }
func mixed(h *groupHouse) policy.ID { return h.mixed }
func ruled(h *groupHouse) policy.ID { return h.ruled }

// role is one of the roles that are there.
func (h *groupHouse) role(t *testing.T) policy.ID {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+h.db+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	var id int64
	require.NoError(t, db.QueryRow(`SELECT id FROM roles WHERE name = 'role of ann'`).Scan(&id))
	return policy.ID(id)
}
