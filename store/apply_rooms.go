package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// judgeRooms asks the rules about the health of the rooms that may have changed, and writes what did.
func (d *devices) judgeRooms(ctx context.Context) error {
	inRoom := map[ID][]*storedDevice{}
	for _, s := range d.stored {
		inRoom[s.Room] = append(inRoom[s.Room], s)
	}
	for id, room := range d.rooms {
		if !d.mayDiffer(room) {
			continue
		}
		before := RoomBefore{Health: room.health.Health, LastSeen: room.health.LastSeen, LastPoll: d.lastPoll, Blind: d.found.Blind}
		list := inRoom[id]
		slices.SortFunc(list, func(a, b *storedDevice) int { return cmp.Compare(a.GraphID, b.GraphID) })
		for _, s := range list {
			known, err := d.before(ctx, s)
			if err != nil {
				return err
			}
			r := RoomDevice{Kind: s.Kind, Maker: s.Maker, Model: s.Model, Misses: s.misses, Signals: known.Signals, Incidents: known.Incidents}
			if s.misses > 0 {
				r.MissingSince = when(s.updated)
			}
			before.Devices = append(before.Devices, r)
		}
		if err := d.writeRoom(ctx, id, room, d.found.Rules.Room(before)); err != nil {
			return err
		}
	}
	return nil
}

// mayDiffer tells whether the health of a room may not be what is stored: a device of it changed, or a blind run begins or ends.
func (d *devices) mayDiffer(room *deviceRoom) bool {
	switch {
	case room.hidden:
		return false
	case d.found.Blind:
		return room.health.Health != "unmonitored"
	}
	return room.affected || d.found.Listed && room.health.Health == "unmonitored"
}

func (d *devices) writeRoom(ctx context.Context, id ID, room *deviceRoom, after RoomAfter) error {
	if !after.LastSeen.IsZero() {
		after.LastSeen = when(millis(after.LastSeen)) // as it would be read back
	}
	if after == room.health {
		return nil
	}
	if after.Maker != room.health.Maker || after.Model != room.health.Model {
		d.revise(id)
	}
	d.changed++
	_, err := d.t.exec(ctx, `UPDATE rooms SET health = $1, health_rank = $2, critical = $3, important = $4, warning = $5, last_seen_at = $6,
			maker = $7, model = $8, updated_at = $9 WHERE id = $10`,
		after.Health, after.Rank, after.Critical, after.Important, after.Warning, orNull(after.LastSeen), after.Maker, after.Model, d.t.now, id)
	if err != nil {
		return fmt.Errorf("write the health of a room: %w", err)
	}
	return nil
}

func signalStates(ctx context.Context, t *tx, device ID) ([]SignalState, error) {
	return readAll(ctx, t, "read the signals of a device", statement{`SELECT signal, state, severity, value, polls, since FROM signals
		WHERE device_id = $1 ORDER BY signal`, []any{device}}, func(rows *sql.Rows, s *SignalState) error {
		var since int64
		err := rows.Scan(&s.Signal, &s.State, &s.Severity, &s.Value, &s.Polls, &since)
		s.Since = when(since)
		return err
	})
}

func incidentStates(ctx context.Context, t *tx, device ID) ([]IncidentState, error) {
	return readAll(ctx, t, "read the incidents of a device", statement{`SELECT signal, category, severity, state, value, opened_at, activated_at,
			resolved_at, closed_at, openings
		FROM incidents WHERE device_id = $1 ORDER BY signal`, []any{device}}, func(rows *sql.Rows, i *IncidentState) error {
		var opened int64
		var activated, resolved, closed sql.NullInt64
		err := rows.Scan(&i.Signal, &i.Category, &i.Severity, &i.State, &i.Value, &opened, &activated, &resolved, &closed, &i.Openings)
		i.OpenedAt, i.ActivatedAt, i.ResolvedAt, i.ClosedAt = when(opened), whenOr0(activated), whenOr0(resolved), whenOr0(closed)
		return err
	})
}

// judgedAs is what before reads from now on, so that it need not be read again for the room.
func judgedAs(before DeviceBefore, after DeviceAfter) *DeviceBefore {
	before.Signals, before.Incidents = nil, nil
	for _, s := range after.Signals {
		before.Signals = append(before.Signals, s.stored())
	}
	for _, i := range after.Incidents {
		before.Incidents = append(before.Incidents, i.stored())
	}
	slices.SortFunc(before.Signals, func(a, b SignalState) int { return cmp.Compare(a.Signal, b.Signal) })
	slices.SortFunc(before.Incidents, func(a, b IncidentState) int { return cmp.Compare(a.Signal, b.Signal) })
	return &before
}

func (d *devices) before(ctx context.Context, s *storedDevice) (DeviceBefore, error) {
	if s.judged != nil {
		return *s.judged, nil
	}
	b := DeviceBefore{GraphID: s.GraphID, Kind: s.Kind, LastPoll: d.lastPoll}
	var err error
	if b.Signals, err = signalStates(ctx, d.t, s.id); err != nil {
		return b, err
	}
	b.Incidents, err = incidentStates(ctx, d.t, s.id)
	return b, err
}
