package policy

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// demanding is an open world of two customers, of which the first demands "c1".
func demanding() *world {
	w := openWorld(2)
	w.Customers[0].Rules.StrongAuth = "c1"
	return w
}

func stepUps(t *testing.T, d *Decider, actor Actor) string {
	t.Helper()
	list, err := d.StepUps(context.Background(), actor)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(list)
}

func knownTo(t *testing.T, d *Decider, actor Actor) string {
	t.Helper()
	v, err := d.Named(context.Background(), actor)
	if err != nil {
		t.Fatal(err)
	}
	if v.CellsJSON() != "[]" || !v.Everywhere().Empty() {
		t.Errorf("a view of names has cells %s", v.CellsJSON())
	}
	return v.CustomersJSON()
}

// A customer is closed for a session without the context that it demands, and for no other session of the same person.
func TestStrongAuthGoesBySession(t *testing.T) {
	t.Parallel()
	store := newFakeStore(demanding())
	d := NewDecider(store, store.now, Limits{})
	strong := Actor{User: ann.User, Groups: ann.Groups, Contexts: []string{"c1"}}
	wrong := Actor{User: ann.User, Groups: ann.Groups, Contexts: []string{"c11", "c2", ""}}
	for range 2 { // the second time from what is known
		for _, weak := range []Actor{ann, wrong} {
			if got := mustView(t, d, weak, TicketsView).CustomersJSON(); got != "[2]" {
				t.Errorf("%v sees %s", weak.Contexts, got)
			}
			if got := related(t, d, weak); got != "[2]" {
				t.Errorf("%v has to do with %s", weak.Contexts, got)
			}
			if got := knownTo(t, d, weak); got != "[1,2]" {
				t.Errorf("%v knows of %s", weak.Contexts, got)
			}
			if got := stepUps(t, d, weak); got != fmt.Sprint([]StepUp{{Customer: 1, Context: "c1"}}) {
				t.Errorf("%v waits for %s", weak.Contexts, got)
			}
			by, err := d.Authority(context.Background(), weak, 1)
			if err != nil || by.Holds(RolesView) || !by.View(RolesView).Empty() || len(by.Grantable()) > 0 {
				t.Errorf("%v has an authority: %v", weak.Contexts, err)
			}
		}
		if got := mustView(t, d, strong, TicketsView).CustomersJSON(); got != "[1,2]" {
			t.Errorf("with the context: %s", got)
		}
		if got := stepUps(t, d, strong); got != "[]" {
			t.Errorf("with the context it waits for %s", got)
		}
	}

	if related(t, d, strong) != "[1,2]" || knownTo(t, d, strong) != "[1,2]" {
		t.Errorf("with the context it has to do with %s, and knows of %s", related(t, d, strong), knownTo(t, d, strong))
	}
	store.change(1, func(c *worldCustomer) { c.Rules.StrongAuth = "c2" })
	mustRefresh(t, d, strong)
	if got := mustView(t, d, strong, TicketsView).CustomersJSON(); got != "[1]" {
		t.Errorf("a demand that is new: %s", got)
	}
	store.change(0, func(c *worldCustomer) { c.Rules.StrongAuth = "" })
	mustRefresh(t, d, ann)
	if got := mustView(t, d, ann, TicketsView).CustomersJSON(); got != "[1]" {
		t.Errorf("a demand that is gone: %s", got)
	}
}

// Signing in again helps nobody who holds nothing there, and opens nothing that is closed anyway.
func TestStepUpsAreThoseThatHelp(t *testing.T) {
	t.Parallel()
	w := demanding()
	store := newFakeStore(w)
	d := NewDecider(store, store.now, Limits{})
	if got := stepUps(t, d, Actor{User: User("eve")}); got != "[]" {
		t.Errorf("somebody without a role waits for %s", got)
	}
	store.change(0, func(c *worldCustomer) { c.Rules.Closed = true })
	mustRefresh(t, d, ann)
	if got := stepUps(t, d, ann); got != "[]" || related(t, d, ann) != "[1,2]" {
		t.Errorf("a closed relation waits for %s", got)
	}
	store.failReach = errors.New("the disk is gone")
	if _, err := NewDecider(store, store.now, Limits{}).StepUps(context.Background(), ann); err == nil {
		t.Error("an answer without the store")
	}
}

// The explanation names the sign-in only where all else holds.
func TestExplainStrongAuth(t *testing.T) {
	t.Parallel()
	w := demanding()
	d := decide(w)
	for _, test := range []struct {
		name     string
		actor    Actor
		p        Permission
		customer ID
		broken   Break
	}{
		{"without the context", ann, TicketsView, 1, BreakStrongAuth},
		{"with it", Actor{User: ann.User, Groups: ann.Groups, Contexts: []string{"c1"}}, TicketsView, 1, BreakNone},
		{"another customer", ann, TicketsView, 2, BreakNone},
		{"a permission above the ceiling", ann, RoomsResetKey, 1, BreakRole},
		{"nobody", Actor{User: User("eve")}, TicketsView, 1, BreakNoAssignment},
	} {
		e, err := d.Explain(context.Background(), test.actor, test.p, test.customer, int64(test.customer)*1000+1)
		if err != nil || e.Broken != test.broken || e.Allowed != (test.broken == BreakNone) {
			t.Errorf("%s: %+v, %v", test.name, e, err)
		}
	}
}

// Asked about others, the rules answer: what they signed in with is not known, and the asking person's own sign-in does not count for them.
func TestInquiryIsAboutTheRules(t *testing.T) {
	t.Parallel()
	w := demanding()
	w.Customers[0].Rules.Assignments[0].Members = append(w.Customers[0].Rules.Assignments[0].Members, User("bob"))
	a, err := decide(w).Authority(context.Background(), Actor{User: ann.User, Groups: ann.Groups, Contexts: []string{"c1"}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := a.Explain([]Principal{User("bob")}, TicketsView, 1001); err != nil || !e.Allowed {
		t.Errorf("bob: %+v, %v", e, err)
	}
	if a.Rules().StrongAuth != "c1" || len(a.Reaching(1001)) != 1 {
		t.Errorf("demands %q, %d reach the room", a.Rules().StrongAuth, len(a.Reaching(1001)))
	}
	after := a.Rules()
	after.StrongAuth = ""
	shifts, err := a.Shifts(after, []Principal{User("bob")})
	if err != nil || shifts[User("bob")] != (Shift{}) {
		t.Errorf("shifts %v, %v", shifts, err)
	}
}
