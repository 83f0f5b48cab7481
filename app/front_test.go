package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOneWayToTLS(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("a-token-that-nobody-guesses\n"), 0o600))
	short := filepath.Join(t.TempDir(), "short")
	require.NoError(t, os.WriteFile(short, []byte("short\n"), 0o600))
	files := FrontSettings{TLSCert: "cert.pem", TLSKey: "key.pem"}
	with := func(s FrontSettings, change func(*FrontSettings)) FrontSettings { change(&s); return s }
	acme := FrontSettings{ACME: true}
	proxy := FrontSettings{TrustedProxies: []string{"10.0.0.0/8"}}
	const open, local, public = ":443", "127.0.0.1:8080", "https://rooms.partner.example"
	for _, tc := range []struct {
		name           string
		s              FrontSettings
		listen, public string
		handed         bool
		says           string // "" is well
	}{
		{"a proxy on this machine", FrontSettings{}, local, public, false, ""},
		{"a proxy elsewhere", proxy, ":8080", public, false, ""},
		{"files", files, open, public, false, ""},
		{"files behind a proxy that speaks TLS to us", with(files, func(s *FrontSettings) { s.TrustedProxies = proxy.TrustedProxies }), open, public, false, ""},
		{"acme", acme, open, public, false, ""},
		{"acme with systemd's socket", acme, local, public, true, ""},
		{"a socket of systemd", FrontSettings{}, local, public, true, ""},

		{"nobody has the TLS", FrontSettings{}, ":8080", public, false, "plain http from the network"},
		{"no port", FrontSettings{}, "127.0.0.1", public, false, "no HOST:PORT"},
		{"half a pair", FrontSettings{TLSCert: "cert.pem"}, open, public, false, "go together"},
		{"the other half", FrontSettings{TLSKey: "key.pem"}, local, public, false, "go together"},
		{"two places", with(files, func(s *FrontSettings) { s.ACME = true }), open, public, false, "one place"},
		{"TLS under http", files, local, "http://127.0.0.1:8080", false, "must begin with https"},
		{"acme for an address", acme, open, "https://192.0.2.1", false, "public DNS name"},
		{"acme for a name of the machine", acme, open, "https://localhost", false, "public DNS name"},
		{"acme behind a proxy", with(acme, func(s *FrontSettings) { s.TrustedProxies = proxy.TrustedProxies }), open, public, false, "contradict"},
		{"acme that nobody reaches", acme, local, public, false, "can reach"},
		{"an authority in the clear", with(acme, func(s *FrontSettings) { s.ACMEDirectory = "http://ca.example/d" }), open, public, false, "must be https"},
		{"an authority for nothing", FrontSettings{ACMEEmail: "a@partner.example"}, local, public, false, "do nothing without --acme"},
		{"plain http beside plain http", FrontSettings{HTTPListen: ":80"}, local, public, false, "is for --tls-cert and --acme"},
		{"metrics for the network", FrontSettings{MetricsListen: ":9464"}, local, public, false, "needs --metrics-token-file"},
		{"metrics for who has the token", FrontSettings{MetricsListen: ":9464", MetricsTokenFile: token}, local, public, false, ""},
		{"metrics for this machine", FrontSettings{MetricsListen: "127.0.0.1:9464"}, local, public, false, ""},
		{"a token to guess", FrontSettings{MetricsTokenFile: short}, local, public, false, "at least 20"},
		{"no token", FrontSettings{MetricsTokenFile: "/nonexistent/token"}, local, public, false, "no such file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.s.check(tc.listen, tc.public, tc.handed)
			if tc.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.says)
		})
	}
	require.NoError(t, acme.check(open, public, false))
	require.Equal(t, ":80", acme.HTTPListen, "challenges come there")
	none := FrontSettings{ACME: true, HTTPListen: off}
	require.NoError(t, none.check(open, public, false))
	require.Empty(t, none.HTTPListen)
	require.NoError(t, files.check(open, public, false))
	require.Empty(t, files.HTTPListen, "nobody asked for another port")
}

// TestTLSFollowsThePublicAddress: when the guide changes the address, certificate and redirects are for the new name at once, and the browser that
// changed it is still answered under the former one.
func TestTLSFollowsThePublicAddress(t *testing.T) {
	dir := t.TempDir()
	files := FrontSettings{TLSCert: filepath.Join(dir, "cert.pem"), TLSKey: filepath.Join(dir, "key.pem"), HTTPListen: ":80"}
	writePair(t, files, "new.partner.example")
	f := &front{log: heard.log(), renewed: make(chan struct{}, 1)}
	at := func(name string) Settings { return Settings{PublicURL: "https://" + name, FrontSettings: files} }
	require.NoError(t, f.secure(at("old.partner.example")))
	_, trouble := f.certificate().State()
	require.Contains(t, trouble, "not for old.partner.example")
	require.NoError(t, f.secure(at("old.partner.example")))
	require.Empty(t, f.renewed, "nothing is new")
	former, err := f.tls(&tls.ClientHelloInfo{ServerName: "old.partner.example"})
	require.NoError(t, err)

	for range 2 { // also when the start between them failed
		require.NoError(t, f.secure(at("failed.partner.example")))
		require.NoError(t, f.secure(at("new.partner.example")))
	}
	require.Len(t, f.renewed, 1)
	_, trouble = f.certificate().State()
	require.Empty(t, trouble)
	config, err := f.tls(&tls.ClientHelloInfo{ServerName: "OLD.partner.example"})
	require.NoError(t, err)
	require.Same(t, former, config)
	config, err = f.tls(&tls.ClientHelloInfo{ServerName: "new.partner.example"})
	require.NoError(t, err)
	require.NotSame(t, former, config)
	led := httptest.NewRecorder()
	f.secured.Load().toHTTPS.ServeHTTP(led, httptest.NewRequest(http.MethodGet, "http://old.partner.example/rooms", nil))
	require.Equal(t, "https://new.partner.example/rooms", led.Header().Get("Location"))

	acme := at("new.partner.example")
	acme.TLSCert, acme.TLSKey, acme.ACME, acme.Data = "", "", true, dir
	f = &front{log: heard.log(), renewed: make(chan struct{}, 1)}
	require.NoError(t, f.secure(acme))
	first := f.certificate()
	acme.PublicURL = "https://other.partner.example"
	require.NoError(t, f.secure(acme))
	require.NotSame(t, first, f.certificate(), "an authority is asked for the other name")
}

// writePair makes a certificate for a name.
func writePair(t *testing.T, s FrontSettings, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.TLSCert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(s.TLSKey, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
}
