package store

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"roomward/policy"
)

var roomSorts = []RoomSort{"", RoomsByHealth, RoomsByHealthDown, RoomsByName, RoomsByNameDown, RoomsBySeen, RoomsBySeenDown, RoomsByIncidents, RoomsByIncidentsDown}

// drawnList is a list of a filter with the values that it may take.
type drawnList struct {
	name   string
	into   *[]string
	values []string
}

func drawLists(t *rapid.T, lists []drawnList) {
	for _, list := range lists {
		if seldom(t, "by "+list.name) {
			*list.into = drawSome(t, list.values, list.name)
		}
	}
}

// drawCustomer is mostly 0, for all of them.
func drawCustomer(t *rapid.T, w *listWorld) ID {
	switch {
	case seldom(t, "by customer"):
		return pick(t, w.customers, "customer").id
	case seldom(t, "by a customer that is not there"):
		return policy.NewID()
	}
	return 0
}

func drawRoomFilter(t *rapid.T, w *listWorld) RoomFilter {
	var f RoomFilter
	if seldom(t, "search") {
		f.Query = pick(t, listQueries, "q")
	}
	if seldom(t, "by capacity") {
		f.CapacityMin, f.CapacityMax = rapid.IntRange(0, 1).Draw(t, "capacity min"), rapid.IntRange(0, 2).Draw(t, "capacity max")
	}
	drawLists(t, []drawnList{
		{"health", &f.Health, listHealths}, {"severity", &f.Severity, listSeverity[:3]}, {"country", &f.Country, listCountries},
		{"city", &f.City, listCities}, {"building", &f.Building, listBuildings}, {"maker", &f.Maker, listMakers}, {"model", &f.Model, []string{"M", "N"}},
	})
	f.Customer = drawCustomer(t, w)
	if seldom(t, "by group") {
		f.Groups = append(drawSome(t, w.groups(), "group"), policy.NewID())
	}
	return f
}

func (w *listWorld) groups() (ids []ID) {
	for _, c := range w.customers {
		for _, g := range c.groups {
			ids = append(ids, g.ID)
		}
	}
	return ids
}

func (f RoomFilter) naive(r *listRoom) bool {
	severe := len(f.Severity) == 0 || r.Critical > 0 && slices.Contains(f.Severity, "critical") ||
		r.Important > 0 && slices.Contains(f.Severity, "important") || r.Warning > 0 && slices.Contains(f.Severity, "warning")
	return severe && (f.Customer == 0 || f.Customer == r.customer.id) && among(r.Health, f.Health) && among(r.Country, f.Country) &&
		among(r.City, f.City) && among(r.Building, f.Building) && among(r.Maker, f.Maker) && among(r.Model, f.Model) &&
		(f.CapacityMin == 0 || r.Capacity >= f.CapacityMin) && (f.CapacityMax == 0 || r.Capacity <= f.CapacityMax) &&
		(f.Query == "" || holds(f.Query, r.Name, r.Email, r.Building, r.City, r.Label))
}

// groupsShown stands for groups.view, so that its view differs from the others.
const groupsShown = policy.RoomsModify

func (w *listWorld) naiveRooms(actor policy.Actor, f RoomFilter) []*listRoom {
	var out []*listRoom
	for _, c := range w.customers {
		for _, r := range c.rooms {
			if w.sees(actor, policy.RoomsView, r) && f.naive(r) && (len(f.Groups) == 0 || w.sees(actor, groupsShown, r) &&
				slices.ContainsFunc(r.groups, func(id ID) bool { return slices.Contains(f.Groups, id) })) {
				out = append(out, r)
			}
		}
	}
	return out
}

