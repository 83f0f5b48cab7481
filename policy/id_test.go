package policy

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestIDText(t *testing.T) {
	t.Parallel()
	for id, want := range map[ID]string{
		1:             "0000000000001",
		31:            "000000000000z",
		32:            "0000000000010",
		math.MaxInt64: "7zzzzzzzzzzzz",
		0:             "",
		-1:            "",
		math.MinInt64: "",
	} {
		if got := id.String(); got != want {
			t.Errorf("%d is %q, want %q", int64(id), got, want)
		}
	}
}

func TestParseIDRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "1", "000000000001", "00000000000001", // length
		"0000000000000",                                   // zero
		"8000000000000", "zzzzzzzzzzzzz", "g000000000001", // more than 63 bits
		"000000000000A", "000000000000i", "000000000000l", "000000000000o", "000000000000u",
		" 00000000000a", "-00000000000a", "00000000000é",
	} {
		if id, err := ParseID(text); err == nil || id != 0 {
			t.Errorf("ParseID(%q) = %d, %v, want an error", text, id, err)
		}
	}
}

func TestIDReadsWhatItWrote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := ID(rapid.Int64Range(1, math.MaxInt64).Draw(t, "id"))
		read, err := ParseID(id.String())
		if err != nil || read != id || len(id.String()) != 13 {
			t.Fatalf("%d was written %q and read %d, %v", int64(id), id, read, err)
		}
	})
}

func TestIDsAreNewAndValid(t *testing.T) {
	t.Parallel()
	seen := map[ID]bool{}
	for range 1000 {
		id := NewID()
		if !id.Valid() || seen[id] {
			t.Fatalf("%d is not valid or not new", int64(id))
		}
		seen[id] = true
	}
}

func TestIDInJSON(t *testing.T) {
	t.Parallel()
	type thing struct {
		ID   ID         `json:"id"`
		Role ID         `json:"role,omitzero"`
		By   map[ID]int `json:"by"`
	}
	text, err := json.Marshal(thing{ID: 32, By: map[ID]int{1: 2}})
	if err != nil || string(text) != `{"id":"0000000000010","by":{"0000000000001":2}}` {
		t.Fatalf("%s, %v", text, err)
	}
	var read thing
	if err := json.Unmarshal(text, &read); err != nil || read.ID != 32 || read.By[1] != 2 {
		t.Errorf("read %v, %v", read, err)
	}
	for _, bad := range []string{`{"id":32}`, `{"id":""}`, `{"id":"0000000000000"}`, `{"id":"x"}`} {
		read = thing{}
		if err := json.Unmarshal([]byte(bad), &read); err == nil || read.ID != 0 {
			t.Errorf("%s was read as %d", bad, int64(read.ID))
		}
	}
}
