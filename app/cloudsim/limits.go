package cloudsim

import (
	"net/http"
	"strings"
	"time"
)

// Limits are how much of Graph one application may use. What is over a limit is answered with 429 and a Retry-After, and counts against
// the limit as well, as Microsoft says of its own. Zero means no limit.
type Limits struct {
	// TeamsPerTenant and TeamsOverall are requests to teamwork/devices in any one second, of one tenant and of all.
	TeamsPerTenant, TeamsOverall int
	// PlacesAtOnce are requests to the places of one tenant that are being answered at the same time, PlacesIn10Minutes those in any ten minutes.
	PlacesAtOnce, PlacesIn10Minutes int
	// DirectoryIn10Seconds are units of requests to the directory of one tenant in any ten seconds: most requests cost one, a list of users two,
	// and one less when it selects its properties.
	DirectoryIn10Seconds int
}

// MicrosoftLimits are those that Microsoft documents (graph.md 8): for Teams "other GET requests" 30 a second per application and tenant and
// 1,500 per application (teamwork/devices is not named there and counted as such), for Outlook, which places belong to, 4 at once and 10,000 in
// ten minutes, and for the directory the 3,500 units of a small tenant.
func MicrosoftLimits() Limits {
	return Limits{TeamsPerTenant: 30, TeamsOverall: 1_500, PlacesAtOnce: 4, PlacesIn10Minutes: 10_000, DirectoryIn10Seconds: 3_500}
}

// meter counts what the limits are about. The server's lock guards it.
type meter struct {
	limits  Limits
	overall window
	tenants map[string]*tenantMeter
}

type tenantMeter struct {
	teams, places, directory window
	placesNow                int
}

func newMeter(l Limits) *meter {
	return &meter{limits: l, overall: window{l.TeamsOverall, time.Second, nil}, tenants: map[string]*tenantMeter{}}
}

func (m *meter) of(t *Tenant) *tenantMeter {
	tm := m.tenants[t.ID]
	if tm == nil {
		tm = &tenantMeter{
			teams:     window{m.limits.TeamsPerTenant, time.Second, nil},
			places:    window{m.limits.PlacesIn10Minutes, 10 * time.Minute, nil},
			directory: window{m.limits.DirectoryIn10Seconds, 10 * time.Second, nil},
		}
		m.tenants[t.ID] = tm
	}
	return tm
}

// enter counts a request; wait is how long to stay away when it is one too many. leave must be called when the request is answered.
func (m *meter) enter(t *Tenant, op operation, r *http.Request, now time.Time) (wait time.Duration, leave func()) {
	tm := m.of(t)
	leave = func() {}
	switch {
	case op.workload() == teams:
		return max(tm.teams.take(now, 1), m.overall.take(now, 1)), leave
	case op.workload() == outlook:
		tm.placesNow++
		if m.limits.PlacesAtOnce > 0 && tm.placesNow > m.limits.PlacesAtOnce {
			wait = time.Second
		}
		return max(wait, tm.places.take(now, 1)), func() { tm.placesNow-- }
	}
	cost := 1
	if op.kind == "users" && !r.URL.Query().Has("$select") {
		cost = 2
	}
	return tm.directory.take(now, cost), leave
}

// workload is the service behind Graph that an operation belongs to: each has limits of its own.
type workload int

const (
	directory workload = iota
	teams
	outlook
)

func (op operation) workload() workload {
	switch {
	case strings.Contains(op.pattern, "/teamwork/"):
		return teams
	case strings.Contains(op.pattern, "/places/"):
		return outlook
	}
	return directory
}

// window counts what came within a span that ends now.
type window struct {
	most int
	span time.Duration
	came []time.Time // at most the last most
}

// take counts units that come now and gives the time after which the window has room again when they are too many.
func (w *window) take(now time.Time, units int) time.Duration {
	if w.most == 0 {
		return 0
	}
	var wait time.Duration
	for range units {
		for len(w.came) > 0 && now.Sub(w.came[0]) >= w.span {
			w.came = w.came[1:]
		}
		w.came = append(w.came, now)
		if len(w.came) > w.most {
			w.came = w.came[1:]
			wait = max(wait, w.came[0].Add(w.span).Sub(now))
		}
	}
	return wait
}
