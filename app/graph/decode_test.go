package graph

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The traps of decoding. traps_test.go lists all traps and runs them.

func trapPascalCaseEnums(t *testing.T) {
	raw := string(example(t, "teamwork/devices.page1.json"))
	pascal := strings.NewReplacer(`"teamsRoom"`, `"TeamsRoom"`, `"collaborationBar"`, `"CollaborationBar"`, `"teamsPanel"`, `"TEAMSPANEL"`,
		`"healthy"`, `"Healthy"`, `"critical"`, `"Critical"`, `"nonUrgent"`, `"NonUrgent"`, `"idle"`, `"Idle"`, `"busy"`, `"Busy"`).Replace(raw)
	if pascal == raw {
		t.Fatal("nothing replaced")
	}
	if got, want := devicesOf(t, pascal), devicesOf(t, raw); !reflect.DeepEqual(got, want) {
		t.Errorf("PascalCase %+v\nschema     %+v", got, want)
	}

	healthy := string(example(t, "teamwork/health.update-available.json"))
	shouted := strings.NewReplacer(`"connected"`, `"Connected"`, `"unknown"`, `"Unknown"`, `"latest"`, `"Latest"`, `"updateAvailable"`, `"UpdateAvailable"`).Replace(healthy)
	a, _ := decodeHealth([]byte(healthy))
	b, _ := decodeHealth([]byte(shouted))
	if !reflect.DeepEqual(a, b) {
		t.Errorf("PascalCase %+v\nschema     %+v", b, a)
	}
}

func devicesOf(t *testing.T, page string) []Device {
	t.Helper()
	values, _, err := readPage(answer{body: []byte(page)})
	if err != nil {
		t.Fatal(err)
	}
	var all []Device
	for _, v := range values {
		d, ok := decodeDevice(v)
		if !ok {
			t.Fatalf("cannot use %s", v)
		}
		all = append(all, d)
	}
	return all
}

func trapWrappedSingleObjects(t *testing.T) {
	bareHealth := example(t, "teamwork/health.camera-and-display-disconnected.json")
	a, okA := decodeHealth(bareHealth)
	b, okB := decodeHealth([]byte(`{"value":` + string(bareHealth) + `}`))
	if !okA || !okB || !reflect.DeepEqual(a, b) {
		t.Errorf("wrapped %v %+v\nbare    %v %+v", okB, b, okA, a)
	}
	d, ok := decodeDevice([]byte(`{"value":{"id":"d1","deviceType":"sip"}}`))
	if !ok || d.ID != "d1" || d.Type != SIP {
		t.Errorf("device %v %+v", ok, d)
	}
}

func trapUnknownEnumValues(t *testing.T) {
	d, ok := decodeDevice([]byte(`{"id":"d1","deviceType":"hologram","healthStatus":"unknownFutureValue","activityState":7}`))
	if !ok || d.Type != DeviceUnknown || d.HealthStatus != HealthUnknown || d.ActivityState != ActivityUnknown {
		t.Errorf("%v %+v", ok, d)
	}
	r, ok := decodeRoom([]byte(`{"id":"r1","bookingType":"auction","teamsEnabledState":"unknownFutureValue"}`))
	if !ok || r.BookingType != BookingUnknown || r.TeamsEnabled != EnablementUnknown {
		t.Errorf("%v %+v", ok, r)
	}
	h, ok := decodeHealth([]byte(`{"connection":{"connectionStatus":"dreaming"},"softwareUpdateHealth":{"firmwareSoftwareUpdateStatus":{"softwareFreshness":"stale"}}}`))
	if !ok || h.Connection.State != StateUnknown || !h.Connection.Present || h.Firmware.Freshness != FreshnessUnknown || !h.Firmware.Present {
		t.Errorf("%v %+v", ok, h)
	}
}

