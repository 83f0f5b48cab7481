package customers_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

func TestPartnerSeesHighLevelFactsBeforeAcceptance(t *testing.T) {
	h := open(t)
	var single []string
	for _, r := range items(h.must(ann, "GET", portal+"/rooms", nil)) {
		single = append(single, r["placeId"].(string))
	}
	for name, grant := range map[string]fields{
		"all":          {"all": true},
		"a rule":       {"all": false, "rules": []fields{{"country": "GB"}}, "except": []fields{{"city": "Leeds"}}},
		"single rooms": {"all": false, "rooms": single[:2]},
	} {
		t.Run(name, func(t *testing.T) {
			id := h.send(ann, fields{"grant": grant})
			for _, who := range []string{maya, tim} {
				for _, path := range []string{"/api/invitations", "/api/invitations/" + id, "/api/customers"} {
					status, _, text := h.do(who, "GET", path, nil)
					require.Equal(t, http.StatusOK, status, text)
					require.Contains(t, text, "Northwind Traders")
					require.Contains(t, text, northwind)
					requireNoSecrets(t, text, path)
					for _, place := range single {
						require.NotContains(t, text, place, "how many rooms, not which")
					}
				}
			}
			for _, path := range []string{"/api/invitations", "/api/invitations/" + id} {
				status, _, _ := h.do(nora, "GET", path, nil)
				require.Equal(t, http.StatusForbidden, status)
			}
			require.Empty(t, items(h.must(nora, "GET", "/api/customers", nil)))
			require.False(t, containsAny(h.bytesOnDisk()), "no room is stored before acceptance")
			h.must(ann, "POST", portal+"/invitations/"+id+"/withdraw", nil)
		})
	}
	h.send(ann, nil)
	one := items(h.must(tim, "GET", "/api/invitations", nil))[0]
	require.Equal(t, []any{"invitation", "Northwind Traders", northwind, []any{"northwind.example"}, "pending", float64(3), false},
		[]any{one["kind"], one["name"], one["tenantId"], one["domains"], one["state"], one["roomsOffered"], one["mine"]})
}

func TestInvitationInDetail(t *testing.T) {
	h := open(t)
	id := h.send(ann, fields{"ceiling": []string{"tickets.view", "rooms.view", "tickets.view"}, "expiresInDays": 3})
	got := h.must(tim, "GET", "/api/invitations/"+id, nil)
	require.Equal(t, map[string]any{"all": false, "rules": []any{map[string]any{"country": "GB"}}}, got["grant"])
	require.Equal(t, []any{"tickets.view", "rooms.view"}, got["ceiling"])
	require.Len(t, got["catalogue"], 21)
	require.Equal(t, []any{h.person(ann).Name, float64(180), "pending"}, []any{got["sentBy"], got["retentionDays"], got["state"]})
	require.NotContains(t, got, "rooms")
	h.pass(3 * 24 * time.Hour)
	require.Equal(t, "expired", h.must(tim, "GET", "/api/invitations/"+id, nil)["state"], "by itself, at the exact moment")
	status, problem, _ := h.do(maya, "POST", "/api/invitations/"+id+"/accept", fields{"version": 1, "primaryAdmins": []fields{user(h, pia)}})
	require.Equal(t, []any{http.StatusConflict, "invitation-expired"}, []any{status, problem["code"]})
	for _, missing := range []string{policy.NewID().String(), "nonsense", strings.Repeat("0", 13)} {
		status, problem, _ := h.do(tim, "GET", "/api/invitations/"+missing, nil)
		require.Equal(t, []any{http.StatusNotFound, "not-found"}, []any{status, problem["code"]})
	}
}

