package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"roomward/policy"
	"roomward/store"
)

// Problem is every error answer: RFC 9457 problem+json with a stable code that programs and the UI's texts go by.
type Problem struct {
	Type      string       `json:"type" doc:"Always about:blank; the code tells what happened." example:"about:blank"`
	Title     string       `json:"title" doc:"The HTTP status in words."`
	Status    int          `json:"status" doc:"The HTTP status."`
	Code      string       `json:"code" doc:"What happened, stable across versions." example:"not-found"`
	Detail    string       `json:"detail,omitempty" doc:"What happened, in a sentence."`
	Hint      string       `json:"hint,omitempty" doc:"What to do about it."`
	Errors    []FieldError `json:"errors,omitempty" doc:"The fields that are wrong."`
	RequestID string       `json:"requestId,omitempty" doc:"Set on internal errors: the log has the cause under this id."`
}

// FieldError names one wrong field.
type FieldError struct {
	Location string `json:"location" doc:"Where the field is." example:"body.expiresInDays"`
	Message  string `json:"message" doc:"What is wrong with it."`
}

// Error returns the code and the detail.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is problem+json, whatever was asked for.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// Fail makes a problem with a stable code.
func Fail(status int, code, detail, hint string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail, Hint: hint}
}

// NotFound is the one answer for what is not there and for what is not the caller's to see (law 4).
func NotFound() *Problem {
	return Fail(http.StatusNotFound, "not-found", "Nothing here under this address.", "")
}

// Forbidden says that the person lacks a power that does not depend on any customer's data.
func Forbidden(code, detail, hint string) *Problem {
	return Fail(http.StatusForbidden, code, detail, hint)
}

// ConflictWith says that the present state does not allow the change.
func ConflictWith(code, detail, hint string) *Problem {
	return Fail(http.StatusConflict, code, detail, hint)
}

// Invalid says that one field of the request is wrong. location is "body.x", "query.x".
func Invalid(location, message string) *Problem {
	p := Fail(http.StatusUnprocessableEntity, "invalid", "A field of the request is wrong.", "")
	p.Errors = []FieldError{{Location: location, Message: message}}
	return p
}

// conflictTexts are the sentences of the store's conflicts.
var conflictTexts = map[string][2]string{
	"invitation-not-pending":    {"This invitation is not pending any more.", "Reload to see what became of it."},
	"invitation-changed":        {"The customer has changed its offer since you read it.", "Read it again before you accept."},
	"end-not-ahead":             {"The relation would end before it can begin, or in the past.", "Choose a later moment, or none."},
	"invitation-expired":        {"This invitation has expired.", "Ask the customer for a new one."},
	"invitation-pending":        {"This organisation has a pending invitation already.", "Withdraw it before sending another."},
	"relation-exists":           {"There is a relation with this customer already.", "End it before inviting again."},
	"code-unknown":              {"This invitation code is not known, was used, or has expired.", "Ask the partner for a new code."},
	"expiry-out-of-range":       {"An invitation is open for 1 to 30 days.", "Choose another number of days."},
	"primary-admin-missing":     {"Nobody was named as primary admin.", "Choose at least one person or group."},
	"too-many-invitations":      {"This organisation has sent too many invitations today.", "Try again tomorrow."},
	"already-tenant-manager":    {"This person or group is a tenant manager already.", ""},
	"consent-missing":           {"Consent for this organisation has not been given.", "Give consent first."},
	"collection-running":        {"A collection of this customer is running.", "Wait until it has ended."},
	"role-name-taken":           {"There is a role of this name already.", "Choose another name."},
	"group-name-taken":          {"There is a room group of this name already.", "Choose another name."},
	"group-in-use":              {"An assignment names this room group as its scope.", "Change or remove the assignment first."},
	"too-many-groups":           {"This customer has 500 room groups already.", "Delete one that nobody needs."},
	"too-many-roles":            {"This customer has 200 roles already.", "Delete one that nobody needs."},
	"too-many-assignments":      {"This customer has 500 assignments already.", "Delete those that have ended."},
	"template-name-taken":       {"There is a template of this name already.", "Choose another name."},
	"too-many-templates":        {"There are 200 templates already.", "Delete one that nobody needs."},
	"changed-meanwhile":         {"Somebody has changed this since you read it.", "Read it again and repeat your change."},
	"already-primary-admin":     {"This person or group is a primary admin already.", ""},
	"admins-present":            {"This relation has an effective primary admin.", "Its primary admins name others."},
	"too-many-admins":           {"More than 50 members are proposed.", "Propose a group instead."},
	"proposal-changed":          {"The proposal changed meanwhile.", "Read it again."},
	"needs-approval":            {"The customer approves this first, and it cannot wait.", "Ask the customer."},
	"too-many-requests-waiting": {"200 requests wait for this customer's approval already.", "Withdraw those that nobody needs any more."},
	"request-decided":           {"This request does not wait any more.", "Read it again."},
	"action-running":            {"A restart of this device is under way already.", "Wait until it has ended."},
	"record-download-running":   {"The record is being downloaded already.", "Wait until it has ended."},
	"no-device":                 {"No device of this room is known.", "Collect the customer again."},
	"views-closed":              {"The data of this customer are closed.", "Consent was withdrawn, or the relation is without admin."},
	"scope-too-many-rooms":      {"More than 200 single rooms are used as scopes of this customer.", "Make a room group instead."},
}

