package store

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"roomward/policy"
)

// room adds a room with one device and one incident, as collecting does, and places it.
func (h *house) room(customer ID, name string) ID {
	h.t.Helper()
	id := policy.NewID()
	require.NoError(h.t, h.write(context.Background(), func(t *tx) error {
		device, incident := policy.NewID(), policy.NewID()
		for _, s := range []struct {
			query string
			args  []any
		}{
			{`INSERT INTO rooms (id, customer_id, place_id, name, email, country, city, building, floor, label, capacity, created_at, updated_at)
				VALUES ($1, $2, $3, $4, $4, 'GB', 'London', 'London Bridge', '12', '', 8, $5, $5)`, []any{id, customer, "place-" + id.String(), name, t.now}},
			{`INSERT INTO devices (id, customer_id, room_id, graph_id, kind, maker, model, serial, asset_tag, health, activity, created_at, updated_at)
				VALUES ($1, $2, $3, $4, 'teamsRoom', 'M', 'X', '', '', 'healthy', '', $5, $5)`, []any{device, customer, id, device.String(), t.now}},
			{`INSERT INTO incidents (id, customer_id, room_id, device_id, signal, category, severity, severity_rank, state, open, opened_at, updated_at)
				VALUES ($1, $2, $3, $4, 'camera', 'hardware', 'important', 20, 'active', 1, $5, $5)`, []any{incident, customer, id, device, t.now}},
		} {
			if _, err := t.exec(context.Background(), s.query, s.args...); err != nil {
				return err
			}
		}
		return recell(context.Background(), t, customer, []ID{id})
	}))
	return id
}

// naive is what a customer's scopes mean, kept with plain sets.
type naive struct {
	rooms  []ID
	hidden map[ID]bool
	groups map[ID]map[ID]bool // group -> rooms
	scopes map[policy.Scope]int
}

// key tells rooms apart exactly as far as some scope does.
func (n *naive) key(room ID) string {
	var in []ID
	for group, rooms := range n.groups {
		if rooms[room] && n.scopes[policy.ScopeGroup(group)] > 0 {
			in = append(in, group)
		}
	}
	slices.Sort(in)
	return fmt.Sprint(in, n.scopes[policy.ScopeRoom(room)] > 0)
}

func (n *naive) keys() map[ID]string {
	out := map[ID]string{}
	for _, room := range n.rooms {
		if !n.hidden[room] {
			out[room] = n.key(room)
		}
	}
	return out
}

