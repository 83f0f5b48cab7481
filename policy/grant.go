package policy

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Grant says which of a customer's rooms are in the partner's reach: all of them, or those that a rule covers, or
// single ones; never those of an exception. Rules also cover rooms that come later.
type Grant struct {
	All    bool        `json:"all"`
	Rules  []GrantRule `json:"rules,omitempty"`
	Rooms  []string    `json:"rooms,omitempty"` // place ids of Graph, or addresses where it gave none
	Except []GrantRule `json:"except,omitempty"`
}

// GrantRule covers the places that have all the facts it names. A rule that names none covers nothing.
type GrantRule struct {
	Country  string `json:"country,omitempty"`
	City     string `json:"city,omitempty"`
	Building string `json:"building,omitempty"`
}

// Place is a room as Microsoft reports it, as far as a grant looks at it. A room that was chosen while Microsoft gave it no id is named by its
// address, and stays chosen when it gets one.
type Place struct {
	ID       string
	Email    string
	Country  string
	City     string
	Building string
}

// The bounds of a grant, so that one invitation cannot slow every collection.
const (
	maxGrantRules = 500
	maxGrantRooms = 5_000
	maxGrantText  = 256 // characters of a name or id
)

// GrantError says which field of a grant is wrong and why, for the one who filled it in.
type GrantError struct {
	Field  string // such as "rules[2].city"
	Reason string
}

func (e *GrantError) Error() string { return e.Field + ": " + e.Reason }

// Covers reports whether the place is granted. Case, surrounding space and the way an accent is written (one character or
// two) do not count, or an exception for "Zürich" would miss a room whose directory spells it otherwise. Exceptions win over
// everything, and when Microsoft does not report a fact that an exception asks for, the exception is taken to hold:
// a room must not come into reach because its address was lost.
func (g Grant) Covers(place Place) bool {
	if strings.TrimSpace(place.ID) == "" {
		return false
	}
	for _, rule := range g.Except {
		if rule.mayCover(place) {
			return false
		}
	}
	if g.All {
		return true
	}
	id, address := PlaceKey(place.ID), PlaceKey(place.Email)
	for _, room := range g.Rooms {
		if room == place.ID {
			return true
		}
		if key := PlaceKey(room); key == id || key != "" && key == address {
			return true
		}
	}
	for _, rule := range g.Rules {
		if rule.covers(place) {
			return true
		}
	}
	return false
}

// NamedByID is the grant with each single room that it names by its address named by its lasting id instead, and whether there is any. byAddress has the
// ids by the PlaceKey of the address.
func (g Grant) NamedByID(byAddress map[string]string) (Grant, bool) {
	rooms, named, changed := make([]string, 0, len(g.Rooms)), map[string]bool{}, false
	for _, room := range g.Rooms {
		if id, ok := byAddress[PlaceKey(room)]; ok {
			room, changed = id, true
		}
		if key := PlaceKey(room); !named[key] { // it may have been named by its id, too
			rooms, named[key] = append(rooms, room), true
		}
	}
	if !changed {
		return g, false
	}
	g.Rooms = rooms
	return g, true
}

// PlaceKey is the id or address of a room in the form in which it is compared. Case says nothing, nor does the way in which a GUID is written.
func PlaceKey(id string) string {
	key := strings.ToLower(strings.TrimSpace(norm.NFC.String(id)))
	if len(key) < guidDigits || len(key) > guidDigits+6 {
		return key
	}
	digits := make([]byte, 0, guidDigits+6)
	for i := range len(key) { // by hand: a grant compares very many ids
		switch c := key[i]; {
		case '0' <= c && c <= '9' || 'a' <= c && c <= 'f':
			digits = append(digits, c)
		case c != '-' && c != '{' && c != '}':
			return key
		}
	}
	if len(digits) != guidDigits {
		return key
	}
	return string(digits)
}

