package app

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"roomward/app/cloudsim"
	"roomward/app/deploy"
)

// scrape is what a Prometheus reads.
func scrape(t *testing.T, d *demo) string {
	t.Helper()
	w := httptest.NewRecorder()
	d.web.Backstage().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	return w.Body.String()
}

// metricsTellOfNobody reads the metrics of a demo that has lived: they count what happened, and name no customer, room, device or person.
func metricsTellOfNobody(t *testing.T, d *demo) {
	t.Helper()
	text := scrape(t, d)
	for _, want := range []string{
		`roomward_http_requests_total{method="GET",route="/api/customers",status="200"} `, `roomward_http_request_seconds_count{route="/api/rooms"} `,
		`roomward_microsoft_requests_total{kind="get the health of a device",status="200"} `, `roomward_collect_runs_total{kind="devices",result="ok"} `,
		`roomward_collect_jobs{kind="places",state="ok"} `, `roomward_signins_total{result="ok",side="partner"} `, `roomward_customers{state="active"} `,
		`roomward_customers{state="withdrawn"} 1`, `roomward_sessions{side="partner"} `, `roomward_up_to_date 1`, `roomward_write_group_changes_count `,
		`roomward_views_made_total `, `roomward_collect_workers{kind="devices",queue=`, `roomward_database_bytes `, `roomward_build_info{version="test"} 1`,
		`process_resident_memory_bytes `,
	} {
		require.Contains(t, text, want)
	}
	require.NotRegexp(t, `(?m)^roomward_(write_group_changes_count|views_made_total|database_bytes|collect_runs_total\{kind="devices",result="ok"\}) 0$`, text)
	require.NotContains(t, text, "/api/customers/1", "patterns, not paths")

	labels := strings.Join(regexp.MustCompile(`"[^"]*"`).FindAllString(text, -1), "\n")
	searched := 0
	foreign := func(name string) {
		if name == "" {
			return
		}
		searched++
		require.NotContains(t, labels, name)
	}
	for _, tenant := range append([]*cloudsim.Tenant{d.world.Partner}, d.world.Tenants...) {
		foreign(tenant.ID)
		foreign(tenant.Name)
		for _, domain := range tenant.Domains {
			foreign(domain)
		}
		for _, p := range tenant.People {
			foreign(p.Name)
			foreign(p.UPN)
			foreign(p.OID)
		}
		for _, r := range tenant.Rooms {
			for _, s := range []string{r.Name, r.Email, r.ID, r.PlaceID, r.AccountID} {
				foreign(s)
			}
			for _, device := range r.Devices {
				foreign(device.ID)
				foreign(device.Serial)
			}
		}
	}
	admin := d.signIn(t, "primary.admin@partner.example")
	for _, path := range []string{"/api/customers", "/api/rooms", "/api/incidents"} {
		for _, thing := range all[struct{ ID string }](admin, path) {
			foreign(thing.ID)
		}
	}
	require.Greater(t, searched, 1000, "the world has more names than were looked for")
	require.NotRegexp(t, `[0-9a-f]{8}-[0-9a-f]{4}-`, labels, "an id of Microsoft's")
}

// metricName finds the names of metrics in an expression.
var metricName = regexp.MustCompile(`\b(roomward|process|go)_[a-z_]+\b`)

// TestDashboardAndAlertsAskForWhatThereIs holds the files that an operator takes to the metrics that come out.
func TestDashboardAndAlertsAskForWhatThereIs(t *testing.T) {
	a, err := New(t.Context(), Config{Settings: small(t), Mode: "trial", Version: "test", Log: discard()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Store.Close()) })
	known := a.watch.Names()
	require.Greater(t, len(known), 50)
	asked := map[string]bool{}
	check := func(expr string) {
		names := metricName.FindAllString(expr, -1)
		require.True(t, len(names) > 0 || strings.HasPrefix(expr, "up{"), "asks for nothing: %s", expr)
		for _, name := range names {
			base := name
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				if cut := strings.TrimSuffix(name, suffix); slices.Contains(known, cut) {
					base = cut
				}
			}
			require.Contains(t, known, base, "%s", expr)
			asked[base] = true
		}
	}
	var board struct {
		Panels []struct {
			Title, Type string
			Targets     []struct{ Expr, LegendFormat string }
		}
	}
	text, err := deploy.Files.ReadFile("dashboard.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &board))
	for _, p := range board.Panels {
		require.Equal(t, p.Type == "row", len(p.Targets) == 0, p.Title)
		for _, target := range p.Targets {
			check(target.Expr)
		}
	}
	for _, name := range known {
		if strings.HasPrefix(name, "roomward_") && name != "roomward_up_to_date" {
			require.True(t, asked[name], "no panel shows %s", name)
		}
	}

	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				Labels, Annotations map[string]string
			}
		}
	}
	text, err = deploy.Files.ReadFile("alerts.yml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &rules))
	require.NotEmpty(t, rules.Groups)
	for _, r := range rules.Groups[0].Rules {
		check(r.Expr)
		require.Contains(t, []string{"critical", "warning", "info"}, r.Labels["severity"], r.Alert)
		require.NotEmpty(t, r.Annotations["summary"], r.Alert)
		require.Greater(t, len(r.Annotations["action"]), 20, "%s says what to do", r.Alert)
	}
	require.Greater(t, len(rules.Groups[0].Rules), 15)
}

// small are settings of a server that meets no cloud.
func small(t *testing.T) Settings {
	t.Helper()
	s := Settings{Listen: "127.0.0.1:0", Data: t.TempDir(), Cloud: "http://127.0.0.1:1", PartnerTenant: "7d1f4c1e-0a3b-4c59-9a1c-5f0c2b6e1a00", PartnerName: "Litware",
		PartnerDomains: []string{"partner.example"}, ClientID: "0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b", ClientSecret: "a-secret", Invitations: "code",
		CollectRate: 10, CollectTenantRate: 10, AuditDays: 730}
	s.BackupEvery, s.BackupKeep = 24*time.Hour, 30
	require.NoError(t, s.Check())
	return s
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