func TestCellsAgainstNaiveSets(t *testing.T) {
	h := openHouse(t)
	// The writer is one connection: what it writes to rooms is noted beside the database.
	h.run(`PRAGMA synchronous = OFF`) // thousands of small changes
	h.run(`CREATE TEMP TABLE moved (room_id INTEGER)`)
	h.run(`CREATE TEMP TRIGGER note_moved AFTER UPDATE OF cell_id ON main.rooms BEGIN INSERT INTO moved VALUES (new.id); END`)
	bystander := h.customers(1)[0]
	for i := range 3 {
		h.room(bystander, fmt.Sprintf("Bystander %d", i))
	}
	untouched := h.cells(bystander)
	rapid.Check(t, func(rt *rapid.T) {
		customer := h.customers(1)[0]
		role, err := h.AddRole(t.Context(), maya, customer, Role{Name: "R", Permissions: []policy.Permission{policy.RoomsView}})
		require.NoError(t, err)
		n := &naive{hidden: map[ID]bool{}, groups: map[ID]map[ID]bool{}, scopes: map[policy.Scope]int{}}
		var assignments [][]policy.Scope
		var assignmentIDs []ID
		before := n.keys()
		some := func(label string) []ID {
			return slices.DeleteFunc(slices.Clone(n.rooms), func(ID) bool { return !rapid.Bool().Draw(rt, label) })
		}
		check := func() {
			h.checkCells(customer, n, before)
			before = n.keys()
		}
		rt.Repeat(map[string]func(*rapid.T){ // in an action, Skip means that it does not fit now: rapid draws another, and skips no test
			"room": func(rt *rapid.T) {
				if len(n.rooms) >= 8 {
					rt.Skip("enough rooms")
				}
				h.run(`DELETE FROM moved`)
				n.rooms = append(n.rooms, h.room(customer, fmt.Sprintf("Room %d", len(n.rooms))))
				check()
			},
			"group": func(rt *rapid.T) {
				if len(n.groups) >= 4 {
					rt.Skip("enough groups")
				}
				rooms := some("in")
				h.run(`DELETE FROM moved`)
				id, err := h.AddRoomGroup(t.Context(), maya, customer, RoomGroup{Name: fmt.Sprint(len(n.groups)), Rooms: rooms})
				require.NoError(t, err)
				n.groups[id] = map[ID]bool{}
				for _, room := range rooms {
					n.groups[id][room] = true
				}
				check()
			},
			"assign": func(rt *rapid.T) {
				var scopes []policy.Scope
				for group := range n.groups {
					if rapid.Bool().Draw(rt, "group") {
						scopes = append(scopes, policy.ScopeGroup(group))
					}
				}
				for _, room := range some("single") {
					if !n.hidden[room] {
						scopes = append(scopes, policy.ScopeRoom(room))
					}
				}
				h.run(`DELETE FROM moved`)
				id, err := h.AddAssignment(t.Context(), maya, customer, Assignment{Name: "A", Role: role, Members: []Member{pia}, Scopes: scopes})
				require.NoError(t, err)
				for _, s := range scopes {
					n.scopes[s]++
				}
				assignments, assignmentIDs = append(assignments, scopes), append(assignmentIDs, id)
				check()
			},
			"unassign": func(rt *rapid.T) {
				if len(assignments) == 0 {
					rt.Skip("none")
				}
				i := rapid.IntRange(0, len(assignments)-1).Draw(rt, "which")
				h.run(`DELETE FROM moved`)
				require.NoError(t, h.write(t.Context(), func(tx *tx) error {
					if _, err := tx.exec(t.Context(), `DELETE FROM assignments WHERE id = $1`, assignmentIDs[i]); err != nil {
						return err
					}
					return recell(t.Context(), tx, customer, nil)
				}))
				for _, s := range assignments[i] {
					n.scopes[s]--
				}
				assignments, assignmentIDs = slices.Delete(assignments, i, i+1), slices.Delete(assignmentIDs, i, i+1)
				check()
			},
			"regroup": func(rt *rapid.T) {
				if len(n.groups) == 0 || len(n.rooms) == 0 {
					rt.Skip("none")
				}
				var ids []ID
				for id := range n.groups {
					ids = append(ids, id)
				}
				slices.Sort(ids)
				group, room := rapid.SampledFrom(ids).Draw(rt, "group"), rapid.SampledFrom(n.rooms).Draw(rt, "room")
				statement := `INSERT INTO room_group_rooms (group_id, room_id) VALUES ($1, $2)`
				if n.groups[group][room] {
					statement = `DELETE FROM room_group_rooms WHERE group_id = $1 AND room_id = $2`
				}
				h.run(`DELETE FROM moved`)
				require.NoError(t, h.write(t.Context(), func(tx *tx) error {
					if _, err := tx.exec(t.Context(), statement, group, room); err != nil {
						return err
					}
					return recell(t.Context(), tx, customer, []ID{room})
				}))
				n.groups[group][room] = !n.groups[group][room]
				check()
			},
			"hide or show": func(rt *rapid.T) {
				if len(n.rooms) == 0 {
					rt.Skip("none")
				}
				room := rapid.SampledFrom(n.rooms).Draw(rt, "room")
				require.NoError(t, h.write(t.Context(), func(tx *tx) error {
					if !n.hidden[room] {
						if _, err := tx.exec(t.Context(), `UPDATE rooms SET hidden_at = $1 WHERE id = $2`, tx.now, room); err != nil {
							return err
						}
						return moveToCell(t.Context(), tx, []ID{room}, nil)
					}
					if _, err := tx.exec(t.Context(), `UPDATE rooms SET hidden_at = NULL WHERE id = $1`, room); err != nil {
						return err
					}
					return recell(t.Context(), tx, customer, []ID{room})
				}))
				n.hidden[room] = !n.hidden[room]
				before = nil // what is written here is this step's own matter
				check()
			},
		})
		require.Equal(t, untouched, h.cells(bystander), "another customer's rooms must stay where they are")
	})
}

