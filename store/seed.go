package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"time"

	"roomward/policy"
)

// SeedCustomer is one customer of a seeded world with everything about it, as the relation, the rules and many runs of collecting would
// have left it. Ids are given, so that a world is always the same.
type SeedCustomer struct {
	ID ID
	// Invitation is the offer; SentAt, SentBy, DecidedAt and DecidedBy tell its story. It was accepted.
	Invitation Invitation
	Country    string
	// Admins are the members of the built-in role.
	Admins []Member
	// Roles, Groups and Assignments are what was made after accepting; their ids refer to each other and to Rooms.
	Roles       []Role
	Groups      []RoomGroup
	Assignments []Assignment
	Rooms       []SeedRoom
	Devices     []SeedDevice
	// Runs are collections that have ended, in their order; the last good one of each kind is the age of the data.
	Runs []SeedRun
	// NewID gives ids to what nothing else in here refers to: always the same ones in the same order.
	NewID func() ID
}

// SeedRoom is a granted room with the health that follows from its devices.
type SeedRoom struct {
	PlaceFound
	ID      ID
	Account string
	Health  RoomAfter
}

// SeedDevice is a device with all that its readings have led to: After holds the present signals and incidents, and every change of
// spans, openings and events from the beginning.
type SeedDevice struct {
	DeviceFound
	ID    ID
	After DeviceAfter
}

// SeedRun is a collection that ended; its lease names the kind only.
type SeedRun struct {
	CollectOutcome
	EndedAt time.Time
}

// SeedCounts say how much was written.
type SeedCounts struct {
	Customers, Rooms, Devices, Incidents, Open int
}

// NeverDue is when a job is due that shall not run: no customer of a seeded world exists in any cloud.
func NeverDue() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

// ErrHasCustomers refuses to seed where there are customers already.
var ErrHasCustomers = errors.New("this data directory has customers already")

// seeding are the settings of the writer's connection for the one big transaction. Ids are random, so it writes all over the file and wants a large
// page cache. A rollback journal holds only what was there before, next to nothing, where a write-ahead log would hold the whole world, and keeps
// the file as safe. Parents and values were checked where they were made: looking them up again costs half the time (SQLite builds a table for
// each CHECK with a list).
func seeding() []string {
	return []string{`PRAGMA journal_mode = DELETE`, `PRAGMA cache_size = -128000`, `PRAGMA foreign_keys = OFF`, `PRAGMA ignore_check_constraints = ON`}
}

// usual are the settings otherwise, as openSQLite has them.
func usual() []string {
	return []string{`PRAGMA journal_mode = WAL`, `PRAGMA cache_size = -16000`, `PRAGMA foreign_keys = ON`, `PRAGMA ignore_check_constraints = OFF`}
}

// Seed fills a database that has no customers with a world, in one transaction: all of it or nothing. What it writes is what the store's
// own functions write (AcceptInvitation, ApplyPlaces, AddAssignment, ApplyDevices, ...), only quicker; a test compares the two. Each
// customer takes one entry in the audit record. progress is told after each customer. Errors: ErrHasCustomers.
func (s *Store) Seed(ctx context.Context, act Act, world string, customers iter.Seq2[SeedCustomer, error], progress func(SeedCounts)) (SeedCounts, error) {
	var counts SeedCounts
	s.reader.SetMaxIdleConns(0) // an open reader would keep the write-ahead log
	defer s.reader.SetMaxIdleConns(max(2, runtime.NumCPU()))
	err := s.set(ctx, seeding())
	if err != nil {
		return counts, errors.Join(err, s.set(context.WithoutCancel(ctx), usual()))
	}
	err = s.writeAlone(ctx, func(t *tx) error {
		if err := refuseCustomers(ctx, t); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO facts (name, value) VALUES ('world', $1)`, world); err != nil {
			return fmt.Errorf("keep the name of the world: %w", err)
		}
		w, err := newSeeder(ctx, t)
		if err != nil {
			return err
		}
		for c, err := range customers {
			if err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := w.customer(context.WithoutCancel(ctx), act, c); err != nil { // in the middle, SQLite would give up everything by itself
				return fmt.Errorf("seed %s: %w", c.Invitation.Name, err)
			}
			progress(w.counts)
		}
		counts = w.counts
		return nil
	})
	return counts, errors.Join(err, s.set(context.WithoutCancel(ctx), usual()))
}

func (s *Store) set(ctx context.Context, pragmas []string) error {
	for _, p := range pragmas {
		if _, err := s.writer.ExecContext(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

func refuseCustomers(ctx context.Context, t *tx) error {
	var there bool
	if err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM customers)`).Scan(&there); err != nil {
		return fmt.Errorf("look for customers: %w", err)
	}
	if there {
		return ErrHasCustomers
	}
	return nil
}

// World is the name of the world that the database was seeded with; "" for none.
func (s *Store) World(ctx context.Context) (string, error) {
	var name string
	err := s.read(ctx, func(t *tx) error {
		err := t.QueryRowContext(ctx, `SELECT value FROM facts WHERE name = 'world'`).Scan(&name)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read the name of the world: %w", err)
		}
		return nil
	})
	return name, err
}

// HasCustomers tells whether any relation is in force.
func (s *Store) HasCustomers(ctx context.Context) (bool, error) {
	err := s.read(ctx, func(t *tx) error { return refuseCustomers(ctx, t) })
	if errors.Is(err, ErrHasCustomers) {
		return true, nil
	}
	return false, err
}

