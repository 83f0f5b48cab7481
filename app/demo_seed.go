package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"roomward/app/cloudsim"
	"roomward/app/customers"
	"roomward/policy"
	"roomward/store"
)

// demoCode is the invitation code that is kept for whoever plays Woodgrove's administrator.
const demoCode = "DEMO-WOOD-GROVE"

// relation is a customer of the demo's story: what it offers, and whether the partner has accepted already.
type relation struct {
	domain   string
	grant    policy.Grant
	accepted bool
}

// story is what has happened before the demo opens. Woodgrove has not invited anybody yet; Proseware, in a government cloud, cannot.
func story() []relation {
	all := policy.Grant{All: true}
	return []relation{
		{"northwind.example", policy.Grant{All: true, Except: []policy.GrantRule{{Building: "Quayside Annex"}}}, true},
		{"contoso.example", all, true},
		{"adatum.example", all, true},
		{ending, all, true},
		{demanding, all, true},
		{"lucerne.example", all, true},
		{"trey.example", all, true},
		{approving, all, true},
		{withdrawing, all, true},
		{"tailspin.example", policy.Grant{Rules: []policy.GrantRule{{Country: "FR"}}}, false},
	}
}

// offer is what the customer agrees to. Contoso adds to the usual ceiling that the partner makes room groups.
func (r relation) offer(now time.Time) customers.Offer {
	out := customers.Offer{Grant: r.grant, AgreedTerms: customers.TermsVersion}
	switch r.domain {
	case "contoso.example":
		out.Ceiling = []string{string(policy.GroupsCreate), string(policy.GroupsModify)}
		for _, p := range policy.DefaultCeiling() {
			out.Ceiling = append(out.Ceiling, string(p))
		}
	case demanding:
		out.StrongAuth = "c1"
	case approving:
		out.ChangeControl = map[string]string{string(store.EventRole): store.Manual, string(store.EventAction): store.Manual}
	case ending:
		ends := now.Add(24 * 24 * time.Hour).Truncate(time.Hour)
		out.EndsAt = &ends
	}
	return out
}

// demanding is the customer that demands a sign-in, the first of demoContexts.
const demanding = "fourthcoffee.example"

// approving is the customer that approves changes of roles and actions in rooms first, and ending the one whose relation ends by a date.
const (
	approving = "wingtip.example"
	ending    = "alpine.example"
)

// deviceless is the customer for whose tenant Microsoft does not offer the devices API any more.
const deviceless = "alpine.example"

// withdrawing is the customer that takes its consent back once its first data are in.
const withdrawing = "fabrikam.example"

// seed lets the people of an empty demo act: customers' administrators consent and invite, a manager accepts.
func (d *demo) seed(ctx context.Context) error {
	manager := d.actOf("manager@partner.example")
	overview := policy.Overview(policy.Powers{Manager: true})
	known, err := d.known(ctx, overview)
	if err != nil || known {
		return err
	}
	if err := d.addManagers(ctx, manager); err != nil {
		return err
	}
	if _, err := d.Store.AddInvitationCode(ctx, manager, demoCode, "Woodgrove Bank, to try the invitation", time.Now().Add(30*24*time.Hour)); err != nil {
		return err
	}
	for _, r := range story() {
		if err := d.begin(ctx, r, manager, overview); err != nil {
			return fmt.Errorf("let %s begin: %w", r.domain, err)
		}
	}
	return nil
}

// known tells whether the data directory already holds a story, or customers of any other kind.
func (d *demo) known(ctx context.Context, overview policy.View) (bool, error) {
	there, err := d.Store.HasCustomers(ctx)
	if err != nil || there {
		return there, err
	}
	codes, err := d.Store.InvitationCodes(ctx, overview)
	return len(codes) > 0, err
}

func (d *demo) addManagers(ctx context.Context, manager store.Act) error {
	p := d.person("tenant.manager@partner.example")
	_, err := d.Store.AddTenantManager(ctx, manager, store.TenantManager{Principal: policy.User(p.OID), Name: p.Name})
	return err
}

