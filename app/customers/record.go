package customers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"roomward/app/api"
	"roomward/store"
)

// KeptRecord is the audit record of a relation that has ended, kept sealed for its customer only.
type KeptRecord struct {
	EndedAt time.Time `json:"endedAt" doc:"When the relation ended of which it is."`
	Until   time.Time `json:"until" doc:"When it is deleted."`
	Entries int       `json:"entries"`
}

// Record answers the sealed record of the last relation that has ended, as signed JSON lines.
func (c *Customers) Record(ctx context.Context, call *api.Call, _ *struct{}) (api.Stream, error) {
	kept, lines, err := c.Store.OpenRecord(ctx, call.Own)
	switch {
	case errors.Is(err, store.ErrSealKeyMissing), errors.Is(err, store.ErrSealKeyWrong):
		return api.Stream{}, api.Fail(http.StatusServiceUnavailable, "seal-key", "The record is kept, but the key to it is not in its place on the partner's machine.",
			"Ask the operator at "+c.PartnerName+" to put the file seal.key back.")
	case err != nil:
		return api.Stream{}, err
	}
	context.AfterFunc(ctx, func() { _ = lines.Close() }) // also when nothing is written
	write := func(ctx context.Context, w io.Writer, again func(context.Context) (*api.Call, error)) error {
		defer func() { _ = lines.Close() }()
		for {
			if _, err := io.CopyN(w, lines, recordAtOnce); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return fmt.Errorf("write a record: %w", err)
			}
			if _, err := again(ctx); err != nil {
				return err
			}
		}
	}
	return api.Stream{Type: "application/jsonl", Name: "record-" + kept.EndedAt.Format("2006-01-02") + ".jsonl", Write: write}, nil
}

// recordAtOnce is how much of a record is written before it is asked again whether the session still stands.
const recordAtOnce = 4 << 20

// DropRecord deletes the sealed record before its time.
func (c *Customers) DropRecord(ctx context.Context, call *api.Call, _ *struct{}) (api.None, error) {
	return api.None{}, c.Store.DropRecord(ctx, call.Act, call.Own)
}
