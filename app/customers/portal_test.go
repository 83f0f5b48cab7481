package customers_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/customers"
	"roomward/policy"
	"roomward/store"
)

const portal = "/api/partnership"

func TestWhoMayCallThePortal(t *testing.T) {
	h := open(t)
	for _, tc := range []struct{ method, path, body string }{
		{"GET", portal + "/partner?domain=partner.example", ""},
		{"GET", portal + "/rooms", ""},
		{"POST", portal + "/rooms/preview", `{"grant":{"all":true}}`},
		{"GET", portal + "/invitations", ""},
		{"POST", portal + "/invitations", `{"partnerDomain":"partner.example","expiresInDays":3,"grant":{"all":true},"agreedTerms":"` + customers.TermsVersion + `"}`},
		{"POST", portal + "/invitations/" + policy.NewID().String() + "/withdraw", ""},
	} {
		for who, code := range map[string]string{emil: "needs-administrator", maya: "other-side", nora: "other-side"} {
			status, problem, text := h.do(who, tc.method, tc.path, tc.body)
			require.Equal(t, http.StatusForbidden, status, text)
			require.Equal(t, code, problem["code"], tc.path)
		}
	}
	require.Empty(t, items(h.must(ann, "GET", portal+"/invitations", nil)), "nothing was sent")
	status, _, _ := h.do(maya, "GET", portal, nil)
	require.Equal(t, http.StatusForbidden, status)
	for _, path := range []string{"/api/invitations", "/api/customers", "/api/invitation-codes"} {
		status, problem, _ := h.do(ann, "GET", path, nil)
		require.Equal(t, []any{http.StatusForbidden, "other-side"}, []any{status, problem["code"]}, path)
	}
}

func TestPartnership(t *testing.T) {
	h := open(t)
	got := h.must(ann, "GET", portal, nil)
	require.Equal(t, map[string]any{"tenantId": northwind, "name": "northwind.example", "domains": []any{}, "consent": "none"}, got["organisation"],
		"before the first consent only what the sign-in told")
	require.Equal(t, map[string]any{"name": "Litware", "domain": "partner.example"}, got["partner"])
	require.Equal(t, []any{true, false, customers.TermsVersion}, []any{got["administers"], got["needsCode"], got["termsVersion"]})
	require.Len(t, got["permissions"], 21)
	require.Len(t, got["defaultCeiling"], len(policy.DefaultCeiling()))
	require.Equal(t, []any{map[string]any{"id": "c1", "name": "Phishing-resistant MFA"}}, got["authContexts"])
	for _, absent := range []string{"refusal", "invitation", "relation"} {
		require.NotContains(t, got, absent)
	}
	require.Equal(t, "government-cloud", h.must("admin@agency.example", "GET", portal, nil)["refusal"])

	id := h.send(ann, nil)
	got = h.must(ann, "GET", portal, nil)
	require.Equal(t, "Northwind Traders", got["organisation"].(map[string]any)["name"])
	require.Equal(t, "given", got["organisation"].(map[string]any)["consent"])
	sent := got["invitation"].(map[string]any)
	require.Equal(t, []any{id, "pending", "partner.example", float64(3)}, []any{sent["id"], sent["state"], sent["partnerDomain"], sent["roomsOffered"]})
	require.NotContains(t, got, "relation")
	require.NotContains(t, h.must(tara, "GET", portal, nil), "invitation", "another tenant's")

	h.accept(id)
	got = h.must(ann, "GET", portal, nil)
	require.Equal(t, "accepted", got["invitation"].(map[string]any)["state"])
	relation := got["relation"].(map[string]any)
	require.Equal(t, []any{"active", "Maya Manager", float64(0)}, []any{relation["state"], relation["acceptedBy"], relation["rooms"]})

	employee := h.must(emil, "GET", portal, nil)
	require.Equal(t, false, employee["administers"])
	require.NotContains(t, employee, "invitation")
	require.NotContains(t, employee, "relation")
}

func TestPartnershipSaysThatMicrosoftDoesNotAnswer(t *testing.T) {
	h := open(t)
	require.NoError(t, h.cloud.Close())
	status, problem, text := h.do(ann, "GET", portal, nil)
	require.Equal(t, []any{http.StatusBadGateway, "microsoft-unavailable"}, []any{status, problem["code"]}, text)
}

