package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"roomward/app/deploy"
)

// WriteFiles writes the files for an operator (systemd units, container file, dashboard, alert rules) into a folder, and says which. It overwrites
// nothing: when one of them is there already it writes none.
func WriteFiles(dir string, out io.Writer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	entries, err := fs.ReadDir(deploy.Files, ".")
	if err != nil {
		return fmt.Errorf("list the files: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already: name another folder, or move it away. Nothing was written", path)
		}
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if err := writeNew(path, e.Name()); err != nil {
			return err
		}
		fmt.Fprintln(out, path)
	}
	return nil
}

// writeNew writes one of the files where there is none.
func writeNew(path, name string) error {
	text, err := deploy.Files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("find the file %s: %w", name, err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write the file %s: %w", path, err)
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
