package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

const idle = 8 * time.Hour

// session is one of Maya's.
func (h *house) session(id string) Session {
	return Session{
		ID: id, Side: SidePartner, TenantID: litware, OID: "maya", Name: "Maya Manager", UPN: "manager@partner.example",
		Groups: []string{"g-1", "g-2"}, AppRoles: []string{"Manager"}, Wids: []string{"w-1"}, Contexts: []string{"c1"}, Address: "192.0.2.7", Agent: "Browser",
		GroupsAt: h.clock(), ExpiresAt: h.clock().Add(12 * time.Hour),
	}
}

func TestSessionsAreFoundByTheirHash(t *testing.T) {
	h := openHouse(t)
	in := h.session("s-1")
	require.NoError(t, h.StartSession(t.Context(), maya, "hash-1", "", in))
	in.CreatedAt, in.LastUsedAt = h.clock(), h.clock()
	got, err := h.FindSession(t.Context(), "hash-1", idle)
	require.NoError(t, err)
	require.Equal(t, in, got)
	for _, other := range []string{"hash-2", "", "s-1", "HASH-1"} {
		_, err := h.FindSession(t.Context(), other, idle)
		require.ErrorIs(t, err, ErrNotFound, other)
	}
	empty := h.session("s-2")
	empty.Groups, empty.GroupsAt = nil, time.Time{}
	require.NoError(t, h.StartSession(t.Context(), maya, "hash-2", "", empty))
	got, err = h.FindSession(t.Context(), "hash-2", idle)
	require.NoError(t, err)
	require.Empty(t, got.Groups)
	require.True(t, got.GroupsAt.Before(h.clock().Add(-time.Hour)), "groups of which nothing is known are older than any limit")
}

func TestSessionsHaveLimits(t *testing.T) {
	h := openHouse(t)
	there := func(hash string) bool {
		_, err := h.FindSession(t.Context(), hash, idle)
		if err != nil {
			require.ErrorIs(t, err, ErrNotFound)
		}
		return err == nil
	}
	require.NoError(t, h.StartSession(t.Context(), maya, "used", "", h.session("s-1")))
	require.NoError(t, h.StartSession(t.Context(), maya, "left", "", h.session("s-2")))
	h.pass(idle - time.Minute)
	require.True(t, there("used"))
	h.pass(time.Minute)
	require.True(t, there("used"), "the use before was kept")
	require.False(t, there("left"))
	h.pass(4*time.Hour - time.Millisecond)
	require.True(t, there("used"))
	h.pass(time.Millisecond)
	require.False(t, there("used"), "12 hours in any case")
}

func TestUseIsWrittenOnceAMinute(t *testing.T) {
	h := openHouse(t)
	require.NoError(t, h.StartSession(t.Context(), maya, "hash", "", h.session("s-1")))
	begun := h.clock()
	used := func() time.Time {
		_, err := h.FindSession(t.Context(), "hash", idle)
		require.NoError(t, err)
		return when(h.number(`SELECT last_used_at FROM sessions`))
	}
	h.pass(59 * time.Second)
	require.Equal(t, begun, used(), "not each request writes")
	h.pass(time.Second)
	require.Equal(t, begun.Add(time.Minute), used())
}

