package setup

import "encoding/json"

// managerRole is the id of the app role in the manifest: any GUID does, and the same one lets a manifest be pasted twice.
const managerRole = "6f1d3a52-2c0e-4b7f-9d84-3f0a5b7c1e29"

// graphID is Microsoft Graph's application id, the same everywhere.
const graphID = "00000003-0000-0000-c000-000000000000"

// manifest is what Roomward needs of the manifest of the part's registration, in the form of Microsoft Graph.
func (p part) manifest(s Subject) string {
	type object = map[string]any
	var access []object
	for _, needed := range p.permissions(s) {
		access = append(access, object{"id": needed.ID, "type": "Role"})
	}
	out := object{
		"signInAudience":         "AzureADMultipleOrgs",
		"web":                    object{"redirectUris": p.redirects(s.PublicURL)},
		"requiredResourceAccess": []object{{"resourceAppId": graphID, "resourceAccess": access}},
	}
	if p == reading {
		out["groupMembershipClaims"] = "SecurityGroup, DirectoryRole"
		out["optionalClaims"] = object{"idToken": []object{
			{"name": "login_hint", "essential": false, "additionalProperties": []string{}},
			{"name": "groups", "essential": false, "additionalProperties": []string{}},
		}}
		out["appRoles"] = []object{{
			"id": managerRole, "value": "Manager", "displayName": "Manager", "description": "Names the tenant managers of Roomward",
			"allowedMemberTypes": []string{"User"}, "isEnabled": true,
		}}
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return ""
	}
	return string(b)
}
