package store

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrOccupied says that another process serves from a data directory, or makes one of it.
var ErrOccupied = errors.New("another Roomward runs on this data directory: stop it first, or name another --data")

// Occupy takes a data directory for one process, until it closes what it was given or ends: two that serve from the same one would each do the
// other's work again, and a guide would change settings under a server. Commands that only read, or whose change a server finds by itself, do not ask
// for it. The directory is made when it is missing. Errors: ErrOccupied.
func Occupy(dir string) (io.Closer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open the data directory: %w", err)
	}
	// The directory itself is locked, so that nothing is left behind in it; the system lets go when the process ends, however it ends.
	if err := lockAlone(d); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, err), d.Close())
	}
	return d, nil
}
