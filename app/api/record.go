package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"roomward/policy"
	"roomward/store"
)

// Recorder takes entries about what changed nothing: refusals, and views of what is worth to be told.
type Recorder interface {
	RecordAsked(ctx context.Context, act store.Act, a store.Asked) error
}

// Sensitive marks a read that goes into the audit record, with its operation: "audit.view". Ordinary reads leave no trace.
func (r Route) Sensitive(operation string) Route { r.sensitive = operation; return r }

// recordRefusal takes an entry of what a person asked for and may not. What does not exist for it (404) is no refusal, and tells nobody anything.
// That an entry could not be written does not change the answer.
func (d *Desk) recordRefusal(ctx context.Context, route string, in any, p Person, err error) {
	if d.Record == nil || p.OID == "" {
		return
	}
	why := refusalOf(err)
	if why == "" {
		return
	}
	a := d.asked(route, in)
	a.Result, a.Detail = store.ResultRefused, map[string]string{"reason": why}
	if err := d.Record.RecordAsked(ctx, actOf(ctx, p), a); err != nil {
		d.Log.ErrorContext(ctx, "a refusal could not be recorded", "error", err, "request", RequestID(ctx))
	}
}

// recordView takes an entry of a read that is worth one, and one for each customer of which a stream tells; without them there is no answer.
func (d *Desk) recordView(ctx context.Context, route string, in, out any, p Person) error {
	operation := d.sensitive[route]
	if operation == "" || d.Record == nil {
		return nil
	}
	a := d.asked(route, in)
	a.Operation, a.Result, a.Each = operation, store.ResultSuccessful, strings.HasSuffix(operation, ".export")
	if s, ok := out.(Stream); ok && a.Customer == 0 {
		a.About = s.About
	}
	return d.Record.RecordAsked(ctx, actOf(ctx, p), a)
}

// actOf is what a person does in this request.
func actOf(ctx context.Context, p Person) store.Act {
	return store.Act{Side: p.Side, TenantID: p.TenantID, OID: p.OID, Name: p.Name, RequestID: RequestID(ctx), Address: Address(ctx)}
}

// refusalOf is the code of what the rules refused: 403, whoever found it, the rules about granting, and a sign-in that is not strong enough.
func refusalOf(err error) string {
	var p *Problem
	var refusal *policy.Refusal
	switch {
	case errors.As(err, &refusal):
		return refusal.Code
	case errors.As(err, &p) && p.Status == http.StatusForbidden:
		return p.Code
	case errors.Is(err, store.ErrStrongAuth):
		return "strong-auth"
	}
	return ""
}

// asked says in the words of the record what a request is about.
func (d *Desk) asked(route string, in any) store.Asked {
	a := store.Asked{Operation: operationOf(route)}
	_, path, _ := strings.Cut(route, " ")
	params := pathParams(in)
	if strings.HasPrefix(path, "/api/customers/{id}") && len(params) > 0 {
		if id, err := policy.ParseID(params[0]); err == nil {
			a.Customer = id
		}
		params = params[1:]
	}
	if customer, ok := queryOf(in, "customer"); ok {
		if id, err := policy.ParseID(customer); err == nil {
			a.Customer = id
		}
	}
	a.ObjectID = strings.Join(params, "/")
	return a
}

// verbs are what is asked by a method, where the path does not end with a verb.
var verbs = map[string]string{http.MethodGet: "view", http.MethodPost: "create", http.MethodPut: "update", http.MethodPatch: "update", http.MethodDelete: "delete"}

// operationOf makes an operation of a route as the record names those that succeed: "role.update" of PUT /api/customers/{id}/roles/{role}, and
// "invitation.accept" of POST /api/invitations/{id}/accept.
func operationOf(route string) string {
	method, path, _ := strings.Cut(route, " ")
	parts := strings.Split(strings.TrimPrefix(path, "/api/"), "/")
	verb := verbs[method]
	if n := len(parts); method == http.MethodPost && n > 1 && strings.HasPrefix(parts[n-2], "{") && n > 2 && !strings.HasSuffix(parts[n-1], "s") {
		verb = parts[n-1]
		parts = parts[:n-1]
	}
	parts = slices.DeleteFunc(parts, func(part string) bool { return strings.HasPrefix(part, "{") })
	if len(parts) == 0 {
		return verb
	}
	noun, _, _ := strings.Cut(parts[len(parts)-1], ".")
	if strings.HasSuffix(noun, "s") && !strings.HasSuffix(noun, "ss") {
		noun = noun[:len(noun)-1]
	}
	return noun + "." + verb
}

// pathParams are the values of the path, in the order in which they stand in the input.
func pathParams(in any) []string {
	var out []string
	eachField(in, func(f reflect.StructField, v reflect.Value) {
		if f.Tag.Get("path") != "" && v.Kind() == reflect.String {
			out = append(out, v.String())
		}
	})
	return out
}

func queryOf(in any, name string) (string, bool) {
	value := ""
	eachField(in, func(f reflect.StructField, v reflect.Value) {
		if f.Tag.Get("query") == name && v.Kind() == reflect.String {
			value = v.String()
		}
	})
	return value, value != ""
}

// eachField goes through the fields of an operation's input, and of what is embedded in it.
func eachField(in any, fn func(reflect.StructField, reflect.Value)) {
	v := reflect.Indirect(reflect.ValueOf(in))
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			eachField(v.Field(i).Interface(), fn)
			continue
		}
		if f.IsExported() {
			fn(f, v.Field(i))
		}
	}
}
