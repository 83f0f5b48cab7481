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

	require.NoError(t, h.ActingAllowed(t.Context(), adminOf(tailspin), tailspin), "without a relation there is nothing to act on")
	require.Equal(t, int64(2), entries())
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM capabilities`))
}

// TestAConsentToOneApplicationIsNoneToAnother: where another one acts, nothing is known, nothing counts as withdrawn, and the former ones are remembered.
func TestAConsentToOneApplicationIsNoneToAnother(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	acts := func(id string, former ...string) {
		t.Helper()
		got, err := h.ActsBy(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, append([]string{}, former...), append([]string{}, got...))
	}
	consent := func() string {
		t.Helper()
		var out string
		require.NoError(t, h.read(t.Context(), func(t *tx) (err error) {
			out, err = actingConsent(h.t.Context(), t, customer)
			return err
		}))
		return out
	}
	acts("first")
	require.NoError(t, h.ActingAllowed(t.Context(), adminOf(northwind), northwind))
	acts("first")
	require.Equal(t, "given", consent(), "the same one")
	acts("second", "first")
	require.Equal(t, "unknown", consent())
	require.NoError(t, h.ActingRefused(t.Context(), northwind))
	require.Zero(t, h.number(`SELECT count(*) FROM audit WHERE operation = 'acting.withdrawn'`), "nobody gave it")
	require.NoError(t, h.ActingAllowed(t.Context(), adminOf(northwind), northwind))
	require.Equal(t, int64(2), h.number(`SELECT count(*) FROM audit WHERE operation = 'acting.allow'`))
	acts("first", "second")
	require.Equal(t, "unknown", consent(), "nor is the consent to it what it was")

	// A consent is there whatever else is in the way.
	for state, want := range map[string]string{"gone": "given", "not-consented": "given", "allowed": "given"} {
		h.run(`INSERT INTO capabilities (customer_id, capability, state, detail, given, since) VALUES ($1, 'restart', $2, '', 1, 1)
			ON CONFLICT (customer_id, capability) DO UPDATE SET state = excluded.state`, customer, state)
		require.Equal(t, want, consent(), state)
	}
	h.run(`UPDATE capabilities SET state = 'not-consented', given = 0`)
	require.Equal(t, "missing", consent())
}
