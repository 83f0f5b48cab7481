package collect

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/graph"
	"roomward/store"
)

const (
	ofPlaces  = store.CollectPlaces
	ofDevices = store.CollectDevices
)

// misfortune is what goes wrong for one customer for an hour, and what people read meanwhile.
type misfortune struct {
	at     string // endpoint
	what   cloudsim.Misbehaviour
	faults cloudsim.Faults // instead of at and what
	kind   store.CollectKind
	state  string
	detail string
	blind  bool // its rooms show as unmonitored, because nothing is heard of them
	seen   bool // the rest is read, and told
}

// misfortunes are every fault that the simulated cloud has.
func misfortunes() map[string]misfortune {
	all := map[string]misfortune{
		"slow devices":              {at: "devices", what: cloudsim.Slow, kind: ofDevices, state: StateOK, seen: true},
		"slow sign-in":              {at: "token", what: cloudsim.Slow, kind: ofDevices, state: StateOK, seen: true},
		"silent devices":            {at: "devices", what: cloudsim.Hanging, kind: ofDevices, state: StateUnreachable},
		"silent places":             {at: "rooms", what: cloudsim.Hanging, kind: ofPlaces, state: StateUnreachable},
		"silent health":             {at: "health", what: cloudsim.Hanging, kind: ofDevices, state: StateUnreachable},
		"silent sign-in":            {at: "token", what: cloudsim.Hanging, kind: ofDevices, state: StateUnreachable},
		"a byte a second":           {at: "devices", what: cloudsim.Dripping, kind: ofDevices, state: StateUnreachable},
		"a token byte a second":     {at: "token", what: cloudsim.Dripping, kind: ofDevices, state: StateUnreachable},
		"an endless list":           {at: "devices", what: cloudsim.Endless, kind: ofDevices, state: StateBadAnswer},
		"an endless list of rooms":  {at: "rooms", what: cloudsim.Endless, kind: ofPlaces, state: StateBadAnswer},
		"endless health":            {at: "health", what: cloudsim.Endless, kind: ofDevices, state: StateBadAnswer},
		"an endless token":          {at: "token", what: cloudsim.Endless, kind: ofDevices, state: StateBadAnswer},
		"a bomb":                    {at: "devices", what: cloudsim.Bomb, kind: ofDevices, state: StateBadAnswer},
		"a bomb of a token":         {at: "token", what: cloudsim.Bomb, kind: ofDevices, state: StateBadAnswer},
		"down":                      {what: cloudsim.Down, kind: ofDevices, state: StateUnreachable, detail: "HTTP 503"},
		"a gateway gives up":        {what: cloudsim.GatewayTimeout, kind: ofPlaces, state: StateUnreachable, detail: "HTTP 504"},
		"a page in between":         {what: cloudsim.HTMLPage, kind: ofDevices, state: StateBadAnswer},
		"a page at the sign-in":     {at: "token", what: cloudsim.HTMLPage, kind: ofDevices, state: StateBadAnswer},
		"no body":                   {what: cloudsim.NoBody, kind: ofPlaces, state: StateBadAnswer},
		"led elsewhere":             {what: cloudsim.Redirect, kind: ofDevices, state: StateBadAnswer, detail: "HTTP 307"},
		"led in a circle":           {what: cloudsim.RedirectLoop, kind: ofPlaces, state: StateBadAnswer, detail: "HTTP 307"},
		"sign-in led elsewhere":     {at: "token", what: cloudsim.Redirect, kind: ofDevices, state: StateBadAnswer, detail: "HTTP 307"},
		"throttled without a word":  {what: cloudsim.ThrottledMute, kind: ofDevices, state: StateThrottled, detail: "HTTP 429, TooManyRequests"},
		"throttled for millennia":   {what: cloudsim.ThrottledAbsurd, kind: ofDevices, state: StateThrottled},
		"throttled by Entra":        {at: "token", what: cloudsim.Recorded("entra/token.error.90055.json"), kind: ofDevices, state: StateThrottled},
		"half an answer":            {at: "devices", what: cloudsim.CutOff, kind: ofDevices, state: StateUnreachable},
		"half a list of rooms":      {at: "rooms", what: cloudsim.CutOff, kind: ofPlaces, state: StateUnreachable},
		"half a health":             {at: "health", what: cloudsim.CutOff, kind: ofDevices, state: StateUnreachable},
		"less than promised":        {at: "devices", what: cloudsim.WrongLength, kind: ofDevices, state: StateUnreachable},
		"half a token":              {at: "token", what: cloudsim.CutOff, kind: ofDevices, state: StateUnreachable},
		"devices of other types":    {at: "devices", what: cloudsim.WrongTypes, kind: ofDevices, state: StateBadAnswer},
		"rooms of other types":      {at: "rooms", what: cloudsim.WrongTypes, kind: ofPlaces, state: StateBadAnswer},
		"health of other types":     {at: "health", what: cloudsim.WrongTypes, kind: ofDevices, state: StateBadAnswer},
		"health of nulls":           {at: "health", what: cloudsim.Nulls, kind: ofDevices, state: StateBadAnswer},
		"a token of other types":    {at: "token", what: cloudsim.WrongTypes, kind: ofDevices, state: StateOK, seen: true},
		"a token of nulls":          {at: "token", what: cloudsim.Nulls, kind: ofDevices, state: StateBadAnswer},
		"an object for a list":      {what: cloudsim.NoList, kind: ofDevices, state: StateBadAnswer},
		"devices without ids":       {at: "devices", what: cloudsim.NoIDs, kind: ofDevices, state: StatePartial},
		"rooms without ids":         {at: "rooms", what: cloudsim.NoIDs, kind: ofPlaces, state: StatePartial},
		"pages for ever":            {at: "devices", what: cloudsim.EndlessPages, kind: ofDevices, state: StateBadAnswer},
		"pages of rooms for ever":   {at: "rooms", what: cloudsim.EndlessPages, kind: ofPlaces, state: StateBadAnswer},
		"the same page again":       {at: "devices", what: cloudsim.SamePage, kind: ofDevices, state: StateBadAnswer},
		"pages of another host":     {at: "devices", what: cloudsim.OtherHostPages, kind: ofDevices, state: StateBadAnswer},
		"pages of another scheme":   {at: "rooms", what: cloudsim.OtherSchemePages, kind: ofPlaces, state: StateBadAnswer},
		"pages with a password":     {at: "devices", what: cloudsim.UserInfoPages, kind: ofDevices, state: StateBadAnswer},
		"pages outside Graph":       {at: "rooms", what: cloudsim.OutsidePages, kind: ofPlaces, state: StateBadAnswer},
		"a token of the future":     {faults: cloudsim.Faults{Skew: 3 * time.Hour, Troubles: []cloudsim.Trouble{{What: cloudsim.NotYetValid}}}, kind: ofDevices, state: StateClockSkew, detail: "HTTP 401"},
		"no rooms":                  {faults: cloudsim.Faults{EmptyPlaces: true}, kind: ofPlaces, state: StateEmptyAnswer},
		"devices gone":              {faults: cloudsim.Faults{DevicesGone: true}, kind: ofDevices, state: StateDevicesGone, blind: true},
		"an expired secret":         {at: "token", what: cloudsim.Recorded("entra/token.error.7000222.json"), kind: ofDevices, state: StateSecretExpired, detail: "AADSTS7000222"},
		"a revoked secret":          {at: "token", what: cloudsim.Recorded("entra/token.error.7000215.json"), kind: ofDevices, state: StateSecretInvalid, detail: "AADSTS7000215"},
		"a revoked certificate":     {at: "token", what: cloudsim.Recorded("entra/token.error.700027.json"), kind: ofDevices, state: StateSecretInvalid, detail: "AADSTS700027"},
		"a disabled application":    {at: "token", what: cloudsim.Recorded("entra/token.error.7000112.json"), kind: ofDevices, state: StateAppDisabled, detail: "AADSTS7000112"},
		"conditional access":        {at: "token", what: cloudsim.Recorded("entra/token.error.53003.json"), kind: ofDevices, state: StateConditionalAccess, detail: "AADSTS53003"},
		"another cloud":             {at: "token", what: cloudsim.Recorded("entra/token.error.900382.json"), kind: ofDevices, state: StateTenantUnknown, detail: "AADSTS900382"},
		"an unknown tenant":         {at: "token", what: cloudsim.Recorded("entra/token.error.90002.json"), kind: ofDevices, state: StateTenantUnknown, detail: "AADSTS90002"},
		"a scope that Entra lacks":  {at: "token", what: cloudsim.Recorded("entra/token.error.70011.json"), kind: ofDevices, state: StateBadAnswer, detail: "AADSTS70011"},
		"a consent taken back":      {at: "token", what: cloudsim.Recorded("entra/token.error.700016.json"), kind: ofDevices, state: StateConsentWithdrawn},
		"a consent that is missing": {at: "token", what: cloudsim.Recorded("entra/token.error.65001.json"), kind: ofDevices, state: StateConsentWithdrawn},
	}
	for name, what := range map[string]cloudsim.Misbehaviour{ // what is shown instead of the devices fails as well
		"silent": cloudsim.Hanging, "endless": cloudsim.Endless, "of nulls": cloudsim.Nulls, "down": cloudsim.Down, "half": cloudsim.CutOff,
		"refused": cloudsim.Recorded("errors/403.UnknownError.json"), "throttled for millennia": cloudsim.ThrottledAbsurd,
	} {
		all["devices gone, and presence "+name] = misfortune{faults: cloudsim.Faults{DevicesGone: true, Troubles: []cloudsim.Trouble{{At: "presence", What: what}}},
			kind: ofDevices, state: StateDevicesGone, blind: true}
	}
	for file, state := range map[string]string{
		"400.BadRequest":                       StateBadAnswer,
		"400.Request_UnsupportedQuery":         StateBadAnswer,
		"401.InvalidAuthenticationToken.empty": StateForbidden,
		"401.InvalidAuthenticationToken":       StateForbidden,
		"403.Authorization_RequestDenied":      StateForbidden,
		"403.ErrorAccessDenied":                StateForbidden,
		"403.UnknownError":                     StateForbidden,
		"404.Request_ResourceNotFound":         StateDevicesGone,
		"404.ResourceNotFound":                 StateDevicesGone,
		"404.UnknownError":                     StateDevicesGone,
		"409.Conflict":                         StateBadAnswer,
		"429.ApplicationThrottled.outlook":     StateThrottled,
		"429.TooManyRequests":                  StateThrottled,
		"500.InternalServerError":              StateUnreachable,
		"503.serviceNotAvailable":              StateUnreachable,
	} {
		all["recorded "+file] = misfortune{at: "devices", what: cloudsim.Recorded("errors/" + file + ".json"), kind: ofDevices, state: state,
			detail: "HTTP " + file[:3], blind: state == StateForbidden || state == StateDevicesGone}
	}
	return all
}

