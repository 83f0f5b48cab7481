package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"roomward/policy"
)

var incidentSorts = []IncidentSort{"", IncidentsNewest, IncidentsOldest, IncidentsBySeverity, IncidentsBySeverityDown}

func drawIncidentFilter(t *rapid.T, w *listWorld) IncidentFilter {
	var f IncidentFilter
	if seldom(t, "search") {
		f.Query = pick(t, append([]string{"camera", "signin"}, listQueries...), "q")
	}
	if rapid.Bool().Draw(t, "by state") {
		f.States = drawSome(t, everyState(), "states")
	}
	drawLists(t, []drawnList{
		{"severity", &f.Severity, listSeverity}, {"category", &f.Category, listCategory}, {"signal", &f.Signal, listSignals},
		{"country", &f.Country, listCountries}, {"city", &f.City, listCities}, {"building", &f.Building, listBuildings},
	})
	f.Customer = drawCustomer(t, w)
	if c := pick(t, w.customers, "customer of the room"); len(c.rooms) > 0 && seldom(t, "by room") {
		f.Room = pick(t, c.rooms, "room").ID
	}
	if len(w.incidents) > 0 && seldom(t, "by number") {
		f.Query = pick(t, w.incidents, "incident").Number()
	}
	return f
}

func (f IncidentFilter) naive(i *listIncident) bool {
	states := f.States
	if len(states) == 0 {
		states = listOpen
	}
	found := f.Query == "" || f.Query == i.Number() || holds(f.Query, i.Signal, i.room.Name, i.room.Email, i.room.Building, i.room.City, i.room.Label)
	return found && slices.Contains(states, i.State) && (f.Customer == 0 || f.Customer == i.room.customer.id) && (f.Room == 0 || f.Room == i.room.ID) &&
		among(i.Severity, f.Severity) && among(i.Category, f.Category) && among(i.Signal, f.Signal) &&
		among(i.room.Country, f.Country) && among(i.room.City, f.City) && among(i.room.Building, f.Building)
}

func (w *listWorld) naiveIncidents(actor policy.Actor, f IncidentFilter) []*listIncident {
	var out []*listIncident
	for _, i := range w.incidents {
		if w.sees(actor, policy.TicketsView, i.room) && f.naive(i) {
			out = append(out, i)
		}
	}
	return out
}

func (s IncidentSort) naive(a, b *listIncident) int {
	time := cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
	severity := cmp.Or(cmp.Compare(a.SeverityRank, b.SeverityRank), time)
	switch s {
	case IncidentsOldest:
		return time
	case IncidentsBySeverity:
		return severity
	case IncidentsBySeverityDown:
		return -severity
	}
	return -time
}

func TestIncidentListsAreTheNaiveOnes(t *testing.T) {
	checkWorlds(t, func(t *rapid.T, w *listWorld) {
		for _, actor := range listActors {
			v := w.freshView(t, actor, policy.TicketsView)
			for range filtersPerActor {
				w.checkIncidentList(t, actor, v)
			}
		}
	})
}

