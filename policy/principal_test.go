package policy

import "testing"

func TestPrincipals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		principal Principal
		kind, oid string
	}{
		{User("4f1"), KindUser, "4f1"},
		{Group("4f1"), KindGroup, "4f1"},
		{User("assignment:1"), KindUser, "assignment:1"},
		{User("group:1"), KindUser, "group:1"},
		{User(""), "", ""},
		{Group(""), "", ""},
		{"", "", ""},
		{"user", "", ""},
		{"User:4f1", "", ""},
		{" user:4f1", "", ""},
		{"role:4f1", "", ""},
		{"assignment:4f1", "", ""},
	}
	for _, test := range tests {
		p := test.principal
		if p.Kind() != test.kind || p.OID() != test.oid || p.Valid() != (test.kind != "") {
			t.Errorf("%q: kind %q, object id %q, valid %t", p, p.Kind(), p.OID(), p.Valid())
		}
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for _, scope := range []Scope{ScopeAll, ScopeGroup(7), ScopeRoom(7), ScopeRoom(NewID())} {
		read, err := ParseScope(string(scope))
		if err != nil || read != scope {
			t.Errorf("%q was read as %q, %v", scope, read, err)
		}
	}
	for _, text := range []string{
		"", "All", "all ", "all:", "group", "group:", "group:1", "room:x", "room:0000000000000", "room:8000000000000",
		"customer:0000000000001", "Group:0000000000001", string(ScopeGroup(0)), string(ScopeRoom(-1)),
	} {
		if scope, err := ParseScope(text); err == nil || scope != "" {
			t.Errorf("%q was read as %q", text, scope)
		}
	}
	if g := ScopeGroup(7); g.Group() != 7 || g.Room() != 0 {
		t.Errorf("%q: group %d, room %d", g, g.Group(), g.Room())
	}
	if r := ScopeRoom(7); r.Group() != 0 || r.Room() != 7 {
		t.Errorf("%q: group %d, room %d", r, r.Group(), r.Room())
	}
	if ScopeAll.Group() != 0 || ScopeAll.Room() != 0 || Scope("group:x").Group() != 0 {
		t.Error("a scope of no id has one")
	}
}
