package collect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/policy"
	"roomward/store"
)

func TestFirstCollectionStoresExactlyTheGrantedRooms(t *testing.T) {
	tenant := traders()
	w := newWorld(t, tenant)
	w.accept(northwind, "Northwind", london())
	require.Empty(t, w.rooms())
	w.collect()

	rooms := w.rooms()
	require.Len(t, rooms, 3)
	br := rooms["Boardroom 12"]
	require.Equal(t, "br12@northwind.example", br.Email)
	require.Equal(t, "London Bridge", br.Building)
	require.Equal(t, "12", br.Floor)
	require.Equal(t, 16, br.Capacity)
	require.Equal(t, "Lenovo", br.Maker)
	require.Equal(t, "ThinkSmart Hub", br.Model)
	require.Equal(t, "healthy", br.Health)
	require.Equal(t, "healthy", rooms["Harbour 4.02"].Health)
	require.Equal(t, "onboarding", rooms["Quiet corner"].Health, "no device was ever seen there")

	devices, err := w.store.RoomDevices(t.Context(), w.view("admin", policy.RoomsView), br.ID)
	require.NoError(t, err)
	require.Len(t, devices, 2)
	require.Equal(t, "teamsPanel", devices[0].Kind)
	require.Equal(t, "5.4.152.0", devices[1].AppVersion)
	require.Equal(t, "10.0.22631.6060", devices[1].OSVersion)

	customer, err := w.store.CustomerByID(t.Context(), policy.ForWork(w.customers[northwind], "test"), w.customers[northwind])
	require.NoError(t, err)
	require.Equal(t, 3, customer.Rooms)
	require.Equal(t, w.clock.Now(), customer.LastGoodAt)

	var outside []string
	for _, r := range tenant.Rooms[3:] {
		outside = append(outside, r.Name, r.Email, r.Building, r.PlaceID, r.ID, r.AccountID)
		for _, d := range r.Devices {
			outside = append(outside, d.ID, d.Serial)
		}
	}
	outside = append(outside, "Amsterdam", "MVC860")
	w.requireNowhere(outside...)
	for _, r := range tenant.Rooms[:3] { // the proof that the search would find something
		require.Contains(t, strings.Join(w.dump("rooms"), "\n"), r.PlaceID)
	}
}

func TestRoomsKeepTheirIdentity(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", london())
	w.collect()
	before := w.rooms()["Harbour 4.02"]

	require.NoError(t, w.cloud.RenameRoom(northwind, "harbour402@northwind.example", "Harbour View"))
	require.NoError(t, w.cloud.AddRoom(northwind, cloudsim.Room{Name: "New Wharf", Email: "wharf@northwind.example", Country: "GB", City: "london ",
		Building: "Wharf", Capacity: 3, Devices: []cloudsim.Device{bar()}}))
	w.due(northwind, store.CollectPlaces)
	rooms := w.rooms()
	require.Equal(t, before.ID, rooms["Harbour View"].ID)
	require.Contains(t, rooms, "New Wharf", "a rule covers rooms that come later")
	require.Len(t, rooms, 4)
}

