package collect

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// The states of a collecting job, as people read them (design 9). They are stable: the store keeps them, the UI has their texts.
const (
	StateNew               = store.CollectNew       // never run
	StateOK                = store.CollectOK        // the last run read everything
	StatePartial           = "partial"              // some rooms or devices could not be read; what could was used
	StateEmptyAnswer       = "empty-answer"         // an empty list where something is known: not believed
	StateNeverConsented    = "never-consented"      // nobody of the customer's tenant has consented
	StateConsentWithdrawn  = store.CollectWithdrawn // consent was given and taken back: the views are closed
	StatePermissionMissing = "permission-missing"   // consented, but not to the permission in the detail
	StateSecretExpired     = "secret-expired"       // the partner's own client secret has expired
	StateSecretInvalid     = "secret-invalid"       // the partner's own client secret or certificate is not accepted
	StateAppDisabled       = "app-disabled"         // the partner's own registration is disabled
	StateConditionalAccess = "conditional-access"   // a policy of the customer's tenant blocks us
	StateTenantUnknown     = "tenant-unknown"       // no such tenant any more, or in another cloud
	StateClockSkew         = "clock-skew"           // the clock of this machine is not Microsoft's: tokens are not valid yet, or no more
	StateThrottled         = "throttled"            // Microsoft asks to wait until the next run
	StateDevicesGone       = "devices-gone"         // Microsoft does not offer the devices API there any more: last known states are shown
	StateForbidden         = "forbidden"            // refused although the permission is there
	StateUnreachable       = "unreachable"          // Microsoft does not answer: what is known is stale, not wrong
	StateBadAnswer         = "bad-answer"           // the answer cannot be used
	StateInternal          = "internal"             // a fault of Roomward: its log says more
)

// rankOf orders states, worst first: what a person has to act on before what passes by itself.
func rankOf(state string) int {
	switch state {
	case StateConsentWithdrawn, StateNeverConsented:
		return 10
	case StateSecretExpired, StateSecretInvalid, StateAppDisabled, StateClockSkew, StateTenantUnknown, StateConditionalAccess, StatePermissionMissing,
		StateForbidden:
		return 20
	case StateDevicesGone:
		return 30
	case StateInternal, StateBadAnswer, StateUnreachable, StateEmptyAnswer:
		return 40
	case StateThrottled, StatePartial:
		return 50
	case StateNew:
		return 60
	}
	return 70
}

// verdict is what a run says about its job.
type verdict struct {
	state  string
	detail string        // short and technical: nothing of a room, and nothing secret
	good   bool          // everything was read
	wait   time.Duration // what Microsoft asked for
	blind  bool          // the devices cannot be read at all, said twice: it will not pass by itself
	held   bool          // they were not asked for in this run
}

func good() verdict { return verdict{state: StateOK, good: true} }

// lacking is what is said of a list of which some items could not be read. A few may stay as they are for ever: the rest is as good as a whole list,
// so that the customer is not collected as one that fails. Where more than a tenth is lost, and more than one, the answer is not good. What such an
// item may be does not count as gone; where one tells not even an id, nothing does, and people have to know.
func lacking(item string, lost, read int, nameless bool) verdict {
	detail := fmt.Sprintf("1 %s could not be read", item)
	if lost > 1 {
		detail = fmt.Sprintf("%d %ss could not be read", lost, item)
	}
	if nameless {
		detail += ", some without any id: nothing counts as gone"
	}
	return verdict{state: StatePartial, detail: detail, good: read > 0 && (lost == 1 || lost*10 <= read)}
}

