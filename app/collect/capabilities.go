package collect

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// Capabilities is what a customer's consent and Microsoft's API allow.
type Capabilities struct {
	CheckedAt *time.Time   `json:"checkedAt,omitempty" doc:"When all of it was tried last; absent before the first time. It is tried once a day, and at once after a consent."`
	NextCheck *time.Time   `json:"nextCheck,omitempty" doc:"When it is tried next; absent while it is."`
	Running   bool         `json:"running"`
	Items     []Capability `json:"items" nullable:"false" doc:"Always the same ones, in the same order."`
}

// Capability is one thing that works or does not.
type Capability struct {
	Capability string     `json:"capability" enum:"directory,places,devices,device-health,restart,presence,intune,call-records,service-health"`
	State      string     `json:"state" enum:"works,allowed,not-consented,forbidden,licence-missing,gone,throttled,failing,blocked,unknown,never-tried,not-used" doc:"allowed: the permission is there, and it is tried only when somebody asks for it. blocked: Microsoft gives no token at all. unknown: there is nothing yet to try it on. not-used: this version does not use it, so it asks for no permission and does not try."`
	Since      *time.Time `json:"since,omitempty" doc:"Since when it is in this state, by the checks."`
	TriedAt    *time.Time `json:"triedAt,omitempty" doc:"When it was tried last, by a check or by collecting."`
	Permission string     `json:"permission" doc:"The least application permission of Microsoft Graph that it takes."`
	Optional   bool       `json:"optional" doc:"Everything else works without it."`
	Given      *bool      `json:"given,omitempty" doc:"Whether the permission was in our token at the last check; absent where that is not known."`
	Detail     string     `json:"detail,omitempty" doc:"Microsoft's words by their codes, and the id of the request for Microsoft's support."`
	Mend       string     `json:"mend" enum:"nothing,consent,consent-acting,licence,support,operator,wait,clock,rooms" doc:"What helps: nothing is to be done or can be; an administrator of the customer consents again, at /consent of this server; or to the registration that acts, at /consent/acting; the customer looks at licences and settings; Microsoft's support with the detail; who operates Roomward looks at the collection's state; it passes by itself; the clock of the machine that runs Roomward has to be set; nothing was tried because no room is granted."`
}

// mends is what helps in a state.
var mends = map[string]string{
	CanNoConsent: "consent", CanForbidden: "support", CanUnlicensed: "licence", CanThrottled: "wait", CanFailing: "wait", CanBlocked: "operator",
}

// Capabilities answers what a customer of the partner allows, by the last check and by what collecting learned since.
func (c *Collector) Capabilities(ctx context.Context, call *api.Call, in *struct {
	ID string `path:"id" maxLength:"64"`
}) (Capabilities, error) {
	customer := parseID(in.ID)
	view, err := c.mayAsk(ctx, call, customer)
	if err != nil {
		return Capabilities{}, err
	}
	return c.capabilities(ctx, view, customer)
}

// OwnCapabilities answers the same of the own organisation.
func (c *Collector) OwnCapabilities(ctx context.Context, call *api.Call, _ *struct{}) (Capabilities, error) {
	return c.capabilities(ctx, call.Own, 0)
}

