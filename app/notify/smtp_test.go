package notify

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// received is a letter as a mail server took it.
type received struct {
	from, to string
	secure   bool
	user     string // that signed in
	text     string
}

func (r received) parsed(t *testing.T) *mail.Message {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(r.text))
	require.NoError(t, err, r.text)
	return m
}

// postbox is a small mail server on loopback. Its answers can be changed at any time: by the verb of a command, or "." for the letter itself.
type postbox struct {
	t        *testing.T
	listener net.Listener
	secure   *tls.Config // nil: without STARTTLS
	from     bool        // encrypted from the first byte on
	user     string      // "" asks nobody to sign in
	password string

	mu      sync.Mutex
	answers map[string]string
	hangs   string // verb after which nothing comes any more; "-" for none
	letters []received
	said    []string // every line of a client
	open    map[net.Conn]bool
	asked   int    // connections
	refuse  string // the one address that there is not
	hung    func() // called when it hangs
	took    func() // called when it has a letter, before it says so
}

// openPostbox starts a mail server that ends with the test.
func openPostbox(t *testing.T, change ...func(*postbox)) *postbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &postbox{t: t, listener: l, answers: map[string]string{}, hangs: "-", open: map[net.Conn]bool{}}
	for _, fn := range change {
		fn(p)
	}
	var talks sync.WaitGroup
	talks.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.open[conn] = true
			p.asked++
			p.mu.Unlock()
			talks.Go(func() {
				defer p.hangUp(conn)
				p.talk(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for conn := range p.open {
			_ = conn.Close()
		}
		p.mu.Unlock()
		talks.Wait()
	})
	return p
}

// withTLS gives the server a certificate for 127.0.0.1, and the pool that believes it.
func withTLS(pool **x509.CertPool) func(*postbox) {
	return func(p *postbox) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(p.t, err)
		cert := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
		raw, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
		require.NoError(p.t, err)
		parsed, err := x509.ParseCertificate(raw)
		require.NoError(p.t, err)
		*pool = x509.NewCertPool()
		(*pool).AddCert(parsed)
		p.secure = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
	}
}

func (p *postbox) hangUp(conn net.Conn) {
	_ = conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
}

// answer changes what the server says to a verb; "" is its usual answer again.
func (p *postbox) answer(verb, line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[verb] = line
}

func (p *postbox) taken() []received {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]received(nil), p.letters...)
}

func (p *postbox) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// heard is everything that clients said.
func (p *postbox) heard() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.said, "\n")
}

// server is how to reach it.
func (p *postbox) server() Server {
	s := Server{Host: "127.0.0.1", Port: p.listener.Addr().(*net.TCPAddr).Port, TLS: TLSNone, From: "roomward@partner.example", Hello: "rooms.partner.example",
		User: p.user, Password: p.password}
	if p.secure != nil {
		s.TLS = TLSStart
	}
	if p.from {
		s.TLS = TLSAlways
	}
	return s
}

func (p *postbox) talk(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	secure := false
	if p.from {
		conn, secure = tls.Server(conn, p.secure), true
	}
	lines := bufio.NewReader(conn)
	say := func(text string) { _, _ = conn.Write([]byte(text + "\r\n")) }
	read := func() (string, bool) {
		line, err := lines.ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		p.mu.Lock()
		p.said = append(p.said, line)
		p.mu.Unlock()
		return line, err == nil
	}
	var now received
	respond := func(verb, usual string) (ok, goOn bool) {
		p.mu.Lock()
		line, hangs, hung := p.answers[verb], p.hangs == verb, p.hung
		p.mu.Unlock()
		if hangs {
			if hung != nil {
				hung()
			}
			_, _ = lines.ReadByte() // until somebody hangs up
			return false, false
		}
		if line == "" {
			say(usual)
			return true, true
		}
		say(line)
		return strings.HasPrefix(line, "2") || strings.HasPrefix(line, "3"), true
	}
	if ok, _ := respond("", "220 postbox"); !ok {
		return
	}
	for {
		line, ok := read()
		if !ok {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		goOn := true
		switch strings.ToUpper(verb) {
		case "EHLO":
			lines := "250-postbox\r\n"
			if p.secure != nil && !secure {
				lines += "250-STARTTLS\r\n"
			}
			if p.user != "" {
				lines += "250-AUTH LOGIN PLAIN\r\n"
			}
			_, goOn = respond("EHLO", lines+"250 8BITMIME")
		case "STARTTLS":
			if p.secure == nil {
				say("502 no")
				continue
			}
			if ok, goOn = respond("STARTTLS", "220 go ahead"); ok {
				conn, secure = tls.Server(conn, p.secure), true
				lines = bufio.NewReader(conn)
			}
		case "AUTH":
			given, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			if string(given) != "\x00"+p.user+"\x00"+p.password {
				say("535 5.7.8 wrong: " + rest) // a server that repeats the password
				continue
			}
			now.user = p.user
			_, goOn = respond("AUTH", "235 welcome")
		case "MAIL":
			now.from, now.secure = between(rest), secure
			_, goOn = respond("MAIL", "250 ok")
		case "RCPT":
			now.to = between(rest)
			p.mu.Lock()
			unknown := now.to == p.refuse
			p.mu.Unlock()
			if unknown {
				say("550 5.1.1 no such user")
				continue
			}
			_, goOn = respond("RCPT", "250 ok")
		case "DATA":
			if ok, goOn = respond("DATA", "354 go on"); !ok {
				break
			}
			var text strings.Builder
			for {
				line, ok := read()
				if !ok {
					return
				}
				if line == "." {
					break
				}
				text.WriteString(strings.TrimPrefix(line, ".") + "\r\n")
			}
			now.text = text.String()
			p.mu.Lock()
			refused := p.answers["."] != "" && !strings.HasPrefix(p.answers["."], "2")
			if !refused {
				p.letters = append(p.letters, now)
			}
			took := p.took
			p.mu.Unlock()
			if took != nil {
				took()
			}
			_, goOn = respond(".", "250 taken")
			now = received{user: now.user}
		case "QUIT":
			say("221 bye")
			return
		default:
			say("502 no")
		}
		if !goOn {
			return
		}
	}
}

// between is what stands in angle brackets.
func between(text string) string {
	_, after, _ := strings.Cut(text, "<")
	inside, _, _ := strings.Cut(after, ">")
	return inside
}
