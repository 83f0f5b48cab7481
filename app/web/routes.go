package web

import (
	"roomward/app/access"
	"roomward/app/api"
	"roomward/app/audit"
	"roomward/app/change"
	"roomward/app/collect"
	"roomward/app/customers"
	"roomward/app/incidents"
	"roomward/app/notify"
	"roomward/app/rooms"
	"roomward/app/setup"
	"roomward/policy"
)

// Features are everything that answers operations.
type Features struct {
	Access    *access.Access
	Customers *customers.Customers
	Rooms     *rooms.Rooms
	Incidents *incidents.Incidents
	Collect   *collect.Collector
	Change    *change.Change
	Notify    *notify.Notify
	Audit     *audit.Audit
	Setup     *setup.Installation
}

// Routes is the route table: the one place where a path meets its permission and its side (law 9).
func Routes(f Features) []api.Route {
	return []api.Route{
		api.Op("GET", "/api/me", api.SignedIn(), "Who is signed in, and what it may do where", f.Access.Me),
		api.Op("GET", "/api/directory", api.Holding(policy.RolesModify).OrPowers(), "Find users and security groups of the partner", f.Access.Directory),
		api.Op("GET", "/api/tenant-managers", api.Accepting(), "Tenant managers", f.Access.TenantManagers),
		api.Op("POST", "/api/tenant-managers", api.Managing(), "Add a tenant manager", f.Access.AddTenantManager).Creates(),
		api.Op("DELETE", "/api/tenant-managers/{id}", api.Managing(), "Remove a tenant manager", f.Access.RemoveTenantManager),

		api.Op("GET", "/api/installation", api.Managing(), "What the last check of the installation found", f.Setup.Checkup),
		api.Op("POST", "/api/installation/checks", api.Managing(), "Check the installation now, or join the check that runs", f.Setup.CheckNow).Accepted(),

		api.Op("GET", "/api/customers", api.PartnerMember(), "Customers and open invitations", f.Customers.List),
		api.Op("GET", "/api/customers/{id}", api.PartnerMember(), "One customer", f.Customers.Get),
		api.Op("DELETE", "/api/customers/{id}", api.Administering(), "Leave a customer: end the relation and remove its data", f.Customers.Leave),
		api.Op("POST", "/api/customers/{id}/admin-proposals", api.Accepting(), "Propose primary admins for a relation that has none", f.Customers.Propose).Creates(),
		api.Op("GET", "/api/invitations", api.Accepting(), "Pending and lately expired invitations", f.Customers.Invitations),
		api.Op("GET", "/api/invitations/{id}", api.Accepting(), "One invitation", f.Customers.Invitation),
		api.Op("POST", "/api/invitations/{id}/accept", api.Accepting(), "Accept an invitation with its primary admins", f.Customers.Accept).Creates(),
		api.Op("POST", "/api/invitations/{id}/decline", api.Accepting(), "Decline an invitation", f.Customers.Decline),
		api.Op("GET", "/api/invitation-codes", api.Accepting(), "Invitation codes", f.Customers.Codes),
		api.Op("POST", "/api/invitation-codes", api.Accepting(), "Make an invitation code; it is shown once", f.Customers.AddCode).Creates(),
		api.Op("DELETE", "/api/invitation-codes/{id}", api.Accepting(), "Revoke an unused invitation code", f.Customers.RevokeCode),

		api.Op("GET", "/api/customers/{id}/roles", api.Ruling(policy.RolesView), "The roles of a customer", f.Access.Roles),
		api.Op("POST", "/api/customers/{id}/roles", api.Ruling(policy.RolesModify), "Make a role", f.Access.CreateRole).Creates().Controlled(),
		api.Op("GET", "/api/customers/{id}/roles/{role}", api.Ruling(policy.RolesView), "One role", f.Access.Role),
		api.Op("PUT", "/api/customers/{id}/roles/{role}", api.Ruling(policy.RolesModify), "Change a role", f.Access.ChangeRole).Controlled(),
		api.Op("DELETE", "/api/customers/{id}/roles/{role}", api.Ruling(policy.RolesModify), "Remove a role and its assignments", f.Access.DeleteRole).Controlled(),
		api.Op("POST", "/api/customers/{id}/roles/{role}/preview", api.Ruling(policy.RolesView), "What other permissions of a role would change", f.Access.PreviewRole),
		api.Op("POST", "/api/customers/{id}/roles/{role}/copy", api.Ruling(policy.RolesModify), "Make the same role for other customers", f.Access.CopyRole).Controlled(),
		api.Op("GET", "/api/customers/{id}/assignments", api.Ruling(policy.RolesView), "The assignments of a customer", f.Access.Assignments),
		api.Op("POST", "/api/customers/{id}/assignments", api.Ruling(policy.RolesModify), "Give a role to members", f.Access.CreateAssignment).Creates().Controlled(),
		api.Op("GET", "/api/customers/{id}/assignments/{assignment}", api.Ruling(policy.RolesView), "One assignment", f.Access.Assignment),
		api.Op("PUT", "/api/customers/{id}/assignments/{assignment}", api.Ruling(policy.RolesModify), "Change an assignment", f.Access.ChangeAssignment).Controlled(),
		api.Op("DELETE", "/api/customers/{id}/assignments/{assignment}", api.Ruling(policy.RolesModify), "Remove an assignment", f.Access.DeleteAssignment).Controlled(),
		api.Op("GET", "/api/customers/{id}/scopes", api.Ruling(policy.RolesView), "What an assignment's scope can be", f.Access.Scopes),
		api.Op("GET", "/api/customers/{id}/effective-access", api.Ruling(policy.RolesView), "Who may do what where, and why", f.Access.EffectiveAccess).Sensitive("access.view"),
		api.Op("GET", "/api/customers/{id}/primary-admins", api.Ruling(policy.RolesView), "The primary admins of a customer", f.Access.PrimaryAdmins),
		api.Op("POST", "/api/customers/{id}/primary-admins", api.Ruling(policy.RolesModify), "Add a primary admin", f.Access.AddPrimaryAdmin).Creates().Controlled(),
		api.Op("DELETE", "/api/customers/{id}/primary-admins/{member}", api.Ruling(policy.RolesModify), "Remove a primary admin", f.Access.RemovePrimaryAdmin).Controlled(),
		api.Op("GET", "/api/role-templates", api.Holding(policy.RolesModify).OrPowers(), "Templates of roles", f.Access.RoleTemplates),
		api.Op("POST", "/api/role-templates", api.Holding(policy.RolesModify).OrPowers(), "Make a template", f.Access.CreateRoleTemplate).Creates(),
		api.Op("PUT", "/api/role-templates/{id}", api.Holding(policy.RolesModify).OrPowers(), "Change a template", f.Access.ChangeRoleTemplate),
		api.Op("DELETE", "/api/role-templates/{id}", api.Holding(policy.RolesModify).OrPowers(), "Remove a template", f.Access.DeleteRoleTemplate),
		api.Op("POST", "/api/role-templates/{id}/apply", api.Holding(policy.RolesModify).OrPowers(), "Make a template's role for customers", f.Access.ApplyRoleTemplate).Controlled(),

		api.Op("GET", "/api/rooms", api.Holding(policy.RoomsView), "Rooms", f.Rooms.List),
		api.Op("GET", "/api/rooms/counts", api.Holding(policy.RoomsView), "Rooms by health", f.Rooms.Counts),
		api.Op("GET", "/api/rooms/facets", api.Holding(policy.RoomsView), "What the rooms can be filtered by", f.Rooms.Facets),
		api.Op("GET", "/api/rooms/{id}", api.Holding(policy.RoomsView), "One room", f.Rooms.Get),
		api.Op("GET", "/api/rooms/{id}/devices", api.Holding(policy.RoomsView), "The devices of a room", f.Rooms.Devices),
		api.Op("GET", "/api/rooms/{id}/signals", api.Holding(policy.RoomsView), "The signals of a room", f.Rooms.Signals),
		api.Op("GET", "/api/rooms/{id}/actions", api.Holding(policy.RoomsView), "What was done to the devices of a room", f.Rooms.Actions),
		api.Op("POST", "/api/rooms/{id}/actions", api.Holding(policy.RoomsAct), "Restart a device of a room", f.Rooms.Ask).Creates().Controlled(),

		api.Op("GET", "/api/customers/{id}/groups", api.Holding(policy.GroupsView), "Room groups of a customer", f.Rooms.Groups),
		api.Op("POST", "/api/customers/{id}/groups", api.Holding(policy.GroupsCreate), "Make a room group", f.Rooms.AddGroup).Creates().Controlled(),
		api.Op("POST", "/api/customers/{id}/groups/preview", api.Holding(policy.GroupsView), "What a change of a room group would move", f.Rooms.PreviewGroup),
		api.Op("GET", "/api/customers/{id}/groups/facts", api.Holding(policy.GroupsView), "What rules of room groups can ask for", f.Rooms.GroupFacts),
		api.Op("GET", "/api/customers/{id}/groups/{group}", api.Holding(policy.GroupsView), "One room group", f.Rooms.Group),
		api.Op("PUT", "/api/customers/{id}/groups/{group}", api.Holding(policy.GroupsModify), "Change a room group", f.Rooms.ChangeGroup).Controlled(),
		api.Op("DELETE", "/api/customers/{id}/groups/{group}", api.Holding(policy.GroupsModify), "Remove a room group that no assignment names", f.Rooms.DeleteGroup).Controlled(),
		api.Op("GET", "/api/customers/{id}/groups/{group}/rooms", api.Holding(policy.GroupsView), "The rooms of a room group", f.Rooms.GroupRooms),

		api.Op("GET", "/api/incidents", api.Holding(policy.TicketsView), "Incidents", f.Incidents.List),
		api.Op("GET", "/api/incidents/counts", api.Holding(policy.TicketsView), "Incidents by state and severity", f.Incidents.Counts),
		api.Op("GET", "/api/incidents/facets", api.Holding(policy.TicketsView), "What the incidents can be filtered by", f.Incidents.Facets),
		api.Op("GET", "/api/incidents/{id}", api.Holding(policy.TicketsView), "One incident", f.Incidents.Get),
		api.Op("GET", "/api/incidents/{id}/history", api.Holding(policy.TicketsView), "What happened to an incident", f.Incidents.History),

		api.Op("GET", "/api/customers/{id}/capabilities", api.Holding(policy.RoomsView), "What a customer's consent and Microsoft's API allow", f.Collect.Capabilities),
		api.Op("POST", "/api/customers/{id}/capabilities/check", api.Holding(policy.RoomsView), "Try now what a customer allows", f.Collect.CheckNow).Accepted(),
		api.Op("GET", "/api/partnership/capabilities", api.CustomerAdmin(), "What the own consent and Microsoft's API allow", f.Collect.OwnCapabilities),
		api.Op("POST", "/api/partnership/capabilities/check", api.CustomerAdmin(), "Try now what the own consent allows", f.Collect.OwnCheckNow).Accepted(),

		api.Op("GET", "/api/collect/customers", api.Holding(policy.RoomsView), "What collecting says of each customer", f.Collect.Customers),
		api.Op("GET", "/api/collect/runs", api.Holding(policy.RoomsView), "Collection runs", f.Collect.Runs),
		api.Op("POST", "/api/collect/runs", api.Holding(policy.RoomsView), "Collect a customer now", f.Collect.Now).Accepted(),

		api.Op("GET", "/api/change-requests", api.Holding(policy.RolesView), "What waits for a customer's approval, and what became of it", f.Change.Requests),
		api.Op("GET", "/api/change-requests/{id}", api.Holding(policy.RolesView), "One change request", f.Change.Request),
		api.Op("POST", "/api/change-requests/{id}/withdraw", api.PartnerMember(), "Take back one's own waiting request", f.Change.Withdraw),
		api.Op("PUT", "/api/change-requests/{id}/reason", api.PartnerMember(), "Tell the customer why one asks", f.Change.Explain),

		api.Op("GET", "/api/notices", api.Holding(policy.RolesView).OrPowers(), "What happened that you are told of", f.Notify.List),
		api.Op("POST", "/api/notices/read", api.Holding(policy.RolesView).OrPowers(), "Mark notices as read, up to one", f.Notify.Read),
		api.Op("GET", "/api/partnership/notices", api.CustomerAdmin(), "What happened that your organisation is told of", f.Notify.OwnList),
		api.Op("POST", "/api/partnership/notices/read", api.CustomerAdmin(), "Mark notices as read, up to one", f.Notify.OwnRead),

		api.Op("GET", "/api/audit", api.Holding(policy.RolesView).OrPowers(), "Search the record of who did what", f.Audit.List).Sensitive("audit.view"),
		api.OpStream("GET", "/api/audit.csv", api.Holding(policy.RolesView).OrPowers(), "Export the record as CSV", "text/csv", f.Audit.CSV).Sensitive("audit.export"),
		api.OpStream("GET", "/api/audit.jsonl", api.Holding(policy.RolesView).OrPowers(), "Export the record as JSON lines", "application/jsonl", f.Audit.Lines).Sensitive("audit.export"),
		api.Op("GET", "/api/audit/verification", api.Holding(policy.RolesView).OrPowers(), "Check that the record is complete and unchanged", f.Audit.Verify).Sensitive("audit.verify"),
		api.Op("GET", "/api/audit/{id}", api.Holding(policy.RolesView).OrPowers(), "One entry of the record, with before and after", f.Audit.Entry),
		api.OpStream("GET", "/api/customers/{id}/audit.csv", api.Administering(), "Export the whole record of a relation as CSV", "text/csv", f.Audit.WholeCSV).Sensitive("audit.export"),
		api.OpStream("GET", "/api/customers/{id}/audit.jsonl", api.Administering(), "Export the whole record of a relation as JSON lines", "application/jsonl", f.Audit.WholeLines).Sensitive("audit.export"),
		api.Op("POST", "/api/customers/{id}/audit-exports", api.Administering(), "Be permitted to export the record for a day", f.Audit.Permit).Creates().Controlled(),

		api.Op("GET", "/api/partnership", api.CustomerMember(), "The own relation: consent, invitation, state", f.Customers.Partnership),
		api.Op("DELETE", "/api/partnership", api.CustomerAdmin(), "End the relation at once, and remove its data from the partner's machine", f.Customers.EndOwn),
		api.OpStream("GET", "/api/partnership/record", api.CustomerAdmin(), "The audit record that is kept of a relation that has ended", "application/jsonl", f.Customers.Record).Sensitive("record.export"),
		api.Op("DELETE", "/api/partnership/record", api.CustomerAdmin(), "Delete the record that is kept of a relation that has ended", f.Customers.DropRecord),
		api.Op("GET", "/api/partnership/access", api.CustomerAdmin(), "Who of the partner may do what, and when it was last active", f.Customers.OwnAccess),
		api.Op("DELETE", "/api/partnership/roles/{id}", api.CustomerAdmin(), "Remove a role of the partner with its assignments", f.Customers.RemoveOwnRole),
		api.Op("DELETE", "/api/partnership/assignments/{id}", api.CustomerAdmin(), "Remove an assignment of the partner", f.Customers.RemoveOwnAssignment),
		api.Op("DELETE", "/api/partnership/members/{id}", api.CustomerAdmin(), "Take a person or group of the partner out of all assignments", f.Customers.RemoveOwnMember),
		api.Op("GET", "/api/partnership/admins", api.CustomerAdmin(), "The partner's primary admins, and whom it proposes", f.Customers.OwnAdmins),
		api.Op("POST", "/api/partnership/admins/confirm", api.CustomerAdmin(), "Confirm the proposed primary admins", f.Customers.ConfirmAdmins),
		api.Op("POST", "/api/partnership/admins/refuse", api.CustomerAdmin(), "Refuse the proposed primary admins", f.Customers.RefuseAdmins),
		api.Op("GET", "/api/partnership/audit", api.CustomerAdmin(), "Search the own record of who did what", f.Audit.OwnList).Sensitive("audit.view"),
		api.OpStream("GET", "/api/partnership/audit.csv", api.CustomerAdmin(), "Export the own record as CSV", "text/csv", f.Audit.OwnCSV).Sensitive("audit.export"),
		api.OpStream("GET", "/api/partnership/audit.jsonl", api.CustomerAdmin(), "Export the own record as JSON lines", "application/jsonl", f.Audit.OwnLines).Sensitive("audit.export"),
		api.OpStream("GET", "/api/partnership/audit/sealed.jsonl", api.CustomerAdmin(), "Export the whole own record, signed", "application/jsonl", f.Audit.Sealed).Sensitive("audit.export"),
		api.Op("GET", "/api/partnership/audit/verification", api.CustomerAdmin(), "Check that the own record is complete and unchanged", f.Audit.OwnVerify).Sensitive("audit.verify"),
		api.Op("GET", "/api/partnership/audit/checkpoints", api.CustomerAdmin(), "Signed heads of the own record, to keep elsewhere", f.Audit.Checkpoints).Sensitive("audit.checkpoint"),
		api.Op("GET", "/api/partnership/audit/{id}", api.CustomerAdmin(), "One entry of the own record, with before and after", f.Audit.Entry),
		api.Op("GET", "/api/partnership/partner", api.CustomerAdmin(), "Check the domain of a partner", f.Customers.CheckPartner),
		api.Op("GET", "/api/partnership/rooms", api.CustomerAdmin(), "The organisation's rooms, read now and never stored", f.Customers.OwnRooms).Sensitive("rooms.view"),
		api.Op("POST", "/api/partnership/rooms/preview", api.CustomerAdmin(), "How many rooms a choice covers", f.Customers.Preview),
		api.Op("GET", "/api/partnership/invitations", api.CustomerAdmin(), "The invitations that were sent", f.Customers.Sent),
		api.Op("POST", "/api/partnership/invitations", api.CustomerAdmin(), "Invite the partner", f.Customers.Send).Creates(),
		api.Op("GET", "/api/partnership/invitations/{id}", api.CustomerAdmin(), "One invitation with its whole offer", f.Customers.SentOne),
		api.Op("PUT", "/api/partnership/invitations/{id}", api.CustomerAdmin(), "Change the offer of a pending invitation", f.Customers.ChangeOffer),
		api.Op("POST", "/api/partnership/invitations/{id}/resend", api.CustomerAdmin(), "Send a pending invitation again, with another expiry", f.Customers.Resend),
		api.Op("POST", "/api/partnership/invitations/{id}/withdraw", api.CustomerAdmin(), "Withdraw a pending invitation", f.Customers.Withdraw),
		api.Op("GET", "/api/partnership/change-requests", api.CustomerAdmin(), "What the partner asks for, and what became of it", f.Change.OwnRequests),
		api.Op("GET", "/api/partnership/change-requests/{id}", api.CustomerAdmin(), "One change request", f.Change.OwnRequest),
		api.Op("POST", "/api/partnership/change-requests/{id}/approve", api.CustomerAdmin(), "Approve a change request", f.Change.Approve),
		api.Op("POST", "/api/partnership/change-requests/{id}/reject", api.CustomerAdmin(), "Reject a change request with a reason", f.Change.Reject),
		api.Op("POST", "/api/partnership/grant/preview", api.CustomerAdmin(), "What another choice of rooms gives to the partner and takes from it", f.Customers.PreviewGrant),
		api.Op("PUT", "/api/partnership/grant", api.CustomerAdmin(), "Change the rooms that the partner may reach", f.Customers.ChangeGrant),
		api.Op("POST", "/api/partnership/ceiling/preview", api.CustomerAdmin(), "Which roles of the partner another ceiling changes", f.Customers.PreviewCeiling),
		api.Op("PUT", "/api/partnership/ceiling", api.CustomerAdmin(), "Change what the partner may have at most", f.Customers.ChangeCeiling),
		api.Op("GET", "/api/partnership/change-control", api.CustomerAdmin(), "What runs at once and what waits for approval", f.Customers.ChangeControl),
		api.Op("PUT", "/api/partnership/change-control", api.CustomerAdmin(), "Say what runs at once and what waits for approval", f.Customers.SetChangeControl),
		api.Op("PUT", "/api/partnership/strong-auth", api.CustomerAdmin(), "Demand strong authentication of the partner's people", f.Customers.SetStrongAuth),
		api.Op("PUT", "/api/partnership/end-date", api.CustomerAdmin(), "Set, move or take away the end of the relation", f.Customers.SetEndDate),
		api.Op("PUT", "/api/partnership/retention", api.CustomerAdmin(), "How long history is kept, and the record after the end", f.Customers.SetRetention),
		api.Op("PUT", "/api/partnership/contacts", api.CustomerAdmin(), "To which addresses notices go", f.Customers.SetContacts),
	}
}
