package app

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
)

// FrontSettings say how people reach Roomward: TLS by files, TLS by ACME, or plain http behind a proxy that has the TLS; and who reads the metrics.
type FrontSettings struct {
	TLSCert       string `name:"tls-cert" help:"PEM file with the certificate of the public address and its chain. It is read again when it changes." placeholder:"FILE"`
	TLSKey        string `name:"tls-key" help:"PEM file with its private key." placeholder:"FILE"`
	ACME          bool   `name:"acme" help:"Have the certificate from an authority by ACME, Let's Encrypt by default, whose terms you accept thereby."`
	ACMEEmail     string `name:"acme-email" help:"Address that the authority writes to." placeholder:"ADDRESS"`
	ACMEDirectory string `name:"acme-directory" help:"Address of another authority." placeholder:"URL"`
	HTTPListen    string `name:"http-listen" help:"Address where plain http is led to https; with --acme :80 by default, else none. \"off\" is none." placeholder:"HOST:PORT"`

	TrustedProxies []string `help:"Networks of the proxies in front, whose forwarded headers are believed; nobody's by default." placeholder:"CIDR"`
	ProxyHeaders   string   `help:"Which headers those proxies set themselves: ${enum}. What they only pass on would be the visitor's own word." enum:"x-forwarded,forwarded" default:"x-forwarded"`

	MetricsListen    string `help:"Address of its own for /metrics and the reasons of /readyz; none by default." placeholder:"HOST:PORT"`
	MetricsTokenFile string `help:"File with a token that opens /metrics, and the reasons of /readyz, to who sends it as Authorization: Bearer." placeholder:"FILE"`

	metricsToken Secret
}

// off is a listener that is not wanted.
const off = "off"

// leastToken is how many characters a token has at least, so that nobody guesses it.
const leastToken = 20

// tls tells whether Roomward itself speaks TLS.
func (s *FrontSettings) tls() bool { return s.TLSCert != "" || s.ACME }

// check completes the settings and says what is missing or contradicts. listen and public are the main address and the public one; handed tells
// that systemd hands over the main socket, so that listen means nothing.
func (s *FrontSettings) check(listen, public string, handed bool) error {
	var errs []error
	say := func(ok bool, text string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(text, args...))
		}
	}
	u, err := url.Parse(public)
	if err != nil {
		return nil // said elsewhere
	}
	host, _, err := net.SplitHostPort(listen)
	say(err == nil, "--listen %q is no HOST:PORT", listen)
	local := err == nil && loopback(host) || handed

	say((s.TLSCert == "") == (s.TLSKey == ""), "--tls-cert and --tls-key go together")
	say(s.TLSCert == "" || !s.ACME, "either --tls-cert or --acme: a certificate comes from one place")
	say(!s.tls() || u.Scheme == "https", "with --tls-cert or --acme, --public-url must begin with https://")
	say(s.ACME || s.ACMEEmail == "" && s.ACMEDirectory == "", "--acme-email and --acme-directory do nothing without --acme")
	if s.ACME {
		_, noIP := netip.ParseAddr(u.Hostname())
		say(noIP != nil && strings.Contains(u.Hostname(), "."), "--acme needs a public DNS name in --public-url; %q is none", u.Hostname())
		say(len(s.TrustedProxies) == 0, "--acme and --trusted-proxies contradict: the authority must reach Roomward itself, and a proxy in front has the TLS")
		d, err := url.Parse(s.ACMEDirectory)
		say(err == nil && (s.ACMEDirectory == "" || d.Scheme == "https" || loopback(d.Hostname())), "--acme-directory must be https")
		say(!local || handed || err == nil && loopback(d.Hostname()), "--acme needs a --listen that the authority can reach, such as :443")
	}
	say(s.tls() || local || len(s.TrustedProxies) > 0,
		"--listen %s takes plain http from the network: give --tls-cert and --tls-key, or --acme, or name the proxy that has the TLS with --trusted-proxies", listen)
	say(s.tls() || s.HTTPListen == "" || s.HTTPListen == off, "--http-listen is for --tls-cert and --acme: without them --listen is plain http itself")
	switch s.HTTPListen {
	case off:
		s.HTTPListen = ""
	case "":
		if s.ACME {
			s.HTTPListen = ":80"
		}
	}
	if s.MetricsTokenFile != "" {
		b, err := os.ReadFile(s.MetricsTokenFile)
		s.metricsToken = Secret(strings.TrimSpace(string(b)))
		errs = append(errs, err)
		say(err != nil || len(s.metricsToken) >= leastToken, "--metrics-token-file must hold a token of at least %d characters", leastToken)
	}
	if s.MetricsListen != "" {
		host, _, err := net.SplitHostPort(s.MetricsListen)
		say(err == nil, "--metrics-listen %q is no HOST:PORT", s.MetricsListen)
		say(err != nil || loopback(host) || s.MetricsTokenFile != "", "--metrics-listen %s is open to the network: it needs --metrics-token-file there", s.MetricsListen)
	}
	return errors.Join(errs...)
}