func TestAcceptAsksForPrimaryAdmins(t *testing.T) {
	h := open(t)
	id := h.send(ann, nil)
	var leads, newsletter string
	for _, g := range h.world.Partner.Groups {
		switch g.Name {
		case "Newsletter":
			newsletter = g.ID
		case "Desk leads":
			leads = g.ID
		}
	}
	oid := func(upn string) string { return h.person(upn).OID }
	member := func(kind, id string) fields { return fields{"kind": kind, "id": id} }
	crowd := make([]fields, 51)
	for i := range crowd {
		crowd[i] = member("user", oid(pia))
	}
	for name, tc := range map[string]struct {
		admins []fields
		at     string
	}{
		"none":                     {[]fields{}, "body.primaryAdmins"},
		"too many":                 {crowd, "body.primaryAdmins"},
		"somebody unknown":         {[]fields{user(h, pia), member("user", "11111111-2222-4333-8444-555555555555")}, "body.primaryAdmins[1].id"},
		"somebody of the customer": {[]fields{member("user", oid(ann))}, "body.primaryAdmins[0].id"},
		"somebody of another one":  {[]fields{member("user", oid(tara))}, "body.primaryAdmins[0].id"},
		"a user as a group":        {[]fields{member("group", oid(pia))}, "body.primaryAdmins[0].id"},
		"a group as a user":        {[]fields{member("user", leads)}, "body.primaryAdmins[0].id"},
		"a list for mail":          {[]fields{member("group", newsletter)}, "body.primaryAdmins[0].id"},
		"an address":               {[]fields{member("user", pia)}, "body.primaryAdmins[0].id"},
		"a kind of its own":        {[]fields{member("device", oid(pia))}, "body.primaryAdmins[0].kind"},
	} {
		t.Run(name, func(t *testing.T) {
			status, problem, text := h.do(maya, "POST", "/api/invitations/"+id+"/accept", fields{"version": 1, "primaryAdmins": tc.admins})
			require.Equal(t, http.StatusUnprocessableEntity, status, text)
			require.Equal(t, tc.at, problem["errors"].([]any)[0].(map[string]any)["location"], text)
			require.Equal(t, "pending", h.must(maya, "GET", "/api/invitations/"+id, nil)["state"])
		})
	}
	for who, want := range map[string]string{nora: "needs-manager", pia: "needs-manager", ann: "other-side"} {
		status, problem, _ := h.do(who, "POST", "/api/invitations/"+id+"/accept", fields{"version": 1, "primaryAdmins": []fields{user(h, pia)}})
		require.Equal(t, []any{http.StatusForbidden, want}, []any{status, problem["code"]}, who)
	}
	require.Empty(t, h.started)

	customer := h.must(tim, "POST", "/api/invitations/"+id+"/accept",
		fields{"version": 1, "primaryAdmins": []fields{user(h, pia), member("group", leads), member("user", strings.ToUpper(oid(pia)))}})["customerId"].(string)
	require.Len(t, h.started, 1)
	require.Equal(t, customer, h.started[0].String(), "the first collection starts at once")
	got := h.must(pia, "GET", "/api/customers/"+customer, nil)
	require.Equal(t, []any{map[string]any{"kind": "group", "id": leads, "name": "Desk leads"}, map[string]any{"kind": "user", "id": oid(pia), "name": "Pia Primary"}},
		got["primaryAdmins"], "with the names of the directory, each once")
	status, problem, _ := h.do(maya, "POST", "/api/invitations/"+id+"/accept", fields{"version": 1, "primaryAdmins": []fields{user(h, pia)}})
	require.Equal(t, []any{http.StatusConflict, "invitation-not-pending"}, []any{status, problem["code"]}, "twice")
	require.Len(t, h.started, 1)
}

func TestAcceptAtTheSameTime(t *testing.T) {
	h := open(t)
	id := h.send(ann, nil)
	statuses := make([]int, 4)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() {
			statuses[i], _, _ = h.do(maya, "POST", "/api/invitations/"+id+"/accept", fields{"version": 1, "primaryAdmins": []fields{user(h, pia)}})
		})
	}
	all.Wait()
	require.ElementsMatch(t, []int{201, 409, 409, 409}, statuses)
	require.Len(t, h.started, 1)
	require.Len(t, items(h.must(maya, "GET", "/api/customers", nil)), 1)
}

func TestDecline(t *testing.T) {
	h := open(t)
	id := h.send(ann, fields{"grant": fields{"all": false, "rules": []fields{{"building": "London Bridge"}}}})
	status, _, _ := h.do(nora, "POST", "/api/invitations/"+id+"/decline", nil)
	require.Equal(t, http.StatusForbidden, status)
	h.must(tim, "POST", "/api/invitations/"+id+"/decline", nil)
	status, _, text := h.do(tim, "GET", "/api/invitations/"+id, nil)
	require.Equal(t, http.StatusNotFound, status, text)
	require.Empty(t, items(h.must(tim, "GET", "/api/invitations", nil)))
	require.Empty(t, items(h.must(tim, "GET", "/api/customers", nil)))
	for _, verb := range []string{"decline", "accept"} {
		status, problem, _ := h.do(tim, "POST", "/api/invitations/"+id+"/"+verb, fieldsOf(verb, h))
		require.Equal(t, []any{http.StatusConflict, "invitation-not-pending"}, []any{status, problem["code"]})
	}
	for _, missing := range []string{policy.NewID().String(), "nonsense"} {
		status, _, _ := h.do(tim, "POST", "/api/invitations/"+missing+"/decline", nil)
		require.Equal(t, http.StatusNotFound, status)
	}
	sent := items(h.must(ann, "GET", portal+"/invitations", nil))[0]
	require.Equal(t, []any{"declined", h.now().Format(time.RFC3339Nano), float64(0)}, []any{sent["state"], sent["decidedAt"], sent["roomsOffered"]}, "the customer keeps when")
	require.NotContains(t, fmt.Sprint(sent), "London Bridge")
	h.send(ann, nil)
}

