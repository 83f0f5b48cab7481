package signin_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
)

// Each trouble of Entra's is a refusal that says what it is, leaves nothing behind, and is over when it is over.
func TestSigninMeetsFaults(t *testing.T) {
	token := func(what cloudsim.Misbehaviour) cloudsim.Faults {
		return cloudsim.Faults{Troubles: []cloudsim.Trouble{{At: "token", What: what}}}
	}
	h := open(t)
	for name, tc := range map[string]struct {
		faults cloudsim.Faults
		code   string
		logs   string
	}{
		"the secret has expired":     {token(cloudsim.Recorded("entra/token.error.7000222.json")), "registration-refused", "7000222"},
		"the secret was revoked":     {token(cloudsim.Recorded("entra/token.error.7000215.json")), "registration-refused", "7000215"},
		"the certificate is unknown": {token(cloudsim.Recorded("entra/token.error.700027.json")), "registration-refused", "700027"},
		"the app is disabled":        {token(cloudsim.Recorded("entra/token.error.7000112.json")), "registration-refused", "7000112"},
		"a policy blocks":            {token(cloudsim.Recorded("entra/token.error.53003.json")), "denied", "53003"},
		"no consent":                 {token(cloudsim.Recorded("entra/token.error.65001.json")), "consent-needed", "65001"},
		"another cloud":              {token(cloudsim.Recorded("entra/token.error.900382.json")), "government-cloud", "900382"},
		"asked too often":            {token(cloudsim.Recorded("entra/token.error.90055.json")), "unavailable", "429"},
		"down":                       {token(cloudsim.Down), "unavailable", "503"},
		"a page in between":          {token(cloudsim.HTMLPage), "unavailable", ""},
		"half a token":               {token(cloudsim.CutOff), "unavailable", ""},
		"a token that never ends":    {token(cloudsim.Endless), "unavailable", ""},
		"a token of nulls":           {token(cloudsim.Nulls), "unavailable", ""},
		"led elsewhere":              {token(cloudsim.Redirect), "unavailable", ""},
		"our clock is slow":          {cloudsim.Faults{Skew: time.Hour}, "clock-skew", "nbf"},
		"our clock is fast":          {cloudsim.Faults{Skew: -3 * time.Hour}, "clock-skew", "expired"},
	} {
		t.Run(name, func(t *testing.T) {
			h.cloud.SetFaults(litware, tc.faults)
			b := h.browser()
			b.refused(b.come("manager@partner.example"), tc.code)
			require.Contains(t, h.log.String(), tc.logs)
			require.NotContains(t, h.log.String(), secret)
			require.Equal(t, "/portal", h.browser().come("admin@northwind.example"), "other tenants are not concerned")
			h.cloud.SetFaults(litware, cloudsim.Faults{})
			require.Equal(t, "/", b.come("manager@partner.example"))
		})
	}
}

// A new key of Microsoft's, also in an emergency that ends the old one at once, is found by itself. Where the keys cannot be had nobody is called
// a forger.
func TestMicrosoftChangesItsKeys(t *testing.T) {
	h := open(t)
	require.Equal(t, "/", h.browser().come("manager@partner.example"))
	h.cloud.RotateKeys()
	require.Equal(t, "/", h.browser().come("manager@partner.example"))
	require.Equal(t, "/portal", h.browser().come("admin@northwind.example"))
	for _, what := range []cloudsim.Misbehaviour{cloudsim.Down, cloudsim.HTMLPage} {
		h.cloud.RotateKeys()
		h.cloud.SetFaults(litware, cloudsim.Faults{Troubles: []cloudsim.Trouble{{At: "keys", What: what}}})
		b := h.browser()
		b.refused(b.come("manager@partner.example"), "unavailable")
	}
	h.cloud.SetFaults(litware, cloudsim.Faults{})
	require.Equal(t, "/", h.browser().come("manager@partner.example"))
}

// What Entra says of itself is read once, and again as long as it could not be used.
func TestEntraIntroducesItselfBadly(t *testing.T) {
	h := open(t)
	b := h.browser()
	for _, what := range []cloudsim.Misbehaviour{cloudsim.Down, cloudsim.HTMLPage, cloudsim.NoBody, cloudsim.Nulls, cloudsim.WrongTypes, cloudsim.Redirect, cloudsim.Endless} {
		h.cloud.SetFaults(litware, cloudsim.Faults{Troubles: []cloudsim.Trouble{{At: "discovery", What: what}}})
		h.pass(3 * time.Second)
		b.refused(b.come("manager@partner.example"), "unavailable")
	}
	require.Equal(t, "/portal", h.browser().come("admin@northwind.example"), "other authorities are not concerned")
	h.cloud.SetFaults(litware, cloudsim.Faults{})
	h.pass(3 * time.Second)
	require.Equal(t, "/", b.come("manager@partner.example"))
}
