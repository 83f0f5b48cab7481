package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"roomward/policy"
)

// seeder writes the many rows of a world with prepared statements. The statements are those of the runs of collecting (places, devices,
// deviceWriter), for rows that are known to be new.
type seeder struct {
	t      *tx
	now    int64 // of the seeding itself
	counts SeedCounts
	cells  map[ID]int64 // of the customer that is being written, by room

	room, groupRoom, device, signal, span, incident, opening, event *sql.Stmt
}

func newSeeder(ctx context.Context, t *tx) (*seeder, error) {
	w := &seeder{t: t, now: t.now}
	for _, s := range []struct {
		into **sql.Stmt
		text string
	}{
		{&w.room, `INSERT INTO rooms (id, customer_id, cell_id, place_id, name, email, country, city, building, floor, label, capacity, account_id,
				health, health_rank, critical, important, warning, last_seen_at, maker, model, search, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`},
		{&w.groupRoom, `INSERT INTO room_group_rooms (group_id, room_id) VALUES ($1, $2)`},
		{&w.device, `INSERT INTO devices (id, customer_id, room_id, cell_id, graph_id, kind, maker, model, serial, asset_tag, health, activity,
				app_version, os_version, firmware, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)`},
		{&w.signal, `INSERT INTO signals (device_id, signal, room_id, state, severity, value, polls, since)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`},
		{&w.span, `INSERT INTO signal_spans (device_id, signal, state, severity, from_at, until_at) VALUES ($1, $2, $3, $4, $5, $6)`},
		{&w.incident, `INSERT INTO incidents (id, customer_id, room_id, cell_id, device_id, signal, category, severity, severity_rank, state,
				open, value, opened_at, activated_at, resolved_at, closed_at, openings, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`},
		{&w.opening, `INSERT INTO incident_openings (incident_id, opened_at, resolved_at) VALUES ($1, $2, $3)`},
		{&w.event, `INSERT INTO incident_events (incident_id, at, kind, detail) VALUES ($1, $2, $3, $4)`},
	} {
		var err error
		if *s.into, err = t.PrepareContext(ctx, s.text); err != nil {
			return nil, fmt.Errorf("prepare to seed: %w", err)
		}
	}
	return w, nil
}

// place makes the cells of a customer and tells which room stands in which: what recell would find, without moving anything.
func (w *seeder) place(ctx context.Context, c SeedCustomer) error {
	scopes := map[policy.Scope]bool{}
	for _, a := range c.Assignments {
		for _, s := range a.Scopes {
			scopes[s] = true
		}
	}
	groups := make(map[ID][]ID, len(c.Rooms)) // of those that scopes name, by room
	for _, g := range c.Groups {
		for _, room := range g.Rooms {
			if scopes[policy.ScopeGroup(g.ID)] {
				groups[room] = append(groups[room], g.ID)
			}
		}
	}
	known := map[string]int64{}
	w.cells = make(map[ID]int64, len(c.Rooms))
	if _, err := cellOf(ctx, w.t, c.ID, "[]", 0); err != nil { // every customer has it from the beginning
		return err
	}
	for _, r := range c.Rooms {
		in := nonNil(groups[r.ID])
		slices.Sort(in)
		list, err := toJSON(in)
		if err != nil {
			return err
		}
		mark := ID(0)
		if scopes[policy.ScopeRoom(r.ID)] {
			mark = r.ID
		}
		key := list + mark.String()
		if _, there := known[key]; !there {
			if known[key], err = cellOf(ctx, w.t, c.ID, list, mark); err != nil {
				return err
			}
		}
		w.cells[r.ID] = known[key]
	}
	return nil
}

// rooms writes the rooms in their cells.
func (w *seeder) rooms(ctx context.Context, c SeedCustomer) error {
	if err := w.place(ctx, c); err != nil {
		return err
	}
	first, last := millis(c.Invitation.DecidedAt), w.lastGood(c)
	for _, r := range c.Rooms {
		h := r.Health
		_, err := w.room.ExecContext(ctx, r.ID, c.ID, w.cells[r.ID], r.PlaceID, r.Name, r.Email, r.Country, r.City, r.Building, r.Floor, r.Label,
			r.Capacity, r.Account, h.Health, h.Rank, h.Critical, h.Important, h.Warning, orNull(h.LastSeen), h.Maker, h.Model, r.search(), first, last)
		if err != nil {
			return fmt.Errorf("keep a new room: %w", err)
		}
	}
	w.counts.Rooms += len(c.Rooms)
	return nil
}

