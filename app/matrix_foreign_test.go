package app

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/web"
	"roomward/policy"
)

// kindOf is the kind of id that a path takes.
func kindOf(path string) string {
	if strings.Contains(path, "/partnership/invitations/{id}") {
		return "sent"
	}
	for _, kind := range kinds {
		if strings.Contains(path, "/"+kind+"/{id}") {
			return kind
		}
	}
	return ""
}

// noOID is of no person, group or organisation.
const noOID = "5c1f0b1e-0d5c-4a57-9d1b-6f3f6f0f2a11"

// missing are ids that were never given out, in the form of a kind.
func (w world) missing(a actor, kind string) []string {
	out := []string{policy.NewID().String()}
	switch kind {
	case "members":
		out = append(out, "user:"+noOID, "group:"+noOID)
	case "audit": // of no organisation, and past the end of a record that is there
		out = append(out, noOID+":1", "partner:999999")
		for tenant, domain := range w.customers {
			if len(tenant) == len(noOID) && slices.Contains(a.customers, domain) {
				out = append(out, tenant+":999999")
			}
		}
	}
	return out
}

// foreign picks ids of the route's kind that are not the actor's, of several customers, and then one of each other kind.
func (w world) foreign(a actor, path string) []string {
	wanted := kindOf(path)
	invitations := map[string]bool{"invitations": true, "sent": true} // the same ids, read by either side
	out := w.some(wanted, 8, func(p piece) bool { return !w.mayRead(a, wanted, p) })
	for _, kind := range kinds {
		if kind != wanted {
			out = append(out, w.some(kind, 1, func(p piece) bool { return !invitations[kind] || !invitations[wanted] || !w.mayRead(a, kind, p) })...)
		}
	}
	return out
}

func (w world) own(a actor, path string) []string {
	kind := kindOf(path)
	return w.some(kind, 6, func(p piece) bool { return w.mayRead(a, kind, p) })
}

// some picks ids of a kind, two of each customer at the most.
func (w world) some(kind string, most int, pick func(piece) bool) []string {
	var out []string
	ofDomain := map[string]int{}
	for _, id := range slices.Sorted(maps.Keys(w.ids[kind])) {
		p := w.ids[kind][id]
		if len(out) < most && ofDomain[p.domain] < 2 && pick(p) {
			ofDomain[p.domain]++
			out = append(out, id)
		}
	}
	return out
}

// isRead fails when an export does not hold the tenant id of its reader, taken apart as leaks are looked for: what cannot be read leaks nothing.
func (w world) isRead(t *testing.T, d *demo, a actor, name string, status int, body string) {
	t.Helper()
	if status != http.StatusOK || !strings.HasSuffix(name, ".csv") && !strings.HasSuffix(name, ".jsonl") {
		return
	}
	tenant := d.world.Partner.ID
	if a.side == "customer" {
		tenant = d.tenant(a.customers[0]).ID
	}
	require.True(t, textsIn(body)[tenant], "%s reads nothing of its own in %s: %.600s", a.login, name, body)
}

// foreignParts asks, of the own customer, for the roles, assignments and room groups of another one: as for those that are nowhere.
func foreignParts(t *testing.T, d *demo, w world, visitors map[string]*visitor) {
	of := map[string]string{"{role}": "roles", "{assignment}": "assignments", "{group}": "groups"}
	tried := 0
	for _, a := range actors() {
		for _, r := range web.Routes(web.Features{}) {
			for part, kind := range of {
				if !strings.Contains(r.Path, part) || a.login != "primary.admin@partner.example" {
					continue
				}
				for _, domain := range agreeing {
					path := ""
					for id, p := range w.ids["customers"] {
						if p.domain == domain {
							path = strings.Replace(r.Path, "{id}", id, 1)
						}
					}
					first := ""
					ids := append([]string{policy.NewID().String()}, w.some(kind, 6, func(p piece) bool { return p.domain != domain })...)
					require.Greater(t, len(ids), 1, "nothing is foreign")
					for _, id := range ids {
						status, body := visitors[a.login].call(r.Method, strings.Replace(path, part, id, 1), bodies(d, a)[r.Method+" "+r.Path])
						require.Equal(t, http.StatusNotFound, status, "%s %s %s: %s", a.login, r.Method, path, body)
						if body = withoutRequest(body); first == "" {
							first = body
						}
						require.Equal(t, first, body, "%s %s %s tells a foreign id from a missing one", a.login, r.Method, path)
						tried++
					}
				}
			}
		}
	}
	require.NotZero(t, tried)
}

// foreignNotices marks notices of others as read: as for those that are nowhere.
func foreignNotices(t *testing.T, w world, visitors map[string]*visitor) {
	for path, may := range map[string]func(actor) bool{"/api/notices/read": isPartner, "/api/partnership/notices/read": administers} {
		for _, a := range actors() {
			if !may(a) {
				continue
			}
			foreign := w.some("notices", 12, func(p piece) bool { return !w.mayRead(a, "notices", p) })
			require.NotEmpty(t, foreign, a.login)
			first := ""
			for _, id := range append([]string{policy.NewID().String()}, foreign...) {
				status, body := visitors[a.login].call("POST", path, map[string]string{"upTo": id})
				require.Equal(t, http.StatusNotFound, status, "%s %s: %s", a.login, id, body)
				if body = withoutRequest(body); first == "" {
					first = body
				}
				require.Equal(t, first, body, "%s %s tells a foreign notice from a missing one: %+v", a.login, path, w.ids["notices"][id])
			}
		}
	}
}
