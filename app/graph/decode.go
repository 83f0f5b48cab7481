package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxText bounds every text taken from an answer, in bytes.
const maxText = 2_000

// loose decodes JSON and leaves empty what has another shape than expected, instead of losing the whole answer for one
// property. Only text that is not JSON is an error.
func loose(raw []byte, into any) error {
	err := json.Unmarshal(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), into)
	var shape *json.UnmarshalTypeError
	if errors.As(err, &shape) {
		return nil // json has filled in all the rest
	}
	return err
}

// bare takes a single object out of the {"value":{...}} in which Microsoft's documentation shows it; the schema does not.
func bare(raw []byte) []byte {
	var wrapped struct {
		Value json.RawMessage `json:"value"`
	}
	if loose(raw, &wrapped) == nil && bytes.HasPrefix(wrapped.Value, []byte("{")) {
		return wrapped.Value
	}
	return raw
}

// text reads a string, and a number or a truth value as their text. Null and all else is empty.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err == nil {
		*t = text(clip(clean(s), maxText))
		return nil
	}
	*t = ""
	if plain := string(raw); plain != "null" && !strings.ContainsAny(plain[:1], `{["`) {
		*t = text(clip(plain, maxText))
	}
	return nil
}

// textList reads a list of strings and drops what is empty; a single string counts as a list of one.
type textList []string

func (l *textList) UnmarshalJSON(raw []byte) error {
	*l = nil
	var many []text
	if err := loose(raw, &many); err != nil {
		return nil
	}
	if len(raw) > 0 && raw[0] == '"' {
		var one text
		_ = one.UnmarshalJSON(raw) // never fails
		many = []text{one}
	}
	for _, t := range many {
		if t != "" {
			*l = append(*l, string(t))
		}
	}
	return nil
}

// number reads a number, also as a string: old servers send capacity as "50".
type number struct {
	value float64
	known bool
}

func (n *number) UnmarshalJSON(raw []byte) error {
	*n = number{}
	var t text
	_ = t.UnmarshalJSON(raw) // never fails
	v, err := strconv.ParseFloat(string(t), 64)
	if err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
		*n = number{value: v, known: true}
	}
	return nil
}

// integer is the number when it is a whole one of usual size.
func (n number) integer() (int, bool) {
	if !n.known || n.value != math.Trunc(n.value) || math.Abs(n.value) > math.MaxInt32 {
		return 0, false
	}
	return int(n.value), true
}

// flag reads a truth value, also as a string.
type flag struct{ value, known bool }

func (f *flag) UnmarshalJSON(raw []byte) error {
	*f = flag{}
	var t text
	_ = t.UnmarshalJSON(raw) // never fails
	switch strings.ToLower(string(t)) {
	case "true":
		*f = flag{value: true, known: true}
	case "false":
		*f = flag{known: true}
	}
	return nil
}

// moment reads a time in the forms that Microsoft sends and documents, the invalid "2021-06-19T12-01-03.45Z" included.
// What cannot be read, and dates before 1970 that stand for "never", are the zero time.
type moment struct{ time.Time }

var momentLayouts = []string{
	time.RFC3339,
	"2006-01-02T15-04-05Z07:00",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02",
}

func (m *moment) UnmarshalJSON(raw []byte) error {
	*m = moment{}
	var t text
	_ = t.UnmarshalJSON(raw) // never fails
	for _, layout := range momentLayouts {
		parsed, err := time.Parse(layout, string(t))
		if err != nil {
			continue
		}
		if utc := parsed.UTC(); utc.Year() >= 1970 && utc.Year() <= 9999 {
			m.Time = utc
		}
		return nil
	}
	return nil
}

// oneOf finds the value among the known ones whatever its case is: the documentation writes "Healthy", the schema "healthy". A value
// that we do not know is "unknown".
func oneOf[T ~string](value text, known ...T) T {
	for _, k := range known {
		if strings.EqualFold(string(value), string(k)) {
			return k
		}
	}
	return "unknown"
}

// clean removes the characters that have no place in a name or a note, and space around it.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// clip shortens s to at most n bytes without cutting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimSpace(s[:n])
}
