package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"roomward/policy"
)

// AuditReader is who reads the record, and by what. A customer's administrators read their own chain (Own) and nothing else. A member of the
// partner reads the entries of the customers where roles.view is held over all rooms (Rules), what it did itself where it still holds anything
// (Related) or where no customer is concerned, and with partner-wide powers (Overview) invitations, codes, tenant managers, proposals and the
// sign-ins of the partner's people: no customer's data, and not what people of an organisation were refused, which may have invited nobody.
type AuditReader struct {
	Own      policy.View
	Rules    policy.View
	Related  policy.View
	Overview policy.View
	Rooms    policy.View // of rooms.view: whose names show in entries about rooms
	OID      string
}

// recordSubjects are the first words of the operations that partner-wide powers see.
const recordSubjects = `["admins", "invitation", "invitation-code", "session", "tenant-manager"]`

// AuditFilter says which entries; the zero filter means all.
type AuditFilter struct {
	From, To  time.Time // from including, to excluding
	Text      string    // part of the name of who did it or of what it was done to; of a room, of its present name, where the reader sees it
	Actor     string    // part of the name, or the whole object id
	Operation string    // "role", or "role.update"
	Object    string    // part of the name as in Text, or the whole id
	Result    string
	Side      Side
	Customer  ID // of the partner's readers; ErrNotFound for one of which the reader may not know
}

// AuditQuery asks for a page of entries.
type AuditQuery struct {
	AuditFilter
	Oldest bool        // first; else newest first
	Past   *AuditPlace // the last one of the page before; what the reader does not see ends the list
	Limit  int
	Total  bool
	// Export leaves out the customers that want to approve exports, but for those of which the reader has a permit; with Customer it is Conflict
	// needs-approval.
	Export bool
}

// AuditPlace names an entry.
type AuditPlace struct {
	Chain string
	Seq   int64
}

// AuditFound is what is told of a question beside its entries.
type AuditFound struct {
	Total   int // how many entries there are in all; only when that is asked for
	LeftOut int // how many customers of the question an export leaves out
}

// Audit reads a page of the record. Errors: ErrNotFound, ErrStaleView; conflict:
// needs-approval.
func (s *Store) Audit(ctx context.Context, by AuditReader, q AuditQuery) (rows []AuditRow, found AuditFound, err error) {
	err = s.readRecord(ctx, by, func(t *tx) error {
		c, err := auditConditions(ctx, t, by, q)
		if err != nil {
			return err
		}
		if q.Total {
			if err := t.QueryRowContext(ctx, `SELECT count(*) FROM (`+c.ids("", "")+`)`, c.args...).Scan(&found.Total); err != nil {
				return fmt.Errorf("count the entries of the record: %w", err)
			}
		}
		found.LeftOut = c.leftOut
		o := order{columns: []string{"at", "id"}, down: !q.Oldest}
		past := ""
		if q.Past != nil {
			last, err := entryAt(ctx, t, by, *q.Past)
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			past = " AND " + order{columns: []string{"x.at", "x.id"}, down: !q.Oldest}.after(&c.conditions, millis(last.At), last.ID)
		}
		limit := c.param(q.Limit)
		first := ` ORDER BY ` + order{columns: []string{"x.at", "x.id"}, down: !q.Oldest}.String() + ` LIMIT ` + limit
		rows, err = readAll(ctx, t, "read the record", statement{`SELECT ` + auditColumns + `, ` + hashBefore + ` FROM audit WHERE id IN (` +
			c.ids(past, first) + `) ORDER BY ` + o.String() + ` LIMIT ` + limit, c.args}, scanLinked)
		if err != nil || q.Export { // a file outlives the room, as the record does
			return err
		}
		return nameRooms(ctx, t, by, rows)
	})
	return rows, found, err
}

// AuditCustomers are the customers of which a question has entries. Errors as in Audit.
func (s *Store) AuditCustomers(ctx context.Context, by AuditReader, q AuditQuery) ([]ID, error) {
	var out []ID
	err := s.readRecord(ctx, by, func(t *tx) error {
		c, err := auditConditions(ctx, t, by, q)
		if err != nil {
			return err
		}
		out, err = readAll(ctx, t, "read of whom the record tells", statement{`SELECT DISTINCT customer_id FROM audit WHERE id IN (` + c.ids("", "") + `)
			AND customer_id IS NOT NULL ORDER BY customer_id`, c.args}, scanID)
		return err
	})
	return out, err
}

