package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"roomward/policy"
)

// EndReason says why Roomward itself ends a relation; "" where people end it.
type EndReason string

// The reasons of an end by the system.
const (
	EndByDate    EndReason = "date"    // the customer's own date has come
	EndByConsent EndReason = "consent" // the consent was withdrawn, and PurgeAfter has passed
)

// PurgeAfter is how long a relation outlives its consent: given again before, it goes on (design 9). Both sides are told the date from the beginning.
const PurgeAfter = 30 * 24 * time.Hour

// EndedNow is a relation that has just ended, for those who stop what runs for it.
type EndedNow struct {
	Customer ID
	Tenant   string
}

// dueEnds are the relations c that end by themselves at $1, with why: the earlier of their two dates.
const dueEnds = `SELECT c.id, CASE WHEN c.ends_at <= $1 AND (c.withdrawn_at IS NULL OR c.ends_at <= c.withdrawn_at + $2) THEN 'date' ELSE 'consent' END
	FROM customers c WHERE c.ends_at <= $1 OR c.withdrawn_at + $2 <= $1`

// restoredAtFact is when a restored database came to life, in milliseconds.
const restoredAtFact = "restored-at"

// afterRestore is how long no relation ends by itself after a restore: the customer may have moved its date, or given consent again, after the backup,
// and what an end removes is gone. The views of a relation whose date has come are closed all the same.
const afterRestore = 7 * 24 * time.Hour

func restoredLately(ctx context.Context, t *tx) (lately bool, err error) {
	err = t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM facts WHERE name = $1 AND CAST(value AS INTEGER) > $2)`, restoredAtFact,
		t.now-afterRestore.Milliseconds()).Scan(&lately)
	if err != nil {
		return false, fmt.Errorf("look whether the database was restored lately: %w", err)
	}
	return lately, nil
}

// EndDue ends the relations whose time has come, each in a transaction of its own; one that cannot be ended stands in nobody's way.
func (s *Store) EndDue(ctx context.Context) ([]EndedNow, error) {
	type due struct {
		customer ID
		reason   EndReason
	}
	var list []due
	err := s.read(ctx, func(t *tx) error {
		lately, err := restoredLately(ctx, t)
		if err != nil || lately {
			return err
		}
		list, err = readAll(ctx, t, "look for relations to end", statement{dueEnds + ` ORDER BY c.id LIMIT 1000`, []any{t.now, PurgeAfter.Milliseconds()}},
			func(rows *sql.Rows, d *due) error { return rows.Scan(&d.customer, &d.reason) })
		return err
	})
	if err != nil {
		return nil, err
	}
	var ended []EndedNow
	var failed error
	for _, d := range list {
		tenant, err := s.end(ctx, System("ends"), d.customer, d.reason, func(t *tx) error { return stillDue(ctx, t, d.customer) })
		switch {
		case err == nil:
			ended = append(ended, EndedNow{d.customer, tenant})
		case !errors.Is(err, ErrNotFound): // moved, or ended by somebody, meanwhile
			failed = errors.Join(failed, err)
		}
	}
	return ended, failed
}

func stillDue(ctx context.Context, t *tx, customer ID) error {
	var due bool
	err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM (`+dueEnds+`) WHERE id = $3)`, t.now, PurgeAfter.Milliseconds(), customer).Scan(&due)
	if err != nil {
		return fmt.Errorf("look whether a relation is to end: %w", err)
	}
	if !due {
		return ErrNotFound
	}
	return nil
}

// EndOwn ends the relation of a customer's own side, at once. ErrNotFound without a relation.
func (s *Store) EndOwn(ctx context.Context, act Act, v policy.View) (EndedNow, error) {
	var out EndedNow
	if v.Kind() != policy.KindOwn {
		return out, ErrNotFound
	}
	own := func(t *tx) (err error) {
		out.Customer, _, err = ownRelation(ctx, t, v)
		return err
	}
	if err := s.read(ctx, own); err != nil {
		return out, err
	}
	customer := out.Customer
	var err error
	out.Tenant, err = s.end(ctx, act, customer, "", func(t *tx) error {
		if err := own(t); err != nil {
			return err
		}
		if out.Customer != customer { // another relation has begun meanwhile
			return ErrNotFound
		}
		return nil
	})
	return out, err
}

