package change_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

func outcome(status int, state string, done int) string {
	return fmt.Sprint(status, " ", state, " ", done)
}

// TestWhoSeesAndDecides: the customer decides about its own requests, who asked may withdraw and explain its own, and to everybody else they are not
// there, in the words of an id that never was.
func TestWhoSeesAndDecides(t *testing.T) {
	h, id, request := asked(t)
	h.relation(tailspin, "Tailspin Toys", everything)
	never := policy.NewID().String()
	reason := map[string]string{"reason": "The desk needs it"}
	for _, tc := range []struct {
		who, method, path string
		body              any
		status            int
	}{
		{pia, "GET", "/api/change-requests/%s", nil, http.StatusOK},
		{paul, "GET", "/api/change-requests/%s", nil, http.StatusOK},
		{tess, "GET", "/api/change-requests/%s", nil, http.StatusNotFound},
		{ann, "GET", "/api/partnership/change-requests/%s", nil, http.StatusOK},
		{other, "GET", "/api/partnership/change-requests/%s", nil, http.StatusNotFound},
		{emil, "GET", "/api/partnership/change-requests/%s", nil, http.StatusForbidden},
		{ann, "GET", "/api/change-requests/%s", nil, http.StatusForbidden},
		{pia, "GET", "/api/partnership/change-requests/%s", nil, http.StatusForbidden},
		{other, "POST", "/api/partnership/change-requests/%s/approve", nil, http.StatusNotFound},
		{emil, "POST", "/api/partnership/change-requests/%s/approve", nil, http.StatusForbidden},
		{pia, "POST", "/api/partnership/change-requests/%s/approve", nil, http.StatusForbidden},
		{other, "POST", "/api/partnership/change-requests/%s/reject", reason, http.StatusNotFound},
		{ann, "POST", "/api/partnership/change-requests/%s/reject", map[string]string{"reason": "  "}, http.StatusUnprocessableEntity},
		{paul, "PUT", "/api/change-requests/%s/reason", reason, http.StatusNotFound},
		{tess, "PUT", "/api/change-requests/%s/reason", reason, http.StatusNotFound},
		{pia, "PUT", "/api/change-requests/%s/reason", reason, http.StatusNoContent},
		{paul, "POST", "/api/change-requests/%s/withdraw", nil, http.StatusNotFound},
		{pia, "POST", "/api/change-requests/%s/withdraw", nil, http.StatusNoContent},
		{pia, "POST", "/api/change-requests/%s/withdraw", nil, http.StatusConflict},
		{ann, "POST", "/api/partnership/change-requests/%s/approve", nil, http.StatusConflict},
	} {
		status, _, text := h.call(tc.who, tc.method, fmt.Sprintf(tc.path, request), tc.body)
		require.Equal(t, tc.status, status, "%s %s %s: %s", tc.who, tc.method, tc.path, text)
		if status == http.StatusNotFound {
			_, _, missing := h.call(tc.who, tc.method, fmt.Sprintf(tc.path, never), tc.body)
			require.Equal(t, missing, text, "%s %s %s", tc.who, tc.method, tc.path)
		}
	}
	for who, n := range map[string]int{pia: 1, paul: 1, tess: 0} {
		require.Len(t, h.must(who, "GET", "/api/change-requests", nil)["items"], n, who)
		require.Len(t, h.must(who, "GET", "/api/change-requests?customer="+id.String(), nil)["items"], n, who)
	}
	require.Len(t, h.must(ann, "GET", "/api/partnership/change-requests", nil)["items"], 1)
	require.Len(t, h.must(ann, "GET", "/api/partnership/change-requests?state=waiting", nil)["items"], 0)
	require.Len(t, h.must(other, "GET", "/api/partnership/change-requests", nil)["items"], 0)
}

// TestHowMuchWaits: each side reads with its notices how many requests wait, of those that its list shows it, and no other ones.
func TestHowMuchWaits(t *testing.T) {
	h, _, request := asked(t)
	h.relation(tailspin, "Tailspin Toys", everything)
	waits := func() map[string]any {
		out := map[string]any{}
		for _, who := range []string{pia, paul, tess} {
			out[who] = h.must(who, "GET", "/api/notices", nil)["waiting"]
		}
		for _, who := range []string{ann, other} {
			out[who] = h.must(who, "GET", "/api/partnership/notices", nil)["waiting"]
		}
		return out
	}
	require.Equal(t, map[string]any{pia: 1.0, paul: 1.0, tess: 0.0, ann: 1.0, other: 0.0}, waits())
	h.must(ann, "POST", "/api/partnership/change-requests/"+request+"/reject", map[string]string{"reason": "No"})
	require.Equal(t, map[string]any{pia: 0.0, paul: 0.0, tess: 0.0, ann: 0.0, other: 0.0}, waits())
}

// TestRejectedWithAReason: nothing is done, and the partner reads why not.
func TestRejectedWithAReason(t *testing.T) {
	h, _, request := asked(t)
	h.must(ann, "POST", "/api/partnership/change-requests/"+request+"/reject", map[string]string{"reason": "Not before the audit"})
	h.run()
	require.Equal(t, 0, h.number(madeDesk))
	out := h.must(pia, "GET", "/api/change-requests/"+request, nil)
	require.Equal(t, []any{"rejected", "Not before the audit", "ann"}, []any{out["state"], out["decidedReason"], out["decidedBy"]})
	require.Equal(t, 1, h.number(`SELECT count(*) FROM notices WHERE kind = 'change.rejected' AND detail_json LIKE '%Not before the audit%'`))
}

// TestPagesOfRequests: every request comes once, newest first, whatever the size of the pages.
func TestPagesOfRequests(t *testing.T) {
	h := open(t)
	id, _ := h.relation(northwind, "Northwind Traders", everything)
	var want []any
	for i := range 7 {
		if i%2 == 0 {
			h.pass(1_000_000)
		}
		request := h.asks(pia, "POST", "/api/customers/"+id.String()+"/roles", map[string]any{"name": fmt.Sprint("Role ", i), "permissions": []string{}})
		want = append(want, request)
	}
	for limit := 1; limit <= 8; limit++ {
		var got []any
		next := ""
		for {
			page := h.must(ann, "GET", fmt.Sprintf("/api/partnership/change-requests?limit=%d&cursor=%s", limit, next), nil)
			for _, item := range page["items"].([]any) {
				got = append(got, item.(map[string]any)["id"])
			}
			var more bool
			if next, more = page["next"].(string); !more {
				break
			}
		}
		require.ElementsMatch(t, want, got, "pages of %d", limit)
	}
	status, _, _ := h.call(ann, "GET", "/api/partnership/change-requests?cursor=nonsense", nil)
	require.Equal(t, http.StatusBadRequest, status)
}
