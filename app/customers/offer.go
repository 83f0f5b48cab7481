package customers

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// The bounds of what a customer can agree to.
const (
	minRetention = 30    // days
	maxRetention = 1_095 // days: three years
	maxSeal      = 365   // days
	maxContacts  = 5
	maxContact   = 254 // characters of a mail address
	maxYears     = 10  // until a relation ends by itself
)

// SealDays is for how long the audit record is kept sealed for the customer after the end, unless it says otherwise.
const SealDays = 30

// Auto is the word of change control for what runs at once; store.Manual is the other one.
const Auto = "auto"

// Offer is everything that a customer offers, and agrees to, beside whom and until when.
type Offer struct {
	Grant         policy.Grant      `json:"grant" doc:"The rooms that the partner may reach."`
	Ceiling       []string          `json:"ceiling,omitempty" maxItems:"21" doc:"The permissions that the partner may have at most; the usual set when absent."`
	ChangeControl map[string]string `json:"changeControl,omitempty" doc:"By event, auto for what runs at once and manual for what waits for your approval; auto when absent."`
	StrongAuth    string            `json:"strongAuth,omitempty" maxLength:"20" doc:"The authentication context that the partner's people must meet: one of authContexts. None when absent."`
	EndsAt        *time.Time        `json:"endsAt,omitempty" doc:"When the relation ends by itself; never when absent."`
	RetentionDays int               `json:"retentionDays,omitempty" minimum:"30" maximum:"1095" doc:"How long history is kept; the usual time when absent."`
	SealDays      *int              `json:"sealDays,omitempty" minimum:"0" maximum:"365" doc:"For how long the audit record is kept sealed for you after the end; 0 to have it reduced at once. The usual time when absent."`
	Contacts      []string          `json:"contacts,omitempty" maxItems:"5" doc:"Mail addresses to which notices go; yours when absent."`
	AgreedTerms   string            `json:"agreedTerms" maxLength:"20" doc:"The version of the terms that were agreed to."`
}

// offerOf checks an offer and says it in the words of the store. me is the address of who offers.
func (c *Customers) offerOf(body Offer, me string) (store.Invitation, error) {
	out := store.Invitation{Grant: body.Grant, TermsVersion: TermsVersion, StrongAuth: body.StrongAuth, RetentionDays: RetentionDays, SealDays: SealDays}
	if body.AgreedTerms != TermsVersion {
		return out, api.Invalid("body.agreedTerms", "The terms changed meanwhile, or were not agreed to.")
	}
	if err := checkGrant(body.Grant); err != nil {
		return out, err
	}
	var err error
	if out.Ceiling, err = ceilingOf(body.Ceiling); err != nil {
		return out, err
	}
	if out.ChangeControl, err = controlOf("body.changeControl", body.ChangeControl); err != nil {
		return out, err
	}
	if err := c.checkContext("body.strongAuth", body.StrongAuth); err != nil {
		return out, err
	}
	if out.RelationEnds, err = c.endOf("body.endsAt", body.EndsAt); err != nil {
		return out, err
	}
	if body.RetentionDays != 0 {
		out.RetentionDays = body.RetentionDays
	}
	if body.SealDays != nil {
		out.SealDays = *body.SealDays
	}
	if err := checkRetention(out.RetentionDays, out.SealDays); err != nil {
		return out, err
	}
	contacts := body.Contacts
	if _, err := mail.ParseAddress(me); contacts == nil && err == nil {
		contacts = []string{me}
	}
	out.Contacts, err = contactsOf("body.contacts", contacts)
	return out, err
}

func ceilingOf(names []string) ([]policy.Permission, error) {
	if names == nil {
		return policy.DefaultCeiling(), nil
	}
	out := []policy.Permission{}
	for i, name := range names {
		p := policy.Permission(name)
		if !p.Valid() {
			return nil, api.Invalid(location("body.ceiling", i, ""), "There is no such permission.")
		}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out, nil
}

// controlOf names each event, also those that are left out: they run at once.
func controlOf(where string, control map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for _, event := range eventNames() {
		out[event] = Auto
	}
	for event, how := range control {
		if _, known := out[event]; !known {
			return nil, api.Invalid(where+"."+event, "There is no such event.")
		}
		if how != Auto && how != store.Manual {
			return nil, api.Invalid(where+"."+event, "Say auto or manual.")
		}
		out[event] = how
	}
	return out, nil
}

func eventNames() []string {
	names := []string{}
	for _, event := range store.Events() {
		names = append(names, string(event))
	}
	return names
}

// endOf refuses an end that is not ahead, or so far that nobody means it; nil is no end.
func (c *Customers) endOf(where string, at *time.Time) (time.Time, error) {
	switch now := c.Now(); {
	case at == nil:
		return time.Time{}, nil
	case !at.After(now):
		return time.Time{}, api.Invalid(where, "The end must be in the future.")
	case at.After(now.AddDate(maxYears, 0, 0)):
		return time.Time{}, api.Invalid(where, fmt.Sprintf("The end is at most %d years ahead. Leave it out for a relation without end.", maxYears))
	}
	return at.UTC().Truncate(time.Millisecond), nil
}

func checkRetention(days, sealDays int) error {
	if days < minRetention || days > maxRetention {
		return api.Invalid("body.retentionDays", fmt.Sprintf("History is kept for %d to %d days.", minRetention, maxRetention))
	}
	if sealDays < 0 || sealDays > maxSeal {
		return api.Invalid("body.sealDays", fmt.Sprintf("The record is kept sealed for 0 to %d days.", maxSeal))
	}
	return nil
}

// contactsOf are plain mail addresses, each once.
func contactsOf(where string, contacts []string) ([]string, error) {
	out := []string{}
	for i, text := range contacts {
		text = strings.TrimSpace(text)
		parsed, err := mail.ParseAddress(text)
		if err != nil || parsed.Address != text || len(text) > maxContact {
			return nil, api.Invalid(location(where, i, ""), "This is not a mail address.")
		}
		if !slices.ContainsFunc(out, func(known string) bool { return strings.EqualFold(known, text) }) {
			out = append(out, text)
		}
	}
	switch {
	case len(out) == 0:
		return nil, api.Invalid(where, "Name at least one mail address.")
	case len(out) > maxContacts:
		return nil, api.Invalid(where, fmt.Sprintf("Name at most %d mail addresses.", maxContacts))
	}
	return out, nil
}
