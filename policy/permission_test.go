package policy

import (
	"slices"
	"strings"
	"testing"
)

// The ticks of product.md 1.1, with the labels of the three shifted rows put right, and design.md 5 for rooms.create
// and rooms.act. Columns: manager, site lead, site technician, primary admins.
func TestRoleTable(t *testing.T) {
	t.Parallel()
	columns := []string{Manager, SiteLead, SiteTechnician, PrimaryAdmins}
	rows := []struct {
		permission Permission
		feature    string
		ticks      string
	}{
		{RoomsView, "rooms", "x x x x"},
		{RoomsModify, "rooms", "x x x x"},
		{RoomsAct, "rooms", "x x . x"},
		{RoomsCreate, "rooms", "x x . ."},
		{RoomsResetKey, "rooms", "x . . ."},
		{RoomsDownloadKey, "rooms", "x x x ."},
		{RoomsUnenroll, "rooms", "x x x ."},
		{GroupsView, "groups", "x x . x"},
		{GroupsCreate, "groups", "x x . ."},
		{GroupsModify, "groups", "x x . ."},
		{RingsView, "rings", "x x . x"},
		{RingsCreate, "rings", "x x . ."},
		{RingsModify, "rings", "x x . x"},
		{ReportsView, "reports", "x x . x"},
		{TicketsView, "tickets", "x x x x"},
		{TicketsUpdate, "tickets", "x x x x"},
		{TicketsCreate, "tickets", "x x x x"},
		{SettingsView, "settings", "x . . ."},
		{SettingsModify, "settings", "x . . ."},
		{RolesView, "roles", "x . . x"},
		{RolesModify, "roles", "x . . x"},
	}
	catalogue := Permissions()
	if len(catalogue) != len(rows) {
		t.Fatalf("%d permissions, want %d", len(catalogue), len(rows))
	}
	for i, row := range rows {
		if catalogue[i] != row.permission || !row.permission.Valid() || row.permission.Feature() != row.feature {
			t.Errorf("place %d: %s of %q, want %s of %q", i, catalogue[i], catalogue[i].Feature(), row.permission, row.feature)
		}
		for j, tick := range strings.Fields(row.ticks) {
			permissions, _ := Template(columns[j])
			if got := slices.Contains(permissions, row.permission); got != (tick == "x") {
				t.Errorf("%s has %s: %t", columns[j], row.permission, got)
			}
		}
	}
	for name, want := range map[string]int{Manager: 21, SiteLead: 16, SiteTechnician: 7, PrimaryAdmins: 12} {
		if permissions, ok := Template(name); !ok || len(permissions) != want {
			t.Errorf("%s has %d permissions, want %d", name, len(permissions), want)
		}
	}
	if admins, _ := Template(PrimaryAdmins); !slices.Equal(DefaultCeiling(), admins) {
		t.Errorf("the default ceiling is %v", DefaultCeiling())
	}
}

func TestCatalogueCannotBeChangedFromOutside(t *testing.T) {
	t.Parallel()
	Permissions()[0] = "rooms.everything"
	DefaultCeiling()[0] = "rooms.everything"
	if Permissions()[0] != RoomsView || DefaultCeiling()[0] != RoomsView {
		t.Error("a caller changed the catalogue")
	}
}

func TestUnknownPermissionsAndTemplates(t *testing.T) {
	t.Parallel()
	for _, p := range []Permission{"", "rooms", "rooms.View", "rooms.view ", "ceiling", "*"} {
		if p.Valid() || p.Feature() != "" {
			t.Errorf("%q is valid, of %q", p, p.Feature())
		}
	}
	for _, name := range []string{"", "Manager", "admin", "permission"} {
		if permissions, ok := Template(name); ok || len(permissions) > 0 {
			t.Errorf("template %q has %v", name, permissions)
		}
	}
}

func TestBrokenRoleTables(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty":             "",
		"a row is missing":  strings.Replace(rolesCSV, "roles,roles.modify,x,,,x\n", "", 1),
		"twice":             strings.Replace(rolesCSV, "rooms,rooms.modify", "rooms,rooms.view", 1),
		"feature and name":  strings.Replace(rolesCSV, "rooms,rooms.view", "groups,rooms.view", 1),
		"neither x nor not": strings.Replace(rolesCSV, "rooms,rooms.view,x", "rooms,rooms.view,yes", 1),
		"columns":           strings.Replace(rolesCSV, "rooms,rooms.view,x", "rooms,rooms.view", 1),
	} {
		if _, err := readTable(text); err == nil {
			t.Errorf("%s: read without an error", name)
		}
	}
}
