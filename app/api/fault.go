package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

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
	"invitation-not-pending":  {"This invitation is not pending any more.", "Reload to see what became of it."},
	"invitation-expired":      {"This invitation has expired.", "Ask the customer for a new one."},
	"invitation-pending":      {"This organisation has a pending invitation already.", "Withdraw it before sending another."},
	"relation-exists":         {"There is a relation with this customer already.", "End it before inviting again."},
	"code-unknown":            {"This invitation code is not known, was used, or has expired.", "Ask the partner for a new code."},
	"too-many-invitations":    {"This organisation has sent too many invitations today.", "Try again tomorrow."},
	"already-tenant-manager":  {"This person or group is a tenant manager already.", ""},
	"consent-missing":         {"Consent for this organisation has not been given.", "Give consent first."},
	"collection-running":      {"A collection of this customer is running.", "Wait until it has ended."},
	"last-primary-admin":      {"The last primary admin cannot be removed.", "Add another one first."},
	"role-name-taken":         {"There is a role of this name already.", "Choose another name."},
	"group-name-taken":        {"There is a room group of this name already.", "Choose another name."},
	"scope-too-many-rooms":    {"More than 200 single rooms are used as scopes of this customer.", "Make a room group instead."},
	"invitation-code-expired": {"This invitation code has expired.", "Ask the partner for a new code."},
}

// problemOf turns any error into the answer. Unknown ones are internal: the cause goes to the log only.
func problemOf(ctx context.Context, err error, log *slog.Logger) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var conflict store.Conflict
	switch {
	case errors.As(err, &conflict):
		t := conflictTexts[conflict.Code]
		return ConflictWith(conflict.Code, t[0], t[1])
	case errors.Is(err, store.ErrNotFound):
		return NotFound()
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
	408: "timeout", 409: "conflict", 413: "too-large", 415: "unsupported-media-type", 422: "invalid", 429: "too-many-requests", 500: "internal", 503: "unavailable",
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
