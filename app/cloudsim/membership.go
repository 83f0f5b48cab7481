package cloudsim

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// member is the person or room account that the path names; a room account is in no group.
func (c *call) member() (*Person, bool) {
	id := c.r.PathValue("id")
	for i := range c.t.People {
		if p := &c.t.People[i]; p.OID == id || strings.EqualFold(p.UPN, id) {
			return p, true
		}
	}
	for i := range c.t.Rooms {
		if c.t.Rooms[i].AccountID == id {
			return &Person{OID: id}, true
		}
	}
	return nil, false
}

// memberOf lists the groups of a user, directly or through other groups.
func memberOf(c *call, transitive bool) answer {
	p, known := c.member()
	if !known {
		return noResource(c.r.PathValue("id"))
	}
	rows := []any{}
	for _, g := range c.t.groupsOf(p) {
		if transitive || slices.Contains(p.Groups, g.ID) {
			rows = append(rows, g.directoryGroup())
		}
	}
	return c.page(rows, listing{context: "groups", size: 100, limit: 999, tokens: true, defaults: groupDefaults})
}

// memberObjects answers getMemberObjects and getMemberGroups: ids only, through other groups too.
func memberObjects(c *call) answer {
	var ask struct {
		SecurityEnabledOnly bool `json:"securityEnabledOnly"`
	}
	if err := json.Unmarshal(c.body, &ask); err != nil {
		return badRequest("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	p, known := c.member()
	if !known {
		return noResource(c.r.PathValue("id"))
	}
	ids := []string{}
	for _, g := range c.t.groupsOf(p) {
		if !ask.SecurityEnabledOnly || !g.MailOnly {
			ids = append(ids, g.ID)
		}
	}
	return c.ids(ids)
}

// checkMemberGroups says which of at most 20 groups hold the user.
func checkMemberGroups(c *call) answer {
	var ask struct {
		GroupIDs []string `json:"groupIds"`
	}
	if err := json.Unmarshal(c.body, &ask); err != nil {
		return badRequest("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	if len(ask.GroupIDs) == 0 || len(ask.GroupIDs) > 20 {
		return badRequest("The number of values in 'groupIds' must be between 1 and 20.")
	}
	p, known := c.member()
	if !known {
		return noResource(c.r.PathValue("id"))
	}
	ids := []string{}
	for _, g := range c.t.groupsOf(p) {
		if slices.Contains(ask.GroupIDs, g.ID) {
			ids = append(ids, g.ID)
		}
	}
	return c.ids(ids)
}

func (c *call) ids(ids []string) answer {
	return answer{status: http.StatusOK, body: struct {
		Context string   `json:"@odata.context"`
		Value   []string `json:"value"`
	}{c.at + "/$metadata#Collection(Edm.String)", ids}}
}

// memberRows lists the members of a group; groups in it only where they are asked for, and never below transitive.
func (c *call) memberRows(transitive, usersOnly bool) ([]any, bool) {
	id := c.r.PathValue("id")
	if c.t.group(id) == nil {
		return nil, false
	}
	rows := []any{}
	for i := range c.t.People {
		p := &c.t.People[i]
		inside := slices.Contains(p.Groups, id)
		if transitive {
			inside = slices.ContainsFunc(c.t.groupsOf(p), func(g Group) bool { return g.ID == id })
		}
		if inside {
			u := p.directoryUser()
			u.Type = "#microsoft.graph.user"
			rows = append(rows, u)
		}
	}
	for i := range c.t.Groups {
		g := &c.t.Groups[i]
		above := map[string]bool{}
		c.t.climb(g.In, above)
		if !usersOnly && (slices.Contains(g.In, id) || transitive && above[id]) {
			row := g.directoryGroup()
			row.Type = "#microsoft.graph.group"
			rows = append(rows, row)
		}
	}
	return rows, true
}

func members(c *call, transitive, usersOnly bool) answer {
	rows, known := c.memberRows(transitive, usersOnly)
	if !known {
		return noResource(c.r.PathValue("id"))
	}
	defaults := append(slices.Clone(userDefaults), "groupTypes", "mailEnabled", "securityEnabled")
	return c.page(rows, listing{context: "directoryObjects", size: 100, limit: 999, tokens: true, defaults: defaults})
}

// countMembers is the one answer of Graph that is a bare number.
func countMembers(c *call, transitive, usersOnly bool) answer {
	if !strings.EqualFold(c.r.Header.Get("ConsistencyLevel"), "eventual") {
		return badRequest("$count is not currently supported without the header 'ConsistencyLevel: eventual'.")
	}
	rows, known := c.memberRows(transitive, usersOnly)
	if !known {
		return noResource(c.r.PathValue("id"))
	}
	return answer{status: http.StatusOK, text: strconv.Itoa(len(rows))}
}

// term is one quoted part of a $search: the property begins with the value, or, of displayName, some words do.
type term struct{ property, value string }

var (
	searchTerm = regexp.MustCompile(`^"(\w+):((?:[^"\\]|\\.)*)"`)
	searchWord = regexp.MustCompile(`[\p{L}\p{N}]+`)
)

// parseSearch reads `"displayName:kim" OR "mail:kim"` into alternatives, each a list of terms joined by AND.
func parseSearch(text string) ([][]term, error) {
	alternatives := [][]term{nil}
	rest := strings.TrimSpace(text)
	for {
		m := searchTerm.FindStringSubmatch(rest)
		if m == nil {
			return nil, errors.New("Syntax error: character ':' is not valid, or a clause of $search is not in double quotes: " + text)
		}
		last := len(alternatives) - 1
		alternatives[last] = append(alternatives[last], term{m[1], strings.ToLower(m[2])})
		rest = rest[len(m[0]):]
		if rest == "" {
			return alternatives, nil
		}
		if after, or := strings.CutPrefix(rest, " OR "); or {
			alternatives, rest = append(alternatives, nil), after
			continue
		}
		after, and := strings.CutPrefix(rest, " AND ")
		if !and {
			return nil, errors.New("Syntax error in $search: " + text)
		}
		rest = after
	}
}

func found(alternatives [][]term, property func(string) string) bool {
	return slices.ContainsFunc(alternatives, func(terms []term) bool {
		return !slices.ContainsFunc(terms, func(t term) bool { return !t.fits(strings.ToLower(property(t.property))) })
	})
}

func (t term) fits(value string) bool {
	if t.property != "displayName" {
		return t.value != "" && strings.HasPrefix(value, t.value)
	}
	words := searchWord.FindAllString(value, -1)
	wanted := searchWord.FindAllString(t.value, -1)
	return len(wanted) > 0 && !slices.ContainsFunc(wanted, func(w string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, w) })
	})
}
