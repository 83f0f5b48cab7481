package cloudsim

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// collection is a page of rows in Graph's envelope.
type collection struct {
	Context string `json:"@odata.context,omitempty"`
	Count   *int   `json:"@odata.count,omitempty"`
	Next    string `json:"@odata.nextLink,omitempty"`
	Value   []any  `json:"value"`
}

// listing is how one kind of list is paged.
type listing struct {
	context     string   // after $metadata#
	size, limit int      // page size by default and at most
	tokens      bool     // pages by an opaque $skiptoken instead of $skip
	pageCount   bool     // @odata.count is that of the page, as teamwork/devices does it
	defaults    []string // the properties without $select; nil is all
}

// page cuts the rows that the request asks for and links to the next ones. A row may be a function that makes it.
func (c *call) page(rows []any, l listing) answer {
	size, err := c.number("$top", l.size)
	if err != nil || size < 1 {
		return badRequest("Invalid value '%s' for $top query option found. The $top query option requires a non-negative integer value.", c.query.Get("$top"))
	}
	if size > l.limit {
		return badRequest("The limit of '%d' for Top query has been exceeded. The value from the incoming request is '%d'.", l.limit, size)
	}
	from, err := c.offset(l)
	if err != nil {
		return badRequest("%v", err)
	}
	out := collection{Context: c.at + "/$metadata#" + l.context, Value: []any{}}
	from = min(from, len(rows))
	end := min(from+size, len(rows))
	props := l.defaults
	if sel := c.query.Get("$select"); sel != "" {
		props = strings.Split(sel, ",")
		out.Context += "(" + sel + ")"
	}
	for _, row := range rows[from:end] {
		if made, late := row.(func() any); late {
			row = made()
		}
		chosen, err := project(row, props)
		if err != nil {
			return badRequest("%v", err)
		}
		out.Value = append(out.Value, chosen)
	}
	if c.query.Get("$count") == "true" {
		n := len(rows)
		out.Count = &n
	}
	if l.pageCount {
		n := end - from
		out.Count = &n
	}
	if end < len(rows) {
		out.Next = c.next(l, size, end)
	}
	return answer{status: http.StatusOK, body: out}
}

func (c *call) number(name string, otherwise int) (int, error) {
	if !c.query.Has(name) {
		return otherwise, nil
	}
	return strconv.Atoi(c.query.Get(name))
}

func (c *call) offset(l listing) (int, error) {
	if !l.tokens {
		n, err := c.number("$skip", 0)
		if err != nil || n < 0 {
			//lint:ignore ST1005 these are Microsoft's words
			return 0, errors.New("Invalid value for $skip query option found")
		}
		return n, nil
	}
	if c.query.Has("$skip") {
		return 0, errors.New("'$skip' is not supported by the service")
	}
	token := c.query.Get("$skiptoken")
	if token == "" {
		return 0, nil
	}
	inner, isOurs := strings.CutPrefix(token, "+RID:~")
	inner, _, _ = strings.Cut(inner, "#")
	raw, err := base64.StdEncoding.DecodeString(inner)
	n, err2 := strconv.Atoi(strings.TrimPrefix(string(raw), "offset "))
	if !isOurs || err != nil || err2 != nil || n < 0 {
		//lint:ignore ST1005 these are Microsoft's words
		return 0, errors.New("Skip token is invalid")
	}
	return n, nil
}

// next writes a next link as Graph does: option names with a bare dollar sign, the token in lower-case escapes.
func (c *call) next(l listing, size, from int) string {
	var parts []string
	for name, values := range c.query {
		if name != "$top" && name != "$skip" && name != "$skiptoken" {
			parts = append(parts, name+"="+url.QueryEscape(values[0]))
		}
	}
	slices.Sort(parts)
	parts = append(parts, fmt.Sprintf("$top=%d", size))
	if l.tokens {
		token := "+RID:~" + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "offset %d", from)) + "#RT:1#TRC:" + strconv.Itoa(from)
		parts = append(parts, "$skiptoken="+lowerEscapes(url.QueryEscape(token)))
	} else {
		parts = append(parts, fmt.Sprintf("$skip=%d", from))
	}
	query := "?" + strings.Join(parts, "&")
	_, path, _ := strings.Cut(c.r.URL.Path, "/graph/")
	_, tail, _ := strings.Cut(path, "/")
	switch {
	case c.faults.ForeignNextLinks:
		return "https://graph.attacker.example/" + path + query
	case c.faults.RelativeNextLinks:
		return "/" + tail + query
	}
	return c.at + "/" + tail + query
}

