package app

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// benchServerHere makes this test's binary the server of a bench, see TestBenchServer.
const benchServerHere = "BENCH_SERVER_HERE"

// TestBenchServer is no test by itself: other tests start it as the process of a server.
func TestBenchServer(t *testing.T) {
	if os.Getenv(benchServerHere) == "" {
		return
	}
	require.NoError(t, BenchServer(t.Context(), flag.Arg(0), os.Stdin, os.Stdout, "test"))
}

// smallBench is a bench that asks twice for everything.
func smallBench(t *testing.T, dir string, out *bytes.Buffer) *bench {
	t.Helper()
	t.Setenv(benchServerHere, "1")
	return &bench{BenchSettings: BenchSettings{Data: dir, Seconds: 60, Clients: 1, JSON: filepath.Join(t.TempDir(), "bench.json"), Out: out, Progress: out},
		command: []string{os.Args[0], "-test.run=^TestBenchServer$"}, starts: 1, pages: []int{2, 4}, enough: 2}
}

func TestBenchAsksEverybodyForEverything(t *testing.T) {
	var out bytes.Buffer
	dir, _ := seeded(t)
	b := smallBench(t, dir, &out)
	seededFile := filepath.Join(b.Data, "roomward.db")
	before, err := os.ReadFile(seededFile)
	require.NoError(t, err)
	require.NoError(t, b.run(t.Context()), out.String())

	asked := map[string][]string{}
	for _, r := range b.report.Cases {
		asked[r.Case] = append(asked[r.Case], r.Who)
		require.Equal(t, 2, r.Requests, "%s, %s", r.Case, r.Who)
		require.Positive(t, r.Bytes)
		require.Positive(t, r.P50)
		require.GreaterOrEqual(t, r.Max, r.P50)
	}
	everybody := []string{"wide", "narrow", "middle", "admin"}
	want := map[string][]string{ // who has so many rows
		"incidents, page 2": {"admin"}, "incidents, page 4": {"admin"}, `incidents, text "12"`: nil,
		"rooms, page 2": {"wide", "middle", "admin"}, "rooms, page 4": {"admin"}, `rooms, text "12"`: nil,
	}
	for _, c := range append(b.reading(), b.whileChanging()...) {
		who, some := want[c.name]
		if !some {
			who = everybody
		}
		require.Equal(t, who, asked[c.name], c.name)
	}
	require.Equal(t, []string{"wide", "narrow", "middle"}, asked["rooms, total, after a changed right"])
	require.Equal(t, benchPlace{World: "S", Customers: 10, Rooms: 400, OpenIncidents: 200, Machine: b.report.Machine, Clients: 1, Seconds: 60}, b.report.benchPlace)
	require.Positive(t, b.report.Start.Ready)
	require.Greater(t, b.report.Start.SignedIn, b.report.Start.Ready)
	require.Greater(t, b.report.Start.FirstPage, b.report.Start.SignedIn)
	require.Positive(t, b.report.Memory.Writing.GoHeapMB)
	if runtime.GOOS == "linux" {
		require.GreaterOrEqual(t, b.report.Memory.Writing.PeakMB, b.report.Memory.Writing.NowMB)
		require.Positive(t, b.report.Memory.Writing.NowMB)
	}

	text, err := os.ReadFile(b.JSON)
	require.NoError(t, err)
	var saved benchReport
	require.NoError(t, json.Unmarshal(text, &saved))
	require.Equal(t, b.report, saved)
	require.Equal(t, len(b.report.Cases), strings.Count(out.String(), "\nincidents, ")+strings.Count(out.String(), "\nrooms, ")-strings.Count(out.String(), ": nothing there for"))

	after, err := os.ReadFile(seededFile)
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after), "the bench wrote into the data that it was given")
	requireNothingBeside(t, b.Data)
	require.NotNil(t, b.server.process.ProcessState, "the server still runs")
}

// requireNothingBeside proves that the copy of the data is gone.
func requireNothingBeside(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "roomward-bench-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// stopAt ends a context when something is written that contains a text.
type stopAt struct {
	text string
	stop context.CancelFunc
}

func (s stopAt) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(s.text)) {
		s.stop()
	}
	return len(b), nil
}

func TestBenchStopsWithItsServer(t *testing.T) {
	dir, _ := seeded(t)
	for _, at := range []string{"Copying", "incidents, total, while changing"} {
		t.Run(at, func(t *testing.T) {
			b := smallBench(t, dir, nil)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			b.Out, b.Progress = stopAt{at, stop}, stopAt{at, stop}
			require.Error(t, b.run(ctx))
			require.Error(t, ctx.Err(), "it ended by itself")
			requireNothingBeside(t, b.Data)
			require.NoFileExists(t, b.JSON)
			if b.server != nil {
				require.NotNil(t, b.server.process.ProcessState, "the server still runs")
			}
		})
	}
}

func TestBenchRefuses(t *testing.T) {
	var out bytes.Buffer
	b := smallBench(t, t.TempDir(), &out)
	require.ErrorContains(t, b.run(t.Context()), "was not filled by roomward seed")

	database := filepath.Join(b.Data, "roomward.db")
	require.NoError(t, os.WriteFile(database, nil, 0o600))
	require.NoError(t, os.WriteFile(database+"-wal", []byte("x"), 0o600))
	require.ErrorContains(t, b.run(t.Context()), "has "+b.Data+" open")
	require.NoError(t, os.Remove(database+"-wal"))

	b.Seconds = 0
	require.ErrorContains(t, b.run(t.Context()), "--seconds")

	b.Seconds = 1
	require.ErrorContains(t, b.run(t.Context()), "holds no seeded world")
	requireNothingBeside(t, b.Data)
}

func TestBenchTakesRightAnswersOnly(t *testing.T) {
	page := func(rows int, rest string) []byte {
		return []byte(`{"items":[` + strings.TrimSuffix(strings.Repeat(`{"id":"1","customerName":"A"},`, rows), ",") + `]` + rest + `}`)
	}
	require.NoError(t, hasRows(3)(page(3, "")))
	require.Error(t, hasRows(3)(page(2, "")))
	require.Error(t, hasRows(3)(nil))

	require.NoError(t, hasTotal(3, 3)(page(3, `,"total":3`)))
	require.NoError(t, hasTotal(3, 5)(page(4, `,"total":4`)))
	require.NoError(t, hasTotal(70, 70)(page(50, `,"next":"x","total":70`)))
	require.Error(t, hasTotal(3, 3)(page(3, "")), "no total")
	require.Error(t, hasTotal(3, 3)(page(3, `,"total":4`)), "too many")
	require.Error(t, hasTotal(3, 5)(page(2, `,"total":2`)), "too few")
	require.Error(t, hasTotal(3, 5)(page(3, `,"total":4`)), "not of the page's own moment")
	require.Error(t, hasTotal(0, 5)(page(0, `,"total":null`)))

	right := sameAsFirst(hasRows(1))
	require.Error(t, right(page(2, "")))
	require.NoError(t, right(page(1, "")))
	require.NoError(t, right(page(1, "")))
	require.Error(t, right(page(1, `,"next":"x"`)))
}
