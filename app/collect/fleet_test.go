package collect

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// estate has so many rooms with one device each, all well.
func estate(tenant, name string, rooms int) *cloudsim.Tenant {
	t := &cloudsim.Tenant{ID: tenant, Name: name, Domains: []string{strings.ToLower(name) + ".example"}, Country: "FR", Consented: true}
	for i := range rooms {
		t.Rooms = append(t.Rooms, cloudsim.Room{Name: fmt.Sprintf("Salle %03d", i), Email: fmt.Sprintf("salle%03d@%s", i, t.Domains[0]), Country: "FR",
			City: "Lyon", Building: "Part-Dieu", Floor: "1", Capacity: 8, Devices: []cloudsim.Device{hub()}})
	}
	return t
}

// fleet is so many tenants of so many rooms: a system in each, a panel at every fourth, and broken cameras in so many of them for two days.
func fleet(tenants, rooms, broken int) []*cloudsim.Tenant {
	out := make([]*cloudsim.Tenant, tenants)
	for i := range out {
		t := &cloudsim.Tenant{ID: fleetID(i), Name: fmt.Sprintf("Customer %05d", i), Domains: []string{fmt.Sprintf("c%05d.example", i)},
			Country: "FR", Consented: true, Rooms: make([]cloudsim.Room, rooms)}
		for n := range t.Rooms {
			devices := []cloudsim.Device{hub()}
			if n < broken {
				devices[0].Faults = []cloudsim.Episode{{Signal: cloudsim.RoomCamera, Since: 48 * time.Hour}}
			}
			if n%4 == 0 {
				devices = append(devices, panel())
			}
			t.Rooms[n] = cloudsim.Room{Name: fmt.Sprintf("Salle %03d", n), Email: fmt.Sprintf("salle%03d@%s", n, t.Domains[0]), Country: "FR",
				City: "Lyon", Building: "Part-Dieu", Floor: "1", Capacity: 8, Devices: devices}
		}
		out[i] = t
	}
	return out
}

func fleetID(i int) string { return fmt.Sprintf("f1ee7000-0000-4000-8000-%012x", i) }

// acceptAll makes a customer of each tenant.
func (w *world) acceptAll(tenants []*cloudsim.Tenant) {
	w.t.Helper()
	for _, t := range tenants {
		w.accept(t.ID, t.Name, all())
	}
}

// jobs are the jobs of all customers, by tenant and kind.
func (w *world) jobs() map[string]map[store.CollectKind]store.CollectJob {
	w.t.Helper()
	states, err := w.store.CollectStates(w.t.Context(), policy.Overview(policy.Powers{Manager: true}))
	require.NoError(w.t, err)
	of := map[policy.ID]string{}
	for tenant, id := range w.customers {
		of[id] = tenant
	}
	out := map[string]map[store.CollectKind]store.CollectJob{}
	for _, s := range states {
		jobs := map[store.CollectKind]store.CollectJob{}
		for _, j := range s.Jobs {
			jobs[j.Kind] = j
		}
		out[of[s.Customer]] = jobs
	}
	return out
}

// round runs the devices of every customer once more.
func (w *world) round() {
	w.t.Helper()
	var last time.Time
	for _, jobs := range w.jobs() {
		if at := jobs[store.CollectDevices].DueAt; at.After(last) {
			last = at
		}
	}
	w.clock.set(last)
	w.collect()
}

// day does all that becomes due within a day, each job in its own moment.
func (w *world) day() {
	w.t.Helper()
	for until := w.clock.Now().Add(24 * time.Hour); ; w.collect() {
		next := until
		for _, jobs := range w.jobs() {
			for _, j := range jobs {
				if j.DueAt.Before(next) {
					next = j.DueAt
				}
			}
		}
		w.clock.set(next)
		if next.Equal(until) {
			return
		}
	}
}

// runs counts the runs of all customers, by kind.
func (w *world) runs() map[store.CollectKind]int {
	w.t.Helper()
	rows, err := w.open().QueryContext(w.t.Context(), `SELECT kind, count(*) FROM collect_runs GROUP BY kind`)
	require.NoError(w.t, err)
	defer func() { _ = rows.Close() }()
	out := map[store.CollectKind]int{}
	for rows.Next() {
		var kind store.CollectKind
		var n int
		require.NoError(w.t, rows.Scan(&kind, &n))
		out[kind] = n
	}
	require.NoError(w.t, rows.Err())
	return out
}

// number reads one number of the database, as an operator could.
func (w *world) number(query string, args ...any) int {
	w.t.Helper()
	var n int
	require.NoError(w.t, w.open().QueryRowContext(w.t.Context(), query, args...).Scan(&n))
	return n
}

// inOwnTime runs a test in a bubble whose clock goes on as soon as nothing is left to do, over a network in memory: hours pass in a moment, and
// what waits for the budget, for Microsoft, or for an answer that never comes does so in order.
func inOwnTime(t *testing.T, tenants []*cloudsim.Tenant, limits cloudsim.Limits, budget graph.Budget, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, clock: &clock{}}
		w.cloud = cloudsim.New(&cloudsim.World{Tenants: tenants}, cloudsim.Options{ClientID: clientID, ClientSecret: secret, Limits: limits})
		net := &wire{calls: make(chan net.Conn), closed: make(chan struct{})}
		server := &http.Server{Handler: w.front(), ReadHeaderTimeout: time.Hour}
		go func() { _ = server.Serve(net) }()
		transport := &http.Transport{DialContext: net.dial, MaxIdleConnsPerHost: 512}
		t.Cleanup(func() {
			transport.CloseIdleConnections()
			_ = server.Close()
		})
		w.build(graph.Config{Cloud: graph.Cloud{Login: "http://localhost/login", Graph: "http://localhost/graph"},
			HTTP: &http.Client{Transport: transport}, Budget: budget})
		t.Cleanup(func() { pass(time.Second) }) // what is about to end does: the clock of a bubble stands still when its test is over
		test(t, w)
	})
}

// pass lets time go by in a bubble while nothing of ours runs.
func pass(d time.Duration) { time.Sleep(d) }

// wire is a network in memory, with one listener.
type wire struct {
	calls  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (n *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	mine, theirs := net.Pipe()
	select {
	case n.calls <- theirs:
		return mine, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept gives the other end of a connection.
func (n *wire) Accept() (net.Conn, error) {
	select {
	case c := <-n.calls:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the listener.
func (n *wire) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr names nothing.
func (n *wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// hang makes the cloud never answer for some tenants; asked counts who was kept waiting, by tenant.
func (w *world) hang(tenants []*cloudsim.Tenant) (asked func() map[string]int) {
	var mu sync.Mutex
	kept := map[string]int{}
	w.answerWith(func(_ http.ResponseWriter, r *http.Request) bool {
		i := slices.IndexFunc(tenants, func(t *cloudsim.Tenant) bool { return r.URL.Path == "/login/"+t.ID+"/oauth2/v2.0/token" })
		if i < 0 {
			return false
		}
		mu.Lock()
		kept[tenants[i].ID]++
		mu.Unlock()
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client has gone
		<-r.Context().Done()
		return true
	})
	return func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		out := map[string]int{}
		for tenant, n := range kept {
			out[tenant] = n
		}
		return out
	}
}