// end ends a relation when may lets it: asked before the record is gathered, which takes a while, and again in the transaction of the end.
func (s *Store) end(ctx context.Context, act Act, customer ID, reason EndReason, may func(*tx) error) (tenant string, err error) {
	if err := s.read(ctx, may); err != nil {
		return "", err
	}
	record, err := s.gather(ctx, customer)
	if err != nil {
		return "", err
	}
	err = s.depart(ctx, func(t *tx) (Departure, error) {
		if err := may(t); err != nil {
			return Departure{}, err
		}
		d := Departure{Kind: DepartRelation, Customer: customer, By: act.Side, Reason: reason}
		if err := t.QueryRowContext(ctx, `SELECT invitation_id FROM customers WHERE id = $1`, customer).Scan(&d.Invitation); err != nil {
			return d, notFound(err, "read the invitation of a relation")
		}
		tenant, err = endRelation(ctx, t, act, customer, end{by: act.Side, reason: reason, record: record})
		return d, err
	})
	return tenant, err
}

// reminders are how many days before an end both sides are told of it, the last one first.
func reminders() []int { return []int{1, 7, 30} }

// comingEnds are the ends that come within the longest reminder, with the last reminder that was given of each.
const comingEnds = `SELECT e.id, e.tenant_id, e.reason, e.due,
		coalesce((SELECT min(r.days) FROM end_reminders r WHERE r.customer_id = e.id AND r.reason = e.reason AND r.ends_at = e.due), 1000)
	FROM (SELECT id, tenant_id, 'date' AS reason, ends_at AS due FROM customers WHERE ends_at IS NOT NULL
		UNION ALL SELECT id, tenant_id, 'consent', withdrawn_at + $2 FROM customers WHERE withdrawn_at IS NOT NULL) e
	WHERE e.due > $1 AND e.due <= $1 + $3 ORDER BY e.due, e.id LIMIT 10000`

// comingEnd is a row of comingEnds.
type comingEnd struct {
	customer ID
	tenant   string
	reason   EndReason
	due      int64
	told     int // days of the last reminder
}

// reminder is the one that is to be given at a moment; false when it was given, or an earlier one still holds.
func (e comingEnd) reminder(now int64) (days int, due bool) {
	for _, days := range reminders() {
		if e.due-now <= int64(days)*day.Milliseconds() {
			return days, days < e.told
		}
	}
	return 0, false
}

const day = 24 * time.Hour

// RemindEnds tells both sides of the ends that come, 30, 7 and 1 days before, each once. Mostly it only reads.
func (s *Store) RemindEnds(ctx context.Context) error {
	due := func(t *tx) ([]comingEnd, error) {
		list, err := readAll(ctx, t, "look for ends that come", statement{comingEnds, []any{t.now, PurgeAfter.Milliseconds(), 30 * day.Milliseconds()}},
			func(rows *sql.Rows, e *comingEnd) error {
				return rows.Scan(&e.customer, &e.tenant, &e.reason, &e.due, &e.told)
			})
		if err != nil {
			return nil, err
		}
		var out []comingEnd
		for _, e := range list {
			if _, due := e.reminder(t.now); due {
				out = append(out, e)
			}
		}
		return out, nil
	}
	var any bool
	err := s.read(ctx, func(t *tx) error {
		list, err := due(t)
		any = len(list) > 0
		return err
	})
	if err != nil || !any {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		list, err := due(t)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := remind(ctx, t, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func remind(ctx context.Context, t *tx, e comingEnd) error {
	// Of a date that was moved away and back again the reminders begin anew, too.
	_, err := t.exec(ctx, `DELETE FROM end_reminders WHERE customer_id = $1 AND reason = $2 AND ends_at <> $3`, e.customer, e.reason, e.due)
	if err != nil {
		return fmt.Errorf("forget the reminders of another date: %w", err)
	}
	days, _ := e.reminder(t.now)
	_, err = t.exec(ctx, `INSERT INTO end_reminders (customer_id, reason, ends_at, days) VALUES ($1, $2, $3, $4)`, e.customer, e.reason, e.due, days)
	if err != nil {
		return fmt.Errorf("note a reminder: %w", err)
	}
	left := (e.due - t.now + day.Milliseconds() - 1) / day.Milliseconds() // fewer than the reminder's where the date was set later than that
	what := map[EndReason]string{EndByDate: "endsAt", EndByConsent: "purgeAt"}[e.reason]
	return tellBoth(ctx, t, notice{tenant: e.tenant, customer: e.customer, kind: "relation.ending", detail: map[string]any{"days": left, what: when(e.due)}})
}

// tellBoth tells the people of both sides.
func tellBoth(ctx context.Context, t *tx, n notice) error {
	for _, n.to = range []Side{SidePartner, SideCustomer} {
		if err := tell(ctx, t, n); err != nil {
			return err
		}
	}
	return nil
}
