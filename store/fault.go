package store

import (
	"database/sql"
	"errors"
	"fmt"
)

// What can go wrong in a way that the caller answers for. Everything else is an internal error.
var (
	// ErrNotFound says that the thing is not there, or not in the view: the two are the same.
	ErrNotFound = errors.New("not found")
	// ErrStaleView says that rights changed since the view was made: make it again and retry.
	ErrStaleView = errors.New("stale view")
	// ErrOtherMode refuses a data directory that was made for another mode.
	ErrOtherMode = errors.New("this data directory was made for another mode")
	// ErrNewerSchema refuses a database that a newer version of Roomward has written.
	ErrNewerSchema = errors.New("this database was written by a newer version")
	// ErrSchema refuses a database whose schema is not the expected one.
	ErrSchema = errors.New("the schema is not the expected one")
)

// Conflict says that a change does not fit the present state. Code is stable and goes to the API (409).
type Conflict struct{ Code string }

// Error returns the code.
func (c Conflict) Error() string { return "conflict: " + c.Code }

// notFound turns "no row" into ErrNotFound and wraps everything else with what was being done.
func notFound(err error, doing string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return fmt.Errorf("%s: %w", doing, err)
}
