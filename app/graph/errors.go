package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Kind says what a failure means for whoever has to act on it.
type Kind string

// The kinds of failure. They are stable: callers store and show them.
const (
	NotConsented      Kind = "not-consented"      // the tenant has not consented to the application (AADSTS700016, 65001, 90094)
	PermissionMissing Kind = "permission-missing" // consented, but our token lacks the permission in Error.Permission
	SecretInvalid     Kind = "secret-invalid"     // AADSTS7000215
	SecretExpired     Kind = "secret-expired"     // AADSTS7000222
	AssertionInvalid  Kind = "assertion-invalid"  // the certificate or its assertion is not accepted (AADSTS700027 and its kin)
	AppDisabled       Kind = "app-disabled"       // the registration is disabled (AADSTS7000112) or not multi-tenant (50194)
	ConditionalAccess Kind = "conditional-access" // a policy of the tenant blocks us (AADSTS53003, 50076)
	TenantUnknown     Kind = "tenant-unknown"     // no such tenant in this cloud (AADSTS90002)
	WrongCloud        Kind = "wrong-cloud"        // the tenant lives in another Microsoft cloud (AADSTS900382)
	ClockSkew         Kind = "clock-skew"         // our clock and Microsoft's differ, so that tokens or assertions are not valid (AADSTS700024)
	Throttled         Kind = "throttled"          // try again after Error.RetryAfter
	Gone              Kind = "gone"               // the API is not there for this tenant: devices (graph.md 0), presence, Intune
	NotFound          Kind = "not-found"          // the one thing asked for does not exist
	Forbidden         Kind = "forbidden"          // refused although the permission is in the token, or for an unknown reason
	Unavailable       Kind = "unavailable"        // 5xx, network or time limit of a request: what we know is stale, not wrong
	BadAnswer         Kind = "bad-answer"         // not to be decoded, too large, too many pages, foreign next link, other tenant
	BadRequest        Kind = "bad-request"        // Microsoft refused the request as malformed: a fault of ours
	Conflict          Kind = "conflict"           // 409
	Canceled          Kind = "canceled"           // the caller's context ended
)

// Error is every failure of this package. It never contains a token or a secret.
type Error struct {
	Kind       Kind
	Status     int           // of the HTTP answer, 0 when there was none
	Code       string        // Graph's error.code or Entra's error; "UnknownError" says nothing (graph.md 8)
	Message    string        // Microsoft's text, shortened to one line
	RequestID  string        // Graph's request-id or Entra's trace id, for support
	AADSTS     int           // Entra's error number, 0 when there is none
	RetryAfter time.Duration // how long Microsoft asked us to wait, 0 when it did not say
	Permission string        // the least permission that the call needs, when Kind is PermissionMissing
	Uncertain  bool          // the request changes something, failed, and may have been taken nevertheless

	doing string
	final bool      // trying again was already considered
	lost  []Remnant // of items that the list which came, too, lacks because they could not be used
	cause error
}

// Error says what was being done, the kind, and what Microsoft said.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "graph: %s: %s", e.doing, e.Kind)
	for _, part := range []struct {
		name, value string
	}{
		{"status", number0(e.Status)}, {"code", e.Code}, {"AADSTS", number0(e.AADSTS)}, {"permission", e.Permission},
		{"retry after", duration0(e.RetryAfter)}, {"request", e.RequestID},
	} {
		if part.value != "" {
			fmt.Fprintf(&b, ", %s %s", part.name, part.value)
		}
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	return b.String()
}

// Unwrap is the cause in the network or the context, when there is one.
func (e *Error) Unwrap() error { return e.cause }

// KindOf is the Kind of an error of this package. A bare context error counts as Canceled; nil and foreign errors give "".
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Canceled
	}
	return ""
}

