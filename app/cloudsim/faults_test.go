package cloudsim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"roomward/app/cloudsim"
)

func TestThrottling(t *testing.T) {
	c := start(t, smallWorld())
	c.SetFaults(northwind, cloudsim.Faults{Throttle: 2, RetryAfter: 7 * time.Second})
	for range 2 {
		status, h, body := c.graph(northwind, "/v1.0/organization")
		equal(t, http.StatusTooManyRequests, status)
		equal(t, "7", h.Get("Retry-After"))
		equal(t, "TooManyRequests", body["error"].(map[string]any)["code"])
	}
	status, _, _ := c.graph(northwind, "/v1.0/organization")
	equal(t, http.StatusOK, status, "the third is answered")
	status, _, _ = c.graph(litware, "/v1.0/organization")
	equal(t, http.StatusOK, status, "another tenant is not throttled")
	equal(t, 2, c.Requests(northwind)["throttled"])
	equal(t, 3, c.Requests(northwind)["organization"])

	// Outlook, behind places, sends another code, and some services send no Retry-After.
	c.SetFaults(northwind, cloudsim.Faults{Throttle: 1})
	status, h, body := c.graph(northwind, "/v1.0/places/microsoft.graph.room")
	equal(t, http.StatusTooManyRequests, status)
	equal(t, "", h.Get("Retry-After"))
	equal(t, "ApplicationThrottled", body["error"].(map[string]any)["code"])
}

func TestDevicesClosed(t *testing.T) {
	for _, tc := range []struct {
		name   string
		faults cloudsim.Faults
		status int
		code   string
	}{
		{"gone", cloudsim.Faults{DevicesGone: true}, http.StatusNotFound, "ResourceNotFound"},
		{"forbidden", cloudsim.Faults{DevicesForbidden: true}, http.StatusForbidden, "UnknownError"},
		{"broken", cloudsim.Faults{ServerErrors: 9}, http.StatusInternalServerError, "InternalServerError"},
		{"no permission given", cloudsim.Faults{NoRoles: true}, http.StatusForbidden, "Authorization_RequestDenied"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := start(t, smallWorld())
			device := "/beta/teamwork/devices/" + c.world.Tenants[0].Rooms[0].Devices[0].ID
			c.SetFaults(northwind, tc.faults)
			for _, path := range []string{"/beta/teamwork/devices", device, device + "/health"} {
				status, _, body := c.graph(northwind, path)
				equal(t, tc.status, status, path)
				equal(t, tc.code, body["error"].(map[string]any)["code"], path)
			}
			want := http.StatusOK
			if tc.faults.NoRoles {
				want = http.StatusForbidden
			}
			status, _, _ := c.graph(northwind, "/v1.0/places/microsoft.graph.room")
			equal(t, want, status, "places")
			c.SetFaults(northwind, cloudsim.Faults{})
			status, _, _ = c.graph(northwind, "/beta/teamwork/devices")
			equal(t, http.StatusOK, status, "after the fault")
		})
	}
}

func TestServerErrorsEnd(t *testing.T) {
	c := start(t, smallWorld())
	c.SetFaults(northwind, cloudsim.Faults{ServerErrors: 1})
	status, _, _ := c.graph(northwind, "/beta/teamwork/devices")
	equal(t, http.StatusInternalServerError, status)
	status, _, _ = c.graph(northwind, "/beta/teamwork/devices")
	equal(t, http.StatusOK, status)
}

func TestNotConsentedFault(t *testing.T) {
	c := start(t, smallWorld())
	_, token := c.appToken(northwind)
	c.SetFaults(northwind, cloudsim.Faults{NotConsented: true})
	status, body := c.appToken(northwind)
	equal(t, http.StatusBadRequest, status)
	equal(t, []any{700016.0}, body["error_codes"])
	status, _ = c.graphWith(token["access_token"].(string), "/v1.0/organization")
	equal(t, http.StatusUnauthorized, status, "a token from before")
	c.SetFaults(northwind, cloudsim.Faults{})
	status, _ = c.appToken(northwind)
	equal(t, http.StatusOK, status, "the consent itself was not touched")
}

// TestShapesOfTheDocumentation: the same facts, written as the documentation writes them.
func TestShapesOfTheDocumentation(t *testing.T) {
	c := start(t, smallWorld())
	device := "/beta/teamwork/devices/" + c.world.Tenants[0].Rooms[1].Devices[0].ID
	status, _, bare := c.graph(northwind, device+"/health")
	equal(t, http.StatusOK, status)
	equal(t, "connected", bare["connection"].(map[string]any)["connectionStatus"])

	c.SetFaults(northwind, cloudsim.Faults{Wrapped: true, PascalCase: true})
	_, _, wrapped := c.graph(northwind, device+"/health")
	notContains(t, wrapped, "connection")
	inner := wrapped["value"].(map[string]any)
	equal(t, "Connected", inner["connection"].(map[string]any)["connectionStatus"])
	_, _, one := c.graph(northwind, device)
	equal(t, "CollaborationBar", one["value"].(map[string]any)["deviceType"])
	_, _, list := c.graph(northwind, "/beta/teamwork/devices")
	equal(t, map[string]int{"TeamsRoom": 1, "TeamsPanel": 1, "CollaborationBar": 1}, column(rows(list), "deviceType"), "lists are never wrapped")
}

func TestNextLinks(t *testing.T) {
	c := start(t, demoWorld(t))
	contoso := c.world.FindTenant("contoso.example").ID
	const path = "/beta/teamwork/devices?$top=50"
	next := func() string {
		_, _, page := c.graph(contoso, path)
		return page["@odata.nextLink"].(string)
	}
	good := next()
	isTrue(t, strings.HasPrefix(good, c.URL()+"/graph/beta/teamwork/devices?"), good)
	contains(t, good, "$skiptoken=", "the dollar sign is not escaped")

	c.SetFaults(contoso, cloudsim.Faults{RelativeNextLinks: true})
	relative := next()
	isTrue(t, strings.HasPrefix(relative, "/teamwork/devices?"), relative)
	status, _, page := c.graph(contoso, "/beta"+relative)
	equal(t, http.StatusOK, status)
	isTrue(t, len(rows(page)) > 0)

	c.SetFaults(contoso, cloudsim.Faults{ForeignNextLinks: true})
	isTrue(t, strings.HasPrefix(next(), "https://graph.attacker.example/"))
}

func TestEmptyPlaces(t *testing.T) {
	c := start(t, smallWorld())
	c.SetFaults(northwind, cloudsim.Faults{EmptyPlaces: true})
	status, _, body := c.graph(northwind, "/v1.0/places/microsoft.graph.room")
	equal(t, http.StatusOK, status)
	equal(t, []any{}, body["value"])
	notContains(t, body, "@odata.nextLink")
}

func TestAddTenant(t *testing.T) {
	c := start(t, smallWorld())
	late := &cloudsim.Tenant{Name: "Late", Domains: []string{"late.example"}, Consented: true}
	noError(t, c.AddTenant(late))
	_, _, body := c.graph(late.ID, "/v1.0/organization")
	equal(t, "Late", rows(body)[0]["displayName"])
	isTrue(t, c.AddTenant(&cloudsim.Tenant{Name: "Twin", Domains: []string{"late.example"}}) != nil, "a domain belongs to one tenant")
}
