package app

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
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

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/store"
)

// heard is what all tests of this package log at the most talkative level, and the secrets that pass meanwhile.
var heard = &witness{secrets: map[string]string{}}

// TestMain runs the tests, and then looks through everything that was logged for every secret that passed.
func TestMain(m *testing.M) {
	code := m.Run()
	if leaks := heard.leaks(); len(leaks) > 0 {
		fmt.Fprintf(os.Stderr, "FAIL: secrets in the log:\n%s\n", strings.Join(leaks[:min(len(leaks), 20)], "\n"))
		code = max(code, 1)
	}
	os.Exit(code)
}

// witness hears all that is logged, and knows the secrets that were used.
type witness struct {
	mu      sync.Mutex
	logged  bytes.Buffer
	secrets map[string]string // by the secret, what it is
}

// Write takes what is logged, or answered with a problem.
func (w *witness) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logged.Write(b)
}

func (w *witness) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// shortestSecret is what is not found by chance.
const shortestSecret = 10

// learn notes a secret in the forms in which it could be written.
func (w *witness) learn(kind, value string) {
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

// kinds are the kinds of secrets that passed.
func (w *witness) kinds() map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]bool{}
	for _, kind := range w.secrets {
		out[kind] = true
	}
	return out
}

// leaks are the lines that were logged with a secret in them.
func (w *witness) leaks() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return leaksIn(bytes.NewReader(w.logged.Bytes()), w.hides(nil))
}

// leaksInFiles are the files of a directory with a secret in them. besides are kinds that may stand there.
func (w *witness) leaksInFiles(t *testing.T, dir string, besides ...string) []string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	hides := w.hides(besides)
	var out []string
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	for _, path := range files {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, leak := range leaksIn(bytes.NewReader(b), hides) {
			out = append(out, filepath.Base(path)+": "+leak)
		}
	}
	return out
}

