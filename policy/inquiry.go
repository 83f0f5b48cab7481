package policy

import (
	"errors"
	"slices"
)

// Explain tells by the same rules why somebody may or may not do something in the rooms of one cell: a user with its groups, or a group. Who may
// ask about whom is the caller's to check. It is about the rules and no session: what the customer demands of the sign-in (Rules.StrongAuth)
// is to be told beside it.
func (a Authority) Explain(principals []Principal, p Permission, cell int64) (Explanation, error) {
	if a.c == nil || !p.Valid() {
		return Explanation{}, errors.New("policy: explain without rules, or an unknown permission")
	}
	return a.c.explain(principals, p, cell, a.now)
}

// ExplainAnywhere is Explain for all rooms together in which the asking person holds roles.view, with the cells of those where the permission is held.
// Held over all granted rooms while there is none counts only for who may ask about all.
func (a Authority) ExplainAnywhere(principals []Principal, p Permission) (Explanation, []int64, error) {
	i, known := roleTable().index[p]
	if a.c == nil || !known {
		return Explanation{}, nil, errors.New("policy: explain without rules, or an unknown permission")
	}
	seen, _ := a.piece(RolesView)
	standing, err := a.c.stand(principals, a.now)
	if err != nil {
		return Explanation{}, nil, err
	}
	piece, held := standing.held(i)
	var cells []int64
	for _, cell := range piece.cells {
		if _, found := slices.BinarySearch(seen.cells, cell); found {
			cells = append(cells, cell)
		}
	}
	e := Explanation{
		Customer: a.c.rules.Customer, Version: a.c.rules.Version, Permission: p, Faults: a.c.faults,
		Allowed: len(cells) > 0 || held && piece.all && seen.all,
	}
	e.Candidates = a.c.candidates(principals, p, a.now, func(s Scope) bool {
		if s == ScopeAll {
			return seen.all || len(seen.cells) > 0
		}
		return slices.ContainsFunc(a.c.rules.Cells, func(cell Cell) bool {
			_, found := slices.BinarySearch(seen.cells, cell.ID)
			return found && slices.Contains(cell.scopes(), s)
		})
	})
	e, err = a.c.conclude(e, a.now)
	return e, cells, err
}

// Reaching is an assignment that holds now and gives something in the rooms of a cell.
type Reaching struct {
	Assignment  Assignment
	Role        Role
	Scope       Scope        // the one that has the rooms
	Permissions []Permission // of the role, under the ceiling
}

// Reaching returns who reaches the rooms of a cell, by assignment. Which of them the asking person may see is the caller's to check.
func (a Authority) Reaching(cell int64) []Reaching {
	var out []Reaching
	if a.c == nil || a.c.rules.Closed || a.c.rules.over(a.now) {
		return nil
	}
	scopes := a.c.scopesOf(cell)
	for _, assignment := range a.c.rules.Assignments {
		if a.now.Before(assignment.From) || (!assignment.Until.IsZero() && !a.now.Before(assignment.Until)) {
			continue
		}
		i := slices.IndexFunc(assignment.Scopes, func(s Scope) bool { return slices.Contains(scopes, s) })
		if i < 0 {
			continue
		}
		r := Reaching{Assignment: assignment, Role: a.c.rules.role(assignment.Role), Scope: assignment.Scopes[i]}
		for _, p := range roleTable().permissions {
			if slices.Contains(r.Role.Permissions, p) && a.Capped(p) {
				r.Permissions = append(r.Permissions, p)
			}
		}
		if len(r.Permissions) > 0 && len(assignment.Members) > 0 {
			out = append(out, r)
		}
	}
	return out
}
