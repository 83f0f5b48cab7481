package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// acted writes an action in a room, and a request for another that names it.
func (h *house) acted(customer, room ID, name string) {
	h.t.Helper()
	h.run(`INSERT INTO room_actions (id, customer_id, room_id, device_graph_id, device_name, kind, state, asked_at, asked_by_oid, asked_by_name, contexts_json, due_at)
		VALUES ($1, $2, $3, $4, 'Bar', 'restart', 'queued', 1, 'o', 'n', '[]', 1)`, policy.NewID(), customer, room, name)
	for event, object := range map[Event]string{EventAction: room.String(), EventRole: policy.NewID().String()} {
		h.run(`INSERT INTO change_requests (id, customer_id, event, route, input_json, operation, object, object_id, detail_json, asked_at, asked_by_oid,
				asked_by_name, contexts_json, expires_at, state)
			VALUES ($1, $2, $3, 'r', '{}', 'action.restart', $4, $5, '{}', 1, 'o', 'n', '[]', 1, 'done')`, policy.NewID(), customer, event, name, object)
	}
}

// TestActionsGoWithTheirRoom: what was done in a room, and what was asked for there, goes with it whichever way it leaves the grant (law 7).
func TestActionsGoWithTheirRoom(t *testing.T) {
	left := func(h *house) map[string]int64 {
		return map[string]int64{
			"actions":  h.number(`SELECT count(*) FROM room_actions`),
			"requests": h.number(`SELECT count(*) FROM change_requests WHERE event = 'action'`),
			"others":   h.number(`SELECT count(*) FROM change_requests WHERE event <> 'action'`),
		}
	}
	t.Run("narrowed by the customer", func(t *testing.T) {
		h, customer, rooms, _ := granted(t)
		h.acted(customer, rooms[0], "Alder")
		h.acted(customer, rooms[1], "Birch")
		_, err := h.SetGrant(t.Context(), adminOf(northwind), policy.Own(northwind), 0, policy.Grant{Rooms: []string{"place-" + rooms[0].String()}})
		require.NoError(t, err)
		require.Equal(t, map[string]int64{"actions": 1, "requests": 1, "others": 2}, left(h))
		require.Zero(t, h.number(`SELECT count(*) FROM change_requests WHERE event = 'action' AND object = 'Birch'`))
	})
	t.Run("gone at Microsoft", func(t *testing.T) {
		h := openHouse(t)
		customer := h.customer(northwind)
		h.run(`UPDATE customers SET grant_json = '{"all":true}'`)
		collected := func(names ...string) {
			var found []PlaceFound
			for _, name := range names {
				found = append(found, PlaceFound{PlaceID: name, Name: name, Email: name + "@northwind.example"})
			}
			_, err := h.ApplyPlaces(t.Context(), policy.ForWork(customer, "test"), h.leased(customer, CollectOK), found)
			require.NoError(t, err)
		}
		collected("Alder", "Birch")
		for _, name := range []string{"Alder", "Birch"} {
			h.acted(customer, ID(h.number(`SELECT id FROM rooms WHERE name = $1`, name)), name)
		}
		collected("Alder")
		h.pass(24 * time.Hour)
		collected("Alder")
		require.Equal(t, map[string]int64{"actions": 1, "requests": 1, "others": 2}, left(h))
		require.Zero(t, h.number(`SELECT count(*) FROM change_requests WHERE event = 'action' AND object = 'Birch'`))
	})
}

