package policy

import (
	"slices"
	"time"
)

// standing is what one actor may do with one customer: Casbin's answers for every permission, at one moment.
type standing struct {
	customer ID
	version  int64
	until    time.Time // the next start or end of an assignment that names the actor, or the end of the relation; zero for none
	pieces   []piece
	waits    bool   // there would be pieces, but the relation is closed
	lacks    string // the authentication context without which it is closed for this actor; empty when that is not why
}

// piece is permissions that are held in the same rooms. A permission is in one piece at most, and a piece shows at
// least one room or is held over all of them.
type piece struct {
	permissions permissionSet
	all         bool
	cells       []int64 // ascending
}

func (s standing) valid(now time.Time) bool { return s.until.IsZero() || now.Before(s.until) }

// standActor is stand for somebody signed in: a customer that demands an authentication context is closed for a session without it.
func (c *customer) standActor(actor Actor, now time.Time) (standing, error) {
	s, err := c.stand(actor.principals(), now)
	if err == nil && len(s.pieces) > 0 && !actor.satisfies(c.rules.StrongAuth) {
		s.waits, s.pieces, s.lacks = true, nil, c.rules.StrongAuth
	}
	return s, err
}

// stand asks for all that the principals may do now, whatever their sign-in.
func (c *customer) stand(principals []Principal, now time.Time) (standing, error) {
	s := standing{customer: c.rules.Customer, version: c.rules.Version}
	if c.rules.over(now) {
		return s, nil
	}
	s.until = c.rules.EndsAt
	var members []Principal
	theirs := map[int]bool{}
	for _, p := range principals {
		if len(c.mentioned[p]) > 0 {
			members = append(members, p)
		}
		for _, i := range c.mentioned[p] {
			theirs[i] = true
			s.until = sooner(s.until, c.rules.Assignments[i].next(now))
		}
	}
	var classes []scopeClass
	for _, class := range c.classes {
		if slices.ContainsFunc(class.assignments, func(i int) bool { return theirs[i] }) {
			classes = append(classes, class)
		}
	}

	catalogue := roleTable().permissions
	moment := now.UTC().Format(timeText)
	at := map[string]int{}
	for _, i := range c.asked {
		held, err := c.held(members, classes, catalogue[i], moment)
		if err != nil {
			return standing{}, err
		}
		if known, found := at[held]; found {
			s.pieces[known].permissions |= 1 << i
			continue
		}
		p := piece{permissions: 1 << i}
		for j, class := range classes {
			if held[j] == yes {
				p.all = p.all || class.all
				p.cells = append(p.cells, class.cells...)
			}
		}
		if p.all {
			p.cells = c.cells
		} else {
			slices.Sort(p.cells)
			p.cells = slices.Clip(slices.Compact(p.cells))
		}
		if p.all || len(p.cells) > 0 {
			at[held] = len(s.pieces)
			s.pieces = append(s.pieces, p)
		}
	}
	if c.rules.Closed {
		s.waits, s.pieces = len(s.pieces) > 0, nil
	}
	return s, nil
}

// over reports whether the relation has ended by its date, which the store may not have followed yet.
func (r Rules) over(now time.Time) bool { return !r.EndsAt.IsZero() && !now.Before(r.EndsAt) }

const (
	yes = '+'
	no  = '-'
)

// held asks for one permission and returns a sign per class. Once all rooms are held, the others are not asked.
func (c *customer) held(members []Principal, classes []scopeClass, p Permission, moment string) (string, error) {
	signs := make([]byte, len(classes))
	for i := range signs {
		signs[i] = no
	}
	for i, class := range classes {
		for _, member := range members {
			allowed, err := c.allows(member, class.asked, p, moment)
			if err != nil {
				return "", err
			}
			if allowed {
				signs[i] = yes
				break
			}
		}
		if signs[i] == yes && class.all {
			break
		}
	}
	return string(signs), nil
}

// next returns the assignment's first start or end after now, or zero.
func (a Assignment) next(now time.Time) time.Time {
	switch {
	case a.From.After(now):
		return a.From
	case a.Until.After(now):
		return a.Until
	}
	return time.Time{}
}

// sooner returns the earlier of two times, of which zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
