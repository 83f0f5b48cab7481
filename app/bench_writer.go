package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"roomward/app/graph"
	"roomward/app/incidents"
	"roomward/policy"
	"roomward/store"
)

// benchWriter makes the changes that the bench asks for, in the server's process and by the store's own functions.
type benchWriter struct {
	demo  *demo
	known []*benchRelation // the customers, once somebody asked
	next  int              // whose turn it is to change
	made  int              // rooms that were shown to somebody

	stop    context.CancelFunc // ends the changes that are under way; nil when there are none
	changed chan benchChanges
}

// benchRelation is a customer and what the bench did to it.
type benchRelation struct {
	id   policy.ID
	room policy.ID // in which the bench's device stands; 0 before the first change of any customer
	bad  bool      // the device has an open incident
}

// benchChanges is what came of some changes.
type benchChanges struct {
	perSecond float64
	open      int // incidents of the bench's devices that are open now
	err       error
}

func (w *benchWriter) customers(ctx context.Context) ([]*benchRelation, error) {
	if w.known != nil {
		return w.known, nil
	}
	list, err := w.demo.Store.Customers(ctx, policy.Overview(policy.Powers{Manager: true}))
	for _, c := range list {
		w.known = append(w.known, &benchRelation{id: c.ID})
	}
	return w.known, err
}

// place finds a room of each customer for the bench's device.
func (w *benchWriter) place(ctx context.Context, list []*benchRelation) error {
	admin := policy.Actor{User: policy.User(w.demo.person(seedAdmin).OID)}
	if err := w.demo.Decider.Refresh(ctx, admin); err != nil {
		return err
	}
	for n, r := range list {
		view, err := w.demo.Decider.ViewOne(ctx, admin, policy.RoomsView, r.id)
		if err != nil {
			return err
		}
		some, err := w.demo.Store.Rooms(ctx, view, policy.View{}, store.RoomQuery{Sort: store.RoomsByName, Limit: benchPage})
		if err != nil {
			return err
		}
		if len(some.Rooms) == 0 {
			return fmt.Errorf("customer %v has no rooms", r.id)
		}
		r.room = some.Rooms[n*7919%len(some.Rooms)].ID // a prime: any building
	}
	return nil
}

// change begins to commit changes of so many customers a second, each of another customer, until calm.
func (w *benchWriter) change(ctx context.Context, perSecond int) error {
	list, err := w.customers(ctx)
	if err != nil {
		return err
	}
	if w.stop != nil || len(list) == 0 || perSecond < 1 {
		return errors.New("there is nothing to change now")
	}
	if list[0].room == 0 {
		if err := w.place(ctx, list); err != nil {
			return err
		}
	}
	if err := w.collect(ctx, list[w.next%len(list)]); err != nil { // the first at once: what is asked from now on is asked among changes
		return err
	}
	ctx, w.stop = context.WithCancel(ctx)
	w.changed = make(chan benchChanges, 1)
	go func() { w.changed <- w.changeAll(ctx, list, time.Second/time.Duration(perSecond)) }()
	return nil
}

func (w *benchWriter) changeAll(ctx context.Context, list []*benchRelation, every time.Duration) benchChanges {
	began, commits := time.Now(), 0
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			done := benchChanges{perSecond: float64(commits) / time.Since(began).Seconds()}
			for _, r := range list {
				if r.bad {
					done.open++
				}
			}
			return done
		case <-tick.C:
			if err := w.collect(context.WithoutCancel(ctx), list[w.next%len(list)]); err != nil {
				return benchChanges{err: err}
			}
			commits++
		}
	}
}

// calm ends the changes and tells what came of them.
func (w *benchWriter) calm() benchChanges {
	if w.stop == nil {
		return benchChanges{}
	}
	w.stop()
	w.stop = nil
	return <-w.changed
}

// collect is a run of devices that found one device of a customer changed: its camera went bad, or is good again. It writes what such a run
// writes, an incident among it: what people see and its total change with every run.
func (w *benchWriter) collect(ctx context.Context, r *benchRelation) error {
	reading := incidents.Reading{Signal: incidents.RoomCamera, State: "good", Value: "connected"}
	health := graph.Healthy
	if !r.bad {
		reading.State, reading.Value, health = "bad", "disconnected", graph.NonUrgent
	}
	// Nobody else runs the jobs of a seeded world, which are never due: the moment 0 is the lease that nobody holds.
	lease := store.CollectLease{Customer: r.id, Kind: store.CollectDevices, Until: time.UnixMilli(0)}
	w.next++
	changed, err := w.demo.Store.ApplyDevices(ctx, policy.ForWork(r.id, "bench"),
		store.CollectOutcome{Lease: lease, StartedAt: time.Now(), State: store.CollectOK, Good: true, NextDue: store.NeverDue(), Requests: 2},
		store.DevicesFound{
			Devices: []store.DeviceFound{{GraphID: "bench-" + r.id.String(), Room: r.room, Kind: string(graph.TeamsRoom), Maker: "Bench", Model: "Camera",
				Health: string(health), Activity: "idle", Read: true}},
			Rules: store.DeviceRules{
				Device: func(before store.DeviceBefore, now time.Time) store.DeviceAfter {
					return incidents.Derive(before, []incidents.Reading{reading}, now)
				},
				Missing: incidents.Missing, Room: incidents.RoomHealth,
			},
		})
	if err != nil {
		return fmt.Errorf("change a customer: %w", err)
	}
	if changed == 0 {
		return fmt.Errorf("the change of customer %v changed nothing", r.id)
	}
	r.bad = !r.bad
	return nil
}

// admit lets somebody see one more room: a group of it alone, and an assignment over that.
func (w *benchWriter) admit(ctx context.Context, o benchOrder) error {
	rules, err := w.demo.Store.Rules(ctx, o.Customer)
	if err != nil {
		return err
	}
	role, err := roleToSee(rules.Roles)
	if err != nil {
		return err
	}
	w.made++
	name := fmt.Sprintf("Bench %d", w.made)
	act := w.demo.actOf(seedAdmin)
	group, err := w.demo.Store.AddRoomGroup(ctx, act, o.Customer, store.RoomGroup{Name: name, Rooms: []policy.ID{o.Room}})
	if err != nil {
		return err
	}
	p := w.demo.person(o.Login)
	_, err = w.demo.Store.AddAssignment(ctx, act, o.Customer, store.Assignment{Name: name, Role: role,
		Members: []store.Member{{Principal: policy.User(p.OID), Name: p.Name}}, Scopes: []policy.Scope{policy.ScopeGroup(group)}})
	return err
}

// roleToSee is a role with which one sees rooms and incidents.
func roleToSee(roles []policy.Role) (policy.ID, error) {
	for _, r := range roles {
		if slices.Contains(r.Permissions, policy.RoomsView) && slices.Contains(r.Permissions, policy.TicketsView) {
			return r.ID, nil
		}
	}
	return 0, errors.New("no role sees rooms and incidents")
}
