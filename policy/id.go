package policy

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
)

// ID is the identity of a customer, room, group, role or assignment: random, positive, 63 bits. As text it has
// always 13 lower-case characters (base 32, without i, l, o and u), so each identity has exactly one spelling.
// The zero ID means "none"; its text is empty.
type ID int64

const (
	idLength   = 13
	idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"
)

// NewID returns a random identity.
func NewID() ID {
	var b [8]byte
	for {
		_, _ = rand.Read(b[:]) // never fails: it ends the program when the system has no randomness
		if id := ID(binary.BigEndian.Uint64(b[:]) & math.MaxInt64); id != 0 {
			return id
		}
	}
}

// ParseID reads the text form. Anything but 13 characters that String could have written is an error.
func ParseID(s string) (ID, error) {
	if len(s) != idLength {
		return 0, fmt.Errorf("an id has %d characters", idLength)
	}
	var n uint64
	for i := 0; i < idLength; i++ {
		digit := idDigit(s[i])
		if digit < 0 || (i == 0 && digit > 7) { // 13 x 5 = 65 bits: the first character holds three
			return 0, fmt.Errorf("an id has no %q in place %d", s[i], i+1)
		}
		n = n<<5 | uint64(digit)
	}
	if n == 0 {
		return 0, fmt.Errorf("an id is not zero")
	}
	return ID(n), nil
}

func idDigit(c byte) int {
	for i := 0; i < len(idAlphabet); i++ {
		if idAlphabet[i] == c {
			return i
		}
	}
	return -1
}

// Valid reports whether the id names something: zero and negative values do not.
func (id ID) Valid() bool { return id > 0 }

// IsZero reports whether the id is "none"; with it, encoding/json's omitzero leaves it out.
func (id ID) IsZero() bool { return id == 0 }

// String returns the text form, or nothing for an id that is not Valid.
func (id ID) String() string {
	if !id.Valid() {
		return ""
	}
	var text [idLength]byte
	n := uint64(id)
	for i := idLength - 1; i >= 0; i-- {
		text[i] = idAlphabet[n&31]
		n >>= 5
	}
	return string(text[:])
}

// MarshalText writes the text form, in JSON and in addresses.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the text form; see ParseID for what is refused.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}
