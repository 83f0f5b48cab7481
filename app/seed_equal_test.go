package app

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/incidents"
	"roomward/policy"
	"roomward/store"
)

// replay does with a customer of a seeded world what people and collecting do, by the store's own functions, each at its moment.
type replay struct {
	t     *testing.T
	store *store.Store
	clock atomic.Int64
	c     store.SeedCustomer
	id    policy.ID
	work  policy.View
	rooms map[policy.ID]policy.ID // by the seed's id
}

func (r *replay) at(moment time.Time) { r.clock.Store(moment.UnixMilli()) }

func (r *replay) now() time.Time { return time.UnixMilli(r.clock.Load()) }

func (r *replay) begin(ctx context.Context) {
	inv := r.c.Invitation
	admin := store.Act{Side: store.SideCustomer, TenantID: inv.TenantID, OID: inv.SentByOID, Name: inv.SentBy}
	r.at(inv.SentAt)
	require.NoError(r.t, r.store.Consented(ctx, admin, store.Tenant{ID: inv.TenantID, Name: inv.Name, Domains: inv.Domains, Country: r.c.Country}))
	sent, err := r.store.SendInvitation(ctx, admin, store.Invitation{PartnerDomain: inv.PartnerDomain, Grant: inv.Grant, RoomsOffered: inv.RoomsOffered,
		Ceiling: inv.Ceiling, ChangeControl: inv.ChangeControl, RetentionDays: inv.RetentionDays, TermsVersion: inv.TermsVersion,
		ExpiresAt: inv.ExpiresAt}, "", false)
	require.NoError(r.t, err)
	r.at(inv.DecidedAt)
	r.id, err = r.store.AcceptInvitation(ctx, store.Act{Name: inv.DecidedBy}, policy.Overview(policy.Powers{Manager: true}), sent.ID, 0, r.c.Admins)
	require.NoError(r.t, err)
	r.work = policy.ForWork(r.id, "replay")
}

func (r *replay) collect(ctx context.Context) {
	for n, run := range r.c.Runs {
		r.at(run.StartedAt)
		leases, err := r.store.ClaimCollect(ctx, run.Lease.Kind, store.QueueAll, 5, time.Hour)
		require.NoError(r.t, err)
		require.Len(r.t, leases, 1)
		require.Equal(r.t, r.id, leases[0].Customer)
		o := run.CollectOutcome
		o.Lease = leases[0]
		for _, later := range r.c.Runs[n+1:] {
			if later.Lease.Kind == run.Lease.Kind {
				o.NextDue = later.StartedAt
				break
			}
		}
		r.at(run.EndedAt)
		switch {
		case !run.Good:
			require.NoError(r.t, r.store.FinishCollect(ctx, r.work, o))
		case run.Lease.Kind == store.CollectPlaces:
			r.places(ctx, o)
		default:
			r.devices(ctx, o)
		}
	}
}

func (r *replay) places(ctx context.Context, o store.CollectOutcome) {
	byEmail := map[string]policy.ID{}
	var found []store.PlaceFound
	for _, room := range r.c.Rooms {
		found = append(found, room.PlaceFound)
		byEmail[room.Email] = room.ID
	}
	_, err := r.store.ApplyPlaces(ctx, r.work, o, found)
	require.NoError(r.t, err)
	known, err := r.store.CollectKnown(ctx, r.work)
	require.NoError(r.t, err)
	r.rooms = map[policy.ID]policy.ID{}
	for _, k := range known.Rooms {
		r.rooms[byEmail[k.Email]] = k.ID
	}
	require.Len(r.t, r.rooms, len(r.c.Rooms))
}