// hides replaces each secret by its kind.
func (w *witness) hides(besides []string) *strings.Replacer {
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

// listens is a browser's transport that lets the witness know the secrets of cookies, and what is answered with problems.
type listens struct{ *witness }

// RoundTrip sends a request on its way.
func (l listens) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	for _, c := range resp.Cookies() {
		l.learn("cookie", c.Value)
	}
	if resp.StatusCode < http.StatusBadRequest {
		return resp, nil
	}
	body, err := io.ReadAll(resp.Body)
	err = errors.Join(err, resp.Body.Close())
	_, _ = fmt.Fprintf(l.witness, "answer %d: %s\n", resp.StatusCode, body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, err
}

// TestTheWitnessFindsLeaks plants secrets: else a witness that hears nothing would find nothing.
func TestTheWitnessFindsLeaks(t *testing.T) {
	const secret = "p&ss/w rd \"quoted\" 4711"
	w := &witness{secrets: map[string]string{}}
	w.learn("password", secret)
	w.learn("short", "abc")
	w.log().Info("abc is no secret", "error", errors.New("something else"))
	require.Empty(t, w.leaks())
	for name, plant := range map[string]func(){
		"message":   func() { w.log().Debug("it is " + secret) },
		"attribute": func() { w.log().Error("x", "error", fmt.Errorf("refused: %v", struct{ Password string }{secret})) },
		"address": func() {
			w.log().Warn("x", "error", &url.Error{Op: "Get", URL: "https://x/?code=" + url.QueryEscape(secret), Err: io.EOF})
		},
		"base64":     func() { w.log().Info(base64.StdEncoding.EncodeToString([]byte(secret))) },
		"a struct":   func() { w.log().Info("x", "settings", DemoSettings{Data: secret}) },
		"an address": func() { w.log().Info("GET /x?state=" + url.PathEscape(secret)) },
	} {
		before := len(w.leaks())
		plant()
		require.Len(t, w.leaks(), before+1, name)
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x"), []byte("a\nb"+secret+"c"), 0o600))
	require.Len(t, w.leaksInFiles(t, dir), 1)
	require.Empty(t, w.leaksInFiles(t, dir, "password"))
	// Settings that are secret hide themselves, however they are printed.
	before := len(w.leaks())
	s := Settings{ClientSecret: secret, SecretKey: secret}
	s.smtpPassword, s.kept.clientSecret, s.kept.certificate = secret, secret, secret
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		w.log().Info(fmt.Sprintf(verb, s), "settings", s, "pointer", &s, "secret", s.ClientSecret)
	}
	slog.New(slog.NewJSONHandler(w, nil)).Info("x", "settings", s, "config", Config{Settings: s})
	require.Len(t, w.leaks(), before)
}

// TestSecretsStayIn lives through a day of the demo, with what goes wrong on it, and looks for every secret in the log, in the answers and in the
// files of the data directory.
func TestSecretsStayIn(t *testing.T) {
	d := startDemo(t)
	const mail = "Pa55word-of-the-mail-server"
	heard.learn("smtp-password", mail)
	require.NoError(t, d.Store.KeepSecret(t.Context(), store.System("test"), store.SecretMailPassword, []byte(mail)))
	for _, name := range []string{store.SecretKeyName} {
		text, err := os.ReadFile(filepath.Join(d.cfg.Data, name))
		require.NoError(t, err)
		heard.learn("master key", strings.TrimSpace(string(text)))
	}

	manager := d.signIn(t, "tenant.manager@partner.example")
	status, body := manager.call("POST", "/api/invitation-codes", map[string]any{"note": "for a test", "expiresInDays": 7})
	require.Equal(t, http.StatusCreated, status, body)
	var made struct{ Text string }
	require.NoError(t, json.Unmarshal([]byte(body), &made))
	require.NotEmpty(t, made.Text)
	heard.learn("invitation code", made.Text)
	admin := d.signIn(t, "admin@woodgrove.example")
	giveConsent(t, admin)
	invitation := map[string]any{"partnerDomain": "partner.example", "code": made.Text, "expiresInDays": 7, "agreedTerms": "not read", "grant": map[string]any{"all": true}}
	status, _ = admin.call("POST", "/api/partnership/invitations", invitation)
	require.GreaterOrEqual(t, status, http.StatusBadRequest)
	invitation["code"] = made.Text + "?"
	status, _ = admin.call("POST", "/api/partnership/invitations", invitation)
	require.GreaterOrEqual(t, status, http.StatusBadRequest)

	// Sign-ins that go wrong: a state of nobody, the same code twice, an error that quotes the code, a machine with a made-up token.
	stray := "0.STRAY-CODE-that-somebody-sends-4711"
	heard.learn("code", stray)
	for _, q := range []url.Values{{"code": {stray}, "state": {"no-state-of-anybody"}}, {"error": {"server_error"}, "error_description": {"code"}, "state": {stray}}} {
		_, _ = d.visitor(t, "x").call("GET", "/signin/callback?"+q.Encode(), nil)
	}
	_, _ = manager.call("GET", "/api/rooms?cursor="+url.QueryEscape(stray), nil)
	req, err := http.NewRequestWithContext(t.Context(), "GET", d.cfg.PublicURL+"/api/me", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+stray)
	req.AddCookie(&http.Cookie{Name: "roomward", Value: stray})
	resp, err := (&http.Client{Transport: listens{heard}}).Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())

	// The cloud fails in ways that quote what was asked, and then is gone.
	for _, tenant := range d.world.Tenants {
		d.cloud.SetFaults(tenant.ID, cloudsim.Faults{ServerErrors: 3, Throttle: 1, ForeignNextLinks: true})
	}
	d.Collect.Kick()
	_ = d.signIn(t, "primary.admin@partner.example")
	require.NoError(t, d.cloud.Close())
	for _, login := range []string{"technician@partner.example", "admin@woodgrove.example"} {
		v := d.visitor(t, login)
		resp, err := v.client.Get(v.base + "/signin?" + url.Values{"login_hint": {login}}.Encode())
		if err == nil {
			require.NoError(t, resp.Body.Close())
		}
	}
	_, err = d.Graph.User(t.Context(), d.world.Partner.ID, "nobody")
	require.Error(t, err)
	d.cfg.Log.Error("as a caller does", "error", err)

	for _, kind := range []string{"client_secret", "code", "code_verifier", "state", "nonce", "access_token", "id_token", "cookie", "smtp-password", "master key", "invitation code"} {
		require.True(t, heard.kinds()[kind], "no %s passed: nothing is proven about it", kind)
	}
	require.Contains(t, heard.logged.String(), "graph request", "the log is not heard")
	require.Contains(t, heard.logged.String(), "sign-in refused")
	require.Empty(t, heard.leaks())
	// The verifier and the nonce of a sign-in under way are of no use without its code and the application's own proof; see the README.
	require.Empty(t, heard.leaksInFiles(t, d.cfg.Data, "code_verifier", "nonce", "master key"))
}