func (s RoomSort) naive(a, b *listRoom) int {
	weight := func(r *listRoom) int { return r.Critical*1_000_000 + r.Important*1_000 + r.Warning }
	seen := func(r *listRoom) time.Time {
		if r.LastSeenAt.IsZero() {
			return listStart.AddDate(100, 0, 0)
		}
		return r.LastSeenAt
	}
	var first int
	switch s {
	case RoomsByName, RoomsByNameDown:
	case RoomsBySeen, RoomsBySeenDown:
		first = seen(a).Compare(seen(b))
	case RoomsByIncidents, RoomsByIncidentsDown:
		first = cmp.Compare(weight(a), weight(b))
	default:
		first = cmp.Compare(a.HealthRank, b.HealthRank)
	}
	order := cmp.Or(first, cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	if s != "" && s[0] == '-' {
		return -order
	}
	return order
}

func TestRoomListsAreTheNaiveOnes(t *testing.T) {
	checkWorlds(t, func(t *rapid.T, w *listWorld) {
		for _, actor := range listActors {
			v, tickets := w.freshView(t, actor, policy.RoomsView), w.view(t, actor, policy.TicketsView)
			for range filtersPerActor {
				w.checkRoomList(t, actor, v, tickets)
			}
		}
	})
}

// filtersPerActor is how many lists each person asks for in one world: worlds are dear, lists are not.
const filtersPerActor = 4

// checkRoomList reads all pages of a list drawn at random, with its counts and facets.
func (w *listWorld) checkRoomList(t *rapid.T, actor policy.Actor, v, tickets policy.View) {
	ctx := context.Background()
	f, sort := drawRoomFilter(t, w), pick(t, roomSorts, "sort")
	f.Grouped = w.view(t, actor, groupsShown)
	want := w.naiveRooms(actor, f)
	slices.SortFunc(want, sort.naive)

	q := RoomQuery{Filter: f, Sort: sort, Limit: rapid.IntRange(1, 4).Draw(t, "limit"), Total: true}
	got := []ID{}
	for {
		require.LessOrEqual(t, len(got), len(want), "the pages do not end")
		list, err := w.store.Rooms(ctx, v, tickets, q)
		require.NoError(t, err)
		require.Equal(t, len(want), list.Total)
		require.LessOrEqual(t, len(list.Rooms), q.Limit)
		for _, r := range list.Rooms {
			got = append(got, r.ID)
			w.checkRoom(t, actor, r)
		}
		if !list.More {
			break
		}
		require.Len(t, list.Rooms, q.Limit, "a page before the last is full")
		after := sort.Key(list.Rooms[len(list.Rooms)-1])
		q.After = &after
	}
	ids := []ID{}
	for _, r := range want {
		ids = append(ids, r.ID)
	}
	require.Equal(t, ids, got)
	for _, by := range []walk{byCell, byOrder} { // the small worlds never choose the second by themselves
		page, err := roomsPage(f.narrow(v), RoomQuery{Filter: f, Sort: sort, Limit: MaxPage}, by)
		require.NoError(t, err)
		require.Equal(t, ids, w.run(t, page), "walk %v", by)
	}
	if !f.counted() {
		probing, err := roomsProbe(f.narrow(v), RoomQuery{Filter: f, Sort: sort})
		require.NoError(t, err)
		require.Equal(t, ids, w.probed(t, probing, MaxPage), "a probe")
	}
	w.checkRoomCounts(t, actor, v, f)
	w.checkRoomFacets(t, actor, v, f)
}

func (w *listWorld) checkRoom(t *rapid.T, actor policy.Actor, got Room) {
	for _, c := range w.customers {
		for _, r := range c.rooms {
			if r.ID != got.ID {
				continue
			}
			open := 0
			for _, i := range w.incidents {
				if i.room == r && slices.Contains(listOpen, i.State) && w.sees(actor, policy.TicketsView, r) {
					open++
				}
			}
			want := r.Room
			want.Customer, want.CustomerName, want.OpenIncidents = c.id, c.name, open
			want.DataAt = when(millis(listStart) - int64(c.id%1000))
			require.Equal(t, want, got)
			return
		}
	}
	t.Fatalf("a room that does not exist: %v", got)
}

func (w *listWorld) checkRoomCounts(t *rapid.T, actor policy.Actor, v policy.View, f RoomFilter) {
	got, err := w.store.RoomCounts(context.Background(), v, f)
	require.NoError(t, err)
	f.Health = nil
	want := map[string]int{}
	for _, r := range w.naiveRooms(actor, f) {
		want[r.Health]++
	}
	require.Equal(t, want, got)
}

func (w *listWorld) checkRoomFacets(t *rapid.T, actor policy.Actor, v policy.View, f RoomFilter) {
	got, err := w.store.RoomFacets(context.Background(), v, f)
	require.NoError(t, err)
	naive := func(narrow func(*RoomFilter), of func(*listRoom) string) []Facet {
		others := f
		narrow(&others)
		return naiveFacet(w.naiveRooms(actor, others), func(r *listRoom) (string, string) { return of(r), of(r) })
	}
	others := f
	others.Customer = 0
	groups := []Facet{}
	if f.Customer != 0 {
		ungrouped := f
		ungrouped.Groups = nil
		groups = w.naiveGroups(actor, w.naiveRooms(actor, ungrouped))
	}
	require.Equal(t, RoomFacets{
		Groups:    groups,
		Customers: naiveFacet(w.naiveRooms(actor, others), func(r *listRoom) (string, string) { return r.customer.id.String(), r.customer.name }),
		Countries: naive(func(f *RoomFilter) { f.Country = nil }, func(r *listRoom) string { return r.Country }),
		Cities:    naive(func(f *RoomFilter) { f.City = nil }, func(r *listRoom) string { return r.City }),
		Buildings: naive(func(f *RoomFilter) { f.Building = nil }, func(r *listRoom) string { return r.Building }),
		Makers:    naive(func(f *RoomFilter) { f.Maker = nil }, func(r *listRoom) string { return r.Maker }),
		Models:    naive(func(f *RoomFilter) { f.Model = nil }, func(r *listRoom) string { return r.Model }),
	}, got)
}

func (w *listWorld) naiveGroups(actor policy.Actor, rooms []*listRoom) []Facet {
	out := []Facet{}
	for _, c := range w.customers {
		for _, g := range c.groups {
			n := 0
			for _, r := range rooms {
				if slices.Contains(r.groups, g.ID) && w.sees(actor, groupsShown, r) {
					n++
				}
			}
			if n > 0 {
				out = append(out, Facet{Value: g.ID.String(), Label: g.Name, Count: n})
			}
		}
	}
	slices.SortFunc(out, func(a, b Facet) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Label, b.Label)) })
	return out
}

