package incidents

import (
	"slices"
	"strings"
	"time"

	"roomward/store"
)

const (
	// closeAfter is how long a resolved incident stays good until it is closed; bad again before that, it is the same occurrence of trouble
	// (product.md 4).
	closeAfter = 7 * 24 * time.Hour
	// enoughPolls is how many bad polls in a row make an incident active: one may be a restart.
	enoughPolls = 2
)

// Reading is what one poll says about one signal.
type Reading struct {
	Signal string
	State  string // "good", "bad", "unknown"
	Value  string
	At     time.Time // when the state began by Microsoft's word; zero when it does not say
}

// Derive works out what follows for a device from one poll of its health. Signals that are stored and not read become unknown. It must only be
// called with a reading that succeeded as a whole: a failed poll changes nothing (design 9).
//
// The life of an incident: a bad signal opens it as "watching"; it becomes "active" when the signal was bad twice in a row and the watching
// period is over, counted from the reported moment where that is plausible. The very first reading of a signal may activate it at once when
// its reported moment is old enough. Good again, an incident that has ever been active is "resolved", and "closed" after 7 days; one that
// never was is closed without a word. Bad again, the same incident opens again. Unknown neither opens nor ends anything.
func Derive(before store.DeviceBefore, readings []Reading, now time.Time) store.DeviceAfter {
	d := derivation{before: before, now: instant(now)}
	for _, id := range signalsOf(before, readings) {
		rated := SignalOf(id, before.Kind)
		known, isKnown := find(before.Signals, id)
		incident, hasIncident := findIncident(before.Incidents, id)
		r := readingOf(readings, id)
		if !isKnown && !hasIncident && (r.State == "unknown" || r.State == "good" && isGeneric(id)) {
			continue // nothing worth a row
		}
		next := d.signal(rated, known, isKnown, r)
		d.after.Signals = append(d.after.Signals, next)
		switch r.State {
		case "bad":
			incident = d.worse(rated, incident, hasIncident, next, !isKnown && d.plausible(r.At, time.Time{}))
			hasIncident = true
		case "good":
			if hasIncident {
				incident = d.better(incident, next)
			}
		}
		if hasIncident {
			d.after.Incidents = append(d.after.Incidents, incident)
		}
	}
	return d.after
}

// goneAfter is how long complete lists must leave a device out until it counts as taken away for good.
const goneAfter = 7 * 24 * time.Hour

// Missing works out what follows for a device that misses complete lists in a row have left out, since the first of them. One may be chance; from
// the second on nothing is heard of the device. After 7 days it was taken away: what was open about it is closed, and it no longer counts for
// the health of its room.
func Missing(before store.DeviceBefore, misses int, since, now time.Time) store.DeviceAfter {
	if misses < enoughMisses {
		return store.DeviceAfter{Signals: before.Signals, Incidents: before.Incidents}
	}
	if now.Sub(since) < goneAfter {
		return Derive(before, []Reading{{Signal: NoTelemetry, State: "bad", Value: "unseen", At: since}}, now)
	}
	d := derivation{before: before, now: instant(now)}
	for _, s := range before.Signals {
		if s.State != "good" {
			d.after.Spans = append(d.after.Spans, store.SpanChange{Signal: s.Signal, State: "good", Severity: s.Severity, At: d.now})
		}
	}
	for _, i := range before.Incidents {
		if i.State != "closed" {
			i = d.withdraw(i)
		}
		d.after.Incidents = append(d.after.Incidents, i)
	}
	return d.after
}

// withdraw closes an incident whose device was taken away.
func (d *derivation) withdraw(i store.IncidentState) store.IncidentState {
	if i.Open() {
		d.after.Openings = append(d.after.Openings, store.OpeningChange{Signal: i.Signal, OpenedAt: i.OpenedAt, ResolvedAt: d.now})
		i.ResolvedAt = d.now
	}
	i.State, i.ClosedAt = "closed", d.now
	d.event(i.Signal, d.now, "closed", "device-gone")
	return i
}

type derivation struct {
	before store.DeviceBefore
	now    time.Time
	after  store.DeviceAfter
}

// signal works out the next state of a signal and the change of its span.
func (d *derivation) signal(rated Signal, known store.SignalState, isKnown bool, r Reading) store.SignalState {
	next := store.SignalState{Signal: rated.ID, State: r.State, Severity: rated.Severity, Value: r.Value, Since: known.Since}
	if r.State == "unknown" {
		next.Value = known.Value
	}
	if !isKnown || known.State != r.State {
		next.Since = d.begin(known, isKnown, r)
		if isKnown || r.State != "good" {
			d.after.Spans = append(d.after.Spans, store.SpanChange{Signal: rated.ID, State: r.State, Severity: rated.Severity, At: next.Since})
		}
	}
	if r.State == "bad" {
		next.Polls = 1
		if known.State == "bad" {
			next.Polls = min(enoughPolls, known.Polls+1)
		}
	}
	return next
}

