package app

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// HealthSettings say which server `healthcheck` asks: the one that these settings make, or the one at Address.
type HealthSettings struct {
	Settings
	Address string
	Out     io.Writer
}

const (
	healthPatience = 4 * time.Second
	longestHealth  = 64 << 10
)

// ErrNotReady is the answer of a server that lives and cannot work.
var ErrNotReady = errors.New("the server is not ready")

// Healthcheck asks the server on this machine whether it is ready, and writes what it says.
func Healthcheck(ctx context.Context, s HealthSettings) error {
	ctx, done := context.WithTimeout(ctx, healthPatience)
	defer done()
	address := cmp.Or(s.Address, s.Listen)
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return fmt.Errorf("reach the server: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if s.tls() {
		// The answer is no secret and the machine our own: what is asked is whether the server answers, not whether its certificate is good.
		c := &tls.Config{InsecureSkipVerify: true}
		if u, err := url.Parse(s.PublicURL); err == nil {
			c.ServerName = u.Hostname()
		}
		conn = tls.Client(conn, c)
	}
	until, _ := ctx.Deadline()
	if err := conn.SetDeadline(until); err != nil {
		return fmt.Errorf("limit the time of a request: %w", err)
	}
	if _, err := io.WriteString(conn, "GET /readyz HTTP/1.1\r\nHost: localhost\r\nUser-Agent: roomward-healthcheck\r\nConnection: close\r\n\r\n"); err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(s.Out, io.LimitReader(resp.Body, longestHealth)); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return ErrNotReady
	}
	return nil
}