// judge turns a failure into a state. A refused consent means "withdrawn" where there was one.
func (c *Collector) judge(ctx context.Context, target store.CollectTarget, err error) verdict {
	v := verdict{detail: graph.Words(err)}
	switch graph.KindOf(err) {
	case graph.NotConsented:
		v.state = refused(target)
	case graph.PermissionMissing:
		v.state, v.blind = StatePermissionMissing, true
		// Entra still gives a token when every permission was taken back, only with nothing in it (graph.md 6).
		if roles, rolesErr := c.cfg.Graph.Roles(ctx, target.TenantID); rolesErr == nil && len(roles) == 0 {
			v.state, v.blind = refused(target), false
		}
		c.cfg.Graph.ForgetToken(target.TenantID) // the next try must see what was consented meanwhile
	case graph.SecretExpired:
		v.state = StateSecretExpired
	case graph.SecretInvalid, graph.AssertionInvalid:
		v.state = StateSecretInvalid
	case graph.AppDisabled:
		v.state = StateAppDisabled
	case graph.ClockSkew:
		v.state = StateClockSkew
	case graph.ConditionalAccess:
		v.state = StateConditionalAccess
	case graph.TenantUnknown, graph.WrongCloud:
		v.state = StateTenantUnknown
	case graph.Throttled:
		v.state, v.wait = StateThrottled, waitOf(err)
	case graph.Gone:
		v.state, v.blind = StateDevicesGone, true
	case graph.Forbidden:
		v.state, v.blind = StateForbidden, true
	case graph.Unavailable, graph.Canceled:
		v.state, v.wait = StateUnreachable, waitOf(err)
	case graph.BadAnswer, graph.NotFound, graph.BadRequest, graph.Conflict:
		v.state = StateBadAnswer
	default:
		v.state, v.detail = StateInternal, ""
	}
	v.blind = v.blind && target.Job.State == v.state // a refusal without a reason may be chance (graph.md 8)
	return v
}

func refused(target store.CollectTarget) string {
	if target.Consented {
		return StateConsentWithdrawn
	}
	return StateNeverConsented
}

func waitOf(err error) time.Duration {
	var e *graph.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// patience is how soon a job in a state is tried again after its first failure, and at most after many.
func patience(state string) (first, most time.Duration) {
	switch state {
	case StateThrottled:
		return 30 * time.Second, 30 * time.Minute
	case StateNeverConsented, StateConsentWithdrawn, StatePermissionMissing, StateForbidden, StateConditionalAccess,
		StateSecretExpired, StateSecretInvalid, StateAppDisabled, StateClockSkew, StateTenantUnknown:
		return 5 * time.Minute, time.Hour
	case StateDevicesGone:
		return 10 * time.Minute, 6 * time.Hour
	}
	return time.Minute, 30 * time.Minute
}

// next is when a job is due again. After a good run it is the customer's own moment of the period, so that a thousand customers spread over
// it by themselves; after a failure the wait doubles, with up to a fifth more by customer, and Microsoft's own wish is kept.
func (c *Collector) next(customer policy.ID, kind store.CollectKind, v verdict, failures int, started, now time.Time) time.Time {
	if v.good {
		return slotAfter(started.Add(c.period(kind)/2), c.period(kind), spread(customer, string(kind)))
	}
	first, most := patience(v.state)
	wait := most
	if failures < 16 {
		wait = min(first<<failures, most)
	}
	wait = max(wait, v.wait)
	jitter := time.Duration(spread(customer, fmt.Sprint(kind, failures)) % uint64(wait/5+1))
	return now.Add(wait + jitter)
}

func (c *Collector) period(kind store.CollectKind) time.Duration {
	if kind == store.CollectPlaces {
		return c.cfg.Places
	}
	return c.cfg.Devices
}

// slotAfter is the first moment after t that lies on a grid of the period, moved by the phase.
func slotAfter(t time.Time, period time.Duration, phase uint64) time.Time {
	offset := time.Duration(phase % uint64(period))
	since := time.Duration(t.UnixNano()) - offset
	return t.Add(period - since%period)
}

// spread is a number that stays the same for the same customer and word, and looks random otherwise.
func spread(customer policy.ID, word string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(customer.String() + "|" + word))
	n := h.Sum64()
	n ^= n >> 29 // FNV's high bits hardly move for short texts
	n *= 0xbf58476d1ce4e5b9
	return n ^ n>>32
}
