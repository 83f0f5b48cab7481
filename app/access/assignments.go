package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Assignment gives a role to members over scopes.
type Assignment struct {
	ID          string             `json:"id"`
	Name        string             `json:"name"`
	Description string             `json:"description"`
	Role        string             `json:"role" doc:"Id of the role."`
	RoleName    string             `json:"roleName"`
	BuiltIn     bool               `json:"builtIn" doc:"Whether the role is the built-in one."`
	Members     []AssignmentMember `json:"members" nullable:"false"`
	Scopes      []AssignmentScope  `json:"scopes" nullable:"false"`
	Mail        bool               `json:"mail" doc:"Whether members get mail about these rooms."`
	StartsAt    *time.Time         `json:"startsAt,omitempty"`
	EndsAt      *time.Time         `json:"endsAt,omitempty"`
	State       string             `json:"state" enum:"active,not-begun,ended"`
	Version     int64              `json:"version"`
	ChangedAt   time.Time          `json:"changedAt"`
	ChangedBy   string             `json:"changedBy"`
	Editable    bool               `json:"editable" doc:"Whether you may change it."`
	Why         string             `json:"why,omitempty" doc:"The code of why not."`
}

// EditVersion is the version for the ETag.
func (a Assignment) EditVersion() int64 { return a.Version }

// AssignmentMember is a user or a security group of the partner.
type AssignmentMember struct {
	Kind string `json:"kind" enum:"user,group"`
	ID   string `json:"id" doc:"Object id in the partner's directory."`
	Name string `json:"name"`
}

// AssignmentScope is where an assignment holds.
type AssignmentScope struct {
	Kind  string `json:"kind" enum:"all,group,room"`
	ID    string `json:"id,omitempty" doc:"Of the room group or the room."`
	Name  string `json:"name,omitempty" doc:"Absent for a room or group that is not there any more."`
	Rooms int    `json:"rooms" doc:"Granted rooms in it now."`
}

func membersOf(list []store.Member) []AssignmentMember {
	out := []AssignmentMember{}
	for _, m := range list {
		out = append(out, memberOf(m.Principal, m.Name))
	}
	return out
}

func memberOf(p policy.Principal, name string) AssignmentMember {
	return AssignmentMember{p.Kind(), p.OID(), name}
}

func scopesOf(sheet store.Sheet, list []policy.Scope) []AssignmentScope {
	out := []AssignmentScope{}
	for _, scope := range list {
		out = append(out, scopeOf(sheet, scope))
	}
	return out
}

func scopeOf(sheet store.Sheet, scope policy.Scope) AssignmentScope {
	kind, id, _ := strings.Cut(string(scope), ":")
	return AssignmentScope{Kind: kind, ID: id, Name: sheet.Names[scope], Rooms: sheet.Rooms[scope]}
}

func stateOf(a store.Assignment, now time.Time) string {
	switch {
	case now.Before(a.StartsAt):
		return "not-begun"
	case !a.EndsAt.IsZero() && !now.Before(a.EndsAt):
		return "ended"
	}
	return "active"
}

func assignmentOf(by policy.Authority, sheet store.Sheet, a store.Assignment) Assignment {
	role, _ := findRole(sheet, a.Role.String())
	out := Assignment{ID: a.ID.String(), Name: a.Name, Description: a.Description, Role: a.Role.String(), RoleName: role.Name, BuiltIn: role.BuiltIn,
		Members: membersOf(a.Members), Scopes: scopesOf(sheet, a.Scopes), Mail: a.Mail, StartsAt: api.TimeOrNil(a.StartsAt), EndsAt: api.TimeOrNil(a.EndsAt),
		State: stateOf(a, by.Now()), Version: a.Version, ChangedAt: a.ChangedAt, ChangedBy: a.ChangedBy}
	out.Editable, out.Why = verdict(by.MayAssign(a.Role, a.Scopes, sheet.Ground))
	return out
}

// Assignments lists the assignments of a customer that the caller may see.
func (a *Access) Assignments(ctx context.Context, call *api.Call, in *struct {
	CustomerIn
	Role string `query:"role" maxLength:"64" doc:"Only those of this role."`
}) (api.Page[Assignment], error) {
	page := api.Page[Assignment]{Items: []Assignment{}}
	by, sheet, err := a.sheet(ctx, call, in.ID)
	if err != nil {
		return page, err
	}
	for _, assignment := range sheet.Assignments {
		if in.Role == "" || assignment.Role.String() == in.Role {
			page.Items = append(page.Items, assignmentOf(by, sheet, assignment))
		}
	}
	return page, nil
}

// AssignmentIn names an assignment of a customer.
type AssignmentIn struct {
	CustomerIn
	Assignment string `path:"assignment" maxLength:"64"`
}

