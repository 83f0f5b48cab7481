package collect

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// respell puts a function between the cloud and us that writes the items of a list anew; nil in place of an item takes it away.
func (w *world) respell(path string, item func(m map[string]any) any) {
	w.answerWith(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, path) {
			return false
		}
		said := httptest.NewRecorder()
		w.cloud.ServeHTTP(said, r)
		var doc map[string]any
		if err := json.Unmarshal(said.Body.Bytes(), &doc); err != nil {
			w.t.Error(err)
			return true
		}
		items := []any{}
		for _, one := range doc["value"].([]any) {
			if out := item(one.(map[string]any)); out != nil {
				items = append(items, out)
			}
		}
		doc["value"] = items
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(doc)
		return true
	})
}

const roomsPath = "/places/microsoft.graph.room"

// harbour makes changes to one room of the list, in copies of it.
func harbour(change func(m map[string]any) any) func(m map[string]any) any {
	return func(m map[string]any) any {
		if m["emailAddress"] != "harbour402@northwind.example" {
			return m
		}
		return change(m)
	}
}

// A room of which Microsoft leaves the lasting id out is the room with its address: under every kind of grant, with all that hangs on it.
func TestRoomWithoutItsLastingIDStaysTheSame(t *testing.T) {
	byID := func(tenant *cloudsim.Tenant) policy.Grant {
		g := policy.Grant{}
		for _, r := range tenant.Rooms[:3] {
			g.Rooms = append(g.Rooms, r.PlaceID)
		}
		return g
	}
	for name, grant := range map[string]func(*cloudsim.Tenant) policy.Grant{
		"all":   func(*cloudsim.Tenant) policy.Grant { return all() },
		"rules": func(*cloudsim.Tenant) policy.Grant { return london() },
		"rooms": byID,
	} {
		for form, change := range map[string]func(m map[string]any) any{
			"left out":   func(m map[string]any) any { delete(m, "placeId"); return m },
			"null":       func(m map[string]any) any { m["placeId"] = nil; return m },
			"an object":  func(m map[string]any) any { m["placeId"] = map[string]any{"is": "odd"}; return m },
			"upper case": func(m map[string]any) any { m["placeId"] = strings.ToUpper(m["placeId"].(string)); return m },
			"no dashes": func(m map[string]any) any {
				m["placeId"] = strings.ReplaceAll(m["placeId"].(string), "-", "")
				return m
			},
			"braces":      func(m map[string]any) any { m["placeId"] = "{" + m["placeId"].(string) + "}"; return m },
			"another id":  func(m map[string]any) any { m["id"] = "9162F1E1-C4C0-604B-51D8-000000000301"; return m },
			"and renamed": func(m map[string]any) any { delete(m, "placeId"); m["displayName"] = "Harbour View"; return m },
		} {
			t.Run(name+", "+form, func(t *testing.T) {
				t.Parallel()
				tenant := traders()
				w := newWorld(t, tenant)
				require.NoError(t, w.cloud.Break(northwind, "harbour402@northwind.example", cloudsim.Speaker))
				w.accept(northwind, "Northwind", grant(tenant))
				w.collect()
				w.due(northwind, store.CollectDevices)
				w.due(northwind, store.CollectDevices)
				before, rooms := w.rooms()["Harbour 4.02"], len(w.rooms())
				const hanging = `SELECT count(*) FROM rooms r JOIN devices d ON d.room_id = r.id JOIN incidents i ON i.room_id = r.id
					WHERE r.name LIKE 'Harbour %' AND r.cell_id = d.cell_id AND i.signal = 'speaker' AND i.state = 'active' AND i.openings = 1 AND d.misses = 0`
				require.Equal(t, 1, w.number(hanging))
				w.respell(roomsPath, harbour(change))
				for range 7 { // more than a day
					w.due(northwind, store.CollectPlaces)
					require.Equal(t, StateOK, w.job(northwind, store.CollectPlaces).State)
				}
				after := w.rooms()
				require.Len(t, after, rooms)
				room, ok := after["Harbour 4.02"]
				if form == "and renamed" {
					room, ok = after["Harbour View"]
				}
				require.True(t, ok)
				require.Equal(t, before.ID, room.ID)
				require.Zero(t, w.number(`SELECT count(*) FROM rooms WHERE hidden_at IS NOT NULL`))
				require.Equal(t, 1, w.number(hanging))
				w.answerWith(nil)
				w.due(northwind, store.CollectPlaces)
				require.Equal(t, before.ID, w.rooms()["Harbour 4.02"].ID)
				require.Equal(t, rooms, w.number(`SELECT count(*) FROM rooms`))
			})
		}
	}
}

