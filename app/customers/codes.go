package customers

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Code is an invitation code without the code itself.
type Code struct {
	ID        string     `json:"id"`
	Note      string     `json:"note" doc:"For whom it is."`
	CreatedAt time.Time  `json:"createdAt"`
	CreatedBy string     `json:"createdBy"`
	ExpiresAt time.Time  `json:"expiresAt"`
	UsedAt    *time.Time `json:"usedAt,omitempty"`
	State     string     `json:"state" enum:"open,used,expired"`
}

func (c *Customers) codeOf(code store.InvitationCode) Code {
	out := Code{ID: code.ID.String(), Note: code.Note, CreatedAt: code.CreatedAt, CreatedBy: code.CreatedBy, ExpiresAt: code.ExpiresAt,
		UsedAt: api.TimeOrNil(code.UsedAt), State: "open"}
	switch {
	case !code.UsedAt.IsZero():
		out.State = "used"
	case !c.Now().Before(code.ExpiresAt):
		out.State = "expired"
	}
	return out
}

// Codes lists the invitation codes of the last 60 days.
func (c *Customers) Codes(ctx context.Context, call *api.Call, _ *struct{}) (api.Page[Code], error) {
	found, err := c.Store.InvitationCodes(ctx, call.Overview)
	items := []Code{}
	for _, code := range found {
		items = append(items, c.codeOf(code))
	}
	return api.Page[Code]{Items: items}, err
}

// NewCode is a code with the text to hand out, which is shown this once.
type NewCode struct {
	Code
	Text string `json:"text" doc:"To hand to the customer. It is not kept and cannot be shown again."`
}

// AddCode makes an invitation code and shows it this once.
func (c *Customers) AddCode(ctx context.Context, call *api.Call, in *struct {
	Body struct {
		Note string `json:"note" minLength:"1" maxLength:"100" doc:"For whom it is."`
		Days int    `json:"expiresInDays" minimum:"1" maximum:"30" default:"14"`
	}
}) (NewCode, error) {
	note := strings.TrimSpace(in.Body.Note)
	if note == "" {
		return NewCode{}, api.Invalid("body.note", "Say for whom the code is.")
	}
	text := newCode()
	code, err := c.Store.AddInvitationCode(ctx, call.Act, text, note, c.Now().Add(time.Duration(in.Body.Days)*24*time.Hour))
	if err != nil {
		return NewCode{}, err
	}
	return NewCode{c.codeOf(code), text}, nil
}

// RevokeCode revokes a code that nobody has used.
func (c *Customers) RevokeCode(ctx context.Context, call *api.Call, in *byID) (api.None, error) {
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return api.None{}, store.ErrNotFound
	}
	return api.None{}, c.Store.RevokeInvitationCode(ctx, call.Act, call.Overview, id)
}

// newCode makes a code of 60 random bits in three groups of Crockford's 32 characters; the store forgives O for 0, I and L for 1.
func newCode() string {
	const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	random := make([]byte, 12)
	_, _ = rand.Read(random) // never fails, by its documentation
	var b strings.Builder
	for i, r := range random {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[int(r)%len(letters)])
	}
	return b.String()
}
