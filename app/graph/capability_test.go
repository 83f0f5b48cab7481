package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const roomAccount = "6ea91a8d-e32e-41a1-b7bd-000000000301"

// Each probe is one request for one thing, and never a list.
func TestProbesAskOnce(t *testing.T) {
	for what, want := range map[Capability]string{
		CanDirectory: "GET https://graph.example/v1.0/users?$top=1&$select=id",
		CanPlaces:    "GET https://graph.example/v1.0/places/microsoft.graph.room?$top=1",
		CanDevices:   "GET https://graph.example/beta/teamwork/devices?$top=1",
		CanHealth:    "GET https://graph.example/beta/teamwork/devices/" + roomAccount + "/health",
		CanPresence:  "POST https://graph.example/v1.0/communications/getPresencesByUserId",
		CanIntune:    "GET https://graph.example/v1.0/deviceManagement/managedDevices?$top=1&$select=id",
	} {
		body := `{"value":[],"@odata.nextLink":"https://graph.example/v1.0/more"}`
		if what == CanHealth {
			body = string(example(t, "teamwork/health.healthy.json"))
		}
		f := newFake(t, always(http.StatusOK, body))
		if err := f.client().Probe(t.Context(), tenantA, what, roomAccount); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if got := f.requests(); len(got) != 1 || got[0] != want {
			t.Errorf("%s asked %v, want %s", what, got, want)
		}
	}
}

// Nothing is tried that changes something, that nobody uses, or that needs something there is not.
func TestProbesThatAskNothing(t *testing.T) {
	f := newFake(t, always(http.StatusOK, `{"value":[]}`))
	for what, subject := range map[Capability]string{CanRestart: roomAccount, CanCallRecords: "", CanServiceHealth: "", CanHealth: "", CanPresence: "", "nonsense": ""} {
		if err := f.client().Probe(t.Context(), tenantA, what, subject); !errors.Is(err, ErrNothingToTry) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := f.requests(); len(got) > 0 {
		t.Errorf("asked %v", got)
	}
}

func TestProbesSayWhatIsMissing(t *testing.T) {
	for name, tc := range map[string]struct {
		what       Capability
		roles      []string
		status     int
		body       string
		kind       Kind
		words      string
		unlicensed bool
	}{
		"no permission":    {CanPresence, allRoles, 403, "", PermissionMissing, "Presence.Read.All", false},
		"refused":          {CanPresence, []string{"Presence.Read.All"}, 403, `{"error":{"code":"UnknownError","message":""}}`, Forbidden, "HTTP 403, UnknownError", false},
		"gone for devices": {CanDevices, allRoles, 410, `{"error":{"code":"Gone","message":"x"}}`, Gone, "HTTP 410, Gone", false},
		"retired in words": {CanDevices, allRoles, 403, `{"error":{"code":"Forbidden","message":"This API has been retired."}}`, Gone, "HTTP 403, Forbidden", false},
		"no Intune":        {CanIntune, []string{"DeviceManagementManagedDevices.Read.All"}, 400, string(example(t, "intune/managedDevices.notSubscribed.json")), BadRequest, "HTTP 400, BadRequest, request 3a3b1bf7-3596-4493-8264-de81e028071f", true},
		"to be paid":       {CanDevices, allRoles, 402, `{}`, Forbidden, "HTTP 402", true},
		"no licence":       {CanDevices, allRoles, 403, `{"error":{"code":"Forbidden","message":"Tenant has no license for Teams Rooms Pro"}}`, Forbidden, "HTTP 403, Forbidden", true},
		"gone for Intune":  {CanIntune, []string{"DeviceManagementManagedDevices.Read.All"}, 404, `{}`, Gone, "HTTP 404", false},
		"not one place":    {CanPlaces, allRoles, 404, `{}`, NotFound, "HTTP 404", false},
		"no list":          {CanDirectory, allRoles, 200, `{"value":null}`, BadAnswer, "HTTP 200", false},
	} {
		f := newFake(t, always(tc.status, tc.body))
		f.roles = tc.roles
		err := f.client().Probe(t.Context(), tenantA, tc.what, roomAccount)
		if KindOf(err) != tc.kind || Words(err) != tc.words || Unlicensed(err) != tc.unlicensed {
			t.Errorf("%s: kind %s, words %q, unlicensed %v", name, KindOf(err), Words(err), Unlicensed(err))
		}
	}
	if Words(io.EOF) != "" || Unlicensed(io.EOF) || Unlicensed(nil) {
		t.Error("foreign errors have no words of Microsoft's")
	}
}

func TestNeeds(t *testing.T) {
	var asked []string
	for _, n := range Needs() {
		if len(n.Permissions) == 0 || !n.Given(n.Permissions[:1]) || n.Given(nil) {
			t.Errorf("%+v", n)
		}
		if n.Used {
			asked = append(asked, n.Permissions[0])
		}
	}
	if slices.Contains(asked, "CallRecords.Read.All") || slices.Contains(asked, "ServiceHealth.Read.All") {
		t.Error("asks for what nobody uses")
	}
}

// Accounts are asked for 650 at a time; what was not asked for, and what comes twice, is left out.
func TestPresences(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(example(t, "presence/getPresencesByUserId.json"))
	})
	f.roles = []string{"Presence.Read.All"}
	ids := []string{strings.ToUpper(roomAccount), "6ea91a8d-e32e-41a1-b7bd-000000000306"}
	for n := range 649 {
		ids = append(ids, fmt.Sprintf("6ea91a8d-e32e-41a1-b7bd-%012d", 5000+n))
	}
	found, err := f.client().Presences(t.Context(), tenantA, ids)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].Availability != Available || !found[1].InCall() {
		t.Errorf("found %+v", found)
	}
	var sizes []int
	for _, b := range f.bodies {
		var body struct{ IDs []string }
		if err := json.Unmarshal([]byte(b), &body); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(body.IDs))
	}
	if !slices.Equal(sizes, []int{650, 1}) {
		t.Errorf("asked for %v at once", sizes)
	}
	if _, err := f.client().Presences(t.Context(), tenantA, []string{"oslo301@contoso.com"}); KindOf(err) != BadRequest {
		t.Errorf("a name: %v", err)
	}
}

// Only the devices of rooms are asked for and kept: Intune knows everybody's laptops.
func TestManagedDevices(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(example(t, "intune/managedDevices.json")) })
	f.roles = []string{"DeviceManagementManagedDevices.Read.All"}
	by := ManagedBy{UPNs: []string{"Oslo301@contoso.com", "o'hara@contoso.com", "Oslo301@contoso.com"}, Serials: []string{"4711", ""}}
	found, err := f.client().ManagedDevices(t.Context(), tenantA, by)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].Model != "ThinkSmart Core" || found[1].Serial != "4711" {
		t.Errorf("found %+v", found)
	}
	asked, err := url.QueryUnescape(f.requests()[0])
	if err != nil || !strings.Contains(asked, "$filter=userPrincipalName eq 'Oslo301@contoso.com' or userPrincipalName eq 'o''hara@contoso.com' or serialNumber eq '4711'&$select=id,deviceName") {
		t.Errorf("asked %s", asked)
	}
	before := len(f.requests())
	if none, err := f.client().ManagedDevices(t.Context(), tenantA, ManagedBy{}); err != nil || len(none) > 0 || len(f.requests()) != before {
		t.Errorf("nothing to look for: %v, %v, %v", none, err, f.requests()[before:])
	}
}
