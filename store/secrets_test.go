package store

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const password = "Pa55word-of-the-mail-server"

// keeping is a house that keeps one secret, and was closed.
func keeping(t *testing.T) *house {
	t.Helper()
	h := openHouse(t)
	require.NoError(t, h.KeepSecret(t.Context(), maya, SecretMailPassword, []byte(password)))
	require.NoError(t, h.Close())
	return h
}

func (h *house) keyPath() string { return filepath.Join(h.dir, SecretKeyName) }

// secret opens the one secret, or tells why it cannot be.
func (h *house) secret() (string, error) {
	h.t.Helper()
	value, there, err := h.Secret(h.t.Context(), SecretMailPassword)
	require.Equal(h.t, err == nil, there)
	return string(value), err
}

func TestSecretsAreSealed(t *testing.T) {
	h := openHouse(t)
	_, there, err := h.Secret(t.Context(), SecretMailPassword)
	require.NoError(t, err)
	require.False(t, there)
	require.Error(t, h.KeepSecret(t.Context(), maya, SecretMailPassword, nil))
	require.NoError(t, h.KeepSecret(t.Context(), maya, SecretMailPassword, []byte("Former-password")))
	require.NoError(t, h.KeepSecret(t.Context(), maya, SecretMailPassword, []byte(password)))
	require.NoError(t, h.KeepSecret(t.Context(), maya, SecretClient, []byte("An0ther")))
	value, err := h.secret()
	require.NoError(t, err)
	require.Equal(t, password, value)
	kept, err := h.Secrets(t.Context())
	require.NoError(t, err)
	require.Contains(t, kept, KeptSecret{Name: SecretMailPassword, KeptAt: h.clock(), KeptBy: maya.Name, Opens: true})
	require.NotContains(t, h.dump(), password)
	require.NotContains(t, string(h.files()), password)
	info, err := os.Stat(h.keyPath())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NotContains(t, string(h.files()), h.fileText(SecretKeyName)[:64], "the key is in its own file only")

	h.run(`UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'client-secret') WHERE name = 'smtp-password'`)
	_, err = h.secret()
	require.ErrorIs(t, err, ErrSecretClosed, "one does not pass for another")
	require.ErrorContains(t, err, "damaged")
	require.Error(t, h.ChangeSecrets(t.Context(), maya, map[string][]byte{SecretMailPassword: nil, "": []byte("x")}), "all or none")
	require.NoError(t, h.ChangeSecrets(t.Context(), maya, map[string][]byte{SecretMailPassword: nil, SecretCertificate: nil}))
	_, there, err = h.Secret(t.Context(), SecretMailPassword)
	require.NoError(t, err)
	require.False(t, there)
}

// TestACertificateWaits: it takes the place of what proves the application in one step, and nothing else is left.
func TestACertificateWaits(t *testing.T) {
	h := openHouse(t)
	require.ErrorIs(t, h.TakeNextCertificate(t.Context(), maya, ""), ErrNotFound)
	require.NoError(t, h.ChangeSecrets(t.Context(), maya, map[string][]byte{SecretClient: []byte("former"), SecretNextCertificate: []byte("the next one")}))
	require.NoError(t, h.TakeNextCertificate(t.Context(), maya, ""))
	value, there, err := h.Secret(t.Context(), SecretCertificate)
	require.NoError(t, err)
	require.True(t, there)
	require.Equal(t, "the next one", string(value))
	kept, err := h.Secrets(t.Context())
	require.NoError(t, err)
	require.Len(t, kept, 1)
}

func TestWithoutTheRightKey(t *testing.T) {
	for name, change := range map[string]struct {
		do   func(t *testing.T, path string)
		says string
	}{
		"lost":      {func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) }, "holds none"},
		"another":   {func(t *testing.T, path string) { writeKey(t, path, NewSecretKey().Text()) }, "holds the one with the id"},
		"truncated": {func(t *testing.T, path string) { writeKey(t, path, NewSecretKey().Text()[:40]) }, "it has 40 characters"},
		"garbage":   {func(t *testing.T, path string) { writeKey(t, path, string(bytes.Repeat([]byte("x"), 64))) }, "hexadecimal digits only"},
		"empty":     {func(t *testing.T, path string) { writeKey(t, path, "") }, "it has 0 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			h := keeping(t)
			right := h.fileText(SecretKeyName)
			change.do(t, h.keyPath())
			var log bytes.Buffer
			var err error
			h.Store, err = Open(t.Context(), Options{Dir: h.dir, Mode: ModeReal, Now: h.clock, Log: slog.New(slog.NewTextHandler(&log, nil))})
			require.NoError(t, err, "it starts")
			require.Contains(t, log.String(), SecretMailPassword)
			_, err = h.secret()
			require.ErrorIs(t, err, ErrSecretClosed)
			for _, say := range []string{SecretMailPassword, change.says, h.keyPath(), "Put the right key back", "rotate-key --drop-lost"} {
				require.ErrorContains(t, err, say)
			}
			require.ErrorIs(t, h.KeepSecret(t.Context(), maya, SecretClient, []byte("x")), ErrSecretClosed, "nothing is sealed with another key")
			closed, err := h.ClosedSecrets(t.Context())
			require.NoError(t, err)
			require.Contains(t, closed, SecretMailPassword)
			_, _, err = h.RotateSecrets(t.Context(), maya, NewSecretKey(), false)
			require.ErrorIs(t, err, ErrSecretClosed)
			require.NotContains(t, log.String(), right[:64])

			writeKey(t, h.keyPath(), right)
			value, err := h.secret()
			require.NoError(t, err, "put back, without a restart")
			require.Equal(t, password, value)
		})
	}
}

