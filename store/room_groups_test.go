package store

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// groupWorld is a collectWorld with a person who may do everything with groups and roles.
type groupWorld struct {
	*collectWorld
	id      ID
	decider *policy.Decider
}

var groupAdmin = policy.Actor{User: policy.User("boss")}

func newGroupWorld(t *testing.T) *groupWorld {
	t.Helper()
	w := &groupWorld{collectWorld: newCollectWorld(t)}
	w.decider = policy.NewDecider(w.Store, w.time, policy.Limits{})
	w.begin("t-1")
	return w
}

// begin goes on with a new customer.
func (w *groupWorld) begin(tenant string) {
	w.insert(`UPDATE collect_jobs SET due_at = $1`, int64(1)<<60) // those before are done with
	w.id = w.accept(tenant, policy.Grant{All: true})
	w.insert(`UPDATE customers SET ceiling_json = $1 WHERE id = $2`, mustJSON(w.t, policy.Permissions()), w.id)
	w.give(groupAdmin, policy.ScopeAll, policy.Permissions()...)
}

func mustJSON(t require.TestingT, v any) string {
	text, err := toJSON(v)
	require.NoError(t, err)
	return text
}

func (w *groupWorld) insert(statement string, args ...any) {
	w.t.Helper()
	require.NoError(w.t, w.write(w.t.Context(), func(t *tx) error { _, err := t.exec(w.t.Context(), statement, args...); return err }))
}

func (w *groupWorld) give(who policy.Actor, scope policy.Scope, permissions ...policy.Permission) ID {
	w.t.Helper()
	role, err := w.AddRole(w.t.Context(), Act{}, w.id, Role{Name: policy.NewID().String(), Permissions: permissions})
	require.NoError(w.t, err)
	id, err := w.AddAssignment(w.t.Context(), Act{}, w.id, Assignment{Role: role, Name: "A", Scopes: []policy.Scope{scope}, Members: []Member{{Principal: who.User, Name: "N"}}})
	require.NoError(w.t, err)
	return id
}

func (w *groupWorld) by(who policy.Actor) policy.Authority {
	w.t.Helper()
	require.NoError(w.t, w.decider.Refresh(w.t.Context(), who))
	by, err := w.decider.Authority(w.t.Context(), who, w.id)
	require.NoError(w.t, err)
	return by
}

func (w *groupWorld) create(g RoomGroup) SeenGroup {
	w.t.Helper()
	made, err := w.CreateRoomGroup(w.t.Context(), Act{Name: "Boss"}, w.by(groupAdmin), g)
	require.NoError(w.t, err)
	return made
}

// sees are the names of the rooms that a person sees with the next request.
func (w *groupWorld) sees(who policy.Actor) []string {
	w.t.Helper()
	require.NoError(w.t, w.decider.Refresh(w.t.Context(), who))
	v, err := w.decider.ViewOne(w.t.Context(), who, policy.RoomsView, w.id)
	require.NoError(w.t, err)
	list, err := w.Rooms(w.t.Context(), v, policy.View{}, RoomQuery{Sort: RoomsByName, Limit: MaxPage})
	require.NoError(w.t, err)
	names := []string{}
	for _, r := range list.Rooms {
		names = append(names, r.Name)
	}
	return names
}

func (w *groupWorld) members(group ID) []string {
	w.t.Helper()
	return append([]string{}, w.texts(`SELECT r.name FROM room_group_rooms m JOIN rooms r ON r.id = m.room_id WHERE m.group_id = $1 ORDER BY r.name`, group)...)
}

// groupAuthority is the authority of somebody who may do everything with groups of a customer.
func (h *house) groupAuthority(customer ID) policy.Authority {
	h.t.Helper()
	ctx := h.t.Context()
	groups := []policy.Permission{policy.GroupsView, policy.GroupsCreate, policy.GroupsModify}
	h.run(`UPDATE customers SET ceiling_json = $1 WHERE id = $2`, mustJSON(h.t, groups), customer)
	role, err := h.AddRole(ctx, maya, customer, Role{Name: "Groups", Permissions: groups})
	require.NoError(h.t, err)
	_, err = h.AddAssignment(ctx, maya, customer, Assignment{Role: role, Name: "G", Scopes: []policy.Scope{policy.ScopeAll}, Members: []Member{{Principal: groupAdmin.User}}})
	require.NoError(h.t, err)
	by, err := policy.NewDecider(h.Store, h.clock, policy.Limits{}).Authority(ctx, groupAdmin, customer)
	require.NoError(h.t, err)
	return by
}

