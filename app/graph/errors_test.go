package graph

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestKindOfStatus(t *testing.T) {
	for status, want := range map[int]Kind{
		302: BadAnswer, 400: BadRequest, 401: Forbidden, 402: Forbidden, 403: Forbidden, 404: NotFound, 405: BadRequest, 408: Unavailable,
		409: Conflict, 410: NotFound, 412: BadRequest, 423: BadRequest, 429: Throttled, 500: Unavailable, 502: Unavailable, 503: Unavailable, 504: Unavailable,
		507: Unavailable, 509: Throttled,
	} {
		if got := kindOfStatus(status); got != want {
			t.Errorf("%d is %s, want %s", status, got, want)
		}
	}
}

func TestKindOfAADSTS(t *testing.T) {
	c := newFake(t, nil).client()
	for number, want := range map[int]Kind{
		700016: NotConsented, 65001: NotConsented, 65004: NotConsented, 90094: NotConsented, 90099: NotConsented,
		7000215: SecretInvalid, 7000222: SecretExpired, 700027: AssertionInvalid, 7000112: AppDisabled, 50194: AppDisabled,
		53003: ConditionalAccess, 50076: ConditionalAccess, 700024: ClockSkew, 90002: TenantUnknown, 900382: WrongCloud, 90055: Throttled,
		70011: BadRequest, 1002012: BadRequest, 12345678: BadRequest, // scope, scope, not known: by status
	} {
		body := fmt.Sprintf(`{"error":"x","error_description":"AADSTS%d: said.","error_codes":[%d],"trace_id":"t-1"}`, number, number)
		e := c.loginError(answer{status: 400, header: http.Header{}, body: []byte(body)})
		if e.Kind != want || e.AADSTS != number || e.RequestID != "t-1" || !strings.Contains(e.Error(), fmt.Sprint("AADSTS ", number)) {
			t.Errorf("%d: %v, want %s", number, e, want)
		}
	}
}

// Microsoft says to act on "error": the numbers may change, and bodies may lack them.
func TestLoginErrorsWithoutANumber(t *testing.T) {
	bySecret := newFake(t, nil).client()
	byCertificate := newFake(t, nil).client(func(cfg *Config) { cfg.Credential.Certificate = newCertificate(t) })
	for _, c := range []struct {
		status int
		body   string
		client *Client
		want   Kind
		number int
	}{
		{401, `{"error":"invalid_client"}`, bySecret, SecretInvalid, 0},
		{401, `{"error":"invalid_client"}`, byCertificate, AssertionInvalid, 0},
		{400, `{"error":"invalid_tenant"}`, bySecret, TenantUnknown, 0},
		{400, `{"error":"unauthorized_client"}`, bySecret, Forbidden, 0},
		{400, `{"error":"invalid_grant"}`, bySecret, Forbidden, 0},
		{400, `{"error":"temporarily_unavailable"}`, bySecret, Unavailable, 0},
		{400, `{"error":"invalid_request"}`, bySecret, BadRequest, 0},
		{400, `{"error":"x","error_description":"AADSTS700016: Application not found."}`, bySecret, NotConsented, 700016},
		{400, `{"error":"x","error_codes":["700016"]}`, bySecret, NotConsented, 700016},
		{400, `{"error":"x","error_codes":[null,-1,65001]}`, bySecret, NotConsented, 65001},
		{400, `{"error":"x","error_codes":{"a":1},"error_description":7}`, bySecret, BadRequest, 0},
		{400, `{"error":{"code":"x"}}`, bySecret, BadRequest, 0},
		{400, `<html>`, bySecret, BadRequest, 0},
		{503, `{"error":"invalid_client","error_codes":[7000215]}`, bySecret, Unavailable, 7000215}, // a sick server proves nothing about our secret
		{429, `{"error":"invalid_client","error_codes":[7000215]}`, bySecret, Throttled, 7000215},
		{302, ``, bySecret, BadAnswer, 0},
	} {
		e := c.client.loginError(answer{status: c.status, header: http.Header{}, body: []byte(c.body)})
		if e.Kind != c.want || e.AADSTS != c.number {
			t.Errorf("%d %s: %s %d, want %s %d", c.status, c.body, e.Kind, e.AADSTS, c.want, c.number)
		}
	}
}

