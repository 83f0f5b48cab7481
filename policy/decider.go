package policy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// Limits bound what a Decider keeps in memory. Zero takes the default.
type Limits struct {
	Customers int // compiled customers, some 65 KB each; default 256
	Actors    int // people whose views are kept, some 100 KB each for one who works for 300 customers; default 500
}

// The defaults: 16 MB of customers, which only matter while views are made, and more people than a partner has.
const (
	defaultCustomers = 256
	defaultActors    = 500
)

var errNoUser = errors.New("policy: the actor is no user")

// Decider answers who may do what where. It is safe for concurrent use. Its answers are those of the moment when it
// last asked the Source for the actor; the store says when that was too long ago, see Refresh.
type Decider struct {
	source    Source
	now       func() time.Time
	model     string
	customers *lru[ID, *customer]
	people    *lru[Principal, *person]
	made      atomic.Int64
}

// NewDecider makes a Decider over the store's rules. The clock is asked for each decision.
func NewDecider(src Source, now func() time.Time, limits Limits) *Decider {
	return &Decider{
		source:    src,
		now:       now,
		model:     modelConf,
		customers: newLRU[ID, *customer](cmp.Or(max(limits.Customers, 0), defaultCustomers)),
		people:    newLRU[Principal, *person](cmp.Or(max(limits.Actors, 0), defaultActors)),
	}
}

// Work says how often the rights of an actor were worked out anew since the start, and of how many actors they are kept.
func (d *Decider) Work() (made int64, kept int) { return d.made.Load(), d.people.len() }

// View returns which rooms of which customers the actor may use the permission on. When the actor is known it
// allocates nothing and does not ask the Source. A permission outside the catalogue is an error.
func (d *Decider) View(ctx context.Context, actor Actor, permission Permission) (View, error) {
	i, known := roleTable().index[permission]
	if !known {
		return View{}, fmt.Errorf("policy: unknown permission %q", string(permission))
	}
	s, err := d.state(ctx, actor)
	if err != nil {
		return View{}, err
	}
	return View{s.view(i)}, nil
}

// ViewOne is View narrowed to one customer: empty for one that does not exist or is not the actor's to see.
func (d *Decider) ViewOne(ctx context.Context, actor Actor, permission Permission, customer ID) (View, error) {
	v, err := d.View(ctx, actor, permission)
	if err != nil {
		return View{}, err
	}
	return v.One(customer), nil
}

// Allowed decides about one cell of one customer; an unknown customer or cell is a no. Whoever goes on to change
// something also hands the view to the store, which knows whether the answer still holds.
func (d *Decider) Allowed(
	ctx context.Context, actor Actor, permission Permission, customer ID, cell int64,
) (bool, error) {
	v, err := d.View(ctx, actor, permission)
	if err != nil {
		return false, err
	}
	return v.Sees(customer, cell), nil
}

// Holding is what an actor holds in one customer.
type Holding struct {
	Customer    ID
	Version     int64        // of the customer's rules
	Permissions []Permission // held on at least one room, or over all granted rooms even while there are none
	Everywhere  []Permission // of those, the ones held over all granted rooms
}

// Holdings returns what the actor holds now, by customer, without the customers where it holds nothing.
func (d *Decider) Holdings(ctx context.Context, actor Actor) ([]Holding, error) {
	s, err := d.state(ctx, actor)
	if err != nil {
		return nil, err
	}
	holdings := []Holding{}
	for _, standing := range s.standings {
		var some, all permissionSet
		for _, piece := range standing.pieces {
			some |= piece.permissions
			if piece.all {
				all |= piece.permissions
			}
		}
		if some != 0 {
			holdings = append(holdings, Holding{
				Customer: standing.customer, Version: standing.version, Permissions: some.list(), Everywhere: all.list(),
			})
		}
	}
	return holdings, nil
}

// Refresh asks the Source again about the actor; it is called after the store answered "stale view". What has the
// same version is used again, and so is the work of another request that began to ask after this one was called.
func (d *Decider) Refresh(ctx context.Context, actor Actor) error {
	if actor.User.Kind() != KindUser {
		return errNoUser
	}
	p := d.person(actor)
	return d.refresh(ctx, p, actor, p.begun.Load())
}

