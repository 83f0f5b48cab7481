package cloudsim

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"roomward/testdata"
)

// Trouble is what goes wrong at one endpoint of a tenant until it is switched off.
type Trouble struct {
	// At is the endpoint, as Requests counts it: "token", "rooms", "devices", "health", "users", ...; besides these "discovery" and "keys", of the
	// tenant or of "organizations". Empty is every request to Graph.
	At string
	// What goes wrong.
	What Misbehaviour
	// Times ends it after so many answers; zero never does.
	Times int
}

// Misbehaviour is one way in which a service answers badly.
type Misbehaviour string

// The ways to answer badly. Those of the second half spoil the true answer.
const (
	Slow             Misbehaviour = "slow"             // silent for five seconds, then the true answer
	Hanging          Misbehaviour = "hanging"          // silent until the client goes
	Dripping         Misbehaviour = "dripping"         // a byte a second, for ever
	Endless          Misbehaviour = "endless"          // a list that never ends, as fast as it is read
	Bomb             Misbehaviour = "bomb"             // the same, compressed a thousand times
	Down             Misbehaviour = "down"             // 503 without a word
	GatewayTimeout   Misbehaviour = "gateway-timeout"  // 504 and a page of some gateway
	HTMLPage         Misbehaviour = "html-page"        // 200 and a page, as of a proxy that wants a sign-in
	NoBody           Misbehaviour = "no-body"          // 200 and nothing
	Redirect         Misbehaviour = "redirect"         // to another host
	RedirectLoop     Misbehaviour = "redirect-loop"    // to itself
	ThrottledMute    Misbehaviour = "throttled"        // 429 without Retry-After
	ThrottledAbsurd  Misbehaviour = "throttled-absurd" // 429 with a Retry-After of three thousand years
	NotYetValid      Misbehaviour = "not-yet-valid"    // 401: by the clock of this service a new token is of the future
	CutOff           Misbehaviour = "cut-off"          // half of the answer, then the connection ends
	WrongLength      Misbehaviour = "wrong-length"     // the whole answer, less than Content-Length says
	WrongTypes       Misbehaviour = "wrong-types"      // texts where numbers are due, numbers where enumerations are, lists where objects are
	Nulls            Misbehaviour = "nulls"            // null in place of everything but ids
	NoList           Misbehaviour = "no-list"          // an object where the list is due
	NoIDs            Misbehaviour = "no-ids"           // every second item of a list has lost its ids
	EndlessPages     Misbehaviour = "endless-pages"    // each page has a next one
	SamePage         Misbehaviour = "same-page"        // the next page is the same one
	OtherHostPages   Misbehaviour = "other-host-pages" // the next page is on another host
	OtherSchemePages Misbehaviour = "other-scheme-pages"
	UserInfoPages    Misbehaviour = "user-info-pages" // the address of the next page holds a name and a password
	OutsidePages     Misbehaviour = "outside-pages"   // the next page is on this host, outside Graph
)

// Misbehaviours lists them all, in the order of the constants.
func Misbehaviours() []Misbehaviour {
	return []Misbehaviour{Slow, Hanging, Dripping, Endless, Bomb, Down, GatewayTimeout, HTMLPage, NoBody, Redirect, RedirectLoop, ThrottledMute,
		ThrottledAbsurd, NotYetValid, CutOff, WrongLength, WrongTypes, Nulls, NoList, NoIDs, EndlessPages, SamePage, OtherHostPages, OtherSchemePages,
		UserInfoPages, OutsidePages}
}

// recorded is the beginning of a Misbehaviour that answers with a recorded example of Microsoft's errors.
const recorded = "recorded "

// Recorded answers with an example of testdata/graph, byte by byte: "errors/403.UnknownError.json", "entra/token.error.53003.json".
func Recorded(file string) Misbehaviour { return Misbehaviour(recorded + file) }

// slowness is how long a slow service says nothing.
const slowness = 5 * time.Second

// absurdWait is a Retry-After that nobody can mean, in seconds.
const absurdWait = "99999999999"

// RecordedErrors are the files of Microsoft's recorded errors, for Recorded.
func RecordedErrors() ([]string, error) {
	var files []string
	for _, dir := range []string{"entra", "errors"} {
		entries, err := testdata.Errors.ReadDir("graph/" + dir)
		if err != nil {
			return nil, fmt.Errorf("list the recorded errors: %w", err)
		}
		for _, e := range entries {
			files = append(files, dir+"/"+e.Name())
		}
	}
	return files, nil
}

