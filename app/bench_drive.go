package app

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// onceRight keeps the first answer that a check found right. Safe for concurrent use.
type onceRight struct {
	mu   sync.Mutex
	body []byte
}

func (o *onceRight) compare(body []byte, check func([]byte) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.body == nil {
		if err := check(body); err != nil {
			return err
		}
		o.body = bytes.Clone(body)
		return nil
	}
	if !bytes.Equal(body, o.body) {
		return fmt.Errorf("the answer changed, and nothing else did: %.300s", body)
	}
	return nil
}

// benchClient is what one client has measured.
type benchClient struct {
	conn  *benchConn
	took  []time.Duration
	bytes int
}

// ask sends one request, and measures up to the last byte of the answer. Then the answer is checked.
func (c *benchClient) ask(r benchRequest) error {
	began := time.Now()
	resp, body, err := c.conn.ask(r.text)
	took := time.Since(began)
	if err != nil {
		return fmt.Errorf("GET %s: %w", r.path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return wrongStatus(r.path, resp.StatusCode, body)
	}
	if err := r.right(body); err != nil {
		return fmt.Errorf("GET %s: wrong answer: %w", r.path, err)
	}
	c.took = append(c.took, took)
	c.bytes += len(body)
	return nil
}

// drive asks for the requests in turns, with every client at the same time, until the time of a case is over.
func (b *bench) drive(ctx context.Context, requests []benchRequest) (benchResult, error) {
	clients := make([]*benchClient, b.Clients)
	for n := range clients {
		conn, err := dialBench(ctx, b.server.host)
		if err != nil {
			return benchResult{}, err
		}
		defer conn.close()
		clients[n] = &benchClient{conn: conn}
		if err := clients[n].ask(requests[n%len(requests)]); err != nil { // the first fills caches, and is not measured
			return benchResult{}, err
		}
		*clients[n] = benchClient{conn: conn}
	}
	before, err := b.server.figures(false)
	if err != nil {
		return benchResult{}, err
	}
	began := time.Now()
	if err := b.askAll(ctx, clients, requests, began.Add(time.Duration(b.Seconds)*time.Second)); err != nil {
		return benchResult{}, err
	}
	lasted := time.Since(began)
	after, err := b.server.figures(false)
	if err != nil {
		return benchResult{}, err
	}
	return summarise(clients, lasted, before, after), nil
}

// askAll ends at the first wrong answer of any client.
func (b *bench) askAll(ctx context.Context, clients []*benchClient, requests []benchRequest, end time.Time) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for first, c := range clients {
		all.Go(func() {
			for n := first; ctx.Err() == nil && time.Now().Before(end) && (b.enough == 0 || len(c.took) < b.enough); n += len(clients) {
				if err := c.ask(requests[n%len(requests)]); err != nil {
					stop(err)
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// summarise makes the line of a case out of what its clients measured and what the server spent.
func summarise(clients []*benchClient, lasted time.Duration, before, after benchFigures) benchResult {
	var took []time.Duration
	size := 0
	for _, c := range clients {
		took = append(took, c.took...)
		size += c.bytes
	}
	slices.Sort(took)
	n := float64(len(took))
	r := benchResult{Requests: len(took), Seconds: lasted.Seconds(), PerSecond: n / lasted.Seconds(), Bytes: size / len(took),
		P50: millisOf(share(took, 0.5)), P95: millisOf(share(took, 0.95)), P99: millisOf(share(took, 0.99)), Max: millisOf(share(took, 1)),
		Mallocs: float64(after.mallocs-before.mallocs) / n, AllocBytes: float64(after.allocated-before.allocated) / n}
	if cpu := after.cpu - before.cpu; cpu > 0 {
		r.CPU, r.PerCPUSecond = millisOf(cpu)/n, n/cpu.Seconds()
	}
	return r
}

// share is the duration below which a share of the sorted ones lies.
func share(sorted []time.Duration, of float64) time.Duration {
	return sorted[min(int(of*float64(len(sorted))), len(sorted)-1)]
}

func millisOf(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