// AuditEntry reads one entry by its place; ErrNotFound for what is not there and for what the reader does not see.
func (s *Store) AuditEntry(ctx context.Context, by AuditReader, at AuditPlace) (AuditRow, error) {
	var out AuditRow
	err := s.readRecord(ctx, by, func(t *tx) error {
		var err error
		if out, err = entryAt(ctx, t, by, at); err != nil {
			return err
		}
		one := []AuditRow{out}
		err = nameRooms(ctx, t, by, one)
		out = one[0]
		if err != nil || !by.readsRules(out.Customer) {
			return err
		}
		out.Names, err = namesIn(ctx, t, out.Customer, out.Detail, by.ofRooms)
		return err
	})
	return out, err
}

func entryAt(ctx context.Context, t *tx, by AuditReader, at AuditPlace) (AuditRow, error) {
	c, err := auditConditions(ctx, t, by, AuditQuery{})
	if err != nil {
		return AuditRow{}, err
	}
	place := ` AND x.chain = ` + c.param(at.Chain) + ` AND x.seq = ` + c.param(at.Seq)
	found, err := readAll(ctx, t, "read an entry of the record", statement{`SELECT ` + auditColumns + `, ` + hashBefore + ` FROM audit WHERE id IN (` +
		c.one(place) + `)`, c.args}, scanLinked)
	if err != nil {
		return AuditRow{}, err
	}
	if len(found) == 0 {
		return AuditRow{}, ErrNotFound
	}
	return found[0], nil
}

// readRecord checks the reader's views in the transaction of the read.
func (s *Store) readRecord(ctx context.Context, by AuditReader, fn func(*tx) error) error {
	return s.readViews(ctx, []policy.View{by.Rules, by.Related, by.Rooms}, fn)
}

// recordConditions find the entries of a reader: each source by an index of its own, and the filter in each.
type recordConditions struct {
	conditions
	sources []recordSource
	leftOut int
}

// recordSource is a part of the record that a reader sees. each, where there is one, is a set parameter whose values, as v.value, are looked
// up one by one, so that a page takes from each no more than a page.
type recordSource struct{ each, where string }

// ids are the ids of all that the sources have, as x, with a further condition; first bounds what is taken of each.
func (c *recordConditions) ids(further, first string) string {
	var parts []string
	for _, s := range c.sources {
		from := `SELECT x.id FROM audit x WHERE ` + s.where + c.filter() + further + first
		if s.each != "" {
			from = `SELECT e.id FROM json_each(` + s.each + `) v CROSS JOIN audit e ON e.id IN (` + from + `)`
		} else {
			from = `SELECT id FROM (` + from + `)`
		}
		parts = append(parts, from)
	}
	return strings.Join(parts, ` UNION `)
}

// one is ids for an entry whose place is named.
func (c *recordConditions) one(place string) string {
	var parts []string
	for _, s := range c.sources {
		where := s.where
		if s.each != "" {
			where = strings.ReplaceAll(where, "v.value", "(SELECT value FROM json_each("+s.each+"))")
			where = strings.ReplaceAll(where, "= (SELECT", "IN (SELECT")
		}
		parts = append(parts, `SELECT x.id FROM audit x WHERE `+where+place)
	}
	return strings.Join(parts, ` UNION `)
}

func (c *recordConditions) filter() string {
	if len(c.pieces) == 0 {
		return ""
	}
	return " AND " + c.String()
}

func auditConditions(ctx context.Context, t *tx, by AuditReader, q AuditQuery) (*recordConditions, error) {
	c := &recordConditions{}
	if by.Own.Kind() == policy.KindOwn {
		c.sources = []recordSource{{where: `x.chain = ` + c.param(by.Own.TenantID())}}
		return c, c.ask(ctx, t, by, q.AuditFilter)
	}
	if by.Rules.Kind() != policy.KindMember {
		return nil, ErrNotFound
	}
	customers, related := by.Rules.Everywhere().Customers(), by.Related.Customers()
	overview := by.Overview.Kind() == policy.KindOverview
	if q.Customer != 0 {
		if err := mayKnow(ctx, t, q.Customer, overview, customers, related); err != nil {
			return nil, err
		}
		one := func(id ID) bool { return id != q.Customer }
		customers = slices.DeleteFunc(customers, one)
		c.add(`x.customer_id = ` + c.param(q.Customer))
	}
	if err := c.leaveOut(ctx, t, by.OID, customers, q); err != nil {
		return nil, err
	}
	lists := make([]string, 2)
	for i, list := range [][]ID{customers, related} {
		text, err := toJSON(numbers(list))
		if err != nil {
			return nil, err
		}
		lists[i] = text
	}
	c.sources = []recordSource{
		{each: c.param(lists[0]), where: `x.customer_id = v.value`},
		{where: `x.actor_oid = ` + c.param(by.OID) + ` AND x.side = 'partner' AND (x.customer_id IS NULL OR x.customer_id ` + c.set(lists[1]) + `)`},
	}
	if overview {
		c.sources = append(c.sources, recordSource{each: c.param(recordSubjects), where: `x.subject = v.value AND (x.subject <> 'session' OR x.chain = '')
			AND (x.side <> 'customer' OR x.result <> 'refused')`})
	}
	return c, c.ask(ctx, t, by, q.AuditFilter)
}

