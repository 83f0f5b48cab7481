//go:build !linux

package listen

// monotonic is zero where there is no systemd.
func monotonic() int64 { return 0 }