func TestCheckPartner(t *testing.T) {
	h := open(t)
	for domain, want := range map[string]string{
		"partner.example": "partner.example", "PARTNER.Example": "partner.example", "%20partner.example%20": "partner.example", "desk.partner.example": "desk.partner.example",
		"": "", "partner.exampl": "", "partner.example.": "", "artner.example": "", "x.partner.example": "", "partner.example/x": "", "litware": "",
		"pаrtner.example": "", "partner.eхample": "", "des\u212a.partner.example": "", "de\u017fk.partner.example": "", "ｐartner.example": "",
		strings.Repeat("a", 254): "",
	} {
		status, got, text := h.do(ann, "GET", portal+"/partner?domain="+domain, nil)
		if want == "" {
			require.Equal(t, http.StatusUnprocessableEntity, status, domain+text)
			require.Contains(t, text, "query.domain")
			require.NotContains(t, text, "desk", "a refusal does not tell the right ones")
			continue
		}
		require.Equal(t, http.StatusOK, status, domain+text)
		require.Equal(t, map[string]any{"name": "Litware", "domain": want}, got)
	}
}

func TestOwnRoomsLiveInMemoryOnly(t *testing.T) {
	h := open(t)
	page := h.must(ann, "GET", portal+"/rooms", nil)
	rooms := items(page)
	require.Len(t, rooms, 4)
	require.Equal(t, []any{"Marmot Suite", "GB", "London", "Harbour Tower", "4", float64(8)},
		[]any{rooms[0]["name"], rooms[0]["country"], rooms[0]["city"], rooms[0]["building"], rooms[0]["floor"], rooms[0]["capacity"]}, "by place")
	require.NotEmpty(t, rooms[0]["placeId"])
	require.Equal(t, h.now().Format(time.RFC3339Nano), page["asOf"])
	asked := h.cloud.Requests(northwind)["rooms"]
	require.NotZero(t, asked)
	h.must(ann, "POST", portal+"/rooms/preview", fields{"grant": fields{"all": true}})
	h.pass(5 * time.Minute)
	h.must(ann, "GET", portal+"/rooms", nil)
	require.Equal(t, asked, h.cloud.Requests(northwind)["rooms"], "read once for a few minutes")
	require.Len(t, items(h.must(tara, "GET", portal+"/rooms", nil)), 1, "everybody gets its own")
	h.pass(time.Millisecond)
	h.must(ann, "GET", portal+"/rooms", nil)
	require.Greater(t, h.cloud.Requests(northwind)["rooms"], asked)
	require.False(t, containsAny(h.bytesOnDisk()), "not a byte of them is stored")

	status, problem, _ := h.do("admin@woodgrove.example", "GET", portal+"/rooms", nil)
	require.Equal(t, []any{http.StatusConflict, "consent-missing"}, []any{status, problem["code"]})
}

func containsAny(b []byte) bool {
	for _, name := range secretNames {
		if bytes.Contains(b, []byte(name)) {
			return true
		}
	}
	return false
}

