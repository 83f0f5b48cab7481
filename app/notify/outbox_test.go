package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
	"roomward/store"
)

const (
	litware   = "7d1f4c1e-0a3b-4c59-9a1c-5f0c2b6e1a00"
	northwind = "b1c2d3e4-1111-4a2b-8c3d-0123456789ab"
	tailspin  = "c2d3e4f5-2222-4b3c-9d4e-123456789abc"
	password  = "s3cret-pass"
)

var (
	managing = policy.Overview(policy.Powers{Manager: true})
	maya     = store.Act{Side: store.SidePartner, TenantID: litware, OID: "maya", Name: "Maya Manager"}
	pia      = store.Member{Principal: policy.User("pia"), Name: "Pia Primary"}
)

// house is the outbox on a real store, with a mail server and a clock that only the test moves.
type house struct {
	*Notify
	t     *testing.T
	dir   string
	store *store.Store
	box   *postbox
	log   *bytes.Buffer

	clockMu sync.Mutex
	at      time.Time
}

func openHouse(t *testing.T) *house {
	t.Helper()
	heard.Learn("smtp-password", password)
	h := &house{t: t, dir: t.TempDir(), at: evening, log: &bytes.Buffer{},
		box: openPostbox(t, func(p *postbox) { p.user, p.password = "roomward", password })}
	h.start()
	t.Cleanup(func() { _ = h.store.Close() })
	return h
}

// start is a new process over the same data directory.
func (h *house) start() {
	h.t.Helper()
	var err error
	h.store, err = store.Open(h.t.Context(), store.Options{Dir: h.dir, Mode: store.ModeReal, Now: h.clock})
	require.NoError(h.t, err)
	h.Notify = New(Config{Store: h.store, Server: h.box.server(), Partner: []string{"desk@partner.example"}, PartnerName: "Litware",
		PublicURL: "https://rooms.partner.example", Work: policy.ForWork, Overview: managing, Now: h.clock, Log: slog.New(slog.NewTextHandler(io.MultiWriter(h.log, heard), &slog.HandlerOptions{Level: slog.LevelDebug}))})
}

func (h *house) clock() time.Time {
	h.clockMu.Lock()
	defer h.clockMu.Unlock()
	return h.at
}

func (h *house) pass(d time.Duration) {
	h.clockMu.Lock()
	defer h.clockMu.Unlock()
	h.at = h.at.Add(d)
}

// customer makes a relation; what happened so far is not mailed any more.
func (h *house) customer(tenant, name string, contacts ...string) policy.ID {
	h.t.Helper()
	ann := adminOf(tenant)
	require.NoError(h.t, h.store.Consented(h.t.Context(), ann, store.Tenant{ID: tenant, Name: name, Domains: []string{"x.example"}}))
	inv, err := h.store.SendInvitation(h.t.Context(), ann, store.Invitation{PartnerDomain: "partner.example", Grant: policy.Grant{All: true},
		Ceiling: []policy.Permission{policy.RoomsView, policy.RolesView}, RetentionDays: 180, TermsVersion: "t", Contacts: contacts,
		ExpiresAt: h.clock().Add(24 * time.Hour)}, "", false)
	require.NoError(h.t, err)
	id, err := h.store.AcceptInvitation(h.t.Context(), maya, managing, inv.ID, inv.Version, []store.Member{pia})
	require.NoError(h.t, err)
	_, err = h.store.WriteLetters(h.t.Context(), nil)
	require.NoError(h.t, err)
	require.NoError(h.t, h.store.DropLetters(h.t.Context()))
	h.pass(time.Second)
	return id
}

func adminOf(tenant string) store.Act {
	return store.Act{Side: store.SideCustomer, TenantID: tenant, OID: "ann", Name: "Ann Admin"}
}

// unled takes the last primary admin of everybody: both sides of each relation are told.
func (h *house) unled() {
	h.t.Helper()
	require.NoError(h.t, h.store.NoteAbsences(h.t.Context(), map[policy.Principal]store.Absence{pia.Principal: store.AbsentGone}))
}

func (h *house) deliver() {
	h.t.Helper()
	require.NoError(h.t, h.Deliver(h.t.Context()))
}

// took is to whom letters went, in order of the alphabet.
func (h *house) took() []string {
	out := []string{}
	for _, l := range h.box.taken() {
		out = append(out, l.to)
	}
	slices.Sort(out)
	return out
}

