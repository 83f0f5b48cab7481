package app

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// leaks fails when a body holds a name or id that the actor must not know. There is no exception for anybody: to customers the people of the partner
// are told as far as they are members of its own relation.
func (w world) leaks(t *testing.T, a actor, name, body string) {
	t.Helper()
	said := textsIn(body)
	for _, p := range w.rooms {
		if said[p.text] {
			require.True(t, a.rooms(p.domain, p.building, p.floor), "%s reads the room %s in %s", a.login, p.text, name)
		}
	}
	for text, domain := range w.customers {
		if said[text] {
			require.Contains(t, a.customers, domain, "%s reads %s in %s", a.login, text, name)
		}
	}
	for kind, ids := range w.ids {
		for id, p := range ids {
			bare := id
			if kind == "members" { // most answers name the kind beside the id
				_, bare, _ = strings.Cut(id, ":")
			}
			if said[id] || said[bare] {
				require.True(t, w.mayRead(a, kind, p), "%s reads the id %s of %s in %s: %+v", a.login, id, kind, name, p)
			}
		}
	}
}

// textsIn gathers every text of a body, as it stands and in lower case: of a JSON value with its keys, of JSON lines, and of the cells of CSV.
func textsIn(body string) map[string]bool {
	said := map[string]bool{}
	if addJSON(body, said) {
		return said
	}
	if strings.HasPrefix(body, "{") {
		for line := range strings.Lines(body) {
			if !addJSON(line, said) {
				addText(line, said)
			}
		}
		return said
	}
	rows := csv.NewReader(strings.NewReader(body))
	rows.FieldsPerRecord = -1
	table, err := rows.ReadAll()
	if err != nil {
		addText(body, said)
		return said
	}
	for _, row := range table {
		for _, cell := range row {
			addText(strings.TrimPrefix(cell, "'"), said) // with which an export makes a formula harmless
		}
	}
	return said
}

// addJSON adds the texts of a JSON value, and tells whether it is one.
func addJSON(text string, said map[string]bool) bool {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return false
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			addText(v, said)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for k, e := range v {
				addText(k, said)
				walk(e)
			}
		}
	}
	walk(v)
	return true
}

// addText adds a text; of one that is JSON itself, such as the detail of an audit entry, what is in it; of "room:ID" and "tenant:12" both parts.
func addText(text string, said map[string]bool) {
	said[text], said[strings.ToLower(text)] = true, true
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		addJSON(text, said)
	}
	if before, after, ok := strings.Cut(text, ":"); ok {
		said[before], said[after] = true, true
	}
}

// TestWhatEverybodyReadsIsTakenApart: a name is found in every form in which an answer can carry it, and a part of a name is none.
func TestWhatEverybodyReadsIsTakenApart(t *testing.T) {
	for name, body := range map[string]string{
		"JSON":                  `{"items":[{"name":"Board \"7\""}]}`,
		"a key":                 `{"Board \"7\"":1}`,
		"JSON lines":            `{"a":1}` + "\n" + `{"a":{"b":["Board \"7\""]}}` + "\n",
		"JSON lines with JSON":  `{"a":1}` + "\n" + `{"a":"{\"b\":\"Board \\\"7\\\"\"}"}` + "\n",
		"CSV":                   "a,b\n1,\"Board \"\"7\"\"\"\n",
		"CSV with JSON":         "a,b\n1,\"{\"\"b\"\":\"\"Board \\\"\"7\\\"\"\"\"}\"\n",
		"CSV, made harmless":    "a,b\n1,\"'Board \"\"7\"\"\"\n",
		"with its kind":         `["room:Board \"7\""]`,
		"a record and a number": `["Board \"7\":12"]`,
	} {
		said := textsIn(body)
		require.True(t, said[`Board "7"`], name)
		require.False(t, said["Board"], name)
	}
}