func TestASessionReplacesTheOneBefore(t *testing.T) {
	h := openHouse(t)
	require.NoError(t, h.StartSession(t.Context(), maya, "old", "", h.session("s-1")))
	require.NoError(t, h.StartSession(t.Context(), maya, "beside", "", h.session("s-2")))
	require.NoError(t, h.StartSession(t.Context(), maya, "new", "old", h.session("s-3")))
	_, err := h.FindSession(t.Context(), "old", idle)
	require.ErrorIs(t, err, ErrNotFound)
	for _, hash := range []string{"beside", "new"} {
		_, err := h.FindSession(t.Context(), hash, idle)
		require.NoError(t, err)
	}
	require.NoError(t, h.StartSession(t.Context(), maya, "another", "never-there", h.session("s-4")), "a cookie of long ago is no error")
	require.Equal(t, int64(4), h.number(`SELECT count(*) FROM audit WHERE operation = 'session.start'`))
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM audit WHERE operation = 'session.end' AND object_id = 's-1' AND detail_json LIKE '%replaced%'`))
}

func TestAPersonHasTwentySessions(t *testing.T) {
	h := openHouse(t)
	other := h.session("other")
	other.OID = "tom"
	require.NoError(t, h.StartSession(t.Context(), maya, "other", "", other))
	for i := range 22 {
		require.NoError(t, h.StartSession(t.Context(), maya, fmt.Sprint("hash-", i), "", h.session(fmt.Sprint("s-", i))))
		h.pass(time.Second)
	}
	list, err := h.SessionsOf(t.Context(), litware, "maya", idle)
	require.NoError(t, err)
	require.Len(t, list, 20)
	require.Equal(t, "s-21", list[0].ID, "last used first")
	require.Equal(t, "s-2", list[19].ID, "the least used ones ended")
	_, err = h.FindSession(t.Context(), "other", idle)
	require.NoError(t, err, "other people are not touched")
}

func TestEndingSessions(t *testing.T) {
	h := openHouse(t)
	foreign := h.session("s-tom")
	foreign.OID = "tom"
	require.NoError(t, h.StartSession(t.Context(), maya, "hash-1", "", h.session("s-1")))
	require.NoError(t, h.StartSession(t.Context(), maya, "hash-2", "", h.session("s-2")))
	require.NoError(t, h.StartSession(t.Context(), maya, "hash-tom", "", foreign))
	require.ErrorIs(t, h.EndSession(t.Context(), maya, "s-tom"), ErrNotFound, "somebody else's is like none")
	require.ErrorIs(t, h.EndSession(t.Context(), maya, "none"), ErrNotFound)
	require.NoError(t, h.EndSession(t.Context(), maya, "s-1"))
	require.ErrorIs(t, h.EndSession(t.Context(), maya, "s-1"), ErrNotFound)
	require.Equal(t, int64(2), h.number(`SELECT count(*) FROM sessions`))
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM audit WHERE operation = 'session.end' AND actor_oid = 'maya'`))
	require.NoError(t, h.EndSessionsOf(t.Context(), System("sign-in"), litware, "maya", "account gone"))
	require.NoError(t, h.EndSessionsOf(t.Context(), System("sign-in"), litware, "maya", "account gone"), "none is no error")
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM sessions`))
	_, err := h.FindSession(t.Context(), "hash-tom", idle)
	require.NoError(t, err)
}

func TestPruningTakesWhatIsOver(t *testing.T) {
	h := openHouse(t)
	require.NoError(t, h.StartSession(t.Context(), maya, "short", "", func() Session { s := h.session("s-1"); s.ExpiresAt = h.clock().Add(time.Hour); return s }()))
	require.NoError(t, h.StartSession(t.Context(), maya, "long", "", h.session("s-2")))
	require.NoError(t, h.BeginSignin(t.Context(), "begun", Signin{Side: SidePartner}))
	n, err := h.PruneSessions(t.Context(), 0)
	require.NoError(t, err)
	require.Zero(t, n, "no idle limit is not a limit of zero")
	h.pass(time.Hour)
	n, err = h.PruneSessions(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = h.FindSession(t.Context(), "long", idle)
	require.NoError(t, err)
	require.Zero(t, h.number(`SELECT count(*) FROM signins`), "sign-ins that nobody finished go too")
	h.pass(2 * time.Hour)
	n, err = h.PruneSessions(t.Context(), 3*time.Hour)
	require.NoError(t, err)
	require.Zero(t, n, "it was used two hours ago")
	n, err = h.PruneSessions(t.Context(), 2*time.Hour)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, int64(2), h.number(`SELECT count(*) FROM audit WHERE operation = 'session.end' AND detail_json LIKE '%expired%' AND side = 'system'`))
}

func TestGroupsOfASession(t *testing.T) {
	h := openHouse(t)
	require.NoError(t, h.StartSession(t.Context(), maya, "hash", "", h.session("s-1")))
	h.pass(5 * time.Minute)
	require.NoError(t, h.SetSessionGroups(t.Context(), "s-1", []string{"g-9"}, h.clock()))
	got, err := h.FindSession(t.Context(), "hash", idle)
	require.NoError(t, err)
	require.Equal(t, []string{"g-9"}, got.Groups)
	require.Equal(t, h.clock(), got.GroupsAt)
	require.NoError(t, h.SetSessionGroups(t.Context(), "s-1", nil, h.clock()))
	got, err = h.FindSession(t.Context(), "hash", idle)
	require.NoError(t, err)
	require.Empty(t, got.Groups)
}

func TestTenantsAreSeenOnce(t *testing.T) {
	h := openHouse(t)
	require.NoError(t, h.SeenTenant(t.Context(), adminOf(tailspin), tailspin, "tailspin.example"))
	require.NoError(t, h.SeenTenant(t.Context(), adminOf(tailspin), tailspin, "other.example"))
	seen, err := h.TenantByID(t.Context(), tailspin)
	require.NoError(t, err)
	require.Equal(t, "tailspin.example", seen.Name)
	require.Equal(t, ConsentNone, seen.Consent)
	require.Equal(t, int64(1), h.number(`SELECT count(*) FROM audit WHERE operation = 'tenant.seen'`))
	h.consent(northwind, "Northwind")
	require.NoError(t, h.SeenTenant(t.Context(), adminOf(northwind), northwind, "fake.example"))
	known, err := h.TenantByID(t.Context(), northwind)
	require.NoError(t, err)
	require.Equal(t, "Northwind", known.Name, "a sign-in does not rename who consented")
	require.Equal(t, ConsentGiven, known.Consent)
}

func TestTenantManagerByUserOrGroup(t *testing.T) {
	h := openHouse(t)
	_, err := h.AddTenantManager(t.Context(), maya, TenantManager{Principal: policy.Group("desk"), Name: "Desk"})
	require.NoError(t, err)
	for _, tc := range []struct {
		principals []policy.Principal
		want       bool
	}{
		{[]policy.Principal{policy.User("tom"), policy.Group("desk")}, true},
		{[]policy.Principal{policy.User("desk")}, false}, // a user of that id is not the group
		{[]policy.Principal{policy.User("tom"), policy.Group("other")}, false},
		{nil, false},
	} {
		got, err := h.IsTenantManager(t.Context(), tc.principals)
		require.NoError(t, err)
		require.Equal(t, tc.want, got, tc.principals)
	}
}
