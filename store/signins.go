package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Signin is a sign-in, or the giving of consent, that has gone to Microsoft and not come back yet.
type Signin struct {
	Side     Side
	Nonce    string
	Verifier string // of PKCE
	ReturnTo string // local path
	StepUp   string // the authentication context that is asked for; "" for none
}

const (
	// SigninLife is how long somebody may stay on Microsoft's pages.
	SigninLife = 10 * time.Minute
	// signinsAtOnce bounds the table against somebody who only ever begins. The oldest give way: most of them were left.
	signinsAtOnce = 10_000
)

// BeginSignin keeps a sign-in under the hash of its state. It takes no entry in the audit record: nobody has signed in yet.
func (s *Store) BeginSignin(ctx context.Context, stateHash string, in Signin) error {
	return s.write(ctx, func(t *tx) error {
		if err := forgetSignins(ctx, t); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO signins (state_hash, side, nonce, verifier, return_to, step_up, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			stateHash, in.Side, in.Nonce, in.Verifier, in.ReturnTo, in.StepUp, t.now)
		if err != nil {
			return fmt.Errorf("keep a sign-in: %w", err)
		}
		return nil
	})
}

// TakeSignin reads a sign-in and removes it: each is used once. ErrNotFound when there is none of this state, or it took too long.
func (s *Store) TakeSignin(ctx context.Context, stateHash string) (Signin, error) {
	var in Signin
	var created, now int64
	err := s.write(ctx, func(t *tx) error {
		now = t.now
		err := t.QueryRowContext(ctx, `DELETE FROM signins WHERE state_hash = $1 RETURNING side, nonce, verifier, return_to, step_up, created_at`, stateHash).
			Scan(&in.Side, &in.Nonce, &in.Verifier, &in.ReturnTo, &in.StepUp, &created)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("take a sign-in: %w", err)
		}
		return nil
	})
	if err != nil {
		return Signin{}, err
	}
	if now-created >= SigninLife.Milliseconds() {
		return Signin{}, ErrNotFound
	}
	return in, nil
}

// forgetSignins makes room for one more.
func forgetSignins(ctx context.Context, t *tx) error {
	if _, err := t.exec(ctx, `DELETE FROM signins WHERE created_at <= $1`, t.now-SigninLife.Milliseconds()); err != nil {
		return fmt.Errorf("forget sign-ins that took too long: %w", err)
	}
	var n int
	if err := t.QueryRowContext(ctx, `SELECT count(*) FROM signins`).Scan(&n); err != nil {
		return fmt.Errorf("count the sign-ins: %w", err)
	}
	if n < signinsAtOnce {
		return nil
	}
	_, err := t.exec(ctx, `DELETE FROM signins WHERE state_hash IN (SELECT state_hash FROM signins ORDER BY created_at, state_hash LIMIT $1)`, n-signinsAtOnce+1)
	if err != nil {
		return fmt.Errorf("forget the oldest sign-ins: %w", err)
	}
	return nil
}
