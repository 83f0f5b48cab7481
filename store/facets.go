package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxFacets bounds the values of one facet.
const maxFacets = 200

// Facet is one value that a filter can take, and how many visible rows have it.
type Facet struct {
	Value string `json:"value" doc:"What the filter takes."`
	Label string `json:"label" doc:"What people read."`
	Count int    `json:"count" doc:"How many rows that you see have it, with all other filters applied."`
}

// tally counts the rows of each value of a column.
type tally struct {
	column string
	into   *[]Facet
	counts map[string]int
}

// readTallies reads what a condition leaves of some tables once, and counts the values of several columns. from is the text between the columns
// and the end of the statement. (The database would sort the rows once for each column.)
func readTallies(ctx context.Context, t *tx, from string, args []any, tallies []tally) error {
	if len(tallies) == 0 {
		return nil
	}
	columns := make([]string, len(tallies))
	values := make([]sql.RawBytes, len(tallies))
	into := make([]any, len(tallies))
	for i := range tallies {
		columns[i], into[i], tallies[i].counts = tallies[i].column, &values[i], map[string]int{}
	}
	doing := "read the values of " + strings.Join(columns, ", ")
	rows, err := t.QueryContext(ctx, "SELECT "+strings.Join(columns, ", ")+" "+from, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		for i, value := range values {
			if len(value) > 0 {
				tallies[i].counts[string(value)]++
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	for _, done := range tallies {
		*done.into = facetsOf(done.counts)
	}
	return nil
}

// facetsOf are the values of a tally, most frequent first.
func facetsOf(counts map[string]int) []Facet {
	facets := make([]Facet, 0, len(counts))
	for value, n := range counts {
		facets = append(facets, Facet{Value: value, Label: value, Count: n})
	}
	slices.SortFunc(facets, func(a, b Facet) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return facets[:min(len(facets), maxFacets)]
}

// scanCustomerFacet reads a customer's id and name, and a count.
func scanCustomerFacet(rows *sql.Rows, f *Facet) error {
	var id ID
	var n int64
	err := rows.Scan(integer(&id), &f.Label, &n)
	f.Value, f.Count = id.String(), int(n)
	return err
}

// customerFacet is the statement for the customers of what a condition leaves of a table. what counts its rows.
func customerFacet(what, from string, args []any) statement {
	return statement{`SELECT c.id, c.name, ` + what + ` ` + from + ` GROUP BY c.id, c.name HAVING ` + what + ` > 0
		ORDER BY ` + what + ` DESC, c.name, c.id LIMIT ` + strconv.Itoa(maxFacets), args}
}
