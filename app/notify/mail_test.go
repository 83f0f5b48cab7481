package notify

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var evening = time.Date(2026, 11, 27, 18, 30, 0, 0, time.UTC)

func aLetter() letter {
	return letter{id: "tx1.17@rooms.partner.example", to: "it@northwind.example", list: "notices.rooms.partner.example", at: evening,
		subject: "Northwind invites Litware / Northwind invite Litware", body: "Zürich – été\n\n.a line with a dot\n"}
}

func bodyOf(t *testing.T, r received) string {
	t.Helper()
	m := r.parsed(t)
	require.Equal(t, "quoted-printable", m.Header.Get("Content-Transfer-Encoding"))
	b, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	require.NoError(t, err)
	return string(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
}

func subjectOf(t *testing.T, r received) string {
	t.Helper()
	text, err := new(mime.WordDecoder).DecodeHeader(r.parsed(t).Header.Get("Subject"))
	require.NoError(t, err)
	return text
}

func TestALetterArrives(t *testing.T) {
	signedIn := func(p *postbox) { p.user, p.password = "roomward", "pa55 wörd" }
	fromStart := func(p *postbox) { p.from = true }
	var pool *x509.CertPool
	for name, change := range map[string][]func(*postbox){
		"in the clear, on this machine":  nil,
		"signed in, on this machine":     {signedIn},
		"STARTTLS":                       {withTLS(&pool)},
		"STARTTLS, signed in":            {withTLS(&pool), signedIn},
		"encrypted from the start":       {withTLS(&pool), fromStart},
		"encrypted from the start, auth": {withTLS(&pool), fromStart, signedIn},
	} {
		t.Run(name, func(t *testing.T) {
			pool = nil
			p := openPostbox(t, change...)
			s := p.server()
			s.Roots = pool
			require.NoError(t, s.send(t.Context(), aLetter()))
			taken := p.taken()
			require.Len(t, taken, 1)
			got := taken[0]
			require.Equal(t, "roomward@partner.example", got.from)
			require.Equal(t, "it@northwind.example", got.to)
			require.Equal(t, p.secure != nil, got.secure)
			require.Equal(t, p.user, got.user)
			h := got.parsed(t).Header
			require.Equal(t, "<tx1.17@rooms.partner.example>", h.Get("Message-ID"))
			require.Equal(t, "<notices.rooms.partner.example>", h.Get("List-Id"))
			require.Equal(t, "auto-generated", h.Get("Auto-Submitted"))
			require.Equal(t, "All", h.Get("X-Auto-Response-Suppress"))
			require.Equal(t, "text/plain; charset=UTF-8", h.Get("Content-Type"))
			require.Empty(t, h.Get("User-Agent")+h.Get("X-Mailer"))
			at, err := h.Date()
			require.NoError(t, err)
			require.True(t, at.Equal(evening))
			require.Equal(t, aLetter().subject, subjectOf(t, got))
			require.Equal(t, aLetter().body, bodyOf(t, got))
			require.Contains(t, p.heard(), "EHLO rooms.partner.example", "not the name of the machine")
		})
	}
}

// TestNothingIsSentInTheClear asks for encryption of servers that have none, or a certificate that nobody vouches for.
func TestNothingIsSentInTheClear(t *testing.T) {
	var pool *x509.CertPool
	for name, tc := range map[string]struct {
		box    []func(*postbox)
		change func(*Server)
	}{
		"no STARTTLS offered":      {[]func(*postbox){func(p *postbox) { p.user, p.password = "roomward", "s3cret" }}, func(s *Server) { s.TLS = TLSStart }},
		"unknown certificate":      {[]func(*postbox){withTLS(&pool), func(p *postbox) { p.user, p.password = "roomward", "s3cret" }}, func(s *Server) {}},
		"unknown, from the start":  {[]func(*postbox){withTLS(&pool), func(p *postbox) { p.from, p.user, p.password = true, "roomward", "s3cret" }}, func(s *Server) {}},
		"a server in the clear":    {nil, func(s *Server) { s.TLS = TLSAlways }},
		"an unknown way is no way": {nil, func(s *Server) { s.TLS = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			p := openPostbox(t, tc.box...)
			s := p.server()
			tc.change(&s)
			err := s.send(t.Context(), aLetter())
			require.Equal(t, refusal{reason: reasonTLS, code: codeOf(err)}, err)
			require.Empty(t, p.taken())
			for _, secret := range []string{"AUTH", "s3cret", "MAIL", "it@northwind"} {
				require.NotContains(t, p.heard(), secret)
			}
		})
	}
}

func codeOf(err error) int {
	var r refusal
	_ = errors.As(err, &r)
	return r.code
}

// TestPlainSignInNeedsEncryption lets a server that is not on this machine ask for a password in the clear.
func TestPlainSignInNeedsEncryption(t *testing.T) {
	p := openPostbox(t, func(p *postbox) { p.user, p.password = "roomward", "s3cret" })
	s := p.server()
	s.Host = "localhost.localdomain.invalid"
	require.Equal(t, refusal{reason: reasonUnreachable}, s.send(t.Context(), aLetter()))
	require.NotContains(t, p.heard(), "AUTH")
}

func TestARefusalSaysWhyAndNothingElse(t *testing.T) {
	const secret = "s3cret-pass"
	for name, tc := range map[string]struct {
		verb, line string
		want       refusal
		ofServer   bool
		forGood    bool
	}{
		"not open":           {"", "554 go away it@northwind.example", refusal{reasonUnreachable, 554}, true, false},
		"greeting":           {"EHLO", "550 go away", refusal{reasonUnreachable, 550}, true, false},
		"sign-in":            {"AUTH", "535 wrong: " + secret, refusal{reasonSignIn, 535}, true, false},
		"sender":             {"MAIL", "550 5.7.1 not you", refusal{reasonSender, 550}, true, false},
		"no such recipient":  {"RCPT", "550 5.1.1 no it@northwind.example here", refusal{reasonRecipient, 550}, false, true},
		"recipient, for now": {"RCPT", "451 4.7.1 greylisted", refusal{reasonRecipient, 451}, false, false},
		"relaying denied":    {"RCPT", "554 5.7.1 relaying denied", refusal{reasonRecipient, 554}, false, false},
		"no letters now":     {"DATA", "421 closing", refusal{reasonLetter, 421}, false, false},
		"spam":               {".", "554 5.7.1 spam", refusal{reasonLetter, 554}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := openPostbox(t, func(p *postbox) { p.user, p.password = "roomward", secret })
			p.answer(tc.verb, tc.line)
			err := p.server().send(t.Context(), aLetter())
			var why refusal
			require.ErrorAs(t, err, &why)
			require.Equal(t, tc.want, why)
			require.Equal(t, tc.ofServer, why.ofServer())
			require.Equal(t, tc.forGood, why.forGood())
			require.NotContains(t, err.Error(), secret)
			require.NotContains(t, err.Error(), "northwind")
			require.Empty(t, p.taken())
			require.Equal(t, 1, p.connections())
		})
	}
}

