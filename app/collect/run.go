package collect

import (
	"context"

	"roomward/store"
)

type memory struct{}

func newMemory() memory { return memory{} }

func (c *Collector) collect(ctx context.Context, lease store.CollectLease) error {
	return c.cfg.Store.GiveBackCollect(ctx, lease)
}