// Rights of another moment change nothing, and who holds nothing there learns nothing.
func TestGroupChangesWantRightsOfTheirMoment(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	room := h.room(customer, "Boardroom 12")
	by := h.groupAuthority(customer)
	made, err := h.CreateRoomGroup(t.Context(), maya, by, RoomGroup{Name: "G", Kind: GroupFixed, Rooms: []ID{room}})
	require.NoError(t, err)
	before := h.dump()
	for what, by := range map[error]policy.Authority{ErrStaleView: by, ErrNotFound: {}} {
		_, err := h.CreateRoomGroup(t.Context(), maya, by, RoomGroup{Name: "H", Kind: GroupFixed})
		require.ErrorIs(t, err, what)
		_, err = h.ChangeRoomGroup(t.Context(), maya, by, RoomGroup{ID: made.ID, Name: "H", Kind: GroupFixed}, 0)
		require.ErrorIs(t, err, what)
		require.ErrorIs(t, h.DeleteRoomGroup(t.Context(), maya, by, made.ID, 0), what)
		_, err = h.PreviewRoomGroup(t.Context(), by, RoomGroup{ID: made.ID, Kind: GroupFixed})
		require.ErrorIs(t, err, what)
		_, err = h.RoomGroups(t.Context(), by)
		require.ErrorIs(t, err, what)
	}
	require.Equal(t, before, h.dump())
}

// Groups that were there before there were rules are fixed ones, with their members and their scopes.
func TestGroupsOfAnOlderSchemaStay(t *testing.T) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "old.db")+"?_pragma=foreign_keys(ON)")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	steps, err := readMigrations()
	require.NoError(t, err)
	at := slices.IndexFunc(steps, func(m migration) bool { return m.name == "0006_groups.sql" })
	_, err = db.Exec(`CREATE TABLE migrations (number INTEGER, name TEXT, hash TEXT, applied_at INTEGER)`)
	require.NoError(t, err)
	for i, m := range steps[:at] {
		require.NoError(t, m.apply(t.Context(), db, i+1))
	}
	for _, statement := range []string{
		`INSERT INTO tenants (tenant_id, name, created_at) VALUES ('t', 'T', 0)`,
		`INSERT INTO invitations (id, tenant_id, name, partner_domain, state, grant_json, rooms_offered, ceiling_json, change_control_json, retention_days,
			terms_version, sent_at, sent_by_oid, sent_by_name, expires_at) VALUES (1, 't', 'T', 'p', 'accepted', '{}', 0, '[]', '{}', 180, '1', 0, 'o', 'n', 0)`,
		`INSERT INTO customers (id, tenant_id, name, state, rule_version, grant_json, ceiling_json, change_control_json, retention_days, invitation_id,
			accepted_at, accepted_by_name) VALUES (2, 't', 'T', 'active', 1, '{}', '[]', '{}', 180, 1, 0, 'n')`,
		`INSERT INTO rooms (id, customer_id, place_id, name, email, country, city, building, floor, label, capacity, created_at, updated_at)
			VALUES (3, 2, 'p', 'R', '', '', '', '', '', '', 4, 1, 1)`,
		`INSERT INTO room_groups (id, customer_id, name, description, created_at) VALUES (4, 2, 'G', 'D', 5)`,
		`INSERT INTO room_group_rooms VALUES (4, 3)`,
	} {
		_, err := db.Exec(statement)
		require.NoError(t, err, statement)
	}
	for i, m := range steps[at:] {
		require.NoError(t, m.apply(t.Context(), db, at+i+1))
	}
	var got string
	require.NoError(t, db.QueryRow(`SELECT g.id || g.customer_id || g.name || g.description || g.kind || g.rules_json || g.version || g.created_at || g.changed_at || m.room_id
		FROM room_groups g JOIN room_group_rooms m ON m.group_id = g.id`).Scan(&got))
	require.Equal(t, "42GDfixed[]1553", got)
	_, err = db.Exec(`DELETE FROM customers`)
	require.NoError(t, err)
	require.NoError(t, db.QueryRow(`SELECT count(*) FROM room_group_rooms`).Scan(&got))
	require.Equal(t, "0", got, "groups go with their customer")
}

