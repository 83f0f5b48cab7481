package cloudsim

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// PartnerFolder is the folder of the world that holds the partner's tenant; every other folder is a customer's.
const PartnerFolder = "partner"

// LoadWorld reads a world from one folder per tenant: tenant.json, and for customers rooms.csv and faults.csv.
// fsys is rooted where the tenants' folders are. Errors name the file and line.
func LoadWorld(fsys fs.FS) (*World, error) {
	folders, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("list the world's tenants: %w", err)
	}
	var w World
	for _, f := range folders {
		if !f.IsDir() {
			continue
		}
		t, err := loadTenant(fsys, f.Name())
		if err != nil {
			return nil, err
		}
		if f.Name() == PartnerFolder {
			w.Partner = t
		} else {
			w.Tenants = append(w.Tenants, t)
		}
	}
	if err := w.complete(); err != nil {
		return nil, err
	}
	return &w, nil
}

// tenantFile is tenant.json. Groups are named, not numbered, because people read and review the file.
type tenantFile struct {
	TenantID       string     `json:"tenantId"`
	DisplayName    string     `json:"displayName"`
	Note           string     `json:"note"`
	Domains        []string   `json:"domains"`
	Country        string     `json:"country"`
	RegionScope    string     `json:"regionScope"`
	RegionSubScope string     `json:"regionSubScope"`
	Consented      bool       `json:"consented"`
	Acting         *bool      `json:"acting"` // absent: as consented
	ReadOnly       bool       `json:"readOnly"`
	Withheld       []string   `json:"withheld"`
	Withdrawn      string     `json:"withdrawn"`
	Groups         []struct { // groups of people, in the order of the directory
		Name     string   `json:"name"`
		MailOnly bool     `json:"mailOnly"`
		In       []string `json:"in"`
	} `json:"groups"`
	People []struct {
		OID         string   `json:"oid"`
		DisplayName string   `json:"displayName"`
		UPN         string   `json:"upn"`
		Mail        string   `json:"mail"`
		JobTitle    string   `json:"jobTitle"`
		Note        string   `json:"note"`
		Groups      []string `json:"groups"`
		// ProjectGroups puts the person into so many more groups, named Project 001, Project 002, ...
		ProjectGroups  int      `json:"projectGroups"`
		AppRoles       []string `json:"appRoles"`
		Wids           []string `json:"wids"`
		Guest          bool     `json:"guest"`
		HomeTenant     string   `json:"homeTenant"`
		NoSecondFactor bool     `json:"noSecondFactor"`
	} `json:"people"`
	Buildings []struct {
		Name       string  `json:"name"`
		Street     string  `json:"street"`
		City       string  `json:"city"`
		State      string  `json:"state"`
		PostalCode string  `json:"postalCode"`
		Country    string  `json:"country"`
		Latitude   float64 `json:"latitude"`
		Longitude  float64 `json:"longitude"`
	} `json:"buildings"`
}

// acts tells whether the tenant has given its consent to the second application.
func (tf *tenantFile) acts() bool {
	if tf.Acting == nil {
		return tf.Consented
	}
	return *tf.Acting
}

func loadTenant(fsys fs.FS, folder string) (*Tenant, error) {
	t, err := loadDirectory(fsys, path.Join(folder, "tenant.json"))
	if err != nil {
		return nil, err
	}
	if err := eachRow(fsys, path.Join(folder, "rooms.csv"), t.addRoomRow); err != nil {
		return nil, err
	}
	if err := eachRow(fsys, path.Join(folder, "faults.csv"), t.addFaultRow); err != nil {
		return nil, err
	}
	return t, nil
}

func loadDirectory(fsys fs.FS, file string) (*Tenant, error) {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("read a tenant: %w", err)
	}
	var tf tenantFile
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&tf); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	t := &Tenant{
		ID: tf.TenantID, Name: tf.DisplayName, Note: tf.Note, Domains: tf.Domains, Country: tf.Country,
		RegionScope: tf.RegionScope, RegionSubScope: tf.RegionSubScope, Consented: tf.Consented, ActConsented: tf.acts(), ReadOnly: tf.ReadOnly, Withheld: tf.Withheld,
	}
	if tf.Withdrawn != "" {
		if t.Withdrawn, err = parseSpan(tf.Withdrawn); err != nil {
			return nil, fmt.Errorf("%s: withdrawn: %w", file, err)
		}
	}
	for _, b := range tf.Buildings {
		t.Buildings = append(t.Buildings, Building(b))
	}
	for _, g := range tf.Groups {
		t.Groups = append(t.Groups, Group{
			ID: t.groupID(g.Name), Name: g.Name, MailOnly: g.MailOnly, In: t.groupIDs(g.In),
		})
	}
	for _, p := range tf.People {
		groups := t.groupIDs(p.Groups)
		for i := range p.ProjectGroups {
			name := fmt.Sprintf("Project %03d", i+1)
			if t.group(t.groupID(name)) == nil {
				t.Groups = append(t.Groups, Group{ID: t.groupID(name), Name: name})
			}
			groups = append(groups, t.groupID(name))
		}
		t.People = append(t.People, Person{
			OID: p.OID, Name: p.DisplayName, UPN: p.UPN, Mail: p.Mail, JobTitle: p.JobTitle, Note: p.Note,
			Groups: groups, AppRoles: p.AppRoles, Wids: p.Wids, Guest: p.Guest, HomeTenant: p.HomeTenant, NoSecondFactor: p.NoSecondFactor,
		})
	}
	return t, nil
}