// at is the transaction, with another time to write from now on.
func (w *seeder) at(moment time.Time) *tx {
	w.t.now = millis(moment)
	return w.t
}

// customer writes one customer: the relation, its rooms, the rules over them, what collecting found, and the jobs.
func (w *seeder) customer(ctx context.Context, act Act, c SeedCustomer) error {
	for _, step := range []func(context.Context, SeedCustomer) error{w.relation, w.rooms, w.rules, w.devices, w.jobs} {
		if err := step(ctx, c); err != nil {
			return err
		}
	}
	w.t.now = w.now
	// One version for the rooms and one for the devices that were found, as the two runs would have raised it.
	_, err := w.t.exec(ctx, `UPDATE customers SET data_version = data_version + 2, rooms = $1 WHERE id = $2`, len(c.Rooms), c.ID)
	if err != nil {
		return fmt.Errorf("count the rooms of a customer: %w", err)
	}
	if err := raiseRules(ctx, w.t, c.ID); err != nil {
		return err
	}
	w.counts.Customers++
	return act.record(ctx, w.t, entry{customer: c.ID, tenant: c.Invitation.TenantID, operation: "customer.seed", object: c.Invitation.Name,
		objectID: c.ID.String(), detail: map[string]any{"rooms": len(c.Rooms), "devices": len(c.Devices)}})
}

// relation writes the tenant, its accepted invitation and the customer with its built-in role.
func (w *seeder) relation(ctx context.Context, c SeedCustomer) error {
	inv := c.Invitation
	domains, err := toJSON(nonNil(inv.Domains))
	if err != nil {
		return err
	}
	_, err = w.t.exec(ctx, `INSERT INTO tenants (tenant_id, name, domains_json, country, consent, consent_at, created_at)
		VALUES ($1, $2, $3, $4, 'given', $5, $5)`, inv.TenantID, inv.Name, domains, c.Country, millis(inv.SentAt))
	if err != nil {
		return fmt.Errorf("keep a tenant: %w", err)
	}
	if err := insertInvitation(ctx, w.at(inv.SentAt), inv); err != nil {
		return err
	}
	accepted := w.at(inv.DecidedAt)
	if err := setInvitation(ctx, accepted, inv.ID, InvitationAccepted, inv.DecidedBy); err != nil {
		return err
	}
	if err := insertCustomer(ctx, accepted, c.ID, inv, inv.DecidedBy); err != nil {
		return err
	}
	permissions, _ := policy.Template(policy.PrimaryAdmins)
	role := Role{ID: c.NewID(), Name: PrimaryAdmins, BuiltIn: true, Permissions: permissions}
	if err := insertRole(ctx, accepted, c.ID, role); err != nil {
		return err
	}
	return insertAssignment(ctx, accepted, c.ID, Assignment{ID: c.NewID(), Role: role.ID, Name: AssignedAdmins, Members: c.Admins,
		Scopes: []policy.Scope{policy.ScopeAll}})
}

// rules writes roles, room groups and assignments.
func (w *seeder) rules(ctx context.Context, c SeedCustomer) error {
	t := w.at(c.Invitation.DecidedAt)
	for _, r := range c.Roles {
		if err := insertRole(ctx, t, c.ID, r); err != nil {
			return err
		}
	}
	for _, g := range c.Groups {
		if err := insertGroup(ctx, t, c.ID, Act{}, g); err != nil {
			return err
		}
		for _, room := range g.Rooms {
			if _, err := w.groupRoom.ExecContext(ctx, g.ID, room); err != nil {
				return fmt.Errorf("fill a room group: %w", err)
			}
		}
	}
	for _, a := range c.Assignments {
		if err := insertAssignment(ctx, t, c.ID, a); err != nil {
			return err
		}
	}
	return nil
}

// jobs writes the jobs of collecting and the runs that have ended.
func (w *seeder) jobs(ctx context.Context, c SeedCustomer) error {
	if err := startJobs(ctx, w.at(c.Invitation.DecidedAt), c.ID); err != nil {
		return err
	}
	for _, r := range c.Runs {
		t := w.at(r.EndedAt)
		// Nothing of it is collected, and so nothing is tried.
		if _, err := t.exec(ctx, `UPDATE capability_checks SET due_at = $1 WHERE customer_id = $2`, millis(r.NextDue), c.ID); err != nil {
			return fmt.Errorf("put off a check: %w", err)
		}
		_, err := t.exec(ctx, `UPDATE collect_jobs SET last_run_at = $1, leased_until = 0 WHERE customer_id = $2 AND kind = $3`,
			millis(r.StartedAt), c.ID, r.Lease.Kind)
		if err != nil {
			return fmt.Errorf("note a run: %w", err)
		}
		r.Lease.Until = time.UnixMilli(0) // no lease
		if err := finishJob(ctx, t, c.ID, r.CollectOutcome); err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO collect_runs (id, customer_id, kind, started_at, ended_at, result, detail, requests, waited_ms, changed, asked_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, c.NewID(), c.ID, r.Lease.Kind, millis(r.StartedAt), t.now,
			r.State, r.Detail, r.Requests, r.Waited.Milliseconds(), r.Changed, r.AskedBy)
		if err != nil {
			return fmt.Errorf("record a collection: %w", err)
		}
	}
	return nil
}
