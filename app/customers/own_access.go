package customers

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// OwnAccess is who of the partner may do what in the own relation, and since when it was active.
type OwnAccess struct {
	People  *int        `json:"people,omitempty" doc:"How many people have access now: each once, those of groups as the partner's directory listed them in the last 10 minutes. Left out are accounts that are blocked or gone, roles to which the ceiling leaves nothing, and the groups of unread. Absent when the directory shows none of the groups."`
	Unread  int         `json:"unread" doc:"How many groups with access the partner's directory does not show: deleted ones, those that it did not answer about in time, and those beyond the first 50."`
	Roles   []OwnRole   `json:"roles" nullable:"false" doc:"The built-in one first."`
	Members []OwnMember `json:"members" nullable:"false" doc:"Everybody whom an assignment names, by name."`
}

// OwnRole is a role of the partner, with who holds it where.
type OwnRole struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	BuiltIn     bool            `json:"builtIn" doc:"The built-in role cannot be removed, its members can."`
	Permissions []string        `json:"permissions" nullable:"false" doc:"What it gives: its permissions under your ceiling."`
	Cut         []string        `json:"cut" nullable:"false" doc:"What it contains and your ceiling does not: it gives nothing."`
	ChangedAt   time.Time       `json:"changedAt"`
	ChangedBy   string          `json:"changedBy,omitempty"`
	Assignments []OwnAssignment `json:"assignments" nullable:"false"`
}

// OwnAssignment gives a role to members in some of the rooms.
type OwnAssignment struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Members  []MemberRef `json:"members" nullable:"false"`
	All      bool        `json:"all" doc:"Whether it holds in all granted rooms, those that come later included."`
	Places   []OwnPlace  `json:"places" nullable:"false" doc:"The room groups and rooms in which it holds."`
	StartsAt *time.Time  `json:"startsAt,omitempty"`
	EndsAt   *time.Time  `json:"endsAt,omitempty"`
	State    string      `json:"state" enum:"planned,active,ended"`
}

// OwnPlace is one of the customer's own rooms, or a group of them.
type OwnPlace struct {
	Kind string `json:"kind" enum:"group,room"`
	Name string `json:"name"`
}

// OwnMember is a person or security group of the partner whom assignments name.
type OwnMember struct {
	MemberRef
	Roles      []string       `json:"roles" nullable:"false" doc:"The names of the roles it holds."`
	Absent     string         `json:"absent,omitempty" enum:"gone,disabled,empty" doc:"Why it cannot act, as the partner's directory says; asked of primary admins only."`
	Size       *int           `json:"size,omitempty" doc:"How many people are in the group; absent for people, and when the directory does not show the group."`
	LastActive *time.Time     `json:"lastActive,omitempty" doc:"When this person, or the last one of the group, used this Roomward last, to the hour, for whichever customer. Absent when that was never, or more than 180 days ago."`
	People     []ActivePerson `json:"people" nullable:"false" doc:"The people of the group who were active, the last one first, at most 20."`
	Through    []MemberRef    `json:"through" nullable:"false" doc:"Groups with a role here that this person was in when last active: removing the person leaves what they give."`
}

// ActivePerson is somebody of a group, and when it was last active.
type ActivePerson struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	LastActive time.Time `json:"lastActive"`
}

