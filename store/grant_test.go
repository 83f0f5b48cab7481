package store

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// TestNarrowingLeavesNoByte is law 7 for rooms that the customer takes out of its choice: their strings are in no file, those of the other rooms are.
func TestNarrowingLeavesNoByte(t *testing.T) {
	const lost, kept = "lostbadge77x", "keptbadge77x"
	var choice policy.Grant
	h, ids := marked(t, 2, func(n int, c *SeedCustomer) {
		mark(c, badge(n))
		if n != 0 {
			return
		}
		half := map[ID]string{}
		for i := range c.Rooms {
			r := &c.Rooms[i]
			word := []string{lost, kept}[i%2]
			half[r.ID] = word
			for _, text := range []*string{&r.PlaceID, &r.Name, &r.Email, &r.City, &r.Building, &r.Floor, &r.Label} {
				*text = word + " " + *text
			}
			r.Account = word + r.Account
			if word == kept {
				choice.Rooms = append(choice.Rooms, r.PlaceID)
			}
			c.Invitation.Grant.Rooms = append(c.Invitation.Grant.Rooms, r.PlaceID) // single rooms were offered by their ids
		}
		c.Invitation.Grant.All = false
		for i := range c.Devices {
			d := &c.Devices[i]
			d.GraphID, d.Serial = half[d.Room]+d.GraphID, half[d.Room]+d.Serial
		}
	})
	require.Greater(t, h.traces(lost), 1_000)
	stays := h.traces(kept)
	done, err := h.SetGrant(t.Context(), adminOf("tenant-"+badge(0)), policy.Own("tenant-"+badge(0)), 0, choice)
	require.NoError(t, err)
	require.Equal(t, ids[0], done.Customer)
	require.Equal(t, []int{100, 100}, []int{done.Rooms, len(done.Lost)})
	require.NoError(t, h.Erase(t.Context()))
	require.Zero(t, h.traces(lost))
	require.Greater(t, h.traces(kept), stays/4, "the others stay, without the copies in free space")
	require.Zero(t, h.number(`SELECT count(*) FROM pragma_foreign_key_check`))
	require.Equal(t, int64(100), h.number(`SELECT count(*) FROM rooms WHERE customer_id = $1`, ids[0]))
	require.Equal(t, int64(200), h.number(`SELECT count(*) FROM rooms WHERE customer_id = $1`, ids[1]), "another customer loses nothing")
	require.Zero(t, h.number(`SELECT count(*) FROM cell_counts k JOIN cells c ON c.id = k.cell_id WHERE
		k.rooms <> (SELECT count(*) FROM rooms r WHERE r.cell_id = c.id) OR k.open <> (SELECT count(*) FROM incidents i WHERE i.cell_id = c.id AND i.open = 1)`))
}

// TestEveryTableOfARoomGoesWithIt: a table that names a room must fall with it, or narrowing would forget it.
func TestEveryTableOfARoomGoesWithIt(t *testing.T) {
	h := openHouse(t)
	rows, err := h.writer.Query(`SELECT m.name, coalesce((SELECT max(f.on_delete) FROM pragma_foreign_key_list(m.name) f
			WHERE f."from" = 'room_id' AND f."table" = 'rooms'), '')
		FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'room_id' WHERE m.type = 'table'`)
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	found := 0
	for rows.Next() {
		var table, onDelete string
		require.NoError(t, rows.Scan(&table, &onDelete))
		if table == "cells" { // 0 where no room is named, so it is no reference: SetGrant removes them itself
			continue
		}
		found++
		require.Equal(t, "CASCADE", onDelete, table)
	}
	require.NoError(t, rows.Err())
	require.GreaterOrEqual(t, found, 4)
}

// granted is a customer with five rooms, a group and assignments of every kind of scope.
func granted(t *testing.T) (h *house, customer ID, rooms []ID, group ID) {
	h = openHouse(t)
	customer = h.customer(northwind)
	h.run(`UPDATE customers SET grant_json = '{"all":true}'`)
	for _, name := range []string{"Alder", "Birch", "Cedar", "Doum", "Elm"} {
		rooms = append(rooms, h.room(customer, name))
	}
	h.run(`UPDATE customers SET rooms = 5`)
	h.run(`UPDATE rooms SET hidden_at = 1, cell_id = NULL WHERE id = $1`, rooms[4])
	h.run(`UPDATE devices SET cell_id = NULL WHERE room_id = $1`, rooms[4])
	h.run(`UPDATE incidents SET cell_id = NULL WHERE room_id = $1`, rooms[4])
	group = policy.NewID()
	h.run(`INSERT INTO room_groups (id, customer_id, name, created_at, changed_at, changed_by) VALUES ($1, $2, 'Woods', 1, 1, '')`, group, customer)
	for _, r := range rooms[1:3] {
		h.run(`INSERT INTO room_group_rooms (group_id, room_id) VALUES ($1, $2)`, group, r)
	}
	role, err := h.AddRole(t.Context(), maya, customer, Role{Name: "Look", Permissions: []policy.Permission{policy.RoomsView, policy.TicketsView}})
	require.NoError(t, err)
	for name, scopes := range map[string][]policy.Scope{
		"only": {policy.ScopeRoom(rooms[3])},
		"both": {policy.ScopeRoom(rooms[3]), policy.ScopeRoom(rooms[0])},
		"wood": {policy.ScopeGroup(group)},
		"each": {policy.ScopeAll},
		"stay": {policy.ScopeRoom(rooms[0])},
	} {
		_, err := h.AddAssignment(t.Context(), maya, customer, Assignment{Role: role, Name: name, Members: []Member{{policy.User(name), "Member " + name}}, Scopes: scopes})
		require.NoError(t, err)
	}
	return h, customer, rooms, group
}

