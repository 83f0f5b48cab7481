package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"

	"roomward/policy"
)

// What the bench asks of its server beside HTTP: one JSON value after the other, each answered by one benchReply.
const (
	orderWorld  = "tell which world this is"
	orderMemory = "tell what Go has allocated"
	orderChange = "commit changes of customers" // until orderCalm
	orderCalm   = "commit no more changes"
	orderAdmit  = "show somebody one more room"
)

type benchOrder struct {
	Do        string
	PerSecond int       // orderChange: customers
	Swept     bool      // orderMemory: without garbage
	Login     string    // orderAdmit, as are the others
	Customer  policy.ID `json:",omitzero"`
	Room      policy.ID `json:",omitzero"`
}

type benchReply struct {
	Error              string
	URL                string // of the first reply, which no order asks for: the server listens
	World              string
	Customers          int
	Mallocs, Allocated uint64
	Heap               uint64  // bytes in use
	CommitsPerSecond   float64 // orderCalm
	Open               int     // orderCalm: incidents that the changes opened and left open
}

// BenchServer is the server of `roomward bench`: the demo's, without limits on requests, over a copy of a seeded directory. It ends when the
// orders end.
func BenchServer(ctx context.Context, data string, orders io.Reader, replies io.Writer, version string) (err error) {
	log, closeLog, err := benchLog()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLog()) }()
	d, err := newDemo(ctx, DemoSettings{Listen: "127.0.0.1:0", Data: data, Out: io.Discard, Eager: true, Log: log}, version)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.cloud.Close()) }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	running := make(chan error, 1)
	go func() {
		defer stop()
		running <- d.Run(ctx, d.listener)
	}()
	w := &benchWriter{demo: d}
	err = w.obey(ctx, orders, json.NewEncoder(replies))
	w.calm()
	stop()
	return errors.Join(err, <-running)
}

// benchLog writes a line for each request, as serve does, where nobody reads it. What is wrong is for the one who runs the bench.
func benchLog() (log *slog.Logger, end func() error, err error) {
	sink, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open a log: %w", err)
	}
	wrong := slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})
	return slog.New(slog.NewMultiHandler(slog.NewTextHandler(sink, nil), wrong)), sink.Close, nil
}

// obey does what it is told until there are no more orders.
func (w *benchWriter) obey(ctx context.Context, in io.Reader, replies *json.Encoder) error {
	orders, broken := make(chan benchOrder), make(chan error, 1)
	go func() {
		for from := json.NewDecoder(in); ; {
			var o benchOrder
			if err := from.Decode(&o); err != nil {
				broken <- err
				return
			}
			select {
			case orders <- o:
			case <-ctx.Done():
				return
			}
		}
	}()
	reply := benchReply{URL: w.demo.cfg.PublicURL}
	for {
		if err := replies.Encode(reply); err != nil {
			return fmt.Errorf("answer the bench: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-broken:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read the orders of the bench: %w", err)
		case o := <-orders:
			var err error
			if reply, err = w.do(ctx, o); err != nil {
				reply = benchReply{Error: err.Error()}
			}
		}
	}
}

func (w *benchWriter) do(ctx context.Context, o benchOrder) (benchReply, error) {
	switch o.Do {
	case orderWorld:
		return w.world(ctx)
	case orderMemory:
		return memory(o.Swept), nil
	case orderChange:
		return benchReply{}, w.change(ctx, o.PerSecond)
	case orderCalm:
		done := w.calm()
		return benchReply{CommitsPerSecond: done.perSecond, Open: done.open}, done.err
	case orderAdmit:
		return benchReply{}, w.admit(ctx, o)
	}
	return benchReply{}, fmt.Errorf("there is no order %q", o.Do)
}

func (w *benchWriter) world(ctx context.Context) (benchReply, error) {
	name, err := w.demo.Store.World(ctx)
	if err != nil {
		return benchReply{}, err
	}
	customers, err := w.customers(ctx)
	return benchReply{World: name, Customers: len(customers)}, err
}

func memory(swept bool) benchReply {
	if swept {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return benchReply{Mallocs: m.Mallocs, Allocated: m.TotalAlloc, Heap: m.HeapAlloc}
}