func TestSingleRoomsAreTheNaiveOnes(t *testing.T) {
	checkWorlds(t, func(t *rapid.T, w *listWorld) {
		ctx := context.Background()
		for _, actor := range listActors {
			v, tickets := w.freshView(t, actor, policy.RoomsView), w.view(t, actor, policy.TicketsView)
			groups := w.view(t, actor, groupsShown)
			for _, c := range w.customers {
				for _, r := range c.rooms {
					room, err := w.store.Room(ctx, v, tickets, groups, r.ID)
					devices, deviceErr := w.store.RoomDevices(ctx, v, r.ID)
					signals, signalErr := w.store.RoomSignals(ctx, v, tickets, r.ID)
					if !w.sees(actor, policy.RoomsView, r) {
						for _, err := range []error{err, deviceErr, signalErr} {
							require.ErrorIs(t, err, ErrNotFound)
						}
						require.Zero(t, room)
						require.Empty(t, devices)
						require.Zero(t, signals)
						continue
					}
					require.NoError(t, err)
					require.NoError(t, deviceErr)
					require.NoError(t, signalErr)
					w.checkRoom(t, actor, room.Room)
					var in []Named
					if w.sees(actor, groupsShown, r) {
						in = []Named{}
						for _, g := range c.groups {
							if slices.Contains(r.groups, g.ID) {
								in = append(in, Named{g.ID, g.Name})
							}
						}
					}
					require.Equal(t, in, room.Groups)
					require.Equal(t, 1, room.Devices)
					require.Len(t, devices, 1)
					require.Equal(t, r.device, devices[0].ID)
					require.Equal(t, r.Health, signals.Health)
				}
			}
			_, err := w.store.Room(ctx, v, tickets, policy.View{}, policy.NewID())
			require.ErrorIs(t, err, ErrNotFound)
		}
	})
}

// oneRoomWorld has one customer with one room that ann sees; what is given sets up the room.
func oneRoomWorld(t *testing.T, room Room) (*listWorld, *listRoom, policy.Actor) {
	t.Helper()
	w := newListWorld(t, t.TempDir())
	t.Cleanup(func() { require.NoError(t, w.store.Close()) })
	c := &listCustomer{id: policy.NewID(), name: "Northwind", ceiling: listPermissions}
	room.ID = policy.NewID()
	if room.Health == "" {
		room.Health, room.HealthRank = "healthy", 60
	}
	r := &listRoom{customer: c, device: policy.NewID(), Room: room}
	c.rooms = []*listRoom{r}
	w.addCustomer(t, c)
	w.addGrant(t, c, listGrant{permissions: listPermissions, members: []policy.Principal{policy.User("ann")}, scopes: []policy.Scope{policy.ScopeAll}})
	return w, r, policy.Actor{User: policy.User("ann")}
}

