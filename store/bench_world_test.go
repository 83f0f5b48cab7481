package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// benchData names a data directory that was seeded before (roomward seed, or makeBenchWorld), such as World L. Without it the benchmarks make
// a tenth of World L in a directory of their own.
const benchData = "ROOMWARD_BENCH_DATA"

// benchCustomers is the size of the world that the benchmarks make themselves.
const benchCustomers = 100

// The assignments by which the three members of design 14 are found, in worlds of roomward seed as in those of makeBenchWorld.
const (
	assignedWide   = "Operations of the main site"
	assignedNarrow = "Local support"
	assignedMiddle = "Regional support"
)

// benchWorld is a seeded database and the views of its three members.
type benchWorld struct {
	store   *Store
	decider *policy.Decider
	people  map[string]policy.Actor // wide, narrow, middle
}

func openBenchWorld(b testing.TB) *benchWorld {
	b.Helper()
	dir := os.Getenv(benchData)
	if dir == "" {
		dir = b.TempDir()
		makeBenchWorld(b, dir, benchCustomers)
	}
	w := &benchWorld{store: openAnyMode(b, dir), people: map[string]policy.Actor{}}
	b.Cleanup(func() { _ = w.store.Close() })
	w.decider = policy.NewDecider(w.store, time.Now, policy.Limits{})
	for name, assigned := range map[string]string{"wide": assignedWide, "narrow": assignedNarrow, "middle": assignedMiddle} {
		var principal string
		err := w.store.reader.QueryRow(`SELECT m.principal FROM assignments a JOIN assignment_members m ON m.assignment_id = a.id
			WHERE a.name = $1 GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`, assigned).Scan(&principal)
		require.NoError(b, err, "the data directory holds no seeded world")
		w.people[name] = policy.Actor{User: policy.Principal(principal)}
	}
	return w
}

func openAnyMode(b testing.TB, dir string) *Store {
	b.Helper()
	for _, mode := range []Mode{ModeDemo, ModeTrial, ModeReal} {
		s, err := Open(b.Context(), Options{Dir: dir, Mode: mode, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if errors.Is(err, ErrOtherMode) {
			continue
		}
		require.NoError(b, err)
		return s
	}
	b.Fatal("no mode opens " + dir)
	return nil
}

// view is a member's view of this moment.
func (w *benchWorld) view(b testing.TB, who string, p policy.Permission) policy.View {
	b.Helper()
	require.NoError(b, w.decider.Refresh(b.Context(), w.people[who]))
	v, err := w.decider.View(b.Context(), w.people[who], p)
	require.NoError(b, err)
	require.False(b, v.Empty())
	return v
}

// makeBenchWorld fills a directory with customers in the proportions of World L (design 14): each of 200 rooms in 4 buildings, 250 devices and
// 1,000 incidents of which a tenth are open. The wide member sees two buildings of each third customer, the narrow one a building of one, the
// middle one two buildings of each of 45, or of as many as leave the square root of page times open incidents.
func makeBenchWorld(b testing.TB, dir string, customers int) {
	b.Helper()
	s, err := Open(context.Background(), Options{Dir: dir, Mode: ModeDemo})
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Close()) }()
	_, err = s.Seed(context.Background(), Act{Side: SidePartner, TenantID: "p", OID: "o", Name: "Bench"}, "bench", benchSeed(customers, time.Now()), func(SeedCounts) {})
	require.NoError(b, err)
}

func benchSeed(customers int, now time.Time) iter.Seq2[SeedCustomer, error] {
	middle := 45
	if customers < 1000 {
		middle = max(1, customers/7)
	}
	return func(yield func(SeedCustomer, error) bool) {
		for n := range customers {
			if !yield(benchCustomer(n, n%(customers/middle) == 1, now), nil) {
				return
			}
		}
	}
}

var benchCities = []string{"Lyon", "München", "Oslo", "Porto", "Łódź"}

