package api

import (
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"net/http"
	"strconv"
)

// Cursors continue one list: they carry the sort values of the last row and a fingerprint of the filters. One that does not belong to the
// list asked for is refused (400): continuing it would skip or repeat rows.

// EncodeCursor makes the cursor that follows a row with these sort values.
func EncodeCursor(fingerprint string, values ...any) string {
	b, err := json.Marshal(append([]any{mark(fingerprint)}, values...))
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// DecodeCursor reads the sort values of a cursor into the given places. An empty cursor is the beginning: it answers false.
func DecodeCursor(cursor, fingerprint string, into ...any) (bool, error) {
	if cursor == "" {
		return false, nil
	}
	bad := Fail(http.StatusBadRequest, "bad-cursor", "This cursor does not belong to this list.", "Start again without a cursor.")
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return false, bad
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil || len(parts) != len(into)+1 {
		return false, bad
	}
	var m string
	if err := json.Unmarshal(parts[0], &m); err != nil || m != mark(fingerprint) {
		return false, bad
	}
	for i, p := range parts[1:] {
		if err := json.Unmarshal(p, into[i]); err != nil {
			return false, bad
		}
	}
	return true, nil
}

func mark(fingerprint string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte("1|" + fingerprint))
	return strconv.FormatUint(h.Sum64(), 36)
}
