package cloudsim

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// operation is one address of Graph: how it is counted, the permissions of which one is needed, and what it does.
type operation struct {
	pattern string // below the version
	kind    string
	needs   []string
	do      func(*call) answer
}

// call is one request to Graph after its token was checked. Operations run while the world cannot change but by themselves.
type call struct {
	s      *Server
	r      *http.Request
	body   []byte
	t      *Tenant
	app    string // client id of the application that calls
	query  url.Values
	faults Faults
	now    time.Time
	root   string // the address of the service, "http://127.0.0.1:1234/graph"
	at     string // with the version
}

// answer is what an operation says. A text goes out as it is, a body as JSON.
type answer struct {
	status int
	body   any
	text   string
	retry  time.Duration // Retry-After, when it is not zero
	// location goes out alone, in its header; lost cuts the connection instead of an answer.
	location string
	lost     bool
}

// graphRoutes are the addresses below /graph, named as below https://graph.microsoft.com.
func (s *Server) graphRoutes(mux *http.ServeMux) {
	for _, version := range []string{"v1.0", "beta"} {
		ops := slices.Concat(placeOperations(), directoryOperations(), presenceOperations(), managedOperations())
		if version == "beta" {
			ops = append(ops, deviceOperations()...)
		}
		for _, op := range ops {
			method, path, _ := strings.Cut(op.pattern, " ")
			mux.HandleFunc(method+" /graph/"+version+path, s.graph(version, op))
		}
	}
	mux.HandleFunc("/graph/", s.graph("", operation{kind: "unknown", do: unknownSegment}))
}

func (s *Server) graph(version string, op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t, as, refused := s.bearer(r)
		if refused != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="", authorization_uri="`+s.base(r)+`/login/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`)
			s.writeGraph(w, r, *refused)
			return
		}
		s.stamp(w, t.ID)
		leave, throttled := s.admit(t, op, r)
		defer leave()
		if throttled != nil {
			s.writeGraph(w, r, *throttled)
			return
		}
		s.misbehave(w, r, s.take(t.ID, op.kind), func(w http.ResponseWriter, r *http.Request) { s.operate(w, r, version, op, t, as) })
	}
}

