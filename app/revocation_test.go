package app

import (
	"bufio"
	"database/sql"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// exportRows of exportBytes each are more than sockets hold, so that the server still writes the first piece while somebody has read its beginning.
const (
	exportRows  = 1_200
	exportBytes = 40_000
	exportPiece = 500 // entries that are authorised together
)

// crowdedRecord gives a customer an audit record that takes several pieces to export.
func crowdedRecord(t *testing.T, d *demo, customer policy.ID) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(d.cfg.Data, "roomward.db")+"?_pragma=busy_timeout(10000)")
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	_, err = db.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO audit (at, customer_id, tenant_id, side, actor_tenant, actor_oid, actor_name, operation, object, object_id, result, detail_json, request_id, address)
		SELECT i, $2, '', 'system', '', 'system', 'Roomward', 'role.create', 'crowded', i, 'successful', json_object('text', hex(zeroblob($3))), '', '' FROM n`,
		exportRows, int64(customer), exportBytes/2)
	require.NoError(t, err)
}

// exported begins to read an export, does something, and reads the rest: how many entries came, and whether the answer came to its end.
func (v *visitor) exported(path string, meanwhile func()) (rows int, err error) {
	v.t.Helper()
	resp, err := v.client.Get(v.base + path)
	require.NoError(v.t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(v.t, http.StatusOK, resp.StatusCode)
	lines := bufio.NewReaderSize(resp.Body, 1<<16)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if strings.Contains(line, "crowded") {
			if rows++; rows == 1 && meanwhile != nil {
				meanwhile()
			}
		}
	}
}

// TestARunningExportEndsWithItsRight: an export that streams is cut off, so that the client takes it for no whole file, as soon as its reader may not
// read on: without the right, and without the session. Nothing is sent of what was not authorised before.
func TestARunningExportEndsWithItsRight(t *testing.T) {
	d := startDemo(t)
	first := d.signIn(t, "primary.admin@partner.example")
	var customer policy.ID
	for _, c := range all[struct{ ID, TenantID string }](first, "/api/customers") {
		if c.TenantID == d.tenant("adatum.example").ID {
			id, err := policy.ParseID(c.ID)
			require.NoError(t, err)
			customer = id
		}
	}
	crowdedRecord(t, d, customer)
	admins := "/api/customers/" + customer.String() + "/primary-admins"
	status, body := first.call("POST", admins, map[string]string{"kind": "user", "id": d.person("technician@partner.example").OID})
	require.Equal(t, http.StatusCreated, status, body)

	for _, format := range []string{"csv", "jsonl"} {
		path := "/api/customers/" + customer.String() + "/audit." + format
		for _, tc := range []struct {
			name      string
			meanwhile func(reader *visitor)
			afterward int
		}{
			{"nothing happens", func(*visitor) {}, http.StatusOK},
			{"the reader signs out", func(reader *visitor) {
				status, body := reader.call("POST", "/signout", nil)
				require.Equal(t, http.StatusOK, status, body)
			}, http.StatusUnauthorized},
			{"the right is taken", func(*visitor) {
				status, body := first.call("DELETE", admins+"/user:"+d.person("technician@partner.example").OID, nil)
				require.Equal(t, http.StatusNoContent, status, body)
			}, http.StatusNotFound},
		} {
			reader := d.signIn(t, "technician@partner.example")
			rows, err := reader.exported(path, func() { tc.meanwhile(reader) })
			if tc.afterward == http.StatusOK {
				require.NoError(t, err, tc.name)
				require.Equal(t, exportRows, rows, tc.name)
			} else {
				require.Error(t, err, "%s, %s: %d rows taken for a whole file", format, tc.name, rows)
				require.LessOrEqual(t, rows, exportPiece, "%s, %s", format, tc.name)
			}
			status, body := reader.call("GET", path, nil)
			require.Equal(t, tc.afterward, status, "%s: %.200s", tc.name, body)
		}
		status, body := first.call("POST", admins, map[string]string{"kind": "user", "id": d.person("technician@partner.example").OID})
		require.Equal(t, http.StatusCreated, status, body)
	}
}

// TestNobodyAsksForACollectionWithAFormerRight: what a person could ask for a moment ago it asks for like a stranger now.
func TestNobodyAsksForACollectionWithAFormerRight(t *testing.T) {
	d := startDemo(t)
	admin, technician := d.signIn(t, "primary.admin@partner.example"), d.signIn(t, "technician@partner.example")
	customer := all[struct{ CustomerID string }](technician, "/api/rooms")[0].CustomerID
	ask := func(id string) (int, string) {
		status, body := technician.call("POST", "/api/collect/runs", map[string]any{"customerId": id})
		return status, withoutRequest(body)
	}
	status, _ := ask(customer)
	require.Contains(t, []int{http.StatusAccepted, http.StatusConflict}, status, "asked for, or running already")
	list := get[struct{ Items []struct{ ID string } }](admin, "/api/customers/"+customer+"/assignments")
	for _, a := range list.Items {
		status, body := admin.call("DELETE", "/api/customers/"+customer+"/assignments/"+a.ID, nil)
		require.Contains(t, []int{http.StatusNoContent, http.StatusConflict, http.StatusForbidden}, status, body) // that of the last primary admin stays
	}
	_, missing := ask(policy.NewID().String())
	status, former := ask(customer)
	require.Equal(t, http.StatusNotFound, status, former)
	require.Equal(t, missing, former)
	require.NotContains(t, get[struct{ Holdings []struct{ CustomerID string } }](technician, "/api/me").Holdings, struct{ CustomerID string }{customer})
}
