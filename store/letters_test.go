package store

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// withContacts sets the mail addresses of a customer.
func (h *house) withContacts(customer ID, addresses ...string) {
	h.t.Helper()
	list, err := toJSON(nonNil(addresses))
	require.NoError(h.t, err)
	h.run(`UPDATE customers SET contacts_json = $1 WHERE id = $2`, list, customer)
	h.run(`UPDATE invitations SET contacts_json = $1 WHERE tenant_id = (SELECT tenant_id FROM customers WHERE id = $2)`, list, customer)
}

func (h *house) write1(partner ...string) {
	h.t.Helper()
	more, err := h.WriteLetters(h.t.Context(), partner)
	require.NoError(h.t, err)
	require.False(h.t, more)
}

// claimed claims all due letters and reads them as a worker would.
func (h *house) claimed() []Letter {
	h.t.Helper()
	var out []Letter
	for {
		lease, found, err := h.ClaimLetter(h.t.Context())
		require.NoError(h.t, err)
		if !found {
			return out
		}
		view := managing
		if lease.Customer != 0 {
			view = policy.ForWork(lease.Customer, "test")
		}
		l, err := h.Letter(h.t.Context(), view, lease.ID)
		require.NoError(h.t, err)
		out = append(out, l)
	}
}

func addressesOf(list []Letter) []string {
	out := []string{}
	for _, l := range list {
		out = append(out, l.Notice.Kind+" "+l.Address)
	}
	slices.Sort(out)
	return out
}

func TestLettersGoToWhomTheyConcern(t *testing.T) {
	h := openHouse(t)
	north, tail := h.customer(northwind), h.customer(tailspin)
	h.withContacts(north, "it@northwind.example", "ann@northwind.example")
	h.withContacts(tail)
	h.run(`DELETE FROM notices`)
	h.telling(notice{to: SideCustomer, tenant: northwind, customer: north, kind: "change.asked"})
	h.telling(notice{to: SideCustomer, tenant: northwind, kind: "invitation.declined"}) // to those of its last invitation
	h.telling(notice{to: SideCustomer, tenant: tailspin, customer: tail, kind: "change.asked"})
	h.telling(notice{to: SidePartner, tenant: tailspin, customer: tail, kind: "ceiling.changed"})
	h.write1("desk@partner.example")
	list := h.claimed()
	require.Equal(t, []string{"ceiling.changed desk@partner.example", "change.asked ann@northwind.example", "change.asked it@northwind.example",
		"invitation.declined ann@northwind.example", "invitation.declined it@northwind.example"}, addressesOf(list))
	require.Empty(t, h.claimed(), "nobody else gets them meanwhile")
	h.write1("desk@partner.example")
	h.pass(letterLease)
	require.Len(t, h.claimed(), len(list), "a process that died leaves them to be sent again, each once")

	states := func() map[string]MailState {
		t.Helper()
		out := map[string]MailState{}
		for _, tenant := range []string{northwind, tailspin} {
			list, _, err := h.Notices(t.Context(), ofTenant(tenant), 50)
			require.NoError(t, err)
			for _, n := range list {
				out[tenant[:2]+" "+n.Kind] = n.Mail
			}
		}
		return out
	}
	require.Equal(t, map[string]MailState{"b1 change.asked": MailWaiting, "b1 invitation.declined": MailWaiting, "c2 change.asked": MailNone}, states())
	for _, l := range list {
		if l.Notice.Kind == "change.asked" {
			require.NoError(t, h.LetterSent(t.Context(), l.ID))
		} else {
			require.NoError(t, h.LetterRefused(t.Context(), l.ID, "recipient", 550, time.Time{}))
		}
	}
	require.Equal(t, map[string]MailState{"b1 change.asked": MailSent, "b1 invitation.declined": MailFailed, "c2 change.asked": MailNone}, states())
	h.pass(24 * time.Hour)
	require.Empty(t, h.claimed(), "what was sent or given up is not sent again")
}

func TestLetterNeedsItsView(t *testing.T) {
	h := openHouse(t)
	north, tail := h.customer(northwind), h.customer(tailspin)
	h.withContacts(north, "it@northwind.example")
	h.run(`DELETE FROM notices`)
	h.telling(notice{to: SideCustomer, tenant: northwind, customer: north, kind: "change.asked"})
	h.write1()
	lease, found, err := h.ClaimLetter(t.Context())
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, north, lease.Customer)
	for name, v := range map[string]policy.View{"none": {}, "another's": policy.ForWork(tail, "test"), "powers": managing, "own": policy.Own(northwind)} {
		_, err := h.Letter(t.Context(), v, lease.ID)
		require.ErrorIs(t, err, ErrNotFound, name)
	}
	_, err = h.Letter(t.Context(), policy.ForWork(north, "test"), lease.ID)
	require.NoError(t, err)

	h.withContacts(north, "new@northwind.example")
	_, err = h.Letter(t.Context(), policy.ForWork(north, "test"), lease.ID)
	require.ErrorIs(t, err, ErrNotFound, "who is no contact any more gets nothing")
}