func trapAllDeviceTypesOfTheSchema(t *testing.T) {
	for _, name := range []string{"unknown", "ipPhone", "teamsRoom", "surfaceHub", "collaborationBar", "teamsDisplay", "touchConsole", "lowCostPhone", "teamsPanel", "sip", "sipAnalog"} {
		d, _ := decodeDevice([]byte(`{"id":"d","deviceType":"` + strings.ToUpper(name[:1]) + name[1:] + `"}`))
		if string(d.Type) != name {
			t.Errorf("%s decodes as %s", name, d.Type)
		}
	}
}

func trapNulls(t *testing.T) {
	d, ok := decodeDevice([]byte(`{"id":"d1","deviceType":null,"hardwareDetail":null,"currentUser":null,"notes":null,"companyAssetTag":null,
		"healthStatus":null,"activityState":null,"createdBy":null,"createdDateTime":null,"lastModifiedDateTime":null}`))
	want := Device{ID: "d1", Type: DeviceUnknown, HealthStatus: HealthUnknown, ActivityState: ActivityUnknown}
	if !ok || !reflect.DeepEqual(d, want) {
		t.Errorf("%v %+v", ok, d)
	}
	d, _ = decodeDevice([]byte(`{"id":"d1","hardwareDetail":{"macAddresses":[null,"","A"]}}`))
	if !reflect.DeepEqual(d.MACs, []string{"A"}) {
		t.Errorf("addresses %q", d.MACs)
	}
	r, ok := decodeRoom([]byte(`{"id":"r1","address":null,"geoCoordinates":null,"tags":null,"capacity":null,"floorNumber":null,"emailAddress":null}`))
	if !ok || r.FloorNumber != nil || r.Latitude != nil || r.Capacity != 0 || r.Tags != nil {
		t.Errorf("%v %+v", ok, r)
	}
	h, ok := decodeHealth([]byte(`{"connection":{"connectionStatus":"connected"},"loginStatus":null,"peripheralsHealth":{"roomCameraHealth":null,"displayHealthCollection":null},"hardwareHealth":null,"softwareUpdateHealth":null}`))
	if !ok || h.RoomCamera.Present || h.RoomCamera.State != StateUnknown || h.Logins.Teams.Present || h.Displays != nil || h.Firmware.Present {
		t.Errorf("%v %+v", ok, h)
	}
}

func trapInvalidTimestampsOfTheDocumentation(t *testing.T) {
	for written, want := range map[string]time.Time{
		`"2021-06-19T12-01-03.45Z"`:            time.Date(2021, 6, 19, 12, 1, 3, 450e6, time.UTC),
		`"2021-06-19T12-01-03.45-05:00"`:       time.Date(2021, 6, 19, 17, 1, 3, 450e6, time.UTC),
		`"2026-11-20T09:10:04.185Z"`:           time.Date(2026, 11, 20, 9, 10, 4, 185e6, time.UTC),
		`"2026-11-20T09:10:04.1851234Z"`:       time.Date(2026, 11, 20, 9, 10, 4, 185123400, time.UTC),
		`"2026-11-20T10:10:04+01:00"`:          time.Date(2026, 11, 20, 9, 10, 4, 0, time.UTC),
		`"2026-11-20T09:14:31"`:                time.Date(2026, 11, 20, 9, 14, 31, 0, time.UTC),
		`"2026-11-20 09:14:31Z"`:               time.Date(2026, 11, 20, 9, 14, 31, 0, time.UTC),
		`"0001-01-01T00:00:00Z"`:               {},
		`"yesterday"`:                          {},
		`""`:                                   {},
		`null`:                                 {},
		`17`:                                   {},
		`{"dateTime":"2026-11-20T09:14:31"}`:   {},
		`"99999-01-01T00:00:00Z"`:              {},
		`"2026-13-20T09:14:31Z"`:               {},
		`"2026-11-20T09:14:31Z<script></src>"`: {},
	} {
		var m moment
		if err := json.Unmarshal([]byte(written), &m); err != nil || !m.Equal(want) || m.Location() != time.UTC {
			t.Errorf("%s reads as %v (%v), want %v", written, m.Time, err, want)
		}
	}
}

