package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"roomward/policy"
	"roomward/store"
)

// Access says who may call a route at all. What they see there is the view's matter. The zero Access is refused at start (law 9).
type Access struct {
	side       store.Side
	anyone     bool
	both       bool
	permission policy.Permission
	powers     func(policy.Powers) bool
	admin      bool
	rules      bool // decided by the authority over one customer's rules, in the store's transaction, and not by a view
	primary    bool
	orPowers   bool // the route lets managers, tenant managers or global administrators in without the permission
	setup      bool // of the set-up guide, which has its own server and door
}

// Anyone may call, signed in or not.
func Anyone() Access { return Access{anyone: true} }

// SettingUp admits the browser that brought the one-time token of the set-up guide: the guide's server asks before the operation does, and nobody
// is signed in there.
func SettingUp() Access { return Access{setup: true} }

// SignedIn admits every person of both sides.
func SignedIn() Access { return Access{both: true} }

// PartnerMember admits every person of the partner's tenant.
func PartnerMember() Access { return Access{side: store.SidePartner} }

// Holding admits every person of the partner's tenant and gives the route the view of a permission: without a role the view is empty.
func Holding(p policy.Permission) Access { return Access{side: store.SidePartner, permission: p} }

// Ruling admits every person of the partner's tenant to the rules of the customer in the path. The permission is that of the authority by which the
// store shows or changes them: who has no part in the customer finds nothing, who lacks the permission is told so (design 5, who may grant what).
func Ruling(p policy.Permission) Access {
	return Access{side: store.SidePartner, permission: p, rules: true}
}

// Administering admits every person of the partner's tenant to what only an effective primary admin of the customer in the path may: the store
// decides, also while the views are closed.
func Administering() Access { return Access{side: store.SidePartner, primary: true} }

// OrPowers notes that the route also serves people with partner-wide powers; it says itself which, because they see no customer's data by it.
func (a Access) OrPowers() Access {
	a.orPowers = true
	return a
}

// Managing admits managers, and global administrators in an emergency.
func Managing() Access {
	return Access{side: store.SidePartner, powers: func(p policy.Powers) bool { return p.Manager || p.GlobalAdmin }}
}

// Accepting admits who sees and accepts invitations: managers, tenant managers, global administrators (product.md S1 1.3).
func Accepting() Access {
	return Access{side: store.SidePartner, powers: func(p policy.Powers) bool { return p.Manager || p.TenantManager || p.GlobalAdmin }}
}

// CustomerMember admits every person of a tenant that is not the partner's.
func CustomerMember() Access { return Access{side: store.SideCustomer} }

// CustomerAdmin admits the administrators of such a tenant.
func CustomerAdmin() Access { return Access{side: store.SideCustomer, admin: true} }

// Named tells whether somebody wrote down who may call.
func (a Access) Named() bool { return a.anyone || a.both || a.setup || a.side != "" }

// Public tells whether no session is needed.
func (a Access) Public() bool { return a.anyone }

// String describes the access for the document and for tests.
func (a Access) String() string {
	switch {
	case a.anyone:
		return "anyone"
	case a.setup:
		return "the browser with the set-up token"
	case a.both:
		return "signed in"
	case a.rules:
		return "partner, " + string(a.permission) + " by the rules of the customer"
	case a.primary:
		return "partner, primary admin of the customer"
	case a.orPowers:
		return "partner, " + string(a.permission) + " or partner-wide powers"
	case a.permission != "":
		return "partner, " + string(a.permission)
	case a.powers != nil && a.powers(policy.Powers{TenantManager: true}):
		return "partner, may accept invitations"
	case a.powers != nil:
		return "partner, manager"
	case a.side == store.SidePartner:
		return "partner"
	case a.admin:
		return "customer, administrator"
	case a.side == store.SideCustomer:
		return "customer"
	}
	return ""
}

// Gate finds out who calls: app/signin stands behind it.
type Gate interface {
	// Person reads the session of a request; nil when there is none. It reads once, and again where Anew says so.
	Person(ctx context.Context) (*Person, error)
	// Powers are the partner-wide powers of a partner's person.
	Powers(ctx context.Context, p Person) (policy.Powers, error)
	// IsAdmin tells whether a customer's person administers its tenant.
	IsAdmin(p Person) bool
}

// Desk is what every operation needs.
type Desk struct {
	Gate    Gate
	Decider *policy.Decider
	Log     *slog.Logger
	Record  Recorder // nil records nothing
	// Stale is told when an operation is done again because rights changed under it; nil tells nobody.
	Stale func()

	sensitive map[string]string // the operation of each route that is marked so
}

// Route is one line of the route table.
type Route struct {
	Method  string
	Path    string
	Access  Access
	Summary string

	status     int
	controlled bool
	sensitive  string
	register   func(huma.API, *Desk, huma.Operation)
	replay     func(context.Context, *Desk, Original, []byte) error
}

// Creates marks a route whose success is 201.
func (r Route) Creates() Route { r.status = http.StatusCreated; return r }

// Accepted marks a route whose success is 202: the work goes on.
func (r Route) Accepted() Route { r.status = http.StatusAccepted; return r }

// Controlled marks a route whose change a customer may want to approve first: then the answer is 202 with a Pending, and the same is done later.
func (r Route) Controlled() Route { r.controlled = true; return r }

// Controls tells whether the route is marked so.
func (r Route) Controls() bool { return r.controlled }

// key names a route in what is kept of a request.
func (r Route) key() string { return r.Method + " " + r.Path }

