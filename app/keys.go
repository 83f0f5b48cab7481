package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"roomward/store"
)

// credentialKey is the file of systemd's credentials with the master key: LoadCredential=roomward.key:PATH in the unit.
const credentialKey = "roomward.key"

// keySource is where the master key of a data directory comes from: the environment, a file that is named, a credential of systemd, or the file
// in the data directory.
func (s *Settings) keySource() store.KeySource {
	if s.SecretKey != "" {
		return store.GivenKey{Place: "the environment variable ROOMWARD_SECRET_KEY", Key: string(s.SecretKey)}
	}
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); s.SecretKeyFile == "" && dir != "" {
		path := filepath.Join(dir, credentialKey)
		if text, err := os.ReadFile(path); err == nil { // systemd guards it, with a mode of its own
			return store.GivenKey{Place: "the credential " + path, Key: string(text)}
		}
	}
	return store.KeyFile{Path: cmp.Or(s.SecretKeyFile, filepath.Join(s.Data, store.SecretKeyName))}
}

// RotateKeySettings are the settings of `roomward rotate-key`.
type RotateKeySettings struct {
	Data          string
	SecretKeyFile string
	SecretKey     Secret
	NewKeyFile    string    // for a key that the operator hands over: where the new one is, or is made
	DropLost      bool      // forget what cannot be opened
	Out           io.Writer // where it goes what was done
}

// RotateKey makes a new master key and seals all secrets with it, in one transaction. A server that runs on the directory finds the new key in its
// file; one that was handed its key goes on with what it has opened, until it is started anew with the other.
func RotateKey(ctx context.Context, r RotateKeySettings) (err error) {
	settings := Settings{Data: r.Data, SecretKeyFile: r.SecretKeyFile, SecretKey: r.SecretKey}
	source := settings.keySource()
	file, ours := source.(store.KeyFile)
	if ours == (r.NewKeyFile != "") {
		if ours {
			return errors.New("--new-key-file is for a key that is handed over in the environment; the file of the key itself is replaced")
		}
		return fmt.Errorf("the key is handed over by %s: say with --new-key-file which file has the new one; it is made if there is none", source)
	}
	st, err := store.Open(ctx, store.Options{Dir: r.Data, Mode: store.ModeAny, Key: source})
	if err != nil {
		return fmt.Errorf("open the data directory %s: %w", r.Data, err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	next := store.KeyFile{Path: r.NewKeyFile}.Make
	if ours {
		next = file.Next
	}
	key, err := next()
	if err != nil {
		return err
	}
	sealed, dropped, err := st.RotateSecrets(ctx, store.System("rotate-key"), key, r.DropLost)
	if err != nil {
		return fmt.Errorf("rotate the master key: %w", err)
	}
	if err := source.Settle(key.ID()); err != nil {
		return err
	}
	fmt.Fprintf(r.Out, "%d secrets are sealed with the new key (id %s).\n", sealed, key.ID())
	if len(dropped) > 0 {
		fmt.Fprintf(r.Out, "Forgotten, because no key opens them: %s. Enter them anew.\n", strings.Join(dropped, ", "))
	}
	if ours {
		fmt.Fprintf(r.Out, "It is in %s. The former one stays beside it, with its id as the ending: backups from before need it, nothing else does.\n", file.Path)
		return nil
	}
	fmt.Fprintf(r.Out, "It is in %s. Hand it over instead of the former one, which was in %s, and restart Roomward. Backups from before need the former one.\n",
		r.NewKeyFile, strings.TrimPrefix(source.String(), "the "))
	return nil
}

// keptSecrets are the secrets that set-up kept in the database, where no setting names one.
type keptSecrets struct{ reading, acting keptProof }

// keptProof is what proves a registration towards Entra.
type keptProof struct {
	clientSecret Secret
	certificate  Secret // PEM, the chain and its private key
	closed       error  // why the proof is kept, and cannot be used
}

// Format shows none of them; see that of Settings.
func (k keptSecrets) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "kept secrets (hidden)") }

// secretReader opens a kept secret by name, as store.Store.Secret does.
type secretReader func(ctx context.Context, name string) ([]byte, bool, error)

// takeKept takes from the database the secrets that no setting names. One that cannot be opened stops nothing here: what needs it says so.
func (s *Settings) takeKept(ctx context.Context, secret secretReader) error {
	take := func(name string, into *Secret, closed *error) error {
		value, _, err := secret(ctx, name)
		if errors.Is(err, store.ErrSecretClosed) {
			*closed = cmp.Or(*closed, err) // the others say the same
			return nil
		}
		*into = Secret(value)
		return err
	}
	s.kept, s.smtpClosed = keptSecrets{}, nil
	var errs []error
	for _, r := range []struct {
		registration
		into *keptProof
	}{{s.reading(), &s.kept.reading}, {s.acting(), &s.kept.acting}} {
		if !r.proven() {
			errs = append(errs, take(r.prefix+store.SecretCertificate, &r.into.certificate, &r.into.closed), take(r.prefix+store.SecretClient, &r.into.clientSecret, &r.into.closed))
		}
	}
	if s.SMTPUser != "" && s.SMTPPasswordFile == "" {
		errs = append(errs, take(store.SecretMailPassword, &s.smtpPassword, &s.smtpClosed))
		if s.smtpPassword == "" && s.smtpClosed == nil {
			s.smtpClosed = errors.New("--smtp-user needs a password: --smtp-password-file, or one that set-up keeps")
		}
	}
	return errors.Join(errs...)
}
