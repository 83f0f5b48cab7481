package access

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// RoleTemplate is a set of permissions from which roles of customers are made.
type RoleTemplate struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Permissions []string `json:"permissions" nullable:"false"`
	BuiltIn     bool     `json:"builtIn" doc:"Comes with Roomward: never changed."`
	Version     int64    `json:"version"`
	ChangedBy   string   `json:"changedBy,omitempty"`
}

// EditVersion is the version for the ETag.
func (t RoleTemplate) EditVersion() int64 { return t.Version }

// helpDesk is the template of a help desk that works on incidents only.
const helpDesk = "help-desk"

// builtInTemplates come with Roomward.
func builtInTemplates() []RoleTemplate {
	lead, _ := policy.Template(policy.SiteLead)
	technician, _ := policy.Template(policy.SiteTechnician)
	desk := []policy.Permission{policy.RoomsView, policy.TicketsView, policy.TicketsUpdate, policy.TicketsCreate}
	return []RoleTemplate{
		{ID: policy.SiteLead, Name: "Site lead", Description: "Runs the rooms of a site.", Permissions: names(lead), BuiltIn: true, Version: 1},
		{ID: policy.SiteTechnician, Name: "Site technician", Description: "Works on rooms and incidents of a site.", Permissions: names(technician),
			BuiltIn: true, Version: 1},
		{ID: helpDesk, Name: "Help desk, incidents only", Description: "Works on incidents, changes no room.", Permissions: names(desk), BuiltIn: true,
			Version: 1},
	}
}

func templateOf(t store.RoleTemplate) RoleTemplate {
	return RoleTemplate{ID: t.ID.String(), Name: t.Name, Description: t.Description, Permissions: names(t.Permissions), Version: t.Version,
		ChangedBy: t.ChangedBy}
}

// mayTemplate is the view by which the caller sees and makes templates: that of a manager, or of roles.modify somewhere.
func (a *Access) mayTemplate(ctx context.Context, call *api.Call) (policy.View, error) {
	if call.Powers.Manager || call.Powers.GlobalAdmin {
		return call.Overview, nil
	}
	v := call.View
	if err := a.Store.StillHolds(ctx, v); err != nil {
		return v, err
	}
	if v.Empty() {
		return v, api.Forbidden("needs-roles", "You change roles nowhere.", "Ask a primary admin or a manager.")
	}
	return v, nil
}

// RoleTemplates lists the templates: those that come with Roomward first, then by name.
func (a *Access) RoleTemplates(ctx context.Context, call *api.Call, _ *struct{}) (api.Page[RoleTemplate], error) {
	page := api.Page[RoleTemplate]{Items: []RoleTemplate{}}
	v, err := a.mayTemplate(ctx, call)
	if err != nil {
		return page, err
	}
	own, err := a.Store.RoleTemplates(ctx, v)
	if err != nil {
		return page, err
	}
	page.Items = builtInTemplates()
	for _, t := range own {
		page.Items = append(page.Items, templateOf(t))
	}
	return page, nil
}

// CreateRoleTemplate makes a template.
func (a *Access) CreateRoleTemplate(ctx context.Context, call *api.Call, in *struct{ Body RoleBody }) (RoleTemplate, error) {
	v, err := a.mayTemplate(ctx, call)
	if err != nil {
		return RoleTemplate{}, err
	}
	wanted, err := ownTemplate(in.Body)
	if err != nil {
		return RoleTemplate{}, err
	}
	made, err := a.Store.CreateRoleTemplate(ctx, call.Act, v, wanted)
	return templateOf(made), err
}

func ownTemplate(b RoleBody) (store.RoleTemplate, error) {
	var t store.RoleTemplate
	var err error
	if t.Name, t.Description, t.Permissions, err = b.read(); err != nil {
		return t, err
	}
	for _, built := range builtInTemplates() {
		if strings.EqualFold(built.Name, t.Name) {
			return t, store.Conflict{Code: "template-name-taken"}
		}
	}
	return t, nil
}

// TemplateIn names a template.
type TemplateIn struct {
	ID string `path:"id" maxLength:"64"`
}

// own reads the id of a template that people may change.
func (p TemplateIn) own() (policy.ID, error) {
	if slices.ContainsFunc(builtInTemplates(), func(t RoleTemplate) bool { return t.ID == p.ID }) {
		return 0, api.ConflictWith("template-built-in", "Templates that come with Roomward stay as they are.", "Make one of your own.")
	}
	id, err := policy.ParseID(p.ID)
	if err != nil {
		return 0, store.ErrNotFound
	}
	return id, nil
}

