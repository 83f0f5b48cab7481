package collect

import (
	"slices"
	"strings"

	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// identities tells which stored room each item of a list is. A lasting id says it for good, however it is written. Where Microsoft leaves that out,
// the address of the room's account does, for an account has it alone; and a room that neither says nothing of, though something says that it may be
// there, stays as it is. These are the rules, for items that can be used and for what is left of those that cannot:
//
//   - with a lasting id: the room with this id, or the one that had only its address and now gets one. It can be no other;
//   - without, with an address: the one stored room that has it and of which no id tells. Several: any of these;
//   - with an address that no stored room has any more: one that had an id and is not found, with the same name. Where no name can be read, or the
//     address went to another room in this very list, any one that had an id and is not found. If there is none, it is a new room;
//   - with neither: any room that is not found.
//
// An item that may be one of several is odd: it is named, and none of them counts as gone. So who is odd for ever, but tells its id or address, keeps
// nobody else from going; who tells nothing keeps all, because a room that is there must never be purged.
type identities struct {
	byKey   map[string]*store.KnownPlace
	byEmail map[string][]*store.KnownPlace
	told    map[*store.KnownPlace]bool // an item says that it is this one
	listed  map[string]bool            // addresses of items with a lasting id
	known   []store.KnownPlace

	rooms  []graph.Room    // with the key of the stored room as their lasting id, where they are one
	odd    int             // items that are none of rooms
	unsure map[string]bool // keys of stored rooms that an odd item may be
	any    bool            // an odd item may be any room
}

func identify(listed []graph.Room, lost []graph.Remnant, known []store.KnownPlace) *identities {
	i := &identities{byKey: map[string]*store.KnownPlace{}, byEmail: map[string][]*store.KnownPlace{}, told: map[*store.KnownPlace]bool{},
		listed: map[string]bool{}, known: known, unsure: map[string]bool{}}
	for n := range known {
		k := &known[n]
		i.byKey[policy.PlaceKey(k.PlaceID)] = k
		if email := policy.PlaceKey(k.Email); email != "" {
			i.byEmail[email] = append(i.byEmail[email], k)
		}
	}
	i.withID(listed, lost)
	i.withAddress(listed)
	i.remnants(lost)
	return i
}

// withID takes the items that tell their lasting id.
func (i *identities) withID(listed []graph.Room, lost []graph.Remnant) {
	for _, r := range listed {
		if r.PlaceID == "" {
			continue
		}
		i.listed[policy.PlaceKey(r.Email)] = true
		if k := i.of(r.PlaceID, r.Email); k != nil {
			i.told[k] = true
			if policy.PlaceKey(k.PlaceID) == policy.PlaceKey(r.PlaceID) {
				r.PlaceID = k.PlaceID
			}
		}
		i.rooms = append(i.rooms, r)
	}
	for _, l := range lost {
		if l.ID == "" {
			continue
		}
		i.odd++
		i.listed[policy.PlaceKey(l.Email)] = true
		if k := i.of(l.ID, l.Email); k != nil {
			i.told[k] = true
			i.doubt(k)
		}
	}
}

// of is the stored room with a lasting id, or the one that was known by its address and now gets one.
func (i *identities) of(id, email string) *store.KnownPlace {
	if k := i.byKey[policy.PlaceKey(id)]; k != nil {
		return k
	}
	return i.byKey[policy.PlaceKey(email)]
}

// withAddress takes the items that tell only their address.
func (i *identities) withAddress(listed []graph.Room) {
	var strange []graph.Room
	for _, r := range listed {
		switch {
		case r.PlaceID != "" || r.Email != "" && i.listed[policy.PlaceKey(r.Email)]: // or it is in the list a second time, with its id
			continue
		case r.Email == "":
			i.odd, i.any = i.odd+1, true
			continue
		}
		switch may := i.having(r.Email); len(may) {
		case 0:
			strange = append(strange, r)
		case 1:
			i.told[may[0]] = true
			r.PlaceID = may[0].PlaceID
			i.rooms = append(i.rooms, r)
		default:
			i.odd++
			i.doubt(may...)
		}
	}
	for _, r := range strange { // only now is it known which rooms are not found
		may := i.unfound(r.Email, r.Name)
		if len(may) == 0 {
			i.rooms = append(i.rooms, r)
			continue
		}
		i.odd++
		i.doubt(may...)
	}
}

// remnants takes what is left of items that cannot be used and tell no lasting id.
func (i *identities) remnants(lost []graph.Remnant) {
	for _, l := range lost {
		if l.ID != "" {
			continue
		}
		i.odd++
		if l.Email == "" {
			i.any = true
		} else if may := i.having(l.Email); len(may) > 0 {
			i.doubt(may...)
		} else if !i.listed[policy.PlaceKey(l.Email)] {
			i.doubt(i.unfound(l.Email, l.Name)...)
		}
	}
}

// having are the stored rooms with an address of which no item tells yet.
func (i *identities) having(email string) []*store.KnownPlace {
	var out []*store.KnownPlace
	for _, k := range i.byEmail[policy.PlaceKey(email)] {
		if !i.told[k] {
			out = append(out, k)
		}
	}
	return out
}

// unfound are the stored rooms that an item with an address of none of them may be.
func (i *identities) unfound(email, name string) []*store.KnownPlace {
	anyName := strings.EqualFold(name, email) || len(i.byEmail[policy.PlaceKey(email)]) > 0 // a room without a name is called by its address
	var out []*store.KnownPlace
	for n := range i.known {
		k := &i.known[n]
		hadID := policy.PlaceKey(k.PlaceID) != policy.PlaceKey(k.Email)
		if hadID && !i.told[k] && (anyName || strings.EqualFold(name, k.Name)) {
			out = append(out, k)
		}
	}
	return out
}

func (i *identities) doubt(rooms ...*store.KnownPlace) {
	for _, k := range rooms {
		i.unsure[k.PlaceID] = true
	}
}

func sortedKeys(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for key := range set {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}
