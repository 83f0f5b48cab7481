package policy

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// wantedDecisions is how many decisions are compared, such as ROOMWARD_DECISIONS=1000000; the normal run compares some of the same.
const wantedDecisions = "ROOMWARD_DECISIONS"

// TestDecisions compares decisions about a room, and about all rooms, with the naive evaluator, on one random world after the other and at each
// hour of it, and counts those that were really compared. The worlds are the same in every run.
func TestDecisions(t *testing.T) {
	t.Parallel()
	wanted := 20_000
	if text := os.Getenv(wantedDecisions); text != "" {
		var err error
		if wanted, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	var n decisions
	start := time.Now()
	for seed := 10_000; n.compared < wanted; seed++ {
		if seed > 10_000+wanted {
			break // worlds without rooms and customers only
		}
		if err := n.compare(worlds.Example(seed)); err != nil {
			t.Fatalf("world %d: %v", seed, err)
		}
		n.worlds++
	}
	t.Logf("%d decisions in %d worlds compared, %d of them allowed, in %v", n.compared, n.worlds, n.allowed, time.Since(start).Round(time.Millisecond))
	if n.compared < wanted || n.allowed < n.compared/100 || n.compared-n.allowed < n.compared/4 {
		t.Fatalf("%d decisions were wanted, of both kinds: %+v", wanted, n)
	}
}

type decisions struct{ worlds, compared, allowed int }

// compare asks one Decider for all hours of a world, so that it notices by itself what begins and ends.
func (n *decisions) compare(w *world) error {
	ctx := context.Background()
	store := newFakeStore(w)
	d := NewDecider(store, store.now, Limits{})
	for hour := -1; hour <= 7; hour++ {
		w.Now = worldStart.Add(time.Duration(hour) * time.Hour)
		for _, actor := range worldActors {
			for _, p := range append([]Permission{SettingsView}, worldPermissions...) {
				v, err := d.View(ctx, actor, p)
				if err != nil {
					return err
				}
				for _, c := range w.Customers {
					want := mayUseEverywhere(c.Rules, actor, p, w.Now)
					if err := n.same(want, !v.Everywhere().One(c.Rules.Customer).Empty()); err != nil {
						return fmt.Errorf("hour %d, %v, %s everywhere in customer %d: %w", hour, actor, p, c.Rules.Customer, err)
					}
					for _, room := range c.Rooms {
						got, err := d.Allowed(ctx, actor, p, c.Rules.Customer, room.Cell)
						if err != nil {
							return err
						}
						if err := n.same(mayUse(c.Rules, actor, p, room, w.Now), got); err != nil {
							return fmt.Errorf("hour %d, %v, %s in room %d of customer %d: %w", hour, actor, p, room.ID, c.Rules.Customer, err)
						}
					}
				}
			}
		}
	}
	return nil
}

func (n *decisions) same(want, got bool) error {
	n.compared++
	if want {
		n.allowed++
	}
	if want != got {
		return fmt.Errorf("%t, want %t", got, want)
	}
	return nil
}
