package policy

import (
	"fmt"
	"slices"
)

// Shift says whether a change gives something to a member or takes something away.
type Shift struct{ Gains, Loses bool }

// Shifts compares what each member may do now with what it may do after the rules became others: each member by itself, a group as one.
func (a Authority) Shifts(after Rules, members []Principal) (map[Principal]Shift, error) {
	shifts := map[Principal]Shift{}
	if a.c == nil {
		return shifts, nil
	}
	next, err := compile(modelConf, after)
	if err != nil {
		return nil, fmt.Errorf("try a change of rules: %w", err)
	}
	for _, member := range members {
		if _, known := shifts[member]; known {
			continue
		}
		before, err := a.c.stand([]Principal{member}, a.now)
		if err != nil {
			return nil, err
		}
		then, err := next.stand([]Principal{member}, a.now)
		if err != nil {
			return nil, err
		}
		shifts[member] = Shift{Gains: !before.contains(then), Loses: !then.contains(before)}
	}
	return shifts, nil
}

// contains reports whether everything that the other standing holds is held here too.
func (s standing) contains(other standing) bool {
	for i := range permissionCount {
		theirs, held := other.held(i)
		if !held {
			continue
		}
		mine, held := s.held(i)
		if !held || theirs.all && !mine.all {
			return false
		}
		for _, cell := range theirs.cells {
			if _, found := slices.BinarySearch(mine.cells, cell); !found {
				return false
			}
		}
	}
	return true
}

func (s standing) held(i int) (piece, bool) {
	for _, piece := range s.pieces {
		if piece.permissions.has(i) {
			return piece, true
		}
	}
	return piece{}, false
}
