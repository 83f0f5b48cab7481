package customers_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"roomward/app/api"
	"roomward/app/audit"
	"roomward/policy"
	"roomward/store"
)

// raw is do for an answer that is no JSON.
func (h *house) raw(who, path string) (status int, head http.Header, body string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), "GET", h.url+path, nil)
	require.NoError(h.t, err)
	r.Header.Set("X-Person", who)
	res, err := http.DefaultClient.Do(r)
	require.NoError(h.t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(h.t, err)
	return res.StatusCode, res.Header, string(b)
}

func (h *house) id(text string) policy.ID {
	h.t.Helper()
	id, err := policy.ParseID(text)
	require.NoError(h.t, err)
	return id
}

// collected ends the collection of a customer's rooms in a state, with Northwind's four rooms when it is good.
func (h *house) collected(customer policy.ID, state string) {
	h.t.Helper()
	h.pass(24 * time.Hour)
	leases, err := h.store.ClaimCollect(h.t.Context(), store.CollectPlaces, store.QueueAll, 10, time.Minute)
	require.NoError(h.t, err)
	for _, l := range leases {
		o := store.CollectOutcome{Lease: l, StartedAt: h.now(), State: state, Good: state == store.CollectOK, NextDue: h.now().Add(time.Hour)}
		if l.Customer != customer || !o.Good {
			require.NoError(h.t, h.store.FinishCollect(h.t.Context(), policy.ForWork(l.Customer, "test"), o))
			continue
		}
		var found []store.PlaceFound
		for _, line := range strings.Split(strings.TrimSpace(northwindRooms), "\n")[1:] {
			f := strings.Split(line, ",")
			found = append(found, store.PlaceFound{PlaceID: "place of " + f[0], Name: f[0], Email: f[1], Country: f[2], City: f[3], Building: f[4], Floor: f[5]})
		}
		_, err := h.store.ApplyPlaces(h.t.Context(), policy.ForWork(l.Customer, "test"), o, found)
		require.NoError(h.t, err)
	}
}

// onlooker gives Nora a role over all rooms of a customer that is not the built-in one.
func (h *house) onlooker(customer policy.ID) {
	h.t.Helper()
	all, _ := policy.Template(policy.Manager)
	role, err := h.store.AddRole(h.t.Context(), store.System("test"), customer, store.Role{Name: "=HYPERLINK(\"x\")", Permissions: all})
	require.NoError(h.t, err)
	_, err = h.store.AddAssignment(h.t.Context(), store.System("test"), customer, store.Assignment{Name: "A", Role: role,
		Members: []store.Member{{Principal: policy.User(h.person(nora).OID), Name: "Nora"}}, Scopes: []policy.Scope{policy.ScopeAll}})
	require.NoError(h.t, err)
}

