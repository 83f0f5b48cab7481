package policy

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Permission is one line of the catalogue, such as "tickets.update". The catalogue and the ticks of the template
// roles stand in roles.csv (product.md 1.1, with the labels of its three shifted rows put right).
type Permission string

// The catalogue, in the order of roles.csv.
const (
	RoomsView        Permission = "rooms.view"
	RoomsModify      Permission = "rooms.modify"
	RoomsAct         Permission = "rooms.act" // restart, diagnostics, update
	RoomsCreate      Permission = "rooms.create"
	RoomsResetKey    Permission = "rooms.resetKey"
	RoomsDownloadKey Permission = "rooms.downloadKey"
	RoomsUnenroll    Permission = "rooms.unenroll"
	GroupsView       Permission = "groups.view"
	GroupsCreate     Permission = "groups.create"
	GroupsModify     Permission = "groups.modify"
	RingsView        Permission = "rings.view"
	RingsCreate      Permission = "rings.create"
	RingsModify      Permission = "rings.modify"
	ReportsView      Permission = "reports.view"
	TicketsView      Permission = "tickets.view"   // see incidents
	TicketsUpdate    Permission = "tickets.update" // work on incidents
	TicketsCreate    Permission = "tickets.create" // record an issue: "create customer incident"
	SettingsView     Permission = "settings.view"
	SettingsModify   Permission = "settings.modify"
	RolesView        Permission = "roles.view"
	RolesModify      Permission = "roles.modify"
)

// PrimaryAdmins is the template of the one built-in partner role; the others are Manager, SiteLead and
// SiteTechnician, from which custom roles can be made.
const (
	Manager        = "manager"
	SiteLead       = "site-lead"
	SiteTechnician = "site-technician"
	PrimaryAdmins  = "primary-admins"
)

// permissionCount is the size of the catalogue; a set of permissions fits in the bits of a permissionSet.
const permissionCount = 21

//go:embed roles.csv
var rolesCSV string

// table is roles.csv, read.
type table struct {
	permissions []Permission
	index       map[Permission]int
	feature     map[Permission]string
	templates   map[string][]Permission
}

var roleTable = sync.OnceValue(func() *table {
	t, err := readTable(rolesCSV)
	if err != nil {
		panic("policy: the role table of this program is broken: " + err.Error())
	}
	return t
})

func readTable(text string) (*table, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read roles.csv: %w", err)
	}
	if len(rows) != permissionCount+1 || len(rows[0]) < 3 {
		return nil, fmt.Errorf("roles.csv has %d rows, want a head and %d permissions", len(rows), permissionCount)
	}
	t := &table{
		index:     map[Permission]int{},
		feature:   map[Permission]string{},
		templates: map[string][]Permission{},
	}
	names := rows[0][2:]
	for i, row := range rows[1:] {
		p := Permission(row[1])
		if _, twice := t.index[p]; twice || !strings.HasPrefix(row[1], row[0]+".") {
			return nil, fmt.Errorf("roles.csv: permission %q of feature %q", row[1], row[0])
		}
		t.permissions = append(t.permissions, p)
		t.index[p] = i
		t.feature[p] = row[0]
		for j, tick := range row[2:] {
			switch tick {
			case "x":
				t.templates[names[j]] = append(t.templates[names[j]], p)
			case "":
			default:
				return nil, fmt.Errorf("roles.csv: %q for %s and %s is neither x nor empty", tick, p, names[j])
			}
		}
	}
	return t, nil
}

// Permissions returns the whole catalogue in its order.
func Permissions() []Permission { return slices.Clone(roleTable().permissions) }

// Valid reports whether the permission is in the catalogue.
func (p Permission) Valid() bool {
	_, ok := roleTable().index[p]
	return ok
}

// Feature returns the feature the permission belongs to ("rooms", "groups", "rings", "reports", "tickets",
// "settings", "roles"), or nothing for one that is not in the catalogue.
func (p Permission) Feature() string { return roleTable().feature[p] }

// Template returns the permissions of a column of the role table, in catalogue order, and false for an unknown name.
func Template(name string) ([]Permission, bool) {
	permissions, ok := roleTable().templates[name]
	return slices.Clone(permissions), ok
}

// DefaultCeiling returns what a customer lets the partner do unless it says otherwise: the set of the primary admins.
func DefaultCeiling() []Permission {
	permissions, _ := Template(PrimaryAdmins)
	return permissions
}

// permissionSet holds permissions as bits, by their place in the catalogue.
type permissionSet uint32

func (s permissionSet) has(i int) bool { return s&(1<<i) != 0 }

func (s permissionSet) list() []Permission {
	list := []Permission{}
	for i, p := range roleTable().permissions {
		if s.has(i) {
			list = append(list, p)
		}
	}
	return list
}
