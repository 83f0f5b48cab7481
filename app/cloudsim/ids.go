package cloudsim

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// guid derives a GUID from the parts: always the same one, so that a restarted demo meets the rooms it stored.
func guid(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	sum[6] = sum[6]&0x0f | 0x40 // version 4, as Entra's own ids look
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// spread derives a number in [0, n) from the parts.
func spread(n int, parts ...string) int {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return (int(sum[0])<<16 | int(sum[1])<<8 | int(sum[2])) % n
}

// serial derives a serial number of the kind that makers print: letters without I and O, and digits.
func serial(parts ...string) string {
	const letters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	sum := sha256.Sum256([]byte("serial\x00" + strings.Join(parts, "\x00")))
	out := make([]byte, 12)
	for i := range out {
		out[i] = letters[int(sum[i])%len(letters)]
	}
	return string(out)
}

// mac derives a hardware address in Graph's notation.
func mac(deviceID string) string {
	sum := sha256.Sum256([]byte("mac\x00" + deviceID))
	h := strings.ToUpper(hex.EncodeToString(sum[:3]))
	return "ETHERNET:00-1A-7D-" + h[:2] + "-" + h[2:4] + "-" + h[4:]
}
