package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startDemo runs the whole demo on free loopback ports, with its story told up to the first rooms.
func startDemo(t *testing.T) *demo {
	t.Helper()
	d, err := newDemo(t.Context(), DemoSettings{Listen: "127.0.0.1:0", Data: t.TempDir(), Out: io.Discard, Eager: true, Log: heard.log(), Secret: heard.learn}, "test")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, d.listener) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
		require.NoError(t, d.cloud.Close())
	})
	waiting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	require.NoError(t, d.tell(waiting))
	return d
}

// visitor is somebody with a browser.
type visitor struct {
	t      *testing.T
	login  string
	base   string
	client *http.Client
}

// signIn signs somebody in as a browser does: over the simulated Entra and back.
func (d *demo) signIn(t *testing.T, login string) *visitor {
	t.Helper()
	v := d.visitor(t, login)
	resp, err := v.client.Get(v.base + "/signin?" + url.Values{"login_hint": {login}, "return": {"/api/me"}}.Encode())
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s: %s", login, body)
	status, me := v.call("GET", "/api/me", nil)
	require.Equal(t, http.StatusOK, status, "%s: %s", login, me)
	require.Contains(t, me, login)
	return v
}

// visitor is a browser that has not signed in yet.
func (d *demo) visitor(t *testing.T, login string) *visitor {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &visitor{t: t, login: login, base: d.cfg.PublicURL, client: &http.Client{Transport: listens{heard}, Jar: jar, Timeout: 20 * time.Second}}
}

// call sends one operation as the user interface does, and returns the status and the whole body.
func (v *visitor) call(method, path string, body any) (int, string) {
	v.t.Helper()
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		require.NoError(v.t, err)
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, payload)
	require.NoError(v.t, err)
	if method != "GET" {
		req.Header.Set("X-Roomward-Request", "1")
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := v.client.Do(req)
	require.NoError(v.t, err)
	b, err := io.ReadAll(resp.Body)
	require.NoError(v.t, err)
	require.NoError(v.t, resp.Body.Close())
	return resp.StatusCode, string(b)
}

// get reads an operation that must succeed.
func get[T any](v *visitor, path string) T {
	v.t.Helper()
	status, body := v.call("GET", path, nil)
	require.Equal(v.t, http.StatusOK, status, "%s GET %s: %s", v.login, path, body)
	var out T
	require.NoError(v.t, json.Unmarshal([]byte(body), &out), body)
	return out
}

// all reads every page of a list.
func all[T any](v *visitor, path string) []T {
	v.t.Helper()
	var items []T
	cursor := ""
	for {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		page := get[struct {
			Items []T
			Next  string
		}](v, path+separator+"limit=500&cursor="+url.QueryEscape(cursor))
		items = append(items, page.Items...)
		if page.Next == "" {
			return items
		}
		cursor = page.Next
	}
}
