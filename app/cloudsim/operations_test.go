package cloudsim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"roomward/app/cloudsim"
	"roomward/app/graph"
)

const br12 = "br12@northwind.example"

// restart asks for a restart of the first device of a room, and gives the status and the address of the operation below the version.
func (c *cloud) restart(room string) (status int, operation string) {
	c.t.Helper()
	status, h, body := c.ask(http.MethodPost, northwind, "/beta/teamwork/devices/"+c.firstDevice(room)+"/restart", "")
	if status == http.StatusAccepted {
		equal(c.t, "", body)
	}
	return status, h.Get("Location")
}

func (c *cloud) firstDevice(room string) string {
	return c.world.FindTenant(northwind).FindRoom(room).Devices[0].ID
}

func (c *cloud) operation(at string) map[string]any {
	c.t.Helper()
	status, _, body := c.graph(northwind, "/beta"+at)
	equal(c.t, http.StatusOK, status, body)
	return body
}

func TestRestartTakesTime(t *testing.T) {
	c := start(t, smallWorld())
	status, at := c.restart(br12)
	equal(t, http.StatusAccepted, status)
	isTrue(t, strings.HasPrefix(at, "/teamwork/devices/"+c.firstDevice(br12)+"/operations/"), at)
	equal(t, "Queued", c.operation(at)["status"])

	status, _ = c.restart(br12)
	equal(t, http.StatusConflict, status, "one is queued already")
	c.clock.Advance(50 * time.Second) // also a device in use has come to rest by then
	equal(t, "InProgress", c.operation(at)["status"])
	status, _ = c.restart(br12)
	equal(t, http.StatusConflict, status, "one runs")
	c.clock.Advance(time.Minute)
	done := c.operation(at)
	equal(t, "Successful", done["status"])
	equal(t, nil, done["error"])
	equal(t, 1, c.Restarts(northwind, br12))

	status, second := c.restart(br12)
	equal(t, http.StatusAccepted, status)
	equal(t, 2, c.Restarts(northwind, br12))
	equal(t, 0, c.Restarts(northwind, "harbour402@northwind.example"))
	code, _, list := c.graph(northwind, "/beta/teamwork/devices/"+c.firstDevice(br12)+"/operations")
	equal(t, http.StatusOK, code)
	equal(t, 2, len(rows(list)))
	isTrue(t, strings.HasSuffix(second, rows(list)[0]["id"].(string)), "the newest comes first")

	code, _, _ = c.graph(northwind, "/beta/teamwork/devices/"+c.firstDevice(br12)+"/operations/none")
	equal(t, http.StatusNotFound, code)
	code, _, _ = c.ask(http.MethodPost, northwind, "/beta/teamwork/devices/none/restart", "")
	equal(t, http.StatusNotFound, code)
	code, _, _ = c.ask(http.MethodPost, northwind, "/v1.0/teamwork/devices/"+c.firstDevice(br12)+"/restart", "")
	equal(t, http.StatusNotFound, code, "in beta only")
}

func TestOperationsHaveTheShapesOfTheExamples(t *testing.T) {
	c := start(t, smallWorld())
	_, at := c.restart(br12)
	compare := func(name string, got map[string]any) {
		t.Helper()
		delete(got, "@odata.context")
		want := example(t, name)
		delete(want, "@odata.context")
		equal(t, shape(want, "", map[string]string{}), shape(got, "", map[string]string{}), name)
	}
	compare("teamwork/operation.queued.json", c.operation(at))
	c.clock.Advance(50 * time.Second)
	compare("teamwork/operation.inprogress.json", c.operation(at))
	c.clock.Advance(time.Minute)
	compare("teamwork/operation.successful.json", c.operation(at))
	_, _, list := c.graph(northwind, "/beta/teamwork/devices/"+c.firstDevice(br12)+"/operations")
	compare("teamwork/operations.list.json", list)

	c.SetFaults(northwind, cloudsim.Faults{RestartsFail: true})
	_, at = c.restart(br12)
	c.clock.Advance(2 * time.Minute)
	compare("teamwork/operation.failed.json", c.operation(at))
	c.SetFaults(northwind, cloudsim.Faults{Wrapped: true})
	equal(t, "Failed", c.operation(at)["value"].(map[string]any)["status"])
}