// take finds what goes wrong with this request, and uses it up. The key is the id of a tenant or "organizations".
func (s *Server) take(key, at string) Misbehaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults[strings.ToLower(key)]
	ofGraph := at != "token" && at != "discovery" && at != "keys"
	i := slices.IndexFunc(f.Troubles, func(t Trouble) bool { return t.At == at || t.At == "" && ofGraph })
	if i < 0 {
		return ""
	}
	what := f.Troubles[i].What
	if f.Troubles[i].Times > 0 {
		f.Troubles = slices.Clone(f.Troubles)
		if f.Troubles[i].Times--; f.Troubles[i].Times == 0 {
			f.Troubles = slices.Delete(f.Troubles, i, i+1)
		}
		s.faults[strings.ToLower(key)] = f
	}
	return what
}

// misbehave answers badly; proper is what would have answered well.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, what Misbehaviour, proper http.HandlerFunc) {
	say := func(status int, kind, body string) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
	const page = "<!doctype html><html><head><title>Sign in</title></head><body>This network asks you to sign in.</body></html>"
	switch what {
	case "":
		proper(w, r)
	case Slow:
		if waits(r, slowness) {
			proper(w, r)
		}
	case Hanging:
		// A client that goes is noticed once its request was read; and the server must not be the one that gives up.
		_, _ = io.Copy(io.Discard, r.Body)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		<-r.Context().Done()
	case Dripping, Endless, Bomb:
		pour(w, r, what)
	case Down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case GatewayTimeout:
		say(http.StatusGatewayTimeout, "text/html", page)
	case HTMLPage:
		say(http.StatusOK, "text/html", page)
	case NoBody:
		w.WriteHeader(http.StatusOK)
	case Redirect:
		w.Header().Set("Location", "https://graph.attacker.example"+r.URL.Path)
		w.WriteHeader(http.StatusTemporaryRedirect)
	case RedirectLoop:
		w.Header().Set("Location", r.URL.RequestURI())
		w.WriteHeader(http.StatusTemporaryRedirect)
	case ThrottledMute, ThrottledAbsurd:
		if what == ThrottledAbsurd {
			w.Header().Set("Retry-After", absurdWait)
		}
		s.writeGraph(w, r, graphError(http.StatusTooManyRequests, "TooManyRequests", "Too many requests"))
	case NotYetValid:
		s.writeGraph(w, r, graphError(http.StatusUnauthorized, "InvalidAuthenticationToken", "Lifetime validation failed, the token is not yet valid."))
	default:
		if file, ok := strings.CutPrefix(string(what), recorded); ok {
			s.replay(w, file)
			return
		}
		spoil(w, r, what, proper)
	}
}

// replay answers with a recorded error. Its name tells the status of Graph's; those of Entra have what their number has.
func (s *Server) replay(w http.ResponseWriter, file string) {
	body, err := testdata.Errors.ReadFile("graph/" + file)
	if err != nil {
		http.Error(w, "no such recorded answer", http.StatusNotImplemented)
		return
	}
	_, name, _ := strings.Cut(file, "/")
	status, err := strconv.Atoi(strings.Split(name, ".")[0])
	if err != nil {
		switch status = http.StatusBadRequest; strings.Split(name, ".")[2] {
		case "7000215", "7000222", "700027":
			status = http.StatusUnauthorized
		case "90055":
			status = http.StatusTooManyRequests
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// waits lets time go by and tells whether the client is still there.
func waits(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// pour writes a list that never ends, until the client has enough.
func pour(w http.ResponseWriter, r *http.Request, what Misbehaviour) {
	_, _ = io.Copy(io.Discard, r.Body)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	w.Header().Set("Content-Type", "application/json")
	out, flush := io.Writer(w), func() error { return http.NewResponseController(w).Flush() }
	chunk := bytes.Repeat([]byte(`{"id":"00000000-0000-4000-8000-000000000000","displayName":"again"},`), 500)
	if what == Dripping {
		chunk = []byte(" ")
	}
	if what == Bomb {
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		defer func() { _ = packed.Close() }()
		out = packed
	}
	_, err := io.WriteString(out, `{"value":[`)
	for err == nil && r.Context().Err() == nil {
		if what == Dripping && !waits(r, time.Second) {
			return
		}
		if _, err = out.Write(chunk); err == nil && what != Bomb {
			err = flush()
		}
	}
}
