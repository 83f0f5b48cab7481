package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"roomward/policy"
)

// MaxPage bounds every page, whatever was asked for (law 8).
const MaxPage = 500

// conditions collects the WHERE clause of a list: fixed pieces of SQL, each with its parameters.
type conditions struct {
	pieces []string
	args   []any
	known  int // the first so many pieces ask for nothing but what is counted by cell
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

// after is the condition for what follows a row with these values.
func (o order) after(c *conditions, values ...any) string {
	places := make([]string, len(values))
	for i, v := range values {
		places[i] = c.param(v)
	}
	than := " > "
	if o.down {
		than = " < "
	}
	return "(" + strings.Join(o.columns, ", ") + ")" + than + "(" + strings.Join(places, ", ") + ")"
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

const (
	// probeMost bounds the visible rows that a probe looks at: a filter that leaves fewer than one in twenty is not for it.
	probeMost = 1_000
	// probeFactor is how many times as many visible rows a probe needs as a walk by order, to cost a third of a page by cell at most, whatever
	// it finds: it passes 1,000 of them instead of 50, and sqrt(1000/50 x 3) is 8.
	probeFactor = 8
)

// probe walks a list in its order and takes what a filter leaves, which the statement tells of each row, until the page is full or the list
// ends. It is not found within probeMost rows when what the filter asks for is rare: then a page by cell costs less.
func probe(ctx context.Context, t *tx, doing string, q statement, page int) (ids []ID, found bool, err error) {
	rows, err := t.QueryContext(ctx, q.text, q.args...)
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", doing, err)
	}
	defer func() { _ = rows.Close() }()
	passed := 0
	for len(ids) < page && rows.Next() {
		var id ID
		var asked sql.NullBool // NULL, of an unknown cell, is no
		if err := rows.Scan(integer(&id), &asked); err != nil {
			return nil, false, fmt.Errorf("%s: %w", doing, err)
		}
		if passed++; asked.Bool {
			ids = append(ids, id)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, false, fmt.Errorf("%s: %w", doing, err)
	}
	return ids, len(ids) == page || passed < probeMost, nil
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

// searchable is a text as searching compares it: small letters without accents, one space between words. "etage" finds "Étage".
func searchable(text string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 0x300 && r <= 0x36f { // the accents, which NFKD takes off their letters
			return -1
		}
		return r
	}, norm.NFKD.String(strings.Join(strings.Fields(text), " ")))
	return cases.Fold().String(plain)
}

// search is what the column search of a room holds: nothing that is asked for spans two lines of it.
func (p PlaceFound) search() string {
	lines := []string{p.Name, p.Email, p.Building, p.City, p.Label}
	for i, line := range lines {
		lines[i] = searchable(line)
	}
	return strings.Join(lines, "\n")
}

// contains demands that a searchable column contains q. Nothing in q is a wildcard.
func (c *conditions) contains(column, q string) string {
	pattern := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(searchable(q)) + "%"
	return column + " LIKE " + c.param(pattern) + ` ESCAPE '\'`
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
		out = append(out, *new(T))
		if err := scan(rows, &out[len(out)-1]); err != nil { // in its place: a row of its own would be made, then copied
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	return out, nil
}

func scanID(rows *sql.Rows, id *ID) error { return rows.Scan(integer(id)) }

// integer lets database/sql fill an id as the integer that it is: any other type it goes round by reflection, and an int even by its text.
func integer(id *ID) *int64 { return (*int64)(id) }

// readCounts reads a word and its count of each row.
func readCounts(ctx context.Context, t *tx, doing string, q statement) (map[string]int, error) {
	type count struct {
		word string
		n    int64
	}
	list, err := readAll(ctx, t, doing, q, func(rows *sql.Rows, c *count) error { return rows.Scan(&c.word, &c.n) })
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int, len(list))
	for _, c := range list {
		counts[c.word] = int(c.n)
	}
	return counts, nil
}
