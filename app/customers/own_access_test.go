package customers_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPeopleWithAccess: who is named and also in a group counts once, and who is blocked not at all.
func TestPeopleWithAccess(t *testing.T) {
	h := open(t)
	onCall := h.world.Partner.FindGroup("On call").ID
	h.must(maya, "POST", "/api/invitations/"+h.send(ann, nil)+"/accept",
		fields{"version": 1, "primaryAdmins": []fields{user(h, pia), user(h, lea), {"kind": "group", "id": onCall}}})
	people := func() any { return h.must(ann, "GET", "/api/partnership/access", nil)["people"] }
	require.EqualValues(t, 3, people(), "Pia, Lea and Kai")
	require.NoError(t, h.cloud.SetDisabled(litware, h.person(kai).OID, true))
	require.EqualValues(t, 2, people())
	h.must(ann, "DELETE", "/api/partnership/members/group:"+onCall, nil)
	h.must(ann, "DELETE", "/api/partnership/members/user:"+h.person(lea).OID, nil)
	require.EqualValues(t, 1, people())
	h.must(ann, "DELETE", "/api/partnership/members/user:"+h.person(pia).OID, nil)
	require.EqualValues(t, 0, people())
}
