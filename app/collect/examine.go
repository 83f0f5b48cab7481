package collect

import (
	"context"
	"errors"
	"sync"

	"roomward/app/graph"
)

const (
	// enoughFailures in one run mean that Microsoft is in trouble: asking on would only add to it.
	enoughFailures = 3
	// manyUnusable answers, and not one usable, mean that no answer is to be believed.
	manyUnusable = 3
)

// outOfTime is the detail of a run that its lease has ended: it goes on where it stopped.
const outOfTime = "out of time"

var errEnough = errors.New("enough failures")

// examine reads the health of devices. What could be read is of use even when something else could not: each device is judged by its own
// answer. A device that is gone or reports on nothing is passed over.
func (c *Collector) examine(ctx context.Context, r run, list []matched) (map[string]examined, verdict) {
	var mu sync.Mutex
	read := map[string]examined{}
	var failures []error
	unusable := 0
	err := inTurns(ctx, len(list), func(n, done int) error {
		c.report(r.lease.Customer, &Progress{Step: "health", Done: done, Total: len(list)})
		device := list[n].device
		health, err := c.cfg.Graph.Health(ctx, r.target.TenantID, device.ID)
		mu.Lock()
		defer mu.Unlock()
		switch graph.KindOf(err) {
		case "":
			if err != nil {
				return err
			}
			read[keyOf(device.ID)] = examined{device, health}
		case graph.NotFound, graph.BadAnswer, graph.Gone:
			unusable++
		case graph.Unavailable:
			failures = append(failures, err)
			if len(failures) >= enoughFailures {
				return errEnough
			}
		default: // throttled, refused: the next answer would be the same
			return err
		}
		return nil
	}, errEnough)
	switch {
	case graph.KindOf(err) == graph.Canceled:
		return read, verdict{state: StatePartial, detail: outOfTime}
	case err != nil:
		return read, c.judge(ctx, r.target, err)
	case len(failures) > 0 && len(read) == 0:
		return read, c.judge(ctx, r.target, failures[0])
	case len(failures) > 0:
		return read, verdict{state: StatePartial, detail: graph.Words(failures[0])}
	case unusable >= manyUnusable && len(read) == 0:
		return read, verdict{state: StateBadAnswer}
	}
	return read, good()
}
