package collect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// An account is of one room at a time: who learns it takes it from the other, for good, and nobody else loses theirs.
func TestAnAccountIsOfOneRoom(t *testing.T) {
	known := store.CollectKnown{Rooms: []store.KnownRoom{{ID: 1, Email: "a@x", Account: "X"}, {ID: 2, Email: "b@x", Account: "Y"}, {ID: 3, Email: "c@x"}}}
	m := newMatching(known, []graph.Device{{ID: "d", UserID: "x"}, {ID: "e", UserID: "y"}})
	m.learn(2, "x") // by the directory: the account of room 1 has the address of room 2 now
	require.Equal(t, map[policy.ID]string{1: "", 2: "x"}, m.learned)
	room, ok := m.roomOf(graph.Device{UserID: "X"})
	require.True(t, ok)
	require.Equal(t, policy.ID(2), room)
	_, ok = m.roomOf(graph.Device{UserID: "y"})
	require.False(t, ok)
	m.learn(1, "z")
	room, ok = m.roomOf(graph.Device{UserID: "x"})
	require.True(t, ok, "what room 1 had once is of room 2 and stays so")
	require.Equal(t, policy.ID(2), room)
	require.Equal(t, map[policy.ID]string{1: "z", 2: "x"}, m.learned)
}

// What was learned of two rooms is what the store keeps: the next run has it the same, whatever the order of the rooms is.
func TestAnAccountThatWentToAnotherRoomStaysThere(t *testing.T) {
	for _, names := range [][2]string{{"br12", "harbour402"}, {"harbour402", "br12"}} {
		w := settled(t)
		old, new := names[0]+"@northwind.example", names[1]+"@northwind.example"
		room := func(email string) policy.ID {
			return policy.ID(w.number(`SELECT id FROM rooms WHERE email = $1`, email))
		}
		_, err := w.open().ExecContext(t.Context(), `UPDATE rooms SET account_id = (SELECT account_id FROM rooms WHERE email = $1) WHERE email = $2`, new, old)
		require.NoError(t, err) // the account of the new room was once that of the old one
		_, err = w.open().ExecContext(t.Context(), `UPDATE rooms SET account_id = '' WHERE email = $1`, new)
		require.NoError(t, err)
		w.clock.advance(25 * time.Hour)
		for range 3 {
			w.due(northwind, store.CollectDevices)
		}
		require.Zero(t, w.number(`SELECT count(*) FROM rooms a JOIN rooms b ON a.account_id = b.account_id AND a.id < b.id AND a.account_id <> ''`))
		require.NotZero(t, room(new))
	}
}

// A device that is signed out names no account. It stands where it stood: Microsoft lists it, so it is not unseen, and what is open about it stays.
func TestASignedOutDeviceStaysInItsRoom(t *testing.T) {
	for name, user := range map[string]any{"null": nil, "without an id": map[string]any{"displayName": "Harbour 4.02"}} {
		t.Run(name, func(t *testing.T) {
			w := settled(t)
			require.NoError(t, w.cloud.Break(northwind, "harbour402@northwind.example", cloudsim.Speaker))
			w.respell("/teamwork/devices", func(m map[string]any) any {
				m["currentUser"] = user
				return m
			})
			for range 3 {
				w.due(northwind, store.CollectDevices)
			}
			w.clock.advance(8 * 24 * time.Hour)
			w.collect()
			w.due(northwind, store.CollectDevices)
			require.Equal(t, "active", w.incident("speaker").State)
			require.Equal(t, "unhealthy", w.rooms()["Harbour 4.02"].Health)
			require.Empty(t, w.incidents("no-telemetry"))
			require.Zero(t, w.number(`SELECT count(*) FROM devices WHERE misses > 0`))
			require.Equal(t, 3, w.number(`SELECT count(*) FROM devices`), "one that was never in a granted room stays out")
		})
	}
}

// What breaks while accounts are learned keeps nothing locked: the others who look accounts up at the same moment come to an end, and so does the run.
func TestAFaultWhileLearningHangsNobody(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", london())
	m := &matching{byAccount: map[string]policy.ID{}, accounts: map[policy.ID]string{}, emails: map[policy.ID]string{}} // learned is missing: learn breaks
	var wanted []policy.ID
	for i := range policy.ID(2 * graph.MaxAddresses) {
		m.emails[i+1] = fmt.Sprintf("room-%d@northwind.example", i+1)
		wanted = append(wanted, i+1)
	}
	var both sync.WaitGroup // answers come only when both requests are on their way
	both.Add(2)
	w.answerWith(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/users") {
			return false
		}
		both.Done()
		both.Wait()
		address := strings.Split(r.URL.Query().Get("$filter"), "'")[1]
		_ = json.NewEncoder(rw).Encode(map[string]any{"value": []any{map[string]any{"id": "of " + address, "mail": address}}})
		return true
	})
	r := run{lease: store.CollectLease{Customer: w.customers[northwind], Kind: store.CollectDevices}, target: store.CollectTarget{TenantID: northwind}, started: w.clock.Now()}
	broke := make(chan any, 1)
	go func() {
		defer func() { broke <- recover() }()
		_ = w.collector.lookUp(t.Context(), r, m, wanted)
	}()
	select {
	case cause := <-broke:
		require.ErrorContains(t, cause.(error), "nil map")
	case <-time.After(10 * time.Second):
		require.Fail(t, "somebody waits for ever")
	}
}
