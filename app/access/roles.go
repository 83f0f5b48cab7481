package access

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Role is a named set of permissions for one customer.
type Role struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	BuiltIn     bool      `json:"builtIn" doc:"Primary admins: never changed, its assignments may be."`
	Permissions []string  `json:"permissions" nullable:"false" doc:"In the order of the catalogue; those above the ceiling give nothing."`
	Version     int64     `json:"version"`
	ChangedAt   time.Time `json:"changedAt"`
	ChangedBy   string    `json:"changedBy"`
	Assignments int       `json:"assignments" doc:"Assignments that you may see."`
	Members     int       `json:"members" doc:"People and groups in them, each once; those of ended assignments do not count."`
	Editable    bool      `json:"editable" doc:"Whether you may change and delete it."`
	Why         string    `json:"why,omitempty" doc:"The code of why not."`
}

// EditVersion is the version for the ETag.
func (r Role) EditVersion() int64 { return r.Version }

// RoleList is the roles of a customer with what the caller may put into one.
type RoleList struct {
	Items      []Role     `json:"items" nullable:"false" doc:"Primary admins first, then by name."`
	Ceiling    []string   `json:"ceiling" nullable:"false" doc:"What the customer lets the partner have at most."`
	Grantable  []string   `json:"grantable" nullable:"false" doc:"What you may put into a role at all."`
	Held       []string   `json:"held" nullable:"false" doc:"What you hold in at least one room."`
	Everywhere bool       `json:"everywhere" doc:"Whether you hold roles.modify over all granted rooms."`
	Reminders  []Reminder `json:"reminders" nullable:"false" doc:"Assignments that end within 7 days, the next first."`
}

// Reminder is an assignment that ends soon.
type Reminder struct {
	Assignment string    `json:"assignment"`
	Name       string    `json:"name"`
	Role       string    `json:"role" doc:"Name of the role."`
	EndsAt     time.Time `json:"endsAt"`
}

// remindWithin is how long before its end an assignment is shown as ending.
const remindWithin = 7 * 24 * time.Hour

// CustomerIn names a customer in an address.
type CustomerIn struct {
	ID string `path:"id" maxLength:"64"`
}

// RoleIn names a role of a customer.
type RoleIn struct {
	CustomerIn
	Role string `path:"role" maxLength:"64"`
}

// authority is what the caller may see and change of a customer's rules. A customer that it has no part in is not there.
func authority(ctx context.Context, call *api.Call, id string) (policy.Authority, error) {
	customer, err := policy.ParseID(id)
	if err != nil {
		return policy.Authority{}, store.ErrNotFound
	}
	return call.Decider.Authority(ctx, call.Actor, customer)
}

// sheet reads roles and assignments of a customer as far as the caller may see them.
func (a *Access) sheet(ctx context.Context, call *api.Call, id string, more ...policy.Scope) (policy.Authority, store.Sheet, error) {
	by, err := authority(ctx, call, id)
	if err != nil {
		return by, store.Sheet{}, err
	}
	sheet, err := a.Store.Sheet(ctx, by, more...)
	return by, sheet, err
}

func (a *Access) roleSheet(ctx context.Context, call *api.Call, in RoleIn) (policy.Authority, store.Sheet, store.Role, error) {
	by, sheet, err := a.sheet(ctx, call, in.ID)
	if err != nil {
		return by, sheet, store.Role{}, err
	}
	role, found := findRole(sheet, in.Role)
	if !found {
		return by, sheet, role, store.ErrNotFound
	}
	return by, sheet, role, nil
}

func findRole(sheet store.Sheet, id string) (store.Role, bool) {
	i := slices.IndexFunc(sheet.Roles, func(r store.Role) bool { return r.ID.String() == id })
	if i < 0 {
		return store.Role{}, false
	}
	return sheet.Roles[i], true
}

func roleOf(by policy.Authority, sheet store.Sheet, r store.Role) Role {
	out := Role{ID: r.ID.String(), Name: r.Name, Description: r.Description, BuiltIn: r.BuiltIn, Permissions: names(r.Permissions), Version: r.Version,
		ChangedAt: r.ChangedAt, ChangedBy: r.ChangedBy}
	members := map[policy.Principal]bool{}
	for _, assignment := range sheet.Assignments {
		if assignment.Role != r.ID {
			continue
		}
		out.Assignments++
		for _, m := range assignment.Members {
			if assignment.EndsAt.IsZero() || by.Now().Before(assignment.EndsAt) {
				members[m.Principal] = true
			}
		}
	}
	out.Members = len(members)
	out.Editable, out.Why = verdict(by.MayChangeRole(r.ID, r.Permissions, sheet.Ground))
	return out
}