func (r *replay) devices(ctx context.Context, o store.CollectOutcome) {
	found := store.DevicesFound{Listed: true, Accounts: map[policy.ID]string{}}
	for _, room := range r.c.Rooms {
		found.Accounts[r.rooms[room.ID]] = room.Account
	}
	lives := map[string]store.DeviceAfter{}
	for _, d := range r.c.Devices {
		lives[d.GraphID] = d.After
		d.Room = r.rooms[d.Room]
		found.Devices = append(found.Devices, d.DeviceFound)
	}
	found.Rules = store.DeviceRules{Missing: incidents.Missing, Room: incidents.RoomHealth,
		Device: func(before store.DeviceBefore, _ time.Time) store.DeviceAfter { return lives[before.GraphID] }}
	_, err := r.store.ApplyDevices(ctx, r.work, o, found)
	require.NoError(r.t, err)
}

// rules come last, so that rooms, devices and incidents have to move to their cells.
func (r *replay) rules(ctx context.Context) {
	act := store.Act{Side: store.SidePartner, Name: "replay"}
	ids := map[policy.ID]policy.ID{}
	var err error
	for _, role := range r.c.Roles {
		ids[role.ID], err = r.store.AddRole(ctx, act, r.id, role)
		require.NoError(r.t, err)
	}
	for _, g := range r.c.Groups {
		was := g.ID
		var rooms []policy.ID
		for _, room := range g.Rooms {
			rooms = append(rooms, r.rooms[room])
		}
		ids[was], err = r.store.AddRoomGroup(ctx, act, r.id, store.RoomGroup{Name: g.Name, Rooms: rooms})
		require.NoError(r.t, err)
	}
	for _, a := range r.c.Assignments {
		a.Role = ids[a.Role]
		var scopes []policy.Scope
		for _, s := range a.Scopes {
			switch {
			case s.Group() != 0:
				s = policy.ScopeGroup(ids[s.Group()])
			case s.Room() != 0:
				s = policy.ScopeRoom(r.rooms[s.Room()])
			}
			scopes = append(scopes, s)
		}
		a.Scopes = scopes
		_, err := r.store.AddAssignment(ctx, act, r.id, a)
		require.NoError(r.t, err)
	}
}

// TestSeedEqualsTheStoresOwnFunctions fills one directory by the bulk path and one by the functions that the product uses, and compares all
// tables: with names for ids, and without the moments at which rules were written. The record of who did what differs by design.
func TestSeedEqualsTheStoresOwnFunctions(t *testing.T) {
	dir, w := seeded(t)
	own := t.TempDir()
	r := &replay{t: t}
	var err error
	r.store, err = store.Open(t.Context(), store.Options{Dir: own, Mode: store.ModeDemo, Now: r.now})
	require.NoError(t, err)
	for n := range w.customers {
		r.c = w.customer(n)
		r.begin(t.Context())
		r.collect(t.Context())
		r.at(w.now)
		r.rules(t.Context())
	}
	require.NoError(t, r.store.Close())

	compared := map[string]bool{}
	for _, c := range sameEverywhere() {
		compared[c.table] = true
		want, got := rows(t, own, c.query), rows(t, dir, c.query)
		require.NotEmpty(t, want, c.table)
		require.Equal(t, want, got, c.table)
	}
	for _, table := range rows(t, dir, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
		switch table {
		case "migrations", "facts", "counters", "audit", "invitation_codes", "tenant_managers", "signins", "sessions", "role_permissions", "role_templates",
			"ended_relations", "absent_principals", "admin_proposals", "audit_heads", "audit_checkpoints", "audit_permits", "change_requests", "notices",
			"notice_marks", "letters", "room_actions", "end_reminders", "sealed_records", "departures", "people_seen", "secrets",
			"capability_checks", "capabilities", "room_presences", "managed_devices":
			continue // of the installation, of people, of what people did, of what is never tried there, or compared with its parent
		}
		require.True(t, compared[table], "%s is not compared", table)
	}
	const raised = `SELECT (SELECT value FROM counters WHERE name = 'rules') >= max(rule_version), count(DISTINCT rule_version) FROM customers`
	require.Equal(t, rows(t, own, raised), rows(t, dir, raised))
	const order = `SELECT name FROM customers ORDER BY rule_version`
	require.Equal(t, rows(t, own, order), rows(t, dir, order))
}

type sameTable struct{ table, query string }

