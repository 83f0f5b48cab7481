package app

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/witness"
	"roomward/store"
)

// heard is what all tests of this package log at the most talkative level, and the secrets that pass meanwhile.
var heard = ears{witness.New()}

// ears are a witness by the short names that these tests use.
type ears struct{ *witness.Witness }

func (e ears) log() *slog.Logger        { return e.Log() }
func (e ears) learn(kind, value string) { e.Learn(kind, value) }

// listens is a browser's transport that the witness hears.
type listens struct{ ears }

// RoundTrip sends a request on its way.
func (l listens) RoundTrip(req *http.Request) (*http.Response, error) {
	return witness.Listens{Witness: l.Witness}.RoundTrip(req)
}

// TestMain runs the tests, and then looks through everything that was logged for every secret that passed.
func TestMain(m *testing.M) { heard.Main(m) }

// TestSettingsHideTheirSecrets however they are printed.
func TestSettingsHideTheirSecrets(t *testing.T) {
	const secret = "p&ss/w rd \"quoted\" 4711"
	w := witness.New()
	w.Learn("password", secret)
	w.Log().Info("it is " + secret)
	require.Len(t, w.Leaks(), 1, "the witness hears")
	before := len(w.Leaks())
	s := Settings{ClientSecret: secret, SecretKey: secret}
	s.smtpPassword, s.kept.reading.clientSecret, s.kept.acting.certificate = secret, secret, secret
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		w.Log().Info(fmt.Sprintf(verb, s), "settings", s, "pointer", &s, "secret", s.ClientSecret)
	}
	slog.New(slog.NewJSONHandler(w, nil)).Info("x", "settings", s, "config", Config{Settings: s})
	require.Len(t, w.Leaks(), before)
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
		require.True(t, heard.Kinds()[kind], "no %s passed: nothing is proven about it", kind)
	}
	require.True(t, heard.Heard("graph request"), "the log is not heard")
	require.True(t, heard.Heard("sign-in refused"))
	require.Empty(t, heard.Leaks())
	// The verifier and the nonce of a sign-in under way are of no use without its code and the application's own proof; see the README.
	require.Empty(t, heard.LeaksInFiles(t, d.cfg.Data, "code_verifier", "nonce", "master key"))
}
