package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"runtime"
	"strings"
)

// benchPage is how many rows a page has that names no limit.
const benchPage = 50

// The lists that the bench asks for.
const (
	openIncidents = "/api/incidents"
	allRooms      = "/api/rooms"
)

// benchPerson is somebody of the seeded world who is signed in.
type benchPerson struct {
	who, login string
	cookie     string
	walks      map[string]*benchWalk // by path of the list
}

// benchWalk is what the bench knows of a list as a person sees it, because it has read every page of it.
type benchWalk struct {
	rows    int
	first   []benchRow     // the first page
	cursors map[int]string // of the deep pages, by their number
}

// benchRow is what the bench reads of a row of any list.
type benchRow struct {
	ID           string
	CustomerID   string
	CustomerName string
}

// benchAnswer is what the bench reads of a page of any list.
type benchAnswer struct {
	Items []benchRow
	Next  string
	Total *int
}

// meet signs the people in, and tells the report which world they see.
func (b *bench) meet(ctx context.Context) error {
	world, err := b.server.order(benchOrder{Do: orderWorld})
	if err != nil {
		return err
	}
	if world.World == "" {
		return fmt.Errorf("--data: %s holds no seeded world: fill an empty directory with roomward seed", b.Data)
	}
	for _, p := range []benchPerson{{who: "wide", login: seedWide}, {who: "narrow", login: seedNarrow}, {who: "middle", login: seedMiddle},
		{who: "admin", login: seedAdmin}} {
		p.walks = map[string]*benchWalk{}
		if p.cookie, err = b.server.signIn(ctx, p.login); err != nil {
			return err
		}
		b.people = append(b.people, &p)
	}
	fmt.Fprintf(b.Progress, "Reading every page of the lists, to know what is right.\n")
	for _, p := range b.people {
		for _, path := range []string{openIncidents, allRooms} {
			if _, err := b.walk(ctx, p, path); err != nil {
				return err
			}
		}
	}
	all := b.admin().walks
	b.report.benchPlace = benchPlace{World: world.World, Customers: world.Customers, Rooms: all[allRooms].rows, OpenIncidents: all[openIncidents].rows,
		Machine: fmt.Sprintf("%s/%s, %d CPUs, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version()),
		Clients: b.Clients, Seconds: b.Seconds}
	return nil
}

// admin is the one who sees everything.
func (b *bench) admin() *benchPerson { return b.people[len(b.people)-1] }

// walk reads every page of a list, once for each person. What it counts must be the total that the first page tells.
func (b *bench) walk(ctx context.Context, p *benchPerson, path string) (*benchWalk, error) {
	if known := p.walks[path]; known != nil {
		return known, nil
	}
	w := &benchWalk{cursors: map[int]string{}}
	deepest := 0
	for _, number := range b.pages {
		deepest = max(deepest, number)
	}
	limit, total := benchPage, -1
	for cursor := ""; ; {
		page, err := b.page(ctx, p, withQuery(path, "total", fmt.Sprint(total < 0), "limit", fmt.Sprint(limit), "cursor", cursor))
		if err != nil {
			return nil, err
		}
		if page.Total != nil {
			total, w.first = *page.Total, page.Items
		}
		w.rows += len(page.Items)
		if cursor = page.Next; cursor == "" {
			break
		}
		for _, number := range b.pages {
			if w.rows == (number-1)*benchPage {
				w.cursors[number] = cursor
			}
		}
		if w.rows >= deepest*benchPage {
			limit = 10 * benchPage // for the rest, the quickest way
		}
	}
	if w.rows != total {
		return nil, fmt.Errorf("%s as %s: the total is %d, and its pages have %d rows", path, p.who, total, w.rows)
	}
	p.walks[path] = w
	return w, nil
}

// page reads one page of a list.
func (b *bench) page(ctx context.Context, p *benchPerson, path string) (benchAnswer, error) {
	var page benchAnswer
	return page, b.read(ctx, p, path, &page)
}

func (b *bench) read(ctx context.Context, p *benchPerson, path string, into any) error {
	body, err := b.server.get(ctx, path, p.cookie)
	if err != nil {
		return fmt.Errorf("as %s: %w", p.who, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read the answer to %s: %w", path, err)
	}
	return nil
}

// withQuery adds parameters to a path: names and values in turns. Empty ones and "false" are left out.
func withQuery(path string, pairs ...string) string {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	for n := 0; n < len(pairs); n += 2 {
		if value := pairs[n+1]; value != "" && value != "false" {
			path += separator + pairs[n] + "=" + url.QueryEscape(value)
			separator = "&"
		}
	}
	return path
}

// middleCustomer is one of the customers that a person sees incidents of, neither the one with most nor the one with fewest; "" when there is none.
func (b *bench) middleCustomer(ctx context.Context, p *benchPerson) (string, error) {
	var facets struct{ Customers []struct{ Value string } }
	if err := b.read(ctx, p, "/api/incidents/facets", &facets); err != nil || len(facets.Customers) == 0 {
		return "", err
	}
	return facets.Customers[len(facets.Customers)/2].Value, nil
}
