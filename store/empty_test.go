package store

import (
	"context"
	"os"
	"path/filepath"
	"sync"

	"github.com/stretchr/testify/require"
)

// emptyDatabase is the file of a database that a first start left behind. To make it takes a tenth of a second, and tests want hundreds.
var emptyDatabase = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "empty")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := Open(context.Background(), Options{Dir: dir, Mode: ModeReal})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "roomward.db"))
})

// startEmpty puts the database of a first start into a directory, so that Open finds one.
func startEmpty(t require.TestingT, dir string) {
	file, err := emptyDatabase()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "roomward.db"), file, 0o600))
}
