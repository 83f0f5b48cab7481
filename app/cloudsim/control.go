package cloudsim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Faults are troubles that tests and demos switch on for one tenant. The zero value is a cloud in good health.
type Faults struct {
	// Throttle makes the next so many Graph answers of the tenant 429, with Retry-After in whole seconds when
	// RetryAfter is not zero (some services send none).
	Throttle   int
	RetryAfter time.Duration
	// ServerErrors makes the next so many answers below teamwork/devices 500.
	ServerErrors int
	// DevicesGone and DevicesForbidden close teamwork/devices with 404 and 403 (graph.md 0).
	DevicesGone, DevicesForbidden bool
	// NoPresence refuses presences with 403, EmptyPresences answers them with no rows.
	NoPresence, EmptyPresences bool
	// NoIntune answers for managed devices as where the tenant has not bought Intune.
	NoIntune bool
	// NotConsented answers as if the application were not installed in the tenant: AADSTS700016.
	NotConsented bool
	// NoRoles issues tokens without any permission: Graph answers 403.
	NoRoles bool
	// Wrapped puts single devices and their health into {"value": {...}}, as the documentation shows them.
	Wrapped bool
	// PascalCase writes enum values as the documentation does: "Healthy", "CollaborationBar".
	PascalCase bool
	// RelativeNextLinks leaves host and version out of next links, as the documentation does: "/teamwork/devices?…".
	RelativeNextLinks bool
	// ForeignNextLinks sends next links of another host, which a client must not follow with its token.
	ForeignNextLinks bool
	// EmptyPlaces answers every place list with no rows, which happens in the field and means nothing.
	EmptyPlaces bool
	// HeldRestarts keeps restarts that are asked for in the queue, as those of a device that is never idle, until ReleaseRestarts.
	HeldRestarts bool
	// RestartsFail makes restarts that are asked for end as failed.
	RestartsFail bool
	// LostRestarts and LostAnswers cut the connection of the next so many restarts: before the restart is taken, and after.
	LostRestarts, LostAnswers int
	// Troubles are what goes wrong at single endpoints; the first that fits a request counts.
	Troubles []Trouble
	// Skew is how far the cloud's clock is ahead where it deals with this tenant: in ID tokens, in the checks of client assertions, and in the Date
	// header.
	Skew time.Duration
}

// index adds the tenant to the look-up table; the caller holds the lock or is New.
func (s *Server) index(t *Tenant) {
	s.byKey[strings.ToLower(t.ID)] = t
	for _, d := range t.Domains {
		s.byKey[strings.ToLower(d)] = t
	}
}

// SetFaults replaces the faults of a tenant. A tenant that does not exist has no effect.
func (s *Server) SetFaults(tenantID string, f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[strings.ToLower(tenantID)] = f
}

// SetConsent gives or withdraws the tenant's consent, as its administrator would in Entra. Tokens issued before are
// of no use once it is withdrawn.
func (s *Server) SetConsent(tenantID string, given bool) error {
	return s.change(tenantID, func(t *Tenant) error {
		t.Consented, t.Withdrawn = given, 0
		return nil
	})
}

// SetActing gives or withdraws the tenant's consent to the second application.
func (s *Server) SetActing(tenantID string, given bool) error {
	return s.change(tenantID, func(t *Tenant) error {
		t.ActConsented = given
		return nil
	})
}

// SetReadOnly says whether the tenant's consent leaves out what changes devices. Tokens issued before keep what they say.
func (s *Server) SetReadOnly(tenantID string, readOnly bool) error {
	return s.change(tenantID, func(t *Tenant) error {
		t.ReadOnly = readOnly
		return nil
	})
}

// SetWithheld says which further permissions the tenant's consent leaves out; none are all given. Tokens issued before keep what they say.
func (s *Server) SetWithheld(tenantID string, permissions ...string) error {
	return s.change(tenantID, func(t *Tenant) error {
		t.Withheld = permissions
		return nil
	})
}

// AddTenant adds a customer's tenant.
func (s *Server) AddTenant(t *Tenant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := World{Partner: s.world.Partner, Tenants: append(slices.Clone(s.world.Tenants), t)}
	if err := next.complete(); err != nil {
		return fmt.Errorf("add a tenant: %w", err)
	}
	s.world.Tenants = next.Tenants
	s.index(t)
	return nil
}

// AddRoom adds a room with its devices to a tenant. Faults of the devices count from the server's start.
func (s *Server) AddRoom(tenantID string, room Room) error {
	return s.change(tenantID, func(t *Tenant) error {
		if t.room(room.Email) != nil {
			return fmt.Errorf("room %s exists", room.Email)
		}
		room.Devices = slices.Clone(room.Devices)
		if err := room.complete(t.ID); err != nil {
			return fmt.Errorf("room %s: %w", room.Email, err)
		}
		t.Rooms = append(t.Rooms, room)
		return nil
	})
}

// RemoveRoom removes a room, its account and its devices from a tenant.
func (s *Server) RemoveRoom(tenantID, email string) error {
	return s.change(tenantID, func(t *Tenant) error {
		if t.room(email) == nil {
			return fmt.Errorf("no room %s", email)
		}
		t.Rooms = slices.DeleteFunc(slices.Clone(t.Rooms), func(r Room) bool { return strings.EqualFold(r.Email, email) })
		return nil
	})
}

