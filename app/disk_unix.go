//go:build linux || darwin || freebsd

package app

import "golang.org/x/sys/unix"

// diskFree is how many bytes an unprivileged process can still write beside a path; false when that cannot be known.
func diskFree(path string) (int64, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true // whose types differ by system
}

// sameDisk tells whether two directories are on one disk; false when that cannot be known.
func sameDisk(a, b string) bool {
	var of [2]unix.Stat_t
	for i, path := range []string{a, b} {
		if err := unix.Stat(path, &of[i]); err != nil {
			return false
		}
	}
	return of[0].Dev == of[1].Dev
}