func trapUserObjectsWithExtraFields(t *testing.T) {
	d, ok := decodeDevice([]byte(`{"id":"d1","createdBy":{"user":{"id":"u9","displayName":"X","roles":[{"a":1}]}},"currentUser":{"@odata.type":"#x","id":"u1","displayName":"Room","userPrincipalName":"room@contoso.com","userIdentityType":"aadUser","more":{"deep":[1]}},"lastModifiedBy":[]}`))
	if !ok || d.UserID != "u1" || d.UserName != "Room" || d.UserPrincipalName != "room@contoso.com" {
		t.Errorf("%v %+v", ok, d)
	}
}

func trapPropertyOfAnotherShape(t *testing.T) {
	d, ok := decodeDevice([]byte(`{"id":"d1","hardwareDetail":["?"],"currentUser":null,"deviceType":"teamsRoom","notes":{"a":1},"companyAssetTag":17}`))
	if !ok || d.Type != TeamsRoom || d.Maker != "" || d.Notes != "" || d.AssetTag != "17" {
		t.Errorf("%v %+v", ok, d)
	}
	// What says where it belongs must be readable, or it would pass for a thing of nowhere.
	for _, user := range []string{`"room"`, `["room"]`, `7`} {
		if d, ok := decodeDevice([]byte(`{"id":"d1","currentUser":` + user + `}`)); ok {
			t.Errorf("%s: %+v", user, d)
		}
		if r, ok := decodeRoom([]byte(`{"id":"r1","address":` + user + `}`)); ok {
			t.Errorf("%s: %+v", user, r)
		}
	}
	if r, ok := decodeRoom([]byte(`{"id":"r1","address":null}`)); !ok || r.City != "" {
		t.Errorf("%v %+v", ok, r)
	}
	h, ok := decodeHealth([]byte(`{"peripheralsHealth":{"displayHealthCollection":{"isOptional":"true","connection":{"connectionStatus":"disconnected"}},"microphoneHealth":"ok","speakerHealth":{"connection":[]}}}`))
	if !ok || len(h.Displays) != 1 || !h.Displays[0].Optional || h.Displays[0].State != Disconnected || h.Microphone.Present || !h.Speaker.Present {
		t.Errorf("%v %+v", ok, h)
	}
}

func trapDisplaysKeepTheirPlace(t *testing.T) {
	h, ok := decodeHealth([]byte(`{"peripheralsHealth":{"displayHealthCollection":[null,{"isOptional":true,"connection":{"connectionStatus":"disconnected","lastModifiedDateTime":"2021-06-19T12-01-03.45Z"}}]}}`))
	want := []Part{{State: StateUnknown}, {Present: true, Optional: true, State: Disconnected, Since: time.Date(2021, 6, 19, 12, 1, 3, 450e6, time.UTC)}}
	if !ok || !reflect.DeepEqual(h.Displays, want) {
		t.Errorf("%v %+v", ok, h.Displays)
	}
}

// A body that reports on nothing must not pass for a device without faults.
func trapEmptyHealthIsNoHealth(t *testing.T) {
	for _, body := range []string{`{}`, `{"value":{}}`, `{"id":"d1"}`, `[]`, `null`, `"ok"`, `{"connection":null}`} {
		if h, ok := decodeHealth([]byte(body)); ok {
			t.Errorf("%s passes as %+v", body, h)
		}
		f := newFake(t, always(200, body))
		_, err := f.client().Health(t.Context(), tenantA, "d1")
		wantKind(t, err, BadAnswer)
	}
}

