package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	address "net/mail"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// The ways to the mail server (--smtp-tls).
const (
	// TLSStart asks for encryption in the connection (STARTTLS), and sends nothing without it. The default.
	TLSStart = "starttls"
	// TLSAlways begins with encryption (port 465).
	TLSAlways = "tls"
	// TLSNone sends in the clear: to a mail server on the same machine only.
	TLSNone = "none"
)

// Server is the mail server that takes the letters. Without a Host there is none, and nothing is mailed.
type Server struct {
	Host     string
	Port     int
	User     string // "" signs in nowhere
	Password string `json:"-"`
	Closed   error  // why there is no password: nothing can be handed over
	TLS      string // TLSStart, TLSAlways or TLSNone
	From     string // address of the sender
	Hello    string // name of this side: that of the public address, not of the machine
	Roots    *x509.CertPool
	Patience time.Duration // for one letter; letterTime when zero
}

// Format names the server and never shows the password, whatever prints it.
func (s Server) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "mail server %s:%d", s.Host, s.Port) }

// letterTime bounds one letter, from the first byte to the last.
const letterTime = time.Minute

// The reasons why a letter was not taken. They name where it went wrong and nothing of what was said there: the words of a server can hold
// addresses, and what was sent to it.
const (
	reasonUnreachable = "unreachable" // no connection, or it broke
	reasonTLS         = "tls"         // no encryption, or a certificate that is not believed
	reasonSignIn      = "sign-in"     // the user or its password
	reasonTime        = "time"        // it did not answer in time
	reasonSender      = "sender"      // the server does not take letters from this address
	reasonRecipient   = "recipient"   // the server does not take letters to this address
	reasonLetter      = "letter"      // the server took the addresses and not the letter
	reasonOld         = "old"         // it could not be sent for too long
)

// refusal is why a letter was not taken.
type refusal struct {
	reason string
	code   int // of the server's answer; 0 for none
}

// Error names the reason and the code.
func (r refusal) Error() string {
	if r.code == 0 {
		return "the letter was not taken: " + r.reason
	}
	return fmt.Sprintf("the letter was not taken: %s (%d)", r.reason, r.code)
}

// ofServer tells that the next letter would go the same way: it is not about this one.
func (r refusal) ofServer() bool { return r.reason != reasonRecipient && r.reason != reasonLetter }

// noSuchAddress are the answers after which trying again is no use (RFC 5321 4.2.3).
var noSuchAddress = []int{550, 551, 553}

// forGood tells that this address will never take a letter.
func (r refusal) forGood() bool {
	return r.reason == reasonRecipient && slices.Contains(noSuchAddress, r.code)
}

// letter is one mail to one address.
type letter struct {
	id      string // the same each time that it is sent, so that a repetition is recognised
	to      string
	list    string // what it belongs to, for filters: List-Id
	subject string
	body    string
	at      time.Time
	greets  bool // there is no letter: the server is asked whether it takes any of this sender
}

// send hands a letter to the server; one that only greets goes as far as the sender's address. The error is a refusal, or the end of the context; neither holds the password, an address or what the server said.
func (s Server) send(ctx context.Context, l letter) error {
	bounded, cancel := context.WithTimeout(ctx, cmp.Or(s.Patience, letterTime))
	defer cancel()
	var m *mail.Msg
	if !l.greets {
		var err error
		if m, err = s.message(l); err != nil {
			return refusal{reasonRecipient, noSuchAddress[2]} // the address is none
		}
	}
	reason, err := s.hand(bounded, l.to, m)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("send a letter: %w", ctx.Err())
	}
	var timeout net.Error
	if bounded.Err() != nil || errors.As(err, &timeout) && timeout.Timeout() {
		return refusal{reason: reasonTime}
	}
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return refusal{reason, answer.Code}
	}
	return refusal{reason: reason}
}

