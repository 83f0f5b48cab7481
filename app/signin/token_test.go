package signin_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"roomward/app/signin"
)

// forger is an Entra whose tokens the test writes: what the simulated cloud would never sign.
type forger struct {
	*httptest.Server
	t     *testing.T
	key   *rsa.PrivateKey
	token string // what the token endpoint hands out next
}

func newForger(t *testing.T) *forger {
	t.Helper()
	f := &forger{t: t}
	var err error
	f.key, err = rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		at, issuer := f.URL+"/"+r.PathValue("tenant"), f.URL+"/"+r.PathValue("tenant")+"/v2.0"
		if r.PathValue("tenant") == "organizations" {
			issuer = f.URL + "/{tenantid}/v2.0"
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": issuer, "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token", "jwks_uri": at + "/keys",
			"end_session_endpoint": at + "/logout", "id_token_signing_alg_values_supported": []string{"RS256", "PS256", "HS256", "none"},
		})
	})
	mux.HandleFunc("GET /{tenant}/keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: f.key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /{tenant}/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": f.token})
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func (f *forger) sign(alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
	f.t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "k"))
	require.NoError(f.t, err)
	text, err := jwt.Signed(s).Claims(claims).Serialize()
	require.NoError(f.t, err)
	return text
}

func TestOnlyTrueTokensSignIn(t *testing.T) {
	f := newForger(t)
	h := open(t, func(c *signin.Config) { c.Login, c.Government = f.URL, nil })
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	const oid, personal = "eeeeeeee-0000-4000-8000-000000000001", "9188040d-6c67-4c5b-b112-36a304b66dad"
	issuer := func(tenant string) string { return f.URL + "/" + tenant + "/v2.0" }
	rs256 := func(claims map[string]any) string { return f.sign(jose.RS256, f.key, claims) }
	for _, tc := range []struct {
		name, side, tenant string
		change             map[string]any // nil removes
		sign               func(map[string]any) string
		code               string // "" signs in
	}{
		{"a good one of the partner", "partner", litware, nil, rs256, ""},
		{"a good one of a customer", "customer", northwind, nil, rs256, ""},
		{"a member by acct", "partner", litware, map[string]any{"acct": 0}, rs256, ""},
		{"idp names the own tenant", "partner", litware, map[string]any{"idp": "https://sts.windows.net/" + litware + "/"}, rs256, ""},
		{"another key", "partner", litware, nil, func(c map[string]any) string { return f.sign(jose.RS256, other, c) }, "invalid"},
		{"a shared secret", "partner", litware, nil, func(c map[string]any) string { return f.sign(jose.HS256, []byte(secret+secret), c) }, "invalid"},
		{"another algorithm of the same key", "partner", litware, nil, func(c map[string]any) string { return f.sign(jose.PS256, f.key, c) }, "invalid"},
		{"no signature", "partner", litware, nil, func(c map[string]any) string { return unsigned(t, c) }, "invalid"},
		{"no token", "partner", litware, nil, func(map[string]any) string { return "" }, "invalid"},
		{"rubbish", "partner", litware, nil, func(map[string]any) string { return "a.b.c" }, "invalid"},
		{"another audience", "partner", litware, map[string]any{"aud": "other"}, rs256, "invalid"},
		{"expired", "partner", litware, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, rs256, "clock-skew"},
		{"of the future", "partner", litware, map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}, rs256, "clock-skew"},
		{"another nonce", "partner", litware, map[string]any{"nonce": "other"}, rs256, "invalid"},
		{"no nonce", "partner", litware, map[string]any{"nonce": nil}, rs256, "invalid"},
		{"no tenant", "customer", northwind, map[string]any{"tid": nil}, rs256, "invalid"},
		{"a tenant that is no GUID", "customer", northwind, map[string]any{"tid": "northwind.example", "iss": issuer("northwind.example")}, rs256, "invalid"},
		{"no person", "customer", northwind, map[string]any{"oid": nil}, rs256, "invalid"},
		{"an issuer of another tenant", "customer", northwind, map[string]any{"iss": issuer(woodgrove)}, rs256, "invalid"},
		{"the template as issuer", "customer", northwind, map[string]any{"iss": issuer("{tenantid}")}, rs256, "invalid"},
		{"an issuer elsewhere", "customer", northwind, map[string]any{"iss": "https://attacker.example/" + northwind + "/v2.0"}, rs256, "invalid"},
		{"another tenant at the partner", "partner", northwind, map[string]any{"iss": issuer(litware)}, rs256, "wrong-tenant"},
		{"another tenant and its issuer at the partner", "partner", northwind, nil, rs256, "invalid"},
		{"the partner among the customers", "customer", litware, nil, rs256, "wrong-tenant"},
		{"a personal account", "customer", personal, nil, rs256, "personal-account"},
		{"a guest by idp", "customer", northwind, map[string]any{"idp": "https://sts.windows.net/" + woodgrove + "/"}, rs256, "guest"},
		{"a guest from elsewhere", "customer", northwind, map[string]any{"idp": "live.com"}, rs256, "guest"},
		{"a guest by acct", "customer", northwind, map[string]any{"acct": 1}, rs256, "guest"},
		{"a guest by acct as text", "partner", litware, map[string]any{"acct": "1"}, rs256, "guest"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := h.browser()
			_, to := b.step("/signin?side=" + tc.side)
			require.NotNil(t, to)
			claims := map[string]any{
				"iss": issuer(tc.tenant), "aud": clientID, "exp": h.now().Add(time.Hour).Unix(), "iat": h.now().Unix(), "nonce": to.Query().Get("nonce"),
				"sub": "s", "tid": tc.tenant, "oid": oid, "name": "Kim", "preferred_username": "kim@some.example", "groups": []string{},
			}
			maps.Copy(claims, tc.change)
			maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
			f.token = tc.sign(claims)
			at := b.get("/signin/callback?" + url.Values{"code": {"c"}, "state": {to.Query().Get("state")}}.Encode()).at(h)
			if tc.code != "" {
				b.refused(at, tc.code)
				return
			}
			require.Contains(t, []string{"/", "/portal"}, at)
			require.Equal(t, oid, b.me().Person.OID)
			require.Equal(t, tc.tenant, b.me().Person.TenantID)
		})
	}
	require.NotContains(t, h.log.String(), f.token, "tokens are not logged")
}

func unsigned(t *testing.T, claims map[string]any) string {
	t.Helper()
	b, err := json.Marshal(claims)
	require.NoError(t, err)
	return "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString(b) + "."
}
