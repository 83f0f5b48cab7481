package policy

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// variantsPerUser bounds the sets of groups and contexts kept for one user: two sessions may know different ones for a while.
const variantsPerUser = 4

// person is what is known of one user, by set of groups and contexts.
type person struct {
	building sync.Mutex   // one build at a time, so that a crowd of requests after a change does the work once
	begun    atomic.Int64 // builds; written under building
	states   atomic.Pointer[[]*state]
}

// state is an actor's standing with every customer that its rules reach. Only the views are filled in later.
type state struct {
	build     int64 // which of the person's builds made it
	groups    []Principal
	contexts  []string
	version   int64 // global
	until     time.Time
	standings []standing // by customer
	views     [permissionCount]atomic.Pointer[view]
}

func (p *person) find(actor Actor) *state {
	states := p.states.Load()
	if states == nil {
		return nil
	}
	for _, s := range *states {
		if s.of(actor.Groups, actor.Contexts) {
			return s
		}
	}
	return nil
}

// keep puts the state first and drops the one of the same groups and contexts, or the oldest of too many. Callers hold building.
func (p *person) keep(s *state) {
	states := []*state{s}
	if known := p.states.Load(); known != nil {
		for _, other := range *known {
			if len(states) < variantsPerUser && !other.of(s.groups, s.contexts) {
				states = append(states, other)
			}
		}
	}
	p.states.Store(&states)
}

// of reports whether the state is that of a session which knows these groups and satisfied these contexts.
func (s *state) of(groups []Principal, contexts []string) bool {
	return slices.Equal(s.groups, groups) && slices.Equal(s.contexts, contexts)
}

func (s *state) valid(now time.Time) bool { return s.until.IsZero() || now.Before(s.until) }

// standing returns what a state knows of a customer, if it still holds.
func (s *state) standing(r Reach, now time.Time) (standing, bool) {
	if s == nil {
		return standing{}, false
	}
	i, found := slices.BinarySearchFunc(s.standings, r.Customer, func(s standing, customer ID) int {
		return cmp.Compare(s.customer, customer)
	})
	if !found || s.standings[i].version != r.Version || !s.standings[i].valid(now) {
		return standing{}, false
	}
	return s.standings[i], true
}

// take uses the views of a state with the same standings again.
func (s *state) take(old *state) {
	taken := map[*view]*view{}
	for i := range old.views {
		v := old.views[i].Load()
		if v == nil {
			continue
		}
		if taken[v] == nil {
			taken[v] = v.at(s.version)
		}
		s.views[i].Store(taken[v])
	}
}

// view returns the view for one permission, by place in the catalogue, and makes it when first asked for.
func (s *state) view(i int) *view {
	if v := s.views[i].Load(); v != nil {
		return v
	}
	v := s.twin(i)
	if v == nil {
		v = newView(KindMember, s.version, s.until, s.parts(i))
	}
	s.views[i].Store(v)
	return v
}

// twin returns the view of another permission that is held in exactly the same rooms: most are.
func (s *state) twin(i int) *view {
	for j := range s.views {
		if v := s.views[j].Load(); v != nil && s.alike(i, j) {
			return v
		}
	}
	return nil
}

func (s *state) alike(i, j int) bool {
	for _, standing := range s.standings {
		for _, piece := range standing.pieces {
			if piece.permissions.has(i) != piece.permissions.has(j) {
				return false
			}
		}
	}
	return true
}

func (s *state) parts(i int) []Part {
	var parts []Part
	for _, standing := range s.standings {
		for _, piece := range standing.pieces {
			if piece.permissions.has(i) {
				parts = append(parts, Part{
					Customer: standing.customer, Version: standing.version, All: piece.all, Cells: piece.cells,
				})
			}
		}
	}
	return parts
}
