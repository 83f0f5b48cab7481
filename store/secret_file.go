package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// SecretKeyName is the file of a data directory with the master key, unless the operator keeps it elsewhere.
const SecretKeyName = "secret.key"

// nextKey is the ending of the file with the key that a rotation goes to, until it is committed.
const nextKey = ".next"

// KeyFile is a file with the master key. The file of the next key, while a rotation is under way, stands beside it.
type KeyFile struct{ Path string }

// String names the file.
func (f KeyFile) String() string { return "the file " + f.Path }

// Keys reads the key and the next one: those that can be read, and what is wrong with the others.
func (f KeyFile) Keys() ([]SecretKey, error) {
	var keys []SecretKey
	var errs []error
	for _, path := range []string{f.Path, f.Path + nextKey} {
		k, err := readSecretKey(path)
		switch {
		case err == nil:
			keys = append(keys, k)
		case !errors.Is(err, fs.ErrNotExist):
			errs = append(errs, err)
		}
	}
	return keys, errors.Join(errs...)
}

func readSecretKey(path string) (SecretKey, error) {
	file, err := os.Open(path)
	if err != nil {
		return SecretKey{}, fmt.Errorf("read the master key: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return SecretKey{}, fmt.Errorf("look at the file of the master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return SecretKey{}, fmt.Errorf("%w: %s has mode %04o. Run `chmod 600 %s`, and think about who may have read it: `roomward rotate-key` makes another",
			ErrKeyExposed, path, info.Mode().Perm(), path)
	}
	text, err := io.ReadAll(io.LimitReader(file, 1<<10))
	if err != nil {
		return SecretKey{}, fmt.Errorf("read the master key: %w", err)
	}
	k, err := ParseSecretKey(string(text))
	if err != nil {
		return k, fmt.Errorf("the file %s holds %w", path, err)
	}
	return k, nil
}

// Make makes the key and the file, which is never there in part. Another process that is quicker makes the key of both.
func (f KeyFile) Make() (SecretKey, error) { return makeSecretKey(f.Path) }

// Next makes the key that a rotation goes to, or finds the one of a rotation that was broken off.
func (f KeyFile) Next() (SecretKey, error) { return makeSecretKey(f.Path + nextKey) }

func makeSecretKey(path string) (SecretKey, error) {
	k := NewSecretKey()
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, filepath.Base(path)+".made*") // mode 0600
	if err != nil {
		return k, fmt.Errorf("make the master key: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = io.WriteString(file, k.Text()+"\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return k, fmt.Errorf("write the master key: %w", err)
	}
	err = os.Link(file.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return readSecretKey(path)
	}
	if err != nil {
		return k, fmt.Errorf("keep the master key: %w", err)
	}
	return k, syncDir(dir)
}

// Settle puts the next key in the place of the key once it is the one in use. The former one stays beside it, under its id: backups from before
// were sealed with it.
func (f KeyFile) Settle(id string) error {
	next, err := readSecretKey(f.Path + nextKey)
	if errors.Is(err, fs.ErrNotExist) || err == nil && next.ID() != id {
		return nil // there is none, or it is not in use yet
	}
	if err != nil {
		return err
	}
	former, err := readSecretKey(f.Path)
	if err == nil && former.ID() != id {
		err = os.Link(f.Path, f.Path+"."+former.ID())
	} else if err != nil {
		err = os.Link(f.Path, f.Path+".unreadable")
	}
	if err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keep the former master key: %w", err)
	}
	err = os.Rename(f.Path+nextKey, f.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process may have been quicker
		return fmt.Errorf("put the next master key in its place: %w", err)
	}
	return syncDir(filepath.Dir(f.Path))
}
