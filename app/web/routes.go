package web

import (
	"roomward/app/access"
	"roomward/app/api"
	"roomward/app/collect"
	"roomward/app/customers"
	"roomward/app/incidents"
	"roomward/app/rooms"
	"roomward/policy"
)

// Features are everything that answers operations.
type Features struct {
	Access    *access.Access
	Customers *customers.Customers
	Rooms     *rooms.Rooms
	Incidents *incidents.Incidents
	Collect   *collect.Collector
}

// Routes is the route table: the one place where a path meets its permission and its side (law 9).
func Routes(f Features) []api.Route {
	return []api.Route{
		api.Op("GET", "/api/me", api.SignedIn(), "Who is signed in, and what it may do where", f.Access.Me),
		api.Op("GET", "/api/directory", api.PartnerMember(), "Find users and security groups of the partner", f.Access.Directory),
		api.Op("GET", "/api/tenant-managers", api.Accepting(), "Tenant managers", f.Access.TenantManagers),
		api.Op("POST", "/api/tenant-managers", api.Managing(), "Add a tenant manager", f.Access.AddTenantManager).Creates(),
		api.Op("DELETE", "/api/tenant-managers/{id}", api.Managing(), "Remove a tenant manager", f.Access.RemoveTenantManager),

		api.Op("GET", "/api/customers", api.PartnerMember(), "Customers and open invitations", f.Customers.List),
		api.Op("GET", "/api/customers/{id}", api.PartnerMember(), "One customer", f.Customers.Get),
		api.Op("GET", "/api/invitations", api.Accepting(), "Pending and lately expired invitations", f.Customers.Invitations),
		api.Op("GET", "/api/invitations/{id}", api.Accepting(), "One invitation", f.Customers.Invitation),
		api.Op("POST", "/api/invitations/{id}/accept", api.Accepting(), "Accept an invitation with its primary admins", f.Customers.Accept).Creates(),
		api.Op("POST", "/api/invitations/{id}/decline", api.Accepting(), "Decline an invitation", f.Customers.Decline),
		api.Op("GET", "/api/invitation-codes", api.Accepting(), "Invitation codes", f.Customers.Codes),
		api.Op("POST", "/api/invitation-codes", api.Accepting(), "Make an invitation code; it is shown once", f.Customers.AddCode).Creates(),
		api.Op("DELETE", "/api/invitation-codes/{id}", api.Accepting(), "Revoke an unused invitation code", f.Customers.RevokeCode),

		api.Op("GET", "/api/rooms", api.Holding(policy.RoomsView), "Rooms", f.Rooms.List),
		api.Op("GET", "/api/rooms/counts", api.Holding(policy.RoomsView), "Rooms by health", f.Rooms.Counts),
		api.Op("GET", "/api/rooms/facets", api.Holding(policy.RoomsView), "What the rooms can be filtered by", f.Rooms.Facets),
		api.Op("GET", "/api/rooms/{id}", api.Holding(policy.RoomsView), "One room", f.Rooms.Get),
		api.Op("GET", "/api/rooms/{id}/devices", api.Holding(policy.RoomsView), "The devices of a room", f.Rooms.Devices),
		api.Op("GET", "/api/rooms/{id}/signals", api.Holding(policy.RoomsView), "The signals of a room", f.Rooms.Signals),

		api.Op("GET", "/api/incidents", api.Holding(policy.TicketsView), "Incidents", f.Incidents.List),
		api.Op("GET", "/api/incidents/counts", api.Holding(policy.TicketsView), "Incidents by state and severity", f.Incidents.Counts),
		api.Op("GET", "/api/incidents/facets", api.Holding(policy.TicketsView), "What the incidents can be filtered by", f.Incidents.Facets),
		api.Op("GET", "/api/incidents/{id}", api.Holding(policy.TicketsView), "One incident", f.Incidents.Get),
		api.Op("GET", "/api/incidents/{id}/history", api.Holding(policy.TicketsView), "What happened to an incident", f.Incidents.History),

		api.Op("GET", "/api/collect/customers", api.Holding(policy.RoomsView), "What collecting says of each customer", f.Collect.Customers),
		api.Op("GET", "/api/collect/runs", api.Holding(policy.RoomsView), "Collection runs", f.Collect.Runs),
		api.Op("POST", "/api/collect/runs", api.Holding(policy.RoomsView), "Collect a customer now", f.Collect.Now).Accepted(),

		api.Op("GET", "/api/partnership", api.CustomerMember(), "The own relation: consent, invitation, state", f.Customers.Partnership),
		api.Op("GET", "/api/partnership/partner", api.CustomerAdmin(), "Check the domain of a partner", f.Customers.CheckPartner),
		api.Op("GET", "/api/partnership/rooms", api.CustomerAdmin(), "The organisation's rooms, read now and never stored", f.Customers.OwnRooms),
		api.Op("POST", "/api/partnership/rooms/preview", api.CustomerAdmin(), "How many rooms a choice covers", f.Customers.Preview),
		api.Op("GET", "/api/partnership/invitations", api.CustomerAdmin(), "The invitations that were sent", f.Customers.Sent),
		api.Op("POST", "/api/partnership/invitations", api.CustomerAdmin(), "Invite the partner", f.Customers.Send).Creates(),
		api.Op("POST", "/api/partnership/invitations/{id}/withdraw", api.CustomerAdmin(), "Withdraw a pending invitation", f.Customers.Withdraw),
	}
}
