package listen

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// authority is a small ACME server (RFC 8555) for one name. It looks at no signature of a request; what it does for real is to visit the challenge and
// to sign what was asked for.
type authority struct {
	t         *testing.T
	server    *httptest.Server
	key       *ecdsa.PrivateKey
	root      *x509.Certificate
	challenge string                           // the kind it offers
	visit     func(token string) (bool, error) // proves the challenge
	refuse    atomic.Bool

	mu     sync.Mutex
	orders int
	valid  bool
	issued []byte
	emails []string
}

func newAuthority(t *testing.T, challenge string) *authority {
	t.Helper()
	a := &authority{t: t, challenge: challenge}
	var err error
	a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, form, form, a.key.Public(), a.key)
	require.NoError(t, err)
	a.root, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	a.server = httptest.NewServer(http.HandlerFunc(a.answer))
	t.Cleanup(a.server.Close)
	return a
}

func (a *authority) answer(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := func(path string) string { return a.server.URL + path }
	say := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	w.Header().Set("Replay-Nonce", rand.Text())
	identifier := map[string]string{"type": "dns", "value": host}
	state := map[bool]string{true: "valid", false: "pending"}[a.valid]
	challenge := map[string]string{"type": a.challenge, "url": at("/challenge"), "token": "token-of-the-challenge", "status": state}
	order := map[string]any{"status": map[bool]string{true: "ready", false: "pending"}[a.valid], "identifiers": []any{identifier},
		"authorizations": []string{at("/authz")}, "finalize": at("/finalize")}
	if a.issued != nil {
		order["status"], order["certificate"] = "valid", at("/certificate")
	}
	switch r.URL.Path {
	case "/directory":
		say(200, map[string]any{"newNonce": at("/nonce"), "newAccount": at("/account"), "newOrder": at("/order"), "revokeCert": at("/revoke"),
			"keyChange": at("/key"), "meta": map[string]string{"termsOfService": at("/terms")}})
	case "/nonce":
	case "/account":
		var in struct {
			Contact []string `json:"contact"`
		}
		payload(r, &in)
		a.emails = append(a.emails, in.Contact...)
		w.Header().Set("Location", at("/account/1"))
		say(201, map[string]any{"status": "valid", "contact": in.Contact})
	case "/order":
		a.orders++
		if a.refuse.Load() {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"type":"urn:ietf:params:acme:error:caa","detail":"CAA record forbids it"}`)
			return
		}
		a.valid, a.issued = false, nil
		order["status"] = "pending"
		delete(order, "certificate")
		w.Header().Set("Location", at("/order/1"))
		say(201, order)
	case "/order/1":
		say(200, order)
	case "/authz":
		say(200, map[string]any{"status": state, "identifier": identifier, "challenges": []any{challenge}})
	case "/challenge":
		ok, err := a.visit("token-of-the-challenge")
		if err != nil {
			a.t.Log("the challenge:", err)
		}
		a.valid = ok
		say(200, challenge)
	case "/finalize":
		var in struct {
			CSR string `json:"csr"`
		}
		payload(r, &in)
		a.issued = a.sign(in.CSR)
		order["status"], order["certificate"] = "valid", at("/certificate")
		w.Header().Set("Location", at("/order/1"))
		say(200, order)
	case "/certificate":
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		_, _ = w.Write(a.issued)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// payload reads what is signed.
func payload(r *http.Request, into any) {
	var envelope struct {
		Payload string `json:"payload"`
	}
	_ = json.NewDecoder(r.Body).Decode(&envelope)
	b, _ := base64.RawURLEncoding.DecodeString(envelope.Payload)
	_ = json.Unmarshal(b, into)
}

func (a *authority) sign(csr string) []byte {
	der, err := base64.RawURLEncoding.DecodeString(csr)
	if err != nil {
		return nil
	}
	asked, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(int64(a.orders) + 1), Subject: pkix.Name{CommonName: host}, DNSNames: asked.DNSNames,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}
	out, err := x509.CreateCertificate(rand.Reader, form, a.root, asked.PublicKey, a.key)
	if err != nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: out})
}

// ours is the server that wants a certificate.
func (a *authority) ours(t *testing.T, cache string, now func() time.Time) (made *ACME, address string) {
	t.Helper()
	made = NewACME(ACMEConfig{Host: host, Email: "operator@partner.example", Directory: a.server.URL + "/directory", Cache: cache, Now: now,
		Log: slog.New(slog.DiscardHandler)})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() {
		over <- Side(ctx, tls.NewListener(l, made.TLS()), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }),
			slog.New(slog.DiscardHandler))
	}()
	t.Cleanup(func() { stop(); require.NoError(t, <-over) })
	return made, l.Addr().String()
}

// visitTLS is what an authority does for TLS-ALPN-01 (RFC 8737): a handshake that offers acme-tls/1 only, and a look at the extension.
func visitTLS(address string) (bool, error) {
	conn, err := tls.Dial("tcp", address, &tls.Config{ServerName: host, NextProtos: []string{"acme-tls/1"}, InsecureSkipVerify: true})
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close() }()
	state := conn.ConnectionState()
	for _, e := range state.PeerCertificates[0].Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}) {
			return state.NegotiatedProtocol == "acme-tls/1" && len(e.Value) == 34, nil
		}
	}
	return false, fmt.Errorf("no acmeIdentifier in the certificate of the challenge")
}

// visited is a visitor's connection, which believes the authority only.
func (a *authority) visited(address, name string) error {
	roots := x509.NewCertPool()
	roots.AddCert(a.root)
	conn, err := tls.Dial("tcp", address, &tls.Config{ServerName: name, RootCAs: roots, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		return err
	}
	if p := conn.ConnectionState().NegotiatedProtocol; p != "h2" {
		return fmt.Errorf("speaks %q", p)
	}
	return conn.Close()
}

func TestACertificateIsHadByTheServersOwnPort(t *testing.T) {
	a := newAuthority(t, "tls-alpn-01")
	cache := filepath.Join(t.TempDir(), "acme")
	made, address := a.ours(t, cache, time.Now)
	a.visit = func(string) (bool, error) { return visitTLS(address) }
	made.Reload()
	until, trouble := made.State()
	require.Empty(t, trouble)
	require.Greater(t, time.Until(until), 80*24*time.Hour)
	require.NoError(t, a.visited(address, host))
	require.Equal(t, []string{"mailto:operator@partner.example"}, a.emails)
	require.Equal(t, 1, a.orders)
	require.Error(t, a.visited(address, "other.partner.example"), "no other name")
	require.Error(t, a.visited(address, "127.0.0.1"))
	require.Equal(t, 1, a.orders, "nobody else's name is asked for")

	info, err := os.Stat(cache)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	kept, err := os.ReadDir(cache)
	require.NoError(t, err)
	require.NotEmpty(t, kept)
	for _, e := range kept {
		info, err := e.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), e.Name())
	}

	again, address := a.ours(t, cache, time.Now)
	again.Reload()
	require.NoError(t, a.visited(address, host))
	require.Equal(t, 1, a.orders, "a restart takes the certificate that is there")
}

func TestACertificateIsHadByPlainHTTP(t *testing.T) {
	a := newAuthority(t, "http-01")
	made, address := a.ours(t, t.TempDir(), time.Now)
	plain := httptest.NewServer(made.Handler(ToHTTPS("https://" + host)))
	t.Cleanup(plain.Close)
	ask := func(method, path string) *http.Response {
		r, err := http.NewRequest(method, plain.URL+path, nil)
		require.NoError(t, err)
		r.Host = host
		resp, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		return resp
	}
	a.visit = func(token string) (bool, error) {
		resp := ask(http.MethodGet, "/.well-known/acme-challenge/"+token)
		b, err := io.ReadAll(resp.Body)
		return resp.StatusCode == 200 && strings.HasPrefix(string(b), token+"."), err
	}
	made.Reload()
	_, trouble := made.State()
	require.Empty(t, trouble)
	require.NoError(t, a.visited(address, host))

	resp := ask(http.MethodGet, "/rooms?q=a%20b")
	require.Equal(t, 308, resp.StatusCode)
	require.Equal(t, "https://"+host+"/rooms?q=a%20b", resp.Header.Get("Location"))
	require.Equal(t, "https://"+host+"//attacker.example/", ask(http.MethodGet, "//attacker.example/").Header.Get("Location"))
	resp = ask(http.MethodPost, "/api/things")
	require.Equal(t, 403, resp.StatusCode, "what was sent in the clear is not sent on")
	require.Empty(t, resp.Header.Get("Location"))
}

func TestAFailingAuthorityIsNotAskedByEveryVisitor(t *testing.T) {
	a := newAuthority(t, "tls-alpn-01")
	a.refuse.Store(true)
	var later atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	made, address := a.ours(t, t.TempDir(), now)
	a.visit = func(string) (bool, error) { return visitTLS(address) }
	made.Reload()
	_, trouble := made.State()
	require.Contains(t, trouble, "CAA record forbids it")
	for range 5 {
		require.Error(t, a.visited(address, host))
	}
	require.Equal(t, 1, a.orders)
	made.mu.Lock()
	require.Equal(t, acmeWait, made.next.Sub(now()).Round(time.Minute))
	made.mu.Unlock()
}
