package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"roomward/policy"
)

// AboutRoom is the id of the room that an entry is about, where the record keeps its id alone: of actions, and of requests for them; else 0.
func (r AuditRow) AboutRoom() ID {
	switch subject, _, _ := strings.Cut(r.Operation, "."); {
	case r.Object != "" || r.ObjectID == "":
		return 0
	case subject == "action", subject == "change" && strings.Contains(r.Detail, `"changeRequest":`):
		id, err := policy.ParseID(r.ObjectID)
		if err != nil {
			return 0
		}
		return id
	}
	return 0
}

// nameRooms names the rooms of entries, as they are called now: a customer's own ones, or those that a member of the partner sees.
func nameRooms(ctx context.Context, t *tx, by AuditReader, rows []AuditRow) error {
	var ids []ID
	for _, r := range rows {
		if id := r.AboutRoom(); id != 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	list, err := toJSON(numbers(ids))
	if err != nil {
		return err
	}
	condition, arg := by.ofRooms(2)
	names := map[ID]string{}
	_, err = readAll(ctx, t, "name the rooms of the record", statement{`SELECT r.id, r.name FROM rooms r JOIN customers c ON c.id = r.customer_id
			WHERE r.id ` + inSet(1) + ` AND ` + condition, []any{list, arg}}, func(rows *sql.Rows, id *ID) error {
		var name string
		err := rows.Scan(id, &name)
		names[*id] = name
		return err
	})
	for i := range rows {
		rows[i].RoomName = names[rows[i].AboutRoom()]
	}
	return err
}

// readsRules tells whether a reader sees the roles of the customer of an entry, and so may read their names.
func (by AuditReader) readsRules(customer ID) bool {
	return customer != 0 && (by.Own.Kind() == policy.KindOwn || slices.Contains(by.Rules.Everywhere().Customers(), customer))
}

// ofRooms is the condition on which a reader reads the names of rooms r of customers c: a customer's own ones, or those that a member of the partner
// sees.
func (by AuditReader) ofRooms(n int) (condition string, arg any) {
	if by.Own.Kind() == policy.KindOwn {
		return fmt.Sprintf(`r.hidden_at IS NULL AND c.tenant_id = $%d`, n), by.Own.TenantID()
	}
	return seen("r.cell_id", n, by.Rooms)
}

// mostRooms is how many rooms a text finds in the record: who asks for more types another letter.
const mostRooms = 500

// roomsCalled are the ids, as entries have them, of the rooms whose present name contains a text.
func roomsCalled(ctx context.Context, t *tx, by AuditReader, text string) (string, error) {
	if text == "" {
		return "[]", nil
	}
	condition, arg := by.ofRooms(2)
	found, err := readAll(ctx, t, "look for rooms of the record", statement{`SELECT r.id FROM rooms r JOIN customers c ON c.id = r.customer_id
		WHERE r.name LIKE $1 ESCAPE '\' AND ` + condition + fmt.Sprintf(` LIMIT %d`, mostRooms), []any{`%` + literal(text) + `%`, arg}}, scanID)
	if err != nil {
		return "", err
	}
	return toJSON(found)
}

// inRooms demands that an entry is about one of some rooms: such an entry has the room's id and no name, see AboutRoom.
func (c *recordConditions) inRooms(list string) string {
	return `x.object = '' AND x.subject IN ('action', 'change') AND x.object_id ` + c.set(list)
}
