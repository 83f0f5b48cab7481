package app

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The bench's side of HTTP: connections that stay open and requests that are made before, so that on the same machine the clients take little
// of what the server needs. They reach loopback only.

// benchPatience is how long one answer may take.
const benchPatience = time.Minute

// benchConn is one connection of a client. Not safe for concurrent use.
type benchConn struct {
	conn net.Conn
	in   *bufio.Reader
	body bytes.Buffer
}

func dialBench(ctx context.Context, host string) (*benchConn, error) {
	name, _, err := net.SplitHostPort(host)
	if err != nil || !loopback(name) {
		return nil, fmt.Errorf("connect to %s: the bench asks loopback only", host)
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, fmt.Errorf("connect to the server: %w", err)
	}
	return &benchConn{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// ask sends a request and reads the whole answer. The body is valid until the next request.
func (c *benchConn) ask(request []byte) (*http.Response, []byte, error) {
	if err := c.conn.SetDeadline(time.Now().Add(benchPatience)); err != nil {
		return nil, nil, fmt.Errorf("limit the time of a request: %w", err)
	}
	if _, err := c.conn.Write(request); err != nil {
		return nil, nil, fmt.Errorf("send a request: %w", err)
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("read an answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	c.body.Reset()
	if _, err := c.body.ReadFrom(resp.Body); err != nil {
		return nil, nil, fmt.Errorf("read an answer: %w", err)
	}
	return resp, c.body.Bytes(), nil
}

func (c *benchConn) close() { _ = c.conn.Close() }

// requestFor is a request as a browser sends it, in bytes.
func requestFor(host, path, cookie string) []byte {
	text := "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: roomward-bench\r\nAccept: application/json\r\n"
	if cookie != "" {
		text += "Cookie: " + cookie + "\r\n"
	}
	return []byte(text + "\r\n")
}

// askOnce asks on a connection of its own.
func askOnce(ctx context.Context, host, path, cookie string) (*http.Response, []byte, error) {
	c, err := dialBench(ctx, host)
	if err != nil {
		return nil, nil, err
	}
	defer c.close()
	return c.ask(requestFor(host, path, cookie))
}

// get asks for a path and takes no other answer than 200.
func (s *benchServer) get(ctx context.Context, path, cookie string) ([]byte, error) {
	resp, body, err := askOnce(ctx, s.host, path, cookie)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, wrongStatus(path, resp.StatusCode, body)
	}
	return body, nil
}

func wrongStatus(path string, status int, body []byte) error {
	return fmt.Errorf("GET %s: %d %.300s", path, status, body)
}

// signIn signs somebody in as a browser does, over the simulated Entra and back, and returns the cookies of the session.
func (s *benchServer) signIn(ctx context.Context, login string) (cookie string, err error) {
	const mostRedirects = 10
	cookies := map[string]string{}
	at := &url.URL{Scheme: "http", Host: s.host, Path: "/signin", RawQuery: url.Values{"login_hint": {login}}.Encode()}
	for range mostRedirects {
		resp, body, err := askOnce(ctx, at.Host, at.RequestURI(), cookieHeader(cookies))
		if err != nil {
			return "", fmt.Errorf("sign in %s: %w", login, err)
		}
		for _, c := range resp.Cookies() {
			cookies[c.Name] = c.Value
			if c.MaxAge < 0 {
				delete(cookies, c.Name)
			}
		}
		if resp.StatusCode == http.StatusOK {
			return cookieHeader(cookies), s.isSignedIn(ctx, login, cookieHeader(cookies))
		}
		if at, err = at.Parse(resp.Header.Get("Location")); err != nil || resp.StatusCode < 300 || resp.StatusCode >= 400 {
			return "", fmt.Errorf("sign in %s: %w", login, wrongStatus(at.Path, resp.StatusCode, body))
		}
	}
	return "", fmt.Errorf("sign in %s: more than %d redirects", login, mostRedirects)
}

// isSignedIn proves who is signed in.
func (s *benchServer) isSignedIn(ctx context.Context, login, cookie string) error {
	me, err := s.get(ctx, "/api/me", cookie)
	if err != nil {
		return fmt.Errorf("sign in %s: %w", login, err)
	}
	if !bytes.Contains(me, []byte(login)) {
		return fmt.Errorf("sign in %s: somebody else is signed in: %.300s", login, me)
	}
	return nil
}

func cookieHeader(cookies map[string]string) string {
	var pairs []string
	for name, value := range cookies {
		pairs = append(pairs, name+"="+value)
	}
	return strings.Join(pairs, "; ")
}
