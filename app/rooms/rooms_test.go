package rooms_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"roomward/app/api"
	"roomward/app/rooms"
	"roomward/policy"
	"roomward/store"
)

var start = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

func now() time.Time { return start }

// gate lets in whom the header X-User names.
type gate struct{}

type userKey struct{}

func (gate) Person(ctx context.Context) (*api.Person, error) {
	user, _ := ctx.Value(userKey{}).(string)
	if user == "" {
		return nil, nil
	}
	side := store.SidePartner
	if user == "customer" {
		side = store.SideCustomer
	}
	return &api.Person{Side: side, TenantID: "p", OID: user, Name: user}, nil
}

func (gate) Powers(context.Context, api.Person) (policy.Powers, error) { return policy.Powers{}, nil }

func (gate) IsAdmin(api.Person) bool { return true }

// house is a server over two customers: ann sees all of Northwind but its hidden room, and nothing of Contoso; bob sees one room of
// Northwind without its incidents; nobody has no role.
type house struct {
	url                string
	store              *store.Store
	northwind, contoso policy.ID
	rooms              []policy.ID // of Northwind, seven of them; the last is hidden
	foreign            policy.ID   // Contoso's
	db                 string      // the file
}

func build(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: dir, Now: now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	h := &house{store: s, northwind: policy.NewID(), contoso: policy.NewID(), foreign: policy.NewID()}
	for range 7 {
		h.rooms = append(h.rooms, policy.NewID())
	}
	h.db = filepath.Join(dir, "roomward.db")
	h.fill(t, h.db)

	act := store.System("test")
	grant := func(customer policy.ID, user string, scope policy.Scope, permissions ...policy.Permission) {
		role, err := s.AddRole(ctx, act, customer, store.Role{Name: "role of " + user, Permissions: permissions})
		require.NoError(t, err)
		_, err = s.AddAssignment(ctx, act, customer, store.Assignment{Role: role, Name: user, Scopes: []policy.Scope{scope},
			Members: []store.Member{{Principal: policy.User(user), Name: user}}})
		require.NoError(t, err)
	}
	grant(h.northwind, "ann", policy.ScopeAll, policy.RoomsView, policy.TicketsView)
	grant(h.northwind, "bob", policy.ScopeRoom(h.rooms[0]), policy.RoomsView)
	grant(h.contoso, "eve", policy.ScopeAll, policy.RoomsView)

	r := rooms.New(s, now)
	e := echo.New()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			ctx := context.WithValue(c.Request().Context(), userKey{}, c.Request().Header.Get("X-User"))
			c.SetRequest(c.Request().WithContext(ctx))
			return next(c)
		}
	})
	_, err = api.Register(e, &api.Desk{Gate: gate{}, Decider: policy.NewDecider(s, now, policy.Limits{}), Log: slog.New(slog.NewTextHandler(io.Discard, nil))},
		"test", routes(r))
	require.NoError(t, err)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func routes(r *rooms.Rooms) []api.Route {
	may := api.Holding(policy.RoomsView)
	return []api.Route{
		api.Op("GET", "/api/rooms", may, "Rooms", r.List),
		api.Op("GET", "/api/rooms/counts", may, "Counts", r.Counts),
		api.Op("GET", "/api/rooms/facets", may, "Facets", r.Facets),
		api.Op("GET", "/api/rooms/{id}", may, "Room", r.Get),
		api.Op("GET", "/api/rooms/{id}/devices", may, "Devices", r.Devices),
		api.Op("GET", "/api/rooms/{id}/signals", may, "Signals", r.Signals),
		api.Op("GET", "/api/rooms/{id}/actions", may, "Actions", r.Actions),
		api.Op("POST", "/api/rooms/{id}/actions", api.Holding(policy.RoomsAct), "Act", r.Ask).Creates().Controlled(),
		api.Op("GET", "/api/customers/{id}/groups", api.Holding(policy.GroupsView), "Groups", r.Groups),
		api.Op("POST", "/api/customers/{id}/groups", api.Holding(policy.GroupsCreate), "Make", r.AddGroup).Creates(),
		api.Op("POST", "/api/customers/{id}/groups/preview", api.Holding(policy.GroupsView), "Preview", r.PreviewGroup),
		api.Op("GET", "/api/customers/{id}/groups/facts", api.Holding(policy.GroupsView), "Facts", r.GroupFacts),
		api.Op("GET", "/api/customers/{id}/groups/{group}", api.Holding(policy.GroupsView), "Group", r.Group),
		api.Op("PUT", "/api/customers/{id}/groups/{group}", api.Holding(policy.GroupsModify), "Change", r.ChangeGroup),
		api.Op("DELETE", "/api/customers/{id}/groups/{group}", api.Holding(policy.GroupsModify), "Remove", r.DeleteGroup),
		api.Op("GET", "/api/customers/{id}/groups/{group}/rooms", api.Holding(policy.GroupsView), "Rooms", r.GroupRooms),
	}
}