func TestPreview(t *testing.T) {
	h := open(t)
	place := map[string]string{}
	for _, r := range items(h.must(ann, "GET", portal+"/rooms", nil)) {
		place[r["name"].(string)] = r["placeId"].(string)
	}
	for _, tc := range []struct {
		name    string
		grant   fields
		covered int
	}{
		{"all", fields{"all": true}, 4},
		{"a country", fields{"all": false, "rules": []fields{{"country": "GB"}}}, 3},
		{"a country in another case", fields{"all": false, "rules": []fields{{"country": "gb"}}}, 3},
		{"a city", fields{"all": false, "rules": []fields{{"country": "NL", "city": "Amsterdam"}}}, 1},
		{"a city of another country", fields{"all": false, "rules": []fields{{"country": "GB", "city": "Amsterdam"}}}, 0},
		{"a building", fields{"all": false, "rules": []fields{{"building": "London Bridge"}}}, 2},
		{"two rules that overlap", fields{"all": false, "rules": []fields{{"country": "GB"}, {"city": "London"}, {"building": "Zuid"}}}, 4},
		{"single rooms", fields{"all": false, "rooms": []string{place["Zephyr Boardroom"], place["Tamarin Hall"]}}, 2},
		{"a room and its building", fields{"all": false, "rooms": []string{place["Zephyr Boardroom"]}, "rules": []fields{{"building": "London Bridge"}}}, 2},
		{"a room that is not there", fields{"all": false, "rooms": []string{"nowhere"}}, 0},
		{"all but a building", fields{"all": true, "except": []fields{{"building": "London Bridge"}}}, 2},
		{"a country but a building, and a room of it", fields{"all": false, "rules": []fields{{"country": "GB"}}, "rooms": []string{place["Quokka Huddle"]},
			"except": []fields{{"building": "London Bridge"}}}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := h.must(ann, "POST", portal+"/rooms/preview", fields{"grant": tc.grant})
			require.Equal(t, []any{float64(tc.covered), float64(4)}, []any{got["covered"], got["total"]})
			sum := 0.0
			for _, b := range got["buildings"].([]any) {
				sum += b.(map[string]any)["covered"].(float64)
			}
			require.Equal(t, got["covered"], sum)
			require.Equal(t, []any{"London Bridge", "London", float64(2)}, []any{got["buildings"].([]any)[0].(map[string]any)["building"],
				got["buildings"].([]any)[0].(map[string]any)["city"], got["buildings"].([]any)[0].(map[string]any)["total"]}, "the largest first")
		})
	}
	for name, tc := range map[string]struct{ body, location string }{
		"nothing chosen":     {`{"grant":{"all":false}}`, "body.grant.all"},
		"all and rules":      {`{"grant":{"all":true,"rules":[{"country":"GB"}]}}`, "body.grant.rules"},
		"an empty rule":      {`{"grant":{"all":false,"rules":[{"country":" "}]}}`, "body.grant.rules[0]"},
		"an empty room":      {`{"grant":{"all":false,"rooms":[""]}}`, "body.grant.rooms[0]"},
		"an unknown field":   {`{"grant":{"all":true,"floor":"3"}}`, "body.grant.floor"},
		"no grant":           {`{}`, "body"},
		"another kind":       {`{"grant":{"all":"yes"}}`, "body.grant.all"},
		"a control sign":     {`{"grant":{"all":false,"rules":[{"city":"a\u0000b"}]}}`, "body.grant.rules[0].city"},
		"too many rules":     {`{"grant":{"all":false,"rules":[` + strings.Repeat(`{"city":"x"},`, 500) + `{"city":"x"}]}}`, "body.grant.rules"},
		"too long a name":    {`{"grant":{"all":false,"rules":[{"city":"` + strings.Repeat("x", 257) + `"}]}}`, "body.grant.rules[0].city"},
		"not even an object": {`[]`, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			status, problem, text := h.do(ann, "POST", portal+"/rooms/preview", tc.body)
			require.Equal(t, http.StatusUnprocessableEntity, status, text)
			require.Equal(t, tc.location, problem["errors"].([]any)[0].(map[string]any)["location"], text)
		})
	}
}