func TestLeaving(t *testing.T) {
	h := open(t)
	customer := h.accept(h.send(ann, fields{"grant": fields{"all": true}}))
	other := h.accept(h.send(tara, fields{"grant": fields{"all": true}}))
	h.collected(h.id(customer), store.CollectOK)
	h.onlooker(h.id(customer))
	require.True(t, containsAny(h.bytesOnDisk()))
	leave := func(who, id, name string) (int, map[string]any, string) {
		return h.do(who, "DELETE", "/api/customers/"+id, fields{"confirm": name})
	}

	status, _, missing := leave(pia, policy.NewID().String(), "Northwind Traders")
	require.Equal(t, http.StatusNotFound, status)
	for who, is := range map[string]bool{pia: true, nora: false, maya: false, tim: false} {
		require.Equal(t, is, h.must(who, "GET", "/api/customers/"+customer, nil)["primaryAdmin"], "%s knows before asking", who)
	}
	status, problem, text := leave(nora, customer, "Northwind Traders")
	require.Equal(t, []any{http.StatusForbidden, "needs-primary-admin"}, []any{status, problem["code"]}, "every permission, and no primary admin: "+text)
	status, _, text = leave(nora, other, "Tailspin Toys")
	require.Equal(t, []any{http.StatusNotFound, missing}, []any{status, text}, "a foreign customer is like none")
	for _, who := range []string{maya, tim} {
		status, problem, _ = leave(who, customer, "Northwind Traders")
		require.Equal(t, []any{http.StatusForbidden, "needs-primary-admin"}, []any{status, problem["code"]}, who)
	}
	status, _, _ = leave(ann, customer, "Northwind Traders")
	require.Equal(t, http.StatusForbidden, status, "the other portal")
	for _, name := range []string{"Northwind", "northwind traders", "Tailspin Toys", "x"} {
		status, problem, text = leave(pia, customer, name)
		require.Equal(t, http.StatusUnprocessableEntity, status, text)
		require.Equal(t, "body.confirm", problem["errors"].([]any)[0].(map[string]any)["location"])
		require.NotContains(t, text, "Traders", "the answer does not tell the name")
	}
	status, _, _ = h.do(pia, "DELETE", "/api/customers/"+customer, nil)
	require.Contains(t, []int{400, 422}, status, "not without confirming")
	require.Empty(t, h.left)

	status, _, text = leave(pia, customer, " Northwind Traders ")
	require.Equal(t, http.StatusNoContent, status, text)
	require.Equal(t, []policy.ID{h.id(customer)}, h.left)
	require.NoError(t, h.store.Erase(t.Context()))
	require.False(t, containsAny(h.bytesOnDisk()))
	require.False(t, bytes.Contains(h.bytesOnDisk(), []byte("Northwind")))
	require.False(t, bytes.Contains(h.bytesOnDisk(), []byte("northwind.example")))
	require.True(t, bytes.Contains(h.bytesOnDisk(), []byte("Tailspin Toys")))

	status, _, text = leave(pia, customer, "Northwind Traders")
	require.Equal(t, []any{http.StatusNotFound, missing}, []any{status, text}, "a second time")
	for _, who := range []string{maya, tim, pia, nora} {
		_, _, text = h.do(who, "GET", "/api/customers", nil)
		require.NotContains(t, text, "orthwind", who)
		status, _, text = h.do(who, "GET", "/api/customers/"+customer, nil)
		require.Equal(t, []any{http.StatusNotFound, missing}, []any{status, text}, who)
	}
	require.Len(t, items(h.must(pia, "GET", "/api/customers", nil)), 1, "the other one stays")

	own := h.must(ann, "GET", portal, nil)
	require.Nil(t, own["relation"])
	require.Nil(t, own["invitation"])
	ended := own["ended"].(map[string]any)
	require.Equal(t, []any{"partner", h.now().Format(time.RFC3339Nano)}, []any{ended["endedBy"], ended["endedAt"]})
	require.Nil(t, h.must(emil, "GET", portal, nil)["ended"], "for who answers for the organisation")
	require.Nil(t, h.must(tara, "GET", portal, nil)["ended"])
	h.pass(24 * time.Hour)
	h.accept(h.send(ann, nil))
	require.Nil(t, h.must(ann, "GET", portal, nil)["ended"], "there is a relation again")
}

// TestLeavingWhileTheViewsAreClosed: membership of the built-in role decides, for nobody has a view then.
func TestLeavingWhileTheViewsAreClosed(t *testing.T) {
	h := open(t)
	customer := h.accept(h.send(ann, fields{"grant": fields{"all": true}}))
	h.collected(h.id(customer), store.CollectOK)
	h.onlooker(h.id(customer))
	h.collected(h.id(customer), store.CollectWithdrawn)
	require.Equal(t, "consent-withdrawn", items(h.must(pia, "GET", "/api/customers", nil))[0]["state"])
	for _, format := range []string{"csv", "jsonl"} {
		status, _, text := h.raw(pia, "/api/customers/"+customer+"/audit."+format)
		require.Equal(t, http.StatusConflict, status)
		require.Contains(t, text, "views-closed", "the customer closed its data, for its export too")
	}
	for who, is := range map[string]bool{pia: true, nora: false} {
		require.Equal(t, is, h.must(who, "GET", "/api/customers/"+customer, nil)["primaryAdmin"], "%s, though nobody has a view", who)
	}
	status, problem, _ := h.do(nora, "DELETE", "/api/customers/"+customer, fields{"confirm": "Northwind Traders"})
	require.Equal(t, []any{http.StatusForbidden, "needs-primary-admin"}, []any{status, problem["code"]})
	h.must(pia, "DELETE", "/api/customers/"+customer, fields{"confirm": "Northwind Traders"})
	require.Empty(t, items(h.must(pia, "GET", "/api/customers", nil)))
}

