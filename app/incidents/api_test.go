package incidents_test

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
	"roomward/app/incidents"
	"roomward/policy"
	"roomward/store"
)

var apiStart = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

func apiNow() time.Time { return apiStart }

// gate lets in whom the header X-User names.
type gate struct{}

type userKey struct{}

func (gate) Person(ctx context.Context) (*api.Person, error) {
	user, _ := ctx.Value(userKey{}).(string)
	if user == "" {
		return nil, nil
	}
	return &api.Person{Side: store.SidePartner, TenantID: "p", OID: user, Name: user}, nil
}

func (gate) Powers(context.Context, api.Person) (policy.Powers, error) { return policy.Powers{}, nil }

func (gate) IsAdmin(api.Person) bool { return false }

// house is a server over two customers with one incident per room: ann sees those of Northwind but that of its hidden room; bob those of one
// room, without rooms.view; eve those of Contoso.
type house struct {
	url                string
	northwind, contoso policy.ID
	rooms              []policy.ID // of Northwind, five; the last is hidden
	incidents          []policy.ID // of those rooms
	foreign            policy.ID   // Contoso's incident, and its room
}

func build(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	ctx := context.Background()
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := store.Open(ctx, store.Options{Dir: dir, Now: apiNow, Log: quiet})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	h := &house{northwind: policy.NewID(), contoso: policy.NewID(), foreign: policy.NewID()}
	for range 5 {
		h.rooms, h.incidents = append(h.rooms, policy.NewID()), append(h.incidents, policy.NewID())
	}
	path := filepath.Join(dir, "roomward.db")
	h.fill(t, path)
	act := store.System("test")
	grant := func(customer policy.ID, user string, scope policy.Scope, permissions ...policy.Permission) {
		role, err := s.AddRole(ctx, act, customer, store.Role{Name: "role of " + user, Permissions: permissions})
		require.NoError(t, err)
		_, err = s.AddAssignment(ctx, act, customer, store.Assignment{Role: role, Name: user, Scopes: []policy.Scope{scope},
			Members: []store.Member{{Principal: policy.User(user), Name: user}}})
		require.NoError(t, err)
	}
	grant(h.northwind, "ann", policy.ScopeAll, policy.RoomsView, policy.TicketsView)
	grant(h.northwind, "bob", policy.ScopeRoom(h.rooms[0]), policy.TicketsView)
	grant(h.northwind, "rob", policy.ScopeAll, policy.RoomsView)
	grant(h.contoso, "eve", policy.ScopeAll, policy.TicketsView)

	e := echo.New()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			ctx := context.WithValue(c.Request().Context(), userKey{}, c.Request().Header.Get("X-User"))
			c.SetRequest(c.Request().WithContext(ctx))
			return next(c)
		}
	})
	_, err = api.Register(e, &api.Desk{Gate: gate{}, Decider: policy.NewDecider(s, apiNow, policy.Limits{}), Log: quiet}, "test", routes(incidents.New(s, apiNow)))
	require.NoError(t, err)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func routes(n *incidents.Incidents) []api.Route {
	may := api.Holding(policy.TicketsView)
	return []api.Route{
		api.Op("GET", "/api/incidents", may, "Incidents", n.List),
		api.Op("GET", "/api/incidents/counts", may, "Counts", n.Counts),
		api.Op("GET", "/api/incidents/facets", may, "Facets", n.Facets),
		api.Op("GET", "/api/incidents/{id}", may, "Incident", n.Get),
		api.Op("GET", "/api/incidents/{id}/history", may, "History", n.History),
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
			invitation_id, accepted_at, accepted_by_name) VALUES ($1, $2, $2, 'active', 1, '{}', '["rooms.view","tickets.view"]', '{}', 180, $1, 0, 'n')`, int64(id), name)
		do(`INSERT INTO collect_jobs (customer_id, kind, due_at, state_since, last_good_at) VALUES ($1, 'devices', 0, 0, $2)`,
			int64(id), apiStart.Add(-2*time.Minute).UnixMilli())
	}
	add := func(customer, room, incident policy.ID, n int, city string) {
		do(`INSERT INTO rooms (id, customer_id, place_id, name, email, country, city, building, floor, label, capacity, health, health_rank,
				search, created_at, updated_at)
			VALUES ($1, $2, $3, $4, '', 'FR', $5, 'Tour Élysée', '', '', 8, 'unhealthy', 10, lower($4 || char(10) || $5) || char(10) || 'tour elysee', 1, 1)`,
			int64(room), int64(customer), fmt.Sprint("p", n), fmt.Sprint("Salle ", n), city)
		do(`INSERT INTO devices (id, customer_id, room_id, graph_id, kind, maker, model, serial, asset_tag, health, activity, created_at, updated_at)
			VALUES ($1, $2, $1, $3, 'teamsRoom', 'Logi', 'Bar', '', '', '', '', 1, 1)`, int64(room), int64(customer), fmt.Sprint("g", n))
		severity, rank, state, open := "critical", 10, "active", 1
		switch n {
		case 1:
			severity, rank = "warning", 30
		case 2:
			state = "watching"
		case 3:
			state, open = "resolved", 0
		}
		do(`INSERT INTO incidents (id, customer_id, room_id, device_id, signal, category, severity, severity_rank, state, open, value, opened_at, activated_at, openings, updated_at)
			VALUES ($1, $2, $3, $3, 'room-camera', 'hardware', $4, $5, $6, $7, 'none', $8, $9, 2, 1)`, int64(incident), int64(customer), int64(room), severity, rank, state, open,
			apiStart.Add(-time.Duration(n+1)*time.Hour).UnixMilli(), apiStart.Add(-time.Minute).UnixMilli())
		opened := apiStart.Add(-26 * time.Hour).UnixMilli()
		do(`INSERT INTO incident_openings (incident_id, opened_at, resolved_at) VALUES ($1, $2, $2 + 1000), ($1, $3, NULL)`, int64(incident), opened, apiStart.UnixMilli())
		for event := range 7 {
			do(`INSERT INTO incident_events (incident_id, at, kind, detail, by_name) VALUES ($1, $2, 'activated', $3, '')`,
				int64(incident), apiStart.Add(-time.Hour).UnixMilli(), fmt.Sprint(n, "-", event))
		}
	}
	for n := range h.rooms {
		add(h.northwind, h.rooms[n], h.incidents[n], n, "Paris")
	}
	add(h.contoso, h.foreign, h.foreign, 99, "Geheimstadt")
	do(`UPDATE rooms SET hidden_at = 1, city = 'Verborgen' WHERE id = $1`, int64(h.rooms[4]))
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

func read[T any](t *testing.T, h *house, user, path string) T {
	t.Helper()
	var out T
	status, body := h.get(t, user, path)
	require.Equal(t, 200, status, body)
	require.NoError(t, json.Unmarshal([]byte(body), &out))
	return out
}

func TestIncidentsOverHTTP(t *testing.T) {
	h := build(t)
	page := read[api.Page[incidents.Incident]](t, h, "ann", "/api/incidents?limit=1&total=true")
	require.Equal(t, 3, *page.Total, "the open ones, without that of the hidden room")
	first := page.Items[0]
	days := make([]bool, 30)
	days[28], days[29] = true, true
	active, data := apiStart.Add(-time.Minute), apiStart.Add(-2*time.Minute)
	require.Equal(t, incidents.Incident{ID: h.incidents[0].String(), Number: store.Incident{ID: h.incidents[0]}.Number(), Signal: "room-camera", Category: "hardware",
		Severity: "critical", State: "active", Value: "none", CustomerID: h.northwind.String(), CustomerName: "Northwind", RoomID: h.rooms[0].String(), RoomName: "Salle 0",
		Country: "FR", City: "Paris", Building: "Tour Élysée", DeviceID: h.rooms[0].String(), Device: incidents.IncidentDevice{Kind: "teamsRoom", Maker: "Logi", Model: "Bar"},
		OpenedAt: apiStart.Add(-time.Hour), ActivatedAt: &active, Openings: 2, Days30: days, DataAt: &data}, first)

	detail := read[incidents.IncidentDetail](t, h, "ann", "/api/incidents/"+first.ID)
	require.Equal(t, first, detail.Incident)
	require.Equal(t, apiStart, detail.AsOf)
	require.Equal(t, []int{4, 4, 2}, []int{detail.SameSite.Rooms, detail.SameSite.UnhealthyRooms, detail.SameSite.OpenIncidents})
	var others []string
	for _, i := range detail.SameSite.Incidents {
		others = append(others, i.ID)
	}
	require.Equal(t, []string{h.incidents[2].String(), h.incidents[1].String()}, others, "worst first, without itself, resolved and hidden ones")
	require.Len(t, detail.Latest, 5)
	require.Equal(t, "0-6", detail.Latest[0].Detail)

	detail = read[incidents.IncidentDetail](t, h, "bob", "/api/incidents/"+first.ID)
	require.Zero(t, detail.SameSite.Rooms, "bob has no rooms.view")
	require.Zero(t, detail.SameSite.OpenIncidents, "and sees one room only")
	require.Empty(t, detail.SameSite.Incidents)
	_, body := h.get(t, "bob", "/api/incidents/"+first.ID)
	require.Contains(t, body, `"incidents":[]`)
	_, body = h.get(t, "rob", "/api/incidents")
	require.JSONEq(t, `{"items": []}`, body, "rooms.view shows no incidents")

	counts := read[incidents.IncidentCounts](t, h, "ann", "/api/incidents/counts?state=resolved&severity=critical")
	require.Equal(t, incidents.IncidentCounts{Open: 2, States: incidents.IncidentStates{Watching: 1, Active: 1, Resolved: 1},
		Severities: incidents.IncidentSeverities{Critical: 1}}, counts)
	facets := read[incidents.IncidentFacets](t, h, "ann", "/api/incidents/facets")
	require.Equal(t, []store.Facet{{Value: h.northwind.String(), Label: "Northwind", Count: 3}}, facets.Customers)
	require.Equal(t, []store.Facet{{Value: "Paris", Label: "Paris", Count: 3}}, facets.Cities)
}

func TestIncidentFilters(t *testing.T) {
	h := build(t)
	number := store.Incident{ID: h.incidents[1]}.Number()
	for query, want := range map[string][]int{
		"":                                 {0, 1, 2},
		"sort=opened":                      {2, 1, 0},
		"sort=severity":                    {2, 0, 1},
		"sort=-severity":                   {1, 0, 2},
		"state=resolved":                   {3},
		"state=active&state=resolved":      {0, 1, 3},
		"severity=warning":                 {1},
		"category=display":                 {},
		"signal=room-camera":               {0, 1, 2},
		"building=Tour+Élysée&city=Paris":  {0, 1, 2},
		"building=tour":                    {},
		"country=DE":                       {},
		"room=" + h.rooms[1].String():      {1},
		"room=" + h.foreign.String():       {},
		"room=" + policy.NewID().String():  {},
		"room=x":                           {},
		"customer=" + h.northwind.String(): {0, 1, 2},
		"customer=" + h.contoso.String():   {},
		"customer=x":                       {},
		"q=" + number:                      {1},
		"q=" + strings.ToLower(number):     {1},
		"q=salle+2":                        {2},
		"q=%C3%A9lys%C3%A9e":               {0, 1, 2},
		"q=%25":                            {},
		"q=camera":                         {0, 1, 2},
		"q=" + store.Incident{ID: h.foreign}.Number(): {},
	} {
		page := read[api.Page[incidents.Incident]](t, h, "ann", "/api/incidents?"+query)
		got := []string{}
		for _, i := range page.Items {
			got = append(got, i.ID)
		}
		ids := []string{}
		for _, n := range want {
			ids = append(ids, h.incidents[n].String())
		}
		require.Equal(t, ids, got, query)
	}
}

func TestIncidentPagesOverHTTP(t *testing.T) {
	h := build(t)
	for _, sort := range []string{"-opened", "opened", "severity", "-severity"} {
		whole := read[api.Page[incidents.Incident]](t, h, "ann", "/api/incidents?sort="+sort)
		var got []incidents.Incident
		for cursor, n := "", 0; n == 0 || cursor != ""; n++ {
			require.Less(t, n, 4, "the pages do not end")
			page := read[api.Page[incidents.Incident]](t, h, "ann", "/api/incidents?limit=1&sort="+sort+"&cursor="+url.QueryEscape(cursor))
			got, cursor = append(got, page.Items...), page.Next
		}
		require.Equal(t, whole.Items, got, sort)
	}
	var details []string
	path := "/api/incidents/" + h.incidents[0].String() + "/history?limit=3&cursor="
	for cursor, n := "", 0; n == 0 || cursor != ""; n++ {
		require.Less(t, n, 4, "the history does not end")
		page := read[api.Page[incidents.IncidentEvent]](t, h, "ann", path+url.QueryEscape(cursor))
		for _, e := range page.Items {
			details = append(details, e.Detail)
		}
		cursor = page.Next
	}
	require.Equal(t, []string{"0-6", "0-5", "0-4", "0-3", "0-2", "0-1", "0-0"}, details)
}

func TestBadQuestionsAboutIncidents(t *testing.T) {
	h := build(t)
	next := read[api.Page[incidents.Incident]](t, h, "ann", "/api/incidents?limit=1&severity=critical").Next
	history := read[api.Page[incidents.IncidentEvent]](t, h, "ann", "/api/incidents/"+h.incidents[0].String()+"/history?limit=1").Next
	require.NotEmpty(t, next)
	require.NotEmpty(t, history)
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"/api/incidents?sort=age":                                                  {422, "query.sort"},
		"/api/incidents?state=open":                                                {422, "query.state"},
		"/api/incidents?severity=high":                                             {422, "query.severity"},
		"/api/incidents?category=sound":                                            {422, "query.category"},
		"/api/incidents?limit=0":                                                   {422, "query.limit"},
		"/api/incidents?limit=501":                                                 {422, "query.limit"},
		"/api/incidents?owner=me":                                                  {422, "owner"},
		"/api/incidents/counts?sort=opened":                                        {422, "sort"},
		"/api/incidents?cursor=!":                                                  {400, "bad-cursor"},
		"/api/incidents?cursor=" + next:                                            {400, "bad-cursor"},
		"/api/incidents?cursor=" + history:                                         {400, "bad-cursor"},
		"/api/incidents?limit=1&severity=critical&cursor=" + next:                  {200, h.incidents[2].String()},
		"/api/incidents?limit=1&severity=critical&sort=opened&cursor=" + next:      {400, "bad-cursor"},
		"/api/incidents/" + h.incidents[0].String() + "/history?limit=501":         {422, "query.limit"},
		"/api/incidents/" + h.incidents[0].String() + "/history?cursor=" + history: {200, "0-5"},
		"/api/incidents/" + h.incidents[1].String() + "/history?cursor=" + history: {400, "bad-cursor"},
		"/api/incidents/" + h.incidents[0].String() + "/history?cursor=" + next:    {400, "bad-cursor"},
	} {
		status, body := h.get(t, "ann", path)
		require.Equal(t, want.status, status, "%s: %s", path, body)
		require.Contains(t, body, want.says, path)
	}
	status, _ := h.get(t, "", "/api/incidents")
	require.Equal(t, 401, status)
}

// What a person does not see answers as what never was: the same bytes.
func TestForeignIncidentsDoNotExist(t *testing.T) {
	h := build(t)
	for _, tail := range []string{"", "/history"} {
		_, missing := h.get(t, "ann", "/api/incidents/"+policy.NewID().String()+tail)
		for name, c := range map[string]struct{ user, id string }{
			"foreign":            {"ann", h.foreign.String()},
			"of a hidden room":   {"ann", h.incidents[4].String()},
			"malformed":          {"ann", "x"},
			"a room":             {"ann", h.rooms[0].String()},
			"outside the scope":  {"bob", h.incidents[1].String()},
			"without permission": {"rob", h.incidents[0].String()},
			"without any role":   {"nobody", h.incidents[0].String()},
		} {
			status, body := h.get(t, c.user, "/api/incidents/"+c.id+tail)
			require.Equal(t, 404, status, name)
			require.Equal(t, missing, body, name)
		}
		status, _ := h.get(t, "ann", "/api/incidents/"+h.incidents[0].String()+tail)
		require.Equal(t, 200, status)
	}
	for _, path := range []string{"/api/incidents?limit=500&state=active", "/api/incidents/facets", "/api/incidents/facets?customer=" + h.contoso.String(),
		"/api/incidents?q=Geheim", "/api/incidents/" + h.incidents[0].String()} {
		_, body := h.get(t, "ann", path)
		for _, secret := range []string{"Contoso", h.contoso.String(), h.foreign.String(), "Geheimstadt", "Verborgen", h.incidents[4].String(), h.rooms[4].String()} {
			require.NotContains(t, body, secret, path)
		}
	}
	_, body := h.get(t, "eve", "/api/incidents/facets")
	require.Contains(t, body, "Geheimstadt")
}

func TestDocumentNeedsNoStore(t *testing.T) {
	doc, err := api.Document("test", routes(nil))
	require.NoError(t, err)
	for _, name := range []string{`"Incident"`, `"IncidentDetail"`, `"IncidentSite"`, `"IncidentEvent"`, `"IncidentCounts"`, `"IncidentFacets"`} {
		require.Contains(t, string(doc), name)
	}
}

// Lists find rooms by the rank of their health: the rules that work it out must keep to the ranks that the store knows.
func TestHealthKeepsToItsRanks(t *testing.T) {
	incident := func(severity string) []store.IncidentState {
		return []store.IncidentState{{Signal: "room-camera", Severity: severity, State: "active"}}
	}
	good := []store.SignalState{{Signal: "room-camera", State: "good"}}
	bad := func(signal string) []store.SignalState { return []store.SignalState{{Signal: signal, State: "bad"}} }
	room := func(signals []store.SignalState, incidents []store.IncidentState) store.RoomBefore {
		return store.RoomBefore{LastPoll: apiStart, Devices: []store.RoomDevice{{Kind: "teamsRoom", Signals: signals, Incidents: incidents}}}
	}
	seen := map[string]bool{}
	for _, before := range []store.RoomBefore{
		room(good, nil), room(good, incident("critical")), room(good, incident("important")), room(good, incident("warning")),
		room(bad(incidents.Offline), nil), room(bad(incidents.NoTelemetry), nil), {}, {Blind: true},
	} {
		after := incidents.RoomHealth(before)
		low, high := store.HealthRanks(after.Health)
		require.GreaterOrEqual(t, after.Rank, low, after.Health)
		require.LessOrEqual(t, after.Rank, high, after.Health)
		seen[after.Health] = true
	}
	require.Len(t, seen, 5, "every health that the rules know: %v", seen)
}
