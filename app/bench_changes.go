package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roomward/policy"
)

// whileChanging are the cases with totals that are asked for while customers change.
func (b *bench) whileChanging() []benchCase {
	return []benchCase{
		{"incidents, total, while changing", b.firstPageWhileChanging},
		{"rooms, total, while changing", b.firstPageAndTotal(allRooms)},
	}
}

// firstPageWhileChanging takes each total between that of the seeded world and one more for each customer: nothing else comes and goes. The
// page must have as many rows as its own total demands.
func (b *bench) firstPageWhileChanging(ctx context.Context, p *benchPerson) ([]benchRequest, error) {
	w, err := b.walk(ctx, p, openIncidents)
	if err != nil || w.rows == 0 {
		return nil, err
	}
	return []benchRequest{b.request(p, withQuery(openIncidents, "total", "true"), hasTotal(w.rows, w.rows+b.report.Customers))}, nil
}

// driveChanging is drive, while customers change.
func (b *bench) driveChanging(ctx context.Context, requests []benchRequest) (benchResult, error) {
	if _, err := b.server.order(benchOrder{Do: orderChange, PerSecond: changesPerSecond}); err != nil {
		return benchResult{}, err
	}
	result, err := b.drive(ctx, requests)
	if err != nil {
		return result, err
	}
	calm, err := b.server.order(benchOrder{Do: orderCalm})
	result.ChangesPerSecond, b.opened = calm.CommitsPerSecond, calm.Open
	return result, err
}

// settled reads every page again after the changes: each total must be what its pages have, and who sees everything must see what they opened.
func (b *bench) settled(ctx context.Context) error {
	before := b.admin().walks[openIncidents].rows
	for _, p := range b.people {
		clear(p.walks)
		for _, path := range []string{openIncidents, allRooms} {
			if _, err := b.walk(ctx, p, path); err != nil {
				return fmt.Errorf("after the changes: %w", err)
			}
		}
	}
	if after := b.admin().walks[openIncidents].rows; after != before+b.opened {
		return fmt.Errorf("after the changes there are %d open incidents, not %d and %d new ones", after, before, b.opened)
	}
	return nil
}

// afterRuleChange lets a person see one more room after the other, and measures the next request each time: it must show that room already.
func (b *bench) afterRuleChange(ctx context.Context, p *benchPerson) error {
	hidden, err := b.hiddenRooms(ctx, p)
	if err != nil || len(hidden) == 0 {
		return err
	}
	conn, err := dialBench(ctx, b.server.host)
	if err != nil {
		return err
	}
	defer conn.close()
	path, total := withQuery(allRooms, "total", "true"), p.walks[allRooms].rows
	if err := (&benchClient{conn: conn}).ask(b.request(p, path, hasTotal(total, total))); err != nil { // what was before is in every cache
		return err
	}
	client := &benchClient{conn: conn}
	end := time.Now().Add(time.Duration(b.Seconds) * time.Second)
	for n, room := range hidden {
		if ctx.Err() != nil || time.Now().After(end) || b.enough > 0 && n >= b.enough {
			break
		}
		if _, err := b.server.order(benchOrder{Do: orderAdmit, Login: p.login, Customer: room.customer, Room: room.id}); err != nil {
			return err
		}
		total++
		if err := client.ask(b.request(p, path, hasTotal(total, total))); err != nil {
			return err
		}
	}
	if len(client.took) == 0 {
		return context.Cause(ctx)
	}
	slices.Sort(client.took)
	b.add(benchResult{Case: "rooms, total, after a changed right", Who: p.who, Requests: len(client.took), Bytes: client.bytes / len(client.took),
		P50: millisOf(share(client.took, 0.5)), P95: millisOf(share(client.took, 0.95)), P99: millisOf(share(client.took, 0.99)),
		Max: millisOf(share(client.took, 1))})
	return nil
}

// benchHidden is a room that somebody does not see.
type benchHidden struct{ customer, id policy.ID }

// hiddenRooms are rooms that a person does not see, of customers of which they see others, each time of another customer.
func (b *bench) hiddenRooms(ctx context.Context, p *benchPerson) ([]benchHidden, error) {
	const mostCustomers = 10
	var facets struct{ Customers []struct{ Value policy.ID } }
	if err := b.read(ctx, p, allRooms+"/facets", &facets); err != nil {
		return nil, err
	}
	var lists [][]benchHidden
	longest := 0
	for _, customer := range facets.Customers[:min(len(facets.Customers), mostCustomers)] {
		path := withQuery(allRooms, "customer", customer.Value.String(), "limit", "500")
		all, err := b.page(ctx, b.admin(), path)
		if err != nil {
			return nil, err
		}
		seen, err := b.page(ctx, p, path)
		if err != nil {
			return nil, err
		}
		var list []benchHidden
		for _, room := range all.Items {
			if slices.Contains(seen.Items, room) {
				continue
			}
			id, err := policy.ParseID(room.ID)
			if err != nil {
				return nil, fmt.Errorf("read the id of a room: %w", err)
			}
			list = append(list, benchHidden{customer.Value, id})
		}
		lists, longest = append(lists, list), max(longest, len(list))
	}
	var out []benchHidden
	for n := range longest {
		for _, list := range lists {
			if n < len(list) {
				out = append(out, list[n])
			}
		}
	}
	return out, nil
}

// remember notes what memory the server has taken so far.
func (b *bench) remember(into *benchMemory) error {
	f, err := b.server.figures(true)
	if err != nil {
		return err
	}
	const mb = 1 << 20
	*into = benchMemory{PeakMB: float64(f.peak) / mb, NowMB: float64(f.rss) / mb, GoHeapMB: float64(f.heap) / mb}
	return nil
}