func TestRestartMendsWhatARestartCan(t *testing.T) {
	c := start(t, smallWorld())
	for _, sig := range []cloudsim.Signal{cloudsim.TeamsSignIn, cloudsim.RoomCamera} {
		noError(t, c.Break(northwind, br12, sig))
	}
	c.clock.Advance(time.Minute)
	states := func() (signin, camera graph.State) {
		h, err := client(t, c, secret).Health(t.Context(), northwind, c.firstDevice(br12))
		noError(t, err)
		return h.Logins.Teams.State, h.RoomCamera.State
	}
	signin, camera := states()
	equal(t, graph.Disconnected, signin)
	equal(t, graph.Disconnected, camera)
	c.restart(br12)
	signin, _ = states()
	equal(t, graph.Disconnected, signin, "it has not restarted yet")
	c.clock.Advance(2 * time.Minute)
	signin, camera = states()
	equal(t, graph.Connected, signin)
	equal(t, graph.Disconnected, camera, "nobody has plugged it in")
	noError(t, c.Break(northwind, br12, cloudsim.TeamsSignIn))
	signin, _ = states()
	equal(t, graph.Disconnected, signin, "a later fault is not mended by an earlier restart")

	noError(t, c.Break(northwind, br12, cloudsim.Offline))
	_, at := c.restart(br12)
	c.clock.Advance(2 * time.Minute)
	equal(t, "Failed", c.operation(at)["status"], "nobody can restart what is offline")
}

// TestTheProductsClientRestarts meets the troubles of a restart with the product's own client.
func TestTheProductsClientRestarts(t *testing.T) {
	c := start(t, smallWorld())
	device := c.firstDevice(br12)
	ask := func(f cloudsim.Faults) (string, error) {
		c.SetFaults(northwind, f)
		return client(t, c, secret).Restart(t.Context(), northwind, device)
	}
	uncertain := func(err error) bool {
		e, is := err.(*graph.Error)
		return is && e.Uncertain && e.Kind == graph.Unavailable
	}
	noError(t, c.SetReadOnly(northwind, true))
	_, err := ask(cloudsim.Faults{})
	equal(t, graph.PermissionMissing, graph.KindOf(err), err)
	equal(t, "TeamworkDevice.ReadWrite.All", err.(*graph.Error).Permission)
	noError(t, c.SetReadOnly(northwind, false))

	_, err = ask(cloudsim.Faults{LostRestarts: 1})
	isTrue(t, uncertain(err), err)
	equal(t, 0, c.Restarts(northwind, br12))
	_, err = ask(cloudsim.Faults{LostAnswers: 1, HeldRestarts: true})
	isTrue(t, uncertain(err), err)
	equal(t, 1, c.Restarts(northwind, br12), "taken, only the answer is lost")
	_, err = ask(cloudsim.Faults{})
	equal(t, graph.Conflict, graph.KindOf(err), err)

	c.clock.Advance(time.Hour)
	list, err := client(t, c, secret).Operations(t.Context(), northwind, device)
	noError(t, err)
	equal(t, 1, len(list))
	equal(t, graph.OperationWaiting, list[0].State, "held")
	equal(t, clientID, list[0].AppID)
	noError(t, c.ReleaseRestarts(northwind, true))
	got, err := client(t, c, secret).Operation(t.Context(), northwind, device, list[0].ID)
	noError(t, err)
	equal(t, graph.OperationCancelled, got.State)

	id, err := ask(cloudsim.Faults{HeldRestarts: true})
	noError(t, err)
	noError(t, c.ReleaseRestarts(northwind, false))
	c.clock.Advance(2 * time.Minute)
	got, err = client(t, c, secret).Operation(t.Context(), northwind, device, id)
	noError(t, err)
	equal(t, graph.OperationSucceeded, got.State)
}