// mayKnow answers ErrNotFound for a customer that the reader does not see and that is not there, alike.
func mayKnow(ctx context.Context, t *tx, customer ID, overview bool, seen ...[]ID) error {
	for _, list := range seen {
		if slices.Contains(list, customer) {
			return nil
		}
	}
	if !overview {
		return ErrNotFound
	}
	var there bool
	if err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM customers WHERE id = $1)`, customer).Scan(&there); err != nil {
		return fmt.Errorf("look for a customer: %w", err)
	}
	if !there {
		return ErrNotFound
	}
	return nil
}

// leaveOut counts the customers of a question that want to approve exports, and takes them out of one.
func (c *recordConditions) leaveOut(ctx context.Context, t *tx, oid string, customers []ID, q AuditQuery) error {
	closed, err := closedExports(ctx, t, oid)
	if err != nil {
		return err
	}
	for _, id := range closed {
		if slices.Contains(customers, id) {
			c.leftOut++
		}
	}
	if !q.Export || len(closed) == 0 {
		return nil
	}
	if slices.Contains(closed, q.Customer) {
		return Conflict{"needs-approval"}
	}
	list, err := toJSON(numbers(closed))
	if err != nil {
		return err
	}
	c.add(`(x.customer_id IS NULL OR x.customer_id NOT ` + c.set(list) + `)`)
	return nil
}

// ask adds the conditions of a filter.
func (c *recordConditions) ask(ctx context.Context, t *tx, by AuditReader, f AuditFilter) error {
	if !f.From.IsZero() {
		c.add(`x.at >= ` + c.param(millis(f.From)))
	}
	if !f.To.IsZero() {
		c.add(`x.at < ` + c.param(millis(f.To)))
	}
	if f.Text != "" {
		rooms, err := roomsCalled(ctx, t, by, f.Text)
		if err != nil {
			return err
		}
		c.add(`(` + c.part("x.actor_name", f.Text) + ` OR ` + c.part("x.object", f.Text) + ` OR ` + c.inRooms(rooms) + `)`)
	}
	if f.Actor != "" {
		c.add(`(x.actor_oid = ` + c.param(f.Actor) + ` OR ` + c.part("x.actor_name", f.Actor) + `)`)
	}
	if f.Operation != "" {
		c.add(`(x.operation = ` + c.param(f.Operation) + ` OR ` + `x.operation LIKE ` + c.param(literal(f.Operation)+`.%`) + ` ESCAPE '\')`)
	}
	if f.Object != "" {
		rooms, err := roomsCalled(ctx, t, by, f.Object)
		if err != nil {
			return err
		}
		c.add(`(x.object_id = ` + c.param(f.Object) + ` OR ` + c.part("x.object", f.Object) + ` OR ` + c.inRooms(rooms) + `)`)
	}
	if f.Result != "" {
		c.add(`x.result = ` + c.param(f.Result))
	}
	switch f.Side {
	case "", SidePartner, SideCustomer, SideSystem:
	default:
		return errors.New("a side that does not exist")
	}
	if f.Side != "" {
		c.add(`x.side = ` + c.param(f.Side))
	}
	return nil
}

// part demands that a column contains a text. Nothing in it is a wildcard.
func (c *recordConditions) part(column, text string) string {
	return column + ` LIKE ` + c.param(`%`+literal(text)+`%`) + ` ESCAPE '\'`
}

// literal takes the wildcards out of a text for LIKE.
func literal(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// closedExports are the customers that want to approve exports of their record, without those of which a person has a permit.
func closedExports(ctx context.Context, t *tx, oid string) ([]ID, error) {
	return readAll(ctx, t, "read who approves exports", statement{`SELECT id FROM customers
		WHERE json_extract(change_control_json, '$.export') = 'manual' AND NOT EXISTS (SELECT 1 FROM audit_permits p
			WHERE p.customer_id = customers.id AND p.oid = $1 AND p.expires_at > $2)`, []any{oid, t.now}}, scanID)
}
