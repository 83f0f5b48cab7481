package graph

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const oneRoom = `{"value":[{"placeId":"p1","displayName":"Oslo 301"}]}`

// TestRetry runs on a simulated clock: what a call waits is exact and takes no time.
func TestRetry(t *testing.T) {
	throttled := func(after ...string) func(http.ResponseWriter, *http.Request) {
		return always(429, string(example(t, "errors/429.TooManyRequests.json")), after...)
	}
	status := func(n int, header ...string) func(http.ResponseWriter, *http.Request) {
		return always(n, "{}", header...)
	}
	ok := always(200, oneRoom)
	for _, c := range []struct {
		name       string
		answers    []func(http.ResponseWriter, *http.Request)
		want       Kind
		requests   int
		least      time.Duration // the waits of the whole call
		most       time.Duration
		retryAfter time.Duration
	}{
		{"first time", list(ok), "", 1, 0, 0, 0},
		{"429 with seconds", list(throttled("Retry-After", "7"), ok), "", 2, 7 * time.Second, 7 * time.Second, 0},
		{"429 twice", list(throttled("Retry-After", "2"), throttled("Retry-After", "3"), ok), "", 3, 5 * time.Second, 5 * time.Second, 0},
		{"429 three times", list(throttled("Retry-After", "2")), Throttled, 3, 4 * time.Second, 4 * time.Second, 2 * time.Second},
		{"429 with a date", list(throttled("Retry-After", time.Date(2000, 1, 1, 0, 0, 4, 0, time.UTC).Format(http.TimeFormat)), ok), "", 2, 4 * time.Second, 4 * time.Second, 0},
		{"429 with a long wait", list(throttled("Retry-After", "17"), ok), Throttled, 1, 0, 0, 17 * time.Second},
		{"429 with nonsense", list(throttled("Retry-After", "soon"), ok), "", 2, 400 * time.Millisecond, 800 * time.Millisecond, 0},
		{"429 with a past date", list(throttled("Retry-After", "Sat, 01 Jan 1994 00:00:00 GMT"), ok), "", 2, 400 * time.Millisecond, 800 * time.Millisecond, 0},
		{"429 without a wait", list(throttled(), ok), "", 2, 400 * time.Millisecond, 800 * time.Millisecond, 0},
		{"503 with a short wait", list(status(503, "Retry-After", "1"), ok), "", 2, time.Second, time.Second, 0},
		{"503 with a long wait", list(status(503, "Retry-After", "30"), ok), Unavailable, 1, 0, 0, 30 * time.Second},
		{"500 for ever", list(status(500)), Unavailable, 3, 1200 * time.Millisecond, 2400 * time.Millisecond, 0},
		{"502, 504, then good", list(status(502), status(504), ok), "", 3, 1200 * time.Millisecond, 2400 * time.Millisecond, 0},
		{"403 is final", list(status(403)), Forbidden, 1, 0, 0, 0},
		{"404 is final", list(status(404)), NotFound, 1, 0, 0, 0},
		{"409 is final", list(status(409)), Conflict, 1, 0, 0, 0},
		{"400 is final", list(status(400)), BadRequest, 1, 0, 0, 0},
		{"redirect is final", list(status(302, "Location", "https://evil.example/")), BadAnswer, 1, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, inTurn(c.answers...))
				ctx, usage := Count(t.Context())
				begun := time.Now()
				rooms, err := f.client().Rooms(ctx, tenantA)
				took := time.Since(begun)
				if KindOf(err) != c.want || c.want == "" && len(rooms) != 1 {
					t.Fatalf("%v, %v", rooms, err)
				}
				if n := len(f.requests()); n != c.requests {
					t.Errorf("%d requests, want %d", n, c.requests)
				}
				if took < c.least || took > c.most {
					t.Errorf("took %v, want %v to %v", took, c.least, c.most)
				}
				var e *Error
				if errors.As(err, &e) && e.RetryAfter != c.retryAfter {
					t.Errorf("retry after %v", e.RetryAfter)
				}
				if usage.Requests() != c.requests+1 || usage.Waited() != took {
					t.Errorf("counted %d requests and %v, want %d (one token) and %v", usage.Requests(), usage.Waited(), c.requests+1, took)
				}
			})
		})
	}
}