// TestActionsAreForgotten: half a year after their end, open ones never.
func TestActionsAreForgotten(t *testing.T) {
	h, customer, rooms, _ := granted(t)
	h.acted(customer, rooms[0], "Alder")
	h.acted(customer, rooms[1], "Birch")
	h.run(`UPDATE room_actions SET state = 'succeeded', ended_at = $1 WHERE room_id = $2`, millis(h.clock()), rooms[0])
	h.pass(keepActions)
	gone, err := h.PruneActions(t.Context(), 10)
	require.NoError(t, err)
	require.Zero(t, gone)
	h.pass(time.Millisecond)
	gone, err = h.PruneActions(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 1, gone)
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM room_actions`))
}

// TestTheRecordKeepsNoNameOfARoom: it outlives the room's part in the grant. Who sees the room reads its name with the entry, as long as it is there.
func TestTheRecordKeepsNoNameOfARoom(t *testing.T) {
	h, customer, rooms, _ := granted(t)
	ctx, own, ann := t.Context(), policy.Own(northwind), adminOf(northwind)
	decider := policy.NewDecider(h.Store, h.clock, policy.Limits{})
	by := Act{Side: SidePartner, TenantID: litware, OID: pia.Principal.OID(), Name: "Pia", Request: &Request{Route: "POST /api/rooms/{id}/actions", Input: "again"}}
	ask := func(room ID) error {
		sees, err := decider.View(ctx, policy.Actor{User: pia.Principal}, policy.RoomsView)
		require.NoError(t, err)
		acts, err := decider.View(ctx, policy.Actor{User: pia.Principal}, policy.RoomsAct)
		require.NoError(t, err)
		_, err = h.AskAction(ctx, by, sees, acts, NewAction{Kind: ActionRestart, Room: room})
		return err
	}
	require.NoError(t, ask(rooms[0]))
	require.NoError(t, ask(rooms[1]))
	leases, err := h.ClaimActions(ctx, 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, leases, 2)
	for _, l := range leases {
		require.NoError(t, h.StepAction(ctx, policy.ForWork(customer, "test"), l, ActionStep{State: ActionFailed, Failure: "f"}))
	}
	h.run(`UPDATE customers SET change_control_json = '{"action":"manual"}' WHERE id = $1`, customer)
	var waits *Waits
	require.ErrorAs(t, ask(rooms[1]), &waits)
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM change_requests WHERE object = 'Birch'`), "the customer decides about a name")
	require.NoError(t, h.ApproveRequest(ctx, ann, own, waits.ID))
	by.Approved = waits.ID
	require.NoError(t, ask(rooms[1]), "what was approved is what is done")

	member := h.auditReader("pia", policy.Powers{})
	blind := member
	member.Rooms, err = decider.View(ctx, policy.Actor{User: pia.Principal}, policy.RoomsView)
	require.NoError(t, err)
	named := func(by AuditReader) map[string]string { // by operation and room
		rows, _, err := h.Audit(ctx, by, AuditQuery{Limit: 500})
		require.NoError(t, err)
		out := map[string]string{}
		for _, r := range rows {
			if room := r.AboutRoom(); room != 0 {
				out[r.Operation+" "+map[ID]string{rooms[0]: "0", rooms[1]: "1"}[room]] = r.RoomName
				one, err := h.AuditEntry(ctx, by, AuditPlace{r.Chain, r.Seq})
				require.NoError(t, err)
				require.Equal(t, r.RoomName, one.RoomName)
			}
		}
		return out
	}
	all := map[string]string{"action.restart 0": "Alder", "action.restart 1": "Birch", "action.end 0": "Alder", "action.end 1": "Birch", "change.ask 1": "Birch", "change.approve 1": "Birch"}
	require.Equal(t, all, named(AuditReader{Own: own}))
	require.Equal(t, all, named(member))
	for what := range named(blind) {
		require.Empty(t, named(blind)[what], "who sees no room")
	}
	found := func(by AuditReader, f AuditFilter) int {
		_, found, err := h.Audit(ctx, by, AuditQuery{AuditFilter: f, Limit: 1, Total: true})
		require.NoError(t, err)
		return found.Total
	}
	for _, f := range []AuditFilter{{Text: "irch"}, {Object: "BIRCH"}} {
		require.Equal(t, 5, found(AuditReader{Own: own}, f), "by its present name")
		require.Equal(t, 5, found(member, f))
		require.Zero(t, found(blind, f))
		require.Zero(t, found(AuditReader{Own: policy.Own(tailspin)}, f))
	}
	require.Zero(t, found(member, AuditFilter{Text: "%irch"}), "nothing is a wildcard")
	require.Zero(t, h.number(`SELECT count(*) FROM audit WHERE (operation LIKE 'action.%' OR operation LIKE 'change.%')
		AND (object <> '' OR detail_json LIKE '%Birch%' OR detail_json LIKE '%"device":%')`))

	_, err = h.SetGrant(ctx, ann, own, 0, policy.Grant{Rooms: []string{"place-" + rooms[0].String()}})
	require.NoError(t, err)
	for what, name := range all {
		if name == "Birch" {
			all[what] = ""
		}
	}
	require.Equal(t, all, named(AuditReader{Own: own}))
	require.Zero(t, found(AuditReader{Own: own}, AuditFilter{Text: "Birch"}), "a room that is gone is found by its id alone")
	require.Equal(t, 5, found(AuditReader{Own: own}, AuditFilter{Object: rooms[1].String()}))
	require.Zero(t, h.number(`SELECT count(*) FROM audit WHERE object LIKE '%Birch%' OR detail_json LIKE '%Birch%'`))
}