func TestSearchTakesTextsLiterally(t *testing.T) {
	for _, c := range []struct {
		name, q string
		found   bool
	}{
		{"Salle 100%", "100%", true}, {"Salle 1000", "100%", false},
		{"salle_b", "e_b", true}, {"salleXb", "e_b", false},
		{`a\b`, `\`, true}, {"ab", `\`, false}, {`a\b`, `a\b`, true}, {"a%b", `a\%b`, false},
		{"Étage", "étage", true}, {"étage", "ÉTAGE", true}, {"ÉTAGE", "étage", true}, {"Clé Étage", "é é", true},
		{"Étage", "etage", true}, {"Etage", "étage", true}, {"Étage", "étape", false}, {"Salle Émeraude", "EMERAUDE", true},
		{"Étage", "E\u0301tage", true}, // the same letter, written as two
		{"Board  Room", "board room", true}, {"Board Room", " board   room ", true},
		{"Board", "' OR 1=1 --", false}, {"O'Hara", "o'h", true},
		{"Straße", "straße", true}, {"Straße", "STRASSE", true}, {"Łódź", "łodz", true}, {"会議室", "議", true}, {"会議室", "会室", false},
	} {
		t.Run(c.name+" by "+c.q, func(t *testing.T) {
			w, _, ann := oneRoomWorld(t, Room{Name: c.name})
			list, err := w.store.Rooms(context.Background(), w.view(t, ann, policy.RoomsView), policy.View{}, RoomQuery{Filter: RoomFilter{Query: c.q}, Limit: 1})
			require.NoError(t, err)
			require.Equal(t, c.found, len(list.Rooms) == 1)
		})
	}
}

func TestSearchDoesNotReachAcrossFields(t *testing.T) {
	w, _, ann := oneRoomWorld(t, Room{Name: "abc", Email: "def@x", Building: "ghi", City: "jkl", Label: "mno"})
	for q, found := range map[string]bool{"abc": true, "def": true, "ghi": true, "jkl": true, "mno": true, "cd": false, "c\nd": false, "ig": false, "ij": false} {
		list, err := w.store.Rooms(context.Background(), w.view(t, ann, policy.RoomsView), policy.View{}, RoomQuery{Filter: RoomFilter{Query: q}, Limit: 1})
		require.NoError(t, err)
		require.Equal(t, found, len(list.Rooms) == 1, "%q", q)
	}
}

func TestRoomsWithoutTicketsNameNoIncident(t *testing.T) {
	w, r, ann := oneRoomWorld(t, Room{Name: "Board"})
	ctx := context.Background()
	incident := &listIncident{room: r, Incident: Incident{ID: policy.NewID(), Signal: "room-camera", Category: "hardware", Severity: "critical",
		SeverityRank: 10, State: IncidentActive, OpenedAt: listStart}}
	w.addIncident(t, incident)
	w.insert(t, `INSERT INTO signals (device_id, signal, room_id, state, severity, since) VALUES ($1, 'room-camera', $2, 'bad', 'critical', $3)`,
		r.device, r.ID, millis(listStart))
	v, tickets := w.view(t, ann, policy.RoomsView), w.view(t, ann, policy.TicketsView)
	for _, c := range []struct {
		incidents policy.View
		open      int
		id        ID
	}{{tickets, 1, incident.ID}, {policy.View{}, 0, 0}} {
		room, err := w.store.Room(ctx, v, c.incidents, policy.View{}, r.ID)
		require.NoError(t, err)
		require.Equal(t, c.open, room.OpenIncidents)
		signals, err := w.store.RoomSignals(ctx, v, c.incidents, r.ID)
		require.NoError(t, err)
		require.Len(t, signals.Signals, 1)
		require.Equal(t, c.id, signals.Signals[0].Incident)
	}
}

func TestSignalsShowSevenDays(t *testing.T) {
	seen := listStart.Add(-2 * time.Hour)
	w, r, ann := oneRoomWorld(t, Room{Name: "Board", Health: "offline", HealthRank: 20, LastSeenAt: seen})
	day := 24 * time.Hour
	signal := func(name, state, severity string) {
		w.insert(t, `INSERT INTO signals (device_id, signal, room_id, state, severity, value, since) VALUES ($1, $2, $3, $4, $5, 'v', $6)`,
			r.device, name, r.ID, state, severity, millis(seen))
	}
	span := func(name, state string, from, until time.Duration) {
		var end any
		if until != 0 {
			end = millis(listStart.Add(-until))
		}
		w.insert(t, `INSERT INTO signal_spans (device_id, signal, state, severity, from_at, until_at) VALUES ($1, $2, $3, 'warning', $4, $5)`,
			r.device, name, state, millis(listStart.Add(-from)), end)
	}
	signal("speaker", "good", "important")
	signal("room-camera", "unknown", "critical")
	signal("microphone", "bad", "warning")
	signal("compute", "bad", "critical")
	span("compute", "bad", 9*day, 8*day) // over before the lane begins
	span("compute", "bad", 8*day, 7*day) // ends as it begins
	span("compute", "unknown", 8*day, 6*day)
	span("compute", "bad", 3*day, 0)
	span("gone", "bad", 3*day, 0) // of a signal that is not known any more

	got, err := w.store.RoomSignals(context.Background(), w.view(t, ann, policy.RoomsView), policy.View{}, r.ID)
	require.NoError(t, err)
	require.Equal(t, "offline", got.Health)
	require.Equal(t, seen, got.LastKnownAt)
	names := []string{}
	for _, s := range got.Signals {
		names = append(names, s.Signal)
	}
	require.Equal(t, []string{"compute", "microphone", "room-camera", "speaker"}, names, "worst first")
	require.Equal(t, []SignalSpan{
		{State: "unknown", Severity: "warning", From: listStart.Add(-8 * day), Until: listStart.Add(-6 * day)},
		{State: "bad", Severity: "warning", From: listStart.Add(-3 * day)},
	}, got.Signals[0].Spans)
	require.Empty(t, got.Signals[1].Spans)
}