// TestNarrowingDoesWhatThePreviewSays keeps the first room alone: of the group nothing is left, and of an assignment neither.
func TestNarrowingDoesWhatThePreviewSays(t *testing.T) {
	h, customer, rooms, group := granted(t)
	choice := policy.Grant{Rooms: []string{"place-" + rooms[0].String()}}
	before := h.dump()
	preview, err := h.PreviewGrant(t.Context(), policy.Own(northwind), choice)
	require.NoError(t, err)
	require.Equal(t, before, h.dump(), "looking changes nothing")
	var lost []string
	for _, r := range preview.Lost {
		lost = append(lost, r.Name)
	}
	require.Equal(t, []string{"Birch", "Cedar", "Doum", "Elm"}, lost, "a hidden one too")
	require.Equal(t, []int{1, 4, 4, 4}, []int{preview.Rooms, preview.Devices, preview.Incidents, preview.Open})
	require.Equal(t, []GrantGroup{{group, "Woods", 2, 0}}, preview.Groups)
	shrink := map[string][]any{}
	for _, a := range preview.Assignments {
		shrink[a.Name] = []any{a.Role, a.Members, a.Before, a.After, a.Removed}
	}
	require.Equal(t, map[string][]any{
		AssignedAdmins: {PrimaryAdmins, []string{desk.Name, pia.Name}, 4, 1, false},
		"only":         {"Look", []string{"Member only"}, 1, 0, true},
		"both":         {"Look", []string{"Member both"}, 2, 1, false},
		"wood":         {"Look", []string{"Member wood"}, 2, 0, false},
		"each":         {"Look", []string{"Member each"}, 4, 1, false},
	}, shrink)

	decider := policy.NewDecider(h.Store, h.clock, policy.Limits{})
	sees := func(who string) int {
		actor := policy.Actor{User: policy.User(who)}
		require.NoError(t, decider.Refresh(t.Context(), actor))
		v, err := decider.View(t.Context(), actor, policy.RoomsView)
		require.NoError(t, err)
		if v.Empty() {
			return 0
		}
		page, err := h.Rooms(t.Context(), v, v, RoomQuery{Limit: 10})
		require.NoError(t, err)
		return len(page.Rooms)
	}
	require.Equal(t, []int{1, 2, 2, 4, 1}, []int{sees("only"), sees("both"), sees("wood"), sees("each"), sees("stay")})
	old, err := decider.View(t.Context(), policy.Actor{User: policy.User("each")}, policy.RoomsView)
	require.NoError(t, err)
	done, err := h.SetGrant(t.Context(), adminOf(northwind), policy.Own(northwind), preview.Version, choice)
	require.NoError(t, err)
	require.Equal(t, preview, done, "what was shown is what was done")
	_, err = h.Rooms(t.Context(), old, old, RoomQuery{Limit: 10})
	require.ErrorIs(t, err, ErrStaleView, "nobody goes on with a view of before")
	require.Equal(t, []int{0, 1, 0, 1, 1}, []int{sees("only"), sees("both"), sees("wood"), sees("each"), sees("stay")})
	require.Zero(t, h.number(`SELECT count(*) FROM assignments WHERE name = 'only'`))
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM room_groups`), "a group stays for rooms that come")
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM rooms`))
	require.Equal(t, int64(1), h.number(`SELECT rooms FROM customers WHERE id = $1`, customer))
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM devices`)+h.number(`SELECT count(*) - 1 FROM incidents`))
	require.Zero(t, h.number(`SELECT count(*) FROM audit WHERE operation = 'grant.update' AND detail_json LIKE '%place-%'`), "the record outlives the rooms")
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM audit WHERE operation = 'grant.update' AND json_extract(detail_json, '$.after.lost') = 4
		AND json_array_length(detail_json, '$.after.assignmentsRemoved') = 1`))
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM notices WHERE kind = 'grant.changed' AND side = 'partner' AND customer_id = $1`, customer))
	after := h.dump()
	_, err = h.SetGrant(t.Context(), adminOf(northwind), policy.Own(northwind), preview.Version, policy.Grant{All: true})
	requireConflict(t, err, "changed-meanwhile")
	for _, v := range []policy.View{policy.Own(tailspin), managing, {}} {
		_, err := h.SetGrant(t.Context(), adminOf(tailspin), v, 0, policy.Grant{All: true})
		require.ErrorIs(t, err, ErrNotFound)
		_, err = h.PreviewGrant(t.Context(), v, choice)
		require.ErrorIs(t, err, ErrNotFound)
	}
	require.Equal(t, after, h.dump())
}

// TestNarrowingRacesACollection: whatever comes first, a room that left the choice is not there afterwards, and the next collection does not bring it.
func TestNarrowingRacesACollection(t *testing.T) {
	w := newCollectWorld(t)
	in := func(city, name string) PlaceFound {
		return PlaceFound{PlaceID: "place-" + name, Name: name, Email: name + "@x.example", Country: "GB", City: city}
	}
	all := []PlaceFound{in("London", "a"), in("London", "b"), in("Leeds", "c"), in("Leeds", "d")}
	london := policy.Grant{Rules: []policy.GrantRule{{City: "London"}}}
	for round, order := range []string{"collected first", "narrowed first", "at once", "at once", "at once", "at once"} {
		tenant := string(rune('a'+round)) + northwind[1:]
		id := w.accept(tenant, policy.Grant{All: true})
		lease := w.lease(id, CollectPlaces)
		apply := func() { // without its lease it writes nothing
			if _, err := w.ApplyPlaces(t.Context(), collectWork(id), w.outcome(lease), all); !errors.Is(err, ErrLeaseLost) {
				require.NoError(t, err)
			}
		}
		narrow := func() {
			_, err := w.SetGrant(t.Context(), Act{Side: SideCustomer, TenantID: tenant}, policy.Own(tenant), 0, london)
			require.NoError(t, err)
		}
		switch order {
		case "collected first":
			apply()
			require.Len(t, w.texts(`SELECT name FROM rooms WHERE customer_id = $1`, id), 4)
			narrow()
			require.Len(t, w.texts(`SELECT name FROM rooms WHERE customer_id = $1`, id), 2)
		case "narrowed first":
			narrow()
			apply()
			require.Empty(t, w.texts(`SELECT name FROM rooms WHERE customer_id = $1`, id), "it asked by the old choice")
		default:
			var both sync.WaitGroup
			both.Go(apply)
			both.Go(narrow)
			both.Wait()
		}
		require.NotContains(t, w.texts(`SELECT city FROM rooms WHERE customer_id = $1`, id), "Leeds", order)
		w.places(id, all...) // due at once, and filtered by the grant in its transaction
		require.Equal(t, []string{"a", "b"}, w.texts(`SELECT name FROM rooms WHERE customer_id = $1 ORDER BY name`, id), order)
	}
}

// TestWideningCollectsAtOnce: the rooms that come into the choice, and their devices after them.
func TestWideningCollectsAtOnce(t *testing.T) {
	w := newCollectWorld(t)
	id := w.accept(northwind, policy.Grant{Rules: []policy.GrantRule{{City: "London"}}})
	found := []PlaceFound{{PlaceID: "1", Name: "a", City: "London"}, {PlaceID: "2", Name: "b", City: "Leeds"}}
	later := func(kind CollectKind, apply func(CollectOutcome) error) {
		o := w.outcome(w.lease(id, kind))
		o.NextDue = w.time().Add(6 * time.Hour)
		require.NoError(t, apply(o))
	}
	places := func(o CollectOutcome) error {
		_, err := w.ApplyPlaces(t.Context(), collectWork(id), o, found)
		return err
	}
	devices := func(o CollectOutcome) error {
		_, err := w.ApplyDevices(t.Context(), collectWork(id), o, DevicesFound{Listed: true, Rules: quietRules()})
		return err
	}
	due := func(kind CollectKind) bool {
		due, err := w.CollectDue(t.Context(), kind, QueueAll)
		require.NoError(t, err)
		return due
	}
	later(CollectPlaces, places)
	later(CollectDevices, devices)
	require.Equal(t, []bool{false, false}, []bool{due(CollectPlaces), due(CollectDevices)})
	w.advance(time.Minute)
	done, err := w.SetGrant(t.Context(), Act{Side: SideCustomer, TenantID: northwind}, policy.Own(northwind), 0, policy.Grant{All: true})
	require.NoError(t, err)
	require.Empty(t, done.Lost)
	require.True(t, due(CollectPlaces))
	later(CollectDevices, devices)
	require.False(t, due(CollectDevices))
	later(CollectPlaces, places)
	require.Equal(t, []string{"a", "b"}, w.texts(`SELECT name FROM rooms ORDER BY name`))
	require.True(t, due(CollectDevices), "a room that has come waits for its devices")
	later(CollectDevices, devices)
	w.advance(7 * time.Hour)
	later(CollectDevices, devices)
	later(CollectPlaces, places)
	require.False(t, due(CollectDevices), "nothing came")
	require.Empty(t, w.texts(`SELECT name FROM facts WHERE name = 'erase'`), "nothing to erase")
}
