package policy

import (
	"strings"
	"testing"
)

// Each clause of the matcher is there for a reason: without it, the worlds show a wrong answer.
func TestMatcherNeedsEveryClause(t *testing.T) {
	t.Parallel()
	head, matcher, found := strings.Cut(modelConf, "\nm = ")
	if !found {
		t.Fatal("no matcher in the model")
	}
	clauses := strings.Split(strings.TrimSpace(matcher), " && ")
	if len(clauses) != 6 {
		t.Fatalf("%d clauses, want 6: %q", len(clauses), clauses)
	}
	for i, clause := range clauses {
		t.Run(clause, func(t *testing.T) {
			t.Parallel()
			left := append(append([]string{}, clauses[:i]...), clauses[i+1:]...)
			mutant := head + "\nm = " + strings.Join(left, " && ") + "\n"
			for _, w := range fixedWorlds(120) {
				d := decide(w)
				d.model = mutant
				if compareDecisions(w, d) != nil {
					return
				}
			}
			t.Error("nothing noticed that the clause is gone")
		})
	}
}

// Nor may the Decider leave out what the customer demands of the sign-in.
func TestDecisionsNeedTheStrongAuthentication(t *testing.T) {
	t.Parallel()
	for _, w := range fixedWorlds(120) {
		store := newFakeStore(w)
		store.undemanding = true
		if compareDecisions(w, NewDecider(store, store.now, Limits{})) != nil {
			return
		}
	}
	t.Error("nothing noticed that the demand is gone")
}

// compareDecisions looks at decisions only. Explain, which has a second opinion, must not be what notices.
func compareDecisions(w *world, d *Decider) error {
	for _, actor := range worldActors {
		if err := compareHoldings(w, d, actor); err != nil {
			return err
		}
	}
	return nil
}

// So does each comparison in it, and the union of the effect.
func TestMatcherNeedsItsComparisons(t *testing.T) {
	t.Parallel()
	for _, change := range []struct{ from, to string }{
		{"r.now >= p.from", "r.now > p.from"},
		{"r.now < p.until", "r.now <= p.until"},
		{"r.scope == p.scope", "r.scope >= p.scope"},
		{"g2(r.permission, p.role)", "g2(r.permission, p.assignment)"},
		{"g3(r.permission, \"ceiling\")", "g3(\"ceiling\", \"ceiling\")"},
		{"g(r.member, p.assignment)", "g(p.assignment, p.assignment)"},
	} {
		t.Run(change.to, func(t *testing.T) {
			t.Parallel()
			if strings.Count(modelConf, change.from) != 1 {
				t.Fatal("the model does not say so")
			}
			mutant := strings.Replace(modelConf, change.from, change.to, 1)
			for _, w := range fixedWorlds(120) {
				d := decide(w)
				d.model = mutant
				if compareDecisions(w, d) != nil {
					return
				}
			}
			t.Error("nothing noticed the change")
		})
	}
}
