package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestConsent(t *testing.T) {
	h := openHouse(t)
	ctx, first := t.Context(), Tenant{ID: northwind, Name: "Northwind Traders", Domains: []string{"northwind.example", "n.example"}, Country: "GB"}
	_, err := h.TenantByID(ctx, northwind)
	require.ErrorIs(t, err, ErrNotFound)
	read := func() Tenant {
		got, err := h.TenantByID(ctx, northwind)
		require.NoError(t, err)
		return got
	}
	require.NoError(t, h.Consented(ctx, adminOf(northwind), first))
	want := first
	want.Consent, want.ConsentAt = ConsentGiven, morning
	require.Equal(t, want, read())

	h.pass(time.Hour)
	before := h.dump()
	require.NoError(t, h.Consented(ctx, adminOf(northwind), first))
	require.Equal(t, before, h.dump(), "a proof that changes nothing writes nothing")

	renamed := first
	renamed.Name, renamed.Domains = "Northwind Group", nil
	require.NoError(t, h.Consented(ctx, adminOf(northwind), renamed))
	want.Name, want.Domains = renamed.Name, []string{}
	require.Equal(t, want, read(), "given when it was given")
	require.Equal(t, "organisation.update", h.lastEntry()[0])

	h.run(`UPDATE tenants SET consent = 'withdrawn'`)
	require.NoError(t, h.Consented(ctx, adminOf(northwind), renamed))
	want.ConsentAt = h.clock()
	require.Equal(t, want, read(), "given again")
	require.Equal(t, "consent.give", h.lastEntry()[0])
}
