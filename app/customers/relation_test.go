package customers_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
	"roomward/store"
)

// settings are all changes of what was agreed, as they may be sent.
func settings() map[string]fields {
	return map[string]fields{
		"/grant":          {"grant": fields{"all": true}},
		"/ceiling":        {"ceiling": []string{"rooms.view"}},
		"/change-control": {"events": fields{"role": "manual"}},
		"/strong-auth":    {"strongAuth": "c1"},
		"/end-date":       {"endsAt": "2031-01-01T00:00:00Z"},
		"/retention":      {"retentionDays": 30, "sealDays": 0},
		"/contacts":       {"contacts": []string{"rooms@northwind.example"}},
	}
}

// TestWhoMayChangeWhatWasAgreed: nobody but the customer's own administrators, and they only while there is a relation.
func TestWhoMayChangeWhatWasAgreed(t *testing.T) {
	h := open(t)
	h.accept(h.send(ann, nil))
	before := h.must(ann, "GET", portal, nil)["relation"]
	for path, body := range settings() {
		for who, want := range map[string]int{emil: http.StatusForbidden, maya: http.StatusForbidden, pia: http.StatusForbidden, nora: http.StatusForbidden,
			tara: http.StatusNotFound} {
			status, _, text := h.do(who, "PUT", portal+path, body)
			require.Equal(t, want, status, "%s %s: %s", who, path, text)
			requireNoSecrets(t, text, path)
		}
	}
	for path, body := range map[string]fields{"/grant/preview": settings()["/grant"], "/ceiling/preview": settings()["/ceiling"]} {
		for who, want := range map[string]int{emil: http.StatusForbidden, pia: http.StatusForbidden, tara: http.StatusNotFound} {
			status, _, text := h.do(who, "POST", portal+path, body)
			require.Equal(t, want, status, text)
			requireNoSecrets(t, text, path)
		}
	}
	require.Equal(t, before, h.must(ann, "GET", portal, nil)["relation"])
	require.Empty(t, h.granted)
}

// TestSettings: each change answers what is agreed after it, and two people cannot overwrite each other unseen.
func TestSettings(t *testing.T) {
	h := open(t)
	customer := h.accept(h.send(ann, nil))
	relation := h.must(ann, "GET", portal, nil)["relation"].(map[string]any)
	require.Equal(t, []any{float64(1), []any{ann}, float64(180), float64(30)},
		[]any{relation["version"], relation["contacts"], relation["retentionDays"], relation["sealDays"]}, "notices go to the sender unless it says otherwise")
	want := map[string]map[string]any{
		"/grant":          {"grant": map[string]any{"all": true}},
		"/ceiling":        {"ceiling": []any{"rooms.view"}},
		"/change-control": {"changeControl": map[string]any{"role": "manual", "assignment": "auto", "group": "auto", "action": "auto", "export": "auto"}},
		"/strong-auth":    {"strongAuth": "c1"},
		"/end-date":       {"endsAt": "2031-01-01T00:00:00Z"},
		"/retention":      {"retentionDays": float64(30), "sealDays": float64(0)},
		"/contacts":       {"contacts": []any{"rooms@northwind.example"}},
	}
	version := 1
	for path, body := range settings() {
		tag := `"` + string(rune('0'+version)) + `"`
		status, got, text := h.doIf(ann, tag, "PUT", portal+path, body)
		require.Equal(t, http.StatusOK, status, text)
		version++
		for field, value := range want[path] {
			require.Equal(t, value, got[field], path)
		}
		require.Equal(t, float64(version), got["version"])
		require.Equal(t, got, h.must(ann, "GET", portal, nil)["relation"])
		status, problem, _ := h.doIf(ann, tag, "PUT", portal+path, body)
		require.Equal(t, []any{http.StatusPreconditionFailed, "changed-meanwhile"}, []any{status, problem["code"]}, path)
		status, _, _ = h.doIf(ann, `"x"`, "PUT", portal+path, body)
		require.Equal(t, http.StatusPreconditionFailed, status)
	}
	require.Len(t, h.granted, 1)
	require.Equal(t, customer, h.granted[0].String())
	got := h.must(ann, "PUT", portal+"/end-date", fields{})
	require.NotContains(t, got, "endsAt", "renewed")

	detail := h.must(maya, "GET", "/api/customers/"+customer, nil)
	require.Equal(t, []any{"Phishing-resistant MFA", float64(30), float64(0)}, []any{detail["strongAuth"].(map[string]any)["name"], detail["retentionDays"], detail["sealDays"]},
		"the partner reads what was agreed")
	require.Equal(t, "manual", detail["changeControl"].(map[string]any)["role"])
	require.NotContains(t, detail, "contacts", "whom the customer has told is its own matter")
}

