package customers_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/customers"
	"roomward/policy"
	"roomward/store"
)

// sendEnding sends an invitation over all rooms whose relation ends after some time.
func (h *house) sendEnding(who string, after time.Duration) string {
	h.t.Helper()
	p := h.person(who)
	h.must(who, "GET", portal+"/rooms", nil)
	act := store.Act{Side: store.SideCustomer, TenantID: p.TenantID, OID: p.OID, Name: p.Name}
	require.NoError(h.t, h.parts.Consented(h.t.Context(), act, p.TenantID))
	inv, err := h.store.SendInvitation(h.t.Context(), act, store.Invitation{PartnerDomain: "partner.example", Grant: policy.Grant{All: true}, RoomsOffered: 4,
		Ceiling: policy.DefaultCeiling(), ChangeControl: map[string]string{}, RetentionDays: 180, TermsVersion: customers.TermsVersion,
		RelationEnds: h.now().Add(after), ExpiresAt: h.now().Add(24 * time.Hour)}, "", false)
	require.NoError(h.t, err)
	return inv.ID.String()
}

// TestTheDateOfARelation: from its very moment nobody of the partner sees anything, and the work of time passing removes it.
func TestTheDateOfARelation(t *testing.T) {
	h := open(t)
	customer := h.accept(h.sendEnding(ann, 20*24*time.Hour))
	h.collected(h.id(customer), store.CollectOK) // a day passes
	require.NoError(t, h.parts.FollowEnds(t.Context()))
	require.Empty(t, h.left)
	h.pass(19*24*time.Hour - time.Millisecond)
	require.Len(t, items(h.must(pia, "GET", "/api/customers", nil)), 1)
	h.pass(time.Millisecond)
	for _, who := range []string{pia, maya, tim} {
		require.Empty(t, items(h.must(who, "GET", "/api/customers", nil)), "%s, before the work of time passing", who)
		status, _, _ := h.do(who, "GET", "/api/customers/"+customer, nil)
		require.Equal(t, http.StatusNotFound, status, who)
	}
	require.NoError(t, h.parts.FollowEnds(t.Context()))
	require.Equal(t, []policy.ID{h.id(customer)}, h.left, "what runs for it stops")
	require.NoError(t, h.store.Erase(t.Context()))
	require.False(t, containsAny(h.bytesOnDisk()))
	ended := h.must(ann, "GET", portal, nil)["ended"].(map[string]any)
	require.Equal(t, []any{"system", "date"}, []any{ended["endedBy"], ended["reason"]})
	require.NoError(t, h.parts.FollowEnds(t.Context()))
	require.Len(t, h.left, 1, "once")
}

// TestTheKillSwitch: any call that Microsoft refuses for want of consent closes the views, here that of the live list of rooms; and what was announced
// comes true.
func TestTheKillSwitch(t *testing.T) {
	h := open(t)
	customer := h.accept(h.send(ann, fields{"grant": fields{"all": true}}))
	h.collected(h.id(customer), store.CollectOK)
	require.NoError(t, h.cloud.SetConsent(northwind, false))
	h.pass(time.Hour) // the list is read anew
	status, problem, _ := h.do(ann, "GET", portal+"/rooms", nil)
	require.Equal(t, []any{http.StatusConflict, "consent-missing"}, []any{status, problem["code"]})
	withdrawn := h.now()
	detail := h.must(pia, "GET", "/api/customers/"+customer, nil)
	require.Equal(t, []any{"consent-withdrawn", withdrawn.Format(time.RFC3339Nano), withdrawn.Add(30 * 24 * time.Hour).Format(time.RFC3339Nano)},
		[]any{detail["state"], detail["withdrawnAt"], detail["purgeAt"]})
	relation := h.must(ann, "GET", portal, nil)["relation"].(map[string]any)
	require.Equal(t, detail["purgeAt"], relation["purgeAt"], "both sides know the date from the beginning")

	h.pass(29 * 24 * time.Hour)
	require.NoError(t, h.parts.FollowEnds(t.Context()))
	require.Empty(t, h.left, "not after 29 days")
	require.NoError(t, h.cloud.SetConsent(northwind, true))
	p := h.person(ann)
	require.NoError(t, h.parts.Consented(t.Context(), store.Act{Side: store.SideCustomer, TenantID: northwind, OID: p.OID, Name: p.Name}, northwind))
	h.pass(24 * time.Hour)
	require.NoError(t, h.parts.FollowEnds(t.Context()))
	require.Empty(t, h.left, "the consent came back")
	detail = h.must(pia, "GET", "/api/customers/"+customer, nil)
	require.Equal(t, []any{"active", nil}, []any{detail["state"], detail["purgeAt"]})

	require.NoError(t, h.cloud.SetConsent(northwind, false))
	h.pass(time.Hour)
	_, _, _ = h.do(ann, "GET", portal+"/rooms", nil)
	h.pass(30 * 24 * time.Hour)
	require.NoError(t, h.parts.FollowEnds(t.Context()))
	require.Equal(t, []policy.ID{h.id(customer)}, h.left)
	require.Equal(t, "consent", h.must(ann, "GET", portal, nil)["ended"].(map[string]any)["reason"])
}

