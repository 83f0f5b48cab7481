package policy

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Refusal says why a person may not change a rule.
type Refusal struct {
	Code        string       // one of the Refuse constants
	Permissions []Permission // those that may not be given, where it is about permissions
	Scope       Scope        // where it breaks; empty when the person may not see that there is such a scope
}

// Error returns the code.
func (r *Refusal) Error() string { return "refused: " + r.Code }

// The codes of a Refusal. They are stable and go to the API.
const (
	RefuseChange       = "may-not-change"     // roles.modify is not held over all that the change touches
	RefuseGrant        = "may-not-grant"      // a permission that the person can give nobody there
	RefuseCeiling      = "above-ceiling"      // the customer does not let the partner have it
	RefuseBuiltIn      = "role-built-in"      // the built-in role is as it is
	RefuseLastPrimary  = "last-primary-admin" // nobody would be left who may do everything
	RefuseAct          = "may-not-act"        // rooms.act is not held in a room that the person sees
	RefuseUnknownRole  = "role-unknown"       // the assignment's role is not there
	refuseNoAssignment = "assignment-unknown"
)

// Ground says in which cells the rooms of a scope stand. The store reads it in the transaction that asks, because the rules know only
// the cells of scopes that assignments name already.
type Ground map[Scope][]int64

// Authority is what one person may see and change of one customer's rules: the rules of one version, and what the person holds by
// exactly these. The zero Authority holds nothing. Whoever changes something hands it to the store, which answers "stale view" when
// the rules have another version by then: so what was decided here is true in the store's transaction.
type Authority struct {
	c        *customer
	standing standing
	now      time.Time
	nothing  View // what the zero standing was decided by: no rules were read
}

// Authority reads the rules of a customer anew. A customer whose rules do not name the actor is not read at all: it takes the time of one that does
// not exist.
func (d *Decider) Authority(ctx context.Context, actor Actor, id ID) (Authority, error) {
	s, err := d.state(ctx, actor)
	if err != nil {
		return Authority{}, err
	}
	_, named := slices.BinarySearchFunc(s.standings, id, func(s standing, id ID) int { return cmp.Compare(s.customer, id) })
	if !named {
		return Authority{nothing: View{newView(KindMember, s.version, s.until, nil)}}, nil
	}
	c, err := d.fresh(ctx, id)
	if err != nil {
		return Authority{}, err
	}
	now := d.now()
	standing, err := c.standActor(actor, now)
	if err != nil {
		return Authority{}, err
	}
	return Authority{c: c, standing: standing, now: now}, nil
}

// Customer is whose rules these are; zero when the person has nothing to do with it.
func (a Authority) Customer() ID { return a.standing.customer }

// Rules are the rules that decided, without the rows that make no sense. They are shared: read only.
func (a Authority) Rules() Rules {
	if a.c == nil {
		return Rules{}
	}
	return a.c.rules
}

// Now is the moment of the decision.
func (a Authority) Now() time.Time { return a.now }

// View is what the person sees of this customer with a permission, to be checked by the store like every view; empty when it holds it nowhere.
func (a Authority) View(p Permission) View {
	if a.c == nil {
		return a.nothing
	}
	var parts []Part
	if piece, held := a.piece(p); held {
		parts = []Part{{Customer: a.standing.customer, Version: a.standing.version, All: piece.all, Cells: piece.cells}}
	}
	return View{newView(KindMember, ByParts, a.standing.until, parts)}
}

func (a Authority) piece(p Permission) (piece, bool) {
	i, known := roleTable().index[p]
	if !known {
		return piece{}, false
	}
	return a.standing.held(i)
}

// Holds reports whether the permission is held somewhere in the customer.
func (a Authority) Holds(p Permission) bool {
	_, held := a.piece(p)
	return held
}

// Everywhere reports whether the permission is held over all granted rooms, those that come later included.
func (a Authority) Everywhere(p Permission) bool {
	piece, held := a.piece(p)
	return held && piece.all
}

// Capped reports whether the customer's ceiling contains the permission.
func (a Authority) Capped(p Permission) bool {
	return a.c != nil && slices.Contains(a.c.rules.Ceiling, p)
}

