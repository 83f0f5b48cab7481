package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

func TestTenantManagers(t *testing.T) {
	h := openHouse(t)
	ctx := t.Context()
	list := func(v policy.View) []TenantManager {
		got, err := h.TenantManagers(ctx, v)
		require.NoError(t, err)
		return got
	}
	is := func(p ...policy.Principal) bool {
		yes, err := h.IsTenantManager(ctx, p)
		require.NoError(t, err)
		return yes
	}
	require.Empty(t, list(managing))
	user, err := h.AddTenantManager(ctx, maya, TenantManager{Principal: policy.User("tom"), Name: "Tom", Detail: "tom@partner.example"})
	require.NoError(t, err)
	group, err := h.AddTenantManager(ctx, maya, TenantManager{Principal: policy.Group("tom"), Name: "A group with the same id"})
	require.NoError(t, err)
	require.Equal(t, []TenantManager{group, user}, list(managing), "by name")
	require.Equal(t, TenantManager{ID: user.ID, Principal: "user:tom", Name: "Tom", Detail: "tom@partner.example", AddedAt: morning, AddedBy: maya.Name}, user)
	for name, v := range map[string]policy.View{"zero": {}, "no powers": policy.Overview(policy.Powers{}), "a customer": policy.Own(northwind)} {
		require.Empty(t, list(v), name)
	}
	before := h.dump()
	_, err = h.AddTenantManager(ctx, maya, TenantManager{Principal: policy.User("tom"), Name: "Tom again"})
	requireConflict(t, err, "already-tenant-manager")
	require.ErrorIs(t, h.RemoveTenantManager(ctx, maya, policy.NewID()), ErrNotFound)
	require.Equal(t, before, h.dump())

	require.True(t, is(policy.User("tom")))
	require.NoError(t, h.RemoveTenantManager(ctx, maya, user.ID))
	require.False(t, is(policy.User("tom")), "gone at once")
	require.True(t, is(policy.User("x"), policy.Group("tom")))
	require.ErrorIs(t, h.RemoveTenantManager(ctx, maya, user.ID), ErrNotFound)
	_, err = h.AddTenantManager(ctx, maya, TenantManager{Principal: policy.User("tom"), Name: "Tom"})
	require.NoError(t, err)
}
