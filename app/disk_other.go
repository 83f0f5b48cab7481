//go:build !linux && !darwin && !freebsd

package app

// diskFree knows nothing here.
func diskFree(string) (int64, bool) { return 0, false }

// sameDisk knows nothing here.
func sameDisk(_, _ string) bool { return false }
