package notify

import (
	"testing"

	"roomward/app/witness"
)

// heard is what the tests of this package log, and the secrets that pass meanwhile.
var heard = witness.New()

// TestMain runs the tests, and then looks through everything that was logged for every secret that passed.
func TestMain(m *testing.M) { heard.Main(m) }
