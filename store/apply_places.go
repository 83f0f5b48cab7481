package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"roomward/policy"
)

// purgeAfter is how long a room that left the grant by Microsoft's data is kept hidden before it is purged (design 9).
const purgeAfter = 24 * time.Hour

// enoughMisses is how many complete runs must agree that a room or device is not there. Misses are counted up to it: more is no news.
const enoughMisses = 2

// PlaceFound is a room as a complete list of Microsoft's has it.
type PlaceFound struct {
	PlaceID  string // lasting; the lower-case address where Microsoft gives none
	Name     string
	Email    string
	Country  string
	City     string
	Building string
	Floor    string
	Label    string
	Capacity int
}

func (p PlaceFound) place() policy.Place {
	return policy.Place{ID: p.PlaceID, Email: p.Email, Country: p.Country, City: p.City, Building: p.Building}
}

// ApplyPlaces ends a good run of places and writes what changed, all in one transaction. Only found rooms that the grant of this very moment
// covers are written. A stored room that is not among them is hidden at once, and purged when two complete runs and 24 hours agree, unless the outcome
// says that it may be there; where that is partial, nothing follows from what is not among them, and only a room that the list has outside the
// grant is hidden. It tells how many rows of the customer were written. Errors: ErrLeaseLost, ErrNotFound.
func (s *Store) ApplyPlaces(ctx context.Context, work policy.View, o CollectOutcome, found []PlaceFound) (int, error) {
	customer, err := workOn(work)
	if err != nil {
		return 0, err
	}
	changed, purged := 0, 0
	err = s.departing(ctx, s.writeAlone, func(t *tx) ([]Departure, error) {
		grant, err := grantOf(ctx, t, customer)
		if err != nil {
			return nil, err
		}
		p := places{t: t, customer: customer, partial: o.Partial, unsure: keySet(o.Unsure, policy.PlaceKey), outside: keySet(o.Outside, policy.PlaceKey)}
		if err := p.apply(ctx, grant, found); err != nil {
			return nil, err
		}
		changed, purged = p.changed, p.purged
		if purged > 0 {
			if err := eraseLater(ctx, t); err != nil {
				return nil, err
			}
		}
		o.Changed = changed
		return finish(ctx, t, customer, o)
	})
	if err == nil && purged > 0 {
		if err := s.Erase(ctx); err != nil { // the note stays: it is done another time
			s.log.WarnContext(ctx, "erase the bytes of purged rooms", "error", err)
		}
	}
	return changed, err
}

func grantOf(ctx context.Context, t *tx, customer ID) (policy.Grant, error) {
	var text string
	var grant policy.Grant
	if err := t.QueryRowContext(ctx, `SELECT grant_json FROM customers WHERE id = $1`, customer).Scan(&text); err != nil {
		return grant, notFound(err, "read the grant of a customer")
	}
	return grant, fromJSON(text, &grant)
}

// places is one comparison of found with stored rooms.
type places struct {
	t        *tx
	customer ID
	partial  bool
	unsure   map[string]bool // keys of stored rooms that may be there
	outside  map[string]bool // keys of listed rooms that the grant does not cover
	changed  int             // rows written
	purged   int
	moved    bool // the set of rooms changed
	placed   []ID // rooms that need a cell
	revised  []ID // rooms whose facts are others now, or that came or were hidden
}

type storedPlace struct {
	PlaceFound
	id     ID
	words  string // its column search
	hidden sql.NullInt64
	misses int
	there  bool // found again
}

func (p *places) apply(ctx context.Context, grant policy.Grant, found []PlaceFound) error {
	stored, err := p.stored(ctx)
	if err != nil {
		return err
	}
	byKey, byAddress := make(map[string]*storedPlace, len(stored)), map[string]string{}
	for i := range stored {
		byKey[policy.PlaceKey(stored[i].PlaceID)] = &stored[i]
	}
	for _, f := range found {
		if !grant.Covers(f.place()) { // the grant became another one meanwhile
			p.outside[policy.PlaceKey(f.PlaceID)] = true
			continue
		}
		room := byKey[policy.PlaceKey(f.PlaceID)]
		if room == nil { // Microsoft may begin to give a lasting id to a room that was known by its address
			room = byKey[policy.PlaceKey(f.Email)]
		}
		if room != nil && room.there {
			continue // twice in the list
		}
		if err := p.keep(ctx, f, room); err != nil {
			return err
		}
		if room == nil {
			byKey[policy.PlaceKey(f.PlaceID)] = &storedPlace{PlaceFound: f, there: true}
		}
		if address := policy.PlaceKey(f.Email); byAddress[address] == "" && address != "" && address != policy.PlaceKey(f.PlaceID) {
			byAddress[address] = f.PlaceID
		}
	}
	if err := p.chooseByID(ctx, grant, byAddress); err != nil {
		return err
	}
	for i := range stored {
		room := &stored[i]
		switch {
		case room.there:
			continue
		case p.outside[policy.PlaceKey(room.PlaceID)] && !room.hidden.Valid && (p.partial || p.unsure[policy.PlaceKey(room.PlaceID)]):
			err = p.hide(ctx, room, 0) // no complete run has missed it
		case !p.partial && !p.unsure[policy.PlaceKey(room.PlaceID)]:
			err = p.miss(ctx, room)
		}
		if err != nil {
			return err
		}
	}
	return p.follow(ctx)
}