// Op states an operation: its address, who may call it, and the feature's function.
func Op[I, O any](method, path string, access Access, summary string, fn func(context.Context, *Call, *I) (O, error)) Route {
	r := Route{Method: method, Path: path, Access: access, Summary: summary}
	key := r.key()
	do := func(ctx context.Context, c *Call, in any) (any, error) { return fn(ctx, c, in.(*I)) }
	r.replay = func(ctx context.Context, d *Desk, o Original, input []byte) error {
		return again(ctx, d, access, o, new(I), input, do)
	}
	out := reflect.TypeFor[O]()
	r.register = func(h huma.API, d *Desk, op huma.Operation) {
		describe(h, &op, out)
		huma.Register(h, op, func(ctx context.Context, in *I) (*answer, error) { return run(ctx, d, key, access, in, do) })
		if out == none {
			op.Responses[strconv.Itoa(http.StatusNoContent)].Content = nil // there is no body to describe
		}
	}
	return r
}

// operation is a feature's function without its types. Only Op knows them: each type that reaches huma's registration makes the compiler write
// that whole function once more.
type operation func(ctx context.Context, c *Call, in any) (any, error)

// answer is what every operation ends with on its way out.
type answer struct {
	ETag string `header:"ETag" hidden:"true"`
	Body any
}

var none = reflect.TypeFor[None]()

// describe writes into the document what huma would find out from the type of the answer.
func describe(h huma.API, op *huma.Operation, out reflect.Type) {
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	if out == none {
		op.DefaultStatus = http.StatusNoContent
		return
	}
	op.DefaultStatus = cmp.Or(op.DefaultStatus, http.StatusOK)
	registry := h.OpenAPI().Components.Schemas
	schema := huma.SchemaFromField(registry, reflect.StructField{Name: "Body", Type: out}, op.OperationID+"Response")
	r := &huma.Response{Description: http.StatusText(op.DefaultStatus), Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	if out.Implements(reflect.TypeFor[Editable]()) {
		r.Headers = map[string]*huma.Param{"ETag": {Schema: &huma.Schema{Type: huma.TypeString,
			Description: "The version of what is answered, for If-Match."}}}
	}
	op.Responses[strconv.Itoa(op.DefaultStatus)] = r
}

// tries bounds how often a request is done again because rights changed under it.
const tries = 4

func run(ctx context.Context, d *Desk, route string, access Access, in any, do operation) (*answer, error) {
	var by Person
	out, err := try(ctx, d, in, do, func(ctx context.Context) (*Call, error) {
		call, p, err := d.call(ctx, access)
		by = p
		if err == nil && call.Act.Side == store.SidePartner && !strings.HasPrefix(route, http.MethodGet) {
			call.Act.Request = &store.Request{Route: route, Input: in, Contexts: call.Person.Contexts}
		}
		return call, err
	})
	if err == nil {
		err = d.recordView(ctx, route, in, out, by)
	} else {
		d.recordRefusal(ctx, route, in, by, err)
	}
	if err != nil {
		return nil, answerOf(ctx, err, d.Log)
	}
	if _, empty := out.(None); empty {
		return nil, nil
	}
	return &answer{tagOf(out), out}, nil
}

// try calls an operation, and again when the rights of its person changed under it.
func try(ctx context.Context, d *Desk, in any, do operation, begin func(context.Context) (*Call, error)) (any, error) {
	for n := 1; ; n++ {
		call, err := begin(ctx)
		if err != nil {
			return nil, err
		}
		out, err := do(ctx, call, in)
		if err == nil || !errors.Is(err, store.ErrStaleView) || n == tries {
			return out, err
		}
		if d.Stale != nil {
			d.Stale()
		}
		if err := d.Decider.Refresh(ctx, call.Actor); err != nil {
			return nil, err
		}
	}
}

// call finds out who calls, and whether it may: the person is told also when it may not.
func (d *Desk) call(ctx context.Context, access Access) (*Call, Person, error) {
	if access.anyone || access.setup {
		return &Call{Decider: d.Decider}, Person{}, nil
	}
	p, err := d.Gate.Person(ctx)
	if err != nil {
		return nil, Person{}, err
	}
	if p == nil {
		return nil, Person{}, Fail(http.StatusUnauthorized, "not-signed-in", "You are not signed in.", "Sign in again.")
	}
	NoteActor(ctx, *p)
	call, err := d.callAs(ctx, access, *p)
	return call, *p, err
}

// callAs is the call of a person, whoever found it out.
func (d *Desk) callAs(ctx context.Context, access Access, p Person) (*Call, error) {
	c := &Call{Decider: d.Decider, Person: p}
	var err error
	if access.side != "" && p.Side != access.side {
		return nil, Forbidden("other-side", "This belongs to the other portal.", "")
	}
	c.Act = actOf(ctx, p)
	if p.Side == store.SideCustomer {
		c.Own, c.Administers = policy.Own(p.TenantID), d.Gate.IsAdmin(p)
		if access.admin && !c.Administers {
			return nil, Forbidden("needs-administrator", "Only an administrator of your organisation may do this.",
				"Ask a Global Administrator or Teams Administrator.")
		}
		return c, nil
	}
	c.Actor = p.Actor()
	if c.Powers, err = d.Gate.Powers(ctx, p); err != nil {
		return nil, err
	}
	c.Overview = policy.Overview(c.Powers)
	if access.powers != nil && !access.powers(c.Powers) {
		return nil, Forbidden("needs-manager", "You have no part in this.", "Ask a manager or a tenant manager of your organisation.")
	}
	if access.permission != "" && !access.rules {
		if c.View, err = d.Decider.View(ctx, c.Actor, access.permission); err != nil {
			return nil, err
		}
	}
	return c, nil
}

type addressKey struct{}

// WithAddress keeps the caller's network address in the context.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// Address is the caller's network address, or "".
func Address(ctx context.Context) string {
	a, _ := ctx.Value(addressKey{}).(string)
	return a
}
