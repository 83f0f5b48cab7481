package setup

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

const (
	keyBits         = 3072 // RSA, because Entra takes no other key for client assertions
	certificateLife = 2 * 365 * 24 * time.Hour
	// backdated lets a certificate be valid where the other clock is a little behind.
	backdated = 10 * time.Minute
)

// NewCertificate makes a certificate of the application with its private key, as one PEM text. Who signs it is of no matter: Entra knows it by
// its thumbprint after its public part was uploaded.
func NewCertificate(name string, now time.Time) (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return "", fmt.Errorf("make the key of the certificate: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return "", fmt.Errorf("make the number of the certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-backdated), NotAfter: now.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", fmt.Errorf("make the certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("write the key of the certificate: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})), nil
}

// ReadCertificate reads a PEM text with a certificate and its RSA key, in any order.
func ReadCertificate(text string) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair([]byte(text), []byte(text))
	if err != nil {
		return nil, errors.New("this is no PEM text with a certificate and its private key")
	}
	if _, ok := pair.PrivateKey.(*rsa.PrivateKey); !ok {
		return nil, errors.New("the private key must be RSA: Entra takes no other for this")
	}
	return &pair, nil
}

// AppCertificate is what may be seen of a certificate.
type AppCertificate struct {
	PEM        string    `json:"pem" doc:"The certificate without its key, to upload to the registration."`
	Thumbprint string    `json:"thumbprint" doc:"As Entra shows it."`
	Until      time.Time `json:"until"`
}

// publicOf leaves out the private key.
func publicOf(c *tls.Certificate) *AppCertificate {
	if c == nil || len(c.Certificate) == 0 {
		return nil
	}
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		return nil
	}
	sum := sha1.Sum(c.Certificate[0]) // what Entra shows; nothing rests on it
	return &AppCertificate{
		PEM:        string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})),
		Thumbprint: strings.ToUpper(hex.EncodeToString(sum[:])), Until: leaf.NotAfter,
	}
}