// TestSendRefusals is every refusal of design 7 that a customer can meet, with the field or code that tells why.
func TestSendRefusals(t *testing.T) {
	listed := func(c *customers.Config) {
		c.Mode, c.Listed = customers.InviteListed, []string{strings.ToUpper(northwind)}
	}
	byCode := func(c *customers.Config) { c.Mode = customers.InviteByCode }
	code := func(h *house) string {
		return h.must(maya, "POST", "/api/invitation-codes", fields{"note": "for Northwind", "expiresInDays": 1})["text"].(string)
	}
	for _, tc := range []struct {
		name    string
		mode    func(*customers.Config)
		who     string
		prepare func(h *house, body fields)
		change  fields
		status  int // 0 is 201
		code    string
		at      string // location of the field
	}{
		{name: "all is well"},
		{name: "a domain that is not ours", change: fields{"partnerDomain": "contoso.example"}, status: 422, code: "partner-unknown", at: "body.partnerDomain"},
		{name: "a domain with a letter of another alphabet", change: fields{"partnerDomain": "pаrtner.example"}, status: 422, code: "partner-unknown", at: "body.partnerDomain"},
		{name: "a domain that Unicode folds to ours", change: fields{"partnerDomain": "des\u212a.partner.example"}, status: 422, code: "partner-unknown", at: "body.partnerDomain"},
		{name: "no domain", change: fields{"partnerDomain": ""}, status: 422, code: "invalid", at: "body.partnerDomain"},
		{name: "no day", change: fields{"expiresInDays": 0}, status: 422, code: "invalid", at: "body.expiresInDays"},
		{name: "one day", change: fields{"expiresInDays": 1}},
		{name: "30 days", change: fields{"expiresInDays": 30}},
		{name: "31 days", change: fields{"expiresInDays": 31}, status: 422, code: "invalid", at: "body.expiresInDays"},
		{name: "half a day", change: fields{"expiresInDays": 1.5}, status: 422, code: "invalid", at: "body.expiresInDays"},
		{name: "no expiry", change: fields{"expiresInDays": nil}, status: 422, code: "invalid", at: "body"},
		{name: "terms not agreed to", change: fields{"agreedTerms": ""}, status: 422, code: "invalid", at: "body.agreedTerms"},
		{name: "other terms", change: fields{"agreedTerms": "2020-01"}, status: 422, code: "invalid", at: "body.agreedTerms"},
		{name: "terms not named", change: fields{"agreedTerms": nil}, status: 422, code: "invalid", at: "body"},
		{name: "no rooms chosen", change: fields{"grant": fields{"all": false}}, status: 422, code: "invalid", at: "body.grant.all"},
		{name: "a choice without a room", change: fields{"grant": fields{"all": false, "rules": []fields{{"country": "FR"}}}}, status: 422, code: "invalid", at: "body.grant"},
		{name: "a room of another tenant", change: fields{"grant": fields{"all": false, "rooms": []string{"workshop@tailspin.example"}}}, status: 422, code: "invalid", at: "body.grant"},
		{name: "an unknown permission", change: fields{"ceiling": []string{"rooms.view", "rooms.destroy"}}, status: 422, code: "invalid", at: "body.ceiling[1]"},
		{name: "more permissions than there are", change: fields{"ceiling": make([]string, 22)}, status: 422, code: "invalid", at: "body.ceiling"},
		{name: "no permission at all", change: fields{"ceiling": []string{}}},
		{name: "an unknown field", change: fields{"tenantId": tailspin}, status: 422, code: "invalid", at: "body.tenantId"},
		{name: "a government tenant", who: "admin@agency.example", change: fields{"grant": fields{"all": true}}, status: 409, code: "government-cloud"},
		{name: "a tenant without consent", who: "admin@woodgrove.example", change: fields{"grant": fields{"all": true}}, status: 409, code: "consent-missing"},
		{name: "consent that is gone by now", prepare: func(h *house, _ fields) {
			h.must(ann, "POST", portal+"/invitations/"+h.send(ann, nil)+"/withdraw", nil)
			require.NoError(h.t, h.cloud.SetConsent(northwind, false))
		}, status: 409, code: "consent-missing"},
		{name: "a second pending one", prepare: func(h *house, _ fields) { h.send(ann, nil) }, status: 409, code: "invitation-pending"},
		{name: "a customer already", prepare: func(h *house, _ fields) { h.accept(h.send(ann, nil)) }, status: 409, code: "relation-exists"},
		{name: "too many", prepare: func(h *house, _ fields) {
			for range 10 {
				h.must(ann, "POST", portal+"/invitations/"+h.send(ann, nil)+"/withdraw", nil)
			}
		}, status: 409, code: "too-many-invitations"},
		{name: "a listed tenant", mode: listed},
		{name: "a tenant that is not listed", mode: listed, who: tara, change: fields{"grant": fields{"all": true}}, status: 403, code: "tenant-not-listed"},
		{name: "no code", mode: byCode, prepare: func(h *house, _ fields) { code(h) }, status: 409, code: "code-unknown"},
		{name: "a wrong code", mode: byCode, prepare: func(h *house, _ fields) { code(h) }, change: fields{"code": "AAAA-BBBB-CCCC"}, status: 409, code: "code-unknown"},
		{name: "the code", mode: byCode, prepare: func(h *house, body fields) { body["code"] = code(h) }},
		{name: "the code in small letters", mode: byCode, prepare: func(h *house, body fields) { body["code"] = strings.ToLower(strings.ReplaceAll(code(h), "-", " ")) }},
		{name: "a code that has expired", mode: byCode, prepare: func(h *house, body fields) {
			body["code"] = code(h)
			h.pass(24 * time.Hour)
		}, status: 409, code: "code-unknown"},
		{name: "a code that another tenant used", mode: byCode, prepare: func(h *house, body fields) {
			body["code"] = code(h)
			h.send(tara, fields{"code": body["code"], "grant": fields{"all": true}})
		}, status: 409, code: "code-unknown"},
		{name: "a code that is too long", mode: byCode, change: fields{"code": strings.Repeat("A", 41)}, status: 422, code: "invalid", at: "body.code"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mode := tc.mode
			if mode == nil {
				mode = func(*customers.Config) {}
			}
			h, who, body := open(t, mode), tc.who, offer(tc.change)
			if who == "" {
				who = ann
			}
			if tc.prepare != nil {
				tc.prepare(h, body)
			}
			before := h.must(who, "GET", portal+"/invitations", nil)
			status, answer, text := h.do(who, "POST", portal+"/invitations", body)
			if tc.status == 0 {
				require.Equal(t, http.StatusCreated, status, text)
				require.Equal(t, "pending", answer["state"])
				days := time.Duration(body["expiresInDays"].(int)) * 24 * time.Hour
				require.Equal(t, h.now().Add(days).Format(time.RFC3339Nano), answer["expiresAt"])
				return
			}
			require.Equal(t, tc.status, status, text)
			require.Equal(t, tc.code, answer["code"], text)
			if tc.at != "" {
				require.Equal(t, tc.at, answer["errors"].([]any)[0].(map[string]any)["location"], text)
			} else {
				require.NotEmpty(t, answer["detail"], "a refusal says why")
			}
			require.Equal(t, before, h.must(who, "GET", portal+"/invitations", nil))
		})
	}
}

