package customers_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/policy"
	"roomward/store"
)

func (h *house) check() {
	h.t.Helper()
	require.NoError(h.t, h.parts.CheckAdmins(h.t.Context()))
}

func (h *house) state(who string) any {
	h.t.Helper()
	return items(h.must(who, "GET", "/api/customers", nil))[0]["state"]
}

func TestRelationWithoutAdmin(t *testing.T) {
	h := open(t)
	leads := h.world.Partner.FindGroup("Desk leads")
	require.NoError(t, h.cloud.SetMembership(leads.ID, h.person(nora).OID, true))
	invitation := h.send(ann, fields{"grant": fields{"all": true}})
	customer := h.must(maya, "POST", "/api/invitations/"+invitation+"/accept", fields{"version": 1, "primaryAdmins": []fields{user(h, pia),
		{"kind": "group", "id": leads.ID}}})["customerId"].(string)
	rooms := func(closed bool) {
		t.Helper()
		rules, err := h.store.Rules(t.Context(), h.id(customer))
		require.NoError(t, err)
		require.Equal(t, closed, rules.Closed)
	}
	h.check()
	require.Equal(t, "active", h.state(pia))
	status, problem, _ := h.do(maya, "POST", "/api/customers/"+customer+"/admin-proposals", fields{"members": []fields{user(h, tim)}})
	require.Equal(t, []any{http.StatusConflict, "admins-present"}, []any{status, problem["code"]})

	require.NoError(t, h.cloud.SetDisabled(litware, h.person(pia).OID, true))
	h.check()
	rooms(false)
	require.NoError(t, h.cloud.SetMembership(leads.ID, h.person(nora).OID, false))
	h.cloud.SetFaults(litware, cloudsim.Faults{Throttle: 1_000, RetryAfter: time.Minute})
	require.Error(t, h.parts.CheckAdmins(t.Context()))
	rooms(false)
}

func TestProposingAndConfirming(t *testing.T) {
	h := open(t)
	customer := h.accept(h.send(ann, fields{"grant": fields{"all": true}}))
	other := h.must(maya, "POST", "/api/invitations/"+h.send(tara, fields{"grant": fields{"all": true}})+"/accept",
		fields{"version": 1, "primaryAdmins": []fields{user(h, nora)}})["customerId"].(string)
	require.NoError(t, h.cloud.SetDisabled(litware, h.person(pia).OID, true))
	h.check()
	require.Equal(t, "without-admin", h.state(pia))
	require.Equal(t, "active", h.state(nora), "the others go on")
	got := h.must(ann, "GET", portal+"/admins", nil)
	require.Equal(t, "disabled", got["members"].([]any)[0].(map[string]any)["absent"])
	require.Equal(t, h.now().Format(time.RFC3339Nano), got["withoutAdminSince"])
	require.Equal(t, "without-admin", h.must(ann, "GET", portal, nil)["relation"].(map[string]any)["state"])
	require.Equal(t, false, h.must(pia, "GET", "/api/customers/"+customer, nil)["primaryAdmin"])
	status, problem, _ := h.do(pia, "DELETE", "/api/customers/"+customer, fields{"confirm": "Northwind Traders"})
	require.Equal(t, []any{http.StatusForbidden, "needs-primary-admin"}, []any{status, problem["code"]}, "who is disabled is no effective admin")

	propose := func(who, id string, members ...fields) (int, map[string]any, string) {
		return h.do(who, "POST", "/api/customers/"+id+"/admin-proposals", fields{"members": members})
	}
	status, _, _ = propose(pia, customer, user(h, tim))
	require.Equal(t, http.StatusForbidden, status)
	status, _, missing := propose(maya, policy.NewID().String(), user(h, tim))
	require.Equal(t, http.StatusNotFound, status, missing)
	status, problem, _ = propose(maya, other, user(h, tim))
	require.Equal(t, []any{http.StatusConflict, "admins-present"}, []any{status, problem["code"]})
	for _, absent := range []fields{user(h, pia), {"kind": "user", "id": northwind}, {"kind": "group", "id": h.world.Partner.FindGroup("Desk leads").ID}} {
		status, _, text := propose(tim, customer, absent)
		require.Equal(t, http.StatusUnprocessableEntity, status, text)
		require.Contains(t, text, "body.members[0].id")
	}
	status, first, text := propose(tim, customer, user(h, tim))
	require.Equal(t, http.StatusCreated, status, text)
	require.Equal(t, first["id"], h.must(maya, "GET", "/api/customers/"+customer, nil)["adminProposal"].(map[string]any)["id"])
	require.Nil(t, h.must(pia, "GET", "/api/customers/"+customer, nil)["adminProposal"], "who may not propose does not read it")

	decide := func(who, verb string, id any) (int, map[string]any) {
		status, problem, _ := h.do(who, "POST", portal+"/admins/"+verb, fields{"proposal": id})
		return status, problem
	}
	status, _ = decide(emil, "confirm", first["id"])
	require.Equal(t, http.StatusForbidden, status, "administrators only")
	status, _ = decide(tara, "confirm", first["id"])
	require.Equal(t, http.StatusNotFound, status)
	status, _ = decide(maya, "confirm", first["id"])
	require.Equal(t, http.StatusForbidden, status, "the partner cannot confirm itself")
	_, second, _ := propose(maya, customer, user(h, maya))
	status, problem = decide(ann, "confirm", first["id"])
	require.Equal(t, []any{http.StatusConflict, "proposal-changed"}, []any{status, problem["code"]}, "it confirms what it has read")
	require.Equal(t, "without-admin", h.state(pia))
	require.NoError(t, h.cloud.SetDisabled(litware, h.person(maya).OID, true))
	status, problem = decide(ann, "confirm", second["id"])
	require.Equal(t, []any{http.StatusConflict, "proposed-absent"}, []any{status, problem["code"]})
	status, _ = decide(ann, "refuse", second["id"])
	require.Equal(t, http.StatusNoContent, status)
	status, _ = decide(ann, "refuse", second["id"])
	require.Equal(t, http.StatusNotFound, status)

	_, third, _ := propose(tim, customer, user(h, tim))
	status, _ = decide(ann, "confirm", third["id"])
	require.Equal(t, http.StatusNoContent, status)
	require.Equal(t, "active", h.state(tim), "the new one sees it with the next request")
	require.Nil(t, h.must(ann, "GET", portal+"/admins", nil)["withoutAdminSince"])
	require.NoError(t, h.cloud.SetDisabled(litware, h.person(tim).OID, true))
	h.check()
	require.Equal(t, "without-admin", h.state(tim))
	require.NoError(t, h.cloud.SetDisabled(litware, h.person(tim).OID, false))
	h.check()
	require.Equal(t, "active", h.state(tim))
	h.must(tim, "DELETE", "/api/customers/"+customer, fields{"confirm": "Northwind Traders"})
}

func TestGoneAdminsClose(t *testing.T) {
	h := open(t)
	h.accept(h.send(ann, nil))
	require.NoError(t, h.cloud.RemovePerson(litware, h.person(pia).OID))
	h.check()
	got, err := h.store.OwnAdmins(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Equal(t, store.AbsentGone, got.Members[0].Absent)
	require.Equal(t, h.now(), got.WithoutSince)
}