func trapOldRoomFields(t *testing.T) {
	r, ok := decodeRoom([]byte(`{"id":"r1","displayName":"Old","capacity":"50","floorNumber":"-1","isWheelchairAccessible":"true","isManaged":true,
		"displayDevice":"Wall","audioDevice":"Mic","videoDevice":"Cam","isTeamsEnabled":false,"geoCoordinates":{"latitude":"59.9","longitude":10}}`))
	if !ok || r.Capacity != 50 || *r.FloorNumber != -1 || !r.Wheelchair || r.DisplayDevice != "Wall" || r.AudioDevice != "Mic" ||
		r.VideoDevice != "Cam" || r.TeamsEnabled != Disabled || *r.Latitude != 59.9 || *r.Longitude != 10 {
		t.Errorf("%v %+v", ok, r)
	}
	r, _ = decodeRoom([]byte(`{"id":"r1","isTeamsEnabled":true,"teamsEnabledState":"disabled","displayDeviceName":"New","displayDevice":"Old"}`))
	if r.TeamsEnabled != Disabled || r.DisplayDevice != "New" {
		t.Errorf("the schema's field must win: %+v", r)
	}
}

func TestRoomFieldsOfTheSchema(t *testing.T) {
	values, _, err := readPage(answer{body: example(t, "places/rooms.page1.json")})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := decodeRoom(values[1])
	floor, latitude, longitude := 3, 59.9127, 10.7461
	want := Room{PlaceID: "080ed1a0-7b54-4995-85a5-000000000302", ID: "3162F1E1-C4C0-604B-51D8-000000000302", Email: "oslo-302@contoso.com",
		Name: "Oslo 302 Skog", Building: "Oslo HQ", FloorNumber: &floor, FloorLabel: "3", Label: "302", Capacity: 8, Street: "Storgata 1",
		City: "Oslo", State: "Oslo", PostalCode: "0155", Country: "NO", Latitude: &latitude, Longitude: &longitude, TeamsEnabled: Enabled,
		BookingType: BookingStandard, Wheelchair: true, Tags: []string{"whiteboard"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestDeviceFieldsOfTheSchema(t *testing.T) {
	got := devicesOf(t, string(example(t, "teamwork/devices.page2.json")))[0]
	want := Device{ID: "0f3ce432-e432-0f3c-32e4-000000000305", Type: CollaborationBar, HealthStatus: Offline, ActivityState: NotAvailable,
		UserID: "6ea91a8d-e32e-41a1-b7bd-000000000305", UserName: "Oslo 305 Dal", Serial: "2241FZ04M3B8", UniqueID: "5abcdefgh4",
		MACs: []string{"ETHERNET:00-1A-7D-DA-71-14"}, Maker: "Poly", Model: "StudioX52", AssetTag: "NWAV-0305",
		Created: time.Date(2025, 3, 2, 8, 11, 4, 185e6, time.UTC), Modified: time.Date(2026, 11, 20, 9, 14, 4, 185e6, time.UTC)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestHealthFieldsOfTheSchema(t *testing.T) {
	since := time.Date(2026, 11, 20, 8, 58, 4, 185e6, time.UTC)
	h, ok := decodeHealth(example(t, "teamwork/health.camera-and-display-disconnected.json"))
	if !ok {
		t.Fatal("reports on nothing")
	}
	part := func(optional bool, s State) Part {
		return Part{Present: true, Optional: optional, State: s, Since: since}
	}
	for name, c := range map[string]struct{ got, want Part }{
		"connection":     {h.Connection, part(false, Connected)},
		"teams":          {h.Logins.Teams, part(false, Connected)},
		"skype":          {h.Logins.Skype, part(false, StateUnknown)},
		"camera":         {h.RoomCamera, part(false, Disconnected)},
		"content camera": {h.ContentCamera, part(true, StateUnknown)},
		"speaker":        {h.Speaker, part(false, Connected)},
		"comm speaker":   {h.CommunicationSpeaker, part(false, Connected)},
		"microphone":     {h.Microphone, part(false, Connected)},
		"compute":        {h.Compute, part(false, Connected)},
		"hdmi":           {h.HDMI, part(false, Connected)},
	} {
		if c.got != c.want {
			t.Errorf("%s is %+v, want %+v", name, c.got, c.want)
		}
	}
	if !reflect.DeepEqual(h.Displays, []Part{part(false, Disconnected), part(true, Disconnected)}) {
		t.Errorf("displays %+v", h.Displays)
	}
	if h.CompanyPortal.Present || h.Firmware.Present || h.PartnerAgent.Present {
		t.Errorf("software that is null is present: %+v", h)
	}
	h, _ = decodeHealth(example(t, "teamwork/health.update-available.json"))
	if !h.TeamsClient.Present || h.TeamsClient.Freshness != UpdateAvailable || h.TeamsClient.Available == "" || h.OperatingSystem.Current != "10.0.22631.6060" ||
		h.AdminAgent.Freshness != Latest {
		t.Errorf("software %+v %+v %+v", h.TeamsClient, h.OperatingSystem, h.AdminAgent)
	}
}

func TestTextIsCleanedAndBounded(t *testing.T) {
	d, _ := decodeDevice([]byte(`{"id":" d1 ","notes":"a\u0000b\u001b[31m\nc","companyAssetTag":"` + strings.Repeat("é", 5000) + `"}`))
	if d.ID != "d1" || d.Notes != "ab[31m\nc" {
		t.Errorf("%q %q", d.ID, d.Notes)
	}
	if len(d.AssetTag) != maxText || strings.Trim(d.AssetTag, "é") != "" {
		t.Errorf("%d bytes: %q", len(d.AssetTag), d.AssetTag[len(d.AssetTag)-4:])
	}
}

func TestItemsWithoutIDMakeAListIncomplete(t *testing.T) {
	f := newFake(t, always(200, `{"value":[null,7,{"deviceType":"sip"},{"id":"d1"},{"id":"D1"},[]]}`))
	got, err := f.client().Devices(t.Context(), tenantA)
	if !Incomplete(err) || KindOf(err) != BadAnswer || len(got) != 1 || got[0].ID != "d1" {
		t.Errorf("%+v %v", got, err)
	}
	if !strings.Contains(f.log.String(), `"items":4`) {
		t.Errorf("the log does not say that 4 items were left out: %s", f.log.String())
	}
	f = newFake(t, always(200, `{"value":[{"displayName":"no id"}]}`))
	rooms, err := f.client().Rooms(t.Context(), tenantA)
	if wantKind(t, err, BadAnswer); Incomplete(err) || rooms != nil {
		t.Errorf("%v %v", rooms, err)
	}
	f = newFake(t, always(200, `{"value":[{"displayName":"no id"},{"placeId":"p1"}]}`))
	rooms, err = f.client().Rooms(t.Context(), tenantA)
	if wantKind(t, err, BadAnswer); !Incomplete(err) || len(rooms) != 1 {
		t.Errorf("%v %v", rooms, err)
	}
}

func TestRoomsAreNotDoubled(t *testing.T) {
	f := newFake(t, inTurn(
		always(200, `{"value":[{"placeId":"p1","id":"a"},{"placeId":"p2","id":"b"}],"@odata.nextLink":"https://graph.example/v1.0/places/microsoft.graph.room?$skip=2"}`),
		always(200, `{"value":[{"placeId":"P2","id":"moved"},{"placeId":"p3"}]}`)))
	got, err := f.client().Rooms(t.Context(), tenantA)
	if err != nil || len(got) != 3 {
		t.Errorf("%+v %v", got, err)
	}
}

// No answer that is not a list may pass for "there is nothing".
func TestNoListIsNotAnEmptyList(t *testing.T) {
	for _, body := range []string{``, `{}`, `{"value":null}`, `{"value":{}}`, `[]`, `<html>Sign in to the network</html>`, `{"value":[{"id":"a"}`, "null"} {
		f := newFake(t, always(http.StatusOK, body, "request-id", "r-77"))
		rooms, err := f.client().Rooms(t.Context(), tenantA)
		if e := wantKind(t, err, BadAnswer); e.RequestID != "r-77" || rooms != nil {
			t.Errorf("%q: %v %+v", body, rooms, e)
		}
	}
	f := newFake(t, always(200, string(example(t, "places/rooms.empty.json"))))
	if rooms, err := f.client().Rooms(t.Context(), tenantA); err != nil || rooms == nil || len(rooms) != 0 {
		t.Errorf("empty list: %v %v", rooms, err)
	}
}
