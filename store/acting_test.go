package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheConsentToActionsIsKept as what is known of restarting, changes nothing where nothing is new, and touches nothing else of the relation.
func TestTheConsentToActionsIsKept(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	known := func() []any {
		var state string
		var given bool
		require.NoError(t, h.writer.QueryRowContext(t.Context(), `SELECT state, given FROM capabilities WHERE customer_id = $1 AND capability = 'restart'`, customer).Scan(&state, &given))
		return []any{state, given}
	}
	entries := func() int64 { return h.number(`SELECT count(*) FROM audit WHERE operation LIKE 'acting.%'`) }

	require.NoError(t, h.ActingRefused(t.Context(), northwind), "before anybody consented there is nothing to withdraw")
	require.Zero(t, h.number(`SELECT count(*) FROM capabilities`))
	require.Zero(t, entries())

	h.run(`UPDATE capability_checks SET due_at = $1`, millis(h.clock().Add(time.Hour)))
	require.NoError(t, h.ActingAllowed(t.Context(), adminOf(northwind), northwind))
	require.Equal(t, []any{"allowed", true}, known())
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM capability_checks WHERE due_at = $1`, millis(h.clock())), "it is looked at at once")
	require.NoError(t, h.ActingAllowed(t.Context(), adminOf(northwind), northwind))
	require.Equal(t, int64(1), entries())

	rules := h.number(`SELECT rule_version FROM customers`)
	require.NoError(t, h.ActingRefused(t.Context(), northwind))
	require.NoError(t, h.ActingRefused(t.Context(), northwind))
	require.Equal(t, []any{"not-consented", false}, known())
	require.Equal(t, int64(2), entries())
	require.Equal(t, rules, h.number(`SELECT rule_version FROM customers`), "no view closes")
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM customers WHERE state = 'active'`))

	require.NoError(t, h.ActingAllowed(t.Context(), adminOf(tailspin), tailspin), "without a relation only the record knows")
	require.Equal(t, int64(3), entries())
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM capabilities`))
}
