package cloudsim_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// The few assertions that the tests need, so that they run with the standard library alone.

func fail(t *testing.T, why []any, format string, args ...any) {
	t.Helper()
	t.Fatalf("%s %s", fmt.Sprintf(format, args...), strings.TrimSpace(fmt.Sprintln(why...)))
}

func noError(t *testing.T, err error, why ...any) {
	t.Helper()
	if err != nil {
		fail(t, why, "unexpected error: %v", err)
	}
}

func equal(t *testing.T, want, got any, why ...any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		fail(t, why, "want %#v, got %#v", want, got)
	}
}

func isTrue(t *testing.T, ok bool, why ...any) {
	t.Helper()
	if !ok {
		fail(t, why, "does not hold")
	}
}

func contains(t *testing.T, in any, what any, why ...any) {
	t.Helper()
	if !has(t, in, what) {
		fail(t, why, "%v is missing in %v", what, in)
	}
}

func notContains(t *testing.T, in any, what any, why ...any) {
	t.Helper()
	if has(t, in, what) {
		fail(t, why, "%v is in %v", what, in)
	}
}

// has looks into a text, a slice of any, or the keys of a JSON object.
func has(t *testing.T, in, what any) bool {
	t.Helper()
	switch v := in.(type) {
	case string:
		return strings.Contains(v, what.(string))
	case map[string]any:
		_, is := v[what.(string)]
		return is
	case []any:
		for _, e := range v {
			if reflect.DeepEqual(e, what) {
				return true
			}
		}
		return false
	}
	t.Fatalf("cannot look into a %T", in)
	return false
}
