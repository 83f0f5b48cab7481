package store

import (
	"os"
	"path/filepath"
	"regexp"
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

// changes are all changes that a person can make to what these files keep. Each is prepared on a house of its own.
func changes() map[string]func(h *house) (change func() error, operation string) {
	return map[string]func(h *house) (func() error, string){
		"consent": func(h *house) (func() error, string) {
			return func() error { return h.Consented(h.t.Context(), adminOf(northwind), Tenant{ID: northwind, Name: "N"}) }, "consent.give"
		},
		"new name of an organisation": func(h *house) (func() error, string) {
			h.consent(northwind, "Old")
			return func() error { return h.Consented(h.t.Context(), adminOf(northwind), Tenant{ID: northwind, Name: "N"}) }, "organisation.update"
		},
		"send": func(h *house) (func() error, string) {
			h.consent(northwind, "N")
			_, err := h.AddInvitationCode(h.t.Context(), maya, "ABCD", "for N", h.clock().Add(time.Hour))
			require.NoError(h.t, err)
			return func() error {
				_, err := h.SendInvitation(h.t.Context(), adminOf(northwind), h.offer(), "ABCD", true)
				return err
			}, "invitation.send"
		},
		"accept": func(h *house) (func() error, string) {
			inv := h.invited(northwind)
			return func() error {
				_, err := h.AcceptInvitation(h.t.Context(), maya, managing, inv.ID, []Member{pia})
				return err
			}, "invitation.accept"
		},
		"decline": func(h *house) (func() error, string) {
			inv := h.invited(northwind)
			return func() error { return h.DeclineInvitation(h.t.Context(), maya, managing, inv.ID) }, "invitation.decline"
		},
		"withdraw": func(h *house) (func() error, string) {
			inv := h.invited(northwind)
			return func() error {
				return h.WithdrawInvitation(h.t.Context(), adminOf(northwind), policy.Own(northwind), inv.ID)
			}, "invitation.withdraw"
		},
		"expire": func(h *house) (func() error, string) {
			h.setClock(h.invited(northwind).ExpiresAt)
			return func() error { return h.ExpireInvitations(h.t.Context()) }, "invitation.expire"
		},
		"make a code": func(h *house) (func() error, string) {
			return func() error {
				_, err := h.AddInvitationCode(h.t.Context(), maya, "ABCD", "for N", h.clock().Add(time.Hour))
				return err
			}, "invitation-code.create"
		},
		"revoke a code": func(h *house) (func() error, string) {
			c, err := h.AddInvitationCode(h.t.Context(), maya, "ABCD", "for N", h.clock().Add(time.Hour))
			require.NoError(h.t, err)
			return func() error { return h.RevokeInvitationCode(h.t.Context(), maya, managing, c.ID) }, "invitation-code.revoke"
		},
		"add a tenant manager": func(h *house) (func() error, string) {
			return func() error {
				_, err := h.AddTenantManager(h.t.Context(), maya, TenantManager{Principal: pia.Principal, Name: pia.Name})
				return err
			}, "tenant-manager.add"
		},
		"remove a tenant manager": func(h *house) (func() error, string) {
			m, err := h.AddTenantManager(h.t.Context(), maya, TenantManager{Principal: pia.Principal, Name: pia.Name})
			require.NoError(h.t, err)
			return func() error { return h.RemoveTenantManager(h.t.Context(), maya, m.ID) }, "tenant-manager.remove"
		},
		"add a role": func(h *house) (func() error, string) {
			customer := h.customer(northwind)
			return func() error {
				_, err := h.AddRole(h.t.Context(), maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView}})
				return err
			}, "role.create"
		},
		"add a group": func(h *house) (func() error, string) {
			customer := h.customer(northwind)
			room := h.room(customer, "Boardroom 12")
			return func() error {
				_, err := h.AddRoomGroup(h.t.Context(), maya, customer, RoomGroup{Name: "G", Rooms: []ID{room}})
				return err
			}, "group.create"
		},
		"add an assignment": func(h *house) (func() error, string) {
			customer := h.customer(northwind)
			room := h.room(customer, "Boardroom 12")
			role, err := h.AddRole(h.t.Context(), maya, customer, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView}})
			require.NoError(h.t, err)
			return func() error {
				_, err := h.AddAssignment(h.t.Context(), maya, customer, Assignment{Name: "A", Role: role, Members: []Member{desk}, Scopes: []policy.Scope{policy.ScopeRoom(room)}})
				return err
			}, "assignment.create"
		},
	}
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
		require.False(t, touches.Match(text), "%s changes the record", file)
		found = found || strings.Contains(string(text), "INSERT INTO audit")
	}
	require.True(t, found)
}
