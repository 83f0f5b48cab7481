package cloudsim_test

import (
	"encoding/csv"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"roomward/app/cloudsim"
	"roomward/testdata"
)

func demoWorld(t *testing.T) *cloudsim.World {
	t.Helper()
	w, err := cloudsim.DemoWorld()
	noError(t, err)
	return w
}

func count(rooms []cloudsim.Room, is func(*cloudsim.Room) bool) int {
	n := 0
	for i := range rooms {
		if is(&rooms[i]) {
			n++
		}
	}
	return n
}

func in(building string) func(*cloudsim.Room) bool {
	return func(r *cloudsim.Room) bool { return r.Building == building }
}

// TestDemoWorldCounts is the table that screens, walkthroughs and other tests rely on.
func TestDemoWorldCounts(t *testing.T) {
	w := demoWorld(t)
	wanted := []struct {
		domain, name string
		rooms        int
		part         func(*cloudsim.Room) bool // a part that the demo speaks of
		partRooms    int
		consented    bool
	}{
		{"northwind.example", "Northwind Traders", 240, in("Quayside Annex"), 28, true},
		{"contoso.example", "Contoso", 88, in("Redwood"), 40, true},
		{"adatum.example", "Adatum Corporation", 42, in("Campus West"), 30, true},
		{"alpine.example", "Alpine Ski House", 17, in("Bergstation"), 11, true},
		{"fourthcoffee.example", "Fourth Coffee", 12, in("Via Tortona"), 7, true},
		{"lucerne.example", "Lucerne Publishing", 25, in("Part-Dieu"), 12, true},
		{"trey.example", "Trey Research", 50, in("Granta Park"), 22, true},
		{"wingtip.example", "Wingtip Toys", 36, in("Depot"), 12, true},
		{"fabrikam.example", "Fabrikam", 26, in("Rondo"), 16, false},
		{"tailspin.example", "Tailspin Toys", 60, func(r *cloudsim.Room) bool { return r.Country == "FR" }, 46, true},
		{"woodgrove.example", "Woodgrove Bank", 131, in("Treasury Tower"), 13, false},
		{"proseware.example", "Proseware", 20, in("Potomac Yard"), 20, false},
	}
	equal(t, len(wanted), len(w.Tenants))
	for _, tc := range wanted {
		t.Run(tc.name, func(t *testing.T) {
			tenant := w.FindTenant(tc.domain)
			isTrue(t, tenant != nil)
			equal(t, tc.name, tenant.Name)
			equal(t, tc.rooms, len(tenant.Rooms))
			equal(t, tc.partRooms, count(tenant.Rooms, tc.part))
			equal(t, tc.consented, tenant.Consented)
			isTrue(t, tenant.FindPerson("admin@"+tc.domain).IsAdmin(), "admin@ gives consent")
			isTrue(t, !tenant.FindPerson("employee@"+tc.domain).IsAdmin(), "employee@ does not")
		})
	}
	equal(t, 131, count(w.FindTenant("woodgrove.example").Rooms, func(r *cloudsim.Room) bool { return r.Country == "US" }))
	equal(t, "DODCON", w.FindTenant("proseware.example").RegionSubScope)
	equal(t, 4*24*time.Hour, w.FindTenant("fabrikam.example").Withdrawn)
	countries := map[string]int{}
	for _, r := range w.FindTenant("northwind.example").Rooms {
		countries[r.Country]++
	}
	equal(t, map[string]int{"GB": 160, "FR": 46, "DE": 18, "NL": 16}, countries)
}

