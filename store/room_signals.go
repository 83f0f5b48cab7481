package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"roomward/policy"
)

// LaneDays is how far back the spans of a signal go.
const LaneDays = 7

// The bounds of what one room answers. A room has a handful of devices; spans are many only where a signal flaps.
const (
	maxRoomDevices = 500
	maxRoomSpans   = 3_000
)

// Device is a device of a room, as people see it.
type Device struct {
	ID         ID
	Kind       string
	Maker      string
	Model      string
	Serial     string
	AssetTag   string
	Health     string // in Microsoft's words
	Activity   string // in Microsoft's words
	AppVersion string
	OSVersion  string
	Firmware   string
	UpdatedAt  time.Time // when something of this changed last
}

// SignalSpan is a time in which a signal was not good. Until is zero while it lasts.
type SignalSpan struct {
	State    string
	Severity string
	From     time.Time
	Until    time.Time
}

// RoomSignal is what is known of one signal of one device.
type RoomSignal struct {
	Device        ID
	DeviceKind    string
	Signal        string
	State         string
	Severity      string
	Value         string
	Since         time.Time
	Incident      ID // 0: none, or none that the reader may see
	IncidentState string
	Spans         []SignalSpan // of the last LaneDays, oldest first
}

// RoomSignals are all signals of a room.
type RoomSignals struct {
	Health string
	// LastKnownAt says of when the states are, where the room is offline or unmonitored; else zero.
	LastKnownAt time.Time
	Signals     []RoomSignal
}

// RoomDevices reads the devices of a room. ErrNotFound when the room is not there or not in the view.
func (s *Store) RoomDevices(ctx context.Context, v policy.View, room ID) ([]Device, error) {
	var out []Device
	err := s.readView(ctx, v, func(t *tx) error {
		if err := seeRoom(ctx, t, v, room); err != nil {
			return err
		}
		var err error
		out, err = readAll(ctx, t, "read the devices of a room", statement{`SELECT id, kind, maker, model, serial, asset_tag, health, activity,
				app_version, os_version, firmware, updated_at
			FROM devices WHERE room_id = $1 ORDER BY kind, maker, model, id LIMIT $2`, []any{room, maxRoomDevices}}, scanDevice)
		return err
	})
	return out, err
}

// RoomManaged reads what Intune says of the devices of a room while they cannot be read themselves, and when it was asked; none else. ErrNotFound as in
// RoomDevices.
func (s *Store) RoomManaged(ctx context.Context, v policy.View, room ID) (list []ManagedDevice, at time.Time, err error) {
	err = s.readView(ctx, v, func(t *tx) error {
		if err := seeRoom(ctx, t, v, room); err != nil {
			return err
		}
		var asked sql.NullInt64
		err := t.QueryRowContext(ctx, `SELECT (SELECT j.managed_at FROM collect_jobs j WHERE j.customer_id = r.customer_id AND j.kind = 'devices')
			FROM rooms r WHERE r.id = $1`, room).Scan(&asked)
		if err != nil {
			return fmt.Errorf("read when Intune was asked: %w", err)
		}
		at = whenOr0(asked)
		list, err = readAll(ctx, t, "read the managed devices of a room", statement{`SELECT ` + managedColumns + ` FROM managed_devices
			WHERE room_id = $1 ORDER BY name, intune_id LIMIT $2`, []any{room, maxRoomDevices}}, scanManaged)
		return err
	})
	return list, at, err
}

func scanDevice(rows *sql.Rows, d *Device) error {
	var updated int64
	err := rows.Scan(&d.ID, &d.Kind, &d.Maker, &d.Model, &d.Serial, &d.AssetTag, &d.Health, &d.Activity,
		&d.AppVersion, &d.OSVersion, &d.Firmware, &updated)
	d.UpdatedAt = when(updated)
	return err
}

