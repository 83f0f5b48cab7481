package collect

import (
	"context"
	"strings"
	"time"

	"roomward/app/graph"
	"roomward/app/incidents"
	"roomward/policy"
	"roomward/store"
)

// inParallel is how many requests one run has in flight; the budget of app/graph allows no more for one tenant anyway.
const inParallel = 4

// fetchDevices lists the devices of a tenant, lets go of those outside the granted rooms, and reads the health of those that are bad, new or
// changed, and of each once a day.
func (c *Collector) fetchDevices(ctx context.Context, r run) result {
	known, err := c.cfg.Store.CollectKnown(ctx, r.work)
	if err != nil {
		return c.broke(r, err)
	}
	if len(known.Rooms) == 0 {
		return result{verdict: good()} // nothing is granted, so nothing is asked
	}
	if job := r.target.Job; isHeld(job, r.started) {
		return c.withoutDevices(ctx, r, known, verdict{state: job.State, detail: job.Detail, blind: true, held: true})
	}
	listed, err := c.cfg.Graph.Devices(ctx, r.target.TenantID)
	lost := graph.Lost(err)
	if err != nil && len(lost) == 0 {
		v := c.judge(ctx, r.target, err)
		if !v.blind {
			return result{verdict: v}
		}
		return c.withoutDevices(ctx, r, known, v)
	}
	if len(listed) == 0 && len(known.Devices) > 0 {
		return result{verdict: verdict{state: StateEmptyAnswer}}
	}
	m := newMatching(known, listed)
	if err := c.lookUp(ctx, r, m, m.unknown()); err != nil {
		// Devices of rooms whose accounts were not found out would pass for missing ones.
		v := c.judge(ctx, r.target, err)
		if graph.KindOf(err) == graph.Canceled {
			v = verdict{state: StatePartial, detail: outOfTime}
		}
		return result{verdict: v, devices: &store.DevicesFound{Accounts: m.learned, Rules: rules(nil)}}
	}
	found := m.devices()
	readings, v := c.examine(ctx, r, wanted(known, found, r.target.Job.LastGoodAt, r.started))
	out := &store.DevicesFound{Listed: true, Accounts: m.learned, Rules: rules(readings)}
	for _, l := range lost { // an id says for good which device it is; what tells none could be any
		if l.ID == "" {
			out.Partial = true
			continue
		}
		out.Unsure = append(out.Unsure, l.ID)
	}
	if len(lost) > 0 && v.good {
		v = lacking("device", len(lost), len(listed), out.Partial)
	}
	for _, f := range found {
		facts := f.facts()
		if h, read := readings[keyOf(f.device.ID)]; read {
			facts.Read, facts.AppVersion, facts.OSVersion, facts.Firmware = true, h.health.TeamsClient.Current, h.health.OperatingSystem.Current,
				h.health.Firmware.Current
		}
		out.Devices = append(out.Devices, facts)
	}
	return result{verdict: v, devices: out}
}

// matched is a listed device in a granted room.
type matched struct {
	device graph.Device
	room   policy.ID
}

func (m matched) facts() store.DeviceFound {
	d := m.device
	return store.DeviceFound{GraphID: d.ID, Room: m.room, Kind: string(d.Type), Maker: d.Maker, Model: d.Model, Serial: d.Serial,
		AssetTag: d.AssetTag, Health: string(d.HealthStatus), Activity: string(d.ActivityState)}
}

// wanted are the devices whose health is worth a request: new ones, those that Microsoft or we find bad, those whose summary changed, and
// each device once a day at its own minute, which spreads the daily reading of a customer over the day.
func wanted(known store.CollectKnown, found []matched, last, now time.Time) []matched {
	byID := make(map[string]store.KnownDevice, len(known.Devices))
	for _, d := range known.Devices {
		byID[keyOf(d.GraphID)] = d
	}
	var out []matched
	for _, f := range found {
		d, isKnown := byID[keyOf(f.device.ID)]
		if !isKnown || d.Misses > 0 || d.Health != string(f.device.HealthStatus) || f.device.HealthStatus != graph.Healthy ||
			incidents.WantsReading(d, now) || daily(f.device.ID, last, now) {
			out = append(out, f)
		}
	}
	return out
}

// daily tells whether the device's own minute of the day came after the last good run. Before the first one none has come: then each device is
// wanted as a new one, and only until it was read, so that a first collection in several runs comes to its end.
func daily(device string, last, now time.Time) bool {
	const day = 24 * time.Hour
	return !last.IsZero() && !slotAfter(last, day, spread(0, keyOf(device))).After(now)
}

// keyOf is a device's id as it is compared: its case says nothing.
func keyOf(id string) string { return strings.ToLower(id) }

// examined is what was read of one device.
type examined struct {
	device graph.Device
	health graph.Health
}

// rules are those of app/incidents, over what this run has read, by keyOf.
func rules(readings map[string]examined) store.DeviceRules {
	return store.DeviceRules{
		Device: func(before store.DeviceBefore, now time.Time) store.DeviceAfter {
			e, read := readings[keyOf(before.GraphID)]
			if !read {
				return store.DeviceAfter{Signals: before.Signals, Incidents: before.Incidents}
			}
			return incidents.Derive(before, incidents.Readings(e.device, e.health), now)
		},
		Missing: incidents.Missing,
		Room:    incidents.RoomHealth,
	}
}
