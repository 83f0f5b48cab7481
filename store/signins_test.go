package store

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSigninsAreTakenOnce(t *testing.T) {
	h := openHouse(t)
	in := Signin{Side: SideCustomer, Nonce: "n", Verifier: "v", ReturnTo: "/portal", StepUp: "c1"}
	require.NoError(t, h.BeginSignin(t.Context(), "hash", in))
	require.Error(t, h.BeginSignin(t.Context(), "hash", in), "a state that is not fresh is refused")
	_, err := h.TakeSignin(t.Context(), "other")
	require.ErrorIs(t, err, ErrNotFound)
	got, err := h.TakeSignin(t.Context(), "hash")
	require.NoError(t, err)
	require.Equal(t, in, got)
	_, err = h.TakeSignin(t.Context(), "hash")
	require.ErrorIs(t, err, ErrNotFound)
}

func TestSigninsAreTakenByOne(t *testing.T) {
	h := openHouse(t)
	require.NoError(t, h.BeginSignin(t.Context(), "hash", Signin{Side: SidePartner}))
	var won atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := h.TakeSignin(context.WithoutCancel(t.Context()), "hash"); err == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, won.Load())
}

func TestSigninsAgeAndAreBounded(t *testing.T) {
	h := openHouse(t)
	require.NoError(t, h.BeginSignin(t.Context(), "in time", Signin{Side: SidePartner}))
	require.NoError(t, h.BeginSignin(t.Context(), "late", Signin{Side: SidePartner}))
	h.pass(SigninLife - time.Millisecond)
	_, err := h.TakeSignin(t.Context(), "in time")
	require.NoError(t, err)
	h.pass(time.Millisecond)
	_, err = h.TakeSignin(t.Context(), "late")
	require.ErrorIs(t, err, ErrNotFound)

	now := h.clock().UnixMilli()
	_, err = h.writer.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO signins (state_hash, side, nonce, verifier, return_to, created_at) SELECT printf('flood %05d', i), 'partner', '', '', '', $2 + i FROM n`,
		signinsAtOnce, now)
	require.NoError(t, err)
	h.pass(time.Minute)
	require.NoError(t, h.BeginSignin(t.Context(), "one more", Signin{Side: SidePartner}))
	require.Equal(t, int64(signinsAtOnce), h.number(`SELECT count(*) FROM signins`))
	_, err = h.TakeSignin(t.Context(), "flood 00001")
	require.ErrorIs(t, err, ErrNotFound, "the oldest gave way")
	for _, there := range []string{"flood 00002", "one more"} {
		_, err = h.TakeSignin(t.Context(), there)
		require.NoError(t, err, there)
	}
}
