package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roomward/policy"
)

// GroupKind says who decides which rooms are in a room group.
type GroupKind string

const (
	// GroupFixed is a group whose rooms people choose.
	GroupFixed GroupKind = "fixed"
	// GroupByRules is a group that takes its rooms in by itself.
	GroupByRules GroupKind = "rules"
)

// RoomGroup is a named set of granted rooms of one customer.
type RoomGroup struct {
	ID          ID
	Name        string
	Description string
	Kind        GroupKind // "" is fixed
	Rules       []GroupRule
	// Rooms are those of a fixed group, on the way in. nil leaves the rooms of a group as they are.
	Rooms []ID
}

// SeenGroup is a room group as one person sees it.
type SeenGroup struct {
	RoomGroup     // without its rooms; without its rules for who does not hold groups.view everywhere, because they name places elsewhere
	Count     int // of its rooms that the person sees
	// UsedBy counts the assignments that name the group, of those that the person sees; ShowsUse tells that it holds roles.view at all.
	UsedBy    int
	ShowsUse  bool
	Editable  bool  // the person may change something of it
	Version   int64 // raised by each change that a person makes
	ChangedAt time.Time
	ChangedBy string // a name
	scoped    bool   // an assignment names it, seen or not
}

// The bounds of the groups of a customer and of the rooms that people choose for one.
const (
	maxGroups     = 500
	MaxGroupRooms = 5_000
)

// AddRoomGroup makes a room group of a customer without asking for anybody's rights: what the demo and the tests begin with. People use
// CreateRoomGroup. Rooms that are not the customer's are left out. Conflict: group-name-taken.
func (s *Store) AddRoomGroup(ctx context.Context, act Act, customer ID, g RoomGroup) (ID, error) {
	g.ID = policy.NewID()
	err := s.changeRules(ctx, act, customer, "group.create", g.Name, g.ID, func(t *tx) error {
		var taken bool
		err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM room_groups WHERE customer_id = $1 AND name = $2)`, customer, g.Name).Scan(&taken)
		if err != nil {
			return fmt.Errorf("look for the name of a room group: %w", err)
		}
		if taken {
			return Conflict{"group-name-taken"}
		}
		if err := insertGroup(ctx, t, customer, act, g); err != nil {
			return err
		}
		entering := numbers(g.Rooms)
		if g.Kind == GroupByRules {
			rooms, err := readGroupRooms(ctx, t, customer, nil)
			if err != nil {
				return err
			}
			entering = numbers(fitting(rooms, g.Rules))
		}
		list, err := toJSON(entering)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO room_group_rooms (group_id, room_id)
			SELECT $1, id FROM rooms WHERE customer_id = $2 AND id `+inSet(3), g.ID, customer, list)
		if err != nil {
			return fmt.Errorf("fill a room group: %w", err)
		}
		return recell(ctx, t, customer, nil)
	})
	return g.ID, err
}

// CreateRoomGroup makes a room group by the rights of a person. Errors: ErrStaleView, ErrNotFound without groups.view, *policy.Refusal. Conflicts:
// group-name-taken, among the groups that the person sees; too-many-groups.
func (s *Store) CreateRoomGroup(ctx context.Context, act Act, by policy.Authority, g RoomGroup) (SeenGroup, error) {
	g.ID = policy.NewID()
	var out SeenGroup
	err := s.changeGroups(ctx, act, by, func(t *tx) (entry, error) {
		known, err := seenGroups(ctx, t, by)
		if err != nil {
			return entry{}, err
		}
		m, err := planMove(ctx, t, by, SeenGroup{}, g)
		if err != nil {
			return entry{}, err
		}
		if err := by.MayCreateGroup(g.Kind == GroupByRules, m.cells(m.entering)); err != nil {
			return entry{}, err
		}
		if err := nameFree(known, g); err != nil {
			return entry{}, err
		}
		if err := roomForGroup(ctx, t, by.Customer()); err != nil {
			return entry{}, err
		}
		if err := insertGroup(ctx, t, by.Customer(), act, g); err != nil {
			return entry{}, err
		}
		out = m.seen(by, act, t, SeenGroup{}, g)
		return m.write(ctx, t, by, "group.create", RoomGroup{}, g)
	})
	return out, err
}

// ChangeRoomGroup puts another name, description and choice of rooms in the place of those of a group, by the rights of a person. Rooms that the person
// does not see stay in a fixed group. version is the one that was read, or 0 for whichever is there. Errors: as in CreateRoomGroup, and the conflict
// changed-meanwhile; ErrNotFound also for a group that the person does not see.
func (s *Store) ChangeRoomGroup(ctx context.Context, act Act, by policy.Authority, g RoomGroup, version int64) (SeenGroup, error) {
	var out SeenGroup
	err := s.changeGroups(ctx, act, by, func(t *tx) (entry, error) {
		known, old, err := groupToChange(ctx, t, by, g.ID, version)
		if err != nil {
			return entry{}, err
		}
		m, err := planMove(ctx, t, by, old, g)
		if err != nil {
			return entry{}, err
		}
		bound := old.scoped || old.Kind == GroupByRules || g.Kind == GroupByRules
		touched := append(m.cells(m.entering), m.cells(m.leaving)...)
		if len(touched) == 0 || old.Name != g.Name || old.Description != g.Description {
			touched = append(touched, m.cells(m.before)...)
		}
		if err := by.MayChangeGroup(bound, touched); err != nil {
			return entry{}, err
		}
		if old.Name != g.Name {
			if err := nameFree(known, g); err != nil {
				return entry{}, err
			}
		}
		rules, err := toJSON(nonNil(g.Rules))
		if err != nil {
			return entry{}, err
		}
		before, err := groupRules(ctx, t, old.RoomGroup)
		if err != nil {
			return entry{}, err
		}
		_, err = t.exec(ctx, `UPDATE room_groups SET name = $1, description = $2, kind = $3, rules_json = $4, version = version + 1, changed_at = $5,
			changed_by = $6 WHERE id = $7`, g.Name, g.Description, g.Kind, rules, t.now, act.Name, g.ID)
		if err != nil {
			return entry{}, fmt.Errorf("change a room group: %w", err)
		}
		out = m.seen(by, act, t, old, g)
		return m.write(ctx, t, by, "group.update", before, g)
	})
	return out, err
}

