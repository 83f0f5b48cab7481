package cloudsim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func placeOperations() []operation {
	needs := []string{"Place.Read.All"}
	return []operation{
		{"GET /places/microsoft.graph.room", "rooms", needs, listRooms},
		{"GET /places/microsoft.graph.building", "buildings", needs, listBuildings},
		{"GET /places/microsoft.graph.floor", "floors", needs, listFloors},
		{"GET /places/{id}", "place", needs, getPlace},
	}
}

type physicalAddress struct {
	Street          string `json:"street"`
	City            string `json:"city"`
	State           string `json:"state"`
	PostalCode      string `json:"postalCode"`
	CountryOrRegion string `json:"countryOrRegion"`
}

type coordinates struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// roomPlace is a room as fixtures/graph/places/rooms.page1.json shows it.
type roomPlace struct {
	ID                     string          `json:"id"`
	EmailAddress           string          `json:"emailAddress"`
	DisplayName            string          `json:"displayName"`
	Address                physicalAddress `json:"address"`
	GeoCoordinates         *coordinates    `json:"geoCoordinates"`
	Phone                  string          `json:"phone"`
	Nickname               string          `json:"nickname"`
	Label                  string          `json:"label"`
	Capacity               int             `json:"capacity"`
	Building               *string         `json:"building"`
	FloorNumber            *int            `json:"floorNumber"`
	FloorLabel             *string         `json:"floorLabel"`
	IsWheelChairAccessible bool            `json:"isWheelChairAccessible"`
	BookingType            string          `json:"bookingType"`
	Tags                   []string        `json:"tags"`
	AudioDeviceName        *string         `json:"audioDeviceName"`
	VideoDeviceName        *string         `json:"videoDeviceName"`
	DisplayDeviceName      *string         `json:"displayDeviceName"`
	TeamsEnabledState      string          `json:"teamsEnabledState"`
	PlaceID                string          `json:"placeId"`
	ParentID               *string         `json:"parentId"`
}

func listRooms(c *call) answer {
	rows := []any{}
	for i := range c.t.Rooms {
		rows = append(rows, c.t.roomPlace(&c.t.Rooms[i]))
	}
	return c.places(rows, "room", 100)
}

func (t *Tenant) roomPlace(r *Room) roomPlace {
	b := t.building(r)
	p := roomPlace{
		ID: r.ID, EmailAddress: r.Email, DisplayName: r.Name, Nickname: r.Name, Capacity: r.Capacity,
		Address: physicalAddress{b.Street, b.City, b.State, b.PostalCode, b.Country},
		Label:   label(r.Name), BookingType: "standard", Tags: []string{}, TeamsEnabledState: "unknown",
		IsWheelChairAccessible: spread(5, r.PlaceID) > 0, PlaceID: r.PlaceID,
	}
	if spread(4, "whiteboard", r.PlaceID) == 0 {
		p.Tags = []string{"whiteboard"}
	}
	if len(r.Devices) > 0 {
		p.TeamsEnabledState = "enabled"
	}
	if b.Latitude != 0 {
		p.GeoCoordinates = &coordinates{b.Latitude, b.Longitude}
	}
	if r.Building != "" {
		name := r.Building // a copy: the answer outlives the lock
		p.Building = &name
	}
	if r.Floor != "" {
		floor, number, parent := r.Floor, floorNumber(r.Floor), t.floorID(r)
		p.FloorLabel, p.FloorNumber, p.ParentID = &floor, &number, &parent
	}
	return p
}

// label is the short name on the door: the part of the name that has a digit, or the whole.
func label(name string) string {
	words := strings.Fields(name)
	if last := words[len(words)-1]; strings.ContainsAny(last, "0123456789") {
		return last
	}
	return name
}

// floorNumber reads a floor's label; letters are the ground floor.
func floorNumber(label string) int {
	n, err := strconv.Atoi(label)
	if err != nil {
		return 0
	}
	return n
}