func TestDemoPartner(t *testing.T) {
	p := demoWorld(t).Partner
	equal(t, "Litware", p.Name)
	equal(t, "partner.example", p.Domains[0])
	equal(t, 0, len(p.Rooms))
	isTrue(t, len(p.People) >= 25, len(p.People))
	var security []string
	for _, g := range p.Groups {
		if !g.MailOnly && !strings.HasPrefix(g.Name, "Project ") {
			security = append(security, g.Name)
		}
	}
	equal(t, []string{"All staff", "Field engineers", "Desk leads", "On call", "Équipe Lyon", "Technicians EMEA"}, security)

	for _, tc := range []struct {
		who, group string
		member     bool
	}{
		{"primary.admin", "Desk leads", true}, {"technician", "Technicians EMEA", true}, {"technician", "Desk leads", false},
		{"primary.admin", "Technicians EMEA", false}, {"clemence.dubois", "Équipe Lyon", true}, {"nobody", "All staff", false},
	} {
		member := false
		for _, id := range p.FindPerson(tc.who + "@partner.example").Groups {
			member = member || id == p.FindGroup(tc.group).ID
		}
		equal(t, tc.member, member, tc.who, tc.group)
	}
	for _, name := range []string{"manager", "tenant.manager", "primary.admin", "technician", "nobody", "wide", "narrow", "middle", "guest", "overage", "ga"} {
		person := p.FindPerson(name + "@partner.example")
		isTrue(t, person != nil, name)
		equal(t, name == "manager", len(person.AppRoles) == 1 && person.AppRoles[0] == "Manager", name)
		equal(t, name == "ga", person.IsAdmin(), name)
		equal(t, name == "guest", person.Guest, name)
		equal(t, name == "overage", len(person.Groups) > 200, name)
		isTrue(t, person.Note != "", name)
	}
	equal(t, 0, len(p.FindPerson("nobody@partner.example").Groups))
	equal(t, demoWorld(t).FindTenant("northwind.example").ID, p.FindPerson("guest@partner.example").HomeTenant)
}

// TestDemoIDs: ids are unique over the world, and the same in every run.
func TestDemoIDs(t *testing.T) {
	one, two := demoWorld(t), demoWorld(t)
	equal(t, one, two)
	seen := map[string]string{}
	once := func(kind, id string) {
		t.Helper()
		isTrue(t, id != "", kind)
		key := strings.ToLower(id)
		if other, twice := seen[key]; twice {
			t.Fatalf("%s and %s have the same id %s", other, kind, id)
		}
		seen[key] = kind
	}
	for _, tenant := range append([]*cloudsim.Tenant{one.Partner}, one.Tenants...) {
		once(tenant.Name, tenant.ID)
		for _, g := range tenant.Groups {
			once(g.Name, g.ID)
		}
		for _, p := range tenant.People {
			once(p.UPN, p.OID)
		}
		for _, r := range tenant.Rooms {
			once("name", r.Name) // a room is found by its name, whatever the customer
			once(r.Name+" address", r.Email)
			once(r.Name, r.ID)
			once(r.Name+" place", r.PlaceID)
			once(r.Name+" account", r.AccountID)
			for _, d := range r.Devices {
				once(r.Name+" "+d.Model, d.ID)
				once(r.Name+" serial", d.Serial)
			}
		}
	}
	// A stored demo must meet its rooms again after an upgrade: these ids stay.
	heron := one.FindTenant("northwind.example").FindRoom("Quayside Annex 1.04 Heron")
	equal(t, "quayside-annex-1.04-heron@northwind.example", heron.Email)
	equal(t, "29f7bd7a-7be5-4073-8809-f19aee68b3c9", heron.PlaceID)
	equal(t, "87248749-e916-4285-9b54-a2142798225d", one.Partner.FindPerson("primary.admin@partner.example").OID)
}

func TestDemoRoomsAreComplete(t *testing.T) {
	w := demoWorld(t)
	bare, rooms := 0, 0
	kinds, makers := map[string]int{}, map[string]int{}
	for _, tenant := range w.Tenants {
		addresses := map[string]cloudsim.Building{}
		for _, b := range tenant.Buildings {
			addresses[b.Name] = b
			isTrue(t, b.Street != "" && b.PostalCode != "" && b.State != "" && b.Latitude != 0, b.Name)
		}
		for _, r := range tenant.Rooms {
			rooms++
			b, listed := addresses[r.Building]
			isTrue(t, listed, r.Name, "building", r.Building)
			equal(t, []string{b.City, b.Country}, []string{r.City, r.Country}, r.Name)
			isTrue(t, r.Floor != "" && r.Capacity > 0, r.Name)
			isTrue(t, strings.HasSuffix(r.Email, "@"+tenant.Domains[0]), r.Email)
			if len(r.Devices) == 0 {
				bare++
			}
			for i, d := range r.Devices {
				equal(t, i == 0, d.Main(), r.Name, d.Kind)
				isTrue(t, d.Manufacturer != "" && d.Model != "" && d.AppVersion != "", r.Name)
				equal(t, d.Windows(), d.OSVersion != "", r.Name)
				equal(t, !d.Windows(), d.Firmware != "", r.Name)
				isTrue(t, !d.Main() || d.Displays > 0, r.Name)
				kinds[d.Kind]++
				makers[d.Manufacturer]++
			}
		}
	}
	equal(t, 747, rooms)
	isTrue(t, bare > 5 && bare < 40, "rooms without a device:", bare)
	for _, k := range []string{"teamsRoom", "collaborationBar", "surfaceHub", "touchConsole", "teamsPanel"} {
		isTrue(t, kinds[k] > 5, k, kinds[k])
	}
	for _, m := range []string{"Logitech", "Poly", "Yealink", "Crestron", "Neat", "Lenovo", "Jabra", "Cisco", "Microsoft"} {
		isTrue(t, makers[m] > 5, m, makers[m])
	}
}