// ChangeRoleTemplate changes a template; roles made from it stay as they are until it is applied again.
func (a *Access) ChangeRoleTemplate(ctx context.Context, call *api.Call, in *struct {
	TemplateIn
	api.IfMatch
	Body RoleBody
}) (RoleTemplate, error) {
	v, err := a.mayTemplate(ctx, call)
	if err != nil {
		return RoleTemplate{}, err
	}
	id, err := in.own()
	if err != nil {
		return RoleTemplate{}, err
	}
	version, err := in.Expected()
	if err != nil {
		return RoleTemplate{}, err
	}
	wanted, err := ownTemplate(in.Body)
	if err != nil {
		return RoleTemplate{}, err
	}
	wanted.ID = id
	changed, err := a.Store.ChangeRoleTemplate(ctx, call.Act, v, wanted, version)
	return templateOf(changed), err
}

// DeleteRoleTemplate removes a template; roles made from it stay.
func (a *Access) DeleteRoleTemplate(ctx context.Context, call *api.Call, in *struct {
	TemplateIn
	api.IfMatch
}) (api.None, error) {
	v, err := a.mayTemplate(ctx, call)
	if err != nil {
		return api.None{}, err
	}
	id, err := in.own()
	if err != nil {
		return api.None{}, err
	}
	version, err := in.Expected()
	if err != nil {
		return api.None{}, err
	}
	return api.None{}, a.Store.DeleteRoleTemplate(ctx, call.Act, v, id, version)
}

// ApplyBody says to which customers a role goes.
type ApplyBody struct {
	Customers []string `json:"customers" minItems:"1" maxItems:"500" nullable:"false" doc:"Ids."`
	Preview   bool     `json:"preview,omitempty" doc:"Only tell what would happen."`
}

// ApplyResult is what happened, or would happen, with one customer.
type ApplyResult struct {
	Customer     string   `json:"customer"`
	CustomerName string   `json:"customerName" doc:"Empty for a customer that is not there or not yours to see."`
	Outcome      string   `json:"outcome" enum:"create,update,unchanged,refused,created,updated,waits"`
	Why          string   `json:"why,omitempty" doc:"The code of what refused it."`
	Role         string   `json:"role,omitempty" doc:"Id of the role that is there."`
	Permissions  []string `json:"permissions" nullable:"false" doc:"Of the role afterwards."`
	Cut          []string `json:"cut" nullable:"false" doc:"Wanted, and above this customer's ceiling: left out."`
	Added        []string `json:"added" nullable:"false"`
	Removed      []string `json:"removed" nullable:"false"`
	Assignments  int      `json:"assignments" doc:"Of the role that is there, as far as you see them."`
	People       int      `json:"people" doc:"Members of these for whom something changes; a group counts as one."`
}

// ApplyTemplateIn names a template and the customers that get its role.
type ApplyTemplateIn struct {
	TemplateIn
	Body ApplyBody
}

// CopyRoleIn names a role and the customers that get the same.
type CopyRoleIn struct {
	RoleIn
	Body ApplyBody
}

// ApplyRoleTemplate makes or changes a role of the template's name for several customers, each by itself.
func (a *Access) ApplyRoleTemplate(ctx context.Context, call *api.Call, in *ApplyTemplateIn) (api.Page[ApplyResult], error) {
	v, err := a.mayTemplate(ctx, call)
	if err != nil {
		return api.Page[ApplyResult]{}, err
	}
	own, err := a.Store.RoleTemplates(ctx, v)
	if err != nil {
		return api.Page[ApplyResult]{}, err
	}
	templates := builtInTemplates()
	for _, t := range own {
		templates = append(templates, templateOf(t))
	}
	i := slices.IndexFunc(templates, func(t RoleTemplate) bool { return t.ID == in.ID })
	if i < 0 {
		return api.Page[ApplyResult]{}, store.ErrNotFound
	}
	t := templates[i]
	permissions, err := readPermissions(t.Permissions)
	if err != nil {
		return api.Page[ApplyResult]{}, err
	}
	return a.applyEach(ctx, call, store.Role{Name: t.Name, Description: t.Description, Permissions: permissions}, "role.apply", in.Body, func(b ApplyBody) any {
		return ApplyTemplateIn{in.TemplateIn, b}
	})
}

// CopyRole makes or changes a role of the same name for several other customers, each by itself.
func (a *Access) CopyRole(ctx context.Context, call *api.Call, in *CopyRoleIn) (api.Page[ApplyResult], error) {
	_, _, role, err := a.roleSheet(ctx, call, in.RoleIn)
	if err != nil {
		return api.Page[ApplyResult]{}, err
	}
	if role.BuiltIn {
		return api.Page[ApplyResult]{}, &policy.Refusal{Code: policy.RefuseBuiltIn}
	}
	return a.applyEach(ctx, call, role, "role.copy", in.Body, func(b ApplyBody) any { return CopyRoleIn{in.RoleIn, b} })
}