func TestSettingsRefusals(t *testing.T) {
	h := open(t)
	h.accept(h.send(ann, nil))
	before := h.must(ann, "GET", portal, nil)["relation"]
	for name, tc := range map[string]struct{ path, body, at string }{
		"an unknown field":           {"/contacts", `{"contacts":["a@x.example"],"name":"x"}`, "body.name"},
		"no grant":                   {"/grant", `{}`, "body"},
		"an empty grant":             {"/grant", `{"grant":{"all":false}}`, "body.grant.all"},
		"a choice without a room":    {"/grant", `{"grant":{"all":false,"rules":[{"country":"FR"}]}}`, "body.grant"},
		"an unknown permission":      {"/ceiling", `{"ceiling":["rooms.destroy"]}`, "body.ceiling[0]"},
		"no ceiling":                 {"/ceiling", `{}`, "body"},
		"an unknown event":           {"/change-control", `{"events":{"coffee":"manual"}}`, "body.events.coffee"},
		"an unknown way":             {"/change-control", `{"events":{"role":"never"}}`, "body.events.role"},
		"a context that is not ours": {"/strong-auth", `{"strongAuth":"c9"}`, "body.strongAuth"},
		"an end that has been":       {"/end-date", `{"endsAt":"2020-01-01T00:00:00Z"}`, "body.endsAt"},
		"an end that nobody means":   {"/end-date", `{"endsAt":"2099-01-01T00:00:00Z"}`, "body.endsAt"},
		"an end that is no moment":   {"/end-date", `{"endsAt":"tomorrow"}`, "body.endsAt"},
		"too few days":               {"/retention", `{"retentionDays":29,"sealDays":0}`, "body.retentionDays"},
		"too many days":              {"/retention", `{"retentionDays":1096,"sealDays":0}`, "body.retentionDays"},
		"too long a seal":            {"/retention", `{"retentionDays":30,"sealDays":366}`, "body.sealDays"},
		"a negative seal":            {"/retention", `{"retentionDays":30,"sealDays":-1}`, "body.sealDays"},
		"no address":                 {"/contacts", `{"contacts":[]}`, "body.contacts"},
		"six addresses":              {"/contacts", `{"contacts":["a@x.example","b@x.example","c@x.example","d@x.example","e@x.example","f@x.example"]}`, "body.contacts"},
		"a name with an address":     {"/contacts", `{"contacts":["Ann <a@x.example>"]}`, "body.contacts[0]"},
		"no address at all":          {"/contacts", `{"contacts":["a@x.example","nobody"]}`, "body.contacts[1]"},
		"two lines":                  {"/contacts", `{"contacts":["a@x.example\r\nBcc: b@x.example"]}`, "body.contacts[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			status, problem, text := h.do(ann, "PUT", portal+tc.path, tc.body)
			require.Equal(t, http.StatusUnprocessableEntity, status, text)
			require.Equal(t, tc.at, problem["errors"].([]any)[0].(map[string]any)["location"], text)
		})
	}
	require.Equal(t, before, h.must(ann, "GET", portal, nil)["relation"])
}

