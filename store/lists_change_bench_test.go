//go:build unix

package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// BenchmarkListsTotalsWhileChanging reads first pages with exact totals while 45 customers a second commit changes of their incidents (design 14).
// It writes into the data directory: the changes turn back and forth.
func BenchmarkListsTotalsWhileChanging(b *testing.B) {
	w := openBenchWorld(b)
	for _, who := range benchWho {
		v, rooms := w.view(b, who, policy.TicketsView), w.view(b, who, policy.RoomsView)
		reads := map[string]func() error{
			"incidents": func() error {
				_, err := w.store.Incidents(context.Background(), v, IncidentQuery{Limit: 50, Total: true})
				return err
			},
			"rooms": func() error {
				_, err := w.store.Rooms(context.Background(), rooms, v, RoomQuery{Limit: 50, Total: true})
				return err
			},
		}
		for _, name := range []string{"incidents", "rooms"} {
			b.Run(name+"/"+who, func(b *testing.B) {
				stop := w.changing(b, 45)
				ask(b, reads[name])
				b.ReportMetric(stop(), "commits/s")
			})
		}
	}
}

// changing commits so many changes a second, each of another customer, until stop, which tells how many a second it was.
func (w *benchWorld) changing(b *testing.B, perSecond int) (stop func() float64) {
	b.Helper()
	var customers []ID
	err := w.store.read(b.Context(), func(t *tx) error {
		var err error
		customers, err = readAll(b.Context(), t, "read the customers", statement{`SELECT id FROM customers ORDER BY id LIMIT 500`, nil}, scanID)
		return err
	})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	done, began := make(chan struct{}), time.Now()
	var commits atomic.Int64
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			err := w.store.write(context.Background(), func(t *tx) error {
				_, err := t.exec(ctx, `UPDATE incidents SET state = CASE state WHEN 'active' THEN 'investigating' ELSE 'active' END
					WHERE id IN (SELECT id FROM incidents WHERE open = 1 AND state <> 'watching' AND cell_id IN (SELECT id FROM cells WHERE customer_id = $1) LIMIT 3)`,
					customers[n%len(customers)])
				return err
			})
			if err == nil {
				commits.Add(1)
			}
		}
	}()
	return func() float64 {
		cancel()
		<-done
		return float64(commits.Load()) / time.Since(began).Seconds()
	}
}

// BenchmarkListsAfterRuleChange changes a rule of one customer that the member sees, and asks for the first page as api does: the view of before
// is stale, a fresh one is made, and the page is read.
func BenchmarkListsAfterRuleChange(b *testing.B) {
	w := openBenchWorld(b)
	for _, who := range benchWho {
		b.Run(who, func(b *testing.B) {
			actor := w.people[who]
			v := w.view(b, who, policy.TicketsView)
			customer := v.Parts()[len(v.Parts())/2].Customer
			var next time.Duration
			for range b.N {
				require.NoError(b, w.store.write(b.Context(), func(t *tx) error { return raiseRules(b.Context(), t, customer) }))
				began := spent(b)
				_, err := w.store.Incidents(b.Context(), v, IncidentQuery{Limit: 50})
				require.ErrorIs(b, err, ErrStaleView)
				require.NoError(b, w.decider.Refresh(b.Context(), actor))
				v, err = w.decider.View(b.Context(), actor, policy.TicketsView)
				require.NoError(b, err)
				_, err = w.store.Incidents(b.Context(), v, IncidentQuery{Limit: 50})
				require.NoError(b, err)
				next += spent(b) - began
			}
			b.ReportMetric(float64(next.Microseconds())/float64(b.N), "cpu-us/next-request")
		})
	}
}

// BenchmarkListsMoveRooms puts 10,000 rooms with a device and five incidents each into another cell, and back: what a change of a group that a
// scope names costs at most.
func BenchmarkListsMoveRooms(b *testing.B) {
	const rooms = 10_000
	w := newListWorld(b, b.TempDir())
	defer func() { _ = w.store.Close() }()
	c := &listCustomer{id: policy.NewID(), name: "Large", ceiling: listPermissions}
	for n := range rooms {
		c.rooms = append(c.rooms, &listRoom{customer: c, device: policy.NewID(), Room: Room{ID: policy.NewID(), Name: fmt.Sprint("Room ", n), Health: "healthy", HealthRank: 60}})
	}
	c.groups = []RoomGroup{{Name: "some"}}
	w.addCustomer(b, c)
	w.addGrant(b, c, listGrant{permissions: listPermissions, members: []policy.Principal{policy.User("bob")}, scopes: []policy.Scope{policy.ScopeGroup(c.groups[0].ID)}})
	for n := range 5 {
		w.insert(b, `INSERT INTO incidents (id, customer_id, room_id, cell_id, device_id, signal, category, severity, severity_rank, state, open, opened_at, updated_at)
			SELECT (random() & 9223372036854775807), d.customer_id, d.room_id, r.cell_id, d.id, $1, 'hardware', 'critical', 1,
				CASE $2 WHEN 0 THEN 'active' ELSE 'closed' END, $2 = 0, r.id % 1000000, 1 FROM devices d JOIN rooms r ON r.id = d.room_id`, fmt.Sprint("s-", n), n)
	}
	b.ResetTimer()
	before := spent(b)
	for n := range b.N {
		list := c.rooms
		if n%2 == 1 {
			list = nil
		}
		w.do(b, func(t *tx) error { return regroup(t, c.id, c.groups[0].ID, list) })
	}
	b.ReportMetric((spent(b)-before).Seconds()*1000/float64(b.N), "cpu-ms/move")
	require.Empty(b, wrongCounts(b, w.store))
}
