package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// GroupRule takes rooms into a group by facts that Microsoft reported; what the partner can edit is in no rule. A room fits when it has all the facts
// that the rule names; several values of one fact are alternatives. Case, surrounding space and the way an accent is written do not count, as
// in a grant. A fact that is not known fits nothing, and a rule that names none fits no room.
type GroupRule struct {
	Country     []string `json:"country,omitempty"`
	City        []string `json:"city,omitempty"`
	Building    []string `json:"building,omitempty"`
	Floor       []string `json:"floor,omitempty"`
	Maker       []string `json:"maker,omitempty"`      // of the room, as lists show it
	Model       []string `json:"model,omitempty"`      // of the room, as lists show it
	DeviceKind  []string `json:"deviceKind,omitempty"` // of any of its devices
	CapacityMin int      `json:"capacityMin,omitempty"`
	CapacityMax int      `json:"capacityMax,omitempty"` // 0 is any number
}

// groupRoom is a room that is not hidden, as groups look at it.
type groupRoom struct {
	id                             ID
	cell                           int64
	name                           string
	country, city, building, floor string
	maker, model                   string
	kinds                          []string
	capacity                       int
}

// sieve is a GroupRule made ready to look at many rooms.
type sieve struct {
	facts    []fact
	min, max int
}

type fact struct {
	wanted map[string]bool // by factKey
	of     func(groupRoom) []string
}

func sievesOf(rules []GroupRule) []sieve {
	sieves := make([]sieve, 0, len(rules))
	for _, r := range rules {
		s := sieve{min: r.CapacityMin, max: r.CapacityMax}
		s.want(r.Country, func(g groupRoom) []string { return []string{g.country} })
		s.want(r.City, func(g groupRoom) []string { return []string{g.city} })
		s.want(r.Building, func(g groupRoom) []string { return []string{g.building} })
		s.want(r.Floor, func(g groupRoom) []string { return []string{g.floor} })
		s.want(r.Maker, func(g groupRoom) []string { return []string{g.maker} })
		s.want(r.Model, func(g groupRoom) []string { return []string{g.model} })
		s.want(r.DeviceKind, func(g groupRoom) []string { return g.kinds })
		sieves = append(sieves, s)
	}
	return sieves
}

func (s *sieve) want(values []string, of func(groupRoom) []string) {
	if len(values) == 0 {
		return
	}
	wanted := map[string]bool{}
	for _, v := range values {
		if key := factKey(v); key != "" {
			wanted[key] = true
		}
	}
	s.facts = append(s.facts, fact{wanted, of})
}

func (s sieve) takes(r groupRoom) bool {
	bounded := s.min > 0 || s.max > 0
	if len(s.facts) == 0 && !bounded {
		return false
	}
	if bounded && (r.capacity <= 0 || r.capacity < s.min || s.max > 0 && r.capacity > s.max) {
		return false
	}
	for _, f := range s.facts {
		if !slices.ContainsFunc(f.of(r), func(value string) bool { return f.wanted[factKey(value)] }) {
			return false
		}
	}
	return true
}

func anyTakes(sieves []sieve, r groupRoom) bool {
	return slices.ContainsFunc(sieves, func(s sieve) bool { return s.takes(r) })
}

// factKey is equal for texts that a grant takes to be the same, and empty for one that says nothing.
func factKey(text string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, strings.TrimSpace(norm.NFC.String(text)))
}

// readGroupRooms reads rooms of a customer that are not hidden, by name; ids nil means all.
func readGroupRooms(ctx context.Context, t *tx, customer ID, ids []ID) ([]groupRoom, error) {
	among, args, err := amongRooms(customer, "id", ids)
	if err != nil {
		return nil, err
	}
	rooms, err := readAll(ctx, t, "read the rooms for groups", statement{`SELECT id, coalesce(cell_id, 0), name, country, city, building, floor, maker, model,
			capacity FROM rooms WHERE customer_id = $1 AND hidden_at IS NULL` + among + ` ORDER BY name, id`, args},
		func(rows *sql.Rows, r *groupRoom) error {
			return rows.Scan(&r.id, &r.cell, &r.name, &r.country, &r.city, &r.building, &r.floor, &r.maker, &r.model, &r.capacity)
		})
	if err != nil {
		return nil, err
	}
	at := make(map[ID]int, len(rooms))
	for i, r := range rooms {
		at[r.id] = i
	}
	among, args, err = amongRooms(customer, "room_id", ids)
	if err != nil {
		return nil, err
	}
	type held struct {
		room ID
		kind string
	}
	devices, err := readAll(ctx, t, "read the device kinds for groups", statement{`SELECT DISTINCT room_id, kind FROM devices
		WHERE customer_id = $1` + among, args}, func(rows *sql.Rows, h *held) error { return rows.Scan(&h.room, &h.kind) })
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		if i, known := at[d.room]; known {
			rooms[i].kinds = append(rooms[i].kinds, d.kind)
		}
	}
	return rooms, nil
}

