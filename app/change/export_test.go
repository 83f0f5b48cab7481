package change

import "context"

// Work is one round of Run, which tests do themselves.
func (c *Change) Work(ctx context.Context) error { return c.work(ctx) }
