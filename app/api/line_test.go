package api

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

func TestEachLineSaysOnWhoseBehalf(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(LogHandler(slog.NewJSONHandler(&out, nil)))
	says := func(do func()) map[string]any {
		t.Helper()
		out.Reset()
		do()
		line := map[string]any{}
		require.NoError(t, json.Unmarshal(out.Bytes(), &line))
		delete(line, "time")
		delete(line, "level")
		return line
	}
	id, other := policy.NewID(), policy.NewID()
	ctx := WithLine(WithRequestID(context.Background(), "R1"))
	require.Equal(t, map[string]any{"msg": "m", "request": "R1"}, says(func() { log.InfoContext(ctx, "m") }), "nobody is known yet")
	NoteActor(ctx, Person{TenantID: "tenant", OID: "oid", Name: "Maya", UPN: "maya@partner.example", Session: "S"})
	NoteCustomer(ctx, "no id: \n")
	NoteCustomer(ctx, id.String())
	inner, done := context.WithCancel(ctx)
	defer done()
	require.Equal(t, map[string]any{"msg": "m", "request": "R1", "actor": "tenant/oid", "customer": id.String(), "n": 1.0},
		says(func() { log.With("n", 1).ErrorContext(inner, "m") }))
	require.Equal(t, map[string]any{"msg": "m", "request": "R2", "actor": "tenant/oid", "customer": other.String()},
		says(func() { log.InfoContext(ctx, "m", "request", "R2", "customer", other) }), "what the line itself says stands")

	job := WithCustomer(context.Background(), id)
	require.Equal(t, map[string]any{"msg": "m", "customer": id.String()}, says(func() { log.InfoContext(job, "m") }))
	require.Equal(t, map[string]any{"msg": "m"}, says(func() { log.Info("m") }))
	NoteActor(context.Background(), Person{}) // nothing to note it in
	NoteCustomer(ctx, "")
}
