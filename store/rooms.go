package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"roomward/policy"
)

// Room is a granted room as people see it.
type Room struct {
	ID           ID
	Customer     ID
	CustomerName string
	Name         string
	Email        string
	Country      string
	City         string
	Building     string
	Floor        string
	Label        string
	Capacity     int
	Maker        string
	Model        string
	Health       string
	HealthRank   int // worst first; part of the order by health
	Critical     int // open incidents by severity, as far as they decide about health
	Important    int
	Warning      int
	// OpenIncidents counts those that the reader may see as incidents.
	OpenIncidents int
	LastSeenAt    time.Time // the last good moment of a room that is offline or unmonitored; else zero
	DataAt        time.Time // the last good collection of this customer's devices; zero before the first
	// Presence is what Teams says of the room's account while devices cannot be read; "" for nothing.
	Presence      string
	PresenceSince time.Time
	PresenceAt    time.Time // when it was asked last
}

// RoomSort is an order of rooms.
type RoomSort string

const (
	// RoomsByHealth is worst first, then by name: the default.
	RoomsByHealth RoomSort = "health"
	// RoomsByHealthDown is best first, then by name backwards.
	RoomsByHealthDown RoomSort = "-health"
	// RoomsByName is A to Z by code point.
	RoomsByName RoomSort = "name"
	// RoomsByNameDown is Z to A.
	RoomsByNameDown RoomSort = "-name"
	// RoomsBySeen is the longest unseen first; rooms that are seen now come last.
	RoomsBySeen RoomSort = "lastSeen"
	// RoomsBySeenDown is the other way round.
	RoomsBySeenDown RoomSort = "-lastSeen"
	// RoomsByIncidents is the fewest open incidents first: critical ones weigh most, then important ones.
	RoomsByIncidents RoomSort = "incidents"
	// RoomsByIncidentsDown is the other way round.
	RoomsByIncidentsDown RoomSort = "-incidents"
)

// RoomKey says where in an order a room stands. Value is what the order is by, where that is a number.
type RoomKey struct {
	Value int64
	Name  string
	ID    ID
}

// RoomQuery asks for one page of rooms.
type RoomQuery struct {
	Filter RoomFilter
	Sort   RoomSort // "" is RoomsByHealth
	After  *RoomKey // the last room of the page before; nil is the beginning
	Limit  int
	Total  bool // count all that match, in the page's own moment
}

// RoomList is one page of rooms. Total is set when it was asked for.
type RoomList struct {
	Rooms []Room
	More  bool
	Total int
}

// RoomFacets are the values that occur among the visible rooms, most frequent first, each list with all filters but its own.
type RoomFacets struct {
	Customers, Countries, Cities, Buildings, Makers, Models []Facet
	Groups                                                  []Facet // of the filter's customer; none where it names none
}

// manyRooms is sqrt(50 x 200,000 / 4.5), see choose.
const manyRooms = 1_500

// Rooms reads one page of the rooms that a view shows. incidents is the view of tickets.view, for OpenIncidents.
func (s *Store) Rooms(ctx context.Context, v, incidents policy.View, q RoomQuery) (RoomList, error) {
	var out RoomList
	v = q.Filter.narrow(v)
	err := s.readViews(ctx, []policy.View{v, incidents, q.Filter.Grouped}, func(t *tx) error {
		ids, err := findRooms(ctx, t, v, q)
		if err != nil {
			return err
		}
		if out.More = len(ids) > pageSize(q.Limit); out.More {
			ids = ids[:pageSize(q.Limit)]
		}
		if out.Rooms, err = roomsByID(ctx, t, incidents, ids); err != nil {
			return err
		}
		if q.Total {
			out.Total, err = countRooms(ctx, t, v, q.Filter)
		}
		return err
	})
	return out, err
}

// RoomDetail is one room with what only its details show.
type RoomDetail struct {
	Room
	Devices   int
	CreatedAt time.Time // when it was first collected
	Groups    []Named   // the room groups that it is in, by name; nil without groups.view in this room
}

// Room reads one room. ErrNotFound when it is not there or not in the view. incidents is as in Rooms, groups the view of groups.view.
func (s *Store) Room(ctx context.Context, v, incidents, groups policy.View, id ID) (RoomDetail, error) {
	var out RoomDetail
	err := s.readViews(ctx, []policy.View{v, incidents, groups}, func(t *tx) error {
		if err := seeRoom(ctx, t, v, id); err != nil {
			return err
		}
		rooms, err := roomsByID(ctx, t, incidents, []ID{id})
		if err != nil {
			return err
		}
		out.Room = rooms[0]
		var created, cell int64
		err = t.QueryRowContext(ctx, `SELECT created_at, cell_id, (SELECT count(*) FROM devices WHERE room_id = $1) FROM rooms WHERE id = $1`, id).
			Scan(&created, &cell, &out.Devices)
		if err != nil {
			return fmt.Errorf("read the details of a room: %w", err)
		}
		out.CreatedAt = when(created)
		if groups.Sees(out.Customer, cell) {
			out.Groups, err = groupsOfRoom(ctx, t, id)
		}
		return err
	})
	return out, err
}

// RoomCounts counts the visible rooms by health, with all filters but that of health.
func (s *Store) RoomCounts(ctx context.Context, v policy.View, f RoomFilter) (map[string]int, error) {
	var out map[string]int
	f.Health = nil
	v = f.narrow(v)
	err := s.readViews(ctx, []policy.View{v, f.Grouped}, func(t *tx) error {
		var err error
		out, err = countRoomsByHealth(ctx, t, v, f)
		return err
	})
	return out, err
}

