package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"roomward/policy"
)

// MaxPage bounds every page, whatever was asked for (law 8).
const MaxPage = 500

// maxFacets bounds the values of one facet.
const maxFacets = 200

// Facet is one value that a filter can take, and how many visible rows have it.
type Facet struct {
	Value string `json:"value" doc:"What the filter takes."`
	Label string `json:"label" doc:"What people read."`
	Count int    `json:"count" doc:"How many rows that you see have it, with all other filters applied."`
}

// conditions collects the WHERE clause of a list: fixed pieces of SQL, each with its parameters.
type conditions struct {
	pieces []string
	args   []any
}

// param takes a value in and returns its place, such as "$3".
func (c *conditions) param(v any) string {
	c.args = append(c.args, v)
	return fmt.Sprintf("$%d", len(c.args))
}

// set takes a JSON list in and returns the condition that a column is in it.
func (c *conditions) set(list string) string {
	c.args = append(c.args, list)
	return inSet(len(c.args))
}

func (c *conditions) add(piece string) { c.pieces = append(c.pieces, piece) }

// among demands that a column has one of the values; no values demand nothing.
func (c *conditions) among(column string, values []string) error {
	if len(values) == 0 {
		return nil
	}
	list, err := toJSON(values)
	if err != nil {
		return err
	}
	c.add(column + " " + c.set(list))
	return nil
}

// shown demands that a view shows the cell in a column.
func (c *conditions) shown(column string, v policy.View, w walk) {
	if w == byCell {
		c.add(column + " " + c.set(v.CellsJSON()))
		return
	}
	condition, arg := seen(column, len(c.args)+1, v)
	c.add(condition)
	c.args = append(c.args, arg)
}

func (c *conditions) String() string { return strings.Join(c.pieces, " AND ") }

// statement is the text of a query with its parameters.
type statement struct {
	text string
	args []any
}

// order is a list's order: columns that together are unique, all in one direction.
type order struct {
	columns []string
	down    bool
}

// after demands what follows a row with these values.
func (o order) after(c *conditions, values ...any) {
	places := make([]string, len(values))
	for i, v := range values {
		places[i] = c.param(v)
	}
	than := " > "
	if o.down {
		than = " < "
	}
	c.add("(" + strings.Join(o.columns, ", ") + ")" + than + "(" + strings.Join(places, ", ") + ")")
}

// String is the ORDER BY clause.
func (o order) String() string {
	if !o.down {
		return strings.Join(o.columns, ", ")
	}
	return strings.Join(o.columns, " DESC, ") + " DESC"
}

// walk is how a page finds its rows. By order: walk the index of the order and skip what the view does not show. By cell: take everything
// that the view shows from the index by cell, and sort. A plus before a column keeps the planner from another index; it means nothing else.
type walk bool

const (
	byCell  walk = false
	byOrder walk = true
)

// maxMask bounds the bytes of a mask. Cells beyond it are looked up in a list.
const maxMask = 1 << 20

// seen is the condition that a view shows the cell in a column, for rows that come by another way than their cell, with its parameter n. It is a mask with one byte for each cell, 1 for those of the view: a function of the cell costs a tenth of a list of cells, from which SQLite
// makes a tree for every statement. After its last byte there is nothing, which is not 1, nor is the cell NULL of a hidden room. Cells count from 1.
func seen(column string, n int, v policy.View) (condition string, arg any) {
	last := int64(0)
	for _, part := range v.Parts() {
		if len(part.Cells) == 0 {
			continue
		}
		if part.Cells[0] < 1 {
			last = maxMask + 1
		}
		last = max(last, part.Cells[len(part.Cells)-1])
	}
	if last > maxMask {
		return "+" + column + " " + inSet(n), v.CellsJSON()
	}
	mask := make([]byte, last)
	for _, part := range v.Parts() {
		for _, cell := range part.Cells {
			mask[cell-1] = 1
		}
	}
	return fmt.Sprintf("substr($%d, %s, 1) = x'01'", n, column), mask
}

// sampleCells is how many cells of a view say how much there is in all of them.
const sampleCells = 16

// sample takes cells from all over a view, as a set parameter. Each stands for weight cells.
func sample(v policy.View) (cells string, weight int) {
	all := 0
	for _, part := range v.Parts() {
		all += len(part.Cells)
	}
	if all <= sampleCells {
		return v.CellsJSON(), 1
	}
	weight = (all + sampleCells - 1) / sampleCells
	list := make([]byte, 1, sampleCells*8)
	list[0] = '['
	next := weight / 2
	for _, part := range v.Parts() {
		for ; next < len(part.Cells); next += weight {
			list = append(strconv.AppendInt(list, part.Cells[next], 10), ',')
		}
		next -= len(part.Cells)
	}
	list[len(list)-1] = ']'
	return string(list), weight
}