// amongRooms is the end of a condition, and all parameters, for the rooms of a customer that are among ids; nil is all of them.
func amongRooms(customer ID, column string, ids []ID) (condition string, args []any, err error) {
	if ids == nil {
		return "", []any{customer}, nil
	}
	list, err := toJSON(numbers(ids))
	if err != nil {
		return "", nil, err
	}
	return " AND " + column + " " + inSet(2), []any{customer, list}, nil
}

// refillGroups brings the customer's groups by rules after the facts of rooms; nil is all rooms. It returns the rooms that came into a group or left one,
// for the caller to place. Where such a group is a scope the rule version rises.
func refillGroups(ctx context.Context, t *tx, customer ID, ids []ID) (moved []ID, err error) {
	type ruled struct {
		id    ID
		rules string
	}
	groups, err := readAll(ctx, t, "read the groups by rules", statement{`SELECT id, rules_json FROM room_groups
		WHERE customer_id = $1 AND kind = 'rules' ORDER BY id`, []any{customer}},
		func(rows *sql.Rows, g *ruled) error { return rows.Scan(&g.id, &g.rules) })
	if err != nil || len(groups) == 0 {
		return nil, err
	}
	rooms, err := readGroupRooms(ctx, t, customer, ids)
	if err != nil {
		return nil, err
	}
	among, args, err := amongRooms(customer, "m.room_id", ids)
	if err != nil {
		return nil, err
	}
	type member struct{ group, room ID }
	list, err := readAll(ctx, t, "read the members of groups by rules", statement{`SELECT m.group_id, m.room_id FROM room_groups g
		JOIN room_group_rooms m ON m.group_id = g.id WHERE g.customer_id = $1 AND g.kind = 'rules'` + among, args},
		func(rows *sql.Rows, m *member) error { return rows.Scan(&m.group, &m.room) })
	if err != nil {
		return nil, err
	}
	members := map[ID][]ID{}
	for _, m := range list {
		members[m.group] = append(members[m.group], m.room)
	}
	scopes, _, err := scopeTargets(ctx, t, customer)
	if err != nil {
		return nil, err
	}
	scoped := false
	for _, g := range groups {
		var rules []GroupRule
		if err := fromJSON(g.rules, &rules); err != nil {
			return nil, err
		}
		entering, leaving := shifted(members[g.id], fitting(rooms, rules))
		if err := moveMembers(ctx, t, g.id, entering, leaving); err != nil {
			return nil, err
		}
		moved = append(append(moved, entering...), leaving...)
		scoped = scoped || scopes[g.id] && len(entering)+len(leaving) > 0
	}
	if scoped {
		err = raiseRules(ctx, t, customer)
	}
	return moved, err
}

// placeByFacts brings groups and cells after rooms whose facts are others now, and finds a cell for rooms that have none. Without either it reads nothing.
func placeByFacts(ctx context.Context, t *tx, customer ID, revised, placed []ID) error {
	if len(revised) > 0 {
		moved, err := refillGroups(ctx, t, customer, revised)
		if err != nil {
			return err
		}
		placed = append(placed, moved...)
	}
	if len(placed) == 0 {
		return nil
	}
	return recell(ctx, t, customer, placed)
}

// fitting are the rooms that rules take in.
func fitting(rooms []groupRoom, rules []GroupRule) []ID {
	sieves := sievesOf(rules)
	var out []ID
	for _, r := range rooms {
		if anyTakes(sieves, r) {
			out = append(out, r.id)
		}
	}
	return out
}

// shifted compares two sets of rooms.
func shifted(before, after []ID) (entering, leaving []ID) {
	was := map[ID]bool{}
	for _, id := range before {
		was[id] = true
	}
	for _, id := range after {
		if !was[id] {
			entering = append(entering, id)
		}
		delete(was, id)
	}
	for _, id := range before {
		if was[id] {
			leaving = append(leaving, id)
		}
	}
	return entering, leaving
}

// moveMembers writes who enters a group and who leaves it.
func moveMembers(ctx context.Context, t *tx, group ID, entering, leaving []ID) error {
	for _, move := range []struct {
		rooms []ID
		text  string
	}{
		{entering, `INSERT INTO room_group_rooms (group_id, room_id) SELECT $1, id FROM rooms WHERE id ` + inSet(2)},
		{leaving, `DELETE FROM room_group_rooms WHERE group_id = $1 AND room_id ` + inSet(2)},
	} {
		if len(move.rooms) == 0 {
			continue
		}
		list, err := toJSON(numbers(move.rooms))
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, move.text, group, list); err != nil {
			return fmt.Errorf("move rooms in a group: %w", err)
		}
	}
	return nil
}
