package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"roomward/policy"
)

const (
	// writeWithin is how old a notice may be when letters to the partner are made: who sets up mail later is not flooded with what is past.
	writeWithin = 24 * time.Hour
	// letterLease is how long a letter may take; a process that died while it sent one leaves it to be sent again after that.
	letterLease = 5 * time.Minute
	// lettersPerNotice bounds the addresses that a notice goes to.
	lettersPerNotice = 20
)

// contactsOf are the mail addresses of the customer that a notice n is about: those that it agreed on, or, before there is a relation, those of its
// last invitation.
const contactsOf = `coalesce((SELECT c.contacts_json FROM customers c WHERE c.id = n.customer_id),
	(SELECT i.contacts_json FROM invitations i WHERE i.tenant_id = n.tenant_id ORDER BY i.sent_at DESC, i.id DESC LIMIT 1), '[]')`

// writeToContacts makes the letters of a notice to a customer. The contacts may go in the same transaction.
func writeToContacts(ctx context.Context, t *tx, notice ID) error {
	var contacts string
	err := t.QueryRowContext(ctx, `SELECT `+contactsOf+` FROM notices n WHERE n.id = $1`, notice).Scan(&contacts)
	if err != nil {
		return fmt.Errorf("read the contacts of a customer: %w", err)
	}
	var addresses []string
	if err := fromJSON(contacts, &addresses); err != nil {
		return err
	}
	return writeLetters(ctx, t, notice, addresses)
}

// WriteLetters makes the letters of the notices to the partner that have none yet. It tells whether there may be more.
func (s *Store) WriteLetters(ctx context.Context, addresses []string) (more bool, err error) {
	var due bool
	err = s.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM notices WHERE mail = 'new')`).Scan(&due)
	})
	if err != nil {
		return false, fmt.Errorf("look for notices without letters: %w", err)
	}
	if !due {
		return false, nil
	}
	type fresh struct {
		id ID
		at int64
	}
	err = s.write(ctx, func(t *tx) error {
		list, err := readAll(ctx, t, "read notices without letters", statement{`SELECT id, at FROM notices WHERE mail = 'new' ORDER BY at, id LIMIT $1`,
			[]any{noticesAtOnce}}, func(rows *sql.Rows, f *fresh) error { return rows.Scan(&f.id, &f.at) })
		if err != nil {
			return err
		}
		more = len(list) == noticesAtOnce
		for _, f := range list {
			to := addresses
			if f.at < t.now-writeWithin.Milliseconds() {
				to = nil
			}
			if err := writeLetters(ctx, t, f.id, to); err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}

func writeLetters(ctx context.Context, t *tx, notice ID, addresses []string) error {
	state := "none"
	for _, address := range addresses[:min(len(addresses), lettersPerNotice)] {
		state = "written"
		_, err := t.exec(ctx, `INSERT INTO letters (id, notice_id, address, state, due_at) VALUES ($1, $2, $3, 'waiting', $4) ON CONFLICT DO NOTHING`,
			policy.NewID(), notice, address, t.now)
		if err != nil {
			return fmt.Errorf("write a letter: %w", err)
		}
	}
	if _, err := t.exec(ctx, `UPDATE notices SET mail = $1 WHERE id = $2`, state, notice); err != nil {
		return fmt.Errorf("note that letters were written: %w", err)
	}
	return nil
}

// LetterLease is the right to send one letter. It names no more than the customer, 0 without a relation: everything else needs a view.
type LetterLease struct {
	ID       ID
	Customer ID
}

// ClaimLetter takes the letter that has been due for longest; false when none is.
func (s *Store) ClaimLetter(ctx context.Context) (l LetterLease, found bool, err error) {
	const due = `FROM letters WHERE state = 'waiting' AND due_at <= $1`
	err = s.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 `+due+`)`, t.now).Scan(&found)
	})
	if err != nil {
		return l, false, fmt.Errorf("look for due letters: %w", err)
	}
	if !found {
		return l, false, nil
	}
	err = s.write(ctx, func(t *tx) error {
		err := t.QueryRowContext(ctx, `UPDATE letters SET due_at = $2, tries = tries + 1 WHERE id = (SELECT id `+due+` ORDER BY due_at, id LIMIT 1)
			RETURNING id, coalesce((SELECT n.customer_id FROM notices n WHERE n.id = notice_id), 0)`, t.now, t.now+letterLease.Milliseconds()).Scan(&l.ID, &l.Customer)
		if found = !errors.Is(err, sql.ErrNoRows); !found {
			return nil // its relation has ended meanwhile
		}
		if err != nil {
			return fmt.Errorf("claim a due letter: %w", err)
		}
		return nil
	})
	return l, found && err == nil, err
}