// fill writes the rows that collecting would write.
func (h *house) fill(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=foreign_keys(ON)&_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	do := func(text string, args ...any) {
		_, err := db.Exec(text, args...)
		require.NoError(t, err)
	}
	for id, name := range map[policy.ID]string{h.northwind: "Northwind", h.contoso: "Contoso"} {
		do(`INSERT INTO tenants (tenant_id, name, created_at) VALUES ($1, $1, 0)`, name)
		do(`INSERT INTO invitations (id, tenant_id, name, partner_domain, state, grant_json, rooms_offered, ceiling_json, change_control_json,
			retention_days, terms_version, sent_at, sent_by_oid, sent_by_name, expires_at)
			VALUES ($1, $2, $2, 'partner.example', 'accepted', '{}', 0, '[]', '{}', 180, '1', 0, 'o', 'n', 0)`, int64(id), name)
		do(`INSERT INTO customers (id, tenant_id, name, state, rule_version, grant_json, ceiling_json, change_control_json, retention_days,
			invitation_id, accepted_at, accepted_by_name) VALUES ($1, $2, $2, 'active', 1, '{}', '["rooms.view","tickets.view","groups.view","groups.create","groups.modify","roles.view"]', '{}', 180, $1, 0, 'n')`, int64(id), name)
		do(`INSERT INTO collect_jobs (customer_id, kind, due_at, state_since, last_good_at) VALUES ($1, 'devices', 0, 0, $2)`,
			int64(id), start.Add(-2*time.Minute).UnixMilli())
	}
	room := func(customer, id policy.ID, n int, city, health string, rank int) {
		do(`INSERT INTO rooms (id, customer_id, place_id, name, email, country, city, building, floor, label, capacity, maker, model, health, health_rank,
				critical, search, created_at, updated_at)
			VALUES ($1, $2, $3, $4, 'r@x.example', 'FR', $5, 'Tour Élysée', '3', 'L', 8, 'Logi', 'Bar', $6, $7, $8, lower($4 || char(10) || $5) || char(10) || 'tour elysee', $9, 1)`,
			int64(id), int64(customer), fmt.Sprint("p", n), fmt.Sprint("Salle ", n), city, health, rank, (70-rank)/50, start.AddDate(0, -1, 0).UnixMilli())
	}
	for n, id := range h.rooms {
		health, rank := "healthy", 60
		if n == 0 {
			health, rank = "unhealthy", 10
		}
		room(h.northwind, id, n, "Paris", health, rank)
	}
	room(h.contoso, h.foreign, 99, "Geheimstadt", "healthy", 60)
	do(`UPDATE rooms SET hidden_at = 1, city = 'Verborgen' WHERE id = $1`, int64(h.rooms[6]))
	do(`INSERT INTO devices (id, customer_id, room_id, graph_id, kind, maker, model, serial, asset_tag, health, activity, app_version, created_at, updated_at)
		VALUES (7, $1, $2, 'g', 'teamsRoom', 'Logi', 'Bar', 'SN1', 'T1', 'critical', 'idle', '5.3', 1, $3)`, int64(h.northwind), int64(h.rooms[0]), start.UnixMilli())
	do(`INSERT INTO incidents (id, customer_id, room_id, device_id, signal, category, severity, severity_rank, state, open, opened_at, updated_at)
		VALUES (8, $1, $2, 7, 'room-camera', 'hardware', 'critical', 10, 'active', 1, 1, 1)`, int64(h.northwind), int64(h.rooms[0]))
	do(`INSERT INTO signals (device_id, signal, room_id, state, severity, value, since) VALUES (7, 'room-camera', $1, 'bad', 'critical', 'none', $2)`,
		int64(h.rooms[0]), start.Add(-time.Hour).UnixMilli())
	do(`INSERT INTO signal_spans (device_id, signal, state, severity, from_at) VALUES (7, 'room-camera', 'bad', 'critical', $1)`,
		start.Add(-time.Hour).UnixMilli())
}

