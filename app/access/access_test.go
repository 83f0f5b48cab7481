package access_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/policy"
	"roomward/store"
)

func TestMe(t *testing.T) {
	h := open(t)
	id, _ := h.customer()
	_, err := h.store.AddTenantManager(t.Context(), h.act("manager@partner.example"), store.TenantManager{
		Principal: policy.User(h.person("tenant.manager@partner.example").OID), Name: "Tim"})
	require.NoError(t, err)
	for _, tc := range []struct {
		who, side, organisation string
		powers                  string
		holds                   string // "", "all" or "some"
	}{
		{"manager@partner.example", "partner", "Litware", "manager", ""},
		{"tenant.manager@partner.example", "partner", "Litware", "tenantManager", ""},
		{"primary.admin@partner.example", "partner", "Litware", "", "all"},
		{"technician@partner.example", "partner", "Litware", "", "some"},
		{"nobody@partner.example", "partner", "Litware", "", ""},
		{"global+nobody@partner.example", "partner", "Litware", "globalAdmin", ""},
		{"admin@northwind.example", "customer", "Northwind Traders", "customerAdmin", ""},
		{"employee@northwind.example", "customer", "Northwind Traders", "", ""},
		{"stranger@elsewhere.example", "customer", "elsewhere.example", "", ""},
	} {
		t.Run(tc.who, func(t *testing.T) {
			status, me, text := h.do(tc.who, "GET", "/api/me", "")
			require.Equal(t, http.StatusOK, status, text)
			p := h.person(tc.who)
			require.Equal(t, tc.side, me["side"])
			require.Equal(t, map[string]any{"id": p.OID, "name": p.Name, "userPrincipalName": p.UPN, "tenantId": p.TenantID}, me["person"])
			_, domain, _ := strings.Cut(p.UPN, "@")
			require.Equal(t, map[string]any{"name": tc.organisation, "tenantId": p.TenantID, "domain": domain}, me["organisation"])
			require.Equal(t, map[string]any{"name": "Litware", "domain": "partner.example"}, me["partner"])
			powers := map[string]any{"globalAdmin": false, "manager": false, "tenantManager": false, "customerAdmin": false}
			if tc.powers != "" {
				powers[tc.powers] = true
			}
			require.Equal(t, powers, me["powers"])
			require.Len(t, me["permissions"], 21)
			require.Equal(t, []any{false, "1.2.3"}, []any{me["demo"], me["version"]})
			holdings := me["holdings"].([]any)
			if tc.holds == "" {
				require.Empty(t, holdings)
				require.NotContains(t, text, id.String(), "a customer where the person holds nothing does not exist")
				return
			}
			require.Len(t, holdings, 1)
			one := holdings[0].(map[string]any)
			require.Equal(t, []any{id.String(), "Northwind Traders", "active"}, []any{one["customerId"], one["customerName"], one["state"]})
			if tc.holds == "all" {
				require.Equal(t, float64(2), one["rooms"])
				require.Len(t, one["permissions"], len(policy.DefaultCeiling()))
				require.Equal(t, one["permissions"], one["everywhere"])
				return
			}
			require.NotContains(t, one, "rooms", "who sees one room does not learn how many there are")
			require.Equal(t, []any{"rooms.view", "tickets.view"}, one["permissions"])
			require.Empty(t, one["everywhere"])
		})
	}
	status, body, _ := h.do("", "GET", "/api/me", "")
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, "not-signed-in", body["code"])
}

func TestMeFollowsConsent(t *testing.T) {
	h := open(t)
	id, _ := h.customer()
	h.withdrawConsent(id)
	_, me, _ := h.do("primary.admin@partner.example", "GET", "/api/me", "")
	one := me["holdings"].([]any)[0].(map[string]any)
	require.Equal(t, map[string]any{"customerId": id.String(), "customerName": "Northwind Traders", "state": "consent-withdrawn",
		"permissions": []any{}, "everywhere": []any{}, "approves": []any{}}, one, "the name and why, nothing else")
}

// withdrawConsent lets a collection find out that the customer took its consent back.
func (h *house) withdrawConsent(id policy.ID) {
	h.t.Helper()
	ctx := h.t.Context()
	leases, err := h.store.ClaimCollect(ctx, store.CollectPlaces, store.QueueAll, 10, 1e9)
	require.NoError(h.t, err)
	require.Len(h.t, leases, 1)
	require.NoError(h.t, h.store.FinishCollect(ctx, policy.ForWork(id, "test"), store.CollectOutcome{Lease: leases[0], State: store.CollectWithdrawn}))
}

