package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
)

// benchCase is something that people wait for. prepare makes the requests of one person, which are asked in turns; none where the person has
// nothing to see in it.
type benchCase struct {
	name    string
	prepare func(context.Context, *benchPerson) ([]benchRequest, error)
}

// benchRequest is a request with what is right about its answer.
type benchRequest struct {
	path  string
	text  []byte
	right func(body []byte) error
}

// reading are the cases that change nothing.
func (b *bench) reading() []benchCase {
	cases := []benchCase{
		{"incidents, first page", b.firstPage(openIncidents)},
		{"incidents, first page and total", b.firstPageAndTotal(openIncidents)},
	}
	for _, number := range b.pages {
		cases = append(cases, benchCase{fmt.Sprintf("incidents, page %d", number), b.deepPage(openIncidents, number)})
	}
	cases = append(cases,
		benchCase{"incidents, critical", b.firstPage(openIncidents + "?severity=critical")},
		benchCase{"incidents, of one customer", b.pageOfCustomer},
		benchCase{`incidents, text "12"`, b.firstPage(openIncidents + "?q=12")},
		benchCase{"incidents, of hardware", b.firstPage(openIncidents + "?category=hardware")},
		benchCase{"incidents, counts by state", b.counts(openIncidents, "open")},
		benchCase{"incidents, facets", b.facets(openIncidents)},
		benchCase{"incidents, details", b.details(openIncidents)},
		benchCase{"rooms, first page", b.firstPage(allRooms)},
		benchCase{"rooms, first page and total", b.firstPageAndTotal(allRooms)},
	)
	for _, number := range b.pages {
		cases = append(cases, benchCase{fmt.Sprintf("rooms, page %d", number), b.deepPage(allRooms, number)})
	}
	return append(cases,
		benchCase{`rooms, text "12"`, b.firstPage(allRooms + "?q=12")},
		benchCase{"rooms, counts by health", b.counts(allRooms, "total")},
		benchCase{"rooms, facets", b.facets(allRooms)},
		benchCase{"rooms, details", b.details(allRooms)})
}

func (b *bench) request(p *benchPerson, path string, right func([]byte) error) benchRequest {
	return benchRequest{path, requestFor(b.server.host, path, p.cookie), right}
}

func (b *bench) firstPage(path string) func(context.Context, *benchPerson) ([]benchRequest, error) {
	return func(ctx context.Context, p *benchPerson) ([]benchRequest, error) {
		w, err := b.walk(ctx, p, path)
		if err != nil || w.rows == 0 {
			return nil, err
		}
		return []benchRequest{b.request(p, path, hasRows(min(w.rows, benchPage)))}, nil
	}
}

func (b *bench) firstPageAndTotal(path string) func(context.Context, *benchPerson) ([]benchRequest, error) {
	return func(ctx context.Context, p *benchPerson) ([]benchRequest, error) {
		w, err := b.walk(ctx, p, path)
		if err != nil || w.rows == 0 {
			return nil, err
		}
		return []benchRequest{b.request(p, withQuery(path, "total", "true"), hasTotal(w.rows, w.rows))}, nil
	}
}

func (b *bench) deepPage(path string, number int) func(context.Context, *benchPerson) ([]benchRequest, error) {
	return func(ctx context.Context, p *benchPerson) ([]benchRequest, error) {
		w, err := b.walk(ctx, p, path)
		if err != nil || w.cursors[number] == "" {
			return nil, err
		}
		rows := min(w.rows-(number-1)*benchPage, benchPage)
		return []benchRequest{b.request(p, withQuery(path, "cursor", w.cursors[number]), hasRows(rows))}, nil
	}
}

func (b *bench) pageOfCustomer(ctx context.Context, p *benchPerson) ([]benchRequest, error) {
	customer, err := b.middleCustomer(ctx, p)
	if err != nil || customer == "" {
		return nil, err
	}
	return b.firstPage(withQuery(openIncidents, "customer", customer))(ctx, p)
}

