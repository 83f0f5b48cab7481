//go:build unix

package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// benchClients is how many clients ask at the same time (design 14).
const benchClients = 4

var benchWho = []string{"wide", "narrow", "middle"}

// spent is the processor time of this process until now: unlike the clock, it hardly depends on what else the machine does.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// ask runs b.N reads by so many clients and tells how many a second that was, and how many a second of one processor's time.
func ask(b *testing.B, read func() error) {
	b.Helper()
	require.NoError(b, read()) // the first fills caches
	var given atomic.Int64
	var all sync.WaitGroup
	b.ReportAllocs()
	before := spent(b)
	b.ResetTimer()
	for range benchClients {
		all.Go(func() {
			for given.Add(1) <= int64(b.N) {
				if err := read(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
	b.ReportMetric(float64(b.N)/(spent(b)-before).Seconds(), "reads/cpu-s")
}

// deepIncident is the place in the order at about the middle of what is visible.
func (w *benchWorld) deepIncident(b testing.TB, v policy.View) *IncidentKey {
	b.Helper()
	var at int64
	err := w.store.reader.QueryRow(`SELECT opened_at FROM incidents WHERE open = 1 AND cell_id `+inSet(1)+`
		ORDER BY opened_at LIMIT 1 OFFSET (SELECT count(*) / 2 FROM incidents WHERE open = 1 AND cell_id `+inSet(1)+`)`, v.CellsJSON()).Scan(&at)
	require.NoError(b, err)
	return &IncidentKey{Opened: when(at), ID: 1 << 61}
}

func BenchmarkListsIncidents(b *testing.B) {
	w := openBenchWorld(b)
	for _, who := range benchWho {
		v := w.view(b, who, policy.TicketsView)
		customer := v.Parts()[len(v.Parts())/2].Customer
		deep := w.deepIncident(b, v)
		for _, c := range []struct {
			name string
			q    IncidentQuery
		}{
			{"first", IncidentQuery{}},
			{"deep", IncidentQuery{After: deep}},
			{"total", IncidentQuery{Total: true}},
			{"severity", IncidentQuery{Filter: IncidentFilter{Severity: []string{"critical"}}}},
			{"worst", IncidentQuery{Sort: IncidentsBySeverity}},
			{"worst-total", IncidentQuery{Sort: IncidentsBySeverity, Total: true, Filter: IncidentFilter{Severity: []string{"critical", "important"}}}},
			{"customer", IncidentQuery{Filter: IncidentFilter{Customer: customer}}},
			{"resolved", IncidentQuery{Filter: IncidentFilter{States: []string{IncidentResolved}}}},
			{"closed-total", IncidentQuery{Total: true, Filter: IncidentFilter{States: []string{IncidentClosed}}}},
			{"all", IncidentQuery{Filter: IncidentFilter{States: everyState()}}},
			{"text", IncidentQuery{Filter: IncidentFilter{Query: "12"}}},
			{"nowhere", IncidentQuery{Filter: IncidentFilter{Query: "no such text"}}},
			{"category", IncidentQuery{Filter: IncidentFilter{Category: []string{"hardware"}}}},
		} {
			b.Run(c.name+"/"+who, func(b *testing.B) {
				c.q.Limit = 50
				ask(b, func() error { _, err := w.store.Incidents(context.Background(), v, c.q); return err })
			})
		}
		b.Run("counts/"+who, func(b *testing.B) {
			ask(b, func() error {
				_, err := w.store.IncidentCounts(context.Background(), v, IncidentFilter{})
				return err
			})
		})
		b.Run("facets/"+who, func(b *testing.B) {
			ask(b, func() error {
				_, err := w.store.IncidentFacets(context.Background(), v, IncidentFilter{})
				return err
			})
		})
		first, err := w.store.Incidents(b.Context(), v, IncidentQuery{Limit: 1})
		require.NoError(b, err)
		rooms := w.view(b, who, policy.RoomsView)
		b.Run("detail/"+who, func(b *testing.B) {
			ask(b, func() error {
				_, err := w.store.Incident(context.Background(), v, rooms, first.Incidents[0].ID)
				return err
			})
		})
	}
}

func BenchmarkListsRooms(b *testing.B) {
	w := openBenchWorld(b)
	for _, who := range benchWho {
		v, tickets := w.view(b, who, policy.RoomsView), w.view(b, who, policy.TicketsView)
		all, err := w.store.Rooms(b.Context(), v, tickets, RoomQuery{Limit: 500, Sort: RoomsByHealth})
		require.NoError(b, err)
		deep := RoomsByHealth.Key(all.Rooms[len(all.Rooms)/2])
		customer := v.Parts()[len(v.Parts())/2].Customer
		for _, c := range []struct {
			name string
			q    RoomQuery
		}{
			{"first", RoomQuery{}},
			{"deep", RoomQuery{After: &deep}},
			{"total", RoomQuery{Total: true}},
			{"name", RoomQuery{Sort: RoomsByName}},
			{"seen", RoomQuery{Sort: RoomsBySeen}},
			{"incidents", RoomQuery{Sort: RoomsByIncidentsDown}},
			{"unhealthy-total", RoomQuery{Total: true, Filter: RoomFilter{Health: []string{"unhealthy"}}}},
			{"customer", RoomQuery{Filter: RoomFilter{Customer: customer}}},
			{"text", RoomQuery{Filter: RoomFilter{Query: "12"}}},
			{"nowhere", RoomQuery{Filter: RoomFilter{Query: "no such text"}}},
		} {
			b.Run(c.name+"/"+who, func(b *testing.B) {
				c.q.Limit = 50
				ask(b, func() error { _, err := w.store.Rooms(context.Background(), v, tickets, c.q); return err })
			})
		}
		b.Run("counts/"+who, func(b *testing.B) {
			ask(b, func() error { _, err := w.store.RoomCounts(context.Background(), v, RoomFilter{}); return err })
		})
		b.Run("facets/"+who, func(b *testing.B) {
			ask(b, func() error { _, err := w.store.RoomFacets(context.Background(), v, RoomFilter{}); return err })
		})
		b.Run("detail/"+who, func(b *testing.B) {
			ask(b, func() error {
				_, err := w.store.Room(context.Background(), v, tickets, policy.View{}, all.Rooms[0].ID)
				return err
			})
		})
	}
}

// BenchmarkListsYardstick asks in turns for the first page of open incidents as a member sees it, and for the same page without any access
// condition: of/all is the former's speed in terms of the latter's (design 14: wide at least 0.4).
func BenchmarkListsYardstick(b *testing.B) {
	w := openBenchWorld(b)
	for _, who := range benchWho {
		v := w.view(b, who, policy.TicketsView)
		b.Run(who, func(b *testing.B) {
			var seen, all time.Duration
			for range b.N {
				began := spent(b)
				_, err := w.store.Incidents(b.Context(), v, IncidentQuery{Limit: 50})
				require.NoError(b, err)
				between := spent(b)
				require.NoError(b, w.unseen(b.Context(), 50))
				seen, all = seen+between-began, all+spent(b)-between
			}
			b.ReportMetric(float64(b.N)/seen.Seconds(), "reads/cpu-s")
			b.ReportMetric(float64(b.N)/all.Seconds(), "all/cpu-s")
			b.ReportMetric(float64(all)/float64(seen), "of/all")
		})
	}
}

// unseen reads the newest open incidents whosever they are.
func (w *benchWorld) unseen(ctx context.Context, limit int) error {
	return w.store.read(ctx, func(t *tx) error {
		ids, err := readAll(ctx, t, "find a page without a condition", statement{
			`SELECT i.id FROM incidents i WHERE i.open = 1 ORDER BY i.opened_at DESC, i.id DESC LIMIT $1`, []any{limit + 1}}, scanID)
		if err != nil {
			return err
		}
		if len(ids) != limit+1 {
			return fmt.Errorf("%d incidents, not %d", len(ids), limit+1)
		}
		_, err = incidentsByID(ctx, t, ids[:limit])
		return err
	})
}