// TestDemoFaults: about 8 % of the rooms are bad for long, some come and go, and every line of the files is a fault.
func TestDemoFaults(t *testing.T) {
	w := demoWorld(t)
	rooms, lasting, cycling, faults := 0, 0, 0, 0
	signals := map[cloudsim.Signal]bool{}
	cycles := map[string]int{}
	for _, tenant := range w.Tenants {
		for _, r := range tenant.Rooms {
			rooms++
			long, short := false, false
			for _, d := range r.Devices {
				for _, e := range d.Faults {
					faults++
					signals[e.Signal] = true
					long = long || e.Since > 0
					short = short || e.Cycle > 0
				}
			}
			isTrue(t, !long || !short, r.Name, "has a lasting and a cycling fault: nobody would see it recover")
			if long {
				lasting++
			}
			if short {
				cycling++
				cycles[tenant.Name]++
			}
		}
	}
	isTrue(t, lasting*100 >= rooms*7 && lasting*100 <= rooms*10, lasting, "of", rooms)
	isTrue(t, cycling >= 15, cycling)
	for _, name := range []string{"Northwind Traders", "Contoso", "Adatum Corporation", "Trey Research", "Wingtip Toys"} {
		isTrue(t, cycles[name] >= 2, name, cycles[name])
	}
	for _, sig := range []cloudsim.Signal{
		cloudsim.Offline, cloudsim.TelemetryStale, cloudsim.TeamsSignIn, cloudsim.ExchangeSignIn, cloudsim.RoomCamera, cloudsim.ContentCamera,
		cloudsim.Speaker, cloudsim.CommunicationSpeaker, cloudsim.Microphone, cloudsim.Display0, cloudsim.Display1, cloudsim.HDMIIngest,
		cloudsim.Compute, cloudsim.AppUpdate, cloudsim.OSUpdate, cloudsim.FirmwareUpdate,
	} {
		isTrue(t, signals[sig], "no fault shows", sig)
	}
	equal(t, faultLines(t), faults)
}

// faultLines counts the lines of all faults.csv, each of which names a room of the rooms.csv beside it.
func faultLines(t *testing.T) int {
	t.Helper()
	total := 0
	size := 0
	noError(t, fs.WalkDir(testdata.World, "world", func(file string, d fs.DirEntry, err error) error {
		noError(t, err)
		if d.IsDir() {
			return nil
		}
		data, err := fs.ReadFile(testdata.World, file)
		noError(t, err)
		size += len(data)
		if path.Base(file) != "faults.csv" {
			return nil
		}
		rooms, err := fs.ReadFile(testdata.World, path.Join(path.Dir(file), "rooms.csv"))
		noError(t, err)
		lines, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
		noError(t, err)
		equal(t, []string{"email", "device", "signal", "shape", "note"}, lines[0], file)
		for _, l := range lines[1:] {
			contains(t, string(rooms), ","+l[0]+",", file)
			isTrue(t, l[4] != "", file, "says not what happened in", l[0])
		}
		total += len(lines) - 1
		return nil
	}))
	isTrue(t, size < 400<<10, "the world weighs", size)
	return total
}

