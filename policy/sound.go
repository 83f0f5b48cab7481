package policy

import (
	"fmt"
	"slices"
	"time"
)

// Faults describes the rows of the rules that make no sense and are therefore left out, so that they give nothing.
// Ids only, no names: the text may stand in a log.
func (r Rules) Faults() []string {
	_, faults := r.sound()
	return faults
}

// sound returns the rules without the rows that make no sense. Every rule gives something and none takes away, so
// leaving a row out can only close.
func (r Rules) sound() (Rules, []string) {
	var faults []string
	bad := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }

	known := func(of string, permissions []Permission) []Permission {
		var kept []Permission
		for _, p := range permissions {
			switch {
			case !p.Valid():
				bad("%s: unknown permission %q", of, string(p))
			case !slices.Contains(kept, p):
				kept = append(kept, p)
			}
		}
		return kept
	}

	clean := Rules{Customer: r.Customer, Version: r.Version, Closed: r.Closed, EndsAt: r.EndsAt, StrongAuth: r.StrongAuth}
	clean.Ceiling = known("ceiling", r.Ceiling)

	// An id that stands twice would mix the members of one row with the permissions of another: both go.
	roleIDs, assignmentIDs, cellIDs := map[ID]int{}, map[ID]int{}, map[int64]int{}
	for _, role := range r.Roles {
		roleIDs[role.ID]++
	}
	for _, assignment := range r.Assignments {
		assignmentIDs[assignment.ID]++
	}
	for _, cell := range r.Cells {
		cellIDs[cell.ID]++
	}

	roles := map[ID]bool{}
	for _, role := range r.Roles {
		if !role.ID.Valid() || roleIDs[role.ID] > 1 {
			bad("role %d: no id or one that stands twice", role.ID)
			continue
		}
		role.Permissions = known("role "+role.ID.String(), role.Permissions)
		roles[role.ID] = true
		clean.Roles = append(clean.Roles, role)
	}
	for _, a := range r.Assignments {
		switch {
		case !a.ID.Valid() || assignmentIDs[a.ID] > 1:
			bad("assignment %d: no id or one that stands twice", a.ID)
			continue
		case !roles[a.Role]:
			bad("assignment %s: unknown role %d", a.ID, a.Role)
			continue
		case !writable(a.From) || !writable(a.Until):
			bad("assignment %s: a start or end out of the calendar", a.ID)
			continue
		}
		a.Members, faults = soundMembers(a, faults)
		a.Scopes, faults = soundScopes(a, faults)
		clean.Assignments = append(clean.Assignments, a)
	}
	for _, cell := range r.Cells {
		if cell.ID <= 0 || cellIDs[cell.ID] > 1 {
			bad("cell %d: no id or one that stands twice", cell.ID)
			continue
		}
		clean.Cells = append(clean.Cells, cell)
	}
	return clean, faults
}

func soundMembers(a Assignment, faults []string) ([]Principal, []string) {
	var kept []Principal
	for _, member := range a.Members {
		switch {
		case !member.Valid():
			faults = append(faults, fmt.Sprintf("assignment %s: member %q is no principal", a.ID, string(member)))
		case !slices.Contains(kept, member):
			kept = append(kept, member)
		}
	}
	return kept, faults
}

func soundScopes(a Assignment, faults []string) ([]Scope, []string) {
	var kept []Scope
	for _, scope := range a.Scopes {
		_, err := ParseScope(string(scope))
		switch {
		case err != nil:
			faults = append(faults, fmt.Sprintf("assignment %s: %q is no scope", a.ID, string(scope)))
		case !slices.Contains(kept, scope):
			kept = append(kept, scope)
		}
	}
	return kept, faults
}

// writable reports whether the time fits the fixed width in which the model compares times.
func writable(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 0 && year <= 9999
}
