package cloudsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// How long a restart takes: it waits a moment, longer on a device in use, and then runs. A device that cannot be reached gives up.
const (
	restartWaits   = 3 * time.Second
	restartBusy    = 45 * time.Second
	restartTakes   = 8 * time.Second
	restartGivesUp = 25 * time.Second
)

// deviceOperation is one thing that the cloud was asked to do on a device.
type deviceOperation struct {
	id            string
	app           string // client id of the application that asked for it
	created       time.Time
	begins, ends  time.Time // zero while it is held
	code, message string    // of its failure; empty when it will succeed
	cancelled     bool
}

// status is the operation's state at a moment, in the words of the documentation.
func (o *deviceOperation) status(now time.Time) string {
	switch {
	case o.cancelled:
		return "Cancelled"
	case o.begins.IsZero() || now.Before(o.begins):
		return "Queued"
	case now.Before(o.ends):
		return "InProgress"
	case o.code != "":
		return "Failed"
	}
	return "Successful"
}

func (o *deviceOperation) over(now time.Time) bool {
	return o.cancelled || !o.ends.IsZero() && !now.Before(o.ends)
}

// plan sets the times of an operation that starts to count now.
func (o *deviceOperation) plan(st status, now time.Time, quick bool) {
	o.begins, o.ends = now.Add(restartWaits), now.Add(restartWaits+restartTakes)
	if st.activity == "busy" {
		o.begins, o.ends = now.Add(restartBusy), now.Add(restartBusy+restartTakes)
	}
	if st.readings[Offline].bad && o.code == "" {
		o.ends = now.Add(restartGivesUp)
		o.code, o.message = "DeviceUnreachable", "The device did not acknowledge the command."
	}
	if quick {
		o.begins, o.ends = now, now
	}
}

// restartable tells whether a restart makes the signal good again: sign-ins and the reports of the device, not what is unplugged.
func restartable(sig Signal) bool {
	return sig == TelemetryStale || sig == TeamsSignIn || sig == ExchangeSignIn || sig == Compute
}

// restartedAfter is the end of the last successful restart between two moments; zero when there was none.
func (d *Device) restartedAfter(since, now time.Time) time.Time {
	var last time.Time
	for _, o := range d.operations {
		if o.status(now) == "Successful" && o.ends.After(since) && o.ends.After(last) {
			last = o.ends
		}
	}
	return last
}

// operationBody is an operation as fixtures/graph/teamwork/operation.*.json show it.
type operationBody struct {
	Type       string          `json:"@odata.type"`
	ID         string          `json:"id"`
	Status     string          `json:"status"`
	Kind       string          `json:"operationType"`
	Created    string          `json:"createdDateTime"`
	Started    *string         `json:"startedDateTime"`
	Completed  *string         `json:"completedDateTime"`
	LastAction string          `json:"lastActionDateTime"`
	CreatedBy  identitySet     `json:"createdBy"`
	LastBy     *string         `json:"lastActionBy"`
	Error      *operationError `json:"error"`
}

type identitySet struct {
	Application struct {
		ID   string `json:"id"`
		Name string `json:"displayName"`
	} `json:"application"`
	Device *string `json:"device"`
	User   *string `json:"user"`
}

type operationError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (c *call) operation(o *deviceOperation) operationBody {
	b := operationBody{Type: "#microsoft.graph.teamworkDeviceOperation", ID: o.id, Status: o.status(c.now), Kind: "deviceRestart",
		Created: stamp(o.created), LastAction: stamp(o.created)}
	b.CreatedBy.Application.ID, b.CreatedBy.Application.Name = o.app, c.s.registered(o.app).name
	if !o.begins.IsZero() && !c.now.Before(o.begins) {
		at := stamp(o.begins)
		b.Started, b.LastAction = &at, at
	}
	if b.Status == "Successful" || b.Status == "Failed" {
		at := stamp(o.ends)
		b.Completed, b.LastAction = &at, at
	}
	if b.Status == "Failed" {
		b.Error = &operationError{o.code, o.message}
	}
	return b
}

// restartDevice takes a restart. It runs while nothing else reads the world.
func restartDevice(c *call) answer {
	_, d := c.device(c.r.PathValue("id"))
	if d == nil {
		return graphError(http.StatusNotFound, "UnknownError", "")
	}
	if c.faults.LostRestarts > 0 {
		c.s.useUp(c.t, func(f *Faults) { f.LostRestarts-- })
		return answer{lost: true}
	}
	if slices.ContainsFunc(d.operations, func(o *deviceOperation) bool { return !o.over(c.now) }) {
		return graphError(http.StatusConflict, "Conflict", "An operation of this type is already queued for the device.")
	}
	o := &deviceOperation{id: randomGUID(), app: c.app, created: c.now}
	if c.faults.RestartsFail {
		o.code, o.message = "DeviceUnreachable", "The device did not acknowledge the command."
	}
	if !c.faults.HeldRestarts {
		o.plan(d.status(c.s.started, c.now), c.now, c.s.opts.QuickRestarts)
	}
	d.operations = append(slices.Clone(d.operations), o)
	if c.faults.LostAnswers > 0 {
		c.s.useUp(c.t, func(f *Faults) { f.LostAnswers-- })
		return answer{lost: true}
	}
	return answer{status: http.StatusAccepted, location: fmt.Sprintf("/teamwork/devices/%s/operations/%s", d.ID, o.id)}
}

// useUp changes the faults of a tenant; the caller holds the lock.
func (s *Server) useUp(t *Tenant, change func(*Faults)) {
	key := strings.ToLower(t.ID)
	f := s.faults[key]
	change(&f)
	s.faults[key] = f
}

func listOperations(c *call) answer {
	_, d := c.device(c.r.PathValue("id"))
	if d == nil {
		return graphError(http.StatusNotFound, "UnknownError", "")
	}
	rows := []any{}
	for _, o := range slices.Backward(d.operations) {
		rows = append(rows, c.operation(o))
	}
	return c.page(rows, listing{context: fmt.Sprintf("teamwork/devices('%s')/operations", d.ID), size: 20, limit: 50, tokens: true})
}

func getOperation(c *call) answer {
	if _, d := c.device(c.r.PathValue("id")); d != nil {
		for _, o := range d.operations {
			if o.id == c.r.PathValue("operation") {
				return c.single(c.operation(o))
			}
		}
	}
	return graphError(http.StatusNotFound, "UnknownError", "")
}

// Restarts counts the restarts that the devices of a room took, whatever became of them.
func (s *Server) Restarts(tenantID, roomEmail string) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := 0
	if t := s.byKey[strings.ToLower(tenantID)]; t != nil && t.room(roomEmail) != nil {
		for _, d := range t.room(roomEmail).Devices {
			n += len(d.operations)
		}
	}
	return n
}

// ReleaseRestarts lets the restarts run that Faults.HeldRestarts kept in the queue of a tenant's devices, or cancels them.
func (s *Server) ReleaseRestarts(tenantID string, cancel bool) error {
	now := s.opts.Now()
	return s.change(tenantID, func(t *Tenant) error {
		for i := range t.Rooms {
			for j := range t.Rooms[i].Devices {
				d := &t.Rooms[i].Devices[j]
				for _, o := range d.operations {
					if !o.begins.IsZero() || o.cancelled {
						continue
					}
					if o.cancelled = cancel; !cancel {
						o.plan(d.status(s.started, now), now, s.opts.QuickRestarts)
					}
				}
			}
		}
		return nil
	})
}