// Covers reports whether the permission is held in every room of a scope. All granted rooms are also those that come later: only who holds it everywhere
// covers them, whatever it holds of today's, and where there is no room.
func (a Authority) Covers(p Permission, scope Scope, g Ground) bool {
	piece, held := a.piece(p)
	switch {
	case !held:
		return false
	case piece.all:
		return true
	case scope == ScopeAll:
		return false
	}
	return a.CoversCells(p, g[scope])
}

// CoversCells reports whether the permission is held in each of these cells, and there is one.
func (a Authority) CoversCells(p Permission, cells []int64) bool {
	piece, held := a.piece(p)
	if !held || len(cells) == 0 {
		return false
	}
	for _, cell := range cells {
		if _, found := slices.BinarySearch(piece.cells, cell); !found {
			return false
		}
	}
	return true
}

// Touches reports whether the permission is held in at least one room of a scope, or everywhere: what the person may know to be there.
func (a Authority) Touches(p Permission, scope Scope, g Ground) bool {
	return a.Everywhere(p) || slices.ContainsFunc(g[scope], func(cell int64) bool { return a.CoversCells(p, []int64{cell}) })
}

// Sees reports whether the person may know of an assignment: roles.view covers each of its scopes.
func (a Authority) Sees(assignment Assignment, g Ground) bool {
	if len(assignment.Scopes) == 0 {
		return a.Everywhere(RolesView)
	}
	return !slices.ContainsFunc(assignment.Scopes, func(s Scope) bool { return !a.Covers(RolesView, s, g) })
}

// Grantable are the permissions that the person may put into a role at all.
func (a Authority) Grantable() []Permission {
	grantable := []Permission{}
	if !a.Holds(RolesModify) {
		return grantable
	}
	for _, p := range roleTable().permissions {
		if a.Capped(p) && (a.Holds(p) || a.Everywhere(RolesModify)) {
			grantable = append(grantable, p)
		}
	}
	return grantable
}

// MayCreateRole refuses a role with these permissions, or not: what is above the ceiling is in no new role.
func (a Authority) MayCreateRole(permissions []Permission) error {
	if !a.Holds(RolesModify) {
		return &Refusal{Code: RefuseChange}
	}
	return a.underCeiling(permissions)
}

// MayChangeRole refuses another set of permissions for a role, or any other change of it. A permission above the ceiling that the role has already may
// stay or go.
func (a Authority) MayChangeRole(id ID, permissions []Permission, g Ground) error {
	role, err := a.role(id)
	if err != nil {
		return err
	}
	if role.BuiltIn {
		return &Refusal{Code: RefuseBuiltIn}
	}
	scopes := a.scopesOf(id)
	if err := a.mayModify(scopes, g); err != nil {
		return err
	}
	added := without(permissions, role.Permissions)
	if err := a.underCeiling(added); err != nil {
		return err
	}
	return a.mayGrant(added, scopes, g)
}

// MayDeleteRole refuses to remove a role with its assignments, or not.
func (a Authority) MayDeleteRole(id ID, g Ground) error {
	role, err := a.role(id)
	if err != nil {
		return err
	}
	if role.BuiltIn {
		return &Refusal{Code: RefuseBuiltIn}
	}
	return a.mayModify(a.scopesOf(id), g)
}

// MayAssign refuses to give a role over scopes, or not.
func (a Authority) MayAssign(id ID, scopes []Scope, g Ground) error {
	role, err := a.role(id)
	if err != nil {
		return err
	}
	if err := a.mayModify(scopes, g); err != nil {
		return err
	}
	return a.mayGrant(role.Permissions, scopes, g)
}

// MayChangeAssignment refuses to put next in the place of the assignment of its ID, or not. The role stays.
func (a Authority) MayChangeAssignment(next Assignment, g Ground) error {
	old, err := a.assignment(next.ID)
	if err != nil {
		return err
	}
	if err := a.mayModify(old.Scopes, g); err != nil {
		return err
	}
	next.Role = old.Role
	if err := a.MayAssign(next.Role, next.Scopes, g); err != nil {
		return err
	}
	return a.keepsPrimary(next.Role, func(other Assignment) (Assignment, bool) {
		if other.ID == next.ID {
			return next, true
		}
		return other, true
	})
}