// counts asks for the counts of a list, whose sum stands under a name.
func (b *bench) counts(path, sum string) func(context.Context, *benchPerson) ([]benchRequest, error) {
	return func(ctx context.Context, p *benchPerson) ([]benchRequest, error) {
		w, err := b.walk(ctx, p, path)
		if err != nil || w.rows == 0 {
			return nil, err
		}
		r := b.request(p, path+"/counts", nil)
		r.right = sameAsFirst(func(body []byte) error {
			var counts map[string]any
			if err := json.Unmarshal(body, &counts); err != nil {
				return fmt.Errorf("read the counts: %w", err)
			}
			if counts[sum] != float64(w.rows) {
				return fmt.Errorf("%s is %v, and the pages have %d rows", sum, counts[sum], w.rows)
			}
			return nil
		})
		return []benchRequest{r}, nil
	}
}

func (b *bench) facets(path string) func(context.Context, *benchPerson) ([]benchRequest, error) {
	return func(ctx context.Context, p *benchPerson) ([]benchRequest, error) {
		w, err := b.walk(ctx, p, path)
		if err != nil || w.rows == 0 {
			return nil, err
		}
		r := b.request(p, path+"/facets", nil)
		r.right = sameAsFirst(func(body []byte) error {
			var facets struct{ Customers []struct{ Count int } }
			if err := json.Unmarshal(body, &facets); err != nil {
				return fmt.Errorf("read the facets: %w", err)
			}
			const most = 200 // values of a facet
			sum := 0
			for _, c := range facets.Customers {
				sum += c.Count
			}
			if len(facets.Customers) < most && sum != w.rows || sum == 0 {
				return fmt.Errorf("the facet of customers has %d rows, and the pages have %d", sum, w.rows)
			}
			return nil
		})
		return []benchRequest{r}, nil
	}
}

// details asks for everything on the first page, one after the other.
func (b *bench) details(path string) func(context.Context, *benchPerson) ([]benchRequest, error) {
	return func(ctx context.Context, p *benchPerson) ([]benchRequest, error) {
		w, err := b.walk(ctx, p, path)
		if err != nil {
			return nil, err
		}
		var out []benchRequest
		for _, row := range w.first {
			start := []byte(`{"id":"` + row.ID + `","`)
			out = append(out, b.request(p, path+"/"+row.ID, func(body []byte) error {
				if !bytes.HasPrefix(body, start) {
					return fmt.Errorf("the answer begins %.60q", body)
				}
				return nil
			}))
		}
		return out, nil
	}
}

// rowMark stands in each row of a list once. Counting it takes the client a hundredth of the time of reading the JSON.
var rowMark = []byte(`"customerName":"`)

// hasRows says that a page of so many rows is right.
func hasRows(want int) func([]byte) error {
	return func(body []byte) error {
		if got := bytes.Count(body, rowMark); got != want {
			return fmt.Errorf("%d rows, not %d", got, want)
		}
		return nil
	}
}

// hasTotal says that a first page is right whose total is within bounds, and which has as many rows as such a total demands.
func hasTotal(least, most int) func([]byte) error {
	key := []byte(`"total":`)
	return func(body []byte) error {
		at := bytes.LastIndex(body, key)
		if at < 0 {
			return fmt.Errorf("no total: %.300s", body)
		}
		digits := body[at+len(key):]
		if end := bytes.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
			digits = digits[:end]
		}
		total, err := strconv.Atoi(string(digits))
		if err != nil || total < least || total > most {
			return fmt.Errorf("the total is %q, not %d to %d", digits, least, most)
		}
		return hasRows(min(total, benchPage))(body)
	}
}

// sameAsFirst lets a check read the first answer, and takes then only the very same one.
func sameAsFirst(check func([]byte) error) func([]byte) error {
	var first onceRight
	return func(body []byte) error { return first.compare(body, check) }
}