// SetRoomBuilding moves a room to another building. Its ids stay.
func (s *Server) SetRoomBuilding(tenantID, email, country, city, building string) error {
	return s.changeRoom(tenantID, email, func(r *Room) error {
		r.Country, r.City, r.Building = country, city, building
		return nil
	})
}

// RenameRoom gives a room another name. Its ids stay.
func (s *Server) RenameRoom(tenantID, email, name string) error {
	return s.changeRoom(tenantID, email, func(r *Room) error {
		r.Name = name
		return nil
	})
}

// Break makes a signal of the room bad from now on, on the first of its devices that has the signal.
func (s *Server) Break(tenantID, roomEmail string, sig Signal) error {
	return s.changeRoom(tenantID, roomEmail, func(r *Room) error {
		for i := range r.Devices {
			if d := &r.Devices[i]; d.Has(sig) {
				d.Faults = append(slices.Clone(d.Faults), Episode{Signal: sig, from: s.opts.Now()})
				return nil
			}
		}
		return fmt.Errorf("no device with a signal %q", sig)
	})
}

// Mend ends every fault of the signal in the room, lasting and cycling ones too.
func (s *Server) Mend(tenantID, roomEmail string, sig Signal) error {
	now := s.opts.Now()
	return s.changeRoom(tenantID, roomEmail, func(r *Room) error {
		for i := range r.Devices {
			d := &r.Devices[i]
			d.Faults = slices.Clone(d.Faults)
			for j := range d.Faults {
				if e := &d.Faults[j]; e.Signal == sig && e.until.IsZero() {
					e.until = now
				}
			}
		}
		return nil
	})
}

// SetMembership puts a person into a group or takes the person out of it. Both are named by object id.
func (s *Server) SetMembership(groupID, userOID string, member bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.world.all() {
		p := t.person(userOID)
		if p == nil || t.group(groupID) == nil {
			continue
		}
		p.Groups = slices.DeleteFunc(slices.Clone(p.Groups), func(id string) bool { return id == groupID })
		if member {
			p.Groups = append(p.Groups, groupID)
		}
		return nil
	}
	return fmt.Errorf("no tenant has both group %s and user %s", groupID, userOID)
}

// SetDisabled disables or enables the account of a person in the directory of its tenant.
func (s *Server) SetDisabled(tenantID, userOID string, disabled bool) error {
	return s.change(tenantID, func(t *Tenant) error {
		p := t.person(userOID)
		if p == nil {
			return fmt.Errorf("no user %s", userOID)
		}
		p.Disabled = disabled
		return nil
	})
}

// RemovePerson deletes the account of a person.
func (s *Server) RemovePerson(tenantID, userOID string) error {
	return s.change(tenantID, func(t *Tenant) error {
		if t.person(userOID) == nil {
			return fmt.Errorf("no user %s", userOID)
		}
		t.People = slices.DeleteFunc(slices.Clone(t.People), func(p Person) bool { return p.OID == userOID })
		return nil
	})
}

// RemoveGroup deletes a group; who was in it is so no more.
func (s *Server) RemoveGroup(tenantID, groupID string) error {
	return s.change(tenantID, func(t *Tenant) error {
		if t.group(groupID) == nil {
			return fmt.Errorf("no group %s", groupID)
		}
		t.Groups = slices.DeleteFunc(slices.Clone(t.Groups), func(g Group) bool { return g.ID == groupID })
		for i := range t.People {
			p := &t.People[i]
			p.Groups = slices.DeleteFunc(slices.Clone(p.Groups), func(id string) bool { return id == groupID })
		}
		return nil
	})
}

// Requests counts what the tenant was asked since the start, by kind: "token", "rooms", "devices", "health",
// "users", ...; "throttled" counts the 429 answers, which are in their own kind too.
func (s *Server) Requests(tenantID string) map[string]int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return maps.Clone(s.counts[strings.ToLower(tenantID)])
}

// AllRequests is the sum of Requests over all tenants.
func (s *Server) AllRequests() map[string]int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sum := map[string]int{}
	for _, counts := range s.counts {
		for kind, n := range counts {
			sum[kind] += n
		}
	}
	return sum
}

// count adds one request; the caller holds the lock.
func (s *Server) count(t *Tenant, kind string) {
	key := strings.ToLower(t.ID)
	if s.counts[key] == nil {
		s.counts[key] = map[string]int{}
	}
	s.counts[key][kind]++
}

func (s *Server) change(tenantID string, f func(*Tenant) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.byKey[strings.ToLower(tenantID)]
	if t == nil {
		return fmt.Errorf("no tenant %s", tenantID)
	}
	return f(t)
}

func (s *Server) changeRoom(tenantID, email string, f func(*Room) error) error {
	return s.change(tenantID, func(t *Tenant) error {
		r := t.room(email)
		if r == nil {
			return fmt.Errorf("no room %s", email)
		}
		return f(r)
	})
}
