package policy

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The cases of testdata/policy: one customer's rules in words, then who sees which cells when. "all" before the cells
// says that the permission is held over all granted rooms.
func TestReadableCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/policy/*.txt")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			readCases(t, string(text)).run(t)
		})
	}
}

type cases struct {
	rules Rules
	names map[string]ID
	asked []question
}

type question struct {
	line  int
	at    time.Time
	actor Actor
	p     Permission
	all   bool
	cells []int64
}

func readCases(t *testing.T, text string) *cases {
	t.Helper()
	c := &cases{rules: Rules{Customer: 1, Version: 1}, names: map[string]ID{}}
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		switch words[0] {
		case "closed":
			c.rules.Closed = true
		case "ceiling":
			c.rules.Ceiling = permissionsOf(words[1:])
		case "role":
			id := ID(len(c.rules.Roles) + 1)
			c.names["role "+words[1]] = id
			c.rules.Roles = append(c.rules.Roles, Role{ID: id, Name: words[1], Permissions: permissionsOf(words[2:])})
		case "assignment":
			c.rules.Assignments = append(c.rules.Assignments, c.assignment(t, words[1:]))
		case "cell":
			c.rules.Cells = append(c.rules.Cells, c.cell(t, words[1:]))
		default:
			c.asked = append(c.asked, readQuestion(t, i+1, words))
		}
	}
	return c
}

// sections splits words at the given keywords.
func sections(words []string, keywords ...string) map[string][]string {
	parts, at := map[string][]string{}, ""
	for _, word := range words {
		if slices.Contains(keywords, word) {
			at = word
			continue
		}
		parts[at] = append(parts[at], word)
	}
	return parts
}

func (c *cases) assignment(t *testing.T, words []string) Assignment {
	t.Helper()
	parts := sections(words[2:], "members", "scopes", "from", "until")
	a := Assignment{ID: ID(len(c.rules.Assignments) + 1), Name: words[0], Role: c.names["role "+words[1]]}
	for _, member := range parts["members"] {
		a.Members = append(a.Members, Principal(member))
	}
	for _, scope := range parts["scopes"] {
		kind, name, _ := strings.Cut(scope, ":")
		switch kind {
		case "group":
			a.Scopes = append(a.Scopes, ScopeGroup(c.id(name)))
		case "room":
			a.Scopes = append(a.Scopes, ScopeRoom(c.id(name)))
		default:
			a.Scopes = append(a.Scopes, Scope(scope))
		}
	}
	a.From, a.Until = readDay(t, parts["from"]), readDay(t, parts["until"])
	return a
}

func (c *cases) cell(t *testing.T, words []string) Cell {
	t.Helper()
	parts := sections(words[1:], "groups", "room")
	cell := Cell{ID: readNumber(t, words[0])}
	for _, group := range parts["groups"] {
		cell.Groups = append(cell.Groups, c.id(group))
	}
	for _, room := range parts["room"] {
		cell.Room = c.id(room)
	}
	return cell
}

func (c *cases) id(name string) ID {
	if c.names[name] == 0 {
		c.names[name] = ID(len(c.names) + 1)
	}
	return c.names[name]
}

func readQuestion(t *testing.T, line int, words []string) question {
	t.Helper()
	q := question{line: line, at: readDay(t, words[:1])}
	for _, word := range words[1:] {
		switch {
		case q.p == "" && q.actor.User == "":
			q.actor.User = Principal(word)
		case q.p == "" && strings.Contains(word, ":"):
			q.actor.Groups = append(q.actor.Groups, Principal(word))
		case q.p == "":
			q.p = Permission(word)
		case word == "all":
			q.all = true
		default:
			q.cells = append(q.cells, readNumber(t, word))
		}
	}
	return q
}

func (c *cases) run(t *testing.T) {
	if len(c.asked) == 0 || len(c.rules.Cells) == 0 {
		t.Fatal("nothing is asked")
	}
	w := &world{Version: 1, Customers: []worldCustomer{{Rules: c.rules}}}
	d := decide(w)
	for _, q := range c.asked {
		w.Now = q.at
		v, err := d.View(context.Background(), q.actor, q.p)
		if err != nil {
			t.Errorf("line %d: %v", q.line, err)
			continue
		}
		var cells []int64
		for _, cell := range c.rules.Cells {
			if v.Sees(1, cell.ID) {
				cells = append(cells, cell.ID)
			}
		}
		if all := !v.Everywhere().Empty(); !slices.Equal(cells, q.cells) || all != q.all {
			t.Errorf("line %d: %v sees %v, all %t, want %v, all %t", q.line, q.actor, cells, all, q.cells, q.all)
		}
	}
}

func permissionsOf(words []string) []Permission {
	var permissions []Permission
	for _, word := range words {
		permissions = append(permissions, Permission(word))
	}
	return permissions
}

func readDay(t *testing.T, words []string) time.Time {
	t.Helper()
	if len(words) == 0 {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, words[0])
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func readNumber(t *testing.T, word string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