func fieldsOf(verb string, h *house) any {
	if verb == "accept" {
		return fields{"version": 1, "primaryAdmins": []fields{user(h, pia)}}
	}
	return nil
}

func TestWhoSeesWhichCustomers(t *testing.T) {
	h := open(t)
	mine := h.accept(h.send(ann, nil))
	theirs := h.must(maya, "POST", "/api/invitations/"+h.send(tara, fields{"grant": fields{"all": true}})+"/accept",
		fields{"version": 1, "primaryAdmins": []fields{user(h, maya)}})["customerId"].(string)
	keys := func(m map[string]any) (out []string) {
		for k := range m {
			out = append(out, k)
		}
		return out
	}
	highLevel := []string{"id", "kind", "name", "tenantId", "domains", "state", "mine", "acceptedAt"}

	require.Empty(t, items(h.must(nora, "GET", "/api/customers?total=true", nil)))
	require.Equal(t, float64(0), h.must(nora, "GET", "/api/customers?total=true", nil)["total"])
	for _, c := range items(h.must(tim, "GET", "/api/customers", nil)) {
		require.ElementsMatch(t, highLevel, keys(c), "names and states, no counts")
		require.Equal(t, false, c["mine"])
	}
	require.Len(t, items(h.must(tim, "GET", "/api/customers", nil)), 2)
	list := items(h.must(pia, "GET", "/api/customers", nil))
	require.Len(t, list, 1)
	require.Equal(t, []any{mine, true, float64(0), "new"}, []any{list[0]["id"], list[0]["mine"], list[0]["rooms"], list[0]["collectState"]})
	require.NotNil(t, list[0]["progress"])
	require.NotNil(t, list[0]["primaryAdmins"])
	list = items(h.must(maya, "GET", "/api/customers", nil))
	require.Len(t, list, 2)
	for _, c := range list {
		require.Equal(t, c["id"] == theirs, c["mine"], "a power shows the name, a role shows the customer")
		require.Equal(t, c["id"] == theirs, c["rooms"] != nil)
	}

	get := func(who, id string) (int, string) {
		status, _, text := h.do(who, "GET", "/api/customers/"+id, nil)
		return status, text
	}
	status, text := get(pia, mine)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, `"grant":{"all":false,"rules":[{"country":"GB"}]}`)
	status, text = get(tim, mine)
	require.Equal(t, http.StatusOK, status)
	for _, key := range []string{`"grant"`, `"rooms"`, `"primaryAdmins"`, `"collectState"`, `"dataAt"`, `"progress"`} {
		require.NotContains(t, text, key)
	}
	status, missing := get(pia, policy.NewID().String())
	require.Equal(t, http.StatusNotFound, status)
	for who, id := range map[string]string{pia: theirs, nora: mine} {
		status, text := get(who, id)
		require.Equal(t, http.StatusNotFound, status)
		require.Equal(t, missing, text, "a foreign customer is as if it were not there")
	}
	for _, id := range []string{"nonsense", "0", strings.Repeat("z", 64)} {
		status, text := get(pia, id)
		require.Equal(t, http.StatusNotFound, status)
		require.Equal(t, missing, text)
	}
}

