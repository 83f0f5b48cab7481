package cloudsim_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"roomward/app/cloudsim"
	"roomward/app/graph"
)

// freshCloud is a cloud in which nothing is registered.
func freshCloud(t *testing.T) *cloud {
	t.Helper()
	return startWith(t, smallWorld(), cloudsim.Options{Portal: true})
}

// form posts a form of the portal as a script does and gives the state that is answered.
func (c *cloud) form(want int, action string, values url.Values) map[string]any {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.URL()+"/portal/"+action, strings.NewReader(values.Encode()))
	noError(c.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	status, _, body := c.do(r)
	equal(c.t, want, status, action, body)
	state := map[string]any{}
	noError(c.t, json.Unmarshal([]byte(body), &state))
	return state
}

// TestRegisteringAnApplication goes the way of a new partner, and meets at each step what Entra says while it is not done.
func TestRegisteringAnApplication(t *testing.T) {
	c := freshCloud(t)
	status, _, page := c.get("/portal")
	equal(t, http.StatusOK, status)
	contains(t, page, litware)
	contains(t, page, "Register an application")

	given := graph.Credential{ClientID: clientID, Secret: "guess"}
	fails := func(number int) {
		t.Helper()
		_, err := c.product(given).Organization(t.Context(), litware)
		var failure *graph.Error
		isTrue(t, errors.As(err, &failure), err)
		equal(t, number, failure.AADSTS, err)
	}
	fails(700016) // nothing is registered
	c.form(http.StatusBadRequest, "permissions", url.Values{"permission": {"Place.Read.All"}})
	c.form(http.StatusBadRequest, "register", url.Values{"name": {" "}})
	c.form(http.StatusBadRequest, "register", url.Values{"name": {"Roomward"}, "addresses": {"http://rooms.partner.example/signin/callback"}})
	state := c.form(http.StatusOK, "register", url.Values{"name": {"Roomward"}, "accounts": {"one"}, "addresses": {callback}})
	given.ClientID = state["clientId"].(string)
	fails(7000215)

	expired := c.form(http.StatusOK, "secrets", url.Values{"days": {"0"}})
	given.Secret = expired["secret"].(string)
	fails(7000222)
	state = c.form(http.StatusOK, "secrets", url.Values{"name": {"trial"}, "days": {"180"}})
	given.Secret = state["secret"].(string)
	fails(700016) // the own tenant has given no consent
	shown := c.form(http.StatusOK, "redirects", url.Values{"addresses": {callback}})
	notContains(t, shown, "secret", "the value is shown once")

	c.form(http.StatusBadRequest, "permissions", url.Values{"permission": {"Mail.Read"}})
	c.form(http.StatusOK, "permissions", url.Values{"permission": {"Organization.Read.All"}})
	c.form(http.StatusOK, "consent", nil)
	org, err := c.product(given).Organization(t.Context(), litware)
	noError(t, err)
	equal(t, "Litware", org.DisplayName)
	_, err = c.product(given).SearchUsers(t.Context(), litware, "tom", 10)
	equal(t, graph.PermissionMissing, graph.KindOf(err), "consent gives what the registration names")
	c.form(http.StatusOK, "permissions", url.Values{"permission": {"Organization.Read.All", "User.Read.All"}})
	_, err = c.product(given).SearchUsers(t.Context(), litware, "tom", 10)
	equal(t, graph.PermissionMissing, graph.KindOf(err), "and only when it is given")
	c.form(http.StatusOK, "consent", nil)
	_, err = c.product(given).SearchUsers(t.Context(), litware, "tom", 10)
	noError(t, err)

	c.form(http.StatusOK, "access", url.Values{"accounts": {"one"}})
	fails(7000112)
	c.form(http.StatusOK, "access", url.Values{"accounts": {"one"}, "enabled": {"on"}})
	c.form(http.StatusOK, "secrets", url.Values{"remove": {state["secrets"].([]any)[1].(map[string]any)["id"].(string)}})
	fails(7000215)
	c.form(http.StatusOK, "consent", url.Values{"withdraw": {litware}})
	equal(t, false, c.form(http.StatusOK, "claims", nil)["consented"])
}