func TestDirectory(t *testing.T) {
	h := open(t)
	h.customer()
	found := func(page map[string]any) (out []string) {
		for _, item := range page["items"].([]any) {
			m := item.(map[string]any)
			out = append(out, m["kind"].(string)+" "+m["name"].(string))
		}
		return out
	}
	for _, tc := range []struct {
		q    string
		want []string
	}{
		{"des", []string{"group Desk leads", "group Desk Paris", "user Maya Desmond", "user Tim Desai"}},
		{"desmond", []string{"user Maya Desmond"}},
		{"technician@", []string{"user Tess Technician"}},
		{"Emil", nil},
		{"Northwind", nil},
		{`" OR "displayName:nora`, nil},
		{"  ", nil},
	} {
		t.Run(tc.q, func(t *testing.T) {
			status, page, text := h.do("manager@partner.example", "GET", "/api/directory?q="+url.QueryEscape(tc.q), "")
			require.Equal(t, http.StatusOK, status, text)
			require.ElementsMatch(t, tc.want, found(page))
			require.NotContains(t, text, "Ann", "only the partner's own directory is searched")
			require.NotContains(t, text, "newsletter", "a list for mail gives no rights")
		})
	}
	require.Zero(t, h.cloud.Requests(northwind)["users"]+h.cloud.Requests(northwind)["groups"])

	_, page, _ := h.do("manager@partner.example", "GET", "/api/directory?q=leads", "")
	nora := h.person("nobody@partner.example")
	require.Equal(t, map[string]any{"kind": "group", "id": h.group("Desk leads"), "name": "Desk leads"}, without(page["items"].([]any)[0], "size"))
	require.NotNil(t, page["items"].([]any)[0].(map[string]any)["size"])
	_, page, _ = h.do("manager@partner.example", "GET", "/api/directory?q=nora", "")
	require.Equal(t, []any{map[string]any{"kind": "user", "id": nora.OID, "name": "Nora Nobody", "detail": "nobody@partner.example"}}, page["items"])
}

func without(item any, key string) map[string]any {
	out := item.(map[string]any)
	kept := map[string]any{}
	for k, v := range out {
		if k != key {
			kept[k] = v
		}
	}
	return kept
}

func TestDirectoryIsBounded(t *testing.T) {
	h := open(t)
	for i := range 30 {
		name := "Crowd " + string(rune('a'+i%26)) + strings.Repeat("x", i)
		h.world.Partner.People = append(h.world.Partner.People, cloudsim.Person{OID: "o" + name, Name: name, UPN: strings.ReplaceAll(name, " ", ".") + "@partner.example"})
	}
	_, page, text := h.do("manager@partner.example", "GET", "/api/directory?q=crowd", "")
	require.Len(t, page["items"], 8, text)
	for _, q := range []string{"", "?q=", "?q=a", "?q=" + strings.Repeat("a", 81), "?q=ab&tenant=" + northwind} {
		status, problem, text := h.do("manager@partner.example", "GET", "/api/directory"+q, "")
		require.Equal(t, http.StatusUnprocessableEntity, status, q+text)
		require.Equal(t, "invalid", problem["code"])
		require.Contains(t, text, "query.", "the answer names the parameter")
	}
	status, _, _ := h.do("manager@partner.example", "GET", "/api/directory?q="+strings.Repeat("a", 80), "")
	require.Equal(t, http.StatusOK, status)
}

func TestWhoMaySearchTheDirectory(t *testing.T) {
	h := open(t)
	id, _ := h.customer()
	search := func(who string) (int, string) {
		status, body, _ := h.do(who, "GET", "/api/directory?q=des", "")
		code, _ := body["code"].(string)
		return status, code
	}
	for who, want := range map[string]string{
		"manager@partner.example": "", "global+nobody@partner.example": "", "primary.admin@partner.example": "",
		"technician@partner.example": "needs-roles", "nobody@partner.example": "needs-roles", "tenant.manager@partner.example": "needs-roles",
		"admin@northwind.example": "other-side", "employee@northwind.example": "other-side",
	} {
		status, code := search(who)
		require.Equal(t, want, code, who)
		require.Equal(t, want == "", status == http.StatusOK, who)
	}
	tim := h.person("tenant.manager@partner.example")
	_, err := h.store.AddTenantManager(t.Context(), h.act("manager@partner.example"), store.TenantManager{Principal: policy.User(tim.OID), Name: "Tim"})
	require.NoError(t, err)
	status, _ := search(tim.UPN)
	require.Equal(t, http.StatusOK, status, "from the next request on")

	// The right goes, and so does the search with it, although the decider remembers it.
	h.withdrawConsent(id)
	status, code := search("primary.admin@partner.example")
	require.Equal(t, http.StatusForbidden, status)
	require.Equal(t, "needs-roles", code)
}

