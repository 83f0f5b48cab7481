package graph

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	operationOne = "119eb06d-0c4b-4fb3-a754-33dd0d6b618c"
	mayRestart   = "TeamworkDevice.ReadWrite.All"
)

func TestRestartGivesTheOperation(t *testing.T) {
	for _, tc := range []struct {
		location, want string
	}{
		{"/teamwork/devices/d1/operations/" + operationOne, operationOne}, // as the documentation shows it: no host, no version
		{"https://graph.example/beta/teamwork/devices/d1/operations/" + operationOne, operationOne},
		{"https://elsewhere.example/teamwork/devices/d1/operations/op1", "op1"}, // only the id is used, so the host does not matter
		{"teamwork/devices/d1/operations/op1/", "op1"},
		{"", ""}, {"/teamwork/devices/d1", ""}, {"/teamwork/devices/d1/operations/", ""}, {"/operations/..", ""}, {"/operations/%2Fx", ""}, {"::", ""},
	} {
		f := newFake(t, always(202, "", "Location", tc.location, "Content-Type", "text/plain"))
		f.roles = append(f.roles, mayRestart)
		got, err := f.client().Restart(t.Context(), tenantA, "d1")
		if got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("Location %q: %q, %v", tc.location, got, err)
		}
		if tc.want == "" && !wantKind(t, err, BadAnswer).Uncertain {
			t.Errorf("Location %q: accepted, so it may be restarting", tc.location)
		}
		if want := "POST https://graph.example/beta/teamwork/devices/d1/restart"; strings.Join(f.requests(), "|") != want || f.bodies[0] != "" {
			t.Errorf("asked %q with %q", f.requests(), f.bodies)
		}
	}
	if _, err := newFake(t, nil).client().Restart(t.Context(), tenantA, "../d1"); KindOf(err) != NotFound {
		t.Error(err)
	}
}

// TestRestartIsSentOnce: what may have been taken is not sent again; what was certainly refused may be.
func TestRestartIsSentOnce(t *testing.T) {
	taken := always(202, "", "Location", "/teamwork/devices/d1/operations/op1")
	lost := func(http.ResponseWriter, *http.Request) { panic(errors.New("connection lost")) }
	for _, tc := range []struct {
		name      string
		first     func(http.ResponseWriter, *http.Request)
		kind      Kind // "": the second try succeeds
		uncertain bool
		sent      int
	}{
		{"server error", always(500, ""), Unavailable, true, 1},
		{"unavailable", always(503, "", "Retry-After", "1"), Unavailable, true, 1},
		{"lost connection", lost, Unavailable, true, 1},
		{"redirect", always(302, "", "Location", "https://graph.example/"), BadAnswer, true, 1},
		{"throttled", always(429, "", "Retry-After", "0.001"), "", false, 2},
		{"old token", always(401, ""), "", false, 2},
		{"queued already", always(409, string(example(t, "teamwork/restart.409.json"))), Conflict, false, 1},
		{"no such device", always(404, string(example(t, "errors/404.UnknownError.json"))), NotFound, false, 1},
		{"no devices API", always(404, string(example(t, "errors/404.ResourceNotFound.json"))), Gone, false, 1},
		{"refused", always(403, ""), Forbidden, false, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t, inTurn(tc.first, taken))
			f.roles = append(f.roles, mayRestart)
			c := f.client(func(cfg *Config) { cfg.HTTP = &http.Client{Transport: losing{f}} })
			_, err := c.Restart(t.Context(), tenantA, "d1")
			if tc.kind == "" && err != nil {
				t.Fatal(err)
			}
			if tc.kind != "" && wantKind(t, err, tc.kind).Uncertain != tc.uncertain {
				t.Errorf("uncertain is not %v: %v", tc.uncertain, err)
			}
			if len(f.requests()) != tc.sent {
				t.Errorf("sent %q", f.requests())
			}
		})
	}
}

// losing turns a panic of the fake into a broken connection.
type losing struct{ *fake }

