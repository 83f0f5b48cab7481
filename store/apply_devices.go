package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"roomward/policy"
)

// KnownRoom is a room that collecting may match devices to.
type KnownRoom struct {
	ID      ID
	Email   string
	Account string // object id of its resource account; "" while it is not known
}

// KnownDevice is what a run needs to know of a stored device before it asks Microsoft.
type KnownDevice struct {
	ID       ID
	GraphID  string
	Room     ID
	Serial   string
	Health   string    // as listed last
	Misses   int       // complete runs in a row that did not list it
	Read     bool      // its health was read once
	Bad      bool      // a signal is not good, or an incident is open
	Resolved time.Time // of the incident that waits longest for its closing; zero when none does
}

// CollectKnown is what is stored of the rooms and devices of one customer, hidden rooms left out.
type CollectKnown struct {
	Rooms   []KnownRoom
	Devices []KnownDevice
}

// CollectKnown reads what a run of devices compares with.
func (s *Store) CollectKnown(ctx context.Context, work policy.View) (CollectKnown, error) {
	var out CollectKnown
	customer, err := workOn(work)
	if err != nil {
		return out, err
	}
	err = s.read(ctx, func(t *tx) error {
		var err error
		out.Rooms, err = readAll(ctx, t, "read the rooms to match", statement{`SELECT id, email, account_id FROM rooms
			WHERE customer_id = $1 AND hidden_at IS NULL`, []any{customer}},
			func(rows *sql.Rows, r *KnownRoom) error { return rows.Scan(&r.ID, &r.Email, &r.Account) })
		if err != nil {
			return err
		}
		out.Devices, err = readAll(ctx, t, "read the known devices", statement{`SELECT d.id, d.graph_id, d.room_id, d.serial, d.health, d.misses,
				(SELECT max(s.state <> 'good') FROM signals s WHERE s.device_id = d.id),
				EXISTS (SELECT 1 FROM incidents i WHERE i.device_id = d.id AND i.open = 1),
				(SELECT min(i.resolved_at) FROM incidents i WHERE i.device_id = d.id AND i.state = 'resolved')
			FROM devices d JOIN rooms r ON r.id = d.room_id WHERE d.customer_id = $1 AND r.hidden_at IS NULL`, []any{customer}},
			func(rows *sql.Rows, d *KnownDevice) error {
				var bad sql.NullBool
				var resolved sql.NullInt64
				err := rows.Scan(&d.ID, &d.GraphID, &d.Room, &d.Serial, &d.Health, &d.Misses, &bad, &d.Bad, &resolved)
				d.Read, d.Bad, d.Resolved = bad.Valid, d.Bad || bad.Bool, whenOr0(resolved)
				return err
			})
		return err
	})
	return out, err
}

// DeviceFound is a device as the list has it, with the versions of its health where that was read.
type DeviceFound struct {
	GraphID  string
	Room     ID
	Kind     string
	Maker    string
	Model    string
	Serial   string
	AssetTag string
	Health   string
	Activity string
	// Read tells that the health was read in this run: then the versions count, and the rules are asked.
	Read       bool
	AppVersion string
	OSVersion  string
	Firmware   string
}

// DevicesFound is what a run of devices found out.
type DevicesFound struct {
	// Listed tells that devices were listed. Partial: some of the list tell not even an id, so that no stored device counts as missing.
	Listed  bool
	Partial bool
	// Unsure are the ids of listed devices of which no more could be read: these do not count as missing.
	Unsure  []string
	Devices []DeviceFound
	// Accounts are the object ids of resource accounts that were found out, by room.
	Accounts map[ID]string
	// Blind tells that the devices of the customer cannot be read at all, and that this will not pass by itself.
	Blind bool
	// Instead is what was read because of that.
	Instead Instead
	Rules   DeviceRules
}

// ApplyDevices ends a run of devices and writes what changed, all in one transaction: devices, signals, incidents, and the health of the rooms
// that follows. Only devices whose room is stored, not hidden, and covered by the grant of this very moment are written. The rules decide
// over what is stored now, so that nothing depends on what was read before the fetch. It tells how many rows of the customer were written.
// Errors: ErrLeaseLost, ErrNotFound.
func (s *Store) ApplyDevices(ctx context.Context, work policy.View, o CollectOutcome, found DevicesFound) (int, error) {
	customer, err := workOn(work)
	if err != nil {
		return 0, err
	}
	changed := 0
	err = s.departing(ctx, s.writeAlone, func(t *tx) ([]Departure, error) {
		d := devices{t: t, customer: customer, found: found, began: o.StartedAt, rooms: map[ID]*deviceRoom{}}
		if err := d.apply(ctx); err != nil {
			return nil, err
		}
		changed = d.changed
		o.Changed = changed
		return finish(ctx, t, customer, o)
	})
	return changed, err
}