func TestAuditExport(t *testing.T) {
	h := open(t)
	customer := h.accept(h.send(ann, nil))
	other := h.accept(h.send(tara, fields{"grant": fields{"all": true}}))
	h.onlooker(h.id(customer))
	path := "/api/customers/" + customer + "/audit."
	for _, format := range []string{"csv", "jsonl"} {
		status, _, missing := h.raw(nora, "/api/customers/"+policy.NewID().String()+"/audit."+format)
		require.Equal(t, http.StatusNotFound, status)
		status, _, text := h.raw(nora, "/api/customers/"+other+"/audit."+format)
		require.Equal(t, []any{http.StatusNotFound, missing}, []any{status, text})
		for _, who := range []string{nora, maya, tim} {
			status, _, text := h.raw(who, path+format)
			require.Equal(t, http.StatusForbidden, status, who)
			require.Contains(t, text, "needs-primary-admin")
		}
	}

	status, head, text := h.raw(pia, path+"csv")
	require.Equal(t, http.StatusOK, status, text)
	require.Equal(t, "text/csv; charset=utf-8", head.Get("Content-Type"))
	require.Equal(t, `attachment; filename="audit-`+h.now().Format("2006-01-02")+`.csv"`, head.Get("Content-Disposition"))
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"activity.category", "activity.objectName", "activity.operation", "activity.resultStatus", "activity.tenantId",
		"creationTime", "user.userId", "user.userTenantId"}, rows[0][:8], "as the vendor's portal names them")
	require.Len(t, rows, 4)
	require.Equal(t, []string{"PartnerInvitation", "Northwind Traders", "Update", "Successful", northwind, h.now().Format(time.RFC3339Nano),
		h.person(maya).OID, litware}, rows[1][:8])
	require.Equal(t, "Role|'=HYPERLINK(\"x\")|Create", strings.Join(rows[2][:3], "|"), "no formula for a spreadsheet")
	require.Equal(t, "Assignment", rows[3][0])
	require.NotContains(t, text, "Tailspin")
	require.NotContains(t, text, tailspin)

	status, head, text = h.raw(pia, path+"jsonl")
	require.Equal(t, []any{http.StatusOK, "application/jsonl"}, []any{status, head.Get("Content-Type")})
	lines := strings.Split(strings.TrimSpace(text), "\n")
	require.Len(t, lines, 3)
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(lines[1]), &line))
	require.Equal(t, `=HYPERLINK("x")`, line["activity.objectName"], "JSON is no spreadsheet")
	require.Equal(t, "role.create", line["entry.operation"])
}

// takingAway writes an export down and takes the right away with the first piece.
type takingAway struct {
	bytes.Buffer
	take func()
}

func (w *takingAway) Write(b []byte) (int, error) {
	if w.take != nil {
		w.take()
		w.take = nil
	}
	return w.Buffer.Write(b)
}

// TestAnExportEndsWithTheRight: each piece is authorised when it is read, and whoever loses the right gets no complete file.
func TestAnExportEndsWithTheRight(t *testing.T) {
	for name, end := range map[string]func(h *house, customer string){
		"the relation ends": func(h *house, customer string) {
			h.must(pia, "DELETE", "/api/customers/"+customer, fields{"confirm": "Northwind Traders"})
		},
		"the customer ends it": func(h *house, _ string) { h.must(ann, "DELETE", portal, fields{"confirm": "Litware"}) },
		"the customer removes the person": func(h *house, _ string) {
			h.must(ann, "DELETE", portal+"/members/user:"+h.person(pia).OID, nil)
		},
		"the date comes":       func(h *house, _ string) { h.pass(1000 * time.Hour) },
		"consent is withdrawn": func(h *house, customer string) { h.collected(h.id(customer), store.CollectWithdrawn) },
		"":                     func(*house, string) {},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			customer := h.accept(h.sendEnding(ann, 1000*time.Hour))
			var made errgroup.Group // at the same time, for they share their commits
			made.SetLimit(50)
			for n := range 1_100 {
				made.Go(func() error {
					_, err := h.store.AddRole(t.Context(), store.System("test"), h.id(customer), store.Role{Name: fmt.Sprint("Role ", n)})
					return err
				})
			}
			require.NoError(t, made.Wait())
			decider := policy.NewDecider(h.store, h.now, policy.Limits{})
			again := func(ctx context.Context) (*api.Call, error) {
				actor := policy.Actor{User: policy.User(h.person(pia).OID)}
				return &api.Call{Actor: actor, Decider: decider}, decider.Refresh(ctx, actor)
			}
			call, err := again(t.Context())
			require.NoError(t, err)
			stream, err := audit.New(h.store, h.now).WholeCSV(t.Context(), call, &audit.WholeIn{ID: customer})
			require.NoError(t, err)
			w := &takingAway{take: func() { end(h, customer) }}
			err = stream.Write(t.Context(), w, again)
			if name == "" {
				require.NoError(t, err)
				require.Equal(t, 1_102, strings.Count(w.String(), "\n"), "the head, the acceptance and the roles, in three pieces")
				return
			}
			require.Error(t, err)
			require.Equal(t, 501, strings.Count(w.String(), "\n"), "nothing after the first piece")
		})
	}
}
