package store

import (
	"context"
	"os"
	"path/filepath"
	"sync"

	"github.com/stretchr/testify/require"
)

// emptyNames are the files that belong together.
var emptyNames = []string{"roomward.db", SecretKeyName}

// emptyDatabase is the files of a database that a first start left behind. To make them takes a tenth of a second, and tests want hundreds.
var emptyDatabase = sync.OnceValues(func() ([][]byte, error) {
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
	files := make([][]byte, len(emptyNames))
	for i, name := range emptyNames {
		if files[i], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	return files, nil
})

// startEmpty puts the database of a first start into a directory, so that Open finds one.
func startEmpty(t require.TestingT, dir string) {
	files, err := emptyDatabase()
	require.NoError(t, err)
	for i, name := range emptyNames {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), files[i], 0o600))
	}
}
