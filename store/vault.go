package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
)

// keyFact names the fact with the id of the master key that seals what is kept from now on.
const keyFact = "secret-key"

// ErrSecretClosed says that a secret is kept and cannot be opened, and in its text why, and what to do.
var ErrSecretClosed = errors.New("a kept secret cannot be opened")

// vault has the master keys of an open database. What it does not know it looks for at their place again, so that a rotation by another process
// needs no restart.
type vault struct {
	source KeySource
	log    *slog.Logger

	mu      sync.Mutex
	keys    map[string]SecretKey
	trouble error // of the last look
}

func newVault(o Options) *vault {
	source := o.Key
	if source == nil {
		source = KeyFile{filepath.Join(o.Dir, SecretKeyName)}
	}
	return &vault{source: source, log: o.Log, keys: map[string]SecretKey{}}
}

// look reads the keys from their place. Former ones stay known.
func (v *vault) look() ([]SecretKey, error) {
	keys, err := v.source.Keys()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.trouble = err
	for _, k := range keys {
		v.keys[k.ID()] = k
	}
	return keys, err
}

func (v *vault) learn(k SecretKey) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys[k.ID()] = k
}

func (v *vault) key(id string) (SecretKey, bool) {
	v.mu.Lock()
	k, ok := v.keys[id]
	v.mu.Unlock()
	if ok {
		return k, true
	}
	_, _ = v.look() // what is wrong there stays in trouble
	v.mu.Lock()
	defer v.mu.Unlock()
	k, ok = v.keys[id]
	return k, ok
}

// closed says why what was sealed with a key cannot be opened.
func (v *vault) closed(id string, names ...string) error {
	keys, err := v.look()
	found := fmt.Sprintf("%s holds none", v.source)
	if err != nil {
		found = err.Error()
	} else if len(keys) > 0 {
		found = fmt.Sprintf("%s holds the one with the id %s", v.source, keys[0].ID())
	}
	what := "nothing can be kept"
	if len(names) > 0 {
		what = strings.Join(names, ", ")
	}
	return fmt.Errorf("%w: %s: the master key with the id %s is needed, and %s. Put the right key back and restart; if it is lost for good, run "+
		"`roomward rotate-key --drop-lost`, and enter anew what is dropped", ErrSecretClosed, what, id, found)
}

// openVault finds the master key before anybody is served, and makes the first one. Without the right key the database opens all the same: what
// needs a secret says so. Only a first start and a key that others can read are refused, for nothing is lost by that.
func (s *Store) openVault(ctx context.Context) error {
	keys, err := s.vault.look()
	if errors.Is(err, ErrKeyExposed) {
		return err
	}
	var used string
	if reading := s.read(ctx, func(t *tx) (err error) {
		used, err = usedKey(ctx, t)
		return err
	}); reading != nil {
		return reading
	}
	if used == "" {
		if err != nil {
			return err
		}
		used, err = s.firstKey(ctx, keys)
		if err != nil {
			return err
		}
	}
	if _, known := s.vault.key(used); !known {
		names, err := s.ClosedSecrets(ctx)
		if err != nil {
			return err
		}
		s.log.ErrorContext(ctx, "the master key is not the right one", "error", s.vault.closed(used, names...))
		return nil
	}
	if err := s.vault.source.Settle(used); err != nil {
		s.log.ErrorContext(ctx, "a rotation of the master key could not be brought to its end; the next start tries again", "error", err)
	}
	return nil
}

// firstKey takes or makes the key of a database that has none yet.
func (s *Store) firstKey(ctx context.Context, keys []SecretKey) (string, error) {
	if len(keys) == 0 {
		made, err := s.vault.source.Make()
		if err != nil {
			return "", err
		}
		s.vault.learn(made)
		keys = []SecretKey{made}
	}
	var used string
	err := s.write(ctx, func(t *tx) (err error) {
		if _, err := t.exec(ctx, `INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING`, keyFact, keys[0].ID()); err != nil {
			return fmt.Errorf("note which master key is used: %w", err)
		}
		used, err = usedKey(ctx, t) // another process may have been quicker
		return err
	})
	return used, err
}

// usedKey is the id of the key that seals from now on; "" before there is one.
func usedKey(ctx context.Context, t *tx) (string, error) {
	var id string
	err := t.QueryRowContext(ctx, `SELECT value FROM facts WHERE name = $1`, keyFact).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read which master key is used: %w", err)
	}
	return id, nil
}
