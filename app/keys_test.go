package app

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/store"
)

// TestWhereTheKeyIsFrom goes through the places, the strongest first.
func TestWhereTheKeyIsFrom(t *testing.T) {
	credentials := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	s := Settings{Data: "data"}
	require.Equal(t, store.KeyFile{Path: filepath.Join("data", "secret.key")}, s.keySource(), "systemd has other credentials only")
	require.NoError(t, os.WriteFile(filepath.Join(credentials, credentialKey), []byte("of systemd"), 0o440))
	require.Equal(t, store.GivenKey{Place: "the credential " + filepath.Join(credentials, credentialKey), Key: "of systemd"}, s.keySource())
	s.SecretKeyFile = "elsewhere"
	require.Equal(t, store.KeyFile{Path: "elsewhere"}, s.keySource())
	s.SecretKeyFile, s.SecretKey = "", "of the environment"
	require.Equal(t, store.GivenKey{Place: "the environment variable ROOMWARD_SECRET_KEY", Key: "of the environment"}, s.keySource())
}

// TestKeptSecretsAreUsed where no setting names one, and what needs them says so when they cannot be opened.
func TestKeptSecretsAreUsed(t *testing.T) {
	world, err := cloudsim.DemoWorld()
	require.NoError(t, err)
	const secret = "kept-client-secret-4711"
	heard.learn("client_secret", secret)
	cloud := cloudsim.New(world, cloudsim.Options{ClientID: demoClientID, ClientSecret: secret, Secret: heard.learn})
	require.NoError(t, cloud.Listen(t.Context(), "127.0.0.1:0"))
	s := Settings{Listen: "127.0.0.1:0", Data: t.TempDir(), Cloud: cloud.URL(), PartnerTenant: world.Partner.ID, PartnerName: "Litware",
		PartnerDomains: world.Partner.Domains, ClientID: demoClientID, Invitations: "code", CollectDevices: time.Hour, CollectPlaces: time.Hour,
		CollectRate: 100, CollectTenantRate: 100, AuditDays: 730, MailSettings: MailSettings{SMTPHost: "127.0.0.1", SMTPUser: "u", SMTPTLS: "none", MailFrom: "a@b.example"}}
	require.NoError(t, s.Check())
	start := func() (*App, error) {
		t.Helper()
		a, err := New(t.Context(), Config{Settings: s, Mode: store.ModeTrial, Version: "test", Log: heard.log()})
		if err == nil {
			t.Cleanup(func() { _ = a.Store.Close() })
		}
		return a, err
	}
	works := func(a *App) {
		t.Helper()
		_, err := a.Graph.User(t.Context(), world.Partner.ID, world.Partner.People[0].OID)
		require.NoError(t, err)
	}
	keep := func(name, value string) {
		t.Helper()
		st, err := store.Open(t.Context(), store.Options{Dir: s.Data, Mode: store.ModeTrial})
		require.NoError(t, err)
		require.NoError(t, st.KeepSecret(t.Context(), store.System("test"), name, []byte(value)))
		require.NoError(t, st.Close())
	}

	_, err = start()
	require.ErrorContains(t, err, "--client-secret-file")
	keep(store.SecretClient, secret)
	a, err := start()
	require.NoError(t, err)
	works(a)
	require.ErrorContains(t, a.cfg.mailServer().Closed, "--smtp-password-file")
	keep(store.SecretMailPassword, "Pa55word-of-the-mail-server")
	chain := certificateAndKey(t, cloud)
	keep(store.SecretCertificate, chain)
	keep(store.SecretClient, "former-secret-that-is-wrong")
	a, err = start()
	require.NoError(t, err)
	require.NotNil(t, a.Graph.Assertion(), "a certificate is stronger")
	works(a)
	require.NoError(t, a.cfg.mailServer().Closed)
	require.Equal(t, "Pa55word-of-the-mail-server", a.cfg.mailServer().Password)
	s.ClientSecret = secret
	a, err = start()
	require.NoError(t, err)
	require.Nil(t, a.Graph.Assertion(), "what a setting names is stronger than what is kept")
	works(a)

	s.ClientSecret = ""
	require.NoError(t, os.Remove(filepath.Join(s.Data, store.SecretKeyName)))
	a, err = start()
	require.NoError(t, err, "it starts")
	_, err = a.Graph.User(t.Context(), world.Partner.ID, world.Partner.People[0].OID)
	require.ErrorContains(t, err, store.ErrSecretClosed.Error())
	require.ErrorContains(t, err, "Put the right key back")
	require.ErrorIs(t, a.cfg.mailServer().Closed, store.ErrSecretClosed)
	_, err = a.Graph.Assertion()(t.Context(), "https://login.example/token")
	require.ErrorIs(t, err, store.ErrSecretClosed, "the sign-in of people says so, too")
}

// certificateAndKey makes a certificate that the simulated Entra knows, as set-up keeps one.
func certificateAndKey(t *testing.T, cloud *cloudsim.Server) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	made := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, made, made, key.Public(), key)
	require.NoError(t, err)
	require.NoError(t, cloud.RegisterCertificate(cloudsim.Reading, der))
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	for line := range strings.SplitSeq(string(text), "\n") {
		if !strings.HasPrefix(line, "-----") {
			heard.learn("certificate key", line)
		}
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) + string(text)
}
