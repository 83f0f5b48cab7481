package graph

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Credential is the application's proof towards Entra: a client secret, or a certificate with its RSA key. Where both
// are set the certificate is used. It never shows the secret when printed or logged.
type Credential struct {
	ClientID    string
	Secret      string           `json:"-"`
	Certificate *tls.Certificate `json:"-"`
	// Closed says why there is a proof that cannot be used; each call that needs it fails with that.
	Closed error `json:"-"`

	anonymous bool
}

// assertionLife is half of the 10 minutes that Microsoft allows (graph.md 6).
const assertionLife = 5 * time.Minute

// signer makes a client assertion for a token endpoint.
type signer func(endpoint string, now time.Time) (string, error)

// prover adds the proof of the application to a token form that goes to the given endpoint. A function keeps the secret
// out of everything that prints a Client.
type prover func(form url.Values, endpoint string, now time.Time) error

// Anonymous is no proof: a client with it can do no more than Discover.
func Anonymous() Credential { return Credential{anonymous: true} }

// String names the application and the kind of proof, never the proof.
func (c Credential) String() string {
	switch {
	case c.Certificate != nil:
		return "application " + c.ClientID + " with a certificate"
	case c.Secret != "":
		return "application " + c.ClientID + " with a secret"
	}
	return "application " + c.ClientID + " without a credential"
}

// GoString is String, so that %#v shows no more than %v.
func (c Credential) GoString() string { return c.String() }

// LogValue is String for structured logs.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

// signer checks the credential. It is nil, without an error, where the proof is a secret.
func (c Credential) signer() (signer, error) {
	if c.anonymous {
		return nil, nil
	}
	if c.ClientID == "" {
		return nil, errors.New("no client id")
	}
	if c.Certificate != nil {
		return certificateSigner(c.ClientID, c.Certificate)
	}
	if c.Closed != nil && c.Secret == "" {
		return func(string, time.Time) (string, error) { return "", c.Closed }, nil
	}
	if c.Secret == "" {
		return nil, errors.New("neither a secret nor a certificate")
	}
	return nil, nil
}

// certificateSigner signs a client assertion as Entra wants it: PS256, x5t#S256, audience the token endpoint (graph.md 6).
func certificateSigner(clientID string, certificate *tls.Certificate) (signer, error) {
	if len(certificate.Certificate) == 0 {
		return nil, errors.New("the certificate is empty")
	}
	private, ok := certificate.PrivateKey.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the certificate needs an RSA private key")
	}
	print := sha256.Sum256(certificate.Certificate[0])
	options := (&jose.SignerOptions{}).WithType("JWT").
		WithHeader("x5t#S256", base64.RawURLEncoding.EncodeToString(print[:]))
	key, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: private}, options)
	if err != nil {
		return nil, fmt.Errorf("sign with the certificate's key: %w", err)
	}
	return func(endpoint string, now time.Time) (string, error) {
		signed, err := jwt.Signed(key).Claims(jwt.Claims{
			Issuer:    clientID,
			Subject:   clientID,
			Audience:  jwt.Audience{endpoint},
			ID:        newID(),
			IssuedAt:  jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now),
			Expiry:    jwt.NewNumericDate(now.Add(assertionLife)),
		}).Serialize()
		if err != nil {
			return "", fmt.Errorf("sign the client assertion: %w", err)
		}
		return signed, nil
	}, nil
}

// prover proves by the signer, or by the secret where there is none.
func (c Credential) prover(sign signer) prover {
	if c.anonymous {
		return func(url.Values, string, time.Time) error { return errors.New("the application has no credential") }
	}
	if sign == nil {
		return func(form url.Values, _ string, _ time.Time) error {
			form.Set("client_secret", c.Secret)
			return nil
		}
	}
	return func(form url.Values, endpoint string, now time.Time) error {
		signed, err := sign(endpoint, now)
		if err != nil {
			return err
		}
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", signed)
		return nil
	}
}

// Assertion gives the function that signs a client assertion for a token endpoint, for the sign-in of people, which proves the same
// application. It is nil where the application has a secret and no certificate.
func (c *Client) Assertion() func(ctx context.Context, tokenEndpoint string) (string, error) {
	if c.sign == nil {
		return nil
	}
	return func(_ context.Context, tokenEndpoint string) (string, error) {
		return c.sign(tokenEndpoint, c.now())
	}
}

// newID is a random UUID, version 4.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails since Go 1.24
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

const hidden = "[hidden]"

// hider removes the secret and whatever looks like a token from text that came from outside, since a server or a proxy
// may echo a request in its error page.
func (c Credential) hider() func(string) string {
	pairs := []string{}
	if len(c.Secret) >= 4 { // a shorter one would only garble messages, and protects nothing
		pairs = append(pairs, c.Secret, hidden, url.QueryEscape(c.Secret), hidden, url.PathEscape(c.Secret), hidden)
	}
	secrets := strings.NewReplacer(pairs...)
	return func(s string) string { return tokenLike.ReplaceAllString(secrets.Replace(s), hidden) }
}
