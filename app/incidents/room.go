package incidents

import (
	"time"

	"roomward/store"
)

// The health of a room (product.md 9), worst first as lists sort it.
const (
	roomUnhealthy   = "unhealthy"
	roomOffline     = "offline"
	roomUnmonitored = "unmonitored"
	roomOnboarding  = "onboarding"
	roomHealthy     = "healthy"
)

// RoomHealth works out the health of a room from its devices.
//
// A room is unhealthy while a critical or important incident is active. It is offline when everything in it that runs meetings is, and
// unmonitored when nothing is heard of that; both win over incidents whose signals cannot be read meanwhile, since those are what was last known,
// not what is. Before any device was read it is onboarding.
func RoomHealth(before store.RoomBefore) store.RoomAfter {
	after := store.RoomAfter{Health: roomHealthy}
	main := mainDevices(before.Devices)
	live := false
	for _, d := range before.Devices {
		for _, i := range d.Incidents {
			if !i.Active() {
				continue
			}
			count(&after, i.Severity)
			s, _ := find(d.Signals, i.Signal)
			serious := i.Severity == Critical || i.Severity == Important
			live = live || serious && s.State == "bad" && i.Signal != Offline && d.Misses < enoughMisses
		}
	}
	switch {
	case before.Blind:
		after.Health = roomUnmonitored
	case len(main) == 0 && before.LastSeen.IsZero():
		after.Health = roomOnboarding
	case len(main) == 0:
		after.Health = roomUnmonitored
	case live:
		after.Health = roomUnhealthy
	case every(main, isSilent):
		after.Health = roomUnmonitored
	case every(main, func(d store.RoomDevice) bool { return isSilent(d) || isBad(d, Offline) }):
		after.Health = roomOffline
	case after.Critical+after.Important > 0:
		after.Health = roomUnhealthy
	}
	after.Rank = rank(after)
	after.LastSeen = lastSeen(before, after.Health, main)
	after.Maker, after.Model = built(before.Devices)
	return after
}

// enoughMisses is how many complete runs must leave a device out until it counts as gone.
const enoughMisses = 2

// mainDevices are the devices that run meetings, or all where there is none; devices that were never read do not count.
func mainDevices(devices []store.RoomDevice) []store.RoomDevice {
	var main, all []store.RoomDevice
	for _, d := range devices {
		if len(d.Signals) == 0 {
			continue
		}
		all = append(all, d)
		if runsMeetings(d.Kind) {
			main = append(main, d)
		}
	}
	if len(main) == 0 {
		return all
	}
	return main
}

func every(devices []store.RoomDevice, is func(store.RoomDevice) bool) bool {
	for _, d := range devices {
		if !is(d) {
			return false
		}
	}
	return true
}

func isBad(d store.RoomDevice, signal string) bool {
	s, _ := find(d.Signals, signal)
	return s.State == "bad"
}

func isSilent(d store.RoomDevice) bool { return d.Misses >= enoughMisses || isBad(d, NoTelemetry) }

func count(after *store.RoomAfter, severity string) {
	switch severity {
	case Critical:
		after.Critical++
	case Important:
		after.Important++
	case Warning:
		after.Warning++
	}
}

func rank(after store.RoomAfter) int {
	switch after.Health {
	case roomUnhealthy:
		if after.Critical > 0 {
			return 10
		}
		return 15
	case roomOffline:
		return 20
	case roomUnmonitored:
		return 30
	case roomOnboarding:
		return 50
	}
	return 60
}

// lastSeen is the last good moment of a room that is offline or unmonitored. It is found when the room becomes so, and kept.
func lastSeen(before store.RoomBefore, health string, main []store.RoomDevice) time.Time {
	if health != roomOffline && health != roomUnmonitored {
		return time.Time{}
	}
	if !before.LastSeen.IsZero() || len(main) == 0 {
		return before.LastSeen
	}
	var seen time.Time
	for _, d := range main {
		at := before.LastPoll
		switch {
		case d.Misses >= enoughMisses && !d.MissingSince.IsZero():
			at = d.MissingSince
		case isBad(d, Offline):
			at = since(d, Offline)
		case isBad(d, NoTelemetry):
			at = since(d, NoTelemetry)
		}
		if at.After(seen) {
			seen = at
		}
	}
	return seen
}

func since(d store.RoomDevice, signal string) time.Time {
	s, _ := find(d.Signals, signal)
	return s.Since
}

// built is the maker and model to show for a room: of the device that runs its meetings, else of any.
func built(devices []store.RoomDevice) (maker, model string) {
	for _, d := range devices {
		if runsMeetings(d.Kind) {
			return d.Maker, d.Model
		}
		if maker == "" && model == "" {
			maker, model = d.Maker, d.Model
		}
	}
	return maker, model
}
