package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"roomward/policy"
)

// InvitationCode is a one-time code that the partner handed out. The code itself is shown once and never stored.
type InvitationCode struct {
	ID        ID
	Note      string
	CreatedAt time.Time
	CreatedBy string
	ExpiresAt time.Time
	UsedAt    time.Time
}

// AddInvitationCode keeps the hash of a new code.
func (s *Store) AddInvitationCode(ctx context.Context, act Act, code, note string, expires time.Time) (InvitationCode, error) {
	c := InvitationCode{ID: policy.NewID(), Note: note, CreatedBy: act.Name, ExpiresAt: expires}
	err := s.write(ctx, func(t *tx) error {
		c.CreatedAt = when(t.now)
		_, err := t.exec(ctx, `INSERT INTO invitation_codes (id, code_hash, note, created_at, created_by, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6)`, c.ID, codeHash(code), note, t.now, act.Name, millis(expires))
		if err != nil {
			return fmt.Errorf("keep an invitation code: %w", err)
		}
		return act.record(ctx, t, entry{operation: "invitation-code.create", object: note, objectID: c.ID.String()})
	})
	return c, err
}

// InvitationCodes lists the codes of the last 60 days, newest first, at most 200, for who may accept invitations.
func (s *Store) InvitationCodes(ctx context.Context, v policy.View) ([]InvitationCode, error) {
	if v.Kind() != policy.KindOverview {
		return nil, nil
	}
	var out []InvitationCode
	err := s.read(ctx, func(t *tx) error {
		rows, err := t.QueryContext(ctx, `SELECT id, note, created_at, created_by, expires_at, used_at FROM invitation_codes
			WHERE created_at > $1 ORDER BY created_at DESC, id LIMIT 200`, t.now-60*24*time.Hour.Milliseconds())
		if err != nil {
			return fmt.Errorf("list the invitation codes: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var c InvitationCode
			var created, expires int64
			var used sql.NullInt64
			if err := rows.Scan(&c.ID, &c.Note, &created, &c.CreatedBy, &expires, &used); err != nil {
				return fmt.Errorf("list the invitation codes: %w", err)
			}
			c.CreatedAt, c.ExpiresAt, c.UsedAt = when(created), when(expires), whenOr0(used)
			out = append(out, c)
		}
		return rows.Err()
	})
	return out, err
}

// RevokeInvitationCode removes a code that nobody has used.
func (s *Store) RevokeInvitationCode(ctx context.Context, act Act, v policy.View, id ID) error {
	if v.Kind() != policy.KindOverview {
		return ErrNotFound
	}
	return s.write(ctx, func(t *tx) error {
		n, err := t.exec(ctx, `DELETE FROM invitation_codes WHERE id = $1 AND used_at IS NULL`, id)
		if err != nil {
			return fmt.Errorf("revoke an invitation code: %w", err)
		}
		if n == 0 {
			return ErrNotFound
		}
		return act.record(ctx, t, entry{operation: "invitation-code.revoke", objectID: id.String()})
	})
}

func useCode(ctx context.Context, t *tx, code, tenant string) error {
	n, err := t.exec(ctx, `UPDATE invitation_codes SET used_at = $1, used_by_tenant = $2
		WHERE code_hash = $3 AND used_at IS NULL AND expires_at > $1`, t.now, tenant, codeHash(code))
	if err != nil {
		return fmt.Errorf("use an invitation code: %w", err)
	}
	if n == 0 {
		return Conflict{"code-unknown"}
	}
	return nil
}

// codeHash forgives case, spaces, dashes and look-alike letters: a code is often read out or typed from a mail.
func codeHash(code string) string {
	plain := strings.Map(func(r rune) rune {
		switch r {
		case '-', ' ':
			return -1
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, strings.ToUpper(code))
	sum := sha256.Sum256([]byte(plain))
	return hex.EncodeToString(sum[:])
}
