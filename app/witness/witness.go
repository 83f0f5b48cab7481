// Package witness lets the tests of a package prove that nothing that is logged while they run has a secret in it. Only tests use it.
package witness

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// New is a witness that has heard nothing yet.
func New() *Witness { return &Witness{secrets: map[string]string{}} }

// Main is for TestMain: it runs the tests, and then looks through everything that was logged for every secret that passed. It does not return.
func (w *Witness) Main(m *testing.M) {
	code := m.Run()
	if flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" && code == 0 && (w.logged.Len() == 0 || len(w.secrets) == 0) {
		fmt.Fprintln(os.Stderr, "FAIL: the witness heard no log, or learned no secret: it proves nothing")
		code = 1
	}
	if leaks := w.Leaks(); len(leaks) > 0 {
		fmt.Fprintf(os.Stderr, "FAIL: secrets in the log:\n%s\n", strings.Join(leaks[:min(len(leaks), 20)], "\n"))
		code = max(code, 1)
	}
	os.Exit(code)
}

// Heard tells whether something was logged: a witness that hears nothing proves nothing.
func (w *Witness) Heard(text string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Contains(w.logged.String(), text)
}

// Witness hears all that is logged at the most talkative level, and knows the secrets that were used. Safe for concurrent use.
type Witness struct {
	mu      sync.Mutex
	logged  bytes.Buffer
	secrets map[string]string // by the secret, what it is
}

// Write takes what is logged, or answered with a problem.
func (w *Witness) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logged.Write(b)
}

// Log is a logger that the witness hears.
func (w *Witness) Log() *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// shortestSecret is what is not found by chance.
const shortestSecret = 10

// Learn notes a secret in the forms in which it could be written.
func (w *Witness) Learn(kind, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(value) < shortestSecret {
		return
	}
	quoted, err := json.Marshal(value)
	if err != nil {
		quoted = nil
	}
	for _, form := range []string{value, url.QueryEscape(value), url.PathEscape(value), strings.Trim(string(quoted), `"`), strings.Trim(strconv.Quote(value), `"`),
		base64.StdEncoding.EncodeToString([]byte(value)), hex.EncodeToString([]byte(value))} {
		w.secrets[form] = kind
	}
}

// Kinds are the kinds of secrets that passed.
func (w *Witness) Kinds() map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]bool{}
	for _, kind := range w.secrets {
		out[kind] = true
	}
	return out
}

// Leaks are the lines that were logged with a secret in them.
func (w *Witness) Leaks() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return leaksIn(bytes.NewReader(w.logged.Bytes()), w.hides(nil))
}

// LeaksInFiles are the files of a directory with a secret in them. besides are kinds that may stand there.
func (w *Witness) LeaksInFiles(t *testing.T, dir string, besides ...string) []string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	hides := w.hides(besides)
	var out []string
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, leak := range leaksIn(bytes.NewReader(b), hides) {
			out = append(out, filepath.Base(path)+": "+leak)
		}
	}
	return out
}

// hides replaces each secret by its kind.
func (w *Witness) hides(besides []string) *strings.Replacer {
	var pairs []string
	for secret, kind := range w.secrets {
		pairs = append(pairs, secret, leakMark+kind+">>")
	}
	for i := 0; i < len(pairs); i += 2 {
		for _, kind := range besides {
			if pairs[i+1] == leakMark+kind+">>" {
				pairs[i+1] = ""
			}
		}
	}
	return strings.NewReplacer(pairs...)
}

const leakMark = "<<secret: "

func leaksIn(r io.Reader, hides *strings.Replacer) []string {
	var out []string
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if hidden := hides.Replace(line); strings.Contains(hidden, leakMark) {
			at := strings.Index(hidden, leakMark)
			out = append(out, strings.ToValidUTF8(hidden[max(0, at-150):min(len(hidden), at+150)], "?"))
		}
		if err != nil {
			return out
		}
	}
}

// Listens is a browser's transport that lets the witness know the secrets of cookies, and what is answered with problems.
type Listens struct{ *Witness }

// RoundTrip sends a request on its way.
func (l Listens) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	for _, c := range resp.Cookies() {
		l.Learn("cookie", c.Value)
	}
	if resp.StatusCode < http.StatusBadRequest {
		return resp, nil
	}
	body, err := io.ReadAll(resp.Body)
	err = errors.Join(err, resp.Body.Close())
	_, _ = fmt.Fprintf(l.Witness, "answer %d: %s\n", resp.StatusCode, body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, err
}
