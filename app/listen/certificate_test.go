package listen

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const host = "rooms.partner.example"

// pair is a certificate with its key, both in PEM.
type pair struct {
	cert, key []byte
	until     time.Time
}

func newPair(t *testing.T, name string, until time.Time) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(t, err)
	form := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: until.Add(-90 * 24 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pair{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), until}
}

// shop is a pair of files and what is made of them.
type shop struct {
	t         *testing.T
	cert, key string
	log       bytes.Buffer
	*Files
}

func openShop(t *testing.T, p pair) *shop {
	t.Helper()
	dir := t.TempDir()
	s := &shop{t: t, cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
	s.put(p)
	var err error
	s.Files, err = NewFiles(s.cert, s.key, host, time.Now, slog.New(slog.NewTextHandler(&s.log, nil)))
	require.NoError(t, err)
	return s
}

func (s *shop) put(p pair) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(s.cert, p.cert, 0o600))
	require.NoError(s.t, os.WriteFile(s.key, p.key, 0o600))
}

// served is the certificate that a visitor meets, by a true handshake.
func (s *shop) served(change ...func(*tls.Config)) ([]byte, error) {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s.t, err)
	defer func() { _ = l.Close() }()
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_ = tls.Server(conn, s.TLS()).Handshake()
			_ = conn.Close()
		}
	}()
	c := &tls.Config{ServerName: host, InsecureSkipVerify: true}
	for _, f := range change {
		f(c)
	}
	conn, err := tls.Dial("tcp", l.Addr().String(), c)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: conn.ConnectionState().PeerCertificates[0].Raw}), nil
}

func TestAGoodPairIsTakenAndABadOneIsNot(t *testing.T) {
	soon := time.Now().Add(30 * 24 * time.Hour).Truncate(time.Second)
	first, second := newPair(t, host, soon), newPair(t, host, soon.Add(time.Hour))
	s := openShop(t, first)
	serves := func(want pair, trouble string) {
		t.Helper()
		got, err := s.served()
		require.NoError(t, err)
		require.Equal(t, string(want.cert), string(got))
		until, said := s.State()
		require.True(t, until.Equal(want.until), "%s", until)
		if trouble == "" {
			require.Empty(t, said)
		} else {
			require.Contains(t, said, trouble)
			require.Contains(t, s.log.String(), "the former one stays")
		}
	}
	serves(first, "")
	for _, bad := range []struct {
		what    string
		pair    pair
		trouble string
	}{
		{"only the certificate was replaced so far", pair{cert: second.cert, key: first.key}, "does not match"},
		{"half a file", pair{cert: second.cert[:len(second.cert)/2], key: second.key}, "failed to find"},
		{"nothing", pair{}, "failed to find"},
		{"another name", newPair(t, "mail.partner.example", soon), "not for " + host},
		{"one that is over", newPair(t, host, time.Now().Add(-time.Hour)), "was good until"},
		{"one that is not good yet", newPair(t, host, time.Now().Add(91*24*time.Hour)), "good from"},
	} {
		s.put(bad.pair)
		s.look(false)
		serves(first, bad.trouble)
	}
	s.put(second)
	s.look(false)
	serves(second, "")
	require.NoError(t, os.Remove(s.cert))
	s.Reload()
	serves(second, "no such file")
	s.put(second)
	s.look(false)
	serves(second, "")
	lines := bytes.Count(s.log.Bytes(), []byte("\n"))
	s.look(false)
	require.Equal(t, lines, bytes.Count(s.log.Bytes(), []byte("\n")), "what has not changed is not worth a line")
}

func TestWhatIsNoPairDoesNotStart(t *testing.T) {
	p, other := newPair(t, host, time.Now().Add(time.Hour)), newPair(t, host, time.Now().Add(time.Hour))
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	log := slog.New(slog.DiscardHandler)
	_, err := NewFiles(cert, key, host, time.Now, log)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(cert, p.cert, 0o600))
	require.NoError(t, os.WriteFile(key, other.key, 0o600))
	_, err = NewFiles(cert, key, host, time.Now, log)
	require.ErrorContains(t, err, "does not match")
	require.NotContains(t, err.Error(), "PRIVATE KEY")
}

func TestOldTLSIsRefused(t *testing.T) {
	s := openShop(t, newPair(t, host, time.Now().Add(time.Hour)))
	_, err := s.served(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11 })
	require.Error(t, err)
	_, err = s.served(func(c *tls.Config) {
		c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_128_GCM_SHA256}
	})
	require.Error(t, err, "no cipher without authenticated encryption or forward secrecy")
	_, err = s.served(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })
	require.NoError(t, err)
}
