package collect

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/graph"
)

// TestChecksOfTheRegistrationThatActs: what it is allowed is asked for with its own token, and neither trouble is the other's.
func TestChecksOfTheRegistrationThatActs(t *testing.T) {
	const actID, actSecret = "9a8b7c6d-0011-4223-8334-455667788990", "acting-secret-of-the-test"
	for name, tc := range map[string]struct {
		trouble func(w *world)
		restart string
		mend    string
		devices string
	}{
		"both are given":           {func(*world) {}, CanAllowed, "nothing", CanWorks},
		"acting is not given":      {func(w *world) { require.NoError(w.t, w.cloud.SetActing(northwind, false)) }, CanNoConsent, "consent-acting", CanWorks},
		"its permission is not":    {func(w *world) { require.NoError(w.t, w.cloud.SetReadOnly(northwind, true)) }, CanNoConsent, "consent-acting", CanWorks},
		"its secret is not known":  {func(w *world) { w.actWith(actID, "another-secret-of-the-test") }, CanBlocked, "operator", CanWorks},
		"reading is withdrawn":     {func(w *world) { require.NoError(w.t, w.cloud.SetConsent(northwind, false)) }, CanNoConsent, "consent", CanNoConsent},
		"there are no devices":     {func(w *world) { w.cloud.SetFaults(northwind, cloudsim.Faults{DevicesGone: true}) }, CanGone, "nothing", CanGone},
		"both are of one registry": {func(w *world) { w.collector.cfg.Acting = w.graph }, CanNoConsent, "consent", CanWorks},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			heard.Learn("secret", actSecret)
			w := newWorldWith(t, cloudsim.Options{ActClientID: actID, ActClientSecret: actSecret}, traders())
			require.NoError(t, w.cloud.SetActing(northwind, true))
			w.actWith(actID, actSecret)
			w.accept(northwind, "Northwind", london())
			w.collect()
			tc.trouble(w)
			w.clock.advance(time.Minute)
			w.checkAll()
			table := w.table(northwind)
			require.Equal(t, []string{tc.restart, tc.mend, tc.devices}, []string{table["restart"].State, table["restart"].Mend, table["devices"].State})
		})
	}
}

// actWith gives the collector a registration that acts.
func (w *world) actWith(id, secret string) {
	w.t.Helper()
	client, err := graph.New(graph.Config{Cloud: w.at, Credential: graph.Credential{ClientID: id, Secret: secret}, Now: w.clock.Now,
		Budget: graph.Budget{PerTenant: 1e6, Overall: 1e6}, HTTP: http.DefaultClient, MaxRetryWait: -1})
	require.NoError(w.t, err)
	w.collector.cfg.Acting = client
}
