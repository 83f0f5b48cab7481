package change

import "context"

// Work is one round of Run, which tests do themselves.
func (c *Change) Work(ctx context.Context) error { return c.work(ctx) }

// Woken tells, once, whether another round was asked for.
func (c *Change) Woken() bool {
	select {
	case <-c.kick:
		return true
	default:
		return false
	}
}
