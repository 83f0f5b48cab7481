package access

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// EffectiveAccess is one true answer to "may they do this there, and why?".
type EffectiveAccess struct {
	Question    AccessQuestion       `json:"question"`
	Allowed     *bool                `json:"allowed,omitempty" doc:"With a member and a permission."`
	Rooms       RoomShare            `json:"rooms"`
	Places      *RoomPlaces          `json:"places,omitempty" doc:"With a member, a permission that is held and no room: the rooms."`
	Chains      []AccessChain        `json:"chains" nullable:"false" doc:"With a member and a permission: those that hold first, then by how far they come."`
	Broken      string               `json:"broken,omitempty" enum:"closed,no-assignment,role,ceiling,not-begun,ended,scope" doc:"Why not."`
	Permissions []PermissionCheck    `json:"permissions" nullable:"false" doc:"With a member: every permission there is."`
	People      []PersonAccess       `json:"people" nullable:"false" doc:"With a room and no member: who reaches it."`
	StrongAuth  *api.DemandedContext `json:"strongAuth,omitempty" doc:"The sign-in that the customer demands. The answer is about the rules: a session without it holds nothing, and of the sessions of others nothing is known here."`
	Hidden      bool                 `json:"hidden" doc:"Whether assignments decide that reach beyond the rooms in which you may see roles: they are not shown."`
}

// AccessQuestion is what was asked.
type AccessQuestion struct {
	Member     *AssignmentMember `json:"member,omitempty"`
	Permission string            `json:"permission,omitempty"`
	Room       *RoomChoice       `json:"room,omitempty"`
}

// RoomShare is in how many of the rooms that the question is about the answer is yes.
type RoomShare struct {
	All     int `json:"all" doc:"Rooms in which you may see roles; 1 when one was asked for."`
	Allowed int `json:"allowed" doc:"Of these, with a member: where the permission is held, or any when none was asked for."`
}

// AccessChain is one way by which something may be done, or the link at which it breaks.
type AccessChain struct {
	Assignment     string            `json:"assignment,omitempty" doc:"Absent, with all but the role, for one that you may not see."`
	AssignmentName string            `json:"assignmentName,omitempty"`
	Role           string            `json:"role"`
	RoleName       string            `json:"roleName"`
	BuiltIn        bool              `json:"builtIn" doc:"Whether the role is Primary admins."`
	Via            *AssignmentMember `json:"via,omitempty" doc:"The person, or the group that it is in."`
	Scope          *AssignmentScope  `json:"scope,omitempty" doc:"The one that has the room."`
	From           *time.Time        `json:"from,omitempty"`
	Until          *time.Time        `json:"until,omitempty"`
	Broken         string            `json:"broken,omitempty" enum:"role,ceiling,not-begun,ended,scope"`
}

// PermissionCheck says whether one permission is held, and because of what.
type PermissionCheck struct {
	Permission string       `json:"permission"`
	Allowed    bool         `json:"allowed"`
	Because    *AccessChain `json:"because,omitempty" doc:"The chain that holds, or the one that came furthest; absent where none names the member."`
	Broken     string       `json:"broken,omitempty" enum:"closed,no-assignment,role,ceiling,not-begun,ended,scope"`
	Rooms      int          `json:"rooms" doc:"Rooms in which it is held, of those that the question is about."`
	Where      []HeldScope  `json:"where" nullable:"false" doc:"Without a room: the scopes over which it is held, the widest first, at most 20. Those of assignments that you may not see are left out."`
	MoreWhere  int          `json:"moreWhere" doc:"Scopes beyond these."`
}

// PersonAccess is who reaches a room, and how.
type PersonAccess struct {
	Member      AssignmentMember `json:"member"`
	Permissions []string         `json:"permissions" nullable:"false"`
	Chains      []AccessChain    `json:"chains" nullable:"false"`
}

// inquiry is one question with what it is asked of.
type inquiry struct {
	by         policy.Authority
	sheet      store.Sheet
	shown      map[policy.ID]store.Assignment
	people     map[policy.Principal]string // names, as far as the caller sees them
	builtIn    policy.ID                   // the role of the primary admins
	principals []policy.Principal          // of the member
	cell       int64                       // of the room; 0 for anywhere
}

