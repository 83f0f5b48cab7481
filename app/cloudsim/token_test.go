package cloudsim_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"roomward/app/cloudsim"
)

func TestClientCredentials(t *testing.T) {
	c := start(t, smallWorld())
	good := func() url.Values {
		return url.Values{
			"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret},
			"scope": {"https://graph.microsoft.com/.default"},
		}
	}
	for _, tc := range []struct {
		name, tenant string
		spoil        func(url.Values)
		status       int
		oauth        string
		code         float64
	}{
		{"by tenant id", northwind, nil, http.StatusOK, "", 0},
		{"by domain", "northwind.example", nil, http.StatusOK, "", 0},
		{"scope of this cloud", northwind, func(f url.Values) { f.Set("scope", c.URL()+"/graph/.default") }, http.StatusOK, "", 0},
		{"wrong secret", northwind, func(f url.Values) { f.Set("client_secret", "guess") }, http.StatusUnauthorized, "invalid_client", 7000215},
		{"no secret", northwind, func(f url.Values) { f.Del("client_secret") }, http.StatusUnauthorized, "invalid_client", 7000218},
		{"unknown application", northwind, func(f url.Values) { f.Set("client_id", "other") }, http.StatusBadRequest, "unauthorized_client", 700016},
		{"unknown tenant", "00000000-0000-4000-8000-00000000dead", nil, http.StatusBadRequest, "invalid_request", 90002},
		{"not consented", woodgrove, nil, http.StatusBadRequest, "unauthorized_client", 700016},
		{"no tenant", "organizations", nil, http.StatusBadRequest, "invalid_request", 50059},
		{"single permission as scope", northwind, func(f url.Values) { f.Set("scope", "Place.Read.All") }, http.StatusBadRequest, "invalid_scope", 1002012},
		{"another grant", northwind, func(f url.Values) { f.Set("grant_type", "password") }, http.StatusBadRequest, "unsupported_grant_type", 70003},
	} {
		t.Run(tc.name, func(t *testing.T) {
			form := good()
			if tc.spoil != nil {
				tc.spoil(form)
			}
			status, h, text := c.post("/login/"+tc.tenant+"/oauth2/v2.0/token", form)
			body := decode(t, text)
			equal(t, tc.status, status, text)
			equal(t, "no-store", h.Get("Cache-Control"))
			notContains(t, text, secret)
			if tc.status == http.StatusOK {
				equal(t, "Bearer", body["token_type"])
				equal(t, 3599.0, body["expires_in"])
				notContains(t, body, "id_token")
				notContains(t, body, "refresh_token")
				return
			}
			notContains(t, body, "access_token")
			equal(t, tc.oauth, body["error"])
			equal(t, []any{tc.code}, body["error_codes"])
			for _, key := range []string{"timestamp", "trace_id", "correlation_id", "error_uri"} {
				contains(t, body, key)
			}
		})
	}
}

// TestClientCredentialsOfTheLibrary: the ready-made client reads Entra's errors too.
func TestClientCredentialsOfTheLibrary(t *testing.T) {
	c := start(t, smallWorld())
	conf := clientcredentials.Config{
		ClientID: clientID, ClientSecret: secret, TokenURL: c.URL() + "/login/" + northwind + "/oauth2/v2.0/token",
		Scopes: []string{"https://graph.microsoft.com/.default"}, AuthStyle: oauth2.AuthStyleInHeader,
	}
	token, err := conf.Token(t.Context())
	noError(t, err)
	isTrue(t, token.Valid())
	conf.ClientSecret = "guess"
	_, err = conf.Token(t.Context())
	isTrue(t, err != nil)
	contains(t, err.Error(), "AADSTS7000215")
}

// application is a registered certificate with its key.
type application struct {
	key        *rsa.PrivateKey
	thumbprint string
}

func register(t *testing.T, c *cloud) application {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	noError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "roomward"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	noError(t, err)
	noError(t, c.RegisterCertificate(cloudsim.Reading, der))
	sum := sha256.Sum256(der)
	return application{key, base64.RawURLEncoding.EncodeToString(sum[:])}
}

