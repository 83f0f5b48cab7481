package graph

import (
	"net/http"
	"strings"
	"testing"
)

// TestTraps is the list of the traps of graph.md 2 (and those of section 1 on rooms), with the test of each.
func TestTraps(t *testing.T) {
	for _, trap := range []struct {
		text string
		test func(t *testing.T)
	}{
		{"the API is deprecated and may stop for a tenant at any time", trapDevicesAPIGone},
		{"'temporarily at no charge': be ready for 402", trapPaymentRequired},
		{"the default page is 20, the largest 50; no $expand, $orderby, delta", trapFiftyAtOnce},
		{"sipAnalog is missing from some clouds, and eleven types exist", trapAllDeviceTypesOfTheSchema},
		{"createdBy may hold user objects with extra fields", trapUserObjectsWithExtraFields},
		{"timestamps of the documentation are no RFC 3339", trapInvalidTimestampsOfTheDocumentation},
		{"enums in PascalCase or camelCase", trapPascalCaseEnums},
		{"single objects wrapped in value or bare", trapWrappedSingleObjects},
		{"relative next links", trapRelativeNextLinks},
		{"unknown enum values", trapUnknownEnumValues},
		{"nulls", trapNulls},
		{"5xx means stale, not that all devices are offline", trapServerErrorsAreNoNews},
		{"a property of another shape than the schema's", trapPropertyOfAnotherShape},
		{"displays are known by their place in the list", trapDisplaysKeepTheirPlace},
		{"an answer that reports on nothing is no health", trapEmptyHealthIsNoHealth},
		{"old room fields, capacity as text", trapOldRoomFields},
		{"an empty list of rooms is an answer, no list is none", trapEmptyListOrNone},
		{"a relative Location names the operation", TestRestartGivesTheOperation},
		{"the state of an operation is a free text", TestOperationStates},
		{"operations as the documentation shows them", trapOperationsOfTheDocumentation},
	} {
		t.Run(trap.text, trap.test)
	}
}

func trapPaymentRequired(t *testing.T) {
	f := newFake(t, always(402, `{"error":{"code":"PaymentRequired","message":"This API is metered."}}`))
	c := f.client()
	_, list := c.Devices(t.Context(), tenantA)
	_, one := c.Health(t.Context(), tenantA, "d1")
	for _, err := range []error{list, one} {
		if e := wantKind(t, err, Forbidden); e.Status != 402 || e.Message != "This API is metered." {
			t.Errorf("%v", e)
		}
	}
	if len(f.requests()) != 2 {
		t.Errorf("asked again: %q", f.requests())
	}
}

func trapFiftyAtOnce(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "$top=50" {
			always(400, string(example(t, "errors/400.Request_UnsupportedQuery.json")))(w, r)
			return
		}
		always(200, `{"value":[{"id":"d1"}]}`)(w, r)
	})
	if found, err := f.client().Devices(t.Context(), tenantA); err != nil || len(found) != 1 {
		t.Errorf("%v %v, asked %q", found, err, f.requests())
	}
}

func trapServerErrorsAreNoNews(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504} {
		f := newFake(t, always(status, string(example(t, "errors/500.InternalServerError.json"))))
		c := f.client(func(cfg *Config) { cfg.MaxRetryWait = -1 })
		found, err := c.Devices(t.Context(), tenantA)
		if wantKind(t, err, Unavailable); found != nil {
			t.Errorf("%d: devices %v", status, found)
		}
		health, err := c.Health(t.Context(), tenantA, "d1")
		if wantKind(t, err, Unavailable); health.Connection != (Part{}) {
			t.Errorf("%d: health %+v", status, health)
		}
	}
}

func trapEmptyListOrNone(t *testing.T) {
	found, err := newFake(t, always(200, string(example(t, "places/rooms.empty.json")))).client().Rooms(t.Context(), tenantA)
	if err != nil || found == nil || len(found) != 0 {
		t.Errorf("%v %v", found, err)
	}
	found, err = newFake(t, always(200, strings.Replace(string(example(t, "places/rooms.empty.json")), `"value"`, `"values"`, 1))).client().Rooms(t.Context(), tenantA)
	if wantKind(t, err, BadAnswer); found != nil {
		t.Errorf("%v", found)
	}
}