// RoomSignals reads the signals of a room, worst first. incidents is the view of tickets.view: without it the signals name no incident.
// ErrNotFound when the room is not there or not in the view.
func (s *Store) RoomSignals(ctx context.Context, v, incidents policy.View, room ID) (RoomSignals, error) {
	var out RoomSignals
	err := s.readViews(ctx, []policy.View{v, incidents}, func(t *tx) error {
		if err := seeRoom(ctx, t, v, room); err != nil {
			return err
		}
		var err error
		out.Signals, err = readAll(ctx, t, "read the signals of a room", statement{`SELECT s.device_id, d.kind, s.signal, s.state, s.severity, s.value,
				s.since, coalesce(i.id, 0), coalesce(i.state, '')
			FROM signals s JOIN devices d ON d.id = s.device_id
			LEFT JOIN incidents i ON i.device_id = s.device_id AND i.signal = s.signal AND i.state <> 'closed' AND +i.cell_id ` + inSet(2) + `
			WHERE s.room_id = $1
			ORDER BY CASE s.state WHEN 'bad' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END,
				CASE s.severity WHEN 'critical' THEN 1 WHEN 'important' THEN 2 WHEN 'warning' THEN 3 ELSE 4 END,
				s.signal, s.device_id LIMIT $3`, []any{room, incidents.CellsJSON(), maxRoomSpans}}, scanRoomSignal)
		if err != nil {
			return err
		}
		if err := addSpans(ctx, t, room, out.Signals); err != nil {
			return err
		}
		return addLastKnown(ctx, t, room, &out)
	})
	return out, err
}

func scanRoomSignal(rows *sql.Rows, s *RoomSignal) error {
	var since int64
	err := rows.Scan(&s.Device, &s.DeviceKind, &s.Signal, &s.State, &s.Severity, &s.Value, &since, &s.Incident, &s.IncidentState)
	s.Since = when(since)
	return err
}

func addSpans(ctx context.Context, t *tx, room ID, signals []RoomSignal) error {
	type key struct {
		device ID
		signal string
	}
	type found struct {
		key
		SignalSpan
	}
	from := t.now - int64(LaneDays*24*time.Hour/time.Millisecond)
	spans, err := readAll(ctx, t, "read the history of signals", statement{`SELECT p.device_id, p.signal, p.state, p.severity, p.from_at, p.until_at
		FROM devices d JOIN signal_spans p ON p.device_id = d.id
		WHERE d.room_id = $1 AND (p.until_at IS NULL OR p.until_at > $2)
		ORDER BY p.from_at DESC, p.id DESC LIMIT $3`, []any{room, from, maxRoomSpans}},
		func(rows *sql.Rows, f *found) error {
			var from int64
			var until sql.NullInt64
			err := rows.Scan(&f.device, &f.signal, &f.State, &f.Severity, &from, &until)
			f.From, f.Until = when(from), whenOr0(until)
			return err
		})
	if err != nil {
		return err
	}
	at := make(map[key]int, len(signals))
	for i, s := range signals {
		at[key{s.Device, s.Signal}] = i
	}
	for i := len(spans) - 1; i >= 0; i-- { // the newest were read first, so that the bound cuts the oldest
		if n, known := at[spans[i].key]; known {
			signals[n].Spans = append(signals[n].Spans, spans[i].SignalSpan)
		}
	}
	return nil
}

// addLastKnown says of when the states are: of when the room was last seen, or, where that is not known, of the latest change.
func addLastKnown(ctx context.Context, t *tx, room ID, out *RoomSignals) error {
	var seen sql.NullInt64
	err := t.QueryRowContext(ctx, `SELECT health, last_seen_at FROM rooms WHERE id = $1`, room).Scan(&out.Health, &seen)
	if err != nil {
		return fmt.Errorf("read the health of a room: %w", err)
	}
	if out.Health != "offline" && out.Health != "unmonitored" {
		return nil
	}
	out.LastKnownAt = whenOr0(seen)
	for _, s := range out.Signals {
		if !seen.Valid && s.Since.After(out.LastKnownAt) {
			out.LastKnownAt = s.Since
		}
	}
	return nil
}
