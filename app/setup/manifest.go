package setup

import "encoding/json"

// managerRole is the id of the app role in the manifest: any GUID does, and the same one lets a manifest be pasted twice.
const managerRole = "6f1d3a52-2c0e-4b7f-9d84-3f0a5b7c1e29"

// graphID is Microsoft Graph's application id, the same everywhere.
const graphID = "00000003-0000-0000-c000-000000000000"

// manifest is the part of the registration's manifest that Roomward needs, in the form of Microsoft Graph.
func manifest(public string) string {
	type object = map[string]any
	var access []object
	for _, p := range Permissions() {
		access = append(access, object{"id": p.ID, "type": "Role"})
	}
	b, err := json.MarshalIndent(object{
		"signInAudience":         "AzureADMultipleOrgs",
		"web":                    object{"redirectUris": redirects(public)},
		"requiredResourceAccess": []object{{"resourceAppId": graphID, "resourceAccess": access}},
		"groupMembershipClaims":  "SecurityGroup, DirectoryRole",
		"optionalClaims": object{"idToken": []object{
			{"name": "login_hint", "essential": false, "additionalProperties": []string{}},
			{"name": "groups", "essential": false, "additionalProperties": []string{}},
		}},
		"appRoles": []object{{
			"id": managerRole, "value": "Manager", "displayName": "Manager", "description": "Names the tenant managers of Roomward",
			"allowedMemberTypes": []string{"User"}, "isEnabled": true,
		}},
	}, "", "  ")
	if err != nil {
		return ""
	}
	return string(b)
}
