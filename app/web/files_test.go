package web_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"

	"roomward/app/web"
	"roomward/ui"
)

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u
}

var (
	policyNonce = regexp.MustCompile(`style-src 'self' 'nonce-([A-Za-z0-9]{20,})'`)
	pageNonce   = regexp.MustCompile(`nonce="([^"]*)"`)
)

// nonceOf proves that a page has one nonce, the one that its policy allows.
func nonceOf(t *testing.T, a answer) string {
	t.Helper()
	require.Contains(t, a.Header.Get("Content-Type"), "text/html")
	allowed := policyNonce.FindStringSubmatch(a.Header.Get("Content-Security-Policy"))
	require.NotNil(t, allowed, a.Header.Get("Content-Security-Policy"))
	used := pageNonce.FindAllStringSubmatch(a.body, -1)
	require.NotEmpty(t, used, a.body)
	for _, u := range used {
		require.Equal(t, allowed[1], u[1])
	}
	require.NotContains(t, a.body, "{{")
	return allowed[1]
}

func TestEachPageHasAFreshNonce(t *testing.T) {
	f := start(t)
	seen := map[string]bool{}
	for _, path := range []string{"/", "/", "/welcome?error=guest", "/customers/5/rooms", "/c/7/incidents", "/api/docs", "/api/docs"} {
		a := f.get(path)
		require.Equal(t, 200, a.StatusCode)
		nonce := nonceOf(t, a)
		require.False(t, seen[nonce], "a nonce was used twice")
		seen[nonce] = true
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
		require.Empty(t, a.Header.Get("ETag"), "a page that is kept keeps its nonce")
	}
	for _, path := range []string{"/api/things", "/assets/app-1.js", "/api/none"} {
		require.NotContains(t, f.get(path).Header.Get("Content-Security-Policy"), "nonce", path)
	}
	head := f.ask(http.MethodHead, "/", nil)
	require.Equal(t, 200, head.StatusCode)
	require.Empty(t, head.body)
}

func TestFilesComeCompressed(t *testing.T) {
	f := start(t)
	files := dist()
	for _, tc := range []struct{ path, accept, encoding string }{
		{"/assets/app-1.js", "gzip, deflate, br, zstd", "br"},
		{"/assets/app-1.js", "gzip", "gzip"},
		{"/assets/app-1.js", "br;q=0, gzip;q=0.5", "gzip"},
		{"/assets/app-1.js", "BR", "br"},
		{"/assets/app-1.js", "", ""},
		{"/assets/app-1.js", "identity", ""},
		{"/assets/app-1.js", "deflate", ""},
		{"/assets/style-2.css", "br", "br"},
		{"/assets/mark-3.svg", "br, gzip", ""},
		{"/assets/picture-4.png", "br, gzip", ""},
		{"/assets/_chunk-5.js", "br", ""},
		{"/assets/deep/down-6.js", "br", ""},
		{"/favicon.ico", "br", ""},
	} {
		t.Run(tc.path+" "+tc.accept, func(t *testing.T) {
			a := f.get(tc.path, "Accept-Encoding", tc.accept)
			require.Equal(t, 200, a.StatusCode)
			require.Equal(t, tc.encoding, a.Header.Get("Content-Encoding"))
			require.Equal(t, "Accept-Encoding", a.Header.Get("Vary"))
			require.EqualValues(t, len(a.body), a.ContentLength)
			want := files[strings.TrimPrefix(tc.path, "/")].Data
			require.Equal(t, want, unpacked(t, tc.encoding, a.body))
			if tc.encoding != "" {
				require.Less(t, len(a.body), len(want)/2)
			}
			head := f.ask(http.MethodHead, tc.path, nil, "Accept-Encoding", tc.accept)
			require.Empty(t, head.body)
			require.Equal(t, a.ContentLength, head.ContentLength)
		})
	}
	require.Equal(t, "text/javascript; charset=utf-8", f.get("/assets/app-1.js").Header.Get("Content-Type"))
	require.Equal(t, "image/svg+xml", f.get("/assets/mark-3.svg").Header.Get("Content-Type"))
}

func unpacked(t *testing.T, encoding, body string) []byte {
	t.Helper()
	var r io.Reader = strings.NewReader(body)
	switch encoding {
	case "br":
		r = brotli.NewReader(r)
	case "gzip":
		z, err := gzip.NewReader(r)
		require.NoError(t, err)
		r = z
	}
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return b
}

func TestKeptFilesAreNotSentAgain(t *testing.T) {
	f := start(t)
	tags := map[string]bool{}
	for _, accept := range []string{"br", "gzip", "identity"} {
		a := f.get("/assets/app-1.js", "Accept-Encoding", accept)
		tag := a.Header.Get("ETag")
		require.Regexp(t, `^"[0-9a-f]{24}(-br|-gzip)?"$`, tag)
		require.False(t, tags[tag], "each form has its own tag")
		tags[tag] = true
		for _, match := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			again := f.get("/assets/app-1.js", "Accept-Encoding", accept, "If-None-Match", match)
			require.Equal(t, 304, again.StatusCode, match)
			require.Empty(t, again.body)
			require.Equal(t, tag, again.Header.Get("ETag"))
			require.Equal(t, "public, max-age=31536000, immutable", again.Header.Get("Cache-Control"))
		}
		require.Equal(t, 200, f.get("/assets/app-1.js", "Accept-Encoding", accept, "If-None-Match", `"other"`).StatusCode)
	}
}

func TestTheBuiltUIIsServedWhole(t *testing.T) {
	built, err := fs.Sub(ui.Dist, "dist")
	require.NoError(t, err)
	f := start(t, func(c *web.Config) { c.Dist = built })
	index := f.get("/")
	require.Equal(t, 200, index.StatusCode)
	nonceOf(t, index)
	named := regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(index.body, -1)
	for _, n := range named {
		require.Equal(t, 200, f.get(n[1]).StatusCode, n[1])
	}
	require.NotRegexp(t, regexp.MustCompile(`(?s)<script[^>]*>[^<]+</script>|<style|\sstyle=|\son[a-z]+=|https?://`), index.body, "the policy would stop it")
	err = fs.WalkDir(built, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		want, err := fs.ReadFile(built, name)
		if err != nil {
			return err
		}
		a := f.get("/"+name, "Accept-Encoding", "br")
		require.Equal(t, 200, a.StatusCode, name)
		require.True(t, bytes.Equal(want, unpacked(t, a.Header.Get("Content-Encoding"), a.body)), name)
		return nil
	})
	require.NoError(t, err)
}

func TestTheDocumentAndItsPages(t *testing.T) {
	f := start(t)
	doc := f.get("/api/openapi.json")
	require.Equal(t, "application/openapi+json", doc.Header.Get("Content-Type"))
	for _, part := range []string{`"openapi":"3.1`, `"/api/things"`, `"application/problem+json"`, `"version":"1.2.3"`} {
		require.Contains(t, doc.body, part)
	}
	docs := f.get("/api/docs")
	for _, part := range []string{"/api/things", "Make a thing", "May call: signed in.", "cursor", "large | small", "X-Roomward-Request", "<code>items[].name</code>", "prefers-color-scheme: dark"} {
		require.Contains(t, docs.body, part)
	}
	for _, foreign := range []string{"<script", "http://", "https://", " style=", " onclick="} {
		require.NotContains(t, docs.body, foreign, "the page loads nothing and the policy allows all of it")
	}
}