func (l losing) RoundTrip(r *http.Request) (got *http.Response, err error) {
	defer func() {
		if broke, ok := recover().(error); ok {
			got, err = nil, broke
		}
	}()
	return l.fake.RoundTrip(r)
}

func TestRestartNeedsItsOwnPermission(t *testing.T) {
	f := newFake(t, always(403, string(example(t, "errors/403.Authorization_RequestDenied.json"))))
	_, err := f.client().Restart(t.Context(), tenantA, "d1") // the token may read devices
	if e := wantKind(t, err, PermissionMissing); e.Permission != mayRestart || e.Uncertain {
		t.Errorf("%+v", e)
	}
}

func TestOperationStates(t *testing.T) {
	for said, want := range map[string]OperationState{
		"Queued": OperationWaiting, "scheduled": OperationWaiting, "InProgress": OperationRunning, "Successful": OperationSucceeded,
		"succeeded": OperationSucceeded, "Failed": OperationFailed, "Cancelled": OperationCancelled, "canceled": OperationCancelled,
		// What is not known is not an end, whatever it sounds like.
		"": OperationRunning, "Done": OperationRunning, "completed": OperationRunning, "partiallySuccessful": OperationRunning,
	} {
		f := newFake(t, always(200, `{"id":"op1","operationType":"deviceRestart","status":"`+said+`"}`))
		got, err := f.client().Operation(t.Context(), tenantA, "d1", "op1")
		if err != nil || got.State != want || got.State.Over() != (want == OperationSucceeded || want == OperationFailed || want == OperationCancelled) {
			t.Errorf("%q: %v, %v", said, got.State, err)
		}
	}
	f := newFake(t, always(200, `{"id":"op2","status":"Successful"}`))
	if _, err := f.client().Operation(t.Context(), tenantA, "d1", "op1"); KindOf(err) != BadAnswer {
		t.Errorf("the end of another operation was taken: %v", err)
	}
	f = newFake(t, always(404, string(example(t, "errors/404.UnknownError.json"))))
	if _, err := f.client().Operation(t.Context(), tenantA, "d1", "op1"); KindOf(err) != NotFound {
		t.Error(err)
	}
}

func TestOperationsOfADevice(t *testing.T) {
	f := newFake(t, always(200, string(example(t, "teamwork/operations.list.json"))))
	c := f.client()
	got, err := c.Operations(t.Context(), tenantA, "d1")
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	want := Operation{ID: operationOne, Kind: DeviceRestart, State: OperationSucceeded, AppID: "0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b",
		Created: time.Date(2026, 11, 20, 9, 20, 3, 450e6, time.UTC), Completed: time.Date(2026, 11, 20, 9, 22, 41, 450e6, time.UTC)}
	if got[0] != want {
		t.Errorf("read %+v, want %+v", got[0], want)
	}
	if f.requests()[0] != "GET https://graph.example/beta/teamwork/devices/d1/operations" {
		t.Error(f.requests())
	}
	f = newFake(t, always(404, string(example(t, "errors/404.UnknownError.json"))))
	if _, err := f.client().Operations(t.Context(), tenantA, "d1"); KindOf(err) != NotFound {
		t.Errorf("a device that is not there says nothing about the API: %v", err)
	}
}

func trapOperationsOfTheDocumentation(t *testing.T) {
	f := newFake(t, always(200, `{"value":{"id":"op1","status":"queued","createdDateTime":"2021-06-19T12-01-03.45Z","createdBy":{"user":{"id":"u","userIdentityType":"aadUser"},"application":null},"error":null}}`))
	got, err := f.client().Operation(t.Context(), tenantA, "d1", "op1")
	if want := time.Date(2021, 6, 19, 12, 1, 3, 450e6, time.UTC); err != nil || got.State != OperationWaiting || !got.Created.Equal(want) || got.AppID != "" || got.UserID != "u" {
		t.Errorf("%+v %v", got, err)
	}
}
