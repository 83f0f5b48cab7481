package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"roomward/policy"
)

const (
	// MaxNotices bounds how many notices somebody is shown: the newest.
	MaxNotices = 200
	// keepNotices is for how long there are notices at all.
	keepNotices = 90 * 24 * time.Hour
	// noticesAtOnce is how many one transaction forgets, or writes letters about.
	noticesAtOnce = 500
	// fewCustomers is up to how many customers it is cheaper to look at the notices of each than at all of them by time.
	fewCustomers = 32
)

// MailState says what became of the letters about a notice.
type MailState string

// The states of a notice's mail.
const (
	MailNone    MailState = "none"    // there is nobody to mail it to
	MailWaiting MailState = "waiting" // a letter is on its way, or will be tried again
	MailSent    MailState = "sent"
	MailFailed  MailState = "failed" // given up for at least one address
)

// Notice is what somebody was told.
type Notice struct {
	ID           ID
	At           time.Time
	Side         Side
	Kind         string
	Customer     ID     // 0 without a relation
	TenantID     string // of the customer
	CustomerName string // "" when the relation has ended
	About        About
	Read         bool
	Mail         MailState
	MailReason   string // why the last try failed
}

// About is what a notice says beside its kind. Everything may be missing.
type About struct {
	By            string          `json:"by"`        // name of who did it
	Object        string          `json:"object"`    // of a change request: what it is about; never a room
	Operation     string          `json:"operation"` // of a change request: "role.update"
	Event         Event           `json:"event"`
	Request       ID              `json:"request"`
	Invitation    ID              `json:"invitation"`
	Name          string          `json:"name"`   // of a role or member that was removed
	Reason        string          `json:"reason"` // why somebody rejected, or why a relation ends
	Failure       string          `json:"failure"`
	Days          int             `json:"days"`
	Rooms         int             `json:"rooms"`
	Lost          int             `json:"lost"` // rooms that the partner does not see any more
	Roles         int             `json:"roles"`
	Cut           int             `json:"cut"` // roles that shrank
	ExpiresAt     time.Time       `json:"expiresAt"`
	EndsAt        time.Time       `json:"endsAt"`
	PurgeAt       time.Time       `json:"purgeAt"`
	RetentionDays int             `json:"retentionDays"`
	Record        string          `json:"record"` // "not kept" where a relation ended and its record could not be sealed
	Line          json.RawMessage `json:"line"`   // a checkpoint of the record, as a file carries it
}

// NoticeReader is who reads notices, and what it may know. A person of a customer has Own and nothing else.
type NoticeReader struct {
	TenantID string
	OID      string
	Own      policy.View // a customer's administrator
	View     policy.View // a partner's member: where it holds roles.view
	Related  policy.View // with whom it has to do: names and states
	Overview policy.View // partner-wide powers: names and states of all
}

// The subjects of notices that say no more than names and states, in which the partner-wide powers read.
const overviewSubjects = `('invitation', 'admins', 'relation', 'consent', 'backup')`

// openKinds tell that the views closed or opened, to who has a part in the customer: it could not hold roles.view while they are closed.
const openKinds = `('consent.withdrawn', 'consent.given', 'relation.without-admin', 'relation.with-admin')`

// seen is the condition of what a reader may read of the notices n.
func (r NoticeReader) seen(c *conditions) {
	if r.Own.Kind() == policy.KindOwn {
		c.add("n.side = 'customer' AND n.tenant_id = " + c.param(r.Own.TenantID()))
		return
	}
	c.add("n.side = 'partner'")
	everywhere := r.View.Everywhere()
	related := c.set(r.Related.CustomersJSON())
	any := []string{
		"n.customer_id " + c.set(everywhere.CustomersJSON()),
		"n.customer_id " + related + " AND (n.kind IN " + openKinds + " OR n.oid <> '' AND n.oid = " + c.param(r.OID) + ")",
	}
	switch {
	case r.Overview.Kind() == policy.KindOverview:
		any = append(any, "substr(n.kind, 1, instr(n.kind, '.') - 1) IN "+overviewSubjects)
	case len(r.Related.Parts()) <= fewCustomers: // everything that can be shown is of these
		c.add("n.customer_id " + related)
	}
	c.add("(" + strings.Join(any, " OR ") + ")")
}

// check proves that the views are of this moment.
func (r NoticeReader) check(ctx context.Context, t *tx) error {
	for _, v := range []policy.View{r.View, r.Related} {
		if err := checkView(ctx, t, v); err != nil {
			return err
		}
	}
	return nil
}

// Notices reads the newest notices of a reader, and how many of the newest MaxNotices it has not read yet. ErrStaleView.
func (s *Store) Notices(ctx context.Context, r NoticeReader, limit int) (list []Notice, unread int, err error) {
	err = s.read(ctx, func(t *tx) error {
		if err := r.check(ctx, t); err != nil {
			return err
		}
		at, id, err := markOf(ctx, t, r)
		if err != nil {
			return err
		}
		list, err = readAll(ctx, t, "read notices", noticesOf(r, t.now), scanNotice)
		if err != nil {
			return err
		}
		for i := range list {
			n := &list[i]
			ms := millis(n.At)
			if n.Read = ms < at || ms == at && n.ID <= id; !n.Read {
				unread++
			}
		}
		return nil
	})
	return list[:min(len(list), limit)], unread, err
}