// TestWhatTheSignInSaysOfARegistration: accounts, addresses, claims and the app role, as far as they were made.
func TestWhatTheSignInSaysOfARegistration(t *testing.T) {
	c := freshCloud(t)
	id := c.form(http.StatusOK, "register", url.Values{"name": {"Roomward"}, "accounts": {"one"}})["clientId"].(string)
	ask := func(authority string) string {
		q := request()
		q.Set("client_id", id)
		_, h, body := c.get("/login/" + authority + "/oauth2/v2.0/authorize?" + q.Encode())
		return h.Get("Location") + body
	}
	contains(t, ask("organizations"), "AADSTS50194")
	contains(t, ask(litware), "AADSTS50011")
	c.form(http.StatusOK, "access", url.Values{"accounts": {"many"}, "enabled": {"on"}})
	c.form(http.StatusOK, "redirects", url.Values{"addresses": {callback}})
	contains(t, ask("organizations"), "Choose who you are")

	people := c.form(http.StatusOK, "claims", nil)["people"].([]any)
	manager, technician := people[0].(map[string]any)["id"].(string), people[1].(map[string]any)["id"].(string)
	c.form(http.StatusBadRequest, "assign", url.Values{"person": {manager}, "assigned": {"true"}})
	c.app, c.secret = id, c.form(http.StatusOK, "secrets", url.Values{"days": {"180"}})["secret"].(string)
	claims := c.signIn(litware, "manager@partner.example")
	for _, claim := range []string{"roles", "wids", "groups", "login_hint"} {
		notContains(t, claims, claim)
	}
	c.form(http.StatusOK, "role", nil)
	c.form(http.StatusOK, "assign", url.Values{"person": {manager}, "assigned": {"true"}})
	c.form(http.StatusOK, "claims", url.Values{"claim": {"login_hint", "wids", "groups"}})
	c.form(http.StatusOK, "membership", url.Values{"person": {manager}, "group": {"g-field"}, "member": {"true"}})
	claims = c.signIn(litware, "manager@partner.example")
	equal(t, []any{"Manager"}, claims["roles"])
	equal(t, []any{"g-field"}, claims["groups"])
	for _, claim := range []string{"wids", "login_hint"} {
		contains(t, claims, claim)
	}
	notContains(t, c.signIn(litware, "technician@partner.example"), "roles")
	c.form(http.StatusBadRequest, "membership", url.Values{"person": {technician}, "group": {"g-none"}, "member": {"true"}})
}

// TestUploadingACertificate: the public part as a file, and never the key.
func TestUploadingACertificate(t *testing.T) {
	c := freshCloud(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	noError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "roomward"}, NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	noError(t, err)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))

	c.form(http.StatusBadRequest, "certificates", url.Values{"text": {text}})
	id := c.form(http.StatusOK, "register", url.Values{"name": {"Roomward"}, "accounts": {"many"}})["clientId"].(string)
	c.form(http.StatusOK, "permissions", url.Values{"permission": {"Organization.Read.All"}})
	c.form(http.StatusOK, "consent", nil)
	given := graph.Credential{ClientID: id, Certificate: &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}}
	_, err = c.product(given).Organization(t.Context(), litware)
	equal(t, graph.AssertionInvalid, graph.KindOf(err))

	secretKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	noError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(secretKey)
	noError(t, err)
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	contains(t, c.form(http.StatusBadRequest, "certificates", url.Values{"text": {private}})["problem"], "keep the key to yourself")
	c.form(http.StatusBadRequest, "certificates", url.Values{"text": {"no certificate"}})
	state := c.form(http.StatusOK, "certificates", url.Values{"text": {text}})
	c.form(http.StatusBadRequest, "certificates", url.Values{"text": {text}})
	_, err = c.product(given).Organization(t.Context(), litware)
	noError(t, err)
	for _, skew := range []time.Duration{time.Hour, -time.Hour} {
		c.SetFaults(litware, cloudsim.Faults{Skew: skew})
		_, err = c.product(given).Organization(t.Context(), litware)
		equal(t, graph.ClockSkew, graph.KindOf(err), skew)
	}
	c.SetFaults(litware, cloudsim.Faults{})
	thumbprint := state["certificates"].([]any)[0].(map[string]any)["thumbprint"].(string)
	c.form(http.StatusOK, "certificates", url.Values{"remove": {thumbprint}})
	_, err = c.product(given).Organization(t.Context(), litware)
	equal(t, graph.AssertionInvalid, graph.KindOf(err))
}

