package setup

import (
	"context"
	"slices"
	"strings"
)

// actPermission is the one permission that changes something.
const actPermission = "TeamworkDevice.ReadWrite.All"

// GraphPermission is an application permission of Microsoft Graph that the registration needs.
type GraphPermission struct {
	Name     string `json:"name"`
	ID       string `json:"id" doc:"Of the application role, for a manifest."`
	Optional string `json:"optional,omitempty" enum:"restart,presence,managed" doc:"What does not work without it; absent where it is needed."`
	// stronger are the permissions that contain it.
	stronger []string
}

// Permissions are all that Roomward asks for, as the README explains. The ids are those of Microsoft Graph's application roles, the same in every tenant.
func Permissions() []GraphPermission {
	return []GraphPermission{
		{Name: "Organization.Read.All", ID: "498476ce-e0fe-48b0-b801-37ba7e2685c6", stronger: []string{"Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
		{Name: "Place.Read.All", ID: "913b9306-0ce1-42b8-9137-6a7df690a760", stronger: []string{"Place.ReadWrite.All"}},
		{Name: "User.Read.All", ID: "df021288-bdef-4463-88db-98f22de89214", stronger: []string{"User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
		{Name: "GroupMember.Read.All", ID: "98830695-27a2-44f7-8c18-0c3ebc9698f6", stronger: []string{"GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}},
		{Name: "TeamworkDevice.Read.All", ID: "0591bafd-7c1c-4c30-a2a5-2b9aacb1dfe8", stronger: []string{"TeamworkDevice.ReadWrite.All"}},
		{Name: actPermission, ID: "79c02f5b-bd4f-4713-bc2c-a8a4a66e127b", Optional: "restart"},
		{Name: "Presence.Read.All", ID: "a70e0c2d-e793-494c-94c4-118fa0a67f42", Optional: "presence"},
		{Name: "DeviceManagementManagedDevices.Read.All", ID: "2f51be20-0bb4-4fed-bf7b-db946066c75e", Optional: "managed", stronger: []string{"DeviceManagementManagedDevices.ReadWrite.All"}},
	}
}

// permissions are what the part's registration asks for. Where there are two, only that which acts may change something.
func (p part) permissions(s Subject) []GraphPermission {
	all := Permissions()
	switch {
	case p == acting:
		all = slices.DeleteFunc(all, func(one GraphPermission) bool { return one.Name != actPermission })
		all[0].Optional = ""
	case s.Acting.ClientID != "":
		all = slices.DeleteFunc(all, func(one GraphPermission) bool { return one.Name == actPermission })
	}
	return all
}

// permissions compares what a token holds with what is needed.
func (s Subject) permissions(roles []string) []Outcome {
	var out []Outcome
	if s.Acting.ClientID != "" && slices.Contains(roles, actPermission) {
		out = append(out, found("permissions", Warning, "permission-twice", "permission", actPermission))
	}
	for _, p := range reading.permissions(s) {
		has := slices.Contains(roles, p.Name) || slices.ContainsFunc(p.stronger, func(s string) bool { return slices.Contains(roles, s) })
		switch {
		case has:
		case p.Optional != "":
			out = append(out, found("permissions", Warning, "permission-optional", "permission", p.Name, "purpose", p.Optional))
		default:
			out = append(out, found("permissions", Broken, "permission-missing", "permission", p.Name))
		}
	}
	if len(out) == 0 {
		out = append(out, found("permissions", OK, "permissions-ok"))
	}
	return out
}

// ActingRegistration checks the registration that acts: its proof, a token for the partner's tenant, and that it may act and no more.
func (c Checks) ActingRegistration(ctx context.Context, s Subject) []Outcome {
	if s.Acting.ClientID == "" {
		return []Outcome{found("acting", OK, "acting-by-first")}
	}
	if s.Acting.Closed != nil {
		return []Outcome{found("acting", Broken, "settings-wrong", "said", s.Acting.Closed.Error())}
	}
	findings := []Outcome{c.Credential(s.Acting)}
	if s.Acting.Next != nil {
		findings = append(findings, c.Next(ctx, s.PartnerTenant, s.Acting))
	}
	if Worst(findings) != Broken {
		findings = append(findings, c.actingToken(ctx, s)...)
	}
	for i := range findings {
		findings[i].Check = "acting"
	}
	return findings
}

func (c Checks) actingToken(ctx context.Context, s Subject) []Outcome {
	client, err := c.client(s.Acting)
	if err != nil {
		return []Outcome{found("acting", Broken, "settings-wrong", "said", err.Error())}
	}
	roles, err := client.Roles(ctx, s.PartnerTenant)
	if err != nil {
		return []Outcome{refused("acting", err)}
	}
	if !slices.Contains(roles, actPermission) {
		return []Outcome{found("acting", Broken, "permission-missing", "permission", actPermission)}
	}
	more := slices.DeleteFunc(slices.Clone(roles), func(r string) bool { return r == actPermission })
	if len(more) > 0 {
		return []Outcome{found("acting", Warning, "acting-too-much", "permissions", strings.Join(more, ", "))}
	}
	return []Outcome{found("acting", OK, "acting-ok")}
}