// Try finds out whether the server takes letters of the sender; with an address, by a letter to it. The reason is one of those of a letter that
// was not taken, "" when all went well; the error is the end of the context.
func (s Server) Try(ctx context.Context, to string, now time.Time) (reason string, err error) {
	if s.Patience == 0 {
		s.Patience = tryTime
	}
	err = s.send(ctx, letter{greets: to == "", id: rand.Text() + "@" + cmp.Or(s.Hello, "roomward.invalid"), to: to, list: "setup." + cmp.Or(s.Hello, "roomward.invalid"),
		subject: "Roomward can send mail / Roomward peut envoyer du courrier", at: now,
		body: "This is a test by whoever sets Roomward up. There is nothing to do.\n\n----\n\nCeci est un essai de la personne qui installe Roomward. Il n’y a rien à faire.\n"})
	var refused refusal
	if errors.As(err, &refused) {
		return refused.reason, nil
	}
	return "", err
}

// tryTime bounds a try: somebody looks on.
const tryTime = 15 * time.Second

// hand goes through the steps of the protocol. With an error comes the reason that the step stands for. Without a letter it ends before the
// addressee.
func (s Server) hand(ctx context.Context, to string, m *mail.Msg) (reason string, err error) {
	secure := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12, RootCAs: s.Roots}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil {
		return reasonUnreachable, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // the protocol itself knows no context
	defer stop()
	if until, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(until)
	}
	if s.TLS == TLSAlways {
		over := tls.Client(conn, secure)
		if err := over.HandshakeContext(ctx); err != nil {
			return reasonTLS, err
		}
		conn = over
	}
	c, err := smtp.NewClient(conn, s.Host)
	if err != nil {
		return reasonUnreachable, err
	}
	if err := c.Hello(s.Hello); err != nil {
		return reasonUnreachable, err
	}
	if s.TLS != TLSAlways && s.TLS != TLSNone {
		if err := c.StartTLS(secure); err != nil {
			return reasonTLS, err
		}
	}
	if err := s.signIn(c); err != nil {
		return reasonSignIn, err
	}
	if err := c.Mail("<" + s.From + ">"); err != nil {
		return reasonSender, err
	}
	if m == nil {
		_ = c.Quit()
		return "", nil
	}
	if err := c.Rcpt("<" + to + ">"); err != nil {
		return reasonRecipient, err
	}
	w, err := c.Data()
	if err != nil {
		return reasonLetter, err
	}
	if _, err := m.WriteTo(w); err != nil {
		return reasonUnreachable, err
	}
	if err := w.Close(); err != nil {
		return reasonLetter, err
	}
	_ = c.Quit() // the letter is taken, whatever comes now
	return "", nil
}

// signIn uses the best way that the server offers. The two plain ones refuse a connection that is neither encrypted nor on this machine.
func (s Server) signIn(c *smtp.Client) error {
	if s.User == "" {
		return nil
	}
	if s.Closed != nil {
		return s.Closed
	}
	_, offered := c.Extension("AUTH")
	for _, way := range []struct {
		name string
		auth smtp.Auth
	}{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(s.User, s.Password)},
		{"PLAIN", smtp.PlainAuth("", s.User, s.Password, s.Host, false)},
		{"LOGIN", smtp.LoginAuth(s.User, s.Password, s.Host, false)},
	} {
		if slices.Contains(strings.Fields(offered), way.name) {
			return c.Auth(way.auth)
		}
	}
	return errors.New("the mail server offers no way to sign in")
}

func (s Server) message(l letter) (*mail.Msg, error) {
	if parsed, err := address.ParseAddress(l.to); err != nil || parsed.Address != l.to {
		return nil, errors.New("this is no mail address")
	}
	m := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingQP), mail.WithNoDefaultUserAgent())
	if err := errors.Join(m.From(s.From), m.To(l.to)); err != nil {
		return nil, err
	}
	m.Subject(oneLine(l.subject))
	m.SetDateWithValue(l.at)
	m.SetMessageIDWithValue(l.id)
	m.SetGenHeader("List-Id", "<"+l.list+">")
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	m.SetGenHeader("X-Auto-Response-Suppress", "All")  // the same for Exchange
	m.SetBodyString(mail.TypeTextPlain, l.body)
	return m, nil
}

// oneLine leaves no way to begin another header, and no other character that is not for reading.
func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, text)), " ")
}