func (a *Access) assignmentSheet(ctx context.Context, call *api.Call, in AssignmentIn, more ...policy.Scope) (
	policy.Authority, store.Sheet, store.Assignment, error,
) {
	by, sheet, err := a.sheet(ctx, call, in.ID, more...)
	if err != nil {
		return by, sheet, store.Assignment{}, err
	}
	i := slices.IndexFunc(sheet.Assignments, func(a store.Assignment) bool { return a.ID.String() == in.Assignment })
	if i < 0 {
		return by, sheet, store.Assignment{}, store.ErrNotFound
	}
	return by, sheet, sheet.Assignments[i], nil
}

// Assignment answers one assignment.
func (a *Access) Assignment(ctx context.Context, call *api.Call, in *AssignmentIn) (Assignment, error) {
	by, sheet, assignment, err := a.assignmentSheet(ctx, call, *in)
	if err != nil {
		return Assignment{}, err
	}
	return assignmentOf(by, sheet, assignment), nil
}

// AssignmentBody is what people set of an assignment.
type AssignmentBody struct {
	Name        string      `json:"name" minLength:"1" maxLength:"100"`
	Description string      `json:"description,omitempty" maxLength:"500"`
	Members     []MemberKey `json:"members" minItems:"1" maxItems:"500" nullable:"false"`
	Scopes      []ScopeKey  `json:"scopes" minItems:"1" maxItems:"200" nullable:"false"`
	Mail        bool        `json:"mail,omitempty"`
	StartsAt    *time.Time  `json:"startsAt,omitempty" doc:"Without it, at once."`
	EndsAt      *time.Time  `json:"endsAt,omitempty" doc:"Without it, never. In the future, and after the start."`
}

// MemberKey names a user or a security group of the partner.
type MemberKey struct {
	Kind string `json:"kind" enum:"user,group"`
	ID   string `json:"id" format:"uuid" doc:"Object id in the partner's directory."`
}

// ScopeKey names where an assignment holds.
type ScopeKey struct {
	Kind string `json:"kind" enum:"all,group,room"`
	ID   string `json:"id,omitempty" maxLength:"64" doc:"Of the room group or the room."`
}

func (k MemberKey) principal() policy.Principal {
	if k.Kind == policy.KindGroup {
		return policy.Group(strings.ToLower(k.ID))
	}
	return policy.User(strings.ToLower(k.ID))
}

func (b AssignmentBody) scopes() ([]policy.Scope, error) {
	var out []policy.Scope
	for i, key := range b.Scopes {
		text := key.Kind
		if key.Kind != string(policy.ScopeAll) || key.ID != "" {
			text += ":" + key.ID
		}
		scope, err := policy.ParseScope(text)
		if err != nil {
			return nil, api.Invalid(fmt.Sprintf("body.scopes[%d]", i), "All rooms without an id, or a room group or a room with its id.")
		}
		if !slices.Contains(out, scope) {
			out = append(out, scope)
		}
	}
	return out, nil
}

// apply puts what was sent into an assignment; its members are looked up in the directory unless it has them already.
func (a *Access) apply(ctx context.Context, b AssignmentBody, to *store.Assignment, scopes []policy.Scope, now time.Time) error {
	old := *to
	to.Name, to.Description, to.Mail, to.Scopes = strings.TrimSpace(b.Name), strings.TrimSpace(b.Description), b.Mail, scopes
	to.StartsAt, to.EndsAt = time.Time{}, time.Time{}
	if to.Name == "" {
		return api.Invalid("body.name", "A name is needed.")
	}
	if b.StartsAt != nil {
		to.StartsAt = b.StartsAt.UTC().Truncate(time.Millisecond)
	}
	if b.EndsAt != nil {
		to.EndsAt = b.EndsAt.UTC().Truncate(time.Millisecond)
	}
	if !to.EndsAt.IsZero() && !to.EndsAt.After(to.StartsAt) {
		return api.Invalid("body.endsAt", "The end must be after the start.")
	}
	if !to.EndsAt.IsZero() && !to.EndsAt.After(now) && !to.EndsAt.Equal(old.EndsAt) {
		return api.Invalid("body.endsAt", "The end must be in the future.")
	}
	if to.StartsAt.Year() > 9999 || to.EndsAt.Year() > 9999 {
		return api.Invalid("body.endsAt", "That is too far away.")
	}
	var err error
	to.Members, err = a.lookUpMembers(ctx, b.Members, old.Members)
	return err
}

