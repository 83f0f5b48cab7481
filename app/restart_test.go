package app

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/audit"
	"roomward/app/cloudsim"
	"roomward/app/collect"
	"roomward/app/customers"
	"roomward/app/rooms"
)

// lastAction is the action of a room that was asked for last.
func lastAction(v *visitor, room string) rooms.RoomAction {
	v.t.Helper()
	list := all[rooms.RoomAction](v, "/api/rooms/"+room+"/actions")
	if len(list) == 0 {
		return rooms.RoomAction{}
	}
	return list[0]
}

func roomCalled(v *visitor, name string) rooms.RoomDetail {
	v.t.Helper()
	for _, r := range all[rooms.Room](v, "/api/rooms") {
		if r.Name == name {
			return get[rooms.RoomDetail](v, "/api/rooms/"+r.ID)
		}
	}
	require.Fail(v.t, "no such room", name)
	return rooms.RoomDetail{}
}

// TestRestartsInTheDemo walks a restart from the request to the signal that is well again, and past those who may not.
func TestRestartsInTheDemo(t *testing.T) {
	d := startDemo(t)
	northwind := d.tenant("northwind.example")
	ended := func(v *visitor, room string) func() bool { return func() bool { return lastAction(v, room).Ended } }
	restart := map[string]string{"kind": "restart"}

	lead := d.signIn(t, "primary.admin@partner.example")
	room := roomCalled(lead, "Boardroom 12")
	require.True(t, room.Acting.May)
	require.False(t, room.Acting.Waits)
	path := "/api/rooms/" + room.ID + "/actions"
	signedIn := func() bool {
		for _, s := range get[rooms.RoomSignals](lead, "/api/rooms/"+room.ID+"/signals").Items {
			if s.Signal == string(cloudsim.TeamsSignIn) && s.State != "good" {
				return false
			}
		}
		return true
	}
	require.False(t, signedIn())
	status, body := lead.call("POST", path, restart)
	require.Equal(t, http.StatusCreated, status, body)
	status, body = lead.call("POST", path, restart)
	require.Equal(t, http.StatusConflict, status, body)
	require.Contains(t, body, `"action-running"`)
	require.Eventually(t, ended(lead, room.ID), 30*time.Second, 50*time.Millisecond)
	done := lastAction(lead, room.ID)
	require.Equal(t, "succeeded", done.State, "%+v", done)
	require.Equal(t, d.person("primary.admin@partner.example").Name, done.AskedBy)
	require.Equal(t, 1, d.cloud.Restarts(northwind.ID, room.Email))
	require.Eventually(t, signedIn, 30*time.Second, 100*time.Millisecond, "a restart mends a sign-in")

	for name, body := range map[string]any{"an unknown action": map[string]string{"kind": "explode"}, "an unknown field": map[string]any{"kind": "restart", "force": true}} {
		status, answer := lead.call("POST", path, body)
		require.Equal(t, http.StatusUnprocessableEntity, status, "%s: %s", name, answer)
	}
	status, body = lead.call("POST", path, map[string]string{"kind": "restart", "device": roomDevice(lead, roomCalled(lead, "Boardroom 13").ID)})
	require.Equal(t, http.StatusNotFound, status, "a device of another room: %s", body)

	// Who holds no rooms.act sees what was done, and is told why it may not do the same.
	technician := d.signIn(t, "technician@partner.example")
	own := all[rooms.Room](technician, "/api/rooms")[0]
	require.False(t, get[rooms.RoomDetail](technician, "/api/rooms/"+own.ID).Acting.May)
	status, body = technician.call("POST", "/api/rooms/"+own.ID+"/actions", restart)
	require.Equal(t, http.StatusForbidden, status, body)
	require.Contains(t, body, `"may-not-act"`)
	require.Empty(t, all[rooms.RoomAction](technician, "/api/rooms/"+own.ID+"/actions"))
	status, _ = technician.call("GET", path, nil)
	require.Equal(t, http.StatusNotFound, status, "a room of others")

	// A customer that lets itself be read, and nobody act.
	trey := roomCalled(lead, d.tenant("trey.example").Rooms[0].Name)
	status, body = lead.call("POST", "/api/rooms/"+trey.ID+"/actions", restart)
	require.Equal(t, http.StatusCreated, status, body)
	require.Eventually(t, ended(lead, trey.ID), 30*time.Second, 50*time.Millisecond)
	refused := lastAction(lead, trey.ID)
	require.Equal(t, []string{"failed", "consent-missing"}, []string{refused.State, refused.Failure})
	require.Equal(t, "missing", roomCalled(lead, trey.Name).Acting.Consent)
	require.Zero(t, d.cloud.Restarts(d.tenant("trey.example").ID, trey.Email))
}

func roomDevice(v *visitor, room string) string {
	return get[rooms.RoomDevices](v, "/api/rooms/"+room+"/devices").Items[0].ID
}