// chooseByID names rooms that were chosen by their address, for want of an id, by the one they have now: their address may be that of another room one
// day, which nobody chose. The same rooms stay covered, so that what is agreed and the rules keep their versions.
func (p *places) chooseByID(ctx context.Context, grant policy.Grant, byAddress map[string]string) error {
	grant, changed := grant.NamedByID(byAddress)
	if !changed {
		return nil
	}
	text, err := toJSON(grant)
	if err != nil {
		return err
	}
	if _, err := p.t.exec(ctx, `UPDATE customers SET grant_json = $1 WHERE id = $2`, text, p.customer); err != nil {
		return fmt.Errorf("name chosen rooms by their ids: %w", err)
	}
	return nil
}

func (p *places) stored(ctx context.Context) ([]storedPlace, error) {
	return readAll(ctx, p.t, "read the rooms of a customer", statement{`SELECT id, place_id, name, email, country, city, building, floor, label,
			capacity, search, hidden_at, misses FROM rooms WHERE customer_id = $1`, []any{p.customer}},
		func(rows *sql.Rows, r *storedPlace) error {
			return rows.Scan(&r.id, &r.PlaceID, &r.Name, &r.Email, &r.Country, &r.City, &r.Building, &r.Floor, &r.Label, &r.Capacity,
				&r.words, &r.hidden, &r.misses)
		})
}

// keySet are keys in the form in which they are compared.
func keySet(keys []string, form func(string) string) map[string]bool {
	out := make(map[string]bool, len(keys))
	for _, key := range keys {
		out[form(key)] = true
	}
	return out
}

// KnownPlace is what tells a stored room from others: its key, which is its address while Microsoft gave it no lasting id.
type KnownPlace struct {
	PlaceID string
	Email   string
	Name    string
	Hidden  bool
}

// KnownPlaces reads the rooms that are stored of one customer, hidden ones, too.
func (s *Store) KnownPlaces(ctx context.Context, work policy.View) ([]KnownPlace, error) {
	var out []KnownPlace
	customer, err := workOn(work)
	if err != nil {
		return nil, err
	}
	err = s.read(ctx, func(t *tx) error {
		out, err = readAll(ctx, t, "read the rooms to compare", statement{`SELECT place_id, email, name, hidden_at IS NOT NULL FROM rooms
			WHERE customer_id = $1 ORDER BY place_id`, []any{customer}},
			func(rows *sql.Rows, k *KnownPlace) error { return rows.Scan(&k.PlaceID, &k.Email, &k.Name, &k.Hidden) })
		return err
	})
	return out, err
}

