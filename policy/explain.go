package policy

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Break is the first link of a chain (member, assignment, role, ceiling, time, scope) that does not hold.
type Break string

// The breaks, in the order in which they are looked for. BreakNone means that the chain holds.
const (
	BreakNone         Break = ""
	BreakClosed       Break = "closed"        // the relation is not active, or the consent is withdrawn
	BreakNoAssignment Break = "no-assignment" // no assignment names the actor or one of its groups
	BreakRole         Break = "role"          // the role does not contain the permission
	BreakCeiling      Break = "ceiling"       // the customer does not grant the permission
	BreakNotBegun     Break = "not-begun"     // the assignment starts later
	BreakEnded        Break = "ended"         // the assignment has ended
	BreakScope        Break = "scope"         // the room is outside the assignment's scopes, or not granted at all
	BreakStrongAuth   Break = "strong-auth"   // all holds, but the actor has not signed in as the customer demands
)

// Explanation says why an actor may or may not do something in the rooms of one cell.
type Explanation struct {
	Customer   ID
	Version    int64 // of the customer's rules
	Permission Permission
	Cell       int64
	Allowed    bool
	Broken     Break       // for a refusal: the link that breaks in the candidate that came furthest, or why there is none
	Candidates []Candidate // those that hold first, then by how far they came
	Faults     []string    // rows of the rules that make no sense and give nothing
}

// Candidate is one chain: an assignment by one of the principals it names.
type Candidate struct {
	Assignment     ID
	AssignmentName string
	Role           ID
	RoleName       string
	Via            Principal // the user itself or one of its groups
	Scope          Scope     // the scope that has the room; empty when none has
	From           time.Time
	Until          time.Time
	Broken         Break
}

// Explain tells which assignments decide, by which principal, role and scope. It reads the rules anew. Who may ask
// about whom is the caller's to check.
func (d *Decider) Explain(
	ctx context.Context, actor Actor, permission Permission, customer ID, cell int64,
) (Explanation, error) {
	if actor.User.Kind() != KindUser {
		return Explanation{}, errNoUser
	}
	if !permission.Valid() {
		return Explanation{}, errors.New("policy: explain an unknown permission")
	}
	c, err := d.fresh(ctx, customer)
	if err != nil {
		return Explanation{}, err
	}
	e, err := c.explain(actor.principals(), permission, cell, d.now())
	if err == nil && e.Allowed && !actor.satisfies(c.rules.StrongAuth) {
		e.Allowed, e.Broken = false, BreakStrongAuth
	}
	return e, err
}

func (c *customer) explain(principals []Principal, permission Permission, cell int64, now time.Time) (Explanation, error) {
	e := Explanation{
		Customer: c.rules.Customer, Version: c.rules.Version, Permission: permission, Cell: cell, Faults: c.faults,
	}
	var err error
	if e.Allowed, err = c.decide(principals, permission, cell, now); err != nil {
		return Explanation{}, err
	}
	scopes := c.scopesOf(cell)
	e.Candidates = c.candidates(principals, permission, now, func(s Scope) bool { return slices.Contains(scopes, s) })
	return c.conclude(e, now)
}

// conclude says where the chain breaks, and refuses an explanation that does not agree with its decision.
func (c *customer) conclude(e Explanation, now time.Time) (Explanation, error) {
	switch {
	case c.rules.Closed || c.rules.over(now):
		e.Broken, e.Candidates = BreakClosed, nil
	case len(e.Candidates) == 0:
		e.Broken = BreakNoAssignment
	default:
		e.Broken = e.Candidates[0].Broken
	}
	if e.Allowed != (e.Broken == BreakNone) {
		return Explanation{}, errors.New("policy: the explanation does not agree with the decision")
	}
	return e, nil
}

// decide asks Casbin about every scope that has the cell. A closed relation is a no, and so is one that is over.
func (c *customer) decide(principals []Principal, p Permission, cell int64, now time.Time) (bool, error) {
	if c.rules.Closed || c.rules.over(now) {
		return false, nil
	}
	moment := now.UTC().Format(timeText)
	for _, scope := range c.scopesOf(cell) {
		for _, member := range principals {
			if len(c.mentioned[member]) == 0 {
				continue
			}
			allowed, err := c.allows(member, scope, p, moment)
			if allowed || err != nil {
				return allowed, err
			}
		}
	}
	return false, nil
}

// candidates follows the chain of each assignment that names one of the principals, without Casbin: what comes out
// must agree with what Casbin decides, and Explain checks that it does.
func (c *customer) candidates(principals []Principal, p Permission, now time.Time, within func(Scope) bool) []Candidate {
	candidates := []Candidate{}
	for _, via := range principals {
		for _, i := range c.mentioned[via] {
			a := c.rules.Assignments[i]
			role := c.rules.role(a.Role)
			candidate := Candidate{
				Assignment: a.ID, AssignmentName: a.Name, Role: a.Role, RoleName: role.Name,
				Via: via, From: a.From, Until: a.Until,
			}
			for _, scope := range a.Scopes {
				if candidate.Scope == "" && within(scope) {
					candidate.Scope = scope
				}
			}
			switch {
			case !slices.Contains(role.Permissions, p):
				candidate.Broken = BreakRole
			case !slices.Contains(c.rules.Ceiling, p):
				candidate.Broken = BreakCeiling
			case now.Before(a.From):
				candidate.Broken = BreakNotBegun
			case !a.Until.IsZero() && !now.Before(a.Until):
				candidate.Broken = BreakEnded
			case candidate.Scope == "":
				candidate.Broken = BreakScope
			}
			candidates = append(candidates, candidate)
		}
	}
	came := []Break{BreakNone, BreakScope, BreakEnded, BreakNotBegun, BreakCeiling, BreakRole}
	slices.SortStableFunc(candidates, func(a, b Candidate) int {
		return slices.Index(came, a.Broken) - slices.Index(came, b.Broken)
	})
	return candidates
}

// scopesOf returns the scopes that have the cell: none for a cell that is not the customer's.
func (c *customer) scopesOf(id int64) []Scope {
	for _, cell := range c.rules.Cells {
		if cell.ID == id {
			return cell.scopes()
		}
	}
	return nil
}

func (r Rules) role(id ID) Role {
	for _, role := range r.Roles {
		if role.ID == id {
			return role
		}
	}
	return Role{}
}