func TestCustomersList(t *testing.T) {
	h := open(t)
	h.accept(h.send(ann, nil))
	h.send(tara, fields{"grant": fields{"all": true}})
	names := func(path string) (out []string) {
		for _, e := range items(h.must(maya, "GET", "/api/customers"+path, nil)) {
			out = append(out, e["name"].(string)+" "+e["state"].(string))
		}
		return out
	}
	both := []string{"Tailspin Toys pending", "Northwind Traders active"}
	require.Equal(t, both, names(""), "who waits for somebody comes first")
	require.Equal(t, both[:1], names("?state=pending&state=expired"))
	require.Equal(t, both[1:], names("?q=NORTH"))
	require.Equal(t, both[:1], names("?q=tailspin.example"), "by domain too")
	require.Empty(t, names("?q=nowhere"))
	page := h.must(maya, "GET", "/api/customers?limit=1&total=true", nil)
	require.Equal(t, []any{float64(2), "Tailspin Toys"}, []any{page["total"], items(page)[0]["name"]})
	next := page["next"].(string)
	page = h.must(maya, "GET", "/api/customers?limit=1&cursor="+next, nil)
	require.Equal(t, "Northwind Traders", items(page)[0]["name"])
	require.NotContains(t, page, "next")
	for _, path := range []string{"?q=north&cursor=" + next, "?cursor=nonsense"} {
		status, problem, _ := h.do(maya, "GET", "/api/customers"+path, nil)
		require.Equal(t, []any{http.StatusBadRequest, "bad-cursor"}, []any{status, problem["code"]})
	}
	for _, path := range []string{"?state=declined", "?limit=0", "?limit=501", "?q=" + strings.Repeat("a", 101), "?sort=name"} {
		status, _, text := h.do(maya, "GET", "/api/customers"+path, nil)
		require.Equal(t, http.StatusUnprocessableEntity, status, path+text)
	}
}

func TestCodes(t *testing.T) {
	h := open(t)
	for _, who := range []string{nora, pia, ann} {
		for _, method := range []string{"GET", "POST"} {
			status, _, _ := h.do(who, method, "/api/invitation-codes", `{"note":"x","expiresInDays":1}`)
			require.Equal(t, http.StatusForbidden, status)
		}
	}
	made := h.must(tim, "POST", "/api/invitation-codes", fields{"note": " for Northwind ", "expiresInDays": 2})
	text := made["text"].(string)
	require.Regexp(t, `^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$`, text)
	require.Equal(t, []any{"for Northwind", "open", "Tim Tenant", h.now().Add(48 * time.Hour).Format(time.RFC3339Nano)},
		[]any{made["note"], made["state"], made["createdBy"], made["expiresAt"]})
	require.NotEqual(t, text, h.must(tim, "POST", "/api/invitation-codes", fields{"note": "another", "expiresInDays": 2})["text"])
	_, _, list := h.do(maya, "GET", "/api/invitation-codes", nil)
	require.NotContains(t, list, text, "shown once")
	require.NotContains(t, list, `"text"`)
	require.NotContains(t, string(h.bytesOnDisk()), text)
	for name, body := range map[string]string{"no note": `{"expiresInDays":2}`, "an empty note": `{"note":"","expiresInDays":2}`, "a blank note": `{"note":"  ","expiresInDays":2}`,
		"no day": `{"note":"x","expiresInDays":0}`, "31 days": `{"note":"x","expiresInDays":31}`, "a code of one's own": `{"note":"x","expiresInDays":2,"text":"AAAA"}`} {
		status, _, answer := h.do(tim, "POST", "/api/invitation-codes", body)
		require.Equal(t, http.StatusUnprocessableEntity, status, name+answer)
	}
	state := func(id any) any {
		for _, c := range items(h.must(tim, "GET", "/api/invitation-codes", nil)) {
			if c["id"] == id {
				return c["state"]
			}
		}
		return nil
	}
	revoke := func(id string) int {
		status, _, _ := h.do(tim, "DELETE", "/api/invitation-codes/"+id, nil)
		return status
	}
	id := made["id"].(string)
	h.pass(48*time.Hour - time.Millisecond)
	require.Equal(t, "open", state(id))
	h.pass(time.Millisecond)
	require.Equal(t, "expired", state(id))
	require.Equal(t, []int{204, 404, 404, 404}, []int{revoke(id), revoke(id), revoke(policy.NewID().String()), revoke("nonsense")})
	require.Nil(t, state(id))
}

func TestLookAlikes(t *testing.T) {
	h := open(t)
	h.accept(h.send(ann, nil))
	h.send(tara, fields{"grant": fields{"all": true}})
	id := h.send("admin@elsewhere.example", fields{"grant": fields{"all": true}})
	for _, path := range []string{"/api/customers", "/api/invitations"} {
		found := map[string]any{}
		for _, e := range items(h.must(tim, "GET", path, nil)) {
			if e["kind"] == "invitation" {
				found[e["tenantId"].(string)] = e["looksLike"]
			}
		}
		require.Equal(t, map[string]any{impostor: "Northwind Traders", tailspin: nil}, found, path)
	}
	require.Equal(t, "Northwind Traders", h.must(tim, "GET", "/api/invitations/"+id, nil)["looksLike"])
}
