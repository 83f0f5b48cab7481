package cloudsim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"roomward/app/cloudsim"
)

// walk follows next links to the end and returns all rows and the number of pages.
func (c *cloud) walk(tenant, path string, headers ...string) (all []map[string]any, pages int) {
	c.t.Helper()
	for path != "" {
		status, _, page := c.graph(tenant, path, headers...)
		equal(c.t, http.StatusOK, status, page)
		all = append(all, rows(page)...)
		pages++
		isTrue(c.t, pages < 200, "next links without end")
		path, _ = page["@odata.nextLink"].(string)
	}
	return all, pages
}

// column counts the values of a property.
func column(all []map[string]any, name string) map[string]int {
	seen := map[string]int{}
	for _, row := range all {
		seen[row[name].(string)]++
	}
	return seen
}

// TestPagingCoversEverythingOnce: rooms, devices and users of the biggest customer, with several page sizes.
func TestPagingCoversEverythingOnce(t *testing.T) {
	c := start(t, demoWorld(t))
	northwind := c.world.FindTenant("northwind.example")
	addresses, devices := map[string]int{}, map[string]int{}
	for _, r := range northwind.Rooms {
		addresses[r.Email] = 1
		for _, d := range r.Devices {
			devices[d.ID] = 1
		}
	}
	users := map[string]int{}
	for address := range addresses {
		users[address] = 1
	}
	for _, p := range northwind.People {
		users[p.UPN] = 1
	}
	pages := func(rows, size int) int { return (rows + size - 1) / size }
	for _, tc := range []struct {
		path, key string
		want      map[string]int
		pages     int
	}{
		{"/v1.0/places/microsoft.graph.room", "emailAddress", addresses, 3},
		{"/v1.0/places/microsoft.graph.room?$top=240", "emailAddress", addresses, 1},
		{"/v1.0/places/microsoft.graph.room?$top=7&$select=id,emailAddress", "emailAddress", addresses, 35},
		{"/beta/teamwork/devices", "id", devices, pages(len(devices), 20)},
		{"/beta/teamwork/devices?$top=50", "id", devices, pages(len(devices), 50)},
		{"/v1.0/users?$top=100&$select=userPrincipalName", "userPrincipalName", users, 3},
	} {
		t.Run(tc.path, func(t *testing.T) {
			all, pages := c.walk(northwind.ID, tc.path)
			equal(t, tc.want, column(all, tc.key))
			equal(t, tc.pages, pages)
		})
	}
}

func TestPagingRefusals(t *testing.T) {
	c := start(t, smallWorld())
	for _, tc := range []struct{ path, says string }{
		{"/beta/teamwork/devices?$top=51", "limit of '50'"},
		{"/beta/teamwork/devices?$skip=1", "'$skip' is not supported"},
		{"/beta/teamwork/devices?$skiptoken=guess", "Skip token is invalid"},
		{"/beta/teamwork/devices?$filter=" + url.QueryEscape("healthStatus eq 'offline'"), "Could not find a property named 'healthStatus'"},
		{"/v1.0/places/microsoft.graph.room?$top=0", "non-negative"},
		{"/v1.0/places/microsoft.graph.room?$skip=-1", "$skip"},
		{"/v1.0/users?$filter=" + url.QueryEscape("jobTitle eq 'x'"), "Unsupported or invalid query filter clause"},
		{"/v1.0/users?$search=" + url.QueryEscape(`"displayName:kim"`), "ConsistencyLevel"},
	} {
		t.Run(tc.path, func(t *testing.T) {
			status, _, body := c.graph(northwind, tc.path)
			equal(t, http.StatusBadRequest, status)
			message := body["error"].(map[string]any)["message"].(string)
			contains(t, message, tc.says)
		})
	}
}

// TestGraphTokens: every answer is for the tenant of the token, and only for good tokens.
func TestGraphTokens(t *testing.T) {
	c := start(t, smallWorld())
	_, token := c.appToken(northwind)
	good := token["access_token"].(string)
	status, body := c.graphWith(good, "/v1.0/organization")
	equal(t, http.StatusOK, status)
	equal(t, northwind, rows(body)[0]["id"])

	for name, text := range map[string]string{"none": "", "nonsense": "x.y.z", "another signature": good[:len(good)-4] + "AAAA"} {
		status, body = c.graphWith(text, "/v1.0/organization")
		equal(t, http.StatusUnauthorized, status, name)
		equal(t, "InvalidAuthenticationToken", body["error"].(map[string]any)["code"], name)
	}
	c.clock.Advance(time.Hour)
	status, body = c.graphWith(good, "/v1.0/organization")
	equal(t, http.StatusUnauthorized, status)
	contains(t, body["error"].(map[string]any)["message"].(string), "expired")

	status, _, body = c.graph(northwind, "/v1.0/teamwork/devices")
	equal(t, http.StatusNotFound, status, "devices are in beta only")
	equal(t, "ResourceNotFound", body["error"].(map[string]any)["code"])
	inner := body["error"].(map[string]any)["innerError"].(map[string]any)
	for _, key := range []string{"date", "request-id", "client-request-id"} {
		contains(t, inner, key)
	}
}