// devices is one comparison of found with stored devices.
type devices struct {
	t        *tx
	customer ID
	found    DevicesFound
	began    time.Time // of this run
	lastPoll time.Time // when the last complete run began
	instead  bool      // something else was read instead of devices
	rooms    map[ID]*deviceRoom
	stored   map[string]*storedDevice // by lower-case graph id
	changed  int
	revised  []ID // rooms of which groups by rules may think otherwise now
}

type deviceRoom struct {
	cell     sql.NullInt64
	covered  bool
	hidden   bool
	account  string
	health   RoomAfter
	affected bool // a device of it may have changed
}

type storedDevice struct {
	DeviceFound
	id      ID
	misses  int
	updated int64
	listed  bool
	judged  *DeviceBefore // what is stored of its signals and incidents, once that is known
}

func (d *devices) apply(ctx context.Context) error {
	if err := d.load(ctx); err != nil {
		return err
	}
	if err := d.learnAccounts(ctx); err != nil {
		return err
	}
	for _, f := range d.found.Devices {
		room := d.rooms[f.Room]
		if room == nil || room.hidden || !room.covered {
			continue
		}
		if err := d.keep(ctx, f, room); err != nil {
			return err
		}
	}
	if d.found.Listed && !d.found.Partial {
		unsure := keySet(d.found.Unsure, strings.ToLower)
		for key, s := range d.stored {
			room := d.rooms[s.Room]
			if s.listed || room == nil || room.hidden || unsure[key] {
				continue
			}
			if err := d.miss(ctx, s, room); err != nil {
				return err
			}
		}
	}
	if err := d.judgeRooms(ctx); err != nil {
		return err
	}
	if err := d.followInstead(ctx); err != nil {
		return err
	}
	if d.changed == 0 {
		return nil
	}
	if err := placeByFacts(ctx, d.t, d.customer, d.revised, nil); err != nil {
		return err
	}
	if _, err := d.t.exec(ctx, `UPDATE customers SET data_version = data_version + 1 WHERE id = $1`, d.customer); err != nil {
		return fmt.Errorf("raise the data version of a customer: %w", err)
	}
	return nil
}

func (d *devices) load(ctx context.Context) error {
	grant, err := grantOf(ctx, d.t, d.customer)
	if err != nil {
		return err
	}
	var good sql.NullInt64
	err = d.t.QueryRowContext(ctx, `SELECT last_good_at, presence_at IS NOT NULL OR managed_at IS NOT NULL FROM collect_jobs
		WHERE customer_id = $1 AND kind = 'devices'`, d.customer).Scan(&good, &d.instead)
	if err != nil {
		return notFound(err, "read the last collection of devices")
	}
	d.lastPoll = whenOr0(good)
	type row struct {
		id ID
		deviceRoom
	}
	rooms, err := readAll(ctx, d.t, "read the rooms of a customer", statement{`SELECT id, cell_id, place_id, email, country, city, building, account_id,
			hidden_at IS NOT NULL, health, health_rank, critical, important, warning, last_seen_at, maker, model
		FROM rooms WHERE customer_id = $1`, []any{d.customer}}, func(rows *sql.Rows, r *row) error {
		var place policy.Place
		var seen sql.NullInt64
		h := &r.health
		err := rows.Scan(&r.id, &r.cell, &place.ID, &place.Email, &place.Country, &place.City, &place.Building, &r.account, &r.hidden,
			&h.Health, &h.Rank, &h.Critical, &h.Important, &h.Warning, &seen, &h.Maker, &h.Model)
		h.LastSeen, r.covered = whenOr0(seen), grant.Covers(place)
		return err
	})
	if err != nil {
		return err
	}
	for i := range rooms {
		d.rooms[rooms[i].id] = &rooms[i].deviceRoom
	}
	stored, err := readAll(ctx, d.t, "read the devices of a customer", statement{`SELECT id, room_id, graph_id, kind, maker, model, serial, asset_tag,
			health, activity, app_version, os_version, firmware, misses, updated_at
		FROM devices WHERE customer_id = $1`, []any{d.customer}}, func(rows *sql.Rows, s *storedDevice) error {
		return rows.Scan(&s.id, &s.Room, &s.GraphID, &s.Kind, &s.Maker, &s.Model, &s.Serial, &s.AssetTag, &s.Health, &s.Activity,
			&s.AppVersion, &s.OSVersion, &s.Firmware, &s.misses, &s.updated)
	})
	if err != nil {
		return err
	}
	d.stored = make(map[string]*storedDevice, len(stored))
	for i := range stored {
		d.stored[strings.ToLower(stored[i].GraphID)] = &stored[i]
	}
	return nil
}

func (d *devices) learnAccounts(ctx context.Context) error {
	for id, account := range d.found.Accounts {
		room := d.rooms[id]
		if room == nil || room.hidden || !room.covered || room.account == account {
			continue
		}
		d.changed++
		if _, err := d.t.exec(ctx, `UPDATE rooms SET account_id = $1 WHERE id = $2`, account, id); err != nil {
			return fmt.Errorf("keep the account of a room: %w", err)
		}
	}
	return nil
}