// MayDeleteAssignment refuses to remove an assignment, or not.
func (a Authority) MayDeleteAssignment(id ID, g Ground) error {
	old, err := a.assignment(id)
	if err != nil {
		return err
	}
	if err := a.mayModify(old.Scopes, g); err != nil {
		return err
	}
	return a.keepsPrimary(old.Role, func(other Assignment) (Assignment, bool) { return other, other.ID != id })
}

// mayModify wants roles.modify over all the scopes, and somewhere at least.
func (a Authority) mayModify(scopes []Scope, g Ground) error {
	if !a.Holds(RolesModify) {
		return &Refusal{Code: RefuseChange}
	}
	for _, scope := range scopes {
		if !a.Covers(RolesModify, scope, g) {
			return a.refuse(RefuseChange, nil, scope, g)
		}
	}
	return nil
}

// mayGrant goes pair by pair, permission and scope. Who holds roles.modify everywhere gives what the ceiling contains, whether held or not, and what is
// above the ceiling too: it gives nothing. All others give what they hold there.
func (a Authority) mayGrant(permissions []Permission, scopes []Scope, g Ground) error {
	if a.Everywhere(RolesModify) {
		return nil
	}
	for _, scope := range scopes {
		var lacking []Permission
		for _, p := range permissions {
			if !a.Covers(p, scope, g) {
				lacking = append(lacking, p)
			}
		}
		if len(lacking) > 0 {
			return a.refuse(RefuseGrant, lacking, scope, g)
		}
	}
	return nil
}

func (a Authority) underCeiling(permissions []Permission) error {
	var above []Permission
	for _, p := range permissions {
		if !a.Capped(p) {
			above = append(above, p)
		}
	}
	if len(above) > 0 {
		return &Refusal{Code: RefuseCeiling, Permissions: above}
	}
	return nil
}

func (a Authority) refuse(code string, permissions []Permission, scope Scope, g Ground) error {
	r := &Refusal{Code: code, Permissions: permissions}
	if a.Covers(RolesView, scope, g) {
		r.Scope = scope
	}
	return r
}

// keepsPrimary refuses a change after which no assignment of the built-in role is one that holds for good. next gives what becomes of each
// assignment, and whether it is still there.
func (a Authority) keepsPrimary(role ID, next func(Assignment) (Assignment, bool)) error {
	if !a.c.rules.role(role).BuiltIn {
		return nil
	}
	for _, other := range a.c.rules.Assignments {
		after, there := next(other)
		if there && other.Role == role && after.lasting(a.now) {
			return nil
		}
	}
	return &Refusal{Code: RefuseLastPrimary}
}

// lasting reports whether the assignment holds now, over all granted rooms, for somebody and without end.
func (a Assignment) lasting(now time.Time) bool {
	return slices.Contains(a.Scopes, ScopeAll) && len(a.Members) > 0 && !now.Before(a.From) && a.Until.IsZero()
}

// HasPrimaryAdmin reports whether the built-in role has an assignment that holds now, over all granted rooms, for somebody and without end.
func (r Rules) HasPrimaryAdmin(now time.Time) bool {
	return slices.ContainsFunc(r.Assignments, func(a Assignment) bool { return r.role(a.Role).BuiltIn && a.lasting(now) })
}

func (a Authority) role(id ID) (Role, error) {
	if a.c != nil {
		if role := a.c.rules.role(id); role.ID.Valid() {
			return role, nil
		}
	}
	return Role{}, &Refusal{Code: RefuseUnknownRole}
}

func (a Authority) assignment(id ID) (Assignment, error) {
	for _, assignment := range a.Rules().Assignments {
		if assignment.ID == id {
			return assignment, nil
		}
	}
	return Assignment{}, &Refusal{Code: refuseNoAssignment}
}

// scopesOf returns the scopes of all assignments of a role, each once.
func (a Authority) scopesOf(role ID) []Scope {
	var scopes []Scope
	for _, assignment := range a.Rules().Assignments {
		if assignment.Role == role {
			scopes = append(scopes, assignment.Scopes...)
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// without returns the permissions that the others do not contain.
func without(permissions, others []Permission) []Permission {
	var left []Permission
	for _, p := range permissions {
		if !slices.Contains(others, p) {
			left = append(left, p)
		}
	}
	return left
}
