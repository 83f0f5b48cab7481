package setup

import (
	"cmp"
	"context"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"roomward/app/api"
	"roomward/app/notify"
)

// MailInput is the body of PUT /api/setup/mail.
type MailInput struct {
	Body struct {
		Host     string   `json:"host" maxLength:"253" doc:"Empty: nothing is mailed."`
		Port     int      `json:"port,omitempty" minimum:"0" maximum:"65535"`
		User     string   `json:"user,omitempty" maxLength:"320"`
		Password string   `json:"password,omitempty" maxLength:"1000" doc:"Absent to keep the one that is there."`
		TLS      string   `json:"tls,omitempty" enum:"starttls,tls,none"`
		From     string   `json:"from,omitempty" maxLength:"320"`
		Notice   []string `json:"noticeMail,omitempty" maxItems:"20"`
	}
}

// SetMail keeps the mail server and asks it whether it takes mail.
func (g *Guide) SetMail(ctx context.Context, _ *api.Call, in *MailInput) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.begin(ctx)
	if err != nil {
		return Situation{}, err
	}
	b := in.Body
	b.Host, b.User, b.From, b.Notice = strings.ToLower(strings.TrimSpace(b.Host)), strings.TrimSpace(b.User), strings.TrimSpace(b.From), names(b.Notice)
	now := map[string]string{setSMTPHost: s.Mail.Host, setSMTPUser: s.Mail.User, setMailFrom: s.Mail.From, setNoticeMail: strings.Join(s.NoticeMail, ","),
		setSMTPTLS: s.Mail.TLS, setSMTPPort: strconv.Itoa(s.Mail.Port)}
	if b.Host == "" {
		none := map[string]string{setSMTPHost: "", setSMTPUser: "", setMailFrom: "", setNoticeMail: "", setSMTPTLS: "", setSMTPPort: ""}
		if err := g.given(now, none); err != nil {
			return Situation{}, err
		}
		if err := g.keepPassword(ctx, ""); err != nil {
			return Situation{}, wrap("forget the mail password", err)
		}
		return g.change(ctx, StepMail, now, none)
	}
	b.TLS = cmp.Or(b.TLS, notify.TLSStart)
	if p := wrongMail(b.From, b.Notice); p != nil {
		return Situation{}, p
	}
	if b.TLS == notify.TLSNone && !loopback(b.Host) {
		return Situation{}, api.Invalid("body.tls", "without encryption only to a mail server on this machine")
	}
	set := map[string]string{setSMTPHost: b.Host, setSMTPUser: b.User, setMailFrom: b.From, setNoticeMail: strings.Join(b.Notice, ","), setSMTPTLS: b.TLS, setSMTPPort: ""}
	if b.Port != 0 {
		set[setSMTPPort] = strconv.Itoa(b.Port)
	}
	if err := g.given(now, set); err != nil { // before the password is exchanged
		return Situation{}, err
	}
	switch {
	case b.User == "":
		err = g.keepPassword(ctx, "")
	case b.Password != "":
		err = g.keepPassword(ctx, b.Password)
	case s.Mail.Password == "":
		return Situation{}, api.Invalid("body.password", "a user needs a password")
	case (b.Host != s.Mail.Host || b.User != s.Mail.User) && g.cfg.Given["smtp-password-file"] == "": // it is told to nobody it was not given for
		return Situation{}, api.Invalid("body.password", "another server or user needs its password")
	}
	if err != nil {
		return Situation{}, wrap("keep the mail password", err)
	}
	return g.change(ctx, StepMail, now, set)
}

func (g *Guide) keepPassword(ctx context.Context, password string) error {
	return g.cfg.KeepSecrets(ctx, map[string]string{SecretMailPassword: password})
}

func wrongMail(from string, notice []string) *api.Problem {
	if from == "" {
		return api.Invalid("body.from", "the address that mails come from is missing")
	}
	for i, a := range slices.Concat([]string{from}, notice) {
		if parsed, err := mail.ParseAddress(a); err != nil || parsed.Address != a || strings.Contains(a, ",") {
			if i == 0 {
				return api.Invalid("body.from", "this is no mail address")
			}
			return api.Invalid("body.noticeMail["+strconv.Itoa(i-1)+"]", "this is no mail address")
		}
	}
	return nil
}

// TestMailInput is the body of POST /api/setup/mail/test.
type TestMailInput struct {
	Body struct {
		To string `json:"to" maxLength:"320"`
	}
}

// TestMail sends a letter.
func (g *Guide) TestMail(ctx context.Context, _ *api.Call, in *TestMailInput) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.begin(ctx)
	if err != nil {
		return Situation{}, err
	}
	if parsed, err := mail.ParseAddress(in.Body.To); err != nil || parsed.Address != in.Body.To {
		return Situation{}, api.Invalid("body.to", "this is no mail address")
	}
	g.findings[StepMail] = []Outcome{g.cfg.Checks.Mail(ctx, s, in.Body.To)}
	return g.situation(ctx)
}
