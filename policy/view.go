package policy

import (
	"cmp"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// View is what an actor may see for one permission, and the key without which the store gives no customer row. Only
// this package fills one; the zero View sees nothing. It is a small value over unchanging data: copy it freely.
//
// A view is true while Valid(now) and either the store's global version is Version, or, for a view that names all
// the customers a statement reads, their versions are those of its Parts. The store checks that in its own transaction. An empty
// view must go there as well: only the store can say that it is no longer empty.
type View struct{ v *view }

type view struct {
	kind      Kind
	version   int64
	until     time.Time
	parts     []Part // by customer; cells ascending
	cells     string
	customers string
	ones      []atomic.Pointer[view] // the view narrowed to each part, made when first asked for

	tenant string
	reason string
	powers Powers
}

// ByParts is the version of a view that goes by the versions of its parts and not by the global one: that of an Authority.
const ByParts int64 = 0

// Kind is what a view is for.
type Kind int

// The kinds of a view.
const (
	KindNone     Kind = iota // the zero View: nothing
	KindMember               // a person of the partner, by assignments
	KindWork                 // background work for one customer
	KindOverview             // invitations and customer names, never customer data
	KindOwn                  // a customer's administrator, the own relation only
)

// Part is what a view shows of one customer.
type Part struct {
	Customer ID
	Version  int64   // of the customer's rules that decided; zero in a view of background work
	All      bool    // held by an assignment over all granted rooms, so on those that come later too
	Cells    []int64 // ascending; all cells of the customer when All, except for background work, which needs none
}

// Powers are the partner-wide powers, from the token and the configuration only.
type Powers struct {
	GlobalAdmin   bool // the Entra role: for emergencies, marked as such
	Manager       bool // Teams Rooms Pro Manager of the partner's own tenant
	TenantManager bool // sees and accepts invitations
}

// Any reports whether there is a power at all.
func (p Powers) Any() bool { return p.GlobalAdmin || p.Manager || p.TenantManager }

// ForWork returns the view of background work for one customer: all its rooms. The reason says what the work is, for the
// log. Code that a request can reach must not call it (law 4). Without customer or reason the view is zero.
func ForWork(customer ID, reason string) View {
	if !customer.Valid() || reason == "" {
		return View{}
	}
	v := newView(KindWork, 0, time.Time{}, []Part{{Customer: customer, All: true}})
	v.reason = reason
	return View{v}
}

// Overview returns the view of partner-wide powers: invitations and customer names, never customer data, so it has
// no parts. Without any power the view is zero.
func Overview(powers Powers) View {
	if !powers.Any() {
		return View{}
	}
	v := newView(KindOverview, 0, time.Time{}, nil)
	v.powers = powers
	return View{v}
}

// Own returns the view of a customer's administrators: the relation of their own tenant, and nothing that the partner
// sees of it. Without a tenant the view is zero.
func Own(tenantID string) View {
	if tenantID == "" {
		return View{}
	}
	v := newView(KindOwn, 0, time.Time{}, nil)
	v.tenant = tenantID
	return View{v}
}

// newView takes parts ordered by customer.
func newView(kind Kind, version int64, until time.Time, parts []Part) *view {
	cells, customers := []byte{'['}, []byte{'['}
	for _, part := range parts {
		customers = append(strconv.AppendInt(customers, int64(part.Customer), 10), ',')
		for _, cell := range part.Cells {
			cells = append(strconv.AppendInt(cells, cell, 10), ',')
		}
	}
	return &view{
		kind:      kind,
		version:   version,
		until:     until,
		parts:     slices.Clip(parts),
		cells:     closeList(cells),
		customers: closeList(customers),
		ones:      make([]atomic.Pointer[view], len(parts)),
	}
}

func closeList(list []byte) string {
	if last := len(list) - 1; list[last] == ',' {
		list = list[:last]
	}
	return string(append(list, ']'))
}

// at returns the same view as of a later global version that changed none of its customers.
func (v *view) at(version int64) *view {
	return &view{
		kind: v.kind, version: version, until: v.until, parts: v.parts, cells: v.cells, customers: v.customers,
		ones: make([]atomic.Pointer[view], len(v.parts)),
	}
}

// Kind says what the view is for.
func (v View) Kind() Kind {
	if v.v == nil {
		return KindNone
	}
	return v.v.kind
}

// Empty reports whether the view shows no customer. See View: even so, the store is to be asked.
func (v View) Empty() bool { return v.v == nil || len(v.v.parts) == 0 }

// Version is the global version of the rules when the view was made, or ByParts.
func (v View) Version() int64 {
	if v.v == nil {
		return 0
	}
	return v.v.version
}

// Until is the next start or end of an assignment that could change the view; zero when there is none.
func (v View) Until() time.Time {
	if v.v == nil {
		return time.Time{}
	}
	return v.v.until
}

// Valid reports whether no start or end of an assignment has come since the view was made.
func (v View) Valid(now time.Time) bool {
	until := v.Until()
	return until.IsZero() || now.Before(until)
}

// Parts returns what the view shows, by customer. The slice and what is in it are shared: read only.
func (v View) Parts() []Part {
	if v.v == nil {
		return nil
	}
	return v.v.parts
}

// CellsJSON returns all cells as a JSON list, such as "[12,15]", for a statement's set parameter. It is made once.
func (v View) CellsJSON() string {
	if v.v == nil {
		return "[]"
	}
	return v.v.cells
}

// CustomersJSON returns the customers, as numbers, like CellsJSON.
func (v View) CustomersJSON() string {
	if v.v == nil {
		return "[]"
	}
	return v.v.customers
}

// Customers returns the customers of the view, ascending.
func (v View) Customers() []ID {
	customers := make([]ID, len(v.Parts()))
	for i, part := range v.Parts() {
		customers[i] = part.Customer
	}
	return customers
}

// Sees reports whether the view shows the rooms of one cell of a customer. A view of background work sees every cell
// of its customer.
func (v View) Sees(customer ID, cell int64) bool {
	i, found := v.find(customer)
	if !found {
		return false
	}
	if v.v.kind == KindWork {
		return true
	}
	_, found = slices.BinarySearch(v.v.parts[i].Cells, cell)
	return found
}

// One returns the view narrowed to one customer; empty, but with the same version, for a customer it does not show.
func (v View) One(customer ID) View {
	if v.v == nil {
		return View{}
	}
	i, found := v.find(customer)
	if !found {
		return View{v.v.narrow(nil)}
	}
	if one := v.v.ones[i].Load(); one != nil {
		return View{one}
	}
	one := v.v.narrow(v.v.parts[i : i+1])
	v.v.ones[i].Store(one)
	return View{one}
}

// Everywhere returns the view narrowed to the customers in which the permission is held over all granted rooms.
func (v View) Everywhere() View {
	if v.v == nil {
		return View{}
	}
	var parts []Part
	for _, part := range v.v.parts {
		if part.All {
			parts = append(parts, part)
		}
	}
	return View{v.v.narrow(parts)}
}

func (v *view) narrow(parts []Part) *view {
	narrowed := newView(v.kind, v.version, v.until, parts)
	narrowed.tenant, narrowed.reason, narrowed.powers = v.tenant, v.reason, v.powers
	return narrowed
}

func (v View) find(customer ID) (int, bool) {
	return slices.BinarySearchFunc(v.Parts(), customer, func(part Part, customer ID) int {
		return cmp.Compare(part.Customer, customer)
	})
}

// TenantID is the tenant of a view made by Own, else empty.
func (v View) TenantID() string {
	if v.v == nil {
		return ""
	}
	return v.v.tenant
}

// Reason is what a view made by ForWork is for, else empty.
func (v View) Reason() string {
	if v.v == nil {
		return ""
	}
	return v.v.reason
}

// Powers are those of a view made by Overview, else none.
func (v View) Powers() Powers {
	if v.v == nil {
		return Powers{}
	}
	return v.v.powers
}