// building is the address of the room's building. Where the tenant lists none, the room's own city and country.
func (t *Tenant) building(r *Room) Building {
	for _, b := range t.Buildings {
		if b.Name == r.Building && b.City == r.City {
			return b
		}
	}
	return Building{Name: r.Building, City: r.City, Country: r.Country}
}

func (t *Tenant) buildingID(r *Room) string { return guid("building", t.ID, r.City, r.Building) }

func (t *Tenant) floorID(r *Room) string { return guid("floor", t.ID, r.City, r.Building, r.Floor) }

type buildingPlace struct {
	ID                     string          `json:"id"`
	PlaceID                string          `json:"placeId"`
	DisplayName            string          `json:"displayName"`
	Phone                  string          `json:"phone"`
	IsWheelChairAccessible bool            `json:"isWheelChairAccessible"`
	Label                  *string         `json:"label"`
	Tags                   []string        `json:"tags"`
	WifiState              string          `json:"wifiState"`
	Address                physicalAddress `json:"address"`
	GeoCoordinates         *coordinates    `json:"geoCoordinates"`
	ResourceLinks          []string        `json:"resourceLinks"`
}

func listBuildings(c *call) answer {
	rows, seen := []any{}, map[string]bool{}
	for i := range c.t.Rooms {
		r := &c.t.Rooms[i]
		id := c.t.buildingID(r)
		if r.Building == "" || seen[id] {
			continue
		}
		seen[id] = true
		room := c.t.roomPlace(r)
		rows = append(rows, buildingPlace{
			ID: id, PlaceID: id, DisplayName: r.Building, IsWheelChairAccessible: true, Tags: []string{},
			WifiState: "enabled", Address: room.Address, GeoCoordinates: room.GeoCoordinates, ResourceLinks: []string{},
		})
	}
	return c.places(rows, "building", 1000)
}

type floorPlace struct {
	ID                     string   `json:"id"`
	PlaceID                string   `json:"placeId"`
	DisplayName            string   `json:"displayName"`
	ParentID               string   `json:"parentId"`
	IsWheelChairAccessible bool     `json:"isWheelChairAccessible"`
	Label                  *string  `json:"label"`
	Tags                   []string `json:"tags"`
	SortOrder              int      `json:"sortOrder"`
}

func listFloors(c *call) answer {
	floors, seen := []floorPlace{}, map[string]bool{}
	for i := range c.t.Rooms {
		r := &c.t.Rooms[i]
		id := c.t.floorID(r)
		if r.Building == "" || r.Floor == "" || seen[id] {
			continue
		}
		seen[id] = true
		floors = append(floors, floorPlace{
			ID: id, PlaceID: id, DisplayName: "Floor " + r.Floor, ParentID: c.t.buildingID(r), IsWheelChairAccessible: true,
			Tags: []string{}, SortOrder: floorNumber(r.Floor),
		})
	}
	slices.SortStableFunc(floors, func(a, b floorPlace) int {
		return cmp.Or(cmp.Compare(a.ParentID, b.ParentID), cmp.Compare(a.SortOrder, b.SortOrder))
	})
	rows := []any{}
	for _, f := range floors {
		rows = append(rows, f)
	}
	return c.places(rows, "floor", 1000)
}

func (c *call) places(rows []any, kind string, size int) answer {
	if c.query.Has("$filter") {
		return badRequest("$filter is not simulated for places.")
	}
	if c.faults.EmptyPlaces {
		rows = nil
	}
	return c.page(rows, listing{context: "places/microsoft.graph." + kind, size: size, limit: 1000})
}

// getPlace finds a room by its id, lasting id or address.
func getPlace(c *call) answer {
	id := c.r.PathValue("id")
	for i := range c.t.Rooms {
		r := &c.t.Rooms[i]
		if strings.EqualFold(r.ID, id) || r.PlaceID == id || strings.EqualFold(r.Email, id) {
			return answer{status: http.StatusOK, body: struct {
				Context string `json:"@odata.context"`
				Type    string `json:"@odata.type"`
				roomPlace
			}{c.at + "/$metadata#places/$entity", "#microsoft.graph.room", c.t.roomPlace(r)}}
		}
	}
	return graphError(http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store.")
}
