package setup

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	addressTime   = 8 * time.Second
	addressAnswer = 4 << 10 // bytes of an answer that are read
)

// readAddress reads a public address: https, or http on this machine, and no path.
func readAddress(text string) (string, error) {
	u, err := url.Parse(strings.TrimSuffix(strings.TrimSpace(text), "/"))
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", errNoAddress
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return "", errNoAddress
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Address asks the public address whether it leads to a Roomward. It may be that the name is known outside only: then that is a warning.
func (c Checks) Address(ctx context.Context, s Subject) Outcome {
	u, err := url.Parse(s.PublicURL)
	if err != nil || u.Host == "" {
		return found("address", Broken, "settings-wrong", "said", errNoAddress.Error())
	}
	if c.Own != nil {
		return c.Own(ctx, s.PublicURL)
	}
	answer, err := askHealth(ctx, s.PublicURL)
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &untrusted):
		return found("address", Warning, "address-certificate", "address", s.PublicURL)
	case err != nil:
		return found("address", Warning, "address-unreachable", "address", s.PublicURL)
	case !answer:
		return found("address", Broken, "address-other", "address", s.PublicURL, "listen", s.Listen)
	case loopback(u.Hostname()):
		return found("address", OK, "address-local", "address", s.PublicURL)
	}
	return found("address", OK, "address-ok", "address", s.PublicURL)
}

// askHealth asks /healthz; Roomward and its set-up guide answer {"status": ...}.
func askHealth(ctx context.Context, base string) (roomward bool, err error) {
	ctx, done := context.WithTimeout(ctx, addressTime)
	defer done()
	rq, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/healthz", http.NoBody)
	if err != nil {
		return false, wrap("ask the public address", err)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	rs, err := client.Do(rq)
	if err != nil {
		return false, wrap("ask the public address", err)
	}
	defer func() { _ = rs.Body.Close() }()
	var said struct {
		Status string `json:"status"`
	}
	b, err := io.ReadAll(io.LimitReader(rs.Body, addressAnswer))
	if err != nil {
		return false, wrap("read what the public address answers", err)
	}
	return rs.StatusCode == http.StatusOK && json.Unmarshal(b, &said) == nil && said.Status != "", nil
}
