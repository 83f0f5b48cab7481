package cloudsim_test

import (
	"net/http"
	"testing"
	"time"

	"roomward/app/cloudsim"
)

// connection reads a connection of a health answer by its path.
func connectionAt(t *testing.T, health map[string]any, path ...string) (status string, since time.Time) {
	t.Helper()
	var at any = health
	for _, key := range path {
		switch v := at.(type) {
		case map[string]any:
			at = v[key]
		case []any:
			at = v[int(key[0]-'0')]
		}
	}
	c, is := at.(map[string]any)
	isTrue(t, is, path)
	if inner, has := c["connection"]; has {
		c = inner.(map[string]any)
	}
	since, err := time.Parse(time.RFC3339, c["lastModifiedDateTime"].(string))
	noError(t, err)
	return c["connectionStatus"].(string), since
}

func (c *cloud) health(tenant, device string) map[string]any {
	c.t.Helper()
	status, _, body := c.graph(tenant, "/beta/teamwork/devices/"+device+"/health")
	equal(c.t, http.StatusOK, status, body)
	return body
}

func (c *cloud) healthStatus(tenant, device string) string {
	c.t.Helper()
	status, _, body := c.graph(tenant, "/beta/teamwork/devices/"+device)
	equal(c.t, http.StatusOK, status, body)
	return body["healthStatus"].(string)
}

// TestCyclingSignal: cycle=90s/45s phase=20s is good until 20 s, bad until 65 s, good until 110 s, and so on.
func TestCyclingSignal(t *testing.T) {
	c := start(t, demoWorld(t))
	tenant := c.world.FindTenant("northwind.example")
	device := tenant.FindRoom("Harbour 4.08").Devices[0].ID
	began := c.clock.Now()
	at := time.Duration(0)
	for _, tc := range []struct {
		at    time.Duration
		bad   bool
		since time.Duration
	}{
		{0, false, -25 * time.Second}, {19 * time.Second, false, -25 * time.Second}, {20 * time.Second, true, 20 * time.Second},
		{64 * time.Second, true, 20 * time.Second}, {65 * time.Second, false, 65 * time.Second}, {109 * time.Second, false, 65 * time.Second},
		{110 * time.Second, true, 110 * time.Second}, {time.Hour + 155*time.Second, false, time.Hour + 155*time.Second},
	} {
		c.clock.Advance(tc.at - at)
		at = tc.at
		status, since := connectionAt(t, c.health(tenant.ID, device), "peripheralsHealth", "roomCameraHealth")
		want, health := "connected", "healthy"
		if tc.bad {
			want, health = "disconnected", "critical"
		}
		equal(t, want, status, tc.at)
		equal(t, began.Add(tc.since), since, tc.at)
		equal(t, health, c.healthStatus(tenant.ID, device), tc.at)
	}
}

// TestLastingSignals: one room of the demo for each kind of fault, and what Graph says of it.
func TestLastingSignals(t *testing.T) {
	c := start(t, demoWorld(t))
	for _, tc := range []struct {
		domain, room string
		path         []string
		status       string
		age          time.Duration
		health       string
	}{
		{"northwind.example", "Boardroom 12", []string{"loginStatus", "teamsConnection"}, "disconnected", 52 * time.Minute, "critical"},
		{"northwind.example", "Boardroom 12", []string{"peripheralsHealth", "roomCameraHealth"}, "disconnected", 48 * time.Hour, "critical"},
		{"northwind.example", "Harbour 4.02", []string{"peripheralsHealth", "displayHealthCollection", "0"}, "disconnected", 32 * time.Minute, "critical"},
		{"northwind.example", "Harbour 4.05", []string{"loginStatus", "exchangeConnection"}, "disconnected", 44 * time.Minute, "critical"},
		{"northwind.example", "Harbour 5.01", []string{"connection"}, "disconnected", 5 * time.Hour, "offline"},
		{"northwind.example", "Harbour 5.01", []string{"loginStatus", "teamsConnection"}, "unknown", 5 * time.Hour, "offline"},
		{"northwind.example", "Harbour 5.03", []string{"connection"}, "unknown", 24 * time.Hour, "unknown"},
		{"northwind.example", "Harbour 3.07", []string{"peripheralsHealth", "communicationSpeakerHealth"}, "disconnected", 25 * time.Minute, "critical"},
		{"adatum.example", "Auditorium", []string{"peripheralsHealth", "contentCameraHealth"}, "disconnected", 30 * time.Hour, "critical"},
		{"wingtip.example", "Gallery", []string{"hardwareHealth", "hdmiIngestHealth"}, "disconnected", 40 * time.Minute, "critical"},
		{"alpine.example", "Summit Room", []string{"hardwareHealth", "computeHealth"}, "disconnected", 240 * time.Hour, "critical"},
		{"trey.example", "Kontor 9", []string{"peripheralsHealth", "displayHealthCollection", "1"}, "disconnected", 5 * time.Hour, "nonUrgent"},
	} {
		tenant := c.world.FindTenant(tc.domain)
		device := tenant.FindRoom(tc.room).Devices[0].ID
		status, since := connectionAt(t, c.health(tenant.ID, device), tc.path...)
		equal(t, tc.status, status, tc.room, tc.path)
		equal(t, c.clock.Now().Add(-tc.age), since, tc.room, tc.path)
		equal(t, tc.health, c.healthStatus(tenant.ID, device), tc.room)
	}

	update := func(domain, room string, nth int, part string) map[string]any {
		tenant := c.world.FindTenant(domain)
		return c.health(tenant.ID, tenant.FindRoom(room).Devices[nth].ID)["softwareUpdateHealth"].(map[string]any)[part].(map[string]any)
	}
	os := update("northwind.example", "Harbour 1.01", 0, "operatingSystemSoftwareUpdateStatus")
	equal(t, "updateAvailable", os["softwareFreshness"])
	isTrue(t, os["availableVersion"] != os["currentVersion"] && os["availableVersion"] != nil, os)
	equal(t, "latest", update("northwind.example", "Harbour 1.01", 0, "teamsClientSoftwareUpdateStatus")["softwareFreshness"])
	equal(t, nil, update("northwind.example", "Harbour 1.01", 0, "teamsClientSoftwareUpdateStatus")["availableVersion"])
	equal(t, "updateAvailable", update("contoso.example", "Meridian East", 0, "operatingSystemSoftwareUpdateStatus")["softwareFreshness"])
	equal(t, "updateAvailable", update("wingtip.example", "Depot Ferry", 1, "firmwareSoftwareUpdateStatus")["softwareFreshness"], "of the console")
	equal(t, "latest", update("wingtip.example", "Depot Ferry", 0, "firmwareSoftwareUpdateStatus")["softwareFreshness"], "of the bar")
}

