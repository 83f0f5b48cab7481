package customers

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/api"
)

// TestOnlyOfferedContexts demands only what the partner named, and says so when it named nothing.
func TestOnlyOfferedContexts(t *testing.T) {
	c := New(Config{Contexts: []api.AuthContext{{ID: "c1", Name: "Phishing-resistant MFA"}}})
	require.NoError(t, c.checkContext("body.strongAuth", ""))
	require.NoError(t, c.checkContext("body.strongAuth", "c1"))
	for id, c := range map[string]*Customers{"c2": c, "C1": c, "Phishing-resistant MFA": c, "c1": New(Config{})} {
		var refused *api.Problem
		require.True(t, errors.As(c.checkContext("body.strongAuth", id), &refused), id)
		require.Equal(t, http.StatusUnprocessableEntity, refused.Status)
		require.Equal(t, "body.strongAuth", refused.Errors[0].Location)
	}
	require.NoError(t, New(Config{}).checkContext("body.strongAuth", ""), "demanding nothing is always possible")
}
