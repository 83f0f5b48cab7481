package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// settings are all changes of what was agreed but that of the rooms, each with another value than the offer's.
func (h *house) settings() map[string]func(v policy.View, version int64) error {
	ctx, ann := h.t.Context(), adminOf(northwind)
	return map[string]func(v policy.View, version int64) error{
		"ceiling": func(v policy.View, version int64) error {
			_, err := h.SetCeiling(ctx, ann, v, version, []policy.Permission{policy.RoomsView})
			return err
		},
		"change-control": func(v policy.View, version int64) error {
			return h.SetChangeControl(ctx, ann, v, version, map[string]string{"role": Manual})
		},
		"strong-auth": func(v policy.View, version int64) error { return h.SetStrongAuth(ctx, ann, v, version, "c2") },
		"end-date": func(v policy.View, version int64) error {
			return h.SetEndDate(ctx, ann, v, version, h.clock().Add(time.Hour))
		},
		"retention": func(v policy.View, version int64) error { return h.SetRetention(ctx, ann, v, version, 30, 0) },
		"contacts": func(v policy.View, version int64) error {
			return h.SetContacts(ctx, ann, v, version, []string{"b@x.example"})
		},
	}
}

func TestSettingsOfARelation(t *testing.T) {
	for name, want := range map[string]struct {
		rights bool
		change func(*Customer, *house)
	}{
		"ceiling":        {true, func(c *Customer, _ *house) { c.Ceiling = []policy.Permission{policy.RoomsView} }},
		"change-control": {false, func(c *Customer, _ *house) { c.ChangeControl = map[string]string{"role": Manual} }},
		"strong-auth":    {true, func(c *Customer, _ *house) { c.StrongAuth = "c2" }},
		"end-date":       {true, func(c *Customer, h *house) { c.EndsAt = h.clock().Add(time.Hour) }},
		"retention":      {false, func(c *Customer, _ *house) { c.RetentionDays, c.SealDays = 30, 0 }},
		"contacts":       {false, func(c *Customer, _ *house) { c.Contacts = []string{"b@x.example"} }},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHouse(t)
			id, other := h.customer(northwind), h.customer(tailspin)
			own := policy.Own(northwind)
			before, err := h.OwnCustomer(t.Context(), own)
			require.NoError(t, err)
			foreign, err := h.OwnCustomer(t.Context(), policy.Own(tailspin))
			require.NoError(t, err)
			set := h.settings()[name]

			still := h.dump()
			for _, v := range []policy.View{managing, {}, policy.Own(litware), policy.ForWork(id, "test")} {
				require.ErrorIs(t, set(v, 0), ErrNotFound)
			}
			requireConflict(t, set(own, 2), "changed-meanwhile")
			require.Equal(t, still, h.dump(), "who may not changes nothing")

			rules := h.number(`SELECT rule_version FROM customers WHERE id = $1`, id)
			require.NoError(t, set(own, 1))
			after, err := h.OwnCustomer(t.Context(), own)
			require.NoError(t, err)
			expected := before
			want.change(&expected, h)
			expected.Version = 2
			require.Equal(t, expected, after, "this and nothing else")
			require.Equal(t, want.rights, h.number(`SELECT rule_version FROM customers WHERE id = $1`, id) > rules)
			requireConflict(t, set(own, 1), "changed-meanwhile")
			require.Equal(t, int64(1), h.number(`SELECT count(*) FROM audit WHERE operation = $1 AND customer_id = $2 AND actor_name = 'Ann Admin'
				AND json_type(detail_json, '$.before') = 'object' AND json_type(detail_json, '$.after') = 'object'
				AND json_extract(detail_json, '$.before') <> json_extract(detail_json, '$.after')`, name+".update", id))
			require.Zero(t, h.number(`SELECT count(*) FROM audit WHERE instr(detail_json, '@')`), "the partner reads the record, and no address in it")
			require.Equal(t, int64(1), h.number(`SELECT count(*) FROM notices WHERE kind = $1 AND side = 'partner' AND customer_id = $2`, name+".changed", id))
			same, err := h.OwnCustomer(t.Context(), policy.Own(tailspin))
			require.NoError(t, err)
			require.Equal(t, foreign, same)
			require.Zero(t, h.number(`SELECT count(*) FROM notices WHERE kind LIKE '%.changed' AND customer_id = $1`, other))
		})
	}
}

