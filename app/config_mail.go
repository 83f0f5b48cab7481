package app

import (
	"errors"
	"fmt"
	"io"
	"net/mail"
	"net/url"
	"os"
	"strings"

	"roomward/app/notify"
)

// MailSettings say how notices leave by mail. Without a host nothing is mailed: people read them in Roomward only.
type MailSettings struct {
	SMTPHost         string   `name:"smtp-host" help:"Mail server that takes notices; nothing is mailed without one." placeholder:"HOST"`
	SMTPPort         int      `name:"smtp-port" help:"Its port; by default 587 for starttls, 465 for tls, 25 for none." placeholder:"PORT"`
	SMTPUser         string   `name:"smtp-user" help:"Who signs in there; nobody by default." placeholder:"NAME"`
	SMTPPasswordFile string   `name:"smtp-password-file" help:"File that holds the password." placeholder:"FILE"`
	SMTPTLS          string   `name:"smtp-tls" help:"Encryption on the way there: ${enum}; none is for a mail server on this machine only." enum:"starttls,tls,none" default:"starttls"`
	MailFrom         string   `help:"Address that mails come from." placeholder:"ADDRESS"`
	NoticeMail       []string `help:"Addresses of the partner that its notices are mailed to: invitations, requests, what customers changed." placeholder:"ADDRESS"`

	smtpPassword Secret
	smtpClosed   error // why there is no password to sign in with
}

// Format shows none of the settings; see that of Settings.
func (s MailSettings) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "mail settings (hidden)") }

// check reads the password and says what is missing or contradicts.
func (s *MailSettings) check() error {
	if s.SMTPHost == "" {
		if s.SMTPPort != 0 || s.SMTPUser+s.SMTPPasswordFile+s.MailFrom != "" || len(s.NoticeMail) > 0 {
			return errors.New("settings for mail do nothing without --smtp-host")
		}
		return nil
	}
	var errs []error
	if s.SMTPTLS == notify.TLSNone && !loopback(s.SMTPHost) {
		errs = append(errs, errors.New("--smtp-tls=none is for a mail server on this machine only: notices must not travel in the clear"))
	}
	if s.SMTPPort < 0 || s.SMTPPort > 65535 {
		errs = append(errs, fmt.Errorf("--smtp-port %d is no port", s.SMTPPort))
	}
	if s.SMTPUser == "" && s.SMTPPasswordFile != "" {
		errs = append(errs, errors.New("--smtp-password-file needs --smtp-user"))
	}
	if s.SMTPPasswordFile != "" {
		b, err := os.ReadFile(s.SMTPPasswordFile)
		errs = append(errs, err)
		s.smtpPassword = Secret(strings.TrimSpace(string(b)))
	}
	if s.MailFrom == "" {
		errs = append(errs, errors.New("--mail-from is missing"))
	}
	for _, a := range append([]string{s.MailFrom}, s.NoticeMail...) {
		if parsed, err := mail.ParseAddress(a); a != "" && (err != nil || parsed.Address != a) {
			errs = append(errs, fmt.Errorf("%q is no mail address", a))
		}
	}
	return errors.Join(errs...)
}

// mailServer is where notices are handed over. It greets with the name of the public address, not with that of the machine.
func (s *Settings) mailServer() notify.Server {
	port := s.SMTPPort
	if port == 0 {
		port = map[string]int{notify.TLSStart: 587, notify.TLSAlways: 465, notify.TLSNone: 25}[s.SMTPTLS]
	}
	out := notify.Server{Host: s.SMTPHost, Port: port, User: s.SMTPUser, Password: string(s.smtpPassword), Closed: s.smtpClosed, TLS: s.SMTPTLS, From: s.MailFrom}
	if u, err := url.Parse(s.PublicURL); err == nil {
		out.Hello = u.Hostname()
	}
	return out
}
