package store

import (
	"context"
	"database/sql"
	"slices"

	"roomward/policy"
)

// groupMove is what a change of a group does to its members.
type groupMove struct {
	rooms    map[ID]groupRoom // all of the customer that are not hidden
	order    []ID             // the same, by name
	before   []ID             // members, hidden ones too
	after    []ID
	entering []ID
	leaving  []ID
	view     policy.View // the person's
}

// planMove finds out what becomes of a group. A fixed group keeps the rooms that the person does not see, and all of them when none are named.
// Refusal: room-unknown.
func planMove(ctx context.Context, t *tx, by policy.Authority, old SeenGroup, g RoomGroup) (groupMove, error) {
	m := groupMove{rooms: map[ID]groupRoom{}, view: by.View(policy.GroupsView)}
	rooms, err := readGroupRooms(ctx, t, by.Customer(), nil)
	if err != nil {
		return m, err
	}
	for _, r := range rooms {
		m.rooms[r.id], m.order = r, append(m.order, r.id)
	}
	m.before, err = readAll(ctx, t, "read the members of a group", statement{`SELECT room_id FROM room_group_rooms WHERE group_id = $1 ORDER BY room_id`,
		[]any{old.ID}}, scanID)
	if err != nil {
		return m, err
	}
	switch {
	case g.Kind == GroupByRules:
		m.after = fitting(rooms, g.Rules)
	case g.Rooms == nil:
		m.after = m.before
	default:
		for _, id := range m.before {
			if !m.shows(id) {
				m.after = append(m.after, id)
			}
		}
		named := map[ID]bool{}
		for _, id := range g.Rooms {
			if !m.shows(id) {
				return m, &policy.Refusal{Code: policy.RefuseUnknownRoom}
			}
			if !named[id] {
				named[id] = true
				m.after = append(m.after, id)
			}
		}
	}
	m.entering, m.leaving = shifted(m.before, m.after)
	return m, nil
}

// shows tells whether the person sees a room.
func (m groupMove) shows(id ID) bool {
	r, there := m.rooms[id]
	if !there || m.view.Empty() {
		return false
	}
	return m.view.Sees(m.view.Customers()[0], r.cell)
}

// cells are those of rooms, 0 for hidden ones.
func (m groupMove) cells(ids []ID) []int64 {
	var out []int64
	for _, id := range ids {
		if cell := m.rooms[id].cell; !slices.Contains(out, cell) {
			out = append(out, cell)
		}
	}
	return out
}

// shown are the rooms among ids that the person sees, by name.
func (m groupMove) shown(ids []ID) []ID {
	among := map[ID]bool{}
	for _, id := range ids {
		among[id] = true
	}
	var out []ID
	for _, id := range m.order {
		if among[id] && m.shows(id) {
			out = append(out, id)
		}
	}
	return out
}

// write moves the rooms, into their new cells too, and says what to record.
func (m groupMove) write(ctx context.Context, t *tx, by policy.Authority, operation string, before, g RoomGroup) (entry, error) {
	if err := moveMembers(ctx, t, g.ID, m.entering, m.leaving); err != nil {
		return entry{}, err
	}
	if moved := append(slices.Clone(m.entering), m.leaving...); len(moved) > 0 {
		if err := recell(ctx, t, by.Customer(), moved); err != nil {
			return entry{}, err
		}
	}
	after := groupNote(g)
	after["rooms"], after["entered"], after["left"] = len(m.after), nonNil(m.entering), nonNil(m.leaving)
	n := noted{after: after}
	if before.ID != 0 {
		n.before = groupNote(before)
		n.before["rooms"] = len(m.before)
	}
	return entry{operation: operation, object: g.Name, objectID: g.ID.String(), detail: n.detail()}, nil
}

// seen is the changed group as the person sees it. It is not read again: the change may have moved the person's own view.
func (m groupMove) seen(by policy.Authority, act Act, t *tx, old SeenGroup, g RoomGroup) SeenGroup {
	out := SeenGroup{RoomGroup: g, Count: len(m.shown(m.after)), UsedBy: old.UsedBy, ShowsUse: by.Holds(policy.RolesView),
		Version: old.Version + 1, ChangedAt: when(t.now), ChangedBy: act.Name, scoped: old.scoped}
	out.Rooms = nil
	if !by.Everywhere(policy.GroupsView) {
		out.Rules = nil
	}
	out.Editable = out.editableBy(by)
	return out
}

func (g SeenGroup) editableBy(by policy.Authority) bool {
	return by.Everywhere(policy.GroupsModify) || by.Holds(policy.GroupsModify) && !g.scoped && g.Kind == GroupFixed
}