func list(answers ...func(http.ResponseWriter, *http.Request)) []func(http.ResponseWriter, *http.Request) {
	return answers
}

func TestMaxRetryWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := inTurn(always(429, "{}", "Retry-After", "17"), always(200, oneRoom))
		c := newFake(t, answers).client(func(cfg *Config) { cfg.MaxRetryWait = 20 * time.Second })
		begun := time.Now()
		if _, err := c.Rooms(t.Context(), tenantA); err != nil || time.Since(begun) != 17*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		f := newFake(t, always(500, "{}"))
		c = f.client(func(cfg *Config) { cfg.MaxRetryWait = -1 })
		begun = time.Now()
		_, err := c.Rooms(t.Context(), tenantA)
		if wantKind(t, err, Unavailable); time.Since(begun) != 0 || len(f.requests()) != 1 {
			t.Errorf("waited %v, %d requests", time.Since(begun), len(f.requests()))
		}
	})
}

// While Microsoft wants quiet no request goes out, because it would count against the limit: that tenant and that workload only.
func TestLongRetryAfterKeepsTheTenantQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, inTurn(always(429, "{}", "Retry-After", "60"), always(200, oneRoom)))
		c := f.client()
		_, err := c.Rooms(t.Context(), tenantA)
		wantKind(t, err, Throttled)
		time.Sleep(20 * time.Second) // simulated
		_, err = c.Rooms(t.Context(), tenantA)
		if e := wantKind(t, err, Throttled); e.RetryAfter != 40*time.Second || len(f.requests()) != 1 {
			t.Errorf("%v, %q", e, f.requests())
		}
		if _, err := c.Rooms(t.Context(), tenantB); err != nil {
			t.Errorf("another tenant: %v", err)
		}
		if _, err := c.Devices(t.Context(), tenantA); KindOf(err) == Throttled {
			t.Errorf("another workload: %v", err)
		}
		time.Sleep(35 * time.Second) // simulated; 5 s are left, which is short enough to wait for
		begun := time.Now()
		if _, err := c.Rooms(t.Context(), tenantA); err != nil || time.Since(begun) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

func TestNewTokenAfter401(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var used []string
		f := newFake(t, nil)
		f.graph = func(w http.ResponseWriter, r *http.Request) {
			used = append(used, r.Header.Get("Authorization"))
			if len(used) == 1 {
				always(401, string(example(t, "errors/401.InvalidAuthenticationToken.json")))(w, r)
				return
			}
			io.WriteString(w, oneRoom)
		}
		begun := time.Now()
		if _, err := f.client().Rooms(t.Context(), tenantA); err != nil {
			t.Fatal(err)
		}
		if len(used) != 2 || used[0] == used[1] || f.tokens != 2 || time.Since(begun) != 0 {
			t.Errorf("%d requests, %d tokens, %v", len(used), f.tokens, time.Since(begun))
		}
		f = newFake(t, always(401, "{}"))
		_, err := f.client().Rooms(t.Context(), tenantA)
		if e := wantKind(t, err, Forbidden); e.Status != 401 || len(f.requests()) != 2 || f.tokens != 2 {
			t.Errorf("only one retry: %v, %d requests, %d tokens", e, len(f.requests()), f.tokens)
		}
	})
}

