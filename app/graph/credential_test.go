package graph

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

func newCertificate(t *testing.T) *tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "roomward"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// checkAssertion is what Entra does with an assertion: the certificate by its thumbprint, the signature, then the claims. It gives
// the id of the assertion.
func checkAssertion(assertion, clientID, endpoint string, registered *x509.Certificate, now time.Time) (string, error) {
	signed, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.PS256})
	if err != nil {
		return "", fmt.Errorf("parse: %w", err)
	}
	header := signed.Headers[0]
	print := sha256.Sum256(registered.Raw)
	if got := header.ExtraHeaders["x5t#S256"]; got != base64.RawURLEncoding.EncodeToString(print[:]) {
		return "", fmt.Errorf("thumbprint %v", got)
	}
	if got := header.ExtraHeaders["typ"]; got != "JWT" {
		return "", fmt.Errorf("type %v", got)
	}
	var claims jwt.Claims
	if err := signed.Claims(registered.PublicKey, &claims); err != nil {
		return "", fmt.Errorf("signature: %w", err)
	}
	want := jwt.Expected{Issuer: clientID, Subject: clientID, AnyAudience: jwt.Audience{endpoint}, Time: now}
	if err := claims.ValidateWithLeeway(want, 0); err != nil {
		return "", fmt.Errorf("claims: %w", err)
	}
	if len(claims.Audience) != 1 || claims.NotBefore == nil || claims.IssuedAt == nil || claims.Expiry == nil ||
		claims.Expiry.Time().Sub(claims.NotBefore.Time()) > 10*time.Minute || len(claims.ID) != 36 || !isGUID(claims.ID) {
		return "", fmt.Errorf("claims %+v", claims)
	}
	return claims.ID, nil
}

