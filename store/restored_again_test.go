package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// TestConsentStaysWithdrawn: views that the customer closed are closed in an older database, too, before anything is collected; the last word holds.
func TestConsentStaysWithdrawn(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	backup := h.backedUp()
	require.NoError(t, h.ConsentRefused(t.Context(), northwind))
	went := h.clock()
	h.pass(time.Hour)
	o := h.restored(backup)
	require.True(t, o.closed(customer))
	require.Equal(t, millis(went), o.number(`SELECT withdrawn_at FROM customers WHERE id = $1`, customer), "since it went")
	require.Equal(t, "withdrawn", o.word(`SELECT consent FROM tenants WHERE tenant_id = $1`, northwind))
	require.Equal(t, int64(1), o.number(`SELECT count(*) FROM audit WHERE operation = 'consent.withdrawn'`))

	closed := h.backedUp()
	h.consent(northwind, "Northwind Traders")
	require.False(t, h.closed(customer))
	require.False(t, h.restored(backup).closed(customer), "the last word holds")
	require.False(t, h.restored(closed).closed(customer))

	out := h.leased(customer, "consent-withdrawn")
	out.State = CollectWithdrawn
	open := h.backedUp()
	require.NoError(t, h.FinishCollect(t.Context(), policy.ForWork(customer, "test"), out))
	require.True(t, h.closed(customer))
	require.True(t, h.restored(open).closed(customer), "whoever found it out")
}

// TestDaysThatWereFewerForAWhile: what the customer said last holds before anything is pruned.
func TestDaysThatWereFewerForAWhile(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	own, ann := policy.Own(northwind), adminOf(northwind)
	require.NoError(t, h.SetRetention(t.Context(), ann, own, 0, 90, 30))
	backup := h.backedUp()
	require.NoError(t, h.SetRetention(t.Context(), ann, own, 0, 30, 7))
	fewer := h.backedUp()
	require.NoError(t, h.SetRetention(t.Context(), ann, own, 0, 60, 20))
	for _, from := range []string{backup, fewer} {
		c, err := h.restored(from).CustomerByID(t.Context(), own, customer)
		require.NoError(t, err)
		require.Equal(t, []int{60, 20}, []int{c.RetentionDays, c.SealDays})
	}
}

// TestWhatIsDoneAgainIsRecorded: offers taken back and a record that was deleted, with an entry each and to the last byte.
func TestWhatIsDoneAgainIsRecorded(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind)
	offer := h.invited(tailspin)
	_, err := h.EndOwn(t.Context(), adminOf(northwind), policy.Own(northwind))
	require.NoError(t, err)
	require.NoError(t, h.Erase(t.Context()))
	_, err = h.opened(northwind)
	require.NoError(t, err, "a record is kept")
	backup := h.backedUp()
	require.NoError(t, h.DropRecord(t.Context(), adminOf(northwind), policy.Own(northwind)))
	require.NoError(t, h.Erase(t.Context()))
	require.NoError(t, h.DeclineInvitation(t.Context(), maya, managing, offer.ID))
	o := h.restored(backup)
	require.Zero(t, o.number(`SELECT count(*) FROM sealed_records`))
	require.Zero(t, o.number(`SELECT count(*) FROM facts WHERE name = 'erase'`), "erased before anybody is served")
	for operation, tenant := range map[string]string{"record.delete": northwind, "invitation.decline": tailspin} {
		require.Equal(t, int64(1), o.number(`SELECT count(*) FROM audit WHERE operation = $1 AND tenant_id = $2 AND actor_name = 'departed'`, operation, tenant), operation)
	}
}