func number0(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func duration0(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.Round(time.Second).String()
}

// tokenLike matches a JWT or the beginning of one.
var tokenLike = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{4,}(\.[A-Za-z0-9_-]*)*`)

// broken turns an error of the transport into Canceled or Unavailable. It leaves out the address, which may hold what
// somebody searched for.
func (c *Client) broken(ctx context.Context, doing string, err error) *Error {
	var addressed *url.Error
	if errors.As(err, &addressed) {
		err = addressed.Err
	}
	if own := ctx.Err(); own != nil {
		return &Error{Kind: Canceled, Message: own.Error(), doing: doing, cause: own}
	}
	// Who has not answered within the time of a request is not asked again at once: that would keep a worker for minutes, and the caller comes
	// back later anyway.
	late := errors.Is(err, context.DeadlineExceeded)
	return &Error{Kind: Unavailable, Message: c.say(err.Error()), doing: doing, cause: err, final: late}
}

// say makes foreign text fit for an error and a log line. It hides before it shortens: half a secret would not be recognised.
func (c *Client) say(foreign string) string {
	return clip(c.hide(strings.Join(strings.Fields(clean(foreign)), " ")), maxSaid)
}

// graphError classifies an answer of Graph, by status first: codes and texts are often empty (graph.md 8).
func (c *Client) graphError(rq request, got answer) *Error {
	e := &Error{Status: got.status, RequestID: got.requestID(), RetryAfter: retryAfter(got.header, c.now()), doing: rq.doing}
	var wire struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Inner   struct {
				RequestID text `json:"request-id"`
			} `json:"innerError"`
		} `json:"error"`
	}
	if err := loose(got.body, &wire); err == nil {
		e.Code = c.say(wire.Error.Code)
		e.Message = c.say(wire.Error.Message)
		if e.RequestID == "" {
			e.RequestID = oneLine(string(wire.Error.Inner.RequestID))
		}
	}
	e.Kind = kindOfStatus(got.status)
	if rq.lane != devices && rq.lane != communications && rq.lane != intune {
		return e
	}
	noSegment := strings.Contains(strings.ToLower(e.Message), "resource not found for the segment")
	missing := got.status == http.StatusNotFound || got.status == http.StatusGone
	refusal := missing || got.status == http.StatusBadRequest
	if missing && rq.collection || noSegment && refusal || rq.collection && retired(e) && (refusal || got.status == http.StatusForbidden) {
		e.Kind = Gone
	}
	return e
}

func kindOfStatus(status int) Kind {
	switch {
	case status == http.StatusTooManyRequests || status == 509: // 509 is Graph's bandwidth limit
		return Throttled
	case status >= 500 || status == http.StatusRequestTimeout:
		return Unavailable
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusPaymentRequired:
		return Forbidden
	case status == http.StatusNotFound || status == http.StatusGone:
		return NotFound
	case status == http.StatusConflict:
		return Conflict
	case status >= 400:
		return BadRequest
	}
	return BadAnswer // a redirect, or a success that the call does not know
}

// loginError classifies an answer of Entra: by status, then by error number, then by OAuth error.
func (c *Client) loginError(got answer) *Error {
	e := &Error{Status: got.status, RequestID: got.requestID(), RetryAfter: retryAfter(got.header, c.now()), doing: got.doing}
	var wire struct {
		Error       string          `json:"error"`
		Description string          `json:"error_description"`
		Codes       json.RawMessage `json:"error_codes"`
		TraceID     text            `json:"trace_id"`
	}
	if err := loose(got.body, &wire); err == nil {
		e.Code = c.say(wire.Error)
		e.Message = c.say(wire.Description)
		e.AADSTS = errorNumber(wire.Codes, wire.Description)
		if wire.TraceID != "" {
			e.RequestID = oneLine(string(wire.TraceID))
		}
	}
	e.Kind = kindOfStatus(got.status)
	if e.Kind == Throttled || e.Kind == Unavailable || e.Kind == BadAnswer {
		return e
	}
	if kind, known := kindOfAADSTS(e.AADSTS); known {
		e.Kind = kind
		return e
	}
	switch {
	case e.Code == "invalid_client" && c.sign != nil:
		e.Kind = AssertionInvalid
	case e.Code == "invalid_client":
		e.Kind = SecretInvalid
	case e.Code == "invalid_tenant":
		e.Kind = TenantUnknown
	case e.Code == "temporarily_unavailable":
		e.Kind = Unavailable
	case e.Code == "unauthorized_client" || e.Code == "invalid_grant" || e.Code == "access_denied":
		e.Kind = Forbidden
	}
	return e
}

// kindOfAADSTS maps Entra's numbers (graph.md 6). Microsoft may change them, so an unknown one is no fault.
func kindOfAADSTS(number int) (Kind, bool) {
	switch number {
	case 700016, 65001, 65004, 90094, 90099, 7000229:
		return NotConsented, true
	case 7000215, 7000218:
		return SecretInvalid, true
	case 7000222:
		return SecretExpired, true
	case 700021, 700022, 700023, 700027, 700030:
		return AssertionInvalid, true
	case 700024:
		return ClockSkew, true
	case 7000112, 50194:
		return AppDisabled, true
	case 50076, 50079, 50158, 53000, 53001, 53002, 53003, 53004, 530003, 530031, 530032, 530034, 530035:
		return ConditionalAccess, true
	case 90002, 900021, 900023:
		return TenantUnknown, true
	case 900382:
		return WrongCloud, true
	case 90055:
		return Throttled, true
	}
	return "", false
}

var aadsts = regexp.MustCompile(`AADSTS(\d{4,9})`)

// errorNumber takes the first of error_codes, or the number in the description where the list is missing.
func errorNumber(codes json.RawMessage, description string) int {
	var list []number
	if err := loose(codes, &list); err == nil {
		for _, n := range list {
			if v, ok := n.integer(); ok && v > 0 {
				return v
			}
		}
	}
	var n int
	if found := aadsts.FindStringSubmatch(description); found != nil {
		fmt.Sscan(found[1], &n)
	}
	return n
}

const maxSaid = 500 // bytes of foreign text in an error

// oneLine makes the name of an exchange fit for a log line: no control characters, not long.
func oneLine(s string) string {
	return clip(strings.Join(strings.Fields(clean(s)), " "), maxSaid)
}