// A new token that is refused where Microsoft's date is another one is refused for our clock.
func TestRefusedForTheClock(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	ours := func(cfg *Config) { cfg.Now = func() time.Time { return now } }
	for date, want := range map[string]Kind{
		"":                              Forbidden,
		"yesterday":                     Forbidden,
		"Fri, 20 Nov 2026 09:04:00 GMT": Forbidden,
		"Fri, 20 Nov 2026 07:00:00 GMT": ClockSkew,
		"Fri, 20 Nov 2026 09:06:00 GMT": ClockSkew,
	} {
		_, err := newFake(t, always(401, `{"error":{"code":"InvalidAuthenticationToken","message":"Lifetime validation failed"}}`, "Date", date)).client(ours).Rooms(t.Context(), tenantA)
		e := wantKind(t, err, want)
		if want == ClockSkew && !strings.Contains(e.Message, "apart") {
			t.Errorf("%q: %v", date, e)
		}
		_, err = newFake(t, always(403, `{}`, "Date", date)).client(ours).Rooms(t.Context(), tenantA)
		wantKind(t, err, Forbidden) // what is refused for itself is not a matter of time
	}
}

func TestConsentWithdrawnShowsAfter401(t *testing.T) {
	f := newFake(t, always(401, "{}"))
	f.login = inTurn(func(w http.ResponseWriter, r *http.Request) { giveToken(w, tenantA, 1, allRoles...) },
		always(400, string(example(t, "entra/token.error.700016.json"))))
	_, err := f.client().Rooms(t.Context(), tenantA)
	wantKind(t, err, NotConsented)
}

func TestBodyBounds(t *testing.T) {
	huge := func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"value":[{"placeId":"`)
		w.Write(bytes.Repeat([]byte("a"), maxBody))
		io.WriteString(w, `"}]}`)
	}
	_, err := newFake(t, huge).client().Rooms(t.Context(), tenantA)
	if e := wantKind(t, err, BadAnswer); !strings.Contains(e.Message, "larger") {
		t.Errorf("%v", e)
	}
	// One device is not as large as a page of them.
	_, err = newFake(t, func(w http.ResponseWriter, r *http.Request) {
		w.Write(append([]byte(`{"connection":{"connectionStatus":"connected"}}`), bytes.Repeat([]byte(" "), maxObject)...))
	}).client().Health(t.Context(), tenantA, "d1")
	if e := wantKind(t, err, BadAnswer); !strings.Contains(e.Message, "larger") {
		t.Errorf("%v", e)
	}
	// An endless error page must not be read to its end either.
	read := 0
	_, err = newFake(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(403)
		read, _ = w.Write(bytes.Repeat([]byte("<p>no</p>"), maxErrorBody))
	}).client().Rooms(t.Context(), tenantA)
	if e := wantKind(t, err, Forbidden); e.Message != "" || read == 0 {
		t.Errorf("%v", e)
	}
}

// server is a real HTTP server for both halves of the cloud, below a path.
func server(t *testing.T, graph http.HandlerFunc) *Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/entra/{tenant}/oauth2/v2.0/token", func(w http.ResponseWriter, r *http.Request) {
		giveToken(w, r.PathValue("tenant"), 1, allRoles...)
	})
	mux.Handle("/sim/", http.StripPrefix("/sim", graph))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	c, err := New(Config{Cloud: Cloud{Login: s.URL + "/entra/", Graph: s.URL + "/sim"}, Credential: Credential{ClientID: "app-1", Secret: secret}, MaxRetryWait: -1})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRealHTTPBelowABasePath(t *testing.T) {
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() != "Roomward" || r.Header.Get("Accept") != "application/json" || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ey") {
			t.Errorf("headers %v", r.Header)
		}
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("gzip not offered")
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		if !r.URL.Query().Has("$skip") {
			fmt.Fprint(z, `{"value":[{"placeId":"p1"}],"@odata.nextLink":"/places/microsoft.graph.room?$skip=1"}`)
			return
		}
		fmt.Fprint(z, `{"value":[{"placeId":"`+r.URL.Path+`"}]}`)
	})
	rooms, err := c.Rooms(t.Context(), tenantA)
	if err != nil || len(rooms) != 2 || rooms[1].PlaceID != "/v1.0/places/microsoft.graph.room" {
		t.Errorf("%+v %v", rooms, err)
	}
}