func TestOldNoticesAreNotMailed(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.run(`DELETE FROM notices`)
	h.telling(notice{to: SidePartner, tenant: northwind, customer: customer, kind: "ceiling.changed"})
	h.pass(writeWithin + time.Minute)
	h.telling(notice{to: SidePartner, tenant: northwind, customer: customer, kind: "grant.changed"})
	h.write1("desk@partner.example")
	require.Equal(t, []string{"grant.changed desk@partner.example"}, addressesOf(h.claimed()))
}

func TestWithoutAMailServerNothingWaits(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.withContacts(customer, "it@northwind.example")
	h.run(`DELETE FROM notices`)
	h.telling(notice{to: SideCustomer, tenant: northwind, customer: customer, kind: "change.asked"})
	require.NoError(t, h.DropLetters(t.Context()))
	list, _, err := h.Notices(t.Context(), ofTenant(northwind), 1)
	require.NoError(t, err)
	require.Equal(t, MailNone, list[0].Mail)
}

// TestContactsThatGoAreStillTold declines an invitation as the store does: what it offered goes in the same transaction.
func TestContactsThatGoAreStillTold(t *testing.T) {
	h := openHouse(t)
	inv := h.invited(northwind)
	h.run(`UPDATE invitations SET contacts_json = '["it@northwind.example"]'`)
	h.run(`DELETE FROM notices`)
	require.NoError(t, h.DeclineInvitation(t.Context(), maya, managing, inv.ID))
	require.Equal(t, []string{"invitation.declined it@northwind.example"}, addressesOf(h.claimed()))
	lease := ID(h.number(`SELECT id FROM letters`))
	require.NoError(t, h.LetterSent(t.Context(), lease))
	require.NotContains(t, h.dump(), "it@northwind.example", "the address goes with the letter")
}

func TestLettersAreBounded(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	var many []string
	for i := range lettersPerNotice + 10 {
		many = append(many, fmt.Sprintf("a%d@northwind.example", i))
	}
	h.withContacts(customer, append(many, many[0])...)
	h.run(`DELETE FROM notices`)
	h.telling(notice{to: SideCustomer, tenant: northwind, customer: customer, kind: "change.asked"})
	h.write1()
	require.Equal(t, int64(lettersPerNotice), h.number(`SELECT count(*) FROM letters`))
}

func TestLettersAreGivenUp(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.withContacts(customer, "it@northwind.example", "ann@northwind.example")
	h.run(`DELETE FROM notices`)
	h.telling(notice{to: SideCustomer, tenant: northwind, customer: customer, kind: "change.asked"})
	h.write1()
	list := h.claimed()
	require.NoError(t, h.LetterRefused(t.Context(), list[0].ID, "tls", 0, h.clock().Add(time.Hour)))
	require.NoError(t, h.GiveUpLetters(t.Context(), 72*time.Hour, "old"))
	require.Zero(t, h.number(`SELECT count(*) FROM letters WHERE state = 'failed'`))
	h.pass(72*time.Hour + time.Second)
	require.NoError(t, h.GiveUpLetters(t.Context(), 72*time.Hour, "old"))
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM letters WHERE state = 'failed' AND reason = 'tls'`), "why the last try failed stays")
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM letters WHERE state = 'failed' AND reason = 'old'`))
	require.Empty(t, h.claimed())
}

// TestCheckpointsLeaveWhole mails a checkpoint as `verify --against` reads it.
func TestCheckpointsLeaveWhole(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.withContacts(customer, "it@northwind.example")
	h.run(`DELETE FROM notices`)
	made, err := h.CheckpointAudit(t.Context(), 0)
	require.NoError(t, err)
	require.Positive(t, made)
	list := h.claimed()
	require.Equal(t, []string{"audit.checkpoint it@northwind.example"}, addressesOf(list))
	points, err := h.Checkpoints(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	read, err := ReadCheckpoints(bytes.NewReader(list[0].Notice.About.Line))
	require.NoError(t, err)
	require.Equal(t, points[:1], read)
	require.True(t, read[0].Signed())
}