func (a application) sign(t *testing.T, claims jwt.Claims, key *rsa.PrivateKey) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: key},
		(&jose.SignerOptions{}).WithType("JWT").WithHeader("x5t#S256", a.thumbprint))
	noError(t, err)
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	noError(t, err)
	return text
}

func TestClientAssertion(t *testing.T) {
	c := start(t, smallWorld())
	app := register(t, c)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	noError(t, err)
	endpoint := c.URL() + "/login/" + northwind + "/oauth2/v2.0/token"
	for _, tc := range []struct {
		name  string
		key   *rsa.PrivateKey
		spoil func(*jwt.Claims)
		code  float64
	}{
		{"good", app.key, func(*jwt.Claims) {}, 0},
		{"another key", stranger, func(*jwt.Claims) {}, 700027},
		{"another application", app.key, func(c *jwt.Claims) { c.Issuer = "other" }, 700021},
		{"no id", app.key, func(c *jwt.Claims) { c.ID = "" }, 700021},
		{"another audience", app.key, func(c *jwt.Claims) { c.Audience = jwt.Audience{"https://elsewhere.example/token"} }, 700023},
		{"over", app.key, func(cl *jwt.Claims) { cl.Expiry = jwt.NewNumericDate(c.clock.Now().Add(-time.Second)) }, 700024},
		{"good for too long", app.key, func(cl *jwt.Claims) { cl.Expiry = jwt.NewNumericDate(c.clock.Now().Add(time.Hour)) }, 700024},
		{"without end", app.key, func(cl *jwt.Claims) { cl.Expiry = nil }, 700024},
	} {
		t.Run(tc.name, func(t *testing.T) {
			claims := jwt.Claims{
				Issuer: clientID, Subject: clientID, ID: "one", Audience: jwt.Audience{endpoint},
				Expiry: jwt.NewNumericDate(c.clock.Now().Add(5 * time.Minute)),
			}
			tc.spoil(&claims)
			status, _, text := c.post("/login/"+northwind+"/oauth2/v2.0/token", url.Values{
				"grant_type": {"client_credentials"}, "client_id": {clientID}, "scope": {"https://graph.microsoft.com/.default"},
				"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
				"client_assertion":      {app.sign(t, claims, tc.key)},
			})
			body := decode(t, text)
			if tc.code == 0 {
				equal(t, http.StatusOK, status, text)
				contains(t, body, "access_token")
				return
			}
			equal(t, http.StatusUnauthorized, status)
			equal(t, []any{tc.code}, body["error_codes"])
			notContains(t, body, "access_token")
		})
	}
}

func TestDiscovery(t *testing.T) {
	c := start(t, smallWorld())
	read := func(segment string) map[string]any {
		status, _, body := c.get("/login/" + segment + "/v2.0/.well-known/openid-configuration")
		equal(t, http.StatusOK, status, body)
		return decode(t, body)
	}
	one := read("northwind.example")
	equal(t, c.URL()+"/login/"+northwind+"/v2.0", one["issuer"])
	equal(t, c.URL()+"/login/"+northwind+"/oauth2/v2.0/token", one["token_endpoint"])
	equal(t, "EU", one["tenant_region_scope"])
	notContains(t, one, "tenant_region_sub_scope", "absent means the commercial cloud")

	government := read(woodgrove)
	equal(t, "GCC", government["tenant_region_sub_scope"])
	equal(t, "microsoftonline.com", government["cloud_instance_name"], "GCC lives in the worldwide cloud")

	commonDoc := read("organizations")
	equal(t, c.URL()+"/login/{tenantid}/v2.0", commonDoc["issuer"])
	equal(t, nil, commonDoc["tenant_region_scope"])

	status, _, body := c.get("/login/nobody.example/v2.0/.well-known/openid-configuration")
	equal(t, http.StatusBadRequest, status)
	equal(t, "invalid_tenant", decode(t, body)["error"])
	equal(t, []any{90002.0}, decode(t, body)["error_codes"])

	// All authorities publish the same key; its issuer says for whom.
	_, _, keys := c.get("/login/" + northwind + "/discovery/v2.0/keys")
	_, _, common := c.get("/login/organizations/discovery/v2.0/keys")
	contains(t, keys, northwind)
	contains(t, common, "{tenantid}")
	notContains(t, keys, `"d":`, "the private part")
}

