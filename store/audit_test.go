package store

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// lastEntry is the newest audit entry as "operation|object|object id|customer|tenant|actor|side|result|request|address".
func (h *house) lastEntry() []string {
	h.t.Helper()
	var text string
	err := h.writer.QueryRow(`SELECT operation || '|' || object || '|' || object_id || '|' || coalesce(customer_id, 0) || '|' || tenant_id || '|' ||
		actor_name || '|' || side || '|' || result || '|' || request_id || '|' || address FROM audit ORDER BY rowid DESC LIMIT 1`).Scan(&text)
	require.NoError(h.t, err)
	return strings.Split(text, "|")
}

func (h *house) entries() int64 { return h.number(`SELECT count(*) FROM audit`) }

// changes are all changes that take an act, by the method that makes them, and those of background work that tell a customer something. Each
// is prepared on a house of its own.
func changes() map[string]func(h *house) (change func() error, operation string) {
	return map[string]func(h *house) (func() error, string){
		"Consented": func(h *house) (func() error, string) {
			return func() error { return h.Consented(h.t.Context(), adminOf(northwind), Tenant{ID: northwind, Name: "N"}) }, "consent.give"
		},
		"Consented, with a new name": func(h *house) (func() error, string) {
			h.consent(northwind, "Old")
			return func() error { return h.Consented(h.t.Context(), adminOf(northwind), Tenant{ID: northwind, Name: "N"}) }, "organisation.update"
		},
		"SendInvitation": func(h *house) (func() error, string) {
			h.consent(northwind, "N")
			_, err := h.AddInvitationCode(h.t.Context(), maya, "ABCD", "for N", h.clock().Add(time.Hour))
			require.NoError(h.t, err)
			return func() error {
				_, err := h.SendInvitation(h.t.Context(), adminOf(northwind), h.offer(), "ABCD", true)
				return err
			}, "invitation.send"
		},
		"AcceptInvitation": func(h *house) (func() error, string) {
			inv := h.invited(northwind)
			return func() error {
				_, err := h.AcceptInvitation(h.t.Context(), maya, managing, inv.ID, 0, []Member{pia})
				return err
			}, "invitation.accept"
		},
		"DeclineInvitation": func(h *house) (func() error, string) {
			inv := h.invited(northwind)
			return func() error { return h.DeclineInvitation(h.t.Context(), maya, managing, inv.ID) }, "invitation.decline"
		},
		"WithdrawInvitation": func(h *house) (func() error, string) {
			inv := h.invited(northwind)
			return func() error {
				return h.WithdrawInvitation(h.t.Context(), adminOf(northwind), policy.Own(northwind), inv.ID)
			}, "invitation.withdraw"
		},
		"ExpireInvitations": func(h *house) (func() error, string) {
			h.setClock(h.invited(northwind).ExpiresAt)
			return func() error { return h.ExpireInvitations(h.t.Context()) }, "invitation.expire"
		},
		"AddInvitationCode": func(h *house) (func() error, string) {
			return func() error {
				_, err := h.AddInvitationCode(h.t.Context(), maya, "ABCD", "for N", h.clock().Add(time.Hour))
				return err
			}, "invitation-code.create"
		},
		"RevokeInvitationCode": func(h *house) (func() error, string) {
			c, err := h.AddInvitationCode(h.t.Context(), maya, "ABCD", "for N", h.clock().Add(time.Hour))
			require.NoError(h.t, err)
			return func() error { return h.RevokeInvitationCode(h.t.Context(), maya, managing, c.ID) }, "invitation-code.revoke"
		},
		"AddTenantManager": func(h *house) (func() error, string) {
			return func() error {
				_, err := h.AddTenantManager(h.t.Context(), maya, TenantManager{Principal: pia.Principal, Name: pia.Name})
				return err
			}, "tenant-manager.add"
		},
		"KeepSecret": func(h *house) (func() error, string) {
			return func() error { return h.KeepSecret(h.t.Context(), maya, SecretClient, []byte("Pa55")) }, "secret.keep"
		},
		"ChangeSecrets": func(h *house) (func() error, string) {
			require.NoError(h.t, h.KeepSecret(h.t.Context(), maya, SecretClient, []byte("Pa55")))
			return func() error { return h.ChangeSecrets(h.t.Context(), maya, map[string][]byte{SecretClient: nil}) }, "secret.drop"
		},
		"TakeNextCertificate": func(h *house) (func() error, string) {
			require.NoError(h.t, h.KeepSecret(h.t.Context(), maya, SecretNextCertificate, []byte("PEM")))
			return func() error { return h.TakeNextCertificate(h.t.Context(), maya, "") }, "secret.keep"
		},
		"RotateSecrets": func(h *house) (func() error, string) {
			require.NoError(h.t, h.KeepSecret(h.t.Context(), maya, SecretClient, []byte("Pa55")))
			next := NewSecretKey()
			return func() error {
				_, _, err := h.RotateSecrets(h.t.Context(), maya, next, false)
				return err
			}, "secret.rotate"
		},
		"RemoveTenantManager": func(h *house) (func() error, string) {
			m, err := h.AddTenantManager(h.t.Context(), maya, TenantManager{Principal: pia.Principal, Name: pia.Name})
			require.NoError(h.t, err)
			return func() error { return h.RemoveTenantManager(h.t.Context(), maya, m.ID) }, "tenant-manager.remove"
		},
		"AddRole": func(h *house) (func() error, string) {
			customer := h.customer(northwind)
			return func() error {
				_, err := h.AddRole(h.t.Context(), maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView}})
				return err
			}, "role.create"
		},
		"AddRoomGroup": func(h *house) (func() error, string) {
			customer := h.customer(northwind)
			room := h.room(customer, "Boardroom 12")
			return func() error {
				_, err := h.AddRoomGroup(h.t.Context(), maya, customer, RoomGroup{Name: "G", Rooms: []ID{room}})
				return err
			}, "group.create"
		},
		"CreateRoomGroup": func(h *house) (func() error, string) {
			by := h.groupAuthority(h.customer(northwind))
			return func() error {
				_, err := h.CreateRoomGroup(h.t.Context(), maya, by, RoomGroup{Name: "G", Kind: GroupByRules, Rules: []GroupRule{{CapacityMin: 1}}})
				return err
			}, "group.create"
		},
		"ChangeRoomGroup": func(h *house) (func() error, string) {
			customer := h.customer(northwind)
			room := h.room(customer, "Boardroom 12")
			group, err := h.AddRoomGroup(h.t.Context(), maya, customer, RoomGroup{Name: "G"})
			require.NoError(h.t, err)
			by := h.groupAuthority(customer)
			return func() error {
				_, err := h.ChangeRoomGroup(h.t.Context(), maya, by, RoomGroup{ID: group, Name: "H", Kind: GroupFixed, Rooms: []ID{room}}, 1)
				return err
			}, "group.update"
		},
		"DeleteRoomGroup": func(h *house) (func() error, string) {
			customer := h.customer(northwind)
			group, err := h.AddRoomGroup(h.t.Context(), maya, customer, RoomGroup{Name: "G", Rooms: []ID{h.room(customer, "Boardroom 12")}})
			require.NoError(h.t, err)
			by := h.groupAuthority(customer)
			return func() error { return h.DeleteRoomGroup(h.t.Context(), maya, by, group, 1) }, "group.delete"
		},
		"AddAssignment": func(h *house) (func() error, string) {
			customer := h.customer(northwind)
			room := h.room(customer, "Boardroom 12")
			role, err := h.AddRole(h.t.Context(), maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView}})
			require.NoError(h.t, err)
			return func() error {
				_, err := h.AddAssignment(h.t.Context(), maya, customer, Assignment{Name: "A", Role: role, Members: []Member{desk}, Scopes: []policy.Scope{policy.ScopeRoom(room)}})
				return err
			}, "assignment.create"
		},
		"RemoveOwnRole": func(h *house) (func() error, string) {
			role, err := h.AddRole(h.t.Context(), maya, h.customer(northwind), Role{Name: "Desk"})
			require.NoError(h.t, err)
			return func() error { return h.RemoveOwnRole(h.t.Context(), adminOf(northwind), policy.Own(northwind), role) }, "role.delete"
		},
		"RemoveOwnMember": func(h *house) (func() error, string) {
			h.customer(northwind)
			return func() error {
				return h.RemoveOwnMember(h.t.Context(), adminOf(northwind), policy.Own(northwind), pia.Principal)
			}, "member.remove"
		},
		"ConsentRefused": func(h *house) (func() error, string) {
			h.customer(northwind)
			return func() error { return h.ConsentRefused(h.t.Context(), northwind) }, "consent.withdrawn"
		},
		"ActingAllowed": func(h *house) (func() error, string) {
			h.customer(northwind)
			return func() error { return h.ActingAllowed(h.t.Context(), adminOf(northwind), northwind) }, "acting.allow"
		},
		"ActingRefused": func(h *house) (func() error, string) {
			h.customer(northwind)
			require.NoError(h.t, h.ActingAllowed(h.t.Context(), adminOf(northwind), northwind))
			return func() error { return h.ActingRefused(h.t.Context(), northwind) }, "acting.withdrawn"
		},
		"AskCollect": func(h *house) (func() error, string) {
			customer := h.customer(northwind)
			h.run(`UPDATE collect_jobs SET due_at = $1`, millis(h.clock().Add(time.Hour)))
			return func() error {
				return h.AskCollect(h.t.Context(), maya, policy.ForWork(customer, "test"), customer, "")
			}, "collect.ask"
		},
		"FinishCollect, consent withdrawn": func(h *house) (func() error, string) {
			return h.finishing(h.customer(northwind), CollectWithdrawn), "consent.withdrawn"
		},
		"FinishCollect, consent given again": func(h *house) (func() error, string) {
			customer := h.customer(northwind)
			require.NoError(h.t, h.finishing(customer, CollectWithdrawn)())
			return h.finishing(customer, CollectOK), "consent.restored"
		},
		"StartSession": func(h *house) (func() error, string) {
			return func() error { return h.StartSession(h.t.Context(), maya, "hash", "", h.session("s-1")) }, "session.start"
		},
		"EndSession": func(h *house) (func() error, string) {
			require.NoError(h.t, h.StartSession(h.t.Context(), maya, "hash", "", h.session("s-1")))
			return func() error { return h.EndSession(h.t.Context(), maya, "s-1") }, "session.end"
		},
		"EndSessionsOf": func(h *house) (func() error, string) {
			require.NoError(h.t, h.StartSession(h.t.Context(), maya, "hash", "", h.session("s-1")))
			return func() error { return h.EndSessionsOf(h.t.Context(), maya, litware, "maya", "signed out") }, "session.end"
		},
		"LeaveCustomer": func(h *house) (func() error, string) {
			customer := h.customer(northwind)
			return func() error {
				_, err := h.LeaveCustomer(h.t.Context(), maya, AskingAdmin{Actor: policy.Actor{User: pia.Principal}}, customer, "Tb1c2")
				return err
			}, "customer.leave"
		},
		"ProposeAdmins": func(h *house) (func() error, string) {
			customer, _ := h.withoutAdmin()
			return func() error {
				_, err := h.ProposeAdmins(h.t.Context(), maya, managing, customer, []Member{desk})
				return err
			}, "admins.propose"
		},
		"ConfirmAdmins": func(h *house) (func() error, string) {
			_, proposal := h.withoutAdmin()
			return func() error {
				return h.ConfirmAdmins(h.t.Context(), adminOf(northwind), policy.Own(northwind), proposal)
			}, "admins.confirm"
		},
		"RefuseAdmins": func(h *house) (func() error, string) {
			_, proposal := h.withoutAdmin()
			return func() error {
				return h.RefuseAdmins(h.t.Context(), adminOf(northwind), policy.Own(northwind), proposal)
			}, "admins.refuse"
		},
		"SeenTenant": func(h *house) (func() error, string) {
			return func() error { return h.SeenTenant(h.t.Context(), adminOf(northwind), northwind, "northwind.example") }, "tenant.seen"
		},
	}
}

