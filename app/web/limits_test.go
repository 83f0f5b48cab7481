package web

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimitsGiveBackWithTime(t *testing.T) {
	l := newLimits(0, 0, 2, 3)
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for range 3 {
		require.Zero(t, l.take("a", now))
	}
	require.Equal(t, 500*time.Millisecond, l.take("a", now))
	require.Equal(t, 500*time.Millisecond, l.take("a", now), "asking in vain costs nothing")
	require.Zero(t, l.take("b", now), "others are not touched")
	require.Zero(t, l.take("a", now.Add(500*time.Millisecond)))
	require.NotZero(t, l.take("a", now.Add(500*time.Millisecond)))
}

func TestLimitsAreBounded(t *testing.T) {
	l := newLimits(0, 0, 0.001, 1)
	now := time.Now()
	require.Zero(t, l.take("kept", now))
	require.Zero(t, l.take("left", now))
	for i := range maxPayers + 10 {
		require.Zero(t, l.take(fmt.Sprint("flood ", i), now))
		require.NotZero(t, l.take("kept", now), "who keeps coming is not forgotten")
	}
	require.Len(t, l.known, maxPayers)
	require.Equal(t, maxPayers, l.order.Len())
	require.Zero(t, l.take("left", now), "who came least lately is")
}

func TestPayers(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3::9": "2001:db8:1:2::/64", "2001:db8:1:2:ffff::1": "2001:db8:1:2::/64", "2001:db8:1:3::1": "2001:db8:1:3::/64",
	} {
		require.Equal(t, want, payer(netip.MustParseAddr(address)))
	}
}