func TestDirectoryFailsInPlainWords(t *testing.T) {
	h := open(t)
	h.cloud.SetFaults(litware, cloudsim.Faults{Throttle: 1000, RetryAfter: time.Minute})
	status, problem, text := h.do("manager@partner.example", "GET", "/api/directory?q=nora", "")
	require.Equal(t, http.StatusBadGateway, status)
	require.Equal(t, "directory-unavailable", problem["code"])
	require.NotContains(t, text, "127.0.0.1")
	status, problem, _ = h.do("manager@partner.example", "POST", "/api/tenant-managers", `{"kind":"user","id":"`+h.person("nobody@partner.example").OID+`"}`)
	require.Equal(t, http.StatusBadGateway, status)
	require.Equal(t, "directory-unavailable", problem["code"])
}

func TestTenantManagers(t *testing.T) {
	h := open(t)
	const manager = "manager@partner.example"
	nora := h.person("nobody@partner.example")
	add := func(who, kind, id string) (int, map[string]any, string) {
		return h.do(who, "POST", "/api/tenant-managers", `{"kind":"`+kind+`","id":"`+id+`"}`)
	}
	list := func(who string) []any {
		status, page, text := h.do(who, "GET", "/api/tenant-managers", "")
		require.Equal(t, http.StatusOK, status, text)
		return page["items"].([]any)
	}
	require.Empty(t, list(manager))
	status, _, _ := h.do(nora.UPN, "GET", "/api/tenant-managers", "")
	require.Equal(t, http.StatusForbidden, status)

	status, user, text := add(manager, "user", strings.ToUpper(nora.OID))
	require.Equal(t, http.StatusCreated, status, text)
	require.Equal(t, []any{"user", nora.OID, "Nora Nobody", nora.UPN, "Maya Desmond"},
		[]any{user["kind"], user["principalId"], user["name"], user["detail"], user["addedBy"]}, "the names are those of the directory")
	require.Equal(t, []any{user}, list(nora.UPN), "the new one sees it with the next request")

	status, problem, _ := add(manager, "user", nora.OID)
	require.Equal(t, []any{http.StatusConflict, "already-tenant-manager"}, []any{status, problem["code"]})
	status, group, text := add(manager, "group", h.group("Desk Paris"))
	require.Equal(t, http.StatusCreated, status, text)
	require.Len(t, list("technician@partner.example"), 2, "by a group")

	for name, tc := range map[string]struct {
		who, kind, id string
		status        int
		mentions      string
	}{
		"a tenant manager names no others": {nora.UPN, "user", nora.OID, http.StatusForbidden, "needs-manager"},
		"nobody":                           {"primary.admin@partner.example", "user", nora.OID, http.StatusForbidden, "needs-manager"},
		"a customer's administrator":       {"admin@northwind.example", "user", nora.OID, http.StatusForbidden, "other-side"},
		"an unknown user":                  {manager, "user", "11111111-2222-4333-8444-555555555555", http.StatusUnprocessableEntity, "body.id"},
		"a user as a group":                {manager, "group", nora.OID, http.StatusUnprocessableEntity, "body.id"},
		"a group as a user":                {manager, "user", h.group("Desk leads"), http.StatusUnprocessableEntity, "body.id"},
		"a list for mail":                  {manager, "group", h.group("Desk newsletter"), http.StatusUnprocessableEntity, "body.id"},
		"a person of a customer":           {manager, "user", h.person("admin@northwind.example").OID, http.StatusUnprocessableEntity, "body.id"},
		"a group of a customer":            {manager, "group", h.group("Desk of Northwind"), http.StatusUnprocessableEntity, "body.id"},
		"no id":                            {manager, "user", "nora", http.StatusUnprocessableEntity, "body.id"},
		"a path":                           {manager, "user", "../users/" + nora.OID, http.StatusUnprocessableEntity, "body.id"},
		"another kind":                     {manager, "device", nora.OID, http.StatusUnprocessableEntity, "body.kind"},
	} {
		t.Run(name, func(t *testing.T) {
			before := list(manager)
			status, _, text := add(tc.who, tc.kind, tc.id)
			require.Equal(t, tc.status, status, text)
			require.Contains(t, text, tc.mentions)
			require.Equal(t, before, list(manager))
		})
	}

	remove := func(who, id string) (int, string) {
		status, _, text := h.do(who, "DELETE", "/api/tenant-managers/"+id, "")
		return status, text
	}
	status, _ = remove(nora.UPN, group["id"].(string))
	require.Equal(t, http.StatusForbidden, status)
	status, text = remove(manager, user["id"].(string))
	require.Equal(t, http.StatusNoContent, status, text)
	status, _, _ = h.do(nora.UPN, "GET", "/api/tenant-managers", "")
	require.Equal(t, http.StatusForbidden, status, "gone with the next request")
	status, twice := remove(manager, user["id"].(string))
	require.Equal(t, http.StatusNotFound, status)
	for _, id := range []string{policy.NewID().String(), "nonsense", "0", strings.Repeat("z", 64)} {
		status, text := remove(manager, id)
		require.Equal(t, http.StatusNotFound, status)
		require.Equal(t, twice, text, "one answer for all that is not there")
	}
	require.Equal(t, []any{group}, list(manager))
}
