package cloudsim

import (
	"crypto"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	tokenLife   = 3599 * time.Second
	graphID     = "https://graph.microsoft.com"
	bearerGrant = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

// certificate authenticates the application instead of its secret.
type certificate struct {
	key          any
	sha1, sha256 string // thumbprints as x5t and x5t#S256 carry them
	subject      string
	expires      time.Time
}

func newCertificate(der []byte) (certificate, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return certificate{}, fmt.Errorf("register the application's certificate: %w", err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	one, two := sha1.Sum(der), sha256.Sum256(der)
	return certificate{key: cert.PublicKey, sha1: b64(one[:]), sha256: b64(two[:]), subject: cert.Subject.String(), expires: cert.NotAfter}, nil
}

// token answers the two grants that Roomward uses: a person's code, and the application's own token for a tenant.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	a, bad := s.authority(r)
	if bad != nil {
		bad.code = "invalid_request" // the token endpoint says so where discovery says invalid_tenant
		s.entraFailure(w, r, bad)
		return
	}
	if err := r.ParseForm(); err != nil {
		s.entraFailure(w, r, &entraError{"invalid_request", 900144, "The request body could not be read."})
		return
	}
	form := r.PostForm
	for _, kind := range []string{"client_secret", "client_assertion", "code", "code_verifier"} {
		s.opts.Secret(kind, form.Get(kind))
	}
	app, bad := s.authenticate(r, a, form)
	if bad != nil {
		s.entraFailure(w, r, bad)
		return
	}
	var body any
	switch form.Get("grant_type") {
	case "authorization_code":
		body, bad = s.redeem(r, a, form)
	case "client_credentials":
		body, bad = s.appToken(r, a, app, form)
	default:
		bad = &entraError{"unsupported_grant_type", 70003, fmt.Sprintf("The app requested an unsupported grant type '%s'.", form.Get("grant_type"))}
	}
	if bad != nil {
		s.entraFailure(w, r, bad)
		return
	}
	if given, ok := body.(*tokenAnswer); ok {
		s.opts.Secret("access_token", given.AccessToken)
		s.opts.Secret("id_token", given.IDToken)
	}
	writeJSON(w, http.StatusOK, body)
}

// authenticate finds the application that calls, and checks that it is the one: by secret in the form or header, or by assertion.
func (s *Server) authenticate(r *http.Request, a authority, form url.Values) (*registration, *entraError) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, basic := r.BasicAuth(); basic {
		id, _ = url.QueryUnescape(user)
		secret, _ = url.QueryUnescape(password)
	}
	app := s.applicationOf(id)
	if app.clientID == "" {
		return nil, notInstalled(id, a)
	}
	if a.tenant == nil && !app.multitenant {
		return nil, app.oneTenantOnly()
	}
	if app.disabled {
		return nil, &entraError{"unauthorized_client", 7000112, fmt.Sprintf("Application '%s'(%s) is disabled.", app.clientID, app.name)}
	}
	if form.Get("client_assertion") != "" {
		return app, s.checkAssertion(r, app, form)
	}
	if secret == "" {
		return nil, &entraError{"invalid_client", 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."}
	}
	for _, one := range app.secrets {
		if !sameSecret(one.value, secret) {
			continue
		}
		if !one.Expires.IsZero() && s.opts.Now().After(one.Expires) {
			return nil, &entraError{"invalid_client", 7000222, fmt.Sprintf("The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.", app.clientID)}
		}
		return app, nil
	}
	return nil, &entraError{"invalid_client", 7000215, fmt.Sprintf("Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", app.clientID)}
}

// oneTenantOnly refuses organisations other than the partner.
func (r *registration) oneTenantOnly() *entraError {
	return &entraError{"invalid_request", 50194, fmt.Sprintf("Application '%s'(%s) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant.", r.clientID, r.name)}
}

func notInstalled(clientID string, a authority) *entraError {
	directory := a.segment
	if a.tenant != nil {
		directory = a.tenant.Name
	}
	return &entraError{"unauthorized_client", 700016, fmt.Sprintf("Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.", clientID, directory)}
}

// checkAssertion verifies a client assertion (graph.md 6): PS256 or RS256, the certificate named by thumbprint.
func (s *Server) checkAssertion(r *http.Request, app *registration, form url.Values) *entraError {
	invalid := &entraError{"invalid_client", 700027, "Client assertion failed signature validation."}
	if form.Get("client_assertion_type") != bearerGrant {
		return &entraError{"invalid_request", 900144, "The request body must contain the following parameter: 'client_assertion_type'."}
	}
	tok, err := jwt.ParseSigned(form.Get("client_assertion"), []jose.SignatureAlgorithm{jose.PS256, jose.RS256})
	if err != nil || len(tok.Headers) != 1 {
		return invalid
	}
	key := app.certificateOf(tok.Headers[0])
	var c jwt.Claims
	if key == nil || tok.Claims(key, &c) != nil {
		return invalid
	}
	if c.Issuer != app.clientID || c.Subject != app.clientID || c.ID == "" {
		return &entraError{"invalid_client", 700021, "Client assertion application identifier doesn't match 'client_id' parameter."}
	}
	endpoint := s.base(r) + r.URL.Path
	if !slices.Contains([]string(c.Audience), endpoint) {
		return &entraError{"invalid_client", 700023, fmt.Sprintf("Client assertion audience claim does not match Realm issuer. Expected '%s'.", endpoint)}
	}
	now := s.time(r.PathValue("tenant"))
	if c.Expiry == nil || now.After(c.Expiry.Time()) || c.NotBefore != nil && now.Add(5*time.Minute).Before(c.NotBefore.Time()) ||
		c.Expiry.Time().Sub(now) > 15*time.Minute {
		return &entraError{"invalid_client", 700024, "Client assertion is not within its valid time range."}
	}
	return nil
}

func (r *registration) certificateOf(h jose.Header) crypto.PublicKey {
	print256, _ := h.ExtraHeaders["x5t#S256"].(string)
	print1, _ := h.ExtraHeaders["x5t"].(string)
	for _, c := range r.certs {
		if c.sha256 == print256 || print256 == "" && c.sha1 == print1 {
			return c.key
		}
	}
	return nil
}

// tokenAnswer is the body of a granted token.
type tokenAnswer struct {
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope,omitempty"`
	ExpiresIn    int    `json:"expires_in"`
	ExtExpiresIn int    `json:"ext_expires_in"`
	AccessToken  string `json:"access_token"`
	IDToken      string `json:"id_token,omitempty"`
}

// redeem changes a code for an ID token. The code is gone whether or not the rest is right.
func (s *Server) redeem(r *http.Request, a authority, form url.Values) (*tokenAnswer, *entraError) {
	s.mu.Lock()
	g, known := s.codes[form.Get("code")]
	delete(s.codes, form.Get("code"))
	t := s.byKey[g.tenantID]
	s.mu.Unlock()
	switch {
	case !known:
		return nil, &entraError{"invalid_grant", 70000, "The provided value for the input parameter 'code' is not valid, or the code was already redeemed."}
	case s.opts.Now().After(g.expires):
		return nil, &entraError{"invalid_grant", 70008, "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource."}
	case a.tenant != nil && a.tenant != t:
		return nil, &entraError{"invalid_grant", 700005, "Provided Authorization Code is intended to use against other tenant, thus rejected."}
	case g.redirect != form.Get("redirect_uri"):
		return nil, &entraError{"invalid_client", 500112, fmt.Sprintf("The reply address '%s' does not match the reply address '%s' provided when requesting Authorization code.", form.Get("redirect_uri"), g.redirect)}
	}
	proof := sha256.Sum256([]byte(form.Get("code_verifier")))
	if base64.RawURLEncoding.EncodeToString(proof[:]) != g.challenge {
		return nil, &entraError{"invalid_grant", 501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request."}
	}
	idToken, err := s.idToken(r, t, g)
	if err != nil {
		return nil, &entraError{"server_error", 90033, "A transient error has occurred. Please try again."}
	}
	return &tokenAnswer{
		TokenType: "Bearer", Scope: g.scope, ExpiresIn: int(tokenLife.Seconds()), ExtExpiresIn: int(tokenLife.Seconds()),
		AccessToken: "EwB" + rand.Text(), // of no use here: Roomward reads Graph with the application's own token
		IDToken:     idToken,
	}, nil
}

// writeDevices is the one permission that changes something; the others serve where the devices themselves cannot be read. A tenant may leave
// each of them out.
const (
	writeDevices = "TeamworkDevice.ReadWrite.All"
	readPresence = "Presence.Read.All"
	readManaged  = "DeviceManagementManagedDevices.Read.All"
)

// Permissions are the application permissions of the registration (graph.md 11); consent gives all of them.
func Permissions() []string {
	return []string{
		"Organization.Read.All", "Place.Read.All", "User.Read.All", "GroupMember.Read.All", "TeamworkDevice.Read.All",
		writeDevices, readPresence, readManaged, "CrossTenantInformation.ReadBasic.All",
	}
}

// accessClaims is what an application token says. Clients must not read it; Graph here does.
type accessClaims struct {
	jwt.Claims
	AppID string   `json:"appid"`
	IDTyp string   `json:"idtyp"`
	TID   string   `json:"tid"`
	Roles []string `json:"roles,omitempty"`
	Ver   string   `json:"ver"`
}

// appToken is the client credentials grant: a token for one tenant with the permissions that it consented to.
func (s *Server) appToken(r *http.Request, a authority, app *registration, form url.Values) (*tokenAnswer, *entraError) {
	if a.tenant == nil {
		return nil, &entraError{"invalid_request", 50059, "No tenant-identifying information found in either the request or implied by any provided credentials."}
	}
	if scope := form.Get("scope"); scope != graphID+"/.default" && scope != s.base(r)+"/graph/.default" {
		return nil, &entraError{"invalid_scope", 1002012, fmt.Sprintf("The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).", scope)}
	}
	s.mu.RLock()
	f := s.faults[strings.ToLower(a.tenant.ID)]
	installed, granted := a.tenant.gave(app.which)
	granted = slices.Clone(granted)
	readOnly, withheld := a.tenant.ReadOnly, slices.Clone(a.tenant.Withheld)
	s.mu.RUnlock()
	if !installed || f.NotConsented || !app.multitenant && a.tenant != s.world.Partner {
		return nil, notInstalled(app.clientID, a)
	}
	if granted == nil {
		granted = slices.Clone(app.permissions)
	}
	now := s.opts.Now()
	c := accessClaims{
		Claims: jwt.Claims{
			Audience: jwt.Audience{graphID}, Issuer: "https://sts.windows.net/" + a.tenant.ID + "/",
			Subject: guid("principal", a.tenant.ID), ID: randomGUID(),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(tokenLife)),
		},
		AppID: app.clientID, IDTyp: "app", TID: a.tenant.ID, Ver: "1.0",
	}
	if !f.NoRoles {
		c.Roles = slices.DeleteFunc(granted, func(p string) bool { return readOnly && p == writeDevices || slices.Contains(withheld, p) })
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: s.access}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, &entraError{"server_error", 90033, "A transient error has occurred. Please try again."}
	}
	text, err := jwt.Signed(signer).Claims(c).Serialize()
	if err != nil {
		return nil, &entraError{"server_error", 90033, "A transient error has occurred. Please try again."}
	}
	return &tokenAnswer{
		TokenType: "Bearer", ExpiresIn: int(tokenLife.Seconds()), ExtExpiresIn: int(tokenLife.Seconds()), AccessToken: text,
	}, nil
}