// TestTroublesOfThePortal: whatever the page offers can be switched on, does not answer like a healthy cloud, and can be ended.
func TestTroublesOfThePortal(t *testing.T) {
	c := startWith(t, smallWorld(), cloudsim.Options{ClientID: clientID, ClientSecret: secret, Portal: true})
	healthy := func() string {
		_, _, body := c.ask(http.MethodGet, northwind, "/beta/teamwork/devices", "")
		return body
	}
	was := healthy()
	offered := c.form(http.StatusOK, "claims", nil)["troubles"].(map[string]any)["what"].([]any)
	isTrue(t, len(offered) > 40, offered)
	for _, what := range offered {
		switch what {
		case "slow", "hanging", "dripping", "endless", "bomb", "cut-off", "wrong-length", "clock-ahead", "clock-behind":
			continue // these are for clients that give up; app/collect meets them in an hour of its own
		}
		c.form(http.StatusOK, "troubles", url.Values{"tenant": {northwind}, "at": {"devices"}, "what": {what.(string)}})
		isTrue(t, healthy() != was, what)
		c.form(http.StatusOK, "troubles", url.Values{"tenant": {northwind}, "end": {"all"}})
		equal(t, was, healthy(), what)
	}
	c.form(http.StatusOK, "troubles", url.Values{"tenant": {northwind}, "what": {"clock-ahead"}})
	_, h, _ := c.graph(northwind, "/v1.0/organization")
	equal(t, c.clock.Now().Add(3*time.Hour).Format(http.TimeFormat), h.Get("Date"))
	c.form(http.StatusBadRequest, "troubles", url.Values{"tenant": {northwind}, "at": {"devices"}, "what": {"recorded ../../world/partner/tenant.json"}})
	c.form(http.StatusBadRequest, "troubles", url.Values{"tenant": {northwind}, "at": {"nowhere"}, "what": {"down"}})
	c.form(http.StatusBadRequest, "troubles", url.Values{"tenant": {"nobody.example"}, "at": {"devices"}, "what": {"down"}})
}

func TestNoPortalUnlessAskedFor(t *testing.T) {
	c := start(t, smallWorld())
	status, _, _ := c.get("/portal")
	equal(t, http.StatusNotFound, status)
	status, _, _ = c.post("/portal/register", url.Values{"name": {"x"}})
	equal(t, http.StatusNotFound, status)
}

// TestASecondApplication is registered beside the first one, proves itself apart, and has the consents to it alone.
func TestASecondApplication(t *testing.T) {
	c := startWith(t, smallWorld(), cloudsim.Options{ClientID: clientID, ClientSecret: secret, Portal: true})
	first := c.product(graph.Credential{ClientID: clientID, Secret: secret})
	id, _ := c.form(http.StatusOK, "register?app=acting", url.Values{"name": {"Roomward actions"}, "accounts": {"many"}})["clientId"].(string)
	isTrue(t, id != "" && id != clientID, id)
	value, _ := c.form(http.StatusOK, "secrets?app=acting", url.Values{"days": {"180"}})["secret"].(string)
	c.form(http.StatusOK, "permissions?app=acting", url.Values{"permission": {"TeamworkDevice.ReadWrite.All"}})
	second := c.product(graph.Credential{ClientID: id, Secret: value})
	_, err := second.Roles(t.Context(), litware)
	equal(t, graph.NotConsented, graph.KindOf(err), "no consent of the first is one of the second")
	_, err = c.product(graph.Credential{ClientID: clientID, Secret: value}).Roles(t.Context(), litware)
	equal(t, graph.SecretInvalid, graph.KindOf(err), "the secret of the one is none of the other")
	c.form(http.StatusOK, "consent?app=acting", nil)
	roles, err := second.Roles(t.Context(), litware)
	noError(t, err)
	equal(t, []string{"TeamworkDevice.ReadWrite.All"}, roles)
	roles, err = first.Roles(t.Context(), litware)
	noError(t, err)
	equal(t, len(cloudsim.Permissions()), len(roles), "the first one is as it was")
	status, _, page := c.get("/portal?app=acting")
	equal(t, http.StatusOK, status)
	contains(t, page, id)
	isTrue(t, !strings.Contains(page, "Token configuration"), "nobody signs in with it")

	c.form(http.StatusOK, "consent?app=acting", url.Values{"withdraw": {litware}})
	second.ForgetToken(litware)
	_, err = second.Roles(t.Context(), litware)
	equal(t, graph.NotConsented, graph.KindOf(err))
	_, err = first.Organization(t.Context(), litware)
	noError(t, err)
}