// keep writes a device that is new, changed, moved, or back, and asks the rules about its health where that was read.
func (d *devices) keep(ctx context.Context, f DeviceFound, room *deviceRoom) error {
	s := d.stored[strings.ToLower(f.GraphID)]
	if s == nil {
		s = &storedDevice{DeviceFound: f, id: policy.NewID(), updated: d.t.now, listed: true}
		s.judged = &DeviceBefore{GraphID: f.GraphID, Kind: f.Kind, LastPoll: d.lastPoll} // a new one has nothing yet
		d.stored[strings.ToLower(f.GraphID)] = s
		d.changed++
		_, err := d.t.exec(ctx, `INSERT INTO devices (id, customer_id, room_id, cell_id, graph_id, kind, maker, model, serial, asset_tag, health, activity,
				app_version, os_version, firmware, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)`,
			s.id, d.customer, f.Room, room.cell, f.GraphID, f.Kind, f.Maker, f.Model, f.Serial, f.AssetTag, f.Health, f.Activity,
			f.AppVersion, f.OSVersion, f.Firmware, d.t.now)
		if err != nil {
			return fmt.Errorf("keep a new device: %w", err)
		}
		room.affected = true
		d.revise(f.Room)
		return d.judge(ctx, s)
	}
	if s.listed {
		return nil // twice in the list
	}
	s.listed = true
	f.AppVersion, f.OSVersion, f.Firmware = cmp.Or(f.AppVersion, s.AppVersion), cmp.Or(f.OSVersion, s.OSVersion), cmp.Or(f.Firmware, s.Firmware)
	f.GraphID = s.GraphID // its case says nothing
	s.Read = f.Read
	if s.DeviceFound != f || s.misses > 0 {
		if err := d.change(ctx, s, f, room); err != nil {
			return err
		}
	}
	if !f.Read {
		return nil
	}
	room.affected = true
	return d.judge(ctx, s)
}

func (d *devices) change(ctx context.Context, s *storedDevice, f DeviceFound, room *deviceRoom) error {
	d.changed++
	room.affected = true
	_, err := d.t.exec(ctx, `UPDATE devices SET room_id = $1, cell_id = $2, kind = $3, maker = $4, model = $5, serial = $6, asset_tag = $7,
			health = $8, activity = $9, app_version = $10, os_version = $11, firmware = $12, misses = 0, updated_at = $13 WHERE id = $14`,
		f.Room, room.cell, f.Kind, f.Maker, f.Model, f.Serial, f.AssetTag, f.Health, f.Activity, f.AppVersion, f.OSVersion, f.Firmware,
		d.t.now, s.id)
	if err != nil {
		return fmt.Errorf("change a device: %w", err)
	}
	if s.Room != f.Room || s.Kind != f.Kind {
		d.revise(s.Room)
		d.revise(f.Room)
	}
	if s.Room != f.Room {
		if old := d.rooms[s.Room]; old != nil {
			old.affected = true
		}
		for _, statement := range []string{
			`UPDATE signals SET room_id = $1 WHERE device_id = $2`,
			`UPDATE incidents SET room_id = $1, cell_id = (SELECT cell_id FROM rooms WHERE id = $1) WHERE device_id = $2`,
		} {
			if _, err := d.t.exec(ctx, statement, f.Room, s.id); err != nil {
				return fmt.Errorf("move a device to another room: %w", err)
			}
		}
	}
	s.DeviceFound, s.misses, s.updated = f, 0, d.t.now
	return nil
}

func (d *devices) revise(room ID) { d.revised = append(d.revised, room) }

// miss counts a device that a complete list leaves out. Its first miss is the moment that it is missing since.
func (d *devices) miss(ctx context.Context, s *storedDevice, room *deviceRoom) error {
	if s.misses < enoughMisses {
		s.misses++
		if s.misses == 1 {
			s.updated = d.t.now
		}
		d.changed++
		if _, err := d.t.exec(ctx, `UPDATE devices SET misses = $1, updated_at = $2 WHERE id = $3`, s.misses, s.updated, s.id); err != nil {
			return fmt.Errorf("count the misses of a device: %w", err)
		}
	}
	room.affected = room.affected || s.misses >= enoughMisses
	return d.judge(ctx, s)
}

// judge asks the rules what follows for a device and writes it.
func (d *devices) judge(ctx context.Context, s *storedDevice) error {
	before, err := d.before(ctx, s)
	if err != nil {
		return err
	}
	var after DeviceAfter
	switch {
	case !s.listed:
		after = d.found.Rules.Missing(before, s.misses, when(s.updated), when(d.t.now))
	case s.Read:
		after = d.found.Rules.Device(before, when(d.t.now))
	default:
		return nil
	}
	w := deviceWriter{t: d.t, device: s.id, room: s.Room, customer: d.customer, cell: d.rooms[s.Room].cell}
	err = w.write(ctx, before, after)
	d.changed += w.changed
	s.judged = judgedAs(before, after)
	return err
}
