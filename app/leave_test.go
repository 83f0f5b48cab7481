package app

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
	"roomward/store"
)

// TestLeavingACustomerOfTheDemo leaves one while all of Roomward runs: collecting, lists, sessions. Within 60 s nothing of it is in the files.
func TestLeavingACustomerOfTheDemo(t *testing.T) {
	d := startDemo(t)
	const domain = "adatum.example"
	tenant := d.tenant(domain)
	onDisk := func(dir string) string {
		for _, name := range []string{"roomward.db", "roomward.db-wal"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			require.NoError(t, err)
			for _, text := range []string{domain, tenant.Name} {
				if bytes.Contains(b, []byte(text)) {
					return text + " in " + name
				}
			}
			for _, r := range tenant.Rooms {
				texts := []string{r.Email, r.PlaceID}
				for _, device := range r.Devices {
					texts = append(texts, device.Serial)
				}
				for _, text := range texts {
					if bytes.Contains(b, []byte(text)) {
						return text + " in " + name
					}
				}
			}
		}
		return ""
	}
	require.NotEmpty(t, onDisk(d.cfg.Data))
	admin, customer := d.signIn(t, "primary.admin@partner.example"), d.signIn(t, "admin@"+domain)
	var id string
	for _, c := range all[struct{ ID, TenantID string }](admin, "/api/customers") {
		if c.TenantID == tenant.ID {
			id = c.ID
		}
	}
	status, record := admin.call("GET", "/api/customers/"+id+"/audit.csv", nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, record, tenant.Name, "what they keep")
	backup, _, err := store.MakeBackup(t.Context(), store.BackupOptions{Data: d.cfg.Data, To: filepath.Join(t.TempDir(), "before.backup")})
	require.NoError(t, err, "while all is running")
	require.NotEmpty(t, onDisk(backup))
	status, body := admin.call("DELETE", "/api/customers/"+id, map[string]string{"confirm": tenant.Name})
	require.Equal(t, http.StatusNoContent, status, body)

	status, body = admin.call("GET", "/api/rooms?limit=500", nil)
	require.Equal(t, http.StatusOK, status)
	require.NotContains(t, body, domain, "the views closed with the answer")
	status, _ = customer.call("GET", "/api/me", nil)
	require.Equal(t, http.StatusUnauthorized, status, "its sessions have ended")
	require.Eventually(t, func() bool { return onDisk(d.cfg.Data) == "" }, time.Minute, 50*time.Millisecond, "law 7")
	require.Greater(t, len(all[struct{ ID string }](admin, "/api/rooms")), 100, "the others stay")

	// Who has no role is told whom to ask; who has one is not told who the tenant managers are.
	type me struct{ Contacts []string }
	require.Equal(t, []string{d.person("tenant.manager@partner.example").Name}, get[me](d.signIn(t, "nobody@partner.example"), "/api/me").Contacts)
	require.Empty(t, get[me](admin, "/api/me").Contacts)

	customer = d.signIn(t, "admin@"+domain)
	status, body = customer.call("GET", "/api/partnership", nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, `"endedBy":"partner"`)
	require.Empty(t, get[me](customer, "/api/me").Contacts, "the partner's own matter")

	// Restored elsewhere from before the end, it stays gone: not a byte of it when the first person is served.
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	_, err = store.Restore(t.Context(), store.RestoreOptions{From: backup, Data: elsewhere, Departed: filepath.Join(d.cfg.Data, "departed")})
	require.NoError(t, err)
	restored, err := store.Open(t.Context(), store.Options{Dir: elsewhere, Mode: store.ModeDemo})
	require.NoError(t, err)
	require.Empty(t, onDisk(elsewhere))
	list, err := restored.Customers(t.Context(), policy.Overview(policy.Powers{Manager: true}))
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprint(list), tenant.Name)
	require.Contains(t, fmt.Sprint(list), d.tenant("northwind.example").Name)
	require.NoError(t, restored.Close())
	found, err := store.VerifyDir(t.Context(), elsewhere, nil)
	require.NoError(t, err)
	for _, v := range found {
		require.Empty(t, v.Findings)
	}
}
