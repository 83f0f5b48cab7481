package graph

import (
	"context"
	"strings"
)

// BookingType says how a room is reserved.
type BookingType string

// The booking types of Graph.
const (
	BookingUnknown  BookingType = "unknown"
	BookingStandard BookingType = "standard"
	BookingReserved BookingType = "reserved"
)

// Enablement says whether a feature is on, where Microsoft knows it.
type Enablement string

// The states of a feature.
const (
	EnablementUnknown Enablement = "unknown"
	Enabled           Enablement = "enabled"
	Disabled          Enablement = "disabled"
)

// Room is a meeting room of the Places API. Unknown texts are empty, unknown numbers 0 or nil.
type Room struct {
	PlaceID string // immutable; the key of a room within its tenant, may be empty on old servers
	ID      string // may change with the mailbox (graph.md 1)
	Email   string // of the resource account
	Name    string

	Building      string
	FloorNumber   *int
	FloorLabel    string
	Label         string
	Capacity      int
	Street        string
	City          string
	State         string
	PostalCode    string
	Country       string // as Exchange has it, often a two-letter code
	Latitude      *float64
	Longitude     *float64
	AudioDevice   string
	VideoDevice   string
	DisplayDevice string
	TeamsEnabled  Enablement
	BookingType   BookingType
	Wheelchair    bool // accessible by wheelchair
	Tags          []string
}

type roomWire struct {
	ID      text        `json:"id"`
	PlaceID text        `json:"placeId"`
	Email   text        `json:"emailAddress"`
	Name    text        `json:"displayName"`
	Nick    text        `json:"nickname"`
	Address addressWire `json:"address"`
	Geo     struct {
		Latitude  number `json:"latitude"`
		Longitude number `json:"longitude"`
	} `json:"geoCoordinates"`
	Building     text     `json:"building"`
	FloorNumber  number   `json:"floorNumber"`
	FloorLabel   text     `json:"floorLabel"`
	Label        text     `json:"label"`
	Capacity     number   `json:"capacity"`
	BookingType  text     `json:"bookingType"`
	Audio        text     `json:"audioDeviceName"`
	AudioOld     text     `json:"audioDevice"`
	Video        text     `json:"videoDeviceName"`
	VideoOld     text     `json:"videoDevice"`
	Display      text     `json:"displayDeviceName"`
	DisplayOld   text     `json:"displayDevice"`
	TeamsEnabled text     `json:"teamsEnabledState"`
	TeamsOld     flag     `json:"isTeamsEnabled"`
	Wheelchair   flag     `json:"isWheelChairAccessible"` // json also takes isWheelchairAccessible, the old name
	Tags         textList `json:"tags"`
}

type addressWire struct {
	odd        bool // it is there and no object: nobody can say where the room is
	Street     text `json:"street"`
	City       text `json:"city"`
	State      text `json:"state"`
	PostalCode text `json:"postalCode"`
	Country    text `json:"countryOrRegion"`
}

func (w *addressWire) UnmarshalJSON(raw []byte) error {
	type plain addressWire
	*w = addressWire{odd: isOdd(raw)}
	return loose(raw, (*plain)(w))
}

// decodeRoom gives false for an item without any id, or of which the place cannot be read, and what else could be read of it.
func decodeRoom(raw []byte) (Room, bool) {
	var w roomWire
	if loose(raw, &w) != nil {
		return Room{}, false
	}
	r := Room{
		PlaceID:       string(w.PlaceID),
		ID:            string(w.ID),
		Email:         string(w.Email),
		Name:          first(w.Name, w.Nick, w.Email),
		Building:      string(w.Building),
		FloorLabel:    string(w.FloorLabel),
		Label:         string(w.Label),
		Street:        string(w.Address.Street),
		City:          string(w.Address.City),
		State:         string(w.Address.State),
		PostalCode:    string(w.Address.PostalCode),
		Country:       string(w.Address.Country),
		AudioDevice:   first(w.Audio, w.AudioOld),
		VideoDevice:   first(w.Video, w.VideoOld),
		DisplayDevice: first(w.Display, w.DisplayOld),
		TeamsEnabled:  oneOf(w.TeamsEnabled, Enabled, Disabled),
		BookingType:   oneOf(w.BookingType, BookingStandard, BookingReserved),
		Wheelchair:    w.Wheelchair.value,
		Tags:          w.Tags,
	}
	if n, ok := w.FloorNumber.integer(); ok {
		r.FloorNumber = &n
	}
	if n, ok := w.Capacity.integer(); ok && n > 0 {
		r.Capacity = n
	}
	if w.Geo.Latitude.within(90) && w.Geo.Longitude.within(180) {
		latitude, longitude := w.Geo.Latitude.value, w.Geo.Longitude.value
		r.Latitude, r.Longitude = &latitude, &longitude
	}
	if w.TeamsEnabled == "" && w.TeamsOld.known {
		r.TeamsEnabled = Disabled
		if w.TeamsOld.value {
			r.TeamsEnabled = Enabled
		}
	}
	return r, !w.Address.odd && (r.PlaceID != "" || r.ID != "" || r.Email != "")
}

func (n number) within(limit float64) bool { return n.known && n.value >= -limit && n.value <= limit }

// first is the first text that is not empty.
func first(texts ...text) string {
	for _, t := range texts {
		if t != "" {
			return string(t)
		}
	}
	return ""
}

// Rooms lists all rooms of the tenant (Place.Read.All). An empty list is no proof that there are none: new and hidden rooms
// are reported missing for a while (graph.md 1). A room that two pages hold is given once. See Incomplete for a list that comes with an error.
func (c *Client) Rooms(ctx context.Context, tenant string) ([]Room, error) {
	rq := request{
		doing:   "list rooms",
		tenant:  tenant,
		lane:    places,
		version: "v1.0",
		url:     c.address("v1.0", "/places/microsoft.graph.room"),
		needs:   []string{"Place.Read.All", "Place.ReadWrite.All"},
	}
	rooms, seen, lost := []Room{}, map[string]bool{}, []Remnant(nil)
	err := c.list(ctx, rq, func(item []byte) bool {
		room, ok := decodeRoom(item)
		if !ok {
			lost = append(lost, Remnant{ID: room.PlaceID, Email: room.Email, Name: room.Name})
			return false
		}
		key := strings.ToLower(first(text(room.PlaceID), text(room.Email), text(room.ID)))
		if !seen[key] {
			seen[key] = true
			rooms = append(rooms, room)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	return rooms, rq.lacking(lost)
}
