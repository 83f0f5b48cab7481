package cloudsim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"
)

// entraRoutes are the addresses below /login, named as below https://login.microsoftonline.com.
func (s *Server) entraRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /login/{tenant}/v2.0/.well-known/openid-configuration", s.troubled("discovery", s.discovery))
	mux.HandleFunc("GET /login/{tenant}/discovery/v2.0/keys", s.troubled("keys", s.publicKeys))
	mux.HandleFunc("GET /login/{tenant}/oauth2/v2.0/authorize", s.authorize)
	mux.HandleFunc("POST /login/{tenant}/oauth2/v2.0/authorize", s.authorize)
	mux.HandleFunc("POST /login/{tenant}/oauth2/v2.0/token", s.troubled("token", s.token))
	mux.HandleFunc("GET /login/{tenant}/v2.0/adminconsent", s.adminConsent)
	mux.HandleFunc("POST /login/{tenant}/v2.0/adminconsent", s.adminConsent)
	mux.HandleFunc("GET /login/{tenant}/oauth2/v2.0/logout", s.logout)
	mux.HandleFunc("GET /login/style.css", serveStyle)
}

// troubled lets an address of Entra misbehave where the tenant that it names, or "organizations", has that trouble.
func (s *Server) troubled(at string, proper http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key := r.PathValue("tenant")
		if a, bad := s.authority(r); bad == nil {
			key = a.segment
			if at == "token" && a.tenant != nil {
				s.mu.Lock()
				s.count(a.tenant, at)
				s.mu.Unlock()
			}
		}
		s.stamp(w, key)
		s.misbehave(w, r, s.take(key, at), proper)
	}
}

// authority is whom the {tenant} part of an address means: one tenant, or every organisation (tenant is nil).
type authority struct {
	segment string // as it goes into addresses: the GUID, "organizations" or "common"
	tenant  *Tenant
}

// authority reads the {tenant} part: a GUID, a verified domain, "organizations" or "common".
func (s *Server) authority(r *http.Request) (authority, *entraError) {
	segment := r.PathValue("tenant")
	switch segment {
	case "organizations", "common":
		return authority{segment: segment}, nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.byKey[strings.ToLower(segment)]
	if t == nil {
		return authority{}, &entraError{"invalid_tenant", 90002, fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.", segment)}
	}
	return authority{segment: t.ID, tenant: t}, nil
}

type discoveryDocument struct {
	TokenEndpoint       string   `json:"token_endpoint"`
	TokenAuthMethods    []string `json:"token_endpoint_auth_methods_supported"`
	JWKSURI             string   `json:"jwks_uri"`
	ResponseModes       []string `json:"response_modes_supported"`
	SubjectTypes        []string `json:"subject_types_supported"`
	SigningAlgorithms   []string `json:"id_token_signing_alg_values_supported"`
	ResponseTypes       []string `json:"response_types_supported"`
	Scopes              []string `json:"scopes_supported"`
	Issuer              string   `json:"issuer"`
	RequestURIParameter bool     `json:"request_uri_parameter_supported"`
	Userinfo            string   `json:"userinfo_endpoint"`
	Authorize           string   `json:"authorization_endpoint"`
	HTTPLogout          bool     `json:"http_logout_supported"`
	FrontChannelLogout  bool     `json:"frontchannel_logout_supported"`
	EndSession          string   `json:"end_session_endpoint"`
	Claims              []string `json:"claims_supported"`
	RegionScope         *string  `json:"tenant_region_scope"`
	CloudInstance       string   `json:"cloud_instance_name"`
	CloudGraphHost      string   `json:"cloud_graph_host_name"`
	GraphHost           string   `json:"msgraph_host"`
	RegionSubScope      string   `json:"tenant_region_sub_scope,omitempty"`
}

func (s *Server) discovery(w http.ResponseWriter, r *http.Request) {
	a, bad := s.authority(r)
	if bad != nil {
		s.entraFailure(w, r, bad)
		return
	}
	at := s.base(r) + "/login/" + a.segment
	doc := discoveryDocument{
		TokenEndpoint:     at + "/oauth2/v2.0/token",
		TokenAuthMethods:  []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		JWKSURI:           at + "/discovery/v2.0/keys",
		ResponseModes:     []string{"query"},
		SubjectTypes:      []string{"pairwise"},
		SigningAlgorithms: []string{"RS256"},
		ResponseTypes:     []string{"code"},
		Scopes:            []string{"openid", "profile", "email", "offline_access"},
		Issuer:            s.issuer(r, "{tenantid}"),
		Userinfo:          s.base(r) + "/graph/oidc/userinfo",
		Authorize:         at + "/oauth2/v2.0/authorize",
		HTTPLogout:        true, FrontChannelLogout: true,
		EndSession: at + "/oauth2/v2.0/logout",
		Claims: []string{"sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
			"msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid",
			"ver", "at_hash", "c_hash", "email"},
		CloudInstance: "microsoftonline.com", CloudGraphHost: "graph.windows.net", GraphHost: "graph.microsoft.com",
	}
	if t := a.tenant; t != nil {
		doc.Issuer = s.issuer(r, t.ID)
		doc.RegionScope = &t.RegionScope
		doc.RegionSubScope = t.RegionSubScope
		switch t.RegionSubScope {
		case "DODCON":
			doc.CloudInstance, doc.GraphHost = "microsoftonline.us", "graph.microsoft.us"
		case "DOD":
			doc.CloudInstance, doc.GraphHost = "microsoftonline.us", "dod-graph.microsoft.us"
		}
	}
	writeJSON(w, http.StatusOK, doc)
}

func (s *Server) issuer(r *http.Request, tenant string) string {
	return s.base(r) + "/login/" + tenant + "/v2.0"
}

// signingKeys is the key that signs ID tokens, made at first use: a client of Graph alone never waits for it.
type signingKeys struct {
	private *rsa.PrivateKey
	kid     string
	der     []byte
}

// signing is the key of this moment.
func (s *Server) signing() (*signingKeys, error) {
	s.mu.RLock()
	keys := s.keys
	s.mu.RUnlock()
	return keys()
}

// RotateKeys puts another key in the place of the one that signs ID tokens. The old one is known no more, as after an emergency at Microsoft.
func (s *Server) RotateKeys() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = sync.OnceValues(newSigningKeys)
}

// time is the cloud's own time where it deals with a tenant.
func (s *Server) time(key string) time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.opts.Now().Add(s.faults[strings.ToLower(key)].Skew)
}