// TestCertificateInPlaceOfASecret lets a fake Entra verify the assertion as the real one does.
func TestCertificateInPlaceOfASecret(t *testing.T) {
	certificate := newCertificate(t)
	registered, err := x509.ParseCertificate(certificate.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	f := newFake(t, always(200, oneRoom))
	ids := map[string]bool{}
	f.login = func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		id, err := checkAssertion(r.PostForm.Get("client_assertion"), "app-1", "https://login.example"+r.URL.Path, registered, now)
		if err != nil || ids[id] {
			t.Errorf("assertion %q: %v", id, err)
			always(400, string(example(t, "entra/token.error.700027.json")))(w, r)
			return
		}
		ids[id] = true
		want := url.Values{"grant_type": {"client_credentials"}, "client_id": {"app-1"}, "scope": {"https://graph.example/.default"},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": r.PostForm["client_assertion"]}
		if fmt.Sprint(r.PostForm) != fmt.Sprint(want) || r.URL.RawQuery != "" {
			t.Errorf("form %v", r.PostForm)
		}
		giveToken(w, strings.Split(r.URL.Path, "/")[1], 1, allRoles...)
	}
	c := f.client(func(cfg *Config) {
		cfg.Credential.Certificate = certificate // with a secret beside it, which must not be used
		cfg.Now = func() time.Time { return now }
	})
	for _, tenant := range []string{tenantA, tenantB} {
		if _, err := c.Rooms(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
	}
	if len(ids) != 2 {
		t.Errorf("%d assertions", len(ids))
	}

	// The same for the sign-in of people, at its own endpoint.
	sign := c.Assertion()
	if sign == nil {
		t.Fatal("a certificate signs nothing")
	}
	const endpoint = "https://login.example/organizations/oauth2/v2.0/token"
	assertion, err := sign(context.Background(), endpoint)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := checkAssertion(assertion, "app-1", endpoint, registered, now); err != nil || ids[id] {
		t.Errorf("assertion %q: %v", id, err)
	}
	for name, bad := range map[string]func() (string, error){
		"another endpoint": func() (string, error) {
			return checkAssertion(assertion, "app-1", "https://login.example/x", registered, now)
		},
		"another application": func() (string, error) { return checkAssertion(assertion, "app-2", endpoint, registered, now) },
		"too late": func() (string, error) {
			return checkAssertion(assertion, "app-1", endpoint, registered, now.Add(6*time.Minute))
		},
		"too early": func() (string, error) {
			return checkAssertion(assertion, "app-1", endpoint, registered, now.Add(-time.Minute))
		},
	} {
		if _, err := bad(); err == nil {
			t.Errorf("%s: the test's Entra takes it, so it proves nothing", name)
		}
	}
}

func TestSecretNeedsNoAssertion(t *testing.T) {
	f := newFake(t, always(200, oneRoom))
	f.login = func(w http.ResponseWriter, r *http.Request) {
		if r.ParseForm() != nil || r.PostForm.Get("client_secret") != secret || r.PostForm.Has("client_assertion") || r.Header.Get("Authorization") != "" {
			t.Errorf("form %v, headers %v", r.PostForm, r.Header)
		}
		giveToken(w, tenantA, 1, allRoles...)
	}
	c := f.client()
	if c.Assertion() != nil {
		t.Error("a secret signs assertions")
	}
	if _, err := c.Rooms(t.Context(), tenantA); err != nil {
		t.Error(err)
	}
}

func TestCredentialsThatCannotWork(t *testing.T) {
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := newCertificate(t)
	for name, credential := range map[string]Credential{
		"nothing":           {},
		"no client id":      {Secret: secret},
		"no proof":          {ClientID: "app-1"},
		"empty certificate": {ClientID: "app-1", Certificate: &tls.Certificate{PrivateKey: good.PrivateKey}, Secret: secret},
		"no private key":    {ClientID: "app-1", Certificate: &tls.Certificate{Certificate: good.Certificate}, Secret: secret},
		"a key that Entra refuses": {ClientID: "app-1", Certificate: &tls.Certificate{Certificate: good.Certificate, PrivateKey: elliptical},
			Secret: secret},
	} {
		c, err := New(Config{Cloud: Microsoft(), Credential: credential})
		if err == nil || c != nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCredentialsPrintNoSecret(t *testing.T) {
	with := Credential{ClientID: "app-1", Secret: secret}
	c := newFake(t, nil).client()
	encoded, err := json.Marshal(with)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("starting", "credential", with, "pointer", &with, "client", c)
	for how, text := range map[string]string{
		"verb v": fmt.Sprintf("%v %v %v", with, &with, []Credential{with}), "verb +v": fmt.Sprintf("%+v", with), "verb #v": fmt.Sprintf("%#v", with),
		"JSON": string(encoded), "log": log.String(), "client": fmt.Sprintf("%v %+v %#v %+v", c, c, c, *c),
		"config": fmt.Sprintf("%+v", Config{Credential: with}),
	} {
		if strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret)) || strings.Contains(text, "Xq8") {
			t.Errorf("%s: %s", how, text)
		}
		if !strings.Contains(text, "app-1") {
			t.Errorf("%s names no application: %s", how, text)
		}
	}
	for _, credential := range []struct {
		is   Credential
		want string
	}{{Credential{ClientID: "a", Certificate: &tls.Certificate{}}, "certificate"}, {with, "secret"}, {Credential{ClientID: "a"}, "without"}} {
		if !strings.Contains(credential.is.String(), credential.want) {
			t.Errorf("%s, want %s", credential.is, credential.want)
		}
	}
}

func TestCloudAddresses(t *testing.T) {
	for address, good := range map[string]bool{
		"https://graph.microsoft.com": true, "https://graph.microsoft.com/": true, "http://127.0.0.1:8080": true, "http://[::1]:80/sim": true,
		"http://localhost:1": true, "http://graph.microsoft.com": false, "http://127.0.0.1.evil.example": false, "http://localhost.evil.example": false,
		"http://0.0.0.0": false, "": false, "graph.microsoft.com": false, "ftp://127.0.0.1": false, "https://user:pass@graph.microsoft.com": false,
		"https://graph.microsoft.com?x=1": false, "https://graph.microsoft.com#x": false, "https://": false, "://": false, "http://[::1": false,
	} {
		credential := Credential{ClientID: "app-1", Secret: secret}
		_, asGraph := New(Config{Cloud: Cloud{Login: "https://login.example", Graph: address}, Credential: credential})
		_, asLogin := New(Config{Cloud: Cloud{Login: address, Graph: "https://graph.example"}, Credential: credential})
		if (asGraph == nil) != good || (asLogin == nil) != good {
			t.Errorf("%q: %v, %v", address, asGraph, asLogin)
		}
		if asLogin != nil && strings.Contains(asLogin.Error(), "pass@") {
			t.Errorf("%v shows a password", asLogin)
		}
	}
	if _, err := New(Config{Cloud: Microsoft(), Credential: Credential{ClientID: "a", Secret: secret}, Budget: Budget{Overall: -1}}); err == nil {
		t.Error("a negative budget is taken")
	}
}
