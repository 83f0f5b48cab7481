package policy

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestZeroViewSeesNothing(t *testing.T) {
	t.Parallel()
	zero := map[string]View{
		"zero":                 {},
		"no powers":            Overview(Powers{}),
		"no tenant":            Own(""),
		"work without subject": ForWork(0, "collect"),
		"work without reason":  ForWork(1, ""),
		"negative customer":    ForWork(-1, "collect"),
		"narrowed":             View{}.One(1),
		"everywhere":           View{}.Everywhere(),
	}
	for name, v := range zero {
		if v != (View{}) {
			t.Errorf("%s: not the zero View", name)
		}
		if v.Kind() != KindNone || !v.Empty() || v.Sees(1, 1) || v.Sees(0, 0) || len(v.Parts()) > 0 || len(v.Customers()) > 0 ||
			v.CellsJSON() != "[]" || v.CustomersJSON() != "[]" || v.Version() != 0 || !v.Until().IsZero() ||
			v.TenantID() != "" || v.Reason() != "" || v.Powers() != (Powers{}) {
			t.Errorf("%s: the view shows something", name)
		}
	}
}

func TestOnlyPolicyFillsAView(t *testing.T) {
	t.Parallel()
	fields := reflect.VisibleFields(reflect.TypeFor[View]())
	for _, field := range fields {
		if field.IsExported() {
			t.Errorf("field %s of View is exported", field.Name)
		}
	}
	if len(fields) == 0 {
		t.Error("View has no fields: what does it hold?")
	}
	pointer := reflect.TypeFor[*View]()
	for _, name := range []string{"UnmarshalJSON", "UnmarshalText", "UnmarshalBinary", "GobDecode", "Scan"} {
		if _, found := pointer.MethodByName(name); found {
			t.Errorf("View can be made by %s", name)
		}
	}
	var v View
	//lint:ignore SA9005 that nothing can be filled in is the point
	if err := json.Unmarshal([]byte(`{"v":{"parts":[{"Customer":1}]},"V":{},"Parts":[]}`), &v); err != nil || v != (View{}) {
		t.Errorf("JSON filled a view: %v, %v", v.Parts(), err)
	}
}

func memberView() View {
	return View{newView(KindMember, 7, worldStart, []Part{
		{Customer: 2, Version: 3, Cells: []int64{12, 15}},
		{Customer: 5, Version: 4, All: true, Cells: []int64{1, 20}},
		{Customer: 9, Version: 1, All: true},
	})}
}

func TestMemberView(t *testing.T) {
	t.Parallel()
	v := memberView()
	if v.Kind() != KindMember || v.Empty() || v.Version() != 7 || !v.Until().Equal(worldStart) {
		t.Errorf("kind %d, version %d, until %v", v.Kind(), v.Version(), v.Until())
	}
	if v.CellsJSON() != "[12,15,1,20]" || v.CustomersJSON() != "[2,5,9]" || !slices.Equal(v.Customers(), []ID{2, 5, 9}) {
		t.Errorf("cells %s, customers %s %v", v.CellsJSON(), v.CustomersJSON(), v.Customers())
	}
	seen := map[ID][]int64{2: {12, 15}, 5: {1, 20}}
	for customer := ID(0); customer < 12; customer++ {
		for cell := int64(0); cell < 25; cell++ {
			if got, want := v.Sees(customer, cell), slices.Contains(seen[customer], cell); got != want {
				t.Errorf("cell %d of customer %d: %t, want %t", cell, customer, got, want)
			}
		}
	}
	if !v.Valid(worldStart.Add(-1)) || v.Valid(worldStart) || v.Valid(worldStart.Add(time.Hour)) {
		t.Error("the view does not end when it should")
	}
}

func TestNarrowedViews(t *testing.T) {
	t.Parallel()
	v := memberView()
	one := v.One(5)
	if one.CellsJSON() != "[1,20]" || one.CustomersJSON() != "[5]" || !one.Sees(5, 20) || one.Sees(2, 12) ||
		one.Version() != 7 || !one.Until().Equal(worldStart) || one.Kind() != KindMember {
		t.Errorf("one customer: %v", one.Parts())
	}
	if again := v.One(5); again != one {
		t.Error("narrowed to the same customer twice, it was made twice")
	}
	if one.One(5).CellsJSON() != "[1,20]" || !one.One(2).Empty() {
		t.Error("narrowing twice widens")
	}
	for _, foreign := range []ID{0, 1, 3, 10, -2} {
		if none := v.One(foreign); !none.Empty() || none.Version() != 7 || none.CellsJSON() != "[]" || none.Sees(foreign, 12) {
			t.Errorf("customer %d: %v", foreign, none.Parts())
		}
	}
	everywhere := v.Everywhere()
	if !slices.Equal(everywhere.Customers(), []ID{5, 9}) || everywhere.CellsJSON() != "[1,20]" || everywhere.Sees(2, 12) || everywhere.Version() != 7 {
		t.Errorf("everywhere: %v", everywhere.Parts())
	}
}

func TestWorkView(t *testing.T) {
	t.Parallel()
	v := ForWork(4, "collect")
	if v.Kind() != KindWork || v.Reason() != "collect" || v.CustomersJSON() != "[4]" || v.Empty() || !v.Parts()[0].All {
		t.Errorf("kind %d, reason %q, customers %s", v.Kind(), v.Reason(), v.CustomersJSON())
	}
	if !v.Sees(4, 99) || v.Sees(3, 99) || v.Sees(0, 99) {
		t.Error("background work sees its customer and no other")
	}
	if one := v.One(4); !one.Sees(4, 1) || one.Reason() != "collect" || !v.One(3).Empty() || v.One(3).Sees(3, 1) {
		t.Error("narrowed work sees its customer and no other")
	}
	if v.CellsJSON() != "[]" {
		t.Errorf("cells %s", v.CellsJSON())
	}
}

func TestOverviewAndOwnShowNoRooms(t *testing.T) {
	t.Parallel()
	powers := []Powers{{GlobalAdmin: true}, {Manager: true}, {TenantManager: true}}
	for _, p := range powers {
		v := Overview(p)
		if v.Kind() != KindOverview || v.Powers() != p {
			t.Errorf("%v: kind %d, powers %v", p, v.Kind(), v.Powers())
		}
		showsNoRooms(t, v)
	}
	own := Own("tenant-1")
	if own.Kind() != KindOwn || own.TenantID() != "tenant-1" || own.Powers().Any() {
		t.Errorf("kind %d, tenant %q", own.Kind(), own.TenantID())
	}
	showsNoRooms(t, own)
}

func showsNoRooms(t *testing.T, v View) {
	t.Helper()
	if !v.Empty() || v.Sees(1, 1) || v.CellsJSON() != "[]" || v.CustomersJSON() != "[]" || !v.One(1).Empty() || !v.Everywhere().Empty() {
		t.Errorf("kind %d shows rooms", v.Kind())
	}
}