// WaitingFor counts the change requests that wait for a customer, among those that their list shows the reader; at most MaxNotices. ErrStaleView.
func (s *Store) WaitingFor(ctx context.Context, r NoticeReader) (n int, err error) {
	view := r.View
	if r.Own.Kind() == policy.KindOwn {
		view = r.Own
	}
	condition, args := inRequests(view, r.Related, r.OID)
	err = s.readRequests(ctx, view, r.Related, func(t *tx) error {
		err := t.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM change_requests q JOIN customers c ON c.id = q.customer_id
			WHERE q.state = 'waiting' AND q.expires_at > $1 AND `+condition+` LIMIT $5)`, append(append([]any{t.now}, args...), MaxNotices)...).Scan(&n)
		if err != nil {
			return fmt.Errorf("count what waits for customers: %w", err)
		}
		return nil
	})
	return n, err
}

// noticesOf is the statement of the newest notices that a reader may see.
func noticesOf(r NoticeReader, now int64) statement {
	c := &conditions{}
	r.seen(c)
	c.add("n.at > " + c.param(now-keepNotices.Milliseconds()))
	return statement{`SELECT ` + noticeColumns + ` WHERE ` + c.String() + ` ORDER BY n.at DESC, n.id DESC LIMIT ` + c.param(MaxNotices), c.args}
}

// noticeColumns are those of scanNotice. A name stands in the tenant's row, which goes with the relation.
const noticeColumns = `n.id, n.at, n.side, n.kind, coalesce(n.customer_id, 0), n.tenant_id, coalesce(o.name, ''), n.detail_json,
	(SELECT max(CASE l.state WHEN 'failed' THEN 3 WHEN 'waiting' THEN 2 ELSE 1 END) FROM letters l WHERE l.notice_id = n.id),
	(SELECT max(l.reason) FROM letters l WHERE l.notice_id = n.id AND l.state <> 'sent')
	FROM notices n LEFT JOIN tenants o ON o.tenant_id = n.tenant_id`

func scanNotice(rows *sql.Rows, n *Notice) error {
	var at int64
	var detail string
	var mail sql.NullInt64
	var reason sql.NullString
	if err := rows.Scan(&n.ID, &at, &n.Side, &n.Kind, &n.Customer, &n.TenantID, &n.CustomerName, &detail, &mail, &reason); err != nil {
		return fmt.Errorf("read a notice: %w", err)
	}
	n.At, n.MailReason = when(at), reason.String
	n.Mail = []MailState{MailNone, MailSent, MailWaiting, MailFailed}[mail.Int64]
	_ = json.Unmarshal([]byte(detail), &n.About) // what a feature says in another form than About has is left out
	return nil
}

// markOf is up to where somebody has read; nothing for who never did.
func markOf(ctx context.Context, t *tx, r NoticeReader) (at int64, id ID, err error) {
	err = t.QueryRowContext(ctx, `SELECT at, id FROM notice_marks WHERE tenant_id = $1 AND oid = $2`, r.TenantID, r.OID).Scan(&at, &id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, 0, fmt.Errorf("read up to where somebody has read: %w", err)
	}
	return at, id, nil
}

// ReadNotices notes that a reader has read its notices up to this one; a mark never moves back. It changes nothing for anybody else, so it is not
// recorded. ErrNotFound for a notice that the reader does not see.
func (s *Store) ReadNotices(ctx context.Context, r NoticeReader, upTo ID) error {
	return s.write(ctx, func(t *tx) error {
		if err := r.check(ctx, t); err != nil {
			return err
		}
		c := &conditions{}
		r.seen(c)
		c.add("n.id = " + c.param(upTo))
		var at int64
		if err := t.QueryRowContext(ctx, `SELECT n.at FROM notices n WHERE `+c.String(), c.args...).Scan(&at); err != nil {
			return notFound(err, "read the notice that was read")
		}
		_, err := t.exec(ctx, `INSERT INTO notice_marks (tenant_id, oid, at, id) VALUES ($1, $2, $3, $4)
			ON CONFLICT (tenant_id, oid) DO UPDATE SET at = excluded.at, id = excluded.id WHERE (excluded.at, excluded.id) > (notice_marks.at, notice_marks.id)`,
			r.TenantID, r.OID, at, upTo)
		if err != nil {
			return fmt.Errorf("note up to where somebody has read: %w", err)
		}
		return nil
	})
}

// PruneNotices forgets what is older than 90 days, and marks that nothing is compared with any more.
func (s *Store) PruneNotices(ctx context.Context) error {
	old := millis(s.now().Add(-keepNotices))
	var due bool
	err := s.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM notices WHERE side IN ('partner', 'customer') AND at <= $1)
			OR EXISTS (SELECT 1 FROM notice_marks WHERE at <= $1)`, old).Scan(&due)
	})
	if err != nil {
		return fmt.Errorf("look for old notices: %w", err)
	}
	if !due {
		return nil
	}
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE side IN ('partner', 'customer') AND at <= $1 LIMIT $2)`, old, noticesAtOnce)
		if err != nil {
			return fmt.Errorf("forget old notices: %w", err)
		}
		if _, err := t.exec(ctx, `DELETE FROM notice_marks WHERE at <= $1`, old); err != nil {
			return fmt.Errorf("forget old marks: %w", err)
		}
		return nil
	})
}
