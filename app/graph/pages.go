package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// list asks for all pages of a list and hands each item to take, which says whether it could use it. An error means that
// the list is not complete, and the caller must then use none of it.
func (c *Client) list(ctx context.Context, rq request, take func(item []byte) bool) error {
	seen := map[string]bool{}
	size, items, unusable := 0, 0, 0
	rq.most = maxBody
	begun := c.now()
	var last []json.RawMessage
	for page := 1; ; page++ {
		if page > maxPages || c.now().Sub(begun) > maxListTime {
			return tooLong(rq)
		}
		seen[rq.url.String()] = true
		got, err := c.fetch(ctx, rq)
		if err != nil {
			return err
		}
		values, link, err := readPage(got)
		if err != nil {
			return err
		}
		if len(values) > 0 && slices.EqualFunc(last, values, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			return got.bad("the same page came twice")
		}
		last = values
		size, items = size+len(got.body), items+len(values)
		if items > maxItems || size > maxListBytes {
			return tooLong(rq)
		}
		for _, item := range values {
			if !take(item) {
				unusable++
			}
		}
		if link == "" {
			break
		}
		next, err := c.nextPage(rq, link)
		if err != nil {
			return got.bad("%v", err)
		}
		if seen[next.String()] {
			return got.bad("the pages go in a circle")
		}
		rq.url, rq.method, rq.body = next, http.MethodGet, nil
		rq.collection = false // a page that has gone says nothing about the API
	}
	if unusable > 0 {
		c.log.WarnContext(ctx, "graph: items without an id left out", "doing", rq.doing, "tenant", rq.tenant, "items", unusable)
	}
	if unusable > 0 && unusable == items {
		return &Error{Kind: BadAnswer, Message: fmt.Sprintf("none of the %d items can be used", items), doing: rq.doing}
	}
	return nil
}

// Remnant is what could be read of an item that could not be used, though the list it stands in could. What could not is empty.
type Remnant struct {
	ID    string // of a room the lasting one
	Email string
	Name  string
}

// lacking says that these items of a list could not be used; nil when none was lost.
func (rq request) lacking(items []Remnant) error {
	if len(items) == 0 {
		return nil
	}
	return &Error{Kind: BadAnswer, Message: fmt.Sprintf("%d items cannot be used", len(items)), doing: rq.doing, lost: items}
}

// Incomplete tells that the list which came with the error is true but for items that could not be used: what is not in it may be there
// nevertheless.
func Incomplete(err error) bool { return len(Lost(err)) > 0 }

// Lost is what is left of the items that could not be used of the list that came with the error; nothing where no list came.
func Lost(err error) []Remnant {
	var e *Error
	if !errors.As(err, &e) {
		return nil
	}
	return e.lost
}

func tooLong(rq request) *Error {
	return &Error{Kind: BadAnswer, doing: rq.doing,
		Message: fmt.Sprintf("the list is longer than %d pages, %d items, %d bytes or %v", maxPages, maxItems, maxListBytes, maxListTime)}
}

// readPage takes a page apart. A body without a list is an error and never an empty list: an empty list means "nothing there".
func readPage(got answer) (values []json.RawMessage, link string, err error) {
	var page struct {
		Value json.RawMessage `json:"value"`
		Next  json.RawMessage `json:"@odata.nextLink"`
	}
	if loose(got.body, &page) != nil {
		return nil, "", got.bad("the answer is not JSON")
	}
	if !bytes.HasPrefix(page.Value, []byte("[")) || json.Unmarshal(page.Value, &values) != nil {
		return nil, "", got.bad("the answer holds no list")
	}
	if len(page.Next) > 0 && json.Unmarshal(page.Next, &link) != nil {
		return nil, "", got.bad("the link to the next page is not a text")
	}
	return values, link, nil
}

// nextPage resolves the link to the next page. Our token goes to the configured Graph only: another scheme, host or base path is
// refused. Relative links, as the documentation shows them, stand below the version of the request.
func (c *Client) nextPage(rq request, link string) (*url.URL, error) {
	if len(link) > 16<<10 {
		return nil, errors.New("the link to the next page is too long")
	}
	u, err := url.Parse(link)
	if err != nil || u.Opaque != "" || u.User != nil {
		return nil, errors.New("the link to the next page cannot be read")
	}
	if slices.ContainsFunc(strings.Split(u.Path, "/"), func(s string) bool { return s == "." || s == ".." }) || strings.Contains(u.Path, `\`) {
		return nil, errors.New("the link to the next page has dots in its path")
	}
	base := c.graph.EscapedPath()
	path := u.EscapedPath()
	if u.Scheme != "" || u.Host != "" {
		if !strings.EqualFold(u.Scheme, c.graph.Scheme) || hostPort(u) != hostPort(c.graph) || !strings.HasPrefix(path, base+"/") {
			return nil, errors.New("the link to the next page leads to another host")
		}
		path = strings.TrimPrefix(path, base)
	} else {
		path = relativePath(rq, base, path)
	}
	next := *c.graph
	next.RawPath = base + path
	if next.Path, err = url.PathUnescape(next.RawPath); err != nil {
		return nil, errors.New("the link to the next page cannot be read")
	}
	next.RawQuery = strings.ReplaceAll(u.RawQuery, " ", "%20") // as in some links of the documentation
	return &next, nil
}

// relativePath gives the path below the base for a link without a host.
func relativePath(rq request, base, path string) string {
	if path == "" { // only a query: the same list
		return strings.TrimPrefix(rq.url.EscapedPath(), base)
	}
	path = "/" + strings.TrimPrefix(path, "/")
	if base != "" && (strings.HasPrefix(path, base+"/v1.0/") || strings.HasPrefix(path, base+"/beta/")) {
		return strings.TrimPrefix(path, base)
	}
	if strings.HasPrefix(path, "/v1.0/") || strings.HasPrefix(path, "/beta/") {
		return path
	}
	return "/" + rq.version + path
}

// hostPort is the host in lower case with its port written out.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" && strings.EqualFold(u.Scheme, "https") {
		port = "443"
	}
	if port == "" {
		port = "80"
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}
