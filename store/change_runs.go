package store

import (
	"context"
	"fmt"
	"time"
)

// ApprovedRequests are those to be carried out now, at most limit: first those that were tried least, so that what something is in the way of keeps
// nobody waiting. They are for the runner alone, which makes each anew as the person
// who asked, with the rights of that moment.
func (s *Store) ApprovedRequests(ctx context.Context, limit int) ([]ChangeRequest, error) {
	var out []ChangeRequest
	err := s.read(ctx, func(t *tx) error {
		var err error
		out, err = readAll(ctx, t, "read the approved change requests", statement{`SELECT ` + requestColumns + `
			WHERE q.state = 'approved' ORDER BY q.tries, q.decided_at, q.id LIMIT $2`, []any{t.now, limit}}, scanRequest)
		return err
	})
	return out, err
}

// RetryRequest counts a try that failed for a reason that passes.
func (s *Store) RetryRequest(ctx context.Context, id ID) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(ctx, `UPDATE change_requests SET tries = tries + 1 WHERE id = $1 AND state = 'approved'`, id); err != nil {
			return fmt.Errorf("count a try of a change request: %w", err)
		}
		return nil
	})
}

// FailRequest ends an approved request that cannot be carried out; failure is a code. One that is done or gone meanwhile stays as it is.
func (s *Store) FailRequest(ctx context.Context, act Act, id ID, failure string) error {
	return s.write(ctx, func(t *tx) error {
		list, err := readAll(ctx, t, "read a change request", statement{`SELECT ` + requestColumns + ` WHERE q.id = $2 AND q.state = 'approved'`,
			[]any{t.now, id}}, scanRequest)
		if err != nil || len(list) == 0 {
			return err
		}
		q := list[0]
		_, err = t.exec(ctx, `UPDATE change_requests SET state = 'failed', ended_at = $1, failure = $2 WHERE id = $3`, t.now, failure, id)
		if err != nil {
			return fmt.Errorf("end a change request: %w", err)
		}
		tenant, err := tenantOf(ctx, t, q.Customer)
		if err != nil {
			return err
		}
		about := q.about()
		about["failure"] = failure
		for _, to := range []Side{SidePartner, SideCustomer} {
			n := notice{to: to, tenant: tenant, customer: q.Customer, kind: "change.failed", detail: about}
			if to == SidePartner {
				n.person = q.AskedByOID
			}
			if err := tell(ctx, t, n); err != nil {
				return err
			}
		}
		return act.record(ctx, t, q.entry(tenant, "change.fail", map[string]any{"operation": q.Operation, "failure": failure}))
	})
}

// expiredAtOnce is how many requests one transaction of ExpireRequests ends.
const expiredAtOnce = 100

// keepEndedRequests is how long a request that was decided stays to be read; the audit record keeps what was done.
const keepEndedRequests = 365 * 24 * time.Hour

// ExpireRequests ends requests that nobody decided in time, tells both sides, and forgets those that ended long ago.
func (s *Store) ExpireRequests(ctx context.Context) error {
	for {
		n := 0
		err := s.write(ctx, func(t *tx) error {
			list, err := readAll(ctx, t, "read the change requests that expire", statement{`SELECT ` + requestColumns + `
				WHERE q.state = 'waiting' AND q.expires_at <= $1 LIMIT $2`, []any{t.now, expiredAtOnce}}, scanRequest)
			if err != nil {
				return err
			}
			n = len(list)
			for _, q := range list {
				if err := expireRequest(ctx, t, q); err != nil {
					return err
				}
			}
			_, err = t.exec(ctx, `DELETE FROM change_requests WHERE ended_at < $1`, t.now-keepEndedRequests.Milliseconds())
			return err
		})
		if err != nil {
			return fmt.Errorf("expire change requests: %w", err)
		}
		if n < expiredAtOnce {
			return nil
		}
	}
}

func expireRequest(ctx context.Context, t *tx, q ChangeRequest) error {
	if _, err := t.exec(ctx, `UPDATE change_requests SET state = 'expired', ended_at = $1 WHERE id = $2`, t.now, q.ID); err != nil {
		return err
	}
	tenant, err := tenantOf(ctx, t, q.Customer)
	if err != nil {
		return err
	}
	n := notice{to: SidePartner, tenant: tenant, customer: q.Customer, kind: "change.expired", person: q.AskedByOID, detail: q.about()}
	if err := tell(ctx, t, n); err != nil {
		return err
	}
	return System("expiry").record(ctx, t, q.entry(tenant, "change.expire", map[string]any{}))
}
