package policy

import (
	"fmt"
	"strings"
)

// Principal is who a rule names: a user or a security group of the partner's Entra tenant, by object id, written
// "user:<oid>" or "group:<oid>". An e-mail address is never a principal (design.md 6).
type Principal string

// The kinds of a principal.
const (
	KindUser  = "user"
	KindGroup = "group"
)

// User names a user of the partner's tenant.
func User(oid string) Principal { return Principal(KindUser + ":" + oid) }

// Group names a security group of the partner's tenant.
func Group(oid string) Principal { return Principal(KindGroup + ":" + oid) }

// Kind returns KindUser or KindGroup, or nothing when the principal is not valid.
func (p Principal) Kind() string {
	kind, oid, _ := strings.Cut(string(p), ":")
	if oid == "" || (kind != KindUser && kind != KindGroup) {
		return ""
	}
	return kind
}

// OID returns the object id in Entra, or nothing when the principal is not valid.
func (p Principal) OID() string {
	if p.Kind() == "" {
		return ""
	}
	_, oid, _ := strings.Cut(string(p), ":")
	return oid
}

// Valid reports whether the principal has a known kind and an object id.
func (p Principal) Valid() bool { return p.Kind() != "" }

// Scope is where an assignment holds: all granted rooms of the customer, one room group, or one room, written
// "all", "group:<ID>" or "room:<ID>".
type Scope string

// ScopeAll is the scope of all granted rooms, those that come later included.
const ScopeAll Scope = "all"

// MaxSingleRooms is how many single rooms the scopes of one customer may name together; beyond that the answer to
// the user is "make a group" (design.md 5). Those who write rules check it.
const MaxSingleRooms = 200

// ScopeGroup is the scope of one room group.
func ScopeGroup(id ID) Scope { return Scope("group:" + id.String()) }

// ScopeRoom is the scope of one room.
func ScopeRoom(id ID) Scope { return Scope("room:" + id.String()) }

// ParseScope reads a scope and refuses everything that is not exactly one of the three forms.
func ParseScope(s string) (Scope, error) {
	if Scope(s) == ScopeAll {
		return ScopeAll, nil
	}
	kind, text, _ := strings.Cut(s, ":")
	if kind != "group" && kind != "room" {
		return "", fmt.Errorf("a scope is %q, \"group:ID\" or \"room:ID\"", ScopeAll)
	}
	if _, err := ParseID(text); err != nil {
		return "", fmt.Errorf("scope of a %s: %w", kind, err)
	}
	return Scope(s), nil
}

// Group returns the room group the scope names, or zero.
func (s Scope) Group() ID { return s.id("group:") }

// Room returns the single room the scope names, or zero.
func (s Scope) Room() ID { return s.id("room:") }

func (s Scope) id(prefix string) ID {
	text, ok := strings.CutPrefix(string(s), prefix)
	if !ok {
		return 0
	}
	id, err := ParseID(text)
	if err != nil {
		return 0
	}
	return id
}