// soundCustomers are those to whom nothing happens.
const soundCustomers = 10

// An hour in which every customer but ten has a trouble of its own: each is a state that people can read, nothing is closed, deleted or hidden, what
// Roomward asks and keeps stays bounded, the ten are read on time, and all is well again by itself when it is over.
func TestAnHourOfMisfortunes(t *testing.T) {
	var names []string
	all := misfortunes()
	for name := range all {
		names = append(names, name)
	}
	names = sorted(names)
	tenants := fleet(len(names)+soundCustomers, 4, 3)
	inOwnTime(t, tenants, cloudsim.Limits{}, graph.Budget{}, func(t *testing.T, w *world) {
		w.acceptAll(tenants)
		for _, tenant := range tenants { // one that is resolved by now, which a wrong answer could open, close or forget
			require.NoError(t, w.cloud.Break(tenant.ID, tenant.Rooms[3].Email, cloudsim.Speaker))
		}
		w.runFor(6 * time.Minute)
		pass(4 * time.Minute)
		w.runFor(6 * time.Minute)
		for _, tenant := range tenants {
			require.NoError(t, w.cloud.Mend(tenant.ID, tenant.Rooms[3].Email, cloudsim.Speaker))
		}
		pass(4 * time.Minute)
		w.runFor(6 * time.Minute)
		before := w.byCustomer()
		for _, tenant := range tenants {
			require.Equal(t, 3, strings.Count(before[tenant.ID], "state=active"), tenant.ID)
			require.Equal(t, 1, strings.Count(before[tenant.ID], "state=resolved"), tenant.ID)
		}
		heap := inUse()
		begun, asked := time.Now(), w.cloud.AllRequests()

		for i, name := range names {
			f := all[name].faults
			if all[name].what != "" {
				f.Troubles = []cloudsim.Trouble{{At: all[name].at, What: all[name].what}}
			}
			w.cloud.SetFaults(tenants[i].ID, f)
			w.graph.ForgetToken(tenants[i].ID)
			w.asksNow(tenants[i].ID, all[name].kind)
		}
		peak := w.runAndMeasure(time.Hour)
		require.Less(t, peak-heap, uint64(256<<20), "bytes more than before")
		jobs, polls, after := w.jobs(), w.polls(begun), w.byCustomer()
		for _, tenant := range tenants[len(names):] {
			require.Equal(t, StateOK, jobs[tenant.ID][ofDevices].State)
			require.InDelta(t, 12, polls[tenant.ID], 1, "a sound customer is read every five minutes")
			require.Equal(t, before[tenant.ID], after[tenant.ID])
		}
		for i, name := range names {
			w.reads(name, all[name], jobs[tenants[i].ID][all[name].kind], polls[tenants[i].ID])
			if !all[name].blind {
				require.Equal(t, before[tenants[i].ID], after[tenants[i].ID], name)
			}
			require.Equal(t, settledFacts(before[tenants[i].ID]), settledFacts(after[tenants[i].ID]), name)
			spent := w.spent(tenants[i].ID, nil)
			require.Less(t, total(spent), 1_000, name)
			if strings.Contains(name, "and presence") {
				require.Positive(t, spent["presence"], name)
			}
		}
		t.Logf("%d requests in an hour, at most %d MB more in use", total(w.cloud.AllRequests())-total(asked), int64(peak-heap)>>20)

		for i := range names {
			w.cloud.SetFaults(tenants[i].ID, cloudsim.Faults{})
		}
		pass(75 * time.Minute) // by then everything is due again by itself
		w.runFor(6 * time.Minute)
		after = w.byCustomer()
		jobs = w.jobs()
		for i, tenant := range tenants {
			name := "sound"
			if i < len(names) {
				name = names[i]
			}
			for _, kind := range []store.CollectKind{ofPlaces, ofDevices} {
				require.Equal(t, StateOK, jobs[tenant.ID][kind].State, "%s: %s", name, kind)
			}
			require.Equal(t, undated(before[tenant.ID]), undated(after[tenant.ID]), name)
		}
		require.Less(t, inUse(), heap+64<<20, "bytes in use when all is over")
		require.Empty(t, atWork(), "nothing is left that waits for an answer")
		w.requireNowhere(secret)
	})
}