func TestOrganizationAndTenantInformation(t *testing.T) {
	c := start(t, smallWorld())
	_, _, body := c.graph(northwind, "/v1.0/organization")
	org := rows(body)
	equal(t, 1, len(org))
	equal(t, "Northwind Traders", org[0]["displayName"])
	domains := org[0]["verifiedDomains"].([]any)
	equal(t, 2, len(domains))
	equal(t, "northwind.example", domains[0].(map[string]any)["name"])
	equal(t, true, domains[0].(map[string]any)["isDefault"])

	for _, path := range []string{
		"/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='woodgrove.example')",
		"/v1.0/tenantRelationships/findTenantInformationByTenantId(tenantId='" + woodgrove + "')",
	} {
		status, _, found := c.graph(litware, path)
		equal(t, http.StatusOK, status, "told of tenants without consent too")
		equal(t, woodgrove, found["tenantId"])
		equal(t, "Woodgrove Bank", found["displayName"])
	}
	for _, path := range []string{
		"/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='nobody.example')",
		"/v1.0/tenantRelationships/findTenantInformationByTenantId(tenantId='woodgrove.example')",
	} {
		status, _, _ := c.graph(litware, path)
		equal(t, http.StatusNotFound, status)
	}
}

func TestPlaces(t *testing.T) {
	c := start(t, demoWorld(t))
	tenant := c.world.FindTenant("northwind.example")
	heron := tenant.FindRoom("Quayside Annex 1.04 Heron")
	for _, id := range []string{heron.ID, heron.PlaceID, heron.Email} {
		status, _, room := c.graph(tenant.ID, "/v1.0/places/"+id)
		equal(t, http.StatusOK, status)
		equal(t, "Quayside Annex 1.04 Heron", room["displayName"])
		equal(t, "Quayside Annex", room["building"])
		equal(t, 1.0, room["floorNumber"])
		address := room["address"].(map[string]any)
		equal(t, "GB", address["countryOrRegion"])
		equal(t, "14 Narrow Quay", address["street"])
	}
	buildings, _ := c.walk(tenant.ID, "/v1.0/places/microsoft.graph.building")
	equal(t, 8, len(buildings))
	floors, _ := c.walk(tenant.ID, "/v1.0/places/microsoft.graph.floor")
	known := column(buildings, "id")
	for _, f := range floors {
		contains(t, []any{1}, known[f["parentId"].(string)], f)
	}
	bare, _ := c.walk(tenant.ID, "/v1.0/places/microsoft.graph.room?$select=displayName,teamsEnabledState")
	equal(t, 2, len(bare[0]), "only what was selected:", bare[0])

	status, _, _ := c.graph(c.world.FindTenant("contoso.example").ID, "/v1.0/places/"+heron.PlaceID)
	equal(t, http.StatusNotFound, status, "another tenant's room")

	// A mailbox that was changed keeps its lasting id.
	noError(t, c.RenameRoom(tenant.ID, heron.Email, "Quayside Annex 1.04 Ibis"))
	noError(t, c.SetRoomBuilding(tenant.ID, heron.Email, "GB", "Edinburgh", "Waverley House"))
	_, _, room := c.graph(tenant.ID, "/v1.0/places/"+heron.PlaceID)
	equal(t, "Quayside Annex 1.04 Ibis", room["displayName"])
	equal(t, "Waverley House", room["building"])
	noError(t, c.RemoveRoom(tenant.ID, heron.Email))
	status, _, _ = c.graph(tenant.ID, "/v1.0/places/"+heron.PlaceID)
	equal(t, http.StatusNotFound, status)
	rooms, _ := c.walk(tenant.ID, "/v1.0/places/microsoft.graph.room")
	equal(t, 239, len(rooms))
	noError(t, c.AddRoom(tenant.ID, cloudsim.Room{Name: "Quayside Annex 5.01 Puffin", Email: "puffin@northwind.example", Building: "Quayside Annex", City: "Bristol"}))
	isTrue(t, c.AddRoom(tenant.ID, cloudsim.Room{Name: "Again", Email: "puffin@northwind.example"}) != nil)
	rooms, _ = c.walk(tenant.ID, "/v1.0/places/microsoft.graph.room")
	equal(t, 1, column(rooms, "displayName")["Quayside Annex 5.01 Puffin"])
}

// TestRoomAccounts: a room, its account and its devices are joined by the account's object id.
func TestRoomAccounts(t *testing.T) {
	c := start(t, demoWorld(t))
	tenant := c.world.FindTenant("northwind.example")
	room := tenant.FindRoom("Boardroom 12")
	filter := "/v1.0/users?$select=id,mail&$filter=" + url.QueryEscape("mail in ('br12@northwind.example','nobody@northwind.example')")
	_, _, body := c.graph(tenant.ID, filter)
	equal(t, 1, len(rows(body)))
	equal(t, room.AccountID, rows(body)[0]["id"])

	devices, _ := c.walk(tenant.ID, "/beta/teamwork/devices?$filter="+url.QueryEscape("currentUser/id eq '"+room.AccountID+"'"))
	equal(t, len(room.Devices), len(devices))
	equal(t, 3, len(devices))
	equal(t, map[string]int{"collaborationBar": 1, "touchConsole": 1, "teamsPanel": 1}, column(devices, "deviceType"))

	many := strings.Repeat("mail eq 'a@northwind.example' or ", 15) + "mail eq 'b@northwind.example'"
	status, _, _ := c.graph(tenant.ID, "/v1.0/users?$filter="+url.QueryEscape(many))
	equal(t, http.StatusBadRequest, status, "at most 15 alternatives")
}

func TestSubscribedSkus(t *testing.T) {
	c := start(t, smallWorld())
	_, _, body := c.graph(northwind, "/v1.0/subscribedSkus")
	equal(t, "Microsoft_Teams_Rooms_Pro", rows(body)[0]["skuPartNumber"])
	equal(t, 2.0, rows(body)[0]["consumedUnits"], "rooms with a device")
}
