package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"roomward/policy"
)

// Session is somebody signed in. The secret of its cookie is not in it: the store knows only the hash.
type Session struct {
	ID       string // public name of the session: in logs and answers
	Side     Side
	TenantID string
	OID      string
	Name     string
	UPN      string
	Groups   []string // object ids of groups; only of the partner's people
	AppRoles []string
	Wids     []string // template ids of directory roles
	Contexts []string // authentication contexts that the sign-in satisfied; only of the partner's people
	Address  string
	Agent    string
	// GroupsAt is when Groups was last known to be true.
	GroupsAt   time.Time
	CreatedAt  time.Time
	LastUsedAt time.Time // to the minute
	ExpiresAt  time.Time // the absolute limit; an idle one may come before
}

const (
	// touchEvery is how exactly LastUsedAt is kept: a write per request would cost more than it tells.
	touchEvery = time.Minute
	// sessionsOfPerson bounds how many sessions one person has at a time; the least used end first.
	sessionsOfPerson = 20
	pruneAtOnce      = 500
)

const sessionColumns = `id, side, tenant_id, oid, name, upn, groups_json, roles_json, wids_json, contexts_json, address, agent,
	groups_at, created_at, last_used_at, expires_at`

// StartSession keeps a new session under the hash of its secret. A session that the same browser had before, named by the hash of
// its secret, ends in the same transaction: a sign-in always gives a new secret. The caller fills in everything but CreatedAt and LastUsedAt.
func (s *Store) StartSession(ctx context.Context, act Act, secretHash, replacedHash string, in Session) error {
	lists, err := jsonLists(in.Groups, in.AppRoles, in.Wids, in.Contexts)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		if replacedHash != "" {
			if err := endSessions(ctx, t, act, "replaced", `secret_hash = $1`, replacedHash); err != nil {
				return err
			}
		}
		err := endSessions(ctx, t, act, "too many", `id IN (SELECT id FROM sessions WHERE tenant_id = $1 AND oid = $2
			ORDER BY last_used_at DESC, id LIMIT -1 OFFSET $3)`, in.TenantID, in.OID, sessionsOfPerson-1)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO sessions (secret_hash, `+sessionColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)`,
			secretHash, in.ID, in.Side, in.TenantID, in.OID, in.Name, in.UPN, lists[0], lists[1], lists[2], lists[3],
			in.Address, in.Agent,
			orEpoch(in.GroupsAt), t.now, millis(in.ExpiresAt))
		if err != nil {
			return fmt.Errorf("keep a session: %w", err)
		}
		if err := noteSeen(ctx, t, in.ID); err != nil {
			return err
		}
		return recordSession(ctx, t, act, in, "session.start", nil)
	})
}

// FindSession reads the session of a secret. ErrNotFound when there is none, when it reached its absolute limit, or when it was not
// used for as long as idle. It keeps the time of use, at most once a minute.
func (s *Store) FindSession(ctx context.Context, secretHash string, idle time.Duration) (Session, error) {
	var out Session
	var now int64
	err := s.read(ctx, func(t *tx) error {
		now = t.now
		rows, err := t.QueryContext(ctx, `SELECT `+sessionColumns+` FROM sessions
			WHERE secret_hash = $1 AND expires_at > $2 AND last_used_at > $3`, secretHash, now, now-idle.Milliseconds())
		if err != nil {
			return fmt.Errorf("find a session: %w", err)
		}
		found, err := scanSessions(rows)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return ErrNotFound
		}
		out = found[0]
		return nil
	})
	if err != nil {
		return Session{}, err
	}
	if now-millis(out.LastUsedAt) >= touchEvery.Milliseconds() {
		s.touchSession(ctx, out.ID)
	}
	return out, nil
}