// checkIncidentList reads all pages of a list drawn at random, with its counts and facets.
func (w *listWorld) checkIncidentList(t *rapid.T, actor policy.Actor, v policy.View) {
	ctx := context.Background()
	f, sort := drawIncidentFilter(t, w), pick(t, incidentSorts, "sort")
	want := w.naiveIncidents(actor, f)
	slices.SortFunc(want, sort.naive)

	q := IncidentQuery{Filter: f, Sort: sort, Limit: rapid.IntRange(1, 4).Draw(t, "limit"), Total: true}
	got := []ID{}
	for {
		require.LessOrEqual(t, len(got), len(want), "the pages do not end")
		list, err := w.store.Incidents(ctx, v, q)
		require.NoError(t, err)
		require.Equal(t, len(want), list.Total)
		for _, i := range list.Incidents {
			got = append(got, i.ID)
		}
		if !list.More {
			break
		}
		require.Len(t, list.Incidents, q.Limit, "a page before the last is full")
		after := sort.Key(list.Incidents[len(list.Incidents)-1])
		q.After = &after
	}
	ids := []ID{}
	for _, i := range want {
		ids = append(ids, i.ID)
	}
	require.Equal(t, ids, got)
	for _, by := range []walk{byCell, byOrder} { // the small worlds never choose the second by themselves
		page, err := incidentsPage(f.narrow(v), IncidentQuery{Filter: f, Sort: sort, Limit: MaxPage}, by)
		require.NoError(t, err)
		require.Equal(t, ids, w.run(t, page), "walk %v", by)
	}
	if !f.counted() && f.mayProbe() {
		probing, err := incidentsProbe(f.narrow(v), IncidentQuery{Filter: f, Sort: sort})
		require.NoError(t, err)
		require.Equal(t, ids, w.probed(t, probing, MaxPage), "a probe")
	}
	w.checkIncidentCounts(t, actor, v, f)
	w.checkIncidentFacets(t, actor, v, f)
}

func (w *listWorld) checkIncidentCounts(t *rapid.T, actor policy.Actor, v policy.View, f IncidentFilter) {
	got, err := w.store.IncidentCounts(context.Background(), v, f)
	require.NoError(t, err)
	want := IncidentCounts{States: map[string]int{}, Severities: map[string]int{}}
	byState, bySeverity := f, f
	byState.States, bySeverity.Severity = everyState(), nil
	for _, i := range w.naiveIncidents(actor, byState) {
		want.States[i.State]++
	}
	for _, i := range w.naiveIncidents(actor, bySeverity) {
		want.Severities[i.Severity]++
	}
	require.Equal(t, want, got)
}

func (w *listWorld) checkIncidentFacets(t *rapid.T, actor policy.Actor, v policy.View, f IncidentFilter) {
	got, err := w.store.IncidentFacets(context.Background(), v, f)
	require.NoError(t, err)
	naive := func(narrow func(*IncidentFilter), of func(*listIncident) string) []Facet {
		others := f
		narrow(&others)
		return naiveFacet(w.naiveIncidents(actor, others), func(i *listIncident) (string, string) { return of(i), of(i) })
	}
	others := f
	others.Customer = 0
	require.Equal(t, IncidentFacets{
		Customers: naiveFacet(w.naiveIncidents(actor, others),
			func(i *listIncident) (string, string) { return i.room.customer.id.String(), i.room.customer.name }),
		Countries:  naive(func(f *IncidentFilter) { f.Country = nil }, func(i *listIncident) string { return i.room.Country }),
		Cities:     naive(func(f *IncidentFilter) { f.City = nil }, func(i *listIncident) string { return i.room.City }),
		Buildings:  naive(func(f *IncidentFilter) { f.Building = nil }, func(i *listIncident) string { return i.room.Building }),
		Categories: naive(func(f *IncidentFilter) { f.Category = nil }, func(i *listIncident) string { return i.Category }),
		Signals:    naive(func(f *IncidentFilter) { f.Signal = nil }, func(i *listIncident) string { return i.Signal }),
	}, got)
}