// reads holds what is said of a job against what is to be said.
func (w *world) reads(name string, m misfortune, job store.CollectJob, polls int) {
	w.t.Helper()
	require.Equal(w.t, m.state, job.State, "%s: %s", name, job.Detail)
	require.Contains(w.t, job.Detail, m.detail, name)
	if m.seen {
		require.Greater(w.t, polls, 9, name)
		return
	}
	require.Positive(w.t, job.Failures, name)
	require.True(w.t, job.DueAt.After(time.Now().Add(-time.Minute)), "%s: it is planned, or was due a tick ago at most", name)
	require.LessOrEqual(w.t, time.Until(job.DueAt), 8*time.Hour, name)
	require.True(w.t, job.LastGoodAt.Before(time.Now().Add(-time.Hour+time.Minute)), "%s: the data are older than the trouble", name)
}

// asksNow makes a job due.
func (w *world) asksNow(tenant string, kind store.CollectKind) {
	w.t.Helper()
	_, err := w.open().ExecContext(w.t.Context(), `UPDATE collect_jobs SET due_at = $1 WHERE customer_id = $2 AND kind = $3`,
		w.clock.Now().UnixMilli(), int64(w.customers[tenant]), string(kind))
	require.NoError(w.t, err)
}

// byCustomer is every row of rooms, devices, signals and incidents as text, by tenant.
func (w *world) byCustomer() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	of := map[string]string{}
	for tenant, id := range w.customers {
		of[fmt.Sprintf("customer_id=%d", int64(id))] = tenant
	}
	for _, line := range w.dump("rooms", "devices", "signals", "incidents", "incident_openings", "incident_events", "signal_spans") {
		for _, word := range strings.Fields(line) {
			if tenant, found := of[word]; found {
				out[tenant] += line + "\n"
			}
		}
	}
	return out
}