func (d *demo) begin(ctx context.Context, r relation, manager store.Act, overview policy.View) error {
	tenant := d.tenant(r.domain)
	if err := d.cloud.SetConsent(tenant.ID, true); err != nil {
		return err
	}
	admin := d.actOf("admin@" + r.domain)
	if err := d.Customers.Consented(ctx, admin, tenant.ID); err != nil {
		return err
	}
	code := "FROM-THE-" + strings.ToUpper(strings.TrimSuffix(r.domain, ".example"))
	if _, err := d.Store.AddInvitationCode(ctx, manager, code, tenant.Name, time.Now().Add(24*time.Hour)); err != nil {
		return err
	}
	sent, err := d.Customers.Invite(ctx, admin, customers.NewInvitation{PartnerDomain: d.world.Partner.Domains[0], Code: code, ExpiresInDays: 14,
		Offer: r.offer(d.cfg.Now())}, "admin@"+r.domain)
	if err != nil || !r.accepted {
		return err
	}
	id, err := policy.ParseID(sent.ID)
	if err != nil {
		return err
	}
	primary := d.person("primary.admin@partner.example")
	customer, err := d.Store.AcceptInvitation(ctx, manager, overview, id, 0, []store.Member{
		{Principal: policy.User(primary.OID), Name: primary.Name}, d.group("Desk leads")})
	if err != nil {
		return err
	}
	d.Customers.Started(customer)
	return nil
}

// await goes on with the story when the first rooms are there: a technician gets some of them, and one customer has second thoughts.
func (d *demo) await(ctx context.Context) error {
	look := time.NewTicker(250 * time.Millisecond)
	defer look.Stop()
	todo := map[string]func(context.Context, store.Customer) (done bool, err error){
		"northwind.example": d.lendBuilding, "contoso.example": d.lendRooms, withdrawing: d.withdraw, approving: d.ask,
	}
	overview := policy.Overview(policy.Powers{Manager: true})
	for len(todo) > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
		list, err := d.Store.Customers(ctx, overview)
		if err != nil {
			return err
		}
		there := map[string]bool{}
		for _, c := range list {
			domain := d.domainOf(c.TenantID)
			there[domain] = true
			act, waits := todo[domain]
			if !waits || c.LastGoodAt.IsZero() {
				continue
			}
			done, err := act(ctx, c)
			var conflict store.Conflict
			switch {
			case err == nil && done, errors.As(err, &conflict): // a kept data directory knows the story already
				delete(todo, domain)
			case err != nil && !errors.Is(err, store.ErrStaleView): // rights that changed under it mean: another time
				return fmt.Errorf("go on with %s: %w", domain, err)
			}
		}
		maps.DeleteFunc(todo, func(domain string, _ func(context.Context, store.Customer) (bool, error)) bool { return !there[domain] }) // has ended meanwhile
	}
	return nil
}

// lendBuilding gives the technicians one building of a customer, as a room group, and makes two groups that keep themselves.
func (d *demo) lendBuilding(ctx context.Context, c store.Customer) (done bool, err error) {
	rooms, err := d.roomsOf(ctx, c.ID, lentGroup)
	if err != nil {
		return false, err
	}
	group, err := d.Store.AddRoomGroup(ctx, d.actOf("primary.admin@partner.example"), c.ID, store.RoomGroup{Name: "Waverley House", Rooms: rooms})
	if err != nil {
		return false, err
	}
	if err := d.lend(ctx, c, []policy.Scope{policy.ScopeGroup(group)}); err != nil {
		return false, err
	}
	for _, g := range []store.RoomGroup{
		{Name: "London", Description: "Every room in London, those that come later too.", Rules: []store.GroupRule{{City: []string{"London"}}}},
		{Name: "Boardrooms over 12 seats", Description: "Looked at before every board meeting.", Rules: []store.GroupRule{{CapacityMin: 13}}},
	} {
		g.Kind = store.GroupByRules
		if _, err := d.Store.AddRoomGroup(ctx, d.actOf("primary.admin@partner.example"), c.ID, g); err != nil {
			return false, err
		}
	}
	return true, d.staff(ctx, c, policy.ScopeGroup(group))
}

// staff makes a role of Northwind's own with assignments of every kind: one that goes on, one that has ended, one that ends soon.
func (d *demo) staff(ctx context.Context, c store.Customer, building policy.Scope) error {
	act, now, day := d.actOf("primary.admin@partner.example"), d.cfg.Now(), 24*time.Hour
	role, err := d.Store.AddRole(ctx, act, c.ID, store.Role{Name: "Help desk", Description: "Works on incidents, changes no room.",
		Permissions: []policy.Permission{policy.RoomsView, policy.TicketsView, policy.TicketsUpdate, policy.TicketsCreate}})
	if err != nil {
		return err
	}
	for _, a := range []store.Assignment{
		{Name: "Desk around the clock", Description: "Whoever is on call.", Members: []store.Member{d.group("On call")}, Mail: true},
		{Name: "Moving into Waverley House", Description: "While the rooms were set up.", Members: []store.Member{d.member("etienne.lefevre@partner.example")},
			StartsAt: now.Add(-80 * day), EndsAt: now.Add(-21 * day)},
		{Name: "Night cover", Description: "Until the new colleague starts.", Members: []store.Member{d.member("yusuf.demir@partner.example")},
			StartsAt: now.Add(-9 * day), EndsAt: now.Add(5 * day)},
	} {
		a.Role, a.Scopes = role, []policy.Scope{building}
		if _, err := d.Store.AddAssignment(ctx, act, c.ID, a); err != nil {
			return err
		}
	}
	return nil
}

