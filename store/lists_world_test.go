package store

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"roomward/policy"
)

// A listWorld is customers with rules, rooms and incidents in a real database, and the same as plain Go values. What the lists answer is
// compared with loops over those values, which know neither cells nor Casbin nor SQL.

type listWorld struct {
	store     *Store
	decider   *policy.Decider
	clock     *atomic.Int64
	customers []*listCustomer
	incidents []*listIncident
}

type listCustomer struct {
	id      ID
	name    string
	closed  bool
	ceiling []policy.Permission
	grants  []listGrant
	rooms   []*listRoom
	groups  []RoomGroup
}

type listGrant struct {
	permissions []policy.Permission
	members     []policy.Principal
	scopes      []policy.Scope
	from, until time.Time
}

type listRoom struct {
	Room
	customer *listCustomer
	hidden   bool
	groups   []ID
	device   ID
}

type listIncident struct {
	Incident
	room *listRoom
}

var listStart = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

func (w *listWorld) now() time.Time { return time.UnixMilli(w.clock.Load()).UTC() }

func newListWorld(t require.TestingT, dir string) *listWorld {
	w := &listWorld{clock: &atomic.Int64{}}
	w.clock.Store(millis(listStart))
	startEmpty(t, dir)
	s, err := Open(context.Background(), Options{Dir: dir, Now: w.now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	require.NoError(t, err)
	_, err = s.writer.Exec(`PRAGMA synchronous = OFF`) // hundreds of worlds, none of which has to survive power loss
	require.NoError(t, err)
	w.store, w.decider = s, policy.NewDecider(s, w.now, policy.Limits{})
	return w
}

// do runs statements as one change.
func (w *listWorld) do(t require.TestingT, fn func(*tx) error) {
	require.NoError(t, w.store.write(context.Background(), fn))
}

func (w *listWorld) insert(t require.TestingT, statement string, args ...any) {
	w.do(t, func(t *tx) error { _, err := t.exec(context.Background(), statement, args...); return err })
}

// run reads the ids of a statement.
func (w *listWorld) run(t require.TestingT, q statement) []ID {
	var ids []ID
	err := w.store.read(context.Background(), func(t *tx) error {
		var err error
		ids, err = readAll(context.Background(), t, "run a statement", q, scanID)
		return err
	})
	require.NoError(t, err)
	return ids
}

var listAct = Act{Side: SidePartner, TenantID: "p", OID: "o", Name: "Test"}

func (w *listWorld) addCustomer(t require.TestingT, c *listCustomer) {
	tenant := fmt.Sprintf("tenant-%d", len(w.customers))
	state := CustomerActive
	if c.closed {
		state = CustomerWithdrawn
	}
	ceiling, err := toJSON(nonNil(c.ceiling))
	require.NoError(t, err)
	w.do(t, func(t *tx) error {
		ctx := context.Background()
		for _, s := range []statement{
			{`INSERT INTO tenants (tenant_id, name, created_at) VALUES ($1, $2, 0)`, []any{tenant, c.name}},
			{`INSERT INTO invitations (id, tenant_id, name, partner_domain, state, grant_json, rooms_offered, ceiling_json, change_control_json,
				retention_days, terms_version, sent_at, sent_by_oid, sent_by_name, expires_at)
				VALUES ($1, $2, $3, 'partner.example', 'accepted', '{}', 0, '[]', '{}', 180, '1', 0, 'o', 'n', 0)`, []any{c.id, tenant, c.name}},
			{`INSERT INTO customers (id, tenant_id, name, state, rule_version, grant_json, ceiling_json, change_control_json, retention_days,
				invitation_id, accepted_at, accepted_by_name) VALUES ($1, $2, $3, $4, 1, '{}', $5, '{}', 180, $1, 0, 'n')`,
				[]any{c.id, tenant, c.name, state, ceiling}},
			{`INSERT INTO collect_jobs (customer_id, kind, due_at, state_since, last_good_at) VALUES ($1, 'devices', 0, 0, $2)`,
				[]any{c.id, millis(listStart) - int64(c.id%1000)}},
		} {
			if _, err := t.exec(ctx, s.text, s.args...); err != nil {
				return err
			}
		}
		for _, r := range c.rooms {
			if err := insertListRoom(ctx, t, r); err != nil {
				return err
			}
		}
		return nil
	})
	w.customers = append(w.customers, c)
	for i, g := range c.groups {
		id, err := w.store.AddRoomGroup(context.Background(), listAct, c.id, g)
		require.NoError(t, err)
		c.groups[i].ID = id
		for _, r := range c.rooms {
			if slices.Contains(g.Rooms, r.ID) {
				r.groups = append(r.groups, id)
			}
		}
	}
	w.do(t, func(t *tx) error { return recell(context.Background(), t, c.id, nil) })
}

func insertListRoom(ctx context.Context, t *tx, r *listRoom) error {
	_, err := t.exec(ctx, `INSERT INTO rooms (id, customer_id, place_id, name, email, country, city, building, floor, label, capacity, maker, model,
			health, health_rank, critical, important, warning, last_seen_at, search, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 1, 1)`,
		r.ID, r.customer.id, r.ID.String(), r.Name, r.Email, r.Country, r.City, r.Building, r.Floor, r.Label, r.Capacity, r.Maker, r.Model,
		r.Health, r.HealthRank, r.Critical, r.Important, r.Warning, orNull(r.LastSeenAt),
		PlaceFound{Name: r.Name, Email: r.Email, Building: r.Building, City: r.City, Label: r.Label}.search())
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO devices (id, customer_id, room_id, graph_id, kind, maker, model, serial, asset_tag, health, activity, created_at, updated_at)
		VALUES ($1, $2, $3, $4, 'teamsRoom', $5, $6, 's', 'a', 'healthy', 'idle', 1, 1)`, r.device, r.customer.id, r.ID, r.device.String(), r.Maker, r.Model)
	return err
}

func (w *listWorld) addGrant(t require.TestingT, c *listCustomer, g listGrant) {
	ctx := context.Background()
	name := policy.NewID().String()
	role, err := w.store.AddRole(ctx, listAct, c.id, Role{Name: name, Permissions: g.permissions})
	require.NoError(t, err)
	a := Assignment{Role: role, Name: name, Scopes: g.scopes, StartsAt: g.from, EndsAt: g.until}
	for _, m := range g.members {
		a.Members = append(a.Members, Member{Principal: m, Name: "x"})
	}
	_, err = w.store.AddAssignment(ctx, listAct, c.id, a)
	require.NoError(t, err)
	c.grants = append(c.grants, g)
}

// hide takes a room out of every view, as collecting does when Microsoft no longer reports it.
func (w *listWorld) hide(t require.TestingT, r *listRoom) {
	r.hidden = true
	w.do(t, func(t *tx) error {
		if _, err := t.exec(context.Background(), `UPDATE rooms SET hidden_at = $1 WHERE id = $2`, t.now, r.ID); err != nil {
			return err
		}
		return moveToCell(context.Background(), t, []ID{r.ID}, nil)
	})
}

func (w *listWorld) addIncident(t require.TestingT, i *listIncident) {
	open := slices.Contains(listOpen, i.State)
	w.insert(t, `INSERT INTO incidents (id, customer_id, room_id, cell_id, device_id, signal, category, severity, severity_rank, state, open, opened_at, updated_at)
		SELECT $1, customer_id, id, cell_id, $2, $3, $4, $5, $6, $7, $8, $9, 1 FROM rooms WHERE id = $10`,
		i.ID, i.room.device, i.Signal, i.Category, i.Severity, i.SeverityRank, i.State, open, millis(i.OpenedAt), i.room.ID)
	w.incidents = append(w.incidents, i)
}

var listOpen = []string{IncidentWatching, IncidentActive, IncidentInvestigating}

// sees is the naive answer to "may this actor use this permission in this room now?".
func (w *listWorld) sees(actor policy.Actor, p policy.Permission, r *listRoom) bool {
	c := r.customer
	if r.hidden || c.closed || !slices.Contains(c.ceiling, p) {
		return false
	}
	now := w.now()
	for _, g := range c.grants {
		if !slices.Contains(g.permissions, p) || now.Before(g.from) || !g.until.IsZero() && !now.Before(g.until) {
			continue
		}
		member := slices.ContainsFunc(g.members, func(m policy.Principal) bool { return m == actor.User || slices.Contains(actor.Groups, m) })
		covered := slices.ContainsFunc(g.scopes, func(s policy.Scope) bool {
			return s == policy.ScopeAll || s == policy.ScopeRoom(r.ID) || slices.ContainsFunc(r.groups, func(id ID) bool { return s == policy.ScopeGroup(id) })
		})
		if member && covered {
			return true
		}
	}
	return false
}

func (w *listWorld) view(t require.TestingT, actor policy.Actor, p policy.Permission) policy.View {
	v, err := w.decider.View(context.Background(), actor, p)
	require.NoError(t, err)
	return v
}

// freshView is the view after the refresh that api does on ErrStaleView.
func (w *listWorld) freshView(t require.TestingT, actor policy.Actor, p policy.Permission) policy.View {
	require.NoError(t, w.decider.Refresh(context.Background(), actor))
	return w.view(t, actor, p)
}

// The words of random worlds: few, so that filters meet them, with letters beyond ASCII and what LIKE takes for wildcards.
var (
	listNames     = []string{"Étage 100%", "étage 1000", "ÉTAGE", "salle_b", "SALLEXB", "Küche \\ Bar", "Board", "board", "Ωmega"}
	listBuildings = []string{"", "Tour Élysée", "Haus 1", "10% off"}
	listCities    = []string{"", "Paris", "München"}
	listCountries = []string{"FR", "DE"}
	listMakers    = []string{"", "Logi", "Poly"}
	listHealths   = []string{"unhealthy", "offline", "unmonitored", "suppressed", "onboarding", "healthy"}
	listQueries   = []string{"", "étage", "ÉTAGE", "tage", "100%", "%", "_", "e_b", "salle", "\\", "board", "élysée", "münchen", "küche", "nowhere", "room", "é", "h bar"}
	listSignals   = []string{"room-camera", "signin-teams", "display-1"}
	listCategory  = []string{"hardware", "account", "display"}
	listSeverity  = []string{"critical", "important", "warning", "recommended"}
	listActors    = []policy.Actor{
		{User: policy.User("ann"), Groups: []policy.Principal{policy.Group("desk")}},
		{User: policy.User("bob")},
		{User: policy.User("eve")},
	}
	listPermissions = []policy.Permission{policy.RoomsView, policy.TicketsView, policy.RoomsModify}
)

func drawSome[T any](t *rapid.T, from []T, label string) []T {
	var out []T
	for n, v := range from {
		if rapid.IntRange(0, 2).Draw(t, fmt.Sprint(label, n)) == 0 {
			out = append(out, v)
		}
	}
	return out
}

// seldom is true one time in eight: filters must meet, and still leave pages.
func seldom(t *rapid.T, label string) bool { return rapid.IntRange(0, 7).Draw(t, label) == 7 }

func pick[T any](t *rapid.T, from []T, label string) T { return rapid.SampledFrom(from).Draw(t, label) }

func drawListWorld(t *rapid.T, dir string) *listWorld {
	w := newListWorld(t, dir)
	for n := range rapid.IntRange(1, 3).Draw(t, "customers") {
		c := &listCustomer{id: policy.NewID(), name: fmt.Sprint("Customer ", n%2), closed: seldom(t, "closed")}
		c.ceiling = listPermissions
		if seldom(t, "narrow ceiling") {
			c.ceiling = drawSome(t, listPermissions, "ceiling")
		}
		for range rapid.IntRange(2, 9).Draw(t, "rooms") {
			c.rooms = append(c.rooms, drawListRoom(t, c))
		}
		for g := range rapid.IntRange(0, 2).Draw(t, "groups") {
			group := RoomGroup{Name: fmt.Sprint("group ", g)}
			for _, r := range drawSome(t, c.rooms, "in group") {
				group.Rooms = append(group.Rooms, r.ID)
			}
			c.groups = append(c.groups, group)
		}
		w.addCustomer(t, c)
		for range rapid.IntRange(2, 4).Draw(t, "grants") {
			w.addGrant(t, c, drawListGrant(t, c))
		}
		for _, r := range c.rooms {
			for n, signal := range listSignals {
				if rapid.IntRange(0, 1).Draw(t, "incident") == 0 {
					continue
				}
				rank := rapid.IntRange(0, 3).Draw(t, "severity")
				w.addIncident(t, &listIncident{room: r, Incident: Incident{ID: policy.NewID(), Signal: signal, Category: listCategory[n],
					Severity: listSeverity[rank], SeverityRank: 10 + rank*10, State: pick(t, everyState(), "state"),
					OpenedAt: listStart.Add(-time.Duration(rapid.IntRange(0, 4).Draw(t, "age")) * time.Hour)}})
			}
		}
		for _, r := range drawSome(t, c.rooms, "hidden") {
			if rapid.Bool().Draw(t, "really hidden") {
				w.hide(t, r)
			}
		}
	}
	return w
}

func drawListRoom(t *rapid.T, c *listCustomer) *listRoom {
	health := rapid.IntRange(0, len(listHealths)-1).Draw(t, "health")
	r := &listRoom{customer: c, device: policy.NewID(), Room: Room{ID: policy.NewID(), Name: pick(t, listNames, "name"), Email: "room@example.org",
		Country: pick(t, listCountries, "country"), City: pick(t, listCities, "city"), Building: pick(t, listBuildings, "building"),
		Label: pick(t, []string{"", "A_1"}, "label"), Capacity: rapid.IntRange(0, 3).Draw(t, "capacity"), Maker: pick(t, listMakers, "maker"), Model: "M",
		Health: listHealths[health], HealthRank: (health + 1) * 10, Critical: rapid.IntRange(0, 1).Draw(t, "critical"),
		Important: rapid.IntRange(0, 2).Draw(t, "important"), Warning: rapid.IntRange(0, 1).Draw(t, "warning")}}
	if rapid.Bool().Draw(t, "missing") {
		r.LastSeenAt = listStart.Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "seen")) * time.Hour)
	}
	return r
}

func drawListGrant(t *rapid.T, c *listCustomer) listGrant {
	g := listGrant{permissions: drawSome(t, listPermissions, "permissions"), members: []policy.Principal{pick(t,
		[]policy.Principal{policy.User("ann"), policy.Group("desk"), policy.User("bob"), policy.Group("other")}, "member")}}
	if rapid.Bool().Draw(t, "bob too") {
		g.members = append(g.members, policy.User("bob"))
		slices.Sort(g.members)
		g.members = slices.Compact(g.members)
	}
	if !seldom(t, "sees less") {
		g.permissions = listPermissions
	}
	scopes := []policy.Scope{policy.ScopeAll}
	for _, group := range c.groups {
		scopes = append(scopes, policy.ScopeGroup(group.ID))
	}
	for _, r := range c.rooms {
		scopes = append(scopes, policy.ScopeRoom(r.ID))
	}
	g.scopes = []policy.Scope{pick(t, scopes, "scope")}
	if more := pick(t, scopes, "another scope"); more != g.scopes[0] {
		g.scopes = append(g.scopes, more)
	}
	switch rapid.IntRange(0, 7).Draw(t, "bounds") {
	case 5:
		g.until = listStart.Add(-time.Hour)
	case 6:
		g.from = listStart.Add(time.Hour)
	case 7:
		g.from, g.until = listStart.Add(-time.Hour), listStart.Add(time.Hour)
	}
	return g
}

// checkWorlds runs a property on random worlds, each in its own database.
func checkWorlds(t *testing.T, property func(*rapid.T, *listWorld)) {
	t.Helper()
	root := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(root, "world")
		require.NoError(rt, err)
		w := drawListWorld(rt, dir)
		defer func() {
			require.NoError(rt, w.store.Close())
			require.NoError(rt, os.RemoveAll(dir))
		}()
		property(rt, w)
	})
}

// holds is the naive search: any of the texts contains q, in small or capital letters, with accents or without.
func holds(q string, texts ...string) bool {
	plain := func(text string) string {
		return strings.NewReplacer("é", "e", "è", "e", "ü", "u", "ö", "o", "ä", "a", "ß", "ss").Replace(strings.ToLower(text))
	}
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(plain(text), plain(q)) })
}

// probed is what a probe finds; the small worlds have so few rows that it always ends.
func (w *listWorld) probed(t require.TestingT, q statement, limit int) []ID {
	var ids []ID
	require.NoError(t, w.store.read(context.Background(), func(t2 *tx) error {
		got, found, err := probe(context.Background(), t2, "probe", q, limit)
		require.True(t, found || err != nil)
		ids = append([]ID{}, got...)
		return err
	}))
	return ids
}

func among(value string, values []string) bool {
	return len(values) == 0 || slices.Contains(values, value)
}

// naiveFacet counts values, most frequent first, then by label and value.
func naiveFacet[T any](rows []T, of func(T) (value, label string)) []Facet {
	out := []Facet{}
	at := map[string]int{}
	for _, row := range rows {
		value, label := of(row)
		if label == "" {
			continue
		}
		n, known := at[value]
		if !known {
			n = len(out)
			at[value] = n
			out = append(out, Facet{Value: value, Label: label})
		}
		out[n].Count++
	}
	slices.SortFunc(out, func(a, b Facet) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Value, b.Value))
	})
	return out
}
