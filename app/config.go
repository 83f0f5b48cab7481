package app

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"roomward/app/api"
	"roomward/app/customers"
	"roomward/app/graph"
)

// Settings are everything that can be set, each by flag, environment (ROOMWARD_…), file, what set-up kept (settings.conf in the data directory)
// or default, in that order of strength.
// The tags are read by kong in main.go; a default stands there with its reason in the help.
type Settings struct {
	Listen    string `help:"Address to listen on; loopback by default, because TLS is a proxy's work unless it is set up here." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Data      string `help:"Data directory, on a local disk." default:"data" placeholder:"DIR"`
	PublicURL string `help:"Address under which people reach Roomward; http://LISTEN when empty." placeholder:"URL"`

	FrontSettings

	PartnerTenant  string   `help:"Entra tenant id of the partner." placeholder:"GUID"`
	PartnerName    string   `help:"Name of the partner, as customers read it." placeholder:"NAME"`
	PartnerDomains []string `help:"Domains of the partner that customers may invite; the first is shown." placeholder:"DOMAIN"`
	ManagerGroup   string   `help:"Security group whose members are managers, beside the app role Manager." placeholder:"GUID"`
	AuthContexts   []string `help:"Authentication contexts of the partner's tenant that a customer may demand, with the name it reads: c1=Phishing-resistant MFA. None by default." placeholder:"cN=NAME"`

	SecretKeyFile string `help:"File with the master key, which seals the secrets in the database; secret.key in the data directory when empty. Made if there is none." placeholder:"FILE"`
	SecretKey     Secret `help:"The master key itself, 64 hexadecimal digits: in the environment only, for who keeps it elsewhere." placeholder:"HEX"`

	ClientID         string `help:"Application id of the Entra registration." placeholder:"GUID"`
	ClientSecret     Secret `help:"Its secret. Better a file or a certificate." placeholder:"TEXT"`
	ClientSecretFile string `help:"File that holds the secret." placeholder:"FILE"`
	Certificate      string `help:"PEM file with the certificate of the registration, instead of a secret." placeholder:"FILE"`
	CertificateKey   string `help:"PEM file with its private key." placeholder:"FILE"`

	ActingSettings

	Invitations   string   `help:"From whom invitations are taken: ${enum}. A code of yours is the default: nobody unknown can send one." enum:"code,listed,open" default:"code"`
	ListedTenants []string `help:"Tenant ids for --invitations=listed." placeholder:"GUID"`

	CollectDevices time.Duration `help:"How often devices are read; Microsoft's own data is 5 minutes to 2 hours old." default:"5m"`
	CollectPlaces  time.Duration `help:"How often rooms are read; they rarely change." default:"6h"`
	CollectRate    float64       `help:"Requests per second to Microsoft in all; its own limit is 1,500 per application." default:"200"`

	CollectTenantRate float64 `help:"Requests per second to one customer's tenant; Microsoft's own limit is 30 per application and tenant." default:"10"`

	MailSettings

	BackupSchedule

	AuditDays int `help:"For how many days the audit record is kept; at least 180, as customers are promised." default:"730" placeholder:"DAYS"`

	handed bool // systemd hands over the sockets; taking them removes their mark from the environment

	Cloud string `help:"Base address of a simulated cloud, for trials: loopback only." placeholder:"URL"`

	LogFormat string `help:"Form of the log: ${enum}." enum:"text,json" default:"text"`
	LogLevel  string `help:"Least level that is logged: ${enum}." enum:"debug,info,warn,error" default:"info"`

	kept keptSecrets
}

// Secret is a text that is never shown: not in logs, not in errors, not by `config`.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(hidden)"
}

// Format hides the secret from every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// Format shows none of the settings: fmt reads unexported fields past their own String, and some of them are secrets.
func (s Settings) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "settings (hidden)") }

// MarshalJSON hides the secret.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// readFrom takes the secret from a file, where one is named.
func (s *Secret) readFrom(file string) error {
	if file == "" {
		return nil
	}
	b, err := os.ReadFile(file)
	*s = Secret(strings.TrimSpace(string(b)))
	return err
}

// ReadConfigFile reads a file of lines `name = value`, with # for comments and commas between the items of a list. Names are those of
// the flags. known tells which there are: any other is an error, so that a typing error does not silently mean the default.
func ReadConfigFile(path string, known func(name string) bool) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the configuration file: %w", err)
	}
	defer func() { _ = f.Close() }()
	out := map[string]string{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch _, twice := out[name]; {
		case !ok:
			return nil, fmt.Errorf("%s:%d: a line is `name = value`", path, n)
		case !known(name):
			return nil, fmt.Errorf("%s:%d: there is no setting %q", path, n, name)
		case twice:
			return nil, fmt.Errorf("%s:%d: %q is set twice", path, n, name)
		}
		out[name] = strings.Trim(value, `"`)
	}
	return out, lines.Err()
}

