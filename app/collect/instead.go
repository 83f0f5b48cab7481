package collect

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// managedEvery is how often Intune is asked while devices cannot be read: it hears of a device every eight hours itself.
const managedEvery = 6 * time.Hour

// withoutDevices reads what else Microsoft says of the rooms of a customer whose devices cannot be read: the presence of the room accounts, and Intune's
// facts. Neither is health, and no incident follows from them: an account that is offline says nothing of why. What cannot be read of it changes
// nothing, and then the customer is collected as seldom as one that fails.
func (c *Collector) withoutDevices(ctx context.Context, r run, known store.CollectKnown, v verdict) result {
	out := &store.DevicesFound{Blind: true, Rules: rules(nil)}
	res := result{verdict: v, devices: out}
	presence, intune := wait{r.lease.Customer, graph.CanPresence}, wait{r.lease.Customer, graph.CanIntune}
	if !mayTry(r.target, graph.CanPresence) || c.memory.waiting(presence, r.started) {
		return res
	}
	m := newMatching(known, nil)
	err := c.lookUp(ctx, r, m, m.nameless())
	out.Accounts = m.learned
	if err != nil && len(m.byAccount) == 0 {
		return res
	}
	presences, err := c.presences(ctx, r, m)
	if err != nil && ctx.Err() == nil {
		c.memory.failed(presence, err, r.started)
	}
	if err != nil || len(presences) == 0 { // an empty answer is not believed
		return res
	}
	out.Instead.Presences, res.instead = presences, true
	if mayTry(r.target, graph.CanIntune) && r.started.Sub(r.target.Job.ManagedAt) >= managedEvery && !c.memory.waiting(intune, r.started) {
		out.Instead.Managed, err = c.managed(ctx, r, known)
		if out.Instead.Asked = err == nil; err != nil && ctx.Err() == nil {
			c.memory.failed(intune, err, r.started)
		}
	}
	return res
}

// mayTry tells whether it is worth a request: the last check was not refused for good. What was never checked is tried.
func mayTry(target store.CollectTarget, what graph.Capability) bool {
	switch target.Allowed[string(what)] {
	case CanNoConsent, CanForbidden, CanUnlicensed, CanGone:
		return false
	}
	return true
}

// nameless are the rooms whose account is not known yet.
func (m *matching) nameless() []policy.ID {
	var out []policy.ID
	for room, account := range m.accounts {
		if account == "" && m.emails[room] != "" {
			out = append(out, room)
		}
	}
	return out
}

func (c *Collector) presences(ctx context.Context, r run, m *matching) (map[policy.ID]string, error) {
	found, err := c.cfg.Graph.Presences(ctx, r.target.TenantID, slices.Sorted(maps.Keys(m.byAccount)))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	out := make(map[policy.ID]string, len(m.byAccount))
	for _, room := range m.byAccount { // of those that the answer leaves out Teams says nothing now
		out[room] = store.PresenceUnknown
	}
	for _, p := range found {
		if room, ok := m.byAccount[strings.ToLower(p.UserID)]; ok {
			out[room] = presenceOf(p)
		}
	}
	return out, nil
}

// presenceOf is what an availability says of a room: that something is signed in with its account, or that nothing is.
func presenceOf(p graph.Presence) string {
	switch {
	case p.Availability == graph.AvailabilityUnknown:
		return store.PresenceUnknown
	case p.Availability == graph.AccountOffline:
		return store.PresenceOffline
	case p.InCall():
		return store.PresenceInCall
	}
	return store.PresenceReachable
}

// managed asks Intune for the devices of the granted rooms only.
func (c *Collector) managed(ctx context.Context, r run, known store.CollectKnown) (list []store.ManagedDevice, err error) {
	byEmail, bySerial, by := map[string]policy.ID{}, map[string]policy.ID{}, graph.ManagedBy{}
	placeholders := noSerials() // and what two devices share: other people's computers have them, too
	for _, room := range known.Rooms {
		if room.Email != "" {
			byEmail[strings.ToLower(room.Email)] = room.ID
			by.UPNs = append(by.UPNs, room.Email)
		}
	}
	for _, d := range known.Devices {
		if serial := strings.ToLower(strings.TrimSpace(d.Serial)); !placeholders[serial] {
			if _, twice := bySerial[serial]; twice {
				placeholders[serial] = true
			}
			bySerial[serial] = d.Room
		}
	}
	for serial := range bySerial {
		if placeholders[serial] {
			delete(bySerial, serial)
		}
	}
	by.Serials = slices.Sorted(maps.Keys(bySerial))
	found, err := c.cfg.Graph.ManagedDevices(ctx, r.target.TenantID, by)
	if err != nil {
		return nil, err
	}
	times := map[string]int{}
	for _, m := range found {
		times[strings.ToLower(m.Serial)]++
	}
	for _, m := range found {
		foundBy := "account"
		room, ok := byEmail[strings.ToLower(m.UPN)]
		if !ok {
			if times[strings.ToLower(m.Serial)] > 1 {
				continue // whose it is cannot be told
			}
			room, foundBy = bySerial[strings.ToLower(m.Serial)], "serial"
		}
		list = append(list, store.ManagedDevice{IntuneID: m.ID, Room: room, FoundBy: foundBy, Name: m.Name, Maker: m.Maker, Model: m.Model, Serial: m.Serial,
			OS: m.OS, OSVersion: m.OSVersion, Compliance: string(m.Compliance), LastSync: m.LastSync})
	}
	return list, nil
}

// noSerials are what makers put where a serial number belongs.
func noSerials() map[string]bool {
	out := map[string]bool{}
	for _, text := range []string{"", "0", "none", "n/a", "na", "unknown", "default string", "system serial number", "to be filled by o.e.m.",
		"to be filled by oem", "not applicable", "not specified", "invalid", "123456789", "0123456789"} {
		out[text] = true
	}
	return out
}

// isHeld tells whether a run goes without asking for devices: they could not be read at all, twice, and something else is read instead until they are
// asked for again.
func isHeld(j store.CollectJob, started time.Time) bool {
	return slices.Contains([]string{StateDevicesGone, StateForbidden, StatePermissionMissing}, j.State) && started.Before(j.APIDue)
}
