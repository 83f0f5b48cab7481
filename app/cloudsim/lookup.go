package cloudsim

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"roomward/testdata"
)

// DemoWorld is the world of `roomward demo`: Litware, its customers and their rooms, from the files that are built into
// the program. Every call makes a new one with the same ids.
func DemoWorld() (*World, error) {
	files, err := fs.Sub(testdata.World, "world")
	if err != nil {
		return nil, fmt.Errorf("open the demo world: %w", err)
	}
	w, err := LoadWorld(files)
	if err != nil {
		return nil, fmt.Errorf("load the demo world: %w", err)
	}
	return w, nil
}

// FindTenant finds the partner or a customer by tenant id or by one of its domains; nil when there is none.
func (w *World) FindTenant(domainOrID string) *Tenant {
	for _, t := range w.all() {
		if strings.EqualFold(t.ID, domainOrID) || slices.ContainsFunc(t.Domains, func(d string) bool { return strings.EqualFold(d, domainOrID) }) {
			return t
		}
	}
	return nil
}

// FindPerson finds a person by sign-in name; nil when there is none. Room accounts are no people.
func (t *Tenant) FindPerson(upn string) *Person {
	for i := range t.People {
		if strings.EqualFold(t.People[i].UPN, upn) {
			return &t.People[i]
		}
	}
	return nil
}

// FindGroup finds a group by its exact name; nil when there is none.
func (t *Tenant) FindGroup(name string) *Group {
	for i := range t.Groups {
		if t.Groups[i].Name == name {
			return &t.Groups[i]
		}
	}
	return nil
}

// FindRoom finds a room by its exact name or its address; nil when there is none.
func (t *Tenant) FindRoom(nameOrEmail string) *Room {
	for i := range t.Rooms {
		if r := &t.Rooms[i]; r.Name == nameOrEmail || strings.EqualFold(r.Email, nameOrEmail) {
			return r
		}
	}
	return nil
}