func TestVanishedRoomIsHiddenAtOnceAndPurgedLater(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", london())
	w.collect()
	require.NoError(t, w.cloud.Break(northwind, "harbour402@northwind.example", cloudsim.RoomCamera))
	w.due(northwind, store.CollectDevices)
	w.due(northwind, store.CollectDevices)
	w.due(northwind, store.CollectDevices)
	require.Len(t, w.incidents("room-camera"), 1)
	room := w.rooms()["Harbour 4.02"]

	// The room moves out of the grant by Microsoft's data.
	require.NoError(t, w.cloud.SetRoomBuilding(northwind, "harbour402@northwind.example", "NL", "Amsterdam", "Zuidas One"))
	w.due(northwind, store.CollectPlaces)

	require.NotContains(t, w.rooms(), "Harbour 4.02")
	require.Empty(t, w.incidents("room-camera"))
	_, err := w.store.RoomDevices(t.Context(), w.view("admin", policy.RoomsView), room.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Contains(t, strings.Join(w.dump("rooms"), "\n"), "Harbour 4.02", "purged without the second run")

	// Back within the time, it is the same room with the same incident.
	require.NoError(t, w.cloud.SetRoomBuilding(northwind, "harbour402@northwind.example", "GB", "London", "Harbour Tower"))
	w.due(northwind, store.CollectPlaces)
	require.Equal(t, room.ID, w.rooms()["Harbour 4.02"].ID)
	require.Len(t, w.incidents("room-camera"), 1)

	// Gone for good: two complete runs agree early, 24 hours have to pass as well.
	require.NoError(t, w.cloud.RemoveRoom(northwind, "harbour402@northwind.example"))
	w.due(northwind, store.CollectPlaces)
	hidden := w.clock.Now()
	for w.job(northwind, store.CollectPlaces).DueAt.Sub(hidden) < 24*time.Hour {
		w.due(northwind, store.CollectPlaces)
		require.Contains(t, strings.Join(w.dump("rooms"), "\n"), "Harbour 4.02", "purged after %s", w.clock.Now().Sub(hidden))
	}
	w.due(northwind, store.CollectPlaces)
	require.GreaterOrEqual(t, w.clock.Now().Sub(hidden), 24*time.Hour)
	require.NotContains(t, strings.Join(w.dump(), "\n"), fmt.Sprint(int64(room.ID)))
	require.Len(t, w.dump("rooms"), 2)
	w.requireNotStored("harbour402@northwind.example", "Harbour 4.02")
}

// The 24 hours alone are not enough: what was missed must have been missed by two complete runs.
func TestOneRunDoesNotPurge(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", london())
	w.collect()
	require.NoError(t, w.cloud.RemoveRoom(northwind, "quiet@northwind.example"))
	w.due(northwind, store.CollectPlaces)
	require.NotContains(t, w.rooms(), "Quiet corner")

	w.cloud.SetFaults(northwind, cloudsim.Faults{NoRoles: false, EmptyPlaces: true})
	w.clock.advance(48 * time.Hour)
	w.collect()
	require.Equal(t, StateEmptyAnswer, w.job(northwind, store.CollectPlaces).State)
	require.Contains(t, strings.Join(w.dump("rooms"), "\n"), "Quiet corner", "an empty answer agrees with nothing")
	require.Len(t, w.rooms(), 2)

	w.cloud.SetFaults(northwind, cloudsim.Faults{})
	w.due(northwind, store.CollectPlaces)
	require.NotContains(t, strings.Join(w.dump("rooms"), "\n"), "Quiet corner")
}

// An empty answer counts where every known room is hidden already, or those would never be purged: as any other complete answer, and so not before two
// of them and 24 hours agree. Rooms that are in sight stay so.
func TestAnEmptyAnswerPurgesHiddenRoomsByTheRule(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", policy.Grant{Rules: []policy.GrantRule{{Building: "London Bridge"}}})
	w.collect()
	w.cloud.SetFaults(northwind, cloudsim.Faults{EmptyPlaces: true})
	w.readForDays()
	require.Equal(t, "Boardroom 12", w.kept(), "it is in sight")
	require.Equal(t, StateEmptyAnswer, w.job(northwind, store.CollectPlaces).State)

	w.cloud.SetFaults(northwind, cloudsim.Faults{})
	require.NoError(t, w.cloud.SetRoomBuilding(northwind, "br12@northwind.example", "GB", "London", "Shard"))
	w.due(northwind, store.CollectPlaces)
	hidden := w.clock.Now()
	require.Equal(t, "-Boardroom 12", w.kept())
	w.cloud.SetFaults(northwind, cloudsim.Faults{EmptyPlaces: true})
	for w.job(northwind, store.CollectPlaces).DueAt.Sub(hidden) < 24*time.Hour {
		w.due(northwind, store.CollectPlaces)
		require.Equal(t, "-Boardroom 12", w.kept(), "purged after %s", w.clock.Now().Sub(hidden))
		require.Equal(t, StateOK, w.job(northwind, store.CollectPlaces).State)
	}
	w.due(northwind, store.CollectPlaces)
	require.Empty(t, w.kept())
}

// A room that was hidden by a list with gaps was missed by no complete one: a single empty answer does not purge it, however late it comes.
func TestASingleEmptyAnswerPurgesNothing(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", policy.Grant{Rules: []policy.GrantRule{{Building: "London Bridge"}}})
	w.collect()
	require.NoError(t, w.cloud.SetRoomBuilding(northwind, "br12@northwind.example", "GB", "London", "Shard"))
	w.respell(roomsPath, func(m map[string]any) any {
		if m["displayName"] == "Vault Amstel" {
			return map[string]any{"capacity": 7}
		}
		return m
	})
	w.due(northwind, store.CollectPlaces)
	require.Equal(t, StatePartial, w.job(northwind, store.CollectPlaces).State)
	require.Equal(t, "-Boardroom 12", w.kept())
	w.answerWith(nil)
	w.cloud.SetFaults(northwind, cloudsim.Faults{EmptyPlaces: true})
	w.clock.advance(48 * time.Hour)
	w.collect()
	require.Equal(t, StateOK, w.job(northwind, store.CollectPlaces).State)
	require.Equal(t, "-Boardroom 12", w.kept())
	w.due(northwind, store.CollectPlaces)
	require.Empty(t, w.kept())
}

func TestPurgedRoomLeavesNoScope(t *testing.T) {
	w := newWorld(t, traders())
	id := w.accept(northwind, "Northwind", london())
	w.collect()
	room := w.rooms()["Quiet corner"].ID
	role, err := w.store.AddRole(t.Context(), store.Act{}, id, store.Role{Name: "Help desk", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	_, err = w.store.AddAssignment(t.Context(), store.Act{}, id, store.Assignment{Role: role, Name: "one room", Scopes: []policy.Scope{policy.ScopeRoom(room)},
		Members: []store.Member{{Principal: policy.User("narrow"), Name: "Narrow"}}})
	require.NoError(t, err)
	require.False(t, w.view("narrow", policy.RoomsView).Empty())

	require.NoError(t, w.cloud.RemoveRoom(northwind, "quiet@northwind.example"))
	w.due(northwind, store.CollectPlaces)
	w.clock.advance(25 * time.Hour)
	w.collect()
	w.clock.advance(7 * time.Hour)
	w.collect()
	require.NotContains(t, strings.Join(w.dump(), "\n"), room.String())
	require.NotContains(t, strings.Join(w.dump(), "\n"), fmt.Sprint(int64(room)))
	v := w.view("narrow", policy.RoomsView)
	require.Equal(t, "[]", v.CellsJSON())
}
