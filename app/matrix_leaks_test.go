package app

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
)

// world is what there is to leak, each piece with who may read it.
type world struct {
	rooms     []piece
	customers map[string]string // tenant id, customer id, names -> domain
	ids       map[string]map[string]piece
}

type piece struct{ text, domain, building, floor string }

// leakable collects every name and id of the demo with where it belongs.
func leakable(t *testing.T, d *demo) world {
	w := world{customers: map[string]string{}, ids: map[string]map[string]piece{"rooms": {}, "incidents": {}, "customers": {}, "invitations": {}}}
	places := map[string]piece{}
	for _, tenant := range d.world.Tenants {
		domain := tenant.Domains[0]
		w.customers[tenant.ID], w.customers[tenant.Name], w.customers[domain] = domain, domain, domain
		for _, r := range tenant.Rooms {
			p := piece{r.Email, domain, r.Building, r.Floor}
			places[r.Email] = p
			w.rooms = append(w.rooms, p, piece{r.Name, domain, r.Building, r.Floor})
		}
	}
	require.Greater(t, len(places), 700)
	admin := d.signIn(t, "primary.admin@partner.example")
	admin.stepUp("c1") // for the ids of the customer that demands it
	for _, r := range all[struct{ ID, Email string }](admin, "/api/rooms") {
		w.ids["rooms"][r.ID] = places[strings.ToLower(r.Email)]
	}
	for _, i := range all[struct{ ID, RoomID string }](admin, "/api/incidents") {
		w.ids["incidents"][i.ID] = w.ids["rooms"][i.RoomID]
	}
	manager := d.signIn(t, "manager@partner.example")
	for _, c := range all[struct{ ID, TenantID, State string }](manager, "/api/customers") {
		kind := "customers"
		if c.State == "pending" {
			kind = "invitations"
		}
		w.ids[kind][c.ID] = piece{domain: w.customers[c.TenantID]}
		w.customers[c.ID] = w.customers[c.TenantID]
	}
	for kind, ids := range w.ids {
		require.NotEmpty(t, ids, "no %s to test with", kind)
	}
	return w
}

// mayRead tells whether an id of a kind is the actor's to read.
func (w world) mayRead(a actor, kind string, p piece) bool {
	switch kind {
	case "rooms", "incidents":
		return a.side == "partner" && a.rooms(p.domain, p.building, p.floor)
	}
	return slices.Contains(a.customers, p.domain)
}

// leaks fails when a body holds a name or id that the actor must not know.
func (w world) leaks(t *testing.T, a actor, name, body string) {
	t.Helper()
	var texts []string
	textsIn(json.RawMessage(body), &texts)
	said := map[string]bool{}
	for _, s := range texts {
		said[s] = true
		said[strings.ToLower(s)] = true
	}
	for _, p := range w.rooms {
		if said[p.text] {
			require.True(t, a.rooms(p.domain, p.building, p.floor), "%s reads the room %s in %s", a.login, p.text, name)
		}
	}
	for text, domain := range w.customers {
		if said[text] {
			require.Contains(t, a.customers, domain, "%s reads %s in %s", a.login, text, name)
		}
	}
	for kind, ids := range w.ids {
		for id, p := range ids {
			if said[id] && a.side != "customer" {
				require.True(t, w.mayRead(a, kind, p), "%s reads the id %s of %s in %s", a.login, id, kind, name)
			}
		}
	}
}

// textsIn gathers every text of a JSON value, keys included.
func textsIn(raw json.RawMessage, out *[]string) {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		*out = append(*out, string(raw))
		return
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			*out = append(*out, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for k, e := range v {
				*out = append(*out, k)
				walk(e)
			}
		}
	}
	walk(v)
}

func eachRoom(w *cloudsim.World, fn func(domain string, r cloudsim.Room)) {
	for _, t := range w.Tenants {
		for _, r := range t.Rooms {
			fn(t.Domains[0], r)
		}
	}
}