// told reads what a customer is told.
func (h *house) told(tenant string) []store.Notice {
	h.t.Helper()
	list, _, err := h.store.Notices(h.t.Context(), store.NoticeReader{TenantID: tenant, OID: "ann", Own: policy.Own(tenant)}, 50)
	require.NoError(h.t, err)
	return list
}

func TestNoticesAreMailed(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind, "Northwind Traders", "it@northwind.example", "ann@northwind.example")
	h.customer(tailspin, "Tailspin Toys")
	h.unled()
	require.Equal(t, store.MailWaiting, h.told(northwind)[0].Mail)
	h.deliver()
	require.Equal(t, []string{"ann@northwind.example", "desk@partner.example", "desk@partner.example", "it@northwind.example"}, h.took())
	require.Equal(t, store.MailSent, h.told(northwind)[0].Mail)
	require.Equal(t, store.MailNone, h.told(tailspin)[0].Mail, "it has no contacts")
	ids := map[string]bool{}
	for _, l := range h.box.taken() {
		ids[l.parsed(t).Header.Get("Message-ID")] = true
		require.Equal(t, "<notices.rooms.partner.example>", l.parsed(t).Header.Get("List-Id"))
		body := bodyOf(t, l)
		if l.to == "it@northwind.example" {
			require.Equal(t, "Nobody at Litware is a primary admin of Northwind Traders any more / Personne chez Litware n’est plus administrateur principal de Northwind Traders", subjectOf(t, l))
			require.Contains(t, body, "Nobody there sees its rooms until there is one.")
			require.Contains(t, body, "Personne n’y voit ses salles d’ici là.")
			require.Contains(t, body, "https://rooms.partner.example/portal")
			require.Contains(t, body, "contacts that Northwind Traders named")
		}
		if strings.HasSuffix(l.to, "northwind.example") {
			require.NotContains(t, body, "Tailspin")
			require.NotContains(t, body, "desk@partner.example")
		}
	}
	require.Len(t, ids, 4, "each letter has its own id")
	h.deliver()
	h.pass(24 * time.Hour)
	h.deliver()
	require.Len(t, h.box.taken(), 4, "once is enough")
	require.Equal(t, &Mail{State: "on"}, h.mail())
}

// TestALetterSurvivesACrash dies after the mail server has taken the letter and before that is noted: it comes again, recognisable.
func TestALetterSurvivesACrash(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind, "Northwind Traders", "it@northwind.example")
	h.cfg.Partner = nil
	h.unled()
	ctx, die := context.WithCancel(t.Context())
	h.box.took = die
	require.ErrorIs(t, h.Deliver(ctx), context.Canceled)
	require.Len(t, h.box.taken(), 1)
	require.NoError(t, h.store.Close())

	h.box.took = nil
	h.start()
	h.cfg.Partner = nil
	require.Equal(t, store.MailWaiting, h.told(northwind)[0].Mail, "nobody knows that it was sent")
	h.pass(6 * time.Minute)
	h.deliver()
	taken := h.box.taken()
	require.Len(t, taken, 2)
	require.Equal(t, taken[0].parsed(t).Header.Get("Message-ID"), taken[1].parsed(t).Header.Get("Message-ID"))
	require.Equal(t, taken[0].text, taken[1].text)
	require.Equal(t, store.MailSent, h.told(northwind)[0].Mail)
}

func TestNoMailAfterTheEnd(t *testing.T) {
	h := openHouse(t)
	id := h.customer(northwind, "Northwind Traders", "it@northwind.example")
	h.customer(tailspin, "Tailspin Toys", "it@tailspin.example")
	h.cfg.Partner = nil
	p := h.proposed(id)
	h.box.answer("RCPT", "451 4.7.1 later")
	h.deliver()
	require.Empty(t, h.box.taken())
	require.Equal(t, store.MailWaiting, h.told(northwind)[0].Mail)
	require.NoError(t, h.store.ConfirmAdmins(t.Context(), adminOf(northwind), policy.Own(northwind), p))
	_, err := h.store.LeaveCustomer(t.Context(), maya, store.AskingAdmin{Actor: policy.Actor{User: policy.User("nora")}}, id, "Northwind Traders")
	require.NoError(t, err)
	h.box.answer("RCPT", "")
	h.pass(time.Hour)
	h.deliver()
	require.NotEmpty(t, h.took(), "others get theirs")
	require.NotContains(t, h.took(), "it@northwind.example")
	require.NotContains(t, h.log.String(), "northwind")
}

// proposed leaves a relation without admin and proposes one, of which its contacts are told.
func (h *house) proposed(customer policy.ID) policy.ID {
	h.t.Helper()
	h.unled()
	p, err := h.store.ProposeAdmins(h.t.Context(), maya, managing, customer, []store.Member{{Principal: policy.User("nora"), Name: "Nora"}})
	require.NoError(h.t, err)
	return p.ID
}

// TestAServerThatTakesNothing is left alone for a while, and what it does is seen by who can have it repaired.
func TestAServerThatTakesNothing(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind, "Northwind Traders", "it@northwind.example", "ann@northwind.example")
	h.box.answer("AUTH", "535 wrong: "+password)
	h.unled()
	h.deliver()
	require.Equal(t, 1, h.box.connections(), "the next letter would go the same way")
	since := h.clock()
	require.Equal(t, &Mail{State: "failing", Since: &since, Reason: "sign-in"}, h.mail())
	h.deliver()
	require.Equal(t, 1, h.box.connections())
	for range 8 {
		h.pass(longestRest)
		h.deliver()
	}
	require.Equal(t, 9, h.box.connections())
	require.Equal(t, &Mail{State: "failing", Since: &since, Reason: "sign-in"}, h.mail(), "since when, not when last")

	h.box.answer("AUTH", "")
	h.pass(longestWait)
	h.deliver()
	require.Equal(t, []string{"ann@northwind.example", "desk@partner.example", "it@northwind.example"}, h.took())
	require.Equal(t, &Mail{State: "on"}, h.mail())
	require.Contains(t, h.log.String(), "sign-in")
	for _, secret := range []string{password, "northwind", "Northwind", "desk@"} {
		require.NotContains(t, h.log.String(), secret)
	}
}

func TestAServerThatIsGoneForDays(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind, "Northwind Traders", "it@northwind.example")
	require.NoError(t, h.box.listener.Close())
	h.unled()
	tried := 0
	for range 24 * 4 {
		h.deliver()
		h.pass(time.Hour)
		if h.told(northwind)[0].Mail == store.MailFailed {
			break
		}
		tried++
	}
	require.InDelta(t, giveUpAfter.Hours(), tried, 5)
	n := h.told(northwind)[0]
	require.Equal(t, store.MailFailed, n.Mail)
	require.Equal(t, "unreachable", n.MailReason)
	require.Equal(t, "unreachable", h.mail().Reason)
}

// TestOneBadAddressHoldsUpNobody refuses one of two contacts for good.
func TestOneBadAddressHoldsUpNobody(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind, "Northwind Traders", "gone@northwind.example")
	h.customer(tailspin, "Tailspin Toys", "it@tailspin.example")
	h.box.refuse = "gone@northwind.example"
	h.unled()
	h.deliver()
	require.Equal(t, []string{"desk@partner.example", "desk@partner.example", "it@tailspin.example"}, h.took())
	n := h.told(northwind)[0]
	require.Equal(t, store.MailFailed, n.Mail)
	require.Equal(t, "recipient", n.MailReason)
	asked := h.box.connections()
	h.pass(24 * time.Hour)
	h.deliver()
	require.Equal(t, asked, h.box.connections(), "there is no use in trying again")
	require.Equal(t, &Mail{State: "on"}, h.mail(), "the server is well")
}

func TestWithoutAServerNothingIsMailed(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind, "Northwind Traders", "it@northwind.example")
	h.cfg.Server.Host = ""
	h.unled()
	h.deliver()
	require.Equal(t, &Mail{State: "off"}, h.mail())
	require.Equal(t, store.MailNone, h.told(northwind)[0].Mail, "it does not wait for what is not there")
	h.cfg.Server = h.box.server()
	h.cfg.Partner = []string{"new@partner.example"}
	h.pass(48 * time.Hour)
	h.deliver()
	require.Empty(t, h.took(), "who sets up mail later is not flooded")
}

func TestAnAddressThatWasTakenOutGetsNothing(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind, "Northwind Traders")
	h.box.answer("RCPT", "451 later")
	h.unled()
	h.deliver()
	h.box.answer("RCPT", "")
	h.cfg.Partner = []string{"other@partner.example"}
	h.pass(time.Hour)
	h.deliver()
	require.Empty(t, h.took())
}