// OwnAccess answers who of the partner has access to the own relation.
func (c *Customers) OwnAccess(ctx context.Context, call *api.Call, _ *struct{}) (OwnAccess, error) {
	found, err := c.Store.OwnAccess(ctx, call.Own)
	if err != nil {
		return OwnAccess{}, err
	}
	out := OwnAccess{Roles: []OwnRole{}, Members: []OwnMember{}}
	members := map[policy.Principal]*OwnMember{}
	for _, r := range found.Roles {
		role := OwnRole{ID: r.ID.String(), Name: r.Name, Description: r.Description, BuiltIn: r.BuiltIn, Permissions: []string{}, Cut: []string{},
			ChangedAt: r.ChangedAt, ChangedBy: r.ChangedBy, Assignments: []OwnAssignment{}}
		for _, p := range r.Permissions {
			if slices.Contains(found.Ceiling, p) {
				role.Permissions = append(role.Permissions, string(p))
			} else {
				role.Cut = append(role.Cut, string(p))
			}
		}
		for _, a := range found.Assignments {
			if a.Role != r.ID {
				continue
			}
			role.Assignments = append(role.Assignments, ownAssignment(a, found, c.Now()))
			for _, m := range a.Members {
				if members[m.Principal] == nil {
					members[m.Principal] = ownMember(m, found)
				}
				if known := members[m.Principal]; !slices.Contains(known.Roles, r.Name) {
					known.Roles = append(known.Roles, r.Name)
				}
			}
		}
		out.Roles = append(out.Roles, role)
	}
	out.People, out.Unread = peopleOf(found, c.crowdsOf(ctx, found.Customer, members), c.Now())
	for _, m := range members {
		out.Members = append(out.Members, *m)
	}
	slices.SortFunc(out.Members, func(a, b OwnMember) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func ownAssignment(a store.Assignment, found store.OwnAccess, now time.Time) OwnAssignment {
	out := OwnAssignment{ID: a.ID.String(), Name: a.Name, Members: []MemberRef{}, Places: []OwnPlace{}, StartsAt: api.TimeOrNil(a.StartsAt), EndsAt: api.TimeOrNil(a.EndsAt),
		State: stateOf(a, now)}
	for _, m := range a.Members {
		out.Members = append(out.Members, refOf(m))
	}
	for _, scope := range a.Scopes {
		kind, _, _ := strings.Cut(string(scope), ":")
		switch name, known := found.Places[scope]; {
		case scope == policy.ScopeAll:
			out.All = true
		case known:
			out.Places = append(out.Places, OwnPlace{kind, name})
		}
	}
	return out
}

// stateOf says whether an assignment holds now.
func stateOf(a store.Assignment, now time.Time) string {
	switch {
	case now.Before(a.StartsAt):
		return "planned"
	case !a.EndsAt.IsZero() && !now.Before(a.EndsAt):
		return "ended"
	}
	return "active"
}

func ownMember(m store.Member, found store.OwnAccess) *OwnMember {
	out := &OwnMember{MemberRef: refOf(m), Roles: []string{}, Absent: string(found.Absent[m.Principal]), LastActive: api.TimeOrNil(found.Seen[m.Principal]),
		People: []ActivePerson{}, Through: []MemberRef{}}
	for _, p := range found.People[m.Principal] {
		out.People = append(out.People, ActivePerson{p.Principal.OID(), p.Name, p.At})
	}
	if len(out.People) > 0 {
		out.LastActive = &out.People[0].LastActive
	}
	for _, group := range found.Through[m.Principal] {
		out.Through = append(out.Through, MemberRef{group.Kind(), group.OID(), nameIn(found.Assignments, group)})
	}
	return out
}

func nameIn(list []store.Assignment, p policy.Principal) string {
	for _, a := range list {
		for _, m := range a.Members {
			if m.Principal == p {
				return m.Name
			}
		}
	}
	return ""
}

// RemoveOwnRole removes a role of the partner with its assignments; not the built-in one.
func (c *Customers) RemoveOwnRole(ctx context.Context, call *api.Call, in *byID) (api.None, error) {
	return cutOwn(in.ID, func(id policy.ID) error { return c.Store.RemoveOwnRole(ctx, call.Act, call.Own, id) })
}

// RemoveOwnAssignment removes an assignment of the partner.
func (c *Customers) RemoveOwnAssignment(ctx context.Context, call *api.Call, in *byID) (api.None, error) {
	return cutOwn(in.ID, func(id policy.ID) error { return c.Store.RemoveOwnAssignment(ctx, call.Act, call.Own, id) })
}

func cutOwn(text string, remove func(policy.ID) error) (api.None, error) {
	id, err := policy.ParseID(text)
	if err != nil {
		return api.None{}, store.ErrNotFound
	}
	return api.None{}, remove(id)
}

// RemoveOwnMember takes a person or group of the partner out of every assignment of the relation. It may be the last primary admin.
func (c *Customers) RemoveOwnMember(ctx context.Context, call *api.Call, in *struct {
	ID string `path:"id" maxLength:"64" doc:"user:ID or group:ID"`
}) (api.None, error) {
	return api.None{}, c.Store.RemoveOwnMember(ctx, call.Act, call.Own, policy.Principal(strings.ToLower(in.ID)))
}
