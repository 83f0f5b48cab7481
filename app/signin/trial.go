package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"

	"golang.org/x/oauth2"

	"roomward/store"
)

// Trial is one sign-in of a member of the partner that is only looked at: whether the registration names the redirect address, what the token
// says, and whether the person is a manager. It keeps nothing and makes no session.
type Trial struct {
	s     *Service
	state string
	in    store.Signin
}

// Tried is what a trial sign-in showed.
type Tried struct {
	Name    string
	Manager bool
	// Missing are optional claims without which something works less well: "login_hint".
	Missing []string
}

// NewTrial prepares a trial by the same configuration as New; the functions that keep or send anything are not needed.
func NewTrial(cfg Config, log *slog.Logger) (*Trial, error) {
	cfg.Reading = Consent{
		URL:   func(string, string, string) string { return "" },
		Prove: func(context.Context, store.Act, string) error { return nil },
	}
	cfg.Government = nil
	s, err := New(cfg, nil, log)
	if err != nil {
		return nil, err
	}
	return &Trial{s: s}, nil
}

// Begin gives the address of Entra's page. The person chooses the account there, because the operator may be signed in as somebody else.
func (t *Trial) Begin() (string, error) {
	k, err := t.s.partner.ready()
	if err != nil {
		return "", fmt.Errorf("begin a trial sign-in: %w", err)
	}
	t.state = newSecret()
	t.in = store.Signin{Side: store.SidePartner, Nonce: newSecret(), Verifier: oauth2.GenerateVerifier()}
	return t.s.oauth(k).AuthCodeURL(t.state, oauth2.S256ChallengeOption(t.in.Verifier), oauth2.SetAuthURLParam("nonce", t.in.Nonce),
		oauth2.SetAuthURLParam("response_mode", "query"), oauth2.SetAuthURLParam("prompt", "select_account")), nil
}

// Mine tells whether what Entra sent back belongs to this sign-in.
func (t *Trial) Mine(query url.Values) bool {
	return t.state != "" && subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(t.state)) == 1
}

// End reads what Entra sent back. The error says in a few words why nobody was let in.
func (t *Trial) End(ctx context.Context, query url.Values) (Tried, error) {
	if !t.Mine(query) {
		return Tried{}, errors.New("what came back belongs to another sign-in")
	}
	t.state = ""
	if code := query.Get("error"); code != "" {
		if number := aadsts.FindString(query.Get("error_description")); number != "" {
			return Tried{}, errors.New(number)
		}
		return Tried{}, fmt.Errorf("the answer of Microsoft is %q", clip(code, 60))
	}
	c, refused := t.s.redeem(ctx, t.in, query.Get("code"))
	if refused != nil {
		return Tried{}, errors.New(refusedWords[refused.code])
	}
	out := Tried{Name: c.Name}
	groups := c.Groups
	if t.s.cfg.ManagerGroup != "" {
		asked, err := t.s.cfg.MemberGroups(ctx, c.TenantID, c.OID)
		if err != nil {
			return Tried{}, errors.New("the groups of the person cannot be read")
		}
		groups = asked
	}
	out.Manager = slices.Contains(c.Roles, t.s.cfg.ManagerRole) || t.s.cfg.ManagerGroup != "" && slices.Contains(groups, t.s.cfg.ManagerGroup)
	if c.LoginHint == "" {
		out.Missing = append(out.Missing, "login_hint")
	}
	return out, nil
}

// refusedWords say in English why a token was not taken, by the codes of refusal.
var refusedWords = map[string]string{
	"guest": "a guest account", "personal-account": "a personal account", "wrong-tenant": "an account of another tenant", "denied": "Microsoft refused it",
	"unavailable": "Microsoft does not answer", "consent-needed": "consent is missing", "invalid": "the token is not as it must be",
	"government-cloud": "an account of a government cloud", "state": "another sign-in", "registration-refused": "Microsoft does not accept the secret or certificate",
	"clock-skew": "the clock of this machine is wrong",
}
