package app

import (
	"slices"
	"time"

	"roomward/app/incidents"
	"roomward/store"
)

// shadow is a time in which a device says nothing about its graver signals, because it is offline or silent.
type shadow struct {
	episode
	gravity int
}

// life is one signal of one device from the first poll to the last.
type life struct {
	signal      string
	kind        string    // of the device
	values      [2]string // while it is good, while it is bad
	episodes    []episode
	hidden      []episode
	first, last time.Time
}

// hideIn takes the shadows that fall on the signal. One in which the signal itself changed, or shortly before or after which it did, is left out.
func (l *life) hideIn(shadows []shadow) {
	for _, s := range shadows {
		inside := func(t time.Time) bool {
			return !t.IsZero() && t.After(s.from.Add(-seedNear)) && (s.until.IsZero() || t.Before(s.until.Add(seedNear)))
		}
		changed := func(e episode) bool { return inside(e.from) || inside(e.until) }
		if s.gravity < gravity(l.signal) && !slices.ContainsFunc(l.episodes, changed) {
			l.hidden = append(l.hidden, s.episode)
		}
	}
}

// seen is the first poll at or after a moment. The grid of polls ends with the last.
func (l *life) seen(at time.Time) time.Time {
	return l.last.Add(-l.last.Sub(at).Truncate(seedPoll))
}

// polls are the moments at which something about the signal may change, in order.
func (l *life) polls() []time.Time {
	const closing = 7 * 24 * time.Hour // product.md 4
	watch := incidents.SignalOf(l.signal, l.kind).Watch
	times := []time.Time{l.first}
	for _, e := range l.episodes {
		first := l.seen(e.from)
		times = append(times, first, first.Add(seedPoll), l.seen(e.from.Add(watch)), l.seen(e.from.Add(watch+seedPoll)))
		if !e.until.IsZero() {
			times = append(times, l.seen(e.until), l.seen(l.seen(e.until).Add(closing)))
		}
	}
	for _, h := range l.hidden {
		times = append(times, l.seen(h.from), l.seen(h.until))
	}
	slices.SortFunc(times, time.Time.Compare)
	times = slices.CompactFunc(times, time.Time.Equal)
	return slices.DeleteFunc(times, func(t time.Time) bool { return t.Before(l.first) || t.After(l.last) })
}

// reading is what a poll says about the signal.
func (l *life) reading(at time.Time) incidents.Reading {
	r := incidents.Reading{Signal: l.signal, State: "good", Value: l.values[0]}
	for _, h := range l.hidden {
		if h.covers(at) {
			return incidents.Reading{Signal: l.signal, State: "unknown"}
		}
	}
	for _, e := range l.episodes {
		if e.covers(at) {
			r.State, r.Value, r.At = "bad", l.values[1], e.from
		} else if !e.until.IsZero() && !e.until.After(at) {
			r.At = e.until
		}
	}
	if isSoftware(l.signal) {
		r.At = time.Time{} // Microsoft does not say since when
	}
	return r
}

// play lets the rules derive what follows from the polls, and adds it to the device.
func (l *life) play(d *store.SeedDevice) {
	before := store.DeviceBefore{GraphID: d.GraphID, Kind: d.Kind}
	for _, at := range l.polls() {
		before.LastPoll = at.Add(-seedPoll)
		after := incidents.Derive(before, []incidents.Reading{l.reading(at)}, at)
		before.Signals, before.Incidents = after.Signals, after.Incidents
		d.After.Spans = append(d.After.Spans, after.Spans...)
		d.After.Openings = append(d.After.Openings, after.Openings...)
		d.After.Events = append(d.After.Events, after.Events...)
	}
	d.After.Signals = append(d.After.Signals, before.Signals...)
	d.After.Incidents = append(d.After.Incidents, before.Incidents...)
}