func (t *Tenant) groupID(name string) string { return guid("group", t.ID, name) }

func (t *Tenant) groupIDs(names []string) []string {
	var ids []string
	for _, n := range names {
		ids = append(ids, t.groupID(n))
	}
	return ids
}

// row is one line of a CSV file by the names of its columns.
type row map[string]string

// eachRow calls use for every line of a CSV file with a header. A file that is not there has no lines.
func eachRow(fsys fs.FS, file string, use func(row) error) error {
	f, err := fsys.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the world: %w", err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for i := 1; i < len(lines); i++ {
		r := row{}
		for c, name := range lines[0] {
			r[name] = strings.TrimSpace(lines[i][c])
		}
		if err := use(r); err != nil {
			return fmt.Errorf("%s line %d: %w", file, i+1, err)
		}
	}
	return nil
}

func (t *Tenant) addRoomRow(r row) error {
	capacity, err := strconv.Atoi(r["capacity"])
	if err != nil {
		return fmt.Errorf("capacity: %w", err)
	}
	room := Room{
		Name: r["name"], Email: r["email"], Country: r["country"], City: r["city"], Building: r["building"],
		Floor: r["floor"], Capacity: capacity,
	}
	if r["kind"] != "" {
		d := Device{
			Kind: r["kind"], Manufacturer: r["maker"], Model: r["model"], AppVersion: r["appVersion"],
			OSVersion: r["osVersion"], Firmware: r["firmware"], ContentCamera: r["contentCamera"] == "yes",
		}
		if d.Displays, d.OptionalDisplays, err = parseDisplays(r["displays"]); err != nil {
			return err
		}
		room.Devices = append(room.Devices, d)
	}
	extras, err := parseExtras(r["extras"])
	if err != nil {
		return err
	}
	room.Devices = append(room.Devices, extras...)
	t.Rooms = append(t.Rooms, room)
	return nil
}

// parseDisplays reads "1", "2" (both required) or "1+1" (the second one may be unplugged).
func parseDisplays(text string) (all, optional int, err error) {
	required, opt, both := strings.Cut(text, "+")
	if all, err = strconv.Atoi(required); err != nil {
		return 0, 0, fmt.Errorf("displays: %w", err)
	}
	if !both {
		return all, 0, nil
	}
	if optional, err = strconv.Atoi(opt); err != nil {
		return 0, 0, fmt.Errorf("displays: %w", err)
	}
	return all + optional, optional, nil
}

// parseExtras reads "touchConsole=Logitech/Tap IP/1.0.97/1.14.155;teamsPanel=...": kind, maker, model, app version, firmware.
func parseExtras(text string) ([]Device, error) {
	var extras []Device
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' }) {
		kind, what, _ := strings.Cut(part, "=")
		words := strings.Split(what, "/")
		if len(words) != 4 {
			return nil, fmt.Errorf("extras: %q is not kind=maker/model/appVersion/firmware", part)
		}
		extras = append(extras, Device{
			Kind: kind, Manufacturer: words[0], Model: words[1], AppVersion: words[2], Firmware: words[3],
		})
	}
	return extras, nil
}

// addFaultRow adds a fault to a room's main device, or to the extra device of the kind that the line names.
func (t *Tenant) addFaultRow(r row) error {
	room := t.room(r["email"])
	if room == nil {
		return fmt.Errorf("no room %s", r["email"])
	}
	e, err := ParseShape(Signal(r["signal"]), r["shape"])
	if err != nil {
		return err
	}
	for i := range room.Devices {
		d := &room.Devices[i]
		if d.Kind != r["device"] && (r["device"] != "" || !d.Main()) {
			continue
		}
		d.Faults = append(d.Faults, e)
		return nil
	}
	return fmt.Errorf("%s has no such device", r["email"])
}