// applyEach does it customer by customer. Where one wants to approve it first, only its part waits: input makes that of the whole input.
func (a *Access) applyEach(ctx context.Context, call *api.Call, role store.Role, operation string, b ApplyBody, input func(ApplyBody) any) (
	api.Page[ApplyResult], error,
) {
	page := api.Page[ApplyResult]{Items: []ApplyResult{}}
	titles, err := a.customerNames(ctx, call)
	if err != nil {
		return page, err
	}
	seen := map[string]bool{}
	for _, id := range b.Customers {
		if seen[id] {
			continue
		}
		seen[id] = true
		own := *call
		if call.Act.Request != nil {
			request := *call.Act.Request
			request.Input = input(ApplyBody{Customers: []string{id}})
			own.Act.Request = &request
		}
		result, err := a.applyOne(ctx, &own, id, role, operation, b.Preview)
		if err != nil {
			return page, err
		}
		if result.Why != "not-found" {
			result.CustomerName = titles[id]
		}
		page.Items = append(page.Items, result)
	}
	return page, nil
}

// customerNames are the names of the customers with which the caller has to do.
func (a *Access) customerNames(ctx context.Context, call *api.Call) (map[string]string, error) {
	related, err := call.Decider.Related(ctx, call.Actor)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.Customers(ctx, related)
	out := map[string]string{}
	for _, c := range found {
		out[c.ID.String()] = c.Name
	}
	return out, err
}

// applyTries bounds how often one customer is tried again because its rules changed meanwhile.
const applyTries = 4

// applyOne is one customer's part: its own authority and its own transaction. What refuses it is a result, and only what is wrong with Roomward itself
// an error. It does not lead to another try of the whole: what other customers got stands.
func (a *Access) applyOne(ctx context.Context, call *api.Call, id string, role store.Role, operation string, preview bool) (ApplyResult, error) {
	out := ApplyResult{Customer: id, Outcome: "refused", Permissions: []string{}, Cut: []string{}, Added: []string{}, Removed: []string{}}
	var applied store.Applied
	var by policy.Authority
	for try := 1; ; try++ {
		var err error
		if by, err = authority(ctx, call, id); err == nil {
			applied, err = a.Store.ApplyRole(ctx, call.Act, by, role, operation, preview)
		}
		if errors.Is(err, store.ErrStaleView) && try < applyTries {
			if err := call.Decider.Refresh(ctx, call.Actor); err != nil {
				return out, err
			}
			continue
		}
		var waits *store.Waits
		if errors.As(err, &waits) {
			out.Outcome, err = "waits", nil
			break
		}
		if err != nil && call.Act.Approved != 0 {
			return out, err // whoever carries out what was approved wants to know why not
		}
		if err != nil {
			out.Why, err = whyRefused(err, by)
			return out, err
		}
		break
	}
	_, people, err := affected(by, applied.Sheet, applied.Role, applied.Permissions)
	if err != nil {
		return out, err
	}
	for _, assignment := range applied.Sheet.Assignments {
		if applied.Role != 0 && assignment.Role == applied.Role {
			out.Assignments++
		}
	}
	out.People = people
	if out.Outcome != "waits" {
		out.Outcome, out.Role = string(applied.Outcome), applied.Role.String()
		if !preview && applied.Outcome != store.OutcomeUnchanged {
			out.Outcome += "d"
		}
	}
	out.Permissions, out.Cut, out.Added, out.Removed = names(applied.Permissions), names(applied.Cut), names(applied.Added), names(applied.Removed)
	return out, nil
}

// whyRefused is the code of what refused a customer. Who sees it, but not its roles, may not change them; for all others it is not there.
func whyRefused(err error, by policy.Authority) (string, error) {
	var refusal *policy.Refusal
	var conflict store.Conflict
	var problem *api.Problem
	switch {
	case errors.Is(err, store.ErrNotFound):
		if slices.ContainsFunc(policy.Permissions(), by.Holds) {
			return policy.RefuseChange, nil
		}
		return "not-found", nil
	case errors.As(err, &refusal):
		return refusal.Code, nil
	case errors.As(err, &conflict):
		return conflict.Code, nil
	case errors.As(err, &problem) && problem.Status < http.StatusInternalServerError:
		return problem.Code, nil
	case errors.Is(err, store.ErrStaleView):
		return "unavailable", nil
	}
	return "", err
}