func (h *house) get(t *testing.T, user, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, h.url+path, nil)
	require.NoError(t, err)
	req.Header.Set("X-User", user)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body)
}

func (h *house) read(t *testing.T, user, path string, into any) {
	t.Helper()
	status, body := h.get(t, user, path)
	require.Equal(t, 200, status, body)
	require.NoError(t, json.Unmarshal([]byte(body), into))
}

func TestRoomsOverHTTP(t *testing.T) {
	h := build(t)
	var page api.Page[rooms.Room]
	h.read(t, "ann", "/api/rooms?limit=1&total=true", &page)
	require.Equal(t, 6, *page.Total)
	seen, data := page.Items[0], start.Add(-2*time.Minute)
	require.Equal(t, rooms.Room{ID: h.rooms[0].String(), Name: "Salle 0", CustomerID: h.northwind.String(), CustomerName: "Northwind", Health: "unhealthy",
		Incidents: rooms.RoomIncidents{Critical: 1}, OpenIncidents: 1, Country: "FR", City: "Paris", Building: "Tour Élysée", Floor: "3", Label: "L",
		Capacity: 8, Email: "r@x.example", Maker: "Logi", Model: "Bar", DataAt: &data}, seen)

	page = api.Page[rooms.Room]{}
	h.read(t, "bob", "/api/rooms", &page)
	require.Len(t, page.Items, 1)
	require.Equal(t, 0, page.Items[0].OpenIncidents, "bob has no tickets.view")
	require.Equal(t, 1, page.Items[0].Incidents.Critical, "health is what rooms.view shows")
	_, body := h.get(t, "ann", "/api/rooms")
	require.NotContains(t, body, `"total"`, "a total is computed only when asked for")
	require.Contains(t, body, `"dataAt":"2026-11-20T09:58:00Z"`)

	var detail rooms.RoomDetail
	h.read(t, "ann", "/api/rooms/"+h.rooms[0].String(), &detail)
	require.Equal(t, seen, detail.Room)
	require.Equal(t, 1, detail.Devices)
	require.Equal(t, start.AddDate(0, -1, 0), detail.WatchedSince)

	var devices rooms.RoomDevices
	h.read(t, "ann", "/api/rooms/"+h.rooms[0].String()+"/devices", &devices)
	require.Equal(t, []rooms.RoomDevice{{ID: policy.ID(7).String(), Kind: "teamsRoom", Maker: "Logi", Model: "Bar", Serial: "SN1", AssetTag: "T1",
		Health: "critical", Activity: "idle", AppVersion: "5.3", ChangedAt: start}}, devices.Items)

	var signals rooms.RoomSignals
	h.read(t, "ann", "/api/rooms/"+h.rooms[0].String()+"/signals", &signals)
	require.Equal(t, start.AddDate(0, 0, -7), signals.From)
	require.Equal(t, start, signals.To)
	require.Nil(t, signals.LastKnownAt)
	require.Equal(t, []rooms.RoomSignal{{DeviceID: policy.ID(7).String(), DeviceKind: "teamsRoom", Signal: "room-camera", State: "bad", Severity: "critical",
		Value: "none", Since: start.Add(-time.Hour), IncidentID: policy.ID(8).String(), IncidentState: "active",
		Spans: []rooms.RoomSpan{{State: "bad", Severity: "critical", From: start.Add(-time.Hour)}}}}, signals.Items)
	signals = rooms.RoomSignals{}
	h.read(t, "bob", "/api/rooms/"+h.rooms[0].String()+"/signals", &signals)
	require.Len(t, signals.Items, 1)
	require.Empty(t, signals.Items[0].IncidentID, "bob has no tickets.view")
	_, body = h.get(t, "ann", "/api/rooms/"+h.rooms[1].String()+"/devices")
	require.JSONEq(t, `{"items": [], "managed": []}`, body)

	var counts rooms.RoomCounts
	h.read(t, "ann", "/api/rooms/counts?health=offline", &counts)
	require.Equal(t, rooms.RoomCounts{Total: 6, Unhealthy: 1, Healthy: 5}, counts)
}

func TestRoomPagesOverHTTP(t *testing.T) {
	h := build(t)
	for _, sort := range []string{"", "health", "-health", "name", "-name", "lastSeen", "-lastSeen", "incidents", "-incidents"} {
		var names []string
		for cursor, n := "", 0; ; n++ {
			require.Less(t, n, 4, "the pages do not end")
			var page api.Page[rooms.Room]
			q := url.Values{"limit": {"4"}, "cursor": {cursor}, "q": {"salle"}}
			if sort != "" {
				q.Set("sort", sort)
			}
			h.read(t, "ann", "/api/rooms?"+q.Encode(), &page)
			for _, r := range page.Items {
				names = append(names, r.Name)
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		want := []string{"Salle 0", "Salle 1", "Salle 2", "Salle 3", "Salle 4", "Salle 5"}
		switch sort {
		case "-health", "-name", "-lastSeen":
			want = []string{"Salle 5", "Salle 4", "Salle 3", "Salle 2", "Salle 1", "Salle 0"}
		case "incidents":
			want = []string{"Salle 1", "Salle 2", "Salle 3", "Salle 4", "Salle 5", "Salle 0"}
		case "-incidents":
			want = []string{"Salle 0", "Salle 5", "Salle 4", "Salle 3", "Salle 2", "Salle 1"}
		}
		require.Equal(t, want, names, sort)
	}
}

func TestBadQuestionsAboutRooms(t *testing.T) {
	h := build(t)
	var page api.Page[rooms.Room]
	h.read(t, "ann", "/api/rooms?limit=2&sort=name&city=Paris", &page)
	require.NotEmpty(t, page.Next)
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"/api/rooms?sort=size":                                         {422, "query.sort"},
		"/api/rooms?sort=":                                             {200, "items"},
		"/api/rooms?health=well":                                       {422, "query.health"},
		"/api/rooms?health=healthy&health=":                            {422, "query.health"},
		"/api/rooms?severity=recommended":                              {422, "query.severity"},
		"/api/rooms?limit=0":                                           {422, "query.limit"},
		"/api/rooms?limit=501":                                         {422, "query.limit"},
		"/api/rooms?limit=500":                                         {200, "items"},
		"/api/rooms?limit=x":                                           {422, "query.limit"},
		"/api/rooms?capacityMin=-1":                                    {422, "query.capacityMin"},
		"/api/rooms?total=perhaps":                                     {422, "query.total"},
		"/api/rooms?colour=red":                                        {422, "colour"},
		"/api/rooms?q=" + strings.Repeat("x", 101):                     {422, "query.q"},
		"/api/rooms/counts?limit=5":                                    {422, "limit"},
		"/api/rooms?cursor=nonsense":                                   {400, "bad-cursor"},
		"/api/rooms?cursor=" + page.Next:                               {400, "bad-cursor"},
		"/api/rooms?limit=2&sort=name&city=Lyon&cursor=" + page.Next:   {400, "bad-cursor"},
		"/api/rooms?limit=2&sort=-name&city=Paris&cursor=" + page.Next: {400, "bad-cursor"},
		"/api/rooms?limit=2&sort=name&city=Paris&customer=" + h.contoso.String() + "&cursor=" + page.Next: {400, "bad-cursor"},
		"/api/rooms?limit=9&sort=name&city=Paris&total=true&cursor=" + page.Next:                          {200, "Salle 2"},
		"/api/rooms?city=Paris&city=Lyon": {200, "Salle 0"},
	} {
		status, body := h.get(t, "ann", path)
		require.Equal(t, want.status, status, "%s: %s", path, body)
		require.Contains(t, body, want.says, path)
	}
	status, _ := h.get(t, "", "/api/rooms")
	require.Equal(t, 401, status)
	status, _ = h.get(t, "customer", "/api/rooms")
	require.Equal(t, 403, status)
}

// What a person does not see answers as what never was: the same bytes.
func TestForeignRoomsDoNotExist(t *testing.T) {
	h := build(t)
	for _, tail := range []string{"", "/devices", "/signals"} {
		status, missing := h.get(t, "ann", "/api/rooms/"+policy.NewID().String()+tail)
		require.Equal(t, 404, status)
		for name, path := range map[string]string{
			"foreign":    h.foreign.String(),
			"hidden":     h.rooms[6].String(),
			"malformed":  "x",
			"a customer": h.northwind.String(),
		} {
			status, body := h.get(t, "ann", "/api/rooms/"+path+tail)
			require.Equal(t, 404, status, name)
			require.Equal(t, missing, body, name)
		}
		status, body := h.get(t, "bob", "/api/rooms/"+h.rooms[1].String()+tail)
		require.Equal(t, 404, status)
		require.Equal(t, missing, body, "outside bob's scope")
		status, body = h.get(t, "nobody", "/api/rooms/"+h.rooms[0].String()+tail)
		require.Equal(t, 404, status)
		require.Equal(t, missing, body, "without any role")
		status, _ = h.get(t, "ann", "/api/rooms/"+h.rooms[0].String()+tail)
		require.Equal(t, 200, status)
	}
	for _, path := range []string{"/api/rooms?total=true&customer=", "/api/rooms/counts?customer="} {
		_, missing := h.get(t, "ann", path+policy.NewID().String())
		for _, customer := range []string{h.contoso.String(), "x", "0000000000000"} {
			status, body := h.get(t, "ann", path+customer)
			require.Equal(t, 200, status)
			require.Equal(t, missing, body, customer)
		}
		_, own := h.get(t, "ann", path+h.northwind.String())
		require.NotEqual(t, missing, own)
	}
	for _, path := range []string{"/api/rooms?limit=500", "/api/rooms/facets", "/api/rooms/facets?customer=" + h.contoso.String(), "/api/rooms?q=Geheim", "/api/rooms?city=Geheimstadt"} {
		_, body := h.get(t, "ann", path)
		for _, secret := range []string{"Contoso", h.contoso.String(), h.foreign.String(), "Geheimstadt", "Verborgen", h.rooms[6].String()} {
			require.NotContains(t, body, secret, path)
		}
	}
	_, body := h.get(t, "ann", "/api/rooms/facets")
	require.Contains(t, body, "Paris")
	_, body = h.get(t, "eve", "/api/rooms/facets")
	require.Contains(t, body, "Geheimstadt")
}

// A right that is given or taken counts with the next request, without any notice to the decider.
func TestRightsCountAtOnce(t *testing.T) {
	h := build(t)
	status, _ := h.get(t, "bob", "/api/rooms/"+h.rooms[1].String())
	require.Equal(t, 404, status)
	ctx := context.Background()
	role, err := h.store.AddRole(ctx, store.System("test"), h.northwind, store.Role{Name: "more", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	_, err = h.store.AddAssignment(ctx, store.System("test"), h.northwind, store.Assignment{Role: role, Name: "more",
		Scopes: []policy.Scope{policy.ScopeRoom(h.rooms[1])}, Members: []store.Member{{Principal: policy.User("bob")}}})
	require.NoError(t, err)
	status, body := h.get(t, "bob", "/api/rooms/"+h.rooms[1].String())
	require.Equal(t, 200, status, body)
}

// The document is made of a table whose features are nil: registering must not touch them.
func TestDocumentNeedsNoStore(t *testing.T) {
	doc, err := api.Document("test", routes(nil))
	require.NoError(t, err)
	for _, name := range []string{`"Room"`, `"RoomDetail"`, `"RoomDevice"`, `"RoomSignal"`, `"RoomSpan"`, `"RoomCounts"`, `"RoomFacets"`} {
		require.Contains(t, string(doc), name)
	}
}
