package audit

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

const northwind = "0b1c2d3e-0000-4000-8000-000000000001"

// TestWhoGivesUpWaitsForNoTurn: a request that has ended does not stay until the verification of another is done.
func TestWhoGivesUpWaitsForNoTurn(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { _ = s.Close() }()
	a := New(s, time.Now)
	call := &api.Call{Person: api.Person{Side: store.SideCustomer}, Own: policy.Own(northwind)}
	a.one <- struct{}{} // somebody else's
	ended, end := context.WithCancel(t.Context())
	end()
	_, err = a.OwnVerify(ended, call, nil)
	require.ErrorIs(t, err, context.Canceled)
	<-a.one
	for range 2 { // the turn is given back
		found, err := a.OwnVerify(t.Context(), call, nil)
		require.NoError(t, err)
		require.True(t, found.Complete)
	}
}
