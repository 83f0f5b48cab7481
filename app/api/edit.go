package api

import (
	"strconv"
	"strings"

	"roomward/store"
)

// Editable is an answer about one thing that people edit: it goes out with its version in the header ETag.
type Editable interface {
	// EditVersion is raised by each change of the thing.
	EditVersion() int64
}

func tagOf(out any) string {
	e, ok := out.(Editable)
	if !ok {
		return ""
	}
	return `"` + strconv.FormatInt(e.EditVersion(), 10) + `"`
}

// IfMatch is what every change of an editable thing takes.
type IfMatch struct {
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag of what was read. Without it the last change wins."`
}

// Expected is the version that the thing must still have; 0 for whichever is there. A tag that Roomward never gave out matches nothing.
func (m IfMatch) Expected() (int64, error) {
	text := strings.TrimSpace(m.IfMatch)
	if text == "" || text == "*" {
		return 0, nil
	}
	digits, ok := strings.CutPrefix(text, `"`)
	digits, closed := strings.CutSuffix(digits, `"`)
	version, err := strconv.ParseInt(digits, 10, 64)
	if !ok || !closed || err != nil || version < 1 {
		return 0, store.Conflict{Code: "changed-meanwhile"}
	}
	return version, nil
}