// begin is the moment since which a new state holds: Microsoft's word, unless it is in the future or lies before a moment when we saw
// something else.
func (d *derivation) begin(known store.SignalState, isKnown bool, r Reading) time.Time {
	bound := known.Since // zero for a signal that was never read
	if isKnown && known.State != "unknown" && d.before.LastPoll.After(bound) {
		bound = d.before.LastPoll
	}
	if r.State != "unknown" && d.plausible(r.At, bound) {
		return instant(r.At)
	}
	return d.now
}

func (d *derivation) plausible(at, bound time.Time) bool {
	return !at.IsZero() && at.Unix() > 0 && !instant(at).After(d.now) && !instant(at).Before(bound)
}

// worse is the incident of a signal that is bad. mayBeOld says that this is the first reading ever, with a moment to believe.
func (d *derivation) worse(rated Signal, i store.IncidentState, exists bool, s store.SignalState, mayBeOld bool) store.IncidentState {
	if !exists || !i.Open() {
		i = d.open(rated, i, s)
	}
	if i.Severity != rated.Severity {
		d.event(i.Signal, d.now, "severity", i.Severity+">"+rated.Severity)
		i.Severity = rated.Severity
	}
	i.Value = s.Value
	watched := d.now.Sub(i.OpenedAt) >= rated.Watch
	if i.State == "watching" && watched && (s.Polls >= enoughPolls || mayBeOld) {
		i.State, i.ActivatedAt = "active", d.now
		d.event(i.Signal, d.now, "activated", "")
	}
	return i
}

func (d *derivation) open(rated Signal, i store.IncidentState, s store.SignalState) store.IncidentState {
	kind := "opened"
	if !i.ActivatedAt.IsZero() {
		kind = "reactivated"
	}
	d.event(rated.ID, s.Since, kind, "")
	d.after.Openings = append(d.after.Openings, store.OpeningChange{Signal: rated.ID, OpenedAt: s.Since})
	return store.IncidentState{
		Signal: rated.ID, Category: rated.Category, Severity: rated.Severity, State: "watching",
		OpenedAt: s.Since, ActivatedAt: i.ActivatedAt, Openings: i.Openings + 1,
	}
}

// better is the incident of a signal that is good.
func (d *derivation) better(i store.IncidentState, s store.SignalState) store.IncidentState {
	switch {
	case i.Open():
		at := s.Since
		for _, floor := range []time.Time{i.OpenedAt, i.ActivatedAt} {
			if at.Before(floor) {
				at = floor
			}
		}
		d.after.Openings = append(d.after.Openings, store.OpeningChange{Signal: i.Signal, OpenedAt: i.OpenedAt, ResolvedAt: at})
		i.ResolvedAt = at
		if i.ActivatedAt.IsZero() {
			i.State, i.ClosedAt = "closed", d.now
			d.event(i.Signal, d.now, "closed", "never-active")
			return i
		}
		i.State = "resolved"
		d.event(i.Signal, at, "resolved", "")
	case i.State == "resolved" && d.now.Sub(i.ResolvedAt) >= closeAfter:
		i.State, i.ClosedAt = "closed", d.now
		d.event(i.Signal, d.now, "closed", "")
	}
	return i
}

func (d *derivation) event(signal string, at time.Time, kind, detail string) {
	d.after.Events = append(d.after.Events, store.EventAdded{Signal: signal, At: at, Kind: kind, Detail: detail})
}

// WantsReading tells whether what is stored of a device asks for its health now: it was never read, a signal is not good, an incident is open,
// or one is about to close.
func WantsReading(d store.KnownDevice, now time.Time) bool {
	return !d.Read || d.Bad || !d.Resolved.IsZero() && now.Sub(d.Resolved) >= closeAfter
}

func isGeneric(id string) bool { return id == HealthCritical || id == HealthNonUrgent }

// signalsOf lists the ids that are stored or read, sorted, each once.
func signalsOf(before store.DeviceBefore, readings []Reading) []string {
	var ids []string
	for _, s := range before.Signals {
		ids = append(ids, s.Signal)
	}
	for _, i := range before.Incidents {
		ids = append(ids, i.Signal)
	}
	for _, r := range readings {
		ids = append(ids, r.Signal)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func readingOf(readings []Reading, id string) Reading {
	for _, r := range readings {
		if r.Signal == id {
			return r
		}
	}
	return Reading{Signal: id, State: "unknown"}
}

func find(list []store.SignalState, id string) (store.SignalState, bool) {
	i, found := slices.BinarySearchFunc(list, id, func(s store.SignalState, id string) int { return strings.Compare(s.Signal, id) })
	if !found {
		return store.SignalState{}, false
	}
	return list[i], true
}

func findIncident(list []store.IncidentState, id string) (store.IncidentState, bool) {
	i, found := slices.BinarySearchFunc(list, id, func(s store.IncidentState, id string) int { return strings.Compare(s.Signal, id) })
	if !found {
		return store.IncidentState{}, false
	}
	return list[i], true
}

// instant is a time as the store keeps it: whole milliseconds in UTC.
func instant(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }
