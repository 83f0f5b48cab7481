package notify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"roomward/store"
)

// longestName cuts names in letters: they are as the tenants claim them.
const longestName = 60

// compose makes the letter of a notice, in both languages: nobody knows which one its reader reads.
func (n *Notify) compose(l store.Letter) letter {
	notice := l.Notice
	host := n.host()
	en, fr := n.sentence(notice)
	link := n.link(notice)
	var body strings.Builder
	fmt.Fprintf(&body, "%s\n\nDetails: %s\n", en, link)
	line := checkpoint(notice.About.Line)
	if line != "" {
		fmt.Fprintf(&body, "\n%s\n", line)
	}
	fmt.Fprintf(&body, "\n----\n\n%s\n\nDétails\u00a0: %s\n", fr, link)
	why := words{"This address gets the notices of {partner} about its customers. The operator of Roomward sets it (notice-mail).",
		"Cette adresse reçoit les avis de {partner} sur ses clients. L’exploitant de Roomward la définit (notice-mail)."}
	if notice.Side == store.SideCustomer {
		why = words{"You are among the contacts that {customer} named. Its administrators change them in the customer portal.",
			"Vous faites partie des contacts nommés par {customer}. Ses administrateurs les modifient dans le portail client."}
	}
	fill := n.values(notice)
	fmt.Fprintf(&body, "\n-- \n%s\n%s\n", fill(why.en, "en"), fill(why.fr, "fr"))
	return letter{id: fmt.Sprintf("%s.%d@%s", l.ID, notice.At.UnixMilli(), host), to: l.Address, list: "notices." + host, at: notice.At,
		subject: subject(en) + " / " + subject(fr), body: body.String()}
}

// subject is the first sentence of a text, without its full stop.
func subject(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".")
}

// host names the machine in ids of letters, as people know it.
func (n *Notify) host() string {
	u, err := url.Parse(n.cfg.PublicURL)
	if err != nil {
		return "roomward.invalid"
	}
	return cmp.Or(u.Hostname(), "roomward.invalid")
}

func (n *Notify) sentence(notice store.Notice) (en, fr string) {
	w, known := sentences()[notice.Kind]
	switch {
	case !known:
		w = anything
	case notice.Kind == "relation.ending" && notice.About.Days <= 1:
		w = oneDay
	case notice.Kind == "relation.ended" && notice.About.Record != "":
		w = notKept
	}
	fill := n.values(notice)
	return fill(w.en, "en"), fill(w.fr, "fr")
}

// values are what stands for the braces of a sentence.
func (n *Notify) values(notice store.Notice) func(text, language string) string {
	about := notice.About
	what, known := whats()[string(about.Event)]
	if !known {
		what = whats()[""]
	}
	ends := about.EndsAt
	if ends.IsZero() { // it ends because the consent was withdrawn
		ends = about.PurgeAt
	}
	return func(text, language string) string {
		said := what.en
		if language == "fr" {
			said = what.fr
		}
		return strings.NewReplacer("{customer}", cmp.Or(name(notice.CustomerName), notice.TenantID), "{partner}", name(n.cfg.PartnerName),
			"{what}", said, "{days}", strconv.Itoa(about.Days), "{ends}", ends.Format(time.DateOnly)).Replace(text)
	}
}

// name is a name as a letter shows it: one line, and not too long.
func name(text string) string {
	letters := []rune(oneLine(text))
	if len(letters) > longestName {
		return string(letters[:longestName]) + "…"
	}
	return string(letters)
}

// link is where the reader finds more.
func (n *Notify) link(notice store.Notice) string {
	if notice.Side == store.SideCustomer {
		return n.cfg.PublicURL + "/portal"
	}
	return n.cfg.PublicURL + "/customers"
}

// checkpoint is the line to keep: JSON on one line, as `roomward verify --against` reads it.
func checkpoint(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return oneLine(text)
	}
	var line bytes.Buffer
	if json.Compact(&line, raw) != nil {
		return ""
	}
	return line.String()
}
