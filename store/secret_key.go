package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// SecretKey is a master key: it seals the secrets in the database and is itself never in there. It shows its id only, however it is printed.
type SecretKey struct{ key [32]byte }

// NewSecretKey makes a key.
func NewSecretKey() SecretKey {
	var k SecretKey
	_, _ = rand.Read(k.key[:]) // it never fails
	return k
}

// ParseSecretKey reads a key as Text writes it: 64 hexadecimal digits. The error never repeats what was given.
func ParseSecretKey(text string) (SecretKey, error) {
	var k SecretKey
	text = strings.TrimSpace(text)
	if len(text) != hex.EncodedLen(len(k.key)) {
		return k, fmt.Errorf("no key: it has %d characters, a key is %d hexadecimal digits", len(text), hex.EncodedLen(len(k.key)))
	}
	if _, err := hex.Decode(k.key[:], []byte(text)); err != nil {
		return SecretKey{}, errors.New("no key: a key is hexadecimal digits only")
	}
	return k, nil
}

// Text is the key itself, for the file that keeps it.
func (k SecretKey) Text() string { return hex.EncodeToString(k.key[:]) }

// ID tells keys apart without telling the key.
func (k SecretKey) ID() string {
	sum := sha256.Sum256(append([]byte("roomward secret key\n"), k.key[:]...))
	return hex.EncodeToString(sum[:8])
}

// String is the id.
func (k SecretKey) String() string { return "key " + k.ID() }

// GoString is the id, so that %#v shows no more than %v.
func (k SecretKey) GoString() string { return k.String() }

// LogValue is the id, for structured logs.
func (k SecretKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText is the id, for what encodes whole structures.
func (k SecretKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

func (k SecretKey) box() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.key[:])
	if err != nil {
		return nil, fmt.Errorf("make the cipher of secrets: %w", err)
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make the cipher of secrets: %w", err)
	}
	return box, nil
}

// bound is what a sealed secret is tied to, so that none passes for another.
func (k SecretKey) bound(name string) []byte {
	return fields([]byte("roomward secret 1\n"), name, k.ID())
}

func (k SecretKey) seal(name string, value []byte) ([]byte, error) {
	box, err := k.box()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	return box.Seal(nonce, nonce, value, k.bound(name)), nil
}

func (k SecretKey) open(name string, sealed []byte) ([]byte, error) {
	box, err := k.box()
	if err != nil {
		return nil, err
	}
	size := box.NonceSize()
	if len(sealed) < size {
		return nil, errors.New("it is not whole")
	}
	return box.Open(nil, sealed[:size], sealed[size:], k.bound(name))
}

// KeySource is where the master key comes from.
type KeySource interface {
	// String names the place, as messages do.
	String() string
	// Keys are the key, and behind it the next one while a rotation is under way. None says that none was made yet. ErrKeyExposed says that
	// others can read it.
	Keys() ([]SecretKey, error)
	// Make makes and keeps the first key. An error tells who has to.
	Make() (SecretKey, error)
	// Settle is told which key is in use: a rotation that was committed is brought to its end.
	Settle(id string) error
}

// ErrKeyExposed says that the file with the master key can be read by others than its owner.
var ErrKeyExposed = errors.New("others than its owner can read the file with the master key")

// GivenKey is a key that the operator hands over and keeps itself: in the environment, or as a credential of systemd.
type GivenKey struct {
	Place string // as messages name it
	Key   string // as Text writes it
}

// String names the place.
func (g GivenKey) String() string { return g.Place }

// GoString is String: it does not show the key.
func (g GivenKey) GoString() string { return g.Place }

// Format is String for every verb.
func (g GivenKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(g.Place)) }

// MarshalText is String, for what encodes whole structures.
func (g GivenKey) MarshalText() ([]byte, error) { return []byte(g.Place), nil }

// Keys is the one key.
func (g GivenKey) Keys() ([]SecretKey, error) {
	k, err := ParseSecretKey(g.Key)
	if err != nil {
		return nil, fmt.Errorf("%s holds %w", g.Place, err)
	}
	return []SecretKey{k}, nil
}

// Make never makes one: there is one, or nothing else to write to.
func (g GivenKey) Make() (SecretKey, error) {
	return SecretKey{}, fmt.Errorf("%s holds no key: it is for the operator to make", g.Place)
}

// Settle has nothing to write.
func (g GivenKey) Settle(string) error { return nil }