// withoutAdmin is a relation without admin, with a proposal that the customer has not answered.
func (h *house) withoutAdmin() (customer, proposal ID) {
	h.t.Helper()
	customer = h.customer(northwind)
	require.NoError(h.t, h.NoteAbsences(h.t.Context(), map[policy.Principal]Absence{pia.Principal: AbsentGone, desk.Principal: AbsentEmpty}))
	p, err := h.ProposeAdmins(h.t.Context(), maya, managing, customer, []Member{{Principal: policy.User("nora"), Name: "Nora"}})
	require.NoError(h.t, err)
	return customer, p.ID
}

// leased leases the customer's collection of rooms and returns how it ends in a state.
func (h *house) leased(customer ID, state string) CollectOutcome {
	h.t.Helper()
	until := h.clock().Add(time.Minute)
	h.run(`UPDATE collect_jobs SET leased_until = $1 WHERE customer_id = $2 AND kind = 'places'`, millis(until), customer)
	return CollectOutcome{Lease: CollectLease{Customer: customer, Kind: CollectPlaces, Until: until}, StartedAt: h.clock(),
		State: state, Good: state == CollectOK, NextDue: until.Add(time.Hour)}
}

// finishing is leased, and returns what ends it.
func (h *house) finishing(customer ID, state string) func() error {
	outcome := h.leased(customer, state)
	return func() error { return h.FinishCollect(h.t.Context(), policy.ForWork(customer, "test"), outcome) }
}