// A person whose scope is a group by rules sees at once what Microsoft's facts make of it.
func TestRuleGroupFollowsItsRooms(t *testing.T) {
	w := newGroupWorld(t)
	w.places(w.id, place("A", "London"), place("B", "Paris"))
	group := w.create(RoomGroup{Name: "London", Kind: GroupByRules, Rules: []GroupRule{{City: []string{"london"}}, {Maker: []string{"Logi"}}, {DeviceKind: []string{"panel"}}}})
	require.Equal(t, 1, group.Count)
	ann := policy.Actor{User: policy.User("ann")}
	w.give(ann, policy.ScopeGroup(group.ID), policy.RoomsView)
	require.Equal(t, []string{"A"}, w.sees(ann))

	follows := func(doing string, want ...string) {
		t.Helper()
		require.Equal(t, append([]string{}, want...), w.members(group.ID), doing)
		require.Equal(t, append([]string{}, want...), w.sees(ann), doing)
		require.Empty(t, w.texts(`SELECT d.id FROM devices d JOIN rooms r ON r.id = d.room_id WHERE d.cell_id IS NOT r.cell_id`), doing)
		require.Empty(t, w.texts(`SELECT i.id FROM incidents i JOIN rooms r ON r.id = i.room_id WHERE i.cell_id IS NOT r.cell_id`), doing)
	}
	w.places(w.id, place("A", "London"), place("B", "Paris"), place("C", "LONDON "))
	follows("a room comes", "A", "C")
	w.places(w.id, place("A", "Paris"), place("B", "Paris"), place("C", "London"))
	follows("a room moves away", "C")
	w.places(w.id, place("A", "London"), place("B", "London"), place("C", "London"))
	follows("rooms move in", "A", "B", "C")
	w.places(w.id, place("A", "London"), place("C", "Paris"))
	follows("a room is hidden, another moves away", "A")
	w.places(w.id, place("A", "London"), place("B", "London"), place("C", "Paris"))
	follows("a room comes back", "A", "B")
	w.places(w.id, place("A", "London"), place("C", "Paris"))
	w.advance(25 * time.Hour)
	w.places(w.id, place("A", "London"), place("C", "Paris"))
	require.Equal(t, []string{"A", "C"}, w.texts(`SELECT name FROM rooms ORDER BY name`), "B is purged")
	follows("a room is purged", "A")

	room := w.roomID(`SELECT id FROM rooms WHERE name = 'C'`)
	rules := quietRules()
	rules.Device = func(DeviceBefore, time.Time) DeviceAfter {
		return DeviceAfter{Incidents: []IncidentState{{Signal: "room-camera", Category: "hardware", Severity: "important", State: "active", OpenedAt: w.time(), Openings: 1}}}
	}
	made := "Yealink"
	rules.Room = func(b RoomBefore) RoomAfter {
		after := RoomAfter{Health: "healthy", Rank: 60}
		if len(b.Devices) > 0 {
			after.Maker = b.Devices[0].Maker
		}
		return after
	}
	device := func(kind string, in ID) {
		w.devices(w.id, DevicesFound{Listed: true, Rules: rules, Devices: []DeviceFound{{GraphID: "d-1", Room: in, Kind: kind, Maker: made, Read: true}}})
	}
	device("teamsRoom", room)
	follows("a device of another maker", "A")
	made = "Logi"
	device("teamsRoom", room)
	follows("another device maker", "A", "C")
	made = "Yealink"
	device("panel", room)
	follows("another device kind", "A", "C")
	device("panel", w.roomID(`SELECT id FROM rooms WHERE name = 'A'`))
	follows("the device moves to another room", "A")
}

func (w *groupWorld) roomID(query string) ID { return w.collectWorld.id(query) }

