package customers_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/customers"
	"roomward/policy"
)

// TestWholeOffer: everything that the wizard asks for arrives at both sides, and in the relation.
func TestWholeOffer(t *testing.T) {
	h := open(t)
	ends := h.now().AddDate(1, 0, 0).Truncate(time.Second).Format(time.RFC3339)
	control := map[string]any{"role": "manual", "assignment": "auto", "group": "auto", "action": "manual", "export": "auto"}
	id := h.send(ann, fields{"ceiling": []string{"rooms.view"}, "changeControl": fields{"role": "manual", "action": "manual"}, "strongAuth": "c1", "endsAt": ends,
		"retentionDays": 400, "sealDays": 0, "contacts": []string{"rooms@northwind.example", "ROOMS@northwind.example", "it@northwind.example"}})
	contacts := []any{"rooms@northwind.example", "it@northwind.example"}
	own := h.must(ann, "GET", portal+"/invitations/"+id, nil)
	require.Equal(t, []any{control, "c1", ends, float64(400), float64(0), contacts, customers.TermsVersion, float64(1)},
		[]any{own["changeControl"], own["strongAuth"], own["endsAt"], own["retentionDays"], own["sealDays"], own["contacts"], own["termsVersion"], own["version"]})
	seen := h.must(tim, "GET", "/api/invitations/"+id, nil)
	require.Equal(t, []any{control, "Phishing-resistant MFA", ends, float64(400), float64(0), contacts, customers.TermsVersion, float64(1)},
		[]any{seen["changeControl"], seen["strongAuth"].(map[string]any)["name"], seen["endsAt"], seen["retentionDays"], seen["sealDays"], seen["contacts"], seen["termsVersion"], seen["version"]})
	h.accept(id)
	relation := h.must(ann, "GET", portal, nil)["relation"].(map[string]any)
	require.Equal(t, []any{control, "c1", ends, float64(400), float64(0), contacts},
		[]any{relation["changeControl"], relation["strongAuth"], relation["endsAt"], relation["retentionDays"], relation["sealDays"], relation["contacts"]})
}

func TestOfferRefusals(t *testing.T) {
	h := open(t)
	id := h.send(ann, nil)
	h.must(ann, "POST", portal+"/invitations/"+id+"/withdraw", nil)
	for name, tc := range map[string]struct {
		change fields
		at     string
	}{
		"an unknown event":     {fields{"changeControl": fields{"coffee": "manual"}}, "body.changeControl.coffee"},
		"a way of its own":     {fields{"changeControl": fields{"role": "maybe"}}, "body.changeControl.role"},
		"a foreign context":    {fields{"strongAuth": "c7"}, "body.strongAuth"},
		"an end that has been": {fields{"endsAt": "2020-01-01T00:00:00Z"}, "body.endsAt"},
		"too few days":         {fields{"retentionDays": 29}, "body.retentionDays"},
		"too many days":        {fields{"retentionDays": 1096}, "body.retentionDays"},
		"too long a seal":      {fields{"sealDays": 366}, "body.sealDays"},
		"no contact":           {fields{"contacts": []string{}}, "body.contacts"},
		"no address":           {fields{"contacts": []string{"nobody"}}, "body.contacts[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			status, problem, text := h.do(ann, "POST", portal+"/invitations", offer(tc.change))
			require.Equal(t, http.StatusUnprocessableEntity, status, text)
			require.Equal(t, tc.at, problem["errors"].([]any)[0].(map[string]any)["location"], text)
		})
	}
	status, problem, text := h.do(ann, "POST", portal+"/invitations", offer(fields{"endsAt": h.now().Add(13 * 24 * time.Hour).Format(time.RFC3339)}))
	require.Equal(t, []any{http.StatusConflict, "end-not-ahead"}, []any{status, problem["code"]}, text)
	require.NotEmpty(t, problem["detail"], "an end before the invitation expires says why it cannot be")
}

// TestChangingAnOfferOverHTTP: the partner sees the other offer, and an accept of the one before is a conflict.
func TestChangingAnOfferOverHTTP(t *testing.T) {
	h := open(t)
	id := h.send(ann, nil)
	path := portal + "/invitations/" + id
	next := offer(fields{"grant": fields{"all": true}, "ceiling": []string{"rooms.view"}})
	delete(next, "partnerDomain")
	delete(next, "expiresInDays")
	status, foreign, text := h.do(tara, "PUT", path, next)
	require.Equal(t, http.StatusNotFound, status, text)
	status, missing, _ := h.do(tara, "PUT", portal+"/invitations/"+policy.NewID().String(), next)
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, missing, foreign, "another tenant's is as if it were not there")
	for _, who := range []string{tara} {
		status, _, _ = h.do(who, "GET", path, nil)
		require.Equal(t, http.StatusNotFound, status)
		status, _, _ = h.do(who, "POST", path+"/resend", fields{"expiresInDays": 3})
		require.Equal(t, http.StatusNotFound, status)
	}
	status, problem, _ := h.doIf(ann, `"2"`, "PUT", path, next)
	require.Equal(t, []any{http.StatusPreconditionFailed, "changed-meanwhile"}, []any{status, problem["code"]})
	status, _, text = h.do(ann, "PUT", path, fields{"grant": fields{"all": true}, "agreedTerms": customers.TermsVersion, "expiresInDays": 3})
	require.Equal(t, http.StatusUnprocessableEntity, status, text)
	status, got, text := h.doIf(ann, `"1"`, "PUT", path, next)
	require.Equal(t, http.StatusOK, status, text)
	require.Equal(t, []any{float64(2), float64(4), h.now().Format(time.RFC3339Nano)}, []any{got["version"], got["roomsOffered"], got["changedAt"]})
	seen := h.must(tim, "GET", "/api/invitations/"+id, nil)
	require.Equal(t, []any{float64(2), float64(4), []any{"rooms.view"}}, []any{seen["version"], seen["roomsOffered"], seen["ceiling"]})

	body := fields{"version": 1, "primaryAdmins": []fields{user(h, pia)}}
	status, problem, _ = h.do(tim, "POST", "/api/invitations/"+id+"/accept", body)
	require.Equal(t, []any{http.StatusConflict, "invitation-changed"}, []any{status, problem["code"]})
	require.NotEmpty(t, problem["hint"])
	delete(body, "version")
	status, _, _ = h.do(tim, "POST", "/api/invitations/"+id+"/accept", body)
	require.Equal(t, http.StatusUnprocessableEntity, status, "who accepts says what it has read")

	h.pass(time.Hour)
	again := h.must(ann, "POST", path+"/resend", fields{"expiresInDays": 30})
	require.Equal(t, h.now().Add(30*24*time.Hour).Format(time.RFC3339Nano), again["expiresAt"])
	require.Equal(t, float64(2), again["version"], "the offer is the same")
	for _, days := range []int{0, 31} {
		status, _, _ = h.do(ann, "POST", path+"/resend", fields{"expiresInDays": days})
		require.Equal(t, http.StatusUnprocessableEntity, status)
	}
	body["version"] = 2
	h.must(tim, "POST", "/api/invitations/"+id+"/accept", body)
}
