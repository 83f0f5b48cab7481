package cloudsim

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// World is everything that the simulated cloud knows: the partner's tenant and the tenants of customers.
// A Server takes the world over: read it, but change it only through the Server's methods.
type World struct {
	// Partner is the tenant in which the application is registered. It may be nil in small tests.
	Partner *Tenant
	// Tenants are the customers' tenants, without the partner.
	Tenants []*Tenant
}

// Tenant is one Entra tenant with its directory and its rooms.
type Tenant struct {
	// ID is the tenant's GUID. Left empty, it is derived from the first domain.
	ID   string
	Name string
	// Domains are the verified domains, the default one first.
	Domains []string
	// Country is the ISO 3166 code of the organisation.
	Country string
	// RegionScope and RegionSubScope are what discovery tells of the tenant (graph.md 6): "EU", "NA", ...
	// and "GCC", "DODCON", "DOD" for government clouds; empty for the commercial one.
	RegionScope    string
	RegionSubScope string
	// Consented tells that an administrator installed the application in this tenant.
	Consented bool
	// ActConsented tells the same of the second application, which acts.
	ActConsented bool
	// ReadOnly tells that the consent leaves out TeamworkDevice.ReadWrite.All: the devices cannot be restarted.
	ReadOnly bool
	// Withheld are further permissions that the consent leaves out.
	Withheld []string
	// Withdrawn is how long before the cloud's start an earlier consent was taken back; zero means never.
	Withdrawn time.Duration
	People    []Person
	Groups    []Group
	// Buildings adds addresses to the buildings that rooms name. A building without an entry has none.
	Buildings []Building
	Rooms     []Room
	// SilentContexts are authentication contexts of which the tenant's tokens never tell, whoever confirmed.
	SilentContexts []string
	// Note says in a few words what the tenant is good for in the demo; the sign-in page shows it.
	Note string

	granted, actGranted []string // the permissions that each consent names; nil means all that the application asks for
}

// Person is a user of a tenant. Room accounts are not listed here: every Room is a user too.
type Person struct {
	// OID is the object id. Left empty, it is derived from the tenant and the UPN.
	OID  string
	Name string
	// UPN is the sign-in name.
	UPN string
	// Mail is the address; left empty it is the UPN.
	Mail     string
	JobTitle string
	// Note says what the person is good for in the demo; the sign-in page shows it.
	Note string
	// Groups are the ids of the groups that the person is directly in.
	Groups []string
	// AppRoles are values of the application's roles, as in the roles claim.
	AppRoles []string
	// Wids are template ids of directory roles, as in the wids claim: GlobalAdministrator, TeamsAdministrator, ...
	Wids []string
	// Guest marks an account that lives in another tenant, whose GUID is HomeTenant.
	Guest      bool
	HomeTenant string
	// NoSecondFactor marks somebody who has registered no method for a second factor.
	NoSecondFactor bool
	// Disabled marks an account that may not sign in; only the directory says so here.
	Disabled bool
}

// Template ids of the directory roles that the application knows (users.md, graph.md 7).
const (
	GlobalAdministrator = "62e90394-69f5-4237-9190-012177145e10"
	TeamsAdministrator  = "69091246-20e8-4a56-aa4d-066075b2a7a8"
	memberRole          = "b79fbf4d-3ef9-4689-8143-76b194e85509"
)

// IsAdmin tells whether the person may give consent for the whole tenant.
func (p *Person) IsAdmin() bool {
	for _, w := range p.Wids {
		if w == GlobalAdministrator || w == TeamsAdministrator {
			return true
		}
	}
	return false
}

// Group is a group of a tenant.
type Group struct {
	// ID is the object id. Left empty, it is derived from the tenant and the name.
	ID   string
	Name string
	// MailOnly marks a distribution list: it gives no rights and is not in tokens.
	MailOnly bool
	// In are the ids of the groups that this group is a member of.
	In []string
}

// Building is the address of a building that rooms name.
type Building struct {
	Name, Street, City, State, PostalCode, Country string
	Latitude, Longitude                            float64
}

// Room is a room mailbox, its account and its devices.
type Room struct {
	Name  string
	Email string
	// Country is the ISO 3166 code.
	Country, City, Building string
	// Floor is the label of the floor: a number, or a letter such as "G" for the ground floor.
	Floor    string
	Capacity int
	Devices  []Device

	// Ids, derived from the tenant and the address where they are empty. ID is the one that Microsoft says may
	// change, PlaceID the lasting one (graph.md 1), AccountID the room account's object id.
	ID, PlaceID, AccountID string
}

// Device is one managed device in a room.
type Device struct {
	// ID is derived from the tenant, the room's address and the position where it is empty.
	ID string
	// Kind is Graph's deviceType: teamsRoom, surfaceHub, collaborationBar, touchConsole, teamsPanel, ...
	Kind         string
	Manufacturer string
	Model        string
	// Serial is derived like ID where it is empty.
	Serial string
	// AppVersion, OSVersion and Firmware are what runs now. OSVersion is empty on Android devices, Firmware on
	// Windows ones.
	AppVersion, OSVersion, Firmware string
	// Displays are the screens in front of the room; the last OptionalDisplays of them may be unplugged.
	Displays, OptionalDisplays int
	// ContentCamera tells that the room has a (required) camera for a whiteboard.
	ContentCamera bool
	Faults        []Episode

	operations []*deviceOperation // oldest first
}

// Windows tells whether the device runs Windows: it reports an operating system and no firmware.
func (d *Device) Windows() bool { return d.Kind == "teamsRoom" || d.Kind == "surfaceHub" }