func TestPartnerCannotInviteItself(t *testing.T) {
	h := open(t)
	p := h.person(maya)
	_, err := h.parts.Invite(t.Context(), store.Act{Side: store.SidePartner, TenantID: p.TenantID, OID: p.OID, Name: p.Name}, customers.NewInvitation{
		PartnerDomain: "partner.example", ExpiresInDays: 3, Offer: customers.Offer{Grant: policy.Grant{All: true}, AgreedTerms: customers.TermsVersion}}, maya)
	require.ErrorContains(t, err, "own-tenant")
	_, err = h.parts.Invite(t.Context(), store.Act{Side: store.SideCustomer, TenantID: northwind}, customers.NewInvitation{
		PartnerDomain: "partner.example", ExpiresInDays: 31, Offer: customers.Offer{Grant: policy.Grant{All: true}, AgreedTerms: customers.TermsVersion}}, ann)
	require.ErrorContains(t, err, "invalid", "the bounds hold for callers without HTTP too")
}

func TestSendWhenMicrosoftFails(t *testing.T) {
	h := open(t)
	h.cloud.SetFaults(northwind, cloudsim.Faults{Throttle: 1000, RetryAfter: time.Minute})
	status, problem, text := h.do(ann, "POST", portal+"/invitations", offer(nil))
	require.Equal(t, []any{http.StatusServiceUnavailable, "throttled"}, []any{status, problem["code"]}, text)
	h = open(t) // for the client of the first one waits now
	h.cloud.SetFaults(northwind, cloudsim.Faults{EmptyPlaces: true})
	status, _, text = h.do(ann, "POST", portal+"/invitations", offer(nil))
	require.Equal(t, http.StatusUnprocessableEntity, status, text)
	require.Contains(t, text, "body.grant")
	require.Empty(t, items(h.must(ann, "GET", portal+"/invitations", nil)))
}

func TestWithdraw(t *testing.T) {
	h := open(t)
	id := h.send(ann, nil)
	withdraw := func(who, id string) (int, string) {
		status, _, text := h.do(who, "POST", portal+"/invitations/"+id+"/withdraw", nil)
		return status, text
	}
	status, foreign := withdraw(tara, id)
	require.Equal(t, http.StatusNotFound, status)
	for _, missing := range []string{policy.NewID().String(), "nonsense"} {
		status, text := withdraw(tara, missing)
		require.Equal(t, http.StatusNotFound, status)
		require.Equal(t, foreign, text, "another tenant's is as if it were not there")
	}
	status, text := withdraw(ann, id)
	require.Equal(t, http.StatusNoContent, status, text)
	require.Equal(t, "withdrawn", items(h.must(ann, "GET", portal+"/invitations", nil))[0]["state"])
	status, text = withdraw(ann, id)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, text, "invitation-not-pending")
	require.Empty(t, items(h.must(maya, "GET", "/api/invitations", nil)))
	status, _, _ = h.do(maya, "GET", "/api/invitations/"+id, nil)
	require.Equal(t, http.StatusNotFound, status)
	status, problem, _ := h.do(maya, "POST", "/api/invitations/"+id+"/accept", fields{"version": 1, "primaryAdmins": []fields{user(h, pia)}})
	require.Equal(t, []any{http.StatusConflict, "invitation-not-pending"}, []any{status, problem["code"]})

	again := h.send(ann, nil)
	h.pass(14 * 24 * time.Hour)
	status, text = withdraw(ann, again)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, text, "invitation-expired")
}