// refresh builds, unless a build that began after the given number of them was good.
func (d *Decider) refresh(ctx context.Context, p *person, actor Actor, begun int64) error {
	p.building.Lock()
	defer p.building.Unlock()
	now := d.now()
	if s := p.find(actor); s != nil && s.build > begun && s.valid(now) {
		return nil
	}
	_, err := d.build(ctx, p, actor, now)
	return err
}

func (d *Decider) person(actor Actor) *person {
	return d.people.getOrPut(actor.User, func() *person { return &person{} })
}

// state returns what is known of the actor, and finds it out if need be: the first time, and when an assignment
// has begun or ended.
func (d *Decider) state(ctx context.Context, actor Actor) (*state, error) {
	if actor.User.Kind() != KindUser {
		return nil, errNoUser
	}
	p := d.person(actor)
	if s := p.find(actor); s != nil && s.valid(d.now()) {
		return s, nil
	}
	p.building.Lock()
	defer p.building.Unlock()
	now := d.now()
	if s := p.find(actor); s != nil && s.valid(now) {
		return s, nil // another request was quicker
	}
	return d.build(ctx, p, actor, now)
}

func (d *Decider) build(ctx context.Context, p *person, actor Actor, now time.Time) (*state, error) {
	d.made.Add(1)
	number := p.begun.Add(1) // before the Source is asked: see Refresh
	version, reach, err := d.source.Reach(ctx, actor.principals())
	if err != nil {
		return nil, fmt.Errorf("find the customers of an actor: %w", err)
	}
	reach = slices.Clone(reach)
	slices.SortFunc(reach, func(a, b Reach) int { return cmp.Compare(a.Customer, b.Customer) })

	old := p.find(actor)
	s := &state{build: number, groups: slices.Clone(actor.Groups), contexts: slices.Clone(actor.Contexts), version: version,
		standings: make([]standing, 0, len(reach))}
	same := old != nil && len(old.standings) == len(reach)
	for i, r := range reach {
		if i > 0 && r.Customer == reach[i-1].Customer {
			return nil, fmt.Errorf("find the customers of an actor: %s came twice", r.Customer)
		}
		known, holds := old.standing(r, now)
		if !holds {
			same = false
			c, err := d.customer(ctx, r)
			if err != nil {
				return nil, err
			}
			if known, err = c.standActor(actor, now); err != nil {
				return nil, err
			}
		}
		s.standings = append(s.standings, known)
		s.until = sooner(s.until, known.until)
	}
	if same {
		s.take(old)
	}
	p.keep(s)
	return s, nil
}

// customer returns the compiled rules of the version that the reach names, or of a later one.
func (d *Decider) customer(ctx context.Context, r Reach) (*customer, error) {
	if c, found := d.customers.get(r.Customer); found && c.rules.Version == r.Version {
		return c, nil
	}
	return d.fresh(ctx, r.Customer)
}

// fresh reads the rules and compiles them unless they are compiled.
func (d *Decider) fresh(ctx context.Context, id ID) (*customer, error) {
	rules, err := d.source.Rules(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read rules of customer %s: %w", id, err)
	}
	if rules.Customer != id {
		return nil, fmt.Errorf("read rules of customer %s: got those of another", id)
	}
	if c, found := d.customers.get(id); found && c.rules.Version == rules.Version {
		return c, nil
	}
	c, err := compile(d.model, rules)
	if err != nil {
		return nil, err
	}
	d.customers.put(id, c)
	return c, nil
}

// principals returns the user and the groups, each once. What is no group does not become one by standing among them.
func (a Actor) principals() []Principal {
	principals := []Principal{a.User}
	for _, group := range a.Groups {
		if group.Kind() == KindGroup {
			principals = append(principals, group)
		}
	}
	slices.Sort(principals)
	return slices.Compact(principals)
}

// satisfies reports whether the sign-in has an authentication context; everybody's has none at all.
func (a Actor) satisfies(context string) bool {
	return context == "" || slices.Contains(a.Contexts, context)
}