// DeleteRoomGroup removes a room group by the rights of a person. version is as in ChangeRoomGroup. Errors: ErrStaleView, ErrNotFound, *policy.Refusal.
// Conflicts: changed-meanwhile; group-in-use while an assignment names it.
func (s *Store) DeleteRoomGroup(ctx context.Context, act Act, by policy.Authority, id ID, version int64) error {
	return s.changeGroups(ctx, act, by, func(t *tx) (entry, error) {
		_, old, err := groupToChange(ctx, t, by, id, version)
		if err != nil {
			return entry{}, err
		}
		m, err := planMove(ctx, t, by, old, RoomGroup{ID: id, Kind: GroupFixed, Rooms: []ID{}})
		if err != nil {
			return entry{}, err
		}
		if err := by.MayChangeGroup(old.scoped || old.Kind == GroupByRules, m.cells(m.before)); err != nil {
			return entry{}, err
		}
		if old.scoped {
			return entry{}, Conflict{"group-in-use"}
		}
		before, err := groupRules(ctx, t, old.RoomGroup)
		if err != nil {
			return entry{}, err
		}
		if _, err := t.exec(ctx, `DELETE FROM room_groups WHERE id = $1`, id); err != nil { // and its members
			return entry{}, fmt.Errorf("remove a room group: %w", err)
		}
		note := groupNote(before)
		note["rooms"] = len(m.before)
		return entry{operation: "group.delete", object: old.Name, objectID: id.String(), detail: noted{before: note}.detail()}, nil
	})
}

// changeGroups is changeAs for who sees room groups of the customer.
func (s *Store) changeGroups(ctx context.Context, act Act, by policy.Authority, fn func(*tx) (entry, error)) error {
	return s.changeHolding(ctx, act, by, policy.GroupsView, fn)
}

// groupToChange reads the groups that a person sees, and of these the one to change.
func groupToChange(ctx context.Context, t *tx, by policy.Authority, id ID, version int64) (known []SeenGroup, old SeenGroup, err error) {
	known, err = seenGroups(ctx, t, by)
	if err != nil {
		return nil, SeenGroup{}, err
	}
	old, err = groupAmong(known, id)
	if err != nil {
		return nil, SeenGroup{}, err
	}
	if version != 0 && version != old.Version {
		return nil, SeenGroup{}, Conflict{"changed-meanwhile"}
	}
	return known, old, nil
}

func groupAmong(known []SeenGroup, id ID) (SeenGroup, error) {
	i := slices.IndexFunc(known, func(g SeenGroup) bool { return g.ID == id })
	if i < 0 {
		return SeenGroup{}, ErrNotFound
	}
	return known[i], nil
}

func nameFree(known []SeenGroup, g RoomGroup) error {
	if slices.ContainsFunc(known, func(other SeenGroup) bool { return other.Name == g.Name && other.ID != g.ID }) {
		return Conflict{"group-name-taken"}
	}
	return nil
}

func roomForGroup(ctx context.Context, t *tx, customer ID) error {
	var n int
	if err := t.QueryRowContext(ctx, `SELECT count(*) FROM room_groups WHERE customer_id = $1`, customer).Scan(&n); err != nil {
		return fmt.Errorf("count the room groups: %w", err)
	}
	if n >= maxGroups {
		return Conflict{"too-many-groups"}
	}
	return nil
}

func insertGroup(ctx context.Context, t *tx, customer ID, act Act, g RoomGroup) error {
	rules, err := toJSON(nonNil(g.Rules))
	if err != nil {
		return err
	}
	kind := g.Kind
	if kind == "" {
		kind = GroupFixed
	}
	_, err = t.exec(ctx, `INSERT INTO room_groups (id, customer_id, name, description, kind, rules_json, created_at, changed_at, changed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)`, g.ID, customer, g.Name, g.Description, kind, rules, t.now, act.Name)
	if err != nil {
		return fmt.Errorf("make a room group: %w", err)
	}
	return nil
}

// groupRules reads the rules of a group for the audit record, whoever may see them.
func groupRules(ctx context.Context, t *tx, g RoomGroup) (RoomGroup, error) {
	var text string
	if err := t.QueryRowContext(ctx, `SELECT rules_json FROM room_groups WHERE id = $1`, g.ID).Scan(&text); err != nil {
		return g, fmt.Errorf("read the rules of a room group: %w", err)
	}
	return g, fromJSON(text, &g.Rules)
}

func groupNote(g RoomGroup) map[string]any {
	return map[string]any{"name": g.Name, "description": g.Description, "kind": g.Kind, "rules": nonNil(g.Rules)}
}