func TestAWrongPasswordIsNotRepeated(t *testing.T) {
	p := openPostbox(t, func(p *postbox) { p.user, p.password = "roomward", "right" })
	s := p.server()
	s.Password = "wr0ng-password"
	err := s.send(t.Context(), aLetter())
	require.Equal(t, refusal{reasonSignIn, 535}, err)
	require.NotContains(t, err.Error(), "wr0ng")
}

func TestNoAnswerAtAll(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: TLSNone, From: "a@partner.example", Hello: "x"}
	require.NoError(t, l.Close())
	require.Equal(t, refusal{reason: reasonUnreachable}, s.send(t.Context(), aLetter()))
}

// TestAHangingServerEnds hangs at each step: the end of the context ends the letter, and its deadline is a refusal of its own.
func TestAHangingServerEnds(t *testing.T) {
	for _, verb := range []string{"", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "."} {
		t.Run("at "+verb, func(t *testing.T) {
			var pool *x509.CertPool
			p := openPostbox(t, withTLS(&pool), func(p *postbox) { p.user, p.password, p.hangs = "roomward", "s3cret", verb })
			s := p.server()
			s.Roots = pool
			ctx, cancel := context.WithCancel(t.Context())
			p.hung = cancel
			err := s.send(ctx, aLetter())
			require.ErrorIs(t, err, context.Canceled)
			require.NotErrorAs(t, err, new(refusal))

			p.hung = nil
			s.Patience = 50 * time.Millisecond
			require.Equal(t, refusal{reason: reasonTime}, s.send(t.Context(), aLetter()))
		})
	}
}

// TestHeadersCannotBeInjected tries to begin other headers by what comes from outside.
func TestHeadersCannotBeInjected(t *testing.T) {
	p := openPostbox(t)
	evil := "Northwind\r\nBcc: evil@elsewhere.example\n\n<script>\u2028x\u0085y\x00z"
	l := aLetter()
	l.subject = evil
	require.NoError(t, p.server().send(t.Context(), l))
	got := p.taken()[0]
	require.Empty(t, got.parsed(t).Header.Get("Bcc"))
	require.Equal(t, "Northwind Bcc: evil@elsewhere.example <script> x y z", subjectOf(t, got))
	require.Equal(t, "it@northwind.example", got.to)

	for _, address := range []string{"it@northwind.example\r\nRCPT TO:<evil@elsewhere.example>", "it@northwind.example>, <evil@elsewhere.example", "", "it", "a@b@c", "it@northwind.example\x00"} {
		l := aLetter()
		l.to = address
		require.Equal(t, refusal{reasonRecipient, noSuchAddress[2]}, p.server().send(t.Context(), l), address)
	}
	require.Len(t, p.taken(), 1)
	require.NotContains(t, p.heard(), "RCPT TO:<evil")
}
