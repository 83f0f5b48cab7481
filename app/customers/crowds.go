package customers

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

const (
	// crowdsAtOnce and crowdsWait bound what is asked of the directory while somebody waits for the page: who is not answered by then is not known.
	crowdsAtOnce = 4
	crowdsWait   = 3 * time.Second
	crowdGroups  = 50  // of one customer
	crowdNamed   = 300 // people of one customer who are named directly; further ones count as they are named
	// crowdsFor is how long what the directory said is believed: the page of a customer asks again every few minutes, as long as it is open.
	crowdsFor       = 10 * time.Minute
	crowdsCustomers = 64
	crowdsPeople    = 20_000 // of one customer; what is beyond is asked for each time
)

// crowds keep who acts for each member of an assignment, as the partner's directory said lately: in memory only, each customer apart, and
// no longer than its relation.
type crowds struct {
	mu         sync.Mutex
	byCustomer map[policy.ID]*crowd
}

// crowd is what is known for one customer.
type crowd struct {
	touched time.Time
	said    map[policy.Principal]said
}

// said is what the directory said of one principal.
type said struct {
	users []string // ids of the people who can act, in small letters: those of a group, or the person itself
	gone  bool     // there is no such group
	at    time.Time
}

// of is the crowd of a customer with what is still believed. Whoever holds it when the relation ends writes where nobody looks any more.
func (c *crowds) of(customer policy.ID, now time.Time) *crowd {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, one := range c.byCustomer {
		if now.Sub(one.touched) >= crowdsFor {
			delete(c.byCustomer, id)
		}
	}
	one := c.byCustomer[customer]
	if one == nil {
		for id := range c.byCustomer {
			if len(c.byCustomer) < crowdsCustomers {
				break
			}
			delete(c.byCustomer, id)
		}
		one = &crowd{said: map[policy.Principal]said{}}
		c.byCustomer[customer] = one
	}
	one.touched = now
	for p, s := range one.said {
		if now.Sub(s.at) >= crowdsFor {
			delete(one.said, p)
		}
	}
	return one
}

// forget drops what is known for a customer whose relation has ended.
func (c *crowds) forget(customer policy.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byCustomer, customer)
}

// known are the answers about these members.
func (c *crowds) known(one *crowd, members map[policy.Principal]*OwnMember) map[policy.Principal]said {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[policy.Principal]said{}
	for p := range members {
		if s, ok := one.said[p]; ok {
			out[p] = s
		}
	}
	return out
}

// keep takes answers as far as there is room for them.
func (c *crowds) keep(one *crowd, answers map[policy.Principal]said) {
	c.mu.Lock()
	defer c.mu.Unlock()
	held := 0
	for _, s := range one.said {
		held += 1 + len(s.users)
	}
	for p, s := range answers {
		if held += 1 + len(s.users); held > crowdsPeople {
			return
		}
		one.said[p] = s
	}
}

// crowdsOf finds who acts for the members: as the partner's directory said lately, and else by asking it. Who is missing in the answer is not
// known. It puts the sizes of groups on the members.
func (c *Customers) crowdsOf(ctx context.Context, customer policy.ID, members map[policy.Principal]*OwnMember) map[policy.Principal]said {
	one := c.crowds.of(customer, c.Now())
	known := c.crowds.known(one, members)
	var named []string
	var groups []policy.Principal
	for p := range members {
		_, has := known[p]
		switch {
		case has:
		case p.Kind() == policy.KindGroup:
			groups = append(groups, p)
		default:
			named = append(named, p.OID())
		}
	}
	asked := c.askCrowds(ctx, groups[:min(len(groups), crowdGroups)], named[:min(len(named), crowdNamed)])
	c.crowds.keep(one, asked)
	for p, s := range asked {
		known[p] = s
	}
	for p, m := range members {
		if s, has := known[p]; has && !s.gone && p.Kind() == policy.KindGroup {
			size := len(s.users)
			m.Size = &size
		}
	}
	return known
}

// askCrowds asks the partner's directory who is in groups, and which of the people who are named can act. It leaves out what is not answered.
func (c *Customers) askCrowds(ctx context.Context, groups []policy.Principal, named []string) map[policy.Principal]said {
	ctx, cancel := context.WithTimeout(ctx, crowdsWait)
	defer cancel()
	var asked errgroup.Group
	asked.SetLimit(crowdsAtOnce)
	var mu sync.Mutex
	out := map[policy.Principal]said{}
	for some := range slices.Chunk(named, graph.MaxAddresses) {
		asked.Go(func() error {
			users, err := c.Graph.UsersByID(ctx, c.PartnerTenant, some)
			if err != nil {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			for _, id := range some {
				out[policy.User(id)] = said{at: c.Now()} // nobody, unless it is found
			}
			for _, u := range users {
				if u.AccountEnabled {
					id := strings.ToLower(u.ID)
					out[policy.User(id)] = said{users: []string{id}, at: c.Now()}
				}
			}
			return nil
		})
	}
	for _, p := range groups {
		asked.Go(func() error {
			users, err := c.Graph.GroupUsers(ctx, c.PartnerTenant, p.OID())
			gone := graph.KindOf(err) == graph.NotFound
			if err != nil && !gone {
				return nil
			}
			for i := range users {
				users[i] = strings.ToLower(users[i])
			}
			mu.Lock()
			defer mu.Unlock()
			out[p] = said{users, gone, c.Now()}
			return nil
		})
	}
	_ = asked.Wait() // nobody fails
	return out
}

// peopleOf counts the people whom an assignment lets in now, each once, and the groups of which nobody knows who is in them. The people are nil
// when that is so of every group.
func peopleOf(found store.OwnAccess, crowds map[policy.Principal]said, now time.Time) (people *int, unread int) {
	let := map[string]bool{}
	groups := map[policy.Principal]bool{} // whether it is known who is in them
	for _, a := range found.Assignments {
		if stateOf(a, now) != "active" || !givesAnything(found, a.Role) {
			continue
		}
		for _, m := range a.Members {
			who, known := crowds[m.Principal]
			if m.Principal.Kind() == policy.KindGroup {
				groups[m.Principal] = known && !who.gone
			} else if !known && found.Absent[m.Principal] == "" {
				let[strings.ToLower(m.Principal.OID())] = true
			}
			for _, id := range who.users {
				let[id] = true
			}
		}
	}
	for _, known := range groups {
		if !known {
			unread++
		}
	}
	n := len(let)
	if unread > 0 && unread == len(groups) && n == 0 {
		return nil, unread
	}
	return &n, unread
}

// givesAnything tells whether the ceiling leaves a role any of its permissions.
func givesAnything(found store.OwnAccess, role policy.ID) bool {
	return slices.ContainsFunc(found.Roles, func(r store.Role) bool {
		return r.ID == role && slices.ContainsFunc(r.Permissions, func(p policy.Permission) bool { return slices.Contains(found.Ceiling, p) })
	})
}