// choose takes the cheaper walk: the order's where the view shows many rows, the cells' where it shows few. A row that is taken by its cell and
// sorted costs as much as 4 or 5 that the walk by order passes, so both cost the same where the visible are the square root of page times
// all by 4.5; the callers' figures for "many" are those of World L (design 14). count counts what a set of cells holds; what a few of many cells
// hold is enough to choose by: a wrong choice costs time, and changes no row.
func choose(v policy.View, many int, count func(cells string) (int, error)) (walk, error) {
	cells, weight := sample(v)
	found, err := count(cells)
	if err != nil {
		return byCell, fmt.Errorf("estimate what a view shows: %w", err)
	}
	return walk(found*weight >= many), nil
}

// sumCells sums what cells have of all rooms or of all open incidents.
func sumCells(ctx context.Context, t *tx, column, cells string) (int, error) {
	var n int
	err := t.QueryRowContext(ctx, `SELECT coalesce(sum(`+column+`), 0) FROM cell_counts WHERE cell_id `+inSet(1), cells).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("sum the counts of cells: %w", err)
	}
	return n, nil
}

// contains demands that one of the columns contains q. Nothing in q is a wildcard. Letters match in either case: ASCII ones always, others
// where the text has them all small, all capital, or capital at the start of each word, because SQLite's lower knows ASCII only. Accents
// count: "etage" does not find "Étage".
func (c *conditions) contains(q string, columns ...string) string {
	q = norm.NFC.String(strings.Join(strings.Fields(q), " "))
	text := "lower(" + strings.Join(columns, " || "+c.param("\n")+" || ") + ")"
	var alternatives []string
	known := map[string]bool{}
	for _, spelling := range []string{strings.ToLower(q), strings.ToUpper(q), capitals(q, true), capitals(q, false)} {
		pattern := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(lowerASCII(spelling)) + "%"
		if known[pattern] {
			continue
		}
		known[pattern] = true
		alternatives = append(alternatives, text+" LIKE lower("+c.param(pattern)+`) ESCAPE '\'`)
	}
	return "(" + strings.Join(alternatives, " OR ") + ")"
}

// lowerASCII is what SQLite's lower makes of a text.
func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// capitals writes each word with a capital at its start and small letters after it. start tells whether the text itself begins with a word,
// and not within one.
func capitals(text string, start bool) string {
	return strings.Map(func(r rune) rune {
		was := start
		start = !unicode.IsLetter(r)
		if was {
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, text)
}

// readViews is readView for a read that goes by several views of the same person: all must be of this very moment.
func (s *Store) readViews(ctx context.Context, views []policy.View, fn func(*tx) error) error {
	return s.read(ctx, func(t *tx) error {
		for _, v := range views {
			if err := checkView(ctx, t, v); err != nil {
				return err
			}
		}
		return fn(t)
	})
}

// pageSize is the limit of a page within its bounds.
func pageSize(limit int) int { return min(max(limit, 1), MaxPage) }

// readAll runs a query and reads every row with scan. doing says in errors what it was for.
func readAll[T any](ctx context.Context, t *tx, doing string, q statement, scan func(*sql.Rows, *T) error) ([]T, error) {
	rows, err := t.QueryContext(ctx, q.text, q.args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	defer func() { _ = rows.Close() }()
	out := []T{}
	for rows.Next() {
		var row T
		if err := scan(rows, &row); err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	return out, nil
}

func scanID(rows *sql.Rows, id *ID) error { return rows.Scan(integer(id)) }

// integer lets database/sql fill an id as the integer that it is: any other type it goes round by reflection, and an int even by its text.
func integer(id *ID) *int64 { return (*int64)(id) }

func scanFacet(rows *sql.Rows, f *Facet) error { return rows.Scan(&f.Value, &f.Label, &f.Count) }

// scanIDFacet is scanFacet for values that are ids.
func scanIDFacet(rows *sql.Rows, f *Facet) error {
	var id ID
	err := rows.Scan(&id, &f.Label, &f.Count)
	f.Value = id.String()
	return err
}

// readCounts reads a word and its count of each row.
func readCounts(ctx context.Context, t *tx, doing string, q statement) (map[string]int, error) {
	facets, err := readAll(ctx, t, doing, q, func(rows *sql.Rows, f *Facet) error { return rows.Scan(&f.Value, &f.Count) })
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int, len(facets))
	for _, f := range facets {
		counts[f.Value] = f.Count
	}
	return counts, nil
}