// keep writes a granted room that is new, changed, or back.
func (p *places) keep(ctx context.Context, f PlaceFound, room *storedPlace) error {
	if room == nil {
		id := policy.NewID()
		_, err := p.t.exec(ctx, `INSERT INTO rooms (id, customer_id, place_id, name, email, country, city, building, floor, label, capacity,
				search, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
			id, p.customer, f.PlaceID, f.Name, f.Email, f.Country, f.City, f.Building, f.Floor, f.Label, f.Capacity, f.search(), p.t.now)
		if err != nil {
			return fmt.Errorf("keep a new room: %w", err)
		}
		p.changed, p.moved, p.placed, p.revised = p.changed+1, true, append(p.placed, id), append(p.revised, id)
		return nil
	}
	room.there = true
	if room.PlaceFound == f && !room.hidden.Valid && room.words == f.search() {
		return nil
	}
	if room.hidden.Valid {
		p.moved, p.placed = true, append(p.placed, room.id)
	}
	p.changed, p.revised = p.changed+1, append(p.revised, room.id)
	_, err := p.t.exec(ctx, `UPDATE rooms SET place_id = $1, name = $2, email = $3, country = $4, city = $5, building = $6, floor = $7, label = $8,
			capacity = $9, search = $10, hidden_at = NULL, misses = 0, updated_at = $11, account_id = CASE WHEN email = $3 THEN account_id ELSE '' END
		WHERE id = $12`, f.PlaceID, f.Name, f.Email, f.Country, f.City, f.Building, f.Floor, f.Label, f.Capacity, f.search(), p.t.now, room.id)
	if err != nil {
		return fmt.Errorf("change a room: %w", err)
	}
	if room.Email != f.Email {
		return forgetRoomInstead(ctx, p.t, room.id)
	}
	return nil
}

// miss hides a room that is not there any more, counts, and purges.
func (p *places) miss(ctx context.Context, room *storedPlace) error {
	if !room.hidden.Valid {
		return p.hide(ctx, room, 1)
	}
	misses := min(room.misses+1, enoughMisses)
	if misses >= enoughMisses && p.t.now-room.hidden.Int64 >= purgeAfter.Milliseconds() {
		return p.purge(ctx, room.id)
	}
	if misses == room.misses {
		return nil
	}
	p.changed++
	if _, err := p.t.exec(ctx, `UPDATE rooms SET misses = $1 WHERE id = $2`, misses, room.id); err != nil {
		return fmt.Errorf("count the misses of a room: %w", err)
	}
	return nil
}

// hide takes a room out of sight; misses are the complete runs that did not find it.
func (p *places) hide(ctx context.Context, room *storedPlace, misses int) error {
	p.changed, p.moved, p.revised = p.changed+1, true, append(p.revised, room.id)
	_, err := p.t.exec(ctx, `UPDATE rooms SET hidden_at = $1, misses = $2, updated_at = $1 WHERE id = $3`, p.t.now, misses, room.id)
	if err != nil {
		return fmt.Errorf("hide a room: %w", err)
	}
	if err := forgetRoomInstead(ctx, p.t, room.id); err != nil {
		return err
	}
	return moveToCell(ctx, p.t, []ID{room.id}, nil)
}

// purge removes a room with all that refers to it, scopes that name it alone included.
func (p *places) purge(ctx context.Context, room ID) error {
	p.changed, p.purged, p.moved = p.changed+1, p.purged+1, true
	for _, statement := range []string{
		`DELETE FROM rooms WHERE id = $1 AND customer_id = $2`,
		`DELETE FROM cells WHERE room_id = $1 AND customer_id = $2`,
	} {
		if _, err := p.t.exec(ctx, statement, room, p.customer); err != nil {
			return fmt.Errorf("purge a room: %w", err)
		}
	}
	if _, err := p.t.exec(ctx, `DELETE FROM assignment_scopes WHERE customer_id = $1 AND scope = $2`, p.customer, "room:"+room.String()); err != nil {
		return fmt.Errorf("purge the scopes of a room: %w", err)
	}
	_, err := p.t.exec(ctx, `DELETE FROM change_requests WHERE customer_id = $1 AND event = 'action' AND object_id = $2`, p.customer, room.String())
	if err != nil {
		return fmt.Errorf("purge the requests about a room: %w", err)
	}
	return nil
}

// follow brings groups, cells, numbers and versions after the rooms.
func (p *places) follow(ctx context.Context) error {
	if err := placeByFacts(ctx, p.t, p.customer, p.revised, p.placed); err != nil {
		return err
	}
	if p.changed == 0 {
		return nil
	}
	_, err := p.t.exec(ctx, `UPDATE customers SET data_version = data_version + 1,
		rooms = (SELECT count(*) FROM rooms WHERE customer_id = $1 AND hidden_at IS NULL) WHERE id = $1`, p.customer)
	if err != nil {
		return fmt.Errorf("count the rooms of a customer: %w", err)
	}
	if len(p.placed) > 0 { // whoever waits for a room waits for its devices
		_, err := p.t.exec(ctx, `UPDATE collect_jobs SET due_at = $1 WHERE customer_id = $2 AND kind = 'devices' AND due_at > $1`, p.t.now, p.customer)
		if err != nil {
			return fmt.Errorf("make a collection of devices due: %w", err)
		}
	}
	if !p.moved {
		return nil
	}
	return raiseRules(ctx, p.t, p.customer)
}