// lookUpMembers gives each member, once, the name that the directory has. Those that were members before keep theirs: an account that is gone must
// not keep people from changing the rest.
func (a *Access) lookUpMembers(ctx context.Context, keys []MemberKey, known []store.Member) ([]store.Member, error) {
	seen := map[policy.Principal]bool{}
	for i, key := range keys {
		if seen[key.principal()] {
			return nil, api.Invalid(fmt.Sprintf("body.members[%d]", i), "This person or group stands twice.")
		}
		seen[key.principal()] = true
	}
	out := make([]store.Member, len(keys))
	looking, lctx := errgroup.WithContext(ctx)
	looking.SetLimit(4)
	for i, key := range keys {
		p := key.principal()
		if j := slices.IndexFunc(known, func(m store.Member) bool { return m.Principal == p }); j >= 0 {
			out[i] = known[j]
			continue
		}
		looking.Go(func() error {
			m, err := a.Member(lctx, p)
			if errors.Is(err, store.ErrNotFound) {
				return api.Invalid(fmt.Sprintf("body.members[%d].id", i), "No user and no security group with this id is in your directory.")
			}
			out[i] = m
			return err
		})
	}
	return out, looking.Wait()
}

// CreateAssignment gives a role to members over scopes.
func (a *Access) CreateAssignment(ctx context.Context, call *api.Call, in *struct {
	CustomerIn
	Body struct {
		Role string `json:"role" maxLength:"64" doc:"Id of a role of the customer."`
		AssignmentBody
	}
}) (Assignment, error) {
	scopes, err := in.Body.scopes()
	if err != nil {
		return Assignment{}, err
	}
	by, sheet, err := a.sheet(ctx, call, in.ID, scopes...)
	if err != nil {
		return Assignment{}, err
	}
	role, found := findRole(sheet, in.Body.Role)
	if !found {
		return Assignment{}, api.Invalid("body.role", "This customer has no such role.")
	}
	if err := by.MayAssign(role.ID, scopes, sheet.Ground); err != nil {
		return Assignment{}, refusedScopes(err, by, sheet, scopes)
	}
	made := store.Assignment{Role: role.ID, Version: 1, ChangedAt: by.Now(), ChangedBy: call.Act.Name}
	if err := a.apply(ctx, in.Body.AssignmentBody, &made, scopes, by.Now()); err != nil {
		return Assignment{}, err
	}
	if made.ID, err = a.Store.CreateAssignment(ctx, call.Act, by, made); err != nil {
		return Assignment{}, noScope(err)
	}
	return assignmentOf(by, sheet, made), nil
}

// refusedScopes says of a refusal that a scope is not there, if the caller sees no room of it: foreign and missing ones are answered alike.
func refusedScopes(err error, by policy.Authority, sheet store.Sheet, scopes []policy.Scope) error {
	for _, scope := range scopes {
		if scope != policy.ScopeAll && !by.Touches(policy.RolesView, scope, sheet.Ground) {
			return noScope(store.ErrNotFound)
		}
	}
	return err
}

func noScope(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return api.Invalid("body.scopes", "One of these room groups or rooms is not there.")
	}
	return err
}

// ChangeAssignment changes everything about an assignment but its role.
func (a *Access) ChangeAssignment(ctx context.Context, call *api.Call, in *struct {
	AssignmentIn
	api.IfMatch
	Body AssignmentBody
}) (Assignment, error) {
	scopes, err := in.Body.scopes()
	if err != nil {
		return Assignment{}, err
	}
	by, sheet, assignment, err := a.assignmentSheet(ctx, call, in.AssignmentIn, scopes...)
	if err != nil {
		return Assignment{}, err
	}
	version, err := in.Expected()
	if err != nil {
		return Assignment{}, err
	}
	if err := by.MayAssign(assignment.Role, scopes, sheet.Ground); err != nil {
		return Assignment{}, refusedScopes(err, by, sheet, scopes)
	}
	if err := a.apply(ctx, in.Body, &assignment, scopes, by.Now()); err != nil {
		return Assignment{}, err
	}
	if err := a.Store.ChangeAssignment(ctx, call.Act, by, assignment, version); err != nil {
		return Assignment{}, noScope(err)
	}
	assignment.Version, assignment.ChangedAt, assignment.ChangedBy = assignment.Version+1, by.Now(), call.Act.Name
	return assignmentOf(by, sheet, assignment), nil
}

// DeleteAssignment removes an assignment.
func (a *Access) DeleteAssignment(ctx context.Context, call *api.Call, in *struct {
	AssignmentIn
	api.IfMatch
}) (api.None, error) {
	by, _, assignment, err := a.assignmentSheet(ctx, call, in.AssignmentIn)
	if err != nil {
		return api.None{}, err
	}
	version, err := in.Expected()
	if err != nil {
		return api.None{}, err
	}
	return api.None{}, a.Store.DeleteAssignment(ctx, call.Act, by, assignment.ID, version)
}