// stamp dates an answer by the cloud's own time.
func (s *Server) stamp(w http.ResponseWriter, key string) {
	w.Header().Set("Date", s.time(key).UTC().Format(http.TimeFormat))
}

func newSigningKeys() (*signingKeys, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "simulated accounts.accesscontrol.windows.net"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(5, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, fmt.Errorf("make the signing key's certificate: %w", err)
	}
	sum := sha1.Sum(der) // x5t is defined as SHA-1; nothing rests on it
	return &signingKeys{private: private, kid: base64.RawURLEncoding.EncodeToString(sum[:]), der: der}, nil
}

func (s *Server) publicKeys(w http.ResponseWriter, r *http.Request) {
	a, bad := s.authority(r)
	if bad != nil {
		s.entraFailure(w, r, bad)
		return
	}
	k, err := s.signing()
	if err != nil {
		http.Error(w, "no keys", http.StatusInternalServerError)
		return
	}
	issuer := s.issuer(r, "{tenantid}")
	if a.tenant != nil {
		issuer = s.issuer(r, a.tenant.ID)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	writeJSON(w, http.StatusOK, map[string]any{"keys": []map[string]any{{
		"kty": "RSA", "use": "sig", "kid": k.kid, "x5t": k.kid,
		"n": b64(k.private.N.Bytes()), "e": b64(big.NewInt(int64(k.private.E)).Bytes()),
		"x5c":    []string{base64.StdEncoding.EncodeToString(k.der)},
		"issuer": issuer,
	}}})
}

// entraError is one refusal of Entra: the OAuth code, the AADSTS number and its text.
type entraError struct {
	code   string
	number int
	text   string
}

func (e *entraError) description() string { return fmt.Sprintf("AADSTS%d: %s", e.number, e.text) }

func (e *entraError) status() int {
	if e.code == "invalid_client" {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

// entraFailure answers with Entra's JSON error body, as the token and discovery endpoints do.
func (s *Server) entraFailure(w http.ResponseWriter, r *http.Request, e *entraError) {
	stamp := s.opts.Now().UTC().Format("2006-01-02 15:04:05Z")
	trace, correlation := randomGUID(), randomGUID()
	writeJSON(w, e.status(), struct {
		Error         string `json:"error"`
		Description   string `json:"error_description"`
		Codes         []int  `json:"error_codes"`
		Timestamp     string `json:"timestamp"`
		TraceID       string `json:"trace_id"`
		CorrelationID string `json:"correlation_id"`
		URI           string `json:"error_uri"`
	}{
		e.code, fmt.Sprintf("%s Trace ID: %s Correlation ID: %s Timestamp: %s", e.description(), trace, correlation, stamp),
		[]int{e.number}, stamp, trace, correlation, fmt.Sprintf("%s/login/error?code=%d", s.base(r), e.number),
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "encode the answer", http.StatusInternalServerError)
		return
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	_, _ = w.Write(data)
}

func randomGUID() string { return guid(rand.Text()) }