func TestDemoGovernmentCloud(t *testing.T) {
	c := start(t, demoWorld(t))
	_, _, body := c.get("/login/proseware.example/v2.0/.well-known/openid-configuration")
	doc := decode(t, body)
	equal(t, "DODCON", doc["tenant_region_sub_scope"])
	equal(t, "microsoftonline.us", doc["cloud_instance_name"])
	equal(t, "graph.microsoft.us", doc["msgraph_host"])
}

// consentRequest is a good admin consent request for tests to spoil.
func consentRequest() url.Values {
	return url.Values{"client_id": {clientID}, "redirect_uri": {callback}, "state": {"s"}, "scope": {"https://graph.microsoft.com/.default"}}
}

func TestAdminConsent(t *testing.T) {
	c := start(t, smallWorld())
	path := "/login/organizations/v2.0/adminconsent"
	installed := func() bool {
		status, _ := c.appToken(woodgrove)
		return status == http.StatusOK
	}
	isTrue(t, !installed())

	// Nobody known: the page asks who one is, and gives no consent.
	status, _, body := c.get(path + "?" + consentRequest().Encode())
	equal(t, http.StatusOK, status)
	contains(t, body, "Sign in to give consent")

	// The administrator reads what is asked, and refuses.
	q := consentRequest()
	q.Set("login_hint", "admin@woodgrove.example")
	status, _, body = c.get(path + "?" + q.Encode())
	equal(t, http.StatusOK, status)
	for _, p := range cloudsim.Permissions() {
		contains(t, body, p)
	}
	contains(t, body, "Woodgrove Bank")
	isTrue(t, !installed(), "looking at the page gives nothing")
	decide := func(who, decision string) url.Values {
		form := consentRequest()
		form.Set("person", who)
		form.Set("decision", decision)
		status, h, text := c.post(path, form)
		equal(t, http.StatusSeeOther, status, text)
		back, err := url.Parse(h.Get("Location"))
		noError(t, err)
		isTrue(t, strings.HasPrefix(back.String(), callback))
		equal(t, "s", back.Query().Get("state"))
		return back.Query()
	}
	admin, employee := c.world.Tenants[1].People[0].OID, c.world.Tenants[1].People[1].OID
	answer := decide(admin, "cancel")
	equal(t, "consent_required", answer.Get("error"))
	contains(t, answer.Get("error_description"), "AADSTS65004")
	isTrue(t, !installed())

	// An employee sees no button to accept, and cannot do it by hand either.
	q.Set("login_hint", "employee@woodgrove.example")
	_, _, body = c.get(path + "?" + q.Encode())
	contains(t, body, "Need admin approval")
	notContains(t, body, `value="accept"`)
	equal(t, "consent_required", decide(employee, "accept").Get("error"))
	isTrue(t, !installed())

	answer = decide(admin, "accept")
	equal(t, "", answer.Get("error"))
	equal(t, "True", answer.Get("admin_consent"))
	equal(t, woodgrove, answer.Get("tenant"))
	isTrue(t, installed())

	// The kill switch: tokens that were issued before are of no use either.
	_, token := c.appToken(woodgrove)
	noError(t, c.SetConsent(woodgrove, false))
	isTrue(t, !installed())
	status, _ = c.graphWith(token["access_token"].(string), "/v1.0/organization")
	equal(t, http.StatusUnauthorized, status)

	q = consentRequest()
	q.Set("redirect_uri", "https://attacker.example/")
	status, h, body := c.get(path + "?" + q.Encode())
	equal(t, http.StatusBadRequest, status)
	equal(t, "", h.Get("Location"))
	contains(t, body, "AADSTS50011")
	isTrue(t, c.SetConsent("no-tenant", true) != nil)
}