// touchSession must not fail the request that it serves: at worst the session ends somewhat early.
func (s *Store) touchSession(ctx context.Context, id string) {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `UPDATE sessions SET last_used_at = $1 WHERE id = $2 AND last_used_at <= $3`, t.now, id, t.now-touchEvery.Milliseconds())
		if err != nil {
			return err
		}
		return noteSeen(ctx, t, id)
	})
	if err != nil {
		s.log.WarnContext(ctx, "the time of a session's use could not be kept", "session", id, "error", err)
	}
}

// SetSessionGroups keeps the groups that the person of a session is in now, as Microsoft reports them.
func (s *Store) SetSessionGroups(ctx context.Context, id string, groups []string, at time.Time) error {
	list, err := toJSON(nonNil(groups))
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(ctx, `UPDATE sessions SET groups_json = $1, groups_at = $2 WHERE id = $3`, list, millis(at), id); err != nil {
			return fmt.Errorf("keep the groups of a session: %w", err)
		}
		return noteSeen(ctx, t, id)
	})
}

// EndSession ends one session of the acting person. ErrNotFound when the person has none of this id.
func (s *Store) EndSession(ctx context.Context, act Act, id string) error {
	return s.write(ctx, func(t *tx) error {
		var there int
		err := t.QueryRowContext(ctx, `SELECT count(*) FROM sessions WHERE id = $1 AND tenant_id = $2 AND oid = $3`, id, act.TenantID, act.OID).Scan(&there)
		if err != nil {
			return fmt.Errorf("find a session to end: %w", err)
		}
		if there == 0 {
			return ErrNotFound
		}
		return endSessions(ctx, t, act, "signed out", `id = $1`, id)
	})
}

// EndSessionsOf ends all sessions of a person, whoever asks: the caller answers for that. Having none is no error.
func (s *Store) EndSessionsOf(ctx context.Context, act Act, tenantID, oid, reason string) error {
	return s.write(ctx, func(t *tx) error {
		return endSessions(ctx, t, act, reason, `tenant_id = $1 AND oid = $2`, tenantID, oid)
	})
}

// SessionsOf lists the sessions of a person, last used first; at most 20 exist.
func (s *Store) SessionsOf(ctx context.Context, tenantID, oid string, idle time.Duration) ([]Session, error) {
	var out []Session
	err := s.read(ctx, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `SELECT `+sessionColumns+` FROM sessions
			WHERE tenant_id = $1 AND oid = $2 AND expires_at > $3 AND last_used_at > $4 ORDER BY last_used_at DESC, id LIMIT $5`,
			tenantID, oid, t.now, t.now-idle.Milliseconds(), sessionsOfPerson)
		if err != nil {
			return fmt.Errorf("list the sessions of a person: %w", err)
		}
		out, err = scanSessions(rows)
		return err
	})
	return out, err
}

