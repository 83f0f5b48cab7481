package graph

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// OperationState says how far Microsoft is with something that it was asked to do on a device.
type OperationState string

// The states of an operation. Only Succeeded says that it was done.
const (
	OperationWaiting   OperationState = "waiting" // queued or scheduled; since 2025 until the device is idle, which can take hours
	OperationRunning   OperationState = "running" // also every word that we do not know
	OperationSucceeded OperationState = "succeeded"
	OperationFailed    OperationState = "failed"
	OperationCancelled OperationState = "cancelled"
)

// Over tells whether the state does not change any more.
func (s OperationState) Over() bool {
	return s == OperationSucceeded || s == OperationFailed || s == OperationCancelled
}

// DeviceRestart is the kind of operation that Restart starts, in Microsoft's word.
const DeviceRestart = "deviceRestart"

// Operation is what Microsoft does on a device, as it reports it.
type Operation struct {
	ID        string
	Kind      string // for example DeviceRestart; operations of our application and of all others share the list
	State     OperationState
	Created   time.Time // UTC; zero when unknown
	Completed time.Time // UTC; zero while it is not over or when unknown
	AppID     string    // the application that asked for it; empty when Microsoft leaves it out
	UserID    string    // the person who asked for it, empty in the same way
	Code      string    // why it failed, in Microsoft's words; empty when it did not
	Message   string
}

type operationWire struct {
	ID        text   `json:"id"`
	Kind      text   `json:"operationType"`
	Status    text   `json:"status"`
	Created   moment `json:"createdDateTime"`
	Completed moment `json:"completedDateTime"`
	CreatedBy struct {
		Application struct {
			ID text `json:"id"`
		} `json:"application"`
		User struct {
			ID text `json:"id"`
		} `json:"user"`
	} `json:"createdBy"`
	Error struct {
		Code    text `json:"code"`
		Message text `json:"message"`
	} `json:"error"`
}

// decodeOperation reads one operation, bare or wrapped; false means that it has no id.
func decodeOperation(item []byte) (Operation, bool) {
	var w operationWire
	if loose(bare(item), &w) != nil {
		return Operation{}, false
	}
	o := Operation{ID: string(w.ID), Kind: string(w.Kind), State: operationState(w.Status), Created: w.Created.Time, Completed: w.Completed.Time,
		AppID: string(w.CreatedBy.Application.ID), UserID: string(w.CreatedBy.User.ID), Code: oneLine(string(w.Error.Code)), Message: oneLine(string(w.Error.Message))}
	return o, usableID(o.ID)
}

// operationState reads Microsoft's word, which is a free text: the schema has no list, and the documentation writes both "Successful" and
// "succeeded". A word that is not known is never taken for an end.
func operationState(said text) OperationState {
	switch strings.ToLower(strings.TrimSpace(string(said))) {
	case "queued", "scheduled":
		return OperationWaiting
	case "successful", "succeeded":
		return OperationSucceeded
	case "failed":
		return OperationFailed
	case "cancelled", "canceled":
		return OperationCancelled
	}
	return OperationRunning
}

// Restart asks Microsoft to restart a device (TeamworkDevice.ReadWrite.All), and gives the id of the operation. Kind Conflict means that a
// restart of the device is queued already. It sends the request once: an error whose Uncertain is set means that the request may have been
// taken, and whoever asks again without looking at Operations first may restart the device twice.
func (c *Client) Restart(ctx context.Context, tenant, device string) (string, error) {
	const doing = "restart a device"
	if !usableID(device) {
		return "", noSuch(doing)
	}
	rq := c.devicesRequest(doing, tenant, "/"+url.PathEscape(device)+"/restart")
	rq.method, rq.acts = http.MethodPost, true
	rq.needs = restartPermissions
	got, err := c.fetch(ctx, rq)
	if err != nil {
		return "", err
	}
	id := operationOf(got.header.Get("Location"))
	if id == "" {
		e := got.bad("the answer names no operation")
		e.Uncertain = true
		return "", e
	}
	return id, nil
}

// operationOf takes the operation's id out of a Location, which Microsoft sends without host and version: nothing else of it is used.
func operationOf(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	parts := strings.Split(strings.TrimRight(u.EscapedPath(), "/"), "/")
	if len(parts) < 2 || !strings.EqualFold(parts[len(parts)-2], "operations") {
		return ""
	}
	id, err := url.PathUnescape(parts[len(parts)-1])
	if err != nil || !usableID(id) {
		return ""
	}
	return id
}

// Operation asks how far an operation on a device is (TeamworkDevice.Read.All).
func (c *Client) Operation(ctx context.Context, tenant, device, id string) (Operation, error) {
	const doing = "get an operation of a device"
	if !usableID(device) || !usableID(id) {
		return Operation{}, noSuch(doing)
	}
	got, err := c.fetch(ctx, c.devicesRequest(doing, tenant, "/"+url.PathEscape(device)+"/operations/"+url.PathEscape(id)))
	if err != nil {
		return Operation{}, err
	}
	o, ok := decodeOperation(got.body)
	if !ok || !strings.EqualFold(o.ID, id) {
		return Operation{}, got.bad("the answer does not hold the operation")
	}
	return o, nil
}

// Operations lists what Microsoft does and did on a device, for whoever asked for it (TeamworkDevice.Read.All).
func (c *Client) Operations(ctx context.Context, tenant, device string) ([]Operation, error) {
	const doing = "list the operations of a device"
	if !usableID(device) {
		return nil, noSuch(doing)
	}
	found := []Operation{}
	err := c.list(ctx, c.devicesRequest(doing, tenant, "/"+url.PathEscape(device)+"/operations"), func(item []byte) bool {
		o, ok := decodeOperation(bytes.TrimSpace(item))
		if ok {
			found = append(found, o)
		}
		return ok
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// ClientID is the id of the application that the client speaks for: operations that it asked for carry it.
func (c *Client) ClientID() string { return c.clientID }
