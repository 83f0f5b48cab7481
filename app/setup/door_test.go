package setup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheTokenLetsOneBrowserIn walks the door: wrong, right, twice, too late, and anew after a restart.
func TestTheTokenLetsOneBrowserIn(t *testing.T) {
	now := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	dir := t.TempDir()
	file := filepath.Join(dir, TokenFile)
	require.NoError(t, os.WriteFile(file, []byte("an old one"), 0o644))
	d, token, err := openDoor(dir, clock)
	require.NoError(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, token, strings.TrimSpace(string(written)))
	heard.Learn("setup token", token)

	for _, wrong := range []string{"", "an old one", token + "x", strings.ToLower(token)} {
		_, err := d.claim(wrong)
		require.ErrorIs(t, err, ErrWrongToken)
	}
	require.False(t, d.holds(""))
	session, err := d.claim(token)
	require.NoError(t, err)
	require.NoFileExists(t, file)
	require.True(t, d.holds(session))
	require.False(t, d.holds(token))
	_, err = d.claim(token)
	require.ErrorIs(t, err, ErrTokenUsed)
	_, err = d.claim("guess")
	require.ErrorIs(t, err, ErrWrongToken, "who guesses does not learn that it was used")
	now = now.Add(SessionLife)
	require.False(t, d.holds(session))

	again, second, err := openDoor(dir, clock)
	require.NoError(t, err)
	require.NotEqual(t, token, second)
	require.False(t, again.holds(session), "a session outlives its process")
	now = now.Add(tokenLife + time.Second)
	_, err = again.claim(second)
	require.ErrorIs(t, err, ErrWrongToken)
	require.NoError(t, again.forget())
	require.NoFileExists(t, file)
}
