package store

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOneProcessServesADirectory: the second is refused, and the next may come when the first has ended.
func TestOneProcessServesADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, err := Occupy(dir)
	require.NoError(t, err)
	_, err = Occupy(dir)
	require.ErrorIs(t, err, ErrOccupied)
	require.ErrorContains(t, err, dir)
	elsewhere, err := Occupy(dir + "2")
	require.NoError(t, err)
	require.NoError(t, elsewhere.Close())
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Empty(t, left, "nothing is left in it")
	require.NoError(t, first.Close())
	again, err := Occupy(dir)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}
