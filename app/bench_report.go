package app

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// benchReport is everything that a run found out. Times are milliseconds.
type benchReport struct {
	benchPlace
	Start  benchStart    `json:"start"`
	Cases  []benchResult `json:"cases"`
	Memory struct {
		Start   benchMemory `json:"start"`   // after the first pages
		Reading benchMemory `json:"reading"` // after the cases that read
		Writing benchMemory `json:"writing"` // after those that write
	} `json:"memory"`
}

// benchPlace says what was measured where.
type benchPlace struct {
	World         string `json:"world"`
	Customers     int    `json:"customers"`
	Rooms         int    `json:"rooms"`
	OpenIncidents int    `json:"openIncidents"`
	Machine       string `json:"machine"`
	Clients       int    `json:"clients"`
	Seconds       int    `json:"secondsPerCase"`
}

// benchStart is how long it took from the start of the process, typically (the median) and at most, of several times.
type benchStart struct {
	Times            int     `json:"times"`
	Ready            float64 `json:"readyMs"` // up to the answer of /readyz
	SlowestReady     float64 `json:"slowestReadyMs"`
	SignedIn         float64 `json:"signedInMs"`  // up to the end of the wide member's sign-in, with /api/me
	FirstPage        float64 `json:"firstPageMs"` // and up to its first page of incidents
	SlowestFirstPage float64 `json:"slowestFirstPageMs"`
}

// benchResult is one case of one person. Zero is unknown, or not asked.
type benchResult struct {
	Case             string  `json:"case"`
	Who              string  `json:"who"`
	Requests         int     `json:"requests"`
	Seconds          float64 `json:"seconds,omitempty"`
	PerSecond        float64 `json:"perSecond,omitempty"`
	P50              float64 `json:"p50Ms"`
	P95              float64 `json:"p95Ms"`
	P99              float64 `json:"p99Ms"`
	Max              float64 `json:"maxMs"`
	Bytes            int     `json:"bytesPerAnswer"`
	CPU              float64 `json:"serverCpuMsPerRequest,omitempty"`
	PerCPUSecond     float64 `json:"perServerCpuSecond,omitempty"`
	Mallocs          float64 `json:"serverMallocsPerRequest,omitempty"`
	AllocBytes       float64 `json:"serverAllocBytesPerRequest,omitempty"`
	ChangesPerSecond float64 `json:"changesPerSecond,omitempty"`
}

// benchMemory is what the process of the server holds. Zero is unknown: only Linux tells of other processes.
type benchMemory struct {
	PeakMB   float64 `json:"peakRssMB,omitempty"`
	NowMB    float64 `json:"rssMB,omitempty"`
	GoHeapMB float64 `json:"goHeapMB"`
}

// printHead is what stands above the lines of the cases.
func (r *benchReport) printHead(w io.Writer) {
	fmt.Fprintf(w, "World %s: %d customers, %d rooms, %d open incidents. %s.\nBy HTTP on loopback, %d clients, %d s for each case.\n\n",
		r.World, r.Customers, r.Rooms, r.OpenIncidents, r.Machine, r.Clients, r.Seconds)
	fmt.Fprintf(w, "%-36s %-6s %8s %7s %7s %7s %7s %8s %8s %8s %8s %8s %8s\n", "case", "who", "requests", "per s", "p50 ms", "p95 ms", "p99 ms",
		"max ms", "bytes", "cpu ms", "/ cpu s", "mallocs", "changes")
}

func (r *benchResult) print(w io.Writer) {
	fmt.Fprintf(w, "%-36s %-6s %8d %7s %7.2f %7.2f %7.2f %8.2f %8d %8s %8s %8s %8s\n", r.Case, r.Who, r.Requests, known("%.0f", r.PerSecond),
		r.P50, r.P95, r.P99, r.Max, r.Bytes, known("%.3f", r.CPU), known("%.0f", r.PerCPUSecond), known("%.0f", r.Mallocs), known("%.1f", r.ChangesPerSecond))
}

// known is a number in a column; a dash where there is none.
func known(format string, n float64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf(format, n)
}

// printProcess is what stands below the lines of the cases.
func (r *benchReport) printProcess(w io.Writer) {
	fmt.Fprintf(w, `
Of the server alone, for each request: cpu ms, mallocs; "/ cpu s" are requests for one second of processor time. "changes" are customers a
second that commit meanwhile, of the %d that should. A request lasts up to the last byte of its answer. Every answer was checked: its status,
its rows, its total.

Start, %d times: /readyz after %.0f ms, at most %.0f; wide signed in after %.0f ms; its first page after %.0f ms, at most %.0f.
Memory of the server, with its simulated cloud:
`, changesPerSecond, r.Start.Times, r.Start.Ready, r.Start.SlowestReady, r.Start.SignedIn, r.Start.FirstPage, r.Start.SlowestFirstPage)
	for _, at := range []struct {
		name string
		benchMemory
	}{{"after the first pages", r.Memory.Start}, {"after reading", r.Memory.Reading}, {"after writing", r.Memory.Writing}} {
		fmt.Fprintf(w, "  %-22s peak %s MB, now %s MB, of which Go's heap %.0f MB\n", at.name, known("%.0f", at.PeakMB), known("%.0f", at.NowMB), at.GoHeapMB)
	}
	fmt.Fprintf(w, `
What the access condition costs is not here, because no row leaves the product without a view. The store's own benchmark compares its page with
one without a condition, in turns, on a copy of the data:
  ROOMWARD_BENCH_DATA=COPY go test -run X -bench ListsYardstick ./store
`)
}

// save writes the report as JSON.
func (r *benchReport) save(path string) error {
	if path == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("make the report: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