// EffectiveAccess explains what somebody may do, or who reaches a room.
func (a *Access) EffectiveAccess(ctx context.Context, call *api.Call, in *struct {
	CustomerIn
	Member     string `query:"member" maxLength:"64" doc:"user:ID or group:ID, of the partner's directory."`
	Permission string `query:"permission" maxLength:"64"`
	Room       string `query:"room" maxLength:"64" doc:"Id of a room; without it, anywhere."`
}) (EffectiveAccess, error) {
	out := EffectiveAccess{Question: AccessQuestion{Permission: in.Permission}, Chains: []AccessChain{}, Permissions: []PermissionCheck{}, People: []PersonAccess{}}
	by, sheet, err := a.sheet(ctx, call, in.ID)
	if err != nil {
		return out, err
	}
	q := newInquiry(by, sheet)
	out.StrongAuth = api.Demanded(a.Contexts, by.Rules().StrongAuth)
	permission := policy.Permission(in.Permission)
	if in.Permission != "" && !permission.Valid() {
		return out, api.Invalid("query.permission", "There is no such permission.")
	}
	if in.Member == "" && in.Room == "" {
		return out, api.Invalid("query.member", "Ask about somebody, or about a room.")
	}
	if in.Room != "" {
		spot, err := a.askedRoom(ctx, by, in.Room)
		if err != nil {
			return out, err
		}
		q.cell, out.Question.Room = spot.Cell, &RoomChoice{spot.ID.String(), spot.Name, spot.Building, spot.City}
	}
	if in.Member == "" {
		out.Rooms.All = 1
		out.People, out.Hidden = q.reaching(permission)
		return out, nil
	}
	member, err := a.askedMember(ctx, call, &q, policy.Principal(strings.ToLower(in.Member)))
	if err != nil {
		return out, err
	}
	out.Question.Member = &member
	counts, err := a.Store.CountByCell(ctx, by)
	if err != nil {
		return out, err
	}
	held, err := q.answer(&out, permission, counts)
	if err != nil || in.Room != "" || out.Allowed == nil || !*out.Allowed {
		return out, err
	}
	out.Places, err = a.places(ctx, by, held, counts)
	return out, err
}

func newInquiry(by policy.Authority, sheet store.Sheet) inquiry {
	q := inquiry{by: by, sheet: sheet, shown: map[policy.ID]store.Assignment{}, people: map[policy.Principal]string{}}
	for _, role := range sheet.Roles {
		if role.BuiltIn {
			q.builtIn = role.ID
		}
	}
	for _, assignment := range sheet.Assignments {
		q.shown[assignment.ID] = assignment
		for _, m := range assignment.Members {
			q.people[m.Principal] = m.Name
		}
	}
	return q
}

func (a *Access) askedRoom(ctx context.Context, by policy.Authority, text string) (store.RoomSpot, error) {
	id, err := policy.ParseID(text)
	if err != nil {
		return store.RoomSpot{}, store.ErrNotFound
	}
	return a.Store.RoomSpot(ctx, by, id)
}

// askedMember finds the name of who is asked about, and the groups: those of the session for the caller, those of the directory for another user. Of a
// group nobody asks in which other groups it is.
func (a *Access) askedMember(ctx context.Context, call *api.Call, q *inquiry, p policy.Principal) (AssignmentMember, error) {
	unknown := api.Invalid("query.member", "No user and no security group with this id is in your directory.")
	if !p.Valid() {
		return AssignmentMember{}, unknown
	}
	q.principals = []policy.Principal{p}
	if p == call.Actor.User {
		q.principals = append(q.principals, call.Actor.Groups...)
		return memberOf(p, call.Person.Name), nil
	}
	m, err := a.Member(ctx, p)
	gone := errors.Is(err, store.ErrNotFound)
	switch {
	case gone && q.people[p] != "":
		return memberOf(p, q.people[p]), nil // its account is gone, and an assignment still names it
	case gone:
		return AssignmentMember{}, unknown
	case err != nil:
		return AssignmentMember{}, err
	}
	if p.Kind() == policy.KindUser {
		groups, err := a.Graph.MemberGroups(ctx, a.PartnerTenant, p.OID())
		if err != nil {
			return AssignmentMember{}, directoryFails(err)
		}
		for _, id := range groups {
			q.principals = append(q.principals, policy.Group(strings.ToLower(id)))
		}
	}
	q.people[p] = m.Name
	return memberOf(p, m.Name), nil
}

// explain asks about one permission, in the room or anywhere, and says in which cells it is held.
func (q *inquiry) explain(p policy.Permission) (policy.Explanation, []int64, error) {
	if q.cell == 0 {
		return q.by.ExplainAnywhere(q.principals, p)
	}
	e, err := q.by.Explain(q.principals, p, q.cell)
	if err == nil && e.Allowed {
		return e, []int64{q.cell}, nil
	}
	return e, nil, err
}