// The devices API may end for a tenant at any time (graph.md 0); a device that is gone is something else.
func trapDevicesAPIGone(t *testing.T) {
	noSegment := `{"error":{"code":"BadRequest","message":"Resource not found for the segment 'teamwork'."}}`
	for _, c := range []struct {
		name   string
		status int
		body   string
		list   Kind
		one    Kind
		rooms  Kind
	}{
		{"404", 404, string(example(t, "errors/404.UnknownError.json")), Gone, NotFound, NotFound},
		{"410", 410, `{}`, Gone, NotFound, NotFound},
		{"400 about the segment", 400, noSegment, Gone, Gone, BadRequest},
		{"404 about the segment", 404, noSegment, Gone, Gone, NotFound},
		{"403", 403, string(example(t, "errors/403.UnknownError.json")), Forbidden, Forbidden, Forbidden},
		{"402", 402, `{}`, Forbidden, Forbidden, Forbidden},
		{"500", 500, noSegment, Unavailable, Unavailable, Unavailable},
	} {
		client := newFake(t, always(c.status, c.body)).client(func(cfg *Config) { cfg.MaxRetryWait = -1 })
		_, list := client.Devices(t.Context(), tenantA)
		_, one := client.Device(t.Context(), tenantA, "d1")
		_, health := client.Health(t.Context(), tenantA, "d1")
		_, rooms := client.Rooms(t.Context(), tenantA)
		if KindOf(list) != c.list || KindOf(one) != c.one || KindOf(health) != c.one || KindOf(rooms) != c.rooms {
			t.Errorf("%s: list %v, one %v, health %v, rooms %v", c.name, list, one, health, rooms)
		}
	}
}

// With no consent for a permission Entra still gives a token, only without the role.
func TestMissingPermissionIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, always(403, string(example(t, "errors/403.UnknownError.json"))))
		f.roles = []string{"Place.Read.All"}
		c := f.client()
		_, err := c.Devices(t.Context(), tenantA)
		if e := wantKind(t, err, PermissionMissing); e.Permission != "TeamworkDevice.Read.All" || !strings.Contains(e.Error(), e.Permission) {
			t.Errorf("%v", e)
		}
		_, err = c.Rooms(t.Context(), tenantA) // the permission is there, and still refused
		if e := wantKind(t, err, Forbidden); e.Permission != "" {
			t.Errorf("%v", e)
		}
		f.roles = []string{"TeamworkDevice.ReadWrite.All"} // more than enough
		c.ForgetToken(tenantA)
		_, err = c.Devices(t.Context(), tenantA)
		wantKind(t, err, Forbidden)

		// Consent given meanwhile is noticed without a restart: a token that is some minutes old is not trusted about what it lacks.
		f.roles = nil
		c.ForgetToken(tenantA)
		_, err = c.Devices(t.Context(), tenantA)
		wantKind(t, err, PermissionMissing)
		tokens := f.tokens
		_, err = c.Devices(t.Context(), tenantA)
		if wantKind(t, err, PermissionMissing); f.tokens != tokens {
			t.Error("a fresh token was thrown away")
		}
		time.Sleep(staleRoles + time.Second) // simulated
		_, err = c.Devices(t.Context(), tenantA)
		wantKind(t, err, PermissionMissing)
		f.roles, f.graph = allRoles, always(200, `{"value":[]}`)
		if _, err := c.Devices(t.Context(), tenantA); err != nil || f.tokens != tokens+1 {
			t.Errorf("%v after %d tokens", err, f.tokens-tokens)
		}
	})
}