func TestEveryChangeWritesOneEntry(t *testing.T) {
	for name, prepare := range changes() {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t)
			change, operation := prepare(h)
			before := h.entries()
			require.NoError(t, change())
			require.Equal(t, before+1, h.entries())
			last := h.lastEntry()
			require.Equal(t, operation, last[0])
			if operation == "customer.leave" { // written as the others are left: reduced
				require.Equal(t, []string{operation, "", "", "0", northwind, "", "partner", "successful", "", ""}, last)
				return
			}
			require.NotEmpty(t, last[2], "what was changed")
			require.NotEmpty(t, last[5], "who did it")
			require.Equal(t, "successful", last[7])
			if last[6] != "system" {
				require.NotEmpty(t, last[8], "in which request")
				require.NotEmpty(t, last[9], "from where")
			}
		})
	}
}

// TestNoChangeWithoutItsEntry lets the audit refuse its entry: then nothing of the change may remain either.
func TestNoChangeWithoutItsEntry(t *testing.T) {
	for name, prepare := range changes() {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t)
			change, _ := prepare(h)
			h.run(`CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
			before := h.dump()
			require.ErrorContains(t, change(), "the disk is full")
			require.Equal(t, before, h.dump())
			h.run(`DROP TRIGGER full`)
			require.NoError(t, change(), "the change itself must have been possible")
		})
	}
}

func TestAuditIsNeverEdited(t *testing.T) {
	h := openHouse(t)
	h.consent(northwind, "Northwind")
	before := h.dump()
	_, err := h.writer.Exec(`UPDATE audit SET actor_name = 'nobody'`)
	require.ErrorContains(t, err, "never edited")
	require.Equal(t, before, h.dump())

	touches := regexp.MustCompile(`(?i)(\bupdate|\bdelete\s+from|\breplace\s+into|\bor\s+replace\s+into)\s+audit\b`)
	require.True(t, touches.MatchString("DELETE FROM audit"), "the search must find what it looks for")
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	found := false
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, slices.Contains([]string{"leave.go", "audit_chain.go", "audit_prune.go"}, file), touches.Match(text),
			"%s: only the end of a relation, the first chaining and the retention touch the record", file)
		found = found || strings.Contains(string(text), "INSERT INTO audit")
	}
	require.True(t, found)
}

// TestReplacingIsSeenByTheIndex: what keeps an entry from being replaced asks at every entry that is written, so it must not walk along the record.
func TestReplacingIsSeenByTheIndex(t *testing.T) {
	h := openHouse(t)
	var trigger string
	require.NoError(t, h.reader.QueryRow(`SELECT sql FROM sqlite_schema WHERE name = 'audit_no_replace'`).Scan(&trigger))
	asks := regexp.MustCompile(`EXISTS \((SELECT 1 FROM audit WHERE [^)]*)\)`).FindAllStringSubmatch(trigger, -1)
	require.Len(t, asks, 2)
	for i, index := range []string{"INTEGER PRIMARY KEY", "audit_by_seq"} {
		query := strings.NewReplacer("NEW.id", "1", "NEW.chain", "'a'", "NEW.seq", "1").Replace(asks[i][1])
		var a, b, c int
		var plan string
		require.NoError(t, h.reader.QueryRow(`EXPLAIN QUERY PLAN `+query).Scan(&a, &b, &c, &plan))
		require.Contains(t, plan, index)
	}
}
