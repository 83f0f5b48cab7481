package app

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// KeptSettingsName is the file of the data directory with what set-up found out. Its form is that of --config, and it is weaker than that.
const KeptSettingsName = "settings.conf"

// unkept are the settings that the file cannot have: where it stands itself, and secrets, which are sealed in the database.
var unkept = []string{"data", "secret-key", "secret-key-file", "client-secret", "act-client-secret"}

// keepable tells whether a setting may stand in the file.
func keepable(name string) bool {
	return slices.Contains(settingNames(reflect.TypeFor[Settings]()), name) && !slices.Contains(unkept, name)
}

// settingNames are the names of the flags, which kong makes from the fields by the same rule.
func settingNames(of reflect.Type) []string {
	var names []string
	for field := range of.Fields() {
		switch {
		case field.Anonymous:
			names = append(names, settingNames(field.Type)...)
		case field.IsExported():
			names = append(names, cmp.Or(field.Tag.Get("name"), dashed(field.Name)))
		}
	}
	return names
}

// dashed writes a field's name as a flag: PublicURL is public-url.
func dashed(field string) string {
	var b strings.Builder
	letters := []rune(field)
	for i, r := range letters {
		begins := i > 0 && unicode.IsUpper(r) && (unicode.IsLower(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		if begins {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// KeptSettings reads what set-up kept in a data directory; empty when it kept nothing.
func KeptSettings(dir string) (map[string]string, error) {
	kept, err := ReadConfigFile(filepath.Join(dir, KeptSettingsName), keepable)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	return kept, err
}

// KeepSettings changes what is kept in a data directory: values by the names of their flags, the items of a list with commas between them, ""
// to keep a name no longer. The file is replaced at once, and nobody but its owner reads it. Names that there are not, and secrets, are refused.
func KeepSettings(dir string, changes map[string]string) error {
	kept, err := KeptSettings(dir)
	if err != nil {
		return err
	}
	for name, value := range changes {
		switch {
		case slices.Contains(unkept, name):
			return fmt.Errorf("keep the settings: %q does not belong in %s", name, KeptSettingsName)
		case !keepable(name):
			return fmt.Errorf("keep the settings: there is no setting %q", name)
		case strings.ContainsFunc(value, unicode.IsControl), strings.Trim(value, `" `) != value:
			return fmt.Errorf("keep the settings: the value of %q has quotes or spaces at an end, or more than one line", name)
		}
		kept[name] = value
	}
	maps.DeleteFunc(kept, func(_, value string) bool { return value == "" })
	var text strings.Builder
	text.WriteString("# Kept by Roomward's set-up. Flags, the environment and --config are stronger.\n")
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		fmt.Fprintf(&text, "%s = %s\n", name, kept[name])
	}
	return replaceFile(dir, KeptSettingsName, text.String())
}

// replaceFile writes a file of a directory so that it is there either as it was or as it shall be, whatever happens in between.
func replaceFile(dir, name, text string) error {
	f, err := os.CreateTemp(dir, name+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when it took its place
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("put %s in its place: %w", name, err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open the data directory: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
