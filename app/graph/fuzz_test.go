package graph

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// seed adds the bodies of testdata/graph, and some that are no JSON.
func seed(f *testing.F) {
	root := filepath.Join("..", "..", "testdata", "graph")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		f.Add(body)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{"", "null", "[]", "{}", `{"value":{"value":{}}}`, `{"value":[null]}`, "\xef\xbb\xbf{}", `{"id":"\ud800"}`, "\xff"} {
		f.Add([]byte(text))
	}
}

// checkTexts fails on a text that is not clean or is not bounded.
func checkTexts(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if len(s) > maxText || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
			t.Errorf("text %q", s)
		}
	}
}

func FuzzDecodeItems(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if d, ok := decodeDevice(raw); ok {
			if d.ID == "" || d.Type == "" || d.HealthStatus == "" || d.ActivityState == "" {
				t.Errorf("device %+v", d)
			}
			checkTexts(t, d.ID, d.UserID, d.UserName, d.Serial, d.Maker, d.Model, d.Notes, d.AssetTag)
			checkTexts(t, d.MACs...)
		}
		if r, ok := decodeRoom(raw); ok {
			if r.PlaceID == "" && r.ID == "" && r.Email == "" || r.Capacity < 0 || (r.Latitude == nil) != (r.Longitude == nil) {
				t.Errorf("room %+v", r)
			}
			checkTexts(t, r.PlaceID, r.ID, r.Email, r.Name, r.Building, r.City, r.Country)
			checkTexts(t, r.Tags...)
		}
		if h, ok := decodeHealth(raw); ok != h.reports() {
			t.Errorf("health %+v", h)
		}
		if u, ok := decodeUser(raw); ok && u.ID == "" {
			t.Errorf("user %+v", u)
		}
		if g, ok := decodeGroup(raw); ok && g.ID == "" {
			t.Errorf("group %+v", g)
		}
		if o, ok := decodeOrganization(raw); ok {
			if o.ID == "" {
				t.Errorf("organization %+v", o)
			}
			checkTexts(t, o.DisplayName, o.Country)
		}
	})
}

func FuzzAnswers(f *testing.F) {
	seed(f)
	f.Add([]byte(`{"access_token":"` + jwtOf(map[string]any{"tid": tenantB, "roles": []string{"a"}}) + `","expires_in":3599}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		asked := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
		if tok, err := readToken(answer{status: 200, body: body}, tenantA, asked); err == nil {
			if tok.value == "" || len(tok.value) > maxToken || !tok.renewAt.After(asked) || tok.renewAt.Sub(asked) > 24*time.Hour {
				t.Errorf("token %+v", tok)
			}
			if claims, ok := readClaims(tok.value); ok && claims.TenantID != "" && !strings.EqualFold(string(claims.TenantID), tenantA) {
				t.Errorf("a token for %q", claims.TenantID)
			}
		}
		if d, err := decodeDiscovery(answer{status: 200, body: body}); err == nil && !isGUID(d.TenantID) {
			t.Errorf("discovered %+v", d)
		}
		c := newFake(t, nil).client()
		for _, e := range []*Error{
			c.loginError(answer{status: 400, header: http.Header{}, body: body}),
			c.graphError(request{doing: "x", lane: devices}, answer{status: 400, header: http.Header{}, body: body}),
		} {
			if e.Kind == "" || len(e.Message) > maxSaid || strings.ContainsAny(e.Error(), "\r\n") || strings.Contains(e.Error(), secret) {
				t.Errorf("%v", e)
			}
		}
		if values, _, err := readPage(answer{status: 200, body: body}); err == nil {
			for _, v := range values {
				if !json.Valid(v) {
					t.Errorf("item %q", v)
				}
			}
		}
	})
}

func FuzzNextPage(f *testing.F) {
	for _, link := range []string{
		"/teamwork/devices?$skiptoken=a b", "?x=1", "https://graph.example/sim/beta/teamwork/devices?x", "//evil.example/x", "https://graph.example@evil.example",
		"/%2e%2e/x", `/\evil.example`, "https:graph.example", "/sim/v1.0/../../x", "a:b", "%", "/%2f%2fevil.example/", "",
	} {
		f.Add(link)
	}
	f.Fuzz(func(t *testing.T, link string) {
		c := newFake(t, nil).client(func(cfg *Config) { cfg.Cloud.Graph = "https://graph.example/sim" })
		next, err := c.nextPage(request{version: "beta", url: c.address("beta", "/teamwork/devices")}, link)
		if err != nil {
			return
		}
		sent, err := http.NewRequest(http.MethodGet, next.String(), nil)
		if err != nil {
			return // it is never sent
		}
		if sent.URL.Scheme != "https" || sent.URL.Host != "graph.example" || sent.URL.User != nil || !strings.HasPrefix(sent.URL.Path, "/sim/") ||
			strings.Contains(sent.URL.Path+"/", "/../") {
			t.Errorf("%q leads to %s", link, sent.URL)
		}
	})
}

func FuzzSearchClause(f *testing.F) {
	for _, typed := range []string{"kim", `a" OR "b`, `\"`, "R&D", "é\u0301", "\xff"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		clause := searchClause(typed, "displayName", "mail")
		if clause == "" {
			return
		}
		if strings.Count(clause, `"`) != 4 || strings.ContainsAny(clause, "\\&\n\x00") || strings.Count(clause, ":") != 2 || len(clause) > 300 || !utf8.ValidString(clause) {
			t.Errorf("%q: %s", typed, clause)
		}
	})
}
