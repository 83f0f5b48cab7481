package graph

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxTries  = 3
	firstWait = 800 * time.Millisecond // doubled with each try, half of it by chance
	maxAsked  = 24 * time.Hour         // a longer Retry-After is not believed
	unmeant   = time.Hour              // what is waited instead
	maxSkew   = 5 * time.Minute        // what Microsoft's clock and ours may differ: tokens are good for so much before they begin

	// A token older than this that lacks a permission is thrown away: consent may have been given since.
	staleRoles = 5 * time.Minute
)

// request is one call of Graph on behalf of a tenant.
type request struct {
	doing      string // for errors and logs, for example "list rooms"
	tenant     string
	lane       lane
	method     string // empty means GET
	version    string // "v1.0" or "beta"
	url        *url.URL
	body       []byte   // JSON
	eventual   bool     // ask with ConsistencyLevel: eventual, which $search and $count need
	plain      bool     // the answer is plain text
	collection bool     // a list: on the devices lane its absence means that the API is gone
	most       int      // bytes of an answer; 0 means maxObject
	acts       bool     // it changes something: it is sent again only when Microsoft certainly did not take it
	needs      []string // permissions of which one is enough; the first is the least
}

// answer is what came back from one HTTP exchange.
type answer struct {
	doing  string
	status int
	header http.Header
	body   []byte
}

func (a answer) ok() bool { return a.status >= 200 && a.status <= 299 }

// requestID is Graph's or Entra's name of the exchange, which Microsoft's support asks for.
func (a answer) requestID() string {
	return oneLine(first(text(a.header.Get("request-id")), text(a.header.Get("x-ms-request-id"))))
}

// bad says that the answer cannot be used.
func (a answer) bad(format string, args ...any) *Error {
	return &Error{Kind: BadAnswer, Status: a.status, RequestID: a.requestID(), Message: fmt.Sprintf(format, args...), doing: a.doing}
}

// address builds an address of Graph under the configured base. The path is already escaped.
func (c *Client) address(version, path string, query ...string) *url.URL {
	u := *c.graph
	escaped := u.EscapedPath() + "/" + version + path
	u.RawPath = escaped
	u.Path, _ = url.PathUnescape(escaped)
	u.RawQuery = strings.Join(query, "&")
	return &u
}