// leastAuditDays is how long the vendor's own portal keeps its record (product.md 8).
const leastAuditDays = 180

// unsetError says that a needed setting is missing.
type unsetError struct{ flag string }

// Error names the flag.
func (e *unsetError) Error() string { return "--" + e.flag + " is missing" }

// Check completes the settings of `serve` and says in one error all that is missing or contradicts.
func (s *Settings) Check() error {
	var errs []error
	need := func(value, flag string) {
		if strings.TrimSpace(value) == "" {
			errs = append(errs, &unsetError{flag})
		}
	}
	need(s.PartnerTenant, "partner-tenant")
	need(s.PartnerName, "partner-name")
	need(s.ClientID, "client-id")
	if len(s.PartnerDomains) == 0 {
		need("", "partner-domains")
	}
	errs = append(errs, s.ClientSecret.readFrom(s.ClientSecretFile))
	if s.ClientSecret != "" && s.Certificate != "" {
		errs = append(errs, errors.New("either --client-secret-file or --certificate is needed, not both"))
	}
	errs = append(errs, s.ActingSettings.check(s.ClientID))
	if s.SecretKey != "" && s.SecretKeyFile != "" {
		errs = append(errs, errors.New("either --secret-key-file or the key in the environment, not both"))
	}
	errs = append(errs, s.MailSettings.check(), s.BackupSchedule.check())
	s.PartnerTenant = strings.ToLower(s.PartnerTenant)
	s.PublicURL = strings.TrimSuffix(cmp.Or(s.PublicURL, "http://"+s.Listen), "/")
	if u, err := url.Parse(s.PublicURL); err != nil || u.Host == "" || u.Path != "" {
		errs = append(errs, fmt.Errorf("--public-url %q is no address without a path", s.PublicURL))
	} else if u.Scheme != "https" && !loopback(u.Hostname()) {
		errs = append(errs, errors.New("--public-url must be https: cookies and tokens must not travel in the clear"))
	}
	s.handed = s.handed || os.Getenv("LISTEN_FDS") != ""
	errs = append(errs, s.FrontSettings.check(s.Listen, s.PublicURL, s.handed))
	if _, err := s.contexts(); err != nil {
		errs = append(errs, err)
	}
	if s.AuditDays < leastAuditDays {
		errs = append(errs, fmt.Errorf("--audit-days is at least %d", leastAuditDays))
	}
	if s.Cloud != "" {
		if u, err := url.Parse(s.Cloud); err != nil || !loopback(u.Hostname()) {
			errs = append(errs, errors.New("--cloud takes a loopback address only: it is for trials"))
		}
	}
	return errors.Join(errs...)
}

// authContext is an item of --auth-contexts: an id as Entra gives them (c1 to c99) and a name.
var authContext = regexp.MustCompile(`^(c[1-9][0-9]?)\s*=\s*(\S.*)$`)

// longestContextName is how many characters the name of an authentication context has at most: it stands in a sentence.
const longestContextName = 60

// contexts are the authentication contexts that a customer may demand, as the operator listed them.
func (s *Settings) contexts() ([]api.AuthContext, error) {
	contexts := []api.AuthContext{}
	for _, item := range s.AuthContexts {
		m := authContext.FindStringSubmatch(strings.TrimSpace(item))
		if m == nil || utf8.RuneCountInString(m[2]) > longestContextName {
			return nil, fmt.Errorf("--auth-contexts %q: an item is an id from c1 to c99 and a name of at most %d characters, such as c1=Phishing-resistant MFA",
				item, longestContextName)
		}
		if slices.ContainsFunc(contexts, func(c api.AuthContext) bool { return c.ID == m[1] || c.Name == m[2] }) {
			return nil, fmt.Errorf("--auth-contexts %q: the id or the name stands twice", item)
		}
		contexts = append(contexts, api.AuthContext{ID: m[1], Name: m[2]})
	}
	return contexts, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *Settings) cloud() graph.Cloud {
	if s.Cloud == "" {
		return graph.Microsoft()
	}
	base := strings.TrimSuffix(s.Cloud, "/")
	return graph.Cloud{Login: base + "/login", Graph: base + "/graph"}
}

func (s *Settings) inviteMode() customers.InviteMode { return customers.InviteMode(s.Invitations) }