// TestPermitsWithoutApprovalEnd: when a customer begins to approve exports, what nobody approved opens nothing any more; what it approved stays.
func TestPermitsWithoutApprovalEnd(t *testing.T) {
	h := openHouse(t)
	id, other := h.customer(northwind), h.customer(tailspin)
	ann, own := adminOf(northwind), policy.Own(northwind)
	permit := func(customer ID) {
		h.run(`INSERT INTO audit_permits (id, customer_id, oid, made_at, expires_at) VALUES ($1, $2, 'pia', 1, $3)`, policy.NewID(), customer, h.clock().Add(time.Hour).UnixMilli())
	}
	permit(id)
	permit(other)
	count := func(customer ID) int64 {
		return h.number(`SELECT count(*) FROM audit_permits WHERE customer_id = $1`, customer)
	}
	require.NoError(t, h.SetChangeControl(t.Context(), ann, own, 0, map[string]string{"role": Manual}))
	require.EqualValues(t, 1, count(id))
	require.NoError(t, h.SetChangeControl(t.Context(), ann, own, 0, map[string]string{"export": Manual}))
	require.EqualValues(t, 0, count(id))
	require.EqualValues(t, 1, count(other))
	permit(id)
	require.NoError(t, h.SetChangeControl(t.Context(), ann, own, 0, map[string]string{"export": Manual, "role": Manual}))
	require.EqualValues(t, 1, count(id))
}

func TestEndDateIsAhead(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind)
	own, ann := policy.Own(northwind), adminOf(northwind)
	for _, at := range []time.Time{h.clock(), h.clock().Add(-time.Hour)} {
		requireConflict(t, h.SetEndDate(t.Context(), ann, own, 0, at), "end-not-ahead")
	}
	require.NoError(t, h.SetEndDate(t.Context(), ann, own, 0, time.Time{}), "renewal")
	c, err := h.OwnCustomer(t.Context(), own)
	require.NoError(t, err)
	require.Zero(t, c.EndsAt)
}

// TestCeilingCutsRolesAtOnce: what the preview says is what is done, and decisions follow with the commit.
func TestCeilingCutsRolesAtOnce(t *testing.T) {
	h := openHouse(t)
	id := h.customer(northwind)
	h.room(id, "Alder")
	role, err := h.AddRole(t.Context(), maya, id, Role{Name: "Desk", Permissions: []policy.Permission{policy.RoomsView, policy.TicketsView, policy.TicketsUpdate}})
	require.NoError(t, err)
	_, err = h.AddRole(t.Context(), maya, id, Role{Name: "Look", Permissions: []policy.Permission{policy.RoomsView}})
	require.NoError(t, err)
	for name, ends := range map[string]time.Time{"one": {}, "over": h.clock().Add(-time.Hour)} {
		_, err = h.AddAssignment(t.Context(), maya, id, Assignment{Role: role, Name: name, Members: []Member{{policy.User("tom"), "Tom"}, {policy.User(name), name}},
			Scopes: []policy.Scope{policy.ScopeAll}, EndsAt: ends})
		require.NoError(t, err)
	}
	decider := policy.NewDecider(h.Store, h.clock, policy.Limits{})
	tom := policy.Actor{User: policy.User("tom")}
	holds := func() []policy.Permission {
		require.NoError(t, decider.Refresh(t.Context(), tom))
		held, err := decider.Holdings(t.Context(), tom)
		require.NoError(t, err)
		if len(held) == 0 {
			return nil
		}
		return held[0].Permissions
	}
	require.Equal(t, []policy.Permission{policy.RoomsView, policy.TicketsView, policy.TicketsUpdate}, holds())
	old, err := decider.View(t.Context(), tom, policy.TicketsView)
	require.NoError(t, err)

	ceiling := []policy.Permission{policy.RoomsView, policy.TicketsUpdate, policy.RolesView}
	preview, err := h.PreviewCeiling(t.Context(), policy.Own(northwind), ceiling)
	require.NoError(t, err)
	require.Len(t, preview, 2, "a role that stays as it is is left out")
	require.Equal(t, RoleShift{ID: role, Name: "Desk", Keeps: 2, Loses: []policy.Permission{policy.TicketsView}, Members: 2}, preview[1-indexOf(preview, PrimaryAdmins)])
	done, err := h.SetCeiling(t.Context(), adminOf(northwind), policy.Own(northwind), 1, ceiling)
	require.NoError(t, err)
	require.Equal(t, preview, done)
	require.Equal(t, []policy.Permission{policy.RoomsView, policy.TicketsUpdate}, holds())
	_, err = h.Incidents(t.Context(), old, IncidentQuery{Limit: 10})
	require.ErrorIs(t, err, ErrStaleView, "a page of a list that goes on, or a piece of an export, asks with its view")
	wider, err := h.PreviewCeiling(t.Context(), policy.Own(northwind), policy.Permissions())
	require.NoError(t, err)
	require.Equal(t, []policy.Permission{policy.TicketsView}, wider[1-indexOf(wider, PrimaryAdmins)].Gains)
	for _, v := range []policy.View{managing, {}, policy.Own(tailspin)} {
		_, err := h.PreviewCeiling(t.Context(), v, ceiling)
		require.ErrorIs(t, err, ErrNotFound)
	}
}

func indexOf(shifts []RoleShift, name string) int {
	for i, s := range shifts {
		if s.Name == name {
			return i
		}
	}
	return -1
}