// Letter is a mail to one address.
type Letter struct {
	ID      ID
	Notice  Notice
	Address string
	Tries   int // with this one
}

// Letter reads a letter to be sent now: of a customer for a view of work on it, of an invitation for the partner-wide powers. ErrNotFound when it is
// not to be sent any more: the relation has ended, or the address is not among the customer's contacts.
func (s *Store) Letter(ctx context.Context, v policy.View, id ID) (Letter, error) {
	l := Letter{ID: id}
	err := s.read(ctx, func(t *tx) error {
		var notice ID
		var contacts string
		err := t.QueryRowContext(ctx, `SELECT l.notice_id, l.address, l.tries, `+contactsOf+` FROM letters l JOIN notices n ON n.id = l.notice_id
			WHERE l.id = $1 AND l.state = 'waiting'`, id).Scan(&notice, &l.Address, &l.Tries, &contacts)
		if err != nil {
			return notFound(err, "read a letter")
		}
		list, err := readAll(ctx, t, "read the notice of a letter", statement{`SELECT ` + noticeColumns + ` WHERE n.id = $1`, []any{notice}}, scanNotice)
		if err != nil {
			return err
		}
		l.Notice = list[0]
		switch {
		case l.Notice.Customer != 0 && (v.Kind() != policy.KindWork || v.One(l.Notice.Customer).Empty()):
			return ErrNotFound
		case l.Notice.Customer == 0 && v.Kind() != policy.KindOverview:
			return ErrNotFound
		case l.Notice.Side == SidePartner || l.Notice.Customer == 0:
			return nil
		}
		var addresses []string
		if err := fromJSON(contacts, &addresses); err != nil {
			return err
		}
		if !slices.ContainsFunc(addresses, func(a string) bool { return strings.EqualFold(a, l.Address) }) {
			return ErrNotFound
		}
		return nil
	})
	if err != nil {
		return Letter{}, err
	}
	return l, nil
}

// LetterSent notes that the mail server took a letter.
func (s *Store) LetterSent(ctx context.Context, id ID) error {
	return s.setLetter(ctx, `UPDATE letters SET state = 'sent', address = NULL, reason = '', code = 0 WHERE id = $1`, id)
}

// LetterRefused notes why a letter was not taken, and when to try again; never, where that is zero. code is that of the server's answer, 0 for none.
func (s *Store) LetterRefused(ctx context.Context, id ID, reason string, code int, again time.Time) error {
	return s.setLetter(ctx, `UPDATE letters SET state = CASE WHEN $2 IS NULL THEN 'failed' ELSE 'waiting' END, address = CASE WHEN $2 IS NULL THEN NULL ELSE address END,
		due_at = coalesce($2, due_at), reason = $3, code = $4 WHERE id = $1`, id, orNull(again), reason, code)
}

// DropLetter forgets a letter that is not to be sent any more.
func (s *Store) DropLetter(ctx context.Context, id ID) error {
	return s.setLetter(ctx, `DELETE FROM letters WHERE id = $1`, id)
}

func (s *Store) setLetter(ctx context.Context, text string, args ...any) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(ctx, text, args...); err != nil {
			return fmt.Errorf("note what became of a letter: %w", err)
		}
		return nil
	})
}

// DropLetters forgets all letters that wait: there is no mail server.
func (s *Store) DropLetters(ctx context.Context) error {
	var any bool
	err := s.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM letters WHERE state = 'waiting')`).Scan(&any)
	})
	if err != nil {
		return fmt.Errorf("look for letters that wait: %w", err)
	}
	if !any {
		return nil
	}
	return s.setLetter(ctx, `DELETE FROM letters WHERE state = 'waiting'`)
}

// GiveUpLetters gives up the letters about notices that are older than that; why the last try failed stays.
func (s *Store) GiveUpLetters(ctx context.Context, older time.Duration, reason string) error {
	limit := millis(s.now().Add(-older))
	const old = `state = 'waiting' AND notice_id IN (SELECT id FROM notices WHERE side IN ('partner', 'customer') AND at < $1)`
	var any bool
	err := s.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM letters WHERE `+old+`)`, limit).Scan(&any)
	})
	if err != nil {
		return fmt.Errorf("look for letters to give up: %w", err)
	}
	if !any {
		return nil
	}
	return s.setLetter(ctx, `UPDATE letters SET state = 'failed', address = NULL, reason = CASE reason WHEN '' THEN $2 ELSE reason END WHERE `+old, limit, reason)
}