// RoomFacets reads the values that the filters of the visible rooms can take. Lists whose filter is empty are read together.
func (s *Store) RoomFacets(ctx context.Context, v policy.View, f RoomFilter) (RoomFacets, error) {
	var out RoomFacets
	err := s.readViews(ctx, []policy.View{v, f.Grouped}, func(t *tx) error {
		var err error
		if out.Customers, err = roomCustomers(ctx, t, v, f); err != nil {
			return err
		}
		if out.Groups, err = roomGroupFacet(ctx, t, v, f); err != nil {
			return err
		}
		var together []tally
		for _, facet := range []struct {
			mine *[]string
			tally
		}{
			{&f.Country, tally{column: "r.country", into: &out.Countries}},
			{&f.City, tally{column: "r.city", into: &out.Cities}},
			{&f.Building, tally{column: "r.building", into: &out.Buildings}},
			{&f.Maker, tally{column: "r.maker", into: &out.Makers}},
			{&f.Model, tally{column: "r.model", into: &out.Models}},
		} {
			if len(*facet.mine) == 0 {
				together = append(together, facet.tally)
				continue
			}
			kept := *facet.mine
			*facet.mine = nil
			err := tallyRooms(ctx, t, v, f, []tally{facet.tally})
			*facet.mine = kept
			if err != nil {
				return err
			}
		}
		return tallyRooms(ctx, t, v, f, together)
	})
	return out, err
}

func tallyRooms(ctx context.Context, t *tx, v policy.View, f RoomFilter, tallies []tally) error {
	c, err := f.where(f.narrow(v), byCell)
	if err != nil {
		return err
	}
	return readTallies(ctx, t, `FROM rooms r WHERE `+c.String(), c.args, tallies)
}

// roomCustomers are the customers of what a filter, but for its customer, leaves of a view.
func roomCustomers(ctx context.Context, t *tx, v policy.View, f RoomFilter) ([]Facet, error) {
	f.Customer = 0
	const doing = "read the customers of rooms"
	if f.counted() {
		c, err := f.countedWhere(v.CellsJSON())
		if err != nil {
			return nil, err
		}
		return readAll(ctx, t, doing, customerFacet("sum(r.n)", `FROM room_counts r JOIN cells k ON k.id = r.cell_id
			JOIN customers c ON c.id = k.customer_id WHERE `+c.String(), c.args), scanCustomerFacet)
	}
	c, err := f.where(v, byCell)
	if err != nil {
		return nil, err
	}
	return readAll(ctx, t, doing, customerFacet("count(*)", `FROM rooms r JOIN customers c ON c.id = r.customer_id WHERE `+c.String(), c.args), scanCustomerFacet)
}

// seeRoom is ErrNotFound for a room that the view does not show.
func seeRoom(ctx context.Context, t *tx, v policy.View, id ID) error {
	var one int
	condition, cells := seen("r.cell_id", 2, v)
	err := t.QueryRowContext(ctx, `SELECT 1 FROM rooms r WHERE r.id = $1 AND `+condition, id, cells).Scan(&one)
	if err != nil {
		return notFound(err, "look for a room")
	}
	return nil
}

// roomsByID reads rooms whose ids a view has let through in this transaction, in the order of the ids.
func roomsByID(ctx context.Context, t *tx, incidents policy.View, ids []ID) ([]Room, error) {
	list, err := toJSON(numbers(ids))
	if err != nil {
		return nil, err
	}
	condition, cells := seen("i.cell_id", 2, incidents)
	rooms, err := readAll(ctx, t, "read rooms", statement{`SELECT r.id, r.customer_id, c.name, r.name, r.email, r.country, r.city, r.building,
			r.floor, r.label, r.capacity, r.maker, r.model, r.health, r.health_rank, r.critical, r.important, r.warning,
			(SELECT count(*) FROM incidents i WHERE i.room_id = r.id AND i.open = 1 AND ` + condition + `),
			r.last_seen_at, j.last_good_at, p.state, p.since, j.presence_at
		FROM rooms r JOIN customers c ON c.id = r.customer_id
		LEFT JOIN collect_jobs j ON j.customer_id = r.customer_id AND j.kind = 'devices'
		LEFT JOIN room_presences p ON p.room_id = r.id
		WHERE r.id ` + inSet(1), []any{list, cells}}, scanRoom)
	if err != nil {
		return nil, err
	}
	at := make(map[ID]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	ordered := make([]Room, len(rooms))
	for _, r := range rooms {
		ordered[at[r.ID]] = r
	}
	return ordered, nil
}

func scanRoom(rows *sql.Rows, r *Room) error {
	// In one struct, which escapes once: each of them alone would be an allocation of every row.
	var n struct {
		capacity, rank, critical, important, warning, open int64
		seen, good, since, asked                           sql.NullInt64
		presence                                           sql.NullString
	}
	err := rows.Scan(integer(&r.ID), integer(&r.Customer), &r.CustomerName, &r.Name, &r.Email, &r.Country, &r.City, &r.Building,
		&r.Floor, &r.Label, &n.capacity, &r.Maker, &r.Model, &r.Health, &n.rank, &n.critical, &n.important, &n.warning, &n.open, &n.seen, &n.good, &n.presence, &n.since, &n.asked)
	r.Capacity, r.HealthRank, r.Critical, r.Important, r.Warning = int(n.capacity), int(n.rank), int(n.critical), int(n.important), int(n.warning)
	r.OpenIncidents, r.LastSeenAt, r.DataAt = int(n.open), whenOr0(n.seen), whenOr0(n.good)
	if n.presence.Valid && n.asked.Valid && r.Health == "unmonitored" { // nothing but a device says more
		r.Presence, r.PresenceSince, r.PresenceAt = n.presence.String, whenOr0(n.since), whenOr0(n.asked)
	}
	return err
}
