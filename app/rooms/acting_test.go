package rooms

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/graph"
)

const workshopActs = "9a8b7c6d-0011-4223-8334-455667788990"

// splitWorkshop is a workshop with a registration for actions of its own. refused counts what that was refused for want of consent.
func splitWorkshop(t *testing.T) (w *workshop, refused *int) {
	t.Helper()
	w, refused = workshopWith(t, cloudsim.Options{ClientID: workshopApp, ClientSecret: "secret", ActClientID: workshopActs, ActClientSecret: "another"}), new(int)
	client, err := graph.New(graph.Config{Cloud: graph.Cloud{Login: w.cloud.URL() + "/login", Graph: w.cloud.URL() + "/graph"},
		Credential: graph.Credential{ClientID: workshopActs, Secret: "another"}, Budget: graph.Budget{PerTenant: 5000, Overall: 5000},
		HTTP: &http.Client{Transport: w.wire}, Now: w.clock, MaxRetryWait: -1, Refused: func(context.Context, string) { *refused++ }})
	require.NoError(t, err)
	w.actions.cfg.Graph, w.actions.cfg.Former = client, []string{workshopApp}
	return w, refused
}

// TestTheSecondRegistrationActs: alone, and only where the customer let it.
func TestTheSecondRegistrationActs(t *testing.T) {
	w, refused := splitWorkshop(t)
	require.NoError(t, w.cloud.SetActing(workshopTenant, false))
	require.NoError(t, w.ask("ann"))
	w.run(time.Minute)
	require.Equal(t, "failed consent-missing, 0 restarts", w.last())
	require.Equal(t, 1, *refused)

	require.NoError(t, w.cloud.SetActing(workshopTenant, true))
	require.NoError(t, w.cloud.SetConsent(workshopTenant, false)) // acting needs no leave to read
	require.NoError(t, w.ask("ann"))
	w.run(time.Minute)
	require.Equal(t, "succeeded, 1 restarts", w.last())
}

// TestRestartsOfTheFormerRegistrationAreOurs: one whose answer was lost before another registration took over is found, and not done again.
func TestRestartsOfTheFormerRegistrationAreOurs(t *testing.T) {
	for name, tc := range map[string]struct {
		former []string
		want   string
	}{
		"it is known":     {[]string{workshopActs}, "succeeded, 1 restarts"},
		"it is not known": {nil, "failed permission-missing, 1 restarts"}, // it would be done again
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := splitWorkshop(t)
			require.NoError(t, w.cloud.SetActing(workshopTenant, true))
			w.cloud.SetFaults(workshopTenant, cloudsim.Faults{LostAnswers: 1})
			require.NoError(t, w.ask("ann"))
			w.turn()
			require.Equal(t, "sent unavailable, 1 restarts", w.last())
			w.actions.cfg.Graph, w.actions.cfg.Former = w.client, tc.former
			w.run(3 * time.Minute)
			require.Equal(t, tc.want, w.last())
		})
	}
}
