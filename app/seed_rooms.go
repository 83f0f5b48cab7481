package app

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"roomward/app/graph"
	"roomward/app/incidents"
	"roomward/policy"
	"roomward/store"
)

// furnish makes the rooms of a customer: four buildings in up to three cities, a quarter of the rooms in each.
func (c *seedCustomer) furnish() {
	cities := seedCities()
	home := cities[c.number%len(cities)]
	away, far := cities[c.rand.IntN(len(cities))], cities[c.rand.IntN(len(cities))]
	first := c.rand.IntN(6)
	words := seedWords()
	start := c.rand.IntN(len(words))
	numbered := c.rand.IntN(2) == 0
	for building, site := range []seedCity{home, home, away, far} {
		place := site.buildings[(first+building)%len(site.buildings)]
		for n := range c.rooms / 4 {
			floor := 1 + n/12
			k := building*c.rooms/4 + n
			name := site.room + " " + words[(start+k)%len(words)]
			switch {
			case numbered:
				name = fmt.Sprintf("%s %d.%02d", place, floor, 1+n%12)
			case k >= len(words):
				name = fmt.Sprintf("%s %d", name, 1+k/len(words))
			}
			email := seedSlug(name) + "@" + c.Invitation.Domains[0]
			c.Rooms = append(c.Rooms, store.SeedRoom{ID: c.NewID(), Account: seedGUID(c.rand), PlaceFound: store.PlaceFound{
				PlaceID: seedGUID(c.rand), Name: name, Email: email, Country: site.country, City: site.city, Building: place,
				Floor: fmt.Sprint(floor), Capacity: c.capacity()}})
		}
	}
}

// capacity of a room: most are small.
func (c *seedCustomer) capacity() int {
	sizes := []int{4, 4, 4, 6, 6, 6, 6, 8, 8, 8, 10, 10, 12, 12, 16, 20, 30}
	return sizes[c.rand.IntN(len(sizes))]
}

// seedSlug is the local part of an address: small letters without accents, digits and dashes.
func seedSlug(name string) string {
	name = strings.NewReplacer("ø", "o", "Ø", "o", "ł", "l", "Ł", "l").Replace(name)
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == ' ':
			return '-'
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(name))
}

// equip puts devices into the rooms: a system in all but the last hundredth of them, which wait for theirs, and consoles and panels in as
// many as make 1.25 devices a room.
func (c *seedCustomer) equip() {
	kits := seedKits()
	systems := c.rooms - max(1, c.rooms/100)
	extras := c.rooms*5/4 - systems
	order := c.rand.Perm(c.rooms)
	for i, n := range order[:systems] {
		// A customer buys mostly of one make.
		kit := kits[(c.number*5+c.rand.IntN(4))%len(kits)]
		if c.rand.IntN(5) == 0 {
			kit = kits[c.rand.IntN(len(kits))]
		}
		c.device(c.Rooms[n].ID, kit.system, kit.newer)
		if i >= extras {
			continue
		}
		extra := kit.console
		if extra.Model == "" || i%4 == 0 {
			extra = kit.panel
		}
		c.device(c.Rooms[n].ID, extra, seedVersions{seedNextAndroid, extra.Firmware + ".1"})
	}
}

// device adds a device like a model to a room.
func (c *seedCustomer) device(room policy.ID, model store.DeviceFound, newer seedVersions) {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	serial := make([]byte, 10)
	for i := range serial {
		serial[i] = letters[c.rand.IntN(len(letters))]
	}
	d := store.SeedDevice{ID: c.NewID(), DeviceFound: model}
	d.GraphID, d.Room, d.Serial, d.Read = seedGUID(c.rand), room, string(serial), true
	c.Devices, c.newer = append(c.Devices, d), append(c.newer, newer)
}

// judge gives rooms and devices the health that follows from their signals and incidents.
func (c *seedCustomer) judge() {
	inRoom := map[policy.ID][]store.RoomDevice{}
	for i := range c.Devices {
		d := &c.Devices[i]
		d.Health, d.Activity = reported(d.After.Signals)
		inRoom[d.Room] = append(inRoom[d.Room], store.RoomDevice{Kind: d.Kind, Maker: d.Maker, Model: d.Model, Signals: d.After.Signals,
			Incidents: d.After.Incidents})
	}
	for i := range c.Rooms {
		r := &c.Rooms[i]
		r.Health = incidents.RoomHealth(store.RoomBefore{Devices: inRoom[r.ID]})
	}
}

// reported is the summary that Microsoft would give of a device with these signals, and whether it is in use.
func reported(signals []store.SignalState) (health, activity string) {
	worst := graph.Healthy
	for _, s := range signals {
		switch {
		case s.State != "bad":
		case s.Signal == incidents.NoTelemetry:
			return string(graph.HealthUnknown), string(graph.ActivityUnknown)
		case s.Signal == incidents.Offline:
			return string(graph.Offline), string(graph.NotAvailable)
		case s.Severity == incidents.Critical || s.Severity == incidents.Important:
			worst = graph.Critical
		case worst == graph.Healthy:
			worst = graph.NonUrgent
		}
	}
	return string(worst), string(graph.Idle)
}
