package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkDurableWrites is the figure of design 14: acknowledged changes with their audit entries, each of which survives power loss, by
// callers at the same time. commits/write tells how much of the figure is grouping and how much the disk.
func BenchmarkDurableWrites(b *testing.B) {
	for _, callers := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s, err := Open(b.Context(), Options{Dir: b.TempDir(), Mode: ModeReal})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			commits := countCommits(b, s)
			expires := time.Now().Add(time.Hour)
			var given atomic.Int64
			var all sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range callers {
				all.Go(func() {
					for n := given.Add(1); n <= int64(b.N); n = given.Add(1) {
						if _, err := s.AddInvitationCode(context.Background(), maya, fmt.Sprintf("CODE-%d", n), "for a benchmark", expires); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
			b.ReportMetric(float64(commits.Load())/float64(b.N), "commits/write")
		})
	}
}
