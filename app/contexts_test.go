package app

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/api"
)

// TestContexts reads the setting as operators write it.
func TestContexts(t *testing.T) {
	good := Settings{AuthContexts: []string{" c1=Phishing-resistant MFA", "c99 = Compliant device = ours"}}
	got, err := good.contexts()
	require.NoError(t, err)
	require.Equal(t, []api.AuthContext{{ID: "c1", Name: "Phishing-resistant MFA"}, {ID: "c99", Name: "Compliant device = ours"}}, got)
	none, err := (&Settings{}).contexts()
	require.NoError(t, err)
	require.NotNil(t, none)
	require.Empty(t, none)

	for _, bad := range [][]string{
		{"c1"}, {"c1="}, {"c0=Zero"}, {"c100=Hundred"}, {"C1=Upper"}, {"1=One"}, {"=Name"}, {""}, {"c1=A", "c1=B"}, {"c1=A", "c2=A"},
		{"c1=" + strings.Repeat("n", 61)},
	} {
		s := Settings{AuthContexts: bad}
		_, err := s.contexts()
		require.ErrorContains(t, err, "--auth-contexts", "%q", bad)
		require.ErrorContains(t, s.Check(), "--auth-contexts", "%q", bad)
	}
}
