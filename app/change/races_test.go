package change_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
	"roomward/store"
)

// asked is a relation that approves everything, with Pia's request for a role.
func asked(t *testing.T) (h *house, id policy.ID, request string) {
	h = open(t)
	id, _ = h.relation(northwind, "Northwind Traders", everything)
	return h, id, h.asks(pia, "POST", "/api/customers/"+id.String()+"/roles", map[string]any{"name": "Desk", "permissions": []string{"rooms.view"}})
}

const madeDesk = `SELECT count(*) FROM roles WHERE name = 'Desk'`

// TestApprovedTwice: two administrators approve at the same moment, and the runner runs twice: it is done once.
func TestApprovedTwice(t *testing.T) {
	h, _, request := asked(t)
	var both sync.WaitGroup
	statuses := make([]int, 2)
	for i := range statuses {
		both.Go(func() {
			statuses[i], _, _ = h.call(ann, "POST", "/api/partnership/change-requests/"+request+"/approve", nil)
		})
	}
	both.Wait()
	require.ElementsMatch(t, []int{http.StatusNoContent, http.StatusConflict}, statuses)
	for range 2 {
		both.Go(h.run)
	}
	both.Wait()
	require.Equal(t, 1, h.number(madeDesk))
	state, _ := h.state(request)
	require.Equal(t, "done", state)
	require.Equal(t, 1, h.number(`SELECT count(*) FROM notices WHERE kind = 'change.approved' AND side = 'partner' AND oid = $1`, h.people[pia].OID))
}

// TestApprovedTooLate: what became impossible between asking and approving is not done, and says why.
func TestApprovedTooLate(t *testing.T) {
	for _, tc := range []struct {
		name      string
		meanwhile func(h *house, id policy.ID)
		state     string
		failure   string
	}{
		{"nothing happened", func(*house, policy.ID) {}, "done", ""},
		{"the person lost the role", func(h *house, id policy.ID) {
			h.control(id, `{}`)
			h.must(paul, "DELETE", "/api/customers/"+id.String()+"/primary-admins/user:"+h.people[pia].OID, nil)
			list := h.must(paul, "GET", "/api/customers/"+id.String()+"/assignments", nil)["items"].([]any)
			for _, a := range list {
				if a := a.(map[string]any); a["name"] == "Pia" {
					h.must(paul, "DELETE", "/api/customers/"+id.String()+"/assignments/"+a["id"].(string), nil)
				}
			}
		}, "failed", "not-found"},
		{"the account is gone", func(h *house, _ policy.ID) { h.gone[pia] = true }, "failed", "account-gone"},
		{"the ceiling was narrowed", func(h *house, id policy.ID) {
			db := h.db()
			defer func() { _ = db.Close() }()
			_, err := db.Exec(`UPDATE counters SET value = value + 1 WHERE name = 'rules';
				UPDATE customers SET ceiling_json = '["roles.view","roles.modify"]', rule_version = (SELECT value FROM counters WHERE name = 'rules')`)
			require.NoError(h.t, err)
		}, "failed", "above-ceiling"},
		{"somebody made a role of this name", func(h *house, id policy.ID) {
			h.control(id, `{}`)
			h.must(paul, "POST", "/api/customers/"+id.String()+"/roles", map[string]any{"name": "Desk", "permissions": []string{}})
		}, "failed", "role-name-taken"},
		{"nothing waits for approval any more", func(h *house, id policy.ID) { h.control(id, `{}`) }, "done", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, id, request := asked(t)
			tc.meanwhile(h, id)
			before := h.number(madeDesk)
			h.approve(request)
			state, failure := h.state(request)
			require.Equal(t, []string{tc.state, tc.failure}, []string{state, failure})
			want := before
			if tc.state == "done" {
				want++
			}
			require.Equal(t, want, h.number(madeDesk))
			require.Equal(t, h.number(`SELECT count(*) FROM change_requests WHERE state = 'failed'`), h.number(`SELECT count(*) FROM audit WHERE operation = 'change.fail'`))
			h.run()
			require.Equal(t, want, h.number(madeDesk), "done again")
		})
	}
}

