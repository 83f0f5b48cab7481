package graph

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reader decodes one example body and says in a line what it found, so that an empty decoding cannot pass.
type reader func(t *testing.T, c *Client, status int, body []byte) string

// TestExamplesDecode walks testdata/graph/index.json: every body that this client can meet decodes to the expected facts, and
// every other file has a reason why it is not this client's.
func TestExamplesDecode(t *testing.T) {
	type entry struct {
		File   string `json:"file"`
		Status int    `json:"status"`
	}
	var index []entry
	if err := json.Unmarshal(example(t, "index.json"), &index); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		read reader
		want string // facts, or the reason why there is no reader
	}{
		"entra/openid-configuration.organizations.json":     {discovery, "bad-answer"},
		"entra/openid-configuration.tenant.commercial.json": {discovery, "b1c2d3e4-1111-4a2b-8c3d-0123456789ab EU  microsoftonline.com government="},
		"entra/openid-configuration.tenant.gcc.json":        {discovery, "c2d3e4f5-2222-4b3c-9d4e-123456789abc NA GCC microsoftonline.com government=GCC"},
		"entra/openid-configuration.tenant.gcchigh.json":    {discovery, "d3e4f506-3333-4c4d-8e5f-23456789abcd USGov DODCON microsoftonline.us government=GCC High"},
		"entra/openid-configuration.tenant.dod.json":        {discovery, "e4f50617-4444-4d5e-9f60-3456789abcde USGov DOD microsoftonline.us government=DoD"},
		"entra/token.client_credentials.ok.json":            {tokenAnswer, "Place.Read.All"},
		"entra/token.error.700016.json":                     {loginFailure, "not-consented 700016 unauthorized_client 0000aaaa-11bb-cccc-dd22-eeeeee333333"},
		"entra/token.error.7000215.json":                    {loginFailure, "secret-invalid 7000215 invalid_client 0000aaaa-11bb-cccc-dd22-eeeeee333333"},
		"entra/token.error.7000222.json":                    {loginFailure, "secret-expired 7000222 invalid_client 0000aaaa-11bb-cccc-dd22-eeeeee333333"},
		"entra/token.error.700027.json":                     {loginFailure, "assertion-invalid 700027 invalid_client 0000aaaa-11bb-cccc-dd22-eeeeee333333"},
		"entra/token.error.7000112.json":                    {loginFailure, "app-disabled 7000112 unauthorized_client 0000aaaa-11bb-cccc-dd22-eeeeee333333"},
		"entra/token.error.90002.json":                      {loginFailure, "tenant-unknown 90002 invalid_request 0000aaaa-11bb-cccc-dd22-eeeeee333333"},
		"entra/token.error.900382.json":                     {loginFailure, "wrong-cloud 900382 invalid_request 0000aaaa-11bb-cccc-dd22-eeeeee333333"},
		"entra/token.error.65001.json":                      {loginFailure, "not-consented 65001 invalid_grant 0000aaaa-11bb-cccc-dd22-eeeeee333333"},
		"entra/token.error.70011.json":                      {loginFailure, "bad-request 70011 invalid_scope 0000aaaa-11bb-cccc-dd22-eeeeee333333"},
		"entra/token.error.53003.json":                      {loginFailure, "conditional-access 53003 invalid_grant 0000aaaa-11bb-cccc-dd22-eeeeee333333"},
		"entra/token.error.90055.json":                      {loginFailure, "throttled 90055 temporarily_unavailable 0000aaaa-11bb-cccc-dd22-eeeeee333333"},
		"entra/jwks.shape.json":                             {nil, "the keys of ID tokens are read by go-oidc in app/signin"},
		"entra/adminconsent.callback.json":                  {nil, "a query string, read by app/signin"},
		"entra/id_token.claims.groups.json":                 {nil, "claims of an ID token, read by app/signin"},
		"entra/id_token.claims.overage.json":                {nil, "claims of an ID token, read by app/signin"},
		"entra/id_token.claims.guest.json":                  {nil, "claims of an ID token, read by app/signin"},

		"places/rooms.page1.json":                              {roomsPage, "Oslo 301 Fjord|Oslo 302 Skog|Oslo 303 Elv|Oslo 304 Bre next"},
		"places/rooms.page2.json":                              {roomsPage, "Oslo 305 Dal|Oslo 306 Vidde"},
		"places/rooms.empty.json":                              {roomsPage, ""},
		"places/roomlist.rooms.json":                           {roomsPage, "Oslo 301 Fjord|Oslo 302 Skog"},
		"places/roomlists.json":                                {nil, "room lists are not asked for: buildings come with the rooms"},
		"places/buildings.json":                                {nil, "buildings are not asked for: they come with the rooms"},
		"places/floors.json":                                   {nil, "floors are not asked for: they come with the rooms"},
		"places/sections.json":                                 {nil, "sections are not asked for"},
		"teamwork/devices.page1.json":                          {devicesPage, "teamsRoom healthy Logitech|teamsRoom critical Lenovo|collaborationBar nonUrgent Yealink|teamsPanel healthy Crestron next"},
		"teamwork/devices.page2.json":                          {devicesPage, "collaborationBar offline Poly|surfaceHub healthy Microsoft"},
		"teamwork/health.healthy.json":                         {healthAnswer, "connected camera=connected displays=2 exchange=connected app=latest 5.4.152.0"},
		"teamwork/health.camera-and-display-disconnected.json": {healthAnswer, "connected camera=disconnected displays=2 exchange=connected app=latest 5.4.152.0"},
		"teamwork/health.update-available.json":                {healthAnswer, "connected camera=connected displays=2 exchange=connected app=updateAvailable 5.4.152.0"},
		"teamwork/health.offline.json":                         {healthAnswer, "disconnected camera=unknown displays=2 exchange=unknown app=latest 5.4.152.0"},
		"teamwork/health.exchange-signin-failed.json":          {healthAnswer, "connected camera=connected displays=2 exchange=disconnected app=latest 5.4.152.0"},
		"teamwork/activity.json":                               {nil, "activity is not asked for: health says the same of peripherals"},
		"teamwork/configuration.json":                          {nil, "configuration is not asked for"},
		"teamwork/operation.queued.json":                       {operationAnswer, "waiting deviceRestart 0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b "},
		"teamwork/operation.inprogress.json":                   {operationAnswer, "running deviceRestart 0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b "},
		"teamwork/operation.successful.json":                   {operationAnswer, "succeeded deviceRestart 0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b "},
		"teamwork/operation.failed.json":                       {operationAnswer, "failed deviceRestart 0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b DeviceUnreachable"},
		"teamwork/operations.list.json":                        {operationsPage, "succeeded deviceRestart|waiting deviceDiagnostics"},
		"teamwork/restart.202.json":                            {nil, "no body: the operation is in the header, which operations_test.go reads"},
		"teamwork/restart.409.json":                            {graphFailure, "conflict 409 Conflict 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"teamwork/updateSoftware.request.json":                 {nil, "updates are not asked for"},

		"directory/users.search.json":                 {usersPage, "Kim Larsen kim.larsen@northwindav.example|Kim Okafor kim.okafor@northwindav.example"},
		"directory/groups.search.json":                {groupsPage, "MTR Operators Contoso true"},
		"directory/transitiveMemberOf.groups.json":    {groupsPage, "MTR Operators Contoso false|All staff false"},
		"directory/getMemberObjects.json":             {idsPage, "9d0e1f2a-0000-4000-8000-00000000b001|9d0e1f2a-0000-4000-8000-00000000b002"},
		"directory/organization.json":                 {organizationPage, "Contoso AS NO contoso.com default=true|contoso.onmicrosoft.com default=false"},
		"directory/tenantInformation.json":            {nil, "tenants are found by discovery, which needs no permission"},
		"directory/subscribedSkus.json":               {nil, "licences are not asked for"},
		"presence/getPresencesByUserId.json":          {presencesPage, "available Available|available Available|busy InAMeeting|available Available|offline Offline|busy InACall in call"},
		"intune/managedDevices.json":                  {managedPage, "MTR-OSLO-301 MJ0GTEST01 Windows compliant 07:41|AOSP-Yealink-77 803068 AndroidAOSP noncompliant never| 4711 Windows unknown never"},
		"intune/managedDevices.notSubscribed.json":    {graphFailure, "bad-request 400 BadRequest 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"callrecords/list.json":                       {nil, "call records are not part of this client yet"},
		"callrecords/get.expanded.json":               {nil, "call records are not part of this client yet"},
		"callrecords/subscription.request.json":       {nil, "call records are not part of this client yet"},
		"callrecords/notification.json":               {nil, "call records are not part of this client yet"},
		"servicehealth/issues.json":                   {nil, "service health is not part of this client yet"},
		"webhooks/tac-device-state-rule.offline.json": {nil, "pushed to app/intake"},
		"servicenow/incident.create.json":             {nil, "pushed to app/intake"},
		"servicenow/incident.create.response.json":    {nil, "an answer of app/intake"},
		"servicenow/incident.resolve.json":            {nil, "pushed to app/intake"},
		"batch/request.json":                          {nil, "$batch is not used: each inner call counts against the limits as well"},
		"batch/response.mixed.json":                   {nil, "$batch is not used: each inner call counts against the limits as well"},

		"errors/400.BadRequest.json":                       {graphFailure, "bad-request 400 BadRequest 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/400.Request_UnsupportedQuery.json":         {graphFailure, "bad-request 400 Request_UnsupportedQuery 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/401.InvalidAuthenticationToken.json":       {graphFailure, "forbidden 401 InvalidAuthenticationToken 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/401.InvalidAuthenticationToken.empty.json": {graphFailure, "forbidden 401 InvalidAuthenticationToken 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/403.Authorization_RequestDenied.json":      {graphFailure, "forbidden 403 Authorization_RequestDenied 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/403.ErrorAccessDenied.json":                {graphFailure, "forbidden 403 ErrorAccessDenied 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/403.UnknownError.json":                     {graphFailure, "forbidden 403 UnknownError 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/404.ResourceNotFound.json":                 {graphFailure, "gone 404 ResourceNotFound 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/404.Request_ResourceNotFound.json":         {graphFailure, "not-found 404 Request_ResourceNotFound 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/404.UnknownError.json":                     {graphFailure, "not-found 404 UnknownError 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/409.Conflict.json":                         {graphFailure, "conflict 409 Conflict 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/500.InternalServerError.json":              {graphFailure, "unavailable 500 InternalServerError 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/429.TooManyRequests.json":                  {graphFailure, "throttled 429 TooManyRequests 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/429.ApplicationThrottled.outlook.json":     {graphFailure, "throttled 429 ApplicationThrottled 3a3b1bf7-3596-4493-8264-de81e028071f"},
		"errors/503.serviceNotAvailable.json":              {graphFailure, "unavailable 503 serviceNotAvailable 3a3b1bf7-3596-4493-8264-de81e028071f"},
	}
	c := newFake(t, nil).client()
	listed := map[string]bool{"index.json": true}
	for _, e := range index {
		listed[e.File] = true
		t.Run(e.File, func(t *testing.T) {
			body := example(t, e.File)
			known, ok := cases[e.File]
			if !ok {
				t.Fatal("no reader and no reason for this file")
			}
			if known.read == nil {
				if known.want == "" {
					t.Fatal("no reason given")
				}
				return
			}
			if got := known.read(t, c, e.Status, body); got != known.want {
				t.Errorf("read  %q\nwant  %q", got, known.want)
			}
		})
	}
	root := filepath.Join("..", "..", "testdata", "graph")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if !listed[filepath.ToSlash(name)] {
			t.Errorf("%s is not in index.json", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func discovery(_ *testing.T, _ *Client, status int, body []byte) string {
	d, err := decodeDiscovery(answer{status: status, body: body})
	if err != nil {
		return string(KindOf(err))
	}
	return strings.Join([]string{d.TenantID, d.Region, d.SubScope, d.CloudInstance, "government=" + d.Government()}, " ")
}

func tokenAnswer(t *testing.T, c *Client, status int, body []byte) string {
	tok, err := readToken(answer{status: status, body: body}, tenantA, c.now())
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(tok.roles, "|")
}

func loginFailure(_ *testing.T, c *Client, status int, body []byte) string {
	e := c.loginError(answer{status: status, header: http.Header{}, body: body})
	return strings.Join([]string{string(e.Kind), number0(e.AADSTS), e.Code, e.RequestID}, " ")
}

func graphFailure(_ *testing.T, c *Client, status int, body []byte) string {
	e := c.graphError(request{lane: devices}, answer{status: status, header: http.Header{}, body: body})
	return strings.Join([]string{string(e.Kind), number0(e.Status), e.Code, e.RequestID}, " ")
}

// page reads a list and joins what say makes of its items.
func page(t *testing.T, body []byte, say func(item []byte) (string, bool)) string {
	t.Helper()
	values, link, err := readPage(answer{status: 200, body: body})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, item := range values {
		said, ok := say(item)
		if !ok {
			t.Fatalf("cannot use %s", item)
		}
		all = append(all, said)
	}
	out := strings.Join(all, "|")
	if link != "" {
		out += " next"
	}
	return out
}

func roomsPage(t *testing.T, _ *Client, _ int, body []byte) string {
	return page(t, body, func(item []byte) (string, bool) {
		r, ok := decodeRoom(item)
		return r.Name, ok
	})
}

func devicesPage(t *testing.T, _ *Client, _ int, body []byte) string {
	return page(t, body, func(item []byte) (string, bool) {
		d, ok := decodeDevice(item)
		return strings.Join([]string{string(d.Type), string(d.HealthStatus), d.Maker}, " "), ok
	})
}

func operationAnswer(t *testing.T, _ *Client, _ int, body []byte) string {
	o, ok := decodeOperation(body)
	if !ok {
		t.Fatal("no operation")
	}
	return strings.Join([]string{string(o.State), o.Kind, o.AppID, o.Code}, " ")
}

func operationsPage(t *testing.T, _ *Client, _ int, body []byte) string {
	return page(t, body, func(item []byte) (string, bool) {
		o, ok := decodeOperation(item)
		return string(o.State) + " " + o.Kind, ok
	})
}

func usersPage(t *testing.T, _ *Client, _ int, body []byte) string {
	return page(t, body, func(item []byte) (string, bool) {
		u, ok := decodeUser(item)
		return u.DisplayName + " " + u.Mail, ok
	})
}

func groupsPage(t *testing.T, _ *Client, _ int, body []byte) string {
	return page(t, body, func(item []byte) (string, bool) {
		g, ok := decodeGroup(item)
		return g.DisplayName + " " + map[bool]string{true: "true", false: "false"}[g.SecurityEnabled], ok
	})
}

func idsPage(t *testing.T, _ *Client, _ int, body []byte) string {
	return page(t, body, func(item []byte) (string, bool) {
		var id text
		err := id.UnmarshalJSON(item)
		return string(id), err == nil
	})
}

func organizationPage(t *testing.T, _ *Client, _ int, body []byte) string {
	return page(t, body, func(item []byte) (string, bool) {
		o, ok := decodeOrganization(item)
		var domains []string
		for _, d := range o.Domains {
			domains = append(domains, d.Name+" default="+map[bool]string{true: "true", false: "false"}[d.Default])
		}
		return o.DisplayName + " " + o.Country + " " + strings.Join(domains, "|"), ok
	})
}

func healthAnswer(t *testing.T, _ *Client, _ int, body []byte) string {
	h, ok := decodeHealth(body)
	if !ok {
		t.Fatal("reports on nothing")
	}
	return strings.Join([]string{string(h.Connection.State), "camera=" + string(h.RoomCamera.State), "displays=" + number0(len(h.Displays)),
		"exchange=" + string(h.Logins.Exchange.State), "app=" + string(h.TeamsClient.Freshness), h.TeamsClient.Current}, " ")
}

func presencesPage(t *testing.T, _ *Client, _ int, body []byte) string {
	return page(t, body, func(item []byte) (string, bool) {
		p, ok := decodePresence(item)
		return string(p.Availability) + " " + p.Activity + map[bool]string{true: " in call"}[p.InCall()], ok
	})
}

func managedPage(t *testing.T, _ *Client, _ int, body []byte) string {
	return page(t, body, func(item []byte) (string, bool) {
		d, ok := decodeManaged(item)
		synced := "never"
		if !d.LastSync.IsZero() {
			synced = d.LastSync.Format("15:04")
		}
		return strings.Join([]string{d.Name, d.Serial, d.OS, string(d.Compliance), synced}, " "), ok
	})
}