func TestBreakAndMend(t *testing.T) {
	c := start(t, smallWorld())
	const room = "br12@northwind.example"
	device := c.world.Tenants[0].Rooms[0].Devices[0].ID
	equal(t, "healthy", c.healthStatus(northwind, device))

	c.clock.Advance(time.Minute)
	broken := c.clock.Now()
	noError(t, c.Break(northwind, room, cloudsim.Microphone))
	c.clock.Advance(time.Minute)
	equal(t, "critical", c.healthStatus(northwind, device))
	status, since := connectionAt(t, c.health(northwind, device), "peripheralsHealth", "microphoneHealth")
	equal(t, "disconnected", status)
	equal(t, broken, since)

	mended := c.clock.Now()
	noError(t, c.Mend(northwind, room, cloudsim.Microphone))
	c.clock.Advance(time.Hour)
	equal(t, "healthy", c.healthStatus(northwind, device))
	status, since = connectionAt(t, c.health(northwind, device), "peripheralsHealth", "microphoneHealth")
	equal(t, "connected", status)
	equal(t, mended, since)

	isTrue(t, c.Break(northwind, "store@northwind.example", cloudsim.Offline) != nil, "a room without a device")
	isTrue(t, c.Break(northwind, room, cloudsim.ContentCamera) != nil, "a signal that no device of the room has")
	isTrue(t, c.Break(northwind, "nowhere@northwind.example", cloudsim.Offline) != nil)
}

// TestNothingChangesWhereNothingHappens: between two looks, a tenant without cycling faults answers the same.
func TestNothingChangesWhereNothingHappens(t *testing.T) {
	c := start(t, demoWorld(t))
	look := func(domain string) []map[string]any {
		devices, _ := c.walk(c.world.FindTenant(domain).ID, "/beta/teamwork/devices?$top=50")
		return devices
	}
	calm, lively := look("fourthcoffee.example"), look("northwind.example")
	for range 4 {
		c.clock.Advance(30 * time.Second)
		equal(t, calm, look("fourthcoffee.example"))
	}
	changed := 0
	for i, d := range look("northwind.example") {
		if d["lastModifiedDateTime"] != lively[i]["lastModifiedDateTime"] {
			changed++
		}
	}
	isTrue(t, changed > 0 && changed <= 7, "changed devices:", changed)
}

// TestConsolesHaveNoPeripherals: only the room's system reports cameras and screens.
func TestConsolesHaveNoPeripherals(t *testing.T) {
	c := start(t, smallWorld())
	panel := c.world.Tenants[0].Rooms[0].Devices[1]
	equal(t, "teamsPanel", panel.Kind)
	health := c.health(northwind, panel.ID)
	equal(t, nil, health["peripheralsHealth"])
	equal(t, nil, health["hardwareHealth"])
	status, _, _ := c.graph(litware, "/beta/teamwork/devices/"+panel.ID+"/health")
	equal(t, http.StatusNotFound, status, "another tenant's device")
}

// TestChangesWhileClientsRead is for the race detector: the world changes under requests, and every answer is whole.
func TestChangesWhileClientsRead(t *testing.T) {
	c := start(t, smallWorld())
	const room = "br12@northwind.example"
	done := make(chan error, 1)
	go func() {
		for range 50 {
			for _, change := range []func() error{
				func() error { return c.Break(northwind, room, cloudsim.Offline) },
				func() error { return c.RenameRoom(northwind, room, "Boardroom Twelve") },
				func() error { return c.Mend(northwind, room, cloudsim.Offline) },
				func() error { return c.SetRoomBuilding(northwind, room, "GB", "London", "Harbour Tower") },
				func() error {
					return c.AddRoom(northwind, cloudsim.Room{Name: "Late", Email: "late@northwind.example"})
				},
				func() error { return c.RemoveRoom(northwind, "late@northwind.example") },
			} {
				if err := change(); err != nil {
					done <- err
					return
				}
			}
		}
		done <- nil
	}()
	for range 20 {
		rooms, _ := c.walk(northwind, "/v1.0/places/microsoft.graph.room")
		isTrue(t, len(rooms) == 3 || len(rooms) == 4, len(rooms))
		devices, _ := c.walk(northwind, "/beta/teamwork/devices")
		equal(t, 3, len(devices))
	}
	noError(t, <-done)
}