// TestEveryPermissionTakenBack: Entra still gives tokens then, with nothing in them; that is no consent either.
func TestEveryPermissionTakenBack(t *testing.T) {
	h := open(t)
	customer := h.accept(h.send(ann, nil))
	h.cloud.SetFaults(northwind, cloudsim.Faults{NoRoles: true})
	h.parts.Graph.ForgetToken(northwind)
	h.pass(time.Hour)
	status, _, _ := h.do(ann, "GET", portal+"/rooms", nil)
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, "consent-withdrawn", h.must(pia, "GET", "/api/customers/"+customer, nil)["state"])
}

func TestTheCustomerEndsTheRelation(t *testing.T) {
	h := open(t)
	customer := h.accept(h.send(ann, fields{"grant": fields{"all": true}}))
	other := h.accept(h.send(tara, fields{"grant": fields{"all": true}}))
	h.collected(h.id(customer), store.CollectOK)
	end := func(who, name string) (int, map[string]any) {
		status, problem, _ := h.do(who, "DELETE", portal, fields{"confirm": name})
		return status, problem
	}
	for _, who := range []string{emil, pia, maya} {
		status, _ := end(who, "Litware")
		require.Equal(t, http.StatusForbidden, status, who)
	}
	for _, name := range []string{"litware", "Litware Inc", "partner.example", "Northwind Traders"} {
		status, problem := end(ann, name)
		require.Equal(t, http.StatusUnprocessableEntity, status)
		require.Equal(t, "body.confirm", problem["errors"].([]any)[0].(map[string]any)["location"])
	}
	require.Empty(t, h.left)
	status, _, _ := h.raw(ann, portal+"/record")
	require.Equal(t, http.StatusNotFound, status)
	status, _ = end(ann, " Litware ")
	require.Equal(t, http.StatusNoContent, status)
	require.Equal(t, []policy.ID{h.id(customer)}, h.left)
	require.Len(t, items(h.must(pia, "GET", "/api/customers", nil)), 1)
	status, _ = end(ann, "Litware")
	require.Equal(t, http.StatusNotFound, status)
	require.NoError(t, h.store.Erase(t.Context()))
	require.False(t, containsAny(h.bytesOnDisk()))

	// What is kept, for the customer only.
	record := h.must(ann, "GET", portal, nil)["ended"].(map[string]any)["record"].(map[string]any)
	require.Equal(t, h.now().Add(30*24*time.Hour).Format(time.RFC3339Nano), record["until"])
	status, head, text := h.raw(ann, portal+"/record")
	require.Equal(t, []any{http.StatusOK, "application/jsonl"}, []any{status, head.Get("Content-Type")})
	require.Contains(t, head.Get("Content-Disposition"), "record-"+h.now().Format("2006-01-02"))
	require.Contains(t, text, "invitation.accept")
	require.NotContains(t, text, tailspin)
	for _, who := range []string{emil, pia, maya} {
		status, _, _ := h.raw(who, portal+"/record")
		require.Equal(t, http.StatusForbidden, status, who)
	}
	status, _, _ = h.raw(tara, portal+"/record")
	require.Equal(t, http.StatusNotFound, status, "nothing of another customer")
	status, _, _ = h.do(tara, "DELETE", portal+"/record", nil)
	require.Equal(t, http.StatusNotFound, status)

	key := filepath.Join(h.dir, "seal.key")
	require.NoError(t, os.Rename(key, key+".away"))
	status, _, text = h.raw(ann, portal+"/record")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, text, "seal-key")
	require.Contains(t, text, "Ask the operator")
	require.NoError(t, os.Rename(key+".away", key))
	status, _, _ = h.do(ann, "DELETE", portal+"/record", nil)
	require.Equal(t, http.StatusNoContent, status)
	require.Nil(t, h.must(ann, "GET", portal, nil)["ended"].(map[string]any)["record"])
	require.NotEmpty(t, h.must(pia, "GET", "/api/customers/"+other, nil))
}