func TestFinders(t *testing.T) {
	w := demoWorld(t)
	northwind := w.FindTenant("Northwind.example")
	equal(t, northwind, w.FindTenant(strings.ToUpper(northwind.ID)))
	equal(t, "Litware", w.FindTenant("partner.example").Name)
	isTrue(t, w.FindTenant("nobody.example") == nil)
	equal(t, "br12@northwind.example", northwind.FindRoom("Boardroom 12").Email)
	equal(t, "Boardroom 12", northwind.FindRoom("BR12@northwind.example").Name)
	isTrue(t, northwind.FindRoom("Boardroom") == nil)
	isTrue(t, northwind.FindPerson("br12@northwind.example") == nil, "a room account is no person")
	isTrue(t, w.Partner.FindGroup("desk leads") == nil)
}

// TestLoadWorldRefusals: a mistake in the files is named with its file and line.
func TestLoadWorldRefusals(t *testing.T) {
	const (
		tenant = `{"displayName": "Contoso", "domains": ["contoso.example"]}`
		rooms  = "name,email,country,city,building,floor,capacity,kind,maker,model,appVersion,osVersion,firmware,displays,contentCamera,extras\n" +
			"Studio,studio@contoso.example,GB,Reading,Redwood,1,4,collaborationBar,Neat,Frame,1.0,,2.0,1,,\n"
		faults = "email,device,signal,shape,note\n"
	)
	good := func() fstest.MapFS {
		return fstest.MapFS{
			"contoso/tenant.json": {Data: []byte(tenant)}, "contoso/rooms.csv": {Data: []byte(rooms)},
			"contoso/faults.csv": {Data: []byte(faults + "studio@contoso.example,,room-camera,since=3d,\n")},
		}
	}
	w, err := cloudsim.LoadWorld(good())
	noError(t, err)
	equal(t, 72*time.Hour, w.Tenants[0].Rooms[0].Devices[0].Faults[0].Since)

	for _, tc := range []struct{ name, file, text, says string }{
		{"unknown word in tenant.json", "tenant.json", `{"displayName": "Contoso", "domain": "contoso.example"}`, "contoso/tenant.json"},
		{"no domain", "tenant.json", `{"displayName": "Contoso"}`, "needs a name and a domain"},
		{"group that is not there", "tenant.json", `{"displayName": "Contoso", "domains": ["contoso.example"], "people": [{"upn": "a@contoso.example", "groups": ["X"]}]}`, "does not exist"},
		{"capacity", "rooms.csv", strings.Replace(rooms, ",1,4,", ",1,four,", 1), "contoso/rooms.csv line 2: capacity"},
		{"displays", "rooms.csv", strings.Replace(rooms, ",1,,\n", ",one,,\n", 1), "contoso/rooms.csv line 2: displays"},
		{"extras", "rooms.csv", strings.Replace(rooms, ",1,,\n", ",1,,teamsPanel=Neat\n", 1), "contoso/rooms.csv line 2: extras"},
		{"column missing", "rooms.csv", rooms + "Short,short@contoso.example\n", "contoso/rooms.csv"},
		{"address twice", "rooms.csv", rooms + strings.SplitAfter(rooms, "\n")[1], "studio@contoso.example occurs twice"},
		{"fault of no room", "faults.csv", faults + "other@contoso.example,,offline,since=1h,\n", "contoso/faults.csv line 2: no room other@contoso.example"},
		{"fault of no device", "faults.csv", faults + "studio@contoso.example,teamsPanel,offline,since=1h,\n", "contoso/faults.csv line 2"},
		{"fault without shape", "faults.csv", faults + "studio@contoso.example,,offline,,\n", "needs either since= or cycle="},
		{"bad for longer than the cycle", "faults.csv", faults + "studio@contoso.example,,offline,cycle=10s/20s,\n", "longer than its cycle"},
		{"shape with an unknown word", "faults.csv", faults + "studio@contoso.example,,offline,from=1h,\n", `unknown word "from"`},
		{"unknown signal", "faults.csv", faults + "studio@contoso.example,,coffee,since=1h,\n", `no signal "coffee"`},
		{"signal that the device lacks", "faults.csv", faults + "studio@contoso.example,,os-update,since=1h,\n", `no signal "os-update"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := good()
			files["contoso/"+tc.file] = &fstest.MapFile{Data: []byte(tc.text)}
			_, err := cloudsim.LoadWorld(files)
			isTrue(t, err != nil, "taken")
			contains(t, err.Error(), tc.says)
		})
	}
}
