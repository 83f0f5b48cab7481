//go:build linux || darwin || freebsd

package store

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lockAlone locks an open directory for this process: ErrOccupied when another one has it. A file system without locks is taken as it is.
func lockAlone(d *os.File) error {
	err := unix.Flock(int(d.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case err == nil, errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENOSYS):
		return nil
	case errors.Is(err, unix.EWOULDBLOCK):
		return ErrOccupied
	}
	return fmt.Errorf("lock the data directory: %w", err)
}
