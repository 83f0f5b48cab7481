package collect

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
	"roomward/store"
)

// TestLeavingStopsTheRunningCollection: the run ends although Microsoft does not answer, writes nothing, and the others go on.
func TestLeavingStopsTheRunningCollection(t *testing.T) {
	w := newWorld(t, estate(northwind, "Northwind", 3), estate(adatum, "Adatum", 2))
	held, release := w.holdTokens(northwind)
	id := w.accept(northwind, "Northwind", all())
	w.running()
	w.collector.Kick()
	require.Eventually(t, func() bool { return held.Load() > 0 }, patient, time.Millisecond)
	require.NotNil(t, w.collector.Progress(id))
	_, err := w.store.LeaveCustomer(t.Context(), store.Act{Side: store.SidePartner, OID: "admin"}, store.AskingAdmin{Actor: policy.Actor{User: policy.User("admin")}}, id, "Northwind")
	require.NoError(t, err)
	w.collector.Stop(id)
	require.Eventually(t, func() bool { return w.collector.Progress(id) == nil }, patient, time.Millisecond, "while Entra has not answered yet")
	delete(w.customers, northwind)
	w.accept(adatum, "Adatum", all())
	w.collector.Kick()
	require.Eventually(t, func() bool { return w.job(adatum, store.CollectDevices).State == StateOK }, patient, 5*time.Millisecond)
	release()
	require.Len(t, w.rooms(), 2, "those of Adatum only")
	w.collector.Stop(id) // nothing runs: nothing happens
}