func lowerEscapes(s string) string {
	return regexp.MustCompile(`%[0-9A-F]{2}`).ReplaceAllStringFunc(s, strings.ToLower)
}

// project keeps the named properties of a row; no names keep all.
func project(row any, props []string) (any, error) {
	if len(props) == 0 {
		return row, nil
	}
	data, err := json.Marshal(row)
	if err != nil {
		return nil, fmt.Errorf("encode a row: %w", err)
	}
	var all, chosen map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("decode a row: %w", err)
	}
	chosen = map[string]json.RawMessage{}
	for _, p := range props {
		if v, has := all[strings.TrimSpace(p)]; has {
			chosen[strings.TrimSpace(p)] = v
		}
	}
	if t, has := all["@odata.type"]; has {
		chosen["@odata.type"] = t
	}
	return chosen, nil
}

// maxClauses is how many alternatives Graph takes in one filter on directory objects.
const maxClauses = 15

// clause is one comparison of a $filter: the property is one of the values, or begins with the first one.
type clause struct {
	property string
	values   []string
	prefix   bool
}

var (
	quoted       = `'(?:[^']|'')*'`
	equalClause  = regexp.MustCompile(`^([\w/]+) eq (` + quoted + `|true|false)`)
	inClause     = regexp.MustCompile(`^([\w/]+) in ?\(\s*(` + quoted + `(?:\s*,\s*` + quoted + `)*)\s*\)`)
	startsClause = regexp.MustCompile(`^startswith\(([\w/]+),\s*(` + quoted + `)\)`)
	quotedValue  = regexp.MustCompile(quoted)
)

// parseFilter reads the part of OData that Roomward may use: eq, in and startswith, joined by "or" alone or "and"
// alone.
func parseFilter(text string) (clauses []clause, all bool, err error) {
	rest := strings.TrimSpace(text)
	for {
		var cl clause
		if m := equalClause.FindStringSubmatch(rest); m != nil {
			cl = clause{property: m[1], values: []string{unquote(m[2])}}
			rest = rest[len(m[0]):]
		} else if m := inClause.FindStringSubmatch(rest); m != nil {
			cl.property = m[1]
			for _, v := range quotedValue.FindAllString(m[2], -1) {
				cl.values = append(cl.values, unquote(v))
			}
			rest = rest[len(m[0]):]
		} else if m := startsClause.FindStringSubmatch(rest); m != nil {
			cl = clause{property: m[1], values: []string{unquote(m[2])}, prefix: true}
			rest = rest[len(m[0]):]
		} else {
			//lint:ignore ST1005 these are Microsoft's words
			return nil, false, fmt.Errorf("Invalid filter clause: syntax error at position %d in '%s'", len(text)-len(rest), text)
		}
		clauses = append(clauses, cl)
		if rest == "" {
			return clauses, all, nil
		}
		or, isOr := strings.CutPrefix(rest, " or ")
		and, isAnd := strings.CutPrefix(rest, " and ")
		if isOr == isAnd || len(clauses) > 1 && all != isAnd {
			//lint:ignore ST1005 these are Microsoft's words
			return nil, false, fmt.Errorf("Invalid filter clause: '%s'", text)
		}
		all, rest = isAnd, or
		if isAnd {
			rest = and
		}
	}
}

func unquote(s string) string {
	return strings.ReplaceAll(strings.Trim(s, "'"), "''", "'")
}

// matches tells whether a row fits the clauses; property gives a value of the row.
func matches(clauses []clause, all bool, property func(string) string) bool {
	for _, cl := range clauses {
		value := strings.ToLower(property(cl.property))
		hit := slices.ContainsFunc(cl.values, func(v string) bool {
			v = strings.ToLower(v)
			return value == v || cl.prefix && strings.HasPrefix(value, v)
		})
		if hit != all {
			return hit
		}
	}
	return all
}