// refusals are the answers to what the rules about granting refuse.
var refusals = map[string]struct {
	status       int
	detail, hint string
}{
	policy.RefuseChange: {http.StatusForbidden, "You may not change roles in all rooms that this touches.", "Ask a primary admin."},
	policy.RefuseGrant: {http.StatusForbidden, "You cannot give permissions that you do not hold in these rooms yourself.",
		"Ask a primary admin."},
	policy.RefuseCeiling:     {http.StatusUnprocessableEntity, "The customer does not let you have these permissions.", "Leave them out."},
	policy.RefuseBuiltIn:     {http.StatusConflict, "The built-in role stays as it is.", "Make a role of your own; assignments of this one may be changed."},
	policy.RefuseLastPrimary: {http.StatusConflict, "The last primary admin cannot be removed.", "Add another one first, over all rooms and without end."},
	policy.RefuseGroupCreate: {http.StatusForbidden, "You may not make room groups of all these rooms.", "Ask somebody who holds groups.create there."},
	policy.RefuseGroupChange: {http.StatusForbidden, "You may not change room groups in all rooms that this touches.",
		"Ask somebody who holds groups.modify in all rooms."},
	policy.RefuseUnknownRoom: {http.StatusUnprocessableEntity, "One of the rooms is not there.", "Read the rooms again and repeat your choice."},
	policy.RefuseAct:         {http.StatusForbidden, "You may not act on devices in this room.", "Ask somebody who holds rooms.act there."},
	policy.RefuseUnknownRole: {http.StatusUnprocessableEntity, "This customer has no such role.", "Choose one of its roles."},
}

// refused names what a refusal is about: the permissions, and the scope where the person may see it.
func refused(r *policy.Refusal) *Problem {
	about := refusals[r.Code]
	p := Fail(about.status, r.Code, about.detail, about.hint)
	for _, permission := range r.Permissions {
		p.Errors = append(p.Errors, FieldError{Location: "body.permissions", Message: string(permission)})
	}
	if r.Scope != "" {
		p.Errors = append(p.Errors, FieldError{Location: "body.scopes", Message: string(r.Scope)})
	}
	return p
}

// answerOf turns what an operation ended with into the answer: a problem, or word that it waits for approval.
func answerOf(ctx context.Context, err error, log *slog.Logger) error {
	var waits *store.Waits
	if errors.As(err, &waits) {
		return pendingOf(waits)
	}
	return problemOf(ctx, err, log)
}

// problemOf turns any error into the answer. Unknown ones are internal: the cause goes to the log only.
func problemOf(ctx context.Context, err error, log *slog.Logger) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var conflict store.Conflict
	var refusal *policy.Refusal
	switch {
	case errors.As(err, &conflict):
		t := conflictTexts[conflict.Code]
		p = ConflictWith(conflict.Code, t[0], t[1])
		if conflict.Code == "changed-meanwhile" {
			p.Status, p.Title = http.StatusPreconditionFailed, http.StatusText(http.StatusPreconditionFailed)
		}
		return p
	case errors.As(err, &refusal):
		return refused(refusal)
	case errors.Is(err, store.ErrNotFound):
		return NotFound()
	case errors.Is(err, store.ErrStrongAuth):
		return Forbidden("strong-auth", "This customer demands a stronger sign-in than yours.", "Sign in again as GET /api/me says for this customer, then repeat this.")
	case errors.Is(err, context.Canceled):
		return Fail(499, "client-closed", "The request was given up.", "")
	}
	id := RequestID(ctx)
	log.ErrorContext(ctx, "request failed", "error", err, "request", id)
	if store.IsUnavailable(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, store.ErrStaleView) {
		p = Fail(http.StatusServiceUnavailable, "unavailable", "Roomward cannot answer just now.", "Try again in a moment.")
	} else {
		p = Fail(http.StatusInternalServerError, "internal", "Something went wrong inside Roomward.", "Tell the operator the request id.")
	}
	p.RequestID = id
	return p
}

var codes = map[int]string{
	400: "bad-request", 401: "not-signed-in", 403: "forbidden", 404: "not-found", 405: "method-not-allowed", 406: "not-acceptable",
	408: "timeout", 409: "conflict", 412: "changed-meanwhile", 413: "too-large", 415: "unsupported-media-type", 422: "invalid", 429: "too-many-requests", 500: "internal", 503: "unavailable",
}

// CodeOf is the code of an HTTP status that no part of Roomward named more exactly.
func CodeOf(status int) string {
	if c := codes[status]; c != "" {
		return c
	}
	return "error"
}

var hookErrors sync.Once

// useProblems makes huma answer with Problem and take field names as they are written. huma keeps both as package variables: they are set
// once, before the first API is made.
func useProblems() {
	hookErrors.Do(func() {
		huma.ValidateStrictCasing = true // "Note" is not "note": an unknown field, not another spelling
		huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
			p := Fail(status, CodeOf(status), msg, "")
			if status == http.StatusUnprocessableEntity {
				p.Detail = "A field of the request is wrong."
			}
			for _, err := range errs {
				var d *huma.ErrorDetail
				if errors.As(err, &d) {
					p.Errors = append(p.Errors, FieldError{Location: d.Location, Message: d.Message})
					continue
				}
				if err != nil {
					p.Errors = append(p.Errors, FieldError{Message: strings.TrimSpace(err.Error())})
				}
			}
			return p
		}
	})
}