// TestNarrowingOverHTTP: live names for what is gained, stored ones for what is lost, also while Microsoft does not answer; and the room that was
// taken out is in no answer of the partner's afterwards.
func TestNarrowingOverHTTP(t *testing.T) {
	h := open(t)
	customer := h.accept(h.send(ann, nil)) // GB: three rooms
	id, err := policy.ParseID(customer)
	require.NoError(t, err)
	h.collect(id)
	require.Equal(t, float64(3), h.must(ann, "GET", portal, nil)["relation"].(map[string]any)["rooms"])

	names := func(rooms any) []string {
		var out []string
		for _, r := range rooms.(map[string]any)["rooms"].([]any) {
			out = append(out, r.(map[string]any)["name"].(string))
		}
		return out
	}
	choice := fields{"grant": fields{"all": true, "except": []fields{{"building": "London Bridge"}}}}
	preview := h.must(ann, "POST", portal+"/grant/preview", choice)
	require.Equal(t, []string{"Tamarin Hall"}, names(preview["gained"]))
	require.Equal(t, []string{"Quokka Huddle", "Zephyr Boardroom"}, names(preview["lost"]))
	require.Equal(t, []any{float64(2), float64(4), float64(1)}, []any{preview["covered"], preview["total"], preview["keeps"]})
	assignment := preview["assignments"].([]any)[0].(map[string]any)
	require.Equal(t, []any{store.AssignedAdmins, store.PrimaryAdmins, []any{"Pia Primary"}, float64(3), float64(1), false},
		[]any{assignment["name"], assignment["role"], assignment["members"], assignment["before"], assignment["after"], assignment["removed"]})
	require.Equal(t, float64(1), preview["version"])

	require.NoError(t, h.cloud.Close())
	h.pass(6 * time.Minute) // what was read live is forgotten
	preview = h.must(ann, "POST", portal+"/grant/preview", choice)
	require.Equal(t, "microsoft-unavailable", preview["unread"])
	require.NotContains(t, preview, "gained")
	require.Equal(t, []string{"Quokka Huddle", "Zephyr Boardroom"}, names(preview["lost"]), "narrowing does not depend on Microsoft")
	status, relation, text := h.doIf(ann, `"1"`, "PUT", portal+"/grant", choice)
	require.Equal(t, http.StatusOK, status, text)
	require.Equal(t, float64(1), relation["rooms"])
	require.Equal(t, []policy.ID{id}, h.granted)
	require.NoError(t, h.store.Erase(t.Context()))
	require.NotContains(t, string(h.bytesOnDisk()), "Zephyr")
	require.NotContains(t, string(h.bytesOnDisk()), "quokka@")
	require.Contains(t, string(h.bytesOnDisk()), "Marmot", "what stays is there")
	nothing := fields{"grant": fields{"all": false, "rules": []fields{{"country": "FR"}}}}
	status, _, text = h.do(ann, "PUT", portal+"/grant", nothing)
	require.Equal(t, http.StatusOK, status, "while nobody knows what it covers the customer's word counts: %s", text)
}

// collect is a run of places as collecting does it.
func (h *house) collect(id policy.ID) {
	h.t.Helper()
	leases, err := h.store.ClaimCollect(h.t.Context(), store.CollectPlaces, store.QueueAll, 10, time.Minute)
	require.NoError(h.t, err)
	require.Len(h.t, leases, 1)
	var found []store.PlaceFound
	for _, r := range items(h.must(ann, "GET", portal+"/rooms", nil)) {
		name := r["name"].(string)
		found = append(found, store.PlaceFound{PlaceID: r["placeId"].(string), Name: name, Email: name + "@northwind.example", Country: r["country"].(string),
			City: r["city"].(string), Building: r["building"].(string)})
	}
	_, err = h.store.ApplyPlaces(h.t.Context(), policy.ForWork(id, "test"), store.CollectOutcome{Lease: leases[0], StartedAt: h.now(), State: store.CollectOK,
		Good: true, NextDue: h.now().Add(time.Hour)}, found)
	require.NoError(h.t, err)
}
