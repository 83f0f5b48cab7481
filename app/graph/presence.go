package graph

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

var presencePermissions = []string{"Presence.Read.All", "Presence.ReadWrite.All"}

// MaxPresences is how many accounts Microsoft takes in one request for presences.
const MaxPresences = 650

// Availability is what Teams says of an account: for a room's account, whether something is signed in with it, and not how its devices are.
type Availability string

// The availabilities of Graph. AvailabilityUnknown is also Microsoft's own "PresenceUnknown", and every word that we do not know.
const (
	AvailabilityUnknown Availability = "unknown"
	Available           Availability = "available"
	AvailableIdle       Availability = "availableIdle"
	Away                Availability = "away"
	BeRightBack         Availability = "beRightBack"
	AvailabilityBusy    Availability = "busy"
	BusyIdle            Availability = "busyIdle"
	DoNotDisturb        Availability = "doNotDisturb"
	AccountOffline      Availability = "offline"
)

// Presence is what Teams says of one account.
type Presence struct {
	UserID       string // object id
	Availability Availability
	Activity     string // Microsoft's word, such as "InACall"; it may be any
}

// InCall tells whether the account is in a call or meeting now. A meeting in the calendar alone is none: "InAMeeting" says no more.
func (p Presence) InCall() bool {
	return slices.ContainsFunc([]string{"InACall", "InAConferenceCall", "Presenting"}, func(a string) bool { return strings.EqualFold(a, p.Activity) })
}

func (c *Client) presenceRequest(doing, tenant string, ids []string) request {
	body, _ := json.Marshal(map[string][]string{"ids": ids}) // texts alone always encode
	return request{doing: doing, tenant: tenant, lane: communications, method: http.MethodPost, version: "v1.0", body: body,
		url: c.address("v1.0", "/communications/getPresencesByUserId"), needs: presencePermissions}
}

// Presences asks for the presence of accounts by their object ids, 650 in one request (Presence.Read.All). Accounts of which Microsoft says
// nothing, and answers that nobody asked for, are left out. Whether an application may ask at all the documentation says both ways
// (graph.md 2): Kind Forbidden or PermissionMissing then.
func (c *Client) Presences(ctx context.Context, tenant string, ids []string) ([]Presence, error) {
	const doing = "get presences"
	asked := make(map[string]bool, len(ids))
	for _, id := range ids {
		if !isGUID(id) {
			return nil, &Error{Kind: BadRequest, Message: "an account must be given by its id, a GUID", doing: doing}
		}
		asked[strings.ToLower(id)] = true
	}
	found := []Presence{}
	for some := range slices.Chunk(ids, MaxPresences) {
		rq := c.presenceRequest(doing, tenant, some)
		rq.collection = true
		err := c.list(ctx, rq, func(item []byte) bool {
			p, ok := decodePresence(item)
			if key := strings.ToLower(p.UserID); ok && asked[key] {
				delete(asked, key) // once each
				found = append(found, p)
			}
			return ok
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func decodePresence(raw []byte) (Presence, bool) {
	var w struct {
		ID           text `json:"id"`
		Availability text `json:"availability"`
		Activity     text `json:"activity"`
	}
	if loose(bare(raw), &w) != nil {
		return Presence{}, false
	}
	return Presence{
		UserID: string(w.ID),
		Availability: oneOf(w.Availability, Available, AvailableIdle, Away, BeRightBack, AvailabilityBusy, BusyIdle, DoNotDisturb,
			AccountOffline),
		Activity: oneLine(string(w.Activity)),
	}, w.ID != ""
}
