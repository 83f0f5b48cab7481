package policy

import (
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
)

//go:embed model.conf
var modelConf string

// customer is one version of one customer's rules, compiled. Nothing in it changes after compile, the enforcer least
// of all: new rules make a new one (style.md 4.2 lists what goes wrong otherwise).
type customer struct {
	rules     Rules // sound
	faults    []string
	enforcer  *casbin.Enforcer
	mentioned map[Principal][]int // the assignments, by place in rules, that name a principal
	classes   []scopeClass
	asked     []int   // the permissions that some role contains, by place in the catalogue
	cells     []int64 // all of them, ascending
}

// scopeClass is scopes that the same assignments name. The matcher looks at a scope only to compare it with those of
// assignments, so Casbin's answer for one scope of a class is its answer for all. An assignment of a hundred single
// rooms costs one question and not a hundred.
type scopeClass struct {
	asked       Scope // stands for the class
	all         bool
	assignments []int
	cells       []int64 // of all its scopes: in no order, and twice where a cell is in two of them
}

const (
	// timeText has a fixed width, so that times compare as text.
	timeText  = "2006-01-02T15:04:05.000000000Z"
	timeFirst = "0000-01-01T00:00:00.000000000Z"
	timeLast  = "9999-12-31T23:59:59.999999999Z"
)

// compile makes the customer's enforcer, for a closed relation too: stand and decide close it, so that the actors whom it
// would open for can be told that it is closed. The model is a parameter for the test that removes its clauses one by one.
func compile(modelText string, rules Rules) (*customer, error) {
	c := &customer{mentioned: map[Principal][]int{}}
	c.rules, c.faults = rules.sound()
	for _, cell := range c.rules.Cells {
		c.cells = append(c.cells, cell.ID)
	}
	slices.Sort(c.cells)
	var err error
	if c.enforcer, err = newEnforcer(modelText, c.rules); err != nil {
		return nil, fmt.Errorf("compile rules of customer %s: %w", rules.Customer, err)
	}
	for i, a := range c.rules.Assignments {
		for _, member := range a.Members {
			c.mentioned[member] = append(c.mentioned[member], i)
		}
	}
	c.classes = classify(c.rules)
	for i, p := range roleTable().permissions {
		if slices.ContainsFunc(c.rules.Roles, func(r Role) bool { return slices.Contains(r.Permissions, p) }) {
			c.asked = append(c.asked, i)
		}
	}
	return c, nil
}

func newEnforcer(modelText string, rules Rules) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return nil, fmt.Errorf("read the model: %w", err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("make the enforcer: %w", err)
	}
	e.EnableAutoSave(false)
	e.EnableAutoBuildRoleLinks(false)

	var holds, members, contained, capped [][]string
	for _, a := range rules.Assignments {
		for _, scope := range a.Scopes {
			holds = append(holds, []string{
				assignmentName(a.ID), string(scope), roleName(a.Role), bound(a.From, timeFirst), bound(a.Until, timeLast),
			})
		}
		for _, member := range a.Members {
			members = append(members, []string{string(member), assignmentName(a.ID)})
		}
	}
	for _, role := range rules.Roles {
		for _, p := range role.Permissions {
			contained = append(contained, []string{string(p), roleName(role.ID)})
		}
	}
	for _, p := range rules.Ceiling {
		capped = append(capped, []string{string(p), "ceiling"})
	}

	for _, add := range []struct {
		what string
		rows [][]string
		to   func([][]string) (bool, error)
	}{
		{"assignments", holds, e.AddPolicies},
		{"members", members, named(e, "g")},
		{"roles", contained, named(e, "g2")},
		{"ceiling", capped, named(e, "g3")},
	} {
		if len(add.rows) == 0 {
			continue
		}
		added, err := add.to(add.rows)
		if err != nil {
			return nil, fmt.Errorf("add %s: %w", add.what, err)
		}
		if !added {
			return nil, fmt.Errorf("add %s: a row stands twice", add.what)
		}
	}
	if err := e.BuildRoleLinks(); err != nil {
		return nil, fmt.Errorf("build links: %w", err)
	}
	return e, nil
}

func named(e *casbin.Enforcer, kind string) func([][]string) (bool, error) {
	return func(rows [][]string) (bool, error) { return e.AddNamedGroupingPolicies(kind, rows) }
}

func assignmentName(id ID) string { return "assignment:" + id.String() }
func roleName(id ID) string       { return "role:" + id.String() }

func bound(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format(timeText)
}

// classify groups the scopes of all assignments; ScopeAll is a class of its own, and first.
func classify(rules Rules) []scopeClass {
	naming := map[Scope][]int{}
	var scopes []Scope // in the order of the rules, so that the same rules always compile the same
	for i, a := range rules.Assignments {
		for _, scope := range a.Scopes {
			if naming[scope] == nil {
				scopes = append(scopes, scope)
			}
			naming[scope] = append(naming[scope], i)
		}
	}
	var classes []scopeClass
	at := map[string]int{}
	in := map[Scope]int{}
	for _, scope := range scopes {
		key := fmt.Sprint(scope == ScopeAll, naming[scope])
		i, found := at[key]
		if !found {
			i = len(classes)
			at[key] = i
			classes = append(classes, scopeClass{asked: scope, all: scope == ScopeAll, assignments: naming[scope]})
		}
		in[scope] = i
	}
	for _, cell := range rules.Cells {
		for _, scope := range cell.scopes() {
			if i, found := in[scope]; found {
				classes[i].cells = append(classes[i].cells, cell.ID)
			}
		}
	}
	slices.SortStableFunc(classes, func(a, b scopeClass) int {
		switch {
		case a.all == b.all:
			return 0
		case a.all:
			return -1
		}
		return 1
	})
	return classes
}

// scopes returns the scopes that the rooms of the cell are in.
func (c Cell) scopes() []Scope {
	scopes := []Scope{ScopeAll}
	for _, group := range c.Groups {
		if group.Valid() {
			scopes = append(scopes, ScopeGroup(group))
		}
	}
	if c.Room.Valid() {
		scopes = append(scopes, ScopeRoom(c.Room))
	}
	return scopes
}

// allows asks Casbin. An error is a no.
func (c *customer) allows(member Principal, scope Scope, p Permission, moment string) (bool, error) {
	allowed, err := c.enforcer.Enforce(string(member), string(scope), string(p), moment)
	if err != nil {
		return false, fmt.Errorf("decide %s for customer %s: %w", p, c.rules.Customer, err)
	}
	return allowed, nil
}
