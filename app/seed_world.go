package app

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"roomward/app/cloudsim"
	"roomward/app/collect"
	"roomward/app/customers"
	"roomward/policy"
	"roomward/store"
)

// seedSize is how large a world is (design 14). A room has 1.25 devices, 5 incidents and half an open one on average.
type seedSize struct {
	name      string
	customers int
	rooms     int // of each customer; divisible by 4, one building each
	members   int // users of the partner that assignments name
	wide      int // customers of which the wide member sees half the rooms
	middle    int // customers of which the middle member sees two cells, together half the rooms
}

// seedSizes are the three worlds. In M and L the middle member sees about sqrt(50 x open incidents) of them: as many as make walking by time
// and driving by cell cost the same.
func seedSizes() []seedSize {
	return []seedSize{
		{"S", 10, 40, 12, 3, 5},
		{"M", 100, 200, 20, 33, 14},
		{"L", 1000, 200, 200, 333, 45},
	}
}

// The people of the seeded worlds who are in the demo's partner tenant.
const (
	seedWide   = "wide@partner.example"
	seedNarrow = "narrow@partner.example"
	seedMiddle = "middle@partner.example"
	seedAdmin  = "primary.admin@partner.example"
)

// narrowCustomer is the one customer of which the narrow member sees a quarter of the rooms.
const narrowCustomer = 2

// seedWorld makes the customers of a world. The same size and moment make the same customers, each by itself.
type seedWorld struct {
	seedSize
	now     time.Time // every other time is relative to it
	partner *cloudsim.Tenant
	staff   []store.Member // members that are in no directory
}

func newSeedWorld(name string, now time.Time) (*seedWorld, error) {
	demo, err := cloudsim.DemoWorld()
	if err != nil {
		return nil, err
	}
	for _, size := range seedSizes() {
		if size.name == name {
			w := &seedWorld{seedSize: size, now: now.UTC().Truncate(time.Hour), partner: demo.Partner}
			w.hire()
			return w, nil
		}
	}
	return nil, fmt.Errorf("there is no world %q: take S, M or L", name)
}

// hire makes the members whom the demo's directory does not have.
func (w *seedWorld) hire() {
	r := rand.New(rand.NewPCG(seedOf("staff"), uint64(w.members)))
	given, family := seedGiven(), seedFamily()
	for i := range w.members - 4 { // wide, narrow, middle and the primary admin are there already
		name := given[i%len(given)] + " " + family[i/len(given)%len(family)]
		w.staff = append(w.staff, store.Member{Principal: policy.User(seedGUID(r)), Name: name})
	}
}

// person is a member by the demo's directory.
func (w *seedWorld) person(upn string) store.Member {
	p := w.partner.FindPerson(upn)
	return store.Member{Principal: policy.User(p.OID), Name: p.Name}
}

func (w *seedWorld) group(name string) store.Member {
	return store.Member{Principal: policy.Group(w.partner.FindGroup(name).ID), Name: name}
}

// colleague is one of the staff; neighbours in number are different people.
func (w *seedWorld) colleague(number int) store.Member { return w.staff[number%len(w.staff)] }

func (w *seedWorld) seesWide(customer int) bool { return customer%3 == 0 && customer/3 < w.wide }

func (w *seedWorld) seesMiddle(customer int) bool {
	step := w.customers / w.middle
	return customer%step == 1 && customer/step < w.middle
}

// seedOf makes the seeds of random numbers: one for each thing that is made, so that a change of one leaves the others alone.
func seedOf(what string) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range []byte("roomward " + what) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}