// verdict turns a refusal into its code.
func verdict(err error) (bool, string) {
	var refusal *policy.Refusal
	if errors.As(err, &refusal) {
		return false, refusal.Code
	}
	return err == nil, ""
}

// Roles lists the roles of a customer.
func (a *Access) Roles(ctx context.Context, call *api.Call, in *CustomerIn) (RoleList, error) {
	by, sheet, err := a.sheet(ctx, call, in.ID)
	if err != nil {
		return RoleList{}, err
	}
	out := RoleList{Items: []Role{}, Ceiling: names(by.Rules().Ceiling), Grantable: names(by.Grantable()), Held: []string{},
		Everywhere: by.Everywhere(policy.RolesModify), Reminders: []Reminder{}}
	title := map[policy.ID]string{}
	for _, r := range sheet.Roles {
		out.Items = append(out.Items, roleOf(by, sheet, r))
		title[r.ID] = r.Name
	}
	for _, p := range policy.Permissions() {
		if by.Holds(p) {
			out.Held = append(out.Held, string(p))
		}
	}
	for _, assignment := range sheet.Assignments {
		left := assignment.EndsAt.Sub(by.Now())
		if !assignment.EndsAt.IsZero() && left > 0 && left <= remindWithin {
			out.Reminders = append(out.Reminders, Reminder{assignment.ID.String(), assignment.Name, title[assignment.Role], assignment.EndsAt})
		}
	}
	slices.SortStableFunc(out.Reminders, func(a, b Reminder) int { return a.EndsAt.Compare(b.EndsAt) })
	return out, nil
}

// Role answers one role.
func (a *Access) Role(ctx context.Context, call *api.Call, in *RoleIn) (Role, error) {
	by, sheet, role, err := a.roleSheet(ctx, call, *in)
	if err != nil {
		return Role{}, err
	}
	return roleOf(by, sheet, role), nil
}

// RoleBody is what people set of a role.
type RoleBody struct {
	Name        string   `json:"name" minLength:"1" maxLength:"100"`
	Description string   `json:"description,omitempty" maxLength:"500"`
	Permissions []string `json:"permissions" maxItems:"21" nullable:"false"`
}

func (b RoleBody) read() (name, description string, permissions []policy.Permission, err error) {
	if name = strings.TrimSpace(b.Name); name == "" {
		return "", "", nil, api.Invalid("body.name", "A name is needed.")
	}
	permissions, err = readPermissions(b.Permissions)
	return name, strings.TrimSpace(b.Description), permissions, err
}

// readPermissions reads a set in the order of the catalogue.
func readPermissions(list []string) ([]policy.Permission, error) {
	for _, text := range list {
		if !policy.Permission(text).Valid() {
			return nil, api.Invalid("body.permissions", "There is no such permission.")
		}
	}
	out := []policy.Permission{}
	for _, p := range policy.Permissions() {
		if slices.Contains(list, string(p)) {
			out = append(out, p)
		}
	}
	return out, nil
}

// CreateRole makes a role.
func (a *Access) CreateRole(ctx context.Context, call *api.Call, in *struct {
	CustomerIn
	Body RoleBody
}) (Role, error) {
	by, sheet, err := a.sheet(ctx, call, in.ID)
	if err != nil {
		return Role{}, err
	}
	role := store.Role{Version: 1, ChangedAt: by.Now(), ChangedBy: call.Act.Name}
	if role.Name, role.Description, role.Permissions, err = in.Body.read(); err != nil {
		return Role{}, err
	}
	if role.ID, err = a.Store.CreateRole(ctx, call.Act, by, role); err != nil {
		return Role{}, err
	}
	out := roleOf(by, sheet, role)
	out.Editable, out.Why = true, "" // the rules before it do not know it; without assignments it is its maker's to change
	return out, nil
}

// ChangeRole gives a role another name, description and permissions.
func (a *Access) ChangeRole(ctx context.Context, call *api.Call, in *struct {
	RoleIn
	api.IfMatch
	Body RoleBody
}) (Role, error) {
	by, sheet, role, err := a.roleSheet(ctx, call, in.RoleIn)
	if err != nil {
		return Role{}, err
	}
	version, err := in.Expected()
	if err != nil {
		return Role{}, err
	}
	if role.Name, role.Description, role.Permissions, err = in.Body.read(); err != nil {
		return Role{}, err
	}
	if err := a.Store.ChangeRole(ctx, call.Act, by, role, version); err != nil {
		return Role{}, err
	}
	role.Version, role.ChangedAt, role.ChangedBy = role.Version+1, by.Now(), call.Act.Name
	return roleOf(by, sheet, role), nil
}