func TestSingleIncidentsAreTheNaiveOnes(t *testing.T) {
	checkWorlds(t, func(t *rapid.T, w *listWorld) {
		ctx := context.Background()
		for _, actor := range listActors {
			v, rooms := w.freshView(t, actor, policy.TicketsView), w.view(t, actor, policy.RoomsView)
			for _, i := range w.incidents {
				got, err := w.store.Incident(ctx, v, rooms, i.ID)
				events, more, historyErr := w.store.IncidentHistory(ctx, v, i.ID, nil, 10)
				require.Empty(t, events)
				require.False(t, more)
				if !w.sees(actor, policy.TicketsView, i.room) {
					require.ErrorIs(t, err, ErrNotFound)
					require.ErrorIs(t, historyErr, ErrNotFound)
					require.Zero(t, got)
					continue
				}
				require.NoError(t, err)
				require.NoError(t, historyErr)
				require.Equal(t, i.ID, got.ID)
				require.Equal(t, []any{i.Signal, i.Category, i.Severity, i.State, i.OpenedAt}, []any{got.Signal, got.Category, got.Severity, got.State, got.OpenedAt})
				require.Equal(t, []any{i.room.ID, i.room.Name, i.room.Building, i.room.City, i.room.Country, i.room.customer.id, i.room.customer.name},
					[]any{got.Room, got.RoomName, got.Building, got.City, got.Country, got.Customer, got.CustomerName})
				w.checkSite(t, actor, i, got.Site)
			}
			_, err := w.store.Incident(ctx, v, rooms, policy.NewID())
			require.ErrorIs(t, err, ErrNotFound)
		}
	})
}

func (w *listWorld) checkSite(t *rapid.T, actor policy.Actor, i *listIncident, got Site) {
	want := Site{Worst: nil}
	same := func(r *listRoom) bool {
		return i.room.Building != "" && r.customer == i.room.customer && r.Building == i.room.Building && r.City == i.room.City && r.Country == i.room.Country
	}
	for _, r := range i.room.customer.rooms {
		if same(r) && w.sees(actor, policy.RoomsView, r) {
			want.Rooms++
			if r.Health == "unhealthy" || r.Health == "offline" {
				want.Unhealthy++
			}
		}
	}
	var others []*listIncident
	for _, o := range w.incidents {
		if o != i && same(o.room) && slices.Contains(listOpen, o.State) && w.sees(actor, policy.TicketsView, o.room) {
			others = append(others, o)
		}
	}
	slices.SortFunc(others, IncidentsBySeverity.naive)
	require.Equal(t, []int{want.Rooms, want.Unhealthy, len(others)}, []int{got.Rooms, got.Unhealthy, got.Open})
	require.Len(t, got.Worst, min(len(others), maxSite))
	for n, o := range got.Worst {
		require.Equal(t, others[n].ID, o.ID)
	}
}

// addActive gives a room an incident that needs action.
func (w *listWorld) addActive(t *testing.T, r *listRoom) *listIncident {
	t.Helper()
	i := &listIncident{room: r, Incident: Incident{ID: policy.NewID(), Signal: "room-camera", Category: "hardware", Severity: "critical",
		SeverityRank: 10, State: IncidentActive, OpenedAt: listStart}}
	w.addIncident(t, i)
	return i
}