// answer fills in what the member holds, and returns the cells in which it holds the permission that was asked for.
func (q *inquiry) answer(out *EffectiveAccess, asked policy.Permission, counts map[int64]int) (there []int64, err error) {
	cells := map[int64]bool{}
	for _, p := range policy.Permissions() {
		e, held, err := q.explain(p)
		if err != nil {
			return nil, err
		}
		chains, hidden := q.chains(e)
		check := PermissionCheck{Permission: string(p), Allowed: e.Allowed, Broken: q.broken(e, chains), Rooms: len(held), Where: []HeldScope{}}
		if q.cell == 0 {
			check.Rooms = roomsIn(held, counts)
			check.Where, check.MoreWhere = q.where(e)
		}
		if len(chains) > 0 {
			check.Because = &chains[0]
		}
		out.Permissions = append(out.Permissions, check)
		if asked == "" || p == asked {
			out.Hidden = out.Hidden || hidden
			for _, cell := range held {
				cells[cell] = true
			}
		}
		if p == asked {
			allowed := e.Allowed
			out.Allowed, out.Chains, out.Broken = &allowed, chains, check.Broken
			there = held
		}
	}
	if q.cell != 0 {
		out.Rooms = RoomShare{All: 1, Allowed: len(cells)}
		return there, nil
	}
	for cell, n := range counts {
		out.Rooms.All += n
		if cells[cell] {
			out.Rooms.Allowed += n
		}
	}
	return there, nil
}

// broken is why not, as far as the caller sees: a chain that it does not see is as none.
func (q *inquiry) broken(e policy.Explanation, chains []AccessChain) string {
	switch {
	case e.Allowed || e.Broken == policy.BreakClosed:
		return string(e.Broken)
	case len(chains) == 0:
		return string(policy.BreakNoAssignment)
	}
	return chains[0].Broken
}

// chains shows the candidates of an explanation. Of an assignment that the caller may not see only the role is told, and that only when it decides.
func (q *inquiry) chains(e policy.Explanation) (out []AccessChain, hidden bool) {
	out = []AccessChain{}
	roles := map[policy.ID]bool{}
	for _, c := range e.Candidates {
		if _, sees := q.shown[c.Assignment]; sees {
			out = append(out, q.chain(c))
			continue
		}
		if c.Broken == policy.BreakNone && !roles[c.Role] {
			hidden, roles[c.Role] = true, true
			out = append(out, AccessChain{Role: c.Role.String(), RoleName: c.RoleName, BuiltIn: c.Role == q.builtIn})
		}
	}
	return out, hidden
}

func (q *inquiry) chain(c policy.Candidate) AccessChain {
	via := memberOf(c.Via, q.people[c.Via])
	out := AccessChain{Assignment: c.Assignment.String(), AssignmentName: c.AssignmentName, Role: c.Role.String(), RoleName: c.RoleName,
		BuiltIn: c.Role == q.builtIn, Via: &via, From: api.TimeOrNil(c.From), Until: api.TimeOrNil(c.Until), Broken: string(c.Broken)}
	if c.Scope != "" {
		scope := scopeOf(q.sheet, c.Scope)
		out.Scope = &scope
	}
	return out
}

// reaching lists who reaches the room by assignments that the caller sees; with a permission, only those who hold it there.
func (q *inquiry) reaching(asked policy.Permission) (people []PersonAccess, hidden bool) {
	type reach struct {
		permissions map[policy.Permission]bool
		chains      []AccessChain
	}
	found := map[policy.Principal]*reach{}
	for _, r := range q.by.Reaching(q.cell) {
		if asked != "" && !slices.Contains(r.Permissions, asked) {
			continue
		}
		assignment, sees := q.shown[r.Assignment.ID]
		if !sees {
			hidden = true
			continue
		}
		for _, m := range assignment.Members {
			one := found[m.Principal]
			if one == nil {
				one = &reach{permissions: map[policy.Permission]bool{}}
				found[m.Principal] = one
			}
			for _, p := range r.Permissions {
				one.permissions[p] = true
			}
			one.chains = append(one.chains, q.chain(policy.Candidate{Assignment: assignment.ID, AssignmentName: assignment.Name, Role: r.Role.ID,
				RoleName: r.Role.Name, Via: m.Principal, Scope: r.Scope, From: assignment.StartsAt, Until: assignment.EndsAt}))
		}
	}
	people = []PersonAccess{}
	for p, one := range found {
		person := PersonAccess{Member: memberOf(p, q.people[p]), Permissions: []string{}, Chains: one.chains}
		for _, permission := range policy.Permissions() {
			if one.permissions[permission] {
				person.Permissions = append(person.Permissions, string(permission))
			}
		}
		people = append(people, person)
	}
	slices.SortFunc(people, func(a, b PersonAccess) int {
		return cmp.Or(cmp.Compare(a.Member.Name, b.Member.Name), cmp.Compare(a.Member.ID, b.Member.ID))
	})
	return people, hidden
}