// sameEverywhere reads each table in names instead of ids, in a fixed order.
func sameEverywhere() []sameTable {
	// A cell is what its groups and its single room are called.
	const cell = `(SELECT coalesce((SELECT group_concat(name, '+') FROM (SELECT g.name FROM json_each(x.groups_json) j
			JOIN room_groups g ON g.id = seedID(j.value) ORDER BY g.name)), '') || '/' || coalesce((SELECT s.email FROM rooms s WHERE s.id = x.room_id), '')
		FROM cells x WHERE x.id = $.cell_id)`
	in := func(alias string) string { return strings.ReplaceAll(withIDs(cell), "$", alias) }
	return []sameTable{
		{"tenants", `SELECT * FROM tenants ORDER BY 1`},
		{"invitations", `SELECT tenant_id, name, partner_domain, state, grant_json, rooms_offered, ceiling_json, change_control_json, strong_auth,
			relation_ends_at, retention_days, terms_version, sent_at, sent_by_oid, sent_by_name, expires_at, decided_at, decided_by_name FROM invitations ORDER BY 1`},
		{"customers", `SELECT tenant_id, name, state, data_version, grant_json, ceiling_json, change_control_json, strong_auth, ends_at, retention_days,
			(SELECT tenant_id FROM invitations i WHERE i.id = invitation_id), accepted_at, accepted_by_name, rooms FROM customers ORDER BY 1`},
		{"roles", `SELECT c.name, r.name, r.description, r.built_in, p.permission, r.version FROM roles r JOIN customers c ON c.id = r.customer_id
			JOIN role_permissions p ON p.role_id = r.id ORDER BY 1, 2, 5`},
		{"assignments", `SELECT c.name, a.name, r.name, a.description, a.mail, a.starts_at, a.ends_at, a.version FROM assignments a
			JOIN customers c ON c.id = a.customer_id JOIN roles r ON r.id = a.role_id ORDER BY 1, 2`},
		{"assignment_members", `SELECT c.name, a.name, m.principal, m.name FROM assignment_members m JOIN assignments a ON a.id = m.assignment_id
			JOIN customers c ON c.id = m.customer_id ORDER BY 1, 2, 3`},
		{"assignment_scopes", withIDs(`SELECT c.name, a.name, substr(s.scope, 1, 5), (SELECT g.name FROM room_groups g WHERE 'group' = substr(s.scope, 1, 5) AND g.id = seedID(substr(s.scope, 7))),
			(SELECT r.email FROM rooms r WHERE 'room:' = substr(s.scope, 1, 5) AND r.id = seedID(substr(s.scope, 6)))
			FROM assignment_scopes s JOIN assignments a ON a.id = s.assignment_id JOIN customers c ON c.id = s.customer_id ORDER BY 1, 2, 3, 4, 5`)},
		{"room_groups", `SELECT c.name, g.name, g.description, g.kind, g.rules_json, g.version FROM room_groups g JOIN customers c ON c.id = g.customer_id ORDER BY 1, 2`},
		{"room_group_rooms", `SELECT c.name, g.name, r.email FROM room_group_rooms m JOIN room_groups g ON g.id = m.group_id JOIN rooms r ON r.id = m.room_id
			JOIN customers c ON c.id = g.customer_id ORDER BY 1, 2, 3`},
		// Cells that rules left behind while they were made are empty, and harmless.
		{"cells", `SELECT c.name, ` + in("r") + `, count(*) FROM rooms r JOIN customers c ON c.id = r.customer_id GROUP BY 1, 2 ORDER BY 1, 2`},
		{"rooms", `SELECT email, ` + in("r") + `, place_id, name, country, city, building, floor, label, capacity, maker, model, health, health_rank, critical, important,
			warning, last_seen_at, hidden_at, misses, account_id FROM rooms r ORDER BY 1`},
		{"devices", `SELECT d.graph_id, r.email, d.cell_id = r.cell_id, d.kind, d.maker, d.model, d.serial, d.asset_tag, d.health, d.activity, d.app_version,
			d.os_version, d.firmware, d.misses, d.created_at, d.updated_at FROM devices d JOIN rooms r ON r.id = d.room_id ORDER BY 1`},
		{"signals", `SELECT d.graph_id, s.signal, d.room_id = s.room_id, s.state, s.severity, s.value, s.polls, s.since FROM signals s
			JOIN devices d ON d.id = s.device_id ORDER BY 1, 2`},
		{"signal_spans", `SELECT d.graph_id, s.signal, s.state, s.severity, s.from_at, s.until_at FROM signal_spans s JOIN devices d ON d.id = s.device_id
			ORDER BY 1, 2, 5`},
		{"incidents", `SELECT d.graph_id, i.signal, r.email, i.cell_id = r.cell_id, i.category, i.severity, i.severity_rank, i.state, i.open, i.value, i.opened_at,
			i.activated_at, i.resolved_at, i.closed_at, i.openings, i.updated_at FROM incidents i JOIN devices d ON d.id = i.device_id
			JOIN rooms r ON r.id = i.room_id ORDER BY 1, 2`},
		{"incident_openings", `SELECT d.graph_id, i.signal, o.opened_at, o.resolved_at FROM incident_openings o JOIN incidents i ON i.id = o.incident_id
			JOIN devices d ON d.id = i.device_id ORDER BY 1, 2, o.id`},
		{"incident_events", `SELECT d.graph_id, i.signal, e.at, e.kind, e.detail, e.by_name FROM incident_events e JOIN incidents i ON i.id = e.incident_id
			JOIN devices d ON d.id = i.device_id ORDER BY 1, 2, e.id`},
		{"room_counts", `SELECT c.name, ` + in("n") + `, n.health, n.n FROM room_counts n JOIN cells x ON x.id = n.cell_id JOIN customers c ON c.id = x.customer_id
			WHERE n.n > 0 ORDER BY 1, 2, 3`},
		{"incident_counts", `SELECT c.name, ` + in("n") + `, n.open, n.state, n.severity, n.n FROM incident_counts n JOIN cells x ON x.id = n.cell_id
			JOIN customers c ON c.id = x.customer_id WHERE n.n > 0 ORDER BY 1, 2, 3, 4, 5`},
		{"cell_counts", `SELECT c.name, ` + in("n") + `, n.rooms, n.open FROM cell_counts n JOIN cells x ON x.id = n.cell_id JOIN customers c ON c.id = x.customer_id
			WHERE n.rooms + n.open > 0 ORDER BY 1, 2`},
		{"collect_jobs", `SELECT c.name, j.kind, j.due_at, j.leased_until, j.state, j.detail, j.state_since, j.last_good_at, j.last_run_at, j.failures
			FROM collect_jobs j JOIN customers c ON c.id = j.customer_id ORDER BY 1, 2`},
		// The last run of a seeded customer found nothing new; the replay's found everything.
		{"collect_runs", `SELECT c.name, r.kind, r.started_at, r.ended_at, r.result, r.detail, r.requests, r.waited_ms, r.asked_by
			FROM collect_runs r JOIN customers c ON c.id = r.customer_id ORDER BY 1, 2, 3`},
	}
}

// withIDs writes out seedID(text): the number of an id's text form, 13 digits of base 32.
func withIDs(query string) string {
	for {
		before, rest, found := strings.Cut(query, "seedID(")
		if !found {
			return query
		}
		depth, end := 1, 0
		for ; depth > 0; end++ {
			switch rest[end] {
			case '(':
				depth++
			case ')':
				depth--
			}
		}
		text := rest[:end-1]
		query = before + `(WITH RECURSIVE digit (n, value) AS (SELECT 0, 0 UNION ALL
			SELECT n + 1, value * 32 + instr('0123456789abcdefghjkmnpqrstvwxyz', substr(` + text + `, n + 1, 1)) - 1 FROM digit WHERE n < 13)
			SELECT value FROM digit WHERE n = 13)` + rest[end:]
	}
}