// Collecting writes no row of a group when nothing of it changes, and raises the rules only for a group that is a scope.
func TestCollectingWritesGroupsOnlyOnChange(t *testing.T) {
	w := newGroupWorld(t)
	w.places(w.id, place("A", "London"), place("B", "Paris"))
	group := w.create(RoomGroup{Name: "London", Kind: GroupByRules, Rules: []GroupRule{{City: []string{"London"}}}})
	w.create(RoomGroup{Name: "Big", Kind: GroupByRules, Rules: []GroupRule{{CapacityMin: 10}}})
	for _, statement := range []string{
		`CREATE TEMP TABLE written (what TEXT)`,
		`CREATE TEMP TRIGGER a AFTER INSERT ON main.room_group_rooms BEGIN INSERT INTO written VALUES ('in'); END`,
		`CREATE TEMP TRIGGER b AFTER DELETE ON main.room_group_rooms BEGIN INSERT INTO written VALUES ('out'); END`,
		`CREATE TEMP TRIGGER c AFTER UPDATE ON main.room_groups BEGIN INSERT INTO written VALUES ('group'); END`,
		`CREATE TEMP TRIGGER d AFTER UPDATE OF cell_id ON main.rooms BEGIN INSERT INTO written VALUES ('cell'); END`,
	} {
		_, err := w.writer.Exec(statement)
		require.NoError(t, err)
	}
	written := func() (n int) {
		require.NoError(t, w.writer.QueryRow(`SELECT count(*) FROM written`).Scan(&n))
		return n
	}
	version := func() string { return w.texts(`SELECT rule_version FROM customers`)[0] }
	before := version()
	w.places(w.id, place("A", "London"), place("B", "Paris"))
	renamed := place("A", "London")
	renamed.Name, renamed.Floor = "A renamed", "7"
	w.places(w.id, renamed, place("B", "Paris"))
	room := w.roomID(`SELECT id FROM rooms WHERE name = 'B'`)
	for range 2 {
		w.devices(w.id, DevicesFound{Listed: true, Devices: []DeviceFound{{GraphID: "d-1", Room: room, Kind: "teamsRoom"}}})
	}
	require.Zero(t, written())
	require.Equal(t, before, version())

	w.places(w.id, renamed, place("B", "London"))
	require.Equal(t, 1, written(), "B enters a group that is no scope")
	require.Equal(t, before, version())
	w.give(policy.Actor{User: policy.User("ann")}, policy.ScopeGroup(group.ID), policy.RoomsView)
	before = version()
	w.places(w.id, renamed, place("B", "Paris"))
	require.NotEqual(t, before, version(), "a scope changed")
}

// Two changes of one moment have one right outcome: either the group is gone and nobody can be given it, or it is a scope and stays.
func TestGroupDeletedWhileItBecomesAScope(t *testing.T) {
	w := newGroupWorld(t)
	w.places(w.id, place("A", "London"))
	room := w.roomID(`SELECT id FROM rooms`)
	role, err := w.AddRole(t.Context(), Act{}, w.id, Role{Name: "R", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	for n := range 40 {
		group := w.create(RoomGroup{Name: fmt.Sprint("G", n), Rooms: []ID{room}})
		scope := []policy.Scope{policy.ScopeGroup(group.ID)}
		var gone, given error
		var together sync.WaitGroup
		start := make(chan struct{})
		try := func(err *error, change func(policy.Authority) error) {
			together.Go(func() {
				<-start
				for {
					by, aErr := w.decider.Authority(t.Context(), groupAdmin, w.id)
					if aErr != nil {
						*err = aErr
						return
					}
					if *err = change(by); !errors.Is(*err, ErrStaleView) {
						return
					}
				}
			})
		}
		remove := func(by policy.Authority) error { return w.DeleteRoomGroup(t.Context(), Act{}, by, group.ID, 0) }
		assign := func(by policy.Authority) error {
			_, err := w.CreateAssignment(t.Context(), Act{}, by, Assignment{Role: role, Name: "A", Scopes: scope, Members: []Member{{Principal: policy.User("ann")}}})
			return err
		}
		if n%2 == 0 { // who comes first is left to chance, but each gets its turn
			try(&gone, remove)
			try(&given, assign)
		} else {
			try(&given, assign)
			try(&gone, remove)
		}
		close(start)
		together.Wait()
		named := len(w.texts(`SELECT 1 FROM assignment_scopes WHERE scope = $1`, scope[0]))
		there := len(w.texts(`SELECT 1 FROM room_groups WHERE id = $1`, group.ID))
		if gone == nil {
			require.ErrorIs(t, given, ErrNotFound)
			require.Equal(t, []int{0, 0}, []int{named, there})
			continue
		}
		require.Equal(t, Conflict{"group-in-use"}, gone)
		require.NoError(t, given)
		require.Equal(t, []int{1, 1}, []int{named, there})
	}
}