// shownMoves is how many rooms of each direction a preview names.
const shownMoves = 100

// GroupPreview is what a change of a group would move, as far as the person sees it.
type GroupPreview struct {
	Rooms             int // in the group afterwards
	Entering, Leaving []GroupMember
	Enters, Leaves    int // in all, of which at most 100 are named
	Access            []GroupAccess
}

// GroupAccess is an assignment of the person's view whose rooms would change.
type GroupAccess struct {
	Assignment   ID
	Name         string
	Role         ID
	RoleName     string
	Members      []string // names
	Gains, Loses int      // rooms
}

// PreviewRoomGroup tells what ChangeRoomGroup would do, or CreateRoomGroup where g has no ID. Everybody who sees the group may ask. Errors: ErrStaleView,
// ErrNotFound, *policy.Refusal with room-unknown.
func (s *Store) PreviewRoomGroup(ctx context.Context, by policy.Authority, g RoomGroup) (GroupPreview, error) {
	var out GroupPreview
	err := s.read(ctx, func(t *tx) error {
		if err := checkHolding(ctx, t, by, policy.GroupsView); err != nil {
			return err
		}
		var old SeenGroup
		if g.ID != 0 {
			var err error
			if _, old, err = groupToChange(ctx, t, by, g.ID, 0); err != nil {
				return err
			}
		}
		m, err := planMove(ctx, t, by, old, g)
		if err != nil {
			return err
		}
		entering, leaving := m.shown(m.entering), m.shown(m.leaving)
		out.Rooms, out.Enters, out.Leaves = len(m.shown(m.after)), len(entering), len(leaving)
		out.Entering, out.Leaving = m.named(entering), m.named(leaving)
		out.Access, err = m.access(ctx, t, by, g.ID, entering, leaving)
		return err
	})
	return out, err
}

func (m groupMove) named(ids []ID) []GroupMember {
	out := []GroupMember{}
	for _, id := range ids[:min(len(ids), shownMoves)] {
		r := m.rooms[id]
		out = append(out, GroupMember{ID: id, Name: r.name, Building: r.building, City: r.city})
	}
	return out
}

// access compares the rooms of each assignment that names the group: a room that its other scopes cover is neither gained nor lost.
func (m groupMove) access(ctx context.Context, t *tx, by policy.Authority, group ID, entering, leaving []ID) ([]GroupAccess, error) {
	out := []GroupAccess{}
	if group == 0 || !by.Holds(policy.RolesView) || len(entering)+len(leaving) == 0 {
		return out, nil
	}
	sheet, err := sheetOf(ctx, t, by)
	if err != nil {
		return nil, err
	}
	groups, err := groupsOfRooms(ctx, t, append(slices.Clone(entering), leaving...))
	if err != nil {
		return nil, err
	}
	names := map[ID]string{}
	for _, r := range sheet.Roles {
		names[r.ID] = r.Name
	}
	for _, a := range sheet.Assignments {
		if !slices.Contains(a.Scopes, policy.ScopeGroup(group)) || !a.EndsAt.IsZero() && millis(a.EndsAt) <= t.now {
			continue
		}
		moves := func(ids []ID) (n int) {
			for _, id := range ids {
				if !slices.ContainsFunc(a.Scopes, func(s policy.Scope) bool {
					return s == policy.ScopeAll || s == policy.ScopeRoom(id) || s.Group() != 0 && s.Group() != group && slices.Contains(groups[id], s.Group())
				}) {
					n++
				}
			}
			return n
		}
		change := GroupAccess{Assignment: a.ID, Name: a.Name, Role: a.Role, RoleName: names[a.Role], Members: []string{}, Gains: moves(entering), Loses: moves(leaving)}
		if change.Gains+change.Loses == 0 {
			continue
		}
		for _, member := range a.Members {
			change.Members = append(change.Members, member.Name)
		}
		out = append(out, change)
	}
	return out, nil
}

// groupsOfRooms reads which groups each of the rooms is in.
func groupsOfRooms(ctx context.Context, t *tx, ids []ID) (map[ID][]ID, error) {
	list, err := toJSON(numbers(ids))
	if err != nil {
		return nil, err
	}
	type member struct{ room, group ID }
	rows, err := readAll(ctx, t, "read the groups of rooms", statement{`SELECT room_id, group_id FROM room_group_rooms WHERE room_id ` + inSet(1), []any{list}},
		func(rows *sql.Rows, m *member) error { return rows.Scan(&m.room, &m.group) })
	if err != nil {
		return nil, err
	}
	out := map[ID][]ID{}
	for _, m := range rows {
		out[m.room] = append(out[m.room], m.group)
	}
	return out, nil
}