// settledFacts are the lines of incidents, openings and events alone: what is said of the health of rooms and signals may become unknown.
func settledFacts(dump string) string {
	var out []string
	for line := range strings.Lines(dump) {
		if strings.HasPrefix(line, "incident") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

var whenUpdated = regexp.MustCompile(`updated_at=\d+`)

// undated leaves out when a row was written last.
func undated(dump string) string { return whenUpdated.ReplaceAllString(dump, "") }

// inUse is the memory in use after a collection of garbage.
func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// atWork are the goroutines that ask Microsoft something, or that the simulated cloud keeps waiting.
func atWork() []string {
	all := make([]byte, 4<<20)
	all = all[:runtime.Stack(all, true)]
	var out []string
	for stack := range strings.SplitSeq(string(all), "\n\n") {
		if strings.Contains(stack, "roomward/app/graph.(") || strings.Contains(stack, "roomward/app/cloudsim.(") {
			out = append(out, stack)
		}
	}
	return out
}

// runAndMeasure lets the collector work for a while and gives the most memory that was in use at any minute of it.
func (w *world) runAndMeasure(d time.Duration) (peak uint64) {
	w.t.Helper()
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(13 * time.Second):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
		}
	}()
	w.runFor(d)
	close(stop)
	<-done
	return peak
}
