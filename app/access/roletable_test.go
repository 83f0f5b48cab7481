package access_test

import (
	"database/sql"
	"encoding/csv"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
	"roomward/store"
)

// tableColumns reads the role table as it stands in policy: the permissions of each column, so that a changed tick is tested by itself.
func tableColumns(t *testing.T) (catalogue []string, columns map[string][]string) {
	t.Helper()
	f, err := os.Open("../../policy/roles.csv")
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	columns = map[string][]string{}
	for _, row := range rows[1:] {
		catalogue = append(catalogue, row[1])
		for i, tick := range row[2:] {
			if tick == "x" {
				columns[rows[0][i+2]] = append(columns[rows[0][i+2]], row[1])
			}
		}
	}
	return catalogue, columns
}

// site is one customer with an incident in each of two rooms, and a room group of the first one.
type site struct {
	id        policy.ID
	rooms     [2]policy.ID
	incidents [2]policy.ID
	group     policy.ID
	role      policy.ID // that nobody has
}

func (h *house) site(tenant, name string, ceiling []policy.Permission) site {
	h.t.Helper()
	s := site{}
	s.id, s.rooms = h.relation(tenant, name, ceiling)
	db, err := sql.Open("sqlite", "file:"+h.db+"?_pragma=busy_timeout(5000)")
	require.NoError(h.t, err)
	defer func() { _ = db.Close() }()
	for i, room := range s.rooms {
		device := policy.NewID()
		s.incidents[i] = policy.NewID()
		_, err = db.Exec(`INSERT INTO devices (id, customer_id, room_id, cell_id, graph_id, kind, maker, model, serial, asset_tag, health, activity, created_at, updated_at)
			SELECT $1, customer_id, id, cell_id, $2, 'teamsRoom', '', '', '', '', 'healthy', 'idle', 1, 1 FROM rooms WHERE id = $3`, int64(device), device.String(), int64(room))
		require.NoError(h.t, err)
		_, err = db.Exec(`INSERT INTO incidents (id, customer_id, room_id, cell_id, device_id, signal, category, severity, severity_rank, state, open, opened_at, updated_at)
			SELECT $1, customer_id, id, cell_id, $2, 'room-camera', 'hardware', 'critical', 10, 'active', 1, 1, 1 FROM rooms WHERE id = $3`,
			int64(s.incidents[i]), int64(device), int64(room))
		require.NoError(h.t, err)
	}
	s.group, err = h.store.AddRoomGroup(h.t.Context(), store.System("test"), s.id, store.RoomGroup{Name: "Group of " + name, Rooms: s.rooms[:1]})
	require.NoError(h.t, err)
	s.role, err = h.store.AddRole(h.t.Context(), store.System("test"), s.id, store.Role{Name: "Idle", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(h.t, err)
	return s
}

// probe is a route in a room, an incident, a group or a customer: what it wants there, and what it answers who has it.
type probe struct {
	wants  []string // all of these
	method string
	path   func(s site, room int) string
	body   func(s site, room int) string
	status int
}

// probes are the routes that there are today for the permissions of the table.
func probes() []probe {
	in := func(format string, of func(s site, room int) policy.ID) func(site, int) string {
		return func(s site, room int) string { return fmt.Sprintf(format, of(s, room)) }
	}
	room := func(s site, room int) policy.ID { return s.rooms[room] }
	incident := func(s site, room int) policy.ID { return s.incidents[room] }
	customer := func(s site, _ int) policy.ID { return s.id }
	ofGroup := func(more string) func(site, int) string {
		return func(s site, _ int) string { return fmt.Sprintf("/api/customers/%s/groups/%s%s", s.id, s.group, more) }
	}
	roomBody := func(format string) func(site, int) string {
		return func(s site, room int) string { return fmt.Sprintf(format, s.rooms[room]) }
	}
	list := []probe{
		{wants: []string{"groups.view"}, path: ofGroup("")},
		{wants: []string{"groups.view"}, path: ofGroup("/rooms")},
		{wants: []string{"groups.view", "groups.modify"}, method: "PUT", path: ofGroup(""), body: roomBody(`{"name":"Renamed","kind":"fixed","rooms":["%s"]}`)},
		{wants: []string{"groups.view", "groups.create"}, method: "POST", path: in("/api/customers/%s/groups", customer),
			body: roomBody(`{"name":"Made","kind":"fixed","rooms":["%s"]}`), status: http.StatusCreated},
		{wants: []string{"groups.view"}, method: "POST", path: in("/api/customers/%s/groups/preview", customer), body: roomBody(`{"kind":"fixed","rooms":["%s"]}`)},
		{wants: []string{"roles.view", "roles.modify"}, method: "POST", path: in("/api/customers/%s/roles", customer),
			body: func(site, int) string { return `{"name":"Made","permissions":["rooms.view"]}` }, status: http.StatusCreated},
		{wants: []string{"roles.view", "roles.modify"}, method: "PUT", path: func(s site, _ int) string { return fmt.Sprintf("/api/customers/%s/roles/%s", s.id, s.role) },
			body: func(site, int) string { return `{"name":"Idle","permissions":["rooms.view"]}` }},
		{wants: []string{"roles.view"}, path: func(s site, _ int) string { return fmt.Sprintf("/api/customers/%s/roles/%s", s.id, s.role) }},
	}
	for _, path := range []string{"/api/rooms/%s", "/api/rooms/%s/devices", "/api/rooms/%s/signals"} {
		list = append(list, probe{wants: []string{"rooms.view"}, path: in(path, room)})
	}
	for _, path := range []string{"/api/incidents/%s", "/api/incidents/%s/history"} {
		list = append(list, probe{wants: []string{"tickets.view"}, path: in(path, incident)})
	}
	for path, p := range map[string]string{"/api/customers/%s/roles": "roles.view", "/api/customers/%s/assignments": "roles.view", "/api/customers/%s/scopes": "roles.view",
		"/api/customers/%s/groups": "groups.view", "/api/customers/%s/groups/facts": "groups.view"} {
		list = append(list, probe{wants: []string{p}, path: in(path, customer)})
	}
	return list
}

// ask sends a probe and takes back what it made. It tells whether the answer was the wanted one.
func (h *house) ask(p probe, s site, room int) (status int, done bool, text string) {
	h.t.Helper()
	body := ""
	if p.body != nil {
		body = p.body(s, room)
	}
	method, want := p.method, p.status
	if method == "" {
		method = "GET"
	}
	if want == 0 {
		want = http.StatusOK
	}
	status, out, text := h.do(nora, method, p.path(s, room), body)
	if status == http.StatusCreated {
		kind := p.path(s, room)[strings.LastIndex(p.path(s, room), "/"):]
		_, err := h.deleteMade(s.id, kind, out["id"].(string))
		require.NoError(h.t, err)
	}
	return status, status == want, text
}

// deleteMade removes a group or a role behind the store's back: the person that made it may not remove it.
func (h *house) deleteMade(customer policy.ID, kind, id string) (sql.Result, error) {
	db, err := sql.Open("sqlite", "file:"+h.db+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(ON)")
	require.NoError(h.t, err)
	defer func() { _ = db.Close() }()
	number, err := policy.ParseID(id)
	require.NoError(h.t, err)
	return db.Exec(`DELETE FROM `+map[string]string{"/groups": "room_groups", "/roles": "roles"}[kind]+` WHERE id = $1 AND customer_id = $2`, int64(number), int64(customer))
}

// TestTheRoleTableByItsRoutes holds every column of the table in one room of a customer, under a full ceiling and the default one, and asks every route
// of these permissions there, in another room of the same customer, and with another customer. What has no route yet is in /api/me exactly as ticked.
func TestTheRoleTableByItsRoutes(t *testing.T) {
	catalogue, columns := tableColumns(t)
	require.Len(t, columns, 4)
	asked, refused, routed := 0, 0, map[string]bool{}
	for name, ceiling := range map[string][]policy.Permission{"default": policy.DefaultCeiling(), "full": policy.Permissions()} {
		h := open(t)
		own, foreign := h.site(northwind, "Northwind Traders", ceiling), h.site(tailspin, "Tailspin Toys", ceiling)
		for column, ticked := range columns {
			what := column + " under the " + name + " ceiling"
			holds := []string{}
			for _, p := range ticked {
				if name == "full" || slices.Contains(columns[policy.PrimaryAdmins], p) {
					holds = append(holds, p)
				}
			}
			var permissions []policy.Permission
			for _, p := range ticked {
				permissions = append(permissions, policy.Permission(p))
			}
			role, err := h.store.AddRole(t.Context(), store.System("test"), own.id, store.Role{Name: column, Permissions: permissions})
			require.NoError(t, err)
			oid := h.person(nora).OID
			assignment, err := h.store.AddAssignment(t.Context(), store.System("test"), own.id, store.Assignment{Role: role, Name: column,
				Members: []store.Member{{Principal: policy.User(oid), Name: "Nora"}}, Scopes: []policy.Scope{policy.ScopeRoom(own.rooms[0])}})
			require.NoError(t, err)

			holdings := h.must(nora, "GET", "/api/me", nil)["holdings"].([]any)
			require.Len(t, holdings, 1, what)
			require.Equal(t, fmt.Sprint(holds), fmt.Sprint(holdings[0].(map[string]any)["permissions"]), what)
			for path, p := range map[string]string{"/api/rooms": "rooms.view", "/api/incidents": "tickets.view"} {
				page := h.must(nora, "GET", path+"?total=true", nil)
				rows := 0
				if slices.Contains(holds, p) {
					rows = 1
				}
				require.Len(t, page["items"], rows, "%s: %s", what, path)
				require.EqualValues(t, rows, page["total"], "%s: %s", what, path)
				require.Empty(t, h.must(nora, "GET", path+"?customer="+foreign.id.String(), nil)["items"], "%s: %s", what, path)
				routed[p] = true
			}
			for _, p := range probes() {
				may := !slices.ContainsFunc(p.wants, func(p string) bool { return !slices.Contains(holds, p) })
				status, done, text := h.ask(p, own, 0)
				require.Equal(t, may, done, "%s: %s %s answers %d: %s", what, p.method, p.path(own, 0), status, text)
				if !done {
					refused++
					require.Contains(t, []int{http.StatusNotFound, http.StatusForbidden}, status, "%s: %s %s: %s", what, p.method, p.path(own, 0), text)
					sees := slices.Contains(holds, p.wants[0])
					require.Equal(t, !sees, status == http.StatusNotFound, "%s: %s %s: what is not seen is not there: %s", what, p.method, p.path(own, 0), text)
				}
				if p.path(own, 0) != p.path(own, 1) || strings.Contains(bodyOf(p, own, 1), own.rooms[1].String()) {
					status, done, text = h.ask(p, own, 1)
					require.False(t, done, "%s: %s %s in the other room: %d %s", what, p.method, p.path(own, 1), status, text)
				}
				status, _, text = h.ask(p, foreign, 0)
				require.Equal(t, http.StatusNotFound, status, "%s: %s %s with another customer: %s", what, p.method, p.path(foreign, 0), text)
				asked += 2
				for _, w := range p.wants {
					routed[w] = true
				}
			}
			h.must(pia, "DELETE", h.assignmentsOf(own.id)+"/"+assignment.String(), nil)
		}
		// The column of the primary admins is the built-in role, over all granted rooms.
		for _, holding := range h.must(pia, "GET", "/api/me", nil)["holdings"].([]any) {
			for _, list := range []string{"permissions", "everywhere"} {
				require.Equal(t, fmt.Sprint(columns[policy.PrimaryAdmins]), fmt.Sprint(holding.(map[string]any)[list]), "the built-in role")
			}
		}
	}
	require.Less(t, len(routed), len(catalogue))
	t.Logf("%d questions by %d routes of %d permissions, %d refused in the granted room", asked, len(probes()), len(routed), refused)
}

func bodyOf(p probe, s site, room int) string {
	if p.body == nil {
		return ""
	}
	return p.body(s, room)
}
