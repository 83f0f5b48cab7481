package rooms

import (
	"context"
	"fmt"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// RoomAction is something done to a device of the room. Only the state succeeded says that it was done.
type RoomAction struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind" enum:"restart"`
	State    string     `json:"state" enum:"queued,sent,running,succeeded,failed,cancelled,unconfirmed" doc:"queued: Microsoft has not taken it yet. sent: it is not known yet whether Microsoft took it. running: Microsoft took it and waits, for example until the device is idle, or carries it out. unconfirmed: Microsoft has not said within a day what became of it."`
	DeviceID string     `json:"deviceId,omitempty" doc:"Absent when the device is not there any more."`
	Device   string     `json:"device" doc:"Maker and model of the device, as they were then."`
	AskedAt  time.Time  `json:"askedAt"`
	AskedBy  string     `json:"askedBy"`
	SentAt   *time.Time `json:"sentAt,omitempty" doc:"When Microsoft was asked first."`
	EndedAt  *time.Time `json:"endedAt,omitempty"`
	Failure  string     `json:"failure,omitempty" doc:"Why it failed, or what is in the way now: not-allowed, account-gone, views-closed, permission-missing, consent-missing, application-refused, devices-api-gone, device-unknown, queued-elsewhere, refused, not-taken, device-failed, throttled, unavailable." example:"permission-missing"`
	Said     string     `json:"said,omitempty" doc:"Microsoft's words on a failure."`
	Ended    bool       `json:"ended" doc:"Whether it has ended."`
}

func actionOf(a store.RoomAction) RoomAction {
	out := RoomAction{ID: a.ID.String(), Kind: string(a.Kind), State: string(a.State), Device: a.Name, AskedAt: a.AskedAt, AskedBy: a.AskedBy,
		SentAt: api.TimeOrNil(a.SentAt), EndedAt: api.TimeOrNil(a.EndedAt), Failure: a.Failure, Said: a.Said, Ended: a.State.Over()}
	if a.Device != 0 {
		out.DeviceID = a.Device.String()
	}
	return out
}

// Acting says what the person may do to the devices of a room.
type Acting struct {
	May   bool `json:"may" doc:"Whether you hold rooms.act in this room."`
	Waits bool `json:"waits" doc:"Whether the customer approves each action first."`
	// Consent is what the last check found of the customer's leave to act.
	Consent string `json:"consent" enum:"given,missing,unknown" doc:"Whether the customer's consent in Entra covers actions, by the last check. missing: an action will fail unless it was given since."`
}

// ActionsIn asks for a page of the actions of a room.
type ActionsIn struct {
	RoomIn
	api.Paging
}

// Actions answers what was done to the devices of a room, newest first.
func (r *Rooms) Actions(ctx context.Context, call *api.Call, in *ActionsIn) (api.Page[RoomAction], error) {
	page := api.Page[RoomAction]{Items: []RoomAction{}}
	room := parseID(in.ID)
	list := fmt.Sprintf("actions|%s", room)
	var after store.ActionKey
	more, err := api.DecodeCursor(in.Cursor, list, &after.AskedAt, &after.ID)
	if err != nil {
		return page, err
	}
	from := &after
	if !more {
		from = nil
	}
	found, more, err := r.store.RoomActions(ctx, call.View, room, from, in.Limit)
	if err != nil {
		return page, err
	}
	for _, a := range found {
		page.Items = append(page.Items, actionOf(a))
	}
	if more {
		last := found[len(found)-1].Key()
		page.Next = api.EncodeCursor(list, last.AskedAt, last.ID)
	}
	return page, nil
}

// AskIn asks for an action in a room.
type AskIn struct {
	RoomIn
	Body struct {
		Kind   string `json:"kind" enum:"restart" doc:"restart: the device starts again, and a call that runs on it ends."`
		Device string `json:"device,omitempty" maxLength:"64" doc:"The id of one of the room's devices; without it the one that runs the meetings."`
	}
}

// Ask queues an action. It is carried out after the answer: as the person who asked, if they still may then.
func (r *Rooms) Ask(ctx context.Context, call *api.Call, in *AskIn) (RoomAction, error) {
	sees, err := call.Decider.View(ctx, call.Actor, policy.RoomsView)
	if err != nil {
		return RoomAction{}, err
	}
	a := store.NewAction{Kind: store.ActionKind(in.Body.Kind), Room: parseID(in.ID), Contexts: call.Person.Contexts}
	if in.Body.Device != "" {
		a.Device = parseID(in.Body.Device)
	}
	asked, err := r.store.AskAction(ctx, call.Act, sees, call.View, a)
	if err != nil {
		return RoomAction{}, err
	}
	r.asked()
	return actionOf(asked), nil
}

// acting reads what the person may do to the devices of a room that it sees.
func (r *Rooms) acting(ctx context.Context, call *api.Call, room policy.ID) (Acting, error) {
	acts, err := call.Decider.View(ctx, call.Actor, policy.RoomsAct)
	if err != nil {
		return Acting{}, err
	}
	terms, err := r.store.ActionTerms(ctx, call.View, acts, room)
	return Acting{May: terms.May, Waits: terms.Waits, Consent: terms.Consent}, err
}
