package store

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

func (h *house) opened(tenant string) (string, error) {
	_, r, err := h.OpenRecord(h.t.Context(), policy.Own(tenant))
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	_, _, err = h.OpenRecord(h.t.Context(), policy.Own(tenant))
	require.Equal(h.t, Conflict{"record-download-running"}, err)
	text, err := io.ReadAll(r)
	return string(text), err
}

func TestTheSealedRecord(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.customer(tailspin)
	require.NoError(t, h.write(t.Context(), func(tx *tx) error {
		for range gatherAtOnce { // more than one read
			err := maya.record(t.Context(), tx, entry{customer: customer, tenant: northwind, operation: "role.update", object: "Secret role of Northwind"})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	n := h.number(`SELECT count(*) FROM audit WHERE tenant_id = $1`, northwind)
	require.Greater(t, n, int64(gatherAtOnce))
	_, err := h.SealedRecord(t.Context(), policy.Own(northwind))
	require.ErrorIs(t, err, ErrNotFound, "while there is a relation")
	_, err = h.EndOwn(t.Context(), adminOf(northwind), policy.Own(northwind))
	require.NoError(t, err)
	require.NoError(t, h.Erase(t.Context()))
	require.NotContains(t, string(h.files()), "Secret role")
	require.NotContains(t, string(h.files()), "Ann Admin of")

	kept, err := h.SealedRecord(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Equal(t, SealedRecord{EndedAt: h.clock(), Until: h.clock().Add(60 * day), Entries: int(n)}, kept)
	text, err := h.opened(northwind)
	require.NoError(t, err)
	require.Equal(t, gatherAtOnce, strings.Count(text, "Secret role of Northwind"), "each entry once")
	proven, err := VerifyExport(strings.NewReader(text), nil)
	require.NoError(t, err)
	require.Equal(t, []Verification{{Chain: northwind, Upto: n, Entries: n}}, proven, "it is a signed export")
	own, others := h.findings(nil)
	require.Empty(t, own)
	require.Zero(t, others)
	require.Contains(t, text, "invitation.accept")
	require.NotContains(t, text, tailspin)
	for _, v := range []policy.View{{}, managing, policy.Own(tailspin), policy.Own(litware), policy.ForWork(customer, "test")} {
		_, err := h.SealedRecord(t.Context(), v)
		require.ErrorIs(t, err, ErrNotFound)
		_, _, err = h.OpenRecord(t.Context(), v)
		require.ErrorIs(t, err, ErrNotFound)
		require.ErrorIs(t, h.DropRecord(t.Context(), maya, v), ErrNotFound)
	}

	name := filepath.Join(h.dir, sealKeyName)
	info, err := os.Stat(name)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	key := h.fileText(sealKeyName)
	require.NotContains(t, string(h.files()), strings.TrimSpace(key))
	require.NoError(t, os.Remove(name))
	_, err = h.opened(northwind)
	require.ErrorIs(t, err, ErrSealKeyMissing)
	for _, wrong := range []string{"", "nothing", strings.Repeat("0", 64)} {
		require.NoError(t, os.WriteFile(name, []byte(wrong), 0o600))
		_, err = h.opened(northwind)
		require.ErrorIs(t, err, ErrSealKeyWrong, wrong)
	}
	require.NoError(t, os.WriteFile(name, []byte(key), 0o600))
	again, err := h.opened(northwind)
	require.NoError(t, err)
	require.Equal(t, text, again)
	h.run(`UPDATE sealed_records SET record = CAST(substr(record, 1, length(record) - 1) || x'00' AS BLOB)`)
	_, err = h.opened(northwind)
	require.Error(t, err, "a changed record does not open")

	h.pass(60*day - time.Millisecond)
	gone, err := h.PruneRecords(t.Context())
	require.NoError(t, err)
	require.Zero(t, gone)
	h.pass(time.Millisecond)
	_, err = h.SealedRecord(t.Context(), policy.Own(northwind))
	require.ErrorIs(t, err, ErrNotFound, "at the very moment")
	gone, err = h.PruneRecords(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, gone)
	require.Zero(t, h.number(`SELECT count(*) FROM sealed_records`))
	require.Equal(t, "record.expire", h.lastEntry()[0])
}

func TestWhatIsKeptIsTheCustomersChoice(t *testing.T) {
	h := openHouse(t)
	for _, days := range []int{0, 365} {
		customer := h.customer(northwind)
		require.NoError(t, h.SetRetention(t.Context(), adminOf(northwind), policy.Own(northwind), 0, 180, days))
		_, err := h.end(t.Context(), maya, customer, "", func(*tx) error { return nil })
		require.NoError(t, err)
		kept, err := h.SealedRecord(t.Context(), policy.Own(northwind))
		if days == 0 {
			require.ErrorIs(t, err, ErrNotFound, "only reduced")
			h.pass(time.Minute)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, h.clock().Add(365*day), kept.Until)
	}
	require.NoError(t, h.DropRecord(t.Context(), adminOf(northwind), policy.Own(northwind)), "at once, when the customer wants")
	require.Equal(t, []string{"record.delete", "", ""}, h.lastEntry()[:3])
	require.ErrorIs(t, h.DropRecord(t.Context(), adminOf(northwind), policy.Own(northwind)), ErrNotFound)
	require.Zero(t, h.number(`SELECT count(*) FROM sealed_records`))
}

// TestNoEndDependsOnTheKey: whoever spoils the file holds no customer.
func TestNoEndDependsOnTheKey(t *testing.T) {
	h := openHouse(t)
	customer, at := h.ending(day)
	h.customer(tailspin)
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, sealKeyName), []byte("garbage"), 0o600))
	_, err := h.EndOwn(t.Context(), adminOf(tailspin), policy.Own(tailspin))
	require.NoError(t, err)
	h.setClock(at)
	require.Equal(t, []EndedNow{{customer, northwind}}, h.endDue())
	require.Zero(t, h.number(`SELECT count(*) FROM customers`))
	require.Zero(t, h.number(`SELECT count(*) FROM audit WHERE object <> '' AND tenant_id IN ($1, $2)`, northwind, tailspin), "reduced all the same")
	require.Equal(t, int64(2), h.number(`SELECT count(*) FROM audit WHERE operation = 'relation.end' AND detail_json = '{"record":"not kept"}'`))
	require.Equal(t, []string{`customer {"record":"not kept"}`, `partner {"record":"not kept"}`}, h.told("relation.ended")[:2])
	for _, tenant := range []string{northwind, tailspin} {
		_, err = h.EndedRelation(t.Context(), policy.Own(tenant))
		require.NoError(t, err)
		_, err = h.SealedRecord(t.Context(), policy.Own(tenant))
		require.ErrorIs(t, err, ErrNotFound, "nothing says that it is kept")
	}
}

// TestAnEndWithoutRecord: the customer is told that there is none, and the record of an end before keeps its own date.
func TestAnEndWithoutRecord(t *testing.T) {
	h := openHouse(t)
	ended := func() EndedRelation {
		h.customer(northwind)
		_, err := h.EndOwn(t.Context(), adminOf(northwind), policy.Own(northwind))
		require.NoError(t, err)
		out, err := h.EndedRelation(t.Context(), policy.Own(northwind))
		require.NoError(t, err)
		require.Equal(t, h.clock(), out.EndedAt)
		return out
	}
	first := ended()
	require.False(t, first.RecordLost)
	h.pass(day)
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, sealKeyName), []byte("garbage"), 0o600))
	second := ended()
	require.True(t, second.RecordLost)
	kept, err := h.SealedRecord(t.Context(), policy.Own(northwind))
	require.NoError(t, err)
	require.Equal(t, first.EndedAt, kept.EndedAt, "it is that of the first end, and says so")
}
