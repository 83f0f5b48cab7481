package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"roomward/policy"
)

// CustomerState is where a relation stands.
type CustomerState string

const (
	// CustomerActive is a relation in force.
	CustomerActive CustomerState = "active"
	// CustomerWithdrawn is a relation whose consent was removed in Entra: all views of it are closed.
	CustomerWithdrawn CustomerState = "withdrawn"
)

// Customer is a relation in force, as far as its high-level facts go; product.md S1 1.3 lists what managers see of it.
type Customer struct {
	ID            ID
	TenantID      string
	Name          string
	Domains       []string
	State         CustomerState
	Grant         policy.Grant
	Ceiling       []policy.Permission
	ChangeControl map[string]string
	StrongAuth    string // id of the authentication context that is demanded of the partner's people; "" for none
	EndsAt        time.Time
	RetentionDays int
	SealDays      int      // for how long the audit record is kept sealed for the customer after the end
	Contacts      []string // mail addresses of the customer to which notices go
	Version       int64    // of what was agreed: raised by each change of it
	AcceptedAt    time.Time
	AcceptedBy    string
	Rooms         int // granted rooms that are collected and not hidden
	// LastGoodAt is the end of the last good collection of devices; zero before the first.
	LastGoodAt time.Time
	// CollectState is what the collection of devices says: see collect.
	CollectState string
	// WithoutAdminSince is since when nobody is an effective primary admin, which closes the views; zero while there is one.
	WithoutAdminSince time.Time
	// WithdrawnAt is since when the consent is withdrawn; zero while it stands.
	WithdrawnAt time.Time
}

// PurgeAt is when the relation ends because its consent is withdrawn; zero while it stands.
func (c Customer) PurgeAt() time.Time {
	if c.WithdrawnAt.IsZero() {
		return time.Time{}
	}
	return c.WithdrawnAt.Add(PurgeAfter)
}

// over tells whether the date of the relation has come, which its end follows within a minute: until then nobody of the partner sees that it is there.
func (c Customer) over(v policy.View, now int64) bool {
	return !c.EndsAt.IsZero() && millis(c.EndsAt) <= now && v.Kind() != policy.KindOwn
}

// Member is a user or security group of the partner's tenant, with the name the directory gave when it was added.
type Member struct {
	Principal policy.Principal
	Name      string
}

// PrimaryAdmins is the name of the one built-in role (product.md S1 1.2).
const PrimaryAdmins = "Primary admins"

// AssignedAdmins is the name of its first assignment (product.md S1 1.3).
const AssignedAdmins = "Assigned admins"

// AcceptInvitation makes the relation: the customer, its built-in role with the given primary admins over all granted rooms, and the
// first collection, due at once. version is that of the offer as it was read, or 0 for whichever is there. Only the partner accepts: any other
// view answers ErrNotFound. Conflicts: invitation-not-pending, invitation-expired, invitation-changed, relation-exists, primary-admin-missing.
func (s *Store) AcceptInvitation(ctx context.Context, act Act, v policy.View, id ID, version int64, admins []Member) (ID, error) {
	if v.Kind() != policy.KindOverview {
		return 0, ErrNotFound
	}
	if len(admins) == 0 {
		return 0, Conflict{"primary-admin-missing"}
	}
	customer := policy.NewID()
	err := s.write(ctx, func(t *tx) error {
		inv, err := pendingInvitation(ctx, t, v, id)
		if err != nil {
			return err
		}
		if version != 0 && version != inv.Version {
			return Conflict{"invitation-changed"}
		}
		if err := setInvitation(ctx, t, id, InvitationAccepted, act.Name); err != nil {
			return err
		}
		if err := insertCustomer(ctx, t, customer, inv, act.Name); err != nil {
			return err
		}
		if err := startPrimaryAdmins(ctx, t, customer, admins); err != nil {
			return err
		}
		if err := startJobs(ctx, t, customer); err != nil {
			return err
		}
		if _, err := cellOf(ctx, t, customer, "[]", 0); err != nil {
			return err
		}
		if err := raiseRules(ctx, t, customer); err != nil {
			return err
		}
		err = tell(ctx, t, notice{to: SideCustomer, tenant: inv.TenantID, customer: customer, kind: "invitation.accepted",
			detail: map[string]any{"by": act.Name, "primaryAdmins": len(admins)}})
		if err != nil {
			return err
		}
		return act.record(ctx, t, entry{customer: customer, tenant: inv.TenantID, operation: "invitation.accept", object: inv.Name,
			objectID: id.String(), detail: map[string]any{"primaryAdmins": admins}})
	})
	if err != nil {
		return 0, err
	}
	return customer, nil
}

func insertCustomer(ctx context.Context, t *tx, id ID, inv Invitation, by string) error {
	_, err := t.exec(ctx, `INSERT INTO customers (id, tenant_id, name, state, rule_version, grant_json, ceiling_json, change_control_json,
			strong_auth, ends_at, retention_days, seal_days, contacts_json, invitation_id, accepted_at, accepted_by_name)
		SELECT $1, tenant_id, name, 'active', 1, grant_json, ceiling_json, change_control_json, strong_auth, relation_ends_at,
			retention_days, seal_days, contacts_json, id, $2, $3 FROM invitations WHERE id = $4`, id, t.now, by, inv.ID)
	if isUnique(err) {
		return Conflict{"relation-exists"}
	}
	if err != nil {
		return fmt.Errorf("make the customer: %w", err)
	}
	return nil
}

