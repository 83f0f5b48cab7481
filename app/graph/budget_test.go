package graph

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// load calls n times at once and gives the time that it took and the most requests that the server saw at the same time, per tenant.
func load(t *testing.T, n int, b Budget, each func(c *Client, i int) error) (time.Duration, map[string]int) {
	t.Helper()
	var mu sync.Mutex
	now, most := map[string]int{}, map[string]int{}
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		tok, _ := readClaims(r.Header.Get("Authorization"))
		tenant := string(tok.TenantID)
		mu.Lock()
		now[tenant]++
		most[tenant] = max(most[tenant], now[tenant])
		mu.Unlock()
		time.Sleep(100 * time.Millisecond) // simulated
		mu.Lock()
		now[tenant]--
		mu.Unlock()
		io.WriteString(w, `{"value":[{"id":"x"}]}`)
	})
	c := f.client(func(cfg *Config) { cfg.Budget = b })
	begun := time.Now()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := each(c, i); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return time.Since(begun), most
}

func tenantNumber(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }

func TestBudgetInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fast := Budget{PerTenant: rate.Inf, Overall: rate.Inf}
		took, most := load(t, 12, fast, func(c *Client, _ int) error { _, err := c.Devices(t.Context(), tenantA); return err })
		if most[tenantA] != 4 || took != 300*time.Millisecond {
			t.Errorf("devices: %d at once, %v; want 4, 300ms", most[tenantA], took)
		}
		took, most = load(t, 12, fast, func(c *Client, _ int) error { _, err := c.Rooms(t.Context(), tenantA); return err })
		if most[tenantA] != 2 || took != 600*time.Millisecond {
			t.Errorf("places: %d at once, %v; want 2, 600ms", most[tenantA], took)
		}
		_, most = load(t, 24, fast, func(c *Client, i int) error {
			if i%2 == 0 {
				_, err := c.Rooms(t.Context(), tenantA)
				return err
			}
			_, err := c.Devices(t.Context(), tenantA)
			return err
		})
		if most[tenantA] != 4 {
			t.Errorf("both: %d at once, want 4", most[tenantA])
		}
		took, most = load(t, 24, fast, func(c *Client, i int) error { _, err := c.Devices(t.Context(), tenantNumber(i/4)); return err })
		if len(most) != 6 || took != 100*time.Millisecond {
			t.Errorf("tenants wait for each other: %v, %v", most, took)
		}
		_, most = load(t, 12, Budget{PerTenant: rate.Inf, Overall: rate.Inf, PerTenantInFlight: 7, PlacesInFlight: 3},
			func(c *Client, _ int) error { _, err := c.Devices(t.Context(), tenantA); return err })
		if most[tenantA] != 7 {
			t.Errorf("configured: %d at once, want 7", most[tenantA])
		}
	})
}

func TestBudgetRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// 54 requests to one tenant at 10 a second after a burst of 4: 5 s and the last answer.
		took, _ := load(t, 54, Budget{}, func(c *Client, _ int) error { _, err := c.Devices(t.Context(), tenantA); return err })
		if took < 4900*time.Millisecond || took > 5300*time.Millisecond {
			t.Errorf("one tenant: %v, want about 5.1s", took)
		}
		// 1,000 tenants, each with a token and a request: 2,000 at 200 a second.
		took, _ = load(t, 1_000, Budget{}, func(c *Client, i int) error { _, err := c.Devices(t.Context(), tenantNumber(i)); return err })
		if took < 9*time.Second || took > 11*time.Second {
			t.Errorf("overall: %v, want about 10s", took)
		}
	})
}

func TestWaitingForTheBudgetCanBeCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, always(200, oneRoom))
		c := f.client(func(cfg *Config) { cfg.Budget = Budget{PerTenant: 0.01, PerTenantInFlight: 1} })
		if _, err := c.Rooms(t.Context(), tenantA); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ctx, usage := Count(ctx)
		_, err := c.Rooms(ctx, tenantA)
		if wantKind(t, err, Canceled); usage.Waited() != time.Second || usage.Requests() != 0 || len(f.requests()) != 1 {
			t.Errorf("waited %v, %d requests", usage.Waited(), usage.Requests())
		}
		if got, leave := c.gates.enter(tenantA); len(got.slots) != 0 || len(got.placesSlots) != 0 {
			t.Errorf("slots still taken: %d %d", len(got.slots), len(got.placesSlots))
		} else {
			leave()
		}
	})
}

func TestIdleTenantsAreForgotten(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	f := newFake(t, always(200, oneRoom))
	c := f.client(func(cfg *Config) { cfg.Now = func() time.Time { return now }; cfg.Budget = Budget{Overall: rate.Inf} })
	for i := range 20 {
		if _, err := c.Rooms(t.Context(), tenantNumber(i)); err != nil {
			t.Fatal(err)
		}
	}
	_, busy := c.gates.enter(tenantNumber(3))
	defer busy()
	now = now.Add(15 * time.Minute)
	if _, leave := c.gates.enter(tenantA); len(c.gates.tenants) != 21 {
		t.Errorf("%d tenants: those with a living token must stay", len(c.gates.tenants))
	} else {
		leave()
	}
	now = now.Add(2 * time.Hour)
	if _, leave := c.gates.enter(tenantB); len(c.gates.tenants) != 2 || c.gates.tenants[tenantNumber(3)] == nil {
		t.Errorf("%d tenants, want the new one and the busy one", len(c.gates.tenants))
	} else {
		leave()
	}
}

func TestTenantsInMemoryAreBounded(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	g := newGates(Budget{PerTenant: 1, PerTenantInFlight: 1, PlacesInFlight: 1, Overall: 1}, func() time.Time { return now })
	_, busy := g.enter(tenantNumber(0))
	defer busy()
	for i := 1; i < maxTenants+10; i++ {
		_, leave := g.enter(tenantNumber(i))
		now = now.Add(time.Millisecond)
		leave()
	}
	if len(g.tenants) != maxTenants || g.tenants[tenantNumber(0)] == nil || g.tenants[tenantNumber(1)] != nil {
		t.Errorf("%d tenants", len(g.tenants))
	}
}

func TestBudgetDefaults(t *testing.T) {
	b, err := Budget{}.withDefaults()
	if want := (Budget{PerTenant: 10, PerTenantInFlight: 4, PlacesInFlight: 2, Overall: 200}); err != nil || b != want {
		t.Errorf("%+v %v", b, err)
	}
	for _, b := range []Budget{{PerTenant: -1}, {PerTenantInFlight: -1}, {PlacesInFlight: -1}, {Overall: -1}} {
		if _, err := b.withDefaults(); err == nil {
			t.Errorf("%+v is taken", b)
		}
	}
}

// A tenant with a long queue takes nothing from the others: it stands in the overall line with a few requests at a time only.
func TestBudgetIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, always(200, `{"value":[{"id":"x"}]}`))
		c := f.client(func(cfg *Config) { cfg.Budget = Budget{PerTenant: 1000, Overall: 10} })
		ctx, stop := context.WithCancel(t.Context())
		var greedy sync.WaitGroup
		for range 500 {
			greedy.Go(func() {
				if _, err := c.Devices(ctx, tenantA); err != nil && KindOf(err) != Canceled {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		time.Sleep(3 * time.Second) // simulated; the overall line is full of tenant A
		for i := range 3 {
			begun := time.Now()
			if _, err := c.Devices(t.Context(), tenantNumber(i)); err != nil {
				t.Error(err)
			}
			// At most the 4 of tenant A stand before the token and before the request, at 10 a second.
			if took := time.Since(begun); took > 1200*time.Millisecond {
				t.Errorf("tenant %d waited %v", i, took)
			}
		}
		if n := len(f.requests()); n < 20 || n > 100 {
			t.Errorf("%d requests: the line was not full", n)
		}
		stop()
		greedy.Wait()
	})
}