// Main tells whether the device is the room's system, with camera and loudspeakers, and not a console or panel.
func (d *Device) Main() bool { return d.Windows() || d.Kind == "collaborationBar" }

// Has tells whether the device reports the signal at all.
func (d *Device) Has(sig Signal) bool {
	switch sig {
	case Offline, TelemetryStale, TeamsSignIn, AppUpdate:
		return true
	case ExchangeSignIn, RoomCamera, Speaker, CommunicationSpeaker, Microphone, HDMIIngest, Compute:
		return d.Main()
	case ContentCamera:
		return d.Main() && d.ContentCamera
	case Display0:
		return d.Main() && d.Displays > 0
	case Display1:
		return d.Main() && d.Displays > 1
	case OSUpdate:
		return d.Windows()
	case FirmwareUpdate:
		return !d.Windows()
	}
	return false
}

// complete fills in what is derived and refuses a world that contradicts itself.
func (w *World) complete() error {
	seen := map[string]string{}
	for _, t := range w.all() {
		if err := t.complete(); err != nil {
			return fmt.Errorf("tenant %s: %w", t.Name, err)
		}
		for _, key := range append([]string{t.ID}, t.Domains...) {
			if other, taken := seen[strings.ToLower(key)]; taken {
				return fmt.Errorf("tenants %s and %s both have %s", other, t.Name, key)
			}
			seen[strings.ToLower(key)] = t.Name
		}
	}
	return nil
}

func (w *World) all() []*Tenant {
	if w.Partner == nil {
		return w.Tenants
	}
	return append([]*Tenant{w.Partner}, w.Tenants...)
}

func (t *Tenant) complete() error {
	if t.Name == "" || len(t.Domains) == 0 {
		return errors.New("needs a name and a domain")
	}
	if t.ID == "" {
		t.ID = guid("tenant", t.Domains[0])
	}
	t.ID = strings.ToLower(t.ID)
	names := map[string]bool{}
	for i := range t.Groups {
		g := &t.Groups[i]
		if g.ID == "" {
			g.ID = guid("group", t.ID, g.Name)
		}
		if names["group "+g.ID] {
			return fmt.Errorf("group %s occurs twice", g.Name)
		}
		names["group "+g.ID] = true
	}
	for i := range t.People {
		p := &t.People[i]
		p.complete(t)
		if names[strings.ToLower(p.UPN)] {
			return fmt.Errorf("%s occurs twice", p.UPN)
		}
		names[strings.ToLower(p.UPN)] = true
		for _, id := range p.Groups {
			if !names["group "+id] {
				return fmt.Errorf("%s is in group %s, which does not exist", p.UPN, id)
			}
		}
	}
	for i := range t.Rooms {
		r := &t.Rooms[i]
		if names[strings.ToLower(r.Email)] {
			return fmt.Errorf("%s occurs twice", r.Email)
		}
		names[strings.ToLower(r.Email)] = true
		if err := r.complete(t.ID); err != nil {
			return fmt.Errorf("room %s: %w", r.Email, err)
		}
	}
	return nil
}

func (p *Person) complete(t *Tenant) {
	if p.OID == "" {
		p.OID = guid("person", t.ID, strings.ToLower(p.UPN))
	}
	if p.Mail == "" {
		p.Mail = p.UPN
	}
}

func (r *Room) complete(tenantID string) error {
	if r.Name == "" || r.Email == "" {
		return errors.New("needs a name and an address")
	}
	key := strings.ToLower(r.Email)
	if r.ID == "" {
		r.ID = strings.ToUpper(guid("room", tenantID, key))
	}
	if r.PlaceID == "" {
		r.PlaceID = guid("place", tenantID, key)
	}
	if r.AccountID == "" {
		r.AccountID = guid("account", tenantID, key)
	}
	for i := range r.Devices {
		d := &r.Devices[i]
		nth := fmt.Sprint(i)
		if d.ID == "" {
			d.ID = guid("device", tenantID, key, nth)
		}
		if d.Serial == "" {
			d.Serial = serial(tenantID, key, nth)
		}
		for _, e := range d.Faults {
			if !d.Has(e.Signal) {
				return fmt.Errorf("a %s (%s %s) has no signal %q", d.Kind, d.Manufacturer, d.Model, e.Signal)
			}
		}
	}
	return nil
}

func (t *Tenant) person(oid string) *Person {
	for i := range t.People {
		if t.People[i].OID == oid {
			return &t.People[i]
		}
	}
	return nil
}

func (t *Tenant) group(id string) *Group {
	for i := range t.Groups {
		if t.Groups[i].ID == id {
			return &t.Groups[i]
		}
	}
	return nil
}

func (t *Tenant) room(email string) *Room {
	for i := range t.Rooms {
		if strings.EqualFold(t.Rooms[i].Email, email) {
			return &t.Rooms[i]
		}
	}
	return nil
}

// groupsOf lists the groups that hold the person directly or through other groups, in the order of the tenant.
func (t *Tenant) groupsOf(p *Person) []Group {
	in := map[string]bool{}
	t.climb(p.Groups, in)
	var groups []Group
	for _, g := range t.Groups {
		if in[g.ID] {
			groups = append(groups, g)
		}
	}
	return groups
}

func (t *Tenant) climb(ids []string, in map[string]bool) {
	for _, id := range ids {
		if in[id] {
			continue
		}
		in[id] = true
		if g := t.group(id); g != nil {
			t.climb(g.In, in)
		}
	}
}
