package setup

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// TokenFile is the file of the data directory that holds the one-time token until it is used.
	TokenFile = "setup-token"
	// tokenLife is how long the token waits for a browser; SessionLife how long that browser may go on. After either, a restart makes a new token.
	tokenLife   = 24 * time.Hour
	SessionLife = 12 * time.Hour
)

// The refusals of the door.
var (
	// ErrWrongToken is the answer to every token but the right one.
	ErrWrongToken = errors.New("this is not the token of this start")
	// ErrTokenUsed says that a browser holds the guide, or held it: another one needs the token of a new start.
	ErrTokenUsed = errors.New("the token is used up")
)

// door lets one browser in, which brought the token. Only hashes are kept.
type door struct {
	path string
	now  func() time.Time

	mu      sync.Mutex
	token   [sha256.Size]byte
	until   time.Time // of the token, then of the session
	session [sha256.Size]byte
	claimed bool
}

// openDoor makes the token of this start and writes it where only the owner of the data directory reads it.
func openDoor(data string, now func() time.Time) (*door, string, error) {
	token := rand.Text()
	d := &door{path: filepath.Join(data, TokenFile), now: now, token: sha256.Sum256([]byte(token)), until: now().Add(tokenLife)}
	// Another file under the name of the old one: whoever holds that one open reads nothing new, and its rights do not pass on.
	fresh := d.path + ".new"
	if err := os.WriteFile(fresh, []byte(token+"\n"), 0o600); err != nil {
		return nil, "", fmt.Errorf("write the set-up token: %w", err)
	}
	if err := errors.Join(os.Chmod(fresh, 0o600), os.Rename(fresh, d.path)); err != nil {
		return nil, "", fmt.Errorf("write the set-up token: %w", err)
	}
	return d, token, nil
}

// claim changes the token for a session. It works once; the file goes at that moment.
func (d *door) claim(token string) (session string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	given := sha256.Sum256([]byte(token))
	right := subtle.ConstantTimeCompare(given[:], d.token[:]) == 1
	switch {
	case !right || !d.claimed && d.now().After(d.until):
		return "", ErrWrongToken
	case d.claimed:
		return "", ErrTokenUsed
	}
	if err := d.forget(); err != nil {
		return "", err
	}
	session = rand.Text()
	d.session, d.claimed, d.until = sha256.Sum256([]byte(session)), true, d.now().Add(SessionLife)
	return session, nil
}

// holds tells whether a session is that of the browser that was let in.
func (d *door) holds(session string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	given := sha256.Sum256([]byte(session))
	return d.claimed && subtle.ConstantTimeCompare(given[:], d.session[:]) == 1 && d.now().Before(d.until)
}

// forget removes the file of the token.
func (d *door) forget() error {
	if err := os.Remove(d.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the set-up token: %w", err)
	}
	return nil
}

type sessionKey struct{}

// WithSession keeps the session of the guide's cookie in the context of a request.
func WithSession(ctx context.Context, session string) context.Context {
	return context.WithValue(ctx, sessionKey{}, session)
}

func sessionOf(ctx context.Context) string {
	session, _ := ctx.Value(sessionKey{}).(string)
	return session
}