// DeleteRole removes a role and its assignments.
func (a *Access) DeleteRole(ctx context.Context, call *api.Call, in *struct {
	RoleIn
	api.IfMatch
}) (api.None, error) {
	by, _, role, err := a.roleSheet(ctx, call, in.RoleIn)
	if err != nil {
		return api.None{}, err
	}
	version, err := in.Expected()
	if err != nil {
		return api.None{}, err
	}
	return api.None{}, a.Store.DeleteRole(ctx, call.Act, by, role.ID, version)
}

// RolePreview is what another set of permissions of a role would change.
type RolePreview struct {
	Added        []string             `json:"added" nullable:"false"`
	Removed      []string             `json:"removed" nullable:"false"`
	AboveCeiling []string             `json:"aboveCeiling" nullable:"false" doc:"Of the wanted ones: the customer does not grant them."`
	Assignments  []AffectedAssignment `json:"assignments" nullable:"false" doc:"Assignments of the role that you may see."`
	People       int                  `json:"people" doc:"Members of these for whom something changes; a group counts as one."`
}

// AffectedAssignment is an assignment of a role that is to change.
type AffectedAssignment struct {
	ID      string             `json:"id"`
	Name    string             `json:"name"`
	Members []AssignmentMember `json:"members" nullable:"false"`
	Scopes  []AssignmentScope  `json:"scopes" nullable:"false"`
	Gains   bool               `json:"gains" doc:"Whether a member may do more than before, all its assignments considered."`
	Loses   bool               `json:"loses"`
}

// PreviewRole tells what another set of permissions of a role would change.
func (a *Access) PreviewRole(ctx context.Context, call *api.Call, in *struct {
	RoleIn
	Body struct {
		Permissions []string `json:"permissions" maxItems:"21" nullable:"false"`
	}
}) (RolePreview, error) {
	by, sheet, role, err := a.roleSheet(ctx, call, in.RoleIn)
	if err != nil {
		return RolePreview{}, err
	}
	wanted, err := readPermissions(in.Body.Permissions)
	if err != nil {
		return RolePreview{}, err
	}
	out := RolePreview{Added: []string{}, Removed: []string{}, AboveCeiling: []string{}, Assignments: []AffectedAssignment{}}
	for _, p := range policy.Permissions() {
		was, is := slices.Contains(role.Permissions, p), slices.Contains(wanted, p)
		if is && !was {
			out.Added = append(out.Added, string(p))
		}
		if was && !is {
			out.Removed = append(out.Removed, string(p))
		}
		if is && !by.Capped(p) {
			out.AboveCeiling = append(out.AboveCeiling, string(p))
		}
	}
	out.Assignments, out.People, err = affected(by, sheet, role.ID, wanted)
	return out, err
}

// affected tries another set of permissions of a role and compares what each member of its assignments may do before and after.
func affected(by policy.Authority, sheet store.Sheet, role policy.ID, wanted []policy.Permission) ([]AffectedAssignment, int, error) {
	after := by.Rules()
	after.Roles = slices.Clone(after.Roles)
	for i, r := range after.Roles {
		if r.ID == role {
			after.Roles[i].Permissions = wanted
		}
	}
	var members []policy.Principal
	for _, assignment := range sheet.Assignments {
		for _, m := range assignment.Members {
			if assignment.Role == role {
				members = append(members, m.Principal)
			}
		}
	}
	shifts, err := by.Shifts(after, members)
	if err != nil {
		return nil, 0, err
	}
	people := 0
	for _, shift := range shifts {
		if shift.Gains || shift.Loses {
			people++
		}
	}
	out := []AffectedAssignment{}
	for _, assignment := range sheet.Assignments {
		if assignment.Role != role {
			continue
		}
		one := AffectedAssignment{ID: assignment.ID.String(), Name: assignment.Name, Members: membersOf(assignment.Members),
			Scopes: scopesOf(sheet, assignment.Scopes)}
		if stateOf(assignment, by.Now()) == "active" {
			for _, m := range assignment.Members {
				one.Gains, one.Loses = one.Gains || shifts[m.Principal].Gains, one.Loses || shifts[m.Principal].Loses
			}
		}
		out = append(out, one)
	}
	return out, people, nil
}