// cells are the cells of a customer's rooms; hidden rooms have none.
func (h *house) cells(customer ID) map[ID]int64 {
	h.t.Helper()
	rows, err := h.writer.Query(`SELECT id, coalesce(cell_id, 0) FROM rooms WHERE customer_id = $1`, customer)
	require.NoError(h.t, err)
	out := map[ID]int64{}
	for rows.Next() {
		var id ID
		var cell int64
		require.NoError(h.t, rows.Scan(&id, &cell))
		out[id] = cell
	}
	require.NoError(h.t, rows.Close())
	return out
}

// checkCells compares the database with the naive sets. before are the keys of the step before; nil means that writes do not count.
func (h *house) checkCells(customer ID, n *naive, before map[ID]string) {
	t, ctx := h.t, context.Background()
	t.Helper()
	known := map[int64]policy.Cell{}
	require.NoError(t, h.read(ctx, func(tx *tx) error {
		list, err := cellsOf(ctx, tx, customer)
		for _, c := range list {
			known[c.ID] = c
		}
		return err
	}))
	found := h.cells(customer)
	require.Len(t, found, len(n.rooms))
	byKey, byCell := map[string]int64{}, map[int64]string{}
	for _, room := range n.rooms {
		cell := found[room]
		if n.hidden[room] {
			require.Zero(t, cell, "a hidden room is in no cell")
			continue
		}
		require.Contains(t, known, cell, "the cell must be the customer's own")
		key := n.key(room)
		if n.scopes[policy.ScopeRoom(room)] > 0 {
			key = room.String() + key // a marked room has its cell to itself
			require.Equal(t, room, known[cell].Room)
		} else {
			require.Zero(t, known[cell].Room)
		}
		if other, taken := byKey[key]; taken {
			require.Equal(t, other, cell, "rooms that no scope tells apart share a cell")
		}
		if other, taken := byCell[cell]; taken {
			require.Equal(t, other, key, "rooms that a scope tells apart do not")
		}
		byKey[key], byCell[cell] = cell, key
		for group, rooms := range n.groups {
			inScope := rooms[room] && n.scopes[policy.ScopeGroup(group)] > 0
			require.Equal(t, inScope, slices.Contains(known[cell].Groups, group))
		}
	}
	require.Zero(t, h.number(`SELECT count(*) FROM devices d JOIN rooms r ON r.id = d.room_id WHERE d.cell_id IS NOT r.cell_id`))
	require.Zero(t, h.number(`SELECT count(*) FROM incidents i JOIN rooms r ON r.id = i.room_id WHERE i.cell_id IS NOT r.cell_id`))
	if before == nil {
		return
	}
	now, want := n.keys(), int64(0)
	for room, key := range now {
		if before[room] != key {
			want++
		}
	}
	require.Equal(t, want, h.number(`SELECT count(*) FROM moved`), "only rooms that moved are written")
}

func TestNewCellMakesViewsStale(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	one, two := h.room(customer, "One"), h.room(customer, "Two")
	decider := policy.NewDecider(h.Store, h.clock, policy.Limits{})
	view, err := decider.View(t.Context(), policy.Actor{User: pia.Principal}, policy.RoomsView)
	require.NoError(t, err)
	require.True(t, view.Sees(customer, h.cells(customer)[one]), "primary admins see every granted room")
	require.Equal(t, h.cells(customer)[one], h.cells(customer)[two])
	h.room(customer, "Three") // into a cell that there is
	require.NoError(t, h.StillHolds(t.Context(), view))
	h.run(`INSERT INTO assignment_scopes (assignment_id, customer_id, scope) SELECT id, customer_id, $1 FROM assignments`, policy.ScopeRoom(two))
	require.NoError(t, h.write(t.Context(), func(tx *tx) error { return recell(t.Context(), tx, customer, []ID{two}) }))
	require.NotEqual(t, h.cells(customer)[one], h.cells(customer)[two])
	require.ErrorIs(t, h.StillHolds(t.Context(), view), ErrStaleView, "the new cell is in no view made before")
}