// TestTheConsentToActions: it is asked for, given and withdrawn apart from that to read, which stays as it is.
func TestTheConsentToActions(t *testing.T) {
	d := startDemo(t)
	trey := d.tenant("trey.example")
	lead, admin := d.signIn(t, "primary.admin@partner.example"), d.signIn(t, "admin@trey.example")
	restart := map[string]string{"kind": "restart"}
	room := roomCalled(lead, trey.Rooms[0].Name)
	path := "/api/rooms/" + room.ID + "/actions"
	mend := func() string {
		for _, c := range get[collect.Capabilities](admin, "/api/partnership/capabilities").Items {
			if c.Capability == "restart" {
				return c.State + " " + c.Mend
			}
		}
		return ""
	}
	require.True(t, get[customers.Partnership](admin, "/api/partnership").ActsApart)
	require.Eventually(t, func() bool { return mend() == "not-consented consent-acting" }, 30*time.Second, 50*time.Millisecond)

	require.Equal(t, "/portal?acting=ok", d.consentsToActions(t, admin, "accept"))
	require.Equal(t, "given", roomCalled(lead, room.Name).Acting.Consent, "at once")
	require.Equal(t, "allowed nothing", mend())
	require.Equal(t, "given", get[customers.Partnership](admin, "/api/partnership").ActingGiven)
	status, body := lead.call("POST", path, restart)
	require.Equal(t, http.StatusCreated, status, body)
	require.Eventually(t, func() bool { return lastAction(lead, room.ID).State == "succeeded" }, 30*time.Second, 50*time.Millisecond)
	require.Equal(t, "/portal?acting=ok", d.consentsToActions(t, admin, "accept"), "twice is no harm")
	require.Equal(t, "/portal?acting=refused", d.consentsToActions(t, admin, "cancel"))

	require.NoError(t, d.cloud.SetActing(trey.ID, false))
	d.Acting.ForgetToken(trey.ID)
	status, body = lead.call("POST", path, restart)
	require.Equal(t, http.StatusCreated, status, body)
	require.Eventually(t, func() bool { return lastAction(lead, room.ID).Ended }, 30*time.Second, 50*time.Millisecond)
	require.Equal(t, "consent-missing", lastAction(lead, room.ID).Failure)
	require.Equal(t, "not-consented consent-acting", mend(), "the refusal told")
	after := get[customers.Partnership](admin, "/api/partnership")
	require.Equal(t, []string{"given", "missing"}, []string{after.Organisation.Consent, after.ActingGiven}, "reading goes on")
	var seen []string
	for _, e := range all[audit.RecordEntry](admin, "/api/partnership/audit") {
		if strings.HasPrefix(e.Operation, "acting.") {
			seen = append(seen, e.Operation)
		}
	}
	require.Equal(t, []string{"acting.withdrawn", "acting.allow"}, seen)

	// Nobody else gets there.
	for who, want := range map[string]int{"employee@trey.example": http.StatusForbidden, "primary.admin@partner.example": http.StatusForbidden} {
		status, body := d.signIn(t, who).call("GET", "/consent/acting", nil)
		require.Equal(t, want, status, "%s: %s", who, body)
	}
}

// consentsToActions goes to Microsoft's page for the registration that acts, decides there, and gives the page to which that leads back.
func (d *demo) consentsToActions(t *testing.T, admin *visitor, decision string) string {
	t.Helper()
	stays := *admin.client
	stays.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	step := func(r *http.Response, err error) *url.URL {
		require.NoError(t, err)
		require.NoError(t, r.Body.Close())
		to, err := r.Location()
		require.NoError(t, err, r.Status)
		return to
	}
	page := step(stays.Get(admin.base + "/consent/acting"))
	require.Equal(t, demoActClientID, page.Query().Get("client_id"))
	form := page.Query()
	form.Set("person", d.person(admin.login).OID)
	form.Set("decision", decision)
	page.RawQuery = ""
	back := step(stays.PostForm(page.String(), form))
	require.Equal(t, "/consent/acting/callback", back.Path)
	return step(stays.Get(back.String())).RequestURI()
}

// TestRestartWaitsForTheCustomer: where the customer approves actions, nothing is restarted before it does.
func TestRestartWaitsForTheCustomer(t *testing.T) {
	d := startDemo(t)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(d.cfg.Data, "roomward.db")+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE customers SET change_control_json = '{"action":"manual"}' WHERE tenant_id = $1`, d.tenant("northwind.example").ID)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	lead, customer := d.signIn(t, "primary.admin@partner.example"), d.signIn(t, "admin@northwind.example")
	room := roomCalled(lead, "Boardroom 12")
	require.True(t, room.Acting.May && room.Acting.Waits)
	status, body := lead.call("POST", "/api/rooms/"+room.ID+"/actions", map[string]string{"kind": "restart"})
	require.Equal(t, http.StatusAccepted, status, body)
	var pending struct {
		ChangeRequest struct{ ID, Event string }
	}
	require.NoError(t, json.Unmarshal([]byte(body), &pending))
	require.Equal(t, "action", pending.ChangeRequest.Event)
	require.Empty(t, all[rooms.RoomAction](lead, "/api/rooms/"+room.ID+"/actions"), "nothing is queued")
	require.Zero(t, d.cloud.Restarts(d.tenant("northwind.example").ID, room.Email))

	status, body = customer.call("POST", "/api/partnership/change-requests/"+pending.ChangeRequest.ID+"/approve", nil)
	require.Equal(t, http.StatusNoContent, status, body)
	require.Eventually(t, func() bool { return lastAction(lead, room.ID).State == "succeeded" }, 30*time.Second, 50*time.Millisecond)
	require.Equal(t, d.person("primary.admin@partner.example").Name, lastAction(lead, room.ID).AskedBy, "as the person who asked")
	require.Equal(t, 1, d.cloud.Restarts(d.tenant("northwind.example").ID, room.Email))
}