func TestStripShowsThirtyDays(t *testing.T) {
	w, r, ann := oneRoomWorld(t, Room{Name: "Board"})
	i := w.addActive(t, r)
	midnight := listStart.Truncate(24 * time.Hour)
	opening := func(from, until time.Time) {
		w.insert(t, `INSERT INTO incident_openings (incident_id, opened_at, resolved_at) VALUES ($1, $2, $3)`, i.ID, millis(from), orNull(until))
	}
	at := func(days int, hours ...int) time.Time {
		out := midnight.AddDate(0, 0, -days)
		for _, h := range hours {
			out = out.Add(time.Duration(h) * time.Hour)
		}
		return out
	}
	opening(at(40), at(31))                          // over before the strip begins
	opening(at(35), at(28, 5))                       // from before it into it
	opening(at(20, 3), at(19))                       // ends as the day ends: not open on the next one
	opening(at(10, 1), at(10, 2))                    // twice on one day
	opening(at(10, 4), at(10, 5))                    //
	opening(at(5, 1), at(5, 1))                      // of no length
	opening(at(1, 23), time.Time{})                  // still open
	opening(at(0, 11), at(0, 11).Add(2*time.Second)) // after now by a second or so: clocks
	w.insert(t, `UPDATE incidents SET openings = 8 WHERE id = $1`, i.ID)
	days := func() (open []int) {
		list, err := w.store.Incidents(context.Background(), w.view(t, ann, policy.TicketsView), IncidentQuery{Limit: 1})
		require.NoError(t, err)
		for n, day := range list.Incidents[0].Days {
			if day {
				open = append(open, StripDays-1-n)
			}
		}
		return open
	}
	require.Equal(t, []int{29, 28, 20, 10, 5, 1, 0}, days(), "days ago")

	// One opening says the incident itself.
	w.insert(t, `DELETE FROM incident_openings`)
	for name, once := range map[string]struct {
		from, until time.Time
		want        []int
	}{
		"over before the strip begins":   {at(40), at(31), nil},
		"from before it into it":         {at(35), at(28, 5), []int{29, 28}},
		"ends as the day ends":           {at(20, 3), at(19), []int{20}},
		"of no length":                   {at(5, 1), at(5, 1), []int{5}},
		"still open":                     {at(1, 23), time.Time{}, []int{1, 0}},
		"after now by a second or so":    {at(0, 11), at(0, 11).Add(2 * time.Second), []int{0}},
		"tomorrow, by a clock that errs": {at(-1), time.Time{}, nil},
	} {
		w.insert(t, `UPDATE incidents SET openings = 1, opened_at = $1, resolved_at = $2 WHERE id = $3`, millis(once.from), orNull(once.until), i.ID)
		require.Equal(t, once.want, days(), name)
	}
}

func TestHistoryPagesByCursor(t *testing.T) {
	w, r, ann := oneRoomWorld(t, Room{Name: "Board"})
	i := w.addActive(t, r)
	other := &listIncident{room: r, Incident: i.Incident}
	other.ID, other.Signal = policy.NewID(), "speaker"
	w.addIncident(t, other)
	for n := range 7 { // two events at each moment
		for _, incident := range []ID{i.ID, other.ID} {
			w.insert(t, `INSERT INTO incident_events (incident_id, at, kind, detail) VALUES ($1, $2, 'opened', $3)`,
				incident, millis(listStart)+int64(n/2), fmt.Sprint(incident == i.ID, n))
		}
	}
	v := w.view(t, ann, policy.TicketsView)
	var got []string
	var after *IncidentEvent
	for {
		require.LessOrEqual(t, len(got), 7, "the history does not end")
		events, more, err := w.store.IncidentHistory(context.Background(), v, i.ID, after, 3)
		require.NoError(t, err)
		for _, e := range events {
			got = append(got, e.Detail)
		}
		if !more {
			break
		}
		after = &events[len(events)-1]
	}
	require.Equal(t, []string{"true 6", "true 5", "true 4", "true 3", "true 2", "true 1", "true 0"}, got)
	detail, err := w.store.Incident(context.Background(), v, policy.View{}, i.ID)
	require.NoError(t, err)
	require.Len(t, detail.Events, latestEvents)
	require.Zero(t, detail.Site.Rooms, "no rooms.view, no rooms")
}

func TestNumbersFindTheirIncident(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := ID(rapid.Int64Range(1, 1<<63-1).Draw(t, "id"))
		number := Incident{ID: id}.Number()
		require.Regexp(t, incidentNumber, number)
		low, high, rest, ok := parseIncidentNumber(" " + number + " ")
		require.True(t, ok)
		require.LessOrEqual(t, low, int64(id))
		require.GreaterOrEqual(t, high, int64(id))
		require.Equal(t, int64(id)%numberLetters, rest)
	})
	for _, bad := range []string{"", "7B7365", "7B7365-EPDOL", "7B7365-EPDO1F", "7B7365EPDOLF", "GB7365-EPDOLF", "7B7365-EPDOLF x"} {
		_, _, _, ok := parseIncidentNumber(bad)
		require.False(t, ok, bad)
	}
}