func TestErrorText(t *testing.T) {
	f := newFake(t, always(429, string(example(t, "errors/429.TooManyRequests.json")), "Retry-After", "17", "request-id", "r-9"))
	_, err := f.client().Rooms(t.Context(), tenantA)
	text := wantKind(t, err, Throttled).Error()
	for _, part := range []string{"graph: list rooms: throttled", "status 429", "code TooManyRequests", "retry after 17s", "request r-9"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
	for _, part := range []string{"AADSTS", "permission", "\n"} {
		if strings.Contains(text, part) {
			t.Errorf("%q has %q", text, part)
		}
	}
	// Inner request ids in both spellings, control characters and endless texts.
	c := f.client()
	for _, name := range []string{"innerError", "innererror"} {
		body := fmt.Sprintf(`{"error":{"code":"A\u001b[31m","message":%q,%q:{"request-id":"inner-1"}}}`, "one\r\ntwo "+strings.Repeat("é", 2000), name)
		e := c.graphError(request{}, answer{status: 400, header: http.Header{}, body: []byte(body)})
		if e.RequestID != "inner-1" || e.Code != "A[31m" || !strings.HasPrefix(e.Message, "one two é") || len(e.Message) > maxSaid || strings.ContainsAny(e.Error(), "\r\n\x1b") {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// TestNoSecretInErrorsOrLogs lets both servers echo all that they got, in every shape that might come back, and greps the log and
// the errors for it.
func TestNoSecretInErrorsOrLogs(t *testing.T) {
	const opaque = "opaque-access-token-0123456789"
	jwt := jwtOf(map[string]any{"tid": tenantA, "roles": allRoles})
	forbidden := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), "very-secret", opaque, jwt, jwt[:40], "Bearer e"}
	var said []string
	echo := func(status int, about string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			text := strings.Join([]string{about, secret, string(body), r.Header.Get("Authorization")}, " ")
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"error":{"code":%q,"message":%q},"error_description":%q}`, text, text, text)
		}
	}
	flat := func(status int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			r.ParseForm()
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"error":%q,"error_description":%q}`, r.PostForm.Get("client_secret"), strings.Repeat("x", 490)+" "+r.PostForm.Get("client_secret")+r.PostForm.Encode())
		}
	}
	for _, token := range []string{opaque, jwt} {
		for _, status := range []int{200, 400, 401, 403, 404, 429, 500} {
			for _, pad := range []string{"", strings.Repeat("x", 495), strings.Repeat("x", 480) + "\x00"} {
				f := newFake(t, echo(status, pad))
				f.login = always(200, fmt.Sprintf(`{"access_token":%q}`, token))
				logins := newFake(t, always(200, oneRoom))
				logins.login = echo(status, pad)
				flats := newFake(t, always(200, oneRoom))
				flats.login = flat(status)
				for _, fake := range []*fake{f, logins, flats} {
					c := fake.client(func(cfg *Config) { cfg.MaxRetryWait = -1 })
					_, rooms := c.Rooms(t.Context(), tenantA)
					_, groups := c.MemberGroups(t.Context(), tenantA, "u1")
					_, search := c.SearchUsers(t.Context(), tenantA, "kim", 5)
					_, found := c.Discover(t.Context(), "contoso.com")
					for _, err := range []error{rooms, groups, search, found} {
						if err != nil {
							said = append(said, err.Error(), fmt.Sprintf("%+v", err))
						}
					}
					said = append(said, fake.log.String())
				}
			}
		}
	}
	all := strings.Join(said, "\n")
	if len(said) < 200 || !strings.Contains(all, "graph request") || !strings.Contains(all, hidden) {
		t.Fatalf("%d texts prove nothing", len(said))
	}
	for _, text := range said {
		for _, word := range forbidden {
			if strings.Contains(text, word) {
				t.Fatalf("%q is in %.600q", word, text)
			}
		}
		if i := strings.Index(text, "Xq8"); i >= 0 {
			t.Fatalf("part of the secret is in %.600q", text[i:])
		}
	}
}

// Errors of the transport may hold the address, and so what somebody searched for.
func TestTransportErrorsHoldNoAddress(t *testing.T) {
	c := newFake(t, nil).client(func(cfg *Config) {
		cfg.HTTP = &http.Client{Transport: failing{}}
		cfg.MaxRetryWait = -1
	})
	_, err := c.Rooms(t.Context(), tenantA)
	e := wantKind(t, err, Unavailable)
	if strings.Contains(e.Error(), "http") || strings.Contains(e.Error(), secret) || !strings.Contains(e.Error(), "proxy said") {
		t.Errorf("%v", e)
	}
}

type failing struct{}

func (failing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("proxy said: %s and %s", secret, url.QueryEscape(secret))
}
