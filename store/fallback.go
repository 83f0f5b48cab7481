package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// What Teams says of a room's account. None of it is the health of a device.
const (
	PresenceReachable = "reachable" // something is signed in with it
	PresenceInCall    = "in-call"
	PresenceOffline   = "offline"
	PresenceUnknown   = "unknown" // Teams does not say
)

// ManagedDevice is a device of a room as Intune knows it.
type ManagedDevice struct {
	IntuneID   string
	Room       ID
	FoundBy    string // "account": enrolled for the room's account; "serial": it has the number of a known device
	Name       string
	Maker      string
	Model      string
	Serial     string
	OS         string
	OSVersion  string
	Compliance string    // in Microsoft's words
	LastSync   time.Time // zero when unknown
}

// Instead is what was read because devices cannot be.
type Instead struct {
	// Presences are what Teams says of rooms' accounts; nil where nothing was read. A room that is not in it stays as it was.
	Presences map[ID]string
	// Managed are Intune's facts; Asked tells that Intune answered. An empty answer takes nothing away.
	Managed []ManagedDevice
	Asked   bool
}

// followInstead writes what was read instead of devices and differs, or forgets all of it once devices can be read.
func (d *devices) followInstead(ctx context.Context) error {
	odd := d.found.Partial || len(d.found.Unsure) > 0
	if d.found.Listed && d.instead && (!odd || len(d.found.Devices) > 0) { // of a list of which nothing could be read nothing follows
		gone, err := forgetInstead(ctx, d.t, d.customer)
		d.changed += gone
		return err
	}
	if err := d.writePresences(ctx); err != nil {
		return err
	}
	return d.writeManaged(ctx)
}

// forgetInstead removes all that was read instead of a customer's devices, and tells how many rows that were.
func forgetInstead(ctx context.Context, t *tx, customer ID) (int, error) {
	gone := 0
	for _, text := range []string{`DELETE FROM room_presences WHERE customer_id = $1`, `DELETE FROM managed_devices WHERE customer_id = $1`} {
		n, err := t.exec(ctx, text, customer)
		if err != nil {
			return 0, fmt.Errorf("forget what was read instead of devices: %w", err)
		}
		gone += int(n)
	}
	return gone, nil
}

// forgetRoomInstead removes what was read instead of a room's devices: the room is out of sight, or its account is another one.
func forgetRoomInstead(ctx context.Context, t *tx, room ID) error {
	for _, text := range []string{`DELETE FROM room_presences WHERE room_id = $1`, `DELETE FROM managed_devices WHERE room_id = $1`} {
		if _, err := t.exec(ctx, text, room); err != nil {
			return fmt.Errorf("forget what was read instead of a room's devices: %w", err)
		}
	}
	return nil
}

func (d *devices) writePresences(ctx context.Context) error {
	if len(d.found.Instead.Presences) == 0 {
		return nil
	}
	type row struct {
		room  ID
		state string
	}
	stored, err := readAll(ctx, d.t, "read the presences of a customer", statement{`SELECT room_id, state FROM room_presences WHERE customer_id = $1`, []any{d.customer}},
		func(rows *sql.Rows, r *row) error { return rows.Scan(&r.room, &r.state) })
	if err != nil {
		return err
	}
	before := make(map[ID]string, len(stored))
	for _, r := range stored {
		before[r.room] = r.state
	}
	for id, state := range d.found.Instead.Presences {
		room := d.rooms[id]
		if room == nil || room.hidden || !room.covered || before[id] == state {
			continue
		}
		d.changed++
		_, err := d.t.exec(ctx, `INSERT INTO room_presences (room_id, customer_id, state, since) VALUES ($1, $2, $3, $4)
			ON CONFLICT (room_id) DO UPDATE SET state = excluded.state, since = excluded.since`, id, d.customer, state, d.t.now)
		if err != nil {
			return fmt.Errorf("write the presence of a room: %w", err)
		}
	}
	return nil
}

func (d *devices) writeManaged(ctx context.Context) error {
	if !d.found.Instead.Asked {
		return nil
	}
	if _, err := d.t.exec(ctx, `UPDATE collect_jobs SET managed_at = $1 WHERE customer_id = $2 AND kind = 'devices'`, millis(d.began), d.customer); err != nil {
		return fmt.Errorf("note when Intune was asked: %w", err)
	}
	if len(d.found.Instead.Managed) == 0 {
		return nil
	}
	stored, err := readAll(ctx, d.t, "read the managed devices of a customer", statement{`SELECT ` + managedColumns + ` FROM managed_devices
		WHERE customer_id = $1`, []any{d.customer}}, scanManaged)
	if err != nil {
		return err
	}
	before := make(map[string]ManagedDevice, len(stored))
	for _, m := range stored {
		before[strings.ToLower(m.IntuneID)] = m
	}
	for _, m := range d.found.Instead.Managed {
		room := d.rooms[m.Room]
		if room == nil || room.hidden || !room.covered {
			continue
		}
		key := strings.ToLower(m.IntuneID)
		was, known := before[key]
		delete(before, key)
		if known {
			m.IntuneID = was.IntuneID
		}
		if !m.LastSync.IsZero() {
			m.LastSync = when(millis(m.LastSync)) // as it would be read back
		}
		if known && was == m {
			continue
		}
		d.changed++
		_, err := d.t.exec(ctx, `INSERT INTO managed_devices (customer_id, `+managedColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
			ON CONFLICT (customer_id, intune_id) DO UPDATE SET room_id = excluded.room_id, found_by = excluded.found_by, name = excluded.name,
				maker = excluded.maker, model = excluded.model, serial = excluded.serial, os = excluded.os, os_version = excluded.os_version,
				compliance = excluded.compliance, last_sync_at = excluded.last_sync_at`,
			d.customer, m.IntuneID, m.Room, m.FoundBy, m.Name, m.Maker, m.Model, m.Serial, m.OS, m.OSVersion, m.Compliance, orNull(m.LastSync))
		if err != nil {
			return fmt.Errorf("write a managed device: %w", err)
		}
	}
	for _, gone := range before {
		d.changed++
		if _, err := d.t.exec(ctx, `DELETE FROM managed_devices WHERE customer_id = $1 AND intune_id = $2`, d.customer, gone.IntuneID); err != nil {
			return fmt.Errorf("forget a managed device: %w", err)
		}
	}
	return nil
}

const managedColumns = `intune_id, room_id, found_by, name, maker, model, serial, os, os_version, compliance, last_sync_at`

func scanManaged(rows *sql.Rows, m *ManagedDevice) error {
	var synced sql.NullInt64
	err := rows.Scan(&m.IntuneID, &m.Room, &m.FoundBy, &m.Name, &m.Maker, &m.Model, &m.Serial, &m.OS, &m.OSVersion, &m.Compliance, &synced)
	m.LastSync = whenOr0(synced)
	return err
}
