package witness

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheWitnessFindsLeaks plants secrets: else a witness that hears nothing would find nothing.
func TestTheWitnessFindsLeaks(t *testing.T) {
	const secret = "p&ss/w rd \"quoted\" 4711"
	w := New()
	w.Learn("password", secret)
	w.Learn("short", "abc")
	w.Log().Info("abc is no secret", "error", errors.New("something else"))
	require.Empty(t, w.Leaks())
	for name, plant := range map[string]func(){
		"message":   func() { w.Log().Debug("it is " + secret) },
		"attribute": func() { w.Log().Error("x", "error", fmt.Errorf("refused: %v", struct{ Password string }{secret})) },
		"address": func() {
			w.Log().Warn("x", "error", &url.Error{Op: "Get", URL: "https://x/?code=" + url.QueryEscape(secret), Err: io.EOF})
		},
		"base64":     func() { w.Log().Info(base64.StdEncoding.EncodeToString([]byte(secret))) },
		"a struct":   func() { w.Log().Info("x", "settings", struct{ Data string }{secret}) },
		"an address": func() { w.Log().Info("GET /x?state=" + url.PathEscape(secret)) },
	} {
		before := len(w.Leaks())
		plant()
		require.Len(t, w.Leaks(), before+1, name)
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x"), []byte("a\nb"+secret+"c"), 0o600))
	require.Len(t, w.LeaksInFiles(t, dir), 1)
	require.Empty(t, w.LeaksInFiles(t, dir, "password"))
}
