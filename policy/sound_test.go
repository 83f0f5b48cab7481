package policy

import (
	"strings"
	"testing"
	"time"
)

func TestFaultsNameRowsAndNoPeople(t *testing.T) {
	t.Parallel()
	r := Rules{
		Ceiling: []Permission{"x.y", RoomsView},
		Roles:   []Role{{ID: 1, Name: "secret name"}, {ID: 2}, {ID: 2}, {}},
		Assignments: []Assignment{
			{ID: 1, Role: 1, Name: "secret name", Members: []Principal{"mallory"}, Scopes: []Scope{"everything"}},
			{ID: 2, Role: 2},
			{ID: 3, Role: 1, From: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)},
			{Role: 1},
		},
		Cells: []Cell{{ID: 1}, {ID: 2}, {ID: 2}, {ID: 0}, {ID: -1}},
	}
	faults := r.Faults()
	if len(faults) != 13 {
		t.Errorf("%d faults: %q", len(faults), faults)
	}
	if strings.Contains(strings.Join(faults, " "), "secret") {
		t.Errorf("a name is in %q", faults)
	}
	if faults := openWorld(1).Customers[0].Rules.Faults(); len(faults) > 0 {
		t.Errorf("good rules have faults %q", faults)
	}
}