func benchCustomer(n int, middle bool, now time.Time) SeedCustomer {
	r := rand.New(rand.NewPCG(uint64(n), 14))
	id := func() ID { return ID(r.Int64N(1<<62) + 1) }
	began := now.AddDate(-1, 0, 0)
	tenant := fmt.Sprintf("tenant-%d", n)
	c := SeedCustomer{ID: id(), Country: "FR", NewID: id, Invitation: Invitation{ID: id(), TenantID: tenant, Name: fmt.Sprintf("Customer %04d", n),
		PartnerDomain: "partner.example", Grant: policy.Grant{All: true}, RoomsOffered: 200, Ceiling: policy.DefaultCeiling(), RetentionDays: 180,
		TermsVersion: "1", SentAt: began, SentBy: "A", SentByOID: "a", ExpiresAt: began.AddDate(0, 0, 14), DecidedAt: began, DecidedBy: "B"}}
	groups := make([]RoomGroup, 5)
	for g := range groups {
		groups[g] = RoomGroup{ID: id(), Name: fmt.Sprintf("Group %d", g)}
	}
	for k := range 200 {
		room := id()
		city := benchCities[(n+k/100)%len(benchCities)]
		c.Rooms = append(c.Rooms, SeedRoom{ID: room, Account: fmt.Sprint(room), PlaceFound: PlaceFound{PlaceID: fmt.Sprint(room),
			Name: fmt.Sprintf("%s %d.%02d", city, k/50, k%50), Email: fmt.Sprintf("room%d@customer%d.example", k, n), Country: "FR", City: city,
			Building: fmt.Sprintf("Haus %d", k/50), Floor: "1", Capacity: 4 + k%9}, Health: RoomAfter{Health: "healthy", Rank: 60, Maker: "Logi", Model: "Rally"}})
		groups[k/50].Rooms = append(groups[k/50].Rooms, room)
		if k%9 == 8 {
			groups[4].Rooms = append(groups[4].Rooms, room)
		}
	}
	c.Groups = groups
	benchDevices(&c, r, now)
	permissions, _ := policy.Template(policy.SiteTechnician)
	role := Role{ID: id(), Name: "Technician", Permissions: permissions}
	c.Roles = []Role{role}
	assign := func(name, who string, scopes ...policy.Scope) {
		c.Assignments = append(c.Assignments, Assignment{ID: id(), Role: role.ID, Name: name, Members: []Member{{policy.User(who), who}}, Scopes: scopes})
	}
	c.Admins = []Member{{policy.User("admin"), "admin"}}
	assign("Technicians on site", fmt.Sprint("tech-", n), policy.ScopeGroup(groups[n%4].ID))
	if n%3 == 0 {
		assign(assignedWide, "wide", policy.ScopeGroup(groups[0].ID), policy.ScopeGroup(groups[1].ID))
	}
	if n == 2 {
		assign(assignedNarrow, "narrow", policy.ScopeGroup(groups[2].ID))
	}
	if middle {
		assign(assignedMiddle, "middle", policy.ScopeGroup(groups[2].ID), policy.ScopeGroup(groups[3].ID))
	}
	if n%4 == 0 && !middle {
		assign("Large rooms", "large", policy.ScopeGroup(groups[4].ID))
	}
	for kind, at := range map[CollectKind]time.Time{CollectDevices: now.Add(-time.Minute)} {
		c.Runs = append(c.Runs, SeedRun{EndedAt: at, CollectOutcome: CollectOutcome{Lease: CollectLease{Customer: c.ID, Kind: kind}, StartedAt: at,
			State: "ok", Good: true, NextDue: NeverDue()}})
	}
	return c
}

// benchDevices gives rooms their devices, and devices their incidents: one in ten open, the others closed but for a few.
func benchDevices(c *SeedCustomer, r *rand.Rand, now time.Time) {
	severities := []string{"critical", "important", "important", "warning", "warning", "recommended"}
	for k := range 250 {
		room := &c.Rooms[k%200]
		d := SeedDevice{ID: c.NewID(), DeviceFound: DeviceFound{GraphID: fmt.Sprint("g", c.NewID()), Room: room.ID, Kind: "teamsRoom", Maker: "Logi", Model: "Rally",
			Serial: fmt.Sprint(k), Health: "healthy", Activity: "idle"}}
		for n := range 4 {
			severity := severities[r.IntN(len(severities))]
			i := IncidentState{Signal: fmt.Sprintf("signal-%d", n), Category: []string{"hardware", "account", "display", "network"}[n], Severity: severity, Openings: 2}
			opened := now.Add(-time.Duration(r.Int64N(int64(60 * 24 * time.Hour))))
			before := opened.AddDate(0, 0, -20)
			d.After.Openings = append(d.After.Openings, OpeningChange{Signal: i.Signal, OpenedAt: before},
				OpeningChange{Signal: i.Signal, OpenedAt: before, ResolvedAt: before.Add(time.Hour)}, OpeningChange{Signal: i.Signal, OpenedAt: opened})
			i.OpenedAt, i.ActivatedAt, i.State = opened, opened.Add(time.Minute), IncidentActive
			d.After.Events = append(d.After.Events, EventAdded{Signal: i.Signal, At: opened, Kind: "opened"})
			switch pick := r.IntN(100); {
			case pick == 0:
				i.State, i.ActivatedAt = IncidentWatching, time.Time{}
			case pick < 10:
			default:
				i.State, i.ResolvedAt = IncidentResolved, opened.Add(30*time.Hour)
				if pick >= 15 {
					i.State, i.ClosedAt = IncidentClosed, opened.Add(40*time.Hour)
				}
				d.After.Openings = append(d.After.Openings, OpeningChange{Signal: i.Signal, OpenedAt: opened, ResolvedAt: i.ResolvedAt})
				d.After.Events = append(d.After.Events, EventAdded{Signal: i.Signal, At: i.ResolvedAt, Kind: "resolved"})
			}
			benchHealth(&room.Health, i)
			d.After.Incidents = append(d.After.Incidents, i)
		}
		c.Devices = append(c.Devices, d)
	}
}

// benchHealth lets a room go by its active incidents.
func benchHealth(h *RoomAfter, i IncidentState) {
	if i.State != IncidentActive {
		return
	}
	switch i.Severity {
	case "critical":
		h.Critical++
	case "important":
		h.Important++
	case "warning":
		h.Warning++
	default:
		return
	}
	h.Health, h.Rank = "unhealthy", 12
	if h.Critical > 0 {
		h.Rank = 10
	}
}