func TestWaitsGrow(t *testing.T) {
	var got []time.Duration
	for tries := 1; tries <= 7; tries++ {
		got = append(got, wait(tries))
	}
	require.Equal(t, []time.Duration{time.Minute, 4 * time.Minute, 16 * time.Minute, 64 * time.Minute, longestWait, longestWait, longestWait}, got)
}

// TestLettersSayWhatThePagesSay holds the sentences of letters to the kinds that the pages know, complete in both languages.
func TestLettersSayWhatThePagesSay(t *testing.T) {
	pages := map[string][]string{}
	for _, language := range []string{"en", "fr"} {
		text, err := os.ReadFile("../../ui/src/notify/text." + language + ".json")
		require.NoError(t, err)
		var words struct{ Kind map[string]json.RawMessage }
		require.NoError(t, json.Unmarshal(text, &words))
		for subject, raw := range words.Kind {
			var verbs map[string]string
			if json.Unmarshal(raw, &verbs) != nil {
				continue // the sentence for all others
			}
			for verb := range verbs {
				pages[language] = append(pages[language], subject+"."+verb)
			}
		}
		slices.Sort(pages[language])
	}
	var letters []string
	for kind, w := range sentences() {
		letters = append(letters, kind)
		for _, text := range []string{w.en, w.fr} {
			about := "{customer}"
			if strings.HasPrefix(kind, "backup.") { // of the whole machine
				about = "{partner}"
			}
			require.Contains(t, text, about, kind)
			for _, value := range []string{"{customer}", "{partner}", "{what}", "{days}", "{ends}"} {
				text = strings.ReplaceAll(text, value, "")
			}
			require.NotContains(t, text, "{", kind)
		}
	}
	slices.Sort(letters)
	require.Equal(t, pages["en"], letters)
	require.Equal(t, pages["fr"], letters)
}

func TestComposing(t *testing.T) {
	n := New(Config{PartnerName: "Litware\r\nBcc: x", PublicURL: "https://rooms.partner.example"})
	compose := func(notice store.Notice) letter {
		notice.At, notice.TenantID = evening, northwind
		return n.compose(store.Letter{ID: policy.NewID(), Notice: notice, Address: "it@northwind.example"})
	}
	l := compose(store.Notice{Side: store.SideCustomer, Kind: "change.asked", CustomerName: "North\nwind " + strings.Repeat("x", 100),
		About: store.About{By: "Pia Primary", Object: "Quokka Huddle", Event: store.EventAction}})
	require.Equal(t, "Litware Bcc: x asks North wind "+strings.Repeat("x", longestName-11)+"… to approve an action in a room / Litware Bcc: x demande à North wind "+
		strings.Repeat("x", longestName-11)+"… d’approuver une action dans une salle", l.subject)
	require.NotContains(t, l.body, "Quokka", "mail leaves the machine")
	require.NotContains(t, l.body, "\r")
	require.Contains(t, l.body, "https://rooms.partner.example/portal")

	l = compose(store.Notice{Side: store.SideCustomer, Kind: "audit.checkpoint", CustomerName: "Northwind", About: store.About{Line: json.RawMessage("{\n \"seq\": 7,\n \"hash\": \"ab\"\n}")}})
	require.Contains(t, l.body, "\n{\"seq\":7,\"hash\":\"ab\"}\n", "on a line of its own, to be kept")
	l = compose(store.Notice{Side: store.SideCustomer, Kind: "audit.checkpoint", CustomerName: "Northwind", About: store.About{Line: json.RawMessage(`"a b\nc"`)}})
	require.Contains(t, l.body, "\na b c\n")

	l = compose(store.Notice{Side: store.SidePartner, Kind: "relation.ending", CustomerName: "Northwind", About: store.About{Days: 7, EndsAt: evening}})
	require.Contains(t, l.body, "ends in 7 days, on 2026-11-27")
	require.Contains(t, l.body, "https://rooms.partner.example/customers")
	l = compose(store.Notice{Side: store.SidePartner, Kind: "relation.ending", CustomerName: "Northwind", About: store.About{Days: 1, EndsAt: evening}})
	require.Contains(t, l.body, "ends within a day")
	l = compose(store.Notice{Side: store.SidePartner, Kind: "relation.ended"})
	require.Contains(t, l.subject, northwind, "without a name, the tenant")
	l = compose(store.Notice{Side: store.SidePartner, Kind: "never.heard", CustomerName: "Northwind"})
	require.Equal(t, "There is news about Northwind / Il y a du nouveau au sujet de Northwind", l.subject)
	require.NotContains(t, l.body, "{")
}