func (c *Collector) capabilities(ctx context.Context, v policy.View, customer policy.ID) (Capabilities, error) {
	known, err := c.cfg.Store.Capabilities(ctx, v, customer)
	if err != nil {
		return Capabilities{}, err
	}
	out := Capabilities{CheckedAt: orNil(known.Checked), Running: known.Running, Items: []Capability{}}
	if !known.Running {
		out.NextCheck = orNil(known.Due)
	}
	for _, n := range graph.Needs() {
		found := store.Capability{Name: string(n.Capability), State: CanNeverTried}
		if !n.Used {
			found.State = CanNotUsed
		}
		for _, f := range known.Found {
			if f.Name == found.Name {
				found = f
			}
		}
		found = learned(found, known)
		item := Capability{Capability: found.Name, State: found.State, Since: orNil(found.Since), TriedAt: orNil(found.Tried), Permission: n.Permissions[0],
			Optional: n.Optional, Given: found.Given, Detail: found.Detail, Mend: "nothing"}
		if mend, some := mends[found.State]; some {
			item.Mend = mend
		}
		switch {
		case item.Mend == "consent" && n.Capability == graph.CanRestart && c.actsApart() && (found.Given == nil || !*found.Given):
			item.Mend = "consent-acting"
		case found.State == CanBlocked && strings.HasPrefix(found.Detail, clockSkew):
			item.Mend = "clock"
		case found.State == CanUnknown && known.Roomless:
			item.Mend = "rooms"
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

// learned is what collecting's own calls say of a capability where they are newer than the check. While no room is granted a collection of devices
// asks for nothing, so that it says nothing.
func learned(found store.Capability, known store.CustomerCapabilities) store.Capability {
	kind, ok := map[string]store.CollectKind{string(graph.CanPlaces): store.CollectPlaces, string(graph.CanDevices): store.CollectDevices,
		string(graph.CanHealth): store.CollectDevices}[found.Name]
	if !ok || known.Roomless && kind == store.CollectDevices {
		return found
	}
	for _, j := range known.Jobs {
		if j.Kind != kind || j.Running || !j.LastRunAt.After(found.Tried) {
			continue
		}
		state := stateOfJob(j.State)
		if state == "" || found.Name == string(graph.CanHealth) && state != CanWorks {
			continue
		}
		if state != found.State {
			found.State, found.Since, found.Detail = state, j.StateSince, j.Detail
			if j.State == StateClockSkew {
				found.Detail = skewed(j.Detail)
			}
		}
		if j.APIDue.After(j.LastRunAt) { // that run may have asked for something else
			continue
		}
		found.Tried = j.LastRunAt
	}
	return found
}

// stateOfJob is what the state of a collection says of what it reads; "" for nothing.
func stateOfJob(state string) string {
	switch state {
	case StateOK, StatePartial, StateEmptyAnswer:
		return CanWorks
	case StateDevicesGone:
		return CanGone
	case StateForbidden:
		return CanForbidden
	case StatePermissionMissing, StateNeverConsented, StateConsentWithdrawn:
		return CanNoConsent
	case StateThrottled:
		return CanThrottled
	case StateUnreachable, StateBadAnswer:
		return CanFailing
	case StateSecretExpired, StateSecretInvalid, StateAppDisabled, StateConditionalAccess, StateTenantUnknown, StateClockSkew:
		return CanBlocked
	}
	return ""
}

// CheckNow makes the check of a customer of the partner due at once. The work goes on after the answer.
func (c *Collector) CheckNow(ctx context.Context, call *api.Call, in *struct {
	ID string `path:"id" maxLength:"64"`
}) (Checking, error) {
	customer := parseID(in.ID)
	view, err := c.mayAsk(ctx, call, customer)
	if err != nil {
		return Checking{}, err
	}
	return c.askCheck(ctx, call, view, customer)
}

// OwnCheckNow makes the check of the own organisation due at once.
func (c *Collector) OwnCheckNow(ctx context.Context, call *api.Call, _ *struct{}) (Checking, error) {
	return c.askCheck(ctx, call, call.Own, 0)
}

// Checking says of which customer a check was asked for.
type Checking struct {
	CustomerID string `json:"customerId"`
}

func (c *Collector) askCheck(ctx context.Context, call *api.Call, v policy.View, customer policy.ID) (Checking, error) {
	id, err := c.cfg.Store.AskCheck(ctx, call.Act, v, customer)
	if errors.Is(err, store.ErrAskedJustNow) {
		return Checking{}, api.Fail(http.StatusTooManyRequests, "check-asked-just-now", "A check was asked for less than a minute ago.", "Wait a minute.")
	}
	if err != nil {
		return Checking{}, err
	}
	c.checks.kick()
	return Checking{id.String()}, nil
}