// hold is a customer of whose rooms one answer after another is read, for more than a day.
func (w *world) readForDays() {
	w.t.Helper()
	for range 9 {
		w.due(northwind, store.CollectPlaces)
	}
}

// kept are the names of stored rooms, those that are hidden behind a minus.
func (w *world) kept() string {
	w.t.Helper()
	rows, err := w.open().QueryContext(w.t.Context(), `SELECT CASE WHEN hidden_at IS NULL THEN '' ELSE '-' END || name FROM rooms ORDER BY name`)
	require.NoError(w.t, err)
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var name string
		require.NoError(w.t, rows.Scan(&name))
		out = append(out, name)
	}
	require.NoError(w.t, rows.Err())
	return strings.Join(out, ", ")
}

// What cannot be told from another room changes nothing for those that it could be, is named, and takes nobody's place.
func TestRoomsThatCannotBeToldStayAsTheyAre(t *testing.T) {
	const was = "Boardroom 12, Harbour 4.02, Quiet corner"
	for name, tc := range map[string]struct {
		change func(m map[string]any) any
		detail string
		kept   string // for days
		after  string // when the answer is whole again
	}{
		"neither id nor address": {harbour(func(m map[string]any) any { delete(m, "placeId"); delete(m, "emailAddress"); return m }),
			"1 room could not be read, some without any id: nothing counts as gone", was, was},
		"no id, and an address that nobody knows": {harbour(func(m map[string]any) any {
			delete(m, "placeId")
			m["emailAddress"] = "harbour@northwind.example"
			return m
		}), "1 room could not be read", was, was},
		"the addresses of two rooms changed, and one lost its id": {func(m map[string]any) any {
			switch m["displayName"] {
			case "Harbour 4.02":
				m["emailAddress"] = "quiet@northwind.example"
			case "Quiet corner":
				m["emailAddress"] = "harbour402@northwind.example"
				delete(m, "placeId")
			}
			return m
		}, "1 room could not be read", was, was},
		"a place that cannot be read, with its id": {harbour(func(m map[string]any) any { m["address"] = "Harbour Tower"; return m }),
			"1 room could not be read", was, was},
		"a place that cannot be read, with its address alone": {harbour(func(m map[string]any) any {
			m["address"] = "Harbour Tower"
			delete(m, "placeId")
			return m
		}), "1 room could not be read", was, was},
		"the same room twice, once without its id": {func(m map[string]any) any {
			if m["displayName"] == "Quiet corner" {
				delete(m, "placeId")
				m["displayName"], m["emailAddress"] = "Harbour 4.02", "harbour402@northwind.example"
			}
			return m
		}, "", "Boardroom 12, Harbour 4.02", was},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, traders())
			w.accept(northwind, "Northwind", london())
			w.collect()
			before := w.rooms()
			require.Equal(t, was, w.kept())
			w.respell(roomsPath, tc.change)
			w.due(northwind, store.CollectPlaces)
			job := w.job(northwind, store.CollectPlaces)
			require.Equal(t, tc.detail, job.Detail)
			if tc.detail != "" {
				require.Equal(t, StatePartial, job.State)
				require.Zero(t, job.Failures)
			}
			w.readForDays()
			require.Equal(t, tc.kept, w.kept())
			w.answerWith(nil)
			w.due(northwind, store.CollectPlaces)
			require.Equal(t, tc.after, w.kept())
			for name, r := range w.rooms() {
				if name != "Quiet corner" || tc.kept == was {
					require.Equal(t, before[name].ID, r.ID, name)
					require.Equal(t, before[name].Email, r.Email, name)
				}
			}
		})
	}
}

