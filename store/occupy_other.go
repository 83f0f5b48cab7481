//go:build !linux && !darwin && !freebsd

package store

import "os"

// lockAlone knows no lock here.
func lockAlone(*os.File) error { return nil }