// PruneSessions removes sessions past their limits and sign-ins that nobody finished, and says how many sessions there were. An idle of zero
// looks at the absolute limit only. It does a bounded amount at once: call it from time to time.
func (s *Store) PruneSessions(ctx context.Context, idle time.Duration) (int, error) {
	n := 0
	err := s.write(ctx, func(t *tx) error {
		over := `(expires_at <= $1 OR last_used_at <= $2)`
		unused := int64(-1) // no use is so long ago
		if idle > 0 {
			unused = t.now - idle.Milliseconds()
		}
		if err := t.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM sessions WHERE `+over+` LIMIT $3)`,
			t.now, unused, pruneAtOnce).Scan(&n); err != nil {
			return fmt.Errorf("count the sessions that are over: %w", err)
		}
		err := endSessions(ctx, t, System("sessions"), "expired",
			`id IN (SELECT id FROM sessions WHERE `+over+` ORDER BY id LIMIT $3)`, t.now, unused, pruneAtOnce)
		if err != nil {
			return err
		}
		if err := forgetSeen(ctx, t); err != nil {
			return err
		}
		return forgetSignins(ctx, t)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// endSessions deletes sessions and records each of them.
func endSessions(ctx context.Context, t *tx, act Act, reason, where string, args ...any) error {
	rows, err := t.QueryContext(ctx, `DELETE FROM sessions WHERE `+where+` RETURNING `+sessionColumns, args...)
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	ended, err := scanSessions(rows)
	if err != nil {
		return err
	}
	for _, s := range ended {
		err := recordSession(ctx, t, act, s, "session.end", map[string]string{"reason": reason})
		if err != nil {
			return err
		}
	}
	return nil
}

// recordSession takes the entry of a session: of a tenant whose relation is over without the names of its person.
func recordSession(ctx context.Context, t *tx, act Act, s Session, operation string, detail any) error {
	e := entry{tenant: s.TenantID, own: s.Side == SidePartner, operation: operation, object: s.UPN, objectID: s.ID, detail: detail}
	if s.Side != SideCustomer {
		return act.record(ctx, t, e)
	}
	over, err := relationOver(ctx, t, s.TenantID)
	if err != nil {
		return err
	}
	if over {
		e.object = ""
	}
	if over && act.Side == SideCustomer {
		act = act.plain()
	}
	return act.record(ctx, t, e)
}

// scanSessions reads all rows and closes them.
func scanSessions(rows *sql.Rows) ([]Session, error) {
	defer func() { _ = rows.Close() }()
	var out []Session
	for rows.Next() {
		var s Session
		var groups, roles, wids, contexts string
		var groupsAt, created, used, expires int64
		err := rows.Scan(&s.ID, &s.Side, &s.TenantID, &s.OID, &s.Name, &s.UPN, &groups, &roles, &wids, &contexts, &s.Address, &s.Agent,
			&groupsAt, &created, &used, &expires)
		if err != nil {
			return nil, fmt.Errorf("read a session: %w", err)
		}
		s.GroupsAt, s.CreatedAt, s.LastUsedAt, s.ExpiresAt = when(groupsAt), when(created), when(used), when(expires)
		err = errors.Join(fromJSON(groups, &s.Groups), fromJSON(roles, &s.AppRoles), fromJSON(wids, &s.Wids), fromJSON(contexts, &s.Contexts))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read a session: %w", err)
	}
	return out, nil
}

func jsonLists(lists ...[]string) ([]string, error) {
	out := make([]string, len(lists))
	for i, list := range lists {
		text, err := toJSON(nonNil(list))
		if err != nil {
			return nil, err
		}
		out[i] = text
	}
	return out, nil
}

// orEpoch is for a time that may be unknown and must then be older than every other.
func orEpoch(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return millis(t)
}

// SeenTenant keeps that somebody of an organisation has signed in. Until consent its name is the domain of who came. A tenant that is known stays as
// it is, and nothing is recorded then.
func (s *Store) SeenTenant(ctx context.Context, act Act, tenantID, domain string) error {
	known := false
	err := s.read(ctx, func(t *tx) error {
		_, err := readTenant(ctx, t, tenantID)
		known = err == nil
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil || known {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		n, err := t.exec(ctx, `INSERT INTO tenants (tenant_id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, tenantID, domain, t.now)
		if err != nil {
			return fmt.Errorf("keep a tenant: %w", err)
		}
		if n == 0 {
			return nil
		}
		return act.record(ctx, t, entry{tenant: tenantID, operation: "tenant.seen", object: domain, objectID: tenantID})
	})
}

// IsTenantManager tells whether a user, or a group that the user is in, is a tenant manager at this moment.
func (s *Store) IsTenantManager(ctx context.Context, principals []policy.Principal) (bool, error) {
	list, err := toJSON(nonNil(principals))
	if err != nil {
		return false, err
	}
	var found bool
	err = s.read(ctx, func(t *tx) error {
		err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM tenant_managers WHERE principal `+inSet(1)+`)`, list).Scan(&found)
		if err != nil {
			return fmt.Errorf("look for a tenant manager: %w", err)
		}
		return nil
	})
	return found, err
}