// operate answers a request that was let in.
func (s *Server) operate(w http.ResponseWriter, r *http.Request, version string, op operation, t *Tenant, as accessClaims) {
	faults, troubled := s.trouble(t, op)
	switch {
	case troubled != nil:
		s.writeGraph(w, r, *troubled)
		return
	case len(op.needs) > 0 && !slices.ContainsFunc(op.needs, func(p string) bool { return slices.Contains(as.Roles, p) }):
		s.writeGraph(w, r, graphError(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.writeGraph(w, r, badRequest("Unable to read the request."))
		return
	}
	root := s.base(r) + "/graph"
	c := &call{
		s: s, r: r, body: body, t: t, app: as.AppID, query: r.URL.Query(), faults: faults, now: s.opts.Now(), root: root, at: root + "/" + version,
	}
	s.writeGraph(w, r, s.perform(op, c))
}

// perform does the operation: many at a time read the world, one alone changes it.
func (s *Server) perform(op operation, c *call) answer {
	if op.kind == "restart" {
		s.mu.Lock()
		defer s.mu.Unlock()
		c.faults = s.faults[c.t.ID] // of this moment, since some are used up
		return op.do(c)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return op.do(c)
}

// bearer finds the tenant and the permissions of the request's token.
func (s *Server) bearer(r *http.Request) (*Tenant, accessClaims, *answer) {
	var c accessClaims
	refuse := func(code, text string) *answer {
		a := graphError(http.StatusUnauthorized, code, text)
		return &a
	}
	text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if text == "" {
		return nil, c, refuse("InvalidAuthenticationToken", "Access token is empty.")
	}
	tok, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil || tok.Claims(s.access, &c) != nil {
		return nil, c, refuse("InvalidAuthenticationToken", "CompactToken parsing failed with error code: 80049217")
	}
	if s.opts.Now().After(c.Expiry.Time()) {
		return nil, c, refuse("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.byKey[c.TID]
	consented := false
	if t != nil {
		consented, _ = t.gave(s.registered(c.AppID).which)
	}
	if !consented || s.faults[c.TID].NotConsented {
		return nil, c, refuse("Authorization_IdentityNotFound", "The identity of the calling application could not be established.")
	}
	return t, c, nil
}

// admit counts the request and answers it when it is over a limit. leave must be called when it is answered.
func (s *Server) admit(t *Tenant, op operation, r *http.Request) (leave func(), refused *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(t, op.kind)
	wait, left := s.meter.enter(t, op, r, s.opts.Now())
	leave = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		left()
	}
	if wait <= 0 {
		return leave, nil
	}
	a := s.throttled(t, op)
	a.retry = (wait + time.Second - 1).Truncate(time.Second)
	return leave, &a
}

// throttled counts a 429 answer and gives it; the caller holds the lock.
func (s *Server) throttled(t *Tenant, op operation) answer {
	s.count(t, "throttled")
	if op.workload() == outlook {
		return graphError(http.StatusTooManyRequests, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.")
	}
	return graphError(http.StatusTooManyRequests, "TooManyRequests", "Too many requests")
}

// trouble answers with the tenant's switched-on fault where there is one.
func (s *Server) trouble(t *Tenant, op operation) (Faults, *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults[t.ID]
	devices := op.workload() == teams
	var a answer
	switch {
	case f.Throttle > 0:
		f.Throttle--
		s.faults[t.ID] = f
		a = s.throttled(t, op)
		a.retry = f.RetryAfter
	case devices && f.DevicesGone:
		a = graphError(http.StatusNotFound, "ResourceNotFound", "Resource not found for the segment 'devices'.")
	case devices && f.DevicesForbidden:
		a = graphError(http.StatusForbidden, "UnknownError", "")
	case op.kind == "presence" && f.NoPresence:
		a = graphError(http.StatusForbidden, "UnknownError", "")
	case devices && f.ServerErrors > 0:
		f.ServerErrors--
		s.faults[t.ID] = f
		a = graphError(http.StatusInternalServerError, "InternalServerError", "")
	default:
		return f, nil
	}
	return f, &a
}

// graphFault is the body of every Graph error (graph.md 8); ids and date are filled in when it is written.
type graphFault struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Inner   struct {
			Date     string `json:"date"`
			Request  string `json:"request-id"`
			ClientID string `json:"client-request-id"`
		} `json:"innerError"`
	} `json:"error"`
}

func graphError(status int, code, message string) answer {
	var f graphFault
	f.Error.Code, f.Error.Message = code, message
	return answer{status: status, body: &f}
}

func badRequest(format string, args ...any) answer {
	return graphError(http.StatusBadRequest, "BadRequest", fmt.Sprintf(format, args...))
}

func unsupported(format string, args ...any) answer {
	return graphError(http.StatusBadRequest, "Request_UnsupportedQuery", fmt.Sprintf(format, args...))
}

func noResource(id string) answer {
	return graphError(http.StatusNotFound, "Request_ResourceNotFound", fmt.Sprintf("Resource '%s' does not exist or one of its queried reference-property objects are not present.", id))
}

func unknownSegment(c *call) answer {
	segments := strings.Split(strings.Trim(c.r.URL.Path, "/"), "/")
	return graphError(http.StatusNotFound, "ResourceNotFound", fmt.Sprintf("Resource not found for the segment '%s'.", segments[len(segments)-1]))
}

func (s *Server) writeGraph(w http.ResponseWriter, r *http.Request, a answer) {
	if a.lost {
		panic(http.ErrAbortHandler)
	}
	id := randomGUID()
	client := r.Header.Get("client-request-id")
	if client == "" {
		client = id
	}
	h := w.Header()
	h.Set("request-id", id)
	h.Set("client-request-id", client)
	if f, isFault := a.body.(*graphFault); isFault {
		f.Error.Inner.Date = s.opts.Now().UTC().Format("2006-01-02T15:04:05")
		f.Error.Inner.Request, f.Error.Inner.ClientID = id, client
	}
	if a.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(a.retry.Seconds())))
	}
	if a.text != "" || a.location != "" {
		h.Set("Content-Type", "text/plain")
		if a.location != "" {
			h.Set("Location", a.location)
		}
		w.WriteHeader(a.status)
		_, _ = w.Write([]byte(a.text))
		return
	}
	h.Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	writeJSON(w, a.status, a.body)
}