// An item that is odd for ever, but tells whose it is, keeps no other room from going; what tells nothing keeps all.
func TestAnOddItemKeepsOnlyWhatItCouldBe(t *testing.T) {
	odd := func(m map[string]any) any { m["address"] = 7; return m }
	for name, tc := range map[string]struct {
		change func(m map[string]any) any
		kept   string
	}{
		"it tells its id":      {harbour(odd), "Boardroom 12, Harbour 4.02"},
		"it tells its address": {harbour(func(m map[string]any) any { delete(m, "placeId"); return odd(m) }), "Boardroom 12, Harbour 4.02"},
		"it was never stored": {func(m map[string]any) any {
			if m["displayName"] == "Vault Amstel" {
				return odd(m)
			}
			return m
		}, "Boardroom 12, Harbour 4.02"},
		"it tells nothing": {func(m map[string]any) any {
			if m["displayName"] == "Vault Amstel" {
				return map[string]any{"capacity": 7}
			}
			return m
		}, "Boardroom 12, Harbour 4.02, Quiet corner"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, traders())
			w.accept(northwind, "Northwind", london())
			w.collect()
			require.NoError(t, w.cloud.RemoveRoom(northwind, "quiet@northwind.example"))
			w.respell(roomsPath, tc.change)
			w.readForDays()
			require.Equal(t, StatePartial, w.job(northwind, store.CollectPlaces).State)
			require.Equal(t, tc.kept, w.kept())
			w.answerWith(nil)
			w.readForDays()
			require.Equal(t, "Boardroom 12, Harbour 4.02", w.kept())
		})
	}
}

// Who is who, item by item: what each item becomes, and which stored rooms may be there nevertheless.
func TestIdentify(t *testing.T) {
	const one, two, three = "080ed1a0-7b54-4995-85a5-000000000301", "080ed1a0-7b54-4995-85a5-000000000302", "c@x"
	known := []store.KnownPlace{{PlaceID: one, Email: "a@x", Name: "A"}, {PlaceID: two, Email: "b@x", Name: "B"}, {PlaceID: three, Email: "C@x", Name: "C"}}
	room := func(id, email, name string) graph.Room { return graph.Room{PlaceID: id, Email: email, Name: name} }
	for name, tc := range map[string]struct {
		known  []store.KnownPlace
		listed []graph.Room
		lost   []graph.Remnant
		keys   string
		unsure string
		odd    int
		any    bool
	}{
		"as ever":                      {listed: []graph.Room{room(one, "a@x", "A"), room(two, "b@x", "B"), room("", "c@x", "C")}, keys: one + " " + two + " c@x"},
		"ids in another form":          {listed: []graph.Room{room(strings.ToUpper(one), "new@x", "A"), room("080ed1a07b54499585a5000000000302", "", "B")}, keys: one + " " + two},
		"a first id":                   {listed: []graph.Room{room("080ed1a0-7b54-4995-85a5-000000000303", "c@X", "C")}, keys: "080ed1a0-7b54-4995-85a5-000000000303"},
		"another id is another room":   {listed: []graph.Room{room("080ed1a0-7b54-4995-85a5-000000000309", "a@x", "A")}, keys: "080ed1a0-7b54-4995-85a5-000000000309"},
		"no id":                        {listed: []graph.Room{room("", "A@X", "A"), room("", "b@x", "renamed")}, keys: one + " " + two},
		"no id, a second time":         {listed: []graph.Room{room("", "a@x", "A"), room(one, "a@x", "A")}, keys: one},
		"no id, the address moved":     {listed: []graph.Room{room(one, "b@x", "A"), room("", "a@x", "B")}, keys: one, unsure: two, odd: 1},
		"the address moved to a third": {listed: []graph.Room{room(one, "d@x", "A"), room(two, "b@x", "B"), room("", "a@x", "D")}, keys: one + " " + two + " "},
		"no id, a new address":         {listed: []graph.Room{room("", "d@x", "b")}, unsure: two, odd: 1},
		"no id, no name, new address":  {listed: []graph.Room{room("", "d@x", "d@x")}, unsure: one + " " + two, odd: 1},
		"no id, a new room":            {listed: []graph.Room{room("", "d@x", "C")}, keys: ""},
		"no id, all others are there":  {listed: []graph.Room{room("", "d@x", "A"), room("", "a@x", "A"), room("", "b@x", "B")}, keys: one + " " + two + " "},
		"two have the address": {known: append([]store.KnownPlace{{PlaceID: "a@x", Email: "a@x", Name: "A"}}, known...),
			listed: []graph.Room{room("", "a@x", "A")}, unsure: one + " a@x", odd: 1},
		"neither":                      {listed: []graph.Room{{ID: "x", Name: "A"}}, odd: 1, any: true},
		"a remnant with an id":         {lost: []graph.Remnant{{ID: strings.ToUpper(one)}}, unsure: one, odd: 1},
		"a remnant with a first id":    {lost: []graph.Remnant{{ID: "080ed1a0-7b54-4995-85a5-000000000303", Email: "c@x"}}, unsure: three, odd: 1},
		"a remnant of nobody stored":   {lost: []graph.Remnant{{ID: "080ed1a0-7b54-4995-85a5-000000000309", Email: "a@x", Name: "A"}}, odd: 1},
		"a remnant with an address":    {lost: []graph.Remnant{{Email: "A@x"}}, unsure: one, odd: 1},
		"a remnant with a new address": {lost: []graph.Remnant{{Email: "d@x", Name: "d@x"}}, unsure: one + " " + two, odd: 1},
		"a remnant, its room is there": {listed: []graph.Room{room(one, "a@x", "A")}, lost: []graph.Remnant{{Email: "a@x"}}, keys: one, odd: 1},
		"a remnant with a name":        {lost: []graph.Remnant{{Name: "A"}}, odd: 1, any: true},
		"nothing":                      {lost: []graph.Remnant{{}, {}}, odd: 2, any: true},
	} {
		if tc.known == nil {
			tc.known = known
		}
		i := identify(tc.listed, tc.lost, tc.known)
		var keys []string
		for _, r := range i.rooms {
			keys = append(keys, r.PlaceID)
		}
		require.Equal(t, tc.keys, strings.Join(keys, " "), name)
		require.Equal(t, tc.unsure, strings.Join(sortedKeys(i.unsure), " "), name)
		require.Equal(t, tc.odd, i.odd, name)
		require.Equal(t, tc.any, i.any, name)
	}
}