func TestCompressedBodyIsBoundedByItsRealSize(t *testing.T) {
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		block := make([]byte, 1<<20)
		for range 12 {
			if _, err := z.Write(block); err != nil {
				return
			}
		}
	})
	_, err := c.Rooms(t.Context(), tenantA)
	wantKind(t, err, BadAnswer)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	reached := 0
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { reached++ }))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, status) })
		_, err := c.Rooms(t.Context(), tenantA)
		if e := wantKind(t, err, BadAnswer); e.Status != status {
			t.Errorf("%v", e)
		}
		_, err = c.MemberGroups(t.Context(), tenantA, "u1")
		wantKind(t, err, BadAnswer)
	}
	// The token form holds the secret.
	f := newFake(t, nil)
	f.login = always(307, "", "Location", other.URL)
	_, err := f.client().Rooms(t.Context(), tenantA)
	wantKind(t, err, BadAnswer)
	if reached != 0 || f.tokens != 1 {
		t.Errorf("the other host was reached %d times, %d token requests", reached, f.tokens)
	}
}

func TestNetworkFailures(t *testing.T) {
	t.Run("nobody there", func(t *testing.T) {
		c := server(t, nil)
		gone := httptest.NewServer(nil)
		gone.Close()
		c.graph.Host = strings.TrimPrefix(gone.URL, "http://")
		_, err := c.SearchUsers(t.Context(), tenantA, "confidential-name", 5)
		e := wantKind(t, err, Unavailable)
		if strings.Contains(e.Error(), "confidential") || strings.Contains(e.Error(), "http") || e.Status != 0 {
			t.Errorf("the address is in the error: %v", e)
		}
	})
	t.Run("cut off", func(t *testing.T) {
		c := server(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{"value":[`)
		})
		_, err := c.Rooms(t.Context(), tenantA)
		if wantKind(t, err, Unavailable); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%v", err)
		}
	})
	t.Run("too slow", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			begun := time.Now()
			_, err := f.client().Rooms(t.Context(), tenantA) // not asked again: that would keep a worker for three times as long
			if wantKind(t, err, Unavailable); time.Since(begun) != requestTimeout || len(f.requests()) != 1 {
				t.Errorf("after %v and %d requests", time.Since(begun), len(f.requests()))
			}
		})
	})
}

func TestCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := newFake(t, func(w http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
		_, err := f.client().Rooms(ctx, tenantA)
		if wantKind(t, err, Canceled); !errors.Is(err, context.Canceled) || len(f.requests()) != 1 {
			t.Errorf("%v %q", err, f.requests())
		}

		// Also while it waits to try again.
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
		defer stop()
		f = newFake(t, always(429, "{}", "Retry-After", "8"))
		_, err = f.client().Rooms(ctx, tenantA)
		if wantKind(t, err, Canceled); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if KindOf(context.Canceled) != Canceled || KindOf(nil) != "" || KindOf(io.EOF) != "" || KindOf(fmt.Errorf("wrapped: %w", err)) != Canceled {
			t.Error("KindOf")
		}
	})
}

func TestRetryAfterHeader(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "17": 17 * time.Second, " 5 ": 5 * time.Second, "0": 0, "-3": 0, "1.5": 1500 * time.Millisecond, "NaN": 0, "x": 0,
		"86400": maxAsked, "86402": unmeant, "999999999999": unmeant, "1e300": unmeant, "Inf": unmeant,
		"Fri, 20 Nov 2026 09:00:30 GMT": 30 * time.Second,
		"Fri, 20 Nov 2026 08:59:00 GMT": 0,
		"Fri, 20 Nov 2099 08:59:00 GMT": unmeant,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}
