package graph

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const (
	tenantA = "b1c2d3e4-1111-4a2b-8c3d-0123456789ab"
	tenantB = "c2d3e4f5-2222-4b3c-9d4e-123456789abc"
	secret  = "Xq8~very-secret/value+with=signs"
)

var allRoles = []string{"Organization.Read.All", "Place.Read.All", "User.Read.All", "TeamworkDevice.Read.All", "GroupMember.Read.All"}

// fake is a Microsoft cloud in memory: it needs no network, so that tests can run in a synctest bubble with its own clock.
type fake struct {
	t     *testing.T
	graph func(w http.ResponseWriter, r *http.Request)
	login func(w http.ResponseWriter, r *http.Request) // nil: always a token with roles
	roles []string
	log   bytes.Buffer

	mu     sync.Mutex
	seen   []string // method and address of each request to Graph
	bodies []string
	tokens int // requests to the token endpoint
}

func newFake(t *testing.T, graph func(w http.ResponseWriter, r *http.Request)) *fake {
	return &fake{t: t, graph: graph, roles: allRoles}
}

// client is a Client of the fake cloud; change may alter its configuration.
func (f *fake) client(change ...func(*Config)) *Client {
	f.t.Helper()
	heard.Learn("client_secret", secret)
	cfg := Config{
		Cloud:      Cloud{Login: "https://login.example", Graph: "https://graph.example"},
		Credential: Credential{ClientID: "app-1", Secret: secret},
		HTTP:       &http.Client{Transport: f},
		Log:        slog.New(slog.NewJSONHandler(io.MultiWriter(&f.log, heard), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if r.URL.Host == "login.example" {
		f.mu.Lock()
		f.tokens++
		n := f.tokens
		f.mu.Unlock()
		if f.login != nil {
			f.login(w, r)
		} else {
			giveToken(w, strings.Split(r.URL.Path, "/")[1], n, f.roles...)
		}
	} else {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		f.seen = append(f.seen, r.Method+" "+r.URL.String())
		f.bodies = append(f.bodies, string(body))
		f.mu.Unlock()
		f.graph(w, r)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

func (f *fake) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.seen...)
}

// jwtOf is an unsigned token, as good as a real one for a client that may not look into it.
func jwtOf(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"typ":"JWT","alg":"RS256"}`)) + "." + encode(payload) + "." + encode([]byte("signature"))
}

func giveToken(w http.ResponseWriter, tenant string, n int, roles ...string) {
	token := jwtOf(map[string]any{"tid": tenant, "roles": roles, "uti": n})
	heard.Learn("access_token", token)
	fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":%q}`, token)
}

// example is a file of testdata/graph.
func example(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "testdata", "graph", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// always answers every request with the same status, headers (name, value, ...) and body.
func always(status int, body string, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// inTurn gives the answers one after the other; the last one stays.
func inTurn(answers ...func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request) {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		answer := answers[min(n, len(answers)-1)]
		n++
		mu.Unlock()
		answer(w, r)
	}
}

func wantKind(t *testing.T, err error, want Kind) *Error {
	t.Helper()
	e, ok := err.(*Error)
	if !ok || e.Kind != want {
		t.Fatalf("error %v of kind %q, want kind %q", err, KindOf(err), want)
	}
	return e
}
