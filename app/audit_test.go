package app

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/app/audit"
)

type recordPage struct {
	Items []struct {
		ID, Operation, Result, ActorName, CustomerID string
		Number                                       int64
	}
	Total           int
	ExportLeavesOut int
}

func page(t *testing.T, v *visitor, path string) (out recordPage) {
	t.Helper()
	status, body := v.call("GET", path, nil)
	require.Equal(t, http.StatusOK, status, "%s: %s", path, body)
	require.NoError(t, json.Unmarshal([]byte(body), &out))
	return out
}

// TestTheRecordOverHTTP walks the record on both sides: a refusal shows to the customer, looks and exports are in it, an export waits for approval
// where the customer wants that, and what the customer took along proves the record afterwards.
func TestTheRecordOverHTTP(t *testing.T) {
	d := startDemo(t)
	admin, technician, northwind := d.signIn(t, "primary.admin@partner.example"), d.signIn(t, "technician@partner.example"), d.signIn(t, "admin@northwind.example")
	var id string
	for _, c := range all[struct{ ID, TenantID string }](admin, "/api/customers") {
		if c.TenantID == d.tenant("northwind.example").ID {
			id = c.ID
		}
	}
	require.NotEmpty(t, id)

	path := "/api/customers/" + id
	status, body := technician.call("DELETE", path, map[string]string{"confirm": "Northwind Traders"})
	require.Equal(t, http.StatusForbidden, status, body)
	refused := page(t, northwind, "/api/partnership/audit?result=refused&total=true")
	require.Equal(t, 1, refused.Total)
	require.Equal(t, "customer.delete", refused.Items[0].Operation)
	require.Equal(t, id, refused.Items[0].CustomerID)
	require.Equal(t, refused.Items[0].ID, page(t, admin, "/api/audit?result=refused&customer="+id).Items[0].ID)
	require.Equal(t, refused.Items[0].ID, page(t, technician, "/api/audit").Items[0].ID, "what it tried itself")
	status, body = northwind.call("GET", "/api/partnership/audit/"+refused.Items[0].ID, nil)
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, "needs-primary-admin")
	require.Len(t, page(t, northwind, "/api/partnership/audit?operation=audit.view").Items, 2, "who looked: the primary admin and the administrator itself, once each")

	status, body = admin.call("GET", "/api/audit.csv?customer="+id, nil)
	require.Equal(t, http.StatusOK, status, body)
	require.True(t, strings.HasPrefix(body, "activity.category,activity.objectName,activity.operation,activity.resultStatus,activity.tenantId,creationTime,user.userId,user.userTenantId,"))
	require.Len(t, page(t, northwind, "/api/partnership/audit?operation=audit.export").Items, 1)
	status, body = admin.call("GET", "/api/audit.csv", nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, d.tenant("northwind.example").ID)
	require.Len(t, page(t, northwind, "/api/partnership/audit?operation=audit.export").Items, 2, "an export of all, too")

	// The customer wants to approve exports.
	db, err := sql.Open("sqlite", "file:"+filepath.Join(d.cfg.Data, "roomward.db")+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	_, err = db.Exec(`UPDATE customers SET change_control_json = '{"export":"manual"}' WHERE tenant_id = $1`, d.tenant("northwind.example").ID)
	require.NoError(t, err)
	for _, export := range []string{"/api/audit.csv?customer=" + id, "/api/audit.jsonl?customer=" + id, path + "/audit.csv", path + "/audit.jsonl"} {
		status, body = admin.call("GET", export, nil)
		require.Equal(t, http.StatusForbidden, status, body)
		require.Contains(t, body, "needs-approval")
	}
	require.Equal(t, 1, page(t, admin, "/api/audit?customer="+id).ExportLeavesOut)
	status, body = admin.call("GET", "/api/audit.jsonl", nil)
	require.Equal(t, http.StatusOK, status)
	require.NotContains(t, body, d.tenant("northwind.example").ID)
	require.Len(t, page(t, northwind, "/api/partnership/audit?operation=audit.export").Items, 2, "it had no part in this one")
	status, body = technician.call("POST", path+"/audit-exports", nil)
	require.Equal(t, http.StatusForbidden, status, body)
	status, body = admin.call("POST", path+"/audit-exports", nil)
	require.Equal(t, http.StatusAccepted, status, body)
	var waits struct{ ChangeRequest struct{ ID string } }
	require.NoError(t, json.Unmarshal([]byte(body), &waits))
	_, body = northwind.call("GET", "/api/partnership/change-requests/"+waits.ChangeRequest.ID, nil)
	require.Contains(t, body, `"detail":{}`, "there is nothing before and after: an object all the same")
	status, body = northwind.call("POST", "/api/partnership/change-requests/"+waits.ChangeRequest.ID+"/approve", nil)
	require.Less(t, status, 300, body)
	require.Eventually(t, func() bool {
		status, _ := admin.call("GET", path+"/audit.jsonl", nil)
		return status == http.StatusOK
	}, 20*time.Second, 20*time.Millisecond)
	file := filepath.Join(t.TempDir(), "export.jsonl")
	_, body = admin.call("GET", path+"/audit.jsonl", nil)
	require.NoError(t, os.WriteFile(file, []byte(body), 0o600))

	for _, v := range []struct {
		who  *visitor
		path string
	}{{northwind, "/api/partnership/audit/verification"}, {admin, "/api/audit/verification"}} {
		status, body = v.who.call("GET", v.path, nil)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, body, `"complete":true`)
	}
	status, body = northwind.call("GET", "/api/partnership/audit/checkpoints", nil)
	require.Equal(t, http.StatusOK, status)
	points := filepath.Join(t.TempDir(), "checkpoints.json")
	require.NoError(t, os.WriteFile(points, []byte(body), 0o600))
	status, body = northwind.call("GET", "/api/partnership/audit/sealed.jsonl", nil)
	require.Equal(t, http.StatusOK, status)
	sealed := filepath.Join(t.TempDir(), "sealed.jsonl")
	require.NoError(t, os.WriteFile(sealed, []byte(body), 0o600))

	var out bytes.Buffer
	for _, what := range []VerifySettings{{Data: d.cfg.Data}, {Data: d.cfg.Data, Against: points}, {Data: d.cfg.Data, Against: sealed}, {Export: file}, {Export: sealed, Against: points}} {
		what.Out = &out
		require.NoError(t, Verify(t.Context(), what), "%+v: %s", what, out.String())
	}
	require.NoError(t, os.WriteFile(sealed, []byte(strings.Replace(body, `"actorName":"`, `"actorName":"Not `, 1)), 0o600))
	out.Reset()
	require.ErrorIs(t, Verify(t.Context(), VerifySettings{Export: sealed, Out: &out}), audit.ErrChanged)
	require.Contains(t, out.String(), "entry 1: edited-content")
}