// guidDigits are as many as a GUID has; at most four dashes and two braces stand between them.
const guidDigits = 32

func (r GrantRule) covers(p Place) bool {
	return !r.empty() && fits(r.Country, p.Country) && fits(r.City, p.City) && fits(r.Building, p.Building)
}

// mayCover is covers, with every fact that is not reported taken to fit.
func (r GrantRule) mayCover(p Place) bool {
	return !r.empty() && mayFit(r.Country, p.Country) && mayFit(r.City, p.City) && mayFit(r.Building, p.Building)
}

func (r GrantRule) empty() bool { return blank(r.Country) && blank(r.City) && blank(r.Building) }

func fits(wanted, reported string) bool   { return blank(wanted) || sameText(wanted, reported) }
func mayFit(wanted, reported string) bool { return blank(reported) || fits(wanted, reported) }
func blank(s string) bool                 { return strings.TrimSpace(s) == "" }

func sameText(wanted, reported string) bool {
	wanted = strings.TrimSpace(norm.NFC.String(wanted))
	return wanted != "" && strings.EqualFold(wanted, strings.TrimSpace(norm.NFC.String(reported)))
}

// Validate returns a *GrantError for the first field that makes no sense, or nil.
func (g Grant) Validate() error {
	switch {
	case g.All && len(g.Rules) > 0:
		return &GrantError{"rules", "must be empty when all rooms are granted"}
	case g.All && len(g.Rooms) > 0:
		return &GrantError{"rooms", "must be empty when all rooms are granted"}
	case !g.All && len(g.Rules) == 0 && len(g.Rooms) == 0:
		return &GrantError{"all", "grant all rooms, or name rules or rooms"}
	case len(g.Rules) > maxGrantRules:
		return &GrantError{"rules", fmt.Sprintf("at most %d", maxGrantRules)}
	case len(g.Except) > maxGrantRules:
		return &GrantError{"except", fmt.Sprintf("at most %d", maxGrantRules)}
	case len(g.Rooms) > maxGrantRooms:
		return &GrantError{"rooms", fmt.Sprintf("at most %d", maxGrantRooms)}
	}
	for i, rule := range g.Rules {
		if err := rule.validate(fmt.Sprintf("rules[%d]", i)); err != nil {
			return err
		}
	}
	for i, rule := range g.Except {
		if err := rule.validate(fmt.Sprintf("except[%d]", i)); err != nil {
			return err
		}
	}
	for i, room := range g.Rooms {
		field := fmt.Sprintf("rooms[%d]", i)
		if blank(room) {
			return &GrantError{field, "must not be empty"}
		}
		if err := checkText(field, room); err != nil {
			return err
		}
	}
	return nil
}

func (r GrantRule) validate(field string) error {
	if r.empty() {
		return &GrantError{field, "name a country, a city or a building"}
	}
	for _, f := range []struct{ name, text string }{
		{"country", r.Country}, {"city", r.City}, {"building", r.Building},
	} {
		if err := checkText(field+"."+f.name, f.text); err != nil {
			return err
		}
	}
	return nil
}

func checkText(field, text string) error {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return &GrantError{field, "must be plain text"}
	}
	if utf8.RuneCountInString(text) > maxGrantText {
		return &GrantError{field, fmt.Sprintf("at most %d characters", maxGrantText)}
	}
	return nil
}

// Contains reports whether the grant covers whatever another one covers, as far as their rules show it: true says that nothing was taken back.
func (g Grant) Contains(other Grant) bool {
	for _, rule := range g.Except {
		if !slices.Contains(other.Except, rule) {
			return false
		}
	}
	if g.All {
		return true
	}
	return !other.All && !slices.ContainsFunc(other.Rules, func(rule GrantRule) bool { return !slices.Contains(g.Rules, rule) }) &&
		!slices.ContainsFunc(other.Rooms, func(room string) bool { return !slices.Contains(g.Rooms, room) })
}