// TestApprovedAsItWasRead: a change of something that was changed after it was asked for is not the one that was approved.
func TestApprovedAsItWasRead(t *testing.T) {
	h := open(t)
	id, _ := h.relation(northwind, "Northwind Traders", `{}`)
	roles := "/api/customers/" + id.String() + "/roles"
	role := h.must(pia, "POST", roles, map[string]any{"name": "Desk", "permissions": []string{"rooms.view"}})["id"].(string)
	h.control(id, everything)
	request := h.asks(pia, "PUT", roles+"/"+role, map[string]any{"name": "Desk", "permissions": []string{"rooms.view", "tickets.view"}})
	detail := h.must(ann, "GET", "/api/partnership/change-requests/"+request, nil)["detail"].(map[string]any)
	require.Equal(t, []any{"rooms.view"}, detail["before"].(map[string]any)["permissions"])
	require.Equal(t, []any{"rooms.view", "tickets.view"}, detail["after"].(map[string]any)["permissions"])
	h.control(id, `{}`)
	h.must(paul, "PUT", roles+"/"+role, map[string]any{"name": "Desk", "permissions": []string{}})
	h.approve(request)
	state, failure := h.state(request)
	require.Equal(t, []string{"failed", "changed-meanwhile"}, []string{state, failure})
	require.Equal(t, 0, h.number(`SELECT count(*) FROM role_permissions p JOIN roles r ON r.id = p.role_id WHERE r.name = 'Desk'`))
}

// TestExpiryRacesApproval: at the very moment nobody can approve any more, whatever housekeeping has done; one that was approved in time is done
// however late.
func TestExpiryRacesApproval(t *testing.T) {
	approve := func(h *house, request string) int {
		status, _, _ := h.call(ann, "POST", "/api/partnership/change-requests/"+request+"/approve", nil)
		return status
	}
	h, _, request := asked(t)
	h.pass(store.RequestLife)
	require.Equal(t, http.StatusConflict, approve(h, request))
	state, _ := h.state(request)
	require.Equal(t, "expired", state, "before housekeeping")
	h.run()
	require.Equal(t, 1, h.number(`SELECT count(*) FROM change_requests WHERE state = 'expired'`))
	require.Equal(t, 1, h.number(`SELECT count(*) FROM notices WHERE kind = 'change.expired' AND side = 'partner'`))
	require.Equal(t, 0, h.number(madeDesk))

	h, _, request = asked(t)
	h.pass(store.RequestLife - time.Millisecond)
	require.Equal(t, http.StatusNoContent, approve(h, request))
	h.pass(time.Hour)
	h.run()
	state, _ = h.state(request)
	require.Equal(t, "done", state)

	h, _, request = asked(t)
	h.pass(store.RequestLife - time.Millisecond)
	var all sync.WaitGroup
	var status int
	all.Go(func() { status = approve(h, request) })
	all.Go(func() {
		h.pass(time.Millisecond)
		h.run()
	})
	all.Wait()
	h.run()
	state, _ = h.state(request)
	require.Contains(t, []string{"204 done 1", "409 expired 0"}, outcome(status, state, h.number(madeDesk)))
}

// TestNobodyFoundOutIsNoNo: while the directory does not answer an approved request waits, and is done when it answers.
func TestNobodyFoundOutIsNoNo(t *testing.T) {
	h, _, request := asked(t)
	h.stuck = true
	h.approve(request)
	state, _ := h.state(request)
	require.Equal(t, "approved", state)
	h.stuck = false
	h.run()
	state, _ = h.state(request)
	require.Equal(t, "done", state)
}

// TestWhatIsStuckWaitsForTheNextRound: requests that something is in the way of neither come again at once, nor keep others waiting.
func TestWhatIsStuckWaitsForTheNextRound(t *testing.T) {
	h := open(t)
	id, _ := h.relation(northwind, "Northwind Traders", everything)
	ask := func(n int) {
		request := h.asks(pia, "POST", "/api/customers/"+id.String()+"/roles", map[string]any{"name": fmt.Sprint("Role ", n), "permissions": []string{}})
		h.must(ann, "POST", "/api/partnership/change-requests/"+request+"/approve", nil)
		h.change.Woken()
	}
	h.stuck = true
	for n := range 20 {
		ask(n)
	}
	h.run()
	require.False(t, h.change.Woken(), "the same would come again without a pause")
	require.Equal(t, 20, h.number(`SELECT count(*) FROM change_requests WHERE state = 'approved' AND tries = 1`))
	ask(20)
	h.stuck = false
	h.run()
	require.True(t, h.change.Woken(), "there are more")
	require.Equal(t, 1, h.number(`SELECT count(*) FROM roles WHERE name = 'Role 20'`), "who was tried least comes first")
	h.run()
	require.Equal(t, 21, h.number(`SELECT count(*) FROM change_requests WHERE state = 'done'`))
}
