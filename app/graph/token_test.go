package graph

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestTokenIsKeptPerTenantAndRenewedBeforeItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, nil)
		used := map[string]string{} // token by tenant, as the last request had it
		f.graph = func(w http.ResponseWriter, r *http.Request) {
			claims, _ := readClaims(r.Header.Get("Authorization"))
			used[string(claims.TenantID)] = r.Header.Get("Authorization")
			io.WriteString(w, oneRoom)
		}
		c := f.client()
		ask := func(tenant string, tokens int) string {
			t.Helper()
			if _, err := c.Rooms(t.Context(), tenant); err != nil {
				t.Fatal(err)
			}
			if f.tokens != tokens {
				t.Fatalf("%d tokens asked for, want %d", f.tokens, tokens)
			}
			return used[strings.ToLower(tenant)]
		}
		first := ask(tenantA, 1)
		other := ask(tenantB, 2)
		if first == other || used[tenantA] != first {
			t.Error("one tenant's token went out for another")
		}
		ask(strings.ToUpper(tenantA), 2) // the same tenant

		time.Sleep(3599*time.Second - tokenMargin - time.Second) // simulated; a second before it is due
		if again := ask(tenantA, 2); again != first {
			t.Error("the token changed too early")
		}
		time.Sleep(time.Second) // simulated
		if renewed := ask(tenantA, 3); renewed == first {
			t.Error("the token was not renewed")
		}
		ask(tenantB, 4)
	})
}

func TestTokenIsFetchedOnceForManyCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, always(200, oneRoom))
		f.login = func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second) // simulated
			giveToken(w, strings.Split(r.URL.Path, "/")[1], 1, allRoles...)
		}
		c := f.client()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := c.Rooms(t.Context(), tenantA); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if f.tokens != 1 {
			t.Errorf("%d tokens asked for", f.tokens)
		}

		// A failure is everybody's, once, and is not kept.
		var failing atomic.Bool
		failing.Store(true)
		f = newFake(t, always(200, oneRoom))
		f.login = func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second) // simulated
			if failing.Load() {
				always(400, string(example(t, "entra/token.error.7000222.json")))(w, r)
				return
			}
			giveToken(w, tenantA, 1, allRoles...)
		}
		c = f.client()
		for range 20 {
			all.Go(func() {
				if _, err := c.Rooms(t.Context(), tenantA); KindOf(err) != SecretExpired {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if f.tokens != 1 || len(f.requests()) != 0 {
			t.Errorf("%d tokens asked for, requests %q", f.tokens, f.requests())
		}
		failing.Store(false)
		if _, err := c.Rooms(t.Context(), tenantA); err != nil {
			t.Error(err)
		}
	})
}

// Who began the token request and gave up does not take it away from those who wait for it.
func TestGivingUpLeavesTheTokenToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, always(200, oneRoom))
		f.login = func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Second) // simulated
			giveToken(w, tenantA, 1, allRoles...)
		}
		c := f.client()
		ctx, giveUp := context.WithTimeout(t.Context(), time.Second)
		defer giveUp()
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := c.Rooms(ctx, tenantA); KindOf(err) != Canceled || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("who gave up: %v", err)
			}
		})
		both.Go(func() {
			time.Sleep(500 * time.Millisecond) // simulated; the other one has begun
			if _, err := c.Rooms(t.Context(), tenantA); err != nil {
				t.Errorf("who waited: %v", err)
			}
		})
		both.Wait()
		if f.tokens != 1 {
			t.Errorf("%d tokens asked for", f.tokens)
		}
	})
}

func TestTokenRequestsAreRetriedAndThrottledLikeOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token := func(w http.ResponseWriter, r *http.Request) { giveToken(w, tenantA, 1, allRoles...) }
		f := newFake(t, always(200, oneRoom))
		f.login = inTurn(always(503, ""), always(429, "{}", "Retry-After", "3"), token)
		begun := time.Now()
		if _, err := f.client().Rooms(t.Context(), tenantA); err != nil || f.tokens != 3 {
			t.Errorf("%v after %d requests", err, f.tokens)
		}
		if took := time.Since(begun); took < 3400*time.Millisecond || took > 3800*time.Millisecond {
			t.Errorf("took %v", took)
		}

		f = newFake(t, always(200, oneRoom))
		f.login = always(429, string(example(t, "entra/token.error.90055.json")), "Retry-After", "120")
		c := f.client()
		for range 3 {
			_, err := c.Rooms(t.Context(), tenantA)
			if e := wantKind(t, err, Throttled); e.RetryAfter != 2*time.Minute || f.tokens != 1 {
				t.Errorf("%v after %d requests", e, f.tokens)
			}
		}
		if f.login = token; true {
			if _, err := c.Rooms(t.Context(), tenantB); KindOf(err) != BadAnswer { // the fake gives tenant A's token
				t.Errorf("another tenant: %v", err)
			}
		}

		f = newFake(t, always(200, oneRoom))
		f.login = always(500, "")
		_, err := f.client().Rooms(t.Context(), tenantA)
		if wantKind(t, err, Unavailable); f.tokens != maxTries {
			t.Errorf("%d token requests: retries must not multiply", f.tokens)
		}
	})
}

