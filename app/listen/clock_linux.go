package listen

import "golang.org/x/sys/unix"

// monotonic is the machine's CLOCK_MONOTONIC in microseconds, as systemd compares it; zero when it cannot be read.
func monotonic() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0
	}
	return t.Nano() / 1000
}