func startPrimaryAdmins(ctx context.Context, t *tx, customer ID, admins []Member) error {
	permissions, _ := policy.Template("primary-admins")
	role := Role{ID: policy.NewID(), Name: PrimaryAdmins, BuiltIn: true, Permissions: permissions}
	if err := insertRole(ctx, t, customer, role); err != nil {
		return err
	}
	return insertAssignment(ctx, t, customer, Assignment{ID: policy.NewID(), Role: role.ID, Name: AssignedAdmins, Members: admins,
		Scopes: []policy.Scope{policy.ScopeAll}})
}

const customerColumns = `c.id, c.tenant_id, c.name, t.domains_json, c.state, c.grant_json, c.ceiling_json, c.change_control_json,
	c.strong_auth, c.ends_at, c.retention_days, c.seal_days, c.contacts_json, c.version, c.accepted_at, c.accepted_by_name, c.rooms, j.last_good_at,
	coalesce(j.state, 'new'), c.without_admin_since, c.withdrawn_at
	FROM customers c JOIN tenants t ON t.tenant_id = c.tenant_id
	LEFT JOIN collect_jobs j ON j.customer_id = c.id AND j.kind = 'devices'`

func scanCustomer(row interface{ Scan(...any) error }) (Customer, error) {
	var c Customer
	var domains, grant, ceiling, control, contacts string
	var ends, good, without, withdrawn sql.NullInt64
	var accepted int64
	err := row.Scan(&c.ID, &c.TenantID, &c.Name, &domains, &c.State, &grant, &ceiling, &control, &c.StrongAuth, &ends, &c.RetentionDays,
		&c.SealDays, &contacts, &c.Version, &accepted, &c.AcceptedBy, &c.Rooms, &good, &c.CollectState, &without, &withdrawn)
	if errors.Is(err, sql.ErrNoRows) {
		return c, ErrNotFound
	}
	if err != nil {
		return c, fmt.Errorf("read a customer: %w", err)
	}
	c.EndsAt, c.AcceptedAt, c.LastGoodAt, c.WithoutAdminSince = whenOr0(ends), when(accepted), whenOr0(good), whenOr0(without)
	c.WithdrawnAt = whenOr0(withdrawn)
	return c, errors.Join(fromJSON(domains, &c.Domains), fromJSON(grant, &c.Grant), fromJSON(ceiling, &c.Ceiling), fromJSON(control, &c.ChangeControl),
		fromJSON(contacts, &c.Contacts))
}

// inCustomers is the condition of a view on the customers' own rows: its customers for a member, one tenant for the customer's own
// side, all of them for the partner-wide powers, which see names and states only. Parameters $1 (JSON set) and $2 (tenant).
func inCustomers(v policy.View) (condition string, set, tenant string) {
	switch v.Kind() {
	case policy.KindOverview:
		return `($1 = $1 AND $2 = $2)`, "[]", ""
	case policy.KindOwn:
		return `(c.tenant_id = $2 AND $1 = $1)`, "[]", v.TenantID()
	case policy.KindMember, policy.KindWork:
		return `(c.id ` + inSet(1) + ` AND $2 = $2)`, v.CustomersJSON(), ""
	}
	return `($1 <> $1 AND $2 = $2)`, "[]", ""
}

// Customers lists the customers of the view by name; at most 10,000, which is more than one appliance serves.
func (s *Store) Customers(ctx context.Context, v policy.View) ([]Customer, error) {
	var out []Customer
	condition, set, tenant := inCustomers(v)
	err := s.readView(ctx, v, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `SELECT `+customerColumns+` WHERE `+condition+` ORDER BY c.name, c.id LIMIT 10000`, set, tenant)
		if err != nil {
			return fmt.Errorf("list the customers: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			c, err := scanCustomer(rows)
			if err != nil {
				return err
			}
			if !c.over(v, t.now) {
				out = append(out, shown(v, c))
			}
		}
		return rows.Err()
	})
	return out, err
}

// shown leaves of a customer what the view may see: the partner-wide powers see names and states, never data (design 5).
func shown(v policy.View, c Customer) Customer {
	if v.Kind() == policy.KindOverview {
		c.Grant, c.Rooms, c.CollectState, c.Contacts = policy.Grant{}, 0, "", nil
	}
	return c
}

// CustomerByID reads one customer of the view; ErrNotFound when it is not there or not in the view.
func (s *Store) CustomerByID(ctx context.Context, v policy.View, id ID) (Customer, error) {
	return s.customer(ctx, v, ` AND c.id = $3`, id)
}

// OwnCustomer reads the relation of a customer's own side; ErrNotFound when there is none.
func (s *Store) OwnCustomer(ctx context.Context, v policy.View) (Customer, error) {
	if v.Kind() != policy.KindOwn {
		return Customer{}, ErrNotFound
	}
	return s.customer(ctx, v, ` AND c.tenant_id = $3`, v.TenantID())
}

func (s *Store) customer(ctx context.Context, v policy.View, condition string, arg any) (Customer, error) {
	var c Customer
	in, set, tenant := inCustomers(v)
	err := s.readView(ctx, v, func(t *tx) error {
		var err error
		c, err = scanCustomer(t.QueryRowContext(ctx, `SELECT `+customerColumns+` WHERE `+in+condition, set, tenant, arg))
		if err == nil && c.over(v, t.now) {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return Customer{}, err
	}
	return shown(v, c), err
}