// option is one part of a query. Spaces become %20, since OData services do not all read "+" as a space.
func option(name, value string) string {
	return name + "=" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// fetch sends the request with the tenant's token, within its budget, and gives the answer when it is a success.
func (c *Client) fetch(ctx context.Context, rq request) (answer, error) {
	if !isGUID(rq.tenant) {
		// Entra would take "common" or a foreign domain and answer with the token of another tenant.
		return answer{}, &Error{Kind: TenantUnknown, Message: "the tenant must be given by its id, a GUID", doing: rq.doing}
	}
	t, leave := c.gates.enter(strings.ToLower(rq.tenant))
	defer leave()

	renewed := false
	var got answer
	err := c.patiently(ctx, t, rq.lane, rq.doing, func() error {
		for {
			tok, err := c.tokenFor(ctx, t)
			if err != nil {
				return err
			}
			got, err = c.once(ctx, t, rq, tok)
			var e *Error
			if err == nil || !errors.As(err, &e) {
				return err
			}
			if e.Status == http.StatusUnauthorized && !renewed {
				renewed = true
				t.dropToken(tok.value)
				continue
			}
			c.nameMissingPermission(ctx, e, rq, t, tok)
			c.nameSkew(e, got)
			return e
		}
	})
	if err != nil {
		return answer{}, err
	}
	return got, nil
}

// nameMissingPermission tells "we were not given the right" from "we were refused": with no consent for a permission Entra
// still gives a token, only without that role (graph.md 6).
func (c *Client) nameMissingPermission(ctx context.Context, e *Error, rq request, t *tenant, tok token) {
	refused := e.Status == http.StatusForbidden || e.Status == http.StatusUnauthorized
	if !refused || len(rq.needs) == 0 || !tok.readable {
		return
	}
	if slices.ContainsFunc(rq.needs, func(p string) bool { return slices.Contains(tok.roles, p) }) {
		return
	}
	e.Kind, e.Permission = PermissionMissing, rq.needs[0]
	if len(tok.roles) == 0 { // every permission was taken back
		c.refused(ctx, t.id)
	}
	if c.now().Sub(tok.issued) > staleRoles {
		t.dropToken(tok.value)
	}
}

// nameSkew tells a token that is refused for the time from one that is refused for what it is: a new token is not valid where the clock of
// Microsoft and ours, by the date of its answer, are apart.
func (c *Client) nameSkew(e *Error, got answer) {
	if e.Status != http.StatusUnauthorized {
		return
	}
	theirs, err := http.ParseTime(got.header.Get("Date"))
	if apart := c.now().Sub(theirs).Abs(); err == nil && apart > maxSkew {
		e.Kind, e.Message = ClockSkew, "our clock and Microsoft's are "+apart.Round(time.Minute).String()+" apart"
	}
}

// once sends the request a single time.
func (c *Client) once(ctx context.Context, t *tenant, rq request, tok token) (answer, error) {
	method := rq.method
	if method == "" {
		method = http.MethodGet
	}
	free, err := c.gates.admit(ctx, t, rq.lane)
	if err != nil {
		return answer{}, c.broken(ctx, rq.doing, err)
	}
	defer free()
	header := http.Header{"Authorization": {"Bearer " + tok.value}}
	if rq.eventual {
		header.Set("ConsistencyLevel", "eventual")
	}
	if rq.body != nil {
		header.Set("Content-Type", "application/json")
	}
	if rq.plain {
		header.Set("Accept", "text/plain")
	}
	got, err := c.send(ctx, rq.doing, t.id, method, rq.url, header, rq.body, cmp.Or(rq.most, maxObject))
	if err == nil && !got.ok() {
		got.body = bytes.ReplaceAll(got.body, []byte(tok.value), []byte(hidden)) // also a token that does not look like one
		err = c.graphError(rq, got)
	}
	if err != nil {
		return got, rq.marked(err)
	}
	return got, nil
}

// marked says of a failed request that changes something whether it may have been taken nevertheless: who was not answered, or answered by a
// server in trouble, cannot know.
func (rq request) marked(err error) error {
	var e *Error
	if rq.acts && errors.As(err, &e) && (e.Kind == Unavailable || e.Kind == Canceled || e.Kind == BadAnswer) {
		e.Uncertain, e.final = true, true
	}
	return err
}

// send does one HTTP exchange and reads the body, which must not be larger than most.
func (c *Client) send(ctx context.Context, doing, tenant, method string, to *url.URL, header http.Header, body []byte, most int) (answer, error) {
	timed, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	httpRequest, err := http.NewRequestWithContext(timed, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, &Error{Kind: BadRequest, Message: "the address cannot be built", doing: doing}
	}
	httpRequest.Header = header
	header.Set("User-Agent", userAgent)
	if header.Get("Accept") == "" {
		header.Set("Accept", "application/json")
	}

	usageOf(ctx).requests.Add(1)
	begun := c.now()
	response, err := c.http.Do(httpRequest)
	if err != nil {
		if ctx.Err() == nil { // who gave up says nothing of Microsoft
			c.asked(doing, 0, c.now().Sub(begun))
		}
		return answer{}, c.broken(ctx, doing, err)
	}
	defer response.Body.Close()
	got := answer{doing: doing, status: response.StatusCode, header: response.Header}
	limit := maxErrorBody
	if got.ok() {
		limit = most
	}
	got.body, err = io.ReadAll(io.LimitReader(response.Body, int64(limit)+1))
	c.asked(doing, got.status, c.now().Sub(begun))
	c.log.DebugContext(ctx, "graph request", "doing", doing, "tenant", tenant, "method", method, "path", to.Path,
		"status", got.status, "bytes", len(got.body), "took", c.now().Sub(begun), "request", got.requestID())
	if !got.ok() {
		return got, nil // the status alone says what matters
	}
	if len(got.body) > limit {
		return answer{}, got.bad("the answer is larger than %d bytes", limit)
	}
	if err != nil {
		return answer{}, c.broken(ctx, doing, err)
	}
	return got, nil
}

// patiently runs attempt at most maxTries times while trying again makes sense and the waits stay short. What reads may be repeated; what
// changes something marks its error as final where it may have been taken.
func (c *Client) patiently(ctx context.Context, t *tenant, l lane, doing string, attempt func() error) error {
	for try := 1; ; try++ {
		if err := c.cooled(ctx, t, l, doing); err != nil {
			return err
		}
		err := attempt()
		var e *Error
		if err == nil || !errors.As(err, &e) || e.final {
			return err
		}
		again := e.Kind == Throttled || e.Kind == Unavailable
		if again && e.RetryAfter > 0 {
			t.coolUntil(l, c.now().Add(e.RetryAfter))
		}
		if !again || try == maxTries || e.RetryAfter > c.maxWait || c.maxWait < 0 {
			e.final = true // a failed token request was repeated where it was made
			return e
		}
		if e.RetryAfter > 0 {
			continue // the wait is at the head of the loop
		}
		if err := c.waitFor(ctx, doing, min(backoff(try), c.maxWait)); err != nil {
			return err
		}
	}
}

// cooled waits out what Microsoft asked for earlier, or refuses at once when that is too long: requests during throttling
// count against the limit as well.
func (c *Client) cooled(ctx context.Context, t *tenant, l lane, doing string) error {
	left := t.cooling(l, c.now())
	if left == 0 {
		return nil
	}
	if left > c.maxWait {
		return &Error{Kind: Throttled, RetryAfter: left, Message: "not asked: an earlier answer wants us to wait", doing: doing, final: true}
	}
	return c.waitFor(ctx, doing, left)
}

func (c *Client) waitFor(ctx context.Context, doing string, d time.Duration) error {
	begun := c.now()
	err := pause(ctx, d)
	usageOf(ctx).waited.Add(int64(c.now().Sub(begun)))
	if err != nil {
		return c.broken(ctx, doing, err)
	}
	return nil
}

// backoff is the wait before try+1 when Microsoft named none.
func backoff(try int) time.Duration {
	whole := firstWait << (try - 1)
	return whole/2 + rand.N(whole/2)
}

// retryAfter reads the header in both of its forms, seconds and date.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	var wait time.Duration
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if !(seconds > 0) {
			return 0
		}
		wait = time.Duration(min(seconds, maxAsked.Seconds()+1) * float64(time.Second))
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	if wait > maxAsked {
		return unmeant
	}
	return max(0, wait)
}

// isGUID accepts the usual form of an id, 8-4-4-4-12 hexadecimal digits.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range []byte(s) {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if r != '-' {
				return false
			}
		case r >= '0' && r <= '9', r >= 'a' && r <= 'f', r >= 'A' && r <= 'F':
		default:
			return false
		}
	}
	return true
}