// lastGood is the end of the last good run: when everything that collecting writes was written last.
func (w *seeder) lastGood(c SeedCustomer) int64 {
	for i := len(c.Runs) - 1; i >= 0; i-- {
		if c.Runs[i].Good {
			return millis(c.Runs[i].EndedAt)
		}
	}
	return w.now
}

func (w *seeder) devices(ctx context.Context, c SeedCustomer) error {
	now := w.lastGood(c)
	for _, d := range c.Devices {
		cell, there := w.cells[d.Room]
		if !there {
			return fmt.Errorf("device %s is in no room of the customer", d.GraphID)
		}
		_, err := w.device.ExecContext(ctx, d.ID, c.ID, d.Room, cell, d.GraphID, d.Kind, d.Maker, d.Model, d.Serial, d.AssetTag, d.Health, d.Activity,
			d.AppVersion, d.OSVersion, d.Firmware, now)
		if err != nil {
			return fmt.Errorf("keep a new device: %w", err)
		}
		for _, s := range d.After.Signals {
			if _, err := w.signal.ExecContext(ctx, d.ID, s.Signal, d.Room, s.State, s.Severity, s.Value, s.Polls, millis(s.Since)); err != nil {
				return fmt.Errorf("write a signal: %w", err)
			}
		}
		if err := w.spans(ctx, d, now); err != nil {
			return err
		}
		if err := w.incidents(ctx, c, d, cell, now); err != nil {
			return err
		}
	}
	w.counts.Devices += len(c.Devices)
	return nil
}

// lasting is something that begins and may have ended: a span or an opening.
type lasting struct {
	from  int64
	until any // nil while it lasts
}

// spans writes what the changes of a device's spans have left: those that last, and those that ended lately (spansKept).
func (w *seeder) spans(ctx context.Context, d SeedDevice, now int64) error {
	type running struct {
		SpanChange
		lasting
	}
	last := map[string]*running{}
	var all []*running
	for _, s := range d.After.Spans {
		if before := last[s.Signal]; before != nil {
			before.until = millis(s.At)
			delete(last, s.Signal)
		}
		if s.State != "good" {
			last[s.Signal] = &running{s, lasting{from: millis(s.At)}}
			all = append(all, last[s.Signal])
		}
	}
	for _, s := range all {
		if until, ended := s.until.(int64); ended && until < now-spansKept.Milliseconds() {
			continue
		}
		if _, err := w.span.ExecContext(ctx, d.ID, s.Signal, s.State, s.Severity, s.from, s.until); err != nil {
			return fmt.Errorf("write a span of a signal: %w", err)
		}
	}
	return nil
}

func (w *seeder) incidents(ctx context.Context, c SeedCustomer, d SeedDevice, cell, now int64) error {
	ids := make(map[string]ID, len(d.After.Incidents))
	for _, i := range d.After.Incidents {
		id := c.NewID()
		ids[i.Signal] = id
		_, err := w.incident.ExecContext(ctx, id, c.ID, d.Room, cell, d.ID, i.Signal, i.Category, i.Severity, severityRank(i.Severity), i.State,
			i.Open(), i.Value, millis(i.OpenedAt), orNull(i.ActivatedAt), orNull(i.ResolvedAt), orNull(i.ClosedAt), i.Openings, now)
		if err != nil {
			return fmt.Errorf("write an incident: %w", err)
		}
		if i.Open() {
			w.counts.Open++
		}
	}
	w.counts.Incidents += len(d.After.Incidents)
	last := map[string]*lasting{}
	type opening struct {
		incident ID
		*lasting
	}
	var all []opening
	for _, o := range d.After.Openings {
		if !o.ResolvedAt.IsZero() {
			if running := last[o.Signal]; running != nil && running.until == nil {
				running.until = millis(o.ResolvedAt)
			}
			continue
		}
		last[o.Signal] = &lasting{from: millis(o.OpenedAt)}
		all = append(all, opening{ids[o.Signal], last[o.Signal]})
	}
	for _, o := range all {
		if _, err := w.opening.ExecContext(ctx, o.incident, o.from, o.until); err != nil {
			return fmt.Errorf("write an opening of an incident: %w", err)
		}
	}
	for _, e := range d.After.Events {
		if _, err := w.event.ExecContext(ctx, ids[e.Signal], millis(e.At), e.Kind, e.Detail); err != nil {
			return fmt.Errorf("write the history of an incident: %w", err)
		}
	}
	return nil
}
