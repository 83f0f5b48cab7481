package app

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/policy"
	"roomward/store"
)

// world is what there is to leak, each piece with who may read it.
type world struct {
	rooms     []piece
	customers map[string]string           // tenant id, customer id, names -> domain
	ids       map[string]map[string]piece // by kind, as a path names it
	oids      map[string]string           // of the partner's people, by login
}

// piece is a name or id with where it belongs.
type piece struct {
	text, domain, building, floor string
	also                          []string // further domains: a member is one of many customers
	side, subject, actor          string   // of notices and audit entries
	related, refused              bool     // the audit entry is about a relation, about something that was not done
}

// leakable collects every name and id of the demo with where it belongs.
func leakable(t *testing.T, d *demo) world {
	w := world{customers: map[string]string{}, ids: map[string]map[string]piece{}, oids: map[string]string{}}
	for _, kind := range kinds {
		w.ids[kind] = map[string]piece{}
	}
	for _, a := range actors() {
		if a.side == "partner" {
			w.oids[a.login] = d.person(a.login).OID
		}
	}
	places := map[string]piece{}
	for _, tenant := range d.world.Tenants {
		domain := tenant.Domains[0]
		w.customers[tenant.ID], w.customers[tenant.Name], w.customers[domain] = domain, domain, domain
		for _, r := range tenant.Rooms {
			p := piece{text: r.Email, domain: domain, building: r.Building, floor: r.Floor}
			places[r.Email] = p
			w.rooms = append(w.rooms, p)
			p.text = r.Name
			w.rooms = append(w.rooms, p)
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
	ofDomain := map[string]string{}
	for _, c := range all[struct{ ID, TenantID, State string }](manager, "/api/customers") {
		kind, domain := "customers", w.customers[c.TenantID]
		if c.State == "pending" {
			kind = "invitations"
		}
		w.ids[kind][c.ID] = piece{domain: domain}
		w.customers[c.ID], ofDomain[domain] = domain, c.ID
	}
	for _, domain := range agreeing {
		d.askForARole(t, admin, d.signIn(t, "admin@"+domain), ofDomain[domain])
	}
	for _, r := range story() {
		w.addOwn(d.signIn(t, "admin@"+r.domain), r.domain, r.accepted)
	}
	for _, domain := range append(slices.Clone(relations), demanding) {
		path := "/api/customers/" + ofDomain[domain] + "/groups"
		for _, g := range get[struct{ Items []struct{ ID string } }](admin, path).Items {
			w.ids["groups"][g.ID] = piece{domain: domain}
		}
	}
	for _, v := range []*visitor{admin, manager} {
		w.addNotices(v, "/api/notices", "partner")
		w.addAudit(v, "/api/audit")
	}
	for kind, ids := range w.ids {
		require.NotEmpty(t, ids, "no %s to test with", kind)
	}
	return w
}

// kinds are those of the ids, by the word with which a path names them; "sent" are invitations as their customer sees them.
var kinds = []string{"rooms", "incidents", "customers", "invitations", "sent", "roles", "assignments", "members", "groups", "change-requests", "audit", "notices"}

// agreeing are the customers whose approval the partner waits for: two, so that each has what is foreign to the other.
var agreeing = []string{"northwind.example", "contoso.example"}

// askForARole makes a change request that waits, and before that a room group as the demo makes its own.
func (d *demo) askForARole(t *testing.T, admin, customer *visitor, text string) {
	id, err := policy.ParseID(text)
	require.NoError(t, err)
	_, err = d.Store.AddRoomGroup(t.Context(), d.actOf(admin.login), id, store.RoomGroup{Name: "Lobby rooms of " + customer.login})
	require.NoError(t, err)
	status, body := customer.call("PUT", "/api/partnership/change-control", map[string]any{"events": map[string]string{"role": "manual"}})
	require.Less(t, status, 300, body)
	status, body = admin.call("POST", "/api/customers/"+text+"/roles", map[string]any{"name": "Asked of " + customer.login, "permissions": []string{"rooms.view"}})
	require.Equal(t, http.StatusAccepted, status, body)
}

// addOwn adds what the administrator of a customer sees of its own relation.
func (w world) addOwn(v *visitor, domain string, accepted bool) {
	for _, i := range get[struct{ Items []struct{ ID string } }](v, "/api/partnership/invitations").Items {
		w.ids["sent"][i.ID] = piece{domain: domain}
	}
	for _, q := range all[struct{ ID string }](v, "/api/partnership/change-requests") {
		w.ids["change-requests"][q.ID] = piece{domain: domain}
	}
	w.addNotices(v, "/api/partnership/notices", "customer")
	w.addAudit(v, "/api/partnership/audit")
	if !accepted {
		return
	}
	for _, r := range get[struct {
		Roles []struct {
			ID          string
			Assignments []struct {
				ID      string
				Members []struct{ Kind, ID string }
			}
		}
	}](v, "/api/partnership/access").Roles {
		w.ids["roles"][r.ID] = piece{domain: domain}
		for _, a := range r.Assignments {
			w.ids["assignments"][a.ID] = piece{domain: domain}
			for _, m := range a.Members {
				p := w.ids["members"][m.Kind+":"+m.ID]
				w.ids["members"][m.Kind+":"+m.ID] = piece{also: append(p.also, domain)}
			}
		}
	}
}

func (w world) addNotices(v *visitor, path, side string) {
	for _, n := range get[struct {
		Items []struct{ ID, Kind, TenantID string }
	}](v, path+"?limit=200").Items {
		subject, _, _ := strings.Cut(n.Kind, ".")
		w.ids["notices"][n.ID] = piece{text: n.Kind, domain: w.customers[n.TenantID], side: side, subject: subject}
	}
}

func (w world) addAudit(v *visitor, path string) {
	for _, e := range all[struct{ ID, CustomerID, Side, ActorID, Operation, Result string }](v, path) {
		tenant, _, _ := strings.Cut(e.ID, ":")
		subject, _, _ := strings.Cut(e.Operation, ".")
		w.ids["audit"][e.ID] = piece{text: e.Operation, domain: w.customers[tenant], side: e.Side, subject: subject, actor: e.ActorID, related: e.CustomerID != "",
			refused: e.Result == "refused"}
	}
}

// mayRead tells whether an id of a kind is the actor's to read.
func (w world) mayRead(a actor, kind string, p piece) bool {
	leads := a.login == "primary.admin@partner.example" && slices.Contains(relations, p.domain)
	owns := a.side == "customer" && a.admin && slices.Contains(a.customers, p.domain)
	switch kind {
	case "rooms", "incidents":
		return a.rooms(p.domain, p.building, p.floor)
	case "roles", "assignments", "groups", "change-requests":
		return leads || owns
	case "members": // to the partner they are people of its own
		return a.side == "partner" || a.admin && slices.ContainsFunc(p.also, func(domain string) bool { return slices.Contains(a.customers, domain) })
	case "notices":
		return p.side == "customer" && owns || p.side == "partner" && (leads || a.accepts && slices.Contains(overviewNotices, p.subject) ||
			slices.Contains(openNotices, p.text) && slices.Contains(a.customers, p.domain))
	case "audit":
		switch {
		case a.side != "partner":
			return owns
		case leads && p.related:
			return true
		case a.accepts && slices.Contains(overviewEntries, p.subject):
			return (p.subject != "session" || p.domain == "") && !(p.side == "customer" && p.refused)
		}
		return p.side == "partner" && p.actor == w.oids[a.login] && (!p.related || slices.Contains(a.customers, p.domain))
	}
	return slices.Contains(a.customers, p.domain)
}

var (
	// overviewEntries and overviewNotices are about invitations and the partner's own people: what partner-wide powers read.
	overviewEntries = []string{"admins", "invitation", "invitation-code", "session", "tenant-manager"}
	overviewNotices = []string{"invitation", "admins", "relation", "consent"}
	// openNotices say that a customer's data closed or opened, to whoever has a part in it.
	openNotices = []string{"consent.withdrawn", "consent.given", "relation.without-admin", "relation.with-admin"}
)

func eachRoom(w *cloudsim.World, fn func(domain string, r cloudsim.Room)) {
	for _, t := range w.Tenants {
		for _, r := range t.Rooms {
			fn(t.Domains[0], r)
		}
	}
}
