package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// The names of what set-up keeps. Each is used where no flag, environment variable or file names one.
const (
	SecretClient       = "client-secret" // of the Entra registration
	SecretCertificate  = "certificate"   // of the Entra registration: PEM, the chain and its private key
	SecretMailPassword = "smtp-password" // at the mail server
	// SecretNextCertificate waits beside the other one until Entra knows it.
	SecretNextCertificate = "certificate-next"
)

// ActingPrefix begins the names of the secrets of the second Entra registration, which acts: act-client-secret, act-certificate, act-certificate-next.
const ActingPrefix = "act-"

// KeptSecret tells of a secret, never what it is.
type KeptSecret struct {
	Name   string
	KeptAt time.Time
	KeptBy string
	Opens  bool // the master key at hand is the one it was sealed with
}

// Secret opens a kept secret; false when none is kept by that name. ErrSecretClosed, with what to do, when it cannot be opened.
func (s *Store) Secret(ctx context.Context, name string) ([]byte, bool, error) {
	var row sealedSecret
	err := s.read(ctx, func(t *tx) (err error) {
		row, err = readSecret(ctx, t, name)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	value, err := s.vault.open(row)
	return value, err == nil, err
}

// SecretOf opens a kept secret of a data directory as Secret does, and writes nothing, also while a server runs on it. Without a database nothing is
// kept.
func SecretOf(ctx context.Context, dir string, key KeySource, name string) ([]byte, bool, error) {
	path := filepath.Join(dir, databaseName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	db, err := openReadOnly(path)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = db.Close() }()
	var row sealedSecret
	err = row.scan(db.QueryRowContext(ctx, `SELECT `+secretColumns+` FROM secrets WHERE name = $1`, name))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read a secret: %w", err)
	}
	value, err := newVault(Options{Dir: dir, Key: key}).open(row)
	return value, err == nil, err
}

// KeepSecret seals a secret in the place of the one of that name. The audit entry tells the name and never the value. ErrSecretClosed when the
// master key is not the right one: what is sealed with another would be lost with it.
func (s *Store) KeepSecret(ctx context.Context, act Act, name string, value []byte) error {
	if len(value) == 0 {
		return errors.New("keep a secret: there is nothing to keep")
	}
	return s.ChangeSecrets(ctx, act, map[string][]byte{name: value})
}

// ChangeSecrets keeps some secrets and forgets others, those without a value, all at once or none: a proof of the application is never gone before the
// next one is there. To forget what is not kept changes nothing. Errors as of KeepSecret.
func (s *Store) ChangeSecrets(ctx context.Context, act Act, values map[string][]byte) error {
	return s.write(ctx, func(t *tx) error {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			var err error
			switch value := values[name]; {
			case name == "":
				return errors.New("keep a secret: it has no name")
			case len(value) == 0:
				err = dropSecret(ctx, t, act, name)
			default:
				err = s.keepSecret(ctx, t, act, name, value)
			}
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		return nil
	})
}

// TakeNextCertificate puts the certificate that waited in the place of what proved the application until now, certificate or client secret: one
// change, one entry. prefix is "" or ActingPrefix. ErrNotFound when none waits.
func (s *Store) TakeNextCertificate(ctx context.Context, act Act, prefix string) error {
	return s.write(ctx, func(t *tx) error {
		row, err := readSecret(ctx, t, prefix+SecretNextCertificate)
		if err != nil {
			return err
		}
		value, err := s.vault.open(row)
		if err != nil {
			return err
		}
		for _, former := range []string{prefix + SecretClient, prefix + SecretNextCertificate} {
			if _, err := t.exec(ctx, `DELETE FROM secrets WHERE name = $1`, former); err != nil {
				return fmt.Errorf("forget a secret: %w", err)
			}
		}
		return s.keepSecret(ctx, t, act, prefix+SecretCertificate, value)
	})
}

func (s *Store) keepSecret(ctx context.Context, t *tx, act Act, name string, value []byte) error {
	if err := s.vault.keep(ctx, t, act.Name, name, value); err != nil {
		return err
	}
	if err := eraseLater(ctx, t); err != nil { // the former one
		return err
	}
	return act.record(ctx, t, entry{operation: "secret.keep", object: name, objectID: name})
}

func dropSecret(ctx context.Context, t *tx, act Act, name string) error {
	n, err := t.exec(ctx, `DELETE FROM secrets WHERE name = $1`, name)
	if err != nil {
		return fmt.Errorf("forget a secret: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	if err := eraseLater(ctx, t); err != nil {
		return err
	}
	return act.record(ctx, t, entry{operation: "secret.drop", object: name, objectID: name})
}

// Secrets lists what is kept, by name.
func (s *Store) Secrets(ctx context.Context) ([]KeptSecret, error) {
	var out []KeptSecret
	err := s.read(ctx, func(t *tx) error {
		rows, err := readSecrets(ctx, t)
		for _, row := range rows {
			_, err := s.vault.open(row)
			out = append(out, KeptSecret{Name: row.name, KeptAt: when(row.keptAt), KeptBy: row.keptBy, Opens: err == nil})
		}
		return err
	})
	return out, err
}

// ClosedSecrets names the secrets that cannot be opened.
func (s *Store) ClosedSecrets(ctx context.Context) ([]string, error) {
	var out []string
	kept, err := s.Secrets(ctx)
	for _, k := range kept {
		if !k.Opens {
			out = append(out, k.Name)
		}
	}
	return out, err
}

// RotateSecrets seals all secrets with another master key, in one transaction: whoever is killed before its end leaves them with the former key.
// The caller has the next key in a safe place already, and brings its source to an end afterwards (KeySource.Settle). Secrets that cannot be
// opened are ErrSecretClosed; with drop they are forgotten, and named. A rotation to the key in use changes nothing.
func (s *Store) RotateSecrets(ctx context.Context, act Act, next SecretKey, drop bool) (sealed int, dropped []string, err error) {
	err = s.writeAlone(ctx, func(t *tx) error {
		used, err := usedKey(ctx, t)
		if err != nil || used == next.ID() && !drop {
			return err
		}
		rows, err := readSecrets(ctx, t)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, keyFact, next.ID()); err != nil {
			return fmt.Errorf("note which master key is used: %w", err)
		}
		for _, row := range rows {
			value, err := s.vault.open(row)
			switch {
			case err != nil && drop:
				dropped = append(dropped, row.name)
				_, err = t.exec(ctx, `DELETE FROM secrets WHERE name = $1`, row.name)
			case err == nil:
				sealed++
				err = row.seal(ctx, t, next, value)
			}
			if err != nil {
				return fmt.Errorf("seal %s with another master key: %w", row.name, err)
			}
		}
		if err := eraseLater(ctx, t); err != nil { // what the former key opens
			return err
		}
		return act.record(ctx, t, entry{operation: "secret.rotate", objectID: next.ID(), detail: map[string]any{"before": used, "sealed": sealed, "dropped": dropped}})
	})
	if err != nil {
		return 0, nil, err
	}
	s.vault.learn(next)
	if err := s.Erase(ctx); err != nil { // it is noted, and tried again
		s.log.WarnContext(ctx, "the bytes that the former master key opens are not erased yet", "error", err)
	}
	return sealed, dropped, nil
}

// sealedSecret is a row that nobody has opened.
type sealedSecret struct {
	name, keyID, keptBy string
	sealed              []byte
	keptAt              int64
}

const secretColumns = `name, key_id, sealed, kept_at, kept_by`

func (r *sealedSecret) scan(row interface{ Scan(...any) error }) error {
	return row.Scan(&r.name, &r.keyID, &r.sealed, &r.keptAt, &r.keptBy)
}

func readSecret(ctx context.Context, t *tx, name string) (sealedSecret, error) {
	var row sealedSecret
	if err := row.scan(t.QueryRowContext(ctx, `SELECT `+secretColumns+` FROM secrets WHERE name = $1`, name)); err != nil {
		return row, notFound(err, "read a secret")
	}
	return row, nil
}

// mostSecrets bounds the list: there are a handful.
const mostSecrets = 100

func readSecrets(ctx context.Context, t *tx) ([]sealedSecret, error) {
	return readAll(ctx, t, "read the secrets", statement{`SELECT ` + secretColumns + ` FROM secrets ORDER BY name LIMIT $1`, []any{mostSecrets}},
		func(rows *sql.Rows, row *sealedSecret) error { return row.scan(rows) })
}

func (r sealedSecret) seal(ctx context.Context, t *tx, key SecretKey, value []byte) error {
	sealed, err := key.seal(r.name, value)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO secrets (`+secretColumns+`) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (name) DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed, kept_at = excluded.kept_at, kept_by = excluded.kept_by`,
		r.name, key.ID(), sealed, r.keptAt, r.keptBy)
	if err != nil {
		return fmt.Errorf("keep a secret: %w", err)
	}
	return nil
}

// open opens a row with the key that it names.
func (v *vault) open(row sealedSecret) ([]byte, error) {
	key, ok := v.key(row.keyID)
	if !ok {
		return nil, v.closed(row.keyID, row.name)
	}
	value, err := key.open(row.name, row.sealed)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is damaged in the database: enter it anew, or put a backup back", ErrSecretClosed, row.name)
	}
	return value, nil
}

// keep seals a value with the key in use.
func (v *vault) keep(ctx context.Context, t *tx, by, name string, value []byte) error {
	used, err := usedKey(ctx, t)
	if err != nil {
		return err
	}
	key, ok := v.key(used)
	if !ok {
		return v.closed(used, name)
	}
	return sealedSecret{name: name, keptBy: by, keptAt: t.now}.seal(ctx, t, key, value)
}
