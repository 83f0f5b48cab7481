package collect

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/metrics"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// BenchmarkCollect collects a fleet with the real lanes, the default budget, and Microsoft's limits in a simulated cloud that runs in a process of
// its own, so that its work is not counted as ours. ROOMWARD_BENCH_COLLECT says how many customers of how many rooms, one room in ten of them
// broken; 1000x200 takes about half an hour:
//
//	ROOMWARD_BENCH_COLLECT=1000x200 go test ./app/collect -run '^$' -bench Collect -benchtime 1x -timeout 1h
func BenchmarkCollect(b *testing.B) {
	size := os.Getenv(benchSize)
	if size == "" {
		size = "40x20"
	}
	b.Run(size, func(b *testing.B) {
		for b.Loop() {
			benchmarkFleet(b, size)
		}
	})
}

// benchSize names the size of the benchmark's fleet, benchCloud the size of the cloud in the other process.
const (
	benchSize  = "ROOMWARD_BENCH_COLLECT"
	benchCloud = "ROOMWARD_BENCH_CLOUD"
)

func fleetOf(size string) ([]*cloudsim.Tenant, error) {
	var customers, rooms int
	if _, err := fmt.Sscanf(size, "%dx%d", &customers, &rooms); err != nil || customers < 1 || rooms < 1 {
		return nil, fmt.Errorf("%q is not customers x rooms, such as 40x20", size)
	}
	return fleet(customers, rooms, rooms/10), nil
}

// TestMain runs the tests, or the simulated cloud in the process that BenchmarkCollect starts.
func TestMain(m *testing.M) {
	size := os.Getenv(benchCloud)
	if size == "" {
		heard.Main(m)
	}
	if err := serveCloud(context.Background(), size); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveCloud listens until its input ends. Each line of that asks what it was asked so far.
func serveCloud(ctx context.Context, size string) error {
	tenants, err := fleetOf(size)
	if err != nil {
		return err
	}
	cloud := cloudsim.New(&cloudsim.World{Tenants: tenants}, cloudsim.Options{ClientID: clientID, ClientSecret: secret, Limits: cloudsim.MicrosoftLimits()})
	if err := cloud.Listen(ctx, "127.0.0.1:0"); err != nil {
		return err
	}
	fmt.Println(cloud.URL())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := json.NewEncoder(os.Stdout).Encode(cloudReport{cloud.AllRequests(), cpuTime()}); err != nil {
			return err
		}
	}
	return nil
}

// cloudReport is what the other process tells.
type cloudReport struct {
	Requests map[string]int
	CPU      time.Duration
}

// otherCloud is the process of the simulated cloud.
type otherCloud struct {
	url string
	in  io.Writer
	out *bufio.Scanner
}

func startCloud(b *testing.B, size string) *otherCloud {
	b.Helper()
	command := exec.CommandContext(b.Context(), os.Args[0])
	command.Env = append(os.Environ(), benchCloud+"="+size)
	in, err := command.StdinPipe()
	require.NoError(b, err)
	out, err := command.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, command.Start())
	b.Cleanup(func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		_ = command.Wait()
	})
	c := &otherCloud{in: in, out: bufio.NewScanner(out)}
	for c.out.Scan() {
		if c.url = c.out.Text(); strings.HasPrefix(c.url, "http://") {
			return c
		}
	}
	b.Fatal("the simulated cloud does not start")
	return nil
}

func (c *otherCloud) report(b *testing.B) (r cloudReport) {
	b.Helper()
	_, err := fmt.Fprintln(c.in, "report")
	require.NoError(b, err)
	require.True(b, c.out.Scan())
	require.NoError(b, json.Unmarshal(c.out.Bytes(), &r))
	return r
}

// cpuTime is what this process has used of all cores.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakRSS is the most memory that this process has held, in MiB.
func peakRSS() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Maxrss) / 1024
}

func benchmarkFleet(b *testing.B, size string) {
	tenants, err := fleetOf(size)
	require.NoError(b, err)
	cloud := startCloud(b, size)
	dir := b.TempDir()
	book := keepLedger(dir)
	st, err := store.Open(b.Context(), store.Options{Dir: dir})
	require.NoError(b, err)
	b.Cleanup(func() { _ = st.Close() })
	client, err := graph.New(graph.Config{Cloud: graph.Cloud{Login: cloud.url + "/login", Graph: cloud.url + "/graph"},
		Credential: graph.Credential{ClientID: clientID, Secret: secret}})
	require.NoError(b, err)
	w := &world{t: b, clock: &clock{}, store: st, graph: client, dir: dir, ledger: book, customers: map[string]policy.ID{}}
	w.collector = New(Config{Store: st, Graph: client, Work: policy.ForWork})
	w.acceptAll(tenants)
	tenants = nil

	var heap uint64
	phase := func(name string) {
		began, cpu, wrote, before := time.Now(), cpuTime(), book.read(), cloud.report(b)
		heap = max(heap, w.untilIdle())
		after, used, rows := cloud.report(b), cpuTime()-cpu, book.read()
		asked := total(after.Requests) - total(before.Requests)
		took := time.Since(began)
		b.Logf("%s: %d requests in %.1f s (%.0f /s), %d throttled; our CPU %.1f s (%.2f cores, %.0f µs a request), the cloud's %.1f s; "+
			"%d rows in %d of %d commits; peak RSS %.0f MiB", name, asked, took.Seconds(), float64(asked)/took.Seconds(), after.Requests["throttled"]-before.Requests["throttled"], used.Seconds(),
			used.Seconds()/took.Seconds(), float64(used.Microseconds())/float64(asked), (after.CPU - before.CPU).Seconds(),
			rows.rows-wrote.rows, rows.commits-wrote.commits, rows.all-wrote.all, peakRSS())
		b.ReportMetric(float64(asked), name+"-requests")
		b.ReportMetric(used.Seconds(), name+"-cpu-s")
		b.ReportMetric(took.Seconds(), name+"-s")
		require.Zero(b, after.Requests["throttled"])
	}
	phase("first")
	for _, name := range []string{"second", "unchanged"} { // the second bad poll in a row is news
		_, err := w.open().ExecContext(b.Context(), `UPDATE collect_jobs SET due_at = 0 WHERE kind = 'devices'`)
		require.NoError(b, err)
		quiet := book.read()
		phase(name)
		if name == "unchanged" {
			require.Equal(b, quiet.rows, book.read().rows, "an unchanged customer was written")
		}
	}
	b.ReportMetric(peakRSS(), "peak-RSS-MiB")
	b.ReportMetric(float64(heap)/(1<<20), "peak-heap-MiB")
}

// untilIdle lets the collector work until nobody is due, and gives the largest heap meanwhile, in bytes.
func (w *world) untilIdle() (heap uint64) {
	stop := w.running()
	defer stop()
	db := w.open()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	begun := time.Now().UnixMilli()
	for range time.Tick(200 * time.Millisecond) {
		metrics.Read(sample)
		heap = max(heap, sample[0].Value.Uint64())
		var waiting int
		require.NoError(w.t, db.QueryRowContext(w.t.Context(), `SELECT count(*) FROM collect_jobs
			WHERE due_at <= $1 OR leased_until > 0 OR kind = 'devices' AND last_good_at IS NULL`, begun).Scan(&waiting))
		if waiting == 0 {
			return heap
		}
	}
	return heap
}
