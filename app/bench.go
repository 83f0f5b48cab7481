package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// BenchSettings are the settings of `roomward bench`.
type BenchSettings struct {
	Data     string    // data directory that `roomward seed` filled; it is copied, and stays as it is
	Seconds  int       // how long each case is asked
	Clients  int       // how many connections ask at the same time
	JSON     string    // file for the report as JSON; "" is none
	Out      io.Writer // where the tables go
	Progress io.Writer // where the lines about the progress go
}

// changesPerSecond is how many customers a second commit changes while totals are asked for (design 14): 1,000 customers, each about every
// 20 seconds.
const changesPerSecond = 45

// bench is one run: a copy of the data, a server as a process of its own, and the people who ask it.
type bench struct {
	BenchSettings
	command []string // starts the server; the data directory follows
	starts  int      // how often the server is started to see how long that takes
	pages   []int    // the deep pages that are asked for
	enough  int      // requests of each client in each case; 0: as many as fit into Seconds

	server *benchServer
	people []*benchPerson
	opened int // incidents that changes of customers opened and left open
	report benchReport
}

// Bench measures the product by HTTP through the real stack: what each member of a seeded world waits for, and what it costs the server. The
// server is a process of its own, so that its time and memory are told from those of the clients. Every answer is checked: a wrong one ends the
// bench.
func Bench(ctx context.Context, s BenchSettings) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the own program, to start it as a server: %w", err)
	}
	b := &bench{BenchSettings: s, command: []string{self, "bench-server"}, starts: 5, pages: []int{20, 200}}
	return b.run(ctx)
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.Seconds < 1 || b.Clients < 1 {
		return errors.New("--seconds and --clients: at least 1")
	}
	dir, err := b.copyData(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err = b.start(ctx, dir); err == nil {
		err = errors.Join(b.measure(ctx), b.server.stop())
	}
	if ctx.Err() != nil {
		return errors.New("the bench was stopped before its end")
	}
	if err != nil {
		return err
	}
	b.report.printProcess(b.Out)
	return b.report.save(b.JSON)
}

// measure drives every case, those that write last: from then on the data are not the seeded ones.
func (b *bench) measure(ctx context.Context) error {
	if err := b.meet(ctx); err != nil {
		return err
	}
	if err := b.remember(&b.report.Memory.Start); err != nil {
		return err
	}
	b.report.printHead(b.Out)
	for _, s := range b.reading() {
		if err := b.forEveryone(ctx, s, b.drive); err != nil {
			return err
		}
	}
	if err := b.remember(&b.report.Memory.Reading); err != nil {
		return err
	}
	for _, s := range b.whileChanging() {
		if err := b.forEveryone(ctx, s, b.driveChanging); err != nil {
			return err
		}
	}
	if err := b.settled(ctx); err != nil {
		return err
	}
	for _, p := range b.people {
		if err := b.afterRuleChange(ctx, p); err != nil {
			return fmt.Errorf("rooms after a changed right, %s: %w", p.who, err)
		}
	}
	return b.remember(&b.report.Memory.Writing)
}

// forEveryone measures one case for each person who has something to see in it.
func (b *bench) forEveryone(ctx context.Context, s benchCase, drive func(context.Context, []benchRequest) (benchResult, error)) error {
	for _, p := range b.people {
		requests, err := s.prepare(ctx, p)
		if err != nil {
			return fmt.Errorf("prepare %s, %s: %w", s.name, p.who, err)
		}
		if len(requests) == 0 {
			fmt.Fprintf(b.Progress, "%s: nothing there for %s\n", s.name, p.who)
			continue
		}
		result, err := drive(ctx, requests)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", s.name, p.who, err)
		}
		result.Case, result.Who = s.name, p.who
		b.add(result)
	}
	return nil
}

func (b *bench) add(r benchResult) {
	b.report.Cases = append(b.report.Cases, r)
	r.print(b.Out)
}

// benchStarts are the moments of several starts, counted from the start of the process.
type benchStarts struct{ ready, signedIn, page []time.Duration }

// start starts the server several times, each time up to the first page, and lets the last one run. The first start is not measured: it may
// have to bring the schema up to date.
func (b *bench) start(ctx context.Context, dir string) error {
	var took benchStarts
	for n := range 1 + b.starts {
		if n > 0 {
			if err := b.server.stop(); err != nil {
				return err
			}
		}
		if n == 1 {
			took = benchStarts{}
		}
		began := time.Now()
		server, err := startBenchServer(ctx, append(slices.Clone(b.command), dir))
		if err != nil {
			return err
		}
		b.server = server
		if err := b.firstAnswers(ctx, began, &took); err != nil {
			return errors.Join(err, server.stop())
		}
	}
	b.report.Start = benchStart{Times: b.starts, Ready: typical(took.ready), SlowestReady: slowest(took.ready), SignedIn: typical(took.signedIn),
		FirstPage: typical(took.page), SlowestFirstPage: slowest(took.page)}
	return nil
}

func typical(took []time.Duration) float64 {
	return millisOf(share(slices.Sorted(slices.Values(took)), 0.5))
}
func slowest(took []time.Duration) float64 { return millisOf(slices.Max(took)) }

func (b *bench) firstAnswers(ctx context.Context, began time.Time, took *benchStarts) error {
	if _, err := b.server.get(ctx, "/readyz", ""); err != nil {
		return fmt.Errorf("wait for the server: %w", err)
	}
	took.ready = append(took.ready, time.Since(began))
	cookie, err := b.server.signIn(ctx, seedWide)
	if err != nil {
		return err
	}
	took.signedIn = append(took.signedIn, time.Since(began))
	if _, err := b.server.get(ctx, openIncidents, cookie); err != nil {
		return err
	}
	took.page = append(took.page, time.Since(began))
	return nil
}

// copyData copies the data directory beside itself: the cases that write must not spoil it. A database that a process has open, or that was
// not closed, has a log or a journal beside it: a copy of that is none.
func (b *bench) copyData(ctx context.Context) (dir string, err error) {
	whole, err := filepath.Abs(b.Data)
	if err != nil {
		return "", fmt.Errorf("find the data directory: %w", err)
	}
	if _, err := os.Stat(filepath.Join(whole, "roomward.db")); err != nil {
		return "", fmt.Errorf("--data: %s was not filled by roomward seed: %w", b.Data, err)
	}
	for _, beside := range []string{"roomward.db-wal", "roomward.db-journal"} {
		if _, err := os.Stat(filepath.Join(whole, beside)); err == nil {
			return "", fmt.Errorf("--data: something has %s open, or did not close it: stop it, or start and stop the demo on it once", b.Data)
		}
	}
	entries, err := os.ReadDir(whole)
	if err != nil {
		return "", fmt.Errorf("list the data: %w", err)
	}
	dir, err = os.MkdirTemp(filepath.Dir(whole), "roomward-bench-")
	if err != nil {
		return "", fmt.Errorf("make a directory for the copy of the data: %w", err)
	}
	fmt.Fprintf(b.Progress, "Copying the data to %s, which is removed at the end.\n", dir)
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		if err := copyFile(ctx, filepath.Join(whole, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return "", errors.Join(fmt.Errorf("copy the data: %w", err), os.RemoveAll(dir))
		}
	}
	return dir, nil
}

// copyFile copies in pieces, so that it can be stopped, and waits for the disk, so that writing it does not disturb what is measured.
func copyFile(ctx context.Context, from, to string) (err error) {
	const piece = 64 << 20
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(out, in, piece); errors.Is(err, io.EOF) {
			return out.Sync()
		} else if err != nil {
			return err
		}
	}
}