func writeKey(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func TestTheFirstStartNeedsAKey(t *testing.T) {
	dir := t.TempDir()
	writeKey(t, filepath.Join(dir, SecretKeyName), "short")
	_, err := Open(t.Context(), Options{Dir: dir, Mode: ModeReal})
	require.ErrorContains(t, err, "it has 5 characters")
	_, err = Open(t.Context(), Options{Dir: t.TempDir(), Mode: ModeReal, Key: GivenKey{"the environment", "no key at all"}})
	require.ErrorContains(t, err, "the environment holds no key")
	require.NotContains(t, err.Error(), "at all")

	h := keeping(t)
	require.NoError(t, os.Chmod(h.keyPath(), 0o640))
	_, err = Open(t.Context(), Options{Dir: h.dir, Mode: ModeReal})
	require.ErrorIs(t, err, ErrKeyExposed)
	require.ErrorContains(t, err, "chmod 600 "+h.keyPath())
}

// TestRotationIsKilled breaks a rotation off after each of its steps: the secret can be read at every moment, by who runs on and by who starts anew,
// and the next rotation ends it.
func TestRotationIsKilled(t *testing.T) {
	steps := []string{"the next key is made", "the secrets are sealed", "the former key is kept", "the end"}
	for n, after := range steps {
		t.Run(after, func(t *testing.T) {
			h := keeping(t)
			file := KeyFile{h.keyPath()}
			former := h.fileText(SecretKeyName)
			h.reopen()
			other := &house{t: t, dir: h.dir, at: morning} // a server that runs meanwhile
			other.reopen()
			t.Cleanup(func() { _ = other.Close() })
			reads := func() {
				t.Helper()
				for _, who := range []*house{h, other} {
					value, err := who.secret()
					require.NoError(t, err)
					require.Equal(t, password, value)
				}
			}
			next, err := file.Next()
			require.NoError(t, err)
			reads()
			if n > 0 {
				sealed, dropped, err := h.RotateSecrets(t.Context(), maya, next, false)
				require.NoError(t, err)
				require.Equal(t, []any{1, 0}, []any{sealed, len(dropped)})
				reads()
			}
			if n > 1 {
				require.NoError(t, os.Link(file.Path, file.Path+"."+mustParse(t, former).ID()))
			}
			if n > 2 {
				require.NoError(t, file.Settle(next.ID()))
			}
			require.NoError(t, h.Close()) // killed
			h.reopen()
			reads()
			require.NoError(t, other.KeepSecret(t.Context(), maya, SecretClient, []byte("new")))
			_, there, err := h.Secret(t.Context(), SecretClient)
			require.NoError(t, err)
			require.True(t, there, "what the other one keeps is sealed with the key in use")

			again, err := file.Next()
			require.NoError(t, err)
			if n == 0 {
				require.Equal(t, next, again, "a rotation that was broken off goes on")
			}
			_, _, err = h.RotateSecrets(t.Context(), maya, again, false)
			require.NoError(t, err)
			require.NoError(t, file.Settle(again.ID()))
			reads()
			require.NoFileExists(t, file.Path+nextKey)
			require.Equal(t, again.Text()+"\n", h.fileText(SecretKeyName))
			require.Equal(t, former, h.fileText(SecretKeyName+"."+mustParse(t, former).ID()), "older backups need it")

			require.NoError(t, h.Close())
			writeKey(t, file.Path, former)
			h.reopen()
			_, err = h.secret()
			require.ErrorIs(t, err, ErrSecretClosed, "the former key opens nothing any more")
		})
	}
}

func mustParse(t *testing.T, text string) SecretKey {
	t.Helper()
	k, err := ParseSecretKey(text)
	require.NoError(t, err)
	return k
}

// TestRotationIsOneChange: when it cannot be committed, every secret is as it was.
func TestRotationIsOneChange(t *testing.T) {
	h := keeping(t)
	h.reopen()
	require.NoError(t, h.KeepSecret(t.Context(), maya, SecretClient, []byte("An0ther")))
	h.run(`CREATE TRIGGER second BEFORE UPDATE ON secrets WHEN NEW.name = 'smtp-password' BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
	before := h.dump()
	_, _, err := h.RotateSecrets(t.Context(), maya, NewSecretKey(), false)
	require.ErrorContains(t, err, "the disk is full")
	require.Equal(t, before, h.dump())
	value, err := h.secret()
	require.NoError(t, err)
	require.Equal(t, password, value)
}

func TestWhatIsLostCanBeDropped(t *testing.T) {
	h := keeping(t)
	writeKey(t, h.keyPath(), NewSecretKey().Text())
	h.reopen()
	next := NewSecretKey()
	_, dropped, err := h.RotateSecrets(t.Context(), maya, next, true)
	require.NoError(t, err)
	require.Contains(t, dropped, SecretMailPassword)
	require.NoError(t, h.KeepSecret(t.Context(), maya, SecretMailPassword, []byte("new")))
	value, err := h.secret()
	require.NoError(t, err)
	require.Equal(t, "new", value)
}

// TestKeysAreNotPrinted by anything that prints structures.
func TestKeysAreNotPrinted(t *testing.T) {
	k := NewSecretKey()
	for _, holds := range []any{k, &k, Options{Key: GivenKey{"here", k.Text()}}, GivenKey{"here", k.Text()}, struct{ K SecretKey }{k}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			require.NotContains(t, fmt.Sprintf(verb, holds), k.Text(), verb)
			require.NotContains(t, fmt.Sprintf(verb, holds), fmt.Sprint(k.key[:8])[1:], verb)
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "holds", holds, "error", errors.New("x"))
		require.NotContains(t, log.String(), k.Text())
	}
}