func seedGUID(r *rand.Rand) string {
	a, b := r.Uint64(), r.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

// seedCustomer is one customer in the making.
type seedCustomer struct {
	*seedWorld
	number   int
	rand     *rand.Rand
	accepted time.Time
	polled   time.Time      // the last good run of devices
	newer    []seedVersions // by device
	store.SeedCustomer
}

// customer makes the customer of a number, counted from 0.
func (w *seedWorld) customer(number int) store.SeedCustomer {
	ids := rand.New(rand.NewPCG(seedOf("ids"), uint64(number)))
	c := &seedCustomer{seedWorld: w, number: number, rand: rand.New(rand.NewPCG(seedOf("customer"), uint64(number)))}
	c.NewID = func() policy.ID { return policy.ID(ids.Int64N(1<<63-1) + 1) }
	c.ID = c.NewID()
	c.accepted = w.now.AddDate(0, 0, -200-c.rand.IntN(700)).Add(-time.Duration(c.rand.IntN(600)) * time.Minute)
	c.invite()
	c.collected()
	c.furnish()
	c.equip()
	c.live()
	c.judge()
	c.rules()
	return c.SeedCustomer
}

// invite tells how the relation began.
func (c *seedCustomer) invite() {
	first, second := seedFirst(), seedSecond()
	pair := c.number * 7919 % (len(first) * len(second)) // a prime: every pair once, neighbours unlike each other
	one, two := first[pair%len(first)], second[pair/len(first)]
	domain := strings.ToLower(one + two + ".example")
	sites := seedCities()
	ceiling := policy.DefaultCeiling()
	if c.number%17 == 3 {
		ceiling = without(ceiling, policy.RoomsAct)
	}
	admin := store.Member{Principal: policy.User(seedGUID(c.rand)), Name: seedGiven()[c.rand.IntN(20)] + " " + seedFamily()[c.rand.IntN(12)]}
	manager := c.partner.FindPerson("manager@partner.example")
	c.Country = sites[c.number%len(sites)].country
	c.Invitation = store.Invitation{
		ID: c.NewID(), TenantID: seedGUID(c.rand), Name: one + " " + two, Domains: []string{domain}, PartnerDomain: c.partner.Domains[0],
		State: store.InvitationAccepted, Grant: policy.Grant{All: true}, RoomsOffered: c.rooms, Ceiling: ceiling, ChangeControl: map[string]string{},
		RetentionDays: customers.RetentionDays, TermsVersion: customers.TermsVersion, SentAt: c.accepted.Add(-26 * time.Hour), SentBy: admin.Name,
		SentByOID: admin.Principal.OID(), ExpiresAt: c.accepted.AddDate(0, 0, 13), DecidedAt: c.accepted, DecidedBy: manager.Name,
	}
}

func without(list []policy.Permission, which policy.Permission) []policy.Permission {
	var out []policy.Permission
	for _, p := range list {
		if p != which {
			out = append(out, p)
		}
	}
	return out
}

// collected tells the last runs: a good one of places and of devices, and with some customers one of devices that failed after it.
func (c *seedCustomer) collected() {
	c.polled = c.now.Add(-time.Duration(30+c.rand.IntN(240)) * time.Second)
	failed, detail := "", ""
	switch c.number % 50 {
	case 7:
		failed, detail = collect.StateThrottled, "HTTP 429"
	case 23:
		failed, detail = collect.StateUnreachable, "HTTP 503"
	case 41:
		failed, detail = collect.StateConditionalAccess, "AADSTS53003"
	}
	if failed != "" {
		c.polled = c.polled.Add(-time.Duration(20+c.rand.IntN(400)) * time.Minute)
	}
	run := func(kind store.CollectKind, at time.Time, took time.Duration, state, detail string, requests int) {
		c.Runs = append(c.Runs, store.SeedRun{EndedAt: at.Add(took), CollectOutcome: store.CollectOutcome{
			Lease: store.CollectLease{Customer: c.ID, Kind: kind}, StartedAt: at, State: state, Detail: detail, Good: state == collect.StateOK,
			NextDue: store.NeverDue(), Requests: requests, AskedBy: ""}})
	}
	run(store.CollectPlaces, c.polled.Add(-time.Duration(10+c.rand.IntN(300))*time.Minute), 2*time.Second, collect.StateOK, "", 2+c.rooms/100)
	run(store.CollectDevices, c.polled, 4*time.Second, collect.StateOK, "", 3+c.rooms/8)
	if failed != "" {
		run(store.CollectDevices, c.polled.Add(5*time.Minute), time.Second, failed, detail, 1)
	}
}
