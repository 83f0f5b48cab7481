package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/store"
)

const (
	// lookEvery is how often the outbox looks for letters to send, and old notices to forget.
	lookEvery = 10 * time.Second
	// giveUpAfter is for how long a letter is tried: over a weekend.
	giveUpAfter = 72 * time.Hour
	// firstWait and longestWait bound the time to the next try, which grows fourfold each time.
	firstWait, longestWait = time.Minute, 4 * time.Hour
)

// trouble is since when the mail server takes no letter at all, and when it is asked again.
type trouble struct {
	since  time.Time // zero: none
	reason string
	tries  int
	until  time.Time
}

// Run sends letters until the context ends.
func (n *Notify) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := n.Deliver(ctx); err != nil && ctx.Err() == nil {
			n.cfg.Log.Error("send notices by mail", "error", err)
		}
		if err := n.cfg.Store.PruneNotices(ctx); err != nil && ctx.Err() == nil {
			n.cfg.Log.Error("forget old notices", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Deliver sends all letters that are due: each at least once, because what became of it is noted after it was sent. Without a mail server it sends
// none. A server that takes no letter is left alone for a while.
func (n *Notify) Deliver(ctx context.Context) error {
	if n.cfg.Server.Host == "" {
		return n.cfg.Store.DropLetters(ctx)
	}
	if err := n.cfg.Store.GiveUpLetters(ctx, giveUpAfter, reasonOld); err != nil || n.resting() {
		return err
	}
	for more := true; more; {
		var err error
		if more, err = n.cfg.Store.WriteLetters(ctx, n.cfg.Partner); err != nil {
			return err
		}
	}
	for !n.resting() {
		lease, found, err := n.cfg.Store.ClaimLetter(ctx)
		if err != nil || !found {
			return err
		}
		if err := n.deliver(ctx, lease); err != nil {
			return err
		}
	}
	return nil
}

func (n *Notify) deliver(ctx context.Context, lease store.LetterLease) error {
	view := n.cfg.Overview
	if lease.Customer != 0 {
		view = n.cfg.Work(lease.Customer, "mail")
		ctx = api.WithCustomer(ctx, lease.Customer)
	}
	l, err := n.cfg.Store.Letter(ctx, view, lease.ID)
	if err == nil && l.Notice.Side == store.SidePartner && !n.partners(l.Address) {
		err = store.ErrNotFound // the operator took the address out of the settings
	}
	if errors.Is(err, store.ErrNotFound) {
		return n.cfg.Store.DropLetter(ctx, lease.ID)
	}
	if err != nil {
		return err
	}
	return n.note(ctx, l, n.cfg.Server.send(ctx, n.compose(l)))
}

func (n *Notify) partners(address string) bool {
	return slices.ContainsFunc(n.cfg.Partner, func(a string) bool { return strings.EqualFold(a, address) })
}

// note keeps what became of a letter.
func (n *Notify) note(ctx context.Context, l store.Letter, err error) error {
	var why refusal
	n.cfg.Mailed(resultOf(err))
	switch {
	case err == nil:
		n.recovered()
		return n.cfg.Store.LetterSent(ctx, l.ID)
	case !errors.As(err, &why):
		return err
	}
	now := n.cfg.Now()
	again := now.Add(wait(l.Tries))
	if why.forGood() || again.Sub(l.Notice.At) > giveUpAfter {
		again = time.Time{}
	}
	// The log says no name and no address.
	n.cfg.Log.WarnContext(ctx, "a notice could not be mailed", "letter", l.ID, "kind", l.Notice.Kind, "reason", why.reason, "code", why.code, "again", !again.IsZero())
	if why.ofServer() {
		n.failing(why.reason, now)
	} else {
		n.recovered()
	}
	if err := n.cfg.Store.LetterRefused(ctx, l.ID, why.reason, why.code, again); err != nil {
		return fmt.Errorf("note a letter that was not taken: %w", err)
	}
	return nil
}

// resultOf is what became of an attempt to hand over a mail, for who counts.
func resultOf(err error) string {
	var why refusal
	switch {
	case err == nil:
		return "ok"
	case !errors.As(err, &why):
		return "stopped"
	case why.ofServer():
		return "server-failed"
	case why.forGood():
		return "refused"
	}
	return "put-off"
}

// wait is how long to wait after so many tries.
func wait(tries int) time.Duration {
	d := firstWait
	for range tries - 1 {
		if d *= 4; d > longestWait {
			return longestWait
		}
	}
	return d
}

func (n *Notify) resting() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cfg.Now().Before(n.trouble.until)
}

func (n *Notify) failing(reason string, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	t := &n.trouble
	if t.since.IsZero() {
		t.since = now
	}
	t.reason = reason
	t.tries++
	t.until = now.Add(min(wait(t.tries), longestRest))
}

func (n *Notify) recovered() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.trouble = trouble{}
}

// longestRest is how long a mail server is left alone that takes no letters: what is repaired is to be noticed soon.
const longestRest = 15 * time.Minute

// mail is how the mail server does, for those who can have it repaired.
func (n *Notify) mail() *Mail {
	if n.cfg.Server.Host == "" {
		return &Mail{State: "off"}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.trouble.since.IsZero() {
		return &Mail{State: "on"}
	}
	return &Mail{State: "failing", Since: timeOr(n.trouble.since), Reason: n.trouble.reason}
}