// lendRooms gives the technicians some single rooms of a customer.
func (d *demo) lendRooms(ctx context.Context, c store.Customer) (done bool, err error) {
	rooms, err := d.roomsOf(ctx, c.ID, lentRooms)
	if err != nil {
		return false, err
	}
	var scopes []policy.Scope
	for _, id := range rooms {
		scopes = append(scopes, policy.ScopeRoom(id))
	}
	return true, d.lend(ctx, c, scopes)
}

// lentGroup and lentRooms say which rooms the technicians get: a building of Northwind, a floor of Contoso.
func lentGroup(building, _ string) bool     { return building == "Waverley House" }
func lentRooms(building, floor string) bool { return building == "Meridian" && floor == "5" }

func (d *demo) lend(ctx context.Context, c store.Customer, scopes []policy.Scope) error {
	act := d.actOf("primary.admin@partner.example")
	permissions, ok := policy.Template("site-technician")
	if !ok {
		return errors.New("there is no template for technicians")
	}
	role, err := d.Store.AddRole(ctx, act, c.ID, store.Role{Name: "Site technician", Description: "Works on rooms and incidents of a site.",
		Permissions: permissions})
	if err != nil {
		return err
	}
	_, err = d.Store.AddAssignment(ctx, act, c.ID, store.Assignment{Name: "Technicians on site", Role: role,
		Members: []store.Member{d.group("Technicians EMEA")}, Scopes: scopes})
	return err
}

// withdraw takes the consent back and is done when the next collection has noticed.
func (d *demo) withdraw(_ context.Context, c store.Customer) (done bool, err error) {
	return c.State == store.CustomerWithdrawn, d.cloud.SetConsent(c.TenantID, false)
}

// roomsOf picks rooms of a customer among those that its primary admin sees.
func (d *demo) roomsOf(ctx context.Context, customer policy.ID, pick func(building, floor string) bool) ([]policy.ID, error) {
	primary := policy.Actor{User: policy.User(d.person("primary.admin@partner.example").OID)}
	if err := d.Decider.Refresh(ctx, primary); err != nil {
		return nil, err
	}
	view, err := d.Decider.ViewOne(ctx, primary, policy.RoomsView, customer)
	if err != nil {
		return nil, err
	}
	list, err := d.Store.Rooms(ctx, view, policy.View{}, store.RoomQuery{Sort: store.RoomsByName, Limit: store.MaxPage})
	if err != nil {
		return nil, err
	}
	var ids []policy.ID
	for _, r := range list.Rooms {
		if pick(r.Building, r.Floor) {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil, errors.New("the rooms of the story are not there")
	}
	return ids, nil
}

func (d *demo) tenant(domain string) *cloudsim.Tenant { return d.world.FindTenant(domain) }

func (d *demo) domainOf(tenant string) string { return d.world.FindTenant(tenant).Domains[0] }

// person finds somebody of the partner, or of a customer, by the sign-in name.
func (d *demo) person(upn string) *cloudsim.Person {
	_, domain, _ := strings.Cut(upn, "@")
	return d.tenant(domain).FindPerson(upn)
}

func (d *demo) group(name string) store.Member {
	return store.Member{Principal: policy.Group(d.world.Partner.FindGroup(name).ID), Name: name}
}

func (d *demo) member(upn string) store.Member {
	p := d.person(upn)
	return store.Member{Principal: policy.User(p.OID), Name: p.Name}
}

func (d *demo) actOf(upn string) store.Act {
	p := d.person(upn)
	_, domain, _ := strings.Cut(upn, "@")
	side := store.SideCustomer
	if d.tenant(domain) == d.world.Partner {
		side = store.SidePartner
	}
	return store.Act{Side: side, TenantID: d.tenant(domain).ID, OID: p.OID, Name: p.Name}
}