func TestWhoHasAccess(t *testing.T) {
	h := open(t)
	customer := h.accept(h.send(ann, fields{"grant": fields{"all": true}}))
	h.accept(h.send(tara, fields{"grant": fields{"all": true}}))
	h.onlooker(h.id(customer))
	status, _, _ := h.do(pia, "GET", portal+"/access", nil)
	require.Equal(t, http.StatusForbidden, status)
	status, _, _ = h.do(emil, "GET", portal+"/access", nil)
	require.Equal(t, http.StatusForbidden, status)

	read := func() (roles, members []any) {
		t.Helper()
		got := h.must(ann, "GET", portal+"/access", nil)
		return got["roles"].([]any), got["members"].([]any)
	}
	roles, members := read()
	require.Len(t, roles, 2)
	built, custom := roles[0].(map[string]any), roles[1].(map[string]any)
	require.Equal(t, []any{"Primary admins", true, `=HYPERLINK("x")`, false}, []any{built["name"], built["builtIn"], custom["name"], custom["builtIn"]})
	require.Contains(t, custom["cut"], "rooms.resetKey", "what the ceiling cuts")
	require.NotContains(t, custom["permissions"], "rooms.resetKey")
	assignment := custom["assignments"].([]any)[0].(map[string]any)
	require.Equal(t, []any{"A", true, "active"}, []any{assignment["name"], assignment["all"], assignment["state"]})
	sizes := map[string]any{}
	for _, m := range members {
		m := m.(map[string]any)
		sizes[fmt.Sprint(m["kind"], " ", m["name"])] = m["size"]
	}
	require.Contains(t, sizes, "user Nora")

	delete := func(who, path string) int {
		status, _, _ := h.do(who, "DELETE", portal+path, nil)
		return status
	}
	for _, path := range []string{"/roles/" + custom["id"].(string), "/assignments/" + assignment["id"].(string), "/members/user:" + h.person(nora).OID} {
		require.Equal(t, http.StatusNotFound, delete(tara, path), "of another customer: "+path)
		require.Equal(t, http.StatusForbidden, delete(emil, path))
		require.Equal(t, http.StatusForbidden, delete(pia, path))
	}
	status, problem, _ := h.do(ann, "DELETE", portal+"/roles/"+built["id"].(string), nil)
	require.Equal(t, []any{http.StatusConflict, policy.RefuseBuiltIn}, []any{status, problem["code"]})
	require.Equal(t, http.StatusNoContent, delete(ann, "/members/user:"+strings.ToUpper(h.person(nora).OID)))
	status, _, _ = h.do(nora, "GET", "/api/customers/"+customer, nil)
	require.Equal(t, http.StatusNotFound, status, "with the next request")
	require.Equal(t, http.StatusNotFound, delete(ann, "/assignments/"+assignment["id"].(string)), "it went with its only member")
	require.Equal(t, http.StatusNoContent, delete(ann, "/roles/"+custom["id"].(string)))

	// The last primary admin: the customer may.
	for _, m := range members {
		if m := m.(map[string]any); m["name"] != "Nora" {
			require.Equal(t, http.StatusNoContent, delete(ann, fmt.Sprintf("/members/%s:%s", m["kind"], m["id"])))
		}
	}
	require.Equal(t, "without-admin", h.must(ann, "GET", portal, nil)["relation"].(map[string]any)["state"])
	_, members = read()
	require.Empty(t, members)
	states := map[any]int{}
	for _, c := range items(h.must(maya, "GET", "/api/customers", nil)) {
		states[c["state"]]++
	}
	require.Equal(t, map[any]int{"without-admin": 1, "active": 1}, states, "the other relation goes on")
}
