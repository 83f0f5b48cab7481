package policy

import (
	"context"
	"time"
)

// Rules are everything that decides about one customer, as one read of the store saw it.
type Rules struct {
	Customer ID
	Version  int64     // raised by every transaction that changes anything in here
	Closed   bool      // the relation is not active or the consent is withdrawn: nobody sees anything
	EndsAt   time.Time // when the relation ends: from then on it is as if it were not there; zero for no end
	// StrongAuth is the authentication context that the customer demands, such as "c1"; empty for none. For an actor whose session has not got it
	// the relation is closed (design 6).
	StrongAuth  string
	Ceiling     []Permission
	Roles       []Role
	Assignments []Assignment
	Cells       []Cell
}

// Role is a named set of permissions for one customer.
type Role struct {
	ID          ID
	Name        string
	BuiltIn     bool // the one role that a relation begins with: never changed, its assignments may be
	Permissions []Permission
}

// Assignment gives a role to members over scopes, from From (included) until Until (excluded). A zero time is no bound.
type Assignment struct {
	ID      ID
	Name    string
	Role    ID
	Members []Principal
	Scopes  []Scope
	From    time.Time
	Until   time.Time
}

// Cell is a set of granted rooms that no scope can tell apart: they are in the same scope groups, and either no
// scope names them singly or the cell is one such room. Each granted room stands in exactly one cell.
type Cell struct {
	ID     int64 // positive; unique over all customers
	Groups []ID  // the groups, of those that scopes name, that the rooms are in
	Room   ID    // the single room, if a scope names it; else zero
}

// Actor is a signed-in person of the partner: the user, the security groups it is in, and the authentication contexts that its sign-in satisfied,
// all from the session.
type Actor struct {
	User     Principal
	Groups   []Principal
	Contexts []string
}

// Reach is a customer some of whose assignments name the actor, begun, ended or not.
type Reach struct {
	Customer ID
	Version  int64 // of the customer's rules
}

// Source is where rules come from: the store. Each method reads in one transaction.
type Source interface {
	// Reach returns the customers whose assignments name one of the principals, in any order and each once, and the
	// global version, which every change of any customer's rules raises.
	Reach(ctx context.Context, principals []Principal) (version int64, reach []Reach, err error)
	// Rules returns one customer's rules. A customer that is gone has Closed rules with its ID, not an error.
	Rules(ctx context.Context, customer ID) (Rules, error)
}