func TestTokenAnswersThatCannotBeUsed(t *testing.T) {
	good := jwtOf(map[string]any{"tid": tenantA, "roles": []string{"x"}})
	for name, body := range map[string]string{
		"not JSON":         `<html>Sign in to the network</html>`,
		"empty":            ``,
		"no token":         `{"token_type":"Bearer","expires_in":3599}`,
		"token is a list":  `{"access_token":["` + good + `"]}`,
		"line break":       `{"access_token":"` + good + `\r\nX-Evil: 1"}`,
		"not ASCII":        `{"access_token":"é"}`,
		"another scheme":   `{"access_token":"` + good + `","token_type":"pop"}`,
		"another tenant":   `{"access_token":"` + jwtOf(map[string]any{"tid": tenantB}) + `"}`,
		"larger than any":  `{"access_token":"` + strings.Repeat("a", maxToken+1) + `"}`,
		"error as success": `{"error":"invalid_client"}`,
	} {
		f := newFake(t, always(200, oneRoom))
		f.login = always(200, body)
		_, err := f.client().Rooms(t.Context(), tenantA)
		e := wantKind(t, err, BadAnswer)
		if len(f.requests()) != 0 || strings.Contains(e.Error(), "eyJ") {
			t.Errorf("%s: %v, %q", name, e, f.requests())
		}
	}
}

func TestTokenLife(t *testing.T) {
	asked := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for expires, want := range map[string]time.Duration{
		`3599`: 3599*time.Second - tokenMargin, `"3599"`: 3599*time.Second - tokenMargin, `400`: 200 * time.Second, `2`: time.Second,
		`null`: tokenUnknown, `0`: tokenUnknown, `-5`: tokenUnknown, `"soon"`: tokenUnknown, `99999999`: 24*time.Hour - tokenMargin, `1e300`: tokenUnknown,
	} {
		tok, err := readToken(answer{status: 200, body: fmt.Appendf(nil, `{"access_token":"opaque","expires_in":%s}`, expires)}, tenantA, asked)
		if err != nil || tok.renewAt.Sub(asked) != want || tok.readable {
			t.Errorf("expires_in %s: renewed after %v, want %v (%v)", expires, tok.renewAt.Sub(asked), want, err)
		}
	}
}

func TestRoles(t *testing.T) {
	f := newFake(t, always(200, oneRoom))
	f.roles = []string{"Place.Read.All", "CallRecords.Read.All", "Place.Read.All"}
	c := f.client()
	roles, err := c.Roles(t.Context(), tenantA)
	if err != nil || !reflect.DeepEqual(roles, []string{"CallRecords.Read.All", "Place.Read.All"}) {
		t.Fatalf("%q %v", roles, err)
	}
	roles[0] = "Directory.ReadWrite.All" // the caller's own copy
	if again, err := c.Roles(t.Context(), tenantA); err != nil || again[0] != "CallRecords.Read.All" || f.tokens != 1 {
		t.Errorf("%q %v after %d requests", again, err, f.tokens)
	}

	// A new consent shows once the token is forgotten.
	f.roles = []string{"User.Read.All"}
	c.ForgetToken(strings.ToUpper(tenantA))
	if roles, err = c.Roles(t.Context(), tenantA); err != nil || !reflect.DeepEqual(roles, []string{"User.Read.All"}) {
		t.Errorf("%q %v", roles, err)
	}
	c.ForgetToken("organizations") // no tenant, nothing to forget

	f = newFake(t, always(200, oneRoom))
	f.login = always(200, `{"access_token":"opaque"}`)
	_, err = f.client().Roles(t.Context(), tenantA)
	wantKind(t, err, BadAnswer)
	_, err = f.client().Roles(t.Context(), "organizations")
	wantKind(t, err, TenantUnknown)
}

// A token request that was on its way when the consent came does not put its old token back.
func TestForgottenWhileOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, always(200, oneRoom))
		old := true
		f.login = func(w http.ResponseWriter, r *http.Request) {
			roles := []string{"new"}
			if old {
				old, roles = false, []string{"old"}
				time.Sleep(10 * time.Second) // simulated
			}
			giveToken(w, tenantA, 1, roles...)
		}
		c := f.client()
		var first sync.WaitGroup
		first.Go(func() {
			if _, err := c.Roles(t.Context(), tenantA); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		c.ForgetToken(tenantA)
		if roles, err := c.Roles(t.Context(), tenantA); err != nil || !reflect.DeepEqual(roles, []string{"new"}) {
			t.Errorf("%q %v", roles, err)
		}
		first.Wait()
		if roles, err := c.Roles(t.Context(), tenantA); err != nil || !reflect.DeepEqual(roles, []string{"new"}) || f.tokens != 2 {
			t.Errorf("afterwards: %q %v, %d tokens", roles, err, f.tokens)
		}
	})
}

// "common" and foreign domains would give the token of another tenant.
func TestTenantsAreGivenByID(t *testing.T) {
	for _, tenant := range []string{"", "common", "organizations", "contoso.com", "../" + tenantA[3:], tenantA + "/x", tenantA[:35] + "g", "b1c2d3e4-1111-4a2b-8c3d_0123456789ab"} {
		f := newFake(t, always(200, oneRoom))
		_, err := f.client().Rooms(t.Context(), tenant)
		if wantKind(t, err, TenantUnknown); f.tokens != 0 || len(f.requests()) != 0 {
			t.Errorf("%q: %d tokens, %q", tenant, f.tokens, f.requests())
		}
	}
}
