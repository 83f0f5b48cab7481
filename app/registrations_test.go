package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/graph"
	"roomward/store"
)

// TestTheSettingsOfTheRegistrationThatActs: what contradicts is said, and what is complete is taken.
func TestTheSettingsOfTheRegistrationThatActs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(" from-a-file\n"), 0o600))
	const first, second = "5f0c8b52-7d1e-4a36-9b43-1f6f2a0e7d11", "b2a4f6c8-31d5-4e79-8c0b-6d2f7e9a1b53"
	for name, tc := range map[string]struct {
		a    ActingSettings
		says string
	}{
		"none":                  {},
		"to come from set-up":   {a: ActingSettings{ActClientID: second}},
		"a secret":              {a: ActingSettings{ActClientID: " " + second, ActClientSecretFile: file}},
		"a certificate":         {a: ActingSettings{ActClientID: second, ActCertificate: "c.pem", ActCertificateKey: "k.pem"}},
		"both":                  {ActingSettings{ActClientID: second, ActClientSecretFile: file, ActCertificate: "c.pem", ActCertificateKey: "k.pem"}, "not both"},
		"no id":                 {ActingSettings{ActClientSecretFile: file}, "needs its --act-client-id"},
		"the first one":         {ActingSettings{ActClientID: "5F0C8B52-7D1E-4A36-9B43-1F6F2A0E7D11"}, "is that of the first registration"},
		"no GUID":               {ActingSettings{ActClientID: "roomward-actions"}, "is no application"},
		"no key":                {ActingSettings{ActClientID: second, ActCertificate: "c.pem"}, "go together"},
		"a file that is not so": {ActingSettings{ActClientID: second, ActClientSecretFile: file + "-none"}, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.a.check(first)
			if tc.says != "" {
				require.ErrorContains(t, err, tc.says)
				return
			}
			require.NoError(t, err)
			if tc.a.ActClientSecretFile != "" {
				require.Equal(t, "from-a-file", string(tc.a.ActClientSecret))
				require.Equal(t, second, tc.a.ActClientID)
			}
		})
	}
}

// TestTheRegistrationThatActsHasAProofOfItsOwn: of the settings, else what set-up kept; without one it cannot act, and nothing else is the worse for it.
func TestTheRegistrationThatActsHasAProofOfItsOwn(t *testing.T) {
	world, err := cloudsim.DemoWorld()
	require.NoError(t, err)
	const secret, actSecret = "the-secret-that-reads", "the-secret-that-acts"
	heard.learn("client_secret", secret)
	heard.learn("client_secret", actSecret)
	cloud := cloudsim.New(world, cloudsim.Options{ClientID: demoClientID, ClientSecret: secret, ActClientID: demoActClientID, ActClientSecret: actSecret, Secret: heard.learn})
	require.NoError(t, cloud.Listen(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, cloud.Close()) })
	s := Settings{Listen: "127.0.0.1:0", Data: t.TempDir(), Cloud: cloud.URL(), PartnerTenant: world.Partner.ID, PartnerName: "Litware",
		PartnerDomains: world.Partner.Domains, ClientID: demoClientID, ClientSecret: secret, ActingSettings: ActingSettings{ActClientID: demoActClientID}, Invitations: "code",
		CollectDevices: time.Hour, CollectPlaces: time.Hour, CollectRate: 100, CollectTenantRate: 100, AuditDays: 730}
	acts := func() error {
		t.Helper()
		require.NoError(t, s.Check())
		a, err := New(t.Context(), Config{Settings: s, Mode: store.ModeTrial, Version: "test", Log: heard.log()})
		require.NoError(t, err)
		defer func() { require.NoError(t, a.Store.Close()) }()
		require.NotSame(t, a.Graph, a.Acting)
		_, err = a.Graph.User(t.Context(), world.Partner.ID, world.Partner.People[0].OID)
		require.NoError(t, err, "reading goes on")
		roles, err := a.Acting.Roles(t.Context(), world.Partner.ID)
		if err == nil {
			require.Equal(t, []string{"TeamworkDevice.ReadWrite.All"}, roles)
		}
		return err
	}
	require.ErrorContains(t, acts(), "--act-client-secret-file")

	st, err := store.Open(t.Context(), store.Options{Dir: s.Data, Mode: store.ModeTrial})
	require.NoError(t, err)
	require.NoError(t, st.KeepSecret(t.Context(), store.System("test"), store.ActingPrefix+store.SecretClient, []byte(actSecret)))
	require.NoError(t, st.Close())
	require.NoError(t, acts())
	s.ActClientSecret = "another"
	require.Equal(t, graph.SecretInvalid, graph.KindOf(acts()), "what a setting names is stronger than what is kept")
	s.ActClientSecret = ""
	s.ActCertificate, s.ActCertificateKey = "none.pem", "none.key"
	require.ErrorContains(t, acts(), "none.pem", "and it starts")
	var said strings.Builder
	require.ErrorIs(t, Doctor(t.Context(), s, &said), errUnwell)
	require.Regexp(t, `broken +acting +read the certificate: open none.pem`, said.String())
	s.ActCertificate, s.ActCertificateKey = "", ""
	require.NoError(t, os.Remove(filepath.Join(s.Data, store.SecretKeyName)))
	require.ErrorContains(t, acts(), store.ErrSecretClosed.Error())
}