// A device of which only the id can be read is there; what tells not even that could be any.
func TestAnOddDeviceKeepsOnlyItself(t *testing.T) {
	for name, tc := range map[string]struct {
		odd    func(m map[string]any)
		missed int
		detail string
	}{
		"with its id": {func(m map[string]any) { m["currentUser"] = "odd" }, 1, "1 device could not be read"},
		"without":     {func(m map[string]any) { delete(m, "id") }, 0, "1 device could not be read, some without any id: nothing counts as gone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := settled(t)
			w.respell("/teamwork/devices", func(m map[string]any) any {
				switch m["deviceType"] {
				case "collaborationBar":
					tc.odd(m)
				case "teamsPanel":
					return nil // taken away
				}
				return m
			})
			for range 3 {
				w.due(northwind, store.CollectDevices)
				job := w.job(northwind, store.CollectDevices)
				require.Equal(t, StatePartial, job.State)
				require.Equal(t, tc.detail, job.Detail)
				require.Zero(t, job.Failures)
			}
			require.Equal(t, tc.missed, w.number(`SELECT count(*) FROM devices WHERE misses > 0 AND kind = 'teamsPanel'`))
			require.Zero(t, w.number(`SELECT count(*) FROM devices WHERE misses > 0 AND kind <> 'teamsPanel'`))
		})
	}
}

// What the customer chose by its address, while Microsoft gave no id, stays chosen when it gives one, and when it leaves it out again.
func TestAChoiceByAddressOutlivesTheFirstID(t *testing.T) {
	w := newWorld(t, traders())
	w.accept(northwind, "Northwind", policy.Grant{Rooms: []string{"harbour402@northwind.example"}})
	without := harbour(func(m map[string]any) any { delete(m, "placeId"); return m })
	w.respell(roomsPath, without)
	w.collect()
	room := w.rooms()["Harbour 4.02"]
	require.NotZero(t, room.ID)
	for range 2 {
		w.answerWith(nil)
		w.readForDays()
		require.Equal(t, room.ID, w.rooms()["Harbour 4.02"].ID)
		require.NotZero(t, w.number(`SELECT count(*) FROM devices d JOIN rooms r ON r.id = d.room_id AND r.place_id NOT LIKE '%@%' WHERE d.misses = 0`))
		w.respell(roomsPath, without)
		w.readForDays()
		require.Equal(t, room.ID, w.rooms()["Harbour 4.02"].ID)
	}
	require.Equal(t, "Harbour 4.02", w.kept())
}
